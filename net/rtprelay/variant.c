// SPDX-License-Identifier: GPL-2.0
/*
 * What a destination gets: its class, the change to another, and its numbers,
 * which go on over the change.
 */
#include <kunit/visibility.h>
#include <linux/bits.h>
#include <linux/export.h>
#include "step.h"
#include "variant.h"

/* Read without the lock by rtp_class_load(). */
static void rtp_variant_count(struct rtp_classes *classes, unsigned int class,
			      int count)
{
	WRITE_ONCE(classes->members[class], classes->members[class] + count);
}

/**
 * rtp_variant_init() - a destination gets a class
 * @variant: filled in
 * @classes: the fan-out's
 * @cap: its cap
 * @serial: serial number of the next datagram that is received, read with the
 *	lock held
 *
 * Context: @classes->lock held.
 * Return: 0, after which the caller calls rtp_variant_exit(), or -ENOSPC when
 * there are too many distinct caps.
 */
int rtp_variant_init(struct rtp_variant *variant, struct rtp_classes *classes,
		     const struct rtp_cap *cap, u64 serial)
{
	int class = rtp_class_get(classes, cap, serial);

	if (class < 0)
		return class;

	*variant = (struct rtp_variant){
		.class = class,
		.want = class,
		.classes = BIT(class),
	};
	rtp_variant_count(classes, class, 1);

	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(rtp_variant_init);

/**
 * rtp_variant_exit() - a destination goes
 * @variant: what rtp_variant_init() filled in; the worker may still look at it
 * @classes: the fan-out's
 *
 * Context: Process context, socket locked.
 */
void rtp_variant_exit(struct rtp_variant *variant, struct rtp_classes *classes)
{
	spin_lock_bh(&classes->lock);
	if (rtp_variant_is_pending(variant))
		WRITE_ONCE(classes->switching, classes->switching - 1);
	/* So that the worker switches nothing any more. */
	WRITE_ONCE(variant->want, variant->class);
	rtp_variant_count(classes, variant->class, -1);
	rtp_class_put(classes, variant->classes);
	variant->classes = 0;
	spin_unlock_bh(&classes->lock);
}
EXPORT_SYMBOL_IF_KUNIT(rtp_variant_exit);

/**
 * rtp_variant_reserve() - have the classes that a change of the cap needs
 * @variant: the destination's
 * @classes: the fan-out's
 * @top: the highest layers of the stream
 * @cap: the cap that it is to have
 * @serial: serial number of the next datagram that is received, read with the
 *	lock held
 * @reserved: set to bit for each class, for rtp_variant_want() or
 *	rtp_class_put()
 *
 * Context: @classes->lock held, and held on until then.
 * Return: 0, or -ENOSPC when there are too many distinct caps.
 */
int rtp_variant_reserve(const struct rtp_variant *variant,
			struct rtp_classes *classes, const struct rtp_top *top,
			const struct rtp_cap *cap, u64 serial, u32 *reserved)
{
	const struct rtp_cap *now = &classes->cap[variant->class];
	struct rtp_cap caps[RTP_STEPS_MAX + 1];
	unsigned int i, n;
	u32 bits = 0;
	int class;

	n = rtp_step_between(top, now, cap, caps);
	caps[n++] = *cap;

	for (i = 0; i < n; i++) {
		class = rtp_class_get(classes, &caps[i], serial);
		if (class < 0) {
			rtp_class_put(classes, bits);
			return class;
		}
		/* one of each is enough */
		if (bits & BIT(class))
			rtp_class_put(classes, BIT(class));
		bits |= BIT(class);
	}
	*reserved = bits;

	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(rtp_variant_reserve);

/* The classes that it gets datagrams of: the present one, and the one before as
 * long as late datagrams can be of that time.
 */
static u32 rtp_variant_held(const struct rtp_variant *variant)
{
	u32 held = BIT(variant->class);

	if (variant->switched)
		held |= BIT(variant->prev);

	return held;
}

/**
 * rtp_variant_want() - a destination is to have another class
 * @variant: the destination's
 * @classes: the fan-out's
 * @cap: the cap that it is to have
 * @immediate: it does not wait where it goes to a lower dependency_id
 * @reserved: what rtp_variant_reserve() had for it
 *
 * Context: @classes->lock held, since before rtp_variant_reserve().
 */
void rtp_variant_want(struct rtp_variant *variant, struct rtp_classes *classes,
		      const struct rtp_cap *cap, bool immediate, u32 reserved)
{
	bool was = rtp_variant_is_pending(variant);
	u32 now = rtp_variant_held(variant);

	WRITE_ONCE(variant->immediate, immediate);
	variant->waiting = 0;
	WRITE_ONCE(variant->want, rtp_class_find(classes, reserved, cap));

	WRITE_ONCE(classes->switching, classes->switching - was +
				       rtp_variant_is_pending(variant));

	/* One reference for each class that it has from now on. */
	rtp_class_put(classes, variant->classes & ~now);
	rtp_class_put(classes, reserved & now);
	variant->classes = now | reserved;
}
EXPORT_SYMBOL_IF_KUNIT(rtp_variant_want);

/* The class of a cap, when the datagram has numbers for it: one that was made,
 * or given another cap, meanwhile is for later datagrams.
 */
static int rtp_variant_class(const struct rtp_variant *variant,
			     const struct rtp_classes *classes,
			     const struct rtp_arrival *arrival,
			     const struct rtp_cap *cap)
{
	int class = rtp_class_find(classes, variant->classes & arrival->used,
				   cap);

	if (class >= 0 && classes->since[class] > arrival->serial)
		return variant->class;

	return class < 0 ? variant->class : class;
}

/* The class after @next, or, when there is none, after the part of @next that
 * there is a class for.
 */
static unsigned int rtp_variant_next(const struct rtp_variant *variant,
				     const struct rtp_classes *classes,
				     const struct rtp_arrival *arrival,
				     const struct rtp_cap *next)
{
	const struct rtp_cap *now = &classes->cap[variant->class];
	struct rtp_cap part = *next;
	int class;

	class = rtp_variant_class(variant, classes, arrival, &part);
	if (class != variant->class || next->paused || now->paused)
		return class;

	part = *now;
	part.tid = next->tid;
	class = rtp_variant_class(variant, classes, arrival, &part);
	if (class != variant->class)
		return class;

	part = *next;
	part.tid = now->tid;
	return rtp_variant_class(variant, classes, arrival, &part);
}

/* What the class was at before the datagram, with what was left free. */
static u16 rtp_variant_before(const struct rtp_arrival *arrival,
			      unsigned int class)
{
	const struct rtp_numbers *numbers = &arrival->numbers;

	return numbers->number[class] - !!(numbers->classes & BIT(class));
}

/* The destination's numbers go on where they are. */
static void rtp_variant_enter(struct rtp_variant *variant,
			      struct rtp_classes *classes,
			      const struct rtp_arrival *arrival,
			      unsigned int class)
{
	u32 ext = arrival->numbers.ext;

	rtp_variant_count(classes, variant->class, -1);
	rtp_variant_count(classes, class, 1);

	/* Several steps at datagrams without a gap between them, as within an
	 * access unit, leave one time before them only when nothing was got
	 * meanwhile; else what is late and older than the last but one change
	 * is not sent.
	 */
	variant->prev = variant->class;
	variant->prev_offset = variant->offset;
	variant->prev_since = variant->switched ? variant->since :
						  ext - RTP_SEQ_RING;
	variant->offset += rtp_variant_before(arrival, variant->class) -
			   rtp_variant_before(arrival, class);
	variant->class = class;
	variant->since = ext;
	variant->switched = true;

	rtp_seq_fix(&arrival->stream->seq, class, ext);
}

/* It has what it is to have: the classes between are not needed any more. */
static void rtp_variant_arrived(struct rtp_variant *variant,
				struct rtp_classes *classes)
{
	u32 held = rtp_variant_held(variant);

	rtp_class_put(classes, variant->classes & ~held);
	variant->classes = held;
	WRITE_ONCE(classes->switching, classes->switching - 1);
}

/* There is no class for the next step: the stream has layers that it did not
 * have when the change was asked for. They are there for the next time, unless
 * there are too many classes; then it waits for a datagram that needs none.
 */
static void rtp_variant_retry(struct rtp_variant *variant,
			      struct rtp_classes *classes,
			      const struct rtp_arrival *arrival)
{
	const struct rtp_cap want = classes->cap[variant->want];
	u8 waiting = variant->waiting;
	u32 reserved;

	if (rtp_variant_reserve(variant, classes, &arrival->stream->top, &want,
				arrival->serial + 1, &reserved))
		return;
	rtp_variant_want(variant, classes, &want, variant->immediate, reserved);
	variant->waiting = waiting;
}

/* An access unit of the lowest temporal layer went by, and it still waits. */
static bool rtp_variant_waits(struct rtp_variant *variant,
			      const struct rtp_arrival *arrival)
{
	const struct rtp_layer *layer = &arrival->layer;

	/* A key frame came, and did not help: another is needed. */
	if (layer->flags & RTP_LAYER_SYNC && !layer->did)
		variant->waiting = 0;
	if (!(layer->flags & RTP_LAYER_START) ||
	    arrival->stream->unit.before ||
	    variant->waiting == RTP_VARIANT_WAITS)
		return false;

	return ++variant->waiting == RTP_VARIANT_WAITS;
}

/**
 * rtp_variant_switch() - change a destination's class where it may be changed
 * @variant: the destination's, which is pending
 * @classes: the fan-out's
 * @arrival: a datagram for which rtp_arrival_may_switch()
 *
 * Context: The fan-out's owner, while no shard walks; softirqs disabled.
 * Return: true when it is seen for the first time that it has to wait.
 */
bool rtp_variant_switch(struct rtp_variant *variant,
			struct rtp_classes *classes,
			const struct rtp_arrival *arrival)
{
	struct rtp_cap now, next;
	unsigned int class;
	bool waits = false;

	spin_lock(&classes->lock);
	if (!rtp_variant_is_pending(variant))
		goto out;

	now = classes->cap[variant->class];
	next = rtp_step(arrival->stream, &arrival->layer, &now,
			&classes->cap[variant->want], variant->immediate);
	class = rtp_variant_next(variant, classes, arrival, &next);
	if (class != variant->class)
		rtp_variant_enter(variant, classes, arrival, class);
	else if (!rtp_cap_equal(&next, &now))
		rtp_variant_retry(variant, classes, arrival);

	if (!rtp_variant_is_pending(variant))
		rtp_variant_arrived(variant, classes);
	else
		waits = rtp_variant_waits(variant, arrival);
out:
	spin_unlock(&classes->lock);

	return waits;
}
EXPORT_SYMBOL_IF_KUNIT(rtp_variant_switch);

/**
 * rtp_variant_settle() - nothing of the time before the last change comes any
 * more
 * @variant: the destination's
 * @classes: the fan-out's
 *
 * Context: The shard that has the destination, softirqs disabled.
 */
void rtp_variant_settle(struct rtp_variant *variant,
			struct rtp_classes *classes)
{
	spin_lock(&classes->lock);
	variant->switched = false;
	/* One that goes is looked at for the last time: it has none. */
	if (variant->classes && !rtp_variant_is_pending(variant)) {
		rtp_class_put(classes, variant->classes & ~BIT(variant->class));
		variant->classes = BIT(variant->class);
	}
	spin_unlock(&classes->lock);
}

/* Whether a higher layer may yet begin in the access unit. A marker bit that
 * the access unit goes on behind is worse than none.
 */
static bool rtp_variant_expects(const struct rtp_variant *variant,
				const struct rtp_classes *classes,
				const struct rtp_arrival *arrival)
{
	unsigned int want = READ_ONCE(variant->want);

	if (!rtp_variant_is_pending(variant) || arrival->marked & BIT(want))
		return false;

	/* data_race(): another want only makes this the wrong guess once */
	return data_race(classes->cap[want].did >
			 classes->cap[variant->class].did);
}

/**
 * rtp_variant_number() - whether a destination gets a datagram
 * @variant: the destination's
 * @classes: the fan-out's
 * @arrival: the datagram
 * @copy: filled in when it does
 *
 * Context: The shard that has the destination, softirqs disabled.
 * Return: true when it does.
 */
bool rtp_variant_number(struct rtp_variant *variant,
			struct rtp_classes *classes,
			const struct rtp_arrival *arrival,
			struct rtp_copy *copy)
{
	const struct rtp_numbers *numbers = &arrival->numbers;
	unsigned int class = variant->class;
	u16 offset = variant->offset;

	if (unlikely(variant->switched)) {
		if ((s32)(numbers->ext - variant->since) >= 0) {
			if (numbers->ext - variant->since >= RTP_SEQ_RING)
				rtp_variant_settle(variant, classes);
		} else if ((s32)(numbers->ext - variant->prev_since) >= 0) {
			class = variant->prev;
			offset = variant->prev_offset;
		} else {
			return false;
		}
	}

	if (!(numbers->classes & BIT(class)))
		return false;
	copy->number = numbers->number[class] + offset;
	copy->marked = arrival->marked & BIT(class) &&
		       !rtp_variant_expects(variant, classes, arrival);

	return true;
}
EXPORT_SYMBOL_IF_KUNIT(rtp_variant_number);
