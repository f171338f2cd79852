// SPDX-License-Identifier: GPL-2.0-or-later
#include "upstream.h"

#include <string.h>

#include "addr.h"
#include "limit.h"
#include "log.h"
#include "wire.h"

#define USER_AGENT	"rtprelayd"

/* Someone who waits for a state */
struct upstream_waiter {
	enum upstream_state state;
	upstream_reached func;
	gpointer user_data;
};

/* A request that was sent; answers come in the order of requests */
struct upstream_request {
	guint cseq;
	GstRTSPMethod method;
	guint track;	/* that SETUP is for */
};

/**
 * struct upstream - see upstream.h
 * @config: see there
 * @cancellable: ends what is under way when it is stopped
 * @wire: the connection, once made
 * @server: the server's address
 * @url: of DESCRIBE
 * @cseq: of the last request
 * @sent: struct upstream_request *, unanswered
 * @deadline: of the first of them, or of the TEARDOWN
 * @keepalive: time of the next one
 * @get_parameter: the server knows GET_PARAMETER
 * @session: identifier of the session
 * @timeout_s: after which the server drops it
 * @sdp: see upstream_sdp()
 * @tracks: struct track *, as many as @sdp has, from the first SETUP on
 * @state: how far it has come
 * @wanted: how far it is to come
 * @pending: a step to the next state is under way
 * @waiters: struct upstream_waiter *
 * @failed: @config.ended was called
 * @stopping: the owner has gone; only the answer to TEARDOWN is of interest
 */
struct upstream {
	struct upstream_config config;
	GCancellable *cancellable;
	struct wire *wire;
	struct rtp_fanout_addr server;
	char *url;
	guint cseq;
	GQueue sent;
	guint deadline;
	guint keepalive;
	gboolean get_parameter;
	char *session;
	guint timeout_s;
	struct sdp *sdp;
	GPtrArray *tracks;
	enum upstream_state state;
	enum upstream_state wanted;
	gboolean pending;
	GQueue waiters;
	gboolean failed;
	gboolean stopping;
};

static void upstream_advance(struct upstream *upstream);

static void upstream_free(struct upstream *upstream)
{
	g_clear_handle_id(&upstream->deadline, g_source_remove);
	g_clear_handle_id(&upstream->keepalive, g_source_remove);
	wire_free(upstream->wire);
	g_queue_clear_full(&upstream->sent, g_free);
	g_object_unref(upstream->cancellable);
	g_free(upstream->session);
	g_free(upstream->url);
	sdp_free(upstream->sdp);
	g_free(upstream);
}

/* Tell everyone whose state has come, or all of them of a failure. */
static void upstream_wake(struct upstream *upstream, GstRTSPStatusCode status)
{
	GQueue due = G_QUEUE_INIT;
	struct upstream_waiter *waiter;

	for (GList *l = upstream->waiters.head, *next; l; l = next) {
		waiter = l->data;
		next = l->next;
		if (status == GST_RTSP_STS_OK && waiter->state > upstream->state)
			continue;
		g_queue_unlink(&upstream->waiters, l);
		g_queue_push_tail_link(&due, l);
	}
	while ((waiter = g_queue_pop_head(&due))) {
		waiter->func(status, waiter->user_data);
		g_free(waiter);
	}
}

static void upstream_fail(struct upstream *upstream, GstRTSPStatusCode status,
			  const char *reason)
{
	if (upstream->failed || upstream->stopping)
		return;
	upstream->failed = TRUE;
	log_event("upstream-failed", LOG_S("path", upstream->config.path->name),
		  LOG_S("upstream", upstream->config.path->upstream),
		  LOG_U("status", status), LOG_S("reason", reason));
	upstream_wake(upstream, status);
	/* one of those who waited may have been the last */
	if (!upstream->stopping)
		upstream->config.ended(upstream->config.user_data);
}

static gboolean upstream_late(gpointer user_data)
{
	struct upstream *upstream = user_data;

	upstream->deadline = 0;
	if (upstream->stopping)
		upstream_free(upstream);
	else
		upstream_fail(upstream, GST_RTSP_STS_SERVICE_UNAVAILABLE,
			      "no answer in time");
	return G_SOURCE_REMOVE;
}

static void upstream_set_deadline(struct upstream *upstream, guint ms)
{
	g_clear_handle_id(&upstream->deadline, g_source_remove);
	if (ms)
		upstream->deadline = g_timeout_add(ms, upstream_late, upstream);
}

