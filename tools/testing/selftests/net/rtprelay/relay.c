// SPDX-License-Identifier: GPL-2.0
/*
 * What is of the stream is relayed, unchanged but for its sequence number; what
 * is not reaches the socket.
 */
#include <netinet/udp.h>
#include <poll.h>

#include "fanout_lib.h"
#include "kselftest_harness.h"

FIXTURE(relay)
{
	struct fo_relay relay;
	__u8 sent[FO_MTU];
	__u8 got[FO_MTU];
};

FIXTURE_VARIANT(relay)
{
	enum fo_net net;
};

FIXTURE_VARIANT_ADD(relay, ipv4)
{
	.net = FO_IPV4,
};

FIXTURE_VARIANT_ADD(relay, ipv6)
{
	.net = FO_IPV6,
};

FIXTURE_VARIANT_ADD(relay, dual)
{
	.net = FO_DUAL,
};

FIXTURE_SETUP(relay)
{
	fo_relay(&self->relay, variant->net);
}

FIXTURE_TEARDOWN(relay)
{
}

/* Every byte of every size, the header's rarer parts among them. */
TEST_F(relay, content)
{
	static const size_t sizes[] = { 0, 1, 2, 3, 99, 1001, 1200, 1460 };
	struct fo_relay *relay = &self->relay;
	size_t i, j, len;
	ssize_t got;

	for (j = 0; j < 3; j++)
		fo_view(relay, j, NULL);

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		len = fo_rtp(self->sent, FO_PT_OPAQUE, 65533 + i, FO_SSRC,
			     sizes[i]);
		if (i & 1)
			self->sent[1] |= 0x80;	/* marker */
		fo_send_buf(relay->source, self->sent, len);
		for (j = 0; j < 3; j++) {
			got = fo_recv(relay->viewer[j], self->got, FO_MTU);
			ASSERT_EQ((ssize_t)len, got);
			EXPECT_TRUE(fo_rtp_same(self->sent, self->got, len));
			EXPECT_EQ((__u16)(65533 + i), fo_seq(self->got));
		}
	}
	EXPECT_TRUE(fo_quiet(relay->fd));
}

TEST_F(relay, header_forms)
{
	struct fo_relay *relay = &self->relay;
	int viewer = fo_view(relay, 0, NULL);
	struct rtp_fanout_info info;
	size_t len;

	/* two sources of a mixer, an extension of one word, three of padding */
	len = fo_rtp(self->sent, FO_PT_OPAQUE, 1, FO_SSRC, 100);
	self->sent[0] |= 0x20 | 0x10 | 2;
	self->sent[FO_RTP_HDR + 10] = 0;
	self->sent[FO_RTP_HDR + 11] = 1;
	self->sent[len - 1] = 3;
	fo_send_buf(relay->source, self->sent, len);
	ASSERT_EQ((ssize_t)len, fo_recv(viewer, self->got, FO_MTU));
	EXPECT_EQ(0, memcmp(self->sent, self->got, len));

	ASSERT_TRUE(FO_WAIT(!fo_info(relay->fd, &info) &&
			    info.tx_packets == 1));
	EXPECT_EQ(100 - 8 - 8 - 3, info.rx_octets);
	EXPECT_EQ(100 - 8 - 8 - 3, info.tx_octets);
}

/* As large as UDP goes: in fragments in, and out. */
TEST_F(relay, largest)
{
	struct fo_relay *relay = &self->relay;
	int viewer = fo_view(relay, 0, NULL);
	static __u8 sent[65536], got[65536];
	size_t len, overhead;

	overhead = FO_RTP_HDR + 8 + (relay->family == AF_INET ? 20 : 0);
	len = fo_rtp(sent, FO_PT_OPAQUE, 1, FO_SSRC, 65535 - overhead);
	fo_send_buf(relay->source, sent, len);
	ASSERT_EQ((ssize_t)len, fo_recv(viewer, got, sizeof(got)));
	EXPECT_EQ(0, memcmp(sent, got, len));
}

