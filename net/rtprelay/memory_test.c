// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests for the memory that copies refer to.
 */
#include <kunit/test.h>
#include <linux/align.h>
#include <linux/cache.h>
#include <linux/mm.h>
#include <linux/string.h>
#include "memory.h"
#include "random_test.h"

#define PIECES	1000
#define REFS	9

/* A piece, and the references that were had with it. */
struct memory_piece {
	u8 *data;
	unsigned int bytes;
	unsigned int refs;
};

/* Pieces of all sizes: inside their page, each where a cache line begins, none
 * over another, and of each page as many references as were asked for.
 */
static void memory_random_pieces(struct kunit *test)
{
	unsigned int i, used = 0, refs = 0, pages = 0;
	struct rtp_memory memory = {};
	struct memory_piece *pieces;
	struct rnd_state random;
	struct page *page = NULL;

	random_begin(test, &random);
	pieces = kunit_kcalloc(test, PIECES, sizeof(*pieces), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, pieces);

	for (i = 0; i < PIECES; i++) {
		struct memory_piece *piece = &pieces[i];
		struct page *of;
		unsigned int at;

		piece->bytes = random_in(&random, 1, random_in(&random, 0, 7) ?
					 3000 : RTP_MEMORY_BYTES);
		piece->refs = random_in(&random, 1, REFS);
		piece->data = rtp_memory_get(&memory, piece->bytes,
					     piece->refs);
		KUNIT_ASSERT_NOT_NULL(test, piece->data);

		at = rtp_memory_at(piece->data, &of);
		KUNIT_ASSERT_PTR_EQ(test, piece->data, page_address(of) + at);
		KUNIT_ASSERT_TRUE(test, IS_ALIGNED(at, SMP_CACHE_BYTES));
		KUNIT_ASSERT_LE(test, at + piece->bytes, RTP_MEMORY_BYTES);
		if (of != page) {
			KUNIT_ASSERT_EQ(test, at, 0);
			/* as soon as the page did not have room, no sooner */
			if (page) {
				KUNIT_ASSERT_GT(test, used + piece->bytes,
						RTP_MEMORY_BYTES);
				KUNIT_ASSERT_EQ(test, page_count(page), refs);
			}
			page = of;
			used = 0;
			refs = 0;
			pages++;
		}
		KUNIT_ASSERT_GE(test, at, used);
		used = ALIGN(at + piece->bytes, SMP_CACHE_BYTES);
		refs += piece->refs;
		KUNIT_ASSERT_EQ(test, page_count(page), refs + 1);
		memset(piece->data, i, piece->bytes);
	}
	KUNIT_EXPECT_GT(test, pages, 10);

	for (i = 0; i < PIECES; i++) {
		struct memory_piece *piece = &pieces[i];

		KUNIT_EXPECT_NULL(test, memchr_inv(piece->data, i & 0xff,
						   piece->bytes));
		while (piece->refs--)
			put_page(virt_to_head_page(piece->data));
	}
	KUNIT_EXPECT_EQ(test, page_count(memory.page), 1);
	rtp_memory_exit(&memory);
}

/* A page to its last byte. */
static void memory_whole_page(struct kunit *test)
{
	struct rtp_memory memory = {};
	struct page *page;
	void *a, *b, *c;

	a = rtp_memory_get(&memory, RTP_MEMORY_BYTES - 1, 1);
	KUNIT_ASSERT_NOT_NULL(test, a);
	KUNIT_EXPECT_EQ(test, rtp_memory_at(a, &page), 0);
	b = rtp_memory_get(&memory, RTP_MEMORY_BYTES - SMP_CACHE_BYTES, 1);
	KUNIT_ASSERT_NOT_NULL(test, b);
	KUNIT_EXPECT_EQ(test, rtp_memory_at(b, &page), 0);
	c = rtp_memory_get(&memory, SMP_CACHE_BYTES, 1);
	KUNIT_ASSERT_NOT_NULL(test, c);
	KUNIT_EXPECT_EQ(test, c - b, RTP_MEMORY_BYTES - SMP_CACHE_BYTES);

	put_page(virt_to_head_page(a));
	put_page(page);
	put_page(page);
	rtp_memory_exit(&memory);
}

/* Whoever has a piece has it when the thread is gone. */
static void memory_outlives(struct kunit *test)
{
	struct rtp_memory memory = {};
	struct page *page;
	u8 *piece;

	piece = rtp_memory_get(&memory, 100, 2);
	KUNIT_ASSERT_NOT_NULL(test, piece);
	rtp_memory_at(piece, &page);
	rtp_memory_exit(&memory);
	KUNIT_EXPECT_NULL(test, memory.page);
	KUNIT_EXPECT_EQ(test, page_count(page), 2);
	put_page(page);
	KUNIT_EXPECT_EQ(test, page_count(page), 1);
	put_page(page);

	/* nothing to give back, twice */
	rtp_memory_exit(&memory);

	piece = rtp_memory_get(&memory, 100, 1);
	KUNIT_ASSERT_NOT_NULL(test, piece);
	KUNIT_EXPECT_EQ(test, rtp_memory_at(piece, &page), 0);
	put_page(page);
	rtp_memory_exit(&memory);
}

static struct kunit_case memory_cases[] = {
	KUNIT_CASE(memory_random_pieces),
	KUNIT_CASE(memory_whole_page),
	KUNIT_CASE(memory_outlives),
	{}
};

static struct kunit_suite memory_suite = {
	.name = "rtprelay_memory",
	.test_cases = memory_cases,
};

kunit_test_suite(memory_suite);
