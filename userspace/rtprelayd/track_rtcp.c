// SPDX-License-Identifier: GPL-2.0-or-later
#include "track_rtcp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <glib-unix.h>
#include <string.h>

#include "addr.h"
#include "limit.h"
#include "log.h"

/* Sender reports that are remembered, to tell round-trip times by */
#define SENT_REPORTS	8

/* A sender report as relayed: by which the viewers name it, and when that was */
struct track_rtcp_sent {
	guint32 lsr;
	gint64 at;
};

/**
 * struct track_rtcp - see track_rtcp.h
 * @config: see track_rtcp_new()
 * @udp: see track_rtcp_new()
 * @nat: see track_rtcp_new()
 * @fanout: NULL until track_rtcp_start()
 * @source: where the stream comes from, while @started
 * @started: there is a server
 * @server: where its RTCP comes from and goes to, over UDP
 * @out_ssrc: of the stream that viewers get
 * @own_ssrc: ours as a receiver
 * @watch: wakes on RTCP
 * @timer: time of the next own report
 * @legs_by_cookie: struct leg * by dest.cookie
 * @legs_by_addr: struct leg * by rtcp
 * @claims: legs that are not there, since what they named is another one's already
 * @cname_len: bytes of @cname, 0 until it was heard
 * @cname: the sender's, which stays while the SSRC that leaves does
 * @lsr: of the server's last report, 0 before
 * @heard_at: monotonic time of that, us
 * @received: datagrams when the last own report was made
 * @lost: datagrams missed by then
 * @lost_before: datagrams missed of the sources before this one
 * @server_left: see track_rtcp_server_left()
 * @sent: the last reports relayed, @n_sent modulo SENT_REPORTS is the next
 * @n_sent: reports relayed
 * @asked_at: monotonic time of the last request for a key frame, us
 * @ask_timer: time of the next one
 * @fir_number: of the last FIR
 * @counters: see track_rtcp_counters()
 */
struct track_rtcp {
	const struct track_config *config;
	const struct udp_pair *udp;
	struct nat *nat;
	struct fanout *fanout;
	struct track_source source;
	gboolean started;
	struct rtp_fanout_dest server;
	guint32 out_ssrc;
	guint32 own_ssrc;
	GSource *watch;
	guint timer;
	GHashTable *legs_by_cookie;
	GHashTable *legs_by_addr;
	GQueue claims;
	guint8 cname_len;
	guint8 cname[RTCP_CNAME_MAX];
	guint32 lsr;
	gint64 heard_at;
	guint64 received;
	guint64 lost;
	guint64 lost_before;
	gboolean server_left;
	struct track_rtcp_sent sent[SENT_REPORTS];
	guint n_sent;
	gint64 asked_at;
	guint ask_timer;
	guint8 fir_number;
	struct track_rtcp_counters counters;
};

static struct udp_batch *track_rtcp_batch(const struct track_rtcp *rtcp)
{
	return udp_batch_new(rtcp->udp->rtcp, rtcp->udp->family);
}

static void track_rtcp_send_up(struct track_rtcp *rtcp, GstBuffer *buffer)
{
	struct udp_batch *batch;
	GstMapInfo map;

	if (!gst_buffer_map(buffer, &map, GST_MAP_READ))
		return;
	if (rtcp->source.send) {
		rtcp->source.send(rtcp->config->index, map.data, map.size,
				  rtcp->source.user_data);
	} else {
		batch = track_rtcp_batch(rtcp);
		udp_batch_add(batch, &rtcp->server, map.data, map.size);
		udp_batch_send(batch);
	}
	gst_buffer_unmap(buffer, &map);
}

static void track_rtcp_send_leg(struct leg *leg, struct udp_batch *batch,
				GstBuffer *buffer)
{
	GstMapInfo map;

	if (!gst_buffer_map(buffer, &map, GST_MAP_READ))
		return;
	leg_send_rtcp(leg, batch, map.data, map.size);
	gst_buffer_unmap(buffer, &map);
}

/* What relaying a report to the viewers needs */
struct track_rtcp_relay {
	struct track_rtcp *rtcp;
	GstBuffer *buffer;
	struct udp_batch *batch;
};

