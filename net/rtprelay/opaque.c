// SPDX-License-Identifier: GPL-2.0
/*
 * A stream without layers, or of a codec that is not known: audio, data.
 */
#include "codec.h"

static void opaque_classify(struct rtp_codec_state *state,
			    const struct rtp_packet *pkt,
			    struct rtp_layer *layer)
{
	*layer = (struct rtp_layer) {};
}

const struct rtp_codec_ops rtp_codec_opaque = {
	.name		= "opaque",
	.classify	= opaque_classify,
};
