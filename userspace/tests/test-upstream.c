// SPDX-License-Identifier: GPL-2.0-or-later
/* The relay as a client: servers that go and come, refuse, and say nothing */
#include <gst/gst.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "bed.h"
#include "limit.h"
#include "rtcp.h"

static guint32 word(const guint8 *data, guint index)
{
	data += 4 * index;
	return (guint32)data[0] << 24 | data[1] << 16 | data[2] << 8 | data[3];
}

static guint16 number(const guint8 *data)
{
	return data[2] << 8 | data[3];
}

static void set_down(struct bed *bed, gboolean down)
{
	origin_set_mood(bed->origin, &(struct origin_mood){ .down = down });
}

static gint ask_alive(struct viewer *viewer)
{
	return rtsp_status(viewer->rtsp, "GET_PARAMETER", viewer->url, viewer->session);
}

/* What a viewer has of a track: nothing may ever be missing between two looks */
struct seen {
	gboolean any;
	guint16 last;
	guint32 ssrc;
	guint32 timestamp;
};

/* Read on until a datagram's timestamp is another. */
static void see_unit(struct viewer *viewer, guint track, struct seen *seen)
{
	guint8 data[2048];
	guint32 before = seen->timestamp;

	do {
		g_assert_cmpint(viewer_receive(viewer, track, 0, data), >, 12);
		if (seen->any) {
			g_assert_cmpuint(number(data), ==, (guint16)(seen->last + 1));
			g_assert_cmphex(word(data, 2), ==, seen->ssrc);
		}
		seen->last = number(data);
		seen->ssrc = word(data, 2);
		seen->timestamp = word(data, 1);
		if (!seen->any)
			before = seen->timestamp;
		seen->any = TRUE;
	} while (seen->timestamp == before);
}

static void see(struct viewer *viewer, struct seen seen[VIEWER_TRACKS], guint units)
{
	for (guint i = 0; i < units; i++) {
		if (i % 100 == 0)
			g_assert_cmpint(ask_alive(viewer), ==, 200);
		for (guint track = 0; track < viewer->n_tracks; track++)
			see_unit(viewer, track, &seen[track]);
	}
}

/* Until what leaves has a jump in its timestamps, which is the time without a server */
static void see_gap(struct viewer *viewer, struct seen seen[VIEWER_TRACKS], gint64 down,
		    gint64 up)
{
	for (guint track = 0; track < viewer->n_tracks; track++) {
		static const guint rates[] = { 90000, 8000 };
		struct seen before;
		gdouble passed;

		do {
			before = seen[track];
			see_unit(viewer, track, &seen[track]);
			passed = (guint32)(seen[track].timestamp - before.timestamp) /
				 (gdouble)rates[track];
		} while (passed < 1);
		g_test_message("track %u: a gap of %.3f s, in timestamps %.3f s", track,
			       (g_get_monotonic_time() - down) / 1e6, passed);
		g_assert_cmpfloat(passed, >, (up - down) / 1e6 - 0.1);
		g_assert_cmpfloat(passed, <, (g_get_monotonic_time() - down) / 1e6 + 0.1);
	}
}

/* Viewers keep session, SSRC, numbers and time while the server is another. */
static void test_rides_through(struct bed *bed, gconstpointer unused)
{
	struct viewer *viewer = viewer_new(bed, NULL, 2), *late;
	struct seen seen[VIEWER_TRACKS] = { 0 };
	struct origin_stats stats;
	gint64 down, up;

	viewer_play(viewer);
	see(viewer, seen, 20);
	down = g_get_monotonic_time();
	set_down(bed, TRUE);
	bed_await_log(bed, "upstream-lost");
	g_usleep(2 * G_USEC_PER_SEC);
	g_assert_cmpint(ask_alive(viewer), ==, 200);
	/* it is described, set up and played from what is known */
	late = viewer_new(bed, NULL, 1);
	g_assert_cmpint(rtsp_status(late->rtsp, "PLAY", bed->url, late->session), ==, 200);

	up = g_get_monotonic_time();
	set_down(bed, FALSE);
	see_gap(viewer, seen, down, up);
	g_assert_cmpint(g_get_monotonic_time() - up, <, 5 * G_USEC_PER_SEC);
	see(viewer, seen, 20);
	see(late, (struct seen[VIEWER_TRACKS]){ 0 }, 20);
	bed_await_log(bed, "upstream-returned");
	g_assert_cmpint(ask_alive(viewer), ==, 200);
	origin_get_stats(bed->origin, &stats);
	g_assert_cmpuint(stats.plays, ==, 2);
	viewer_teardown(late);
	viewer_teardown(viewer);
}

