// SPDX-License-Identifier: GPL-2.0
/*
 * What it costs to read a datagram, to tell its layer, to number it, to look
 * whether who waits for another cap can have it, and to plan who gets it of its
 * batch: all of a relay's work that is done once for a datagram and not for each
 * copy. As part of the tests it shows that the numbers come out the same however
 * often, and that only those are looked at who wait; the times are for who looks
 * at them.
 */
#include <kunit/test.h>
#include <linux/array_size.h>
#include <linux/err.h>
#include <linux/in.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/rtp_fanout.h>
#include <linux/sched.h>
#include <linux/socket.h>
#include <linux/sort.h>
#include <linux/unaligned.h>
#include "batch.h"
#include "dest.h"
#include "dgram.h"
#include "fanout.h"
#include "owner.h"
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
 * @fanout: the fan-out: stream, classes, destinations and batch
 * @serial: of the next datagram
 * @datagram: a whole temporal pattern of a stream
 */
struct cost {
	struct rtp_fanout *fanout;
	u64 serial;
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
	struct rtp_fanout *fanout = data;

	rtp_dest_table_destroy(&fanout->table);
	kvfree(fanout);
}

/* Without a socket: nobody is told of anything. */
static struct rtp_fanout *cost_fanout(struct kunit *test)
{
	struct rtp_fanout *fanout;
	int err;

	fanout = kvzalloc_flex(*fanout, shard, 1, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, fanout);
	err = rtp_dest_table_init(&fanout->table);
	if (err)
		kvfree(fanout);
	KUNIT_ASSERT_EQ(test, err, 0);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, cost_release,
							   fanout));
	spin_lock_init(&fanout->event_lock);
	INIT_LIST_HEAD(&fanout->event_list);
	fanout->events_stopped = true;
	rtp_classes_init(&fanout->classes);
	rtp_batch_reset(&fanout->batch);

	return fanout;
}

static void cost_add(struct kunit *test, struct rtp_fanout *fanout,
		     unsigned int i, const struct rtp_cap *cap)
{
	struct rtp_dest_key key = {
		.addr.family = AF_INET,
		.addr.port = htons(5004),
	};
	struct rtp_dest *dest;
	int err;

	put_unaligned_be32(i, key.addr.addr);
	dest = rtp_dest_insert(fanout, &key);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, dest);
	spin_lock_bh(&fanout->classes.lock);
	err = rtp_variant_init(&dest->variant, &fanout->classes, cap, 0);
	spin_unlock_bh(&fanout->classes.lock);
	KUNIT_ASSERT_EQ(test, err, 0);
	rtp_dest_publish(&fanout->table, dest);
}

static void cost_want(struct kunit *test, struct cost *cost,
		      struct rtp_dest *dest, u8 did)
{
	struct rtp_cap cap = { .did = did, .qid = RTP_QID_MAX };
	struct rtp_fanout *fanout = cost->fanout;
	u32 reserved = 0;
	int err;

	spin_lock_bh(&fanout->classes.lock);
	err = rtp_variant_reserve(&dest->variant, &fanout->classes,
				  &fanout->stream.top, &cap, cost->serial,
				  &reserved);
	if (!err) {
		rtp_variant_want(&dest->variant, &fanout->classes, &cap, false,
				 reserved);
		rtp_dest_pend(&fanout->table, dest);
	}
	spin_unlock_bh(&fanout->classes.lock);
	KUNIT_ASSERT_EQ(test, err, 0);
}

/* Chunks of destinations that the owner looks at for those that wait. */
static unsigned int cost_looked_at(struct rtp_fanout *fanout)
{
	struct rtp_dest_chunk *chunk;
	unsigned int count = 0;
	unsigned long index;

	xa_for_each_marked(&fanout->table.chunks, index, chunk,
			   RTP_DEST_PENDING)
		count++;

	return count;
}

/* A class for each of the layers, and in them so many destinations. */
static struct cost *cost_begin(struct kunit *test, unsigned int dests)
{
	struct rtp_cap cap = { .qid = RTP_QID_MAX };
	struct cost *cost;
	unsigned int i;

	cost = kunit_kzalloc(test, sizeof(*cost), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, cost);
	cost->fanout = cost_fanout(test);
	for (i = 0; i < dests; i++) {
		cap.did = i % COST_CAPS / COST_TIDS;
		cap.tid = i % COST_TIDS;
		cost_add(test, cost->fanout, i, &cap);
	}
	for (i = 0; i < ARRAY_SIZE(cost_tids); i++)
		cost_picture(cost, i);

