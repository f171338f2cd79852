// SPDX-License-Identifier: GPL-2.0
/*
 * Batches: which of their datagrams a class gets, and which of those can leave
 * as one.
 */
#include <kunit/visibility.h>
#include <linux/bitops.h>
#include <linux/bits.h>
#include <linux/export.h>
#include <linux/string.h>
#include "batch.h"
#include "dgram.h"
#include "shared.h"

/**
 * rtp_batch_reset() - begin a batch
 * @batch: the batch, which has no datagrams
 *
 * Context: The owner, while no shard walks.
 */
void rtp_batch_reset(struct rtp_batch *batch)
{
	batch->count = 0;
	batch->runs = false;
	batch->start = 0;
	batch->duration = 0;
}
EXPORT_SYMBOL_IF_KUNIT(rtp_batch_reset);

/**
 * rtp_batch_slot() - where the next datagram goes
 * @batch: the batch, not full
 *
 * The caller fills it in and calls rtp_batch_add(), or does not.
 *
 * Context: The owner, while no shard walks.
 * Return: the item.
 */
struct rtp_item *rtp_batch_slot(struct rtp_batch *batch)
{
	return &batch->item[batch->count];
}
EXPORT_SYMBOL_IF_KUNIT(rtp_batch_slot);

/**
 * rtp_batch_add() - the item that rtp_batch_slot() gave is of the batch
 * @batch: the batch
 *
 * Context: The owner, while no shard walks.
 */
void rtp_batch_add(struct rtp_batch *batch)
{
	const struct rtp_arrival *arrival = &batch->item[batch->count].arrival;

	if (!batch->count) {
		batch->serial = arrival->serial;
		batch->ext = arrival->numbers.ext;
	} else if ((s32)(arrival->numbers.ext - batch->ext) < 0) {
		batch->ext = arrival->numbers.ext;
	}
	batch->count++;
}
EXPORT_SYMBOL_IF_KUNIT(rtp_batch_add);

/**
 * struct rtp_run_end - the run that a plan ends with so far
 * @size: bytes of each of its datagrams but the last
 * @bytes: of all
 * @ttl: the most that their TTL may be
 * @open: another may be added
 */
struct rtp_run_end {
	u32 size;
	u32 bytes;
	u8 ttl;
	bool open;
};

/* Whether a datagram can be of the same run; counts it in, as its first if not.
 *
 * UDP_SEGMENT cuts where the size says: only the last may be shorter.
 */
static bool rtp_run_extend(struct rtp_run_end *end,
			   const struct rtp_dgram *dgram)
{
	if (end->open && dgram->len <= end->size && dgram->ttl == end->ttl &&
	    end->bytes + dgram->len <= RTP_RUN_BYTES) {
		end->bytes += dgram->len;
		end->open = dgram->len == end->size;
		return true;
	}

	end->size = dgram->len;
	end->bytes = dgram->len;
	end->ttl = dgram->ttl;
	end->open = true;

	return false;
}

/**
 * rtp_batch_starts() - find the runs of datagrams
 * @batch: the batch
 * @kept: bit for each datagram that there is, of those of the batch
 *
 * Context: The owner, or a shard that walks @batch.
 * Return: bit for each datagram with which a run begins (struct rtp_plan).
 */
u64 rtp_batch_starts(const struct rtp_batch *batch, u64 kept)
{
	struct rtp_run_end end = {};
	u64 starts = 0;

	for (; kept; kept &= kept - 1) {
		if (!rtp_run_extend(&end, batch->item[__ffs64(kept)].dgram))
			starts |= kept & -kept;
	}

	return starts;
}
EXPORT_SYMBOL_IF_KUNIT(rtp_batch_starts);

static void rtp_batch_plan_class(struct rtp_batch *batch, unsigned int class)
{
	struct rtp_plan *plan = &batch->plan[class];
	unsigned int i;

	plan->kept = 0;
	plan->count = 0;
	for (i = 0; i < batch->count; i++) {
		if (!(batch->item[i].arrival.numbers.classes & BIT(class)))
			continue;
		plan->kept |= BIT_ULL(i);
		plan->count++;
	}
	plan->starts = rtp_batch_starts(batch, plan->kept);
	if (plan->starts != plan->kept)
		batch->runs = true;
}

/**
 * rtp_batch_plan() - say what each class gets
 * @batch: the batch, with all of its datagrams
 *
 * Context: The owner, while no shard walks.
 */
void rtp_batch_plan(struct rtp_batch *batch)
{
	unsigned long used = 0;
	unsigned int i;

	for (i = 0; i < batch->count; i++)
		used |= batch->item[i].arrival.used;
	/* A class that has none of the datagrams has an empty plan. */
	for_each_set_bit(i, &used, RTP_CLASSES)
		rtp_batch_plan_class(batch, i);
}
EXPORT_SYMBOL_IF_KUNIT(rtp_batch_plan);

/**
 * rtp_batch_put() - every destination that gets the batch has it
 * @batch: the batch
 *
 * Copies on their way out hold the memory that they refer to.
 *
 * Context: The owner, when no shard walks any more.
 * Return: truesize of its datagrams, for rtp_rx_uncharge().
 */
u32 rtp_batch_put(struct rtp_batch *batch)
{
	unsigned int i;
	u32 bytes = 0;

	for (i = 0; i < batch->count; i++) {
		bytes += batch->item[i].dgram->truesize;
		rtp_dgram_put(batch->item[i].dgram);
	}
	if (batch->runs) {
		for (i = 0; i < RTP_BATCH_SHARED; i++) {
			rtp_shared_put(batch->shared[i]);
			batch->shared[i] = NULL;
		}
	}
	batch->count = 0;

	return bytes;
}
EXPORT_SYMBOL_IF_KUNIT(rtp_batch_put);