/*
 * Lip-sync. A report says which timestamp is which moment of the server's clock; a
 * unit's moment is known from what it carries. Both must agree for each datagram,
 * of either track, and after the server's timestamps have become others.
 */
struct sync {
	gboolean known;
	guint32 base;	/* timestamp of moment 0, as the reports have it */
	guint checked;
};

static void sync_report(struct viewer *viewer, guint track, struct sync *sync)
{
	guint8 data[2048];
	struct rtcp_heard heard;
	guint64 units;

	while (recv(viewer->fd[track][1], data, sizeof(data), MSG_DONTWAIT | MSG_PEEK) > 0) {
		gssize len = viewer_receive(viewer, track, 1, data);

		g_assert_true(rtcp_hear(data, len, 0, &heard));
		if (!heard.sender)
			continue;
		units = ((heard.ntp >> 32) - 1) * 100 +
			((heard.ntp & G_MAXUINT32) * 100 + G_MAXUINT32 / 2) / G_MAXUINT32;
		sync->base = heard.rtptime - units * ORIGIN_TICKS(track);
		sync->known = TRUE;
	}
}

static void sync_datagram(const guint8 *data, guint track, struct sync *sync)
{
	guint32 ticks = word(data, 1) - sync->base;

	g_assert_cmpuint(ticks % ORIGIN_TICKS(track), ==, 0);
	if (track)
		g_assert_cmpuint(ticks / ORIGIN_TICKS(1), ==, word(data, 3));
	else if ((data[12] & 0x1f) == 14)
		/* filled with its number, of which there are five a unit */
		g_assert_cmpuint((guint8)(1000 + ticks / ORIGIN_TICKS(0) * 5), ==, data[16]);
	sync->checked++;
}

static void sync_check(struct viewer *viewer, struct sync sync[VIEWER_TRACKS])
{
	guint8 data[2048];

	for (guint n = 0; n < 200; n++) {
		for (guint track = 0; track < VIEWER_TRACKS; track++) {
			g_assert_cmpint(viewer_receive(viewer, track, 0, data), >, 16);
			sync_report(viewer, track, &sync[track]);
			if (sync[track].known)
				sync_datagram(data, track, &sync[track]);
		}
	}
}

static void test_lip_sync(struct bed *bed, gconstpointer unused)
{
	struct sync before[VIEWER_TRACKS] = { 0 }, after[VIEWER_TRACKS] = { 0 };
	struct viewer *viewer = viewer_new(bed, NULL, 2);

	viewer_play(viewer);
	sync_check(viewer, before);
	g_assert_cmpint(ask_alive(viewer), ==, 200);
	set_down(bed, TRUE);
	bed_await_log(bed, "upstream-lost");
	viewer_drain(viewer);
	set_down(bed, FALSE);
	bed_await_log(bed, "upstream-returned");
	g_assert_cmpint(ask_alive(viewer), ==, 200);
	viewer_drain(viewer);
	sync_check(viewer, after);
	for (guint track = 0; track < VIEWER_TRACKS; track++) {
		g_assert_cmpuint(before[track].checked, >, 50);
		g_assert_cmpuint(after[track].checked, >, 50);
	}
	viewer_teardown(viewer);
}

