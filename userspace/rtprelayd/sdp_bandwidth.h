/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bandwidth lines that viewers are offered of a track */
#ifndef RTPRELAYD_SDP_BANDWIDTH_H
#define RTPRELAYD_SDP_BANDWIDTH_H

#include <gst/sdp/gstsdpmessage.h>

/*
 * What RTCP may take, in bits a second (RFC 3556): a sender report every second, and
 * a receiver's as often
 */
#define SDP_BANDWIDTH_RTCP	1000

/* A receiver's reports come no closer than this, in ms (trr-int, RFC 4585, 4.2) */
#define SDP_REPORT_MS		1000

/**
 * struct sdp_rate - what a track took lately, octets a second with headers
 * @all: with all of its layers; 0 when that is not known
 * @given: with those that the viewer is to get
 */
struct sdp_rate {
	guint64 all;
	guint64 given;
};

/**
 * sdp_bandwidth_offer - add the lines
 * @from: the server's description of the track, whose AS and TIAS are taken over in
 *	the proportion that @rate has; without any, AS is what the layers took
 */
void sdp_bandwidth_offer(GstSDPMedia *to, const GstSDPMedia *from,
			 const struct sdp_rate *rate);

#endif
