// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests for the AV1 codec.
 *
 * av1_vectors.h is from an encoder. What is in the table was built by hand from
 * "RTP Payload Format For AV1".
 */
#include "codec_test.h"

#define BEGIN	(RTP_LAYER_START | RTP_LAYER_DOWN)
#define END	RTP_LAYER_END

#define LAYER(d, t, f)	SAYS(.did = d, .tid = t, .flags = f)
#define LOWEST(f)	LAYER(0, 0, f)
#define NEW		SAYS(.flags = BEGIN | SYNC, .up_to = RTP_TID_MAX)
#define GONE		LOST(0)
#define UNREAD		LOWEST(UNKNOWN)

/*
 * First byte: 0x80 Z, 0x40 Y, W << 4, 0x08 N. OBU header: type << 3, 0x04 with
 * an extension of TID << 5, SID << 3. So 0x08 is a sequence header, 0x18 a
 * frame header, 0x20 a tile group, 0x28 metadata, 0x30 a frame, 0x38 a
 * redundant frame header and 0x78 padding.
 */
static const struct codec_case av1_cases[] = {
	/* one OBU */
	{ "frame", { STEP(1, 1, 0, LAYER(2, 1, BEGIN), 0x10, 0x34, 0x30, 0xaa) } },
	{ "frame header", { STEP(1, 1, 0, LAYER(1, 2, BEGIN), 0x10, 0x1c, 0x48) } },
	{ "tile group", { STEP(1, 1, 0, LAYER(1, 2, BEGIN), 0x10, 0x24, 0x48) } },
	{ "metadata", { STEP(1, 1, 0, LAYER(1, 2, BEGIN), 0x10, 0x2c, 0x48) } },
	{ "redundant header", { STEP(1, 1, 0, LAYER(1, 2, BEGIN), 0x10, 0x3c, 0x48) } },
	{ "padding OBU", { STEP(1, 1, 0, LAYER(1, 2, BEGIN), 0x10, 0x7c, 0x48) } },
	{ "reserved type", { STEP(1, 1, 0, LAYER(1, 2, BEGIN), 0x10, 0x4c, 0x48) } },
	{ "bits that do not matter", {
		STEP(1, 1, 0, LAYER(1, 2, BEGIN), 0x17, 0xb7, 0x4f) } },
	{ "frame without an extension", {
		STEP(1, 1, 0, LOWEST(BEGIN), 0x10, 0x30, 0x48) } },
	{ "sequence header", { STEP(1, 1, 0, LOWEST(BEGIN), 0x10, 0x08, 0xaa) } },

	/* several */
	{ "counted, the last without a size", {
		STEP(1, 1, 0, LAYER(1, 2, BEGIN), 0x20, 3, 0x1c, 0x48, 0xaa,
		     0x24, 0x48, 0xaa) } },
	{ "counted, three", {
		STEP(1, 1, 0, LAYER(1, 2, BEGIN), 0x30, 2, 0x2c, 0x48, 2, 0x1c, 0x48,
		     0x24, 0x48, 0xaa) } },
	{ "not counted", {
		STEP(1, 1, 0, LAYER(1, 2, BEGIN), 0x00, 2, 0x2c, 0x48, 2, 0x1c, 0x48,
		     3, 0x24, 0x48, 0xaa) } },
	{ "a size of several bytes", {
		STEP(1, 1, 0, LAYER(1, 2, BEGIN), 0x20, 0x82, 0x80, 0x80, 0x80, 0x80,
		     0x80, 0x80, 0x00, 0x1c, 0x48, 0x24, 0x48) } },
	{ "sequence header and frame: the frame's", {
		STEP(1, 1, 0, LAYER(1, 2, BEGIN), 0x20, 2, 0x08, 0xaa, 0x34, 0x48) } },
	{ "sequence header and frame of the base layer", {
		STEP(1, 1, 0, NEW, 0x28, 2, 0x08, 0xaa, 0x30, 0x48) } },
	{ "two layers, against the rules: the lower of each", {
		STEP(1, 1, 0, LAYER(1, 0, BEGIN), 0x20, 2, 0x34, 0x48, 0x34, 0x10) } },
	{ "parts of a frame without an extension and with one", {
		STEP(1, 1, 0, LOWEST(BEGIN), 0x20, 2, 0x34, 0x48, 0x30, 0x10),
		STEP(1, 2, 0, LOWEST(0), 0x20, 2, 0x34, 0x48, 0x18, 0x10),
		STEP(1, 3, 0, LOWEST(0), 0x20, 2, 0x34, 0x48, 0x20, 0x10),
		STEP(1, 4, 0, LOWEST(0), 0x20, 2, 0x34, 0x48, 0x38, 0x10) } },

	/* fragments */
	{ "fragments", {
		STEP(1, 1, 0, LAYER(1, 2, BEGIN), 0x50, 0x34, 0x48),
		STEP(1, 2, 0, LAYER(1, 2, 0), 0xd0, 0x00),
		STEP(1, 3, 0, LAYER(1, 2, 0), 0x90, 0x00),
		STEP(1, 4, 0, GONE, 0x90, 0x00) } },
	{ "fragments on both sides of the wrap", {
		STEP(1, 65535, 0, LAYER(1, 2, BEGIN), 0x50, 0x34, 0x48),
		STEP(1, 0, 1, LAYER(1, 2, END), 0x90, 0x00) } },
	{ "start lost", {
		STEP(1, 1, 0, GONE, 0xd0, 0x00),
		STEP(1, 2, 0, GONE, 0xd0, 0x00),
		STEP(1, 3, 0, GONE, 0x90, 0x00) } },
	{ "one fragment lost", {
		STEP(1, 1, 0, LAYER(1, 2, BEGIN), 0x50, 0x34, 0x48),
		STEP(1, 3, 0, LAYER(1, 2, 0), 0xd0, 0x00),
		STEP(1, 4, 0, LAYER(1, 2, 0), 0x90, 0x00) } },
	{ "two lost, maybe an end and a start", {
		STEP(1, 1, 0, LAYER(1, 2, BEGIN), 0x50, 0x34, 0x48),
		STEP(1, 4, 0, GONE, 0xd0, 0x00),
		STEP(1, 5, 0, GONE, 0x90, 0x00) } },
	{ "fragment of another temporal unit", {
		STEP(1, 1, 0, LAYER(1, 2, BEGIN), 0x50, 0x34, 0x48),
		STEP(2, 2, 0, GONE, 0x90, 0x00) } },
	{ "no fragment follows", {
		STEP(1, 1, 0, LAYER(1, 2, BEGIN), 0x10, 0x34, 0x48),
		STEP(1, 2, 0, GONE, 0x90, 0x00) } },
	{ "the end of one OBU and another that goes on", {
		STEP(1, 1, 0, LAYER(1, 2, BEGIN), 0x50, 0x1c, 0x48),
		STEP(1, 2, 0, LAYER(1, 2, 0), 0xe0, 1, 0x00, 0x24, 0x48),
		STEP(1, 3, 0, LAYER(1, 2, 0), 0x90, 0x00) } },
	{ "the end of a lost OBU and a whole one", {
		STEP(1, 1, 0, LAYER(1, 2, 0), 0xe0, 1, 0x00, 0x24, 0x48),
		STEP(1, 2, 0, LAYER(1, 2, 0), 0x90, 0x00) } },
	{ "fragments of what is unknown are lost", {
		STEP(1, 1, 0, UNREAD, 0x50, 0x34),
		STEP(1, 2, 0, GONE, 0x90, 0x00) } },

	{ "late fragments are found between the others", {
		STEP(1, 3, 0, LAYER(1, 2, BEGIN), 0x50, 0x34, 0x48),
		STEP(1, 5, 0, LAYER(1, 2, 0), 0xd0, 0x00),
		STEP(1, 4, 1, LAYER(1, 2, 0), 0xd0, 0x00),
		STEP(1, 2, 1, GONE, 0x90, 0x00),
		STEP(9, 1, 1, LAYER(2, 3, 0), 0x50, 0x34, 0x70),
		STEP(1, 6, 0, LAYER(1, 2, 0), 0x90, 0x00) } },

	/* beginnings and ends */
	{ "coded video sequence", {
		STEP(1, 1, 0, NEW, 0x68, 2, 0x08, 0xaa, 0x30, 0x10),
		STEP(1, 2, 0, LOWEST(0), 0x90, 0x00),
		STEP(1, 3, 0, LAYER(1, 0, SYNC), 0x50, 0x34, 0x08),
		STEP(1, 4, 0, LAYER(1, 0, 0), 0x90, 0x00),
		STEP(1, 5, 1, LAYER(2, 0, SYNC | END), 0x10, 0x34, 0x10),
		STEP(2, 6, 0, LAYER(0, 0, BEGIN), 0x10, 0x30, 0x10),
		STEP(2, 7, 1, LAYER(1, 0, END), 0x10, 0x34, 0x08) } },
	{ "a layer begins once", {
		STEP(1, 1, 0, NEW, 0x18, 0x30, 0x10),
		STEP(1, 2, 0, LAYER(1, 0, SYNC), 0x10, 0x1c, 0x08),
		STEP(1, 3, 0, LAYER(1, 0, 0), 0x10, 0x24, 0x08) } },
	{ "what begins a layer is missing", {
		STEP(1, 1, 0, NEW, 0x18, 0x30, 0x10),
		STEP(1, 3, 0, LAYER(1, 0, 0), 0x10, 0x24, 0x08),
		STEP(1, 4, 0, LAYER(2, 0, 0), 0x10, 0x34, 0x10) } },
	{ "what begins the sequence is missing", {
		STEP(1, 1, 0, LAYER(0, 0, BEGIN), 0x10, 0x30, 0x10),
		STEP(1, 2, 0, LAYER(1, 0, 0), 0x10, 0x34, 0x08) } },
	{ "what begins the next unit is missing", {
		STEP(1, 1, 0, NEW, 0x18, 0x30, 0x10),
		STEP(2, 3, 0, GONE, 0x90, 0x00),
		STEP(2, 4, 0, LAYER(1, 0, 0), 0x10, 0x34, 0x08) } },
	{ "a fragment begins nothing", {
		STEP(1, 1, 1, LAYER(1, 2, BEGIN | END), 0x50, 0x34, 0x48),
		STEP(1, 2, 0, LAYER(1, 2, 0), 0x90, 0x00),
		STEP(1, 3, 0, LAYER(2, 2, 0), 0x10, 0x34, 0x50) } },
	{ "after the marker, at the same time", {
		STEP(1, 1, 1, LAYER(1, 2, BEGIN | END), 0x10, 0x34, 0x48),
		STEP(1, 2, 0, LAYER(1, 2, BEGIN), 0x10, 0x34, 0x48) } },

	/* what cannot be read */
	{ "nothing but padding is of no layer and no temporal unit", {
		STEP(1, 1, 0, NEW, 0x18, 0x30, 0x10),
		{ .seq = 2, .timestamp = 2, .marker = true },
		STEP(1, 3, 0, LAYER(1, 0, 0), 0x10, 0x34, 0x08) } },
	{ "no OBU", { STEP(1, 1, 0, UNREAD, 0x00) } },
	{ "no OBU, though one is counted", { STEP(1, 1, 0, UNREAD, 0x10) } },
	{ "two counted, one there", { STEP(1, 1, 0, UNREAD, 0x20, 2, 0x34, 0x48) } },
	{ "three counted, two there", {
		STEP(1, 1, 0, UNREAD, 0x30, 2, 0x34, 0x48, 2, 0x34, 0x48) } },
	{ "size cut off", { STEP(1, 1, 0, UNREAD, 0x00, 0x82) } },
	{ "size and nothing behind", { STEP(1, 1, 0, UNREAD, 0x00, 2) } },
	{ "size beyond the end", { STEP(1, 1, 0, UNREAD, 0x00, 3, 0x34, 0x48) } },
	{ "size 0", { STEP(1, 1, 0, UNREAD, 0x00, 0, 2, 0x34, 0x48) } },
	{ "the longest size", {
		STEP(1, 1, 0, UNREAD, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		     0x7f, 0x34, 0x48) } },
	{ "a size without an end", {
		STEP(1, 1, 0, UNREAD, 0x00, 0x82, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
		     0x80, 0x00, 0x34, 0x48) } },
	{ "a size that is 2 but for its high bits", {
		STEP(1, 1, 0, UNREAD, 0x00, 0x82, 0x80, 0x80, 0x80, 0x80, 0x01,
		     0x34, 0x48) } },
	{ "extension cut off", { STEP(1, 1, 0, UNREAD, 0x10, 0x34) } },
	{ "extension of the first of two cut off", {
		STEP(1, 1, 0, UNREAD, 0x20, 1, 0x34, 0x34, 0x48) } },
};

