// SPDX-License-Identifier: GPL-2.0
/*
 * The worker: a kernel thread, so that it can be preempted, seen by name and
 * given a scheduling policy. It takes the fan-outs in turn, each for a budget.
 */
#include <linux/bitops.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/mutex.h>
#include "bpf.h"
#include "codec.h"
#include "dgram.h"
#include "event.h"
#include "fanout.h"
#include "packet.h"
#include "rates.h"
#include "rx.h"
#include "tx.h"
#include "worker.h"

/* Copies and datagrams for which a fan-out has the worker before the next. */
#define RTP_WORKER_BUDGET	1024

static DEFINE_MUTEX(rtp_worker_mutex);	/* rtp_worker_users, and the thread */
static struct kthread_worker *rtp_worker;
static unsigned int rtp_worker_users;

/**
 * rtp_worker_get() - a fan-out comes: have the thread
 *
 * There is none while there is no fan-out.
 *
 * Context: Process context.
 * Return: 0, after which the caller calls rtp_worker_put(), or -ENOMEM.
 */
int rtp_worker_get(void)
{
	struct kthread_worker *worker;
	int err = 0;

	mutex_lock(&rtp_worker_mutex);
	if (!rtp_worker_users) {
		worker = kthread_run_worker(0, "rtprelay/0");
		if (IS_ERR(worker))
			err = -ENOMEM;
		else
			rtp_worker = worker;
	}
	if (!err)
		rtp_worker_users++;
	mutex_unlock(&rtp_worker_mutex);

	return err;
}

/**
 * rtp_worker_put() - a fan-out went
 *
 * Context: Process context.
 */
void rtp_worker_put(void)
{
	mutex_lock(&rtp_worker_mutex);
	if (!--rtp_worker_users) {
		kthread_destroy_worker(rtp_worker);
		rtp_worker = NULL;
	}
	mutex_unlock(&rtp_worker_mutex);
}

/**
 * rtp_worker_wake() - there is work
 * @fanout: the fan-out
 *
 * Context: Any, sk->sk_receive_queue.lock held: not after the fan-out was
 * stopped.
 */
void rtp_worker_wake(struct rtp_fanout *fanout)
{
	kthread_queue_work(rtp_worker, &fanout->work);
}

/* What is counted of one datagram. */
struct rtp_worker_counts {
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

static void rtp_worker_count(struct rtp_fanout *fanout,
			     const struct rtp_worker_counts *counts)
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

/* Look at the datagram's number. Returns false when it is not to be sent. */
static bool rtp_worker_receive(struct rtp_fanout *fanout,
			       const struct rtp_packet *pkt,
			       struct rtp_worker_counts *counts)
{
	struct rtp_stream *stream = &fanout->stream;
	u64 lost = stream->lost;
	bool accepted = false;

