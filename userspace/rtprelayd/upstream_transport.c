// SPDX-License-Identifier: GPL-2.0-or-later
#include "upstream_transport.h"

#include "transport_header.h"

typedef GstRTSPTransport header;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(header, gst_rtsp_transport_free)

char *upstream_transport_request(const struct upstream_transport *asked)
{
	g_autoptr(header) made = NULL;

	gst_rtsp_transport_new(&made);
	made->trans = GST_RTSP_TRANS_RTP;
	made->profile = asked->feedback ? GST_RTSP_PROFILE_AVPF : GST_RTSP_PROFILE_AVP;
	if (asked->tcp) {
		made->lower_transport = GST_RTSP_LOWER_TRANS_TCP;
		made->interleaved = (GstRTSPRange){ asked->channel, asked->rtcp_channel };
	} else {
		made->lower_transport = GST_RTSP_LOWER_TRANS_UDP;
		made->client_port = (GstRTSPRange){ asked->client.rtp,
						    asked->client.rtcp };
	}
	return gst_rtsp_transport_as_text(made);
}

/* A single number stands for itself and the next (RFC 3550, section 11). */
static gboolean upstream_transport_pair(const GstRTSPRange *range, gint min, gint max,
					gint *first, gint *second)
{
	*first = range->min;
	*second = range->max == -1 ? range->min + 1 : range->max;
	return *first >= min && *first <= max && *second >= min && *second <= max &&
	       *first != *second;
}

static gboolean upstream_transport_read_udp(const header *answer,
					    struct upstream_transport *transport)
{
	gint rtp, rtcp;

	/* some servers leave the client's ports out: then they are as asked */
	if (upstream_transport_pair(&answer->client_port, 1, G_MAXUINT16, &rtp, &rtcp) &&
	    (rtp != transport->client.rtp || rtcp != transport->client.rtcp))
		return FALSE;
	if (!upstream_transport_pair(&answer->server_port, 1, G_MAXUINT16, &rtp, &rtcp))
		return FALSE;
	transport->server.rtp = rtp;
	transport->server.rtcp = rtcp;
	return TRUE;
}

static gboolean upstream_transport_read_tcp(const header *answer,
					    struct upstream_transport *transport)
{
	gint rtp, rtcp;

	if (!upstream_transport_pair(&answer->interleaved, 0, G_MAXUINT8, &rtp, &rtcp))
		return FALSE;
	transport->channel = rtp;
	transport->rtcp_channel = rtcp;
	return TRUE;
}

gboolean upstream_transport_answered(const char *text,
				     struct upstream_transport *transport)
{
	g_autoptr(header) answer = transport_header_parse(text);

	if (!answer ||
	    answer->trans != GST_RTSP_TRANS_RTP || answer->mode_record ||
	    (answer->profile != GST_RTSP_PROFILE_AVP &&
	     answer->profile != GST_RTSP_PROFILE_AVPF) ||
	    answer->lower_transport != (transport->tcp ? GST_RTSP_LOWER_TRANS_TCP :
							 GST_RTSP_LOWER_TRANS_UDP))
		return FALSE;
	transport->ssrc = answer->ssrc;
	return transport->tcp ? upstream_transport_read_tcp(answer, transport) :
				upstream_transport_read_udp(answer, transport);
}
