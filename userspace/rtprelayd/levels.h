/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What there is to share: the levels of tracks (points.h) as their viewers can get
 * them, with the highest rates of late (peaks.h), headers counted. Read once for all
 * viewers that ask for the same.
 */
#ifndef RTPRELAYD_LEVELS_H
#define RTPRELAYD_LEVELS_H

#include "points.h"

struct levels;
struct track;

/* levels_new - nothing is read yet */
struct levels *levels_new(void);

void levels_free(struct levels *levels);

/**
 * levels_find - those that a viewer can be moved along
 * @viewer: its address
 * @wish: the most that it is to get of that track
 *
 * Return: at least one; its rate is 0 when it is not known. It lives as long as
 * @levels; the track has to live as long, too.
 */
const struct points *levels_find(struct levels *levels, struct track *track,
				 const struct rtp_fanout_addr *viewer,
				 const struct rtp_fanout_cap *wish,
				 enum points_order order);

#endif
