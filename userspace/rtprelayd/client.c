// SPDX-License-Identifier: GPL-2.0-or-later
#include "client.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include "addr.h"
#include "framer.h"
#include "interleaved.h"
#include "limit.h"
#include "log.h"
#include "methods.h"
#include "random.h"
#include "server.h"
#include "wire.h"

#define SERVER_NAME	"rtprelayd"

/* Random bytes of a nonce: nobody guesses it, and none comes twice */
#define NONCE_BYTES	16

/**
 * struct client - see client.h
 * @refs: one while connected, one for each request that waits
 * @server: whose; not to be used once @wire is NULL
 * @wire: the connection, NULL after it ended
 * @interleaved: what else goes over it, or NULL
 * @addr: the viewer's address
 * @local: ours
 * @ifindex: see client_ifindex()
 * @cseq: of the request in hand
 * @session: identifier of the last session that it set up, or NULL
 * @session_check: looks whether that still lives
 * @secure: it is TLS
 * @nonce: see client_nonce(); NULL until it is needed
 * @failures: wrong passwords so far
 */
struct client {
	guint refs;
	struct server *server;
	struct wire *wire;
	struct interleaved *interleaved;
	struct rtp_fanout_addr addr;
	struct rtp_fanout_addr local;
	guint ifindex;
	char *cseq;
	char *session;
	guint session_check;
	gboolean secure;
	char *nonce;
	guint failures;
};

/* An answer that is held back */
struct client_answer {
	struct client *client;
	GstRTSPMessage *answer;
};

struct client *client_ref(struct client *client)
{
	client->refs++;
	return client;
}

void client_unref(struct client *client)
{
	if (--client->refs)
		return;
	g_free(client->cseq);
	g_free(client->session);
	g_free(client->nonce);
	g_free(client);
}

struct server *client_server(const struct client *client)
{
	return client->server;
}

const struct rtp_fanout_addr *client_addr(const struct client *client)
{
	return &client->addr;
}

const struct rtp_fanout_addr *client_local(const struct client *client)
{
	return &client->local;
}

guint client_ifindex(const struct client *client)
{
	return client->ifindex;
}

gboolean client_is_secure(const struct client *client)
{
	return client->secure;
}

const char *client_nonce(struct client *client)
{
	if (!client->nonce)
		client->nonce = random_hex(NONCE_BYTES);
	return client->nonce;
}

struct interleaved *client_interleaved(struct client *client)
{
	if (!client->interleaved && client->wire)
		client->interleaved = interleaved_new(client->wire);
	return client->interleaved;
}

static void client_end(struct client *client, void (*end)(struct wire *wire))
{
	struct wire *wire = g_steal_pointer(&client->wire);

	if (!wire)
		return;
	g_clear_handle_id(&client->session_check, g_source_remove);
	server_client_gone(client->server, client);
	/* before the connection goes, on which its sessions say good-bye */
	g_clear_pointer(&client->interleaved, interleaved_free);
	end(wire);
	client_unref(client);
}

void client_close(struct client *client)
{
	client_end(client, wire_free);
}

static void client_add_common(GstRTSPMessage *answer, const char *cseq)
{
	g_autoptr(GDateTime) now = g_date_time_new_now_utc();

	if (cseq)
		gst_rtsp_message_add_header(answer, GST_RTSP_HDR_CSEQ, cseq);
	gst_rtsp_message_take_header(answer, GST_RTSP_HDR_DATE,
				     g_date_time_format(now, "%a, %d %b %Y %H:%M:%S GMT"));
	gst_rtsp_message_add_header(answer, GST_RTSP_HDR_SERVER, SERVER_NAME);
}

GstRTSPMessage *client_answer(struct client *client, GstRTSPStatusCode status)
{
	GstRTSPMessage *answer = NULL;

	gst_rtsp_message_new_response(&answer, status, gst_rtsp_status_as_text(status),
				      NULL);
	client_add_common(answer, client->cseq);
	return answer;
}

void client_send(struct client *client, GstRTSPMessage *answer)
{
	if (client->wire) {
		wire_send(client->wire, answer);
		gst_rtsp_message_free(answer);
		wire_next(client->wire);
	} else {
		gst_rtsp_message_free(answer);
	}
}

static gboolean client_send_late(gpointer user_data)
{
	g_autofree struct client_answer *late = user_data;
	struct client *client = late->client;

	if (client->failures < LIMIT_AUTH_FAILURES || !client->wire) {
		client_send(client, late->answer);
	} else {
		wire_send(client->wire, late->answer);
		gst_rtsp_message_free(late->answer);
		client_end(client, wire_finish);
	}
	client_unref(client);
	return G_SOURCE_REMOVE;
}

void client_send_wrong(struct client *client, GstRTSPMessage *answer)
{
	struct client_answer *late = g_new(struct client_answer, 1);

	client->failures++;
	late->client = client_ref(client);
	late->answer = answer;
	g_timeout_add(LIMIT_AUTH_DELAY_MS, client_send_late, late);
}

void client_fail(struct client *client, GstRTSPStatusCode status)
{
	client_send(client, client_answer(client, status));
}

