// SPDX-License-Identifier: GPL-2.0-or-later
/* SIGHUP: what changed is served anew, and nobody else notices. */
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "bed.h"

#define RELOADS		20
#define STARTS		10

static char *paths(struct bed *bed, const char *text)
{
	g_autofree char *upstream = g_strdup_printf("upstream=rtsp://" ORIGIN_HOST ":%u/live",
						    origin_port(bed->origin));
	g_auto(GStrv) parts = g_strsplit(text, "@", -1);

	return g_strjoinv(upstream, parts);
}

/* @text: groups of paths, with @ for the origin; @logged: what it leads to */
static void reload(struct bed *bed, const char *server, const char *text, const char *logged)
{
	g_autofree char *groups = paths(bed, text);

	bed_configure(bed, server, groups);
	g_subprocess_send_signal(bed->daemon, SIGHUP);
	bed_await_log(bed, logged);
}

static gint describe(struct bed *bed, const char *name)
{
	g_autofree char *url = g_strdup_printf("rtsp://" RELAY_HOST ":%u%s", bed->port, name);
	struct rtsp *rtsp = rtsp_connect(bed->port);
	gint status = rtsp_status(rtsp, "DESCRIBE", url, NULL);

	rtsp_close(rtsp);
	return status;
}

static struct viewer *viewer_of(struct bed *bed, const char *name)
{
	struct bed beside = *bed;
	struct viewer *viewer;

	beside.url = g_strdup_printf("rtsp://" RELAY_HOST ":%u%s", bed->port, name);
	viewer = viewer_new(&beside, NULL, 1);
	viewer_play(viewer);
	g_free(beside.url);
	return viewer;
}

static gboolean is_served(struct viewer *viewer)
{
	return rtsp_status(viewer->rtsp, "GET_PARAMETER", viewer->url, viewer->session) == 200;
}

static void test_paths(struct bed *bed, gconstpointer unused)
{
	struct viewer *cam = viewer_of(bed, "/cam"), *other = viewer_of(bed, "/other");

	g_assert_cmpint(describe(bed, "/new"), ==, 404);
	/* /cam as before, /other changed, /nobody gone, /new new */
	reload(bed, NULL, "[path /new]\n@\n[path /other]\ntee=true\n@\n[path /cam]\n@\n",
	       "reloaded: paths-kept=1 paths-changed=1 paths-added=1 paths-removed=1");
	g_assert_true(is_served(cam));
	g_assert_false(is_served(other));
	viewer_vanish(other);
	g_assert_cmpint(describe(bed, "/new"), ==, 200);
	g_assert_cmpint(describe(bed, "/nobody"), ==, 404);
	other = viewer_of(bed, "/other");

	/* the same in other words, and in another order */
	reload(bed, NULL, "[path /cam]\n# words\n@\n[path /other]\n@\ntee=true\n[path /new]\n@\n",
	       "reloaded: paths-kept=3 paths-changed=0 paths-added=0 paths-removed=0");
	g_assert_true(is_served(other));
	reload(bed, NULL, "[path /new]\n@\n",
	       "reloaded: paths-kept=1 paths-changed=0 paths-added=0 paths-removed=2");
	g_assert_false(is_served(cam));
	g_assert_false(is_served(other));
	g_assert_cmpint(describe(bed, "/cam"), ==, 404);
	viewer_vanish(cam);
	viewer_vanish(other);
}

/* The file says the same, but that which it names does not. */
static void test_password_file(struct bed *bed, gconstpointer unused)
{
	g_autofree char *file = g_build_filename(bed->dir, "password", NULL);
	g_autofree char *groups = g_strdup_printf("[path /cam]\n@\nuser=me\npassword-file=%s\n"
						  "[path /other]\n@\n", file);

	g_assert_true(g_file_set_contents(file, "one\n", -1, NULL));
	reload(bed, NULL, groups, "paths-kept=1 paths-changed=1");
	reload(bed, NULL, groups, "paths-kept=2 paths-changed=0");
	g_assert_true(g_file_set_contents(file, "two\n", -1, NULL));
	reload(bed, NULL, groups, "paths-kept=1 paths-changed=1");
	g_assert_cmpint(g_unlink(file), ==, 0);
}

