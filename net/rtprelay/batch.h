/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A batch: datagrams that were classified and numbered, and that all shards
 * then walk over the destinations with. Nobody changes it meanwhile.
 */
#ifndef _NET_RTPRELAY_BATCH_H
#define _NET_RTPRELAY_BATCH_H

#include <linux/limits.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/types.h>
#include <linux/udp.h>
#include "class.h"
#include "dest.h"
#include "variant.h"

struct page;
struct rtp_dgram;
struct rtp_shared;

/* Datagrams of a batch: each is a bit of a u64. */
#define RTP_BATCH_MAX	64

/* RTP bytes of a run. With its headers it is a datagram for the IP layer, and
 * fits into the memory that rtp_shared_build() takes at a time.
 */
#define RTP_RUN_BYTES	(32 * 1024)

/* Variants of a batch whose bytes are built once. */
#define RTP_BATCH_SHARED	64

/**
 * struct rtp_item - a datagram of a batch
 * @dgram: the datagram
 * @page: page that what follows its RTP header of RTP_HDR_LEN bytes is in, NULL
 *	when nothing does
 * @at: bytes of @page before that
 * @octets: bytes of its RTP payload
 * @load: what it counts for where pacing divides time: rtp_class_load(); not set
 *	where nothing is paced
 * @arrival: its layer and its numbers
 */
struct rtp_item {
	struct rtp_dgram *dgram;
	struct page *page;
	u32 at;
	u32 octets;
	u32 load;
	struct rtp_arrival arrival;
};

/**
 * struct rtp_plan - what the destinations of a class get of a batch
 * @kept: bit for each datagram that they get
 * @starts: bit for each of those with which a run begins: consecutive datagrams
 *	of one size, of which the last may be shorter, and of one TTL
 * @count: bits in @kept
 */
struct rtp_plan {
	u64 kept;
	u64 starts;
	u32 count;
};

/**
 * struct rtp_batch - datagrams on their way over the destinations
 * @count: datagrams
 * @serial: of the first
 * @ext: the lowest of their extended numbers
 * @runs: some class has a run of several datagrams
 * @slots: slots of the table to visit: those that came after have nothing of
 *	the batch to get
 * @shards: how many have them: the table's chunk n is of shard n % this
 * @start: when the first destination is to get it, ns of CLOCK_MONOTONIC
 * @duration: ns from then until the last is to get it; 0 for at once
 * @plan: for each class
 * @shared: bytes built for a variant, by a hash of the variant; set once each,
 *	by whichever shard is first
 * @item: the datagrams
 *
 * The owner fills it in while no shard walks; then it is only read, but for
 * @shared.
 */
struct rtp_batch {
	unsigned int count;
	u64 serial;
	u32 ext;
	bool runs;
	u32 slots;
	u32 shards;
	u64 start;
	u64 duration;
	struct rtp_plan plan[RTP_CLASSES];
	struct rtp_shared *shared[RTP_BATCH_SHARED];
	struct rtp_item item[RTP_BATCH_MAX];
};

void rtp_batch_reset(struct rtp_batch *batch);
struct rtp_item *rtp_batch_slot(struct rtp_batch *batch);
void rtp_batch_add(struct rtp_batch *batch);
u64 rtp_batch_starts(const struct rtp_batch *batch, u64 kept);
void rtp_batch_plan(struct rtp_batch *batch);
u32 rtp_batch_put(struct rtp_batch *batch);

/**
 * rtp_batch_shards() - how many shards have slots to visit
 * @slots: the slots
 * @shards: how many shards there are
 *
 * To wake a thread for less than half of a chunk, and the owner when that is
 * done, is more work than the owner has with it. It is so whatever there is to
 * send: copies of a destination that leave from now this CPU, now that one can
 * overtake one another.
 *
 * Return: at least 1; never less than for fewer slots.
 */
static inline u32 rtp_batch_shards(u32 slots, u32 shards)
{
	return clamp(DIV_ROUND_CLOSEST(slots, RTP_CHUNK_DESTS), 1, shards);
}

/**
 * rtp_run_next() - take the next run of a plan
 * @left: what of struct rtp_plan.kept was not taken yet, not 0; updated
 * @starts: struct rtp_plan.starts
 *
 * Return: bit for each datagram of the run.
 */
static inline u64 rtp_run_next(u64 *left, u64 starts)
{
	u64 later = starts & *left & (*left - 1);
	u64 run = later ? *left & ((later & -later) - 1) : *left;

	*left ^= run;

	return run;
}

#endif /* _NET_RTPRELAY_BATCH_H */
