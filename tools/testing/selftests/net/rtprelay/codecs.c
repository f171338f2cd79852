// SPDX-License-Identifier: GPL-2.0
/*
 * What concerns all codecs alike, and a stream with layers as a whole: several
 * codecs on one port, marker bits, RTP_FANOUT_LAYERS, a new source.
 */
#include <errno.h>
#include <time.h>
#include <arpa/inet.h>

#include "fanout_lib.h"
#include "h264_packets.h"
#include "kselftest_harness.h"

#define PT_VP9	100
#define PT_H265	101
#define PT_VP8	102
#define PT_AV1	103
#define PT_AVC	104

/* Bits of viewers: DID 0, DID 1, TID 0, everything. */
enum { BASE = 1, MIDDLE = 2, SLOW = 4, ALL = 8, EACH = 15 };

static const struct rtp_fanout_cap caps[] = {
	{ .did = 0, .qid = 15, .tid = 7 },
	{ .did = 1, .qid = 15, .tid = 7 },
	{ .did = 7, .qid = 15, .tid = 0 },
	{ .did = 7, .qid = 15, .tid = 7 },
};

FIXTURE(codecs)
{
	struct fo_audience audience;
	struct rtp_fanout_info info;
	struct rtp_fanout_layer layer[64];
};

FIXTURE_SETUP(codecs)
{
	struct fo_relay *relay = &self->audience.relay;

	fo_open(relay, FO_IPV4);
	relay->cfg.codec[PT_VP9] = RTP_FANOUT_CODEC_VP9;
	relay->cfg.codec[PT_H265] = RTP_FANOUT_CODEC_H265;
	relay->cfg.codec[PT_VP8] = RTP_FANOUT_CODEC_VP8;
	relay->cfg.codec[PT_AV1] = RTP_FANOUT_CODEC_AV1;
	relay->cfg.codec[PT_AVC] = RTP_FANOUT_CODEC_H264_AVC;
	fo_audience(&self->audience, caps, 4);
}

FIXTURE_TEARDOWN(codecs)
{
}

#define EXPECT_KEPT(keep, what) do {					\
	const struct payload payload_ = what;				\
									\
	ASSERT_TRUE(fo_kept(&self->audience, keep, payload_.data,	\
			    payload_.size));				\
} while (0)

/* Another access unit. */
#define UNIT()		(self->audience.timestamp += 3000)

/* RFC 9628, section 4.2: I P L F B E V Z; TID U SID D; TL0PICIDX. */
#define VP9(first, tid, sid)	\
	BYTES(first, (tid) << 5 | (sid) << 1, 0, 0x11, 0x22)
#define VP9_L	0x20
#define VP9_P	0x40
#define VP9_B	0x08
#define VP9_E	0x04
/* RFC 7741, section 4.2: X R N S R PID; I L T K; TID Y KEYIDX. */
#define VP8(tid)	BYTES(0x90, 0x20, (tid) << 6, 0x11, 0x22)
/* RFC 7798, section 1.1.4: F Type LayerId TID + 1. */
#define H265(type, tid)	BYTES((type) << 1, (tid) + 1, 0x11, 0x22)

/* Z Y W N, and one OBU, a frame: F type X S, TID SID. */
#define AV1(tid, sid)	BYTES(0x10, 6 << 3 | 4, (tid) << 5 | (sid) << 3, 0x11)

