/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The controller of F. Snoksrud's thesis (University of Oslo, 2009, sections 5.3
 * and 5.4), kept to be measured against. It always asks for a little too much: the
 * loss that follows is what it learns from.
 */
#ifndef ADAPT_THESIS_H
#define ADAPT_THESIS_H

#include "points.h"
#include "report.h"

/* thesis_estimate - what the path carries, octets a second (section 5.3) */
guint64 thesis_estimate(const struct adapt_report *report);

/* thesis_target - the first point that takes more than @rate, or the highest */
guint thesis_target(const struct points *points, guint64 rate);

/* thesis_step - one point towards the target that the report gives (section 5.4) */
guint thesis_step(const struct points *points, guint level,
		  const struct adapt_report *report);

#endif
