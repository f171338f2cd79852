// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests for the RTP header check and the table of codecs.
 */
#include <kunit/test.h>
#include <linux/array_size.h>
#include <linux/module.h>
#include <linux/rtp_fanout.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "codec.h"

#define MAX_LEN		48

struct packet_case {
	const char *name;
	int ret;
	unsigned int off;	/* where the payload begins */
	unsigned int payload;	/* and its length */
	unsigned int len;
	u8 data[MAX_LEN];
};

/*
 * _first is the first byte of the header: 0x80 is version 2, 0x20 P, 0x10 X, and
 * the CSRC count is in the low bits. What comes after it differs only behind the
 * fixed header.
 */
#define CASE(_name, _ret, _off, _payload, _first, ...) {		\
	.name = _name,							\
	.ret = _ret,							\
	.off = _off,							\
	.payload = _payload,						\
	.len = RTP_HDR_LEN + sizeof((u8[]) { __VA_ARGS__ }),		\
	.data = { _first, 0xe0, 0x12, 0x34, 1, 2, 3, 4, 5, 6, 7, 8,	\
		  __VA_ARGS__ },					\
}

#define RIGHT(_name, _off, _payload, ...)	\
	CASE(_name, 0, _off, _payload, __VA_ARGS__)

#define WRONG(_name, _ret, ...)	CASE(_name, _ret, 0, 0, __VA_ARGS__)

static const struct packet_case packet_cases[] = {
	RIGHT("payload", 12, 2, 0x80, 0xaa, 0xbb),
	RIGHT("no payload", 12, 0, 0x80),
	RIGHT("one CSRC", 16, 1, 0x81, 0, 0, 0, 1, 0xaa),
	RIGHT("CSRC and no payload", 16, 0, 0x81, 0, 0, 0, 1),
	RIGHT("empty extension", 16, 1, 0x90, 0xbe, 0xde, 0, 0, 0xaa),
	RIGHT("extension", 20, 1, 0x90, 0xbe, 0xde, 0, 1, 0x10, 0, 0, 0,
	      0xaa),
	RIGHT("CSRC and extension", 24, 1, 0x91, 0, 0, 0, 1,
	      0xbe, 0xde, 0, 1, 0x10, 0, 0, 0, 0xaa),
	RIGHT("one byte of padding", 12, 1, 0xa0, 0xaa, 1),
	RIGHT("four bytes of padding", 12, 1, 0xa0, 0xaa, 0, 0, 0, 4),
	RIGHT("nothing but padding", 12, 0, 0xa0, 0, 0, 0, 4),
	RIGHT("everything", 24, 1, 0xb1, 0, 0, 0, 1,
	      0xbe, 0xde, 0, 1, 0x10, 0, 0, 0, 0xaa, 0, 2),
	WRONG("version 0", -EINVAL, 0x00, 0xaa),
	WRONG("version 1", -EINVAL, 0x40, 0xaa),
	WRONG("version 3", -EINVAL, 0xc0, 0xaa),
	{ "half a header", -EBADMSG, .len = 6, .data = { 0x80, 0xe0 } },
	WRONG("CSRC missing", -EBADMSG, 0x81),
	WRONG("CSRC cut short", -EBADMSG, 0x81, 0, 0, 0),
	WRONG("15 CSRCs announced, one there", -EBADMSG, 0x8f, 0, 0, 0, 1),
	WRONG("extension missing", -EBADMSG, 0x90),
	WRONG("extension header cut short", -EBADMSG, 0x90, 0xbe, 0xde, 0),
	WRONG("extension cut short", -EBADMSG, 0x90, 0xbe, 0xde, 0, 1,
	      0x10, 0, 0),
	WRONG("longest extension", -EBADMSG, 0x90, 0xbe, 0xde,
	      0xff, 0xff, 0x10, 0, 0, 0),
	WRONG("padding and no byte for it", -EBADMSG, 0xa0),
	WRONG("padding of 0 bytes", -EBADMSG, 0xa0, 0xaa, 0),
	WRONG("padding longer than the payload", -EBADMSG, 0xa0, 0xaa, 3),
	WRONG("padding that reaches into the extension", -EBADMSG, 0xb0,
	      0xbe, 0xde, 0, 1, 0x10, 0, 0, 0, 0xaa, 3),
};

