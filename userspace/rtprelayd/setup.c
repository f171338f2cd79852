// SPDX-License-Identifier: GPL-2.0-or-later
#include "setup.h"

#include "bandwidth.h"
#include "request.h"
#include "server.h"
#include "transport.h"

/* What a SETUP that names a session must find, before and after the wait */
static GstRTSPStatusCode setup_check(struct client *client, const char *id,
				     const struct path *path, struct session **session)
{
	*session = NULL;
	if (!id)
		return GST_RTSP_STS_OK;
	*session = session_find_for(server_sessions(client_server(client)), id,
				    client_addr(client));
	if (!*session)
		return GST_RTSP_STS_SESSION_NOT_FOUND;
	if (session_path(*session) != path)
		return GST_RTSP_STS_AGGREGATE_OPERATION_NOT_ALLOWED;
	if (session_is_playing(*session))
		return GST_RTSP_STS_METHOD_NOT_VALID_IN_THIS_STATE;
	return GST_RTSP_STS_OK;
}

static GstRTSPStatusCode setup_do(struct request *request, struct session **session)
{
	struct client *client = request->client;
	struct path *path = server_find_path(client_server(client), request->url->name);
	GstRTSPStatusCode status = setup_check(client, request->session, path, session);
	struct interleaved *interleaved = NULL;
	gboolean new;

	if (status != GST_RTSP_STS_OK)
		return status;
	if (!path_track(path, request->url->track))
		return path_upstream(path) ? GST_RTSP_STS_NOT_FOUND :
					     GST_RTSP_STS_SERVICE_UNAVAILABLE;
	new = !*session;
	if (new)
		*session = session_new(server_sessions(client_server(client)), path,
				       client_addr(client), client_ifindex(client),
				       client_local(client));
	if (!*session)
		return GST_RTSP_STS_SERVICE_UNAVAILABLE;
	if (request->bandwidth)
		session_set_bandwidth(*session, request->bandwidth);
	if (!limiter_admits(server_limiter(client_server(client)), *session,
			    request->url->track, &request->url->cap)) {
		if (new)
			session_end(*session, "not enough bandwidth");
		return GST_RTSP_STS_NOT_ENOUGH_BANDWIDTH;
	}
	if (request->transport.kind == TRANSPORT_INTERLEAVED)
		interleaved = client_interleaved(client);
	if (!session_setup(*session, request->url->track, &request->transport, interleaved,
			   &request->url->cap)) {
		if (new)
			session_end(*session, "no channels left");
		return GST_RTSP_STS_UNSUPPORTED_TRANSPORT;
	}
	session_touch(*session);
	client_has_session(client, *session);
	return GST_RTSP_STS_OK;
}

static char *setup_transport(const struct request *request, struct session *session)
{
	struct track *track = path_track(session_path(session), request->url->track);
	const struct leg *leg = session_leg(session, request->url->track);

	switch (leg->transport) {
	case TRANSPORT_UDP:
		return transport_answer(&request->transport, track_ports(track),
					track_ssrc(track));
	case TRANSPORT_INTERLEAVED:
		return transport_answer_interleaved(&request->transport, &leg->channels,
						    track_ssrc(track));
	}
	return NULL;
}

static void setup_done(GstRTSPStatusCode status, gpointer user_data)
{
	struct request *request = user_data;
	struct client *client = request->client;
	struct session *session = NULL;
	GstRTSPMessage *answer;

	if (status == GST_RTSP_STS_OK)
		status = setup_do(request, &session);
	answer = client_answer(client, status);
	if (status == GST_RTSP_STS_OK) {
		gst_rtsp_message_take_header(answer, GST_RTSP_HDR_SESSION,
			g_strdup_printf("%s;timeout=%u", session_id(session),
					session_timeout_s(session)));
		gst_rtsp_message_take_header(answer, GST_RTSP_HDR_TRANSPORT,
					     setup_transport(request, session));
	}
	client_send(client, answer);
	request_free(request);
}

/*
 * Beside TLS, media over UDP would go in clear. And a track's sockets may be from
 * before IPv6 was listened on, see path_set_dual_stack().
 */
static gboolean setup_may_udp(struct client *client, const struct path *path, gint index)
{
	struct track *track = path ? path_track(path, index) : NULL;

	return (!client_is_secure(client) ||
		server_allows_udp_with_tls(client_server(client))) &&
	       (!track || track_reaches(track, client_addr(client)->family));
}

void setup_handle(struct client *client, GstRTSPMessage *msg)
{
	const char *transport = request_header(msg, GST_RTSP_HDR_TRANSPORT);
	struct url *url = request_url(client, msg);
	struct request *request;
	GstRTSPStatusCode status;
	struct session *session;
	struct path *path;

	if (!url)
		return;
	if (!request_is_allowed(client, msg, url)) {
		url_free(url);
		return;
	}
	request = request_new(client, url);
	request->session = request_session_id(msg);
	bandwidth_read(msg, &request->bandwidth);
	path = server_find_path(client_server(client), url->name);

	if (!transport)
		status = GST_RTSP_STS_BAD_REQUEST;
	else if (url->track < 0)
		status = GST_RTSP_STS_AGGREGATE_OPERATION_NOT_ALLOWED;
	else if (!transport_choose(transport, setup_may_udp(client, path, url->track) ?
				   client_addr(client) : NULL, &request->transport))
		status = GST_RTSP_STS_UNSUPPORTED_TRANSPORT;
	else
		status = setup_check(client, request->session, path, &session);

	if (status == GST_RTSP_STS_OK)
		path_reach(path, UPSTREAM_READY, setup_done, request);
	else
		setup_done(status, request);
}
