// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests for the layers that the H.264 codec tells.
 *
 * All of it was built by hand from RFC 6184 and RFC 6190: aggregation and
 * fragmentation as they ask for, and what no encoder at hand makes (QID above
 * 0, PACSI, multiview). Streams from an encoder are in h264_switch_test.c.
 */
#include <kunit/test.h>
#include <linux/array_size.h>
#include <linux/string.h>
#include <linux/types.h>
#include <linux/rtp_fanout.h>

#include "codec.h"

#define LAYER(d, q, t)	((struct rtp_layer) { .did = d, .qid = q, .tid = t })
#define BASE		LAYER(0, 0, 0)
#define LOST		LAYER(RTP_DID_MAX, RTP_QID_MAX, RTP_TID_MAX)

#define MAX_PAYLOAD	72
#define MAX_STEPS	8

/* One datagram and where it must be found to belong. */
struct h264_step {
	u16 seq;
	struct rtp_layer layer;
	u32 timestamp;
	unsigned int len;
	u8 payload[MAX_PAYLOAD];
};

/* Datagrams in the order of their arrival at a codec without a history. */
struct h264_case {
	const char *name;
	struct h264_step steps[MAX_STEPS];
};

#define AT(_timestamp, _seq, _layer, ...) {		\
	.timestamp = _timestamp,			\
	.seq = _seq,					\
	.layer = _layer,				\
	.len = sizeof((u8[]) { __VA_ARGS__ }),		\
	.payload = { __VA_ARGS__ },			\
}

#define STEP(_seq, _layer, ...)	AT(0, _seq, _layer, __VA_ARGS__)

/*
 * The bytes of a slice extension of D2 Q3 T5, say, are 0x74 (NRI 3, type 20),
 * 0x80 (R), 0x23 (DID 2, QID 3; 0xa3 with N), 0xa7 (TID 5, RR 3).
 */
