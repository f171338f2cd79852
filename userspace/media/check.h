/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a viewer received against what it should have: that follows from the origin's
 * file, the viewer's cap, and what the origin says of its own sending, never from what
 * was received. The one thing taken from there is where the viewer's part begins: at
 * its first datagram, found in the file by its content.
 */
#ifndef RTPRELAY_MEDIA_CHECK_H
#define RTPRELAY_MEDIA_CHECK_H

#include "capture.h"
#include "h264.h"

/* What the origin says it sent. */
struct check_origin {
	gint64 datagrams;
	gint64 access_units;
	guint32 first_timestamp;	/* of its first access unit */
	guint32 timestamp_step;		/* from one to the next, at least 1 */
};

struct check_result {
	guint64 expected;	/* datagrams, from the viewer's first to the origin's last */
	guint64 received;	/* all that came */
	guint64 lost;		/* expected ones that did not come */
	guint64 duplicates;	/* sequence numbers that came again */
	guint64 reordered;
	guint64 holes;		/* sequence numbers that never came */
	guint64 wrong;		/* not what was expected, or a content that came before */
	guint64 octets;		/* received, from the RTP header on */
	gint64 duration_us;	/* from the first to the last that came */

	GByteArray *annexb;	/* the stream from the first whole IDR access unit on */
	guint64 units;		/* access units in it */
	guint64 damaged;	/* of them: with datagrams missing */
	/*
	 * Access units from an IDR picture in the middle of whose access unit the
	 * viewer began, to the first in annexb: who has the parameter sets from
	 * the SDP can decode them. 0 where it did not begin so.
	 */
	guint64 units_before;
	guint first_frame;	/* pictures that the cap leaves in the file before it */
	guint frames_in_loop;	/* and in all of the file */
};

struct check;

/* @stream must outlive it. */
struct check *check_new(const struct h264_stream *stream, const struct svc_point *cap,
			const struct check_origin *origin);

/* Takes a datagram; in the order of arrival. */
void check_add(struct check *check, const struct capture_packet *packet);

/* Frees the check; annexb of the result is the caller's. */
void check_finish(struct check *check, struct check_result *result);

#endif
