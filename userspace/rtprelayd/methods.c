// SPDX-License-Identifier: GPL-2.0-or-later
#include "methods.h"

#include <string.h>

#include "limit.h"
#include "server.h"
#include "transport.h"
#include "url.h"

/**
 * struct request - one that waits for the upstream
 * @client: who asked; a reference
 * @url: what for
 * @session: identifier of the session that it names, or NULL
 * @ports: the viewer's, for SETUP
 */
struct request {
	struct client *client;
	struct url *url;
	char *session;
	struct transport_ports ports;
};

static void request_free(struct request *request)
{
	client_unref(request->client);
	g_clear_pointer(&request->url, url_free);
	g_free(request->session);
	g_free(request);
}

static const char *methods_header(GstRTSPMessage *msg, GstRTSPHeaderField field)
{
	char *value = NULL;

	gst_rtsp_message_get_header(msg, field, &value, 0);
	return value;
}

/* Session = identifier [";timeout=" seconds]; NULL when there is none */
static char *methods_session_id(GstRTSPMessage *msg)
{
	const char *value = methods_header(msg, GST_RTSP_HDR_SESSION);

	return value ? g_strchomp(g_strndup(value, strcspn(value, ";"))) : NULL;
}

static gboolean methods_is_name(const char *name, gpointer user_data)
{
	return server_find_path(user_data, name) != NULL;
}

/* The request's URL, if it is one of ours; else the answer is given here. */
static struct url *methods_url(struct client *client, GstRTSPMessage *msg)
{
	struct url *url = url_parse(msg->type_data.request.uri, methods_is_name,
				    client_server(client));

	if (url && server_find_path(client_server(client), url->name))
		return url;
	client_fail(client, url ? GST_RTSP_STS_NOT_FOUND : GST_RTSP_STS_BAD_REQUEST);
	g_clear_pointer(&url, url_free);
	return NULL;
}

/* The session that the request must name; else the answer is given here. */
static struct session *methods_session(struct client *client, GstRTSPMessage *msg)
{
	g_autofree char *id = methods_session_id(msg);
	struct session *session;

	session = id ? session_find(server_sessions(client_server(client)), id) : NULL;
	if (session)
		session_touch(session);
	else
		client_fail(client, GST_RTSP_STS_SESSION_NOT_FOUND);
	return session;
}

/*
 * The session of PLAY and TEARDOWN. They are for all tracks; one that is the
 * session's only one may be named as well.
 */
static struct session *methods_aggregate(struct client *client, GstRTSPMessage *msg,
					 struct url **url)
{
	struct session *session = methods_session(client, msg);

	*url = session ? methods_url(client, msg) : NULL;
	if (!*url)
		return NULL;
	if (session_path(session) != server_find_path(client_server(client), (*url)->name))
		client_fail(client, GST_RTSP_STS_AGGREGATE_OPERATION_NOT_ALLOWED);
	else if ((*url)->track >= 0 && session_n_tracks(session) > 1)
		client_fail(client, GST_RTSP_STS_ONLY_AGGREGATE_OPERATION_ALLOWED);
	else
		return session;
	g_clear_pointer(url, url_free);
	return NULL;
}

static void methods_add_public(GstRTSPMessage *answer, GstRTSPHeaderField field);

static void methods_options(struct client *client, GstRTSPMessage *msg)
{
	g_autofree char *id = methods_session_id(msg);
	GstRTSPMessage *answer;

	/* it counts as a sign of life, if it says whose */
	if (id && !methods_session(client, msg))
		return;
	answer = client_answer(client, GST_RTSP_STS_OK);
	methods_add_public(answer, GST_RTSP_HDR_PUBLIC);
	client_send(client, answer);
}

static void methods_described(GstRTSPStatusCode status, gpointer user_data)
{
	struct request *request = user_data;
	struct client *client = request->client;
	GstRTSPMessage *answer = client_answer(client, status);
	struct url *url = request->url;

	if (status == GST_RTSP_STS_OK) {
		struct path *path = server_find_path(client_server(client), url->name);
		char *text = sdp_for_viewer(path_sdp(path), url->name + 1, url->base,
					    &url->cap, client_local(client));

		gst_rtsp_message_add_header(answer, GST_RTSP_HDR_CONTENT_TYPE,
					    "application/sdp");
		gst_rtsp_message_take_header(answer, GST_RTSP_HDR_CONTENT_BASE,
					     g_strconcat(url->base, "/", NULL));
		gst_rtsp_message_take_body(answer, (guint8 *)text, strlen(text));
	}
	client_send(client, answer);
	request_free(request);
}

