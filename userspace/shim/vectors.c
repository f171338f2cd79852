// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Packetisers are run on what an encoder made. What is in each packet is then
 * found by comparing it with what went in, byte for byte and in order: nothing
 * here reads a header that a codec reads, so that a codec that misreads one is
 * found out.
 */
#include "vectors.h"

#include <arpa/inet.h>
#include <err.h>
#include <gio/gio.h>
#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>
#include <linux/unaligned.h>
#include <string.h>

#define PICTURE_TIME	(40 * GST_MSECOND)

/* After this a pipeline that says nothing is broken. */
#define PATIENCE	(10 * GST_SECOND)

/* The most that a test needs of a packet that is not looked at to its end. */
#define CUT		8
/* Bytes of a payload on a line of the header */
#define VECTOR_LINE	12

/* ffmpeg leaves the first byte of the longer one with the unit before. */
static const guint8 start_code[] = { 0, 0, 1 };

static void unit_clear(gpointer unit)
{
	g_free(((struct unit *)unit)->data);
}

GArray *units_new(void)
{
	GArray *units = g_array_new(FALSE, TRUE, sizeof(struct unit));

	g_array_set_clear_func(units, unit_clear);
	return units;
}

static void packet_free(gpointer packet)
{
	g_bytes_unref(((struct packet *)packet)->rtp);
	g_free(packet);
}

GPtrArray *packets_new(void)
{
	return g_ptr_array_new_with_free_func(packet_free);
}

void packets_append(GPtrArray *packets, GBytes *rtp)
{
	struct packet *packet = g_new0(struct packet, 1);

	packet->rtp = rtp;
	g_ptr_array_add(packets, packet);
}

/* All units of a picture, behind start codes: what an encoder hands over. */
static GByteArray *access_unit(const GArray *units, guint picture, guint *time)
{
	GByteArray *bytes = g_byte_array_new();

	for (guint i = 0; i < units->len; i++) {
		const struct unit *unit = &g_array_index(units, struct unit, i);

		if (unit->picture != picture)
			continue;
		g_byte_array_append(bytes, start_code, sizeof(start_code));
		g_byte_array_append(bytes, unit->data, unit->len);
		*time = unit->time;
	}
	return bytes;
}

static guint pictures(const GArray *units)
{
	return units->len ? g_array_index(units, struct unit, units->len - 1).picture + 1 : 0;
}

static GstElement *pipeline_new(const char *description)
{
	g_autoptr(GError) error = NULL;
	GstElement *pipeline;

	gst_init(NULL, NULL);
	pipeline = gst_parse_launch(description, &error);
	if (!pipeline || error)
		errx(1, "%s: %s", description, error->message);
	return pipeline;
}

static void pipeline_start(GstElement *pipeline)
{
	if (gst_element_set_state(pipeline, GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE)
		errx(1, "GStreamer cannot start a pipeline");
}

/* Until the end of the stream; then the pipeline is no more. */
static GPtrArray *pipeline_collect(GstElement *pipeline)
{
	g_autoptr(GstElement) sink = gst_bin_get_by_name(GST_BIN(pipeline), "sink");
	GPtrArray *packets = packets_new();
	GstSample *sample;

	while ((sample = gst_app_sink_try_pull_sample(GST_APP_SINK(sink), PATIENCE))) {
		GstBuffer *buffer = gst_sample_get_buffer(sample);
		gpointer data;
		gsize len;

		gst_buffer_extract_dup(buffer, 0, -1, &data, &len);
		packets_append(packets, g_bytes_new_take(data, len));
		gst_sample_unref(sample);
	}
	gst_element_set_state(pipeline, GST_STATE_NULL);
	gst_object_unref(pipeline);
	if (!packets->len)
		errx(1, "GStreamer made no packet; is a plugin missing?");
	return packets;
}

/* The packets of a whole pipeline, which ends before its sink. @prepare sets
 * what its description cannot.
 */
GPtrArray *vectors_pipeline(const char *description, void (*prepare)(GstElement *pipeline))
{
	g_autofree char *whole = g_strdup_printf("%s ! appsink name=sink sync=false", description);
	GstElement *pipeline = pipeline_new(whole);

	prepare(pipeline);
	pipeline_start(pipeline);
	return pipeline_collect(pipeline);
}

/* What a payloader of GStreamer makes of the units. */
GPtrArray *vectors_gstreamer(const GArray *units, const char *caps, const char *payloader)
{
	g_autofree char *description = g_strdup_printf(
		"appsrc name=source format=time caps=%s,stream-format=byte-stream,alignment=au,"
		"framerate=25/1 ! %s timestamp-offset=0 seqnum-offset=0 ssrc=1 ! "
		"appsink name=sink sync=false", caps, payloader);
	GstElement *pipeline = pipeline_new(description);
	g_autoptr(GstElement) source = gst_bin_get_by_name(GST_BIN(pipeline), "source");

	pipeline_start(pipeline);
	for (guint n = 0; n < pictures(units); n++) {
		guint time = 0;
		GByteArray *bytes = access_unit(units, n, &time);
		GstBuffer *buffer = gst_buffer_new_memdup(bytes->data, bytes->len);

		GST_BUFFER_PTS(buffer) = time * PICTURE_TIME;
		GST_BUFFER_DTS(buffer) = n * PICTURE_TIME;
		gst_app_src_push_buffer(GST_APP_SRC(source), buffer);
		g_byte_array_unref(bytes);
	}
	gst_app_src_end_of_stream(GST_APP_SRC(source));
	return pipeline_collect(pipeline);
}

/* Where a local ffmpeg can send to. */
static GSocket *receiver(guint16 *port)
{
	g_autoptr(GInetAddress) loopback = g_inet_address_new_loopback(G_SOCKET_FAMILY_IPV4);
	g_autoptr(GSocketAddress) any = g_inet_socket_address_new(loopback, 0);
	g_autoptr(GSocketAddress) bound = NULL;
	g_autoptr(GError) error = NULL;
	GSocket *socket;

	socket = g_socket_new(G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_DATAGRAM,
			      G_SOCKET_PROTOCOL_UDP, &error);
	if (!socket || !g_socket_bind(socket, any, FALSE, &error))
		errx(1, "%s", error->message);
	bound = g_socket_get_local_address(socket, &error);
	if (!bound)
		errx(1, "%s", error->message);
	*port = g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(bound));
	return socket;
}

