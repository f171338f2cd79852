// SPDX-License-Identifier: GPL-2.0-or-later
#include "adaptive.h"

/* Reports in a row that make a path congested when no single one does */
#define BAD_REPORTS	2
/* Round trips in a row that do, of which there is one for each sender report */
#define BAD_TRIPS	3
/* Round trips in a row after which nobody else fills the queue any more */
#define CLEAR_TRIPS	3
/* A queue of this part of what is long is as good as none */
#define SHORT_QUEUE	3

/* A round trip that is new tells how long the queue on the way is. */
static void adaptive_take_trip(struct adaptive *adaptive, const struct adapt_report *report)
{
	guint32 queue, most;

	if (!adaptive->rtt_min_us || report->rtt_us < adaptive->rtt_min_us)
		adaptive->rtt_min_us = report->rtt_us;
	queue = report->rtt_us - adaptive->rtt_min_us;
	/* a long path has its share of variation */
	most = MAX(ADAPTIVE_QUEUE_US, adaptive->rtt_min_us / 2);

	/* the shortest so far may have had a queue: while it drains, each is shorter */
	if (!adaptive->drained_at_us && queue <= most / SHORT_QUEUE &&
	    adaptive->rtt_last_us && report->rtt_us >= adaptive->rtt_last_us)
		adaptive->drained_at_us = report->at_us;
	adaptive->rtt_last_us = report->rtt_us;
	adaptive->queue = queue > most;
	if (!adaptive->queue) {
		adaptive->delayed = 0;
		/* a TCP that has just given way leaves the queue short for a while */
		if (++adaptive->clear >= CLEAR_TRIPS)
			adaptive->contested = FALSE;
		return;
	}
	adaptive->clear = 0;
	adaptive->delayed++;
	/* a queue of one's own making would be gone by now */
	if (adaptive->fell && adaptive->delayed > 1 &&
	    report->at_us - adaptive->quiet_since_us >= ADAPTIVE_HOLD_US)
		adaptive->contested = TRUE;
}

/* It is left alone, twice as long each time. */
static void adaptive_bar(struct adaptive *adaptive, guint level,
			 const struct adapt_report *report)
{
	gint64 *wait = &adaptive->wait_us[level];

	*wait = CLAMP(*wait * 2, ADAPTIVE_WAIT_US, ADAPTIVE_BACKOFF_MAX_US);
	adaptive->next_us[level] = report->at_us + *wait;
}

static void adaptive_move(struct adaptive *adaptive, guint level, gint64 now)
{
	adaptive->fell = level < adaptive->level;
	adaptive->level = level;
	adaptive->bad = 0;
	adaptive->delayed = 0;
	adaptive->trial_until_us = 0;
	adaptive->quiet_since_us = now;
	adaptive->heard_from_us = now + MAX(ADAPTIVE_SETTLE_US, (gint64)adaptive->tfrc.rtt_us);
	if (adaptive->fell) {
		adaptive->drained_at_us = 0;
		adaptive->drain_from_us = now;
	}
	adaptive->jitters = 0;
	adaptive->jitter_peak_us = 0;
}

/* Whether the queue that a fall left was empty before what the report tells of was sent. */
static gboolean adaptive_is_drained(const struct adaptive *adaptive,
				    const struct adapt_report *report)
{
	gint64 begun = report->at_us - report->interval_us;

	if (adaptive->drained_at_us)
		return begun >= adaptive->drained_at_us;
	/* not every viewer tells of round trips, and they become longer by another way */
	return begun - adaptive->drain_from_us >= ADAPTIVE_DRAIN_US && !adaptive->queue;
}

static void adaptive_take_jitter(struct adaptive *adaptive,
				 const struct adapt_report *report)
{
	/*
	 * What waits in a queue is spread by it, and no longer once that is empty, though
	 * the path is no faster: a token bucket that was let fill lets pictures pass.
	 */
	if (!report->jitter_us || !adaptive_is_drained(adaptive, report))
		return;
	adaptive->jitter_us[adaptive->jitters++ % ADAPTIVE_JITTERS] = report->jitter_us;
	/* one that stands out, as when the relay was kept from running, is forgotten */
	adaptive->jitter_peak_us = MAX(adaptive->jitter_peak_us * ADAPTIVE_JITTER_DECAY,
				       report->jitter_us);
}

static gboolean adaptive_is_faster(const struct adaptive *adaptive)
{
	guint32 highest = 0;

	/* a token bucket that lets whole pictures pass at once tells nothing of its rate */
	if (adaptive->jitters < ADAPTIVE_JITTERS ||
	    adaptive->jitter_peak_us < ADAPTIVE_JITTER_US)
		return FALSE;
	for (guint i = 0; i < ADAPTIVE_JITTERS; i++)
		highest = MAX(highest, adaptive->jitter_us[i]);
	return highest < MAX(adaptive->jitter_peak_us * ADAPTIVE_FASTER, ADAPTIVE_JITTER_US);
}

/*
 * Whether somebody else fills the queue, and takes more than this level does if it is a
 * TCP. Where nobody does, the queue is short again once the viewer has fallen. The level
 * that it has is kept for a while longer: what a TCP would take is never known well.
 */
static gboolean adaptive_is_modest(const struct adaptive *adaptive,
				   const struct points *points, guint level)
{
	double keep = level == adaptive->level ? ADAPTIVE_TCP_KEEP : 1;

	return adaptive->contested &&
	       points->rate[level] <= keep * tfrc_rate(&adaptive->tfrc);
}

