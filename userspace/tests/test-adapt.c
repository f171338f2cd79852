// SPDX-License-Identifier: GPL-2.0-or-later
/* The controllers: the thesis's worked examples, and viewers on simulated links */
#include <math.h>
#include <string.h>

#include "adaptive.h"
#include "clip.h"
#include "coupled.h"
#include "means.h"
#include "share.h"
#include "thesis.h"

#define CAP(d, q, t)	((struct rtp_fanout_cap){ .did = (d), .qid = (q), .tid = (t) })

static void make_thesis_points(struct points *points)
{
	static const guint64 needs[] = { 300, 100, 100, 100, 200, 100, 100, 100 };
	struct rtp_fanout_layer layers[8] = { 0 };

	for (guint i = 0; i < 8; i++) {
		layers[i].did = i;
		layers[i].rate = needs[i];
	}
	points_build(points, layers, 8, &CAP(7, 15, 7), POINTS_RESOLUTION_FIRST);
	g_assert_cmpuint(points->n, ==, 8);
}

/* Row 15: 1000 packets, 800,000 B in 1 s, 200 dropped, 300 reported lost */
static void test_thesis_estimate(void)
{
	const struct adapt_report report = {
		.interval_us = G_USEC_PER_SEC,
		.packets = 1000,
		.octets = 800000,
		.dropped = 200,
		.lost = 300,
	};
	struct adapt_report late = report, less = report;

	g_assert_cmpuint(thesis_estimate(&report), ==, 720000);
	late.interval_us *= 2;
	g_assert_cmpuint(thesis_estimate(&late), ==, 360000);
	/* the relay dropped more than the viewer has missed by now */
	less.lost = 100;
	g_assert_cmpuint(thesis_estimate(&less), ==, 800000);
}

/* Rows 16 and 18: 850 available of needs 300 100 100 100 200 100 100 100 -> DID 5 */
static void test_thesis_target(void)
{
	struct points points;

	make_thesis_points(&points);
	g_assert_cmpuint(points.cap[thesis_target(&points, 850)].did, ==, 5);
	g_assert_cmpuint(points.rate[thesis_target(&points, 850)], >, 850);
	g_assert_cmpuint(thesis_target(&points, 0), ==, 0);
	g_assert_cmpuint(thesis_target(&points, 800), ==, 5);
	g_assert_cmpuint(thesis_target(&points, 799), ==, 4);
	g_assert_cmpuint(thesis_target(&points, 5000), ==, 7);
}

/* Row 17: one step a report: from 7 to 0 takes seven of them */
static void test_thesis_step(void)
{
	const struct adapt_report nothing = {
		.interval_us = G_USEC_PER_SEC,
		.packets = 100,
		.octets = 80000,
		.lost = 100,
	};
	struct points points;
	guint level = 7, reports = 0;

	make_thesis_points(&points);
	for (; level; reports++) {
		guint next = thesis_step(&points, level, &nothing);

		g_assert_cmpuint(next, ==, level - 1);
		level = next;
	}
	g_assert_cmpuint(reports, ==, 7);
	g_assert_cmpuint(thesis_step(&points, 0, &nothing), ==, 0);
}

static void test_points_orders(void)
{
	struct points points;

	clip_points(&points);
	for (guint i = 1; i < points.n; i++)
		g_assert_cmpuint(points.rate[i], >, points.rate[i - 1]);
	g_assert_cmpuint(points.rate[points.n - 1], ==, 170000);
	g_assert_cmpuint(points.rate[0], ==, 6000);
	/* what is given up first is a temporal layer of the highest resolution */
	g_assert_cmpuint(points.cap[points.n - 2].did, ==, 2);
	g_assert_cmpuint(points.cap[points.n - 2].tid, ==, 1);

	points_build(&points, clip, G_N_ELEMENTS(clip), &CAP(7, 15, 7),
		     POINTS_RESOLUTION_FIRST);
	g_assert_cmpuint(points.cap[points.n - 2].did, ==, 1);
	g_assert_cmpuint(points.cap[points.n - 2].tid, ==, 2);
}

static void test_points_wish(void)
{
	struct points points;

	points_build(&points, clip, G_N_ELEMENTS(clip), &CAP(1, 0, 1),
		     POINTS_FRAME_RATE_FIRST);
	for (guint i = 0; i < points.n; i++) {
		g_assert_cmpuint(points.cap[i].did, <=, 1);
		g_assert_cmpuint(points.cap[i].tid, <=, 1);
	}
	g_assert_cmpuint(points.rate[points.n - 1], ==, 36000);
	/* no rates yet: what was wished for, and nothing to move along */
	points_build(&points, NULL, 0, &CAP(1, 0, 1), POINTS_FRAME_RATE_FIRST);
	g_assert_cmpuint(points.n, ==, 1);
	g_assert_cmpuint(points.cap[0].did, ==, 1);
}

