/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who runs when: the kernel thread that sends.
 */
#ifndef _NET_RTPRELAY_WORKER_H
#define _NET_RTPRELAY_WORKER_H

struct rtp_fanout;

int rtp_worker_get(void);
void rtp_worker_put(void);

void rtp_worker_attach(struct rtp_fanout *fanout);
void rtp_worker_detach(struct rtp_fanout *fanout);
void rtp_worker_wake(struct rtp_fanout *fanout);

#endif /* _NET_RTPRELAY_WORKER_H */
