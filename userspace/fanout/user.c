// SPDX-License-Identifier: GPL-2.0-or-later
#include "user.h"

#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <unistd.h>

#include "addr.h"

#define RTP_VERSION	2

/* RTP payload types that cannot be told from RTCP (RFC 5761, section 4) */
#define RTCP_TYPE_FIRST	64
#define RTCP_TYPE_LAST	95

/*
 * What one recvmmsg() fills. One for all fan-outs of the thread, since it is
 * used up before the main loop runs on; pages that no datagram touched cost
 * nothing.
 */
static guint8 rx_data[FANOUT_RX_BATCH][FANOUT_DATAGRAM_MAX];

static guint user_dest_hash(gconstpointer key)
{
	const struct rtp_fanout_dest *dest = key;

	return addr_hash(&dest->addr) ^ dest->ifindex;
}

static gboolean user_dest_equal(gconstpointer a, gconstpointer b)
{
	const struct rtp_fanout_dest *x = a, *y = b;

	return x->ifindex == y->ifindex && addr_equal(&x->addr, &y->addr);
}

/* @head: the header, as it leaves but for what the class has of its own */
static void user_keep(struct user_class *class, const struct rtp_packet *pkt,
		      const guint8 head[static RTP_HDR_LEN], const guint8 *data,
		      guint len, guint16 number, gboolean marked)
{
	struct user_copy *copy = &class->copies[class->n_copies++];

	memcpy(copy->head, head, RTP_HDR_LEN);
	copy->head[1] = (copy->head[1] & ~RTP_HDR_MARKER) |
			(marked ? RTP_HDR_MARKER : 0);
	copy->head[RTP_HDR_SEQ] = number >> 8;
	copy->head[RTP_HDR_SEQ + 1] = number;
	copy->data = data;
	copy->len = len;
	copy->octets = pkt->len;
}

static void user_count_layer(struct user *user, const struct rtp_layer *layer,
			     guint octets)
{
	struct rtp_rate *rate = NULL;

	if (rtp_layer_is_told(layer))
		rate = rtp_rates_layer(&user->rates, layer);
	if (rate)
		rtp_rate_add(rate, octets);
}

static void user_relay(struct user *user, const struct rtp_codec_ops *codec,
		       const struct rtp_packet *pkt, const guint8 *data, guint len)
{
	struct rtp_stream *stream = &user->stream;
	struct rtp_fanout_info *info = &user->info;
	struct rtp_numbers numbers;
	guint32 used, keep, marked;
	guint8 head[RTP_HDR_LEN];
	enum rtp_verdict verdict;
	struct rtp_layer layer;

	verdict = rtp_source_is_own(&user->source, stream, pkt->ssrc) ?
			  RTP_DUPLICATE :
			  rtp_stream_receive(stream, pkt->ssrc, pkt->seq);
	switch (verdict) {
	case RTP_ACCEPT_FIRST:
		fanout_give_event(user->fanout, &(struct rtp_fanout_event){
			.events = RTP_FANOUT_EVENT_NEW_SSRC,
		});
		break;
	case RTP_ACCEPT:
	case RTP_ACCEPT_LATE:
		break;
	case RTP_DUPLICATE:
		info->rx_dropped_duplicate++;
		return;
	case RTP_OLD:
		info->rx_dropped_late++;
		return;
	case RTP_UNCONFIRMED:
		info->rx_dropped_unconfirmed++;
		return;
	}

	rtp_source_arrive(&user->source, verdict, pkt->timestamp, user->now);
	memcpy(head, data, RTP_HDR_LEN);
	if (rtp_source_rewrites(&user->source))
		rtp_source_rewrite(&user->source, head);

	codec->classify(&stream->codec, pkt, rtp_stream_late(stream), &layer);
	info->rx_unknown += !!(layer.flags & RTP_LAYER_UNKNOWN);
	user_count_layer(user, &layer, pkt->len);

	used = rtp_stream_classes(stream, &user->caps);
	keep = rtp_class_keep(&user->caps, used, &layer);
	rtp_stream_number(stream, pkt->timestamp, &layer, keep, used, &numbers);
	info->rx_dropped_late += !!(keep & ~numbers.classes);

	marked = rtp_class_marked(&user->caps, used, &layer, pkt->marker);
	for (guint i = 0; i < RTP_CLASSES; i++) {
		if (numbers.classes & BIT(i))
			user_keep(&user->classes[i], pkt, head, data, len,
				  numbers.number[i], marked & BIT(i));
	}
}

