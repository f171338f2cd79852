// SPDX-License-Identifier: GPL-2.0-or-later
#include "coupled.h"

#include <math.h>

/* Datagrams that have to be missing: a few say little */
#define LOST_MIN	3

/* Falls in a row after which the next one may go as far as it has to */
#define FALLS_MAX	4

/* Below @least nothing would change, and to rise from there would be to wait in vain. */
static void coupled_set(struct coupled *coupled, guint64 limit, guint64 least, gint64 now,
			gint64 settle)
{
	coupled->limit = MAX(limit, MAX(least, 1));
	coupled->lost_s = 0;
	coupled->losing_s = 0;
	coupled->heard_from_us = now + settle;
	coupled->next_us = now + COUPLED_HOLD_US;
}

/* An experiment was too much: what was before it is known to be carried, by a short queue. */
static void coupled_fail(struct coupled *coupled, guint64 least, gint64 now)
{
	coupled->ceiling = coupled->limit;
	coupled->carried = coupled->before;
	coupled_set(coupled, coupled->before * COUPLED_DECREASE, least, now, COUPLED_DRAIN_US);
}

static void coupled_recover(struct coupled *coupled, guint64 least, gint64 now)
{
	coupled_set(coupled, coupled->carried, least, now, COUPLED_SETTLE_US);
	coupled->carried = 0;
}

/*
 * A burst may lose much of one period and say little of the next: a first fall goes only
 * so far, and says no more of what is too much than that the limit was, if one was known.
 * Where it goes on, what arrives is what is carried, give or take as much as it falls below
 * that.
 */
static void coupled_fall(struct coupled *coupled, guint64 rate, guint64 least, gint64 now)
{
	double loss = coupled->lost_s / coupled->losing_s + COUPLED_LOSS;
	guint64 known = coupled->limit, from = known ? known : rate;
	double floor = pow(COUPLED_FALL, 1 << MIN(coupled->falls, FALLS_MAX));
	double arrived = rate * (1 - loss);

	/* what newcomers had before they had a share may be more than the limit */
	coupled_set(coupled, CLAMP(arrived * COUPLED_DECREASE, from * floor, from), least, now,
		    COUPLED_DRAIN_US);
	coupled->ceiling = coupled->falls ? MIN(arrived / COUPLED_DECREASE, from) : known;
	coupled->falls++;
}

/* Returns whether there is nothing to try below what was too much, which is then forgotten. */
static gboolean coupled_is_found(struct coupled *coupled, gint64 now)
{
	if (!coupled->ceiling ||
	    coupled->ceiling > coupled->limit * (1 + 2 * COUPLED_INCREASE))
		return FALSE;
	coupled->ceiling = 0;
	coupled->wait_us = CLAMP(2 * coupled->wait_us, COUPLED_WAIT_US,
				 COUPLED_BACKOFF_MAX_US);
	coupled->increase = 0;
	coupled->next_us = now + coupled->wait_us;
	return TRUE;
}

static void coupled_rise(struct coupled *coupled, guint64 least, guint64 most, gint64 now)
{
	guint64 limit;

	if (coupled->limit >= most) {
		*coupled = (struct coupled){ .heard_from_us = now + COUPLED_SETTLE_US };
		return;
	}
	coupled->increase = CLAMP(2 * coupled->increase, COUPLED_INCREASE,
				  COUPLED_INCREASE_MAX);
	/* however little it is, it rises */
	limit = coupled->limit * (1 + coupled->increase) + 1;
	if (coupled->ceiling)
		limit = MIN(limit, (coupled->limit + coupled->ceiling) / 2);
	coupled->before = coupled->limit;
	coupled_set(coupled, limit, least, now, COUPLED_SETTLE_US);
}

static void coupled_take(struct coupled *coupled, const struct adapt_report *report,
			 guint64 rate)
{
	double loss = report->lost >= report->dropped + LOST_MIN ? adapt_loss(report) : 0;
	double seconds = (double)report->octets / MAX(rate, 1);

	coupled->lost_s = MAX(coupled->lost_s + (loss - COUPLED_LOSS) * seconds, 0);
	coupled->losing_s = coupled->lost_s > 0 ? coupled->losing_s + seconds : 0;
}

gboolean coupled_step(struct coupled *coupled, const struct adapt_report *report,
		      guint64 rate, guint64 least, guint64 most)
{
	gint64 now = report->at_us;

	if (coupled->carried && now >= coupled->heard_from_us) {
		coupled_recover(coupled, least, now);
		return TRUE;
	}
	/* reports of what was sent before the last change say nothing of it */
	if (now - report->interval_us < coupled->heard_from_us)
		return FALSE;
	coupled_take(coupled, report, rate);
	if (coupled->lost_s > COUPLED_LOST_S) {
		if (coupled->before)
			coupled_fail(coupled, least, now);
		else
			coupled_fall(coupled, rate, least, now);
		coupled->before = 0;
		coupled->increase = 0;
		return TRUE;
	}
	if (coupled->lost_s > 0)
		return FALSE;
	coupled->falls = 0;
	if (!coupled->limit || now < coupled->next_us)
		return FALSE;
	/* nothing spoke against the experiment */
	coupled->before = 0;
	if (coupled_is_found(coupled, now))
		return FALSE;
	coupled_rise(coupled, least, most, now);
	return TRUE;
}
