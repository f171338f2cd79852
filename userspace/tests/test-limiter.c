// SPDX-License-Identifier: GPL-2.0-or-later
/* What viewers are sent keeps within limits, shared among them, whatever carries it. */
#include <signal.h>
#include <string.h>

#include "limiter.h"
#include "look.h"

/*
 * The origin's video takes 2.8 Mb/s with its headers, of which the lowest layer takes
 * 78 kb/s; its audio takes 160 kb/s.
 */
#define WISH(name, server_lines, cam_lines)			\
	static const struct bed_wish name = {			\
		.monitor = TRUE,				\
		.timeout = 60,					\
		.server = server_lines,				\
		.cam = cam_lines,				\
	}

WISH(one_limit, NULL, "viewer-rate-limit=1M\n");
WISH(all_limit, NULL, "rate-limit=3500k\nadapt=none\n");
WISH(host_limit, "rate-limit=3500k\n", "");
WISH(tight_limit, NULL, "rate-limit=20k\n");
WISH(lo_limit, "rate-limit=1G\n[interface lo]\nrate-limit=2M\n[interface nosuch0]\n"
     "rate-limit=1k\n", "");
WISH(one_sharp, NULL, "viewer-rate-limit=1M\ngive-up=resolution\n");
WISH(no_limit, NULL, "");

static gint64 limit_used(const JsonNode *status, guint index, const char *member)
{
	JsonArray *limits = json_object_get_array_member(
			json_node_get_object((JsonNode *)status), "limits");

	g_assert_cmpuint(index, <, json_array_get_length(limits));
	return look_int(json_array_get_object_element(limits, index), member);
}

static const char *leg_string(JsonNode *status, guint viewer, const char *member)
{
	JsonObject *leg = look_leg(status, viewer);

	g_assert_nonnull(leg);
	return json_object_get_string_member(leg, member);
}

/* Up to 10 s, until a member of the viewer's leg begins with @text */
static void await_leg(struct bed *bed, guint viewer, const char *member, const char *text)
{
	for (guint tries = 0; tries < 100; tries++) {
		g_autoptr(JsonNode) status = look_json(bed, "/status");

		if (g_str_has_prefix(leg_string(status, viewer, member), text))
			return;
		g_usleep(100000);
	}
	g_test_message("%s did not become: %s", member, text);
	g_test_fail();
}

static void await_decision(struct bed *bed, guint viewer, const char *text)
{
	await_leg(bed, viewer, "adapted", text);
}

/*
 * The only viewer has all that it asked for; the origin sends no key frames, so that
 * it does not get it
 */
static void await_all(struct bed *bed)
{
	await_leg(bed, 0, "cap", "7,15,7");
	await_leg(bed, 0, "reason", "wish");
}

/* What comes to the video's port in two seconds, with headers, bits a second */
static guint64 measure(struct viewer *viewer)
{
	gint64 end;
	guint64 octets = 0;

	/* until it has followed */
	g_usleep(G_USEC_PER_SEC);
	viewer_drain(viewer);
	end = g_get_monotonic_time() + 2 * G_USEC_PER_SEC;
	while (g_get_monotonic_time() < end) {
		guint8 data[2048];
		gssize len = viewer_receive(viewer, 0, 0, data);

		octets += len > 0 ? len + 28 : 0;
	}
	return octets * 8 / 2;
}

/* What a limit of 1 Mb/s leaves, and not nothing */
static void assert_measured(struct viewer *viewer)
{
	guint64 bits = measure(viewer);

	g_assert_cmpuint(bits, >, 300000);
	g_assert_cmpuint(bits, <, 1100000);
}

static void test_viewer(struct bed *bed, gconstpointer unused)
{
	struct viewer *viewer = viewer_new(bed, NULL, 1);
	g_autoptr(JsonNode) status = NULL;

	viewer_play(viewer);
	await_decision(bed, 0, "path limit of 1.0 Mb/s for a viewer");
	bed_await_log(bed, "viewer-adapted: ");
	assert_measured(viewer);
	status = look_json(bed, "/status");
	g_assert_cmpstr(leg_string(status, 0, "reason"), ==, "viewer-limit");
	g_assert_cmpstr(leg_string(status, 0, "wish"), ==, "7,15,7");
	g_assert_cmpstr(leg_string(status, 0, "wanted"), ==, "7,15,7");
	g_assert_cmpstr(leg_string(status, 0, "allowed"), ==, leg_string(status, 0, "cap"));
	viewer_teardown(viewer);
}

