// SPDX-License-Identifier: GPL-2.0-or-later
/* What an operator sees is what is the case: /status and the page around it */
#include <string.h>

#include "look.h"

static const struct bed_wish wish = { .monitor = TRUE };

/* The daemon samples its counters every 2 s, first in up to 2.75. */
#define SAMPLED_US	5500000

static void test_idle(struct bed *bed, gconstpointer unused)
{
	g_autoptr(JsonNode) status = look_json(bed, "/status");
	JsonObject *root = json_node_get_object(status);

	g_assert_cmpstr(json_object_get_string_member(root, "version"), ==, RTPRELAY_VERSION);
	g_assert_cmpstr(json_object_get_string_member(root, "backend"), ==, "user");
	g_assert_cmpint(look_int(root, "sessions"), ==, 0);
	g_assert_cmpint(look_int(root, "uptime"), <, 60);
	g_assert_cmpint(ABS(look_int(root, "started") - g_get_real_time() / G_USEC_PER_SEC), <,
			60);
	g_assert_cmpstr(json_object_get_string_member(look_stream(status, "/cam"), "state"), ==,
			"idle");
	g_assert_nonnull(look_stream(status, "/nobody"));
	g_assert_null(look_track(status, "/cam", 0));
	g_assert_null(look_viewer(status, 0));
}

/* Sums of what the layers and the legs have are what the track has. */
static void test_viewers(struct bed *bed, gconstpointer unused)
{
	struct viewer *all = viewer_new(bed, NULL, 2), *base = viewer_new(bed, "0,0,0", 1);
	g_autoptr(JsonNode) status = NULL;
	gint64 layers = 0, legs = 0;
	JsonObject *track, *viewer;
	JsonArray *array;

	viewer_play(all);
	viewer_play(base);
	for (guint i = 0; i < 3; i++) {
		g_usleep(SAMPLED_US / 3);
		viewer_report(all, 0);
		viewer_report(base, 0);
	}
	status = look_json(bed, "/status");
	track = look_track(status, "/cam", 0);
	g_assert_cmpstr(json_object_get_string_member(track, "codec"), ==, "H264");
	g_assert_cmpstr(json_object_get_string_member(track, "media"), ==, "video");
	g_assert_cmpstr(json_object_get_string_member(track, "slow"), ==, "none");
	g_assert_cmpint(look_int(track, "clock_rate"), ==, 90000);
	g_assert_cmpint(look_int(track, "ssrc"), ==, ORIGIN_SSRC);
	g_assert_cmpint(look_int(track, "port"), ==, all->server_port[0][0]);
	g_assert_cmpint(look_int(track, "viewers"), ==, 2);
	g_assert_cmpint(look_int(track, "rx_rate"), >, 0);
	array = json_object_get_array_member(track, "layers");
	g_assert_cmpuint(json_array_get_length(array), >, 3);
	for (guint i = 0; i < json_array_get_length(array); i++)
		layers += look_int(json_array_get_object_element(array, i), "octets");
	g_assert_cmpint(layers, ==, look_int(track, "rx_octets"));

	g_assert_cmpint(look_int(look_stream(status, "/cam"), "viewers"), ==, 2);
	for (guint i = 0; (viewer = look_viewer(status, i)); i++) {
		JsonObject *leg = look_leg(status, i);
		guint n = json_array_get_length(json_object_get_array_member(viewer, "tracks"));

		legs += look_int(leg, "packets");
		g_assert_cmpint(look_int(leg, "rate"), >, 0);
		g_assert_cmpstr(json_object_get_string_member(leg, "backend"), ==, "user");
		g_assert_cmpstr(json_object_get_string_member(leg, "cap"), ==,
				n == 2 ? "7,15,7" : "0,0,0");
		g_assert_cmpstr(json_object_get_string_member(viewer, "address"), ==,
				VIEWER_HOST);
		g_assert_true(json_object_get_boolean_member(viewer, "playing"));
		g_assert_cmpstr(json_object_get_string_member(viewer, "slow"), ==, "none");
	}
	g_assert_cmpint(legs, ==, look_int(track, "tx_packets"));
	viewer_teardown(all);
	viewer_teardown(base);
}

