// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a datagram costs when it arrives, whoever it is for: ingress DESTINATIONS BURST
 * DATAGRAMS. Prints a line of JSON: the relay's part, and the whole way from the interface.
 */
#include "rig.h"
#include "fanout.h"
#include "traffic.h"

#include <err.h>
#include <stdio.h>

static uint8_t buf[TRAFFIC_BATCH * (TRAFFIC_SIZE + sizeof(uint16_t))];

int main(int argc, char **argv)
{
	struct traffic_numbers numbers = {};
	uint64_t socket_ns = 0, device_ns = 0;
	unsigned int dests, i, bursts;
	struct traffic traffic;
	int fd;

	if (argc != 4)
		errx(2, "ingress DESTINATIONS BURST DATAGRAMS");
	dests = rig_number(argv[1]);
	traffic_open(&traffic, argv[2]);
	bursts = rig_number(argv[3]) / traffic.count;
	fd = rig_socket(RIG_ENDLESS);
	fanout_attach(fd, 0);
	fanout_add(fd, dests);

	for (i = 0; i < bursts; i++) {
		size_t len = traffic_write(&traffic, 0, &numbers, buf);

		socket_ns += rig_feed(fd, buf, len, traffic.count);
		fanout_wait(fd, traffic.count);
		len = traffic_write(&traffic, 0, &numbers, buf);
		device_ns += rig_feed(-1, buf, len, traffic.count);
		fanout_wait(fd, traffic.count);
	}
	fanout_check(fd);

	printf("{\"who\": \"ingress\", \"dests\": %u, \"burst\": %u, \"datagrams\": %u, "
	       "\"ns\": %llu, \"device_ns\": %llu}\n", dests, traffic.count,
	       bursts * traffic.count, (unsigned long long)socket_ns,
	       (unsigned long long)device_ns);
	return 0;
}
