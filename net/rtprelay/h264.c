// SPDX-License-Identifier: GPL-2.0
/*
 * H.264 over RTP (RFC 6184) and its scalable extension (RFC 6190): layers by
 * DID, QID and TID.
 *
 * A stream without the extension has only the base layer. The packet types of
 * the interleaved modes (STAP-B, MTAP16, MTAP24, NI-MTAP, FU-B) are rare and
 * may mix access units: they are kept whole at every cap.
 *
 * Temporal layers are taken to be nested, as encoders make them: a picture
 * refers to none of a higher temporal layer, and none to one before a picture
 * of a lower temporal layer. So whoever gets an access unit can, from it on,
 * get all higher temporal layers. Nothing in the packets says whether it is so.
 */
#include <linux/bitfield.h>
#include <linux/minmax.h>

#include "aggregate.h"
#include "au.h"
#include "h264.h"

/*
 * The three bytes after the header of a prefix, a slice extension and a PACSI:
 * R(1) I(1) PRID(6), N(1) DID(3) QID(4), TID(3) U(1) D(1) O(1) RR(2). With R at
 * 0 they are of the multiview extension and mean something else.
 */
#define H264_EXT_LEN	3
#define H264_EXT_R	BIT(15)
#define H264_EXT_I	BIT(14)
#define H264_EXT_DID	GENMASK(6, 4)
#define H264_EXT_QID	GENMASK(3, 0)
#define H264_EXT_TID	GENMASK(7, 5)
#define H264_EXT_U	BIT(4)

static const struct rtp_layer h264_unknown_layer = {
	.flags	= RTP_LAYER_UNKNOWN,
};

static const struct rtp_layer h264_lost_layer = {
	.did	= RTP_DID_MAX,
	.qid	= RTP_QID_MAX,
	.tid	= RTP_TID_MAX,
};

/**
 * struct h264_units - what the units that a datagram begins or holds say
 * @layer: its layer; RTP_LAYER_SYNC, and what temporal layers can be begun,
 *	are as for the first datagram of the layer and of its access unit
 * @coded: one of them is of a coded picture, and so has a layer
 * @prefix: all of it is a single prefix
 * @opens: the last is the first that is coded
 * @first: DQId of the first that is coded
 * @lowest: lowest DQId of those that are coded
 */
struct h264_units {
	struct rtp_layer layer;
	bool coded;
	bool prefix;
	bool opens;
	u8 first;
	u8 lowest;
};

/* What a prefix says about the unit right after it. */
struct h264_announced {
	bool known;
	u8 tid;
};

static void h264_tell_tid(struct rtp_layer *layer, u8 tid)
{
	layer->tid = tid;
	layer->up_from = tid;
	layer->up_to = RTP_TID_MAX;
}

static void h264_extension(const struct rtp_packet *pkt, unsigned int off,
			   unsigned int len, struct rtp_layer *layer)
{
	int head = rtp_payload_be16(pkt, off);
	int tail = rtp_payload_u8(pkt, off + 2);

	if (len < H264_EXT_LEN || head < 0 || tail < 0 ||
	    !(head & H264_EXT_R)) {
		*layer = h264_unknown_layer;
		return;
	}
	layer->did = FIELD_GET(H264_EXT_DID, head);
	layer->qid = FIELD_GET(H264_EXT_QID, head);
	h264_tell_tid(layer, FIELD_GET(H264_EXT_TID, tail));

	/* A quality layer whose picture is predicted from base pictures only
	 * (use_ref_base_pic_flag) refers to nothing of its own before it.
	 */
	if (head & H264_EXT_I || (layer->qid && tail & H264_EXT_U))
		layer->flags = RTP_LAYER_SYNC;
}

/*
 * What the NAL unit of @len bytes at @off says. @announced is what the unit
 * right before it said about it, and then what it says about the next.
 */
