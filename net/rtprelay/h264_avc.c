// SPDX-License-Identifier: GPL-2.0
/*
 * H.264 over RTP (RFC 6184) without the scalable extension: what no picture
 * refers to (nal_ref_idc 0) is temporal layer 1, all else 0.
 *
 * What is left out is left out by whole pictures, and what remains refers to
 * none of them; so more can be had from the beginning of any access unit.
 *
 * The interleaved modes' packets, and the units of extensions, are kept whole.
 */
#include "aggregate.h"
#include "au.h"
#include "h264.h"

/**
 * struct h264_avc_units - what the units that a datagram begins or holds say
 * @layer: its layer
 * @coded: one of them is of a coded picture
 * @idr: the first that is coded is of an IDR picture
 */
struct h264_avc_units {
	struct rtp_layer layer;
	bool coded;
	bool idr;
};

/* @nri is the byte in which nal_ref_idc stands: a fragment has it apart. */
static void h264_avc_unit(u8 nri, u8 type, struct h264_avc_units *unit)
{
	*unit = (struct h264_avc_units){};

	switch (type & H264_TYPE) {
	case H264_SLICE:
	case H264_PARTITION_A:
	case H264_PARTITION_B:
	case H264_PARTITION_C:
		unit->layer.tid = !(nri & H264_NRI);
		unit->coded = true;
		break;
	case H264_IDR:
		unit->coded = true;
		unit->idr = true;
		break;
	case H264_SPS:
	case H264_PPS:
	case H264_SPS_EXT:
		unit->layer.flags = RTP_LAYER_PARAMS;
		break;
	case H264_SEI:
	case H264_DELIMITER:
	case H264_END_SEQUENCE:
	case H264_END_STREAM:
	case H264_FILLER:
	case H264_AUXILIARY:
		break;
	default:
		unit->layer.flags = RTP_LAYER_UNKNOWN;
	}
}

/* An aggregation packet is kept if any of its units is. */
static void h264_avc_stap_a(const struct rtp_packet *pkt,
			    struct h264_avc_units *units)
{
	struct rtp_aggregate walk = { .off = 1 };
	struct rtp_layer *layer = &units->layer;
	int more;

	*units = (struct h264_avc_units) {
		.layer	= {
			.tid	= 1,
			.flags	= RTP_LAYER_PARAMS,
		},
	};

	while ((more = rtp_aggregate_next(&walk, pkt)) > 0) {
		int header = rtp_payload_u8(pkt, walk.off);
		struct h264_avc_units unit;

		h264_avc_unit(header, header, &unit);
		if (unit.layer.flags & RTP_LAYER_UNKNOWN)
			break;
		if (!unit.layer.tid)
			layer->tid = 0;
		layer->flags &= unit.layer.flags;
		if (unit.coded && !units->coded) {
			units->coded = true;
			units->idr = unit.idr;
		}
	}
	if (more)
		*layer = (struct rtp_layer) { .flags = RTP_LAYER_UNKNOWN };
}

/* The place in its access unit of a datagram that does not begin amidst a unit.
 */
static void h264_avc_place(struct rtp_au_state *au,
			   const struct rtp_packet *pkt,
			   struct h264_avc_units *units)
{
	struct rtp_layer *layer = &units->layer;

	if (layer->flags & RTP_LAYER_UNKNOWN)
		return;

	if (rtp_au_begins(au, pkt)) {
		rtp_au_begin(au, pkt);
		layer->up_to = RTP_TID_MAX;
		layer->flags |= RTP_LAYER_START;
	}
	if (units->coded && rtp_au_first(au, 0) && units->idr)
		layer->flags |= RTP_LAYER_SYNC;
}

static void h264_avc_fragment(struct rtp_au_state *au,
			      const struct rtp_packet *pkt,
			      struct h264_avc_units *unit)
{
	int indicator = rtp_payload_u8(pkt, 0);
	int fu = rtp_payload_u8(pkt, 1);

	if (fu < 0) {
		unit->layer.flags = RTP_LAYER_UNKNOWN;
		return;
	}
	/* Every fragment has the nal_ref_idc of its unit (section 5.8). */
	h264_avc_unit(indicator, fu, unit);
	if (fu & H264_FU_START) {
		h264_avc_place(au, pkt, unit);
	} else if (!(unit->layer.flags & RTP_LAYER_UNKNOWN) &&
		   rtp_au_begins(au, pkt)) {
		/* What is lost with its start can be that of an access unit. */
		rtp_au_begin(au, pkt);
		unit->layer.flags |= RTP_LAYER_START;
	}
	if (!(fu & H264_FU_END))
		unit->layer.flags |= RTP_LAYER_UNMARK;
}

static void h264_avc_classify(struct rtp_codec_state *codec,
			      const struct rtp_packet *pkt, bool late,
			      struct rtp_layer *layer)
{
	struct rtp_au_state *au = &codec->h264_avc, before;
	int header = rtp_payload_u8(pkt, 0);
	struct h264_avc_units units = {};

	*layer = (struct rtp_layer){};
	/* Nothing but padding */
	if (header < 0)
		return;

	/* A late datagram is judged by what is known, and tells nothing. */
	if (late) {
		before = *au;
		au = &before;
	}

	switch (header & H264_TYPE) {
	case H264_FU_A:
		h264_avc_fragment(au, pkt, &units);
		break;
	case H264_STAP_A:
		h264_avc_stap_a(pkt, &units);
		h264_avc_place(au, pkt, &units);
		break;
	default:
		h264_avc_unit(header, header, &units);
		h264_avc_place(au, pkt, &units);
	}

	*layer = units.layer;
	au->ended = pkt->marker && !(layer->flags & RTP_LAYER_UNMARK);
}

const struct rtp_codec_ops rtp_codec_h264_avc = {
	.name		= "H.264 AVC",
	.classify	= h264_avc_classify,
};