/* @msg is new, and freed here */
static void upstream_send(struct upstream *upstream, GstRTSPMessage *msg, guint track)
{
	struct upstream_request *request = g_new0(struct upstream_request, 1);
	g_autofree char *cseq = g_strdup_printf("%u", ++upstream->cseq);

	request->cseq = upstream->cseq;
	request->method = msg->type_data.request.method;
	request->track = track;
	gst_rtsp_message_add_header(msg, GST_RTSP_HDR_CSEQ, cseq);
	gst_rtsp_message_add_header(msg, GST_RTSP_HDR_USER_AGENT, USER_AGENT);
	if (upstream->session)
		gst_rtsp_message_add_header(msg, GST_RTSP_HDR_SESSION, upstream->session);

	if (g_queue_is_empty(&upstream->sent))
		upstream_set_deadline(upstream, LIMIT_UPSTREAM_ANSWER_MS);
	g_queue_push_tail(&upstream->sent, request);
	wire_send(upstream->wire, msg);
	gst_rtsp_message_free(msg);
}

static GstRTSPMessage *upstream_request(GstRTSPMethod method, const char *url)
{
	GstRTSPMessage *msg = NULL;

	gst_rtsp_message_new_request(&msg, method, url);
	return msg;
}

static void upstream_describe(struct upstream *upstream)
{
	GstRTSPMessage *msg = upstream_request(GST_RTSP_DESCRIBE, upstream->url);

	gst_rtsp_message_add_header(msg, GST_RTSP_HDR_ACCEPT, "application/sdp");
	upstream_send(upstream, msg, 0);
}

static void upstream_setup(struct upstream *upstream, guint index)
{
	const struct sdp_track *sdp = g_ptr_array_index(upstream->sdp->tracks, index);
	struct track *track = g_ptr_array_index(upstream->tracks, index);
	GstRTSPMessage *msg = upstream_request(GST_RTSP_SETUP, sdp->control);

	gst_rtsp_message_take_header(msg, GST_RTSP_HDR_TRANSPORT,
				     transport_request(track_ports(track)));
	upstream_send(upstream, msg, index);
}

static gboolean upstream_open_tracks(struct upstream *upstream, GError **error)
{
	const struct config_path *path = upstream->config.path;
	gboolean v6 = upstream->config.dual_stack ||
		      upstream->server.family == AF_INET6;

	upstream->tracks = g_ptr_array_new();
	for (guint i = 0; i < upstream->sdp->tracks->len; i++) {
		const struct sdp_track *sdp = g_ptr_array_index(upstream->sdp->tracks, i);
		struct track *track;

		track = track_new(&(struct track_config){
			.name = path->name,
			.index = i,
			.family = v6 ? AF_INET6 : AF_INET,
			.backend = upstream->config.backend,
			.tee = path->tee,
			.codec = sdp->codec,
		}, upstream->config.leg_alive, error);
		if (!track)
			return FALSE;
		g_ptr_array_add(upstream->tracks, track);
	}
	return TRUE;
}

/* The next step, if someone waits for it and none is under way */
static void upstream_advance(struct upstream *upstream)
{
	g_autoptr(GError) error = NULL;

	if (upstream->pending || upstream->failed || upstream->state >= upstream->wanted)
		return;
	upstream->pending = TRUE;

	switch (upstream->state) {
	case UPSTREAM_CONNECTING:
		upstream_send(upstream, upstream_request(GST_RTSP_OPTIONS, upstream->url), 0);
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
		upstream_send(upstream, upstream_request(GST_RTSP_PLAY,
							 upstream->sdp->control), 0);
		break;
	case UPSTREAM_PLAYING:
		break;
	}
}

static void upstream_set_state(struct upstream *upstream, enum upstream_state state)
{
	upstream->state = state;
	upstream->pending = FALSE;
	upstream_advance(upstream);
	upstream_wake(upstream, GST_RTSP_STS_OK);
}

