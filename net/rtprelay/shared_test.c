// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests for the bytes of a variant.
 */
#include <kunit/test.h>
#include <linux/bitops.h>
#include <linux/bits.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <linux/unaligned.h>
#include "batch_test.h"
#include "memory.h"
#include "random_test.h"
#include "shared.h"

#define ROUNDS		50
#define VARIANTS	20
#define TTL		64

/* A batch of two or three sizes in which much can be built, of which each class
 * has other datagrams, other numbers and other marker bits.
 */
static void shared_fill(struct kunit *test, struct rnd_state *random,
			struct rtp_batch *batch)
{
	unsigned int count = random_in(random, 1, RTP_BATCH_MAX);
	u32 size = random_in(random, RTP_HDR_LEN + 2, 2000);
	unsigned int i, class;

	for (i = 0; i < count; i++) {
		u32 classes = prandom_u32_state(random) |
			      prandom_u32_state(random);
		u32 len = size - random_in(random, 0, 5) / 4;
		struct rtp_item *item = batch_next(test, batch, len,
						   TTL + !(i % 20), classes);

		item->octets = random_in(random, 0, len - RTP_HDR_LEN);
		item->arrival.marked = prandom_u32_state(random);
		for (class = 0; class < RTP_CLASSES; class++)
			item->arrival.numbers.number[class] =
				prandom_u32_state(random);
		prandom_bytes_state(random, item->dgram->data, len);
	}
	rtp_batch_plan(batch);
}

/* What a destination of the variant gets of a datagram, after RFC 3550, section
 * 5.1, byte by byte.
 */
static void expect_copy(struct kunit *test, const struct rtp_item *item,
			const u8 *copy, u8 class, u16 offset)
{
	const u8 *data = item->dgram->data;
	bool marked = item->arrival.marked >> class & 1;
	u16 number = item->arrival.numbers.number[class] + offset;

	KUNIT_ASSERT_EQ(test, copy[0], data[0]);
	KUNIT_ASSERT_EQ(test, copy[1], (data[1] & 0x7f) | marked << 7);
	KUNIT_ASSERT_EQ(test, get_unaligned_be16(copy + 2), number);
	KUNIT_ASSERT_MEMEQ(test, copy + 4, data + 4, item->dgram->len - 4);
}

static void expect_run(struct kunit *test, const struct rtp_batch *batch,
		       u64 which, const struct rtp_shared_run *run, u8 class,
		       u16 offset)
{
	const struct rtp_item *first = &batch->item[__ffs64(which)];
	const struct rtp_item *last = &batch->item[fls64(which) - 1];
	const u8 *data = page_address(run->page) + run->at;
	const u8 *copy = data;
	u32 octets = 0;

	KUNIT_ASSERT_EQ(test, run->size, first->dgram->len);
	KUNIT_ASSERT_EQ(test, run->ttl, first->dgram->ttl);
	KUNIT_ASSERT_EQ(test, run->count, hweight64(which));
	KUNIT_ASSERT_EQ(test, run->last,
			(u16)(last->arrival.numbers.number[class] + offset));

	for (; which; which &= which - 1) {
		const struct rtp_item *item = &batch->item[__ffs64(which)];

		expect_copy(test, item, copy, class, offset);
		copy += item->dgram->len;
		octets += item->octets;
	}
	KUNIT_ASSERT_EQ(test, run->bytes, copy - data);
	KUNIT_ASSERT_EQ(test, run->octets, octets);
}

static void expect_shared(struct kunit *test, const struct rtp_batch *batch,
			  const struct rtp_shared *shared, u8 class, u16 offset)
{
	const struct rtp_plan *plan = &batch->plan[class];
	unsigned int runs = 0;
	u64 left = plan->kept;

	while (left) {
		u64 which = rtp_run_next(&left, plan->starts);

		if (hweight64(which) == 1)
			continue;
		KUNIT_ASSERT_LT(test, runs, shared->count);
		expect_run(test, batch, which, &shared->run[runs], class,
			   offset);
		runs++;
	}
	KUNIT_ASSERT_EQ(test, shared->count, runs);
}

static void shared_drop_all(struct rtp_batch *batch)
{
	unsigned int i;

	for (i = 0; i < RTP_BATCH_SHARED; i++) {
		rtp_shared_put(batch->shared[i]);
		batch->shared[i] = NULL;
	}
}

/* Each variant has its bytes, and they are still right when all others have
 * theirs; what came is as it was.
 */
