// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests for the rates of layers. Time goes on by moving what a rate
 * remembers of it back.
 */
#include <kunit/test.h>
#include <linux/array_size.h>
#include <linux/jiffies.h>
#include <linux/slab.h>
#include "rates.h"

#define WINDOW		msecs_to_jiffies(RTP_RATES_WINDOW_MS)
#define PER_SECOND	(1000 / RTP_RATES_WINDOW_MS)

static struct rtp_rate *rate_new(struct kunit *test)
{
	struct rtp_rate *rate;

	rate = kunit_kzalloc(test, sizeof(*rate), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, rate);

	return rate;
}

/* So many windows later, to the jiffy. */
static void rate_later(struct rtp_rate *rate, unsigned long windows)
{
	rate->start = jiffies - windows * WINDOW;
}

static u32 rate_now(const struct rtp_rate *rate, unsigned long windows)
{
	return rtp_rate_read(rate, rate->start + windows * WINDOW);
}

/* By hand: 1000, 2000 and 0 bytes are 5000, 10000 and 0 a second. The first
 * counts in full; then (5000 * 15 + 10000) / 16 = 5312, 5312 * 15 / 16 = 4980.
 */
static void rate_by_hand(struct kunit *test)
{
	struct rtp_rate *rate = rate_new(test);

	rtp_rate_add(rate, 400);
	rtp_rate_add(rate, 600);
	KUNIT_EXPECT_EQ(test, rate->rate, 0);
	rate_later(rate, 1);
	rtp_rate_add(rate, 2000);
	KUNIT_EXPECT_EQ(test, rate->rate, 1000 * PER_SECOND);
	rate_later(rate, 1);
	rtp_rate_add(rate, 10);
	KUNIT_EXPECT_EQ(test, rate->rate, 5312);
	/* The window with 10 bytes has not ended; the next has none. */
	KUNIT_EXPECT_EQ(test, rate_now(rate, 0), 5312);
	KUNIT_EXPECT_EQ(test, rate_now(rate, 1), 5312);
	KUNIT_EXPECT_EQ(test, rate_now(rate, 2), 4980);

	KUNIT_EXPECT_EQ(test, u64_stats_read(&rate->packets), 4);
	KUNIT_EXPECT_EQ(test, u64_stats_read(&rate->octets), 3010);
}

/* A window is over after 200 ms, and not before. */
static void rate_window(struct kunit *test)
{
	struct rtp_rate *rate = rate_new(test);
	unsigned long start;

	rtp_rate_add(rate, 1000);
	start = jiffies - WINDOW / 2;
	rate->start = start;
	rtp_rate_add(rate, 1000);
	KUNIT_EXPECT_EQ(test, rate->rate, 0);
	KUNIT_EXPECT_EQ(test, rate->start, start);

	/* The next begins where it ended, not where the datagram came. */
	start = jiffies - WINDOW - WINDOW / 2;
	rate->start = start;
	rtp_rate_add(rate, 1000);
	KUNIT_EXPECT_EQ(test, rate->rate, 2000 * PER_SECOND);
	KUNIT_EXPECT_EQ(test, rate->start, start + WINDOW);
	KUNIT_EXPECT_EQ(test, rate->window, 1000);
}

/* What comes every window in the same amount is its own rate. */
static void rate_constant(struct kunit *test)
{
	struct rtp_rate *rate = rate_new(test);
	unsigned int i;

	for (i = 0; i < 100; i++) {
		rtp_rate_add(rate, 25000);
		rate_later(rate, 1);
	}
	KUNIT_EXPECT_EQ(test, rate->rate, 25000 * PER_SECOND);
}

