// SPDX-License-Identifier: GPL-2.0
/*
 * Classes of destinations, and the datagram as each of them gets it.
 */
#include <linux/bitops.h>
#include <linux/build_bug.h>
#include <linux/string.h>
#include <linux/unaligned.h>
#include <net/checksum.h>
#include "variant.h"

/* Where the sequence number is in the fixed header: RFC 3550, section 5.1. */
#define RTP_HDR_SEQ	2

static bool rtp_cap_is_all(const struct rtp_cap *cap)
{
	return cap->did == RTP_DID_MAX && cap->qid == RTP_QID_MAX &&
	       cap->tid == RTP_TID_MAX;
}

/**
 * rtp_class_get() - find or make the class for a destination's cap
 * @classes: the fan-out's
 * @cap: the cap, within range
 *
 * Context: Process context, socket locked.
 * Return: the class, for which the caller calls rtp_class_put(), or -ENOSPC
 * when RTP_CLASSES other caps are in use.
 */
int rtp_class_get(struct rtp_classes *classes,
		  const struct rtp_fanout_cap *cap)
{
	const struct rtp_cap want = {
		.did = cap->did, .qid = cap->qid, .tid = cap->tid,
	};
	struct rtp_class *class = classes->class;
	int i, unused = -ENOSPC;

	BUILD_BUG_ON(RTP_CLASSES > BITS_PER_LONG);

	for (i = 0; i < RTP_CLASSES; i++) {
		if (!class[i].dests)
			unused = i;
		else if (!memcmp(&class[i].cap, &want, sizeof(want)))
			break;
	}

	if (i == RTP_CLASSES) {
		if (unused < 0)
			return unused;
		i = unused;
		class[i].cap = want;
		/* Pairs with smp_load_acquire() in rtp_variants_build(). */
		smp_mb__before_atomic();
		set_bit(i, &classes->used);
	}
	class[i].dests++;

	return i;
}

/**
 * rtp_class_put() - a destination leaves its class
 * @classes: the fan-out's
 * @class: what rtp_class_get() returned
 *
 * Context: Process context, socket locked.
 */
void rtp_class_put(struct rtp_classes *classes, unsigned int class)
{
	if (!--classes->class[class].dests)
		clear_bit(class, &classes->used);
}

static void rtp_variant_build(struct rtp_variant *variant,
			      const struct rtp_dgram *dgram, u16 seq)
{
	memcpy(variant->hdr, dgram->data, RTP_HDR_LEN);
	put_unaligned_be16(seq, variant->hdr + RTP_HDR_SEQ);
	variant->seq = seq;
	variant->sum = csum_partial(variant->hdr, RTP_HDR_LEN, dgram->sum);
}

/**
 * rtp_variants_build() - decide who gets a datagram, and make what they share
 * @variants: filled in
 * @stream: the datagram's, which accepted it
 * @classes: the fan-out's
 * @codec: the datagram's
 * @pkt: the datagram, parsed
 * @dgram: the datagram
 * @late: a later one was accepted before. It then has a number of its own only
 *	in the class that gets everything.
 *
 * Work for each class, none for each destination.
 *
 * Context: The fan-out's worker.
 */
void rtp_variants_build(struct rtp_variants *variants,
			struct rtp_stream *stream,
			const struct rtp_classes *classes,
			const struct rtp_codec_ops *codec,
			const struct rtp_packet *pkt,
			const struct rtp_dgram *dgram, bool late)
{
	struct rtp_layer layer;
	unsigned long used;
	unsigned int i;

	variants->keep = 0;
	/* Pairs with smp_mb__before_atomic() in rtp_class_get(). */
	used = smp_load_acquire(&classes->used);

	/* The codec follows fragments and prefixes in the order of sending. */
	if (!late)
		codec->classify(&stream->codec, pkt, false, &layer);

	for_each_set_bit(i, &used, RTP_CLASSES) {
		/* A slot can be given to another cap meanwhile. Its first
		 * destination was added after this datagram was received, so
		 * rtp_worker_walk_chunk() passes it by for dest->since.
		 */
		const struct rtp_cap cap = data_race(classes->class[i].cap);
		u16 seq;

		if (rtp_cap_is_all(&cap)) {
			seq = rtp_stream_number_all(stream, pkt->seq);
		} else if (!late && rtp_layer_kept(&layer, &cap)) {
			rtp_stream_keep(stream, i);
			seq = rtp_stream_number(stream, i);
		} else {
			continue;
		}

		rtp_variant_build(&variants->variant[i], dgram, seq);
		__set_bit(i, &variants->keep);
	}
}
