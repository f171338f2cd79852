// SPDX-License-Identifier: GPL-2.0
/*
 * What may stand in the way out of a relay: a program of the cgroup that drops,
 * and one of the device that writes into the payload. Both are after one viewer
 * of IPv4 and one of IPv6.
 */
#include <stdbool.h>
#include <stddef.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

/* From the UDP header on: where in the payload what is written. */
#define OFFSET	64
#define VALUE	0xdeadbeef

__u32 seen;	/* packets that were met, of whatever size */

/* Whether the packet at @ip is for 10.1.0.1 or fd02::2; its IP header's length. */
static inline bool is_victim(struct __sk_buff *skb, __u32 ip, __u32 *len)
{
	__be32 addr[4];

	if (skb->protocol == bpf_htons(ETH_P_IP)) {
		*len = sizeof(struct iphdr);
		return !bpf_skb_load_bytes(skb,
					   ip + offsetof(struct iphdr, daddr),
					   addr, sizeof(addr[0])) &&
		       addr[0] == bpf_htonl(0x0a010001);
	}
	if (skb->protocol == bpf_htons(ETH_P_IPV6)) {
		*len = sizeof(struct ipv6hdr);
		return !bpf_skb_load_bytes(skb,
					   ip + offsetof(struct ipv6hdr, daddr),
					   addr, sizeof(addr)) &&
		       addr[0] == bpf_htonl(0xfd020000) &&
		       addr[3] == bpf_htonl(2);
	}
	return false;
}

SEC("cgroup_skb/egress")
int drop(struct __sk_buff *skb)
{
	__u32 len;

	if (!is_victim(skb, 0, &len))
		return 1;
	__sync_fetch_and_add(&seen, 1);
	return 0;
}

SEC("tc")
int rewrite(struct __sk_buff *skb)
{
	__u32 len, udp, old, value = VALUE;

	if (!is_victim(skb, ETH_HLEN, &len))
		return TC_ACT_OK;
	udp = ETH_HLEN + len;
	if (bpf_skb_load_bytes(skb, udp + OFFSET, &old, sizeof(old)))
		return TC_ACT_OK;
	__sync_fetch_and_add(&seen, 1);
	bpf_l4_csum_replace(skb, udp + offsetof(struct udphdr, check), old,
			    value, sizeof(value) | BPF_F_MARK_MANGLED_0);
	bpf_skb_store_bytes(skb, udp + OFFSET, &value, sizeof(value), 0);
	return TC_ACT_OK;
}

char _license[] SEC("license") = "GPL";
