// SPDX-License-Identifier: GPL-2.0-or-later
#include "layered.h"

#include <gio/gio.h>
#include <string.h>

#define HEADER_SIZE	16
#define FRAME_SIZE	48
#define FLAG_KEY	1
#define FLAG_SWITCHING	2

static const char magic[8] = "layered1";
static const char fourcc[][4] = {
	[LAYERED_VP9] = "VP90",
	[LAYERED_AV1] = "AV01",
};

static void put16(guint8 *to, guint16 value)
{
	value = GUINT16_TO_LE(value);
	memcpy(to, &value, sizeof(value));
}

static void put32(guint8 *to, guint32 value)
{
	value = GUINT32_TO_LE(value);
	memcpy(to, &value, sizeof(value));
}

static guint16 get16(const guint8 *from)
{
	guint16 value;

	memcpy(&value, from, sizeof(value));
	return GUINT16_FROM_LE(value);
}

static guint32 get32(const guint8 *from)
{
	guint32 value;

	memcpy(&value, from, sizeof(value));
	return GUINT32_FROM_LE(value);
}

static void frame_free(gpointer data)
{
	struct layered_frame *frame = data;

	g_bytes_unref(frame->data);
	g_free(frame);
}

struct layered *layered_new(enum layered_codec codec)
{
	struct layered *stream = g_new0(struct layered, 1);

	stream->codec = codec;
	stream->frames = g_ptr_array_new_with_free_func(frame_free);
	return stream;
}

void layered_free(struct layered *stream)
{
	g_ptr_array_unref(stream->frames);
	g_free(stream);
}

struct layered_frame *layered_add(struct layered *stream, const guint8 *data, gsize len)
{
	struct layered_frame *frame = g_new0(struct layered_frame, 1);

	frame->data = g_bytes_new(data, len);
	g_ptr_array_add(stream->frames, frame);
	return frame;
}

void layered_add_ref(struct layered_frame *frame, guint32 number)
{
	guint32 back = frame->number - number;

	for (guint i = 0; i < frame->refs; i++)
		if (frame->ref[i] == back)
			return;
	g_assert(frame->refs < LAYERED_MAX_REFS && back >= 1 && back <= G_MAXUINT16);
	frame->ref[frame->refs++] = back;
}

/* Fills in all but the data; what is wrong, or NULL. */
static const char *read_frame(struct layered_frame *frame, const guint8 *head)
{
	frame->number = get32(head);
	frame->picture = get32(head + 4);
	frame->timestamp = get32(head + 8);
	frame->width = get16(head + 16);
	frame->height = get16(head + 18);
	frame->sid = head[20];
	frame->tid = head[21];
	frame->key = !!(head[22] & FLAG_KEY);
	frame->switching = !!(head[22] & FLAG_SWITCHING);
	frame->refs = head[23];
	if (frame->sid > LAYERED_MAX_ID || frame->tid > LAYERED_MAX_ID)
		return "a layer above 7";
	if (frame->refs > LAYERED_MAX_REFS)
		return "too many references";
	for (guint i = 0; i < frame->refs; i++) {
		frame->ref[i] = get16(head + 24 + 2 * i);
		if (!frame->ref[i])
			return "a frame that refers to itself";
	}
	return NULL;
}

struct layered *layered_parse(const guint8 *data, gsize size, GError **error)
{
	g_autoptr(layered) stream = layered_new(LAYERED_VP9);
	const char *wrong = NULL;
	gsize pos = HEADER_SIZE;

	if (size < HEADER_SIZE || memcmp(data, magic, sizeof(magic)))
		wrong = "not a file of layers";
	else if (!memcmp(data + 8, fourcc[LAYERED_AV1], sizeof(fourcc[0])))
		stream->codec = LAYERED_AV1;
	else if (memcmp(data + 8, fourcc[LAYERED_VP9], sizeof(fourcc[0])))
		wrong = "a codec that is neither VP9 nor AV1";

