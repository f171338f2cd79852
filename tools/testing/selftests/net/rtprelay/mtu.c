// SPDX-License-Identifier: GPL-2.0
/*
 * Bursts on a path whose MTU is less than that of the way out, and on one whose
 * MTU changes: what the socket's policy lets through arrives complete.
 */
#include <fcntl.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>

#include "fanout_wire.h"
#include "kselftest_harness.h"

#define VIEWERS	2
#define BURST	16	/* divides 2^16 */
#define SMALL	800
#define LARGE	1300
#define MTU	1280	/* the least that IPv6 allows; LARGE is more */

/* The network namespaces of the router and of the viewers. */
static int peer, far;

FIXTURE(mtu)
{
	struct fo_stream stream;
	int viewer[VIEWERS];
};

FIXTURE_VARIANT(mtu)
{
	int ipv4, ipv6;		/* policies, of either family */
	bool fragments;		/* what is too large */
	bool learns;		/* from the router, what that is */
};

/* The router fragments; it does not do so for IPv6. */
FIXTURE_VARIANT_ADD(mtu, dont)
{
	.ipv4 = IP_PMTUDISC_DONT,
	.ipv6 = IPV6_PMTUDISC_DONT,
	.fragments = true,
	.learns = true,
};

FIXTURE_VARIANT_ADD(mtu, want)
{
	.ipv4 = IP_PMTUDISC_WANT,
	.ipv6 = IPV6_PMTUDISC_WANT,
	.fragments = true,
	.learns = true,
};

FIXTURE_VARIANT_ADD(mtu, always)
{
	.ipv4 = IP_PMTUDISC_DO,
	.ipv6 = IPV6_PMTUDISC_DO,
	.learns = true,
};

FIXTURE_VARIANT_ADD(mtu, probe)
{
	.ipv4 = IP_PMTUDISC_PROBE,
	.ipv6 = IPV6_PMTUDISC_PROBE,
};

static size_t large(__u16 seq)
{
	return LARGE;
}

/* The small ones first: one behind the large ones would be the short last of a
 * large packet, and lost with it where a router takes that as a whole.
 */
static size_t mixed(__u16 seq)
{
	return seq % BURST < BURST / 2 ? SMALL : LARGE;
}

FIXTURE_SETUP(mtu)
{
	struct fo_stream *stream = &self->stream;
	struct rtp_fanout_dest dest;
	union fo_sockaddr ss;
	int back, i;

	/* what was learnt before */
	fo_sh("ip route flush cache && ip -6 route flush cache");
	fo_stream(stream, FO_DUAL, -1, VIEWERS);
	fo_set_int(stream->relay.fd, IPPROTO_IP, IP_MTU_DISCOVER,
		   variant->ipv4);
	fo_set_int(stream->relay.fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER,
		   variant->ipv6);
	fo_stream_view(stream);
	back = fo_enter(far);
	for (i = 0; i < VIEWERS; i++) {
		fo_stream_dest(stream, i, &dest);
		fo_native(&ss, &dest.addr);
		self->viewer[i] = socket(ss.sa.sa_family, SOCK_DGRAM, 0);
		ASSERT_LE(0, self->viewer[i]);
		fo_set_int(self->viewer[i], SOL_SOCKET, SO_RCVBUFFORCE,
			   1 << 22);
		/* there is a route for these addresses, no interface's */
		if (ss.sa.sa_family == AF_INET)
			fo_set_int(self->viewer[i], IPPROTO_IP, IP_FREEBIND, 1);
		else
			fo_set_int(self->viewer[i], IPPROTO_IPV6,
				   IPV6_FREEBIND, 1);
		ASSERT_EQ(0, bind(self->viewer[i], &ss.sa, sizeof(ss)));
	}
	fo_leave(back);
}

FIXTURE_TEARDOWN(mtu)
{
}

static void set_mtu(int netns, const char *device, int mtu)
{
	struct ifreq ifr = { .ifr_mtu = mtu };
	int back, fd;

	back = fo_enter(netns);
	strcpy(ifr.ifr_name, device);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (ioctl(fd, SIOCSIFMTU, &ifr))
		fo_fatal("SIOCSIFMTU");
	close(fd);
	fo_leave(back);
}

