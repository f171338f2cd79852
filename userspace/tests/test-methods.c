// SPDX-License-Identifier: GPL-2.0-or-later
/* The methods of RTSP as viewers use them, rightly and wrongly (RFC 2326, section 10) */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bed.h"

/* Where somebody else connects from */
#define OTHER_HOST	"127.0.0.9"

static void test_errors(struct bed *bed, gconstpointer unused)
{
	const char *udp = "Transport: RTP/AVP;unicast;client_port=5000-5001\r\n";
	g_autofree char *nobody = g_strdup_printf("rtsp://" RELAY_HOST ":%u/nobody", bed->port);
	g_autofree char *other = g_strdup_printf("rtsp://" RELAY_HOST ":%u/other/track0",
						 bed->port);
	g_autofree char *other_all = g_strdup_printf("rtsp://" RELAY_HOST ":%u/other",
						     bed->port);
	g_autofree char *missing = g_strconcat(bed->url, "x", NULL);
	g_autofree char *bad_cap = g_strconcat(bed->url, "?cap=1,2", NULL);
	g_autofree char *track = g_strconcat(bed->url, "/track0", NULL);
	g_autofree char *track1 = g_strconcat(bed->url, "/track1", NULL);
	g_autofree char *track9 = g_strconcat(bed->url, "/track9", NULL);
	struct viewer *viewer = viewer_new(bed, NULL, 2);
	g_autofree char *again = g_strconcat(viewer->session, udp, NULL);
	struct rtsp *rtsp = rtsp_connect(bed->port);
	const struct {
		const char *method, *url, *headers;
		gint status;
	} rows[] = {
		{ "DESCRIBE", missing, NULL, 404 },
		{ "DESCRIBE", bad_cap, NULL, 400 },
		{ "DESCRIBE", "nonsense", NULL, 400 },
		{ "DESCRIBE", bed->url, "Accept: text/html\r\n", 406 },
		{ "DESCRIBE", bed->url, "Accept: application/sdpx, text/*;q=1\r\n", 406 },
		{ "DESCRIBE", bed->url, "Accept: text/html, application/sdp;q=0.5\r\n", 200 },
		{ "DESCRIBE", bed->url, "Accept: */*\r\n", 200 },
		{ "DESCRIBE", nobody, NULL, 503 },
		{ "SETUP", track, NULL, 400 },
		{ "SETUP", bed->url, udp, 459 },
		{ "SETUP", track9, udp, 404 },
		{ "SETUP", track, "Transport: RTP/SAVP;unicast;client_port=6-7\r\n", 461 },
		{ "SETUP", track,
		  "Session: x\r\nTransport: RTP/AVP;unicast;client_port=6-7\r\n", 454 },
		{ "SETUP", other, again, 459 },
		{ "PLAY", bed->url, NULL, 454 },
		{ "PLAY", bed->url, "Session: 0123456789abcdef0123456789abcdef\r\n", 454 },
		{ "PLAY", track1, viewer->session, 460 },
		{ "TEARDOWN", bed->url, NULL, 454 },
		{ "GET_PARAMETER", bed->url, "Session: x\r\n", 454 },
		{ "GET_PARAMETER", bed->url, NULL, 200 },
		{ "GET_PARAMETER", bed->url, viewer->session, 200 },
		{ "GET_PARAMETER", bed->url, "Content-Length: 0\r\n", 200 },
		{ "SET_PARAMETER", bed->url, viewer->session, 200 },
		{ "SET_PARAMETER", bed->url, "Session: x\r\n", 454 },
		{ "OPTIONS", "*", "Session: x\r\n", 454 },
		{ "PAUSE", bed->url, NULL, 454 },
		{ "PAUSE", bed->url, viewer->session, 455 },
		{ "PLAY", other_all, viewer->session, 459 },
		{ "PAUSE", other_all, viewer->session, 459 },
		{ "TEARDOWN", other_all, viewer->session, 459 },
		{ "PLAY", track9, viewer->session, 455 },
		{ "TEARDOWN", track9, viewer->session, 455 },
		{ "PAUSE", track, viewer->session, 460 },
		{ "ANNOUNCE", bed->url, NULL, 405 },
		{ "RECORD", bed->url, viewer->session, 405 },
		{ "BREW", bed->url, NULL, 501 },
		{ "OPTIONS", bed->url, "Require: funky-feature\r\n", 551 },
		{ "OPTIONS", bed->url, "Proxy-Require: funky-feature\r\n", 551 },
		{ "OPTIONS", bed->url, NULL, 200 },
	};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_test_message("%s %s", rows[i].method, rows[i].url);
		g_assert_cmpint(rtsp_status(rtsp, rows[i].method, rows[i].url,
					    rows[i].headers), ==, rows[i].status);
	}
	viewer_play(viewer);
	g_assert_cmpint(rtsp_status(rtsp, "SETUP", track, again), ==, 455);
	rtsp_close(rtsp);
	viewer_teardown(viewer);
}

