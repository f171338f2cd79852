// SPDX-License-Identifier: GPL-2.0
/*
 * Routes, as a send by the socket would find them.
 */
#include <linux/err.h>
#include <linux/string.h>
#include <net/addrconf.h>
#include <net/dst.h>
#include <net/inet_sock.h>
#include <net/ip.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/neighbour.h>
#include <net/route.h>
#include <net/sch_generic.h>
#include <net/sock.h>
#include "dest.h"
#include "fanout.h"
#include "route.h"

/**
 * rtp_route_begin() - look at what user space may have changed of the socket
 * @fanout: the fan-out
 *
 * Routes cached with other values are looked up again.
 *
 * Context: The owner, while no shard walks.
 */
void rtp_route_begin(struct rtp_fanout *fanout)
{
	const struct sock *sk = fanout->sk;
	const struct inet_sock *inet = inet_sk(sk);
	struct rtp_route_key key;

	memset(&key, 0, sizeof(key));
#ifdef CONFIG_XFRM
	key.policy = rcu_access_pointer(sk->sk_policy[XFRM_POLICY_OUT]);
#endif
	key.saddr = READ_ONCE(inet->inet_saddr);
	key.uid = sk_uid(sk);
	key.mark = READ_ONCE(sk->sk_mark);
	key.bound_dev_if = READ_ONCE(sk->sk_bound_dev_if);
	key.uc_index = READ_ONCE(inet->uc_index);
	key.sport = READ_ONCE(inet->inet_sport);
	key.tos = READ_ONCE(inet->tos);
#if IS_ENABLED(CONFIG_IPV6)
	/* IPV6_ADDRFORM turns the socket into an IPv4 one. */
	if (READ_ONCE(sk->sk_family) == AF_INET6) {
		const struct ipv6_pinfo *np = inet6_sk(sk);

		key.ipv6 = true;
		/* connect() may change it meanwhile, as for any sender; the
		 * next datagram sees all of it.
		 */
		key.saddr6 = data_race(np->saddr);
		key.ucast_oif = READ_ONCE(np->ucast_oif);
		key.flowlabel = ip6_make_flowinfo(READ_ONCE(np->tclass), 0);
	}
#endif

	if (memcmp(&key, &fanout->route_key, sizeof(key))) {
		memcpy(&fanout->route_key, &key, sizeof(key));
		fanout->route_gen++;
	}
}

/* Whether the cached route is the destination's: not that of who had the slot
 * before, or from before the socket's options changed.
 */
static bool rtp_route_is_known(const struct rtp_fanout *fanout,
			       const struct rtp_dest *dest)
{
	return dest->dst && dest->dst_gen == fanout->route_gen;
}

/**
 * rtp_route_is_unresolved() - whether copies to a destination wait for an answer
 * @fanout: the fan-out
 * @dest: the destination
 *
 * Nobody has said yet who has the address of its next hop; perhaps nobody has
 * it. It is asked for again.
 *
 * Context: The shard that has the destination, under RCU, softirqs disabled.
 * Return: true when they do; false where nothing was sent to it yet.
 */
bool rtp_route_is_unresolved(const struct rtp_fanout *fanout,
			     const struct rtp_dest *dest)
{
	struct neighbour *neigh;
	bool unresolved;

	if (!rtp_route_is_known(fanout, dest))
		return false;
	neigh = dst_neigh_lookup(dest->dst, &dest->daddr);
	if (!neigh)
		return false;

	unresolved = !(READ_ONCE(neigh->nud_state) & NUD_VALID);
	if (unresolved)
		neigh_event_send(neigh, NULL);
	neigh_release(neigh);

	return unresolved;
}

/**
 * rtp_route_put() - drop a destination's cached route
 * @dest: the destination
 *
 * Context: The shard that has the destination.
 */
void rtp_route_put(struct rtp_dest *dest)
{
	dst_release(dest->dst);
	dest->dst = NULL;
}

/* The interface to send on. One that the socket was bound to after the
 * destination was added wins: false where the two differ.
 */
static bool rtp_route_oif(const struct rtp_fanout *fanout,
			  const struct rtp_dest *dest, int unicast_if, int *oif)
{
	*oif = dest->key.ifindex;
	if (*oif)
		return sk_dev_equal_l3scope(fanout->sk, *oif);

	*oif = fanout->route_key.bound_dev_if ?: unicast_if;
	return true;
}

static struct dst_entry *rtp_route_find4(const struct rtp_fanout *fanout,
					 struct rtp_dest *dest)
{
	const struct rtp_route_key *key = &fanout->route_key;
	struct sock *sk = fanout->sk;
	struct flowi4 fl4;
	struct rtable *rt;
	int oif;

