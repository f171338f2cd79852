/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the relay's own SETUP negotiates upstream: the Transport header */
#ifndef RTPRELAYD_UPSTREAM_TRANSPORT_H
#define RTPRELAYD_UPSTREAM_TRANSPORT_H

#include "transport.h"

/**
 * struct upstream_transport - how a track comes
 * @tcp: interleaved on the RTSP connection, else over unicast UDP
 * @feedback: RTP/AVPF (RFC 4585), else RTP/AVP
 * @client: the relay's ports, with UDP
 * @server: the server's ports, with UDP; as answered
 * @channel: of RTP, with TCP
 * @rtcp_channel: of RTCP, with TCP
 * @ssrc: of the stream, 0 when the server did not tell; as answered
 */
struct upstream_transport {
	gboolean tcp;
	gboolean feedback;
	struct transport_ports client;
	struct transport_ports server;
	guint8 channel;
	guint8 rtcp_channel;
	guint32 ssrc;
};

/* upstream_transport_request - the Transport header that asks for it */
char *upstream_transport_request(const struct upstream_transport *asked);

/**
 * upstream_transport_answered - read the answer to it
 * @text: its Transport header
 * @transport: what was asked for; set to what the server chose
 *
 * Return: FALSE when the server chose anything but what was asked for, or does
 * not tell its ports, without which its datagrams cannot be told from others'.
 */
gboolean upstream_transport_answered(const char *text,
				     struct upstream_transport *transport);

#endif
