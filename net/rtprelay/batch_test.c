// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests for batches: what each class gets, and what of it leaves as one.
 */
#include <kunit/test.h>
#include <linux/array_size.h>
#include <linux/bitops.h>
#include <linux/bits.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/string.h>
#include "batch_test.h"
#include "memory.h"
#include "random_test.h"
#include "shared.h"

#define ROUNDS	2000
#define TTL	64

/* Sizes of which runs are likely to be made, and those at the limits. */
static const u32 batch_sizes[] = {
	RTP_HDR_LEN, 100, 700, 1200, 1200, 1200, 1400, RTP_RUN_BYTES / 2,
	RTP_RUN_BYTES / 2 + 1, RTP_RUN_BYTES, RTP_RUN_BYTES + 1, 65527,
};

/* Sizes are looked at, bytes are not: all datagrams are without. */
static void batch_fill(struct rnd_state *random, struct rtp_batch *batch,
		       struct rtp_dgram *dgrams)
{
	unsigned int count = random_in(random, 1, RTP_BATCH_MAX), i;
	unsigned int kinds = random_in(random, 1, ARRAY_SIZE(batch_sizes));
	unsigned int from = random_in(random, 0, ARRAY_SIZE(batch_sizes) -
						 kinds);
	bool same = random_in(random, 0, 1);

	for (i = 0; i < count; i++) {
		struct rtp_item *item = rtp_batch_slot(batch);
		u32 size = random_in(random, 0, kinds - 1);

		dgrams[i].len = batch_sizes[from + size];
		dgrams[i].ttl = TTL + (same ? 0 : random_in(random, 0, 9) / 9);
		memset(item, 0, sizeof(*item));
		item->dgram = &dgrams[i];
		rtp_batch_add(batch);
	}
}

/* The datagrams of a run, as struct rtp_plan says it of one. */
static bool batch_is_run(const struct rtp_batch *batch, u64 run)
{
	const struct rtp_dgram *first = batch->item[__ffs64(run)].dgram;
	unsigned int last = fls64(run) - 1;
	u32 bytes = 0;

	if (hweight64(run) == 1)
		return true;
	for (; run; run &= run - 1) {
		unsigned int i = __ffs64(run);
		const struct rtp_dgram *dgram = batch->item[i].dgram;

		if (dgram->ttl != first->ttl || dgram->len > first->len ||
		    (dgram->len < first->len && i != last))
			return false;
		bytes += dgram->len;
	}

	return bytes <= RTP_RUN_BYTES;
}

/* Every datagram is in one run; none could have been longer. */
static void expect_runs(struct kunit *test, const struct rtp_batch *batch,
			u64 kept, u64 starts)
{
	u64 left = kept, before = 0, seen = 0;

	KUNIT_ASSERT_EQ(test, starts & ~kept, 0);
	while (left) {
		u64 run = rtp_run_next(&left, starts);
		u64 first = run & -run;

		KUNIT_ASSERT_NE(test, run, 0);
		KUNIT_ASSERT_EQ(test, run & starts, first);
		/* in order, and what is left comes behind */
		KUNIT_ASSERT_TRUE(test, first > seen);
		KUNIT_ASSERT_EQ(test, left, kept & ~(seen | run));
		KUNIT_ASSERT_TRUE(test, !left || (left & -left) > run);
		KUNIT_ASSERT_TRUE(test, batch_is_run(batch, run));
		if (before)
			KUNIT_ASSERT_FALSE(test,
					   batch_is_run(batch, before | first));
		seen |= run;
		before = run;
	}
	KUNIT_ASSERT_EQ(test, seen, kept);
}

static void batch_random_runs(struct kunit *test)
{
	struct rtp_batch *batch = batch_new(test);
	struct rtp_dgram *dgrams;
	struct rnd_state random;
	unsigned int i;
	u64 kept;

	random_begin(test, &random);
	dgrams = kunit_kcalloc(test, RTP_BATCH_MAX, sizeof(*dgrams),
			       GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, dgrams);

	for (i = 0; i < ROUNDS; i++) {
		rtp_batch_reset(batch);
		batch_fill(&random, batch, dgrams);
		kept = GENMASK_ULL(batch->count - 1, 0);
		if (random_in(&random, 0, 1))
			kept &= (u64)prandom_u32_state(&random) << 32 |
				prandom_u32_state(&random);
		expect_runs(test, batch, kept, rtp_batch_starts(batch, kept));
	}
}

/* Which datagrams begin a run, when a class gets all of them. */
static u64 batch_starts(const struct rtp_batch *batch)
{
	return rtp_batch_starts(batch, GENMASK_ULL(batch->count - 1, 0));
}

