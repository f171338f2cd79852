/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Viewers behind one bottleneck, controlled as one: what they lose together tells its
 * rate, which is divided among them by max-min fairness (share.h); the whole rises by
 * experiment, a part of it at a time. Each by itself would learn the others' trials as
 * losses of its own. Coupled congestion control for RTP media (RFC 8699), over the
 * operating points of a stream.
 */
#ifndef ADAPT_COUPLED_H
#define ADAPT_COUPLED_H

#include "report.h"
#include "share.h"

/* Loss of them all above which the bottleneck is congested, in two periods in a row */
#define COUPLED_LOSS_HIGH	0.01
/* Loss at which one period is enough */
#define COUPLED_LOSS_SEVERE	0.05
/* Of what arrived, the share that they may take after loss */
#define COUPLED_DECREASE	0.95
/* Of the limit that was known, or of what was sent, the share that is left at the least */
#define COUPLED_FALL		0.75
/* An experiment is this much more; twice as much after one that succeeded */
#define COUPLED_INCREASE	0.04
#define COUPLED_INCREASE_MAX	0.64
/* From one experiment that succeeded, or a fall, to the next one, us */
#define COUPLED_HOLD_US		(10 * G_USEC_PER_SEC)
/* The same from one that failed, twice as long each time up to a most, us */
#define COUPLED_WAIT_US		(60 * G_USEC_PER_SEC)
#define COUPLED_BACKOFF_MAX_US	(240 * G_USEC_PER_SEC)
/* After a change, until queues are what they will be, us; and a report's interval */
#define COUPLED_SETTLE_US	G_USEC_PER_SEC

/**
 * struct coupled - a bottleneck; zero before the first report
 * @limit: octets a second that it seems to carry; 0 when none was found
 * @before: of the experiment that goes on, what @limit was; 0 when there is none
 * @bad: periods in a row that spoke of congestion
 * @changed_us: time of the last change
 * @next_us: when the next experiment may begin
 * @wait_us: how long the last one that failed made it wait
 * @increase: of the last experiment; 0 when there was none since a fall
 */
struct coupled {
	guint64 limit;
	guint64 before;
	guint bad;
	gint64 changed_us;
	gint64 next_us;
	gint64 wait_us;
	double increase;
};

/**
 * coupled_step - take in what the viewers reported in a period of a second or so
 * @report: of those who reported, added up; its interval is the mean
 * @rate: what the viewers were sent, by their levels, octets a second
 * @least: what their lowest levels take, below which the limit does not go
 * @most: what all that they wish for takes
 *
 * Return: whether @limit has changed. The levels are to be those of share_allocate(),
 * as long as it is not 0.
 */
gboolean coupled_step(struct coupled *coupled, const struct adapt_report *report,
		      guint64 rate, guint64 least, guint64 most);

#endif
