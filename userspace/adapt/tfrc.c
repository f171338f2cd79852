// SPDX-License-Identifier: GPL-2.0-or-later
#include "tfrc.h"

#include <math.h>
#include <string.h>

/* Weight of the newest round-trip time: RFC 5348, section 4.3, step 2 */
#define RTT_WEIGHT	0.1

/* Of CUBIC: (C (3 + beta) / (4 (1 - beta)))^(1/4) for C = 0.4, beta = 0.7: RFC 9438, section 5.1 */
#define CUBIC_FACTOR	1.054

/* Of the loss intervals, the newest first (section 5.4) */
static const double weights[TFRC_INTERVALS] = { 1, 1, 1, 1, 0.8, 0.6, 0.4, 0.2 };

void tfrc_report(struct tfrc *tfrc, const struct adapt_report *report)
{
	guint64 lost = adapt_loss(report) * report->packets + 0.5;
	guint64 trips;

	if (report->rtt_us && tfrc->rtt_us > 0)
		tfrc->rtt_us += RTT_WEIGHT * (report->rtt_us - tfrc->rtt_us);
	else if (report->rtt_us)
		tfrc->rtt_us = report->rtt_us;

	if (!lost) {
		if (tfrc->n)
			tfrc->interval[0] += report->packets;
		return;
	}
	/*
	 * What is lost within a round trip is one event (section 5.2), and a report
	 * covers several. A queue that overflows drops about half of what comes within
	 * one: so many of them had an event, all counted as one interval of the mean
	 * length.
	 */
	trips = tfrc->rtt_us > 0 ?
		ceil(2 * adapt_loss(report) * report->interval_us / tfrc->rtt_us) : lost;
	memmove(&tfrc->interval[1], &tfrc->interval[0],
		TFRC_INTERVALS * sizeof(tfrc->interval[0]));
	tfrc->interval[0] = (double)report->packets / MIN(lost, MAX(trips, 1));
	tfrc->n = MIN(tfrc->n + 1, TFRC_INTERVALS + 1);
}

static double tfrc_mean(const double *interval, guint n)
{
	double sum = 0, weight = 0;

	for (guint i = 0; i < MIN(n, TFRC_INTERVALS); i++) {
		sum += weights[i] * interval[i];
		weight += weights[i];
	}
	return weight > 0 ? sum / weight : 0;
}

double tfrc_loss(const struct tfrc *tfrc)
{
	double mean;

	if (!tfrc->n)
		return 0;
	/* the open interval counts only when it makes the mean larger */
	mean = MAX(tfrc_mean(tfrc->interval, tfrc->n),
		   tfrc_mean(tfrc->interval + 1, tfrc->n - 1));
	return mean > 1 ? 1 / mean : 1;
}

guint64 tfrc_rate(const struct tfrc *tfrc)
{
	double p = tfrc_loss(tfrc), rtt = tfrc->rtt_us / G_USEC_PER_SEC;
	double rto, reno, cubic, rate;

	if (p <= 0 || rtt <= 0)
		return G_MAXUINT64;
	rto = 4 * rtt;
	/* seconds for each segment; on long paths CUBIC takes more than Reno does */
	reno = rtt * sqrt(2 * p / 3);
	cubic = pow(rtt, 0.25) * pow(p, 0.75) / CUBIC_FACTOR;
	rate = TFRC_SEGMENT / (MIN(reno, cubic) +
			       rto * 3 * sqrt(3 * p / 8) * p * (1 + 32 * p * p));
	return rate;
}
