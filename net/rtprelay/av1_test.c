// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests for the AV1 codec.
 *
 * av1_vectors.h is from an encoder. What is in the tables here was built by
 * hand from "RTP Payload Format For AV1".
 */
#include <kunit/test.h>
#include <linux/array_size.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/types.h>
#include <linux/rtp_fanout.h>

#include "codec.h"

#define MAX_PAYLOAD	40
#define MAX_EXT		128
#define MAX_STEPS	8

#define START	(RTP_LAYER_START | RTP_LAYER_DOWN)
#define SYNC	RTP_LAYER_SYNC
#define END	RTP_LAYER_END

#define LAYER(d, t, f)	((struct rtp_layer) { .did = d, .tid = t, .flags = f })
#define BASE(f)		LAYER(0, 0, f)
#define NEW		((struct rtp_layer) { .flags = START | SYNC,	\
					      .up_to = RTP_TID_MAX })
#define LOST		((struct rtp_layer) { .did = RTP_DID_MAX,	\
					      .qid = RTP_QID_MAX,	\
					      .tid = RTP_TID_MAX })
#define UNKNOWN		BASE(RTP_LAYER_UNKNOWN)

struct av1_step {
	u16 seq;
	u32 timestamp;
	bool marker;
	struct rtp_layer layer;
	unsigned int len;
	u8 payload[MAX_PAYLOAD];
	unsigned int ext_len;
	u8 ext[MAX_EXT];
};

/* Datagrams in the order of their arrival at a codec without a history. */
struct av1_case {
	const char *name;
	struct av1_step steps[MAX_STEPS];
};

#define AT(_seq, _timestamp, _marker, _layer, ...) {	\
	.seq = _seq,					\
	.timestamp = _timestamp,			\
	.marker = _marker,				\
	.layer = _layer,				\
	.len = sizeof((u8[]) { __VA_ARGS__ }),		\
	.payload = { __VA_ARGS__ },			\
}

#define STEP(_layer, ...)	AT(1, 1, false, _layer, __VA_ARGS__)

/*
 * First byte: 0x80 Z, 0x40 Y, W << 4, 0x08 N. OBU header: type << 3, 0x04 with
 * an extension of TID << 5, SID << 3. So 0x08 is a sequence header, 0x12 a
 * temporal delimiter, 0x18 a frame header, 0x20 a tile group, 0x28 metadata,
 * 0x30 a frame, 0x38 a redundant frame header and 0x78 padding.
 */
