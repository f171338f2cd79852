// SPDX-License-Identifier: GPL-2.0-or-later
#include "rtcp.h"

#include <string.h>

#include "limit.h"

/*
 * Each track has one sender and this one receiver, for which 5% of any
 * bandwidth in use gives less than the minimum interval.
 */
#define RTCP_INTERVAL_MS	5000

/*
 * Zeros behind a packet that is read: the library trusts the counts and lengths
 * within one, and reads up to 31 SSRCs or the head of an entry behind its end.
 */
#define RTCP_SLACK		128

gboolean rtcp_is_report(const guint8 *data, gsize len)
{
	return len && len <= LIMIT_RTCP &&
	       gst_rtcp_buffer_validate_data((guint8 *)data, len);
}

/**
 * struct rtcp_heard - what is kept of a compound packet
 * @ssrc: whose report it begins with; nothing about others is kept, so that what
 *	is made of it has its fixed bound
 * @cname: of that source, @cname_len bytes in the packet, or NULL
 * @bye: that source stops
 */
struct rtcp_heard {
	guint32 ssrc;
	const guint8 *cname;
	guint8 cname_len;
	gboolean bye;
};

/* An entry's length may point behind the packet, which the library lets it. */
static gboolean rtcp_is_within(const GstRTCPPacket *packet, const guint8 *data,
			       guint8 len)
{
	const GstMapInfo *map = &packet->rtcp->map;

	return data >= map->data && data + len <= map->data + map->size;
}

static void rtcp_hear_sdes(struct rtcp_heard *heard, GstRTCPPacket *sdes)
{
	gboolean item, entry;

	for (item = gst_rtcp_packet_sdes_first_item(sdes); item;
	     item = gst_rtcp_packet_sdes_next_item(sdes)) {
		if (gst_rtcp_packet_sdes_get_ssrc(sdes) != heard->ssrc)
			continue;
		for (entry = gst_rtcp_packet_sdes_first_entry(sdes); entry;
		     entry = gst_rtcp_packet_sdes_next_entry(sdes)) {
			GstRTCPSDESType type;
			guint8 *text, len;

			if (!gst_rtcp_packet_sdes_get_entry(sdes, &type, &len, &text) ||
			    type != GST_RTCP_SDES_CNAME || !rtcp_is_within(sdes, text, len))
				continue;
			heard->cname = text;
			heard->cname_len = len;
		}
	}
}

static void rtcp_hear_bye(struct rtcp_heard *heard, GstRTCPPacket *bye)
{
	for (guint i = 0; i < gst_rtcp_packet_bye_get_ssrc_count(bye); i++)
		if (gst_rtcp_packet_bye_get_nth_ssrc(bye, i) == heard->ssrc)
			heard->bye = TRUE;
}

static void rtcp_hear(struct rtcp_heard *heard, GstRTCPPacket *packet)
{
	/*
	 * Types of packets are the peer's to choose, so this switch needs its
	 * default: all that is not named stays here.
	 */
	switch (gst_rtcp_packet_get_type(packet)) {
	case GST_RTCP_TYPE_SDES:
		rtcp_hear_sdes(heard, packet);
		break;
	case GST_RTCP_TYPE_BYE:
		rtcp_hear_bye(heard, packet);
		break;
	default:
		break;
	}
}

/* A compound packet begins with a report, be it an empty one. */
static void rtcp_add_empty_report(GstRTCPBuffer *out, guint32 ssrc)
{
	GstRTCPPacket made;

	if (gst_rtcp_buffer_add_packet(out, GST_RTCP_TYPE_RR, &made))
		gst_rtcp_packet_rr_set_ssrc(&made, ssrc);
}

static void rtcp_add_heard(GstRTCPBuffer *out, const struct rtcp_heard *heard)
{
	GstRTCPPacket made;

	if (heard->cname && gst_rtcp_buffer_add_packet(out, GST_RTCP_TYPE_SDES, &made) &&
	    gst_rtcp_packet_sdes_add_item(&made, heard->ssrc))
		gst_rtcp_packet_sdes_add_entry(&made, GST_RTCP_SDES_CNAME,
					       heard->cname_len, heard->cname);
	if (heard->bye && gst_rtcp_buffer_add_packet(out, GST_RTCP_TYPE_BYE, &made))
		gst_rtcp_packet_bye_add_ssrc(&made, heard->ssrc);
}