/* Each by its payload type, in one sequence; they do not know of each other. */
TEST_F(codecs, share_a_port)
{
	struct fo_audience *audience = &self->audience;
	int turn;

	for (turn = 0; turn < 3; turn++) {
		UNIT();
		audience->pt = FO_PT_H264;
		EXPECT_KEPT(BASE | MIDDLE | ALL, PREFIX(1));
		EXPECT_KEPT(BASE | MIDDLE | ALL, SLICE);
		EXPECT_KEPT(MIDDLE | ALL,
			    BYTES(0x7c, 0x80 | 20, RI, DQ(1, 0), T(1), 1));
		audience->pt = FO_PT_OPAQUE;
		EXPECT_KEPT(EACH, BYTES(0x7c, 20, 1, 2));
		audience->pt = PT_VP9;
		EXPECT_KEPT(MIDDLE | SLOW | ALL,
			    VP9(VP9_L | VP9_B, 0, 1));
		EXPECT_KEPT(ALL, VP9(VP9_L | VP9_B, 1, 2));
		audience->pt = PT_VP8;
		EXPECT_KEPT(EACH, VP8(0));
		EXPECT_KEPT(BASE | MIDDLE | ALL, VP8(2));
		audience->pt = PT_H265;
		EXPECT_KEPT(EACH, H265(1, 0));
		EXPECT_KEPT(BASE | MIDDLE | ALL, H265(1, 1));
		EXPECT_KEPT(EACH, H265(33, 0));
		audience->pt = PT_AV1;
		EXPECT_KEPT(MIDDLE | SLOW | ALL, AV1(0, 1));
		EXPECT_KEPT(ALL, AV1(1, 2));
		audience->pt = PT_AVC;
		EXPECT_KEPT(EACH, SLICE);
		EXPECT_KEPT(BASE | MIDDLE | ALL, BYTES(0x01, 0x11, 0x22));
	}
}

/* VP9: the last datagram of the highest spatial layer that one gets. */
TEST_F(codecs, vp9_marker)
{
	struct fo_audience *audience = &self->audience;
	int picture;

	audience->pt = PT_VP9;
	for (picture = 0; picture < 3; picture++) {
		__u8 p = picture ? VP9_P : 0;

		UNIT();
		audience->marker = false;
		audience->marked = 0;
		EXPECT_KEPT(EACH, VP9(p | VP9_L | VP9_B, 0, 0));
		EXPECT_KEPT(EACH, VP9(p | VP9_L, 0, 0));
		audience->marked = BASE;
		EXPECT_KEPT(EACH, VP9(p | VP9_L | VP9_E, 0, 0));
		audience->marked = 0;
		EXPECT_KEPT(MIDDLE | SLOW | ALL,
			    VP9(p | VP9_L | VP9_B, 0, 1));
		audience->marked = MIDDLE;
		EXPECT_KEPT(MIDDLE | SLOW | ALL,
			    VP9(p | VP9_L | VP9_E, 0, 1));
		audience->marker = true;
		audience->marked = EACH;
		EXPECT_KEPT(SLOW | ALL,
			    VP9(p | VP9_L | VP9_B | VP9_E, 0, 2));
	}
}

/* None while the layer that one waits for may begin behind it. */
TEST_F(codecs, vp9_marker_while_waiting)
{
	struct fo_audience *audience = &self->audience;
	const __u8 whole = VP9_L | VP9_B | VP9_E;
	unsigned int low, high;
	int picture;

	audience->pt = PT_VP9;
	for (picture = 0; picture < 4; picture++) {
		const __u8 p = picture ? VP9_P : 0;

		/* the third begins layer 1 anew */
		low = picture == 0 ? BASE : 0;
		high = picture < 2 ? 0 : BASE;
		UNIT();
		audience->marker = false;
		audience->marked = low;
		EXPECT_KEPT(EACH, VP9(p | whole, 0, 0));
		audience->marked = high | MIDDLE;
		EXPECT_KEPT(high | MIDDLE | SLOW | ALL,
			    VP9((picture == 2 ? 0 : p) | whole, 0, 1));
		audience->marker = true;
		audience->marked = EACH;
		EXPECT_KEPT(SLOW | ALL, VP9(p | whole, 0, 2));
		if (!picture)
			ASSERT_EQ(0, fo_set_cap(&audience->relay, 0, caps[1]));
	}
}

