// SPDX-License-Identifier: GPL-2.0-or-later
#include "leg.h"

#include <arpa/inet.h>
#include <string.h>

#include "limit.h"
#include "session.h"
#include "track.h"

/* Copies that are handed on at once */
#define LEG_FRAMES	64

void leg_set_up_udp(struct leg *leg, const struct rtp_fanout_addr *viewer,
		    guint ifindex, const struct rtp_fanout_addr *local,
		    const struct transport_ports *ports)
{
	leg_clear(leg);
	leg->transport = TRANSPORT_UDP;
	leg->dest.addr = *viewer;
	leg->dest.ifindex = ifindex;
	memcpy(leg->dest.local, local->addr, sizeof(leg->dest.local));
	leg->dest.addr.port = htons(ports->rtp);
	leg->rtcp = leg->dest;
	leg->rtcp.addr.port = htons(ports->rtcp);
}

gboolean leg_set_up_interleaved(struct leg *leg, struct interleaved *interleaved,
				const struct transport_channels *asked)
{
	leg_clear(leg);
	if (!interleaved_join(interleaved, leg, asked, &leg->channels))
		return FALSE;
	leg->transport = TRANSPORT_INTERLEAVED;
	leg->interleaved = interleaved;
	return TRUE;
}

const struct rtp_fanout_addr *leg_addr(const struct leg *leg)
{
	return leg->transport == TRANSPORT_UDP ? &leg->dest.addr :
						 session_viewer(leg->session);
}

void leg_clear(struct leg *leg)
{
	if (leg->interleaved)
		interleaved_leave(leg->interleaved, leg);
	leg->interleaved = NULL;
	nat_forget(leg);
	leg->nat = (struct nat_leg){ 0 };
	g_clear_pointer(&leg->held, g_byte_array_unref);
	memset(&leg->dest, 0, sizeof(leg->dest));
	memset(&leg->rtcp, 0, sizeof(leg->rtcp));
}

void leg_hold(struct leg *leg)
{
	if (leg->interleaved && !leg->held)
		leg->held = g_byte_array_new();
}

static guint leg_hold_frames(struct leg *leg, const struct wire_frame *frames, guint n)
{
	for (guint i = 0; i < n; i++) {
		if (leg->held->len + wire_frame_len(&frames[i]) > LIMIT_UNSENT_FRAMES)
			return i;
		wire_frame_append(leg->held, &frames[i]);
	}
	return n;
}

void leg_release(struct leg *leg)
{
	g_autoptr(GByteArray) held = g_steal_pointer(&leg->held);

	if (held)
		interleaved_send_held(leg->interleaved, held);
}

static guint leg_send_frames(struct leg *leg, const struct wire_frame *frames, guint n)
{
	guint taken = leg->held ? leg_hold_frames(leg, frames, n) :
				  interleaved_send(leg->interleaved, frames, n);

	/* who takes what it is sent is there, though it may not say so */
	if (taken)
		session_touch(leg->session);
	return taken;
}

guint leg_take(struct leg *leg, const struct fanout_copy *copies, guint n)
{
	struct wire_frame frames[LEG_FRAMES];
	guint taken = 0;

	while (taken < n) {
		guint some = MIN(n - taken, G_N_ELEMENTS(frames)), sent;

		for (guint i = 0; i < some; i++)
			frames[i] = (struct wire_frame){
				.channel = leg->channels.rtp,
				.head = copies[taken + i].head,
				.head_len = FANOUT_HEAD_LEN,
				.rest = copies[taken + i].rest,
				.rest_len = copies[taken + i].rest_len,
			};
		sent = leg_send_frames(leg, frames, some);
		taken += sent;
		if (sent < some)
			break;
	}
	return taken;
}

void leg_send_rtcp(struct leg *leg, struct udp_batch *batch, gconstpointer data,
		   gsize len)
{
	const struct wire_frame frame = {
		.channel = leg->channels.rtcp,
		.rest = data,
		.rest_len = len,
	};

	switch (leg->transport) {
	case TRANSPORT_UDP:
		udp_batch_add(batch, &leg->rtcp, data, len);
		break;
	case TRANSPORT_INTERLEAVED:
		leg_send_frames(leg, &frame, 1);
		break;
	}
}

void leg_received_rtcp(struct leg *leg, const guint8 *data, gsize len)
{
	if (leg->track)
		track_received_rtcp(leg->track, leg, data, len);
}
