// SPDX-License-Identifier: GPL-2.0
/*
 * The numbers of the output.
 *
 * What a class gets has consecutive numbers. For what is missing in the input
 * a number is left free in each class that might have got it, so that a loss
 * is seen as one; when the datagram comes late, that number is there. Where it
 * turns out that a class does not get it, and the class got nothing since, the
 * number is taken back.
 */
#include <kunit/visibility.h>
#include <linux/bitops.h>
#include <linux/export.h>
#include <linux/string.h>
#include "seq.h"

static unsigned int rtp_seq_slot(u32 ext)
{
	return ext % RTP_SEQ_RING;
}

static u16 *rtp_seq_block(struct rtp_seq *seq, u32 ext)
{
	return seq->block[ext / RTP_SEQ_BLOCK % RTP_SEQ_BLOCKS];
}

/* Whether the extended number @a is before @b. */
static bool rtp_seq_before(u32 a, u32 b)
{
	return (s32)(a - b) < 0;
}

/**
 * rtp_seq_start() - the first datagram is about to be numbered
 * @seq: the numbers, of which none was given
 * @number: RTP sequence number before that of the datagram
 *
 * The class without a cap goes on from it.
 *
 * Context: The fan-out's worker.
 */
void rtp_seq_start(struct rtp_seq *seq, u16 number)
{
	seq->number[RTP_CLASS_ALL] = number;
	memcpy(rtp_seq_block(seq, seq->head), seq->number,
	       sizeof(seq->number));
}

/**
 * rtp_seq_restart() - what is before the next datagram belongs to another time
 * @seq: the numbers, which go on
 *
 * None of it is ever given a number: it counts as seen.
 *
 * Context: The fan-out's worker.
 */
void rtp_seq_restart(struct rtp_seq *seq)
{
	bitmap_fill(seq->seen, RTP_SEQ_RING);
}
EXPORT_SYMBOL_IF_KUNIT(rtp_seq_restart);

/**
 * rtp_seq_seen() - whether a datagram arrived already
 * @seq: the numbers
 * @ext: its extended number, less than RTP_SEQ_RING behind the newest
 *
 * Context: The fan-out's worker.
 * Return: true when it did.
 */
bool rtp_seq_seen(struct rtp_seq *seq, u32 ext)
{
	return test_bit(rtp_seq_slot(ext), seq->seen);
}
EXPORT_SYMBOL_IF_KUNIT(rtp_seq_seen);

/**
 * rtp_seq_mask() - which classes got a number for a datagram
 * @seq: the numbers
 * @ext: its extended number, less than RTP_SEQ_RING behind the newest
 *
 * Context: The fan-out's worker.
 * Return: bit for each class.
 */
u32 rtp_seq_mask(const struct rtp_seq *seq, u32 ext)
{
	return seq->mask[rtp_seq_slot(ext)];
}

/* Keeps what was long ago from seeming to come, when the numbers wrap. */
static void rtp_seq_age(struct rtp_seq *seq, u32 ext)
{
	u32 oldest = ext - RTP_SEQ_RING;
	unsigned int class;

	for (class = 0; class < RTP_CLASSES; class++) {
		if (rtp_seq_before(seq->first[class], oldest))
			seq->first[class] = oldest;
		if (rtp_seq_before(seq->fixed[class], oldest))
			seq->fixed[class] = oldest;
	}
}

/* The next extended number, with a number in each of @classes. */
static void rtp_seq_append(struct rtp_seq *seq, u32 classes, bool arrived)
{
	u32 ext = ++seq->head;

	if (ext % RTP_SEQ_BLOCK == 0)
		memcpy(rtp_seq_block(seq, ext), seq->number,
		       sizeof(seq->number));
	if (rtp_seq_slot(ext) == 0)
		rtp_seq_age(seq, ext);

	seq->mask[rtp_seq_slot(ext)] = classes;
	__assign_bit(rtp_seq_slot(ext), seq->seen, arrived);

	for (; classes; classes &= classes - 1)
		seq->number[__ffs(classes)]++;
}

/**
 * rtp_seq_miss() - leave numbers free for datagrams that are missing
 * @seq: the numbers
 * @missing: how many come before the next that is numbered
 * @classes: bit for each class that might have got them
 *
 * Context: The fan-out's worker. Time for each that is missing.
 */
