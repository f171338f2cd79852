// SPDX-License-Identifier: GPL-2.0
/*
 * RTP_FANOUT_SET_CAP: a destination's layers change where its decoder can
 * follow, and its numbers go on. The packets are made by hand.
 */
#include <errno.h>

#include "fanout_lib.h"
#include "h264_packets.h"
#include "kselftest_harness.h"

/* Bits of viewers. */
enum { A = 1, B = 2, C = 4, D = 8, EACH = 15 };

#define CAP(d, q, t)	((struct rtp_fanout_cap) {	\
	.did = (d), .qid = (q), .tid = (t),		\
})
#define CAP_ALL		CAP(7, 15, 7)
#define CAP_PAUSE	((struct rtp_fanout_cap) {	\
	.flags = RTP_FANOUT_CAP_PAUSE,			\
})

/* D is the one that gets everything, and sees that everything was there. */
FIXTURE(change)
{
	struct fo_audience audience;
	struct fo_relay *relay;
	struct rtp_fanout_info info;
};

FIXTURE_SETUP(change)
{
	self->relay = &self->audience.relay;
	fo_open(self->relay, FO_IPV4);
}

FIXTURE_TEARDOWN(change)
{
}

static void watch(struct _test_data_change *self, struct rtp_fanout_cap a,
		  struct rtp_fanout_cap b, struct rtp_fanout_cap c)
{
	const struct rtp_fanout_cap caps[] = { a, b, c, CAP_ALL };

	fo_audience(&self->audience, caps, 4);
}

#define EXPECT_KEPT(keep, what) do {					\
	const struct payload payload_ = what;				\
									\
	ASSERT_TRUE(fo_kept(&self->audience, keep, payload_.data,	\
			    payload_.size));				\
} while (0)

#define EXPECT_LATE(hole, keep, what) do {				\
	const struct payload payload_ = what;				\
									\
	ASSERT_TRUE(fo_late(&self->audience, hole, keep, payload_.data,	\
			    payload_.size));				\
} while (0)

#define SET_CAP(i, cap)	ASSERT_EQ(0, fo_set_cap(self->relay, i, cap))

/* Another access unit. */
#define UNIT()		(self->audience.timestamp += 3000)

/* What the viewer has now. */
#define EXPECT_CAP(i, cap) do {						\
	const struct rtp_fanout_cap cap_ = cap;				\
	struct rtp_fanout_dest_info found_;				\
	struct rtp_fanout_dest dest_;					\
									\
	fo_viewer(self->relay, i, &dest_);				\
	ASSERT_EQ(0, fo_find(self->relay->fd, &dest_, &found_));	\
	EXPECT_EQ(0, memcmp(&cap_, &found_.current_cap, sizeof(cap_)));	\
} while (0)

#define EXPECT_SWITCHING(count) do {					\
	ASSERT_EQ(0, fo_info(self->relay->fd, &self->info));		\
	EXPECT_EQ(count, self->info.switching);				\
} while (0)

/* An inter picture of three spatial layers: A, B and C get DID 0, 1 and 2. */
#define EXT(did, tid)	BYTES(0x74, R, DQ(did, 0), T(tid), 0x44, 0x55)