static const struct h264_case h264_cases[] = {
	/* single NAL unit packets */
	{ "type 0", { STEP(1, BASE, 0x60, 0x80, 0x92, 0x47) } },
	{ "slice without a prefix", { STEP(1, BASE, 0x61, 0x80, 0x92, 0x47) } },
	{ "data partition A", { STEP(1, BASE, 0x62, 0x80, 0x92, 0x47) } },
	{ "data partition B", { STEP(1, BASE, 0x63, 0x80, 0x92, 0x47) } },
	{ "data partition C", { STEP(1, BASE, 0x64, 0x80, 0x92, 0x47) } },
	{ "IDR slice", { STEP(1, BASE, 0x65, 0x80, 0x92, 0x47) } },
	{ "SEI", { STEP(1, BASE, 0x06, 0x80, 0x92, 0x47) } },
	{ "SPS", { STEP(1, BASE, 0x67, 0x80, 0x92, 0x47) } },
	{ "PPS", { STEP(1, BASE, 0x68, 0x80, 0x92, 0x47) } },
	{ "access unit delimiter", { STEP(1, BASE, 0x09, 0xf0) } },
	{ "end of sequence", { STEP(1, BASE, 0x0a) } },
	{ "end of stream", { STEP(1, BASE, 0x0b) } },
	{ "filler data", { STEP(1, BASE, 0x0c, 0xff, 0xff, 0xff) } },
	{ "SPS extension", { STEP(1, BASE, 0x6d, 0x80, 0x92, 0x47) } },
	{ "prefix", { STEP(1, LAYER(0, 0, 2), 0x6e, 0x80, 0x80, 0x47) } },
	{ "subset SPS", { STEP(1, BASE, 0x6f, 0x80, 0x92, 0x47) } },
	{ "reserved type 16", { STEP(1, BASE, 0x70, 0x80, 0x92, 0x47) } },
	{ "reserved type 17", { STEP(1, BASE, 0x71, 0x80, 0x92, 0x47) } },
	{ "reserved type 18", { STEP(1, BASE, 0x72, 0x80, 0x92, 0x47) } },
	{ "auxiliary slice", { STEP(1, BASE, 0x73, 0x80, 0x92, 0x47) } },
	{ "slice extension", { STEP(1, LAYER(2, 3, 5), 0x74, 0x80, 0xa3, 0xa7) } },
	{ "slice extension with inter-layer prediction",
	  { STEP(1, LAYER(2, 3, 5), 0x74, 0x80, 0x23, 0xa7) } },
	{ "slice extension, I and PRID set",
	  { STEP(1, LAYER(1, 0, 0), 0x74, 0xff, 0x90, 0x07) } },
	{ "slice extension, forbidden bit and NRI do not matter",
	  { STEP(1, LAYER(1, 0, 2), 0xf4, 0x80, 0x90, 0x5f) } },
	{ "3D slice extension", { STEP(1, BASE, 0x75, 0x80, 0x92, 0x47) } },
	{ "reserved type 22", { STEP(1, BASE, 0x76, 0x80, 0x92, 0x47) } },
	{ "reserved type 23", { STEP(1, BASE, 0x77, 0x80, 0x92, 0x47) } },
	{ "multiview prefix", { STEP(1, BASE, 0x6e, 0x40, 0x92, 0x47),
				STEP(2, BASE, 0x61, 0x9a) } },
	{ "multiview slice extension", { STEP(1, BASE, 0x74, 0x40, 0x92, 0x47) } },
	{ "multiview PACSI", { STEP(1, BASE, 0x7e, 0x40, 0x92, 0x47) } },
	{ "nothing but padding", { { .seq = 1, .layer = BASE },
				   STEP(2, LAYER(1, 0, 0), 0x74, 0x80, 0x90, 0x07) } },
	{ "prefix cut short", { STEP(1, BASE, 0x6e, 0x80, 0x80),
				STEP(2, BASE, 0x61, 0x9a) } },
	{ "slice extension cut short", { STEP(1, BASE, 0x74, 0x80, 0x92) } },
	{ "PACSI cut short", { STEP(1, BASE, 0x7e, 0x80, 0x92) } },

	/* a prefix and what it is bound to */
	{ "slice after its prefix", {
		STEP(1, LAYER(0, 0, 2), 0x0e, 0x80, 0x80, 0x47),
		STEP(2, LAYER(0, 0, 2), 0x01, 0x9a),
		STEP(3, BASE, 0x01, 0x9a) } },
	{ "IDR slice after a prefix", {
		STEP(1, LAYER(0, 0, 1), 0x6e, 0x80, 0x80, 0x27),
		STEP(2, LAYER(0, 0, 1), 0x65, 0x88) } },
	{ "prefix and slice on both sides of the wrap", {
		STEP(65535, LAYER(0, 0, 7), 0x0e, 0x80, 0x80, 0xe7),
		STEP(0, LAYER(0, 0, 7), 0x01, 0x9a) } },
	{ "the same number, once around later", {
		STEP(1, LAYER(0, 0, 2), 0x0e, 0x80, 0x80, 0x47),
		STEP(2, LAYER(0, 0, 2), 0x01, 0x9a),
		STEP(2, BASE, 0x01, 0x9a) } },
	{ "prefix with the previous timestamp, as ffmpeg sends it", {
		AT(3600, 1, LAYER(0, 0, 2), 0x0e, 0x80, 0x80, 0x47),
		AT(7200, 2, LAYER(0, 0, 2), 0x01, 0x9a) } },
	{ "prefix lost", {
		STEP(1, LAYER(0, 0, 2), 0x0e, 0x80, 0x80, 0x47),
		STEP(2, LAYER(0, 0, 2), 0x01, 0x9a),
		STEP(4, BASE, 0x01, 0x9a) } },
	{ "slice lost", {
		STEP(1, LAYER(0, 0, 2), 0x0e, 0x80, 0x80, 0x47),
		STEP(3, BASE, 0x01, 0x9a) } },
	{ "slice ahead of its prefix", {
		STEP(2, BASE, 0x01, 0x9a),
		STEP(1, LAYER(0, 0, 2), 0x0e, 0x80, 0x80, 0x47) } },
	{ "late datagram between prefix and slice", {
		STEP(8, LAYER(0, 0, 2), 0x0e, 0x80, 0x80, 0x47),
		STEP(5, LAYER(1, 0, 1), 0x74, 0x80, 0x90, 0x27),
		STEP(9, LAYER(0, 0, 2), 0x01, 0x9a) } },
	{ "prefix bound to nothing but the unit after it", {
		STEP(1, LAYER(0, 0, 2), 0x0e, 0x80, 0x80, 0x47),
		STEP(2, BASE, 0x06, 0x05),
		STEP(3, BASE, 0x01, 0x9a) } },
	{ "prefix does not change a slice extension", {
		STEP(1, LAYER(0, 0, 2), 0x0e, 0x80, 0x80, 0x47),
		STEP(2, LAYER(1, 0, 1), 0x74, 0x80, 0x90, 0x27) } },
	{ "prefix and fragmented slice", {
		STEP(1, LAYER(0, 0, 2), 0x0e, 0x80, 0x80, 0x47),
		STEP(2, LAYER(0, 0, 2), 0x1c, 0x81, 0x9a),
		STEP(3, LAYER(0, 0, 2), 0x1c, 0x01, 0x00),
		STEP(4, LAYER(0, 0, 2), 0x1c, 0x41, 0x00),
		STEP(5, BASE, 0x01, 0x9a) } },
	{ "PACSI, alone", { STEP(1, LAYER(1, 2, 3), 0x7e, 0x80, 0x92, 0x67, 0x00) } },
	{ "slice after a PACSI", {
		STEP(1, LAYER(0, 0, 3), 0x7e, 0x80, 0x80, 0x67, 0x00),
		STEP(2, LAYER(0, 0, 3), 0x61, 0x9a),
		STEP(3, BASE, 0x61, 0x9a) } },
	{ "PACSI, prefix and slice", {
		STEP(1, LAYER(0, 0, 3), 0x7e, 0x80, 0x80, 0x67, 0x00),
		STEP(2, LAYER(0, 0, 2), 0x6e, 0x80, 0x80, 0x47),
		STEP(3, LAYER(0, 0, 2), 0x61, 0x9a) } },

	/* aggregation packets */
	{ "STAP-A of parameter sets", {
		STEP(1, BASE, 0x78, 0, 2, 0x67, 0x42, 0, 2, 0x68, 0xce) } },
	{ "STAP-A of D1 and D2", {
		STEP(1, LAYER(1, 0, 2), 0x78, 0, 4, 0x74, 0x80, 0x90, 0x47,
		     0, 4, 0x74, 0x80, 0xa0, 0x47) } },
	{ "STAP-A of D2 and D1", {
		STEP(1, LAYER(1, 0, 2), 0x78, 0, 4, 0x74, 0x80, 0xa0, 0x47,
		     0, 4, 0x74, 0x80, 0x90, 0x47) } },
	{ "STAP-A of D1 Q1 and D2 Q0", {
		STEP(1, LAYER(1, 1, 0), 0x78, 0, 4, 0x74, 0x80, 0x11, 0x07,
		     0, 4, 0x74, 0x80, 0x20, 0x07) } },
	{ "STAP-A of SEI and D2", {
		STEP(1, BASE, 0x78, 0, 2, 0x06, 0x05,
		     0, 4, 0x74, 0x80, 0xa0, 0x47) } },
	{ "STAP-A of prefix, slice and D1", {
		STEP(1, LAYER(0, 0, 2), 0x78, 0, 4, 0x0e, 0x80, 0x80, 0x47,
		     0, 2, 0x01, 0x9a, 0, 4, 0x14, 0x80, 0x90, 0x47) } },
	{ "STAP-A of PACSI and D1", {
		STEP(1, LAYER(1, 0, 2), 0x78, 0, 5, 0x7e, 0x80, 0x90, 0x47, 0x00,
		     0, 4, 0x14, 0x80, 0x90, 0x47) } },
	{ "STAP-A of two slices, one without a prefix", {
		STEP(1, BASE, 0x78, 0, 4, 0x0e, 0x80, 0x80, 0x47,
		     0, 2, 0x01, 0x9a, 0, 2, 0x01, 0x9a) } },
	{ "STAP-A that ends in a prefix", {
		STEP(1, BASE, 0x78, 0, 2, 0x67, 0x42, 0, 4, 0x0e, 0x80, 0x80, 0x47),
		STEP(2, LAYER(0, 0, 2), 0x1c, 0x81, 0x9a) } },
	{ "prefix before a STAP-A", {
		STEP(1, LAYER(0, 0, 2), 0x0e, 0x80, 0x80, 0x47),
		STEP(2, LAYER(0, 0, 2), 0x78, 0, 2, 0x01, 0x9a,
		     0, 4, 0x14, 0x80, 0x90, 0x47) } },
	{ "STAP-A without a unit", { STEP(1, BASE, 0x78) } },
	{ "STAP-A, half a size", { STEP(1, BASE, 0x78, 0) } },
	{ "STAP-A, a size and no unit", { STEP(1, BASE, 0x78, 0, 4) } },
	{ "STAP-A, a unit of 0 bytes", {
		STEP(1, BASE, 0x78, 0, 0, 0, 4, 0x74, 0x80, 0x90, 0x47) } },
	{ "STAP-A, a unit of 0 bytes at the end", {
		STEP(1, BASE, 0x78, 0, 4, 0x74, 0x80, 0x90, 0x47, 0, 0) } },
	{ "STAP-A, a unit longer than the rest", {
		STEP(1, BASE, 0x78, 0, 4, 0x74, 0x80, 0x90, 0x47,
		     0, 5, 0x74, 0x80, 0x90, 0x47) } },
	{ "STAP-A, the longest size", {
		STEP(1, BASE, 0x78, 0xff, 0xff, 0x74, 0x80, 0x90, 0x47) } },
	{ "STAP-A, a byte left over", {
		STEP(1, BASE, 0x78, 0, 4, 0x74, 0x80, 0x90, 0x47, 0) } },
	{ "STAP-A, a unit too short for its extension", {
		STEP(1, BASE, 0x78, 0, 3, 0x74, 0x80, 0x90,
		     0, 4, 0x74, 0x80, 0x90, 0x47) } },
	{ "STAP-A, a broken end does not announce", {
		STEP(1, BASE, 0x78, 0, 4, 0x0e, 0x80, 0x80, 0x47, 0),
		STEP(2, BASE, 0x01, 0x9a) } },
	{ "STAP-B", { STEP(1, BASE, 0x79, 0, 1, 0, 4, 0x74, 0x80, 0x90, 0x47) } },
	{ "MTAP16", { STEP(1, BASE, 0x7a, 0, 1, 0, 4, 0, 0, 0, 0x74, 0x80, 0x90, 0x47) } },
	{ "MTAP24", { STEP(1, BASE, 0x7b, 0, 1, 0, 4, 0, 0, 0, 0, 0x74, 0x80, 0x90, 0x47) } },
	{ "NI-MTAP", { STEP(1, BASE, 0x7f, 0x10, 0, 4, 0, 0, 0x74, 0x80, 0x90, 0x47) } },
	{ "empty NAL unit", { STEP(1, BASE, 0x7f, 0x08, 0x92, 0x47) } },

	/* fragmentation units */
	{ "fragments have the layer of the first", {
		STEP(1, LAYER(1, 0, 2), 0x1c, 0x94, 0x80, 0x90, 0x47),
		STEP(2, LAYER(1, 0, 2), 0x1c, 0x14, 0x80, 0xa0, 0x07),
		STEP(3, LAYER(1, 0, 2), 0x1c, 0x54, 0x00) } },
	{ "fragments on both sides of the wrap", {
		STEP(65534, LAYER(2, 0, 1), 0x7c, 0x94, 0x80, 0xa0, 0x27),
		STEP(65535, LAYER(2, 0, 1), 0x7c, 0x14, 0x00),
		STEP(0, LAYER(2, 0, 1), 0x7c, 0x14, 0x00),
		STEP(1, LAYER(2, 0, 1), 0x7c, 0x54, 0x00) } },
	{ "fragments of a stream that is not known", {
		STEP(1, LOST, 0x7c, 0x14, 0x00),
		STEP(2, LOST, 0x7c, 0x54, 0x00) } },
	{ "first fragment lost", {
		STEP(1, LAYER(1, 0, 0), 0x7c, 0x94, 0x80, 0x90, 0x07),
		STEP(2, LAYER(1, 0, 0), 0x7c, 0x54, 0x00),
		STEP(4, LOST, 0x7c, 0x14, 0x00),
		STEP(5, LOST, 0x7c, 0x54, 0x00) } },
	{ "one fragment lost", {
		STEP(1, LAYER(1, 0, 0), 0x7c, 0x94, 0x80, 0x90, 0x07),
		STEP(3, LAYER(1, 0, 0), 0x7c, 0x14, 0x00),
		STEP(4, LAYER(1, 0, 0), 0x7c, 0x54, 0x00) } },
	{ "two lost, maybe an end and a start", {
		STEP(1, LAYER(1, 0, 0), 0x7c, 0x94, 0x80, 0x90, 0x07),
		STEP(4, LOST, 0x7c, 0x14, 0x00),
		STEP(5, LOST, 0x7c, 0x54, 0x00) } },
	{ "fragments in the wrong order", {
		STEP(1, LAYER(1, 0, 0), 0x7c, 0x94, 0x80, 0x90, 0x07),
		STEP(3, LAYER(1, 0, 0), 0x7c, 0x14, 0x00),
		STEP(2, LAYER(1, 0, 0), 0x7c, 0x14, 0x00),
		STEP(5, LAYER(1, 0, 0), 0x7c, 0x54, 0x00),
		STEP(4, LAYER(1, 0, 0), 0x7c, 0x14, 0x00) } },
	{ "first fragment late", {
		STEP(2, LOST, 0x7c, 0x14, 0x00),
		STEP(1, LAYER(1, 0, 0), 0x7c, 0x94, 0x80, 0x90, 0x07),
		STEP(3, LOST, 0x7c, 0x54, 0x00) } },
	{ "late fragment of an earlier unit", {
		STEP(9, LAYER(2, 0, 0), 0x7c, 0x94, 0x80, 0xa0, 0x07),
		STEP(8, LOST, 0x7c, 0x54, 0x00),
		STEP(10, LAYER(2, 0, 0), 0x7c, 0x54, 0x00) } },
	{ "late fragments of the units before", {
		STEP(1, LAYER(1, 0, 0), 0x7c, 0x94, 0x80, 0x90, 0x07),
		STEP(4, LAYER(2, 0, 0), 0x7c, 0x94, 0x80, 0xa0, 0x07),
		STEP(6, LAYER(2, 0, 0), 0x7c, 0x54, 0x00),
		STEP(5, LAYER(2, 0, 0), 0x7c, 0x14, 0x00),
		STEP(3, LAYER(1, 0, 0), 0x7c, 0x54, 0x00) } },
	{ "fragment after the end", {
		STEP(1, LAYER(1, 0, 0), 0x7c, 0x94, 0x80, 0x90, 0x07),
		STEP(2, LAYER(1, 0, 0), 0x7c, 0x54, 0x00),
		STEP(3, LOST, 0x7c, 0x14, 0x00) } },
	{ "fragment of another type", {
		STEP(1, LAYER(1, 0, 0), 0x7c, 0x94, 0x80, 0x90, 0x07),
		STEP(2, LOST, 0x7c, 0x01, 0x00) } },
	{ "fragment of another access unit", {
		AT(3600, 1, LAYER(1, 0, 0), 0x7c, 0x94, 0x80, 0x90, 0x07),
		AT(7200, 2, LOST, 0x7c, 0x14, 0x00) } },
	{ "start and end in one", {
		STEP(1, LAYER(1, 0, 0), 0x7c, 0xd4, 0x80, 0x90, 0x07),
		STEP(2, LOST, 0x7c, 0x14, 0x00) } },
	{ "fragmented SPS", { STEP(1, BASE, 0x7c, 0x87, 0x42),
			      STEP(2, BASE, 0x7c, 0x47, 0x00) } },
	{ "fragmented multiview", { STEP(1, BASE, 0x7c, 0x94, 0x00, 0x90, 0x07),
				    STEP(2, BASE, 0x7c, 0x54, 0x00) } },
	{ "first fragment without its extension", {
		STEP(1, BASE, 0x7c, 0x94, 0x80, 0x90),
		STEP(2, BASE, 0x7c, 0x54, 0x00) } },
	{ "FU-A without its header", { STEP(1, BASE, 0x7c) } },
	{ "FU-B and what follows it are kept", {
		STEP(1, BASE, 0x7d, 0x94, 0x80, 0x90, 0x80, 0x90, 0x07),
		STEP(2, BASE, 0x7c, 0x14, 0x00),
		STEP(3, BASE, 0x7c, 0x54, 0x00) } },
	{ "fragment does not use up what a prefix announced", {
		STEP(3, LAYER(0, 0, 2), 0x0e, 0x80, 0x80, 0x47),
		STEP(1, LOST, 0x7c, 0x14, 0x00),
		STEP(4, LAYER(0, 0, 2), 0x01, 0x9a) } },
};

