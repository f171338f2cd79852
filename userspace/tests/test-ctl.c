// SPDX-License-Identifier: GPL-2.0-or-later
/* rtprelayctl(8) against a running daemon */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "look.h"

static const struct bed_wish wish = { .monitor = TRUE };

/* What the program printed, and what it exited with */
struct run {
	char *out;
	char *err;
	gint status;
};

static void run_free(struct run *run)
{
	g_free(run->out);
	g_free(run->err);
	g_free(run);
}

static struct run *ctl_at(const char *socket, const char *args)
{
	g_auto(GStrv) words = g_strsplit(args, " ", 0);
	g_autoptr(GPtrArray) argv = g_ptr_array_new();
	g_autoptr(GSubprocess) process = NULL;
	g_autoptr(GError) error = NULL;
	struct run *run = g_new0(struct run, 1);

	g_ptr_array_add(argv, (gpointer)g_getenv("RTPRELAYCTL"));
	g_ptr_array_add(argv, (gpointer)"--socket");
	g_ptr_array_add(argv, (gpointer)socket);
	for (guint i = 0; words[i]; i++)
		if (*words[i])
			g_ptr_array_add(argv, words[i]);
	g_ptr_array_add(argv, NULL);
	process = g_subprocess_newv((const char *const *)argv->pdata,
				    G_SUBPROCESS_FLAGS_STDOUT_PIPE |
				    G_SUBPROCESS_FLAGS_STDERR_PIPE, &error);
	g_assert_no_error(error);
	g_assert_true(g_subprocess_communicate_utf8(process, NULL, NULL, &run->out, &run->err,
						    &error));
	g_assert_no_error(error);
	g_assert_true(g_subprocess_get_if_exited(process));
	run->status = g_subprocess_get_exit_status(process);
	g_test_message("%s: %d %s%s", args, run->status, run->out, run->err);
	return run;
}

static struct run *ctl(const struct bed *bed, const char *args)
{
	return ctl_at(bed->control, args);
}

/* It succeeds. Return: what it printed. */
static char *ctl_text(const struct bed *bed, const char *args)
{
	struct run *run = ctl(bed, args);
	char *text = g_steal_pointer(&run->out);

	g_assert_cmpint(run->status, ==, EXIT_SUCCESS);
	g_assert_cmpstr(run->err, ==, "");
	run_free(run);
	return text;
}

/* It fails, and says so: once, on stderr, with what to do. */
static void assert_fails(const struct bed *bed, const char *args, gint status,
			 const char *says)
{
	struct run *run = ctl(bed, args);

	g_assert_cmpint(run->status, ==, status);
	g_assert_cmpstr(run->out, ==, "");
	g_assert_true(g_str_has_prefix(run->err, "rtprelayctl: "));
	g_assert_nonnull(strstr(run->err, says));
	g_assert_true(strchr(run->err, '\n') == run->err + strlen(run->err) - 1);
	run_free(run);
}

static JsonNode *ctl_json(const struct bed *bed, const char *args)
{
	g_autofree char *text = ctl_text(bed, args);
	g_autoptr(GError) error = NULL;
	JsonNode *node = json_from_string(text, &error);

	g_assert_no_error(error);
	return node;
}

/* What the only viewer is called */
static char *viewer_name(const struct bed *bed)
{
	g_autoptr(JsonNode) node = ctl_json(bed, "-j list viewers");
	JsonArray *viewers = json_node_get_array(node);

	g_assert_cmpuint(json_array_get_length(viewers), ==, 1);
	return g_strdup(json_object_get_string_member(
			json_array_get_object_element(viewers, 0), "viewer"));
}

/* In columns: each cell begins where its head does. */
static void assert_aligned(const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", 0);
	guint n = g_strv_length(lines) - 1;

	g_assert_cmpstr(lines[n], ==, "");
	for (guint i = 0; i < n; i++) {
		g_assert_false(g_str_has_suffix(lines[i], " "));
		for (gsize column = 2; lines[0][column] && lines[i][column]; column++)
			if (lines[0][column] != ' ' && lines[0][column - 1] == ' ')
				g_assert_true(lines[i][column] != ' ' &&
					      lines[i][column - 1] == ' ');
	}
}

