// SPDX-License-Identifier: GPL-2.0
/*
 * Each destination gets the layers of H.264 SVC that its cap keeps, numbered as
 * if there were no others. The packets are made by hand (RFC 6184, RFC 6190).
 */
#include "fanout_lib.h"
#include "h264_packets.h"
#include "kselftest_harness.h"

enum { CAP_BASE, CAP_MIDDLE, CAP_SLOW, CAP_ALL, CAPS };

static const struct rtp_fanout_cap caps[CAPS] = {
	[CAP_BASE]	= { .did = 0, .qid = 15, .tid = 7 },
	[CAP_MIDDLE]	= { .did = 1, .qid = 15, .tid = 7 },
	[CAP_SLOW]	= { .did = 7, .qid = 15, .tid = 0 },
	[CAP_ALL]	= { .did = 7, .qid = 15, .tid = 7 },
};

/* Bits of who gets a datagram, by the caps above. */
enum { BASE = 1, MIDDLE = 2, SLOW = 4, ALL = 8, EACH = 15 };

FIXTURE(layers)
{
	struct fo_audience audience;
};

FIXTURE_SETUP(layers)
{
	fo_open(&self->audience.relay, FO_IPV4);
	fo_audience(&self->audience, caps, CAPS);
}

FIXTURE_TEARDOWN(layers)
{
}

#define EXPECT_KEPT(keep, what) do {					\
	const struct payload payload_ = what;				\
									\
	ASSERT_TRUE(fo_kept(&self->audience, keep, payload_.data,	\
			    payload_.size));				\
} while (0)

TEST_F(layers, single_nal)
{
	EXPECT_KEPT(EACH, SPS);
	EXPECT_KEPT(EACH, SUBSET_SPS);
	EXPECT_KEPT(EACH, IDR);
	EXPECT_KEPT(MIDDLE | SLOW | ALL, SLICE_EXT(1, 0, 0));
	EXPECT_KEPT(SLOW | ALL, SLICE_EXT(2, 0, 0));
	EXPECT_KEPT(EACH, SLICE);
	EXPECT_KEPT(MIDDLE | ALL, SLICE_EXT(1, 0, 1));
	EXPECT_KEPT(ALL, SLICE_EXT(2, 0, 2));
	EXPECT_KEPT(EACH, SLICE);
}

/* DID and QID are one number: a lower DID keeps every QID. */
TEST_F(layers, quality)
{
	const struct rtp_fanout_cap cap = { .did = 1, .qid = 2, .tid = 7 };
	struct rtp_fanout_dest dest;

	/* the viewer with the middle cap gets one with a quality in it */
	fo_viewer(&self->audience.relay, CAP_MIDDLE, &dest);
	ASSERT_EQ(0, fo_del(self->audience.relay.fd, &dest, 1));
	dest.cap = cap;
	ASSERT_EQ(0, fo_add(self->audience.relay.fd, &dest, 1));

	EXPECT_KEPT(EACH, IDR);
	EXPECT_KEPT(EACH, SLICE_EXT(0, 15, 0));
	EXPECT_KEPT(MIDDLE | SLOW | ALL, SLICE_EXT(1, 0, 0));
	EXPECT_KEPT(MIDDLE | SLOW | ALL, SLICE_EXT(1, 2, 0));
	EXPECT_KEPT(SLOW | ALL, SLICE_EXT(1, 3, 0));
	EXPECT_KEPT(SLOW | ALL, SLICE_EXT(2, 0, 0));
	EXPECT_KEPT(SLOW | ALL, SLICE_EXT(7, 15, 0));
	EXPECT_KEPT(EACH, SLICE);
}

/* All values of the three fields, and nothing taken from their neighbours. */
TEST_F(layers, field_widths)
{
	EXPECT_KEPT(EACH, IDR);
	EXPECT_KEPT(SLOW | ALL, SLICE_EXT(4, 0, 0));
	EXPECT_KEPT(BASE | MIDDLE | ALL, SLICE_EXT(0, 0, 7));
	EXPECT_KEPT(EACH, SLICE);
}

