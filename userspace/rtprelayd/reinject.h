/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What comes over TCP is sent to the media socket as datagrams, over the loopback
 * interface: so it has the same way through the fan-out as what comes over UDP.
 */
#ifndef RTPRELAYD_REINJECT_H
#define RTPRELAYD_REINJECT_H

#include <gio/gio.h>
#include <linux/rtp_fanout.h>

struct reinject;

/**
 * reinject_new - open the socket
 * @port: of the media socket, in host byte order
 * @error: G_IO_ERROR
 */
struct reinject *reinject_new(guint16 port, GError **error);

/* reinject_free - nothing is done with NULL */
void reinject_free(struct reinject *reinject);

/* reinject_addr - where its datagrams come from: the fan-out's source */
const struct rtp_fanout_addr *reinject_addr(const struct reinject *reinject);

/* reinject_send - one datagram; lost when the media socket's buffer is full */
void reinject_send(struct reinject *reinject, const guint8 *data, gsize len);

#endif