/* Of a stream that is live there is only what comes now. */
static void test_range(struct bed *bed, gconstpointer unused)
{
	static const struct {
		const char *range;
		gint status;
	} rows[] = {
		{ "npt=5-", 457 },
		{ "npt=0-10", 457 },
		{ "npt=-10", 457 },
		{ "npt=now-10", 457 },
		{ "npt=now-;time=19970123T143720Z", 457 },
		{ "clock=19960213T143205Z-", 457 },
		{ "smpte=0:10:00-", 457 },
		{ "npt=", 400 },
		{ "bytes=0-", 501 },
		{ "", 501 },
		{ "npt=0:00:00-", 200 },
		{ "smpte=0:00:00-", 200 },
		{ "npt=0.000-", 200 },
		{ "npt=now-", 200 },
	};
	struct viewer *viewer = viewer_new(bed, NULL, 1);

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *headers = g_strdup_printf("%sRange: %s\r\n", viewer->session,
							   rows[i].range);
		GstRTSPMessage *answer = rtsp_ask(viewer->rtsp, "PLAY", viewer->url, headers);

		g_test_message("%s", rows[i].range);
		g_assert_cmpint(answer->type_data.response.code, ==, rows[i].status);
		g_assert_cmpstr(rtsp_header(answer, GST_RTSP_HDR_RANGE), ==,
				rows[i].status == 200 ? "npt=now-" : NULL);
		gst_rtsp_message_free(answer);
	}
	viewer_teardown(viewer);
}

/* Nothing comes in a pause, and what RTP-Info says after it is right again. */
static void test_pause(struct bed *bed, gconstpointer unused)
{
	struct viewer *viewer = viewer_new(bed, NULL, 2), *beside = viewer_new(bed, NULL, 1);
	guint8 data[2048];

	viewer_play(viewer);
	viewer_play(beside);
	for (guint i = 0; i < 3; i++) {
		g_assert_cmpint(rtsp_status(viewer->rtsp, "PAUSE", viewer->url,
					    viewer->session), ==, 200);
		g_assert_cmpint(rtsp_status(viewer->rtsp, "PAUSE", viewer->url,
					    viewer->session), ==, 455);
		g_usleep(50000);
		viewer_drain(viewer);
		g_usleep(20 * ORIGIN_PERIOD * 1000);
		for (guint track = 0; track < viewer->n_tracks; track++)
			g_assert_cmpint(recv(viewer->fd[track][0], data, sizeof(data),
					     MSG_DONTWAIT), ==, -1);
		/* nobody else is paused */
		g_assert_cmpint(viewer_receive(beside, 0, 0, data), >, 0);
		g_clear_pointer(&viewer->rtp_info, g_free);
		viewer_play(viewer);
	}
	viewer_teardown(viewer);
	viewer_teardown(beside);
}

/* In a pause, too, a viewer is missed when nothing is heard of it. */
static void test_pause_timeout(struct bed *bed, gconstpointer unused)
{
	struct viewer *viewer = viewer_new(bed, NULL, 1);
	struct origin_stats stats;

	viewer_play(viewer);
	g_assert_cmpint(rtsp_status(viewer->rtsp, "PAUSE", viewer->url, viewer->session), ==,
			200);
	bed_wait(bed, &stats, stats.teardowns == 1);
	g_assert_cmpint(rtsp_status(viewer->rtsp, "PLAY", viewer->url, viewer->session), ==,
			454);
	viewer_vanish(viewer);
}

/* PLAY of what plays: it goes on, and nothing is said of a new beginning. */
static gint setup_again(struct viewer *viewer, guint track, guint16 port)
{
	g_autofree char *url = g_strdup_printf("%s/track%u", viewer->url, track);
	g_autofree char *headers = g_strdup_printf(
		"Transport: RTP/AVP;unicast;client_port=%u-%u\r\n%s", port, port + 1,
		viewer->session);

	return rtsp_status(viewer->rtsp, "SETUP", url, headers);
}

/*
 * One of two tracks cannot be sent: then neither is, and what is set up anew after that
 * is all that the relay knows of.
 */
static void test_play_half(struct bed *bed, gconstpointer unused)
{
	struct viewer *other = viewer_new(bed, NULL, 2), *viewer = viewer_new(bed, NULL, 2);
	guint8 data[2048];

	viewer_play(other);
	/* the relay's own port, on a host that is its own, too */
	g_assert_cmpint(setup_again(viewer, 1, viewer->server_port[1][0]), ==, 200);
	g_assert_cmpint(rtsp_status(viewer->rtsp, "PLAY", viewer->url, viewer->session), ==,
			503);
	viewer_drain(viewer);
	g_usleep(200000);
	g_assert_cmpint(recv(viewer->fd[0][0], data, sizeof(data), MSG_DONTWAIT), ==, -1);
	g_assert_cmpint(setup_again(viewer, 0, viewer->port[0][0]), ==, 200);
	g_assert_cmpint(setup_again(viewer, 1, viewer->port[1][0]), ==, 200);
	viewer_play(viewer);
	viewer_teardown(viewer);
	g_assert_cmpint(viewer_receive(other, 0, 0, data), >, 0);
	viewer_teardown(other);
}

