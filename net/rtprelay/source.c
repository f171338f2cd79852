// SPDX-License-Identifier: GPL-2.0
/*
 * The source as those see it who get the stream. When another takes its place,
 * for them nothing begins: the numbers go on (stream.c), and here the SSRC stays
 * and the timestamps go on by the time that passed.
 */
#include <kunit/visibility.h>
#include <linux/export.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/time64.h>
#include <linux/unaligned.h>
#include "packet.h"
#include "source.h"

/* Pictures that are not sent in the order in which they are shown are not this
 * far apart, ns: a timestamp behind the newest then is one of another time.
 */
#define RTP_SOURCE_PAUSE	((s64)NSEC_PER_SEC)

/* The transit of a datagram does not differ by more from that of the one before
 * it, in seconds.
 */
#define RTP_SOURCE_TRANSIT_S	5

static u32 rtp_source_ticks(const struct rtp_source *source, u64 ns)
{
	u64 seconds;
	u32 rest;

	seconds = div_u64_rem(ns, NSEC_PER_SEC, &rest);

	return (u32)seconds * source->clock_rate +
	       (u32)div_u64((u64)rest * source->clock_rate, NSEC_PER_SEC);
}

/* From here on the timestamps are another source's. Between them and the newest
 * that left passed as much as between the arrivals; a tick at least, since both
 * are not of one access unit.
 */
static void rtp_source_begin(struct rtp_source *source, u32 timestamp, u64 time)
{
	/* Negative where two CPUs that receive read it in the other order. */
	s64 passed = time - source->arrived;
	u32 ticks = passed > 0 ? rtp_source_ticks(source, passed) : 0;

	if (source->begun)
		WRITE_ONCE(source->offset, source->timestamp + max(ticks, 1U) -
					   timestamp);
	source->begun = true;
	source->timestamp = timestamp + source->offset;
	source->arrived = time;
}

static void rtp_source_newest(struct rtp_source *source, u32 timestamp,
			      u64 time)
{
	u32 left = timestamp + source->offset;

	if ((s32)(left - source->timestamp) <= 0 &&
	    (s64)(time - source->arrived) <= RTP_SOURCE_PAUSE)
		return;

	source->timestamp = left;
	source->arrived = time;
}

/* RFC 3550, appendix A.8. Timestamps that jump, and a source that paused, say
 * nothing about the network: they would be seen in the jitter for hundreds of
 * datagrams.
 */
static void rtp_source_jitter(struct rtp_source *source, u32 transit)
{
	u32 moved = transit - source->transit;

	if ((s32)moved < 0)
		moved = -moved;
	if (moved > (u64)source->clock_rate * RTP_SOURCE_TRANSIT_S)
		return;
	source->scaled += moved - ((source->scaled + 8) >> 4);
	WRITE_ONCE(source->jitter, source->scaled >> 4);
}

/**
 * rtp_source_time() - a datagram of a source with a clock rate was accepted
 * @source: the source
 * @verdict: as what: what rtp_stream_receive() said
 * @timestamp: its RTP timestamp, in ticks of the clock rate
 * @time: when it came, ns of CLOCK_MONOTONIC
 *
 * Context: The fan-out's owner.
 */
void rtp_source_time(struct rtp_source *source, enum rtp_verdict verdict,
		     u32 timestamp, u64 time)
{
	u32 transit = rtp_source_ticks(source, time) - timestamp;

	if (verdict == RTP_ACCEPT_FIRST) {
		rtp_source_begin(source, timestamp, time);
		source->scaled = 0;
		WRITE_ONCE(source->jitter, 0);
	} else {
		/* A late one after a pause is not of another time. */
		if (verdict != RTP_ACCEPT_LATE)
			rtp_source_newest(source, timestamp, time);
		rtp_source_jitter(source, transit);
	}
	source->transit = transit;
}
EXPORT_SYMBOL_IF_KUNIT(rtp_source_time);

/**
 * rtp_source_rewrite() - make a datagram one of the source that others see
 * @source: the source
 * @hdr: the datagram's fixed header (RFC 3550, section 5.1), RTP_HDR_LEN bytes,
 *	as it came
 *
 * All else in the header is the sender's, contributing sources among it.
 *
 * Context: The fan-out's owner.
 */
void rtp_source_rewrite(const struct rtp_source *source, u8 *hdr)
{
	u32 timestamp = get_unaligned_be32(hdr + RTP_HDR_TIMESTAMP);

	put_unaligned_be32(timestamp + source->offset, hdr + RTP_HDR_TIMESTAMP);
	if (source->ssrc)
		put_unaligned_be32(source->ssrc, hdr + RTP_HDR_SSRC);
}
EXPORT_SYMBOL_IF_KUNIT(rtp_source_rewrite);
