/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The controller that is the default. A viewer's level falls at once when its path
 * loses or delays more than it should, to what the path was seen to carry; it rises
 * by experiment, a point at a time, each experiment that fails making the next one to
 * the same point rarer: receiver-driven layered multicast (S. McCanne, V. Jacobson,
 * M. Vetterli, SIGCOMM 1996, section 3), decided by the sender. What a TCP would take
 * of the path (tfrc.h) bounds it from above, so that one beside it has its share.
 *
 * Nothing is sent to probe: the datagrams of a picture, which leave together, are a
 * packet train, and how far the path spreads them tells its rate (C. Dovrolis,
 * P. Ramanathan, D. Moore, INFOCOM 2001). The jitter that a viewer reports is mostly
 * that. When for a while it is next to nothing, or a small part of what it has been, and
 * it has been more at the same level, the path is faster, and the next point is tried
 * before its time. What the queue of a fall adds to it does not count: only what is
 * reported after a round trip without one does, or after a while.
 *
 * A TCP that fills the queue would starve who gives way to delay: as long as a viewer
 * takes less than a TCP would, delay alone is no reason to fall, or not to rise.
 */
#ifndef ADAPT_ADAPTIVE_H
#define ADAPT_ADAPTIVE_H

#include "points.h"
#include "report.h"
#include "tfrc.h"

/* Loss above which a path is congested; loss below which it is not, shares */
#define ADAPTIVE_LOSS_HIGH	0.02
#define ADAPTIVE_LOSS_LOW	0.005
/* Datagrams that a report has to miss: one of few is a large share, and says little */
#define ADAPTIVE_LOST		3
/* Loss at which one report is enough */
#define ADAPTIVE_LOSS_SEVERE	0.10
/* Of what arrived, the share that the next level may take after loss */
#define ADAPTIVE_DECREASE	0.85
/* A round trip this much longer than the shortest one is a queue that fills, us */
#define ADAPTIVE_QUEUE_US	100000
/* From one rise to the next, and after a fall, us */
#define ADAPTIVE_HOLD_US	(10 * G_USEC_PER_SEC)
/* The longest time between experiments with one point, us */
#define ADAPTIVE_BACKOFF_MAX_US	(240 * G_USEC_PER_SEC)
/* After it fell, how long it leaves alone at first what the path did not carry, us */
#define ADAPTIVE_WAIT_US	(60 * G_USEC_PER_SEC)
/* After a change, until queues are what they will be, us; a round trip in any case */
#define ADAPTIVE_SETTLE_US	G_USEC_PER_SEC
/* After a fall, until its queue is taken to be empty where no round trip tells, us */
#define ADAPTIVE_DRAIN_US	(20 * G_USEC_PER_SEC)
/* Reports of which the highest jitter is looked at; pictures differ in size */
#define ADAPTIVE_JITTERS	8
/* What remains of the highest jitter from one report to the next */
#define ADAPTIVE_JITTER_DECAY	0.95
/* The part of the highest jitter so far, at the same level, that tells of a faster path */
#define ADAPTIVE_FASTER		0.25
/* Jitter of a path that is much faster than the stream, us */
#define ADAPTIVE_JITTER_US	3000
/* Of a report's time, the share that may be from before the last change, or it is not heard */
#define ADAPTIVE_STALE		0.25
/* An experiment succeeded when nothing spoke against it for so long, us */
#define ADAPTIVE_TRIAL_US	(4 * G_USEC_PER_SEC)
/* What may be sent is at most so many times what a TCP would take */
#define ADAPTIVE_TCP_SHARE	2
/* The same for what is kept, beside one that fills the queue, though that delays or loses */
#define ADAPTIVE_TCP_KEEP	1.2

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
 * @bad: reports in a row that spoke of loss
 * @delayed: round trips since the last change that spoke of a queue, in a row
 * @clear: round trips in a row that did not
 * @queue: the last one did
 * @fell: the last change was down
 * @contested: round trips long after that spoke of a queue, and not yet several in a
 *	row did not: somebody else fills it
 * @rtt_min_us: shortest round trip seen, 0 for none
 * @rtt_last_us: the last one, 0 for none
 * @quiet_since_us: time of the last change
 * @heard_from_us: what was sent before says nothing of the level as it is
 * @trial_until_us: end of the experiment with @level, 0 when there is none
 * @wait_us: for each point, how long it is left alone after it failed
 * @next_us: for each point, when the next experiment may begin
 * @drain_from_us: time of the last fall, or of the first report
 * @drained_at_us: time of the first round trip since the last fall that told that the queue
 *	is next to empty, 0 for none
 * @jitters: that were reported since the last change, and since the queue of a fall was empty
 * @jitter_us: the last of them, number modulo ADAPTIVE_JITTERS
 * @jitter_peak_us: the highest of them, those long ago counted as less
 * @tfrc: loss history
 */
struct adaptive {
	guint level;
	guint bad;
	guint delayed;
	guint clear;
	gboolean queue;
	gboolean fell;
	gboolean contested;
	guint32 rtt_min_us;
	guint32 rtt_last_us;
	gint64 quiet_since_us;
	gint64 heard_from_us;
	gint64 trial_until_us;
	gint64 wait_us[POINTS_MAX];
	gint64 next_us[POINTS_MAX];
	gint64 drain_from_us;
	gint64 drained_at_us;
	guint jitters;
	guint32 jitter_us[ADAPTIVE_JITTERS];
	guint32 jitter_peak_us;
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
