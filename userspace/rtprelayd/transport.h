/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a viewer's SETUP negotiates: the Transport header */
#ifndef RTPRELAYD_TRANSPORT_H
#define RTPRELAYD_TRANSPORT_H

#include <gio/gio.h>
#include <linux/rtp_fanout.h>

/* struct transport_ports - a pair, 1 to 65535 each, in host byte order */
struct transport_ports {
	guint16 rtp;
	guint16 rtcp;
};

/**
 * transport_choose - find the transport to serve in a viewer's request
 * @header: value of its Transport header: alternatives, the first one that can
 *	be served is taken, which is one of RTP/AVP over unicast UDP for playing,
 *	to the viewer's own address
 * @viewer: the address that the viewer connected from
 * @client: set to the viewer's ports
 *
 * Return: FALSE when none can be served (461).
 */
gboolean transport_choose(const char *header, const struct rtp_fanout_addr *viewer,
			  struct transport_ports *client);

/**
 * transport_answer - the Transport header of an answer to SETUP
 * @ssrc: of the stream, 0 when it is not known yet
 */
char *transport_answer(const struct transport_ports *client,
		       const struct transport_ports *server, guint32 ssrc);

#endif