KUNIT_ARRAY_PARAM_DESC(av1_case, av1_cases, name);

static void av1_case_test(struct kunit *test)
{
	struct codec_test ct = codec_test_init(test, RTP_FANOUT_CODEC_AV1);

	codec_test_run(&ct, test->param_value);
}

/* Another relay had masks of 2 bits for 3-bit identifiers. SID has 2 here. */
static void av1_masks_of_2_bits_for_3_bit_ids(struct kunit *test)
{
	unsigned int n;

	for (n = 0; n < 32; n++) {
		struct codec_test ct;
		const u8 payload[] = {
			0x10, 0x34, (n & 7) << 5 | (n >> 3) << 3,
		};

		ct = codec_test_init(test, RTP_FANOUT_CODEC_AV1);
		codec_test_expect(test,
				  codec_test_classify(&ct, n, 1, false, false,
						      payload,
						      sizeof(payload)),
				  LAYER(n >> 3, n & 7, BEGIN), n);
	}
}

/* As many OBUs as are looked at, and one more. */
static void av1_limit_test(struct kunit *test)
{
	static const u8 sequence_header[] = { 1, 0x08 };
	static const u8 frame[] = { 2, 0x34, 0x48 };
	unsigned int obus;

	for (obus = 15; obus <= 17; obus++) {
		u8 payload[1 + 16 * sizeof(sequence_header) + sizeof(frame)];
		unsigned int i, len = 1;
		struct codec_test ct;

		payload[0] = 0;
		for (i = 1; i < obus; i++) {
			memcpy(payload + len, sequence_header,
			       sizeof(sequence_header));
			len += sizeof(sequence_header);
		}
		memcpy(payload + len, frame, sizeof(frame));
		len += sizeof(frame);
		ct = codec_test_init(test, RTP_FANOUT_CODEC_AV1);
		codec_test_expect(test,
				  codec_test_classify(&ct, obus, 1, false,
						      false, payload, len),
				  obus <= 16 ? LAYER(1, 2, BEGIN) : UNREAD,
				  obus);
	}
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
	u8 ext[128];
};

