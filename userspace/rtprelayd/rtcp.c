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

/* Words of a feedback packet without FCI: header, sender, media */
#define RTCP_FB_WORDS		2

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
			/* it is UTF-8; the library ends it at a zero when it is sent on */
			if (!g_utf8_validate_len((const char *)text, len, NULL))
				continue;
			memcpy(heard->cname, text, len);
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

static void rtcp_hear_feedback(struct rtcp_heard *heard, GstRTCPPacket *feedback,
			       guint32 about)
{
	guint8 *fci;

	/* the library counts what is behind these words without looking */
	if (gst_rtcp_packet_get_length(feedback) < RTCP_FB_WORDS)
		return;
	switch (gst_rtcp_packet_fb_get_type(feedback)) {
	case GST_RTCP_PSFB_TYPE_PLI:
		if (gst_rtcp_packet_fb_get_media_ssrc(feedback) == about)
			heard->request = RTCP_REQUEST_PLI;
		break;
	case GST_RTCP_PSFB_TYPE_FIR:
		fci = gst_rtcp_packet_fb_get_fci(feedback);
		for (guint i = 0; i + 2 <= gst_rtcp_packet_fb_get_fci_length(feedback); i += 2)
			if (GST_READ_UINT32_BE(fci + 4 * i) == about)
				heard->request = RTCP_REQUEST_FIR;
		break;
	default:
		break;
	}
}

static void rtcp_hear_blocks(struct rtcp_heard *heard, GstRTCPPacket *report,
			     guint32 about)
{
	struct rtcp_block block;

	for (guint i = 0; i < gst_rtcp_packet_get_rb_count(report); i++) {
		gst_rtcp_packet_get_rb(report, i, &block.ssrc, &block.fraction, &block.lost,
				       &block.highest, &block.jitter, &block.lsr,
				       &block.dlsr);
		if (block.ssrc != about)
			continue;
		heard->block = block;
		heard->reported = TRUE;
	}
}

static void rtcp_hear_packet(struct rtcp_heard *heard, GstRTCPPacket *packet,
			     guint32 about)
{
	/*
	 * Types of packets are the peer's to choose, so this switch and the one
	 * above need their default: all that is not named stays here.
	 */
	switch (gst_rtcp_packet_get_type(packet)) {
	case GST_RTCP_TYPE_RR:
		rtcp_hear_blocks(heard, packet, about);
		break;
	case GST_RTCP_TYPE_SDES:
		rtcp_hear_sdes(heard, packet);
		break;
	case GST_RTCP_TYPE_BYE:
		rtcp_hear_bye(heard, packet);
		break;
	case GST_RTCP_TYPE_PSFB:
		rtcp_hear_feedback(heard, packet, about);
		break;
	default:
		break;
	}
}

static gboolean rtcp_is_report(GstRTCPPacket *packet)
{
	GstRTCPType type = gst_rtcp_packet_get_type(packet);

	return type == GST_RTCP_TYPE_SR || type == GST_RTCP_TYPE_RR;
}

/* Feedback that comes without a report (RFC 5506), as FFmpeg sends it */
static gboolean rtcp_is_feedback(GstRTCPPacket *packet)
{
	GstRTCPType type = gst_rtcp_packet_get_type(packet);

	return type == GST_RTCP_TYPE_RTPFB || type == GST_RTCP_TYPE_PSFB;
}

/* The first packet, which is a report, be it an empty one, or feedback */
static void rtcp_hear_first(struct rtcp_heard *heard, GstRTCPPacket *report,
			    guint32 about)
{
	if (rtcp_is_feedback(report)) {
		heard->ssrc = gst_rtcp_packet_fb_get_sender_ssrc(report);
		rtcp_hear_packet(heard, report, about);
		return;
	}
	heard->sender = gst_rtcp_packet_get_type(report) == GST_RTCP_TYPE_SR;
	if (heard->sender)
		gst_rtcp_packet_sr_get_sender_info(report, &heard->ssrc, &heard->ntp,
						   &heard->rtptime, NULL, NULL);
	else
		heard->ssrc = gst_rtcp_packet_rr_get_ssrc(report);
	rtcp_hear_blocks(heard, report, about);
}

gboolean rtcp_hear(const guint8 *data, gsize len, guint32 about,
		   struct rtcp_heard *heard)
{
	guint8 padded[LIMIT_RTCP + RTCP_SLACK] = { 0 };
	GstRTCPBuffer rtcp = GST_RTCP_BUFFER_INIT;
	g_autoptr(GstBuffer) in = NULL;
	GstRTCPPacket packet;
	gboolean whole;

	*heard = (struct rtcp_heard){ 0 };
	if (!len || len > LIMIT_RTCP ||
	    !gst_rtcp_buffer_validate_data_reduced((guint8 *)data, len))
		return FALSE;
	memcpy(padded, data, len);
	in = gst_buffer_new_wrapped_full(GST_MEMORY_FLAG_READONLY, padded, sizeof(padded),
					 0, len, NULL, NULL);
	if (!gst_rtcp_buffer_map(in, GST_MAP_READ, &rtcp))
		return FALSE;

