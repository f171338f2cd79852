/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The RTP payloads that one pass of an H.264 file makes, known from the file alone:
 * RFC 6184 packetization mode 1 without aggregation, as rtph264pay does it.
 */
#ifndef RTPRELAY_MEDIA_PLAN_H
#define RTPRELAY_MEDIA_PLAN_H

#include "h264.h"

/* What the origin uses, in octets from the RTP header on. */
#define PLAN_MTU		1400
#define RTP_HEADER_SIZE		12
#define PLAN_CLOCK_RATE		90000

struct plan_packet {
	guint au;			/* index of its access unit */
	const struct h264_nal *nal;	/* the NAL unit it carries, or a fragment of */
	guint8 fu[2];			/* FU indicator and header of a fragment */
	gboolean fragment;
	const guint8 *data;		/* what follows fu, or the whole NAL unit */
	gsize len;			/* of data, in octets */
	gboolean marker;		/* last of its access unit */
};

struct plan {
	GArray *packets;	/* struct plan_packet, in sending order */
	guint *au_first;	/* for each access unit and one more: its first packet */
	guint aus;		/* access units */
};

/* @stream must outlive the plan. */
struct plan *plan_new(const struct h264_stream *stream);
void plan_free(struct plan *plan);

static inline const struct plan_packet *plan_packet(const struct plan *plan, guint i)
{
	return &g_array_index(plan->packets, struct plan_packet, i);
}

/* Whether @payload is octet for octet that of the packet. */
gboolean plan_packet_equal(const struct plan_packet *packet, const guint8 *payload, gsize len);

#endif
