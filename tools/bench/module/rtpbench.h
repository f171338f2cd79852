/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the benchmark's module does for its programs: ioctls of /proc/rtpbench.
 * Times are in nanoseconds; under QEMU's -icount shift=0 each is an instruction.
 */
#ifndef _RTPBENCH_H
#define _RTPBENCH_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define RTPBENCH_PATH	"/proc/rtpbench"

/**
 * struct rtpbench_clock - processor time of kernel threads
 * @relay_ns: of the threads rtprelay/..., since the module was loaded
 * @relay_switches: times that one of them got a processor
 * @floor_ns: of the module's own, likewise
 * @now_ns: the clock that the others are counted by
 */
struct rtpbench_clock {
	__u64	relay_ns;
	__u64	relay_switches;
	__u64	floor_ns;
	__u64	now_ns;
};

/* rtpbench_floor.mode */
#define RTPBENCH_SHARED		0	/* a run in one piece, for all */
#define RTPBENCH_PRIVATE	1	/* RTP headers of each destination's own */
#define RTPBENCH_COPY		2	/* a copy of the payload for each */

/**
 * struct rtpbench_run - datagrams of equal size
 * @size: bytes of each, RTP header included
 * @last: bytes of the last one
 * @count: how many, 0 for the end of a batch
 */
struct rtpbench_run {
	__u16	size;
	__u16	last;
	__u16	count;
};

/**
 * struct rtpbench_floor - send without being a relay
 * @dests: destinations, from 100.64.0.1 on, one address each
 * @mode: RTPBENCH_*
 * @rounds: how often all of @runs is sent
 * @nr_runs: elements of @runs
 * @runs: address of an array of struct rtpbench_run, with the end of a batch last
 * @copies: returned: datagrams sent
 * @skbs: returned: what they were sent as
 * @ns: returned: processor time
 */
struct rtpbench_floor {
	__u32	dests;
	__u32	mode;
	__u32	rounds;
	__u32	nr_runs;
	__u64	runs;
	__u64	copies;
	__u64	skbs;
	__u64	ns;
};

/**
 * struct rtpbench_feed - receive datagrams, all before anything else runs
 * @fd: socket that gets them at once, or -1: by the whole way from the interface
 * @ifindex: interface that they come from
 * @saddr: their source's address
 * @daddr: where they go
 * @sport: their source's port
 * @dport: where they go
 * @count: how many
 * @len: bytes of @data
 * @data: address of the datagrams: for each a __u16, its length, and its bytes
 * @reserved: 0
 * @ns: returned: the time until the last is queued
 * @began: returned: when the first came, of the clock of struct rtpbench_packet
 */
struct rtpbench_feed {
	__s32	fd;
	__u32	ifindex;
	__be32	saddr;
	__be32	daddr;
	__be16	sport;
	__be16	dport;
	__u32	count;
	__u32	len;
	__u32	reserved;
	__u64	data;
	__u64	ns;
	__u64	began;
};

/**
 * struct rtpbench_packet - one that the outgoing device was given
 * @ns: when
 * @daddr: where it goes
 * @datagrams: in it
 * @own: bytes that it shares with no other, from the IP header on
 */
struct rtpbench_packet {
	__u64	ns;
	__be32	daddr;
	__u16	datagrams;
	__u16	own;
};

/**
 * struct rtpbench_watch - watch what leaves, and what the caller asks of the kernel
 * @ifindex: the device; 0: the watch ends
 * @room: elements of @packets, when it ends
 * @packets: address of an array of struct rtpbench_packet
 * @count: returned when it ends: packets that there were
 * @calls: likewise: the caller's system calls meanwhile, but the one that ends it
 */
struct rtpbench_watch {
	__u32	ifindex;
	__u32	room;
	__u64	packets;
	__u64	count;
	__u64	calls;
};

/**
 * struct rtpbench_option - setsockopt(SOL_SOCKET), the argument in the kernel already
 * @fd: socket
 * @name: of the option
 * @value: address of the argument
 * @len: of the argument, at most 1 MiB
 * @error: returned: 0 or an errno value
 * @ns: returned: time without the copy of the argument
 */
struct rtpbench_option {
	__s32	fd;
	__s32	name;
	__u64	value;
	__u32	len;
	__u32	error;
	__u64	ns;
};

#define RTPBENCH_CLOCK	_IOR('R', 1, struct rtpbench_clock)
#define RTPBENCH_FLOOR	_IOWR('R', 2, struct rtpbench_floor)
#define RTPBENCH_FEED	_IOWR('R', 3, struct rtpbench_feed)
#define RTPBENCH_OPTION	_IOWR('R', 4, struct rtpbench_option)
#define RTPBENCH_WATCH	_IOWR('R', 5, struct rtpbench_watch)

#endif /* _RTPBENCH_H */