	return cost;
}

/* One datagram, as the owner has it, up to where the copies begin. */
static u32 cost_datagram(struct cost *cost, u16 seq)
{
	u8 *datagram = cost->datagram[seq % ARRAY_SIZE(cost->datagram)];
	struct rtp_fanout *fanout = cost->fanout;
	struct rtp_batch *batch = &fanout->batch;
	struct rtp_item *item = rtp_batch_slot(batch);
	struct rtp_arrival *arrival = &item->arrival;
	struct rtp_classes *classes = &fanout->classes;
	struct rtp_stream *stream = &fanout->stream;
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
	arrival->stream = stream;
	arrival->serial = cost->serial++;
	arrival->used = rtp_stream_classes(stream, classes);
	keep = rtp_class_keep(classes, arrival->used, layer);
	rtp_stream_number(stream, pkt.timestamp, layer, keep, arrival->used,
			  &arrival->numbers);
	arrival->marked = rtp_class_marked(classes, arrival->used, layer,
					   pkt.marker);
	item->dgram = &cost_dgram;
	item->octets = pkt.len;

	if (READ_ONCE(classes->switching) && rtp_arrival_may_switch(arrival))
		rtp_owner_switch(fanout, arrival);
	rtp_batch_add(batch);
	if (batch->count == COST_BATCH) {
		rtp_batch_plan(batch);
		rtp_batch_reset(batch);
	}

	return keep;
}

static int cost_compare(const void *a, const void *b)
{
	const u32 *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static u16 cost_measure(struct kunit *test, struct cost *cost)
{
	struct rtp_fanout *fanout = cost->fanout;
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
	KUNIT_EXPECT_EQ(test, fanout->stream.lost, 0);
	/* of the class without a cap, which follows the input's */
	KUNIT_EXPECT_EQ(test, fanout->stream.seq.number[RTP_CLASS_ALL],
			(u16)(seq - 1));

	sort(ns, COST_ROUNDS, sizeof(*ns), cost_compare, NULL);
	kunit_info(test,
		   "ns for a datagram, %u classes, %u destinations, %u of which wait: %u %u %u\n",
		   COST_CAPS, fanout->table.used, fanout->classes.switching,
		   ns[0], ns[COST_ROUNDS / 2], ns[COST_ROUNDS - 1]);

	return seq;
}

static void cost_few_test(struct kunit *test)
{
	cost_measure(test, cost_begin(test, COST_CAPS));
}

static void cost_many_test(struct kunit *test)
{
	struct cost *cost = cost_begin(test, COST_MANY);

	cost_measure(test, cost);
	KUNIT_EXPECT_EQ(test, cost_looked_at(cost->fanout), 0);
}

/* One of them waits for a key frame that does not come. */
static void cost_pending_test(struct kunit *test)
{
	struct cost *cost = cost_begin(test, COST_MANY);
	struct rtp_fanout *fanout = cost->fanout;
	/* of the class of the lowest layer */
	struct rtp_dest *dest = rtp_dest_at(&fanout->table, COST_MANY / 2);
	unsigned int i;
	u16 seq;

	KUNIT_ASSERT_NOT_NULL(test, dest);
	cost_want(test, cost, dest, COST_DIDS - 1);
	KUNIT_EXPECT_EQ(test, cost_looked_at(fanout), 1);
	seq = cost_measure(test, cost);
	KUNIT_EXPECT_EQ(test, fanout->classes.switching, 1);
	KUNIT_EXPECT_EQ(test, cost_looked_at(fanout), 1);

	/* It does not wait any more: nobody is looked at. */
	cost_want(test, cost, dest, 0);
	cost_want(test, cost, rtp_dest_at(&fanout->table, 0), COST_DIDS - 1);
	KUNIT_EXPECT_EQ(test, fanout->classes.switching, 1);
	KUNIT_EXPECT_EQ(test, cost_looked_at(fanout), 2);
	for (i = 0; i < COST_PICTURE; i++)
		cost_datagram(cost, seq++);
	KUNIT_EXPECT_EQ(test, cost_looked_at(fanout), 1);
}

static struct kunit_case cost_cases[] = {
	KUNIT_CASE_SLOW(cost_few_test),
	KUNIT_CASE_SLOW(cost_many_test),
	KUNIT_CASE_SLOW(cost_pending_test),
	{}
};

static struct kunit_suite cost_suite = {
	.name = "rtprelay_cost",
	.test_cases = cost_cases,
};

kunit_test_suite(cost_suite);
