// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Makes what the tests of the H.265 codec are fed with, from pictures that it
 * encodes with x265 and has GStreamer and ffmpeg packetise: a header for KUnit,
 * and the seeds of userspace/fuzz/codec.c.
 *
 *	ninja -C build h265-vectors
 *
 * What a unit is, is what the encoder says beside it. It puts in temporal layer
 * 1 what it calls TSA_N, and nothing else.
 */
#include <err.h>
#include <stdio.h>
#include <x265.h>

#include "vectors.h"

#define WIDTH		128
#define HEIGHT		64
#define PICTURES	14
#define START_CODE	4

/* Small, so that pictures fill several packets. */
#define PACKET		"120"
#define PACKET_SIZE	120

static x265_param *parameters(void)
{
	static const char *const options[][2] = {
		{ "temporal-layers", NULL },
		{ "bframes", "3" },
		{ "b-adapt", "0" },
		{ "keyint", "8" },
		{ "min-keyint", "8" },
		{ "open-gop", "1" },
		{ "qp", "36" },
		{ "repeat-headers", "1" },
		{ "info", "0" },
		{ "pools", "none" },
		{ "frame-threads", "1" },
		{ "log-level", "none" },
	};
	x265_param *param = x265_param_alloc();

	if (x265_param_default_preset(param, "medium", NULL))
		errx(1, "x265 has no preset medium");
	for (gsize i = 0; i < G_N_ELEMENTS(options); i++)
		if (x265_param_parse(param, options[i][0], options[i][1]))
			errx(1, "x265 refuses %s", options[i][0]);
	param->sourceWidth = WIDTH;
	param->sourceHeight = HEIGHT;
	param->fpsNum = 25;
	param->fpsDenom = 1;
	return param;
}

/* H.265, clause 7.4.2.2, as what can be begun at a picture of a type. */
static void begins(struct unit *unit, guint32 type)
{
	switch (type) {
	case NAL_UNIT_CODED_SLICE_TSA_N:
		unit->layer.up_from = unit->layer.tid - 1;
		unit->layer.up_to = RTP_TID_MAX;
		break;
	case NAL_UNIT_CODED_SLICE_IDR_W_RADL:
	case NAL_UNIT_CODED_SLICE_IDR_N_LP:
		unit->layer.up_to = RTP_TID_MAX;
		unit->layer.flags = RTP_LAYER_SYNC;
		break;
	case NAL_UNIT_CODED_SLICE_CRA:
		unit->layer.flags = RTP_LAYER_SYNC;
		break;
	}
}

static void append_picture(GArray *units, const x265_nal *nal, guint32 n, const x265_picture *picture)
{
	static guint count;

	for (guint32 i = 0; i < n; i++) {
		struct unit unit = {
			.picture = count,
			.time = picture->pts,
			.len = nal[i].sizeBytes,
			.coded = nal[i].type < NAL_UNIT_VPS,
		};
		const guint8 *data = nal[i].payload;

		/* three bytes or four */
		while (!*data) {
			data++;
			unit.len--;
		}
		unit.len--;
		unit.data = g_memdup2(data + 1, unit.len);
		if (nal[i].type >= NAL_UNIT_VPS && nal[i].type <= NAL_UNIT_PPS)
			unit.layer.flags = RTP_LAYER_PARAMS;
		else
			unit.layer.tid = nal[i].type == NAL_UNIT_CODED_SLICE_TSA_N;
		begins(&unit, nal[i].type);
		g_array_append_val(units, unit);
	}
	count++;
}

