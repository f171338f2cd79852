/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What controllers are tested with: the real clip's layers */
#ifndef TESTS_CLIP_H
#define TESTS_CLIP_H

#include "points.h"

/* Of 3 x 3 layers, in octets a second */
static const struct rtp_fanout_layer clip[] = {
	{ .did = 0, .tid = 0, .rate = 6000 }, { .did = 0, .tid = 1, .rate = 4000 },
	{ .did = 0, .tid = 2, .rate = 5500 }, { .did = 1, .tid = 0, .rate = 16000 },
	{ .did = 1, .tid = 1, .rate = 10000 }, { .did = 1, .tid = 2, .rate = 14500 },
	{ .did = 2, .tid = 0, .rate = 45000 }, { .did = 2, .tid = 1, .rate = 30000 },
	{ .did = 2, .tid = 2, .rate = 39000 },
};

/* clip_points - the operating points of who wishes for all of it */
static inline void clip_points(struct points *points)
{
	points_build(points, clip, G_N_ELEMENTS(clip),
		     &(struct rtp_fanout_cap){ .did = 7, .qid = 15, .tid = 7 },
		     POINTS_FRAME_RATE_FIRST);
}

#endif /* TESTS_CLIP_H */
