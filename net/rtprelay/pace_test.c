// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests for pacing: sources of all kinds.
 */
#include <kunit/test.h>
#include <linux/array_size.h>
#include <linux/limits.h>
#include <linux/math.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/time64.h>
#include "batch.h"
#include "pace.h"
#include "pace_sim_test.h"
#include "random_test.h"

/* How long a first access unit takes is not known: it is not held up. */
static void pace_first_unit(struct kunit *test)
{
	struct sim *sim = sim_new(test, 100, 8);
	unsigned int i;

	sim_unit(sim, NSEC_PER_SEC, 1, 200, 2 * NSEC_PER_MSEC);
	sim_run(sim);
	for (i = 0; i < sim->count; i++) {
		const struct sim_datagram *datagram = &sim->datagram[i];

		KUNIT_ASSERT_EQ(test, datagram->start, datagram->time);
		KUNIT_ASSERT_EQ(test, datagram->duration, 0);
	}
}

/* Access units of so many octets each come in 40 ms, and all get all of them; one
 * has come.
 */
static struct rtp_pace pace_of(u8 percent, u32 datagrams, u32 octets)
{
	return (struct rtp_pace){
		.percent = percent,
		.burst = 8,
		.begun = true,
		.datagrams = datagrams,
		.octets = octets,
		.load = octets,
		.usual = datagrams * RTP_PACE_FRACTION,
		.average = octets,
		.part = RTP_PACE_WHOLE,
		.interval = 40 * NSEC_PER_MSEC,
		.next = NSEC_PER_SEC,
	};
}

/* By hand: 1000 octets in 40 ms, half of which is 2 ms for a tenth of them. */
static void pace_by_hand(struct kunit *test)
{
	struct rtp_pace pace = pace_of(50, 10, 1000);
	u64 duration;

	KUNIT_EXPECT_EQ(test, rtp_pace_leave(&pace, NSEC_PER_SEC, 800, 0,
					     &duration), NSEC_PER_SEC);
	KUNIT_EXPECT_EQ(test, duration, 16 * NSEC_PER_MSEC);
	KUNIT_EXPECT_EQ(test, pace.next, NSEC_PER_SEC + 16 * NSEC_PER_MSEC);

	/* More wait than an access unit has: all of them in three times its time. */
	pace.spent = 0;
	KUNIT_EXPECT_EQ(test, rtp_pace_leave(&pace, pace.next, 800, 5000,
					     &duration),
			NSEC_PER_SEC + 16 * NSEC_PER_MSEC);
	KUNIT_EXPECT_EQ(test, duration, 20 * NSEC_PER_MSEC * 800 / 2001);
	/* This one has more than those before, twenty: an eighth of that is 1250
	 * together with theirs.
	 */
	pace.spent = 0;
	pace.octets = 3000;
	pace.load = 3000;
	rtp_pace_leave(&pace, pace.next, 100, 0, &duration);
	KUNIT_EXPECT_EQ(test, duration, 20 * NSEC_PER_MSEC * 2 / 25);
	pace.octets = 12000;
	pace.load = 12000;
	rtp_pace_leave(&pace, pace.next, 100, 0, &duration);
	KUNIT_EXPECT_EQ(test, duration, 20 * NSEC_PER_MSEC * 100 / 4001);
	/* The queue is half full. */
	pace.hurry = true;
	rtp_pace_leave(&pace, pace.next, 100, 8000, &duration);
	KUNIT_EXPECT_EQ(test, duration, NSEC_PER_MSEC / 10);
	pace.hurry = false;
	/* It has left for twice its share: half of it, in the third. */
	pace.spent = 40 * NSEC_PER_MSEC;
	rtp_pace_leave(&pace, pace.next, 3000, 3000, &duration);
	KUNIT_EXPECT_EQ(test, duration, 10 * NSEC_PER_MSEC);
	KUNIT_EXPECT_EQ(test, pace.spent, 50 * NSEC_PER_MSEC);
	/* It takes longer all the same. */
	pace.spent = 60 * NSEC_PER_MSEC;
	rtp_pace_leave(&pace, pace.next, 6000, 0, &duration);
	KUNIT_EXPECT_EQ(test, duration, 10 * NSEC_PER_MSEC);
	/* Five hundred of what leaves are of the one before it. */
	pace.spent = 0;
	pace.datagrams = 1;
	pace.octets = 100;
	pace.load = 100;
	pace.average = 200;
	rtp_pace_leave(&pace, pace.next, 600, 0, &duration);
	KUNIT_EXPECT_EQ(test, duration, 48 * NSEC_PER_MSEC);
	/* Audio has one datagram each: what is more is late. */
	pace.usual = RTP_PACE_FRACTION;
	pace.average = 100;
	rtp_pace_leave(&pace, pace.next, 100, 400, &duration);
	KUNIT_EXPECT_EQ(test, duration, 4 * NSEC_PER_MSEC);
	/* Nobody gets any of it. */
	rtp_pace_leave(&pace, pace.next, 0, 0, &duration);
	KUNIT_EXPECT_EQ(test, duration, 0);
	/* The most that there can be does not wrap. */
	pace.octets = U32_MAX;
	pace.load = U32_MAX;
	pace.average = U32_MAX;
	pace.usual = 10 * RTP_PACE_FRACTION;
	rtp_pace_leave(&pace, pace.next, U32_MAX, U32_MAX, &duration);
	KUNIT_EXPECT_EQ(test, duration, 20 * NSEC_PER_MSEC);
	rtp_pace_arrive(&pace, pace.timestamp, 0, 1000, 500);
	KUNIT_EXPECT_EQ(test, pace.octets, U32_MAX);
	KUNIT_EXPECT_EQ(test, pace.load, U32_MAX);
}

