/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reasons for which a received datagram is dropped, as skb:kfree_skb shows
 * them.
 */
#ifndef _NET_RTPRELAY_DROP_H
#define _NET_RTPRELAY_DROP_H

#include <net/dropreason.h>

/**
 * enum rtprelay_drop_reason - why a datagram of the stream was dropped
 * @__RTPRELAY_DROP_REASON: begins the subsystem's range
 * @RTPRELAY_DROP_TTL: its TTL or hop limit was 1 or less
 * @RTPRELAY_DROP_QUEUE_FULL: the queue to the worker was full
 * @RTPRELAY_DROP_NOMEM: no memory for the copy
 * @RTPRELAY_DROP_STOPPED: the fan-out was being stopped
 */
enum rtprelay_drop_reason {
	__RTPRELAY_DROP_REASON = SKB_DROP_REASON_SUBSYS_RTPRELAY <<
				 SKB_DROP_REASON_SUBSYS_SHIFT,
	RTPRELAY_DROP_TTL,
	RTPRELAY_DROP_QUEUE_FULL,
	RTPRELAY_DROP_NOMEM,
	RTPRELAY_DROP_STOPPED,
};

void rtp_drop_init(void);
void rtp_drop_exit(void);

#endif /* _NET_RTPRELAY_DROP_H */
