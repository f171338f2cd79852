// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests for the sequence numbers of a stream.
 */
#include <kunit/test.h>
#include <linux/array_size.h>
#include <linux/slab.h>
#include <linux/string.h>
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
		rtp_stream_number(stream, 0, &any_layer,
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

/* What follows is with caps: a stream of several layers, and who gets what. */

#define START	RTP_LAYER_START
#define LAYER(_did, _tid, _flags) \
	(&(struct rtp_layer) { .did = _did, .tid = _tid, .flags = _flags })

/* What is for who has no cap only: a fragment of which the start is lost. */
static const struct rtp_layer lost_layer = {
	.did = RTP_DID_MAX, .qid = RTP_QID_MAX, .tid = RTP_TID_MAX,
};

/**
 * struct capped - a stream and caps for it
 * @classes: the caps
 * @stream: the stream
 * @numbers: of the datagram that arrived last, when it was accepted
 * @timestamp: of those that arrive
 * @seq: its sequence number
 */
struct capped {
	struct rtp_classes classes;
	struct rtp_stream stream;
	struct rtp_numbers numbers;
	u32 timestamp;
	u16 seq;
};

static unsigned int capped_class(struct kunit *test, struct capped *capped,
				 u8 did, u8 tid)
{
	struct rtp_cap cap = { .did = did, .qid = RTP_QID_MAX, .tid = tid };
	int class;

	spin_lock_bh(&capped->classes.lock);
	class = rtp_class_get(&capped->classes, &cap, 0);
	spin_unlock_bh(&capped->classes.lock);
	KUNIT_ASSERT_GE(test, class, 0);

	return class;
}

static struct capped *capped_new(struct kunit *test)
{
	struct capped *capped;

	capped = kunit_kzalloc(test, sizeof(*capped), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, capped);
	rtp_classes_init(&capped->classes);

	return capped;
}

static enum rtp_verdict capped_take_ssrc(struct capped *capped, u32 ssrc,
					 u16 seq, const struct rtp_layer *layer)
{
	enum rtp_verdict verdict;
	u32 used, keep;

	capped->numbers.classes = 0;
	verdict = rtp_stream_receive(&capped->stream, ssrc, seq);
	if (verdict > RTP_ACCEPT_LATE)
		return verdict;

	used = rtp_stream_classes(&capped->stream, &capped->classes);
	keep = rtp_class_keep(&capped->classes, used, layer);
	rtp_stream_number(&capped->stream, capped->timestamp, layer, keep, used,
			  &capped->numbers);
	if (verdict != RTP_ACCEPT_LATE)
		capped->seq = seq;

	return verdict;
}

static enum rtp_verdict capped_take(struct capped *capped, u16 seq,
				    const struct rtp_layer *layer)
{
	return capped_take_ssrc(capped, SSRC, seq, layer);
}

/* The next after @missing that do not arrive. */
static void capped_next(struct kunit *test, struct capped *capped,
			unsigned int missing, const struct rtp_layer *layer)
{
	enum rtp_verdict verdict;

	verdict = capped_take(capped, capped->seq + missing + 1, layer);
	KUNIT_ASSERT_LE(test, verdict, RTP_ACCEPT_FIRST);
}

/* One that was missing, which @back newer ones came before. */
static void capped_late(struct kunit *test, struct capped *capped,
			unsigned int back, const struct rtp_layer *layer)
{
	KUNIT_ASSERT_EQ(test, capped_take(capped, capped->seq - back, layer),
			RTP_ACCEPT_LATE);
}

/* Whether a class gets the datagram that arrived last, and its number. */
static bool capped_gets(const struct capped *capped, unsigned int class)
{
	return capped->numbers.classes & BIT(class);
}

static u16 capped_number(const struct capped *capped, unsigned int class)
{
	return capped->stream.seq.number[class];
}

/* Late ones have the number of the input also before any number was wrapped,
 * or any block of numbers ended.
 */
static void stream_late_among_the_first(struct kunit *test)
{
	struct capped *capped = capped_new(test);
	unsigned int base = capped_class(test, capped, 0, 0);

	capped->seq = 999;
	capped_next(test, capped, 0, LAYER(0, 0, START));
	capped_next(test, capped, 3, LAYER(0, 0, START));
	capped_late(test, capped, 2, LAYER(0, 0, START));
	KUNIT_EXPECT_TRUE(test, capped_gets(capped, RTP_CLASS_ALL));
	KUNIT_EXPECT_EQ(test, capped->numbers.number[RTP_CLASS_ALL], 1002);
	KUNIT_EXPECT_TRUE(test, capped_gets(capped, base));
	KUNIT_EXPECT_EQ(test, capped->numbers.number[base], 3);
}

static void stream_gap_within_a_unit(struct kunit *test)
{
	struct capped *capped = capped_new(test);
	unsigned int base = capped_class(test, capped, 0, 0);
	unsigned int middle = capped_class(test, capped, 1, 0);

	/* After D1 comes no D0. */
	capped_next(test, capped, 0, LAYER(0, 0, START));
	capped_next(test, capped, 0, LAYER(1, 0, 0));
	capped_next(test, capped, 2, LAYER(2, 0, 0));
	KUNIT_EXPECT_EQ(test, capped_number(capped, base), 1);
	KUNIT_EXPECT_EQ(test, capped_number(capped, middle), 4);
	KUNIT_EXPECT_EQ(test, capped_number(capped, RTP_CLASS_ALL), 5);

	/* After D2 comes no D1, either. */
	capped_next(test, capped, 1, LAYER(2, 0, 0));
	KUNIT_EXPECT_EQ(test, capped_number(capped, base), 1);
	KUNIT_EXPECT_EQ(test, capped_number(capped, middle), 4);
	KUNIT_EXPECT_EQ(test, capped_number(capped, RTP_CLASS_ALL), 7);

	/* After D0 comes anything. */
	capped_next(test, capped, 0, LAYER(0, 0, START));
	capped_next(test, capped, 1, LAYER(1, 0, 0));
	KUNIT_EXPECT_EQ(test, capped_number(capped, base), 3);
	KUNIT_EXPECT_EQ(test, capped_number(capped, middle), 7);
}

static void stream_gap_of_a_temporal_layer(struct kunit *test)
{
	struct capped *capped = capped_new(test);
	unsigned int slow = capped_class(test, capped, 7, 0);
	unsigned int fast = capped_class(test, capped, 0, 2);

	capped_next(test, capped, 0, LAYER(0, 0, START));
	capped_next(test, capped, 0, LAYER(0, 2, START));
	capped_next(test, capped, 3, LAYER(1, 2, 0));
	KUNIT_EXPECT_EQ(test, capped_number(capped, slow), 1);
	KUNIT_EXPECT_EQ(test, capped_number(capped, fast), 5);
}

static void stream_gap_across_units(struct kunit *test)
{
	struct capped *capped = capped_new(test);
	unsigned int base = capped_class(test, capped, 0, 0);

	capped_next(test, capped, 0, LAYER(0, 0, START));
	capped_next(test, capped, 0, LAYER(2, 0, 0));
	capped_next(test, capped, 2, LAYER(0, 0, START));
	KUNIT_EXPECT_EQ(test, capped_number(capped, base), 4);
}

/* Nothing is inferred from a datagram of which the layer is not known. */
static void stream_gap_beside_unknown(struct kunit *test)
{
	struct capped *capped = capped_new(test);
	unsigned int base = capped_class(test, capped, 0, 0);

	capped_next(test, capped, 0, LAYER(0, 0, START));
	capped_next(test, capped, 0, LAYER(2, 0, 0));
	capped_next(test, capped, 0, &lost_layer);
	capped_next(test, capped, 2, LAYER(2, 0, 0));
	KUNIT_EXPECT_EQ(test, capped_number(capped, base), 3);

	capped_next(test, capped, 0, LAYER(0, 0, RTP_LAYER_UNKNOWN));
	capped_next(test, capped, 2, LAYER(2, 0, 0));
	KUNIT_EXPECT_EQ(test, capped_number(capped, base), 6);

	/* Where it begins is missing, and its access unit is another. */
	capped->timestamp++;
	capped_next(test, capped, 2, &lost_layer);
	KUNIT_EXPECT_EQ(test, capped_number(capped, base), 8);
}

/* A unit that is in fragments, or a prefix, goes on: of those missing the first
 * is of it.
 */
static void stream_gap_in_an_open_unit(struct kunit *test)
{
	struct capped *capped = capped_new(test);
	unsigned int base = capped_class(test, capped, 0, 0);
	unsigned int middle = capped_class(test, capped, 1, 0);

	capped_next(test, capped, 0, LAYER(0, 0, START));
	capped_next(test, capped, 0, LAYER(1, 0, RTP_LAYER_UNMARK));
	capped_next(test, capped, 1, LAYER(0, 0, START));
	KUNIT_EXPECT_EQ(test, capped_number(capped, base), 2);
	KUNIT_EXPECT_EQ(test, capped_number(capped, middle), 4);

	capped_next(test, capped, 0, LAYER(2, 0, RTP_LAYER_UNMARK));
	capped_next(test, capped, 3, LAYER(0, 0, START));
	KUNIT_EXPECT_EQ(test, capped_number(capped, base), 5);
	KUNIT_EXPECT_EQ(test, capped_number(capped, middle), 7);

	/* It was not of that one: nobody sees a hole. */
	capped_late(test, capped, 3, LAYER(2, 0, 0));
	KUNIT_EXPECT_EQ(test, capped->numbers.classes, BIT(RTP_CLASS_ALL));
	KUNIT_EXPECT_EQ(test, capped_number(capped, base), 5);

	/* Of which unit a fragment without a start is, is not known. */
	capped_next(test, capped, 0,
		    &(struct rtp_layer) {
			    .did = RTP_DID_MAX, .qid = RTP_QID_MAX,
			    .tid = RTP_TID_MAX, .flags = RTP_LAYER_UNMARK,
		    });
	capped_next(test, capped, 1, LAYER(0, 0, START));
	KUNIT_EXPECT_EQ(test, capped_number(capped, base), 7);
}

static void stream_late_is_kept_or_taken_back(struct kunit *test)
{
	struct capped *capped = capped_new(test);
	unsigned int base = capped_class(test, capped, 0, 0);
	unsigned int middle = capped_class(test, capped, 1, 0);

	/* What was no one's may have been anyone's. */
	capped_next(test, capped, 0, LAYER(0, 0, START));
	capped_next(test, capped, 3, LAYER(2, 0, 0));
	KUNIT_EXPECT_EQ(test, capped_number(capped, base), 4);

	capped_late(test, capped, 3, LAYER(0, 0, 0));
	KUNIT_EXPECT_TRUE(test, capped_gets(capped, base));
	KUNIT_EXPECT_EQ(test, capped->numbers.number[base], 2);
	capped_late(test, capped, 2, LAYER(1, 0, 0));
	KUNIT_EXPECT_FALSE(test, capped_gets(capped, base));
	KUNIT_EXPECT_EQ(test, capped->numbers.number[middle], 3);
	KUNIT_EXPECT_EQ(test, capped_number(capped, base), 3);
	capped_late(test, capped, 1, LAYER(2, 0, 0));
	KUNIT_EXPECT_EQ(test, capped->numbers.classes, BIT(RTP_CLASS_ALL));
	KUNIT_EXPECT_EQ(test, capped->numbers.number[RTP_CLASS_ALL], 4);
	KUNIT_EXPECT_EQ(test, capped_number(capped, base), 2);
	KUNIT_EXPECT_EQ(test, capped_number(capped, middle), 3);
	KUNIT_EXPECT_EQ(test, capped->stream.lost, 0);
}

/* A datagram that breaks the rule that layers of an access unit ascend has no
 * number, and disturbs none.
 */
static void stream_late_without_a_number(struct kunit *test)
{
	struct capped *capped = capped_new(test);
	unsigned int base = capped_class(test, capped, 0, 0);

	capped_next(test, capped, 0, LAYER(0, 0, START));
	capped_next(test, capped, 0, LAYER(1, 0, 0));
	capped_next(test, capped, 1, LAYER(1, 0, 0));
	capped_late(test, capped, 1, LAYER(0, 0, 0));
	KUNIT_EXPECT_EQ(test, capped->numbers.classes, BIT(RTP_CLASS_ALL));
	capped_next(test, capped, 0, LAYER(0, 0, START));
	KUNIT_EXPECT_EQ(test, capped_number(capped, base), 2);
}

/* Both wraps change nothing. */
static void stream_wraps(struct kunit *test)
{
	struct capped *far = capped_new(test), *near = capped_new(test);
	unsigned int base = capped_class(test, far, 0, 0), i;
	u32 seed = 5;

	KUNIT_ASSERT_EQ(test, capped_class(test, near, 0, 0), base);
	/* as long after the stream began */
	far->stream.seq.head = -20000;
	for (i = 0; i < RTP_CLASSES; i++)
		rtp_seq_open(&far->stream.seq, i);

	for (i = 0; i < 40000; i++) {
		/* out of order by up to 3 */
		u16 seq = 40000 + i;
		u8 did = (seed = seed * 1664525 + 1013904223) >> 30;

		if (i > 3)
			seq ^= seed >> 28 & 3;
		capped_take(far, seq, LAYER(did, 0, did ? 0 : START));
		capped_take(near, seq, LAYER(did, 0, did ? 0 : START));
		KUNIT_ASSERT_EQ(test, far->numbers.classes,
				near->numbers.classes);
		if (capped_gets(far, base))
			KUNIT_ASSERT_EQ(test, far->numbers.number[base],
					near->numbers.number[base]);
		if (capped_gets(far, RTP_CLASS_ALL))
			KUNIT_ASSERT_EQ(test, far->numbers.number[0], seq);
	}
}

static void stream_jump_goes_on_in_every_class(struct kunit *test)
{
	static const struct {
		u32 ssrc;
		u16 seq;
	} ways[] = { { SSRC, 5000 }, { OTHER, 5001 }, { SSRC, 5003 } };
	struct capped *capped = capped_new(test);
	unsigned int base = capped_class(test, capped, 0, 0), i;

	capped->seq = 99;
	capped_next(test, capped, 0, LAYER(0, 0, START));
	capped_next(test, capped, 0, LAYER(1, 0, 0));

	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		u16 all = capped_number(capped, RTP_CLASS_ALL);
		u16 own = capped_number(capped, base);
		u32 ssrc = ways[i].ssrc;
		u16 seq = ways[i].seq;

		KUNIT_EXPECT_EQ(test,
				capped_take_ssrc(capped, ssrc, seq,
						 LAYER(0, 0, START)),
				RTP_UNCONFIRMED);
		KUNIT_EXPECT_EQ(test, capped_number(capped, RTP_CLASS_ALL),
				all);
		KUNIT_EXPECT_LE(test,
				capped_take_ssrc(capped, ssrc, seq + 1,
						 LAYER(0, 0, START)),
				RTP_ACCEPT_FIRST);
		KUNIT_EXPECT_EQ(test, capped_number(capped, RTP_CLASS_ALL),
				(u16)(all + 1));
		KUNIT_EXPECT_EQ(test, capped_number(capped, base),
				(u16)(own + 1));
		/* Nobody left room for the one that announced it. */
		KUNIT_EXPECT_EQ(test,
				capped_take_ssrc(capped, ssrc, seq,
						 LAYER(0, 0, START)),
				RTP_DUPLICATE);
		KUNIT_EXPECT_EQ(test,
				capped_take_ssrc(capped, ssrc, seq + 2,
						 LAYER(1, 0, 0)),
				RTP_ACCEPT);
	}
}