/* By hand: an access unit counts for a quarter of its octets. */
static void pace_part_by_hand(struct kunit *test)
{
	struct rtp_pace pace = pace_of(100, 10, 1000);
	u64 duration;

	/* 1000 octets, a quarter of which is 250: these are 100 of them */
	pace.part = RTP_PACE_WHOLE / 4;
	pace.datagrams = 4;
	pace.octets = 400;
	pace.load = 100;
	rtp_pace_leave(&pace, NSEC_PER_SEC, 100, 600, &duration);
	KUNIT_EXPECT_EQ(test, duration, 16 * NSEC_PER_MSEC);
	/* It has come to 400: an eighth of what is more than 250 together with it. */
	pace.load = 400;
	rtp_pace_leave(&pace, pace.next, 100, 600, &duration);
	KUNIT_EXPECT_EQ(test, duration, 40 * NSEC_PER_MSEC * 100 / 268);

	/* Half of an access unit counts at once, less bit by bit. */
	rtp_pace_arrive(&pace, 1, 40 * NSEC_PER_MSEC, 1000, 500);
	KUNIT_EXPECT_EQ(test, pace.part, RTP_PACE_WHOLE);
	rtp_pace_arrive(&pace, 2, 80 * NSEC_PER_MSEC, 1000, 1000);
	KUNIT_EXPECT_EQ(test, pace.part, RTP_PACE_WHOLE / 8 * 7);
	pace.part = RTP_PACE_WHOLE / 4;
	rtp_pace_arrive(&pace, 3, 120 * NSEC_PER_MSEC, 1000, 0);
	KUNIT_EXPECT_EQ(test, pace.part, RTP_PACE_WHOLE);
	KUNIT_EXPECT_EQ(test, pace.octets, 1000);
	KUNIT_EXPECT_EQ(test, pace.load, 0);
}

/* An owner that is a little late each time makes what follows no later; one
 * that is later than half of what a group takes does.
 */