static void test_points_many(void)
{
	struct rtp_fanout_layer layers[8 * 16 * 8] = { 0 };
	struct points points;
	guint n = 0;

	for (guint did = 0; did < 8; did++)
		for (guint qid = 0; qid < 16; qid++)
			for (guint tid = 0; tid < 8; tid++)
				layers[n++] = (struct rtp_fanout_layer){
					.did = did, .qid = qid, .tid = tid,
					.rate = G_GUINT64_CONSTANT(1) << 50,
				};
	points_build(&points, layers, n, &CAP(7, 15, 7), POINTS_FRAME_RATE_FIRST);
	g_assert_cmpuint(points.n, <=, POINTS_MAX);
	g_assert_cmpuint(points.n, >, 8);
	for (guint i = 1; i < points.n; i++)
		g_assert_cmpuint(points.rate[i], >, points.rate[i - 1]);
}

/* Of as long as is remembered, whatever the fan-out says */
static void test_means(void)
{
	struct rtp_fanout_layer layers[] = {
		{ .did = 0, .rate = 1, .octets = 1000 }, { .did = 2, .rate = 2, .octets = 500 },
	};
	struct rtp_fanout_layer more[] = {
		{ .did = 0, .rate = 1, .octets = 9000 }, { .did = 1, .rate = 3, .octets = 70 },
		{ .did = 2, .rate = 2, .octets = 4500 },
	};
	struct means *means = means_new();

	means_take(means, layers, 2, 1 * G_USEC_PER_SEC);
	g_assert_cmpuint(layers[0].rate, ==, 1);
	means_take(means, more, 3, 5 * G_USEC_PER_SEC);
	g_assert_cmpuint(more[0].rate, ==, 2000);
	/* it has just come */
	g_assert_cmpuint(more[1].rate, ==, 3);
	g_assert_cmpuint(more[2].rate, ==, 1000);
	/* of what is longer ago nothing is known; a counter began anew */
	more[0].octets = 17000;
	more[2].octets = 10;
	more[2].rate = 2;
	means_take(means, more, 3, 1 * G_USEC_PER_SEC + MEANS_US + 1);
	g_assert_cmpuint(more[0].rate, ==, 1999);
	g_assert_cmpuint(more[2].rate, ==, 2);
	/* nor is it after a while in which nobody asked */
	more[0].rate = 1;
	means_take(means, more, 3, 100 * G_USEC_PER_SEC);
	g_assert_cmpuint(more[0].rate, ==, 1);
	means_free(means);
}

/* RFC 5348, section 3.1: p = 1%, R = 100 ms, s = 1460 gives about 1.64 Mb/s */
static void test_tfrc_equation(void)
{
	struct tfrc tfrc = { .rtt_us = 100000, .n = 2, .interval = { 100, 100 } };
	double expected = 1460 / (0.1 * sqrt(2 * 0.01 / 3) +
				  0.4 * 3 * sqrt(3 * 0.01 / 8) * 0.01 * (1 + 32 * 0.0001));

	g_assert_cmpfloat_with_epsilon(tfrc_loss(&tfrc), 0.01, 1e-9);
	g_assert_cmpfloat_with_epsilon(tfrc_rate(&tfrc), expected, 1);
	tfrc.rtt_us = 0;
	g_assert_cmpuint(tfrc_rate(&tfrc), ==, G_MAXUINT64);
}

/* RFC 9438, section 5.1: p = 1%, R = 500 ms, where CUBIC takes more than Reno */
static void test_tfrc_cubic(void)
{
	struct tfrc tfrc = { .rtt_us = 500000, .n = 2, .interval = { 100, 100 } };
	double timeouts = 2 * 3 * sqrt(3 * 0.01 / 8) * 0.01 * (1 + 32 * 0.0001);
	double segments = 1.054 * pow(0.5, 0.75) / pow(0.01, 0.75) / 0.5;

	g_assert_cmpfloat_with_epsilon(tfrc_rate(&tfrc), 1460 / (1 / segments + timeouts), 1);
	g_assert_cmpfloat(tfrc_rate(&tfrc), >, 1.3 * 1460 / (0.5 * sqrt(2 * 0.01 / 3) + timeouts));
}