KUNIT_ARRAY_PARAM_DESC(packet_case, packet_cases, name);

static void packet_case_test(struct kunit *test)
{
	const struct packet_case *c = test->param_value;
	struct rtp_packet pkt = {}, untouched = {};

	KUNIT_ASSERT_EQ(test, rtp_packet_parse(&pkt, c->data, c->len), c->ret);
	if (c->ret) {
		KUNIT_EXPECT_MEMEQ(test, &pkt, &untouched, sizeof(pkt));
		return;
	}
	KUNIT_EXPECT_PTR_EQ(test, pkt.payload, c->data + c->off);
	KUNIT_EXPECT_EQ(test, pkt.len, c->payload);
	KUNIT_EXPECT_EQ(test, pkt.timestamp, 0x01020304);
	KUNIT_EXPECT_EQ(test, pkt.ssrc, 0x05060708);
	KUNIT_EXPECT_EQ(test, pkt.seq, 0x1234);
	KUNIT_EXPECT_EQ(test, pkt.payload_type, 0x60);
	KUNIT_EXPECT_TRUE(test, pkt.marker);
}

/* From memory that ends where the datagram does, so that KASAN sees more. */
static void packet_truncation_test(struct kunit *test)
{
	const struct packet_case *c = test->param_value;
	unsigned int len;

	for (len = 0; len <= c->len; len++) {
		u8 *copy = kunit_kmalloc(test, len, GFP_KERNEL);
		struct rtp_packet pkt;

		KUNIT_ASSERT_NOT_NULL(test, copy);
		memcpy(copy, c->data, len);
		if (!rtp_packet_parse(&pkt, copy, len)) {
			KUNIT_EXPECT_GE(test, pkt.payload - copy, RTP_HDR_LEN);
			KUNIT_EXPECT_LE(test, pkt.payload - copy + pkt.len, len);
		} else {
			KUNIT_EXPECT_NE(test, c->ret ?: len, c->len);
		}
		kunit_kfree(test, copy);
	}
}

static void packet_accessor_test(struct kunit *test)
{
	static const u8 payload[] = { 1, 2, 3 };
	const struct rtp_packet pkt = { .payload = payload, .len = 3 };

	KUNIT_EXPECT_EQ(test, rtp_payload_u8(&pkt, 0), 1);
	KUNIT_EXPECT_EQ(test, rtp_payload_u8(&pkt, 2), 3);
	KUNIT_EXPECT_EQ(test, rtp_payload_u8(&pkt, 3), -ENODATA);
	KUNIT_EXPECT_EQ(test, rtp_payload_u8(&pkt, ~0U), -ENODATA);
	KUNIT_EXPECT_EQ(test, rtp_payload_be16(&pkt, 0), 0x0102);
	KUNIT_EXPECT_EQ(test, rtp_payload_be16(&pkt, 1), 0x0203);
	KUNIT_EXPECT_EQ(test, rtp_payload_be16(&pkt, 2), -ENODATA);
	KUNIT_EXPECT_EQ(test, rtp_payload_be16(&pkt, 3), -ENODATA);
	KUNIT_EXPECT_EQ(test, rtp_payload_be16(&pkt, ~0U), -ENODATA);
}

/* Elements of both forms of RFC 8285, in what is behind the fixed header and
 * the extension's own four bytes.
 */
struct extension_case {
	const char *name;
	u16 profile;
	u8 id;
	int len;	/* -1: not found */
	u8 first;	/* byte of what is found */
	unsigned int size;
	u8 data[12];
};

#define EXTENSION(_name, _profile, _id, _len, _first, ...) {	\
	.name = _name,						\
	.profile = _profile,					\
	.id = _id,						\
	.len = _len,						\
	.first = _first,					\
	.size = sizeof((u8[]) { __VA_ARGS__ }),			\
	.data = { __VA_ARGS__ },				\
}

