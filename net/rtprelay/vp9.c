// SPDX-License-Identifier: GPL-2.0
/*
 * VP9 over RTP (RFC 9628): spatial layers as DID, temporal ones as TID.
 *
 * All that is needed is in the first bytes of the payload descriptor, which
 * every datagram has (section 4.2). A stream without layer indices has one
 * layer, of which each picture is the start and the end.
 *
 * The marker bit is on the last datagram of a picture, and on the last one of
 * the highest spatial layer that is left when those above are taken out
 * (section 4.1): the sender's is right where it stands, and RTP_LAYER_END says
 * where else it belongs.
 */
#include <linux/bitfield.h>
#include <linux/bits.h>

#include "au.h"
#include "codec.h"

/* First byte of the descriptor: I(1) P(1) L(1) F(1) B(1) E(1) V(1) Z(1) */
#define VP9_PICTURE_ID	BIT(7)
#define VP9_PREDICTED	BIT(6)
#define VP9_LAYERS	BIT(5)
#define VP9_BEGIN	BIT(3)
#define VP9_END		BIT(2)

/* With I, then: M(1) and 7 or, with M, 15 bits of picture identifier. */
#define VP9_LONG_ID	BIT(7)

/* With L, then: TID(3) U(1) SID(3) D(1) */
#define VP9_TID		GENMASK(7, 5)
#define VP9_SWITCH	BIT(4)
#define VP9_SID		GENMASK(3, 1)

/* The byte with the layer indices, 0 without L, or -ENODATA. */
static int vp9_layer_indices(const struct rtp_packet *pkt, u8 head)
{
	unsigned int off = 1;
	int id;

	if (head & VP9_PICTURE_ID) {
		id = rtp_payload_u8(pkt, off);
		if (id < 0)
			return id;
		off += id & VP9_LONG_ID ? 2 : 1;
	}

	return head & VP9_LAYERS ? rtp_payload_u8(pkt, off) : 0;
}

static void vp9_classify(struct rtp_codec_state *codec,
			 const struct rtp_packet *pkt, bool late,
			 struct rtp_layer *layer)
{
	int head = rtp_payload_u8(pkt, 0), indices;
	struct rtp_au_state *au = &codec->vp9.au;
	bool first, key;

	/* nothing but padding */
	*layer = (struct rtp_layer) {};
	if (head < 0)
		return;
	first = rtp_au_begins(au, pkt);
	if (!late) {
		if (first)
			rtp_au_begin(au, pkt);
		au->ended = pkt->marker;
	}

	indices = vp9_layer_indices(pkt, head);
	if (indices < 0) {
		layer->flags = RTP_LAYER_UNKNOWN;
		return;
	}
	layer->did = FIELD_GET(VP9_SID, indices);
	layer->tid = FIELD_GET(VP9_TID, indices);
	layer->flags = head & VP9_END ? RTP_LAYER_END : 0;
	if (!(head & VP9_BEGIN))
		return;

	/* Without prediction from other pictures, at most the layer right below
	 * in its own is needed; of the lowest layer it is a key frame.
	 */
	if (!(head & VP9_PREDICTED))
		layer->flags |= RTP_LAYER_SYNC;
	if (!first)
		return;

	/* No layer refers to one above it. */
	layer->flags |= RTP_LAYER_START | RTP_LAYER_DOWN;
	key = !layer->did && layer->flags & RTP_LAYER_SYNC;
	/* U speaks of all pictures that follow, whatever their spatial layer.
	 * Where there are no layers, one can get more of none at any time.
	 */
	if (key || indices & VP9_SWITCH || !(head & VP9_LAYERS)) {
		layer->up_from = key ? 0 : layer->tid;
		layer->up_to = RTP_TID_MAX;
	}
}

const struct rtp_codec_ops rtp_codec_vp9 = {
	.name		= "VP9",
	.classify	= vp9_classify,
};
