/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Transmit: a head of its own for each destination before shared pages, and
 * the normal output path.
 */
#ifndef _NET_RTPRELAY_TX_H
#define _NET_RTPRELAY_TX_H

#include <linux/types.h>
#include "dest.h"

struct dst_entry;
struct rtp_fanout;
struct rtp_shard;
struct rtp_shared_run;

/**
 * struct rtp_tx - what a destination is being sent of a batch
 * @fanout: the fan-out
 * @dest: the destination
 * @when: departure time, ns of CLOCK_MONOTONIC; 0 for at once
 * @dst: its route; NULL where what is below, up to @run_min, is not known
 * @dst_cookie: as struct rtp_dest has it with @dst
 * @dst_gen: likewise
 * @family: AF_INET or AF_INET6
 * @mtu: what an IP datagram may have, in bytes
 * @reserve: what the headers below UDP's need, in bytes
 * @ip_len: of those, what IP's needs
 * @run_min: datagrams that a run must have to leave as one skb; 0 for never
 * @packets: copies handed to the network, so far
 * @octets: their RTP payload bytes
 * @sends: skbs that they were
 * @last_seq: RTP sequence number of the last, when @packets is not 0
 * @dropped: copies dropped
 * @drops: of those, by enum rtp_tx_drop; all 0 while @dropped is
 *
 * The shard's, which uses it for one destination after the other: on a stack it
 * would be zeroed for each.
 */
struct rtp_tx {
	struct rtp_fanout *fanout;
	struct rtp_dest *dest;
	u64 when;
	struct dst_entry *dst;
	u32 dst_cookie;
	u32 dst_gen;
	u8 family;
	unsigned int mtu;
	unsigned int reserve;
	unsigned int ip_len;
	unsigned int run_min;
	u32 packets;
	u32 octets;
	u32 sends;
	u32 dropped;
	u16 last_seq;
	u32 drops[RTP_TX_DROPS];
};

void rtp_tx_begin(struct rtp_shard *shard);
bool rtp_tx_open(struct rtp_shard *shard, struct rtp_dest *dest, u64 when);
bool rtp_tx_shared(struct rtp_shard *shard, const struct rtp_shared_run *run);
void rtp_tx_run(struct rtp_shard *shard, u64 which);
void rtp_tx_drop(struct rtp_shard *shard, enum rtp_tx_drop reason, u32 packets);
void rtp_tx_close(struct rtp_shard *shard);

#endif /* _NET_RTPRELAY_TX_H */
