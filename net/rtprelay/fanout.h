/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A fan-out: what is attached to a UDP socket.
 */
#ifndef _NET_RTPRELAY_FANOUT_H
#define _NET_RTPRELAY_FANOUT_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/u64_stats_sync.h>
#include <linux/workqueue.h>
#include <net/sock.h>
#include <uapi/linux/rtp_fanout.h>
#include "batch.h"
#include "class.h"
#include "dest.h"
#include "pace.h"
#include "rates.h"
#include "route.h"
#include "shard.h"
#include "silence.h"
#include "source.h"
#include "stream.h"

struct rtp_bpf;
struct rtp_filter;

/**
 * DOC: locking
 *
 * The socket lock (lock_sock()) serialises all operations of the socket option:
 * attach, detach, every change of the source and of the destinations and classes.
 *
 * Receive takes no lock to look at a datagram: it finds the filter under RCU,
 * and RTP_FANOUT_CONFIG puts another in its place, so that no half of an address
 * is seen. A datagram carries the era of the filter that let it in. The owner
 * knows by it where another source begins, and drops what of the one before
 * comes behind that.
 *
 * sk->sk_receive_queue.lock guards the queue between receive and the owner, as
 * it guards the socket's own receive queue: both are charged to the same
 * memory. It is taken in softirq and by the owner, with softirqs disabled.
 *
 * The owner is the thread that runs the first shard. It alone touches what the
 * comments below call its own, and fills in the batch while no shard walks:
 * rtp_fanout.walking counts those that do, and hands the batch and what the
 * owner changed of the destinations over to them and back. A shard alone sends
 * to its destinations, and counts. Threads find the destinations under RCU: a
 * slot is filled in before its bit is set, and used again no sooner than a grace
 * period after its bit was cleared.
 *
 * fanout->classes.lock guards which classes there are and which a destination
 * has. It is taken with the socket locked, and by the owner where a
 * destination changes its class; softirqs are disabled. The receive queue's lock
 * and that of table.chunks are taken under it, never the other way round, and
 * event_lock never.
 *
 * fanout->event_lock guards what waits to be read by RTP_FANOUT_EVENTS. It is
 * innermost, and taken with softirqs disabled.
 *
 * The fan-out is found from the socket by sk_user_data under RCU or the socket
 * lock. It is stopped before the socket goes, so that everything here can use
 * the socket without a reference of its own.
 *
 * sock_diag looks at a fan-out under RCU alone: rtp_fanout_rcu() finds it, and it
 * is freed a grace period after it cannot be found any more. What is changed
 * under the socket lock it reads as it is at the moment.
 */

/* Counted in softirq, off the fast path: what struct rtp_fanout_info describes
 * under the same names.
 */
enum rtp_rx_count {
	RTP_RX_PASSED,
	RTP_RX_TEED,
	RTP_RX_DROPPED_QUEUE,
	RTP_RX_DROPPED_NOMEM,
	RTP_RX_DROPPED_POLICY,
	RTP_RX_DROPPED_TTL,
	RTP_RX_COUNTS,
};

/* What the owner counts: struct rtp_fanout_info describes it. */
struct rtp_fanout_stats {
	u64_stats_t rx_packets;
	u64_stats_t rx_octets;
	u64_stats_t rx_dropped_malformed;
	u64_stats_t rx_dropped_duplicate;
	u64_stats_t rx_dropped_late;
	u64_stats_t rx_dropped_unconfirmed;
	u64_stats_t rx_unknown;
	u64_stats_t rx_lost;
	u64_stats_t worker_runs;
};

/**
 * struct rtp_fanout - a fan-out
 * @sk: its socket
 *
 * Set when it is attached, then only read:
 * @bpf: the classifier of RTP_FANOUT_CODEC_BPF, or NULL
 *
 * Under the socket lock; of @config all that RTP_FANOUT_CONFIG may not change is
 * only read, by all:
 * @config: as attached or set last, the source's address normalised
 * @filter: what receive asks of a datagram; read under RCU
 * @pace_asked: rtp_fanout_pace() of @config, for the owner and sock_diag, who read
 *	it without the lock
 *
 * Receive, in softirq, under sk->sk_receive_queue.lock but for @rx_count and
 * what @silence says is without a lock:
 * @queue: datagrams that wait for the owner
 * @queue_octets: RTP octets of those, with headers
 * @queue_bytes: the truesize of those, and of those that the owner has taken,
 *	charged to the socket's receive memory
 * @serial: struct rtp_dgram.serial of the next
 * @stopped: takes nothing more
 * @adopting: what is queued waits for what came before the fan-out
 * @silence: whether anything comes
 * @rx_count: by enum rtp_rx_count; several CPUs can be at it
 *
 * The owner's own:
 * @todo: datagrams taken from @queue
 * @waiting: RTP octets of those, with headers
 * @held: datagram of @batch that is to begin the next, or NULL
 * @era: struct rtp_filter.era of the datagram looked at last
 * @pace: when datagrams leave
 * @stream: the source that is being relayed
 * @source: what it is made to be
 * @rates: the layers
 * @syncp: lets 64-bit counters be read whole
 * @stats: counters
 *
 * The owner's while no shard walks, then read by all:
 * @batch: the datagrams that are being sent; how many shards send them is read
 *	by others at any time
 * @route_key: what of the socket the cached routes were looked up with
 * @route_gen: counts the changes of @route_key, from 1
 *
 * @walking: shards that walk with @batch
 * @ended: no thread is to do anything any more
 *
 * Changed under the socket lock:
 * @table: destinations
 * @classes: their caps
 * @failed_index: element that the last ADD, SET or DEL refused, ~0 for none
 *
 * Under @event_lock:
 * @event_lock: see above
 * @event_list: destinations that something happened to
 * @events: RTP_FANOUT_EVENT_* of the fan-out itself
 * @events_stopped: nobody is told any more
 * @lease_work: ends the leases of those that no datagram comes for
 * @lease_watched: it is to look
 * @lease_due: jiffies at which
 * @lease_seen: jiffies at which it looked last
 *
 * @free_work: frees all this a grace period after it was stopped
 *
 * @shards: how many
 * @shard: the parts of the destinations
 */
