// SPDX-License-Identifier: GPL-2.0
/*
 * The walk: a shard sends what the batch has to each of its destinations.
 */
#include <linux/bitops.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <net/sock.h>
#include "batch.h"
#include "dest.h"
#include "fanout.h"
#include "lease.h"
#include "route.h"
#include "shard.h"
#include "shared.h"
#include "tx.h"
#include "variant.h"
#include "worker.h"

/* Datagrams and slots after which softirqs are let in. */
#define RTP_SHARD_SPELL		256

/* Marks an entry of struct rtp_shard.seen as set. */
#define RTP_SHARD_SEEN		BIT(31)

/* How many of the slots up to struct rtp_batch.slots the shard has. */
static u32 rtp_shard_slots(const struct rtp_shard *shard)
{
	u32 slots = shard->fanout->batch.slots;
	u32 shards = shard->fanout->shards;
	u32 chunks = DIV_ROUND_UP(slots, RTP_CHUNK_DESTS);
	u32 own, missing = 0;

	if (chunks <= shard->index)
		return 0;
	own = (chunks - shard->index - 1) / shards + 1;
	/* The last chunk of all is not full. */
	if ((chunks - 1) % shards == shard->index)
		missing = chunks * RTP_CHUNK_DESTS - slots;

	return own * RTP_CHUNK_DESTS - missing;
}

/**
 * rtp_shard_begin() - have a shard walk with the batch
 * @shard: the shard, which does not walk
 *
 * Context: The owner, before the shard's thread is told.
 */
void rtp_shard_begin(struct rtp_shard *shard)
{
	const struct rtp_batch *batch = &shard->fanout->batch;

	shard->slots = rtp_shard_slots(shard);
	/* Who comes last, and finds a queue full, is another each time. Where
	 * nothing is lost a destination that is paced keeps its place, and its
	 * datagrams the time between them.
	 */
	if (!batch->duration || shard->dropped)
		shard->first = mul_u64_u64_shr(batch->rotation, shard->slots,
					       32);
	if (shard->first >= shard->slots)
		shard->first = 0;
	shard->done = 0;
	shard->walking = true;
	shard->waiting = false;
	shard->dropped = false;
	if (batch->runs)
		memset(shard->seen, 0, sizeof(shard->seen));
}

/* When the slot that is visited next is to be sent to. */
static u64 rtp_shard_when(const struct rtp_shard *shard)
{
	const struct rtp_batch *batch = &shard->fanout->batch;

	if (!batch->duration)
		return 0;
	return batch->start + div_u64(batch->duration * shard->done,
				      shard->slots);
}

/* What was built for the destination's variant, or is now since another has the
 * same. NULL for none.
 */
static const struct rtp_shared *
rtp_shard_shared(struct rtp_shard *shard, u8 class, u16 offset)
{
	u32 key = RTP_SHARD_SEEN | class << 16 | offset;
	struct rtp_batch *batch = &shard->fanout->batch;
	const struct rtp_shared *shared;
	u32 *seen;

	if (!batch->runs)
		return NULL;
	shared = rtp_shared_find(batch, class, offset);
	if (likely(shared))
		return shared;

	seen = &shard->seen[rtp_shared_hash(class, offset)];
	if (*seen == key)
		return rtp_shared_build(batch, &shard->worker->memory, class,
					offset);
	*seen = key;

	return NULL;
}

/* Send what each destination of the class gets. */
static void rtp_shard_send_class(struct rtp_shard *shard, u8 class, u16 offset)
{
	struct rtp_batch *batch = &shard->fanout->batch;
	const struct rtp_plan *plan = &batch->plan[class];
	const struct rtp_shared *shared = NULL;
	u64 left = plan->kept, which, bits;
	unsigned int run = 0;

	if (shard->tx.run_min)
		shared = rtp_shard_shared(shard, class, offset);

	while (left) {
		which = rtp_run_next(&left, plan->starts);
		if (shared && which & (which - 1) &&
		    rtp_tx_shared(shard, &shared->run[run++]))
			continue;

		for (bits = which; bits; bits &= bits - 1) {
			unsigned int i = __ffs64(bits);
			const struct rtp_arrival *arrival;

			arrival = &batch->item[i].arrival;
			shard->copy[i].number =
				arrival->numbers.number[class] + offset;
			shard->copy[i].marked = arrival->marked & BIT(class);
		}
		rtp_tx_run(shard, which);
	}
}

