// SPDX-License-Identifier: GPL-2.0-or-later
/* Metrics: the format, that counters move, and that sums agree with /status */
#include <string.h>

#include "look.h"
#include "metrics.h"

static const struct bed_wish wish = { .monitor = TRUE };

/*
 * Every line is a sample, or the HELP or TYPE of a family, which come once and
 * before its samples, and no sample is there twice.
 */
static void assert_well_formed(const char *metrics)
{
	g_autoptr(GRegex) sample = g_regex_new(
		"^([a-z_]+)(\\{([a-z]+=\"([^\"\\\\\\n]|\\\\[\"\\\\n])*\",?)+\\})? -?[0-9.]+$", 0, 0,
		NULL);
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
	g_auto(GStrv) lines = g_strsplit(metrics, "\n", 0);
	g_autofree char *family = NULL;
	guint last = g_strv_length(lines) - 1;

	g_assert_cmpstr(lines[last], ==, "");
	for (guint i = 0; i < last; i++) {
		g_autoptr(GMatchInfo) match = NULL;
		g_auto(GStrv) words = g_strsplit(lines[i], " ", 4);
		g_autofree char *name = NULL;

		if (g_str_has_prefix(lines[i], "# HELP ")) {
			g_free(family);
			family = g_strdup(words[2]);
			g_assert_true(g_str_has_suffix(lines[i], "."));
			/* up to the name */
			*strchr(lines[i] + strlen("# HELP "), ' ') = '\0';
			g_assert_true(g_hash_table_add(seen, lines[i]));
			continue;
		}
		if (g_str_has_prefix(lines[i], "# TYPE ")) {
			g_assert_cmpstr(words[2], ==, family);
			g_assert_cmpstr(words[3], ==, g_str_has_suffix(family, "_total") ?
					"counter" : "gauge");
			continue;
		}
		g_test_message("%s", lines[i]);
		g_assert_true(g_regex_match(sample, lines[i], 0, &match));
		name = g_match_info_fetch(match, 1);
		g_assert_cmpstr(name, ==, family);
		g_assert_true(g_str_has_prefix(name, "rtprelay_"));
		*strrchr(lines[i], ' ') = '\0';
		g_assert_true(g_hash_table_add(seen, lines[i]));
	}
}

static void test_format(struct bed *bed, gconstpointer unused)
{
	struct viewer *viewer = viewer_new(bed, NULL, 2);
	g_autofree char *metrics = NULL, *with_viewers = NULL;
	struct look *look = look_at(bed, "GET", "/metrics");

	g_assert_cmpstr(look->type, ==, "text/plain; version=0.0.4; charset=utf-8");
	look_free(look);
	viewer_play(viewer);
	metrics = look_text(bed, "/metrics");
	with_viewers = look_text(bed, "/metrics?viewers=10");
	assert_well_formed(metrics);
	assert_well_formed(with_viewers);
	g_assert_cmpint(look_metric(metrics, "rtprelay_build_info{version=\""
				    RTPRELAY_VERSION "\",backend=\"user\"}"), ==, 1);
	g_assert_cmpint(look_metric(metrics, "rtprelay_stream_up{path=\"/cam\"}"), ==, 1);
	g_assert_cmpint(look_metric(metrics, "rtprelay_stream_up{path=\"/other\"}"), ==, 0);
	g_assert_cmpint(look_metric(metrics, "rtprelay_stream_returns_total{path=\"/cam\"}"),
			==, 0);
	/* there is one for each viewer only for who asks */
	g_assert_null(strstr(metrics, "viewer="));
	g_assert_nonnull(strstr(with_viewers, "rtprelay_viewer_packets_total{"));
	viewer_teardown(viewer);
}

#define RX	"rtprelay_receive_packets_total{path=\"/cam\",track=\"0\"}"
#define TX	"rtprelay_transmit_packets_total{path=\"/cam\",track=\"0\"}"
#define BYTES	"rtprelay_receive_bytes_total{path=\"/cam\",track=\"0\"}"