void rtp_seq_miss(struct rtp_seq *seq, u16 missing, u32 classes)
{
	while (missing--)
		rtp_seq_append(seq, classes, false);
}
EXPORT_SYMBOL_IF_KUNIT(rtp_seq_miss);

/**
 * rtp_seq_newest() - number a datagram that is newer than all before
 * @seq: the numbers
 * @classes: bit for each class that gets it
 * @numbers: filled in
 *
 * Context: The fan-out's worker.
 */
void rtp_seq_newest(struct rtp_seq *seq, u32 classes,
		    struct rtp_numbers *numbers)
{
	rtp_seq_append(seq, classes, true);

	numbers->ext = seq->head;
	numbers->classes = classes;
	memcpy(numbers->number, seq->number, sizeof(numbers->number));
}
EXPORT_SYMBOL_IF_KUNIT(rtp_seq_newest);

/* Takes back the numbers that were left free for @ext in those of @classes
 * that have used none since.
 */
static void rtp_seq_retract(struct rtp_seq *seq, u32 ext, u32 classes)
{
	unsigned int class;
	u32 later, bits;

	for (later = ext + 1; later != seq->head + 1; later++) {
		if (rtp_seq_seen(seq, later))
			classes &= ~seq->mask[rtp_seq_slot(later)];
		if (!classes)
			return;
	}

	for (bits = classes; bits; bits &= bits - 1) {
		class = __ffs(bits);
		if (rtp_seq_before(ext, seq->fixed[class])) {
			classes &= ~BIT(class);
			continue;
		}
		seq->number[class]--;
		for (later = (ext | (RTP_SEQ_BLOCK - 1)) + 1;
		     !rtp_seq_before(seq->head, later); later += RTP_SEQ_BLOCK)
			rtp_seq_block(seq, later)[class]--;
	}

	seq->mask[rtp_seq_slot(ext)] &= ~classes;
}

/**
 * rtp_seq_late() - number a datagram that a newer one came before
 * @seq: the numbers
 * @ext: its extended number, not seen yet, at least RTP_SEQ_BLOCK less than
 *	RTP_SEQ_RING behind the newest
 * @classes: bit for each class that is to get it
 * @numbers: filled in, with those classes only that a number was left free for
 *
 * Context: The fan-out's worker. Time bound by RTP_SEQ_RING.
 */
void rtp_seq_late(struct rtp_seq *seq, u32 ext, u32 classes,
		  struct rtp_numbers *numbers)
{
	u32 left = rtp_seq_mask(seq, ext), bits, given, at;
	unsigned int class;

	given = left & classes;
	for (bits = given; bits; bits &= bits - 1) {
		class = __ffs(bits);
		if (rtp_seq_before(ext, seq->first[class]))
			given &= ~BIT(class);
	}

	memcpy(numbers->number, rtp_seq_block(seq, ext),
	       sizeof(numbers->number));
	for (at = ext & ~(RTP_SEQ_BLOCK - 1); at != ext + 1; at++) {
		bits = rtp_seq_mask(seq, at) & given;
		for (; bits; bits &= bits - 1)
			numbers->number[__ffs(bits)]++;
	}
	numbers->ext = ext;
	numbers->classes = given;

	__set_bit(rtp_seq_slot(ext), seq->seen);
	rtp_seq_retract(seq, ext, left & ~classes);
}
EXPORT_SYMBOL_IF_KUNIT(rtp_seq_late);

/**
 * rtp_seq_open() - a class has numbers from the next datagram on
 * @seq: the numbers
 * @class: 0 to RTP_CLASSES - 1
 *
 * What stands in the ring for it is another's, which had it before.
 *
 * Context: The fan-out's worker.
 */
void rtp_seq_open(struct rtp_seq *seq, unsigned int class)
{
	seq->first[class] = seq->head + 1;
	seq->fixed[class] = seq->head + 1;
}
EXPORT_SYMBOL_IF_KUNIT(rtp_seq_open);

/**
 * rtp_seq_fix() - a class's numbers before a datagram do not change any more
 * @seq: the numbers
 * @class: 0 to RTP_CLASSES - 1
 * @ext: extended number of the datagram
 *
 * A destination that comes to the class goes on from them.
 *
 * Context: The fan-out's worker.
 */
void rtp_seq_fix(struct rtp_seq *seq, unsigned int class, u32 ext)
{
	if (rtp_seq_before(seq->fixed[class], ext))
		seq->fixed[class] = ext;
}
EXPORT_SYMBOL_IF_KUNIT(rtp_seq_fix);