static const struct av1_case av1_cases[] = {
	/* one OBU */
	{ "frame", { STEP(LAYER(2, 1, START), 0x10, 0x34, 0x30, 0xaa) } },
	{ "frame header", { STEP(LAYER(1, 2, START), 0x10, 0x1c, 0x48) } },
	{ "tile group", { STEP(LAYER(1, 2, START), 0x10, 0x24, 0x48) } },
	{ "metadata", { STEP(LAYER(1, 2, START), 0x10, 0x2c, 0x48) } },
	{ "redundant header", { STEP(LAYER(1, 2, START), 0x10, 0x3c, 0x48) } },
	{ "padding OBU", { STEP(LAYER(1, 2, START), 0x10, 0x7c, 0x48) } },
	{ "reserved type", { STEP(LAYER(1, 2, START), 0x10, 0x4c, 0x48) } },
	{ "bits that do not matter", {
		STEP(LAYER(1, 2, START), 0x17, 0xb7, 0x4f) } },
	{ "frame without an extension", {
		STEP(BASE(START), 0x10, 0x30, 0x48) } },
	{ "sequence header", { STEP(BASE(START), 0x10, 0x08, 0xaa) } },

	/* several */
	{ "counted, the last without a size", {
		STEP(LAYER(1, 2, START), 0x20, 3, 0x1c, 0x48, 0xaa,
		     0x24, 0x48, 0xaa) } },
	{ "counted, three", {
		STEP(LAYER(1, 2, START), 0x30, 2, 0x2c, 0x48, 2, 0x1c, 0x48,
		     0x24, 0x48, 0xaa) } },
	{ "not counted", {
		STEP(LAYER(1, 2, START), 0x00, 2, 0x2c, 0x48, 2, 0x1c, 0x48,
		     3, 0x24, 0x48, 0xaa) } },
	{ "a size of several bytes", {
		STEP(LAYER(1, 2, START), 0x20, 0x82, 0x80, 0x80, 0x80, 0x80,
		     0x80, 0x80, 0x00, 0x1c, 0x48, 0x24, 0x48) } },
	{ "sequence header and frame: the frame's", {
		STEP(LAYER(1, 2, START), 0x20, 2, 0x08, 0xaa, 0x34, 0x48) } },
	{ "sequence header and frame of the base layer", {
		STEP(NEW, 0x28, 2, 0x08, 0xaa, 0x30, 0x48) } },
	{ "two layers, against the rules: the lower of each", {
		STEP(LAYER(1, 0, START), 0x20, 2, 0x34, 0x48, 0x34, 0x10) } },
	{ "a frame without an extension and one with", {
		STEP(BASE(START), 0x20, 2, 0x34, 0x48, 0x30, 0x10) } },

	/* fragments */
	{ "fragments", {
		AT(1, 1, false, LAYER(1, 2, START), 0x50, 0x34, 0x48),
		AT(2, 1, false, LAYER(1, 2, 0), 0xd0, 0x00),
		AT(3, 1, false, LAYER(1, 2, 0), 0x90, 0x00),
		AT(4, 1, false, LOST, 0x90, 0x00) } },
	{ "fragments on both sides of the wrap", {
		AT(65535, 1, false, LAYER(1, 2, START), 0x50, 0x34, 0x48),
		AT(0, 1, true, LAYER(1, 2, END), 0x90, 0x00) } },
	{ "start lost", {
		AT(1, 1, false, LOST, 0xd0, 0x00),
		AT(2, 1, false, LOST, 0xd0, 0x00),
		AT(3, 1, false, LOST, 0x90, 0x00) } },
	{ "one fragment lost", {
		AT(1, 1, false, LAYER(1, 2, START), 0x50, 0x34, 0x48),
		AT(3, 1, false, LAYER(1, 2, 0), 0xd0, 0x00),
		AT(4, 1, false, LAYER(1, 2, 0), 0x90, 0x00) } },
	{ "two lost, maybe an end and a start", {
		AT(1, 1, false, LAYER(1, 2, START), 0x50, 0x34, 0x48),
		AT(4, 1, false, LOST, 0xd0, 0x00),
		AT(5, 1, false, LOST, 0x90, 0x00) } },
	{ "fragment of another temporal unit", {
		AT(1, 1, false, LAYER(1, 2, START), 0x50, 0x34, 0x48),
		AT(2, 2, false, LOST, 0x90, 0x00) } },
	{ "no fragment follows", {
		AT(1, 1, false, LAYER(1, 2, START), 0x10, 0x34, 0x48),
		AT(2, 1, false, LOST, 0x90, 0x00) } },
	{ "the end of one OBU and another that goes on", {
		AT(1, 1, false, LAYER(1, 2, START), 0x50, 0x1c, 0x48),
		AT(2, 1, false, LAYER(1, 2, 0), 0xe0, 1, 0x00, 0x24, 0x48),
		AT(3, 1, false, LAYER(1, 2, 0), 0x90, 0x00) } },
	{ "the end of a lost OBU and a whole one", {
		AT(1, 1, false, LAYER(1, 2, 0), 0xe0, 1, 0x00, 0x24, 0x48),
		AT(2, 1, false, LAYER(1, 2, 0), 0x90, 0x00) } },
	{ "fragments of what is unknown are lost", {
		AT(1, 1, false, UNKNOWN, 0x50, 0x34),
		AT(2, 1, false, LOST, 0x90, 0x00) } },

	/* beginnings and ends */
	{ "coded video sequence", {
		AT(1, 1, false, NEW, 0x68, 2, 0x08, 0xaa, 0x30, 0x10),
		AT(2, 1, false, BASE(0), 0x90, 0x00),
		AT(3, 1, false, LAYER(1, 0, SYNC), 0x50, 0x34, 0x08),
		AT(4, 1, false, LAYER(1, 0, 0), 0x90, 0x00),
		AT(5, 1, true, LAYER(2, 0, SYNC | END), 0x10, 0x34, 0x10),
		AT(6, 2, false, LAYER(0, 0, START), 0x10, 0x30, 0x10),
		AT(7, 2, true, LAYER(1, 0, END), 0x10, 0x34, 0x08) } },
	{ "a layer begins once", {
		AT(1, 1, false, NEW, 0x18, 0x30, 0x10),
		AT(2, 1, false, LAYER(1, 0, SYNC), 0x10, 0x1c, 0x08),
		AT(3, 1, false, LAYER(1, 0, 0), 0x10, 0x24, 0x08) } },
	{ "what begins a layer is missing", {
		AT(1, 1, false, NEW, 0x18, 0x30, 0x10),
		AT(3, 1, false, LAYER(1, 0, 0), 0x10, 0x24, 0x08),
		AT(4, 1, false, LAYER(2, 0, 0), 0x10, 0x34, 0x10) } },
	{ "what begins the sequence is missing", {
		AT(1, 1, false, LAYER(0, 0, START), 0x10, 0x30, 0x10),
		AT(2, 1, false, LAYER(1, 0, 0), 0x10, 0x34, 0x08) } },
	{ "a fragment begins nothing", {
		AT(1, 1, true, LAYER(1, 2, START | END), 0x50, 0x34, 0x48),
		AT(2, 1, false, LAYER(1, 2, 0), 0x90, 0x00),
		AT(3, 1, false, LAYER(2, 2, 0), 0x10, 0x34, 0x50) } },
	{ "after the marker, at the same time", {
		AT(1, 1, true, LAYER(1, 2, START | END), 0x10, 0x34, 0x48),
		AT(2, 1, false, LAYER(1, 2, START), 0x10, 0x34, 0x48) } },

	/* what cannot be read */
	{ "nothing but padding is of no layer and no temporal unit", {
		AT(1, 1, false, NEW, 0x18, 0x30, 0x10),
		{ .seq = 2, .timestamp = 2, .marker = true },
		AT(3, 1, false, LAYER(1, 0, 0), 0x10, 0x34, 0x08) } },
	{ "no OBU", { STEP(UNKNOWN, 0x00) } },
	{ "no OBU, though one is counted", { STEP(UNKNOWN, 0x10) } },
	{ "two counted, one there", { STEP(UNKNOWN, 0x20, 2, 0x34, 0x48) } },
	{ "three counted, two there", {
		STEP(UNKNOWN, 0x30, 2, 0x34, 0x48, 2, 0x34, 0x48) } },
	{ "size cut off", { STEP(UNKNOWN, 0x00, 0x82) } },
	{ "size and nothing behind", { STEP(UNKNOWN, 0x00, 2) } },
	{ "size beyond the end", { STEP(UNKNOWN, 0x00, 3, 0x34, 0x48) } },
	{ "size 0", { STEP(UNKNOWN, 0x00, 0, 2, 0x34, 0x48) } },
	{ "the longest size", {
		STEP(UNKNOWN, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		     0x7f, 0x34, 0x48) } },
	{ "a size without an end", {
		STEP(UNKNOWN, 0x00, 0x82, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
		     0x80, 0x00, 0x34, 0x48) } },
	{ "a size that is 2 but for its high bits", {
		STEP(UNKNOWN, 0x00, 0x82, 0x80, 0x80, 0x80, 0x80, 0x01,
		     0x34, 0x48) } },
	{ "extension cut off", { STEP(UNKNOWN, 0x10, 0x34) } },
	{ "extension of the first of two cut off", {
		STEP(UNKNOWN, 0x20, 1, 0x34, 0x34, 0x48) } },
};

