/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The synchronization source that a fan-out relays: which of its sequence
 * numbers were seen (RFC 3550, appendix A.1), and what is known of the access
 * unit that is arriving.
 */
#ifndef _NET_RTPRELAY_STREAM_H
#define _NET_RTPRELAY_STREAM_H

#include <linux/types.h>
#include "codec.h"
#include "seq.h"

/* Sequence numbers behind the highest that are remembered. */
#define RTP_STREAM_WINDOW	(RTP_SEQ_RING - RTP_SEQ_BLOCK)
/* A number that is further ahead than this must be confirmed by the next. */
#define RTP_STREAM_MAX_JUMP	512

/**
 * enum rtp_verdict - what a datagram's sequence number says about it
 * @RTP_ACCEPT: the next, or some numbers ahead
 * @RTP_ACCEPT_FIRST: accepted, and the first of its SSRC, or of its source
 * @RTP_ACCEPT_LATE: a later number was accepted before
 * @RTP_DUPLICATE: was seen
 * @RTP_OLD: too far behind to know
 * @RTP_UNCONFIRMED: of another SSRC or source, or too far ahead, and the first
 *	such
 */
enum rtp_verdict {
	RTP_ACCEPT,
	RTP_ACCEPT_FIRST,
	RTP_ACCEPT_LATE,
	RTP_DUPLICATE,
	RTP_OLD,
	RTP_UNCONFIRMED,
};

/* Nothing of the access unit arrived yet: below any DQId. */
#define RTP_DQID_NONE	(-1)

/**
 * struct rtp_unit - the access unit that is arriving
 * @whole: nothing of it is missing so far, to any destination that is to get it
 * @told: the layer of the datagram that arrived last is known
 * @open: and it goes on in the datagram after that one
 * @tid: its temporal_id, 0 while it is not known
 * @before: that of the access unit before it
 * @dqid: highest DQId (rtp_dqid()) that arrived of it, or RTP_DQID_NONE
 * @below: the highest but @dqid, or RTP_DQID_NONE
 */
struct rtp_unit {
	bool whole;
	bool told;
	bool open;
	u8 tid;
	u8 before;
	s16 dqid;
	s16 below;
};

/**
 * struct rtp_top - the highest layers that the source ever had
 * @qid: for each dependency_id the highest quality_id
 * @did: dependency_id
 * @tid: temporal_id
 *
 * Written by the fan-out's owner. Others read it at any time: it only tells
 * which changes of a cap need something in between.
 */
struct rtp_top {
	u8 qid[RTP_DID_MAX + 1];
	u8 did;
	u8 tid;
};

/**
 * struct rtp_stream - a synchronization source
 * @ssrc: its identifier, once @started
 * @next_ssrc: SSRC of the datagram that waits for confirmation
 * @max_seq: highest sequence number accepted, modulo 2^16
 * @cycles: times that it wrapped (RFC 3550, section 6.4.1)
 * @next_seq: number that would confirm the one that waits
 * @started: a datagram was accepted
 * @waiting: @next_ssrc and @next_seq are set
 * @anew: what comes next is another source's, whatever its SSRC
 * @timestamp: RTP timestamp of the newest datagram
 * @fresh: no datagram came since it was started
 * @cut: the access unit with which it was started is still arriving
 * @missing: numbers that are missing right before the datagram accepted last
 * @behind: how far the datagram accepted last is behind the newest
 * @lost: numbers of the input that never arrived, so far
 * @used: struct rtp_classes.used, when it was last looked at
 * @opened: likewise, struct rtp_classes.opened
 * @class_opened: likewise, for each class in use
 * @unit: the access unit
 * @top: the highest layers
 * @codec: what the codecs remember
 * @seq: the numbers of the output
 *
 * Belongs to the fan-out's owner, but for @top.
 */
struct rtp_stream {
	u32 ssrc;
	u32 next_ssrc;
	u16 max_seq;
	u16 cycles;
	u16 next_seq;
	bool started;
	bool waiting;
	bool anew;
	bool fresh;
	bool cut;
	u32 timestamp;
	u16 missing;
	u16 behind;
	u64 lost;
	u32 used;
	u32 opened;
	u32 class_opened[RTP_CLASSES];
	struct rtp_unit unit;
	struct rtp_top top;
	struct rtp_codec_state codec;
	struct rtp_seq seq;
};

enum rtp_verdict rtp_stream_receive(struct rtp_stream *stream, u32 ssrc,
				    u16 seq);
void rtp_stream_renew(struct rtp_stream *stream);
u32 rtp_stream_classes(struct rtp_stream *stream,
		       const struct rtp_classes *classes);
void rtp_stream_number(struct rtp_stream *stream, u32 timestamp,
		       const struct rtp_layer *layer, u32 classes, u32 used,
		       struct rtp_numbers *numbers);

/**
 * rtp_stream_late() - whether a newer datagram came before that accepted last
 * @stream: the stream
 *
 * Return: true when one did.
 */
static inline bool rtp_stream_late(const struct rtp_stream *stream)
{
	return stream->behind;
}

#endif /* _NET_RTPRELAY_STREAM_H */
