// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An RTSP origin: serves an H.264 SVC file endlessly in real time, its timestamps
 * going on from loop to loop. SIGUSR1 ends the stream after a whole access unit but
 * leaves the sessions up, and writes down what was sent.
 */
#include "cli.h"
#include "h264.h"
#include "plan.h"

#include <glib-unix.h>
#include <gst/app/gstappsrc.h>
#include <gst/rtp/gstrtpbuffer.h>
#include <gst/rtsp-server/rtsp-server.h>
#include <json-glib/json-glib.h>
#include <stdlib.h>

/* What was handed to the network by then must have left: a few frames' time. */
#define DRAIN_MS	500

static gchar *opt_address = "0.0.0.0";
static gint opt_port = 554;
static gint opt_rate = 20;
static gchar *opt_summary;

static const GOptionEntry entries[] = {
	{ "address", 0, 0, G_OPTION_ARG_STRING, &opt_address, "to listen on (all)", "ADDRESS" },
	{ "port", 0, 0, G_OPTION_ARG_INT, &opt_port, "to listen on (554)", "PORT" },
	{ "rate", 0, 0, G_OPTION_ARG_INT, &opt_rate, "frames a second, 1 to 60 (20)", "N" },
	{ "summary", 0, 0, G_OPTION_ARG_FILENAME, &opt_summary,
	  "where SIGUSR1 writes what was sent, as JSON", "FILE" },
	{}
};

/* Of the present media pipeline; streaming threads write, the main loop reads. */
static struct origin {
	GMutex lock;
	struct h264_stream *stream;
	gboolean ended;		/* SIGUSR1 came */
	guint sessions;		/* pipelines made so far */
	guint64 next_au;	/* the next to be fed, counted over all loops */
	guint64 datagrams;	/* sent, RTP only */
	guint64 octets;		/* of them, from the RTP header on */
	guint32 first_timestamp;
	guint16 first_seq;
	guint32 ssrc;
} origin;

static void feed(GstAppSrc *src, guint length, gpointer data)
{
	g_autoptr(GByteArray) unit = g_byte_array_new();
	const struct h264_au *au;
	GstBuffer *buffer;
	guint64 index;
	gboolean ended;

	g_mutex_lock(&origin.lock);
	ended = origin.ended;
	index = origin.next_au;
	if (!ended)
		origin.next_au++;
	g_mutex_unlock(&origin.lock);
	if (ended)
		return;

	au = h264_stream_au(origin.stream, index % origin.stream->aus->len);
	for (guint n = au->first; n < au->first + au->count; n++) {
		const struct h264_nal *nal = h264_stream_nal(origin.stream, n);

		annexb_append(unit, nal->data, nal->len);
	}
	buffer = gst_buffer_new_memdup(unit->data, unit->len);
	GST_BUFFER_PTS(buffer) = gst_util_uint64_scale(index, GST_SECOND, opt_rate);
	GST_BUFFER_DTS(buffer) = GST_BUFFER_PTS(buffer);
	GST_BUFFER_DURATION(buffer) = GST_SECOND / opt_rate;
	gst_app_src_push_buffer(src, buffer);
}

static gboolean count(GstBuffer **buffer, guint i, gpointer data)
{
	GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;

	if (!gst_rtp_buffer_map(*buffer, GST_MAP_READ, &rtp))
		return TRUE;
	if (!origin.datagrams) {
		origin.first_timestamp = gst_rtp_buffer_get_timestamp(&rtp);
		origin.first_seq = gst_rtp_buffer_get_seq(&rtp);
		origin.ssrc = gst_rtp_buffer_get_ssrc(&rtp);
	}
	gst_rtp_buffer_unmap(&rtp);
	origin.datagrams++;
	origin.octets += gst_buffer_get_size(*buffer);
	return TRUE;
}

static GstPadProbeReturn payloaded(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
	g_mutex_lock(&origin.lock);
	if (info->type & GST_PAD_PROBE_TYPE_BUFFER_LIST) {
		gst_buffer_list_foreach(GST_PAD_PROBE_INFO_BUFFER_LIST(info), count, NULL);
	} else {
		GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER(info);

		count(&buffer, 0, NULL);
	}
	g_mutex_unlock(&origin.lock);
	return GST_PAD_PROBE_OK;
}

static void configure(GstRTSPMediaFactory *factory, GstRTSPMedia *media, gpointer data)
{
	g_autoptr(GstElement) bin = gst_rtsp_media_get_element(media);
	g_autoptr(GstElement) src = gst_bin_get_by_name(GST_BIN(bin), "src");
	g_autoptr(GstElement) pay = gst_bin_get_by_name(GST_BIN(bin), "pay0");
	g_autoptr(GstPad) pad = gst_element_get_static_pad(pay, "src");
	GstAppSrcCallbacks callbacks = { .need_data = feed };

	g_mutex_lock(&origin.lock);
	origin.sessions++;
	origin.next_au = 0;
	origin.datagrams = 0;
	origin.octets = 0;
	g_mutex_unlock(&origin.lock);

	gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST,
			  payloaded, NULL, NULL);
	gst_app_src_set_callbacks(GST_APP_SRC(src), &callbacks, NULL, NULL);
}

