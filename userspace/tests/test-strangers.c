// SPDX-License-Identifier: GPL-2.0-or-later
/* What one host can take from the others, and requests that hide in others */
#include <string.h>

#include "bed.h"
#include "limit.h"

#define OTHER_HOST	"127.0.0.9"
/* For the tests; what is configured else is more */
#define HOST_LIMIT	8

static const struct bed_wish wish = {
	.server = "host-limit=" G_STRINGIFY(HOST_LIMIT) "\n",
};

static void assert_refused(struct rtsp *rtsp)
{
	GstRTSPMessage *answer = rtsp_read(rtsp);

	g_assert_nonnull(answer);
	g_assert_cmpint(answer->type_data.response.code, ==, 503);
	gst_rtsp_message_free(answer);
	g_assert_true(rtsp_is_closed(rtsp, 1000));
	rtsp_close(rtsp);
}

/* The next connection of a host with many is told 503; other hosts are served. */
static void test_connections(struct bed *bed, gconstpointer unused)
{
	struct rtsp *held[HOST_LIMIT], *other;

	for (guint i = 0; i < HOST_LIMIT; i++)
		held[i] = rtsp_connect(bed->port);
	for (guint i = 0; i < 3; i++)
		assert_refused(rtsp_connect(bed->port));
	bed_await_log(bed, "client-refused: client=" VIEWER_HOST
			   " reason=\"too many connections of this host\"");
	other = rtsp_connect_from(OTHER_HOST, bed->port);
	g_assert_cmpint(rtsp_status(other, "OPTIONS", "*", NULL), ==, 200);
	rtsp_close(other);

	/* one that goes makes room for one */
	rtsp_close(held[0]);
	held[0] = rtsp_connect(bed->port);
	while (rtsp_is_closed(held[0], 100)) {
		rtsp_close(held[0]);
		held[0] = rtsp_connect(bed->port);
	}
	assert_refused(rtsp_connect(bed->port));
	for (guint i = 0; i < HOST_LIMIT; i++)
		rtsp_close(held[i]);
}

/* A flood of SETUP makes so many sessions, then 503; they go as others do. */
static void test_setup_flood(struct bed *bed, gconstpointer unused)
{
	const char *transport = "Transport: RTP/AVP;unicast;client_port=5000-5001\r\n";
	g_autofree char *track = g_strconcat(bed->url, "/track0", NULL);
	struct rtsp *flood = rtsp_connect(bed->port);
	struct rtsp *other = rtsp_connect_from(OTHER_HOST, bed->port);
	struct rtsp *again;

	for (guint i = 0; i < 1000; i++)
		g_assert_cmpint(rtsp_status(flood, "SETUP", track, transport), ==,
				i < HOST_LIMIT ? 200 : 503);
	/* on another connection of the host it is no better */
	again = rtsp_connect(bed->port);
	g_assert_cmpint(rtsp_status(again, "SETUP", track, transport), ==, 503);
	g_assert_cmpint(rtsp_status(other, "SETUP", track, transport), ==, 200);
	g_usleep((BED_TIMEOUT + 1) * G_USEC_PER_SEC);
	g_assert_cmpint(rtsp_status(again, "SETUP", track, transport), ==, 200);
	rtsp_close(flood);
	rtsp_close(again);
	rtsp_close(other);
}

/* It asks, says that it has no more to say, and still gets its answer. */
static void test_half_closed(struct bed *bed, gconstpointer unused)
{
	struct rtsp *rtsp = rtsp_connect(bed->port);
	GstRTSPMessage *answer;

	g_assert_true(rtsp_write(rtsp, "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n", 31));
	rtsp_finish(rtsp);
	answer = rtsp_read(rtsp);
	g_assert_nonnull(answer);
	g_assert_cmpint(answer->type_data.response.code, ==, 200);
	gst_rtsp_message_free(answer);
	g_assert_true(rtsp_is_closed(rtsp, 1000));
	rtsp_close(rtsp);
}

/*
 * Who says nothing, among them those that vanished without a word (half-open), is
 * hung up on in the end, and makes room for others of its host.
 */
