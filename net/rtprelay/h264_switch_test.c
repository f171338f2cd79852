// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests for what the H.264 codec says beyond a datagram's layer: where
 * layers can be begun and ended, what a decoder needs before it begins, and
 * which marker bits are wrong.
 *
 * h264_vectors.h is from an encoder and two packetisers. What is in the table
 * was built by hand from RFC 6184 and RFC 6190.
 */
#include "codec_test.h"
#include "h264_vectors.h"

/* What a unit says that tells the TID of its access unit, and no more. */
#define TELLS(_tid, _flags)	SAYS(0, 0, _tid, _tid, 7, _flags)

/*
 * A prefix of T2, say, is 0x6e (type 14), 0x80 (R; 0xc0 with I), 0x80 (N),
 * 0x47 (TID 2, RR 3); a slice extension is the same with type 20, and with 0x90
 * of D1.
 */
static const struct codec_case h264_switch_cases[] = {
	{ "IDR access unit", {
		STEP(0, 1, 0, SAYS(.flags = START | PARAMS), 0x67, 0x42),
		STEP(0, 2, 0, SAYS(.flags = PARAMS), 0x6f, 0x53),
		STEP(0, 3, 0, SAYS(.flags = PARAMS), 0x68, 0xce),
		STEP(0, 4, 0, TELLS(0, SYNC | UNMARK), 0x6e, 0xc0, 0x80, 0x07),
		STEP(0, 5, 0, SAYS(0), 0x65, 0x88),
		STEP(0, 6, 0, SAYS(1, .flags = SYNC), 0x74, 0xc0, 0x90, 0x07),
		STEP(0, 7, 0, SAYS(1), 0x74, 0xc0, 0x90, 0x07),
		STEP(0, 8, 1, SAYS(2, .flags = SYNC), 0x74, 0xc0, 0xa0, 0x07) } },
	{ "IDR slices without a prefix", {
		STEP(0, 1, 0, TELLS(0, START | SYNC), 0x65, 0x88),
		STEP(0, 2, 1, SAYS(0), 0x65, 0x88),
		STEP(9, 3, 1, TELLS(0, START | SYNC), 0x65, 0x88) } },
	{ "slices without a prefix do not tell a TID", {
		STEP(0, 1, 0, SAYS(.flags = START), 0x61, 0x9a),
		STEP(0, 2, 1, SAYS(0), 0x61, 0x9a),
		STEP(9, 3, 1, SAYS(.flags = START), 0x61, 0x9a) } },
	{ "a slice for each prefix", {
		STEP(0, 1, 0, TELLS(0, START | SYNC | UNMARK), 0x6e, 0xc0, 0x80, 0x07),
		STEP(0, 2, 0, SAYS(0), 0x65, 0x88),
		STEP(0, 3, 0, SAYS(.flags = UNMARK), 0x6e, 0xc0, 0x80, 0x07),
		STEP(0, 4, 1, SAYS(0), 0x65, 0x48),
		STEP(9, 5, 0, TELLS(2, START | UNMARK), 0x0e, 0x80, 0x80, 0x47),
		STEP(9, 6, 1, SAYS(.tid = 2), 0x01, 0x9a) } },
	{ "an access unit after a marker", {
		STEP(0, 1, 1, SAYS(.flags = START), 0x61, 0x9a),
		STEP(0, 2, 1, SAYS(.flags = START), 0x61, 0x9a) } },
	{ "an access unit where DQId decreases", {
		STEP(0, 1, 0, TELLS(0, START | UNMARK), 0x6e, 0x80, 0x80, 0x07),
		STEP(0, 2, 0, SAYS(0), 0x61, 0x9a),
		STEP(0, 3, 0, SAYS(1), 0x74, 0x80, 0x90, 0x07),
		STEP(0, 4, 0, SAYS(.flags = START), 0x61, 0x9a) } },
	{ "an access unit that begins with a delimiter and SEI", {
		STEP(0, 1, 0, SAYS(.flags = START), 0x09, 0xf0),
		STEP(0, 2, 0, SAYS(0), 0x06, 0x05),
		STEP(0, 3, 0, TELLS(1, UNMARK), 0x2e, 0x80, 0x80, 0x27),
		STEP(0, 4, 0, SAYS(.tid = 1), 0x21, 0x9a),
		STEP(0, 5, 1, SAYS(1, 0, 1), 0x34, 0x80, 0x90, 0x27) } },
	{ "prefix with the previous timestamp, as ffmpeg sends it", {
		STEP(0, 1, 0, SAYS(1, 0, 0, 0, 7, START), 0x74, 0x80, 0x90, 0x07),
		STEP(0, 2, 1, TELLS(2, START | UNMARK), 0x0e, 0x80, 0x80, 0x47),
		STEP(9, 3, 0, SAYS(.tid = 2, .flags = UNMARK), 0x1c, 0x81, 0x9a),
		STEP(9, 4, 0, SAYS(.tid = 2), 0x1c, 0x41, 0x00),
		STEP(9, 5, 0, SAYS(1, 0, 2), 0x14, 0x80, 0x90, 0x47) } },
	{ "the same with one spatial layer", {
		STEP(0, 1, 0, SAYS(.flags = START), 0x61, 0x9a),
		STEP(0, 2, 1, TELLS(1, START | UNMARK), 0x0e, 0x80, 0x80, 0x27),
		STEP(9, 3, 0, SAYS(.tid = 1), 0x01, 0x9a),
		STEP(9, 4, 1, TELLS(0, START | UNMARK), 0x6e, 0x80, 0x80, 0x07),
		STEP(18, 5, 0, SAYS(0), 0x61, 0x9a),
		STEP(18, 6, 1, TELLS(1, START | UNMARK), 0x0e, 0x80, 0x80, 0x27) } },
	{ "the same with the slice lost", {
		STEP(0, 1, 0, SAYS(.flags = START), 0x61, 0x9a),
		STEP(0, 2, 1, TELLS(1, START | UNMARK), 0x0e, 0x80, 0x80, 0x27),
		STEP(9, 4, 0, SAYS(1, 0, 1, 1, 7, START), 0x14, 0x80, 0x90, 0x27) } },
	{ "the same in a STAP-A with the end of what is before", {
		STEP(0, 1, 0, SAYS(1, 0, 0, 0, 7, START), 0x74, 0x80, 0x90, 0x07),
		STEP(0, 2, 1, SAYS(0), 0x78, 0, 4, 0x74, 0x80, 0xa0, 0x07,
		     0, 4, 0x0e, 0x80, 0x80, 0x47),
		STEP(9, 3, 0, TELLS(2, START), 0x01, 0x9a),
		STEP(9, 4, 0, SAYS(1, 0, 2), 0x14, 0x80, 0x90, 0x47) } },
	{ "a STAP-A with a whole access unit and the next one's prefix", {
		STEP(0, 1, 1, SAYS(.up_to = 7, .flags = START), 0x78, 0, 2, 0x61, 0x9a,
		     0, 4, 0x74, 0x80, 0x90, 0x07, 0, 4, 0x0e, 0x80, 0x80, 0x47),
		STEP(9, 2, 0, TELLS(2, START), 0x01, 0x9a) } },
	{ "prefix lost: what comes next tells the TID", {
		STEP(0, 1, 1, SAYS(.flags = START), 0x61, 0x9a),
		STEP(9, 3, 0, SAYS(.flags = START), 0x01, 0x9a),
		STEP(9, 4, 0, SAYS(1, 0, 2, 2, 7), 0x14, 0x80, 0x90, 0x47),
		STEP(9, 5, 1, SAYS(2, 0, 2), 0x14, 0x80, 0xa0, 0x47) } },
	{ "a quality layer predicted from base pictures", {
		STEP(0, 1, 0, SAYS(.flags = START), 0x61, 0x9a),
		STEP(0, 2, 0, SAYS(0, 1, 0, 0, 7, SYNC), 0x74, 0x80, 0x01, 0x17),
		STEP(0, 3, 0, SAYS(0, 1), 0x74, 0x80, 0x01, 0x17),
		STEP(0, 4, 0, SAYS(0, 2), 0x74, 0x80, 0x02, 0x07),
		STEP(0, 5, 0, SAYS(1), 0x74, 0x80, 0x10, 0x17) } },
	{ "a PACSI alone is of the layer after it", {
		STEP(0, 1, 1, SAYS(.flags = START), 0x61, 0x9a),
		STEP(9, 2, 0, SAYS(1, 0, 0, 0, 7, START | SYNC | UNMARK),
		     0x7e, 0xc0, 0x90, 0x07, 0x00),
		STEP(9, 3, 1, SAYS(1), 0x74, 0xc0, 0x90, 0x07) } },
	{ "a PACSI in a STAP-A says what is true of one unit", {
		STEP(0, 1, 0, SAYS(0, 0, 2, 2, 7, START), 0x78,
		     0, 5, 0x7e, 0xc0, 0x80, 0x47, 0x00,
		     0, 4, 0x6e, 0x80, 0x80, 0x47, 0, 2, 0x61, 0x9a,
		     0, 4, 0x74, 0xc0, 0x90, 0x47),
		STEP(0, 2, 1, SAYS(1, 0, 2, .flags = SYNC), 0x74, 0xc0, 0x90, 0x47) } },
	{ "STAP-A of SEI and an IDR slice of D2", {
		STEP(0, 1, 0, SAYS(.up_to = 7, .flags = START), 0x78, 0, 2, 0x06, 0x05,
		     0, 4, 0x74, 0xc0, 0xa0, 0x07),
		STEP(0, 2, 1, SAYS(2, .flags = SYNC), 0x74, 0xc0, 0xa0, 0x07) } },
	{ "STAP-A of parameter sets, and with more", {
		STEP(0, 1, 0, SAYS(.flags = START | PARAMS), 0x78, 0, 2, 0x67, 0x42,
		     0, 2, 0x68, 0xce, 0, 2, 0x6d, 0x80),
		STEP(9, 2, 0, TELLS(0, START | SYNC), 0x78, 0, 2, 0x67, 0x42,
		     0, 2, 0x68, 0xce, 0, 2, 0x65, 0x88),
		STEP(9, 3, 0, SAYS(0), 0x78, 0, 2, 0x06, 0x05, 0, 2, 0x67, 0x42) } },
	{ "fragments", {
		STEP(0, 1, 0, TELLS(0, START | SYNC | UNMARK), 0x7c, 0x85, 0x88),
		STEP(0, 2, 1, SAYS(.flags = UNMARK), 0x7c, 0x05, 0x00),
		STEP(0, 3, 1, SAYS(0), 0x7c, 0x45, 0x00),
		STEP(9, 4, 0, SAYS(1, 0, 0, 0, 7, START | SYNC | UNMARK),
		     0x7c, 0x94, 0xc0, 0x90, 0x07),
		STEP(9, 5, 0, SAYS(1, .flags = UNMARK), 0x7c, 0x14, 0x00),
		STEP(9, 6, 1, SAYS(1), 0x7c, 0x54, 0x00),
		STEP(18, 7, 0, SAYS(.flags = START | PARAMS | UNMARK), 0x7c, 0x87, 0x42),
		STEP(18, 8, 1, SAYS(.flags = PARAMS), 0x7c, 0x47, 0x42) } },
	{ "a marker where nothing ends", {
		STEP(0, 1, 1, TELLS(0, START | SYNC | UNMARK), 0x7c, 0x85, 0x88),
		STEP(0, 3, 0, SAYS(0), 0x06, 0x05) } },
	{ "a fragment whose first is lost begins its access unit", {
		STEP(0, 1, 1, SAYS(.flags = START), 0x61, 0x9a),
		STEP(9, 3, 0, LOST(START | UNMARK), 0x7c, 0x05, 0x00),
		STEP(9, 4, 0, LOST(0), 0x7c, 0x45, 0x00),
		STEP(9, 5, 1, SAYS(1, .up_to = 7, .flags = SYNC), 0x74, 0xc0, 0x90, 0x07),
		STEP(18, 6, 1, SAYS(.flags = START), 0x61, 0x9a) } },
	{ "a late datagram tells nothing", {
		STEP(9, 5, 0, SAYS(.flags = START), 0x06, 0x05),
		STEP(0, 3, 1, TELLS(2, START | UNMARK), 0x0e, 0x80, 0x80, 0x47),
		STEP(0, 4, 1, SAYS(.flags = START), 0x01, 0x9a),
		STEP(9, 6, 0, TELLS(1, UNMARK), 0x2e, 0x80, 0x80, 0x27) } },
	{ "what is not known is not where anything begins", {
		STEP(0, 1, 1, SAYS(.flags = UNKNOWN), 0x79, 0, 1, 0, 2, 0x65, 0x88),
		STEP(9, 2, 0, SAYS(.flags = UNKNOWN), 0x74, 0x40, 0x92, 0x47),
		STEP(9, 3, 0, SAYS(.flags = UNKNOWN), 0x6e, 0xc0, 0x80),
		STEP(9, 4, 0, SAYS(.flags = UNKNOWN), 0x78, 0, 9, 0x65, 0x88),
		STEP(9, 5, 0, SAYS(.flags = UNKNOWN), 0x75, 0x80, 0x92, 0x47),
		STEP(9, 6, 0, SAYS(.flags = UNKNOWN), 0x7c),
		STEP(9, 7, 0, TELLS(0, START | SYNC), 0x65, 0x88) } },
	{ "interleaved packets are not known", {
		STEP(0, 1, 0, SAYS(.flags = UNKNOWN), 0x7a, 0, 1, 0, 2, 0, 0, 0, 0x65, 0x88),
		STEP(0, 2, 0, SAYS(.flags = UNKNOWN), 0x7b, 0, 1, 0, 2, 0, 0, 0, 0, 0x65),
		STEP(0, 3, 0, SAYS(.flags = UNKNOWN), 0x7f, 0x10, 0, 2, 0, 0, 0x65, 0x88),
		STEP(0, 4, 0, SAYS(.flags = UNKNOWN | UNMARK), 0x7d, 0x85, 0, 1, 0x88),
		STEP(0, 5, 1, SAYS(.flags = UNKNOWN), 0x7c, 0x45, 0x00) } },
	/* faults of other relays, by name */
	{ "masks of 2 bits for 3-bit DID and TID", {
		STEP(0, 1, 0, SAYS(4, 0, 4, 4, 7, START), 0x14, 0x80, 0xc0, 0x87),
		STEP(0, 2, 0, SAYS(7, 8, 4), 0x14, 0x80, 0xf8, 0x87) } },
	{ "fragments after the first taken for layer 0", {
		STEP(0, 1, 0, SAYS(2, 0, 1, 1, 7, START | UNMARK),
		     0x1c, 0x94, 0x80, 0xa0, 0x27),
		STEP(0, 2, 0, SAYS(2, 0, 1, .flags = UNMARK), 0x1c, 0x14, 0x00),
		STEP(0, 3, 1, SAYS(2, 0, 1), 0x1c, 0x54, 0x80, 0x80, 0x07) } },
};

