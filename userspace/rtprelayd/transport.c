// SPDX-License-Identifier: GPL-2.0-or-later
#include "transport.h"

#include <string.h>

#include "addr.h"
#include "transport_header.h"

typedef GstRTSPTransport transport;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(transport, gst_rtsp_transport_free)

/* A single port stands for itself and the next (RFC 3550, section 11). */
static gboolean transport_get_ports(const GstRTSPRange *range,
				    struct transport_ports *ports)
{
	gint rtcp = range->max == -1 ? range->min + 1 : range->max;

	if (range->min < 1 || range->min > G_MAXUINT16 || rtcp < 1 ||
	    rtcp > G_MAXUINT16 || rtcp == range->min)
		return FALSE;
	ports->rtp = range->min;
	ports->rtcp = rtcp;
	return TRUE;
}

/* As with ports; channels are bytes, and 0 is one. */
static gboolean transport_get_channels(const GstRTSPRange *range,
				       struct transport_channels *channels)
{
	gint rtcp = range->max == -1 ? range->min + 1 : range->max;

	if (range->min < 0 || range->min > G_MAXUINT8 || rtcp < 0 ||
	    rtcp > G_MAXUINT8 || rtcp == range->min)
		return FALSE;
	channels->rtp = range->min;
	channels->rtcp = rtcp;
	return TRUE;
}

static transport *transport_parse(const char *text)
{
	transport *parsed = transport_header_parse(text);

	if (parsed && parsed->trans == GST_RTSP_TRANS_RTP &&
	    (parsed->profile == GST_RTSP_PROFILE_AVP ||
	     parsed->profile == GST_RTSP_PROFILE_AVPF) && !parsed->mode_record)
		return parsed;
	g_clear_pointer(&parsed, gst_rtsp_transport_free);
	return NULL;
}

/* A viewer may name a destination, but none other than itself. */
static gboolean transport_is_viewers(const transport *asked,
				     const struct rtp_fanout_addr *viewer)
{
	char host[ADDR_STRLEN];

	return !asked->destination ||
	       g_str_equal(asked->destination, addr_host(viewer, host));
}

static gboolean transport_can_serve(const transport *asked,
				    const struct rtp_fanout_addr *viewer,
				    struct transport_choice *choice)
{
	choice->feedback = asked->profile == GST_RTSP_PROFILE_AVPF;
	/* A set of flags, of which a viewer may name others. */
	switch (asked->lower_transport) {
	case GST_RTSP_LOWER_TRANS_UDP:
		choice->kind = TRANSPORT_UDP;
		return viewer && transport_is_viewers(asked, viewer) &&
		       transport_get_ports(&asked->client_port, &choice->ports);
	case GST_RTSP_LOWER_TRANS_TCP:
		choice->kind = TRANSPORT_INTERLEAVED;
		choice->any_channels = asked->interleaved.min == -1;
		return choice->any_channels ||
		       transport_get_channels(&asked->interleaved, &choice->channels);
	default:
		return FALSE;
	}
}

gboolean transport_choose(const char *header, const struct rtp_fanout_addr *viewer,
			  struct transport_choice *choice)
{
	g_auto(GStrv) offers = g_strsplit(header, ",", -1);

	for (guint i = 0; offers[i]; i++) {
		g_autoptr(transport) asked = transport_parse(g_strstrip(offers[i]));

		if (asked && transport_can_serve(asked, viewer, choice))
			return TRUE;
	}
	return FALSE;
}

const char *transport_name(enum transport_kind kind)
{
	switch (kind) {
	case TRANSPORT_UDP:
		return "udp";
	case TRANSPORT_INTERLEAVED:
		return "tcp";
	}
	return NULL;
}

static GstRTSPProfile transport_profile(const struct transport_choice *asked)
{
	return asked->feedback ? GST_RTSP_PROFILE_AVPF : GST_RTSP_PROFILE_AVP;
}

char *transport_answer(const struct transport_choice *asked,
		       const struct transport_ports *server, guint32 ssrc)
{
	g_autoptr(transport) made = NULL;

	gst_rtsp_transport_new(&made);
	made->trans = GST_RTSP_TRANS_RTP;
	made->profile = transport_profile(asked);
	made->lower_transport = GST_RTSP_LOWER_TRANS_UDP;
	made->client_port = (GstRTSPRange){ asked->ports.rtp, asked->ports.rtcp };
	made->server_port = (GstRTSPRange){ server->rtp, server->rtcp };
	made->ssrc = ssrc;
	made->mode_play = TRUE;
	return gst_rtsp_transport_as_text(made);
}

char *transport_answer_interleaved(const struct transport_choice *asked,
				   const struct transport_channels *channels,
				   guint32 ssrc)
{
	transport *made = NULL;
	char *text;

	gst_rtsp_transport_new(&made);
	made->trans = GST_RTSP_TRANS_RTP;
	made->profile = transport_profile(asked);
	made->lower_transport = GST_RTSP_LOWER_TRANS_TCP;
	made->interleaved = (GstRTSPRange){ channels->rtp, channels->rtcp };
	made->ssrc = ssrc;
	made->mode_play = TRUE;
	text = gst_rtsp_transport_as_text(made);
	gst_rtsp_transport_free(made);
	return text;
}
