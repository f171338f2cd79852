// SPDX-License-Identifier: GPL-2.0-or-later
#include "rtsp_client.h"

#include <gio/gio.h>
#include <string.h>

#include "addr.h"
#include "digest.h"
#include "limit.h"
#include "wire.h"

#define USER_AGENT	"rtprelayd"

/* A request that was sent; @msg is there to be sent again with authorization */
struct rtsp_client_request {
	guint cseq;
	guint tag;
	GstRTSPMessage *msg;
	gboolean again;
};

/**
 * struct rtsp_client - see rtsp_client.h
 * @config: see rtsp_client_new()
 * @ops: see rtsp_client_new()
 * @user_data: for @ops
 * @cancellable: ends connecting
 * @wire: the connection, once made
 * @server: its address
 * @cseq: of the last request
 * @sent: struct rtsp_client_request *, unanswered
 * @deadline: of connecting, or of the first of @sent
 * @session: see rtsp_client_set_session()
 * @credentials: what the server asked for, or NULL
 * @challenge: one of those, of which @digest
 * @digest: it is Digest, else Basic
 * @nonce_count: how often the nonce was used
 * @closed: the owner was told, or has done with it
 * @finishing: see rtsp_client_finish()
 * @freed: only functions on the stack hold it
 * @refs: one of the owner, or of itself when it finishes, and one of each
 *	function on the stack that calls out
 */
struct rtsp_client {
	struct config_upstream *config;
	const struct rtsp_client_ops *ops;
	gpointer user_data;
	GCancellable *cancellable;
	struct wire *wire;
	struct rtp_fanout_addr server;
	guint cseq;
	GQueue sent;
	guint deadline;
	char *session;
	GstRTSPAuthCredential **credentials;
	struct digest challenge;
	gboolean digest;
	guint nonce_count;
	gboolean closed;
	gboolean finishing;
	gboolean freed;
	guint refs;
};

static void rtsp_client_request_free(gpointer data)
{
	struct rtsp_client_request *request = data;

	gst_rtsp_message_free(request->msg);
	g_free(request);
}

static void rtsp_client_unref(struct rtsp_client *client)
{
	if (--client->refs)
		return;
	g_queue_clear_full(&client->sent, rtsp_client_request_free);
	g_object_unref(client->cancellable);
	config_upstream_unref(client->config);
	g_free(client->session);
	if (client->credentials)
		gst_rtsp_auth_credentials_free(client->credentials);
	g_free(client);
}

void rtsp_client_free(struct rtsp_client *client)
{
	if (!client || client->freed)
		return;
	client->freed = TRUE;
	client->closed = TRUE;
	g_clear_handle_id(&client->deadline, g_source_remove);
	/* a connection being made holds a reference of its own */
	g_cancellable_cancel(client->cancellable);
	g_clear_pointer(&client->wire, wire_free);
	rtsp_client_unref(client);
}

static void rtsp_client_close(struct rtsp_client *client, GstRTSPStatusCode status,
			      const char *reason)
{
	g_clear_handle_id(&client->deadline, g_source_remove);
	if (client->finishing) {
		rtsp_client_free(client);
	} else if (!client->closed) {
		client->closed = TRUE;
		client->ops->closed(status, reason, client->user_data);
	}
}

static gboolean rtsp_client_late(gpointer user_data)
{
	struct rtsp_client *client = user_data;

	client->deadline = 0;
	client->refs++;
	rtsp_client_close(client, GST_RTSP_STS_SERVICE_UNAVAILABLE, client->wire ?
			  "no answer in time" : "no connection in time");
	rtsp_client_unref(client);
	return G_SOURCE_REMOVE;
}

static void rtsp_client_set_deadline(struct rtsp_client *client, guint ms)
{
	g_clear_handle_id(&client->deadline, g_source_remove);
	if (ms)
		client->deadline = g_timeout_add(ms, rtsp_client_late, client);
}

