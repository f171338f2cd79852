// SPDX-License-Identifier: GPL-2.0
/*
 * CONFIG that is set: each wrong call has its own errno and changes nothing; the
 * tee comes and goes; another source takes the place of the first, and viewers
 * see one stream.
 */
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <sys/param.h>
#include <sys/wait.h>
#include <time.h>

#include "fanout_lib.h"
#include "kselftest_harness.h"

#define OTHER_PORT	(FO_SOURCE_PORT + 1)
#define OTHER_SSRC	0xcafe0001U
#define OUT_SSRC	0x0badcafeU
#define CLOCK_RATE	90000

FIXTURE(configure)
{
	struct rtp_fanout_config cfg, found;
	struct rtp_fanout_info info;
	struct fo_relay relay;
	int other;	/* a source that is not the fan-out's yet */
	int all;	/* viewer that gets everything */
	int capped;	/* viewer with a cap that keeps all that is sent here */
	int next[2];	/* their next numbers, -1 before the first */
};

FIXTURE_VARIANT(configure)
{
	enum fo_net net;
	__u32 ssrc, clock_rate;
};

FIXTURE_VARIANT_ADD(configure, ipv4)
{
	.net = FO_IPV4,
	.ssrc = OUT_SSRC,
	.clock_rate = CLOCK_RATE,
};

FIXTURE_VARIANT_ADD(configure, ipv6)
{
	.net = FO_IPV6,
	.ssrc = OUT_SSRC,
	.clock_rate = CLOCK_RATE,
};

FIXTURE_VARIANT_ADD(configure, dual)
{
	.net = FO_DUAL,
	.ssrc = OUT_SSRC,
	.clock_rate = CLOCK_RATE,
};

FIXTURE_VARIANT_ADD(configure, ssrc_alone)
{
	.net = FO_IPV4,
	.ssrc = OUT_SSRC,
};

FIXTURE_VARIANT_ADD(configure, clock_alone)
{
	.net = FO_IPV4,
	.clock_rate = CLOCK_RATE,
};

FIXTURE_VARIANT_ADD(configure, neither)
{
	.net = FO_IPV4,
};

/* Attached, as cfg says. */
FIXTURE_SETUP(configure)
{
	const struct rtp_fanout_cap cap = { .did = 7, .qid = 15, .tid = 6 };
	struct fo_relay *relay = &self->relay;
	union fo_sockaddr ss;

	fo_open(relay, variant->net);
	relay->cfg.ssrc = variant->ssrc;
	relay->cfg.clock_rate = variant->clock_rate;
	ASSERT_EQ(0, fo_attach(relay->fd, &relay->cfg));
	self->all = fo_view(relay, 0, NULL);
	self->capped = fo_view(relay, 1, &cap);
	self->next[0] = -1;
	self->next[1] = -1;

	self->other = fo_udp(relay->family, FO_HOST_SOURCE, OTHER_PORT);
	fo_sockaddr(&ss, relay->family, FO_HOST_RELAY, FO_RELAY_PORT);
	ASSERT_EQ(0, connect(self->other, &ss.sa, sizeof(ss)));
	self->cfg = relay->cfg;
}

FIXTURE_TEARDOWN(configure)
{
}

static __u64 now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static __u32 get_be32(const __u8 *at)
{
	__u32 value;

	memcpy(&value, at, sizeof(value));
	return ntohl(value);
}

static void send_as(int fd, __u32 ssrc, __u16 seq, __u32 timestamp)
{
	__u32 ticks = htonl(timestamp);
	__u8 buf[FO_MTU];
	size_t len;

	len = fo_rtp(buf, FO_PT_OPAQUE, seq, ssrc, 100);
	memcpy(buf + 4, &ticks, sizeof(ticks));
	fo_send_buf(fd, buf, len);
}

/* The next datagram of a viewer: the one that was sent with number @was, under
 * the viewer's next number. Returns its timestamp.
 */
static __u32 got(struct __test_metadata *_metadata,
		 struct _test_data_configure *self, int i, __u16 was,
		 __u32 ssrc)
{
	int viewer = i ? self->capped : self->all;
	__u8 buf[FO_MTU];

	ASSERT_EQ(FO_RTP_HDR + 100, fo_recv(viewer, buf, sizeof(buf)));
	if (self->next[i] >= 0)
		EXPECT_EQ(self->next[i], fo_seq(buf));
	self->next[i] = (__u16)(fo_seq(buf) + 1);
	EXPECT_EQ(ssrc, get_be32(buf + 8));
	EXPECT_EQ(was, buf[FO_RTP_HDR] << 8 | buf[FO_RTP_HDR + 1]);
	EXPECT_EQ((__u8)(was * 31 + 2), buf[FO_RTP_HDR + 2]);
	return get_be32(buf + 4);
}