/* A server that lives and is silent is lost, and so is one that says BYE. */
static void test_silence(struct bed *bed, gconstpointer unused)
{
	struct viewer *viewer = viewer_new(bed, NULL, 1);
	struct seen seen[VIEWER_TRACKS] = { 0 };
	struct origin_stats stats;

	viewer_play(viewer);
	see(viewer, seen, 5);
	origin_set_mood(bed->origin, &(struct origin_mood){ .mute = TRUE });
	bed_await_log(bed, "reason=\"no media comes\"");
	bed_wait(bed, &stats, stats.teardowns >= 1);
	set_down(bed, FALSE);
	see(viewer, seen, 200);
	bed_await_log(bed, "upstream-returned");
	viewer_teardown(viewer);
}

/* One that says yes and sends nothing is not back. */
static void test_returns_mute(struct bed *bed, gconstpointer unused)
{
	struct viewer *viewer = viewer_new(bed, NULL, 1);
	struct seen seen[VIEWER_TRACKS] = { 0 };
	struct origin_stats stats;
	g_autofree char *log = NULL;

	viewer_play(viewer);
	see(viewer, seen, 20);
	set_down(bed, TRUE);
	bed_await_log(bed, "upstream-lost");
	origin_set_mood(bed->origin, &(struct origin_mood){ .mute = TRUE });
	bed_wait(bed, &stats, stats.plays == 2);
	g_assert_cmpint(ask_alive(viewer), ==, 200);
	g_usleep(2 * LIMIT_UPSTREAM_WATCH_S * G_USEC_PER_SEC);
	g_assert_true(g_file_get_contents(bed->log, &log, NULL, NULL));
	g_assert_null(strstr(log, "upstream-returned"));
	set_down(bed, FALSE);
	see(viewer, seen, 150);
	bed_await_log(bed, "upstream-returned");
	viewer_teardown(viewer);
}

static void test_bye(struct bed *bed, gconstpointer unused)
{
	struct viewer *viewer = viewer_new(bed, NULL, 1);
	struct seen seen[VIEWER_TRACKS] = { 0 };
	struct rtcp_heard heard;
	guint8 data[2048];

	viewer_play(viewer);
	see(viewer, seen, 5);
	origin_set_mood(bed->origin, &(struct origin_mood){ .bye = TRUE });
	bed_await_log(bed, "reason=\"the server said BYE\"");
	set_down(bed, FALSE);
	see(viewer, seen, 200);
	bed_await_log(bed, "upstream-returned");
	/* viewers were told nothing of it */
	while (recv(viewer->fd[0][1], data, sizeof(data), MSG_DONTWAIT | MSG_PEEK) > 0) {
		gssize len = viewer_receive(viewer, 0, 1, data);

		g_assert_true(rtcp_hear(data, len, 0, &heard));
		g_assert_false(heard.bye);
	}
	viewer_teardown(viewer);
}

/* Not for ever: then viewers are told BYE, and the next one begins anew. */
static void test_gives_up(struct bed *bed, gconstpointer unused)
{
	struct viewer *viewer = viewer_new(bed, NULL, 1);
	struct rtcp_heard heard;
	guint8 data[2048];
	gint64 down;

	viewer_play(viewer);
	down = g_get_monotonic_time();
	set_down(bed, TRUE);
	do {
		gssize len = viewer_receive(viewer, 0, 1, data);

		g_assert_true(rtcp_hear(data, len, 0, &heard));
	} while (!heard.bye);
	g_assert_cmpint(g_get_monotonic_time() - down, >, 0.9 * G_USEC_PER_SEC);
	g_assert_cmpint(g_get_monotonic_time() - down, <, 3 * G_USEC_PER_SEC);
	g_assert_cmpint(ask_alive(viewer), ==, 454);
	viewer_vanish(viewer);

	set_down(bed, FALSE);
	viewer = viewer_new(bed, NULL, 1);
	viewer_play(viewer);
	viewer_teardown(viewer);
}

