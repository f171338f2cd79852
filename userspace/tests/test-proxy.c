// SPDX-License-Identifier: GPL-2.0-or-later
/* The daemon end to end; what the thesis claims of its proxy is in test-thesis.c */
#include <json-glib/json-glib.h>
#include <linux/rtp_fanout.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "limit.h"
#include "look.h"

static guint32 word(const guint8 *data, guint index)
{
	data += 4 * index;
	return (guint32)data[0] << 24 | data[1] << 16 | data[2] << 8 | data[3];
}

/*
 * The relay reports upstream by itself; what viewers are told of the sender
 * counts what they were sent.
 */
static void test_rtcp(struct bed *bed, gconstpointer unused)
{
	struct viewer *viewer = viewer_new(bed, "0,0,7", 1);
	struct origin_stats stats;
	guint packets = 0, octets = 0;
	guint8 data[2048];

	viewer_play(viewer);
	g_usleep(600000);
	viewer_report(viewer, 0);
	for (guint i = 0; i < 3; i++)
		g_assert_cmpint(viewer_receive(viewer, 0, 1, data), ==, 28 + 16);
	g_assert_cmphex(word(data, 0), ==, 0x80c80006);
	g_assert_cmphex(word(data, 1), ==, ORIGIN_SSRC);
	packets = word(data, 5);
	octets = word(data, 6);
	/* three or more periods of 20 units, two datagrams of 308 bytes each */
	g_assert_cmpuint(packets, >, 80);
	g_assert_cmpuint(packets, <, 400);
	g_assert_cmpuint(octets, >=, packets / 2 * 308);
	g_assert_cmpuint(octets, <=, (packets / 2 + 1) * 308);
	viewer_report(viewer, 0);
	bed_wait(bed, &stats, stats.reports > 0);
	viewer_teardown(viewer);
}

/* Each viewer gets its layers, whole, in order and numbered without holes. */
static void test_layers(struct bed *bed, gconstpointer unused)
{
	static const struct {
		const char *cap;
		guint did, tid, per_cycle;	/* datagrams of four units */
	} rows[] = {
		{ NULL, 2, 2, 20 }, { "1,15,7", 1, 2, 12 }, { "0,0,0", 0, 0, 2 },
		{ "2,0,1", 2, 1, 10 },
	};
	struct viewer *viewers[G_N_ELEMENTS(rows)];

	if (bed_is_slow())
		return;
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		viewers[i] = viewer_new(bed, rows[i].cap, 1);
		viewer_play(viewers[i]);
	}
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
		viewer_report(viewers[i], 0);
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		guint32 first_time = 0, time = 0;
		guint16 last = 0;

		for (guint n = 0; n < rows[i].per_cycle * 10; n++) {
			guint8 data[2048];
			gssize len = viewer_receive(viewers[i], 0, 0, data);
			guint16 seq = data[2] << 8 | data[3];
			guint type = data[12] & 0x1f;

			g_assert_cmpint(len, >, 12);
			g_assert_true(n == 0 || seq == (guint16)(last + 1));
			last = seq;
			time = word(data, 1);
			if (n == 0)
				first_time = time;
			if (type != 1) {
				g_assert_cmpuint(data[14] >> 4 & 7, <=, rows[i].did);
				g_assert_cmpuint(data[15] >> 5, <=, rows[i].tid);
			}
			/* all filling is alike and none was changed on the way */
			for (gssize at = 12 + 5; at < len; at++)
				g_assert_cmphex(data[at], ==, data[12 + 4]);
		}
		/* so many datagrams are so many units: none was left out */
		g_assert_cmpuint((time - first_time) / 900, >=, 36);
		g_assert_cmpuint((time - first_time) / 900, <=, 41);
		viewer_teardown(viewers[i]);
	}
}