static void source_of(struct rtp_fanout_config *cfg, int port)
{
	cfg->source.port = htons(port);
}

#define EXPECT_CONFIG(error, change) do {				\
	struct rtp_fanout_config was_, is_;				\
	struct rtp_fanout_config *cfg = &self->cfg;			\
	struct rtp_fanout_config good_ = *cfg;				\
									\
	ASSERT_EQ(0, fo_attached(self->relay.fd, &was_));		\
	change;								\
	EXPECT_REFUSED(error, self->relay.fd,				\
		       fo_configure(self->relay.fd, cfg));		\
	*cfg = good_;							\
	ASSERT_EQ(0, fo_attached(self->relay.fd, &is_));		\
	EXPECT_EQ(0, memcmp(&was_, &is_, sizeof(was_)));		\
} while (0)

TEST_F(configure, refused)
{
	int fd = self->relay.fd, i;

	for (i = 2; i < 32; i++)
		EXPECT_CONFIG(EINVAL, cfg->flags |= 1U << i);
	for (i = 0; i < 3; i++)
		EXPECT_CONFIG(EINVAL, cfg->reserved[i] = 1);

	/* what destinations and waiting datagrams depend on */
	EXPECT_CONFIG(EBUSY, cfg->ssrc++);
	EXPECT_CONFIG(EBUSY, cfg->clock_rate++);
	EXPECT_CONFIG(EBUSY, cfg->bpf_fd = fd);
	EXPECT_CONFIG(EBUSY, cfg->dependency_id = 1);
	for (i = 0; i < 128; i++)
		EXPECT_CONFIG(EBUSY, cfg->codec[i] ^= RTP_FANOUT_CODEC_VP8);
	EXPECT_CONFIG(EBUSY, cfg->codec[0] = 0xff);

	EXPECT_CONFIG(ERANGE, cfg->pace_percent = 101);
	EXPECT_CONFIG(ERANGE, (cfg->pace_percent = 1, cfg->pace_burst =
			       RTP_FANOUT_MAX_PACE_BURST + 1));
	EXPECT_CONFIG(EINVAL, cfg->pace_burst = 1);

	EXPECT_CONFIG(EAFNOSUPPORT, cfg->source.family = AF_UNIX);
	EXPECT_CONFIG(EAFNOSUPPORT, cfg->source.family = 0);
	EXPECT_CONFIG(EDESTADDRREQ, cfg->source.port = 0);
	EXPECT_CONFIG(EDESTADDRREQ, memset(cfg->source.addr, 0, 16));
	EXPECT_CONFIG(EACCES, fo_addr_text(&cfg->source, self->relay.family ==
					   AF_INET ? "239.1.2.3" : "ff02::1",
					   1));
	EXPECT_CONFIG(ENODEV, cfg->ifindex = 12345);
	EXPECT_CONFIG(ENODEV, cfg->ifindex = ~0U);
	if (self->relay.family == AF_INET6)
		EXPECT_CONFIG(ENODEV, fo_addr_text(&cfg->source, "fe80::1", 1));
	else
		EXPECT_CONFIG(EINVAL, cfg->source.addr[15] = 1);

	/* one element, and nothing else in the header */
	EXPECT_REFUSED(EINVAL, fd, fo_set(fd, RTP_FANOUT_CONFIG, 1, &self->cfg,
					  1, sizeof(self->cfg)));
	EXPECT_REFUSED(EINVAL, fd, fo_set(fd, RTP_FANOUT_CONFIG, 0, "", 0, 0));

	/* the flag is of CONFIG alone */
	ASSERT_EQ(0, fo_detach(fd));
	EXPECT_REFUSED(ENOTCONN, fd, fo_configure(fd, &self->cfg));
	self->cfg.flags = RTP_FANOUT_RESTART;
	EXPECT_REFUSED(EINVAL, fd, fo_attach(fd, &self->cfg));
}

