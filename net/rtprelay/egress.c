// SPDX-License-Identifier: GPL-2.0
/*
 * Egress: what a route allows, the IP header of a copy, and the normal output
 * path.
 */
#include <linux/in.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <linux/udp.h>
#include <net/checksum.h>
#include <net/dst.h>
#include <net/inet_sock.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/sock.h>
#include <net/udp.h>
#include "egress.h"
#include "fanout.h"
#include "load.h"
#include "route.h"

/* Datagrams of a run that leave as one skb: any run, where the device cuts it;
 * where that is done in software a few cost more so than by themselves.
 */
#define RTP_EGRESS_RUN_DEVICE	2
#define RTP_EGRESS_RUN_SOFTWARE	4

/* How many datagrams a run must have, and who cuts it. */
static void rtp_egress_set_run(struct rtp_egress *egress)
{
	netdev_features_t features = dst_dev_rcu(egress->dst)->features;
	netdev_features_t csum = NETIF_F_HW_CSUM;

	csum |= egress->family == AF_INET ? NETIF_F_IP_CSUM : NETIF_F_IPV6_CSUM;

	egress->cuts = features & NETIF_F_GSO_UDP_L4;
	egress->run_min = egress->cuts ? RTP_EGRESS_RUN_DEVICE :
					 RTP_EGRESS_RUN_SOFTWARE;
	/* A transformation, and a device without checksums or fragments, would
	 * have all of it copied first.
	 */
	if (egress->transformed || !(features & csum) ||
	    !(features & NETIF_F_SG))
		egress->run_min = 0;
}

/* What exceeds the path MTU is fragmented where a send by the socket would be
 * (IP_MTU_DISCOVER).
 */
static void rtp_egress_set4(struct rtp_egress *egress,
			    const struct rtp_route_key *key)
{
	struct dst_entry *dst = egress->dst;
	struct sock *sk = egress->sk;
	int hops;

	egress->header = sizeof(struct iphdr) + sizeof(struct udphdr);
	egress->most = IP_MAX_MTU;
	egress->mtu = ip_sk_use_pmtu(sk) ? dst_mtu(dst) :
					   READ_ONCE(dst_dev_rcu(dst)->mtu);
	egress->may_fragment = ip_sk_ignore_df(sk);
	egress->df = 0;
	if (!egress->may_fragment || ip_dont_fragment(sk, dst))
		egress->df = htons(IP_DF);
	egress->tos = key->tos;
	hops = READ_ONCE(inet_sk(sk)->uc_ttl);
	egress->hops = hops < 0 ? ip4_dst_hoplimit(dst) : hops;
}

#if IS_ENABLED(CONFIG_IPV6)
/* Whether the socket has flow labels made (IPV6_AUTOFLOWLABEL): its own setting,
 * else the sysctl's.
 */
static bool rtp_egress_autolabel(const struct sock *sk)
{
	return inet6_test_bit(AUTOFLOWLABEL_SET, sk) ?
		inet6_test_bit(AUTOFLOWLABEL, sk) :
		ip6_default_np_autolabel(sock_net(sk));
}

/* As above (IPV6_MTU_DISCOVER). */
static void rtp_egress_set6(struct rtp_egress *egress,
			    const struct rtp_route_key *key)
{
	struct dst_entry *dst = egress->dst;
	struct sock *sk = egress->sk;
	int hops;

	egress->header = sizeof(struct ipv6hdr) + sizeof(struct udphdr);
	egress->most = IP6_MAX_MTU;
	egress->mtu = READ_ONCE(inet6_sk(sk)->pmtudisc) < IPV6_PMTUDISC_PROBE ?
		      dst_mtu(dst) : READ_ONCE(dst_dev_rcu(dst)->mtu);
	egress->may_fragment = ip6_sk_ignore_df(sk);
	egress->tos = ip6_tclass(key->flowlabel);
	egress->autolabel = rtp_egress_autolabel(sk);
	hops = READ_ONCE(inet6_sk(sk)->hop_limit);
	egress->hops = hops < 0 ? ip6_dst_hoplimit(dst) : hops;
}
#else
static void rtp_egress_set6(struct rtp_egress *egress,
			    const struct rtp_route_key *key)
{
}
#endif

/**
 * rtp_egress_find() - the way to a destination that has another route
 * @egress: becomes the destination's
 * @fanout: the fan-out
 * @dest: the destination
 *
 * Looked at anew as often as RCU is left: features of a device and options of
 * the socket are changed while routes stay.
 *
 * Context: As rtp_egress_is().
 * Return: false when there is no route; nothing is known then.
 */
bool rtp_egress_find(struct rtp_egress *egress, struct rtp_fanout *fanout,
		     struct rtp_dest *dest)
{
	const struct rtp_route_key *key = &fanout->route_key;
	struct dst_entry *dst = rtp_route_get(fanout, dest);

	egress->dst = dst;
	if (unlikely(!dst))
		return false;

