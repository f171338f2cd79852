/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What happened, until user space reads it: bits in what it happened to, so
 * that nothing is lost for want of memory.
 */
#ifndef _NET_RTPRELAY_EVENT_H
#define _NET_RTPRELAY_EVENT_H

#include <linux/types.h>

struct rtp_dest;
struct rtp_fanout;
struct rtp_fanout_event;

void rtp_event_dest(struct rtp_fanout *fanout, struct rtp_dest *dest,
		    u16 events, u16 error);
void rtp_event_raise(struct rtp_fanout *fanout, struct rtp_dest *dest,
		     u16 events);
void rtp_event_withdraw(struct rtp_fanout *fanout, struct rtp_dest *dest,
			u16 events);
void rtp_event_fanout(struct rtp_fanout *fanout, u32 events);
void rtp_event_source(struct rtp_fanout *fanout, u32 event);
void rtp_event_forget(struct rtp_fanout *fanout, struct rtp_dest *dest);
void rtp_event_stop(struct rtp_fanout *fanout);
bool rtp_event_take(struct rtp_fanout *fanout, struct rtp_fanout_event *event);

#endif /* _NET_RTPRELAY_EVENT_H */
