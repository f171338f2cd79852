/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mean rates of a stream's layers. What the fan-out says (RTP_FANOUT_LAYERS) follows each
 * key frame: a limit that is divided by it right after one is too much a second later.
 */
#ifndef ADAPT_MEANS_H
#define ADAPT_MEANS_H

#include <glib.h>
#include <linux/rtp_fanout.h>

/* Time that a mean is of: several key frames of most streams, us */
#define MEANS_US	(8 * G_USEC_PER_SEC)
/* From one time that is remembered to the next at the least, us */
#define MEANS_STEP_US	(G_USEC_PER_SEC / 2)

struct means;

/* means_new - of a stream; nothing is known yet */
struct means *means_new(void);

void means_free(struct means *means);

/**
 * means_take - remember what layers were until now, and set their rates to the mean
 * @layers: @n of them, as RTP_FANOUT_LAYERS returns them, in its order
 * @now: time of any steady clock, us
 *
 * A layer that was not there before, or whose counter began anew, keeps its rate.
 */
void means_take(struct means *means, struct rtp_fanout_layer *layers, guint n, gint64 now);

#endif
