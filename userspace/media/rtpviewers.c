// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Many viewers of a stream in one process, that join one after the other, and what
 * each has received by the end of each second.
 */
#include "cli.h"
#include "viewer.h"

#include <gst/gst.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#define POLL_US		20000
#define VIEWERS_MAX	1000

static gint opt_viewers = 1;
static gint opt_gap = 50;
static gint opt_report = 1000;
static gint opt_seconds;
static gchar *opt_capture;

static const GOptionEntry entries[] = {
	{ "viewers", 0, 0, G_OPTION_ARG_INT, &opt_viewers, "how many, 1 to 1000 (1)", "N" },
	{ "gap", 0, 0, G_OPTION_ARG_INT, &opt_gap, "from one that joins to the next (50)", "MS" },
	{ "report", 0, 0, G_OPTION_ARG_INT, &opt_report,
	  "from one RTCP report to the next, 100 to 600000 (1000)", "MS" },
	{ "seconds", 0, 0, G_OPTION_ARG_INT, &opt_seconds,
	  "end after so long (when told to by SIGTERM or SIGINT)", "N" },
	{ "capture", 0, 0, G_OPTION_ARG_FILENAME, &opt_capture,
	  "keep the RTP datagrams of the first one in FILE (rtpdump)", "FILE" },
	{}
};

/* struct crowd - those who joined, the first @n of @all; @alive still play */
struct crowd {
	struct viewer *all;
	gboolean *alive;
	guint n;
	gint64 start;
};

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
	stopped = 1;
}

static void print_second(const struct crowd *crowd, guint second)
{
	for (guint i = 0; i < crowd->n; i++) {
		const struct rtpseq *seq = &crowd->all[i].seq;
		guint64 expected = seq->received ? seq->max - seq->first + 1 : 0;

		g_print("%u,%u,%" G_GUINT64_FORMAT ",%" G_GUINT64_FORMAT ",%" G_GUINT64_FORMAT
			",%d\n", second, i, seq->unique, expected, crowd->all[i].octets,
			crowd->alive[i]);
	}
	fflush(stdout);
}

static void join(struct crowd *crowd, const char *url)
{
	g_autoptr(GError) error = NULL;
	guint i = crowd->n;

	if (!viewer_start(&crowd->all[i], url, i ? NULL : opt_capture, &error))
		cli_die("viewer %u: %s", i, error->message);
	/* or all would report at once, at each interval */
	crowd->all[i].reported_us -= g_random_int_range(0, opt_report) * G_GINT64_CONSTANT(1000);
	crowd->alive[i] = TRUE;
	crowd->n++;
}

static void serve(struct crowd *crowd)
{
	for (guint i = 0; i < crowd->n; i++)
		if (crowd->alive[i])
			crowd->alive[i] = viewer_serve(&crowd->all[i],
						       opt_report * G_GINT64_CONSTANT(1000));
}

static void run(struct crowd *crowd, const char *url)
{
	guint second = 0;

	while (!stopped) {
		gint64 passed = g_get_monotonic_time() - crowd->start;

		while (crowd->n < (guint)opt_viewers &&
		       passed >= crowd->n * opt_gap * G_GINT64_CONSTANT(1000)) {
			join(crowd, url);
			serve(crowd);
		}
		serve(crowd);
		if (passed >= (second + 1) * G_USEC_PER_SEC)
			print_second(crowd, ++second);
		if (opt_seconds && passed >= opt_seconds * G_USEC_PER_SEC)
			break;
		g_usleep(POLL_US);
	}
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = stop };
	g_autofree struct viewer *all = NULL;
	g_autofree gboolean *alive = NULL;
	g_autoptr(GError) error = NULL;
	struct crowd crowd = {};

	cli_parse(&argc, &argv, entries, 1, "URL",
		  "Plays the video of rtsp://HOST[:PORT]/PATH over UDP, as many viewers, and\n"
		  "prints as CSV, for each at each full second: SECOND,VIEWER,RECEIVED,EXPECTED,\n"
		  "OCTETS,ALIVE; datagrams and octets since it joined.");
	if (opt_viewers < 1 || opt_viewers > VIEWERS_MAX)
		cli_die("%d viewers are not between 1 and %d", opt_viewers, VIEWERS_MAX);
	if (opt_gap < 0 || opt_gap > 60000)
		cli_die("a gap of %d ms is not between 0 and 60000", opt_gap);
	if (opt_report < 100 || opt_report > 600000)
		cli_die("%d ms are not between 100 and 600000", opt_report);
	/* no plugin is needed, and scanning them takes longer than a short run */
	g_setenv("GST_REGISTRY_DISABLE", "yes", TRUE);
	gst_init(NULL, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);

	crowd.all = all = g_new0(struct viewer, opt_viewers);
	crowd.alive = alive = g_new0(gboolean, opt_viewers);
	crowd.start = g_get_monotonic_time();
	run(&crowd, argv[1]);
	for (guint i = 0; i < crowd.n; i++)
		if (!viewer_stop(&crowd.all[i], &error))
			cli_die("%s", error->message);
	return EXIT_SUCCESS;
}
