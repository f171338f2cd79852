// SPDX-License-Identifier: GPL-2.0
/*
 * The workers: kernel threads, so that they can be preempted, seen by name and
 * given a scheduling policy. Each takes the fan-outs in turn, each for a budget.
 *
 * One of a fan-out's threads, its owner, makes a batch; then all of them walk
 * over their shards of the destinations with it, and the last to arrive gives
 * it back to the owner.
 */
#include <linux/atomic.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/hrtimer.h>
#include <linux/kthread.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include "batch.h"
#include "fanout.h"
#include "owner.h"
#include "rx.h"
#include "shard.h"
#include "worker.h"

/* Datagrams received, slots and skbs for which a fan-out has a thread before the
 * next.
 */
#define RTP_WORKER_BUDGET	1024

/* Threads, at most: what one sends fills the fastest links by far. */
#define RTP_WORKERS_MAX		64

static DEFINE_MUTEX(rtp_worker_mutex);	/* what follows, and the threads */
static struct rtp_worker *rtp_workers;
static unsigned int rtp_workers_count;
static unsigned int rtp_worker_users;
static unsigned int rtp_worker_turn;

static void rtp_workers_stop(unsigned int count)
{
	while (count--) {
		kthread_destroy_worker(rtp_workers[count].thread);
		rtp_memory_exit(&rtp_workers[count].memory);
	}
	kvfree(rtp_workers);
	rtp_workers = NULL;
	rtp_workers_count = 0;
}

/* A thread for each CPU that is in use when a fan-out comes that is the only
 * one. They are bound to none: what happens when CPUs go, and where the
 * administrator wants them, is the scheduler's.
 */
static int rtp_workers_start(void)
{
	unsigned int i, count = min(num_online_cpus(), RTP_WORKERS_MAX);
	struct kthread_worker *thread;

	if (rtp_workers_count == count)
		return 0;
	rtp_workers_stop(rtp_workers_count);

	rtp_workers = kvzalloc_objs(*rtp_workers, count);
	if (!rtp_workers)
		return -ENOMEM;

	for (i = 0; i < count; i++) {
		thread = kthread_run_worker(0, "rtprelay/%u", i);
		if (IS_ERR(thread)) {
			rtp_workers_stop(i);
			return PTR_ERR(thread);
		}
		rtp_workers[i].thread = thread;
	}
	rtp_workers_count = count;

	return 0;
}

/**
 * rtp_worker_get() - a fan-out comes: have the threads
 *
 * They stay when the last fan-out goes, and with them the policy that the
 * administrator gave them.
 *
 * Context: Process context.
 * Return: 0, after which the caller calls rtp_worker_put(); -ENOMEM; -EINTR when
 * a signal came.
 */
int rtp_worker_get(void)
{
	int err = 0;

	mutex_lock(&rtp_worker_mutex);
	if (!rtp_worker_users)
		err = rtp_workers_start();
	if (!err)
		rtp_worker_users++;
	mutex_unlock(&rtp_worker_mutex);

	return err;
}

/**
 * rtp_worker_put() - a fan-out went
 *
 * Context: Process context.
 */
void rtp_worker_put(void)
{
	mutex_lock(&rtp_worker_mutex);
	rtp_worker_users--;
	mutex_unlock(&rtp_worker_mutex);
}

/**
 * rtp_worker_exit() - end the threads
 *
 * Context: Process context, after the last rtp_worker_put().
 */
void rtp_worker_exit(void)
{
	rtp_workers_stop(rtp_workers_count);
}

/**
 * rtp_worker_count() - how many threads there are
 *
 * Context: Between rtp_worker_get() and rtp_worker_put().
 * Return: at least 1.
 */
unsigned int rtp_worker_count(void)
{
	return rtp_workers_count;
}

static void rtp_worker_queue(struct rtp_shard *shard)
{
	kthread_queue_work(shard->worker->thread, &shard->work);
}

/**
 * rtp_worker_wake() - there is work
 * @fanout: the fan-out
 *
 * Context: Any, sk->sk_receive_queue.lock held: not after the fan-out was
 * stopped.
 */
void rtp_worker_wake(struct rtp_fanout *fanout)
{
	rtp_worker_queue(&fanout->shard[0]);
}

static enum hrtimer_restart rtp_worker_timer(struct hrtimer *timer)
{
	rtp_worker_queue(container_of(timer, struct rtp_shard, timer));

	return HRTIMER_NORESTART;
}

static void rtp_worker_wait(struct rtp_shard *shard, u64 until)
{
	hrtimer_start(&shard->timer, ns_to_ktime(until), HRTIMER_MODE_ABS);
}

/* Walk over a shard. Returns false when it is to be gone on with later, which
 * was arranged for.
 */
static bool rtp_worker_walk(struct rtp_shard *shard, int *budget)
{
	switch (rtp_shard_walk(shard, budget)) {
	case RTP_WALK_DONE:
		return true;
	case RTP_WALK_BUDGET:
		rtp_worker_queue(shard);
		break;
	case RTP_WALK_WAIT:
		rtp_worker_wait(shard, shard->wake);
		break;
	}

	return false;
}