static void h264_unit(const struct rtp_packet *pkt, unsigned int off,
		      unsigned int len, struct h264_announced *announced,
		      struct h264_units *unit)
{
	struct h264_announced before = *announced;
	struct rtp_layer *layer = &unit->layer;
	int header = rtp_payload_u8(pkt, off);

	*announced = (struct h264_announced){};
	*unit = (struct h264_units){};
	if (header < 0) {
		*layer = h264_unknown_layer;
		return;
	}

	switch (header & H264_TYPE) {
	case H264_SLICE:
	case H264_PARTITION_A:
	case H264_PARTITION_B:
	case H264_PARTITION_C:
		if (before.known)
			h264_tell_tid(layer, before.tid);
		unit->coded = true;
		break;
	case H264_IDR:
		h264_tell_tid(layer, before.tid);
		layer->flags = RTP_LAYER_SYNC;
		unit->coded = true;
		break;
	case H264_PREFIX:
	case H264_SLICE_EXT:
	case H264_PACSI:
		h264_extension(pkt, off + 1, len - 1, layer);
		if (layer->flags & RTP_LAYER_UNKNOWN)
			break;
		if ((header & H264_TYPE) != H264_SLICE_EXT)
			*announced = (struct h264_announced) {
				.known	= true,
				.tid	= layer->tid,
			};
		unit->coded = true;
		break;
	case H264_SPS:
	case H264_PPS:
	case H264_SPS_EXT:
	case H264_SUBSET_SPS:
		layer->flags = RTP_LAYER_PARAMS;
		break;
	case H264_SEI:
	case H264_DELIMITER:
	case H264_END_SEQUENCE:
	case H264_END_STREAM:
	case H264_FILLER:
	case H264_AUXILIARY:
		break;
	default:
		*layer = h264_unknown_layer;
	}
	unit->opens = unit->coded;
	unit->first = rtp_dqid(layer->did, layer->qid);
	unit->lowest = unit->first;
}

/* Adds the next unit to what is known of those before it. */
static void h264_merge(struct h264_units *units, const struct h264_units *unit)
{
	struct rtp_layer *layer = &units->layer;

	if (unit->first < rtp_dqid(layer->did, layer->qid)) {
		layer->did = unit->layer.did;
		layer->qid = unit->layer.qid;
	}
	layer->tid = min(layer->tid, unit->layer.tid);
	if (!(unit->layer.flags & RTP_LAYER_PARAMS))
		layer->flags &= ~RTP_LAYER_PARAMS;
	units->opens = unit->coded && !units->coded;
	if (!unit->coded)
		return;

	if (!layer->up_to) {
		layer->up_from = unit->layer.up_from;
		layer->up_to = unit->layer.up_to;
	}
	if (!units->coded)
		units->first = unit->first;
	if (!units->coded || unit->first < units->lowest) {
		units->lowest = unit->first;
		layer->flags &= ~RTP_LAYER_SYNC;
		layer->flags |= unit->layer.flags & RTP_LAYER_SYNC;
	}
	units->coded = true;
}

/*
 * An aggregation packet is kept if any of its units is. All are of one access
 * unit and thus of one TID, so that the lowest of each is the layer of one of
 * them; in a stream that breaks this rule, too much is kept rather than too
 * little. It is a sync point of its lowest layer only: whoever gets that has
 * the beginning of the higher ones, too, and its first datagram of such a layer
 * is the next.
 */
static void h264_stap_a(const struct rtp_packet *pkt,
			struct h264_announced *announced,
			struct h264_units *units)
{
	struct rtp_aggregate walk = { .off = 1 };
	int more;

	*units = (struct h264_units) { .layer = h264_lost_layer };
	units->layer.flags = RTP_LAYER_PARAMS;

