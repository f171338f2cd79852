// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests for the SSRC and the timestamps of what leaves, and for the
 * jitter of what comes.
 */
#include <kunit/test.h>
#include <linux/array_size.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/time64.h>
#include <linux/unaligned.h>
#include "packet.h"
#include "random_test.h"
#include "source.h"

#define SSRC	0x1234abcd
#define OTHER	0x5678ef01
#define MS	((u64)NSEC_PER_MSEC)
/* A machine that has been up for a month. */
#define T0	(30 * 86400 * (u64)NSEC_PER_SEC + 123456789)

static const u32 clock_rates[] = { 8000, 90000 };

/* The timestamp with which a datagram of @timestamp leaves. */
static u32 source_leaves(struct rtp_source *source, enum rtp_verdict verdict,
			 u32 timestamp, u64 time)
{
	u8 hdr[RTP_HDR_LEN] = {};

	rtp_source_arrive(source, verdict, timestamp, time);
	put_unaligned_be32(timestamp, hdr + RTP_HDR_TIMESTAMP);
	if (rtp_source_rewrites(source))
		rtp_source_rewrite(source, hdr);

	return get_unaligned_be32(hdr + RTP_HDR_TIMESTAMP);
}

static void source_is_left_alone(struct kunit *test)
{
	struct rtp_source source = {};

	KUNIT_EXPECT_EQ(test, source_leaves(&source, RTP_ACCEPT_FIRST, 7, T0),
			7);
	KUNIT_EXPECT_EQ(test, source_leaves(&source, RTP_ACCEPT, 9, T0 + MS),
			9);
	KUNIT_EXPECT_EQ(test,
			source_leaves(&source, RTP_ACCEPT_FIRST, 1000, T0 + MS),
			1000);
	KUNIT_EXPECT_FALSE(test, rtp_source_rewrites(&source));
	KUNIT_EXPECT_EQ(test, source.jitter, 0);
	KUNIT_EXPECT_EQ(test, source.offset, 0);
}

/* Of the header the SSRC and the timestamp change, and nothing else. */
static void source_rewrites_header(struct kunit *test)
{
	struct rtp_source source = { .ssrc = SSRC, .clock_rate = 90000 };
	u8 hdr[RTP_HDR_LEN], before[RTP_HDR_LEN];

	memset(hdr, 0xa5, sizeof(hdr));
	memcpy(before, hdr, sizeof(hdr));
	KUNIT_EXPECT_TRUE(test, rtp_source_rewrites(&source));
	rtp_source_rewrite(&source, hdr);
	KUNIT_EXPECT_MEMEQ(test, hdr, before, RTP_HDR_SSRC);
	KUNIT_EXPECT_EQ(test, get_unaligned_be32(hdr + RTP_HDR_SSRC), SSRC);

	source.ssrc = 0;
	source.offset = 0x11223344;
	memcpy(hdr, before, sizeof(hdr));
	KUNIT_EXPECT_TRUE(test, rtp_source_rewrites(&source));
	rtp_source_rewrite(&source, hdr);
	KUNIT_EXPECT_MEMEQ(test, hdr, before, RTP_HDR_TIMESTAMP);
	KUNIT_EXPECT_EQ(test, get_unaligned_be32(hdr + RTP_HDR_TIMESTAMP),
			0xa5a5a5a5 + 0x11223344);
	KUNIT_EXPECT_EQ(test, get_unaligned_be32(hdr + RTP_HDR_SSRC),
			0xa5a5a5a5);
}

/* Another source: the timestamps go on by the time between the arrivals. */
static void source_goes_on(struct kunit *test)
{
	struct rtp_source source;
	unsigned int i;
	u32 rate;

	for (i = 0; i < ARRAY_SIZE(clock_rates); i++) {
		rate = clock_rates[i];
		source = (struct rtp_source) { .clock_rate = rate };

		KUNIT_EXPECT_EQ(test, source_leaves(&source, RTP_ACCEPT_FIRST,
						    100, T0), 100);
		KUNIT_EXPECT_EQ(test, source_leaves(&source, RTP_ACCEPT,
						    100 + rate / 50,
						    T0 + 20 * MS),
				100 + rate / 50);
		/* 2.5 s later, and with timestamps that lie anywhere */
		KUNIT_EXPECT_EQ(test,
				source_leaves(&source, RTP_ACCEPT_FIRST,
					      0xdeadbeef, T0 + 2520 * MS),
				100 + rate / 50 + rate * 5 / 2);
		KUNIT_EXPECT_EQ(test, source_leaves(&source, RTP_ACCEPT,
						    0xdeadbeef + 10,
						    T0 + 2521 * MS),
				110 + rate / 50 + rate * 5 / 2);
		/* and a third, that of 20 ms after the newest */
		KUNIT_EXPECT_EQ(test,
				source_leaves(&source, RTP_ACCEPT_FIRST, 5,
					      T0 + 2541 * MS),
				110 + rate / 50 * 2 + rate * 5 / 2);
	}
}

