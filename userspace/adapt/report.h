/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a controller is told of a viewer, once for each report of its reception */
#ifndef ADAPT_REPORT_H
#define ADAPT_REPORT_H

#include <glib.h>

/**
 * struct adapt_report - between the viewer's last report and this one
 * @at_us: time of the report, microseconds of any steady clock
 * @interval_us: time since the last one, above 0
 * @packets: datagrams sent to the viewer
 * @octets: their RTP payload bytes
 * @dropped: of @packets, those that the relay itself dropped
 * @lost: datagrams that the viewer misses (RFC 3550, section 6.4.1: the growth of
 *	the cumulative number of packets lost), those of @dropped included
 * @rtt_us: round-trip time by LSR and DLSR, microseconds; 0 when unknown, and when it
 *	is of the sender report that the last one was of
 * @jitter_us: interarrival jitter (RFC 3550, section 6.4.1), microseconds; 0 when
 *	unknown
 */
struct adapt_report {
	gint64 at_us;
	gint64 interval_us;
	guint64 packets;
	guint64 octets;
	guint64 dropped;
	guint64 lost;
	guint32 rtt_us;
	guint32 jitter_us;
};

/* adapt_loss - the share that the network lost, 0 to 1 */
static inline double adapt_loss(const struct adapt_report *report)
{
	guint64 lost = report->lost > report->dropped ? report->lost - report->dropped : 0;

	if (!report->packets)
		return 0;
	return MIN((double)lost / report->packets, 1);
}

#endif
