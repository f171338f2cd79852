// SPDX-License-Identifier: GPL-2.0-or-later
#include "upstream.h"

#include <string.h>
#include <sys/socket.h>

#include "limit.h"
#include "log.h"
#include "outage.h"
#include "random.h"
#include "rtsp_client.h"
#include "session_header.h"
#include "tracks.h"
#include "waiters.h"

/* Random part of the CNAME, in bytes (RFC 7022, section 4.2) */
#define CNAME_BYTES	12

/**
 * struct upstream - see upstream.h
 * @config: see there
 * @cname: the relay's
 * @client: the connection with the server; NULL while it is lost
 * @get_parameter: the server knows GET_PARAMETER
 * @in_session: it has given us a session
 * @here: how far this connection has come
 * @pending: a step to the next state is under way
 * @state: how far any connection has come
 * @wanted: how far it is to come
 * @waiters: for a state
 * @sdp: see upstream_sdp()
 * @tracks: as many as @sdp has, from the first SETUP on
 * @tcp: media is asked for over TCP
 * @udp_refused: it was not to be had over UDP
 * @tcp_refused: nor over TCP
 * @udp_works: it came over UDP once
 * @keepalive: time of the next one
 * @watch: time of the next look whether media comes
 * @received: datagrams when it was looked last, or when PLAY was answered
 * @media_at: monotonic time when they became more last, or when PLAY was
 *	answered, us
 * @silent: none has come since PLAY
 * @outage: while the server is lost
 * @failed: @config.ended was called
 * @stopped: the owner has gone
 * @refs: one of the owner, and one of each function on the stack that calls out
 */
struct upstream {
	struct upstream_config config;
	char *cname;
	struct rtsp_client *client;
	gboolean get_parameter;
	gboolean in_session;
	enum upstream_state here;
	gboolean pending;
	enum upstream_state state;
	enum upstream_state wanted;
	struct waiters waiters;
	struct sdp *sdp;
	struct tracks tracks;
	gboolean tcp;
	gboolean udp_refused;
	gboolean tcp_refused;
	gboolean udp_works;
	guint keepalive;
	guint watch;
	guint64 received;
	gint64 media_at;
	gboolean silent;
	struct outage outage;
	gboolean failed;
	gboolean stopped;
	guint refs;
};

static void upstream_connect(gpointer user_data);

static void upstream_unref(struct upstream *upstream)
{
	if (--upstream->refs)
		return;
	sdp_free(upstream->sdp);
	g_free(upstream->cname);
	g_free(upstream);
}

static const struct config_upstream *upstream_server(const struct upstream *upstream)
{
	return upstream->config.path->upstream;
}

static GstRTSPMessage *upstream_request(GstRTSPMethod method, const char *url)
{
	GstRTSPMessage *msg = NULL;

	gst_rtsp_message_new_request(&msg, method, url);
	return msg;
}

/* Hang up, with TEARDOWN where there is a session and somebody to tell. */
static void upstream_disconnect(struct upstream *upstream, gboolean alive)
{
	struct rtsp_client *client = g_steal_pointer(&upstream->client);

	g_clear_handle_id(&upstream->keepalive, g_source_remove);
	g_clear_handle_id(&upstream->watch, g_source_remove);
	tracks_stop(&upstream->tracks);
	if (client && alive && upstream->in_session)
		rtsp_client_finish(client, upstream_request(GST_RTSP_TEARDOWN,
							    upstream->sdp->control));
	else
		rtsp_client_free(client);
	upstream->in_session = FALSE;
	upstream->here = UPSTREAM_CONNECTING;
	upstream->pending = FALSE;
}

static void upstream_fail(struct upstream *upstream, GstRTSPStatusCode status,
			  const char *reason)
{
	if (upstream->failed || upstream->stopped)
		return;
	upstream->failed = TRUE;
	log_warn("upstream-failed", LOG_S("path", upstream->config.path->name),
		  LOG_S("upstream", upstream_server(upstream)->url),
		  LOG_U("status", status), LOG_S("reason", reason));
	outage_stop(&upstream->outage);
	waiters_fail(&upstream->waiters, status);
	/* one of those who waited may have been the last */
	if (!upstream->stopped)
		upstream->config.ended(upstream->config.user_data);
}

static void upstream_give_up(gpointer user_data)
{
	struct upstream *upstream = user_data;

	upstream->refs++;
	upstream_fail(upstream, GST_RTSP_STS_SERVICE_UNAVAILABLE,
		      "it did not come back in time");
	upstream_unref(upstream);
}