/* What a viewer reports is shown, and on whose account it is. */
static void test_loss(struct bed *bed, gconstpointer unused)
{
	struct viewer *good = viewer_new(bed, NULL, 1), *bad = viewer_new(bed, NULL, 1);
	g_autoptr(JsonNode) status = NULL;
	g_autofree char *metrics = NULL;
	JsonObject *viewer, *leg;

	viewer_play(good);
	viewer_play(bad);
	for (guint i = 0; i < 3; i++) {
		g_usleep(SAMPLED_US / 3);
		viewer_report_loss(good, 0, 0);
		viewer_report(bad, 0);
	}
	viewer_report_loss(bad, 0, 64);
	g_usleep(200000);
	status = look_json(bed, "/status");
	/* it complains, and so it is the first, though it came later */
	viewer = look_viewer(status, 0);
	leg = look_leg(status, 0);
	g_assert_cmpstr(json_object_get_string_member(viewer, "slow"), ==, "network");
	g_assert_nonnull(strstr(json_object_get_string_member(viewer, "why"), "25.0 %"));
	g_assert_cmpfloat(json_object_get_double_member(leg, "loss"), ==, 0.25);
	viewer = look_viewer(status, 1);
	leg = look_leg(status, 1);
	g_assert_cmpstr(json_object_get_string_member(viewer, "slow"), ==, "none");
	g_assert_cmpfloat(json_object_get_double_member(leg, "loss"), ==, 0);
	metrics = look_text(bed, "/metrics?viewers=1");
	g_assert_nonnull(strstr(metrics, "rtprelay_viewer_loss_ratio{path=\"/cam\",track=\"0\","));
	g_assert_nonnull(strstr(metrics, "\"} 0.25\n"));
	viewer_teardown(good);
	viewer_teardown(bad);
}

/* Over TCP it is the daemon that serves, whatever serves the track. */
static void test_interleaved(struct bed *bed, gconstpointer unused)
{
	struct rtsp *rtsp = rtsp_connect(bed->port);
	g_autofree char *track = g_strconcat(bed->url, "/track0", NULL), *session = NULL;
	g_autoptr(JsonNode) status = NULL;
	GstRTSPMessage *answer;
	JsonObject *leg;

	g_assert_cmpint(rtsp_status(rtsp, "DESCRIBE", bed->url, NULL), ==, 200);
	answer = rtsp_ask(rtsp, "SETUP", track, "Transport: RTP/AVP/TCP;unicast;"
			  "interleaved=0-1\r\n");
	g_assert_cmpint(answer->type_data.response.code, ==, 200);
	session = g_strdup_printf("Session: %.32s\r\n",
				  rtsp_header(answer, GST_RTSP_HDR_SESSION));
	gst_rtsp_message_free(answer);
	g_assert_cmpint(rtsp_status(rtsp, "PLAY", bed->url, session), ==, 200);
	g_usleep(300000);
	status = look_json(bed, "/status");
	leg = look_leg(status, 0);
	g_assert_nonnull(leg);
	g_assert_cmpstr(json_object_get_string_member(leg, "transport"), ==, "tcp");
	g_assert_cmpstr(json_object_get_string_member(leg, "backend"), ==, "user");
	g_assert_true(g_str_has_prefix(json_object_get_string_member(leg, "address"),
				       VIEWER_HOST ":"));
	g_assert_cmpint(look_int(leg, "packets"), >, 0);
	/* it is one of the track's, too */
	g_assert_cmpint(look_int(leg, "packets"), ==,
			look_int(look_track(status, "/cam", 0), "tx_packets"));
	rtsp_close(rtsp);
}

/* Nothing that is shown or logged lets anybody use a session. */
static void test_no_secrets(struct bed *bed, gconstpointer unused)
{
	struct viewer *viewer = viewer_new(bed, NULL, 1);
	g_autofree char *id = g_strchomp(g_strdup(strchr(viewer->session, ' ') + 1));
	g_autofree char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, id, -1);
	g_autofree char *status = NULL, *metrics = NULL, *log = NULL;
	g_autoptr(JsonNode) node = NULL;

	viewer_play(viewer);
	node = look_json(bed, "/status");
	status = look_text(bed, "/status");
	metrics = look_text(bed, "/metrics?viewers=10");
	g_assert_true(g_file_get_contents(bed->log, &log, NULL, NULL));
	g_assert_null(strstr(status, id));
	g_assert_null(strstr(metrics, id));
	g_assert_null(strstr(log, id));
	/* but both call it the same */
	digest[12] = '\0';
	g_assert_cmpstr(json_object_get_string_member(look_viewer(node, 0), "viewer"), ==,
			digest);
	g_assert_nonnull(strstr(metrics, digest));
	g_assert_nonnull(strstr(log, digest));
	viewer_teardown(viewer);
}