static void test_upstream_refuses(struct bed *bed, gconstpointer unused)
{
	static const gint statuses[][2] = { { 404, 404 }, { 401, 502 }, { 500, 502 } };
	struct rtsp *rtsp = rtsp_connect(bed->port);

	for (guint i = 0; i < G_N_ELEMENTS(statuses); i++) {
		origin_refuse(bed->origin, statuses[i][0]);
		g_assert_cmpint(rtsp_status(rtsp, "DESCRIBE", bed->url, NULL), ==,
				statuses[i][1]);
	}
	origin_refuse(bed->origin, 200);
	g_assert_cmpint(rtsp_status(rtsp, "DESCRIBE", bed->url, NULL), ==, 200);
	rtsp_close(rtsp);
}

/* The viewer is told BYE, after all the reports that came before. */
static void await_bye(struct viewer *viewer)
{
	guint8 data[2048];
	gssize len;

	do {
		len = viewer_receive(viewer, 0, 1, data);
		g_assert_cmpint(len, >, 0);
	} while (data[len - 7] != 203);
	g_assert_cmphex(word(data + len - 8, 1), ==, ORIGIN_SSRC);
}

/* The server goes and is not waited for: viewers are told BYE; who comes later finds it again. */
static void test_upstream_ends(struct bed *bed, gconstpointer unused)
{
	struct viewer *viewer = viewer_new(bed, NULL, 1);

	viewer_play(viewer);
	origin_hang_up(bed->origin);
	await_bye(viewer);
	g_assert_cmpint(rtsp_status(viewer->rtsp, "GET_PARAMETER", bed->url, viewer->session),
			==, 454);
	viewer_vanish(viewer);

	viewer = viewer_new(bed, NULL, 1);
	viewer_play(viewer);
	viewer_teardown(viewer);
}

/* A viewer that says nothing is dropped; RTCP or RTSP keeps it. */
static void test_timeout(struct bed *bed, gconstpointer unused)
{
	struct viewer *reports = viewer_new(bed, NULL, 1);
	struct viewer *asks = viewer_new(bed, NULL, 1);
	struct viewer *silent = viewer_new(bed, NULL, 1);
	struct origin_stats stats;
	guint8 data[2048];

	viewer_play(reports);
	viewer_play(asks);
	viewer_play(silent);
	for (guint i = 0; i < 3 * BED_TIMEOUT; i++) {
		g_usleep(500000);
		viewer_report(reports, 0);
		g_assert_cmpint(rtsp_status(asks->rtsp, "GET_PARAMETER", bed->url,
					    asks->session), ==, 200);
	}
	g_assert_cmpint(rtsp_status(silent->rtsp, "GET_PARAMETER", bed->url,
				    silent->session), ==, 454);
	await_bye(silent);
	while (recv(silent->fd[0][0], data, sizeof(data), MSG_DONTWAIT) > 0)
		;
	g_usleep(50000);
	g_assert_cmpint(recv(silent->fd[0][0], data, sizeof(data), MSG_DONTWAIT), ==, -1);
	g_assert_cmpint(viewer_receive(reports, 0, 0, data), >, 0);
	viewer_vanish(silent);
	viewer_vanish(reports);
	viewer_vanish(asks);
	/* and the last to vanish takes the upstream along */
	origin_get_stats(bed->origin, &stats);
	g_assert_cmpuint(stats.teardowns, ==, 0);
	bed_wait(bed, &stats, stats.teardowns == 1);
}

/* Another session that names ports; returns the header that names it */
static char *set_up_ports(struct bed *bed, struct rtsp *rtsp, guint16 rtp, guint16 rtcp)
{
	g_autofree char *track = g_strconcat(bed->url, "/track0", NULL);
	g_autofree char *transport = g_strdup_printf(
		"Transport: RTP/AVP;unicast;client_port=%u-%u\r\n", rtp, rtcp);
	GstRTSPMessage *answer = rtsp_ask(rtsp, "SETUP", track, transport);
	char *session = g_strdup_printf("Session: %.32s\r\n",
					rtsp_header(answer, GST_RTSP_HDR_SESSION));

	gst_rtsp_message_free(answer);
	return session;
}