static gboolean track_rtcp_relay_to(const struct rtp_fanout_dest_info *info,
				    gpointer user_data)
{
	struct track_rtcp_relay *relay = user_data;
	struct leg *leg = track_rtcp_leg(relay->rtcp, info->cookie);

	if (!leg)
		return TRUE;
	rtcp_set_counts(relay->buffer, leg->packets_before + info->packets,
			leg->octets_before + info->octets);
	track_rtcp_send_leg(leg, relay->batch, relay->buffer);
	return TRUE;
}

/* The middle 32 bits of an NTP time (RFC 3550, section 4) */
static guint32 track_rtcp_lsr(guint64 ntp)
{
	return ntp >> 16;
}

/* The server's clock is kept, its timestamps become those of what leaves. */
static void track_rtcp_relay_report(struct track_rtcp *rtcp,
				    const struct rtcp_heard *heard,
				    const struct rtp_fanout_info *info)
{
	struct rtcp_heard named = *heard;
	struct track_rtcp_relay relay = {
		.rtcp = rtcp,
		.batch = track_rtcp_batch(rtcp),
	};
	struct track_rtcp_sent *sent = &rtcp->sent[rtcp->n_sent++ % SENT_REPORTS];

	if (!rtcp->cname_len) {
		memcpy(rtcp->cname, heard->cname, heard->cname_len);
		rtcp->cname_len = heard->cname_len;
	}
	memcpy(named.cname, rtcp->cname, rtcp->cname_len);
	named.cname_len = rtcp->cname_len;

	sent->lsr = track_rtcp_lsr(heard->ntp);
	sent->at = g_get_monotonic_time();
	rtcp->counters.sender_reports++;
	relay.buffer = rtcp_sender_report(rtcp->out_ssrc, &named,
					  heard->rtptime + info->ts_offset);
	fanout_each_dest(rtcp->fanout, track_rtcp_relay_to, &relay, NULL);
	udp_batch_send(relay.batch);
	gst_buffer_unref(relay.buffer);
}

void track_rtcp_from_server(struct track_rtcp *rtcp, const guint8 *data, gsize len)
{
	struct rtp_fanout_info info;
	struct rtcp_heard heard;

	/* only what is about the source as it now is can be told to the viewers */
	if (!rtcp->started || !fanout_info(rtcp->fanout, &info, NULL) ||
	    !rtcp_hear(data, len, rtcp->own_ssrc, &heard) || heard.ssrc != info.ssrc) {
		rtcp->counters.ignored++;
		return;
	}
	if (heard.bye)
		rtcp->server_left = TRUE;
	if (!heard.sender)
		return;
	rtcp->lsr = track_rtcp_lsr(heard.ntp);
	rtcp->heard_at = g_get_monotonic_time();
	track_rtcp_relay_report(rtcp, &heard, &info);
}

/* When the sender report that a viewer names was sent to it; 0 when unknown */
static gint64 track_rtcp_sent_at(const struct track_rtcp *rtcp, guint32 lsr)
{
	for (guint i = 0; lsr && i < SENT_REPORTS; i++)
		if (rtcp->sent[i].lsr == lsr)
			return rtcp->sent[i].at;
	return 0;
}

void track_rtcp_received(struct track_rtcp *rtcp, struct leg *leg, const guint8 *data,
			 gsize len)
{
	gint64 now = g_get_monotonic_time();
	struct rtcp_heard heard;

	if (!leg || !rtcp_hear(data, len, rtcp->out_ssrc, &heard) ||
	    !receiver_is(&leg->receiver, heard.ssrc, now)) {
		rtcp->counters.ignored++;
		return;
	}
	rtcp->counters.reports_in++;
	if (heard.request != RTCP_REQUEST_NONE)
		track_rtcp_want_key_frame(rtcp);
	if (heard.bye && leg->receiver.reports) {
		rtcp->config->leg_gone(leg, "BYE");
		return;
	}
	if (heard.reported)
		receiver_report(&leg->receiver, &heard, now,
				track_rtcp_sent_at(rtcp, heard.block.lsr));
	rtcp->config->leg_alive(leg);
}

static void track_rtcp_log_claim(struct track_rtcp *rtcp, const char *whose,
				 const struct leg *leg)
{
	char addr[ADDR_STRLEN];

	log_warn("viewer-rtcp-taken", LOG_S("path", rtcp->config->name),
		 LOG_U("track", rtcp->config->index),
		 LOG_S("viewer", addr_to_string(&leg->rtcp.addr, addr)),
		 LOG_S("whose", whose));
}

