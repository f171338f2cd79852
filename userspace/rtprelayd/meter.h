/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How fast a counter counts */
#ifndef RTPRELAYD_METER_H
#define RTPRELAYD_METER_H

#include <glib.h>

/**
 * struct meter - a counter as it was when last sampled
 * @at: monotonic time of that, us; 0 before it is started
 * @count: the counter
 * @ready: there was a look before that
 * @rate: how much a second between the two; 0 until there are two
 */
struct meter {
	gint64 at;
	guint64 count;
	gboolean ready;
	gdouble rate;
};

/* meter_sample - look at the counter; the first look only starts the meter */
void meter_sample(struct meter *meter, guint64 count);

#endif
