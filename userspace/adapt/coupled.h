/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Viewers behind one bottleneck, controlled as one: what they lose together tells its
 * rate, which is divided among them by max-min fairness (share.h); the whole rises by
 * experiment, a part of it at a time. Each by itself would learn the others' trials as
 * losses of its own. Coupled congestion control for RTP media (RFC 8699), over the
 * operating points of a stream.
 *
 * A key frame for all of them at once may overflow a queue that is long enough for
 * everything else, and the loss of a second depends on whether there was one. So losses
 * are added up, less what may be lost, until they are too many: a cumulative sum (E. S.
 * Page, Biometrika 1954); the loss since they began to is what a fall goes by. Between a
 * rate that was carried and one that was too much the next one to try is in the middle:
 * binary increase (L. Xu, K. Harfoush, I. Rhee, INFOCOM 2004).
 *
 * An experiment that fails leaves a full queue, which what was carried before would only
 * keep full, and each key frame would overflow it: for a while they take less, as BBR does
 * after it has probed (draft-ietf-ccwg-bbr, ProbeBW_DOWN).
 */
#ifndef ADAPT_COUPLED_H
#define ADAPT_COUPLED_H

#include "report.h"
#include "share.h"

/* Share of what is sent that may be lost in the long run */
#define COUPLED_LOSS		0.005
/* What is lost beyond that until the bottleneck is congested, seconds of what is sent */
#define COUPLED_LOST_S		0.05
/*
 * Of what arrived, the share that they may take after loss; of what was carried before an
 * experiment that failed, the share for COUPLED_DRAIN_US
 */
#define COUPLED_DECREASE	0.95
/* Of the limit that was known, or of what was sent, the share that the first fall leaves */
#define COUPLED_FALL		0.75
/* An experiment is this much more at the least; twice as much after one that succeeded */
#define COUPLED_INCREASE	0.02
#define COUPLED_INCREASE_MAX	0.64
/* From an experiment, or a fall, to the next one, us */
#define COUPLED_HOLD_US		(10 * G_USEC_PER_SEC)
/*
 * The same when nothing is left to try below what was too much: twice as long each time,
 * up to a most, us
 */
#define COUPLED_WAIT_US		(60 * G_USEC_PER_SEC)
#define COUPLED_BACKOFF_MAX_US	(240 * G_USEC_PER_SEC)
/*
 * After a change, until queues are what they will be, us; and a report's interval. After
 * a fall a full queue is still to be sent, by the little that is left for it.
 */
#define COUPLED_SETTLE_US	G_USEC_PER_SEC
#define COUPLED_DRAIN_US	(3 * G_USEC_PER_SEC)

/**
 * struct coupled - a bottleneck; zero before the first report
 * @limit: octets a second that it seems to carry; 0 when none was found
 * @ceiling: octets a second that were too much; 0 when that is not known
 * @before: of the experiment that goes on, what @limit was; 0 when there is none
 * @carried: what @limit will be once the queue that an experiment left is sent; 0 when there
 *	is none
 * @lost_s: lost beyond COUPLED_LOSS since the last change, seconds of what is sent, 0 at
 *	the least
 * @losing_s: since @lost_s was 0 last, seconds of what is sent
 * @falls: in a row, since a report after which @lost_s was 0
 * @heard_from_us: what was sent before says nothing of @limit
 * @next_us: when the next experiment may begin
 * @wait_us: how long it was waited last for what was too much to be forgotten
 * @increase: of the last experiment; 0 when there was none since a fall, or since
 *	@ceiling was forgotten
 */
struct coupled {
	guint64 limit;
	guint64 ceiling;
	guint64 before;
	guint64 carried;
	double lost_s;
	double losing_s;
	guint falls;
	gint64 heard_from_us;
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
