// SPDX-License-Identifier: GPL-2.0
/*
 * Access units come at once and leave spread: what a link with a shallow buffer
 * carries on the average arrives. A test machine can be held up, so that of
 * times the order of magnitude is judged, and not of each of them; and what is
 * late for such a cause is tried again, while what is wrong stays so.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "fanout_wire.h"
#include "kselftest_harness.h"

/* Datagrams of an access unit, and the time from one to the next: what is more
 * than 100 ms counts as that.
 */
#define UNIT		12
#define INTERVAL_NS	100000000ULL
#define UNITS		8
/* The first ones tell the relay what these are. */
#define LEARN		3

#define VIEWERS		40
#define PERCENT		80
#define GROUP		4
/* What a machine that is held up may spoil, one after the other. */
#define TRIES		12
/* Bytes of a datagram on the link, with a payload of 100. */
#define FRAME		(14 + 20 + 8 + 12 + 100)

static int wire;

FIXTURE(pacing)
{
	struct fo_stream stream;
	struct rtp_fanout_info info;
	__u64 next;
};

FIXTURE_SETUP(pacing)
{
	self->next = 0;
}

FIXTURE_TEARDOWN(pacing)
{
}

static void begin(struct _test_data_pacing *self, int at,
		  unsigned int viewers, unsigned int percent)
{
	struct fo_stream *stream = &self->stream;

	fo_stream(stream, FO_IPV4, at, viewers);
	stream->unit = UNIT;
	stream->relay.cfg.pace_percent = percent;
	stream->relay.cfg.pace_burst = percent ? GROUP : 0;
	fo_stream_rule(stream, FO_FLOW_LOSSY);
	fo_stream_view(stream);
}

/* An access unit when its time has come. */
static void units(struct _test_data_pacing *self, unsigned int count)
{
	struct timespec ts;

	while (count--) {
		if (!self->next) {
			clock_gettime(CLOCK_MONOTONIC, &ts);
			self->next = ts.tv_sec * 1000000000ULL + ts.tv_nsec;
		}
		ts.tv_sec = self->next / 1000000000;
		ts.tv_nsec = self->next % 1000000000;
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
		fo_stream_burst(&self->stream, UNIT);
		self->next += INTERVAL_NS;
	}
}

/* Copies dropped of some access units, on a link half as fast again as these
 * need on the average, which holds a half of one.
 */
static unsigned int dropped(struct _test_data_pacing *self)
{
	struct fo_stream *stream = &self->stream;
	const unsigned int bytes = UNIT * VIEWERS * FRAME;
	char line[128];
	__u64 before;

	units(self, LEARN);
	snprintf(line, sizeof(line),
		 "tc qdisc add dev v0 root tbf rate %llubit burst 2k limit %u",
		 bytes * 8 * 1500000000ULL / INTERVAL_NS, bytes / 2);
	fo_sh(line);
	fo_info(stream->relay.fd, &self->info);
	before = self->info.tx_dropped;
	self->next = 0;
	units(self, UNITS);
	if (!fo_stream_idle(stream))
		fo_fatal("idle");
	fo_info(stream->relay.fd, &self->info);
	fo_sh("tc qdisc del dev v0 root");
	return self->info.tx_dropped - before;
}

/* Whether the machine sends an access unit as fast as these times ask for. */
static bool fast(struct _test_data_pacing *self)
{
	struct fo_stream *stream = &self->stream;
	struct timespec ts;
	__u64 took = 0;
	int i;

	begin(self, wire, VIEWERS, 0);
	/* once to find the routes */
	for (i = 0; i < 2; i++) {
		clock_gettime(CLOCK_MONOTONIC, &ts);
		took = -(ts.tv_sec * 1000000000ULL + ts.tv_nsec);
		fo_stream_burst(stream, UNIT);
		if (!fo_stream_seen(stream, UNIT * VIEWERS))
			fo_fatal("unit");
		clock_gettime(CLOCK_MONOTONIC, &ts);
		took += ts.tv_sec * 1000000000ULL + ts.tv_nsec;
	}
	close(stream->relay.fd);
	close(stream->relay.source);
	return took < INTERVAL_NS / 3;
}

/* What the thesis lost, since all copies left at once. */
TEST_F(pacing, without)
{
	unsigned int lost, tries = 0;

	if (!fast(self))
		SKIP(return, "too slow a machine");
	begin(self, wire, VIEWERS, 0);
	do {
		lost = dropped(self);
		TH_LOG("%u of %u lost", lost, UNITS * UNIT * VIEWERS);
	} while (lost <= UNITS * UNIT * VIEWERS / 5 && ++tries < TRIES);
	EXPECT_LT(UNITS * UNIT * VIEWERS / 5, lost);
}

