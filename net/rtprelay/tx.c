// SPDX-License-Identifier: GPL-2.0
/*
 * Transmit: one copy to one destination.
 */
#include <linux/skbuff.h>
#include <linux/udp.h>
#include <linux/unaligned.h>
#include <net/addrconf.h>
#include <net/checksum.h>
#include <net/dst.h>
#include <net/inet_sock.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/route.h>
#include <net/sock.h>
#include <net/xfrm.h>
#include "dest.h"
#include "dgram.h"
#include "fanout.h"
#include "tx.h"

/* What stands in the head behind the IP header. */
#define RTP_TX_HEAD	(sizeof(struct udphdr) + RTP_HDR_LEN)

/**
 * rtp_tx_begin() - look at what user space may have changed of the socket
 * @fanout: the fan-out
 *
 * Routes cached with other values are looked up again.
 *
 * Context: The worker, before it sends a datagram.
 */
void rtp_tx_begin(struct rtp_fanout *fanout)
{
	const struct sock *sk = fanout->sk;
	const struct inet_sock *inet = inet_sk(sk);
	struct rtp_tx_key key;

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

	if (memcmp(&key, &fanout->tx_key, sizeof(key))) {
		memcpy(&fanout->tx_key, &key, sizeof(key));
		fanout->tx_gen++;
	}
}

/**
 * rtp_tx_release() - drop a destination's cached route
 * @dest: the destination
 *
 * Context: The worker.
 */
void rtp_tx_release(struct rtp_dest *dest)
{
	dst_release(dest->dst);
	dest->dst = NULL;
}

/* The interface to send on. One that the socket was bound to after the
 * destination was added wins: false where the two differ.
 */
static bool rtp_tx_oif(const struct rtp_fanout *fanout,
		       const struct rtp_dest *dest, int unicast_if, int *oif)
{
	*oif = dest->key.ifindex;
	if (*oif)
		return sk_dev_equal_l3scope(fanout->sk, *oif);

	*oif = fanout->tx_key.bound_dev_if ?: unicast_if;
	return true;
}

static struct dst_entry *rtp_tx_route4(const struct rtp_fanout *fanout,
				       struct rtp_dest *dest)
{
	const struct rtp_tx_key *key = &fanout->tx_key;
	struct sock *sk = fanout->sk;
	struct flowi4 fl4;
	struct rtable *rt;
	int oif;

	if (!rtp_tx_oif(fanout, dest, key->uc_index, &oif))
		return ERR_PTR(-EXDEV);
	flowi4_init_output(&fl4, oif, key->mark, key->tos & INET_DSCP_MASK,
			   RT_SCOPE_UNIVERSE, IPPROTO_UDP,
			   inet_sk_flowi_flags(sk), dest->daddr.v4,
			   dest->has_local ? dest->saddr.v4 : key->saddr,
			   dest->port,
			   key->sport, key->uid);
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
static struct dst_entry *rtp_tx_route6(const struct rtp_fanout *fanout,
				       struct rtp_dest *dest)
{
	const struct rtp_tx_key *key = &fanout->tx_key;
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
	if (!rtp_tx_oif(fanout, dest, key->ucast_oif, &fl6.flowi6_oif))
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
static struct dst_entry *rtp_tx_route6(const struct rtp_fanout *fanout,
				       struct rtp_dest *dest)
{
	return ERR_PTR(-EAFNOSUPPORT);
}
#endif

/* The destination's route: the cached one, or a new one that is then cached. */
static struct dst_entry *rtp_tx_route(struct rtp_fanout *fanout,
				      struct rtp_dest *dest)
{
	struct dst_entry *dst = dest->dst;

	if (likely(dst && dest->dst_gen == fanout->tx_gen &&
		   dst_check(dst, dest->dst_cookie)))
		return dst;

	rtp_tx_release(dest);
	/* connect(AF_UNSPEC) takes a port away that the kernel chose. */
	if (!fanout->tx_key.sport)
		return NULL;

