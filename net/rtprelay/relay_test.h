/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For KUnit tests: what a fan-out does with a datagram between its arrival and
 * its copies, without sockets.
 */
#ifndef _NET_RTPRELAY_RELAY_TEST_H
#define _NET_RTPRELAY_RELAY_TEST_H

#include <kunit/test.h>
#include <linux/bottom_half.h>
#include <linux/slab.h>
#include "variant.h"

#define RELAY_SSRC	0x1234abcd

#define START	RTP_LAYER_START
#define SYNC	RTP_LAYER_SYNC
#define DOWN	RTP_LAYER_DOWN
#define BEGIN	(START | SYNC)

#define LAYER(_did, _tid, _flags) \
	(&(struct rtp_layer) { .did = _did, .tid = _tid, .flags = _flags })
/* A spatial layer with all its quality layers, and up to a temporal layer. */
#define CAP(_did, _tid) \
	(&(struct rtp_cap) { .did = _did, .qid = RTP_QID_MAX, .tid = _tid })
#define UNCAPPED	CAP(RTP_DID_MAX, RTP_TID_MAX)
#define PAUSED		(&(struct rtp_cap) { .paused = true })

/**
 * struct relay - a stream and caps for it
 * @classes: the caps
 * @stream: the stream
 * @arrival: the datagram that arrived last, when it was accepted
 * @seq: the highest sequence number accepted
 */
struct relay {
	struct rtp_classes classes;
	struct rtp_stream stream;
	struct rtp_arrival arrival;
	u16 seq;
};

static inline struct relay *relay_new(struct kunit *test)
{
	struct relay *relay;

	relay = kunit_kzalloc(test, sizeof(*relay), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, relay);
	rtp_classes_init(&relay->classes);
	relay->arrival.stream = &relay->stream;

	return relay;
}

static inline enum rtp_verdict relay_take_ssrc(struct relay *relay, u32 ssrc,
					       u16 seq,
					       const struct rtp_layer *layer)
{
	struct rtp_arrival *arrival = &relay->arrival;
	enum rtp_verdict verdict;
	u32 keep;

	arrival->serial++;
	arrival->numbers.classes = 0;
	verdict = rtp_stream_receive(&relay->stream, ssrc, seq);
	if (verdict > RTP_ACCEPT_LATE)
		return verdict;

	arrival->layer = *layer;
	arrival->used = rtp_stream_classes(&relay->stream, &relay->classes);
	keep = rtp_class_keep(&relay->classes, arrival->used, layer);
	rtp_stream_number(&relay->stream, 0, layer, keep, arrival->used,
			  &arrival->numbers);
	if (verdict != RTP_ACCEPT_LATE)
		relay->seq = seq;

	return verdict;
}

static inline enum rtp_verdict relay_take(struct relay *relay, u16 seq,
					  const struct rtp_layer *layer)
{
	return relay_take_ssrc(relay, RELAY_SSRC, seq, layer);
}

/* The next after @missing that do not arrive. */
static inline void relay_next(struct kunit *test, struct relay *relay,
			      unsigned int missing,
			      const struct rtp_layer *layer)
{
	KUNIT_ASSERT_LE(test, relay_take(relay, relay->seq + missing + 1, layer),
			RTP_ACCEPT_FIRST);
}

/* One that was missing, which is @back behind the newest. */
static inline void relay_late(struct kunit *test, struct relay *relay,
			      unsigned int back, const struct rtp_layer *layer)
{
	KUNIT_ASSERT_EQ(test, relay_take(relay, relay->seq - back, layer),
			RTP_ACCEPT_LATE);
}

static inline u16 relay_number(const struct relay *relay, unsigned int class)
{
	return relay->stream.seq.number[class];
}

static inline int relay_add(struct relay *relay, struct rtp_variant *variant,
			    const struct rtp_cap *cap)
{
	int err;

	spin_lock_bh(&relay->classes.lock);
	err = rtp_variant_init(variant, &relay->classes, cap,
			       relay->arrival.serial + 1);
	spin_unlock_bh(&relay->classes.lock);

	return err;
}

static inline int relay_set(struct relay *relay, struct rtp_variant *variant,
			    const struct rtp_cap *cap, bool immediate)
{
	struct rtp_classes *classes = &relay->classes;
	u32 reserved;
	int err;

	spin_lock_bh(&classes->lock);
	err = rtp_variant_reserve(variant, classes, &relay->stream.top, cap,
				  relay->arrival.serial + 1, &reserved);
	if (!err)
		rtp_variant_want(variant, classes, cap, immediate, reserved);
	spin_unlock_bh(&classes->lock);

	return err;
}

static inline bool relay_switch(struct relay *relay,
				struct rtp_variant *variant)
{
	bool waits;

	if (!rtp_variant_is_pending(variant) ||
	    !rtp_arrival_may_switch(&relay->arrival))
		return false;

	local_bh_disable();
	waits = rtp_variant_switch(variant, &relay->classes, &relay->arrival);
	local_bh_enable();

	return waits;
}

/* The number with which a destination gets the datagram that arrived last, or
 * -1 when it does not.
 */
static inline int relay_send(struct relay *relay, struct rtp_variant *variant)
{
	struct rtp_copy copy;
	bool given;

	relay_switch(relay, variant);
	local_bh_disable();
	given = rtp_variant_number(variant, &relay->classes, &relay->arrival,
				   &copy);
	local_bh_enable();

	return given ? copy.number : -1;
}

#endif /* _NET_RTPRELAY_RELAY_TEST_H */
