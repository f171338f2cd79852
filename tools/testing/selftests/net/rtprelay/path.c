// SPDX-License-Identifier: GPL-2.0
/*
 * Destinations behind a device: MTU, a device that is full, the choice of the
 * device. And a source that sends to a group.
 */
#include <limits.h>
#include <net/if.h>
#include <stdio.h>

#include "fanout_lib.h"
#include "kselftest_harness.h"

#define VIEWERS	8

/* The other network namespace: made once, put back by each test. */
static int peer;

FIXTURE(path)
{
	struct fo_relay relay;
	int viewer[VIEWERS];
	struct rtp_fanout_dest dest[VIEWERS];
};

FIXTURE_VARIANT(path)
{
	int family;
};

FIXTURE_VARIANT_ADD(path, ipv4)
{
	.family = AF_INET,
};

FIXTURE_VARIANT_ADD(path, ipv6)
{
	.family = AF_INET6,
};

FIXTURE_SETUP(path)
{
	const char *theirs;
	int back, i;

	theirs = variant->family == AF_INET ? FO_PEER_THEIRS : FO_PEER_THEIRS6;
	fo_open(&self->relay,
		variant->family == AF_INET ? FO_IPV4 : FO_IPV6);
	close(self->relay.fd);
	self->relay.fd = fo_udp(variant->family, FO_HOST_ANY, FO_RELAY_PORT);
	errno = -fo_attach(self->relay.fd, &self->relay.cfg);
	ASSERT_EQ(0, errno);

	for (i = 0; i < VIEWERS; i++) {
		back = fo_enter(peer);
		self->viewer[i] = fo_udp_text(theirs, FO_VIEWER_PORT + i);
		fo_leave(back);
		fo_dest(&self->dest[i], variant->family, FO_HOST_ANY, 1);
		fo_addr_text(&self->dest[i].addr, theirs, FO_VIEWER_PORT + i);
	}
}

FIXTURE_TEARDOWN(path)
{
}

static void send_size(struct fo_relay *relay, __u16 seq, size_t payload)
{
	__u8 buf[FO_MTU];

	fo_send_buf(relay->source, buf,
		    fo_rtp(buf, FO_PT_OPAQUE, seq, FO_SSRC, payload));
}

/* What exceeds the path's MTU is fragmented, or not sent if that is forbidden */
TEST_F(path, mtu)
{
	static const struct {
		int discover;
		bool fragments;
	} modes[] = {
		{ IP_PMTUDISC_DONT, true },
		{ IP_PMTUDISC_WANT, true },
		{ IP_PMTUDISC_DO, false },
		{ IP_PMTUDISC_PROBE, false },
		{ IP_PMTUDISC_INTERFACE, false },
		{ IP_PMTUDISC_OMIT, true },
	};
	struct rtp_fanout_dest_info found;
	__u8 sent[FO_MTU], got[FO_MTU];
	unsigned int dropped = 0;
	size_t i, len;

	fo_ip("link set v0 mtu 1300\n");
	ASSERT_EQ(0, fo_add(self->relay.fd, self->dest, 1));
	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		if (variant->family == AF_INET)
			fo_set_int(self->relay.fd, IPPROTO_IP,
				   IP_MTU_DISCOVER, modes[i].discover);
		else
			fo_set_int(self->relay.fd, IPPROTO_IPV6,
				   IPV6_MTU_DISCOVER, modes[i].discover);

		send_size(&self->relay, 10 * i, 1200);
		EXPECT_EQ(10 * i, fo_recv_seq(self->viewer[0]));

		len = fo_rtp(sent, FO_PT_OPAQUE, 10 * i + 1, FO_SSRC, 1400);
		fo_send_buf(self->relay.source, sent, len);
		if (modes[i].fragments) {
			ASSERT_EQ((ssize_t)len,
				  fo_recv(self->viewer[0], got, sizeof(got)));
			EXPECT_TRUE(fo_rtp_same(sent, got, len));
		} else {
			dropped++;
		}
		EXPECT_TRUE(FO_WAIT(!fo_find(self->relay.fd, self->dest,
					     &found) &&
				    found.dropped_mtu == dropped));
	}
	fo_ip("link set v0 mtu 1500\n");
	EXPECT_EQ(0, found.dropped_output);
}

