// SPDX-License-Identifier: GPL-2.0-or-later
#include "vp9pay.h"

#include <gio/gio.h>
#include <string.h>

/* Payload descriptor, RFC 9628, section 4.2 */
#define PICTURE_ID	0x80	/* I */
#define PREDICTED	0x40	/* P: refers to other pictures */
#define LAYERS		0x20	/* L */
#define FLEXIBLE	0x10	/* F */
#define BEGIN		0x08	/* B: of the frame */
#define END		0x04	/* E: of the frame */
#define STRUCTURE	0x02	/* V */
#define NOT_BELOW	0x01	/* Z: the next spatial layer does not refer to the frame */

#define LONG_ID		0x8000
#define ID_MASK		0x7fff
#define SWITCHING	0x10	/* U */
#define REFERS_BELOW	0x01	/* D */

/* Scalability structure, section 4.2.1 */
#define SIZES		0x10	/* Y */
#define PICTURE_GROUP	0x08	/* G */

#define MORE_REFERENCES	0x01	/* N, behind a P_DIFF */

static void append16(GByteArray *to, guint16 value)
{
	value = GUINT16_TO_BE(value);
	g_byte_array_append(to, (const guint8 *)&value, sizeof(value));
}

/* P_DIFF of each picture that the frame refers to. */
static void append_references(GByteArray *to, const struct layered *stream,
			      const struct layered_frame *frame)
{
	gboolean some = FALSE;

	for (guint i = 0; i < frame->refs; i++) {
		guint32 number = frame->number - frame->ref[i];
		guint8 back = (frame->picture - layered_at(stream, number)->picture) << 1;

		if (!back)
			continue;
		if (some)
			to->data[to->len - 1] |= MORE_REFERENCES;
		some = TRUE;
		g_byte_array_append(to, &back, 1);
	}
}

/* Sizes of the spatial layers of the picture that frame @first begins. */
static void append_structure(GByteArray *to, const struct layered *stream, guint first)
{
	guint end = layered_next_picture(stream, first);
	guint8 head = (end - first - 1) << 5 | SIZES;

	g_byte_array_append(to, &head, 1);
	for (guint i = first; i < end; i++) {
		append16(to, layered_at(stream, i)->width);
		append16(to, layered_at(stream, i)->height);
	}
}

static GByteArray *descriptor(const struct layered *stream, guint index)
{
	const struct layered_frame *frame = layered_at(stream, index);
	GByteArray *to = g_byte_array_new();
	gboolean last = layered_next_picture(stream, index) == index + 1;
	guint8 head = PICTURE_ID | LAYERS | FLEXIBLE;
	guint8 layer = frame->tid << 5 | frame->sid << 1;

	if (layered_predicted(frame))
		head |= PREDICTED;
	if (last || !layered_refers_below(layered_at(stream, index + 1)))
		head |= NOT_BELOW;
	if (frame->switching)
		layer |= SWITCHING;
	if (layered_refers_below(frame))
		layer |= REFERS_BELOW;
	g_byte_array_append(to, &head, 1);
	append16(to, LONG_ID | (frame->picture & ID_MASK));
	g_byte_array_append(to, &layer, 1);
	append_references(to, stream, frame);
	return to;
}

void vp9_pay(const struct layered *stream, guint index, guint mtu, GPtrArray *out)
{
	const struct layered_frame *frame = layered_at(stream, index);
	g_autoptr(GByteArray) head = descriptor(stream, index);
	gboolean last = layered_next_picture(stream, index) == index + 1;
	gsize len, pos = 0;
	const guint8 *data = g_bytes_get_data(frame->data, &len);

	g_assert(mtu >= RTPFILE_MIN_MTU);
	do {
		struct rtpfile_packet *packet = rtpfile_packet_new();
		GByteArray *payload = packet->payload;
		gsize part;

		packet->timestamp = frame->timestamp;
		g_byte_array_append(payload, head->data, head->len);
		if (!pos)
			payload->data[0] |= BEGIN;
		/* in the first datagram of a key picture only */
		if (!pos && frame->key && !frame->sid) {
			payload->data[0] |= STRUCTURE;
			append_structure(payload, stream, index);
		}
		part = MIN(len - pos, mtu - RTPFILE_HEADER - payload->len);
		if (pos + part == len) {
			payload->data[0] |= END;
			packet->marker = last;
		}
		g_byte_array_append(payload, data + pos, part);
		g_ptr_array_add(out, packet);
		pos += part;
	} while (pos < len);
}

