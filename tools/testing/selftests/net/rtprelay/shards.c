// SPDX-License-Identifier: GPL-2.0
/*
 * Many destinations, walked by several threads at a time, while others come, go
 * and change: each gets all that is for it, in order, under numbers of its own.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "fanout_wire.h"
#include "kselftest_harness.h"

#define VIEWERS	1024
#define BURSTS	8
#define PAUSES	4
#define MOST	5

static int wire;

FIXTURE(shards)
{
	struct fo_stream stream;
	struct rtp_fanout_info info;
	atomic_bool stop;
	atomic_uint faults;
	atomic_uint pauses;
};

static size_t tiny(__u16 seq)
{
	return 20;
}

FIXTURE_SETUP(shards)
{
	fo_stream(&self->stream, FO_DUAL, wire, VIEWERS);
	self->stream.size = tiny;
	fo_stream_view(&self->stream);
	atomic_store(&self->stop, false);
	atomic_store(&self->faults, 0);
	atomic_store(&self->pauses, 0);
}

FIXTURE_TEARDOWN(shards)
{
}

/* As many as there is time for: a kernel that checks everything is slow. */
static void bursts(struct __test_metadata *_metadata,
		   struct _test_data_shards *self)
{
	time_t began = time(NULL);
	int i;

	for (i = 0; i < BURSTS && (i < 2 || time(NULL) < began + 2); i++) {
		fo_stream_super(&self->stream, 2 + i);
		fo_stream_burst(&self->stream, i);
		ASSERT_TRUE(fo_stream_idle(&self->stream));
	}
}

/* Nothing was dropped: what the relay counts is what passed. */
static void all_seen(struct __test_metadata *_metadata,
		     struct _test_data_shards *self)
{
	struct fo_stream *stream = &self->stream;

	ASSERT_TRUE(fo_stream_idle(stream));
	ASSERT_EQ(0, fo_info(stream->relay.fd, &self->info));
	EXPECT_EQ(0, self->info.tx_dropped);
	EXPECT_EQ(0, self->info.rx_lost);
	EXPECT_TRUE(fo_stream_seen(stream, self->info.tx_packets));
}

TEST_F_TIMEOUT(shards, walk, 120)
{
	struct fo_stream *stream = &self->stream;
	unsigned int i, sent;

	bursts(_metadata, self);
	all_seen(_metadata, self);
	sent = (__u16)(stream->next - stream->first);
	EXPECT_EQ(VIEWERS * sent, self->info.tx_packets);
	for (i = 0; i < VIEWERS; i++)
		ASSERT_EQ(sent, stream->flow[i].count);
	EXPECT_EQ(sysconf(_SC_NPROCESSORS_ONLN), self->info.shards);
}

/* Every third viewer, from @first on, a chunk of them in each call. */
static void change(struct _test_data_shards *self, __u32 op, __u32 flags,
		   unsigned int first, __u8 cap_flags)
{
	struct rtp_fanout_dest dest[64];
	unsigned int i, n;

	for (i = first; i < VIEWERS; ) {
		for (n = 0; n < 64 && i < VIEWERS; n++, i += 3) {
			fo_stream_dest(&self->stream, i, &dest[n]);
			dest[n].cap.flags = cap_flags;
		}
		if (fo_set(self->stream.relay.fd, op, flags, dest, n,
			   sizeof(dest[0])))
			atomic_fetch_add(&self->faults, 1);
	}
}

/* Where the workers are, not where the stream is sent from. */
static void anywhere(void)
{
	cpu_set_t set;

	memset(&set, 0xff, sizeof(set));
	if (sched_setaffinity(0, sizeof(set), &set))
		fo_fatal("sched_setaffinity");
}

static void *pauses(void *data)
{
	struct _test_data_shards *self = data;

	anywhere();
	while (!atomic_load(&self->stop)) {
		change(self, RTP_FANOUT_SET, RTP_FANOUT_SET_CAP, 1,
		       RTP_FANOUT_CAP_PAUSE);
		atomic_fetch_add(&self->pauses, 1);
		/* so that the one or the other is met by a walk */
		usleep(50000);
		change(self, RTP_FANOUT_SET, RTP_FANOUT_SET_CAP, 1, 0);
		usleep(50000);
	}
	return NULL;
}

static void *comes_and_goes(void *data)
{
	struct _test_data_shards *self = data;

	anywhere();
	while (!atomic_load(&self->stop)) {
		change(self, RTP_FANOUT_DEL, 0, 2, 0);
		sched_yield();
		change(self, RTP_FANOUT_ADD, 0, 2, 0);
		sched_yield();
	}
	return NULL;
}

TEST_F_TIMEOUT(shards, change, 120)
{
	struct fo_stream *stream = &self->stream;
	unsigned int i, sent, missed[3] = {};
	pthread_t thread[2];

	for (i = 0; i < VIEWERS; i++) {
		if (i % 3 == 1)
			stream->flow[i].rule = FO_FLOW_SWITCHED;
		if (i % 3 == 2)
			stream->flow[i].rule = FO_FLOW_LOSSY;
	}
	ASSERT_EQ(0, pthread_create(&thread[0], NULL, pauses, self));
	ASSERT_EQ(0, pthread_create(&thread[1], NULL, comes_and_goes, self));
	/* on a slow kernel the first pause may come after the last burst */
	for (i = 0; i < MOST && atomic_load(&self->pauses) < PAUSES; i++)
		bursts(_metadata, self);
	atomic_store(&self->stop, true);
	pthread_join(thread[0], NULL);
	pthread_join(thread[1], NULL);
	EXPECT_EQ(0, atomic_load(&self->faults));
	/* once more, for all of them: nobody is paused, nobody is gone */
	fo_stream_super(stream, 1);
	all_seen(_metadata, self);

	sent = (__u16)(stream->next - stream->first);
	for (i = 0; i < VIEWERS; i++) {
		if (i % 3 == 0)
			EXPECT_EQ(sent, stream->flow[i].count);
		missed[i % 3] += stream->flow[i].count < sent;
		ASSERT_EQ((__u16)(stream->next - 1), stream->flow[i].sent);
	}
	TH_LOG("%u were paused, %u away for a while", missed[1], missed[2]);
	EXPECT_LT(0, missed[1]);
	EXPECT_LT(0, missed[2]);
}

int main(int argc, char **argv)
{
	fo_netns();
	wire = fo_wire(fo_far(fo_peer()), "q1");
	return test_harness_run(argc, argv);
}
