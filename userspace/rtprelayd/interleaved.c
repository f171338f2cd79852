// SPDX-License-Identifier: GPL-2.0-or-later
#include "interleaved.h"

#include "leg.h"
#include "session.h"

/* Channels of a connection */
#define CHANNELS	256

/**
 * struct interleaved - see interleaved.h
 * @wire: the connection
 * @legs: struct leg * by channel, both of each
 */
struct interleaved {
	struct wire *wire;
	GHashTable *legs;
};

struct interleaved *interleaved_new(struct wire *wire)
{
	struct interleaved *interleaved = g_new0(struct interleaved, 1);

	interleaved->wire = wire;
	interleaved->legs = g_hash_table_new(NULL, NULL);
	return interleaved;
}

void interleaved_free(struct interleaved *interleaved)
{
	GHashTableIter iter;
	gpointer leg;

	if (!interleaved)
		return;
	/* each session takes its legs out of the table */
	while (g_hash_table_iter_init(&iter, interleaved->legs),
	       g_hash_table_iter_next(&iter, NULL, &leg))
		session_end(((struct leg *)leg)->session, "its connection ended");
	g_hash_table_unref(interleaved->legs);
	g_free(interleaved);
}

static gboolean interleaved_is_free(struct interleaved *interleaved, guint channel)
{
	return !g_hash_table_contains(interleaved->legs, GUINT_TO_POINTER(channel));
}

/* A pair that nobody has, as RTP and RTCP usually have them */
static gboolean interleaved_find(struct interleaved *interleaved,
				 struct transport_channels *found)
{
	for (guint i = 0; i < CHANNELS; i += 2) {
		if (!interleaved_is_free(interleaved, i) ||
		    !interleaved_is_free(interleaved, i + 1))
			continue;
		*found = (struct transport_channels){ .rtp = i, .rtcp = i + 1 };
		return TRUE;
	}
	return FALSE;
}

gboolean interleaved_join(struct interleaved *interleaved, struct leg *leg,
			  const struct transport_channels *asked,
			  struct transport_channels *given)
{
	interleaved_leave(interleaved, leg);
	if (asked && interleaved_is_free(interleaved, asked->rtp) &&
	    interleaved_is_free(interleaved, asked->rtcp))
		*given = *asked;
	else if (!interleaved_find(interleaved, given))
		return FALSE;
	g_hash_table_insert(interleaved->legs, GUINT_TO_POINTER((guint)given->rtp), leg);
	g_hash_table_insert(interleaved->legs, GUINT_TO_POINTER((guint)given->rtcp), leg);
	return TRUE;
}

static gboolean interleaved_is_of(gpointer channel, gpointer of, gpointer leg)
{
	return of == leg;
}

void interleaved_leave(struct interleaved *interleaved, struct leg *leg)
{
	g_hash_table_foreach_remove(interleaved->legs, interleaved_is_of, leg);
}

void interleaved_received(struct interleaved *interleaved, guint8 channel,
			  const guint8 *data, gsize len)
{
	struct leg *leg = g_hash_table_lookup(interleaved->legs,
					      GUINT_TO_POINTER((guint)channel));

	/* a viewer has nothing to say on the channel of the media */
	if (leg && channel == leg->channels.rtcp)
		leg_received_rtcp(leg, data, len);
}

guint interleaved_send(struct interleaved *interleaved, const struct wire_frame *frames,
		       guint n)
{
	return wire_send_frames(interleaved->wire, frames, n);
}

void interleaved_send_held(struct interleaved *interleaved, const GByteArray *held)
{
	wire_send_held(interleaved->wire, held);
}
