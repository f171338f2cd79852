/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Classes and what their destinations share: a class is a cap in use, and all
 * destinations of a class receive identical RTP bytes, the variant.
 */
#ifndef _NET_RTPRELAY_VARIANT_H
#define _NET_RTPRELAY_VARIANT_H

#include <linux/types.h>
#include <uapi/linux/rtp_fanout.h>
#include "codec.h"
#include "dgram.h"
#include "packet.h"
#include "stream.h"

/**
 * struct rtp_class - a cap in use
 * @cap: the cap
 * @dests: destinations that have it
 */
struct rtp_class {
	struct rtp_cap cap;
	u32 dests;
};

/**
 * struct rtp_classes - the caps that a fan-out's destinations have
 * @class: the caps; changed under the socket lock. A slot's cap is set before
 *	its bit in @used is.
 * @used: bit for each slot of @class that has destinations; the worker reads it
 */
struct rtp_classes {
	struct rtp_class class[RTP_CLASSES];
	unsigned long used;
};

int rtp_class_get(struct rtp_classes *classes,
		  const struct rtp_fanout_cap *cap);
void rtp_class_put(struct rtp_classes *classes, unsigned int class);

/**
 * struct rtp_variant - a datagram as one class gets it
 * @hdr: its fixed header, with the class's sequence number
 * @seq: that number
 * @sum: checksum of @hdr and of the rest of the datagram, unfolded
 */
struct rtp_variant {
	u8 hdr[RTP_HDR_LEN];
	u16 seq;
	__wsum sum;
};

/**
 * struct rtp_variants - a datagram as each class gets it
 * @keep: bit for each class that gets it
 * @variant: for each bit of @keep what the class gets
 */
struct rtp_variants {
	unsigned long keep;
	struct rtp_variant variant[RTP_CLASSES];
};

void rtp_variants_build(struct rtp_variants *variants,
			struct rtp_stream *stream,
			const struct rtp_classes *classes,
			const struct rtp_codec_ops *codec,
			const struct rtp_packet *pkt,
			const struct rtp_dgram *dgram, bool late);

#endif /* _NET_RTPRELAY_VARIANT_H */
