/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where a destination may change its cap, and over which caps it goes.
 */
#ifndef _NET_RTPRELAY_STEP_H
#define _NET_RTPRELAY_STEP_H

#include "codec.h"
#include "stream.h"

/* The most caps that rtp_step_between() names: a temporal layer and a spatial
 * one at a time, and two corners.
 */
#define RTP_STEPS_MAX	(RTP_TID_MAX + RTP_DID_MAX + 3)

struct rtp_cap rtp_step(const struct rtp_stream *stream,
			const struct rtp_layer *layer, const struct rtp_cap *now,
			const struct rtp_cap *want, bool immediate);
unsigned int rtp_step_between(const struct rtp_top *top,
			      const struct rtp_cap *now,
			      const struct rtp_cap *want,
			      struct rtp_cap steps[RTP_STEPS_MAX]);

#endif /* _NET_RTPRELAY_STEP_H */
