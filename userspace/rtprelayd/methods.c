// SPDX-License-Identifier: GPL-2.0-or-later
#include "methods.h"

#include "bandwidth.h"
#include "describe.h"
#include "playback.h"
#include "request.h"
#include "session.h"
#include "setup.h"

static void methods_add_public(GstRTSPMessage *answer, GstRTSPHeaderField field);

/* A session that it names has been looked for. */
static void methods_options(struct client *client, GstRTSPMessage *msg)
{
	GstRTSPMessage *answer = client_answer(client, GST_RTSP_STS_OK);

	methods_add_public(answer, GST_RTSP_HDR_PUBLIC);
	client_send(client, answer);
}

/* GET_PARAMETER and SET_PARAMETER: keepalives, for parameters there are none. */
static void methods_parameter(struct client *client, GstRTSPMessage *msg)
{
	g_autofree char *id = request_session_id(msg);
	GstRTSPMessage *answer;
	guint8 *body = NULL;
	guint len = 0;

	gst_rtsp_message_get_body(msg, &body, &len);
	answer = client_answer(client, len ? GST_RTSP_STS_PARAMETER_NOT_UNDERSTOOD :
			       GST_RTSP_STS_OK);
	if (id)
		gst_rtsp_message_add_header(answer, GST_RTSP_HDR_SESSION, id);
	client_send(client, answer);
}

static const struct {
	GstRTSPMethod method;
	void (*handle)(struct client *client, GstRTSPMessage *msg);
} methods[] = {
	{ GST_RTSP_OPTIONS, methods_options },
	{ GST_RTSP_DESCRIBE, describe_handle },
	{ GST_RTSP_SETUP, setup_handle },
	{ GST_RTSP_PLAY, playback_play },
	{ GST_RTSP_PAUSE, playback_pause },
	{ GST_RTSP_TEARDOWN, playback_teardown },
	{ GST_RTSP_GET_PARAMETER, methods_parameter },
	{ GST_RTSP_SET_PARAMETER, methods_parameter },
};

static void methods_add_public(GstRTSPMessage *answer, GstRTSPHeaderField field)
{
	GstRTSPMethod all = 0;

	for (guint i = 0; i < G_N_ELEMENTS(methods); i++)
		all |= methods[i].method;
	gst_rtsp_message_take_header(answer, field, gst_rtsp_options_as_text(all));
}

/*
 * Whatever names a session is a sign of life, and may say what its viewer can take; a
 * viewer whose session ended is told.
 */
static gboolean methods_touch(struct client *client, GstRTSPMessage *msg, guint64 bandwidth)
{
	g_autofree char *id = request_session_id(msg);
	struct session *session;

	if (!id)
		return TRUE;
	session = request_session(client, msg);
	if (session)
		session_touch(session);
	if (session && bandwidth)
		session_set_bandwidth(session, bandwidth);
	return session != NULL;
}

void methods_handle(struct client *client, GstRTSPMessage *request)
{
	const char *require = request_header(request, GST_RTSP_HDR_REQUIRE);
	const char *proxy = request_header(request, GST_RTSP_HDR_PROXY_REQUIRE);
	GstRTSPMethod method = request->type_data.request.method;
	GstRTSPMessage *answer;
	guint64 bandwidth;

	if (require || proxy) {
		answer = client_answer(client, GST_RTSP_STS_OPTION_NOT_SUPPORTED);
		gst_rtsp_message_add_header(answer, GST_RTSP_HDR_UNSUPPORTED,
					    require ? require : proxy);
		client_send(client, answer);
		return;
	}
	if (!bandwidth_read(request, &bandwidth)) {
		client_fail(client, GST_RTSP_STS_BAD_REQUEST);
		return;
	}
	for (guint i = 0; i < G_N_ELEMENTS(methods); i++) {
		if (methods[i].method == method) {
			if (methods_touch(client, request, bandwidth))
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