TEST_F(pacing, with)
{
	struct fo_stream *stream = &self->stream;
	unsigned int lost, tries = 0;

	if (!fast(self))
		SKIP(return, "too slow a machine");
	begin(self, wire, VIEWERS, PERCENT);
	/* who is held up for long has lost his time to spread anything */
	do {
		lost = dropped(self);
		TH_LOG("%u of %u lost", lost, UNITS * UNIT * VIEWERS);
	} while (lost && ++tries < TRIES);
	EXPECT_EQ(0, lost);
	EXPECT_EQ(0, self->info.rx_lost);
	EXPECT_TRUE(fo_stream_seen(stream, self->info.tx_packets));
}

/* Sends some access units; whether no viewer got more at once than allowed, and
 * they had it one by one. Who is held up now and then is so for less than one
 * in four.
 */
static bool spread(struct _test_data_pacing *self)
{
	const __u64 share = INTERVAL_NS * PERCENT / 100 * GROUP / UNIT;
	/* the last group of an access unit has none behind it */
	const unsigned int groups = UNITS * UNIT / GROUP;
	const unsigned int pairs = (groups - UNITS) * VIEWERS;
	static __u64 seen[UNITS * UNIT][VIEWERS];
	struct fo_stream *stream = &self->stream;
	unsigned int i, v, apart = 0, wide = 0, even = 0;
	__u64 first, last, middle;
	struct fo_dgram dgram;

	fo_stream_anew(stream);
	self->next = 0;
	units(self, UNITS);
	if (!fo_stream_idle(stream))
		fo_fatal("idle");
	for (i = 0; i < UNITS * UNIT * VIEWERS; i++) {
		/* who captures is held up as well */
		if (!fo_wire_next(wire, &dgram))
			return false;
		if (!fo_stream_judge(stream, &dgram))
			fo_fatal("copy");
		seen[fo_stream_sent(stream, &dgram)][dgram.to.addr[3] - 1] =
			dgram.ns;
	}

	for (i = 0; i < UNITS * UNIT; i += GROUP) {
		first = ~0ULL;
		last = 0;
		middle = 0;
		for (v = 0; v < VIEWERS; v++) {
			if (seen[i][v] < first)
				first = seen[i][v];
			if (seen[i][v] > last)
				last = seen[i][v];
			if (i % UNIT && seen[i][v] - seen[i - 1][v] > share / 4)
				apart++;
		}
		for (v = 0; v < VIEWERS; v++)
			middle += seen[i][v] > first + (last - first) / 4 &&
				  seen[i][v] < last - (last - first) / 4;
		wide += last - first > share / 2;
		even += middle > VIEWERS / 4;
	}
	fprintf(stderr, "# of %u groups: %u and %u, of %u pairs: %u\n",
		groups, wide, even, pairs, apart);
	return 4 * apart >= 3 * pairs && 4 * wide >= 3 * groups &&
	       4 * even >= 3 * groups;
}

TEST_F(pacing, spread)
{
	struct fo_stream *stream = &self->stream;
	unsigned int tries = 0;
	bool done;

	if (!fast(self))
		SKIP(return, "too slow a machine");
	begin(self, wire, VIEWERS, PERCENT);
	units(self, LEARN);
	ASSERT_TRUE(fo_stream_idle(stream));
	ASSERT_TRUE(fo_stream_seen(stream, LEARN * UNIT * VIEWERS));
	do {
		done = spread(self);
	} while (!done && ++tries < TRIES);
	EXPECT_TRUE(done);
}

/* fq holds 10,000 packets, 100 of a flow, and none whose time is far off: it
 * drops nothing of what is paced for a thousand.
 */
TEST_F_TIMEOUT(pacing, fq, 200)
{
	const unsigned int viewers = 1000;

	fo_dummy();
	fo_sh("tc qdisc add dev d0 root fq");
	begin(self, -1, viewers, PERCENT);
	units(self, LEARN + 2);
	EXPECT_TRUE(fo_stream_idle(&self->stream));
	ASSERT_EQ(0, fo_info(self->stream.relay.fd, &self->info));
	EXPECT_EQ((LEARN + 2) * UNIT * viewers, self->info.tx_packets);
	EXPECT_EQ(0, self->info.tx_dropped);
	EXPECT_TRUE(FO_WAIT(fo_qdisc("d0", "packets") ==
			    self->info.tx_packets));
	EXPECT_EQ(0, fo_qdisc("d0", "drops"));
	fo_ip("link del d0\n"
	      "route add 10.1.0.0/16 via " FO_PEER_THEIRS "\n");
}

int main(int argc, char **argv)
{
	fo_netns();
	wire = fo_wire(fo_far(fo_peer()), "q1");
	return test_harness_run(argc, argv);
}
