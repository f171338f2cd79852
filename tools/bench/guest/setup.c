// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What it costs to set up: setup DESTINATIONS. Adds so many, changes one of them, and says
 * how much memory each has. Prints a line of JSON.
 */
#include "rig.h"
#include "fanout.h"

#include <err.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SETS	1000

/* Kilobytes of what /proc/meminfo says: free, or kept only to be quicker. */
static long available(void)
{
	static const char *const names[] = { "MemFree:", "Buffers:", "Cached:" };
	FILE *file = fopen("/proc/meminfo", "r");
	long value, sum = 0;
	char name[64];

	if (!file)
		err(1, "/proc/meminfo");
	while (fscanf(file, "%63s %ld%*[^\n]", name, &value) == 2)
		for (unsigned int i = 0; i < sizeof(names) / sizeof(*names); i++)
			if (!strcmp(name, names[i]))
				sum += value;
	fclose(file);
	return sum;
}

int main(int argc, char **argv)
{
	unsigned int dests, i;
	uint64_t add_ns, set_ns = 0;
	long before;
	int fd;

	if (argc != 2)
		errx(2, "setup DESTINATIONS");
	dests = rig_number(argv[1]);
	fd = rig_socket(RIG_ENDLESS);
	fanout_attach(fd, 0);
	before = available();
	add_ns = fanout_add(fd, dests);
	/* The hash table has grown when its worker did. */
	usleep(200000);
	before -= available();
	for (i = 0; i < SETS; i++)
		set_ns += fanout_change(fd, (uint64_t)i * dests / SETS, i % 8);

	printf("{\"who\": \"setup\", \"dests\": %u, \"add_ns\": %llu, \"set_ns\": %llu, "
	       "\"bytes\": %llu}\n", dests, (unsigned long long)add_ns,
	       (unsigned long long)set_ns / SETS, (unsigned long long)before * 1024);
	return 0;
}
