/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Codecs: which layer of a scalable stream a datagram belongs to.
 *
 * A codec sees every datagram of its stream once, in the order of arrival, and
 * knows nothing about destinations. It never fails: what it cannot read belongs
 * to no layer and is kept at every cap.
 */
#ifndef _NET_RTPRELAY_CODEC_H
#define _NET_RTPRELAY_CODEC_H

#include <linux/bits.h>
#include <linux/rtp_fanout.h>
#include "dependency.h"
#include "packet.h"

#define RTP_DID_MAX	7	/* dependency_id: spatial layer */
#define RTP_QID_MAX	15	/* quality_id */
#define RTP_TID_MAX	7	/* temporal_id */

/* rtp_layer.flags */
enum rtp_layer_flags {
	/* The first datagram of an access unit, as far as can be told. */
	RTP_LAYER_START		= BIT(0),
	/* The first datagram of @did (and @qid) in its access unit, and what
	 * begins here refers to nothing of it before: who has all layers below
	 * it in this access unit can begin to get it here, and who is to have
	 * nothing above it can end here. With @did 0, a decoder can begin.
	 */
	RTP_LAYER_SYNC		= BIT(1),
	/* From here on a decoder can do without any of the higher @did. */
	RTP_LAYER_DOWN		= BIT(2),
	/* What a decoder needs before it begins: parameter sets. Sent to
	 * paused destinations as well.
	 */
	RTP_LAYER_PARAMS	= BIT(3),
	/* The last datagram of @did in its access unit: it bears the marker bit
	 * where @did is the highest that a destination gets.
	 */
	RTP_LAYER_END		= BIT(4),
	/* The sender's marker bit is wrong here: the access unit goes on in
	 * the next datagram.
	 */
	RTP_LAYER_UNMARK	= BIT(5),
	/* Its layer could not be told: kept whole at every cap, and counted. */
	RTP_LAYER_UNKNOWN	= BIT(6),
	/* For nobody: a classifier of user space's own says so. */
	RTP_LAYER_DROP		= BIT(7),
};

/**
 * struct rtp_layer - where in a scalable stream a datagram belongs
 * @did: dependency_id, 0 to RTP_DID_MAX
 * @qid: quality_id, 0 to RTP_QID_MAX
 * @tid: temporal_id, 0 to RTP_TID_MAX
 * @up_from: who got every temporal layer up to this one can, from this datagram
 *	on, get more, 0 to RTP_TID_MAX
 * @up_to: up to this one, 0 to RTP_TID_MAX; no temporal layer can be begun here
 *	when it is not above @up_from
 * @flags: enum rtp_layer_flags
 *
 * Layer 0, 0, 0 is the base layer, and also what belongs to no layer, as
 * parameter sets do: both are kept at every cap. All three at their maximum is
 * what must not reach a destination that has any cap: a fragment of which the
 * layer is lost.
 */
struct rtp_layer {
	u8 did;
	u8 qid;
	u8 tid;
	u8 up_from;
	u8 up_to;
	u8 flags;
};

/**
 * struct rtp_cap - the highest layers that a destination gets
 * @did: dependency_id, 0 to RTP_DID_MAX
 * @qid: quality_id within @did, 0 to RTP_QID_MAX
 * @tid: temporal_id, 0 to RTP_TID_MAX
 * @paused: parameter sets only; the others are then 0
 *
 * All three at their maximum is no cap: everything is kept.
 */
struct rtp_cap {
	u8 did;
	u8 qid;
	u8 tid;
	bool paused;
};

static inline bool rtp_cap_equal(const struct rtp_cap *a,
				 const struct rtp_cap *b)
{
	return a->did == b->did && a->qid == b->qid && a->tid == b->tid &&
	       a->paused == b->paused;
}

/* H.264, clause G.3: DQId orders spatial and quality layers as one number. */
static inline int rtp_dqid(u8 did, u8 qid)
{
	return did << 4 | qid;
}

/**
 * rtp_layer_kept() - whether a destination gets a datagram
 * @layer: where the datagram belongs
 * @cap: the destination's cap
 *
 * Return: true when the datagram is not above the cap.
 */
static inline bool rtp_layer_kept(const struct rtp_layer *layer,
				  const struct rtp_cap *cap)
{
	if (cap->paused)
		return layer->flags & RTP_LAYER_PARAMS;
	return rtp_dqid(layer->did, layer->qid) <= rtp_dqid(cap->did, cap->qid) &&
	       layer->tid <= cap->tid;
}

/**
 * rtp_layer_is_told() - whether it is known where a datagram belongs
 * @layer: what a codec said
 *
 * Return: false for what is kept at every cap, and for what is sent to
 * destinations without a cap only, because it is not known, and for what is
 * dropped.
 */
static inline bool rtp_layer_is_told(const struct rtp_layer *layer)
{
	return !(layer->flags & (RTP_LAYER_UNKNOWN | RTP_LAYER_DROP)) &&
	       !(layer->did == RTP_DID_MAX && layer->qid == RTP_QID_MAX &&
		 layer->tid == RTP_TID_MAX);
}

/**
 * struct rtp_au_state - what is known of the access unit that is arriving
 * @timestamp: its RTP timestamp
 * @layers: one more than the highest layer that a datagram of it had, by the
 *	number that orders the layers of the codec; 0 for none yet
 * @known: @timestamp is set
 * @ended: its last datagram has been seen
 */
struct rtp_au_state {
	u32 timestamp;
	u8 layers;
	u8 known:1;
	u8 ended:1;
};

/* So many units in fragments are remembered: late fragments are of those. */
#define RTP_H264_FRAGMENTED	4