static void rtsp_client_authorize(struct rtsp_client *client, GstRTSPMessage *msg)
{
	const struct config_upstream *config = client->config;
	char *value;

	if (!client->credentials)
		return;
	if (client->digest) {
		value = digest_answer(&client->challenge, config->user, config->password,
			gst_rtsp_method_as_text(msg->type_data.request.method),
			msg->type_data.request.uri, ++client->nonce_count);
	} else {
		g_autofree char *plain = g_strdup_printf("%s:%s", config->user,
							 config->password);
		g_autofree char *encoded = g_base64_encode((guint8 *)plain, strlen(plain));

		value = g_strconcat("Basic ", encoded, NULL);
	}
	gst_rtsp_message_take_header(msg, GST_RTSP_HDR_AUTHORIZATION, value);
}

static void rtsp_client_send(struct rtsp_client *client,
			     struct rtsp_client_request *request)
{
	g_autofree char *cseq = g_strdup_printf("%u", ++client->cseq);
	GstRTSPMessage *msg = request->msg;

	request->cseq = client->cseq;
	gst_rtsp_message_remove_header(msg, GST_RTSP_HDR_CSEQ, -1);
	gst_rtsp_message_add_header(msg, GST_RTSP_HDR_CSEQ, cseq);
	gst_rtsp_message_remove_header(msg, GST_RTSP_HDR_AUTHORIZATION, -1);
	rtsp_client_authorize(client, msg);

	if (g_queue_is_empty(&client->sent))
		rtsp_client_set_deadline(client, client->finishing ?
					 LIMIT_UPSTREAM_TEARDOWN_MS :
					 LIMIT_UPSTREAM_ANSWER_MS);
	g_queue_push_tail(&client->sent, request);
	wire_send(client->wire, msg);
}

void rtsp_client_ask(struct rtsp_client *client, GstRTSPMessage *msg, guint tag)
{
	struct rtsp_client_request *request = g_new0(struct rtsp_client_request, 1);

	request->msg = msg;
	request->tag = tag;
	gst_rtsp_message_add_header(msg, GST_RTSP_HDR_USER_AGENT, USER_AGENT);
	if (client->session)
		gst_rtsp_message_add_header(msg, GST_RTSP_HDR_SESSION, client->session);
	rtsp_client_send(client, request);
}

void rtsp_client_finish(struct rtsp_client *client, GstRTSPMessage *msg)
{
	client->closed = TRUE;
	client->finishing = TRUE;
	rtsp_client_ask(client, msg, 0);
	rtsp_client_set_deadline(client, LIMIT_UPSTREAM_TEARDOWN_MS);
}

/* Take the best of what the server offers; FALSE when we can or may do none. */
static gboolean rtsp_client_take_challenge(struct rtsp_client *client,
					   GstRTSPMessage *answer)
{
	gboolean basic = FALSE;

	if (!client->config->user)
		return FALSE;
	if (client->credentials)
		gst_rtsp_auth_credentials_free(client->credentials);
	client->credentials = gst_rtsp_message_parse_auth_credentials(answer,
						GST_RTSP_HDR_WWW_AUTHENTICATE);
	client->nonce_count = 0;
	client->digest = digest_choose(client->credentials, &client->challenge);
	for (guint i = 0; client->credentials && client->credentials[i]; i++)
		basic |= client->credentials[i]->scheme == GST_RTSP_AUTH_BASIC;
	if (client->digest || basic)
		return TRUE;
	g_clear_pointer(&client->credentials, gst_rtsp_auth_credentials_free);
	return FALSE;
}

static gboolean rtsp_client_is_answer(const struct rtsp_client_request *request,
				      GstRTSPMessage *answer)
{
	char *cseq = NULL;
	guint64 number;

	return gst_rtsp_message_get_header(answer, GST_RTSP_HDR_CSEQ, &cseq, 0) ==
	       GST_RTSP_OK &&
	       g_ascii_string_to_unsigned(cseq, 10, 0, G_MAXUINT32, &number, NULL) &&
	       number == request->cseq;
}