KUNIT_ARRAY_PARAM_DESC(av1_case, av1_cases, name);

/*
 * Classify from memory that ends where the payload does, so that KASAN sees a
 * byte too many, and with a result that is not zero beforehand. Of the payload
 * @known bytes are given, the others are 0.
 */
static struct rtp_layer classify(struct kunit *test,
				 struct rtp_codec_state *state, bool late,
				 const struct av1_step *step,
				 unsigned int known)
{
	u8 *copy = kunit_kzalloc(test, step->len, GFP_KERNEL);
	/* one element with a two-byte header, identifier 5 */
	u8 ext[2 + MAX_EXT] = { 5, step->ext_len };
	struct rtp_packet pkt = {
		.payload	= copy,
		.len		= step->len,
		.seq		= step->seq,
		.timestamp	= step->timestamp,
		.marker		= step->marker,
		.ext		= ext,
		.ext_len	= step->ext_len ? 2 + step->ext_len : 0,
		.ext_profile	= 0x1000,
	};
	struct rtp_layer layer;

	KUNIT_ASSERT_NOT_NULL(test, copy);
	memcpy(copy, step->payload, known);
	memcpy(ext + 2, step->ext, step->ext_len);
	memset(&layer, 0xff, sizeof(layer));
	rtp_codec_find(RTP_FANOUT_CODEC_AV1)->classify(state, &pkt, late,
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

static void av1_case_test(struct kunit *test)
{
	const struct av1_case *c = test->param_value;
	struct rtp_codec_state state = {};
	unsigned int i;

	for (i = 0; i < MAX_STEPS && c->steps[i].timestamp; i++)
		expect_layer(test, classify(test, &state, false, &c->steps[i],
					    c->steps[i].len),
			     c->steps[i].layer, c->steps[i].seq);
}

/* Whatever is cut off: no byte beyond the end, no layer that cannot be. */
static void av1_truncation_test(struct kunit *test)
{
	const struct av1_case *c = test->param_value;
	struct rtp_codec_state state = {};
	unsigned int i;

	for (i = 0; i < MAX_STEPS; i++) {
		struct av1_step step = c->steps[i];
		unsigned int len = step.len;

		for (step.len = 0; step.len <= len; step.len++) {
			struct rtp_layer layer;

			layer = classify(test, &state, false, &step, step.len);
			KUNIT_EXPECT_LE(test, layer.did, RTP_DID_MAX);
			KUNIT_EXPECT_LE(test, layer.qid, RTP_QID_MAX);
			KUNIT_EXPECT_LE(test, layer.tid, RTP_TID_MAX);
		}
	}
}

/* Another relay had masks of 2 bits for 3-bit identifiers. SID has 2 here. */
static void av1_masks_of_2_bits_for_3_bit_ids(struct kunit *test)
{
	unsigned int n;

	for (n = 0; n < 32; n++) {
		struct av1_step step = {
			.len = 3,
			.payload = { 0x10, 0x34, (n & 7) << 5 | (n >> 3) << 3 },
		};
		struct rtp_codec_state state = {};

		expect_layer(test, classify(test, &state, false, &step, 3),
			     LAYER(n >> 3, n & 7, START), n);
	}
}

/* As many OBUs as are looked at, and one more. */
static void av1_limit_test(struct kunit *test)
{
	static const u8 sequence_header[] = { 1, 0x08 };
	static const u8 frame[] = { 2, 0x34, 0x48 };
	unsigned int obus;

	for (obus = 15; obus <= 17; obus++) {
		struct av1_step step = { .len = 1 };
		struct rtp_codec_state state = {};
		unsigned int i;

		for (i = 1; i < obus; i++) {
			memcpy(step.payload + step.len, sequence_header,
			       sizeof(sequence_header));
			step.len += sizeof(sequence_header);
		}
		memcpy(step.payload + step.len, frame, sizeof(frame));
		step.len += sizeof(frame);
		expect_layer(test, classify(test, &state, false, &step,
					    step.len),
			     obus <= 16 ? LAYER(1, 2, START) : UNKNOWN, obus);
	}
}

/* Late fragments are found between the others, and change nothing. */
static void av1_late_test(struct kunit *test)
{
	static const struct av1_step steps[] = {
		AT(1, 1, false, LAYER(1, 2, 0), 0x50, 0x34, 0x48),
		AT(3, 1, false, LAYER(1, 2, 0), 0xd0, 0x00),
	};
	static const struct av1_step late[] = {
		AT(2, 1, true, LAYER(1, 2, 0), 0xd0, 0x00),
		AT(0, 1, true, LOST, 0x90, 0x00),
		AT(65535, 9, true, LAYER(2, 3, 0), 0x50, 0x34, 0x70),
	};
	static const struct av1_step last =
		AT(4, 1, false, LAYER(1, 2, 0), 0x90, 0x00);
	struct rtp_codec_state state = {}, before;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(steps); i++)
		classify(test, &state, false, &steps[i], steps[i].len);
	before = state;
	for (i = 0; i < ARRAY_SIZE(late); i++) {
		struct rtp_layer layer = classify(test, &state, true, &late[i],
						  late[i].len);

		KUNIT_EXPECT_EQ(test, layer.did, late[i].layer.did);
		KUNIT_EXPECT_EQ(test, layer.tid, late[i].layer.tid);
		KUNIT_EXPECT_MEMEQ(test, &state, &before, sizeof(state));
	}
	expect_layer(test, classify(test, &state, false, &last, last.len),
		     last.layer, 4);
}

/* What the encoder said of the frame that a datagram is of. */
enum av1_vector_flags {
	FIRST	= BIT(0),	/* the datagram begins it */
	LAST	= BIT(1),	/* and ends it */
	KEY	= BIT(2),	/* of a key picture */
	ALONE	= BIT(3),	/* refers to no other picture */
	SWITCH	= BIT(4),	/* more temporal layers can be begun after it */
};

struct av1_vector {
	u32 picture;
	u8 did;
	u8 tid;
	u16 len;
	u8 flags;
	u8 head[20];
	u8 ext_len;
	u8 ext[MAX_EXT];
};

#include "av1_vectors.h"

static struct av1_step av1_vector_step(unsigned int i)
{
	const struct av1_vector *v = &av1_vectors[i];
	struct av1_step step = {
		.seq		= i,
		.timestamp	= v->picture,
		.marker		= v->did == 2 && v->flags & LAST,
		.len		= v->len,
	};

	memcpy(step.payload, v->head, sizeof(v->head));
	step.layer = LAYER(v->did, v->tid, 0);
	if (!v->did && v->flags & FIRST)
		step.layer.flags |= START;
	if (!v->did && v->flags & FIRST && v->flags & KEY)
		step.layer.up_to = RTP_TID_MAX;
	return step;
}

static void av1_vectors_payload_test(struct kunit *test)
{
	struct rtp_codec_state state = {};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(av1_vectors); i++) {
		const struct av1_vector *v = &av1_vectors[i];
		struct av1_step step = av1_vector_step(i);

		if (v->flags & FIRST && v->flags & KEY)
			step.layer.flags |= SYNC;
		if (step.marker)
			step.layer.flags |= END;
		expect_layer(test, classify(test, &state, false, &step,
					    min_t(unsigned int, v->len,
						  sizeof(v->head))),
			     step.layer, i);
	}
}

