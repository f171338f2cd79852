// SPDX-License-Identifier: GPL-2.0-or-later
#include "sdp_bandwidth.h"

/* The part of a server's number that is for this viewer, rounded up */
static guint sdp_bandwidth_part(guint whole, const struct sdp_rate *rate)
{
	gdouble part;

	if (!rate->all || rate->given >= rate->all)
		return whole;
	part = (gdouble)whole * rate->given / rate->all;
	return (guint)part + ((guint)part < part);
}

void sdp_bandwidth_offer(GstSDPMedia *to, const GstSDPMedia *from,
			 const struct sdp_rate *rate)
{
	guint64 kilobits = (rate->given * 8 + 999) / 1000;
	gboolean told = FALSE;

	for (guint i = 0; i < gst_sdp_media_bandwidths_len(from); i++) {
		const GstSDPBandwidth *bw = gst_sdp_media_get_bandwidth(from, i);

		/* its RTCP is not ours, and of what others mean nothing is known */
		if (g_strcmp0(bw->bwtype, GST_SDP_BWTYPE_AS) &&
		    g_strcmp0(bw->bwtype, GST_SDP_BWTYPE_TIAS))
			continue;
		told = TRUE;
		gst_sdp_media_add_bandwidth(to, bw->bwtype,
					    sdp_bandwidth_part(bw->bandwidth, rate));
	}
	if (!told && kilobits)
		gst_sdp_media_add_bandwidth(to, GST_SDP_BWTYPE_AS, MIN(kilobits, G_MAXINT));
	gst_sdp_media_add_bandwidth(to, GST_SDP_BWTYPE_RS, SDP_BANDWIDTH_RTCP);
	gst_sdp_media_add_bandwidth(to, GST_SDP_BWTYPE_RR, SDP_BANDWIDTH_RTCP);
}