static void add_number(JsonObject *object, const char *name, gint64 value)
{
	json_object_set_int_member(object, name, value);
}

static gboolean write_summary(gpointer data)
{
	g_autoptr(JsonObject) object = json_object_new();
	g_autoptr(JsonNode) root = json_node_new(JSON_NODE_OBJECT);
	g_autoptr(JsonGenerator) generator = json_generator_new();
	g_autoptr(GError) error = NULL;

	g_mutex_lock(&origin.lock);
	add_number(object, "sessions", origin.sessions);
	add_number(object, "access_units", origin.next_au);
	add_number(object, "datagrams", origin.datagrams);
	add_number(object, "octets", origin.octets);
	add_number(object, "ssrc", origin.ssrc);
	add_number(object, "first_seq", origin.first_seq);
	add_number(object, "first_timestamp", origin.first_timestamp);
	add_number(object, "timestamp_step", PLAN_CLOCK_RATE / opt_rate);
	g_mutex_unlock(&origin.lock);

	json_node_set_object(root, object);
	json_generator_set_root(generator, root);
	json_generator_set_pretty(generator, TRUE);
	if (!json_generator_to_file(generator, opt_summary, &error))
		cli_die("%s", error->message);
	return G_SOURCE_REMOVE;
}

static gboolean end_stream(gpointer data)
{
	g_mutex_lock(&origin.lock);
	origin.ended = TRUE;
	g_mutex_unlock(&origin.lock);
	g_timeout_add(DRAIN_MS, write_summary, NULL);
	return G_SOURCE_REMOVE;
}

static gboolean quit(gpointer loop)
{
	g_main_loop_quit(loop);
	return G_SOURCE_CONTINUE;
}

int main(int argc, char **argv)
{
	g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
	g_autoptr(GstRTSPServer) server = NULL;
	g_autoptr(GstRTSPMountPoints) mounts = NULL;
	g_autoptr(GError) error = NULL;
	g_autofree gchar *service = NULL;
	g_autofree gchar *pipeline = NULL;
	GstRTSPMediaFactory *factory;

	cli_parse(&argc, &argv, entries, 2, "FILE PATH",
		  "Serves the H.264 SVC file (Annex B) at rtsp://ADDRESS:PORT/PATH, looped, in\n"
		  "real time, to any number of clients, over UDP.");
	if (opt_port < 1 || opt_port > 65535)
		cli_die("port %d is not between 1 and 65535", opt_port);
	if (opt_rate < 1 || opt_rate > 60 || PLAN_CLOCK_RATE % opt_rate)
		cli_die("%d frames/s is not a divisor of %d between 1 and 60",
			opt_rate, PLAN_CLOCK_RATE);
	if (argv[2][0] != '/')
		cli_die("path '%s' does not begin with a slash", argv[2]);
	origin.stream = h264_stream_load(argv[1], &error);
	if (!origin.stream)
		cli_die("%s", error->message);

	gst_init(NULL, NULL);
	/*
	 * The file has its parameter sets before each IDR picture, the subset SPS too:
	 * config-interval=0, so that the payloader adds none and what is sent is the file.
	 */
	pipeline = g_strdup_printf("( appsrc name=src is-live=true format=time max-buffers=1 "
				   "caps=video/x-h264,stream-format=byte-stream,alignment=au,"
				   "framerate=%d/1 ! rtph264pay name=pay0 pt=96 mtu=%d "
				   "aggregate-mode=none config-interval=0 )",
				   opt_rate, PLAN_MTU);
	factory = gst_rtsp_media_factory_new();
	gst_rtsp_media_factory_set_launch(factory, pipeline);
	gst_rtsp_media_factory_set_shared(factory, TRUE);
	gst_rtsp_media_factory_set_protocols(factory, GST_RTSP_LOWER_TRANS_UDP);
	g_signal_connect(factory, "media-configure", G_CALLBACK(configure), NULL);

	service = g_strdup_printf("%d", opt_port);
	server = gst_rtsp_server_new();
	gst_rtsp_server_set_address(server, opt_address);
	gst_rtsp_server_set_service(server, service);
	mounts = gst_rtsp_server_get_mount_points(server);
	gst_rtsp_mount_points_add_factory(mounts, argv[2], factory);
	if (!gst_rtsp_server_attach(server, NULL))
		cli_die("cannot listen on %s port %d; is it in use?", opt_address, opt_port);

	if (opt_summary)
		g_unix_signal_add(SIGUSR1, end_stream, NULL);
	g_unix_signal_add(SIGTERM, quit, loop);
	g_unix_signal_add(SIGINT, quit, loop);
	g_main_loop_run(loop);
	return EXIT_SUCCESS;
}