/* The source moves to the other side, as a camera is, and sends to @text. */
static void move_source(struct _test_data_path *self, int family, const char *text)
{
	struct fo_relay *relay = &self->relay;
	const char *theirs = FO_PEER_THEIRS;
	struct rtp_fanout_addr addr;
	union fo_sockaddr ss;
	int back;

	if (family == AF_INET6)
		theirs = FO_PEER_THEIRS6;
	fo_detach(relay->fd);
	fo_addr_text(&relay->cfg.source, theirs, FO_SOURCE_PORT);
	errno = -fo_attach(relay->fd, &relay->cfg);
	if (errno)
		fo_fatal("attach");

	close(relay->source);
	back = fo_enter(peer);
	relay->source = fo_udp_text(theirs, FO_SOURCE_PORT);
	fo_addr_text(&addr, text, FO_RELAY_PORT);
	fo_native(&ss, &addr);
	if (family == AF_INET) {
		struct ip_mreqn mreq = { .imr_ifindex = if_nametoindex("p0") };

		if (setsockopt(relay->source, IPPROTO_IP, IP_MULTICAST_IF,
			       &mreq, sizeof(mreq)))
			fo_fatal("IP_MULTICAST_IF");
	} else {
		fo_set_int(relay->source, IPPROTO_IPV6, IPV6_MULTICAST_IF,
			   if_nametoindex("p0"));
	}
	if (connect(relay->source, &ss.sa, sizeof(ss)))
		fo_fatal("connect");
	fo_leave(back);
}

/* The number that the first destination was last sent. */
static int last_seq(struct _test_data_path *self)
{
	struct rtp_fanout_dest_info found;

	if (fo_find(self->relay.fd, self->dest, &found) || !found.packets)
		return -1;
	return found.last_seq;
}

/* SO_BINDTODEVICE chooses the device, also when it is set later. */
TEST_F(path, bind_to_device)
{
	struct fo_relay *relay = &self->relay;
	bool v4 = variant->family == AF_INET;

	move_source(self, variant->family,
		    v4 ? FO_PEER_OURS : FO_PEER_OURS6);
	ASSERT_EQ(0, fo_add(relay->fd, self->dest, 1));
	fo_send(relay, 1);
	EXPECT_EQ(1, fo_recv_seq(self->viewer[0]));

	/* a better route, to nowhere */
	fo_ip(v4 ? "link add d0 type dummy\n"
		   "link set d0 up\n"
		   "route add " FO_PEER_THEIRS " dev d0\n" :
		   "link add d0 type dummy\n"
		   "link set d0 up\n"
		   "route add " FO_PEER_THEIRS6 " dev d0\n");
	fo_send(relay, 2);
	ASSERT_TRUE(FO_WAIT(last_seq(self) == 2));
	ASSERT_EQ(0, setsockopt(relay->fd, SOL_SOCKET, SO_BINDTODEVICE, "v0",
				3));
	fo_send(relay, 3);
	EXPECT_EQ(3, fo_recv_seq(self->viewer[0]));
	ASSERT_EQ(0, setsockopt(relay->fd, SOL_SOCKET, SO_BINDTODEVICE, "",
				1));
	fo_send(relay, 4);
	ASSERT_TRUE(FO_WAIT(last_seq(self) == 4));
	fo_ip("link del d0\n");
	fo_send(relay, 5);
	EXPECT_EQ(5, fo_recv_seq(self->viewer[0]));
}

