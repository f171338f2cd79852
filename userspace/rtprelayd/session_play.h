/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PLAY: from the request to what its answer tells of each track */
#ifndef RTPRELAYD_SESSION_PLAY_H
#define RTPRELAYD_SESSION_PLAY_H

#include "session.h"

/**
 * struct session_start - where a track begins for this viewer
 * @index: of the track
 * @cap: in the URL of its SETUP
 * @known: is @seq told? It is not when the session played already.
 * @seq: of the first datagram
 */
struct session_start {
	guint index;
	struct rtp_fanout_cap cap;
	gboolean known;
	guint16 seq;
};

/**
 * session_played - for session_play()
 * @status: GST_RTSP_STS_OK, or what to tell the viewer; 454 when the session
 *	ended meanwhile
 * @starts: @n of them; those of the tracks that were set up
 */
typedef void (*session_played)(GstRTSPStatusCode status,
			       const struct session_start *starts, guint n,
			       gpointer user_data);

/**
 * session_play - send what was set up
 * @func: called once, from the main loop or from here, when the first datagrams
 *	were sent, or LIMIT_RTP_INFO_MS have passed without
 */
void session_play(struct session *session, session_played func, gpointer user_data);

#endif