/* Another source, announced: two of it in sequence begin, whatever SSRC and
 * numbers they have, and the output's go on.
 */
static void stream_another_source(struct kunit *test)
{
	static const struct {
		u32 ssrc;
		u16 seq;
	} next[] = {
		{ OTHER, 7000 },	/* anywhere */
		{ OTHER, 102 },		/* as if nothing was */
		{ SSRC, 102 },
		{ SSRC, 90 },		/* numbers that were seen */
		{ SSRC, 99 },
		{ SSRC, 40000 },
		{ SSRC, 65535 },
	};
	struct rtp_stream *stream;
	unsigned int i;
	u16 number;

	for (i = 0; i < ARRAY_SIZE(next); i++) {
		u32 ssrc = next[i].ssrc;
		u16 seq = next[i].seq;

		stream = stream_started(test, 100);
		KUNIT_EXPECT_EQ(test, stream_take(stream, SSRC, 101, true),
				RTP_ACCEPT);
		number = stream_at(stream, CAPPED);
		stream->top.did = 2;

		rtp_stream_renew(stream);
		KUNIT_EXPECT_EQ(test, stream_take(stream, ssrc, seq, true),
				RTP_UNCONFIRMED);
		KUNIT_EXPECT_EQ(test, stream_take(stream, ssrc, seq + 1, true),
				RTP_ACCEPT_FIRST);
		KUNIT_EXPECT_EQ(test, stream->ssrc, ssrc);
		KUNIT_EXPECT_EQ(test, stream->top.did, 0);
		KUNIT_EXPECT_TRUE(test, stream->cut);
		KUNIT_EXPECT_EQ(test, stream->lost, 0);
		KUNIT_EXPECT_EQ(test, stream_at(stream, RTP_CLASS_ALL), 102);
		KUNIT_EXPECT_EQ(test, stream_at(stream, CAPPED),
				(u16)(number + 1));

		/* once */
		KUNIT_EXPECT_EQ(test, stream_take(stream, ssrc, seq + 2, true),
				RTP_ACCEPT);
		KUNIT_EXPECT_EQ(test, stream_take(stream, ssrc, seq + 2, true),
				RTP_DUPLICATE);
		KUNIT_EXPECT_EQ(test, stream_take(stream, ssrc, seq, true),
				RTP_DUPLICATE);
		KUNIT_EXPECT_EQ(test, stream_at(stream, RTP_CLASS_ALL), 103);
	}
}