/* Have all shards that have destinations, and the owner, walk with the batch. */
static void rtp_worker_publish(struct rtp_fanout *fanout)
{
	unsigned int i, shards = fanout->batch.shards;

	for (i = 0; i < shards; i++)
		rtp_shard_begin(&fanout->shard[i]);
	/* Queueing the work orders it, and the batch, before their walk. */
	atomic_set(&fanout->walking, shards);
	for (i = 1; i < shards; i++)
		rtp_worker_queue(&fanout->shard[i]);
}

/* A shard has walked. Returns true when it was the last. */
static bool rtp_worker_arrived(struct rtp_fanout *fanout)
{
	/* Fully ordered: the owner sees what the others did. */
	return atomic_dec_and_test(&fanout->walking);
}

static void rtp_worker_shard(struct rtp_shard *shard)
{
	int budget = RTP_WORKER_BUDGET;

	if (shard->walking && rtp_worker_walk(shard, &budget) &&
	    rtp_worker_arrived(shard->fanout))
		rtp_worker_queue(&shard->fanout->shard[0]);
}

/* Make the next batch and publish it. Returns false when there is none yet. */
static bool rtp_worker_batch(struct rtp_fanout *fanout, int *budget, u32 *bytes)
{
	switch (rtp_owner_batch(fanout, budget, bytes)) {
	case RTP_READY:
		rtp_worker_publish(fanout);
		return true;
	case RTP_READY_BUDGET:
		rtp_worker_queue(&fanout->shard[0]);
		break;
	case RTP_READY_LATER:
		rtp_worker_wait(&fanout->shard[0],
				rtp_pace_slice(fanout->pace.next));
		break;
	case RTP_READY_NOT:
		break;
	}

	return false;
}

/* Go on with the batch, or with the next. Returns false when there is nothing
 * to do now.
 */
static bool rtp_worker_step(struct rtp_fanout *fanout, int *budget, u32 *bytes)
{
	struct rtp_shard *shard = &fanout->shard[0];

	if (!fanout->batch.count)
		return rtp_worker_batch(fanout, budget, bytes);

	if (shard->walking) {
		if (!rtp_worker_walk(shard, budget))
			return false;
		if (!rtp_worker_arrived(fanout))
			return false;
	} else if (atomic_read_acquire(&fanout->walking)) {
		/* The last of the others says so when it arrives. */
		return false;
	}
	*bytes += rtp_batch_put(&fanout->batch);

	return true;
}

static void rtp_worker_owner(struct rtp_fanout *fanout)
{
	int budget = RTP_WORKER_BUDGET;
	u32 bytes = 0;

	local_bh_disable();
	u64_stats_update_begin(&fanout->syncp);
	u64_stats_inc(&fanout->stats.worker_runs);
	u64_stats_update_end(&fanout->syncp);
	local_bh_enable();

	while (rtp_worker_step(fanout, &budget, &bytes))
		;
	rtp_rx_uncharge(fanout, bytes);
}

static void rtp_worker_fn(struct kthread_work *work)
{
	struct rtp_shard *shard = container_of(work, struct rtp_shard, work);

	/* See rtp_worker_detach(). */
	if (READ_ONCE(shard->fanout->ended))
		return;

	if (shard->index)
		rtp_worker_shard(shard);
	else
		rtp_worker_owner(shard->fanout);
}

/**
 * rtp_worker_attach() - a fan-out can have work
 * @fanout: the fan-out, which has a shard for each thread; the caller has the
 *	threads by rtp_worker_get()
 *
 * Context: Process context.
 */
void rtp_worker_attach(struct rtp_fanout *fanout)
{
	struct rtp_shard *shard;
	unsigned int i, turn;

	/* Fan-outs with few destinations have the owner's thread alone: each
	 * begins with another.
	 */
	mutex_lock(&rtp_worker_mutex);
	turn = rtp_worker_turn++;
	mutex_unlock(&rtp_worker_mutex);

	for (i = 0; i < fanout->shards; i++) {
		shard = &fanout->shard[i];
		shard->fanout = fanout;
		shard->index = i;
		shard->worker = &rtp_workers[(turn + i) % rtp_workers_count];
		u64_stats_init(&shard->syncp);
		kthread_init_work(&shard->work, rtp_worker_fn);
		hrtimer_setup(&shard->timer, rtp_worker_timer, CLOCK_MONOTONIC,
			      HRTIMER_MODE_ABS);
	}
}

static void rtp_worker_cancel(struct rtp_fanout *fanout)
{
	unsigned int i;

	for (i = 0; i < fanout->shards; i++)
		hrtimer_cancel(&fanout->shard[i].timer);
	for (i = 0; i < fanout->shards; i++)
		kthread_cancel_work_sync(&fanout->shard[i].work);
}

/**
 * rtp_worker_detach() - a fan-out was stopped
 * @fanout: the fan-out; nobody calls rtp_worker_wake() any more
 *
 * Context: Process context. Sleeps until the threads have left the fan-out, a
 * budget's work at most for each fan-out before it.
 */
void rtp_worker_detach(struct rtp_fanout *fanout)
{
	WRITE_ONCE(fanout->ended, true);
	/* Who was running meanwhile may have had another run, or a timer. */
	rtp_worker_cancel(fanout);
	rtp_worker_cancel(fanout);
}
