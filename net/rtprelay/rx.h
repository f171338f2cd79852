/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Receive: what UDP hands to the fan-out, in softirq.
 */
#ifndef _NET_RTPRELAY_RX_H
#define _NET_RTPRELAY_RX_H

#include <linux/types.h>

struct rtp_fanout;
struct sk_buff;
struct sock;

int rtp_rx_rcv(struct sock *sk, struct sk_buff *skb);
void rtp_rx_err(struct sock *sk, struct sk_buff *skb, int err, __be16 port,
		u32 info, u8 *payload);

bool rtp_rx_take(struct rtp_fanout *fanout);
void rtp_rx_uncharge(struct rtp_fanout *fanout, u32 bytes);
void rtp_rx_purge(struct rtp_fanout *fanout);
u64 rtp_rx_serial(struct rtp_fanout *fanout);

#endif /* _NET_RTPRELAY_RX_H */
