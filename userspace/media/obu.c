// SPDX-License-Identifier: GPL-2.0-or-later
#include "obu.h"

#define MAX_SIZE_OCTETS	8

gboolean obu_read_size(const guint8 *data, gsize size, gsize *pos, gsize *value)
{
	guint64 sum = 0;

	for (guint i = 0; i < MAX_SIZE_OCTETS && *pos < size; i++) {
		guint8 octet = data[(*pos)++];

		sum |= (guint64)(octet & 0x7f) << 7 * i;
		if (!(octet & 0x80)) {
			*value = sum;
			return sum <= size - *pos;
		}
	}
	return FALSE;
}

void obu_append_size(GByteArray *to, gsize value)
{
	guint8 octet;

	do {
		octet = value & 0x7f;
		value >>= 7;
		if (value)
			octet |= 0x80;
		g_byte_array_append(to, &octet, 1);
	} while (value);
}

gboolean obu_next(const guint8 *data, gsize size, gsize *pos, struct obu *obu, gboolean *bad)
{
	gsize start = *pos;

	if (start == size)
		return FALSE;
	obu->type = data[start] >> 3 & 0xf;
	obu->data = data + start;
	obu->head = data[start] & OBU_EXTENSION ? 2 : 1;
	*pos += obu->head;
	*bad = *pos > size;
	if (*bad)
		return FALSE;
	obu->len = size - *pos;
	if (data[start] & OBU_HAS_SIZE && !obu_read_size(data, size, pos, &obu->len)) {
		*bad = TRUE;
		return FALSE;
	}
	obu->skip = *pos - start - obu->head;
	*pos += obu->len;
	return TRUE;
}