	while ((more = rtp_aggregate_next(&walk, pkt)) > 0) {
		struct h264_units unit;

		h264_unit(pkt, walk.off, walk.size, announced, &unit);
		if (unit.layer.flags & RTP_LAYER_UNKNOWN)
			goto unreadable;
		/* It says of all that follow what is true of one. */
		if ((rtp_payload_u8(pkt, walk.off) & H264_TYPE) == H264_PACSI)
			unit.coded = false;
		h264_merge(units, &unit);
	}
	if (more < 0)
		goto unreadable;
	if (units->lowest != rtp_dqid(units->layer.did, units->layer.qid))
		units->layer.flags &= ~RTP_LAYER_SYNC;
	return;

unreadable:
	*announced = (struct h264_announced){};
	*units = (struct h264_units) { .layer = h264_unknown_layer };
}

/*
 * Finds the place in its access unit of a datagram that does not begin amidst a
 * unit. @bound says that it begins with the unit that a prefix in the datagram
 * before announced.
 *
 * ffmpeg takes a prefix for the end of the access unit before it, and gives it
 * that one's timestamp and a marker. Nothing ends with a prefix: one with a
 * marker begins the next. The unit to which a prefix is bound is of its access
 * unit, whatever the timestamps say.
 */
static void h264_place(struct rtp_h264_state *state,
		       const struct rtp_packet *pkt, bool bound,
		       struct h264_units *units)
{
	struct rtp_layer *layer = &units->layer;
	struct rtp_au_state *au = &state->au;

	if (layer->flags & RTP_LAYER_UNKNOWN)
		return;

	if (bound && state->next_begun && units->coded) {
		au->timestamp = pkt->timestamp;
		state->next_begun = units->opens;
	} else if (rtp_au_begins(au, pkt) ||
		   (units->coded && units->first + 1 < au->layers) ||
		   (units->prefix && pkt->marker)) {
		rtp_au_begin(au, pkt);
		state->told = false;
		state->next_begun = units->opens;
		layer->flags |= RTP_LAYER_START;
	} else {
		state->next_begun = false;
	}

	if (units->coded &&
	    !rtp_au_first(au, rtp_dqid(layer->did, layer->qid)))
		layer->flags &= ~RTP_LAYER_SYNC;

	if (state->told) {
		layer->up_from = 0;
		layer->up_to = 0;
	} else if (layer->up_to) {
		state->told = true;
	}
}

/*
 * Whether a fragment that is not the first is of a unit.
 *
 * The fragments of a unit have consecutive numbers, so all between two of them
 * are of the same unit. Where one datagram is missing after a fragment that is
 * not the last, the one after it is of the same unit too: the missing one
 * cannot have been both the end of that unit and the start of another. Two
 * missing can.
 */
static bool h264_is_fragment(const struct rtp_h264_fragmented *unit,
			     const struct rtp_packet *pkt, u8 type)
{
	u16 span = unit->last - unit->first;
	u16 off = pkt->seq - unit->first;

	return unit->known && type == unit->type &&
	       pkt->timestamp == unit->timestamp &&
	       (off <= span || (unit->open && off - span <= 2));
}

/* The unit that a fragment which is not the first is of, or NULL. */
static struct rtp_h264_fragmented *
h264_fragmented(struct rtp_h264_state *state, const struct rtp_packet *pkt,
		u8 type)
{
	struct rtp_h264_fragmented *unit;
	unsigned int i;

	for (i = RTP_H264_FRAGMENTED; i > 0; i--) {
		unit = &state->fragmented[(state->newest + i) %
					  RTP_H264_FRAGMENTED];
		if (h264_is_fragment(unit, pkt, type))
			return unit;
	}

	return NULL;
}

static void h264_fragments(struct rtp_h264_state *state,
			   const struct rtp_packet *pkt, u8 type, bool open,
			   const struct rtp_layer *layer)
{
	struct rtp_h264_fragmented *unit;

	state->newest = (state->newest + 1) % RTP_H264_FRAGMENTED;
	unit = &state->fragmented[state->newest];
	*unit = (struct rtp_h264_fragmented) {
		.timestamp	= pkt->timestamp,
		.first		= pkt->seq,
		.last		= pkt->seq,
		.layer		= *layer,
		.type		= type,
		.known		= true,
		.open		= open,
	};
	unit->layer.up_from = 0;
	unit->layer.up_to = 0;
	unit->layer.flags &= RTP_LAYER_PARAMS | RTP_LAYER_UNKNOWN;
}