/* With the descriptor nothing of the payload is looked at: it is all zeros. */
static void av1_vectors_descriptor_test(struct kunit *test)
{
	struct rtp_codec_state state = { .dependency_id = 5 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(av1_vectors); i++) {
		const struct av1_vector *v = &av1_vectors[i];
		struct av1_step step = av1_vector_step(i);

		if (v->flags & FIRST && v->flags & ALONE)
			step.layer.flags |= SYNC;
		if (v->flags & LAST)
			step.layer.flags |= END;
		if (step.layer.flags & RTP_LAYER_START && v->flags & SWITCH) {
			step.layer.up_from = v->tid;
			step.layer.up_to = RTP_TID_MAX;
		}
		step.ext_len = v->ext_len;
		memcpy(step.ext, v->ext, v->ext_len);
		expect_layer(test, classify(test, &state, false, &step, 0),
			     step.layer, i);
	}
}

/*
 * The flags of the layer of the vector @number where all before are lost but
 * those of the first picture and @before.
 */
static u8 av1_descriptor_flags(struct kunit *test, unsigned int before,
			       unsigned int number)
{
	struct rtp_codec_state state = { .dependency_id = 5 };
	struct rtp_layer layer = {};
	unsigned int i;

	for (i = 0; i <= number; i++) {
		struct av1_step step = av1_vector_step(i);

		if (av1_vectors[i].picture && i != before && i != number)
			continue;
		step.ext_len = av1_vectors[i].ext_len;
		memcpy(step.ext, av1_vectors[i].ext, step.ext_len);
		layer = classify(test, &state, false, &step, 0);
	}
	return layer.flags;
}