/* Send what a destination gets that others of its class need not get: it came
 * while the batch was received, or its class changes or changed lately. Returns
 * how many datagrams that are.
 */
static u32 rtp_shard_send_own(struct rtp_shard *shard, struct rtp_dest *dest,
			      u64 when, bool full)
{
	struct rtp_fanout *fanout = shard->fanout;
	struct rtp_batch *batch = &fanout->batch;
	u64 kept = 0, left, starts;
	unsigned int i;
	u32 count;

	for (i = 0; i < batch->count; i++) {
		const struct rtp_arrival *arrival = &batch->item[i].arrival;

		if (arrival->serial >= dest->since &&
		    rtp_variant_number(&dest->variant, &fanout->classes,
				       arrival, &shard->copy[i]))
			kept |= BIT_ULL(i);
	}
	if (!kept)
		return 0;

	count = hweight64(kept);
	if (!rtp_tx_open(shard, dest, when)) {
		rtp_tx_drop(shard, RTP_TX_DROP_ROUTE, count);
	} else if (full) {
		rtp_tx_drop(shard, RTP_TX_DROP_INFLIGHT, count);
	} else {
		starts = rtp_batch_starts(batch, kept);
		for (left = kept; left;)
			rtp_tx_run(shard, rtp_run_next(&left, starts));
	}
	rtp_tx_close(shard);

	return count;
}

/* Whether the destination gets what its class gets, and nothing else. */
static bool rtp_shard_is_plain(struct rtp_fanout *fanout, struct rtp_dest *dest)
{
	struct rtp_variant *variant = &dest->variant;
	const struct rtp_batch *batch = &fanout->batch;

	if (batch->serial < dest->since ||
	    rtp_variant_is_pending(variant))
		return false;
	if (likely(!variant->switched))
		return true;
	if ((s32)(batch->ext - variant->since) < 0)
		return false;
	if (batch->ext - variant->since >= RTP_SEQ_RING)
		rtp_variant_settle(variant, &fanout->classes);

	return true;
}

/* Send to a destination. Returns how many datagrams it gets. */
static u32 rtp_shard_send(struct rtp_shard *shard, struct rtp_dest *dest,
			  bool full)
{
	struct rtp_fanout *fanout = shard->fanout;
	u32 count;
	u64 when;
	u8 class;

	if (rtp_lease_ended(fanout, dest))
		return 0;
	when = rtp_shard_when(shard);
	if (unlikely(!rtp_shard_is_plain(fanout, dest)))
		return rtp_shard_send_own(shard, dest, when, full);

	class = dest->variant.class;
	count = fanout->batch.plan[class].count;
	if (!count)
		return 0;

	if (unlikely(!rtp_tx_open(shard, dest, when)))
		rtp_tx_drop(shard, RTP_TX_DROP_ROUTE, count);
	else if (unlikely(full))
		rtp_tx_drop(shard, RTP_TX_DROP_INFLIGHT, count);
	else
		rtp_shard_send_class(shard, class, dest->variant.offset);
	rtp_tx_close(shard);

	return count;
}

/* Whether as many bytes are in flight as may be. */
static bool rtp_shard_full(struct rtp_shard *shard)
{
	struct sock *sk = shard->fanout->sk;

	if (likely(sk_wmem_alloc_get(sk) < READ_ONCE(sk->sk_sndbuf))) {
		shard->stuck = false;
		return false;
	}

	return true;
}

/* Find a slot of the walk: its chunk, and where in the chunk it is. */
static struct rtp_dest_chunk *rtp_shard_chunk(struct rtp_shard *shard,
					      u32 *in_chunk, u32 *last)
{
	struct rtp_fanout *fanout = shard->fanout;
	u32 at = shard->first + shard->done;
	u32 end = shard->slots;
	u32 chunk;

	if (at >= shard->slots) {
		at -= shard->slots;
		end = shard->first;
	}
	chunk = at / RTP_CHUNK_DESTS;
	*in_chunk = at % RTP_CHUNK_DESTS;
	*last = min(end - chunk * RTP_CHUNK_DESTS, (u32)RTP_CHUNK_DESTS);
	chunk = chunk * fanout->shards + shard->index;

	return rtp_dest_chunk(&fanout->table, chunk * RTP_CHUNK_DESTS);
}

