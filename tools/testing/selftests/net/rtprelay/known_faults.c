// SPDX-License-Identifier: GPL-2.0
/*
 * Faults that relays of scalable streams were found to have, each by its name:
 * what went wrong elsewhere, and must not here.
 */
#include "fanout_lib.h"
#include "h264_packets.h"
#include "kselftest_harness.h"

/* Bits of viewers: DID 0, DID 1, TID 1, everything. */
enum { BASE = 1, MIDDLE = 2, SLOW = 4, ALL = 8, EACH = 15 };

static const struct rtp_fanout_cap caps[] = {
	{ .did = 0, .qid = 15, .tid = 7 },
	{ .did = 1, .qid = 15, .tid = 7 },
	{ .did = 7, .qid = 15, .tid = 1 },
	{ .did = 7, .qid = 15, .tid = 7 },
};

FIXTURE(known_faults)
{
	struct fo_audience audience;
	struct rtp_fanout_info info;
	struct fo_hole hole[4];
};

FIXTURE_SETUP(known_faults)
{
	fo_open(&self->audience.relay, FO_IPV4);
	fo_audience(&self->audience, caps, 4);
}

FIXTURE_TEARDOWN(known_faults)
{
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

#define LOSE(left, hole)	fo_lose(&self->audience, left, hole)
#define UNIT()			(self->audience.timestamp += 3000)

/* The numbers that were left free are given back by those viewers. */
static void take_back(struct _test_data_known_faults *self, unsigned int by)
{
	int i;

	for (i = 0; i < FO_VIEWERS; i++)
		self->audience.watch[i].next -= !!(by & 1 << i);
}

static void key_frame(struct __test_metadata *_metadata,
		      struct _test_data_known_faults *self)
{
	EXPECT_KEPT(EACH, SPS);
	EXPECT_KEPT(EACH, IDR);
	EXPECT_KEPT(MIDDLE | SLOW | ALL, SLICE_EXT(1, 0, 0));
	EXPECT_KEPT(SLOW | ALL, SLICE_EXT(2, 0, 0));
}

/* Janus #2694: one number for each dropped one, also for a reordered one. */
TEST_F(known_faults, duplicate_number_on_reorder)
{
	int i;

	key_frame(_metadata, self);
	for (i = 0; i < 8; i++) {
		UNIT();
		EXPECT_KEPT(EACH, SLICE);
		LOSE(EACH, &self->hole[0]);
		EXPECT_KEPT(MIDDLE | SLOW | ALL, SLICE_EXT(1, 0, 0));
		LOSE(MIDDLE | SLOW | ALL, &self->hole[1]);
		EXPECT_KEPT(SLOW | ALL, SLICE_EXT(2, 0, 0));
		EXPECT_LATE(&self->hole[1], MIDDLE | SLOW | ALL,
			    SLICE_EXT(1, 0, 0));
		EXPECT_LATE(&self->hole[0], EACH, SLICE);
	}
	UNIT();
	EXPECT_KEPT(EACH, SLICE);
}

/* mediasoup #1101: who does not get a layer sees its losses. */
TEST_F(known_faults, hole_for_loss_in_dropped_layer)
{
	key_frame(_metadata, self);
	UNIT();
	EXPECT_KEPT(EACH, SLICE);
	EXPECT_KEPT(MIDDLE | SLOW | ALL, SLICE_EXT(1, 0, 0));
	EXPECT_KEPT(SLOW | ALL,
		    BYTES(0x7c, 0x80 | 20, RI, DQ(2, 0), T(0), 1));
	LOSE(SLOW | ALL, &self->hole[0]);
	EXPECT_KEPT(SLOW | ALL, BYTES(0x7c, 20, 3));
	LOSE(SLOW | ALL, &self->hole[1]);
	EXPECT_KEPT(SLOW | ALL, BYTES(0x7c, 0x40 | 20, 5));
	UNIT();
	EXPECT_KEPT(EACH, SLICE);
	/* and nobody's loss is hidden: it may have been the base layer's */
	LOSE(EACH, &self->hole[0]);
	UNIT();
	EXPECT_KEPT(EACH, SLICE);
}

/* mediasoup #1615, #1635: a dropped datagram that was late leaves a hole. */
TEST_F(known_faults, hole_for_reordered_drop)
{
	key_frame(_metadata, self);
	UNIT();
	EXPECT_KEPT(EACH, SLICE);
	LOSE(EACH, &self->hole[0]);
	EXPECT_KEPT(SLOW | ALL, SLICE_EXT(2, 0, 0));
	EXPECT_LATE(&self->hole[0], MIDDLE | SLOW | ALL, SLICE_EXT(1, 0, 0));
	take_back(self, BASE);
	UNIT();
	EXPECT_KEPT(EACH, SLICE);
	EXPECT_KEPT(MIDDLE | SLOW | ALL, SLICE_EXT(1, 0, 0));
	/* too late for that: a number after it was used */
	LOSE(MIDDLE | SLOW | ALL, &self->hole[0]);
	EXPECT_KEPT(SLOW | ALL, SLICE_EXT(2, 0, 0));
	UNIT();
	EXPECT_KEPT(EACH, SLICE);
	EXPECT_LATE(&self->hole[0], SLOW | ALL, SLICE_EXT(2, 0, 0));
	EXPECT_KEPT(EACH, SLICE);
}

/* mediasoup #1486: what is late is judged by nobody. */
TEST_F(known_faults, late_above_the_cap)
{
	key_frame(_metadata, self);
	UNIT();
	EXPECT_KEPT(EACH, SLICE);
	LOSE(EACH, &self->hole[0]);
	EXPECT_KEPT(EACH, SLICE);
	EXPECT_LATE(&self->hole[0], ALL, SLICE_EXT(2, 0, 2));
	EXPECT_KEPT(EACH, SLICE);
}

/* mediasoup #1552: the temporal layer above the one wanted is sent. */
TEST_F(known_faults, overshoot)
{
	const struct rtp_fanout_cap slowest = { .did = 7, .qid = 15 };

	EXPECT_KEPT(EACH, PREFIX_IDR);
	EXPECT_KEPT(EACH, IDR);
	ASSERT_EQ(0, fo_set_cap(&self->audience.relay, 2, slowest));
	UNIT();
	EXPECT_KEPT(BASE | MIDDLE | ALL, PREFIX(2));
	EXPECT_KEPT(BASE | MIDDLE | ALL, SLICE);
	ASSERT_EQ(0, fo_set_cap(&self->audience.relay, 2, caps[2]));
	UNIT();
	EXPECT_KEPT(EACH, PREFIX(0));
	EXPECT_KEPT(EACH, SLICE);
	UNIT();
	EXPECT_KEPT(BASE | MIDDLE | ALL, PREFIX(2));
	EXPECT_KEPT(BASE | MIDDLE | ALL, SLICE);
	UNIT();
	EXPECT_KEPT(EACH, PREFIX(1));
	EXPECT_KEPT(EACH, SLICE);
}

/* Fields of three bits read as two: layer 4 is taken for layer 0. */
TEST_F(known_faults, narrow_fields)
{
	int n;

	key_frame(_metadata, self);
	for (n = 2; n < 8; n++) {
		EXPECT_KEPT(SLOW | ALL, SLICE_EXT(n, 0, 0));
		EXPECT_KEPT(BASE | MIDDLE | ALL, SLICE_EXT(0, 0, n));
	}
	for (n = 0; n < 16; n++)
		EXPECT_KEPT(SLOW | ALL, SLICE_EXT(2, n, 1));
	EXPECT_KEPT(EACH, SLICE);
}

/* A fragment after the first does not say its layer: it is not layer 0. */
TEST_F(known_faults, later_fragment_as_base)
{
	key_frame(_metadata, self);
	EXPECT_KEPT(ALL, BYTES(0x7c, 0x80 | 20, RI, DQ(2, 0), T(2), 1));
	EXPECT_KEPT(ALL, BYTES(0x7c, 20, 0x00, DQ(0, 0), T(0)));
	EXPECT_KEPT(ALL, BYTES(0x7c, 0x40 | 20, 0xc0, DQ(0, 0), T(0)));
	EXPECT_KEPT(EACH, SLICE);
}

/* LiveKit #1856: what is only padding is counted out twice. */
TEST_F(known_faults, padding)
{
	struct fo_audience *audience = &self->audience;
	const __u8 padding[] = { 0, 0, 0, 4 };
	__u8 buf[FO_MTU];
	int i, turn;
	size_t len;

	key_frame(_metadata, self);
	for (turn = 0; turn < 5; turn++) {
		UNIT();
		EXPECT_KEPT(EACH, SLICE);
		EXPECT_KEPT(SLOW | ALL, SLICE_EXT(2, 0, 0));
		len = fo_rtp(buf, FO_PT_H264, audience->seq++, FO_SSRC,
			     sizeof(padding));
		buf[0] |= 0x20;		/* P */
		memcpy(buf + FO_RTP_HDR, padding, sizeof(padding));
		fo_send_buf(audience->relay.source, buf, len);
		for (i = 0; i < FO_VIEWERS; i++)
			ASSERT_TRUE(fo_next(&audience->watch[i], buf, len));
		EXPECT_KEPT(SLOW | ALL, SLICE_EXT(2, 0, 0));
	}
	EXPECT_KEPT(EACH, SLICE);
}

int main(int argc, char **argv)
{
	fo_netns();
	return test_harness_run(argc, argv);
}
