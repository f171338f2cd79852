// SPDX-License-Identifier: GPL-2.0-or-later
/* RTCP from either side: what is kept of it, and what viewers are sent. */
#include <gst/gst.h>
#include <stdint.h>

#include "limit.h"
#include "rtcp.h"

/* The source that blocks and requests are looked for of */
#define ABOUT	0x55667788

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	g_setenv("GST_REGISTRY_DISABLE", "yes", TRUE);
	gst_init(NULL, NULL);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* memory that ends where the datagram does */
	g_autofree guint8 *datagram = size ? g_memdup2(data, size) : g_malloc(1);
	struct rtcp_heard heard, again;
	GstBuffer *out;
	GstMapInfo map;

	if (!rtcp_hear(datagram, size, ABOUT, &heard))
		return 0;
	g_assert_true(!heard.reported || heard.block.ssrc == ABOUT);
	if (!heard.sender)
		return 0;
	out = rtcp_sender_report(heard.ssrc, &heard, heard.rtptime);
	rtcp_set_counts(out, G_MAXUINT64, size);
	g_assert_true(gst_buffer_map(out, &map, GST_MAP_READ));
	g_assert_cmpuint(map.size, <=, LIMIT_RTCP);
	/* it says what was heard */
	g_assert_true(rtcp_hear(map.data, map.size, ABOUT, &again));
	g_assert_cmpuint(again.ntp, ==, heard.ntp);
	/* of one letter, the library's reader misses it where a packet ends behind it */
	if (heard.cname_len > 1)
		g_assert_cmpmem(again.cname, again.cname_len, heard.cname,
				heard.cname_len);
	gst_buffer_unmap(out, &map);
	gst_buffer_unref(out);
	return 0;
}