/* Visit slots of a chunk, so many at most. Returns true when bytes in flight
 * have to become fewer first.
 */
static bool rtp_shard_spell(struct rtp_shard *shard, u32 slots, int *budget)
{
	struct rtp_dest_chunk *chunk;
	struct rtp_dest *dest;
	bool full = false;
	int spent = 0;
	u32 i, last;

	/* RCU keeps a slot that is given back meanwhile from being used again.
	 * With softirqs off the network stack does not turn them on and off
	 * for each copy.
	 */
	local_bh_disable();
	rcu_read_lock();
	chunk = rtp_shard_chunk(shard, &i, &last);
	last = min(last, i + slots);

	for (; i < last && spent < RTP_SHARD_SPELL; i++, shard->done++) {
		spent++;
		if (!chunk)
			continue;
		dest = &chunk->dest[i];
		if (!test_bit_acquire(i, chunk->live)) {
			if (unlikely(test_bit(i, chunk->routed))) {
				__clear_bit(i, chunk->routed);
				rtp_route_put(dest);
			}
			continue;
		}
		full = rtp_shard_full(shard);
		if (unlikely(full) && !shard->stuck)
			break;
		spent += rtp_shard_send(shard, dest, full);
		full = false;
		if (dest->dst)
			__set_bit(i, chunk->routed);
		else
			__clear_bit(i, chunk->routed);
	}
	rcu_read_unlock();
	local_bh_enable();
	*budget -= spent;

	return full;
}

/* Whether to wait for bytes in flight to become fewer. Others than those that
 * cannot be sent to wait as well: not for long when nothing moves.
 */
static bool rtp_shard_waits(struct rtp_shard *shard)
{
	u64 now = ktime_get_ns();

	if (!shard->waiting || shard->done != shard->waited) {
		shard->waiting = true;
		shard->waited = shard->done;
		shard->deadline = now + RTP_SHARD_WAIT_NS;
		local_bh_disable();
		u64_stats_update_begin(&shard->syncp);
		u64_stats_inc(&shard->stats.tx_waits);
		u64_stats_update_end(&shard->syncp);
		local_bh_enable();
	}
	if (now >= shard->deadline) {
		shard->stuck = true;
		return false;
	}
	shard->wake = now + RTP_SHARD_SLICE_NS;

	return true;
}

/* How many slots may be visited by now. Sets when the next may be. */
static u32 rtp_shard_due(struct rtp_shard *shard)
{
	const struct rtp_batch *batch = &shard->fanout->batch;
	u64 slice;

	if (!batch->duration)
		return shard->slots - shard->done;

	slice = div_u64(ktime_get_ns(), RTP_SHARD_SLICE_NS) + 1;
	shard->wake = slice * RTP_SHARD_SLICE_NS;
	if (shard->wake >= batch->start + batch->duration)
		return shard->slots - shard->done;
	if (shard->wake <= batch->start)
		return 0;

	/* At least the share of the walk that the time is; less than 2^64 since
	 * a walk takes no longer than a second.
	 */
	return div64_u64((shard->wake - batch->start) * shard->slots,
			 batch->duration) + 1 - shard->done;
}

/**
 * rtp_shard_walk() - send to the shard's destinations
 * @shard: a shard that was begun
 * @budget: datagrams and slots for which others wait; what was done is taken
 *	from it
 *
 * Context: The shard's thread.
 * Return: how far it came.
 */
enum rtp_walk rtp_shard_walk(struct rtp_shard *shard, int *budget)
{
	while (shard->done < shard->slots) {
		u32 due = rtp_shard_due(shard);

		if (!due)
			return RTP_WALK_WAIT;
		if (*budget <= 0)
			return RTP_WALK_BUDGET;
		if (rtp_shard_spell(shard, due, budget) &&
		    rtp_shard_waits(shard))
			return RTP_WALK_WAIT;
		cond_resched();
	}
	shard->walking = false;

	return RTP_WALK_DONE;
}