/* So does IP_UNICAST_IF. */
TEST_F(path, unicast_if)
{
	struct rtp_fanout_dest_info found;
	bool v4 = variant->family == AF_INET;
	__u32 index;

	ASSERT_EQ(0, fo_add(self->relay.fd, self->dest, 1));
	fo_send(&self->relay, 1);
	EXPECT_EQ(1, fo_recv_seq(self->viewer[0]));

	/* a device that leads nowhere */
	fo_ip("link add d0 type dummy\n"
	      "link set d0 up\n");
	index = htonl(if_nametoindex("d0"));
	fo_set_int(self->relay.fd, v4 ? IPPROTO_IP : IPPROTO_IPV6,
		   v4 ? IP_UNICAST_IF : IPV6_UNICAST_IF, index);
	fo_send(&self->relay, 2);
	ASSERT_TRUE(FO_WAIT(!fo_find(self->relay.fd, self->dest, &found) &&
			    found.packets + found.dropped_route == 2));
	fo_set_int(self->relay.fd, v4 ? IPPROTO_IP : IPPROTO_IPV6,
		   v4 ? IP_UNICAST_IF : IPV6_UNICAST_IF, 0);
	fo_send(&self->relay, 3);
	EXPECT_EQ(3, fo_recv_seq(self->viewer[0]));
	fo_ip("link del d0\n");
}

/* A route that was cached with another mark is not used. */
TEST_F(path, mark_routes)
{
	struct rtp_fanout_dest_info found;
	struct fo_relay *relay = &self->relay;
	bool v4 = variant->family == AF_INET;

	fo_sh(v4 ? "ip -4 rule add pref 1 fwmark 7 unreachable" :
		   "ip -6 rule add pref 1 fwmark 7 unreachable");
	ASSERT_EQ(0, fo_add(relay->fd, self->dest, 1));
	fo_send(relay, 1);
	EXPECT_EQ(1, fo_recv_seq(self->viewer[0]));
	fo_set_int(relay->fd, SOL_SOCKET, SO_MARK, 7);
	fo_send(relay, 2);
	EXPECT_TRUE(FO_WAIT(!fo_find(relay->fd, self->dest, &found) &&
			    found.dropped_route == 1));
	fo_set_int(relay->fd, SOL_SOCKET, SO_MARK, 0);
	fo_send(relay, 3);
	EXPECT_EQ(3, fo_recv_seq(self->viewer[0]));
	fo_sh(v4 ? "ip -4 rule del pref 1" : "ip -6 rule del pref 1");
}

/* A route that changes is not used on, either. */
TEST_F(path, route_changes)
{
	struct rtp_fanout_dest_info found;
	struct fo_relay *relay = &self->relay;
	bool v4 = variant->family == AF_INET;

	ASSERT_EQ(0, fo_add(relay->fd, self->dest, 1));
	fo_send(relay, 1);
	EXPECT_EQ(1, fo_recv_seq(self->viewer[0]));
	fo_sh(v4 ? "ip route add blackhole " FO_PEER_THEIRS :
		   "ip route add blackhole " FO_PEER_THEIRS6);
	fo_send(relay, 2);
	EXPECT_TRUE(FO_WAIT(!fo_find(relay->fd, self->dest, &found) &&
			    found.dropped_route == 1));
	fo_sh(v4 ? "ip route del blackhole " FO_PEER_THEIRS :
		   "ip route del blackhole " FO_PEER_THEIRS6);
	fo_send(relay, 3);
	EXPECT_EQ(3, fo_recv_seq(self->viewer[0]));
}

