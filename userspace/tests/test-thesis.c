// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the thesis (Snoksrud, University of Oslo, 2009) claims of its proxy, row by
 * row. Row 19, neither client nor server modified, is tools/matrix.
 */
#include <arpa/inet.h>
#include <gst/rtsp/gstrtsptransport.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bed.h"

/* Times that the daemon is killed, unless KILLS in the environment says so */
#define KILLS	20

static gboolean holds(const void *data, gsize len, const void *what, gsize what_len)
{
	return memmem(data, len, what, what_len) != NULL;
}

/* An address may not be there as text, nor in network byte order. */
static void assert_unnamed(const void *data, gsize len, const char *host)
{
	struct in_addr binary;

	inet_pton(AF_INET, host, &binary);
	g_assert_false(holds(data, len, host, strlen(host)));
	g_assert_false(holds(data, len, &binary, sizeof(binary)));
}

static void assert_port_unnamed(const void *data, gsize len, const char *prefix, guint port)
{
	g_autofree char *text = g_strdup_printf("%s%u", prefix, port);

	g_assert_false(holds(data, len, text, strlen(text)));
}

/*
 * 1: clients see a server, the server one client; hosts, addresses and ports are
 * translated both ways (3.2), in SDP, Content-Base, Transport and RTP-Info too.
 */
static void test_hosts_translated(struct bed *bed, gconstpointer unused)
{
	struct viewer *viewer = viewer_new(bed, "1,0,7", 2);
	g_autofree char *track = g_strconcat("a=control:", bed->url, "/track0?cap=1%2C0%2C7",
					     NULL);
	g_autofree char *base = g_strconcat("Content-Base: ", bed->url, "/\r\n", NULL);
	g_autofree char *info = g_strconcat("RTP-Info: url=", bed->url, "/track0", NULL);
	g_autofree char *relay = g_strdup_printf(RELAY_HOST ":%u", bed->port);
	g_autoptr(GByteArray) datagrams = g_byte_array_new();
	g_autoptr(GBytes) upstream = NULL;
	const GString *client;
	struct origin_stats stats;
	gconstpointer sent;
	guint8 data[2048];
	gsize len;

	viewer_play(viewer);
	viewer_report(viewer, 0);
	for (guint n = 0; n < 40; n++) {
		/* viewer_receive() looks where it comes from */
		gssize size = viewer_receive(viewer, n % 2, n >= 38, data);

		g_assert_cmpint(size, >, 0);
		g_byte_array_append(datagrams, data, size);
	}
	bed_wait(bed, &stats, stats.reports > 0);

	client = rtsp_received(viewer->rtsp);
	g_assert_nonnull(strstr(client->str, track));
	g_assert_nonnull(strstr(client->str, base));
	g_assert_nonnull(strstr(client->str, info));
	assert_unnamed(client->str, client->len, ORIGIN_HOST);
	assert_port_unnamed(client->str, client->len, ":", origin_port(bed->origin));
	assert_unnamed(datagrams->data, datagrams->len, ORIGIN_HOST);

	upstream = origin_captured(bed->origin);
	sent = g_bytes_get_data(upstream, &len);
	g_assert_true(holds(sent, len, ORIGIN_HOST, strlen(ORIGIN_HOST)));
	assert_unnamed(sent, len, VIEWER_HOST);
	g_assert_false(holds(sent, len, relay, strlen(relay)));
	for (guint i = 0; i < 2; i++)
		assert_port_unnamed(sent, len, "client_port=", viewer->port[i][0]);
	origin_get_stats(bed->origin, &stats);
	g_assert_cmpuint(stats.foreign_peers, ==, 0);
	viewer_teardown(viewer);
}