/* Two elements do as little as none. */
TEST_F(configure, two_elements)
{
	struct rtp_fanout_config two[2] = { self->cfg, self->cfg };
	int fd = self->relay.fd;

	two[0].flags = RTP_FANOUT_TEE;
	EXPECT_REFUSED(EINVAL, fd, fo_set(fd, RTP_FANOUT_CONFIG, 0, two, 2,
					  sizeof(two[0])));
	ASSERT_EQ(0, fo_attached(fd, &self->found));
	EXPECT_EQ(0, self->found.flags);
}

TEST_F(configure, reads_back)
{
	int fd = self->relay.fd;

	ASSERT_EQ(0, fo_attached(fd, &self->found));
	EXPECT_EQ(0, memcmp(&self->cfg, &self->found, sizeof(self->cfg)));
	EXPECT_EQ(0, fo_configure(fd, &self->found));

	source_of(&self->cfg, OTHER_PORT);
	self->cfg.ifindex = if_nametoindex("lo");
	self->cfg.flags = RTP_FANOUT_TEE;
	self->cfg.pace_percent = 50;
	ASSERT_EQ(0, fo_configure(fd, &self->cfg));
	self->cfg.pace_burst = RTP_FANOUT_DEFAULT_PACE_BURST;
	ASSERT_EQ(0, fo_attached(fd, &self->found));
	EXPECT_EQ(0, memcmp(&self->cfg, &self->found, sizeof(self->cfg)));

	/* of the change, not of the fan-out */
	self->cfg.flags = RTP_FANOUT_RESTART;
	ASSERT_EQ(0, fo_configure(fd, &self->cfg));
	self->cfg.flags = 0;
	ASSERT_EQ(0, fo_attached(fd, &self->found));
	EXPECT_EQ(0, memcmp(&self->cfg, &self->found, sizeof(self->cfg)));
}

/* An IPv4-mapped address is the IPv4 one: it is no other source. */
TEST_F(configure, mapped_address)
{
	static const __u8 prefix[12] = { [10] = 0xff, [11] = 0xff };
	struct rtp_fanout_addr *source = &self->cfg.source;

	if (variant->net != FO_DUAL)
		return;
	send_as(self->relay.source, FO_SSRC, 10, 0);
	got(_metadata, self, 0, 10, OUT_SSRC);
	memcpy(source->addr + 12, source->addr, 4);
	memcpy(source->addr, prefix, sizeof(prefix));
	source->family = AF_INET6;
	ASSERT_EQ(0, fo_configure(self->relay.fd, &self->cfg));
	ASSERT_EQ(0, fo_attached(self->relay.fd, &self->found));
	EXPECT_EQ(0, memcmp(&self->relay.cfg, &self->found,
			    sizeof(self->found)));
	send_as(self->relay.source, FO_SSRC, 11, 0);
	got(_metadata, self, 0, 11, OUT_SSRC);
}

/* What a process without the capability may: all but to choose the source. */
TEST_F(configure, capability)
{
	int fd = self->relay.fd, status;
	pid_t child;

	child = fork();
	ASSERT_LE(0, child);
	if (!child) {
		fo_drop_net_admin();
		EXPECT_CONFIG(EPERM, source_of(cfg, OTHER_PORT));
		EXPECT_CONFIG(EPERM, cfg->source.addr[3]++);
		EXPECT_CONFIG(EPERM, cfg->ifindex = if_nametoindex("lo"));
		/* nothing is told about interfaces */
		EXPECT_CONFIG(EPERM, cfg->ifindex = 12345);

		self->cfg.flags = RTP_FANOUT_TEE | RTP_FANOUT_RESTART;
		EXPECT_EQ(0, fo_configure(fd, &self->cfg));
		self->cfg.flags = 0;
		self->cfg.pace_percent = 10;
		EXPECT_EQ(0, fo_configure(fd, &self->cfg));
		_exit(_metadata->exit_code == KSFT_PASS ? 0 : 1);
	}
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
	ASSERT_EQ(0, fo_attached(fd, &self->found));
	EXPECT_EQ(10, self->found.pace_percent);
	EXPECT_EQ(0, memcmp(&self->found.source, &self->relay.cfg.source,
			    sizeof(self->found.source)));

	/* and who has it chooses for them */
	source_of(&self->cfg, OTHER_PORT);
	EXPECT_EQ(0, fo_configure(fd, &self->cfg));
}