/* A destination's own interface. */
TEST_F(path, interface)
{
	struct rtp_fanout_dest_info found;
	struct rtp_fanout_dest dest;
	int viewer, back;

	if (variant->family == AF_INET) {
		dest = self->dest[0];
		dest.ifindex = if_nametoindex("v0");
		ASSERT_EQ(0, fo_add(self->relay.fd, &dest, 1));
		fo_send(&self->relay, 1);
		EXPECT_EQ(1, fo_recv_seq(self->viewer[0]));
		ASSERT_EQ(0, fo_find(self->relay.fd, &dest, &found));
		/* the same address without an interface is another one */
		EXPECT_EQ(-ENOENT, fo_find(self->relay.fd, self->dest, &found));
		ASSERT_EQ(0, fo_add(self->relay.fd, self->dest, 1));
		ASSERT_EQ(0, fo_del(self->relay.fd, &dest, 1));
		return;
	}

	/* link-local addresses mean nothing without one */
	fo_ip("addr add fe80::1111/64 dev v0 nodad\n");
	back = fo_enter(peer);
	fo_ip("addr add fe80::2222/64 dev p0 nodad\n");
	viewer = fo_udp(AF_INET6, FO_HOST_ANY, 7100);
	fo_leave(back);
	fo_dest(&dest, AF_INET6, FO_HOST_ANY, 1);
	fo_addr_text(&dest.addr, "fe80::2222", 7100);
	EXPECT_REFUSED(ENODEV, self->relay.fd,
		       fo_add(self->relay.fd, &dest, 1));
	dest.ifindex = if_nametoindex("v0");
	ASSERT_EQ(0, fo_add(self->relay.fd, &dest, 1));
	fo_send(&self->relay, 1);
	EXPECT_EQ(1, fo_recv_seq(viewer));
}

/* What the network has not sent yet is bounded, counted, and given back. */
TEST_F(path, in_flight)
{
	struct rtp_fanout_dest_info found;
	struct rtp_fanout_info info;
	unsigned int sndbuf, i;

	fo_sh("tc qdisc add dev v0 root tbf rate 1kbit burst 2k limit 10m");
	fo_set_int(self->relay.fd, SOL_SOCKET, SO_SNDBUF, 20000);
	sndbuf = fo_get_int(self->relay.fd, SOL_SOCKET, SO_SNDBUF);
	ASSERT_EQ(0, fo_add(self->relay.fd, self->dest, 2));
	for (i = 0; i < 100; i++) {
		/* one walk at a time: of several datagrams one destination
		 * could have all that there is room for
		 */
		send_size(&self->relay, i, 1000);
		ASSERT_TRUE(FO_WAIT(!fo_info(self->relay.fd, &info) &&
				    info.tx_packets + info.tx_dropped ==
				    2 * (i + 1)));
	}
	EXPECT_LT(5, info.tx_packets);
	EXPECT_GT(100, info.tx_packets);
	EXPECT_LE(sndbuf - 4000, fo_in_flight(self->relay.fd));
	/* A destination is sent to, sixteen datagrams at the most, then it is
	 * asked again. What one is charged is its bytes and what the kernel
	 * needs to hold them.
	 */
	EXPECT_GE(sndbuf + 16 * 2048, fo_in_flight(self->relay.fd));
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, fo_find(self->relay.fd, &self->dest[i], &found));
		EXPECT_EQ(100, found.packets + found.dropped_inflight);
		/* the place in the list does not decide */
		EXPECT_LT(info.tx_packets / 4, found.packets);
	}

	/* a destination elsewhere suffers, but only as long */
	fo_sh("tc qdisc del dev v0 root");
	EXPECT_TRUE(FO_WAIT(!fo_in_flight(self->relay.fd)));
	fo_send(&self->relay, 100);
	EXPECT_TRUE(FO_WAIT(!fo_find(self->relay.fd, &self->dest[0], &found) &&
			    found.last_seq == 100));
}

/* However much may be in flight, the kernel can still count it. */
TEST_F(path, in_flight_limit)
{
	struct rtp_fanout_info info;

	fo_set_int(self->relay.fd, SOL_SOCKET, SO_SNDBUFFORCE, INT_MAX / 2);
	EXPECT_LT(1 << 30, fo_get_int(self->relay.fd, SOL_SOCKET, SO_SNDBUF));
	ASSERT_EQ(0, fo_info(self->relay.fd, &info));
	EXPECT_EQ(INT_MAX / 8, info.inflight_limit);
}

