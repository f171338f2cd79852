// SPDX-License-Identifier: GPL-2.0-or-later
#include "request.h"

#include <string.h>

#include "server.h"

struct request *request_new(struct client *client, struct url *url)
{
	struct request *request = g_new0(struct request, 1);

	request->client = client_ref(client);
	request->url = url;
	return request;
}

void request_free(struct request *request)
{
	client_unref(request->client);
	g_clear_pointer(&request->url, url_free);
	g_free(request->session);
	g_free(request);
}

const char *request_header(GstRTSPMessage *msg, GstRTSPHeaderField field)
{
	char *value = NULL;

	gst_rtsp_message_get_header(msg, field, &value, 0);
	return value;
}

/* Session = identifier [";timeout=" seconds] */
char *request_session_id(GstRTSPMessage *msg)
{
	const char *value = request_header(msg, GST_RTSP_HDR_SESSION);

	return value ? g_strchomp(g_strndup(value, strcspn(value, ";"))) : NULL;
}

static gboolean request_is_name(const char *name, gpointer user_data)
{
	return server_find_path(user_data, name) != NULL;
}

struct url *request_url(struct client *client, GstRTSPMessage *msg)
{
	struct url *url = url_parse(msg->type_data.request.uri, request_is_name,
				    client_server(client));

	if (url && server_find_path(client_server(client), url->name))
		return url;
	client_fail(client, url ? GST_RTSP_STS_NOT_FOUND : GST_RTSP_STS_BAD_REQUEST);
	g_clear_pointer(&url, url_free);
	return NULL;
}

struct session *request_session(struct client *client, GstRTSPMessage *msg)
{
	g_autofree char *id = request_session_id(msg);
	struct session *session;

	session = id ? session_find(server_sessions(client_server(client)), id) : NULL;
	if (session)
		session_touch(session);
	else
		client_fail(client, GST_RTSP_STS_SESSION_NOT_FOUND);
	return session;
}
