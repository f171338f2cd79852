// SPDX-License-Identifier: GPL-2.0
/*
 * The life of a fan-out while its stream flows: it comes and goes, its
 * destinations do, its socket and its network do. Faults of allocations at
 * every place. What the kernel's own checkers say is the other half of this.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/time.h>
#include <linux/sock_diag.h>

#include "fanout_lib.h"
#include "kselftest_harness.h"

FIXTURE(churn)
{
	struct fo_relay relay;
	struct rtp_fanout_info info;
	atomic_bool stop;
	pthread_t sender;
};

FIXTURE_VARIANT(churn)
{
	enum fo_net net;
};

FIXTURE_VARIANT_ADD(churn, ipv4)
{
	.net = FO_IPV4,
};

FIXTURE_VARIANT_ADD(churn, dual)
{
	.net = FO_DUAL,
};

/* Sends until told to stop; nobody being there is no fault. */
static void *send_on(void *data)
{
	struct _test_data_churn *self = data;
	__u8 buf[FO_MTU];
	__u16 seq = 0;

	while (!atomic_load(&self->stop)) {
		send(self->relay.source, buf,
		     fo_rtp(buf, FO_PT_OPAQUE, seq++, FO_SSRC, 200), 0);
		if (seq % 16 == 0)
			sched_yield();
	}
	return NULL;
}

FIXTURE_SETUP(churn)
{
	fo_relay(&self->relay, variant->net);
	fo_view(&self->relay, 0, NULL);
	fo_view(&self->relay, 1, NULL);
	atomic_store(&self->stop, false);
	ASSERT_EQ(0, pthread_create(&self->sender, NULL, send_on, self));
}

FIXTURE_TEARDOWN(churn)
{
	atomic_store(&self->stop, true);
	pthread_join(self->sender, NULL);
}

static long elapsed_ms(const struct timeval *since)
{
	struct timeval now, took;

	gettimeofday(&now, NULL);
	timersub(&now, since, &took);
	return took.tv_sec * 1000 + took.tv_usec / 1000;
}

/* The stream flows: both viewers still get it. */
static void flows(struct __test_metadata *_metadata, struct _test_data_churn *self)
{
	int i;

	for (i = 0; i < 2; i++) {
		while (!fo_quiet(self->relay.viewer[i]))
			;
		EXPECT_LE(0, fo_recv_seq(self->relay.viewer[i]));
	}
}

TEST_F_TIMEOUT(churn, detach_under_traffic, 120)
{
	struct rtp_fanout_dest dest[2];
	struct timeval start;
	int rounds = 0;

	fo_viewer(&self->relay, 0, &dest[0]);
	fo_viewer(&self->relay, 1, &dest[1]);
	gettimeofday(&start, NULL);
	while (rounds < 2000 && elapsed_ms(&start) < 4000) {
		ASSERT_EQ(0, fo_detach(self->relay.fd));
		ASSERT_EQ(0, fo_attach(self->relay.fd, &self->relay.cfg));
		ASSERT_EQ(0, fo_add(self->relay.fd, dest, 2));
		rounds++;
	}
	TH_LOG("%d times", rounds);
	while (recv(self->relay.fd, &rounds, sizeof(rounds), MSG_DONTWAIT) > 0)
		;
	flows(_metadata, self);
}

/* The socket is closed with the stream coming in, and made again. */
TEST_F_TIMEOUT(churn, close_under_traffic, 120)
{
	struct rtp_fanout_dest dest[2];
	struct timeval start;
	int rounds = 0;

	fo_viewer(&self->relay, 0, &dest[0]);
	fo_viewer(&self->relay, 1, &dest[1]);
	gettimeofday(&start, NULL);
	while (rounds < 1000 && elapsed_ms(&start) < 3000) {
		close(self->relay.fd);
		self->relay.fd = fo_udp(variant->net == FO_IPV4 ? AF_INET :
					AF_INET6, variant->net == FO_IPV4 ?
					FO_HOST_RELAY : FO_HOST_ANY,
					FO_RELAY_PORT);
		ASSERT_EQ(0, fo_attach(self->relay.fd, &self->relay.cfg));
		ASSERT_EQ(0, fo_add(self->relay.fd, dest, 2));
		rounds++;
	}
	TH_LOG("%d times", rounds);
	flows(_metadata, self);
}

struct churner {
	struct _test_data_churn *self;
	int first;
	int faults;
};