/* H.264: the sender's, but not where nothing ends; and none is added. */
TEST_F(codecs, h264_marker)
{
	struct fo_audience *audience = &self->audience;

	audience->marker = true;
	audience->marked = 0;
	EXPECT_KEPT(EACH, PREFIX(0));
	audience->marked = EACH;
	EXPECT_KEPT(EACH, SLICE);
	UNIT();
	audience->marker = false;
	audience->marked = 0;
	EXPECT_KEPT(EACH, SLICE);
	audience->marker = true;
	EXPECT_KEPT(MIDDLE | SLOW | ALL,
		    BYTES(0x7c, 0x80 | 20, RI, DQ(1, 0), T(0), 1));
	EXPECT_KEPT(MIDDLE | SLOW | ALL, BYTES(0x7c, 20, 1));
	audience->marked = EACH;
	EXPECT_KEPT(MIDDLE | SLOW | ALL, BYTES(0x7c, 0x40 | 20, 1));
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

static int layers(struct _test_data_codecs *self, int count)
{
	return fo_get(self->audience.relay.fd, RTP_FANOUT_LAYERS, self->layer,
		      count, sizeof(self->layer[0]), NULL);
}

/* Every layer that was seen, the base layer first, with what came of it. */
TEST_F(codecs, layers)
{
	static const struct {
		__u8 did, qid, tid;
		int count;
	} sent[] = {
		{ 0, 0, 0, 5 }, { 0, 0, 3, 2 }, { 0, 15, 0, 1 },
		{ 1, 0, 0, 4 }, { 2, 1, 2, 3 }, { 7, 15, 6, 2 },
	};
	struct fo_audience *audience = &self->audience;
	int i, turn;

	ASSERT_EQ(0, layers(self, 64));
	for (i = ARRAY_SIZE(sent) - 1; i >= 0; i--) {
		const struct payload payload =
			BYTES(0x74, RI, DQ(sent[i].did, sent[i].qid),
			      T(sent[i].tid), 1, 2);

		for (turn = 0; turn < sent[i].count; turn++) {
			ASSERT_TRUE(fo_kept(audience, ALL, payload.data,
					    payload.size));
		}
	}
	ASSERT_EQ(ARRAY_SIZE(sent), layers(self, 64));
	for (i = 0; i < (int)ARRAY_SIZE(sent); i++) {
		EXPECT_EQ(sent[i].did, self->layer[i].did);
		EXPECT_EQ(sent[i].qid, self->layer[i].qid);
		EXPECT_EQ(sent[i].tid, self->layer[i].tid);
		EXPECT_EQ(sent[i].count, self->layer[i].packets);
		EXPECT_EQ(sent[i].count * 6, self->layer[i].octets);
	}
	/* as many as there is room for */
	EXPECT_EQ(2, layers(self, 2));
	EXPECT_EQ(3, self->layer[1].tid);
	EXPECT_EQ(-EINVAL, layers(self, 0));
}

/* What was sent in six seconds, within a tenth: slowly and to nobody, so that a
 * slow machine keeps the pace.
 */
TEST_F(codecs, rates)
{
	const int sizes[] = { 100, 200, 400 };
	const int fd = self->audience.relay.source;
	int i, wait, rounds, seq = 0;
	double start, rate;
	__u8 buf[FO_MTU];
	size_t len;

	ASSERT_EQ(0, fo_flush(self->audience.relay.fd));
	start = now();
	for (rounds = 0; now() - start < 6; rounds++) {
		for (i = 0; i < 3; i++) {
			len = fo_rtp(buf, PT_VP9, seq++, FO_SSRC, sizes[i]);
			memset(buf + FO_RTP_HDR, 0, sizes[i]);
			buf[FO_RTP_HDR] = VP9_L | VP9_B | VP9_E;
			buf[FO_RTP_HDR + 1] = i << 1;	/* SID */
			fo_send_buf(fd, buf, len);
		}
		wait = (start + (rounds + 1) * 0.04 - now()) * 1e6;
		if (wait > 0)
			usleep(wait);
	}
	rate = rounds / (now() - start);

	EXPECT_TRUE(FO_WAIT(layers(self, 64) == 3 &&
			    self->layer[2].packets == (__u64)rounds));
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(rounds, self->layer[i].packets);
		EXPECT_LT(rate * sizes[i] * 0.7, self->layer[i].rate);
		EXPECT_GT(rate * sizes[i] * 1.1, self->layer[i].rate);
	}
}

