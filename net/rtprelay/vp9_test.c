// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests for the VP9 codec.
 *
 * vp9_vectors.h is from an encoder. What is in the tables here was built by
 * hand from RFC 9628.
 */
#include <kunit/test.h>
#include <linux/array_size.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/types.h>
#include <linux/rtp_fanout.h>

#include "codec.h"

#define MAX_PAYLOAD	24
#define MAX_STEPS	8

#define START	(RTP_LAYER_START | RTP_LAYER_DOWN)
#define SYNC	RTP_LAYER_SYNC
#define END	RTP_LAYER_END
#define UNKNOWN	RTP_LAYER_UNKNOWN

/* did, tid, flags, and what temporal layers can be begun */
#define LAYER(d, t, f)	((struct rtp_layer) { .did = d, .tid = t, .flags = f })
#define UP(d, t, f, from)						\
	((struct rtp_layer) { .did = d, .tid = t, .flags = f,		\
			      .up_from = from, .up_to = RTP_TID_MAX })

struct vp9_step {
	u32 timestamp;
	bool marker;
	struct rtp_layer layer;
	unsigned int len;
	u8 payload[MAX_PAYLOAD];
};

/* Datagrams in the order of their arrival at a codec without a history. */
struct vp9_case {
	const char *name;
	struct vp9_step steps[MAX_STEPS];
};

#define AT(_timestamp, _marker, _layer, ...) {		\
	.timestamp = _timestamp,			\
	.marker = _marker,				\
	.layer = _layer,				\
	.len = sizeof((u8[]) { __VA_ARGS__ }),		\
	.payload = { __VA_ARGS__ },			\
}

#define STEP(_layer, ...)	AT(0, false, _layer, __VA_ARGS__)

/*
 * First byte: 0x80 I, 0x40 P, 0x20 L, 0x10 F, 0x08 B, 0x04 E, 0x02 V, 0x01 Z.
 * Layer indices: TID << 5, 0x10 U, SID << 1, 0x01 D. TL0PICIDX after them,
 * without F, and one byte of frame.
 */
