// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Makes what the tests of the VP8 codec are fed with, from frames that libvpx
 * encodes with three temporal layers and GStreamer packetises: a header for
 * KUnit, and the seeds of userspace/fuzz/codec.c.
 *
 *	ninja -C build vp8-vectors
 *
 * The layer of a frame is that of its place in the pattern that the encoder is
 * given. Frames are told apart by their timestamps.
 */
#include <err.h>
#include <linux/unaligned.h>
#include <stdio.h>

#include "vectors.h"

#define FRAMES	10
#define KEY	8	/* frames from one key frame to the next */
#define PATTERN	4	/* frames in the pattern */

#define BASE	"no-ref-golden+no-ref-alt+no-upd-golden+no-upd-alt"
#define MIDDLE	"no-ref-alt+no-upd-last+no-upd-alt"
#define TOP	"no-upd-last+no-upd-golden+no-upd-alt+no-upd-entropy"

/* In layer 1 the first frame after a key frame refers to the base only; in
 * layer 2 the first does, the second also to layer 1.
 */
static const gint tids[PATTERN] = { 0, 2, 1, 2 };
static const gboolean syncs[PATTERN] = { FALSE, TRUE, TRUE, FALSE };

static void set_integers(GstElement *encoder, const char *property, const gint *values, guint n)
{
	/* what the property takes has no successor there */
	G_GNUC_BEGIN_IGNORE_DEPRECATIONS
	GValueArray *array = g_value_array_new(n);

	for (guint i = 0; i < n; i++) {
		GValue value = G_VALUE_INIT;

		g_value_init(&value, G_TYPE_INT);
		g_value_set_int(&value, values[i]);
		g_value_array_append(array, &value);
	}
	g_object_set(encoder, property, array, NULL);
	g_value_array_free(array);
	G_GNUC_END_IGNORE_DEPRECATIONS
}

static void set_layers(GstElement *pipeline)
{
	static const gint decimators[] = { 4, 2, 1 };
	static const gint bitrates[] = { 80000, 120000, 200000 };
	g_autoptr(GstElement) encoder = gst_bin_get_by_name(GST_BIN(pipeline), "encoder");

	set_integers(encoder, "temporal-scalability-layer-id", tids, PATTERN);
	set_integers(encoder, "temporal-scalability-rate-decimator", decimators,
		     G_N_ELEMENTS(decimators));
	set_integers(encoder, "temporal-scalability-target-bitrate", bitrates,
		     G_N_ELEMENTS(bitrates));
}

static GPtrArray *encode(const char *payloader)
{
	g_autofree char *description = g_strdup_printf(
		"videotestsrc num-buffers=%u pattern=ball ! "
		"video/x-raw,width=160,height=96,framerate=25/1 ! "
		"vp8enc name=encoder deadline=0 threads=1 target-bitrate=200000 "
		"keyframe-max-dist=%u min-quantizer=40 max-quantizer=50 "
		"temporal-scalability-number-layers=3 temporal-scalability-periodicity=%u "
		"temporal-scalability-layer-flags=<" BASE "," TOP "+no-ref-golden+no-ref-alt,"
		MIDDLE "+no-ref-golden," TOP "> "
		"temporal-scalability-layer-sync-flags=<false,true,true,false> ! "
		"%s mtu=150 timestamp-offset=0 seqnum-offset=0 ssrc=1", FRAMES, KEY, PATTERN, payloader);

	return vectors_pipeline(description, set_layers);
}

/* The first frame, and then one in KEY, is a key frame and of the base layer. */
static void expect(GPtrArray *packets)
{
	guint32 timestamp = 0;
	guint frame = 0;

	for (guint i = 0; i < packets->len; i++) {
		struct packet *packet = g_ptr_array_index(packets, i);
		const guint8 *rtp = g_bytes_get_data(packet->rtp, NULL);
		guint32 now = get_unaligned_be32(rtp + 4);
		struct rtp_layer *layer = &packet->layer;
		gboolean starts = !i || now != timestamp;

		if (i && starts)
			frame++;
		timestamp = now;
		packet->picture = frame;
		layer->tid = tids[frame % PATTERN];
		if (!starts)
			continue;
		layer->flags = RTP_LAYER_START;
		if (frame % KEY == 0) {
			layer->flags |= RTP_LAYER_SYNC;
			layer->up_to = RTP_TID_MAX;
		} else if (syncs[frame % PATTERN]) {
			layer->up_from = layer->tid - 1;
			layer->up_to = layer->tid;
		}
	}
	if (frame + 1 != FRAMES)
		errx(1, "vp8enc made %u frames of %u", frame + 1, FRAMES);
}

/* What GStreamer does not make, by hand from RFC 7741. */
static void write_rare(const char *corpus)
{
	static const struct payload rare[] = {
		PAYLOAD(0x10, 0x00),				/* no extension */
		PAYLOAD(0x90, 0x40, 0x01, 0x00),		/* TL0PICIDX only */
		PAYLOAD(0x90, 0x10, 0xe5, 0x01),		/* KEYIDX only */
		PAYLOAD(0xb2, 0x30, 0xe5, 0x01),		/* third partition */
		PAYLOAD(0x90, 0xf0, 0x81, 0x02, 0x03, 0xc4, 0x01),
	};

	vectors_seed_payloads(rare, G_N_ELEMENTS(rare), corpus, "rare");
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		const char *payloader;
	} packetisers[] = {
		{ "no_id", "rtpvp8pay picture-id-mode=none" },
		{ "short_id", "rtpvp8pay picture-id-mode=7-bit picture-id-offset=1" },
		{ "long_id", "rtpvp8pay picture-id-mode=15-bit picture-id-offset=300" },
	};
	g_autoptr(GString) text = g_string_new(
		"/* SPDX-License-Identifier: GPL-2.0 */\n"
		"/*\n"
		" * A stream that libvpx encoded with three temporal layers, as GStreamer\n"
		" * packetises it: without picture identifiers, with short ones and with long\n"
		" * ones. The layers are those of the pattern that the encoder was given. Made by\n"
		" * userspace/shim/vp8_vectors.c; do not edit.\n"
		" */\n");

	if (argc != 3) {
		fprintf(stderr, "usage: %s HEADER CORPUS\n", argv[0]);
		return 2;
	}
	for (guint i = 0; i < G_N_ELEMENTS(packetisers); i++) {
		g_autofree char *name = g_strdup_printf("vp8_%s", packetisers[i].name);
		g_autoptr(GPtrArray) packets = encode(packetisers[i].payloader);

		expect(packets);
		vectors_append(text, name, packets);
		vectors_seed(packets, argv[2], packetisers[i].name);
	}
	write_rare(argv[2]);
	vectors_write(text, argv[1]);
	return 0;
}
