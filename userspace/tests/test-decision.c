// SPDX-License-Identifier: GPL-2.0-or-later
/* Why a viewer has its layers, in words; rates as they are read and written */
#include "decision.h"
#include "points.h"

#define REPORT(lost_packets)				\
	((struct adapt_report){				\
		.at_us = G_USEC_PER_SEC,		\
		.interval_us = 2 * G_USEC_PER_SEC,	\
		.packets = 1000,			\
		.octets = 775000,			\
		.lost = (lost_packets),			\
		.rtt_us = 260000,			\
	})

static const struct points points = {
	.n = 3,
	.rate = { 50000, 130000, 390000 },
};

static void test_rates(void)
{
	static const struct {
		const char *text;
		guint64 bits;	/* 0 when it is none */
	} cases[] = {
		{ "1", 1 }, { "64000", 64000 }, { "800k", 800000 }, { "20M", 20000000 },
		{ "10G", 10000000000 }, { "1000G", RATE_MAX }, { "1000000000000", RATE_MAX },
		{ "", 0 }, { "0", 0 }, { "0k", 0 }, { "k", 0 }, { "-1", 0 }, { "+1", 0 },
		{ " 1", 0 }, { "1 ", 0 }, { "1.5M", 0 }, { "1K", 0 }, { "1m", 0 }, { "1kk", 0 },
		{ "1001G", 0 }, { "1000000000001", 0 }, { "99999999999999999999999", 0 },
		{ "0x10", 0 }, { "1b", 0 },
	};
	static const struct {
		guint64 octets;
		const char *text;
	} written[] = {
		{ 0, "0 kb/s" }, { 125, "1 kb/s" }, { 62500, "500 kb/s" },
		{ 124937, "999 kb/s" }, { 124938, "1.0 Mb/s" }, { 387500, "3.1 Mb/s" },
		{ 125000000, "1.0 Gb/s" }, { G_MAXUINT64, "99999999.0 Gb/s" },
	};
	char text[RATE_STRLEN];

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		guint64 bits = 0;

		g_test_message("%s", cases[i].text);
		g_assert_cmpint(rate_parse(cases[i].text, &bits), ==, cases[i].bits != 0);
		g_assert_cmpuint(bits, ==, cases[i].bits);
	}
	for (guint i = 0; i < G_N_ELEMENTS(written); i++)
		g_assert_cmpstr(rate_to_string(written[i].octets, text), ==, written[i].text);
}

static void test_adapted(void)
{
	static const struct {
		enum adaptive_reason reason;
		guint level;
		guint lost;
		enum decision_reason decided;
		const char *text;
	} steps[] = {
		{ ADAPTIVE_STEADY, 2, 0, DECISION_WISH, "wish" },
		{ ADAPTIVE_LOSS, 1, 40, DECISION_LOSS, "loss 4.0 % at 3.1 Mb/s" },
		/* why it fell is still why it has less */
		{ ADAPTIVE_STEADY, 1, 0, DECISION_LOSS, "loss 4.0 % at 3.1 Mb/s" },
		{ ADAPTIVE_TRY, 2, 0, DECISION_PROBING, "probing 3.1 Mb/s" },
		{ ADAPTIVE_FAILED, 1, 25, DECISION_FAILED, "probing 3.1 Mb/s failed, loss 2.5 %" },
		{ ADAPTIVE_TRY, 1, 0, DECISION_PROBING, "probing 1.0 Mb/s" },
		{ ADAPTIVE_STEADY, 1, 0, DECISION_STEADY, "steady at 1.0 Mb/s" },
		{ ADAPTIVE_DELAY, 0, 0, DECISION_DELAY, "a queue of 240 ms on the way at 3.1 Mb/s" },
		{ ADAPTIVE_TCP, 0, 0, DECISION_TCP,
		  "a TCP on the same way would get too little at 3.1 Mb/s" },
		{ ADAPTIVE_STEADY, 2, 0, DECISION_WISH, "wish" },
		{ ADAPTIVE_STEADY, 0, 0, DECISION_STEADY, "steady at 400 kb/s" },
	};
	struct adaptive adaptive = { .rtt_min_us = 20000 };
	struct decision decision = { DECISION_WISH, "" };

	for (guint i = 0; i < G_N_ELEMENTS(steps); i++) {
		adaptive.level = steps[i].level;
		decision_adapted(&decision, steps[i].reason, &adaptive, &points,
				 &REPORT(steps[i].lost));
		g_assert_cmpstr(decision_text(&decision), ==, steps[i].text);
		g_assert_cmpint(decision.reason, ==, steps[i].decided);
	}
	/* a trial that goes on is one */
	decision_adapted(&decision, ADAPTIVE_TRY, &adaptive, &points, &REPORT(0));
	adaptive.trial_until_us = 5;
	decision_adapted(&decision, ADAPTIVE_STEADY, &adaptive, &points, &REPORT(0));
	g_assert_cmpint(decision.reason, ==, DECISION_PROBING);
}