static void batch_by_hand(struct kunit *test)
{
	struct rtp_batch *batch = batch_new(test);
	struct {
		u32 len;
		u8 ttl;
		bool begins;
	} is[] = {
		{ 1400, TTL, true },
		{ 1400, TTL },
		{ 700, TTL },
		/* One that is shorter ends a run, whatever comes. */
		{ 700, TTL, true },
		{ 1400, TTL, true },
		{ 1401, TTL, true },
		{ 1401, TTL - 1, true },
		{ 1400, TTL, true },
		{ RTP_HDR_LEN, TTL },
		{ RTP_HDR_LEN, TTL, true },
		{ RTP_HDR_LEN, TTL },
		{ RTP_RUN_BYTES + 1, TTL, true },
		{ RTP_HDR_LEN, TTL, true },
	};
	u64 begins = 0;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(is); i++) {
		batch_next(test, batch, is[i].len, is[i].ttl, 1);
		begins |= (u64)is[i].begins << i;
	}
	KUNIT_EXPECT_EQ(test, batch_starts(batch), begins);
	/* The third, which ended the first run, is not of this class. */
	KUNIT_EXPECT_EQ(test, rtp_batch_starts(batch, 0b1011), 0b0001);
	KUNIT_EXPECT_EQ(test, rtp_batch_starts(batch, 0), 0);
}

/* All of a full batch in one run, to the byte; one more each is too much. */
static void batch_of_64(struct kunit *test)
{
	const u32 size = RTP_RUN_BYTES / RTP_BATCH_MAX;
	struct rtp_batch *fits = batch_new(test), *more = batch_new(test);
	unsigned int i;
	u64 left;

	for (i = 0; i < RTP_BATCH_MAX; i++) {
		batch_next(test, fits, size, TTL, 1);
		batch_next(test, more, size + 1, TTL, 1);
	}

	KUNIT_EXPECT_EQ(test, batch_starts(fits), 1);
	left = ~0ULL;
	KUNIT_EXPECT_EQ(test, rtp_run_next(&left, 1), ~0ULL);
	KUNIT_EXPECT_EQ(test, left, 0);

	KUNIT_EXPECT_EQ(test, batch_starts(more), BIT_ULL(63) | 1);
	left = ~0ULL;
	KUNIT_EXPECT_EQ(test, rtp_run_next(&left, BIT_ULL(63) | 1),
			~BIT_ULL(63));
	KUNIT_EXPECT_EQ(test, rtp_run_next(&left, BIT_ULL(63) | 1),
			BIT_ULL(63));
	KUNIT_EXPECT_EQ(test, left, 0);
}

/* A class has the datagrams that have a number in it, of those of this batch,
 * whatever the batch before had.
 */
static void batch_random_plans(struct kunit *test)
{
	struct rtp_batch *batch = batch_new(test);
	struct rtp_dgram *dgrams;
	struct rnd_state random;
	unsigned int round, i;

	random_begin(test, &random);
	dgrams = kunit_kcalloc(test, RTP_BATCH_MAX, sizeof(*dgrams),
			       GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, dgrams);

	for (round = 0; round < ROUNDS / 10; round++) {
		u64 kept[RTP_CLASSES] = {};
		bool runs = false;
		u32 used = 0;

		rtp_batch_reset(batch);
		batch_fill(&random, batch, dgrams);
		for (i = 0; i < batch->count; i++) {
			struct rtp_arrival *arrival = &batch->item[i].arrival;
			unsigned int class;

			arrival->used = prandom_u32_state(&random);
			/* few, so that some class gets nothing */
			arrival->numbers.classes = arrival->used &
						   prandom_u32_state(&random) &
						   prandom_u32_state(&random) &
						   prandom_u32_state(&random);
			used |= arrival->used;
			for (class = 0; class < RTP_CLASSES; class++) {
				if (arrival->numbers.classes & BIT(class))
					kept[class] |= BIT_ULL(i);
			}
		}

		rtp_batch_plan(batch);
		for (i = 0; i < RTP_CLASSES; i++) {
			const struct rtp_plan *plan = &batch->plan[i];

			if (!(used & BIT(i)))
				continue;
			KUNIT_ASSERT_EQ(test, plan->kept, kept[i]);
			KUNIT_ASSERT_EQ(test, plan->count, hweight64(kept[i]));
			expect_runs(test, batch, plan->kept, plan->starts);
			runs |= plan->starts != plan->kept;
		}
		KUNIT_ASSERT_EQ(test, batch->runs, runs);
	}
}