/* The other order: all frames of a smaller picture */
static void test_order(struct bed *bed, gconstpointer unused)
{
	struct viewer *viewer = viewer_new(bed, NULL, 1);
	g_autoptr(JsonNode) status = NULL;

	viewer_play(viewer);
	await_decision(bed, 0, "path limit of 1.0 Mb/s for a viewer");
	status = look_json(bed, "/status");
	g_assert_cmpint(leg_string(status, 0, "cap")[0], <, '2');
	g_assert_true(g_str_has_suffix(leg_string(status, 0, "cap"), ",2"));
	viewer_teardown(viewer);
}

/* The third begins with the lowest layers, and all of them end with the same. */
static void test_path(struct bed *bed, gconstpointer unused)
{
	struct viewer *viewers[3];
	g_autofree char *metrics = NULL;
	g_autoptr(JsonNode) status = NULL;

	for (guint i = 0; i < 3; i++) {
		viewers[i] = viewer_new(bed, NULL, 1);
		viewer_play(viewers[i]);
		if (!i)
			g_usleep(2 * G_USEC_PER_SEC);
	}
	for (guint i = 0; i < 3; i++)
		await_decision(bed, i, "path limit of 3.5 Mb/s shared by 3");
	g_usleep(2 * G_USEC_PER_SEC);
	status = look_json(bed, "/status");
	g_assert_cmpint(limit_used(status, 0, "limit"), ==, 3500000 / 8);
	g_assert_cmpint(limit_used(status, 0, "viewers"), ==, 3);
	g_assert_cmpint(limit_used(status, 0, "used"), <=, 3500000 / 8);
	g_assert_cmpint(limit_used(status, 0, "used"), >, 3500000 / 8 / 2);
	/* all have as much, of frames; what is left over does for some of them */
	for (guint i = 0; i < 3; i++)
		g_assert_cmpint(leg_string(status, i, "cap")[0], >=, '2');
	metrics = look_text(bed, "/metrics");
	g_assert_cmpint(look_metric(metrics, "rtprelay_limit_viewers{scope=\"path\","
				    "name=\"/cam\"}"), ==, 3);
	g_assert_cmpint(look_metric(metrics, "rtprelay_limit_bytes_per_second{scope=\"path\","
				    "name=\"/cam\"}"), ==, 3500000 / 8);
	g_assert_cmpint(look_metric(metrics, "rtprelay_track_decisions{path=\"/cam\","
				    "track=\"0\",reason=\"path-limit\"}"), ==, 3);
	g_assert_cmpint(look_metric(metrics, "rtprelay_track_decisions{path=\"/cam\","
				    "track=\"0\",reason=\"wish\"}"), ==, 0);

	/* there is room for one alone */
	viewer_teardown(viewers[2]);
	viewer_teardown(viewers[1]);
	await_all(bed);
	viewer_teardown(viewers[0]);
}

/* A viewer on its connection takes its share of the host's limit. */
static void test_host(struct bed *bed, gconstpointer unused)
{
	struct viewer *viewer = viewer_new(bed, NULL, 2);
	struct rtsp *rtsp = rtsp_connect(bed->port);
	g_autofree char *track = g_strconcat(bed->url, "/track0", NULL);
	g_autofree char *named = NULL;
	g_autoptr(JsonNode) status = NULL;
	GstRTSPMessage *answer;

	viewer_play(viewer);
	g_usleep(2 * G_USEC_PER_SEC);
	answer = rtsp_ask(rtsp, "SETUP", track, "Transport: RTP/AVP/TCP;unicast\r\n");
	g_assert_cmpint(answer->type_data.response.code, ==, 200);
	named = g_strdup_printf("Session: %.*s\r\n", (int)strcspn(
				rtsp_header(answer, GST_RTSP_HDR_SESSION), ";"),
				rtsp_header(answer, GST_RTSP_HDR_SESSION));
	gst_rtsp_message_free(answer);
	answer = rtsp_ask(rtsp, "PLAY", bed->url, named);
	g_assert_cmpint(answer->type_data.response.code, ==, 200);
	gst_rtsp_message_free(answer);

	for (guint i = 0; i < 2; i++)
		await_decision(bed, i, "host limit of 3.5 Mb/s shared by 2");
	status = look_json(bed, "/status");
	g_assert_cmpint(limit_used(status, 0, "viewers"), ==, 2);
	g_assert_cmpint(limit_used(status, 0, "used"), <=, 3500000 / 8);
	rtsp_close(rtsp);
	viewer_teardown(viewer);
}

/* b=AS of the first track, kb/s */
static guint described_rate(GstRTSPMessage *answer)
{
	guint8 *body = NULL;
	guint len = 0;
	const char *line;

	g_assert_cmpint(answer->type_data.response.code, ==, 200);
	gst_rtsp_message_get_body(answer, &body, &len);
	line = g_strstr_len((const char *)body, len, "b=AS:");
	g_assert_nonnull(line);
	return g_ascii_strtoull(line + strlen("b=AS:"), NULL, 10);
}