	dst = dest->family == AF_INET ? rtp_tx_route4(fanout, dest) :
					rtp_tx_route6(fanout, dest);
	if (IS_ERR(dst))
		return NULL;

	dest->dst = dst;
	dest->dst_gen = fanout->tx_gen;

	return dst;
}

/* RFC 3550, section 5.1: the sequence number and the marker bit are the class's
 * and the destination's, all else is the sender's.
 */
static void rtp_tx_rtp_header(const struct rtp_walk *walk,
			      const struct rtp_copy *copy, u8 *hdr)
{
	memcpy(hdr, walk->hdr, RTP_HDR_LEN);
	put_unaligned_be16(copy->number, hdr + RTP_HDR_SEQ);
	if (copy->marked)
		hdr[1] |= RTP_HDR_MARKER;
}

/* The RTP datagram with its UDP header, but for the checksum. @sum is that of
 * the RTP datagram; on return, that of the UDP header besides.
 */
static struct sk_buff *rtp_tx_skb(const struct rtp_fanout *fanout,
				  const struct rtp_dest *dest,
				  const struct dst_entry *dst,
				  const struct rtp_copy *copy,
				  unsigned int ip_len, __wsum *sum)
{
	const struct rtp_dgram *dgram = fanout->walk.dgram;
	unsigned int reserve, shared;
	struct sk_buff *skb;
	struct udphdr *uh;
	struct page *page;

	reserve = LL_RESERVED_SPACE(dst_dev_rcu(dst)) + dst->header_len + ip_len;
	shared = dgram->len - RTP_HDR_LEN;

	skb = alloc_skb(reserve + RTP_TX_HEAD, GFP_ATOMIC | __GFP_NOWARN);
	if (unlikely(!skb))
		return NULL;
	skb_reserve(skb, reserve);

	uh = __skb_put(skb, sizeof(*uh));
	skb_reset_transport_header(skb);
	uh->source = fanout->tx_key.sport;
	uh->dest = dest->port;
	udp_set_len_short(uh, sizeof(*uh) + dgram->len);
	uh->check = 0;
	rtp_tx_rtp_header(&fanout->walk, copy, __skb_put(skb, RTP_HDR_LEN));

	if (shared) {
		page = rtp_dgram_page(dgram);
		get_page(page);
		skb_fill_page_desc(skb, 0, page,
				   (void *)dgram->data - page_address(page) +
				   RTP_HDR_LEN, shared);
		/* Other destinations have the same page: whoever wants to
		 * change the payload, as IPsec does, must copy it.
		 */
		skb_shinfo(skb)->flags |= SKBFL_SHARED_FRAG;
		skb->len += shared;
		skb->data_len += shared;
		skb->truesize += shared;
	}

	*sum = csum_partial(uh, RTP_TX_HEAD, dgram->sum);

	return skb;
}

/* What the copy has of the socket. The owner makes cgroup egress programs see
 * it and counts it as in flight. No reference on the route: who keeps the skb
 * takes one.
 */
static void rtp_tx_own(const struct rtp_fanout *fanout,
		       const struct rtp_dest *dest, struct dst_entry *dst,
		       struct sk_buff *skb)
{
	struct sock *sk = fanout->sk;

