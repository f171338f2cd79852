// SPDX-License-Identifier: GPL-2.0-or-later
#include <glib-unix.h>
#include <gst/gst.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "helper.h"
#include "log.h"
#include "privileges.h"
#include "status.h"

/* sysexits(3) are not asked for; these three are what rtprelayd(8) says */
#define EXIT_USAGE	2

static char *opt_config;
static char *opt_backend;
static gboolean opt_check;

static const GOptionEntry entries[] = {
	{ "config", 'c', 0, G_OPTION_ARG_FILENAME, &opt_config,
	  "Read this configuration file", "FILE" },
	{ "check", 0, 0, G_OPTION_ARG_NONE, &opt_check,
	  "Check the configuration file and exit", NULL },
	{ "backend", 'b', 0, G_OPTION_ARG_STRING, &opt_backend,
	  "What replicates the streams: auto, kernel or user (auto)", "BACKEND" },
	{ NULL }
};

/* Viewers hold a descriptor each, and an upstream two for each track. */
static void main_raise_limits(void)
{
	struct rlimit limit;

	if (!getrlimit(RLIMIT_NOFILE, &limit)) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static void main_init_gstreamer(void)
{
	/* its RTCP needs it; no plugin is used, and none is looked for */
	g_setenv("GST_REGISTRY_DISABLE", "yes", TRUE);
	gst_init(NULL, NULL);
}

static gboolean main_quit(gpointer user_data)
{
	g_main_loop_quit(user_data);
	return G_SOURCE_CONTINUE;
}

static gboolean main_print_stats(gpointer user_data)
{
	status_print(user_data);
	return G_SOURCE_CONTINUE;
}

/* Listens, with what it takes to do so, and then gives that up. */
static struct server *main_listen(const struct config *config, GError **error)
{
	g_autoptr(GError) helpless = NULL;
	struct privileges_user user;
	struct server *server;
	int err;

	if (!privileges_find_user(config->user, &user, error))
		return NULL;
	if (!helper_start(&user, &helpless) &&
	    config->backend == FANOUT_KERNEL) {
		g_propagate_prefixed_error(error, g_steal_pointer(&helpless),
					   "backend kernel: ");
		return NULL;
	}
	server = server_new(config, error);
	if (!server)
		return NULL;
	err = privileges_reduce(&user, PRIVILEGES_NONE);
	if (err) {
		g_set_error(error, G_IO_ERROR, g_io_error_from_errno(err),
			    "cannot give up privileges%s%s: %s",
			    user.name ? " and become " : "", user.name ? user.name : "",
			    g_strerror(err));
		server_free(server);
		return NULL;
	}
	log_event("privileges", LOG_S("user", g_get_user_name()),
		  LOG_U("helper", helper_pid()),
		  LOG_S(helpless ? "reason" : NULL, helpless ? helpless->message : NULL));
	return server;
}

static int main_serve(const struct config *config)
{
	g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
	g_autofree char *listen = g_socket_connectable_to_string(
					G_SOCKET_CONNECTABLE(config->listen));
	g_autoptr(GError) error = NULL;
	guint sources[3];
	struct server *server;

	main_raise_limits();
	server = main_listen(config, &error);
	if (!server) {
		helper_stop();
		g_printerr("rtprelayd: %s\n", error->message);
		return EXIT_FAILURE;
	}
	/* from here on there may be threads */
	main_init_gstreamer();
	helper_watch();

	sources[0] = g_unix_signal_add(SIGINT, main_quit, loop);
	sources[1] = g_unix_signal_add(SIGTERM, main_quit, loop);
	sources[2] = g_unix_signal_add(SIGUSR1, main_print_stats, server);
	log_event("ready", LOG_S("listen", listen), LOG_U("paths", config->paths->len),
		  LOG_S("backend", fanout_backend_name(config->backend)));
	g_main_loop_run(loop);

	for (guint i = 0; i < G_N_ELEMENTS(sources); i++)
		g_source_remove(sources[i]);
	status_print(server);
	server_free(server);
	helper_stop();
	log_event("stopped", LOG_S("listen", listen));
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	g_autoptr(GOptionContext) context = g_option_context_new("- relay RTSP streams");
	enum fanout_backend option;
	g_autoptr(GError) error = NULL;
	struct config *config;
	int status;

	g_option_context_set_summary(context,
		"Pulls RTP streams from RTSP servers once and serves them to any number of\n"
		"viewers. See rtprelayd(8) and rtprelayd.conf(5).");
	g_option_context_add_main_entries(context, entries, NULL);
	if (!g_option_context_parse(context, &argc, &argv, &error)) {
		g_printerr("rtprelayd: %s; see rtprelayd --help\n", error->message);
		return EXIT_USAGE;
	}
	if (argc > 1 || !opt_config) {
		g_printerr("rtprelayd: %s; see rtprelayd --help\n", argc > 1 ?
			   "arguments that are no options" : "--config FILE is missing");
		return EXIT_USAGE;
	}
	if (opt_backend && !fanout_backend_parse(opt_backend, &option)) {
		g_printerr("rtprelayd: --backend %s: not auto, kernel or user\n",
			   opt_backend);
		return EXIT_USAGE;
	}

	config = config_load(opt_config, &error);
	if (!config) {
		g_printerr("rtprelayd: %s\n", error->message);
		return EXIT_FAILURE;
	}
	if (opt_backend)
		config->backend = option;
	status = opt_check ? EXIT_SUCCESS : main_serve(config);
	config_free(config);
	g_free(opt_config);
	g_free(opt_backend);
	return status;
}
