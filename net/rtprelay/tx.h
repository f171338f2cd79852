/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Transmit: a head of its own for each destination before shared pages, and
 * the normal output path.
 */
#ifndef _NET_RTPRELAY_TX_H
#define _NET_RTPRELAY_TX_H

#include <linux/types.h>
#include "dest.h"
#include "egress.h"
#include "load.h"

struct rtp_fanout;
struct rtp_shard;

/**
 * struct rtp_tx - what a destination is being sent of a batch
 * @dest: the destination
 * @when: departure time, ns of CLOCK_MONOTONIC; 0 for at once
 * @egress: the way to it
 * @load: what is sent to it alone
 * @packets: copies handed to the network, so far
 * @octets: their RTP payload bytes
 * @sends: skbs that they were
 * @tries: skbs that were to be sent, dropped ones included
 * @last_seq: RTP sequence number of the last, when @packets is not 0
 * @dropped: copies dropped
 * @drops: of those, by enum rtp_tx_drop; all 0 while @dropped is
 *
 * The shard's, which uses it for one destination after the other: on a stack it
 * would be zeroed for each.
 */
struct rtp_tx {
	struct rtp_dest *dest;
	u64 when;
	struct rtp_egress egress;
	struct rtp_load load;
	u32 packets;
	u32 octets;
	u32 sends;
	u32 tries;
	u32 dropped;
	u16 last_seq;
	u32 drops[RTP_TX_DROPS];
};

void rtp_tx_begin(struct rtp_shard *shard);
bool rtp_tx_open(struct rtp_shard *shard, struct rtp_dest *dest, u64 when);
void rtp_tx_load(struct rtp_shard *shard, const struct rtp_load *load);
void rtp_tx_run(struct rtp_shard *shard, u64 which);
void rtp_tx_drop(struct rtp_shard *shard, enum rtp_tx_drop reason, u32 packets);
void rtp_tx_close(struct rtp_shard *shard);

#endif /* _NET_RTPRELAY_TX_H */
