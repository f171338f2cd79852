// SPDX-License-Identifier: GPL-2.0-or-later
#include "means.h"

#include <string.h>

/* struct means_time - what had come of each layer until then */
struct means_time {
	gint64 at;
	guint n;
	struct rtp_fanout_layer layers[];
};

/* struct means - struct means_time, the oldest first */
struct means {
	GQueue times;
};

struct means *means_new(void)
{
	return g_new0(struct means, 1);
}

void means_free(struct means *means)
{
	g_queue_clear_full(&means->times, g_free);
	g_free(means);
}

static void means_remember(struct means *means, const struct rtp_fanout_layer *layers, guint n,
			   gint64 now)
{
	const struct means_time *last = g_queue_peek_tail(&means->times);
	struct means_time *time;

	if (last && now - last->at < MEANS_STEP_US)
		return;
	time = g_malloc(sizeof(*time) + n * sizeof(*layers));
	time->at = now;
	time->n = n;
	memcpy(time->layers, layers, n * sizeof(*layers));
	g_queue_push_tail(&means->times, time);
}

/* The oldest one that is not too old */
static const struct means_time *means_oldest(struct means *means, gint64 now)
{
	const struct means_time *time;

	while ((time = g_queue_peek_head(&means->times)) && now - time->at > MEANS_US)
		g_free(g_queue_pop_head(&means->times));
	return time;
}

static gboolean means_same(const struct rtp_fanout_layer *a, const struct rtp_fanout_layer *b)
{
	return a->did == b->did && a->qid == b->qid && a->tid == b->tid;
}

void means_take(struct means *means, struct rtp_fanout_layer *layers, guint n, gint64 now)
{
	const struct means_time *time = means_oldest(means, now);
	guint old = 0;

	means_remember(means, layers, n, now);
	if (!time || now <= time->at)
		return;
	/* the order is the same, and layers only ever come */
	for (guint i = 0; i < n && old < time->n; i++) {
		const struct rtp_fanout_layer *before = &time->layers[old];

		if (!means_same(&layers[i], before))
			continue;
		old++;
		if (layers[i].octets >= before->octets)
			layers[i].rate = (layers[i].octets - before->octets) * G_USEC_PER_SEC /
					 (now - time->at);
	}
}