/* It stays whose it was, or naming it would be enough to make that one silent. */
static void track_rtcp_claim(struct track_rtcp *rtcp, struct leg *leg)
{
	if (!g_hash_table_contains(rtcp->legs_by_addr, &leg->rtcp)) {
		g_hash_table_insert(rtcp->legs_by_addr, &leg->rtcp, leg);
		return;
	}
	leg->rtcp_claim.data = leg;
	g_queue_push_tail_link(&rtcp->claims, &leg->rtcp_claim);
	track_rtcp_log_claim(rtcp, "another viewer's", leg);
}

/* What was its is that of the first who claimed it, too. */
static void track_rtcp_unclaim(struct track_rtcp *rtcp, struct leg *leg)
{
	if (leg->rtcp_claim.data) {
		g_queue_unlink(&rtcp->claims, &leg->rtcp_claim);
		leg->rtcp_claim.data = NULL;
		return;
	}
	if (g_hash_table_lookup(rtcp->legs_by_addr, &leg->rtcp) != leg)
		return;
	g_hash_table_remove(rtcp->legs_by_addr, &leg->rtcp);
	for (GList *l = rtcp->claims.head; l; l = l->next) {
		struct leg *next = l->data;

		if (!addr_dest_equal(&next->rtcp, &leg->rtcp))
			continue;
		track_rtcp_unclaim(rtcp, next);
		g_hash_table_insert(rtcp->legs_by_addr, &next->rtcp, next);
		track_rtcp_log_claim(rtcp, "its own now", next);
		break;
	}
}

static void track_rtcp_move_leg(struct track_rtcp *rtcp, struct leg *leg,
				const struct rtp_fanout_dest *to)
{
	if (leg->track)
		track_rtcp_unclaim(rtcp, leg);
	leg->rtcp.addr = to->addr;
	leg->rtcp.ifindex = to->ifindex;
	/* nobody is known there, or it would not have been looked for */
	if (leg->track)
		track_rtcp_claim(rtcp, leg);
}

static void track_rtcp_from_viewer(struct track_rtcp *rtcp,
				   const struct rtp_fanout_dest *from,
				   const guint8 *data, gsize len)
{
	struct leg *leg = g_hash_table_lookup(rtcp->legs_by_addr, from);
	struct rtcp_heard heard;

	if (leg) {
		nat_heard(leg, TRUE);
	} else if (rtcp_hear(data, len, rtcp->out_ssrc, &heard)) {
		leg = nat_find(rtcp->nat, from, TRUE);
		if (leg)
			track_rtcp_move_leg(rtcp, leg, from);
	}
	/* one that was only set up has nothing to report */
	if (!leg || leg->track)
		track_rtcp_received(rtcp, leg, data, len);
}

static gboolean track_rtcp_ready(gint fd, GIOCondition condition, gpointer user_data)
{
	struct track_rtcp *rtcp = user_data;
	/* one byte more, so that what is too long is seen to be */
	guint8 data[LIMIT_RTCP + 1];

	for (guint i = 0; i < LIMIT_RTCP_BATCH; i++) {
		struct sockaddr_storage sa;
		socklen_t sa_len = sizeof(sa);
		struct rtp_fanout_dest from;
		gssize len = recvfrom(fd, data, sizeof(data), MSG_DONTWAIT,
				      (struct sockaddr *)&sa, &sa_len);

		if (len < 0 && errno == EAGAIN)
			break;
		/* any other error is one that ICMP left: the next call reads on */
		if (len < 0 || !addr_dest_from_sockaddr(&from, (struct sockaddr *)&sa, sa_len))
			continue;
		if (rtcp->started && !rtcp->source.send &&
		    addr_equal(&from.addr, &rtcp->server.addr))
			track_rtcp_from_server(rtcp, data, len);
		else
			track_rtcp_from_viewer(rtcp, &from, data, len);
	}
	return G_SOURCE_CONTINUE;
}

/* What the relay received since the last report (RFC 3550, appendix A.3) */
static void track_rtcp_make_block(struct track_rtcp *rtcp,
				  const struct rtp_fanout_info *info,
				  struct rtcp_block *block)
{
	guint64 received = info->rx_packets - rtcp->received;
	gint64 lost = info->rx_lost - rtcp->lost;

