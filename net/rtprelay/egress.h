/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The way out over a route: what is the same for all copies that take it.
 */
#ifndef _NET_RTPRELAY_EGRESS_H
#define _NET_RTPRELAY_EGRESS_H

#include <linux/types.h>
#include "dest.h"

struct dst_entry;
struct rtp_fanout;
struct rtp_load;
struct sk_buff;
struct sock;

/**
 * struct rtp_egress - a route, and what it and the socket have copies be
 * @dst: the route; NULL where the rest is not known
 * @dst_cookie: as struct rtp_dest has it with @dst
 * @dst_gen: likewise
 * @sk: the socket
 * @family: AF_INET or AF_INET6
 * @run_min: datagrams that a run must have to leave as one skb; 0 for never
 * @cuts: the device cuts it
 * @reserve: what the headers below UDP's need, in bytes
 * @header: of those, what IP's needs, and what UDP's needs besides
 * @mtu: the largest IP datagram that is not fragmented, in bytes
 * @most: the largest that there is, fragmented or not
 * @may_fragment: what is larger than @mtu is fragmented
 * @transformed: IPsec is on the way
 * @autolabel: flow labels of IPv6 are made
 * @df: IP_DF or 0, for IPv4 datagrams of up to @mtu
 * @sport: UDP port to send from
 * @tos: TOS or traffic class
 * @hops: TTL or hop limit, where the datagram received had more
 * @priority: SO_PRIORITY
 * @mark: SO_MARK
 */
struct rtp_egress {
	struct dst_entry *dst;
	u32 dst_cookie;
	u32 dst_gen;
	struct sock *sk;
	u8 family;
	u8 run_min;
	u8 tos;
	bool cuts;
	bool may_fragment;
	bool transformed;
	bool autolabel;
	__be16 df;
	__be16 sport;
	int hops;
	unsigned int reserve;
	unsigned int header;
	unsigned int mtu;
	unsigned int most;
	u32 priority;
	u32 mark;
};

bool rtp_egress_find(struct rtp_egress *egress, struct rtp_fanout *fanout,
		     struct rtp_dest *dest);
int rtp_egress_send(const struct rtp_egress *egress,
		    const struct rtp_dest *dest, struct sk_buff *skb,
		    const struct rtp_load *load, __wsum sum);

/**
 * rtp_egress_begin() - nothing is known
 * @egress: made so
 *
 * Context: Whenever RCU was left: a route stays what it is as long as it is not.
 */
static inline void rtp_egress_begin(struct rtp_egress *egress)
{
	egress->dst = NULL;
}

/**
 * rtp_egress_is() - whether it is the way to a destination
 * @egress: what is known
 * @dest: the destination
 *
 * Destinations behind a router have one route, which is looked at once.
 *
 * Context: The shard that has the destination, under RCU since
 * rtp_egress_begin(), softirqs disabled.
 * Return: false when it is not, or when nothing is known.
 */
static inline bool rtp_egress_is(const struct rtp_egress *egress,
				 const struct rtp_dest *dest)
{
	return egress->dst && dest->dst == egress->dst &&
	       dest->dst_cookie == egress->dst_cookie &&
	       dest->dst_gen == egress->dst_gen;
}

/**
 * rtp_egress_fits() - whether a datagram leaves as it is
 * @egress: the way
 * @size: bytes of RTP
 *
 * Context: As rtp_egress_is().
 * Return: false where it is fragmented, or cannot leave.
 */
static inline bool rtp_egress_fits(const struct rtp_egress *egress, u32 size)
{
	return egress->header + size <= egress->mtu;
}

/**
 * rtp_egress_may_take() - whether a datagram can leave at all
 * @egress: the way
 * @size: bytes of RTP
 *
 * Context: As rtp_egress_is().
 * Return: false where it is too large.
 */
static inline bool rtp_egress_may_take(const struct rtp_egress *egress,
				       u32 size)
{
	/* What came over IPv6 can be too long for any IPv4 datagram. */
	return rtp_egress_fits(egress, size) ||
	       (egress->may_fragment && egress->header + size <= egress->most);
}

/**
 * rtp_egress_takes_run() - whether a run leaves as one skb
 * @egress: the way
 * @size: bytes of RTP of its largest datagram
 * @count: datagrams
 *
 * Context: As rtp_egress_is().
 * Return: true when it does.
 */
static inline bool rtp_egress_takes_run(const struct rtp_egress *egress,
					u32 size, unsigned int count)
{
	return egress->run_min && count >= egress->run_min &&
	       rtp_egress_fits(egress, size);
}

#endif /* _NET_RTPRELAY_EGRESS_H */