/* ffmpeg begins its clock anywhere. Each run is to write the same files. */
static void rebase(GPtrArray *packets)
{
	guint32 first = 0;

	for (guint i = 0; i < packets->len; i++) {
		struct packet *packet = g_ptr_array_index(packets, i);
		gsize len;
		guint8 *rtp = g_bytes_unref_to_data(packet->rtp, &len);
		guint32 timestamp = get_unaligned_be32(rtp + 4);

		if (!i)
			first = timestamp;
		timestamp = htonl(timestamp - first);
		memcpy(rtp + 4, &timestamp, sizeof(timestamp));
		packet->rtp = g_bytes_new_take(rtp, len);
	}
}

/* What ffmpeg makes of the units, in packets of at most @size bytes. */
GPtrArray *vectors_ffmpeg(const GArray *units, const char *format, guint size)
{
	g_autoptr(GByteArray) stream = g_byte_array_new();
	g_autofree char *url = NULL, *command = NULL;
	g_autoptr(GSubprocess) ffmpeg = NULL;
	g_autoptr(GSocket) socket = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(GBytes) input = NULL;
	g_auto(GStrv) words = NULL;
	GPtrArray *packets;
	guint16 port;

	for (guint n = 0; n < pictures(units); n++) {
		guint time;
		GByteArray *bytes = access_unit(units, n, &time);

		g_byte_array_append(stream, bytes->data, bytes->len);
		g_byte_array_unref(bytes);
	}
	input = g_bytes_new(stream->data, stream->len);

	socket = receiver(&port);
	command = g_strdup_printf(
		"ffmpeg -v fatal -fflags +bitexact -framerate 25 -f %s -i pipe:0 -c copy "
		"-fflags +bitexact -f rtp -seq 0 -ssrc 1 rtp://127.0.0.1:%u?pkt_size=%u",
		format, port, size);
	words = g_strsplit(command, " ", -1);
	ffmpeg = g_subprocess_newv((const char *const *)words, G_SUBPROCESS_FLAGS_STDIN_PIPE |
				   G_SUBPROCESS_FLAGS_STDOUT_SILENCE, &error);
	if (!ffmpeg ||
	    !g_subprocess_communicate(ffmpeg, input, NULL, NULL, NULL, &error) ||
	    !g_subprocess_wait_check(ffmpeg, NULL, &error))
		errx(1, "%s: %s", command, error->message);

	packets = packets_new();
	g_socket_set_blocking(socket, FALSE);
	for (;;) {
		guint8 buffer[1500];
		gssize len = g_socket_receive(socket, (char *)buffer, sizeof(buffer), NULL, NULL);

		if (len <= 0)
			break;
		packets_append(packets, g_bytes_new(buffer, len));
	}
	rebase(packets);
	return packets;
}

static gboolean equal(const struct unit *unit, gsize off, const guint8 *data, gsize len)
{
	return off + len <= unit->len && !memcmp(unit->data + off, data, len);
}

/**
 * struct cursor - what of the units has been found in packets
 * @units: the units
 * @index: the unit that comes next
 * @off: bytes of it that were in fragments before
 */
struct cursor {
	const GArray *units;
	guint index;
	gsize off;
};

