// SPDX-License-Identifier: GPL-2.0-or-later
#include "origin_peer.h"

#include <gst/rtsp/gstrtsptransport.h>
#include <string.h>

static void origin_capture_request(struct origin *origin, GstRTSPMessage *msg)
{
	g_autoptr(GString) text = g_string_new(msg->type_data.request.uri);
	guint8 *body = NULL;
	guint len = 0;

	g_string_append_c(text, '\n');
	gst_rtsp_message_append_headers(msg, text);
	gst_rtsp_message_get_body(msg, &body, &len);
	g_string_append_len(text, (const char *)body, len);
	origin_capture(origin, text->str, text->len);
}

void peer_free(struct peer *peer)
{
	struct origin *origin = peer->origin;

	origin->peers = g_list_remove(origin->peers, peer);
	wire_free(peer->wire);
	g_mutex_lock(&origin->lock);
	origin->stats.open--;
	g_mutex_unlock(&origin->lock);
	g_free(peer);
}

static void peer_describe(struct peer *peer, GstRTSPMessage *answer)
{
	g_autofree char *base = g_strdup_printf("rtsp://" ORIGIN_HOST ":%u/live/",
						peer->origin->port);
	struct origin_mood mood = origin_mood(peer->origin);
	g_autofree char *sdp = g_strdup_printf(
		"v=0\r\no=- 77 1 IN IP4 " ORIGIN_HOST "\r\ns=" ORIGIN_HOST "\r\n"
		"c=IN IP4 " ORIGIN_HOST "\r\nt=0 0\r\na=control:*\r\n"
		"m=video 0 RTP/%s %u\r\na=rtpmap:%u H264/90000\r\na=control:video\r\n%s"
		"m=audio 0 RTP/AVP 97\r\na=rtpmap:97 L16/8000\r\na=control:audio\r\n",
		mood.feedback ? "AVPF" : "AVP", ORIGIN_VIDEO + 2 * mood.changed,
		ORIGIN_VIDEO + 2 * mood.changed,
		mood.feedback ? "a=rtcp-fb:96 nack pli\r\n" : "");

	gst_rtsp_message_add_header(answer, GST_RTSP_HDR_CONTENT_BASE, base);
	gst_rtsp_message_add_header(answer, GST_RTSP_HDR_CONTENT_TYPE, "application/sdp");
	gst_rtsp_message_set_body(answer, (const guint8 *)sdp, strlen(sdp));
}

/* FALSE: 461 */
static gboolean peer_setup(struct peer *peer, GstRTSPMessage *msg, GstRTSPMessage *answer)
{
	guint track = g_str_has_suffix(msg->type_data.request.uri, "audio");
	struct origin *origin = peer->origin;
	GstRTSPTransport *transport;
	char *text = NULL, *reply;

	gst_rtsp_transport_new(&transport);
	gst_rtsp_message_get_header(msg, GST_RTSP_HDR_TRANSPORT, &text, 0);
	gst_rtsp_transport_parse(text, transport);
	peer->tcp = transport->lower_transport == GST_RTSP_LOWER_TRANS_TCP;
	peer->channel[track] = transport->interleaved.min;
	if (!peer->tcp && (transport->client_port.min % 2 ||
			   transport->client_port.max != transport->client_port.min + 1))
		origin_count(origin, &origin->stats.odd_ports);
	peer->rtp[track].sin_family = AF_INET;
	peer->rtp[track].sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	peer->rtp[track].sin_port = htons(transport->client_port.min);
	peer->rtcp[track] = peer->rtp[track];
	peer->rtcp[track].sin_port = htons(transport->client_port.max);
	gst_rtsp_transport_free(transport);
	if (!peer->tcp && origin_mood(origin).refuse_udp)
		return FALSE;
	peer->tracks |= 1 << track;

	if (peer->tcp)
		reply = g_strdup_printf("%s;ssrc=%08X", text, origin_ssrc(origin, track));
	else
		reply = g_strdup_printf("%s;server_port=%u-%u;ssrc=%08X", text,
					origin->media_port[track][0],
					origin->media_port[track][1],
					origin_ssrc(origin, track));
	gst_rtsp_message_take_header(answer, GST_RTSP_HDR_TRANSPORT, reply);
	return TRUE;
}

static void peer_frame(struct peer *peer, GstRTSPMessage *msg)
{
	struct origin *origin = peer->origin;
	guint8 *data = NULL;
	guint len = 0;

	gst_rtsp_message_get_body(msg, &data, &len);
	peer->alive = g_get_monotonic_time();
	for (guint track = 0; track < ORIGIN_TRACKS; track++)
		if (msg->type_data.data.channel == peer->channel[track] + 1)
			origin_reported(origin, track, data, len);
}

