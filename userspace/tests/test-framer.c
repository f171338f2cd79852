// SPDX-License-Identifier: GPL-2.0-or-later
#include <gst/gst.h>
#include <string.h>

#include "framer.h"
#include "limit.h"

#define OK	(-1)

/* What a case's bytes must give: so many messages, then an error or none */
struct framer_case {
	const char *name;
	const char *bytes;
	gsize len;	/* 0: up to the NUL */
	guint messages;
	gint error;	/* enum framer_error, or OK */
	gboolean idle;	/* nothing is left over */
};

static const struct framer_case cases[] = {
	{ "request", "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n", 0, 1, OK, TRUE },
	{ "bare-lf", "OPTIONS * RTSP/1.0\nCSeq: 1\n\n", 0, 1, OK, TRUE },
	{ "pipelined", "OPTIONS * RTSP/1.0\r\n\r\nOPTIONS * RTSP/1.0\r\n\r\n", 0, 2, OK, TRUE },
	{ "answer", "RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n", 0, 1, OK, TRUE },
	{ "answer-without-reason", "RTSP/1.0 200\r\n\r\n", 0, 1, OK, TRUE },
	{ "unknown-method", "BREW * RTSP/1.0\r\n\r\n", 0, 1, OK, TRUE },
	{ "body", "PLAY a RTSP/1.0\r\nContent-Length: 3\r\n\r\nabc", 0, 1, OK, TRUE },
	{ "body-not-all", "PLAY a RTSP/1.0\r\nContent-Length: 3\r\n\r\nab", 0, 0, OK, FALSE },
	{ "frame", "$\1\0\3abc", 7, 1, OK, TRUE },
	{ "frame-empty", "$\1\0\0", 4, 1, OK, TRUE },
	{ "frame-half", "$\1\0\3ab", 6, 0, OK, FALSE },
	{ "frame-then-request", "$\1\0\1aPLAY a RTSP/1.0\r\n\r\n", 24, 2, OK, TRUE },
	{ "half", "OPTIONS * RTSP/1.0\r\nCSeq", 0, 0, OK, FALSE },
	{ "blank-lines", "\r\n\r\nOPTIONS * RTSP/1.0\r\n\r\n", 0, 1, OK, TRUE },
	{ "http", "GET / HTTP/1.1\r\n\r\n", 0, 0, FRAMER_ERROR_START_LINE },
	{ "garbage", "\x16\x03\x01\x02\n", 0, 0, FRAMER_ERROR_START_LINE },
	{ "no-version", "OPTIONS *\r\n\r\n", 0, 0, FRAMER_ERROR_START_LINE },
	{ "no-method", " * RTSP/1.0\r\n\r\n", 0, 0, FRAMER_ERROR_START_LINE },
	{ "no-uri", "PLAY  RTSP/1.0\r\n\r\n", 0, 0, FRAMER_ERROR_START_LINE },
	{ "uri-with-space", "PLAY a b RTSP/1.0\r\n\r\n", 0, 0, FRAMER_ERROR_START_LINE },
	{ "version", "PLAY a RTSP/2.0\r\n\r\n", 0, 0, FRAMER_ERROR_VERSION },
	{ "status-of-two", "RTSP/1.0 20 OK\r\n\r\n", 0, 0, FRAMER_ERROR_START_LINE },
	{ "status-zero", "RTSP/1.0 099 OK\r\n\r\n", 0, 0, FRAMER_ERROR_START_LINE },
	{ "nul", "PLAY a\0b RTSP/1.0\r\n\r\n", 22, 0, FRAMER_ERROR_START_LINE },
	{ "header-nul", "PLAY a RTSP/1.0\r\nX: a\0b\r\n\r\n", 27, 0, FRAMER_ERROR_HEADER },
	{ "header-cr", "PLAY a RTSP/1.0\r\nX: a\rb\r\n\r\n", 0, 0, FRAMER_ERROR_HEADER },
	{ "header-no-colon", "PLAY a RTSP/1.0\r\nX\r\n\r\n", 0, 0, FRAMER_ERROR_HEADER },
	{ "header-no-name", "PLAY a RTSP/1.0\r\n: x\r\n\r\n", 0, 0, FRAMER_ERROR_HEADER },
	{ "header-space", "PLAY a RTSP/1.0\r\nX : x\r\n\r\n", 0, 0, FRAMER_ERROR_HEADER },
	{ "header-folded", "PLAY a RTSP/1.0\r\nX: x\r\n y\r\n\r\n", 0, 0, FRAMER_ERROR_HEADER },
	{ "length-text", "PLAY a RTSP/1.0\r\nContent-Length: x\r\n\r\n", 0, 0, FRAMER_ERROR_LENGTH },
	{ "length-empty", "PLAY a RTSP/1.0\r\nContent-Length:\r\n\r\n", 0, 0, FRAMER_ERROR_LENGTH },
	{ "length-sign", "PLAY a RTSP/1.0\r\nContent-Length: +1\r\n\r\n", 0, 0, FRAMER_ERROR_LENGTH },
	{ "length-twice", "PLAY a RTSP/1.0\r\nContent-Length: 0\r\ncontent-length: 0\r\n\r\n", 0, 0,
	  FRAMER_ERROR_LENGTH },
	{ "length-limit", "PLAY a RTSP/1.0\r\nContent-Length: 65536\r\n\r\n", 0, 0, OK, FALSE },
	{ "length-beyond", "PLAY a RTSP/1.0\r\nContent-Length: 65537\r\n\r\n", 0, 0,
	  FRAMER_ERROR_BODY_TOO_LARGE },
	{ "length-2^31", "PLAY a RTSP/1.0\r\nContent-Length: 2147483648\r\n\r\n", 0, 0,
	  FRAMER_ERROR_LENGTH },
};

