// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests for where a destination may change its cap.
 */
#include <kunit/test.h>
#include <linux/array_size.h>
#include <linux/slab.h>
#include "step.h"

#define START	RTP_LAYER_START
#define SYNC	RTP_LAYER_SYNC
#define DOWN	RTP_LAYER_DOWN
#define BEGIN	(START | SYNC)

#define ABSENT	RTP_DQID_NONE
#define BASE	0
#define MIDDLE	0x10	/* DQId of the second spatial layer */

/* What a datagram is of, and from where to where temporal layers can begin. */
#define LAYER(_did, _qid, _tid, _up_from, _up_to, _flags)	\
	{ .did = _did, .qid = _qid, .tid = _tid,		\
	  .up_from = _up_from, .up_to = _up_to, .flags = _flags }
#define AT(_did, _flags)	LAYER(_did, 0, 0, 0, 0, _flags)
#define TEMPORAL(_tid, _from, _to)	LAYER(0, 0, _tid, _from, _to, START)

/* A spatial layer with all its quality layers, and up to a temporal layer. */
#define CAP(_did, _tid)		{ .did = _did, .qid = 15, .tid = _tid }
#define QUALITY(_did, _qid)	{ .did = _did, .qid = _qid, .tid = 2 }
#define UNCAPPED		{ .did = 7, .qid = 15, .tid = 7 }
#define PAUSED			{ .paused = true }

/**
 * struct step_case - a row of the table
 * @name: what it is about
 * @layer: the datagram
 * @below: the highest layer of the access unit below the datagram's
 * @broken: something of the access unit is missing
 * @immediate: a destination waits for nothing
 * @now: the cap that it has
 * @want: the cap that it is to have
 * @next: the cap that it gets
 */
struct step_case {
	const char *name;
	struct rtp_layer layer;
	s16 below;
	bool broken;
	bool immediate;
	struct rtp_cap now;
	struct rtp_cap want;
	struct rtp_cap next;
};

/* The stream has three spatial layers, the second of which has four quality
 * layers, and three temporal layers.
 */
