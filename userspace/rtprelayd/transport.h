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

/* struct transport_channels - a pair of a connection's, which differ */
struct transport_channels {
	guint8 rtp;
	guint8 rtcp;
};

enum transport_kind {
	TRANSPORT_UDP,
	TRANSPORT_INTERLEAVED,
};

/* transport_name - "udp" or "tcp" */
const char *transport_name(enum transport_kind kind);

/**
 * struct transport_choice - what a viewer asked for
 * @kind: over what
 * @ports: the viewer's, for TRANSPORT_UDP
 * @feedback: by RTP/AVPF (RFC 4585), else RTP/AVP; they are served alike
 * @any_channels: it named no channels
 * @channels: those that it named
 */
struct transport_choice {
	enum transport_kind kind;
	gboolean feedback;
	struct transport_ports ports;
	gboolean any_channels;
	struct transport_channels channels;
};

/**
 * transport_choose - find the transport to serve in a viewer's request
 * @header: value of its Transport header: alternatives, the first one that can
 *	be served is taken, which is one of RTP/AVP or AVPF for playing, over unicast UDP to
 *	the viewer's own address, or interleaved
 * @viewer: the address that the viewer connected from, NULL to refuse UDP
 * @choice: set
 *
 * Return: FALSE when none can be served (461).
 */
gboolean transport_choose(const char *header, const struct rtp_fanout_addr *viewer,
			  struct transport_choice *choice);

/**
 * transport_answer - the Transport header of an answer to SETUP over UDP
 * @asked: what the viewer did
 * @ssrc: of the stream, 0 when it is not known yet
 */
char *transport_answer(const struct transport_choice *asked,
		       const struct transport_ports *server, guint32 ssrc);

/* transport_answer_interleaved - the same, for channels of the connection */
char *transport_answer_interleaved(const struct transport_choice *asked,
				   const struct transport_channels *channels,
				   guint32 ssrc);

#endif
