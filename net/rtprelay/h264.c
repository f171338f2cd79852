// SPDX-License-Identifier: GPL-2.0
/*
 * H.264 over RTP (RFC 6184) and its scalable extension (RFC 6190): layers by
 * DID, QID and TID.
 *
 * A stream without the extension has only the base layer. The packet types of
 * the interleaved modes (STAP-B, MTAP16, MTAP24, NI-MTAP, FU-B) are rare and
 * may mix access units: they are kept whole at every cap.
 */
#include <linux/bitfield.h>
#include <linux/bits.h>
#include <linux/minmax.h>

#include "codec.h"

/* The types that say something about a layer, or contain others. */
enum h264_type {
	H264_SLICE	= 1,
	H264_IDR	= 5,
	H264_PREFIX	= 14,
	H264_SLICE_EXT	= 20,
	H264_STAP_A	= 24,
	H264_STAP_B	= 25,
	H264_MTAP16	= 26,
	H264_MTAP24	= 27,
	H264_FU_A	= 28,
	H264_FU_B	= 29,
	H264_PACSI	= 30,
	H264_NI_MTAP	= 31,
};

/* NAL unit header: F(1) NRI(2) Type(5); FU header: S(1) E(1) R(1) Type(5) */
#define H264_TYPE	GENMASK(4, 0)
#define H264_FU_START	BIT(7)
#define H264_FU_END	BIT(6)

/*
 * The three bytes after the header of a prefix, a slice extension and a PACSI:
 * R(1) I(1) PRID(6), N(1) DID(3) QID(4), TID(3) U(1) D(1) O(1) RR(2). With R at
 * 0 they are of the multiview extension and mean something else.
 */
#define H264_EXT_LEN	3
#define H264_EXT_R	BIT(15)
#define H264_EXT_DID	GENMASK(6, 4)
#define H264_EXT_QID	GENMASK(3, 0)
#define H264_EXT_TID	GENMASK(7, 5)

/* The most units of an aggregation packet that are looked at. */
#define H264_MAX_UNITS	16

static const struct rtp_layer h264_no_layer;

static const struct rtp_layer h264_lost_layer = {
	.did	= RTP_DID_MAX,
	.qid	= RTP_QID_MAX,
	.tid	= RTP_TID_MAX,
};

static void h264_extension(const struct rtp_packet *pkt, unsigned int off,
			   struct rtp_layer *layer)
{
	int head = rtp_payload_be16(pkt, off);
	int tail = rtp_payload_u8(pkt, off + 2);

	if (head < 0 || tail < 0 || !(head & H264_EXT_R)) {
		*layer = h264_no_layer;
		return;
	}
	layer->did = FIELD_GET(H264_EXT_DID, head);
	layer->qid = FIELD_GET(H264_EXT_QID, head);
	layer->tid = FIELD_GET(H264_EXT_TID, tail);
}

/*
 * The layer of the NAL unit of @len bytes at @off. @tid is what the unit right
 * before it announced for it, and then what it announces for the next.
 */
static void h264_unit(const struct rtp_packet *pkt, unsigned int off,
		      unsigned int len, u8 *tid, struct rtp_layer *layer)
{
	int header = rtp_payload_u8(pkt, off);
	u8 announced = *tid;

	*tid = 0;
	*layer = h264_no_layer;
	if (header < 0)
		return;

	switch (header & H264_TYPE) {
	case H264_SLICE:
	case H264_IDR:
		layer->tid = announced;
		break;
	case H264_PREFIX:
	case H264_PACSI:
		if (len > H264_EXT_LEN)
			h264_extension(pkt, off + 1, layer);
		*tid = layer->tid;
		break;
	case H264_SLICE_EXT:
		if (len > H264_EXT_LEN)
			h264_extension(pkt, off + 1, layer);
		break;
	}
}

/*
 * An aggregation packet is kept if any of its units is. All are of one access
 * unit and thus of one TID, so that the lowest of each is the layer of one of
 * them; in a stream that breaks this rule, too much is kept rather than too
 * little.
 */
static void h264_stap_a(const struct rtp_packet *pkt, u8 *tid,
			struct rtp_layer *layer)
{
	unsigned int off = 1, units;

