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

/* What is kept of it, and what a viewer is told then */
static void test_sender_report(void)
{
	/* time moved, counts as set, no report block, CNAME but not NAME, no BYE */
	static const guint8 expected[] = {
		0x80, 200, 0, 6, 0xaa, 0xbb, 0xcc, 0xdd,
		0xe0, 0x01, 0x02, 0x03, 0x80, 0x00, 0x00, 0x00,
		0x00, 0x01, 0x5f, 0x91,
		0, 0, 0, 5, 0, 0, 0x01, 0x00,
		0x81, 202, 0, 3, 0xaa, 0xbb, 0xcc, 0xdd,
		1, 4, 'n', 'a', 'm', 'e', 0, 0,
	};
	g_autoptr(GstBuffer) out = NULL;
	struct rtcp_heard heard;
	GstMapInfo map;

	g_assert_true(rtcp_hear(compound, sizeof(compound), 0x55667788, &heard));
	g_assert_cmphex(heard.ssrc, ==, 0x11223344);
	g_assert_true(heard.sender);
	g_assert_cmphex(heard.ntp, ==, G_GUINT64_CONSTANT(0xe001020380000000));
	g_assert_cmpuint(heard.rtptime, ==, 90000);
	g_assert_true(heard.bye);
	g_assert_cmpint(heard.request, ==, RTCP_REQUEST_NONE);
	g_assert_cmpmem(heard.cname, heard.cname_len, "name", 4);

	out = rtcp_sender_report(0xaabbccdd, &heard, heard.rtptime + 1);
	rtcp_set_counts(out, G_GUINT64_CONSTANT(0x100000005), 0x100);
	gst_buffer_map(out, &map, GST_MAP_READ);
	g_assert_cmpmem(map.data, map.size, expected, sizeof(expected));
	gst_buffer_unmap(out, &map);
}

static void test_block(void)
{
	struct rtcp_heard heard;

	g_assert_true(rtcp_hear(compound, sizeof(compound), 0x55667788, &heard));
	g_assert_true(heard.reported);
	g_assert_cmpuint(heard.block.fraction, ==, 0);
	g_assert_cmpint(heard.block.lost, ==, 7);
	g_assert_cmpuint(heard.block.highest, ==, 8);
	g_assert_cmpuint(heard.block.jitter, ==, 9);
	g_assert_cmpuint(heard.block.lsr, ==, 10);
	g_assert_cmpuint(heard.block.dlsr, ==, 11);
	/* that of another source is none of ours */
	g_assert_true(rtcp_hear(compound, sizeof(compound), 0x55667789, &heard));
	g_assert_false(heard.reported);
}

static void test_dropped(void)
{
	static const guint8 liar[] = { 0x9f, 200, 0, 1, 0x11, 0x22, 0x33, 0x44 };
	static const guint8 media[] = { 0x80, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0 };
	struct rtcp_heard heard;

	g_assert_false(rtcp_hear(liar, sizeof(liar), 1, &heard));
	g_assert_false(rtcp_hear(media, sizeof(media), 1, &heard));
	/* no report, and no feedback either */
	g_assert_false(rtcp_hear(compound + 52, sizeof(compound) - 52, 1, &heard));
	g_assert_false(rtcp_hear(compound + 76, sizeof(compound) - 76, 1, &heard));
	for (gsize len = 0; len < sizeof(compound); len++) {
		g_autofree guint8 *cut = g_memdup2(compound, MAX(len, 1));

		/* whole packets only: after the SR, the SDES and the BYE */
		g_assert_cmpint(rtcp_hear(cut, len, 1, &heard), ==,
				len == 52 || len == 76);
	}
}

/* An entry that claims to go on behind the packet must not bring what is there. */
static void test_entry_beyond(void)
{
	guint8 lies[sizeof(compound)];
	struct rtcp_heard heard;

	memcpy(lies, compound, sizeof(lies));
	lies[61] = 255;
	g_assert_true(rtcp_hear(lies, sizeof(lies), 1, &heard));
	g_assert_cmpuint(heard.cname_len, ==, 0);
}