static void source_timestamps_wrap(struct kunit *test)
{
	struct rtp_source source = { .clock_rate = 90000 };
	unsigned int i;
	u32 left;

	left = source_leaves(&source, RTP_ACCEPT_FIRST, U32_MAX - 10, T0);
	KUNIT_EXPECT_EQ(test, left, U32_MAX - 10);
	/* Over the wrap of what leaves, then over that of what comes. */
	KUNIT_EXPECT_EQ(test, source_leaves(&source, RTP_ACCEPT_FIRST,
					    U32_MAX - 4000, T0 + 40 * MS),
			3600 - 11);
	for (i = 1; i < 4; i++)
		KUNIT_EXPECT_EQ(test, source_leaves(&source, RTP_ACCEPT,
						    U32_MAX - 4000 + i * 3600,
						    T0 + (1 + i) * 40 * MS),
				3600 - 11 + i * 3600);
	KUNIT_EXPECT_EQ(test, source_leaves(&source, RTP_ACCEPT_FIRST, 77,
					    T0 + 200 * MS),
			3600 - 11 + 4 * 3600);

	/* Which is the newest is known across the wrap. */
	source = (struct rtp_source) { .clock_rate = 90000 };
	source_leaves(&source, RTP_ACCEPT_FIRST, U32_MAX - 1000, T0);
	source_leaves(&source, RTP_ACCEPT, 3600 - 1001, T0 + 39 * MS);
	KUNIT_EXPECT_EQ(test, source_leaves(&source, RTP_ACCEPT_FIRST, 77,
					    T0 + 79 * MS),
			2 * 3600 - 1001);
}

/* Nothing came for so long that the timestamps wrapped, some times over. */
static void source_silence(struct kunit *test)
{
	static const u64 days[] = { 1, 3, 400 };
	struct rtp_source source;
	unsigned int i, j;
	u32 rate;

	for (i = 0; i < ARRAY_SIZE(clock_rates); i++) {
		for (j = 0; j < ARRAY_SIZE(days); j++) {
			u64 passed = days[j] * 86400;

			rate = clock_rates[i];
			source = (struct rtp_source) { .clock_rate = rate };
			source_leaves(&source, RTP_ACCEPT_FIRST, 1, T0);
			KUNIT_EXPECT_EQ(test,
					source_leaves(&source, RTP_ACCEPT_FIRST,
						      2, T0 + passed *
						      NSEC_PER_SEC),
					1 + (u32)(passed * rate));
		}
	}
}

/* They never stand still or go back, whatever the clock says. */
static void source_no_time_passed(struct kunit *test)
{
	static const s64 passed[] = { 0, 1, 5000, -1, -20 * (s64)MS };
	struct rtp_source source;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(passed); i++) {
		source = (struct rtp_source) { .clock_rate = 90000 };
		source_leaves(&source, RTP_ACCEPT_FIRST, 3000, T0);
		KUNIT_EXPECT_EQ(test, source_leaves(&source, RTP_ACCEPT_FIRST,
						    0, T0 + passed[i]),
				3001);
	}
}

/* Pictures that are shown in another order: they go on from the newest, which
 * is not the one that came last.
 */
static void source_reordered_pictures(struct kunit *test)
{
	struct rtp_source source = { .clock_rate = 90000 };

	source_leaves(&source, RTP_ACCEPT_FIRST, 0, T0);
	source_leaves(&source, RTP_ACCEPT, 10800, T0 + 40 * MS);
	KUNIT_EXPECT_EQ(test, source_leaves(&source, RTP_ACCEPT, 3600,
					    T0 + 80 * MS), 3600);
	KUNIT_EXPECT_EQ(test, source_leaves(&source, RTP_ACCEPT_LATE, 7200,
					    T0 + 120 * MS), 7200);
	KUNIT_EXPECT_EQ(test, source_leaves(&source, RTP_ACCEPT_FIRST, 50,
					    T0 + 140 * MS), 10800 + 9000);
}

/* Timestamps of the same SSRC that jump back do so for everybody; after a
 * second they are what is gone on from.
 */
static void source_goes_back(struct kunit *test)
{
	struct rtp_source source = { .clock_rate = 8000 };

	source_leaves(&source, RTP_ACCEPT_FIRST, 1000000, T0);
	KUNIT_EXPECT_EQ(test, source_leaves(&source, RTP_ACCEPT, 500,
					    T0 + 1001 * MS), 500);
	KUNIT_EXPECT_EQ(test, source_leaves(&source, RTP_ACCEPT_FIRST, 9,
					    T0 + 1021 * MS), 660);
}

