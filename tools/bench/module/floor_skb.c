// SPDX-License-Identifier: GPL-2.0
/*
 * The least that a copy can cost: a head over pages that all share, sent by the
 * kernel's own output. Nothing is left out that a relay owes the rest of the
 * kernel: the owner, the route's validity, the identification, the flow hash, the
 * departure time.
 */
#include <linux/ip.h>
#include <linux/netdevice.h>
#include <linux/udp.h>
#include <linux/unaligned.h>
#include <net/checksum.h>
#include <net/dst.h>
#include <net/ip.h>
#include <net/route.h>
#include <net/udp.h>
#include "bench.h"

#define FLOOR_RTP_HDR	12

static void floor_skb_frag(struct sk_buff *skb, struct page *page,
			   unsigned int offset, unsigned int len)
{
	skb_add_rx_frag(skb, skb_shinfo(skb)->nr_frags, page, offset, len, len);
}

/* The whole run in one piece, the same for all. */
static void floor_skb_shared(struct sk_buff *skb, const struct floor_send *send)
{
	get_page(send->page);
	floor_skb_frag(skb, send->page, 0, send->len);
}

static void floor_skb_rtp(const struct floor_dest *dest, u8 *hdr,
			  const u8 *from, unsigned int i)
{
	memcpy(hdr, from, FLOOR_RTP_HDR);
	put_unaligned_be16(dest->seq + i, hdr + 2);
}

/* An RTP header of its own before each payload: the first behind the UDP header,
 * the others in a piece of memory that comes with the head.
 */
static int floor_skb_private(struct sk_buff *skb, const struct floor_send *send,
			     const struct floor_dest *dest)
{
	const struct rtpbench_run *run = &send->run;
	const u8 *from = page_address(send->page);
	unsigned int i, len, offset = 0;
	struct page *page = NULL;
	u8 *hdrs;

	if (run->count > 1) {
		hdrs = napi_alloc_frag((run->count - 1) * FLOOR_RTP_HDR);
		if (!hdrs)
			return -ENOMEM;
		page = virt_to_head_page(hdrs);
	}
	for (i = 0; i < run->count; i++) {
		len = i + 1 < run->count ? run->size : run->last;
		if (!i) {
			floor_skb_rtp(dest, skb_put(skb, FLOOR_RTP_HDR), from,
				      i);
		} else {
			floor_skb_rtp(dest, hdrs, from + offset, i);
			if (i > 1)
				get_page(page);
			floor_skb_frag(skb, page,
				       (void *)hdrs - page_address(page),
				       FLOOR_RTP_HDR);
			hdrs += FLOOR_RTP_HDR;
		}
		get_page(send->page);
		floor_skb_frag(skb, send->page, offset + FLOOR_RTP_HDR,
			       len - FLOOR_RTP_HDR);
		offset += len;
	}

	return 0;
}

/* What is to be sent, from the UDP header on. */
static struct sk_buff *floor_skb(const struct floor_send *send,
				 const struct floor_dest *dest)
{
	unsigned int reserve, size = sizeof(struct udphdr) + FLOOR_RTP_HDR;
	struct sk_buff *skb;
	struct udphdr *uh;

	reserve = LL_RESERVED_SPACE(dest->dst->dev) + dest->dst->header_len +
		  sizeof(struct iphdr);
	if (send->mode == RTPBENCH_COPY)
		size += send->len;
	skb = __alloc_skb(reserve + size, GFP_ATOMIC | __GFP_NOWARN,
			  SKB_ALLOC_NAPI, NUMA_NO_NODE);
	if (!skb)
		return NULL;
	skb_reserve(skb, reserve);
	uh = __skb_put(skb, sizeof(*uh));
	skb_reset_transport_header(skb);
	uh->source = inet_sk(send->sk)->inet_sport;
	uh->dest = dest->port;

	switch (send->mode) {
	case RTPBENCH_SHARED:
		floor_skb_shared(skb, send);
		break;
	case RTPBENCH_PRIVATE:
		if (floor_skb_private(skb, send, dest)) {
			kfree_skb(skb);
			return NULL;
		}
		break;
	case RTPBENCH_COPY:
		skb_put_data(skb, page_address(send->page), send->len);
		break;
	}
	if (send->mode != RTPBENCH_COPY)
		skb_shinfo(skb)->flags |= SKBFL_SHARED_FRAG;

	return skb;
}

static void floor_skb_gso(struct sk_buff *skb, const struct rtpbench_run *run)
{
	skb_shinfo(skb)->gso_size = run->size;
	skb_shinfo(skb)->gso_type = SKB_GSO_UDP_L4;
	skb_shinfo(skb)->gso_segs = run->count;
}

/* The device sums up, as any that does UDP segmentation can. */
static void floor_skb_csum(struct sk_buff *skb, const struct floor_dest *dest)
{
	struct udphdr *uh = udp_hdr(skb);

	uh->len = htons(skb->len);
	uh->check = ~csum_tcpudp_magic(dest->saddr, dest->daddr, skb->len,
				       IPPROTO_UDP, 0);
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = skb_transport_header(skb) - skb->head;
	skb->csum_offset = offsetof(struct udphdr, check);
}

static int floor_skb_output(struct sk_buff *skb, struct sock *sk,
			    const struct floor_dest *dest)
{
	struct net *net = sock_net(sk);
	struct iphdr *iph;

	iph = __skb_push(skb, sizeof(*iph));
	skb_reset_network_header(skb);
	iph->version = 4;
	iph->ihl = sizeof(*iph) / 4;
	iph->tos = 0;
	iph->frag_off = htons(IP_DF);
	iph->ttl = 63;
	iph->protocol = IPPROTO_UDP;
	iph->saddr = dest->saddr;
	iph->daddr = dest->daddr;
	skb->priority = READ_ONCE(sk->sk_priority);
	skb->mark = READ_ONCE(sk->sk_mark);
	skb_set_owner_w(skb, sk);
	__skb_set_sw_hash(skb, dest->hash, true);
	skb_dst_set_noref(skb, dest->dst);
	ip_select_ident_segs(net, skb, sk, skb_shinfo(skb)->gso_segs ?: 1);

	return ip_local_out(net, sk, skb);
}

/**
 * floor_skb_send() - send a run to a destination
 * @send: the run
 * @dest: the destination
 *
 * Context: RCU read section, softirqs disabled.
 * Return: 0, or an error.
 */
int floor_skb_send(const struct floor_send *send, struct floor_dest *dest)
{
	const struct rtpbench_run *run = &send->run;
	struct sk_buff *skb;
	int err;

	err = -EHOSTUNREACH;
	if (unlikely(!dst_check(dest->dst, dest->cookie)))
		goto drop;
	err = -ENOBUFS;
	if (unlikely(sk_wmem_alloc_get(send->sk) >=
		     READ_ONCE(send->sk->sk_sndbuf)))
		goto drop;
	err = -ENOMEM;
	skb = floor_skb(send, dest);
	if (unlikely(!skb))
		goto drop;

	floor_skb_csum(skb, dest);
	if (run->count > 1)
		floor_skb_gso(skb, run);
	skb_set_delivery_time(skb, send->departure, SKB_CLOCK_MONOTONIC);
	err = floor_skb_output(skb, send->sk, dest);
	if (unlikely(err))
		goto drop;

	dest->packets += run->count;
	dest->octets += send->len;
	dest->seq += run->count;

	return 0;

drop:
	dest->dropped += run->count;

	return err;
}
