// SPDX-License-Identifier: GPL-2.0-or-later
#include "playback.h"

#include "request.h"
#include "server.h"
#include "session_play.h"

/* The session that a request names, if its URL is of the session's stream */
static struct session *playback_session(struct client *client, GstRTSPMessage *msg,
					struct url **url)
{
	struct session *session = request_session(client, msg);
	GstRTSPStatusCode status;

	*url = session ? request_url(client, msg) : NULL;
	if (!*url)
		return NULL;
	if (!request_is_allowed(client, msg, *url)) {
		g_clear_pointer(url, url_free);
		return NULL;
	}
	if (session_path(session) != server_find_path(client_server(client), (*url)->name))
		status = GST_RTSP_STS_AGGREGATE_OPERATION_NOT_ALLOWED;
	else if ((*url)->track >= 0 && !session_has_track(session, (*url)->track))
		status = GST_RTSP_STS_METHOD_NOT_VALID_IN_THIS_STATE;
	else
		return session;
	client_fail(client, status);
	g_clear_pointer(url, url_free);
	return NULL;
}

/*
 * The same for PLAY and PAUSE, which are for all tracks; one that is the session's
 * only one may be named as well.
 */
static struct session *playback_aggregate(struct client *client, GstRTSPMessage *msg,
					  struct url **url)
{
	struct session *session = playback_session(client, msg, url);
	GstRTSPStatusCode status;

	if (!session)
		return NULL;
	if ((*url)->track >= 0 && session_n_tracks(session) > 1)
		status = GST_RTSP_STS_ONLY_AGGREGATE_OPERATION_ALLOWED;
	else
		status = request_check_range(msg);
	if (status == GST_RTSP_STS_OK)
		return session;
	client_fail(client, status);
	g_clear_pointer(url, url_free);
	return NULL;
}

static void playback_done(GstRTSPStatusCode status, const struct session_start *starts,
			   guint n, gpointer user_data)
{
	struct request *request = user_data;
	GstRTSPMessage *answer = client_answer(request->client, status);
	g_autoptr(GString) info = g_string_new(NULL);

	if (status == GST_RTSP_STS_OK) {
		gst_rtsp_message_add_header(answer, GST_RTSP_HDR_SESSION,
					    request->session);
		gst_rtsp_message_add_header(answer, GST_RTSP_HDR_RANGE, "npt=now-");
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

void playback_play(struct client *client, GstRTSPMessage *msg)
{
	struct url *url;
	struct session *session = playback_aggregate(client, msg, &url);
	struct request *request;

	if (!session)
		return;
	request = request_new(client, url);
	request->session = g_strdup(session_id(session));
	session_play(session, playback_done, request);
}

static void playback_answer(struct client *client, const char *id)
{
	GstRTSPMessage *answer = client_answer(client, GST_RTSP_STS_OK);

	gst_rtsp_message_add_header(answer, GST_RTSP_HDR_SESSION, id);
	client_send(client, answer);
}

void playback_pause(struct client *client, GstRTSPMessage *msg)
{
	struct url *url;
	struct session *session = playback_aggregate(client, msg, &url);

	if (!session)
		return;
	url_free(url);
	if (!session_is_playing(session)) {
		client_fail(client, GST_RTSP_STS_METHOD_NOT_VALID_IN_THIS_STATE);
		return;
	}
	session_pause(session);
	playback_answer(client, session_id(session));
}

void playback_teardown(struct client *client, GstRTSPMessage *msg)
{
	struct url *url;
	struct session *session = playback_session(client, msg, &url);

	if (!session)
		return;
	if (url->track >= 0 && session_n_tracks(session) > 1) {
		session_drop_track(session, url->track);
		playback_answer(client, session_id(session));
	} else {
		session_end(session, "TEARDOWN");
		client_fail(client, GST_RTSP_STS_OK);
	}
	url_free(url);
}
