// SPDX-License-Identifier: GPL-2.0
/*
 * The walk: a shard sends what the batch has to each of its destinations.
 */
#include <linux/bitops.h>
#include <linux/errno.h>
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
#include "load.h"
#include "pace.h"
#include "route.h"
#include "shard.h"
#include "shared.h"
#include "tx.h"
#include "variant.h"
#include "worker.h"

/* Slots, skbs, and datagrams of those skbs that are cut in software, after which
 * softirqs are let in.
 */
#define RTP_SHARD_SPELL		256

/**
 * enum rtp_gate - whether a destination may be sent to
 * @RTP_GATE_OPEN: it may
 * @RTP_GATE_WAIT: when bytes in flight have become fewer
 * @RTP_GATE_CLOSED: it loses what it is to get
 */
enum rtp_gate {
	RTP_GATE_OPEN,
	RTP_GATE_WAIT,
	RTP_GATE_CLOSED,
};

/* While a shard waits it has to get on by this part of its slots each time. */
#define RTP_SHARD_PROGRESS	64

/* Mark an entry of struct rtp_shard.seen as set, and as tried. */
#define RTP_SHARD_SEEN		BIT(31)
#define RTP_SHARD_TRIED		BIT(30)

/* How many of the slots up to struct rtp_batch.slots the shard has. */
static u32 rtp_shard_slots(const struct rtp_shard *shard)
{
	u32 shards = shard->fanout->batch.shards;
	u32 slots = shard->fanout->batch.slots;
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
	/* Who lost something is the first the next time: everybody has a turn
	 * before anybody has a second one. Otherwise who came after the first:
	 * a queue on the way that is too short for all copies at once is full
	 * for the last of them. Copies that are spread over time do not meet
	 * there, and keep the time between them. A walk that served nobody was
	 * nobody's turn.
	 */
	if (shard->lost)
		shard->first = shard->lost - 1;
	else if (shard->served && !shard->fanout->batch.duration)
		shard->first += shard->begun;
	if (shard->first >= shard->slots)
		shard->first -= shard->slots;
	shard->slots = rtp_shard_slots(shard);
	/* When the table has grown, another shard may have some of them now. */
	if (shard->first >= shard->slots)
		shard->first = 0;
	shard->lost = 0;
	shard->owing = shard->closed;
	shard->closed = false;
	shard->served = false;
	shard->begun = 0;
	shard->done = 0;
	shard->walking = true;
	shard->deadline = 0;
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

	shared = rtp_shared_find(batch, class, offset);
	if (likely(shared))
		return shared;

	seen = &shard->seen[rtp_shared_hash(class, offset)];
	if (*seen == key) {
		/* Where there is no memory, it is not asked for each time. */
		*seen |= RTP_SHARD_TRIED;
		return rtp_shared_build(batch, &shard->worker->memory, class,
					offset);
	}
	if (*seen != (key | RTP_SHARD_TRIED))
		*seen = key;

	return NULL;
}

/* Say which numbers datagrams of the batch have for a variant. */
static void rtp_shard_number(struct rtp_shard *shard, u64 which, u8 class,
			     u16 offset)
{
	const struct rtp_item *items = shard->fanout->batch.item;

	for (; which; which &= which - 1) {
		unsigned int i = __ffs64(which);
		const struct rtp_arrival *arrival = &items[i].arrival;

		shard->copy[i].number = arrival->numbers.number[class] + offset;
		shard->copy[i].marked = arrival->marked & BIT(class);
	}
}

/* The loads of a run: it is one, or each of its datagrams is. */
static void rtp_shard_load_run(struct rtp_shard *shard, u64 which,
			       const struct rtp_shared_run *run)
{
	const struct rtp_item *items = shard->fanout->batch.item;
	struct rtp_loads *loads = &shard->worker->loads;

	if (run && rtp_egress_takes_run(&shard->tx.egress, run->size,
					run->count)) {
		rtp_load_shared(&loads->load[loads->count++], run);
		return;
	}

	for (; which; which &= which - 1) {
		unsigned int i = __ffs64(which);

		rtp_load_single(&loads->load[loads->count++], &items[i],
				&shard->copy[i]);
	}
}

/* Work out what each destination of a variant is sent over the route, unless
 * runs have headers of a destination's own. Returns whether it was.
 */
