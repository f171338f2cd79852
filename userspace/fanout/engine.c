// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine.h"

#include <errno.h>
#include <string.h>

#include "addr.h"

#define RTP_VERSION	2

struct engine *engine_new(struct fanout *fanout, const struct rtp_fanout_config *config)
{
	struct engine *engine = g_new0(struct engine, 1);

	engine->fanout = fanout;
	engine->config = *config;
	engine->info.failed_index = ~0U;
	engine->info.shards = 1;
	rtp_classes_init(&engine->caps);
	rtp_codec_init(&engine->stream.codec, config);
	engine->source.ssrc = config->ssrc;
	/* what the kernel adds to timestamps, fanout_read() asks it for */
	if (fanout->ops->backend == FANOUT_USER)
		engine->source.clock_rate = config->clock_rate;
	return engine;
}

void engine_free(struct engine *engine)
{
	if (!engine)
		return;
	rtp_rates_exit(&engine->rates);
	g_free(engine);
}

void engine_configure(struct engine *engine, const struct rtp_fanout_config *config)
{
	const struct rtp_fanout_config *now = &engine->config;
	gboolean anew = config->flags & RTP_FANOUT_RESTART ||
			config->ifindex != now->ifindex ||
			!addr_equal(&config->source, &now->source);

	engine->config = *config;
	engine->config.flags &= ~RTP_FANOUT_RESTART;
	if (anew) {
		rtp_stream_renew(&engine->stream);
		rtp_source_renew(&engine->source);
		rtp_pace_restart(&engine->pace);
	}
}

gboolean engine_is_stream(const struct engine *engine, const guint8 *data, gsize len,
			  const struct rtp_fanout_addr *from)
{
	/* as the kernel does: what is not the stream is none of our business */
	return len >= RTP_HDR_LEN && data[0] >> 6 == RTP_VERSION &&
	       rtp_codec_find(engine->config.codec[data[1] & 0x7f]) &&
	       addr_equal(from, &engine->config.source);
}

/* Is a datagram to be sent? */
static gboolean engine_accept(struct engine *engine, const struct rtp_packet *pkt)
{
	struct rtp_fanout_info *info = &engine->info;
	struct rtp_stream *stream = &engine->stream;
	enum rtp_verdict verdict;

	verdict = rtp_source_is_own(&engine->source, stream, pkt->ssrc) ?
			  RTP_DUPLICATE :
			  rtp_stream_receive(stream, pkt->ssrc, pkt->seq);
	switch (verdict) {
	case RTP_ACCEPT_FIRST:
		rtp_source_first(&engine->source, pkt->ssrc);
		rtp_pace_restart(&engine->pace);
		/* the kernel says so itself */
		if (engine->fanout->ops->backend == FANOUT_USER)
			fanout_give_event(engine->fanout, &(struct rtp_fanout_event){
				.events = RTP_FANOUT_EVENT_NEW_SSRC,
			});
		break;
	case RTP_ACCEPT:
	case RTP_ACCEPT_LATE:
		break;
	case RTP_DUPLICATE:
		info->rx_dropped_duplicate++;
		return FALSE;
	case RTP_OLD:
		info->rx_dropped_late++;
		return FALSE;
	case RTP_UNCONFIRMED:
		info->rx_dropped_unconfirmed++;
		return FALSE;
	}
	rtp_source_arrive(&engine->source, verdict, pkt->timestamp, engine->now);
	return TRUE;
}

static void engine_count_layer(struct engine *engine, const struct rtp_layer *layer,
			       guint octets)
{
	struct rtp_rate *rate = NULL;

	engine->info.rx_unknown += !!(layer->flags & RTP_LAYER_UNKNOWN);
	if (rtp_layer_is_told(layer))
		rate = rtp_rates_layer(&engine->rates, layer);
	if (rate)
		rtp_rate_add(rate, octets);
}