static const struct step_case step_cases[] = {
	/* fewer temporal layers */
	{ "TID down, next access unit", AT(0, START), ABSENT, false, false,
	  CAP(2, 2), CAP(2, 0), CAP(2, 0) },
	{ "TID down, same access unit", AT(1, 0), BASE, false, false,
	  CAP(2, 2), CAP(2, 0), CAP(2, 2) },
	{ "TID down, after a loss", AT(0, START), ABSENT, true, false,
	  CAP(2, 2), CAP(2, 0), CAP(2, 0) },
	/* fewer quality layers */
	{ "QID down, next access unit", AT(0, START), ABSENT, false, false,
	  QUALITY(1, 3), QUALITY(1, 0), QUALITY(1, 0) },
	{ "QID down, same access unit", AT(1, 0), BASE, false, false,
	  QUALITY(1, 3), QUALITY(1, 0), QUALITY(1, 3) },
	/* fewer spatial layers */
	{ "DID down, next access unit", AT(0, START), ABSENT, false, false,
	  CAP(2, 2), CAP(1, 2), CAP(2, 2) },
	{ "DID down, at once", AT(0, START), ABSENT, false, true,
	  CAP(2, 2), CAP(1, 2), CAP(1, 2) },
	{ "DID down, at once, same access unit", AT(1, 0), BASE, false, true,
	  CAP(2, 2), CAP(1, 2), CAP(2, 2) },
	{ "DID down, new top begins", AT(1, SYNC), BASE, false, false,
	  CAP(2, 2), CAP(1, 2), CAP(1, 2) },
	{ "DID down, layer below begins", AT(0, BEGIN), ABSENT, false, false,
	  CAP(2, 2), CAP(1, 2), CAP(2, 2) },
	{ "DID down, layer above begins", AT(2, SYNC), MIDDLE, false, false,
	  CAP(2, 2), CAP(1, 2), CAP(2, 2) },
	{ "DID down, base begins", AT(0, BEGIN), ABSENT, false, false,
	  CAP(2, 2), CAP(0, 2), CAP(0, 2) },
	{ "DID down, where the codec says", AT(0, START | DOWN), ABSENT, false,
	  false, CAP(2, 2), CAP(0, 2), CAP(0, 2) },
	{ "DID down, to what there is", AT(0, START), ABSENT, false, false,
	  UNCAPPED, CAP(2, 7), CAP(2, 7) },
	{ "DID down, in an access unit not got", LAYER(1, 0, 2, 0, 0, SYNC),
	  BASE, false, false, CAP(2, 0), CAP(1, 0), CAP(2, 0) },
	/* more spatial layers */
	{ "DID up", AT(1, SYNC), BASE, false, false,
	  CAP(0, 2), CAP(1, 2), CAP(1, 2) },
	{ "DID up, no beginning", AT(1, 0), BASE, false, false,
	  CAP(0, 2), CAP(1, 2), CAP(0, 2) },
	{ "DID up, base begins", AT(0, BEGIN), ABSENT, false, false,
	  CAP(0, 2), CAP(1, 2), CAP(0, 2) },
	{ "DID up, after a loss", AT(1, SYNC), BASE, true, false,
	  CAP(0, 2), CAP(1, 2), CAP(0, 2) },
	{ "DID up, above the target", AT(2, SYNC), BASE, false, false,
	  CAP(0, 2), CAP(1, 2), CAP(0, 2) },
	{ "DID up, first of two", AT(1, SYNC), BASE, false, false,
	  CAP(0, 2), CAP(2, 2), CAP(1, 2) },
	{ "DID up, second of two", AT(2, SYNC), 0x13, false, false,
	  CAP(1, 2), CAP(2, 2), CAP(2, 2) },
	{ "DID up, over one not got", AT(2, SYNC), MIDDLE, false, false,
	  CAP(0, 2), CAP(2, 2), CAP(0, 2) },
	{ "DID up, over one not there", AT(2, SYNC), BASE, false, false,
	  CAP(0, 2), CAP(2, 2), CAP(2, 2) },
	{ "DID up, over a quality not got", AT(2, SYNC), 0x13, false, false,
	  QUALITY(1, 2), CAP(2, 2), QUALITY(1, 2) },
	{ "DID up, past what there is", AT(2, SYNC), MIDDLE, false, false,
	  CAP(1, 2), CAP(5, 2), CAP(5, 2) },
	{ "DID up, nothing above", AT(0, START), ABSENT, false, false,
	  CAP(2, 2), CAP(7, 2), CAP(7, 2) },
	{ "DID up, nothing above, same access unit", AT(1, 0), BASE, false,
	  false, CAP(2, 2), CAP(7, 2), CAP(2, 2) },
	{ "DID up, in an access unit not got", LAYER(1, 0, 2, 0, 0, SYNC),
	  BASE, false, false, CAP(0, 0), CAP(1, 0), CAP(0, 0) },
	{ "QID up", LAYER(1, 1, 0, 0, 0, SYNC), MIDDLE, false, false,
	  QUALITY(1, 0), QUALITY(1, 2), QUALITY(1, 2) },
	{ "QID up, no beginning", AT(1, SYNC), BASE, false, false,
	  QUALITY(1, 0), QUALITY(1, 2), QUALITY(1, 0) },
	/* more temporal layers */
	{ "TID up", TEMPORAL(0, 0, 7), ABSENT, false, false,
	  CAP(2, 0), CAP(2, 2), CAP(2, 2) },
	{ "TID up, no beginning", TEMPORAL(0, 0, 0), ABSENT, false, false,
	  CAP(2, 0), CAP(2, 2), CAP(2, 0) },
	{ "TID up, in a higher one", TEMPORAL(1, 1, 7), ABSENT, false, false,
	  CAP(2, 0), CAP(2, 2), CAP(2, 0) },
	{ "TID up, in a higher one got", TEMPORAL(1, 1, 7), ABSENT, false,
	  false, CAP(2, 1), CAP(2, 2), CAP(2, 2) },
	{ "TID up, not all", TEMPORAL(1, 0, 1), ABSENT, false, false,
	  CAP(2, 0), CAP(2, 2), CAP(2, 1) },
	{ "TID up, got already", TEMPORAL(1, 0, 1), ABSENT, false, false,
	  CAP(2, 1), CAP(2, 2), CAP(2, 1) },
	{ "TID up, after a loss", TEMPORAL(0, 0, 7), ABSENT, true, false,
	  CAP(2, 0), CAP(2, 2), CAP(2, 0) },
	{ "TID up, nothing above", AT(0, START), ABSENT, false, false,
	  CAP(2, 2), CAP(2, 7), CAP(2, 7) },
	{ "TID up, nothing above, same access unit", AT(1, 0), BASE, false,
	  false, CAP(2, 2), CAP(2, 7), CAP(2, 2) },
	/* #1552 of mediasoup: more temporal layers than asked for */
	{ "TID up, never beyond the target", TEMPORAL(0, 0, 7), ABSENT, false,
	  false, CAP(2, 0), CAP(2, 1), CAP(2, 1) },
	/* both */
	{ "both down, next access unit", AT(0, START), ABSENT, false, false,
	  CAP(2, 2), CAP(0, 0), CAP(2, 0) },
	{ "both down, at once", AT(0, START), ABSENT, false, true,
	  CAP(2, 2), CAP(0, 0), CAP(0, 0) },
	{ "both up, TID only", TEMPORAL(0, 0, 7), ABSENT, false, false,
	  CAP(0, 0), CAP(1, 2), CAP(0, 2) },
	{ "both up, DID only", AT(1, SYNC), BASE, false, false,
	  CAP(0, 0), CAP(1, 2), CAP(1, 0) },
	{ "both up", LAYER(1, 0, 0, 0, 7, SYNC), BASE, false, false,
	  CAP(0, 0), CAP(1, 2), CAP(1, 2) },
	{ "both up, TID in time for DID", LAYER(1, 0, 1, 0, 7, SYNC), BASE,
	  false, false, CAP(0, 0), CAP(1, 2), CAP(1, 2) },
	{ "TID up and DID down", LAYER(0, 0, 0, 0, 7, BEGIN), ABSENT, false,
	  false, CAP(2, 0), CAP(0, 2), CAP(0, 2) },
	{ "TID down and DID up", AT(0, START), ABSENT, false, false,
	  CAP(0, 2), CAP(1, 0), CAP(0, 0) },
	/* pause */
	{ "pause", AT(0, START), ABSENT, false, false,
	  CAP(2, 2), PAUSED, PAUSED },
	{ "pause, same access unit", AT(1, SYNC), BASE, false, false,
	  CAP(2, 2), PAUSED, CAP(2, 2) },
	{ "resume", AT(0, BEGIN), ABSENT, false, false,
	  PAUSED, CAP(0, 1), CAP(0, 1) },
	{ "resume, no beginning", AT(0, START), ABSENT, false, false,
	  PAUSED, CAP(0, 1), PAUSED },
	{ "resume, at once", AT(0, START), ABSENT, false, true,
	  PAUSED, CAP(0, 1), PAUSED },
	{ "resume, after a loss", AT(0, BEGIN), ABSENT, true, false,
	  PAUSED, CAP(0, 1), PAUSED },
	{ "resume, a higher one begins", AT(1, SYNC), BASE, false, false,
	  PAUSED, CAP(1, 1), PAUSED },
	{ "resume, a higher one begins alone", AT(1, BEGIN), ABSENT, false,
	  false, PAUSED, CAP(1, 1), PAUSED },
	{ "resume, first of several", AT(0, BEGIN), ABSENT, false, false,
	  PAUSED, CAP(2, 1), CAP(0, 1) },
	{ "resume, in an access unit not got", LAYER(0, 0, 2, 0, 0, BEGIN),
	  ABSENT, false, false, PAUSED, CAP(0, 1), PAUSED },
	/* none */
	{ "no cap any more", AT(0, START), ABSENT, false, false,
	  CAP(2, 2), UNCAPPED, UNCAPPED },
	{ "no cap any more, from below", AT(1, SYNC), BASE, false, false,
	  CAP(0, 7), UNCAPPED, CAP(1, 7) },
	{ "a cap that leaves out nothing", AT(0, START), ABSENT, false, false,
	  UNCAPPED, CAP(2, 2), CAP(2, 2) },
	{ "as it is", LAYER(0, 0, 0, 0, 7, BEGIN | DOWN), ABSENT, false, false,
	  CAP(1, 1), CAP(1, 1), CAP(1, 1) },
};

