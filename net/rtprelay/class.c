// SPDX-License-Identifier: GPL-2.0
/*
 * The caps that destinations have.
 */
#include <kunit/visibility.h>
#include <linux/bitops.h>
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/lockdep.h>
#include <linux/math64.h>
#include "class.h"

/**
 * rtp_classes_init() - begin with the class without a cap
 * @classes: zeroed
 */
void rtp_classes_init(struct rtp_classes *classes)
{
	BUILD_BUG_ON(RTP_CLASSES > 32);

	spin_lock_init(&classes->lock);
	classes->cap[RTP_CLASS_ALL] = (struct rtp_cap){
		.did = RTP_DID_MAX, .qid = RTP_QID_MAX, .tid = RTP_TID_MAX,
	};
	classes->refs[RTP_CLASS_ALL] = 1;
	classes->used = BIT(RTP_CLASS_ALL);
}
EXPORT_SYMBOL_IF_KUNIT(rtp_classes_init);

/**
 * rtp_classes_count() - how many caps destinations have
 * @classes: the fan-out's
 *
 * Context: Any context but hard interrupts.
 * Return: how many, the class without a cap included where a destination has
 * it.
 */
u32 rtp_classes_count(struct rtp_classes *classes)
{
	u32 count;

	spin_lock_bh(&classes->lock);
	count = hweight32(classes->used);
	/* One reference is its own: it is always there. */
	if (classes->refs[RTP_CLASS_ALL] == 1)
		count--;
	spin_unlock_bh(&classes->lock);

	return count;
}

/**
 * rtp_class_find() - look up the class of a cap
 * @classes: the fan-out's
 * @among: bit for each class to look at
 * @cap: the cap
 *
 * Context: @classes->lock held.
 * Return: the class, or -ENOENT.
 */
int rtp_class_find(const struct rtp_classes *classes, u32 among,
		   const struct rtp_cap *cap)
{
	unsigned int class;

	for (; among; among &= among - 1) {
		class = __ffs(among);
		if (rtp_cap_equal(&classes->cap[class], cap))
			return class;
	}

	return -ENOENT;
}

/**
 * rtp_class_get() - find or make the class of a cap
 * @classes: the fan-out's
 * @cap: the cap, within range
 * @serial: serial number of the next datagram that is received
 *
 * Context: @classes->lock held.
 * Return: the class, for which the caller calls rtp_class_put(), or -ENOSPC
 * when RTP_CLASSES other caps are in use.
 */
int rtp_class_get(struct rtp_classes *classes, const struct rtp_cap *cap,
		  u64 serial)
{
	int class;

	lockdep_assert_held(&classes->lock);

	class = rtp_class_find(classes, classes->used, cap);
	if (class < 0) {
		if (classes->used == U32_MAX)
			return -ENOSPC;
		class = ffz(classes->used);
		classes->cap[class] = *cap;
		classes->since[class] = serial;
		WRITE_ONCE(classes->class_opened[class], classes->opened + 1);
		/* Pair with the worker's acquires: the above is seen before. */
		smp_store_release(&classes->opened, classes->opened + 1);
		/* as above */
		smp_store_release(&classes->used, classes->used | BIT(class));
	}
	classes->refs[class]++;

	return class;
}
EXPORT_SYMBOL_IF_KUNIT(rtp_class_get);

/**
 * rtp_class_put() - a destination has classes no more
 * @classes: the fan-out's
 * @bits: bit for each class
 *
 * Context: @classes->lock held.
 */
void rtp_class_put(struct rtp_classes *classes, u32 bits)
{
	unsigned int class;

	lockdep_assert_held(&classes->lock);

	for (; bits; bits &= bits - 1) {
		class = __ffs(bits);
		if (!--classes->refs[class])
			WRITE_ONCE(classes->used, classes->used & ~BIT(class));
	}
}
EXPORT_SYMBOL_IF_KUNIT(rtp_class_put);

/**
 * rtp_class_keep() - which classes get a datagram
 * @classes: the fan-out's
 * @among: bit for each class to look at
 * @layer: where the datagram belongs
 *
 * Context: Any. A class that is given another cap meanwhile is one that nobody
 * uses for this datagram: see struct rtp_classes.
 * Return: bit for each class that gets it.
 */
u32 rtp_class_keep(const struct rtp_classes *classes, u32 among,
		   const struct rtp_layer *layer)
{
	unsigned int class;
	u32 keep = 0;

	if (layer->flags & RTP_LAYER_DROP)
		return 0;

	for (; among; among &= among - 1) {
		class = __ffs(among);
		/* data_race(): see above */
		const struct rtp_cap cap = data_race(classes->cap[class]);

		if (rtp_layer_kept(layer, &cap))
			keep |= BIT(class);
	}

	return keep;
}
EXPORT_SYMBOL_IF_KUNIT(rtp_class_keep);

/**
 * rtp_class_marked() - which classes get a datagram with the marker bit set
 * @classes: the fan-out's
 * @among: bit for each class to look at
 * @layer: where the datagram belongs
 * @marker: the sender's marker bit
 *
 * The bit says that an access unit ends: of what a class gets.
 *
 * Context: As rtp_class_keep().
 * Return: bit for each class.
 */
u32 rtp_class_marked(const struct rtp_classes *classes, u32 among,
		     const struct rtp_layer *layer, bool marker)
{
	unsigned int class;
	u32 ends = 0;

	if (layer->flags & RTP_LAYER_UNMARK)
		return 0;
	if (marker)
		return among;
	if (!(layer->flags & RTP_LAYER_END))
		return 0;

	for (; among; among &= among - 1) {
		class = __ffs(among);
		/* data_race(): as in rtp_class_keep() */
		const struct rtp_cap cap = data_race(classes->cap[class]);

		if (!cap.paused && cap.did == layer->did)
			ends |= BIT(class);
	}

	return ends;
}
EXPORT_SYMBOL_IF_KUNIT(rtp_class_marked);

/**
 * rtp_class_load() - what a datagram counts for where time is divided
 * @classes: the fan-out's
 * @among: bit for each class to look at
 * @kept: bit for each of those that gets it
 * @octets: octets of the datagram
 *
 * Half of its octets count by how many destinations get it, since what leaves
 * together meets in one queue; the others do as soon as somebody gets it, whose
 * path may be one of his own. Who is paused does not count.
 *
 * Context: As rtp_class_keep().
 * Return: octets: 0 where nobody gets it, @octets where all do or there is
 * nobody, between half of that and that where some do.
 */
u32 rtp_class_load(const struct rtp_classes *classes, u32 among, u32 kept,
		   u32 octets)
{
	u32 all = 0, get = 0, members;
	unsigned int class;

	for (; among; among &= among - 1) {
		class = __ffs(among);
		/* data_race(): as in rtp_class_keep() */
		if (data_race(classes->cap[class].paused))
			continue;
		members = READ_ONCE(classes->members[class]);
		all += members;
		if (kept & BIT(class))
			get += members;
	}
	if (!all)
		return octets;
	if (!get)
		return 0;

	return div_u64((u64)octets * (all + get), 2 * all);
}
EXPORT_SYMBOL_IF_KUNIT(rtp_class_load);
