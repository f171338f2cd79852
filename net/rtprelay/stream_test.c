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

/* A stream of which one datagram, number @first, has arrived and was kept. */
static struct rtp_stream *stream_started(struct kunit *test, u16 first)
{
	struct rtp_stream *stream;

	stream = kunit_kzalloc(test, sizeof(*stream), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, stream);
	KUNIT_ASSERT_EQ(test, rtp_stream_receive(stream, SSRC, first),
			RTP_ACCEPT_FIRST);
	rtp_stream_keep(stream, CAPPED);

	return stream;
}

static void stream_in_order(struct kunit *test)
{
	struct rtp_stream *stream = stream_started(test, 65000);
	u16 seq = 65000, number = rtp_stream_number(stream, CAPPED);
	unsigned int i, kept = 0;

	/* Over the wrap, with every third kept: no hole. */
	for (i = 1; i < 3000; i++) {
		seq++;
		KUNIT_ASSERT_EQ(test, rtp_stream_receive(stream, SSRC, seq),
				RTP_ACCEPT);
		KUNIT_ASSERT_EQ(test, rtp_stream_number_all(stream, seq), seq);
		if (i % 3)
			continue;
		rtp_stream_keep(stream, CAPPED);
		kept++;
		KUNIT_ASSERT_EQ(test, rtp_stream_number(stream, CAPPED),
				(u16)(number + kept));
	}
	KUNIT_EXPECT_EQ(test, stream->lost, 0);
}

static void stream_loss_leaves_room(struct kunit *test)
{
	struct rtp_stream *stream = stream_started(test, 65534);
	u16 number = rtp_stream_number(stream, CAPPED);

	KUNIT_EXPECT_EQ(test, rtp_stream_receive(stream, SSRC, 3), RTP_ACCEPT);
	rtp_stream_keep(stream, CAPPED);
	KUNIT_EXPECT_EQ(test, rtp_stream_number(stream, CAPPED),
			(u16)(number + 5));
	KUNIT_EXPECT_EQ(test, stream->lost, 4);
}

static void stream_late_and_duplicate(struct kunit *test)
{
	struct rtp_stream *stream = stream_started(test, 10);

	KUNIT_EXPECT_EQ(test, rtp_stream_receive(stream, SSRC, 10),
			RTP_DUPLICATE);
	KUNIT_EXPECT_EQ(test, rtp_stream_receive(stream, SSRC, 14), RTP_ACCEPT);
	KUNIT_EXPECT_EQ(test, stream->lost, 3);
	KUNIT_EXPECT_EQ(test, rtp_stream_receive(stream, SSRC, 12),
			RTP_ACCEPT_LATE);
	KUNIT_EXPECT_EQ(test, rtp_stream_number_all(stream, 12), 12);
	KUNIT_EXPECT_EQ(test, stream->lost, 2);
	KUNIT_EXPECT_EQ(test, rtp_stream_receive(stream, SSRC, 12),
			RTP_DUPLICATE);
	KUNIT_EXPECT_EQ(test, rtp_stream_receive(stream, SSRC, 14),
			RTP_DUPLICATE);
	/* Before the first: nobody left room for it. */
	KUNIT_EXPECT_EQ(test, rtp_stream_receive(stream, SSRC, 9),
			RTP_DUPLICATE);
}

static void stream_window_moves_on(struct kunit *test)
{
	struct rtp_stream *stream = stream_started(test, 0);
	u16 seq;

	/* All but 500 arrive, until 500 is about to leave the window. */
	for (seq = 1; seq < 500 + RTP_STREAM_WINDOW; seq++) {
		if (seq != 500)
			rtp_stream_receive(stream, SSRC, seq);
	}
	KUNIT_EXPECT_EQ(test, stream->lost, 1);
	KUNIT_EXPECT_EQ(test, rtp_stream_receive(stream, SSRC, 500),
			RTP_ACCEPT_LATE);
	KUNIT_EXPECT_EQ(test, rtp_stream_receive(stream, SSRC, 499), RTP_OLD);
	KUNIT_EXPECT_EQ(test, stream->lost, 0);
}

static void stream_jump_is_confirmed(struct kunit *test)
{
	struct rtp_stream *stream = stream_started(test, 100);
	u16 number = rtp_stream_number(stream, CAPPED);

	/* One forged datagram moves nothing. */
	KUNIT_EXPECT_EQ(test, rtp_stream_receive(stream, SSRC, 30000),
			RTP_UNCONFIRMED);
	KUNIT_EXPECT_EQ(test, rtp_stream_receive(stream, SSRC, 101),
			RTP_ACCEPT);
	rtp_stream_keep(stream, CAPPED);
	KUNIT_EXPECT_EQ(test, rtp_stream_number_all(stream, 101), 101);

	/* Two in sequence do; the numbers go on. */
	KUNIT_EXPECT_EQ(test, rtp_stream_receive(stream, SSRC, 40000),
			RTP_UNCONFIRMED);
	KUNIT_EXPECT_EQ(test, rtp_stream_receive(stream, SSRC, 40001),
			RTP_ACCEPT);
	rtp_stream_keep(stream, CAPPED);
	KUNIT_EXPECT_EQ(test, rtp_stream_number_all(stream, 40001), 102);
	KUNIT_EXPECT_EQ(test, rtp_stream_number(stream, CAPPED),
			(u16)(number + 2));
	KUNIT_EXPECT_EQ(test, stream->lost, 0);
}

static void stream_new_ssrc_is_confirmed(struct kunit *test)
{
	struct rtp_stream *stream = stream_started(test, 100);

	KUNIT_EXPECT_EQ(test, rtp_stream_receive(stream, OTHER, 7),
			RTP_UNCONFIRMED);
	KUNIT_EXPECT_EQ(test, stream->ssrc, SSRC);
	KUNIT_EXPECT_EQ(test, rtp_stream_receive(stream, SSRC, 101),
			RTP_ACCEPT);
	/* Not the one that follows the first. */
	KUNIT_EXPECT_EQ(test, rtp_stream_receive(stream, OTHER, 9),
			RTP_UNCONFIRMED);
	KUNIT_EXPECT_EQ(test, rtp_stream_receive(stream, OTHER, 10),
			RTP_ACCEPT_FIRST);
	KUNIT_EXPECT_EQ(test, stream->ssrc, OTHER);
	KUNIT_EXPECT_EQ(test, rtp_stream_number_all(stream, 10), 102);
	KUNIT_EXPECT_EQ(test, rtp_stream_number_all(stream, 11), 103);
}

static void stream_largest_gap(struct kunit *test)
{
	struct rtp_stream *stream = stream_started(test, 0);

	KUNIT_EXPECT_EQ(test,
			rtp_stream_receive(stream, SSRC, RTP_STREAM_MAX_JUMP),
			RTP_ACCEPT);
	KUNIT_EXPECT_EQ(test, stream->lost, RTP_STREAM_MAX_JUMP - 1);
	KUNIT_EXPECT_EQ(test,
			rtp_stream_receive(stream, SSRC,
					   2 * RTP_STREAM_MAX_JUMP + 1),
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
