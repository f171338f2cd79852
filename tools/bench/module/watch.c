// SPDX-License-Identifier: GPL-2.0
/*
 * Watches what the outgoing device is given: when, for whom, and how much of it no other
 * packet has. Counts the system calls of who watches.
 */
#include <linux/atomic.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/netdevice.h>
#include <linux/sched.h>
#include <linux/timekeeping.h>
#include <linux/tracepoint.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#include "bench.h"

#define WATCH_MAX	(1 << 20)

static struct tracepoint *watch_xmit, *watch_call;
static struct rtpbench_packet *watch_packets;
static int watch_ifindex;
static pid_t watch_tgid;	/* the process whose calls are counted */
static atomic_t watch_count;
static atomic_t watch_calls;

/* With softirqs disabled, perhaps on several processors. */
static void watch_sent(void *data, const struct sk_buff *skb,
		       const struct net_device *dev)
{
	struct rtpbench_packet *packet;
	unsigned int i;

	if (dev->ifindex != watch_ifindex || skb->protocol != htons(ETH_P_IP))
		return;
	i = atomic_inc_return(&watch_count) - 1;
	if (i >= WATCH_MAX)
		return;
	packet = &watch_packets[i];
	packet->ns = ktime_get_mono_fast_ns();
	packet->daddr = ip_hdr(skb)->daddr;
	packet->datagrams = skb_shinfo(skb)->gso_segs ?: 1;
	packet->own = skb_headlen(skb) - ETH_HLEN;
}

static void watch_called(void *data, struct pt_regs *regs, long id)
{
	if (current->tgid == watch_tgid)
		atomic_inc(&watch_calls);
}

static int watch_begin(int ifindex)
{
	int err;

	if (watch_packets)
		return -EBUSY;
	watch_xmit = bench_tracepoint("net_dev_start_xmit");
	watch_call = bench_tracepoint("sys_enter");
	if (!watch_xmit || !watch_call)
		return -EOPNOTSUPP;
	watch_packets = vcalloc(WATCH_MAX, sizeof(*watch_packets));
	if (!watch_packets)
		return -ENOMEM;
	watch_ifindex = ifindex;
	watch_tgid = current->tgid;
	atomic_set(&watch_count, 0);
	atomic_set(&watch_calls, 0);
	err = tracepoint_probe_register(watch_xmit, watch_sent, NULL);
	if (err)
		goto free;
	err = tracepoint_probe_register(watch_call, watch_called, NULL);
	if (!err)
		return 0;
	tracepoint_probe_unregister(watch_xmit, watch_sent, NULL);
	tracepoint_synchronize_unregister();
free:
	vfree(watch_packets);
	watch_packets = NULL;

	return err;
}

static void watch_stop(void)
{
	tracepoint_probe_unregister(watch_xmit, watch_sent, NULL);
	tracepoint_probe_unregister(watch_call, watch_called, NULL);
	tracepoint_synchronize_unregister();
}

static int watch_end(struct rtpbench_watch *watch)
{
	int err = 0;

	if (!watch_packets)
		return -EINVAL;
	/* The call that ends it was counted. */
	watch->calls = atomic_read(&watch_calls) - 1;
	watch_stop();
	watch->count = atomic_read(&watch_count);
	if (watch->count > min_t(u32, watch->room, WATCH_MAX))
		err = -ENOSPC;
	else if (copy_to_user(u64_to_user_ptr(watch->packets), watch_packets,
			      watch->count * sizeof(*watch_packets)))
		err = -EFAULT;
	vfree(watch_packets);
	watch_packets = NULL;

	return err;
}

int bench_watch(struct rtpbench_watch *watch)
{
	return watch->ifindex ? watch_begin(watch->ifindex) : watch_end(watch);
}

void bench_watch_exit(void)
{
	if (!watch_packets)
		return;
	watch_stop();
	vfree(watch_packets);
}
