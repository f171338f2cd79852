// SPDX-License-Identifier: GPL-2.0-or-later
#include "h264.h"
#include "sps.h"

#include <string.h>

static void test_annexb(void)
{
	/* leading zeros, both start codes, a unit without octets, trailing zeros */
	static const guint8 file[] = {
		0, 0, 0, 1, 0x67, 0x11, 0, 0, 1, 0, 0, 1, 0x68, 0, 0, 3, 1, 0, 0, 0, 1, 0x65, 0, 0,
	};
	static const struct {
		gsize offset, len;
	} expected[] = { { 4, 2 }, { 12, 5 }, { 21, 1 } };
	struct h264_nal nal;
	gsize pos = 0;

	for (guint i = 0; i < G_N_ELEMENTS(expected); i++) {
		g_assert_true(annexb_next(file, sizeof(file), &pos, &nal));
		g_assert_true(nal.data == file + expected[i].offset);
		g_assert_cmpuint(nal.len, ==, expected[i].len);
	}
	g_assert_false(annexb_next(file, sizeof(file), &pos, &nal));
	pos = 0;
	g_assert_false(annexb_next(file, 3, &pos, &nal));
	pos = 0;
	g_assert_false(annexb_next(file, 0, &pos, &nal));
}

struct walk {
	guint8 octets[5];
	gboolean common;
	struct svc_point layer;
};

static void test_classify(void)
{
	/* R=1; DID 0, QID 0; TID 2: then the same without R */
	static const struct walk walk[] = {
		{ { 0x67, 0x42, 0xe0, 0x0c }, TRUE, {} },
		{ { 0x0e, 0x80, 0x80, 0x4f }, FALSE, { 0, 0, 2 } },
		{ { 0x01, 0xe0, 0x80, 0x01 }, FALSE, { 0, 0, 2 } },
		/* the prefix has spoken for one NAL unit only */
		{ { 0x01, 0xe0, 0x80, 0x01 }, FALSE, { 0, 0, 0 } },
		{ { 0x14, 0x80, 0x93, 0x47 }, FALSE, { 1, 3, 2 } },
		{ { 0x34, 0x80, 0xa0, 0x27 }, FALSE, { 2, 0, 1 } },
		{ { 0x65, 0xb8, 0x00, 0x04 }, FALSE, { 0, 0, 0 } },
		/* of MVC, or cut short: whose it is cannot be told */
		{ { 0x14, 0x00, 0x90, 0x47 }, TRUE, {} },
		{ { 0x6f, 0x53, 0x00, 0x16 }, TRUE, {} },
		{ { 0x06, 0x05, 0xff, 0xff }, TRUE, {} },
	};
	guint8 prefix_tid = 0;

	for (guint i = 0; i < G_N_ELEMENTS(walk); i++) {
		struct h264_nal nal = { .data = walk[i].octets, .len = 4 };

		h264_classify(&nal, &prefix_tid);
		g_assert_cmpint(nal.common, ==, walk[i].common);
		if (!nal.common)
			g_assert_cmpmem(&nal.layer, sizeof(nal.layer),
					&walk[i].layer, sizeof(walk[i].layer));
	}
}

static void test_keep(void)
{
	static const struct {
		struct svc_point layer, cap;
		gboolean kept;
	} rule[] = {
		{ { 0, 0, 0 }, { 0, 0, 0 }, TRUE },
		{ { 0, 0, 1 }, { 0, 0, 0 }, FALSE },
		{ { 1, 0, 0 }, { 0, 15, 7 }, FALSE },
		/* DQId is one number: a lower spatial layer's quality is below the cap */
		{ { 0, 15, 0 }, { 1, 0, 0 }, TRUE },
		{ { 1, 1, 0 }, { 1, 0, 7 }, FALSE },
		{ { 2, 0, 2 }, { 2, 0, 2 }, TRUE },
	};

	for (guint i = 0; i < G_N_ELEMENTS(rule); i++) {
		struct h264_nal nal = { .layer = rule[i].layer };

		g_assert_cmpint(h264_keep(&nal, &rule[i].cap), ==, rule[i].kept);
	}
	g_assert_true(h264_keep(&(struct h264_nal){ .layer = { 7, 15, 7 }, .common = TRUE },
				&(struct svc_point){}));
}

