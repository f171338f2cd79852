// SPDX-License-Identifier: GPL-2.0-or-later
#include "points.h"

/* DQId (RFC 6190, section 1.1.3) and its bounds: DID 0 to 7, QID 0 to 15 */
#define DQ(did, qid)	((did) << 4 | (qid))
#define DQ_COUNT	128
#define TID_COUNT	8

static gboolean points_keeps(const struct rtp_fanout_cap *cap,
			     const struct rtp_fanout_layer *layer)
{
	return DQ(layer->did, layer->qid) <= DQ(cap->did, cap->qid) &&
	       layer->tid <= cap->tid;
}

void points_add_headers(struct rtp_fanout_layer *layers, guint n_layers, guint octets)
{
	for (guint i = 0; i < n_layers; i++)
		if (layers[i].octets)
			layers[i].rate += (double)layers[i].rate * octets *
					  layers[i].packets / layers[i].octets;
}

guint64 points_rate(const struct rtp_fanout_layer *layers, guint n_layers,
		    const struct rtp_fanout_cap *cap)
{
	guint64 rate = 0;

	for (guint i = 0; i < n_layers; i++)
		if (points_keeps(cap, &layers[i]))
			rate += layers[i].rate;
	return rate;
}

/* Put a point below the last one, if it is enough below to be one of its own. */
static void points_add(struct points *points, const struct rtp_fanout_cap *cap,
		       guint64 rate)
{
	if (points->n) {
		guint64 last = points->rate[points->n - 1];

		if (points->n == POINTS_MAX || rate >= last - last / POINTS_STEP)
			return;
	}
	points->cap[points->n] = *cap;
	points->rate[points->n] = rate;
	points->n++;
}

static void points_reverse(struct points *points)
{
	for (guint i = 0, j = points->n - 1; i < j; i++, j--) {
		struct rtp_fanout_cap cap = points->cap[i];
		guint64 rate = points->rate[i];

		points->cap[i] = points->cap[j];
		points->rate[i] = points->rate[j];
		points->cap[j] = cap;
		points->rate[j] = rate;
	}
}

void points_build(struct points *points, const struct rtp_fanout_layer *layers,
		  guint n_layers, const struct rtp_fanout_cap *wish,
		  enum points_order order)
{
	gboolean dq_seen[DQ_COUNT] = { FALSE }, tid_seen[TID_COUNT] = { FALSE };
	guint outer = order == POINTS_FRAME_RATE_FIRST ? DQ_COUNT : TID_COUNT;
	guint inner = order == POINTS_FRAME_RATE_FIRST ? TID_COUNT : DQ_COUNT;

	points->n = 0;
	points_add(points, wish, points_rate(layers, n_layers, wish));
	for (guint i = 0; i < n_layers; i++) {
		if (!points_keeps(wish, &layers[i]))
			continue;
		dq_seen[DQ(layers[i].did, layers[i].qid)] = TRUE;
		tid_seen[layers[i].tid] = TRUE;
	}

	/* from the dearest down, what is given up first in the inner loop */
	for (guint i = outer; i--;) {
		for (guint j = inner; j--;) {
			guint dq = order == POINTS_FRAME_RATE_FIRST ? i : j;
			guint tid = order == POINTS_FRAME_RATE_FIRST ? j : i;
			struct rtp_fanout_cap cap = {
				.did = dq >> 4,
				.qid = dq & 15,
				.tid = tid,
			};

			if (dq_seen[dq] && tid_seen[tid])
				points_add(points, &cap,
					   points_rate(layers, n_layers, &cap));
		}
	}
	points_reverse(points);
}

guint points_within(const struct points *points, guint64 rate)
{
	guint level = points->n - 1;

	while (level && points->rate[level] > rate)
		level--;
	return level;
}

guint points_find(const struct points *points, const struct rtp_fanout_cap *cap)
{
	guint level = points->n - 1;

	while (level && (DQ(points->cap[level].did, points->cap[level].qid) >
			 DQ(cap->did, cap->qid) || points->cap[level].tid > cap->tid))
		level--;
	return level;
}
