/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the layers of a track take at the most: the highest of their rates of the last
 * PEAKS_HOLD_S, so that what fits between two key frames does with them, too. While
 * nothing comes at all, time stands still: a server that is away is expected back with
 * what it sent before.
 */
#ifndef RTPRELAYD_PEAKS_H
#define RTPRELAYD_PEAKS_H

#include <glib.h>
#include <linux/rtp_fanout.h>

/* The least that a rate is held; the most is half as much again */
#define PEAKS_HOLD_S	10

struct peaks;

/* peaks_new - no layer was seen */
struct peaks *peaks_new(void);

void peaks_free(struct peaks *peaks);

/**
 * peaks_update - look at the rates of this moment
 * @now: monotonic time, us
 * @layers: as RTP_FANOUT_LAYERS returns them, @n of them; then with the rates held, and
 *	with layers that came lately and are not among them
 * @max: that @layers has room for
 *
 * Return: how many there are now.
 */
guint peaks_update(struct peaks *peaks, gint64 now, struct rtp_fanout_layer *layers,
		   guint n, guint max);

#endif
