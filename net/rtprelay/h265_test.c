// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests for the H.265 codec.
 *
 * h265_vectors.h is from an encoder and two packetisers. What is in the table
 * was built by hand from RFC 7798: what that encoder does not make (STSA, more
 * than one nuh_layer_id), and what it could not be asked for.
 */
#include "codec_test.h"
#include "h265_vectors.h"

/*
 * The two bytes of a header are the type shifted by one, and, from
 * nuh_layer_id 1 on, 0x08 times it, plus TID plus 1. IDR_W_RADL (19) is 0x26,
 * CRA (21) 0x2a, TSA_N (2) 0x04, STSA_R (5) 0x0a, VPS 0x40, SPS 0x42, PPS 0x44,
 * SEI 0x4e, an AP 0x60 and an FU 0x62.
 */
static const struct codec_case h265_cases[] = {
	{ "IDR access unit", {
		STEP(0, 1, 0, SAYS(.flags = START | PARAMS), 0x40, 0x01, 0x0c),
		STEP(0, 2, 0, SAYS(.flags = PARAMS), 0x42, 0x01, 0x01),
		STEP(0, 3, 0, SAYS(.flags = PARAMS), 0x44, 0x01, 0xc1),
		STEP(0, 4, 0, SAYS(0), 0x4e, 0x01, 0x05),
		STEP(0, 5, 0, SAYS(.up_to = 7, .flags = SYNC), 0x26, 0x01, 0xaf),
		STEP(0, 6, 0, SAYS(0), 0x26, 0x01, 0x2f),
		STEP(0, 7, 0, SAYS(1, .flags = SYNC), 0x26, 0x09, 0xaf),
		STEP(0, 8, 1, SAYS(1), 0x26, 0x09, 0x2f) } },
	{ "parameter sets are needed whatever layer they are of", {
		STEP(0, 1, 0, SAYS(.flags = START | PARAMS), 0x42, 0x09, 0x01),
		STEP(0, 2, 0, SAYS(.flags = PARAMS), 0x44, 0x0b, 0x01) } },
	{ "pictures at which a decoder can begin", {
		STEP(0, 1, 1, SAYS(.up_to = 7, .flags = START | SYNC), 0x20, 0x01, 0xaf),
		STEP(1, 2, 1, SAYS(.up_to = 7, .flags = START | SYNC), 0x24, 0x01, 0xaf),
		STEP(2, 3, 1, SAYS(.up_to = 7, .flags = START | SYNC), 0x28, 0x01, 0xaf),
		STEP(3, 4, 1, SAYS(.flags = START | SYNC), 0x2a, 0x01, 0xaf),
		STEP(4, 5, 1, SAYS(.flags = START), 0x2c, 0x01, 0xaf),
		STEP(5, 6, 1, SAYS(.flags = START), 0x1e, 0x01, 0xaf),
		STEP(6, 7, 1, SAYS(.flags = START), 0x02, 0x01, 0xaf) } },
	{ "pictures at which temporal layers can be begun", {
		STEP(0, 1, 1, SAYS(0, 0, 2, 1, 7, START), 0x04, 0x03, 0xd0),
		STEP(1, 2, 1, SAYS(0, 0, 2, 1, 7, START), 0x06, 0x03, 0xd0),
		STEP(2, 3, 1, SAYS(0, 0, 3, 2, 3, START), 0x08, 0x04, 0xd0),
		STEP(3, 4, 1, SAYS(0, 0, 1, 0, 1, START), 0x0a, 0x02, 0xd0),
		STEP(4, 5, 1, SAYS(.tid = 2, .flags = START), 0x02, 0x03, 0xd0),
		STEP(5, 6, 1, SAYS(.flags = START), 0x06, 0x01, 0xd0),
		STEP(6, 7, 1, SAYS(.flags = START), 0x0a, 0x01, 0xd0) } },
	{ "only at the first datagram of a picture", {
		STEP(0, 1, 0, SAYS(.tid = 1, .flags = START), 0x4e, 0x02, 0x05),
		STEP(0, 2, 0, SAYS(0, 0, 1, 0, 7), 0x04, 0x02, 0xd0),
		STEP(0, 3, 0, SAYS(.tid = 1), 0x04, 0x02, 0x50),
		STEP(0, 4, 1, SAYS(1, 0, 1), 0x04, 0x0a, 0xd0) } },
	{ "an access unit after a marker", {
		STEP(0, 1, 1, SAYS(.flags = START), 0x02, 0x01, 0xd0),
		STEP(0, 2, 0, SAYS(.flags = START), 0x02, 0x01, 0xd0),
		STEP(0, 3, 1, SAYS(0), 0x02, 0x01, 0x50) } },
	{ "fragments", {
		STEP(0, 1, 0, SAYS(0, 0, 2, 1, 7, START | UNMARK), 0x62, 0x03, 0x82, 0xd0),
		STEP(0, 2, 1, SAYS(.tid = 2, .flags = UNMARK), 0x62, 0x03, 0x02, 0x00),
		STEP(0, 3, 1, SAYS(.tid = 2), 0x62, 0x03, 0x42, 0x00),
		STEP(9, 4, 0, SAYS(.up_to = 7, .flags = START | SYNC | UNMARK),
		     0x62, 0x01, 0x93, 0xaf),
		STEP(9, 5, 0, SAYS(.flags = UNMARK), 0x62, 0x01, 0x13, 0xaf),
		STEP(9, 6, 1, SAYS(0), 0x62, 0x01, 0x53, 0xaf),
		STEP(18, 7, 0, SAYS(.flags = START | PARAMS | UNMARK), 0x62, 0x01, 0xa1, 0x01),
		STEP(18, 8, 1, SAYS(.flags = PARAMS), 0x62, 0x01, 0x61, 0x01) } },
	{ "a fragment whose first is lost begins its access unit", {
		STEP(0, 1, 1, SAYS(.flags = START), 0x02, 0x01, 0xd0),
		STEP(9, 3, 0, SAYS(.flags = START | UNMARK), 0x62, 0x01, 0x13, 0xaf),
		STEP(9, 4, 1, SAYS(0), 0x62, 0x01, 0x53, 0xaf),
		STEP(18, 5, 1, SAYS(.flags = START), 0x02, 0x01, 0xd0) } },
	{ "aggregates", {
		STEP(0, 1, 0, SAYS(.flags = START | PARAMS), 0x60, 0x01,
		     0, 3, 0x40, 0x01, 0x0c, 0, 3, 0x42, 0x01, 0x01, 0, 3, 0x44, 0x01, 0xc1),
		STEP(0, 2, 1, SAYS(.up_to = 7, .flags = SYNC), 0x60, 0x01,
		     0, 3, 0x4e, 0x01, 0x05, 0, 3, 0x26, 0x01, 0xaf),
		STEP(9, 3, 1, SAYS(0, 0, 2, 1, 7, START), 0x60, 0x03,
		     0, 3, 0x04, 0x03, 0xd0, 0, 3, 0x04, 0x03, 0x50),
		STEP(18, 4, 1, SAYS(0, 0, 0, 0, 7, START), 0x60, 0x01,
		     0, 3, 0x44, 0x01, 0xc1, 0, 3, 0x04, 0x02, 0xd0),
		STEP(27, 5, 1, SAYS(1, 0, 1, 0, 7, START), 0x60, 0x0a,
		     0, 3, 0x02, 0x12, 0xd0, 0, 3, 0x04, 0x0a, 0xd0),
		STEP(36, 6, 0, SAYS(.flags = START), 0x60, 0x01,
		     0, 3, 0x4e, 0x01, 0x05, 0, 3, 0x2a, 0x09, 0xaf),
		STEP(36, 7, 1, SAYS(2, .flags = SYNC), 0x2a, 0x11, 0xaf) } },
	{ "a fragment of what is not known begins nothing", {
		STEP(9, 1, 0, SAYS(.flags = UNKNOWN | UNMARK), 0x62, 0x01, 0x30, 0xaf) } },
	{ "what is not known is not where anything begins", {
		STEP(9, 1, 0, SAYS(.flags = UNKNOWN), 0x26),
		STEP(9, 2, 0, SAYS(.flags = UNKNOWN), 0x26, 0x00, 0xaf),
		STEP(9, 3, 0, SAYS(.flags = UNKNOWN), 0x64, 0x01, 0x26, 0x00, 0xaf),
		STEP(9, 4, 0, SAYS(.flags = UNKNOWN), 0x52, 0x01, 0xaf),
		STEP(9, 5, 0, SAYS(.flags = UNKNOWN), 0x62, 0x01),
		STEP(9, 6, 0, SAYS(.flags = UNKNOWN | UNMARK), 0x62, 0x01, 0xb0, 0xaf),
		STEP(9, 7, 0, SAYS(.up_to = 7, .flags = START | SYNC), 0x26, 0x01, 0xaf) } },
	{ "aggregates that do not fit", {
		STEP(9, 1, 0, SAYS(.flags = UNKNOWN), 0x60, 0x01),
		STEP(9, 2, 0, SAYS(.flags = UNKNOWN), 0x60, 0x01, 0),
		STEP(9, 3, 0, SAYS(.flags = UNKNOWN), 0x60, 0x01, 0, 0),
		STEP(9, 4, 0, SAYS(.flags = UNKNOWN), 0x60, 0x01, 0, 1, 0x26),
		STEP(9, 5, 0, SAYS(.flags = UNKNOWN), 0x60, 0x01, 0, 4, 0x26, 0x01, 0xaf),
		STEP(9, 6, 0, SAYS(.flags = UNKNOWN), 0x60, 0x01, 0, 3, 0x26, 0x01, 0xaf, 0),
		STEP(9, 7, 0, SAYS(.flags = UNKNOWN), 0x60, 0x01, 0, 3, 0x26, 0x00, 0xaf),
		/* with a decoding order number before the size */
		STEP(9, 8, 0, SAYS(.flags = UNKNOWN), 0x60, 0x01, 0, 7,
		     0, 3, 0x26, 0x01, 0xaf, 0, 0, 3, 0x26, 0x01, 0x2f) } },
	{ "a late datagram tells nothing", {
		STEP(9, 5, 0, SAYS(.flags = START), 0x4e, 0x01, 0x05),
		STEP(0, 4, 1, SAYS(.tid = 1, .flags = START), 0x02, 0x02, 0xd0),
		STEP(9, 6, 1, SAYS(.up_to = 7, .flags = SYNC), 0x26, 0x01, 0xaf) } },
	{ "masks of 2 bits for 3-bit DID and TID", {
		STEP(0, 1, 0, SAYS(4, 0, 5, 0, 0, START), 0x02, 0x26, 0xd0),
		STEP(0, 2, 0, SAYS(7, 0, 6), 0x02, 0x3f, 0xd0),
		STEP(0, 3, 0, SAYS(7, 0, 6), 0x02, 0x47, 0xd0),
		STEP(0, 4, 0, SAYS(7, 0, 6), 0x03, 0xff, 0xd0) } },
	{ "fragments after the first taken for layer 0", {
		STEP(0, 2, 0, SAYS(1, 0, 2, .flags = START | UNMARK), 0x62, 0x0b, 0x01, 0x00),
		STEP(0, 3, 1, SAYS(1, 0, 2), 0x62, 0x0b, 0x41, 0x00) } },
};

