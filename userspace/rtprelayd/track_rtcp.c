// SPDX-License-Identifier: GPL-2.0-or-later
#include "track_rtcp.h"

#include <errno.h>
#include <glib-unix.h>

#include "addr.h"
#include "limit.h"
#include "rtcp.h"

/* Random part of the CNAME, in bytes (RFC 7022, section 4.2) */
#define CNAME_BYTES	12

/**
 * struct track_rtcp - see track_rtcp.h
 * @udp: see track_rtcp_new()
 * @leg_alive: likewise
 * @fanout: NULL until track_rtcp_start()
 * @server: where its RTCP comes from and goes to
 * @ssrc: ours
 * @cname: ours
 * @watch: wakes on RTCP
 * @timer: time of the next own report
 * @legs_by_cookie: struct leg * by dest.cookie
 * @legs_by_addr: struct leg * by rtcp.addr
 * @ignored: see track_rtcp_ignored()
 */
struct track_rtcp {
	const struct udp_pair *udp;
	void (*leg_alive)(struct leg *leg);
	struct fanout *fanout;
	struct rtp_fanout_dest server;
	guint32 ssrc;
	char *cname;
	GSource *watch;
	guint timer;
	GHashTable *legs_by_cookie;
	GHashTable *legs_by_addr;
	guint64 ignored;
};

static void track_rtcp_send(struct track_rtcp *rtcp, const struct rtp_fanout_dest *to,
			    GstBuffer *buffer)
{
	GstMapInfo map;

	if (!gst_buffer_map(buffer, &map, GST_MAP_READ))
		return;
	udp_send(rtcp->udp->rtcp, rtcp->udp->family, to, map.data, map.size);
	gst_buffer_unmap(buffer, &map);
}

/* What relaying a report to the viewers needs */
struct track_rtcp_relay {
	struct track_rtcp *rtcp;
	GstBuffer *buffer;
	gboolean has_sender_info;
};

static gboolean track_rtcp_relay_to(const struct rtp_fanout_dest_info *info,
				    gpointer user_data)
{
	struct track_rtcp_relay *relay = user_data;
	struct leg *leg = track_rtcp_leg(relay->rtcp, info->cookie);

	if (!leg)
		return TRUE;
	if (relay->has_sender_info)
		rtcp_set_counts(relay->buffer, info->packets, info->octets);
	track_rtcp_send(relay->rtcp, &leg->rtcp, relay->buffer);
	return TRUE;
}

static void track_rtcp_from_upstream(struct track_rtcp *rtcp, const guint8 *data,
				     gsize len)
{
	struct track_rtcp_relay relay = { .rtcp = rtcp };

	relay.buffer = rtcp_from_upstream(data, len, &relay.has_sender_info);
	if (!relay.buffer)
		return;
	fanout_each_dest(rtcp->fanout, track_rtcp_relay_to, &relay, NULL);
	gst_buffer_unref(relay.buffer);
}

static void track_rtcp_from_viewer(struct track_rtcp *rtcp,
				   const struct rtp_fanout_addr *from,
				   const guint8 *data, gsize len)
{
	struct leg *leg = g_hash_table_lookup(rtcp->legs_by_addr, from);

	if (leg && rtcp_is_report(data, len))
		rtcp->leg_alive(leg);
	else
		rtcp->ignored++;
}

static gboolean track_rtcp_ready(gint fd, GIOCondition condition, gpointer user_data)
{
	struct track_rtcp *rtcp = user_data;
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
		if (rtcp->fanout && addr_equal(&from, &rtcp->server.addr))
			track_rtcp_from_upstream(rtcp, data, len);
		else
			track_rtcp_from_viewer(rtcp, &from, data, len);
	}
	return G_SOURCE_CONTINUE;
}

static gboolean track_rtcp_report(gpointer user_data)
{
	struct track_rtcp *rtcp = user_data;
	g_autoptr(GstBuffer) report = rtcp_own_report(rtcp->ssrc, rtcp->cname, FALSE);

	track_rtcp_send(rtcp, &rtcp->server, report);
	rtcp->timer = g_timeout_add(rtcp_interval_ms(FALSE), track_rtcp_report, rtcp);
	return G_SOURCE_REMOVE;
}

static char *track_rtcp_make_cname(void)
{
	guint32 random[CNAME_BYTES / sizeof(guint32)];

	for (guint i = 0; i < G_N_ELEMENTS(random); i++)
		random[i] = g_random_int();
	return g_base64_encode((const guint8 *)random, sizeof(random));
}

struct track_rtcp *track_rtcp_new(const struct udp_pair *udp,
				  void (*leg_alive)(struct leg *leg))
{
	struct track_rtcp *rtcp = g_new0(struct track_rtcp, 1);

	rtcp->udp = udp;
	rtcp->leg_alive = leg_alive;
	rtcp->ssrc = g_random_int();
	rtcp->cname = track_rtcp_make_cname();
	rtcp->legs_by_cookie = g_hash_table_new(g_int64_hash, g_int64_equal);
	rtcp->legs_by_addr = g_hash_table_new(addr_hash, addr_equal);
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
	while (g_hash_table_iter_next(&iter, NULL, &leg))
		((struct leg *)leg)->track = NULL;
	g_clear_handle_id(&rtcp->timer, g_source_remove);
	g_source_destroy(rtcp->watch);
	g_source_unref(rtcp->watch);
	g_hash_table_unref(rtcp->legs_by_cookie);
	g_hash_table_unref(rtcp->legs_by_addr);
	g_free(rtcp->cname);
	g_free(rtcp);
}

void track_rtcp_start(struct track_rtcp *rtcp, struct fanout *fanout,
		      const struct rtp_fanout_addr *server)
{
	rtcp->fanout = fanout;
	rtcp->server.addr = *server;
	rtcp->timer = g_timeout_add(rtcp_interval_ms(TRUE), track_rtcp_report, rtcp);
}

void track_rtcp_bye(struct track_rtcp *rtcp, guint32 ssrc)
{
	g_autoptr(GstBuffer) up = rtcp_own_report(rtcp->ssrc, rtcp->cname, TRUE);
	g_autoptr(GstBuffer) down = rtcp_bye(ssrc);
	GHashTableIter iter;
	gpointer leg;

	track_rtcp_send(rtcp, &rtcp->server, up);
	g_hash_table_iter_init(&iter, rtcp->legs_by_cookie);
	while (g_hash_table_iter_next(&iter, NULL, &leg))
		track_rtcp_send(rtcp, &((struct leg *)leg)->rtcp, down);
}

void track_rtcp_add_leg(struct track_rtcp *rtcp, struct leg *leg)
{
	g_hash_table_insert(rtcp->legs_by_cookie, &leg->dest.cookie, leg);
	/* two legs that name one RTCP address: it is the later one's */
	g_hash_table_replace(rtcp->legs_by_addr, &leg->rtcp.addr, leg);
}

void track_rtcp_del_leg(struct track_rtcp *rtcp, struct leg *leg)
{
	g_hash_table_remove(rtcp->legs_by_cookie, &leg->dest.cookie);
	if (g_hash_table_lookup(rtcp->legs_by_addr, &leg->rtcp.addr) == leg)
		g_hash_table_remove(rtcp->legs_by_addr, &leg->rtcp.addr);
}

struct leg *track_rtcp_leg(struct track_rtcp *rtcp, guint64 cookie)
{
	return g_hash_table_lookup(rtcp->legs_by_cookie, &cookie);
}

guint64 track_rtcp_ignored(const struct track_rtcp *rtcp)
{
	return rtcp->ignored;
}