/* struct watch - a thread that reads what a viewer gets, whatever else goes on */
struct watch {
	struct viewer *viewer;
	gint end;
	guint received;
	guint missed;
};

static gpointer watch_read(gpointer user_data)
{
	struct watch *watch = user_data;
	guint8 data[2048];
	guint16 last;

	g_assert_cmpint(viewer_receive(watch->viewer, 0, 0, data), >, 12);
	last = data[2] << 8 | data[3];
	while (!g_atomic_int_get(&watch->end)) {
		g_assert_cmpint(viewer_receive(watch->viewer, 0, 0, data), >, 12);
		watch->missed += (data[2] << 8 | data[3]) != (guint16)(last + 1);
		watch->received++;
		last = data[2] << 8 | data[3];
	}
	return NULL;
}

/*
 * One reload after another, of which each changes, adds or removes another path:
 * the viewer misses no datagram, and its upstream is the same.
 */
static void test_nothing_lost(struct bed *bed, gconstpointer unused)
{
	static const char *const around[] = {
		"[path /cam]\n@\n[path /other]\n@\n[path /nobody]\n@\n",
		"[path /cam]\n@\n[path /other]\n@\ntee=true\n",
		"[path /cam]\n@\n",
	};
	struct viewer *viewer = viewer_new(bed, NULL, 2);
	struct watch watch = { .viewer = viewer };
	struct origin_stats stats;
	GThread *thread;

	viewer_play(viewer);
	thread = g_thread_new(NULL, watch_read, &watch);
	for (guint i = 0; i < RELOADS; i++) {
		struct viewer *other = i % 3 ? NULL : viewer_of(bed, "/other");

		reload(bed, i % 2 ? "" : "#\n", around[(i + 1) % 3], "reloaded: paths-kept=");
		g_usleep(50000);
		viewer_report(viewer, 0);
		if (other)
			viewer_vanish(other);
	}
	g_atomic_int_set(&watch.end, 1);
	g_thread_join(thread);
	g_assert_cmpuint(watch.received, >, RELOADS * 10);
	g_assert_cmpuint(watch.missed, ==, 0);
	bed_wait(bed, &stats, stats.open == 1);
	viewer_teardown(viewer);
}

/* Wrong in any way, and everything stays as it was. */
static void test_wrong(struct bed *bed, gconstpointer unused)
{
	static const struct {
		const char *server, *paths, *logged;
	} rows[] = {
		{ "tymeout=3\n", "[path /new]\n@\n",
		  "[server] tymeout: no such key" },
		{ "", "[path /new]\nupstream=nonsense\n", "[path /new] upstream" },
		{ "", "", "no path: " },
		{ "listen=192.0.2.1:8554\n", "[path /new]\n@\n",
		  "cannot listen on 192.0.2.1:8554: " },
		{ "user=nosuchuser\n", "[path /new]\n@\n",
		  "[server] user: no user nosuchuser" },
		{ "user=nobody\n", "[path /new]\n@\n",
		  "[server] user: restart the daemon to change it" },
	};
	struct viewer *viewer = viewer_of(bed, "/cam");

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_test_message("%s%s", rows[i].server, rows[i].paths);
		reload(bed, rows[i].server, rows[i].paths, rows[i].logged);
		g_assert_cmpint(describe(bed, "/new"), ==, 404);
		g_assert_cmpint(describe(bed, "/other"), ==, 200);
	}
	/* a file that cannot be read at all */
	g_assert_cmpint(g_unlink(bed->config), ==, 0);
	g_subprocess_send_signal(bed->daemon, SIGHUP);
	bed_await_log(bed, "reload-failed: reason=\"");
	g_assert_true(is_served(viewer));
	bed_configure(bed, NULL, NULL);
	viewer_teardown(viewer);
}

/* Another port: who comes finds it there, who is there stays. */
static void test_listen(struct bed *bed, gconstpointer unused)
{
	struct viewer *viewer = viewer_of(bed, "/cam");
	guint16 old = bed->port;
	g_autoptr(GSocketClient) client = g_socket_client_new();

	bed->port = bed_free_port();
	reload(bed, NULL, "[path /cam]\n@\n", "reloaded: ");
	g_assert_cmpint(describe(bed, "/cam"), ==, 200);
	g_assert_true(is_served(viewer));
	g_assert_null(g_socket_client_connect_to_host(client, RELAY_HOST, old, NULL, NULL));
	viewer_teardown(viewer);
}