/*
 * The viewer's program was killed and comes back with the same ports: once it was
 * silent for a while. Until then it may be another one that wants them.
 */
static void test_take_over(struct bed *bed, gconstpointer unused)
{
	struct viewer *old = viewer_new(bed, NULL, 1);
	struct rtsp *rtsp = rtsp_connect(bed->port);
	g_autofree char *session = NULL;

	viewer_play(old);
	session = set_up_ports(bed, rtsp, old->port[0][0], old->port[0][1]);
	g_assert_cmpint(rtsp_status(rtsp, "PLAY", bed->url, session), ==, 503);
	bed_await_log(bed, "reason=\"its ports are those of a viewer");
	g_assert_cmpint(rtsp_status(old->rtsp, "GET_PARAMETER", bed->url, old->session), ==,
			200);
	g_usleep((LIMIT_TAKE_OVER_MS + 200) * 1000);
	g_assert_cmpint(rtsp_status(rtsp, "PLAY", bed->url, session), ==, 200);
	g_assert_cmpint(rtsp_status(old->rtsp, "GET_PARAMETER", bed->url, old->session), ==,
			454);
	g_assert_cmpint(rtsp_status(rtsp, "TEARDOWN", bed->url, session), ==, 200);
	rtsp_close(rtsp);
	viewer_vanish(old);
}

/* struct intruder - a viewer that names another one's RTCP port as its own */
struct intruder {
	struct rtsp *rtsp;
	char *session;
	int fd[2];
};

/* It plays, and is told that the port is taken. */
static void intruder_play(struct intruder *intruder, struct bed *bed,
			  const struct viewer *owner)
{
	guint16 port[2];

	intruder->rtsp = rtsp_connect(bed->port);
	rtsp_open_pair(VIEWER_HOST, intruder->fd, port);
	intruder->session = set_up_ports(bed, intruder->rtsp, port[0], owner->port[0][1]);
	g_assert_cmpint(rtsp_status(intruder->rtsp, "PLAY", bed->url, intruder->session), ==,
			200);
	bed_await_log(bed, "viewer-rtcp-taken: path=/cam track=0");
}

/* For longer than a silent viewer is kept, only @owner's port reports. */
static void intruder_outwait(struct viewer *owner)
{
	for (guint i = 0; i < 2 * BED_TIMEOUT + 2; i++) {
		g_usleep(500000);
		viewer_report(owner, 0);
	}
}

static void intruder_clear(struct intruder *intruder)
{
	rtsp_close(intruder->rtsp);
	g_free(intruder->session);
	close(intruder->fd[0]);
	close(intruder->fd[1]);
}

/* Who names another viewer's RTCP port does not get what comes from there. */
static void test_rtcp_taken(struct bed *bed, gconstpointer unused)
{
	struct viewer *owner = viewer_new(bed, NULL, 1);
	struct intruder intruder;

	viewer_play(owner);
	intruder_play(&intruder, bed, owner);
	intruder_outwait(owner);
	g_assert_cmpint(rtsp_status(intruder.rtsp, "GET_PARAMETER", bed->url,
				    intruder.session), ==, 454);
	viewer_teardown(owner);
	intruder_clear(&intruder);
}

/* Once the other one has left, it does. */
static void test_rtcp_returned(struct bed *bed, gconstpointer unused)
{
	struct viewer *owner = viewer_new(bed, NULL, 1);
	struct intruder intruder;

	viewer_play(owner);
	intruder_play(&intruder, bed, owner);
	bed_await_log(bed, "whose=\"another viewer's\"");
	g_assert_cmpint(rtsp_status(owner->rtsp, "TEARDOWN", bed->url, owner->session), ==,
			200);
	bed_await_log(bed, "whose=\"its own now\"");
	intruder_outwait(owner);
	g_assert_cmpint(rtsp_status(intruder.rtsp, "TEARDOWN", bed->url, intruder.session), ==,
			200);
	viewer_vanish(owner);
	intruder_clear(&intruder);
}