static void user_receive(struct user *user, const guint8 *data, guint len,
			 const struct rtp_fanout_addr *from)
{
	const struct rtp_fanout_config *config = &user->config;
	const struct rtp_codec_ops *codec;
	struct rtp_packet pkt;

	/* as the kernel does: what is not the stream is none of our business */
	codec = len < RTP_HDR_LEN || data[0] >> 6 != RTP_VERSION ? NULL :
		rtp_codec_find(config->codec[data[1] & 0x7f]);
	if (!codec || !addr_equal(from, &config->source)) {
		user->info.rx_passed++;
		fanout_give_datagram(user->fanout, data, len, from);
		return;
	}
	if (rtp_packet_parse(&pkt, data, len)) {
		user->info.rx_dropped_malformed++;
		return;
	}

	user->info.rx_packets++;
	user->info.rx_octets += pkt.len;
	user_relay(user, codec, &pkt, data, len);

	if (config->flags & RTP_FANOUT_TEE) {
		user->info.rx_teed++;
		fanout_give_datagram(user->fanout, data, len, from);
	}
}

static gboolean user_ready(gint fd, GIOCondition condition, gpointer user_data)
{
	struct user *user = user_data;
	struct sockaddr_storage names[FANOUT_RX_BATCH];
	struct mmsghdr msgs[FANOUT_RX_BATCH] = { 0 };
	struct iovec iov[FANOUT_RX_BATCH];
	gint n;

	for (guint i = 0; i < FANOUT_RX_BATCH; i++) {
		iov[i].iov_base = rx_data[i];
		iov[i].iov_len = sizeof(rx_data[i]);
		msgs[i].msg_hdr = (struct msghdr){
			.msg_name = &names[i],
			.msg_namelen = sizeof(names[i]),
			.msg_iov = &iov[i],
			.msg_iovlen = 1,
		};
	}
	n = recvmmsg(fd, msgs, FANOUT_RX_BATCH, MSG_DONTWAIT, NULL);
	/* EAGAIN, or an error that ICMP left: reading it took it away */
	if (n < 0)
		return G_SOURCE_CONTINUE;

	user->info.worker_runs++;
	user->now = g_get_monotonic_time() * 1000;
	for (guint i = 0; i < RTP_CLASSES; i++)
		user->classes[i].n_copies = 0;
	for (gint i = 0; i < n; i++) {
		struct rtp_fanout_addr from;

		if (addr_from_sockaddr(&from, (void *)&names[i],
				       msgs[i].msg_hdr.msg_namelen))
			user_receive(user, rx_data[i], msgs[i].msg_len, &from);
	}
	user_send(user);
	return G_SOURCE_CONTINUE;
}

static gboolean user_is_unicast(const struct rtp_fanout_addr *addr)
{
	static const guint8 none[16];

	if (!addr->port || !memcmp(addr->addr, none, sizeof(none)))
		return FALSE;
	switch (addr->family) {
	case AF_INET:
		/* 224.0.0.0/4 is multicast, 240.0.0.0/4 reserved or broadcast */
		return addr->addr[0] < 224;
	case AF_INET6:
		return addr->addr[0] != 0xff;
	}
	return FALSE;
}

