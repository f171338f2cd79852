// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests for the H.264 AVC codec.
 *
 * h264_avc_vectors.h is from an encoder and two packetisers. What is in the
 * table was built by hand from RFC 6184.
 */
#include "codec_test.h"
#include "h264_avc_vectors.h"

/* The first datagram of an access unit, of a temporal layer. */
#define BEGIN(_tid, _flags)	SAYS(0, 0, _tid, 0, 7, START | (_flags))

static const struct codec_case h264_avc_cases[] = {
	{ "IDR access unit", {
		STEP(0, 1, 0, BEGIN(0, PARAMS), 0x67, 0x42),
		STEP(0, 2, 0, SAYS(.flags = PARAMS), 0x68, 0xce),
		STEP(0, 3, 0, SAYS(.flags = PARAMS), 0x6d, 0x80),
		STEP(0, 4, 0, SAYS(0), 0x06, 0x05),
		STEP(0, 5, 0, SAYS(.flags = SYNC), 0x65, 0x88),
		STEP(0, 6, 1, SAYS(0), 0x65, 0x48),
		STEP(9, 7, 1, BEGIN(0, SYNC), 0x25, 0x88) } },
	{ "what is referred to, and what is not", {
		STEP(0, 1, 1, BEGIN(0, 0), 0x21, 0x9a),
		STEP(3, 2, 1, BEGIN(1, 0), 0x01, 0x9a),
		STEP(6, 3, 1, BEGIN(0, 0), 0x61, 0x9a),
		STEP(9, 4, 0, BEGIN(1, 0), 0x02, 0x9a),
		STEP(9, 5, 0, SAYS(.tid = 1), 0x03, 0x9a),
		STEP(9, 6, 1, SAYS(.tid = 1), 0x04, 0x9a) } },
	{ "nal_ref_idc is always 0 in what is no picture", {
		STEP(0, 1, 0, BEGIN(0, 0), 0x09, 0xf0),
		STEP(0, 2, 0, SAYS(0), 0x06, 0x05),
		STEP(0, 3, 0, SAYS(0), 0x0c, 0xff),
		STEP(0, 4, 1, SAYS(.tid = 1), 0x01, 0x9a) } },
	{ "an access unit after a marker", {
		STEP(0, 1, 1, BEGIN(0, 0), 0x61, 0x9a),
		STEP(0, 2, 1, BEGIN(1, 0), 0x01, 0x9a) } },
	{ "every fragment has its nal_ref_idc", {
		STEP(0, 1, 0, BEGIN(1, UNMARK), 0x1c, 0x81, 0x9a),
		STEP(0, 2, 1, SAYS(.tid = 1, .flags = UNMARK), 0x1c, 0x01, 0x00),
		STEP(0, 3, 1, SAYS(.tid = 1), 0x1c, 0x41, 0x00),
		STEP(9, 4, 0, BEGIN(0, SYNC | UNMARK), 0x7c, 0x85, 0x88),
		STEP(9, 5, 1, SAYS(0), 0x7c, 0x45, 0x00),
		STEP(18, 7, 0, SAYS(.tid = 1, .flags = START | UNMARK), 0x1c, 0x01, 0x00),
		STEP(18, 8, 1, SAYS(.tid = 1), 0x1c, 0x41, 0x00) } },
	{ "fragments after the first taken for layer 0", {
		STEP(0, 2, 0, SAYS(.tid = 1, .flags = START | UNMARK), 0x1c, 0x01, 0x00),
		STEP(0, 3, 1, SAYS(.tid = 1), 0x1c, 0x41, 0x00) } },
	{ "aggregates", {
		STEP(0, 1, 0, BEGIN(0, PARAMS), 0x78, 0, 2, 0x67, 0x42, 0, 2, 0x68, 0xce),
		STEP(0, 2, 1, SAYS(.flags = SYNC), 0x78, 0, 2, 0x06, 0x05, 0, 2, 0x65, 0x88),
		STEP(9, 3, 1, BEGIN(1, 0), 0x18, 0, 2, 0x01, 0x9a, 0, 2, 0x01, 0x4d),
		STEP(18, 4, 1, BEGIN(0, 0), 0x18, 0, 2, 0x09, 0xf0, 0, 2, 0x01, 0x9a),
		STEP(27, 5, 1, BEGIN(0, SYNC), 0x78, 0, 2, 0x67, 0x42, 0, 2, 0x68, 0xce,
		     0, 2, 0x65, 0x88) } },
	{ "a fragment of what is not known begins nothing", {
		STEP(9, 1, 0, SAYS(.flags = UNKNOWN | UNMARK), 0x7c, 0x14, 0x00) } },
	{ "what is not known is not where anything begins", {
		STEP(9, 1, 0, SAYS(.flags = UNKNOWN), 0x79, 0, 1, 0, 2, 0x65, 0x88),
		STEP(9, 2, 0, SAYS(.flags = UNKNOWN), 0x74, 0xc0, 0x90, 0x07),
		STEP(9, 3, 0, SAYS(.flags = UNKNOWN), 0x78),
		STEP(9, 4, 0, SAYS(.flags = UNKNOWN), 0x78, 0, 3, 0x65, 0x88),
		STEP(9, 5, 0, SAYS(.flags = UNKNOWN), 0x78, 0, 1, 0x65, 0),
		STEP(9, 6, 0, SAYS(.flags = UNKNOWN), 0x7c),
		STEP(9, 7, 0, SAYS(.flags = UNKNOWN), 0x7d, 0x85, 0, 1, 0x88),
		STEP(9, 8, 0, BEGIN(0, SYNC), 0x65, 0x88) } },
	{ "a late datagram tells nothing", {
		STEP(9, 5, 0, BEGIN(0, 0), 0x06, 0x05),
		STEP(0, 4, 1, BEGIN(1, 0), 0x01, 0x9a),
		STEP(9, 6, 1, SAYS(.tid = 1), 0x01, 0x9a) } },
	{ "nothing but padding", {
		{ .seq = 1, .timestamp = 9, .layer = SAYS(0) },
		STEP(9, 2, 0, BEGIN(0, SYNC), 0x65, 0x88) } },
};

