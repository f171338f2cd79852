// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests for the sequence numbers of a stream.
 */
#include <kunit/test.h>
#include <linux/slab.h>
#include "stream.h"

#define SSRC	0x1234abcd
#define OTHER	0x5678ef01
#define CAPPED	3

/* The class without a cap, and one that has one. */
#define USED	(BIT(RTP_CLASS_ALL) | BIT(CAPPED))

/* A datagram of a layer of which nothing is known, which begins something. */
static const struct rtp_layer any_layer = { .flags = RTP_LAYER_START };

/* The verdict on a datagram, which all get, or all without a cap. */
static enum rtp_verdict stream_take(struct rtp_stream *stream, u32 ssrc,
				    u16 seq, bool kept)
{
	enum rtp_verdict verdict = rtp_stream_receive(stream, ssrc, seq);
	struct rtp_numbers numbers;

	if (verdict == RTP_ACCEPT || verdict == RTP_ACCEPT_FIRST ||
	    verdict == RTP_ACCEPT_LATE)
		rtp_stream_number(stream, &any_layer,
				  kept ? USED : BIT(RTP_CLASS_ALL), USED,
				  &numbers);

	return verdict;
}

static u16 stream_at(const struct rtp_stream *stream, unsigned int class)
{
	return stream->seq.number[class];
}

/* A stream of which one datagram, number @first, has arrived and was kept. */
static struct rtp_stream *stream_started(struct kunit *test, u16 first)
{
	struct rtp_stream *stream;

	stream = kunit_kzalloc(test, sizeof(*stream), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, stream);
	KUNIT_ASSERT_EQ(test, stream_take(stream, SSRC, first, true),
			RTP_ACCEPT_FIRST);

	return stream;
}

static void stream_in_order(struct kunit *test)
{
	struct rtp_stream *stream = stream_started(test, 65000);
	u16 seq = 65000, number = stream_at(stream, CAPPED);
	unsigned int i, kept = 0;

	/* Over the wrap, with every third kept: no hole. */
	for (i = 1; i < 3000; i++) {
		seq++;
		KUNIT_ASSERT_EQ(test, stream_take(stream, SSRC, seq, !(i % 3)),
				RTP_ACCEPT);
		KUNIT_ASSERT_EQ(test, stream_at(stream, RTP_CLASS_ALL), seq);
		if (i % 3)
			continue;
		kept++;
		KUNIT_ASSERT_EQ(test, stream_at(stream, CAPPED),
				(u16)(number + kept));
	}
	KUNIT_EXPECT_EQ(test, stream->lost, 0);
}

static void stream_loss_leaves_room(struct kunit *test)
{
	struct rtp_stream *stream = stream_started(test, 65534);
	u16 number = stream_at(stream, CAPPED);

	KUNIT_EXPECT_EQ(test, stream_take(stream, SSRC, 3, true), RTP_ACCEPT);
	KUNIT_EXPECT_EQ(test, stream_at(stream, CAPPED),
			(u16)(number + 5));
	KUNIT_EXPECT_EQ(test, stream->lost, 4);
}

static void stream_late_and_duplicate(struct kunit *test)
{
	struct rtp_stream *stream = stream_started(test, 10);

	KUNIT_EXPECT_EQ(test, stream_take(stream, SSRC, 10, true),
			RTP_DUPLICATE);
	KUNIT_EXPECT_EQ(test, stream_take(stream, SSRC, 14, true), RTP_ACCEPT);
	KUNIT_EXPECT_EQ(test, stream->lost, 3);
	KUNIT_EXPECT_EQ(test, stream_take(stream, SSRC, 12, true),
			RTP_ACCEPT_LATE);
	KUNIT_EXPECT_EQ(test, stream_at(stream, RTP_CLASS_ALL), 14);
	KUNIT_EXPECT_EQ(test, stream->lost, 2);
	KUNIT_EXPECT_EQ(test, stream_take(stream, SSRC, 12, true),
			RTP_DUPLICATE);
	KUNIT_EXPECT_EQ(test, stream_take(stream, SSRC, 14, true),
			RTP_DUPLICATE);
	/* Before the first: nobody left room for it. */
	KUNIT_EXPECT_EQ(test, stream_take(stream, SSRC, 9, true),
			RTP_DUPLICATE);
}

