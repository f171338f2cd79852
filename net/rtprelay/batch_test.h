/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For KUnit tests: a batch of datagrams that did not come from a network.
 */
#ifndef _NET_RTPRELAY_BATCH_TEST_H
#define _NET_RTPRELAY_BATCH_TEST_H

#include <kunit/test.h>
#include <linux/slab.h>
#include "batch.h"
#include "dgram.h"
#include "packet.h"

static inline struct rtp_batch *batch_new(struct kunit *test)
{
	struct rtp_batch *batch;

	batch = kunit_kzalloc(test, sizeof(*batch), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, batch);
	rtp_batch_reset(batch);

	return batch;
}

/* A datagram of zeros behind those that there are, for all of @classes. */
static inline struct rtp_item *batch_next(struct kunit *test,
					  struct rtp_batch *batch, u32 len,
					  u8 ttl, u32 classes)
{
	struct rtp_item *item = rtp_batch_slot(batch);
	struct rtp_dgram *dgram;

	dgram = kunit_kzalloc(test, struct_size(dgram, data, len), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, dgram);
	dgram->len = len;
	dgram->ttl = ttl;

	*item = (struct rtp_item){
		.dgram = dgram,
		.arrival.numbers.ext = batch->count,
		.arrival.numbers.classes = classes,
		.arrival.used = classes,
		.octets = len - RTP_HDR_LEN,
	};
	rtp_batch_add(batch);

	return item;
}

#endif /* _NET_RTPRELAY_BATCH_TEST_H */