static gboolean upstream_keep_alive(gpointer user_data)
{
	struct upstream *upstream = user_data;

	upstream_send(upstream, upstream_request(upstream->get_parameter ?
						 GST_RTSP_GET_PARAMETER : GST_RTSP_OPTIONS,
						 upstream->sdp->control), 0);
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
	guint len = 0;

	if (gst_rtsp_message_get_header(msg, GST_RTSP_HDR_CONTENT_BASE, &base, 0) !=
	    GST_RTSP_OK)
		base = upstream->url;
	gst_rtsp_message_get_body(msg, &body, &len);
	upstream->sdp = sdp_parse(body, len, base, &error);
	if (upstream->sdp)
		upstream_set_state(upstream, UPSTREAM_DESCRIBED);
	else
		upstream_fail(upstream, GST_RTSP_STS_BAD_GATEWAY, error->message);
}

/* Session = identifier [";timeout=" seconds] (RFC 2326, 12.37) */
static void upstream_take_session(struct upstream *upstream, const char *header)
{
	g_auto(GStrv) parts = g_strsplit(header, ";", 0);
	guint64 seconds = 60;

	for (guint i = 1; parts[i]; i++) {
		g_strstrip(parts[i]);
		if (g_str_has_prefix(parts[i], "timeout="))
			g_ascii_string_to_unsigned(parts[i] + strlen("timeout="), 10,
						   1, G_MAXUINT32, &seconds, NULL);
	}
	upstream->session = g_strdup(g_strstrip(parts[0]));
	upstream->timeout_s = CLAMP(seconds, LIMIT_UPSTREAM_TIMEOUT_MIN_S,
				    LIMIT_UPSTREAM_TIMEOUT_MAX_S);
	upstream->keepalive = g_timeout_add_seconds(upstream->timeout_s / 2,
						    upstream_keep_alive, upstream);
}

static void upstream_got_setup(struct upstream *upstream, GstRTSPMessage *msg,
			       guint index)
{
	struct track *track = g_ptr_array_index(upstream->tracks, index);
	char *session = NULL, *transport = NULL;
	struct transport_ports ports;
	g_autoptr(GError) error = NULL;
	guint32 ssrc;

	gst_rtsp_message_get_header(msg, GST_RTSP_HDR_SESSION, &session, 0);
	gst_rtsp_message_get_header(msg, GST_RTSP_HDR_TRANSPORT, &transport, 0);
	if (!upstream->session && (!session || !*session || *session == ';')) {
		upstream_fail(upstream, GST_RTSP_STS_BAD_GATEWAY,
			      "SETUP was answered without a session");
		return;
	}
	if (!transport || !transport_answered(transport, track_ports(track), &ports,
					      &ssrc)) {
		upstream_fail(upstream, GST_RTSP_STS_BAD_GATEWAY,
			      "SETUP was answered with another transport than "
			      "RTP/AVP over unicast UDP, or without server_port");
		return;
	}
	if (!track_start(track, &upstream->server, &ports, ssrc, &error)) {
		upstream_fail(upstream, GST_RTSP_STS_SERVICE_UNAVAILABLE,
			      error->message);
		return;
	}

	if (index == 0) {
		upstream_take_session(upstream, session);
		for (guint i = 1; i < upstream->tracks->len; i++)
			upstream_setup(upstream, i);
	}
	if (index + 1 == upstream->tracks->len)
		upstream_set_state(upstream, UPSTREAM_READY);
}

static void upstream_got_ok(struct upstream *upstream, GstRTSPMessage *msg,
			    const struct upstream_request *request)
{
	switch (request->method) {
	case GST_RTSP_DESCRIBE:
		upstream_got_description(upstream, msg);
		break;
	case GST_RTSP_SETUP:
		upstream_got_setup(upstream, msg, request->track);
		break;
	case GST_RTSP_PLAY:
		log_event("upstream-playing", LOG_S("path", upstream->config.path->name),
			  LOG_S("upstream", upstream->config.path->upstream));
		upstream_set_state(upstream, UPSTREAM_PLAYING);
		break;
	default:
		/* keepalives: that there was an answer is all that matters */
		break;
	}
}