/*
 * This connection is no good. Viewers who were served already wait for another,
 * those who have yet to be are told.
 */
static void upstream_lose(struct upstream *upstream, GstRTSPStatusCode status,
			  const char *reason, gboolean alive)
{
	guint reconnect_s = upstream_server(upstream)->reconnect_s;
	guint pause_ms;

	if (upstream->failed || upstream->stopped)
		return;
	if (upstream->state < UPSTREAM_PLAYING || !reconnect_s) {
		upstream_fail(upstream, status, reason);
		return;
	}
	upstream_disconnect(upstream, alive);
	pause_ms = outage_lose(&upstream->outage, reconnect_s);
	log_warn("upstream-lost", LOG_S("path", upstream->config.path->name),
		  LOG_S("upstream", upstream_server(upstream)->url),
		  LOG_S("reason", reason), LOG_U("again-ms", pause_ms));
}

/* Try the other transport, at once: nobody has lost anything yet. */
static void upstream_change_transport(struct upstream *upstream, const char *reason)
{
	upstream->tcp = !upstream->tcp;
	log_event("upstream-transport", LOG_S("path", upstream->config.path->name),
		  LOG_S("upstream", upstream_server(upstream)->url),
		  LOG_S("transport", upstream->tcp ? "tcp" : "udp"),
		  LOG_S("reason", reason));
	upstream_disconnect(upstream, TRUE);
	upstream_connect(upstream);
}

static void upstream_ask(struct upstream *upstream, GstRTSPMethod method, const char *url)
{
	rtsp_client_ask(upstream->client, upstream_request(method, url), 0);
}

static void upstream_describe(struct upstream *upstream)
{
	GstRTSPMessage *msg = upstream_request(GST_RTSP_DESCRIBE,
					       upstream_server(upstream)->url);

	gst_rtsp_message_add_header(msg, GST_RTSP_HDR_ACCEPT, "application/sdp");
	rtsp_client_ask(upstream->client, msg, 0);
}

static void upstream_setup(struct upstream *upstream, guint index)
{
	const struct sdp_track *sdp = g_ptr_array_index(upstream->sdp->tracks, index);
	GstRTSPMessage *msg = upstream_request(GST_RTSP_SETUP, sdp->control);

	gst_rtsp_message_take_header(msg, GST_RTSP_HDR_TRANSPORT,
				     tracks_request(&upstream->tracks, index,
						    upstream->tcp, sdp->feedback));
	rtsp_client_ask(upstream->client, msg, index);
}

static gboolean upstream_open_tracks(struct upstream *upstream, GError **error)
{
	const struct config_path *path = upstream->config.path;
	gboolean v6 = upstream->config.dual_stack ||
		      rtsp_client_server(upstream->client)->family == AF_INET6;

	return tracks_open(&upstream->tracks, upstream->sdp, &(struct track_config){
		.name = path->name,
		.family = v6 ? AF_INET6 : AF_INET,
		.backend = upstream->config.backend,
		.pace = path->pace,
		.tee = path->tee,
		.nat = path->nat,
		.cname = upstream->cname,
		.leg_alive = upstream->config.leg_alive,
		.leg_gone = upstream->config.leg_gone,
	}, path->upstream->key_frames, error);
}

/* The next step, if someone waits for it and none is under way */
static void upstream_advance(struct upstream *upstream)
{
	enum upstream_state wanted = MAX(upstream->wanted, upstream->state);
	g_autoptr(GError) error = NULL;

	if (!upstream->client || upstream->pending || upstream->here >= wanted)
		return;
	upstream->pending = TRUE;

	switch (upstream->here) {
	case UPSTREAM_CONNECTING:
		upstream_ask(upstream, GST_RTSP_OPTIONS, upstream_server(upstream)->url);
		break;
	case UPSTREAM_DESCRIBED:
		if (!upstream_open_tracks(upstream, &error)) {
			upstream_fail(upstream, GST_RTSP_STS_SERVICE_UNAVAILABLE,
				      error->message);
			break;
		}
		/* the others follow once it has given us a session */
		upstream_setup(upstream, 0);
		break;
	case UPSTREAM_READY:
		upstream_ask(upstream, GST_RTSP_PLAY, upstream->sdp->control);
		break;
	case UPSTREAM_PLAYING:
		break;
	}
}

static void upstream_set_state(struct upstream *upstream, enum upstream_state state)
{
	upstream->here = state;
	upstream->state = MAX(upstream->state, state);
	upstream->pending = FALSE;
	upstream_advance(upstream);
	waiters_wake(&upstream->waiters, upstream->state);
}