/* Up where the layer begins anew; one step after the other. */
TEST_F(change, up_waits_for_sync)
{
	watch(self, CAP(0, 15, 7), CAP(1, 15, 7), CAP_ALL);
	EXPECT_KEPT(EACH, SPS);
	EXPECT_KEPT(EACH, IDR);
	EXPECT_KEPT(B | C | D, SLICE_EXT(1, 0, 0));
	EXPECT_KEPT(C | D, SLICE_EXT(2, 0, 0));
	SET_CAP(0, CAP_ALL);
	EXPECT_SWITCHING(1);
	EXPECT_CAP(0, CAP(0, 15, 7));
	/* inter pictures, and one whose layer 2 begins without its layer 1 */
	UNIT();
	EXPECT_KEPT(EACH, SLICE);
	EXPECT_KEPT(B | C | D, EXT(1, 0));
	EXPECT_KEPT(C | D, EXT(2, 0));
	UNIT();
	EXPECT_KEPT(EACH, SLICE);
	EXPECT_KEPT(B | C | D, EXT(1, 0));
	EXPECT_KEPT(C | D, SLICE_EXT(2, 0, 0));
	EXPECT_CAP(0, CAP(0, 15, 7));
	/* layer 1 begins */
	UNIT();
	EXPECT_KEPT(EACH, SLICE);
	EXPECT_KEPT(EACH, SLICE_EXT(1, 0, 0));
	EXPECT_KEPT(C | D, EXT(2, 0));
	EXPECT_CAP(0, CAP(1, 15, 7));
	EXPECT_SWITCHING(1);
	UNIT();
	EXPECT_KEPT(EACH, SLICE);
	EXPECT_KEPT(EACH, EXT(1, 0));
	EXPECT_KEPT(A | C | D, SLICE_EXT(2, 0, 0));
	EXPECT_CAP(0, CAP_ALL);
	EXPECT_SWITCHING(0);
	UNIT();
	EXPECT_KEPT(EACH, SLICE);
	EXPECT_KEPT(EACH, EXT(1, 0));
	EXPECT_KEPT(A | C | D, EXT(2, 0));
}

/* Two steps within one access unit, no further than asked for. */
TEST_F(change, up_at_once)
{
	watch(self, CAP(0, 15, 7), CAP(0, 15, 7), CAP(0, 15, 7));
	EXPECT_KEPT(EACH, IDR);
	EXPECT_KEPT(D, SLICE_EXT(1, 0, 0));
	EXPECT_KEPT(D, SLICE_EXT(2, 0, 0));
	SET_CAP(0, CAP(2, 15, 7));
	SET_CAP(1, CAP(1, 15, 7));
	UNIT();
	EXPECT_KEPT(EACH, SLICE);
	EXPECT_KEPT(A | B | D, SLICE_EXT(1, 0, 0));
	EXPECT_KEPT(A | D, SLICE_EXT(2, 0, 0));
	EXPECT_SWITCHING(0);
	UNIT();
	EXPECT_KEPT(EACH, SLICE);
	EXPECT_KEPT(A | B | D, EXT(1, 0));
	EXPECT_KEPT(A | D, EXT(2, 0));
	EXPECT_KEPT(A | D, EXT(2, 0));
	UNIT();
	EXPECT_KEPT(EACH, SLICE);
}

/* A layer whose start was not whole below is not begun. */
TEST_F(change, up_not_over_a_loss)
{
	struct fo_hole hole;

	watch(self, CAP(0, 15, 7), CAP_ALL, CAP_ALL);
	EXPECT_KEPT(EACH, IDR);
	EXPECT_KEPT(B | C | D, SLICE_EXT(1, 0, 0));
	SET_CAP(0, CAP_ALL);
	UNIT();
	EXPECT_KEPT(EACH, SLICE);
	fo_lose(&self->audience, EACH, &hole);
	EXPECT_KEPT(B | C | D, SLICE_EXT(1, 0, 0));
	UNIT();
	EXPECT_KEPT(EACH, SLICE);
	EXPECT_KEPT(EACH, SLICE_EXT(1, 0, 0));
}

/* More temporal layers from a picture of those that were got. */
TEST_F(change, faster)
{
	watch(self, CAP(7, 15, 0), CAP(7, 15, 1), CAP(7, 15, 0));
	EXPECT_KEPT(EACH, PREFIX_IDR);
	EXPECT_KEPT(EACH, IDR);
	UNIT();
	EXPECT_KEPT(D, PREFIX(2));
	EXPECT_KEPT(D, SLICE);
	SET_CAP(0, CAP_ALL);
	SET_CAP(1, CAP_ALL);
	SET_CAP(2, CAP(7, 15, 1));
	UNIT();
	EXPECT_KEPT(D, PREFIX(2));
	EXPECT_KEPT(D, SLICE);
	/* B had TID 1 */
	UNIT();
	EXPECT_KEPT(B | D, PREFIX(1));
	EXPECT_KEPT(B | D, SLICE);
	UNIT();
	EXPECT_KEPT(B | D, PREFIX(2));
	EXPECT_KEPT(B | D, SLICE);
	EXPECT_SWITCHING(2);
	UNIT();
	EXPECT_KEPT(EACH, PREFIX(0));
	EXPECT_KEPT(EACH, SLICE);
	EXPECT_SWITCHING(0);
	UNIT();
	EXPECT_KEPT(A | B | D, PREFIX(2));
	EXPECT_KEPT(A | B | D, SLICE);
	UNIT();
	EXPECT_KEPT(EACH, PREFIX(1));
	EXPECT_KEPT(EACH, SLICE);
}