static void peer_message(GstRTSPMessage *msg, gpointer user_data)
{
	struct peer *peer = user_data;
	struct origin *origin = peer->origin;
	GstRTSPMessage *answer = NULL;
	char *cseq = NULL, *challenge;
	gint status = 200;

	if (msg->type == GST_RTSP_MESSAGE_DATA) {
		peer_frame(peer, msg);
		wire_next(peer->wire);
		return;
	}
	origin_capture_request(origin, msg);
	if (msg->type_data.request.method == GST_RTSP_DESCRIBE) {
		g_usleep(g_atomic_int_get(&origin->delay_ms) * 1000);
		status = origin->refuse ?: status;
	}
	if (!gate_admits(origin_mood(origin).gate, msg, &challenge))
		status = 401;
	gst_rtsp_message_new_response(&answer, status, "-", NULL);
	if (challenge)
		gst_rtsp_message_take_header(answer, GST_RTSP_HDR_WWW_AUTHENTICATE, challenge);
	gst_rtsp_message_get_header(msg, GST_RTSP_HDR_CSEQ, &cseq, 0);
	gst_rtsp_message_add_header(answer, GST_RTSP_HDR_CSEQ, cseq);
	gst_rtsp_message_add_header(answer, GST_RTSP_HDR_SESSION, "77;timeout=60");
	switch (status == 401 ? GST_RTSP_INVALID : msg->type_data.request.method) {
	case GST_RTSP_DESCRIBE:
		origin_count(origin, &origin->stats.describes);
		if (status == 200)
			peer_describe(peer, answer);
		break;
	case GST_RTSP_SETUP:
		origin_count(origin, &origin->stats.setups);
		if (!peer_setup(peer, msg, answer))
			answer->type_data.response.code = 461;
		break;
	case GST_RTSP_PLAY:
		origin_count(origin, &origin->stats.plays);
		peer->playing = TRUE;
		peer->alive = g_get_monotonic_time();
		break;
	case GST_RTSP_TEARDOWN:
		origin_count(origin, &origin->stats.teardowns);
		peer->playing = FALSE;
		break;
	default:
		origin_count(origin, &origin->stats.others);
		break;
	}
	wire_send(peer->wire, answer);
	gst_rtsp_message_free(answer);
	wire_next(peer->wire);
}

static void peer_closed(const GError *error, gpointer user_data)
{
	peer_free(user_data);
}

gboolean origin_accept(GSocket *listener, GIOCondition condition, gpointer user_data)
{
	static const struct wire_ops ops = { .message = peer_message, .closed = peer_closed };
	g_autoptr(GSocket) socket = g_socket_accept(listener, NULL, NULL);
	g_autoptr(GSocketConnection) connection = NULL;
	g_autoptr(GSocketAddress) address = NULL;
	struct origin *origin = user_data;
	g_autofree char *from = NULL;
	struct peer *peer;

	if (!socket || origin_mood(origin).down)
		return G_SOURCE_CONTINUE;
	connection = g_socket_connection_factory_create_connection(socket);
	address = g_socket_get_remote_address(socket, NULL);
	from = g_inet_address_to_string(g_inet_socket_address_get_address(
						G_INET_SOCKET_ADDRESS(address)));
	origin_count(origin, &origin->stats.connections);
	origin_count(origin, &origin->stats.open);
	if (!g_str_equal(from, "127.0.0.1"))
		origin_count(origin, &origin->stats.foreign_peers);
	peer = g_new0(struct peer, 1);
	peer->origin = origin;
	peer->wire = wire_new(G_IO_STREAM(connection), &ops, peer);
	origin->peers = g_list_prepend(origin->peers, peer);
	return G_SOURCE_CONTINUE;
}

void peer_send(struct peer *peer, guint track, gboolean rtcp, const guint8 *data,
	       gsize len)
{
	struct sockaddr_in *to = rtcp ? &peer->rtcp[track] : &peer->rtp[track];
	gboolean from_rtcp = rtcp || origin_mood(peer->origin).elsewhere;
	GstRTSPMessage *frame = NULL;

	if (!peer->tcp) {
		sendto(peer->origin->fd[track][from_rtcp], data, len, 0, (struct sockaddr *)to,
		       sizeof(*to));
		return;
	}
	gst_rtsp_message_new_data(&frame, peer->channel[track] + rtcp);
	gst_rtsp_message_set_body(frame, data, len);
	wire_send(peer->wire, frame);
	gst_rtsp_message_free(frame);
}