static gboolean upstream_keep_alive(gpointer user_data)
{
	struct upstream *upstream = user_data;

	upstream_ask(upstream, upstream->get_parameter ? GST_RTSP_GET_PARAMETER :
		     GST_RTSP_OPTIONS, upstream->sdp->control);
	return G_SOURCE_CONTINUE;
}

static void upstream_got_options(struct upstream *upstream, GstRTSPMessage *msg)
{
	char *public = NULL;

	/* a server that does not know OPTIONS is served as well as can be */
	if (gst_rtsp_message_get_header(msg, GST_RTSP_HDR_PUBLIC, &public, 0) == GST_RTSP_OK)
		upstream->get_parameter = gst_rtsp_options_from_text(public) &
					  GST_RTSP_GET_PARAMETER;
	upstream_describe(upstream);
}

static void upstream_got_description(struct upstream *upstream, GstRTSPMessage *msg)
{
	g_autoptr(GError) error = NULL;
	char *base = NULL;
	guint8 *body = NULL;
	struct sdp *sdp;
	guint len = 0;

	if (gst_rtsp_message_get_header(msg, GST_RTSP_HDR_CONTENT_BASE, &base, 0) !=
	    GST_RTSP_OK)
		base = upstream_server(upstream)->url;
	gst_rtsp_message_get_body(msg, &body, &len);
	sdp = sdp_parse(body, len, base, &error);
	if (!sdp) {
		upstream_lose(upstream, GST_RTSP_STS_BAD_GATEWAY, error->message, TRUE);
	} else if (upstream->sdp && !sdp_same_media(upstream->sdp, sdp)) {
		/* what viewers were told is not true any more */
		sdp_free(sdp);
		upstream_fail(upstream, GST_RTSP_STS_SERVICE_UNAVAILABLE,
			      "the stream has changed");
	} else {
		sdp_free(upstream->sdp);
		upstream->sdp = sdp;
		upstream_set_state(upstream, UPSTREAM_DESCRIBED);
	}
}

static gboolean upstream_take_session(struct upstream *upstream, const char *header)
{
	guint seconds = 0;
	g_autofree char *id = session_header_parse(header, &seconds);

	if (!id)
		return FALSE;
	rtsp_client_set_session(upstream->client, id);
	upstream->in_session = TRUE;
	seconds = CLAMP(seconds, LIMIT_UPSTREAM_TIMEOUT_MIN_S, LIMIT_UPSTREAM_TIMEOUT_MAX_S);
	upstream->keepalive = g_timeout_add_seconds(seconds / 2, upstream_keep_alive,
						    upstream);
	return TRUE;
}

static void upstream_got_setup(struct upstream *upstream, GstRTSPMessage *msg,
			       guint index)
{
	char *session = NULL, *transport = NULL;
	g_autoptr(GError) error = NULL;

	gst_rtsp_message_get_header(msg, GST_RTSP_HDR_SESSION, &session, 0);
	gst_rtsp_message_get_header(msg, GST_RTSP_HDR_TRANSPORT, &transport, 0);
	if (index == 0 && !upstream_take_session(upstream, session)) {
		upstream_lose(upstream, GST_RTSP_STS_BAD_GATEWAY,
			      "SETUP was answered without a session", TRUE);
		return;
	}
	if (!tracks_start(&upstream->tracks, index, upstream->client, transport, &error)) {
		if (error)
			upstream_fail(upstream, GST_RTSP_STS_SERVICE_UNAVAILABLE,
				      error->message);
		else
			upstream_lose(upstream, GST_RTSP_STS_BAD_GATEWAY,
				      "SETUP was answered with another transport than "
				      "was asked for, or without ports", TRUE);
		return;
	}

	for (guint i = 1; index == 0 && i < upstream->tracks.n; i++)
		upstream_setup(upstream, i);
	if (index + 1 == upstream->tracks.n)
		upstream_set_state(upstream, UPSTREAM_READY);
}

static void upstream_got_media(struct upstream *upstream, gint64 now)
{
	gint64 gap_ms = outage_end(&upstream->outage);

	upstream->media_at = now;
	upstream->silent = FALSE;
	upstream->udp_works |= !upstream->tcp;
	if (gap_ms >= 0)
		log_event("upstream-returned", LOG_S("path", upstream->config.path->name),
			  LOG_S("upstream", upstream_server(upstream)->url),
			  LOG_U("gap-ms", gap_ms));
}

static gboolean upstream_may_use_tcp(const struct upstream *upstream)
{
	return upstream_server(upstream)->transport == CONFIG_TRANSPORT_AUTO &&
	       !upstream->tcp && !upstream->udp_refused && !upstream->udp_works;
}

