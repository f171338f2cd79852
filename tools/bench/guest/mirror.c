// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a copy costs that tc makes of each packet that comes in: mirror DESTINATIONS COPIES.
 * Prints a line of JSON.
 */
#include "rig.h"
#include "traffic.h"

#include <err.h>
#include <stdio.h>

static uint8_t buf[TRAFFIC_BATCH * (TRAFFIC_SIZE + sizeof(uint16_t))];

int main(int argc, char **argv)
{
	struct traffic_numbers numbers = {};
	unsigned int dests, rounds, round;
	uint64_t packets, ns = 0;
	struct traffic traffic;

	if (argc != 3)
		errx(2, "mirror DESTINATIONS COPIES");
	dests = rig_number(argv[1]);
	rounds = rig_number(argv[2]) / dests + 1;
	traffic_open(&traffic, "1");
	packets = rig_packets();
	for (round = 0; round < rounds; round++) {
		size_t len = traffic_write(&traffic, 0, &numbers, buf);

		ns += rig_feed(-1, buf, len, 1);
	}
	packets = rig_packets() - packets;
	/* The kernel may have said something by itself. */
	if (packets < (uint64_t)rounds * dests)
		errx(1, "%llu copies instead of %llu", (unsigned long long)packets,
		     (unsigned long long)rounds * dests);
	printf("{\"who\": \"mirror\", \"dests\": %u, \"copies\": %llu, \"ns\": %llu}\n", dests,
	       (unsigned long long)rounds * dests, (unsigned long long)ns);
	return 0;
}
