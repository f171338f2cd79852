// SPDX-License-Identifier: GPL-2.0-or-later
#include "av1pay.h"
#include "obu.h"

#include <gio/gio.h>

/* Aggregation header, section 4.4 */
#define CONTINUES	0x80	/* Z: the first element goes on from the datagram before */
#define CONTINUED	0x40	/* Y: the last goes on in the next */
#define COUNT_SHIFT	4	/* W */
#define COUNT_MASK	3
#define NEW		0x08	/* N: a coded video sequence begins */

#define MAX_COUNT	3	/* elements that W can count */
#define SIZE_OCTETS	2	/* a size below 16384 takes no more */

/* A datagram in work: its elements, each with the octets that stand before it. */
struct builder {
	GPtrArray *out;
	GPtrArray *elements;	/* GByteArray */
	const struct layered_frame *frame;
	gsize room;
	guint8 head;
};

static void flush(struct builder *builder)
{
	struct rtpfile_packet *packet;
	guint count = builder->elements->len;

	if (!count)
		return;
	packet = rtpfile_packet_new();
	packet->timestamp = builder->frame->timestamp;
	/* the last has no size when the header tells how many there are */
	if (count <= MAX_COUNT)
		builder->head |= count << COUNT_SHIFT;
	g_byte_array_append(packet->payload, &builder->head, 1);
	for (guint i = 0; i < count; i++) {
		const GByteArray *element = g_ptr_array_index(builder->elements, i);

		if (count > MAX_COUNT || i + 1 < count)
			obu_append_size(packet->payload, element->len);
		g_byte_array_append(packet->payload, element->data, element->len);
	}
	g_ptr_array_add(builder->out, packet);
	g_ptr_array_set_size(builder->elements, 0);
	builder->head = 0;
}

static void append_obu(struct builder *builder, gsize capacity, const GByteArray *obu)
{
	for (gsize pos = 0; pos < obu->len;) {
		GByteArray *element;
		gsize part;

		if (!builder->elements->len)
			builder->room = capacity;
		if (builder->room <= SIZE_OCTETS) {
			flush(builder);
			continue;
		}
		builder->room -= SIZE_OCTETS;
		part = MIN(obu->len - pos, builder->room);
		element = g_byte_array_new();
		g_byte_array_append(element, obu->data + pos, part);
		g_ptr_array_add(builder->elements, element);
		builder->room -= part;
		pos += part;
		if (pos < obu->len) {
			builder->head |= CONTINUED;
			flush(builder);
			builder->head = CONTINUES;
		}
	}
}

gboolean av1_pay(const struct layered *stream, guint index, guint mtu, GPtrArray *out,
		 GError **error)
{
	const struct layered_frame *frame = layered_at(stream, index);
	g_autoptr(GPtrArray) elements =
		g_ptr_array_new_with_free_func((GDestroyNotify)g_byte_array_unref);
	struct builder builder = { .out = out, .elements = elements, .frame = frame };
	gsize size, pos = 0, capacity = MIN(mtu, 16383) - RTPFILE_HEADER - 1;
	const guint8 *data = g_bytes_get_data(frame->data, &size);
	gboolean bad = FALSE;
	struct obu obu;

	g_assert(mtu >= RTPFILE_MIN_MTU);
	if (frame->key && !frame->sid)
		builder.head = NEW;
	while (obu_next(data, size, &pos, &obu, &bad)) {
		g_autoptr(GByteArray) bare = g_byte_array_new();

		if (obu.type == OBU_TEMPORAL_DELIMITER || obu.type == OBU_TILE_LIST)
			continue;
		g_byte_array_append(bare, obu.data, obu.head);
		bare->data[0] &= ~OBU_HAS_SIZE;
		g_byte_array_append(bare, obu.data + obu.head + obu.skip, obu.len);
		append_obu(&builder, capacity, bare);
	}
	flush(&builder);
	if (bad || !out->len) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
			    "frame %u is not made of OBUs", frame->number);
		return FALSE;
	}
	if (layered_next_picture(stream, index) == index + 1)
		((struct rtpfile_packet *)g_ptr_array_index(out, out->len - 1))->marker = TRUE;
	return TRUE;
}