/* Adds, changes and removes 64 destinations of its own. */
static void *churn_dests(void *data)
{
	struct churner *churner = data;
	struct _test_data_churn *self = churner->self;
	struct rtp_fanout_dest dest[64];
	int i, round;

	for (i = 0; i < 64; i++) {
		fo_dest(&dest[i], self->relay.family, FO_HOST_VIEWER + 1,
			churner->first + i);
		dest[i].cap.tid = i % 4;
		dest[i].lease_ms = i % 3;
	}
	for (round = 0; !atomic_load(&self->stop); round++) {
		churner->faults += !!fo_add(self->relay.fd, dest, 64);
		for (i = 0; i < 64; i++)
			dest[i].cap.tid = (i + round) % 4;
		churner->faults += !!fo_set(self->relay.fd, RTP_FANOUT_SET,
					    RTP_FANOUT_SET_LEASE |
					    RTP_FANOUT_SET_COOKIE |
					    RTP_FANOUT_SET_CAP, dest, 64,
					    sizeof(dest[0]));
		churner->faults += !!fo_del(self->relay.fd, dest + 32, 32);
		churner->faults += !!fo_del(self->relay.fd, dest, 32);
	}
	return NULL;
}

/* Reads all there is to read. */
static void *churn_reads(void *data)
{
	struct churner *churner = data;
	struct _test_data_churn *self = churner->self;
	struct rtp_fanout_dest_info page[16];
	struct rtp_fanout_cursor cursor = {};
	struct rtp_fanout_event event[8];
	struct rtp_fanout_info info;

	while (!atomic_load(&self->stop)) {
		churner->faults += fo_info(self->relay.fd, &info) < 0;
		churner->faults += fo_events(self->relay.fd, event, 8) < 0;
		churner->faults += fo_get(self->relay.fd, RTP_FANOUT_DESTS,
					  page, 16, sizeof(page[0]),
					  &cursor) < 0;
	}
	return NULL;
}

TEST_F_TIMEOUT(churn, destinations_under_traffic, 120)
{
	struct churner churner[4] = {};
	pthread_t thread[4];
	int i;

	for (i = 0; i < 4; i++) {
		churner[i].self = self;
		churner[i].first = 20000 + 100 * i;
		ASSERT_EQ(0, pthread_create(&thread[i], NULL,
					    i < 3 ? churn_dests : churn_reads,
					    &churner[i]));
	}
	for (i = 0; i < 20; i++) {
		flows(_metadata, self);
		usleep(50000);
	}
	atomic_store(&self->stop, true);
	for (i = 0; i < 4; i++) {
		pthread_join(thread[i], NULL);
		EXPECT_EQ(0, churner[i].faults);
	}
	ASSERT_EQ(0, fo_info(self->relay.fd, &self->info));
	EXPECT_EQ(2, self->info.dests);
	EXPECT_EQ(1, self->info.caps);
}

/* An IPv6 socket becomes an IPv4 one while it relays. */
TEST_F_TIMEOUT(churn, addrform, 120)
{
	struct timeval start;
	union fo_sockaddr ss;
	int rounds = 0;

	if (variant->net != FO_DUAL)
		return;
	gettimeofday(&start, NULL);
	while (rounds < 100 && elapsed_ms(&start) < 2000) {
		/* only a connected socket may; it then hears its peer only */
		fo_sockaddr(&ss, AF_INET6, FO_HOST_ANY, FO_SOURCE_PORT);
		inet_pton(AF_INET6, "::ffff:127.0.0.2", &ss.v6.sin6_addr);
		ASSERT_EQ(0, connect(self->relay.fd, &ss.sa, sizeof(ss)));
		EXPECT_LE(0, fo_recv_seq(self->relay.viewer[0]));
		fo_set_int(self->relay.fd, IPPROTO_IPV6, IPV6_ADDRFORM,
			   AF_INET);
		while (!fo_quiet(self->relay.viewer[0]))
			;
		EXPECT_LE(0, fo_recv_seq(self->relay.viewer[0]));
		EXPECT_EQ(0, fo_info(self->relay.fd, &self->info));

		close(self->relay.fd);
		close(self->relay.viewer[0]);
		self->relay.fd = fo_udp(AF_INET6, FO_HOST_ANY, FO_RELAY_PORT);
		ASSERT_EQ(0, fo_attach(self->relay.fd, &self->relay.cfg));
		fo_view(&self->relay, 0, NULL);
		rounds++;
	}
	TH_LOG("%d times", rounds);
}

/* Without a stream. */
FIXTURE(alone)
{
};

