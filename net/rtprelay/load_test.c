// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests for loads.
 */
#include <kunit/test.h>
#include <linux/bitops.h>
#include <linux/string.h>
#include <linux/unaligned.h>
#include <net/checksum.h>
#include "batch_test.h"
#include "load.h"
#include "random_test.h"
#include "shared.h"

#define ROUNDS		200
#define TTL		64

/* The checksum of RFC 1071, two bytes at a time. */
static u16 load_checksum(const u8 *data, unsigned int len)
{
	unsigned int i;
	u32 sum = 0;

	for (i = 0; i < len; i++)
		sum += i % 2 ? data[i] : data[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);

	return ~sum;
}

/* 0 and 0xffff are one number. */
static u16 load_folded(__wsum sum)
{
	u16 folded = ntohs((__force __be16)csum_fold(sum));

	return folded == 0xffff ? 0 : folded;
}

static void load_random_singles(struct kunit *test)
{
	struct rtp_batch *batch = batch_new(test);
	struct rnd_state random;
	struct rtp_load load;
	unsigned int i;

	prandom_seed_state(&random, 3);
	for (i = 0; i < ROUNDS; i++) {
		u32 len = random_in(&random, RTP_HDR_LEN, 1500);
		struct rtp_item *item = batch_next(test, batch, len, TTL, 1);
		struct rtp_dgram *dgram = item->dgram;
		struct rtp_copy copy = {
			.number = prandom_u32_state(&random),
			.marked = prandom_u32_state(&random) & 1,
		};
		u16 expected;
		u8 *data;

		prandom_bytes_state(&random, dgram->data, len);
		dgram->sum = csum_partial(dgram->data + RTP_HDR_TIMESTAMP,
					  len - RTP_HDR_TIMESTAMP, 0);
		rtp_load_single(&load, item, &copy);

		data = kunit_kmalloc(test, len, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, data);
		memcpy(data, dgram->data, len);
		data[1] = (data[1] & 0x7f) | copy.marked << 7;
		put_unaligned_be16(copy.number, data + 2);
		expected = load_checksum(data, len);
		if (expected == 0xffff)
			expected = 0;

		KUNIT_ASSERT_MEMEQ(test, load.hdr, data, RTP_HDR_LEN);
		KUNIT_ASSERT_EQ(test, load_folded(load.sum), expected);
		KUNIT_ASSERT_EQ(test, load.hdr_len, RTP_HDR_LEN);
		KUNIT_ASSERT_EQ(test, load.len, len);
		KUNIT_ASSERT_EQ(test, load.bytes, len - RTP_HDR_LEN);
		KUNIT_ASSERT_EQ(test, load.size, len);
		KUNIT_ASSERT_EQ(test, load.octets, item->octets);
		KUNIT_ASSERT_EQ(test, load.last, copy.number);
		KUNIT_ASSERT_EQ(test, load.count, 1);
		KUNIT_ASSERT_EQ(test, load.ttl, TTL);
		batch->count = 0;
	}
}

static void load_shared_run(struct kunit *test)
{
	const struct rtp_shared_run run = {
		.at = 64,
		.bytes = 3 * 1000 + 17,
		.octets = 3 * 980 + 5,
		.size = 1000,
		.last = 65535,
		.count = 4,
		.ttl = TTL,
	};
	struct rtp_load load;

	memset(&load, 0xff, sizeof(load));
	rtp_load_shared(&load, &run);
	KUNIT_EXPECT_PTR_EQ(test, load.page, run.page);
	KUNIT_EXPECT_EQ(test, load.at, run.at);
	KUNIT_EXPECT_EQ(test, load.bytes, run.bytes);
	KUNIT_EXPECT_EQ(test, load.len, run.bytes);
	KUNIT_EXPECT_EQ(test, load.octets, run.octets);
	KUNIT_EXPECT_EQ(test, load.size, run.size);
	KUNIT_EXPECT_EQ(test, load.last, run.last);
	KUNIT_EXPECT_EQ(test, load.count, run.count);
	KUNIT_EXPECT_EQ(test, load.ttl, run.ttl);
	KUNIT_EXPECT_EQ(test, load.hdr_len, 0);
	KUNIT_EXPECT_EQ(test, (__force u32)load.sum, 0);
}

static struct kunit_case load_cases[] = {
	KUNIT_CASE(load_random_singles),
	KUNIT_CASE(load_shared_run),
	{}
};

static struct kunit_suite load_suite = {
	.name = "rtprelay_load",
	.test_cases = load_cases,
};

kunit_test_suite(load_suite);
