// SPDX-License-Identifier: GPL-2.0
/*
 * The source filter, asked in softirq for each datagram.
 */
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/udp.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include "filter.h"
#include "packet.h"

/* The bytes that say whether a datagram is of the stream: RFC 3550, section
 * 5.1: V=2, and the payload type in the low bits of the second.
 */
#define RTP_FILTER_VERSION_MASK	0xc0
#define RTP_FILTER_VERSION_2	0x80
#define RTP_FILTER_PT_MASK	0x7f

/**
 * rtp_filter_new() - make a filter
 * @config: what it is to ask; checked, the address normalised
 * @era: its era
 *
 * Context: Process context.
 * Return: the filter, for kfree() or kfree_rcu(), or NULL.
 */
struct rtp_filter *rtp_filter_new(const struct rtp_fanout_config *config,
				  u32 era)
{
	struct rtp_filter *filter;

	filter = kzalloc_obj(*filter, GFP_KERNEL_ACCOUNT);
	if (!filter)
		return NULL;

	filter->source = config->source;
	filter->ifindex = config->ifindex;
	filter->era = era;
	filter->tee = config->flags & RTP_FANOUT_TEE;
	filter->timed = config->pace_percent || config->clock_rate;
	memcpy(filter->codec, config->codec, sizeof(filter->codec));

	return filter;
}

/**
 * rtp_filter_moves() - whether a fan-out is to have another source
 * @now: what it has
 * @config: what it is to have, the address normalised
 *
 * Return: true when the address, the port or the interface is another.
 */
bool rtp_filter_moves(const struct rtp_fanout_config *now,
		      const struct rtp_fanout_config *config)
{
	return config->ifindex != now->ifindex ||
	       memcmp(&config->source, &now->source, sizeof(config->source));
}

static bool rtp_filter_source(const struct rtp_filter *filter,
			      const struct sk_buff *skb)
{
	const struct rtp_fanout_addr *source = &filter->source;

	if (udp_hdr(skb)->source != source->port)
		return false;

	if (skb->protocol == htons(ETH_P_IP))
		return source->family == AF_INET &&
		       !memcmp(&ip_hdr(skb)->saddr, source->addr,
			       sizeof(__be32));

	return source->family == AF_INET6 &&
	       !memcmp(&ipv6_hdr(skb)->saddr, source->addr,
		       sizeof(struct in6_addr));
}

static bool rtp_filter_interface(const struct rtp_filter *filter,
				 const struct sk_buff *skb)
{
	int ifindex = filter->ifindex;

	if (!ifindex)
		return true;
	if (skb->protocol == htons(ETH_P_IP))
		return ifindex == inet_iif(skb) || ifindex == inet_sdif(skb);
	return ifindex == inet6_iif(skb) || ifindex == inet6_sdif(skb);
}

/**
 * rtp_filter_is_stream() - whether a datagram is of the stream
 * @filter: the fan-out's
 * @skb: what was received, with its IP and UDP headers
 * @offset: bytes from its data to those of the datagram, behind the UDP header
 *
 * Context: Any, under RCU.
 * Return: true when it is.
 */
bool rtp_filter_is_stream(const struct rtp_filter *filter,
			  const struct sk_buff *skb, unsigned int offset)
{
	u8 buf[RTP_HDR_LEN];
	const u8 *hdr;

	if (!rtp_filter_source(filter, skb) ||
	    !rtp_filter_interface(filter, skb))
		return false;

	hdr = skb_header_pointer(skb, offset, sizeof(buf), buf);
	if (!hdr ||
	    (hdr[0] & RTP_FILTER_VERSION_MASK) != RTP_FILTER_VERSION_2)
		return false;

	return filter->codec[hdr[1] & RTP_FILTER_PT_MASK] !=
	       RTP_FANOUT_CODEC_NONE;
}