static gboolean client_check_session(gpointer user_data)
{
	struct client *client = user_data;

	if (session_find(server_sessions(client->server), client->session))
		return G_SOURCE_CONTINUE;
	client->session_check = 0;
	wire_set_idle(client->wire, LIMIT_IDLE_MS);
	return G_SOURCE_REMOVE;
}

void client_has_session(struct client *client, const struct session *session)
{
	if (!client->wire)
		return;
	g_free(client->session);
	client->session = g_strdup(session_id(session));
	wire_set_idle(client->wire, 0);
	if (!client->session_check)
		client->session_check = g_timeout_add_seconds(LIMIT_IDLE_MS / 1000,
							      client_check_session, client);
}

/* CSeq = 1*DIGIT; without one there is nothing to answer to. */
static gboolean client_take_cseq(struct client *client, GstRTSPMessage *request)
{
	char *cseq = NULL;
	guint64 number;

	g_clear_pointer(&client->cseq, g_free);
	if (gst_rtsp_message_get_header(request, GST_RTSP_HDR_CSEQ, &cseq, 0) != GST_RTSP_OK ||
	    !g_ascii_string_to_unsigned(cseq, 10, 0, G_MAXUINT32, &number, NULL))
		return FALSE;
	client->cseq = g_strdup(cseq);
	return TRUE;
}

static void client_frame(struct client *client, GstRTSPMessage *msg)
{
	guint8 *data = NULL;
	guint len = 0;

	gst_rtsp_message_get_body(msg, &data, &len);
	interleaved_received(client->interleaved, msg->type_data.data.channel, data, len);
}

static void client_message(GstRTSPMessage *msg, gpointer user_data)
{
	struct client *client = user_data;

	if (msg->type != GST_RTSP_MESSAGE_REQUEST) {
		/* answers to nothing are not for us, nor are frames of no channel */
		if (msg->type == GST_RTSP_MESSAGE_DATA && client->interleaved)
			client_frame(client, msg);
		wire_next(client->wire);
		return;
	}
	client_ref(client);
	if (client_take_cseq(client, msg))
		methods_handle(client, msg);
	else
		client_fail(client, GST_RTSP_STS_BAD_REQUEST);
	client_unref(client);
}

static void client_closed(const GError *error, gpointer user_data)
{
	struct client *client = user_data;
	char addr[ADDR_STRLEN];

	if (error && !g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED))
		log_warn("client-dropped",
			  LOG_S("client", addr_to_string(&client->addr, addr)),
			  LOG_S("reason", error->message));
	if (error && error->domain == FRAMER_ERROR) {
		GstRTSPMessage *answer;

		g_clear_pointer(&client->cseq, g_free);
		answer = client_answer(client, framer_error_status(error->code));
		wire_send(client->wire, answer);
		gst_rtsp_message_free(answer);
		client_end(client, wire_finish);
	} else {
		client_end(client, wire_free);
	}
}

static gboolean client_take_addr(GSocketAddress *from, struct rtp_fanout_addr *addr,
				 guint *ifindex)
{
	g_autoptr(GSocketAddress) address = from;
	struct sockaddr_storage sa = { 0 };

	if (!address || !g_socket_address_to_native(address, &sa, sizeof(sa), NULL))
		return FALSE;
	*ifindex = addr_scope((struct sockaddr *)&sa, sizeof(sa));
	return addr_from_sockaddr(addr, (struct sockaddr *)&sa, sizeof(sa));
}

struct client *client_new(struct server *server, GSocketConnection *connection,
			  GIOStream *stream)
{
	static const struct wire_ops ops = {
		.message = client_message,
		.closed = client_closed,
	};
	struct client *client = g_new0(struct client, 1);
	guint local_ifindex;

	client->refs = 1;
	client->server = server;
	/* it may have gone already */
	if (!client_take_addr(g_socket_connection_get_remote_address(connection, NULL),
			      &client->addr, &client->ifindex) ||
	    !client_take_addr(g_socket_connection_get_local_address(connection, NULL),
			      &client->local, &local_ifindex)) {
		client_unref(client);
		return NULL;
	}
	/* beyond that it is here that what a slow viewer gets waits, and is dropped */
	g_socket_set_option(g_socket_connection_get_socket(connection), IPPROTO_TCP,
			    TCP_NOTSENT_LOWAT, LIMIT_UNSENT_FRAMES, NULL);
	client->secure = stream != G_IO_STREAM(connection);
	client->wire = wire_new(stream, &ops, client);
	wire_set_idle(client->wire, LIMIT_IDLE_MS);
	return client;
}

static void client_refused_message(GstRTSPMessage *msg, gpointer user_data)
{
}

static void client_refused_closed(const GError *error, gpointer user_data)
{
}

void client_refuse(GSocketConnection *connection)
{
	static const struct wire_ops ops = {
		.message = client_refused_message,
		.closed = client_refused_closed,
	};
	struct wire *wire = wire_new(G_IO_STREAM(connection), &ops, NULL);
	GstRTSPMessage *answer = NULL;

	gst_rtsp_message_new_response(&answer, GST_RTSP_STS_SERVICE_UNAVAILABLE,
				      gst_rtsp_status_as_text(GST_RTSP_STS_SERVICE_UNAVAILABLE),
				      NULL);
	client_add_common(answer, NULL);
	wire_send(wire, answer);
	gst_rtsp_message_free(answer);
	wire_finish(wire);
}