/* A connection that lives does not mean that media comes. */
static void upstream_look(struct upstream *upstream)
{
	gint64 now = g_get_monotonic_time(), silent_ms = (now - upstream->media_at) / 1000;
	gint64 silence_ms = upstream_server(upstream)->silence_s * G_GINT64_CONSTANT(1000);
	guint64 received = tracks_received(&upstream->tracks);

	if (received != upstream->received) {
		upstream->received = received;
		upstream_got_media(upstream, now);
	} else if (tracks_server_left(&upstream->tracks)) {
		upstream_lose(upstream, GST_RTSP_STS_SERVICE_UNAVAILABLE,
			      "the server said BYE", TRUE);
	} else if (upstream->silent && silent_ms >= LIMIT_UPSTREAM_UDP_MS &&
		   upstream_may_use_tcp(upstream)) {
		upstream->udp_refused = TRUE;
		upstream_change_transport(upstream, "nothing comes over UDP: is a "
					  "firewall in the way?");
	} else if (silence_ms && silent_ms >= silence_ms) {
		upstream_lose(upstream, GST_RTSP_STS_SERVICE_UNAVAILABLE,
			      "no media comes", TRUE);
	}
}

static gboolean upstream_watch(gpointer user_data)
{
	struct upstream *upstream = user_data;

	upstream->refs++;
	upstream_look(upstream);
	upstream_unref(upstream);
	/* a connection that was given up has removed this source itself */
	return G_SOURCE_CONTINUE;
}

static void upstream_got_play(struct upstream *upstream)
{
	log_event("upstream-playing", LOG_S("path", upstream->config.path->name),
		  LOG_S("upstream", upstream_server(upstream)->url),
		  LOG_S("transport", upstream->tcp ? "tcp" : "udp"));
	upstream->silent = TRUE;
	upstream->received = tracks_received(&upstream->tracks);
	upstream->media_at = g_get_monotonic_time();
	upstream->watch = g_timeout_add_seconds(LIMIT_UPSTREAM_WATCH_S, upstream_watch,
						upstream);
	upstream_set_state(upstream, UPSTREAM_PLAYING);
}

static void upstream_got_ok(struct upstream *upstream, GstRTSPMethod method, guint tag,
			    GstRTSPMessage *msg)
{
	switch (method) {
	case GST_RTSP_DESCRIBE:
		upstream_got_description(upstream, msg);
		break;
	case GST_RTSP_SETUP:
		upstream_got_setup(upstream, msg, tag);
		break;
	case GST_RTSP_PLAY:
		upstream_got_play(upstream);
		break;
	default:
		/* keepalives: that there was an answer is all that matters */
		break;
	}
}

static void upstream_got_refusal(struct upstream *upstream, GstRTSPMethod method,
				 GstRTSPMessage *msg)
{
	GstRTSPStatusCode code = msg->type_data.response.code;
	g_autofree char *reason = g_strdup_printf("%s was answered with %d %s",
						  gst_rtsp_method_as_text(method), code,
						  msg->type_data.response.reason);

	if (method == GST_RTSP_OPTIONS || method == GST_RTSP_GET_PARAMETER) {
		if (code == GST_RTSP_STS_SESSION_NOT_FOUND)
			upstream_lose(upstream, GST_RTSP_STS_SERVICE_UNAVAILABLE,
				      "the server has ended the session", FALSE);
	} else if (code == GST_RTSP_STS_UNSUPPORTED_TRANSPORT &&
		   upstream_may_use_tcp(upstream)) {
		upstream->udp_refused = TRUE;
		upstream_change_transport(upstream, reason);
	} else if (code == GST_RTSP_STS_UNSUPPORTED_TRANSPORT &&
		   upstream->udp_refused && upstream->tcp && !upstream->tcp_refused) {
		/* then UDP, which it did not refuse, if nothing came over it yet */
		upstream->tcp_refused = TRUE;
		upstream_change_transport(upstream, reason);
	} else {
		upstream_lose(upstream, code == GST_RTSP_STS_NOT_FOUND ?
			      GST_RTSP_STS_NOT_FOUND : GST_RTSP_STS_BAD_GATEWAY,
			      reason, TRUE);
	}
}

static void upstream_answer(GstRTSPMethod method, guint tag, GstRTSPMessage *answer,
			    gpointer user_data)
{
	struct upstream *upstream = user_data;

	upstream->refs++;
	if (upstream->here == UPSTREAM_CONNECTING && method == GST_RTSP_OPTIONS)
		upstream_got_options(upstream, answer);
	else if (answer->type_data.response.code == GST_RTSP_STS_OK)
		upstream_got_ok(upstream, method, tag, answer);
	else
		upstream_got_refusal(upstream, method, answer);
	upstream_unref(upstream);
}

