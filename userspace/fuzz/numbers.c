// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The numbering of streams and the caps of destinations, on a run of events of a
 * few octets each: whatever arrives and whatever is asked for, a destination gets
 * no number twice, in the order of the input, and nothing above its cap.
 */
#include <glib.h>
#include <string.h>

#include "variant.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define DESTS	4
/* Further back a number cannot be late. */
#define HISTORY	2048
/* A destination that got nothing for so many can no longer tell them apart. */
#define LOST	30000

enum kind {
	NEXT,		/* a datagram, a few numbers after the newest */
	LATE,		/* a datagram, a few numbers before it */
	ANY,		/* a datagram, any number and one of two SSRCs */
	SET,
	REPLACE,	/* a destination goes, and another comes */
	KINDS,
};

/* How an event stands in the input. */
struct event {
	guint8 kind;
	guint8 which;	/* distance, or destination; SSRC */
	guint8 layer[2];
	guint8 flags;
	guint8 up;
};

struct output {
	guint32 number, ext;
	gboolean used;
};

struct dest {
	struct rtp_variant variant;
	guint32 highest;	/* extended number that it got */
	guint32 lost;		/* datagrams missing since */
	gboolean any;
	struct output outputs[HISTORY];
};

struct relay {
	struct rtp_classes classes;
	struct rtp_stream stream;
	struct rtp_arrival arrival;
	struct dest dests[DESTS];
};

static const struct rtp_cap uncapped = { RTP_DID_MAX, RTP_QID_MAX, RTP_TID_MAX };

static void check_references(const struct relay *relay, guint dests)
{
	const struct rtp_classes *classes = &relay->classes;
	guint pending = 0;

	for (guint class = 0; class < RTP_CLASSES; class++) {
		guint refs = class == RTP_CLASS_ALL;

		for (guint i = 0; i < dests; i++)
			refs += !!(relay->dests[i].variant.classes & BIT(class));
		g_assert_cmpint(!!(classes->used & BIT(class)), ==, !!refs);
		g_assert_cmpuint(refs ? classes->refs[class] : 0, ==, refs);
	}
	for (guint i = 0; i < dests; i++)
		pending += rtp_variant_is_pending(&relay->dests[i].variant);
	g_assert_cmpuint(classes->switching, ==, pending);
}

static void check_number(struct dest *dest, guint32 ext, guint16 number)
{
	guint32 full = dest->highest + (gint16)(number - dest->highest);
	struct output *output;

	if (!dest->any || dest->lost > LOST) {
		memset(dest->outputs, 0, sizeof(dest->outputs));
		dest->any = TRUE;
		dest->lost = 0;
		full = ((dest->highest >> 16) + 2) << 16 | number;
		dest->highest = full;
	} else if ((gint32)(full - dest->highest) > 0) {
		output = &dest->outputs[dest->highest % HISTORY];
		g_assert_true((gint32)(ext - output->ext) > 0);
		dest->highest = full;
		dest->lost = 0;
	} else {
		g_assert_cmpuint(dest->highest - full, <, HISTORY);
	}

	output = &dest->outputs[full % HISTORY];
	g_assert_false(output->used && output->number == full);
	*output = (struct output){ full, ext, TRUE };
	/* the next one that it got is a later one */
	for (guint32 near = full + 1; (gint32)(dest->highest - near) >= 0; near++) {
		output = &dest->outputs[near % HISTORY];
		if (output->used && output->number == near) {
			g_assert_true((gint32)(output->ext - ext) > 0);
			break;
		}
	}
}

static void check_cap(const struct relay *relay, const struct dest *dest)
{
	const struct rtp_arrival *arrival = &relay->arrival;
	const struct rtp_variant *variant = &dest->variant;
	guint class = variant->class;

	if (variant->switched && (gint32)(arrival->numbers.ext - variant->since) < 0)
		class = variant->prev;
	g_assert_true(rtp_layer_kept(&arrival->layer, &relay->classes.cap[class]));
	g_assert_false(arrival->layer.flags & RTP_LAYER_DROP);
}