static void test_query(struct bed *bed, gconstpointer unused)
{
	struct viewer *a = viewer_new(bed, NULL, 1), *b = viewer_new(bed, NULL, 1);
	g_autoptr(JsonNode) one = look_json(bed, "/status?viewers=1");
	g_autoptr(JsonNode) none = look_json(bed, "/status?viewers=0");
	g_autoptr(JsonNode) other = look_json(bed, "/status?path=/other");
	static const struct {
		const char *method, *path;
		guint status;
	} refused[] = {
		{ "GET", "/status?viewers=many", 400 },
		{ "GET", "/status?viewers=-1", 400 },
		{ "GET", "/status?path=/elsewhere", 404 },
		{ "GET", "/metrics?viewers=x", 400 },
		{ "GET", "/elsewhere", 404 },
		{ "GET", "/status/", 404 },
		{ "GET", "/page/page.js", 404 },
		{ "POST", "/status", 405 },
		{ "POST", "/kick?viewer=x", 405 },
		{ "GET", "/kick?viewer=x", 404 },
		{ "DELETE", "/", 405 },
	};

	g_assert_nonnull(look_viewer(one, 0));
	g_assert_null(look_viewer(one, 1));
	g_assert_null(look_viewer(none, 0));
	g_assert_cmpint(look_int(json_node_get_object(none), "sessions"), ==, 2);
	g_assert_null(look_stream(other, "/cam"));
	g_assert_null(look_viewer(other, 0));
	for (guint i = 0; i < G_N_ELEMENTS(refused); i++) {
		struct look *look = look_at(bed, refused[i].method, refused[i].path);

		g_test_message("%s %s", refused[i].method, refused[i].path);
		g_assert_cmpuint(look->status, ==, refused[i].status);
		g_assert_nonnull(strstr(look->body, "\"error\""));
		look_free(look);
	}
	viewer_teardown(a);
	viewer_teardown(b);
}

static void test_page(struct bed *bed, gconstpointer unused)
{
	static const struct {
		const char *path, *type, *says;
	} files[] = {
		{ "/", "text/html; charset=utf-8", "<table id=\"viewers\">" },
		{ "/page.css", "text/css; charset=utf-8", "prefers-color-scheme" },
		{ "/page.js", "text/javascript; charset=utf-8", "fetch(\"status\"" },
		{ "/icon.svg", "image/svg+xml", "<svg" },
	};

	for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
		struct look *look = look_at(bed, "GET", files[i].path);
		struct look *head = look_at(bed, "HEAD", files[i].path);

		g_assert_cmpuint(look->status, ==, 200);
		g_assert_cmpstr(look->type, ==, files[i].type);
		g_assert_nonnull(strstr(look->body, files[i].says));
		/* nothing from elsewhere, and nothing inline */
		g_assert_nonnull(strstr(look->policy, "default-src 'none'"));
		g_assert_null(strstr(look->policy, "unsafe"));
		g_assert_null(strstr(look->body, "<style"));
		g_assert_null(strstr(look->body, "https://"));
		g_assert_cmpuint(head->status, ==, 200);
		g_assert_cmpuint(head->len, ==, 0);
		look_free(look);
		look_free(head);
	}
}

#define ADD(name, func) \
	g_test_add("/status/" name, struct bed, &wish, bed_set_up, func, bed_tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("idle", test_idle);
	ADD("complaint-10-what-serves-whom", test_viewers);
	ADD("loss", test_loss);
	ADD("interleaved", test_interleaved);
	ADD("no-secrets", test_no_secrets);
	ADD("query", test_query);
	ADD("page", test_page);
	return g_test_run();
}
