// SPDX-License-Identifier: GPL-2.0-or-later
#include "check.h"

#include "depay.h"
#include "plan.h"
#include "rtpseq.h"

#include <string.h>

struct check {
	const struct h264_stream *stream;
	struct plan *plan;
	struct svc_point cap;
	struct check_origin origin;

	struct rtpseq seq;
	gint64 pushed;		/* highest extended number given to depay */
	guint8 *seen;		/* for each datagram of the origin: whether it came */
	gint64 first;		/* index of the viewer's first datagram, -1 before */
	guint64 matched;	/* datagrams from there on that came */
	guint64 wrong;
	guint64 octets;
	gint64 last_us;

	struct depay depay;
	GByteArray *annexb;
	gint64 first_au;	/* the first in annexb, counted by the origin; -1 before */
	gint64 partial_au;	/* IDR access unit in which it began, or -1 */
	guint64 units;
	guint64 damaged;
};

static gboolean kept(const struct check *check, gint64 index)
{
	guint in_loop = index % check->plan->packets->len;

	return h264_keep(plan_packet(check->plan, in_loop)->nal, &check->cap);
}

/* Which access unit has this timestamp, counted from the origin's first; or -1. */
static gint64 au_of(const struct check *check, guint32 timestamp)
{
	guint32 offset = timestamp - check->origin.first_timestamp;

	if (offset % check->origin.timestamp_step)
		return -1;
	offset /= check->origin.timestamp_step;
	return offset < check->origin.access_units ? (gint64)offset : -1;
}

/* Index of the first datagram of an access unit. */
static gint64 au_start(const struct check *check, gint64 au)
{
	const struct plan *plan = check->plan;

	return au / plan->aus * plan->packets->len + plan->au_first[au % plan->aus];
}

/*
 * The index of a kept datagram of the origin with this content, or -1. Of several the
 * first that has not come yet.
 */
static gint64 find(const struct check *check, const struct capture_packet *packet)
{
	gint64 au = au_of(check, packet->timestamp);
	gint64 end, repeated = -1;

	if (au < 0)
		return -1;
	end = MIN(au_start(check, au + 1), check->origin.datagrams);
	for (gint64 index = au_start(check, au); index < end; index++) {
		guint in_loop = index % check->plan->packets->len;

		if (!kept(check, index) ||
		    !plan_packet_equal(plan_packet(check->plan, in_loop),
				       packet->payload, packet->payload_len))
			continue;
		if (!check->seen[index])
			return index;
		repeated = index;
	}
	return repeated;
}

void check_add(struct check *check, const struct capture_packet *packet)
{
	gint64 extended = rtpseq_add(&check->seq, packet->seq);
	gint64 index = find(check, packet);

	check->octets += packet->len;
	check->last_us = packet->time_us;
	if (index < 0 || check->seen[index]) {
		check->wrong++;
	} else {
		check->seen[index] = TRUE;
		if (check->first < 0)
			check->first = index;
		if (index >= check->first)
			check->matched++;
	}
	if (check->seq.received == 1 || extended > check->pushed) {
		check->pushed = extended;
		depay_push(&check->depay, extended, packet->timestamp,
			   packet->payload, packet->payload_len);
	}
}

/* Whether the viewer's first datagram is in the middle of this access unit. */
static gboolean began_within(const struct check *check, gint64 au)
{
	for (gint64 index = au_start(check, au); index < check->first; index++)
		if (kept(check, index))
			return TRUE;
	return FALSE;
}

static void add_unit(guint32 timestamp, const GByteArray *unit, gboolean damaged, gpointer data)
{
	struct check *check = data;
	gint64 au = au_of(check, timestamp);

	if (check->first_au < 0) {
		if (au < 0 || check->first < 0 || damaged ||
		    !h264_stream_au(check->stream, au % check->plan->aus)->idr)
			return;
		if (began_within(check, au)) {
			check->partial_au = au;
			return;
		}
		check->first_au = au;
	}
	g_byte_array_append(check->annexb, unit->data, unit->len);
	check->units++;
	check->damaged += damaged;
}

static guint64 count_expected(const struct check *check)
{
	guint64 expected = 0;

	if (check->first < 0)
		return 0;
	for (gint64 i = check->first; i < check->origin.datagrams; i++)
		expected += kept(check, i);
	return expected;
}

/* Pictures that the cap leaves in the first @aus access units of the file. */
static guint count_pictures(const struct check *check, guint aus)
{
	guint pictures = 0;

	for (guint i = 0; i < aus; i++) {
		const struct h264_au *au = h264_stream_au(check->stream, i);

		for (guint n = au->first; n < au->first + au->count; n++) {
			const struct h264_nal *nal = h264_stream_nal(check->stream, n);
			guint type = H264_NAL_TYPE(nal->data[0]);

			if ((type == H264_SLICE || type == H264_SLICE_IDR) &&
			    h264_keep(nal, &check->cap)) {
				pictures++;
				break;
			}
		}
	}
	return pictures;
}

struct check *check_new(const struct h264_stream *stream, const struct svc_point *cap,
			const struct check_origin *origin)
{
	struct check *check = g_new(struct check, 1);

	*check = (struct check){
		.stream = stream,
		.plan = plan_new(stream),
		.cap = *cap,
		.origin = *origin,
		.seen = g_malloc0(origin->datagrams + 1),
		.first = -1,
		.annexb = g_byte_array_new(),
		.first_au = -1,
		.partial_au = -1,
	};
	rtpseq_init(&check->seq);
	depay_init(&check->depay, add_unit, check);
	return check;
}

void check_finish(struct check *check, struct check_result *result)
{
	guint64 expected = count_expected(check);

	depay_finish(&check->depay);
	*result = (struct check_result){
		.expected = expected,
		.received = check->seq.received,
		.lost = expected - check->matched,
		.duplicates = check->seq.duplicates,
		.reordered = check->seq.reordered,
		.holes = rtpseq_holes(&check->seq),
		.wrong = check->wrong,
		.octets = check->octets,
		.duration_us = check->last_us,
		.annexb = check->annexb,
		.units = check->units,
		.damaged = check->damaged,
		.frames_in_loop = count_pictures(check, check->plan->aus),
	};
	if (check->first_au >= 0)
		result->first_frame = count_pictures(check, check->first_au % check->plan->aus);
	if (check->first_au >= 0 && check->partial_au >= 0)
		result->units_before = check->first_au - check->partial_au;
	rtpseq_clear(&check->seq);
	plan_free(check->plan);
	g_free(check->seen);
	g_free(check);
}
