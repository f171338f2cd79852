// SPDX-License-Identifier: GPL-2.0-or-later
#include "thesis.h"

guint64 thesis_estimate(const struct adapt_report *report)
{
	double seconds = (double)report->interval_us / G_USEC_PER_SEC;

	return report->octets / seconds * (1 - adapt_loss(report));
}

guint thesis_target(const struct points *points, guint64 rate)
{
	guint level = 0;

	while (level < points->n - 1 && points->rate[level] <= rate)
		level++;
	return level;
}

guint thesis_step(const struct points *points, guint level,
		  const struct adapt_report *report)
{
	guint target = thesis_target(points, thesis_estimate(report));

	if (target == level)
		return level;
	return target > level ? level + 1 : level - 1;
}
