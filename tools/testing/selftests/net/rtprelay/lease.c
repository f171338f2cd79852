// SPDX-License-Identifier: GPL-2.0
/*
 * Leases: a destination that nobody renews stops, by time or by octets, with
 * and without a stream; it is told once, and what was counted stays.
 */
#include <poll.h>
#include <time.h>

#include "fanout_lib.h"
#include "kselftest_harness.h"

#define OCTETS	100	/* of a datagram: fo_send() */

FIXTURE(lease)
{
	struct fo_relay relay;
	struct rtp_fanout_dest_info found;
	struct rtp_fanout_dest dest[FO_VIEWERS];
	struct pollfd pfd;
	int fd;
};

FIXTURE_VARIANT(lease)
{
	enum fo_net net;
};

FIXTURE_VARIANT_ADD(lease, ipv4)
{
	.net = FO_IPV4,
};

FIXTURE_VARIANT_ADD(lease, ipv6)
{
	.net = FO_IPV6,
};

/* The stream flows to viewers without a lease. */
FIXTURE_SETUP(lease)
{
	struct rtp_fanout_event event;
	int i;

	fo_relay(&self->relay, variant->net);
	self->fd = self->relay.fd;
	self->pfd = (struct pollfd) { .fd = self->fd, .events = POLLPRI };
	for (i = 0; i < 2; i++) {
		fo_view(&self->relay, i, NULL);
		fo_viewer(&self->relay, i, &self->dest[i]);
	}
	fo_send(&self->relay, 0);
	ASSERT_EQ(0, fo_recv_seq(self->relay.viewer[0]));
	ASSERT_EQ(0, fo_recv_seq(self->relay.viewer[1]));
	ASSERT_EQ(1, fo_events(self->fd, &event, 1));
	ASSERT_EQ(RTP_FANOUT_EVENT_NEW_SSRC, event.events);
}

FIXTURE_TEARDOWN(lease)
{
}

/* Viewer 0 has it; viewer 1 never has one. */
static int set_lease(struct _test_data_lease *self, __u32 ms, __u64 octets)
{
	self->dest[0].lease_ms = ms;
	self->dest[0].lease_octets = octets;
	return fo_set(self->fd, RTP_FANOUT_SET, RTP_FANOUT_SET_LEASE,
		      self->dest, 1, sizeof(self->dest[0]));
}

/* Who comes last in a walk is another viewer each time: both had their turns. */
static bool is_walked(struct _test_data_lease *self)
{
	struct rtp_fanout_info info;

	return FO_WAIT(!fo_info(self->fd, &info) && !info.queue_bytes);
}

/* The stream goes on for viewer 1, and perhaps for viewer 0. */
static void send_one(struct __test_metadata *_metadata,
		     struct _test_data_lease *self, __u16 seq, bool leased)
{
	fo_send(&self->relay, seq);
	if (leased)
		EXPECT_EQ(seq, fo_recv_seq(self->relay.viewer[0]));
	EXPECT_EQ(seq, fo_recv_seq(self->relay.viewer[1]));
	EXPECT_TRUE(is_walked(self));
	if (!leased)
		EXPECT_TRUE(fo_quiet(self->relay.viewer[0]));
}

/* It is told of viewer 0, once. */
static void expect_told(struct __test_metadata *_metadata,
			struct _test_data_lease *self)
{
	struct rtp_fanout_event event;

	ASSERT_EQ(1, poll(&self->pfd, 1, 10000));
	ASSERT_EQ(1, fo_events(self->fd, &event, 1));
	EXPECT_EQ(self->dest[0].cookie, event.cookie);
	EXPECT_EQ(RTP_FANOUT_EVENT_LEASE_EXPIRED, event.events);
	EXPECT_EQ(0, event.error);
	EXPECT_EQ(0, poll(&self->pfd, 1, 0));

	ASSERT_EQ(0, fo_find(self->fd, self->dest, &self->found));
	EXPECT_EQ(RTP_FANOUT_STATE_EXPIRED, self->found.state);
	EXPECT_EQ(0, self->found.lease_ms);
	EXPECT_EQ(0, self->found.lease_octets);
}

TEST_F(lease, time)
{
	int i;

	ASSERT_EQ(0, set_lease(self, 30, 0));
	for (i = 1; !poll(&self->pfd, 1, 5) && i < 2000; i++) {
		fo_send(&self->relay, i);
		EXPECT_EQ(i, fo_recv_seq(self->relay.viewer[1]));
	}
	EXPECT_EQ(POLLPRI, self->pfd.revents);
	expect_told(_metadata, self);
	EXPECT_TRUE(is_walked(self));
	while (!fo_quiet(self->relay.viewer[0]))
		;
	send_one(_metadata, self, i, false);
	EXPECT_EQ(0, poll(&self->pfd, 1, 0));

	/* a new lease, and it is back */
	ASSERT_EQ(0, set_lease(self, 0, 0));
	ASSERT_EQ(0, fo_find(self->fd, self->dest, &self->found));
	EXPECT_EQ(RTP_FANOUT_STATE_ACTIVE, self->found.state);
	send_one(_metadata, self, i + 1, true);
}