KUNIT_ARRAY_PARAM_DESC(step_case, step_cases, name);

static void step_expect_cap(struct kunit *test, const struct rtp_cap *cap,
			    const struct rtp_cap *expected)
{
	KUNIT_EXPECT_EQ(test, cap->did, expected->did);
	KUNIT_EXPECT_EQ(test, cap->qid, expected->qid);
	KUNIT_EXPECT_EQ(test, cap->tid, expected->tid);
	KUNIT_EXPECT_EQ(test, cap->paused, expected->paused);
}

static struct rtp_stream *step_stream(struct kunit *test, u8 did, u8 tid)
{
	struct rtp_stream *stream;

	stream = kunit_kzalloc(test, sizeof(*stream), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, stream);
	stream->top.did = did;
	stream->top.tid = tid;
	stream->unit.told = true;
	stream->unit.whole = true;

	return stream;
}

static void step_table(struct kunit *test)
{
	const struct step_case *row = test->param_value;
	struct rtp_stream *stream = step_stream(test, 2, 2);
	struct rtp_cap next;

	stream->top.qid[1] = 3;
	stream->unit.whole = !row->broken;
	stream->unit.below = row->below;
	stream->unit.dqid = rtp_dqid(row->layer.did, row->layer.qid);

	next = rtp_step(stream, &row->layer, &row->now, &row->want,
			row->immediate);
	step_expect_cap(test, &next, &row->next);
}