/* Wrong headers go nowhere and are counted. */
TEST_F(relay, malformed)
{
	struct fo_relay *relay = &self->relay;
	int viewer = fo_view(relay, 0, NULL);
	struct rtp_fanout_info info;
	size_t len;

	/* more sources of a mixer than bytes */
	len = fo_rtp(self->sent, FO_PT_OPAQUE, 1, FO_SSRC, 10);
	self->sent[0] |= 15;
	fo_send_buf(relay->source, self->sent, len);
	/* the extension's header is cut */
	len = fo_rtp(self->sent, FO_PT_OPAQUE, 2, FO_SSRC, 3);
	self->sent[0] |= 0x10;
	fo_send_buf(relay->source, self->sent, len);
	/* the extension is longer than what is there */
	len = fo_rtp(self->sent, FO_PT_OPAQUE, 3, FO_SSRC, 16);
	self->sent[0] |= 0x10;
	self->sent[FO_RTP_HDR + 2] = 0;
	self->sent[FO_RTP_HDR + 3] = 4;
	fo_send_buf(relay->source, self->sent, len);
	/* padding of no byte; of more than there are */
	len = fo_rtp(self->sent, FO_PT_OPAQUE, 4, FO_SSRC, 16);
	self->sent[0] |= 0x20;
	self->sent[len - 1] = 0;
	fo_send_buf(relay->source, self->sent, len);
	self->sent[len - 1] = 17;
	fo_send_buf(relay->source, self->sent, len);

	fo_send(relay, 6);
	EXPECT_EQ(6, fo_recv_seq(viewer));
	ASSERT_EQ(0, fo_info(relay->fd, &info));
	EXPECT_EQ(5, info.rx_dropped_malformed);
	EXPECT_EQ(1, info.rx_packets);
	EXPECT_TRUE(fo_quiet(relay->fd));
}

/* What is not the stream's comes out of the socket as it was sent. */
static void reaches_socket(struct __test_metadata *_metadata,
			   struct fo_relay *relay, int from, const void *sent,
			   size_t len)
{
	struct rtp_fanout_info before, after;
	union fo_sockaddr ss;
	__u8 got[FO_MTU];

	ASSERT_EQ(0, fo_info(relay->fd, &before));
	fo_sockaddr(&ss, relay->family, FO_HOST_RELAY, FO_RELAY_PORT);
	ASSERT_EQ((ssize_t)len, sendto(from, sent, len, 0, &ss.sa, sizeof(ss)));
	ASSERT_EQ((ssize_t)len, fo_recv(relay->fd, got, sizeof(got)));
	EXPECT_EQ(0, memcmp(sent, got, len));
	ASSERT_EQ(0, fo_info(relay->fd, &after));
	EXPECT_EQ(before.rx_passed + 1, after.rx_passed);
	EXPECT_EQ(before.rx_packets, after.rx_packets);
	EXPECT_EQ(before.rx_dropped_malformed, after.rx_dropped_malformed);
}

TEST_F(relay, other_sources)
{
	struct fo_relay *relay = &self->relay;
	int viewer, other_port, other_host;
	size_t len;

	viewer = fo_view(relay, 0, NULL);
	other_port = fo_udp(relay->family, FO_HOST_SOURCE, FO_SOURCE_PORT + 1);
	other_host = fo_udp(relay->family, FO_HOST_SOURCE + 3, FO_SOURCE_PORT);
	len = fo_rtp(self->sent, FO_PT_OPAQUE, 1, FO_SSRC, 50);

	reaches_socket(_metadata, relay, other_port, self->sent, len);
	reaches_socket(_metadata, relay, other_host, self->sent, len);
	reaches_socket(_metadata, relay, viewer, self->sent, len);

	fo_send(relay, 2);
	EXPECT_EQ(2, fo_recv_seq(viewer));
}

TEST_F(relay, not_rtp)
{
	struct fo_relay *relay = &self->relay;
	int viewer = fo_view(relay, 0, NULL);
	unsigned int version;
	size_t len;

	/* any other version, as DTLS and STUN have it */
	for (version = 0; version < 4; version++) {
		if (version == 2)
			continue;
		len = fo_rtp(self->sent, FO_PT_OPAQUE, 1, FO_SSRC, 50);
		self->sent[0] = version << 6;
		reaches_socket(_metadata, relay, relay->source, self->sent,
			       len);
	}

	/* too short to be RTP: a keep-alive */
	len = fo_rtp(self->sent, FO_PT_OPAQUE, 1, FO_SSRC, 0);
	reaches_socket(_metadata, relay, relay->source, self->sent, 0);
	reaches_socket(_metadata, relay, relay->source, self->sent, 1);
	reaches_socket(_metadata, relay, relay->source, self->sent, len - 1);

	fo_send(relay, 2);
	EXPECT_EQ(2, fo_recv_seq(viewer));
}

/* RTCP on the port of RTP: 200 to 204, of which 7 bits look like types 72-76 */
TEST_F(relay, rtcp)
{
	struct fo_relay *relay = &self->relay;
	int viewer = fo_view(relay, 0, NULL);
	unsigned int type;
	size_t len;

	for (type = 192; type < 224; type += type < 199 ? 7 : 1) {
		len = fo_rtp(self->sent, type & 0x7f, 1, FO_SSRC, 16);
		self->sent[1] = type;
		reaches_socket(_metadata, relay, relay->source, self->sent,
			       len);
	}

	fo_send(relay, 2);
	EXPECT_EQ(2, fo_recv_seq(viewer));
}

