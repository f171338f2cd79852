// SPDX-License-Identifier: GPL-2.0-or-later
#include "h264.h"

#include <gio/gio.h>
#include <string.h>

/* NAL unit types that carry a three-octet SVC extension behind the header. */
static gboolean has_extension(const struct h264_nal *nal)
{
	guint type = H264_NAL_TYPE(nal->data[0]);

	/* svc_extension_flag: without it the octets are of MVC or 3D-AVC */
	return (type == H264_PREFIX || type == H264_SLICE_EXT) &&
	       nal->len >= 4 && (nal->data[1] & 0x80);
}

static gboolean is_vcl(const struct h264_nal *nal)
{
	guint type = H264_NAL_TYPE(nal->data[0]);

	return (type >= H264_SLICE && type <= H264_SLICE_IDR) || type == H264_SLICE_EXT;
}

/* Position of the next 00 00 01, or @size. */
static gsize find_start_code(const guint8 *buf, gsize size, gsize pos)
{
	while (pos + 3 <= size) {
		const guint8 *zero = memchr(buf + pos, 0, size - pos - 2);

		if (!zero)
			break;
		pos = zero - buf;
		if (buf[pos + 1] == 0 && buf[pos + 2] == 1)
			return pos;
		pos++;
	}
	return size;
}

gboolean annexb_next(const guint8 *buf, gsize size, gsize *pos, struct h264_nal *nal)
{
	gsize start = find_start_code(buf, size, *pos);

	while (start < size) {
		gsize begin = start + 3;
		gsize next = find_start_code(buf, size, begin);
		gsize end = next;

		/* the zero of a four-octet start code, and trailing_zero_8bits */
		while (end > begin && buf[end - 1] == 0)
			end--;
		if (end > begin) {
			nal->data = buf + begin;
			nal->len = end - begin;
			*pos = next;
			return TRUE;
		}
		start = next;
	}
	*pos = size;
	return FALSE;
}

void annexb_append(GByteArray *out, const guint8 *data, gsize len)
{
	static const guint8 start_code[] = { 0, 0, 0, 1 };

	g_byte_array_append(out, start_code, sizeof(start_code));
	g_byte_array_append(out, data, len);
}

void h264_classify(struct h264_nal *nal, guint8 *prefix_tid)
{
	guint type = H264_NAL_TYPE(nal->data[0]);

	nal->layer = (struct svc_point){};
	nal->common = FALSE;

	if (has_extension(nal)) {
		nal->layer.did = (nal->data[2] >> 4) & 0x7;
		nal->layer.qid = nal->data[2] & 0xf;
		nal->layer.tid = nal->data[3] >> 5;
	} else if (type == H264_SLICE || type == H264_SLICE_IDR) {
		nal->layer.tid = *prefix_tid;
	} else {
		nal->common = TRUE;
	}
	/* a prefix speaks for the NAL unit right behind it, and no other */
	*prefix_tid = type == H264_PREFIX ? nal->layer.tid : 0;
}

gboolean h264_keep(const struct h264_nal *nal, const struct svc_point *cap)
{
	if (nal->common)
		return TRUE;
	return (nal->layer.did << 4 | nal->layer.qid) <= (cap->did << 4 | cap->qid) &&
	       nal->layer.tid <= cap->tid;
}

gboolean svc_point_parse(const char *text, struct svc_point *point, GError **error)
{
	static const struct {
		const char *name;
		guint64 max;
	} part[] = { { "spatial", 7 }, { "quality", 15 }, { "temporal", 7 } };
	g_auto(GStrv) words = g_strsplit(text, ",", -1);
	guint64 value[G_N_ELEMENTS(part)];

	if (g_strv_length(words) != G_N_ELEMENTS(part)) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
			    "cap '%s' is not three numbers: D,Q,T", text);
		return FALSE;
	}
	for (guint i = 0; i < G_N_ELEMENTS(part); i++) {
		if (!g_ascii_string_to_unsigned(words[i], 10, 0, part[i].max, &value[i], error)) {
			g_prefix_error(error, "%s layer of the cap '%s': ", part[i].name, text);
			return FALSE;
		}
	}
	*point = (struct svc_point){ value[0], value[1], value[2] };
	return TRUE;
}

/*
 * A base layer slice with first_mb_in_slice = 0, an Exp-Golomb code of a single 1
 * bit, starts a picture. (A prefix NAL unit does not tell: each slice has one.)
 */
static gboolean starts_picture(const struct h264_nal *nal)
{
	guint type = H264_NAL_TYPE(nal->data[0]);

	return (type == H264_SLICE || type == H264_SLICE_IDR) &&
	       nal->len >= 2 && (nal->data[1] & 0x80);
}

static void end_au(struct h264_stream *stream, struct h264_au *au, guint end)
{
	au->count = end - au->first;
	if (au->count)
		g_array_append_val(stream->aus, *au);
	*au = (struct h264_au){ .first = end };
}

struct h264_stream *h264_stream_new(GBytes *bytes, GError **error)
{
	struct h264_stream *stream = g_new0(struct h264_stream, 1);
	struct h264_au au = {};
	struct h264_nal nal;
	guint8 prefix_tid = 0;
	guint after_vcl = 0;
	gboolean picture = FALSE;
	const guint8 *buf;
	gsize size, pos = 0;

	stream->bytes = g_bytes_ref(bytes);
	stream->nals = g_array_new(FALSE, FALSE, sizeof(struct h264_nal));
	stream->aus = g_array_new(FALSE, FALSE, sizeof(struct h264_au));

	buf = g_bytes_get_data(bytes, &size);
	while (annexb_next(buf, size, &pos, &nal)) {
		h264_classify(&nal, &prefix_tid);
		if (starts_picture(&nal)) {
			/* what stands between two pictures belongs to the second */
			if (picture)
				end_au(stream, &au, after_vcl);
			picture = TRUE;
			au.idr = H264_NAL_TYPE(nal.data[0]) == H264_SLICE_IDR;
		}
		g_array_append_val(stream->nals, nal);
		if (is_vcl(&nal))
			after_vcl = stream->nals->len;
	}
	if (!picture) {
		g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
				    "no H.264 picture in it (an Annex B byte stream is expected)");
		h264_stream_free(stream);
		return NULL;
	}
	end_au(stream, &au, stream->nals->len);
	return stream;
}

struct h264_stream *h264_stream_load(const char *path, GError **error)
{
	g_autoptr(GMappedFile) file = g_mapped_file_new(path, FALSE, error);
	g_autoptr(GBytes) bytes = NULL;
	struct h264_stream *stream;

	if (!file)
		return NULL;
	bytes = g_mapped_file_get_bytes(file);
	stream = h264_stream_new(bytes, error);
	if (!stream)
		g_prefix_error(error, "%s: ", path);
	return stream;
}

void h264_stream_free(struct h264_stream *stream)
{
	g_array_unref(stream->nals);
	g_array_unref(stream->aus);
	g_bytes_unref(stream->bytes);
	g_free(stream);
}