/* There are 31 caps at a time: who asks for another one gets the best of these. */
static void test_caps(struct bed *bed, gconstpointer unused)
{
	struct viewer *viewers[RTP_FANOUT_MAX_CAPS + 2], *lowered;
	g_autoptr(JsonNode) status = NULL, later = NULL;
	g_autofree char *log = NULL;
	const char *info;
	JsonObject *leg;

	for (guint i = 0; i < G_N_ELEMENTS(viewers); i++) {
		g_autofree char *cap = i < RTP_FANOUT_MAX_CAPS ?
				       g_strdup_printf("1,%u,%u", i / 4, 1 + i % 4) :
				       g_strdup(i == RTP_FANOUT_MAX_CAPS ? "2,6,3" : "7,0,0");
		g_autofree char *named = g_uri_escape_string(cap, NULL, FALSE);
		GstRTSPMessage *answer;

		viewers[i] = viewer_new(bed, cap, 2);
		answer = rtsp_ask(viewers[i]->rtsp, "PLAY", viewers[i]->url,
				  viewers[i]->session);
		g_assert_cmpint(answer->type_data.response.code, ==,
				i <= RTP_FANOUT_MAX_CAPS ? 200 : 503);
		/* a track is known to a viewer by the URL of its SETUP, and found by that */
		info = rtsp_header(answer, GST_RTSP_HDR_RTP_INFO);
		g_assert_true(i > RTP_FANOUT_MAX_CAPS || strstr(info, named));
		gst_rtsp_message_free(answer);
	}
	bed_await_log(bed, "viewer-cap-lowered: path=/cam track=0");
	bed_await_log(bed, "from=2,6,3 to=1,6,3");
	/* more than that is not tried for it either */
	status = look_json(bed, "/status");
	leg = look_leg(status, RTP_FANOUT_MAX_CAPS);
	g_assert_cmpstr(json_object_get_string_member(leg, "wish"), ==, "1,6,3");
	/* and one that is in use can be had */
	viewer_teardown(viewers[0]);
	viewers[0] = viewer_new(bed, "1,7,3", 2);
	g_assert_cmpint(rtsp_status(viewers[0]->rtsp, "PLAY", viewers[0]->url,
				    viewers[0]->session), ==, 200);
	/* the one that is free again goes to who asked for it, with its next PLAY */
	lowered = viewers[RTP_FANOUT_MAX_CAPS];
	g_assert_cmpint(rtsp_status(lowered->rtsp, "PAUSE", lowered->url, lowered->session),
			==, 200);
	g_assert_cmpint(rtsp_status(lowered->rtsp, "PLAY", lowered->url, lowered->session),
			==, 200);
	later = look_json(bed, "/status");
	leg = look_leg(later, RTP_FANOUT_MAX_CAPS - 1);
	g_assert_cmpstr(json_object_get_string_member(leg, "wish"), ==, "2,6,3");
	g_assert_cmpstr(json_object_get_string_member(leg, "cap"), ==, "2,6,3");
	/* of audio all have the same */
	g_assert_true(g_file_get_contents(bed->log, &log, NULL, NULL));
	g_assert_null(strstr(log, "viewer-cap-lowered: path=/cam track=1"));
	g_assert_nonnull(strstr(log, "cap=1,0,1"));
	g_assert_nonnull(strstr(log, "cap=7,15,7"));
	for (guint i = 0; i < G_N_ELEMENTS(viewers); i++)
		viewer_vanish(viewers[i]);
}