KUNIT_ARRAY_PARAM_DESC(h264_switch_case, h264_switch_cases, name);

static void h264_switch_case_test(struct kunit *test)
{
	struct codec_test ct = codec_test_init(test, RTP_FANOUT_CODEC_H264);

	codec_test_run(&ct, test->param_value);
}

static void h264_gstreamer_test(struct kunit *test)
{
	struct codec_test ct = codec_test_init(test, RTP_FANOUT_CODEC_H264);

	codec_test_vectors(&ct, h264_gstreamer, ARRAY_SIZE(h264_gstreamer));
}

static void h264_gstreamer_stap_test(struct kunit *test)
{
	struct codec_test ct = codec_test_init(test, RTP_FANOUT_CODEC_H264);

	codec_test_vectors(&ct, h264_gstreamer_stap,
			   ARRAY_SIZE(h264_gstreamer_stap));
}

static void h264_ffmpeg_test(struct kunit *test)
{
	struct codec_test ct = codec_test_init(test, RTP_FANOUT_CODEC_H264);

	codec_test_vectors(&ct, h264_ffmpeg, ARRAY_SIZE(h264_ffmpeg));
}

static struct kunit_case h264_switch_test_cases[] = {
	KUNIT_CASE_PARAM(h264_switch_case_test, h264_switch_case_gen_params),
	KUNIT_CASE(h264_gstreamer_test),
	KUNIT_CASE(h264_gstreamer_stap_test),
	KUNIT_CASE(h264_ffmpeg_test),
	{}
};

static struct kunit_suite h264_switch_test_suite = {
	.name = "rtprelay_h264_switch",
	.test_cases = h264_switch_test_cases,
};

kunit_test_suite(h264_switch_test_suite);