	/* the first packet is not there when it claims more blocks than it has */
	whole = gst_rtcp_buffer_get_first_packet(&rtcp, &packet) &&
		(rtcp_is_report(&packet) || rtcp_is_feedback(&packet));
	if (whole) {
		rtcp_hear_first(heard, &packet, about);
		while (gst_rtcp_packet_move_to_next(&packet))
			rtcp_hear_packet(heard, &packet, about);
	}
	gst_rtcp_buffer_unmap(&rtcp);
	return whole;
}

static void rtcp_add_cname(GstRTCPBuffer *out, guint32 ssrc, const guint8 *cname,
			   guint8 len)
{
	GstRTCPPacket made;

	if (len && gst_rtcp_buffer_add_packet(out, GST_RTCP_TYPE_SDES, &made) &&
	    gst_rtcp_packet_sdes_add_item(&made, ssrc))
		gst_rtcp_packet_sdes_add_entry(&made, GST_RTCP_SDES_CNAME, len, cname);
}

static void rtcp_add_receiver_report(GstRTCPBuffer *out, guint32 ssrc,
				     const struct rtcp_block *block)
{
	GstRTCPPacket made;

	if (!gst_rtcp_buffer_add_packet(out, GST_RTCP_TYPE_RR, &made))
		return;
	gst_rtcp_packet_rr_set_ssrc(&made, ssrc);
	if (block)
		gst_rtcp_packet_add_rb(&made, block->ssrc, block->fraction, block->lost,
				       block->highest, block->jitter, block->lsr,
				       block->dlsr);
}

static void rtcp_add_bye(GstRTCPBuffer *out, guint32 ssrc)
{
	GstRTCPPacket made;

	if (gst_rtcp_buffer_add_packet(out, GST_RTCP_TYPE_BYE, &made))
		gst_rtcp_packet_bye_add_ssrc(&made, ssrc);
}

static void rtcp_add_request(GstRTCPBuffer *out, const struct rtcp_own *own)
{
	gboolean fir = own->request == RTCP_REQUEST_FIR;
	GstRTCPPacket made;
	guint8 *fci;

	if (own->request == RTCP_REQUEST_NONE ||
	    !gst_rtcp_buffer_add_packet(out, GST_RTCP_TYPE_PSFB, &made))
		return;
	gst_rtcp_packet_fb_set_type(&made, fir ? GST_RTCP_PSFB_TYPE_FIR :
						 GST_RTCP_PSFB_TYPE_PLI);
	gst_rtcp_packet_fb_set_sender_ssrc(&made, own->ssrc);
	gst_rtcp_packet_fb_set_media_ssrc(&made, fir ? 0 : own->media);
	if (fir && gst_rtcp_packet_fb_set_fci_length(&made, 2)) {
		fci = gst_rtcp_packet_fb_get_fci(&made);
		GST_WRITE_UINT32_BE(fci, own->media);
		GST_WRITE_UINT32_BE(fci + 4, (guint32)own->fir_number << 24);
	}
}

GstBuffer *rtcp_sender_report(guint32 ssrc, const struct rtcp_heard *heard,
			      guint32 rtptime)
{
	GstBuffer *out = gst_rtcp_buffer_new(LIMIT_RTCP);
	GstRTCPBuffer rtcp = GST_RTCP_BUFFER_INIT;
	GstRTCPPacket made;

	gst_rtcp_buffer_map(out, GST_MAP_READWRITE, &rtcp);
	if (gst_rtcp_buffer_add_packet(&rtcp, GST_RTCP_TYPE_SR, &made))
		gst_rtcp_packet_sr_set_sender_info(&made, ssrc, heard->ntp, rtptime, 0, 0);
	rtcp_add_cname(&rtcp, ssrc, heard->cname, heard->cname_len);
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

GstBuffer *rtcp_own_report(const struct rtcp_own *own)
{
	GstBuffer *out = gst_rtcp_buffer_new(LIMIT_RTCP);
	GstRTCPBuffer rtcp = GST_RTCP_BUFFER_INIT;

	gst_rtcp_buffer_map(out, GST_MAP_READWRITE, &rtcp);
	rtcp_add_receiver_report(&rtcp, own->ssrc, own->block);
	rtcp_add_cname(&rtcp, own->ssrc, (const guint8 *)own->cname, strlen(own->cname));
	rtcp_add_request(&rtcp, own);
	if (own->bye)
		rtcp_add_bye(&rtcp, own->ssrc);
	gst_rtcp_buffer_unmap(&rtcp);
	return out;
}

GstBuffer *rtcp_bye(guint32 ssrc)
{
	GstBuffer *out = gst_rtcp_buffer_new(LIMIT_RTCP);
	GstRTCPBuffer rtcp = GST_RTCP_BUFFER_INIT;

	gst_rtcp_buffer_map(out, GST_MAP_READWRITE, &rtcp);
	rtcp_add_receiver_report(&rtcp, ssrc, NULL);
	rtcp_add_bye(&rtcp, ssrc);
	gst_rtcp_buffer_unmap(&rtcp);
	return out;
}

guint rtcp_interval_ms(gboolean initial)
{
	/* e - 3/2, which makes up for timer reconsideration */
	const double compensation = 1.21828;
	double ms = initial ? RTCP_INTERVAL_MS / 2 : RTCP_INTERVAL_MS;

	return ms * g_random_double_range(0.5, 1.5) / compensation;
}
