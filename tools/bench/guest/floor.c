// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a copy costs at the least: floor DESTINATIONS TRAFFIC shared|private|copy MOST
 * COPIES, at most MOST datagrams in one. Prints a line of JSON.
 */
#include "rig.h"
#include "traffic.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* UDP's and the kernel's bounds for what leaves as one. */
#define MOST_BYTES	65000

static const char *const modes[] = { "shared", "private", "copy" };

static unsigned int mode_of(const char *name)
{
	for (unsigned int i = 0; i < sizeof(modes) / sizeof(*modes); i++)
		if (!strcmp(modes[i], name))
			return i;
	errx(2, "no mode '%s'", name);
}

/* Whether the datagram can go with the run: equal sizes, the last may be shorter. */
static int joins(const struct rtpbench_run *run, unsigned int len, unsigned int most)
{
	return run->count && run->count < most && run->last == run->size &&
	       len <= run->size && (run->count + 1) * run->size <= MOST_BYTES;
}

static unsigned int runs_of(const struct traffic *traffic, unsigned int most,
			    struct rtpbench_run *runs)
{
	unsigned int batch, i, nr = 0;

	for (batch = 0; batch < traffic->batches; batch++) {
		struct rtpbench_run *run = &runs[nr];

		run->count = 0;
		for (i = traffic->first[batch]; i < traffic->first[batch + 1]; i++) {
			unsigned int len = traffic->datagram[i].len;

			if (run->count && !joins(run, len, most)) {
				run = &runs[++nr];
				run->count = 0;
			}
			if (!run->count++)
				run->size = len;
			run->last = len;
		}
		runs[++nr] = (struct rtpbench_run) {};
		nr++;
	}
	return nr;
}

int main(int argc, char **argv)
{
	struct rtpbench_floor floor = {};
	struct rtpbench_run *runs;
	struct traffic traffic;
	uint64_t copies, pass;

	if (argc != 6)
		errx(2, "floor DESTINATIONS TRAFFIC shared|private|copy MOST COPIES");
	floor.dests = rig_number(argv[1]);
	traffic_open(&traffic, argv[2]);
	floor.mode = mode_of(argv[3]);
	copies = rig_number(argv[5]);
	runs = calloc(traffic.count + traffic.batches, sizeof(*runs));
	if (!runs)
		err(1, "memory");
	floor.nr_runs = runs_of(&traffic, rig_number(argv[4]), runs);
	floor.runs = (uintptr_t)runs;

	/* Caches are warm. */
	floor.rounds = 1;
	rig_ioctl(RTPBENCH_FLOOR, &floor);
	pass = (uint64_t)traffic.count * floor.dests;
	floor.rounds = (copies + pass - 1) / pass;
	rig_ioctl(RTPBENCH_FLOOR, &floor);
	if (floor.copies != floor.rounds * pass)
		errx(1, "the floor lost datagrams: %llu of %llu came through", floor.copies,
		     (unsigned long long)(floor.rounds * pass));

	printf("{\"who\": \"floor\", \"dests\": %u, \"traffic\": \"%s\", \"mode\": \"%s\", "
	       "\"most\": %s, \"copies\": %llu, \"skbs\": %llu, \"ns\": %llu}\n",
	       floor.dests, argv[2], argv[3], argv[4], floor.copies, floor.skbs, floor.ns);
	return 0;
}