static const struct extension_case extension_cases[] = {
	EXTENSION("one byte header", 0xbede, 3, 2, 7, 0x31, 7, 8, 0),
	EXTENSION("one byte header, second", 0xbede, 4, 1, 9,
		  0x31, 7, 8, 0x40, 9, 0, 0, 0),
	EXTENSION("one byte header, behind padding", 0xbede, 4, 1, 9,
		  0, 0, 0x40, 9),
	EXTENSION("one byte header, none", 0xbede, 5, -1, 0, 0x31, 7, 8, 0),
	EXTENSION("one byte header, past the end", 0xbede, 3, -1, 0,
		  0x33, 7, 8, 9),
	EXTENSION("one byte header, another past the end", 0xbede, 4, -1, 0,
		  0x3f, 7, 0x40, 9),
	EXTENSION("one byte header, 15 ends all", 0xbede, 4, -1, 0,
		  0xf0, 1, 0x40, 9),
	EXTENSION("one byte header, 0 with a length ends all", 0xbede, 4, -1, 0,
		  0x01, 1, 0x40, 9),
	EXTENSION("two byte header", 0x1000, 200, 3, 7, 200, 3, 7, 8, 9, 0, 0, 0),
	EXTENSION("two byte header, application bits", 0x100f, 1, 1, 7,
		  1, 1, 7, 0),
	EXTENSION("two byte header, empty element", 0x1000, 1, 0, 0, 2, 0, 1, 0),
	EXTENSION("two byte header, second", 0x1000, 2, 2, 5,
		  1, 1, 7, 2, 2, 5, 6, 0),
	EXTENSION("two byte header, past the end", 0x1000, 1, -1, 0, 1, 3, 7, 8),
	EXTENSION("two byte header, cut", 0x1000, 1, -1, 0, 0, 0, 0, 1),
	EXTENSION("another profile", 0x1234, 3, -1, 0, 0x31, 7, 8, 0),
};

KUNIT_ARRAY_PARAM_DESC(extension_case, extension_cases, name);

static void extension_test(struct kunit *test)
{
	const struct extension_case *c = test->param_value;
	const u8 *found;
	struct rtp_packet pkt;
	unsigned int len = 99;
	u8 *data;

	/* Memory that ends where the datagram does. */
	data = kunit_kzalloc(test, RTP_HDR_LEN + 4 + c->size, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, data);
	data[0] = 0x90;
	put_unaligned_be16(c->profile, data + RTP_HDR_LEN);
	put_unaligned_be16(c->size / 4, data + RTP_HDR_LEN + 2);
	memcpy(data + RTP_HDR_LEN + 4, c->data, c->size);

	KUNIT_ASSERT_EQ(test, c->size % 4, 0);
	KUNIT_ASSERT_EQ(test,
			rtp_packet_parse(&pkt, data, RTP_HDR_LEN + 4 + c->size),
			0);
	KUNIT_EXPECT_EQ(test, pkt.len, 0);

	found = rtp_packet_extension(&pkt, c->id, &len);
	if (c->len < 0) {
		KUNIT_EXPECT_NULL(test, found);
		return;
	}
	KUNIT_ASSERT_NOT_NULL(test, found);
	KUNIT_EXPECT_EQ(test, len, c->len);
	if (c->len)
		KUNIT_EXPECT_EQ(test, *found, c->first);
}

static void extension_none_test(struct kunit *test)
{
	static const u8 data[RTP_HDR_LEN] = { 0x80 };
	struct rtp_packet pkt;
	unsigned int len;

	KUNIT_ASSERT_EQ(test, rtp_packet_parse(&pkt, data, sizeof(data)), 0);
	KUNIT_EXPECT_EQ(test, pkt.ext_len, 0);
	KUNIT_EXPECT_NULL(test, rtp_packet_extension(&pkt, 1, &len));
}