/* Loss that ended is outweighed by the time since */
static void test_tfrc_forgets(void)
{
	struct adapt_report report = {
		.interval_us = G_USEC_PER_SEC, .packets = 100, .octets = 100000,
		.lost = 5, .rtt_us = 50000,
	};
	struct tfrc tfrc = { 0 };
	double before;

	tfrc_report(&tfrc, &report);
	before = tfrc_loss(&tfrc);
	g_assert_cmpfloat(before, >, 0);
	report.lost = 0;
	for (guint i = 0; i < 50; i++)
		tfrc_report(&tfrc, &report);
	g_assert_cmpfloat(tfrc_loss(&tfrc), <, before / 20);
}

static void test_share_fair(void)
{
	struct share_viewer viewers[10];
	struct points points;
	guint64 used;

	clip_points(&points);
	for (guint i = 0; i < G_N_ELEMENTS(viewers); i++)
		viewers[i] = (struct share_viewer){
			.points = &points,
			.wanted = i ? points.n - 1 : 1,
		};
	used = share_allocate(viewers, G_N_ELEMENTS(viewers), 600000);
	g_assert_cmpuint(used, <=, 600000);
	g_assert_cmpuint(used, >, 500000);
	g_assert_cmpuint(viewers[0].level, ==, 1);
	for (guint i = 1; i < G_N_ELEMENTS(viewers); i++)
		for (guint j = 1; j < G_N_ELEMENTS(viewers); j++)
			g_assert_cmpuint(viewers[i].level, <=, viewers[j].level + 1);

	/* too little for all: the lowest point for each */
	share_allocate(viewers, G_N_ELEMENTS(viewers), 1000);
	for (guint i = 0; i < G_N_ELEMENTS(viewers); i++)
		g_assert_cmpuint(viewers[i].level, ==, 0);
	/* enough: what was wanted */
	share_allocate(viewers, G_N_ELEMENTS(viewers), G_MAXUINT64);
	g_assert_cmpuint(viewers[9].level, ==, points.n - 1);
}

/* -- a viewer behind a link with a queue ---------------------------------- */

#define PACKET		466	/* octets, the thesis's mean */
#define BASE_RTT_US	40000

struct link {
	double rate;	/* octets a second */
	double queue;	/* octets that wait */
	double limit;	/* the most that do */
};

/* Send for a second; what came of it, as a report tells */
static void link_second(struct link *link, guint64 rate, gint64 now,
			struct adapt_report *report)
{
	double lost = 0;

	link->queue += rate - link->rate;
	if (link->queue < 0)
		link->queue = 0;
	if (link->queue > link->limit) {
		lost = link->queue - link->limit;
		link->queue = link->limit;
	}
	*report = (struct adapt_report){
		.at_us = now,
		.interval_us = G_USEC_PER_SEC,
		.packets = rate / PACKET,
		.octets = rate,
		.lost = lost / PACKET,
		.rtt_us = BASE_RTT_US + link->queue / link->rate * G_USEC_PER_SEC,
	};
}

struct run {
	struct points points;
	struct adaptive adaptive;
	struct link link;
	gint64 now;
	guint changes;
	double sent;
	double lost;
};

static void run_start(struct run *run, double rate)
{
	memset(run, 0, sizeof(*run));
	clip_points(&run->points);
	run->adaptive.level = run->points.n - 1;
	run->link = (struct link){ .rate = rate, .limit = rate / 4 };
	run->now = G_USEC_PER_SEC;
}

static void run_for(struct run *run, guint seconds)
{
	run->changes = 0;
	run->sent = run->lost = 0;
	for (guint i = 0; i < seconds; i++) {
		guint64 rate = run->points.rate[run->adaptive.level];
		guint level = run->adaptive.level;
		struct adapt_report report;

		run->now += G_USEC_PER_SEC;
		link_second(&run->link, rate, run->now, &report);
		run->sent += report.packets;
		run->lost += report.lost;
		adaptive_step(&run->adaptive, &run->points, &report);
		run->changes += run->adaptive.level != level;
	}
}

/* A path with room for it all: nothing is ever given up */
static void test_adaptive_wide(void)
{
	struct run run;

	run_start(&run, 1e6);
	run_for(&run, 300);
	g_assert_cmpuint(run.adaptive.level, ==, run.points.n - 1);
	g_assert_cmpuint(run.changes, ==, 0);
}

