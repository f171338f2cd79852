// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Requests upstream and their answers: which belongs to which (thesis, row 5), and
 * whom a client of TLS speaks to.
 */
#include <gio/gio.h>
#include <string.h>
#include <unistd.h>

#include "rtsp_client.h"

#define SERVER_HOST	"127.0.0.2"
/* Longest that anything takes here */
#define PATIENCE_MS	10000

/*
 * A server in a thread: waits for so many requests, and then says its text. Of what
 * came it tells the CSeqs.
 */
struct server {
	GSocketListener *listener;
	GThread *thread;
	guint16 port;
	const char *certificate;	/* file, or NULL without TLS */
	guint requests;
	const char *answers;
	GString *received;
};

static gpointer server_run(gpointer user_data)
{
	struct server *server = user_data;
	g_autoptr(GSocketConnection) socket = NULL;
	g_autoptr(GIOStream) stream = NULL;
	guint found = 0;
	char byte;

	socket = g_socket_listener_accept(server->listener, NULL, NULL, NULL);
	if (server->certificate) {
		g_autoptr(GTlsCertificate) own = NULL;

		own = g_tls_certificate_new_from_file(server->certificate, NULL);
		stream = g_tls_server_connection_new(G_IO_STREAM(socket), own, NULL);
	} else {
		stream = g_object_ref(G_IO_STREAM(socket));
	}
	while (found < server->requests &&
	       g_input_stream_read(g_io_stream_get_input_stream(stream), &byte, 1, NULL,
				   NULL) == 1) {
		g_string_append_c(server->received, byte);
		found += g_str_has_suffix(server->received->str, "\r\n\r\n");
	}
	g_output_stream_write_all(g_io_stream_get_output_stream(stream), server->answers,
				  strlen(server->answers), NULL, NULL, NULL);
	/* until the client hangs up */
	while (g_input_stream_read(g_io_stream_get_input_stream(stream), &byte, 1, NULL,
				   NULL) == 1)
		;
	g_io_stream_close(stream, NULL, NULL);
	return NULL;
}

static void server_start(struct server *server)
{
	g_autoptr(GSocketAddress) any = g_inet_socket_address_new_from_string(SERVER_HOST, 0);
	g_autoptr(GSocketAddress) bound = NULL;

	server->listener = g_socket_listener_new();
	server->received = g_string_new(NULL);
	g_assert_true(g_socket_listener_add_address(server->listener, any,
						    G_SOCKET_TYPE_STREAM,
						    G_SOCKET_PROTOCOL_TCP, NULL, &bound,
						    NULL));
	server->port = g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(bound));
	server->thread = g_thread_new("server", server_run, server);
}

static void server_stop(struct server *server)
{
	g_thread_join(server->thread);
	g_socket_listener_close(server->listener);
	g_object_unref(server->listener);
	g_string_free(server->received, TRUE);
}

/* What the client's owner was told */
struct owner {
	struct rtsp_client *client;
	GMainLoop *loop;
	guint asks;
	GString *told;
	guint answers;
};

static void owner_connected(gpointer user_data)
{
	static const GstRTSPMethod methods[] = {
		GST_RTSP_OPTIONS, GST_RTSP_DESCRIBE, GST_RTSP_SETUP, GST_RTSP_SETUP,
	};
	struct owner *owner = user_data;

	/* all at once: none waits for the answer to the one before it */
	for (guint i = 0; i < owner->asks; i++) {
		GstRTSPMessage *msg = NULL;

		gst_rtsp_message_new_request(&msg, methods[i], "rtsp://h/s");
		rtsp_client_ask(owner->client, msg, 10 + i);
	}
}

static void owner_answer(GstRTSPMethod method, guint tag, GstRTSPMessage *answer,
			 gpointer user_data)
{
	struct owner *owner = user_data;

	g_string_append_printf(owner->told, "%s %u %d\n", gst_rtsp_method_as_text(method),
			       tag, answer->type_data.response.code);
	if (++owner->answers == owner->asks)
		g_main_loop_quit(owner->loop);
}

static void owner_frame(guint8 channel, const guint8 *data, gsize len, gpointer user_data)
{
	struct owner *owner = user_data;

	g_string_append_printf(owner->told, "frame %u %.*s\n", channel, (int)len, data);
}

static void owner_closed(GstRTSPStatusCode status, const char *reason, gpointer user_data)
{
	struct owner *owner = user_data;

	g_string_append_printf(owner->told, "closed %d %s\n", status, reason);
	g_main_loop_quit(owner->loop);
}

static gboolean owner_late(gpointer user_data)
{
	g_error("nothing happened");
	return G_SOURCE_REMOVE;
}

/* What an owner is told that asks for so much of that server */
static char *talk(struct server *server, const char *keys, guint asks)
{
	static const struct rtsp_client_ops ops = {
		.connected = owner_connected,
		.answer = owner_answer,
		.frame = owner_frame,
		.closed = owner_closed,
	};
	struct owner owner = {
		.loop = g_main_loop_new(NULL, FALSE),
		.asks = asks,
		.told = g_string_new(NULL),
	};
	g_autoptr(GKeyFile) file = g_key_file_new();
	g_autofree char *private = NULL;
	struct config_upstream *config;
	g_autofree char *text = NULL;
	guint late;

	/* a file that nobody else may read: what is asked of one with a password */
	close(g_file_open_tmp(NULL, &private, NULL));
	server_start(server);
	text = g_strdup_printf("[path /a]\nupstream=rtsp%s://" SERVER_HOST ":%u/s\n%s",
			       server->certificate ? "s" : "", server->port, keys);
	g_key_file_load_from_data(file, text, -1, G_KEY_FILE_NONE, NULL);
	config = config_upstream_load(file, "path /a", private, NULL);
	g_assert_nonnull(config);
	unlink(private);
	owner.client = rtsp_client_new(config, &ops, &owner);
	config_upstream_unref(config);
	late = g_timeout_add(PATIENCE_MS, owner_late, NULL);
	g_main_loop_run(owner.loop);
	g_source_remove(late);
	rtsp_client_free(owner.client);
	g_main_loop_unref(owner.loop);
	server_stop(server);
	return g_string_free(owner.told, FALSE);
}

