// SPDX-License-Identifier: GPL-2.0-or-later
#include "session.h"

#include <arpa/inet.h>
#include <string.h>

#include "addr.h"
#include "cap.h"
#include "limit.h"
#include "limiter.h"
#include "log.h"
#include "random.h"

/* Random bytes of an identifier: nobody guesses it */
#define SESSION_ID_BYTES	16
/* Of a name, NUL included; of two sessions, one in 2^48 has the other's */
#define SESSION_NAME_LEN	13

/**
 * struct session - see session.h
 * @table: where it is
 * @id: its identifier, in hexadecimal
 * @name: see session_name()
 * @path: what it shows
 * @viewer: whose it is; the port is that of the connection which began it
 * @ifindex: see session_new()
 * @local: the relay's address that it was asked at
 * @timeout_s: silence after which it ends, as its viewer was told
 * @slow: see session_slow()
 * @playing: PLAY was asked for
 * @bandwidth: see session_bandwidth()
 * @began_at: monotonic time of its beginning, us
 * @heard_at: monotonic time of the last sign of life, us
 * @renew_at: from when on the next one renews the leases of its legs, likewise
 * @silent: looks whether anything was heard over UDP
 * @timer: looks whether that is too long ago
 * @gone: why it is about to end, or NULL
 * @gone_idle: ends it
 * @n_legs: tracks that the path had when it began, which are those that it has
 * @legs: by track; those set up have a session
 */
struct session {
	struct session_table *table;
	char *id;
	char name[SESSION_NAME_LEN];
	struct path *path;
	struct rtp_fanout_addr viewer;
	guint ifindex;
	struct rtp_fanout_addr local;
	guint timeout_s;
	enum verdict_side slow;
	gboolean playing;
	guint64 bandwidth;
	gint64 began_at;
	gint64 heard_at;
	gint64 renew_at;
	guint silent;
	guint timer;
	const char *gone;
	guint gone_idle;
	guint n_legs;
	struct leg legs[];
};

static void session_make_name(struct session *session)
{
	g_autofree char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256,
								session->id, -1);

	g_strlcpy(session->name, digest, sizeof(session->name));
}

static gboolean session_check(gpointer user_data);

/*
 * Look whether it has ended, once it could have. A viewer sends a sign of life long
 * before that: timers of whole seconds wake for all sessions together, and what is left
 * is waited for by the millisecond.
 */
static void session_wait(struct session *session, gint64 left_ms)
{
	if (left_ms > 2000)
		session->timer = g_timeout_add_seconds(left_ms / 1000 - 1, session_check,
						       session);
	else
		session->timer = g_timeout_add(left_ms + 1, session_check, session);
}

static gboolean session_check(gpointer user_data)
{
	struct session *session = user_data;
	gint64 end = session->heard_at + (gint64)session->timeout_s * G_USEC_PER_SEC;
	gint64 left_ms = (end - g_get_monotonic_time()) / 1000;

	session->timer = 0;
	if (left_ms <= 0)
		session_dismiss(session, "timeout");
	else
		session_wait(session, left_ms);
	return G_SOURCE_REMOVE;
}

struct session *session_new(struct session_table *table, struct path *path,
			    const struct rtp_fanout_addr *viewer, guint ifindex,
			    const struct rtp_fanout_addr *local)
{
	guint n_legs = path_sdp(path)->tracks->len;
	struct session *session;

	if (!session_table_enter(table, viewer))
		return NULL;
	session = g_malloc0(sizeof(*session) + n_legs * sizeof(session->legs[0]));
	session->n_legs = n_legs;
	session->table = table;
	session->id = random_hex(SESSION_ID_BYTES);
	session_make_name(session);
	session->began_at = g_get_monotonic_time();
	session->path = path;
	session->viewer = *viewer;
	session->ifindex = ifindex;
	session->local = *local;
	session->timeout_s = session_table_timeout_s(table);
	session_touch(session);
	session_wait(session, session->timeout_s * G_GINT64_CONSTANT(1000));
	session_table_add(table, session);
	path_join(path, session);
	return session;
}

