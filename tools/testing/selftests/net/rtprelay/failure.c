// SPDX-License-Identifier: GPL-2.0
/*
 * What goes wrong at one destination stays there, and is told; what is too much
 * is dropped, and counted; memory comes back.
 */
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <linux/sock_diag.h>

#include "fanout_lib.h"
#include "kselftest_harness.h"

static int peer;

FIXTURE(failure)
{
	struct fo_relay relay;
	struct rtp_fanout_info info;
	struct rtp_fanout_dest dest[FO_VIEWERS];
};

FIXTURE_VARIANT(failure)
{
	enum fo_net net;
};

FIXTURE_VARIANT_ADD(failure, ipv4)
{
	.net = FO_IPV4,
};

FIXTURE_VARIANT_ADD(failure, ipv6)
{
	.net = FO_IPV6,
};

FIXTURE_VARIANT_ADD(failure, dual)
{
	.net = FO_DUAL,
};

/* Everybody but viewer @but gets the number. */
static void others_get(struct __test_metadata *_metadata,
		       struct _test_data_failure *self, int but, __u16 seq)
{
	int i;

	for (i = 0; i < FO_VIEWERS; i++) {
		if (i != but)
			EXPECT_EQ(seq, fo_recv_seq(self->relay.viewer[i]));
	}
}

/* The stream flows, and there is nothing to tell about it. */
FIXTURE_SETUP(failure)
{
	struct rtp_fanout_event event;
	int i;

	fo_relay(&self->relay, variant->net);
	for (i = 0; i < FO_VIEWERS; i++) {
		fo_view(&self->relay, i, NULL);
		fo_viewer(&self->relay, i, &self->dest[i]);
	}
	fo_send(&self->relay, 0);
	others_get(_metadata, self, -1, 0);
	ASSERT_EQ(1, fo_events(self->relay.fd, &event, 1));
	ASSERT_EQ(RTP_FANOUT_EVENT_NEW_SSRC, event.events);
}

FIXTURE_TEARDOWN(failure)
{
}

TEST_F(failure, nobody_listens)
{
	struct pollfd pfd = { .fd = self->relay.fd, .events = POLLPRI };
	struct rtp_fanout_event event;

	EXPECT_EQ(0, poll(&pfd, 1, 0));
	close(self->relay.viewer[1]);
	fo_send(&self->relay, 1);
	others_get(_metadata, self, 1, 1);

	ASSERT_EQ(1, poll(&pfd, 1, 10000));
	EXPECT_EQ(POLLPRI, pfd.revents);
	ASSERT_EQ(1, fo_events(self->relay.fd, &event, 1));
	EXPECT_EQ(0, memcmp(&event.addr, &self->dest[1].addr,
			    sizeof(event.addr)));
	EXPECT_EQ(self->dest[1].cookie, event.cookie);
	EXPECT_EQ(RTP_FANOUT_EVENT_ICMP_ERROR, event.events);
	EXPECT_EQ(ECONNREFUSED, event.error);
	EXPECT_EQ(0, poll(&pfd, 1, 0));
	EXPECT_EQ(0, fo_events(self->relay.fd, &event, 1));

	/* it is still sent to: user space decides */
	fo_send(&self->relay, 2);
	others_get(_metadata, self, 1, 2);
	EXPECT_TRUE(FO_WAIT(fo_events(self->relay.fd, &event, 1) == 1));

	/* the error is not the socket's: who reads it is not disturbed */
	EXPECT_EQ(0, fo_get_int(self->relay.fd, SOL_SOCKET, SO_ERROR));
}

