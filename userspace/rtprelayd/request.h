/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the methods read from a request, and keep of it while it waits */
#ifndef RTPRELAYD_REQUEST_H
#define RTPRELAYD_REQUEST_H

#include "client.h"
#include "transport.h"
#include "url.h"

/**
 * struct request - one that waits for the upstream
 * @client: who asked; a reference
 * @url: what for
 * @session: identifier of the session that it names, or NULL
 * @transport: what it asks for, in SETUP
 * @bandwidth: see bandwidth_read(); in SETUP and DESCRIBE
 */
struct request {
	struct client *client;
	struct url *url;
	char *session;
	struct transport_choice transport;
	guint64 bandwidth;
};

/* request_new - takes @url */
struct request *request_new(struct client *client, struct url *url);
void request_free(struct request *request);

/* request_header - the first header of that name, or NULL */
const char *request_header(GstRTSPMessage *msg, GstRTSPHeaderField field);

/* request_session_id - the identifier in its Session header, or NULL */
char *request_session_id(GstRTSPMessage *msg);

/* request_url - its URL, if it is one of ours; else NULL, and it has been answered */
struct url *request_url(struct client *client, GstRTSPMessage *msg);

/**
 * request_is_allowed - may who asks have that stream?
 * @url: of it, from request_url()
 *
 * Return: FALSE when not; it has been answered then, with 401 or 403, or will be.
 */
gboolean request_is_allowed(struct client *client, GstRTSPMessage *msg,
			    const struct url *url);

/**
 * request_session - the session that it must name
 *
 * Return: NULL when it names none of this viewer's; it has been answered then.
 */
struct session *request_session(struct client *client, GstRTSPMessage *msg);

/**
 * request_check_range - see what its Range header asks for
 *
 * Return: GST_RTSP_STS_OK for none, and for what begins now and has no end, which
 * a viewer that knows nothing of the stream calls the beginning; 457 for any
 * other range, 400 for none at all, 501 for a unit that is not of RTSP.
 */
GstRTSPStatusCode request_check_range(GstRTSPMessage *msg);

#endif
