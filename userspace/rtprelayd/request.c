// SPDX-License-Identifier: GPL-2.0-or-later
#include "request.h"

#include <gst/rtsp/gstrtsprange.h>
#include <string.h>

#include "addr.h"
#include "auth.h"
#include "log.h"
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

static void request_log_denied(struct client *client, const struct auth_query *query,
			       const char *user, const char *reason)
{
	char host[ADDR_STRLEN];

	log_event("viewer-denied", LOG_S("path", query->path->name),
		  LOG_S("viewer", addr_host(client_addr(client), host)),
		  LOG_S("user", user), LOG_S("reason", reason));
}

gboolean request_is_allowed(struct client *client, GstRTSPMessage *msg,
			    const struct url *url)
{
	struct auth_query query = {
		.users = server_users(client_server(client)),
		.path = path_config(server_find_path(client_server(client), url->name)),
		.url = url,
		.secure = client_is_secure(client),
	};
	g_autofree char *user = NULL;
	enum auth_verdict verdict;
	GstRTSPMessage *answer;

	if (query.path->access.open ||
	    (!query.path->access.users && users_are_none(query.users)))
		return TRUE;
	query.nonce = client_nonce(client);
	verdict = auth_check(&query, msg, &user);
	if (verdict == AUTH_OK)
		return TRUE;
	if (verdict == AUTH_FORBIDDEN) {
		request_log_denied(client, &query, user, "no right to this stream");
		client_fail(client, GST_RTSP_STS_FORBIDDEN);
		return FALSE;
	}
	answer = client_answer(client, GST_RTSP_STS_UNAUTHORIZED);
	auth_challenge(&query, answer, verdict == AUTH_STALE);
	if (verdict == AUTH_WRONG) {
		request_log_denied(client, &query, user, "wrong user or password");
		client_send_wrong(client, answer);
	} else {
		client_send(client, answer);
	}
	return FALSE;
}

struct session *request_session(struct client *client, GstRTSPMessage *msg)
{
	g_autofree char *id = request_session_id(msg);
	struct session *session = NULL;

	if (id)
		session = session_find_for(server_sessions(client_server(client)), id,
					   client_addr(client));
	if (!session)
		client_fail(client, GST_RTSP_STS_SESSION_NOT_FOUND);
	return session;
}

GstRTSPStatusCode request_check_range(GstRTSPMessage *msg)
{
	static const char *const units[] = { "npt=", "smpte=", "smpte-", "clock=" };
	const char *value = request_header(msg, GST_RTSP_HDR_RANGE);
	GstRTSPTimeRange *range = NULL;
	gboolean now;

	if (!value)
		return GST_RTSP_STS_OK;
	if (gst_rtsp_range_parse(value, &range) != GST_RTSP_OK) {
		for (guint i = 0; i < G_N_ELEMENTS(units); i++)
			if (g_str_has_prefix(value, units[i]))
				return GST_RTSP_STS_BAD_REQUEST;
		return GST_RTSP_STS_NOT_IMPLEMENTED;
	}
	now = range->min.type == GST_RTSP_TIME_NOW ||
	      (range->unit != GST_RTSP_RANGE_CLOCK && range->min.type != GST_RTSP_TIME_END &&
	       range->min.seconds == 0);
	now = now && range->max.type == GST_RTSP_TIME_END;
	gst_rtsp_range_free(range);
	return now ? GST_RTSP_STS_OK : GST_RTSP_STS_INVALID_RANGE;
}
