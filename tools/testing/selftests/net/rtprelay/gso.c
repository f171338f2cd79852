// SPDX-License-Identifier: GPL-2.0
/*
 * Bursts: datagrams that wait together and may leave as few large packets. What
 * a viewer gets is the same, whatever the devices on the way can do.
 */
#include <errno.h>

#include "fanout_wire.h"
#include "kselftest_harness.h"

#define VIEWERS	4

/* The network namespace of the router, and who looks behind it. */
static int peer, wire;

FIXTURE(gso)
{
	struct fo_stream stream;
	struct rtp_fanout_info info;
};

FIXTURE_VARIANT(gso)
{
	enum fo_net net;
	bool vlan;
	bool large;		/* the way out is worth large packets */
	unsigned int from;	/* the first of fo_offloads that the device has */
};

FIXTURE_VARIANT_ADD(gso, ipv4)
{
	.net = FO_IPV4,
	.large = true,
};

FIXTURE_VARIANT_ADD(gso, dual)
{
	.net = FO_DUAL,
	.large = true,
};

FIXTURE_VARIANT_ADD(gso, no_udp_segmentation)
{
	.net = FO_DUAL,
	.large = true,
	.from = 1,
};

FIXTURE_VARIANT_ADD(gso, no_scatter_gather)
{
	.net = FO_DUAL,
	.from = 3,
};

FIXTURE_VARIANT_ADD(gso, no_checksum)
{
	.net = FO_DUAL,
	.from = FO_OFFLOADS,
};

FIXTURE_VARIANT_ADD(gso, vlan)
{
	.net = FO_DUAL,
	.vlan = true,
	.large = true,
};

FIXTURE_VARIANT_ADD(gso, vlan_no_checksum)
{
	.net = FO_DUAL,
	.vlan = true,
	.from = FO_OFFLOADS,
};

/* Another way between the same two. */
static void add_vlan(void)
{
	int back;

	fo_ip("link add link v0 name v5 type vlan id 5\n"
	      "addr add 10.5.0.1/24 dev v5\n"
	      "addr add fd05::1/64 dev v5 nodad\n"
	      "link set v5 up\n");
	back = fo_enter(peer);
	fo_ip("link add link p0 name p5 type vlan id 5\n"
	      "addr add 10.5.0.2/24 dev p5\n"
	      "addr add fd05::2/64 dev p5 nodad\n"
	      "link set p5 up\n");
	fo_leave(back);
}

FIXTURE_SETUP(gso)
{
	ASSERT_TRUE(fo_offload("v0", variant->from));
	fo_ip(variant->vlan ? "route replace 10.1.0.0/16 via 10.5.0.2\n"
			      "route replace fd02::/64 via fd05::2\n" :
			      "route replace 10.1.0.0/16 via " FO_PEER_THEIRS "\n"
			      "route replace fd02::/64 via " FO_PEER_THEIRS6 "\n");
	fo_stream(&self->stream, variant->net, wire, VIEWERS);
	fo_stream_view(&self->stream);
}

FIXTURE_TEARDOWN(gso)
{
}

/* All viewers have all of it, as large packets where that is possible. */
static void complete(struct __test_metadata *_metadata,
		     struct _test_data_gso *self, bool large)
{
	struct fo_stream *stream = &self->stream;
	__u16 sent = stream->next - stream->first;

	EXPECT_TRUE(fo_stream_idle(stream));
	EXPECT_TRUE(fo_stream_seen(stream, sent * VIEWERS));
	ASSERT_EQ(0, fo_info(stream->relay.fd, &self->info));
	EXPECT_EQ(sent * VIEWERS, self->info.tx_packets);
	EXPECT_EQ(0, self->info.tx_dropped);
	EXPECT_GE(self->info.tx_packets, self->info.tx_sends);
	if (large)
		EXPECT_GT(self->info.tx_packets, self->info.tx_sends);
}