/* Key frames are asked for as either RFC has it, and of one source. */
static void test_requests(void)
{
	static const guint8 pli[] = {
		0x80, 201, 0, 1, 1, 2, 3, 4,
		0x81, 206, 0, 2, 1, 2, 3, 4, 0x55, 0x66, 0x77, 0x88,
	};
	static const guint8 fir[] = {
		0x80, 201, 0, 1, 1, 2, 3, 4,
		0x84, 206, 0, 4, 1, 2, 3, 4, 0, 0, 0, 0,
		0x55, 0x66, 0x77, 0x88, 9, 0, 0, 0,
	};
	/* too short for what the library reads of it */
	static const guint8 stub[] = {
		0x80, 201, 0, 1, 1, 2, 3, 4, 0x84, 206, 0, 1, 0x55, 0x66, 0x77, 0x88,
	};
	struct rtcp_own own = { .ssrc = 0x01020304, .cname = "", .media = 0x55667788 };
	struct rtcp_heard heard;
	GstBuffer *made;
	GstMapInfo map;

	g_assert_true(rtcp_hear(pli, sizeof(pli), 0x55667788, &heard));
	g_assert_cmpint(heard.request, ==, RTCP_REQUEST_PLI);
	g_assert_true(rtcp_hear(pli, sizeof(pli), 1, &heard));
	g_assert_cmpint(heard.request, ==, RTCP_REQUEST_NONE);
	g_assert_true(rtcp_hear(fir, sizeof(fir), 0x55667788, &heard));
	g_assert_cmpint(heard.request, ==, RTCP_REQUEST_FIR);
	g_assert_true(rtcp_hear(fir, sizeof(fir), 1, &heard));
	g_assert_cmpint(heard.request, ==, RTCP_REQUEST_NONE);
	g_assert_true(rtcp_hear(stub, sizeof(stub), 0x55667788, &heard));
	g_assert_cmpint(heard.request, ==, RTCP_REQUEST_NONE);

	/* without a report, as FFmpeg sends them */
	g_assert_true(rtcp_hear(pli + 8, sizeof(pli) - 8, 0x55667788, &heard));
	g_assert_cmpint(heard.request, ==, RTCP_REQUEST_PLI);
	g_assert_cmphex(heard.ssrc, ==, 0x01020304);
	g_assert_false(heard.reported);
	g_assert_false(heard.sender);
	g_assert_true(rtcp_hear(fir + 8, sizeof(fir) - 8, 0x55667788, &heard));
	g_assert_cmpint(heard.request, ==, RTCP_REQUEST_FIR);
	g_assert_false(rtcp_hear(stub + 8, sizeof(stub) - 8, 0x55667788, &heard));

	own.request = RTCP_REQUEST_PLI;
	made = rtcp_own_report(&own);
	gst_buffer_map(made, &map, GST_MAP_READ);
	g_assert_cmpmem(map.data, map.size, pli, sizeof(pli));
	gst_buffer_unmap(made, &map);
	gst_buffer_unref(made);

	own.request = RTCP_REQUEST_FIR;
	own.fir_number = 9;
	made = rtcp_own_report(&own);
	gst_buffer_map(made, &map, GST_MAP_READ);
	g_assert_cmpmem(map.data, map.size, fir, sizeof(fir));
	gst_buffer_unmap(made, &map);
	gst_buffer_unref(made);
}

static void test_own(void)
{
	const struct rtcp_block block = { 0x55667788, 64, 7, 8, 9, 10, 11 };
	struct rtcp_own own = { .ssrc = 0x01020304, .cname = "me", .block = &block };
	g_autoptr(GstBuffer) report = rtcp_own_report(&own);
	g_autoptr(GstBuffer) bye = rtcp_bye(0x01020304);
	g_autoptr(GstBuffer) last = NULL;
	static const guint8 with_block[] = {
		0x81, 201, 0, 7, 1, 2, 3, 4,
		0x55, 0x66, 0x77, 0x88, 64, 0, 0, 7, 0, 0, 0, 8,
		0, 0, 0, 9, 0, 0, 0, 10, 0, 0, 0, 11,
		0x81, 202, 0, 3, 1, 2, 3, 4, 1, 2, 'm', 'e', 0, 0, 0, 0,
	};
	static const guint8 with_bye[] = {
		0x80, 201, 0, 1, 1, 2, 3, 4,
		0x81, 202, 0, 3, 1, 2, 3, 4, 1, 2, 'm', 'e', 0, 0, 0, 0,
		0x81, 203, 0, 1, 1, 2, 3, 4,
	};
	GstMapInfo map;

	gst_buffer_map(report, &map, GST_MAP_READ);
	g_assert_cmpmem(map.data, map.size, with_block, sizeof(with_block));
	gst_buffer_unmap(report, &map);

	own.block = NULL;
	own.bye = TRUE;
	last = rtcp_own_report(&own);
	gst_buffer_map(last, &map, GST_MAP_READ);
	g_assert_cmpmem(map.data, map.size, with_bye, sizeof(with_bye));
	gst_buffer_unmap(last, &map);

	gst_buffer_map(bye, &map, GST_MAP_READ);
	g_assert_cmpmem(map.data + 8, map.size - 8, with_bye + 24, 8);
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
	g_test_add_func("/rtcp/block", test_block);
	g_test_add_func("/rtcp/requests", test_requests);
	g_test_add_func("/rtcp/own", test_own);
	g_test_add_func("/rtcp/interval", test_interval);
	return g_test_run();
}