/* Fewer from the next access unit on, and not within one. */
TEST_F(change, slower)
{
	watch(self, CAP_ALL, CAP(1, 2, 7), CAP_ALL);
	EXPECT_KEPT(EACH, PREFIX_IDR);
	EXPECT_KEPT(EACH, IDR);
	UNIT();
	EXPECT_KEPT(EACH, PREFIX(1));
	EXPECT_KEPT(EACH, SLICE);
	SET_CAP(0, CAP(7, 15, 0));
	SET_CAP(1, CAP(1, 0, 7));	/* a quality layer less */
	EXPECT_KEPT(EACH, EXT(1, 1));
	EXPECT_KEPT(EACH, BYTES(0x74, R, DQ(1, 2), T(1), 1));
	EXPECT_SWITCHING(2);
	UNIT();
	EXPECT_KEPT(B | C | D, PREFIX(1));
	EXPECT_SWITCHING(0);
	EXPECT_KEPT(B | C | D, SLICE);
	EXPECT_KEPT(B | C | D, EXT(1, 1));
	EXPECT_KEPT(C | D, BYTES(0x74, R, DQ(1, 2), T(1), 1));
	UNIT();
	EXPECT_KEPT(EACH, PREFIX(0));
	EXPECT_KEPT(EACH, SLICE);
}

/* A decoder that gets a layer needs it until what is below begins anew. */
TEST_F(change, down_waits_for_sync)
{
	watch(self, CAP_ALL, CAP_ALL, CAP_ALL);
	EXPECT_KEPT(EACH, IDR);
	EXPECT_KEPT(EACH, SLICE_EXT(1, 0, 0));
	EXPECT_KEPT(EACH, SLICE_EXT(2, 0, 0));
	SET_CAP(0, CAP(0, 15, 7));
	SET_CAP(1, CAP(1, 15, 7));
	UNIT();
	EXPECT_KEPT(EACH, SLICE);
	EXPECT_KEPT(EACH, EXT(1, 0));
	EXPECT_KEPT(EACH, EXT(2, 0));
	UNIT();
	EXPECT_KEPT(EACH, SLICE);
	EXPECT_KEPT(EACH, SLICE_EXT(1, 0, 0));
	EXPECT_KEPT(A | C | D, SLICE_EXT(2, 0, 0));
	EXPECT_SWITCHING(1);
	UNIT();
	EXPECT_KEPT(EACH, IDR);
	EXPECT_KEPT(B | C | D, SLICE_EXT(1, 0, 0));
	EXPECT_KEPT(C | D, SLICE_EXT(2, 0, 0));
	EXPECT_SWITCHING(0);
	EXPECT_CAP(0, CAP(0, 15, 7));
	UNIT();
	EXPECT_KEPT(EACH, SLICE);
}

/* A decoder that only ever decodes the base layer need not wait. */
TEST_F(change, immediate)
{
	struct rtp_fanout_cap base = CAP(0, 15, 7);
	struct rtp_fanout_dest_info found;
	struct rtp_fanout_dest dest;

	watch(self, CAP_ALL, CAP_ALL, CAP_ALL);
	EXPECT_KEPT(EACH, IDR);
	EXPECT_KEPT(EACH, SLICE_EXT(1, 0, 0));
	base.flags = RTP_FANOUT_CAP_IMMEDIATE;
	SET_CAP(0, base);
	/* not within the access unit */
	EXPECT_KEPT(EACH, EXT(2, 0));
	UNIT();
	EXPECT_KEPT(EACH, SLICE);
	EXPECT_KEPT(B | C | D, EXT(1, 0));
	EXPECT_KEPT(B | C | D, EXT(2, 0));
	EXPECT_CAP(0, CAP(0, 15, 7));
	/* it is of the change, and not kept */
	fo_viewer(self->relay, 0, &dest);
	ASSERT_EQ(0, fo_find(self->relay->fd, &dest, &found));
	EXPECT_EQ(0, found.cap.flags);
	/* up is not at once */
	base = CAP_ALL;
	base.flags = RTP_FANOUT_CAP_IMMEDIATE;
	SET_CAP(0, base);
	UNIT();
	EXPECT_KEPT(EACH, SLICE);
	EXPECT_KEPT(B | C | D, EXT(1, 0));
	UNIT();
	EXPECT_KEPT(EACH, SLICE);
	EXPECT_KEPT(EACH, SLICE_EXT(1, 0, 0));
}