/* Whose fault it was that a picture stuttered, see rtprelayd(8) */
static void session_log_sent(struct session *session, guint index)
{
	struct leg *leg = &session->legs[index];
	struct rtp_fanout_dest_info info;
	char addr[ADDR_STRLEN];

	if (leg->session && track_leg_info(leg, &info))
		log_event("viewer-sent", LOG_S("path", path_name(session->path)),
			  LOG_U("track", index),
			  LOG_S("viewer", addr_to_string(leg_addr(leg), addr)),
			  LOG_S("session", session->name),
			  LOG_U("packets", info.packets), LOG_U("octets", info.octets),
			  LOG_U("dropped-nomem", info.dropped_nomem),
			  LOG_U("dropped-inflight", info.dropped_inflight),
			  LOG_U("dropped-route", info.dropped_route),
			  LOG_U("dropped-mtu", info.dropped_mtu),
			  LOG_U("dropped-output", info.dropped_output));
}

void session_end(struct session *session, const char *reason)
{
	char host[ADDR_STRLEN];

	log_event("viewer-left", LOG_S("path", path_name(session->path)),
		  LOG_S("viewer", addr_host(&session->viewer, host)),
		  LOG_S("session", session->name), LOG_S("reason", reason));
	g_clear_handle_id(&session->timer, g_source_remove);
	g_clear_handle_id(&session->gone_idle, g_source_remove);
	g_clear_handle_id(&session->silent, g_source_remove);
	for (guint i = 0; i < session->n_legs; i++) {
		session_log_sent(session, i);
		track_del_leg(&session->legs[i]);
		leg_clear(&session->legs[i]);
	}
	session_table_remove(session->table, session);
	path_leave(session->path, session);
	g_free(session->id);
	g_free(session);
}

void session_dismiss(struct session *session, const char *reason)
{
	for (guint i = 0; i < session->n_legs; i++)
		track_bye_leg(&session->legs[i]);
	session_end(session, reason);
}

struct session_table *session_table(const struct session *session)
{
	return session->table;
}

const char *session_id(const struct session *session)
{
	return session->id;
}

guint session_timeout_s(const struct session *session)
{
	return session->timeout_s;
}

struct path *session_path(const struct session *session)
{
	return session->path;
}

enum verdict_side session_slow(const struct session *session)
{
	return session->slow;
}

void session_set_slow(struct session *session, enum verdict_side side)
{
	session->slow = side;
}

const char *session_name(const struct session *session)
{
	return session->name;
}

const struct rtp_fanout_addr *session_viewer(const struct session *session)
{
	return &session->viewer;
}

const struct rtp_fanout_addr *session_local(const struct session *session)
{
	return &session->local;
}

gint64 session_began_at(const struct session *session)
{
	return session->began_at;
}

guint64 session_bandwidth(const struct session *session)
{
	return session->bandwidth;
}

void session_set_bandwidth(struct session *session, guint64 octets)
{
	if (octets == session->bandwidth)
		return;
	session->bandwidth = octets;
	limiter_watch(session_table_limiter(session->table));
}

gint64 session_age_ms(const struct session *session)
{
	return (g_get_monotonic_time() - session->began_at) / 1000;
}

gint64 session_silent_ms(const struct session *session)
{
	return (g_get_monotonic_time() - session->heard_at) / 1000;
}

gboolean session_set_cap(struct session *session, const struct rtp_fanout_cap *cap,
			 GError **error)
{
	struct rtp_fanout_cap before[LIMIT_TRACKS];

	for (guint i = 0; i < session->n_legs; i++) {
		before[i] = session->legs[i].dest.cap;
		if (!session->legs[i].session ||
		    track_set_cap(&session->legs[i], cap, error))
			continue;
		while (i--)
			track_set_cap(&session->legs[i], &before[i], NULL);
		return FALSE;
	}
	for (guint i = 0; i < session->n_legs; i++) {
		session->legs[i].lowered = FALSE;
		adapter_leg_wish(&session->legs[i].adapter, cap);
	}
	limiter_wake(session_table_limiter(session->table));
	return TRUE;
}

struct leg *session_leg(struct session *session, guint index)
{
	struct leg *leg = index < session->n_legs ? &session->legs[index] : NULL;

