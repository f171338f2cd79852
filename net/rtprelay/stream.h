/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The state of the synchronization source that a fan-out relays: which of its
 * sequence numbers were seen (RFC 3550, appendix A.1) and which number each
 * class of destinations is at.
 */
#ifndef _NET_RTPRELAY_STREAM_H
#define _NET_RTPRELAY_STREAM_H

#include <linux/bitmap.h>
#include <linux/types.h>
#include <linux/rtp_fanout.h>
#include "codec.h"

/* Sequence numbers behind the highest that are remembered. A power of two. */
#define RTP_STREAM_WINDOW	1024
/* A number that is further ahead than this must be confirmed by the next. */
#define RTP_STREAM_MAX_JUMP	512
/* A class for each distinct cap. */
#define RTP_CLASSES		RTP_FANOUT_MAX_CAPS

/**
 * enum rtp_verdict - what a datagram's sequence number says about it
 * @RTP_ACCEPT: the next, or some numbers ahead
 * @RTP_ACCEPT_FIRST: accepted, and the first of its SSRC
 * @RTP_ACCEPT_LATE: a later number was accepted before
 * @RTP_DUPLICATE: was seen
 * @RTP_OLD: too far behind to know
 * @RTP_UNCONFIRMED: of another SSRC or too far ahead, and the first such
 */
enum rtp_verdict {
	RTP_ACCEPT,
	RTP_ACCEPT_FIRST,
	RTP_ACCEPT_LATE,
	RTP_DUPLICATE,
	RTP_OLD,
	RTP_UNCONFIRMED,
};

/**
 * struct rtp_stream - a synchronization source
 * @ssrc: its identifier, once @started
 * @next_ssrc: SSRC of the datagram that waits for confirmation
 * @max_seq: highest sequence number accepted, modulo 2^16
 * @next_seq: number that would confirm the one that waits
 * @started: a datagram was accepted
 * @waiting: @next_ssrc and @next_seq are set
 * @offset: what a number of the input lacks to that of the class that is given
 *	everything
 * @number: for each other class, the number that it was last given
 * @lost: numbers of the input that never arrived, so far
 * @codec: what the codec remembers
 * @seen: for each number from @max_seq back, modulo RTP_STREAM_WINDOW,
 *	whether it arrived
 *
 * Belongs to the fan-out's worker.
 */
struct rtp_stream {
	u32 ssrc;
	u32 next_ssrc;
	u16 max_seq;
	u16 next_seq;
	bool started;
	bool waiting;
	u16 offset;
	u16 number[RTP_CLASSES];
	u64 lost;
	struct rtp_codec_state codec;
	DECLARE_BITMAP(seen, RTP_STREAM_WINDOW);
};

enum rtp_verdict rtp_stream_receive(struct rtp_stream *stream, u32 ssrc,
				    u16 seq);
void rtp_stream_keep(struct rtp_stream *stream, unsigned int class);

/**
 * rtp_stream_number() - the number that a class of capped destinations is at
 * @stream: the stream
 * @class: 0 to RTP_CLASSES - 1
 *
 * Return: a sequence number.
 */
static inline u16 rtp_stream_number(const struct rtp_stream *stream,
				    unsigned int class)
{
	return stream->number[class];
}

/**
 * rtp_stream_number_all() - the number for destinations that get everything
 * @stream: the stream
 * @seq: number of an accepted datagram
 *
 * It follows the input's, so that a late datagram has its own, too.
 *
 * Return: a sequence number.
 */
static inline u16 rtp_stream_number_all(const struct rtp_stream *stream,
					u16 seq)
{
	return seq + stream->offset;
}

#endif /* _NET_RTPRELAY_STREAM_H */