/* A path that carries some: found, kept, little lost, experiments become rare */
static void test_adaptive_narrow(void)
{
	struct run run;
	guint fit;

	run_start(&run, 60000);
	fit = points_within(&run.points, 60000);
	run_for(&run, 120);
	run_for(&run, 600);
	g_assert_cmpuint(run.adaptive.level, <=, fit + 1);
	g_assert_cmpuint(run.adaptive.level + 1, >=, fit);
	g_assert_cmpfloat(run.lost / run.sent, <, 0.01);
	/* an experiment is two changes, and comes every two minutes in the end */
	g_assert_cmpuint(run.changes, <=, 14);
}

/* 170 kB/s, then 20, then 170 again */
static void test_adaptive_steps(void)
{
	struct run run;

	run_start(&run, 400000);
	run_for(&run, 30);
	g_assert_cmpuint(run.adaptive.level, ==, run.points.n - 1);
	run.link.rate = 20000;
	run.link.limit = 5000;
	run_for(&run, 5);
	g_assert_cmpuint(run.points.rate[run.adaptive.level], <=, 20000);
	run.link.rate = 400000;
	run.link.limit = 100000;
	run_for(&run, 60 + 11 * run.points.n);
	g_assert_cmpuint(run.adaptive.level, ==, run.points.n - 1);
}

/* A queue that fills is seen before anything is lost */
static void test_adaptive_delay(void)
{
	struct adapt_report report = {
		.interval_us = G_USEC_PER_SEC, .packets = 300, .octets = 170000,
		.rtt_us = BASE_RTT_US,
	};
	struct adaptive adaptive = { 0 };
	struct points points;

	clip_points(&points);
	adaptive.level = points.n - 1;
	report.at_us = G_USEC_PER_SEC;
	g_assert_cmpuint(adaptive_step(&adaptive, &points, &report), ==, ADAPTIVE_STEADY);
	report.rtt_us += 2 * ADAPTIVE_QUEUE_US;
	/* one round trip may be an accident, and two */
	for (guint i = 0; i < 2; i++) {
		report.at_us += G_USEC_PER_SEC;
		g_assert_cmpuint(adaptive_step(&adaptive, &points, &report), ==,
				 ADAPTIVE_STEADY);
	}
	report.at_us += G_USEC_PER_SEC;
	g_assert_cmpuint(adaptive_step(&adaptive, &points, &report), ==, ADAPTIVE_DELAY);
	g_assert_cmpuint(adaptive.level, <, points.n - 1);
}

/* The report of a second in which a viewer of all layers loses none of them */
static const struct adapt_report well = {
	.at_us = G_USEC_PER_SEC, .interval_us = G_USEC_PER_SEC, .packets = 300,
	.octets = 170000, .rtt_us = BASE_RTT_US,
};

/* A viewer of all layers */
static void all_layers(struct adaptive *adaptive, struct points *points)
{
	*adaptive = (struct adaptive){ 0 };
	clip_points(points);
	adaptive->level = points->n - 1;
}

/* So much is lost in a second that it falls; nothing is from now on. */
static void lose_much(struct adaptive *adaptive, const struct points *points,
		      struct adapt_report *report)
{
	report->lost = 120;
	adaptive_step(adaptive, points, report);
	g_assert_cmpuint(adaptive->level, <, points->n - 1);
	report->lost = 0;
}

/* Reports of a viewer with this jitter, us; whether one made it try for more */
static gboolean jitter_tries(struct adaptive *adaptive, const struct points *points,
			     struct adapt_report *report, guint n, guint32 jitter)
{
	gboolean tried = FALSE;

	for (guint i = 0; i < n; i++) {
		report->at_us += G_USEC_PER_SEC;
		report->jitter_us = jitter;
		tried |= adaptive_step(adaptive, points, report) == ADAPTIVE_TRY;
	}
	return tried;
}

/* Picture trains that are spread less than before: the path is faster, and tried early */
static void test_adaptive_faster(void)
{
	struct adapt_report report = well;
	struct adaptive adaptive, steady;
	struct points points;

	all_layers(&adaptive, &points);
	lose_much(&adaptive, &points, &report);
	/* up to what arrived at once, but no further */
	jitter_tries(&adaptive, &points, &report, 25, 20000);
	g_assert_false(jitter_tries(&adaptive, &points, &report, 20, 20000));
	/* small pictures for a while are no faster path */
	g_assert_false(jitter_tries(&adaptive, &points, &report, 4, 1000));
	g_assert_false(jitter_tries(&adaptive, &points, &report, 2, 20000));
	steady = adaptive;
	g_assert_true(jitter_tries(&adaptive, &points, &report, 9, 1000));
	report.at_us -= 9 * G_USEC_PER_SEC;
	g_assert_false(jitter_tries(&steady, &points, &report, 4, 20000));
}

