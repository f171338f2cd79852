/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The RTCP of a track: with the server about what the relay receives, with each
 * viewer about what it is sent. Neither hears of the other: reports end here.
 */
#ifndef RTPRELAYD_TRACK_RTCP_H
#define RTPRELAYD_TRACK_RTCP_H

#include "track.h"

struct track_rtcp;

/**
 * track_rtcp_new - listen for RTCP
 * @config: of the track; outlives it
 * @udp: the track's sockets, which outlive it
 * @nat: whose ports may be learned; outlives it
 */
struct track_rtcp *track_rtcp_new(const struct track_config *config,
				  const struct udp_pair *udp, struct nat *nat);

/* track_rtcp_free - without a word; its legs are in no track then */
void track_rtcp_free(struct track_rtcp *rtcp);

/**
 * track_rtcp_start - report to a server, and relay what it reports
 * @fanout: knows what each leg was sent; outlives it
 * @source: copied
 * @ssrc: of the stream that viewers get
 */
void track_rtcp_start(struct track_rtcp *rtcp, struct fanout *fanout,
		      const struct track_source *source, guint32 ssrc);

/* track_rtcp_stop - the server is gone: report to nobody until the next start */
void track_rtcp_stop(struct track_rtcp *rtcp);

/* track_rtcp_bye - tell the server, if there is one, and all legs that it ends */
void track_rtcp_bye(struct track_rtcp *rtcp);

/* track_rtcp_bye_leg - tell one leg that it ends */
void track_rtcp_bye_leg(struct track_rtcp *rtcp, struct leg *leg);

/* track_rtcp_from_server - a packet that came over the server's connection */
void track_rtcp_from_server(struct track_rtcp *rtcp, const guint8 *data, gsize len);

/* track_rtcp_server_left - did the server say BYE for the stream as it is now? */
gboolean track_rtcp_server_left(const struct track_rtcp *rtcp);

/**
 * track_rtcp_want_key_frame - ask the server for a key frame, at most once a
 * LIMIT_KEY_FRAME_MS: what is wanted before that is asked for then
 */
void track_rtcp_want_key_frame(struct track_rtcp *rtcp);

/* track_rtcp_add_leg - of which dest.cookie and rtcp are set */
void track_rtcp_add_leg(struct track_rtcp *rtcp, struct leg *leg);

void track_rtcp_del_leg(struct track_rtcp *rtcp, struct leg *leg);

/* track_rtcp_received - a packet came for an interleaved leg */
void track_rtcp_received(struct track_rtcp *rtcp, struct leg *leg, const guint8 *data,
			 gsize len);

/* track_rtcp_leg - the leg with that cookie, or NULL */
struct leg *track_rtcp_leg(struct track_rtcp *rtcp, guint64 cookie);

/**
 * struct track_rtcp_counters - for what is shown
 * @ignored: packets from nobody known, or that were no RTCP
 * @reports_in: of viewers
 * @reports_out: sent to the server
 * @key_frames: asked of the server
 * @sender_reports: of the server, relayed
 */
struct track_rtcp_counters {
	guint64 ignored;
	guint64 reports_in;
	guint64 reports_out;
	guint64 key_frames;
	guint64 sender_reports;
};

const struct track_rtcp_counters *track_rtcp_counters(const struct track_rtcp *rtcp);

#endif
