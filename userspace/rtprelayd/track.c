// SPDX-License-Identifier: GPL-2.0-or-later
#include "track.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "addr.h"
#include "cap.h"
#include "log.h"
#include "means.h"
#include "peaks.h"
#include "reinject.h"
#include "tally.h"
#include "track_rtcp.h"

/* Of RTP (RFC 3550, section 5.1) */
#define RTP_VERSION	2

/**
 * struct track - see track.h
 * @config: see there
 * @udp: its sockets
 * @rtcp: its RTCP
 * @relay: how @fanout is configured
 * @fanout: NULL until track_start()
 * @tally: what it sent, likewise
 * @peaks: of its layers
 * @means: likewise
 * @reinject: source of what comes over TCP, or NULL
 * @nat: whose ports may be learned
 * @legs_by_rtp: struct leg * by dest
 * @last_cookie: last one given
 * @socket_datagrams: that the media socket handed to us
 * @received_before: datagrams of the stream before the last track_start()
 * @flowing: there were some since, as far as anybody looked
 * @stray_logged: that media came from elsewhere since
 * @meters: of its counters
 */
struct track {
	struct track_config config;
	struct udp_pair udp;
	struct track_rtcp *rtcp;
	struct rtp_fanout_config relay;
	struct fanout *fanout;
	struct tally *tally;
	struct peaks *peaks;
	struct means *means;
	struct reinject *reinject;
	struct nat *nat;
	GHashTable *legs_by_rtp;
	guint64 last_cookie;
	guint64 socket_datagrams;
	guint64 received_before;
	gboolean flowing;
	gboolean stray_logged;
	struct track_meters meters;
};

static void track_count_moved(const struct leg *leg, struct rtp_fanout_dest_info *info)
{
	info->packets += leg->packets_before;
	info->octets += leg->octets_before;
}

/* The media goes there from now on; what was sent so far still counts. */
static void track_move_leg(struct track *track, struct leg *leg,
			   const struct rtp_fanout_dest *to)
{
	struct rtp_fanout_dest moved = leg->dest;
	struct rtp_fanout_dest_info sent = { 0 };
	g_autoptr(GError) error = NULL;

	moved.addr = to->addr;
	moved.ifindex = to->ifindex;
	if (!leg->track) {
		leg->dest = moved;
		return;
	}
	/* before the other goes: with the last of a cap its numbers would end */
	if (!fanout_add(track->fanout, &moved, &error)) {
		log_warn("viewer-refused", LOG_S("path", track->config.name),
			 LOG_S("reason", error->message));
		return;
	}
	fanout_find(track->fanout, &leg->dest, &sent);
	track_count_moved(leg, &sent);
	fanout_del(track->fanout, &leg->dest, NULL);
	leg->packets_before = sent.packets;
	leg->octets_before = sent.octets;
	/* its other counters begin anew, and maybe others share the way there */
	leg->adapter.reports = 0;
	adapter_leg_part(&leg->adapter);
	g_hash_table_remove(track->legs_by_rtp, &leg->dest);
	leg->dest = moved;
	g_hash_table_insert(track->legs_by_rtp, &leg->dest, leg);
}

/* Media, rather than hole punching, while none comes from where it is expected? */
static gboolean track_is_stray(struct track *track, const guint8 *data, gsize len)
{
	if (len <= FANOUT_HEAD_LEN || data[0] >> 6 != RTP_VERSION || track->reinject ||
	    track->relay.codec[data[1] & 0x7f] == RTP_FANOUT_CODEC_NONE)
		return FALSE;
	/* once is enough: anybody may send, and each look is a system call */
	if (!track->flowing)
		track->flowing = track_received(track) != track->received_before;
	return !track->flowing;
}

static void track_log_stray(struct track *track, const struct rtp_fanout_dest *from)
{
	char is[ADDR_STRLEN], expected[ADDR_STRLEN];

	if (track->stray_logged)
		return;
	track->stray_logged = TRUE;
	log_warn("upstream-elsewhere", LOG_S("path", track->config.name),
		 LOG_U("track", track->config.index),
		 LOG_S("from", addr_to_string(&from->addr, is)),
		 LOG_S("expected", addr_to_string(&track->relay.source, expected)),
		 LOG_S("do", "the server sends from another address or port than it said, "
		       "and who it is cannot be told. Have it send from there, or set "
		       "transport=tcp in the group of this path"));
}