/* A token bucket lets pictures pass as they come: the path is no faster for that */
static void test_adaptive_bucket(void)
{
	struct adapt_report report = well;
	struct adaptive adaptive;
	struct points points;

	all_layers(&adaptive, &points);
	lose_much(&adaptive, &points, &report);
	/* up to what arrived at once, but no further */
	jitter_tries(&adaptive, &points, &report, 25, 200);
	jitter_tries(&adaptive, &points, &report, 25, 1);
	g_assert_cmpuint(points.rate[adaptive.level], <=, 0.6 * 170000);
}

/*
 * A queue of its own making spreads its pictures until it is empty, and a token bucket
 * that fills then no longer does: the path is no faster for that either
 */
static void test_adaptive_drained(void)
{
	struct adapt_report report = well;
	struct adaptive adaptive;
	struct points points;

	all_layers(&adaptive, &points);
	adaptive_step(&adaptive, &points, &report);
	report.at_us += G_USEC_PER_SEC;
	lose_much(&adaptive, &points, &report);
	/* too short a queue for a fall, a longer one than none */
	report.rtt_us += ADAPTIVE_QUEUE_US;
	jitter_tries(&adaptive, &points, &report, 15, 20000);
	report.rtt_us = BASE_RTT_US;
	g_assert_false(jitter_tries(&adaptive, &points, &report, 2, 20000));
	g_assert_false(jitter_tries(&adaptive, &points, &report, 20, 100));
}

/* The same for one who comes while his queue is long: the shortest trip so far has one */
static void test_adaptive_never_short(void)
{
	struct adapt_report report = well;
	struct adaptive adaptive;
	struct points points;

	all_layers(&adaptive, &points);
	report.rtt_us = BASE_RTT_US + 260000;
	lose_much(&adaptive, &points, &report);
	report.rtt_us = BASE_RTT_US + 130000;
	jitter_tries(&adaptive, &points, &report, 1, 20000);
	report.rtt_us = 0;
	jitter_tries(&adaptive, &points, &report, 4, 20000);
	report.rtt_us = BASE_RTT_US;
	jitter_tries(&adaptive, &points, &report, 1, 20000);
	report.rtt_us = 0;
	jitter_tries(&adaptive, &points, &report, 40, 100);
	/* up to what arrived at once, but no further */
	g_assert_cmpuint(points.rate[adaptive.level], <=, 0.6 * 170000);
}

/* Who tells of no round trip, or only of longer ones by another way, is not left behind. */
static void test_adaptive_no_trips(gconstpointer rtt)
{
	struct adapt_report report = well;
	struct adaptive adaptive;
	struct points points;

	all_layers(&adaptive, &points);
	report.rtt_us = rtt ? BASE_RTT_US : 0;
	lose_much(&adaptive, &points, &report);
	report.rtt_us = GPOINTER_TO_UINT(rtt);
	/* up to what arrived, and until the queue of that is gone */
	jitter_tries(&adaptive, &points, &report, 45, 20000);
	g_assert_cmpuint(points.rate[adaptive.level], <=, 0.6 * 170000);
	g_assert_true(jitter_tries(&adaptive, &points, &report, 9, 1000));
	/* a rise leaves no queue to wait for */
	jitter_tries(&adaptive, &points, &report, 4, 20000);
	g_assert_cmpuint(adaptive.jitters, >, 0);
}

/* What the relay itself dropped says nothing about the path */
static void test_adaptive_own_drops(void)
{
	struct adapt_report report = {
		.at_us = 1, .interval_us = G_USEC_PER_SEC, .packets = 300,
		.octets = 170000, .dropped = 150, .lost = 150, .rtt_us = BASE_RTT_US,
	};
	struct adaptive adaptive = { 0 };
	struct points points;

	clip_points(&points);
	adaptive.level = points.n - 1;
	for (guint i = 0; i < 20; i++) {
		report.at_us += G_USEC_PER_SEC;
		adaptive_step(&adaptive, &points, &report);
	}
	g_assert_cmpuint(adaptive.level, ==, points.n - 1);
}

/* A TCP with the same loss would get much less: its share is left to it */
static void test_adaptive_tcp(void)
{
	struct adapt_report report = {
		.at_us = 1, .interval_us = G_USEC_PER_SEC / 2, .rtt_us = 600000,
	};
	struct adaptive adaptive = { 0 };
	struct points points;

	clip_points(&points);
	adaptive.level = points.n - 1;
	for (guint i = 0; i < 800; i++) {
		report.at_us += report.interval_us;
		report.octets = points.rate[adaptive.level] / 2;
		report.packets = report.octets / PACKET;
		report.lost = MAX(report.packets / 73, 1);
		adaptive_step(&adaptive, &points, &report);
	}
	g_assert_cmpuint(points.rate[adaptive.level] / ADAPTIVE_TCP_SHARE, <=,
			 tfrc_rate(&adaptive.tfrc));
	g_assert_cmpuint(adaptive.level, <, points.n - 1);
}