#include "av1_vectors.h"

/* What is said of a vector with and without its dependency descriptor. */
static struct rtp_layer av1_vector_layer(const struct av1_vector *v)
{
	struct rtp_layer layer = LAYER(v->did, v->tid, 0);

	if (!v->did && v->flags & FIRST) {
		layer.flags |= BEGIN;
		if (v->flags & KEY)
			layer.up_to = RTP_TID_MAX;
	}
	return layer;
}

static bool av1_vector_marker(const struct av1_vector *v)
{
	return v->did == 2 && v->flags & LAST;
}

static void av1_vectors_payload_test(struct kunit *test)
{
	struct codec_test ct = codec_test_init(test, RTP_FANOUT_CODEC_AV1);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(av1_vectors); i++) {
		const struct av1_vector *v = &av1_vectors[i];
		struct rtp_layer expected = av1_vector_layer(v);
		u8 *payload = kunit_kzalloc(test, v->len, GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, payload);
		memcpy(payload, v->head,
		       v->len < sizeof(v->head) ? v->len : sizeof(v->head));
		if (v->flags & FIRST && v->flags & KEY)
			expected.flags |= SYNC;
		if (av1_vector_marker(v))
			expected.flags |= END;
		codec_test_expect(test,
				  codec_test_classify(&ct, i, v->picture,
						      av1_vector_marker(v),
						      false, payload, v->len),
				  expected, i);
		kunit_kfree(test, payload);
	}
}

