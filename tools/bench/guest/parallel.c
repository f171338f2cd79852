// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How long it takes until all that was queued has left: parallel DESTINATIONS BURSTS. Prints
 * a line of JSON. Times are the wall's.
 */
#include "rig.h"
#include "fanout.h"
#include "traffic.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BURST	"200"

int main(int argc, char **argv)
{
	static uint8_t *buf;
	struct traffic_numbers numbers = {};
	unsigned int dests, bursts, i;
	struct traffic traffic;
	uint64_t began;
	size_t len = 0;
	int fd;

	if (argc != 3)
		errx(2, "parallel DESTINATIONS BURSTS");
	dests = rig_number(argv[1]);
	bursts = rig_number(argv[2]);
	traffic_open(&traffic, BURST);
	buf = calloc(bursts, TRAFFIC_BATCH * (TRAFFIC_SIZE + sizeof(uint16_t)));
	if (!buf)
		err(1, "memory");
	fd = rig_socket(RIG_ENDLESS);
	fanout_attach(fd, 0);
	fanout_add(fd, dests);

	rig_feed(-1, buf, traffic_write(&traffic, 0, &numbers, buf), traffic.count);
	fanout_wait(fd, traffic.count);

	for (i = 0; i < bursts; i++)
		len += traffic_write(&traffic, 0, &numbers, buf + len);
	rig_feed(-1, buf, len, bursts * traffic.count);
	began = rig_now();
	fanout_wait(fd, bursts * traffic.count);
	printf("{\"who\": \"parallel\", \"dests\": %u, \"datagrams\": %u, \"ns\": %llu}\n", dests,
	       bursts * traffic.count, (unsigned long long)(rig_now() - began));
	fanout_check(fd);
	return 0;
}
