// SPDX-License-Identifier: GPL-2.0
/*
 * A synchronization source: duplicates, gaps and jumps of its numbers.
 */
#include <kunit/visibility.h>
#include <linux/bitops.h>
#include <linux/export.h>
#include <linux/minmax.h>
#include "stream.h"

static void rtp_stream_forget_top(struct rtp_top *top)
{
	unsigned int did;

	WRITE_ONCE(top->did, 0);
	WRITE_ONCE(top->tid, 0);
	for (did = 0; did <= RTP_DID_MAX; did++)
		WRITE_ONCE(top->qid[did], 0);
}

/* Goes on from @seq as if nothing had been before it; the output's numbers go
 * on where they are, since to a destination it is the same stream.
 */
static void rtp_stream_restart(struct rtp_stream *stream, u32 ssrc, u16 seq)
{
	if (!stream->started)
		rtp_seq_start(&stream->seq, seq - 1);
	rtp_seq_restart(&stream->seq);

	rtp_codec_reset(&stream->codec);
	stream->unit = (struct rtp_unit){};
	if (ssrc != stream->ssrc || stream->anew)
		rtp_stream_forget_top(&stream->top);
	/* RTP_FANOUT_INFO reads it, and what makes up rx_seq. */
	WRITE_ONCE(stream->ssrc, ssrc);
	WRITE_ONCE(stream->cycles, 0);
	WRITE_ONCE(stream->max_seq, seq);
	stream->started = true;
	stream->waiting = false;
	stream->anew = false;
	/* What confirmed it was not the first, and what is the first for us
	 * need not begin anything.
	 */
	stream->fresh = true;
	stream->cut = true;
	stream->missing = 0;
	stream->behind = 0;
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

static void rtp_stream_advance(struct rtp_stream *stream, u16 seq, u16 ahead)
{
	if (seq < stream->max_seq)
		WRITE_ONCE(stream->cycles, stream->cycles + 1);
	WRITE_ONCE(stream->max_seq, seq);
	stream->missing = ahead - 1;
	stream->behind = 0;
	stream->lost += stream->missing;
}

/**
 * rtp_stream_receive() - look at a datagram's sequence number
 * @stream: the stream
 * @ssrc: the datagram's synchronization source
 * @seq: the datagram's sequence number
 *
 * Context: The fan-out's worker.
 * Return: what is to be done with it. One that is accepted is to be given to
 * rtp_stream_number() next.
 */
enum rtp_verdict rtp_stream_receive(struct rtp_stream *stream, u32 ssrc,
				    u16 seq)
{
	u16 ahead, behind;

	if (!stream->started) {
		rtp_stream_restart(stream, ssrc, seq);
		return RTP_ACCEPT_FIRST;
	}

	if (unlikely(ssrc != stream->ssrc || stream->anew)) {
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
		if (rtp_seq_seen(&stream->seq, stream->seq.head - behind))
			return RTP_DUPLICATE;
		stream->behind = behind;
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
 * rtp_stream_renew() - what comes next is another source's
 * @stream: the stream
 *
 * Though it had the same SSRC: its numbers say nothing about those before. The
 * output's go on.
 *
 * Context: The fan-out's worker.
 */
void rtp_stream_renew(struct rtp_stream *stream)
{
	stream->anew = true;
	/* What the source before announced is not of this one. */
	stream->waiting = false;
}
EXPORT_SYMBOL_IF_KUNIT(rtp_stream_renew);

/* Which classes might have got what is missing before a datagram. Within an
 * access unit the DQId never decreases (H.264, clause G.7.4.1.2.5) and the TID
 * is one: whom the datagram before the gap was too high for, those missing
 * were too high for as well. Beyond it nothing is known, nor where the layer
 * of that datagram is not. That the codec sees no access unit begin is not
 * enough: what begins it may be among those missing.
 */
static u32 rtp_stream_missing(const struct rtp_stream *stream, u32 timestamp,
			      const struct rtp_layer *layer, u32 used)
{
	if (!stream->unit.told || layer->flags & RTP_LAYER_START ||
	    timestamp != stream->timestamp)
		return used;

	return used & rtp_seq_mask(&stream->seq, stream->seq.head);
}

/* Leaves numbers free for what is missing before a datagram. */
static void rtp_stream_gap(struct rtp_stream *stream, u32 timestamp,
			   const struct rtp_layer *layer, u32 used)
{
	u16 missing = stream->missing;

	/* The first of them is of the same access unit, whatever comes after. */
	if (missing && stream->unit.open) {
		rtp_seq_miss(&stream->seq, 1,
			     used & rtp_seq_mask(&stream->seq,
						 stream->seq.head));
		missing--;
	}
	rtp_seq_miss(&stream->seq, missing,
		     rtp_stream_missing(stream, timestamp, layer, used));
}

static void rtp_stream_unit(struct rtp_stream *stream,
			    const struct rtp_layer *layer)
{
	s16 dqid = rtp_dqid(layer->did, layer->qid);
	struct rtp_unit *unit = &stream->unit;
	struct rtp_top *top = &stream->top;

	if (stream->missing)
		unit->whole = false;
	if (layer->flags & RTP_LAYER_START) {
		if (!stream->fresh)
			stream->cut = false;
		unit->whole = !stream->missing && !stream->cut;
		unit->before = unit->tid;
		unit->tid = 0;
		unit->dqid = RTP_DQID_NONE;
		unit->below = RTP_DQID_NONE;
	}

	unit->told = rtp_layer_is_told(layer);
	unit->open = unit->told && layer->flags & RTP_LAYER_UNMARK;
	if (!unit->told) {
		/* What is kept at every cap is not missing to anyone. */
		if (!(layer->flags & RTP_LAYER_UNKNOWN))
			unit->whole = false;
		return;
	}

	unit->tid = max(unit->tid, layer->tid);
	if (dqid > unit->dqid) {
		unit->below = unit->dqid;
		unit->dqid = dqid;
	}
	if (unlikely(layer->did > top->did))
		WRITE_ONCE(top->did, layer->did);
	if (unlikely(layer->tid > top->tid))
		WRITE_ONCE(top->tid, layer->tid);
	if (unlikely(layer->qid > top->qid[layer->did]))
		WRITE_ONCE(top->qid[layer->did], layer->qid);
}

/**
 * rtp_stream_classes() - which classes the datagram accepted last can be for
 * @stream: the stream
 * @classes: the fan-out's
 *
 * Those that came into use meanwhile have numbers from here on.
 *
 * Context: The fan-out's worker.
 * Return: bit for each class in use.
 */
u32 rtp_stream_classes(struct rtp_stream *stream,
		       const struct rtp_classes *classes)
{
	u32 used, bits, opened;
	unsigned int class;

	/* Pair with the releases of rtp_class_get(). One that came into use in
	 * between is in @opened and not in @used: it is for the next datagram.
	 */
	used = smp_load_acquire(&classes->used);
	/* as above */
	opened = smp_load_acquire(&classes->opened);
	if (likely(used == stream->used && opened == stream->opened))
		return used;

	stream->used = used;
	stream->opened = opened;
	for (bits = used; bits; bits &= bits - 1) {
		class = __ffs(bits);
		opened = READ_ONCE(classes->class_opened[class]);
		if (opened != stream->class_opened[class])
			rtp_seq_open(&stream->seq, class);
		stream->class_opened[class] = opened;
	}

	return used;
}
EXPORT_SYMBOL_IF_KUNIT(rtp_stream_classes);

/**
 * rtp_stream_number() - number the datagram that was accepted last
 * @stream: the stream
 * @timestamp: the datagram's RTP timestamp
 * @layer: where the datagram belongs
 * @classes: bit for each class that is to get it
 * @used: bit for each class in use
 * @numbers: filled in
 *
 * Context: The fan-out's worker. Time bound by RTP_STREAM_MAX_JUMP, and
 * constant without loss.
 */
void rtp_stream_number(struct rtp_stream *stream, u32 timestamp,
		       const struct rtp_layer *layer, u32 classes, u32 used,
		       struct rtp_numbers *numbers)
{
	if (rtp_stream_late(stream)) {
		rtp_seq_late(&stream->seq, stream->seq.head - stream->behind,
			     classes, numbers);
		return;
	}

	rtp_stream_gap(stream, timestamp, layer, used);
	rtp_seq_newest(&stream->seq, classes, numbers);
	if (!stream->fresh && timestamp != stream->timestamp)
		stream->cut = false;
	rtp_stream_unit(stream, layer);
	stream->timestamp = timestamp;
	stream->fresh = false;
}
EXPORT_SYMBOL_IF_KUNIT(rtp_stream_number);
