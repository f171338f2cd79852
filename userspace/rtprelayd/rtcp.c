// SPDX-License-Identifier: GPL-2.0-or-later
#include "rtcp.h"

#include <string.h>

#include "limit.h"

/*
 * Each track has one sender and this one receiver, for which 5% of any
 * bandwidth in use gives less than the minimum interval.
 */
#define RTCP_INTERVAL_MS	5000

gboolean rtcp_is_report(const guint8 *data, gsize len)
{
	return len <= LIMIT_RTCP && gst_rtcp_buffer_validate_data((guint8 *)data, len);
}

static gboolean rtcp_add_sender_info(GstRTCPBuffer *out, GstRTCPPacket *sr)
{
	guint32 ssrc, rtptime, packets, octets;
	GstRTCPPacket made;
	guint64 ntptime;

	if (!gst_rtcp_buffer_add_packet(out, GST_RTCP_TYPE_SR, &made))
		return FALSE;
	gst_rtcp_packet_sr_get_sender_info(sr, &ssrc, &ntptime, &rtptime, &packets,
					   &octets);
	gst_rtcp_packet_sr_set_sender_info(&made, ssrc, ntptime, rtptime, 0, 0);
	return TRUE;
}

/* A compound packet begins with a report, be it an empty one. */
static gboolean rtcp_add_empty_report(GstRTCPBuffer *out, guint32 ssrc)
{
	GstRTCPPacket made;

	if (!gst_rtcp_buffer_add_packet(out, GST_RTCP_TYPE_RR, &made))
		return FALSE;
	gst_rtcp_packet_rr_set_ssrc(&made, ssrc);
	return TRUE;
}

static gboolean rtcp_add_cname(GstRTCPBuffer *out, guint32 ssrc, const guint8 *cname,
			       guint8 len)
{
	GstRTCPPacket made;

	return gst_rtcp_buffer_add_packet(out, GST_RTCP_TYPE_SDES, &made) &&
	       gst_rtcp_packet_sdes_add_item(&made, ssrc) &&
	       gst_rtcp_packet_sdes_add_entry(&made, GST_RTCP_SDES_CNAME, len, cname);
}

static void rtcp_copy_cnames(GstRTCPBuffer *out, GstRTCPPacket *sdes)
{
	gboolean item, entry;

	for (item = gst_rtcp_packet_sdes_first_item(sdes); item;
	     item = gst_rtcp_packet_sdes_next_item(sdes)) {
		guint32 ssrc = gst_rtcp_packet_sdes_get_ssrc(sdes);

		for (entry = gst_rtcp_packet_sdes_first_entry(sdes); entry;
		     entry = gst_rtcp_packet_sdes_next_entry(sdes)) {
			GstRTCPSDESType type;
			guint8 *text, len;

			if (gst_rtcp_packet_sdes_get_entry(sdes, &type, &len, &text) &&
			    type == GST_RTCP_SDES_CNAME)
				rtcp_add_cname(out, ssrc, text, len);
		}
	}
}

static void rtcp_copy_bye(GstRTCPBuffer *out, GstRTCPPacket *bye)
{
	GstRTCPPacket made;

	if (!gst_rtcp_buffer_add_packet(out, GST_RTCP_TYPE_BYE, &made))
		return;
	for (guint i = 0; i < gst_rtcp_packet_bye_get_ssrc_count(bye); i++)
		gst_rtcp_packet_bye_add_ssrc(&made,
					     gst_rtcp_packet_bye_get_nth_ssrc(bye, i));
}

static void rtcp_copy_packet(GstRTCPBuffer *out, GstRTCPPacket *packet)
{
	/*
	 * Types of packets are the peer's to choose, so this switch needs its
	 * default: all that is not named stays here.
	 */
	switch (gst_rtcp_packet_get_type(packet)) {
	case GST_RTCP_TYPE_SDES:
		rtcp_copy_cnames(out, packet);
		break;
	case GST_RTCP_TYPE_BYE:
		rtcp_copy_bye(out, packet);
		break;
	default:
		break;
	}
}