static void track_datagram(const guint8 *data, gsize len,
			   const struct rtp_fanout_dest *from, gpointer user_data)
{
	struct track *track = user_data;
	struct leg *leg;

	track->socket_datagrams++;
	/* the tee: there is nothing to be done */
	if (addr_equal(&from->addr, &track->relay.source))
		return;
	leg = track_find_leg(track, from);
	if (leg) {
		nat_heard(leg, FALSE);
		return;
	}
	if (track_is_stray(track, data, len)) {
		track_log_stray(track, from);
		return;
	}
	leg = nat_find(track->nat, from, FALSE);
	if (leg)
		track_move_leg(track, leg, from);
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

	if (event->events & RTP_FANOUT_EVENT_WAIT_SYNC)
		track_rtcp_want_key_frame(track->rtcp);

	leg = track_rtcp_leg(track->rtcp, event->cookie);
	if (leg && event->events & RTP_FANOUT_EVENT_ICMP_ERROR && !leg->unreachable) {
		/* ICMP can be forged: the viewer's silence ends it, not this */
		leg->unreachable = TRUE;
		log_warn("viewer-unreachable", LOG_S("path", track->config.name),
			  LOG_U("track", track->config.index),
			  LOG_S("viewer", addr_to_string(&leg->dest.addr, addr)),
			  LOG_S("error", g_strerror(event->error)));
	}
	if (leg && event->events & RTP_FANOUT_EVENT_LEASE_EXPIRED)
		/* it goes on with the next sign of life, or the session ends */
		log_warn("viewer-lease-ended", LOG_S("path", track->config.name),
			 LOG_U("track", track->config.index),
			 LOG_S("viewer", addr_to_string(leg_addr(leg), addr)));
}

static guint track_copies(guint64 cookie, const struct fanout_copy *copies, guint n,
			  gpointer user_data)
{
	struct track *track = user_data;
	struct leg *leg = track_rtcp_leg(track->rtcp, cookie);

	return leg ? leg_take(leg, copies, n) : 0;
}

struct track *track_new(const struct track_config *config, GError **error)
{
	struct track *track = g_new0(struct track, 1);

	track->config = *config;
	if (!udp_pair_open(&track->udp, config->family, error)) {
		g_free(track);
		return NULL;
	}
	track->relay.pace_percent = config->pace;
	track->relay.flags = config->tee ? RTP_FANOUT_TEE : 0;
	track->relay.clock_rate = config->clock_rate;
	memcpy(track->relay.codec, config->codec, sizeof(track->relay.codec));
	track->config.codec = track->relay.codec;
	track->peaks = peaks_new();
	track->means = means_new();
	track->nat = nat_new(config->nat, config->name, config->index);
	track->rtcp = track_rtcp_new(&track->config, &track->udp, track->nat);
	track->legs_by_rtp = g_hash_table_new(addr_dest_hash, addr_dest_equal);
	return track;
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
		track_rtcp_bye(track->rtcp);
		track_log_end(track);
	}
	g_clear_pointer(&track->tally, tally_free);
	g_clear_pointer(&track->fanout, fanout_free);
	peaks_free(track->peaks);
	means_free(track->means);
	track_rtcp_free(track->rtcp);
	reinject_free(track->reinject);
	nat_free(track->nat);
	udp_pair_close(&track->udp);
	g_hash_table_unref(track->legs_by_rtp);
	g_free(track);
}

const struct transport_ports *track_ports(const struct track *track)
{
	return &track->udp.ports;
}

static void track_log_start(const struct track *track)
{
	const char *fallback = fanout_fallback(track->fanout);

	log_event("stream-served", LOG_S("path", track->config.name),
		  LOG_U("track", track->config.index),
		  LOG_S("backend", fanout_backend_name(fanout_backend(track->fanout))),
		  LOG_S("tee", track->config.tee ? "yes" : "no"),
		  LOG_U("port", track->udp.ports.rtp),
		  LOG_U("receive-buffer", track->udp.rcvbuf),
		  LOG_S(fallback ? "fallback" : NULL, fallback));
	/* the kernel grants twice what it is asked for, for its own needs */
	if (track->udp.rcvbuf < 2 * UDP_BUFFER)
		log_warn("receive-buffer-small", LOG_S("path", track->config.name),
			 LOG_U("track", track->config.index),
			 LOG_U("granted", track->udp.rcvbuf / 2),
			 LOG_U("wanted", UDP_BUFFER), LOG_S("raise", "net.core.rmem_max"));
}

/* The first time */
static gboolean track_open_fanout(struct track *track, guint32 ssrc, GError **error)
{
	static const struct fanout_callbacks callbacks = {
		.datagram = track_datagram,
		.event = track_event,
		.copies = track_copies,
	};

	/* one that stays, whatever that of the server becomes */
	while (!ssrc)
		ssrc = g_random_int();
	track->relay.ssrc = ssrc;
	track->fanout = fanout_new(track->udp.rtp, track->config.backend, &track->relay,
				   &callbacks, track, error);
	if (!track->fanout)
		return FALSE;
	track->tally = tally_new(track->fanout);
	track_log_start(track);
	return TRUE;
}

