// SPDX-License-Identifier: GPL-2.0-or-later
#include "describe.h"

#include <string.h>

#include "bandwidth.h"
#include "fanout.h"
#include "levels.h"
#include "request.h"
#include "server.h"

/* What a track takes, and what it will for who asks */
static void describe_rate(struct levels *levels, const struct request *request,
			  struct path *path, guint index, struct sdp_rate *rate)
{
	static const struct rtp_fanout_cap all = FANOUT_CAP_ALL;
	enum points_order order = path_config(path)->adapt.order;
	const struct rtp_fanout_addr *viewer = client_addr(request->client);
	guint64 limit = path_limit(path)->viewer;
	struct track *track = path_track(path, index);
	const struct points *points;

	if (!track)
		return;
	if (request->bandwidth)
		limit = limit ? MIN(limit, request->bandwidth) : request->bandwidth;
	points = levels_find(levels, track, viewer, &all, order);
	rate->all = points->rate[points->n - 1];
	points = levels_find(levels, track, viewer, &request->url->cap, order);
	rate->given = points->rate[limit ? points_within(points, limit) : points->n - 1];
}

static char *describe_text(const struct request *request, const struct sdp *sdp)
{
	struct client *client = request->client;
	const struct url *url = request->url;
	struct path *path = server_find_path(client_server(client), url->name);
	struct sdp_viewer viewer = {
		.cap = url->cap,
		.local = client_local(client),
		.feedback = path_config(path)->adapt.feedback,
	};
	struct levels *levels = levels_new();

	for (guint i = 0; i < sdp->tracks->len; i++)
		describe_rate(levels, request, path, i, &viewer.rates[i]);
	levels_free(levels);
	return sdp_for_viewer(sdp, url->name + 1, url->base, &viewer);
}

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
		char *text = describe_text(request, sdp);

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
	bandwidth_read(msg, &request->bandwidth);
	path_reach(server_find_path(client_server(client), url->name), UPSTREAM_DESCRIBED,
		   describe_done, request);
}
