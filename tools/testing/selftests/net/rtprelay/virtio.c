// SPDX-License-Identifier: GPL-2.0
/*
 * Copies that leave by a virtio-net device and come in by another: whole, in
 * order and with right checksums, whatever the devices do themselves.
 */
#include "fanout_wire.h"
#include "kselftest_harness.h"

#define VIEWERS	4

/* The network namespace behind the device, and who looks further behind it. */
static int peer, wire;

FIXTURE(virtio)
{
	struct fo_stream stream;
};

FIXTURE_VARIANT(virtio)
{
	enum fo_net net;
	unsigned int from;	/* the first of fo_offloads that the device has */
};

FIXTURE_VARIANT_ADD(virtio, udp_segmentation)
{
	.net = FO_DUAL,
	.from = 0,
};

/* The stack cuts, the device has the parts gathered and their checksums made. */
FIXTURE_VARIANT_ADD(virtio, no_udp_segmentation)
{
	.net = FO_DUAL,
	.from = 1,
};

FIXTURE_VARIANT_ADD(virtio, no_udp_segmentation_ipv4)
{
	.net = FO_IPV4,
	.from = 1,
};

FIXTURE_VARIANT_ADD(virtio, no_scatter_gather)
{
	.net = FO_DUAL,
	.from = 3,
};

FIXTURE_VARIANT_ADD(virtio, no_checksum)
{
	.net = FO_DUAL,
	.from = FO_OFFLOADS,
};

FIXTURE_VARIANT_ADD(virtio, no_checksum_ipv4)
{
	.net = FO_IPV4,
	.from = FO_OFFLOADS,
};

FIXTURE_SETUP(virtio)
{
	if (peer < 0)
		SKIP(return, "no two joined virtio-net devices that nobody uses");
	if (!fo_offload("v0", variant->from))
		SKIP(return, "the device cannot do %s",
		     fo_offloads[variant->from]);
	fo_stream(&self->stream, variant->net, wire, VIEWERS);
	fo_stream_view(&self->stream);
}

FIXTURE_TEARDOWN(virtio)
{
}

/* All viewers got all of it, and nothing is under way. */
static void arrived(struct __test_metadata *_metadata,
		    struct fo_stream *stream, unsigned int count)
{
	EXPECT_TRUE(fo_stream_idle(stream));
	EXPECT_TRUE(fo_stream_seen(stream, count * VIEWERS));
}

TEST_F(virtio, equal)
{
	struct fo_stream *stream = &self->stream;
	struct rtp_fanout_info info;
	unsigned int n;

	stream->size = fo_equal;
	for (n = 2; n <= 48; n += 23) {
		fo_stream_super(stream, n);
		arrived(_metadata, stream, n);
	}
	ASSERT_EQ(0, fo_info(stream->relay.fd, &info));
	EXPECT_EQ(0, info.tx_dropped);
	/* a device that gathers is worth large packets */
	EXPECT_EQ(variant->from <= 1, info.tx_packets > 2 * info.tx_sends);
}

TEST_F(virtio, units)
{
	struct fo_stream *stream = &self->stream;
	unsigned int n;

	stream->size = fo_units;
	/* for all viewers fewer than a ring of 256 has room for: what waits
	 * before the device may change places there
	 */
	for (n = 10; n <= 46; n += 18) {
		fo_stream_burst(stream, n);
		arrived(_metadata, stream, n);
	}
}

/* Numbers that nobody else has, in headers of his own before shared payloads. */
TEST_F(virtio, private)
{
	struct fo_stream *stream = &self->stream;
	struct rtp_fanout_dest dest;
	unsigned int n;

	stream->size = fo_equal;
	fo_stream_rule(stream, FO_FLOW_SWITCHED);
	fo_stream_super(stream, 2);
	arrived(_metadata, stream, 2);
	fo_stream_dest(stream, 1, &dest);
	dest.cap.flags = RTP_FANOUT_CAP_PAUSE;
	ASSERT_EQ(0, fo_set(stream->relay.fd, RTP_FANOUT_SET,
			    RTP_FANOUT_SET_CAP, &dest, 1, sizeof(dest)));
	fo_stream_super(stream, 3);
	EXPECT_TRUE(fo_stream_idle(stream));
	EXPECT_TRUE(fo_stream_seen(stream, 3 * (VIEWERS - 1)));
	dest.cap.flags = 0;
	ASSERT_EQ(0, fo_set(stream->relay.fd, RTP_FANOUT_SET,
			    RTP_FANOUT_SET_CAP, &dest, 1, sizeof(dest)));
	for (n = 0; n < 2; n++) {
		fo_stream_super(stream, 40);
		arrived(_metadata, stream, 40);
	}
	EXPECT_EQ((__u16)(stream->next - 1 - 3), stream->flow[1].number);
}

int main(int argc, char **argv)
{
	fo_netns();
	peer = fo_peer_cards("virtio_net");
	if (peer >= 0)
		wire = fo_wire(fo_far(peer), "q1");
	return test_harness_run(argc, argv);
}