static void test_limited(void)
{
	struct decision decision = { DECISION_WISH, "" };

	decision_limited(&decision, DECISION_BANDWIDTH, "", 62500, 1);
	g_assert_cmpstr(decision_text(&decision), ==, "wish of 500 kb/s");
	decision_limited(&decision, DECISION_VIEWER, "", 62500, 1);
	g_assert_cmpstr(decision_text(&decision), ==, "path limit of 500 kb/s for a viewer");
	decision_limited(&decision, DECISION_PATH, "/cam", 125000, 3);
	g_assert_cmpstr(decision_text(&decision), ==, "path limit of 1.0 Mb/s shared by 3");
	decision_limited(&decision, DECISION_INTERFACE, "eth0", 125000, 3);
	g_assert_cmpstr(decision_text(&decision), ==, "eth0 limit of 1.0 Mb/s shared by 3");
	decision_limited(&decision, DECISION_HOST, "", 12500000, 12);
	g_assert_cmpstr(decision_text(&decision), ==, "host limit of 100.0 Mb/s shared by 12");
}

static void test_thesis(void)
{
	struct decision decision = { DECISION_WISH, "" };

	decision_thesis(&decision, &points, 1, &REPORT(100));
	g_assert_cmpint(decision.reason, ==, DECISION_THESIS);
	g_assert_cmpstr(decision_text(&decision), ==, "estimate of 2.8 Mb/s");
	decision_thesis(&decision, &points, 2, &REPORT(0));
	g_assert_cmpstr(decision_text(&decision), ==, "wish");
}

/* Each has a name of its own. */
static void test_names(void)
{
	for (guint i = 0; i < DECISION_REASONS; i++)
		for (guint k = 0; k < i; k++)
			g_assert_cmpstr(decision_name(i), !=, decision_name(k));
}

/* A datagram of 100 octets has 40 more on its way, one of 1,000 as well. */
static void test_headers(void)
{
	struct rtp_fanout_layer layers[] = {
		{ .rate = 1000, .packets = 50, .octets = 5000 },
		{ .tid = 1, .rate = 10000, .packets = 50, .octets = 50000 },
		{ .tid = 2, .rate = 0, .packets = 0, .octets = 0 },
	};

	points_add_headers(layers, G_N_ELEMENTS(layers), 40);
	g_assert_cmpuint(layers[0].rate, ==, 1400);
	g_assert_cmpuint(layers[1].rate, ==, 10400);
	g_assert_cmpuint(layers[2].rate, ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/decision/rates", test_rates);
	g_test_add_func("/decision/adapted", test_adapted);
	g_test_add_func("/decision/limited", test_limited);
	g_test_add_func("/decision/thesis", test_thesis);
	g_test_add_func("/decision/names", test_names);
	g_test_add_func("/decision/headers", test_headers);
	return g_test_run();
}