/* Only the first fragment says what layer it is of (RFC 6190, section 4.8). */
static void h264_fragment(struct rtp_h264_state *state,
			  const struct rtp_packet *pkt, bool bound,
			  struct h264_announced *announced,
			  struct rtp_layer *layer)
{
	int indicator = rtp_payload_u8(pkt, 0);
	int fu = rtp_payload_u8(pkt, 1);
	struct rtp_h264_fragmented *of;
	bool open = !(fu & H264_FU_END);
	u8 type = fu & H264_TYPE;

	if (indicator < 0 || fu < 0) {
		*layer = h264_unknown_layer;
		return;
	}

	of = h264_fragmented(state, pkt, type);
	if (fu & H264_FU_START) {
		struct h264_units unit = { .layer = h264_unknown_layer };

		if ((indicator & H264_TYPE) == H264_FU_A)
			/* the FU header has the type where a unit has it */
			h264_unit(pkt, 1, pkt->len - 1, announced, &unit);
		h264_fragments(state, pkt, type, open, &unit.layer);
		h264_place(state, pkt, bound, &unit);
		*layer = unit.layer;
	} else if (of) {
		*layer = of->layer;
		if ((s16)(pkt->seq - of->last) > 0) {
			of->last = pkt->seq;
			of->open = open;
		}
	} else {
		*layer = h264_lost_layer;
		/* What is lost with its start can be that of an access unit. */
		if (rtp_au_begins(&state->au, pkt)) {
			rtp_au_begin(&state->au, pkt);
			state->told = false;
			layer->flags |= RTP_LAYER_START;
		}
	}
	if (open)
		layer->flags |= RTP_LAYER_UNMARK;
}

static void h264_classify(struct rtp_codec_state *codec,
			  const struct rtp_packet *pkt, bool late,
			  struct rtp_layer *layer)
{
	struct rtp_h264_state *state = &codec->h264, before;
	struct h264_announced announced = {};
	int header = rtp_payload_u8(pkt, 0);
	struct h264_units units;
	bool bound;

	/* A late datagram is judged by what is known, and tells nothing. */
	if (late) {
		before = codec->h264;
		state = &before;
	}

	*layer = (struct rtp_layer){};
	/* Nothing but padding */
	if (header < 0)
		return;

	bound = state->next_known && pkt->seq == state->next_seq;
	if (bound) {
		announced.known = true;
		announced.tid = state->next_tid;
		state->next_known = false;
	}

	switch (header & H264_TYPE) {
	case H264_FU_A:
	case H264_FU_B:
		h264_fragment(state, pkt, bound, &announced, layer);
		/* What is in fragments is no prefix. */
		announced.known = false;
		break;
	case H264_STAP_A:
		h264_stap_a(pkt, &announced, &units);
		h264_place(state, pkt, bound, &units);
		*layer = units.layer;
		break;
	default:
		h264_unit(pkt, 0, pkt->len, &announced, &units);
		units.prefix = (header & H264_TYPE) == H264_PREFIX;
		h264_place(state, pkt, bound, &units);
		*layer = units.layer;
		/* The unit after it is of the same access unit. */
		if (announced.known)
			layer->flags |= RTP_LAYER_UNMARK;
	}

	/* What a prefix says is for the unit after it, by sequence number. */
	if (announced.known) {
		state->next_seq = pkt->seq + 1;
		state->next_tid = announced.tid;
		state->next_known = true;
	}
	state->au.ended = pkt->marker && !(layer->flags & RTP_LAYER_UNMARK);
}

const struct rtp_codec_ops rtp_codec_h264 = {
	.name		= "H.264",
	.classify	= h264_classify,
};
