// SPDX-License-Identifier: GPL-2.0-or-later
#include "rtcp.h"

#include <gst/rtp/gstrtcpbuffer.h>
#include <string.h>

void rtcp_init(struct rtcp *rtcp)
{
	*rtcp = (struct rtcp){ .ssrc = g_random_int() };
}

void rtcp_receive(struct rtcp *rtcp, guint8 *data, gsize len)
{
	GstBuffer *buffer = gst_buffer_new_memdup(data, len);
	GstRTCPBuffer map = GST_RTCP_BUFFER_INIT;
	GstRTCPPacket packet;
	gboolean more;

	if (!gst_rtcp_buffer_validate_reduced(buffer) ||
	    !gst_rtcp_buffer_map(buffer, GST_MAP_READ, &map)) {
		rtcp->malformed++;
		gst_buffer_unref(buffer);
		return;
	}
	more = gst_rtcp_buffer_get_first_packet(&map, &packet);
	if (!more)
		rtcp->malformed++;
	for (; more; more = gst_rtcp_packet_move_to_next(&packet)) {
		guint64 ntp;

		if (gst_rtcp_packet_get_type(&packet) == GST_RTCP_TYPE_BYE) {
			rtcp->byes++;
		} else if (gst_rtcp_packet_get_type(&packet) == GST_RTCP_TYPE_SR) {
			gst_rtcp_packet_sr_get_sender_info(&packet, NULL, &ntp, NULL, NULL, NULL);
			rtcp->sender_reports++;
			rtcp->last_sr = ntp >> 16;
			rtcp->last_sr_time = g_get_monotonic_time();
		}
	}
	gst_rtcp_buffer_unmap(&map);
	gst_buffer_unref(buffer);
}

gsize rtcp_report(const struct rtcp *rtcp, struct rtpseq *seq, guint32 media_ssrc, guint8 *out)
{
	GstBuffer *buffer = gst_rtcp_buffer_new(RTCP_MTU);
	GstRTCPBuffer map = GST_RTCP_BUFFER_INIT;
	const char *cname = g_get_host_name();
	gint64 waited = g_get_monotonic_time() - rtcp->last_sr_time;
	GstRTCPPacket packet;
	gsize len;

	gst_rtcp_buffer_map(buffer, GST_MAP_READWRITE, &map);
	gst_rtcp_buffer_add_packet(&map, GST_RTCP_TYPE_RR, &packet);
	gst_rtcp_packet_rr_set_ssrc(&packet, rtcp->ssrc);
	if (seq->received)
		gst_rtcp_packet_add_rb(&packet, media_ssrc, rtpseq_fraction_lost(seq),
				       MIN(rtpseq_holes(seq), 0x7fffff), (guint32)seq->max,
				       seq->jitter >> 4, rtcp->last_sr,
				       rtcp->last_sr ? waited * 65536 / G_USEC_PER_SEC : 0);
	gst_rtcp_buffer_add_packet(&map, GST_RTCP_TYPE_SDES, &packet);
	gst_rtcp_packet_sdes_add_item(&packet, rtcp->ssrc);
	gst_rtcp_packet_sdes_add_entry(&packet, GST_RTCP_SDES_CNAME, MIN(strlen(cname), 255),
				       (const guint8 *)cname);
	gst_rtcp_buffer_unmap(&map);

	len = gst_buffer_extract(buffer, 0, out, RTCP_MTU);
	gst_buffer_unref(buffer);
	return len;
}
