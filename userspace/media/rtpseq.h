/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the sequence numbers of one RTP stream say about its way: each number is
 * remembered, so that the figures are exact, not an estimate.
 */
#ifndef RTPRELAY_MEDIA_RTPSEQ_H
#define RTPRELAY_MEDIA_RTPSEQ_H

#include <glib.h>

struct rtpseq {
	guint64 received;	/* datagrams, duplicates included */
	guint64 duplicates;	/* came with a number that had come before */
	guint64 reordered;	/* came after one with a higher number */
	gint64 first;		/* extended number of the first datagram */
	gint64 max;		/* highest extended number */
	GByteArray *seen;	/* a bit for each number from first on */
	guint64 unique;		/* bits set there */

	/* RFC 3550, A.8 */
	gboolean timed;
	guint32 transit;	/* of the last datagram, in timestamp units */
	guint32 jitter;		/* interarrival jitter, scaled by 16 */

	/* at the last report: RFC 3550, A.3 */
	guint64 expected_prior;
	guint64 received_prior;
};

void rtpseq_init(struct rtpseq *seq);
void rtpseq_clear(struct rtpseq *seq);

/*
 * Accounts for the datagram and returns its extended number: 16 bits of @number
 * and how often it wrapped since the first.
 */
gint64 rtpseq_add(struct rtpseq *seq, guint16 number);

/* @arrival and @timestamp in units of the RTP clock, each from any origin. */
void rtpseq_time(struct rtpseq *seq, guint32 arrival, guint32 timestamp);

/* Numbers between the first and the highest that never came. */
guint64 rtpseq_holes(const struct rtpseq *seq);

/* Share lost since the last call, in 256ths: the field of a receiver report. */
guint8 rtpseq_fraction_lost(struct rtpseq *seq);

#endif
