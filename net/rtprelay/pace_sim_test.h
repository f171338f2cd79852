/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For KUnit tests of pacing: a source, and an owner that does with its
 * datagrams what owner.c does.
 */
#ifndef _NET_RTPRELAY_PACE_SIM_TEST_H
#define _NET_RTPRELAY_PACE_SIM_TEST_H

#include <kunit/test.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/time64.h>
#include "pace.h"
#include "random_test.h"

#define DATAGRAMS	40000
#define CLOCK		90000

/* What rounding makes of all groups of an access unit, ns. */
#define ROUNDED		1000
/* The longest that an access unit of the usual size takes to leave, ns. */
#define LONGEST		(200 * NSEC_PER_MSEC)

/* Of a datagram. */
#define OCTETS		1000

/* A datagram, as it came, what it counts for, and when it left. */
struct sim_datagram {
	u64 time;
	u32 timestamp;
	u32 load;
	u64 start;
	u64 duration;
};

/**
 * struct sim - a source and an owner
 * @test: the test
 * @random: for what is left to chance
 * @pace: what is tested
 * @late: ns by which the owner is late, at most
 * @datagram: those of the source, in the order in which they are queued
 * @count: how many
 * @taken: of those, how many the owner took from the queue
 * @left: how many left
 * @restart: the first datagram of another source, 0 for none
 */
struct sim {
	struct kunit *test;
	struct rnd_state random;
	struct rtp_pace pace;
	u32 late;
	struct sim_datagram *datagram;
	unsigned int count;
	unsigned int taken;
	unsigned int left;
	unsigned int restart;
};

static inline struct sim *sim_new(struct kunit *test, u8 percent, u8 burst)
{
	struct sim *sim;

	sim = kunit_kzalloc(test, sizeof(*sim), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, sim);
	sim->datagram = kunit_kcalloc(test, DATAGRAMS, sizeof(*sim->datagram),
				      GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, sim->datagram);
	sim->test = test;
	sim->pace.percent = percent;
	sim->pace.burst = burst;

	return sim;
}

/* The source begins anew, and so does the owner. */
static inline void sim_reset(struct sim *sim, u8 percent, u8 burst)
{
	sim->pace = (struct rtp_pace){ .percent = percent, .burst = burst };
	sim->late = 0;
	sim->count = 0;
	sim->taken = 0;
	sim->left = 0;
	sim->restart = 0;
}

/* An access unit that comes within @within ns. */
static inline void sim_unit(struct sim *sim, u64 time, u32 timestamp,
			    unsigned int datagrams, u32 within)
{
	unsigned int i;

	KUNIT_ASSERT_LE(sim->test, sim->count + datagrams, DATAGRAMS);
	for (i = 0; i < datagrams; i++) {
		sim->datagram[sim->count++] = (struct sim_datagram){
			.time = time + div_u64((u64)within * i, datagrams),
			.timestamp = timestamp,
			.load = OCTETS,
		};
	}
}

/* So many datagrams of the last access unit go to few: each counts for so much. */
static inline void sim_few(struct sim *sim, unsigned int datagrams, u32 load)
{
	while (datagrams)
		sim->datagram[sim->count - datagrams--].load = load;
}

/* A stream of @fps, from @time on. Returns when the next access unit comes. */
static inline u64 sim_stream(struct sim *sim, u64 time, u32 timestamp,
			     unsigned int units, unsigned int fps,
			     unsigned int datagrams, u32 within)
{
	while (units--) {
		sim_unit(sim, time, timestamp, datagrams, within);
		time += NSEC_PER_SEC / fps;
		timestamp += CLOCK / fps;
	}

	return time;
}

static inline void sim_take(struct sim *sim, u64 now)
{
	while (sim->taken < sim->count &&
	       sim->datagram[sim->taken].time <= now)
		sim->taken++;
}

/* Read the next into the batch, when there is one. */
static inline bool sim_next(struct sim *sim, u64 now, unsigned int at)
{
	const struct sim_datagram *datagram = &sim->datagram[at];

	if (at == sim->taken)
		sim_take(sim, now);
	if (at == sim->taken)
		return false;
	if (at && at == sim->restart)
		rtp_pace_restart(&sim->pace);
	rtp_pace_arrive(&sim->pace, datagram->timestamp, datagram->time, OCTETS,
			datagram->load);

	return true;
}

/* How late the owner may be so that what follows leaves no later, ns. */
static inline u64 sim_slack(u64 duration)
{
	return max_t(u64, duration / 2, 2 * RTP_PACE_SLICE);
}

/* What is true of datagrams that leave together, whatever the source does. */
static inline void sim_expect(struct sim *sim, u64 now, u64 next, u64 start,
			      u64 duration)
{
	struct kunit *test = sim->test;

	/* not before they came and those that left last had their time */
	if (start == next)
		KUNIT_ASSERT_LE(test, now, next + sim_slack(duration));
	else
		KUNIT_ASSERT_TRUE(test, start == now && now > next);
	KUNIT_ASSERT_EQ(test, sim->pace.next, start + duration);
	KUNIT_ASSERT_LE(test, sim->pace.next,
			max(now, next) + 3 * LONGEST);
	/* what is more than an access unit has on the average has more time */
	KUNIT_ASSERT_LE(test, duration,
			div_u64(3 * sim->pace.interval * sim->pace.percent,
				100));
}

/* Let everything leave that comes. */
static inline void sim_run(struct sim *sim)
{
	while (sim->left < sim->count) {
		struct rtp_pace *pace = &sim->pace;
		u64 now, next = pace->next, start, duration;
		unsigned int leaving = 0;
		u32 load = 0;

		now = max(rtp_pace_slice(next), sim->datagram[sim->left].time);
		if (sim->late)
			now += random_in(&sim->random, 0, sim->late);
		while (leaving < pace->burst &&
		       sim_next(sim, now, sim->left + leaving))
			load += sim->datagram[sim->left + leaving++].load;
		sim_take(sim, now);
		next = max(next, sim->datagram[sim->left].time);
		pace->next = next;
		start = rtp_pace_leave(pace, now, load,
				       (sim->taken - sim->left - leaving) *
				       OCTETS, &duration);
		sim_expect(sim, now, next, start, duration);
		while (leaving--) {
			sim->datagram[sim->left].start = start;
			sim->datagram[sim->left].duration = duration;
			sim->left++;
		}
	}
}

/* The longest that one of those datagrams waited until its group left. */
static inline u64 sim_delay(const struct sim *sim, unsigned int from,
			    unsigned int to)
{
	u64 longest = 0;

	for (; from < to; from++) {
		const struct sim_datagram *datagram = &sim->datagram[from];

		if (datagram->start > datagram->time)
			longest = max(longest,
				      datagram->start - datagram->time);
	}

	return longest;
}

/* When the last destination has the datagram. */
static inline u64 sim_end(const struct sim *sim, unsigned int i)
{
	return sim->datagram[i].start + sim->datagram[i].duration;
}

#endif /* _NET_RTPRELAY_PACE_SIM_TEST_H */