/* Whether the round trips of a full queue make one fall whose level is @times TCP's rate */
static gboolean contested_falls(double times)
{
	struct adapt_report report = {
		.at_us = 100 * G_USEC_PER_SEC, .interval_us = G_USEC_PER_SEC, .packets = 1,
		.octets = PACKET, .rtt_us = 350000,
	};
	struct adaptive adaptive = {
		.level = 6, .contested = TRUE, .rtt_min_us = BASE_RTT_US,
		.quiet_since_us = 80 * G_USEC_PER_SEC,
		.tfrc = { .rtt_us = report.rtt_us, .n = 2 },
	};
	double *interval = adaptive.tfrc.interval;
	struct points points;

	clip_points(&points);
	for (interval[1] = 1; tfrc_rate(&adaptive.tfrc) < points.rate[6] / times; interval[1]++)
		interval[0] = interval[1];
	for (guint i = 0; i < 4; i++) {
		report.at_us += G_USEC_PER_SEC;
		adaptive_step(&adaptive, &points, &report);
	}
	g_assert_cmpuint(adaptive.level, <=, 6);
	return adaptive.level < 6;
}

/* Beside a TCP that keeps the queue full it takes its share, and keeps a bit more */
static void test_adaptive_contested(void)
{
	g_assert_false(contested_falls(0.9));
	g_assert_false(contested_falls(ADAPTIVE_TCP_KEEP - 0.05));
	g_assert_true(contested_falls(ADAPTIVE_TCP_KEEP + 0.1));
}

/* -- viewers that share a link -------------------------------------------- */

#define CROWD_MAX	160

struct crowd {
	struct points points;
	struct share_viewer viewers[CROWD_MAX];
	guint n;
	struct coupled coupled;
	struct link link;
	gint64 now;
	double sent;
	double lost;
	guint64 rate;
};

static guint64 crowd_rate(const struct crowd *crowd)
{
	guint64 rate = 0;

	for (guint i = 0; i < crowd->n; i++)
		rate += crowd->points.rate[crowd->viewers[i].level];
	return rate;
}

static void crowd_start(struct crowd *crowd, guint n, double rate)
{
	memset(crowd, 0, sizeof(*crowd));
	clip_points(&crowd->points);
	crowd->n = n;
	for (guint i = 0; i < n; i++)
		crowd->viewers[i] = (struct share_viewer){
			.points = &crowd->points,
			.wanted = crowd->points.n - 1,
			.level = crowd->points.n - 1,
		};
	crowd->link = (struct link){ .rate = rate, .limit = rate / 4 };
	crowd->now = G_USEC_PER_SEC;
}

static void crowd_for(struct crowd *crowd, guint seconds)
{
	crowd->sent = crowd->lost = 0;
	for (guint i = 0; i < seconds; i++) {
		guint64 most = crowd->n * crowd->points.rate[crowd->points.n - 1];
		guint64 least = crowd->n * crowd->points.rate[0];
		struct adapt_report report;

		crowd->now += G_USEC_PER_SEC;
		crowd->rate = crowd_rate(crowd);
		link_second(&crowd->link, crowd->rate, crowd->now, &report);
		crowd->sent += report.packets;
		crowd->lost += report.lost;
		if (!coupled_step(&crowd->coupled, &report, crowd->rate, least, most))
			continue;
		share_allocate(crowd->viewers, crowd->n, crowd->coupled.limit ?
			       crowd->coupled.limit : G_MAXUINT64);
	}
}

/* What there is, is found soon, used, and divided evenly */
static void test_coupled_crowd(void)
{
	struct crowd crowd;
	guint lowest = G_MAXUINT, highest = 0;

	crowd_start(&crowd, CROWD_MAX, 4e6);
	crowd_for(&crowd, 20);
	crowd_for(&crowd, 300);
	g_assert_cmpfloat(crowd.lost / crowd.sent, <, 0.01);
	g_assert_cmpuint(crowd.rate, >, 0.9 * 4e6);
	g_assert_cmpuint(crowd.rate, <, 1.05 * 4e6);
	for (guint i = 0; i < crowd.n; i++) {
		lowest = MIN(lowest, crowd.viewers[i].level);
		highest = MAX(highest, crowd.viewers[i].level);
	}
	g_assert_cmpuint(highest - lowest, <=, 1);
}

