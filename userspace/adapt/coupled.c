// SPDX-License-Identifier: GPL-2.0-or-later
#include "coupled.h"

/* Periods in a row that make it congested when no single one does */
#define BAD_PERIODS	2

/* Datagrams that have to be missing: a few say little */
#define LOST_MIN	3

/* Below @least nothing would change, and to rise from there would be to wait in vain. */
static void coupled_set(struct coupled *coupled, guint64 limit, guint64 least, gint64 now)
{
	coupled->limit = MAX(limit, MAX(least, 1));
	coupled->bad = 0;
	coupled->changed_us = now;
}

/* After an experiment failed, the next one is rarer; after a fall it is soon. */
static void coupled_fall(struct coupled *coupled, guint64 rate, double loss, guint64 least,
			 gint64 now)
{
	guint64 from = coupled->limit ? coupled->limit : rate;
	gint64 wait = COUPLED_HOLD_US;

	if (coupled->before) {
		coupled->wait_us = CLAMP(2 * coupled->wait_us, COUPLED_WAIT_US,
					 COUPLED_BACKOFF_MAX_US);
		wait = coupled->wait_us;
		coupled_set(coupled, coupled->before, least, now);
	} else {
		/* a burst may lose much of one period and say little of the next */
		coupled_set(coupled, CLAMP(rate * (1 - loss) * COUPLED_DECREASE,
					   from * COUPLED_FALL, from), least, now);
	}
	coupled->before = 0;
	coupled->increase = 0;
	coupled->next_us = now + wait;
}

static void coupled_rise(struct coupled *coupled, guint64 least, guint64 most, gint64 now)
{
	coupled->next_us = now + COUPLED_HOLD_US;
	if (coupled->limit >= most) {
		*coupled = (struct coupled){ .changed_us = now };
		return;
	}
	coupled->increase = CLAMP(2 * coupled->increase, COUPLED_INCREASE,
				  COUPLED_INCREASE_MAX);
	coupled->before = coupled->limit;
	/* however little it is, it rises */
	coupled_set(coupled, coupled->limit * (1 + coupled->increase) + 1, least, now);
}

gboolean coupled_step(struct coupled *coupled, const struct adapt_report *report,
		      guint64 rate, guint64 least, guint64 most)
{
	double loss = report->lost >= report->dropped + LOST_MIN ? adapt_loss(report) : 0;
	gint64 now = report->at_us;

	/* reports of what was sent before the last change say nothing of it */
	if (coupled->changed_us && now - coupled->changed_us <
	    COUPLED_SETTLE_US + report->interval_us)
		return FALSE;
	coupled->bad = loss > COUPLED_LOSS_HIGH ? coupled->bad + 1 : 0;
	if (loss > COUPLED_LOSS_SEVERE || coupled->bad >= BAD_PERIODS) {
		coupled_fall(coupled, rate, loss, least, now);
		return TRUE;
	}
	if (!coupled->limit || coupled->bad || now < coupled->next_us)
		return FALSE;
	coupled_rise(coupled, least, most, now);
	return TRUE;
}