static void codec_find_test(struct kunit *test)
{
	unsigned int codec;

	KUNIT_EXPECT_NULL(test, rtp_codec_find(RTP_FANOUT_CODEC_NONE));
	for (codec = RTP_FANOUT_CODEC_OPAQUE; codec <= RTP_FANOUT_CODEC_AV1;
	     codec++)
		KUNIT_EXPECT_NOT_NULL(test, rtp_codec_find(codec));
	for (; codec <= U8_MAX; codec++)
		KUNIT_EXPECT_NULL(test, rtp_codec_find(codec));
	KUNIT_ASSERT_NOT_NULL(test, rtp_codec_find(RTP_FANOUT_CODEC_OPAQUE));
	KUNIT_ASSERT_NOT_NULL(test, rtp_codec_find(RTP_FANOUT_CODEC_H264));
	KUNIT_EXPECT_STREQ(test, "opaque",
			   rtp_codec_find(RTP_FANOUT_CODEC_OPAQUE)->name);
	KUNIT_EXPECT_STREQ(test, "H.264",
			   rtp_codec_find(RTP_FANOUT_CODEC_H264)->name);
}

/* What would be the highest layer of H.264 is of no layer here. */
static void codec_opaque_test(struct kunit *test)
{
	static const u8 payload[] = { 0x74, 0x80, 0xff, 0xff };
	const struct rtp_packet pkt = { .payload = payload, .len = 4 };
	struct rtp_layer layer = { 1, 1, 1, 1, 1, 0xff };
	struct rtp_codec_state state = {};

	rtp_codec_find(RTP_FANOUT_CODEC_OPAQUE)->classify(&state, &pkt, false,
							  &layer);
	KUNIT_EXPECT_EQ(test, layer.did, 0);
	KUNIT_EXPECT_EQ(test, layer.qid, 0);
	KUNIT_EXPECT_EQ(test, layer.tid, 0);
	/* A destination can come and go anywhere. */
	KUNIT_EXPECT_EQ(test, layer.up_from, 0);
	KUNIT_EXPECT_EQ(test, layer.up_to, RTP_TID_MAX);
	KUNIT_EXPECT_EQ(test, layer.flags,
			RTP_LAYER_START | RTP_LAYER_SYNC | RTP_LAYER_DOWN);
}

/* Not beside a payload type that has layers, before and after a restart. */
static void codec_opaque_beside_test(struct kunit *test)
{
	struct rtp_fanout_config config = {
		.codec[96] = RTP_FANOUT_CODEC_OPAQUE,
		.codec[97] = RTP_FANOUT_CODEC_VP8,
		.dependency_id = 5,
	};
	const struct rtp_packet pkt = {};
	struct rtp_codec_state state = {};
	struct rtp_layer layer;
	unsigned int i;

	rtp_codec_init(&state, &config);
	for (i = 0; i < 2; i++) {
		rtp_codec_find(RTP_FANOUT_CODEC_OPAQUE)->classify(&state, &pkt,
								  false, &layer);
		KUNIT_EXPECT_EQ(test, layer.up_to, 0);
		KUNIT_EXPECT_EQ(test, layer.flags, 0);
		KUNIT_EXPECT_EQ(test, state.dependency_id, 5);
		rtp_codec_reset(&state);
	}

	state = (struct rtp_codec_state){};
	config.codec[97] = RTP_FANOUT_CODEC_NONE;
	rtp_codec_init(&state, &config);
	rtp_codec_find(RTP_FANOUT_CODEC_OPAQUE)->classify(&state, &pkt, false,
							  &layer);
	KUNIT_EXPECT_EQ(test, layer.up_to, RTP_TID_MAX);
}

static struct kunit_case packet_test_cases[] = {
	KUNIT_CASE_PARAM(packet_case_test, packet_case_gen_params),
	KUNIT_CASE_PARAM(packet_truncation_test, packet_case_gen_params),
	KUNIT_CASE(packet_accessor_test),
	KUNIT_CASE_PARAM(extension_test, extension_case_gen_params),
	KUNIT_CASE(extension_none_test),
	KUNIT_CASE(codec_find_test),
	KUNIT_CASE(codec_opaque_test),
	KUNIT_CASE(codec_opaque_beside_test),
	{}
};

static struct kunit_suite packet_test_suite = {
	.name = "rtprelay_packet",
	.test_cases = packet_test_cases,
};

kunit_test_suite(packet_test_suite);

MODULE_DESCRIPTION("KUnit tests for RTP fan-out sockets");
MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
MODULE_LICENSE("GPL");