KUNIT_ARRAY_PARAM_DESC(h264_avc_case, h264_avc_cases, name);

static void h264_avc_case_test(struct kunit *test)
{
	struct codec_test ct = codec_test_init(test, RTP_FANOUT_CODEC_H264_AVC);

	codec_test_run(&ct, test->param_value);
}

static void h264_avc_gstreamer_test(struct kunit *test)
{
	struct codec_test ct = codec_test_init(test, RTP_FANOUT_CODEC_H264_AVC);

	codec_test_vectors(&ct, h264_avc_gstreamer,
			   ARRAY_SIZE(h264_avc_gstreamer));
}

static void h264_avc_gstreamer_stap_test(struct kunit *test)
{
	struct codec_test ct = codec_test_init(test, RTP_FANOUT_CODEC_H264_AVC);

	codec_test_vectors(&ct, h264_avc_gstreamer_stap,
			   ARRAY_SIZE(h264_avc_gstreamer_stap));
}

static void h264_avc_ffmpeg_test(struct kunit *test)
{
	struct codec_test ct = codec_test_init(test, RTP_FANOUT_CODEC_H264_AVC);

	codec_test_vectors(&ct, h264_avc_ffmpeg, ARRAY_SIZE(h264_avc_ffmpeg));
}

static struct kunit_case h264_avc_test_cases[] = {
	KUNIT_CASE_PARAM(h264_avc_case_test, h264_avc_case_gen_params),
	KUNIT_CASE(h264_avc_gstreamer_test),
	KUNIT_CASE(h264_avc_gstreamer_stap_test),
	KUNIT_CASE(h264_avc_ffmpeg_test),
	{}
};

static struct kunit_suite h264_avc_test_suite = {
	.name = "rtprelay_h264_avc",
	.test_cases = h264_avc_test_cases,
};

kunit_test_suite(h264_avc_test_suite);
