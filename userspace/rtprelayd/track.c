// SPDX-License-Identifier: GPL-2.0-or-later
#include "track.h"

#include <arpa/inet.h>
#include <errno.h>
#include <glib-unix.h>
#include <string.h>

#include "addr.h"
#include "limit.h"
#include "log.h"
#include "rtcp.h"

/* Random part of the CNAME, in bytes (RFC 7022, section 4.2) */
#define CNAME_BYTES	12

/**
 * struct track - see track.h
 * @config: see there
 * @leg_alive: see track_new()
 * @udp: its sockets
 * @fanout: NULL until track_start()
 * @server: where its RTCP comes from and goes to
 * @ssrc: what the server said in SETUP, or 0
 * @own_ssrc: ours
 * @cname: ours
 * @rtcp_watch: wakes on RTCP
 * @report_timer: time of the next own report
 * @legs_by_cookie: struct leg * by dest.cookie
 * @legs_by_rtp: struct leg * by dest.addr
 * @legs_by_rtcp: struct leg * by rtcp.addr
 * @last_cookie: last one given
 * @socket_datagrams: that the media socket handed to us
 * @rtcp_ignored: RTCP from nobody we know, or none
 */
struct track {
	struct track_config config;
	void (*leg_alive)(struct leg *leg);
	struct udp_pair udp;
	struct fanout *fanout;
	struct rtp_fanout_dest server;
	guint32 ssrc;
	guint32 own_ssrc;
	char *cname;
	GSource *rtcp_watch;
	guint report_timer;
	GHashTable *legs_by_cookie;
	GHashTable *legs_by_rtp;
	GHashTable *legs_by_rtcp;
	guint64 last_cookie;
	guint64 socket_datagrams;
	guint64 rtcp_ignored;
};

static void track_send(struct track *track, const struct rtp_fanout_dest *to,
		       GstBuffer *buffer)
{
	GstMapInfo map;

	if (!gst_buffer_map(buffer, &map, GST_MAP_READ))
		return;
	udp_send(track->udp.rtcp, track->udp.family, to, map.data, map.size);
	gst_buffer_unmap(buffer, &map);
}

/* What relaying a report to the viewers needs */
struct track_report {
	struct track *track;
	GstBuffer *buffer;
	gboolean has_sender_info;
};

static gboolean track_report_to(const struct rtp_fanout_dest_info *info,
				gpointer user_data)
{
	struct track_report *report = user_data;
	struct leg *leg = g_hash_table_lookup(report->track->legs_by_cookie,
					      &info->cookie);

	if (!leg)
		return TRUE;
	if (report->has_sender_info)
		rtcp_set_counts(report->buffer, info->packets, info->octets);
	track_send(report->track, &leg->rtcp, report->buffer);
	return TRUE;
}

static void track_from_upstream(struct track *track, const guint8 *data, gsize len)
{
	struct track_report report = { .track = track };

	report.buffer = rtcp_from_upstream(data, len, &report.has_sender_info);
	if (!report.buffer)
		return;
	fanout_each_dest(track->fanout, track_report_to, &report, NULL);
	gst_buffer_unref(report.buffer);
}

static void track_from_viewer(struct track *track, const struct rtp_fanout_addr *from,
			      const guint8 *data, gsize len)
{
	struct leg *leg = g_hash_table_lookup(track->legs_by_rtcp, from);

	if (leg && rtcp_is_report(data, len))
		track->leg_alive(leg);
	else
		track->rtcp_ignored++;
}

