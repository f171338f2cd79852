/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The owner: the thread of a fan-out that decides what becomes of a datagram,
 * once for all destinations.
 */
#ifndef _NET_RTPRELAY_OWNER_H
#define _NET_RTPRELAY_OWNER_H

#include <linux/types.h>

struct rtp_arrival;
struct rtp_fanout;

/**
 * enum rtp_ready - whether there is something to walk with
 * @RTP_READY: there is a batch
 * @RTP_READY_NOT: nothing waits
 * @RTP_READY_BUDGET: it is the turn of others
 * @RTP_READY_LATER: what waits may not leave before struct rtp_pace.next
 */
enum rtp_ready {
	RTP_READY,
	RTP_READY_NOT,
	RTP_READY_BUDGET,
	RTP_READY_LATER,
};

enum rtp_ready rtp_owner_batch(struct rtp_fanout *fanout, int *budget,
			       u32 *bytes);
void rtp_owner_switch(struct rtp_fanout *fanout,
		      const struct rtp_arrival *arrival);

#endif /* _NET_RTPRELAY_OWNER_H */
