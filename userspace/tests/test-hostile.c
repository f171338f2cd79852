// SPDX-License-Identifier: GPL-2.0-or-later
/* Clients that mean harm, or are broken, and what others notice of them */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bed.h"
#include "limit.h"

/* What anybody else waits for an answer, at most; generous for a busy machine */
#define QUICK_US	500000

static void assert_others_quick(struct bed *bed)
{
	gint64 start = g_get_monotonic_time();
	struct rtsp *rtsp = rtsp_connect(bed->port);

	g_assert_cmpint(rtsp_status(rtsp, "OPTIONS", bed->url, NULL), ==, 200);
	g_assert_cmpint(rtsp_status(rtsp, "DESCRIBE", bed->url, NULL), ==, 200);
	g_assert_cmpint(g_get_monotonic_time() - start, <, QUICK_US);
	rtsp_close(rtsp);
}

static void test_garbage(struct bed *bed, gconstpointer unused)
{
	static const struct {
		const char *bytes;
		gint status;
	} rows[] = {
		{ "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 400 },
		{ "\x16\x03\x01\x02\n", 400 },
		{ "OPTIONS * RTSP/2.0\r\nCSeq: 1\r\n\r\n", 505 },
		{ "OPTIONS * RTSP/1.0\r\n: x\r\n\r\n", 400 },
		{ "PLAY a RTSP/1.0\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400 },
		{ "PLAY a RTSP/1.0\r\nContent-Length: 99999999\r\n\r\n", 413 },
	};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct rtsp *rtsp = rtsp_connect(bed->port);
		GstRTSPMessage *answer;

		g_test_message("%s", rows[i].bytes);
		g_assert_true(rtsp_write(rtsp, rows[i].bytes, strlen(rows[i].bytes)));
		answer = rtsp_read(rtsp);
		g_assert_nonnull(answer);
		g_assert_cmpint(answer->type_data.response.code, ==, rows[i].status);
		gst_rtsp_message_free(answer);
		g_assert_true(rtsp_is_closed(rtsp, 1000));
		rtsp_close(rtsp);
	}
	assert_others_quick(bed);
}

/* Bytes that were random once; the daemon must merely survive them. */
static void test_noise(struct bed *bed, gconstpointer unused)
{
	g_autoptr(GRand) rand = g_rand_new_with_seed(1);

	for (guint i = 0; i < 50; i++) {
		struct rtsp *rtsp = rtsp_connect(bed->port);
		char noise[512];

		for (guint n = 0; n < sizeof(noise); n++)
			noise[n] = g_rand_int(rand);
		rtsp_write(rtsp, noise, sizeof(noise));
		rtsp_close(rtsp);
	}
	assert_others_quick(bed);
}

static void test_no_cseq(struct bed *bed, gconstpointer unused)
{
	static const char *const requests[] = {
		"OPTIONS * RTSP/1.0\r\n\r\n",
		"OPTIONS * RTSP/1.0\r\nCSeq: x\r\n\r\n",
		"OPTIONS * RTSP/1.0\r\nCSeq: 99999999999\r\n\r\n",
	};
	struct rtsp *rtsp = rtsp_connect(bed->port);

	for (guint i = 0; i < G_N_ELEMENTS(requests); i++) {
		GstRTSPMessage *answer;

		g_assert_true(rtsp_write(rtsp, requests[i], strlen(requests[i])));
		answer = rtsp_read(rtsp);
		g_assert_cmpint(answer->type_data.response.code, ==, 400);
		gst_rtsp_message_free(answer);
	}
	/* that much it may get wrong and stay */
	g_assert_cmpint(rtsp_status(rtsp, "OPTIONS", "*", NULL), ==, 200);
	rtsp_close(rtsp);
}

static void flood(struct bed *bed, const char *start, const char *unit, gsize limit)
{
	struct rtsp *rtsp = rtsp_connect(bed->port);
	gsize sent = strlen(start);

	g_assert_true(rtsp_write(rtsp, start, strlen(start)));
	/* 32 MiB cost a library's server 440 MB and 24 s; here it is cut short */
	while (sent < 32 << 20 && rtsp_write(rtsp, unit, strlen(unit)))
		sent += strlen(unit);
	/* beyond the limit, what the sockets' buffers took */
	g_assert_cmpuint(sent, <, limit + (16 << 20));
	assert_others_quick(bed);
	rtsp_close(rtsp);
}

static void test_floods(struct bed *bed, gconstpointer unused)
{
	flood(bed, "OPTIONS * RTSP/1.0\r\n", "X: y\r\n", LIMIT_HEADER_BYTES);
	flood(bed, "", "\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n", LIMIT_HEADER_BYTES);
	flood(bed, "OPTIONS ", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", LIMIT_LINE);
}

/* Half a request is waited for, but not for ever, and by nobody else. */
static void test_half_request(struct bed *bed, gconstpointer unused)
{
	struct rtsp *stalled = rtsp_connect(bed->port), *drip = rtsp_connect(bed->port);
	struct rtsp *idle = rtsp_connect(bed->port);
	gint64 start = g_get_monotonic_time();
	gboolean open = TRUE;

	g_assert_true(rtsp_write(stalled, "OPTIONS * RT", 12));
	/* one byte at a time must not move the deadline */
	while (open && g_get_monotonic_time() - start < 2 * LIMIT_MESSAGE_MS * 1000) {
		open = rtsp_write(drip, "O", 1) && !rtsp_is_closed(drip, 250);
		assert_others_quick(bed);
	}
	g_assert_false(open);
	g_assert_cmpint(g_get_monotonic_time() - start, >=, LIMIT_MESSAGE_MS * 1000);
	g_assert_cmpint(g_get_monotonic_time() - start, <, (LIMIT_MESSAGE_MS + 3000) * 1000);
	g_assert_true(rtsp_is_closed(stalled, 1000));
	/* the one that says nothing has longer */
	g_assert_false(rtsp_is_closed(idle, 100));
	rtsp_close(stalled);
	rtsp_close(drip);
	rtsp_close(idle);
}

/* It asks and asks and never reads. */
static void test_takes_no_answers(struct bed *bed, gconstpointer unused)
{
	struct rtsp *rtsp = rtsp_connect(bed->port);
	g_autofree char *request = g_strdup_printf("DESCRIBE %s RTSP/1.0\r\nCSeq: 1\r\n\r\n",
						   bed->url);
	gint64 start = g_get_monotonic_time();
	gsize sent = 0;

	while (rtsp_write(rtsp, request, strlen(request))) {
		sent += strlen(request);
		g_assert_cmpint(g_get_monotonic_time() - start, <, 60 * G_USEC_PER_SEC);
		if (sent % (64 * strlen(request)) == 0)
			assert_others_quick(bed);
	}
	rtsp_close(rtsp);
	assert_others_quick(bed);
}

/* RTCP from elsewhere keeps nobody alive and is passed on to nobody. */
static void test_forged_rtcp(struct bed *bed, gconstpointer unused)
{
	struct viewer *viewer = viewer_new(bed, NULL, 1), *forger;

	viewer_play(viewer);
	forger = viewer_new(bed, NULL, 1);
	/* not playing, and thus nobody's address */
	for (guint i = 0; i < 3 * BED_TIMEOUT; i++) {
		g_usleep(500000);
		viewer_report(forger, 0);
		g_assert_cmpint(rtsp_status(forger->rtsp, "GET_PARAMETER", bed->url,
					    forger->session), ==, 200);
	}
	g_assert_cmpint(rtsp_status(viewer->rtsp, "GET_PARAMETER", bed->url,
				    viewer->session), ==, 454);
	viewer_vanish(viewer);
	viewer_teardown(forger);
}

/* Connections come and go in the middle of everything. */
static void test_vanish_anywhere(struct bed *bed, gconstpointer unused)
{
	g_autofree char *describe = g_strdup_printf("DESCRIBE %s RTSP/1.0\r\nCSeq: 1\r\n\r\n",
						    bed->url);
	g_autofree char *nobody = g_strdup_printf("DESCRIBE rtsp://" RELAY_HOST ":%u/nobody "
						  "RTSP/1.0\r\nCSeq: 1\r\n\r\n", bed->port);

	for (guint i = 0; i < 30; i++) {
		const char *bytes = i % 3 ? describe : nobody;
		struct rtsp *rtsp = rtsp_connect(bed->port);
		struct viewer *viewer = viewer_new(bed, NULL, i % 3);

		rtsp_write(rtsp, bytes, strlen(bytes) - i);
		rtsp_write(rtsp, bytes, strlen(bytes));
		rtsp_close(rtsp);
		if (i % 3 == 2)
			viewer_play(viewer);
		viewer_vanish(viewer);
	}
	assert_others_quick(bed);
}

#define ADD(name, func) \
	g_test_add("/hostile/" name, struct bed, NULL, bed_set_up, func, bed_tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("garbage", test_garbage);
	ADD("noise", test_noise);
	ADD("no-cseq", test_no_cseq);
	ADD("floods", test_floods);
	ADD("half-request", test_half_request);
	ADD("takes-no-answers", test_takes_no_answers);
	ADD("forged-rtcp", test_forged_rtcp);
	ADD("vanish-anywhere", test_vanish_anywhere);
	return g_test_run();
}