static gboolean user_config_valid(const struct rtp_fanout_config *config)
{
	gboolean any = FALSE;

	static const guint8 none[sizeof(config->reserved)];

	if (!user_is_unicast(&config->source) || config->bpf_fd ||
	    config->pace_percent > 100 ||
	    config->pace_burst > RTP_FANOUT_MAX_PACE_BURST ||
	    (config->pace_burst && !config->pace_percent) ||
	    memcmp(config->reserved, none, sizeof(none)) ||
	    config->flags & ~RTP_FANOUT_TEE)
		return FALSE;
	for (guint i = 0; i < G_N_ELEMENTS(config->codec); i++) {
		if (config->codec[i] == RTP_FANOUT_CODEC_NONE)
			continue;
		if ((i >= RTCP_TYPE_FIRST && i <= RTCP_TYPE_LAST) ||
		    !rtp_codec_find(config->codec[i]))
			return FALSE;
		any = TRUE;
	}
	return any;
}

static gpointer user_attach(struct fanout *fanout,
			    const struct rtp_fanout_config *config, GError **error)
{
	struct sockaddr_storage sa;
	socklen_t len = sizeof(sa);
	struct user *user;

	if (!user_config_valid(config)) {
		fanout_fail(error, EINVAL, "fan-out configuration");
		return NULL;
	}
	if (getsockname(fanout->fd, (struct sockaddr *)&sa, &len)) {
		fanout_fail(error, errno, "getsockname");
		return NULL;
	}

	user = g_new0(struct user, 1);
	user->fanout = fanout;
	user->family = sa.ss_family;
	addr_from_sockaddr(&user->own, (struct sockaddr *)&sa, len);
	user->config = *config;
	user->info.failed_index = ~0U;
	user->info.shards = 1;
	rtp_classes_init(&user->caps);
	rtp_codec_init(&user->stream.codec, config);
	user->source.ssrc = config->ssrc;
	user->source.clock_rate = config->clock_rate;
	user->dests = g_ptr_array_new();
	user->table = g_hash_table_new_full(user_dest_hash, user_dest_equal, NULL,
					    g_free);
	user->watch = g_unix_fd_source_new(fanout->fd, G_IO_IN);
	g_source_set_callback(user->watch, G_SOURCE_FUNC(user_ready), user, NULL);
	g_source_attach(user->watch, g_main_context_get_thread_default());
	return user;
}

static void user_detach(gpointer state)
{
	struct user *user = state;

	g_source_destroy(user->watch);
	g_source_unref(user->watch);
	g_ptr_array_unref(user->dests);
	g_hash_table_unref(user->table);
	rtp_rates_exit(&user->rates);
	g_free(user);
}

static gboolean user_configure(gpointer state,
			       const struct rtp_fanout_config *config, GError **error)
{
	static const char what[] = "configure fan-out";
	struct user *user = state;
	const struct rtp_fanout_config *now = &user->config;
	struct rtp_fanout_config next = *config;
	gboolean anew = next.flags & RTP_FANOUT_RESTART ||
			next.ifindex != now->ifindex ||
			!addr_equal(&next.source, &now->source);

	next.flags &= ~RTP_FANOUT_RESTART;
	if (next.ssrc != now->ssrc || next.clock_rate != now->clock_rate ||
	    next.bpf_fd || next.dependency_id != now->dependency_id ||
	    memcmp(next.codec, now->codec, sizeof(next.codec)))
		return fanout_fail(error, EBUSY, what);
	if (!user_config_valid(&next))
		return fanout_fail(error, EINVAL, what);

	user->config = next;
	if (anew)
		rtp_stream_renew(&user->stream);
	return TRUE;
}

