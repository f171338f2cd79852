// SPDX-License-Identifier: GPL-2.0
/*
 * Each destination gets the layers of H.264 SVC that its cap keeps, numbered as
 * if there were no others. The packets are made by hand (RFC 6184, RFC 6190).
 */
#include "fanout_lib.h"
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

struct payload {
	size_t size;
	__u8 data[64];
};

FIXTURE(layers)
{
	struct fo_relay relay;
	__u16 seq;
	bool started[CAPS];
	__u16 next[CAPS];
};

FIXTURE_SETUP(layers)
{
	int i;

	fo_relay(&self->relay, FO_IPV4);
	for (i = 0; i < CAPS; i++)
		fo_view(&self->relay, i, &caps[i]);
	self->seq = 1000;
}

FIXTURE_TEARDOWN(layers)
{
}

/* Sends the payload and checks that those viewers get it, next in number. */
static void expect(struct __test_metadata *_metadata,
		   struct _test_data_layers *self, unsigned int keep,
		   struct payload payload)
{
	__u8 sent[FO_MTU], got[FO_MTU];
	size_t len;
	int i;

	len = fo_rtp(sent, FO_PT_H264, self->seq++, FO_SSRC, payload.size);
	memset(sent + 4, 0, 4);		/* all of one access unit */
	memcpy(sent + FO_RTP_HDR, payload.data, payload.size);
	fo_send_buf(self->relay.source, sent, len);

	for (i = 0; i < CAPS; i++) {
		if (!(keep & 1 << i))
			continue;
		ASSERT_EQ((ssize_t)len,
			  fo_recv(self->relay.viewer[i], got, sizeof(got))) {
			TH_LOG("cap %d, number %d", i, self->seq - 1);
		}
		EXPECT_TRUE(fo_rtp_same(sent, got, len)) {
			TH_LOG("cap %d, number %d", i, self->seq - 1);
		}
		if (self->started[i]) {
			EXPECT_EQ(self->next[i], fo_seq(got)) {
				TH_LOG("cap %d, number %d", i, self->seq - 1);
			}
		}
		self->started[i] = true;
		self->next[i] = fo_seq(got) + 1;
	}
}

#define EXPECT_KEPT(keep, payload) expect(_metadata, self, keep, payload)

#define BYTES(...) ((struct payload) {					\
	.size = sizeof((__u8[]) { __VA_ARGS__ }),			\
	.data = { __VA_ARGS__ },					\
})

/* The extension's three bytes: R I PRID, N DID QID, TID U D O RR. */
#define RI		0xc0
#define DQ(did, qid)	(0x80 | (did) << 4 | (qid))
#define T(tid)		((tid) << 5 | 7)

#define SPS		BYTES(0x67, 0x42, 0xc0, 0x1e)
#define SUBSET_SPS	BYTES(0x6f, 0x53, 0xc0, 0x1e)
#define PREFIX(tid)	BYTES(0x6e, RI, DQ(0, 0), T(tid))
#define SLICE		BYTES(0x61, 0x11, 0x22, 0x33)
#define IDR		BYTES(0x65, 0x11, 0x22, 0x33)
#define SLICE_EXT(did, qid, tid) \
	BYTES(0x74, RI, DQ(did, qid), T(tid), 0x44, 0x55)

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
	fo_viewer(&self->relay, CAP_MIDDLE, &dest);
	ASSERT_EQ(0, fo_del(self->relay.fd, &dest, 1));
	dest.cap = cap;
	ASSERT_EQ(0, fo_add(self->relay.fd, &dest, 1));

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
	EXPECT_KEPT(EACH, PREFIX(0));
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
	int i;

	EXPECT_KEPT(EACH, IDR);
	self->seq += 3;
	for (i = 0; i < CAPS; i++)
		self->next[i] += 3;	/* the loss is seen by all */
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
	__u8 buf[FO_MTU];
	int i;

	fo_send_buf(self->relay.source, buf,
		    fo_rtp(buf, FO_PT_H264, self->seq++, FO_SSRC, 0));
	for (i = 0; i < CAPS; i++) {
		ASSERT_EQ(FO_RTP_HDR, fo_recv(self->relay.viewer[i], buf,
					      sizeof(buf)));
		self->started[i] = true;
		self->next[i] = fo_seq(buf) + 1;
	}

	/* looks like D2 T2, is not */
	fo_rtp(buf, FO_PT_OPAQUE, self->seq++, FO_SSRC, 8);
	memcpy(buf + FO_RTP_HDR, SLICE_EXT(2, 0, 2).data, 6);
	fo_send_buf(self->relay.source, buf, FO_RTP_HDR + 8);
	for (i = 0; i < CAPS; i++)
		EXPECT_EQ(self->next[i]++,
			  fo_recv_seq(self->relay.viewer[i]));
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
	struct rtp_fanout_dest dest;
	__u8 a[FO_MTU], b[FO_MTU];
	int other, i;

	other = fo_udp(AF_INET, FO_HOST_VIEWER + 1, FO_VIEWER_PORT);
	fo_dest(&dest, AF_INET, FO_HOST_VIEWER + 1, FO_VIEWER_PORT);
	dest.cap = cap;
	EXPECT_KEPT(EACH, IDR);
	ASSERT_EQ(0, fo_add(self->relay.fd, &dest, 1));
	for (i = 0; i < 5; i++) {
		fo_rtp(a, FO_PT_H264, self->seq++, FO_SSRC, 6);
		memcpy(a + FO_RTP_HDR, SLICE_EXT(1, 0, 0).data, 6);
		fo_send_buf(self->relay.source, a, FO_RTP_HDR + 6);
		ASSERT_EQ(FO_RTP_HDR + 6,
			  fo_recv(self->relay.viewer[CAP_MIDDLE], a,
				  sizeof(a)));
		ASSERT_EQ(FO_RTP_HDR + 6, fo_recv(other, b, sizeof(b)));
		EXPECT_EQ(0, memcmp(a, b, FO_RTP_HDR + 6));
	}
}

int main(int argc, char **argv)
{
	fo_netns();
	return test_harness_run(argc, argv);
}
