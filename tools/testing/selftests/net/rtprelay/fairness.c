// SPDX-License-Identifier: GPL-2.0
/*
 * More than the device takes: everybody gets his share, wherever he stands in the
 * walk.
 */
#include <stdlib.h>

#include "fanout_wire.h"
#include "kselftest_harness.h"

#define VIEWERS	24

static int wire;

FIXTURE(overload)
{
	struct fo_stream stream;
};

FIXTURE_VARIANT(overload)
{
	const char *qdisc;
	int sndbuf;
	unsigned int share;	/* of the mean, that everybody gets, percent */
	unsigned int packets;	/* the mean: so many that rounding is not 1% */
};

/* The device holds what SO_SNDBUF allows for longer than the relay waits: the
 * relay drops.
 */
FIXTURE_VARIANT_ADD(overload, in_flight)
{
	.qdisc = "netem slot 12ms packets 16 limit 100000",
	.sndbuf = 10000,
	.share = 99,
	.packets = 1000,
};

/* The device holds next to nothing: it drops, and who comes when it has room again
 * is its choice.
 */
FIXTURE_VARIANT_ADD(overload, device)
{
	.qdisc = "tbf rate 512kbit burst 2k limit 2k",
	.sndbuf = 1 << 20,
	.share = 90,
	.packets = 400,
};

static size_t tiny(__u16 seq)
{
	return 2;
}

FIXTURE_SETUP(overload)
{
	char line[128];

	snprintf(line, sizeof(line), "tc qdisc add dev v0 root %s",
		 variant->qdisc);
	fo_sh(line);
	fo_stream(&self->stream, FO_IPV4, wire, VIEWERS);
	fo_set_int(self->stream.relay.fd, SOL_SOCKET, SO_SNDBUFFORCE,
		   variant->sndbuf);
	self->stream.size = tiny;
	fo_stream_rule(&self->stream, FO_FLOW_LOSSY);
	fo_stream_view(&self->stream);
}

FIXTURE_TEARDOWN(overload)
{
	fo_sh("tc qdisc del dev v0 root");
}

/* A machine that checks everything takes its time. */
TEST_F_TIMEOUT(overload, shares, 300)
{
	unsigned int i, count, seen = 0, least = ~0U, most = 0;
	struct fo_stream *stream = &self->stream;
	struct rtp_fanout_dest_info found;
	struct rtp_fanout_info info = {};
	struct rtp_fanout_dest dest;

	while (info.tx_packets < variant->packets * VIEWERS) {
		fo_stream_burst(stream, 1);
		ASSERT_TRUE(fo_stream_idle(stream));
		ASSERT_EQ(0, fo_info(stream->relay.fd, &info));
	}
	if (info.tx_dropped < info.tx_packets / 10)
		SKIP(return, "too slow a machine to overload the device");
	count = (__u16)(stream->next - stream->first);
	EXPECT_EQ(count * VIEWERS, info.tx_packets + info.tx_dropped);

	/* what the relay says that it sent has passed */
	EXPECT_TRUE(fo_stream_seen(stream, info.tx_packets));
	for (i = 0; i < VIEWERS; i++) {
		fo_stream_dest(stream, i, &dest);
		ASSERT_EQ(0, fo_find(stream->relay.fd, &dest, &found));
		EXPECT_EQ(found.packets, stream->flow[i].count);
		EXPECT_EQ(count, found.packets + found.dropped_inflight +
			  found.dropped_output);
		seen += stream->flow[i].count;
		if (stream->flow[i].count < least)
			least = stream->flow[i].count;
		if (stream->flow[i].count > most)
			most = stream->flow[i].count;
	}
	TH_LOG("of %u: %u to %u, in the mean %u", count, least, most,
	       seen / VIEWERS);
	EXPECT_LE(variant->share * seen, 100 * VIEWERS * least);
}

int main(int argc, char **argv)
{
	fo_netns();
	wire = fo_wire(fo_far(fo_peer()), "q1");
	return test_harness_run(argc, argv);
}
