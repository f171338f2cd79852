// SPDX-License-Identifier: GPL-2.0
/*
 * A stream without layers, or of a codec that is not known: audio, data.
 */
#include "codec.h"

static void opaque_classify(struct rtp_codec_state *state,
			    const struct rtp_packet *pkt, bool late,
			    struct rtp_layer *layer)
{
	*layer = (struct rtp_layer) {};
	/* Beside a video, as its error correction is, it begins nothing. */
	if (state->layered)
		return;

	/* Who reads it can begin and end anywhere. */
	layer->up_to = RTP_TID_MAX;
	layer->flags = RTP_LAYER_START | RTP_LAYER_SYNC | RTP_LAYER_DOWN;
}

const struct rtp_codec_ops rtp_codec_opaque = {
	.name		= "opaque",
	.classify	= opaque_classify,
};
