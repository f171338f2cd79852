// SPDX-License-Identifier: GPL-2.0
/*
 * The end of a fan-out while its queue is full and a device holds packets that
 * it does not send: nothing waits for them, and what they hold is given back.
 */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <linux/if_tun.h>

#include "fanout_wire.h"
#include "kselftest_harness.h"

#define VIEWERS	40

FIXTURE(ending)
{
	struct fo_stream stream;
	struct rtp_fanout_info info;
	int tun;
};

FIXTURE_VARIANT(ending)
{
	const char *qdisc;	/* of a dummy; NULL for a tun that nobody reads */
};

FIXTURE_VARIANT_ADD(ending, slow)
{
	.qdisc = "tbf rate 8kbit burst 20k limit 10m",
};

FIXTURE_VARIANT_ADD(ending, unread)
{
};

static int open_tun(void)
{
	struct ifreq ifr = {
		.ifr_name = "d0",
		.ifr_flags = IFF_TUN | IFF_NO_PI,
	};
	int tun;

	tun = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	if (tun < 0 || ioctl(tun, TUNSETIFF, &ifr))
		fo_fatal("tun");
	return tun;
}

/* A network namespace with a stuck device, and a stream that has met it. */
static void stuck(struct _test_data_ending *self,
		  const struct _fixture_variant_ending *variant)
{
	struct fo_stream *stream = &self->stream;
	char line[128];
	int i;

	fo_netns();
	self->tun = -1;
	if (!variant->qdisc)
		self->tun = open_tun();
	fo_ip(variant->qdisc ? "link add d0 type dummy\n"
			       "addr add 10.7.0.1/24 dev d0\n"
			       "link set d0 up\n"
			       "neigh add 10.7.0.2 lladdr 02:00:00:00:00:01 dev d0\n"
			       "route add 10.1.0.0/16 via 10.7.0.2\n" :
			       "addr add 10.7.0.1/24 dev d0\n"
			       "link set d0 up\n"
			       "route add 10.1.0.0/16 via 10.7.0.2\n");
	if (variant->qdisc) {
		snprintf(line, sizeof(line), "tc qdisc add dev d0 root %s",
			 variant->qdisc);
		fo_sh(line);
	}
	fo_stream(stream, FO_IPV4, -1, VIEWERS);
	fo_set_int(stream->relay.fd, SOL_SOCKET, SO_SNDBUFFORCE, 200000);
	fo_stream_view(stream);
	for (i = 0; i < 4; i++)
		fo_stream_burst(stream, 64);
	if (!FO_WAIT(!variant->qdisc ||
		     fo_in_flight(stream->relay.fd) > 10000))
		fo_fatal("nothing is held up");
}

FIXTURE_SETUP(ending)
{
	stuck(self, variant);
}

FIXTURE_TEARDOWN(ending)
{
}

static long elapsed_ms(const struct timespec *since)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - since->tv_sec) * 1000 +
	       (now.tv_nsec - since->tv_nsec) / 1000000;
}

/* Less than what is stuck would take. */
#define AT_ONCE(call) do {						\
	struct timespec since_;						\
									\
	clock_gettime(CLOCK_MONOTONIC, &since_);			\
	EXPECT_EQ(0, call);						\
	EXPECT_GT(6000, elapsed_ms(&since_));				\
} while (0)

/* The stream comes to a viewer by a device that is not stuck. */
static void flows(struct __test_metadata *_metadata,
		  struct _test_data_ending *self)
{
	struct fo_relay *relay = &self->stream.relay;
	__u16 seq = self->stream.next++;

	fo_view(relay, 0, NULL);
	fo_send(relay, seq);
	EXPECT_EQ(seq, fo_recv_seq(relay->viewer[0]));
}

TEST_F(ending, detach)
{
	int fd = self->stream.relay.fd;

	AT_ONCE(fo_detach(fd));
	/* what the network has it still has */
	if (variant->qdisc)
		EXPECT_LT(0, fo_in_flight(fd));
	EXPECT_EQ(0, fo_attach(fd, &self->stream.relay.cfg));
	fo_set_int(fd, SOL_SOCKET, SO_SNDBUFFORCE, 1 << 22);
	flows(_metadata, self);
	fo_ip("link del d0\n");
	EXPECT_TRUE(FO_WAIT(!fo_in_flight(fd)));
}

TEST_F(ending, close)
{
	struct fo_relay *relay = &self->stream.relay;

	AT_ONCE(close(relay->fd));
	/* its port is free */
	relay->fd = fo_udp(AF_INET, FO_HOST_ANY, FO_RELAY_PORT);
	EXPECT_EQ(0, fo_attach(relay->fd, &relay->cfg));
	flows(_metadata, self);
}

TEST_F(ending, flush)
{
	int fd = self->stream.relay.fd;

	AT_ONCE(fo_flush(fd));
	EXPECT_TRUE(fo_stream_idle(&self->stream));
	ASSERT_EQ(0, fo_info(fd, &self->info));
	EXPECT_EQ(0, self->info.dests);
	fo_set_int(fd, SOL_SOCKET, SO_SNDBUFFORCE, 1 << 22);
	flows(_metadata, self);
}

TEST_F(ending, device)
{
	int fd = self->stream.relay.fd;

	if (self->tun >= 0)
		close(self->tun);
	else
		fo_ip("link del d0\n");
	EXPECT_TRUE(fo_stream_idle(&self->stream));
	EXPECT_TRUE(FO_WAIT(!fo_in_flight(fd)));
	flows(_metadata, self);
}

/* The process is killed; its network namespace goes as well, once the packets
 * have, which takes minutes of the slow device: the other end of a pair of veth
 * tells.
 */
TEST_F(ending, netns_exit)
{
	struct timespec since;
	int status, ready[2];
	char line[128];
	pid_t child;
	char byte;

	ASSERT_EQ(0, pipe(ready));
	child = fork();
	ASSERT_LE(0, child);
	if (!child) {
		close(self->stream.relay.fd);
		close(self->stream.relay.source);
		stuck(self, variant);
		if (write(ready[1], "", 1) != 1)
			_exit(1);
		pause();
	}
	close(ready[1]);
	ASSERT_EQ(1, read(ready[0], &byte, 1));
	snprintf(line, sizeof(line),
		 "link add w0 type veth peer name w1 netns %d\n", child);
	fo_ip(line);
	clock_gettime(CLOCK_MONOTONIC, &since);
	kill(child, SIGKILL);
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_GT(6000, elapsed_ms(&since));
	if (!variant->qdisc)
		EXPECT_TRUE(FO_WAIT(!if_nametoindex("w0")));
}

int main(int argc, char **argv)
{
	fo_netns();
	return test_harness_run(argc, argv);
}
