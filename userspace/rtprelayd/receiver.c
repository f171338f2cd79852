// SPDX-License-Identifier: GPL-2.0-or-later
#include "receiver.h"

#include <math.h>

/*
 * Intervals of reports after which a breaker opens (RFC 8083, sections 4.1 to
 * 4.3): three, for intervals of five seconds and any round-trip time up to one
 * and a half
 */
#define RECEIVER_INTERVALS	3
#define RECEIVER_INTERVAL_US	(5 * G_USEC_PER_SEC)

/*
 * Silence that is waited for in any case: a viewer that is busy decoding does not look
 * at its sockets for a while, and its RTSP connection, or its session's timeout, tells
 * of one that has left
 */
#define RECEIVER_SILENCE_US	(30 * G_USEC_PER_SEC)

/* Times the rate of TCP that is too much (RFC 8083, section 4.3) */
#define RECEIVER_TCP_TIMES	10

gboolean receiver_is(const struct receiver *receiver, guint32 ssrc, gint64 now)
{
	return !receiver->reports || receiver->ssrc == ssrc ||
	       now - receiver->at >= RECEIVER_INTERVALS * RECEIVER_INTERVAL_US;
}

void receiver_report(struct receiver *receiver, const struct rtcp_heard *heard,
		     gint64 now, gint64 sr_at)
{
	gint64 since = sr_at ? now - sr_at : 0;
	gint64 held = (gint64)heard->block.dlsr * G_USEC_PER_SEC / 65536;

	if (receiver->reports)
		receiver->longest_us = MAX(receiver->longest_us, now - receiver->at);
	receiver->reports++;
	receiver->at = now;
	receiver->block = heard->block;
	receiver->ssrc = heard->ssrc;
	/* its clock may run faster than ours by as much as the way takes */
	receiver->rtt_us = sr_at && since < G_MAXINT32 ? MAX(since - held, 1) : 0;
}

gdouble receiver_loss(const struct receiver *receiver)
{
	return receiver->reports ? receiver->block.fraction / 256.0 : -1;
}

/*
 * It reports when it receives enough, as some do, or every few seconds: only the
 * time in which something is sent counts, at the pace that it has shown.
 */
static gboolean receiver_is_silent(struct receiver *receiver, gint64 elapsed,
				   gboolean sending, gboolean reported)
{
	gint64 limit = MAX(RECEIVER_SILENCE_US,
			   RECEIVER_INTERVALS * receiver->longest_us);

	if (reported)
		receiver->silent_us = 0;
	else if (sending)
		receiver->silent_us += elapsed;
	return receiver->silent_us >= limit;
}

static gboolean receiver_is_stuck(struct receiver *receiver, gint64 elapsed,
				  gboolean sending)
{
	gboolean stuck = sending && receiver->block.highest == receiver->highest;

	receiver->stuck_us = stuck ? receiver->stuck_us + elapsed : 0;
	receiver->highest = receiver->block.highest;
	return receiver->stuck_us >= RECEIVER_INTERVALS * RECEIVER_INTERVAL_US;
}

/* TCP's rate is s / (R sqrt(2p/3)) (RFC 8083, section 4.3, with b = 1). */
static gboolean receiver_is_congested(struct receiver *receiver, gint64 elapsed,
				      double packets, double octets)
{
	double seconds = elapsed / (double)G_USEC_PER_SEC;
	double loss = receiver->block.fraction / 256.0;
	double rtt = receiver->rtt_us / (double)G_USEC_PER_SEC;
	double tcp;

	if (!receiver->block.fraction || !receiver->rtt_us || packets <= 0) {
		receiver->congested_us = 0;
		return FALSE;
	}
	tcp = octets / packets / (rtt * sqrt(2 * loss / 3));
	receiver->congested_us = octets / seconds > RECEIVER_TCP_TIMES * tcp ?
				 receiver->congested_us + elapsed : 0;
	return receiver->congested_us >= RECEIVER_INTERVALS * RECEIVER_INTERVAL_US;
}

const char *receiver_check(struct receiver *receiver, gint64 now, guint64 packets,
			   guint64 octets)
{
	gboolean reported = receiver->reports != receiver->seen;
	gint64 elapsed = receiver->checked_at ? now - receiver->checked_at : 0;
	guint64 sent = packets - receiver->packets;
	guint64 sent_octets = octets - receiver->octets;
	const char *gone = NULL;

	receiver->seen = receiver->reports;
	receiver->checked_at = now;
	receiver->packets = packets;
	receiver->octets = octets;
	if (!receiver->reports || !elapsed)
		return NULL;

	if (receiver_is_silent(receiver, elapsed, sent, reported))
		gone = "its reports stopped";
	if (reported && receiver_is_stuck(receiver, elapsed, sent))
		gone = "its reports say that nothing arrives";
	if (reported && receiver_is_congested(receiver, elapsed, sent, sent_octets))
		gone = "its path is congested";
	return gone;
}
