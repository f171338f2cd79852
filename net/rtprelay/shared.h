/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the destinations of a variant get of a batch, as bytes: built once, and
 * referred to by all of their copies.
 */
#ifndef _NET_RTPRELAY_SHARED_H
#define _NET_RTPRELAY_SHARED_H

#include <linux/types.h>
#include "batch.h"

struct page;
struct rtp_memory;

/* At most every second datagram of a batch begins a run of several. */
#define RTP_SHARED_RUNS	(RTP_BATCH_MAX / 2)

/**
 * struct rtp_shared_run - a run of several datagrams
 * @page: page that the run is in: RTP datagrams one behind the other; NULL while
 *	there is no memory
 * @at: bytes of @page before the run
 * @bytes: of all
 * @octets: of their RTP payload
 * @size: bytes of each but the last, which may be shorter
 * @count: datagrams
 * @ttl: the most that their TTL or hop limit may be
 * @last: RTP sequence number of the last
 */
struct rtp_shared_run {
	struct page *page;
	u32 at;
	u32 bytes;
	u32 octets;
	u16 size;
	u16 last;
	u8 count;
	u8 ttl;
};

/**
 * struct rtp_shared - a variant's runs of several datagrams
 * @class: the variant's class
 * @offset: what is added to the class's numbers
 * @count: runs
 * @run: in the order of the plan, runs of a single datagram left out
 */
struct rtp_shared {
	u8 class;
	u16 offset;
	u8 count;
	struct rtp_shared_run run[] __counted_by(count);
};

/**
 * rtp_shared_hash() - where in struct rtp_batch.shared a variant has its place
 * @class: its class
 * @offset: its offset
 *
 * Return: less than RTP_BATCH_SHARED.
 */
static inline unsigned int rtp_shared_hash(u8 class, u16 offset)
{
	return (offset * 7 + class) % RTP_BATCH_SHARED;
}

const struct rtp_shared *rtp_shared_build(struct rtp_batch *batch,
					  struct rtp_memory *memory,
					  u8 class, u16 offset);
void rtp_shared_put(struct rtp_shared *shared);

/**
 * rtp_shared_find() - what was built for a variant
 * @batch: the batch
 * @class: the variant's class
 * @offset: its offset
 *
 * Context: A shard that walks @batch.
 * Return: it, or NULL.
 */
static inline const struct rtp_shared *
rtp_shared_find(const struct rtp_batch *batch, u8 class, u16 offset)
{
	unsigned int at = rtp_shared_hash(class, offset);
	/* Pairs with rtp_shared_build(): what it points at is filled in. */
	const struct rtp_shared *shared = smp_load_acquire(&batch->shared[at]);

	return shared && shared->class == class && shared->offset == offset ?
	       shared : NULL;
}

#endif /* _NET_RTPRELAY_SHARED_H */