/* Whoever began a session was told its timeout, and keeps it. */
static void test_timeout(struct bed *bed, gconstpointer unused)
{
	struct viewer *old = viewer_of(bed, "/cam");
	struct rtsp *rtsp = rtsp_connect(bed->port);
	g_autofree char *track = g_strconcat(bed->url, "/track0", NULL);
	GstRTSPMessage *answer;

	reload(bed, "timeout=1\n", "[path /cam]\n@\n", "reloaded: ");
	answer = rtsp_ask(rtsp, "SETUP", track,
			  "Transport: RTP/AVP;unicast;client_port=7000-7001\r\n");
	g_assert_nonnull(strstr(rtsp_header(answer, GST_RTSP_HDR_SESSION), ";timeout=1"));
	gst_rtsp_message_free(answer);
	for (guint i = 0; i < 4; i++) {
		g_usleep(1500000);
		g_assert_true(is_served(old));
	}
	bed_await_log(bed, "reason=timeout");
	rtsp_close(rtsp);
	viewer_teardown(old);
}

/* Those who wait for a stream that goes are answered. */
static void test_waiting(struct bed *bed, gconstpointer unused)
{
	g_autoptr(GSocketListener) mute = g_socket_listener_new();
	g_autofree char *slow = g_strdup_printf(
			"[path /slow]\nupstream=rtsp://127.0.0.1:%u/x\n",
			g_socket_listener_add_any_inet_port(mute, NULL, NULL));
	g_autofree char *requests = g_strdup_printf(
			"DESCRIBE rtsp://" RELAY_HOST ":%u/slow RTSP/1.0\r\nCSeq: 1\r\n\r\n"
			"DESCRIBE rtsp://" RELAY_HOST ":%u/slow RTSP/1.0\r\nCSeq: 2\r\n\r\n",
			bed->port, bed->port);
	struct rtsp *rtsp = rtsp_connect(bed->port);
	GstRTSPMessage *answer;

	reload(bed, NULL, slow, "reloaded: ");
	g_assert_true(rtsp_write(rtsp, requests, strlen(requests)));
	bed_await_log(bed, "upstream-connect: ");
	reload(bed, NULL, "[path /new]\n@\n", "paths-removed=1");
	answer = rtsp_read(rtsp);
	g_assert_cmpint(answer->type_data.response.code, ==, 503);
	gst_rtsp_message_free(answer);
	answer = rtsp_read(rtsp);
	g_assert_cmpint(answer->type_data.response.code, ==, 404);
	gst_rtsp_message_free(answer);
	g_socket_listener_close(mute);
	rtsp_close(rtsp);
}

/* The same judgement without a daemon: status, file, group, key, what to do */
static void test_check(struct bed *bed, gconstpointer unused)
{
	const char *argv[] = { g_getenv("RTPRELAYD"), "--check", "--config", bed->config, NULL };
	g_autofree char *wrong = g_strdup_printf("rtprelayd: %s: [server] timeout: not within "
						 "1 to 3600 seconds\n", bed->config);
	g_autofree char *right = g_strdup_printf("%s: nothing wrong, 3 paths\n", bed->config);
	g_autofree char *out = NULL, *err = NULL;
	int status;

	g_assert_true(g_spawn_sync(NULL, (char **)argv, NULL, 0, NULL, NULL, &out, NULL,
				   &status, NULL));
	g_assert_cmpint(WEXITSTATUS(status), ==, 0);
	g_assert_cmpstr(out, ==, right);
	bed_configure(bed, "timeout=0\n", NULL);
	g_assert_true(g_spawn_sync(NULL, (char **)argv, NULL, 0, NULL, NULL, NULL, &err,
				   &status, NULL));
	g_assert_cmpint(WEXITSTATUS(status), ==, 1);
	g_assert_cmpstr(err, ==, wrong);
}

