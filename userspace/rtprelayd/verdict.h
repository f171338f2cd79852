/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which side is slow, in words: what the counters of a track or of a viewer
 * say when somebody's picture stutters.
 */
#ifndef RTPRELAYD_VERDICT_H
#define RTPRELAYD_VERDICT_H

#include <glib.h>
#include <linux/rtp_fanout.h>

/* Where the fault is; the later ones are further down the stream's way */
enum verdict_side {
	VERDICT_NONE,
	VERDICT_UPSTREAM,	/* the server, or the network from there */
	VERDICT_RELAY,		/* this host */
	VERDICT_NETWORK,	/* between here and the viewer */
	VERDICT_VIEWER,
};

/* struct verdict - @why is in plain English; "" when there is nothing to say */
struct verdict {
	enum verdict_side side;
	char why[160];
};

/* verdict_side_name - "none", "upstream", "relay", "network" or "viewer" */
const char *verdict_side_name(enum verdict_side side);

/**
 * struct verdict_track - what is known of a track
 * @playing: the server was asked to send, and agreed
 * @measured: the rates are known
 * @info: its counters
 * @packets_rate: datagrams a second that came lately
 * @lost_rate: of those that never came
 * @dropped_rate: of those that were not relayed
 */
struct verdict_track {
	gboolean playing;
	gboolean measured;
	const struct rtp_fanout_info *info;
	gdouble packets_rate;
	gdouble lost_rate;
	gdouble dropped_rate;
};

void verdict_of_track(const struct verdict_track *seen, struct verdict *verdict);

/**
 * struct verdict_leg - what is known of a viewer's part in a track
 * @track: of the track
 * @info: what it was sent
 * @interleaved: over its RTSP connection
 * @loss: fraction that it reported lost on the way from here, below 0 when it
 *	did not report
 * @dropped_rate: datagrams a second that it should have got lately
 * @age_ms: since it began
 * @silent_ms: since it was last heard of
 * @timeout_ms: silence that ends it
 */
struct verdict_leg {
	const struct verdict *track;
	const struct rtp_fanout_dest_info *info;
	gboolean interleaved;
	gdouble loss;
	gdouble dropped_rate;
	gint64 age_ms;
	gint64 silent_ms;
	gint64 timeout_ms;
};

void verdict_of_leg(const struct verdict_leg *seen, struct verdict *verdict);

#endif
