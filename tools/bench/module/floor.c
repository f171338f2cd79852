// SPDX-License-Identifier: GPL-2.0
/*
 * The floor: a thread that does nothing but send runs of datagrams to all of its
 * destinations, and what that costs it.
 */
#include <linux/completion.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/net.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <net/route.h>
#include "bench.h"

#define FLOOR_FIRST	0x64400001	/* 100.64.0.1, RFC 6598 */
#define FLOOR_PORT	5004
#define FLOOR_MAX_DESTS	100000
#define FLOOR_MAX_RUNS	65536
#define FLOOR_MAX_LEN	65000
/* Destinations for which softirqs stay disabled, as the relay has it. */
#define FLOOR_CHUNK	64
/* Runs of a batch at most. */
#define FLOOR_BATCH	64

struct floor_job {
	struct rtpbench_floor *floor;
	struct rtpbench_run *runs;
	struct floor_dest *dests;
	struct socket *sock;
	struct floor_send batch[FLOOR_BATCH];
	const void *payload;
	int err;
	struct completion done;
};

static unsigned int floor_run_len(const struct rtpbench_run *run)
{
	return run->size * (run->count - 1) + run->last;
}

/* What all share is put in one piece once, however many destinations. */
static int floor_prepare(struct floor_job *job, struct floor_send *send,
			 const struct rtpbench_run *run)
{
	send->run = *run;
	send->len = floor_run_len(run);
	send->sk = job->sock->sk;
	send->mode = job->floor->mode;
	send->departure = ktime_get();
	send->page = alloc_pages(GFP_KERNEL | __GFP_COMP, get_order(send->len));
	if (!send->page)
		return -ENOMEM;
	memcpy(page_address(send->page), job->payload, send->len);

	return 0;
}

static void floor_walk_chunk(struct floor_job *job, unsigned int nr,
			     struct floor_dest *dest, const struct floor_dest *end)
{
	unsigned int i;

	local_bh_disable();
	rcu_read_lock();
	for (; dest < end; dest++)
		for (i = 0; i < nr; i++)
			if (!floor_skb_send(&job->batch[i], dest))
				job->floor->skbs++;
	rcu_read_unlock();
	local_bh_enable();
}

static int floor_batch(struct floor_job *job, const struct rtpbench_run *runs,
		       unsigned int nr)
{
	u32 first, left, done = 0;
	int err = 0;

	while (done < nr && !err)
		err = floor_prepare(job, &job->batch[done], &runs[done]) ?:
		      (done++, 0);
	for (first = 0; !err && first < job->floor->dests; first += FLOOR_CHUNK) {
		left = min_t(u32, FLOOR_CHUNK, job->floor->dests - first);
		floor_walk_chunk(job, nr, &job->dests[first],
				 &job->dests[first + left]);
		cond_resched();
	}
	while (done)
		put_page(job->batch[--done].page);

	return err;
}

static int floor_round(struct floor_job *job)
{
	const struct rtpbench_run *runs = job->runs;
	u32 i, first = 0;
	int err = 0;

	for (i = 0; i < job->floor->nr_runs && !err; i++) {
		if (runs[i].count)
			continue;
		err = floor_batch(job, &runs[first], i - first);
		first = i + 1;
	}

	return err;
}

static int floor_thread(void *data)
{
	struct rtpbench_clock before, after;
	struct floor_job *job = data;
	u32 round;

	bench_clock_read(&before);
	for (round = 0; round < job->floor->rounds && !job->err; round++)
		job->err = floor_round(job);
	bench_clock_read(&after);
	job->floor->ns = after.floor_ns - before.floor_ns;
	complete(&job->done);

	return 0;
}