/* Answers come in the order of requests, several of which are outstanding. */
static void test_fifo(void)
{
	struct server server = {
		.requests = 4,
		.answers = "RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n"
			   "RTSP/1.0 404 No\r\nCSeq: 2\r\nContent-Length: 2\r\n\r\nxx"
			   "RTSP/1.0 200 OK\r\nCSeq: 3\r\n\r\n"
			   "RTSP/1.0 461 No\r\nCSeq: 4\r\n\r\n",
	};
	g_autofree char *told = talk(&server, "", 4);

	g_assert_cmpstr(told, ==, "OPTIONS 10 200\nDESCRIBE 11 404\nSETUP 12 200\n"
			"SETUP 13 461\n");
}

/* One that is not the next one's is nobody's. */
static void test_out_of_order(void)
{
	static const char *const answers[] = {
		"RTSP/1.0 200 OK\r\nCSeq: 2\r\n\r\n",
		"RTSP/1.0 200 OK\r\n\r\n",
		"RTSP/1.0 200 OK\r\nCSeq: x\r\n\r\n",
		"RTSP/1.0 200 OK\r\nCSeq: 4294967297\r\n\r\n",
	};

	for (guint i = 0; i < G_N_ELEMENTS(answers); i++) {
		struct server server = { .requests = 2, .answers = answers[i] };
		g_autofree char *told = talk(&server, "", 2);

		g_assert_cmpstr(told, ==, "closed 502 an answer that fits no request\n");
	}
}

/* An answer that comes twice is the second time one that nobody asked for. */
static void test_twice(void)
{
	struct server server = {
		.requests = 1,
		.answers = "RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\nRTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n",
	};
	g_autofree char *told = talk(&server, "", 2);

	g_assert_cmpstr(told, ==, "OPTIONS 10 200\nclosed 502 an answer that fits no request\n");
}

/* Each of those outstanding is refused by itself, and sent again by itself. */
static void test_password_pipelined(void)
{
	struct server server = {
		.requests = 2,
		.answers = "RTSP/1.0 401 No\r\nCSeq: 1\r\nWWW-Authenticate: Basic realm=\"r\"\r\n\r\n"
			   "RTSP/1.0 401 No\r\nCSeq: 2\r\nWWW-Authenticate: Basic realm=\"r\"\r\n\r\n"
			   "RTSP/1.0 200 OK\r\nCSeq: 3\r\n\r\n"
			   "RTSP/1.0 401 No\r\nCSeq: 4\r\nWWW-Authenticate: Basic realm=\"r\"\r\n\r\n",
	};
	g_autofree char *told = talk(&server, "user=u\npassword=p\n", 2);

	/* a second refusal is the owner's to know */
	g_assert_cmpstr(told, ==, "OPTIONS 10 200\nDESCRIBE 11 401\n");
}

/* Without a password, and for a scheme that nobody knows, it is the owner's at once. */
static void test_password_none(void)
{
	struct server server = {
		.requests = 1,
		.answers = "RTSP/1.0 401 No\r\nCSeq: 1\r\nWWW-Authenticate: Basic realm=\"r\"\r\n\r\n",
	};
	g_autofree char *none = talk(&server, "", 1);
	g_autofree char *unknown = NULL;

	server.answers = "RTSP/1.0 401 No\r\nCSeq: 1\r\nWWW-Authenticate: Vow x=\"r\"\r\n\r\n";
	unknown = talk(&server, "user=u\npassword=p\n", 1);
	g_assert_cmpstr(none, ==, "OPTIONS 10 401\n");
	g_assert_cmpstr(unknown, ==, "OPTIONS 10 401\n");
}

static void test_tls(void)
{
	g_autofree char *own = g_build_filename(g_getenv("TESTS"), "origin.pem", NULL);
	g_autofree char *other = g_build_filename(g_getenv("TESTS"), "relay-a.pem", NULL);
	g_autofree char *ca = g_strdup_printf("tls-ca=%s\n", own);
	g_autofree char *wrong_ca = g_strdup_printf("tls-ca=%s\n", other);
	const struct {
		const char *certificate, *keys;
		gboolean ok;
	} rows[] = {
		{ own, ca, TRUE },
		{ own, "", FALSE },		/* none of the system's */
		{ own, wrong_ca, FALSE },
		{ other, wrong_ca, FALSE },	/* another's name */
		{ own, "tls-verify=false\n", TRUE },
		{ other, "tls-verify=false\n", TRUE },
	};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct server server = {
			.certificate = rows[i].certificate,
			.requests = 1,
			.answers = "RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n",
		};
		g_autofree char *told = talk(&server, rows[i].keys, 1);

		g_test_message("%u: %s", i, told);
		if (rows[i].ok)
			g_assert_cmpstr(told, ==, "OPTIONS 10 200\n");
		else
			g_assert_true(g_str_has_prefix(told, "closed 503 "));
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/rtsp-client/row5-fifo", test_fifo);
	g_test_add_func("/rtsp-client/row5-out-of-order", test_out_of_order);
	g_test_add_func("/rtsp-client/row5-twice", test_twice);
	g_test_add_func("/rtsp-client/password-pipelined", test_password_pipelined);
	g_test_add_func("/rtsp-client/password-none", test_password_none);
	g_test_add_func("/rtsp-client/tls", test_tls);
	return g_test_run();
}