TEST_F(relay, payload_types)
{
	struct fo_relay *relay = &self->relay;
	int viewer = fo_view(relay, 0, NULL);
	unsigned int pt;
	size_t len;

	for (pt = 0; pt < 128; pt += 9) {
		if (pt == FO_PT_OPAQUE || pt == FO_PT_H264)
			continue;
		len = fo_rtp(self->sent, pt, 1, FO_SSRC, 50);
		reaches_socket(_metadata, relay, relay->source, self->sent,
			       len);
	}
	len = fo_rtp(self->sent, FO_PT_FOREIGN, 1, FO_SSRC, 50);
	reaches_socket(_metadata, relay, relay->source, self->sent, len);

	fo_send(relay, 2);
	EXPECT_EQ(2, fo_recv_seq(viewer));
}

TEST_F(relay, tee)
{
	struct fo_relay *relay = &self->relay;
	struct rtp_fanout_info info;
	int viewer;
	size_t len;

	ASSERT_EQ(0, fo_detach(relay->fd));
	relay->cfg.flags = RTP_FANOUT_TEE;
	ASSERT_EQ(0, fo_attach(relay->fd, &relay->cfg));
	viewer = fo_view(relay, 0, NULL);

	len = fo_rtp(self->sent, FO_PT_OPAQUE, 1, FO_SSRC, 1000);
	fo_send_buf(relay->source, self->sent, len);
	ASSERT_EQ((ssize_t)len, fo_recv(viewer, self->got, FO_MTU));
	EXPECT_EQ(0, memcmp(self->sent, self->got, len));
	ASSERT_EQ((ssize_t)len, fo_recv(relay->fd, self->got, FO_MTU));
	EXPECT_EQ(0, memcmp(self->sent, self->got, len));

	ASSERT_EQ(0, fo_info(relay->fd, &info));
	EXPECT_EQ(1, info.rx_teed);
	EXPECT_EQ(0, info.rx_passed);
	EXPECT_EQ(1, info.rx_packets);
}

/* Without a tee nothing of the stream wakes who reads the socket. */
TEST_F(relay, no_tee)
{
	struct fo_relay *relay = &self->relay;
	struct pollfd pfd = { .fd = relay->fd, .events = POLLIN };
	int viewer = fo_view(relay, 0, NULL);

	fo_send(relay, 1);
	EXPECT_EQ(1, fo_recv_seq(viewer));
	EXPECT_EQ(0, poll(&pfd, 1, 0));
}

/* The socket itself still sends and its destinations can answer. */
TEST_F(relay, socket_talks)
{
	struct fo_relay *relay = &self->relay;
	union fo_sockaddr ss, from;
	socklen_t len = sizeof(from);
	int viewer;
	char c;

	viewer = fo_view(relay, 0, NULL);
	fo_sockaddr(&ss, relay->family, FO_HOST_VIEWER, FO_VIEWER_PORT);
	if (relay->net == FO_DUAL) {
		struct in_addr v4 = ss.v4.sin_addr;

		fo_sockaddr(&ss, AF_INET6, FO_HOST_ANY, FO_VIEWER_PORT);
		ss.v6.sin6_addr.s6_addr[10] = 0xff;
		ss.v6.sin6_addr.s6_addr[11] = 0xff;
		memcpy(&ss.v6.sin6_addr.s6_addr[12], &v4, sizeof(v4));
	}
	ASSERT_EQ(1, sendto(relay->fd, "?", 1, 0, &ss.sa, sizeof(ss)));
	ASSERT_EQ(1, recvfrom(viewer, &c, 1, 0, &from.sa, &len));
	EXPECT_EQ('?', c);
	ASSERT_EQ(1, sendto(viewer, "!", 1, 0, &from.sa, len));
	ASSERT_EQ(1, fo_recv(relay->fd, &c, 1));
	EXPECT_EQ('!', c);
}

