// SPDX-License-Identifier: GPL-2.0-or-later
#include "bandwidth.h"

#include "rate.h"

/* @value: set; 0 without the header */
static gboolean bandwidth_read_number(GstRTSPMessage *msg, GstRTSPHeaderField field,
				      guint64 *value)
{
	char *text = NULL, *again = NULL;

	*value = 0;
	if (gst_rtsp_message_get_header(msg, field, &text, 0) != GST_RTSP_OK)
		return TRUE;
	return gst_rtsp_message_get_header(msg, field, &again, 1) != GST_RTSP_OK &&
	       g_ascii_string_to_unsigned(text, 10, 1, G_MAXUINT64, value, NULL);
}

gboolean bandwidth_read(GstRTSPMessage *msg, guint64 *octets)
{
	guint64 bits, block;

	if (!bandwidth_read_number(msg, GST_RTSP_HDR_BANDWIDTH, &bits) ||
	    !bandwidth_read_number(msg, GST_RTSP_HDR_BLOCKSIZE, &block))
		return FALSE;
	*octets = rate_octets(bits);
	return TRUE;
}