TEST_F(codecs, layers_refused)
{
	const int fd = self->audience.relay.fd;

	fo_send(&self->audience.relay, 1);
	EXPECT_EQ(-EINVAL, fo_get(fd, RTP_FANOUT_LAYERS, self->layer, 1,
				  sizeof(self->layer[0]) + 4, NULL));
	ASSERT_EQ(0, fo_detach(fd));
	EXPECT_EQ(-ENOTCONN, layers(self, 64));
}

/* Numbers go on for each cap when the source begins anew. */
TEST_F(codecs, new_source)
{
	struct fo_audience *audience = &self->audience;
	int i;

	EXPECT_KEPT(EACH, IDR);
	EXPECT_KEPT(MIDDLE | SLOW | ALL, SLICE_EXT(1, 0, 0));
	EXPECT_KEPT(SLOW | ALL, SLICE_EXT(2, 0, 0));
	/* another SSRC: the first is to be confirmed by the second */
	audience->ssrc++;
	audience->seq = 7;
	UNIT();
	EXPECT_KEPT(0, SPS);
	EXPECT_KEPT(EACH, IDR);
	EXPECT_KEPT(MIDDLE | SLOW | ALL, SLICE_EXT(1, 0, 0));
	EXPECT_KEPT(SLOW | ALL, SLICE_EXT(2, 0, 0));
	/* jumps, ahead and back */
	for (i = 0; i < 4; i++) {
		audience->seq += i % 2 ? 40000 : 600;
		UNIT();
		EXPECT_KEPT(0, SPS);
		EXPECT_KEPT(EACH, IDR);
		EXPECT_KEPT(MIDDLE | SLOW | ALL, SLICE_EXT(1, 0, 0));
		EXPECT_KEPT(BASE | MIDDLE | ALL, PREFIX(1));
	}
}

/* What is of an old source is not late for the new one. */
TEST_F(codecs, old_source)
{
	struct fo_audience *audience = &self->audience;
	__u16 seq;

	EXPECT_KEPT(EACH, IDR);
	audience->seq += 600;
	EXPECT_KEPT(0, IDR);
	EXPECT_KEPT(EACH, IDR);
	seq = audience->seq;
	audience->seq -= 3;
	EXPECT_KEPT(0, IDR);
	audience->seq = seq;
	EXPECT_KEPT(EACH, IDR);
	ASSERT_EQ(0, fo_info(audience->relay.fd, &self->info));
	EXPECT_EQ(1, self->info.rx_dropped_duplicate);
}

/* Kept whole at every cap, and counted. */
TEST_F(codecs, unknown)
{
	static const __u8 interleaved[] = { 25, 26, 27, 29 };
	struct fo_audience *audience = &self->audience;
	unsigned int i;

	EXPECT_KEPT(EACH, IDR);
	for (i = 0; i < ARRAY_SIZE(interleaved); i++) {
		const struct payload payload =
			BYTES(0x60 | interleaved[i], 0x80 | 20, RI, DQ(2, 0),
			      T(2), 1, 2, 3, 4, 5);

		ASSERT_TRUE(fo_kept(audience, EACH, payload.data,
				    payload.size));
	}
	ASSERT_EQ(0, fo_info(audience->relay.fd, &self->info));
	EXPECT_EQ(ARRAY_SIZE(interleaved), self->info.rx_unknown);
	audience->pt = PT_VP9;
	EXPECT_KEPT(EACH, BYTES(VP9_L));	/* its indices are cut off */
	ASSERT_EQ(0, fo_info(audience->relay.fd, &self->info));
	EXPECT_EQ(ARRAY_SIZE(interleaved) + 1, self->info.rx_unknown);
}

int main(int argc, char **argv)
{
	fo_netns();
	return test_harness_run(argc, argv);
}