static int floor_dest(struct floor_dest *dest, u32 i, const struct sock *sk)
{
	struct flowi4 fl4 = {
		.daddr = htonl(FLOOR_FIRST + i),
		.flowi4_proto = IPPROTO_UDP,
		.fl4_sport = inet_sk(sk)->inet_sport,
		.fl4_dport = htons(FLOOR_PORT),
	};
	struct rtable *rt = ip_route_output_key(&init_net, &fl4);

	if (IS_ERR(rt))
		return PTR_ERR(rt);
	dest->dst = &rt->dst;
	dest->daddr = fl4.daddr;
	dest->saddr = fl4.saddr;
	dest->port = fl4.fl4_dport;
	dest->hash = hash_32(i + 1, 32);

	return 0;
}

static int floor_run_all(struct floor_job *job)
{
	struct task_struct *task;
	u64 copies = 0;
	int err = 0;
	u32 i;

	for (i = 0; i < job->floor->dests && !err; i++)
		err = floor_dest(&job->dests[i], i, job->sock->sk);
	if (err)
		goto release;

	init_completion(&job->done);
	task = kthread_run(floor_thread, job, BENCH_THREAD);
	if (IS_ERR(task)) {
		err = PTR_ERR(task);
		goto release;
	}
	wait_for_completion(&job->done);
	err = job->err;
	for (i = 0; i < job->floor->dests; i++)
		copies += job->dests[i].packets;
	job->floor->copies = copies;

release:
	for (i = 0; i < job->floor->dests; i++)
		dst_release(job->dests[i].dst);

	return err;
}

static int floor_socket(struct floor_job *job)
{
	int err;

	err = sock_create_kern(&init_net, AF_INET, SOCK_DGRAM, IPPROTO_UDP,
			       &job->sock);
	if (err)
		return err;
	inet_sk(job->sock->sk)->inet_sport = htons(FLOOR_PORT);
	/* What a device holds back is not to stop it. */
	job->sock->sk->sk_sndbuf = INT_MAX / 2;

	return 0;
}

/* A run has at least a datagram, and ends a batch. */
static int floor_check(const struct rtpbench_floor *floor,
		       const struct rtpbench_run *runs)
{
	u32 i, length = 0;

	if (runs[floor->nr_runs - 1].count)
		return -EINVAL;
	for (i = 0; i < floor->nr_runs; i++) {
		length = runs[i].count ? length + 1 : 0;
		if (length > FLOOR_BATCH)
			return -EINVAL;
		if (runs[i].count && floor_run_len(&runs[i]) > FLOOR_MAX_LEN)
			return -EINVAL;
		if (floor->mode == RTPBENCH_PRIVATE &&
		    2 * runs[i].count > MAX_SKB_FRAGS + 1)
			return -EINVAL;
	}

	return 0;
}

int bench_floor(struct rtpbench_floor *floor)
{
	struct floor_job *job;
	int err = -ENOMEM;

	if (!floor->dests || floor->dests > FLOOR_MAX_DESTS ||
	    !floor->nr_runs || floor->nr_runs > FLOOR_MAX_RUNS ||
	    floor->mode > RTPBENCH_COPY)
		return -EINVAL;
	job = kvzalloc(sizeof(*job), GFP_KERNEL);
	if (!job)
		return -ENOMEM;
	floor->skbs = 0;
	job->floor = floor;
	job->payload = kvzalloc(FLOOR_MAX_LEN, GFP_KERNEL);
	job->dests = kvcalloc(floor->dests, sizeof(*job->dests), GFP_KERNEL);
	if (!job->payload || !job->dests)
		goto free;
	job->runs = vmemdup_array_user(u64_to_user_ptr(floor->runs),
				       floor->nr_runs, sizeof(*job->runs));
	if (IS_ERR(job->runs)) {
		err = PTR_ERR(job->runs);
		job->runs = NULL;
		goto free;
	}
	err = floor_check(floor, job->runs) ?: floor_socket(job);
	if (err)
		goto free;
	err = floor_run_all(job);
	sock_release(job->sock);
free:
	kvfree(job->runs);
	kvfree(job->dests);
	kvfree(job->payload);
	kvfree(job);

	return err;
}
