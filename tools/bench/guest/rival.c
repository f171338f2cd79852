// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a copy costs a program: rival DESTINATIONS sendto|sendmmsg|COUNT COPIES. With a
 * COUNT, so many datagrams go to each destination in one message (UDP_SEGMENT), as many
 * messages in a call as the kernel takes. Prints a line of JSON.
 */
#include "rig.h"
#include "traffic.h"

#include <err.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

/* Of one sendmmsg(), UIO_MAXIOV. */
#define MOST_MESSAGES	1024
#define MOST_DATAGRAMS	32

static uint8_t payload[MOST_DATAGRAMS * TRAFFIC_SIZE];
static struct sockaddr_in *addr;
static struct mmsghdr *message;
static unsigned int dests;

static void by_sendto(int fd)
{
	for (unsigned int i = 0; i < dests; i++)
		if (sendto(fd, payload, TRAFFIC_SIZE, 0, (struct sockaddr *)&addr[i],
			   sizeof(addr[i])) != TRAFFIC_SIZE)
			err(1, "sendto");
}

static void by_sendmmsg(int fd)
{
	unsigned int done, part;

	for (done = 0; done < dests; done += part) {
		part = dests - done;
		if (part > MOST_MESSAGES)
			part = MOST_MESSAGES;
		if (sendmmsg(fd, &message[done], part, 0) != (int)part)
			err(1, "sendmmsg");
	}
}

/* Made once: the addresses do not change, nor do the buffers. */
static void messages(struct iovec *iov)
{
	addr = calloc(dests, sizeof(*addr));
	message = calloc(dests, sizeof(*message));
	if (!addr || !message)
		err(1, "memory");
	for (unsigned int i = 0; i < dests; i++) {
		rig_dest(&addr[i], i);
		message[i].msg_hdr = (struct msghdr) {
			.msg_name = &addr[i],
			.msg_namelen = sizeof(addr[i]),
			.msg_iov = iov,
			.msg_iovlen = 1,
		};
	}
}

int main(int argc, char **argv)
{
	unsigned int count = 1, rounds, round;
	int fd = rig_socket(RIG_ENDLESS), size = TRAFFIC_SIZE;
	struct iovec iov = { payload, 0 };
	void (*send_all)(int) = by_sendmmsg;
	uint64_t began, ended;

	if (argc != 4)
		errx(2, "rival DESTINATIONS sendto|sendmmsg|COUNT COPIES");
	dests = rig_number(argv[1]);
	if (!strcmp(argv[2], "sendto"))
		send_all = by_sendto;
	else if (strcmp(argv[2], "sendmmsg"))
		count = rig_number(argv[2]);
	if (count > MOST_DATAGRAMS)
		errx(2, "at most %d in a message", MOST_DATAGRAMS);
	/* What no call gives, setsockopt() sets for all messages of the socket. */
	if (count > 1 && setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &size, sizeof(size)))
		err(1, "UDP_SEGMENT");
	iov.iov_len = count * TRAFFIC_SIZE;
	messages(&iov);
	rounds = rig_number(argv[3]) / (dests * count) + 1;

	send_all(fd);
	began = rig_now();
	for (round = 0; round < rounds; round++)
		send_all(fd);
	ended = rig_now();

	printf("{\"who\": \"%s\", \"dests\": %u, \"count\": %u, \"copies\": %llu, \"ns\": %llu}\n",
	       argv[2], dests, count, (unsigned long long)rounds * dests * count,
	       (unsigned long long)(ended - began));
	return 0;
}
