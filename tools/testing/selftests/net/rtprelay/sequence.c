// SPDX-License-Identifier: GPL-2.0
/*
 * Sequence numbers: losses stay visible, duplicates and what is forged do not
 * pass, and a viewer sees one stream whatever the source does.
 */
#include <sys/epoll.h>

#include "fanout_lib.h"
#include "kselftest_harness.h"

#define OTHER_SSRC	0xcafe0001U

FIXTURE(sequence)
{
	struct fo_relay relay;
	struct rtp_fanout_info info;
	int all;	/* viewer that gets everything */
	int capped;	/* viewer with a cap that keeps all that is sent here */
};

FIXTURE_SETUP(sequence)
{
	const struct rtp_fanout_cap cap = { .did = 7, .qid = 15, .tid = 6 };

	fo_relay(&self->relay, FO_IPV4);
	self->all = fo_view(&self->relay, 0, NULL);
	self->capped = fo_view(&self->relay, 1, &cap);
}

FIXTURE_TEARDOWN(sequence)
{
}

static void send_ssrc(struct fo_relay *relay, __u16 seq, __u32 ssrc)
{
	__u8 buf[FO_MTU];

	fo_send_buf(relay->source, buf,
		    fo_rtp(buf, FO_PT_OPAQUE, seq, ssrc, 20));
}

/* The numbers across the wrap; without loss both viewers' are contiguous. */
TEST_F(sequence, contiguous)
{
	int i, first;

	fo_send(&self->relay, 65500);
	EXPECT_EQ(65500, fo_recv_seq(self->all));
	first = fo_recv_seq(self->capped);
	ASSERT_LE(0, first);
	for (i = 1; i < 100; i++) {
		fo_send(&self->relay, 65500 + i);
		ASSERT_EQ((__u16)(65500 + i), fo_recv_seq(self->all));
		ASSERT_EQ((__u16)(first + i), fo_recv_seq(self->capped));
	}
	ASSERT_EQ(0, fo_info(self->relay.fd, &self->info));
	EXPECT_EQ(0, self->info.rx_lost);
	EXPECT_EQ(0, self->info.rx_dropped_duplicate);
	EXPECT_EQ(0, self->info.rx_dropped_unconfirmed);
}

/* What never arrived is a gap of the same width for everybody. */
TEST_F(sequence, loss)
{
	int first;

	fo_send(&self->relay, 10);
	EXPECT_EQ(10, fo_recv_seq(self->all));
	first = fo_recv_seq(self->capped);
	fo_send(&self->relay, 14);
	EXPECT_EQ(14, fo_recv_seq(self->all));
	EXPECT_EQ((__u16)(first + 4), fo_recv_seq(self->capped));
	/* the widest that is taken for a loss */
	fo_send(&self->relay, 14 + 512);
	EXPECT_EQ(14 + 512, fo_recv_seq(self->all));
	EXPECT_EQ((__u16)(first + 4 + 512), fo_recv_seq(self->capped));

	ASSERT_EQ(0, fo_info(self->relay.fd, &self->info));
	EXPECT_EQ(3 + 511, self->info.rx_lost);
	EXPECT_EQ(3, self->info.rx_packets);
}

/* A late datagram has the number that was left free for it. */
TEST_F(sequence, late)
{
	int first;

	fo_send(&self->relay, 10);
	first = fo_recv_seq(self->capped);
	fo_send(&self->relay, 12);
	EXPECT_EQ((__u16)(first + 2), fo_recv_seq(self->capped));
	fo_send(&self->relay, 11);
	EXPECT_EQ((__u16)(first + 1), fo_recv_seq(self->capped));
	fo_send(&self->relay, 13);
	EXPECT_EQ((__u16)(first + 3), fo_recv_seq(self->capped));
	EXPECT_EQ(10, fo_recv_seq(self->all));
	EXPECT_EQ(12, fo_recv_seq(self->all));
	EXPECT_EQ(11, fo_recv_seq(self->all));
	EXPECT_EQ(13, fo_recv_seq(self->all));

	ASSERT_EQ(0, fo_info(self->relay.fd, &self->info));
	EXPECT_EQ(0, self->info.rx_lost);
	EXPECT_EQ(0, self->info.rx_dropped_late);
}

/* The highest number received, and how often it wrapped. */
TEST_F(sequence, extended)
{
	static const struct {
		__u16 seq;
		__u32 extended;
	} sent[] = {
		{ 65533, 65533 }, { 65535, 65535 }, { 65534, 65535 },
		{ 1, 0x10001 }, { 0, 0x10001 }, { 65532, 0x10001 },
		{ 3, 0x10003 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sent); i++) {
		fo_send(&self->relay, sent[i].seq);
		/* before the first nothing has a number */
		if (sent[i].seq != 65532)
			ASSERT_EQ(sent[i].seq, fo_recv_seq(self->all));
		ASSERT_EQ(0, fo_info(self->relay.fd, &self->info));
		EXPECT_EQ(sent[i].extended, self->info.rx_seq);
	}
}