static bool rtp_shard_load(struct rtp_shard *shard, u8 class, u16 offset)
{
	struct rtp_batch *batch = &shard->fanout->batch;
	const struct rtp_plan *plan = &batch->plan[class];
	struct rtp_loads *loads = &shard->worker->loads;
	const struct rtp_shared_run *run = NULL;
	const struct rtp_shared *shared;
	u64 left = plan->kept, which;

	loads->known = false;
	if (plan->starts != plan->kept && shard->tx.egress.run_min) {
		shared = rtp_shard_shared(shard, class, offset);
		if (!shared)
			return false;
		run = shared->run;
	}

	rtp_shard_number(shard, left, class, offset);
	loads->count = 0;
	while (left) {
		which = rtp_run_next(&left, plan->starts);
		rtp_shard_load_run(shard, which,
				   run && which & (which - 1) ? run++ : NULL);
	}
	loads->class = class;
	loads->offset = offset;
	loads->known = true;

	return true;
}

/* Send what each destination of the class gets. */
static void rtp_shard_send_class(struct rtp_shard *shard, u8 class, u16 offset)
{
	const struct rtp_plan *plan = &shard->fanout->batch.plan[class];
	const struct rtp_loads *loads = &shard->worker->loads;
	u64 left = plan->kept;
	unsigned int i;

	if (!(loads->known && loads->class == class &&
	      loads->offset == offset) &&
	    !rtp_shard_load(shard, class, offset)) {
		rtp_shard_number(shard, left, class, offset);
		while (left)
			rtp_tx_run(shard, rtp_run_next(&left, plan->starts));
		return;
	}

	for (i = 0; i < loads->count; i++)
		rtp_tx_load(shard, &loads->load[i]);
}

/* As rtp_shard_gate(), when half of the bytes that may be in flight are. Who is
 * absent, or behind a slow device, holds up nobody else: those whose copies leave
 * at once go on up to a few times as many.
 */
static enum rtp_gate rtp_shard_gate_scarce(struct rtp_shard *shard,
					   struct rtp_dest *dest, int bytes,
					   int limit)
{
	struct rtp_fanout *fanout = shard->fanout;

	/* What a neighbour waits for could come to all there may be. */
	if (rtp_route_is_unresolved(fanout, dest))
		return RTP_GATE_CLOSED;
	/* Who was served behind one that was not is not before all others were:
	 * what there is room for is theirs. Whose copies leave at once takes
	 * nobody's.
	 */
	if (dest->ahead) {
		dest->ahead = false;
		if (shard->owing && rtp_route_is_queueing(fanout, dest))
			return RTP_GATE_CLOSED;
	}
	if (bytes < limit) {
		shard->stuck = false;
		return RTP_GATE_OPEN;
	}
	if (bytes / RTP_SHARD_OVERDRAFT < limit &&
	    !rtp_route_is_queueing(fanout, dest))
		return RTP_GATE_OPEN;
	if (!shard->stuck)
		return RTP_GATE_WAIT;

	if (shard->served)
		shard->closed = true;

	return RTP_GATE_CLOSED;
}

/* Whether a destination may be sent to, since so many bytes are in flight. A call
 * of it for each destination showed in what a copy costs.
 */
static inline enum rtp_gate rtp_shard_gate(struct rtp_shard *shard,
					   struct rtp_dest *dest)
{
	const struct sock *sk = shard->fanout->sk;
	int limit = rtp_shard_limit(sk);
	int bytes = sk_wmem_alloc_get(sk);

	if (unlikely(bytes >= limit / 2))
		return rtp_shard_gate_scarce(shard, dest, bytes, limit);

	shard->stuck = false;
	/* What was owed is forgotten where there is enough for all. */
	if (unlikely(dest->ahead))
		dest->ahead = false;

	return RTP_GATE_OPEN;
}

/* What was spent on a destination that gets so many datagrams. */
static u32 rtp_shard_spent(const struct rtp_shard *shard, u32 count)
{
	return shard->tx.egress.cuts ? shard->tx.tries : count;
}

/* Send what a destination gets that others of its class need not get: it came
 * while the batch was received, or its class changes or changed lately. Returns
 * what was spent of the budget, or -EAGAIN when bytes in flight have to become
 * fewer first.
 */
