/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The operating points of a scalable stream (RFC 6190, section 3.1.3) that a viewer
 * can be moved along: a path through the lattice of its layers, each step up better
 * and dearer than the one below.
 */
#ifndef ADAPT_POINTS_H
#define ADAPT_POINTS_H

#include <glib.h>
#include <linux/rtp_fanout.h>

/* The most points of a path: more would be steps that nobody sees */
#define POINTS_MAX	64

/* A step is worth it when the rate rises by at least this part of it: a 20th */
#define POINTS_STEP	20

/**
 * enum points_order - what is given up first on the way down
 * @POINTS_FRAME_RATE_FIRST: temporal layers, as long as there are any; then the
 *	next spatial or quality layer, with all of its frames if that costs less
 * @POINTS_RESOLUTION_FIRST: spatial and quality layers, then temporal ones
 */
enum points_order {
	POINTS_FRAME_RATE_FIRST,
	POINTS_RESOLUTION_FIRST,
};

/**
 * struct points - a path
 * @n: points on it, 1 to POINTS_MAX
 * @cap: of each, without flags
 * @rate: what it takes, RTP payload octets a second; ascending
 */
struct points {
	guint n;
	struct rtp_fanout_cap cap[POINTS_MAX];
	guint64 rate[POINTS_MAX];
};

/**
 * points_build - find the path
 * @points: filled in; the last point is @wish
 * @layers: of the stream, with their rates, as RTP_FANOUT_LAYERS returns them
 * @n_layers: how many; with 0 the path is @wish alone, at a rate of 0
 * @wish: the most that the viewer is to get
 */
void points_build(struct points *points, const struct rtp_fanout_layer *layers,
		  guint n_layers, const struct rtp_fanout_cap *wish,
		  enum points_order order);

/* points_add_headers - count so many octets more for each datagram of these layers */
void points_add_headers(struct rtp_fanout_layer *layers, guint n_layers, guint octets);

/* points_rate - what a cap takes of these layers, octets a second */
guint64 points_rate(const struct rtp_fanout_layer *layers, guint n_layers,
		    const struct rtp_fanout_cap *cap);

/* points_within - the highest point that takes at most @rate, or 0, the lowest */
guint points_within(const struct points *points, guint64 rate);

/* points_find - the point with that cap, or the highest one below it, or 0 */
guint points_find(const struct points *points, const struct rtp_fanout_cap *cap);

#endif