/* 2: later clients latch on; nothing is pulled without clients (3.2). */
static void test_one_upstream(struct bed *bed, gconstpointer unused)
{
	struct viewer *viewers[6];
	struct origin_stats stats;
	guint64 sent;
	guint8 data[2048];

	origin_get_stats(bed->origin, &stats);
	g_assert_cmpuint(stats.connections, ==, 0);
	for (guint i = 0; i < G_N_ELEMENTS(viewers); i++) {
		viewers[i] = viewer_new(bed, i % 2 ? "0,0,7" : NULL, 2);
		viewer_play(viewers[i]);
	}
	for (guint i = 0; i < G_N_ELEMENTS(viewers); i++)
		g_assert_cmpint(viewer_receive(viewers[i], 0, 0, data), >, 0);
	origin_get_stats(bed->origin, &stats);
	g_assert_cmpuint(stats.connections, ==, 1);
	g_assert_cmpuint(stats.describes, ==, 1);
	g_assert_cmpuint(stats.setups, ==, 2);
	g_assert_cmpuint(stats.plays, ==, 1);
	/* each datagram crossed once, however many saw it */
	g_assert_cmpuint(stats.sent, >, 0);
	g_assert_cmpuint(stats.sent, ==, stats.made);

	for (guint i = 0; i < G_N_ELEMENTS(viewers); i++) {
		origin_get_stats(bed->origin, &stats);
		g_assert_cmpuint(stats.teardowns, ==, 0);
		viewer_teardown(viewers[i]);
	}
	bed_wait(bed, &stats, stats.teardowns == 1 && stats.open == 0);
	sent = stats.sent;
	g_usleep(100000);
	origin_get_stats(bed->origin, &stats);
	g_assert_cmpuint(stats.sent, ==, sent);
}

/* 3: OPTIONS is answered locally (3.3). */
static void test_options_local(struct bed *bed, gconstpointer unused)
{
	const GstRTSPMethod methods = GST_RTSP_OPTIONS | GST_RTSP_DESCRIBE | GST_RTSP_SETUP |
				      GST_RTSP_PLAY | GST_RTSP_TEARDOWN |
				      GST_RTSP_GET_PARAMETER;
	struct rtsp *rtsp = rtsp_connect(bed->port);
	GstRTSPMessage *answer = rtsp_ask(rtsp, "OPTIONS", bed->url, NULL);
	struct origin_stats stats;

	g_assert_cmpint(answer->type_data.response.code, ==, 200);
	g_assert_cmpint(gst_rtsp_options_from_text(rtsp_header(answer, GST_RTSP_HDR_PUBLIC)) &
			methods, ==, methods);
	gst_rtsp_message_free(answer);
	g_assert_cmpint(rtsp_status(rtsp, "OPTIONS", "*", NULL), ==, 200);
	origin_get_stats(bed->origin, &stats);
	g_assert_cmpuint(stats.connections, ==, 0);
	rtsp_close(rtsp);
}

/*
 * 4: DESCRIBE is relayed; SETUP registers, only the first is relayed; PLAY adds to the
 * list; TEARDOWN deletes, the last one is relayed.
 */
static void test_methods(struct bed *bed, gconstpointer unused)
{
	struct rtsp *rtsp = rtsp_connect(bed->port);
	struct viewer *first, *second;
	struct origin_stats stats;
	guint8 data[2048];

	g_assert_cmpint(rtsp_status(rtsp, "DESCRIBE", bed->url, NULL), ==, 200);
	origin_get_stats(bed->origin, &stats);
	g_assert_cmpuint(stats.describes, ==, 1);
	g_assert_cmpuint(stats.setups, ==, 0);
	rtsp_close(rtsp);

	first = viewer_new(bed, NULL, 2);
	second = viewer_new(bed, NULL, 2);
	origin_get_stats(bed->origin, &stats);
	g_assert_cmpuint(stats.setups, ==, 2);
	viewer_play(first);
	/* that is set up, and not in the list */
	g_assert_cmpint(recv(second->fd[0][0], data, sizeof(data), MSG_DONTWAIT), ==, -1);
	viewer_play(second);
	origin_get_stats(bed->origin, &stats);
	g_assert_cmpuint(stats.setups, ==, 2);
	g_assert_cmpuint(stats.plays, ==, 1);

	g_assert_cmpint(rtsp_status(second->rtsp, "TEARDOWN", second->url, second->session),
			==, 200);
	while (recv(second->fd[0][0], data, sizeof(data), MSG_DONTWAIT) > 0)
		;
	g_usleep(50000);
	g_assert_cmpint(recv(second->fd[0][0], data, sizeof(data), MSG_DONTWAIT), ==, -1);
	g_assert_cmpint(viewer_receive(first, 0, 0, data), >, 0);
	origin_get_stats(bed->origin, &stats);
	g_assert_cmpuint(stats.teardowns, ==, 0);
	viewer_teardown(first);
	bed_wait(bed, &stats, stats.teardowns == 1);
	viewer_vanish(second);
}