/* The prefix before a base layer's slice says its TID. */
TEST_F(layers, prefix)
{
	EXPECT_KEPT(EACH, PREFIX_IDR);
	EXPECT_KEPT(EACH, IDR);
	EXPECT_KEPT(BASE | MIDDLE | ALL, PREFIX(2));
	EXPECT_KEPT(BASE | MIDDLE | ALL, SLICE);
	/* it is for the one after it only */
	EXPECT_KEPT(EACH, SLICE);
	EXPECT_KEPT(BASE | MIDDLE | ALL, PREFIX(1));
	EXPECT_KEPT(EACH, SPS);
	EXPECT_KEPT(EACH, SLICE);
}

/* Fragments after the first do not say their layer: they follow the first. */
TEST_F(layers, fragments)
{
	EXPECT_KEPT(EACH, IDR);
	EXPECT_KEPT(SLOW | ALL, BYTES(0x7c, 0x80 | 20, RI, DQ(2, 0), T(0), 1));
	EXPECT_KEPT(SLOW | ALL, BYTES(0x7c, 20, 2, 3));
	EXPECT_KEPT(SLOW | ALL, BYTES(0x7c, 0x40 | 20, 4));
	EXPECT_KEPT(MIDDLE | ALL,
		    BYTES(0x7c, 0x80 | 20, RI, DQ(1, 0), T(3), 1));
	EXPECT_KEPT(MIDDLE | ALL, BYTES(0x7c, 0x40 | 20, 0xff, 0xff, 0xff));
	EXPECT_KEPT(EACH, BYTES(0x7c, 0x80 | 5, 1));
	EXPECT_KEPT(EACH, BYTES(0x7c, 0x40 | 5, 0xff, 0xff, 0xff, 0xff));
	/* a prefix before a slice in fragments */
	EXPECT_KEPT(BASE | MIDDLE | ALL, PREFIX(1));
	EXPECT_KEPT(BASE | MIDDLE | ALL, BYTES(0x7c, 0x80 | 1, 1));
	EXPECT_KEPT(BASE | MIDDLE | ALL, BYTES(0x7c, 1, 1));
	EXPECT_KEPT(BASE | MIDDLE | ALL, BYTES(0x7c, 0x40 | 1, 1));
	EXPECT_KEPT(EACH, SLICE);
}

/* The start is lost: what follows is of no use to who has a cap. */
TEST_F(layers, fragment_without_start)
{
	struct fo_hole hole;
	int i;

	EXPECT_KEPT(EACH, IDR);
	for (i = 0; i < 3; i++)
		fo_lose(&self->audience, EACH, &hole);
	EXPECT_KEPT(ALL, BYTES(0x7c, 20, 2, 3));
	EXPECT_KEPT(ALL, BYTES(0x7c, 0x40 | 20, 2, 3));
	EXPECT_KEPT(EACH, SLICE);
}

/* An aggregate is kept where any of its units is. */
TEST_F(layers, aggregates)
{
	EXPECT_KEPT(EACH,
		    BYTES(0x78, 0, 4, 0x67, 1, 2, 3, 0, 4, 0x65, 1, 2, 3));
	EXPECT_KEPT(EACH,
		    BYTES(0x78, 0, 4, 0x65, 1, 2, 3, 0, 6, 0x74, RI, DQ(2, 0),
			  T(0), 1, 2));
	EXPECT_KEPT(SLOW | ALL,
		    BYTES(0x78, 0, 6, 0x74, RI, DQ(2, 0), T(0), 1, 2));
	EXPECT_KEPT(MIDDLE | SLOW | ALL,
		    BYTES(0x78, 0, 6, 0x74, RI, DQ(1, 0), T(0), 1, 2, 0, 6,
			  0x74, RI, DQ(2, 0), T(0), 1, 2));
	EXPECT_KEPT(BASE | MIDDLE | ALL,
		    BYTES(0x78, 0, 4, 0x6e, RI, DQ(0, 0), T(2), 0, 4, 0x61, 1,
			  2, 3));
	EXPECT_KEPT(EACH, SLICE);
}