	return leg && leg->session ? leg : NULL;
}

gboolean session_is_playing(const struct session *session)
{
	return session->playing;
}

guint session_n_tracks(const struct session *session)
{
	guint n = 0;

	for (guint i = 0; i < session->n_legs; i++)
		n += !!session->legs[i].session;
	return n;
}

gboolean session_has_track(const struct session *session, guint index)
{
	return index < session->n_legs && session->legs[index].session;
}

/*
 * What is sent to a viewer ends by itself when it is silent for twice the timeout,
 * should the daemon not be there to end it.
 */
static guint session_lease_ms(const struct session *session)
{
	return 2 * 1000 * session->timeout_s;
}

static void session_renew(struct session *session)
{
	session->renew_at = session->heard_at +
			    (gint64)session->timeout_s * G_USEC_PER_SEC / 4;
	for (guint i = 0; i < session->n_legs; i++)
		if (session->legs[i].track)
			track_renew_leg(&session->legs[i]);
}

void session_touch(struct session *session)
{
	session->heard_at = g_get_monotonic_time();
	if (session->heard_at >= session->renew_at)
		session_renew(session);
}

void session_leg_alive(struct leg *leg)
{
	session_touch(leg->session);
}

static gboolean session_end_gone(gpointer user_data)
{
	struct session *session = user_data;

	session->gone_idle = 0;
	session_dismiss(session, session->gone);
	return G_SOURCE_REMOVE;
}

void session_leg_gone(struct leg *leg, const char *reason)
{
	struct session *session = leg->session;

	if (session->gone_idle)
		return;
	session->gone = reason;
	session->gone_idle = g_idle_add(session_end_gone, session);
}

gboolean session_setup(struct session *session, guint index,
		       const struct transport_choice *transport,
		       struct interleaved *interleaved, const struct rtp_fanout_cap *cap)
{
	struct leg *leg = &session->legs[index];

	g_return_val_if_fail(index < session->n_legs, FALSE);
	track_del_leg(leg);
	leg->session = NULL;
	switch (transport->kind) {
	case TRANSPORT_UDP:
		leg_set_up_udp(leg, &session->viewer, session->ifindex, &session->local,
			       &transport->ports);
		track_await_leg(path_track(session->path, index), leg);
		break;
	case TRANSPORT_INTERLEAVED:
		if (!interleaved ||
		    !leg_set_up_interleaved(leg, interleaved, transport->any_channels ?
					    NULL : &transport->channels))
			return FALSE;
		break;
	}
	leg->session = session;
	leg->asked = *cap;
	leg->lowered = FALSE;
	leg->dest.cap = *cap;
	adapter_leg_init(&leg->adapter, cap);
	return TRUE;
}

void session_drop_track(struct session *session, guint index)
{
	struct leg *leg = &session->legs[index];

	track_del_leg(leg);
	leg_clear(leg);
	leg->session = NULL;
}

/*
 * The viewer has come back before we missed it: what it left behind goes. One that
 * was heard of is there, and naming its ports must not be enough to end it.
 */
static void session_take_over(struct track *track, struct session *session,
			      const struct leg *leg)
{
	struct leg *old = leg->transport == TRANSPORT_UDP ?
			  track_find_leg(track, &leg->dest) : NULL;

	if (old && old->session != session &&
	    session_silent_ms(old->session) > LIMIT_TAKE_OVER_MS)
		session_end(old->session, "another session has its ports");
}

static void session_log_refused(const struct session *session, const char *reason)
{
	log_warn("viewer-refused", LOG_S("path", path_name(session->path)),
		 LOG_S("session", session->name), LOG_S("reason", reason));
}

/* All that it set up, or, when one is refused, none */
static gboolean session_add_legs(struct session *session)
{
	gboolean added[LIMIT_TRACKS] = { FALSE };

	for (guint i = 0; i < session->n_legs; i++) {
		struct leg *leg = &session->legs[i];
		struct track *track = path_track(session->path, i);
		g_autoptr(GError) error = NULL;

		if (!leg->session || leg->track)
			continue;
		if (track)
			session_take_over(track, session, leg);
		leg_hold(leg);
		leg->dest.lease_ms = session_lease_ms(session);
		if (!track || !track_add_leg(track, leg, &error)) {
			session_log_refused(session, error ? error->message : "no track");
			while (i--)
				if (added[i])
					track_del_leg(&session->legs[i]);
			return FALSE;
		}
		added[i] = TRUE;
	}
	return TRUE;
}