/* Another time */
static gboolean track_restart_fanout(struct track *track, GError **error)
{
	struct rtp_fanout_config anew = track->relay;

	anew.flags |= RTP_FANOUT_RESTART;
	return fanout_configure(track->fanout, &anew, error);
}

gboolean track_start(struct track *track, const struct track_source *source,
		     GError **error)
{
	g_clear_pointer(&track->reinject, reinject_free);
	if (source->send) {
		track->reinject = reinject_new(track->udp.ports.rtp, error);
		if (!track->reinject)
			return FALSE;
		track->relay.source = *reinject_addr(track->reinject);
	} else {
		track->relay.source = source->server;
		track->relay.source.port = htons(source->ports.rtp);
	}
	if (track->fanout ? !track_restart_fanout(track, error) :
			    !track_open_fanout(track, source->ssrc, error))
		return FALSE;
	track->received_before = track_received(track);
	track->flowing = FALSE;
	track->stray_logged = FALSE;
	track_rtcp_start(track->rtcp, track->fanout, source, track->relay.ssrc);
	return TRUE;
}

void track_stop(struct track *track)
{
	track_rtcp_stop(track->rtcp);
	g_clear_pointer(&track->reinject, reinject_free);
}

void track_frame(struct track *track, gboolean rtcp, const guint8 *data, gsize len)
{
	if (rtcp)
		track_rtcp_from_server(track->rtcp, data, len);
	else if (track->reinject)
		reinject_send(track->reinject, data, len);
}

gboolean track_reaches(const struct track *track, int family)
{
	return track->udp.family == AF_INET6 || track->udp.family == family;
}

guint64 track_received(struct track *track)
{
	struct rtp_fanout_info info = { 0 };

	if (track->fanout)
		fanout_info(track->fanout, &info, NULL);
	return info.rx_packets;
}

gboolean track_server_left(const struct track *track)
{
	return track_rtcp_server_left(track->rtcp);
}

guint32 track_ssrc(const struct track *track)
{
	return track->relay.ssrc;
}

/* The highest cap in use that is within one */
struct track_lower {
	const struct rtp_fanout_cap *asked;
	struct rtp_fanout_cap cap;
	gboolean found;
};

static gboolean track_look_lower(const struct rtp_fanout_dest_info *info,
				 gpointer user_data)
{
	struct track_lower *lower = user_data;

	if (cap_is_within(&info->cap, lower->asked) &&
	    (!lower->found || cap_compare(&info->cap, &lower->cap) > 0)) {
		lower->cap = info->cap;
		lower->found = TRUE;
	}
	return TRUE;
}

/* There are too many caps for another one: share one that there is. */
static gboolean track_add_lower(struct track *track, struct leg *leg)
{
	struct rtp_fanout_cap asked = leg->dest.cap;
	struct track_lower lower = { .asked = &asked };
	char addr[ADDR_STRLEN], from[CAP_STRLEN], to[CAP_STRLEN];

	fanout_each_dest(track->fanout, track_look_lower, &lower, NULL);
	if (!lower.found)
		return FALSE;
	leg->dest.cap = lower.cap;
	if (!fanout_add(track->fanout, &leg->dest, NULL)) {
		leg->dest.cap = asked;
		return FALSE;
	}
	/* or it would be tried again and again to give it what there is no room for */
	leg->lowered = TRUE;
	leg->full_wish = leg->adapter.wish;
	leg->adapter.wish = leg->adapter.wanted = lower.cap;
	log_warn("viewer-cap-lowered", LOG_S("path", track->config.name),
		 LOG_U("track", track->config.index),
		 LOG_S("viewer", addr_to_string(leg_addr(leg), addr)),
		 LOG_S("from", cap_to_string(&asked, from)),
		 LOG_S("to", cap_to_string(&lower.cap, to)));
	return TRUE;
}