KUNIT_ARRAY_PARAM_DESC(h265_case, h265_cases, name);

static void h265_case_test(struct kunit *test)
{
	struct codec_test ct = codec_test_init(test, RTP_FANOUT_CODEC_H265);

	codec_test_run(&ct, test->param_value);
}

static void h265_gstreamer_test(struct kunit *test)
{
	struct codec_test ct = codec_test_init(test, RTP_FANOUT_CODEC_H265);

	codec_test_vectors(&ct, h265_gstreamer, ARRAY_SIZE(h265_gstreamer));
}

static void h265_gstreamer_ap_test(struct kunit *test)
{
	struct codec_test ct = codec_test_init(test, RTP_FANOUT_CODEC_H265);

	codec_test_vectors(&ct, h265_gstreamer_ap,
			   ARRAY_SIZE(h265_gstreamer_ap));
}

static void h265_ffmpeg_test(struct kunit *test)
{
	struct codec_test ct = codec_test_init(test, RTP_FANOUT_CODEC_H265);

	codec_test_vectors(&ct, h265_ffmpeg, ARRAY_SIZE(h265_ffmpeg));
}

static struct kunit_case h265_test_cases[] = {
	KUNIT_CASE_PARAM(h265_case_test, h265_case_gen_params),
	KUNIT_CASE(h265_gstreamer_test),
	KUNIT_CASE(h265_gstreamer_ap_test),
	KUNIT_CASE(h265_ffmpeg_test),
	{}
};

static struct kunit_suite h265_test_suite = {
	.name = "rtprelay_h265",
	.test_cases = h265_test_cases,
};

kunit_test_suite(h265_test_suite);