/* What viewers were told is not true any more: they have to ask anew. */
static void test_changed(struct bed *bed, gconstpointer unused)
{
	struct viewer *viewer = viewer_new(bed, NULL, 1);

	viewer_play(viewer);
	set_down(bed, TRUE);
	bed_await_log(bed, "upstream-lost");
	origin_set_mood(bed->origin, &(struct origin_mood){ .changed = TRUE });
	bed_await_log(bed, "reason=\"the stream has changed\"");
	g_assert_cmpint(ask_alive(viewer), ==, 454);
	viewer_vanish(viewer);
	viewer = viewer_new(bed, NULL, 1);
	viewer_play(viewer);
	viewer_teardown(viewer);
}

/* Over TCP a stream is as it is over UDP, in both directions of RTCP too. */
static void assert_over_tcp(struct bed *bed, struct viewer *viewer)
{
	struct seen seen[VIEWER_TRACKS] = { 0 };
	struct origin_stats stats;
	struct rtcp_heard heard;
	guint8 data[2048];

	see(viewer, seen, 50);
	g_assert_cmphex(seen[0].ssrc, ==, ORIGIN_SSRC);
	g_assert_cmpint(viewer_receive(viewer, 0, 1, data), ==, 44);
	g_assert_true(rtcp_hear(data, 44, 0, &heard));
	g_assert_true(heard.sender);
	bed_wait(bed, &stats, stats.reports > 0);
	g_assert_cmpint(ask_alive(viewer), ==, 200);
}

static void test_tcp(struct bed *bed, gconstpointer unused)
{
	struct viewer *viewer = viewer_new(bed, NULL, 2);
	struct seen seen[VIEWER_TRACKS] = { 0 };
	struct origin_stats stats;

	viewer_play(viewer);
	assert_over_tcp(bed, viewer);
	set_down(bed, TRUE);
	bed_await_log(bed, "upstream-lost");
	viewer_drain(viewer);
	set_down(bed, FALSE);
	see(viewer, seen, 200);
	bed_await_log(bed, "upstream-returned");
	viewer_teardown(viewer);
	bed_wait(bed, &stats, stats.byes == 2 && stats.teardowns == 1);
}

static void test_udp_refused(struct bed *bed, gconstpointer unused)
{
	struct viewer *viewer;

	origin_set_mood(bed->origin, &(struct origin_mood){ .refuse_udp = TRUE });
	viewer = viewer_new(bed, NULL, 2);
	viewer_play(viewer);
	assert_over_tcp(bed, viewer);
	bed_await_log(bed, "transport=tcp reason=\"SETUP was answered with 461");
	viewer_teardown(viewer);
}

/* Until the relay has given UDP up */
static void stay_alive(struct viewer *viewer)
{
	gint64 start = g_get_monotonic_time();

	while (g_get_monotonic_time() - start < LIMIT_UPSTREAM_UDP_MS * 1000) {
		g_assert_cmpint(ask_alive(viewer), ==, 200);
		g_usleep(100000);
	}
}

static void test_udp_silent(struct bed *bed, gconstpointer unused)
{
	struct viewer *viewer;

	origin_set_mood(bed->origin, &(struct origin_mood){ .no_udp = TRUE });
	viewer = viewer_new(bed, NULL, 2);
	g_assert_cmpint(rtsp_status(viewer->rtsp, "PLAY", bed->url, viewer->session), ==, 200);
	stay_alive(viewer);
	bed_await_log(bed, "transport=tcp reason=\"nothing comes over UDP");
	assert_over_tcp(bed, viewer);
	viewer_teardown(viewer);
}

