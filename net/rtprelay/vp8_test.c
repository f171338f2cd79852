// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests for the VP8 codec.
 *
 * vp8_vectors.h is from an encoder and a packetiser. What is in the table was
 * built by hand from RFC 7741.
 */
#include "codec_test.h"
#include "vp8_vectors.h"

#define KEY	SAYS(.up_to = 7, .flags = START | SYNC)

/* A frame that begins with 0x00, say, is a key frame, with 0x01 it is not. */
static const struct codec_case vp8_cases[] = {
	{ "without the extension", {
		STEP(0, 1, 0, KEY, 0x10, 0x00),
		STEP(0, 2, 1, SAYS(0), 0x00, 0x00),
		STEP(9, 3, 1, SAYS(.flags = START), 0x10, 0x01) } },
	{ "only the first packet of the first partition begins a frame", {
		STEP(0, 1, 0, KEY, 0x10, 0x00),
		STEP(0, 2, 0, SAYS(0), 0x11, 0x00),
		STEP(0, 3, 0, SAYS(0), 0x17, 0x00),
		STEP(0, 4, 1, SAYS(0), 0x01, 0x00) } },
	{ "an extension without fields", { STEP(0, 1, 1, KEY, 0x90, 0x00, 0x00) } },
	{ "PictureID", {
		STEP(0, 1, 1, KEY, 0x90, 0x80, 0x01, 0x00),
		STEP(1, 2, 1, KEY, 0x90, 0x80, 0x81, 0x01, 0x00),
		STEP(2, 3, 1, SAYS(.flags = START), 0x90, 0x80, 0x80, 0x00, 0x01) } },
	{ "TL0PICIDX", { STEP(0, 1, 1, KEY, 0x90, 0x40, 0x01, 0x00) } },
	{ "KEYIDX without TID", { STEP(0, 1, 1, SAYS(.flags = START), 0x90, 0x10, 0xe4, 0x01) } },
	{ "TID", {
		STEP(0, 1, 1, SAYS(.flags = START), 0x90, 0x20, 0x00, 0x01),
		STEP(1, 2, 1, SAYS(.tid = 1, .flags = START), 0x90, 0x20, 0x40, 0x01),
		STEP(2, 3, 1, SAYS(.tid = 2, .flags = START), 0x90, 0x20, 0x9f, 0x01),
		STEP(3, 4, 1, SAYS(.tid = 3, .flags = START), 0x90, 0x30, 0xc0, 0x01),
		STEP(4, 5, 1, SAYS(.tid = 3), 0x80, 0x20, 0xe0, 0x01) } },
	{ "the layer sync bit", {
		STEP(0, 1, 1, SAYS(0, 0, 1, 0, 1, START), 0x90, 0x20, 0x60, 0x01),
		STEP(1, 2, 1, SAYS(0, 0, 2, 1, 2, START), 0x90, 0x20, 0xa0, 0x01),
		STEP(2, 3, 1, SAYS(0, 0, 3, 2, 3, START), 0x90, 0x20, 0xe0, 0x01),
		STEP(3, 4, 1, SAYS(.flags = START), 0x90, 0x20, 0x20, 0x01),
		STEP(4, 5, 1, KEY, 0x90, 0x20, 0x20, 0x00) } },
	{ "all fields", {
		STEP(0, 1, 1, SAYS(0, 0, 3, 2, 3, START),
		     0xb0, 0xff, 0x81, 0x02, 0x03, 0xff, 0x01) } },
	{ "reserved bits and N do not matter", {
		STEP(0, 1, 1, KEY, 0x78, 0x00),
		STEP(1, 2, 1, SAYS(.tid = 1, .flags = START), 0xf8, 0x2f, 0x40, 0x01) } },
	{ "cut short", {
		STEP(0, 1, 0, SAYS(.flags = UNKNOWN), 0x10),
		STEP(0, 2, 0, SAYS(.flags = UNKNOWN), 0x90),
		STEP(0, 3, 0, SAYS(.flags = UNKNOWN), 0x90, 0x80),
		STEP(0, 4, 0, SAYS(.flags = UNKNOWN), 0x90, 0x80, 0x81),
		STEP(0, 5, 0, SAYS(.flags = UNKNOWN), 0x90, 0x40),
		STEP(0, 6, 0, SAYS(.flags = UNKNOWN), 0x90, 0x20),
		STEP(0, 7, 0, SAYS(.flags = UNKNOWN), 0x90, 0xf0, 0x81, 0x02, 0x03, 0xff),
		STEP(0, 8, 0, SAYS(.flags = UNKNOWN), 0x80, 0x20, 0x40) } },
	{ "nothing but padding", {
		{ .seq = 1, .layer = SAYS(0) },
		STEP(0, 2, 1, KEY, 0x10, 0x00) } },
	/* a fault of other relays, by name */
	{ "packets after the first taken for layer 0", {
		STEP(0, 1, 0, SAYS(.tid = 2, .flags = START), 0x90, 0x20, 0x80, 0x01),
		STEP(0, 2, 0, SAYS(.tid = 2), 0x80, 0x20, 0x80, 0x00),
		STEP(0, 4, 1, SAYS(.tid = 2), 0x81, 0x20, 0x80, 0x00) } },
};

KUNIT_ARRAY_PARAM_DESC(vp8_case, vp8_cases, name);

static void vp8_case_test(struct kunit *test)
{
	struct codec_test ct = codec_test_init(test, RTP_FANOUT_CODEC_VP8);

	codec_test_run(&ct, test->param_value);
}

static void vp8_no_id_test(struct kunit *test)
{
	struct codec_test ct = codec_test_init(test, RTP_FANOUT_CODEC_VP8);

	codec_test_vectors(&ct, vp8_no_id, ARRAY_SIZE(vp8_no_id));
}

static void vp8_short_id_test(struct kunit *test)
{
	struct codec_test ct = codec_test_init(test, RTP_FANOUT_CODEC_VP8);

	codec_test_vectors(&ct, vp8_short_id, ARRAY_SIZE(vp8_short_id));
}

static void vp8_long_id_test(struct kunit *test)
{
	struct codec_test ct = codec_test_init(test, RTP_FANOUT_CODEC_VP8);

	codec_test_vectors(&ct, vp8_long_id, ARRAY_SIZE(vp8_long_id));
}

static struct kunit_case vp8_test_cases[] = {
	KUNIT_CASE_PARAM(vp8_case_test, vp8_case_gen_params),
	KUNIT_CASE(vp8_no_id_test),
	KUNIT_CASE(vp8_short_id_test),
	KUNIT_CASE(vp8_long_id_test),
	{}
};

static struct kunit_suite vp8_test_suite = {
	.name = "rtprelay_vp8",
	.test_cases = vp8_test_cases,
};

kunit_test_suite(vp8_test_suite);