static int rtp_shard_send_own(struct rtp_shard *shard, struct rtp_dest *dest)
{
	struct rtp_fanout *fanout = shard->fanout;
	struct rtp_batch *batch = &fanout->batch;
	u64 kept = 0, left, starts;
	enum rtp_gate gate;
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
	gate = rtp_shard_gate(shard, dest);
	if (gate == RTP_GATE_WAIT)
		return -EAGAIN;

	count = hweight64(kept);
	if (!rtp_tx_open(shard, dest, rtp_shard_when(shard))) {
		rtp_tx_drop(shard, RTP_TX_DROP_ROUTE, count);
	} else if (gate == RTP_GATE_CLOSED) {
		rtp_tx_drop(shard, RTP_TX_DROP_INFLIGHT, count);
	} else {
		starts = rtp_batch_starts(batch, kept);
		for (left = kept; left;)
			rtp_tx_run(shard, rtp_run_next(&left, starts));
	}
	rtp_tx_close(shard);

	return rtp_shard_spent(shard, count);
}

/* Whether all of the batch is behind the destination's last change of its class,
 * which is forgotten when nothing late can be before it any more.
 */
static bool rtp_shard_is_settled(struct rtp_fanout *fanout,
				 struct rtp_variant *variant)
{
	u32 ext = fanout->batch.ext;

	if (likely(!variant->switched))
		return true;
	if ((s32)(ext - variant->since) < 0)
		return false;
	if (ext - variant->since >= RTP_SEQ_RING)
		rtp_variant_settle(variant, &fanout->classes);

	return true;
}

/* Whether the destination gets what its class gets, and nothing else. */
static bool rtp_shard_is_plain(struct rtp_fanout *fanout, struct rtp_dest *dest)
{
	if (fanout->batch.serial < dest->since ||
	    rtp_variant_is_pending(&dest->variant))
		return false;

	return rtp_shard_is_settled(fanout, &dest->variant);
}

/* Send to a destination. Returns what was spent of the budget, or -EAGAIN when
 * bytes in flight have to become fewer first.
 */
static int rtp_shard_send(struct rtp_shard *shard, struct rtp_dest *dest)
{
	struct rtp_fanout *fanout = shard->fanout;
	enum rtp_gate gate;
	u32 count;
	u8 class;

	if (rtp_lease_ended(fanout, dest)) {
		/* It keeps no class from others, and its numbers do not wrap
		 * round until the lease is set again.
		 */
		rtp_shard_is_settled(fanout, &dest->variant);
		return 0;
	}
	if (unlikely(!rtp_shard_is_plain(fanout, dest)))
		return rtp_shard_send_own(shard, dest);

	class = dest->variant.class;
	count = fanout->batch.plan[class].count;
	if (!count)
		return 0;
	/* Only who gets something is waited for. */
	gate = rtp_shard_gate(shard, dest);
	if (unlikely(gate == RTP_GATE_WAIT))
		return -EAGAIN;

	if (unlikely(!rtp_tx_open(shard, dest, rtp_shard_when(shard))))
		rtp_tx_drop(shard, RTP_TX_DROP_ROUTE, count);
	else if (unlikely(gate == RTP_GATE_CLOSED))
		rtp_tx_drop(shard, RTP_TX_DROP_INFLIGHT, count);
	else
		rtp_shard_send_class(shard, class, dest->variant.offset);
	rtp_tx_close(shard);

	return rtp_shard_spent(shard, count);
}

/* Find a slot of the walk: its chunk, and where in the chunk it is. */
static struct rtp_dest_chunk *rtp_shard_chunk(struct rtp_shard *shard,
					      u32 *in_chunk, u32 *last)
{
	struct rtp_fanout *fanout = shard->fanout;
	u32 at = rtp_shard_at(shard);
	u32 end = at < shard->first ? shard->first : shard->slots;
	u32 chunk;

	chunk = at / RTP_CHUNK_DESTS;
	*in_chunk = at % RTP_CHUNK_DESTS;
	*last = min(end - chunk * RTP_CHUNK_DESTS, (u32)RTP_CHUNK_DESTS);
	chunk = chunk * fanout->batch.shards + shard->index;

	return rtp_dest_chunk(&fanout->table, chunk * RTP_CHUNK_DESTS);
}

/* Visit a slot that has a destination or a route. Returns what was spent of the
 * budget, or 0 when bytes in flight have to become fewer first.
 */