TEST_F(gso, equal)
{
	struct fo_stream *stream = &self->stream;
	unsigned int n;

	stream->size = fo_equal;
	for (n = 1; n <= 48; n += n < 4 ? 1 : 22) {
		fo_stream_super(stream, n);
		ASSERT_TRUE(fo_stream_idle(stream));
	}
	complete(_metadata, self, variant->large);
	if (variant->large)
		EXPECT_GT(self->info.tx_packets, 2 * self->info.tx_sends);
}

TEST_F(gso, units)
{
	struct fo_stream *stream = &self->stream;
	unsigned int n;

	stream->size = fo_units;
	for (n = 0; n < 4; n++)
		fo_stream_burst(stream, 10 + 18 * n);
	/* how many are taken together is the machine's */
	complete(_metadata, self, false);
}

static void pause_viewer(struct fo_stream *stream, unsigned int i, bool pause)
{
	struct rtp_fanout_dest dest;

	fo_stream_dest(stream, i, &dest);
	dest.cap.flags = pause ? RTP_FANOUT_CAP_PAUSE : 0;
	errno = -fo_set(stream->relay.fd, RTP_FANOUT_SET, RTP_FANOUT_SET_CAP,
			&dest, 1, sizeof(dest));
	if (errno)
		fo_fatal("cap");
}

/* Each viewer missed another part, and has numbers that nobody else has. */
TEST_F(gso, private)
{
	struct fo_stream *stream = &self->stream;
	unsigned int n, i, paused = 0, packets;

	stream->size = fo_units;
	fo_stream_rule(stream, FO_FLOW_SWITCHED);
	fo_stream_burst(stream, 1);
	ASSERT_TRUE(fo_stream_idle(stream));
	for (i = 0; i < VIEWERS; i++) {
		pause_viewer(stream, i, true);
		fo_stream_burst(stream, i + 1);
		ASSERT_TRUE(fo_stream_idle(stream));
		pause_viewer(stream, i, false);
		paused += i + 1;
	}
	for (n = 0; n < 3; n++) {
		fo_stream_burst(stream, 40);
		ASSERT_TRUE(fo_stream_idle(stream));
	}
	packets = (__u16)(stream->next - stream->first) * VIEWERS - paused;
	ASSERT_EQ(0, fo_info(stream->relay.fd, &self->info));
	EXPECT_EQ(packets, self->info.tx_packets);
	EXPECT_EQ(0, self->info.switching);
	ASSERT_TRUE(fo_stream_seen(stream, packets));
	for (i = 0; i < VIEWERS; i++) {
		EXPECT_EQ((__u16)(stream->next - 1), stream->flow[i].sent);
		EXPECT_EQ((__u16)(stream->next - 1 - (i + 1)),
			  stream->flow[i].number);
	}
}

/* What came with another TTL leaves with another one, in one burst as well. */
TEST_F(gso, ttl)
{
	static const int ttl[] = { 64, 64, 64, 32, 32, 64, 8, 8, 8, 8 };
	struct fo_stream *stream = &self->stream;
	unsigned int i, sent = 4 * ARRAY_SIZE(ttl);
	struct fo_dgram dgram;

	stream->size = fo_equal;
	for (i = 0; i < sent; i++) {
		fo_set_int(stream->relay.source, IPPROTO_IP, IP_TTL,
			   ttl[i % ARRAY_SIZE(ttl)]);
		fo_stream_burst(stream, 1);
	}
	for (i = 0; i < sent * VIEWERS; i++) {
		ASSERT_TRUE(fo_wire_next(wire, &dgram));
		ASSERT_TRUE(fo_stream_judge(stream, &dgram));
		/* the relay is one hop, the router behind it another */
		ASSERT_EQ(ttl[fo_stream_sent(stream, &dgram) %
			      ARRAY_SIZE(ttl)] - 2, dgram.ttl);
	}
}

int main(int argc, char **argv)
{
	fo_netns();
	peer = fo_peer();
	wire = fo_wire(fo_far(peer), "q1");
	add_vlan();
	return test_harness_run(argc, argv);
}