static void pace_late_owner(struct kunit *test)
{
	struct rtp_pace pace = pace_of(100, 80, 80);
	u64 next = pace.next, duration;
	unsigned int i;

	for (i = 0; i < 10; i++) {
		KUNIT_EXPECT_EQ(test, rtp_pace_leave(&pace, next + i * 200000,
						     8, 0, &duration), next);
		KUNIT_ASSERT_EQ(test, duration, 4 * NSEC_PER_MSEC);
		next += duration;
		KUNIT_ASSERT_EQ(test, pace.next, next);
	}
	/* nor sooner where it is early, as far as a slice goes */
	KUNIT_EXPECT_EQ(test, rtp_pace_leave(&pace, next - 1, 8, 0, &duration),
			next);
	next = pace.next + 2 * NSEC_PER_MSEC + 1;
	KUNIT_EXPECT_EQ(test, rtp_pace_leave(&pace, next, 8, 0, &duration),
			next);
	KUNIT_EXPECT_EQ(test, pace.next, next + duration);

	/* As long as it takes to wake is never late. */
	pace.octets = 8000;
	next = pace.next;
	KUNIT_EXPECT_EQ(test, rtp_pace_leave(&pace, next + 2 * RTP_PACE_SLICE,
					     8, 0, &duration), next);
	next = pace.next + 2 * RTP_PACE_SLICE + 1;
	KUNIT_EXPECT_EQ(test, rtp_pace_leave(&pace, next, 8, 0, &duration),
			next);
}

/* The least and the most of the time that there can be. */
static void pace_percent(struct kunit *test)
{
	struct rtp_pace pace = {
		.begun = true,
		.datagrams = RTP_BATCH_MAX,
		.octets = RTP_BATCH_MAX * OCTETS,
		.load = RTP_BATCH_MAX * OCTETS,
		.usual = RTP_BATCH_MAX * RTP_PACE_FRACTION,
		.average = RTP_BATCH_MAX * OCTETS,
		.part = RTP_PACE_WHOLE,
		.interval = NSEC_PER_SEC,
	};
	unsigned int percent, burst;
	u64 duration;

	for (percent = 1; percent <= 100; percent++) {
		for (burst = 1; burst <= RTP_BATCH_MAX; burst++) {
			pace.percent = percent;
			pace.burst = burst;
			rtp_pace_leave(&pace, pace.next, burst * OCTETS, 0,
				       &duration);
			KUNIT_ASSERT_EQ(test, duration,
					div_u64((u64)percent * burst *
						(NSEC_PER_SEC / 100), 64));
			/* thirty times as much, of which a tenth leaves */
			pace.spent = 0;
			rtp_pace_leave(&pace, pace.next, burst * OCTETS,
				       (30 * 64 - 64) * OCTETS, &duration);
			KUNIT_ASSERT_LE(test, duration,
					div_u64((u64)percent * burst *
						(NSEC_PER_SEC / 100), 640));
			KUNIT_ASSERT_GE(test, duration + ROUNDED,
					div_u64((u64)percent * burst *
						(NSEC_PER_SEC / 100), 640));
		}
	}
}

/* What comes evenly leaves as it comes: audio, and video that its sender has
 * paced.
 */
static void pace_steady(struct kunit *test)
{
	struct sim *sim = sim_new(test, 100, 1);
	unsigned int i;

	random_begin(test, &sim->random);
	for (i = 0; i < 60; i++) {
		unsigned int datagrams = i % 2 ?
					 random_in(&sim->random, 2, 100) : 1;
		unsigned int fps = random_in(&sim->random, 2, 120);
		u32 interval = NSEC_PER_SEC / fps;

		sim_reset(sim, random_in(&sim->random, 1, 100),
			  random_in(&sim->random, 1, RTP_BATCH_MAX));
		if (i % 3 == 0)
			sim->pace.percent = 100;
		sim_stream(sim, NSEC_PER_SEC, prandom_u32_state(&sim->random),
			   200, fps, datagrams, interval);
		sim_run(sim);
		KUNIT_ASSERT_LE_MSG(test, sim_delay(sim, 0, sim->count),
				    RTP_PACE_SLICE + ROUNDED,
				    "%u at %u fps, %u %%", datagrams, fps,
				    sim->pace.percent);
	}
}

/* An access unit that comes at once leaves within the share of the time until
 * the next, in groups that have time between them.
 */
