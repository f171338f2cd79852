// SPDX-License-Identifier: GPL-2.0-or-later
/* Which side is slow: what is said of what the counters say */
#include <string.h>

#include "meter.h"
#include "verdict.h"

struct track_case {
	const char *name;
	struct verdict_track seen;
	struct rtp_fanout_info info;
	enum verdict_side side;
	const char *says;
};

static const struct track_case track_cases[] = {
	{ "good", { TRUE, TRUE, NULL, 100, 0, 0 }, { .rx_packets = 9 }, VERDICT_NONE, "" },
	{ "not-yet", { FALSE, FALSE, NULL, 0, 0, 0 }, { 0 }, VERDICT_UPSTREAM,
	  "does not send" },
	{ "not-measured", { TRUE, FALSE, NULL, 0, 0, 0 }, { 0 }, VERDICT_NONE, "" },
	{ "never", { TRUE, TRUE, NULL, 0, 0, 0 }, { 0 }, VERDICT_UPSTREAM,
	  "nothing has come" },
	{ "no-more", { TRUE, TRUE, NULL, 0, 0, 0 }, { .rx_packets = 9 }, VERDICT_UPSTREAM,
	  "nothing comes" },
	{ "lost", { TRUE, TRUE, NULL, 95, 5, 0 }, { .rx_packets = 9, .rx_lost = 1 },
	  VERDICT_UPSTREAM, "5.0 % is lost" },
	{ "lost-little", { TRUE, TRUE, NULL, 10000, 1, 0 }, { .rx_packets = 9 },
	  VERDICT_NONE, "" },
	{ "queue", { TRUE, TRUE, NULL, 100, 50, 50 },
	  { .rx_packets = 9, .rx_dropped_queue = 7, .rx_dropped_late = 1 },
	  VERDICT_RELAY, "receive queue is full" },
	{ "late", { TRUE, TRUE, NULL, 100, 0, 0.1 },
	  { .rx_packets = 9, .rx_dropped_late = 7, .rx_dropped_nomem = 1 },
	  VERDICT_UPSTREAM, "1 datagrams a second are dropped: they come too late" },
};

static void test_track(gconstpointer data)
{
	const struct track_case *test = data;
	struct verdict_track seen = test->seen;
	struct verdict verdict;

	seen.info = &test->info;
	verdict_of_track(&seen, &verdict);
	g_assert_cmpint(verdict.side, ==, test->side);
	g_assert_nonnull(strstr(verdict.why, test->says));
	g_assert_cmpint(!*verdict.why, ==, !*test->says);
}

struct leg_case {
	const char *name;
	struct verdict_leg seen;
	struct rtp_fanout_dest_info info;
	enum verdict_side side;
	const char *says;
	gboolean track_lost;
};

#define AGE	.age_ms = 20000, .timeout_ms = 60000
#define NO_LOSS	.loss = -1

static const struct leg_case leg_cases[] = {
	{ "good", { AGE, .loss = 0.009 }, { .packets = 9 }, VERDICT_NONE, "" },
	{ "unreported", { AGE, NO_LOSS }, { .packets = 9 }, VERDICT_NONE, "" },
	{ "network", { AGE, .loss = 0.05 }, { .packets = 9 }, VERDICT_NETWORK, "5.0 % lost" },
	{ "upstream-first", { AGE, .loss = 0.05 }, { .packets = 9 }, VERDICT_UPSTREAM,
	  "on the way from the server", TRUE },
	{ "link", { AGE, NO_LOSS, .dropped_rate = 12 },
	  { .packets = 9, .dropped_inflight = 5, .dropped_mtu = 1 }, VERDICT_RELAY,
	  "12 datagrams a second are dropped: too many bytes are in flight" },
	{ "mtu", { AGE, NO_LOSS, .dropped_rate = 12 },
	  { .packets = 9, .dropped_mtu = 5 }, VERDICT_NETWORK, "MTU" },
	{ "reader", { AGE, NO_LOSS, .dropped_rate = 12, .interleaved = TRUE },
	  { .packets = 9 }, VERDICT_VIEWER, "its connection takes less" },
	{ "silent", { AGE, NO_LOSS, .silent_ms = 31000 }, { .packets = 9 },
	  VERDICT_VIEWER, "RTP over TCP" },
	{ "silent-tcp", { AGE, NO_LOSS, .silent_ms = 31000, .interleaved = TRUE },
	  { .packets = 9 }, VERDICT_NONE, "" },
	{ "nothing", { AGE, NO_LOSS }, { .packets = 0 }, VERDICT_UPSTREAM, "sent nothing" },
	{ "just-begun", { NO_LOSS, .age_ms = 10, .timeout_ms = 60000 }, { .packets = 0 },
	  VERDICT_NONE, "" },
	{ "switching", { AGE, NO_LOSS }, { .packets = 9, .cap.did = 1 }, VERDICT_NONE,
	  "key frame" },
};

static void test_leg(gconstpointer data)
{
	const struct verdict good = { VERDICT_NONE, "" };
	const struct verdict lost = { VERDICT_UPSTREAM, "lost on the way from the server" };
	const struct leg_case *test = data;
	struct verdict_leg seen = test->seen;
	struct verdict verdict;

	seen.track = test->track_lost ? &lost : &good;
	seen.info = &test->info;
	verdict_of_leg(&seen, &verdict);
	g_assert_cmpint(verdict.side, ==, test->side);
	g_assert_nonnull(strstr(verdict.why, test->says));
	g_assert_cmpint(!*verdict.why, ==, !*test->says);
}

static void test_meter(void)
{
	struct meter meter = { 0 };

	meter_sample(&meter, 1000);
	g_assert_false(meter.ready);
	g_assert_cmpfloat(meter.rate, ==, 0);
	g_usleep(20000);
	meter_sample(&meter, 3000);
	g_assert_true(meter.ready);
	g_assert_cmpfloat(meter.rate, >, 0);
	g_assert_cmpfloat(meter.rate, <=, 2000 * 50);
	/* begun anew */
	g_usleep(1000);
	meter_sample(&meter, 10);
	g_assert_false(meter.ready);
	g_assert_cmpfloat(meter.rate, ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(track_cases); i++) {
		g_autofree char *name = g_strconcat("/verdict/track/", track_cases[i].name,
						    NULL);

		g_test_add_data_func(name, &track_cases[i], test_track);
	}
	for (guint i = 0; i < G_N_ELEMENTS(leg_cases); i++) {
		g_autofree char *name = g_strconcat("/verdict/leg/", leg_cases[i].name, NULL);

		g_test_add_data_func(name, &leg_cases[i], test_leg);
	}
	g_test_add_func("/verdict/meter", test_meter);
	return g_test_run();
}