	egress->dst_cookie = dest->dst_cookie;
	egress->dst_gen = dest->dst_gen;
	egress->sk = fanout->sk;
	egress->family = dest->family;
	egress->transformed = dst_xfrm(dst);
	egress->sport = key->sport;
	egress->priority = READ_ONCE(fanout->sk->sk_priority);
	egress->mark = key->mark;
	if (dest->family == AF_INET)
		rtp_egress_set4(egress, key);
	else
		rtp_egress_set6(egress, key);
	egress->mtu = min(egress->mtu, egress->most);
	/* None for a trailer: a copy's payload is in fragments, so what ESP
	 * appends becomes one more.
	 */
	egress->reserve = LL_RESERVED_SPACE(dst_dev_rcu(dst)) +
			  dst->header_len + egress->header -
			  sizeof(struct udphdr);
	rtp_egress_set_run(egress);

	return true;
}

/* The checksum, from the sum of all that it is of. Whoever cuts a run makes that
 * of each of its datagrams.
 */
static void rtp_egress_check(struct sk_buff *skb, const struct rtp_load *load,
			     __sum16 check)
{
	struct udphdr *uh = udp_hdr(skb);

	if (load->count == 1) {
		uh->check = check ?: CSUM_MANGLED_0;
		return;
	}

	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = skb_transport_header(skb) - skb->head;
	skb->csum_offset = offsetof(struct udphdr, check);
	uh->check = ~check;
}

static int rtp_egress_send4(const struct rtp_egress *egress,
			    const struct rtp_dest *dest, struct sk_buff *skb,
			    const struct rtp_load *load, __wsum sum)
{
	__be16 df = rtp_egress_fits(egress, load->size) ? egress->df : 0;
	struct sock *sk = egress->sk;
	struct net *net = sock_net(sk);
	struct iphdr *iph;

	/* What a transformation makes too large is fragmented as well. What
	 * cannot become so needs no identification (RFC 6864, section 4.1).
	 */
	skb->ignore_df = egress->may_fragment && (!df || egress->transformed);
	rtp_egress_check(skb, load,
			 csum_tcpudp_magic(dest->saddr.v4, dest->daddr.v4,
					   skb->len, IPPROTO_UDP, sum));

	iph = __skb_push(skb, sizeof(*iph));
	skb_reset_network_header(skb);
	iph->version = 4;
	iph->ihl = sizeof(*iph) / 4;
	iph->tos = egress->tos;
	iph->frag_off = df;
	iph->ttl = min_t(int, egress->hops, load->ttl);
	iph->protocol = IPPROTO_UDP;
	iph->saddr = dest->saddr.v4;
	iph->daddr = dest->daddr.v4;
	ip_select_ident_segs(net, skb, sk, load->count);

	return ip_local_out(net, sk, skb);
}

#if IS_ENABLED(CONFIG_IPV6)
/* To make a flow label takes much of the stack, which would be zeroed for IPv4 as
 * well.
 */
static noinline_for_stack int
rtp_egress_send6(const struct rtp_egress *egress, const struct rtp_dest *dest,
		 struct sk_buff *skb, const struct rtp_load *load, __wsum sum)
{
	struct sock *sk = egress->sk;
	struct net *net = sock_net(sk);
	unsigned int ulen = skb->len;
	struct ipv6hdr *ip6h;
	__be32 label;

	skb->ignore_df = egress->may_fragment;
	rtp_egress_check(skb, load,
			 csum_ipv6_magic(&dest->saddr.v6, &dest->daddr.v6, ulen,
					 IPPROTO_UDP, sum));
	label = ip6_make_flowlabel(net, skb, 0, egress->autolabel, NULL);

	ip6h = __skb_push(skb, sizeof(*ip6h));
	skb_reset_network_header(skb);
	ip6_flow_hdr(ip6h, egress->tos, label);
	ip6h->payload_len = htons(ulen);
	ip6h->nexthdr = IPPROTO_UDP;
	ip6h->hop_limit = min_t(int, egress->hops, load->ttl);
	ip6h->saddr = dest->saddr.v6;
	ip6h->daddr = dest->daddr.v6;
	skb->protocol = htons(ETH_P_IPV6);

	return ip6_local_out(net, sk, skb);
}
#else
static int rtp_egress_send6(const struct rtp_egress *egress,
			    const struct rtp_dest *dest, struct sk_buff *skb,
			    const struct rtp_load *load, __wsum sum)
{
	kfree_skb(skb);
	return -EAFNOSUPPORT;
}
#endif

/**
 * rtp_egress_send() - give an skb to the network
 * @egress: the way to the destination
 * @dest: the destination
 * @skb: from the UDP header on, with the socket as its owner and the route;
 *	consumed
 * @load: what it carries
 * @sum: of a single datagram, from the UDP header on, unfolded; 0 for a run
 *
 * Context: As rtp_egress_is().
 * Return: 0, a negative errno, or a NET_XMIT_* code.
 */
int rtp_egress_send(const struct rtp_egress *egress,
		    const struct rtp_dest *dest, struct sk_buff *skb,
		    const struct rtp_load *load, __wsum sum)
{
	return egress->family == AF_INET ?
		rtp_egress_send4(egress, dest, skb, load, sum) :
		rtp_egress_send6(egress, dest, skb, load, sum);
}
