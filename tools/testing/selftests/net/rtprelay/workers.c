// SPDX-License-Identifier: GPL-2.0
/*
 * The threads that send: CPUs come and go under them, user space burns all CPUs
 * at a real-time priority, and the process that owns the socket stands still.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#include "fanout_wire.h"
#include "kselftest_harness.h"

/* Enough that there is work for two of them. */
#define MANY	200
#define FEW	8

/* Datagrams, one by one, and the time between two. */
#define SENDS	40
#define PAUSE_US	20000

static int wire;

FIXTURE(workers)
{
	struct fo_stream stream;
	struct rtp_fanout_info info;
};

FIXTURE_SETUP(workers)
{
}

FIXTURE_TEARDOWN(workers)
{
	fo_cpu1_back();
}

/* All that was sent so far went to all viewers. */
static void whole(struct __test_metadata *_metadata,
		  struct _test_data_workers *self)
{
	struct fo_stream *stream = &self->stream;
	__u16 sent = stream->next - stream->first;

	EXPECT_TRUE(fo_stream_idle(stream));
	EXPECT_TRUE(fo_stream_seen(stream, sent * stream->count));
	ASSERT_EQ(0, fo_info(stream->relay.fd, &self->info));
	EXPECT_EQ(sent * stream->count, self->info.tx_packets);
}

/* A CPU goes and comes back while the workers are at it. */
TEST_F(workers, hotplug)
{
	int i;

	if (access(FO_CPU1, W_OK))
		SKIP(return, "no CPU that can be taken away");
	fo_stream(&self->stream, FO_DUAL, wire, MANY);
	fo_stream_view(&self->stream);
	for (i = 0; i < 3; i++) {
		fo_stream_burst(&self->stream, 2);
		fo_write(FO_CPU1, "0");
		fo_stream_burst(&self->stream, 2);
		fo_write(FO_CPU1, "1");
	}
	fo_stream_burst(&self->stream, 3);
	whole(_metadata, self);
}

/* It was not there when the workers came to be. */
TEST_F(workers, comes_later)
{
	if (access(FO_CPU1, W_OK))
		SKIP(return, "no CPU that can be taken away");
	fo_write(FO_CPU1, "0");
	fo_stream(&self->stream, FO_DUAL, wire, MANY);
	fo_stream_view(&self->stream);
	fo_stream_burst(&self->stream, 3);
	fo_write(FO_CPU1, "1");
	fo_stream_burst(&self->stream, 3);
	whole(_metadata, self);
}

/* Call @each with the workers, found by their name as an administrator does.
 * Returns how many there are.
 */
static unsigned int each_worker(void (*each)(pid_t pid, int policy,
					     int priority),
				int policy, int priority)
{
	unsigned int i, count = 0;
	char name[64];
	glob_t found;
	FILE *comm;

	if (glob("/proc/[0-9]*/comm", 0, NULL, &found))
		fo_fatal("/proc");
	for (i = 0; i < found.gl_pathc; i++) {
		comm = fopen(found.gl_pathv[i], "r");
		if (!comm)
			continue;
		if (fgets(name, sizeof(name), comm) &&
		    !strncmp(name, "rtprelay/", strlen("rtprelay/"))) {
			each(atoi(found.gl_pathv[i] + strlen("/proc/")),
			     policy, priority);
			count++;
		}
		fclose(comm);
	}
	globfree(&found);
	return count;
}

static unsigned int schedule_workers(int policy, int priority)
{
	return each_worker(fo_schedule, policy, priority);
}

static void is_scheduled(pid_t pid, int policy, int priority)
{
	struct sched_param param;

	if (sched_getscheduler(pid) != policy || sched_getparam(pid, &param) ||
	    param.sched_priority != priority)
		fo_fatal("another policy");
}

/* Does nothing but that, on one CPU. */
static pid_t burn(unsigned int cpu, int priority)
{
	pid_t child = fork();
	cpu_set_t set;

	if (child < 0)
		fo_fatal("fork");
	if (child)
		return child;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		fo_fatal("sched_setaffinity");
	fo_schedule(0, SCHED_FIFO, priority);
	for (;;)
		;
}