/* A device that takes part of a walk only: everybody loses alike. */
TEST_F(path, rotation)
{
	unsigned int least = ~0U, most = 0, count, i;
	struct rtp_fanout_dest_info found;
	struct rtp_fanout_info info = {};

	/* slow enough that no machine is slower */
	fo_sh("tc qdisc add dev v0 root tbf rate 512kbit burst 3k limit 5k");
	ASSERT_EQ(0, fo_add(self->relay.fd, self->dest, VIEWERS));
	for (count = 0; info.tx_packets < 20 * VIEWERS; count++) {
		/* one walk at a time, as fast as they go */
		send_size(&self->relay, count, 1000);
		ASSERT_TRUE(FO_WAIT(!fo_info(self->relay.fd, &info) &&
				    info.tx_packets + info.tx_dropped ==
				    (count + 1) * VIEWERS));
	}
	fo_sh("tc qdisc del dev v0 root");

	for (i = 0; i < VIEWERS; i++) {
		ASSERT_EQ(0, fo_find(self->relay.fd, &self->dest[i], &found));
		EXPECT_EQ(count, found.packets + found.dropped_output);
		least = found.packets < least ? found.packets : least;
		most = found.packets > most ? found.packets : most;
	}
	TH_LOG("of %u: %u to %u", count, least, most);
	EXPECT_LT(0, info.tx_dropped);
	EXPECT_LT(0, least);
	EXPECT_LT(most, 2 * least + 10);
}

/* The source sends to a group, with the TTL that is usual there: 1. */
TEST_F(path, multicast_source)
{
	const char *group = variant->family == AF_INET ? "239.1.2.3" :
			    "ff15::1234";
	struct ip_mreqn mreq = { .imr_ifindex = if_nametoindex("v0") };
	struct fo_relay *relay = &self->relay;
	bool v4 = variant->family == AF_INET;
	struct ipv6_mreq mreq6 = { .ipv6mr_interface = mreq.imr_ifindex };
	struct rtp_fanout_info info;
	struct rtp_fanout_addr addr;

	move_source(self, variant->family, group);
	fo_addr_text(&addr, group, FO_RELAY_PORT);
	memcpy(&mreq.imr_multiaddr, addr.addr, 4);
	memcpy(&mreq6.ipv6mr_multiaddr, addr.addr, 16);
	if (v4) {
		ASSERT_EQ(0, setsockopt(relay->fd, IPPROTO_IP,
					IP_ADD_MEMBERSHIP, &mreq,
					sizeof(mreq)));
	} else {
		ASSERT_EQ(0, setsockopt(relay->fd, IPPROTO_IPV6,
					IPV6_ADD_MEMBERSHIP, &mreq6,
					sizeof(mreq6)));
	}

	/* the viewer is on this side: the TTL it sees is the one it left with */
	fo_view(relay, 0, NULL);
	if (v4)
		fo_set_int(relay->fd, IPPROTO_IP, IP_TTL, 33);
	else
		fo_set_int(relay->fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 33);
	fo_set_int(relay->viewer[0], v4 ? IPPROTO_IP : IPPROTO_IPV6,
		   v4 ? IP_MINTTL : IPV6_MINHOPCOUNT, 33);
	fo_send(relay, 1);
	EXPECT_EQ(1, fo_recv_seq(relay->viewer[0]));
	ASSERT_EQ(0, fo_info(relay->fd, &info));
	EXPECT_EQ(1, info.rx_packets);
	EXPECT_EQ(0, info.rx_dropped_ttl);
}

/* The stream is only what comes in on the interface that was named. */
TEST_F(path, source_interface)
{
	struct fo_relay *relay = &self->relay;
	struct rtp_fanout_info info;
	int viewer;

	ASSERT_EQ(0, fo_detach(relay->fd));
	relay->cfg.ifindex = if_nametoindex("v0");
	ASSERT_EQ(0, fo_attach(relay->fd, &relay->cfg));
	viewer = fo_view(relay, 0, NULL);
	fo_send(relay, 1);
	EXPECT_EQ(1, fo_recv_seq(relay->fd));
	ASSERT_EQ(0, fo_info(relay->fd, &info));
	EXPECT_EQ(1, info.rx_passed);

	ASSERT_EQ(0, fo_detach(relay->fd));
	relay->cfg.ifindex = if_nametoindex("lo");
	ASSERT_EQ(0, fo_attach(relay->fd, &relay->cfg));
	close(viewer);
	viewer = fo_view(relay, 0, NULL);
	fo_send(relay, 2);
	EXPECT_EQ(2, fo_recv_seq(viewer));
}

