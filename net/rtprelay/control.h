/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Control: operations on a fan-out's destinations, all or nothing.
 */
#ifndef _NET_RTPRELAY_CONTROL_H
#define _NET_RTPRELAY_CONTROL_H

#include <linux/types.h>
#include <uapi/linux/rtp_fanout.h>

struct rtp_fanout;

int rtp_control_add(struct rtp_fanout *fanout,
		    const struct rtp_fanout_dest *request, u32 count);
int rtp_control_set(struct rtp_fanout *fanout,
		    const struct rtp_fanout_dest *request, u32 count,
		    u32 flags);
int rtp_control_del(struct rtp_fanout *fanout,
		    const struct rtp_fanout_dest *request, u32 count);
void rtp_control_flush(struct rtp_fanout *fanout);
u32 rtp_control_list(struct rtp_fanout *fanout, u64 *next,
		     struct rtp_fanout_dest_info *info, u32 count);

#endif /* _NET_RTPRELAY_CONTROL_H */
