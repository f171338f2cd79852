// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Encodes raw I420 pictures as one AV1 stream with three spatial layers (a quarter,
 * half and all of the width and height) and three temporal layers, with libaom. Half
 * way between two key pictures the upper layers refer to nothing but the one below.
 */
#include "cli.h"
#include "pictures.h"

#include <aom/aom_encoder.h>
#include <aom/aomcx.h>
#include <stdlib.h>
#include <string.h>

#define SPEED		10
#define MAX_QUANTIZER	56
#define MIN_QUANTIZER	10

/* Of the seven references of a frame those that are used. */
#define REFERENCE_OWN	0	/* LAST: of its own layer, in another picture */
#define REFERENCE_BELOW	3	/* GOLDEN: of the layer below, in the same picture */
#define REFERENCE_KEPT	6	/* ALTREF: not used */

/*
 * Where frames are kept for those that refer to them: each spatial layer's of temporal
 * layers 0 and 1 in slots of its own, and of layer 2 what the spatial layer above needs.
 */
#define SLOT_T0		0
#define SLOT_T1		3
#define SLOT_T2		6
#define SLOTS		8
#define SLOT_NONE	SLOTS

static const guint layer_bitrate[SPATIAL_LAYERS][TEMPORAL_LAYERS] = {
	{ 60, 80, 100 },
	{ 120, 160, 200 },
	{ 240, 320, 400 },
};

static struct {
	aom_codec_ctx_t codec;
	struct pictures pictures;
	struct layered *stream;
	guint32 slot[SLOTS];	/* number of the frame in each */
} enc;

static void check(aom_codec_err_t err, const char *what)
{
	if (err)
		cli_die("libaom cannot %s: %s", what, aom_codec_error_detail(&enc.codec) ?:
			aom_codec_err_to_string(err));
}

static void open_encoder(const struct pictures *pictures)
{
	aom_svc_params_t svc = {
		.number_spatial_layers = SPATIAL_LAYERS,
		.number_temporal_layers = TEMPORAL_LAYERS,
	};
	aom_codec_enc_cfg_t cfg;

	enc.pictures = *pictures;
	check(aom_codec_enc_config_default(aom_codec_av1_cx(), &cfg, AOM_USAGE_REALTIME),
	      "encode AV1");
	cfg.g_w = pictures->width;
	cfg.g_h = pictures->height;
	cfg.g_threads = 1;
	cfg.g_timebase = (struct aom_rational){ 1, pictures->rate };
	cfg.g_lag_in_frames = 0;
	/* no state but pictures from one frame to the next, so that layers can be left out */
	cfg.g_error_resilient = AOM_ERROR_RESILIENT_DEFAULT;
	cfg.g_pass = AOM_RC_ONE_PASS;
	cfg.kf_mode = AOM_KF_DISABLED;
	cfg.rc_end_usage = AOM_CBR;
	cfg.rc_dropframe_thresh = 0;
	cfg.rc_min_quantizer = MIN_QUANTIZER;
	cfg.rc_max_quantizer = MAX_QUANTIZER;
	cfg.rc_target_bitrate = 0;
	for (guint t = 0; t < TEMPORAL_LAYERS; t++)
		svc.framerate_factor[t] = 1 << (TEMPORAL_LAYERS - 1 - t);
	for (guint s = 0; s < SPATIAL_LAYERS; s++) {
		svc.scaling_factor_num[s] = 1;
		svc.scaling_factor_den[s] = 1 << (SPATIAL_LAYERS - 1 - s);
		cfg.rc_target_bitrate += layer_bitrate[s][TEMPORAL_LAYERS - 1];
		for (guint t = 0; t < TEMPORAL_LAYERS; t++) {
			guint layer = s * TEMPORAL_LAYERS + t;

			svc.min_quantizers[layer] = MIN_QUANTIZER;
			svc.max_quantizers[layer] = MAX_QUANTIZER;
			svc.layer_target_bitrate[layer] = layer_bitrate[s][t];
		}
	}

	check(aom_codec_enc_init(&enc.codec, aom_codec_av1_cx(), &cfg, 0), "start");
	check(aom_codec_control(&enc.codec, AOME_SET_CPUUSED, SPEED), "set its speed");
	check(aom_codec_control(&enc.codec, AV1E_SET_ENABLE_ORDER_HINT, 0),
	      "leave order hints out");
	check(aom_codec_control(&enc.codec, AV1E_SET_SVC_PARAMS, &svc), "make these layers");
}

