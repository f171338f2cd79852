/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A viewer's connection: requests in, answers out, one at a time */
#ifndef RTPRELAYD_CLIENT_H
#define RTPRELAYD_CLIENT_H

#include <gio/gio.h>
#include <gst/rtsp/gstrtspmessage.h>
#include <linux/rtp_fanout.h>

struct client;
struct interleaved;
struct server;
struct session;

/**
 * client_new - serve a connection
 * @connection: of TCP
 * @stream: what is read and written: @connection, or TLS on it
 *
 * Return: NULL when its addresses cannot be told.
 */
struct client *client_new(struct server *server, GSocketConnection *connection,
			  GIOStream *stream);

/* client_refuse - tell a connection 503 and end it */
void client_refuse(GSocketConnection *connection);

/* client_close - end the connection */
void client_close(struct client *client);

/*
 * client_ref, client_unref - keep it, open or not, while its request waits for
 * something. client_ref() returns its argument.
 */
struct client *client_ref(struct client *client);
void client_unref(struct client *client);

struct server *client_server(const struct client *client);

/* client_addr, client_local - both ends of its connection */
const struct rtp_fanout_addr *client_addr(const struct client *client);
const struct rtp_fanout_addr *client_local(const struct client *client);

/* client_ifindex - the interface that a link-local viewer is at, 0 for any other */
guint client_ifindex(const struct client *client);

/* client_is_secure - is it TLS? */
gboolean client_is_secure(const struct client *client);

/* client_nonce - of Digest, its own */
const char *client_nonce(struct client *client);

/* client_interleaved - media on its connection; NULL when that has ended */
struct interleaved *client_interleaved(struct client *client);

/* client_has_session - the connection may be idle while that session lives */
void client_has_session(struct client *client, const struct session *session);

/**
 * client_answer - begin the answer to the request in hand
 *
 * Return: it, with CSeq, Date and Server.
 */
GstRTSPMessage *client_answer(struct client *client, GstRTSPStatusCode status);

/* client_send - send it, free it, and go on to the next request */
void client_send(struct client *client, GstRTSPMessage *answer);

/**
 * client_send_wrong - the same when the request had a wrong password
 *
 * The answer takes LIMIT_AUTH_DELAY_MS. That of the LIMIT_AUTH_FAILURESth such
 * request ends the connection.
 */
void client_send_wrong(struct client *client, GstRTSPMessage *answer);

/* client_fail - both, for an answer that has nothing but its status */
void client_fail(struct client *client, GstRTSPStatusCode status);

#endif