static void test_idle(struct bed *bed, gconstpointer unused)
{
	struct rtsp *idle[HOST_LIMIT], *other;
	gint64 start = g_get_monotonic_time();

	for (guint i = 0; i < HOST_LIMIT; i++)
		idle[i] = rtsp_connect(bed->port);
	assert_refused(rtsp_connect(bed->port));
	g_usleep((LIMIT_IDLE_MS - 2000) * 1000);
	g_assert_false(rtsp_is_closed(idle[0], 100));
	for (guint i = 0; i < HOST_LIMIT; i++) {
		g_assert_true(rtsp_is_closed(idle[i], 3000));
		rtsp_close(idle[i]);
	}
	g_assert_cmpint(g_get_monotonic_time() - start, <, (LIMIT_IDLE_MS + 5000) * 1000);
	other = rtsp_connect(bed->port);
	g_assert_cmpint(rtsp_status(other, "OPTIONS", "*", NULL), ==, 200);
	rtsp_close(other);
}

/* What is like a session's identifier is none: 454, and the session goes on. */
static void test_session_guessing(struct bed *bed, gconstpointer unused)
{
	static const char *const methods[] = { "PLAY", "PAUSE", "GET_PARAMETER", "TEARDOWN" };
	struct viewer *viewer = viewer_new(bed, NULL, 1);
	const char *id = viewer->session + strlen("Session: ");
	gsize len = strcspn(id, "\r");
	struct rtsp *guesser = rtsp_connect(bed->port);
	g_autoptr(GPtrArray) guesses = g_ptr_array_new_with_free_func(g_free);
	guint8 data[2048];

	/* 128 bits in hexadecimal */
	g_assert_cmpuint(len, ==, 32);
	for (gsize i = 0; i < len; i++) {
		char *near = g_strndup(id, len);

		near[i] = near[i] == '0' ? '1' : '0';
		g_ptr_array_add(guesses, near);
	}
	g_ptr_array_add(guesses, g_strndup(id, len - 1));
	g_ptr_array_add(guesses, g_strdup_printf("%.*s0", (int)len, id));
	g_ptr_array_add(guesses, g_strdup_printf("0%.*s", (int)len, id));
	g_ptr_array_add(guesses, g_strdup_printf("%.*s%%00", (int)len, id));
	g_ptr_array_add(guesses, g_strdup("0"));
	g_ptr_array_add(guesses, g_strdup("*"));

	viewer_play(viewer);
	for (guint i = 0; i < guesses->len; i++) {
		g_autofree char *header = g_strdup_printf("Session: %s\r\n",
					(const char *)g_ptr_array_index(guesses, i));

		g_assert_cmpint(rtsp_status(guesser, methods[i % G_N_ELEMENTS(methods)],
					    bed->url, header), ==, 454);
	}
	g_assert_cmpint(viewer_receive(viewer, 0, 0, data), >, 12);
	viewer_teardown(viewer);
	rtsp_close(guesser);
}

#define INNER	"TEARDOWN rtsp://h/cam RTSP/1.0\r\nCSeq: 9\r\n\r\n"
#define LEN	"43"

/*
 * What looks like a request within another is one only where every reader of the
 * grammar would see it. Where readers could differ, the connection ends.
 */