/* Without datagrams a sixteenth goes with each window, to nothing. */
static void rate_decays(struct kunit *test)
{
	struct rtp_rate *rate = rate_new(test);
	u32 expected = 1000000, i;

	rtp_rate_add(rate, expected / PER_SECOND);
	rate_later(rate, 1);
	rtp_rate_add(rate, 0);
	KUNIT_ASSERT_EQ(test, rate->rate, expected);

	for (i = 1; i < 300; i++) {
		KUNIT_ASSERT_EQ(test, rate_now(rate, i), expected);
		expected = expected * 15 / 16;
	}
	KUNIT_EXPECT_EQ(test, expected, 0);
	KUNIT_EXPECT_EQ(test, rate_now(rate, 1000000), 0);
	/* a counter of jiffies that wrapped in between */
	KUNIT_EXPECT_EQ(test, rtp_rate_read(rate, rate->start - 1), 0);

	/* The same when the next datagram comes, less what its window had. */
	rate_later(rate, 11);
	rtp_rate_add(rate, 5);
	for (i = 0, expected = 1000000; i < 11; i++)
		expected = expected * 15 / 16;
	KUNIT_EXPECT_EQ(test, rate->rate, expected);
	KUNIT_EXPECT_EQ(test, rate->window, 5);

	/* and begins anew when nothing is left */
	rate_later(rate, 100000);
	rtp_rate_add(rate, 100);
	KUNIT_EXPECT_EQ(test, rate->rate, 0);
	rate_later(rate, 1);
	rtp_rate_add(rate, 100);
	KUNIT_EXPECT_EQ(test, rate->rate, 100 * PER_SECOND);
}

static void rates_list(struct kunit *test)
{
	static const struct rtp_layer layers[] = {
		{ .did = 2, .tid = 1 }, { .did = 0, .tid = 7 },
		{ .did = 7, .qid = 15, .tid = 0 }, { .did = 2, .qid = 3 },
	};
	struct u64_stats_sync syncp;
	struct rtp_fanout_layer *list;
	struct rtp_rates *rates;
	unsigned int i;

	u64_stats_init(&syncp);
	rates = kunit_kzalloc(test, sizeof(*rates), GFP_KERNEL);
	list = kunit_kcalloc(test, 5, sizeof(*list), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, rates);
	KUNIT_ASSERT_NOT_NULL(test, list);

	KUNIT_EXPECT_EQ(test, rtp_rates_list(rates, &syncp, list, 5), 0);
	for (i = 0; i < ARRAY_SIZE(layers); i++) {
		struct rtp_rate *rate = rtp_rates_layer(rates, &layers[i]);

		KUNIT_ASSERT_NOT_NULL(test, rate);
		KUNIT_EXPECT_PTR_EQ(test, rtp_rates_layer(rates, &layers[i]),
				    rate);
		rtp_rate_add(rate, 100 + i);
	}

	/* From the base layer up, and no more than there is room for */
	KUNIT_EXPECT_EQ(test, rtp_rates_list(rates, &syncp, list, 5), 4);
	KUNIT_EXPECT_EQ(test, list[0].tid, 7);
	KUNIT_EXPECT_EQ(test, list[0].octets, 101);
	KUNIT_EXPECT_EQ(test, list[1].did, 2);
	KUNIT_EXPECT_EQ(test, list[1].qid, 0);
	KUNIT_EXPECT_EQ(test, list[1].tid, 1);
	KUNIT_EXPECT_EQ(test, list[1].octets, 100);
	KUNIT_EXPECT_EQ(test, list[2].did, 2);
	KUNIT_EXPECT_EQ(test, list[2].qid, 3);
	KUNIT_EXPECT_EQ(test, list[2].octets, 103);
	KUNIT_EXPECT_EQ(test, list[3].did, 7);
	KUNIT_EXPECT_EQ(test, list[3].qid, 15);
	KUNIT_EXPECT_EQ(test, list[3].packets, 1);
	list[3].packets = 99;
	KUNIT_EXPECT_EQ(test, rtp_rates_list(rates, &syncp, list, 3), 3);
	KUNIT_EXPECT_EQ(test, list[3].packets, 99);

	rtp_rates_exit(rates);
}

static struct kunit_case rates_cases[] = {
	KUNIT_CASE(rate_by_hand),
	KUNIT_CASE(rate_window),
	KUNIT_CASE(rate_constant),
	KUNIT_CASE(rate_decays),
	KUNIT_CASE(rates_list),
	{}
};

static struct kunit_suite rates_suite = {
	.name = "rtprelay_rates",
	.test_cases = rates_cases,
};

kunit_test_suite(rates_suite);