/* Whatever comes when, it leaves as if there had been one source all the time. */
static void source_random(struct kunit *test)
{
	struct rnd_state random;
	struct rtp_source source;
	unsigned int i, n;

	random_begin(test, &random);
	for (i = 0; i < ARRAY_SIZE(clock_rates); i++) {
		u32 rate = clock_rates[i], one, own, ticks;
		u64 ms = 0;

		source = (struct rtp_source) { .clock_rate = rate };
		one = prandom_u32_state(&random);
		own = one;
		for (n = 0; n < 2000; n++) {
			bool anew = !n || !random_in(&random, 0, 9);

			if (anew && n)
				own = prandom_u32_state(&random);
			ms += random_in(&random, 1, 5000);
			ticks = ms * (rate / 1000);
			KUNIT_ASSERT_EQ(test,
					source_leaves(&source, anew ?
						      RTP_ACCEPT_FIRST :
						      RTP_ACCEPT,
						      own + ticks, T0 + ms * MS),
					one + ticks);
		}
	}
}

/* RFC 3550, section 6.4.1: a sixteenth of the way with each datagram. */
static void source_jitter_by_hand(struct kunit *test)
{
	struct rtp_source source = { .clock_rate = 8000 };

	source_leaves(&source, RTP_ACCEPT_FIRST, 0, 0);
	source_leaves(&source, RTP_ACCEPT, 160, 20 * MS);
	KUNIT_EXPECT_EQ(test, source.jitter, 0);
	/* 4 ms late is 32 ticks: 2 of them */
	source_leaves(&source, RTP_ACCEPT, 320, 44 * MS);
	KUNIT_EXPECT_EQ(test, source.scaled, 32);
	KUNIT_EXPECT_EQ(test, source.jitter, 2);
	/* in time again, which is as far from the one before */
	source_leaves(&source, RTP_ACCEPT, 480, 60 * MS);
	KUNIT_EXPECT_EQ(test, source.scaled, 32 + 32 - 2);
	KUNIT_EXPECT_EQ(test, source.jitter, 3);
	/* in the order of arrival, whatever the number is */
	source_leaves(&source, RTP_ACCEPT_LATE, 400, 60 * MS);
	KUNIT_EXPECT_EQ(test, source.scaled, 62 + 80 - 4);
	/* another source has its own */
	source_leaves(&source, RTP_ACCEPT_FIRST, 99, 500 * MS);
	KUNIT_EXPECT_EQ(test, source.jitter, 0);
	source_leaves(&source, RTP_ACCEPT, 99 + 160, 520 * MS);
	KUNIT_EXPECT_EQ(test, source.jitter, 0);
}

/* What comes evenly has none, over the wraps of both clocks. */
static void source_jitter_of_none(struct kunit *test)
{
	struct rtp_source source;
	unsigned int i, n;

	for (i = 0; i < ARRAY_SIZE(clock_rates); i++) {
		u32 rate = clock_rates[i];

		source = (struct rtp_source) { .clock_rate = rate };
		for (n = 0; n < 100; n++) {
			source_leaves(&source, n ? RTP_ACCEPT :
						   RTP_ACCEPT_FIRST,
				      U32_MAX - rate + n * (rate / 25),
				      T0 + n * 40 * MS);
			KUNIT_ASSERT_EQ(test, source.scaled, 0);
		}
	}
}

/* Timestamps that jump within an SSRC, or stand still while the source pauses:
 * what the jitter was it is, and what comes then is measured as ever.
 */
static void source_jitter_of_jump(struct kunit *test)
{
	static const s64 jumps[] = { 6, -6, 3600, -3600, 20000, -20000 };
	struct rtp_source source = { .clock_rate = 90000 };
	u32 timestamp = 12345, before;
	unsigned int i, n;
	u64 time = T0;

	source_leaves(&source, RTP_ACCEPT_FIRST, timestamp, time);
	for (i = 0; i < ARRAY_SIZE(jumps); i++) {
		for (n = 0; n < 100; n++) {
			timestamp += 3600;
			time += 40 * MS;
			/* each second one comes 1 ms late */
			source_leaves(&source, RTP_ACCEPT, timestamp,
				      time + n % 2 * MS);
		}
		before = source.jitter;
		KUNIT_EXPECT_GE(test, before, 80);
		KUNIT_EXPECT_LE(test, before, 90);

		timestamp += 3600 + jumps[i] * 90000;
		time += 40 * MS;
		source_leaves(&source, RTP_ACCEPT, timestamp, time);
		KUNIT_EXPECT_EQ(test, source.jitter, before);
	}

	/* the source stood still for a minute */
	source_leaves(&source, RTP_ACCEPT, timestamp + 3600,
		      time + 60000 * MS);
	KUNIT_EXPECT_EQ(test, source.jitter, before);

	/* What the network can do counts. */
	source_leaves(&source, RTP_ACCEPT, timestamp + 7200,
		      time + 65000 * MS);
	KUNIT_EXPECT_GE(test, source.jitter, 4 * 90000 / 16);
}

