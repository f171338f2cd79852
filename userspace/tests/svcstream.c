// SPDX-License-Identifier: GPL-2.0-or-later
#include "svcstream.h"

/* and its h264.h, not the codec's */
#include "plan.h"

#include <string.h>

#define RATE	20	/* access units a second */
/* As long as a line can be. What it says is bounded, too. */
#define HEAD	6
#define NAL_MAX	100000

/* No octet of a start code */
#define FILLER	0x55

struct svcstream {
	struct h264_stream *h264;
	struct plan *plan;
	GPtrArray *payloads;	/* GBytes, of each packet of the plan */
};

static void append_nal(GByteArray *file, const char *line)
{
	g_auto(GStrv) words = g_strsplit(line, " ", 2);
	g_autofree guint8 *nal = NULL;
	gsize digits, len;

	g_assert_cmpuint(g_strv_length(words), ==, 2);
	digits = strlen(words[0]);
	len = g_ascii_strtoull(words[1], NULL, 10);
	g_assert_cmpuint(len, >, 0);
	g_assert_cmpuint(len, <, NAL_MAX);
	g_assert_cmpuint(digits, ==, 2 * MIN(len, HEAD));
	nal = g_malloc(len);
	memset(nal, FILLER, len);
	for (gsize i = 0; i < digits / 2; i++)
		nal[i] = g_ascii_xdigit_value(words[0][2 * i]) << 4 |
			 g_ascii_xdigit_value(words[0][2 * i + 1]);
	annexb_append(file, nal, len);
}

struct svcstream *svcstream_new(const char *path)
{
	struct svcstream *stream = g_new0(struct svcstream, 1);
	g_autoptr(GBytes) bytes = NULL;
	g_autofree char *text = NULL;
	g_autoptr(GError) error = NULL;
	g_auto(GStrv) lines = NULL;
	GByteArray *file = g_byte_array_new();

	g_file_get_contents(path, &text, NULL, &error);
	g_assert_no_error(error);
	lines = g_strsplit(g_strchomp(text), "\n", -1);
	for (gsize i = 0; lines[i]; i++)
		append_nal(file, lines[i]);
	bytes = g_byte_array_free_to_bytes(file);
	stream->h264 = h264_stream_new(bytes, &error);
	g_assert_no_error(error);
	stream->plan = plan_new(stream->h264);

	stream->payloads = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
	for (guint i = 0; i < stream->plan->packets->len; i++) {
		const struct plan_packet *packet = plan_packet(stream->plan, i);
		GByteArray *payload = g_byte_array_new();

		if (packet->fragment)
			g_byte_array_append(payload, packet->fu, sizeof(packet->fu));
		g_byte_array_append(payload, packet->data, packet->len);
		g_ptr_array_add(stream->payloads, g_byte_array_free_to_bytes(payload));
	}
	return stream;
}

void svcstream_free(struct svcstream *stream)
{
	g_ptr_array_unref(stream->payloads);
	plan_free(stream->plan);
	h264_stream_free(stream->h264);
	g_free(stream);
}

void svcstream_packet(const struct svcstream *stream, guint64 n, struct rtp_packet *pkt)
{
	guint packets = stream->plan->packets->len, i = n % packets;
	const struct plan_packet *packet = plan_packet(stream->plan, i);
	gsize len;

	*pkt = (struct rtp_packet){
		.payload = g_bytes_get_data(g_ptr_array_index(stream->payloads, i), &len),
		.timestamp = (n / packets * stream->plan->aus + packet->au) *
			     (PLAN_CLOCK_RATE / RATE),
		.payload_type = 96,
		.marker = packet->marker,
	};
	pkt->len = len;
}

gboolean svcstream_kept(const struct svcstream *stream, guint64 n, const struct rtp_cap *cap)
{
	const struct plan_packet *packet = plan_packet(stream->plan,
						       n % stream->plan->packets->len);
	const struct svc_point point = { cap->did, cap->qid, cap->tid };

	if (cap->paused)
		return packet->nal->common;
	return h264_keep(packet->nal, &point);
}
