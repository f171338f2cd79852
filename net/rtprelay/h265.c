// SPDX-License-Identifier: GPL-2.0
/*
 * H.265 over RTP (RFC 7798): layers by nuh_layer_id and TemporalId, which stand
 * in the first two bytes of every packet, fragments included. ffmpeg writes
 * TemporalId 0 into all fragments: what it sends in fragments is kept at every
 * cap.
 *
 * PACI packets (section 4.4.4) are kept whole: they wrap any of the others, and
 * nothing is known to send them.
 *
 * Where sprop-max-don-diff is above 0, decoding order numbers stand before the
 * sizes in aggregation packets (section 4.4.2), and nothing in the packet says
 * so. Such aggregation packets are misread: nearly all do not fit then and are
 * kept whole. All other packets are read right, since theirs stand behind what
 * is read here.
 */
#include <linux/bitfield.h>
#include <linux/bits.h>
#include <linux/minmax.h>

#include "aggregate.h"
#include "au.h"

/* H.265, clause 7.4.2.2, and from 48 on RFC 7798, section 4.4. */
enum h265_type {
	H265_TSA_N	= 2,
	H265_TSA_R	= 3,
	H265_STSA_N	= 4,
	H265_STSA_R	= 5,
	H265_BLA_W_LP	= 16,
	H265_IDR_N_LP	= 20,
	H265_CRA	= 21,
	H265_VCL_MAX	= 31,
	H265_VPS	= 32,
	H265_PPS	= 34,
	H265_SEI_SUFFIX	= 40,
	H265_AP		= 48,
	H265_FU		= 49,
};

/* F(1) Type(6) LayerId(6) TID plus 1(3) heads a unit and a packet. */
#define H265_HEADER_LEN	2
#define H265_TYPE	GENMASK(14, 9)
#define H265_LAYER_ID	GENMASK(8, 3)
#define H265_TID	GENMASK(2, 0)

/* S(1) E(1) FuType(6) */
#define H265_FU_START	BIT(7)
#define H265_FU_END	BIT(6)
#define H265_FU_TYPE	GENMASK(5, 0)

static const struct rtp_layer h265_unknown_layer = {
	.flags	= RTP_LAYER_UNKNOWN,
};

/**
 * struct h265_units - what the units that a datagram begins or holds say
 * @layer: its layer; RTP_LAYER_SYNC, and what temporal layers can be begun,
 *	are as for the first datagram of the layer and of its access unit
 * @coded: one of them is of a coded picture
 * @lowest: lowest DID of those that are
 */
struct h265_units {
	struct rtp_layer layer;
	bool coded;
	u8 lowest;
};

/*
 * What temporal layers can be begun at a picture (clause 7.4.2.2). At a CRA
 * picture none, though a decoder can begin: what leads it may refer to pictures
 * before it, also to those of the layers that were left out.
 */
static void h265_coded(unsigned int type, struct rtp_layer *layer)
{
	switch (type) {
	case H265_TSA_N:
	case H265_TSA_R:
		if (!layer->tid)
			break;
		layer->up_from = layer->tid - 1;
		layer->up_to = RTP_TID_MAX;
		break;
	case H265_STSA_N:
	case H265_STSA_R:
		if (!layer->tid)
			break;
		layer->up_from = layer->tid - 1;
		layer->up_to = layer->tid;
		break;
	case H265_BLA_W_LP ... H265_IDR_N_LP:
		layer->up_to = RTP_TID_MAX;
		layer->flags = RTP_LAYER_SYNC;
		break;
	case H265_CRA:
		layer->flags = RTP_LAYER_SYNC;
		break;
	}
}

/* A unit of the type @type; the rest of its header is that of @header. */
static void h265_unit(unsigned int type, int header, struct h265_units *unit)
{
	struct rtp_layer *layer = &unit->layer;

	*unit = (struct h265_units){};
	if (type > H265_SEI_SUFFIX || !FIELD_GET(H265_TID, header)) {
		*layer = h265_unknown_layer;
		return;
	}
	/* Of whatever layer they are, they are needed to begin later. */
	if (type >= H265_VPS && type <= H265_PPS) {
		layer->flags = RTP_LAYER_PARAMS;
		return;
	}

	layer->did = min_t(u8, FIELD_GET(H265_LAYER_ID, header),
			   RTP_DID_MAX);
	layer->tid = FIELD_GET(H265_TID, header) - 1;
	unit->lowest = layer->did;
	if (type <= H265_VCL_MAX) {
		unit->coded = true;
		h265_coded(type, layer);
	}
}