/* In a stream with fewer layers than are asked for, what it has is enough. */
static void step_fewer_layers(struct kunit *test)
{
	static const struct rtp_cap paused = PAUSED, want = CAP(2, 2);
	static const struct rtp_cap base = CAP(0, 0);
	static const struct rtp_layer begin = AT(0, BEGIN);
	static const struct rtp_layer start = AT(0, START);
	struct rtp_stream *stream = step_stream(test, 0, 0);
	struct rtp_cap next;

	stream->unit.below = ABSENT;
	next = rtp_step(stream, &begin, &paused, &want, false);
	step_expect_cap(test, &next, &want);
	next = rtp_step(stream, &start, &base, &want, false);
	step_expect_cap(test, &next, &want);
	next = rtp_step(stream, &start, &want, &base, false);
	step_expect_cap(test, &next, &base);
}

/* As many temporal layers as can be begun, and not more than are asked for. */
static void step_tid_between(struct kunit *test)
{
	static const struct rtp_layer layer = TEMPORAL(0, 0, 3);
	static const struct rtp_cap now = CAP(2, 0);
	static const struct {
		struct rtp_cap want;
		struct rtp_cap next;
	} rows[] = {
		{ CAP(2, 1), CAP(2, 1) },
		{ CAP(2, 3), CAP(2, 3) },
		{ CAP(2, 4), CAP(2, 3) },
		{ CAP(2, 7), CAP(2, 3) },
	};
	struct rtp_stream *stream = step_stream(test, 2, 5);
	struct rtp_cap next;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		next = rtp_step(stream, &layer, &now, &rows[i].want, false);
		step_expect_cap(test, &next, &rows[i].next);
	}
}

/* What rtp_step() can say is among what rtp_step_between() names. */
static void step_between_is_complete(struct kunit *test)
{
	static const u8 flags[] = { START, SYNC, BEGIN, BEGIN | DOWN, DOWN };
	struct rtp_stream *stream = step_stream(test, 2, 2);
	struct rtp_cap steps[RTP_STEPS_MAX], now, want, next;
	unsigned int a, b, c, i, n, missing = 0;

	stream->top.qid[1] = 3;
	for (a = 0; a < 3 * 3 * 3; a++) {
		for (b = 0; b < 3 * 3 * 3 * 2; b++) {
			now = (struct rtp_cap) { .did = a / 9, .qid = a % 3 * 7,
						 .tid = a / 3 % 3 };
			want = (struct rtp_cap) { .did = b / 18,
						  .qid = b % 3 * 7,
						  .tid = b / 6 % 3 };
			n = rtp_step_between(&stream->top, &now, &want, steps);
			KUNIT_ASSERT_LE(test, n, (unsigned int)RTP_STEPS_MAX);

			/* one thing at a time: the others are met by parts */
			for (c = 0; c < 3 * 5; c++) {
				struct rtp_layer layer = {
					.did = c / 5, .flags = flags[c % 5],
				};

				stream->unit.below = (int)layer.did - 1;
				if (layer.did)
					stream->unit.below = now.did << 4 |
							     now.qid;
				next = rtp_step(stream, &layer, &now, &want,
						b & 1);
				if (!memcmp(&next, &now, sizeof(now)) ||
				    !memcmp(&next, &want, sizeof(now)) ||
				    next.tid != want.tid)
					continue;
				for (i = 0; i < n; i++) {
					if (!memcmp(&next, &steps[i],
						    sizeof(next)))
						break;
				}
				missing += i == n;
			}
		}
	}
	KUNIT_EXPECT_EQ(test, missing, 0);
}

static struct kunit_case step_test_cases[] = {
	KUNIT_CASE_PARAM(step_table, step_case_gen_params),
	KUNIT_CASE(step_fewer_layers),
	KUNIT_CASE(step_tid_between),
	KUNIT_CASE(step_between_is_complete),
	{}
};

static struct kunit_suite step_suite = {
	.name = "rtprelay_step",
	.test_cases = step_test_cases,
};

kunit_test_suite(step_suite);
