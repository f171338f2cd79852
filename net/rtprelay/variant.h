/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Variants: a class and what the numbers of a destination differ by from those
 * of the class. Destinations of one variant receive identical RTP bytes; those
 * that change from one class to another at the same datagram have one variant
 * before and one after it.
 */
#ifndef _NET_RTPRELAY_VARIANT_H
#define _NET_RTPRELAY_VARIANT_H

#include <linux/types.h>
#include "class.h"
#include "codec.h"
#include "seq.h"
#include "stream.h"

/* With the second access unit of the lowest temporal layer that went by, a
 * destination is said to wait: a change for which no key frame is needed is
 * made by then.
 */
#define RTP_VARIANT_WAITS	2

/**
 * struct rtp_variant - what a destination gets, and what it is to get
 * @class: the class that it has
 * @want: the class that it is to have
 * @prev: the class that it had before
 * @immediate: it does not wait where it goes to a lower dependency_id
 * @waiting: base access units that went by while it was pending, up to
 *	RTP_VARIANT_WAITS
 * @switched: @prev, @prev_offset, @since and @prev_since mean something: late
 *	datagrams can be of the time before
 * @offset: what is added to the numbers of @class
 * @prev_offset: what was added to those of @prev
 * @since: extended number of the first datagram that it got as @class
 * @prev_since: likewise, as @prev
 * @classes: bit for each class that it holds: @class, @want and those between,
 *	and, while @switched, @prev
 *
 * Under &struct rtp_classes.lock; the threads read all but @classes without.
 * @class and what belongs to it are written by the owner alone, while no shard
 * walks; @switched is cleared by the destination's shard.
 */
struct rtp_variant {
	u8 class;
	u8 want;
	u8 prev;
	bool immediate;
	u8 waiting;
	bool switched;
	u16 offset;
	u16 prev_offset;
	u32 since;
	u32 prev_since;
	u32 classes;
};

/**
 * struct rtp_copy - what a destination's copy of a datagram has of its own
 * @number: RTP sequence number
 * @marked: the marker bit is set
 */
struct rtp_copy {
	u16 number;
	bool marked;
};

/**
 * struct rtp_arrival - a datagram, as what decides about variants sees it
 * @stream: the datagram's, which numbered it
 * @layer: where it belongs
 * @numbers: its numbers
 * @used: bit for each class that they are for
 * @marked: bit for each class that gets it with the marker bit set
 * @serial: counts the datagrams of the fan-out
 */
struct rtp_arrival {
	struct rtp_stream *stream;
	struct rtp_layer layer;
	struct rtp_numbers numbers;
	u32 used;
	u32 marked;
	u64 serial;
};

int rtp_variant_init(struct rtp_variant *variant, struct rtp_classes *classes,
		     const struct rtp_cap *cap, u64 serial);
void rtp_variant_exit(struct rtp_variant *variant, struct rtp_classes *classes);
int rtp_variant_reserve(const struct rtp_variant *variant,
			struct rtp_classes *classes, const struct rtp_top *top,
			const struct rtp_cap *cap, u64 serial, u32 *reserved);
void rtp_variant_want(struct rtp_variant *variant, struct rtp_classes *classes,
		      const struct rtp_cap *cap, bool immediate, u32 reserved);
bool rtp_variant_switch(struct rtp_variant *variant,
			struct rtp_classes *classes,
			const struct rtp_arrival *arrival);
void rtp_variant_settle(struct rtp_variant *variant,
			struct rtp_classes *classes);
bool rtp_variant_number(struct rtp_variant *variant,
			struct rtp_classes *classes,
			const struct rtp_arrival *arrival,
			struct rtp_copy *copy);

/**
 * rtp_variant_is_pending() - whether a destination is to have another class
 * @variant: the destination's
 *
 * Return: true when it is.
 */
static inline bool rtp_variant_is_pending(const struct rtp_variant *variant)
{
	return READ_ONCE(variant->want) != variant->class;
}

/**
 * rtp_arrival_may_switch() - whether a destination may change its class at all
 * @arrival: a datagram
 *
 * Return: false where no variant changes.
 */
static inline bool rtp_arrival_may_switch(const struct rtp_arrival *arrival)
{
	const struct rtp_layer *layer = &arrival->layer;

	return !rtp_stream_late(arrival->stream) &&
	       (layer->flags & (RTP_LAYER_START | RTP_LAYER_SYNC |
				RTP_LAYER_DOWN) ||
		layer->up_to > layer->up_from);
}

#endif /* _NET_RTPRELAY_VARIANT_H */
