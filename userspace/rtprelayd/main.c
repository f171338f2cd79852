// SPDX-License-Identifier: GPL-2.0-or-later
#include <glib-unix.h>
#include <gst/gst.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "helper.h"
#include "log.h"
#include "monitor.h"
#include "notify.h"
#include "privileges.h"
#include "status.h"

/* sysexits(3) are not asked for; these three are what rtprelayd(8) says */
#define EXIT_USAGE	2

static char *opt_config;
static char *opt_backend;
static gboolean opt_check;

static const GOptionEntry entries[] = {
	{ "config", 'c', 0, G_OPTION_ARG_FILENAME, &opt_config,
	  "Read this configuration file (" CONFIG_FILE ")", "FILE" },
	{ "check", 0, 0, G_OPTION_ARG_NONE, &opt_check,
	  "Check the configuration file and exit", NULL },
	{ "backend", 'b', 0, G_OPTION_ARG_STRING, &opt_backend,
	  "What replicates the streams: auto, kernel or user (auto)", "BACKEND" },
	{ NULL }
};

/**
 * struct daemon - the daemon as a whole
 * @file: the configuration's
 * @backend: that of the command line, which comes before the file's
 * @config: what is in force
 * @http: see monitor_listen()
 * @server: serves viewers
 * @monitor: serves operators
 * @loop: ends when the daemon is to
 * @status: with which it then exits
 */
struct daemon {
	const char *file;
	enum fanout_backend backend;
	struct config *config;
	GSocket *http;
	struct server *server;
	struct monitor *monitor;
	GMainLoop *loop;
	int status;
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
	struct daemon *daemon = user_data;

	g_main_loop_quit(daemon->loop);
	return G_SOURCE_CONTINUE;
}

static gboolean main_print_stats(gpointer user_data)
{
	struct daemon *daemon = user_data;

	status_print(daemon->server);
	return G_SOURCE_CONTINUE;
}

static struct config *main_load(const struct daemon *daemon, GError **error)
{
	struct config *config = config_load(daemon->file, error);

	if (config && opt_backend)
		config->backend = daemon->backend;
	return config;
}

/* What takes privileges, but for the helper's */
static gboolean main_listen(struct daemon *daemon, GError **error)
{
	if (!monitor_listen(&daemon->config->monitor, &daemon->http, error))
		return FALSE;
	daemon->server = server_new(daemon->config, error);
	return daemon->server != NULL;
}

/* Listens, with what it takes to do so, and then gives that up. */
static gboolean main_open(struct daemon *daemon, GError **error)
{
	const struct config *config = daemon->config;
	g_autoptr(GError) helpless = NULL;
	struct privileges_user user;
	int err;

	if (!privileges_find_user(config->user, &user, error))
		return FALSE;
	if (!helper_start(&user, &helpless) &&
	    config->backend == FANOUT_KERNEL) {
		g_propagate_prefixed_error(error, g_steal_pointer(&helpless),
					   "backend kernel: ");
		return FALSE;
	}
	if (!main_listen(daemon, error))
		return FALSE;
	err = privileges_reduce(&user, PRIVILEGES_NONE);
	if (err) {
		g_set_error(error, G_IO_ERROR, g_io_error_from_errno(err),
			    "cannot give up privileges%s%s: %s",
			    user.name ? " and become " : "", user.name ? user.name : "",
			    g_strerror(err));
		return FALSE;
	}
	log_event("privileges", LOG_S("user", g_get_user_name()),
		  LOG_U("helper", helper_pid()),
		  LOG_S(helpless ? "reason" : NULL, helpless ? helpless->message : NULL));
	return TRUE;
}

static char *main_status(gpointer user_data)
{
	const struct daemon *daemon = user_data;

	return g_strdup_printf("%u streams, %u viewers%s", daemon->config->paths->len,
			       session_count(server_sessions(daemon->server)),
			       g_str_equal(helper_state(), "lost") ?
			       ", the helper is lost: restart the daemon" : "");
}

/*
 * Nobody can start another one any more. What is served goes on, and what comes is
 * served otherwise; where the kernel is all that may serve it, nothing can be, and
 * whoever started the daemon had better do it again.
 */
static void main_helper_lost(const char *reason, gpointer user_data)
{
	struct daemon *daemon = user_data;
	gboolean end = daemon->config->backend == FANOUT_KERNEL;

	log_warn("helper-lost", LOG_S("reason", reason),
		 LOG_S("do", end ? "the daemon ends, since no stream can be attached to the "
		       "kernel any more: have it started again" :
		       "restart the daemon: streams that begin before that are served "
		       "by itself, not by the kernel"));
	if (!end)
		return;
	daemon->status = EXIT_FAILURE;
	g_main_loop_quit(daemon->loop);
}

/* What cannot be changed any more, or NULL */
static const char *main_find_fixed(const struct config *old, const struct config *new)
{
	if (g_strcmp0(old->user, new->user))
		return "[server] user";
	if (old->backend != new->backend)
		return "[server] backend";
	if (!config_monitor_equal(&old->monitor, &new->monitor))
		return "[http] or [control]";
	return NULL;
}

/* Whatever is wrong with the new file, the daemon goes on with what it has. */
static gboolean main_take_config(struct daemon *daemon, GError **failure)
{
	g_autoptr(GError) error = NULL;
	struct config *config = main_load(daemon, &error);
	const char *fixed = config ? main_find_fixed(daemon->config, config) : NULL;
	struct server_changes changes;

	if (fixed)
		g_set_error(&error, CONFIG_ERROR, 0, "%s: %s: restart the daemon to change it",
			    daemon->file, fixed);
	if (error || !server_reload(daemon->server, config, &changes, &error)) {
		log_warn("reload-failed", LOG_S("reason", error->message));
		config_free(config);
		g_propagate_error(failure, g_steal_pointer(&error));
		return FALSE;
	}
	config_free(daemon->config);
	daemon->config = config;
	log_event("reloaded", LOG_U("paths-kept", changes.kept),
		  LOG_U("paths-changed", changes.changed),
		  LOG_U("paths-added", changes.added),
		  LOG_U("paths-removed", changes.removed));
	return TRUE;
}

