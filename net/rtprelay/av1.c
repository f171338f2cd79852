// SPDX-License-Identifier: GPL-2.0
/*
 * AV1 over RTP ("RTP Payload Format For AV1", version 1.0): spatial layers as
 * DID, temporal ones as TID.
 *
 * Layers are read from the dependency descriptor where the stream has it, and
 * else from the headers of the open bitstream units (OBUs) in the payload.
 * Those do not say what a frame refers to, so that without the descriptor more
 * layers can be begun only where a coded video sequence begins; nor do they
 * say which datagram is a frame's last, except by the sender's marker bit.
 */
#include <linux/bitfield.h>
#include <linux/bits.h>
#include <linux/minmax.h>

#include "au.h"
#include "codec.h"

/* Aggregation header, section 4.4: Z(1) Y(1) W(2) N(1) reserved(3) */
#define AV1_CONTINUES	BIT(7)
#define AV1_CONTINUED	BIT(6)
#define AV1_COUNT	GENMASK(5, 4)
#define AV1_NEW		BIT(3)

/* OBU header: forbidden(1) type(4) extension(1) has_size(1) reserved(1), and
 * with an extension: temporal_id(3) spatial_id(2) reserved(3)
 */
#define AV1_TYPE	GENMASK(6, 3)
#define AV1_EXTENSION	BIT(2)
#define AV1_TID		GENMASK(7, 5)
#define AV1_SID		GENMASK(4, 3)

/* The types of which a frame consists. */
enum av1_type {
	AV1_FRAME_HEADER	= 3,
	AV1_TILE_GROUP		= 4,
	AV1_FRAME		= 6,
	AV1_REDUNDANT_HEADER	= 7,
};

/* The most OBUs of a datagram that are looked at. */
#define AV1_MAX_OBUS	16

/* The longest leb128(). */
#define AV1_SIZE_BYTES	8

static const struct rtp_layer av1_no_layer;

static const struct rtp_layer av1_lost_layer = {
	.did	= RTP_DID_MAX,
	.qid	= RTP_QID_MAX,
	.tid	= RTP_TID_MAX,
};

static const struct rtp_layer av1_unknown_layer = {
	.flags	= RTP_LAYER_UNKNOWN,
};

/* The lower of both, as each of a datagram's OBUs is kept if one of them is. */
static void av1_lower(struct rtp_layer *layer, u8 did, u8 tid)
{
	layer->did = min(layer->did, did);
	layer->qid = 0;
	layer->tid = min(layer->tid, tid);
}

/* leb128() at *@off, which is moved behind it, or -ENODATA when what follows is
 * not that long
 */
static int av1_size(const struct rtp_packet *pkt, unsigned int *off)
{
	unsigned int i;
	u64 size = 0;

	for (i = 0; i < AV1_SIZE_BYTES; i++) {
		int byte = rtp_payload_u8(pkt, (*off)++);

		if (byte < 0)
			break;
		size |= (u64)(byte & 0x7f) << 7 * i;
		if (!(byte & 0x80))
			return size <= pkt->len - *off ? (int)size : -ENODATA;
	}

	return -ENODATA;
}

/*
 * The layer of the OBU of @len bytes at @off, in which @layer is lowered. Parts
 * of a frame without an extension are of the base layer, where libaom leaves it
 * out. Others without one, as sequence headers, are of the layer of whatever
 * else is in the datagram (section 6): they have none, for which 0 is returned,
 * and 1 for one with a layer. -ENODATA when it does not fit.
 */
static int av1_obu(const struct rtp_packet *pkt, unsigned int off,
		   unsigned int len, struct rtp_layer *layer)
{
	int head = rtp_payload_u8(pkt, off);
	int ext = rtp_payload_u8(pkt, off + 1);

	if (head < 0)
		return head;
	if (head & AV1_EXTENSION) {
		if (len < 2 || ext < 0)
			return -ENODATA;
		av1_lower(layer, FIELD_GET(AV1_SID, ext),
			  FIELD_GET(AV1_TID, ext));
		return 1;
	}

	switch (FIELD_GET(AV1_TYPE, head)) {
	case AV1_FRAME_HEADER:
	case AV1_TILE_GROUP:
	case AV1_FRAME:
	case AV1_REDUNDANT_HEADER:
		av1_lower(layer, 0, 0);
		return 1;
	}

	return 0;
}

/*
 * Whether a datagram that continues an OBU continues that of which @state knows
 * the layer.
 *
 * An OBU is in consecutive datagrams, and those of which one continues in the
 * next are of one layer. So where one datagram is missing after such a one, the
 * one after it is of that layer too. Two that are missing may be the end of one
 * OBU and the start of another.
 */
static bool av1_fragment_known(const struct rtp_av1_state *state,
			       const struct rtp_packet *pkt)
{
	u16 span = state->frag_last - state->frag_first;
	u16 off = pkt->seq - state->frag_first;

	return state->frag_known && pkt->timestamp == state->frag_timestamp &&
	       ((off && off <= span) ||
		(state->frag_open && off > span && off - span <= 2));
}

static void av1_fragment(struct rtp_av1_state *state,
			 const struct rtp_packet *pkt, u8 head,
			 const struct rtp_layer *layer)
{
	if (!(head & AV1_CONTINUES) || !av1_fragment_known(state, pkt)) {
		state->frag_first = pkt->seq;
		state->frag_timestamp = pkt->timestamp;
		state->frag_did = layer->did;
		state->frag_tid = layer->tid;
		state->frag_known = head & AV1_CONTINUED &&
				    rtp_layer_is_told(layer);
	}
	state->frag_last = pkt->seq;
	state->frag_open = !!(head & AV1_CONTINUED);
}

