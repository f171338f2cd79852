// SPDX-License-Identifier: GPL-2.0-or-later
/* RTCP from either side, up to what viewers are sent of it. */
#include <gst/gst.h>
#include <stdint.h>

#include "limit.h"
#include "rtcp.h"

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
	g_autoptr(GstBuffer) out = NULL;
	gboolean has_sender_info;
	GstMapInfo map;

	out = rtcp_from_upstream(datagram, size, &has_sender_info);
	g_assert_true(!out || rtcp_is_report(datagram, size));
	if (!out)
		return 0;
	if (has_sender_info)
		rtcp_set_counts(out, G_MAXUINT64, size);
	g_assert_true(gst_buffer_map(out, &map, GST_MAP_READ));
	g_assert_cmpuint(map.size, <=, LIMIT_RTCP);
	g_assert_true(rtcp_is_report(map.data, map.size));
	gst_buffer_unmap(out, &map);
	return 0;
}
