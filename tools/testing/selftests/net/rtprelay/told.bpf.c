// SPDX-License-Identifier: GPL-2.0
/*
 * A classifier that returns what the datagram tells it to, the first word of
 * its payload, and looks at whatever a socket filter can look at.
 */
#include "rtp.bpf.h"
#include "told.bpf.h"

/* LD_IND: a load that the kernel checks, and ends the program for. */
unsigned long long load_word(void *skb, unsigned long long off)
	asm("llvm.bpf.load.word");

struct told told;

static inline void look(struct __sk_buff *skb)
{
	__u32 len = skb->len;
	__u8 byte[2];

	told.len = len;
	if (len > TOLD_MAX)
		len = TOLD_MAX;
	if (len)
		bpf_skb_load_bytes(skb, 0, told.bytes, len);
	told.past_end = bpf_skb_load_bytes(skb, skb->len - 1, byte, 2);
	told.far = bpf_skb_load_bytes(skb, 0x7fffffff, byte, 2);
	told.relative_mac = bpf_skb_load_bytes_relative(skb, 0, byte, 2,
							BPF_HDR_START_MAC);
	told.relative_net = bpf_skb_load_bytes_relative(skb, 0, byte, 2,
							BPF_HDR_START_NET);
	told.cb = skb->cb[0] | skb->cb[1] | skb->cb[2] | skb->cb[3] |
		  skb->cb[4];
	skb->cb[0] = ~0U;
	skb->cb[4] = ~0U;
	told.ifindex = skb->ifindex | skb->ingress_ifindex;
	told.socket = bpf_get_socket_cookie(skb);
	told.uid = bpf_get_socket_uid(skb);
}

static inline int say(struct __sk_buff *skb)
{
	struct rtp rtp;
	__be32 layer;

	told.runs++;
	look(skb);
	if (told.at) {
		told.loaded = load_word(skb, told.at);
		told.survived++;
	}
	if (!rtp_read(skb, &rtp) ||
	    bpf_skb_load_bytes(skb, rtp.payload, &layer, sizeof(layer)))
		return ~0U;
	return bpf_ntohl(layer);
}

SEC("socket")
int as_told(struct __sk_buff *skb)
{
	return say(skb);
}

/* An older kernel has this helper for other types only. */
SEC("socket")
int as_told_netns(struct __sk_buff *skb)
{
	told.netns = bpf_get_netns_cookie(skb);
	return say(skb);
}

/* Of another type: no classifier. */
SEC("cgroup_skb/egress")
int of_a_cgroup(struct __sk_buff *skb)
{
	return 1;
}

char _license[] SEC("license") = "GPL";