/* Say to which layer it belongs, and which classes get it with which number. */
static void engine_number(struct engine *engine, const struct rtp_packet *pkt,
			  struct rtp_arrival *arrival)
{
	struct rtp_stream *stream = &engine->stream;
	struct rtp_layer *layer = &arrival->layer;
	guint32 keep;

	rtp_codec_find(engine->config.codec[pkt->payload_type])->classify(
			&stream->codec, pkt, rtp_stream_late(stream), layer);
	engine_count_layer(engine, layer, pkt->len);
	arrival->stream = stream;
	arrival->serial = engine->serial;
	arrival->used = rtp_stream_classes(stream, &engine->caps);
	keep = rtp_class_keep(&engine->caps, arrival->used, layer);
	rtp_stream_number(stream, pkt->timestamp, layer, keep, arrival->used,
			  &arrival->numbers);
	arrival->marked = rtp_class_marked(&engine->caps, arrival->used, layer,
					   pkt->marker);
	engine->info.rx_dropped_late += !!(keep & ~arrival->numbers.classes);
}

/* Say to pacing what a datagram of @len bytes is of the stream. Return: what it counts for. */
static guint engine_load(struct engine *engine, const struct rtp_arrival *arrival,
			 guint32 timestamp, guint len)
{
	guint load = rtp_class_load(&engine->caps, arrival->used,
				    arrival->numbers.classes, len);

	if (!rtp_stream_late(&engine->stream))
		rtp_pace_arrive(&engine->pace, timestamp, engine->now, len, load);
	return load;
}

static void engine_pend(struct engine *engine, struct engine_dest *dest)
{
	gboolean pending = rtp_variant_is_pending(&dest->variant);

	if (pending == dest->waits)
		return;
	dest->waits = pending;
	if (pending)
		g_queue_push_tail_link(&engine->pending, &dest->link);
	else
		g_queue_unlink(&engine->pending, &dest->link);
}

/* Change the class of each destination that is to have another, where it may. */
static void engine_switch(struct engine *engine, const struct rtp_arrival *arrival)
{
	gboolean waits = FALSE;

	for (GList *l = engine->pending.head, *next; l; l = next) {
		struct engine_dest *dest = l->data;

		next = l->next;
		if (rtp_variant_switch(&dest->variant, &engine->caps, arrival))
			waits = TRUE;
		engine_pend(engine, dest);
	}
	if (waits)
		fanout_give_event(engine->fanout, &(struct rtp_fanout_event){
			.events = RTP_FANOUT_EVENT_WAIT_SYNC,
		});
}

void engine_receive(struct engine *engine, const guint8 *data, guint len)
{
	struct rtp_arrival arrival = {};
	struct engine_item *item;
	struct rtp_packet pkt;
	guint load = 0;

	if (rtp_packet_parse(&pkt, data, len)) {
		engine->info.rx_dropped_malformed++;
		return;
	}
	engine->info.rx_packets++;
	engine->info.rx_octets += pkt.len;
	engine->serial++;
	if (!engine_accept(engine, &pkt))
		return;

	engine_number(engine, &pkt, &arrival);
	if (engine->pace.percent)
		load = engine_load(engine, &arrival, pkt.timestamp, len);
	if (!arrival.numbers.classes)
		return;
	if (engine->pending.length && rtp_arrival_may_switch(&arrival)) {
		/* what came before has its number in the class before */
		engine_flush(engine);
		engine_switch(engine, &arrival);
	}

	item = &engine->items[engine->n_items++];
	item->arrival = arrival;
	memcpy(item->head, data, RTP_HDR_LEN);
	if (rtp_source_rewrites(&engine->source))
		rtp_source_rewrite(&engine->source, item->head);
	item->data = data;
	item->len = len;
	item->octets = pkt.len;
	item->load = load;
	if (engine->n_items == G_N_ELEMENTS(engine->items))
		engine_flush(engine);
}