static const struct vp9_case vp9_cases[] = {
	/* where the layer indices are */
	{ "no identifier, short and long", {
		STEP(LAYER(1, 2, 0), 0x60, 0x42, 9, 0x87),
		STEP(LAYER(2, 3, 0), 0xe0, 0x7f, 0x64, 9, 0x87),
		STEP(LAYER(3, 4, 0), 0xe0, 0x80, 0xff, 0x86, 9, 0x87) } },
	{ "flexible mode, with references", {
		STEP(LAYER(1, 2, 0), 0xf0, 0x05, 0x42, 0x03, 0x05, 0x06, 0x87) } },
	{ "scalability structure", {
		STEP(UP(0, 0, START | SYNC, 0), 0xaa, 0x05, 0x00, 9, 0x58,
		     0, 96, 0, 54, 0, 192, 0, 108, 1, 128, 0, 216) } },
	{ "Z and V do not matter", {
		STEP(LAYER(1, 2, 0), 0x63, 0x42, 9, 0x87) } },

	/* no layer indices: one layer */
	{ "no layers", {
		AT(1, false, UP(0, 0, START | SYNC, 0), 0x88, 0x05, 0x87),
		AT(1, false, LAYER(0, 0, 0), 0x80, 0x05, 0x87),
		AT(1, true, LAYER(0, 0, END), 0x84, 0x05, 0x87),
		AT(2, true, UP(0, 0, START | END, 0), 0xcc, 0x06, 0x87) } },
	{ "nothing but the first byte", {
		STEP(UP(0, 0, START | SYNC | END, 0), 0x0c) } },

	/* beginnings and ends */
	{ "key picture", {
		AT(1, false, UP(0, 0, START | SYNC, 0), 0xa8, 5, 0x00, 9, 0x87),
		AT(1, false, LAYER(0, 0, END), 0xa4, 5, 0x00, 9, 0x87),
		AT(1, false, LAYER(1, 0, SYNC | END), 0xac, 5, 0x03, 9, 0x87),
		AT(1, true, LAYER(2, 0, SYNC | END), 0xad, 5, 0x05, 9, 0x87) } },
	{ "upper layers begin anew", {
		AT(1, false, UP(0, 0, START | END, 0), 0xec, 5, 0x10, 9, 0x87),
		AT(1, false, LAYER(1, 0, SYNC | END), 0xac, 5, 0x13, 9, 0x87),
		AT(1, true, LAYER(2, 0, SYNC | END), 0xad, 5, 0x15, 9, 0x87) } },
	{ "no layer refers to another picture but the middle one", {
		AT(1, false, UP(0, 0, START | SYNC, 0), 0xa8, 5, 0x00, 9, 0x87),
		AT(1, false, LAYER(1, 0, 0), 0xe8, 5, 0x03, 9, 0x87),
		AT(1, false, LAYER(2, 0, SYNC), 0xa8, 5, 0x05, 9, 0x87) } },
	{ "switching up and not", {
		AT(1, true, UP(0, 1, START | END, 1), 0xec, 5, 0x30, 9, 0x87),
		AT(2, true, LAYER(0, 1, START | END), 0xec, 6, 0x20, 9, 0x87),
		AT(3, true, UP(0, 7, START | END, 7), 0xec, 7, 0xf0, 9, 0x87) } },
	{ "switching up is for the picture's first datagram", {
		AT(1, false, UP(0, 1, START | END, 1), 0xec, 5, 0x30, 9, 0x87),
		AT(1, true, LAYER(1, 1, END), 0xec, 5, 0x33, 9, 0x87) } },
	{ "another picture after the marker, at the same time", {
		AT(1, true, LAYER(0, 1, START | END), 0xec, 5, 0x20, 9, 0x87),
		AT(1, true, LAYER(0, 1, START | END), 0xec, 6, 0x20, 9, 0x87) } },
	{ "marker lost", {
		AT(1, false, LAYER(0, 1, START | END), 0xec, 5, 0x20, 9, 0x87),
		AT(2, false, LAYER(0, 1, START | END), 0xec, 6, 0x20, 9, 0x87) } },
	{ "first datagram lost: no start in that picture", {
		AT(1, true, LAYER(0, 1, START | END), 0xec, 5, 0x20, 9, 0x87),
		AT(2, false, LAYER(0, 1, END), 0xe4, 6, 0x30, 9, 0x87),
		AT(2, true, LAYER(1, 1, END), 0xec, 6, 0x33, 9, 0x87) } },
	{ "base layer lost: what is there first is the start", {
		AT(1, true, LAYER(0, 1, START | END), 0xec, 5, 0x20, 9, 0x87),
		AT(2, true, UP(1, 1, START | END, 1), 0xec, 6, 0x33, 9, 0x87) } },
	{ "base layer of a key picture lost", {
		AT(1, false, LAYER(1, 0, START | SYNC | END),
		   0xac, 5, 0x03, 9, 0x87) } },
	{ "timestamp 0 at first", {
		AT(0, false, LAYER(0, 1, START), 0xe8, 5, 0x20, 9, 0x87) } },

	/* what cannot be read */
	{ "nothing but padding is of no layer and no picture", {
		AT(1, false, LAYER(0, 1, START), 0xe8, 5, 0x20, 9, 0x87),
		{ .timestamp = 2, .marker = true },
		AT(1, false, LAYER(1, 1, 0), 0xe8, 5, 0x22, 9, 0x87) } },
	{ "identifier cut off", {
		STEP(LAYER(0, 0, UNKNOWN), 0xe8) } },
	{ "layer indices cut off", {
		STEP(LAYER(0, 0, UNKNOWN), 0xe8, 0x05) } },
	{ "half of a long identifier", {
		STEP(LAYER(0, 0, UNKNOWN), 0xe8, 0x80) } },
	{ "layer indices cut off behind a long identifier", {
		STEP(LAYER(0, 0, UNKNOWN), 0xe8, 0x80, 0x05) } },
	{ "layer indices cut off, without an identifier", {
		STEP(LAYER(0, 0, UNKNOWN), 0x68) } },
	{ "what cannot be read begins its picture, too", {
		AT(1, false, LAYER(0, 0, UNKNOWN), 0xe8),
		AT(1, false, LAYER(0, 1, 0), 0xe8, 5, 0x30, 9, 0x87) } },
};

