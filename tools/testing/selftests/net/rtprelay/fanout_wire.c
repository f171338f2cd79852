// SPDX-License-Identifier: GPL-2.0
/*
 * Datagrams as they are on the wire.
 */
#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/time.h>
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>

#include "fanout_wire.h"

/* Memory for what passes before it is read: all of a test. */
#define WIRE_BYTES	(512 * 1024 * 1024)

/* A socket that sees what comes in by a device, and what leaves by it, too. */
int fo_tap(const char *device, bool leaving)
{
	struct timeval timeout = { .tv_sec = 3 };
	struct sockaddr_ll ll = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = if_nametoindex(device),
	};
	int tap;

	tap = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (tap < 0)
		fo_fatal("AF_PACKET");
	fo_set_int(tap, SOL_SOCKET, SO_RCVBUFFORCE, WIRE_BYTES);
	fo_set_int(tap, SOL_SOCKET, SO_TIMESTAMPNS, 1);
	fo_set_int(tap, SOL_PACKET, PACKET_IGNORE_OUTGOING, !leaving);
	if (setsockopt(tap, SOL_SOCKET, SO_RCVTIMEO, &timeout,
		       sizeof(timeout)) ||
	    bind(tap, (void *)&ll, sizeof(ll)))
		fo_fatal(device);
	return tap;
}

/* A socket that sees what comes in by a device of the network namespace. */
int fo_wire(int netns, const char *device)
{
	int back = fo_enter(netns), wire = fo_tap(device, false);

	fo_leave(back);
	return wire;
}

static __u16 wire_sum(__u32 sum, const void *data, size_t len)
{
	const __u8 *p = data;

	for (; len > 1; len -= 2, p += 2)
		sum += p[0] << 8 | p[1];
	if (len)
		sum += p[0] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static void wire_udp(const __u8 *ip, size_t addresses, size_t head, size_t len,
		     struct fo_dgram *dgram)
{
	const struct udphdr *uh = (const void *)(ip + head);
	size_t ulen = len - head;

	dgram->to.port = uh->dest;
	dgram->data = (const void *)(uh + 1);
	dgram->len = ulen - sizeof(*uh);
	/* the addresses of the pseudo header stand right before */
	if (ntohs(uh->len) != ulen || !uh->check ||
	    wire_sum(wire_sum(IPPROTO_UDP + ulen, ip + head - addresses,
			      addresses), uh, ulen) != 0xffff)
		dgram->intact = false;
}

/* Returns false for what is not UDP. */
static bool wire_ip4(const __u8 *ip, size_t len, struct fo_dgram *dgram)
{
	const struct iphdr *iph = (const void *)ip;

	if (len < sizeof(*iph) + sizeof(struct udphdr) || iph->ihl != 5 ||
	    iph->protocol != IPPROTO_UDP)
		return false;
	dgram->to.family = AF_INET;
	memcpy(dgram->to.addr, &iph->daddr, sizeof(iph->daddr));
	dgram->ttl = iph->ttl;
	dgram->fragment = iph->frag_off & htons(IP_MF | IP_OFFMASK);
	dgram->intact = ntohs(iph->tot_len) == len &&
			wire_sum(0, iph, sizeof(*iph)) == 0xffff;
	if (!dgram->fragment)
		wire_udp(ip, 8, sizeof(*iph), len, dgram);
	return true;
}

static bool wire_ip6(const __u8 *ip, size_t len, struct fo_dgram *dgram)
{
	const struct ip6_hdr *ip6 = (const void *)ip;

	if (len < sizeof(*ip6) + sizeof(struct udphdr))
		return false;
	dgram->fragment = ip6->ip6_nxt == IPPROTO_FRAGMENT;
	if (!dgram->fragment && ip6->ip6_nxt != IPPROTO_UDP)
		return false;
	dgram->to.family = AF_INET6;
	memcpy(dgram->to.addr, &ip6->ip6_dst, sizeof(ip6->ip6_dst));
	dgram->ttl = ip6->ip6_hlim;
	dgram->intact = ntohs(ip6->ip6_plen) == len - sizeof(*ip6);
	if (!dgram->fragment)
		wire_udp(ip, 32, sizeof(*ip6), len, dgram);
	return true;
}

/* The next datagram; false when there was none for some seconds. Its data are
 * there until the next call.
 */
bool fo_wire_next(int wire, struct fo_dgram *dgram)
{
	static __u8 ip[65536];
	char control[CMSG_SPACE(sizeof(struct timespec))];
	struct iovec iov = { .iov_base = ip, .iov_len = sizeof(ip) };
	struct sockaddr_ll ll;
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_name = &ll,
	};
	struct cmsghdr *cmsg;
	struct timespec ts;
	ssize_t len;

	for (;;) {
		msg.msg_namelen = sizeof(ll);
		msg.msg_control = control;
		msg.msg_controllen = sizeof(control);
		len = recvmsg(wire, &msg, 0);
		if (len < 0)
			return false;
		memset(dgram, 0, sizeof(*dgram));
		cmsg = CMSG_FIRSTHDR(&msg);
		if (cmsg) {
			memcpy(&ts, CMSG_DATA(cmsg), sizeof(ts));
			dgram->ns = ts.tv_sec * 1000000000ULL + ts.tv_nsec;
		}
		if (ll.sll_protocol == htons(ETH_P_IP) ?
		    wire_ip4(ip, len, dgram) :
		    ll.sll_protocol == htons(ETH_P_IPV6) &&
		    wire_ip6(ip, len, dgram))
			return true;
	}
}

/* What passed and was not kept since the last call: then nothing is proven. */
unsigned int fo_wire_lost(int wire)
{
	struct tpacket_stats stats;
	socklen_t len = sizeof(stats);

	if (getsockopt(wire, SOL_PACKET, PACKET_STATISTICS, &stats, &len))
		fo_fatal("PACKET_STATISTICS");
	return stats.tp_drops;
}