static int rtp_shard_visit(struct rtp_shard *shard,
			   struct rtp_dest_chunk *chunk, u32 i)
{
	struct rtp_dest *dest = &chunk->dest[i];
	const struct dst_entry *dst = dest->dst;
	int spent;

	if (!test_bit_acquire(i, chunk->live)) {
		__clear_bit(i, chunk->routed);
		rtp_route_put(dest);
		return 1;
	}

	spent = rtp_shard_send(shard, dest);
	/* Also where the gate alone has asked for a route. */
	if (unlikely(dest->dst != dst))
		__assign_bit(i, chunk->routed, dest->dst);
	if (unlikely(spent < 0))
		return 0;

	return 1 + spent;
}

/* Visit slots of a chunk, so many at most. Returns true when bytes in flight
 * have to become fewer first.
 */
static bool rtp_shard_spell(struct rtp_shard *shard, u32 slots, int *budget)
{
	struct rtp_dest_chunk *chunk;
	int spent = 1, visit = 1;
	u32 i, next, last;

	/* RCU keeps a slot that is given back meanwhile from being used again.
	 * With softirqs off the network stack does not turn them on and off
	 * for each copy.
	 */
	local_bh_disable();
	rcu_read_lock();
	rtp_tx_begin(shard);
	chunk = rtp_shard_chunk(shard, &i, &last);
	last = min(last, i + slots);

	while (i < last && spent < RTP_SHARD_SPELL) {
		if (!chunk || !test_bit(i, chunk->live)) {
			next = chunk ? find_next_or_bit(chunk->live,
							chunk->routed, last,
							i) : last;
			shard->done += next - i;
			i = next;
			if (i == last)
				break;
		}
		if (unlikely(!shard->begun))
			shard->begun = shard->done + 1;
		visit = rtp_shard_visit(shard, chunk, i);
		if (!visit)
			break;
		spent += visit;
		shard->done++;
		i++;
	}
	rcu_read_unlock();
	local_bh_enable();
	*budget -= spent;

	return !visit;
}

/* Whether to wait for bytes in flight to become fewer. Others than those that
 * cannot be sent to wait as well: not for long when little moves.
 */
static bool rtp_shard_waits(struct rtp_shard *shard)
{
	u64 now = ktime_get_ns();

	if (now < shard->retry) {
		shard->stuck = true;
		return false;
	}
	if (!shard->deadline) {
		local_bh_disable();
		u64_stats_update_begin(&shard->syncp);
		u64_stats_inc(&shard->stats.tx_waits);
		u64_stats_update_end(&shard->syncp);
		local_bh_enable();
	} else if (now < shard->deadline) {
		goto wait;
	} else if (shard->done - shard->waited <=
		   shard->slots / RTP_SHARD_PROGRESS) {
		shard->stuck = true;
		shard->retry = now + RTP_SHARD_RETRY_NS;
		return false;
	}
	shard->waited = shard->done;
	shard->deadline = now + RTP_SHARD_WAIT_NS;
wait:
	shard->wake = now + RTP_PACE_SLICE;

	return true;
}

/* How many slots may be visited by now. Sets when the next may be. */
static u32 rtp_shard_due(struct rtp_shard *shard)
{
	const struct rtp_batch *batch = &shard->fanout->batch;
	u64 end, due;

	if (!batch->duration)
		return shard->slots - shard->done;

	/* The present slice is due as a whole. The share of the walk that the
	 * time is; less than 2^64 since a walk takes no longer than a second.
	 */
	end = rtp_pace_slice(ktime_get_ns()) + RTP_PACE_SLICE;
	if (end >= batch->start + batch->duration)
		return shard->slots - shard->done;
	due = end <= batch->start ? 0 :
	      div64_u64((end - batch->start) * shard->slots,
			batch->duration) + 1;
	if (due > shard->done)
		return due - shard->done;

	shard->wake = max(end, rtp_pace_slice(rtp_shard_when(shard)));

	return 0;
}

/**
 * rtp_shard_walk() - send to the shard's destinations
 * @shard: a shard that was begun
 * @budget: slots and skbs for which others wait; what was done is taken from it
 *
 * Context: The shard's thread.
 * Return: how far it came.
 */
enum rtp_walk rtp_shard_walk(struct rtp_shard *shard, int *budget)
{
	if (!shard->done && shard->fanout->batch.runs)
		memset(shard->seen, 0, sizeof(shard->seen));

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