/* An empty report of @heard's source, and the rest */
static GstBuffer *rtcp_make(const struct rtcp_heard *heard)
{
	GstBuffer *out = gst_rtcp_buffer_new(LIMIT_RTCP);
	GstRTCPBuffer rtcp = GST_RTCP_BUFFER_INIT;

	gst_rtcp_buffer_map(out, GST_MAP_READWRITE, &rtcp);
	rtcp_add_empty_report(&rtcp, heard->ssrc);
	rtcp_add_heard(&rtcp, heard);
	gst_rtcp_buffer_unmap(&rtcp);
	return out;
}

/* A report with the sender's information of @sr, and the rest */
static GstBuffer *rtcp_make_sr(const struct rtcp_heard *heard, GstRTCPPacket *sr)
{
	GstBuffer *out = gst_rtcp_buffer_new(LIMIT_RTCP);
	GstRTCPBuffer rtcp = GST_RTCP_BUFFER_INIT;
	guint32 ssrc, rtptime, packets, octets;
	GstRTCPPacket made;
	guint64 ntptime;

	gst_rtcp_packet_sr_get_sender_info(sr, &ssrc, &ntptime, &rtptime, &packets,
					   &octets);
	gst_rtcp_buffer_map(out, GST_MAP_READWRITE, &rtcp);
	if (gst_rtcp_buffer_add_packet(&rtcp, GST_RTCP_TYPE_SR, &made))
		gst_rtcp_packet_sr_set_sender_info(&made, ssrc, ntptime, rtptime, 0, 0);
	rtcp_add_heard(&rtcp, heard);
	gst_rtcp_buffer_unmap(&rtcp);
	return out;
}

GstBuffer *rtcp_from_upstream(const guint8 *data, gsize len,
			      gboolean *has_sender_info)
{
	guint8 padded[LIMIT_RTCP + RTCP_SLACK] = { 0 };
	GstRTCPBuffer rtcp = GST_RTCP_BUFFER_INIT;
	g_autoptr(GstBuffer) in = NULL;
	struct rtcp_heard heard = { 0 };
	GstRTCPPacket report, packet;
	GstBuffer *out = NULL;

	*has_sender_info = FALSE;
	if (!rtcp_is_report(data, len))
		return NULL;
	memcpy(padded, data, len);
	in = gst_buffer_new_wrapped_full(GST_MEMORY_FLAG_READONLY, padded, sizeof(padded),
					 0, len, NULL, NULL);
	if (!gst_rtcp_buffer_map(in, GST_MAP_READ, &rtcp))
		return NULL;

	/* the first packet is not there when it claims more blocks than it has */
	if (gst_rtcp_buffer_get_first_packet(&rtcp, &report)) {
		packet = report;
		*has_sender_info = gst_rtcp_packet_get_type(&report) == GST_RTCP_TYPE_SR;
		if (*has_sender_info)
			gst_rtcp_packet_sr_get_sender_info(&report, &heard.ssrc, NULL,
							   NULL, NULL, NULL);
		else
			heard.ssrc = gst_rtcp_packet_rr_get_ssrc(&report);
		while (gst_rtcp_packet_move_to_next(&packet))
			rtcp_hear(&heard, &packet);

		if (*has_sender_info)
			out = rtcp_make_sr(&heard, &report);
		else if (heard.cname || heard.bye)
			out = rtcp_make(&heard);
	}
	gst_rtcp_buffer_unmap(&rtcp);
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

GstBuffer *rtcp_own_report(guint32 ssrc, const char *cname, gboolean bye)
{
	return rtcp_make(&(struct rtcp_heard){
		.ssrc = ssrc,
		.cname = (const guint8 *)cname,
		.cname_len = strlen(cname),
		.bye = bye,
	});
}

GstBuffer *rtcp_bye(guint32 ssrc)
{
	return rtcp_make(&(struct rtcp_heard){ .ssrc = ssrc, .bye = TRUE });
}

guint rtcp_interval_ms(gboolean initial)
{
	/* e - 3/2, which makes up for timer reconsideration */
	const double compensation = 1.21828;
	double ms = initial ? RTCP_INTERVAL_MS / 2 : RTCP_INTERVAL_MS;

	return ms * g_random_double_range(0.5, 1.5) / compensation;
}
