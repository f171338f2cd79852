// SPDX-License-Identifier: GPL-2.0-or-later
/* Strangers at the status page cost little, and viewers nothing. */
#include <string.h>
#include <sys/socket.h>

#include "limit.h"
#include "look.h"

static const struct bed_wish wish = { .monitor = TRUE };

/* Longest that anybody else may wait, in microseconds: sanitizers are slow */
#define QUICK_US	500000

static void assert_others_quick(const struct bed *bed)
{
	gint64 start = g_get_monotonic_time();
	struct rtsp *rtsp = rtsp_connect(bed->port);

	g_assert_cmpint(rtsp_status(rtsp, "OPTIONS", bed->url, NULL), ==, 200);
	g_assert_cmpint(g_get_monotonic_time() - start, <, QUICK_US);
	rtsp_close(rtsp);
}

static gssize raw_send(GSocket *socket, const char *bytes, gsize len)
{
	return g_socket_send(socket, bytes, len, NULL, NULL);
}

/* What is answered until the other side closes, or "" when it just does */
static char *raw_answer(GSocket *socket)
{
	GString *text = g_string_new(NULL);
	char data[4096];
	gssize n;

	while ((n = g_socket_receive(socket, data, sizeof(data), NULL, NULL)) > 0)
		g_string_append_len(text, data, n);
	return g_string_free(text, FALSE);
}

static void assert_answers(const struct bed *bed, const char *request, gsize len,
			   const char *begins)
{
	g_autoptr(GSocket) socket = look_raw(bed);
	g_autofree char *answer = NULL;

	raw_send(socket, request, len);
	answer = raw_answer(socket);
	g_test_message("%.60s: %.60s", request, answer);
	if (*begins)
		g_assert_true(g_str_has_prefix(answer, begins));
	assert_others_quick(bed);
}

#define ANSWERS(bed, request, begins) \
	assert_answers(bed, request, sizeof(request) - 1, begins)