/* Also what is a duplicate after the wrap, and of something that was late. */
TEST_F(sequence, duplicates)
{
	static const __u16 seqs[] = {
		65534, 65534, 65535, 1, 65535, 0, 0, 1, 65534, 2, 2
	};
	static const __u16 kept[] = { 65534, 65535, 1, 0, 2 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(seqs); i++)
		fo_send(&self->relay, seqs[i]);
	for (i = 0; i < ARRAY_SIZE(kept); i++)
		EXPECT_EQ(kept[i], fo_recv_seq(self->all));
	ASSERT_TRUE(FO_WAIT(!fo_info(self->relay.fd, &self->info) &&
			    self->info.rx_dropped_duplicate == 6));
	EXPECT_TRUE(fo_quiet(self->all));
	EXPECT_EQ(0, self->info.rx_lost);
}

/* One number far ahead moves nothing; two in sequence do. */
TEST_F(sequence, jump_ahead)
{
	int first;

	fo_send(&self->relay, 10);
	EXPECT_EQ(10, fo_recv_seq(self->all));
	first = fo_recv_seq(self->capped);
	fo_send(&self->relay, 10 + 513);
	fo_send(&self->relay, 11);
	EXPECT_EQ(11, fo_recv_seq(self->all));
	EXPECT_EQ((__u16)(first + 1), fo_recv_seq(self->capped));
	ASSERT_EQ(0, fo_info(self->relay.fd, &self->info));
	EXPECT_EQ(1, self->info.rx_dropped_unconfirmed);

	fo_send(&self->relay, 30000);
	fo_send(&self->relay, 30001);
	fo_send(&self->relay, 30002);
	EXPECT_EQ(12, fo_recv_seq(self->all));
	EXPECT_EQ(13, fo_recv_seq(self->all));
	EXPECT_EQ((__u16)(first + 2), fo_recv_seq(self->capped));
	EXPECT_EQ((__u16)(first + 3), fo_recv_seq(self->capped));
	ASSERT_EQ(0, fo_info(self->relay.fd, &self->info));
	EXPECT_EQ(2, self->info.rx_dropped_unconfirmed);
	EXPECT_EQ(0, self->info.rx_lost);

	/* what was before the jump is not taken for the stream's any more */
	fo_send(&self->relay, 30001);
	fo_send(&self->relay, 29999);
	fo_send(&self->relay, 30003);
	EXPECT_EQ(14, fo_recv_seq(self->all));
}

TEST_F(sequence, jump_back)
{
	fo_send(&self->relay, 10000);
	EXPECT_EQ(10000, fo_recv_seq(self->all));
	/* older than what is remembered */
	fo_send(&self->relay, 10000 - 1024);
	fo_send(&self->relay, 10001);
	EXPECT_EQ(10001, fo_recv_seq(self->all));
	ASSERT_EQ(0, fo_info(self->relay.fd, &self->info));
	EXPECT_EQ(1, self->info.rx_dropped_late +
		  self->info.rx_dropped_unconfirmed);

	/* the source has begun anew */
	fo_send(&self->relay, 1);
	fo_send(&self->relay, 2);
	fo_send(&self->relay, 3);
	EXPECT_EQ(10002, fo_recv_seq(self->all));
	EXPECT_EQ(10003, fo_recv_seq(self->all));
}

/* Jumps that do not belong together confirm nothing. */
TEST_F(sequence, jumps_alone)
{
	int i;

	fo_send(&self->relay, 10);
	for (i = 1; i <= 20; i++)
		fo_send(&self->relay, 10 + i * 2000);
	fo_send(&self->relay, 11);
	EXPECT_EQ(10, fo_recv_seq(self->all));
	EXPECT_EQ(11, fo_recv_seq(self->all));
	ASSERT_EQ(0, fo_info(self->relay.fd, &self->info));
	EXPECT_EQ(20, self->info.rx_dropped_unconfirmed);
}

