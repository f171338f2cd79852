// SPDX-License-Identifier: GPL-2.0
/*
 * What it costs to read a datagram, to tell its layer, to number it and to plan
 * who gets it of its batch: all of a relay's work that is done once for a
 * datagram and not for each copy. As part of the tests it shows that the numbers
 * come out the same however often; the times are for who looks at them.
 */
#include <kunit/test.h>
#include <linux/array_size.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/rtp_fanout.h>
#include <linux/sched.h>
#include <linux/sort.h>
#include <linux/unaligned.h>
#include "batch.h"
#include "dgram.h"
#include "stream.h"
#include "variant.h"

#define COST_DIDS	4
#define COST_TIDS	4
#define COST_CAPS	(COST_DIDS * COST_TIDS)
#define COST_FRAGMENTS	3
#define COST_LEN	(RTP_HDR_LEN + 8)
/* What a destination is sent of before the next, without pacing. */
#define COST_BATCH	16
/* A prefix, a slice, and the fragments of each higher spatial layer. */
#define COST_PICTURE	(2 + (COST_DIDS - 1) * COST_FRAGMENTS)
#define COST_DATAGRAMS	(100 * 1000)
#define COST_ROUNDS	9
#define COST_MANY	(100 * 1000)

/* All datagrams, to the batch, which reads nothing else of them. */
static struct rtp_dgram cost_dgram = { .len = COST_LEN };

/* Temporal layers of consecutive pictures. */
static const u8 cost_tids[] = { 0, 3, 2, 3, 1, 3, 2, 3 };

/**
 * struct cost - what is measured
 * @stream: the source
 * @classes: the classes, a cap for each layer
 * @variants: destinations
 * @dests: how many
 * @batch: those that are planned together
 * @datagram: a whole temporal pattern of a stream
 */
struct cost {
	struct rtp_stream stream;
	struct rtp_classes classes;
	struct rtp_variant *variants;
	unsigned int dests;
	struct rtp_batch batch;
	u8 datagram[ARRAY_SIZE(cost_tids) * COST_PICTURE][COST_LEN];
};

static u8 *cost_header(u8 *datagram, unsigned int picture, bool marker)
{
	datagram[0] = 0x80;
	datagram[1] = 96 | (marker ? RTP_HDR_MARKER : 0);
	put_unaligned_be32(picture, datagram + 4);
	put_unaligned_be32(0x1234abcd, datagram + 8);

	return datagram + RTP_HDR_LEN;
}

/* RFC 6184, section 5.8, and RFC 6190, section 4.8: the NAL unit header's
 * extension stands in the first fragment only.
 */
static void cost_fragment(u8 *payload, u8 did, u8 tid, unsigned int i)
{
	payload[0] = 0x7c;
	payload[1] = 20;
	if (i == 0) {
		payload[1] |= 0x80;
		payload[2] = 0x80;
		payload[3] = 0x80 | did << 4;
		payload[4] = tid << 5 | 7;
	} else if (i == COST_FRAGMENTS - 1) {
		payload[1] |= 0x40;
	}
}

static void cost_picture(struct cost *cost, unsigned int picture)
{
	u8 (*datagram)[COST_LEN] = &cost->datagram[picture * COST_PICTURE];
	u8 tid = cost_tids[picture];
	unsigned int did, i;
	u8 *payload;

	payload = cost_header(*datagram++, picture, false);
	payload[0] = 0x6e;
	payload[1] = 0x80;
	payload[2] = 0x80;
	payload[3] = tid << 5 | 7;

	payload = cost_header(*datagram++, picture, false);
	payload[0] = 0x61;

	for (did = 1; did < COST_DIDS; did++) {
		for (i = 0; i < COST_FRAGMENTS; i++) {
			payload = cost_header(*datagram++, picture,
					      did == COST_DIDS - 1 &&
					      i == COST_FRAGMENTS - 1);
			cost_fragment(payload, did, tid, i);
		}
	}
}

static void cost_release(void *data)
{
	struct cost *cost = data;

	kvfree(cost->variants);
	kvfree(cost);
}

/* A class for each of the layers, and in them so many destinations. */
static struct cost *cost_begin(struct kunit *test, unsigned int dests)
{
	struct rtp_cap cap = { .qid = RTP_QID_MAX };
	struct cost *cost;
	unsigned int i;
	int err;