static void upstream_frame(guint8 channel, const guint8 *data, gsize len,
			   gpointer user_data)
{
	struct upstream *upstream = user_data;

	tracks_frame(&upstream->tracks, channel, data, len);
}

static void upstream_connected(gpointer user_data)
{
	struct upstream *upstream = user_data;

	upstream->refs++;
	upstream->pending = FALSE;
	upstream_advance(upstream);
	upstream_unref(upstream);
}

static void upstream_closed(GstRTSPStatusCode status, const char *reason,
			    gpointer user_data)
{
	struct upstream *upstream = user_data;

	upstream->refs++;
	upstream_lose(upstream, status, reason, FALSE);
	upstream_unref(upstream);
}

static void upstream_connect(gpointer user_data)
{
	struct upstream *upstream = user_data;
	static const struct rtsp_client_ops ops = {
		.connected = upstream_connected,
		.answer = upstream_answer,
		.frame = upstream_frame,
		.closed = upstream_closed,
	};

	log_event("upstream-connect", LOG_S("path", upstream->config.path->name),
		  LOG_S("upstream", upstream_server(upstream)->url));
	upstream->pending = TRUE;
	upstream->client = rtsp_client_new(upstream->config.path->upstream, &ops, upstream);
}

struct upstream *upstream_new(const struct upstream_config *config)
{
	struct upstream *upstream = g_new0(struct upstream, 1);

	upstream->config = *config;
	upstream->refs = 1;
	upstream->cname = random_base64(CNAME_BYTES);
	upstream->wanted = UPSTREAM_DESCRIBED;
	upstream->tcp = config->path->upstream->tls ||
			config->path->upstream->transport == CONFIG_TRANSPORT_TCP;
	outage_init(&upstream->outage, upstream_connect, upstream_give_up, upstream);
	upstream_connect(upstream);
	return upstream;
}

void upstream_reach(struct upstream *upstream, enum upstream_state state,
		    upstream_reached func, gpointer user_data)
{
	if (upstream->state >= state) {
		func(GST_RTSP_STS_OK, user_data);
		return;
	}
	waiters_add(&upstream->waiters, state, func, user_data);
	upstream->refs++;
	upstream->wanted = MAX(upstream->wanted, state);
	upstream_advance(upstream);
	upstream_unref(upstream);
}

void upstream_stop(struct upstream *upstream)
{
	upstream->stopped = TRUE;
	log_event("upstream-stopped", LOG_S("path", upstream->config.path->name),
		  LOG_S("upstream", upstream_server(upstream)->url));
	waiters_fail(&upstream->waiters, GST_RTSP_STS_SERVICE_UNAVAILABLE);

	outage_stop(&upstream->outage);
	/* they say BYE, over the connection if need be */
	tracks_close(&upstream->tracks);
	upstream_disconnect(upstream, !upstream->failed);
	upstream_unref(upstream);
}

gboolean upstream_set_dual_stack(struct upstream *upstream, gboolean dual_stack)
{
	upstream->config.dual_stack = dual_stack;
	return !dual_stack || !upstream->tracks.n ||
	       track_reaches(upstream->tracks.track[0], AF_INET6);
}

gboolean upstream_is_awaited(const struct upstream *upstream)
{
	return !waiters_are_none(&upstream->waiters);
}

const char *upstream_state_name(const struct upstream *upstream)
{
	static const char *const names[] = {
		[UPSTREAM_CONNECTING] = "connecting",
		[UPSTREAM_DESCRIBED] = "described",
		[UPSTREAM_READY] = "ready",
		[UPSTREAM_PLAYING] = "playing",
	};

	return upstream->outage.since ? "lost" : names[upstream->state];
}

gboolean upstream_is_playing(const struct upstream *upstream)
{
	return upstream->state == UPSTREAM_PLAYING && !upstream->outage.since;
}

gboolean upstream_is_tcp(const struct upstream *upstream)
{
	return upstream->tcp;
}

guint upstream_returns(const struct upstream *upstream)
{
	return upstream->outage.returns;
}

const struct sdp *upstream_sdp(const struct upstream *upstream)
{
	return upstream->sdp;
}

struct track *upstream_track(const struct upstream *upstream, guint index)
{
	if (upstream->state < UPSTREAM_READY || index >= upstream->tracks.n)
		return NULL;
	return upstream->tracks.track[index];
}