/* Push in pieces, count what comes out. Return: the error, or OK. */
static gint feed(struct framer *framer, const char *bytes, gsize len, gsize piece,
		 guint *messages)
{
	*messages = 0;
	for (gsize done = 0; done < len; done += piece) {
		enum framer_result result;

		framer_push(framer, (const guint8 *)bytes + done, MIN(piece, len - done));
		do {
			GstRTSPMessage msg = { 0 };
			g_autoptr(GError) error = NULL;

			result = framer_pull(framer, &msg, &error);
			gst_rtsp_message_unset(&msg);
			*messages += result == FRAMER_MESSAGE;
			if (result == FRAMER_FAILED) {
				g_assert_true(error->domain == FRAMER_ERROR);
				return error->code;
			}
		} while (result == FRAMER_MESSAGE);
	}
	return OK;
}

static void test_case(gconstpointer data)
{
	const struct framer_case *c = data;
	gsize len = c->len ? c->len : strlen(c->bytes);
	const gsize pieces[] = { len, 1, 3 };

	for (guint i = 0; i < G_N_ELEMENTS(pieces); i++) {
		struct framer *framer = framer_new();
		guint messages;

		g_assert_cmpint(feed(framer, c->bytes, len, pieces[i], &messages), ==,
				c->error);
		g_assert_cmpuint(messages, ==, c->messages);
		if (c->error == OK)
			g_assert_cmpint(framer_is_idle(framer), ==, c->idle);
		framer_free(framer);
	}
}

static void test_content(void)
{
	static const char bytes[] =
		"SETUP rtsp://h/a?b RTSP/1.0\r\nCSeq:  7 \r\nx-own: v\r\nContent-Length: 2\r\n\r\nhi";
	struct framer *framer = framer_new();
	GstRTSPMessage msg = { 0 };
	char *value;
	guint8 *body;
	guint len;

	framer_push(framer, (const guint8 *)bytes, strlen(bytes));
	g_assert_cmpint(framer_pull(framer, &msg, NULL), ==, FRAMER_MESSAGE);
	g_assert_cmpint(msg.type, ==, GST_RTSP_MESSAGE_REQUEST);
	g_assert_cmpint(msg.type_data.request.method, ==, GST_RTSP_SETUP);
	g_assert_cmpstr(msg.type_data.request.uri, ==, "rtsp://h/a?b");
	gst_rtsp_message_get_header(&msg, GST_RTSP_HDR_CSEQ, &value, 0);
	g_assert_cmpstr(value, ==, "7");
	gst_rtsp_message_get_header_by_name(&msg, "X-Own", &value, 0);
	g_assert_cmpstr(value, ==, "v");
	gst_rtsp_message_get_body(&msg, &body, &len);
	g_assert_cmpmem(body, len, "hi", 2);
	gst_rtsp_message_unset(&msg);
	framer_free(framer);
}

static void expect_limit(GString *bytes, gint error)
{
	struct framer *framer = framer_new();
	guint messages;

	g_assert_cmpint(feed(framer, bytes->str, bytes->len, 1000, &messages), ==, error);
	framer_free(framer);
	g_string_free(bytes, TRUE);
}

static GString *request_with(guint headers, gsize header_len)
{
	GString *bytes = g_string_new("PLAY a RTSP/1.0\r\n");

	for (guint i = 0; i < headers; i++) {
		g_string_append(bytes, "X:");
		for (gsize j = 2; j < header_len; j++)
			g_string_append_c(bytes, 'y');
		g_string_append(bytes, "\r\n");
	}
	return g_string_append(bytes, "\r\n");
}

static void test_limits(void)
{
	expect_limit(request_with(1, LIMIT_LINE), OK);
	expect_limit(request_with(1, LIMIT_LINE + 1), FRAMER_ERROR_LINE_TOO_LONG);
	expect_limit(request_with(LIMIT_HEADERS, 8), OK);
	expect_limit(request_with(LIMIT_HEADERS + 1, 8), FRAMER_ERROR_TOO_MANY_HEADERS);
	expect_limit(request_with(5, 4000), FRAMER_ERROR_HEADERS_TOO_LARGE);
}

/* A line that never ends is cut off at the limit, not when memory is gone. */
static void test_endless_line(void)
{
	struct framer *framer = framer_new();
	g_autoptr(GError) error = NULL;
	GstRTSPMessage msg = { 0 };
	guint pushed = 0;

	while (framer_pull(framer, &msg, &error) == FRAMER_MORE) {
		framer_push(framer, (const guint8 *)"aaaaaaaaaa", 10);
		pushed += 10;
		g_assert_cmpuint(pushed, <=, LIMIT_LINE + 20);
	}
	g_assert_error(error, FRAMER_ERROR, FRAMER_ERROR_LINE_TOO_LONG);
	gst_rtsp_message_unset(&msg);
	framer_free(framer);
}

static void test_blank_flood(void)
{
	GString *bytes = g_string_new(NULL);

	for (guint i = 0; i < LIMIT_HEADER_BYTES; i++)
		g_string_append(bytes, "\r\n");
	expect_limit(bytes, FRAMER_ERROR_HEADERS_TOO_LARGE);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strconcat("/framer/", cases[i].name, NULL);

		g_test_add_data_func(path, &cases[i], test_case);
	}
	g_test_add_func("/framer/content", test_content);
	g_test_add_func("/framer/limits", test_limits);
	g_test_add_func("/framer/endless-line", test_endless_line);
	g_test_add_func("/framer/blank-flood", test_blank_flood);
	return g_test_run();
}
