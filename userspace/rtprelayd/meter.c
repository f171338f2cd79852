// SPDX-License-Identifier: GPL-2.0-or-later
#include "meter.h"

void meter_sample(struct meter *meter, guint64 count)
{
	gint64 now = g_get_monotonic_time();

	/* a counter that went back is a new one */
	meter->ready = meter->at && now > meter->at && count >= meter->count;
	meter->rate = meter->ready ? (count - meter->count) * (gdouble)G_USEC_PER_SEC /
				     (now - meter->at) : 0;
	meter->at = now;
	meter->count = count;
}
