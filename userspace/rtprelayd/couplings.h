/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Viewers of a track at one address, who share the way to it: they are adapted together
 * (coupled.h), but for one that loses by itself.
 */
#ifndef RTPRELAYD_COUPLINGS_H
#define RTPRELAYD_COUPLINGS_H

#include "coupled.h"

struct couplings;
struct leg;

/* couplings_new - nobody shares anything yet; of one track */
struct couplings *couplings_new(void);

void couplings_free(struct couplings *couplings);

/**
 * couplings_add - a viewer, to be called for each in each run
 * @points: that it can be moved along; valid until couplings_run()
 * @report: of its reception, if there is one since the last run, else NULL
 */
void couplings_add(struct couplings *couplings, struct leg *leg,
		   const struct points *points, const struct adapt_report *report);

/**
 * couplings_run - decide for those who share, forget those who were not added
 * @path: name of the path, for the log
 * @now: monotonic time, us
 * @together: FALSE: nobody shares
 * @alone: called for each other that reported, and as long as nothing was lost together
 *	for those who have less than they wish for
 */
typedef void (*couplings_visitor)(struct leg *leg, const struct points *points,
				  const struct adapt_report *report, gpointer user_data);
void couplings_run(struct couplings *couplings, const char *path, gint64 now,
		   gboolean together, couplings_visitor alone, gpointer user_data);

#endif
