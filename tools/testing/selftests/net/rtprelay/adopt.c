// SPDX-License-Identifier: GPL-2.0
/*
 * What the socket had received before it became a fan-out: the stream's
 * datagrams become the fan-out's, once and in order, the others stay.
 */
#include <pthread.h>
#include <linux/sock_diag.h>
#include <linux/udp.h>

#include "fanout_lib.h"
#include "kselftest_harness.h"

#define FOREIGN_PORT	6001
#define FLOOD		4000

FIXTURE(adopt)
{
	struct fo_relay relay;
	struct rtp_fanout_info info;
	int foreign;	/* a socket that is not the source's */
	int fd;
};

FIXTURE_VARIANT(adopt)
{
	enum fo_net net;
};

FIXTURE_VARIANT_ADD(adopt, ipv4)
{
	.net = FO_IPV4,
};

FIXTURE_VARIANT_ADD(adopt, ipv6)
{
	.net = FO_IPV6,
};

FIXTURE_VARIANT_ADD(adopt, dual)
{
	.net = FO_DUAL,
};

/* Not attached. */
FIXTURE_SETUP(adopt)
{
	union fo_sockaddr ss;

	fo_open(&self->relay, variant->net);
	self->fd = self->relay.fd;
	self->foreign = fo_udp(self->relay.family, FO_HOST_SOURCE,
			       FOREIGN_PORT);
	fo_sockaddr(&ss, self->relay.family, FO_HOST_RELAY, FO_RELAY_PORT);
	ASSERT_EQ(0, connect(self->foreign, &ss.sa, sizeof(ss)));
}

FIXTURE_TEARDOWN(adopt)
{
}

/* Nothing of it is in the socket, in either form. */
static bool empty(int fd)
{
	__u32 vars[SK_MEMINFO_VARS];
	socklen_t len = sizeof(vars);

	if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, vars, &len))
		fo_fatal("SO_MEMINFO");
	return !vars[SK_MEMINFO_RMEM_ALLOC] &&
	       vars[SK_MEMINFO_FWD_ALLOC] <= (__u32)getpagesize();
}

static bool received(struct _test_data_adopt *self, __u64 count)
{
	return FO_WAIT(!fo_info(self->fd, &self->info) &&
		       self->info.rx_packets == count &&
		       !self->info.queue_bytes);
}

static void send_foreign(struct _test_data_adopt *self, __u16 seq)
{
	__u8 buf[FO_MTU];

	fo_send_buf(self->foreign, buf,
		    fo_rtp(buf, FO_PT_OPAQUE, seq, FO_SSRC, 100));
}

/* The source's, but no codec has that payload type. */
static void send_other_type(struct _test_data_adopt *self, __u16 seq)
{
	__u8 buf[FO_MTU];

	fo_send_buf(self->relay.source, buf,
		    fo_rtp(buf, FO_PT_FOREIGN, seq, FO_SSRC, 100));
}

/* Each goes where it belongs; the stream goes on as if nothing had been. */
TEST_F(adopt, sorts)
{
	struct rtp_fanout_event event;
	int viewer, i;

	for (i = 0; i < 10; i++) {
		send_foreign(self, 1000 + i);
		fo_send(&self->relay, 10 + i);
		send_other_type(self, 2000 + i);
	}
	fo_send_buf(self->relay.source, "short", 5);
	fo_send_buf(self->relay.source, "", 0);

	ASSERT_EQ(0, fo_attach(self->fd, &self->relay.cfg));
	ASSERT_TRUE(received(self, 10));
	EXPECT_EQ(1000, self->info.rx_octets);
	EXPECT_EQ(FO_SSRC, self->info.ssrc);
	EXPECT_EQ(19, self->info.rx_seq & 0xffff);
	EXPECT_EQ(0, self->info.rx_lost);
	EXPECT_EQ(0, self->info.rx_passed);
	EXPECT_EQ(0, self->info.rx_teed);
	EXPECT_EQ(0, self->info.rx_dropped_duplicate);
	EXPECT_EQ(0, self->info.rx_dropped_nomem);
	ASSERT_EQ(1, fo_events(self->fd, &event, 1));
	EXPECT_EQ(RTP_FANOUT_EVENT_NEW_SSRC, event.events);

	viewer = fo_view(&self->relay, 0, NULL);
	fo_send(&self->relay, 20);
	EXPECT_EQ(20, fo_recv_seq(viewer));
	ASSERT_TRUE(received(self, 11));
	EXPECT_EQ(0, self->info.rx_lost);

	for (i = 0; i < 10; i++) {
		EXPECT_EQ(1000 + i, fo_recv_seq(self->fd));
		EXPECT_EQ(2000 + i, fo_recv_seq(self->fd));
	}
	EXPECT_EQ(-EBADMSG, fo_recv_seq(self->fd));
	EXPECT_EQ(-EBADMSG, fo_recv_seq(self->fd));
	EXPECT_TRUE(fo_quiet(self->fd));
	EXPECT_TRUE(empty(self->fd));
}