void engine_flush(struct engine *engine)
{
	if (engine->n_items)
		fanout_send(engine->fanout, engine);
	engine_sent(engine);
}

void engine_sent(struct engine *engine)
{
	engine->n_items = 0;
}

static gboolean engine_cap(const struct rtp_fanout_cap *request, guint8 flags,
			   struct rtp_cap *cap)
{
	if (request->did > RTP_DID_MAX || request->qid > RTP_QID_MAX ||
	    request->tid > RTP_TID_MAX || request->flags & ~flags)
		return FALSE;
	if (request->flags & RTP_FANOUT_CAP_PAUSE)
		*cap = (struct rtp_cap){ .paused = TRUE };
	else
		*cap = (struct rtp_cap){
			.did = request->did,
			.qid = request->qid,
			.tid = request->tid,
		};
	return TRUE;
}

static gboolean engine_lease_valid(const struct rtp_fanout_dest *request)
{
	return request->lease_ms <= RTP_FANOUT_MAX_LEASE_MS &&
	       request->lease_octets <= RTP_FANOUT_MAX_LEASE_OCTETS;
}

static void engine_set_lease(struct engine_dest *dest,
			     const struct rtp_fanout_dest *request)
{
	dest->expires = request->lease_ms ?
			g_get_monotonic_time() + request->lease_ms * 1000LL : 0;
	dest->octets_limit = request->lease_octets ?
			     dest->info.octets + request->lease_octets : 0;
	dest->told = FALSE;
}

gboolean engine_dest_init(struct engine *engine, struct engine_dest *dest,
			  const struct rtp_fanout_dest *request, const char *what,
			  GError **error)
{
	struct rtp_cap cap;
	int err;

	if (!engine_cap(&request->cap, RTP_FANOUT_CAP_PAUSE, &cap) ||
	    !engine_lease_valid(request))
		return fanout_fail(error, EINVAL, what);
	/* it gets what comes after those of which there are numbers already */
	err = rtp_variant_init(&dest->variant, &engine->caps, &cap, engine->serial + 1);
	if (err)
		return fanout_fail(error, -err, what);

	dest->link.data = dest;
	dest->info.addr = request->addr;
	dest->info.ifindex = request->ifindex;
	dest->info.cookie = request->cookie;
	dest->info.cap = request->cap;
	memcpy(dest->info.local, request->local, sizeof(dest->info.local));
	engine_set_lease(dest, request);
	engine->info.dests++;
	return TRUE;
}

void engine_dest_exit(struct engine *engine, struct engine_dest *dest)
{
	rtp_variant_exit(&dest->variant, &engine->caps);
	engine_pend(engine, dest);
	engine->info.dests--;
}

gboolean engine_dest_set(struct engine *engine, struct engine_dest *dest,
			 const struct rtp_fanout_dest *request, guint32 flags,
			 GError **error)
{
	static const char what[] = "change destination";
	guint32 reserved;
	struct rtp_cap cap;
	int err;

	if (flags & RTP_FANOUT_SET_LEASE && !engine_lease_valid(request))
		return fanout_fail(error, EINVAL, what);
	if (flags & RTP_FANOUT_SET_CAP) {
		if (!engine_cap(&request->cap, RTP_FANOUT_CAP_PAUSE |
				RTP_FANOUT_CAP_IMMEDIATE, &cap))
			return fanout_fail(error, EINVAL, what);
		err = rtp_variant_reserve(&dest->variant, &engine->caps,
					  &engine->stream.top, &cap,
					  engine->serial + 1, &reserved);
		if (err)
			return fanout_fail(error, -err, what);
		rtp_variant_want(&dest->variant, &engine->caps, &cap,
				 request->cap.flags & RTP_FANOUT_CAP_IMMEDIATE, reserved);
		engine_pend(engine, dest);
		dest->info.cap = request->cap;
		/* of the change, not of the cap */
		dest->info.cap.flags &= ~RTP_FANOUT_CAP_IMMEDIATE;
	}
	if (flags & RTP_FANOUT_SET_COOKIE)
		dest->info.cookie = request->cookie;
	if (flags & RTP_FANOUT_SET_LEASE)
		engine_set_lease(dest, request);
	return TRUE;
}