static __u64 realtime(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	const __u64 *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* The time from a datagram's being sent to its being at the last viewer, in the
 * median, in microseconds, while all CPUs burn.
 */
static unsigned int lag(struct __test_metadata *_metadata,
			struct _test_data_workers *self, int policy,
			int priority)
{
	struct fo_stream *stream = &self->stream;
	__u64 sent[SENDS], taken[SENDS] = {};
	struct fo_dgram dgram;
	unsigned int i, cpus;
	pid_t burner[64];

	EXPECT_LT(0, schedule_workers(policy, priority));
	cpus = sysconf(_SC_NPROCESSORS_ONLN);
	if (cpus > ARRAY_SIZE(burner))
		cpus = ARRAY_SIZE(burner);
	fo_schedule(0, SCHED_FIFO, 60);
	for (i = 0; i < cpus; i++)
		burner[i] = burn(i, 20);
	for (i = 0; i < SENDS; i++) {
		usleep(PAUSE_US);
		sent[i] = realtime();
		fo_stream_burst(stream, 1);
	}
	usleep(PAUSE_US);
	for (i = 0; i < cpus; i++) {
		kill(burner[i], SIGKILL);
		waitpid(burner[i], NULL, 0);
	}
	fo_schedule(0, SCHED_OTHER, 0);
	schedule_workers(SCHED_OTHER, 0);

	EXPECT_TRUE(fo_stream_idle(stream));
	for (i = 0; i < SENDS * FEW; i++) {
		EXPECT_TRUE(fo_wire_next(wire, &dgram))
			return 0;
		EXPECT_TRUE(fo_stream_judge(stream, &dgram));
		taken[fo_stream_sent(stream, &dgram)] = dgram.ns;
	}
	for (i = 0; i < SENDS; i++)
		taken[i] -= sent[i];
	qsort(taken, SENDS, sizeof(taken[0]), compare);
	fo_stream_anew(stream);
	return taken[SENDS / 2] / 1000;
}

/* With a real-time priority above that of what burns the CPUs, copies leave as
 * if nothing did.
 */
TEST_F(workers, real_time)
{
	unsigned int without, with;
	int runtime;
	char was[32];

	runtime = open("/proc/sys/kernel/sched_rt_runtime_us",
		       O_RDWR | O_CLOEXEC);
	if (runtime >= 0) {
		was[read(runtime, was, sizeof(was) - 1)] = '\0';
		fo_write("/proc/sys/kernel/sched_rt_runtime_us", "-1");
	}
	fo_stream(&self->stream, FO_DUAL, wire, FEW);
	fo_stream_view(&self->stream);
	without = lag(_metadata, self, SCHED_OTHER, 0);
	with = lag(_metadata, self, SCHED_FIFO, 40);
	if (runtime >= 0)
		fo_write("/proc/sys/kernel/sched_rt_runtime_us", was);
	TH_LOG("%u us, %u with a priority", without, with);
	EXPECT_GT(without / 4, with);
}

/* The last fan-out goes and another comes: the policy stays. */
TEST_F(workers, policy_stays)
{
	unsigned int count;

	fo_stream(&self->stream, FO_DUAL, wire, FEW);
	fo_stream_view(&self->stream);
	count = schedule_workers(SCHED_FIFO, 7);
	EXPECT_LT(0, count);
	ASSERT_EQ(0, fo_detach(self->stream.relay.fd));
	ASSERT_EQ(0, fo_attach(self->stream.relay.fd, &self->stream.relay.cfg));
	EXPECT_EQ(count, each_worker(is_scheduled, SCHED_FIFO, 7));
	schedule_workers(SCHED_OTHER, 0);
}

static unsigned int ran, slept;

/* Count it if it slept since this was called last: it ran, and slept again. */
static void has_slept(pid_t pid, int policy, int priority)
{
	static unsigned int before[65];
	static pid_t who[65];
	char name[64], line[128];
	unsigned int i, now = 0;
	FILE *status;

	snprintf(name, sizeof(name), "/proc/%d/status", pid);
	status = fopen(name, "r");
	if (!status)
		fo_fatal(name);
	while (fgets(line, sizeof(line), status) &&
	       sscanf(line, "voluntary_ctxt_switches: %u", &now) != 1)
		;
	fclose(status);
	for (i = 0; i < ARRAY_SIZE(who) - 1 && who[i] && who[i] != pid; i++)
		;
	who[i] = pid;
	ran += now != before[i];
	slept += now - before[i];
	before[i] = now;
}

/* A stream for so many viewers. Returns whether it can have several workers. */
static bool several(struct _test_data_workers *self, unsigned int viewers)
{
	struct fo_stream *stream = &self->stream;

	fo_stream(stream, FO_DUAL, wire, viewers);
	fo_stream_view(stream);
	return !fo_info(stream->relay.fd, &self->info) && self->info.shards > 1;
}

/* How many workers the stream has. */
static unsigned int workers_of(struct __test_metadata *_metadata,
			       struct _test_data_workers *self)
{
	struct fo_stream *stream = &self->stream;
	unsigned int i;

	/* routes are found, neighbours answer */
	fo_stream_burst(stream, 1);
	EXPECT_TRUE(fo_stream_idle(stream));
	each_worker(has_slept, 0, 0);
	ran = 0;
	slept = 0;
	for (i = 0; i < SENDS; i++) {
		fo_stream_burst(stream, 1);
		EXPECT_TRUE(fo_stream_idle(stream));
	}
	whole(_metadata, self);
	each_worker(has_slept, 0, 0);
	TH_LOG("%u viewers: %u workers slept %u times", stream->count, ran,
	       slept);
	return ran;
}

/* A second one is not woken for a few more than one has. */
TEST_F(workers, one_for_few)
{
	if (!several(self, 90))
		SKIP(return, "one worker");
	EXPECT_EQ(1, workers_of(_metadata, self));
}

TEST_F(workers, two_for_many)
{
	if (!several(self, MANY))
		SKIP(return, "one worker");
	EXPECT_LE(2, workers_of(_metadata, self));
}

/* The process that owns the socket is stopped, its stream is not. */
TEST_F(workers, stopped_owner)
{
	struct fo_stream *stream = &self->stream;
	int i, status;
	pid_t owner;

	fo_stream(stream, FO_DUAL, wire, FEW);
	fo_stream_view(stream);
	owner = fork();
	ASSERT_LE(0, owner);
	if (!owner) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	close(stream->relay.fd);
	kill(owner, SIGSTOP);
	ASSERT_EQ(owner, waitpid(owner, &status, WUNTRACED));
	EXPECT_TRUE(WIFSTOPPED(status));
	for (i = 0; i < 20; i++) {
		fo_stream_burst(stream, 1);
		usleep(1000);
	}
	EXPECT_TRUE(fo_stream_seen(stream, 20 * FEW));
	kill(owner, SIGKILL);
	waitpid(owner, &status, 0);
}

int main(int argc, char **argv)
{
	atexit(fo_cpu1_back);
	fo_netns();
	wire = fo_wire(fo_far(fo_peer()), "q1");
	return test_harness_run(argc, argv);
}
