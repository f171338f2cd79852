/* SPDX-License-Identifier: GPL-2.0 */
/* The parts of the module, as they see each other. */
#ifndef _BENCH_H
#define _BENCH_H

#include <linux/skbuff.h>
#include <net/sock.h>
#include "rtpbench.h"

#define BENCH_THREAD	"rtpbench/0"

/* Tracepoints are not exported, but found by name. */
struct tracepoint *bench_tracepoint(const char *name);

int bench_clock_init(void);
void bench_clock_exit(void);
void bench_clock_read(struct rtpbench_clock *clock);

/**
 * struct floor_dest - what the floor has for each destination
 * @dst: its route
 * @cookie: of @dst
 * @hash: flow hash
 * @daddr: address
 * @saddr: address that it is sent from
 * @port: UDP port
 * @seq: number of its next datagram
 * @packets: datagrams sent
 * @octets: their bytes
 * @dropped: those that were not
 */
struct floor_dest {
	struct dst_entry *dst;
	u32 cookie;
	u32 hash;
	__be32 daddr;
	__be32 saddr;
	__be16 port;
	u16 seq;
	u64 packets;
	u64 octets;
	u64 dropped;
} ____cacheline_aligned;

/**
 * struct floor_send - a run on its way to all
 * @sk: the socket that owns what is sent
 * @page: its datagrams, one behind the other
 * @run: their sizes
 * @len: their bytes
 * @mode: RTPBENCH_*
 * @departure: when they leave
 */
struct floor_send {
	struct sock *sk;
	struct page *page;
	struct rtpbench_run run;
	unsigned int len;
	u32 mode;
	ktime_t departure;
};

int floor_skb_send(const struct floor_send *send, struct floor_dest *dest);

int bench_floor(struct rtpbench_floor *floor);
int bench_feed(struct rtpbench_feed *feed);
int bench_option(struct rtpbench_option *option);
int bench_watch(struct rtpbench_watch *watch);
void bench_watch_exit(void);

#endif /* _BENCH_H */
