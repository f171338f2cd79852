// SPDX-License-Identifier: GPL-2.0-or-later
#include "decision.h"

#include "thesis.h"

const char *decision_name(enum decision_reason reason)
{
	static const char *const names[DECISION_REASONS] = {
		[DECISION_WISH] = "wish",
		[DECISION_STEADY] = "steady",
		[DECISION_LOSS] = "loss",
		[DECISION_DELAY] = "delay",
		[DECISION_TCP] = "tcp",
		[DECISION_FAILED] = "probe-failed",
		[DECISION_PROBING] = "probing",
		[DECISION_SHARED] = "shared",
		[DECISION_THESIS] = "thesis",
		[DECISION_BANDWIDTH] = "bandwidth",
		[DECISION_VIEWER] = "viewer-limit",
		[DECISION_PATH] = "path-limit",
		[DECISION_INTERFACE] = "interface-limit",
		[DECISION_HOST] = "host-limit",
	};

	return names[reason];
}

const char *decision_text(const struct decision *decision)
{
	return *decision->text ? decision->text : decision_name(decision->reason);
}

static void G_GNUC_PRINTF(3, 4) decision_say(struct decision *decision,
					     enum decision_reason reason,
					     const char *format, ...)
{
	va_list args;

	decision->reason = reason;
	va_start(args, format);
	g_vsnprintf(decision->text, sizeof(decision->text), format, args);
	va_end(args);
}

static guint64 decision_sent(const struct adapt_report *report)
{
	return report->octets * (gdouble)G_USEC_PER_SEC / report->interval_us;
}

/* Why it fell is still why it has less; but not that it is tried, once it was. */
static void decision_steady(struct decision *decision, const struct adaptive *adaptive,
			    const struct points *points)
{
	char rate[RATE_STRLEN];

	if (adaptive->level == points->n - 1)
		*decision = (struct decision){ DECISION_WISH, "" };
	else if (decision->reason == DECISION_WISH ||
		 (decision->reason == DECISION_PROBING && !adaptive->trial_until_us))
		decision_say(decision, DECISION_STEADY, "steady at %s",
			     rate_to_string(points->rate[adaptive->level], rate));
}

void decision_adapted(struct decision *decision, enum adaptive_reason reason,
		      const struct adaptive *adaptive, const struct points *points,
		      const struct adapt_report *report)
{
	gdouble loss = 100 * adapt_loss(report);
	char sent[RATE_STRLEN], rate[RATE_STRLEN];

	rate_to_string(decision_sent(report), sent);
	rate_to_string(points->rate[adaptive->level], rate);
	switch (reason) {
	case ADAPTIVE_STEADY:
		decision_steady(decision, adaptive, points);
		break;
	case ADAPTIVE_LOSS:
		decision_say(decision, DECISION_LOSS, "loss %.1f %% at %s", loss, sent);
		break;
	case ADAPTIVE_DELAY:
		decision_say(decision, DECISION_DELAY,
			     "a queue of %u ms on the way at %s",
			     (report->rtt_us - MIN(adaptive->rtt_min_us, report->rtt_us)) / 1000,
			     sent);
		break;
	case ADAPTIVE_TCP:
		decision_say(decision, DECISION_TCP,
			     "a TCP on the same way would get too little at %s", sent);
		break;
	case ADAPTIVE_FAILED:
		decision_say(decision, DECISION_FAILED, "probing %s failed, loss %.1f %%",
			     sent, loss);
		break;
	case ADAPTIVE_TRY:
		decision_say(decision, DECISION_PROBING, "probing %s", rate);
		break;
	}
}

void decision_shared(struct decision *decision, gboolean all, guint64 limit,
		     guint viewers)
{
	char rate[RATE_STRLEN];

	if (all)
		*decision = (struct decision){ DECISION_WISH, "" };
	else
		decision_say(decision, DECISION_SHARED, "%s on the way, shared by %u",
			     rate_to_string(limit, rate), viewers);
}

void decision_thesis(struct decision *decision, const struct points *points, guint level,
		     const struct adapt_report *report)
{
	char rate[RATE_STRLEN];

	if (level == points->n - 1)
		*decision = (struct decision){ DECISION_WISH, "" };
	else
		decision_say(decision, DECISION_THESIS, "estimate of %s",
			     rate_to_string(thesis_estimate(report), rate));
}

void decision_limited(struct decision *decision, enum decision_reason reason,
		      const char *interface, guint64 limit, guint viewers)
{
	char rate[RATE_STRLEN];

	rate_to_string(limit, rate);
	switch (reason) {
	case DECISION_BANDWIDTH:
		decision_say(decision, reason, "wish of %s", rate);
		break;
	case DECISION_VIEWER:
		decision_say(decision, reason, "path limit of %s for a viewer", rate);
		break;
	case DECISION_PATH:
		decision_say(decision, reason, "path limit of %s shared by %u", rate, viewers);
		break;
	case DECISION_INTERFACE:
		decision_say(decision, reason, "%s limit of %s shared by %u", interface, rate,
			     viewers);
		break;
	case DECISION_HOST:
		decision_say(decision, reason, "host limit of %s shared by %u", rate, viewers);
		break;
	default:
		g_assert_not_reached();
	}
}
