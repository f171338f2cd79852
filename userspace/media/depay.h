/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RTP payloads of H.264 (RFC 6184, modes 0 and 1) back to access units. */
#ifndef RTPRELAY_MEDIA_DEPAY_H
#define RTPRELAY_MEDIA_DEPAY_H

#include "h264.h"

/*
 * An access unit: all payloads of one timestamp. @damaged: a sequence number within
 * or right before it is missing, or a payload is malformed. @unit is Annex B and
 * belongs to the depacketizer.
 */
typedef void (*depay_func)(guint32 timestamp, const GByteArray *unit, gboolean damaged,
			   gpointer data);

struct depay {
	depay_func func;
	gpointer data;
	gboolean started;
	gint64 next;		/* extended sequence number due */
	guint32 timestamp;	/* of the access unit in work */
	GByteArray *unit;
	GByteArray *fragments;	/* of the NAL unit in work, empty when there is none */
	gboolean damaged;
};

void depay_init(struct depay *depay, depay_func func, gpointer data);

/* Extended sequence numbers must rise. */
void depay_push(struct depay *depay, gint64 seq, guint32 timestamp,
		const guint8 *payload, gsize len);

/* Hands on the access unit in work and frees what depay_init() took. */
void depay_finish(struct depay *depay);

#endif