/**
 * struct rtp_h264_fragmented - a unit that came in fragments
 * @timestamp: its RTP timestamp
 * @first: sequence number of its first fragment
 * @last: the highest sequence number known to be a fragment of it
 * @layer: its layer
 * @type: its type
 * @known: the others are set
 * @open: its last fragment has not been seen
 */
struct rtp_h264_fragmented {
	u32 timestamp;
	u16 first;
	u16 last;
	struct rtp_layer layer;
	u8 type;
	u8 known:1;
	u8 open:1;
};

/**
 * struct rtp_h264_state - what the H.264 codec remembers of an SSRC
 * @au: the access unit; its layers are ordered by DQId
 * @next_seq: sequence number of the datagram that begins with the unit to which
 *	@next_tid applies
 * @next_tid: temporal_id that a prefix announced for the unit after it
 * @next_known: @next_seq and @next_tid are set
 * @next_begun: that unit's access unit has begun with its prefix
 * @told: the temporal_id of the access unit has been told
 * @fragmented: the last units in fragments, in a ring
 * @newest: index of the newest of them
 */
struct rtp_h264_state {
	struct rtp_au_state au;
	u16 next_seq;
	u8 next_tid;
	u8 next_known:1;
	u8 next_begun:1;
	u8 told:1;
	u8 newest;
	struct rtp_h264_fragmented fragmented[RTP_H264_FRAGMENTED];
};

/**
 * struct rtp_vp9_state - what the VP9 codec remembers of an SSRC
 * @au: the picture; its layers are not looked at
 */
struct rtp_vp9_state {
	struct rtp_au_state au;
};

/**
 * struct rtp_av1_state - what the AV1 codec remembers of an SSRC
 * @au: the temporal unit; its layers are the spatial ones that have begun
 * @seq: sequence number of the newest datagram
 * @frame: number of the first frame seen of the temporal unit, by the
 *	dependency descriptor
 * @key: the temporal unit begins a coded video sequence, and nothing of it is
 *	missing
 * @frag_known: the other frag_ fields are set
 * @frag_open: the OBU goes on in the datagram after @frag_last
 * @frag_did: spatial layer of the OBU now in fragments
 * @frag_tid: its temporal layer
 * @frag_first: sequence number of its first fragment
 * @frag_last: the highest sequence number known to be a fragment of it
 * @frag_timestamp: its RTP timestamp
 * @dependency: what the dependency descriptor said last
 */
struct rtp_av1_state {
	struct rtp_au_state au;
	u16 seq;
	u16 frame;
	u8 key:1;
	u8 frag_known:1;
	u8 frag_open:1;
	u8 frag_did;
	u8 frag_tid;
	u16 frag_first;
	u16 frag_last;
	u32 frag_timestamp;
	struct rtp_dependency_structure dependency;
};

/**
 * struct rtp_codec_state - what codecs remember of an SSRC between datagrams
 * @dependency_id: identifier of the header extension element that is the AV1
 *	dependency descriptor, 1 to 255, 0 for none
 * @layered: some payload type has layers
 * @h264: of H.264
 * @h264_avc: of H.264 AVC
 * @h265: of H.265; its layers are ordered by DID
 * @vp9: of VP9
 * @av1: of AV1
 *
 * A member for each codec that remembers something, since several can share a
 * port and take turns. All 0, but for what rtp_codec_init() sets, is the state
 * of a stream of which nothing has been seen.
 */
struct rtp_codec_state {
	u8 dependency_id;
	bool layered;
	struct rtp_h264_state h264;
	struct rtp_au_state h264_avc;
	struct rtp_au_state h265;
	struct rtp_vp9_state vp9;
	struct rtp_av1_state av1;
};

/**
 * struct rtp_codec_ops - a codec
 * @name: as the documentation calls it
 * @classify: say to which layer @pkt belongs. @layer need not be initialised
 *	and is always filled in, all of it. @state is this SSRC's and may be
 *	read and written by one caller at a time. @late says that a datagram
 *	with a later sequence number came before: @state is then only read,
 *	and the flags that say where something begins are not looked at. Does
 *	not sleep, allocate or fail; its time does not depend on what the
 *	datagram says, beyond a fixed bound.
 */
struct rtp_codec_ops {
	const char *name;
	void (*classify)(struct rtp_codec_state *state,
			 const struct rtp_packet *pkt, bool late,
			 struct rtp_layer *layer);
};

extern const struct rtp_codec_ops rtp_codec_opaque;
extern const struct rtp_codec_ops rtp_codec_h264;
extern const struct rtp_codec_ops rtp_codec_h264_avc;
extern const struct rtp_codec_ops rtp_codec_h265;
extern const struct rtp_codec_ops rtp_codec_vp8;
extern const struct rtp_codec_ops rtp_codec_vp9;
extern const struct rtp_codec_ops rtp_codec_av1;

/**
 * rtp_codec_init() - tell codecs what they cannot see in a datagram
 * @state: all 0
 * @config: as attached
 */
void rtp_codec_init(struct rtp_codec_state *state,
		    const struct rtp_fanout_config *config);

/**
 * rtp_codec_reset() - forget what was seen
 * @state: what rtp_codec_init() was called for
 */
void rtp_codec_reset(struct rtp_codec_state *state);

/**
 * rtp_codec_find() - look up a codec
 * @codec: enum rtp_fanout_codec
 *
 * Return: the codec; NULL for RTP_FANOUT_CODEC_NONE and for unknown numbers.
 */
const struct rtp_codec_ops *rtp_codec_find(u8 codec);

#endif /* _NET_RTPRELAY_CODEC_H */
