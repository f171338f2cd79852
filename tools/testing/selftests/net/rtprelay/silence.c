// SPDX-License-Identifier: GPL-2.0
/*
 * A source that is silent, and one that is back: each is told once, whether the
 * stream had begun or not, and not while anything comes. No verdict depends on
 * how fast the machine is.
 */
#include <linux/filter.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>

#include "fanout_lib.h"
#include "kselftest_harness.h"

/* Milliseconds: a silence; more than one; one that a slow machine does not make
 * by itself; what never ends.
 */
#define SILENT	100
#define QUIET	500
#define SLOW	2000
#define LONG	3600000

/* Milliseconds: a silence for which a timer of the kernel may be half a second
 * late at 1000 Hz; later than a silence is told of.
 */
#define FAR	4200
#define LATE	250

/* How often what depends on the machine, too, is looked at. */
#define TRIES	5

/* Fan-outs whose timers are spread over more than that half second. */
#define TIMERS	20

FIXTURE(silence)
{
	struct fo_relay relay;
	struct pollfd pfd;
	__u16 seq;
	int fd;
};

FIXTURE_VARIANT(silence)
{
	enum fo_net net;
};

FIXTURE_VARIANT_ADD(silence, ipv4)
{
	.net = FO_IPV4,
};

FIXTURE_VARIANT_ADD(silence, ipv6)
{
	.net = FO_IPV6,
};

FIXTURE_SETUP(silence)
{
	fo_open(&self->relay, variant->net);
	self->fd = self->relay.fd;
	self->pfd = (struct pollfd) { .fd = self->fd, .events = POLLPRI };
}

FIXTURE_TEARDOWN(silence)
{
}

static int attach(struct _test_data_silence *self, __u32 ms)
{
	self->relay.cfg.silent_ms = ms;
	return fo_attach(self->fd, &self->relay.cfg);
}

static int configure(struct _test_data_silence *self, __u32 ms)
{
	self->relay.cfg.silent_ms = ms;
	return fo_configure(self->fd, &self->relay.cfg);
}

/* The events of the fan-out that come, in ten seconds at most; 0 for none. */
static __u32 told(struct _test_data_silence *self)
{
	struct rtp_fanout_event event;

	if (poll(&self->pfd, 1, 10000) != 1 || self->pfd.revents != POLLPRI ||
	    fo_events(self->fd, &event, 1) != 1 || event.error ||
	    event.addr.family || event.ifindex || event.cookie)
		return 0;
	return event.events;
}

static bool nothing(struct _test_data_silence *self, int ms)
{
	return poll(&self->pfd, 1, ms) == 0;
}

/* The stream begins, and is silent from now on. */
static bool begin(struct _test_data_silence *self, __u32 ms)
{
	if (attach(self, LONG))
		return false;
	fo_send(&self->relay, self->seq++);
	return told(self) == RTP_FANOUT_EVENT_NEW_SSRC && !configure(self, ms);
}

/* It comes back: on a slow machine it may be silent again before that is read. */
static bool back(struct _test_data_silence *self)
{
	__u32 events;
	int i;

	for (i = 0; i < 20; i++) {
		fo_send(&self->relay, self->seq++);
		do {
			events = told(self);
		} while (events == RTP_FANOUT_EVENT_NEW_SSRC);
		if (events & RTP_FANOUT_EVENT_BACK)
			return true;
		if (!(events & RTP_FANOUT_EVENT_SILENT))
			return false;
	}
	return false;
}

static __u64 now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ULL + now.tv_nsec / 1000000;
}

/* Send for so long, without a silence that is told of. A machine that does
 * something else makes one where the sender sees none: look again, while what is
 * wrong stays so.
 */
static bool flow(struct _test_data_silence *self, __u64 ms)
{
	__u64 begun;
	int i;

	for (i = 0; i < TRIES; i++) {
		begun = now_ms();
		while (now_ms() - begun < ms) {
			fo_send(&self->relay, self->seq++);
			usleep(5000);
		}
		if (nothing(self, 0))
			return true;
		while (!nothing(self, 0))
			told(self);
	}
	return false;
}

