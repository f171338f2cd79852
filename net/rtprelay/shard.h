/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A shard: the part of a fan-out's destinations that one thread sends to.
 */
#ifndef _NET_RTPRELAY_SHARD_H
#define _NET_RTPRELAY_SHARD_H

#include <linux/cache.h>
#include <linux/hrtimer.h>
#include <linux/kthread.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/time64.h>
#include <linux/types.h>
#include <linux/u64_stats_sync.h>
#include <net/sock.h>
#include "batch.h"
#include "tx.h"
#include "variant.h"

struct rtp_dest_table;
struct rtp_fanout;
struct rtp_worker;

/* Each time that a shard waits for bytes in flight to become fewer, ns. */
#define RTP_SHARD_WAIT_NS	(10 * NSEC_PER_MSEC)

/* Until it waits again after it did so in vain, ns. */
#define RTP_SHARD_RETRY_NS	(200 * NSEC_PER_MSEC)

/* What a shard counts: struct rtp_fanout_info describes it. */
struct rtp_shard_stats {
	u64_stats_t tx_packets;
	u64_stats_t tx_octets;
	u64_stats_t tx_dropped;
	u64_stats_t tx_sends;
	u64_stats_t tx_waits;
};

/**
 * enum rtp_walk - how far a shard came
 * @RTP_WALK_DONE: its destinations have what they get of the batch
 * @RTP_WALK_BUDGET: it is the turn of others
 * @RTP_WALK_WAIT: nothing is to be done before struct rtp_shard.wake
 */
enum rtp_walk {
	RTP_WALK_DONE,
	RTP_WALK_BUDGET,
	RTP_WALK_WAIT,
};

/**
 * struct rtp_shard - the destinations of a fan-out that a thread sends to
 * @fanout: the fan-out
 * @worker: the thread
 * @index: which of the fan-out's shards; 0 is the owner's
 * @work: runs it
 * @timer: queues @work at @wake
 * @wake: ns of CLOCK_MONOTONIC
 * @slots: slots to visit with the batch
 * @first: of those, where it begins: where the last walk that served somebody
 *	first lost something after that, else behind the first destination of
 *	that walk, unless copies are spread over time
 * @done: slots visited
 * @walking: it has a batch
 * @begun: @done at the walk's first destination, and 1; 0 before that
 * @served: it sent somebody something of the batch
 * @waited: @done when it began to wait for bytes in flight to become fewer
 * @deadline: until when it does, ns of CLOCK_MONOTONIC; 0 while it did not
 * @retry: until when it does not wait, since it did so in vain
 * @closed: somebody lost something for too many bytes in flight after another
 *	was served
 * @owing: so it was in the walk before
 * @stuck: they did not, and are not waited for until they were once
 * @lost: 1 + the first slot that lost a copy which it might not have with
 *	another's place in the walk; 0 for none
 * @seen: by rtp_shared_hash(), the variant that was met last without bytes
 *	built for it, and whether it was tried to
 * @copy: for each datagram of the batch what the copy of the destination that is
 *	being sent to has of its own
 * @tx: what that destination is being sent
 * @syncp: lets 64-bit counters, here and in its destinations, be read whole
 * @stats: counters
 *
 * Belongs to the thread; others read @stats.
 */
struct rtp_shard {
	struct rtp_fanout *fanout;
	struct rtp_worker *worker;
	unsigned int index;
	struct kthread_work work;
	struct hrtimer timer;
	u64 wake;
	u32 slots;
	u32 first;
	u32 done;
	u32 waited;
	u32 lost;
	u32 begun;
	bool walking;
	bool served;
	bool closed;
	bool owing;
	bool stuck;
	u64 deadline;
	u64 retry;
	u32 seen[RTP_BATCH_SHARED];
	struct rtp_copy copy[RTP_BATCH_MAX];
	struct rtp_tx tx;
	struct u64_stats_sync syncp;
	struct rtp_shard_stats stats;
} ____cacheline_aligned_in_smp;

/* Times the limit that may be in flight when what is sent to a destination leaves
 * at once.
 */
#define RTP_SHARD_OVERDRAFT	4

/* The kernel counts a socket's bytes in flight in 31 bits, and more than those
 * of the relay: shards go beyond the limit by a destination's, segmentation adds
 * to it.
 */
#define RTP_SHARD_LIMIT_MAX	(INT_MAX / 2 / RTP_SHARD_OVERDRAFT)

/**
 * rtp_shard_limit() - the most bytes that may be in flight
 * @sk: the fan-out's socket
 *
 * Return: SO_SNDBUF, or RTP_SHARD_LIMIT_MAX if that is less.
 */
static inline int rtp_shard_limit(const struct sock *sk)
{
	return min(READ_ONCE(sk->sk_sndbuf), RTP_SHARD_LIMIT_MAX);
}

/**
 * rtp_shard_at() - the slot that is being visited
 * @shard: the shard
 *
 * Context: The shard's thread, as it walks.
 * Return: less than the shard's slots.
 */
static inline u32 rtp_shard_at(const struct rtp_shard *shard)
{
	u32 at = shard->first + shard->done;

	return at < shard->slots ? at : at - shard->slots;
}

void rtp_shard_begin(struct rtp_shard *shard);
enum rtp_walk rtp_shard_walk(struct rtp_shard *shard, int *budget);

#endif /* _NET_RTPRELAY_SHARD_H */
