/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TCP-friendly rate control (RFC 5348): what a TCP would take of the same path, be it
 * Reno, which RFC 5348 has, or CUBIC (RFC 9438), which most of them are
 */
#ifndef ADAPT_TFRC_H
#define ADAPT_TFRC_H

#include "report.h"

/*
 * Octets of a segment of the TCP that is the measure, whatever the stream's are: small
 * datagrams are no reason to take fewer octets (RFC 4828, section 4.1)
 */
#define TFRC_SEGMENT	1460

/* Loss intervals that the average goes over (RFC 5348, section 5.4) */
#define TFRC_INTERVALS	8

/**
 * struct tfrc - the loss history of a viewer
 * @interval: datagrams from one loss event to the next, the newest first; the
 *	first is the one that is still open
 * @n: of them, 0 before the first loss
 * @rtt_us: smoothed round-trip time, microseconds; 0 when unknown
 */
struct tfrc {
	double interval[TFRC_INTERVALS + 1];
	guint n;
	double rtt_us;
};

/* tfrc_report - take a report in; what was lost within it counts as one event */
void tfrc_report(struct tfrc *tfrc, const struct adapt_report *report);

/* tfrc_loss - the loss event rate, 0 to 1 (section 5.4) */
double tfrc_loss(const struct tfrc *tfrc);

/**
 * tfrc_rate - the throughput of TCP (section 3.1), the larger one of Reno's and CUBIC's
 *
 * That CUBIC, too, waits for timeouts is as in section 3.1.
 *
 * Return: octets a second; G_MAXUINT64 as long as nothing was lost or the
 * round-trip time is unknown.
 */
guint64 tfrc_rate(const struct tfrc *tfrc);

#endif
