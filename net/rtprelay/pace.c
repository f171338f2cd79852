// SPDX-License-Identifier: GPL-2.0
/*
 * Pacing, from what the arrival of the datagrams shows. What an access unit has
 * is known when its last datagram came, which is not waited for: what has come of
 * it and the access units before say how long a datagram's share of the time is.
 *
 * Of that time each has as much as it counts for: rtp_class_load(). Where one that
 * nobody gets had as much as any other, those that all get would leave in what is
 * left.
 */
#include <kunit/visibility.h>
#include <linux/export.h>
#include <linux/limits.h>
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
	u32 part = div_u64((u64)pace->load * RTP_PACE_WHOLE, pace->octets);
	u32 datagrams = pace->datagrams * RTP_PACE_FRACTION;

	/* One that is too large lets some leave early, one that is too small holds
	 * up all: it becomes larger at once, when destinations get more layers.
	 */
	pace->part -= pace->part >> RTP_PACE_SHIFT;
	pace->part = max(pace->part, part);
	if (!pace->interval) {
		pace->interval = interval;
		pace->usual = datagrams;
		pace->average = pace->octets;
		return;
	}
	pace->interval -= pace->interval >> RTP_PACE_SHIFT;
	pace->interval += interval >> RTP_PACE_SHIFT;
	pace->usual -= pace->usual >> RTP_PACE_SHIFT;
	pace->usual += datagrams >> RTP_PACE_SHIFT;
	pace->average -= pace->average >> RTP_PACE_SHIFT;
	pace->average += pace->octets >> RTP_PACE_SHIFT;
}

static u32 rtp_pace_add(u32 octets, u32 more)
{
	return min_t(u64, (u64)octets + more, U32_MAX);
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
 * @octets: octets of it, RTP header included, so never 0
 * @load: what it counts for: rtp_class_load(), at most @octets
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
void rtp_pace_arrive(struct rtp_pace *pace, u32 timestamp, u64 time, u32 octets,
		     u32 load)
{
	/* Negative where two CPUs that receive read it in the other order. */
	s64 interval = time - pace->arrived;

	if (pace->begun && interval <= RTP_PACE_PAUSE) {
		if ((s32)(timestamp - pace->timestamp) <= 0) {
			pace->datagrams++;
			pace->octets = rtp_pace_add(pace->octets, octets);
			pace->load = rtp_pace_add(pace->load, load);
			return;
		}
		if (interval > 0)
			rtp_pace_unit(pace, min(interval,
						RTP_PACE_INTERVAL_MAX));
	}

	pace->begun = true;
	pace->timestamp = timestamp;
	pace->arrived = time;
	pace->spent = 0;
	pace->datagrams = 1;
	pace->octets = octets;
	pace->load = load;
}
EXPORT_SYMBOL_IF_KUNIT(rtp_pace_arrive);

/* What so many octets count for. */
static u32 rtp_pace_part(const struct rtp_pace *pace, u32 octets)
{
	return (u64)octets * pace->part / RTP_PACE_WHOLE;
}

/* The ns over which datagrams leave; as rtp_pace_leave(). */
static u64 rtp_pace_duration(const struct rtp_pace *pace, u32 load, u32 waiting)
{
	u64 share = div_u64(pace->interval * pace->percent, 100);
	u32 average = rtp_pace_part(pace, pace->average);
	u64 most = RTP_PACE_STRETCH * share, longest;
	u32 all, rest;

	all = rtp_pace_part(pace, rtp_pace_add(pace->octets, waiting));
	/* It may count for more than was to be expected. */
	all = max(all, pace->load);
	/* What leaves can be of an access unit before the newest. */
	all = max(all, load);
	if (all <= average)
		return div_u64(share * load, average);
	if (pace->hurry ||
	    (pace->usual < RTP_PACE_SMALL && pace->datagrams < 2))
		return div_u64(share * load, all);

	/* Where more of it is found each time that somebody looks, the rest leaves
	 * in the time that is left, and if it takes longer all the same, at a
	 * rate at which all of it is an access unit's share.
	 */
	rest = max(all - pace->load + min(load, pace->load), load);
	longest = div_u64((most - min(pace->spent, most)) * load, rest);
	longest = max(longest, div_u64(share * load, all));
	all = max(all / RTP_PACE_STRETCH + 1,
		  average + (all - average) / RTP_PACE_CATCH_UP);

	return min(div_u64(share * load, all), longest);
}

/**
 * rtp_pace_leave() - datagrams leave
 * @pace: the stream's; nothing left before the slice of its @next
 * @now: ns of CLOCK_MONOTONIC, not before that slice
 * @load: what they count for, the sum of rtp_class_load()
 * @waiting: octets of what waits behind them, with RTP headers
 * @duration: set to the ns over which they leave, towards all destinations
 *
 * Context: The owner.
 * Return: when the first is to leave, ns of CLOCK_MONOTONIC. The next may leave
 * @duration later.
 */
u64 rtp_pace_leave(struct rtp_pace *pace, u64 now, u32 load, u32 waiting,
		   u64 *duration)
{
	s64 late = now - pace->next;
	u64 start;

	*duration = load ? rtp_pace_duration(pace, load, waiting) : 0;
	pace->spent += *duration;

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
