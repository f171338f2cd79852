/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A viewer's session: what it set up, whether it plays, and when it was last
 * heard of. It belongs to no connection (RFC 2326, section 1.1).
 */
#ifndef RTPRELAYD_SESSION_H
#define RTPRELAYD_SESSION_H

#include <gst/rtsp/gstrtspdefs.h>

#include "leg.h"
#include "path.h"
#include "track.h"
#include "verdict.h"

struct limiter;
struct session;

/* struct session_table - all sessions, by identifier */
struct session_table;

struct session_table *session_table_new(guint timeout_s);

/* session_table_set_timeout - for sessions that begin from now on */
void session_table_set_timeout(struct session_table *table, guint timeout_s);

/* session_table_free - when there is none left */
void session_table_free(struct session_table *table);

/* session_table_set_host_limit - the most of one host, 0 for any number */
void session_table_set_host_limit(struct session_table *table, guint limit);

/* session_table_set_limiter - what keeps sessions within their limits; mandatory */
void session_table_set_limiter(struct session_table *table, struct limiter *limiter);

/* session_find - the session with that identifier, or NULL */
struct session *session_find(struct session_table *table, const char *id);

guint session_count(const struct session_table *table);

/* session_list - all of them, the oldest first; to be freed with g_list_free() */
GList *session_list(struct session_table *table);

/* session_each - visit all of them, in no order; none may begin or end */
void session_each(struct session_table *table,
		  void (*visit)(struct session *session, gpointer user_data),
		  gpointer user_data);

/* session_find_name - the session of that name, or NULL */
struct session *session_find_name(struct session_table *table, const char *name);

/**
 * session_find_for - the same, for one who asks
 * @viewer: the address that it is asked from
 *
 * Return: NULL also when the session is of another host. A viewer may come back
 * on another connection, and its port says nothing behind a NAT; but its media
 * goes to the address that set it up, so that a viewer whose address has changed
 * has no use for the session any more, and any other host has no right to it.
 */
struct session *session_find_for(struct session_table *table, const char *id,
				 const struct rtp_fanout_addr *viewer);

/**
 * session_new - begin one
 * @viewer: address that it was asked from
 * @ifindex: the interface that a link-local @viewer is at, else 0
 * @local: address that it was asked at
 *
 * Return: the session; NULL when there are LIMIT_SESSIONS, or too many of the host.
 */
struct session *session_new(struct session_table *table, struct path *path,
			    const struct rtp_fanout_addr *viewer, guint ifindex,
			    const struct rtp_fanout_addr *local);

/* session_end - stop and free it; @reason is for the log */
void session_end(struct session *session, const char *reason);

/* session_dismiss - the same for one that has not asked for it: it is told BYE */
void session_dismiss(struct session *session, const char *reason);

const char *session_id(const struct session *session);
guint session_timeout_s(const struct session *session);
struct path *session_path(const struct session *session);

/*
 * session_name - what operators call it: made of its identifier, which cannot be
 * told from it
 */
const char *session_name(const struct session *session);

/*
 * session_slow, session_set_slow - which side was slow when that was last logged,
 * see status_warn()
 */
enum verdict_side session_slow(const struct session *session);
void session_set_slow(struct session *session, enum verdict_side side);

/* session_viewer - whose it is; the port is of no meaning */
const struct rtp_fanout_addr *session_viewer(const struct session *session);

/* session_local - the relay's address that it was asked at; the port is of no meaning */
const struct rtp_fanout_addr *session_local(const struct session *session);

/* session_began_at - monotonic time of its beginning, us */
gint64 session_began_at(const struct session *session);

/*
 * session_bandwidth, session_set_bandwidth - what its viewer says that it can take,
 * octets a second; 0 when it says nothing
 */
guint64 session_bandwidth(const struct session *session);
void session_set_bandwidth(struct session *session, guint64 octets);

/* session_age_ms, session_silent_ms - since it began; since it was last heard of */
gint64 session_age_ms(const struct session *session);
gint64 session_silent_ms(const struct session *session);

/**
 * session_set_cap - change the layers that it gets, of all its tracks
 * @error: FANOUT_ERROR, see track_set_cap()
 *
 * Return: FALSE on error; nothing has changed then.
 */
gboolean session_set_cap(struct session *session, const struct rtp_fanout_cap *cap,
			 GError **error);

/* session_leg - its part in a track, NULL when it has not set that up */
struct leg *session_leg(struct session *session, guint index);

/* session_is_playing - has PLAY been asked for? */
gboolean session_is_playing(const struct session *session);

/* session_n_tracks - that it has set up */
guint session_n_tracks(const struct session *session);

/* session_has_track - has it set up that one? */
gboolean session_has_track(const struct session *session, guint index);

/* session_touch - the viewer is there */
void session_touch(struct session *session);

/* session_leg_alive, session_leg_gone - the same, and its reverse, from RTCP */
void session_leg_alive(struct leg *leg);
void session_leg_gone(struct leg *leg, const char *reason);

/**
 * session_setup - set up a track, or change what was set up before PLAY
 * @index: of the track
 * @transport: how it is to be sent
 * @interleaved: the connection that was asked on
 * @cap: layers that it gets
 *
 * Return: FALSE when the connection has no channels left; the track is not set up
 * then.
 */
gboolean session_setup(struct session *session, guint index,
		       const struct transport_choice *transport,
		       struct interleaved *interleaved, const struct rtp_fanout_cap *cap);

/**
 * session_drop_track - undo the setup of a track
 * @index: of one that it has; not of its only one, with which it would end
 */
void session_drop_track(struct session *session, guint index);

/**
 * struct session_start - where a track begins for this viewer
 * @index: of the track
 * @cap: its layers
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

/* session_pause - send no more until session_play(); it stays set up */
void session_pause(struct session *session);

#endif
