// SPDX-License-Identifier: GPL-2.0
/*
 * Where a destination may change its cap so that its decoder can follow.
 *
 * To more temporal layers: where the codec says that those refer to nothing
 * that was left out. To a higher DQId: at the first datagram of a layer that
 * refers to nothing of it before, when all below it in the access unit was
 * got; several in one access unit follow each other. To fewer temporal or
 * quality layers: at the start of an access unit. To a lower dependency_id:
 * where the codec says that the higher ones may be left out, or at the first
 * datagram of what is to be the highest when that refers to nothing before;
 * H.264 asks for this (clause G.8.6: its dependency representations are
 * decoded for the highest one that is present). Out of a pause: where a
 * decoder can begin.
 */
#include <kunit/visibility.h>
#include <linux/export.h>
#include <linux/minmax.h>
#include "step.h"

static int rtp_cap_dqid(const struct rtp_cap *cap)
{
	return cap->paused ? RTP_DQID_NONE : rtp_dqid(cap->did, cap->qid);
}

static void rtp_cap_set_dqid(struct rtp_cap *cap, int dqid)
{
	cap->did = dqid >> 4;
	cap->qid = dqid & RTP_QID_MAX;
}

/* The highest DQId that the stream ever had. */
static int rtp_top_dqid(const struct rtp_top *top)
{
	u8 did = READ_ONCE(top->did);

	return rtp_dqid(did, READ_ONCE(top->qid[did]));
}

static u8 rtp_step_tid(const struct rtp_stream *stream,
		       const struct rtp_layer *layer, u8 now, u8 want)
{
	bool start = layer->flags & RTP_LAYER_START;

	if (want < now)
		return start ? want : now;
	if (!stream->unit.whole)
		return now;
	/* Between two caps that leave out nothing there is no difference. */
	if (start && now >= stream->top.tid)
		return want;
	if (layer->up_from > now || layer->up_to <= now)
		return now;

	return layer->up_to >= stream->top.tid ? want :
						 min(want, layer->up_to);
}

static int rtp_step_down(const struct rtp_stream *stream,
			 const struct rtp_layer *layer, int now, int want,
			 bool got, bool immediate)
{
	bool start = layer->flags & RTP_LAYER_START;

	/* within one dependency_id, or nothing that the stream has */
	if (start && (now >> 4 == want >> 4 || immediate ||
		      want >= rtp_top_dqid(&stream->top)))
		return want;
	if (layer->flags & RTP_LAYER_DOWN)
		return want;
	if (layer->flags & RTP_LAYER_SYNC && got && layer->did == want >> 4)
		return want;

	return now;
}

static int rtp_step_up(const struct rtp_stream *stream,
		       const struct rtp_layer *layer, int now, int want,
		       bool got)
{
	int dqid = rtp_dqid(layer->did, layer->qid);

	if (!stream->unit.whole)
		return now;
	if (layer->flags & RTP_LAYER_START && now != RTP_DQID_NONE &&
	    now >= rtp_top_dqid(&stream->top))
		return want;
	if (!(layer->flags & RTP_LAYER_SYNC) || !got || dqid <= now ||
	    dqid > want || stream->unit.below > now)
		return now;
	/* A decoder cannot begin with a higher one. */
	if (now == RTP_DQID_NONE && layer->did)
		return now;
	/* The highest there is: nothing above would ever begin. */
	if (layer->did >= stream->top.did)
		return want;

	/* with all quality layers of it, which layers above it refer to */
	return min(want, rtp_dqid(layer->did, RTP_QID_MAX));
}

/**
 * rtp_step() - the cap that a destination may have from a datagram on
 * @stream: the datagram's, which numbered it
 * @layer: where the datagram belongs; it is the newest
 * @now: the cap that the destination has
 * @want: the cap that it is to have
 * @immediate: it does not wait where it goes to a lower dependency_id
 *
 * Context: The fan-out's worker.
 * Return: @now, @want, or one of those between that rtp_step_between() names.
 */
struct rtp_cap rtp_step(const struct rtp_stream *stream,
			const struct rtp_layer *layer, const struct rtp_cap *now,
			const struct rtp_cap *want, bool immediate)
{
	int dqid = rtp_cap_dqid(now), to = rtp_cap_dqid(want);
	struct rtp_cap next = {};
	bool got;

	if (want->paused)
		return layer->flags & RTP_LAYER_START ? *want : *now;

	/* Where a decoder begins there is nothing that was left out. */
	next.tid = now->paused ? want->tid :
				 rtp_step_tid(stream, layer, now->tid,
					      want->tid);
	/* Its access unit, in which layers can be begun */
	got = layer->tid <= next.tid;

	if (to < dqid)
		to = rtp_step_down(stream, layer, dqid, to, got, immediate);
	else if (to > dqid)
		to = rtp_step_up(stream, layer, dqid, to, got);
	if (to == RTP_DQID_NONE)
		return *now;
	rtp_cap_set_dqid(&next, to);

	return next;
}
EXPORT_SYMBOL_IF_KUNIT(rtp_step);

/**
 * rtp_step_between() - the caps over which a destination may have to go
 * @top: the highest layers of the stream
 * @now: the cap that it has
 * @want: the cap that it is to have
 * @steps: filled in
 *
 * The temporal layers change where they can, and the others do. A change of
 * both goes over a corner then; one to a higher layer, over those below it.
 *
 * Context: Any.
 * Return: how many @steps.
 */
unsigned int rtp_step_between(const struct rtp_top *top,
			      const struct rtp_cap *now,
			      const struct rtp_cap *want,
			      struct rtp_cap steps[RTP_STEPS_MAX])
{
	int dqid = rtp_cap_dqid(now), to = rtp_cap_dqid(want);
	u8 top_did = READ_ONCE(top->did), did;
	unsigned int n = 0;
	u8 tid;

	if (want->paused)
		return 0;

	if (!now->paused && now->tid != want->tid && dqid != to) {
		steps[n] = *now;
		steps[n++].tid = want->tid;
		if (to < dqid) {
			steps[n] = *want;
			steps[n++].tid = now->tid;
		}
	}

	for (tid = now->tid + 1; !now->paused && tid < want->tid &&
	     tid <= READ_ONCE(top->tid); tid++) {
		steps[n] = *now;
		steps[n++].tid = tid;
	}

	for (did = now->did; did < want->did && did < top_did; did++) {
		if (dqid >= rtp_dqid(did, READ_ONCE(top->qid[did])))
			continue;
		steps[n] = *want;
		steps[n].did = did;
		steps[n++].qid = RTP_QID_MAX;
	}

	return n;
}
EXPORT_SYMBOL_IF_KUNIT(rtp_step_between);