static gboolean track_add_dest(struct track *track, struct leg *leg, GError **error)
{
	g_autoptr(GError) failed = NULL;

	if (fanout_add(track->fanout, &leg->dest, &failed) ||
	    (g_error_matches(failed, FANOUT_ERROR, ENOSPC) && track_add_lower(track, leg)))
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

gboolean track_add_leg(struct track *track, struct leg *leg, GError **error)
{
	if (leg->transport == TRANSPORT_UDP && track_find_leg(track, &leg->dest)) {
		g_set_error(error, FANOUT_ERROR, EEXIST,
			    "its ports are those of a viewer that was heard of a moment ago");
		return FALSE;
	}
	leg->dest.cookie = ++track->last_cookie;
	leg->unreachable = FALSE;
	leg->packets_before = 0;
	leg->octets_before = 0;
	/* its counters begin anew */
	leg->adapter.reports = 0;
	leg->dest.cap = cap_canonical(&leg->dest.cap, track->relay.codec);
	if (!track_add_dest(track, leg, error))
		return FALSE;
	leg->track = track;
	leg->octets = leg->dropped = (struct meter){ 0 };
	meter_sample(&leg->octets, 0);
	meter_sample(&leg->dropped, 0);
	if (leg->transport == TRANSPORT_UDP) {
		g_hash_table_insert(track->legs_by_rtp, &leg->dest, leg);
		nat_await(track->nat, leg);
	}
	track_rtcp_add_leg(track->rtcp, leg);
	return TRUE;
}

void track_await_leg(struct track *track, struct leg *leg)
{
	nat_await(track->nat, leg);
}

void track_del_leg(struct leg *leg)
{
	struct track *track = leg->track;

	if (!track)
		return;
	leg->track = NULL;
	fanout_del(track->fanout, &leg->dest, NULL);
	if (leg->transport == TRANSPORT_UDP)
		g_hash_table_remove(track->legs_by_rtp, &leg->dest);
	track_rtcp_del_leg(track->rtcp, leg);
}

void track_bye_leg(struct leg *leg)
{
	if (leg->track)
		track_rtcp_bye_leg(leg->track->rtcp, leg);
}

gboolean track_set_cap(struct leg *leg, const struct rtp_fanout_cap *cap, GError **error)
{
	struct rtp_fanout_dest dest = leg->dest;

	dest.cap = leg->track ? cap_canonical(cap, leg->track->relay.codec) : *cap;
	if (leg->track && !fanout_set(leg->track->fanout, &dest, RTP_FANOUT_SET_CAP, error))
		return FALSE;
	leg->dest.cap = dest.cap;
	return TRUE;
}

void track_renew_leg(struct leg *leg)
{
	fanout_set(leg->track->fanout, &leg->dest, RTP_FANOUT_SET_LEASE, NULL);
}

void track_received_rtcp(struct track *track, struct leg *leg, const guint8 *data,
			 gsize len)
{
	track_rtcp_received(track->rtcp, leg, data, len);
}

struct leg *track_find_leg(struct track *track, const struct rtp_fanout_dest *dest)
{
	return g_hash_table_lookup(track->legs_by_rtp, dest);
}

gboolean track_leg_info(struct leg *leg, struct rtp_fanout_dest_info *info)
{
	const struct rtp_fanout_dest_info *sent;

	sent = leg->track ? tally_find(leg->track->tally, leg->dest.cookie) : NULL;
	if (!sent)
		return FALSE;
	*info = *sent;
	track_count_moved(leg, info);
	return TRUE;
}

gboolean track_first_seq(struct leg *leg, guint16 *seq)
{
	const struct rtp_fanout_dest_info *sent;

	sent = leg->track ? tally_find(leg->track->tally, leg->dest.cookie) : NULL;
	if (!sent || !sent->packets)
		return FALSE;
	/* its numbers are contiguous, also where its address changed */
	*seq = sent->last_seq - sent->packets - leg->packets_before + 1;
	return TRUE;
}

void track_get_status(struct track *track, struct track_status *status)
{
	*status = (struct track_status){
		.config = &track->config,
		.udp = &track->udp,
		.fanout = track->fanout,
		.peaks = track->peaks,
		.means = track->means,
		.meters = &track->meters,
		.socket_datagrams = track->socket_datagrams,
		.rtcp_ignored = track_rtcp_counters(track->rtcp)->ignored,
		.nat = nat_counters(track->nat),
	};
}

struct track_walk {
	struct track *track;
	track_leg_visitor visit;
	gpointer user_data;
};

static gboolean track_visit_leg(const struct rtp_fanout_dest_info *info,
				gpointer user_data)
{
	struct track_walk *walk = user_data;
	struct leg *leg = track_rtcp_leg(walk->track->rtcp, info->cookie);
	struct rtp_fanout_dest_info all = *info;

	if (!leg)
		return TRUE;
	track_count_moved(leg, &all);
	walk->visit(leg, &all, walk->user_data);
	return TRUE;
}

void track_each_leg(struct track *track, track_leg_visitor visit, gpointer user_data)
{
	struct track_walk walk = { track, visit, user_data };

	if (track->fanout)
		fanout_each_dest(track->fanout, track_visit_leg, &walk, NULL);
}