KUNIT_ARRAY_PARAM_DESC(vp9_case, vp9_cases, name);

/*
 * Classify from memory that ends where the payload does, so that KASAN sees a
 * byte too many, and with a result that is not zero beforehand. Of the payload
 * @known bytes are given, the others are 0.
 */
static struct rtp_layer classify(struct kunit *test,
				 struct rtp_codec_state *state, bool late,
				 const struct vp9_step *step,
				 unsigned int known)
{
	u8 *copy = kunit_kzalloc(test, step->len, GFP_KERNEL);
	struct rtp_packet pkt = {
		.payload	= copy,
		.len		= step->len,
		.timestamp	= step->timestamp,
		.marker		= step->marker,
	};
	struct rtp_layer layer;

	KUNIT_ASSERT_NOT_NULL(test, copy);
	memcpy(copy, step->payload, known);
	memset(&layer, 0xff, sizeof(layer));
	rtp_codec_find(RTP_FANOUT_CODEC_VP9)->classify(state, &pkt, late,
						       &layer);
	kunit_kfree(test, copy);
	return layer;
}

static void expect_layer(struct kunit *test, struct rtp_layer layer,
			 struct rtp_layer expected, unsigned int n)
{
	KUNIT_EXPECT_EQ_MSG(test, layer.did, expected.did, "DID of %u", n);
	KUNIT_EXPECT_EQ_MSG(test, layer.qid, expected.qid, "QID of %u", n);
	KUNIT_EXPECT_EQ_MSG(test, layer.tid, expected.tid, "TID of %u", n);
	KUNIT_EXPECT_EQ_MSG(test, layer.up_from, expected.up_from,
			    "up from, of %u", n);
	KUNIT_EXPECT_EQ_MSG(test, layer.up_to, expected.up_to, "up to, of %u",
			    n);
	KUNIT_EXPECT_EQ_MSG(test, layer.flags, expected.flags, "flags of %u",
			    n);
}

static void vp9_case_test(struct kunit *test)
{
	const struct vp9_case *c = test->param_value;
	struct rtp_codec_state state = {};
	unsigned int i;

	for (i = 0; i < MAX_STEPS; i++) {
		const struct vp9_step *step = &c->steps[i];

		if (!step->len && !step->timestamp)
			break;
		expect_layer(test, classify(test, &state, false, step,
					    step->len), step->layer, i);
	}
}

/* Whatever is cut off: no byte beyond the end, no layer that cannot be. */
static void vp9_truncation_test(struct kunit *test)
{
	const struct vp9_case *c = test->param_value;
	struct rtp_codec_state state = {};
	unsigned int i;

	for (i = 0; i < MAX_STEPS; i++) {
		struct vp9_step step = c->steps[i];
		unsigned int len = step.len;

		for (step.len = 0; step.len <= len; step.len++) {
			struct rtp_layer layer;

			layer = classify(test, &state, false, &step, step.len);
			KUNIT_EXPECT_LE(test, layer.did, RTP_DID_MAX);
			KUNIT_EXPECT_EQ(test, layer.qid, 0);
			KUNIT_EXPECT_LE(test, layer.tid, RTP_TID_MAX);
		}
	}
}

