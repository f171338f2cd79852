/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Leases: a destination that nobody renews stops by itself, after a time or
 * after so many octets.
 */
#ifndef _NET_RTPRELAY_LEASE_H
#define _NET_RTPRELAY_LEASE_H

#include <linux/compiler.h>
#include <linux/limits.h>
#include <linux/types.h>
#include "dest.h"

struct rtp_fanout;
struct rtp_fanout_dest;
struct rtp_fanout_dest_info;

void rtp_lease_init(struct rtp_dest *dest,
		    const struct rtp_fanout_dest *request);
void rtp_lease_set(struct rtp_fanout *fanout, struct rtp_dest *dest,
		   const struct rtp_fanout_dest *request);
void rtp_lease_describe(const struct rtp_dest *dest,
			struct rtp_fanout_dest_info *info);
bool rtp_lease_check(struct rtp_fanout *fanout, struct rtp_dest *dest);

void rtp_lease_watch(struct rtp_fanout *fanout, const struct rtp_dest *dest);
void rtp_lease_attach(struct rtp_fanout *fanout);
void rtp_lease_detach(struct rtp_fanout *fanout);

/**
 * rtp_lease_ended() - whether a destination's lease is over
 * @fanout: the fan-out
 * @dest: a destination, of which the caller alone writes the counters
 *
 * Ends it, and raises the event, where it has just run out.
 *
 * Context: The shard that has the destination, under RCU.
 * Return: true when the destination gets nothing.
 */
static inline bool rtp_lease_ended(struct rtp_fanout *fanout,
				   struct rtp_dest *dest)
{
	if (likely(READ_ONCE(dest->expires) == RTP_LEASE_NONE &&
		   READ_ONCE(dest->lease_octets) == U64_MAX))
		return false;

	return rtp_lease_check(fanout, dest);
}

/**
 * rtp_lease_is_over() - whether a destination's lease was ended
 * @dest: a destination
 *
 * Context: Any, under RCU.
 * Return: true when rtp_lease_ended() has said so, and it was not set since.
 */
static inline bool rtp_lease_is_over(const struct rtp_dest *dest)
{
	return READ_ONCE(dest->expires) == RTP_LEASE_ENDED;
}

#endif /* _NET_RTPRELAY_LEASE_H */
