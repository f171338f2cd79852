// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Encodes raw I420 pictures as one H.264 SVC stream: three spatial layers (a
 * quarter, half and all of the width and height), three temporal layers each.
 */
#include "cli.h"
#include "h264.h"
#include "sps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wels/codec_api.h>

#define SPATIAL_LAYERS	3
#define TEMPORAL_LAYERS	3
#define IDR_SECONDS	2

/* bit/s of each spatial layer, from the smallest; a modest live camera's */
static const int layer_bitrate[SPATIAL_LAYERS] = { 120000, 320000, 900000 };

static gint opt_width = 1280;
static gint opt_height = 720;
static gint opt_rate = 20;
static gchar *opt_layers;

static const GOptionEntry entries[] = {
	{ "width", 0, 0, G_OPTION_ARG_INT, &opt_width, "of the input, in pixels (1280)", "PIXELS" },
	{ "height", 0, 0, G_OPTION_ARG_INT, &opt_height, "of the input, in pixels (720)", "PIXELS" },
	{ "rate", 0, 0, G_OPTION_ARG_INT, &opt_rate, "frames a second, 1 to 30 (20)", "N" },
	{ "layers", 0, 0, G_OPTION_ARG_FILENAME, &opt_layers,
	  "where to write what the encoder says of each NAL unit: a line 'FRAME DID TID\n"
	  "KIND OCTETS' each, KIND key, delta or parameters", "FILE" },
	{}
};

static ISVCEncoder *open_encoder(void)
{
	ISVCEncoder *encoder;
	SEncParamExt param;
	int level = WELS_LOG_ERROR;

	if (WelsCreateSVCEncoder(&encoder))
		cli_die("openh264 has no encoder here");
	(*encoder)->SetOption(encoder, ENCODER_OPTION_TRACE_LEVEL, &level);
	(*encoder)->GetDefaultParams(encoder, &param);

	param.iUsageType = CAMERA_VIDEO_REAL_TIME;
	param.iPicWidth = opt_width;
	param.iPicHeight = opt_height;
	param.fMaxFrameRate = opt_rate;
	param.iRCMode = RC_BITRATE_MODE;
	param.iTargetBitrate = 0;
	param.iTemporalLayerNum = TEMPORAL_LAYERS;
	param.iSpatialLayerNum = SPATIAL_LAYERS;
	for (int i = 0; i < SPATIAL_LAYERS; i++) {
		SSpatialLayerConfig *layer = &param.sSpatialLayers[i];
		int shift = SPATIAL_LAYERS - 1 - i;

		layer->iVideoWidth = opt_width >> shift;
		layer->iVideoHeight = opt_height >> shift;
		layer->fFrameRate = opt_rate;
		layer->iSpatialBitrate = layer_bitrate[i];
		layer->sSliceArgument.uiSliceMode = SM_SINGLE_SLICE;
		param.iTargetBitrate += layer_bitrate[i];
	}
	/* whole periods of the temporal pattern, or openh264 refuses it */
	param.uiIntraPeriod = IDR_SECONDS * opt_rate >> (TEMPORAL_LAYERS - 1)
						     << (TEMPORAL_LAYERS - 1);
	/* the same parameter sets with each IDR, so that a loop of the file is seamless */
	param.eSpsPpsIdStrategy = CONSTANT_ID;
	param.bPrefixNalAddingCtrl = true;
	param.bSimulcastAVC = false;
	/* a scene cut must not add IDR pictures, a full buffer must not drop frames */
	param.bEnableSceneChangeDetect = false;
	param.bEnableFrameSkip = false;
	param.iMultipleThreadIdc = 1;

	if ((*encoder)->InitializeExt(encoder, &param))
		cli_die("openh264 refuses %dx%d at %d frames/s; width and height must be multiples of 8",
			opt_width, opt_height, opt_rate);
	return encoder;
}

static void append_nal(GByteArray *out, GString *list, guint frame, const SLayerBSInfo *layer,
		       const guint8 *data, gsize len)
{
	const char *kind = layer->uiLayerType == NON_VIDEO_CODING_LAYER ? "parameters" :
			   layer->eFrameType == videoFrameTypeIDR ? "key" : "delta";

	annexb_append(out, data, len);
	g_string_append_printf(list, "%u %u %u %s %zu\n", frame, layer->uiSpatialId,
			       layer->uiTemporalId, kind, len);
}