#define EXT_ID	5

/* Classify by @len bytes of descriptor, and a payload that says nothing. */
static struct rtp_layer av1_describe_by(struct kunit *test,
					struct rtp_codec_state *state,
					unsigned int i, const u8 *desc,
					unsigned int len)
{
	const struct av1_vector *v = &av1_vectors[i];
	u8 *ext = kunit_kmalloc(test, 2 + len, GFP_KERNEL);
	static const u8 payload[] = { 0x00 };
	struct rtp_packet pkt = {
		.payload	= payload,
		.len		= sizeof(payload),
		.ext		= ext,
		.ext_len	= 2 + len,
		.ext_profile	= 0x1000,
		.seq		= i,
		.timestamp	= v->picture,
		.marker		= av1_vector_marker(v),
	};
	struct rtp_layer layer;

	KUNIT_ASSERT_NOT_NULL(test, ext);
	ext[0] = EXT_ID;
	ext[1] = len;
	memcpy(ext + 2, desc, len);
	memset(&layer, 0xff, sizeof(layer));
	rtp_codec_find(RTP_FANOUT_CODEC_AV1)->classify(state, &pkt, false,
						       &layer);
	kunit_kfree(test, ext);
	return layer;
}

/* The same by the first @len bytes of its own. */
static struct rtp_layer av1_describe(struct kunit *test,
				     struct rtp_codec_state *state,
				     unsigned int i, unsigned int len)
{
	return av1_describe_by(test, state, i, av1_vectors[i].ext, len);
}

