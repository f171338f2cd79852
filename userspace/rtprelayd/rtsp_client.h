/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An RTSP client: a connection to a server, over TLS or not, the requests that
 * are sent over it and their answers, which come in the order of requests. What
 * they mean is its owner's.
 */
#ifndef RTPRELAYD_RTSP_CLIENT_H
#define RTPRELAYD_RTSP_CLIENT_H

#include <gst/rtsp/gstrtspmessage.h>
#include <linux/rtp_fanout.h>

#include "config_upstream.h"

struct rtsp_client;

/**
 * struct rtsp_client_ops - what the owner is told, from the main loop
 * @connected: requests can be sent
 * @answer: to a request of that method, sent with that tag. A 401 is given out
 *	only when there is no password, or it was not the right one.
 * @frame: an interleaved frame came (RFC 2326, section 10.12)
 * @closed: the connection could not be made, has ended, or was ended for what
 *	the server sent or did not send. Called once, and the last call.
 *
 * The owner may rtsp_client_free() or rtsp_client_finish() it from any of them.
 */
struct rtsp_client_ops {
	void (*connected)(gpointer user_data);
	void (*answer)(GstRTSPMethod method, guint tag, GstRTSPMessage *answer,
		       gpointer user_data);
	void (*frame)(guint8 channel, const guint8 *data, gsize len, gpointer user_data);
	void (*closed)(GstRTSPStatusCode status, const char *reason, gpointer user_data);
};

/**
 * rtsp_client_new - connect
 * @config: a reference is taken
 * @ops: outlive it
 */
struct rtsp_client *rtsp_client_new(struct config_upstream *config,
				    const struct rtsp_client_ops *ops,
				    gpointer user_data);

/* rtsp_client_free - hang up; nothing is done with NULL */
void rtsp_client_free(struct rtsp_client *client);

/**
 * rtsp_client_finish - send a last request, and hang up when it was answered, or
 * was not in time; the owner has done with it
 * @msg: taken
 */
void rtsp_client_finish(struct rtsp_client *client, GstRTSPMessage *msg);

/**
 * rtsp_client_ask - send a request
 * @msg: taken; CSeq, User-Agent, Session and Authorization are added
 * @tag: for the answer
 */
void rtsp_client_ask(struct rtsp_client *client, GstRTSPMessage *msg, guint tag);

/* rtsp_client_set_session - name it in all requests from now on; copied */
void rtsp_client_set_session(struct rtsp_client *client, const char *id);

/* rtsp_client_send_frame - send an interleaved frame, of at most 65535 bytes */
void rtsp_client_send_frame(struct rtsp_client *client, guint8 channel,
			    const guint8 *data, gsize len);

/* rtsp_client_server - its address, once connected */
const struct rtp_fanout_addr *rtsp_client_server(const struct rtsp_client *client);

#endif
