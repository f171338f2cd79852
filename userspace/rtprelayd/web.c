// SPDX-License-Identifier: GPL-2.0-or-later
#include "web.h"

#include <libsoup/soup.h>

#include "limit.h"
#include "log.h"

/**
 * struct web - see web.h
 * @soup: reads requests and writes answers
 * @listener: the listening socket
 * @watch: wakes on connections
 * @connections: struct web_connection *, the oldest first
 * @handler: see web_new()
 * @user_data: for it
 */
struct web {
	SoupServer *soup;
	GSocket *listener;
	GSource *watch;
	GQueue connections;
	web_handler handler;
	gpointer user_data;
};

/**
 * struct web_connection - a connection while it is open
 * @web: whose
 * @stream: it, as long as libsoup keeps it
 * @link: in web.connections, until it is told to end
 * @deadline: when it is
 * @ended: it was, and is nowhere but with libsoup
 */
struct web_connection {
	struct web *web;
	GSocketConnection *stream;
	GList link;
	guint deadline;
	gboolean ended;
};

static void web_connection_leave(struct web_connection *connection)
{
	if (connection->ended)
		return;
	connection->ended = TRUE;
	g_queue_unlink(&connection->web->connections, &connection->link);
	g_clear_handle_id(&connection->deadline, g_source_remove);
}

static void web_connection_gone(gpointer data, GObject *unused)
{
	web_connection_leave(data);
	g_free(data);
}

/* libsoup sees the end of it and lets go */
static void web_connection_end(struct web_connection *connection)
{
	web_connection_leave(connection);
	g_socket_shutdown(g_socket_connection_get_socket(connection->stream), TRUE, TRUE,
			  NULL);
}

static gboolean web_connection_late(gpointer user_data)
{
	struct web_connection *connection = user_data;

	connection->deadline = 0;
	web_connection_end(connection);
	return G_SOURCE_REMOVE;
}

static void web_admit(struct web *web, GSocket *socket)
{
	/*
	 * Addresses are none of our business, but libsoup wants some, and those
	 * of a UNIX socket are none that it can do with.
	 */
	g_autoptr(GSocketAddress) none =
				g_inet_socket_address_new_from_string("127.0.0.1", 0);
	g_autoptr(GSocketConnection) stream = NULL;
	struct web_connection *connection;

	if (web->connections.length >= LIMIT_HTTP_CONNECTIONS)
		web_connection_end(g_queue_peek_head(&web->connections));
	stream = g_socket_connection_factory_create_connection(socket);
	connection = g_new0(struct web_connection, 1);
	connection->web = web;
	connection->stream = stream;
	connection->link.data = connection;
	connection->deadline = g_timeout_add(LIMIT_HTTP_MS, web_connection_late,
					     connection);
	g_queue_push_tail_link(&web->connections, &connection->link);
	g_object_weak_ref(G_OBJECT(stream), web_connection_gone, connection);
	soup_server_accept_iostream(web->soup, G_IO_STREAM(stream), none, none, NULL);
}

static gboolean web_accept(GSocket *listener, GIOCondition condition, gpointer user_data)
{
	struct web *web = user_data;

	for (guint i = 0; i < LIMIT_HTTP_ACCEPT_BATCH; i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(GSocket) socket = g_socket_accept(listener, NULL, &error);

		if (socket) {
			g_socket_set_blocking(socket, FALSE);
			web_admit(web, socket);
			continue;
		}
		if (!g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
			log_event("accept-failed", LOG_S("error", error->message));
		break;
	}
	return G_SOURCE_CONTINUE;
}

/* Nothing that is asked needs a body: a short one is skipped, others end it here. */
static void web_got_headers(SoupServer *soup, SoupServerMessage *msg, const char *path,
			    GHashTable *values, gpointer unused)
{
	SoupMessageHeaders *headers = soup_server_message_get_request_headers(msg);

	soup_message_body_set_accumulate(soup_server_message_get_request_body(msg), FALSE);
	if (soup_message_headers_get_encoding(headers) == SOUP_ENCODING_CHUNKED ||
	    soup_message_headers_get_content_length(headers) > LIMIT_HTTP_BODY) {
		GIOStream *stream = soup_server_message_steal_connection(msg);

		g_io_stream_close(stream, NULL, NULL);
		g_object_unref(stream);
	}
}

static void web_got_request(SoupServer *soup, SoupServerMessage *msg, const char *path,
			    GHashTable *values, gpointer user_data)
{
	SoupMessageHeaders *headers = soup_server_message_get_response_headers(msg);
	struct web *web = user_data;
	struct web_request request = {
		.method = soup_server_message_get_method(msg),
		.path = path,
		.query = g_uri_get_query(soup_server_message_get_uri(msg)),
		.values = values,
	};
	struct web_answer answer = { 0 };

	web->handler(&request, &answer, web->user_data);
	soup_server_message_set_status(msg, answer.status, NULL);
	soup_message_headers_replace(headers, "Content-Type", answer.type);
	soup_message_headers_replace(headers, "Cache-Control", "no-store");
	soup_message_headers_replace(headers, "Connection", "close");
	soup_message_headers_replace(headers, "X-Content-Type-Options", "nosniff");
	soup_message_headers_replace(headers, "Referrer-Policy", "no-referrer");
	soup_message_headers_replace(headers, "Content-Security-Policy",
		"default-src 'none'; connect-src 'self'; img-src 'self'; script-src 'self'; "
		"style-src 'self'; base-uri 'none'; form-action 'none'; "
		"frame-ancestors 'none'");
	if (answer.status == SOUP_STATUS_METHOD_NOT_ALLOWED)
		soup_message_headers_replace(headers, "Allow", "GET, HEAD");
	soup_message_body_append_bytes(soup_server_message_get_response_body(msg),
				       answer.body);
	g_bytes_unref(answer.body);
}

struct web *web_new(GSocket *listener, web_handler handler, gpointer user_data)
{
	struct web *web = g_new0(struct web, 1);

	web->handler = handler;
	web->user_data = user_data;
	web->listener = g_object_ref(listener);
	web->soup = soup_server_new("server-header", "rtprelayd", NULL);
	soup_server_add_early_handler(web->soup, NULL, web_got_headers, web, NULL);
	soup_server_add_handler(web->soup, NULL, web_got_request, web, NULL);
	web->watch = g_socket_create_source(listener, G_IO_IN, NULL);
	g_source_set_callback(web->watch, G_SOURCE_FUNC(web_accept), web, NULL);
	g_source_attach(web->watch, NULL);
	return web;
}

void web_free(struct web *web)
{
	if (!web)
		return;
	g_source_destroy(web->watch);
	g_source_unref(web->watch);
	while (web->connections.head)
		web_connection_end(web->connections.head->data);
	soup_server_disconnect(web->soup);
	g_object_unref(web->soup);
	g_object_unref(web->listener);
	g_free(web);
}