	while (!wrong && pos < size) {
		gsize left = size - pos, len = 0;

		if (left >= FRAME_SIZE)
			len = get32(data + pos + 12);
		if (left < FRAME_SIZE + len) {
			wrong = "a frame cut short";
			break;
		}
		wrong = read_frame(layered_add(stream, data + pos + FRAME_SIZE, len), data + pos);
		pos += FRAME_SIZE + len;
	}
	if (wrong) {
		g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, wrong);
		return NULL;
	}
	return g_steal_pointer(&stream);
}

struct layered *layered_load(const char *path, GError **error)
{
	g_autoptr(GMappedFile) file = g_mapped_file_new(path, FALSE, error);
	struct layered *stream;

	if (!file)
		return NULL;
	stream = layered_parse((const guint8 *)g_mapped_file_get_contents(file),
			       g_mapped_file_get_length(file), error);
	if (!stream)
		g_prefix_error(error, "%s: ", path);
	return stream;
}

gboolean layered_save(const struct layered *stream, const char *path, GError **error)
{
	g_autoptr(GByteArray) out = g_byte_array_new();
	guint8 header[HEADER_SIZE] = {};

	memcpy(header, magic, sizeof(magic));
	memcpy(header + 8, fourcc[stream->codec], sizeof(fourcc[0]));
	g_byte_array_append(out, header, sizeof(header));
	for (guint i = 0; i < stream->frames->len; i++) {
		const struct layered_frame *frame = layered_at(stream, i);
		guint8 head[FRAME_SIZE] = {};
		gsize len;
		const guint8 *data = g_bytes_get_data(frame->data, &len);

		put32(head, frame->number);
		put32(head + 4, frame->picture);
		put32(head + 8, frame->timestamp);
		put32(head + 12, len);
		put16(head + 16, frame->width);
		put16(head + 18, frame->height);
		head[20] = frame->sid;
		head[21] = frame->tid;
		head[22] = (frame->key ? FLAG_KEY : 0) | (frame->switching ? FLAG_SWITCHING : 0);
		head[23] = frame->refs;
		for (guint n = 0; n < frame->refs; n++)
			put16(head + 24 + 2 * n, frame->ref[n]);
		g_byte_array_append(out, head, sizeof(head));
		g_byte_array_append(out, data, len);
	}
	return g_file_set_contents(path, (const char *)out->data, out->len, error);
}

/* Frames of a picture have consecutive numbers, the lowest layer's first. */
gboolean layered_predicted(const struct layered_frame *frame)
{
	for (guint i = 0; i < frame->refs; i++)
		if (frame->ref[i] > frame->sid)
			return TRUE;
	return FALSE;
}

gboolean layered_refers_below(const struct layered_frame *frame)
{
	for (guint i = 0; i < frame->refs; i++)
		if (frame->sid && frame->ref[i] == 1)
			return TRUE;
	return FALSE;
}

guint layered_next_picture(const struct layered *stream, guint index)
{
	guint32 picture = layered_at(stream, index)->picture;

	while (index < stream->frames->len && layered_at(stream, index)->picture == picture)
		index++;
	return index;
}

/*
 * A picture of a higher temporal layer after it that refers to one of a higher layer
 * before it denies that more layers can be begun there.
 */
void layered_mark_switching(struct layered *stream)
{
	for (guint i = 0; i < stream->frames->len; i++)
		layered_at(stream, i)->switching = TRUE;

	for (guint i = 0; i < stream->frames->len; i++) {
		const struct layered_frame *frame = layered_at(stream, i);

		for (guint n = 0; n < frame->refs; n++) {
			g_assert(frame->number == i && frame->ref[n] <= i);
			for (guint to = i - frame->ref[n], k = to + 1; k < i; k++) {
				struct layered_frame *between = layered_at(stream, k);

				if (between->picture > layered_at(stream, to)->picture &&
				    between->picture < frame->picture &&
				    between->tid < MIN(frame->tid, layered_at(stream, to)->tid))
					between->switching = FALSE;
			}
		}
	}
}