/* Is there a leg over UDP, and nothing was heard of any? */
static gboolean session_is_silent(const struct session *session)
{
	gboolean udp = FALSE;

	for (guint i = 0; i < session->n_legs; i++) {
		const struct leg *leg = &session->legs[i];

		if (!leg->track || leg->transport != TRANSPORT_UDP)
			continue;
		if (leg->nat.rtcp)
			return FALSE;
		udp = TRUE;
	}
	return udp;
}

static gboolean session_look_silent(gpointer user_data)
{
	struct session *session = user_data;
	char host[ADDR_STRLEN];

	session->silent = 0;
	if (session_is_silent(session))
		log_warn("viewer-silent", LOG_S("path", path_name(session->path)),
			 LOG_S("viewer", addr_host(&session->viewer, host)),
			 LOG_S("session", session->name),
			 LOG_S("do", "no RTCP came from it. If it shows nothing, let UDP pass "
			       "between it and the relay, or have it use TCP: ffmpeg "
			       "-rtsp_transport tcp, vlc --rtsp-tcp, rtspsrc protocols=tcp"));
	return G_SOURCE_REMOVE;
}

static void session_watch_silence(struct session *session)
{
	g_clear_handle_id(&session->silent, g_source_remove);
	session->silent = g_timeout_add_seconds(LIMIT_SILENT_S, session_look_silent,
						session);
}

static void session_log_play(const struct session *session)
{
	for (guint i = 0; i < session->n_legs; i++) {
		const struct leg *leg = &session->legs[i];
		char addr[ADDR_STRLEN], cap[CAP_STRLEN];

		if (leg->session)
			log_event("viewer-plays", LOG_S("path", path_name(session->path)),
				  LOG_U("track", i),
				  LOG_S("viewer", addr_to_string(leg_addr(leg), addr)),
				  LOG_S("transport", transport_name(leg->transport)),
				  LOG_S("cap", cap_to_string(&leg->dest.cap, cap)),
				  LOG_S("session", session->name));
	}
}

/* There may be room now for what there were too many caps for when it played last. */
static void session_raise_wishes(struct session *session)
{
	for (guint i = 0; i < session->n_legs; i++) {
		struct leg *leg = &session->legs[i];

		if (!leg->lowered)
			continue;
		leg->lowered = FALSE;
		leg->dest.cap = leg->full_wish;
		adapter_leg_wish(&leg->adapter, &leg->full_wish);
	}
}

GstRTSPStatusCode session_begin(struct session *session)
{
	struct limiter *limiter = session_table_limiter(session->table);

	if (!session->playing)
		session_raise_wishes(session);
	if (!session->playing && !limiter_begin(limiter, session)) {
		session_log_refused(session, "not enough bandwidth");
		return GST_RTSP_STS_NOT_ENOUGH_BANDWIDTH;
	}
	if (!session_add_legs(session))
		return GST_RTSP_STS_SERVICE_UNAVAILABLE;
	if (!session->playing) {
		session_log_play(session);
		session_watch_silence(session);
	}
	session->playing = TRUE;
	return GST_RTSP_STS_OK;
}

void session_release(struct session *session)
{
	for (guint i = 0; i < session->n_legs; i++)
		leg_release(&session->legs[i]);
}

void session_pause(struct session *session)
{
	char host[ADDR_STRLEN];

	for (guint i = 0; i < session->n_legs; i++)
		track_del_leg(&session->legs[i]);
	g_clear_handle_id(&session->silent, g_source_remove);
	session->playing = FALSE;
	log_event("viewer-paused", LOG_S("path", path_name(session->path)),
		  LOG_S("viewer", addr_host(&session->viewer, host)),
		  LOG_S("session", session->name));
}