/* Who insists on UDP does not get TCP. */
static void test_udp_only(struct bed *bed, gconstpointer unused)
{
	struct rtsp *rtsp = rtsp_connect(bed->port);
	g_autofree char *track = g_strconcat(bed->url, "/track0", NULL);

	origin_set_mood(bed->origin, &(struct origin_mood){ .refuse_udp = TRUE });
	g_assert_cmpint(rtsp_status(rtsp, "SETUP", track,
			"Transport: RTP/AVP;unicast;client_port=6000-6001\r\n"), ==, 502);
	rtsp_close(rtsp);
}

/* Each scheme; what is pipelined is asked for one by one, and sent again. */
static void test_password(struct bed *bed, gconstpointer unused)
{
	for (enum gate gate = GATE_BASIC; gate <= GATE_STALE; gate++) {
		struct origin_stats before, stats;
		struct viewer *viewer;

		origin_get_stats(bed->origin, &before);
		origin_set_mood(bed->origin, &(struct origin_mood){ .gate = gate });
		viewer = viewer_new(bed, NULL, 2);
		viewer_play(viewer);
		viewer_teardown(viewer);
		bed_wait(bed, &stats, stats.teardowns == before.teardowns + 1 &&
			 stats.open == 0);
	}
}

static void test_wrong_password(struct bed *bed, gconstpointer unused)
{
	struct rtsp *rtsp = rtsp_connect(bed->port);
	g_autofree char *log = NULL;

	for (enum gate gate = GATE_BASIC; gate <= GATE_SHA256; gate++) {
		origin_set_mood(bed->origin, &(struct origin_mood){ .gate = gate });
		g_assert_cmpint(rtsp_status(rtsp, "DESCRIBE", bed->url, NULL), ==, 502);
	}
	g_assert_true(g_file_get_contents(bed->log, &log, NULL, NULL));
	g_assert_nonnull(strstr(log, "DESCRIBE was answered with 401"));
	g_assert_null(strstr(log, "secret"));
	rtsp_close(rtsp);
}

/* It is pulled without viewers, before and after them, and again when it was lost. */
static void test_always(struct bed *bed, gconstpointer unused)
{
	struct origin_stats stats;
	struct viewer *viewer;

	bed_wait(bed, &stats, stats.plays == 1);
	viewer = viewer_new(bed, NULL, 2);
	viewer_play(viewer);
	viewer_teardown(viewer);
	g_usleep(500000);
	origin_get_stats(bed->origin, &stats);
	g_assert_cmpuint(stats.teardowns, ==, 0);
	g_assert_cmpuint(stats.connections, ==, 1);

	set_down(bed, TRUE);
	bed_await_log(bed, "it did not come back in time");
	set_down(bed, FALSE);
	bed_wait(bed, &stats, stats.plays == 2);
}

/* Blocks upstream say what was received, in the server's terms (RFC 3550, 6.4.1). */
static void test_reception(struct bed *bed, gconstpointer unused)
{
	struct viewer *viewer = viewer_new(bed, NULL, 1);
	struct origin_stats stats;
	struct rtcp_heard heard = { 0 };
	guint8 data[2048];
	guint16 last;

	viewer_play(viewer);
	do {
		g_assert_cmpint(viewer_receive(viewer, 0, 0, data), >, 12);
		origin_get_stats(bed->origin, &stats);
		if (stats.rtcp_len)
			rtcp_hear(stats.rtcp, stats.rtcp_len, ORIGIN_SSRC, &heard);
		/* numbers of one who gets everything are the server's */
		last = number(data);
	} while (!heard.reported || !heard.block.lsr);
	g_assert_cmpint(heard.cname_len, ==, 16);
	g_assert_cmpuint(heard.block.fraction, ==, 0);
	g_assert_cmpint(heard.block.lost, ==, 0);
	g_assert_cmpuint((guint16)(last - heard.block.highest), <, 100);
	g_assert_cmpuint(heard.block.jitter, <, 9000);
	/* long before this the next report comes; in 65536ths of a second */
	g_assert_cmpuint(heard.block.dlsr, <, 65536 * 10 * ORIGIN_SR / 1000);
	g_assert_cmpuint(heard.block.lsr >> 16, >=, 1);
	viewer_teardown(viewer);
	bed_wait(bed, &stats, stats.byes == 2);
}