/* So many octets from now on, whatever was sent before; counted, not timed. */
TEST_F(lease, octets)
{
	int i;

	ASSERT_EQ(0, set_lease(self, 0, 3 * OCTETS + 1));
	for (i = 1; i <= 4; i++) {
		ASSERT_EQ(0, fo_find(self->fd, self->dest, &self->found));
		EXPECT_EQ(RTP_FANOUT_STATE_ACTIVE, self->found.state);
		EXPECT_EQ((4 - i) * OCTETS + 1, self->found.lease_octets);
		EXPECT_EQ(0, self->found.lease_ms);
		send_one(_metadata, self, i, true);
		EXPECT_TRUE(FO_WAIT(!fo_find(self->fd, self->dest,
					     &self->found) &&
				    self->found.packets == i + 1U));
	}
	/* it says so before a datagram finds out */
	EXPECT_EQ(RTP_FANOUT_STATE_EXPIRED, self->found.state);
	EXPECT_EQ(0, self->found.lease_octets);
	send_one(_metadata, self, 5, false);
	expect_told(_metadata, self);
	EXPECT_EQ(5, self->found.packets);
	EXPECT_EQ(5 * OCTETS, self->found.octets);

	/* exactly so many, and what was before does not count */
	ASSERT_EQ(0, set_lease(self, 0, OCTETS));
	send_one(_metadata, self, 6, true);
	send_one(_metadata, self, 7, false);
	expect_told(_metadata, self);
	EXPECT_EQ(6, self->found.packets);
}

/* Whichever comes first. */
TEST_F(lease, both)
{
	ASSERT_EQ(0, set_lease(self, 3600000, OCTETS));
	ASSERT_EQ(0, fo_find(self->fd, self->dest, &self->found));
	EXPECT_EQ(OCTETS, self->found.lease_octets);
	EXPECT_LT(3000000, self->found.lease_ms);
	send_one(_metadata, self, 1, true);
	send_one(_metadata, self, 2, false);
	expect_told(_metadata, self);

	ASSERT_EQ(0, set_lease(self, 1, 1 << 30));
	expect_told(_metadata, self);
	send_one(_metadata, self, 3, false);

	/* the most that can be is not none, and does not end at once */
	ASSERT_EQ(0, set_lease(self, RTP_FANOUT_MAX_LEASE_MS,
			       RTP_FANOUT_MAX_LEASE_OCTETS));
	ASSERT_EQ(0, fo_find(self->fd, self->dest, &self->found));
	EXPECT_EQ(RTP_FANOUT_STATE_ACTIVE, self->found.state);
	EXPECT_EQ(RTP_FANOUT_MAX_LEASE_OCTETS, self->found.lease_octets);
	send_one(_metadata, self, 4, true);
}

/* No datagram comes: each end is told all the same, soon after. */
TEST_F(lease, idle)
{
	struct timespec before, now;
	long ms;
	int i;

	clock_gettime(CLOCK_MONOTONIC, &before);
	ASSERT_EQ(0, set_lease(self, 20, 0));
	expect_told(_metadata, self);
	/* one that was added with it, a later one, one that came earlier */
	ASSERT_EQ(0, fo_del(self->fd, self->dest, 1));
	self->dest[0].lease_ms = 1500;
	ASSERT_EQ(0, fo_add(self->fd, self->dest, 1));
	EXPECT_EQ(0, poll(&self->pfd, 1, 1200));
	expect_told(_metadata, self);
	ASSERT_EQ(0, set_lease(self, 3600000, 0));
	ASSERT_EQ(0, set_lease(self, 10, 0));
	expect_told(_metadata, self);
	clock_gettime(CLOCK_MONOTONIC, &now);
	ms = (now.tv_sec - before.tv_sec) * 1000 +
	     (now.tv_nsec - before.tv_nsec) / 1000000;
	EXPECT_GT(10000, ms);

	/* renewed again and again, it is not told */
	for (i = 0; i < 20; i++) {
		ASSERT_EQ(0, set_lease(self, 600, 0));
		EXPECT_EQ(0, poll(&self->pfd, 1, 100));
	}
	expect_told(_metadata, self);
}

/* Two of many, one after the other, with nothing sent. */
TEST_F(lease, idle_many)
{
	struct rtp_fanout_dest dest[200];
	struct rtp_fanout_event event[4];
	int i, told = 0;

	for (i = 0; i < 200; i++) {
		fo_dest(&dest[i], self->relay.family, FO_HOST_VIEWER,
			20000 + i);
		dest[i].cookie = i;
	}
	dest[150].lease_ms = 1300;
	dest[3].lease_ms = 10;
	dest[77].lease_octets = 1;
	ASSERT_EQ(0, fo_add(self->fd, dest, 200));
	while (told < 2) {
		ASSERT_EQ(1, poll(&self->pfd, 1, 10000));
		ASSERT_EQ(1, fo_events(self->fd, event, 4));
		EXPECT_EQ(told ? 150 : 3, event[0].cookie);
		told++;
	}
	EXPECT_EQ(0, poll(&self->pfd, 1, 1500));
}

/* A renewal takes back what was not read yet; a removal, too. */
TEST_F(lease, not_told)
{
	ASSERT_EQ(0, set_lease(self, 1, 0));
	ASSERT_EQ(1, poll(&self->pfd, 1, 10000));
	ASSERT_EQ(0, set_lease(self, 3600000, 0));
	EXPECT_EQ(0, poll(&self->pfd, 1, 0));

	ASSERT_EQ(0, set_lease(self, 1, 0));
	ASSERT_EQ(1, poll(&self->pfd, 1, 10000));
	ASSERT_EQ(0, fo_del(self->fd, self->dest, 1));
	EXPECT_EQ(0, poll(&self->pfd, 1, 0));
}

int main(int argc, char **argv)
{
	fo_netns();
	return test_harness_run(argc, argv);
}
