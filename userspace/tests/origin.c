// SPDX-License-Identifier: GPL-2.0-or-later
#include "origin.h"

#include <arpa/inet.h>
#include <gst/rtsp/gstrtsptransport.h>
#include <string.h>
#include <unistd.h>

#include "rtsp.h"
#include "wire.h"

#define TRACKS	2

/* An RTSP connection to the origin */
struct peer {
	struct origin *origin;
	struct wire *wire;
	gboolean playing;
	struct sockaddr_in rtp[TRACKS];
	struct sockaddr_in rtcp[TRACKS];
	gboolean tcp;
	guint8 channel[TRACKS];
	guint tracks;
	gint64 alive;		/* when it began to play, or RTCP came last */
};

struct origin {
	GThread *thread;
	GMainContext *context;
	GMainLoop *loop;
	GSocket *listener;
	guint16 port;
	int fd[TRACKS][2];	/* RTP, RTCP */
	guint16 media_port[TRACKS][2];
	guint16 seq[TRACKS];
	guint32 units;		/* access units so far */
	guint32 ticks;		/* periods so far */
	guint small;		/* periods a datagram, or 0 */
	guint32 streams;	/* times that it began anew */
	gboolean was_down;
	gboolean said_bye;
	GList *peers;
	GMutex lock;		/* of what follows */
	struct origin_stats stats;
	GByteArray *captured;
	gint refuse;
	guint delay_ms;
	guint expire_ms;
	gboolean hang_up;
	struct origin_mood mood;
};

static struct origin_mood origin_mood(struct origin *origin)
{
	struct origin_mood mood;

	g_mutex_lock(&origin->lock);
	mood = origin->mood;
	g_mutex_unlock(&origin->lock);
	return mood;
}

static guint32 origin_ssrc(const struct origin *origin, guint track)
{
	return ORIGIN_SSRC + track + origin->streams * ORIGIN_NEXT;
}

static guint32 origin_timestamp(const struct origin *origin, guint track)
{
	return origin->units * ORIGIN_TICKS(track) + origin->streams * 0x76543210;
}

static void origin_count(struct origin *origin, guint *counter)
{
	g_mutex_lock(&origin->lock);
	(*counter)++;
	g_mutex_unlock(&origin->lock);
}

static void origin_capture(struct origin *origin, const void *data, gsize len)
{
	g_mutex_lock(&origin->lock);
	g_byte_array_append(origin->captured, data, len);
	g_mutex_unlock(&origin->lock);
}

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

static void peer_free(struct peer *peer)
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

static guint32 origin_word(const guint8 *data)
{
	return (guint32)data[0] << 24 | data[1] << 16 | data[2] << 8 | data[3];
}

/* RTCP came. */
static void origin_reported(struct origin *origin, guint track, const guint8 *data, gsize len)
{
	g_mutex_lock(&origin->lock);
	origin->stats.reports++;
	for (gsize at = 0; at + 4 <= len; at += 4 + (data[at + 2] << 8 | data[at + 3]) * 4) {
		origin->stats.byes += data[at + 1] == 203;
		/* it must be about the stream as it is now */
		origin->stats.key_frames += data[at + 1] == 206 && at + 12 <= len &&
			origin_word(data + at + 8) == origin_ssrc(origin, track);
	}
	if (track == 0 && len <= sizeof(origin->stats.rtcp)) {
		memcpy(origin->stats.rtcp, data, len);
		origin->stats.rtcp_len = len;
	}
	g_mutex_unlock(&origin->lock);
}