static void pace_burst(struct kunit *test)
{
	struct sim *sim = sim_new(test, 1, 1);
	unsigned int i, j, n;

	random_begin(test, &sim->random);
	for (i = 0; i < 60; i++) {
		unsigned int fps = random_in(&sim->random, 2, 60);
		u64 interval = NSEC_PER_SEC / fps, share;

		n = i ? random_in(&sim->random, 2, 300) : 200;
		sim_reset(sim, random_in(&sim->random, 1, 100),
			  random_in(&sim->random, 1, RTP_BATCH_MAX));
		sim_stream(sim, NSEC_PER_SEC, prandom_u32_state(&sim->random),
			   50, fps, n, 0);
		sim_run(sim);

		share = div_u64(min(interval, LONGEST) * sim->pace.percent,
				100);
		for (j = n; j < sim->count; j += n) {
			const struct sim_datagram *first = &sim->datagram[j];
			u64 end = sim_end(sim, j + n - 1);

			KUNIT_ASSERT_LE(test, first->start,
					first->time + RTP_PACE_SLICE);
			KUNIT_ASSERT_LE(test, end, first->time + share +
						   RTP_PACE_SLICE + ROUNDED);
			KUNIT_ASSERT_GE(test, end + ROUNDED,
					first->time + share);
		}
		/* each group for as long as its part of the whole is */
		for (j = sim->count - n; j < sim->count; j++) {
			const struct sim_datagram *datagram = &sim->datagram[j];
			u32 leaving = min(sim->pace.burst,
					  n - rounddown(j % n,
							sim->pace.burst));

			KUNIT_ASSERT_LE(test, datagram->duration,
					div_u64(share * leaving, n));
			KUNIT_ASSERT_GE(test, datagram->duration + ROUNDED,
					div_u64(share * leaving, n));
		}
	}
}

/* An access unit many times as large as those before it takes three times as
 * long as they do, and no longer.
 */
static void pace_key_frame(struct kunit *test)
{
	const u64 interval = NSEC_PER_SEC / 25;
	struct sim *sim = sim_new(test, 100, 8);
	u64 time;

	time = sim_stream(sim, 0, 0, 50, 25, 10, NSEC_PER_MSEC);
	time = sim_stream(sim, time, 50 * CLOCK / 25, 1, 25, 200,
			  NSEC_PER_MSEC);
	sim_stream(sim, time, 51 * CLOCK / 25, 50, 25, 10, NSEC_PER_MSEC);
	sim_run(sim);
	KUNIT_EXPECT_LE(test, sim_end(sim, 699), 53 * interval + interval / 8);
	KUNIT_EXPECT_GE(test, sim_end(sim, 699), 52 * interval + interval / 2);
	/* and is forgotten some time later */
	KUNIT_EXPECT_LE(test, sim_delay(sim, 1100, sim->count), interval);
}

/* Nothing moves, and each picture but the key frame is a datagram: that has its
 * time all the same.
 */
static void pace_still(struct kunit *test)
{
	const u64 interval = NSEC_PER_SEC / 25;
	struct sim *sim = sim_new(test, 100, 8);
	u64 time;

	time = sim_stream(sim, 0, 0, 50, 25, 1, 0);
	time = sim_stream(sim, time, 50 * CLOCK / 25, 1, 25, 60, 0);
	sim_stream(sim, time, 51 * CLOCK / 25, 50, 25, 1, 0);
	sim_run(sim);
	KUNIT_EXPECT_GE(test, sim_end(sim, 109), 52 * interval);
	/* its last group has small ones behind it */
	KUNIT_EXPECT_LE(test, sim_end(sim, 109), 54 * interval);
}

/* Destinations get the lower layers alone, which come first: those have all of
 * the time, and a key frame's three times as much.
 */