static void shared_random_variants(struct kunit *test)
{
	struct rtp_memory memory = {};
	struct rnd_state random;
	unsigned int round, i;

	random_begin(test, &random);
	for (round = 0; round < ROUNDS; round++) {
		const struct rtp_shared *shared[VARIANTS];
		struct rtp_batch *batch = batch_new(test);
		u16 offset[VARIANTS];
		u8 class[VARIANTS];

		shared_fill(test, &random, batch);
		for (i = 0; i < VARIANTS; i++) {
			const struct rtp_shared *there;

			class[i] = random_in(&random, 0, RTP_CLASSES - 1);
			offset[i] = random_in(&random, 0, 2) ?
				    prandom_u32_state(&random) : 0;
			there = batch->shared[rtp_shared_hash(class[i],
							      offset[i])];
			shared[i] = rtp_shared_build(batch, &memory, class[i],
						     offset[i]);
			/* the place of one before it, or of itself */
			KUNIT_ASSERT_EQ(test, !shared[i], !!there);
		}
		for (i = 0; i < VARIANTS; i++) {
			if (!shared[i])
				continue;
			KUNIT_ASSERT_PTR_EQ(test, shared[i],
					    rtp_shared_find(batch, class[i],
							    offset[i]));
			expect_shared(test, batch, shared[i], class[i],
				      offset[i]);
		}
		shared_drop_all(batch);
	}
	KUNIT_EXPECT_EQ(test, page_count(memory.page), 1);
	rtp_memory_exit(&memory);
}

/* So many equal datagrams for the first two classes. */
static struct rtp_batch *shared_batch(struct kunit *test, unsigned int count,
				      u32 len)
{
	struct rtp_batch *batch = batch_new(test);

	while (count--)
		batch_next(test, batch, len, TTL, 0b11);
	rtp_batch_plan(batch);

	return batch;
}

/* Of two variants with one place the first has it. */
static void shared_one_place(struct kunit *test)
{
	struct rtp_batch *batch = shared_batch(test, 2, 100);
	const struct rtp_shared *shared;
	struct rtp_memory memory = {};

	KUNIT_ASSERT_EQ(test, rtp_shared_hash(0, 1), rtp_shared_hash(0, 65));
	KUNIT_ASSERT_EQ(test, rtp_shared_hash(0, 55), rtp_shared_hash(1, 0));

	KUNIT_EXPECT_NULL(test, rtp_shared_find(batch, 0, 1));
	shared = rtp_shared_build(batch, &memory, 0, 1);
	KUNIT_ASSERT_NOT_NULL(test, shared);
	KUNIT_EXPECT_NULL(test, rtp_shared_find(batch, 0, 65));
	KUNIT_EXPECT_NULL(test, rtp_shared_build(batch, &memory, 0, 65));
	KUNIT_EXPECT_NULL(test, rtp_shared_find(batch, 0, 65));
	KUNIT_EXPECT_PTR_EQ(test, rtp_shared_find(batch, 0, 1), shared);

	shared = rtp_shared_build(batch, &memory, 1, 0);
	KUNIT_ASSERT_NOT_NULL(test, shared);
	KUNIT_EXPECT_NULL(test, rtp_shared_find(batch, 0, 55));
	KUNIT_EXPECT_NULL(test, rtp_shared_build(batch, &memory, 0, 55));
	KUNIT_EXPECT_PTR_EQ(test, rtp_shared_find(batch, 1, 0), shared);

	/* what was refused has taken nothing */
	KUNIT_EXPECT_EQ(test, page_count(memory.page), 3);
	shared_drop_all(batch);
	KUNIT_EXPECT_EQ(test, page_count(memory.page), 1);
	rtp_memory_exit(&memory);
}

/* All in one run, every second shorter, and no two alike. */
static void shared_counts(struct kunit *test)
{
	struct rtp_memory memory = {};
	const struct rtp_shared *shared;
	struct rtp_batch *batch;
	unsigned int i;

	batch = shared_batch(test, RTP_BATCH_MAX,
			     RTP_RUN_BYTES / RTP_BATCH_MAX);
	shared = rtp_shared_build(batch, &memory, 1, 0);
	KUNIT_ASSERT_NOT_NULL(test, shared);
	KUNIT_ASSERT_EQ(test, shared->count, 1);
	expect_shared(test, batch, shared, 1, 0);
	shared_drop_all(batch);

	batch = batch_new(test);
	for (i = 0; i < RTP_BATCH_MAX; i++)
		batch_next(test, batch, i % 2 ? 50 : 100, TTL, 1);
	rtp_batch_plan(batch);
	shared = rtp_shared_build(batch, &memory, 0, 0);
	KUNIT_ASSERT_NOT_NULL(test, shared);
	KUNIT_ASSERT_EQ(test, shared->count, RTP_SHARED_RUNS);
	expect_shared(test, batch, shared, 0, 0);
	shared_drop_all(batch);

	batch = batch_new(test);
	for (i = 0; i < RTP_BATCH_MAX; i++)
		batch_next(test, batch, 100 + i, TTL, 1);
	rtp_batch_plan(batch);
	KUNIT_EXPECT_FALSE(test, batch->runs);
	shared = rtp_shared_build(batch, &memory, 0, 0);
	KUNIT_ASSERT_NOT_NULL(test, shared);
	KUNIT_EXPECT_EQ(test, shared->count, 0);
	shared_drop_all(batch);
	rtp_memory_exit(&memory);
}

static struct kunit_case shared_cases[] = {
	KUNIT_CASE(shared_random_variants),
	KUNIT_CASE(shared_one_place),
	KUNIT_CASE(shared_counts),
	{}
};

static struct kunit_suite shared_suite = {
	.name = "rtprelay_shared",
	.test_cases = shared_cases,
};

kunit_test_suite(shared_suite);