static void methods_describe(struct client *client, GstRTSPMessage *msg)
{
	const char *accept = methods_header(msg, GST_RTSP_HDR_ACCEPT);
	struct url *url = methods_url(client, msg);
	struct request *request;

	if (!url)
		return;
	if (accept && !strstr(accept, "application/sdp") && !strstr(accept, "*/*")) {
		url_free(url);
		client_fail(client, GST_RTSP_STS_NOT_ACCEPTABLE);
		return;
	}
	request = g_new0(struct request, 1);
	request->client = client_ref(client);
	request->url = url;
	path_reach(server_find_path(client_server(client), url->name), UPSTREAM_DESCRIBED,
		   methods_described, request);
}

/* What a SETUP that names a session must find, before and after the wait */
static GstRTSPStatusCode methods_check_setup(struct client *client, const char *id,
					     const struct path *path,
					     struct session **session)
{
	*session = NULL;
	if (!id)
		return GST_RTSP_STS_OK;
	*session = session_find(server_sessions(client_server(client)), id);
	if (!*session)
		return GST_RTSP_STS_SESSION_NOT_FOUND;
	if (session_path(*session) != path)
		return GST_RTSP_STS_AGGREGATE_OPERATION_NOT_ALLOWED;
	if (session_is_playing(*session))
		return GST_RTSP_STS_METHOD_NOT_VALID_IN_THIS_STATE;
	return GST_RTSP_STS_OK;
}

static GstRTSPStatusCode methods_do_setup(struct request *request,
					  struct session **session)
{
	struct client *client = request->client;
	struct path *path = server_find_path(client_server(client), request->url->name);
	GstRTSPStatusCode status = methods_check_setup(client, request->session, path,
						       session);

	if (status != GST_RTSP_STS_OK)
		return status;
	if (!path_track(path, request->url->track))
		return GST_RTSP_STS_NOT_FOUND;
	if (!*session)
		*session = session_new(server_sessions(client_server(client)), path,
				       client_addr(client), client_local(client));
	if (!*session)
		return GST_RTSP_STS_SERVICE_UNAVAILABLE;
	session_setup(*session, request->url->track, &request->ports, &request->url->cap);
	session_touch(*session);
	client_has_session(client, *session);
	return GST_RTSP_STS_OK;
}

static void methods_set_up(GstRTSPStatusCode status, gpointer user_data)
{
	struct request *request = user_data;
	struct client *client = request->client;
	struct session *session = NULL;
	GstRTSPMessage *answer;

	if (status == GST_RTSP_STS_OK)
		status = methods_do_setup(request, &session);
	answer = client_answer(client, status);
	if (status == GST_RTSP_STS_OK) {
		struct track *track = path_track(session_path(session),
						 request->url->track);

		gst_rtsp_message_take_header(answer, GST_RTSP_HDR_SESSION,
			g_strdup_printf("%s;timeout=%u", session_id(session),
					session_timeout_s(session)));
		gst_rtsp_message_take_header(answer, GST_RTSP_HDR_TRANSPORT,
			transport_answer(&request->ports, track_ports(track),
					 track_ssrc(track)));
	}
	client_send(client, answer);
	request_free(request);
}

static void methods_setup(struct client *client, GstRTSPMessage *msg)
{
	const char *transport = methods_header(msg, GST_RTSP_HDR_TRANSPORT);
	struct url *url = methods_url(client, msg);
	struct request *request;
	GstRTSPStatusCode status;
	struct session *session;
	struct path *path;

	if (!url)
		return;
	request = g_new0(struct request, 1);
	request->client = client_ref(client);
	request->url = url;
	request->session = methods_session_id(msg);
	path = server_find_path(client_server(client), url->name);

	if (!transport)
		status = GST_RTSP_STS_BAD_REQUEST;
	else if (url->track < 0)
		status = GST_RTSP_STS_AGGREGATE_OPERATION_NOT_ALLOWED;
	else if (!transport_choose(transport, client_addr(client), &request->ports))
		status = GST_RTSP_STS_UNSUPPORTED_TRANSPORT;
	else
		status = methods_check_setup(client, request->session, path, &session);

	if (status == GST_RTSP_STS_OK)
		path_reach(path, UPSTREAM_READY, methods_set_up, request);
	else
		methods_set_up(status, request);
}