/* Many errors of many destinations: one wake-up, one element for each. */
TEST_F(failure, events_coalesce)
{
	struct epoll_event set = { .events = EPOLLPRI | EPOLLET }, got;
	struct rtp_fanout_event event[FO_VIEWERS + 1];
	struct rtp_fanout_dest_info sent;
	int epfd, i;

	epfd = epoll_create1(0);
	ASSERT_LE(0, epfd);
	ASSERT_EQ(0, epoll_ctl(epfd, EPOLL_CTL_ADD, self->relay.fd, &set));
	EXPECT_EQ(0, epoll_wait(epfd, &got, 1, 0));

	close(self->relay.viewer[0]);
	close(self->relay.viewer[2]);
	for (i = 1; i <= 10; i++) {
		fo_send(&self->relay, i);
		EXPECT_EQ(i, fo_recv_seq(self->relay.viewer[1]));
		EXPECT_EQ(i, fo_recv_seq(self->relay.viewer[3]));
	}
	/* the last errors may come after the last copies; the set-up sent one, too */
	for (i = 0; i < FO_VIEWERS; i += 2)
		EXPECT_TRUE(FO_WAIT(!fo_find(self->relay.fd, &self->dest[i],
					     &sent) && sent.packets == 11));
	usleep(200000);
	ASSERT_EQ(1, epoll_wait(epfd, &got, 1, 10000));
	EXPECT_EQ(EPOLLPRI, got.events);

	/* read in two parts; what is left keeps the socket ready */
	EXPECT_EQ(1, fo_events(self->relay.fd, event, 1));
	ASSERT_EQ(1, fo_events(self->relay.fd, event + 1, FO_VIEWERS));
	EXPECT_NE(event[0].cookie, event[1].cookie);
	for (i = 0; i < 2; i++)
		EXPECT_TRUE(event[i].cookie == self->dest[0].cookie ||
			    event[i].cookie == self->dest[2].cookie);
	EXPECT_EQ(0, fo_events(self->relay.fd, event, FO_VIEWERS));

	/* a destination that goes takes its events along */
	fo_send(&self->relay, 11);
	EXPECT_EQ(11, fo_recv_seq(self->relay.viewer[3]));
	ASSERT_EQ(1, epoll_wait(epfd, &got, 1, 10000));
	ASSERT_EQ(0, fo_flush(self->relay.fd));
	EXPECT_EQ(0, fo_events(self->relay.fd, event, FO_VIEWERS));
	EXPECT_EQ(0, epoll_wait(epfd, &got, 1, 0));
}

/* Routes that do not exist, or refuse. */
TEST_F(failure, no_route)
{
	bool v4 = self->relay.family == AF_INET;
	struct rtp_fanout_dest_info found;
	struct rtp_fanout_dest dest[4];
	char address[32];
	int i;

	fo_ip(v4 ? "route add unreachable 192.0.2.1\n"
		   "route add blackhole 192.0.2.2\n"
		   "route add prohibit 192.0.2.3\n" :
		   "route add unreachable 2001:db8::1\n"
		   "route add blackhole 2001:db8::2\n"
		   "route add prohibit 2001:db8::3\n");
	for (i = 0; i < 4; i++) {
		snprintf(address, sizeof(address),
			 v4 ? "192.0.2.%d" : "2001:db8::%d", i + 1);
		fo_dest(&dest[i], self->relay.family, FO_HOST_ANY, 1);
		fo_addr_text(&dest[i].addr, address, 5555);
	}
	ASSERT_EQ(0, fo_add(self->relay.fd, dest, 4));
	for (i = 1; i < 10; i++) {
		fo_send(&self->relay, i);
		others_get(_metadata, self, -1, i);
	}
	for (i = 0; i < 4; i++) {
		ASSERT_TRUE(FO_WAIT(!fo_find(self->relay.fd, &dest[i],
					     &found) &&
				    found.dropped_route == 9));
		EXPECT_EQ(0, found.packets);
	}
	fo_ip(v4 ? "route flush root 192.0.2.0/24\n" :
		   "route flush root 2001:db8::/32\n");
}

static __u32 meminfo(int fd, int which)
{
	__u32 vars[SK_MEMINFO_VARS];
	socklen_t len = sizeof(vars);

	if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, vars, &len))
		fo_fatal("SO_MEMINFO");
	return vars[which];
}