static void ask_key_frame(struct viewer *viewer, guint32 ssrc)
{
	struct rtcp_own own = {
		.ssrc = 0x99, .cname = "v", .request = RTCP_REQUEST_PLI, .media = ssrc,
	};
	g_autoptr(GstBuffer) pli = rtcp_own_report(&own);
	GstMapInfo map;

	gst_buffer_map(pli, &map, GST_MAP_READ);
	viewer_send_rtcp(viewer, 0, map.data, map.size);
	gst_buffer_unmap(pli, &map);
}

/* However many ask, and however often, the server is asked once a second. */
static void test_key_frames(struct bed *bed, gconstpointer unused)
{
	struct viewer *viewers[3];
	struct origin_stats stats;
	gint64 start;

	origin_set_mood(bed->origin, &(struct origin_mood){ .feedback = TRUE });
	for (guint i = 0; i < G_N_ELEMENTS(viewers); i++) {
		viewers[i] = viewer_new(bed, NULL, 1);
		viewer_play(viewers[i]);
	}
	/* not for another source */
	ask_key_frame(viewers[0], ORIGIN_SSRC + 1);
	g_usleep(300000);
	origin_get_stats(bed->origin, &stats);
	g_assert_cmpuint(stats.key_frames, ==, 0);

	start = g_get_monotonic_time();
	while (g_get_monotonic_time() - start < 2.5 * G_USEC_PER_SEC) {
		for (guint i = 0; i < G_N_ELEMENTS(viewers); i++)
			ask_key_frame(viewers[i], ORIGIN_SSRC);
		g_usleep(20000);
	}
	origin_get_stats(bed->origin, &stats);
	g_assert_cmpuint(stats.key_frames, >=, 2);
	g_assert_cmpuint(stats.key_frames, <=, 3);
	/* one that was wanted in the meantime is asked for later */
	bed_wait(bed, &stats, stats.key_frames >= 3);
	for (guint i = 0; i < G_N_ELEMENTS(viewers); i++)
		viewer_teardown(viewers[i]);
}

/* A viewer that says BYE has left; one who does not know its SSRC cannot say so. */
static void test_viewer_bye(struct bed *bed, gconstpointer unused)
{
	const struct rtcp_block block = { .ssrc = ORIGIN_SSRC, .highest = 1 };
	struct rtcp_own own = { .ssrc = 0x99, .cname = "v", .block = &block };
	struct viewer *viewer = viewer_new(bed, NULL, 1);

	viewer_play(viewer);
	for (guint step = 0; step < 3; step++) {
		g_autoptr(GstBuffer) buffer = NULL;
		GstMapInfo map;

		own.bye = step > 0;
		own.ssrc = step == 1 ? 0x98 : 0x99;
		buffer = rtcp_own_report(&own);
		gst_buffer_map(buffer, &map, GST_MAP_READ);
		viewer_send_rtcp(viewer, 0, map.data, map.size);
		gst_buffer_unmap(buffer, &map);
		g_usleep(100000);
		g_assert_cmpint(ask_alive(viewer), ==, step < 2 ? 200 : 454);
	}
	viewer_vanish(viewer);
}

/*
 * One whose reports say that nothing arrives is sent no more (RFC 8083), however alive
 * its RTSP connection is; one that never reported stays.
 */