/* What the source before announced does not begin the next. */
static void stream_another_source_is_confirmed(struct kunit *test)
{
	struct rtp_stream *stream = stream_started(test, 100);

	KUNIT_EXPECT_EQ(test, stream_take(stream, OTHER, 10, true),
			RTP_UNCONFIRMED);
	rtp_stream_renew(stream);
	KUNIT_EXPECT_EQ(test, stream_take(stream, OTHER, 11, true),
			RTP_UNCONFIRMED);
	/* not two of one SSRC, and not in sequence */
	KUNIT_EXPECT_EQ(test, stream_take(stream, SSRC, 12, true),
			RTP_UNCONFIRMED);
	KUNIT_EXPECT_EQ(test, stream_take(stream, SSRC, 14, true),
			RTP_UNCONFIRMED);
	KUNIT_EXPECT_EQ(test, stream_take(stream, SSRC, 15, true),
			RTP_ACCEPT_FIRST);

	/* Before the first datagram there is nothing to be confirmed. */
	memset(stream, 0, sizeof(*stream));
	rtp_stream_renew(stream);
	KUNIT_EXPECT_EQ(test, stream_take(stream, OTHER, 500, true),
			RTP_ACCEPT_FIRST);
	KUNIT_EXPECT_EQ(test, stream_take(stream, OTHER, 501, true),
			RTP_ACCEPT);
}