/* A datagram that the queue cannot hold. */
TEST_F(failure, queue_too_small)
{
	static __u8 sent[65536];

	fo_set_int(self->relay.fd, SOL_SOCKET, SO_RCVBUF, 8192);
	ASSERT_EQ(0, fo_info(self->relay.fd, &self->info));
	EXPECT_EQ(fo_get_int(self->relay.fd, SOL_SOCKET, SO_RCVBUF),
		  (int)self->info.queue_limit);
	fo_send_buf(self->relay.source, sent,
		    fo_rtp(sent, FO_PT_OPAQUE, 1, FO_SSRC, 60000));
	fo_send(&self->relay, 2);
	others_get(_metadata, self, -1, 2);
	ASSERT_EQ(0, fo_info(self->relay.fd, &self->info));
	EXPECT_EQ(1, self->info.rx_dropped_queue);
	EXPECT_EQ(2, self->info.rx_packets);
	EXPECT_TRUE(fo_quiet(self->relay.fd));
}

/* A flood: all of it is accounted for, and nothing stays charged. */
TEST_F(failure, flood)
{
	enum { BATCH = 64, BATCHES = 10 };
	struct mmsghdr msgs[BATCH] = {};
	static __u8 data[BATCH][FO_MTU];
	struct iovec iov[BATCH];
	int i, j;

	fo_set_int(self->relay.fd, SOL_SOCKET, SO_RCVBUF, 16384);
	for (i = 0; i < BATCHES; i++) {
		for (j = 0; j < BATCH; j++) {
			iov[j].iov_base = data[j];
			iov[j].iov_len = fo_rtp(data[j], FO_PT_OPAQUE,
						1 + i * BATCH + j, FO_SSRC,
						1200);
			msgs[j].msg_hdr.msg_iov = &iov[j];
			msgs[j].msg_hdr.msg_iovlen = 1;
		}
		ASSERT_EQ(BATCH, sendmmsg(self->relay.source, msgs, BATCH, 0));
	}

	EXPECT_TRUE(FO_WAIT(!fo_info(self->relay.fd, &self->info) &&
			    !self->info.queue_bytes &&
			    self->info.rx_packets +
			    self->info.rx_dropped_queue +
			    self->info.rx_dropped_unconfirmed ==
			    1 + BATCH * BATCHES));
	EXPECT_LT(1, self->info.rx_packets);
	TH_LOG("%llu of %d dropped", self->info.rx_dropped_queue,
	       BATCH * BATCHES);
	EXPECT_EQ(self->info.rx_packets * FO_VIEWERS,
		  self->info.tx_packets + self->info.tx_dropped);
	EXPECT_TRUE(FO_WAIT(!meminfo(self->relay.fd, SK_MEMINFO_RMEM_ALLOC)));
	EXPECT_TRUE(FO_WAIT(!meminfo(self->relay.fd, SK_MEMINFO_WMEM_ALLOC)));
}

/* Who does not read the socket, or floods it, does not stop the stream. */
TEST_F(failure, nobody_reads)
{
	union fo_sockaddr ss;
	__u8 buf[FO_MTU];
	int other, i;

	fo_set_int(self->relay.fd, SOL_SOCKET, SO_RCVBUF, 16384);
	other = fo_udp(self->relay.family, FO_HOST_SOURCE + 4, 9);
	fo_sockaddr(&ss, self->relay.family, FO_HOST_RELAY, FO_RELAY_PORT);
	for (i = 0; i < 100; i++)
		ASSERT_EQ(1000, sendto(other, buf, 1000, 0, &ss.sa,
				       sizeof(ss)));
	EXPECT_LT(16384, meminfo(self->relay.fd, SK_MEMINFO_RMEM_ALLOC));
	for (i = 1; i < 50; i++) {
		fo_send(&self->relay, i);
		others_get(_metadata, self, -1, i);
	}
	ASSERT_EQ(0, fo_info(self->relay.fd, &self->info));
	EXPECT_EQ(0, self->info.rx_dropped_queue);
	EXPECT_EQ(100, self->info.rx_passed);

	while (!fo_quiet(self->relay.fd))
		;
	EXPECT_TRUE(FO_WAIT(!meminfo(self->relay.fd, SK_MEMINFO_RMEM_ALLOC)));
}

FIXTURE(vrf)
{
	struct fo_relay relay;
	struct rtp_fanout_dest dest;
};