/* Send for so long; returns the length of the silence after it, 0 if none is told of. */
static __u64 silent_after(struct _test_data_silence *self, __u64 ms)
{
	__u64 sent;

	if (!flow(self, ms))
		return 0;
	sent = now_ms();
	fo_send(&self->relay, self->seq++);
	return told(self) == RTP_FANOUT_EVENT_SILENT ? now_ms() - sent : 0;
}

/* Once for each silence, and once for its end. */
TEST_F(silence, silent_and_back)
{
	int i;

	ASSERT_TRUE(begin(self, SILENT));
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(RTP_FANOUT_EVENT_SILENT, told(self));
		EXPECT_TRUE(nothing(self, QUIET));
		EXPECT_TRUE(back(self));
	}
}

/* It is as long as was asked for, from the last datagram on. */
TEST_F_TIMEOUT(silence, length, 120)
{
	__u64 sent, took = 0;
	int i;

	ASSERT_TRUE(begin(self, LONG));
	sent = now_ms();
	ASSERT_EQ(0, configure(self, QUIET));
	EXPECT_EQ(RTP_FANOUT_EVENT_SILENT, told(self));
	EXPECT_LE(QUIET, now_ms() - sent);

	for (i = 0; i < TRIES && took < QUIET; i++) {
		ASSERT_TRUE(back(self));
		took = silent_after(self, 2 * QUIET);
	}
	EXPECT_LE(QUIET, took);
}

/* Nor much longer, unless the machine stands still meanwhile. */
TEST_F_TIMEOUT(silence, no_longer, 60)
{
	__u64 now, last, begun[TIMERS], stalled = 0, late = 0;
	struct pollfd pfd[TIMERS];
	struct rtp_fanout_event event;
	int i, left = TIMERS;

	self->relay.cfg.silent_ms = FAR;
	for (i = 0; i < TIMERS; i++) {
		pfd[i].fd = fo_udp(self->relay.family, FO_HOST_RELAY,
				   FO_RELAY_PORT + 1 + i);
		pfd[i].events = POLLPRI;
		ASSERT_EQ(0, fo_attach(pfd[i].fd, &self->relay.cfg));
		begun[i] = now_ms();
		usleep(25000);
	}

	for (last = now_ms(); left; last = now) {
		ASSERT_LE(0, poll(pfd, TIMERS, 10));
		now = now_ms();
		if (now - last > stalled)
			stalled = now - last;
		for (i = 0; i < TIMERS; i++) {
			if (pfd[i].fd < 0)
				continue;
			ASSERT_GT(FAR + 10000, now - begun[i]);
			if (!pfd[i].revents)
				continue;
			ASSERT_EQ(1, fo_events(pfd[i].fd, &event, 1));
			EXPECT_EQ(RTP_FANOUT_EVENT_SILENT, event.events);
			if (now - begun[i] > FAR + late)
				late = now - begun[i] - FAR;
			pfd[i].fd = -1;
			left--;
		}
	}
	TH_LOG("at most %llu ms late", late);
	EXPECT_TRUE(late < LATE || stalled > LATE / 4);
}

/* Nothing ever came. */
TEST_F(silence, from_the_beginning)
{
	ASSERT_EQ(0, attach(self, SILENT));
	EXPECT_EQ(RTP_FANOUT_EVENT_SILENT, told(self));
	EXPECT_TRUE(nothing(self, QUIET));

	/* RTCP is not the stream */
	fo_send_buf(self->relay.source, "\x80\xc8\x00\x00", 4);
	EXPECT_TRUE(nothing(self, QUIET));

	EXPECT_TRUE(back(self));
}