/* Parameter sets pass, so that a decoder can begin at what comes next. */
TEST_F(change, pause)
{
	watch(self, CAP_ALL, CAP(0, 15, 7), CAP_PAUSE);
	EXPECT_KEPT(EACH, SPS);
	EXPECT_KEPT(A | B | D, IDR);
	SET_CAP(0, CAP_PAUSE);
	SET_CAP(1, CAP_PAUSE);
	EXPECT_KEPT(A | D, SLICE_EXT(1, 0, 0));
	UNIT();
	EXPECT_KEPT(D, SLICE);
	EXPECT_KEPT(D, EXT(1, 0));
	EXPECT_CAP(0, CAP_PAUSE);
	UNIT();
	EXPECT_KEPT(EACH, SPS);
	EXPECT_KEPT(EACH, PPS);
	EXPECT_KEPT(EACH, SUBSET_SPS);
	EXPECT_KEPT(D, SLICE);
	SET_CAP(0, CAP_ALL);
	SET_CAP(1, CAP(0, 15, 7));
	SET_CAP(2, CAP(1, 15, 0));
	UNIT();
	EXPECT_KEPT(D, SLICE);
	EXPECT_KEPT(D, EXT(1, 0));
	UNIT();
	EXPECT_KEPT(EACH, SPS);
	EXPECT_KEPT(EACH, IDR);
	EXPECT_KEPT(A | C | D, SLICE_EXT(1, 0, 0));
	EXPECT_SWITCHING(0);
	UNIT();
	EXPECT_KEPT(A | B | D, PREFIX(1));
	EXPECT_KEPT(A | B | D, SLICE);
	EXPECT_KEPT(A | D, EXT(1, 1));
	UNIT();
	EXPECT_KEPT(EACH, SLICE);
}

/* Taken back before it was done, or replaced. */
TEST_F(change, changed_mind)
{
	watch(self, CAP(0, 15, 7), CAP(0, 15, 7), CAP_ALL);
	EXPECT_KEPT(EACH, IDR);
	EXPECT_KEPT(C | D, SLICE_EXT(1, 0, 0));
	EXPECT_KEPT(C | D, SLICE_EXT(2, 0, 0));
	SET_CAP(0, CAP_ALL);
	SET_CAP(1, CAP_ALL);
	EXPECT_SWITCHING(2);
	UNIT();
	EXPECT_KEPT(EACH, SLICE);
	SET_CAP(0, CAP(0, 15, 7));
	SET_CAP(1, CAP(1, 15, 7));
	EXPECT_SWITCHING(1);
	EXPECT_KEPT(B | C | D, SLICE_EXT(1, 0, 0));
	EXPECT_KEPT(C | D, SLICE_EXT(2, 0, 0));
	EXPECT_SWITCHING(0);
	UNIT();
	EXPECT_KEPT(EACH, SLICE);
}

/* Who switches at the same datagram gets the same bytes from it on. */
TEST_F(change, together)
{
	struct fo_audience *audience = &self->audience;
	const struct payload ext = SLICE_EXT(1, 0, 0);
	struct rtp_fanout_dest dest[3];
	__u8 got[3][FO_MTU];
	ssize_t len;
	int i, turn;

	watch(self, CAP(0, 15, 7), CAP(0, 15, 7), CAP(0, 15, 7));
	EXPECT_KEPT(EACH, IDR);
	EXPECT_KEPT(D, SLICE_EXT(1, 0, 0));
	for (i = 0; i < 3; i++) {
		fo_viewer(self->relay, i, &dest[i]);
		dest[i].cap = CAP_ALL;
	}
	ASSERT_EQ(0, fo_set(self->relay->fd, RTP_FANOUT_SET,
			    RTP_FANOUT_SET_CAP, dest, 3, sizeof(dest[0])));
	UNIT();
	EXPECT_KEPT(EACH, SLICE);
	for (turn = 0; turn < 3; turn++) {
		ASSERT_TRUE(fo_kept(audience, D, ext.data, ext.size));
		for (i = 0; i < 3; i++) {
			len = fo_recv(audience->watch[i].fd, got[i], FO_MTU);
			ASSERT_EQ(FO_RTP_HDR + (ssize_t)ext.size, len);
			EXPECT_EQ(0, memcmp(got[0], got[i], len));
			EXPECT_EQ(audience->watch[i].next++, fo_seq(got[i]));
		}
	}
}

