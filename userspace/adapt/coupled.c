// SPDX-License-Identifier: GPL-2.0-or-later
#include "coupled.h"

/* Periods in a row that make it congested when no single one does */
#define BAD_PERIODS	2

/* Datagrams that have to be missing: a few say little */
#define LOST_MIN	3

static void coupled_set(struct coupled *coupled, guint64 limit, gint64 now)
{
	coupled->limit = limit;
	coupled->bad = 0;
	coupled->changed_us = now;
}

/* After an experiment failed, the next one is rarer; after a fall it is soon. */
static void coupled_fall(struct coupled *coupled, guint64 arrived, gint64 now)
{
	gint64 wait = COUPLED_HOLD_US;

	if (coupled->before) {
		coupled->wait_us = CLAMP(2 * coupled->wait_us, COUPLED_WAIT_US,
					 COUPLED_BACKOFF_MAX_US);
		wait = coupled->wait_us;
		coupled_set(coupled, coupled->before, now);
	} else {
		/* a burst may lose much of one period and say little of the next */
		arrived = MAX(arrived * COUPLED_DECREASE, coupled->limit * COUPLED_FALL);
		coupled_set(coupled, MAX(arrived, 1), now);
	}
	coupled->before = 0;
	coupled->increase = 0;
	coupled->next_us = now + wait;
}

static void coupled_rise(struct coupled *coupled, guint64 most, gint64 now)
{
	coupled->next_us = now + COUPLED_HOLD_US;
	if (coupled->limit >= most) {
		*coupled = (struct coupled){ .changed_us = now };
		return;
	}
	coupled->increase = CLAMP(2 * coupled->increase, COUPLED_INCREASE,
				  COUPLED_INCREASE_MAX);
	coupled->before = coupled->limit;
	coupled_set(coupled, coupled->limit * (1 + coupled->increase), now);
}

gboolean coupled_step(struct coupled *coupled, const struct adapt_report *report,
		      guint64 rate, guint64 most)
{
	double loss = report->lost >= report->dropped + LOST_MIN ? adapt_loss(report) : 0;
	gint64 now = report->at_us;

	/* reports of what was sent before the last change say nothing of it */
	if (coupled->changed_us && now - coupled->changed_us <
	    COUPLED_SETTLE_US + report->interval_us)
		return FALSE;
	coupled->bad = loss > COUPLED_LOSS_HIGH ? coupled->bad + 1 : 0;
	if (loss > COUPLED_LOSS_SEVERE || coupled->bad >= BAD_PERIODS) {
		coupled_fall(coupled, rate * (1 - loss), now);
		return TRUE;
	}
	if (!coupled->limit || coupled->bad || now < coupled->next_us)
		return FALSE;
	coupled_rise(coupled, most, now);
	return TRUE;
}
