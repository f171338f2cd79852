/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whether the source is silent: nothing of the stream came for a while.
 */
#ifndef _NET_RTPRELAY_SILENCE_H
#define _NET_RTPRELAY_SILENCE_H

#include <linux/compiler.h>
#include <linux/jiffies.h>
#include <linux/types.h>
#include <linux/workqueue.h>

struct rtp_fanout;

/**
 * struct rtp_silence - what is known of it
 * @heard: jiffies at which a datagram of the stream came last, or from which on
 *	it is waited for one; written by receive without a lock
 * @limit: jiffies after which the source is silent, 0 for never
 * @told: it is, and that was told
 * @seen: what @heard was then
 * @work: looks
 *
 * All but @heard under sk->sk_receive_queue.lock.
 */
struct rtp_silence {
	unsigned long heard;
	unsigned long limit;
	bool told;
	unsigned long seen;
	struct delayed_work work;
};

void rtp_silence_attach(struct rtp_fanout *fanout);
void rtp_silence_begin(struct rtp_fanout *fanout);
void rtp_silence_back(struct rtp_fanout *fanout);
void rtp_silence_detach(struct rtp_fanout *fanout);

/**
 * rtp_silence_heard() - a datagram of the stream came
 * @silence: the fan-out's
 *
 * Context: Any.
 */
static inline void rtp_silence_heard(struct rtp_silence *silence)
{
	unsigned long now = jiffies;

	/* Several CPUs can be at it, and a tick is long. */
	if (READ_ONCE(silence->heard) != now)
		WRITE_ONCE(silence->heard, now);
}

#endif /* _NET_RTPRELAY_SILENCE_H */
