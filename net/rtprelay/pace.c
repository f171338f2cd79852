// SPDX-License-Identifier: GPL-2.0
/*
 * Pacing, from what the arrival of the datagrams shows. How many an access unit
 * has is known when its last came, which is not waited for: what has come of it
 * and the access units before say how long a datagram's share of the time is.
 */
#include <kunit/visibility.h>
#include <linux/export.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/time64.h>
#include "pace.h"

/* What is longer is a pause of the source, after which any timestamp is that of
 * a new access unit.
 */
#define RTP_PACE_PAUSE		((s64)NSEC_PER_SEC)
/* No access unit needs longer to leave than one of a camera with five pictures a
 * second, however seldom they come: the source can have more for us at any time.
 */
#define RTP_PACE_INTERVAL_MAX	((s64)(200 * NSEC_PER_MSEC))
/* When more waits than an access unit has on the average, as of a key frame, it
 * may take so many times as long: a queue on the way has room for some of it, and
 * drains meanwhile.
 */
#define RTP_PACE_STRETCH	3
/* Of what is more than the average, at least this part leaves in an access unit's
 * share of the time, so that less and less waits, even where that is all the time.
 */
#define RTP_PACE_CATCH_UP	8
/* An access unit of audio, or of a picture in which nothing moves, is a datagram:
 * where it is so on the average, and the newest is, what is more is late.
 */
#define RTP_PACE_SMALL		(2 * RTP_PACE_FRACTION)
/* An eighth of a new value is taken, as TCP does with round-trip times (RFC
 * 6298, section 2).
 */
#define RTP_PACE_SHIFT		3

static void rtp_pace_unit(struct rtp_pace *pace, u64 interval)
{
	u32 datagrams = pace->datagrams * RTP_PACE_FRACTION;

	if (!pace->interval) {
		pace->interval = interval;
		pace->average = datagrams;
		return;
	}
	pace->interval -= pace->interval >> RTP_PACE_SHIFT;
	pace->interval += interval >> RTP_PACE_SHIFT;
	pace->average -= pace->average >> RTP_PACE_SHIFT;
	pace->average += datagrams >> RTP_PACE_SHIFT;
}

/**
 * rtp_pace_restart() - another source is relayed
 * @pace: the stream's
 *
 * Context: The owner.
 */
void rtp_pace_restart(struct rtp_pace *pace)
{
	pace->begun = false;
}
EXPORT_SYMBOL_IF_KUNIT(rtp_pace_restart);

/**
 * rtp_pace_set() - have datagrams leave at another pace
 * @pace: the stream's
 * @percent: struct rtp_pace.percent
 * @burst: struct rtp_pace.burst
 *
 * What was measured is of use still; what is arriving is not, where nobody
 * looked while it did.
 *
 * Context: The owner.
 */
void rtp_pace_set(struct rtp_pace *pace, u8 percent, u8 burst)
{
	if (!pace->percent)
		rtp_pace_restart(pace);
	pace->percent = percent;
	pace->burst = burst;
}
EXPORT_SYMBOL_IF_KUNIT(rtp_pace_set);

/**
 * rtp_pace_arrive() - a datagram came
 * @pace: the stream's
 * @timestamp: its RTP timestamp, the same for all of an access unit (RFC 3550,
 *	section 5.1)
 * @time: when, ns of CLOCK_MONOTONIC
 *
 * For a datagram that was accepted and is the newest: strangers' say nothing of
 * the stream.
 *
 * Pictures that are not sent in the order in which they are shown count as one
 * access unit with the picture before them: what they take of time for each
 * datagram is the same.
 *
 * Context: The owner.
 */
void rtp_pace_arrive(struct rtp_pace *pace, u32 timestamp, u64 time)
{
	/* Negative where two CPUs that receive read it in the other order. */
	s64 interval = time - pace->arrived;

	if (pace->begun && interval <= RTP_PACE_PAUSE) {
		if ((s32)(timestamp - pace->timestamp) <= 0) {
			pace->datagrams++;
			return;
		}
		if (interval > 0)
			rtp_pace_unit(pace, min(interval,
						RTP_PACE_INTERVAL_MAX));
	}

	pace->begun = true;
	pace->timestamp = timestamp;
	pace->arrived = time;
	pace->datagrams = 1;
}
EXPORT_SYMBOL_IF_KUNIT(rtp_pace_arrive);

/* How many leave in an access unit's share of the time when there are @datagrams;
 * all in parts of RTP_PACE_FRACTION.
 */
static u32 rtp_pace_rate(const struct rtp_pace *pace, u32 datagrams)
{
	u32 average = pace->average;

	if (datagrams <= average)
		return average;
	if (pace->hurry || (average < RTP_PACE_SMALL && pace->datagrams < 2))
		return datagrams;

	return max(DIV_ROUND_UP(datagrams, RTP_PACE_STRETCH),
		   average + (datagrams - average) / RTP_PACE_CATCH_UP);
}

/**
 * rtp_pace_leave() - datagrams leave
 * @pace: the stream's; nothing left before the slice of its @next
 * @now: ns of CLOCK_MONOTONIC, not before that slice
 * @leaving: how many, 1 to @pace->burst
 * @waiting: how many wait behind them
 * @duration: set to the ns over which they leave, towards all destinations
 *
 * Context: The owner.
 * Return: when the first is to leave, ns of CLOCK_MONOTONIC. The next may leave
 * @duration later.
 */
u64 rtp_pace_leave(struct rtp_pace *pace, u64 now, u32 leaving, u32 waiting,
		   u64 *duration)
{
	u32 datagrams = max(pace->datagrams + waiting, leaving);
	s64 late = now - pace->next;
	u64 share, start;

	datagrams = rtp_pace_rate(pace, datagrams * RTP_PACE_FRACTION);
	share = div_u64(pace->interval * pace->percent, 100);
	*duration = div_u64(share * leaving * RTP_PACE_FRACTION, datagrams);

	/* What was to leave a moment ago, as long as it takes to wake, leaves
	 * now, and what follows is not late for it. A longer delay is not made
	 * up for, so that no two groups leave as one.
	 */
	start = late <= (s64)max_t(u64, *duration / 2, 2 * RTP_PACE_SLICE) ?
		pace->next : now;
	pace->next = start + *duration;

	return start;
}
EXPORT_SYMBOL_IF_KUNIT(rtp_pace_leave);