struct rtp_fanout {
	struct sock *sk;
	struct rtp_bpf *bpf;

	struct rtp_fanout_config config;
	struct rtp_filter __rcu *filter;
	u32 pace_asked;

	struct list_head queue;
	u32 queue_octets;
	u32 queue_bytes;
	u64 serial;
	bool stopped;
	bool adopting;
	struct rtp_silence silence;
	atomic64_t rx_count[RTP_RX_COUNTS];

	struct list_head todo;
	u32 waiting;
	struct rtp_item *held;
	u32 era;
	struct rtp_pace pace;
	struct rtp_stream stream;
	struct rtp_source source;
	struct rtp_rates rates;
	struct u64_stats_sync syncp;
	struct rtp_fanout_stats stats;

	struct rtp_batch batch;
	struct rtp_route_key route_key;
	u32 route_gen;

	atomic_t walking;
	bool ended;

	struct rtp_dest_table table;
	struct rtp_classes classes;
	u32 failed_index;

	spinlock_t event_lock;	/* innermost; taken with softirqs disabled */
	struct list_head event_list;
	u32 events;
	bool events_stopped;

	struct delayed_work lease_work;
	bool lease_watched;
	unsigned long lease_due;
	unsigned long lease_seen;

	struct rcu_work free_work;

	unsigned int shards;
	struct rtp_shard shard[] __counted_by(shards);
};

/**
 * rtp_fanout_pace() - what is asked of pacing, as one word
 * @config: the fan-out's, checked
 *
 * Return: the percentage in the upper, the burst in the lower half.
 */
static inline u32 rtp_fanout_pace(const struct rtp_fanout_config *config)
{
	return config->pace_percent << 16 | config->pace_burst;
}

/**
 * rtp_fanout_early() - how long a work waits that is not to be late
 * @delay: jiffies until it is due
 *
 * A timer may run out an eighth later than asked for. The work runs that much
 * earlier, and waits again for what is left.
 *
 * Return: jiffies.
 */
static inline unsigned long rtp_fanout_early(unsigned long delay)
{
	return delay - (delay >> 3);
}

/* The shard that sends to a destination, and counts that. */
static inline const struct rtp_shard *
rtp_fanout_shard(const struct rtp_fanout *fanout, const struct rtp_dest *dest)
{
	u32 chunk = dest->index / RTP_CHUNK_DESTS;

	/* The owner may be at it: rtp_owner_batch(). */
	return &fanout->shard[chunk % READ_ONCE(fanout->batch.shards)];
}

/**
 * rtp_fanout_fetch_begin() - begin to read a destination's counters
 * @fanout: the fan-out
 * @dest: the destination
 * @shard: set to the shard that counts them
 *
 * Context: Process context.
 * Return: what rtp_fanout_fetch_retry() is to be given.
 */
static inline unsigned int
rtp_fanout_fetch_begin(const struct rtp_fanout *fanout,
		       const struct rtp_dest *dest,
		       const struct rtp_shard **shard)
{
	*shard = rtp_fanout_shard(fanout, dest);

	return u64_stats_fetch_begin(&(*shard)->syncp);
}

/**
 * rtp_fanout_fetch_retry() - whether to read a destination's counters again
 * @fanout: the fan-out
 * @dest: the destination
 * @shard: as set by rtp_fanout_fetch_begin()
 * @start: what that returned
 *
 * When the table has grown it is another shard that counts. How many there are
 * only grows, and is written before what the new one counts: where counters can
 * tear, syncp's barriers on both sides, and the lock of the thread's work, order
 * that.
 *
 * Context: Process context.
 * Return: true when what was read is not to be used.
 */
static inline bool
rtp_fanout_fetch_retry(const struct rtp_fanout *fanout,
		       const struct rtp_dest *dest,
		       const struct rtp_shard *shard, unsigned int start)
{
	return u64_stats_fetch_retry(&shard->syncp, start) ||
	       shard != rtp_fanout_shard(fanout, dest);
}

int rtp_fanout_attach(struct sock *sk, const struct rtp_fanout_config *config);
int rtp_fanout_configure(struct rtp_fanout *fanout,
			 const struct rtp_fanout_config *config);
int rtp_fanout_detach(struct sock *sk);
void rtp_fanout_close(struct sock *sk);
struct rtp_fanout *rtp_fanout_locked(struct sock *sk);
struct rtp_fanout *rtp_fanout_rcu(struct sock *sk);
void rtp_fanout_fill_info(struct rtp_fanout *fanout,
			  struct rtp_fanout_info *info);

int rtp_fanout_life_init(void);
void rtp_fanout_life_exit(void);

#endif /* _NET_RTPRELAY_FANOUT_H */