/* Reads what a viewer got; returns false if it was not what it had to be. */
static bool viewed(struct fo_stream *stream, int viewer, unsigned int i)
{
	__u8 buf[FO_MTU];
	struct fo_dgram dgram = { .intact = true, .data = buf };
	struct rtp_fanout_dest dest;
	bool right = true;
	ssize_t len;

	fo_stream_dest(stream, i, &dest);
	dgram.to = dest.addr;
	while ((len = recv(viewer, buf, sizeof(buf), MSG_DONTWAIT)) > 0) {
		dgram.len = len;
		right &= fo_stream_judge(stream, &dgram);
	}
	return right;
}

/* Sent until the sender knows what is too large. */
static bool learnt(struct _test_data_mtu *self, bool fragments)
{
	struct fo_stream *stream = &self->stream;
	struct rtp_fanout_dest_info found;
	struct rtp_fanout_dest dest;
	unsigned int i, known = 0;

	fo_stream_burst(stream, 1);
	if (!fo_stream_idle(stream))
		return false;
	for (i = 0; i < VIEWERS; i++) {
		fo_stream_dest(stream, i, &dest);
		if (!viewed(stream, self->viewer[i], i) ||
		    fo_find(stream->relay.fd, &dest, &found))
			return false;
		if (fragments)
			known += stream->flow[i].count &&
				 stream->flow[i].sent ==
				 (__u16)(stream->next - 1);
		else
			known += !!found.dropped_mtu;
	}
	return known == VIEWERS;
}

/* From here on each burst is small ones, then large ones. */
static void begin(struct fo_stream *stream)
{
	stream->size = mixed;
	stream->next += BURST - stream->next % BURST;
	fo_stream_anew(stream);
}

/* What is too large only the router knows, at first. */
TEST_F(mtu, router)
{
	struct fo_stream *stream = &self->stream;
	struct fo_flow *flow = stream->flow;
	struct rtp_fanout_info before, info;
	unsigned int i, n, bursts = 4;
	__u16 last;

	set_mtu(peer, "p1", MTU);
	fo_stream_rule(stream, FO_FLOW_LOSSY);
	stream->size = large;
	if (variant->learns)
		ASSERT_TRUE(FO_WAIT(learnt(self, variant->fragments)));

	begin(stream);
	ASSERT_EQ(0, fo_info(stream->relay.fd, &before));
	for (n = 0; n < bursts; n++) {
		fo_stream_burst(stream, BURST);
		ASSERT_TRUE(fo_stream_idle(stream));
	}
	for (i = 0; i < VIEWERS; i++) {
		n = variant->fragments ? BURST * bursts : BURST * bursts / 2;
		EXPECT_TRUE(FO_WAIT(!viewed(stream, self->viewer[i], i) ||
				    flow[i].count >= n));
		EXPECT_EQ(n, flow[i].count);
		last = stream->next - 1 - (variant->fragments ? 0 : BURST / 2);
		EXPECT_EQ(last, flow[i].sent);
	}
	ASSERT_EQ(0, fo_info(stream->relay.fd, &info));
	n = variant->fragments || !variant->learns ? 0 : bursts * BURST / 2;
	EXPECT_EQ(n * VIEWERS, info.tx_dropped - before.tx_dropped);
	set_mtu(peer, "p1", 1500);
}

/* The MTU of the way out changes while a stream flows. */
TEST_F(mtu, changes)
{
	struct fo_stream *stream = &self->stream;
	int here, i, n, bursts = 20;

	begin(stream);
	if (variant->ipv4 != IP_PMTUDISC_DONT)
		fo_stream_rule(stream, FO_FLOW_LOSSY);
	here = open("/proc/self/ns/net", O_RDONLY);
	for (n = 0; n < bursts; n++) {
		fo_stream_burst(stream, BURST);
		set_mtu(here, "v0", n % 2 ? 1500 : MTU);
	}
	fo_stream_burst(stream, 1);
	ASSERT_TRUE(fo_stream_idle(stream));
	for (i = 0; i < VIEWERS; i++) {
		EXPECT_TRUE(FO_WAIT(!viewed(stream, self->viewer[i], i) ||
				    stream->flow[i].sent ==
				    (__u16)(stream->next - 1)));
		if (variant->ipv4 == IP_PMTUDISC_DONT)
			EXPECT_EQ(bursts * BURST + 1,
				  stream->flow[i].count);
	}
	set_mtu(here, "v0", 1500);
}

int main(int argc, char **argv)
{
	fo_netns();
	peer = fo_peer();
	far = fo_far(peer);
	fo_far_sockets(peer);
	return test_harness_run(argc, argv);
}