/* Adds the next unit to what is known of those before it. */
static void h265_merge(struct h265_units *units, const struct h265_units *unit)
{
	struct rtp_layer *layer = &units->layer;

	layer->did = min(layer->did, unit->layer.did);
	layer->tid = min(layer->tid, unit->layer.tid);
	if (!(unit->layer.flags & RTP_LAYER_PARAMS))
		layer->flags &= ~RTP_LAYER_PARAMS;
	if (!unit->coded || (units->coded && unit->lowest >= units->lowest))
		return;

	units->coded = true;
	units->lowest = unit->lowest;
	layer->up_from = unit->layer.up_from;
	layer->up_to = unit->layer.up_to;
	layer->flags &= ~RTP_LAYER_SYNC;
	layer->flags |= unit->layer.flags & RTP_LAYER_SYNC;
}

/* An aggregation packet is kept if any of its units is, and is a sync point of
 * its lowest layer only.
 */
static void h265_aggregate(const struct rtp_packet *pkt,
			   struct h265_units *units)
{
	struct rtp_aggregate walk = { .off = H265_HEADER_LEN };
	int more;

	*units = (struct h265_units) {
		.layer	= {
			.did	= RTP_DID_MAX,
			.tid	= RTP_TID_MAX,
			.flags	= RTP_LAYER_PARAMS,
		},
	};

	while ((more = rtp_aggregate_next(&walk, pkt)) > 0) {
		int header = rtp_payload_be16(pkt, walk.off);
		struct h265_units unit;

		if (walk.size < H265_HEADER_LEN)
			break;
		h265_unit(FIELD_GET(H265_TYPE, header), header, &unit);
		if (unit.layer.flags & RTP_LAYER_UNKNOWN)
			break;
		h265_merge(units, &unit);
	}
	if (more)
		units->layer = h265_unknown_layer;
	else if (units->lowest != units->layer.did)
		units->layer.flags &= ~RTP_LAYER_SYNC;
}

/*
 * The place in its access unit of a datagram that does not begin amidst a unit.
 * Temporal layers are begun at an access unit's first datagram of a picture:
 * who begins at a later one lacks those before it.
 */
static void h265_place(struct rtp_au_state *au, const struct rtp_packet *pkt,
		       struct h265_units *units)
{
	struct rtp_layer *layer = &units->layer;

	if (layer->flags & RTP_LAYER_UNKNOWN)
		return;

	if (rtp_au_begins(au, pkt)) {
		rtp_au_begin(au, pkt);
		layer->flags |= RTP_LAYER_START;
	}
	if (au->layers) {
		layer->up_from = 0;
		layer->up_to = 0;
	}
	if (units->coded && !rtp_au_first(au, layer->did))
		layer->flags &= ~RTP_LAYER_SYNC;
}

static void h265_fragment(struct rtp_au_state *au, const struct rtp_packet *pkt,
			  struct h265_units *unit)
{
	int header = rtp_payload_be16(pkt, 0);
	int fu = rtp_payload_u8(pkt, H265_HEADER_LEN);

	if (fu < 0) {
		unit->layer = h265_unknown_layer;
		return;
	}
	h265_unit(fu & H265_FU_TYPE, header, unit);
	if (fu & H265_FU_START) {
		h265_place(au, pkt, unit);
	} else {
		unit->layer.up_from = 0;
		unit->layer.up_to = 0;
		unit->layer.flags &= ~RTP_LAYER_SYNC;
		/* What is lost with its start can be that of an access unit. */
		if (!(unit->layer.flags & RTP_LAYER_UNKNOWN) &&
		    rtp_au_begins(au, pkt)) {
			rtp_au_begin(au, pkt);
			unit->layer.flags |= RTP_LAYER_START;
		}
	}
	if (!(fu & H265_FU_END))
		unit->layer.flags |= RTP_LAYER_UNMARK;
}

static void h265_classify(struct rtp_codec_state *codec,
			  const struct rtp_packet *pkt, bool late,
			  struct rtp_layer *layer)
{
	struct rtp_au_state *au = &codec->h265, before;
	int header = rtp_payload_be16(pkt, 0);
	struct h265_units units = {};

	*layer = (struct rtp_layer){};
	/* Nothing but padding */
	if (!pkt->len)
		return;

	if (header < 0) {
		*layer = h265_unknown_layer;
		return;
	}

	/* A late datagram is judged by what is known, and tells nothing. */
	if (late) {
		before = *au;
		au = &before;
	}

	switch (FIELD_GET(H265_TYPE, header)) {
	case H265_FU:
		h265_fragment(au, pkt, &units);
		break;
	case H265_AP:
		h265_aggregate(pkt, &units);
		h265_place(au, pkt, &units);
		break;
	default:
		h265_unit(FIELD_GET(H265_TYPE, header), header, &units);
		h265_place(au, pkt, &units);
	}

	*layer = units.layer;
	au->ended = pkt->marker && !(layer->flags & RTP_LAYER_UNMARK);
}

const struct rtp_codec_ops rtp_codec_h265 = {
	.name		= "H.265",
	.classify	= h265_classify,
};