static void test_cap(void)
{
	static const char *const bad[] = {
		"", "1", "1,0", "1,0,7,0", "8,0,0", "0,16,0", "0,0,8", "-1,0,0", "a,0,0", "1,,0",
		"1,0,7 ", "0x1,0,0", "99999999999999999999,0,0",
	};
	struct svc_point cap;

	g_assert_true(svc_point_parse("7,15,7", &cap, NULL));
	g_assert_cmpint(cap.did, ==, 7);
	g_assert_cmpint(cap.qid, ==, 15);
	g_assert_cmpint(cap.tid, ==, 7);
	for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_false(svc_point_parse(bad[i], &cap, &error));
		g_assert_nonnull(error);
	}
}

static void test_access_units(void)
{
	/* SPS, IDR in two slices with an extension; SEI, prefix, P picture; P picture */
	static const guint8 file[] = {
		0, 0, 1, 0x67, 0x42,
		0, 0, 1, 0x65, 0x88, 0, 0, 1, 0x65, 0x11, 0, 0, 1, 0x74, 0xc0, 0x90, 0x07,
		0, 0, 1, 0x06, 0x05, 0, 0, 1, 0x0e, 0x80, 0x80, 0x4f, 0, 0, 1, 0x01, 0xe0,
		0, 0, 1, 0x21, 0xe0,
	};
	static const struct h264_au expected[] = {
		{ 0, 4, TRUE }, { 4, 3, FALSE }, { 7, 1, FALSE },
	};
	g_autoptr(GBytes) bytes = g_bytes_new_static(file, sizeof(file));
	g_autoptr(GBytes) headless = g_bytes_new_static(file, 5);
	g_autoptr(h264_stream) stream = h264_stream_new(bytes, NULL);
	g_autoptr(GError) error = NULL;

	g_assert_cmpmem(stream->aus->data, stream->aus->len * sizeof(struct h264_au),
			expected, sizeof(expected));
	g_assert_null(h264_stream_new(headless, &error));
	g_assert_nonnull(error);
}

static void test_sps(void)
{
	/* id 1 is two bits longer: an escape that becomes needed, one read, one octet more */
	static const struct {
		guint8 in[10], out[10];
		gsize in_len, out_len;
	} sps[] = {
		{ { 0x67, 0x42, 0xe0, 0x0c, 0x80, 0, 0, 4, 0x80 },
		  { 0x67, 0x42, 0xe0, 0x0c, 0x40, 0, 0, 3, 1, 0x20 }, 9, 10 },
		{ { 0x67, 0x42, 0xe0, 0x0c, 0x80, 0, 0, 3, 3, 0x80 },
		  { 0x67, 0x42, 0xe0, 0x0c, 0x40, 0, 0, 3, 0, 0xe0 }, 10, 10 },
		{ { 0x67, 0x42, 0xe0, 0x0c, 0x8c, 0x01 },
		  { 0x67, 0x42, 0xe0, 0x0c, 0x43, 0x00, 0x40 }, 6, 7 },
	};
	static const guint8 id1[] = { 0x67, 0x42, 0xe0, 0x0c, 0x43, 0x80 };

	for (guint i = 0; i < G_N_ELEMENTS(sps); i++) {
		g_autoptr(GByteArray) copy = sps_copy_as_id1(sps[i].in, sps[i].in_len);

		g_assert_cmpmem(copy->data, copy->len, sps[i].out, sps[i].out_len);
	}
	g_assert_null(sps_copy_as_id1(id1, sizeof(id1)));
	g_assert_null(sps_copy_as_id1(sps[0].in, 4));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/h264/annexb", test_annexb);
	g_test_add_func("/h264/classify", test_classify);
	g_test_add_func("/h264/keep", test_keep);
	g_test_add_func("/h264/cap", test_cap);
	g_test_add_func("/h264/access-units", test_access_units);
	g_test_add_func("/h264/sps", test_sps);
	return g_test_run();
}