KUNIT_ARRAY_PARAM_DESC(h264_case, h264_cases, name);

static const struct rtp_codec_ops *h264(void)
{
	return rtp_codec_find(RTP_FANOUT_CODEC_H264);
}

/*
 * Classify from memory that ends where the payload does, so that KASAN sees a
 * byte too many, and with a result that is not zero beforehand.
 */
static struct rtp_layer classify(struct kunit *test,
				 struct rtp_codec_state *state, u16 seq,
				 u32 timestamp, bool late, const u8 *payload,
				 unsigned int len)
{
	u8 *copy = kunit_kmalloc(test, len, GFP_KERNEL);
	struct rtp_packet pkt = {
		.payload	= copy,
		.len		= len,
		.seq		= seq,
		.timestamp	= timestamp,
	};
	struct rtp_layer layer;

	KUNIT_ASSERT_NOT_NULL(test, copy);
	memcpy(copy, payload, len);
	memset(&layer, 0xff, sizeof(layer));
	h264()->classify(state, &pkt, late, &layer);
	kunit_kfree(test, copy);
	return layer;
}

static void expect_layer(struct kunit *test, struct rtp_layer layer,
			 struct rtp_layer expected, u16 seq)
{
	KUNIT_EXPECT_EQ_MSG(test, layer.did, expected.did, "DID of %u", seq);
	KUNIT_EXPECT_EQ_MSG(test, layer.qid, expected.qid, "QID of %u", seq);
	KUNIT_EXPECT_EQ_MSG(test, layer.tid, expected.tid, "TID of %u", seq);
}