static void rtsp_client_got_answer(struct rtsp_client *client, GstRTSPMessage *answer)
{
	struct rtsp_client_request *request = g_queue_peek_head(&client->sent);
	gboolean again;

	/* there is none that says "wait on" to a client that plays only */
	if (!request || !rtsp_client_is_answer(request, answer)) {
		rtsp_client_close(client, GST_RTSP_STS_BAD_GATEWAY,
				  "an answer that fits no request");
		return;
	}
	g_queue_pop_head(&client->sent);
	again = answer->type_data.response.code == GST_RTSP_STS_UNAUTHORIZED &&
		!request->again && rtsp_client_take_challenge(client, answer);
	if (again) {
		request->again = TRUE;
		rtsp_client_send(client, request);
	}
	if (!client->finishing)
		rtsp_client_set_deadline(client, g_queue_is_empty(&client->sent) ? 0 :
					 LIMIT_UPSTREAM_ANSWER_MS);
	else if (g_queue_is_empty(&client->sent))
		rtsp_client_free(client);
	if (again)
		return;

	if (!client->closed)
		client->ops->answer(request->msg->type_data.request.method, request->tag,
				    answer, client->user_data);
	rtsp_client_request_free(request);
}

static void rtsp_client_got_request(struct rtsp_client *client, GstRTSPMessage *request)
{
	GstRTSPMessage *answer = NULL;
	char *cseq = NULL;

	gst_rtsp_message_new_response(&answer, GST_RTSP_STS_NOT_IMPLEMENTED,
				      gst_rtsp_status_as_text(GST_RTSP_STS_NOT_IMPLEMENTED),
				      NULL);
	if (gst_rtsp_message_get_header(request, GST_RTSP_HDR_CSEQ, &cseq, 0) == GST_RTSP_OK)
		gst_rtsp_message_add_header(answer, GST_RTSP_HDR_CSEQ, cseq);
	wire_send(client->wire, answer);
	gst_rtsp_message_free(answer);
}

static void rtsp_client_got_frame(struct rtsp_client *client, GstRTSPMessage *frame)
{
	guint8 *data = NULL;
	guint len = 0;

	gst_rtsp_message_get_body(frame, &data, &len);
	if (!client->closed && len)
		client->ops->frame(frame->type_data.data.channel, data, len,
				   client->user_data);
}

static void rtsp_client_message(GstRTSPMessage *msg, gpointer user_data)
{
	struct rtsp_client *client = user_data;

	client->refs++;
	if (msg->type == GST_RTSP_MESSAGE_RESPONSE)
		rtsp_client_got_answer(client, msg);
	else if (msg->type == GST_RTSP_MESSAGE_DATA)
		rtsp_client_got_frame(client, msg);
	else if (msg->type == GST_RTSP_MESSAGE_REQUEST)
		rtsp_client_got_request(client, msg);
	if (client->wire)
		wire_next(client->wire);
	rtsp_client_unref(client);
}

static void rtsp_client_ended(const GError *error, gpointer user_data)
{
	struct rtsp_client *client = user_data;

	client->refs++;
	rtsp_client_close(client, GST_RTSP_STS_SERVICE_UNAVAILABLE, error ?
			  error->message : "the server closed the connection");
	rtsp_client_unref(client);
}

static gboolean rtsp_client_accept_any(GTlsConnection *tls, GTlsCertificate *certificate,
				       GTlsCertificateFlags errors, gpointer user_data)
{
	return TRUE;
}