FIXTURE_SETUP(alone)
{
}

FIXTURE_TEARDOWN(alone)
{
}

/*
 * The network goes with the stream flowing and with copies that wait in a
 * queueing discipline; the process that had it all is killed.
 */
TEST_F_TIMEOUT(alone, netns_exit, 120)
{
	struct rtp_fanout_dest dest;
	struct fo_relay relay;
	int round, status, ready[2];
	pid_t child;
	char byte;
	__u16 seq;

	for (round = 0; round < 3; round++) {
		ASSERT_EQ(0, pipe(ready));
		child = fork();
		ASSERT_LE(0, child);
		if (!child) {
			fo_netns();
			fo_ip("link add d0 type dummy\n"
			      "addr add 10.7.0.1/24 dev d0\n"
			      "link set d0 up\n"
			      "neigh add 10.7.0.2 lladdr 02:00:00:00:00:01 dev d0\n");
			fo_sh("tc qdisc add dev d0 root tbf rate 1kbit burst 2k limit 10m");
			fo_relay(&relay, round & 1 ? FO_DUAL : FO_IPV4);
			fo_view(&relay, 0, NULL);
			fo_dest(&dest, AF_INET, FO_HOST_ANY, 1);
			fo_addr_text(&dest.addr, "10.7.0.2", 9);
			if (fo_add(relay.fd, &dest, 1))
				_exit(1);
			for (seq = 0;; seq++) {
				fo_send(&relay, seq);
				if (seq == 20 && write(ready[1], "", 1) != 1)
					_exit(1);
			}
		}
		close(ready[1]);
		EXPECT_EQ(1, read(ready[0], &byte, 1));
		close(ready[0]);
		kill(child, SIGKILL);
		ASSERT_EQ(child, waitpid(child, &status, 0));
		EXPECT_EQ(SIGKILL, WTERMSIG(status));
	}
}

/* Of this thread: opened before, since opening allocates. */
static int fail_fd = -1;

/* The n-th allocation of this thread fails, or none for 0. */
static void fail_nth(int nth)
{
	char value[16];
	int len;

	len = snprintf(value, sizeof(value), "%d", nth);
	/* The write itself can meet the fault that was pending: once. */
	if (pwrite(fail_fd, value, len, 0) != len &&
	    (errno != EFAULT || pwrite(fail_fd, value, len, 0) != len))
		fo_fatal("fail-nth");
}

/* Whether the fault was injected. If it was not, asking can be what it meets. */
static bool fail_met(void)
{
	char value[16] = "1";
	ssize_t len;

	len = pread(fail_fd, value, sizeof(value) - 1, 0);
	if (len < 0 && errno != EFAULT)
		fo_fatal("fail-nth");
	fail_nth(0);
	return !atoi(value);
}

static void fault_setup(void)
{
	/* without debugfs only what never sleeps fails; that is less */
	static const char * const settings[][2] = {
		{ "/sys/kernel/debug/failslab/ignore-gfp-wait", "N" },
		{ "/sys/kernel/debug/failslab/verbose", "0" },
		{ "/sys/kernel/debug/fail_page_alloc/ignore-gfp-wait", "N" },
		{ "/sys/kernel/debug/fail_page_alloc/verbose", "0" },
		{ "/sys/kernel/debug/fail_page_alloc/min-order", "0" },
		{ "/sys/kernel/debug/fail_usercopy/verbose", "0" },
	};
	size_t i;
	int fd;

	for (i = 0; i < ARRAY_SIZE(settings); i++) {
		fd = open(settings[i][0], O_WRONLY);
		if (fd < 0)
			continue;
		if (write(fd, settings[i][1], 1) != 1)
			fo_fatal(settings[i][0]);
		close(fd);
	}
}

/* Runs @call until it meets no fault any more. Returns how many it met. */
#define WITH_FAULTS(fd, call, undo) ({					\
	struct fo_state before_, after_;				\
	int nth_, ret_, met_ = 0, fd_ = (fd);				\
									\
	for (nth_ = 1; nth_ < 1000; nth_++) {				\
		fo_state(fd_, &before_);				\
		fail_nth(nth_);						\
		ret_ = call;						\
		if (!fail_met()) {					\
			EXPECT_EQ(0, ret_);				\
			break;						\
		}							\
		met_++;							\
		if (!ret_) {						\
			/* it did without, or it was one of cleaning up */ \
			undo;						\
			continue;					\
		}							\
		EXPECT_TRUE(ret_ == -ENOMEM || ret_ == -EFAULT) {	\
			TH_LOG("fault %d: %d", nth_, ret_);		\
		}							\
		fo_state(fd_, &after_);					\
		EXPECT_TRUE(fo_same(&before_, &after_)) {		\
			TH_LOG("fault %d", nth_);			\
		}							\
	}								\
	met_;								\
})

