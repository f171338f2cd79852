// SPDX-License-Identifier: GPL-2.0
/*
 * What is done once for a datagram: it is classified and numbered, destinations
 * change their class at it, and it joins the batch.
 */
#include <kunit/visibility.h>
#include <linux/bitops.h>
#include <linux/export.h>
#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/math.h>
#include <linux/rcupdate.h>
#include <net/checksum.h>
#include <trace/events/rtprelay.h>
#include "batch.h"
#include "bpf.h"
#include "codec.h"
#include "dest.h"
#include "dgram.h"
#include "event.h"
#include "fanout.h"
#include "lease.h"
#include "memory.h"
#include "owner.h"
#include "pace.h"
#include "packet.h"
#include "rates.h"
#include "route.h"
#include "rx.h"
#include "source.h"
#include "variant.h"

/* Datagrams that a destination is sent before the next is. More would make an
 * skb little cheaper, and who comes first take what may be in flight.
 */
#define RTP_OWNER_MOST		16

/* What is counted of one datagram. */
struct rtp_owner_counts {
	u32 octets;
	u64 lost;
	struct rtp_rate *rate;
	bool relayed;
	bool unknown;
	bool malformed;
	bool duplicate;
	bool late;
	bool unconfirmed;
};

static void rtp_owner_count(struct rtp_fanout *fanout,
			    const struct rtp_owner_counts *counts)
{
	struct rtp_fanout_stats *stats = &fanout->stats;

	/* Readers of a 32-bit kernel spin while an update is under way. */
	local_bh_disable();
	u64_stats_update_begin(&fanout->syncp);
	u64_stats_add(&stats->rx_packets, counts->relayed);
	u64_stats_add(&stats->rx_octets, counts->octets);
	u64_stats_add(&stats->rx_unknown, counts->unknown);
	u64_stats_add(&stats->rx_dropped_malformed, counts->malformed);
	u64_stats_add(&stats->rx_dropped_duplicate, counts->duplicate);
	u64_stats_add(&stats->rx_dropped_late, counts->late);
	u64_stats_add(&stats->rx_dropped_unconfirmed, counts->unconfirmed);
	u64_stats_add(&stats->rx_lost, counts->lost);
	if (counts->rate)
		rtp_rate_add(counts->rate, counts->octets);
	u64_stats_update_end(&fanout->syncp);
	local_bh_enable();
}

/* What the datagram's source and number say. */
static enum rtp_verdict rtp_owner_verdict(struct rtp_fanout *fanout,
					  const struct rtp_packet *pkt,
					  const struct rtp_dgram *dgram)
{
	struct rtp_stream *stream = &fanout->stream;

	if (unlikely(dgram->era != fanout->era)) {
		/* Received together with the next source's first. */
		if ((s32)(dgram->era - fanout->era) < 0)
			return RTP_OLD;
		fanout->era = dgram->era;
		rtp_stream_renew(stream);
		rtp_source_renew(&fanout->source);
	}
	if (rtp_source_is_own(&fanout->source, stream, pkt->ssrc))
		return RTP_DUPLICATE;

	return rtp_stream_receive(stream, pkt->ssrc, pkt->seq);
}

/* Look at the datagram's number. Returns false when it is not to be sent. */
static bool rtp_owner_receive(struct rtp_fanout *fanout,
			      const struct rtp_packet *pkt,
			      const struct rtp_dgram *dgram,
			      struct rtp_owner_counts *counts)
{
	struct rtp_stream *stream = &fanout->stream;
	enum rtp_verdict verdict;
	u64 lost = stream->lost;
	bool accepted = false;

	verdict = rtp_owner_verdict(fanout, pkt, dgram);
	switch (verdict) {
	case RTP_ACCEPT_FIRST:
		rtp_source_first(&fanout->source, pkt->ssrc);
		rtp_pace_restart(&fanout->pace);
		rtp_event_fanout(fanout, RTP_FANOUT_EVENT_NEW_SSRC);
		fallthrough;
	case RTP_ACCEPT:
	case RTP_ACCEPT_LATE:
		accepted = true;
		break;
	case RTP_DUPLICATE:
		counts->duplicate = true;
		break;
	case RTP_OLD:
		counts->late = true;
		break;
	case RTP_UNCONFIRMED:
		counts->unconfirmed = true;
		break;
	}
	/* One less when a datagram that seemed lost comes late. */
	counts->lost = stream->lost - lost;
	if (accepted)
		rtp_source_arrive(&fanout->source, verdict, pkt->timestamp,
				  dgram->received);