/* A device that stands still takes the stream from nobody behind another. */
TEST(other_device)
{
	struct rtp_fanout_dest_info found;
	struct rtp_fanout_dest dest[4];
	struct rtp_fanout_info info;
	struct fo_relay relay;
	unsigned int i;

	fo_netns();
	fo_relay(&relay, FO_DUAL);
	fo_ip("link add d0 type dummy\n"
	      "addr add 10.7.0.1/24 dev d0\n"
	      "link set d0 up\n"
	      "neigh add 10.7.0.2 lladdr 02:00:00:00:00:01 dev d0\n"
	      "link add d1 type dummy\n"
	      "addr add 10.8.0.1/24 dev d1\n"
	      "link set d1 up\n"
	      "neigh add 10.8.0.2 lladdr 02:00:00:00:00:01 dev d1\n");
	fo_sh("tc qdisc add dev d0 root tbf rate 1kbit burst 2k limit 10m");
	fo_set_int(relay.fd, SOL_SOCKET, SO_SNDBUF, 20000);
	/* by turns behind the one and the other */
	for (i = 0; i < 4; i++) {
		fo_dest(&dest[i], AF_INET, FO_HOST_ANY, 1);
		fo_addr_text(&dest[i].addr, i % 2 ? "10.7.0.2" : "10.8.0.2",
			     9 + i);
	}
	ASSERT_EQ(0, fo_add(relay.fd, dest, 4));
	for (i = 0; i < 200; i++) {
		send_size(&relay, i, 1000);
		ASSERT_TRUE(FO_WAIT(!fo_info(relay.fd, &info) &&
				    info.tx_packets + info.tx_dropped ==
				    4 * (i + 1)));
	}
	for (i = 0; i < 4; i++) {
		ASSERT_EQ(0, fo_find(relay.fd, &dest[i], &found));
		EXPECT_EQ(i % 2, found.dropped_inflight > 100);
		EXPECT_EQ(!(i % 2), found.packets == 200);
	}
	fo_ip("link del d0\n"
	      "link del d1\n");
	EXPECT_TRUE(FO_WAIT(!fo_in_flight(relay.fd)));
}

/* The device goes with copies waiting in it: nothing holds it up. */
TEST(device_goes)
{
	struct rtp_fanout_dest dest;
	struct rtp_fanout_info info;
	struct fo_relay relay;

	fo_netns();
	fo_relay(&relay, FO_DUAL);
	fo_ip("link add d0 type dummy\n"
	      "addr add 10.7.0.1/24 dev d0\n"
	      "link set d0 up\n"
	      "neigh add 10.7.0.2 lladdr 02:00:00:00:00:01 dev d0\n");
	fo_sh("tc qdisc add dev d0 root tbf rate 1kbit burst 2k limit 10m");
	fo_dest(&dest, AF_INET, FO_HOST_ANY, 1);
	fo_addr_text(&dest.addr, "10.7.0.2", 9);
	ASSERT_EQ(0, fo_add(relay.fd, &dest, 1));
	fo_view(&relay, 0, NULL);
	fo_send(&relay, 1);
	EXPECT_EQ(1, fo_recv_seq(relay.viewer[0]));
	fo_ip("link del d0\n");
	fo_send(&relay, 2);
	EXPECT_EQ(2, fo_recv_seq(relay.viewer[0]));
	ASSERT_TRUE(FO_WAIT(!fo_info(relay.fd, &info) &&
			    info.tx_packets + info.tx_dropped == 4));
	EXPECT_EQ(1, info.tx_dropped);
	EXPECT_TRUE(FO_WAIT(!fo_in_flight(relay.fd)));
}

int main(int argc, char **argv)
{
	fo_netns();
	peer = fo_peer();
	return test_harness_run(argc, argv);
}
