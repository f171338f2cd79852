// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Makes what the tests of the H.264 codecs are fed with, from pictures that it
 * encodes with libopenh264 and has GStreamer and ffmpeg packetise: headers for
 * KUnit, and the seeds of userspace/fuzz/codec.c.
 *
 *	ninja -C build h264-vectors
 *
 * The layers are those that the encoder reports for what it returns.
 */
#include <err.h>
#include <stdio.h>
#include <string.h>
#include <wels/codec_api.h>

#include "vectors.h"

#define WIDTH		128
#define HEIGHT		64
#define PICTURES	6	/* an IDR picture, a whole temporal pattern, the next */
#define START_CODE	4
#define QUANTIZER	51	/* coarse: pictures of a few packets */

/* Small, so that pictures fill several packets. */
#define PACKET		"80"
#define PACKET_SIZE	80

/**
 * struct stream - what is encoded
 * @spatial: spatial layers; more than 1 has the scalable extension
 * @temporal: temporal layers
 * @idr: after how many pictures there is another IDR picture
 */
struct stream {
	int spatial;
	int temporal;
	guint idr;
};

static ISVCEncoder *open_encoder(const struct stream *stream)
{
	int quiet = WELS_LOG_QUIET;
	ISVCEncoder *encoder;
	SEncParamExt param;

	if (WelsCreateSVCEncoder(&encoder))
		errx(1, "libopenh264 has no encoder here");
	(*encoder)->SetOption(encoder, ENCODER_OPTION_TRACE_LEVEL, &quiet);
	(*encoder)->GetDefaultParams(encoder, &param);
	param.iPicWidth = WIDTH;
	param.iPicHeight = HEIGHT;
	param.fMaxFrameRate = 25;
	param.iRCMode = RC_OFF_MODE;
	param.iTemporalLayerNum = stream->temporal;
	param.iSpatialLayerNum = stream->spatial;
	for (int i = 0; i < stream->spatial; i++) {
		SSpatialLayerConfig *layer = &param.sSpatialLayers[i];

		layer->iVideoWidth = WIDTH >> (stream->spatial - 1 - i);
		layer->iVideoHeight = HEIGHT >> (stream->spatial - 1 - i);
		layer->fFrameRate = param.fMaxFrameRate;
		layer->iDLayerQp = QUANTIZER;
	}
	param.bPrefixNalAddingCtrl = stream->spatial > 1;
	param.bEnableFrameSkip = false;
	param.iMultipleThreadIdc = 1;
	if ((*encoder)->InitializeExt(encoder, &param))
		errx(1, "libopenh264 refuses %d spatial and %d temporal layers",
		     stream->spatial, stream->temporal);
	return encoder;
}

static gboolean begins_picture(const GArray *units, guint picture)
{
	return !units->len ||
	       g_array_index(units, struct unit, units->len - 1).picture != picture;
}

static void append_layer(GArray *units, const struct stream *stream, guint picture,
			 const SLayerBSInfo *layer)
{
	const guint8 *nal = layer->pBsBuf;

	for (int i = 0; i < layer->iNalCount; nal += layer->pNalLengthInByte[i++]) {
		struct unit unit = {
			.picture = picture,
			.time = picture,
			.len = layer->pNalLengthInByte[i] - START_CODE,
			.coded = layer->uiLayerType == VIDEO_CODING_LAYER,
		};

		unit.data = g_memdup2(nal + START_CODE, unit.len);
		if (!unit.coded) {
			unit.layer.flags = RTP_LAYER_PARAMS;
		} else if (stream->spatial > 1) {
			unit.layer.did = layer->uiSpatialId;
			unit.layer.qid = layer->uiQualityId;
			unit.layer.tid = layer->uiTemporalId;
			unit.layer.up_from = unit.layer.tid;
			unit.layer.up_to = RTP_TID_MAX;
			/* the prefix that was asked for comes first */
			if (!unit.layer.did && !i)
				unit.layer.flags = RTP_LAYER_UNMARK;
		} else {
			/* only the highest layer is referred to by none */
			unit.layer.tid = layer->uiTemporalId == stream->temporal - 1;
		}
		if (unit.coded && layer->eFrameType == videoFrameTypeIDR)
			unit.layer.flags |= RTP_LAYER_SYNC;
		/* without the extension, where an access unit begins */
		if (stream->spatial == 1 && begins_picture(units, picture))
			unit.layer.up_to = RTP_TID_MAX;
		g_array_append_val(units, unit);
	}
}