static void test_list(struct bed *bed, gconstpointer unused)
{
	struct viewer *a = viewer_new(bed, NULL, 2), *b = viewer_new(bed, "0,0,0", 1);
	g_autofree char *streams = NULL, *viewers = NULL, *show = NULL;
	g_autoptr(JsonNode) all = NULL, one = NULL;

	viewer_play(a);
	viewer_play(b);
	streams = ctl_text(bed, "list");
	assert_aligned(streams);
	g_assert_nonnull(strstr(streams, "/cam     playing  2"));
	g_assert_nonnull(strstr(streams, "/nobody  idle     0"));
	viewers = ctl_text(bed, "list viewers");
	assert_aligned(viewers);
	g_assert_nonnull(strstr(viewers, "  0,0,0"));
	g_assert_nonnull(strstr(viewers, "  7,15,7"));
	show = ctl_text(bed, "show /cam");
	g_assert_true(g_str_has_prefix(show, "/cam: state playing"));
	g_assert_nonnull(strstr(show, "\n    layer 0,0,0 "));

	all = ctl_json(bed, "--json list streams");
	g_assert_cmpuint(json_array_get_length(json_node_get_array(all)), ==, 3);
	one = ctl_json(bed, "show -j /cam");
	g_assert_nonnull(look_track(one, "/cam", 1));
	g_assert_nonnull(look_viewer(one, 1));
	viewer_teardown(a);
	viewer_teardown(b);
}

static void test_kick(struct bed *bed, gconstpointer unused)
{
	struct viewer *viewer = viewer_new(bed, NULL, 1);
	g_autofree char *name = NULL, *kick = NULL, *said = NULL, *log = NULL;
	guint8 data[2048];
	gssize len;

	viewer_play(viewer);
	name = viewer_name(bed);
	kick = g_strconcat("kick ", name, NULL);
	said = ctl_text(bed, kick);
	g_assert_cmpstr(said, ==, "");
	g_assert_cmpint(rtsp_status(viewer->rtsp, "GET_PARAMETER", bed->url, viewer->session),
			==, 454);
	assert_fails(bed, kick, EXIT_FAILURE, "list viewers");
	/* it is told BYE */
	do {
		len = viewer_receive(viewer, 0, 1, data);
		g_assert_cmpint(len, >, 0);
	} while (data[len - 7] != 203);
	/* after what was under way nothing comes any more */
	while (recv(viewer->fd[0][0], data, sizeof(data), MSG_DONTWAIT) > 0)
		;
	g_usleep(100000);
	g_assert_cmpint(recv(viewer->fd[0][0], data, sizeof(data), MSG_DONTWAIT), ==, -1);
	g_assert_true(g_file_get_contents(bed->log, &log, NULL, NULL));
	g_assert_nonnull(strstr(log, "kicked by an operator"));
	viewer_vanish(viewer);
}

/* Fewer temporal layers at once, less resolution at a key frame, as there is none here */
static void test_cap(struct bed *bed, gconstpointer unused)
{
	struct viewer *viewer = viewer_new(bed, NULL, 1);
	g_autofree char *name = NULL, *fewer = NULL, *less = NULL, *wrong = NULL;
	g_autofree char *now = g_strdup(""), *list = NULL;

	viewer_play(viewer);
	name = viewer_name(bed);
	wrong = g_strdup_printf("cap %s 8,0,0", name);
	assert_fails(bed, wrong, EXIT_FAILURE, "0-7");
	fewer = g_strdup_printf("cap %s 7,15,0", name);
	g_free(ctl_text(bed, fewer));
	for (guint i = 0; i < 300 && !g_str_equal(now, "7,15,0"); i++) {
		g_autoptr(JsonNode) status = look_json(bed, "/status");
		JsonObject *leg = look_leg(status, 0);

		g_assert_cmpstr(json_object_get_string_member(leg, "cap"), ==, "7,15,0");
		g_free(now);
		now = g_strdup(json_object_get_string_member(leg, "current_cap"));
		viewer_report(viewer, 0);
		g_usleep(10000);
	}
	g_assert_cmpstr(now, ==, "7,15,0");
	less = g_strdup_printf("cap %s 0,0,0", name);
	g_free(ctl_text(bed, less));
	list = ctl_text(bed, "list viewers");
	g_assert_nonnull(strstr(list, "0,0,0  7,15,0"));
	g_assert_nonnull(strstr(list, "waits for a key frame"));
	viewer_teardown(viewer);
}

