// SPDX-License-Identifier: GPL-2.0-or-later
#include "rtpfile.h"

#include <gio/gio.h>
#include <string.h>

/* Numbers and timestamps that wrap on the way. */
#define FIRST_SEQ	65000
#define FIRST_TIMESTAMP	4294900000
#define SSRC		1234567
#define PAYLOAD_TYPE	96

/* First octet: V(2) P(1) X(1) CC(4) */
#define VERSION		0x80
#define PADDING		0x20
#define EXTENSION	0x10
#define CSRC_COUNT	0x0f
#define MARKER		0x80

#define TWO_BYTE_PROFILE	0x1000	/* RFC 8285, section 4.3 */

struct rtpfile_packet *rtpfile_packet_new(void)
{
	struct rtpfile_packet *packet = g_new0(struct rtpfile_packet, 1);

	packet->payload = g_byte_array_new();
	return packet;
}

void rtpfile_packet_free(gpointer data)
{
	struct rtpfile_packet *packet = data;

	g_byte_array_unref(packet->payload);
	g_clear_pointer(&packet->extension, g_byte_array_unref);
	g_free(packet);
}

static void append16(GByteArray *to, guint16 value)
{
	value = GUINT16_TO_BE(value);
	g_byte_array_append(to, (const guint8 *)&value, sizeof(value));
}

static void append32(GByteArray *to, guint32 value)
{
	value = GUINT32_TO_BE(value);
	g_byte_array_append(to, (const guint8 *)&value, sizeof(value));
}

static void append_extension(GByteArray *file, const GByteArray *extension, guint8 id)
{
	static const guint8 zeros[4];
	guint8 head[] = { id, extension->len };
	guint len = sizeof(head) + extension->len, words = (len + 3) / 4;

	g_assert(extension->len <= G_MAXUINT8);
	append16(file, TWO_BYTE_PROFILE);
	append16(file, words);
	g_byte_array_append(file, head, sizeof(head));
	g_byte_array_append(file, extension->data, extension->len);
	g_byte_array_append(file, zeros, words * 4 - len);
}

void rtpfile_append(GByteArray *file, const struct rtpfile_packet *packet, guint8 extension_id)
{
	guint start = file->len;
	guint8 head[] = {
		VERSION | (packet->extension ? EXTENSION : 0),
		PAYLOAD_TYPE | (packet->marker ? MARKER : 0),
	};
	guint16 len;

	append16(file, 0);
	g_byte_array_append(file, head, sizeof(head));
	append16(file, FIRST_SEQ + packet->seq);
	append32(file, FIRST_TIMESTAMP + packet->timestamp);
	append32(file, SSRC);
	if (packet->extension)
		append_extension(file, packet->extension, extension_id);
	g_byte_array_append(file, packet->payload->data, packet->payload->len);
	len = GUINT16_TO_BE(file->len - start - sizeof(len));
	memcpy(file->data + start, &len, sizeof(len));
}

static guint16 get16(const guint8 *from)
{
	return from[0] << 8 | from[1];
}

/* Whether it is RTP. */
static gboolean parse_packet(struct rtpfile_packet *packet, const guint8 *data, gsize len)
{
	gsize pos = RTPFILE_HEADER, padding = 0;

	if (len < RTPFILE_HEADER || (data[0] & 0xc0) != VERSION)
		return FALSE;
	pos += 4 * (data[0] & CSRC_COUNT);
	if (data[0] & EXTENSION) {
		if (pos + 4 > len)
			return FALSE;
		pos += 4 + 4 * get16(data + pos + 2);
	}
	if (data[0] & PADDING)
		padding = data[len - 1];
	if (pos + padding > len)
		return FALSE;
	packet->marker = !!(data[1] & MARKER);
	packet->seq = get16(data + 2);
	packet->timestamp = (guint32)get16(data + 4) << 16 | get16(data + 6);
	g_byte_array_append(packet->payload, data + pos, len - pos - padding);
	return TRUE;
}

gboolean rtpfile_follows(const GPtrArray *packets, guint index)
{
	const struct rtpfile_packet *packet = g_ptr_array_index(packets, index);
	const struct rtpfile_packet *before = index ? g_ptr_array_index(packets, index - 1) : NULL;

	return !before || packet->seq == (guint16)(before->seq + 1);
}

GPtrArray *rtpfile_parse(const guint8 *data, gsize size, GError **error)
{
	g_autoptr(GPtrArray) packets = g_ptr_array_new_with_free_func(rtpfile_packet_free);
	gsize pos = 0;

	while (pos < size) {
		struct rtpfile_packet *packet = rtpfile_packet_new();
		gsize len = size - pos < 2 ? 0 : get16(data + pos);

		g_ptr_array_add(packets, packet);
		if (size - pos < 2 + len || !parse_packet(packet, data + pos + 2, len)) {
			g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
				    "datagram %u is cut short or not RTP", packets->len);
			return NULL;
		}
		pos += 2 + len;
	}
	return g_steal_pointer(&packets);
}
