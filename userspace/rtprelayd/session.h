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
#include "session_table.h"
#include "track.h"
#include "verdict.h"

struct session;

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

/* session_table - that it is in */
struct session_table *session_table(const struct session *session);

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
 * session_begin - send what was set up; an answer is to follow, see session_release()
 *
 * Return: GST_RTSP_STS_OK, or what to tell the viewer: then the log says why, and
 * nothing is sent.
 */
GstRTSPStatusCode session_begin(struct session *session);

/* session_release - the viewer has its answer, and what was kept back after it */
void session_release(struct session *session);

/* session_pause - send no more until session_begin(); it stays set up */
void session_pause(struct session *session);

#endif