/* Over the wrap of extended numbers too. */
static void batch_lowest_number(struct kunit *test)
{
	struct rtp_batch *batch = batch_new(test);
	struct rnd_state random;
	unsigned int round, i;

	random_begin(test, &random);
	for (round = 0; round < ROUNDS; round++) {
		unsigned int count = random_in(&random, 1, RTP_BATCH_MAX);
		u32 lowest = prandom_u32_state(&random);
		unsigned int late = random_in(&random, 0, count - 1);
		u64 serial = (u64)lowest << 8;

		if (random_in(&random, 0, 1))
			lowest = -random_in(&random, 0, RTP_BATCH_MAX);
		rtp_batch_reset(batch);
		for (i = 0; i < count; i++) {
			struct rtp_item *item = rtp_batch_slot(batch);

			memset(item, 0, sizeof(*item));
			item->arrival.serial = serial + i;
			item->arrival.numbers.ext = lowest;
			if (i != late)
				item->arrival.numbers.ext +=
					random_in(&random, 0, 70000);
			rtp_batch_add(batch);
		}
		KUNIT_ASSERT_EQ(test, batch->count, count);
		KUNIT_ASSERT_EQ(test, batch->ext, lowest);
		KUNIT_ASSERT_EQ(test, batch->serial, serial);
	}
}

/* What was received, and what was built of it, is given back. */
static void batch_put(struct kunit *test)
{
	struct rtp_batch *batch = batch_new(test);
	struct rtp_memory memory = {};
	struct page *pages[3], *built;
	const struct rtp_shared *shared;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pages); i++) {
		struct rtp_item *item = rtp_batch_slot(batch);

		pages[i] = alloc_page(GFP_KERNEL | __GFP_ZERO);
		KUNIT_ASSERT_NOT_NULL(test, pages[i]);
		*item = (struct rtp_item){
			.dgram = page_address(pages[i]),
			.arrival.numbers.classes = 1,
			.arrival.used = 1,
		};
		item->dgram->len = 100;
		item->dgram->truesize = 1000 + i;
		/* a copy on its way out */
		get_page(pages[i]);
		rtp_batch_add(batch);
	}
	rtp_batch_plan(batch);
	shared = rtp_shared_build(batch, &memory, 0, 7);
	KUNIT_ASSERT_NOT_NULL(test, shared);
	built = shared->run[0].page;
	KUNIT_EXPECT_EQ(test, page_count(built), 2);

	KUNIT_EXPECT_EQ(test, rtp_batch_put(batch), 3003);
	KUNIT_EXPECT_EQ(test, batch->count, 0);
	KUNIT_EXPECT_NULL(test, rtp_shared_find(batch, 0, 7));
	KUNIT_EXPECT_EQ(test, page_count(built), 1);
	for (i = 0; i < ARRAY_SIZE(pages); i++) {
		KUNIT_EXPECT_EQ(test, page_count(pages[i]), 1);
		put_page(pages[i]);
	}
	rtp_memory_exit(&memory);
}

/* A shard for each chunk, and one more for half of one, as long as there are any. */
static void batch_shards(struct kunit *test)
{
	u32 half = DIV_ROUND_UP(RTP_CHUNK_DESTS, 2);

	KUNIT_EXPECT_EQ(test, rtp_batch_shards(0, 4), 1);
	KUNIT_EXPECT_EQ(test, rtp_batch_shards(1, 4), 1);
	KUNIT_EXPECT_EQ(test, rtp_batch_shards(RTP_CHUNK_DESTS, 4), 1);
	KUNIT_EXPECT_EQ(test, rtp_batch_shards(RTP_CHUNK_DESTS + half - 1, 4),
			1);
	KUNIT_EXPECT_EQ(test, rtp_batch_shards(RTP_CHUNK_DESTS + half, 4), 2);
	KUNIT_EXPECT_EQ(test, rtp_batch_shards(4 * RTP_CHUNK_DESTS, 4), 4);
	KUNIT_EXPECT_EQ(test, rtp_batch_shards(5 * RTP_CHUNK_DESTS, 4), 4);
	KUNIT_EXPECT_EQ(test, rtp_batch_shards(5 * RTP_CHUNK_DESTS, 1), 1);
}

static struct kunit_case batch_cases[] = {
	KUNIT_CASE(batch_random_runs),
	KUNIT_CASE(batch_by_hand),
	KUNIT_CASE(batch_of_64),
	KUNIT_CASE(batch_random_plans),
	KUNIT_CASE(batch_lowest_number),
	KUNIT_CASE(batch_put),
	KUNIT_CASE(batch_shards),
	{}
};

static struct kunit_suite batch_suite = {
	.name = "rtprelay_batch",
	.test_cases = batch_cases,
};

kunit_test_suite(batch_suite);
