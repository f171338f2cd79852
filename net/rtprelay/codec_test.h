/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of the codecs share: datagrams and what a codec is to say
 * about them, from an encoder or by hand.
 */
#ifndef _NET_RTPRELAY_CODEC_TEST_H
#define _NET_RTPRELAY_CODEC_TEST_H

#include <kunit/test.h>
#include <linux/array_size.h>
#include <linux/rtp_fanout.h>
#include <linux/string.h>

#include "codec.h"

#define START	RTP_LAYER_START
#define SYNC	RTP_LAYER_SYNC
#define PARAMS	RTP_LAYER_PARAMS
#define UNMARK	RTP_LAYER_UNMARK
#define UNKNOWN	RTP_LAYER_UNKNOWN

/**
 * struct rtp_vector - a datagram as a packetiser made it
 * @picture: the picture that it is of, in the order of decoding
 * @timestamp: of its header, from the first datagram's on
 * @marker: of its header
 * @len: bytes of @payload
 * @layer: what a codec is to say
 * @payload: the first bytes of its payload, or all of them
 */
struct rtp_vector {
	unsigned int picture;
	u32 timestamp;
	bool marker;
	unsigned int len;
	struct rtp_layer layer;
	u8 payload[96];
};

#define CODEC_TEST_MAX_STEPS	8

/**
 * struct codec_step - a datagram made by hand
 * @timestamp: of its header
 * @seq: of its header; a datagram is late if that of one before is higher
 * @marker: of its header
 * @layer: what a codec is to say
 * @len: bytes of @payload
 * @payload: all of its payload
 */
struct codec_step {
	u32 timestamp;
	u16 seq;
	bool marker;
	struct rtp_layer layer;
	unsigned int len;
	u8 payload[48];
};

/* Datagrams in the order of their arrival at a codec without a history. */
struct codec_case {
	const char *name;
	struct codec_step steps[CODEC_TEST_MAX_STEPS];
};

/* did, qid, tid, up_from, up_to, flags */
#define SAYS(...)	((struct rtp_layer) { __VA_ARGS__ })
#define LOST(_flags)	SAYS(RTP_DID_MAX, RTP_QID_MAX, RTP_TID_MAX, 0, 0, _flags)

#define STEP(_timestamp, _seq, _marker, _layer, ...) {	\
	.timestamp = _timestamp,			\
	.seq = _seq,					\
	.marker = _marker,				\
	.layer = _layer,				\
	.len = sizeof((u8[]) { __VA_ARGS__ }),		\
	.payload = { __VA_ARGS__ },			\
}

/**
 * struct codec_test - a codec under test
 * @test: the test
 * @ops: the codec
 * @state: what it remembers
 * @before: what it remembered before the last datagram
 */
struct codec_test {
	struct kunit *test;
	const struct rtp_codec_ops *ops;
	struct rtp_codec_state state;
	struct rtp_codec_state before;
};

static inline struct codec_test codec_test_init(struct kunit *test, u8 codec)
{
	struct codec_test ct = {
		.test	= test,
		.ops	= rtp_codec_find(codec),
	};

	KUNIT_ASSERT_NOT_NULL(test, ct.ops);
	return ct;
}

/*
 * Classify from memory that ends where the payload does, so that KASAN sees a
 * byte too many, and with a result that is not zero beforehand. Whatever it is,
 * a late datagram changes nothing, and nothing is above the highest layers.
 */