	return accepted;
}

/* Have it leave as what those who get the stream take its source for. Nobody
 * else refers to the relay's copy yet.
 */
static void rtp_owner_rewrite(const struct rtp_source *source,
			      struct rtp_dgram *dgram)
{
	const int len = RTP_HDR_LEN - RTP_HDR_TIMESTAMP;
	u8 *from = dgram->data + RTP_HDR_TIMESTAMP;

	dgram->sum = csum_sub(dgram->sum, csum_partial(from, len, 0));
	rtp_source_rewrite(source, dgram->data);
	dgram->sum = csum_add(dgram->sum, csum_partial(from, len, 0));
}

/* Say to which layer the datagram belongs. */
static void rtp_owner_classify(struct rtp_fanout *fanout,
			       const struct rtp_packet *pkt,
			       const struct rtp_dgram *dgram,
			       struct rtp_layer *layer)
{
	u8 type = fanout->config.codec[pkt->payload_type];
	bool late = rtp_stream_late(&fanout->stream);

	if (type == RTP_FANOUT_CODEC_BPF)
		rtp_bpf_classify(fanout->bpf, dgram, late, layer);
	else
		rtp_codec_find(type)->classify(&fanout->stream.codec, pkt, late,
					       layer);
}

/* What is the same in all copies is looked up once. */
static void rtp_owner_locate(struct rtp_item *item)
{
	struct rtp_dgram *dgram = item->dgram;

	item->page = NULL;
	if (dgram->len > RTP_HDR_LEN)
		item->at = rtp_memory_at(dgram->data + RTP_HDR_LEN,
					 &item->page);
}

/* Say to pacing what the datagram is of the stream. */
static void rtp_owner_load(struct rtp_fanout *fanout, struct rtp_item *item,
			   u32 timestamp)
{
	const struct rtp_arrival *arrival = &item->arrival;
	const struct rtp_dgram *dgram = item->dgram;

	item->load = rtp_class_load(&fanout->classes, arrival->used,
				    arrival->numbers.classes, dgram->len);
	/* What waited when pacing was asked for has no time. */
	if (dgram->received && !rtp_stream_late(&fanout->stream))
		rtp_pace_arrive(&fanout->pace, timestamp, dgram->received,
				dgram->len, item->load);
}

/* Number the datagram. Returns false when nobody gets it. */
static bool rtp_owner_number(struct rtp_fanout *fanout, struct rtp_item *item,
			     const struct rtp_packet *pkt,
			     struct rtp_owner_counts *counts)
{
	struct rtp_classes *classes = &fanout->classes;
	struct rtp_arrival *arrival = &item->arrival;
	struct rtp_stream *stream = &fanout->stream;
	struct rtp_layer *layer = &arrival->layer;
	u32 keep;

	/* Asked of the copy: a local sender may have changed the payload type
	 * in its own pages after rtp_filter_is_stream() looked at it.
	 */
	if (fanout->config.codec[pkt->payload_type] == RTP_FANOUT_CODEC_NONE) {
		counts->malformed = true;
		return false;
	}
	if (!rtp_owner_receive(fanout, pkt, item->dgram, counts))
		return false;

	rtp_owner_classify(fanout, pkt, item->dgram, layer);
	if (rtp_source_rewrites(&fanout->source))
		rtp_owner_rewrite(&fanout->source, item->dgram);
	arrival->stream = stream;
	arrival->serial = item->dgram->serial;
	arrival->used = rtp_stream_classes(stream, classes);
	keep = rtp_class_keep(classes, arrival->used, layer);
	rtp_stream_number(stream, pkt->timestamp, layer, keep, arrival->used,
			  &arrival->numbers);
	arrival->marked = rtp_class_marked(classes, arrival->used, layer,
					   pkt->marker);
	if (fanout->pace.percent)
		rtp_owner_load(fanout, item, pkt->timestamp);
	item->octets = pkt->len;
	rtp_owner_locate(item);

