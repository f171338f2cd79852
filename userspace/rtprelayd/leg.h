/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A viewer's part in a track: over UDP, a destination of the track's fan-out; or
 * interleaved, on the viewer's RTSP connection, and then one of its tap.
 */
#ifndef RTPRELAYD_LEG_H
#define RTPRELAYD_LEG_H

#include "adapter.h"
#include "fanout.h"
#include "interleaved.h"
#include "meter.h"
#include "nat.h"
#include "receiver.h"
#include "transport.h"
#include "udp.h"

struct session;
struct track;

/**
 * struct leg - see above
 * @session: whose; NULL for one that was not set up
 * @track: in which it is, or NULL
 * @transport: how it is sent
 * @asked: the cap in the URL of its SETUP, by which the viewer knows the track
 * @lowered: when it joined its track there were too many caps for its wish
 * @full_wish: which was this one, while @lowered
 * @dest: where the media goes, and with which cap; its cookie is set by
 *	track_add_leg()
 * @rtcp: the same, for RTCP over UDP
 * @rtcp_claim: while what @rtcp names is another leg's, see track_rtcp.c
 * @nat: what there is to learn of where it goes
 * @interleaved: the connection that it is on, NULL over UDP
 * @channels: of it
 * @held: frames that wait for the answer to PLAY, or NULL
 * @unreachable: that an ICMP error came was logged
 * @packets_before: sent to where it was before it moved, see nat.h
 * @octets_before: payload bytes of those
 * @octets: payload bytes sent to it
 * @dropped: datagrams that could not be
 * @receiver: what the viewer reports
 * @adapter: what follows from that
 */
struct leg {
	struct session *session;
	struct track *track;
	enum transport_kind transport;
	struct rtp_fanout_cap asked;
	gboolean lowered;
	struct rtp_fanout_cap full_wish;
	struct rtp_fanout_dest dest;
	struct rtp_fanout_dest rtcp;
	GList rtcp_claim;
	struct nat_leg nat;
	struct interleaved *interleaved;
	struct transport_channels channels;
	GByteArray *held;
	gboolean unreachable;
	guint64 packets_before;
	guint64 octets_before;
	struct meter octets;
	struct meter dropped;
	struct receiver receiver;
	struct adapter_leg adapter;
};

/**
 * leg_set_up_udp - have it sent over UDP
 * @viewer: the viewer's address; the port is not read
 * @ifindex: the interface that a link-local @viewer is at, else 0
 * @local: the address to send from
 * @ports: the viewer's
 */
void leg_set_up_udp(struct leg *leg, const struct rtp_fanout_addr *viewer,
		    guint ifindex, const struct rtp_fanout_addr *local,
		    const struct transport_ports *ports);

/**
 * leg_set_up_interleaved - have it sent on a connection
 * @asked: see interleaved_join()
 *
 * Return: FALSE when it has no channels left. leg->channels are then not set.
 */
gboolean leg_set_up_interleaved(struct leg *leg, struct interleaved *interleaved,
				const struct transport_channels *asked);

/* leg_addr - the viewer's: of its media over UDP, else of its connection */
const struct rtp_fanout_addr *leg_addr(const struct leg *leg);

/* leg_clear - it is no more, or is to be set up in another way; not in a track */
void leg_clear(struct leg *leg);

/*
 * leg_hold, leg_release - keep back, and then send, what is interleaved: a viewer
 * that waits for the answer to PLAY may not look at anything before it
 */
void leg_hold(struct leg *leg);
void leg_release(struct leg *leg);

/* leg_take - datagrams of the tap; returns how many were taken, the first ones */
guint leg_take(struct leg *leg, const struct fanout_copy *copies, guint n);

/* leg_send_rtcp - send an RTCP packet, by @batch if it goes over UDP */
void leg_send_rtcp(struct leg *leg, struct udp_batch *batch, gconstpointer data,
		   gsize len);

/* leg_received_rtcp - one came on its connection */
void leg_received_rtcp(struct leg *leg, const guint8 *data, gsize len);

#endif