	if (!rtp_route_oif(fanout, dest, key->uc_index, &oif))
		return ERR_PTR(-EXDEV);
	flowi4_init_output(&fl4, oif, key->mark, key->tos & INET_DSCP_MASK,
			   RT_SCOPE_UNIVERSE, IPPROTO_UDP,
			   inet_sk_flowi_flags(sk), dest->daddr.v4,
			   dest->has_local ? dest->saddr.v4 : key->saddr,
			   dest->port, key->sport, key->uid);
	security_sk_classify_flow(sk, flowi4_to_flowi_common(&fl4));

	rt = ip_route_output_flow(sock_net(sk), &fl4, sk);
	if (IS_ERR(rt))
		return ERR_CAST(rt);
	if (rt->rt_flags & (RTCF_BROADCAST | RTCF_MULTICAST)) {
		ip_rt_put(rt);
		return ERR_PTR(-EACCES);
	}

	if (!dest->has_local)
		dest->saddr.v4 = fl4.saddr;
	dest->dst_cookie = 0;

	return &rt->dst;
}

#if IS_ENABLED(CONFIG_IPV6)
static struct dst_entry *rtp_route_find6(const struct rtp_fanout *fanout,
					 struct rtp_dest *dest)
{
	const struct rtp_route_key *key = &fanout->route_key;
	struct sock *sk = fanout->sk;
	struct flowi6 fl6 = {
		.flowi6_mark = key->mark,
		.flowi6_proto = IPPROTO_UDP,
		.flowi6_uid = key->uid,
		.flowlabel = key->flowlabel,
		.daddr = dest->daddr.v6,
		.saddr = dest->has_local ? dest->saddr.v6 : key->saddr6,
		.fl6_dport = dest->port,
		.fl6_sport = key->sport,
	};
	struct dst_entry *dst;

	if (!key->ipv6)
		return ERR_PTR(-EAFNOSUPPORT);
	if (!rtp_route_oif(fanout, dest, key->ucast_oif, &fl6.flowi6_oif))
		return ERR_PTR(-EXDEV);

	/* The look-up does not ask whether the address is still ours. */
	if (dest->has_local &&
	    !ipv6_chk_addr(sock_net(sk), &fl6.saddr, NULL, 0))
		return ERR_PTR(-EADDRNOTAVAIL);
	security_sk_classify_flow(sk, flowi6_to_flowi_common(&fl6));

	dst = ip6_dst_lookup_flow(sock_net(sk), sk, &fl6, NULL);
	if (IS_ERR(dst))
		return dst;

	if (!dest->has_local)
		dest->saddr.v6 = fl6.saddr;
	dest->dst_cookie = rt6_get_cookie(dst_rt6_info(dst));

	return dst;
}
#else
static struct dst_entry *rtp_route_find6(const struct rtp_fanout *fanout,
					 struct rtp_dest *dest)
{
	return ERR_PTR(-EAFNOSUPPORT);
}
#endif

/**
 * rtp_route_get() - the route to a destination
 * @fanout: the fan-out
 * @dest: the destination
 *
 * It is cached with the destination until it is obsolete, or until what it was
 * looked up with changed.
 *
 * Context: The shard that has the destination, under RCU, softirqs disabled.
 * Return: the route, without a reference of the caller's, or NULL when there is
 * none.
 */
struct dst_entry *rtp_route_get(struct rtp_fanout *fanout,
				struct rtp_dest *dest)
{
	struct dst_entry *dst = dest->dst;

	if (likely(dst && dest->dst_gen == fanout->route_gen &&
		   dst_check(dst, dest->dst_cookie)))
		return dst;

	rtp_route_put(dest);
	/* connect(AF_UNSPEC) takes a port away that the kernel chose. */
	if (!fanout->route_key.sport)
		return NULL;

	dst = dest->family == AF_INET ? rtp_route_find4(fanout, dest) :
					rtp_route_find6(fanout, dest);
	if (IS_ERR(dst))
		return NULL;

	dest->dst = dst;
	dest->dst_gen = fanout->route_gen;

	return dst;
}

/**
 * rtp_route_is_queueing() - whether copies to a destination wait for its device
 * @fanout: the fan-out
 * @dest: the destination
 *
 * Context: The shard that has the destination, under RCU, softirqs disabled.
 * Off the fast path: looks at each queue of the device. Finds the route where it
 * is not known: who is new is not let past those who wait for the same device.
 * Return: true when some queue of the device has packets.
 */
bool rtp_route_is_queueing(struct rtp_fanout *fanout, struct rtp_dest *dest)
{
	const struct dst_entry *dst = rtp_route_get(fanout, dest);

	return dst && !qdisc_all_tx_empty(dst_dev_rcu(dst));
}