/* What cannot be read is kept: it never makes a decoder worse. */
TEST_F(layers, unreadable)
{
	EXPECT_KEPT(EACH, IDR);
	EXPECT_KEPT(EACH, BYTES(0x74));
	EXPECT_KEPT(EACH, BYTES(0x74, 0xc0, 0xa0));
	EXPECT_KEPT(EACH,
		    BYTES(0x74, 0x40, 0xa0, 0xe7, 1));	/* R is 0: not SVC */
	EXPECT_KEPT(EACH, BYTES(0x7c));
	EXPECT_KEPT(EACH, BYTES(0x78, 0xff, 0xff, 0x74, RI, DQ(2, 0), T(2)));
	EXPECT_KEPT(EACH, BYTES(0x78, 0, 0));
	EXPECT_KEPT(EACH, BYTES(0x78, 0, 6, 0x74, RI, DQ(2, 0), T(0), 1, 2, 0));
	EXPECT_KEPT(EACH, BYTES(0x78));
	EXPECT_KEPT(EACH, BYTES(0x60));	/* type 0: means nothing */
	EXPECT_KEPT(EACH, BYTES(0x7f, 1, 2, 3));
	EXPECT_KEPT(EACH, SLICE);
}

/* An empty payload, and the opaque codec, are for everyone. */
TEST_F(layers, no_layers)
{
	EXPECT_KEPT(EACH, (struct payload) {});
	/* looks like D2 T2, is not */
	self->audience.pt = FO_PT_OPAQUE;
	EXPECT_KEPT(EACH, SLICE_EXT(2, 0, 2));
	self->audience.pt = FO_PT_H264;
	EXPECT_KEPT(ALL, SLICE_EXT(2, 0, 2));
	EXPECT_KEPT(EACH, SLICE);
}

/* A long mix: not one hole, duplicate or foreign layer at any cap. */
TEST_F(layers, stream)
{
	int unit, tid;

	for (unit = 0; unit < 24; unit++) {
		tid = unit % 4 == 0 ? 0 : unit % 2 ? 2 : 1;
		if (unit % 8 == 0) {
			EXPECT_KEPT(EACH, SPS);
			EXPECT_KEPT(EACH, IDR);
			EXPECT_KEPT(MIDDLE | SLOW | ALL, SLICE_EXT(1, 0, 0));
			EXPECT_KEPT(SLOW | ALL, SLICE_EXT(2, 0, 0));
		} else if (tid == 0) {
			EXPECT_KEPT(EACH, PREFIX(0));
			EXPECT_KEPT(EACH, SLICE);
			EXPECT_KEPT(SLOW | ALL, SLICE_EXT(2, 0, 0));
		} else {
			EXPECT_KEPT(BASE | MIDDLE | ALL, PREFIX(1));
			EXPECT_KEPT(BASE | MIDDLE | ALL, SLICE);
			EXPECT_KEPT(MIDDLE | ALL, SLICE_EXT(1, 0, 1));
			EXPECT_KEPT(ALL, SLICE_EXT(2, 0, 1));
		}
	}
}

/* Who has the same cap gets the same bytes, numbers included. */
TEST_F(layers, one_cap_one_stream)
{
	const struct rtp_fanout_cap cap = { .did = 1, .qid = 15, .tid = 7 };
	const struct payload payload = SLICE_EXT(1, 0, 0);
	struct fo_audience *audience = &self->audience;
	const int fd = audience->relay.fd;
	struct rtp_fanout_dest dest;
	__u8 a[FO_MTU], b[FO_MTU];
	ssize_t len;
	int other, i;

	other = fo_udp(AF_INET, FO_HOST_VIEWER + 1, FO_VIEWER_PORT);
	fo_dest(&dest, AF_INET, FO_HOST_VIEWER + 1, FO_VIEWER_PORT);
	dest.cap = cap;
	EXPECT_KEPT(EACH, IDR);
	ASSERT_EQ(0, fo_add(fd, &dest, 1));
	for (i = 0; i < 5; i++) {
		ASSERT_TRUE(fo_kept(audience, 0, payload.data, payload.size));
		len = fo_recv(audience->watch[CAP_MIDDLE].fd, a, sizeof(a));
		ASSERT_EQ(FO_RTP_HDR + (ssize_t)payload.size, len);
		ASSERT_EQ(len, fo_recv(other, b, sizeof(b)));
		EXPECT_EQ(0, memcmp(a, b, len));
	}
}

int main(int argc, char **argv)
{
	fo_netns();
	return test_harness_run(argc, argv);
}