/* Down to what arrived, one point at the least. */
static void adaptive_fall(struct adaptive *adaptive, const struct points *points,
			  const struct adapt_report *report)
{
	double arrived = points->rate[adaptive->level] * (1 - adapt_loss(report));
	guint fit = points_within(points, arrived * ADAPTIVE_DECREASE);

	if (!adaptive->level)
		return;
	for (guint i = 1; i <= adaptive->level; i++)
		if (points->rate[i] > arrived || i == adaptive->level)
			adaptive_bar(adaptive, i, report);
	adaptive_move(adaptive, MIN(fit, adaptive->level - 1), report->at_us);
}

static void adaptive_end_trial(struct adaptive *adaptive, gint64 now)
{
	if (!adaptive->trial_until_us || now < adaptive->trial_until_us)
		return;
	adaptive->trial_until_us = 0;
	adaptive->wait_us[adaptive->level] /= 2;
}

static gboolean adaptive_may_rise(const struct adaptive *adaptive,
				  const struct points *points, gint64 now)
{
	guint next = adaptive->level + 1;
	gint64 quiet = now - adaptive->quiet_since_us;

	if (next >= points->n || adaptive->trial_until_us ||
	    points->rate[next] / ADAPTIVE_TCP_SHARE > tfrc_rate(&adaptive->tfrc))
		return FALSE;
	/* who has less than its share takes it back sooner */
	if (adaptive_is_modest(adaptive, points, next))
		return quiet >= ADAPTIVE_HOLD_US / 2;
	return quiet >= ADAPTIVE_HOLD_US && !adaptive->queue &&
	       (now >= adaptive->next_us[next] || adaptive_is_faster(adaptive));
}

/* Whether most of what the report tells of was sent before the last change. */
static gboolean adaptive_is_stale(const struct adaptive *adaptive,
				  const struct adapt_report *report)
{
	gint64 before = adaptive->heard_from_us - (report->at_us - report->interval_us);

	return before > report->interval_us * ADAPTIVE_STALE;
}

enum adaptive_reason adaptive_step(struct adaptive *adaptive,
				   const struct points *points,
				   const struct adapt_report *report)
{
	double loss = adapt_loss(report);
	gint64 now = report->at_us;
	gboolean modest, delayed;

	if (!adaptive->quiet_since_us)
		adaptive->quiet_since_us = adaptive->drain_from_us = now;
	/* the stream has lost layers since */
	if (adaptive->level >= points->n)
		adaptive->level = points->n - 1;
	tfrc_report(&adaptive->tfrc, report);
	if (report->rtt_us)
		adaptive_take_trip(adaptive, report);
	if (adaptive_is_stale(adaptive, report))
		return ADAPTIVE_STEADY;
	adaptive_take_jitter(adaptive, report);

	modest = adaptive_is_modest(adaptive, points, adaptive->level);
	if (report->lost < report->dropped + ADAPTIVE_LOST)
		loss = MIN(loss, ADAPTIVE_LOSS_HIGH);
	if (loss > (modest ? ADAPTIVE_LOSS_SEVERE : ADAPTIVE_LOSS_HIGH))
		adaptive->bad++;
	else if (loss < ADAPTIVE_LOSS_LOW)
		adaptive->bad = 0;
	delayed = adaptive->delayed && !modest;

	if ((adaptive->bad >= (modest ? BAD_REPORTS : 1) || delayed) &&
	    adaptive->trial_until_us && adaptive->level) {
		adaptive_bar(adaptive, adaptive->level, report);
		adaptive_move(adaptive, adaptive->level - 1, now);
		return ADAPTIVE_FAILED;
	}
	if ((loss > ADAPTIVE_LOSS_SEVERE && !modest) || adaptive->bad >= BAD_REPORTS) {
		adaptive_fall(adaptive, points, report);
		return ADAPTIVE_LOSS;
	}
	if (delayed && adaptive->delayed >= BAD_TRIPS) {
		adaptive_fall(adaptive, points, report);
		return ADAPTIVE_DELAY;
	}
	adaptive_end_trial(adaptive, now);

	if (adaptive->level &&
	    points->rate[adaptive->level] / ADAPTIVE_TCP_SHARE > tfrc_rate(&adaptive->tfrc) &&
	    now - adaptive->quiet_since_us >= ADAPTIVE_HOLD_US) {
		adaptive_bar(adaptive, adaptive->level, report);
		adaptive_move(adaptive, adaptive->level - 1, now);
		return ADAPTIVE_TCP;
	}
	if (!adaptive->bad && !delayed && adaptive_may_rise(adaptive, points, now)) {
		adaptive_move(adaptive, adaptive->level + 1, now);
		adaptive->trial_until_us = now + ADAPTIVE_TRIAL_US;
		return ADAPTIVE_TRY;
	}
	return ADAPTIVE_STEADY;
}

const char *adaptive_reason_text(enum adaptive_reason reason)
{
	switch (reason) {
	case ADAPTIVE_STEADY:
		return "steady";
	case ADAPTIVE_LOSS:
		return "datagrams are lost";
	case ADAPTIVE_DELAY:
		return "a queue fills on the way";
	case ADAPTIVE_TCP:
		return "a TCP on the same way would get too little";
	case ADAPTIVE_FAILED:
		return "the trial of more layers failed";
	case ADAPTIVE_TRY:
		return "a trial of more layers";
	}
	return NULL;
}