/* What is of before the switch is numbered as before it. */
TEST_F(change, late_over_a_switch)
{
	struct fo_hole base, ext;

	watch(self, CAP(0, 15, 7), CAP_ALL, CAP(7, 15, 0));
	EXPECT_KEPT(EACH, IDR);
	EXPECT_KEPT(B | C | D, SLICE_EXT(1, 0, 0));
	SET_CAP(0, CAP_ALL);
	UNIT();
	EXPECT_KEPT(EACH, SLICE);
	fo_lose(&self->audience, EACH, &base);
	EXPECT_KEPT(EACH, SLICE);
	EXPECT_KEPT(B | C | D, EXT(1, 0));
	fo_lose(&self->audience, B | C | D, &ext);
	EXPECT_KEPT(B | C | D, EXT(1, 0));
	UNIT();
	EXPECT_KEPT(EACH, SLICE);
	EXPECT_KEPT(EACH, SLICE_EXT(1, 0, 0));
	EXPECT_CAP(0, CAP_ALL);
	/* now A would get both */
	EXPECT_LATE(&base, EACH, SLICE);
	EXPECT_LATE(&ext, B | C | D, EXT(1, 0));
	EXPECT_KEPT(EACH, EXT(1, 0));
	UNIT();
	EXPECT_KEPT(EACH, SLICE);
}

TEST_F(change, refused)
{
	struct rtp_fanout_dest dest[3];
	const int fd = self->relay->fd;
	unsigned int bit;
	int i;

	watch(self, CAP(0, 15, 7), CAP(1, 15, 7), CAP_ALL);
	EXPECT_KEPT(EACH, IDR);
	EXPECT_KEPT(B | C | D, SLICE_EXT(1, 0, 0));
	for (i = 0; i < 3; i++) {
		fo_viewer(self->relay, i, &dest[i]);
		dest[i].cap = CAP(3, 3, 3);
	}

#define EXPECT_SET(error, assignment) do {				\
	const struct rtp_fanout_dest good_ = dest[2];			\
									\
	assignment;							\
	EXPECT_REFUSED(error, fd,					\
		       fo_set(fd, RTP_FANOUT_SET, RTP_FANOUT_SET_CAP,	\
			      dest, 3, sizeof(dest[0])));		\
	ASSERT_EQ(0, fo_info(fd, &self->info));				\
	EXPECT_EQ(2, self->info.failed_index);				\
	dest[2] = good_;						\
} while (0)

	EXPECT_SET(ERANGE, dest[2].cap.did = 8);
	EXPECT_SET(ERANGE, dest[2].cap.qid = 16);
	EXPECT_SET(ERANGE, dest[2].cap.tid = 8);
	for (bit = 2; bit < 8; bit++)
		EXPECT_SET(EINVAL, dest[2].cap.flags = 1U << bit);
	EXPECT_SET(ENOENT, dest[2].addr.port++);
	/* two flags at once, both of which can be */
	dest[2].cap.flags = RTP_FANOUT_CAP_PAUSE | RTP_FANOUT_CAP_IMMEDIATE;
	dest[2].lease_ms = RTP_FANOUT_MAX_LEASE_MS + 1;
	EXPECT_REFUSED(ERANGE, fd,
		       fo_set(fd, RTP_FANOUT_SET,
			      RTP_FANOUT_SET_CAP | RTP_FANOUT_SET_LEASE, dest,
			      3, sizeof(dest[0])));

	UNIT();
	EXPECT_KEPT(EACH, SLICE);
	EXPECT_KEPT(B | C | D, EXT(1, 0));
	EXPECT_KEPT(C | D, EXT(2, 0));
}

