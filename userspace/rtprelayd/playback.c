// SPDX-License-Identifier: GPL-2.0-or-later
#include "playback.h"

#include "request.h"
#include "server.h"

/*
 * The session of PLAY and TEARDOWN. They are for all tracks; one that is the
 * session's only one may be named as well.
 */
static struct session *playback_session(struct client *client, GstRTSPMessage *msg,
					struct url **url)
{
	struct session *session = request_session(client, msg);

	*url = session ? request_url(client, msg) : NULL;
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

static void playback_done(GstRTSPStatusCode status, const struct session_start *starts,
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

void playback_play(struct client *client, GstRTSPMessage *msg)
{
	struct url *url;
	struct session *session = playback_session(client, msg, &url);
	struct request *request;

	if (!session)
		return;
	request = request_new(client, url);
	request->session = g_strdup(session_id(session));
	session_play(session, playback_done, request);
}

void playback_teardown(struct client *client, GstRTSPMessage *msg)
{
	struct url *url;
	struct session *session = playback_session(client, msg, &url);

	if (!session)
		return;
	url_free(url);
	session_end(session, "TEARDOWN");
	client_fail(client, GST_RTSP_STS_OK);
}
