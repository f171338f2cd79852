// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where kernel threads spend their time: profile NAME PERIOD COMMAND [ARGUMENT]... Takes a
 * sample each PERIOD nanoseconds while COMMAND runs, of the threads whose names begin with
 * NAME, and prints the functions by their share. Under QEMU's -icount a nanosecond is an
 * instruction.
 */
#include <err.h>
#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define RING_PAGES	4096	/* a power of two */
#define SHOWN		40

struct function {
	uint64_t address;
	char name[64];
	unsigned int samples;
};

/* PERF_SAMPLE_IP and PERF_SAMPLE_TID */
struct sample {
	struct perf_event_header header;
	uint64_t ip;
	uint32_t pid;
	uint32_t tid;
};

static struct function *functions;
static size_t count;

static int by_address(const void *a, const void *b)
{
	const struct function *left = a, *right = b;

	return (left->address > right->address) - (left->address < right->address);
}

static int by_samples(const void *a, const void *b)
{
	return ((const struct function *)b)->samples - ((const struct function *)a)->samples;
}

static void read_symbols(void)
{
	FILE *file = fopen("/proc/kallsyms", "r");
	unsigned long long address;
	char type, name[512];
	size_t room = 0;

	if (!file)
		err(1, "/proc/kallsyms");
	while (fscanf(file, "%llx %c %511s%*[^\n]", &address, &type, name) == 3) {
		if (!strchr("tTwW", type))
			continue;
		if (count == room) {
			room = room ? 2 * room : 65536;
			functions = reallocarray(functions, room, sizeof(*functions));
			if (!functions)
				err(1, "memory");
		}
		functions[count].address = address;
		functions[count].samples = 0;
		snprintf(functions[count++].name, sizeof(functions->name), "%.63s", name);
	}
	fclose(file);
	qsort(functions, count, sizeof(*functions), by_address);
}

static struct function *find(uint64_t ip)
{
	size_t low = 0, high = count;

	while (high - low > 1) {
		size_t mid = (low + high) / 2;

		if (functions[mid].address <= ip)
			low = mid;
		else
			high = mid;
	}
	return &functions[low];
}

/* A thread's name does not change, and it outlives what is measured. */
static bool is_of(uint32_t tid, const char *name)
{
	static struct { uint32_t tid; bool is; } known;
	char path[64], comm[32] = "";
	FILE *file;

	if (known.tid == tid)
		return known.is;
	snprintf(path, sizeof(path), "/proc/%u/comm", tid);
	file = fopen(path, "r");
	if (file) {
		if (!fgets(comm, sizeof(comm), file))
			*comm = '\0';
		fclose(file);
	}
	known.tid = tid;
	known.is = !strncmp(comm, name, strlen(name));
	return known.is;
}

static unsigned int drain(struct perf_event_mmap_page *page, const char *name)
{
	uint64_t head = __atomic_load_n(&page->data_head, __ATOMIC_ACQUIRE);
	uint64_t tail = page->data_tail, size = page->data_size;
	const uint8_t *data = (uint8_t *)page + page->data_offset;
	unsigned int taken = 0;
	struct sample sample;

	while (tail < head) {
		for (size_t i = 0; i < sizeof(sample); i++)
			((uint8_t *)&sample)[i] = data[(tail + i) % size];
		tail += sample.header.size;
		if (sample.header.type != PERF_RECORD_SAMPLE || !is_of(sample.tid, name))
			continue;
		find(sample.ip)->samples++;
		taken++;
	}
	__atomic_store_n(&page->data_tail, tail, __ATOMIC_RELEASE);
	return taken;
}

int main(int argc, char **argv)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_CPU_CLOCK,
		.sample_type = PERF_SAMPLE_IP | PERF_SAMPLE_TID,
		.exclude_user = 1,
	};
	struct perf_event_mmap_page *page;
	unsigned int taken = 0;
	pid_t child;
	int fd;

	if (argc < 4)
		errx(2, "profile NAME PERIOD COMMAND [ARGUMENT]...");
	attr.sample_period = strtoul(argv[2], NULL, 0);
	read_symbols();
	fd = syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0)
		err(1, "perf_event_open");
	page = mmap(NULL, (RING_PAGES + 1) * getpagesize(), PROT_READ | PROT_WRITE, MAP_SHARED,
		    fd, 0);
	if (page == MAP_FAILED)
		err(1, "the ring of perf");

	child = fork();
	if (!child) {
		if (!freopen("/dev/null", "w", stdout))
			err(127, "/dev/null");
		execvp(argv[3], argv + 3);
		err(127, "%s", argv[3]);
	}
	while (!waitpid(child, NULL, WNOHANG)) {
		taken += drain(page, argv[1]);
		usleep(20000);
	}
	ioctl(fd, PERF_EVENT_IOC_DISABLE, 0);
	taken += drain(page, argv[1]);

	qsort(functions, count, sizeof(*functions), by_samples);
	printf("{\"who\": \"profile\", \"samples\": %u, \"functions\": [", taken);
	for (size_t i = 0; i < SHOWN && i < count && functions[i].samples; i++)
		printf("%s[\"%s\", %u]", i ? ", " : "", functions[i].name,
		       functions[i].samples);
	printf("]}\n");
	return 0;
}