/* A change that needs more caps than there are is refused as a whole. */
TEST_F(change, too_many_caps)
{
	struct rtp_fanout_dest dest[RTP_FANOUT_MAX_CAPS];
	const int fd = self->relay->fd;
	struct rtp_fanout_dest set;
	int i;

	watch(self, CAP(0, 15, 7), CAP(0, 15, 7), CAP_ALL);
	for (i = 0; i < RTP_FANOUT_MAX_CAPS - 1; i++) {
		fo_dest(&dest[i], AF_INET, FO_HOST_VIEWER + 1, 100 + i);
		dest[i].cap = CAP(1 + i / 8, i % 16, i % 8);
	}
	ASSERT_EQ(0, fo_add(fd, dest, RTP_FANOUT_MAX_CAPS - 1));
	fo_viewer(self->relay, 0, &set);
	set.cap = CAP(7, 7, 7);
	EXPECT_REFUSED(ENOSPC, fd,
		       fo_set(fd, RTP_FANOUT_SET, RTP_FANOUT_SET_CAP, &set, 1,
			      sizeof(set)));
	/* to one that is there, and to another when that one is free */
	SET_CAP(0, dest[7].cap);
	UNIT();
	EXPECT_KEPT(EACH, IDR);
	ASSERT_EQ(0, fo_del(fd, dest + 5, 1));
	ASSERT_EQ(0, fo_info(fd, &self->info));
	EXPECT_EQ(RTP_FANOUT_MAX_CAPS, self->info.caps);
	SET_CAP(1, CAP(7, 7, 7));
}

/* Once for a change, when there was reason to think that it has to wait. */
TEST_F(change, wait_event)
{
	struct rtp_fanout_event event;
	const int fd = self->relay->fd;
	int i;

	watch(self, CAP(0, 15, 7), CAP(7, 15, 0), CAP_ALL);
	EXPECT_KEPT(EACH, IDR);
	EXPECT_KEPT(B | C | D, SLICE_EXT(1, 0, 0));
	while (fo_events(fd, &event, 1) > 0)
		;
	/* one that needs no key frame */
	SET_CAP(1, CAP_ALL);
	for (i = 0; i < 4; i++) {
		UNIT();
		EXPECT_KEPT(EACH, PREFIX(0));
		EXPECT_KEPT(EACH, SLICE);
		EXPECT_KEPT(B | C | D, EXT(1, 0));
	}
	EXPECT_EQ(0, fo_events(fd, &event, 1));

	SET_CAP(0, CAP_ALL);
	for (i = 0; i < 4; i++) {
		UNIT();
		EXPECT_KEPT(EACH, PREFIX(0));
		EXPECT_KEPT(EACH, SLICE);
		EXPECT_KEPT(B | C | D, EXT(1, 0));
	}
	ASSERT_EQ(1, fo_events(fd, &event, 1));
	EXPECT_EQ(RTP_FANOUT_EVENT_WAIT_SYNC, event.events);
	EXPECT_EQ(AF_UNSPEC, event.addr.family);
	for (i = 0; i < 4; i++) {
		UNIT();
		EXPECT_KEPT(EACH, PREFIX(0));
		EXPECT_KEPT(EACH, SLICE);
	}
	EXPECT_EQ(0, fo_events(fd, &event, 1));
	/* a key frame came, of the layer that it has: again */
	for (i = 0; i < 4; i++) {
		UNIT();
		EXPECT_KEPT(EACH, i ? PREFIX(0) : PREFIX_IDR);
		EXPECT_KEPT(EACH, SLICE);
		EXPECT_KEPT(B | C | D, EXT(1, 0));
	}
	ASSERT_EQ(1, fo_events(fd, &event, 1));
	EXPECT_EQ(RTP_FANOUT_EVENT_WAIT_SYNC, event.events);
	UNIT();
	EXPECT_KEPT(EACH, IDR);
	EXPECT_KEPT(EACH, SLICE_EXT(1, 0, 0));
	EXPECT_EQ(0, fo_events(fd, &event, 1));
}

int main(int argc, char **argv)
{
	fo_netns();
	return test_harness_run(argc, argv);
}
