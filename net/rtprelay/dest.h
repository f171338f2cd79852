/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The table of destinations: fixed slots in chunks that never move, found by
 * address in O(1), walked without a lock.
 */
#ifndef _NET_RTPRELAY_DEST_H
#define _NET_RTPRELAY_DEST_H

#include <linux/bitmap.h>
#include <linux/in6.h>
#include <linux/list.h>
#include <linux/rhashtable.h>
#include <linux/sizes.h>
#include <linux/u64_stats_sync.h>
#include <linux/xarray.h>
#include <uapi/linux/rtp_fanout.h>
#include "variant.h"

struct dst_entry;

/* An address of either family, after struct rtp_dest.family. */
union rtp_inaddr {
	__be32 v4;
	struct in6_addr v6;
};

/**
 * struct rtp_dest_key - what identifies a destination
 * @addr: address and port, an IPv4-mapped address turned into IPv4
 * @ifindex: interface, 0 for the route's
 */
struct rtp_dest_key {
	struct rtp_fanout_addr addr;
	u32 ifindex;
};

/* Values of struct rtp_dest.expires that are no time. */
#define RTP_LEASE_NONE	0
#define RTP_LEASE_ENDED	1

/* Why a copy was dropped: the counters of struct rtp_fanout_dest_info. */
enum rtp_tx_drop {
	RTP_TX_DROP_NOMEM,
	RTP_TX_DROP_INFLIGHT,
	RTP_TX_DROP_ROUTE,
	RTP_TX_DROP_MTU,
	RTP_TX_DROP_OUTPUT,
	RTP_TX_DROPS,
};

/**
 * struct rtp_dest - a destination
 *
 * What is read for each copy, in the first two cache lines:
 * @dst: cached route; read, written and released only by who walks the slot
 * @dst_cookie: what dst_check() wants to see
 * @dst_gen: struct rtp_fanout.route_gen with which @dst was looked up
 * @expires: jiffies at which the lease ends, RTP_LEASE_NONE or RTP_LEASE_ENDED;
 *	written under struct rtp_fanout.event_lock once it is published
 * @lease_octets: value of @octets with which the lease ends, U64_MAX for none;
 *	likewise
 * @since: struct rtp_dgram.serial of the first datagram that it gets
 * @hash: flow hash of its copies
 * @port: UDP port to send to
 * @family: AF_INET or AF_INET6
 * @ahead: it was served behind one that was not, for too many bytes in flight
 * @variant: its class, and its numbers
 * @daddr: address to send to
 * @saddr: source address: what was asked for when @has_local, else, with @dst,
 *	what the route gave
 * @has_local: @saddr was asked for
 * @last_seq: RTP sequence number last sent
 * @packets: copies handed to the network; with the other counters, written
 *	under struct rtp_shard.syncp
 * @octets: their RTP payload bytes
 *
 * What is seldom touched while the stream flows:
 * @drops: copies dropped, by enum rtp_tx_drop
 *
 * What is set under the socket lock:
 * @picked: one call names it already
 * @cap: as asked for last
 * @cookie: user space's
 * @key: what user space knows it by. @daddr and @port differ from it where a
 *	cgroup's sendmsg program redirects.
 * @node: in the hash table
 * @index: its slot; the same for ever
 *
 * What is under struct rtp_fanout.event_lock:
 * @events: RTP_FANOUT_EVENT_*, what happened
 * @error: errno value of the last ICMP error
 * @event_node: in the list of those that something happened to
 *
 * What a free slot has instead of events, under the socket lock:
 * @freed: RCU state when it was freed: it can be used again a grace period
 *	after
 * @next_free: slot that was freed next
 */
struct rtp_dest {
	struct dst_entry *dst;
	u32 dst_cookie;
	u32 dst_gen;
	unsigned long expires;
	u64 lease_octets;
	u64 since;
	u32 hash;
	__be16 port;
	u8 family;
	bool ahead;
	struct rtp_variant variant;
	union rtp_inaddr daddr;
	union rtp_inaddr saddr;
	bool has_local;
	bool picked;
	u16 last_seq;
	struct rtp_fanout_cap cap;
	u64_stats_t packets;
	u64_stats_t octets;

