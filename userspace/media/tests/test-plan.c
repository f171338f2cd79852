// SPDX-License-Identifier: GPL-2.0-or-later
/* What we say the origin sends against what its payloader, rtph264pay, makes. */
#include "plan.h"

#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>
#include <gst/gst.h>
#include <gst/rtp/gstrtpbuffer.h>

/* Around the sizes where a NAL unit is first, or once more, fragmented. */
static const guint nal_size[] = {
	4, 100, 1387, 1388, 1389, 1390, 2771, 2772, 2773, 2774, 2775, 4158, 4159, 4160, 60000,
};

static void append_nal(GByteArray *file, guint8 type, guint size)
{
	g_autofree guint8 *nal = g_malloc(size);

	nal[0] = type;
	/* R=1, and first_mb_in_slice=0 for a base layer slice */
	nal[1] = 0x80;
	for (guint i = 2; i < size; i++)
		nal[i] = 1 + g_test_rand_int_range(0, 255);
	annexb_append(file, nal, size);
}

static struct h264_stream *make_stream(void)
{
	g_autoptr(GByteArray) file = g_byte_array_new();
	g_autoptr(GBytes) bytes = NULL;

	append_nal(file, 0x67, 11);
	append_nal(file, 0x6f, 12);
	append_nal(file, 0x68, 5);
	for (guint i = 0; i < G_N_ELEMENTS(nal_size); i++) {
		append_nal(file, 0x6e, 7);
		append_nal(file, i ? 0x21 : 0x65, nal_size[i]);
		append_nal(file, 0x74, nal_size[G_N_ELEMENTS(nal_size) - 1 - i]);
	}
	bytes = g_byte_array_free_to_bytes(g_steal_pointer(&file));
	return h264_stream_new(bytes, NULL);
}

static void push_stream(GstAppSrc *src, const struct h264_stream *stream)
{
	for (guint i = 0; i < stream->aus->len; i++) {
		const struct h264_au *au = h264_stream_au(stream, i);
		g_autoptr(GByteArray) unit = g_byte_array_new();
		GstBuffer *buffer;

		for (guint n = au->first; n < au->first + au->count; n++) {
			const struct h264_nal *nal = h264_stream_nal(stream, n);

			annexb_append(unit, nal->data, nal->len);
		}
		buffer = gst_buffer_new_memdup(unit->data, unit->len);
		GST_BUFFER_PTS(buffer) = i * GST_SECOND / 20;
		gst_app_src_push_buffer(src, buffer);
	}
	gst_app_src_end_of_stream(src);
}

static void check_packet(const struct plan_packet *packet, GstSample *sample, guint32 *base)
{
	GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
	guint32 timestamp;

	g_assert_true(gst_rtp_buffer_map(gst_sample_get_buffer(sample), GST_MAP_READ, &rtp));
	timestamp = gst_rtp_buffer_get_timestamp(&rtp);
	if (!packet->au)
		*base = timestamp;
	g_assert_cmpuint(timestamp - *base, ==, packet->au * (PLAN_CLOCK_RATE / 20));
	g_assert_cmpint(gst_rtp_buffer_get_marker(&rtp), ==, packet->marker);
	g_assert_true(plan_packet_equal(packet, gst_rtp_buffer_get_payload(&rtp),
					gst_rtp_buffer_get_payload_len(&rtp)));
	gst_rtp_buffer_unmap(&rtp);
}

static void test_payloader(void)
{
	g_autoptr(h264_stream) stream = make_stream();
	struct plan *plan = plan_new(stream);
	g_autoptr(GError) error = NULL;
	g_autoptr(GstElement) pipeline =
		gst_parse_launch("appsrc name=src format=time caps=video/x-h264,"
				 "stream-format=byte-stream,alignment=au,framerate=20/1 ! "
				 "rtph264pay mtu=1400 aggregate-mode=none config-interval=0 ! "
				 "appsink name=sink sync=false", &error);
	g_autoptr(GstElement) src = NULL;
	g_autoptr(GstElement) sink = NULL;
	guint32 base = 0;

	g_assert_no_error(error);
	src = gst_bin_get_by_name(GST_BIN(pipeline), "src");
	sink = gst_bin_get_by_name(GST_BIN(pipeline), "sink");
	gst_element_set_state(pipeline, GST_STATE_PLAYING);
	push_stream(GST_APP_SRC(src), stream);
	for (guint i = 0; i < plan->packets->len; i++) {
		g_autoptr(GstSample) sample = gst_app_sink_pull_sample(GST_APP_SINK(sink));

		g_assert_nonnull(sample);
		check_packet(plan_packet(plan, i), sample, &base);
	}
	g_assert_null(gst_app_sink_pull_sample(GST_APP_SINK(sink)));
	gst_element_set_state(pipeline, GST_STATE_NULL);
	plan_free(plan);
}

int main(int argc, char **argv)
{
	int status;

	g_test_init(&argc, &argv, NULL);
	gst_init(NULL, NULL);
	g_test_add_func("/plan/payloader", test_payloader);
	status = g_test_run();
	gst_deinit();
	return status;
}
