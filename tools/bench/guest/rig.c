// SPDX-License-Identifier: GPL-2.0-or-later
#include "rig.h"

#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>

static uint64_t began;

void rig_ioctl(unsigned long request, void *arg)
{
	static int fd = -1;

	if (fd < 0)
		fd = open(RTPBENCH_PATH, O_RDWR | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, request, arg))
		err(1, RTPBENCH_PATH);
}

uint64_t rig_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

void rig_dest(struct sockaddr_in *addr, unsigned int i)
{
	memset(addr, 0, sizeof(*addr));
	addr->sin_family = AF_INET;
	addr->sin_port = htons(RIG_PORT);
	addr->sin_addr.s_addr = htonl(RIG_FIRST + i);
}

int rig_socket(int buffer)
{
	struct sockaddr_in addr = { .sin_family = AF_INET,
				    .sin_port = htons(RIG_RELAY_PORT) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	inet_pton(AF_INET, RIG_RELAY, &addr.sin_addr);
	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof(buffer)) ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &buffer, sizeof(buffer)) ||
	    bind(fd, (struct sockaddr *)&addr, sizeof(addr)))
		err(1, "socket at " RIG_RELAY);
	return fd;
}

uint64_t rig_feed(int fd, const uint8_t *data, uint32_t len, unsigned int count)
{
	static unsigned int ifindex;
	struct rtpbench_feed feed = {
		.fd = fd,
		.sport = htons(RIG_SOURCE_PORT),
		.dport = htons(RIG_RELAY_PORT),
		.count = count,
		.len = len,
		.data = (uintptr_t)data,
	};

	if (!ifindex)
		ifindex = if_nametoindex(RIG_IN);
	feed.ifindex = ifindex;
	inet_pton(AF_INET, RIG_SOURCE, &feed.saddr);
	inet_pton(AF_INET, RIG_RELAY, &feed.daddr);
	rig_ioctl(RTPBENCH_FEED, &feed);
	began = feed.began;
	return feed.ns;
}

uint64_t rig_fed(void)
{
	return began;
}

uint64_t rig_packets(void)
{
	FILE *file = fopen("/sys/class/net/" RIG_OUT "/statistics/tx_packets", "r");
	unsigned long long packets;

	if (!file || fscanf(file, "%llu", &packets) != 1)
		err(1, RIG_OUT);
	fclose(file);
	return packets;
}

unsigned int rig_number(const char *text)
{
	char *end;
	unsigned long value = strtoul(text, &end, 0);

	if (*end || !*text || value > 1000000000)
		errx(2, "'%s' is not a number", text);
	return value;
}