static void test_viewer_stuck(struct bed *bed, gconstpointer unused)
{
	const struct rtcp_block block = { .ssrc = ORIGIN_SSRC, .highest = 1000 };
	const struct rtcp_own own = { .ssrc = 0x99, .cname = "v", .block = &block };
	struct viewer *stuck = viewer_new(bed, NULL, 1), *quiet = viewer_new(bed, NULL, 1);
	g_autoptr(GstBuffer) report = rtcp_own_report(&own);
	gint64 start = g_get_monotonic_time();
	GstMapInfo map;

	viewer_play(stuck);
	viewer_play(quiet);
	gst_buffer_map(report, &map, GST_MAP_READ);
	while (ask_alive(stuck) == 200) {
		g_assert_cmpint(g_get_monotonic_time() - start, <, 60 * G_USEC_PER_SEC);
		viewer_send_rtcp(stuck, 0, map.data, map.size);
		g_assert_cmpint(ask_alive(quiet), ==, 200);
		g_usleep(500000);
	}
	gst_buffer_unmap(report, &map);
	bed_await_log(bed, "reason=\"its reports say that nothing arrives\"");
	g_assert_cmpint(ask_alive(quiet), ==, 200);
	viewer_vanish(stuck);
	viewer_teardown(quiet);
}

/* Media from another port than was agreed on is not relayed, but talked about. */
static void test_elsewhere(struct bed *bed, gconstpointer unused)
{
	struct viewer *viewer;

	origin_set_mood(bed->origin, &(struct origin_mood){ .elsewhere = TRUE });
	viewer = viewer_new(bed, NULL, 2);
	g_assert_cmpint(rtsp_status(viewer->rtsp, "PLAY", bed->url, viewer->session), ==, 200);
	bed_await_log(bed, "upstream-elsewhere: path=/cam track=0 from=" ORIGIN_HOST);
	bed_await_log(bed, "transport=tcp in the group of this path");
	/* once for each track */
	bed_await_log(bed, "upstream-elsewhere: path=/cam track=1");
	stay_alive(viewer);
	bed_await_log(bed, "transport=tcp reason=\"nothing comes over UDP");
	assert_over_tcp(bed, viewer);
	viewer_teardown(viewer);
}

static const struct test {
	const char *name;
	void (*func)(struct bed *bed, gconstpointer unused);
	struct bed_wish wish;
} tests[] = {
	{ "rides-through", test_rides_through, { .cam = "" } },
	{ "complaint-9-lip-sync", test_lip_sync, { .cam = "" } },
	{ "silence", test_silence, { .cam = "silence=1\n" } },
	{ "returns-mute", test_returns_mute, { .cam = "" } },
	{ "bye", test_bye, { .cam = "" } },
	{ "gives-up", test_gives_up, { .cam = "reconnect=1\n" } },
	{ "changed", test_changed, { .cam = "" } },
	{ "tcp", test_tcp, { .cam = "transport=tcp\n" } },
	{ "udp-refused", test_udp_refused, { .cam = "" } },
	{ "udp-silent", test_udp_silent, { .cam = "" } },
	{ "elsewhere", test_elsewhere, { .cam = "" } },
	{ "udp-only", test_udp_only, { .cam = "transport=udp\n" } },
	{ "password", test_password,
	  { .cam = "user=" GATE_USER "\npassword=" GATE_PASSWORD "\n" } },
	{ "wrong-password", test_wrong_password,
	  { .cam = "user=" GATE_USER "\npassword=secret\n" } },
	{ "always", test_always, { .cam = "pull=always\nreconnect=1\n" } },
	{ "reception", test_reception, { .cam = "" } },
	{ "key-frames", test_key_frames, { .cam = "" } },
	{ "viewer-bye", test_viewer_bye, { .cam = "" } },
	{ "viewer-stuck", test_viewer_stuck, { .cam = "" } },
};

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_setenv("GST_REGISTRY_DISABLE", "yes", TRUE);
	gst_init(NULL, NULL);
	/* the configuration has passwords */
	umask(0027);
	for (guint i = 0; i < G_N_ELEMENTS(tests); i++) {
		g_autofree char *path = g_strconcat("/upstream/", tests[i].name, NULL);

		g_test_add(path, struct bed, &tests[i].wish, bed_set_up, tests[i].func,
			   bed_tear_down);
	}
	return g_test_run();
}
