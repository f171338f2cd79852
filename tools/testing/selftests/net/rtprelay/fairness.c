// SPDX-License-Identifier: GPL-2.0
/*
 * More than the device takes, or than a thread can do: everybody gets his share,
 * wherever he stands in the walk, and each fan-out; and nobody always stands where
 * he does.
 */
#include <sched.h>
#include <stdlib.h>

#include "fanout_wire.h"
#include "kselftest_harness.h"

#define VIEWERS	24

/* How often it is looked whether all have their shares. */
#define TIMES	4

/* How often everybody is the first. */
#define TURNS	4

/* Copies of a fan-out for which another may have to wait. */
#define MOST_ON_END	2000

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

/* Sends until viewers were sent so many more in the mean. Returns how many
 * datagrams that took.
 */
static unsigned int send_more(struct fo_stream *stream, unsigned int packets,
			      struct rtp_fanout_info *info)
{
	__u64 until = info->tx_packets + packets * VIEWERS;
	unsigned int count = 0;

	do {
		fo_stream_burst(stream, 1);
		count++;
		if (!fo_stream_idle(stream) || fo_info(stream->relay.fd, info))
			fo_fatal("overload");
	} while (info->tx_packets < until);

	return count;
}

/* A machine that checks everything takes its time. Turns make up for what one
 * has more than another in a while: it becomes less of all that they got, and
 * what is unjust stays.
 */
TEST_F_TIMEOUT(overload, shares, 300)
{
	unsigned int i, n, count = 0, least = 0, most = 0;
	struct fo_stream *stream = &self->stream;
	struct rtp_fanout_dest_info found;
	struct rtp_fanout_info info = {};
	struct rtp_fanout_dest dest;
	__u64 seen = 0;

	for (n = 0; n < TIMES; n++) {
		count += send_more(stream, variant->packets, &info);
		if (info.tx_dropped < info.tx_packets / 10)
			SKIP(return, "too slow a machine to overload the device");
		ASSERT_EQ(count * VIEWERS, info.tx_packets + info.tx_dropped);

		/* what the relay says that it sent has passed */
		ASSERT_TRUE(fo_stream_seen(stream, info.tx_packets - seen));
		seen = info.tx_packets;
		least = ~0U;
		most = 0;
		for (i = 0; i < VIEWERS; i++) {
			if (stream->flow[i].count < least)
				least = stream->flow[i].count;
			if (stream->flow[i].count > most)
				most = stream->flow[i].count;
		}
		TH_LOG("of %u: %u to %u, in the mean %llu", count, least, most,
		       seen / VIEWERS);
		if (variant->share * seen <= 100 * VIEWERS * least)
			break;
	}
	EXPECT_LE(variant->share * seen, 100 * VIEWERS * least);

	for (i = 0; i < VIEWERS; i++) {
		fo_stream_dest(stream, i, &dest);
		ASSERT_EQ(0, fo_find(stream->relay.fd, &dest, &found));
		EXPECT_EQ(found.packets, stream->flow[i].count);
		EXPECT_EQ(count, found.packets + found.dropped_inflight +
			  found.dropped_output);
	}
}

/* What a queue on the way loses is the last copies of many that leave at once, of
 * which this host knows nothing: who is the first is another one each time.
 */
TEST(turns)
{
	unsigned int i, n, first, turns[VIEWERS] = {};
	struct fo_stream stream;

	fo_stream(&stream, FO_IPV4, wire, VIEWERS);
	fo_stream_view(&stream);
	for (n = 0; n < TURNS * VIEWERS; n++) {
		fo_stream_burst(&stream, 1);
		ASSERT_TRUE(fo_stream_seen(&stream, VIEWERS));
		for (first = 0, i = 1; i < VIEWERS; i++)
			if (stream.flow[i].ns < stream.flow[first].ns)
				first = i;
		turns[first]++;
	}
	/* a thread that changes processors meanwhile is overtaken by itself */
	for (i = 0; i < VIEWERS; i++) {
		EXPECT_LT(0, turns[i]);
		EXPECT_GT(2 * TURNS, turns[i]);
	}
}

FIXTURE(thread)
{
	struct fo_stream stream[2];
	int tap;
};

FIXTURE_VARIANT(thread)
{
	unsigned int viewers[2];
	unsigned int sent[2];	/* datagrams that wait when the thread begins */
	unsigned int share;	/* of the copies, that either gets, percent */
};

/* To receive a datagram is as much work as to send it on to one. */
FIXTURE_VARIANT_ADD(thread, one_and_many)
{
	.viewers = { 1, 500 },
	.sent = { 1200, 6 },
	.share = 25,
};

