/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The route to a destination: looked up once, cached with the destination.
 */
#ifndef _NET_RTPRELAY_ROUTE_H
#define _NET_RTPRELAY_ROUTE_H

#include <linux/in6.h>
#include <linux/types.h>
#include <linux/uidgid.h>

struct dst_entry;
struct rtp_dest;
struct rtp_fanout;

/**
 * struct rtp_route_key - what of the socket decides a route
 * @policy: IP_XFRM_POLICY, compared only
 * @saddr6: IPv6 address that the socket is bound to, or any
 * @saddr: IPv4 address that the socket is bound to, or any
 * @uid: owner
 * @mark: SO_MARK
 * @bound_dev_if: SO_BINDTODEVICE
 * @uc_index: IP_UNICAST_IF
 * @ucast_oif: IPV6_UNICAST_IF
 * @flowlabel: traffic class of IPv6, as flowi6 has it
 * @sport: the socket's port
 * @tos: IP_TOS
 * @ipv6: the socket can send IPv6
 *
 * Compared and copied as bytes, so zeroed before it is filled in.
 */
struct rtp_route_key {
	const void *policy;
	struct in6_addr saddr6;
	__be32 saddr;
	kuid_t uid;
	u32 mark;
	int bound_dev_if;
	int uc_index;
	int ucast_oif;
	__be32 flowlabel;
	__be16 sport;
	u8 tos;
	bool ipv6;
};

void rtp_route_begin(struct rtp_fanout *fanout);
struct dst_entry *rtp_route_get(struct rtp_fanout *fanout,
				struct rtp_dest *dest);
bool rtp_route_is_unresolved(const struct rtp_fanout *fanout,
			     const struct rtp_dest *dest);
bool rtp_route_is_queueing(struct rtp_fanout *fanout, struct rtp_dest *dest);
void rtp_route_put(struct rtp_dest *dest);

#endif /* _NET_RTPRELAY_ROUTE_H */
