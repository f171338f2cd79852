// SPDX-License-Identifier: GPL-2.0
/*
 * Processor time of kernel threads, by their names. User-mode Linux's scheduler
 * counts in ticks of 10 ms, too coarse for a batch: the switches between threads
 * are timed here instead, for the relay and for the floor alike.
 */
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/timekeeping.h>
#include <linux/tracepoint.h>
#include "bench.h"

enum bench_thread {
	BENCH_OTHER,
	BENCH_RELAY,
	BENCH_FLOOR,
	BENCH_THREADS,
};

struct bench_cpu {
	u64 since;		/* when the thread got the processor */
	enum bench_thread thread;
	u64 ns[BENCH_THREADS];
	u64 switches[BENCH_THREADS];
};

static DEFINE_PER_CPU(struct bench_cpu, bench_cpus);
static struct tracepoint *bench_switch;

static enum bench_thread bench_thread(const struct task_struct *task)
{
	if (!(task->flags & PF_KTHREAD))
		return BENCH_OTHER;
	if (!strncmp(task->comm, "rtprelay/", 9))
		return BENCH_RELAY;
	if (!strcmp(task->comm, BENCH_THREAD))
		return BENCH_FLOOR;
	return BENCH_OTHER;
}

/* With interrupts off, in the scheduler. */
static void bench_switched(void *data, bool preempt, struct task_struct *prev,
			   struct task_struct *next, unsigned int prev_state)
{
	struct bench_cpu *cpu = this_cpu_ptr(&bench_cpus);
	u64 now = ktime_get_mono_fast_ns();

	WRITE_ONCE(cpu->ns[cpu->thread],
		   cpu->ns[cpu->thread] + now - cpu->since);
	cpu->thread = bench_thread(next);
	cpu->switches[cpu->thread]++;
	WRITE_ONCE(cpu->since, now);
}

/* Exact for a thread that does not run meanwhile, or that asks itself. */
void bench_clock_read(struct rtpbench_clock *clock)
{
	u64 ns[BENCH_THREADS] = {};
	struct bench_cpu *cpu;
	int i, t;

	clock->relay_switches = 0;
	preempt_disable();
	clock->now_ns = ktime_get_mono_fast_ns();
	for_each_possible_cpu(i) {
		cpu = per_cpu_ptr(&bench_cpus, i);
		for (t = 0; t < BENCH_THREADS; t++)
			ns[t] += READ_ONCE(cpu->ns[t]);
		clock->relay_switches += READ_ONCE(cpu->switches[BENCH_RELAY]);
	}
	cpu = this_cpu_ptr(&bench_cpus);
	ns[cpu->thread] += clock->now_ns - cpu->since;
	preempt_enable();

	clock->relay_ns = ns[BENCH_RELAY];
	clock->floor_ns = ns[BENCH_FLOOR];
}

int bench_clock_init(void)
{
	u64 now = ktime_get_mono_fast_ns();
	int i;

	for_each_possible_cpu(i)
		per_cpu(bench_cpus, i).since = now;
	bench_switch = bench_tracepoint("sched_switch");
	if (!bench_switch)
		return -EOPNOTSUPP;

	return tracepoint_probe_register(bench_switch, bench_switched, NULL);
}

void bench_clock_exit(void)
{
	tracepoint_probe_unregister(bench_switch, bench_switched, NULL);
	tracepoint_synchronize_unregister();
}
