/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What told.bpf.c and its test share, in the program's .bss.
 */
#ifndef _SELFTEST_TOLD_BPF_H
#define _SELFTEST_TOLD_BPF_H

#include <linux/types.h>

#define TOLD_MAX	256

/**
 * struct told - what the program is asked to do and what it found
 * @at: in: what LD_ABS is to read at, 0 for nothing
 * @loaded: what it read
 * @survived: times that it came back from it: a failed load ends a program
 * @runs: how often it ran
 * @len: length of the datagram, __sk_buff.len
 * @bytes: its first TOLD_MAX bytes
 * @past_end: what bpf_skb_load_bytes() said to a load that goes a byte too far
 * @far: and to one that begins at 2^31 - 1
 * @relative_mac: what bpf_skb_load_bytes_relative() said
 * @relative_net: and for the network header
 * @cb: all of __sk_buff.cb, as it was found
 * @ifindex: __sk_buff.ifindex and ingress_ifindex
 * @socket: bpf_get_socket_cookie()
 * @netns: bpf_get_netns_cookie(), of as_told_netns
 * @uid: bpf_get_socket_uid()
 */
struct told {
	__s32 at;
	__u32 loaded;
	__u32 survived;
	__u32 runs;
	__u32 len;
	__u8 bytes[TOLD_MAX];
	__s32 past_end;
	__s32 far;
	__s32 relative_mac;
	__s32 relative_net;
	__u32 cb;
	__u32 ifindex;
	__u32 uid;
	__u64 socket;
	__u64 netns;
};

#endif /* _SELFTEST_TOLD_BPF_H */
