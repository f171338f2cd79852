/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who runs when: the kernel threads that send.
 */
#ifndef _NET_RTPRELAY_WORKER_H
#define _NET_RTPRELAY_WORKER_H

#include <linux/types.h>
#include "load.h"
#include "memory.h"

struct kthread_worker;
struct rtp_fanout;

/**
 * struct rtp_worker - a thread
 * @thread: the thread
 * @memory: for bytes that copies refer to; the thread's own, as what follows
 * @loads: what destinations of a variant are sent over a route, of what was
 *	worked out; while the thread walks and RCU is not left
 */
struct rtp_worker {
	struct kthread_worker *thread;
	struct rtp_memory memory;
	struct rtp_loads loads;
};

int rtp_worker_get(void);
void rtp_worker_put(void);
void rtp_worker_exit(void);

unsigned int rtp_worker_count(void);
void rtp_worker_attach(struct rtp_fanout *fanout);
void rtp_worker_detach(struct rtp_fanout *fanout);
void rtp_worker_wake(struct rtp_fanout *fanout);

#endif /* _NET_RTPRELAY_WORKER_H */