/* 4: a latecomer's RTP-Info fits its first datagrams: viewer_play() checks. */
static void test_latecomer(struct bed *bed, gconstpointer unused)
{
	struct viewer *first = viewer_new(bed, NULL, 2), *late, *capped, *again;

	viewer_play(first);
	g_usleep(300000);
	late = viewer_new(bed, NULL, 2);
	viewer_play(late);
	capped = viewer_new(bed, "0,0,0", 1);
	viewer_play(capped);
	g_usleep(100000);
	again = viewer_new(bed, "0,0,0", 1);
	viewer_play(again);
	viewer_teardown(first);
	viewer_teardown(late);
	viewer_teardown(capped);
	viewer_teardown(again);
}

static void assert_date(GstRTSPMessage *answer)
{
	static const char *const weekdays[] = { "Mon,", "Tue,", "Wed,", "Thu,", "Fri,", "Sat,",
						"Sun,", NULL };
	const char *date = rtsp_header(answer, GST_RTSP_HDR_DATE);
	g_auto(GStrv) words = g_strsplit(date, " ", 0);

	g_assert_cmpuint(g_strv_length(words), ==, 6);
	g_assert_true(g_strv_contains(weekdays, words[0]));
	g_assert_cmpstr(words[5], ==, "GMT");
}

/*
 * 5: CSeq is each client's own; Date and Session are right; upstream's answers go to
 * those who asked, several outstanding. Two clients use the same numbers, and ask while
 * upstream takes its time.
 */
static void test_cseq(struct bed *bed, gconstpointer unused)
{
	struct rtsp *clients[] = { rtsp_connect(bed->port), rtsp_connect(bed->port) };
	g_autofree char *other = g_strdup_printf("rtsp://" RELAY_HOST ":%u/other", bed->port);
	const char *urls[] = { bed->url, other };

	origin_delay(bed->origin, 100);
	for (guint c = 0; c < 2; c++) {
		g_autoptr(GString) requests = g_string_new(NULL);

		for (guint i = 1; i <= 5; i++)
			g_string_append_printf(requests, "%s %s RTSP/1.0\r\nCSeq: %u\r\n\r\n",
					       i % 2 ? "DESCRIBE" : "OPTIONS",
					       urls[(c + i / 2) % 2], i * 7);
		g_assert_true(rtsp_write(clients[c], requests->str, requests->len));
	}
	for (guint c = 0; c < 2; c++) {
		for (guint i = 1; i <= 5; i++) {
			g_autofree char *cseq = g_strdup_printf("%u", i * 7);
			GstRTSPMessage *answer = rtsp_read(clients[c]);
			guint8 *body = NULL;
			guint len = 0;

			g_assert_nonnull(answer);
			g_assert_cmpint(answer->type_data.response.code, ==, 200);
			g_assert_cmpstr(rtsp_header(answer, GST_RTSP_HDR_CSEQ), ==, cseq);
			g_assert_null(rtsp_header(answer, GST_RTSP_HDR_SESSION));
			assert_date(answer);
			gst_rtsp_message_get_body(answer, &body, &len);
			g_assert_cmpint(!!rtsp_header(answer, GST_RTSP_HDR_PUBLIC), ==,
					i % 2 == 0);
			g_assert_true(i % 2 == 0 ||
				      holds(body, len, urls[(c + i / 2) % 2],
					    strlen(urls[0])));
			gst_rtsp_message_free(answer);
		}
		rtsp_close(clients[c]);
	}
	origin_delay(bed->origin, 0);
}

