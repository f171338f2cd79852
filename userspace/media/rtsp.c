// SPDX-License-Identifier: GPL-2.0-or-later
#include "rtsp.h"

#include <arpa/inet.h>
#include <gio/gio.h>
#include <gst/rtsp/rtsp.h>
#include <gst/sdp/sdp.h>
#include <netdb.h>
#include <string.h>

#define TIMEOUT_US		(10 * G_USEC_PER_SEC)
#define DEFAULT_CLOCK_RATE	90000
#define DEFAULT_SESSION_TIMEOUT	60	/* seconds, RFC 2326 12.37 */

struct rtsp {
	GstRTSPConnection *connection;
	gchar *uri;			/* as given */
	gchar *base;			/* of relative control URLs, and to PLAY */
	gchar *control;			/* of the video stream */
	guint clock_rate;
	struct sockaddr_in rtcp_peer;
	gint64 asked;			/* monotonic time of the last request, in us */
	guint session_timeout;		/* seconds */
};

static gboolean fail(GError **error, const char *what, GstRTSPResult result)
{
	g_autofree gchar *reason = gst_rtsp_strresult(result);

	g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: %s", what, reason);
	return FALSE;
}

/* Sends a request and waits for its answer, which must be a 200. */
static gboolean ask(struct rtsp *rtsp, GstRTSPMethod method, const char *uri,
		    GstRTSPHeaderField field, const char *value,
		    GstRTSPMessage *response, GError **error)
{
	g_autofree gchar *what = g_strdup_printf("%s %s", gst_rtsp_method_as_text(method), uri);
	GstRTSPMessage request = {};
	GstRTSPStatusCode code;
	const gchar *reason;
	GstRTSPResult result;

	gst_rtsp_message_init_request(&request, method, uri);
	if (value)
		gst_rtsp_message_add_header(&request, field, value);
	rtsp->asked = g_get_monotonic_time();
	result = gst_rtsp_connection_send_usec(rtsp->connection, &request, TIMEOUT_US);
	gst_rtsp_message_unset(&request);
	while (result == GST_RTSP_OK) {
		result = gst_rtsp_connection_receive_usec(rtsp->connection, response,
							  TIMEOUT_US);
		if (result == GST_RTSP_OK &&
		    gst_rtsp_message_get_type(response) == GST_RTSP_MESSAGE_RESPONSE)
			break;
		gst_rtsp_message_unset(response);
	}
	if (result != GST_RTSP_OK)
		return fail(error, what, result);

	gst_rtsp_message_parse_response(response, &code, &reason, NULL);
	if (code == GST_RTSP_STS_OK)
		return TRUE;
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: answered %d %s",
		    what, code, reason);
	gst_rtsp_message_unset(response);
	return FALSE;
}

static gchar *join(const char *base, const char *control)
{
	if (!control || !strcmp(control, "*"))
		return g_strdup(base);
	if (g_str_has_prefix(control, "rtsp://"))
		return g_strdup(control);
	return g_strconcat(base, g_str_has_suffix(base, "/") ? "" : "/", control, NULL);
}

static gboolean parse_description(struct rtsp *rtsp, const GstRTSPMessage *response,
				  GError **error)
{
	GstSDPMessage *sdp;
	gchar *base = NULL;
	guint8 *body;
	guint size;

	gst_rtsp_message_get_body(response, &body, &size);
	gst_rtsp_message_get_header(response, GST_RTSP_HDR_CONTENT_BASE, &base, 0);
	base = base ? base : rtsp->uri;

	gst_sdp_message_new(&sdp);
	if (gst_sdp_message_parse_buffer(body, size, sdp) == GST_SDP_OK) {
		rtsp->base = join(base, gst_sdp_message_get_attribute_val(sdp, "control"));
		for (guint i = 0; i < gst_sdp_message_medias_len(sdp) && !rtsp->control; i++) {
			const GstSDPMedia *media = gst_sdp_message_get_media(sdp, i);
			const gchar *map = gst_sdp_media_get_attribute_val(media, "rtpmap");
			const gchar *slash = map ? strchr(map, '/') : NULL;

			if (g_strcmp0(gst_sdp_media_get_media(media), "video"))
				continue;
			rtsp->control = join(base, gst_sdp_media_get_attribute_val(media, "control"));
			if (slash)
				rtsp->clock_rate = g_ascii_strtoull(slash + 1, NULL, 10);
		}
	}
	gst_sdp_message_free(sdp);
	if (!rtsp->clock_rate)
		rtsp->clock_rate = DEFAULT_CLOCK_RATE;
	if (rtsp->control)
		return TRUE;
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
		    "%s: its description has no video", rtsp->uri);
	return FALSE;
}