static void test_usage(struct bed *bed, gconstpointer unused)
{
	assert_fails(bed, "", 2, "--help");
	assert_fails(bed, "dance", 2, "--help");
	assert_fails(bed, "list everything", 2, "streams, viewers and limits");
	assert_fails(bed, "kick", 2, "usage: rtprelayctl kick VIEWER");
	assert_fails(bed, "cap one", 2, "DID,QID,TID");
	assert_fails(bed, "show a b", 2, "usage");
	assert_fails(bed, "--nonsense list", 2, "--help");
	assert_fails(bed, "show /elsewhere", 1, "rtprelayctl list");
	assert_fails(bed, "kick 0&cap=1", 1, "no such viewer");
}

static void test_socket(struct bed *bed, gconstpointer unused)
{
	g_autofree char *missing = g_build_filename(bed->dir, "missing", NULL);
	struct run *run = ctl_at(missing, "list");
	struct stat st;

	g_assert_cmpint(run->status, ==, EXIT_FAILURE);
	g_assert_nonnull(strstr(run->err, "is rtprelayd running?"));
	run_free(run);
	g_assert_cmpint(stat(bed->control, &st), ==, 0);
	g_assert_cmpint(st.st_mode & 0777, ==, 0660);
	/* what a killed daemon leaves behind is in nobody's way */
	bed_kill(bed);
	g_assert_cmpint(stat(bed->control, &st), ==, 0);
	run = ctl(bed, "list");
	g_assert_cmpint(run->status, ==, EXIT_FAILURE);
	run_free(run);
	bed_start(bed, &wish);
	g_free(ctl_text(bed, "list"));
}

/* One that is served stays: the second daemon says so and ends. */
static void test_taken(struct bed *bed, gconstpointer unused)
{
	g_autofree char *config = g_build_filename(bed->dir, "conf2", NULL);
	g_autofree char *text = g_strdup_printf("[server]\nlisten=" RELAY_HOST ":0\n"
		"[control]\nsocket=%s\n[path /x]\nupstream=rtsp://" ORIGIN_HOST ":1/x\n",
		bed->control);
	g_autoptr(GSubprocess) second = NULL;
	g_autofree char *said = NULL;

	g_assert_true(g_file_set_contents(config, text, -1, NULL));
	second = g_subprocess_new(G_SUBPROCESS_FLAGS_STDERR_PIPE, NULL,
				  g_getenv("RTPRELAYD"), "--config", config, "--backend",
				  "user", NULL);
	g_assert_true(g_subprocess_communicate_utf8(second, NULL, NULL, NULL, &said, NULL));
	g_assert_cmpint(g_subprocess_get_exit_status(second), ==, 1);
	g_assert_nonnull(strstr(said, bed->control));
	g_free(ctl_text(bed, "list"));
	unlink(config);
}

static const struct bed_wish limited = {
	.monitor = TRUE,
	.timeout = 60,
	.server = "rate-limit=10k\n",
};

/* What is limited, and for whom: the cap allowed, the one that it has, and why */
static void test_limits(struct bed *bed, gconstpointer unused)
{
	struct viewer *viewer = viewer_new(bed, NULL, 1);
	g_autofree char *none = NULL, *limits = NULL, *viewers = NULL;
	g_autoptr(JsonNode) all = NULL;

	none = ctl_text(bed, "list limits");
	g_assert_nonnull(strstr(none, "\nhost   -     10"));
	g_assert_true(g_str_has_suffix(none, "  0\n"));
	viewer_play(viewer);
	bed_await_log(bed, "to=0,0,0");
	bed_await_log(bed, "reason=\"host limit of 10 kb/s shared by 1\"");
	limits = ctl_text(bed, "list limits");
	assert_aligned(limits);
	g_assert_true(g_str_has_prefix(limits, "SCOPE  NAME  LIMIT"));
	viewers = ctl_text(bed, "list viewers");
	assert_aligned(viewers);
	g_assert_nonnull(strstr(viewers, "7,15,7  0,0,0    0,0,0"));
	g_assert_nonnull(strstr(viewers, "  host limit of 10 kb/s shared by 1"));
	all = ctl_json(bed, "-j list limits");
	g_assert_cmpint(look_int(json_array_get_object_element(json_node_get_array(all), 0),
				 "viewers"), ==, 1);
	viewer_teardown(viewer);
}

#define ADD(name, func) \
	g_test_add("/ctl/" name, struct bed, &wish, bed_set_up, func, bed_tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("list", test_list);
	ADD("kick", test_kick);
	ADD("cap", test_cap);
	ADD("usage", test_usage);
	g_test_add("/ctl/limits", struct bed, &limited, bed_set_up, test_limits,
		   bed_tear_down);
	ADD("socket", test_socket);
	ADD("taken", test_taken);
	return g_test_run();
}