static void test_play_again(struct bed *bed, gconstpointer unused)
{
	struct viewer *viewer = viewer_new(bed, NULL, 1);
	GstRTSPMessage *answer;
	guint8 data[2048];

	viewer_play(viewer);
	answer = rtsp_ask(viewer->rtsp, "PLAY", viewer->url, viewer->session);
	g_assert_cmpint(answer->type_data.response.code, ==, 200);
	g_assert_null(strstr(rtsp_header(answer, GST_RTSP_HDR_RTP_INFO), "seq="));
	gst_rtsp_message_free(answer);
	g_assert_cmpint(viewer_receive(viewer, 0, 0, data), >, 0);
	viewer_teardown(viewer);
}

/* One track goes, the others stay; the last takes the session along. */
static void test_teardown_track(struct bed *bed, gconstpointer unused)
{
	struct viewer *viewer = viewer_new(bed, NULL, 2);
	g_autofree char *track0 = g_strconcat(bed->url, "/track0", NULL);
	g_autofree char *track1 = g_strconcat(bed->url, "/track1", NULL);
	guint8 data[2048];

	viewer_play(viewer);
	g_assert_cmpint(rtsp_status(viewer->rtsp, "TEARDOWN", track0, viewer->session), ==, 200);
	g_usleep(50000);
	viewer_drain(viewer);
	g_assert_cmpint(viewer_receive(viewer, 1, 0, data), >, 0);
	g_assert_cmpint(recv(viewer->fd[0][0], data, sizeof(data), MSG_DONTWAIT), ==, -1);
	g_assert_cmpint(rtsp_status(viewer->rtsp, "TEARDOWN", track0, viewer->session), ==, 455);
	g_assert_cmpint(rtsp_status(viewer->rtsp, "PAUSE", track1, viewer->session), ==, 200);
	g_assert_cmpint(rtsp_status(viewer->rtsp, "TEARDOWN", track1, viewer->session), ==, 200);
	g_assert_cmpint(rtsp_status(viewer->rtsp, "TEARDOWN", bed->url, viewer->session), ==,
			454);
	viewer_vanish(viewer);
}

/* Complaint 7 of the peers' users: whatever names the session keeps it. */
static void test_keepalives(struct bed *bed, gconstpointer unused)
{
	static const struct {
		const char *method;
		gint status;
	} rows[] = {
		{ "OPTIONS", 200 },
		{ "GET_PARAMETER", 200 },
		{ "SET_PARAMETER", 200 },
		{ "DESCRIBE", 200 },
		{ "PLAY", 200 },
		{ "SETUP", 400 },
	};
	struct viewer *viewers[G_N_ELEMENTS(rows)];

	if (bed_is_slow())
		return;
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		viewers[i] = viewer_new(bed, NULL, 1);
		viewer_play(viewers[i]);
	}
	for (guint n = 0; n < 3 * BED_TIMEOUT; n++) {
		g_usleep(500000);
		for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
			g_assert_cmpint(rtsp_status(viewers[i]->rtsp, rows[i].method, bed->url,
						    viewers[i]->session), ==, rows[i].status);
	}
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
		viewer_teardown(viewers[i]);
}

/* A session is its viewer's host's, on whatever connection it comes back. */
static void test_whose_session(struct bed *bed, gconstpointer unused)
{
	static const char *const methods[] = { "OPTIONS", "GET_PARAMETER", "SET_PARAMETER",
					       "PLAY", "PAUSE", "TEARDOWN", "DESCRIBE" };
	struct viewer *viewer = viewer_new(bed, NULL, 1);
	struct rtsp *other = rtsp_connect_from(OTHER_HOST, bed->port);
	struct rtsp *again = rtsp_connect(bed->port);
	g_autofree char *track = g_strconcat(bed->url, "/track1", NULL);
	g_autofree char *setup = g_strconcat(viewer->session,
					     "Transport: RTP/AVP;unicast;"
					     "client_port=5000-5001\r\n", NULL);
	guint8 data[2048];

	viewer_play(viewer);
	for (guint i = 0; i < G_N_ELEMENTS(methods); i++)
		g_assert_cmpint(rtsp_status(other, methods[i], bed->url, viewer->session), ==,
				454);
	g_assert_cmpint(rtsp_status(other, "SETUP", track, setup), ==, 454);
	viewer_drain(viewer);
	g_assert_cmpint(viewer_receive(viewer, 0, 0, data), >, 0);
	g_assert_cmpint(rtsp_status(again, "TEARDOWN", bed->url, viewer->session), ==, 200);
	viewer_vanish(viewer);
	rtsp_close(other);
	rtsp_close(again);
}

#define ADD(name, func) \
	g_test_add("/methods/" name, struct bed, NULL, bed_set_up, func, bed_tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("errors", test_errors);
	ADD("range", test_range);
	ADD("pause", test_pause);
	ADD("pause-timeout", test_pause_timeout);
	ADD("play-again", test_play_again);
	ADD("play-half", test_play_half);
	ADD("teardown-track", test_teardown_track);
	ADD("complaint-7-keepalives", test_keepalives);
	ADD("whose-session", test_whose_session);
	return g_test_run();
}
