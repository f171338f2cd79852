// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests for the VP9 codec.
 *
 * vp9_vectors.h is from an encoder. What is in the table was built by hand from
 * RFC 9628.
 */
#include <linux/minmax.h>

#include "codec_test.h"

#define BEGIN	(RTP_LAYER_START | RTP_LAYER_DOWN)
#define END	RTP_LAYER_END

#define LAYER(d, t, f)	SAYS(.did = d, .tid = t, .flags = f)
/* and from which temporal layer on more can be begun */
#define UP(d, t, f, from)						\
	SAYS(.did = d, .tid = t, .flags = f, .up_from = from,		\
	     .up_to = RTP_TID_MAX)

/*
 * First byte: 0x80 I, 0x40 P, 0x20 L, 0x10 F, 0x08 B, 0x04 E, 0x02 V, 0x01 Z.
 * Layer indices: TID << 5, 0x10 U, SID << 1, 0x01 D. TL0PICIDX after them,
 * without F, and one byte of frame.
 */
static const struct codec_case vp9_cases[] = {
	/* where the layer indices are */
	{ "no identifier, short and long", {
		STEP(1, 1, 0, LAYER(1, 2, 0), 0x60, 0x42, 9, 0x87),
		STEP(1, 2, 0, LAYER(2, 3, 0), 0xe0, 0x7f, 0x64, 9, 0x87),
		STEP(1, 3, 0, LAYER(3, 4, 0), 0xe0, 0x80, 0xff, 0x86, 9, 0x87) } },
	{ "flexible mode, with references", {
		STEP(1, 1, 0, LAYER(1, 2, 0), 0xf0, 0x05, 0x42, 0x03, 0x05, 0x06, 0x87) } },
	{ "scalability structure", {
		STEP(1, 1, 0, UP(0, 0, BEGIN | SYNC, 0), 0xaa, 0x05, 0x00, 9, 0x58,
		     0, 96, 0, 54, 0, 192, 0, 108, 1, 128, 0, 216) } },
	{ "Z and V do not matter", {
		STEP(1, 1, 0, LAYER(1, 2, 0), 0x63, 0x42, 9, 0x87) } },

	/* no layer indices: one layer */
	{ "no layers", {
		STEP(1, 1, 0, UP(0, 0, BEGIN | SYNC, 0), 0x88, 0x05, 0x87),
		STEP(1, 2, 0, LAYER(0, 0, 0), 0x80, 0x05, 0x87),
		STEP(1, 3, 1, LAYER(0, 0, END), 0x84, 0x05, 0x87),
		STEP(2, 4, 1, UP(0, 0, BEGIN | END, 0), 0xcc, 0x06, 0x87) } },
	{ "nothing but the first byte", {
		STEP(1, 1, 0, UP(0, 0, BEGIN | SYNC | END, 0), 0x0c) } },

	/* beginnings and ends */
	{ "key picture", {
		STEP(1, 1, 0, UP(0, 0, BEGIN | SYNC, 0), 0xa8, 5, 0x00, 9, 0x87),
		STEP(1, 2, 0, LAYER(0, 0, END), 0xa4, 5, 0x00, 9, 0x87),
		STEP(1, 3, 0, LAYER(1, 0, SYNC | END), 0xac, 5, 0x03, 9, 0x87),
		STEP(1, 4, 1, LAYER(2, 0, SYNC | END), 0xad, 5, 0x05, 9, 0x87) } },
	{ "upper layers begin anew", {
		STEP(1, 1, 0, UP(0, 0, BEGIN | END, 0), 0xec, 5, 0x10, 9, 0x87),
		STEP(1, 2, 0, LAYER(1, 0, SYNC | END), 0xac, 5, 0x13, 9, 0x87),
		STEP(1, 3, 1, LAYER(2, 0, SYNC | END), 0xad, 5, 0x15, 9, 0x87) } },
	{ "no layer refers to another picture but the middle one", {
		STEP(1, 1, 0, UP(0, 0, BEGIN | SYNC, 0), 0xa8, 5, 0x00, 9, 0x87),
		STEP(1, 2, 0, LAYER(1, 0, 0), 0xe8, 5, 0x03, 9, 0x87),
		STEP(1, 3, 0, LAYER(2, 0, SYNC), 0xa8, 5, 0x05, 9, 0x87) } },
	{ "switching up and not", {
		STEP(1, 1, 1, UP(0, 1, BEGIN | END, 1), 0xec, 5, 0x30, 9, 0x87),
		STEP(2, 2, 1, LAYER(0, 1, BEGIN | END), 0xec, 6, 0x20, 9, 0x87),
		STEP(3, 3, 1, UP(0, 7, BEGIN | END, 7), 0xec, 7, 0xf0, 9, 0x87) } },
	{ "switching up is for the picture's first datagram", {
		STEP(1, 1, 0, UP(0, 1, BEGIN | END, 1), 0xec, 5, 0x30, 9, 0x87),
		STEP(1, 2, 1, LAYER(1, 1, END), 0xec, 5, 0x33, 9, 0x87) } },
	{ "another picture after the marker, at the same time", {
		STEP(1, 1, 1, LAYER(0, 1, BEGIN | END), 0xec, 5, 0x20, 9, 0x87),
		STEP(1, 2, 1, LAYER(0, 1, BEGIN | END), 0xec, 6, 0x20, 9, 0x87) } },
	{ "marker lost", {
		STEP(1, 1, 0, LAYER(0, 1, BEGIN | END), 0xec, 5, 0x20, 9, 0x87),
		STEP(2, 2, 0, LAYER(0, 1, BEGIN | END), 0xec, 6, 0x20, 9, 0x87) } },
	{ "first datagram lost: no start in that picture", {
		STEP(1, 1, 1, LAYER(0, 1, BEGIN | END), 0xec, 5, 0x20, 9, 0x87),
		STEP(2, 2, 0, LAYER(0, 1, END), 0xe4, 6, 0x30, 9, 0x87),
		STEP(2, 3, 1, LAYER(1, 1, END), 0xec, 6, 0x33, 9, 0x87) } },
	{ "base layer lost: what is there first is the start", {
		STEP(1, 1, 1, LAYER(0, 1, BEGIN | END), 0xec, 5, 0x20, 9, 0x87),
		STEP(2, 2, 1, UP(1, 1, BEGIN | END, 1), 0xec, 6, 0x33, 9, 0x87) } },
	{ "base layer of a key picture lost", {
		STEP(1, 1, 0, LAYER(1, 0, BEGIN | SYNC | END),
		     0xac, 5, 0x03, 9, 0x87) } },
	{ "late: nothing begins or ends for what comes after", {
		STEP(5, 9, 0, LAYER(0, 1, BEGIN), 0xe8, 5, 0x20, 9, 0x87),
		STEP(4, 8, 1, LAYER(1, 2, 0), 0xe0, 4, 0x42, 9, 0x87),
		STEP(5, 10, 0, LAYER(1, 1, 0), 0xe8, 5, 0x22, 9, 0x87) } },
	{ "timestamp 0 at first", {
		STEP(0, 1, 0, LAYER(0, 1, BEGIN), 0xe8, 5, 0x20, 9, 0x87) } },

	/* what cannot be read */
	{ "nothing but padding is of no layer and no picture", {
		STEP(1, 1, 0, LAYER(0, 1, BEGIN), 0xe8, 5, 0x20, 9, 0x87),
		{ .seq = 2, .timestamp = 2, .marker = true },
		STEP(1, 3, 0, LAYER(1, 1, 0), 0xe8, 5, 0x22, 9, 0x87) } },
	{ "identifier cut off", {
		STEP(1, 1, 0, LAYER(0, 0, UNKNOWN), 0xe8) } },
	{ "layer indices cut off", {
		STEP(1, 1, 0, LAYER(0, 0, UNKNOWN), 0xe8, 0x05) } },
	{ "half of a long identifier", {
		STEP(1, 1, 0, LAYER(0, 0, UNKNOWN), 0xe8, 0x80) } },
	{ "layer indices cut off behind a long identifier", {
		STEP(1, 1, 0, LAYER(0, 0, UNKNOWN), 0xe8, 0x80, 0x05) } },
	{ "layer indices cut off, without an identifier", {
		STEP(1, 1, 0, LAYER(0, 0, UNKNOWN), 0x68) } },
	{ "what cannot be read begins its picture, too", {
		STEP(1, 1, 0, LAYER(0, 0, UNKNOWN), 0xe8),
		STEP(1, 2, 0, LAYER(0, 1, 0), 0xe8, 5, 0x30, 9, 0x87) } },
};