static GArray *encode(void)
{
	GArray *units = units_new();
	guint8 planes[WIDTH * HEIGHT * 3 / 2];
	x265_param *param = parameters();
	x265_encoder *encoder = x265_encoder_open(param);
	x265_picture *in = x265_picture_alloc(), *out = x265_picture_alloc();
	x265_nal *nal;
	guint32 n;
	int ret;

	if (!encoder)
		errx(1, "x265 refuses its parameters");
	x265_picture_init(param, in);
	for (guint shown = 0;; shown++) {
		for (gsize i = 0; i < sizeof(planes); i++)
			planes[i] = i / WIDTH + i % WIDTH + 8 * shown;
		in->planes[0] = planes;
		in->planes[1] = planes + WIDTH * HEIGHT;
		in->planes[2] = planes + WIDTH * HEIGHT * 5 / 4;
		in->stride[0] = WIDTH;
		in->stride[1] = in->stride[2] = WIDTH / 2;
		in->pts = shown;
		ret = x265_encoder_encode(encoder, &nal, &n, shown < PICTURES ? in : NULL, out);
		if (ret < 0)
			errx(1, "x265 cannot encode picture %u", shown);
		if (ret)
			append_picture(units, nal, n, out);
		else if (shown >= PICTURES)
			break;
	}
	x265_picture_free(in);
	x265_picture_free(out);
	x265_encoder_close(encoder);
	x265_param_free(param);
	x265_cleanup();
	return units;
}

/* ffmpeg leaves out the TemporalId of what it sends in fragments: nobody who
 * gets them could tell it.
 */
static void forget_tids(GPtrArray *packets)
{
	for (guint i = 0; i < packets->len; i++) {
		struct packet *packet = g_ptr_array_index(packets, i);

		if (!packet->fragment || !packet->layer.tid)
			continue;
		packet->layer.tid = 0;
		packet->layer.up_from = 0;
		packet->layer.up_to = 0;
	}
}

/* What no encoder makes, by hand from RFC 7798. */
static void write_rare(const char *corpus)
{
	static const struct payload rare[] = {
		PAYLOAD(0x01, 0x42, 0xd0),			/* nuh_layer_id 40 */
		PAYLOAD(0x00, 0x0a, 0xd0),			/* nuh_layer_id 1 */
		PAYLOAD(0x08, 0x03, 0xd0),			/* STSA */
		PAYLOAD(0x60, 0x01, 0, 4, 0x06, 0x02, 0xd0, 0, 0, 2, 0x06, 0x03),
		PAYLOAD(0x62, 0x03, 0x83, 0xd0),		/* the first fragment */
		PAYLOAD(0x62, 0x03, 0x43),
		PAYLOAD(0x64, 0x01, 0x26, 0x00, 0xaf),		/* PACI */
		PAYLOAD(0x26, 0x00, 0xaf),			/* no TID */
	};

	vectors_seed_payloads(rare, G_N_ELEMENTS(rare), corpus, "rare");
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		const char *payloader;	/* of GStreamer; NULL is ffmpeg */
	} packetisers[] = {
		{ "gstreamer", "rtph265pay mtu=" PACKET },
		{ "gstreamer_ap", "rtph265pay mtu=" PACKET " aggregate-mode=max" },
		{ "ffmpeg", NULL },
	};
	g_autoptr(GString) text = g_string_new(
		"/* SPDX-License-Identifier: GPL-2.0 */\n"
		"/*\n"
		" * A stream that x265 encoded with two temporal layers, as GStreamer and ffmpeg\n"
		" * packetise it. The layers and types are those that the encoder reported. Made\n"
		" * by userspace/shim/h265_vectors.c; do not edit.\n"
		" */\n");
	g_autoptr(GArray) units = NULL;

	if (argc != 3) {
		fprintf(stderr, "usage: %s HEADER CORPUS\n", argv[0]);
		return 2;
	}
	units = encode();
	for (guint i = 0; i < G_N_ELEMENTS(packetisers); i++) {
		g_autofree char *name = g_strdup_printf("h265_%s", packetisers[i].name);
		g_autoptr(GPtrArray) packets = NULL;

		if (packetisers[i].payloader)
			packets = vectors_gstreamer(units, "video/x-h265", packetisers[i].payloader);
		else
			packets = vectors_ffmpeg(units, "hevc", PACKET_SIZE);
		vectors_expect(packets, units, H265_HEADER);
		if (!packetisers[i].payloader)
			forget_tids(packets);
		vectors_append(text, name, packets);
		vectors_seed(packets, argv[2], packetisers[i].name);
	}
	write_rare(argv[2]);
	vectors_write(text, argv[1]);
	return 0;
}