/* An interface that has gone keeps nobody from changing the rest. */
TEST_F(configure, interface_gone)
{
	int fd = self->relay.fd;

	fo_ip("link add gone type dummy");
	self->cfg.ifindex = if_nametoindex("gone");
	ASSERT_EQ(0, fo_configure(fd, &self->cfg));
	fo_ip("link del gone");
	self->cfg.flags = RTP_FANOUT_TEE;
	EXPECT_EQ(0, fo_configure(fd, &self->cfg));
	source_of(&self->cfg, OTHER_PORT);
	EXPECT_EQ(-ENODEV, fo_configure(fd, &self->cfg));
	self->cfg.ifindex = 0;
	EXPECT_EQ(0, fo_configure(fd, &self->cfg));
}

/* The tee comes and goes; viewers do not see it. */
TEST_F(configure, tee)
{
	int fd = self->relay.fd, round, i;
	__u32 ssrc = variant->ssrc ?: FO_SSRC;
	__u8 buf[FO_MTU];
	__u16 seq = 65530;

	for (round = 0; round < 6; round++) {
		bool tee = round & 1;

		self->cfg.flags = tee ? RTP_FANOUT_TEE : 0;
		ASSERT_EQ(0, fo_configure(fd, &self->cfg));
		for (i = 0; i < 3; i++, seq++) {
			send_as(self->relay.source, FO_SSRC, seq, seq * 90);
			/* as they came, whatever leaves */
			if (tee) {
				ASSERT_EQ(FO_RTP_HDR + 100,
					  fo_recv(fd, buf, sizeof(buf)));
				EXPECT_EQ(seq, fo_seq(buf));
				EXPECT_EQ(seq * 90, get_be32(buf + 4));
				EXPECT_EQ(FO_SSRC, get_be32(buf + 8));
			}
			EXPECT_EQ(seq * 90, got(_metadata, self, 0, seq, ssrc));
			EXPECT_EQ(seq * 90, got(_metadata, self, 1, seq, ssrc));
		}
		EXPECT_TRUE(fo_quiet(fd));
	}
	ASSERT_EQ(0, fo_info(fd, &self->info));
	EXPECT_EQ(18, self->info.rx_packets);
	EXPECT_EQ(9, self->info.rx_teed);
}

/* Another source, of whatever SSRC and numbers: the viewers' numbers go on, and
 * SSRC and timestamps where that is asked for.
 */
static void change_source(struct __test_metadata *_metadata,
			  struct _test_data_configure *self,
			  const struct _fixture_variant_configure *variant,
			  __u32 ssrc, __u16 seq)
{
	int source = self->relay.source, fd = self->relay.fd;
	const __u32 ticks[2] = { 0xfffffff0, 0x12345678 };
	struct rtp_fanout_event event;
	__u32 left, low, high, last;
	__u64 before[2], after[2];
	int i, came;

	for (i = 0; i < 5; i++) {
		before[0] = now_ns();
		send_as(source, FO_SSRC, 100 + i, ticks[0] + i * 8);
		for (came = 0; came < 2; came++)
			last = got(_metadata, self, came, 100 + i,
				   variant->ssrc ?: FO_SSRC);
		after[0] = now_ns();
		EXPECT_EQ(ticks[0] + i * 8, last);
	}
	ASSERT_EQ(1, fo_events(fd, &event, 1));

	source_of(&self->cfg, OTHER_PORT);
	ASSERT_EQ(0, fo_configure(fd, &self->cfg));
	/* the one before is a stranger now */
	send_as(source, FO_SSRC, 105, ticks[0] + 40);
	EXPECT_EQ(105, fo_recv_seq(fd));

	usleep(200000);
	send_as(self->other, ssrc, seq, ticks[1]);
	before[1] = now_ns();
	send_as(self->other, ssrc, seq + 1, ticks[1]);
	left = got(_metadata, self, 0, seq + 1, variant->ssrc ?: ssrc);
	after[1] = now_ns();
	EXPECT_EQ(left, got(_metadata, self, 1, seq + 1,
			    variant->ssrc ?: ssrc));
	if (variant->clock_rate) {
		low = (before[1] - after[0]) * CLOCK_RATE / 1000000000 - 1;
		high = (after[1] - before[0]) * CLOCK_RATE / 1000000000 + 1;
		EXPECT_LE(low, left - last);
		EXPECT_GE(high, left - last);
	} else {
		EXPECT_EQ(ticks[1], left);
	}

	for (i = 2; i < 5; i++) {
		send_as(self->other, ssrc, seq + i, ticks[1] + i * 3000);
		for (came = 0; came < 2; came++)
			EXPECT_EQ(left + i * 3000,
				  got(_metadata, self, came, seq + i,
				      variant->ssrc ?: ssrc));
	}
	ASSERT_TRUE(FO_WAIT(!fo_info(fd, &self->info) &&
			    self->info.tx_packets == 18));
	EXPECT_EQ(left - ticks[1], self->info.ts_offset);
	EXPECT_EQ(ssrc, self->info.ssrc);
	EXPECT_EQ((__u16)(seq + 4), (__u16)self->info.rx_seq);
	EXPECT_EQ(1, self->info.rx_dropped_unconfirmed);
	EXPECT_EQ(0, self->info.rx_dropped_duplicate);
	EXPECT_EQ(0, self->info.rx_lost);
	EXPECT_EQ(9, self->info.rx_packets);
	ASSERT_EQ(1, fo_events(fd, &event, 1));
	EXPECT_EQ(RTP_FANOUT_EVENT_NEW_SSRC, event.events);
}

