// SPDX-License-Identifier: GPL-2.0
/*
 * What a copy has of the socket that it leaves from, also when that changes
 * later, and of the datagram that it is a copy of.
 */
#include <net/if.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/udp.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>

#include "fanout_lib.h"
#include "kselftest_harness.h"

FIXTURE(transmit)
{
	struct fo_relay relay;
	struct rtp_fanout_info info;
	int viewer;
	__u16 seq;
};

FIXTURE_VARIANT(transmit)
{
	enum fo_net net;
};

FIXTURE_VARIANT_ADD(transmit, ipv4)
{
	.net = FO_IPV4,
};

FIXTURE_VARIANT_ADD(transmit, ipv6)
{
	.net = FO_IPV6,
};

FIXTURE_VARIANT_ADD(transmit, dual)
{
	.net = FO_DUAL,
};

FIXTURE_SETUP(transmit)
{
	fo_relay(&self->relay, variant->net);
	self->viewer = fo_view(&self->relay, 0, NULL);
	if (self->relay.family == AF_INET) {
		fo_set_int(self->viewer, IPPROTO_IP, IP_RECVTTL, 1);
		fo_set_int(self->viewer, IPPROTO_IP, IP_RECVTOS, 1);
	} else {
		fo_set_int(self->viewer, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1);
		fo_set_int(self->viewer, IPPROTO_IPV6, IPV6_RECVTCLASS, 1);
	}
	fo_set_int(self->viewer, SOL_SOCKET, SO_RCVMARK, 1);
	fo_set_int(self->viewer, SOL_SOCKET, SO_RCVPRIORITY, 1);
}

FIXTURE_TEARDOWN(transmit)
{
}