static void send_to(struct relay *relay, struct dest *dest)
{
	struct rtp_copy copy;

	if (rtp_variant_is_pending(&dest->variant) && rtp_arrival_may_switch(&relay->arrival))
		rtp_variant_switch(&dest->variant, &relay->classes, &relay->arrival);
	if (!rtp_variant_number(&dest->variant, &relay->classes, &relay->arrival, &copy))
		return;
	check_cap(relay, dest);
	check_number(dest, relay->arrival.numbers.ext, copy.number);
}

static void receive(struct relay *relay, const struct event *event)
{
	struct rtp_arrival *arrival = &relay->arrival;
	struct rtp_stream *stream = &relay->stream;
	guint16 seq = stream->max_seq;
	guint32 ssrc = stream->ssrc, keep;

	switch (event->kind % KINDS) {
	case NEXT:
		seq += 1 + event->which % 8;
		break;
	case LATE:
		seq -= event->which;
		break;
	default:
		seq = event->layer[0] << 8 | event->which;
		ssrc = event->up & 1;
	}

	arrival->serial++;
	if (rtp_stream_receive(stream, ssrc, seq) > RTP_ACCEPT_LATE)
		return;

	arrival->layer = (struct rtp_layer){
		.did = event->layer[0] & RTP_DID_MAX,
		.qid = event->layer[0] >> 3 & RTP_QID_MAX,
		.tid = event->layer[1] & RTP_TID_MAX,
		.up_from = event->up & RTP_TID_MAX,
		.up_to = event->up >> 3 & RTP_TID_MAX,
		.flags = event->flags,
	};
	for (guint i = 0; i < DESTS; i++)
		relay->dests[i].lost += stream->missing;
	arrival->used = rtp_stream_classes(stream, &relay->classes);
	keep = rtp_class_keep(&relay->classes, arrival->used, &arrival->layer);
	rtp_stream_number(stream, event->layer[1] >> 3, &arrival->layer, keep, arrival->used,
			  &arrival->numbers);
	g_assert_false(arrival->numbers.classes & ~keep);
	for (guint i = 0; i < DESTS; i++)
		send_to(relay, &relay->dests[i]);
}

static void change(struct relay *relay, const struct event *event)
{
	struct dest *dest = &relay->dests[event->which % DESTS];
	struct rtp_cap cap = {
		.did = event->layer[0] & RTP_DID_MAX,
		.qid = event->layer[0] >> 3 & RTP_QID_MAX,
		.tid = event->layer[1] & RTP_TID_MAX,
	};
	u32 reserved;

	if (event->flags & 1)
		cap = (struct rtp_cap){ .paused = TRUE };
	if (event->kind % KINDS == REPLACE) {
		rtp_variant_exit(&dest->variant, &relay->classes);
		memset(dest, 0, sizeof(*dest));
		/* Without a cap there is always room. */
		if (rtp_variant_init(&dest->variant, &relay->classes, &cap,
				     relay->arrival.serial + 1))
			rtp_variant_init(&dest->variant, &relay->classes, &uncapped,
					 relay->arrival.serial + 1);
		return;
	}
	if (rtp_variant_reserve(&dest->variant, &relay->classes, &relay->stream.top, &cap,
				relay->arrival.serial + 1, &reserved))
		return;
	rtp_variant_want(&dest->variant, &relay->classes, &cap, event->flags & 2, reserved);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct relay *relay = g_new0(struct relay, 1);
	struct event event;

	rtp_classes_init(&relay->classes);
	relay->arrival.stream = &relay->stream;
	/* the extended numbers wrap soon */
	relay->stream.seq.head = -RTP_SEQ_RING;
	for (guint i = 0; i < RTP_CLASSES; i++)
		rtp_seq_open(&relay->stream.seq, i);
	for (guint i = 0; i < DESTS; i++)
		rtp_variant_init(&relay->dests[i].variant, &relay->classes, &uncapped, 0);

	for (; size >= sizeof(event); data += sizeof(event), size -= sizeof(event)) {
		memcpy(&event, data, sizeof(event));
		if (event.kind % KINDS < SET)
			receive(relay, &event);
		else
			change(relay, &event);
		check_references(relay, DESTS);
	}

	for (guint i = 0; i < DESTS; i++)
		rtp_variant_exit(&relay->dests[i].variant, &relay->classes);
	check_references(relay, 0);
	g_free(relay);
	return 0;
}