/* Another relay had masks of 2 bits for the 3-bit SID and TID. */
static void vp9_masks_of_2_bits_for_3_bit_ids(struct kunit *test)
{
	unsigned int n;

	for (n = 0; n < 64; n++) {
		struct vp9_step step = {
			.len = 3,
			.payload = { 0xe0, 0x05, (n & 7) << 5 | (n >> 3) << 1 },
		};
		struct rtp_codec_state state = {};

		expect_layer(test, classify(test, &state, false, &step, 3),
			     LAYER(n >> 3, n & 7, 0), n);
	}
}

/* A late datagram changes nothing, not even where the picture begins. */
static void vp9_late_test(struct kunit *test)
{
	static const struct vp9_step now =
		AT(5, false, LAYER(0, 1, START), 0xe8, 5, 0x20, 9, 0x87);
	static const struct vp9_step late =
		AT(4, true, LAYER(1, 2, 0), 0xe0, 4, 0x42, 9, 0x87);
	static const struct vp9_step next =
		AT(5, false, LAYER(1, 1, 0), 0xe8, 5, 0x22, 9, 0x87);
	struct rtp_codec_state state = {}, before;
	struct rtp_layer layer;

	expect_layer(test, classify(test, &state, false, &now, now.len),
		     now.layer, 0);
	before = state;
	layer = classify(test, &state, true, &late, late.len);
	KUNIT_EXPECT_EQ(test, layer.did, 1);
	KUNIT_EXPECT_EQ(test, layer.tid, 2);
	KUNIT_EXPECT_MEMEQ(test, &state, &before, sizeof(state));
	expect_layer(test, classify(test, &state, false, &next, next.len),
		     next.layer, 1);
}

/* What the encoder said of the frame that a datagram is of. */
enum vp9_vector_flags {
	FIRST	= BIT(0),	/* the datagram begins it */
	LAST	= BIT(1),	/* and ends it */
	KEY	= BIT(2),	/* of a key picture */
	ALONE	= BIT(3),	/* refers to no other picture */
	SWITCH	= BIT(4),	/* more temporal layers can be begun after it */
};

struct vp9_vector {
	u32 picture;
	u8 did;
	u8 tid;
	u16 len;
	u8 flags;
	u8 head[20];
};

#include "vp9_vectors.h"

static void vp9_vectors_test(struct kunit *test)
{
	struct rtp_codec_state state = {};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(vp9_vectors); i++) {
		const struct vp9_vector *v = &vp9_vectors[i];
		bool start = !v->did && v->flags & FIRST;
		struct rtp_layer expected = LAYER(v->did, v->tid, 0);
		struct vp9_step step = {
			.timestamp	= v->picture,
			.marker		= v->did == 2 && v->flags & LAST,
			.len		= v->len,
		};

		if (start)
			expected.flags |= START;
		if (v->flags & FIRST && v->flags & ALONE)
			expected.flags |= SYNC;
		if (v->flags & LAST)
			expected.flags |= END;
		if (start && v->flags & (KEY | SWITCH)) {
			expected.up_from = v->flags & KEY ? 0 : v->tid;
			expected.up_to = RTP_TID_MAX;
		}
		memcpy(step.payload, v->head, sizeof(v->head));
		expect_layer(test, classify(test, &state, false, &step,
					    min_t(unsigned int, v->len,
						  sizeof(v->head))),
			     expected, i);
	}
}

static struct kunit_case vp9_test_cases[] = {
	KUNIT_CASE_PARAM(vp9_case_test, vp9_case_gen_params),
	KUNIT_CASE_PARAM(vp9_truncation_test, vp9_case_gen_params),
	KUNIT_CASE(vp9_masks_of_2_bits_for_3_bit_ids),
	KUNIT_CASE(vp9_late_test),
	KUNIT_CASE(vp9_vectors_test),
	{}
};

static struct kunit_suite vp9_test_suite = {
	.name = "rtprelay_vp9",
	.test_cases = vp9_test_cases,
};

kunit_test_suite(vp9_test_suite);