	switch (rtp_stream_receive(stream, pkt->ssrc, pkt->seq)) {
	case RTP_ACCEPT_FIRST:
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

	return accepted;
}

/* Say to which layer the datagram belongs. */
static void rtp_worker_classify(struct rtp_fanout *fanout,
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

/* Number the datagram. Returns false when nobody gets it. */
static bool rtp_worker_number(struct rtp_fanout *fanout,
			      const struct rtp_packet *pkt,
			      struct rtp_dgram *dgram,
			      struct rtp_worker_counts *counts)
{
	struct rtp_arrival *arrival = &fanout->walk.arrival;
	struct rtp_classes *classes = &fanout->classes;
	struct rtp_stream *stream = &fanout->stream;
	struct rtp_layer *layer = &arrival->layer;
	u32 keep;

	/* Asked of the copy: a local sender may have changed the payload type
	 * in its own pages after rtp_rx_is_stream() looked at it.
	 */
	if (fanout->config.codec[pkt->payload_type] == RTP_FANOUT_CODEC_NONE) {
		counts->malformed = true;
		return false;
	}
	if (!rtp_worker_receive(fanout, pkt, counts))
		return false;

	rtp_worker_classify(fanout, pkt, dgram, layer);
	arrival->stream = stream;
	arrival->serial = dgram->serial;
	arrival->used = rtp_stream_classes(stream, classes);
	keep = rtp_class_keep(classes, arrival->used, layer);
	rtp_stream_number(stream, pkt->timestamp, layer, keep, arrival->used,
			  &arrival->numbers);

	counts->relayed = true;
	counts->octets = pkt->len;
	counts->late = keep & ~arrival->numbers.classes;
	counts->unknown = layer->flags & RTP_LAYER_UNKNOWN;
	if (rtp_layer_is_told(layer))
		counts->rate = rtp_rates_layer(&fanout->rates, layer);

	return arrival->numbers.classes;
}

/* Prepare the next datagram's walk. Returns false when nobody gets it. */
static bool rtp_worker_prepare(struct rtp_fanout *fanout,
			       struct rtp_dgram *dgram)
{
	struct rtp_worker_counts counts = {};
	struct rtp_walk *walk = &fanout->walk;
	struct rtp_packet pkt;
	bool given = false;

	if (rtp_packet_parse(&pkt, dgram->data, dgram->len))
		counts.malformed = true;
	else
		given = rtp_worker_number(fanout, &pkt, dgram, &counts);
	rtp_worker_count(fanout, &counts);
	if (!given)
		return false;

	memcpy(walk->hdr, dgram->data, RTP_HDR_LEN);
	walk->hdr[1] &= ~RTP_HDR_MARKER;
	walk->arrival.marked = rtp_class_marked(&fanout->classes,
						walk->arrival.used,
						&walk->arrival.layer,
						pkt.marker);
	walk->may_switch = rtp_arrival_may_switch(&walk->arrival);

	/* Pairs with rtp_dest_grow(): chunks below are there. */
	walk->slots = smp_load_acquire(&fanout->table.slots);
	walk->left = walk->slots;
	/* One destination further each time: who comes last, and finds a queue
	 * full, is another.
	 */
	walk->slot = walk->slots ? fanout->rotation++ % walk->slots : 0;
	walk->octets = pkt.len;
	walk->dgram = dgram;
	rtp_tx_begin(fanout);

	return true;
}

static bool rtp_worker_lease_ended(struct rtp_fanout *fanout,
				   struct rtp_dest *dest)
{
	unsigned long expires = READ_ONCE(dest->expires);

	if (likely(expires == RTP_LEASE_NONE))
		return false;
	if (expires == RTP_LEASE_ENDED)
		return true;
	if (time_before(jiffies, expires))
		return false;

	rtp_event_lease_ended(fanout, dest, expires);

	return true;
}

/* Whether a destination gets the datagram of the walk, and how. */
static bool rtp_worker_gets(struct rtp_fanout *fanout, struct rtp_dest *dest,
			    struct rtp_copy *copy)
{
	struct rtp_walk *walk = &fanout->walk;
	bool ended;

	if (dest->since > walk->dgram->serial)
		return false;

	/* Its variant goes on all the same: the lease can be renewed. */
	ended = rtp_worker_lease_ended(fanout, dest);

	if (unlikely(rtp_variant_is_pending(&dest->variant)) &&
	    walk->may_switch &&
	    rtp_variant_switch(&dest->variant, &fanout->classes,
			       &walk->arrival) && !ended)
		rtp_event_fanout(fanout, RTP_FANOUT_EVENT_WAIT_SYNC);

	return rtp_variant_number(&dest->variant, &fanout->classes,
				  &walk->arrival, copy) && !ended;
}

/* Send to the slots from the walk's place to the end of a chunk. Returns the
 * work done.
 */
static unsigned int rtp_worker_walk_chunk(struct rtp_fanout *fanout)
{
	struct rtp_walk *walk = &fanout->walk;
	unsigned int first, last, i, done = 1;
	struct rtp_dest_chunk *chunk;
	struct rtp_dest *dest;
	struct rtp_copy copy;

	first = walk->slot % RTP_CHUNK_DESTS;
	last = min3((u32)RTP_CHUNK_DESTS, first + walk->left,
		    first + walk->slots - walk->slot);

	/* RCU keeps a slot that is given back meanwhile from being used again.
	 * With softirqs off the network stack does not turn them on and off
	 * for each copy; a chunk bounds how long.
	 */
	local_bh_disable();
	rcu_read_lock();
	chunk = rtp_dest_chunk(&fanout->table, walk->slot);
	if (!chunk || (bitmap_empty(chunk->live, RTP_CHUNK_DESTS) &&
		       bitmap_empty(chunk->routed, RTP_CHUNK_DESTS)))
		goto out;

	for (i = first; i < last; i++) {
		dest = &chunk->dest[i];
		if (!test_bit_acquire(i, chunk->live)) {
			if (unlikely(test_bit(i, chunk->routed))) {
				__clear_bit(i, chunk->routed);
				rtp_tx_release(dest);
			}
			continue;
		}
		if (!rtp_worker_gets(fanout, dest, &copy))
			continue;

		rtp_tx_dest(fanout, dest, &copy);
		if (dest->dst)
			__set_bit(i, chunk->routed);
		else
			__clear_bit(i, chunk->routed);
		done++;
	}
out:
	rcu_read_unlock();
	local_bh_enable();

	walk->left -= last - first;
	walk->slot += last - first;
	if (walk->slot == walk->slots)
		walk->slot = 0;

	return done;
}

/* Take the next datagram. Returns false when there is none. */
static bool rtp_worker_next(struct rtp_fanout *fanout, u32 *bytes)
{
	struct rtp_dgram *dgram;

	dgram = list_first_entry_or_null(&fanout->todo, struct rtp_dgram, list);
	if (!dgram) {
		if (!rtp_rx_take(fanout))
			return false;
		dgram = list_first_entry(&fanout->todo, struct rtp_dgram, list);
	}
	list_del(&dgram->list);

	if (!rtp_worker_prepare(fanout, dgram)) {
		*bytes += dgram->truesize;
		rtp_dgram_put(dgram);
	}

	return true;
}

static void rtp_worker_count_run(struct rtp_fanout *fanout)
{
	local_bh_disable();
	u64_stats_update_begin(&fanout->syncp);
	u64_stats_inc(&fanout->stats.worker_runs);
	u64_stats_update_end(&fanout->syncp);
	local_bh_enable();
}

static void rtp_worker_fn(struct kthread_work *work)
{
	struct rtp_fanout *fanout = container_of(work, struct rtp_fanout, work);
	struct rtp_walk *walk = &fanout->walk;
	int budget = RTP_WORKER_BUDGET;
	bool more = true;
	u32 bytes = 0;

	rtp_worker_count_run(fanout);

	while (budget > 0) {
		if (!walk->dgram) {
			more = rtp_worker_next(fanout, &bytes);
			if (!more)
				break;
			budget--;
			continue;
		}
		if (walk->left)
			budget -= rtp_worker_walk_chunk(fanout);
		if (!walk->left) {
			bytes += walk->dgram->truesize;
			rtp_dgram_put(walk->dgram);
			walk->dgram = NULL;
		}
		cond_resched();
	}

	rtp_rx_uncharge(fanout, bytes);

	/* Behind the other fan-outs that wait. No lock: while this runs the
	 * fan-out is not stopped yet, and cancelling wins over queueing.
	 */
	if (more)
		kthread_queue_work(rtp_worker, &fanout->work);
}

/**
 * rtp_worker_attach() - a fan-out can have work
 * @fanout: the fan-out; the caller has the thread by rtp_worker_get()
 *
 * Context: Process context.
 */
void rtp_worker_attach(struct rtp_fanout *fanout)
{
	kthread_init_work(&fanout->work, rtp_worker_fn);
}

/**
 * rtp_worker_detach() - a fan-out was stopped
 * @fanout: the fan-out; nobody calls rtp_worker_wake() any more
 *
 * Context: Process context. Sleeps until the worker has left the fan-out, a
 * budget's work at most for each fan-out before it.
 */
void rtp_worker_detach(struct rtp_fanout *fanout)
{
	kthread_cancel_work_sync(&fanout->work);
}
