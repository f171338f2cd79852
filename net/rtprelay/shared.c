// SPDX-License-Identifier: GPL-2.0
/*
 * The bytes of a variant. A copy that refers to one piece of memory costs less
 * than one that refers to the headers and the payloads of each datagram, which
 * pays as soon as two destinations are of the variant.
 */
#include <kunit/visibility.h>
#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/export.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/unaligned.h>
#include "batch.h"
#include "dgram.h"
#include "memory.h"
#include "packet.h"
#include "shared.h"

static void rtp_shared_fill(struct rtp_shared_run *run, void *to,
			    const struct rtp_batch *batch, u64 which,
			    const struct rtp_shared *shared)
{
	const struct rtp_item *first = &batch->item[__ffs64(which)];

	run->size = first->dgram->len;
	run->ttl = first->dgram->ttl;

	for (; which; which &= which - 1) {
		const struct rtp_item *item = &batch->item[__ffs64(which)];
		const struct rtp_arrival *arrival = &item->arrival;
		bool marked = arrival->marked & BIT(shared->class);

		run->last = arrival->numbers.number[shared->class] +
			    shared->offset;
		memcpy(to, item->dgram->data, item->dgram->len);
		rtp_packet_number(to, run->last, marked);
		to += item->dgram->len;
		run->octets += item->octets;
		run->count++;
	}
}

static u32 rtp_shared_bytes(const struct rtp_batch *batch, u64 which)
{
	u32 bytes = 0;

	for (; which; which &= which - 1)
		bytes += batch->item[__ffs64(which)].dgram->len;

	return bytes;
}

/* False when there is no memory: the destinations then get what they would if
 * nothing had been built.
 */
static bool rtp_shared_runs(struct rtp_shared *shared,
			    const struct rtp_batch *batch,
			    struct rtp_memory *memory)
{
	const struct rtp_plan *plan = &batch->plan[shared->class];
	u64 left = plan->kept;

	while (left) {
		u64 which = rtp_run_next(&left, plan->starts);
		struct rtp_shared_run *run;
		void *data;

		if (!(which & (which - 1)))
			continue;
		shared->count++;
		run = &shared->run[shared->count - 1];
		run->bytes = rtp_shared_bytes(batch, which);
		data = rtp_memory_get(memory, run->bytes, 1);
		if (!data)
			return false;
		run->at = rtp_memory_at(data, &run->page);
		rtp_shared_fill(run, data, batch, which, shared);
	}

	return true;
}

/**
 * rtp_shared_build() - build the bytes of a variant
 * @batch: the batch
 * @memory: the thread's
 * @class: the variant's class
 * @offset: its offset
 *
 * Context: A shard that walks @batch; others may do the same at the same time.
 * Return: what was built, until rtp_batch_put(); NULL when there is no memory,
 * or when another variant has its place.
 */
const struct rtp_shared *rtp_shared_build(struct rtp_batch *batch,
					  struct rtp_memory *memory,
					  u8 class, u16 offset)
{
	unsigned int at = rtp_shared_hash(class, offset);
	const struct rtp_plan *plan = &batch->plan[class];
	struct rtp_shared *shared;
	unsigned int runs;

	if (READ_ONCE(batch->shared[at]))
		return NULL;

	runs = min(hweight64(plan->starts), RTP_SHARED_RUNS);
	shared = kzalloc_flex(*shared, run, runs, GFP_NOWAIT);
	if (!shared)
		return NULL;
	shared->count = 0;
	shared->class = class;
	shared->offset = offset;
	/* Full ordering: rtp_shared_find() sees what is filled in. */
	if (!rtp_shared_runs(shared, batch, memory) ||
	    cmpxchg(&batch->shared[at], NULL, shared)) {
		rtp_shared_put(shared);
		return NULL;
	}

	return shared;
}
EXPORT_SYMBOL_IF_KUNIT(rtp_shared_build);

/**
 * rtp_shared_put() - drop what was built
 * @shared: what was built, or NULL
 *
 * Copies on their way out hold the memory.
 *
 * Context: Nobody looks for it any more.
 */
void rtp_shared_put(struct rtp_shared *shared)
{
	unsigned int i;

	if (!shared)
		return;
	for (i = 0; i < shared->count; i++) {
		if (shared->run[i].page)
			put_page(shared->run[i].page);
	}
	kfree(shared);
}
EXPORT_SYMBOL_IF_KUNIT(rtp_shared_put);