/* Twice the link, and then enough of it for all */
static void test_coupled_rises(void)
{
	struct crowd crowd;

	crowd_start(&crowd, 40, 1e6);
	crowd_for(&crowd, 60);
	crowd.link = (struct link){ .rate = 2e6, .limit = 5e5 };
	crowd_for(&crowd, 140);
	g_assert_cmpuint(crowd.rate, >, 0.8 * 2e6);
	crowd.link = (struct link){ .rate = 1e8, .limit = 1e7 };
	crowd_for(&crowd, 400);
	g_assert_cmpuint(crowd.rate, ==, 40 * crowd.points.rate[crowd.points.n - 1]);
	g_assert_cmpuint(crowd.coupled.limit, ==, 0);
}

/* One period in which nearly nothing, or nothing, came through is no rate of the way */
static void test_coupled_outage(void)
{
	static const double losses[] = { 0.99, 1 };

	for (guint i = 0; i < G_N_ELEMENTS(losses); i++) {
		struct adapt_report report = {
			.interval_us = G_USEC_PER_SEC,
			.packets = 1000,
			.lost = 1000 * losses[i],
		};
		struct crowd crowd;
		guint64 whole;

		crowd_start(&crowd, 10, 1e8);
		whole = crowd_rate(&crowd);
		report.octets = whole;
		report.at_us = crowd.now;
		g_assert_true(coupled_step(&crowd.coupled, &report, whole, whole / 20, whole));
		g_assert_cmpuint(crowd.coupled.limit, >=, 0.74 * whole);
		share_allocate(crowd.viewers, crowd.n, crowd.coupled.limit);
		/* 2, 4, 8, 16 and 32 % more: what is left is a third */
		crowd_for(&crowd, 70);
		g_assert_cmpuint(crowd.rate, ==, whole);
		g_assert_cmpuint(crowd.coupled.limit, ==, 0);
	}
}

/* A long one: down to the lowest levels, no further, and up again in bounded time */
static void test_coupled_least(void)
{
	struct crowd crowd;
	guint64 least, whole;

	crowd_start(&crowd, 10, 1);
	whole = crowd_rate(&crowd);
	least = crowd.n * crowd.points.rate[0];
	crowd_for(&crowd, 300);
	g_assert_cmpuint(crowd.rate, ==, least);
	g_assert_cmpuint(crowd.coupled.limit, ==, least);
	crowd.link = (struct link){ .rate = 1e8, .limit = 1e7 };
	crowd_for(&crowd, 150);
	g_assert_cmpuint(crowd.rate, ==, whole);
}

/* A limit of next to nothing, where no rate is known, rises as well */
static void test_coupled_little(void)
{
	struct adapt_report report = {
		.at_us = G_USEC_PER_SEC, .interval_us = G_USEC_PER_SEC, .packets = 1000,
	};
	struct coupled coupled = { .limit = 1 };

	for (guint i = 0; i < 60; i++) {
		report.at_us += G_USEC_PER_SEC;
		coupled_step(&coupled, &report, 1, 0, 1000);
	}
	g_assert_cmpuint(coupled.limit, >, 5);
}

/* A second in which so much of a megabyte was lost: whether the limit has changed */
static gboolean megabyte(struct coupled *coupled, gint64 *now, double loss)
{
	struct adapt_report report = {
		.at_us = *now += G_USEC_PER_SEC,
		.interval_us = G_USEC_PER_SEC,
		.packets = 1000,
		.octets = 1000000,
		.lost = 1000 * loss,
	};

	return coupled_step(coupled, &report, report.octets, 1000, 1e9);
}

/* The queue that an experiment filled is sent before there is as much as before it */
static void test_coupled_drains(void)
{
	struct coupled coupled = { .limit = 1020000, .before = 1000000 };
	gint64 now = 0;

	g_assert_true(megabyte(&coupled, &now, 0.1));
	g_assert_cmpuint(coupled.limit, <=, 960000);
	g_assert_false(megabyte(&coupled, &now, 0.1));
	g_assert_false(megabyte(&coupled, &now, 0));
	g_assert_true(megabyte(&coupled, &now, 0));
	g_assert_cmpuint(coupled.limit, ==, 1000000);
	/* once */
	for (guint i = 0; i < 9; i++)
		g_assert_false(megabyte(&coupled, &now, 0));
}