/* The reader is to have them as well, and has them as they came. */
TEST_F(adopt, tee)
{
	int i;

	for (i = 0; i < 10; i++) {
		fo_send(&self->relay, 10 + i);
		send_foreign(self, 1000 + i);
	}
	self->relay.cfg.flags = RTP_FANOUT_TEE;
	ASSERT_EQ(0, fo_attach(self->fd, &self->relay.cfg));
	ASSERT_TRUE(received(self, 10));
	EXPECT_EQ(10, self->info.rx_teed);
	EXPECT_EQ(0, self->info.rx_lost);
	for (i = 0; i < 10; i++) {
		EXPECT_EQ(10 + i, fo_recv_seq(self->fd));
		EXPECT_EQ(1000 + i, fo_recv_seq(self->fd));
	}
	EXPECT_TRUE(fo_quiet(self->fd));
	EXPECT_TRUE(empty(self->fd));
}

/* One that a reader looked at, and what it had taken before. */
TEST_F(adopt, peeked)
{
	__u8 buf[FO_MTU];
	int i;

	for (i = 0; i < 4; i++)
		fo_send(&self->relay, 10 + i);
	EXPECT_EQ(10, fo_recv_seq(self->fd));
	EXPECT_EQ(112, recv(self->fd, buf, sizeof(buf), MSG_PEEK));
	EXPECT_EQ(11, fo_seq(buf));
	ASSERT_EQ(0, fo_attach(self->fd, &self->relay.cfg));
	ASSERT_TRUE(received(self, 3));
	EXPECT_EQ(13, self->info.rx_seq & 0xffff);
	EXPECT_TRUE(fo_quiet(self->fd));
	EXPECT_TRUE(empty(self->fd));
}

/* Several datagrams in one, as UDP_GRO has them. */
TEST_F(adopt, gro)
{
	const int runs = 3, segments = 5;
	__u8 buf[5 * 112];
	int i, j;

	fo_set_int(self->fd, IPPROTO_UDP, UDP_GRO, 1);
	fo_set_int(self->relay.source, IPPROTO_UDP, UDP_SEGMENT, 112);
	for (i = 0; i < runs; i++) {
		for (j = 0; j < segments; j++)
			fo_rtp(buf + 112 * j, FO_PT_OPAQUE, i * segments + j,
			       FO_SSRC, 100);
		/* the last is shorter */
		fo_send_buf(self->relay.source, buf, sizeof(buf) - 10);
	}
	/* one that has another payload type in it stays as it is */
	buf[2 * 112 + 1] = FO_PT_FOREIGN;
	fo_send_buf(self->relay.source, buf, sizeof(buf));

	ASSERT_EQ(0, fo_attach(self->fd, &self->relay.cfg));
	ASSERT_TRUE(received(self, runs * segments));
	EXPECT_EQ(100 * runs * segments - 10 * runs, self->info.rx_octets);
	EXPECT_EQ(runs * segments - 1, (int)self->info.rx_seq & 0xffff);
	EXPECT_EQ(0, self->info.rx_lost);
	EXPECT_EQ(5 * 112, recv(self->fd, buf, sizeof(buf), MSG_DONTWAIT));
	EXPECT_TRUE(fo_quiet(self->fd));
	EXPECT_TRUE(empty(self->fd));
}

/* What came with a TTL of 1 would be dropped now; it was queued before. */
TEST_F(adopt, ttl)
{
	if (self->relay.family == AF_INET)
		fo_set_int(self->relay.source, IPPROTO_IP, IP_TTL, 1);
	else
		fo_set_int(self->relay.source, IPPROTO_IPV6, IPV6_UNICAST_HOPS,
			   1);
	fo_send(&self->relay, 1);
	ASSERT_EQ(0, fo_attach(self->fd, &self->relay.cfg));
	ASSERT_EQ(0, fo_info(self->fd, &self->info));
	EXPECT_EQ(1, self->info.rx_dropped_ttl);
	EXPECT_EQ(0, self->info.rx_packets);
	EXPECT_TRUE(fo_quiet(self->fd));
	EXPECT_TRUE(empty(self->fd));
}

/* A refused ATTACH takes nothing. */
TEST_F(adopt, refused)
{
	fo_send(&self->relay, 1);
	self->relay.cfg.flags = 2;
	EXPECT_EQ(-EINVAL, fo_attach(self->fd, &self->relay.cfg));
	EXPECT_EQ(1, fo_recv_seq(self->fd));
}

static void *flood(void *arg)
{
	const struct fo_relay *relay = arg;
	int i;

	for (i = 0; i < FLOOD; i++)
		fo_send(relay, i);
	return NULL;
}

/* While it flows: every datagram once, wherever the moment of ATTACH is. */
TEST_F(adopt, while_it_flows)
{
	pthread_t thread;

	fo_set_int(self->fd, SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20);
	ASSERT_EQ(0, pthread_create(&thread, NULL, flood, &self->relay));
	usleep(2000);
	ASSERT_EQ(0, fo_attach(self->fd, &self->relay.cfg));
	ASSERT_EQ(0, pthread_join(thread, NULL));

	EXPECT_TRUE(received(self, FLOOD));
	EXPECT_EQ(FLOOD, self->info.rx_packets);
	EXPECT_EQ(FLOOD - 1, self->info.rx_seq & 0xffff);
	EXPECT_EQ(0, self->info.rx_lost);
	EXPECT_EQ(0, self->info.rx_dropped_duplicate);
	EXPECT_EQ(0, self->info.rx_dropped_late);
	EXPECT_EQ(0, self->info.rx_dropped_unconfirmed);
	EXPECT_EQ(0, self->info.rx_dropped_queue);
	EXPECT_TRUE(fo_quiet(self->fd));
	EXPECT_TRUE(empty(self->fd));
}

int main(int argc, char **argv)
{
	fo_netns();
	return test_harness_run(argc, argv);
}