GstBuffer *rtcp_from_upstream(const guint8 *data, gsize len,
			      gboolean *has_sender_info)
{
	g_autoptr(GstBuffer) in = NULL;
	GstRTCPBuffer rtcp_in = GST_RTCP_BUFFER_INIT;
	GstRTCPBuffer rtcp_out = GST_RTCP_BUFFER_INIT;
	GstBuffer *out = NULL;
	GstRTCPPacket packet;
	gboolean kept;

	*has_sender_info = FALSE;
	if (!rtcp_is_report(data, len))
		return NULL;
	in = gst_rtcp_buffer_new_copy_data(data, len);
	if (!gst_rtcp_buffer_map(in, GST_MAP_READ, &rtcp_in))
		return NULL;
	/* which fails for a packet that claims more blocks than it has */
	if (!gst_rtcp_buffer_get_first_packet(&rtcp_in, &packet)) {
		gst_rtcp_buffer_unmap(&rtcp_in);
		return NULL;
	}

	out = gst_rtcp_buffer_new(LIMIT_RTCP);
	gst_rtcp_buffer_map(out, GST_MAP_READWRITE, &rtcp_out);
	*has_sender_info = gst_rtcp_packet_get_type(&packet) == GST_RTCP_TYPE_SR;
	if (*has_sender_info)
		kept = rtcp_add_sender_info(&rtcp_out, &packet);
	else
		kept = rtcp_add_empty_report(&rtcp_out,
					     gst_rtcp_packet_rr_get_ssrc(&packet));
	while (kept && gst_rtcp_packet_move_to_next(&packet))
		rtcp_copy_packet(&rtcp_out, &packet);
	/* an empty report alone says nothing */
	kept = kept && (*has_sender_info || gst_rtcp_buffer_get_packet_count(&rtcp_out) > 1);
	gst_rtcp_buffer_unmap(&rtcp_out);
	gst_rtcp_buffer_unmap(&rtcp_in);

	if (!kept)
		gst_clear_buffer(&out);
	return out;
}

void rtcp_set_counts(GstBuffer *buffer, guint64 packets, guint64 octets)
{
	GstRTCPBuffer rtcp = GST_RTCP_BUFFER_INIT;
	guint32 ssrc, rtptime, old_packets, old_octets;
	GstRTCPPacket sr;
	guint64 ntptime;

	if (!gst_rtcp_buffer_map(buffer, GST_MAP_READWRITE, &rtcp))
		return;
	if (gst_rtcp_buffer_get_first_packet(&rtcp, &sr)) {
		gst_rtcp_packet_sr_get_sender_info(&sr, &ssrc, &ntptime, &rtptime,
						   &old_packets, &old_octets);
		gst_rtcp_packet_sr_set_sender_info(&sr, ssrc, ntptime, rtptime,
						   packets, octets);
	}
	gst_rtcp_buffer_unmap(&rtcp);
}

static GstBuffer *rtcp_report_and_bye(guint32 ssrc, const char *cname, gboolean bye)
{
	GstBuffer *out = gst_rtcp_buffer_new(LIMIT_RTCP);
	GstRTCPBuffer rtcp = GST_RTCP_BUFFER_INIT;
	GstRTCPPacket made;

	gst_rtcp_buffer_map(out, GST_MAP_READWRITE, &rtcp);
	rtcp_add_empty_report(&rtcp, ssrc);
	if (cname)
		rtcp_add_cname(&rtcp, ssrc, (const guint8 *)cname, strlen(cname));
	if (bye && gst_rtcp_buffer_add_packet(&rtcp, GST_RTCP_TYPE_BYE, &made))
		gst_rtcp_packet_bye_add_ssrc(&made, ssrc);
	gst_rtcp_buffer_unmap(&rtcp);
	return out;
}

GstBuffer *rtcp_own_report(guint32 ssrc, const char *cname, gboolean bye)
{
	return rtcp_report_and_bye(ssrc, cname, bye);
}

GstBuffer *rtcp_bye(guint32 ssrc)
{
	return rtcp_report_and_bye(ssrc, NULL, TRUE);
}

guint rtcp_interval_ms(gboolean initial)
{
	/* e - 3/2, which makes up for timer reconsideration */
	const double compensation = 1.21828;
	double ms = initial ? RTCP_INTERVAL_MS / 2 : RTCP_INTERVAL_MS;

	return ms * g_random_double_range(0.5, 1.5) / compensation;
}