TEST_F(configure, another_source)
{
	change_source(_metadata, self, variant, OTHER_SSRC, 40000);
}

/* Nothing but its address tells it from the one before. */
TEST_F(configure, another_source_same_ssrc)
{
	change_source(_metadata, self, variant, FO_SSRC, 105);
}

/* Its numbers were all seen. */
TEST_F(configure, another_source_same_numbers)
{
	change_source(_metadata, self, variant, FO_SSRC, 100);
}

/* One datagram of a new source begins nothing. */
TEST_F(configure, confirmed_by_two)
{
	int fd = self->relay.fd, i;
	__u32 ssrc = variant->ssrc ?: FO_SSRC;

	send_as(self->relay.source, FO_SSRC, 10, 0);
	got(_metadata, self, 0, 10, ssrc);
	source_of(&self->cfg, OTHER_PORT);
	ASSERT_EQ(0, fo_configure(fd, &self->cfg));
	for (i = 0; i < 10; i++)
		send_as(self->other, FO_SSRC, 11 + 2 * i, 0);
	ASSERT_TRUE(FO_WAIT(!fo_info(fd, &self->info) &&
			    self->info.rx_dropped_unconfirmed == 10));
	EXPECT_TRUE(fo_quiet(self->all));
	send_as(self->other, FO_SSRC, 30, 0);
	got(_metadata, self, 0, 30, ssrc);
}

/* The same source, which began anew where it had been before. */
TEST_F(configure, restart)
{
	__u32 ssrc = variant->ssrc ?: FO_SSRC;
	int fd = self->relay.fd, i;
	__u32 left;

	for (i = 0; i < 5; i++)
		send_as(self->relay.source, FO_SSRC, i, 1000000 + i);
	for (i = 0; i < 5; i++)
		left = got(_metadata, self, 0, i, ssrc);
	self->cfg.flags = RTP_FANOUT_RESTART;
	ASSERT_EQ(0, fo_configure(fd, &self->cfg));
	for (i = 0; i < 5; i++)
		send_as(self->relay.source, FO_SSRC, i, 7);
	for (i = 1; i < 5; i++) {
		__u32 now = got(_metadata, self, 0, i, ssrc);

		if (variant->clock_rate) {
			/* less than a minute passed */
			EXPECT_LT(0, (__s32)(now - left));
			EXPECT_GT(60 * CLOCK_RATE, now - left);
		} else {
			EXPECT_EQ(7, now);
		}
	}
	/* and only then */
	self->cfg.flags = 0;
	ASSERT_EQ(0, fo_configure(fd, &self->cfg));
	for (i = 0; i < 5; i++)
		send_as(self->relay.source, FO_SSRC, i, 7);
	ASSERT_TRUE(FO_WAIT(!fo_info(fd, &self->info) &&
			    self->info.rx_dropped_duplicate == 5));
	EXPECT_TRUE(fo_quiet(self->all));
}

