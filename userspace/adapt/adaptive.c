// SPDX-License-Identifier: GPL-2.0-or-later
#include "adaptive.h"

/* Reports in a row that make a path congested when no single one does */
#define BAD_REPORTS	2

static gboolean adaptive_is_delayed(struct adaptive *adaptive,
				    const struct adapt_report *report)
{
	guint32 queue;

	if (!report->rtt_us)
		return FALSE;
	if (!adaptive->rtt_min_us || report->rtt_us < adaptive->rtt_min_us)
		adaptive->rtt_min_us = report->rtt_us;
	/* a long path has its share of variation */
	queue = MAX(ADAPTIVE_QUEUE_US, adaptive->rtt_min_us / 2);
	return report->rtt_us - adaptive->rtt_min_us > queue;
}

/* Down to what arrived, one point at the least. */
static void adaptive_fall(struct adaptive *adaptive, const struct points *points,
			  const struct adapt_report *report)
{
	double seconds = (double)report->interval_us / G_USEC_PER_SEC;
	double arrived = report->octets / seconds * (1 - adapt_loss(report));
	guint fit = points_within(points, arrived * ADAPTIVE_DECREASE);

	adaptive->bad = 0;
	adaptive->quiet_since_us = report->at_us;
	if (adaptive->level)
		adaptive->level = MIN(fit, adaptive->level - 1);
}

/* The experiment failed: the point is left alone, twice as long each time. */
static void adaptive_fail(struct adaptive *adaptive, gint64 now)
{
	gint64 *wait = &adaptive->wait_us[adaptive->level];

	*wait = CLAMP(*wait * 2, ADAPTIVE_HOLD_US, ADAPTIVE_BACKOFF_MAX_US);
	adaptive->next_us[adaptive->level] = now + *wait;
	adaptive->trial_until_us = 0;
	adaptive->bad = 0;
	adaptive->quiet_since_us = now;
	adaptive->level--;
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

	return next < points->n && !adaptive->trial_until_us &&
	       now - adaptive->quiet_since_us >= ADAPTIVE_HOLD_US &&
	       now >= adaptive->next_us[next] &&
	       points->rate[next] / ADAPTIVE_TCP_SHARE <= tfrc_rate(&adaptive->tfrc);
}

enum adaptive_reason adaptive_step(struct adaptive *adaptive,
				   const struct points *points,
				   const struct adapt_report *report)
{
	gboolean delayed = adaptive_is_delayed(adaptive, report);
	double loss = adapt_loss(report);
	gint64 now = report->at_us;

	if (!adaptive->quiet_since_us)
		adaptive->quiet_since_us = now;
	/* the stream has lost layers since */
	if (adaptive->level >= points->n)
		adaptive->level = points->n - 1;
	tfrc_report(&adaptive->tfrc, report);

	if (loss > ADAPTIVE_LOSS_HIGH || delayed)
		adaptive->bad++;
	else if (loss < ADAPTIVE_LOSS_LOW)
		adaptive->bad = 0;

	if (adaptive->bad && adaptive->trial_until_us && adaptive->level) {
		adaptive_fail(adaptive, now);
		return ADAPTIVE_FAILED;
	}
	if (loss > ADAPTIVE_LOSS_SEVERE || adaptive->bad >= BAD_REPORTS) {
		adaptive_fall(adaptive, points, report);
		return delayed && loss <= ADAPTIVE_LOSS_HIGH ? ADAPTIVE_DELAY : ADAPTIVE_LOSS;
	}
	adaptive_end_trial(adaptive, now);

	if (adaptive->level &&
	    points->rate[adaptive->level] / ADAPTIVE_TCP_SHARE > tfrc_rate(&adaptive->tfrc) &&
	    now - adaptive->quiet_since_us >= ADAPTIVE_HOLD_US) {
		adaptive->level--;
		adaptive->quiet_since_us = now;
		return ADAPTIVE_TCP;
	}
	if (!adaptive->bad && adaptive_may_rise(adaptive, points, now)) {
		adaptive->level++;
		adaptive->quiet_since_us = now;
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