static gboolean main_reload(gpointer user_data)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *status = NULL;

	notify_reloading();
	if (main_take_config(user_data, &error))
		status = main_status(user_data);
	else
		status = g_strconcat("Not reloaded: ", error->message, NULL);
	notify_ready(status);
	return G_SOURCE_CONTINUE;
}

/* What the daemon is told by */
static const struct {
	int number;
	GSourceFunc handler;
} main_signals[] = {
	{ SIGINT, main_quit },
	{ SIGTERM, main_quit },
	{ SIGUSR1, main_print_stats },
	{ SIGHUP, main_reload },
};

/*
 * From before anybody can know that the daemon is there until it minds them: a signal
 * that comes meanwhile waits, where it would end the daemon else.
 */
static void main_hold_signals(gboolean hold)
{
	sigset_t set;

	sigemptyset(&set);
	for (guint i = 0; i < G_N_ELEMENTS(main_signals); i++)
		sigaddset(&set, main_signals[i].number);
	pthread_sigmask(hold ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
}

/* Everything; from main_init_gstreamer() on there may be threads. */
static gboolean main_start(struct daemon *daemon, GError **error)
{
	main_raise_limits();
	main_hold_signals(TRUE);
	if (!main_open(daemon, error))
		return FALSE;
	main_init_gstreamer();
	helper_watch(main_helper_lost, daemon);
	daemon->monitor = monitor_new(&daemon->config->monitor, daemon->http, daemon->server,
				      error);
	return daemon->monitor != NULL;
}

/* As far as it has come */
static void main_end(struct daemon *daemon)
{
	g_clear_pointer(&daemon->monitor, monitor_free);
	g_clear_pointer(&daemon->server, server_free);
	g_clear_object(&daemon->http);
	helper_stop();
}

static void main_run(struct daemon *daemon)
{
	guint sources[G_N_ELEMENTS(main_signals)];
	g_autofree char *status = NULL;

	for (guint i = 0; i < G_N_ELEMENTS(sources); i++)
		sources[i] = g_unix_signal_add(main_signals[i].number,
					       main_signals[i].handler, daemon);
	main_hold_signals(FALSE);
	status = main_status(daemon);
	notify_ready(status);
	notify_watch(main_status, daemon);
	g_main_loop_run(daemon->loop);

	notify_stopping();
	notify_unwatch();
	for (guint i = 0; i < G_N_ELEMENTS(sources); i++)
		g_source_remove(sources[i]);
}

static int main_serve(struct daemon *daemon)
{
	g_autofree char *listen = g_socket_connectable_to_string(
					G_SOCKET_CONNECTABLE(daemon->config->listen));
	GSocketAddress *tls = daemon->config->tls.listen;
	g_autofree char *listen_tls = tls ? g_socket_connectable_to_string(
					G_SOCKET_CONNECTABLE(tls)) : NULL;
	g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
	g_autoptr(GError) error = NULL;

	daemon->loop = loop;
	if (!main_start(daemon, &error)) {
		g_printerr("rtprelayd: %s\n", error->message);
		main_end(daemon);
		return EXIT_FAILURE;
	}
	log_event("ready", LOG_S("listen", listen), LOG_S("listen-tls", listen_tls),
		  LOG_U("paths", daemon->config->paths->len),
		  LOG_S("backend", fanout_backend_name(daemon->config->backend)));
	main_run(daemon);
	status_print(daemon->server);
	main_end(daemon);
	log_event("stopped", LOG_S("listen", listen));
	return daemon->status;
}

static int main_check(const struct daemon *daemon)
{
	g_print("%s: nothing wrong, %u paths\n", daemon->file, daemon->config->paths->len);
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	g_autoptr(GOptionContext) context = g_option_context_new("- relay RTSP streams");
	g_autoptr(GError) error = NULL;
	struct daemon daemon = { 0 };
	int status;

	g_option_context_set_summary(context,
		"Pulls RTP streams from RTSP servers once and serves them to any number of\n"
		"viewers. See rtprelayd(8) and rtprelayd.conf(5).");
	g_option_context_add_main_entries(context, entries, NULL);
	if (!g_option_context_parse(context, &argc, &argv, &error)) {
		g_printerr("rtprelayd: %s; see rtprelayd --help\n", error->message);
		return EXIT_USAGE;
	}
	if (argc > 1) {
		g_printerr("rtprelayd: arguments that are no options; see rtprelayd --help\n");
		return EXIT_USAGE;
	}
	if (opt_backend && !fanout_backend_parse(opt_backend, &daemon.backend)) {
		g_printerr("rtprelayd: --backend %s: not auto, kernel or user\n",
			   opt_backend);
		return EXIT_USAGE;
	}

	daemon.file = opt_config ? opt_config : CONFIG_FILE;
	daemon.config = main_load(&daemon, &error);
	if (!daemon.config) {
		g_printerr("rtprelayd: %s\n", error->message);
		return EXIT_FAILURE;
	}
	status = opt_check ? main_check(&daemon) : main_serve(&daemon);
	config_free(daemon.config);
	g_free(opt_config);
	g_free(opt_backend);
	return status;
}