static void peer_frame(struct peer *peer, GstRTSPMessage *msg)
{
	struct origin *origin = peer->origin;
	guint8 *data = NULL;
	guint len = 0;

	gst_rtsp_message_get_body(msg, &data, &len);
	peer->alive = g_get_monotonic_time();
	for (guint track = 0; track < TRACKS; track++)
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

static gboolean origin_accept(GSocket *listener, GIOCondition condition, gpointer user_data)
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

static gboolean origin_has_player(struct origin *origin, guint track)
{
	for (GList *l = origin->peers; l; l = l->next) {
		struct peer *peer = l->data;

		if (peer->playing && peer->tracks & 1 << track)
			return TRUE;
	}
	return FALSE;
}

static void peer_send(struct peer *peer, guint track, gboolean rtcp, const guint8 *data,
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

static void origin_send(struct origin *origin, guint track, const guint8 *payload, gsize len)
{
	guint8 data[1500];
	guint16 seq = origin->seq[track]++;
	guint32 timestamp = htonl(origin_timestamp(origin, track));
	guint32 ssrc = htonl(origin_ssrc(origin, track));
	struct origin_mood mood = origin_mood(origin);

	data[0] = 0x80;
	data[1] = track ? ORIGIN_AUDIO : ORIGIN_VIDEO + 2 * mood.changed;
	data[2] = seq >> 8;
	data[3] = seq;
	memcpy(data + 4, &timestamp, 4);
	memcpy(data + 8, &ssrc, 4);
	memcpy(data + 12, payload, len);
	if (origin_has_player(origin, track)) {
		g_mutex_lock(&origin->lock);
		origin->stats.made++;
		g_mutex_unlock(&origin->lock);
	}
	for (GList *l = origin->peers; l; l = l->next) {
		struct peer *peer = l->data;

		if (!peer->playing || !(peer->tracks & 1 << track) || mood.mute ||
		    (mood.no_udp && !peer->tcp) || origin->said_bye)
			continue;
		peer_send(peer, track, FALSE, data, 12 + len);
		g_mutex_lock(&origin->lock);
		origin->stats.sent++;
		g_mutex_unlock(&origin->lock);
	}
}

/* A NAL unit of that layer; its filling depends on the number alone */
static void origin_send_nal(struct origin *origin, guint8 type, guint did, guint tid,
			    gsize len)
{
	guint8 nal[1400];

	memset(nal, origin->seq[0], sizeof(nal));
	nal[0] = 0x60 | type;
	if (type == 14 || type == 20) {
		nal[1] = 0x80;
		nal[2] = 0x80 | did << 4;
		nal[3] = tid << 5 | 7;
	}
	origin_send(origin, 0, nal, len);
}

static void origin_send_unit(struct origin *origin, gboolean small)
{
	static const guint tids[] = { 0, 2, 1, 2 };
	guint tid = tids[origin->units % G_N_ELEMENTS(tids)];
	/* the audio tells which one it is */
	guint8 samples[160] = {
		origin->units >> 24, origin->units >> 16, origin->units >> 8, origin->units,
	};

	if (!small)
		origin_send_nal(origin, 14, 0, tid, 8);
	origin_send_nal(origin, 1, 0, tid, 300);
	if (!small) {
		origin_send_nal(origin, 20, 1, tid, 700);
		origin_send_nal(origin, 20, 2, tid, 1400);
		origin_send_nal(origin, 20, 2, tid, 900);
	}
	origin_send(origin, 1, samples, sizeof(samples));
	origin->units++;
}

static void origin_send_reports(struct origin *origin, gboolean bye)
{
	for (guint track = 0; track < TRACKS; track++) {
		/* an access unit is a hundredth of a second; counts that no viewer may see */
		guint32 words[] = {
			htonl(0x80c80006), htonl(origin_ssrc(origin, track)),
			htonl(1 + origin->units / 100),
			htonl((origin->units % 100 * G_GUINT64_CONSTANT(0x100000000)) / 100),
			htonl(origin_timestamp(origin, track)),
			htonl(0x0badbad0), htonl(0x0badbad1),
			htonl(0x81ca0003), htonl(origin_ssrc(origin, track)),
			/* CNAME, of four letters */
			htonl(0x01040000 | 'o' << 8 | 'n'), htonl('c' << 24 | 'e' << 16),
			htonl(0x81cb0001), htonl(origin_ssrc(origin, track)),
		};

		for (GList *l = origin->peers; l; l = l->next) {
			struct peer *peer = l->data;

			if (peer->playing && peer->tracks & 1 << track)
				peer_send(peer, track, TRUE, (guint8 *)words,
					  bye ? sizeof(words) : sizeof(words) - 8);
		}
	}
}

static void origin_read_rtcp(struct origin *origin, guint track)
{
	struct sockaddr_in from;
	guint8 data[2048];
	gssize len;

	for (;;) {
		socklen_t from_len = sizeof(from);

		len = recvfrom(origin->fd[track][1], data, sizeof(data), MSG_DONTWAIT,
			       (struct sockaddr *)&from, &from_len);
		if (len <= 0)
			break;
		origin_capture(origin, data, len);
		origin_reported(origin, track, data, len);
		if (from.sin_addr.s_addr != htonl(INADDR_LOOPBACK))
			origin_count(origin, &origin->stats.foreign_peers);
		for (GList *l = origin->peers; l; l = l->next) {
			struct peer *peer = l->data;

			if (peer->rtcp[track].sin_port == from.sin_port)
				peer->alive = g_get_monotonic_time();
		}
	}
}

static void origin_expire_peers(struct origin *origin)
{
	gint64 now = g_get_monotonic_time(), ms = g_atomic_int_get(&origin->expire_ms);
	GList *next;

	for (GList *l = origin->peers; ms && l; l = next) {
		struct peer *peer = l->data;

		next = l->next;
		if (!peer->playing || now - peer->alive < ms * 1000)
			continue;
		origin_count(origin, &origin->stats.expired);
		peer_free(peer);
	}
}

/* Other SSRCs, numbers and timestamps; what the numbers are modulo 256 stays. */
static void origin_begin_anew(struct origin *origin)
{
	origin->streams++;
	for (guint track = 0; track < TRACKS; track++)
		origin->seq[track] += 256 * 77;
}

static gboolean origin_tick(gpointer user_data)
{
	struct origin *origin = user_data;
	struct origin_mood mood = origin_mood(origin);
	gboolean hang_up;
	guint small;

	for (guint track = 0; track < TRACKS; track++)
		origin_read_rtcp(origin, track);
	origin_expire_peers(origin);

	g_mutex_lock(&origin->lock);
	hang_up = origin->hang_up;
	origin->hang_up = FALSE;
	g_mutex_unlock(&origin->lock);
	if (mood.bye && !origin->said_bye)
		origin_send_reports(origin, TRUE);
	origin->said_bye = mood.bye;
	while ((hang_up || mood.down) && origin->peers)
		peer_free(origin->peers->data);
	if (origin->was_down && !mood.down)
		origin_begin_anew(origin);
	origin->was_down = mood.down;

	small = g_atomic_int_get(&origin->small);
	if (small && origin->ticks++ % small)
		return G_SOURCE_CONTINUE;
	origin_send_unit(origin, small);
	if (origin->units % (ORIGIN_SR / ORIGIN_PERIOD) == 0 && !mood.mute && !mood.bye)
		origin_send_reports(origin, FALSE);
	return G_SOURCE_CONTINUE;
}

static gpointer origin_run(gpointer user_data)
{
	struct origin *origin = user_data;
	GSource *accept_source, *tick;

	g_main_context_push_thread_default(origin->context);
	accept_source = g_socket_create_source(origin->listener, G_IO_IN, NULL);
	g_source_set_callback(accept_source, G_SOURCE_FUNC(origin_accept), origin, NULL);
	g_source_attach(accept_source, origin->context);
	tick = g_timeout_source_new(ORIGIN_PERIOD);
	g_source_set_callback(tick, origin_tick, origin, NULL);
	g_source_attach(tick, origin->context);
	g_main_loop_run(origin->loop);
	g_source_destroy(tick);
	g_source_unref(tick);
	g_source_destroy(accept_source);
	g_source_unref(accept_source);
	while (origin->peers)
		peer_free(origin->peers->data);
	g_main_context_pop_thread_default(origin->context);
	return NULL;
}

struct origin *origin_new(void)
{
	struct origin *origin = g_new0(struct origin, 1);
	g_autoptr(GSocketAddress) any = g_inet_socket_address_new_from_string(ORIGIN_HOST, 0);
	g_autoptr(GSocketAddress) bound = NULL;

	g_mutex_init(&origin->lock);
	origin->captured = g_byte_array_new();
	origin->context = g_main_context_new();
	origin->loop = g_main_loop_new(origin->context, FALSE);
	origin->listener = g_socket_new(G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM,
					G_SOCKET_PROTOCOL_TCP, NULL);
	g_assert_true(g_socket_bind(origin->listener, any, TRUE, NULL));
	g_assert_true(g_socket_listen(origin->listener, NULL));
	bound = g_socket_get_local_address(origin->listener, NULL);
	origin->port = g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(bound));
	for (guint track = 0; track < TRACKS; track++) {
		rtsp_open_pair(ORIGIN_HOST, origin->fd[track], origin->media_port[track]);
		/* the audio's numbers wrap soon */
		origin->seq[track] = track ? 65530 : 1000;
	}
	origin->thread = g_thread_new("origin", origin_run, origin);
	return origin;
}

static gboolean origin_quit(gpointer user_data)
{
	struct origin *origin = user_data;

	g_main_loop_quit(origin->loop);
	return G_SOURCE_REMOVE;
}

void origin_free(struct origin *origin)
{
	GSource *quit = g_idle_source_new();

	/* by its thread, which may not have come to run the loop yet */
	g_source_set_callback(quit, origin_quit, origin, NULL);
	g_source_attach(quit, origin->context);
	g_source_unref(quit);
	g_thread_join(origin->thread);
	for (guint track = 0; track < TRACKS; track++) {
		close(origin->fd[track][0]);
		close(origin->fd[track][1]);
	}
	g_object_unref(origin->listener);
	g_main_loop_unref(origin->loop);
	g_main_context_unref(origin->context);
	g_byte_array_unref(origin->captured);
	g_mutex_clear(&origin->lock);
	g_free(origin);
}

guint16 origin_port(const struct origin *origin)
{
	return origin->port;
}

void origin_get_stats(struct origin *origin, struct origin_stats *stats)
{
	g_mutex_lock(&origin->lock);
	*stats = origin->stats;
	g_mutex_unlock(&origin->lock);
}

void origin_refuse(struct origin *origin, gint status)
{
	origin->refuse = status == 200 ? 0 : status;
}

void origin_small(struct origin *origin, guint periods)
{
	g_atomic_int_set(&origin->small, periods);
}

void origin_delay(struct origin *origin, guint ms)
{
	g_atomic_int_set(&origin->delay_ms, ms);
}

void origin_expire(struct origin *origin, guint ms)
{
	g_atomic_int_set(&origin->expire_ms, ms);
}

GBytes *origin_captured(struct origin *origin)
{
	GBytes *captured;

	g_mutex_lock(&origin->lock);
	captured = g_bytes_new(origin->captured->data, origin->captured->len);
	g_mutex_unlock(&origin->lock);
	return captured;
}

void origin_set_mood(struct origin *origin, const struct origin_mood *mood)
{
	g_mutex_lock(&origin->lock);
	origin->mood = *mood;
	g_mutex_unlock(&origin->lock);
}

void origin_hang_up(struct origin *origin)
{
	g_mutex_lock(&origin->lock);
	origin->hang_up = TRUE;
	g_mutex_unlock(&origin->lock);
}
