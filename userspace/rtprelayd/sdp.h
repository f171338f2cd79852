/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A stream's description: the upstream server's, and what viewers get of it */
#ifndef RTPRELAYD_SDP_H
#define RTPRELAYD_SDP_H

#include <gst/sdp/gstsdpmessage.h>
#include <linux/rtp_fanout.h>

#include "limit.h"
#include "rtcp.h"
#include "sdp_bandwidth.h"

#define SDP_ERROR	sdp_error_quark()
GQuark sdp_error_quark(void);

/**
 * struct sdp_track - a track of the stream
 * @control: URL that sets it up, absolute
 * @feedback: it is RTP/AVPF (RFC 4585)
 * @request: how the server offers to be asked for key frames
 * @clock_rate: of its first payload type, in Hz; 0 when the description does not
 *	tell
 * @codec: enum rtp_fanout_codec of each of its payload types
 */
struct sdp_track {
	char *control;
	gboolean feedback;
	enum rtcp_request request;
	guint32 clock_rate;
	guint8 codec[128];
};

/**
 * struct sdp - the upstream server's description
 * @message: as it came
 * @control: URL that plays and ends all tracks, absolute
 * @tracks: struct sdp_track *, 1 to LIMIT_TRACKS, in the order of @message
 */
struct sdp {
	GstSDPMessage *message;
	char *control;
	GPtrArray *tracks;
};

/**
 * sdp_parse - read the answer to DESCRIBE
 * @body: it, @len bytes
 * @base: URL that relative ones are relative to: Content-Base, else that of the
 *	request
 * @error: SDP_ERROR when it is none, has no track or too many, or one that is
 *	neither RTP/AVP nor RTP/AVPF or whose payload types cannot be told from RTCP
 *
 * Return: the description, or NULL.
 */
struct sdp *sdp_parse(const guint8 *body, gsize len, const char *base,
		      GError **error);

void sdp_free(struct sdp *sdp);

/**
 * sdp_same_media - can who was told of @a go on with what @b describes?
 *
 * They can when there are the same tracks with the same payload types.
 */
gboolean sdp_same_media(const struct sdp *a, const struct sdp *b);

/**
 * struct sdp_viewer - whom a stream is described to
 * @cap: that it asked for; its tracks' URLs carry it
 * @local: the relay's address that it connected to
 * @feedback: offer RTP/AVPF, else RTP/AVP
 * @rates: of each track
 */
struct sdp_viewer {
	struct rtp_fanout_cap cap;
	const struct rtp_fanout_addr *local;
	gboolean feedback;
	struct sdp_rate rates[LIMIT_TRACKS];
};

/**
 * sdp_for_viewer - describe the relayed stream
 * @name: of the stream, as the session's name
 * @url: of the stream as the viewer wrote it, without query and final slash
 *
 * Only attributes that are known to describe media are taken over, so nothing
 * of the upstream server's names and addresses gets through. url_track() names
 * the tracks.
 *
 * Return: the text.
 */
char *sdp_for_viewer(const struct sdp *sdp, const char *name, const char *url,
		     const struct sdp_viewer *viewer);

#endif