	counts->relayed = true;
	counts->octets = pkt->len;
	counts->late = keep & ~arrival->numbers.classes;
	counts->unknown = layer->flags & RTP_LAYER_UNKNOWN;
	if (rtp_layer_is_told(layer))
		counts->rate = rtp_rates_layer(&fanout->rates, layer);

	return arrival->numbers.classes;
}

/* Look at a datagram. Returns false when nobody gets it. */
static bool rtp_owner_read(struct rtp_fanout *fanout, struct rtp_item *item)
{
	const struct rtp_dgram *dgram = item->dgram;
	struct rtp_owner_counts counts = {};
	struct rtp_packet pkt;
	bool given = false;

	if (rtp_packet_parse(&pkt, dgram->data, dgram->len))
		counts.malformed = true;
	else
		given = rtp_owner_number(fanout, item, &pkt, &counts);
	rtp_owner_count(fanout, &counts);

	return given;
}

static void rtp_owner_switch_dest(struct rtp_fanout *fanout,
				  struct rtp_dest_chunk *chunk, unsigned int i,
				  const struct rtp_arrival *arrival)
{
	struct rtp_dest *dest = &chunk->dest[i];

	/* Cleared before it is looked at: a cap that is set meanwhile sets it
	 * again.
	 */
	clear_bit(i, chunk->pending);
	/* Pairs with rtp_dest_pend(). */
	smp_mb__after_atomic();
	if (!test_bit(i, chunk->live) || arrival->serial < dest->since) {
		if (rtp_variant_is_pending(&dest->variant))
			set_bit(i, chunk->pending);
		return;
	}

	if (rtp_variant_is_pending(&dest->variant) &&
	    rtp_variant_switch(&dest->variant, &fanout->classes, arrival) &&
	    !rtp_lease_is_over(dest))
		rtp_event_fanout(fanout, RTP_FANOUT_EVENT_WAIT_SYNC);
	if (rtp_variant_is_pending(&dest->variant))
		set_bit(i, chunk->pending);
}

/**
 * rtp_owner_switch() - change the class of each destination that is to have
 *	another, where it may be changed
 * @fanout: the fan-out
 * @arrival: at which datagram
 *
 * Context: The owner, while no shard walks: none is at what they have.
 */
void rtp_owner_switch(struct rtp_fanout *fanout,
		      const struct rtp_arrival *arrival)
{
	struct rtp_dest_table *table = &fanout->table;
	struct rtp_dest_chunk *chunk;
	unsigned long index;
	unsigned int i;

	/* The others, and there may be thousands, are not looked at. */
	xa_for_each_marked(&table->chunks, index, chunk, RTP_DEST_PENDING) {
		local_bh_disable();
		rcu_read_lock();
		for_each_set_bit(i, chunk->pending, RTP_CHUNK_DESTS)
			rtp_owner_switch_dest(fanout, chunk, i, arrival);
		rcu_read_unlock();
		local_bh_enable();
		rtp_dest_settle(table, index, chunk);
		cond_resched();
	}
}
EXPORT_SYMBOL_IF_KUNIT(rtp_owner_switch);

static bool rtp_owner_switches(struct rtp_fanout *fanout,
			       const struct rtp_arrival *arrival)
{
	return READ_ONCE(fanout->classes.switching) &&
	       rtp_arrival_may_switch(arrival);
}

/* Take what is queued, when nothing is left of what was taken before. */
static bool rtp_owner_take(struct rtp_fanout *fanout)
{
	if (list_empty(&fanout->todo))
		fanout->waiting = rtp_rx_take(fanout);

	return !list_empty(&fanout->todo);
}

/* Put the next datagram into the batch, unless nobody gets it. Returns false
 * when it has to wait for the next batch.
 */
static bool rtp_owner_next(struct rtp_fanout *fanout, u32 *bytes)
{
	struct rtp_batch *batch = &fanout->batch;
	struct rtp_item *item = rtp_batch_slot(batch);

	item->dgram = list_first_entry(&fanout->todo, struct rtp_dgram, list);
	list_del(&item->dgram->list);
	fanout->waiting -= item->dgram->len;

	if (!rtp_owner_read(fanout, item)) {
		*bytes += item->dgram->truesize;
		rtp_dgram_put(item->dgram);
		return true;
	}

	if (rtp_owner_switches(fanout, &item->arrival)) {
		/* Destinations have their class for a whole batch. */
		if (batch->count) {
			fanout->held = item;
			return false;
		}
		rtp_owner_switch(fanout, &item->arrival);
	}
	rtp_batch_add(batch);

	return true;
}