static gboolean parse_setup(struct rtsp *rtsp, const GstRTSPMessage *response, GError **error)
{
	GstRTSPTransport *transport;
	gchar *value = NULL;
	const gchar *timeout;
	const gchar *host;

	gst_rtsp_message_get_header(response, GST_RTSP_HDR_SESSION, &value, 0);
	timeout = value ? strstr(value, "timeout=") : NULL;
	if (timeout)
		rtsp->session_timeout = g_ascii_strtoull(timeout + strlen("timeout="), NULL, 10);
	if (!rtsp->session_timeout)
		rtsp->session_timeout = DEFAULT_SESSION_TIMEOUT;

	value = NULL;
	gst_rtsp_message_get_header(response, GST_RTSP_HDR_TRANSPORT, &value, 0);
	gst_rtsp_transport_new(&transport);
	if (!value || gst_rtsp_transport_parse(value, transport) != GST_RTSP_OK ||
	    transport->lower_transport != GST_RTSP_LOWER_TRANS_UDP) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
			    "%s: SETUP answered with the transport '%s'",
			    rtsp->uri, value ? value : "");
		gst_rtsp_transport_free(transport);
		return FALSE;
	}
	host = gst_rtsp_connection_get_ip(rtsp->connection);
	if (transport->source)
		host = transport->source;
	rtsp->rtcp_peer.sin_family = AF_INET;
	if (transport->server_port.max > 0 &&
	    inet_pton(AF_INET, host, &rtsp->rtcp_peer.sin_addr) == 1)
		rtsp->rtcp_peer.sin_port = htons(transport->server_port.max);
	gst_rtsp_transport_free(transport);
	return TRUE;
}

static gboolean describe_and_setup(struct rtsp *rtsp, guint16 rtp_port, GError **error)
{
	g_autofree gchar *transport = NULL;
	GstRTSPMessage response = {};
	gboolean ok;

	if (!ask(rtsp, GST_RTSP_DESCRIBE, rtsp->uri, GST_RTSP_HDR_ACCEPT, "application/sdp",
		 &response, error))
		return FALSE;
	ok = parse_description(rtsp, &response, error);
	gst_rtsp_message_unset(&response);
	if (!ok)
		return FALSE;

	transport = g_strdup_printf("RTP/AVP;unicast;client_port=%u-%u", rtp_port, rtp_port + 1);
	if (!ask(rtsp, GST_RTSP_SETUP, rtsp->control, GST_RTSP_HDR_TRANSPORT, transport,
		 &response, error))
		return FALSE;
	ok = parse_setup(rtsp, &response, error);
	gst_rtsp_message_unset(&response);
	return ok;
}

static void rtsp_free(struct rtsp *rtsp)
{
	if (rtsp->connection)
		gst_rtsp_connection_free(rtsp->connection);
	g_free(rtsp->uri);
	g_free(rtsp->base);
	g_free(rtsp->control);
	g_free(rtsp);
}

struct rtsp *rtsp_open(const char *url, guint16 rtp_port, GError **error)
{
	struct rtsp *rtsp = g_new0(struct rtsp, 1);
	GstRTSPUrl *parsed = NULL;
	GstRTSPResult result = gst_rtsp_url_parse(url, &parsed);

	if (result == GST_RTSP_OK)
		result = gst_rtsp_connection_create(parsed, &rtsp->connection);
	if (result == GST_RTSP_OK)
		result = gst_rtsp_connection_connect_usec(rtsp->connection, TIMEOUT_US);
	if (result != GST_RTSP_OK) {
		fail(error, url, result);
	} else {
		rtsp->uri = gst_rtsp_url_get_request_uri(parsed);
		if (describe_and_setup(rtsp, rtp_port, error)) {
			gst_rtsp_url_free(parsed);
			return rtsp;
		}
	}
	if (parsed)
		gst_rtsp_url_free(parsed);
	rtsp_free(rtsp);
	return NULL;
}

gboolean rtsp_play(struct rtsp *rtsp, GError **error)
{
	GstRTSPMessage response = {};

	if (!ask(rtsp, GST_RTSP_PLAY, rtsp->base, GST_RTSP_HDR_RANGE, "npt=0-", &response, error))
		return FALSE;
	gst_rtsp_message_unset(&response);
	return TRUE;
}

const struct sockaddr_in *rtsp_rtcp_peer(const struct rtsp *rtsp)
{
	return &rtsp->rtcp_peer;
}

guint rtsp_clock_rate(const struct rtsp *rtsp)
{
	return rtsp->clock_rate;
}

int rtsp_fd(const struct rtsp *rtsp)
{
	return g_socket_get_fd(gst_rtsp_connection_get_read_socket(rtsp->connection));
}

gboolean rtsp_serve(struct rtsp *rtsp)
{
	GstRTSPMessage message = {};
	GstRTSPResult result;

	result = gst_rtsp_connection_receive_usec(rtsp->connection, &message, TIMEOUT_US);
	gst_rtsp_message_unset(&message);
	return result == GST_RTSP_OK;
}

void rtsp_keep_alive(struct rtsp *rtsp)
{
	GstRTSPMessage request = {};
	gint64 now = g_get_monotonic_time();

	if (now - rtsp->asked < rtsp->session_timeout * G_USEC_PER_SEC / 2)
		return;
	rtsp->asked = now;
	gst_rtsp_message_init_request(&request, GST_RTSP_GET_PARAMETER, rtsp->base);
	/* the answer is read by rtsp_serve(), as is the end when nobody is there */
	gst_rtsp_connection_send_usec(rtsp->connection, &request, TIMEOUT_US);
	gst_rtsp_message_unset(&request);
}

void rtsp_close(struct rtsp *rtsp)
{
	GstRTSPMessage response = {};

	if (ask(rtsp, GST_RTSP_TEARDOWN, rtsp->base, GST_RTSP_HDR_INVALID, NULL,
		&response, NULL))
		gst_rtsp_message_unset(&response);
	rtsp_free(rtsp);
}