/* Octets of the structure at @pos, or 0 when it does not fit. */
static gsize structure_len(const guint8 *data, gsize len, gsize pos)
{
	gsize need = pos + 1;

	if (need > len)
		return 0;
	if (data[pos] & SIZES)
		need += 4 * ((data[pos] >> 5) + 1);
	if (data[pos] & PICTURE_GROUP) {
		guint pictures;

		if (need + 1 > len)
			return 0;
		for (pictures = data[need++]; pictures; pictures--) {
			if (need + 1 > len)
				return 0;
			need += 1 + ((data[need] >> 2) & 3);
		}
	}
	return need <= len ? need - pos : 0;
}

/* Octets of the descriptor, with @layer that of the layer indices; 0 when malformed. */
static gsize descriptor_len(const guint8 *data, gsize len, guint8 *layer)
{
	gsize pos = 1, structure;

	*layer = 0;
	if (len < 1)
		return 0;
	if (data[0] & PICTURE_ID) {
		if (pos + 1 > len)
			return 0;
		pos += data[pos] & 0x80 ? 2 : 1;
	}
	if (data[0] & LAYERS) {
		if (pos + 1 > len)
			return 0;
		*layer = data[pos];
		pos += data[0] & FLEXIBLE ? 1 : 2;
	}
	if ((data[0] & (FLEXIBLE | PREDICTED)) == (FLEXIBLE | PREDICTED)) {
		do {
			if (pos + 1 > len)
				return 0;
		} while (data[pos++] & 1);
	}
	if (data[0] & STRUCTURE) {
		structure = structure_len(data, len, pos);
		if (!structure)
			return 0;
		pos += structure;
	}
	return pos < len ? pos : 0;
}

gboolean vp9_depay(const GPtrArray *packets, guint32 picture, struct layered *stream,
		   GError **error)
{
	g_autoptr(GByteArray) data = NULL;
	guint8 layer, begun = 0;
	gboolean key = FALSE;

	for (guint i = 0; i < packets->len; i++) {
		const struct rtpfile_packet *packet = g_ptr_array_index(packets, i);
		const guint8 *payload = packet->payload->data;
		gsize head = descriptor_len(payload, packet->payload->len, &layer);
		struct layered_frame *frame;

		if (!rtpfile_follows(packets, i) || !head ||
		    !!(payload[0] & BEGIN) == !!data || (data && layer != begun)) {
			g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
				    "picture %u: payload %u is malformed, or one before it is missing",
				    picture, i);
			return FALSE;
		}
		if (!data)
			data = g_byte_array_new();
		begun = layer;
		g_byte_array_append(data, payload + head, packet->payload->len - head);
		if (!(payload[0] & END))
			continue;
		frame = layered_add(stream, data->data, data->len);
		frame->picture = picture;
		frame->timestamp = packet->timestamp;
		frame->sid = layer >> 1 & 7;
		frame->tid = layer >> 5;
		frame->switching = !!(layer & SWITCHING);
		if (!frame->sid)
			key = !(payload[0] & PREDICTED);
		frame->key = key;
		g_clear_pointer(&data, g_byte_array_unref);
	}
	if (data)
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
			    "picture %u: the end of a frame is missing", picture);
	return !data;
}

void vp9_superframe(const struct layered *stream, guint first, guint end, GByteArray *out)
{
	guint8 marker = 0xc0 | 3 << 3 | (end - first - 1);
	guint32 size;

	for (guint i = first; i < end; i++) {
		GBytes *data = layered_at(stream, i)->data;

		g_byte_array_append(out, g_bytes_get_data(data, NULL), g_bytes_get_size(data));
	}
	if (end - first < 2)
		return;
	g_byte_array_append(out, &marker, 1);
	for (guint i = first; i < end; i++) {
		size = GUINT32_TO_LE(g_bytes_get_size(layered_at(stream, i)->data));
		g_byte_array_append(out, (const guint8 *)&size, sizeof(size));
	}
	g_byte_array_append(out, &marker, 1);
}
