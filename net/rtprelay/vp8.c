// SPDX-License-Identifier: GPL-2.0
/*
 * VP8 over RTP (RFC 7741): temporal layers by TID. Every packet has it, so
 * nothing is remembered. A stream whose packets have none is of one layer.
 *
 * There are no layers but temporal ones, so that the sender's marker bit stays
 * right: a frame is sent whole or not at all.
 */
#include <linux/bitfield.h>
#include <linux/bits.h>

#include "codec.h"

/* X(1) R(1) N(1) S(1) R(1) PID(3), then where there is X: I(1) L(1) T(1) K(1)
 * RSV(4)
 */
#define VP8_X	BIT(7)
#define VP8_S	BIT(4)
#define VP8_PID	GENMASK(2, 0)
#define VP8_I	BIT(7)
#define VP8_L	BIT(6)
#define VP8_T	BIT(5)
#define VP8_K	BIT(4)

/* The first byte of PictureID: its long form has two */
#define VP8_M	BIT(7)

/* TID(2) Y(1) KEYIDX(5) */
#define VP8_TID	GENMASK(7, 6)
#define VP8_Y	BIT(5)

/* The first bit of a frame: not a key frame */
#define VP8_P	BIT(0)

/**
 * struct vp8_descriptor - the payload descriptor of a packet
 * @len: its bytes
 * @tid: temporal layer
 * @start: the packet is the first of a frame
 * @sync: the frame refers to no frame of its own temporal layer, but to the
 *	base layer only
 */
struct vp8_descriptor {
	unsigned int len;
	u8 tid;
	bool start;
	bool sync;
};

/* Reads RFC 7741, section 4.2. Returns false when it is cut short. */
static bool vp8_descriptor(const struct rtp_packet *pkt,
			   struct vp8_descriptor *d)
{
	int byte = rtp_payload_u8(pkt, 0), ext, layer;

	*d = (struct vp8_descriptor) { .len = 1 };
	if (byte < 0)
		return false;
	d->start = byte & VP8_S && !(byte & VP8_PID);
	if (!(byte & VP8_X))
		return true;

	ext = rtp_payload_u8(pkt, d->len++);
	if (ext < 0)
		return false;
	if (ext & VP8_I) {
		byte = rtp_payload_u8(pkt, d->len++);
		if (byte < 0)
			return false;
		if (byte & VP8_M)
			d->len++;
	}
	if (ext & VP8_L)
		d->len++;
	if (ext & (VP8_T | VP8_K)) {
		layer = rtp_payload_u8(pkt, d->len++);
		if (layer < 0)
			return false;
		if (ext & VP8_T) {
			d->tid = FIELD_GET(VP8_TID, layer);
			d->sync = layer & VP8_Y;
		}
	}
	return true;
}

static void vp8_classify(struct rtp_codec_state *state,
			 const struct rtp_packet *pkt, bool late,
			 struct rtp_layer *layer)
{
	struct vp8_descriptor d;
	int frame;

	*layer = (struct rtp_layer){};
	/* Nothing but padding */
	if (!pkt->len)
		return;

	if (!vp8_descriptor(pkt, &d))
		goto unknown;
	frame = rtp_payload_u8(pkt, d.len);
	if (frame < 0)
		goto unknown;

	layer->tid = d.tid;
	if (!d.start)
		return;

	layer->flags = RTP_LAYER_START;
	if (!(frame & VP8_P)) {
		layer->flags |= RTP_LAYER_SYNC;
		layer->up_to = RTP_TID_MAX;
	} else if (d.sync && d.tid) {
		/* Later frames of this layer may refer to those right below. */
		layer->up_from = d.tid - 1;
		layer->up_to = d.tid;
	}
	return;

unknown:
	layer->flags = RTP_LAYER_UNKNOWN;
}

const struct rtp_codec_ops rtp_codec_vp8 = {
	.name		= "VP8",
	.classify	= vp8_classify,
};
