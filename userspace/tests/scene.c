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

/*
 * Each viewer reports once in so many turns of so many milliseconds: within
 * BED_TIMEOUT, and not all at once.
 */
#define TURNS		20
#define TURN_MS		50

static const char *const caps[] = { NULL, "0,15,7", "1,15,1", "0,0,0" };

struct scene {
	struct bed bed;
	GPtrArray *viewers;
	guint turn;
};

static gboolean scene_report(gpointer user_data)
{
	struct scene *scene = user_data;

	for (guint i = scene->turn++ % TURNS; i < scene->viewers->len; i += TURNS) {
		struct viewer *viewer = g_ptr_array_index(scene->viewers, i);

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
	static const struct bed_wish wish = { .monitor = TRUE, .timeout = 60 };
	guint n = argc > 1 ? atoi(argv[1]) : 3;
	g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
	struct scene scene = { .viewers = g_ptr_array_new() };
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);

	bed_set_up(&scene.bed, &wish);
	for (guint i = 0; i < n; i++) {
		struct viewer *viewer = viewer_new(&scene.bed, caps[i % G_N_ELEMENTS(caps)],
						   n > 100 ? 1 : 2);

		viewer_play(viewer);
		g_ptr_array_add(scene.viewers, viewer);
		scene_report(&scene);
	}
	g_print("http://" RELAY_HOST ":%u/ %s\n", scene.bed.http_port, scene.bed.control);
	g_timeout_add(TURN_MS, scene_report, &scene);
	g_unix_fd_add(STDIN_FILENO, G_IO_IN | G_IO_HUP, scene_end, loop);
	g_main_loop_run(loop);
	for (guint i = 0; i < scene.viewers->len; i++)
		viewer_teardown(g_ptr_array_index(scene.viewers, i));
	g_ptr_array_unref(scene.viewers);
	bed_tear_down(&scene.bed, &wish);
	return EXIT_SUCCESS;
}
