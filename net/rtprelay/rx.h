/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Receive: what UDP hands to the fan-out, in softirq.
 */
#ifndef _NET_RTPRELAY_RX_H
#define _NET_RTPRELAY_RX_H

#include <linux/types.h>
#include "fanout.h"

struct list_head;
struct rtp_dgram;
struct rtp_fanout;
struct rtp_filter;
struct sk_buff;
struct sock;

int rtp_rx_rcv(struct sock *sk, struct sk_buff *skb);
void rtp_rx_err(struct sock *sk, struct sk_buff *skb, int err, __be16 port,
		u32 info, u8 *payload);

void rtp_rx_count(struct rtp_fanout *fanout, enum rtp_rx_count what);
u8 rtp_rx_ttl(const struct sk_buff *skb);
struct rtp_dgram *rtp_rx_dgram(struct rtp_fanout *fanout,
			       const struct rtp_filter *filter,
			       const struct sk_buff *skb, unsigned int offset,
			       unsigned int len, u8 ttl);
void rtp_rx_adopt(struct rtp_fanout *fanout, struct list_head *dgrams);

u32 rtp_rx_take(struct rtp_fanout *fanout);
void rtp_rx_release(struct sock *sk, u32 bytes);
void rtp_rx_uncharge(struct rtp_fanout *fanout, u32 bytes);
void rtp_rx_purge(struct rtp_fanout *fanout);
u64 rtp_rx_serial(struct rtp_fanout *fanout);

#endif /* _NET_RTPRELAY_RX_H */