	*block = (struct rtcp_block){
		.ssrc = info->ssrc,
		.lost = MIN(info->rx_lost - rtcp->lost_before, 0x7fffff),
		.highest = info->rx_seq,
		.jitter = info->rx_jitter,
		.lsr = rtcp->lsr,
	};
	if (lost > 0)
		block->fraction = MIN(lost * 256 / (gint64)(received + lost), 255);
	if (rtcp->lsr)
		block->dlsr = (g_get_monotonic_time() - rtcp->heard_at) * 65536 /
			      G_USEC_PER_SEC;
	rtcp->received = info->rx_packets;
	rtcp->lost = info->rx_lost;
}

static void track_rtcp_tell_server(struct track_rtcp *rtcp, enum rtcp_request request)
{
	struct rtcp_own own = {
		.ssrc = rtcp->own_ssrc,
		.cname = rtcp->config->cname,
		.request = request,
		.fir_number = rtcp->fir_number,
	};
	g_autoptr(GstBuffer) buffer = NULL;
	struct rtp_fanout_info info;
	struct rtcp_block block;

	/* before the first datagram there is nothing to report on */
	if (fanout_info(rtcp->fanout, &info, NULL) && info.ssrc) {
		track_rtcp_make_block(rtcp, &info, &block);
		own.block = &block;
		own.media = info.ssrc;
	}
	rtcp->counters.reports_out++;
	buffer = rtcp_own_report(&own);
	track_rtcp_send_up(rtcp, buffer);
}

static gboolean track_rtcp_check_leg(const struct rtp_fanout_dest_info *info,
				     gpointer user_data)
{
	struct track_rtcp *rtcp = user_data;
	struct leg *leg = track_rtcp_leg(rtcp, info->cookie);
	const char *reason = NULL;

	/* TCP sees to what is on a connection, and to whether it ends */
	if (leg && leg->transport == TRANSPORT_UDP)
		reason = receiver_check(&leg->receiver, g_get_monotonic_time(),
					leg->packets_before + info->packets,
					leg->octets_before + info->octets);
	if (reason)
		rtcp->config->leg_gone(leg, reason);
	return TRUE;
}

static gboolean track_rtcp_report(gpointer user_data)
{
	struct track_rtcp *rtcp = user_data;

	rtcp->timer = g_timeout_add(rtcp_interval_ms(FALSE), track_rtcp_report, rtcp);
	if (rtcp->started)
		track_rtcp_tell_server(rtcp, RTCP_REQUEST_NONE);
	fanout_each_dest(rtcp->fanout, track_rtcp_check_leg, rtcp, NULL);
	return G_SOURCE_REMOVE;
}

static gboolean track_rtcp_ask(gpointer user_data)
{
	struct track_rtcp *rtcp = user_data;

	rtcp->ask_timer = 0;
	if (!rtcp->started)
		return G_SOURCE_REMOVE;
	rtcp->asked_at = g_get_monotonic_time();
	rtcp->counters.key_frames++;
	rtcp->fir_number++;
	track_rtcp_tell_server(rtcp, rtcp->config->request);
	return G_SOURCE_REMOVE;
}

void track_rtcp_want_key_frame(struct track_rtcp *rtcp)
{
	gint64 since_ms = (g_get_monotonic_time() - rtcp->asked_at) / 1000;

	if (rtcp->config->request == RTCP_REQUEST_NONE || rtcp->ask_timer)
		return;
	rtcp->ask_timer = g_timeout_add(rtcp->asked_at && since_ms < LIMIT_KEY_FRAME_MS ?
					LIMIT_KEY_FRAME_MS - since_ms : 0,
					track_rtcp_ask, rtcp);
}

struct track_rtcp *track_rtcp_new(const struct track_config *config,
				  const struct udp_pair *udp, struct nat *nat)
{
	struct track_rtcp *rtcp = g_new0(struct track_rtcp, 1);

	rtcp->config = config;
	rtcp->udp = udp;
	rtcp->nat = nat;
	rtcp->own_ssrc = g_random_int();
	rtcp->legs_by_cookie = g_hash_table_new(g_int64_hash, g_int64_equal);
	rtcp->legs_by_addr = g_hash_table_new(addr_dest_hash, addr_dest_equal);
	rtcp->watch = g_unix_fd_source_new(udp->rtcp, G_IO_IN);
	g_source_set_callback(rtcp->watch, G_SOURCE_FUNC(track_rtcp_ready), rtcp, NULL);
	g_source_attach(rtcp->watch, g_main_context_get_thread_default());
	return rtcp;
}