/* What left comes back: it does not go round. */
TEST_F(configure, loop)
{
	int fd = self->relay.fd, i;
	__u8 buf[FO_MTU];
	ssize_t len;

	/* else what comes back has the SSRC of the source */
	if (!variant->ssrc)
		return;
	for (i = 0; i < 10; i++)
		send_as(self->relay.source, FO_SSRC, i, 0);
	for (i = 0; i < 10; i++) {
		/* the numbers of a viewer with a cap are none that were seen */
		len = fo_recv(self->capped, buf, sizeof(buf));
		ASSERT_LT(FO_RTP_HDR, len);
		fo_send_buf(self->relay.source, buf, len);
	}
	ASSERT_TRUE(FO_WAIT(!fo_info(fd, &self->info) &&
			    self->info.rx_dropped_duplicate == 10));
	EXPECT_EQ(10, self->info.rx_packets);
	EXPECT_TRUE(fo_quiet(self->capped));
	EXPECT_EQ(FO_SSRC, self->info.ssrc);
}

/* Evenly, and not: in ticks of the clock, where there is one. */
TEST_F(configure, jitter)
{
	int fd = self->relay.fd, i;

	/* all of one time, which go by 20 ms */
	for (i = 0; i < 40; i++) {
		send_as(self->relay.source, FO_SSRC, i, 5);
		got(_metadata, self, 0, i, variant->ssrc ?: FO_SSRC);
		usleep(20000);
	}
	ASSERT_EQ(0, fo_info(fd, &self->info));
	if (!variant->clock_rate) {
		EXPECT_EQ(0, self->info.rx_jitter);
		return;
	}
	/* 1800 ticks of which the first 40 tell nine tenths, and a machine that
	 * is slow
	 */
	EXPECT_LE(1500, self->info.rx_jitter);
	EXPECT_GE(20 * 1800, self->info.rx_jitter);

	self->cfg.flags = RTP_FANOUT_RESTART;
	ASSERT_EQ(0, fo_configure(fd, &self->cfg));
	send_as(self->relay.source, FO_SSRC, i, 5);
	send_as(self->relay.source, FO_SSRC, i + 1, 5);
	got(_metadata, self, 0, i + 1, variant->ssrc ?: FO_SSRC);
	ASSERT_TRUE(FO_WAIT(!fo_info(fd, &self->info) &&
			    !self->info.rx_jitter));
}

/* Pacing that comes and goes: the stream flows, in order. */
TEST_F(configure, pace)
{
	__u32 ssrc = variant->ssrc ?: FO_SSRC;
	int round, i, n = 0;

	for (round = 0; round < 8; round++) {
		self->cfg.pace_percent = round % 4 * 33;
		self->cfg.pace_burst = round % 4 ? 2 + round : 0;
		ASSERT_EQ(0, fo_configure(self->relay.fd, &self->cfg));
		for (i = 0; i < 20; i++)
			send_as(self->relay.source, FO_SSRC, n + i,
				round * 3600 + i / 5 * 900);
		for (i = 0; i < 20; i++) {
			got(_metadata, self, 0, n + i, ssrc);
			got(_metadata, self, 1, n + i, ssrc);
		}
		n += 20;
	}
	ASSERT_EQ(0, fo_info(self->relay.fd, &self->info));
	EXPECT_EQ(160, self->info.rx_packets);
	EXPECT_EQ(0, self->info.tx_dropped);
}

/* How long the copies of an access unit take, ns, of some that come every 100
 * ms: the most, or the least, which says more where nothing is to keep them.
 */
static __u64 spread(struct __test_metadata *_metadata,
		    struct _test_data_configure *self, __u32 ssrc, int *seq,
		    bool most)
{
	__u64 first, took, found = most ? 0 : ~0ULL;
	int unit, i;

	for (unit = 0; unit < 5; unit++) {
		for (i = 0; i < 16; i++)
			send_as(self->relay.source, FO_SSRC, *seq + i,
				*seq * 500);
		got(_metadata, self, 0, *seq, ssrc);
		first = now_ns();
		for (i = 1; i < 16; i++)
			got(_metadata, self, 0, *seq + i, ssrc);
		*seq += 16;
		took = now_ns() - first;
		/* how far apart they come is not known before the second */
		if (unit > 1)
			found = most ? MAX(found, took) : MIN(found, took);
		usleep(100000 - took / 1000 % 100000);
	}
	return found;
}

