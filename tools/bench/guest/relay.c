// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a copy costs the relay: relay DESTINATIONS TRAFFIC HOW COPIES. HOW is one: all
 * get the same; own: each has numbers of its own; base: all get the lowest layer; bpf: a
 * program tells the layers. Prints a line of JSON.
 */
#include "rig.h"
#include "fanout.h"
#include "traffic.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct measured {
	uint64_t copies;
	uint64_t datagrams;
	uint64_t ingress_ns;
};

static struct traffic traffic;
static struct traffic_numbers numbers;
static uint8_t buf[TRAFFIC_BATCH * (TRAFFIC_SIZE + 200)];

static void batch(int fd, unsigned int index, struct measured *measured)
{
	unsigned int count = traffic.first[index + 1] - traffic.first[index];
	size_t len = traffic_write(&traffic, index, &numbers, buf);

	measured->ingress_ns += rig_feed(-1, buf, len, count);
	measured->datagrams += count;
	measured->copies += fanout_wait(fd, count);
}

/* Whole passes of the traffic, COPIES copies or more. */
static void measure(int fd, uint64_t copies, struct measured *measured)
{
	memset(measured, 0, sizeof(*measured));
	while (measured->copies < copies)
		for (unsigned int i = 0; i < traffic.batches; i++)
			batch(fd, i, measured);
}

int main(int argc, char **argv)
{
	struct rtpbench_clock before, after;
	struct measured measured;
	unsigned int dests;
	uint64_t packets;
	int fd;

	if (argc != 5)
		errx(2, "relay DESTINATIONS TRAFFIC one|own|base|bpf COPIES");
	dests = rig_number(argv[1]);
	traffic_open(&traffic, argv[2]);
	fd = rig_socket(RIG_ENDLESS);
	if (!strcmp(argv[3], "bpf"))
		fanout_attach_bpf(fd);
	else
		fanout_attach(fd, 0);
	if (!strcmp(argv[3], "own"))
		fanout_add_own(fd, dests, &numbers);
	else if (!strcmp(argv[3], "base"))
		fanout_add_base(fd, dests);
	else
		fanout_add(fd, dests);

	/* Routes are looked up, caches are warm. */
	batch(fd, 0, &measured);
	packets = rig_packets();
	rig_ioctl(RTPBENCH_CLOCK, &before);
	measure(fd, rig_number(argv[4]), &measured);
	rig_ioctl(RTPBENCH_CLOCK, &after);
	packets = rig_packets() - packets;
	fanout_check(fd);

	printf("{\"who\": \"relay\", \"dests\": %u, \"traffic\": \"%s\", \"variants\": \"%s\", "
	       "\"copies\": %llu, \"datagrams\": %llu, \"ns\": %llu, \"ingress_ns\": %llu, "
	       "\"switches\": %llu, \"skbs\": %llu}\n",
	       dests, argv[2], argv[3], (unsigned long long)measured.copies,
	       (unsigned long long)measured.datagrams, after.relay_ns - before.relay_ns,
	       (unsigned long long)measured.ingress_ns,
	       after.relay_switches - before.relay_switches,
	       (unsigned long long)packets);
	return 0;
}