static const struct {
	const char *what;
	const char *bytes;
	gint status[4];		/* of the answers, 0 for the end */
	gboolean ends;
} smuggled[] = {
	{ "a request in a body is a body",
	  "GET_PARAMETER * RTSP/1.0\r\nCSeq: 1\r\nContent-Length: " LEN "\r\n\r\n" INNER
	  "OPTIONS * RTSP/1.0\r\nCSeq: 2\r\n\r\n", { 451, 200 }, FALSE },
	{ "a request after one without a length is a request",
	  "GET_PARAMETER * RTSP/1.0\r\nCSeq: 1\r\n\r\n" INNER, { 200, 454 }, FALSE },
	{ "a length of 0 is one, too",
	  "GET_PARAMETER * RTSP/1.0\r\nCSeq: 1\r\nContent-Length: 0\r\n\r\n" INNER,
	  { 200, 454 }, FALSE },
	{ "two lengths", "GET_PARAMETER * RTSP/1.0\r\nCSeq: 1\r\nContent-Length: 0\r\n"
	  "Content-Length: " LEN "\r\n\r\n" INNER, { 400 }, TRUE },
	{ "two lengths that agree", "GET_PARAMETER * RTSP/1.0\r\nCSeq: 1\r\n"
	  "Content-Length: " LEN "\r\nContent-Length: " LEN "\r\n\r\n" INNER, { 400 }, TRUE },
	{ "a list of lengths", "GET_PARAMETER * RTSP/1.0\r\nCSeq: 1\r\n"
	  "Content-Length: 0, " LEN "\r\n\r\n" INNER, { 400 }, TRUE },
	{ "a name with a space", "GET_PARAMETER * RTSP/1.0\r\nCSeq: 1\r\n"
	  "Content-Length : " LEN "\r\n\r\n" INNER, { 400 }, TRUE },
	{ "a folded length", "GET_PARAMETER * RTSP/1.0\r\nCSeq: 1\r\nX: y\r\n"
	  " Content-Length: " LEN "\r\n\r\n" INNER, { 400 }, TRUE },
	{ "a sign", "GET_PARAMETER * RTSP/1.0\r\nCSeq: 1\r\nContent-Length: +" LEN
	  "\r\n\r\n" INNER, { 400 }, TRUE },
	{ "hexadecimal", "GET_PARAMETER * RTSP/1.0\r\nCSeq: 1\r\nContent-Length: 0x2b"
	  "\r\n\r\n" INNER, { 400 }, TRUE },
	{ "a line that ends with CR alone", "GET_PARAMETER * RTSP/1.0\r\nCSeq: 1\r"
	  "Content-Length: " LEN "\r\n\r\n" INNER, { 400 }, TRUE },
	{ "chunks, which RTSP does not have", "GET_PARAMETER * RTSP/1.0\r\nCSeq: 1\r\n"
	  "Transfer-Encoding: chunked\r\n\r\n2b\r\n" INNER "0\r\n\r\n", { 200, 400 }, TRUE },
	{ "a frame between requests goes to nobody",
	  "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n$\x07" "\x00\x04" "abcd"
	  "OPTIONS * RTSP/1.0\r\nCSeq: 2\r\n\r\n", { 200, 200 }, FALSE },
	{ "an answer to nothing", "RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: " LEN
	  "\r\n\r\n" INNER "OPTIONS * RTSP/1.0\r\nCSeq: 2\r\n\r\n", { 200 }, FALSE },
};

static void test_smuggled(struct bed *bed, gconstpointer unused)
{
	G_STATIC_ASSERT(sizeof(INNER) - 1 == 43);
	for (guint i = 0; i < G_N_ELEMENTS(smuggled); i++) {
		struct rtsp *rtsp = rtsp_connect(bed->port);
		gsize len = strlen(smuggled[i].bytes);

		g_test_message("%s", smuggled[i].what);
		/* the one with NULs in it */
		if (strchr(smuggled[i].bytes, '$'))
			len = 31 + 8 + 31;
		g_assert_true(rtsp_write(rtsp, smuggled[i].bytes, len));
		for (guint n = 0; smuggled[i].status[n]; n++) {
			GstRTSPMessage *answer = rtsp_read(rtsp);

			g_assert_nonnull(answer);
			g_assert_cmpint(answer->type_data.response.code, ==,
					smuggled[i].status[n]);
			gst_rtsp_message_free(answer);
		}
		g_assert_cmpint(rtsp_is_closed(rtsp, smuggled[i].ends ? 1000 : 100), ==,
				smuggled[i].ends);
		rtsp_close(rtsp);
	}
}

#define ADD(name, func) \
	g_test_add("/strangers/" name, struct bed, &wish, bed_set_up, func, bed_tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("connections", test_connections);
	ADD("setup-flood", test_setup_flood);
	ADD("half-closed", test_half_closed);
	ADD("smuggled", test_smuggled);
	ADD("idle", test_idle);
	ADD("session-guessing", test_session_guessing);
	return g_test_run();
}