static gboolean track_rtcp_ready(gint fd, GIOCondition condition, gpointer user_data)
{
	struct track *track = user_data;
	/* one byte more, so that what is too long is seen to be */
	guint8 data[LIMIT_RTCP + 1];

	for (guint i = 0; i < LIMIT_RTCP_BATCH; i++) {
		struct sockaddr_storage sa;
		socklen_t sa_len = sizeof(sa);
		struct rtp_fanout_addr from;
		gssize len = recvfrom(fd, data, sizeof(data), MSG_DONTWAIT,
				      (struct sockaddr *)&sa, &sa_len);

		if (len < 0 && errno == EAGAIN)
			break;
		/* any other error is one that ICMP left: the next call reads on */
		if (len < 0 || !addr_from_sockaddr(&from, (void *)&sa, sa_len))
			continue;
		if (track->fanout && addr_equal(&from, &track->server.addr))
			track_from_upstream(track, data, len);
		else
			track_from_viewer(track, &from, data, len);
	}
	return G_SOURCE_CONTINUE;
}

static gboolean track_report(gpointer user_data)
{
	struct track *track = user_data;
	g_autoptr(GstBuffer) report = rtcp_own_report(track->own_ssrc, track->cname,
						      FALSE);

	track_send(track, &track->server, report);
	track->report_timer = g_timeout_add(rtcp_interval_ms(FALSE), track_report, track);
	return G_SOURCE_REMOVE;
}

static void track_datagram(const guint8 *data, gsize len,
			   const struct rtp_fanout_addr *from, gpointer user_data)
{
	struct track *track = user_data;

	/* hole punching, or the tee: of neither is there anything to be done */
	track->socket_datagrams++;
}

static void track_event(const struct rtp_fanout_event *event, gpointer user_data)
{
	struct track *track = user_data;
	struct leg *leg;
	char addr[ADDR_STRLEN];

	if (event->events & RTP_FANOUT_EVENT_NEW_SSRC)
		log_event("stream-source", LOG_S("path", track->config.name),
			  LOG_U("track", track->config.index),
			  LOG_U("ssrc", track_ssrc(track)));

	leg = g_hash_table_lookup(track->legs_by_cookie, &event->cookie);
	if (leg && event->events & RTP_FANOUT_EVENT_ICMP_ERROR)
		/* ICMP can be forged: the viewer's silence ends it, not this */
		log_event("viewer-unreachable", LOG_S("path", track->config.name),
			  LOG_U("track", track->config.index),
			  LOG_S("viewer", addr_to_string(&leg->dest.addr, addr)),
			  LOG_S("error", g_strerror(event->error)));
}

static char *track_make_cname(void)
{
	guint32 random[CNAME_BYTES / sizeof(guint32)];

	for (guint i = 0; i < G_N_ELEMENTS(random); i++)
		random[i] = g_random_int();
	return g_base64_encode((const guint8 *)random, sizeof(random));
}

struct track *track_new(const struct track_config *config,
			void (*leg_alive)(struct leg *leg), GError **error)
{
	struct track *track = g_new0(struct track, 1);

	track->config = *config;
	track->leg_alive = leg_alive;
	if (!udp_pair_open(&track->udp, config->family, error)) {
		g_free(track);
		return NULL;
	}
	track->own_ssrc = g_random_int();
	track->cname = track_make_cname();
	track->legs_by_cookie = g_hash_table_new(g_int64_hash, g_int64_equal);
	track->legs_by_rtp = g_hash_table_new(addr_hash, addr_equal);
	track->legs_by_rtcp = g_hash_table_new(addr_hash, addr_equal);
	track->rtcp_watch = g_unix_fd_source_new(track->udp.rtcp, G_IO_IN);
	g_source_set_callback(track->rtcp_watch, G_SOURCE_FUNC(track_rtcp_ready), track,
			      NULL);
	g_source_attach(track->rtcp_watch, g_main_context_get_thread_default());
	return track;
}

static void track_say_bye(struct track *track)
{
	g_autoptr(GstBuffer) up = rtcp_own_report(track->own_ssrc, track->cname, TRUE);
	g_autoptr(GstBuffer) down = rtcp_bye(track_ssrc(track));
	GHashTableIter iter;
	gpointer leg;

	track_send(track, &track->server, up);
	g_hash_table_iter_init(&iter, track->legs_by_cookie);
	while (g_hash_table_iter_next(&iter, NULL, &leg)) {
		track_send(track, &((struct leg *)leg)->rtcp, down);
		((struct leg *)leg)->track = NULL;
	}
}

