// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Encodes raw I420 pictures as one VP9 stream with three spatial layers (a quarter,
 * half and all of the width and height) and three temporal layers, with libvpx. Half
 * way between two key pictures the upper layers refer to nothing but the one below.
 */
#include "cli.h"
#include "pictures.h"

#include <stdlib.h>
#include <vpx/vp8cx.h>
#include <vpx/vpx_encoder.h>

#define SLOTS		8
#define MAX_QUANTIZER	56
#define MIN_QUANTIZER	2
#define SPEED		8

/* kbit/s of the temporal layers up to each, for the spatial layers from the smallest */
static const guint layer_bitrate[SPATIAL_LAYERS][TEMPORAL_LAYERS] = {
	{ 60, 80, 100 },
	{ 120, 160, 200 },
	{ 240, 320, 400 },
};

static struct {
	vpx_codec_ctx_t codec;
	struct pictures pictures;
	struct layered *stream;
	guint since_key;
	guint32 slot[SLOTS];	/* number of the frame in each reference buffer */
} enc;

static void check(vpx_codec_err_t err, const char *what)
{
	if (err)
		cli_die("libvpx cannot %s: %s", what, vpx_codec_error_detail(&enc.codec) ?:
			vpx_codec_err_to_string(err));
}

/* What the frame referred to and where it is kept, of which libvpx decides. */
static void note_references(struct layered_frame *frame)
{
	vpx_svc_ref_frame_config_t config;
	guint sid = frame->sid;

	check(vpx_codec_control(&enc.codec, VP9E_GET_SVC_REF_FRAME_CONFIG, &config),
	      "tell what a frame refers to");
	if (!frame->key || sid) {
		if (config.reference_last[sid])
			layered_add_ref(frame, enc.slot[config.lst_fb_idx[sid]]);
		if (config.reference_golden[sid])
			layered_add_ref(frame, enc.slot[config.gld_fb_idx[sid]]);
		if (config.reference_alt_ref[sid])
			layered_add_ref(frame, enc.slot[config.alt_fb_idx[sid]]);
	}
	for (guint i = 0; i < SLOTS; i++)
		if ((frame->key && !sid) || config.update_buffer_slot[sid] & 1 << i)
			enc.slot[i] = frame->number;
}

static void take_layer(vpx_codec_cx_pkt_t *packet, void *data)
{
	vpx_svc_layer_id_t layer;
	struct layered_frame *frame;

	check(vpx_codec_control(&enc.codec, VP9E_GET_SVC_LAYER_ID, &layer),
	      "tell the layer of a frame");
	frame = layered_add(enc.stream, packet->data.frame.buf, packet->data.frame.sz);
	frame->number = enc.stream->frames->len - 1;
	frame->sid = layer.spatial_layer_id;
	frame->tid = layer.temporal_layer_id;
	frame->key = !enc.since_key;
	note_references(frame);
}

static void open_encoder(const struct pictures *pictures)
{
	vpx_codec_priv_output_cx_pkt_cb_pair_t output = { take_layer, NULL };
	vpx_svc_extra_cfg_t svc = {
		.temporal_layering_mode = VP9E_TEMPORAL_LAYERING_MODE_0212,
	};
	vpx_codec_enc_cfg_t cfg;

	enc.pictures = *pictures;
	check(vpx_codec_enc_config_default(vpx_codec_vp9_cx(), &cfg, 0), "encode VP9");
	cfg.g_w = pictures->width;
	cfg.g_h = pictures->height;
	cfg.g_threads = 1;
	cfg.g_timebase = (struct vpx_rational){ 1, pictures->rate };
	cfg.g_lag_in_frames = 0;
	/* no state but pictures from one frame to the next, so that layers can be left out */
	cfg.g_error_resilient = VPX_ERROR_RESILIENT_DEFAULT;
	cfg.g_pass = VPX_RC_ONE_PASS;
	cfg.kf_mode = VPX_KF_DISABLED;
	cfg.rc_end_usage = VPX_CBR;
	cfg.rc_dropframe_thresh = 0;
	cfg.rc_min_quantizer = MIN_QUANTIZER;
	cfg.rc_max_quantizer = MAX_QUANTIZER;
	cfg.ss_number_layers = SPATIAL_LAYERS;
	cfg.ts_number_layers = TEMPORAL_LAYERS;
	cfg.ts_periodicity = PERIOD;
	cfg.temporal_layering_mode = svc.temporal_layering_mode;
	cfg.rc_target_bitrate = 0;
	for (guint t = 0; t < TEMPORAL_LAYERS; t++)
		cfg.ts_rate_decimator[t] = 1 << (TEMPORAL_LAYERS - 1 - t);
	for (guint s = 0; s < SPATIAL_LAYERS; s++) {
		svc.scaling_factor_num[s] = 1;
		svc.scaling_factor_den[s] = 1 << (SPATIAL_LAYERS - 1 - s);
		svc.speed_per_layer[s] = SPEED;
		cfg.ss_target_bitrate[s] = layer_bitrate[s][TEMPORAL_LAYERS - 1];
		cfg.rc_target_bitrate += cfg.ss_target_bitrate[s];
		for (guint t = 0; t < TEMPORAL_LAYERS; t++) {
			guint layer = s * TEMPORAL_LAYERS + t;

			svc.min_quantizers[layer] = MIN_QUANTIZER;
			svc.max_quantizers[layer] = MAX_QUANTIZER;
			cfg.layer_target_bitrate[layer] = layer_bitrate[s][t];
		}
	}

	check(vpx_codec_enc_init(&enc.codec, vpx_codec_vp9_cx(), &cfg, 0), "start");
	check(vpx_codec_control(&enc.codec, VP8E_SET_CPUUSED, SPEED), "set its speed");
	check(vpx_codec_control(&enc.codec, VP9E_SET_SVC, 1), "make layers");
	check(vpx_codec_control(&enc.codec, VP9E_SET_SVC_PARAMETERS, &svc), "make these layers");
	check(vpx_codec_control(&enc.codec, VP9E_REGISTER_CX_CALLBACK, &output),
	      "give out single layers");
}

static void encode(guint picture, guint since_key, guint8 *i420)
{
	vpx_image_t image;
	guint half = enc.pictures.key / 2 / PERIOD * PERIOD;

	if (since_key && since_key == half) {
		vpx_svc_spatial_layer_sync_t sync = { .spatial_layer_sync = { 0, 1, 1 } };

		check(vpx_codec_control(&enc.codec, VP9E_SET_SVC_SPATIAL_LAYER_SYNC, &sync),
		      "begin layers anew");
	}
	enc.since_key = since_key;
	vpx_img_wrap(&image, VPX_IMG_FMT_I420, enc.pictures.width, enc.pictures.height, 1, i420);
	check(vpx_codec_encode(&enc.codec, &image, picture, 1, since_key ? 0 : VPX_EFLAG_FORCE_KF,
			       VPX_DL_REALTIME), "encode a picture");
}

int main(int argc, char **argv)
{
	enc.stream = layered_new(LAYERED_VP9);
	pictures_encode(argc, argv, enc.stream,
			"Encodes raw I420 pictures as VP9 with 3 spatial x 3 temporal layers\n"
			"into a file of layers. INPUT - is the standard input.", open_encoder, encode);
	vpx_codec_destroy(&enc.codec);
	layered_free(enc.stream);
	return EXIT_SUCCESS;
}