static void h264_case_test(struct kunit *test)
{
	const struct h264_case *c = test->param_value;
	struct rtp_codec_state state = {};
	u16 newest = c->steps[0].seq;
	unsigned int i;

	for (i = 0; i < MAX_STEPS && c->steps[i].seq + c->steps[i].len; i++) {
		const struct h264_step *step = &c->steps[i];
		bool late = (s16)(step->seq - newest) < 0;

		expect_layer(test,
			     classify(test, &state, step->seq, step->timestamp,
				      late, step->payload, step->len),
			     step->layer, step->seq);
		if (!late)
			newest = step->seq;
	}
}

/* Whatever is cut off: no byte beyond the end, no layer that there cannot be. */
static void h264_truncation_test(struct kunit *test)
{
	const struct h264_case *c = test->param_value;
	struct rtp_codec_state state = {};
	unsigned int i, len;

	for (i = 0; i < MAX_STEPS; i++) {
		const struct h264_step *step = &c->steps[i];

		for (len = 0; len <= step->len; len++) {
			struct rtp_layer layer;

			layer = classify(test, &state, step->seq,
					 step->timestamp, false, step->payload,
					 len);
			KUNIT_EXPECT_LE(test, layer.did, RTP_DID_MAX);
			KUNIT_EXPECT_LE(test, layer.qid, RTP_QID_MAX);
			KUNIT_EXPECT_LE(test, layer.tid, RTP_TID_MAX);
		}
	}
}