/* An address that can be bound is one of this host's. */
static gboolean user_is_local(const struct user *user,
			      const struct rtp_fanout_dest *dest)
{
	struct rtp_fanout_addr any_port = dest->addr;
	struct sockaddr_storage sa;
	gboolean local;
	socklen_t len;
	int fd;

	any_port.port = 0;
	len = addr_to_sockaddr(&any_port, dest->ifindex, user->family, &sa);
	fd = socket(user->family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return FALSE;
	local = !bind(fd, (struct sockaddr *)&sa, len);
	close(fd);
	return local;
}

static gboolean user_add(gpointer state, const struct rtp_fanout_dest *dest,
			 GError **error)
{
	static const char what[] = "add destination";
	struct user *user = state;
	struct sockaddr_storage sa;
	struct user_dest *added;
	struct rtp_cap cap = {};
	socklen_t sa_len;
	gint class;

	if (!user_is_unicast(&dest->addr) || dest->cap.did > RTP_DID_MAX ||
	    dest->cap.qid > RTP_QID_MAX || dest->cap.tid > RTP_TID_MAX ||
	    dest->cap.flags & ~RTP_FANOUT_CAP_PAUSE)
		return fanout_fail(error, EINVAL, what);
	sa_len = addr_to_sockaddr(&dest->addr, dest->ifindex, user->family, &sa);
	if (!sa_len)
		return fanout_fail(error, EAFNOSUPPORT, what);
	if (g_hash_table_contains(user->table, dest))
		return fanout_fail(error, EEXIST, what);
	if (dest->addr.port == user->own.port && user_is_local(user, dest))
		return fanout_fail(error, EADDRNOTAVAIL, what);
	if (dest->cap.flags & RTP_FANOUT_CAP_PAUSE)
		cap.paused = TRUE;
	else
		cap = (struct rtp_cap){
			.did = dest->cap.did,
			.qid = dest->cap.qid,
			.tid = dest->cap.tid,
		};
	class = rtp_class_get(&user->caps, &cap, 0);
	if (class < 0)
		return fanout_fail(error, -class, what);

	added = g_new0(struct user_dest, 1);
	added->dest = *dest;
	added->info = (struct rtp_fanout_dest_info){
		.addr = dest->addr,
		.ifindex = dest->ifindex,
		.cookie = dest->cookie,
		.cap = dest->cap,
		.current_cap = dest->cap,
		.state = RTP_FANOUT_STATE_ACTIVE,
	};
	memcpy(added->info.local, dest->local, sizeof(dest->local));
	added->class = class;
	added->index = user->dests->len;
	memcpy(&added->sa, &sa, sa_len);
	added->sa_len = sa_len;
	g_ptr_array_add(user->dests, added);
	g_hash_table_insert(user->table, &added->dest, added);

	user->info.dests++;
	return TRUE;
}

static gboolean user_del(gpointer state, const struct rtp_fanout_dest *dest,
			 GError **error)
{
	struct user *user = state;
	struct user_dest *gone, *last;

	gone = g_hash_table_lookup(user->table, dest);
	if (!gone)
		return fanout_fail(error, ENOENT, "remove destination");

	last = g_ptr_array_index(user->dests, user->dests->len - 1);
	last->index = gone->index;
	g_ptr_array_remove_index_fast(user->dests, gone->index);

	rtp_class_put(&user->caps, BIT(gone->class));
	user->info.dests--;
	g_hash_table_remove(user->table, &gone->dest);
	return TRUE;
}

static gboolean user_info(gpointer state, struct rtp_fanout_info *info,
			  GError **error)
{
	struct user *user = state;

	*info = user->info;
	info->caps = rtp_classes_count(&user->caps);
	info->ssrc = user->stream.ssrc;
	info->rx_seq = (guint32)user->stream.cycles << 16 | user->stream.max_seq;
	info->rx_lost = user->stream.lost;
	info->rx_jitter = user->source.jitter;
	info->ts_offset = user->source.offset;
	return TRUE;
}

static gboolean user_each_dest(gpointer state, fanout_visitor visit,
			       gpointer user_data, GError **error)
{
	struct user *user = state;

	for (guint i = 0; i < user->dests->len; i++) {
		struct user_dest *dest = g_ptr_array_index(user->dests, i);

		if (!visit(&dest->info, user_data))
			break;
	}
	return TRUE;
}

static guint user_layers(gpointer state, struct rtp_fanout_layer *layers, guint n,
			 GError **error)
{
	const struct user *user = state;

	return rtp_rates_list(&user->rates, NULL, layers, n);
}

const struct fanout_ops fanout_user_ops = {
	.backend = FANOUT_USER,
	.attach = user_attach,
	.detach = user_detach,
	.configure = user_configure,
	.add = user_add,
	.del = user_del,
	.info = user_info,
	.each_dest = user_each_dest,
	.layers = user_layers,
};
