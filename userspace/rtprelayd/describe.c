// SPDX-License-Identifier: GPL-2.0-or-later
#include "describe.h"

#include <string.h>

#include "request.h"
#include "server.h"

static void describe_done(GstRTSPStatusCode status, gpointer user_data)
{
	struct request *request = user_data;
	struct client *client = request->client;
	struct url *url = request->url;
	const struct sdp *sdp = NULL;
	GstRTSPMessage *answer;

	if (status == GST_RTSP_STS_OK) {
		struct path *path = server_find_path(client_server(client), url->name);

		/* what another who waited did meanwhile may have ended it */
		sdp = path ? path_sdp(path) : NULL;
		if (!sdp)
			status = GST_RTSP_STS_SERVICE_UNAVAILABLE;
	}
	answer = client_answer(client, status);
	if (sdp) {
		char *text = sdp_for_viewer(sdp, url->name + 1, url->base, &url->cap,
					    client_local(client));

		gst_rtsp_message_add_header(answer, GST_RTSP_HDR_CONTENT_TYPE,
					    "application/sdp");
		gst_rtsp_message_take_header(answer, GST_RTSP_HDR_CONTENT_BASE,
					     g_strconcat(url->base, "/", NULL));
		gst_rtsp_message_take_body(answer, (guint8 *)text, strlen(text));
	}
	client_send(client, answer);
	request_free(request);
}

/* Accept = media-range *( "," media-range ), of which the parameters do not matter */
static gboolean describe_is_accepted(const char *accept)
{
	static const char *const types[] = { "application/sdp", "application/*", "*/*", NULL };
	g_auto(GStrv) ranges = NULL;

	if (!accept)
		return TRUE;
	ranges = g_strsplit(accept, ",", -1);
	for (guint i = 0; ranges[i]; i++) {
		ranges[i][strcspn(ranges[i], ";")] = '\0';
		if (g_strv_contains(types, g_strstrip(ranges[i])))
			return TRUE;
	}
	return FALSE;
}

void describe_handle(struct client *client, GstRTSPMessage *msg)
{
	const char *accept = request_header(msg, GST_RTSP_HDR_ACCEPT);
	struct url *url = request_url(client, msg);
	struct request *request;

	if (!url)
		return;
	if (!request_is_allowed(client, msg, url)) {
		url_free(url);
		return;
	}
	if (!describe_is_accepted(accept)) {
		url_free(url);
		client_fail(client, GST_RTSP_STS_NOT_ACCEPTABLE);
		return;
	}
	request = request_new(client, url);
	path_reach(server_find_path(client_server(client), url->name), UPSTREAM_DESCRIBED,
		   describe_done, request);
}