	u64_stats_t drops[RTP_TX_DROPS];
	u64 cookie;
	struct rtp_dest_key key;
	struct rhash_head node;
	u32 index;
	u16 events;
	u16 error;
	union {
		struct list_head event_node;
		struct {
			unsigned long freed;
			u32 next_free;
		};
	};
};

/* 100,000 of them are to be cheap. */
static_assert(sizeof(struct rtp_dest) <= 232);

/* A chunk is a power of two of bytes, since the page allocator has no other
 * sizes; three bitmaps of up to two words stand in it besides.
 */
#define RTP_CHUNK_SIZE	SZ_16K
#define RTP_CHUNK_DESTS	((RTP_CHUNK_SIZE - 48) / sizeof(struct rtp_dest))

/**
 * struct rtp_dest_chunk - destinations
 * @live: slots that get the stream: set under the socket lock after the slot
 *	was filled in, read by the threads under RCU
 * @pending: slots that are to have another class: set by who asks for it,
 *	cleared by the owner
 * @routed: slots with a cached route: the shard's
 * @dest: the slots
 */
struct rtp_dest_chunk {
	DECLARE_BITMAP(live, RTP_CHUNK_DESTS);
	DECLARE_BITMAP(pending, RTP_CHUNK_DESTS);
	DECLARE_BITMAP(routed, RTP_CHUNK_DESTS);
	struct rtp_dest dest[RTP_CHUNK_DESTS];
};

static_assert(sizeof(struct rtp_dest_chunk) <= RTP_CHUNK_SIZE);

/**
 * struct rtp_dest_table - the destinations of a fan-out
 * @hash: by &struct rtp_dest_key
 * @chunks: &struct rtp_dest_chunk by slot number / RTP_CHUNK_DESTS; they stay
 *	as long as the table. Those in which some bit of @pending is set have
 *	the mark RTP_DEST_PENDING.
 * @slots: slots in @chunks; only grows
 * @used: destinations held
 * @free_head: slot freed first, of those that are free, or RTP_DEST_NONE
 * @free_tail: slot freed last, likewise
 *
 * Changed under the socket lock.
 */
struct rtp_dest_table {
	struct rhashtable hash;
	struct xarray chunks;
	u32 slots;
	u32 used;
	u32 free_head;
	u32 free_tail;
};

#define RTP_DEST_NONE	(~0U)
#define RTP_DEST_PENDING	XA_MARK_0

struct rtp_fanout;

int rtp_dest_table_init(struct rtp_dest_table *table);
void rtp_dest_table_destroy(struct rtp_dest_table *table);

struct rtp_dest *rtp_dest_find(struct rtp_dest_table *table,
			       const struct rtp_dest_key *key);
struct rtp_dest *rtp_dest_at(struct rtp_dest_table *table, u32 slot);
struct rtp_dest *rtp_dest_insert(struct rtp_fanout *fanout,
				 const struct rtp_dest_key *key);
void rtp_dest_publish(struct rtp_dest_table *table, struct rtp_dest *dest);
void rtp_dest_unpublish(struct rtp_dest_table *table, struct rtp_dest *dest);
void rtp_dest_pend(struct rtp_dest_table *table, struct rtp_dest *dest);
void rtp_dest_settle(struct rtp_dest_table *table, unsigned long index,
		     struct rtp_dest_chunk *chunk);
void rtp_dest_remove(struct rtp_fanout *fanout, struct rtp_dest *dest);
bool rtp_dest_is_live(struct rtp_dest_table *table,
		      const struct rtp_dest *dest);

static inline struct rtp_dest_chunk *
rtp_dest_chunk(struct rtp_dest_table *table, u32 slot)
{
	return xa_load(&table->chunks, slot / RTP_CHUNK_DESTS);
}

#endif /* _NET_RTPRELAY_DEST_H */