/* It holds from the next group on, and until it is taken back. */
TEST_F(configure, pace_holds)
{
	__u32 ssrc = variant->ssrc ?: FO_SSRC;
	int fd = self->relay.fd, seq = 0;

	EXPECT_GT(40000000, spread(_metadata, self, ssrc, &seq, false));
	self->cfg.pace_percent = 100;
	self->cfg.pace_burst = 1;
	ASSERT_EQ(0, fo_configure(fd, &self->cfg));
	EXPECT_LT(40000000, spread(_metadata, self, ssrc, &seq, true));
	self->cfg.pace_percent = 0;
	self->cfg.pace_burst = 0;
	ASSERT_EQ(0, fo_configure(fd, &self->cfg));
	EXPECT_GT(40000000, spread(_metadata, self, ssrc, &seq, false));
}

/**
 * struct sender - a source that sends on and on
 * @fd: its socket
 * @ssrc: its SSRC
 * @ticks: what its timestamps begin with
 * @stop: it is to end
 */
struct sender {
	int fd;
	__u32 ssrc;
	__u32 ticks;
	bool stop;
};

static void *send_on(void *arg)
{
	struct sender *sender = arg;
	__u64 start = now_ns();
	__u16 seq = 0;

	while (!__atomic_load_n(&sender->stop, __ATOMIC_RELAXED)) {
		send_as(sender->fd, sender->ssrc, seq++, sender->ticks +
			(now_ns() - start) * CLOCK_RATE / 1000000000);
		usleep(200);
	}
	return NULL;
}

/* Two sources that send all the time, and take turns; the tee that comes and
 * goes. Whatever a viewer gets is one stream: no number twice and none left out,
 * one SSRC, and timestamps that do not go back.
 */
TEST_F(configure, under_traffic)
{
	struct sender sender[2] = {
		{ .fd = self->relay.source, .ssrc = FO_SSRC, .ticks = 5 },
		{ .fd = self->other, .ssrc = FO_SSRC, .ticks = 0x80000000 },
	};
	int fd = self->relay.fd, i, round, next = -1;
	__u32 last = 0, count = 0;
	pthread_t thread[2];
	__u8 buf[FO_MTU];
	cpu_set_t first;
	ssize_t len;

	/* what two CPUs send is in no order */
	CPU_ZERO(&first);
	CPU_SET(0, &first);
	ASSERT_EQ(0, sched_setaffinity(0, sizeof(first), &first));
	fo_set_int(fd, SOL_SOCKET, SO_RCVBUFFORCE, 1 << 24);
	fo_set_int(fd, SOL_SOCKET, SO_SNDBUFFORCE, 1 << 24);
	fo_set_int(self->all, SOL_SOCKET, SO_RCVBUFFORCE, 1 << 26);
	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, pthread_create(&thread[i], NULL, send_on,
					    &sender[i]));
	for (round = 0; round < 300; round++) {
		source_of(&self->cfg, round & 1 ? OTHER_PORT : FO_SOURCE_PORT);
		self->cfg.flags = round & 2 ? RTP_FANOUT_TEE : 0;
		if (round % 7 == 0)
			self->cfg.flags |= RTP_FANOUT_RESTART;
		ASSERT_EQ(0, fo_configure(fd, &self->cfg));
		usleep(3000);
		while (recv(fd, buf, sizeof(buf), MSG_DONTWAIT) > 0)
			;
	}
	for (i = 0; i < 2; i++) {
		__atomic_store_n(&sender[i].stop, true, __ATOMIC_RELAXED);
		ASSERT_EQ(0, pthread_join(thread[i], NULL));
	}
	ASSERT_TRUE(FO_WAIT(!fo_info(fd, &self->info) &&
			    !self->info.queue_bytes));
	EXPECT_EQ(0, self->info.rx_dropped_queue);
	EXPECT_EQ(0, self->info.rx_lost);

	while ((len = recv(self->all, buf, sizeof(buf), MSG_DONTWAIT)) > 0) {
		ASSERT_EQ(FO_RTP_HDR + 100, len);
		if (next >= 0)
			ASSERT_EQ(next, fo_seq(buf));
		next = (__u16)(fo_seq(buf) + 1);
		ASSERT_EQ(variant->ssrc ?: FO_SSRC, get_be32(buf + 8));
		if (variant->clock_rate && count)
			ASSERT_LE(0, (__s32)(get_be32(buf + 4) - last));
		last = get_be32(buf + 4);
		count++;
	}
	EXPECT_EQ(count, self->info.rx_packets);
	/* something was sent: a machine that checks everything comes to no
	 * datagram in some turns
	 */
	EXPECT_LT(50, count);
}

int main(int argc, char **argv)
{
	fo_netns();
	return test_harness_run(argc, argv);
}