/* 5: each client has a session of its own, and none of them is upstream's. */
static void test_sessions(struct bed *bed, gconstpointer unused)
{
	struct viewer *a = viewer_new(bed, NULL, 2), *b = viewer_new(bed, NULL, 2);
	g_autoptr(GBytes) upstream = NULL;
	gconstpointer sent;
	gsize len;

	viewer_play(a);
	viewer_play(b);
	g_assert_cmpstr(a->session, !=, b->session);
	g_assert_null(strstr(a->session, "77\r"));
	upstream = origin_captured(bed->origin);
	sent = g_bytes_get_data(upstream, &len);
	g_assert_true(holds(sent, len, "Session: 77", strlen("Session: 77")));
	g_assert_false(holds(sent, len, a->session, strlen(a->session) - 2));
	g_assert_false(holds(sent, len, b->session, strlen(b->session) - 2));
	viewer_teardown(a);
	viewer_teardown(b);
}

/*
 * 6: clients' RTCP is parsed; the relay sends its own upstream at intervals, for
 * liveness (3.2): a server that counts RTCP alone does not time it out, though no
 * client has sent any.
 */
static void test_liveness(struct bed *bed, gconstpointer unused)
{
	struct viewer *viewer = viewer_new(bed, NULL, 2);
	static const guint8 viewers_ssrc[] = { 1, 2, 3, 4 };
	g_autoptr(GBytes) upstream = NULL;
	struct origin_stats stats;
	gconstpointer sent;
	gsize len;

	/* RFC 3550, section 6.2: no interval is longer than 1.5 times 5 s */
	origin_expire(bed->origin, 8000);
	viewer_play(viewer);
	for (guint s = 0; s < 10; s++) {
		g_usleep(G_USEC_PER_SEC);
		/* its session lives by this */
		g_assert_cmpint(rtsp_status(viewer->rtsp, "GET_PARAMETER", bed->url,
					    viewer->session), ==, 200);
	}
	origin_get_stats(bed->origin, &stats);
	g_assert_cmpuint(stats.expired, ==, 0);
	g_assert_cmpuint(stats.reports, >=, 2);

	/* what clients report ends here */
	viewer_report(viewer, 0);
	g_usleep(100000);
	upstream = origin_captured(bed->origin);
	sent = g_bytes_get_data(upstream, &len);
	g_assert_false(holds(sent, len, viewers_ssrc, sizeof(viewers_ssrc)));
	viewer_teardown(viewer);
}

/* 7: RTP is on an even port, RTCP on the next (2.2.2), towards both sides. */
static void test_even_ports(struct bed *bed, gconstpointer unused)
{
	struct viewer *viewer = viewer_new(bed, NULL, 2);
	struct origin_stats stats;

	for (guint track = 0; track < 2; track++) {
		g_assert_cmpuint(viewer->server_port[track][0] % 2, ==, 0);
		g_assert_cmpuint(viewer->server_port[track][1], ==,
				 viewer->server_port[track][0] + 1);
	}
	viewer_play(viewer);
	origin_get_stats(bed->origin, &stats);
	g_assert_cmpuint(stats.setups, ==, 2);
	g_assert_cmpuint(stats.odd_ports, ==, 0);
	viewer_teardown(viewer);
}

/*
 * 8: per receiver a datagram is duplicated, and its addresses and ports rewritten (4.2);
 * what is in it stays: the origin's filling counts its datagrams. Checksums are the
 * kernel's here; the selftest "transmit" looks at those of the fan-out.
 */
static void test_payload_identical(struct bed *bed, gconstpointer unused)
{
	struct viewer *viewers[2];
	guint8 data[2][2048];
	gssize len[2];
	guint8 filling;

	if (bed_is_slow())
		return;
	for (guint v = 0; v < 2; v++) {
		viewers[v] = viewer_new(bed, NULL, 1);
		viewer_play(viewers[v]);
	}
	for (guint v = 0; v < 2; v++)
		len[v] = viewer_receive(viewers[v], 0, 0, data[v]);
	/* the first joined before the second: what it has begins earlier */
	for (guint n = 0; memcmp(data[0] + 2, data[1] + 2, 2); n++) {
		g_assert_cmpuint(n, <, 1000);
		len[0] = viewer_receive(viewers[0], 0, 0, data[0]);
	}
	filling = data[0][12 + 4];
	for (guint n = 0; n < 200; n++) {
		g_assert_cmpmem(data[0], len[0], data[1], len[1]);
		for (gssize at = 12 + 4; at < len[0]; at++)
			g_assert_cmphex(data[0][at], ==, filling);
		filling++;
		for (guint v = 0; v < 2; v++)
			len[v] = viewer_receive(viewers[v], 0, 0, data[v]);
	}
	for (guint v = 0; v < 2; v++)
		viewer_teardown(viewers[v]);
}

