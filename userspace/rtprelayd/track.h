/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A track of a stream: the sockets that it arrives at and leaves from, its
 * fan-out, and its RTCP in both directions. It stays, and what leaves it goes on,
 * while the server that it comes from goes and returns.
 */
#ifndef RTPRELAYD_TRACK_H
#define RTPRELAYD_TRACK_H

#include <gio/gio.h>

#include "fanout.h"
#include "leg.h"
#include "meter.h"
#include "nat.h"
#include "sdp.h"
#include "udp.h"

struct means;
struct peaks;
struct track;
struct session;

/**
 * struct track_config - how a track is relayed
 * @name: of the stream, for the log
 * @index: of the track in it
 * @family: see struct udp_pair
 * @backend: that is to serve it
 * @pace: see rtp_fanout_config.pace_percent
 * @tee: see RTP_FANOUT_TEE
 * @nat: see nat.h
 * @codec: see struct rtp_fanout_config
 * @clock_rate: the same
 * @request: how key frames are asked for
 * @cname: the relay's as a receiver
 * @leg_alive: called when a leg's viewer reported
 * @leg_gone: called when a leg's viewer left, or is to be sent no more, for
 *	@reason, a constant. The leg must not leave its track within the call.
 */
struct track_config {
	const char *name;
	guint index;
	int family;
	enum fanout_backend backend;
	guint pace;
	gboolean tee;
	enum nat_mode nat;
	const guint8 *codec;
	guint32 clock_rate;
	enum rtcp_request request;
	const char *cname;
	void (*leg_alive)(struct leg *leg);
	void (*leg_gone)(struct leg *leg, const char *reason);
};

/**
 * struct track_source - where a track comes from
 * @server: the server's address; the port is not read
 * @ports: the server's ports, over UDP
 * @ssrc: of the stream, 0 when the server did not tell
 * @send: hands RTCP to a server that sends over its RTSP connection; NULL over
 *	UDP
 * @user_data: for @send
 */
struct track_source {
	struct rtp_fanout_addr server;
	struct transport_ports ports;
	guint32 ssrc;
	void (*send)(guint index, const guint8 *data, gsize len, gpointer user_data);
	gpointer user_data;
};

/**
 * track_new - open its sockets
 * @config: copied, and @codec with it; its strings outlive the track
 * @error: G_IO_ERROR
 */
struct track *track_new(const struct track_config *config, GError **error);

/* track_free - send BYE both ways, and end it; its legs are in no track then */
void track_free(struct track *track);

/* track_ports - of its sockets: client_port upstream, server_port for viewers */
const struct transport_ports *track_ports(const struct track *track);

/**
 * track_start - relay what comes from a server
 * @source: copied
 * @error: FANOUT_ERROR, G_IO_ERROR
 *
 * It may be called again: numbers and timestamps go on, from two datagrams in
 * sequence on, whatever the new source's are.
 */
gboolean track_start(struct track *track, const struct track_source *source,
		     GError **error);

/* track_stop - the server is gone: nothing is sent to it until track_start() */
void track_stop(struct track *track);

/* track_frame - RTP, or RTCP, came over the server's connection */
void track_frame(struct track *track, gboolean rtcp, const guint8 *data, gsize len);

/* track_reaches - can it be sent over UDP to addresses of that family? */
gboolean track_reaches(const struct track *track, int family);

/* track_received - datagrams of the stream, so far */
guint64 track_received(struct track *track);

/* track_server_left - did the server say BYE? */
gboolean track_server_left(const struct track *track);

/* track_ssrc - of the stream that viewers get, 0 before track_start() */
guint32 track_ssrc(const struct track *track);

/**
 * track_add_leg - send the stream to a viewer
 * @error: FANOUT_ERROR; EEXIST when another leg has that address; ENOSPC when there
 *	are too many caps and none of them is within its own, and when there are too
 *	many legs
 *
 * Its cap becomes one that keeps no more, where that is in use already and another
 * one cannot be had.
 */
gboolean track_add_leg(struct track *track, struct leg *leg, GError **error);

/* track_await_leg - a leg over UDP was set up: its hole punching may come */
void track_await_leg(struct track *track, struct leg *leg);

/* track_del_leg - stop; nothing is done when the leg is in no track */
void track_del_leg(struct leg *leg);

/* track_bye_leg - tell its viewer that it ends; nothing when the leg is in no track */
void track_bye_leg(struct leg *leg);

/**
 * track_set_cap - change the layers that a leg gets, where its decoder can follow
 * @error: FANOUT_ERROR; ENOSPC when there are too many caps
 *
 * Return: FALSE on error; nothing has changed then.
 */
gboolean track_set_cap(struct leg *leg, const struct rtp_fanout_cap *cap,
		       GError **error);

/* track_renew_leg - begin its lease anew, see struct rtp_fanout_dest */
void track_renew_leg(struct leg *leg);

/* track_received_rtcp - a packet came for an interleaved leg, on its connection */
void track_received_rtcp(struct track *track, struct leg *leg, const guint8 *data,
			 gsize len);

/* track_find_leg - the leg whose media goes to that address and interface, or NULL */
struct leg *track_find_leg(struct track *track, const struct rtp_fanout_dest *dest);

/* track_leg_info - what the leg was sent until a moment ago; FALSE when it is in no track */
gboolean track_leg_info(struct leg *leg, struct rtp_fanout_dest_info *info);

/**
 * track_first_seq - number of the first datagram that the leg was sent
 *
 * Return: FALSE when none was.
 */
gboolean track_first_seq(struct leg *leg, guint16 *seq);

/**
 * struct track_meters - of a track's counters
 * @rx_octets, @rx_packets, @rx_lost: of struct rtp_fanout_info
 * @rx_dropped: all of its rx_dropped_*
 * @tx_octets, @tx_dropped: likewise
 */
struct track_meters {
	struct meter rx_octets;
	struct meter rx_packets;
	struct meter rx_lost;
	struct meter rx_dropped;
	struct meter tx_octets;
	struct meter tx_dropped;
};

/**
 * struct track_status - what is to be seen of a track
 * @config: see track_new()
 * @udp: its sockets
 * @fanout: NULL until track_start()
 * @peaks: of its layers, to be updated by whoever looks
 * @means: of the same, for the adapter
 * @meters: to be sampled by whoever looks
 * @socket_datagrams: that the media socket handed to the daemon
 * @rtcp_ignored: see track_rtcp_ignored()
 */
struct track_status {
	const struct track_config *config;
	const struct udp_pair *udp;
	struct fanout *fanout;
	struct peaks *peaks;
	struct means *means;
	struct track_meters *meters;
	guint64 socket_datagrams;
	guint64 rtcp_ignored;
	const struct nat_counters *nat;
};

void track_get_status(struct track *track, struct track_status *status);

/* track_leg_visitor - for track_each_leg(); @info is what it was sent */
typedef void (*track_leg_visitor)(struct leg *leg,
				  const struct rtp_fanout_dest_info *info,
				  gpointer user_data);

/* track_each_leg - visit all legs with their counters; none may come or go */
void track_each_leg(struct track *track, track_leg_visitor visit, gpointer user_data);

#endif
