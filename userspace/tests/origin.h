/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A small RTSP origin in a thread of its own: a scalable video track and an
 * opaque audio track, and a record of what was asked of it.
 */
#ifndef TESTS_ORIGIN_H
#define TESTS_ORIGIN_H

#include <gio/gio.h>

#include "gate.h"

/* Where it listens: an address that no viewer may ever see */
#define ORIGIN_HOST	"127.0.0.2"
#define ORIGIN_VIDEO	96
#define ORIGIN_AUDIO	97
#define ORIGIN_SSRC	0x0a0b0c00	/* of the first track; the next has one more */
/* The SSRCs of the stream that begins when it comes up again have this more */
#define ORIGIN_NEXT	0x100
/* Ticks between access units, of the video's clock and of the audio's */
#define ORIGIN_TICKS(track)	((track) ? 80 : 900)
/* Time between access units, in milliseconds */
#define ORIGIN_PERIOD	10
/* Between sender reports */
#define ORIGIN_SR	200

struct origin;

/* struct origin_stats - so far */
struct origin_stats {
	guint connections;
	guint open;		/* of those */
	guint describes;
	guint setups;
	guint plays;
	guint teardowns;
	guint others;
	guint foreign_peers;	/* connections, and RTCP, from anywhere but 127.0.0.1 */
	guint odd_ports;	/* SETUPs with other than an even port and the next */
	guint reports;		/* RTCP packets that came */
	guint expired;		/* connections closed since no RTCP came for them */
	guint key_frames;	/* asked for */
	guint byes;		/* of those who left */
	guint8 rtcp[128];	/* the last of the video's that came, @rtcp_len bytes */
	guint rtcp_len;
	guint64 sent;		/* RTP datagrams */
	guint64 made;		/* of those, while somebody played, but each once */
};

/* struct origin_mood - how it behaves; all zero at first */
struct origin_mood {
	gboolean down;		/* hangs up, on whoever comes too; the next stream is another */
	gboolean bye;		/* says BYE before that, or alone and goes mute */
	gboolean mute;		/* sends no media */
	gboolean no_udp;	/* sends none over UDP */
	gboolean refuse_udp;	/* answers SETUP for it with 461 */
	gboolean elsewhere;	/* sends media over UDP from the port of RTCP */
	gboolean feedback;	/* offers RTP/AVPF */
	gboolean changed;	/* has another payload type */
	enum gate gate;
};

struct origin *origin_new(void);
void origin_free(struct origin *origin);
guint16 origin_port(const struct origin *origin);
void origin_get_stats(struct origin *origin, struct origin_stats *stats);

/* origin_refuse - answer DESCRIBE with this status from now on; 200 to stop */
void origin_refuse(struct origin *origin, gint status);

/* origin_small - from now on only every so many periods a datagram, of each track */
void origin_small(struct origin *origin, guint periods);

/* origin_delay - answer DESCRIBE so many milliseconds later */
void origin_delay(struct origin *origin, guint ms);

/* origin_expire - close who plays and sends no RTCP for so long; 0 to stop */
void origin_expire(struct origin *origin, guint ms);

/* origin_captured - all that came so far, requests and RTCP, as bytes */
GBytes *origin_captured(struct origin *origin);

void origin_set_mood(struct origin *origin, const struct origin_mood *mood);

/* origin_hang_up - close all connections */
void origin_hang_up(struct origin *origin);

#endif