static void track_log_end(struct track *track)
{
	struct rtp_fanout_info info;

	fanout_info(track->fanout, &info, NULL);
	log_event("stream-ended", LOG_S("path", track->config.name),
		  LOG_U("track", track->config.index),
		  LOG_U("received", info.rx_packets), LOG_U("lost", info.rx_lost),
		  LOG_U("sent", info.tx_packets), LOG_U("dropped", info.tx_dropped),
		  LOG_U("socket-datagrams", track->socket_datagrams));
}

void track_free(struct track *track)
{
	if (!track)
		return;
	if (track->fanout) {
		track_say_bye(track);
		track_log_end(track);
	}
	g_clear_pointer(&track->fanout, fanout_free);
	g_clear_handle_id(&track->report_timer, g_source_remove);
	g_source_destroy(track->rtcp_watch);
	g_source_unref(track->rtcp_watch);
	udp_pair_close(&track->udp);
	g_hash_table_unref(track->legs_by_cookie);
	g_hash_table_unref(track->legs_by_rtp);
	g_hash_table_unref(track->legs_by_rtcp);
	g_free(track->cname);
	g_free(track);
}

const struct transport_ports *track_ports(const struct track *track)
{
	return &track->udp.ports;
}

gboolean track_start(struct track *track, const struct rtp_fanout_addr *server,
		     const struct transport_ports *ports, guint32 ssrc, GError **error)
{
	static const struct fanout_callbacks callbacks = {
		.datagram = track_datagram,
		.event = track_event,
	};
	struct rtp_fanout_config config = {
		.source = *server,
		.flags = track->config.tee ? RTP_FANOUT_TEE : 0,
	};
	const char *fallback;

	config.source.port = htons(ports->rtp);
	memcpy(config.codec, track->config.codec, sizeof(config.codec));
	track->fanout = fanout_new(track->udp.rtp, track->config.backend, &config,
				   &callbacks, track, error);
	if (!track->fanout)
		return FALSE;

	track->ssrc = ssrc;
	track->server.addr = *server;
	track->server.addr.port = htons(ports->rtcp);
	track->report_timer = g_timeout_add(rtcp_interval_ms(TRUE), track_report, track);

	fallback = fanout_fallback(track->fanout);
	log_event("stream-served", LOG_S("path", track->config.name),
		  LOG_U("track", track->config.index),
		  LOG_S("backend", fanout_backend_name(fanout_backend(track->fanout))),
		  LOG_S("tee", track->config.tee ? "yes" : "no"),
		  LOG_U("port", track->udp.ports.rtp),
		  LOG_U("receive-buffer", track->udp.rcvbuf),
		  LOG_S(fallback ? "fallback" : NULL, fallback));
	return TRUE;
}

guint32 track_ssrc(struct track *track)
{
	struct rtp_fanout_info info;

	if (track->fanout && fanout_info(track->fanout, &info, NULL) && info.ssrc)
		return info.ssrc;
	return track->ssrc;
}

gboolean track_add_leg(struct track *track, struct leg *leg, GError **error)
{
	leg->dest.cookie = ++track->last_cookie;
	if (!fanout_add(track->fanout, &leg->dest, error))
		return FALSE;
	leg->track = track;
	g_hash_table_insert(track->legs_by_cookie, &leg->dest.cookie, leg);
	g_hash_table_insert(track->legs_by_rtp, &leg->dest.addr, leg);
	/* two legs that name one RTCP address: it is the later one's */
	g_hash_table_replace(track->legs_by_rtcp, &leg->rtcp.addr, leg);
	return TRUE;
}