	*layer = h264_lost_layer;
	for (units = 0; units < H264_MAX_UNITS && off < pkt->len; units++) {
		int size = rtp_payload_be16(pkt, off);
		struct rtp_layer unit;

		off += sizeof(u16);
		if (size <= 0 || (unsigned int)size > pkt->len - off)
			goto unreadable;
		h264_unit(pkt, off, size, tid, &unit);
		off += size;

		if (rtp_dqid(unit.did, unit.qid) <
		    rtp_dqid(layer->did, layer->qid)) {
			layer->did = unit.did;
			layer->qid = unit.qid;
		}
		layer->tid = min(layer->tid, unit.tid);
	}
	if (units && off == pkt->len)
		return;

unreadable:
	*tid = 0;
	*layer = h264_no_layer;
}

/*
 * Whether a fragment that is not the first is of the unit that @state knows.
 *
 * The fragments of a unit have consecutive numbers, so all between two of them
 * are of the same unit. Where one datagram is missing after a fragment that is
 * not the last, the one after it is of the same unit too: the missing one
 * cannot have been both the end of that unit and the start of another. Two
 * missing can.
 */
static bool h264_fragment_known(const struct rtp_h264_state *state,
				const struct rtp_packet *pkt, u8 type)
{
	u16 span = state->frag_last - state->frag_first;
	u16 off = pkt->seq - state->frag_first;

	return state->frag_known && type == state->frag_type &&
	       pkt->timestamp == state->frag_timestamp &&
	       (off <= span || (state->frag_open && off - span <= 2));
}

/* Only the first fragment says what layer it is of (RFC 6190, section 4.8). */
static void h264_fragment(struct rtp_h264_state *state,
			  const struct rtp_packet *pkt, u8 tid,
			  struct rtp_layer *layer)
{
	int indicator = rtp_payload_u8(pkt, 0);
	int fu = rtp_payload_u8(pkt, 1);
	u8 type = fu & H264_TYPE;

	if (indicator < 0 || fu < 0) {
		*layer = h264_no_layer;
		return;
	}

	if (fu & H264_FU_START) {
		if ((indicator & H264_TYPE) == H264_FU_A)
			/* the FU header has the type where a unit has it */
			h264_unit(pkt, 1, pkt->len - 1, &tid, layer);
		else
			*layer = h264_no_layer;
		state->frag_known = true;
		state->frag_type = type;
		state->frag_timestamp = pkt->timestamp;
		state->frag_layer = *layer;
		state->frag_first = pkt->seq;
		state->frag_last = pkt->seq;
		state->frag_open = !(fu & H264_FU_END);
		return;
	}

	if (!h264_fragment_known(state, pkt, type)) {
		*layer = h264_lost_layer;
		return;
	}
	*layer = state->frag_layer;
	if ((s16)(pkt->seq - state->frag_last) > 0) {
		state->frag_last = pkt->seq;
		state->frag_open = !(fu & H264_FU_END);
	}
}

static void h264_classify(struct rtp_codec_state *codec,
			  const struct rtp_packet *pkt, bool late,
			  struct rtp_layer *layer)
{
	struct rtp_h264_state *state = &codec->h264;
	int header = rtp_payload_u8(pkt, 0);
	u8 tid = 0;

	if (header < 0) {
		*layer = h264_no_layer;
		return;
	}

	if (pkt->seq == state->next_seq) {
		tid = state->next_tid;
		state->next_tid = 0;
	}

	switch (header & H264_TYPE) {
	case H264_STAP_A:
		h264_stap_a(pkt, &tid, layer);
		break;
	case H264_FU_A:
	case H264_FU_B:
		h264_fragment(state, pkt, tid, layer);
		return;
	case H264_STAP_B:
	case H264_MTAP16:
	case H264_MTAP24:
	case H264_NI_MTAP:
		*layer = h264_no_layer;
		return;
	default:
		h264_unit(pkt, 0, pkt->len, &tid, layer);
	}

	/* a prefix is bound to the unit after it, by sequence number */
	if (tid) {
		state->next_seq = pkt->seq + 1;
		state->next_tid = tid;
	}
}

const struct rtp_codec_ops rtp_codec_h264 = {
	.name		= "H.264",
	.classify	= h264_classify,
};