/* Not while something comes, though it is dropped. */
TEST_F_TIMEOUT(silence, not_while_it_comes, 60)
{
	struct sock_filter none = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog prog = { .len = 1, .filter = &none };
	struct rtp_fanout_info info;

	ASSERT_TRUE(begin(self, QUIET));
	EXPECT_TRUE(flow(self, 3 * QUIET));

	ASSERT_EQ(0, setsockopt(self->fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog,
				sizeof(prog)));
	EXPECT_TRUE(flow(self, 3 * QUIET));
	ASSERT_EQ(0, fo_info(self->fd, &info));
	EXPECT_NE(0, info.rx_dropped_policy);
}

TEST_F(silence, never)
{
	ASSERT_EQ(0, attach(self, 0));
	EXPECT_TRUE(nothing(self, QUIET));
	fo_send(&self->relay, self->seq++);
	EXPECT_EQ(RTP_FANOUT_EVENT_NEW_SSRC, told(self));
	EXPECT_TRUE(nothing(self, QUIET));
	fo_send(&self->relay, self->seq++);
	EXPECT_TRUE(nothing(self, QUIET));
}

/* Of both only what happened last is read. */
TEST_F(silence, coalesced)
{
	ASSERT_TRUE(begin(self, SLOW));
	ASSERT_EQ(1, poll(&self->pfd, 1, 10000));
	fo_send(&self->relay, self->seq++);
	usleep(QUIET * 1000);
	EXPECT_EQ(RTP_FANOUT_EVENT_BACK, told(self));
	EXPECT_TRUE(nothing(self, 0));

	EXPECT_EQ(RTP_FANOUT_EVENT_SILENT, told(self));
	fo_send(&self->relay, self->seq++);
	ASSERT_EQ(1, poll(&self->pfd, 1, 10000));
	usleep((SLOW + QUIET) * 1000);
	EXPECT_EQ(RTP_FANOUT_EVENT_SILENT, told(self));
	EXPECT_TRUE(nothing(self, QUIET));
}

/* While the stream flows it is changed, turned off and on. */
TEST_F(silence, changed)
{
	struct rtp_fanout_config found;

	ASSERT_TRUE(begin(self, LONG));
	EXPECT_TRUE(nothing(self, QUIET));

	ASSERT_EQ(0, configure(self, SILENT));
	ASSERT_EQ(0, fo_attached(self->fd, &found));
	EXPECT_EQ(SILENT, found.silent_ms);
	EXPECT_EQ(RTP_FANOUT_EVENT_SILENT, told(self));

	/* what changes something else leaves it alone */
	self->relay.cfg.flags = RTP_FANOUT_TEE;
	ASSERT_EQ(0, configure(self, SILENT));
	EXPECT_TRUE(nothing(self, QUIET));
	self->relay.cfg.flags = 0;
	ASSERT_EQ(0, configure(self, SILENT));

	/* off: nobody is told of what was told of */
	ASSERT_EQ(0, configure(self, 0));
	fo_send(&self->relay, self->seq++);
	EXPECT_TRUE(nothing(self, QUIET));

	/* what was not read is of another time */
	ASSERT_EQ(0, configure(self, 1));
	ASSERT_EQ(1, poll(&self->pfd, 1, 10000));
	ASSERT_EQ(0, configure(self, 0));
	EXPECT_TRUE(nothing(self, QUIET));
}

/* Turned off just when the timer may look: nothing is told from then on. */
TEST_F_TIMEOUT(silence, turned_off, 120)
{
	__u64 begun = now_ms();
	int i, n;

	ASSERT_TRUE(begin(self, 0));
	for (i = 0; i < 500 && now_ms() - begun < 30000; i++) {
		ASSERT_EQ(0, configure(self, 1));
		fo_send(&self->relay, self->seq++);
		usleep(rand() % 4000);
		ASSERT_EQ(0, configure(self, 0));
		for (n = 0; n < 2; n++) {
			fo_send(&self->relay, self->seq++);
			ASSERT_TRUE(nothing(self, 2));
		}
	}
	EXPECT_TRUE(nothing(self, QUIET));
}