static void methods_played(GstRTSPStatusCode status, const struct session_start *starts,
			   guint n, gpointer user_data)
{
	struct request *request = user_data;
	GstRTSPMessage *answer = client_answer(request->client, status);
	g_autoptr(GString) info = g_string_new(NULL);

	if (status == GST_RTSP_STS_OK) {
		gst_rtsp_message_add_header(answer, GST_RTSP_HDR_SESSION,
					    request->session);
		for (guint i = 0; i < n; i++) {
			g_autofree char *url = url_track(request->url->base,
							 starts[i].index, &starts[i].cap);

			g_string_append_printf(info, "%surl=%s", i ? "," : "", url);
			if (starts[i].known)
				g_string_append_printf(info, ";seq=%u", starts[i].seq);
		}
		gst_rtsp_message_add_header(answer, GST_RTSP_HDR_RTP_INFO, info->str);
	}
	client_send(request->client, answer);
	request_free(request);
}

static void methods_play(struct client *client, GstRTSPMessage *msg)
{
	struct url *url;
	struct session *session = methods_aggregate(client, msg, &url);
	struct request *request;

	if (!session)
		return;
	request = g_new0(struct request, 1);
	request->client = client_ref(client);
	request->url = url;
	request->session = g_strdup(session_id(session));
	session_play(session, methods_played, request);
}

static void methods_teardown(struct client *client, GstRTSPMessage *msg)
{
	struct url *url;
	struct session *session = methods_aggregate(client, msg, &url);

	if (!session)
		return;
	url_free(url);
	session_end(session, "TEARDOWN");
	client_fail(client, GST_RTSP_STS_OK);
}

static void methods_get_parameter(struct client *client, GstRTSPMessage *msg)
{
	g_autofree char *id = methods_session_id(msg);
	struct session *session = NULL;
	GstRTSPMessage *answer;
	guint8 *body = NULL;
	guint len = 0;

	if (id) {
		session = methods_session(client, msg);
		if (!session)
			return;
	}
	gst_rtsp_message_get_body(msg, &body, &len);
	/* without a body it is a keepalive; parameters there are none */
	answer = client_answer(client, len ? GST_RTSP_STS_PARAMETER_NOT_UNDERSTOOD :
			       GST_RTSP_STS_OK);
	if (session)
		gst_rtsp_message_add_header(answer, GST_RTSP_HDR_SESSION, id);
	client_send(client, answer);
}

static const struct {
	GstRTSPMethod method;
	void (*handle)(struct client *client, GstRTSPMessage *msg);
} methods[] = {
	{ GST_RTSP_OPTIONS, methods_options },
	{ GST_RTSP_DESCRIBE, methods_describe },
	{ GST_RTSP_SETUP, methods_setup },
	{ GST_RTSP_PLAY, methods_play },
	{ GST_RTSP_TEARDOWN, methods_teardown },
	{ GST_RTSP_GET_PARAMETER, methods_get_parameter },
};

static void methods_add_public(GstRTSPMessage *answer, GstRTSPHeaderField field)
{
	GstRTSPMethod all = 0;

	for (guint i = 0; i < G_N_ELEMENTS(methods); i++)
		all |= methods[i].method;
	gst_rtsp_message_take_header(answer, field, gst_rtsp_options_as_text(all));
}

void methods_handle(struct client *client, GstRTSPMessage *request)
{
	const char *require = methods_header(request, GST_RTSP_HDR_REQUIRE);
	GstRTSPMethod method = request->type_data.request.method;
	GstRTSPMessage *answer;

	if (require) {
		answer = client_answer(client, GST_RTSP_STS_OPTION_NOT_SUPPORTED);
		gst_rtsp_message_add_header(answer, GST_RTSP_HDR_UNSUPPORTED, require);
		client_send(client, answer);
		return;
	}
	for (guint i = 0; i < G_N_ELEMENTS(methods); i++) {
		if (methods[i].method == method) {
			methods[i].handle(client, request);
			return;
		}
	}
	/* a method that RTSP has, but not for these streams; or none at all */
	answer = client_answer(client, method == GST_RTSP_INVALID ?
			       GST_RTSP_STS_NOT_IMPLEMENTED :
			       GST_RTSP_STS_METHOD_NOT_ALLOWED);
	methods_add_public(answer, GST_RTSP_HDR_ALLOW);
	client_send(client, answer);
}