FIXTURE_VARIANT_ADD(thread, few_and_many)
{
	.viewers = { 50, 500 },
	.sent = { 48, 6 },
	.share = 35,
};

FIXTURE_VARIANT_ADD(thread, as_many)
{
	.viewers = { 500, 500 },
	.sent = { 6, 6 },
	.share = 35,
};

/* The stream of the second fan-out. */
static void other_ports(struct fo_relay *relay)
{
	union fo_sockaddr ss;

	close(relay->fd);
	close(relay->source);
	relay->fd = fo_udp(AF_INET, FO_HOST_ANY, FO_RELAY_PORT + 1);
	relay->source = fo_udp(AF_INET, FO_HOST_SOURCE, FO_SOURCE_PORT + 1);
	fo_sockaddr(&ss, AF_INET, FO_HOST_RELAY, FO_RELAY_PORT + 1);
	if (connect(relay->source, &ss.sa, sizeof(ss)))
		fo_fatal("connect");
	fo_addr(&relay->cfg.source, AF_INET, FO_HOST_SOURCE,
		FO_SOURCE_PORT + 1);
	fo_set_int(relay->fd, SOL_SOCKET, SO_RCVBUFFORCE, 1 << 24);
	fo_set_int(relay->fd, SOL_SOCKET, SO_SNDBUFFORCE, 1 << 24);
}

/* One CPU, and so one thread that sends for both, to a device that takes all. */
FIXTURE_SETUP(thread)
{
	unsigned int i;

	if (sysconf(_SC_NPROCESSORS_ONLN) > 2 || access(FO_CPU1, W_OK))
		SKIP(return, "not two CPUs of which one can be taken away");
	fo_write(FO_CPU1, "0");
	fo_netns();
	fo_dummy();
	fo_features("d0", fo_offloads, false);
	self->tap = fo_tap("d0", true);
	fo_stream(&self->stream[1], FO_IPV4, -1, variant->viewers[1]);
	other_ports(&self->stream[1].relay);
	fo_stream(&self->stream[0], FO_IPV4, -1, variant->viewers[0]);
	for (i = 0; i < 2; i++)
		fo_stream_view(&self->stream[i]);
}

FIXTURE_TEARDOWN(thread)
{
	fo_cpu1_back();
}

/* The fan-out that sent the next copy, in the order in which they left. */
static int tap_next(int tap)
{
	__u8 head[24];
	__u16 port;

	do {
		if (recv(tap, head, sizeof(head), MSG_DONTWAIT) < 0)
			return -1;
		port = head[20] << 8 | head[21];
	} while (port != FO_RELAY_PORT && port != FO_RELAY_PORT + 1);
	return port - FO_RELAY_PORT;
}

/* Until one of two fan-outs is done, both have sent as much, and neither waited
 * long for the other.
 */
TEST_F_TIMEOUT(thread, shares, 300)
{
	unsigned int count[2] = {}, run = 0, longest = 0;
	unsigned int i, n, packets[2];
	int who, last = -1;

	/* the thread does not run before all is there */
	fo_schedule(0, SCHED_FIFO, 1);
	for (i = 0; i < 2; i++) {
		for (n = variant->sent[i]; n; n -= n < 64 ? n : 64)
			fo_stream_super(&self->stream[i], n < 64 ? n : 64);
		packets[i] = variant->sent[i] * variant->viewers[i];
	}
	fo_schedule(0, SCHED_OTHER, 0);
	/* a machine that checks everything takes its time */
	for (i = 0; i < 2; i++) {
		for (n = 0; n < 9 && !fo_stream_idle(&self->stream[i]); n++)
			;
		EXPECT_GT(9, n);
	}

	while (count[0] < packets[0] && count[1] < packets[1]) {
		who = tap_next(self->tap);
		ASSERT_LE(0, who);
		count[who]++;
		run = who == last ? run + 1 : 1;
		last = who;
		if (run > longest)
			longest = run;
	}
	TH_LOG("%u of %u and %u of %u, at most %u on end", count[0],
	       packets[0], count[1], packets[1], longest);
	for (i = 0; i < 2; i++)
		EXPECT_LE(variant->share * (count[0] + count[1]),
			  100 * count[i]);
	EXPECT_GT(MOST_ON_END, longest);
}

int main(int argc, char **argv)
{
	atexit(fo_cpu1_back);
	fo_netns();
	wire = fo_wire(fo_far(fo_peer()), "q1");
	return test_harness_run(argc, argv);
}