	skb->priority = READ_ONCE(sk->sk_priority);
	skb->mark = fanout->tx_key.mark;
	skb_set_owner_w(skb, sk);
	/* The destination's, as a connected socket's would not be. */
	__skb_set_sw_hash(skb, dest->hash, true);
	skb_dst_set_noref(skb, dst);
}

/* Whether what exceeds the path MTU is fragmented, as a send by the socket
 * would be (IP_MTU_DISCOVER, IPV6_MTU_DISCOVER).
 */
static bool rtp_tx_may_fragment(const struct sock *sk, u8 family)
{
	if (family == AF_INET)
		return ip_sk_ignore_df(sk);
	return IS_ENABLED(CONFIG_IPV6) && ip6_sk_ignore_df(sk);
}

static unsigned int rtp_tx_mtu(const struct sock *sk,
			       const struct rtp_dest *dest,
			       const struct dst_entry *dst)
{
	bool path;

	if (dest->family == AF_INET)
		path = ip_sk_use_pmtu(sk);
	else
		path = READ_ONCE(inet6_sk(sk)->pmtudisc) < IPV6_PMTUDISC_PROBE;

	return path ? dst_mtu(dst) : READ_ONCE(dst_dev_rcu(dst)->mtu);
}

static int rtp_tx_dest4(const struct rtp_fanout *fanout,
			const struct rtp_dest *dest, struct dst_entry *dst,
			struct sk_buff *skb, bool fits, __wsum sum)
{
	unsigned int ulen = skb->len;
	struct sock *sk = fanout->sk;
	struct net *net = sock_net(sk);
	struct iphdr *iph;
	__be16 df = 0;
	int ttl;

	if (!ip_sk_ignore_df(sk) || (fits && ip_dont_fragment(sk, dst)))
		df = htons(IP_DF);
	/* What a transformation makes too large is fragmented as well. What
	 * cannot become so needs no identification (RFC 6864, section 4.1).
	 */
	skb->ignore_df = ip_sk_ignore_df(sk) && (!df || dst_xfrm(dst));

	udp_hdr(skb)->check = csum_tcpudp_magic(dest->saddr.v4, dest->daddr.v4,
						ulen, IPPROTO_UDP, sum) ?:
			      CSUM_MANGLED_0;

	ttl = READ_ONCE(inet_sk(sk)->uc_ttl);
	if (ttl < 0)
		ttl = ip4_dst_hoplimit(dst);
	iph = __skb_push(skb, sizeof(*iph));
	skb_reset_network_header(skb);
	iph->version = 4;
	iph->ihl = sizeof(*iph) / 4;
	iph->tos = fanout->tx_key.tos;
	iph->frag_off = df;
	iph->ttl = min_t(int, ttl, fanout->walk.dgram->ttl);
	iph->protocol = IPPROTO_UDP;
	iph->saddr = dest->saddr.v4;
	iph->daddr = dest->daddr.v4;
	rtp_tx_own(fanout, dest, dst, skb);
	ip_select_ident(net, skb, sk);

	return ip_local_out(net, sk, skb);
}

#if IS_ENABLED(CONFIG_IPV6)
static int rtp_tx_dest6(const struct rtp_fanout *fanout,
			const struct rtp_dest *dest, struct dst_entry *dst,
			struct sk_buff *skb, __wsum sum)
{
	unsigned int ulen = skb->len;
	struct sock *sk = fanout->sk;
	struct net *net = sock_net(sk);
	struct ipv6hdr *ip6h;
	int hop_limit;
	__be32 label;

	skb->ignore_df = ip6_sk_ignore_df(sk);

	udp_hdr(skb)->check = csum_ipv6_magic(&dest->saddr.v6, &dest->daddr.v6,
					      ulen, IPPROTO_UDP, sum) ?:
			      CSUM_MANGLED_0;

	rtp_tx_own(fanout, dest, dst, skb);
	hop_limit = READ_ONCE(inet6_sk(sk)->hop_limit);
	if (hop_limit < 0)
		hop_limit = ip6_dst_hoplimit(dst);
	label = ip6_make_flowlabel(net, skb, 0, ip6_autoflowlabel(net, sk),
				   NULL);

	ip6h = __skb_push(skb, sizeof(*ip6h));
	skb_reset_network_header(skb);
	ip6_flow_hdr(ip6h, ip6_tclass(fanout->tx_key.flowlabel), label);
	ip6h->payload_len = htons(ulen);
	ip6h->nexthdr = IPPROTO_UDP;
	ip6h->hop_limit = min_t(int, hop_limit, fanout->walk.dgram->ttl);
	ip6h->saddr = dest->saddr.v6;
	ip6h->daddr = dest->daddr.v6;
	skb->protocol = htons(ETH_P_IPV6);

