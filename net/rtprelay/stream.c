// SPDX-License-Identifier: GPL-2.0
/*
 * Sequence numbers of a stream: duplicates, gaps and jumps of the input, and
 * the numbers of the output.
 */
#include <kunit/visibility.h>
#include "stream.h"

static unsigned int rtp_stream_bit(u16 seq)
{
	return seq % RTP_STREAM_WINDOW;
}

/* Goes on from @seq as if nothing had been before it; the output's numbers go
 * on where they are, since to a destination it is the same stream.
 */
static void rtp_stream_restart(struct rtp_stream *stream, u32 ssrc, u16 seq)
{
	u16 last = rtp_stream_number_all(stream, stream->max_seq);

	if (stream->started)
		stream->offset = last + 1 - seq;

	/* Numbers before @seq count as seen: they never get one of the output. */
	bitmap_fill(stream->seen, RTP_STREAM_WINDOW);
	stream->codec = (struct rtp_codec_state){};
	/* RTP_FANOUT_INFO reads it. */
	WRITE_ONCE(stream->ssrc, ssrc);
	stream->max_seq = seq;
	stream->started = true;
	stream->waiting = false;
}

/* True when the datagram before this one announced it (RFC 3550, A.1: two in
 * sequence), so that a single forged or looped datagram moves nothing.
 */
static bool rtp_stream_confirmed(struct rtp_stream *stream, u32 ssrc, u16 seq)
{
	if (stream->waiting && stream->next_ssrc == ssrc &&
	    stream->next_seq == seq)
		return true;

	stream->next_ssrc = ssrc;
	stream->next_seq = seq + 1;
	stream->waiting = true;

	return false;
}

/* @ahead numbers were skipped or are @seq itself. Each class leaves room for
 * those skipped: a loss is seen as one by every destination.
 */
static void rtp_stream_advance(struct rtp_stream *stream, u16 seq, u16 ahead)
{
	unsigned int class;
	u16 skipped;

	for (skipped = stream->max_seq + 1; skipped != seq; skipped++)
		__clear_bit(rtp_stream_bit(skipped), stream->seen);
	__set_bit(rtp_stream_bit(seq), stream->seen);

	for (class = 0; class < RTP_CLASSES; class++)
		stream->number[class] += ahead - 1;

	stream->lost += ahead - 1;
	stream->max_seq = seq;
}

/**
 * rtp_stream_receive() - look at a datagram's sequence number
 * @stream: the stream
 * @ssrc: the datagram's synchronization source
 * @seq: the datagram's sequence number
 *
 * Context: The fan-out's worker. Time bound by RTP_STREAM_MAX_JUMP, and
 * constant without loss.
 * Return: what is to be done with it. A datagram accepted without
 * RTP_ACCEPT_LATE is the newest; rtp_stream_keep() then says which classes get
 * it.
 */
enum rtp_verdict rtp_stream_receive(struct rtp_stream *stream, u32 ssrc,
				    u16 seq)
{
	u16 ahead, behind;

	if (!stream->started) {
		rtp_stream_restart(stream, ssrc, seq);
		return RTP_ACCEPT_FIRST;
	}

	if (unlikely(ssrc != stream->ssrc)) {
		if (!rtp_stream_confirmed(stream, ssrc, seq))
			return RTP_UNCONFIRMED;
		rtp_stream_restart(stream, ssrc, seq);
		return RTP_ACCEPT_FIRST;
	}

	ahead = seq - stream->max_seq;
	behind = stream->max_seq - seq;

	if (likely(ahead && ahead <= RTP_STREAM_MAX_JUMP)) {
		rtp_stream_advance(stream, seq, ahead);
		return RTP_ACCEPT;
	}

	if (behind < RTP_STREAM_WINDOW) {
		if (__test_and_set_bit(rtp_stream_bit(seq), stream->seen))
			return RTP_DUPLICATE;
		stream->lost--;
		return RTP_ACCEPT_LATE;
	}

	if (rtp_stream_confirmed(stream, ssrc, seq)) {
		rtp_stream_restart(stream, ssrc, seq);
		return RTP_ACCEPT;
	}

	return behind < 2 * RTP_STREAM_WINDOW ? RTP_OLD : RTP_UNCONFIRMED;
}
EXPORT_SYMBOL_IF_KUNIT(rtp_stream_receive);

/**
 * rtp_stream_keep() - a class gets the newest datagram
 * @stream: the stream
 * @class: 0 to RTP_CLASSES - 1
 *
 * Context: The fan-out's worker, after rtp_stream_receive() accepted it.
 */
void rtp_stream_keep(struct rtp_stream *stream, unsigned int class)
{
	stream->number[class]++;
}
EXPORT_SYMBOL_IF_KUNIT(rtp_stream_keep);
