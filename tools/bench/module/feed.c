// SPDX-License-Identifier: GPL-2.0
/*
 * Receives datagrams as a network driver does, a burst at a time, with softirqs
 * disabled: what they wake up runs only when the last one is in its queue.
 */
#include <linux/etherdevice.h>
#include <linux/file.h>
#include <linux/ip.h>
#include <linux/net.h>
#include <linux/netdevice.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>
#include <linux/udp.h>
#include <linux/unaligned.h>
#include <net/ip.h>
#include <net/net_namespace.h>
#include "bench.h"

#define FEED_MAX	(1 << 22)
#define FEED_HEAD	(sizeof(struct iphdr) + sizeof(struct udphdr))

static struct sk_buff *feed_skb(const struct rtpbench_feed *feed,
				struct net_device *dev, const u8 *data, u16 len)
{
	struct sk_buff *skb;
	struct udphdr *uh;
	struct iphdr *iph;

	skb = __netdev_alloc_skb_ip_align(dev, FEED_HEAD + len, GFP_KERNEL);
	if (!skb)
		return NULL;
	skb_reset_mac_header(skb);
	iph = skb_put_zero(skb, sizeof(*iph));
	iph->version = 4;
	iph->ihl = sizeof(*iph) / 4;
	iph->tot_len = htons(FEED_HEAD + len);
	iph->frag_off = htons(IP_DF);
	iph->ttl = 64;
	iph->protocol = IPPROTO_UDP;
	iph->saddr = feed->saddr;
	iph->daddr = feed->daddr;
	ip_send_check(iph);
	uh = skb_put_zero(skb, sizeof(*uh));
	uh->source = feed->sport;
	uh->dest = feed->dport;
	uh->len = htons(sizeof(*uh) + len);
	skb_put_data(skb, data, len);
	skb->protocol = htons(ETH_P_IP);
	skb->pkt_type = PACKET_HOST;
	/* The card verified it. */
	skb->ip_summed = CHECKSUM_UNNECESSARY;

	return skb;
}

static int feed_build(const struct rtpbench_feed *feed, struct net_device *dev,
		      const u8 *data, struct list_head *list)
{
	const u8 *end = data + feed->len;
	struct sk_buff *skb;
	u32 i;
	u16 len;

	for (i = 0; i < feed->count; i++) {
		if (end - data < sizeof(len))
			return -EINVAL;
		len = get_unaligned((u16 *)data);
		data += sizeof(len);
		if (end - data < len)
			return -EINVAL;
		skb = feed_skb(feed, dev, data, len);
		if (!skb)
			return -ENOMEM;
		list_add_tail(&skb->list, list);
		data += len;
	}

	return 0;
}

/* As UDP does it, when it has found the socket. */
static void feed_socket(struct sock *sk, struct sk_buff *skb)
{
	int (*rcv)(struct sock *sk, struct sk_buff *skb);

	skb_reset_network_header(skb);
	__skb_pull(skb, sizeof(struct iphdr));
	skb_reset_transport_header(skb);
	rcu_read_lock();
	rcv = READ_ONCE(udp_sk(sk)->encap_rcv);
	if (!rcv || rcv(sk, skb) > 0)
		kfree_skb(skb);
	rcu_read_unlock();
}

static void feed_receive(struct rtpbench_feed *feed, struct list_head *list,
			 struct sock *sk)
{
	struct sk_buff *skb, *next;

	local_bh_disable();
	feed->began = ktime_get_mono_fast_ns();
	list_for_each_entry_safe(skb, next, list, list) {
		skb_list_del_init(skb);
		if (sk)
			feed_socket(sk, skb);
		else
			netif_receive_skb(skb);
	}
	feed->ns = ktime_get_mono_fast_ns() - feed->began;
	local_bh_enable();
}

int bench_feed(struct rtpbench_feed *feed)
{
	struct sk_buff *skb, *next;
	struct socket *sock = NULL;
	struct net_device *dev;
	LIST_HEAD(list);
	u8 *data;
	int err;

	if (feed->len > FEED_MAX)
		return -E2BIG;
	if (feed->fd >= 0) {
		sock = sockfd_lookup(feed->fd, &err);
		if (!sock)
			return err;
		if (!sk_is_udp(sock->sk)) {
			err = -EINVAL;
			goto put_socket;
		}
	}
	err = -ENODEV;
	dev = dev_get_by_index(&init_net, feed->ifindex);
	if (!dev)
		goto put_socket;
	data = vmemdup_user(u64_to_user_ptr(feed->data), feed->len);
	if (IS_ERR(data)) {
		err = PTR_ERR(data);
		goto put;
	}
	err = feed_build(feed, dev, data, &list);
	if (!err)
		feed_receive(feed, &list, sock ? sock->sk : NULL);
	list_for_each_entry_safe(skb, next, &list, list)
		kfree_skb(skb);
	kvfree(data);
put:
	dev_put(dev);
put_socket:
	if (sock)
		sockfd_put(sock);

	return err;
}
