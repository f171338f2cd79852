// SPDX-License-Identifier: GPL-2.0-or-later
#include "rtpseq.h"

#include <string.h>

void rtpseq_init(struct rtpseq *seq)
{
	*seq = (struct rtpseq){ .seen = g_byte_array_new() };
}

void rtpseq_clear(struct rtpseq *seq)
{
	g_clear_pointer(&seq->seen, g_byte_array_unref);
}

/* Sets the bit of an extended number; FALSE if it was set. */
static gboolean mark(struct rtpseq *seq, gint64 extended)
{
	guint64 bit = extended - seq->first;
	guint size = seq->seen->len;
	guint8 *octet;

	if (bit / 8 >= size) {
		g_byte_array_set_size(seq->seen, MAX(bit / 8 + 1, 2 * size));
		memset(seq->seen->data + size, 0, seq->seen->len - size);
	}
	octet = &seq->seen->data[bit / 8];
	if (*octet & 1 << bit % 8)
		return FALSE;
	*octet |= 1 << bit % 8;
	return TRUE;
}

gint64 rtpseq_add(struct rtpseq *seq, guint16 number)
{
	gint64 extended;

	if (!seq->received++) {
		seq->first = number;
		seq->max = number;
		extended = number;
	} else {
		/* the nearest to the highest so far, RFC 3711 3.3.1's way */
		extended = seq->max + (gint16)(number - (guint16)seq->max);
	}

	if (extended < seq->max)
		seq->reordered++;
	seq->max = MAX(seq->max, extended);
	/* overtaken by the first to come: nobody counts on it */
	if (extended < seq->first)
		return extended;
	if (mark(seq, extended))
		seq->unique++;
	else
		seq->duplicates++;
	return extended;
}

void rtpseq_time(struct rtpseq *seq, guint32 arrival, guint32 timestamp)
{
	guint32 transit = arrival - timestamp;
	gint32 change = transit - seq->transit;

	if (seq->timed)
		seq->jitter += ABS(change) - ((seq->jitter + 8) >> 4);
	seq->timed = TRUE;
	seq->transit = transit;
}

guint64 rtpseq_holes(const struct rtpseq *seq)
{
	return seq->received ? seq->max - seq->first + 1 - seq->unique : 0;
}

guint8 rtpseq_fraction_lost(struct rtpseq *seq)
{
	guint64 all = seq->received ? seq->max - seq->first + 1 : 0;
	gint64 expected = all - seq->expected_prior;
	gint64 lost = expected - (gint64)(seq->received - seq->received_prior);

	seq->expected_prior = all;
	seq->received_prior = seq->received;
	if (expected <= 0 || lost <= 0)
		return 0;
	return MIN(lost * 256 / expected, 255);
}