/* A class that comes into use between two looks at what is in use, the first
 * of which only sees that something did, still begins where it is first seen.
 */
static void stream_class_comes_into_use_late(struct kunit *test)
{
	struct capped *capped = capped_new(test);
	struct rtp_classes *classes = &capped->classes;
	unsigned int base;
	u32 used;

	capped_next(test, capped, 0, LAYER(0, 0, START));
	base = capped_class(test, capped, 0, 0);
	used = classes->used;

	classes->used = BIT(RTP_CLASS_ALL);
	capped_next(test, capped, 1, LAYER(0, 0, START));
	classes->used = used;
	capped_next(test, capped, 1, LAYER(0, 0, START));

	KUNIT_EXPECT_EQ(test, capped->stream.seq.first[base],
			capped->stream.seq.head - 1);
	KUNIT_EXPECT_EQ(test, capped->stream.seq.fixed[base],
			capped->stream.seq.head - 1);
}

static struct kunit_case stream_cases[] = {
	KUNIT_CASE(stream_in_order),
	KUNIT_CASE(stream_loss_leaves_room),
	KUNIT_CASE(stream_late_and_duplicate),
	KUNIT_CASE(stream_window_moves_on),
	KUNIT_CASE(stream_jump_is_confirmed),
	KUNIT_CASE(stream_new_ssrc_is_confirmed),
	KUNIT_CASE(stream_largest_gap),
	KUNIT_CASE(stream_late_among_the_first),
	KUNIT_CASE(stream_gap_within_a_unit),
	KUNIT_CASE(stream_gap_of_a_temporal_layer),
	KUNIT_CASE(stream_gap_across_units),
	KUNIT_CASE(stream_gap_beside_unknown),
	KUNIT_CASE(stream_gap_in_an_open_unit),
	KUNIT_CASE(stream_late_is_kept_or_taken_back),
	KUNIT_CASE(stream_late_without_a_number),
	KUNIT_CASE(stream_wraps),
	KUNIT_CASE(stream_jump_goes_on_in_every_class),
	KUNIT_CASE(stream_another_source),
	KUNIT_CASE(stream_another_source_is_confirmed),
	KUNIT_CASE(stream_class_comes_into_use_late),
	{}
};

static struct kunit_suite stream_suite = {
	.name = "rtprelay_stream",
	.test_cases = stream_cases,
};

kunit_test_suite(stream_suite);
