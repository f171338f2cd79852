// SPDX-License-Identifier: GPL-2.0
/*
 * Transmit: the copies that a destination gets of a batch, as few skbs as sizes
 * and the way to it allow.
 */
#include <linux/bitops.h>
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
#include <trace/events/rtprelay.h>
#include "batch.h"
#include "dest.h"
#include "dgram.h"
#include "fanout.h"
#include "memory.h"
#include "packet.h"
#include "route.h"
#include "shard.h"
#include "shared.h"
#include "tx.h"
#include "worker.h"

/* Datagrams of a run that leave as one skb: any run, where the device cuts it;
 * where that is done in software a few cost more so than by themselves.
 */
#define RTP_TX_RUN_DEVICE	2
#define RTP_TX_RUN_SOFTWARE	4

/* Datagrams with headers of their own in an skb: the first's header is in the
 * head, all other headers and all payloads are fragments.
 */
#define RTP_TX_PRIVATE		((MAX_SKB_FRAGS + 1) / 2)

/* How many datagrams a run must have. Looked at for each batch: features of a
 * device are changed while routes over it stay.
 */
static unsigned int rtp_tx_run_min(const struct sock *sk,
				   const struct rtp_dest *dest,
				   const struct dst_entry *dst)
{
	netdev_features_t features = dst_dev_rcu(dst)->features;
	netdev_features_t csum = NETIF_F_HW_CSUM;

	csum |= dest->family == AF_INET ? NETIF_F_IP_CSUM : NETIF_F_IPV6_CSUM;

	/* A transformation, and a device without checksums or fragments, would
	 * have all of it copied first.
	 */
	if (dst_xfrm(dst) || !(features & csum) || !(features & NETIF_F_SG))
		return 0;

	return features & NETIF_F_GSO_UDP_L4 ? RTP_TX_RUN_DEVICE :
					       RTP_TX_RUN_SOFTWARE;
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

/**
 * rtp_tx_begin() - a shard begins to send
 * @shard: the shard
 *
 * What it knew of a route may be gone.
 *
 * Context: The shard, under RCU.
 */
void rtp_tx_begin(struct rtp_shard *shard)
{
	shard->tx.dst = NULL;
}

/* Whether the destination has the route of the one before, as those behind a
 * router have: a route stays what it is as long as RCU is not left.
 */
static bool rtp_tx_same_route(const struct rtp_tx *tx,
			      const struct rtp_dest *dest)
{
	return tx->dst && dest->dst == tx->dst &&
	       dest->dst_cookie == tx->dst_cookie &&
	       dest->dst_gen == tx->dst_gen && dest->family == tx->family;
}

/**
 * rtp_tx_open() - begin to send to a destination
 * @shard: the shard that has the destination
 * @dest: the destination
 * @when: departure time, ns of CLOCK_MONOTONIC; 0 for at once
 *
 * Context: The shard, under RCU until rtp_tx_close(), softirqs disabled.
 * Return: false when there is no route. The caller calls rtp_tx_close() in any
 * case.
 */
bool rtp_tx_open(struct rtp_shard *shard, struct rtp_dest *dest, u64 when)
{
	struct rtp_fanout *fanout = shard->fanout;
	struct rtp_tx *tx = &shard->tx;
	struct dst_entry *dst;

	tx->fanout = fanout;
	tx->dest = dest;
	tx->when = when;
	tx->packets = 0;
	tx->octets = 0;
	tx->sends = 0;
	if (likely(rtp_tx_same_route(tx, dest)))
		return true;

	dst = rtp_route_get(fanout, dest);
	tx->dst = dst;
	if (unlikely(!dst))
		return false;

	tx->dst_cookie = dest->dst_cookie;
	tx->dst_gen = dest->dst_gen;
	tx->family = dest->family;
	tx->ip_len = dest->family == AF_INET ? sizeof(struct iphdr) :
					       sizeof(struct ipv6hdr);
	tx->mtu = rtp_tx_mtu(fanout->sk, dest, dst);
	tx->reserve = LL_RESERVED_SPACE(dst_dev_rcu(dst)) + dst->header_len +
		      tx->ip_len;
	tx->run_min = rtp_tx_run_min(fanout->sk, dest, dst);

	return true;
}

/* The IP datagram's size with so many bytes of RTP. */
static unsigned int rtp_tx_len(const struct rtp_tx *tx, unsigned int bytes)
{
	return tx->ip_len + sizeof(struct udphdr) + bytes;
}

/* A head with the UDP header, and room for more behind it. */
static struct sk_buff *rtp_tx_head(const struct rtp_tx *tx, unsigned int room,
				   unsigned int bytes)
{
	struct sk_buff *skb;
	struct udphdr *uh;

	skb = alloc_skb(tx->reserve + sizeof(*uh) + room,
			GFP_ATOMIC | __GFP_NOWARN);
	if (unlikely(!skb))
		return NULL;
	skb_reserve(skb, tx->reserve);

	uh = __skb_put(skb, sizeof(*uh));
	skb_reset_transport_header(skb);
	uh->source = tx->fanout->route_key.sport;
	uh->dest = tx->dest->port;
	udp_set_len_short(uh, sizeof(*uh) + bytes);
	uh->check = 0;

	return skb;
}

/* A fragment, with the caller's reference on its page. */
static void rtp_tx_frag(struct sk_buff *skb, struct page *page, u32 at,
			u32 bytes)
{
	skb_fill_page_desc_noacc(skb, skb_shinfo(skb)->nr_frags, page, at,
				 bytes);
	skb->len += bytes;
	skb->data_len += bytes;
	skb->truesize += bytes;
}

/* Other destinations have the same page: whoever wants to change the payload,
 * as IPsec does, must copy it.
 */
static void rtp_tx_frag_shared(struct sk_buff *skb, struct page *page, u32 at,
			       u32 bytes)
{
	get_page(page);
	rtp_tx_frag(skb, page, at, bytes);
	skb_shinfo(skb)->flags |= SKBFL_SHARED_FRAG;
}

static void rtp_tx_payload(struct sk_buff *skb, const struct rtp_dgram *dgram)
{
	struct page *page;
	u32 at;

	if (dgram->len == RTP_HDR_LEN)
		return;
	at = rtp_memory_at(dgram->data + RTP_HDR_LEN, &page);
	rtp_tx_frag_shared(skb, page, at, dgram->len - RTP_HDR_LEN);
}

/* What the copy has of the socket. The owner makes cgroup egress programs see
 * it and counts it as in flight. No reference on the route: who keeps the skb
 * takes one.
 */
static void rtp_tx_own(const struct rtp_tx *tx, struct sk_buff *skb)
{
	struct sock *sk = tx->fanout->sk;

	skb->priority = READ_ONCE(sk->sk_priority);
	skb->mark = tx->fanout->route_key.mark;
	skb_set_owner_w(skb, sk);
	/* The destination's, as a connected socket's would not be. */
	__skb_set_sw_hash(skb, tx->dest->hash, true);
	skb_dst_set_noref(skb, tx->dst);
	if (tx->when)
		skb_set_delivery_time(skb, tx->when, SKB_CLOCK_MONOTONIC);
}

/* Whoever cuts the run makes the checksum of each datagram, from that of the
 * addresses.
 */
static void rtp_tx_check(struct sk_buff *skb, __sum16 pseudo)
{
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = skb_transport_header(skb) - skb->head;
	skb->csum_offset = offsetof(struct udphdr, check);
	udp_hdr(skb)->check = ~pseudo;
}

static int rtp_tx_out4(const struct rtp_tx *tx, struct sk_buff *skb, u8 ttl,
		       bool fits, __wsum sum)
{
	unsigned int segs = skb_shinfo(skb)->gso_segs ?: 1;
	const struct rtp_dest *dest = tx->dest;
	struct sock *sk = tx->fanout->sk;
	struct net *net = sock_net(sk);
	unsigned int ulen = skb->len;
	struct iphdr *iph;
	__sum16 check;
	__be16 df = 0;
	int own;

	if (!ip_sk_ignore_df(sk) || (fits && ip_dont_fragment(sk, tx->dst)))
		df = htons(IP_DF);
	/* What a transformation makes too large is fragmented as well. What
	 * cannot become so needs no identification (RFC 6864, section 4.1).
	 */
	skb->ignore_df = ip_sk_ignore_df(sk) && (!df || dst_xfrm(tx->dst));

	check = csum_tcpudp_magic(dest->saddr.v4, dest->daddr.v4, ulen,
				  IPPROTO_UDP, sum);
	if (segs > 1)
		rtp_tx_check(skb, check);
	else
		udp_hdr(skb)->check = check ?: CSUM_MANGLED_0;

	own = READ_ONCE(inet_sk(sk)->uc_ttl);
	if (own < 0)
		own = ip4_dst_hoplimit(tx->dst);
	iph = __skb_push(skb, sizeof(*iph));
	skb_reset_network_header(skb);
	iph->version = 4;
	iph->ihl = sizeof(*iph) / 4;
	iph->tos = tx->fanout->route_key.tos;
	iph->frag_off = df;
	iph->ttl = min_t(int, own, ttl);
	iph->protocol = IPPROTO_UDP;
	iph->saddr = dest->saddr.v4;
	iph->daddr = dest->daddr.v4;
	rtp_tx_own(tx, skb);
	ip_select_ident_segs(net, skb, sk, segs);

	return ip_local_out(net, sk, skb);
}

#if IS_ENABLED(CONFIG_IPV6)
/* Whether the socket has flow labels made (IPV6_AUTOFLOWLABEL): its own setting,
 * else the sysctl's.
 */
static bool rtp_tx_autolabel(const struct sock *sk)
{
	return inet6_test_bit(AUTOFLOWLABEL_SET, sk) ?
		inet6_test_bit(AUTOFLOWLABEL, sk) :
		ip6_default_np_autolabel(sock_net(sk));
}

static int rtp_tx_out6(const struct rtp_tx *tx, struct sk_buff *skb, u8 ttl,
		       __wsum sum)
{
	const struct rtp_dest *dest = tx->dest;
	struct sock *sk = tx->fanout->sk;
	struct net *net = sock_net(sk);
	unsigned int ulen = skb->len;
	struct ipv6hdr *ip6h;
	__sum16 check;
	__be32 label;
	int own;

	skb->ignore_df = ip6_sk_ignore_df(sk);

	check = csum_ipv6_magic(&dest->saddr.v6, &dest->daddr.v6, ulen,
				IPPROTO_UDP, sum);
	if (skb_is_gso(skb))
		rtp_tx_check(skb, check);
	else
		udp_hdr(skb)->check = check ?: CSUM_MANGLED_0;

	rtp_tx_own(tx, skb);
	own = READ_ONCE(inet6_sk(sk)->hop_limit);
	if (own < 0)
		own = ip6_dst_hoplimit(tx->dst);
	label = ip6_make_flowlabel(net, skb, 0, rtp_tx_autolabel(sk), NULL);

	ip6h = __skb_push(skb, sizeof(*ip6h));
	skb_reset_network_header(skb);
	ip6_flow_hdr(ip6h, ip6_tclass(tx->fanout->route_key.flowlabel), label);
	ip6h->payload_len = htons(ulen);
	ip6h->nexthdr = IPPROTO_UDP;
	ip6h->hop_limit = min_t(int, own, ttl);
	ip6h->saddr = dest->saddr.v6;
	ip6h->daddr = dest->daddr.v6;
	skb->protocol = htons(ETH_P_IPV6);

	return ip6_local_out(net, sk, skb);
}
#else
static int rtp_tx_out6(const struct rtp_tx *tx, struct sk_buff *skb, u8 ttl,
		       __wsum sum)
{
	kfree_skb(skb);
	return -EAFNOSUPPORT;
}
#endif

/* Hand it to the network. Returns whether it was taken. */
static bool rtp_tx_out(struct rtp_shard *shard, struct sk_buff *skb, u8 ttl,
		       bool fits, __wsum sum)
{
	struct rtp_tx *tx = &shard->tx;
	u32 segs = skb_shinfo(skb)->gso_segs ?: 1;
	const struct rtp_dest *dest = tx->dest;
	int err;

	trace_rtprelay_send(tx->fanout->sk, skb, &dest->key.addr,
			    READ_ONCE(dest->cookie), tx->fanout->batch.serial,
			    tx->when);
	err = dest->family == AF_INET ?
		rtp_tx_out4(tx, skb, ttl, fits, sum) :
		rtp_tx_out6(tx, skb, ttl, sum);
	if (err > 0)
		err = net_xmit_errno(err);
	if (unlikely(err)) {
		rtp_tx_drop(shard, RTP_TX_DROP_OUTPUT, segs);
		return false;
	}

	tx->packets += segs;
	tx->sends++;

	return true;
}

static void rtp_tx_gso(struct sk_buff *skb, u32 size, u32 count)
{
	struct skb_shared_info *shinfo = skb_shinfo(skb);

	shinfo->gso_size = size;
	shinfo->gso_segs = count;
	shinfo->gso_type = SKB_GSO_UDP_L4;
}

/**
 * rtp_tx_shared() - send a run that was built for the destination's variant
 * @shard: the shard, after rtp_tx_open()
 * @run: the run
 *
 * Context: As rtp_tx_open().
 * Return: false when it cannot leave as one skb, and nothing was done.
 */
bool rtp_tx_shared(struct rtp_shard *shard, const struct rtp_shared_run *run)
{
	struct rtp_tx *tx = &shard->tx;
	struct sk_buff *skb;

	if (!tx->run_min || run->count < tx->run_min ||
	    rtp_tx_len(tx, run->size) > tx->mtu)
		return false;

	skb = rtp_tx_head(tx, 0, run->bytes);
	if (unlikely(!skb)) {
		rtp_tx_drop(shard, RTP_TX_DROP_NOMEM, run->count);
		return true;
	}
	rtp_tx_frag_shared(skb, run->page, run->at, run->bytes);
	rtp_tx_gso(skb, run->size, run->count);

	if (rtp_tx_out(shard, skb, run->ttl, true, 0)) {
		tx->octets += run->octets;
		tx->last_seq = run->last;
	}

	return true;
}

/* The sum of a datagram with its UDP header. What the RTP header has from the
 * timestamp on is the sender's, and was summed up with the payload.
 */
static __wsum rtp_tx_sum(const struct udphdr *uh, const u8 *hdr,
			 const struct rtp_dgram *dgram)
{
	__wsum first, sum = dgram->sum;

	memcpy(&first, hdr, sizeof(first));
	sum = csum_add(sum, first);
	sum = csum_add(sum, csum_unfold((__force __sum16)uh->source));
	sum = csum_add(sum, csum_unfold((__force __sum16)uh->dest));

	return csum_add(sum, csum_unfold((__force __sum16)uh->len));
}

/* A datagram by itself. */
static void rtp_tx_single(struct rtp_shard *shard, const struct rtp_item *item,
			  const struct rtp_copy *copy)
{
	struct rtp_tx *tx = &shard->tx;
	u8 family = tx->dest->family;
	const struct rtp_dgram *dgram = item->dgram;
	unsigned int len = rtp_tx_len(tx, dgram->len);
	unsigned int max = family == AF_INET ? IP_MAX_MTU : IP6_MAX_MTU;
	bool fits = len <= tx->mtu;
	struct sk_buff *skb;
	__wsum sum;
	u8 *hdr;

	/* What came over IPv6 can be too long for any IPv4 datagram. */
	if (unlikely(len > max || (!fits && !rtp_tx_may_fragment(tx->fanout->sk,
								 family)))) {
		rtp_tx_drop(shard, RTP_TX_DROP_MTU, 1);
		return;
	}

	skb = rtp_tx_head(tx, RTP_HDR_LEN, dgram->len);
	if (unlikely(!skb)) {
		rtp_tx_drop(shard, RTP_TX_DROP_NOMEM, 1);
		return;
	}
	hdr = __skb_put(skb, RTP_HDR_LEN);
	memcpy(hdr, dgram->data, RTP_HDR_LEN);
	rtp_packet_number(hdr, copy->number, copy->marked);
	sum = rtp_tx_sum(udp_hdr(skb), hdr, dgram);
	rtp_tx_payload(skb, dgram);

	if (rtp_tx_out(shard, skb, dgram->ttl, fits, sum)) {
		tx->octets += item->octets;
		tx->last_seq = copy->number;
	}
}

/* The datagrams of a run behind one another, each with a header of this
 * destination before the payload that others have as well. @hdr has those of
 * all but the first, and a reference for each.
 */
static void rtp_tx_private(struct rtp_shard *shard, u64 which, u8 *hdr)
{
	const struct rtp_item *items = shard->fanout->batch.item;
	const struct rtp_copy *copy = shard->copy;
	struct rtp_tx *tx = &shard->tx;
	const struct rtp_item *item = &items[__ffs64(which)];
	u32 size = item->dgram->len, count = hweight64(which);
	u32 bytes = 0, octets = 0;
	struct sk_buff *skb;
	struct page *page;
	u16 last = 0;
	u8 *first;
	u64 left;
	u32 at;

	for (left = which; left; left &= left - 1)
		bytes += items[__ffs64(left)].dgram->len;

	skb = rtp_tx_head(tx, RTP_HDR_LEN, bytes);
	if (unlikely(!skb)) {
		page_ref_sub(virt_to_head_page(hdr), count - 1);
		rtp_tx_drop(shard, RTP_TX_DROP_NOMEM, count);
		return;
	}

	at = rtp_memory_at(hdr, &page);
	first = __skb_put(skb, RTP_HDR_LEN);
	for (left = which; left; left &= left - 1) {
		unsigned int i = __ffs64(left);
		const struct rtp_dgram *dgram = items[i].dgram;
		u8 *to = first ?: hdr;

		memcpy(to, dgram->data, RTP_HDR_LEN);
		rtp_packet_number(to, copy[i].number, copy[i].marked);
		if (!first) {
			rtp_tx_frag(skb, page, at, RTP_HDR_LEN);
			hdr += RTP_HDR_LEN;
			at += RTP_HDR_LEN;
		}
		first = NULL;
		rtp_tx_payload(skb, dgram);
		octets += items[i].octets;
		last = copy[i].number;
	}
	rtp_tx_gso(skb, size, count);

	if (rtp_tx_out(shard, skb, item->dgram->ttl, true, 0)) {
		tx->octets += octets;
		tx->last_seq = last;
	}
}

/* Have as many of the run as can leave as one skb leave. Returns which they
 * were.
 */
static u64 rtp_tx_some(struct rtp_shard *shard, u64 which)
{
	unsigned int count = 0, bytes;
	u64 left = which, some;
	u8 *hdr;

	while (left && count < RTP_TX_PRIVATE) {
		left &= left - 1;
		count++;
	}
	some = which ^ left;
	if (count < shard->tx.run_min)
		return 0;

	bytes = (count - 1) * RTP_HDR_LEN;
	hdr = rtp_memory_get(&shard->worker->memory, bytes, count - 1);
	if (unlikely(!hdr))
		return 0;
	rtp_tx_private(shard, some, hdr);

	return some;
}

/**
 * rtp_tx_run() - send a run, with headers of the destination's own
 * @shard: the shard, after rtp_tx_open(); its @copy says what the copies of the
 *	run's datagrams have of their own
 * @which: bit for each datagram of the run
 *
 * What goes wrong is counted at the destination and concerns no other.
 *
 * Context: As rtp_tx_open().
 */
void rtp_tx_run(struct rtp_shard *shard, u64 which)
{
	const struct rtp_item *items = shard->fanout->batch.item;
	const struct rtp_tx *tx = &shard->tx;
	u32 size = items[__ffs64(which)].dgram->len;
	u64 some;

	while (which & (which - 1) && tx->run_min &&
	       rtp_tx_len(tx, size) <= tx->mtu) {
		some = rtp_tx_some(shard, which);
		if (!some)
			break;
		which ^= some;
	}

	for (; which; which &= which - 1) {
		unsigned int i = __ffs64(which);

		rtp_tx_single(shard, &items[i], &shard->copy[i]);
	}
}

/**
 * rtp_tx_drop() - count copies that the destination does not get
 * @shard: the shard, after rtp_tx_open()
 * @reason: why
 * @packets: how many
 *
 * Context: As rtp_tx_open().
 */
void rtp_tx_drop(struct rtp_shard *shard, enum rtp_tx_drop reason, u32 packets)
{
	const struct rtp_dest *dest = shard->tx.dest;

	trace_rtprelay_dest_drop(shard->fanout->sk, &dest->key.addr,
				 READ_ONCE(dest->cookie),
				 shard->fanout->batch.serial, reason, packets);
	shard->tx.drops[reason] += packets;
	shard->tx.dropped += packets;
}

static void rtp_tx_count_drops(struct rtp_shard *shard)
{
	struct rtp_tx *tx = &shard->tx;
	unsigned int i;

	for (i = 0; i < RTP_TX_DROPS; i++)
		u64_stats_add(&tx->dest->drops[i], tx->drops[i]);
	u64_stats_add(&shard->stats.tx_dropped, tx->dropped);
	/* These alone depend on who was served before, unless nobody was. */
	if (!shard->lost && shard->served &&
	    (tx->drops[RTP_TX_DROP_INFLIGHT] ||
	     tx->drops[RTP_TX_DROP_OUTPUT]))
		shard->lost = 1 + rtp_shard_at(shard);
	tx->dropped = 0;
	memset(tx->drops, 0, sizeof(tx->drops));
}

/**
 * rtp_tx_close() - the destination was sent what it gets of the batch
 * @shard: the shard, after rtp_tx_open()
 *
 * Context: As rtp_tx_open().
 */
void rtp_tx_close(struct rtp_shard *shard)
{
	struct rtp_shard_stats *stats = &shard->stats;
	struct rtp_tx *tx = &shard->tx;
	struct rtp_dest *dest = tx->dest;

	u64_stats_update_begin(&shard->syncp);
	if (likely(tx->packets)) {
		u64_stats_add(&dest->packets, tx->packets);
		u64_stats_add(&dest->octets, tx->octets);
		u64_stats_add(&stats->tx_packets, tx->packets);
		u64_stats_add(&stats->tx_octets, tx->octets);
		u64_stats_add(&stats->tx_sends, tx->sends);
		WRITE_ONCE(dest->last_seq, tx->last_seq);
		shard->served = true;
	}
	if (unlikely(tx->dropped))
		rtp_tx_count_drops(shard);
	u64_stats_update_end(&shard->syncp);
}