/*
 * The picture parameter set of the top layer names SPS id 1, meaning the subset SPS
 * of that id. Decoders that know no subset SPS (ffmpeg's) report that as an error,
 * though they never use it. A plain SPS of that id, activated by nobody, spares them.
 */
static void append_layer(GByteArray *out, GString *list, guint frame, const SLayerBSInfo *layer)
{
	gsize size = 0, pos = 0;
	struct h264_nal nal;

	for (int i = 0; i < layer->iNalCount; i++)
		size += layer->pNalLengthInByte[i];
	while (annexb_next(layer->pBsBuf, size, &pos, &nal)) {
		g_autoptr(GByteArray) copy = sps_copy_as_id1(nal.data, nal.len);

		append_nal(out, list, frame, layer, nal.data, nal.len);
		if (copy)
			append_nal(out, list, frame, layer, copy->data, copy->len);
	}
}

int main(int argc, char **argv)
{
	g_autoptr(GByteArray) unit = g_byte_array_new();
	g_autoptr(GString) list = g_string_new(NULL);
	g_autoptr(GError) error = NULL;
	g_autofree guint8 *picture = NULL;
	ISVCEncoder *encoder;
	SSourcePicture source;
	SFrameBSInfo info;
	gsize luma, size, got;
	gint64 shown = g_get_monotonic_time();
	guint frames = 0;
	FILE *in, *out;

	cli_parse(&argc, &argv, entries, 2, "INPUT OUTPUT",
		  "Encodes raw I420 pictures as H.264 SVC (3 spatial x 3 temporal layers)\n"
		  "into an Annex B file. INPUT - is the standard input.");
	if (opt_width < 64 || opt_height < 64 || opt_width > 4096 || opt_height > 2304)
		cli_die("%dx%d is not between 64x64 and 4096x2304", opt_width, opt_height);
	if (opt_rate < 1 || opt_rate > 30)
		cli_die("%d frames/s is not between 1 and 30", opt_rate);

	in = strcmp(argv[1], "-") ? fopen(argv[1], "rb") : stdin;
	if (!in)
		cli_die("cannot read %s: %s", argv[1], g_strerror(errno));
	out = fopen(argv[2], "wb");
	if (!out)
		cli_die("cannot write %s: %s", argv[2], g_strerror(errno));

	luma = (gsize)opt_width * opt_height;
	size = luma * 3 / 2;
	picture = g_malloc(size);
	source = (SSourcePicture){
		.iColorFormat = videoFormatI420,
		.iStride = { opt_width, opt_width / 2, opt_width / 2 },
		.pData = { picture, picture + luma, picture + luma + luma / 4 },
		.iPicWidth = opt_width,
		.iPicHeight = opt_height,
	};
	encoder = open_encoder();
	while ((got = fread(picture, 1, size, in)) == size) {
		source.uiTimeStamp = (gint64)frames * 1000 / opt_rate;
		if ((*encoder)->EncodeFrame(encoder, &source, &info))
			cli_die("openh264 cannot encode frame %u", frames);
		g_byte_array_set_size(unit, 0);
		for (int i = 0; i < info.iLayerNum; i++)
			append_layer(unit, list, frames, &info.sLayerInfo[i]);
		if (fwrite(unit->data, 1, unit->len, out) != unit->len)
			cli_die("cannot write %s: %s", argv[2], g_strerror(errno));
		frames++;
		if (g_get_monotonic_time() - shown >= 5 * G_USEC_PER_SEC) {
			shown = g_get_monotonic_time();
			g_printerr("%s: %u frames\n", g_get_prgname(), frames);
		}
	}
	if (got || ferror(in))
		cli_die("%s ends within frame %u", argv[1], frames);
	if (!frames)
		cli_die("%s has no frame of %dx%d", argv[1], opt_width, opt_height);
	if (fclose(out))
		cli_die("cannot write %s: %s", argv[2], g_strerror(errno));
	if (opt_layers && !g_file_set_contents(opt_layers, list->str, list->len, &error))
		cli_die("%s", error->message);

	(*encoder)->Uninitialize(encoder);
	WelsDestroySVCEncoder(encoder);
	return EXIT_SUCCESS;
}