static void pace_layers(struct kunit *test)
{
	const u64 interval = NSEC_PER_SEC / 25;
	struct sim *sim = sim_new(test, 100, 8);
	unsigned int i, n, first;
	u64 time = 0, took;

	for (i = 0; i < 100; i++) {
		n = i == 80 ? 120 : 24;
		sim_unit(sim, time, i * (CLOCK / 25), n, NSEC_PER_MSEC);
		sim_few(sim, n / 3 * 2, 0);
		time += interval;
	}
	sim_run(sim);
	for (i = 8; i < 80; i++) {
		took = sim_end(sim, i * 24 + 7) - sim->datagram[i * 24].start;
		KUNIT_ASSERT_GE(test, took, interval / 8 * 7);
		KUNIT_ASSERT_LE(test, took, interval + ROUNDED * 10);
	}
	first = 80 * 24;
	took = sim_end(sim, first + 39) - sim->datagram[first].start;
	KUNIT_EXPECT_GE(test, took, interval * 2);
	KUNIT_EXPECT_LE(test, took, interval * 3);
	KUNIT_EXPECT_LE(test, sim_delay(sim, 0, sim->count), interval * 3);
}

/* A key frame of which all get more than of other access units: it is seen to be
 * larger group by group, and takes hardly longer for that.
 */
static void pace_larger_part(struct kunit *test)
{
	const u64 interval = NSEC_PER_SEC / 25;
	struct sim *sim = sim_new(test, 90, 8);
	unsigned int i, key = 0;
	u64 time = 0, took;

	for (i = 0; i < 120; i++) {
		if (i == 80)
			key = sim->count;
		sim_unit(sim, time, i * (CLOCK / 25), i == 80 ? 300 : 100,
			 NSEC_PER_MSEC);
		sim_few(sim, i == 80 ? 180 : 90, 0);
		time += interval;
	}
	sim_run(sim);
	took = sim_end(sim, key + 119) - sim->datagram[key].time;
	KUNIT_EXPECT_GE(test, took, interval * 2);
	KUNIT_EXPECT_LE(test, took, interval * 7 / 2);
}

/* All get the lowest layer alone, an eighth, then all get all: the first access
 * unit is taken for a large one, and what it holds up catches up.
 */
static void pace_more_layers(struct kunit *test)
{
	const u64 interval = NSEC_PER_SEC / 25;
	struct sim *sim = sim_new(test, 90, 8);
	unsigned int i;
	u64 time = 0;

	for (i = 0; i < 200; i++) {
		sim_unit(sim, time, i * (CLOCK / 25), 32, NSEC_PER_MSEC);
		if (i < 100)
			sim_few(sim, 28, 0);
		time += interval;
	}
	sim_run(sim);
	KUNIT_EXPECT_LE(test, sim_delay(sim, 0, 100 * 32), interval);
	KUNIT_EXPECT_LE(test, sim_delay(sim, 100 * 32, sim->count),
			interval * 4);
	KUNIT_EXPECT_LE(test, sim_delay(sim, 150 * 32, sim->count), interval);
}

/* From one picture a second to thirty, and many times as large: none waits for
 * as long as the time between them was.
 */
static void pace_faster_source(struct kunit *test)
{
	struct sim *sim = sim_new(test, 100, 8);
	u64 time;

	time = sim_stream(sim, 0, 0, 20, 1, 1, 0);
	sim_stream(sim, time, 20 * CLOCK, 100, 30, 50, NSEC_PER_MSEC);
	sim_run(sim);
	KUNIT_EXPECT_LE(test, sim_delay(sim, 0, sim->count), 2 * LONGEST);
	KUNIT_EXPECT_LE(test, sim_delay(sim, 60 * 50, sim->count),
			NSEC_PER_SEC / 30 * 4 / 3);
}

/* P2 B0 B1 P5 B3 B4: a picture that is shown before one that came counts
 * with that.
 */
static void pace_reordered_pictures(struct kunit *test)
{
	static const int shown[] = { 2, -1, -1 };
	const u64 interval = NSEC_PER_SEC / 60;
	struct sim *sim = sim_new(test, 100, 4);
	unsigned int i;

	for (i = 0; i < 300; i++)
		sim_unit(sim, i * interval,
			 (i + shown[i % ARRAY_SIZE(shown)]) * (CLOCK / 60),
			 i % 3 ? 5 : 20, 0);
	sim_run(sim);

	/* in steps of three pictures: 30 datagrams in 50 ms */
	KUNIT_EXPECT_EQ(test, sim->pace.interval, 3 * interval);
	KUNIT_EXPECT_EQ(test, sim->pace.usual, 30 * RTP_PACE_FRACTION);
	KUNIT_EXPECT_EQ(test, sim->pace.average, 30 * OCTETS);
	KUNIT_EXPECT_LE(test, sim_delay(sim, 0, sim->count), 2 * interval);
	KUNIT_EXPECT_GE(test, sim_delay(sim, 30, sim->count), interval);
}

