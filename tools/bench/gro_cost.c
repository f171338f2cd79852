// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a host that has one fan-out pays for its other UDP traffic: with any
 * encapsulation socket on the host, GRO looks up a socket for each UDP datagram.
 *
 * usage: gro_cost DATAGRAMS ROUNDS, as root, in a network namespace of its own
 * whose veth0 (10.9.0.1) leads to veth1 (10.9.0.2) in another with GRO on; see
 * gro_cost.sh. Prints nanoseconds for each datagram, without and with a fan-out
 * attached, round by round. Under QEMU's -icount shift=0 a nanosecond is an
 * instruction.
 */
#include <arpa/inet.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <linux/rtp_fanout.h>

#ifndef SO_RTP_FANOUT
#define SO_RTP_FANOUT	86	/* the number of most architectures, x86 among them */
#endif

#define PORT		4000	/* where nobody relays */
#define PAYLOAD		1200	/* bytes */

static double now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1e9 + ts.tv_nsec;
}

/* A fan-out on a port that gets nothing. */
static int attach(void)
{
	struct {
		struct rtp_fanout_hdr hdr;
		struct rtp_fanout_config config;
	} call = {
		.hdr = {
			.op = RTP_FANOUT_ATTACH, .count = 1,
			.size = sizeof(struct rtp_fanout_config),
		},
		.config.source = { .family = AF_INET, .port = htons(9), .addr = { 192, 0, 2, 1 } },
		.config.codec[96] = RTP_FANOUT_CODEC_OPAQUE,
	};
	struct sockaddr_in any = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&any, sizeof(any)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RTP_FANOUT, &call, sizeof(call)))
		err(1, "no fan-out could be attached: is this the patched kernel, and root?");
	return fd;
}

static double send_all(int fd, long datagrams)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	static const char payload[PAYLOAD];
	double start;
	long i;

	inet_pton(AF_INET, "10.9.0.2", &to.sin_addr);
	start = now_ns();
	for (i = 0; i < datagrams; i++) {
		if (sendto(fd, payload, sizeof(payload), 0, (struct sockaddr *)&to, sizeof(to)) < 0)
			err(1, "sendto 10.9.0.2: is gro_cost.sh's network there?");
	}
	return (now_ns() - start) / datagrams;
}

int main(int argc, char **argv)
{
	long datagrams, rounds, i;
	int fd, fanout;

	if (argc != 3)
		errx(2, "usage: gro_cost DATAGRAMS ROUNDS");
	datagrams = atol(argv[1]);
	rounds = atol(argv[2]);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd < 0)
		err(1, "socket");

	send_all(fd, datagrams);
	printf("%-6s %12s %12s %8s\n", "round", "without ns", "with ns", "more");
	for (i = 1; i <= rounds; i++) {
		double without = send_all(fd, datagrams), with;

		fanout = attach();
		with = send_all(fd, datagrams);
		close(fanout);
		printf("%-6ld %12.0f %12.0f %7.1f%%\n", i, without, with,
		       100 * (with - without) / without);
	}
	return 0;
}