	return ip6_local_out(net, sk, skb);
}
#else
static int rtp_tx_dest6(const struct rtp_fanout *fanout,
			const struct rtp_dest *dest, struct dst_entry *dst,
			struct sk_buff *skb, __wsum sum)
{
	kfree_skb(skb);
	return -EAFNOSUPPORT;
}
#endif

/* The copy, or the reason why there is none. */
static int rtp_tx_copy(struct rtp_fanout *fanout, struct rtp_dest *dest,
		       const struct rtp_copy *copy, enum rtp_tx_drop *reason)
{
	struct sock *sk = fanout->sk;
	unsigned int ip_len, len, max;
	struct dst_entry *dst;
	struct sk_buff *skb;
	__wsum sum;
	bool fits;
	int err;

	/* A destination that finds the device full is not waited for: the
	 * others' devices may be free.
	 */
	if (unlikely(sk_wmem_alloc_get(sk) >= READ_ONCE(sk->sk_sndbuf))) {
		*reason = RTP_TX_DROP_INFLIGHT;
		return -ENOBUFS;
	}

	dst = rtp_tx_route(fanout, dest);
	if (unlikely(!dst)) {
		*reason = RTP_TX_DROP_ROUTE;
		return -EHOSTUNREACH;
	}

	if (dest->family == AF_INET) {
		ip_len = sizeof(struct iphdr);
		max = IP_MAX_MTU;
	} else {
		ip_len = sizeof(struct ipv6hdr);
		max = IP6_MAX_MTU;
	}
	len = ip_len + sizeof(struct udphdr) + fanout->walk.dgram->len;
	fits = len <= rtp_tx_mtu(sk, dest, dst);
	/* What came over IPv6 can be too long for any IPv4 datagram. */
	if (unlikely(len > max ||
		     (!fits && !rtp_tx_may_fragment(sk, dest->family)))) {
		*reason = RTP_TX_DROP_MTU;
		return -EMSGSIZE;
	}

	skb = rtp_tx_skb(fanout, dest, dst, copy, ip_len, &sum);
	if (unlikely(!skb)) {
		*reason = RTP_TX_DROP_NOMEM;
		return -ENOMEM;
	}

	*reason = RTP_TX_DROP_OUTPUT;
	err = dest->family == AF_INET ?
		rtp_tx_dest4(fanout, dest, dst, skb, fits, sum) :
		rtp_tx_dest6(fanout, dest, dst, skb, sum);

	return err > 0 ? net_xmit_errno(err) : err;
}

/**
 * rtp_tx_dest() - send the datagram of the walk to a destination
 * @fanout: the fan-out
 * @dest: a destination that gets the datagram
 * @copy: what the copy has of its own
 *
 * What goes wrong is counted at the destination and concerns no other.
 *
 * Context: The worker, under RCU, softirqs disabled.
 */
void rtp_tx_dest(struct rtp_fanout *fanout, struct rtp_dest *dest,
		 const struct rtp_copy *copy)
{
	const struct rtp_walk *walk = &fanout->walk;
	enum rtp_tx_drop reason;
	int err;

	err = rtp_tx_copy(fanout, dest, copy, &reason);

	u64_stats_update_begin(&fanout->syncp);
	if (likely(!err)) {
		u64_stats_inc(&dest->packets);
		u64_stats_add(&dest->octets, walk->octets);
		u64_stats_inc(&fanout->stats.tx_packets);
		u64_stats_add(&fanout->stats.tx_octets, walk->octets);
		WRITE_ONCE(dest->last_seq, copy->number);
	} else {
		u64_stats_inc(&dest->drops[reason]);
		u64_stats_inc(&fanout->stats.tx_dropped);
	}
	u64_stats_update_end(&fanout->syncp);
}
