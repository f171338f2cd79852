/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The relay's RTCP (RFC 3550, sections 6 and 7.2). Needs gst_init(). */
#ifndef RTPRELAYD_RTCP_H
#define RTPRELAYD_RTCP_H

#include <gst/rtp/gstrtcpbuffer.h>

/**
 * rtcp_from_upstream - what viewers get of a compound packet of the server's
 * @data: it, @len bytes
 * @has_sender_info: set: it begins with a sender report, of which
 *	rtcp_set_counts() is to fill in the counts
 *
 * Kept are the information of the sender whose report is the first, its CNAME
 * and its BYE. Report blocks, which are about the relay's reception, and all else
 * is between the server and the relay.
 *
 * Return: the packet; NULL when @data is no RTCP or nothing of it is kept.
 */
GstBuffer *rtcp_from_upstream(const guint8 *data, gsize len,
			      gboolean *has_sender_info);

/**
 * rtcp_set_counts - say what was sent to this viewer
 * @buffer: of rtcp_from_upstream(), with sender information; changed in place
 * @packets: datagrams sent, of which the report takes the low 32 bits
 * @octets: payload bytes sent, likewise
 */
void rtcp_set_counts(GstBuffer *buffer, guint64 packets, guint64 octets);

/**
 * rtcp_own_report - the relay's own packet to the server: an empty receiver
 *	report and its CNAME, and BYE when @bye
 */
GstBuffer *rtcp_own_report(guint32 ssrc, const char *cname, gboolean bye);

/* rtcp_bye - tell viewers that the sender @ssrc stops */
GstBuffer *rtcp_bye(guint32 ssrc);

/* rtcp_is_report - is it a compound packet that begins with SR or RR? */
gboolean rtcp_is_report(const guint8 *data, gsize len);

/**
 * rtcp_interval_ms - time to the next own report (RFC 3550, 6.3.1)
 * @initial: there was none yet
 */
guint rtcp_interval_ms(gboolean initial);

#endif
