// SPDX-License-Identifier: GPL-2.0-or-later
#include "depay.h"

#define FU_START	0x80
#define FU_END		0x40

void depay_init(struct depay *depay, depay_func func, gpointer data)
{
	*depay = (struct depay){
		.func = func,
		.data = data,
		.unit = g_byte_array_new(),
		.fragments = g_byte_array_new(),
	};
}

static void flush(struct depay *depay)
{
	if (depay->fragments->len) {
		g_byte_array_set_size(depay->fragments, 0);
		depay->damaged = TRUE;
	}
	if (depay->unit->len || depay->damaged)
		depay->func(depay->timestamp, depay->unit, depay->damaged, depay->data);
	g_byte_array_set_size(depay->unit, 0);
	depay->damaged = FALSE;
}

static void push_fragment(struct depay *depay, const guint8 *payload, gsize len)
{
	GByteArray *fragments = depay->fragments;

	if (len < 3) {
		depay->damaged = TRUE;
		return;
	}
	if (payload[1] & FU_START) {
		guint8 header = (payload[0] & 0xe0) | H264_NAL_TYPE(payload[1]);

		/* the end of the one before did not come */
		if (fragments->len)
			depay->damaged = TRUE;
		g_byte_array_set_size(fragments, 0);
		g_byte_array_append(fragments, &header, 1);
	} else if (!fragments->len) {
		depay->damaged = TRUE;
		return;
	}
	g_byte_array_append(fragments, payload + 2, len - 2);
	if (payload[1] & FU_END) {
		annexb_append(depay->unit, fragments->data, fragments->len);
		g_byte_array_set_size(fragments, 0);
	}
}

static void push_aggregate(struct depay *depay, const guint8 *payload, gsize len)
{
	gsize pos = 1;

	do {
		gsize size = len - pos < 2 ? 0 : payload[pos] << 8 | payload[pos + 1];

		pos += 2;
		if (!size || size > len - pos) {
			depay->damaged = TRUE;
			return;
		}
		annexb_append(depay->unit, payload + pos, size);
		pos += size;
	} while (pos < len);
}

void depay_push(struct depay *depay, gint64 seq, guint32 timestamp,
		const guint8 *payload, gsize len)
{
	gboolean gap = depay->started && seq != depay->next;
	guint type;

	/* what is missing may have been of either access unit */
	if (gap)
		depay->damaged = TRUE;
	if (depay->started && timestamp != depay->timestamp)
		flush(depay);
	if (gap) {
		depay->damaged = TRUE;
		g_byte_array_set_size(depay->fragments, 0);
	}
	depay->started = TRUE;
	depay->next = seq + 1;
	depay->timestamp = timestamp;

	if (!len) {
		depay->damaged = TRUE;
		return;
	}
	type = H264_NAL_TYPE(payload[0]);
	if (type != H264_FU_A && depay->fragments->len) {
		g_byte_array_set_size(depay->fragments, 0);
		depay->damaged = TRUE;
	}
	if (type == H264_FU_A)
		push_fragment(depay, payload, len);
	else if (type == H264_STAP_A)
		push_aggregate(depay, payload, len);
	else if (type > 0 && type < H264_STAP_A)
		annexb_append(depay->unit, payload, len);
	else
		depay->damaged = TRUE;
}

void depay_finish(struct depay *depay)
{
	if (depay->started)
		flush(depay);
	g_byte_array_unref(depay->unit);
	g_byte_array_unref(depay->fragments);
}