/* As many units as are looked at, and one more. */
static void h264_stap_a_limit_test(struct kunit *test)
{
	static const u8 prefix[] = { 0, 4, 0x0e, 0x80, 0x80, 0x47 };
	static const u8 slice[] = { 0x01, 0x9a };
	unsigned int units;

	for (units = 15; units <= 17; units++) {
		struct rtp_layer expected = units <= 16 ? LAYER(0, 0, 2) : BASE;
		u8 payload[1 + 17 * sizeof(prefix)] = { 0x78 };
		struct rtp_codec_state state = {};
		unsigned int i, len = 1;

		for (i = 0; i < units; i++, len += sizeof(prefix))
			memcpy(payload + len, prefix, sizeof(prefix));
		expect_layer(test,
			     classify(test, &state, 1, 0, false, payload,
				      len),
			     expected, 1);
		expect_layer(test,
			     classify(test, &state, 2, 0, false, slice,
				      sizeof(slice)),
			     expected, 2);
	}
}

/* DID and TID have three bits and QID four, in all that carry them. */
static void h264_every_layer_test(struct kunit *test)
{
	static const u8 types[] = { 14, 20, 30 };
	unsigned int n;

	for (n = 0; n < ARRAY_SIZE(types) << 10; n++) {
		u8 type = types[n >> 10];
		u8 did = n >> 7 & 7, qid = n >> 3 & 15, tid = n & 7;
		const u8 unit[] = { type, 0x80, did << 4 | qid, tid << 5 };
		const u8 start[] = {
			0x1c, 0x80 | type, 0x80, did << 4 | qid, tid << 5,
		};
		struct rtp_codec_state state = {};

		expect_layer(test,
			     classify(test, &state, 1, 0, false, unit,
				      sizeof(unit)),
			     LAYER(did, qid, tid), 1);
		expect_layer(test,
			     classify(test, &state, 2, 0, false, start,
				      sizeof(start)),
			     LAYER(did, qid, tid), 2);
	}
}