static gboolean engine_dest_ended(const struct engine_dest *dest, gint64 now)
{
	return (dest->expires && now >= dest->expires) ||
	       (dest->octets_limit && dest->info.octets >= dest->octets_limit);
}

const struct rtp_fanout_dest_info *engine_dest_describe(struct engine *engine,
							struct engine_dest *dest)
{
	const struct rtp_cap *now_has = &engine->caps.cap[dest->variant.class];
	struct rtp_fanout_dest_info *info = &dest->info;
	gint64 now = g_get_monotonic_time();

	info->current_cap = (struct rtp_fanout_cap){
		.did = now_has->did,
		.qid = now_has->qid,
		.tid = now_has->tid,
		.flags = now_has->paused ? RTP_FANOUT_CAP_PAUSE : 0,
	};
	info->state = RTP_FANOUT_STATE_ACTIVE;
	info->lease_ms = 0;
	info->lease_octets = 0;
	if (engine_dest_ended(dest, now)) {
		info->state = RTP_FANOUT_STATE_EXPIRED;
		return info;
	}
	if (dest->expires)
		info->lease_ms = (dest->expires - now + 999) / 1000;
	if (dest->octets_limit)
		info->lease_octets = dest->octets_limit - info->octets;
	return info;
}

gboolean engine_dest_is_over(struct engine *engine, struct engine_dest *dest, gint64 now)
{
	if (G_LIKELY(!dest->expires && !dest->octets_limit))
		return FALSE;
	if (G_LIKELY(!engine_dest_ended(dest, now)))
		return FALSE;
	if (!dest->told) {
		dest->told = TRUE;
		fanout_give_event(engine->fanout, &(struct rtp_fanout_event){
			.addr = dest->info.addr,
			.ifindex = dest->info.ifindex,
			.cookie = dest->info.cookie,
			.events = RTP_FANOUT_EVENT_LEASE_EXPIRED,
		});
	}
	return TRUE;
}

gboolean engine_dest_is_plain(const struct engine_dest *dest)
{
	return !dest->waits && !dest->variant.switched && !dest->variant.offset;
}

gboolean engine_copy(struct engine *engine, struct engine_dest *dest,
		     const struct engine_item *item, guint8 *head)
{
	struct rtp_copy copy;

	if (!rtp_variant_number(&dest->variant, &engine->caps, &item->arrival, &copy))
		return FALSE;
	memcpy(head, item->head, RTP_HDR_LEN);
	rtp_packet_number(head, copy.number, copy.marked);
	return TRUE;
}

void engine_count(struct engine *engine, struct engine_dest *dest,
		  const struct engine_item *item, const guint8 *head)
{
	dest->info.packets++;
	dest->info.octets += item->octets;
	dest->info.last_seq = head[RTP_HDR_SEQ] << 8 | head[RTP_HDR_SEQ + 1];
	engine->info.tx_packets++;
	engine->info.tx_octets += item->octets;
}

void engine_count_dropped(struct engine *engine, struct engine_dest *dest, guint n,
			  int err)
{
	struct rtp_fanout_dest_info *info = &dest->info;

	switch (err) {
	case EAGAIN:
		info->dropped_inflight += n;
		break;
	case ENOMEM:
	case ENOBUFS:
		info->dropped_nomem += n;
		break;
	case ENETUNREACH:
	case EHOSTUNREACH:
		info->dropped_route += n;
		break;
	case EMSGSIZE:
		info->dropped_mtu += n;
		break;
	default:
		info->dropped_output += n;
		break;
	}
	engine->info.tx_dropped += n;
}