/* Which timestamp a stream begins with, and where it wraps, makes nothing
 * different, nor what time it is.
 */
static void pace_timestamp_wrap(struct kunit *test)
{
	struct sim *here = sim_new(test, 80, 8);
	struct sim *there = sim_new(test, 80, 8);
	unsigned int i, round;

	random_begin(test, &here->random);
	for (round = 0; round < 20; round++) {
		u64 later = (u64)prandom_u32_state(&here->random) *
			    RTP_PACE_SLICE;
		unsigned int n = random_in(&here->random, 1, 50);

		sim_reset(here, 80, 8);
		sim_reset(there, 80, 8);
		sim_stream(here, NSEC_PER_SEC, 0, 100, 25, n, NSEC_PER_MSEC);
		sim_stream(there, NSEC_PER_SEC + later,
			   -random_in(&here->random, 1, 100 * CLOCK / 25), 100,
			   25, n, NSEC_PER_MSEC);
		sim_run(here);
		sim_run(there);
		for (i = 0; i < here->count; i++) {
			KUNIT_ASSERT_EQ(test, here->datagram[i].start + later,
					there->datagram[i].start);
			KUNIT_ASSERT_EQ(test, here->datagram[i].duration,
					there->datagram[i].duration);
		}
	}
}

/* A stream of 25 fps goes on after what disturbed it; @units later it is paced
 * as before.
 */
static void sim_disturbed(struct sim *sim, u64 time, u32 timestamp,
			  unsigned int datagrams, unsigned int units)
{
	const u64 interval = NSEC_PER_SEC / 25;
	unsigned int before = sim->count, from;
	struct kunit *test = sim->test;
	u64 end;

	sim_stream(sim, time, timestamp, 100, 25, datagrams, 0);
	sim_run(sim);
	KUNIT_ASSERT_LE(test, sim_delay(sim, 0, sim->count), LONGEST);

	for (from = before + units * datagrams; from < sim->count;
	     from += datagrams) {
		end = sim_end(sim, from + datagrams - 1);
		KUNIT_ASSERT_LE(test, end, sim->datagram[from].time +
					   interval / 8 * 9);
		KUNIT_ASSERT_GE(test, end, sim->datagram[from].time +
					   interval / 8 * 7);
	}
}

/* One datagram with another timestamp, by whom it may be. */
static void pace_forged_timestamp(struct kunit *test)
{
	struct sim *sim = sim_new(test, 100, 8);
	unsigned int round;

	random_begin(test, &sim->random);
	for (round = 0; round < 100; round++) {
		unsigned int n = random_in(&sim->random, 2, 40);
		u32 start = prandom_u32_state(&sim->random), forged;
		u64 time;

		sim_reset(sim, 100, random_in(&sim->random, 1, 8));
		time = sim_stream(sim, NSEC_PER_SEC, start, 50, 25, n, 0);
		/* as far ahead as can be, anywhere, and back */
		forged = round ? prandom_u32_state(&sim->random) : S32_MAX;
		sim_unit(sim, time - random_in(&sim->random, 1, 39999999),
			 start + 49 * (CLOCK / 25) + forged, 1, 0);
		sim_disturbed(sim, time, start + 50 * (CLOCK / 25), n, 50);
	}
}

/* Another SSRC has timestamps of its own, lower ones or higher. */
static void pace_new_source(struct kunit *test)
{
	struct sim *sim = sim_new(test, 100, 8);
	unsigned int round;

	random_begin(test, &sim->random);
	for (round = 0; round < 100; round++) {
		unsigned int n = random_in(&sim->random, 2, 40);
		u32 start = prandom_u32_state(&sim->random);
		u64 time;

		sim_reset(sim, 100, random_in(&sim->random, 1, 8));
		time = sim_stream(sim, NSEC_PER_SEC, start, 50, 25, n, 0);
		sim->restart = sim->count;
		sim_disturbed(sim, time,
			      round ? prandom_u32_state(&sim->random) :
				      start - 1, n, 0);
	}
}

