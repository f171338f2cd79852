// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Makes what the tests of the H.264 codec are fed with, from pictures that it
 * encodes with libopenh264 (three spatial and three temporal layers): a header
 * for KUnit, and the seeds of userspace/fuzz/h264.c.
 *
 *	ninja -C build h264-vectors
 *
 * The layers in the header are those that the encoder reports for what it
 * returns, not those that anyone read from the bytes.
 */
#include <arpa/inet.h>
#include <err.h>
#include <glib.h>
#include <stdio.h>
#include <string.h>
#include <wels/codec_api.h>

#define WIDTH		320
#define HEIGHT		192
#define LAYERS		3
#define PICTURES	5	/* an IDR picture, a whole temporal pattern, the next */
#define START_CODE	4
#define HEAD		4	/* NAL unit header and extension */

#define STAP_A		24
#define FU_A		28
#define FU_START	0x80
#define FU_END		0x40

struct unit {
	guint picture;
	guint8 head[HEAD];
	guint8 did, qid, tid;
};

static ISVCEncoder *open_encoder(void)
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
	param.iTemporalLayerNum = LAYERS;
	param.iSpatialLayerNum = LAYERS;
	for (int i = 0; i < LAYERS; i++) {
		SSpatialLayerConfig *layer = &param.sSpatialLayers[i];

		layer->iVideoWidth = WIDTH >> (LAYERS - 1 - i);
		layer->iVideoHeight = HEIGHT >> (LAYERS - 1 - i);
		layer->fFrameRate = param.fMaxFrameRate;
	}
	param.bPrefixNalAddingCtrl = true;
	param.bEnableFrameSkip = false;
	param.iMultipleThreadIdc = 1;
	if ((*encoder)->InitializeExt(encoder, &param))
		errx(1, "libopenh264 refuses three spatial and three temporal layers");
	return encoder;
}

static void append_layer(GArray *units, guint picture, const SLayerBSInfo *layer)
{
	const guint8 *nal = layer->pBsBuf;

	for (int i = 0; i < layer->iNalCount; nal += layer->pNalLengthInByte[i++]) {
		struct unit unit = { .picture = picture };

		if (layer->pNalLengthInByte[i] < START_CODE + HEAD)
			errx(1, "libopenh264 made a NAL unit shorter than %d bytes", HEAD);
		memcpy(unit.head, nal + START_CODE, HEAD);
		if (layer->uiLayerType == VIDEO_CODING_LAYER) {
			unit.did = layer->uiSpatialId;
			unit.qid = layer->uiQualityId;
			unit.tid = layer->uiTemporalId;
		}
		g_array_append_val(units, unit);
	}
}

static GArray *encode(void)
{
	GArray *units = g_array_new(FALSE, FALSE, sizeof(struct unit));
	guint8 picture[WIDTH * HEIGHT * 3 / 2];
	SSourcePicture source = {
		.iColorFormat = videoFormatI420,
		.iStride = { WIDTH, WIDTH / 2, WIDTH / 2 },
		.pData = { picture, picture + WIDTH * HEIGHT, picture + WIDTH * HEIGHT * 5 / 4 },
		.iPicWidth = WIDTH,
		.iPicHeight = HEIGHT,
	};
	ISVCEncoder *encoder = open_encoder();

	for (guint n = 0; n < PICTURES; n++) {
		SFrameBSInfo info = {};

		for (gsize i = 0; i < sizeof(picture); i++)
			picture[i] = i / WIDTH + i % WIDTH + 8 * n;
		source.uiTimeStamp = n * 40;
		if ((*encoder)->EncodeFrame(encoder, &source, &info))
			errx(1, "libopenh264 cannot encode picture %u", n);
		for (int i = 0; i < info.iLayerNum; i++)
			append_layer(units, n, &info.sLayerInfo[i]);
	}
	(*encoder)->Uninitialize(encoder);
	WelsDestroySVCEncoder(encoder);
	return units;
}

static void write_header(const GArray *units, const char *path)
{
	g_autoptr(GString) text = g_string_new(
		"/* SPDX-License-Identifier: GPL-2.0 */\n"
		"/*\n"
		" * NAL units of a stream that libopenh264 encoded with three spatial and three\n"
		" * temporal layers: picture, first bytes, and the DID, QID and TID that the\n"
		" * encoder reported. Made by userspace/shim/h264_vectors.c; do not edit.\n"
		" */\n"
		"static const struct h264_vector h264_vectors[] = {\n");
	g_autoptr(GError) error = NULL;

	for (guint i = 0; i < units->len; i++) {
		const struct unit *unit = &g_array_index(units, struct unit, i);

		g_string_append_printf(text, "\t{ %u, { 0x%02x, 0x%02x, 0x%02x, 0x%02x }, { %u, %u, %u } },\n",
				       unit->picture, unit->head[0], unit->head[1], unit->head[2],
				       unit->head[3], unit->did, unit->qid, unit->tid);
	}
	g_string_append(text, "};\n");
	if (!g_file_set_contents(path, text->str, text->len, &error))
		errx(1, "%s", error->message);
}