static void stream_window_moves_on(struct kunit *test)
{
	struct rtp_stream *stream = stream_started(test, 0);
	u16 seq;

	/* All but 500 arrive, until 500 is about to leave the window. */
	for (seq = 1; seq < 500 + RTP_STREAM_WINDOW; seq++) {
		if (seq != 500)
			stream_take(stream, SSRC, seq, true);
	}
	KUNIT_EXPECT_EQ(test, stream->lost, 1);
	KUNIT_EXPECT_EQ(test, stream_take(stream, SSRC, 500, true),
			RTP_ACCEPT_LATE);
	KUNIT_EXPECT_EQ(test, stream_take(stream, SSRC, 499, true), RTP_OLD);
	KUNIT_EXPECT_EQ(test, stream->lost, 0);
}

static void stream_jump_is_confirmed(struct kunit *test)
{
	struct rtp_stream *stream = stream_started(test, 100);
	u16 number = stream_at(stream, CAPPED);

	/* One forged datagram moves nothing. */
	KUNIT_EXPECT_EQ(test, stream_take(stream, SSRC, 30000, true),
			RTP_UNCONFIRMED);
	KUNIT_EXPECT_EQ(test, stream_take(stream, SSRC, 101, true),
			RTP_ACCEPT);
	KUNIT_EXPECT_EQ(test, stream_at(stream, RTP_CLASS_ALL), 101);

	/* Two in sequence do; the numbers go on. */
	KUNIT_EXPECT_EQ(test, stream_take(stream, SSRC, 40000, true),
			RTP_UNCONFIRMED);
	KUNIT_EXPECT_EQ(test, stream_take(stream, SSRC, 40001, true),
			RTP_ACCEPT);
	KUNIT_EXPECT_EQ(test, stream_at(stream, RTP_CLASS_ALL), 102);
	KUNIT_EXPECT_EQ(test, stream_at(stream, CAPPED),
			(u16)(number + 2));
	KUNIT_EXPECT_EQ(test, stream->lost, 0);
}

static void stream_new_ssrc_is_confirmed(struct kunit *test)
{
	struct rtp_stream *stream = stream_started(test, 100);

	KUNIT_EXPECT_EQ(test, stream_take(stream, OTHER, 7, true),
			RTP_UNCONFIRMED);
	KUNIT_EXPECT_EQ(test, stream->ssrc, SSRC);
	KUNIT_EXPECT_EQ(test, stream_take(stream, SSRC, 101, true),
			RTP_ACCEPT);
	/* Not the one that follows the first. */
	KUNIT_EXPECT_EQ(test, stream_take(stream, OTHER, 9, true),
			RTP_UNCONFIRMED);
	KUNIT_EXPECT_EQ(test, stream_take(stream, OTHER, 10, true),
			RTP_ACCEPT_FIRST);
	KUNIT_EXPECT_EQ(test, stream->ssrc, OTHER);
	KUNIT_EXPECT_EQ(test, stream_at(stream, RTP_CLASS_ALL), 102);
}

static void stream_largest_gap(struct kunit *test)
{
	struct rtp_stream *stream = stream_started(test, 0);

	KUNIT_EXPECT_EQ(test,
			stream_take(stream, SSRC, RTP_STREAM_MAX_JUMP, true),
			RTP_ACCEPT);
	KUNIT_EXPECT_EQ(test, stream->lost, RTP_STREAM_MAX_JUMP - 1);
	KUNIT_EXPECT_EQ(test,
			stream_take(stream, SSRC,
				    2 * RTP_STREAM_MAX_JUMP + 1, true),
			RTP_UNCONFIRMED);
}

static struct kunit_case stream_cases[] = {
	KUNIT_CASE(stream_in_order),
	KUNIT_CASE(stream_loss_leaves_room),
	KUNIT_CASE(stream_late_and_duplicate),
	KUNIT_CASE(stream_window_moves_on),
	KUNIT_CASE(stream_jump_is_confirmed),
	KUNIT_CASE(stream_new_ssrc_is_confirmed),
	KUNIT_CASE(stream_largest_gap),
	{}
};

static struct kunit_suite stream_suite = {
	.name = "rtprelay_stream",
	.test_cases = stream_cases,
};

kunit_test_suite(stream_suite);