TEST_F(sequence, new_ssrc)
{
	struct rtp_fanout_event event;
	__u8 buf[FO_MTU];
	int first;

	send_ssrc(&self->relay, 10, FO_SSRC);
	EXPECT_EQ(10, fo_recv_seq(self->all));
	first = fo_recv_seq(self->capped);
	ASSERT_EQ(0, fo_info(self->relay.fd, &self->info));
	EXPECT_EQ(FO_SSRC, self->info.ssrc);
	fo_events(self->relay.fd, &event, 1);

	/* one is forged */
	send_ssrc(&self->relay, 500, OTHER_SSRC);
	send_ssrc(&self->relay, 11, FO_SSRC);
	EXPECT_EQ(11, fo_recv_seq(self->all));
	ASSERT_EQ(0, fo_info(self->relay.fd, &self->info));
	EXPECT_EQ(FO_SSRC, self->info.ssrc);
	EXPECT_EQ(0, fo_events(self->relay.fd, &event, 1));

	/* two are a change */
	send_ssrc(&self->relay, 700, OTHER_SSRC);
	send_ssrc(&self->relay, 701, OTHER_SSRC);
	ASSERT_LT(0, fo_recv(self->all, buf, sizeof(buf)));
	EXPECT_EQ(12, fo_seq(buf));
	EXPECT_EQ(htonl(OTHER_SSRC), *(__u32 *)(buf + 8));
	EXPECT_EQ((__u16)(first + 1), fo_recv_seq(self->capped));
	EXPECT_EQ((__u16)(first + 2), fo_recv_seq(self->capped));
	ASSERT_EQ(0, fo_info(self->relay.fd, &self->info));
	EXPECT_EQ(OTHER_SSRC, self->info.ssrc);

	ASSERT_EQ(1, fo_events(self->relay.fd, &event, 1));
	EXPECT_EQ(RTP_FANOUT_EVENT_NEW_SSRC, event.events);
	EXPECT_EQ(AF_UNSPEC, event.addr.family);
	EXPECT_EQ(0, event.cookie);
	EXPECT_EQ(0, fo_events(self->relay.fd, &event, 1));

	/* the old one is foreign now */
	send_ssrc(&self->relay, 12, FO_SSRC);
	send_ssrc(&self->relay, 702, OTHER_SSRC);
	EXPECT_EQ(13, fo_recv_seq(self->all));
	EXPECT_TRUE(fo_quiet(self->all));
}

/* Two sources in turns: the first stays, the other never gets two in a row. */
TEST_F(sequence, two_sources)
{
	int i;

	for (i = 0; i < 20; i++) {
		send_ssrc(&self->relay, 100 + i, FO_SSRC);
		send_ssrc(&self->relay, 9000 + 2 * i, OTHER_SSRC);
	}
	for (i = 0; i < 20; i++)
		EXPECT_EQ(100 + i, fo_recv_seq(self->all));
	ASSERT_TRUE(FO_WAIT(!fo_info(self->relay.fd, &self->info) &&
			    self->info.rx_dropped_unconfirmed == 20));
	EXPECT_TRUE(fo_quiet(self->all));
}

/* Two fan-outs, each the other's source and destination: a loop dies. */
TEST(loop)
{
	struct rtp_fanout_info info[2];
	struct rtp_fanout_config cfg;
	struct rtp_fanout_dest dest;
	union fo_sockaddr ss;
	__u8 buf[FO_MTU];
	int fd[2], i;

	for (i = 0; i < 2; i++)
		fd[i] = fo_udp(AF_INET, 1 + i, FO_RELAY_PORT);
	for (i = 0; i < 2; i++) {
		fo_config(&cfg, AF_INET);
		fo_addr(&cfg.source, AF_INET, 2 - i, FO_RELAY_PORT);
		ASSERT_EQ(0, fo_attach(fd[i], &cfg));
		fo_dest(&dest, AF_INET, 2 - i, FO_RELAY_PORT);
		ASSERT_EQ(0, fo_add(fd[i], &dest, 1));
	}

	/* what one of them sends by itself is the other's stream */
	fo_sockaddr(&ss, AF_INET, 2, FO_RELAY_PORT);
	for (i = 0; i < 10; i++)
		ASSERT_EQ(112, sendto(fd[0], buf,
				      fo_rtp(buf, FO_PT_OPAQUE, i, FO_SSRC,
					     100), 0, &ss.sa, sizeof(ss)));
	for (i = 0; i < 2; i++)
		ASSERT_TRUE(FO_WAIT(!fo_info(fd[i], &info[i]) &&
				    info[i].rx_packets == 10));
	/* it went round once: the first has not had it, the second has */
	EXPECT_TRUE(FO_WAIT(!fo_info(fd[1], &info[1]) &&
			    info[1].rx_dropped_duplicate == 10));
	for (i = 0; i < 2; i++)
		EXPECT_TRUE(FO_WAIT(!fo_info(fd[i], &info[i]) &&
				    info[i].tx_packets == 10));
	EXPECT_EQ(0, info[0].rx_dropped_duplicate);
}

int main(int argc, char **argv)
{
	fo_netns();
	return test_harness_run(argc, argv);
}