/* What lost without an experiment is not stepped over on the way up, as long as it is known */
static void test_coupled_known(void)
{
	struct coupled coupled = { .limit = 1000000 };
	gint64 now = 0;

	g_assert_true(megabyte(&coupled, &now, 0.1));
	for (guint i = 0; i < 60; i++) {
		megabyte(&coupled, &now, 0);
		g_assert_cmpuint(coupled.limit, <, 1000000);
	}
	g_assert_cmpuint(coupled.limit, >, 950000);
}

/* How far it falls is told by all of what was lost, and not by how late most of it was */
static void test_coupled_uneven(void)
{
	struct coupled late = { .limit = 1000000 }, early = late;
	gint64 now = 0, then = 0;

	g_assert_false(megabyte(&late, &now, 0.02));
	g_assert_false(megabyte(&late, &now, 0));
	g_assert_true(megabyte(&late, &now, 0.05));
	g_assert_false(megabyte(&early, &then, 0.05));
	g_assert_false(megabyte(&early, &then, 0));
	g_assert_true(megabyte(&early, &then, 0.02));
	/* 0.07 of three seconds */
	g_assert_cmpuint(late.limit, >, 920000);
	g_assert_cmpuint(late.limit, ==, early.limit);
}

/* The stream has fewer layers than before */
static void test_adaptive_fewer_points(void)
{
	const struct adapt_report report = { .at_us = 1, .interval_us = 1, .packets = 1 };
	struct adaptive adaptive = { .level = 8 };
	struct points points;

	points_build(&points, clip, 1, &CAP(7, 15, 7), POINTS_FRAME_RATE_FIRST);
	adaptive_step(&adaptive, &points, &report);
	g_assert_cmpuint(adaptive.level, ==, points.n - 1);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/adapt/thesis/row15-estimate", test_thesis_estimate);
	g_test_add_func("/adapt/thesis/row16-row18-first-that-overshoots", test_thesis_target);
	g_test_add_func("/adapt/thesis/row17-one-step-a-report", test_thesis_step);
	g_test_add_func("/adapt/points/orders", test_points_orders);
	g_test_add_func("/adapt/points/wish", test_points_wish);
	g_test_add_func("/adapt/points/many", test_points_many);
	g_test_add_func("/adapt/means", test_means);
	g_test_add_func("/adapt/tfrc/equation", test_tfrc_equation);
	g_test_add_func("/adapt/tfrc/cubic", test_tfrc_cubic);
	g_test_add_func("/adapt/tfrc/forgets", test_tfrc_forgets);
	g_test_add_func("/adapt/share/fair", test_share_fair);
	g_test_add_func("/adapt/adaptive/wide", test_adaptive_wide);
	g_test_add_func("/adapt/adaptive/narrow", test_adaptive_narrow);
	g_test_add_func("/adapt/adaptive/steps", test_adaptive_steps);
	g_test_add_func("/adapt/adaptive/delay", test_adaptive_delay);
	g_test_add_func("/adapt/adaptive/faster", test_adaptive_faster);
	g_test_add_func("/adapt/adaptive/bucket", test_adaptive_bucket);
	g_test_add_func("/adapt/adaptive/drained", test_adaptive_drained);
	g_test_add_func("/adapt/adaptive/never-short", test_adaptive_never_short);
	g_test_add_data_func("/adapt/adaptive/no-trips", NULL, test_adaptive_no_trips);
	g_test_add_data_func("/adapt/adaptive/longer-trips",
			     GUINT_TO_POINTER(BASE_RTT_US + ADAPTIVE_QUEUE_US / 2),
			     test_adaptive_no_trips);
	g_test_add_func("/adapt/adaptive/own-drops", test_adaptive_own_drops);
	g_test_add_func("/adapt/adaptive/tcp", test_adaptive_tcp);
	g_test_add_func("/adapt/adaptive/contested", test_adaptive_contested);
	g_test_add_func("/adapt/adaptive/fewer-points", test_adaptive_fewer_points);
	g_test_add_func("/adapt/coupled/crowd", test_coupled_crowd);
	g_test_add_func("/adapt/coupled/rises", test_coupled_rises);
	g_test_add_func("/adapt/coupled/outage", test_coupled_outage);
	g_test_add_func("/adapt/coupled/least", test_coupled_least);
	g_test_add_func("/adapt/coupled/little", test_coupled_little);
	g_test_add_func("/adapt/coupled/drains", test_coupled_drains);
	g_test_add_func("/adapt/coupled/known", test_coupled_known);
	g_test_add_func("/adapt/coupled/uneven", test_coupled_uneven);
	return g_test_run();
}
