// SPDX-License-Identifier: GPL-2.0-or-later
#include "origin_peer.h"

#include <arpa/inet.h>
#include <string.h>
#include <unistd.h>

#include "rtsp.h"

struct origin_mood origin_mood(struct origin *origin)
{
	struct origin_mood mood;

	g_mutex_lock(&origin->lock);
	mood = origin->mood;
	g_mutex_unlock(&origin->lock);
	return mood;
}

guint32 origin_ssrc(const struct origin *origin, guint track)
{
	return ORIGIN_SSRC + track + origin->streams * ORIGIN_NEXT;
}

static guint32 origin_timestamp(const struct origin *origin, guint track)
{
	return origin->units * ORIGIN_TICKS(track) + origin->streams * 0x76543210;
}

void origin_count(struct origin *origin, guint *counter)
{
	g_mutex_lock(&origin->lock);
	(*counter)++;
	g_mutex_unlock(&origin->lock);
}

void origin_capture(struct origin *origin, const void *data, gsize len)
{
	g_mutex_lock(&origin->lock);
	g_byte_array_append(origin->captured, data, len);
	g_mutex_unlock(&origin->lock);
}

static guint32 origin_word(const guint8 *data)
{
	return (guint32)data[0] << 24 | data[1] << 16 | data[2] << 8 | data[3];
}

void origin_reported(struct origin *origin, guint track, const guint8 *data, gsize len)
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

static gboolean origin_has_player(struct origin *origin, guint track)
{
	for (GList *l = origin->peers; l; l = l->next) {
		struct peer *peer = l->data;

		if (peer->playing && peer->tracks & 1 << track)
			return TRUE;
	}
	return FALSE;
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
	for (guint track = 0; track < ORIGIN_TRACKS; track++) {
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
	for (guint track = 0; track < ORIGIN_TRACKS; track++)
		origin->seq[track] += 256 * 77;
}

static gboolean origin_tick(gpointer user_data)
{
	struct origin *origin = user_data;
	struct origin_mood mood = origin_mood(origin);
	gboolean hang_up;
	guint small;

	for (guint track = 0; track < ORIGIN_TRACKS; track++)
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
	for (guint track = 0; track < ORIGIN_TRACKS; track++) {
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
	for (guint track = 0; track < ORIGIN_TRACKS; track++) {
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
