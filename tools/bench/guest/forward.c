// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a program in C takes to forward a stream, all told: forward DESTINATIONS all|base
 * DATAGRAMS FILE. It takes what came in one call, and sends to all in as few as it can; with
 * base, only the lowest spatial layer, told as RFC 6190 has it. Prints a line of JSON.
 */
#include "rig.h"
#include "traffic.h"

#include <err.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define MOST_MESSAGES	1024

static uint8_t buf[TRAFFIC_BATCH * (TRAFFIC_SIZE + sizeof(uint16_t))];
static uint8_t data[TRAFFIC_BATCH][TRAFFIC_SIZE];
static struct mmsghdr in[TRAFFIC_BATCH], out[MOST_MESSAGES];
static struct iovec in_iov[TRAFFIC_BATCH];
static struct sockaddr_in *addr;
static unsigned int dests;
static uint64_t copies;

static uint64_t own_time(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

/* Types 14 and 20 have a header of their own; fragments (28) name their type. */
static bool is_base(const uint8_t *payload)
{
	unsigned int type = payload[0] & 0x1f;

	if (type == 28)
		type = payload[1] & 0x1f;
	return type != 20;
}

static void send_part(int fd, unsigned int count)
{
	if (sendmmsg(fd, out, count, 0) != (int)count)
		err(1, "sendmmsg");
	copies += count;
}

static void send_to_all(int fd, unsigned int count, bool base)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < count; i++) {
		in_iov[i].iov_len = in[i].msg_len;
		if (base && !is_base(data[i] + RTP_HEADER))
			continue;
		for (unsigned int d = 0; d < dests; d++) {
			out[n++].msg_hdr = (struct msghdr) {
				.msg_name = &addr[d],
				.msg_namelen = sizeof(addr[d]),
				.msg_iov = &in_iov[i],
				.msg_iovlen = 1,
			};
			if (n == MOST_MESSAGES) {
				send_part(fd, n);
				n = 0;
			}
		}
	}
	if (n)
		send_part(fd, n);
}

static unsigned int take(int fd)
{
	int count;

	for (unsigned int i = 0; i < TRAFFIC_BATCH; i++) {
		in_iov[i] = (struct iovec) { data[i], sizeof(data[i]) };
		in[i].msg_hdr = (struct msghdr) { .msg_iov = &in_iov[i], .msg_iovlen = 1 };
	}
	count = recvmmsg(fd, in, TRAFFIC_BATCH, MSG_DONTWAIT, NULL);
	if (count < 0)
		err(1, "recvmmsg");
	return count;
}

int main(int argc, char **argv)
{
	uint64_t ns = 0, ingress_ns = 0, began;
	struct traffic_numbers numbers = {};
	unsigned int wanted, done = 0, batch, d;
	struct traffic traffic;
	bool base;
	int fd;

	if (argc != 5)
		errx(2, "forward DESTINATIONS all|base DATAGRAMS FILE");
	dests = rig_number(argv[1]);
	base = !strcmp(argv[2], "base");
	wanted = rig_number(argv[3]);
	traffic_open(&traffic, argv[4]);
	fd = rig_socket(RIG_ENDLESS);
	addr = calloc(dests, sizeof(*addr));
	if (!addr)
		err(1, "memory");
	for (d = 0; d < dests; d++)
		rig_dest(&addr[d], d);

	for (batch = 0; done < wanted; batch = (batch + 1) % traffic.batches) {
		unsigned int count = traffic.first[batch + 1] - traffic.first[batch];
		size_t len = traffic_write(&traffic, batch, &numbers, buf);

		ingress_ns += rig_feed(-1, buf, len, count);
		began = own_time();
		if (take(fd) != count)
			errx(1, "datagrams were lost");
		send_to_all(fd, count, base);
		ns += own_time() - began;
		done += count;
	}
	printf("{\"who\": \"forward\", \"dests\": %u, \"datagrams\": %u, \"copies\": %llu, "
	       "\"ns\": %llu, \"ingress_ns\": %llu}\n", dests, done,
	       (unsigned long long)copies, (unsigned long long)ns,
	       (unsigned long long)ingress_ns);
	return 0;
}