static void h264_kept_test(struct kunit *test)
{
	static const struct {
		struct rtp_layer layer;
		struct rtp_cap cap;
		bool kept;
	} rows[] = {
		{ { 0, 0, 0 }, { 0, 0, 0 }, true },
		{ { 1, 0, 0 }, { 0, 0, 0 }, false },
		{ { 1, 0, 0 }, { 1, 0, 0 }, true },
		/* all of the quality layers of D0 are below D1 */
		{ { 0, 15, 0 }, { 1, 0, 0 }, true },
		{ { 0, 1, 0 }, { 0, 0, 7 }, false },
		{ { 1, 1, 0 }, { 1, 0, 7 }, false },
		{ { 1, 15, 0 }, { 2, 0, 0 }, true },
		{ { 0, 0, 1 }, { 7, 15, 0 }, false },
		{ { 0, 0, 1 }, { 0, 0, 1 }, true },
		{ { 4, 0, 4 }, { 3, 15, 7 }, false },
		{ { 4, 0, 4 }, { 4, 0, 3 }, false },
		{ { 4, 0, 4 }, { 4, 0, 4 }, true },
		/* the lost: only where there is no cap */
		{ { 7, 15, 7 }, { 7, 15, 7 }, true },
		{ { 7, 15, 7 }, { 7, 15, 6 }, false },
		{ { 7, 15, 7 }, { 7, 14, 7 }, false },
		{ { 7, 15, 7 }, { 6, 15, 7 }, false },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		KUNIT_EXPECT_EQ_MSG(test,
				    rtp_layer_kept(&rows[i].layer, &rows[i].cap),
				    rows[i].kept, "row %u", i);
}

static struct kunit_case h264_test_cases[] = {
	KUNIT_CASE_PARAM(h264_case_test, h264_case_gen_params),
	KUNIT_CASE_PARAM(h264_truncation_test, h264_case_gen_params),
	KUNIT_CASE(h264_stap_a_limit_test),
	KUNIT_CASE(h264_every_layer_test),
	KUNIT_CASE(h264_kept_test),
	{}
};

static struct kunit_suite h264_test_suite = {
	.name = "rtprelay_h264",
	.test_cases = h264_test_cases,
};

kunit_test_suite(h264_test_suite);
