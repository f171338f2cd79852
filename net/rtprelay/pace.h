/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pacing: an access unit comes as fast as the source can send it, and leaves
 * spread over a share of the time until the next.
 */
#ifndef _NET_RTPRELAY_PACE_H
#define _NET_RTPRELAY_PACE_H

#include <linux/math64.h>
#include <linux/time64.h>
#include <linux/types.h>

/* What is paced leaves at multiples of this, ns: so many fan-outs share an
 * interrupt.
 */
#define RTP_PACE_SLICE		(250 * NSEC_PER_USEC)

/* Datagrams of an access unit are averaged in sixteenths. */
#define RTP_PACE_FRACTION	16

/* All of an access unit's octets. */
#define RTP_PACE_WHOLE		65536

/**
 * struct rtp_pace - when the datagrams of a stream leave
 * @percent: the share of the time between access units, 1 to 100; 0 for no
 *	pacing
 * @burst: datagrams that may leave together, 1 to RTP_BATCH_MAX
 * @begun: an access unit has begun
 * @hurry: there is hardly room for more: what waits leaves within an access
 *	unit's share of the time
 * @timestamp: RTP timestamp of the newest access unit
 * @arrived: when its first datagram arrived, ns of CLOCK_MONOTONIC
 * @spent: ns over which datagrams have left since it began to
 * @datagrams: datagrams of it so far, those that wait not counted
 * @octets: octets of those, with RTP headers; U32_MAX for more
 * @load: what those count for, at most @octets: rtp_class_load()
 * @usual: datagrams of an access unit on the average, in parts of
 *	RTP_PACE_FRACTION
 * @average: octets of an access unit on the average; 0 while none was whole
 * @part: for how much of its octets an access unit counts, the most of the last
 *	ones, in parts of RTP_PACE_WHOLE
 * @interval: ns from an access unit to the next; 0 while not known
 * @next: when the next datagrams may leave, ns of CLOCK_MONOTONIC
 *
 * Belongs to the fan-out's owner.
 */
struct rtp_pace {
	u8 percent;
	u8 burst;
	bool begun;
	bool hurry;
	u32 timestamp;
	u64 arrived;
	u64 spent;
	u32 datagrams;
	u32 octets;
	u32 load;
	u32 usual;
	u32 average;
	u32 part;
	u64 interval;
	u64 next;
};

void rtp_pace_arrive(struct rtp_pace *pace, u32 timestamp, u64 time, u32 octets,
		     u32 load);
void rtp_pace_restart(struct rtp_pace *pace);
void rtp_pace_set(struct rtp_pace *pace, u8 percent, u8 burst);
u64 rtp_pace_leave(struct rtp_pace *pace, u64 now, u32 load, u32 waiting,
		   u64 *duration);

/**
 * rtp_pace_slice() - the slice of a time
 * @time: ns of CLOCK_MONOTONIC
 *
 * Return: its beginning, ns of CLOCK_MONOTONIC; what is due before its end may
 * leave then.
 */
static inline u64 rtp_pace_slice(u64 time)
{
	return div_u64(time, RTP_PACE_SLICE) * RTP_PACE_SLICE;
}

#endif /* _NET_RTPRELAY_PACE_H */