FIXTURE_VARIANT(vrf)
{
	int family;
	const char *ours;
	const char *theirs;
	int level;
	int recverr;
};

FIXTURE_VARIANT_ADD(vrf, ipv4)
{
	.family = AF_INET,
	.ours = FO_PEER_OURS,
	.theirs = FO_PEER_THEIRS,
	.level = IPPROTO_IP,
	.recverr = IP_RECVERR,
};

FIXTURE_VARIANT_ADD(vrf, ipv6)
{
	.family = AF_INET6,
	.ours = FO_PEER_OURS6,
	.theirs = FO_PEER_THEIRS6,
	.level = IPPROTO_IPV6,
	.recverr = IPV6_RECVERR,
};

/* The relay is in the VRF, the source and the viewer are the peer. */
FIXTURE_SETUP(vrf)
{
	struct fo_relay *relay = &self->relay;
	struct rtp_fanout_addr addr;
	union fo_sockaddr ss;
	int back;

	relay->fd = fo_udp(variant->family, FO_HOST_ANY, FO_RELAY_PORT);
	if (setsockopt(relay->fd, SOL_SOCKET, SO_BINDTODEVICE, "vrf0", 5))
		fo_fatal("vrf0");
	fo_set_int(relay->fd, variant->level, variant->recverr, 1);
	fo_config(&relay->cfg, variant->family);
	fo_addr_text(&relay->cfg.source, variant->theirs, FO_SOURCE_PORT);
	ASSERT_EQ(0, fo_attach(relay->fd, &relay->cfg));

	back = fo_enter(peer);
	relay->source = fo_udp_text(variant->theirs, FO_SOURCE_PORT);
	fo_addr_text(&addr, variant->ours, FO_RELAY_PORT);
	fo_native(&ss, &addr);
	if (connect(relay->source, &ss.sa, sizeof(ss)))
		fo_fatal("connect");
	fo_leave(back);

	fo_dest(&self->dest, variant->family, FO_HOST_ANY, FO_VIEWER_PORT);
	fo_addr_text(&self->dest.addr, variant->theirs, FO_VIEWER_PORT);
	self->dest.cookie = 1000;
}

FIXTURE_TEARDOWN(vrf)
{
}

/* The error comes in by the device, but the stack says by the VRF: whichever
 * the destination names, or none, it is the destination's.
 */
TEST_F(vrf, nobody_listens)
{
	static const char * const names[] = { "v0", "vrf0", NULL };
	int i, fd = self->relay.fd;
	struct rtp_fanout_event event;
	__u8 buf[FO_MTU];

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		self->dest.ifindex = names[i] ? if_nametoindex(names[i]) : 0;
		ASSERT_EQ(0, fo_add(fd, &self->dest, 1));
		fo_send(&self->relay, i);
		EXPECT_TRUE(FO_WAIT(fo_events(fd, &event, 1) == 1 &&
				    event.events ==
				    RTP_FANOUT_EVENT_ICMP_ERROR));
		EXPECT_EQ(self->dest.ifindex, event.ifindex);
		EXPECT_EQ(0, memcmp(&event.addr, &self->dest.addr,
				    sizeof(event.addr)));
		EXPECT_EQ(1000, event.cookie);
		EXPECT_EQ(ECONNREFUSED, event.error);

		EXPECT_EQ(0, fo_get_int(fd, SOL_SOCKET, SO_ERROR));
		EXPECT_EQ(-1, recv(fd, buf, sizeof(buf),
				   MSG_ERRQUEUE | MSG_DONTWAIT));
		ASSERT_EQ(0, fo_flush(fd));
	}
}

int main(int argc, char **argv)
{
	fo_netns();
	peer = fo_peer();
	/* who gets another master loses its IPv6 addresses */
	fo_ip("link add vrf0 type vrf table 100\n"
	      "link set vrf0 up\n"
	      "link set v0 master vrf0\n"
	      "addr replace " FO_PEER_OURS6 "/64 dev v0 nodad\n");
	return test_harness_run(argc, argv);
}