/* Who is added gets what comes after; who is deleted nothing more. */
TEST_F(relay, come_and_go)
{
	struct fo_relay *relay = &self->relay;
	struct rtp_fanout_dest dest;
	int first, second;

	first = fo_view(relay, 0, NULL);
	fo_send(relay, 1);
	EXPECT_EQ(1, fo_recv_seq(first));
	second = fo_view(relay, 1, NULL);
	fo_send(relay, 2);
	EXPECT_EQ(2, fo_recv_seq(first));
	EXPECT_EQ(2, fo_recv_seq(second));
	fo_viewer(relay, 0, &dest);
	ASSERT_EQ(0, fo_del(relay->fd, &dest, 1));
	fo_send(relay, 3);
	EXPECT_EQ(3, fo_recv_seq(second));
	EXPECT_TRUE(fo_quiet(first));
	ASSERT_EQ(0, fo_flush(relay->fd));
	fo_send(relay, 4);
	ASSERT_EQ(0, fo_add(relay->fd, &dest, 1));
	fo_send(relay, 5);
	EXPECT_EQ(5, fo_recv_seq(first));
	EXPECT_TRUE(fo_quiet(second));

	/* after the end of the fan-out the socket is a plain one again */
	ASSERT_EQ(0, fo_detach(relay->fd));
	fo_send(relay, 6);
	EXPECT_EQ(6, fo_recv_seq(relay->fd));
	EXPECT_TRUE(fo_quiet(first));
}

/* A source that leaves the cutting to the kernel (UDP_SEGMENT). */
TEST_F(relay, segments)
{
	struct fo_relay *relay = &self->relay;
	__u8 sent[5 * 200], got[FO_MTU];
	int gro, i, viewer;

	viewer = fo_view(relay, 0, NULL);
	fo_set_int(relay->source, IPPROTO_UDP, UDP_SEGMENT, 200);
	/* also where the socket itself could take them whole */
	for (gro = 0; gro < 2; gro++) {
		fo_set_int(relay->fd, IPPROTO_UDP, UDP_GRO, gro);
		for (i = 0; i < 5; i++)
			fo_rtp(sent + i * 200, FO_PT_OPAQUE, 10 * gro + i,
			       FO_SSRC, 200 - FO_RTP_HDR);
		fo_send_buf(relay->source, sent, sizeof(sent));
		for (i = 0; i < 5; i++) {
			ASSERT_EQ(200, fo_recv(viewer, got, sizeof(got)));
			EXPECT_EQ(0, memcmp(sent + i * 200, got, 200));
		}
	}
	EXPECT_TRUE(fo_quiet(relay->fd));
}

/* A dual-stack socket serves viewers of both families from one stream. */
TEST(both_families)
{
	struct rtp_fanout_dest dest;
	struct fo_relay relay;
	int v4, v6;

	fo_relay(&relay, FO_DUAL);
	v4 = fo_view(&relay, 0, NULL);
	v6 = fo_udp(AF_INET6, FO_HOST_VIEWER, FO_VIEWER_PORT);
	fo_dest(&dest, AF_INET6, FO_HOST_VIEWER, FO_VIEWER_PORT);
	ASSERT_EQ(0, fo_add(relay.fd, &dest, 1));
	fo_send(&relay, 1);
	EXPECT_EQ(1, fo_recv_seq(v4));
	EXPECT_EQ(1, fo_recv_seq(v6));
}

/* An IPv6 socket that hears an IPv6 source can serve IPv4 viewers. */
TEST(across_families)
{
	struct rtp_fanout_dest_info found;
	static __u8 sent[65536];
	struct rtp_fanout_dest dest;
	struct fo_relay relay;
	union fo_sockaddr ss;
	size_t len;
	int v4;

	fo_open(&relay, FO_DUAL);
	close(relay.source);
	relay.source = fo_udp(AF_INET6, FO_HOST_SOURCE, FO_SOURCE_PORT);
	fo_sockaddr(&ss, AF_INET6, FO_HOST_RELAY, FO_RELAY_PORT);
	ASSERT_EQ(0, connect(relay.source, &ss.sa, sizeof(ss)));
	fo_config(&relay.cfg, AF_INET6);
	ASSERT_EQ(0, fo_attach(relay.fd, &relay.cfg));
	v4 = fo_udp(AF_INET, FO_HOST_VIEWER, FO_VIEWER_PORT);
	fo_dest(&dest, AF_INET, FO_HOST_VIEWER, FO_VIEWER_PORT);
	ASSERT_EQ(0, fo_add(relay.fd, &dest, 1));
	fo_send(&relay, 1);
	EXPECT_EQ(1, fo_recv_seq(v4));

	/* what IPv6 carries and IPv4 cannot */
	len = fo_rtp(sent, FO_PT_OPAQUE, 2, FO_SSRC, 65535 - 8 - FO_RTP_HDR);
	fo_send_buf(relay.source, sent, len);
	EXPECT_TRUE(FO_WAIT(!fo_find(relay.fd, &dest, &found) &&
			    found.dropped_mtu == 1));
	fo_send(&relay, 3);
	EXPECT_EQ(3, fo_recv_seq(v4));
}

int main(int argc, char **argv)
{
	fo_netns();
	return test_harness_run(argc, argv);
}
