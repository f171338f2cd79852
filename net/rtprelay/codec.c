// SPDX-License-Identifier: GPL-2.0
/*
 * The codecs by their numbers in the uapi.
 */
#include <kunit/visibility.h>
#include <linux/array_size.h>
#include <linux/module.h>
#include <linux/rtp_fanout.h>

#include "codec.h"

static const struct rtp_codec_ops *const rtp_codecs[] = {
	[RTP_FANOUT_CODEC_OPAQUE]	= &rtp_codec_opaque,
	[RTP_FANOUT_CODEC_H264]		= &rtp_codec_h264,
	[RTP_FANOUT_CODEC_H264_AVC]	= &rtp_codec_h264_avc,
	[RTP_FANOUT_CODEC_H265]		= &rtp_codec_h265,
	[RTP_FANOUT_CODEC_VP8]		= &rtp_codec_vp8,
	[RTP_FANOUT_CODEC_VP9]		= &rtp_codec_vp9,
	[RTP_FANOUT_CODEC_AV1]		= &rtp_codec_av1,
};

const struct rtp_codec_ops *rtp_codec_find(u8 codec)
{
	return codec < ARRAY_SIZE(rtp_codecs) ? rtp_codecs[codec] : NULL;
}
EXPORT_SYMBOL_IF_KUNIT(rtp_codec_find);

void rtp_codec_init(struct rtp_codec_state *state,
		    const struct rtp_fanout_config *config)
{
	unsigned int i;

	state->dependency_id = config->dependency_id;
	for (i = 0; i < ARRAY_SIZE(config->codec); i++)
		state->layered |= config->codec[i] > RTP_FANOUT_CODEC_OPAQUE;
}
EXPORT_SYMBOL_IF_KUNIT(rtp_codec_init);

void rtp_codec_reset(struct rtp_codec_state *state)
{
	*state = (struct rtp_codec_state) {
		.dependency_id	= state->dependency_id,
		.layered	= state->layered,
	};
}
EXPORT_SYMBOL_IF_KUNIT(rtp_codec_reset);

MODULE_DESCRIPTION("RTP fan-out");
MODULE_LICENSE("GPL");