static void av1_vectors_descriptor_test(struct kunit *test)
{
	struct rtp_codec_state state = { .dependency_id = EXT_ID };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(av1_vectors); i++) {
		const struct av1_vector *v = &av1_vectors[i];
		struct rtp_layer expected = av1_vector_layer(v);

		if (v->flags & FIRST && v->flags & ALONE)
			expected.flags |= SYNC;
		if (v->flags & LAST)
			expected.flags |= END;
		if (expected.flags & START && v->flags & SWITCH) {
			expected.up_from = v->tid;
			expected.up_to = RTP_TID_MAX;
		}
		codec_test_expect(test,
				  av1_describe(test, &state, i, v->ext_len),
				  expected, i);
	}
}

/* The first datagram of a spatial layer in a picture. */
static unsigned int av1_vector_of(u32 picture, u8 did)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(av1_vectors) - 1; i++)
		if (av1_vectors[i].picture == picture &&
		    av1_vectors[i].did == did)
			break;
	return i;
}

/*
 * What is said of the vector @number when all before it are lost but those of
 * the key picture and @before.
 */
static u8 av1_flags(struct kunit *test, unsigned int before,
		    unsigned int number)
{
	struct rtp_codec_state state = { .dependency_id = EXT_ID };
	unsigned int i;

	for (i = 0; !av1_vectors[i].picture; i++)
		av1_describe(test, &state, i, av1_vectors[i].ext_len);
	if (before >= i)
		av1_describe(test, &state, before, av1_vectors[before].ext_len);
	return av1_describe(test, &state, number,
			    av1_vectors[number].ext_len).flags;
}