static void upstream_got_answer(struct upstream *upstream, GstRTSPMessage *msg)
{
	g_autofree struct upstream_request *request = g_queue_pop_head(&upstream->sent);
	GstRTSPStatusCode code = msg->type_data.response.code;
	g_autofree char *reason = NULL;
	char *cseq = NULL;
	guint64 number;

	if (!request ||
	    gst_rtsp_message_get_header(msg, GST_RTSP_HDR_CSEQ, &cseq, 0) != GST_RTSP_OK ||
	    !g_ascii_string_to_unsigned(cseq, 10, 0, G_MAXUINT32, &number, NULL) ||
	    number != request->cseq) {
		upstream_fail(upstream, GST_RTSP_STS_BAD_GATEWAY,
			      "an answer that fits no request");
		return;
	}
	upstream_set_deadline(upstream, g_queue_is_empty(&upstream->sent) ? 0 :
			      LIMIT_UPSTREAM_ANSWER_MS);

	if (upstream->state == UPSTREAM_CONNECTING &&
	    request->method == GST_RTSP_OPTIONS) {
		upstream_got_options(upstream, msg);
	} else if (code == GST_RTSP_STS_OK) {
		upstream_got_ok(upstream, msg, request);
	} else if (request->method != GST_RTSP_OPTIONS &&
		   request->method != GST_RTSP_GET_PARAMETER) {
		reason = g_strdup_printf("%s was answered with %d %s",
					 gst_rtsp_method_as_text(request->method), code,
					 msg->type_data.response.reason);
		upstream_fail(upstream, code == GST_RTSP_STS_NOT_FOUND ?
			      GST_RTSP_STS_NOT_FOUND : GST_RTSP_STS_BAD_GATEWAY, reason);
	} else if (code == GST_RTSP_STS_SESSION_NOT_FOUND) {
		upstream_fail(upstream, GST_RTSP_STS_SERVICE_UNAVAILABLE,
			      "the server has ended the session");
	}
}

static void upstream_got_request(struct upstream *upstream, GstRTSPMessage *request)
{
	GstRTSPMessage *answer = NULL;
	char *cseq = NULL;

	gst_rtsp_message_new_response(&answer, GST_RTSP_STS_NOT_IMPLEMENTED,
				      gst_rtsp_status_as_text(GST_RTSP_STS_NOT_IMPLEMENTED),
				      NULL);
	if (gst_rtsp_message_get_header(request, GST_RTSP_HDR_CSEQ, &cseq, 0) == GST_RTSP_OK)
		gst_rtsp_message_add_header(answer, GST_RTSP_HDR_CSEQ, cseq);
	wire_send(upstream->wire, answer);
	gst_rtsp_message_free(answer);
}

static void upstream_message(GstRTSPMessage *msg, gpointer user_data)
{
	struct upstream *upstream = user_data;

	if (upstream->stopping) {
		/* the answers before it are of no interest any more */
		if (msg->type == GST_RTSP_MESSAGE_RESPONSE) {
			g_free(g_queue_pop_head(&upstream->sent));
			if (g_queue_is_empty(&upstream->sent)) {
				upstream_free(upstream);
				return;
			}
		}
	} else if (msg->type == GST_RTSP_MESSAGE_RESPONSE) {
		upstream_got_answer(upstream, msg);
		/* which may have ended it: the owner stops it, the loop frees it */
	} else if (msg->type == GST_RTSP_MESSAGE_REQUEST) {
		upstream_got_request(upstream, msg);
	}
	wire_next(upstream->wire);
}

static void upstream_closed(const GError *error, gpointer user_data)
{
	struct upstream *upstream = user_data;

	if (upstream->stopping)
		upstream_set_deadline(upstream, 1);
	else
		upstream_fail(upstream, GST_RTSP_STS_SERVICE_UNAVAILABLE, error ?
			      error->message : "the server closed the connection");
}

static void upstream_connected(GObject *client, GAsyncResult *result, gpointer user_data)
{
	static const struct wire_ops ops = {
		.message = upstream_message,
		.closed = upstream_closed,
	};
	g_autoptr(GSocketConnection) connection = NULL;
	g_autoptr(GSocketAddress) address = NULL;
	g_autoptr(GError) error = NULL;
	struct upstream *upstream = user_data;
	struct sockaddr_storage sa = { 0 };

	connection = g_socket_client_connect_to_host_finish(G_SOCKET_CLIENT(client),
							    result, &error);
	if (upstream->stopping) {
		upstream_free(upstream);
		return;
	}
	if (!connection) {
		upstream_fail(upstream, GST_RTSP_STS_SERVICE_UNAVAILABLE,
			      error->message);
		return;
	}
	/* it was for connecting; from here on there are deadlines of our own */
	g_socket_set_timeout(g_socket_connection_get_socket(connection), 0);
	address = g_socket_connection_get_remote_address(connection, NULL);
	if (!address || !g_socket_address_to_native(address, &sa, sizeof(sa), NULL) ||
	    !addr_from_sockaddr(&upstream->server, (struct sockaddr *)&sa, sizeof(sa))) {
		upstream_fail(upstream, GST_RTSP_STS_SERVICE_UNAVAILABLE,
			      "the server's address is unknown");
		return;
	}
	upstream->wire = wire_new(G_IO_STREAM(connection), &ops, upstream);
	upstream->pending = FALSE;
	upstream_advance(upstream);
}