static void test_malformed(struct bed *bed, gconstpointer unused)
{
	ANSWERS(bed, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200");
	/* no host: an address of the library's choice must be of the right kind */
	ANSWERS(bed, "GET / HTTP/1.0\r\n\r\n", "HTTP/1.0 200");
	ANSWERS(bed, "GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 400");
	ANSWERS(bed, "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 40");
	ANSWERS(bed, "GET http://a@b:c/ HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 400");
	ANSWERS(bed, "GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n",
		"HTTP/1.1 40");
	ANSWERS(bed, "GET /%ff%00 HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 40");
	ANSWERS(bed, "GET /status?path=%ff&viewers=%00 HTTP/1.1\r\nHost: x\r\n\r\n",
		"HTTP/1.1 40");
	ANSWERS(bed, "CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 40");
	ANSWERS(bed, "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", "");
#ifndef __SANITIZE_ADDRESS__
	/* libsoup 3.2 forgets to free the path of this one */
	ANSWERS(bed, "GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: odd\r\n\r\n",
		"HTTP/1.1 501");
#endif
	ANSWERS(bed, "\0\0\0\0\r\n\r\n", "");
	ANSWERS(bed, "POST /status HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody",
		"HTTP/1.1 405");
	/* two at once: one is answered */
	ANSWERS(bed, "GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n",
		"HTTP/1.1 200");
}

/* A unit over and over, until it is cut short */
static void flood(struct bed *bed, const char *start, const char *unit)
{
	g_autoptr(GSocket) socket = look_raw(bed);
	gsize sent = strlen(start);

	if (*start)
		raw_send(socket, start, strlen(start));
	while (sent < 256 << 20) {
		gssize n = raw_send(socket, unit, strlen(unit));

		if (n <= 0)
			break;
		sent += n;
	}
	g_test_message("%zu bytes of %.12s", sent, unit);
	/* the library's limit, and what the sockets' buffers took */
	g_assert_cmpuint(sent, <, 32 << 20);
	assert_others_quick(bed);
}

static void test_floods(struct bed *bed, gconstpointer unused)
{
	g_autofree char *many = g_strnfill(64 << 10, 'a');

	flood(bed, "GET / HTTP/1.1\r\n", "X: y\r\n");
	flood(bed, "GET /", many);
	flood(bed, "GET / HTTP/1.1\r\nX: ", many);
	flood(bed, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n", many);
	flood(bed, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
	      "40000000\r\n", many);
}

/* Who dawdles is waited for, but not for ever. */
static void test_slow(struct bed *bed, gconstpointer unused)
{
	g_autoptr(GSocket) silent = look_raw(bed), drip = look_raw(bed);
	gint64 start = g_get_monotonic_time();
	char byte;

	while (g_get_monotonic_time() - start < 2 * LIMIT_HTTP_MS * 1000) {
		if (raw_send(drip, "G", 1) < 1)
			break;
		g_usleep(200000);
		assert_others_quick(bed);
	}
	g_assert_cmpint(g_get_monotonic_time() - start, >=, (LIMIT_HTTP_MS - 100) * 1000);
	g_assert_cmpint(g_get_monotonic_time() - start, <, (LIMIT_HTTP_MS + 3000) * 1000);
	g_assert_cmpint(g_socket_receive(silent, &byte, 1, NULL, NULL), <=, 0);
}

/* Any number of connections leave room for the next one, and none is forgotten. */
static void test_many(struct bed *bed, gconstpointer unused)
{
	GSocket *sockets[4 * LIMIT_HTTP_CONNECTIONS];
	guint open = 0;

	for (guint i = 0; i < G_N_ELEMENTS(sockets); i++)
		sockets[i] = look_raw(bed);
	g_free(look_text(bed, "/status"));
	assert_others_quick(bed);
	for (guint i = 0; i < G_N_ELEMENTS(sockets); i++) {
		char byte;

		g_socket_set_blocking(sockets[i], FALSE);
		open += g_socket_receive(sockets[i], &byte, 1, NULL, NULL) < 0;
		g_object_unref(sockets[i]);
	}
	g_assert_cmpuint(open, >, 0);
	g_assert_cmpuint(open, <=, LIMIT_HTTP_CONNECTIONS);
}

/* It asks and never reads. */
static void test_takes_no_answers(struct bed *bed, gconstpointer unused)
{
	static const char request[] = "GET /page.js HTTP/1.1\r\nHost: x\r\n\r\n";
	GSocket *sockets[LIMIT_HTTP_CONNECTIONS];
	int small = 1;

	for (guint i = 0; i < G_N_ELEMENTS(sockets); i++) {
		sockets[i] = look_raw(bed);
		setsockopt(g_socket_get_fd(sockets[i]), SOL_SOCKET, SO_RCVBUF, &small,
			   sizeof(small));
		raw_send(sockets[i], request, strlen(request));
	}
	g_free(look_text(bed, "/metrics"));
	assert_others_quick(bed);
	for (guint i = 0; i < G_N_ELEMENTS(sockets); i++)
		g_object_unref(sockets[i]);
}

/* A storm of requests, while somebody watches */
static void test_storm(struct bed *bed, gconstpointer unused)
{
	static const char request[] = "GET /status HTTP/1.1\r\nHost: x\r\n\r\n";
	struct viewer *viewer = viewer_new(bed, NULL, 1);
	gint64 end = g_get_monotonic_time() + 2 * G_USEC_PER_SEC;

	viewer_play(viewer);
	for (guint i = 0; g_get_monotonic_time() < end; i++) {
		g_autoptr(GSocket) socket = look_raw(bed);

		raw_send(socket, request, strlen(request) - i % 3);
		if (i % 100 == 0)
			assert_others_quick(bed);
	}
	g_assert_cmpint(rtsp_status(viewer->rtsp, "GET_PARAMETER", bed->url, viewer->session),
			==, 200);
	viewer_teardown(viewer);
}

#define ADD(name, func) \
	g_test_add("/web/" name, struct bed, &wish, bed_set_up, func, bed_tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("malformed", test_malformed);
	ADD("floods", test_floods);
	ADD("slow", test_slow);
	ADD("many", test_many);
	ADD("takes-no-answers", test_takes_no_answers);
	ADD("storm", test_storm);
	return g_test_run();
}
