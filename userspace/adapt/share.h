/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A limit that viewers share: of a path, an interface or the host */
#ifndef ADAPT_SHARE_H
#define ADAPT_SHARE_H

#include "points.h"

/**
 * struct share_viewer - one of those who share
 * @points: what it can get
 * @wanted: the level that its own controller gives it
 * @level: set: the level that it may have, at most @wanted
 */
struct share_viewer {
	const struct points *points;
	guint wanted;
	guint level;
};

/**
 * share_allocate - divide a limit by max-min fairness
 * @viewers: @n of them; the order does not matter, but for a rest that does not
 *	do for all who are alike: it goes to those who come first
 * @limit: octets a second
 *
 * It takes as long as there are viewers who are not alike: those with the same points
 * who want the same are raised together.
 *
 * Nobody has a level raised while somebody has less who could have more. The lowest
 * point is everybody's, even where the limit does not do for that.
 *
 * Return: octets a second that the levels take together.
 */
guint64 share_allocate(struct share_viewer *viewers, guint n, guint64 limit);

#endif