/* A seed is a run of datagrams, each behind its length in two bytes. */
static void seed_append(GByteArray *seed, guint16 seq, guint picture,
			const guint8 *payload, gsize len)
{
	struct {
		guint16 len;
		guint8 flags, type;
		guint16 seq;
		guint32 timestamp, ssrc;
	} __attribute__((packed)) head = {
		htons(12 + len), 0x80, 96, htons(seq), htonl(picture * 3600), htonl(1),
	};

	g_byte_array_append(seed, (const guint8 *)&head, sizeof(head));
	g_byte_array_append(seed, payload, len);
}

static void seed_write(GByteArray *seed, const char *directory, const char *name)
{
	g_autofree char *path = g_build_filename(directory, name, NULL);
	g_autoptr(GError) error = NULL;

	if (!g_file_set_contents(path, (const char *)seed->data, seed->len, &error))
		errx(1, "%s", error->message);
	g_byte_array_unref(seed);
}

static void write_single(const GArray *units, const char *directory)
{
	GByteArray *seed = g_byte_array_new();

	/* across the wrap of the sequence numbers */
	for (guint i = 0; i < units->len; i++) {
		const struct unit *unit = &g_array_index(units, struct unit, i);

		seed_append(seed, 65530 + i, unit->picture, unit->head, HEAD);
	}
	seed_write(seed, directory, "single");
}

static void write_fragments(const GArray *units, const char *directory)
{
	GByteArray *seed = g_byte_array_new();

	for (guint i = 0; i < units->len; i++) {
		const struct unit *unit = &g_array_index(units, struct unit, i);
		guint8 type = unit->head[0] & 0x1f, nri = unit->head[0] & 0x60;
		guint8 start[HEAD + 1] = { nri | FU_A, FU_START | type };
		guint8 middle[] = { nri | FU_A, type, 0 };
		guint8 end[] = { nri | FU_A, FU_END | type, 0 };

		memcpy(start + 2, unit->head + 1, HEAD - 1);
		seed_append(seed, 3 * i, unit->picture, start, sizeof(start));
		seed_append(seed, 3 * i + 1, unit->picture, middle, sizeof(middle));
		seed_append(seed, 3 * i + 2, unit->picture, end, sizeof(end));
	}
	seed_write(seed, directory, "fragments");
}

static void write_aggregates(const GArray *units, const char *directory)
{
	GByteArray *seed = g_byte_array_new();

	for (guint i = 0; i < units->len;) {
		guint picture = g_array_index(units, struct unit, i).picture;
		guint8 payload[1 + 2 * (2 + HEAD)] = { STAP_A };
		gsize len = 1;

		for (; i < units->len && len < sizeof(payload); i++) {
			const struct unit *unit = &g_array_index(units, struct unit, i);

			if (unit->picture != picture)
				break;
			payload[len + 1] = HEAD;
			memcpy(payload + len + 2, unit->head, HEAD);
			len += 2 + HEAD;
		}
		seed_append(seed, i, picture, payload, len);
	}
	seed_write(seed, directory, "aggregates");
}

/* What no encoder makes, by hand from RFC 6184 and RFC 6190. */
static void write_rare(const char *directory)
{
	static const guint8 pacsi[] = { 30, 0x80, 0x12, 0x47, 0x00 };
	static const guint8 slice[] = { 1, 0x9a };
	static const guint8 quality[] = { 20, 0x80, 0x1f, 0xe7, 0x00 };
	static const guint8 multiview[] = { 20, 0x00, 0x12, 0x47 };
	static const guint8 stap_b[] = { 25, 0x00, 0x01, 0x00, 0x02, 1, 0x9a };
	static const guint8 mtap16[] = { 26, 0x00, 0x01, 0x00, 0x02, 0x00, 0x00, 0x00, 1, 0x9a };
	static const guint8 mtap24[] = { 27, 0x00, 0x01, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 1, 0x9a };
	static const guint8 fu_b[] = { 29, FU_START | 20, 0x00, 0x01, 0x80, 0x12, 0x47 };
	static const guint8 fu_end[] = { FU_A, FU_END | 20, 0x00 };
	static const guint8 ni_mtap[] = { 31, 0x10, 0x00, 0x02, 0x00, 0x00, 1, 0x9a };
	static const struct {
		const guint8 *payload;
		gsize len;
	} rare[] = {
		{ pacsi, sizeof(pacsi) }, { slice, sizeof(slice) },
		{ quality, sizeof(quality) }, { multiview, sizeof(multiview) },
		{ stap_b, sizeof(stap_b) }, { mtap16, sizeof(mtap16) },
		{ mtap24, sizeof(mtap24) }, { fu_b, sizeof(fu_b) },
		{ fu_end, sizeof(fu_end) }, { ni_mtap, sizeof(ni_mtap) },
	};
	GByteArray *seed = g_byte_array_new();

	for (guint i = 0; i < G_N_ELEMENTS(rare); i++)
		seed_append(seed, i, 0, rare[i].payload, rare[i].len);
	seed_write(seed, directory, "rare");
}

int main(int argc, char **argv)
{
	g_autoptr(GArray) units = NULL;

	if (argc != 3) {
		fprintf(stderr, "usage: %s HEADER CORPUS-DIRECTORY\n", argv[0]);
		return 2;
	}
	units = encode();
	write_header(units, argv[1]);
	write_single(units, argv[2]);
	write_fragments(units, argv[2]);
	write_aggregates(units, argv[2]);
	write_rare(argv[2]);
	return 0;
}
