// SPDX-License-Identifier: GPL-2.0-or-later
#include <gst/gst.h>
#include <string.h>

#include "rtcp.h"

/* SR of 0x11223344 with a report block, its CNAME and NAME, and BYE */
static const guint8 compound[] = {
	0x81, 200, 0, 12, 0x11, 0x22, 0x33, 0x44,
	0xe0, 0x01, 0x02, 0x03, 0x80, 0x00, 0x00, 0x00,	/* NTP */
	0x00, 0x01, 0x5f, 0x90,				/* RTP */
	0, 0, 0, 100, 0, 0, 0x27, 0x10,			/* packets, octets */
	0x55, 0x66, 0x77, 0x88, 0, 0, 0, 7, 0, 0, 0, 8,
	0, 0, 0, 9, 0, 0, 0, 10, 0, 0, 0, 11,
	0x81, 202, 0, 5, 0x11, 0x22, 0x33, 0x44,
	1, 4, 'n', 'a', 'm', 'e', 2, 4, 'h', 'o', 's', 't', 0, 0, 0, 0,
	0x81, 203, 0, 1, 0x11, 0x22, 0x33, 0x44,
};

static void test_sender_report(void)
{
	/* counts as set, no report block, CNAME but not NAME, BYE */
	static const guint8 expected[] = {
		0x80, 200, 0, 6, 0x11, 0x22, 0x33, 0x44,
		0xe0, 0x01, 0x02, 0x03, 0x80, 0x00, 0x00, 0x00,
		0x00, 0x01, 0x5f, 0x90,
		0, 0, 0, 5, 0, 0, 0x01, 0x00,
		0x81, 202, 0, 3, 0x11, 0x22, 0x33, 0x44,
		1, 4, 'n', 'a', 'm', 'e', 0, 0,
		0x81, 203, 0, 1, 0x11, 0x22, 0x33, 0x44,
	};
	g_autoptr(GstBuffer) out = NULL;
	gboolean has_sender_info;
	GstMapInfo map;

	out = rtcp_from_upstream(compound, sizeof(compound), &has_sender_info);
	g_assert_nonnull(out);
	g_assert_true(has_sender_info);
	rtcp_set_counts(out, G_GUINT64_CONSTANT(0x100000005), 0x100);
	gst_buffer_map(out, &map, GST_MAP_READ);
	g_assert_cmpmem(map.data, map.size, expected, sizeof(expected));
	gst_buffer_unmap(out, &map);
}

static void test_dropped(void)
{
	static const guint8 liar[] = { 0x9f, 200, 0, 1, 0x11, 0x22, 0x33, 0x44 };
	static const guint8 empty_rr[] = { 0x80, 201, 0, 1, 0x55, 0x66, 0x77, 0x88 };
	static const guint8 media[] = { 0x80, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0 };
	gboolean has_sender_info;

	g_assert_null(rtcp_from_upstream(liar, sizeof(liar), &has_sender_info));
	g_assert_null(rtcp_from_upstream(empty_rr, sizeof(empty_rr), &has_sender_info));
	g_assert_null(rtcp_from_upstream(media, sizeof(media), &has_sender_info));
	for (gsize len = 0; len < sizeof(compound); len++) {
		g_autofree guint8 *cut = g_memdup2(compound, MAX(len, 1));
		GstBuffer *out = rtcp_from_upstream(cut, len, &has_sender_info);

		/* whole packets only: after the SR, the SDES and the BYE */
		g_assert_cmpint(out != NULL, ==, len == 52 || len == 76);
		gst_clear_buffer(&out);
	}
}

/* An entry that claims to go on behind the packet must not bring what is there. */
static void test_entry_beyond(void)
{
	guint8 lies[sizeof(compound)];
	gboolean has_sender_info;
	GstBuffer *out;

	memcpy(lies, compound, sizeof(lies));
	lies[61] = 255;
	out = rtcp_from_upstream(lies, sizeof(lies), &has_sender_info);
	g_assert_nonnull(out);
	g_assert_cmpuint(gst_buffer_get_size(out), ==, 28 + 8);
	gst_buffer_unref(out);
}

static void test_own(void)
{
	g_autoptr(GstBuffer) report = rtcp_own_report(0x01020304, "me", FALSE);
	g_autoptr(GstBuffer) last = rtcp_own_report(0x01020304, "me", TRUE);
	g_autoptr(GstBuffer) bye = rtcp_bye(0x01020304);
	static const guint8 expected[] = {
		0x80, 201, 0, 1, 1, 2, 3, 4,
		0x81, 202, 0, 3, 1, 2, 3, 4, 1, 2, 'm', 'e', 0, 0, 0, 0,
		0x81, 203, 0, 1, 1, 2, 3, 4,
	};
	GstMapInfo map;

	gst_buffer_map(report, &map, GST_MAP_READ);
	g_assert_true(rtcp_is_report(map.data, map.size));
	g_assert_cmpmem(map.data, map.size, expected, sizeof(expected) - 8);
	gst_buffer_unmap(report, &map);

	gst_buffer_map(last, &map, GST_MAP_READ);
	g_assert_cmpmem(map.data, map.size, expected, sizeof(expected));
	gst_buffer_unmap(last, &map);

	gst_buffer_map(bye, &map, GST_MAP_READ);
	g_assert_cmpmem(map.data + 8, map.size - 8, expected + 24, 8);
	gst_buffer_unmap(bye, &map);
}

static void test_interval(void)
{
	for (guint i = 0; i < 1000; i++) {
		guint ms = rtcp_interval_ms(FALSE), first = rtcp_interval_ms(TRUE);

		/* 5 s times 0.5 to 1.5, by 1.21828; the first half of it */
		g_assert_cmpuint(ms, >=, 2052);
		g_assert_cmpuint(ms, <=, 6157);
		g_assert_cmpuint(first, >=, 1026);
		g_assert_cmpuint(first, <=, 3079);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_setenv("GST_REGISTRY_DISABLE", "yes", TRUE);
	gst_init(NULL, NULL);
	g_test_add_func("/rtcp/sender-report", test_sender_report);
	g_test_add_func("/rtcp/dropped", test_dropped);
	g_test_add_func("/rtcp/entry-beyond", test_entry_beyond);
	g_test_add_func("/rtcp/own", test_own);
	g_test_add_func("/rtcp/interval", test_interval);
	return g_test_run();
}
