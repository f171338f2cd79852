/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Media on a viewer's RTSP connection (RFC 2326, section 10.12): the channels that
 * are in use there, and frames in both directions. What the viewer does not take
 * in time is dropped, whole datagrams of it; RTSP answers never are.
 */
#ifndef RTPRELAYD_INTERLEAVED_H
#define RTPRELAYD_INTERLEAVED_H

#include "fanout.h"
#include "transport.h"
#include "wire.h"

struct interleaved;
struct leg;

/* interleaved_new - for a connection, of which it is a part */
struct interleaved *interleaved_new(struct wire *wire);

/* interleaved_free - the connection has ended: end the sessions that are on it */
void interleaved_free(struct interleaved *interleaved);

/**
 * interleaved_join - give a leg channels; those that it had before are free
 * @asked: the channels that the viewer asked for, or NULL; others are given when
 *	another leg has one of them
 * @given: set
 *
 * Return: FALSE when too few are left.
 */
gboolean interleaved_join(struct interleaved *interleaved, struct leg *leg,
			  const struct transport_channels *asked,
			  struct transport_channels *given);

/* interleaved_leave - its channels are free */
void interleaved_leave(struct interleaved *interleaved, struct leg *leg);

/* interleaved_received - a frame came from the viewer */
void interleaved_received(struct interleaved *interleaved, guint8 channel,
			  const guint8 *data, gsize len);

/**
 * interleaved_send - send frames, as many as there is room for
 *
 * Return: how many were taken, the first ones.
 */
guint interleaved_send(struct interleaved *interleaved, const struct wire_frame *frames,
		       guint n);

/* interleaved_send_held - send frames that were kept back, all of them */
void interleaved_send_held(struct interleaved *interleaved, const GByteArray *held);

#endif