/* Begin with the datagram that the batch before ended at. */
static void rtp_owner_resume(struct rtp_fanout *fanout)
{
	struct rtp_batch *batch = &fanout->batch;

	if (!fanout->held)
		return;

	*rtp_batch_slot(batch) = *fanout->held;
	fanout->held = NULL;
	rtp_owner_switch(fanout, &rtp_batch_slot(batch)->arrival);
	rtp_batch_add(batch);
}

/* Take over what RTP_FANOUT_CONFIG asked for. */
static void rtp_owner_pace_asked(struct rtp_fanout *fanout)
{
	/* Pairs with rtp_fanout_configure(): both halves are of one call. */
	u32 asked = READ_ONCE(fanout->pace_asked);
	u8 percent = asked >> 16, burst = asked;

	if (unlikely(percent != fanout->pace.percent ||
		     burst != fanout->pace.burst))
		rtp_pace_set(&fanout->pace, percent, burst);
}

/* Say when the batch leaves. */
static void rtp_owner_pace(struct rtp_fanout *fanout, u64 now)
{
	struct rtp_batch *batch = &fanout->batch;
	struct rtp_pace *pace = &fanout->pace;
	u32 waiting, load = 0;
	unsigned int i;

	for (i = 0; i < batch->count; i++)
		load += batch->item[i].load;
	/* The lock is not needed for a guess. */
	waiting = fanout->waiting + READ_ONCE(fanout->queue_octets);
	pace->hurry = READ_ONCE(fanout->queue_bytes) >
		      READ_ONCE(fanout->sk->sk_rcvbuf) / 2;
	/* A source that was idle does not make who sends late. */
	pace->next = max(pace->next, batch->item[0].dgram->received);
	batch->start = rtp_pace_leave(pace, now, load, waiting,
				      &batch->duration);
}

static bool rtp_owner_has_more(const struct rtp_fanout *fanout)
{
	/* Without the lock: who fills an empty queue wakes. */
	return fanout->held || !list_empty(&fanout->todo) ||
	       !list_empty(&fanout->queue);
}

/**
 * rtp_owner_batch() - make the next batch
 * @fanout: the fan-out, whose batch is empty
 * @budget: datagrams for which others wait; those looked at are taken from it
 * @bytes: truesize of datagrams that were dropped is added to it
 *
 * Context: The owner, while no shard walks.
 * Return: whether there is one.
 */
enum rtp_ready rtp_owner_batch(struct rtp_fanout *fanout, int *budget,
			       u32 *bytes)
{
	struct rtp_batch *batch = &fanout->batch;
	struct rtp_pace *pace = &fanout->pace;
	unsigned int most = RTP_OWNER_MOST;
	u64 now = 0;

	rtp_owner_pace_asked(fanout);
	if (pace->percent) {
		now = ktime_get_ns();
		/* What is queued stays there until then: who adds to it wakes
		 * nobody.
		 */
		if (now < rtp_pace_slice(pace->next))
			return rtp_owner_has_more(fanout) ? RTP_READY_LATER :
							    RTP_READY_NOT;
		most = pace->burst;
	}

	rtp_batch_reset(batch);
	rtp_owner_resume(fanout);
	while (batch->count < most && rtp_owner_take(fanout)) {
		if (*budget <= 0)
			break;
		(*budget)--;
		if (!rtp_owner_next(fanout, bytes))
			break;
	}
	if (!batch->count)
		return *budget > 0 ? RTP_READY_NOT : RTP_READY_BUDGET;

	if (pace->percent)
		rtp_owner_pace(fanout, now);
	/* Pairs with rtp_dest_grow(): chunks below are there. */
	batch->slots = smp_load_acquire(&fanout->table.slots);
	/* Whoever reads counters looks at it at any time: rtp_fanout_shard(). */
	WRITE_ONCE(batch->shards,
		   rtp_batch_shards(batch->slots, fanout->shards));
	rtp_batch_plan(batch);
	rtp_route_begin(fanout);
	trace_rtprelay_batch(fanout->sk, batch->serial, batch->count,
			     batch->slots, batch->start, batch->duration);

	return RTP_READY;
}