static gint set_up_v6(struct bed *bed, struct rtsp *rtsp, const char *transport)
{
	g_autofree char *track = g_strdup_printf("rtsp://[::1]:%u/cam/track0", bed->port);
	g_autofree char *header = g_strdup_printf("Transport: %s\r\n", transport);

	return rtsp_status(rtsp, "SETUP", track, header);
}

/*
 * IPv6 is listened on while a stream plays: its viewers stay, those who come are
 * sent it over TCP, and over UDP as soon as nobody has it.
 */
static void test_dual_stack(struct bed *bed, gconstpointer unused)
{
	static const char udp[] = "RTP/AVP;unicast;client_port=7000-7001";
	static const char tcp[] = "RTP/AVP/TCP;unicast;interleaved=0-1";
	g_autofree char *listen = NULL;
	struct viewer *viewer = viewer_of(bed, "/cam");
	struct rtsp *rtsp, *other;
	guint8 data[2048];

	bed->port = bed_free_port();
	listen = g_strdup_printf("listen=[::]:%u\n", bed->port);
	reload(bed, listen, "[path /cam]\n@\n", "path-single-stack: path=/cam");
	bed_await_log(bed, "reloaded: paths-kept=1");
	rtsp = rtsp_connect_between("::1", "::1", bed->port);
	g_assert_cmpint(set_up_v6(bed, rtsp, udp), ==, 461);
	other = rtsp_connect_between("::1", "::1", bed->port);
	g_assert_cmpint(set_up_v6(bed, other, tcp), ==, 200);
	viewer_drain(viewer);
	g_assert_cmpint(viewer_receive(viewer, 0, 0, data), >, 12);
	viewer_teardown(viewer);
	g_assert_cmpint(set_up_v6(bed, rtsp, udp), ==, 461);
	/* its session lasts as long as others do */
	rtsp_close(other);
	bed_await_log(bed, "upstream-stopped: path=/cam");
	g_assert_cmpint(set_up_v6(bed, rtsp, udp), ==, 200);
	rtsp_close(rtsp);
}

/* The same for a stream that is pulled always: it is, anew, when nobody has it. */
static void test_dual_stack_always(struct bed *bed, gconstpointer unused)
{
	static const char udp[] = "RTP/AVP;unicast;client_port=7000-7001";
	g_autofree char *listen = NULL;
	struct origin_stats stats;
	struct rtsp *rtsp;

	reload(bed, NULL, "[path /cam]\npull=always\n@\n", "reloaded: ");
	bed_await_log(bed, "upstream-playing: path=/cam");
	bed->port = bed_free_port();
	listen = g_strdup_printf("listen=[::]:%u\n", bed->port);
	reload(bed, listen, "[path /cam]\npull=always\n@\n", "upstream-stopped: path=/cam");
	bed_await_log(bed, "upstream-playing: path=/cam");
	bed_wait(bed, &stats, stats.plays == 2);
	rtsp = rtsp_connect_between("::1", "::1", bed->port);
	g_assert_cmpint(set_up_v6(bed, rtsp, udp), ==, 200);
	rtsp_close(rtsp);
}

/* From when it can be connected to, a signal is not what ends it. */
static void test_at_once(struct bed *bed, gconstpointer unused)
{
	for (guint i = 0; i < STARTS; i++) {
		bed_kill(bed);
		bed_start(bed, NULL);
		bed->logged = 0;
		g_subprocess_send_signal(bed->daemon, SIGHUP);
		bed_await_log(bed, "reloaded: paths-kept=3");
	}
}

#define ADD(name, func) \
	g_test_add("/reload/" name, struct bed, NULL, bed_set_up, func, bed_tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	/* there is a password */
	umask(0027);
	ADD("paths", test_paths);
	ADD("password-file", test_password_file);
	ADD("nothing-lost", test_nothing_lost);
	ADD("wrong", test_wrong);
	ADD("listen", test_listen);
	ADD("timeout", test_timeout);
	ADD("waiting", test_waiting);
	ADD("check", test_check);
	ADD("dual-stack", test_dual_stack);
	ADD("dual-stack-always", test_dual_stack_always);
	ADD("at-once", test_at_once);
	return g_test_run();
}