/* A pause says nothing of the time between access units: what comes after it is
 * paced as what came before, and waits for nothing.
 */
static void pace_pause(struct kunit *test)
{
	struct sim *sim = sim_new(test, 100, 8);
	unsigned int round, resumed;
	u64 time, interval;

	random_begin(test, &sim->random);
	for (round = 0; round < 20; round++) {
		unsigned int n = random_in(&sim->random, 2, 40);
		u32 timestamp = round ? prandom_u32_state(&sim->random) :
					51 * CLOCK / 25;
		u32 pause = random_in(&sim->random, 1001, 1000000);

		sim_reset(sim, 100, 8);
		time = sim_stream(sim, NSEC_PER_SEC, 0, 50, 25, n, 0);
		sim_run(sim);
		interval = sim->pace.interval;
		resumed = sim->count;
		sim_unit(sim, time + (u64)pause * NSEC_PER_MSEC, timestamp, n,
			 0);
		sim_run(sim);
		KUNIT_ASSERT_EQ(test, sim->pace.interval, interval);
		KUNIT_ASSERT_EQ(test, sim->datagram[resumed].start,
				sim->datagram[resumed].time);
		KUNIT_ASSERT_EQ(test, sim->pace.datagrams, n);
		KUNIT_ASSERT_GE(test, sim_end(sim, sim->count - 1) -
				sim->datagram[resumed].time,
				NSEC_PER_SEC / 25 - ROUNDED);
	}
}

/* Two CPUs that receive have read the clock in the other order than the one in
 * which they queued.
 */
static void pace_clock_order(struct kunit *test)
{
	struct sim *sim = sim_new(test, 100, 8);
	struct rtp_pace pace = {};
	unsigned int i;

	rtp_pace_arrive(&pace, 1, NSEC_PER_SEC, OCTETS, OCTETS);
	rtp_pace_arrive(&pace, 1, NSEC_PER_SEC - 1, OCTETS, OCTETS);
	rtp_pace_arrive(&pace, 1, 0, OCTETS, OCTETS);
	KUNIT_EXPECT_EQ(test, pace.datagrams, 3);
	KUNIT_EXPECT_EQ(test, pace.arrived, NSEC_PER_SEC);

	random_begin(test, &sim->random);
	sim_stream(sim, NSEC_PER_SEC, 0, 500, 25, 10, NSEC_PER_MSEC);
	for (i = 0; i < sim->count; i++)
		sim->datagram[i].time -= random_in(&sim->random, 0,
						   50 * NSEC_PER_USEC);
	/* Of one datagram each: all of them begin an access unit. */
	sim_stream(sim, 30 * (u64)NSEC_PER_SEC, 501 * CLOCK / 25, 2000, 10000,
		   1, 0);
	for (; i < sim->count; i++)
		sim->datagram[i].time -= random_in(&sim->random, 0,
						   500 * NSEC_PER_USEC);
	sim_run(sim);
	KUNIT_EXPECT_LE(test, sim_delay(sim, 10, 5000), NSEC_PER_SEC / 25);
	/* what is back in time is no interval */
	KUNIT_EXPECT_LE(test, sim->pace.interval, NSEC_PER_MSEC);
	KUNIT_EXPECT_GT(test, sim->pace.interval, 0);
}

/* However late the owner is: over any time no more leaves than in that time
 * may, and half a group, or what may while it wakes.
 */
