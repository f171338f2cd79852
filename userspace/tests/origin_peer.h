/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The RTSP connections of the test's origin, and what they share with it */
#ifndef TESTS_ORIGIN_PEER_H
#define TESTS_ORIGIN_PEER_H

#include <netinet/in.h>

#include "origin.h"
#include "wire.h"

#define ORIGIN_TRACKS	2

/* An RTSP connection to the origin */
struct peer {
	struct origin *origin;
	struct wire *wire;
	gboolean playing;
	struct sockaddr_in rtp[ORIGIN_TRACKS];
	struct sockaddr_in rtcp[ORIGIN_TRACKS];
	gboolean tcp;
	guint8 channel[ORIGIN_TRACKS];
	guint tracks;
	gint64 alive;		/* when it began to play, or RTCP came last */
};

struct origin {
	GThread *thread;
	GMainContext *context;
	GMainLoop *loop;
	GSocket *listener;
	guint16 port;
	int fd[ORIGIN_TRACKS][2];	/* RTP, RTCP */
	guint16 media_port[ORIGIN_TRACKS][2];
	guint16 seq[ORIGIN_TRACKS];
	guint32 units;		/* access units so far */
	guint32 ticks;		/* periods so far */
	guint small;		/* periods a datagram, or 0 */
	guint32 streams;	/* times that it began anew */
	gboolean was_down;
	gboolean said_bye;
	GList *peers;
	GMutex lock;		/* of what follows */
	struct origin_stats stats;
	GByteArray *captured;
	gint refuse;
	guint delay_ms;
	guint expire_ms;
	gboolean hang_up;
	struct origin_mood mood;
};

/* -- origin_peer.c ------------------------------------------------------------- */

/* origin_accept - a GSocketSourceFunc: somebody connects */
gboolean origin_accept(GSocket *listener, GIOCondition condition, gpointer user_data);

/* peer_free - hang up */
void peer_free(struct peer *peer);

/* peer_send - a datagram of a track, over UDP or on the connection */
void peer_send(struct peer *peer, guint track, gboolean rtcp, const guint8 *data,
	       gsize len);

/* -- origin.c ------------------------------------------------------------------ */

struct origin_mood origin_mood(struct origin *origin);

/* origin_ssrc - of a track, as it is now */
guint32 origin_ssrc(const struct origin *origin, guint track);

/* origin_count - one more of one of its stats */
void origin_count(struct origin *origin, guint *counter);

/* origin_capture - keep what came, see origin_captured() */
void origin_capture(struct origin *origin, const void *data, gsize len);

/* origin_reported - RTCP came */
void origin_reported(struct origin *origin, guint track, const guint8 *data, gsize len);

#endif
