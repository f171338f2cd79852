/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A fan-out: what is attached to a UDP socket.
 */
#ifndef _NET_RTPRELAY_FANOUT_H
#define _NET_RTPRELAY_FANOUT_H

#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/u64_stats_sync.h>
#include <linux/workqueue.h>
#include <net/sock.h>
#include <uapi/linux/rtp_fanout.h>
#include "class.h"
#include "dest.h"
#include "packet.h"
#include "rates.h"
#include "stream.h"
#include "tx.h"
#include "variant.h"

struct rtp_bpf;

/**
 * DOC: locking
 *
 * The socket lock (lock_sock()) serialises all operations of the socket option:
 * attach, detach and every change of the destinations and classes.
 *
 * sk->sk_receive_queue.lock guards the queue between receive and the worker,
 * as it guards the socket's own receive queue: both are charged to the same
 * memory. It is taken in softirq and by the worker, with softirqs disabled.
 *
 * The worker alone touches what the comments below call its own. It finds the
 * destinations under RCU: a slot is filled in before its bit is set, and used
 * again no sooner than a grace period after its bit was cleared.
 *
 * fanout->classes.lock guards which classes there are and which a destination
 * has. It is taken with the socket locked, and by the worker where a
 * destination changes its class; softirqs are disabled. The receive queue's lock
 * is taken under it, never the other way round, and event_lock never.
 *
 * fanout->event_lock guards what waits to be read by RTP_FANOUT_EVENTS. It is
 * innermost, and taken with softirqs disabled.
 *
 * The fan-out is found from the socket by sk_user_data under RCU or the socket
 * lock. It is stopped before the socket goes, so that everything here can use
 * the socket without a reference of its own.
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

/**
 * struct rtp_walk - one datagram on its way over the destinations
 * @dgram: the datagram, NULL when there is none
 * @arrival: its layer and its numbers
 * @may_switch: destinations may change their class with it
 * @hdr: its fixed header (RFC 3550, section 5.1), without sequence number and
 *	marker
 * @octets: bytes of its RTP payload
 * @slots: slots to visit, from 0: those that came after it have nothing of the
 *	datagram to get
 * @slot: slot to go on at, back to 0 after @slots
 * @left: slots still to be visited
 */
struct rtp_walk {
	struct rtp_dgram *dgram;
	struct rtp_arrival arrival;
	bool may_switch;
	u8 hdr[RTP_HDR_LEN];
	u32 octets;
	u32 slots;
	u32 slot;
	u32 left;
};

/* What the worker counts: struct rtp_fanout_info describes it. */
struct rtp_fanout_stats {
	u64_stats_t rx_packets;
	u64_stats_t rx_octets;
	u64_stats_t rx_dropped_malformed;
	u64_stats_t rx_dropped_duplicate;
	u64_stats_t rx_dropped_late;
	u64_stats_t rx_dropped_unconfirmed;
	u64_stats_t rx_unknown;
	u64_stats_t rx_lost;
	u64_stats_t tx_packets;
	u64_stats_t tx_octets;
	u64_stats_t tx_dropped;
	u64_stats_t worker_runs;
};

/**
 * struct rtp_fanout - a fan-out
 * @sk: its socket
 *
 * Set when it is attached, then only read:
 * @config: as attached, the source's address normalised
 * @bpf: the classifier of RTP_FANOUT_CODEC_BPF, or NULL
 *
 * Receive, in softirq, under sk->sk_receive_queue.lock but for @rx_count:
 * @queue: datagrams that wait for the worker
 * @queue_bytes: their truesize and that of those the worker has taken, charged
 *	to the socket's receive memory
 * @serial: struct rtp_dgram.serial of the next
 * @stopped: takes nothing more
 * @rx_count: by enum rtp_rx_count; several CPUs can be at it
 *
 * The worker's own:
 * @work: runs it
 * @todo: datagrams taken from @queue
 * @walk: the datagram that is being sent
 * @rotation: slot at which the next walk starts
 * @stream: the source that is being relayed
 * @rates: the layers
 * @tx_key: what of the socket the cached routes were looked up with
 * @tx_gen: counts the changes of @tx_key, from 1
 * @syncp: lets 64-bit counters, here and in the destinations, be read whole
 * @stats: counters
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
 *
 * @free_work: frees all this a grace period after it was stopped
 */
struct rtp_fanout {
	struct sock *sk;
	struct rtp_fanout_config config;
	struct rtp_bpf *bpf;

	struct list_head queue;
	u32 queue_bytes;
	u64 serial;
	bool stopped;
	atomic64_t rx_count[RTP_RX_COUNTS];

	struct kthread_work work;
	struct list_head todo;
	struct rtp_walk walk;
	u32 rotation;
	struct rtp_stream stream;
	struct rtp_rates rates;
	struct rtp_tx_key tx_key;
	u32 tx_gen;
	struct u64_stats_sync syncp;
	struct rtp_fanout_stats stats;

	struct rtp_dest_table table;
	struct rtp_classes classes;
	u32 failed_index;

	spinlock_t event_lock;	/* innermost; taken with softirqs disabled */
	struct list_head event_list;
	u32 events;
	bool events_stopped;

	struct rcu_work free_work;
};

int rtp_fanout_attach(struct sock *sk, const struct rtp_fanout_config *config);
int rtp_fanout_detach(struct sock *sk);
void rtp_fanout_close(struct sock *sk);
struct rtp_fanout *rtp_fanout_locked(struct sock *sk);
void rtp_fanout_fill_info(struct rtp_fanout *fanout,
			  struct rtp_fanout_info *info);

int rtp_fanout_life_init(void);
void rtp_fanout_life_exit(void);

#endif /* _NET_RTPRELAY_FANOUT_H */
