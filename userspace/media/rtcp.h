/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The receiver's side of RTCP: reads sender reports, makes receiver reports. */
#ifndef RTPRELAY_MEDIA_RTCP_H
#define RTPRELAY_MEDIA_RTCP_H

#include "rtpseq.h"

#define RTCP_MTU	1400

struct rtcp {
	guint32 ssrc;			/* ours */
	guint64 sender_reports;		/* received */
	guint64 byes;			/* received */
	guint64 malformed;		/* datagrams received that are not RTCP */
	guint32 last_sr;		/* middle of the last report's NTP time, or 0 */
	gint64 last_sr_time;		/* when it came, monotonic, in microseconds */
};

void rtcp_init(struct rtcp *rtcp);

void rtcp_receive(struct rtcp *rtcp, guint8 *data, gsize len);

/*
 * Writes a compound packet, RR and SDES, about the stream @media_ssrc into @out, of
 * at least RTCP_MTU octets, and returns its length.
 */
gsize rtcp_report(const struct rtcp *rtcp, struct rtpseq *seq, guint32 media_ssrc, guint8 *out);

#endif
