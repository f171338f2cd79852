/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A viewer as a receiver of RTP: what it reports of a track, and whether it is to
 * be sent any more (the circuit breakers of RFC 8083).
 */
#ifndef RTPRELAYD_RECEIVER_H
#define RTPRELAYD_RECEIVER_H

#include "rtcp.h"

/**
 * struct receiver - what a viewer said of one track; begins as zeros
 * @reports: that came
 * @at: monotonic time of the last, us
 * @block: of the last
 * @rtt_us: round-trip time as of the last, us; 0 when it is not known
 * @ssrc: the viewer's own, as of the last; 0 before it
 * @longest_us: between two reports
 * @seen: of @reports, when receiver_check() looked last
 * @highest: number reported then
 * @packets: sent until then
 * @octets: sent until then
 * @checked_at: monotonic time of that, us; 0 for never
 * @silent_us: time since the last report during which something was sent
 * @stuck_us: time in which all reports had the same highest number though
 *	something was sent
 * @congested_us: time in which all reports were of a rate ten times TCP's
 */
struct receiver {
	guint64 reports;
	gint64 at;
	struct rtcp_block block;
	guint rtt_us;
	guint32 ssrc;
	gint64 longest_us;
	guint64 seen;
	guint32 highest;
	guint64 packets;
	guint64 octets;
	gint64 checked_at;
	gint64 silent_us;
	gint64 stuck_us;
	gint64 congested_us;
};

/**
 * receiver_is - is this the viewer that reported before?
 *
 * Who forges its address has to know its SSRC as well. It may take another one, but
 * not while it reports with the one that it has.
 */
gboolean receiver_is(const struct receiver *receiver, guint32 ssrc, gint64 now);

/**
 * receiver_report - it reported
 * @heard: with a block
 * @now: monotonic time, us
 * @sr_at: monotonic time at which it was sent the sender report that the block
 *	names, us; 0 when that is not known
 */
void receiver_report(struct receiver *receiver, const struct rtcp_heard *heard,
		     gint64 now, gint64 sr_at);

/* receiver_loss - fraction lost, as of the last report; below 0 when there is none */
gdouble receiver_loss(const struct receiver *receiver);

/**
 * receiver_check - look whether it is gone; to be called at RTCP's intervals
 * @now: monotonic time, us
 * @packets: datagrams that it was sent so far
 * @octets: their payload bytes
 *
 * Return: NULL; else why no more is to be sent, which is only ever said of a
 * viewer that reported once.
 */
const char *receiver_check(struct receiver *receiver, gint64 now, guint64 packets,
			   guint64 octets);

#endif