	cost = kvzalloc_obj(*cost, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, cost);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, cost_release, cost));
	cost->variants = kvcalloc(dests, sizeof(*cost->variants), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, cost->variants);
	cost->dests = dests;
	rtp_batch_reset(&cost->batch);

	rtp_classes_init(&cost->classes);
	for (i = 0; i < dests; i++) {
		cap.did = i % COST_CAPS / COST_TIDS;
		cap.tid = i % COST_TIDS;
		spin_lock_bh(&cost->classes.lock);
		err = rtp_variant_init(&cost->variants[i], &cost->classes, &cap,
				       0);
		spin_unlock_bh(&cost->classes.lock);
		KUNIT_ASSERT_EQ(test, err, 0);
	}
	for (i = 0; i < ARRAY_SIZE(cost_tids); i++)
		cost_picture(cost, i);

	return cost;
}

/* One datagram, as the owner has it, up to where the copies begin. */
static u32 cost_datagram(struct cost *cost, u16 seq)
{
	u8 *datagram = cost->datagram[seq % ARRAY_SIZE(cost->datagram)];
	struct rtp_item *item = rtp_batch_slot(&cost->batch);
	struct rtp_arrival *arrival = &item->arrival;
	struct rtp_stream *stream = &cost->stream;
	struct rtp_layer *layer = &arrival->layer;
	const struct rtp_codec_ops *codec;
	struct rtp_packet pkt;
	u32 keep;

	put_unaligned_be16(seq, datagram + RTP_HDR_SEQ);
	if (rtp_packet_parse(&pkt, datagram, COST_LEN))
		return 0;
	codec = rtp_codec_find(RTP_FANOUT_CODEC_H264);
	if (rtp_stream_receive(stream, pkt.ssrc, pkt.seq) > RTP_ACCEPT_FIRST)
		return 0;
	codec->classify(&stream->codec, &pkt, rtp_stream_late(stream), layer);
	arrival->used = rtp_stream_classes(stream, &cost->classes);
	keep = rtp_class_keep(&cost->classes, arrival->used, layer);
	rtp_stream_number(stream, pkt.timestamp, layer, keep, arrival->used,
			  &arrival->numbers);
	arrival->marked = rtp_class_marked(&cost->classes, arrival->used, layer,
					   pkt.marker);
	item->dgram = &cost_dgram;
	item->octets = pkt.len;

	rtp_batch_add(&cost->batch);
	if (cost->batch.count == COST_BATCH) {
		rtp_batch_plan(&cost->batch);
		rtp_batch_reset(&cost->batch);
	}

	return arrival->numbers.classes;
}

static int cost_compare(const void *a, const void *b)
{
	const u32 *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void cost_measure(struct kunit *test, unsigned int dests)
{
	struct cost *cost = cost_begin(test, dests);
	unsigned int round, i;
	u32 ns[COST_ROUNDS];
	u32 refused = 0;
	u64 begin, taken;
	u16 seq = 0;

	for (round = 0; round < COST_ROUNDS; round++) {
		begin = ktime_get_ns();
		for (i = 0; i < COST_DATAGRAMS; i++)
			refused += !cost_datagram(cost, seq++);
		taken = ktime_get_ns() - begin;
		ns[round] = div_u64(taken, COST_DATAGRAMS);
		cond_resched();
	}
	KUNIT_EXPECT_EQ(test, refused, 0);
	KUNIT_EXPECT_EQ(test, cost->stream.lost, 0);
	/* of the class without a cap, which follows the input's */
	KUNIT_EXPECT_EQ(test, cost->stream.seq.number[RTP_CLASS_ALL],
			(u16)(seq - 1));

	sort(ns, COST_ROUNDS, sizeof(*ns), cost_compare, NULL);
	kunit_info(test,
		   "ns for a datagram, %u classes, %u destinations: %u %u %u\n",
		   COST_CAPS, dests, ns[0], ns[COST_ROUNDS / 2],
		   ns[COST_ROUNDS - 1]);
}

static void cost_few_test(struct kunit *test)
{
	cost_measure(test, COST_CAPS);
}

static void cost_many_test(struct kunit *test)
{
	cost_measure(test, COST_MANY);
}

static struct kunit_case cost_cases[] = {
	KUNIT_CASE_SLOW(cost_few_test),
	KUNIT_CASE_SLOW(cost_many_test),
	{}
};

static struct kunit_suite cost_suite = {
	.name = "rtprelay_cost",
	.test_cases = cost_cases,
};

kunit_test_suite(cost_suite);
