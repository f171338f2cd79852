/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The numbers of the output. A destination that gets only some layers must not
 * see holes where the others were, so each class of destinations has numbers
 * of its own.
 */
#ifndef _NET_RTPRELAY_SEQ_H
#define _NET_RTPRELAY_SEQ_H

#include <linux/bitmap.h>
#include <linux/types.h>
#include "class.h"

/* Numbers behind the newest that are remembered. A power of two. */
#define RTP_SEQ_RING	1024
/* Of so many, the classes' numbers are remembered before the first. */
#define RTP_SEQ_BLOCK	32
#define RTP_SEQ_BLOCKS	(RTP_SEQ_RING / RTP_SEQ_BLOCK)

/**
 * struct rtp_seq - the numbers of the classes
 *
 * The datagrams of the input are known here by extended numbers, which go on
 * when the source's jump. They wrap after 2^32.
 *
 * @head: the newest
 * @number: for each class the RTP sequence number that it was last given, or
 *	that was last left free for it
 * @first: for each class the extended number from which on it has numbers
 * @fixed: for each class the extended number before which the numbers of its
 *	destinations do not change any more
 * @seen: for each extended number, modulo RTP_SEQ_RING, whether it arrived
 * @mask: likewise, bit for each class that got a number for it
 * @block: the classes' numbers before the first of RTP_SEQ_BLOCK, modulo
 *	RTP_SEQ_BLOCKS
 *
 * What has a number in a class and did not arrive is a number left free: a
 * hole that the destinations see as a loss.
 */
struct rtp_seq {
	u32 head;
	u16 number[RTP_CLASSES];
	u32 first[RTP_CLASSES];
	u32 fixed[RTP_CLASSES];
	DECLARE_BITMAP(seen, RTP_SEQ_RING);
	u32 mask[RTP_SEQ_RING];
	u16 block[RTP_SEQ_BLOCKS][RTP_CLASSES];
};

/**
 * struct rtp_numbers - a datagram's numbers
 * @ext: its extended number
 * @classes: bit for each class that gets it
 * @number: for each bit of @classes its RTP sequence number; where it is the
 *	newest, for each other class the number last given or left free
 */
struct rtp_numbers {
	u32 ext;
	u32 classes;
	u16 number[RTP_CLASSES];
};

void rtp_seq_start(struct rtp_seq *seq, u16 number);
void rtp_seq_restart(struct rtp_seq *seq);
bool rtp_seq_seen(struct rtp_seq *seq, u32 ext);
void rtp_seq_miss(struct rtp_seq *seq, u16 missing, u32 classes);
void rtp_seq_newest(struct rtp_seq *seq, u32 classes,
		    struct rtp_numbers *numbers);
void rtp_seq_late(struct rtp_seq *seq, u32 ext, u32 classes,
		  struct rtp_numbers *numbers);
u32 rtp_seq_mask(const struct rtp_seq *seq, u32 ext);
void rtp_seq_open(struct rtp_seq *seq, unsigned int class);
void rtp_seq_fix(struct rtp_seq *seq, unsigned int class, u32 ext);

#endif /* _NET_RTPRELAY_SEQ_H */