/* A sender of whatever timestamps it likes: nothing overflows. */
static void source_jitter_extreme(struct kunit *test)
{
	struct rtp_source source = { .clock_rate = U32_MAX };
	unsigned int n;

	source_leaves(&source, RTP_ACCEPT_FIRST, 0, 0);
	for (n = 1; n < 1000; n++) {
		source_leaves(&source, RTP_ACCEPT, n << 31, 0);
		KUNIT_ASSERT_LE(test, source.jitter, 1U << 31);
	}
	KUNIT_EXPECT_GE(test, source.jitter, (1U << 31) - 16);
}

/* Two datagrams of it, as the owner has them. */
static void source_has(struct rtp_source *source, struct rtp_stream *stream,
		       u32 ssrc, u16 seq)
{
	unsigned int i;

	for (i = 0; i < 2; i++) {
		if (rtp_stream_receive(stream, ssrc, seq + i) ==
		    RTP_ACCEPT_FIRST)
			rtp_source_first(source, ssrc);
	}
}

/* The fan-out's own SSRC, and the source has another: it came back. */
static void source_own_came_back(struct kunit *test)
{
	struct rtp_source source = { .ssrc = SSRC };
	struct rtp_stream *stream;

	stream = kunit_kzalloc(test, sizeof(*stream), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, stream);

	source_has(&source, stream, OTHER, 10);
	KUNIT_EXPECT_TRUE(test, rtp_source_is_own(&source, stream, SSRC));
	KUNIT_EXPECT_FALSE(test, rtp_source_is_own(&source, stream, OTHER));

	/* Another one since is no reason to take it for the source's. */
	source_has(&source, stream, OTHER + 1, 10);
	KUNIT_EXPECT_TRUE(test, rtp_source_is_own(&source, stream, SSRC));

	/* One that is announced may have any. */
	rtp_stream_renew(stream);
	rtp_source_renew(&source);
	KUNIT_EXPECT_FALSE(test, rtp_source_is_own(&source, stream, SSRC));

	/* Where nothing is rewritten there is none. */
	source.ssrc = 0;
	source_has(&source, stream, OTHER, 20);
	KUNIT_EXPECT_FALSE(test, rtp_source_is_own(&source, stream, 0));
}

/* A source that has it from the beginning, or since it was announced, may have
 * another and go back to it.
 */
static void source_native(struct kunit *test)
{
	struct rtp_source source = { .ssrc = SSRC };
	struct rtp_stream *stream;
	unsigned int i;

	stream = kunit_kzalloc(test, sizeof(*stream), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, stream);

	for (i = 0; i < 2; i++) {
		KUNIT_EXPECT_FALSE(test,
				   rtp_source_is_own(&source, stream, SSRC));
		source_has(&source, stream, SSRC, 1);
		KUNIT_EXPECT_FALSE(test,
				   rtp_source_is_own(&source, stream, SSRC));
		KUNIT_EXPECT_FALSE(test,
				   rtp_source_is_own(&source, stream, OTHER));

		source_has(&source, stream, OTHER, 10);
		KUNIT_EXPECT_FALSE(test,
				   rtp_source_is_own(&source, stream, SSRC));
		source_has(&source, stream, SSRC, 500);
		source_has(&source, stream, OTHER, 10);

		/* The next one never had it. */
		rtp_stream_renew(stream);
		rtp_source_renew(&source);
		source_has(&source, stream, OTHER, 900);
		KUNIT_EXPECT_TRUE(test,
				  rtp_source_is_own(&source, stream, SSRC));
		rtp_stream_renew(stream);
		rtp_source_renew(&source);
	}
}

static struct kunit_case source_cases[] = {
	KUNIT_CASE(source_is_left_alone),
	KUNIT_CASE(source_rewrites_header),
	KUNIT_CASE(source_goes_on),
	KUNIT_CASE(source_timestamps_wrap),
	KUNIT_CASE(source_silence),
	KUNIT_CASE(source_no_time_passed),
	KUNIT_CASE(source_reordered_pictures),
	KUNIT_CASE(source_goes_back),
	KUNIT_CASE(source_random),
	KUNIT_CASE(source_jitter_by_hand),
	KUNIT_CASE(source_jitter_of_none),
	KUNIT_CASE(source_jitter_of_jump),
	KUNIT_CASE(source_jitter_extreme),
	KUNIT_CASE(source_own_came_back),
	KUNIT_CASE(source_native),
	{}
};

static struct kunit_suite source_suite = {
	.name = "rtprelay_source",
	.test_cases = source_cases,
};

kunit_test_suite(source_suite);