static void pace_catches_up(struct kunit *test)
{
	struct sim *sim = sim_new(test, 100, 8);
	unsigned int round, i;
	u64 now, debt;

	random_begin(test, &sim->random);
	for (round = 0; round < 50; round++) {
		struct rtp_pace *pace = &sim->pace;
		unsigned int backlog = 5000;
		u32 late;

		*pace = (struct rtp_pace){
			.percent = random_in(&sim->random, 1, 100),
			.burst = random_in(&sim->random, 1, RTP_BATCH_MAX),
			.begun = true,
			.datagrams = 1,
			.octets = 1,
			.load = 1,
			.usual = backlog * RTP_PACE_FRACTION,
			.average = backlog,
			.part = RTP_PACE_WHOLE,
			.interval = 40 * NSEC_PER_MSEC,
		};
		late = 40 * NSEC_PER_MSEC / backlog * pace->burst;
		late = random_in(&sim->random, 0, 2 * late);
		debt = 0;
		now = NSEC_PER_SEC;
		for (i = 0; i < backlog / RTP_BATCH_MAX; i++) {
			u64 waited, start, duration, next = pace->next;

			/* now and then much too late */
			waited = max(now, rtp_pace_slice(next)) - now +
				 random_in(&sim->random, 0, late) *
				 (random_in(&sim->random, 0, 9) ? 1 : 10);
			now += waited;
			debt -= min(debt, waited);
			start = rtp_pace_leave(pace, now, pace->burst, 0,
					       &duration);
			sim_expect(sim, now, next, start, duration);
			KUNIT_ASSERT_LE(test, debt, sim_slack(duration) +
						    RTP_PACE_SLICE + ROUNDED);
			debt += duration;
		}
	}
}

/* Whatever comes: what sim_expect() says, and everything leaves. */
static void pace_random(struct kunit *test)
{
	struct sim *sim = sim_new(test, 1, 1);
	unsigned int round;

	random_begin(test, &sim->random);
	for (round = 0; round < 50; round++) {
		u32 timestamp = prandom_u32_state(&sim->random);
		unsigned int spread = random_in(&sim->random, 0, 31);
		u64 time = NSEC_PER_SEC;

		sim_reset(sim, random_in(&sim->random, 1, 100),
			  random_in(&sim->random, 1, RTP_BATCH_MAX));
		if (random_in(&sim->random, 0, 1))
			sim->late = 1U << random_in(&sim->random, 0, 30);
		while (sim->count < 2000) {
			timestamp += prandom_u32_state(&sim->random) >>
				     random_in(&sim->random, spread, 31);
			timestamp -= prandom_u32_state(&sim->random) >>
				     random_in(&sim->random, spread, 31);
			time += prandom_u32_state(&sim->random) >>
				random_in(&sim->random, spread, 31);
			sim_unit(sim, time, timestamp,
				 random_in(&sim->random, 1, 300),
				 1U << random_in(&sim->random, 0, 30));
			time = sim->datagram[sim->count - 1].time;
			time -= random_in(&sim->random, 0, 1000);
		}
		sim_run(sim);
		KUNIT_ASSERT_EQ(test, sim->left, sim->count);
		KUNIT_ASSERT_LE(test, sim->pace.interval, LONGEST);
	}
}

static struct kunit_case pace_cases[] = {
	KUNIT_CASE(pace_first_unit),
	KUNIT_CASE(pace_by_hand),
	KUNIT_CASE(pace_part_by_hand),
	KUNIT_CASE(pace_late_owner),
	KUNIT_CASE(pace_percent),
	KUNIT_CASE(pace_steady),
	KUNIT_CASE(pace_burst),
	KUNIT_CASE(pace_key_frame),
	KUNIT_CASE(pace_still),
	KUNIT_CASE(pace_layers),
	KUNIT_CASE(pace_larger_part),
	KUNIT_CASE(pace_more_layers),
	KUNIT_CASE(pace_faster_source),
	KUNIT_CASE(pace_reordered_pictures),
	KUNIT_CASE(pace_timestamp_wrap),
	KUNIT_CASE(pace_forged_timestamp),
	KUNIT_CASE(pace_new_source),
	KUNIT_CASE(pace_pause),
	KUNIT_CASE(pace_clock_order),
	KUNIT_CASE(pace_catches_up),
	KUNIT_CASE(pace_random),
	{}
};

static struct kunit_suite pace_suite = {
	.name = "rtprelay_pace",
	.test_cases = pace_cases,
};

kunit_test_suite(pace_suite);
