// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Encodes raw I420 pictures as VP8 with three temporal layers and packetizes them
 * (RFC 7741), both by GStreamer, whose encoder is libvpx. A program only because
 * gst-launch-1.0 cannot write the encoder's arrays.
 */
#include "cli.h"

#include <gst/gst.h>
#include <stdio.h>
#include <stdlib.h>

#define TEMPORAL_LAYERS	3
#define PERIOD		4
#define KEY_SECONDS	2

/*
 * Layers 0 2 1 2. Each picture predicts from the last of layer 0; the second of
 * layer 2 from that of layer 1 as well, which the golden buffer holds. It is the only
 * one that is no layer sync: it cannot be the first of its layer.
 */
static const gint layer_id[PERIOD] = { 0, 2, 1, 2 };
static const gboolean layer_sync[PERIOD] = { FALSE, TRUE, TRUE, FALSE };
static const char *const layer_flags[PERIOD] = {
	"no-ref-golden+no-ref-alt+no-upd-golden+no-upd-alt",
	"no-ref-golden+no-ref-alt+no-upd-last+no-upd-golden+no-upd-alt+no-upd-entropy",
	"no-ref-golden+no-ref-alt+no-upd-last+no-upd-alt+no-upd-entropy",
	"no-ref-alt+no-upd-last+no-upd-golden+no-upd-alt+no-upd-entropy",
};

static const gint rate_decimator[TEMPORAL_LAYERS] = { 4, 2, 1 };
/* bit/s of the layers up to each */
static const gint layer_bitrate[TEMPORAL_LAYERS] = { 150000, 220000, 300000 };

static gint opt_width = 384;
static gint opt_height = 216;
static gint opt_rate = 20;

static const GOptionEntry entries[] = {
	{ "width", 0, 0, G_OPTION_ARG_INT, &opt_width, "of the input, in pixels (384)", "PIXELS" },
	{ "height", 0, 0, G_OPTION_ARG_INT, &opt_height, "of the input, in pixels (216)", "PIXELS" },
	{ "rate", 0, 0, G_OPTION_ARG_INT, &opt_rate, "frames a second, 1 to 30 (20)", "N" },
	{}
};

G_GNUC_BEGIN_IGNORE_DEPRECATIONS
/* GStreamer has these properties as GValueArray, which GLib has declared obsolete. */
static void set_integers(GstElement *element, const char *property, const gint *value, guint count)
{
	GValueArray *array = g_value_array_new(count);

	for (guint i = 0; i < count; i++) {
		GValue item = G_VALUE_INIT;

		g_value_init(&item, G_TYPE_INT);
		g_value_set_int(&item, value[i]);
		g_value_array_append(array, &item);
	}
	g_object_set(element, property, array, NULL);
	g_value_array_free(array);
}
G_GNUC_END_IGNORE_DEPRECATIONS

static void set_layers(GstElement *encoder)
{
	g_autoptr(GString) flags = g_string_new("<");
	g_autoptr(GString) sync = g_string_new("<");

	for (guint i = 0; i < PERIOD; i++) {
		const char *mark = i + 1 < PERIOD ? "," : ">";

		g_string_append_printf(flags, "%s%s", layer_flags[i], mark);
		g_string_append_printf(sync, "%s%s", layer_sync[i] ? "true" : "false", mark);
	}
	gst_util_set_object_arg(G_OBJECT(encoder), "temporal-scalability-layer-flags", flags->str);
	gst_util_set_object_arg(G_OBJECT(encoder), "temporal-scalability-layer-sync-flags",
				sync->str);
	set_integers(encoder, "temporal-scalability-layer-id", layer_id, PERIOD);
	set_integers(encoder, "temporal-scalability-rate-decimator", rate_decimator,
		     TEMPORAL_LAYERS);
	set_integers(encoder, "temporal-scalability-target-bitrate", layer_bitrate,
		     TEMPORAL_LAYERS);
}

/* What the encoder says of the picture, before the payloader cuts it up. */
static GstPadProbeReturn encoded(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
	GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER(info);
	GstCustomMeta *meta = gst_buffer_get_custom_meta(buffer, "GstVP8Meta");
	guint tid;

	if (!meta || !gst_structure_get_uint(gst_custom_meta_get_structure(meta), "layer-id", &tid))
		cli_die("GStreamer's vp8enc does not say which layer a picture is of");
	printf("%u %s\n", tid,
	       GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT) ? "delta" : "key");
	return GST_PAD_PROBE_OK;
}

int main(int argc, char **argv)
{
	g_autoptr(GstElement) pipeline = NULL;
	g_autoptr(GstMessage) message = NULL;
	g_autoptr(GError) error = NULL;
	g_autofree gchar *launch = NULL;
	g_autoptr(GstElement) encoder = NULL;
	g_autoptr(GstElement) source = NULL;
	g_autoptr(GstElement) sink = NULL;
	g_autoptr(GstElement) pay = NULL;
	g_autoptr(GstPad) pad = NULL;
	g_autoptr(GstBus) bus = NULL;

	cli_parse(&argc, &argv, entries, 2, "INPUT OUTPUT",
		  "Encodes raw I420 pictures as VP8 with three temporal layers. OUTPUT gets its\n"
		  "RTP datagrams, each behind its length (RFC 4571); a line 'TID KIND' for each\n"
		  "picture is printed, KIND key or delta.");
	gst_init(NULL, NULL);
	launch = g_strdup_printf(
		"filesrc name=source ! rawvideoparse format=i420 width=%d height=%d framerate=%d/1 ! "
		"vp8enc name=encoder deadline=1 cpu-used=8 end-usage=cbr target-bitrate=%d "
		"keyframe-max-dist=%d temporal-scalability-number-layers=%d "
		"temporal-scalability-periodicity=%d ! "
		"rtpvp8pay name=pay pt=96 mtu=1200 picture-id-mode=15-bit ssrc=1234567 "
		/* numbers and timestamps that wrap on the way */
		"seqnum-offset=65000 timestamp-offset=4294900000 ! "
		"rtpstreampay ! filesink name=sink",
		opt_width, opt_height, opt_rate, layer_bitrate[TEMPORAL_LAYERS - 1],
		KEY_SECONDS * opt_rate, TEMPORAL_LAYERS, PERIOD);
	pipeline = gst_parse_launch(launch, &error);
	if (error)
		cli_die("%s", error->message);
	source = gst_bin_get_by_name(GST_BIN(pipeline), "source");
	g_object_set(source, "location", argv[1], NULL);
	sink = gst_bin_get_by_name(GST_BIN(pipeline), "sink");
	g_object_set(sink, "location", argv[2], NULL);
	encoder = gst_bin_get_by_name(GST_BIN(pipeline), "encoder");
	set_layers(encoder);
	pay = gst_bin_get_by_name(GST_BIN(pipeline), "pay");
	pad = gst_element_get_static_pad(pay, "sink");
	gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, encoded, NULL, NULL);

	gst_element_set_state(pipeline, GST_STATE_PLAYING);
	bus = gst_element_get_bus(pipeline);
	message = gst_bus_timed_pop_filtered(bus, GST_CLOCK_TIME_NONE,
					     GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
	if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
		gst_message_parse_error(message, &error, NULL);
		cli_die("%s", error->message);
	}
	gst_element_set_state(pipeline, GST_STATE_NULL);
	return EXIT_SUCCESS;
}