static void assert_silence(struct viewer *viewer)
{
	guint8 data[2048];
	gint64 end = g_get_monotonic_time() + G_USEC_PER_SEC;

	/* what is queued on its socket was sent before */
	while (recv(viewer->fd[0][0], data, sizeof(data), MSG_DONTWAIT) > 0)
		g_assert_cmpint(g_get_monotonic_time(), <, end);
	g_usleep(50000);
	g_assert_cmpint(recv(viewer->fd[0][0], data, sizeof(data), MSG_DONTWAIT), ==, -1);
}

/*
 * 9: after a crash nobody is left in the list (4.5). The daemon is killed at any moment
 * under load: nobody gets anything any more, and it serves again.
 */
static void test_daemon_killed(struct bed *bed, gconstpointer unused)
{
	const char *text = g_getenv("KILLS");
	guint kills = text ? strtoul(text, NULL, 10) : KILLS;
	struct viewer *viewers[4];

	if (bed_is_slow())
		return;
	for (guint n = 0; n < kills; n++) {
		guint joined = g_random_int_range(1, G_N_ELEMENTS(viewers) + 1);

		for (guint i = 0; i < joined; i++) {
			viewers[i] = viewer_new(bed, i % 2 ? "0,0,7" : NULL, 2);
			viewer_play(viewers[i]);
		}
		g_usleep(g_random_int_range(0, 100000));
		bed_kill(bed);
		for (guint i = 0; i < joined; i++) {
			assert_silence(viewers[i]);
			viewer_vanish(viewers[i]);
		}
		bed_start(bed, NULL);
	}
	viewers[0] = viewer_new(bed, NULL, 2);
	viewer_play(viewers[0]);
	viewer_teardown(viewers[0]);
}

/*
 * 9: a viewer that was killed is deleted with its lease; so is nobody else. To the relay
 * a program that was killed is one whose sockets closed.
 */
static void test_viewer_killed(struct bed *bed, gconstpointer unused)
{
	struct viewer *killed = viewer_new(bed, NULL, 1), *stays = viewer_new(bed, NULL, 1);
	struct origin_stats stats;
	guint8 data[2048];
	int fd;

	viewer_play(killed);
	viewer_play(stays);
	/* keeps its port, so that nobody else has it meanwhile */
	fd = dup(killed->fd[0][0]);
	viewer_vanish(killed);
	for (guint i = 0; i < 2 * (BED_TIMEOUT + 1); i++) {
		g_usleep(500000);
		viewer_report(stays, 0);
	}
	while (recv(fd, data, sizeof(data), MSG_DONTWAIT) > 0)
		;
	g_usleep(50000);
	g_assert_cmpint(recv(fd, data, sizeof(data), MSG_DONTWAIT), ==, -1);
	close(fd);
	while (recv(stays->fd[0][0], data, sizeof(data), MSG_DONTWAIT) > 0)
		;
	g_assert_cmpint(viewer_receive(stays, 0, 0, data), >, 0);
	origin_get_stats(bed->origin, &stats);
	g_assert_cmpuint(stats.teardowns, ==, 0);
	viewer_teardown(stays);
	bed_wait(bed, &stats, stats.teardowns == 1);
}

#define ADD(name, func) \
	g_test_add("/thesis/" name, struct bed, NULL, bed_set_up, func, bed_tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("row1-hosts-translated", test_hosts_translated);
	ADD("row2-one-upstream", test_one_upstream);
	ADD("row3-options-local", test_options_local);
	ADD("row4-methods", test_methods);
	ADD("row4-latecomer", test_latecomer);
	ADD("row5-cseq", test_cseq);
	ADD("row5-sessions", test_sessions);
	ADD("row6-liveness", test_liveness);
	ADD("row7-even-ports", test_even_ports);
	ADD("row8-payload-identical", test_payload_identical);
	ADD("row9-daemon-killed", test_daemon_killed);
	ADD("row9-viewer-killed", test_viewer_killed);
	return g_test_run();
}
