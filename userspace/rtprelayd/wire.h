/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An RTSP connection: messages in and out of a stream, with deadlines, apart
 * from what they mean. Both sides use it: viewers' connections and ours to an
 * upstream server.
 */
#ifndef RTPRELAYD_WIRE_H
#define RTPRELAYD_WIRE_H

#include <gio/gio.h>
#include <gst/rtsp/gstrtspmessage.h>

struct wire;

/**
 * struct wire_ops - what the owner is told
 * @message: a message came; it is the wire's and is unset after the return.
 *	Until the owner calls wire_next() no other is given out and nothing is
 *	read, so that a peer that sends faster than it is answered waits.
 * @closed: the connection has ended: by the peer (@error is NULL), by an error
 *	of the network (G_IO_ERROR; G_IO_ERROR_TIMED_OUT for a deadline) or by
 *	what the peer sent (FRAMER_ERROR). The owner may still wire_send() and
 *	wire_finish() to answer the last kind, and must wire_free() in the end.
 *	Called once.
 */
struct wire_ops {
	void (*message)(GstRTSPMessage *msg, gpointer user_data);
	void (*closed)(const GError *error, gpointer user_data);
};

/**
 * wire_new - drive a connection
 * @connection: with pollable streams; a reference is taken
 *
 * Return: the wire, which reads at once.
 */
struct wire *wire_new(GIOStream *connection, const struct wire_ops *ops,
		      gpointer user_data);

/* wire_free - end it; from within a callback too */
void wire_free(struct wire *wire);

/* wire_next - the last message has been dealt with: go on to the next */
void wire_next(struct wire *wire);

/**
 * wire_send - queue a message
 * @msg: request, response, or interleaved frame; Content-Length is added to what
 *	has a body
 *
 * It never blocks. A peer that lets more than LIMIT_UNSENT bytes pile up, or
 * takes none for LIMIT_SEND_MS, is closed with G_IO_ERROR_TIMED_OUT.
 */
void wire_send(struct wire *wire, GstRTSPMessage *msg);

/**
 * struct wire_frame - an interleaved frame (RFC 2326, section 10.12)
 * @channel: its channel
 * @head: what it begins with, @head_len bytes, or NULL
 * @rest: the others, @rest_len bytes; both are LIMIT_FRAME at most
 */
struct wire_frame {
	guint8 channel;
	const guint8 *head;
	gsize head_len;
	const guint8 *rest;
	gsize rest_len;
};

/* The header of a frame, in bytes */
#define WIRE_FRAME_HEADER	4

/* wire_frame_len - bytes of a frame, with its header */
gsize wire_frame_len(const struct wire_frame *frame);

/* wire_frame_append - append a frame, with its header */
void wire_frame_append(GByteArray *bytes, const struct wire_frame *frame);

/**
 * wire_send_frames - send frames, at once where the peer takes them
 * @frames: @n of them
 *
 * Those are taken that leave less than LIMIT_UNSENT_FRAMES bytes to wait for the
 * peer. As with wire_send(), a peer that takes nothing is closed.
 *
 * Return: how many were taken, the first ones.
 */
guint wire_send_frames(struct wire *wire, const struct wire_frame *frames, guint n);

/* wire_send_held - send whole frames, LIMIT_UNSENT_FRAMES at most */
void wire_send_held(struct wire *wire, const GByteArray *frames);

/* wire_finish - read no more, end once everything queued was sent, and free */
void wire_finish(struct wire *wire);

/* wire_set_idle - close when no message begins for so long; 0 for never */
void wire_set_idle(struct wire *wire, guint ms);

#endif