void track_rtcp_free(struct track_rtcp *rtcp)
{
	GHashTableIter iter;
	gpointer leg;

	g_hash_table_iter_init(&iter, rtcp->legs_by_cookie);
	while (g_hash_table_iter_next(&iter, NULL, &leg)) {
		((struct leg *)leg)->track = NULL;
		((struct leg *)leg)->rtcp_claim.data = NULL;
	}
	g_clear_handle_id(&rtcp->timer, g_source_remove);
	g_clear_handle_id(&rtcp->ask_timer, g_source_remove);
	g_source_destroy(rtcp->watch);
	g_source_unref(rtcp->watch);
	g_hash_table_unref(rtcp->legs_by_cookie);
	g_hash_table_unref(rtcp->legs_by_addr);
	g_free(rtcp);
}

void track_rtcp_start(struct track_rtcp *rtcp, struct fanout *fanout,
		      const struct track_source *source, guint32 ssrc)
{
	struct rtp_fanout_info info;

	fanout_info(fanout, &info, NULL);
	rtcp->received = info.rx_packets;
	rtcp->lost = info.rx_lost;
	rtcp->lost_before = info.rx_lost;
	rtcp->fanout = fanout;
	rtcp->source = *source;
	rtcp->server.addr = source->server;
	rtcp->server.addr.port = htons(source->ports.rtcp);
	rtcp->out_ssrc = ssrc;
	rtcp->started = TRUE;
	rtcp->server_left = FALSE;
	rtcp->lsr = 0;
	g_clear_handle_id(&rtcp->timer, g_source_remove);
	rtcp->timer = g_timeout_add(rtcp_interval_ms(TRUE), track_rtcp_report, rtcp);
}

void track_rtcp_stop(struct track_rtcp *rtcp)
{
	rtcp->started = FALSE;
}

void track_rtcp_bye(struct track_rtcp *rtcp)
{
	g_autoptr(GstBuffer) up = rtcp_own_report(&(struct rtcp_own){
		.ssrc = rtcp->own_ssrc,
		.cname = rtcp->config->cname,
		.bye = TRUE,
	});
	g_autoptr(GstBuffer) down = rtcp_bye(rtcp->out_ssrc);
	struct udp_batch *batch = track_rtcp_batch(rtcp);
	GHashTableIter iter;
	gpointer leg;

	if (rtcp->started)
		track_rtcp_send_up(rtcp, up);
	g_hash_table_iter_init(&iter, rtcp->legs_by_cookie);
	while (g_hash_table_iter_next(&iter, NULL, &leg))
		track_rtcp_send_leg(leg, batch, down);
	udp_batch_send(batch);
}

void track_rtcp_bye_leg(struct track_rtcp *rtcp, struct leg *leg)
{
	g_autoptr(GstBuffer) bye = rtcp_bye(rtcp->out_ssrc);
	struct udp_batch *batch = track_rtcp_batch(rtcp);

	track_rtcp_send_leg(leg, batch, bye);
	udp_batch_send(batch);
}

void track_rtcp_add_leg(struct track_rtcp *rtcp, struct leg *leg)
{
	leg->receiver = (struct receiver){ 0 };
	g_hash_table_insert(rtcp->legs_by_cookie, &leg->dest.cookie, leg);
	if (leg->transport == TRANSPORT_UDP)
		track_rtcp_claim(rtcp, leg);
}

void track_rtcp_del_leg(struct track_rtcp *rtcp, struct leg *leg)
{
	g_hash_table_remove(rtcp->legs_by_cookie, &leg->dest.cookie);
	track_rtcp_unclaim(rtcp, leg);
}

struct leg *track_rtcp_leg(struct track_rtcp *rtcp, guint64 cookie)
{
	return g_hash_table_lookup(rtcp->legs_by_cookie, &cookie);
}

gboolean track_rtcp_server_left(const struct track_rtcp *rtcp)
{
	return rtcp->server_left;
}

const struct track_rtcp_counters *track_rtcp_counters(const struct track_rtcp *rtcp)
{
	return &rtcp->counters;
}
