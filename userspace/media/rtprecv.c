// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A small RTSP viewer for tests: takes one video stream over UDP, keeps the datagrams
 * in a file, and tells what their sequence numbers say.
 */
#include "cli.h"
#include "viewer.h"

#include <gst/gst.h>
#include <json-glib/json-glib.h>
#include <signal.h>
#include <stdlib.h>

#define POLL_US			20000
#define REPORT_US		(5 * G_USEC_PER_SEC)

static gchar *opt_capture;
static gint opt_seconds;

static const GOptionEntry entries[] = {
	{ "capture", 0, 0, G_OPTION_ARG_FILENAME, &opt_capture,
	  "keep the RTP datagrams in FILE (rtpdump)", "FILE" },
	{ "seconds", 0, 0, G_OPTION_ARG_INT, &opt_seconds,
	  "end after so long (when told to by SIGTERM or SIGINT)", "N" },
	{}
};

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
	stopped = 1;
}

/* Runs until told to stop; returns whether the server ended it. */
static gboolean receive(struct viewer *viewer)
{
	gint64 start = g_get_monotonic_time();

	while (viewer_serve(viewer, REPORT_US)) {
		if (stopped || (opt_seconds && g_get_monotonic_time() - start >=
				opt_seconds * G_USEC_PER_SEC))
			return FALSE;
		g_usleep(POLL_US);
	}
	return TRUE;
}

static void print_result(const struct viewer *viewer, gboolean ended_by_server)
{
	const struct rtpseq *seq = &viewer->seq;
	g_autoptr(JsonObject) object = json_object_new();
	g_autoptr(JsonNode) root = json_node_new(JSON_NODE_OBJECT);
	g_autofree gchar *text = NULL;
	gint64 us = viewer->last_us - viewer->first_us;

	json_object_set_int_member(object, "received", seq->received);
	json_object_set_int_member(object, "duplicates", seq->duplicates);
	json_object_set_int_member(object, "reordered", seq->reordered);
	json_object_set_int_member(object, "holes", rtpseq_holes(seq));
	json_object_set_int_member(object, "octets", viewer->octets);
	json_object_set_double_member(object, "seconds", us / 1e6);
	json_object_set_int_member(object, "octets_per_second",
				   us ? viewer->octets * G_USEC_PER_SEC / us : 0);
	json_object_set_int_member(object, "jitter", seq->jitter >> 4);
	json_object_set_int_member(object, "foreign", viewer->foreign);
	json_object_set_int_member(object, "socket_drops", viewer_socket_drops(viewer));
	json_object_set_int_member(object, "sender_reports", viewer->rtcp.sender_reports);
	json_object_set_int_member(object, "byes", viewer->rtcp.byes);
	json_object_set_int_member(object, "malformed_rtcp", viewer->rtcp.malformed);
	json_object_set_boolean_member(object, "ended_by_server", ended_by_server);
	json_node_set_object(root, object);
	text = json_to_string(root, TRUE);
	g_print("%s\n", text);
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = stop };
	g_autoptr(GError) error = NULL;
	struct viewer viewer = {};
	gboolean ended_by_server;

	cli_parse(&argc, &argv, entries, 1, "URL",
		  "Plays the video of rtsp://HOST[:PORT]/PATH over UDP and prints what came,\n"
		  "as JSON.");
	/* no plugin is needed, and scanning them takes longer than a short run */
	g_setenv("GST_REGISTRY_DISABLE", "yes", TRUE);
	gst_init(NULL, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);

	if (!viewer_start(&viewer, argv[1], opt_capture, &error))
		cli_die("%s", error->message);
	ended_by_server = receive(&viewer);
	print_result(&viewer, ended_by_server);
	if (!viewer_stop(&viewer, &error))
		cli_die("%s", error->message);
	return ended_by_server ? EXIT_FAILURE : EXIT_SUCCESS;
}