/* Appends the elements of a payload to those of the picture; FALSE when malformed. */
static gboolean take_elements(const GByteArray *payload, GPtrArray *elements, gboolean *open)
{
	gsize pos = 1, len;
	guint count, i;
	guint8 head;

	if (payload->len < 2)
		return FALSE;
	head = payload->data[0];
	if (!!(head & CONTINUES) != *open)
		return FALSE;
	count = head >> COUNT_SHIFT & COUNT_MASK;
	for (i = 0; pos < payload->len; i++) {
		len = payload->len - pos;
		if ((!count || i + 1 < count) &&
		    !obu_read_size(payload->data, payload->len, &pos, &len))
			return FALSE;
		if (i || !*open)
			g_ptr_array_add(elements, g_byte_array_new());
		g_byte_array_append(g_ptr_array_index(elements, elements->len - 1),
				    payload->data + pos, len);
		pos += len;
	}
	*open = !!(head & CONTINUED);
	return !count || i == count;
}

/* The element, which has no size, with one; FALSE when it is no OBU. */
static gboolean append_sized(const GByteArray *element, struct obu *obu, GByteArray *to)
{
	gboolean bad;
	gsize pos = 0;

	if (!obu_next(element->data, element->len, &pos, obu, &bad) || obu->skip)
		return FALSE;
	g_byte_array_append(to, element->data, obu->head);
	to->data[to->len - obu->head] |= OBU_HAS_SIZE;
	obu_append_size(to, obu->len);
	g_byte_array_append(to, element->data + obu->head, obu->len);
	return TRUE;
}

static struct layered_frame *add_frame(struct layered *stream, guint32 picture,
				       guint32 timestamp, GByteArray *data)
{
	struct layered_frame *frame = layered_add(stream, data->data, data->len);

	frame->picture = picture;
	frame->timestamp = timestamp;
	g_byte_array_set_size(data, 0);
	return frame;
}

gboolean av1_depay(const GPtrArray *packets, guint32 picture, struct layered *stream,
		   GError **error)
{
	static const guint8 delimiter[] = { OBU_TEMPORAL_DELIMITER << 3 | OBU_HAS_SIZE, 0 };
	g_autoptr(GPtrArray) elements =
		g_ptr_array_new_with_free_func((GDestroyNotify)g_byte_array_unref);
	g_autoptr(GByteArray) data = g_byte_array_new();
	const struct rtpfile_packet *packet = NULL;
	gboolean open = FALSE, key = FALSE, begun = FALSE;
	guint8 layer = 0;

	for (guint i = 0; i < packets->len; i++) {
		packet = g_ptr_array_index(packets, i);
		if (!rtpfile_follows(packets, i) ||
		    !take_elements(packet->payload, elements, &open)) {
			g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
				    "picture %u: payload %u is malformed, or one before it is missing",
				    picture, i);
			return FALSE;
		}
	}
	g_byte_array_append(data, delimiter, sizeof(delimiter));
	for (guint i = 0; i <= elements->len; i++) {
		gboolean last = i == elements->len;
		const GByteArray *element = last ? NULL : g_ptr_array_index(elements, i);
		guint8 next = !last && element->len > 1 && element->data[0] & OBU_EXTENSION ?
			      element->data[1] : 0;
		struct obu obu;

		if (last || (begun && next != layer)) {
			struct layered_frame *frame =
				add_frame(stream, picture, packet->timestamp, data);

			frame->sid = layer >> 3 & 3;
			frame->tid = layer >> 5;
			frame->key = key;
		}
		if (last)
			break;
		if (!append_sized(element, &obu, data)) {
			open = TRUE;
			break;
		}
		key |= obu.type == OBU_SEQUENCE_HEADER;
		if (obu.type != OBU_SEQUENCE_HEADER) {
			begun = TRUE;
			layer = next;
		}
	}
	if (open)
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
			    "picture %u: a part of an OBU is missing", picture);
	return !open;
}