/* The slot that is refreshed with a frame. */
static guint slot_of(guint sid, guint since_key)
{
	switch (pictures_tid(since_key)) {
	case 0:
		return SLOT_T0 + sid;
	case 1:
		return SLOT_T1 + sid;
	default:
		return sid + 1 < SPATIAL_LAYERS ? SLOT_T2 + sid : SLOT_NONE;
	}
}

static void refer(aom_svc_ref_frame_config_t *config, struct layered_frame *frame,
		  guint reference, guint slot)
{
	config->reference[reference] = 1;
	config->ref_idx[reference] = slot;
	layered_add_ref(frame, enc.slot[slot]);
}

/* Sets what the frame refers to, and notes it. */
static void set_references(struct layered_frame *frame, guint since_key)
{
	gboolean alone = !since_key || since_key == enc.pictures.key / 2u / PERIOD * PERIOD;
	aom_svc_layer_id_t layer = { frame->sid, frame->tid };
	aom_svc_ref_frame_config_t config = {};
	guint own = SLOT_T0 + frame->sid, slot = slot_of(frame->sid, since_key);

	/* of the pictures 0 2 1 2 only the last refers to that of layer 1 */
	if (since_key % PERIOD == PERIOD - 1)
		own = SLOT_T1 + frame->sid;
	/* references that are not used have to be something */
	for (guint i = 0; i < G_N_ELEMENTS(config.ref_idx); i++)
		config.ref_idx[i] = own;
	if (frame->sid)
		refer(&config, frame, REFERENCE_BELOW, slot_of(frame->sid - 1, since_key));
	if (frame->sid ? !alone : !!since_key)
		refer(&config, frame, REFERENCE_OWN, own);
	if (slot != SLOT_NONE) {
		config.refresh[slot] = 1;
		/* libaom keeps a frame only where one of the seven names its slot */
		config.ref_idx[REFERENCE_KEPT] = slot;
	}
	check(aom_codec_control(&enc.codec, AV1E_SET_SVC_LAYER_ID, &layer), "begin a layer");
	check(aom_codec_control(&enc.codec, AV1E_SET_SVC_REF_FRAME_CONFIG, &config),
	      "refer to chosen frames");

	for (guint i = 0; i < SLOTS; i++)
		if (i == slot || (frame->key && !frame->sid))
			enc.slot[i] = frame->number;
}

static void encode(guint picture, guint since_key, guint8 *i420)
{
	aom_image_t image;

	aom_img_wrap(&image, AOM_IMG_FMT_I420, enc.pictures.width, enc.pictures.height, 1, i420);
	for (guint sid = 0; sid < SPATIAL_LAYERS; sid++) {
		aom_enc_frame_flags_t flags = since_key || sid ? 0 : AOM_EFLAG_FORCE_KF;
		struct layered_frame *frame = layered_add(enc.stream, NULL, 0);
		g_autoptr(GByteArray) data = g_byte_array_new();
		const aom_codec_cx_pkt_t *packet;
		aom_codec_iter_t iter = NULL;

		frame->number = enc.stream->frames->len - 1;
		frame->sid = sid;
		frame->tid = pictures_tid(since_key);
		frame->key = !since_key;
		set_references(frame, since_key);
		check(aom_codec_encode(&enc.codec, &image, picture, 1, flags), "encode a picture");
		while ((packet = aom_codec_get_cx_data(&enc.codec, &iter)))
			if (packet->kind == AOM_CODEC_CX_FRAME_PKT)
				g_byte_array_append(data, packet->data.frame.buf,
						    packet->data.frame.sz);
		if (!data->len)
			cli_die("libaom dropped layer %u of picture %u", sid, picture);
		g_bytes_unref(frame->data);
		frame->data = g_byte_array_free_to_bytes(g_steal_pointer(&data));
	}
}

int main(int argc, char **argv)
{
	enc.stream = layered_new(LAYERED_AV1);
	pictures_encode(argc, argv, enc.stream,
			"Encodes raw I420 pictures as AV1 with 3 spatial x 3 temporal layers\n"
			"into a file of layers. INPUT - is the standard input.", open_encoder, encode);
	aom_codec_destroy(&enc.codec);
	layered_free(enc.stream);
	return EXIT_SUCCESS;
}