/* Another source, or the same one anew, has its own time. */
TEST_F(silence, another_source)
{
	ASSERT_TRUE(begin(self, SILENT));
	EXPECT_EQ(RTP_FANOUT_EVENT_SILENT, told(self));

	self->relay.cfg.flags = RTP_FANOUT_RESTART;
	ASSERT_EQ(0, configure(self, SILENT));
	EXPECT_EQ(RTP_FANOUT_EVENT_SILENT, told(self));

	self->relay.cfg.flags = 0;
	self->relay.cfg.source.port = htons(FO_SOURCE_PORT + 1);
	ASSERT_EQ(0, configure(self, SILENT));
	EXPECT_EQ(RTP_FANOUT_EVENT_SILENT, told(self));

	/* what the former one sends is no sign of it */
	fo_send(&self->relay, self->seq++);
	EXPECT_TRUE(nothing(self, QUIET));
}

TEST_F(silence, refused)
{
	struct rtp_fanout_config *cfg = &self->relay.cfg;
	struct rtp_fanout_config found;
	int i;

	cfg->silent_ms = RTP_FANOUT_MAX_SILENT_MS + 1;
	EXPECT_REFUSED(ERANGE, self->fd, fo_attach(self->fd, cfg));
	cfg->silent_ms = ~0U;
	EXPECT_REFUSED(ERANGE, self->fd, fo_attach(self->fd, cfg));
	cfg->silent_ms = 0;
	for (i = 0; i < 32; i++) {
		cfg->reserved2 = 1U << i;
		EXPECT_REFUSED(EINVAL, self->fd, fo_attach(self->fd, cfg));
	}
	cfg->reserved2 = 0;

	ASSERT_EQ(0, attach(self, RTP_FANOUT_MAX_SILENT_MS));
	EXPECT_REFUSED(ERANGE, self->fd,
		       configure(self, RTP_FANOUT_MAX_SILENT_MS + 1));
	cfg->silent_ms = SILENT;
	cfg->reserved2 = 1;
	EXPECT_REFUSED(EINVAL, self->fd, fo_configure(self->fd, cfg));
	cfg->reserved2 = 0;
	cfg->clock_rate++;
	EXPECT_REFUSED(EBUSY, self->fd, fo_configure(self->fd, cfg));
	cfg->clock_rate--;
	ASSERT_EQ(0, fo_attached(self->fd, &found));
	EXPECT_EQ(RTP_FANOUT_MAX_SILENT_MS, found.silent_ms);
	EXPECT_TRUE(nothing(self, QUIET));
}

/* An old program's structure ends before the field. */
TEST_F(silence, unknown)
{
	const size_t size = offsetof(struct rtp_fanout_config, silent_ms);

	self->relay.cfg.silent_ms = SILENT;
	ASSERT_EQ(0, fo_set(self->fd, RTP_FANOUT_ATTACH, 0, &self->relay.cfg, 1,
			    size));
	EXPECT_TRUE(nothing(self, QUIET));
}

/* Ended while it is waited for, and while the source is silent. */
TEST_F(silence, ended)
{
	int i;

	for (i = 0; i < 20; i++) {
		ASSERT_EQ(0, attach(self, 1 + i % 2 * LONG));
		fo_send(&self->relay, self->seq++);
		ASSERT_EQ(1, poll(&self->pfd, 1, 10000));
		fo_send(&self->relay, self->seq++);
		ASSERT_EQ(0, fo_detach(self->fd));
		EXPECT_TRUE(nothing(self, 0));
	}
	ASSERT_EQ(0, attach(self, 1));
	ASSERT_EQ(1, poll(&self->pfd, 1, 10000));
	fo_send(&self->relay, self->seq++);
	EXPECT_EQ(0, close(self->fd));
}

int main(int argc, char **argv)
{
	fo_netns();
	return test_harness_run(argc, argv);
}
