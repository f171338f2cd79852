/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Classes: the caps that destinations have. What there is to decide and to
 * number is done once for a class, however many destinations it has.
 */
#ifndef _NET_RTPRELAY_CLASS_H
#define _NET_RTPRELAY_CLASS_H

#include <linux/bits.h>
#include <linux/rtp_fanout.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include "codec.h"

/* A class for each distinct cap and one without; each is a bit of a u32. */
#define RTP_CLASSES	(RTP_FANOUT_MAX_CAPS + 1)

/* The class without a cap. It is always there, and its numbers follow those of
 * the input.
 */
#define RTP_CLASS_ALL	0

/**
 * struct rtp_classes - the caps that a fan-out's destinations have
 * @lock: guards what follows, and which classes a destination has (struct
 *	rtp_variant). Taken in process context with softirqs disabled, and by
 *	the owner where a destination changes its class.
 * @used: bit for each class that is in use. The owner reads it without @lock,
 *	once for a datagram.
 * @opened: counts the times that a class came into use; likewise
 * @class_opened: for each class what @opened was when it came into use
 * @switching: destinations that are to get another class than they have
 * @refs: for each class how many destinations have it, be it now, later or for
 *	what is late
 * @members: for each class how many of those get what it gets now, or would had
 *	their lease not ended. Read without @lock where a few more or less are
 *	nothing.
 * @since: for each class the serial number (struct rtp_dgram) of the first
 *	datagram that it can be for
 * @cap: for each class its cap. Written before its bit in @used is set. The
 *	owner reads it without @lock: what @since says keeps it from using one
 *	that was written meanwhile.
 */
struct rtp_classes {
	spinlock_t lock;	/* see above */
	u32 used;
	u32 opened;
	u32 class_opened[RTP_CLASSES];
	u32 switching;
	u32 refs[RTP_CLASSES];
	u32 members[RTP_CLASSES];
	u64 since[RTP_CLASSES];
	struct rtp_cap cap[RTP_CLASSES];
};

void rtp_classes_init(struct rtp_classes *classes);
u32 rtp_classes_count(struct rtp_classes *classes);
int rtp_class_get(struct rtp_classes *classes, const struct rtp_cap *cap,
		  u64 serial);
void rtp_class_put(struct rtp_classes *classes, u32 bits);
int rtp_class_find(const struct rtp_classes *classes, u32 among,
		   const struct rtp_cap *cap);
u32 rtp_class_keep(const struct rtp_classes *classes, u32 among,
		   const struct rtp_layer *layer);
u32 rtp_class_marked(const struct rtp_classes *classes, u32 among,
		     const struct rtp_layer *layer, bool marker);
u32 rtp_class_load(const struct rtp_classes *classes, u32 among, u32 kept,
		   u32 octets);

#endif /* _NET_RTPRELAY_CLASS_H */
