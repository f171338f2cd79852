/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The source as those see it who get the stream: one SSRC, and timestamps that
 * go on when another source takes its place; and how evenly its datagrams come.
 */
#ifndef _NET_RTPRELAY_SOURCE_H
#define _NET_RTPRELAY_SOURCE_H

#include <linux/compiler.h>
#include <linux/types.h>
#include "stream.h"

/**
 * struct rtp_source - what the source is made to be
 * @ssrc: SSRC of all that leaves, 0 for the source's
 * @clock_rate: ticks of the timestamps a second, 0 when they are left alone
 * @native: the source itself had @ssrc
 * @offset: what is added to the source's timestamps, modulo 2^32
 * @begun: a datagram came
 * @timestamp: the newest that left
 * @arrived: when the first datagram with it came, ns of CLOCK_MONOTONIC
 * @transit: the last datagram's arrival less its timestamp, in ticks, as in RFC
 *	3550, appendix A.8
 * @scaled: 16 times the jitter, likewise
 * @jitter: the jitter, in ticks
 *
 * Belongs to the fan-out's owner; RTP_FANOUT_INFO reads @offset and @jitter.
 */
struct rtp_source {
	u32 ssrc;
	u32 clock_rate;
	bool native;
	u32 offset;
	bool begun;
	u32 timestamp;
	u64 arrived;
	u32 transit;
	u64 scaled;
	u32 jitter;
};

void rtp_source_time(struct rtp_source *source, enum rtp_verdict verdict,
		     u32 timestamp, u64 time);
void rtp_source_rewrite(const struct rtp_source *source, u8 *hdr);

/**
 * rtp_source_arrive() - a datagram was accepted
 * @source: the source
 * @verdict: as what: what rtp_stream_receive() said
 * @timestamp: its RTP timestamp
 * @time: when it came, ns of CLOCK_MONOTONIC; not looked at without a clock rate
 *
 * Context: The fan-out's owner.
 */
static inline void rtp_source_arrive(struct rtp_source *source,
				     enum rtp_verdict verdict, u32 timestamp,
				     u64 time)
{
	if (source->clock_rate)
		rtp_source_time(source, verdict, timestamp, time);
}

/**
 * rtp_source_first() - the stream goes on with a source's SSRC
 * @source: the source
 * @ssrc: that
 *
 * Context: The fan-out's owner, with RTP_ACCEPT_FIRST.
 */
static inline void rtp_source_first(struct rtp_source *source, u32 ssrc)
{
	source->native |= ssrc == source->ssrc;
}

/**
 * rtp_source_renew() - what comes next is another source's
 * @source: the source
 *
 * Context: The fan-out's owner, with rtp_stream_renew().
 */
static inline void rtp_source_renew(struct rtp_source *source)
{
	source->native = false;
}

/**
 * rtp_source_is_own() - whether a datagram left here and came back
 * @source: the source
 * @stream: the stream
 * @ssrc: SSRC of the datagram
 *
 * Nothing else has the SSRC of what leaves, unless the stream began with it
 * (RFC 3550, section 8.2). A source that did may go back to it.
 *
 * Context: The fan-out's owner.
 * Return: true when it did.
 */
static inline bool rtp_source_is_own(const struct rtp_source *source,
				     const struct rtp_stream *stream, u32 ssrc)
{
	return unlikely(ssrc == source->ssrc) && source->ssrc &&
	       !source->native && stream->started && !stream->anew &&
	       stream->ssrc != ssrc;
}

/**
 * rtp_source_rewrites() - whether what leaves differs from what came
 * @source: the source
 *
 * Context: The fan-out's owner.
 * Return: true when rtp_source_rewrite() is to be called.
 */
static inline bool rtp_source_rewrites(const struct rtp_source *source)
{
	return source->ssrc || source->offset;
}

#endif /* _NET_RTPRELAY_SOURCE_H */