static GArray *encode(const struct stream *stream)
{
	GArray *units = units_new();
	guint8 picture[WIDTH * HEIGHT * 3 / 2];
	SSourcePicture source = {
		.iColorFormat = videoFormatI420,
		.iStride = { WIDTH, WIDTH / 2, WIDTH / 2 },
		.pData = { picture, picture + WIDTH * HEIGHT, picture + WIDTH * HEIGHT * 5 / 4 },
		.iPicWidth = WIDTH,
		.iPicHeight = HEIGHT,
	};
	ISVCEncoder *encoder = open_encoder(stream);

	for (guint n = 0; n < PICTURES; n++) {
		SFrameBSInfo info = {};

		for (gsize i = 0; i < sizeof(picture); i++)
			picture[i] = i / WIDTH + i % WIDTH + 8 * n;
		source.uiTimeStamp = n * 40;
		if (n && n % stream->idr == 0)
			(*encoder)->ForceIntraFrame(encoder, true);
		if ((*encoder)->EncodeFrame(encoder, &source, &info))
			errx(1, "libopenh264 cannot encode picture %u", n);
		for (int i = 0; i < info.iLayerNum; i++)
			append_layer(units, stream, n, &info.sLayerInfo[i]);
	}
	(*encoder)->Uninitialize(encoder);
	WelsDestroySVCEncoder(encoder);
	return units;
}

/* What each packetiser makes of a stream, as vectors and as seeds. */
static void write_stream(GString *text, const struct stream *stream, const char *prefix,
			 const char *corpus)
{
	static const struct {
		const char *name;
		const char *payloader;	/* of GStreamer; NULL is ffmpeg */
	} packetisers[] = {
		{ "gstreamer", "rtph264pay mtu=" PACKET },
		{ "gstreamer_stap", "rtph264pay mtu=" PACKET " aggregate-mode=max-stap" },
		{ "ffmpeg", NULL },
	};
	g_autoptr(GArray) units = encode(stream);

	for (guint i = 0; i < G_N_ELEMENTS(packetisers); i++) {
		g_autofree char *name = g_strdup_printf("%s_%s", prefix, packetisers[i].name);
		g_autoptr(GPtrArray) packets = NULL;

		if (packetisers[i].payloader)
			packets = vectors_gstreamer(units, "video/x-h264", packetisers[i].payloader);
		else
			packets = vectors_ffmpeg(units, "h264", PACKET_SIZE);
		vectors_expect(packets, units, H264_HEADER);
		vectors_append(text, name, packets);
		vectors_seed(packets, corpus, packetisers[i].name);
	}
}

/* What no encoder makes, by hand from RFC 6184 and RFC 6190. */
static void write_rare(const char *corpus)
{
	static const struct payload rare[] = {
		PAYLOAD(30, 0x80, 0x12, 0x47, 0x00),		/* PACSI */
		PAYLOAD(1, 0x9a),
		PAYLOAD(20, 0x80, 0x1f, 0xf7, 0x00),		/* a quality layer */
		PAYLOAD(20, 0x00, 0x12, 0x47),			/* multiview */
		PAYLOAD(25, 0x00, 0x01, 0x00, 0x02, 1, 0x9a),	/* STAP-B */
		PAYLOAD(26, 0x00, 0x01, 0x00, 0x02, 0x00, 0x00, 0x00, 1, 0x9a),
		PAYLOAD(27, 0x00, 0x01, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 1, 0x9a),
		PAYLOAD(29, 0x94, 0x00, 0x01, 0x80, 0x12, 0x47), /* FU-B */
		PAYLOAD(28, 0x54, 0x00),
		PAYLOAD(31, 0x10, 0x00, 0x02, 0x00, 0x00, 1, 0x9a), /* NI-MTAP */
	};

	vectors_seed_payloads(rare, G_N_ELEMENTS(rare), corpus, "rare");
}

int main(int argc, char **argv)
{
	static const struct stream svc = { .spatial = 3, .temporal = 3, .idr = 5 };
	static const struct stream avc = { .spatial = 1, .temporal = 2, .idr = 4 };
	g_autoptr(GString) svc_text = g_string_new(
		"/* SPDX-License-Identifier: GPL-2.0 */\n"
		"/*\n"
		" * A stream that libopenh264 encoded with three spatial and three temporal\n"
		" * layers, as GStreamer and ffmpeg packetise it. The layers are those that the\n"
		" * encoder reported. Made by userspace/shim/h264_vectors.c; do not edit.\n"
		" */\n");
	g_autoptr(GString) avc_text = g_string_new(
		"/* SPDX-License-Identifier: GPL-2.0 */\n"
		"/*\n"
		" * A stream that libopenh264 encoded with two temporal layers and without the\n"
		" * scalable extension, as GStreamer and ffmpeg packetise it. The layers are\n"
		" * those that the encoder reported. Made by userspace/shim/h264_vectors.c; do\n"
		" * not edit.\n"
		" */\n");

	if (argc != 5) {
		fprintf(stderr, "usage: %s SVC-HEADER SVC-CORPUS AVC-HEADER AVC-CORPUS\n", argv[0]);
		return 2;
	}
	write_stream(svc_text, &svc, "h264", argv[2]);
	write_rare(argv[2]);
	vectors_write(svc_text, argv[1]);
	write_stream(avc_text, &avc, "h264_avc", argv[4]);
	vectors_write(avc_text, argv[3]);
	return 0;
}