/* The first datagram of a spatial layer in a picture. */
static unsigned int av1_vector_of(u32 picture, u8 did)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(av1_vectors); i++)
		if (av1_vectors[i].picture == picture &&
		    av1_vectors[i].did == did)
			break;
	return i;
}

static void av1_descriptor_losses_test(struct kunit *test)
{
	/* half way between two key pictures the upper layers begin anew */
	unsigned int s0 = av1_vector_of(4, 0), s1 = av1_vector_of(4, 1);
	/* and in the next picture of the lowest temporal layer they do not */
	unsigned int next = av1_vector_of(8, 1);

	KUNIT_EXPECT_TRUE(test, av1_descriptor_flags(test, s0, s1) & SYNC);
	KUNIT_EXPECT_FALSE(test, av1_descriptor_flags(test, next - 1, next) &
				 SYNC);
	/* who knows what a frame refers to when its unit's first is missing */
	KUNIT_EXPECT_FALSE(test, av1_descriptor_flags(test, 0, s1) & SYNC);
}

/* Without its structure a descriptor says nothing. */
static void av1_descriptor_unknown_test(struct kunit *test)
{
	struct rtp_codec_state state = { .dependency_id = 5 };
	struct av1_step step = av1_vector_step(av1_vector_of(4, 0));

	step.ext_len = 3;
	step.ext[0] = 0xc0;
	expect_layer(test, classify(test, &state, false, &step, 0), UNKNOWN, 0);
	/* nor does one cut short */
	step.ext_len = 2;
	expect_layer(test, classify(test, &state, false, &step, 0), UNKNOWN, 1);
	/* and where there is none, the payload is read */
	step.ext_len = 0;
	expect_layer(test, classify(test, &state, false, &step, 20),
		     LAYER(0, 0, START), 2);
	state.dependency_id = 6;
	step.ext_len = 3;
	step.timestamp++;
	expect_layer(test, classify(test, &state, false, &step, 20),
		     LAYER(0, 0, START), 3);
}

static struct kunit_case av1_test_cases[] = {
	KUNIT_CASE_PARAM(av1_case_test, av1_case_gen_params),
	KUNIT_CASE_PARAM(av1_truncation_test, av1_case_gen_params),
	KUNIT_CASE(av1_masks_of_2_bits_for_3_bit_ids),
	KUNIT_CASE(av1_limit_test),
	KUNIT_CASE(av1_late_test),
	KUNIT_CASE(av1_vectors_payload_test),
	KUNIT_CASE(av1_vectors_descriptor_test),
	KUNIT_CASE(av1_descriptor_losses_test),
	KUNIT_CASE(av1_descriptor_unknown_test),
	{}
};

static struct kunit_suite av1_test_suite = {
	.name = "rtprelay_av1",
	.test_cases = av1_test_cases,
};

kunit_test_suite(av1_test_suite);
