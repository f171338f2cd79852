// SPDX-License-Identifier: GPL-2.0-or-later
/* What the service manager is told, and what the log says of a viewer that leaves */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "bed.h"

#define WATCHDOG_MS	1000
#define WATCHDOG_USEC	"1000000"

/* struct manager - a bed under a service manager */
struct manager {
	struct bed bed;
	char *socket;
	int fd;
};

static void manager_set_up(struct manager *manager, gconstpointer wish)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	struct timeval timeout = { .tv_sec = 10 };

	manager->socket = g_strdup_printf("/tmp/rtprelayd-notify-%d", getpid());
	g_strlcpy(sa.sun_path, manager->socket, sizeof(sa.sun_path));
	manager->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	g_assert_cmpint(bind(manager->fd, (struct sockaddr *)&sa, sizeof(sa)), ==, 0);
	setsockopt(manager->fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	g_setenv("NOTIFY_SOCKET", manager->socket, TRUE);
	g_setenv("WATCHDOG_USEC", WATCHDOG_USEC, TRUE);
	bed_set_up(&manager->bed, wish);
	g_unsetenv("NOTIFY_SOCKET");
	g_unsetenv("WATCHDOG_USEC");
}

static void manager_tear_down(struct manager *manager, gconstpointer wish)
{
	bed_tear_down(&manager->bed, wish);
	close(manager->fd);
	unlink(manager->socket);
	g_free(manager->socket);
}

/* What it is told next, by lines; NULL when that takes too long */
static char **manager_told(struct manager *manager)
{
	char text[4096];
	gssize len = recv(manager->fd, text, sizeof(text) - 1, 0);

	if (len < 0)
		return NULL;
	text[len] = '\0';
	g_test_message("%s", text);
	return g_strsplit(text, "\n", -1);
}

/* Waits for a state, passing over the watchdog's. Return: what came with it. */
static char *manager_await(struct manager *manager, const char *state)
{
	for (;;) {
		g_auto(GStrv) told = manager_told(manager);

		g_assert_nonnull(told);
		if (g_str_equal(told[0], "WATCHDOG=1"))
			continue;
		g_assert_cmpstr(told[0], ==, state);
		return g_strdup(told[1]);
	}
}

static void test_states(struct manager *manager, gconstpointer unused)
{
	struct bed *bed = &manager->bed;
	g_autofree char *ready = manager_await(manager, "READY=1");
	g_autofree char *reloading = NULL, *again = NULL, *failing = NULL, *failed = NULL;
	gint64 before = g_get_monotonic_time();

	g_assert_cmpstr(ready, ==, "STATUS=3 streams, 0 viewers");
	bed_configure(bed, NULL, "[path /new]\nupstream=rtsp://127.0.0.1:1/x\n");
	g_subprocess_send_signal(bed->daemon, SIGHUP);
	reloading = manager_await(manager, "RELOADING=1");
	g_assert_true(g_str_has_prefix(reloading, "MONOTONIC_USEC="));
	g_assert_cmpint(g_ascii_strtoll(strchr(reloading, '=') + 1, NULL, 10), >=, before);
	again = manager_await(manager, "READY=1");
	g_assert_cmpstr(again, ==, "STATUS=1 streams, 0 viewers");

	bed_configure(bed, "tymeout=1\n", NULL);
	g_subprocess_send_signal(bed->daemon, SIGHUP);
	failing = manager_await(manager, "RELOADING=1");
	failed = manager_await(manager, "READY=1");
	g_assert_nonnull(strstr(failed, "STATUS=Not reloaded: "));
	g_assert_nonnull(strstr(failed, "[server] tymeout"));

	g_subprocess_send_signal(bed->daemon, SIGTERM);
	g_free(manager_await(manager, "STOPPING=1"));
	g_subprocess_wait(bed->daemon, NULL, NULL);
}

/* The watchdog hears from the main loop, with what there is to say, and not without it. */
static void test_watchdog(struct manager *manager, gconstpointer unused)
{
	struct timeval timeout = { .tv_sec = 2 * WATCHDOG_MS / 1000 };
	struct viewer *viewer;

	g_free(manager_await(manager, "READY=1"));
	viewer = viewer_new(&manager->bed, NULL, 1);
	for (guint i = 0; i < 3; i++) {
		gint64 began = g_get_monotonic_time();
		g_auto(GStrv) told = manager_told(manager);

		g_assert_cmpstr(told[0], ==, "WATCHDOG=1");
		if (i)
			g_assert_cmpint(g_get_monotonic_time() - began, <,
					WATCHDOG_MS * 1000);
		if (i == 2)
			g_assert_cmpstr(told[1], ==, "STATUS=3 streams, 1 viewers");
	}
	viewer_teardown(viewer);

	g_subprocess_send_signal(manager->bed.daemon, SIGSTOP);
	g_usleep(WATCHDOG_MS * 1000);
	setsockopt(manager->fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	for (char **told; (told = manager_told(manager)); )
		g_strfreev(told);
	g_assert_cmpint(errno, ==, EAGAIN);
	g_subprocess_send_signal(manager->bed.daemon, SIGCONT);
}

/* Complaint 4: which side is slow? What was sent, and what was dropped and why */
static void test_sent(struct bed *bed, gconstpointer unused)
{
	struct viewer *viewer = viewer_new(bed, NULL, 1);
	guint8 data[2048];
	g_autofree char *log = NULL;
	const char *line;

	viewer_play(viewer);
	for (guint i = 0; i < 100; i++)
		g_assert_cmpint(viewer_receive(viewer, 0, 0, data), >, 0);
	viewer_teardown(viewer);
	bed_await_log(bed, "viewer-left: ");
	bed_await_log(bed, "viewer-sent: ");
	g_assert_true(g_file_get_contents(bed->log, &log, NULL, NULL));
	line = strstr(log, "viewer-sent: path=/cam track=0 ");
	g_assert_nonnull(line);
	g_assert_cmpuint(g_ascii_strtoull(strstr(line, " packets=") + strlen(" packets="),
					  NULL, 10), >, 100);
	g_assert_nonnull(strstr(line, " dropped-nomem=0 dropped-inflight=0 dropped-route=0 "
				      "dropped-mtu=0 dropped-output=0\n"));
}

/* The same while it plays, and that it is over */
static void test_slow(struct bed *bed, gconstpointer unused)
{
	struct viewer *viewer = viewer_new(bed, NULL, 1);

	viewer_play(viewer);
	/* half of its timeout without a word */
	bed_await_log(bed, "viewer-slow: path=/cam viewer=" VIEWER_HOST " session=");
	bed_await_log(bed, " side=viewer why=\"nothing was heard of it for ");
	for (guint i = 0; i < 8; i++) {
		viewer_report(viewer, 0);
		g_usleep(500000);
	}
	bed_await_log(bed, "viewer-well: path=/cam viewer=" VIEWER_HOST " session=");
	viewer_teardown(viewer);
}

int main(int argc, char **argv)
{
	static const struct bed_wish patient = { .timeout = 10 };

	g_test_init(&argc, &argv, NULL);
	g_test_add("/operations/states", struct manager, NULL, manager_set_up, test_states,
		   manager_tear_down);
	g_test_add("/operations/watchdog", struct manager, NULL, manager_set_up,
		   test_watchdog, manager_tear_down);
	g_test_add("/operations/complaint-4-which-side", struct bed, NULL, bed_set_up,
		   test_sent, bed_tear_down);
	g_test_add("/operations/complaint-4-while-it-plays", struct bed, &patient, bed_set_up,
		   test_slow, bed_tear_down);
	return g_test_run();
}