static void reload(struct bed *bed, const char *server, const char *cam)
{
	g_autofree char *path = g_strdup_printf("[path /cam]\nupstream=rtsp://" ORIGIN_HOST
						":%u/live\n%s", origin_port(bed->origin), cam);

	bed_configure(bed, server, path);
	g_subprocess_send_signal(bed->daemon, SIGHUP);
	bed_await_log(bed, "reloaded: paths-kept=1 paths-changed=0");
}

/* Who does not fit with the lowest layers is told so, and nobody else notices. */
static void test_full(struct bed *bed, gconstpointer unused)
{
	struct viewer *viewer = viewer_new(bed, NULL, 1), *waits = viewer_new(bed, NULL, 2);
	struct rtsp *rtsp = rtsp_connect(bed->port);
	g_autofree char *track = g_strconcat(bed->url, "/track0", NULL);
	g_autoptr(JsonNode) status = NULL;

	/* of a stream that does not come yet nothing is known */
	viewer_play(viewer);
	await_decision(bed, 0, "path limit of 20 kb/s");
	g_assert_cmpint(rtsp_status(waits->rtsp, "PLAY", waits->url, waits->session), ==, 453);
	bed_await_log(bed, "reason=\"not enough bandwidth\"");
	/* who was silent for long would not count */
	g_assert_cmpint(rtsp_status(viewer->rtsp, "GET_PARAMETER", viewer->url,
				    viewer->session), ==, 200);
	g_assert_cmpint(rtsp_status(rtsp, "SETUP", track, "Transport: RTP/AVP;unicast;"
				    "client_port=5000-5001\r\n"), ==, 453);
	status = look_json(bed, "/status");
	g_assert_cmpint(json_object_get_int_member(json_node_get_object(status), "sessions"),
			==, 2);
	g_assert_cmpint(limit_used(status, 0, "viewers"), ==, 1);
	/* it still has its session, and comes in when there is room */
	reload(bed, NULL, "rate-limit=10M\n");
	viewer_play(waits);
	viewer_teardown(waits);
	viewer_teardown(viewer);
	rtsp_close(rtsp);
}

/* A viewer says what it can take, and the description is of what it will get. */
static void test_bandwidth(struct bed *bed, gconstpointer unused)
{
	struct viewer *viewer = viewer_new(bed, NULL, 1);
	g_autofree char *headers = g_strconcat(viewer->session, "Bandwidth: 1000000\r\n", NULL);
	g_autofree char *later = g_strconcat(viewer->session, "Bandwidth: 20000000\r\n", NULL);
	g_autofree char *track = g_strconcat(bed->url, "/track0", NULL);
	g_autoptr(JsonNode) status = NULL;
	GstRTSPMessage *answer;
	guint all, part;

	g_assert_cmpint(rtsp_status(viewer->rtsp, "PLAY", viewer->url, headers), ==, 200);
	await_decision(bed, 0, "wish of 1.0 Mb/s");
	status = look_json(bed, "/status");
	g_assert_cmpstr(leg_string(status, 0, "reason"), ==, "bandwidth");
	g_assert_cmpstr(leg_string(status, 0, "allowed"), ==, "2,0,0");

	answer = rtsp_ask(viewer->rtsp, "DESCRIBE", viewer->url, NULL);
	all = described_rate(answer);
	gst_rtsp_message_free(answer);
	answer = rtsp_ask(viewer->rtsp, "DESCRIBE", viewer->url, "Bandwidth: 1000000\r\n");
	part = described_rate(answer);
	gst_rtsp_message_free(answer);
	g_assert_cmpuint(part, <, 1000);
	/* a quarter of the frames */
	g_assert_cmpuint(part, >, all / 5);
	g_assert_cmpuint(part, <, all / 3);

	/* not even the lowest layer */
	g_assert_cmpint(rtsp_status(viewer->rtsp, "SETUP", track, "Transport: RTP/AVP;unicast;"
				    "client_port=5000-5001\r\nBandwidth: 1000\r\n"), ==, 453);
	/* a keepalive says that there is more */
	g_assert_cmpint(rtsp_status(viewer->rtsp, "GET_PARAMETER", viewer->url, later), ==, 200);
	await_all(bed);
	viewer_teardown(viewer);
}