static inline struct rtp_layer
codec_test_classify(struct codec_test *ct, u16 seq, u32 timestamp, bool marker,
		    bool late, const u8 *payload, unsigned int len)
{
	u8 *copy = kunit_kmalloc(ct->test, len, GFP_KERNEL);
	struct rtp_packet pkt = {
		.payload	= copy,
		.len		= len,
		.seq		= seq,
		.timestamp	= timestamp,
		.marker		= marker,
	};
	struct rtp_layer layer;

	KUNIT_ASSERT_NOT_NULL(ct->test, copy);
	memcpy(copy, payload, len);
	memcpy(&ct->before, &ct->state, sizeof(ct->state));
	memset(&layer, 0xff, sizeof(layer));
	ct->ops->classify(&ct->state, &pkt, late, &layer);
	kunit_kfree(ct->test, copy);

	if (late)
		KUNIT_EXPECT_EQ_MSG(ct->test, 0,
				    memcmp(&ct->before, &ct->state,
					   sizeof(ct->state)),
				    "state after %u, which is late", seq);
	KUNIT_EXPECT_LE(ct->test, layer.did, RTP_DID_MAX);
	KUNIT_EXPECT_LE(ct->test, layer.qid, RTP_QID_MAX);
	KUNIT_EXPECT_LE(ct->test, layer.tid, RTP_TID_MAX);
	KUNIT_EXPECT_LE(ct->test, layer.up_from, RTP_TID_MAX);
	KUNIT_EXPECT_LE(ct->test, layer.up_to, RTP_TID_MAX);
	if (layer.flags & UNKNOWN) {
		KUNIT_EXPECT_EQ(ct->test, 0,
				layer.did | layer.qid | layer.tid | layer.up_to);
		KUNIT_EXPECT_EQ(ct->test, layer.flags & ~UNMARK, UNKNOWN);
	}
	return layer;
}

static inline void codec_test_expect(struct kunit *test, struct rtp_layer layer,
				     struct rtp_layer expected, u16 seq)
{
	KUNIT_EXPECT_EQ_MSG(test, layer.did, expected.did, "DID of %u", seq);
	KUNIT_EXPECT_EQ_MSG(test, layer.qid, expected.qid, "QID of %u", seq);
	KUNIT_EXPECT_EQ_MSG(test, layer.tid, expected.tid, "TID of %u", seq);
	KUNIT_EXPECT_EQ_MSG(test, layer.up_from, expected.up_from,
			    "up_from of %u", seq);
	KUNIT_EXPECT_EQ_MSG(test, layer.up_to, expected.up_to,
			    "up_to of %u", seq);
	KUNIT_EXPECT_EQ_MSG(test, layer.flags, expected.flags,
			    "flags of %u", seq);
}

static inline bool codec_test_ends(const struct codec_case *c, unsigned int i)
{
	return i == CODEC_TEST_MAX_STEPS ||
	       !(c->steps[i].seq + c->steps[i].len);
}

/* All of a case, and each datagram with every number of bytes cut off. */
static inline void codec_test_run(struct codec_test *ct,
				  const struct codec_case *c)
{
	unsigned int i, len;
	u16 newest = c->steps[0].seq;

	for (i = 0; !codec_test_ends(c, i); i++) {
		const struct codec_step *step = &c->steps[i];
		bool late = (s16)(step->seq - newest) < 0;

		/* Late datagrams leave the state as it is. */
		for (len = 0; len < step->len; len++)
			codec_test_classify(ct, step->seq, step->timestamp,
					    step->marker, true, step->payload,
					    len);
		codec_test_expect(ct->test,
				  codec_test_classify(ct, step->seq,
						      step->timestamp,
						      step->marker, late,
						      step->payload, step->len),
				  step->layer, step->seq);
		if (!late)
			newest = step->seq;
	}
}

/* A whole stream from its beginning, across the wrap of the sequence numbers and of the clock. */
static inline void codec_test_vectors(struct codec_test *ct,
				      const struct rtp_vector *vectors,
				      unsigned int n)
{
	u16 seq = 0xfffa;
	unsigned int i, len;

	for (i = 0; i < n; i++, seq++) {
		const struct rtp_vector *v = &vectors[i];
		u32 timestamp = 0xffffe000 + v->timestamp;

		for (len = 0; len < v->len; len++)
			codec_test_classify(ct, seq, timestamp, v->marker, true,
					    v->payload, len);
		codec_test_expect(ct->test,
				  codec_test_classify(ct, seq, timestamp,
						      v->marker, false,
						      v->payload, v->len),
				  v->layer, i);
	}
}

#endif /* _NET_RTPRELAY_CODEC_TEST_H */