void track_del_leg(struct leg *leg)
{
	struct track *track = leg->track;

	if (!track)
		return;
	leg->track = NULL;
	fanout_del(track->fanout, &leg->dest, NULL);
	g_hash_table_remove(track->legs_by_cookie, &leg->dest.cookie);
	g_hash_table_remove(track->legs_by_rtp, &leg->dest.addr);
	if (g_hash_table_lookup(track->legs_by_rtcp, &leg->rtcp.addr) == leg)
		g_hash_table_remove(track->legs_by_rtcp, &leg->rtcp.addr);
}

struct leg *track_find_leg(struct track *track, const struct rtp_fanout_addr *addr)
{
	return g_hash_table_lookup(track->legs_by_rtp, addr);
}

struct track_lookup {
	guint64 cookie;
	struct rtp_fanout_dest_info info;
};

static gboolean track_match_cookie(const struct rtp_fanout_dest_info *info,
				   gpointer user_data)
{
	struct track_lookup *lookup = user_data;

	if (info->cookie != lookup->cookie)
		return TRUE;
	lookup->info = *info;
	return FALSE;
}

gboolean track_first_seq(struct leg *leg, guint16 *seq)
{
	struct track_lookup lookup = { .cookie = leg->dest.cookie };

	if (!leg->track ||
	    !fanout_each_dest(leg->track->fanout, track_match_cookie, &lookup, NULL) ||
	    !lookup.info.packets)
		return FALSE;
	/* its numbers are contiguous */
	*seq = lookup.info.last_seq - lookup.info.packets + 1;
	return TRUE;
}

JsonNode *track_to_json(struct track *track)
{
	g_autoptr(JsonBuilder) json = json_builder_new();
	struct rtp_fanout_info info = { 0 };

	if (track->fanout)
		fanout_info(track->fanout, &info, NULL);
	const struct {
		const char *name;
		guint64 value;
	} counters[] = {
		{ "ssrc", info.ssrc },
		{ "viewers", info.dests },
		{ "rx_packets", info.rx_packets },
		{ "rx_octets", info.rx_octets },
		{ "rx_passed", info.rx_passed },
		{ "rx_teed", info.rx_teed },
		{ "rx_lost", info.rx_lost },
		{ "rx_dropped_queue", info.rx_dropped_queue },
		{ "rx_dropped_nomem", info.rx_dropped_nomem },
		{ "rx_dropped_policy", info.rx_dropped_policy },
		{ "rx_dropped_ttl", info.rx_dropped_ttl },
		{ "rx_dropped_malformed", info.rx_dropped_malformed },
		{ "rx_dropped_duplicate", info.rx_dropped_duplicate },
		{ "rx_dropped_late", info.rx_dropped_late },
		{ "rx_dropped_unconfirmed", info.rx_dropped_unconfirmed },
		{ "tx_packets", info.tx_packets },
		{ "tx_octets", info.tx_octets },
		{ "tx_dropped", info.tx_dropped },
		{ "tx_sends", info.tx_sends },
		{ "tx_waits", info.tx_waits },
		{ "socket_datagrams", track->socket_datagrams },
		{ "rtcp_ignored", track->rtcp_ignored },
	};

	json_builder_begin_object(json);
	json_builder_set_member_name(json, "path");
	json_builder_add_string_value(json, track->config.name);
	json_builder_set_member_name(json, "track");
	json_builder_add_int_value(json, track->config.index);
	json_builder_set_member_name(json, "backend");
	json_builder_add_string_value(json, track->fanout ?
		fanout_backend_name(fanout_backend(track->fanout)) : "none");
	json_builder_set_member_name(json, "port");
	json_builder_add_int_value(json, track->udp.ports.rtp);
	for (guint i = 0; i < G_N_ELEMENTS(counters); i++) {
		json_builder_set_member_name(json, counters[i].name);
		json_builder_add_int_value(json, counters[i].value);
	}
	json_builder_end_object(json);
	return json_builder_get_root(json);
}