/* Malformed ones are refused, and change nothing; a Blocksize never does. */
static void test_malformed(struct bed *bed, gconstpointer unused)
{
	static const char *const wrong[] = {
		"Bandwidth: 0\r\n", "Bandwidth: -1\r\n", "Bandwidth: 1.5\r\n",
		"Bandwidth: \r\n", "Bandwidth: 10k\r\n", "Bandwidth: 0x10\r\n",
		"Bandwidth: 99999999999999999999\r\n", "Bandwidth: 1000\r\nBandwidth: 1000\r\n",
		"Blocksize: 0\r\n", "Blocksize: x\r\n", "Blocksize: -5\r\n",
		"Bandwidth: 1000\r\nBlocksize: x\r\n",
	};
	struct viewer *viewer = viewer_new(bed, NULL, 1);
	g_autofree char *small = g_strconcat(viewer->session, "Blocksize: 100\r\n", NULL);
	g_autoptr(JsonNode) status = NULL;
	guint8 data[2048];
	gssize len = 0;

	g_assert_cmpint(rtsp_status(viewer->rtsp, "PLAY", viewer->url, small), ==, 200);
	for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
		g_autofree char *headers = g_strconcat(viewer->session, wrong[i], NULL);

		g_test_message("%s", wrong[i]);
		g_assert_cmpint(rtsp_status(viewer->rtsp, "GET_PARAMETER", viewer->url, headers),
				==, 400);
		g_assert_cmpint(rtsp_status(viewer->rtsp, "TEARDOWN", viewer->url, headers),
				==, 400);
		g_assert_cmpint(rtsp_status(viewer->rtsp, "DESCRIBE", viewer->url, wrong[i]),
				==, 400);
	}
	g_usleep(2 * LIMITER_PERIOD_S * G_USEC_PER_SEC);
	status = look_json(bed, "/status");
	g_assert_cmpstr(leg_string(status, 0, "adapted"), ==, "wish");
	g_assert_cmpstr(leg_string(status, 0, "cap"), ==, "7,15,7");
	/* the datagrams are as the origin made them */
	for (guint i = 0; i < 20; i++)
		len = MAX(len, viewer_receive(viewer, 0, 0, data));
	g_assert_cmpint(len, >, 12 + 100);
	viewer_teardown(viewer);
}

/* Limits come and go with the configuration, and viewers stay. */
static void test_reload(struct bed *bed, gconstpointer unused)
{
	struct viewer *viewer = viewer_new(bed, NULL, 1);
	g_autoptr(JsonNode) status = NULL;

	viewer_play(viewer);
	g_usleep(2 * G_USEC_PER_SEC);
	reload(bed, NULL, "rate-limit=1M\n");
	await_decision(bed, 0, "path limit of 1.0 Mb/s shared by 1");
	assert_measured(viewer);
	reload(bed, "rate-limit=500k\n", "viewer-rate-limit=1M\n");
	await_decision(bed, 0, "host limit of 500 kb/s shared by 1");
	status = look_json(bed, "/status");
	g_assert_cmpint(limit_used(status, 0, "used"), <=, 500000 / 8);
	reload(bed, NULL, "");
	await_all(bed);
	/* it is not even the lowest layer, and still nobody is dropped */
	reload(bed, "rate-limit=1k\n", "");
	await_decision(bed, 0, "host limit of 1 kb/s");
	g_clear_pointer(&status, json_node_unref);
	status = look_json(bed, "/status");
	g_assert_cmpstr(leg_string(status, 0, "cap"), ==, "0,0,0");
	viewer_teardown(viewer);
}

static void test_interface(struct bed *bed, gconstpointer unused)
{
	struct viewer *viewer = viewer_new(bed, NULL, 1);
	g_autofree char *metrics = NULL;

	viewer_play(viewer);
	await_decision(bed, 0, "lo limit of 2.0 Mb/s shared by 1");
	metrics = look_text(bed, "/metrics");
	g_assert_cmpint(look_metric(metrics, "rtprelay_limit_viewers{scope=\"interface\","
				    "name=\"lo\"}"), ==, 1);
	g_assert_cmpint(look_metric(metrics, "rtprelay_limit_viewers{scope=\"interface\","
				    "name=\"nosuch0\"}"), ==, 0);
	viewer_teardown(viewer);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define TEST(name, wish, func) \
	g_test_add("/limiter/" name, struct bed, wish, bed_set_up, func, bed_tear_down)
	TEST("viewer", &one_limit, test_viewer);
	TEST("order", &one_sharp, test_order);
	TEST("path", &all_limit, test_path);
	TEST("host", &host_limit, test_host);
	TEST("full", &tight_limit, test_full);
	TEST("bandwidth", &no_limit, test_bandwidth);
	TEST("malformed", &no_limit, test_malformed);
	TEST("reload", &no_limit, test_reload);
	TEST("interface", &lo_limit, test_interface);
	return g_test_run();
}