KUNIT_ARRAY_PARAM_DESC(vp9_case, vp9_cases, name);

static void vp9_case_test(struct kunit *test)
{
	struct codec_test ct = codec_test_init(test, RTP_FANOUT_CODEC_VP9);

	codec_test_run(&ct, test->param_value);
}

/* Another relay had masks of 2 bits for the 3-bit SID and TID. */
static void vp9_masks_of_2_bits_for_3_bit_ids(struct kunit *test)
{
	unsigned int n;

	for (n = 0; n < 64; n++) {
		struct codec_test ct;
		const u8 payload[] = {
			0xe0, 0x05, (n & 7) << 5 | (n >> 3) << 1,
		};

		ct = codec_test_init(test, RTP_FANOUT_CODEC_VP9);
		codec_test_expect(test,
				  codec_test_classify(&ct, n, 1, false, false,
						      payload,
						      sizeof(payload)),
				  LAYER(n >> 3, n & 7, 0), n);
	}
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
	struct codec_test ct = codec_test_init(test, RTP_FANOUT_CODEC_VP9);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(vp9_vectors); i++) {
		const struct vp9_vector *v = &vp9_vectors[i];
		bool start = !v->did && v->flags & FIRST;
		struct rtp_layer expected = LAYER(v->did, v->tid, 0);

		if (start)
			expected.flags |= BEGIN;
		if (v->flags & FIRST && v->flags & ALONE)
			expected.flags |= SYNC;
		if (v->flags & LAST)
			expected.flags |= END;
		if (start && v->flags & (KEY | SWITCH)) {
			expected.up_from = v->flags & KEY ? 0 : v->tid;
			expected.up_to = RTP_TID_MAX;
		}
		/* of the frame nothing is read */
		codec_test_expect(test,
				  codec_test_classify(&ct, i, v->picture,
						      v->did == 2 &&
						      v->flags & LAST, false,
						      v->head,
						      min_t(u16, v->len,
							    sizeof(v->head))),
				  expected, i);
	}
}

static struct kunit_case vp9_test_cases[] = {
	KUNIT_CASE_PARAM(vp9_case_test, vp9_case_gen_params),
	KUNIT_CASE(vp9_masks_of_2_bits_for_3_bit_ids),
	KUNIT_CASE(vp9_vectors_test),
	{}
};

static struct kunit_suite vp9_test_suite = {
	.name = "rtprelay_vp9",
	.test_cases = vp9_test_cases,
};

kunit_test_suite(vp9_test_suite);
