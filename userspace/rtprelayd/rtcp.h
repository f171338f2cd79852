/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * RTCP packets (RFC 3550, section 6, and RFC 4585), read and made. Needs
 * gst_init().
 */
#ifndef RTPRELAYD_RTCP_H
#define RTPRELAYD_RTCP_H

#include <gst/rtp/gstrtcpbuffer.h>

/* Longest CNAME, in bytes (RFC 3550, section 6.5) */
#define RTCP_CNAME_MAX	255

/**
 * struct rtcp_block - what a receiver reports of a source (RFC 3550, 6.4.1)
 * @ssrc: of the source
 * @fraction: of its packets lost since the last report, in 256ths
 * @lost: packets lost in all, -2^23 to 2^23-1
 * @highest: extended highest sequence number received
 * @jitter: in ticks of the source's clock
 * @lsr: middle 32 bits of the NTP time of its last sender report, 0 for none
 * @dlsr: time since that came, in 65536ths of a second
 */
struct rtcp_block {
	guint32 ssrc;
	guint8 fraction;
	gint32 lost;
	guint32 highest;
	guint32 jitter;
	guint32 lsr;
	guint32 dlsr;
};

/* enum rtcp_request - a key frame asked for */
enum rtcp_request {
	RTCP_REQUEST_NONE,
	RTCP_REQUEST_PLI,	/* RFC 4585, section 6.3.1 */
	RTCP_REQUEST_FIR,	/* RFC 5104, section 4.3.1 */
};

/**
 * struct rtcp_heard - what is kept of a compound packet
 * @ssrc: whose report or feedback it begins with; nothing about other senders is kept
 * @sender: it is a sender's, with @ntp and @rtptime
 * @ntp: time of the report, in 2^-32 seconds since 1900
 * @rtptime: the same time in ticks of the stream's clock
 * @reported: @block is there
 * @block: about the source of interest
 * @request: a key frame of the source of interest is asked for
 * @bye: the sender of the report leaves
 * @cname_len: bytes of @cname, 0 for none
 * @cname: of the sender of the report, without a zero at its end
 */
struct rtcp_heard {
	guint32 ssrc;
	gboolean sender;
	guint64 ntp;
	guint32 rtptime;
	gboolean reported;
	struct rtcp_block block;
	enum rtcp_request request;
	gboolean bye;
	guint8 cname_len;
	guint8 cname[RTCP_CNAME_MAX];
};

/**
 * rtcp_hear - read a compound packet, or feedback without a report (RFC 5506)
 * @data: it, @len bytes
 * @about: source that blocks and requests of interest are about
 *
 * Return: FALSE when it is none, or is longer than LIMIT_RTCP.
 */
gboolean rtcp_hear(const guint8 *data, gsize len, guint32 about,
		   struct rtcp_heard *heard);

/**
 * rtcp_sender_report - a sender's report without counts, and its CNAME
 * @ssrc: of the sender
 * @heard: time and CNAME
 * @rtptime: the same time in ticks of the stream as it leaves
 */
GstBuffer *rtcp_sender_report(guint32 ssrc, const struct rtcp_heard *heard,
			      guint32 rtptime);

/**
 * rtcp_set_counts - say what was sent to this viewer
 * @buffer: of rtcp_sender_report(); changed in place
 * @packets: datagrams sent, of which the report takes the low 32 bits
 * @octets: payload bytes sent, likewise
 */
void rtcp_set_counts(GstBuffer *buffer, guint64 packets, guint64 octets);

/**
 * struct rtcp_own - what the relay tells the server
 * @ssrc: the relay's
 * @cname: the relay's
 * @block: of its reception, or NULL
 * @request: a key frame to ask @media for
 * @media: source that @request is for
 * @fir_number: number of the request, with RTCP_REQUEST_FIR
 * @bye: it leaves
 */
struct rtcp_own {
	guint32 ssrc;
	const char *cname;
	const struct rtcp_block *block;
	enum rtcp_request request;
	guint32 media;
	guint8 fir_number;
	gboolean bye;
};

GstBuffer *rtcp_own_report(const struct rtcp_own *own);

/* rtcp_bye - tell viewers that the sender @ssrc stops */
GstBuffer *rtcp_bye(guint32 ssrc);

/**
 * rtcp_interval_ms - time to the next own report (RFC 3550, 6.3.1)
 * @initial: there was none yet
 */
guint rtcp_interval_ms(gboolean initial);

#endif