static const struct unit *next_unit(const struct cursor *cursor)
{
	if (cursor->index == cursor->units->len)
		errx(1, "a packetiser made more than it was given");
	return &g_array_index(cursor->units, struct unit, cursor->index);
}

/* Whether a unit is the first of its access unit that is part of a picture, or
 * the first of its layer in it.
 */
static gboolean is_first(const struct cursor *cursor, const struct unit *unit, gboolean of_layer)
{
	for (guint i = 0; i < cursor->index; i++) {
		const struct unit *before = &g_array_index(cursor->units, struct unit, i);

		if (before->picture == unit->picture && before->coded &&
		    (!of_layer || (before->layer.did == unit->layer.did &&
				   before->layer.qid == unit->layer.qid)))
			return FALSE;
	}
	return TRUE;
}

static gboolean begins_picture(const struct cursor *cursor, const struct unit *unit)
{
	return !cursor->index ||
	       g_array_index(cursor->units, struct unit, cursor->index - 1).picture != unit->picture;
}

/* What the beginning of the unit that comes next says about its packet. */
static struct rtp_layer begun(const struct cursor *cursor, const struct unit *unit)
{
	struct rtp_layer layer = unit->layer;

	if (unit->coded ? !is_first(cursor, unit, FALSE) : !begins_picture(cursor, unit)) {
		layer.up_from = 0;
		layer.up_to = 0;
	}
	if (!unit->coded || !is_first(cursor, unit, TRUE))
		layer.flags &= ~RTP_LAYER_SYNC;
	if (begins_picture(cursor, unit))
		layer.flags |= RTP_LAYER_START;
	return layer;
}

static gboolean expect_single(struct cursor *cursor, struct packet *packet, const guint8 *payload,
			      gsize len)
{
	const struct unit *unit = next_unit(cursor);

	if (cursor->off || unit->len != len || !equal(unit, 0, payload, len))
		return FALSE;
	packet->picture = unit->picture;
	packet->layer = begun(cursor, unit);
	cursor->index++;
	return TRUE;
}

static gboolean expect_fragment(struct cursor *cursor, struct packet *packet,
				const guint8 *payload, gsize len, gsize header)
{
	const struct unit *unit = next_unit(cursor);
	gsize off = cursor->off ? cursor->off : header;

	if (len <= header + 1 || !equal(unit, off, payload + header + 1, len - header - 1))
		return FALSE;
	packet->picture = unit->picture;
	packet->layer = unit->layer;
	packet->fragment = TRUE;
	if (!cursor->off) {
		packet->layer = begun(cursor, unit);
	} else {
		packet->layer.up_from = 0;
		packet->layer.up_to = 0;
		packet->layer.flags &= RTP_LAYER_PARAMS;
	}
	cursor->off = off + len - header - 1;
	if (cursor->off == unit->len) {
		cursor->off = 0;
		cursor->index++;
	} else {
		packet->layer.flags |= RTP_LAYER_UNMARK;
	}
	return TRUE;
}

/* The lowest of each; what begins there is what begins its lowest layer. */
static gboolean expect_aggregate(struct cursor *cursor, struct packet *packet,
				 const guint8 *payload, gsize len, gsize header)
{
	struct rtp_layer layer = { RTP_DID_MAX, RTP_QID_MAX, RTP_TID_MAX };
	guint8 flags = RTP_LAYER_PARAMS, start = 0;
	gboolean coded = FALSE;

	packet->picture = next_unit(cursor)->picture;
	packet->whole = TRUE;
	for (gsize off = header; off < len;) {
		const struct unit *unit = next_unit(cursor);
		struct rtp_layer one = begun(cursor, unit);

		if (len - off < 2 || get_unaligned_be16(payload + off) != unit->len ||
		    off + 2 + unit->len > len || !equal(unit, 0, payload + off + 2, unit->len))
			return FALSE;
		if (off == header)
			start = one.flags & RTP_LAYER_START;
		if (!layer.up_to && one.up_to) {
			layer.up_from = one.up_from;
			layer.up_to = one.up_to;
		}
		flags &= one.flags;
		if (unit->coded && (!coded || one.did < layer.did)) {
			layer.flags = one.flags & RTP_LAYER_SYNC;
			coded = TRUE;
		}
		layer.did = MIN(layer.did, one.did);
		layer.qid = MIN(layer.qid, one.qid);
		layer.tid = MIN(layer.tid, one.tid);
		off += 2 + unit->len;
		cursor->index++;
	}
	packet->layer = layer;
	packet->layer.flags |= flags | start;
	return TRUE;
}