static void av1_descriptor_losses_test(struct kunit *test)
{
	/* half way between two key pictures the upper layers begin anew */
	unsigned int s0 = av1_vector_of(4, 0), s1 = av1_vector_of(4, 1);
	/* and in the next picture of the lowest temporal layer they do not */
	unsigned int next = av1_vector_of(8, 1);
	/* not the first datagram of its frame */
	unsigned int second = av1_vector_of(4, 2) + 1;

	KUNIT_EXPECT_EQ(test, av1_flags(test, s0, s1) & SYNC, SYNC);
	KUNIT_EXPECT_EQ(test, av1_flags(test, next - 1, next) & SYNC, 0);
	/* who knows what a frame refers to when its unit's first is missing */
	KUNIT_EXPECT_EQ(test, av1_flags(test, 0, s1) & SYNC, 0);
	KUNIT_EXPECT_EQ(test, av1_flags(test, 0, s1) & BEGIN, BEGIN);
	KUNIT_ASSERT_EQ(test, av1_vectors[second].flags & FIRST, 0);
	KUNIT_EXPECT_EQ(test, av1_flags(test, 0, second) & ~END, 0);
}

/* What begins a layer by its template, but has indications of its own. */
static void av1_descriptor_custom_test(struct kunit *test)
{
	struct rtp_codec_state state = { .dependency_id = EXT_ID };
	unsigned int s1 = av1_vector_of(4, 1), i;
	/* the flag, and two bits for each of nine targets */
	u8 desc[] = { 0, 0, 0, 0x20, 0, 0 };
	struct rtp_layer layer = {};

	memcpy(desc, av1_vectors[s1].ext, 3);
	for (i = 0; i < s1; i++)
		layer = av1_describe(test, &state, i, av1_vectors[i].ext_len);
	KUNIT_EXPECT_EQ(test, layer.up_to, RTP_TID_MAX);
	layer = av1_describe_by(test, &state, s1, desc, sizeof(desc));
	KUNIT_EXPECT_EQ(test, layer.did, 1);
	KUNIT_EXPECT_EQ(test, layer.flags & SYNC, 0);
	/* and no more temporal layers are begun by templates */
	i = av1_vector_of(8, 0);
	layer = av1_describe(test, &state, i, av1_vectors[i].ext_len);
	KUNIT_EXPECT_EQ(test, layer.flags & BEGIN, BEGIN);
	KUNIT_EXPECT_EQ(test, layer.up_to, 0);
}

/* Without its structure a descriptor says nothing, nor does one cut short. */
static void av1_descriptor_unknown_test(struct kunit *test)
{
	struct rtp_codec_state state = { .dependency_id = EXT_ID };
	unsigned int s0 = av1_vector_of(4, 0), len;

	codec_test_expect(test, av1_describe(test, &state, s0, 3), UNREAD, s0);
	for (len = 0; len < av1_vectors[0].ext_len; len++)
		codec_test_expect(test, av1_describe(test, &state, 0, len),
				  UNREAD, len);
	codec_test_expect(test, av1_describe(test, &state, s0, 3), UNREAD, s0);
}

/* Where there is no descriptor, the payload is read. */
static void av1_descriptor_missing_test(struct kunit *test)
{
	static const u8 frame[] = { 0x10, 0x34, 0x48 };
	struct codec_test ct = codec_test_init(test, RTP_FANOUT_CODEC_AV1);

	ct.state.dependency_id = EXT_ID;
	codec_test_expect(test,
			  codec_test_classify(&ct, 1, 1, false, false, frame,
					      sizeof(frame)),
			  LAYER(1, 2, BEGIN), 1);
}

static struct kunit_case av1_test_cases[] = {
	KUNIT_CASE_PARAM(av1_case_test, av1_case_gen_params),
	KUNIT_CASE(av1_masks_of_2_bits_for_3_bit_ids),
	KUNIT_CASE(av1_limit_test),
	KUNIT_CASE(av1_vectors_payload_test),
	KUNIT_CASE(av1_vectors_descriptor_test),
	KUNIT_CASE(av1_descriptor_losses_test),
	KUNIT_CASE(av1_descriptor_custom_test),
	KUNIT_CASE(av1_descriptor_unknown_test),
	KUNIT_CASE(av1_descriptor_missing_test),
	{}
};

static struct kunit_suite av1_test_suite = {
	.name = "rtprelay_av1",
	.test_cases = av1_test_cases,
};

kunit_test_suite(av1_test_suite);
