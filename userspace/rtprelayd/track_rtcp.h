/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The RTCP of a track: with the server about what the relay receives, with each
 * viewer about what it is sent.
 */
#ifndef RTPRELAYD_TRACK_RTCP_H
#define RTPRELAYD_TRACK_RTCP_H

#include "track.h"

struct track_rtcp;

/**
 * track_rtcp_new - listen for RTCP
 * @udp: the track's sockets, which outlive it
 * @leg_alive: called when a leg's viewer reported
 */
struct track_rtcp *track_rtcp_new(const struct udp_pair *udp,
				  void (*leg_alive)(struct leg *leg));

/* track_rtcp_free - without a word; its legs are in no track then */
void track_rtcp_free(struct track_rtcp *rtcp);

/**
 * track_rtcp_start - report to a server, and relay what it reports
 * @fanout: knows what each leg was sent; outlives it
 * @server: where the server's RTCP comes from and goes to
 */
void track_rtcp_start(struct track_rtcp *rtcp, struct fanout *fanout,
		      const struct rtp_fanout_addr *server);

/**
 * track_rtcp_bye - tell the server and all legs that this is the end
 * @ssrc: of the stream that viewers got
 */
void track_rtcp_bye(struct track_rtcp *rtcp, guint32 ssrc);

/* track_rtcp_add_leg - of which dest.cookie and rtcp are set */
void track_rtcp_add_leg(struct track_rtcp *rtcp, struct leg *leg);

void track_rtcp_del_leg(struct track_rtcp *rtcp, struct leg *leg);

/* track_rtcp_leg - the leg with that cookie, or NULL */
struct leg *track_rtcp_leg(struct track_rtcp *rtcp, guint64 cookie);

/* track_rtcp_ignored - packets from nobody known, or that were no RTCP */
guint64 track_rtcp_ignored(const struct track_rtcp *rtcp);

#endif