/* The control message of that type with the next datagram; -1 for neither. */
static int next_cmsg(int fd, int level, int type)
{
	char control[256], data[FO_MTU];
	struct iovec iov = { .iov_base = data, .iov_len = sizeof(data) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg;

	if (recvmsg(fd, &msg, 0) < 0)
		return -1;
	for (cmsg = CMSG_FIRSTHDR(&msg); cmsg; cmsg = CMSG_NXTHDR(&msg, cmsg)) {
		if (cmsg->cmsg_level != level || cmsg->cmsg_type != type)
			continue;
		if (cmsg->cmsg_len == CMSG_LEN(1))
			return *(__u8 *)CMSG_DATA(cmsg);
		return *(int *)CMSG_DATA(cmsg);
	}
	return -1;
}

static int next_ttl(struct _test_data_transmit *self)
{
	fo_send(&self->relay, ++self->seq);
	if (self->relay.family == AF_INET)
		return next_cmsg(self->viewer, IPPROTO_IP, IP_TTL);
	return next_cmsg(self->viewer, IPPROTO_IPV6, IPV6_HOPLIMIT);
}

static int next_tos(struct _test_data_transmit *self)
{
	fo_send(&self->relay, ++self->seq);
	if (self->relay.family == AF_INET)
		return next_cmsg(self->viewer, IPPROTO_IP, IP_TOS);
	return next_cmsg(self->viewer, IPPROTO_IPV6, IPV6_TCLASS);
}

static void set_ttl(int fd, int family, int ttl)
{
	if (family == AF_INET)
		fo_set_int(fd, IPPROTO_IP, IP_TTL, ttl);
	else
		fo_set_int(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, ttl);
}

/* One less than it came with, but never more than the socket would send. */
TEST_F(transmit, ttl)
{
	struct fo_relay *relay = &self->relay;

	set_ttl(relay->source, relay->family, 64);
	EXPECT_EQ(63, next_ttl(self));
	set_ttl(relay->source, relay->family, 10);
	EXPECT_EQ(9, next_ttl(self));
	set_ttl(relay->source, relay->family, 255);
	EXPECT_EQ(64, next_ttl(self));
	set_ttl(relay->fd, relay->family, 5);
	EXPECT_EQ(5, next_ttl(self));
	set_ttl(relay->source, relay->family, 3);
	EXPECT_EQ(2, next_ttl(self));
	set_ttl(relay->source, relay->family, 2);
	EXPECT_EQ(1, next_ttl(self));
}

/* What would leave with no TTL goes nowhere: a loop comes to its end. */
TEST_F(transmit, ttl_ends)
{
	struct fo_relay *relay = &self->relay;

	set_ttl(relay->source, relay->family, 1);
	fo_send(relay, 1);
	set_ttl(relay->source, relay->family, 64);
	fo_send(relay, 2);
	EXPECT_EQ(2, fo_recv_seq(self->viewer));
	ASSERT_EQ(0, fo_info(relay->fd, &self->info));
	EXPECT_EQ(1, self->info.rx_dropped_ttl);
	EXPECT_EQ(0, self->info.rx_passed);
	EXPECT_TRUE(fo_quiet(relay->fd));
}

TEST_F(transmit, tos)
{
	struct fo_relay *relay = &self->relay;
	int level = relay->family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6;
	int name = relay->family == AF_INET ? IP_TOS : IPV6_TCLASS;

	EXPECT_EQ(0, next_tos(self));
	/* what it came with is not what it leaves with */
	fo_set_int(relay->source, level, name, 0x20);
	EXPECT_EQ(0, next_tos(self));
	fo_set_int(relay->fd, level, name, 0xb8);
	EXPECT_EQ(0xb8, next_tos(self));
	fo_set_int(relay->fd, level, name, 0x88);
	EXPECT_EQ(0x88, next_tos(self));
}

TEST_F(transmit, mark_and_priority)
{
	struct fo_relay *relay = &self->relay;

	/* the source's own do not go through */
	fo_set_int(relay->source, SOL_SOCKET, SO_MARK, 99);
	fo_set_int(relay->source, SOL_SOCKET, SO_PRIORITY, 3);
	fo_send(relay, ++self->seq);
	EXPECT_EQ(0, next_cmsg(self->viewer, SOL_SOCKET, SO_MARK));
	fo_send(relay, ++self->seq);
	EXPECT_EQ(0, next_cmsg(self->viewer, SOL_SOCKET, SO_PRIORITY));

	fo_set_int(relay->fd, SOL_SOCKET, SO_MARK, 7);
	fo_set_int(relay->fd, SOL_SOCKET, SO_PRIORITY, 5);
	fo_send(relay, ++self->seq);
	EXPECT_EQ(7, next_cmsg(self->viewer, SOL_SOCKET, SO_MARK));
	fo_send(relay, ++self->seq);
	EXPECT_EQ(5, next_cmsg(self->viewer, SOL_SOCKET, SO_PRIORITY));
}

/* The source address: what the destination asks for, else the socket's. */
TEST_F(transmit, source_address)
{
	struct fo_relay *relay = &self->relay;
	socklen_t len = sizeof(union fo_sockaddr);
	union fo_sockaddr want, from;
	struct rtp_fanout_dest dest;
	__u8 buf[FO_MTU];

	fo_sockaddr(&want, relay->family, FO_HOST_RELAY + 4, FO_RELAY_PORT);
	fo_viewer(relay, 0, &dest);
	ASSERT_EQ(0, fo_del(relay->fd, &dest, 1));
	if (relay->family == AF_INET)
		memcpy(dest.local, &want.v4.sin_addr, 4);
	else
		memcpy(dest.local, &want.v6.sin6_addr, 16);
	ASSERT_EQ(0, fo_add(relay->fd, &dest, 1));
	fo_send(relay, 1);
	ASSERT_LT(0, recvfrom(self->viewer, buf, sizeof(buf), 0, &from.sa,
			      &len));
	EXPECT_EQ(0, memcmp(&want, &from, len));

	ASSERT_EQ(0, fo_del(relay->fd, &dest, 1));
	memset(dest.local, 0, sizeof(dest.local));
	ASSERT_EQ(0, fo_add(relay->fd, &dest, 1));
	fo_send(relay, 2);
	ASSERT_LT(0, recvfrom(self->viewer, buf, sizeof(buf), 0, &from.sa,
			      &len));
	if (variant->net != FO_DUAL) {
		fo_sockaddr(&want, relay->family, FO_HOST_RELAY, FO_RELAY_PORT);
		EXPECT_EQ(0, memcmp(&want, &from, len));
	}
}

static __u16 folded(__u32 sum, const void *data, size_t len)
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

/* On the wire: checksums of every length, lengths, ports. */
TEST_F(transmit, wire)
{
	bool v4 = self->relay.family == AF_INET;
	struct sockaddr_ll ll = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(v4 ? ETH_P_IP : ETH_P_IPV6),
		.sll_ifindex = if_nametoindex("lo"),
	};
	size_t payload, head = v4 ? 20 : 40;
	struct udphdr *uh;
	__u8 sent[FO_MTU], got[FO_MTU];
	ssize_t len;
	int packet;

	packet = socket(AF_PACKET, SOCK_DGRAM, 0);
	ASSERT_LE(0, packet);
	ASSERT_EQ(0, bind(packet, (void *)&ll, sizeof(ll)));

	for (payload = 0; payload < 40; payload++) {
		fo_send_buf(self->relay.source, sent,
			    fo_rtp(sent, FO_PT_OPAQUE, 1 + payload, FO_SSRC,
				   payload));
		ASSERT_LT(0, fo_recv(self->viewer, got, sizeof(got)));

		do {
			len = fo_recv(packet, got, sizeof(got));
			ASSERT_LT(0, len);
			uh = (void *)(got + head);
		} while (uh->dest != htons(FO_VIEWER_PORT));

		ASSERT_EQ((ssize_t)(head + 8 + FO_RTP_HDR + payload), len);
		EXPECT_EQ(htons(FO_RELAY_PORT), uh->source);
		EXPECT_EQ(len - head, ntohs(uh->len));
		EXPECT_NE(0, uh->check);
		if (v4) {
			EXPECT_EQ(0xffff, folded(0, got, 20));
			EXPECT_EQ(len, ntohs(((struct iphdr *)got)->tot_len));
			EXPECT_EQ(0xffff, folded(IPPROTO_UDP + len - head,
						 got + 12, len - 12));
		} else {
			EXPECT_EQ(len - head,
				  ntohs(((struct ip6_hdr *)got)->ip6_plen));
			EXPECT_EQ(0xffff, folded(IPPROTO_UDP + len - head,
						 got + 8, len - 8));
		}
	}
}

/* The socket is set back to what it was. */
TEST_F(transmit, options_return)
{
	int i, level = IPPROTO_IP, name = IP_MULTICAST_LOOP;

	if (variant->net != FO_IPV4) {
		level = IPPROTO_IPV6;
		name = IPV6_MULTICAST_LOOP;
	}
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, fo_detach(self->relay.fd));
		fo_set_int(self->relay.fd, level, name, i);
		ASSERT_EQ(0, fo_attach(self->relay.fd, &self->relay.cfg));
		ASSERT_EQ(0, fo_detach(self->relay.fd));
		EXPECT_EQ(i, fo_get_int(self->relay.fd, level, name));
		ASSERT_EQ(0, fo_attach(self->relay.fd, &self->relay.cfg));
	}
}

int main(int argc, char **argv)
{
	fo_netns();
	return test_harness_run(argc, argv);
}