static void test_two_paths(struct bed *bed, gconstpointer unused)
{
	struct viewer *cam = viewer_new(bed, NULL, 1), *other;
	struct bed beside = *bed;
	struct origin_stats stats;

	beside.url = g_strdup_printf("rtsp://" RELAY_HOST ":%u/other", bed->port);
	other = viewer_new(&beside, "0,0,0", 1);
	viewer_play(cam);
	viewer_play(other);
	origin_get_stats(bed->origin, &stats);
	g_assert_cmpuint(stats.connections, ==, 2);
	viewer_teardown(cam);
	bed_wait(bed, &stats, stats.teardowns == 1);
	g_assert_cmpuint(stats.open, >=, 1);
	viewer_teardown(other);
	bed_wait(bed, &stats, stats.teardowns == 2);
	g_free(beside.url);
}

/* What SIGUSR1 prints is what rtprelayd(8) says of it. */
static void test_stats(struct bed *bed, gconstpointer unused)
{
	g_autoptr(GDataInputStream) lines = g_data_input_stream_new(
				g_subprocess_get_stdout_pipe(bed->daemon));
	struct viewer *a = viewer_new(bed, NULL, 2), *b = viewer_new(bed, "0,0,7", 1);

	viewer_play(a);
	viewer_play(b);
	g_usleep(100000);
	g_subprocess_send_signal(bed->daemon, SIGUSR1);
	for (guint track = 0; track < 2; track++) {
		g_autofree char *line = g_data_input_stream_read_line(lines, NULL, NULL, NULL);
		g_autoptr(JsonNode) node = json_from_string(line, NULL);
		JsonObject *object = json_node_get_object(node);

		g_assert_cmpstr(json_object_get_string_member(object, "path"), ==, "/cam");
		g_assert_cmpstr(json_object_get_string_member(object, "backend"), ==, "user");
		g_assert_cmpint(json_object_get_int_member(object, "track"), ==, track);
		g_assert_cmpint(json_object_get_int_member(object, "port"), ==,
				a->server_port[track][0]);
		g_assert_cmpint(json_object_get_int_member(object, "ssrc"), ==,
				ORIGIN_SSRC + track);
		g_assert_cmpint(json_object_get_int_member(object, "viewers"), ==, 2 - track);
		g_assert_cmpint(json_object_get_int_member(object, "rx_packets"), >, 0);
		g_assert_cmpint(json_object_get_int_member(object, "tx_packets"), >=,
				json_object_get_int_member(object, "rx_packets"));
		g_assert_cmpint(json_object_get_int_member(object, "rx_teed"), ==, 0);
		g_assert_cmpint(json_object_get_int_member(object, "socket_datagrams"), ==, 0);
	}
	viewer_teardown(a);
	viewer_teardown(b);
}

#define ADD(name, func) \
	g_test_add("/proxy/" name, struct bed, NULL, bed_set_up, func, bed_tear_down)

static const struct bed_wish not_waited_for = { .cam = "reconnect=0\n" };

static const struct bed_wish watched = { .monitor = TRUE, .timeout = 60 };

/* Longer than another session waits for its ports */
static const struct bed_wish patient = { .timeout = 60 };

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("rtcp", test_rtcp);
	ADD("layers", test_layers);
	ADD("upstream-refuses", test_upstream_refuses);
	g_test_add("/proxy/upstream-ends", struct bed, &not_waited_for, bed_set_up,
		   test_upstream_ends, bed_tear_down);
	ADD("timeout", test_timeout);
	g_test_add("/proxy/take-over", struct bed, &patient, bed_set_up, test_take_over,
		   bed_tear_down);
	ADD("rtcp-taken", test_rtcp_taken);
	ADD("rtcp-returned", test_rtcp_returned);
	g_test_add("/proxy/caps", struct bed, &watched, bed_set_up, test_caps,
		   bed_tear_down);
	ADD("two-paths", test_two_paths);
	ADD("stats", test_stats);
	return g_test_run();
}
