// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * When and how copies leave: leaving DESTINATIONS TRAFFIC BATCHES PERCENT. Feeds the first
 * BATCHES batches of the traffic, a picture's time apart where PERCENT of that time is to be
 * used to send it, else each when the last has left. Prints a line of JSON.
 */
#include "rig.h"
#include "fanout.h"
#include "traffic.h"

#include <arpa/inet.h>
#include <err.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PICTURE_NS	50000000ULL	/* as traffic_write() numbers them */
#define MOST_PACKETS	(1 << 20)
#define HEADERS		(20 + 8 + RTP_HEADER)

static struct rtpbench_packet packets[MOST_PACKETS];
static uint8_t buf[TRAFFIC_BATCH * (TRAFFIC_SIZE + sizeof(uint16_t))];
static uint64_t *latency;
static uint64_t latencies;

static int ascending(const void *a, const void *b)
{
	uint64_t left = *(uint64_t *)a, right = *(uint64_t *)b;

	return (left > right) - (left < right);
}

/* Packets since each batch came. One batch has left when the next comes. */
static void add_latencies(const struct rtpbench_packet *packet, uint64_t count,
			  const uint64_t *began, unsigned int batches)
{
	unsigned int batch = 0;

	for (uint64_t i = 0; i < count; i++) {
		while (batch + 1 < batches && packet[i].ns >= began[batch + 1])
			batch++;
		for (unsigned int n = 0; n < packet[i].datagrams; n++)
			latency[latencies++] = packet[i].ns - began[batch];
	}
	qsort(latency, latencies, sizeof(*latency), ascending);
}

/* The most datagrams that a destination gets in any time of SPAN ns. */
static unsigned int most_in(uint64_t span, uint64_t count, unsigned int dests)
{
	struct { uint64_t since; unsigned int datagrams; } *dest;
	unsigned int most = 0;

	dest = calloc(dests, sizeof(*dest));
	if (!dest)
		err(1, "memory");
	for (uint64_t i = 0; i < count; i++) {
		unsigned int d = ntohl(packets[i].daddr) - RIG_FIRST;

		if (d >= dests)
			errx(1, "a packet for somebody else left");
		if (packets[i].ns - dest[d].since > span) {
			dest[d].since = packets[i].ns;
			dest[d].datagrams = 0;
		}
		dest[d].datagrams += packets[i].datagrams;
		if (dest[d].datagrams > most)
			most = dest[d].datagrams;
	}
	free(dest);
	return most;
}

int main(int argc, char **argv)
{
	struct rtpbench_watch watch = { .ifindex = if_nametoindex(RIG_OUT) };
	struct rtpbench_watch read = { .room = MOST_PACKETS,
				       .packets = (uintptr_t)packets };
	unsigned int dests, batches, batch, percent, datagrams = 0;
	uint64_t *began, copied = 0, copies = 0, first = 0;
	struct traffic_numbers numbers = {};
	struct traffic traffic;
	int fd;

	if (argc != 5)
		errx(2, "leaving DESTINATIONS TRAFFIC BATCHES PERCENT");
	dests = rig_number(argv[1]);
	traffic_open(&traffic, argv[2]);
	batches = rig_number(argv[3]);
	percent = rig_number(argv[4]);
	began = calloc(batches + 1, sizeof(*began));
	if (!began)
		err(1, "memory");
	fd = rig_socket(RIG_DAEMON);
	fanout_attach(fd, percent);
	fanout_add(fd, dests);

	/* Routes are looked up; what a picture takes is known. */
	for (batch = 0; batch < 3; batch++) {
		unsigned int count = traffic.first[1] - traffic.first[0];

		rig_feed(-1, buf, traffic_write(&traffic, 0, &numbers, buf), count);
		fanout_wait(fd, count);
		if (percent)
			usleep(PICTURE_NS / 1000);
	}
	rig_ioctl(RTPBENCH_WATCH, &watch);
	for (batch = 0; batch < batches; batch++) {
		unsigned int i = batch % traffic.batches;
		unsigned int count = traffic.first[i + 1] - traffic.first[i];

		rig_feed(-1, buf, traffic_write(&traffic, i, &numbers, buf), count);
		began[batch] = rig_fed();
		datagrams += count;
		/* One call, however long it takes. */
		usleep(PICTURE_NS / 1000 + (percent ? 0 : dests * count));
	}
	/* The last one, however long it takes. */
	usleep(4 * PICTURE_NS / 1000);
	rig_ioctl(RTPBENCH_WATCH, &read);
	/* A batch takes one to feed it and one to wait. */
	read.calls -= 2 * batches + 1;
	fanout_wait(fd, datagrams);
	fanout_check(fd);

	for (uint64_t i = 0; i < read.count; i++) {
		copies += packets[i].datagrams;
		if (packets[i].own > HEADERS)
			copied += packets[i].own - HEADERS;
	}
	latency = calloc(copies + 1, sizeof(*latency));
	if (!latency)
		err(1, "memory");
	if (read.count)
		first = packets[0].ns - began[0];
	add_latencies(packets, read.count, began, batches);
	printf("{\"who\": \"leaving\", \"dests\": %u, \"percent\": %u, \"datagrams\": %u, "
	       "\"copies\": %llu, \"first_ns\": %llu, \"p50_ns\": %llu, \"p999_ns\": %llu, "
	       "\"max_ns\": %llu, \"copied\": %llu, \"calls\": %llu, \"most\": %u}\n",
	       dests, percent, datagrams, (unsigned long long)copies,
	       (unsigned long long)first, (unsigned long long)latency[copies / 2],
	       (unsigned long long)latency[copies * 999 / 1000],
	       (unsigned long long)latency[copies - 1], (unsigned long long)copied,
	       read.calls, most_in(100000, read.count, dests));
	return 0;
}
