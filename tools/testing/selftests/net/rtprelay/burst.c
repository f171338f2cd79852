// SPDX-License-Identifier: GPL-2.0
/*
 * An intra frame comes at once: with the SO_RCVBUF that the documentation says
 * nothing of it is lost, however many destinations there are.
 */
#include <stdio.h>

#include "fanout_wire.h"
#include "kselftest_harness.h"

#define VIEWERS		1000
#define DATAGRAMS	200
#define SIZE		1188

/* As the documentation reckons: 212,992 bytes for 140 datagrams. */
#define RCVBUF		(DATAGRAMS * 212992 / 140)

static size_t large(__u16 seq)
{
	return SIZE;
}

TEST(intra_frame)
{
	struct rtp_fanout_info info;
	struct fo_stream stream;
	int i;

	fo_dummy();
	fo_sh("tc qdisc add dev d0 root pfifo limit 1000000");
	fo_stream(&stream, FO_IPV4, -1, VIEWERS);
	stream.size = large;
	fo_stream_view(&stream);
	/* the kernel doubles what it is asked for */
	fo_set_int(stream.relay.fd, SOL_SOCKET, SO_RCVBUFFORCE, RCVBUF / 2);

	for (i = 0; i < DATAGRAMS; i += 50)
		fo_stream_super(&stream, 50);
	EXPECT_TRUE(fo_stream_idle(&stream));
	ASSERT_EQ(0, fo_info(stream.relay.fd, &info));
	EXPECT_EQ(DATAGRAMS, info.rx_packets);
	EXPECT_EQ(0, info.rx_dropped_queue);
	EXPECT_EQ(DATAGRAMS * VIEWERS, info.tx_packets);
	EXPECT_EQ(0, info.tx_dropped);
	EXPECT_EQ(DATAGRAMS * VIEWERS, fo_qdisc("d0", "packets"));
}

int main(int argc, char **argv)
{
	fo_netns();
	return test_harness_run(argc, argv);
}
