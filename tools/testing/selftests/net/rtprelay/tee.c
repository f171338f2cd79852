// SPDX-License-Identifier: GPL-2.0
/*
 * The tee of a relay that is reconfigured while its source sends: what reaches the
 * socket is what it was told to have, and nothing of it is missing to viewers.
 */
#include <pthread.h>
#include <sched.h>

#include "fanout_lib.h"
#include "kselftest_harness.h"

#define ROUNDS	24
#define MOST	0x8000	/* datagrams: their numbers do not wrap round */

enum due {
	DUE_EITHER,	/* it came while a call was made */
	DUE_YES,
	DUE_NO,
};

FIXTURE(tee)
{
	struct fo_relay relay;
	struct rtp_fanout_info info;
	pthread_t thread;
	unsigned int next;	/* the source's next number */
	bool stop;
	enum due due[MOST];
	bool teed[MOST];
	bool copied[MOST];
};

FIXTURE_VARIANT(tee)
{
	__u32 flags[4];	/* of CONFIG, in turn */
};

/* A relay that has the tee all the time and goes to its source again. */
FIXTURE_VARIANT_ADD(tee, restarts)
{
	.flags = {
		RTP_FANOUT_TEE, RTP_FANOUT_TEE | RTP_FANOUT_RESTART,
		RTP_FANOUT_TEE, RTP_FANOUT_TEE | RTP_FANOUT_RESTART,
	},
};

FIXTURE_VARIANT_ADD(tee, comes_and_goes)
{
	.flags = { RTP_FANOUT_TEE, 0, RTP_FANOUT_TEE, 0 },
};

FIXTURE_VARIANT_ADD(tee, comes_and_goes_by_restarts)
{
	.flags = {
		RTP_FANOUT_TEE | RTP_FANOUT_RESTART, RTP_FANOUT_RESTART,
		RTP_FANOUT_TEE, RTP_FANOUT_RESTART,
	},
};

FIXTURE_SETUP(tee)
{
	struct fo_relay *relay = &self->relay;
	cpu_set_t first;

	/* what two CPUs send is in no order */
	CPU_ZERO(&first);
	CPU_SET(0, &first);
	ASSERT_EQ(0, sched_setaffinity(0, sizeof(first), &first));
	fo_open(relay, FO_IPV4);
	fo_set_int(relay->fd, SOL_SOCKET, SO_RCVBUFFORCE, 1 << 26);
	relay->cfg.flags = variant->flags[3] & RTP_FANOUT_TEE;
	/* as a relay has it whose viewers are to see one stream */
	relay->cfg.ssrc = FO_SSRC + 1;
	relay->cfg.clock_rate = 90000;
	ASSERT_EQ(0, fo_attach(relay->fd, &relay->cfg));
	fo_set_int(fo_view(relay, 0, NULL), SOL_SOCKET, SO_RCVBUFFORCE,
		   1 << 26);
}

FIXTURE_TEARDOWN(tee)
{
}

static void *send_on(void *arg)
{
	struct _test_data_tee *self = arg;

	while (!__atomic_load_n(&self->stop, __ATOMIC_ACQUIRE)) {
		fo_send(&self->relay, self->next);
		__atomic_fetch_add(&self->next, 1, __ATOMIC_RELEASE);
		usleep(200);
	}
	return NULL;
}

/* How many of the source's datagrams are sure to have been received. */
static unsigned int received(struct _test_data_tee *self)
{
	if (fo_info(self->relay.fd, &self->info))
		fo_fatal("info");
	return self->info.rx_packets ? (__u16)self->info.rx_seq + 1 : 0;
}

/* The source's number of the next that is there; it is in the payload, too, and
 * other copies have others in the header. -1 for none.
 */
static int next_taken(int fd)
{
	__u8 buf[FO_MTU];
	ssize_t len = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);

	if (len < FO_RTP_HDR + 2)
		return -1;
	return buf[FO_RTP_HDR] << 8 | buf[FO_RTP_HDR + 1];
}

/* Take all that is there; it is in the order in which it was sent. Returns how
 * many there were.
 */
static unsigned int take(struct __test_metadata *_metadata, int fd, bool *taken)
{
	unsigned int count = 0;
	int seq, last = -1;

	while ((seq = next_taken(fd)) >= 0) {
		ASSERT_LT(last, seq);
		ASSERT_GT(MOST, seq);
		taken[seq] = true;
		last = seq;
		count++;
	}
	return count;
}

TEST_F(tee, under_traffic)
{
	struct rtp_fanout_config cfg = self->relay.cfg;
	unsigned int round, first, end, i, count, wrong = 0;
	int fd = self->relay.fd;

	ASSERT_EQ(0, pthread_create(&self->thread, NULL, send_on, self));
	for (round = 0; round < ROUNDS; round++) {
		cfg.flags = variant->flags[round % 4];
		ASSERT_EQ(0, fo_configure(fd, &cfg));
		/* one was on its way; the first of a stream that begins anew is
		 * not relayed before another has followed
		 */
		first = __atomic_load_n(&self->next, __ATOMIC_ACQUIRE) + 2;
		ASSERT_TRUE(FO_WAIT(received(self) >= first + 5));
		end = received(self);
		ASSERT_GT(MOST, end);
		for (i = first; i < end; i++)
			self->due[i] = cfg.flags & RTP_FANOUT_TEE ? DUE_YES :
								    DUE_NO;
	}
	__atomic_store_n(&self->stop, true, __ATOMIC_RELEASE);
	ASSERT_EQ(0, pthread_join(self->thread, NULL));
	ASSERT_TRUE(FO_WAIT(received(self) == self->next &&
			    !self->info.queue_bytes));

	count = take(_metadata, self->relay.viewer[0], self->copied);
	EXPECT_EQ(count, self->info.rx_packets);
	EXPECT_EQ(count, self->info.tx_packets);
	EXPECT_EQ(self->next, count + self->info.rx_dropped_unconfirmed);
	EXPECT_EQ(take(_metadata, fd, self->teed), self->info.rx_teed);
	for (i = 0; i < self->next; i++) {
		if (self->due[i] != DUE_EITHER)
			wrong += !self->copied[i] ||
				 self->teed[i] != (self->due[i] == DUE_YES);
	}
	EXPECT_EQ(0, wrong);
}

int main(int argc, char **argv)
{
	fo_netns();
	return test_harness_run(argc, argv);
}
