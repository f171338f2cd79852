// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An origin, the daemon and some viewers for someone to look at: prints the
 * status page's URL and the control socket, and goes on until its standard input
 * ends.
 */
#include <glib-unix.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bed.h"

/* Viewers report so often, in milliseconds: within BED_TIMEOUT */
#define REPORT_MS	1000

static const char *const caps[] = { NULL, "0,15,7", "1,15,1", "0,0,0" };

static gboolean scene_report(gpointer user_data)
{
	GPtrArray *viewers = user_data;

	for (guint i = 0; i < viewers->len; i++) {
		struct viewer *viewer = g_ptr_array_index(viewers, i);

		for (guint track = 0; track < viewer->n_tracks; track++)
			viewer_report(viewer, track);
	}
	return G_SOURCE_CONTINUE;
}

static gboolean scene_end(gint fd, GIOCondition condition, gpointer user_data)
{
	g_main_loop_quit(user_data);
	return G_SOURCE_REMOVE;
}

int main(int argc, char **argv)
{
	static const struct bed_wish wish = { .monitor = TRUE };
	guint n = argc > 1 ? atoi(argv[1]) : 3;
	g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
	g_autoptr(GPtrArray) viewers = g_ptr_array_new();
	struct rlimit limit;
	struct bed bed;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);

	bed_set_up(&bed, &wish);
	for (guint i = 0; i < n; i++) {
		struct viewer *viewer = viewer_new(&bed, caps[i % G_N_ELEMENTS(caps)],
						   n > 100 ? 1 : 2);

		viewer_play(viewer);
		g_ptr_array_add(viewers, viewer);
		/* before it has taken so long that the first ones are dropped */
		if (i % 50 == 49)
			scene_report(viewers);
	}
	g_print("http://" RELAY_HOST ":%u/ %s\n", bed.http_port, bed.control);
	g_timeout_add(REPORT_MS, scene_report, viewers);
	g_unix_fd_add(STDIN_FILENO, G_IO_IN | G_IO_HUP, scene_end, loop);
	g_main_loop_run(loop);
	for (guint i = 0; i < viewers->len; i++)
		viewer_teardown(g_ptr_array_index(viewers, i));
	bed_tear_down(&bed, &wish);
	return EXIT_SUCCESS;
}
