/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The controller that is the default. A viewer's level falls at once when its path
 * loses or delays more than it should, to what the path was seen to carry; it rises
 * by experiment, a point at a time, each experiment that fails making the next one to
 * the same point rarer: receiver-driven layered multicast (S. McCanne, V. Jacobson,
 * M. Vetterli, SIGCOMM 1996, section 3), decided by the sender. What a TCP would take
 * of the path (RFC 5348) bounds it from above, so that one beside it has its share.
 */
#ifndef ADAPT_ADAPTIVE_H
#define ADAPT_ADAPTIVE_H

#include "points.h"
#include "report.h"
#include "tfrc.h"

/* Loss above which a path is congested; loss below which it is not, shares */
#define ADAPTIVE_LOSS_HIGH	0.02
#define ADAPTIVE_LOSS_LOW	0.005
/* Loss at which one report is enough */
#define ADAPTIVE_LOSS_SEVERE	0.10
/* Of what arrived, the share that the next level may take after loss */
#define ADAPTIVE_DECREASE	0.85
/* A round trip this much longer than the shortest one is a queue that fills, us */
#define ADAPTIVE_QUEUE_US	100000
/* From one rise to the next, and after a fall, us */
#define ADAPTIVE_HOLD_US	(10 * G_USEC_PER_SEC)
/* The longest time between experiments with one point, us */
#define ADAPTIVE_BACKOFF_MAX_US	(120 * G_USEC_PER_SEC)
/* An experiment succeeded when nothing spoke against it for so long, us */
#define ADAPTIVE_TRIAL_US	(4 * G_USEC_PER_SEC)
/* What may be sent is at most so many times what a TCP would take */
#define ADAPTIVE_TCP_SHARE	2

/**
 * enum adaptive_reason - why a level is what it is
 * @ADAPTIVE_STEADY: nothing speaks for another
 * @ADAPTIVE_LOSS: fell, datagrams are lost
 * @ADAPTIVE_DELAY: fell, a queue fills
 * @ADAPTIVE_TCP: fell, a TCP beside it would get too little
 * @ADAPTIVE_FAILED: fell, the experiment with a higher one failed
 * @ADAPTIVE_TRY: rose, by way of trial
 */
enum adaptive_reason {
	ADAPTIVE_STEADY,
	ADAPTIVE_LOSS,
	ADAPTIVE_DELAY,
	ADAPTIVE_TCP,
	ADAPTIVE_FAILED,
	ADAPTIVE_TRY,
};

/**
 * struct adaptive - a viewer's controller; zero before the first report
 * @level: point that it is at
 * @bad: reports in a row that spoke of congestion
 * @rtt_min_us: shortest round trip seen, 0 for none
 * @quiet_since_us: time of the last change
 * @trial_until_us: end of the experiment with @level, 0 when there is none
 * @wait_us: for each point, how long it is left alone after an experiment failed
 * @next_us: for each point, when the next one may begin
 * @tfrc: loss history
 */
struct adaptive {
	guint level;
	guint bad;
	guint32 rtt_min_us;
	gint64 quiet_since_us;
	gint64 trial_until_us;
	gint64 wait_us[POINTS_MAX];
	gint64 next_us[POINTS_MAX];
	struct tfrc tfrc;
};

/**
 * adaptive_step - take a report in
 * @points: the viewer's, of at least one point
 *
 * Return: why; adaptive.level is where it is to be.
 */
enum adaptive_reason adaptive_step(struct adaptive *adaptive,
				   const struct points *points,
				   const struct adapt_report *report);

/* adaptive_reason_text - the same in words */
const char *adaptive_reason_text(enum adaptive_reason reason);

#endif