struct upstream *upstream_new(const struct upstream_config *config)
{
	struct upstream *upstream = g_new0(struct upstream, 1);
	g_autoptr(GSocketClient) client = g_socket_client_new();

	upstream->config = *config;
	upstream->cancellable = g_cancellable_new();
	upstream->url = g_strdup(config->path->upstream);
	upstream->wanted = UPSTREAM_DESCRIBED;
	upstream->pending = TRUE;
	log_event("upstream-connect", LOG_S("path", config->path->name),
		  LOG_S("upstream", config->path->upstream));

	/* a proxy would be looked for in a thread, and takes no RTSP */
	g_socket_client_set_enable_proxy(client, FALSE);
	g_socket_client_set_timeout(client, LIMIT_UPSTREAM_CONNECT_MS / 1000);
	g_socket_client_connect_to_host_async(client, config->path->host,
					      config->path->port, upstream->cancellable,
					      upstream_connected, upstream);
	return upstream;
}

void upstream_reach(struct upstream *upstream, enum upstream_state state,
		    upstream_reached func, gpointer user_data)
{
	struct upstream_waiter *waiter;

	if (upstream->state >= state) {
		func(GST_RTSP_STS_OK, user_data);
		return;
	}
	waiter = g_new0(struct upstream_waiter, 1);
	waiter->state = state;
	waiter->func = func;
	waiter->user_data = user_data;
	g_queue_push_tail(&upstream->waiters, waiter);

	upstream->wanted = MAX(upstream->wanted, state);
	upstream_advance(upstream);
}

void upstream_stop(struct upstream *upstream)
{
	upstream->stopping = TRUE;
	log_event("upstream-stopped", LOG_S("path", upstream->config.path->name),
		  LOG_S("upstream", upstream->config.path->upstream));
	upstream_wake(upstream, GST_RTSP_STS_SERVICE_UNAVAILABLE);

	g_clear_handle_id(&upstream->keepalive, g_source_remove);
	if (upstream->tracks) {
		for (guint i = 0; i < upstream->tracks->len; i++)
			track_free(g_ptr_array_index(upstream->tracks, i));
		g_clear_pointer(&upstream->tracks, g_ptr_array_unref);
	}

	if (!upstream->wire) {
		/* upstream_connected() frees it, after a failure the next one does */
		g_cancellable_cancel(upstream->cancellable);
		if (upstream->failed)
			upstream_set_deadline(upstream, 1);
		return;
	}
	if (upstream->session && !upstream->failed) {
		upstream_send(upstream, upstream_request(GST_RTSP_TEARDOWN,
							 upstream->sdp->control), 0);
		upstream_set_deadline(upstream, LIMIT_UPSTREAM_TEARDOWN_MS);
	} else {
		upstream_set_deadline(upstream, 1);
	}
}

gboolean upstream_is_awaited(const struct upstream *upstream)
{
	return !g_queue_is_empty((GQueue *)&upstream->waiters);
}

const char *upstream_state_name(const struct upstream *upstream)
{
	static const char *const names[] = {
		[UPSTREAM_CONNECTING] = "connecting",
		[UPSTREAM_DESCRIBED] = "described",
		[UPSTREAM_READY] = "ready",
		[UPSTREAM_PLAYING] = "playing",
	};

	return names[upstream->state];
}

gboolean upstream_is_playing(const struct upstream *upstream)
{
	return upstream->state == UPSTREAM_PLAYING;
}

const struct sdp *upstream_sdp(const struct upstream *upstream)
{
	return upstream->sdp;
}

struct track *upstream_track(const struct upstream *upstream, guint index)
{
	if (upstream->state < UPSTREAM_READY || index >= upstream->tracks->len)
		return NULL;
	return g_ptr_array_index(upstream->tracks, index);
}