static void rtsp_client_event(GSocketClient *connector, GSocketClientEvent event,
			      GSocketConnectable *to, GIOStream *connection,
			      gpointer user_data)
{
	const struct config_upstream *config = user_data;
	g_autoptr(GTlsDatabase) database = NULL;

	if (event != G_SOCKET_CLIENT_TLS_HANDSHAKING)
		return;
	if (!config->tls_verify) {
		g_signal_connect(connection, "accept-certificate",
				 G_CALLBACK(rtsp_client_accept_any), NULL);
	} else if (config->tls_ca) {
		database = g_tls_file_database_new(config->tls_ca, NULL);
		/* with none, no certificate is good: there is no falling back */
		g_tls_connection_set_database(G_TLS_CONNECTION(connection), database);
	}
}

static gboolean rtsp_client_take_address(struct rtsp_client *client,
					 GSocketConnection *connection)
{
	g_autoptr(GSocketAddress) address = NULL;
	struct sockaddr_storage sa = { 0 };

	address = g_socket_connection_get_remote_address(connection, NULL);
	return address && g_socket_address_to_native(address, &sa, sizeof(sa), NULL) &&
	       addr_from_sockaddr(&client->server, (struct sockaddr *)&sa, sizeof(sa));
}

static void rtsp_client_connected(GObject *connector, GAsyncResult *result,
				  gpointer user_data)
{
	static const struct wire_ops ops = {
		.message = rtsp_client_message,
		.closed = rtsp_client_ended,
	};
	g_autoptr(GSocketConnection) connection = NULL;
	g_autoptr(GError) error = NULL;
	struct rtsp_client *client = user_data;

	connection = g_socket_client_connect_to_host_finish(G_SOCKET_CLIENT(connector),
							    result, &error);
	if (client->closed) {
		rtsp_client_unref(client);
		return;
	}
	rtsp_client_set_deadline(client, 0);
	if (!connection) {
		rtsp_client_close(client, GST_RTSP_STS_SERVICE_UNAVAILABLE,
				  error->message);
	} else if (!rtsp_client_take_address(client, connection)) {
		rtsp_client_close(client, GST_RTSP_STS_SERVICE_UNAVAILABLE,
				  "the server's address is unknown");
	} else {
		client->wire = wire_new(G_IO_STREAM(connection), &ops, client);
		client->ops->connected(client->user_data);
	}
	rtsp_client_unref(client);
}

struct rtsp_client *rtsp_client_new(struct config_upstream *config,
				    const struct rtsp_client_ops *ops,
				    gpointer user_data)
{
	struct rtsp_client *client = g_new0(struct rtsp_client, 1);
	g_autoptr(GSocketClient) connector = g_socket_client_new();

	client->config = config_upstream_ref(config);
	client->ops = ops;
	client->user_data = user_data;
	client->cancellable = g_cancellable_new();
	/* the owner's, and that of connecting */
	client->refs = 2;

	/* a proxy would be looked for in a thread, and takes no RTSP */
	g_socket_client_set_enable_proxy(connector, FALSE);
	g_socket_client_set_tls(connector, config->tls);
	if (config->tls)
		g_signal_connect(connector, "event", G_CALLBACK(rtsp_client_event),
				 config);
	rtsp_client_set_deadline(client, LIMIT_UPSTREAM_CONNECT_MS);
	g_socket_client_connect_to_host_async(connector, config->host, config->port,
					      client->cancellable, rtsp_client_connected,
					      client);
	return client;
}

void rtsp_client_set_session(struct rtsp_client *client, const char *id)
{
	g_free(client->session);
	client->session = g_strdup(id);
}

void rtsp_client_send_frame(struct rtsp_client *client, guint8 channel,
			    const guint8 *data, gsize len)
{
	GstRTSPMessage *frame = NULL;

	gst_rtsp_message_new_data(&frame, channel);
	gst_rtsp_message_set_body(frame, data, len);
	wire_send(client->wire, frame);
	gst_rtsp_message_free(frame);
}

const struct rtp_fanout_addr *rtsp_client_server(const struct rtsp_client *client)
{
	return &client->server;
}