/* Sum of all samples of a family of the first track */
static gint64 sum_of(const char *metrics, const char *family)
{
	g_autofree char *prefix = g_strdup_printf("%s{path=\"/cam\",track=\"0\"", family);
	g_auto(GStrv) lines = g_strsplit(metrics, "\n", 0);
	gint64 sum = 0;

	for (guint i = 0; lines[i]; i++)
		if (g_str_has_prefix(lines[i], prefix))
			sum += g_ascii_strtoll(strrchr(lines[i], ' '), NULL, 10);
	return sum;
}

static void test_counters(struct bed *bed, gconstpointer unused)
{
	struct viewer *a = viewer_new(bed, NULL, 1), *b = viewer_new(bed, NULL, 1);
	g_autofree char *before = NULL, *after = NULL;
	gint64 rx, tx;

	viewer_play(a);
	viewer_play(b);
	before = look_text(bed, "/metrics?viewers=10");
	g_usleep(300000);
	after = look_text(bed, "/metrics?viewers=10");
	rx = look_metric(after, RX) - look_metric(before, RX);
	tx = look_metric(after, TX) - look_metric(before, TX);
	/* some access units of some datagrams each, and each to both */
	g_assert_cmpint(rx, >, 10);
	g_assert_cmpint(tx, ==, 2 * rx);
	g_assert_cmpint(sum_of(after, "rtprelay_viewer_packets_total"), ==,
			look_metric(after, TX));
	g_assert_cmpint(sum_of(after, "rtprelay_layer_packets_total"), ==,
			look_metric(after, RX));
	g_assert_cmpint(sum_of(after, "rtprelay_layer_bytes_total"), ==,
			look_metric(after, BYTES));
	g_assert_cmpint(sum_of(after, "rtprelay_receive_dropped_packets_total"), ==, 0);
	g_assert_cmpint(look_metric(after, "rtprelay_sessions"), ==, 2);
	viewer_teardown(a);
	viewer_teardown(b);
}

/* Prometheus' own tool, where it is */
static void test_promtool(struct bed *bed, gconstpointer unused)
{
	g_autofree char *promtool = g_find_program_in_path("promtool");
	struct viewer *viewer = viewer_new(bed, NULL, 2);
	g_autofree char *metrics = NULL, *said = NULL;
	g_autoptr(GSubprocess) process = NULL;

	viewer_play(viewer);
	metrics = look_text(bed, "/metrics?viewers=10");
	if (!promtool) {
		g_test_skip("no promtool: it is in the package prometheus");
	} else {
		process = g_subprocess_new(G_SUBPROCESS_FLAGS_STDIN_PIPE |
					   G_SUBPROCESS_FLAGS_STDOUT_PIPE |
					   G_SUBPROCESS_FLAGS_STDERR_MERGE, NULL, promtool,
					   "check", "metrics", NULL);
		g_assert_true(g_subprocess_communicate_utf8(process, metrics, NULL, &said,
							    NULL, NULL));
		g_assert_cmpstr(said, ==, "");
		g_assert_true(g_subprocess_get_successful(process));
	}
	viewer_teardown(viewer);
}

/* A description may say anything of itself. */
static void test_labels(void)
{
	g_autoptr(JsonNode) model = json_from_string(
		"{\"version\":\"1\",\"backend\":\"user\",\"helper\":\"none\",\"started\":1,"
		"\"connections\":2,"
		"\"sessions\":3,\"viewers\":[],\"limits\":[],\"streams\":[{\"path\":\"/a\",\"state\":\"idle\","
		"\"viewers\":0,\"tracks\":[{\"path\":\"/a\",\"track\":0,\"media\":\"v\\\\\","
		"\"codec\":\"\\\"} 9\\nx 1\",\"backend\":\"user\",\"layers\":[],"
		"\"decisions\":{}}]}]}", NULL);
	g_autofree char *metrics = metrics_to_text(model);

	assert_well_formed(metrics);
	g_assert_cmpint(look_metric(metrics, "rtprelay_track_info{path=\"/a\",track=\"0\","
				    "media=\"v\\\\\",codec=\"\\\"} 9\\nx 1\",backend=\"user\"}"),
			==, 1);
}

#define ADD(name, func) \
	g_test_add("/metrics/" name, struct bed, &wish, bed_set_up, func, bed_tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("format", test_format);
	ADD("counters", test_counters);
	ADD("promtool", test_promtool);
	g_test_add_func("/metrics/labels", test_labels);
	return g_test_run();
}