TEST_F_TIMEOUT(alone, faults, 120)
{
	/* more than a chunk of the table holds */
	struct rtp_fanout_dest_info page[66];
	struct rtp_fanout_cursor cursor = {};
	struct rtp_fanout_dest dest[66];
	struct rtp_fanout_info info;
	struct fo_relay relay;
	int i, attach, add, configure;

	fail_fd = open("/proc/thread-self/fail-nth", O_RDWR);
	if (fail_fd < 0)
		SKIP(return, "no CONFIG_FAULT_INJECTION");
	fault_setup();
	fo_open(&relay, FO_DUAL);
	for (i = 0; i < 66; i++)
		fo_dest(&dest[i], AF_INET, FO_HOST_VIEWER, 30000 + i);

	attach = WITH_FAULTS(relay.fd, fo_attach(relay.fd, &relay.cfg),
			     fo_detach(relay.fd));
	EXPECT_LT(0, attach);
	add = WITH_FAULTS(relay.fd, fo_add(relay.fd, dest, 66),
			  fo_flush(relay.fd));
	EXPECT_LT(0, add);
	relay.cfg.flags = RTP_FANOUT_TEE | RTP_FANOUT_RESTART;
	configure = WITH_FAULTS(relay.fd, fo_configure(relay.fd, &relay.cfg),
				(void)0);
	EXPECT_LT(0, configure);
	TH_LOG("%d faults of ATTACH, %d of ADD, %d of CONFIG", attach, add,
	       configure);
	WITH_FAULTS(relay.fd, fo_info(relay.fd, &info), (void)0);
	WITH_FAULTS(relay.fd, fo_get(relay.fd, RTP_FANOUT_DESTS, page, 66,
				     sizeof(page[0]), &cursor) < 0 ?
		    -ENOMEM : 0, (void)0);
	WITH_FAULTS(relay.fd, fo_del(relay.fd, dest, 66),
		    fo_add(relay.fd, dest, 66));
}

#define SWEEPS	10

/* SET that gets no memory refuses no element: failed_index is as it was. */
TEST_F(alone, set_faults)
{
	struct rtp_fanout_dest dest[66], gone;
	int i, sweep, nth, ret, refused = 0;
	struct rtp_fanout_info info;
	struct fo_relay relay;

	fail_fd = open("/proc/thread-self/fail-nth", O_RDWR);
	if (fail_fd < 0)
		SKIP(return, "no CONFIG_FAULT_INJECTION");
	fault_setup();
	fo_relay(&relay, FO_IPV4);
	for (i = 0; i < 66; i++)
		fo_dest(&dest[i], AF_INET, FO_HOST_VIEWER, 30000 + i);
	fo_dest(&gone, AF_INET, FO_HOST_VIEWER, 29999);
	ASSERT_EQ(0, fo_add(relay.fd, dest, 66));

	/*
	 * One fault of each sweep is the one looked for, and it can be missed:
	 * an allocator that must refill a cache of its own, or a debugging
	 * aid that records a stack, takes a place in the count of one call
	 * and none in that of the next.
	 */
	for (sweep = 0; sweep < SWEEPS && !refused; sweep++) {
		for (nth = 1; nth < 1000; nth++) {
			ASSERT_EQ(-ENOENT, fo_del(relay.fd, &gone, 1));
			fail_nth(nth);
			ret = fo_set(relay.fd, RTP_FANOUT_SET,
				     RTP_FANOUT_SET_COOKIE, dest, 66,
				     sizeof(dest[0]));
			if (!fail_met())
				break;
			ASSERT_EQ(0, fo_info(relay.fd, &info));
			EXPECT_EQ(ret ? 0 : ~0U, info.failed_index) {
				TH_LOG("fault %d: %d", nth, ret);
			}
			refused += ret == -ENOMEM;
		}
		EXPECT_EQ(0, ret);
	}
	EXPECT_LT(0, refused);
	TH_LOG("%d of %d faults in %d sweeps were no memory for SET", refused,
	       nth - 1, sweep);
}

int main(int argc, char **argv)
{
	fo_netns();
	return test_harness_run(argc, argv);
}