/* The layer of a datagram by what is in it. */
static void av1_payload_layer(const struct rtp_av1_state *state,
			      const struct rtp_packet *pkt, u8 head,
			      struct rtp_layer *layer)
{
	unsigned int count = FIELD_GET(AV1_COUNT, head), off = 1, i;
	bool some = false, none = false;

	*layer = av1_lost_layer;
	for (i = 0; i < AV1_MAX_OBUS && off < pkt->len; i++) {
		int size = pkt->len - off, found;

		/* with a count, the last one has no length */
		if (!count || i + 1 < count)
			size = av1_size(pkt, &off);
		if (size <= 0)
			goto unreadable;

		if (i || !(head & AV1_CONTINUES)) {
			found = av1_obu(pkt, off, size, layer);
			if (found < 0)
				goto unreadable;
			some |= found;
			none |= !found;
		} else if (av1_fragment_known(state, pkt)) {
			av1_lower(layer, state->frag_did, state->frag_tid);
			some = true;
		}
		off += size;
	}
	if (!i || off != pkt->len || (count && i != count))
		goto unreadable;
	if (!some && none)
		*layer = av1_no_layer;
	return;

unreadable:
	*layer = av1_unknown_layer;
}

/* Whether nothing of the datagram's temporal unit came before it. */
static bool av1_first(struct rtp_av1_state *state, const struct rtp_packet *pkt)
{
	bool first = rtp_au_begins(&state->au, pkt);

	if (first) {
		rtp_au_begin(&state->au, pkt);
		state->key = false;
	} else if (pkt->seq != (u16)(state->seq + 1)) {
		/* What seems to begin may have begun in what is missing. */
		state->key = false;
	}
	state->seq = pkt->seq;
	state->au.ended = pkt->marker;

	return first;
}

/* A temporal unit begins; with @key, a coded video sequence does. */
static void av1_start(struct rtp_av1_state *state, bool key,
		      struct rtp_layer *layer)
{
	/* No layer refers to one above it. */
	layer->flags |= RTP_LAYER_START | RTP_LAYER_DOWN;
	if (key)
		layer->up_to = RTP_TID_MAX;
	state->key = key;
}

/*
 * A frame begins. @alone says that it refers to nothing before its temporal
 * unit, as no frame does in the one that begins a coded video sequence. Another
 * of the same spatial layer may refer to the one before it.
 */
static void av1_frame(struct rtp_av1_state *state, bool alone,
		      struct rtp_layer *layer)
{
	if (rtp_au_first(&state->au, layer->did) && (alone || state->key))
		layer->flags |= RTP_LAYER_SYNC;
}

static void av1_payload(struct rtp_av1_state *state,
			const struct rtp_packet *pkt, bool late,
			struct rtp_layer *layer)
{
	u8 head = rtp_payload_u8(pkt, 0);
	bool first;

	av1_payload_layer(state, pkt, head, layer);
	if (late)
		return;

	first = av1_first(state, pkt);
	av1_fragment(state, pkt, head, layer);
	if (layer->flags & RTP_LAYER_UNKNOWN)
		return;
	if (pkt->marker)
		layer->flags |= RTP_LAYER_END;
	if (head & AV1_CONTINUES)
		return;
	if (first)
		av1_start(state, head & AV1_NEW, layer);
	av1_frame(state, false, layer);
}

static void av1_dependency(struct rtp_av1_state *state,
			   const struct rtp_packet *pkt, bool late,
			   const struct rtp_dependency *desc,
			   struct rtp_layer *layer)
{
	u8 up_to = state->dependency.up_to[desc->tid];
	bool first, key;
	u16 behind;

	*layer = (struct rtp_layer) {
		.did	= desc->did,
		.tid	= desc->tid,
		.flags	= desc->end ? RTP_LAYER_END : 0,
	};
	if (late)
		return;

	first = av1_first(state, pkt);
	if (first)
		state->frame = desc->frame;
	if (!desc->start)
		return;

	key = desc->structure && !desc->did && !desc->fdiff;
	if (first) {
		av1_start(state, key, layer);
		if (!key && up_to > desc->tid) {
			layer->up_from = desc->tid;
			layer->up_to = up_to;
		}
	}
	behind = desc->frame - state->frame;
	av1_frame(state, desc->did && desc->begins && desc->fdiff <= behind,
		  layer);
}

static void av1_classify(struct rtp_codec_state *codec,
			 const struct rtp_packet *pkt, bool late,
			 struct rtp_layer *layer)
{
	struct rtp_av1_state *state = &codec->av1;
	struct rtp_dependency desc;
	const u8 *ext = NULL;
	unsigned int len;

	/* nothing but padding */
	*layer = av1_no_layer;
	if (!pkt->len)
		return;
	if (codec->dependency_id)
		ext = rtp_packet_extension(pkt, codec->dependency_id, &len);
	if (!ext)
		av1_payload(state, pkt, late, layer);
	else if (rtp_dependency_read(&state->dependency, late, ext, len, &desc))
		av1_dependency(state, pkt, late, &desc, layer);
	else
		*layer = av1_unknown_layer;
}

const struct rtp_codec_ops rtp_codec_av1 = {
	.name		= "AV1",
	.classify	= av1_classify,
};