/* Finds out what a codec is to say about each packet. */
void vectors_expect(GPtrArray *packets, const GArray *units, gsize header)
{
	struct cursor cursor = { .units = units };

	for (guint i = 0; i < packets->len; i++) {
		struct packet *packet = g_ptr_array_index(packets, i);
		gsize len;
		const guint8 *rtp = g_bytes_get_data(packet->rtp, &len);
		const guint8 *payload = rtp + RTP_HDR_LEN;

		len -= RTP_HDR_LEN;
		if (!expect_single(&cursor, packet, payload, len) &&
		    !expect_fragment(&cursor, packet, payload, len, header) &&
		    !expect_aggregate(&cursor, packet, payload, len, header))
			errx(1, "packet %u is nothing of what went in", i);
	}
	if (cursor.index != units->len)
		errx(1, "a packetiser left out unit %u", cursor.index);
}

static void append_flags(GString *text, guint8 flags)
{
	static const struct {
		guint8 flag;
		const char *name;
	} names[] = {
		{ RTP_LAYER_START, "START" },
		{ RTP_LAYER_SYNC, "SYNC" },
		{ RTP_LAYER_PARAMS, "PARAMS" },
		{ RTP_LAYER_UNMARK, "UNMARK" },
	};
	const char *before = "";

	if (!flags)
		g_string_append_c(text, '0');
	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		if (!(flags & names[i].flag))
			continue;
		g_string_append_printf(text, "%s%s", before, names[i].name);
		before = " | ";
	}
}

static void append_payload(GString *text, const guint8 *payload, gsize len)
{
	for (gsize i = 0; i < len; i++)
		g_string_append_printf(text, "%s0x%02x,", i % VECTOR_LINE ? " " : "\n\t  ", payload[i]);
}

/* Every clock began at 0. */
void vectors_append(GString *text, const char *name, const GPtrArray *packets)
{
	g_string_append_printf(text, "\nstatic const struct rtp_vector %s[] = {\n", name);
	for (guint i = 0; i < packets->len; i++) {
		const struct packet *packet = g_ptr_array_index(packets, i);
		const struct rtp_layer *layer = &packet->layer;
		gsize len;
		const guint8 *rtp = g_bytes_get_data(packet->rtp, &len);
		guint32 timestamp = get_unaligned_be32(rtp + 4);

		len -= RTP_HDR_LEN;
		if (!packet->whole)
			len = MIN(len, CUT);
		g_string_append_printf(text, "\t{ %u, %u, %u, %u, { %u, %u, %u, %u, %u, ",
				       packet->picture, timestamp, rtp[1] >> 7,
				       (guint)len, layer->did, layer->qid, layer->tid,
				       layer->up_from, layer->up_to);
		append_flags(text, layer->flags);
		g_string_append(text, " }, {");
		append_payload(text, rtp + RTP_HDR_LEN, len);
		g_string_append(text, " } },\n");
	}
	g_string_append(text, "};\n");
}

void vectors_write(const GString *text, const char *path)
{
	g_autoptr(GError) error = NULL;

	if (!g_file_set_contents(path, text->str, text->len, &error))
		errx(1, "%s", error->message);
}

static void seed_append(GByteArray *seed, const guint8 *datagram, gsize len)
{
	guint16 size = htons(len);

	g_byte_array_append(seed, (const guint8 *)&size, sizeof(size));
	g_byte_array_append(seed, datagram, len);
}

static void seed_write(GByteArray *seed, const char *directory, const char *name)
{
	g_autofree char *path = g_build_filename(directory, name, NULL);
	g_autoptr(GError) error = NULL;

	if (g_mkdir_with_parents(directory, 0777) ||
	    !g_file_set_contents(path, (const char *)seed->data, seed->len, &error))
		errx(1, "cannot write %s", path);
	g_byte_array_unref(seed);
}

/* A seed is a run of datagrams, each behind its length in two bytes. */
void vectors_seed(const GPtrArray *packets, const char *directory, const char *name)
{
	GByteArray *seed = g_byte_array_new();

	for (guint i = 0; i < packets->len; i++) {
		const struct packet *packet = g_ptr_array_index(packets, i);
		gsize len;
		const guint8 *rtp = g_bytes_get_data(packet->rtp, &len);

		seed_append(seed, rtp, packet->whole ? len : MIN(len, RTP_HDR_LEN + CUT));
	}
	seed_write(seed, directory, name);
}

/* The same of payloads alone, which are given numbers and one timestamp. */
void vectors_seed_payloads(const struct payload *payloads, gsize n, const char *directory,
			   const char *name)
{
	GByteArray *seed = g_byte_array_new();

	for (gsize i = 0; i < n; i++) {
		guint8 datagram[RTP_HDR_LEN + sizeof(payloads->bytes)] = { 0x80, 96, 0, i };

		memcpy(datagram + RTP_HDR_LEN, payloads[i].bytes, payloads[i].len);
		seed_append(seed, datagram, RTP_HDR_LEN + payloads[i].len);
	}
	seed_write(seed, directory, name);
}
