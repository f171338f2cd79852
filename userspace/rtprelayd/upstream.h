/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one session with an upstream server that all viewers of a path share, and
 * the tracks that it sets up. They stay when the server is lost, for as long as
 * the configuration says, and go on when it is back.
 */
#ifndef RTPRELAYD_UPSTREAM_H
#define RTPRELAYD_UPSTREAM_H

#include <gst/rtsp/gstrtspdefs.h>

#include "config.h"
#include "sdp.h"
#include "track.h"

struct upstream;

/*
 * How far it has come; each includes those before it. A server that was lost
 * while it played leaves it at UPSTREAM_PLAYING, until it is given up.
 */
enum upstream_state {
	UPSTREAM_CONNECTING,
	UPSTREAM_DESCRIBED,	/* upstream_sdp() is there */
	UPSTREAM_READY,		/* upstream_track() is there, and started */
	UPSTREAM_PLAYING,
};

/**
 * upstream_reached - for upstream_reach()
 * @status: GST_RTSP_STS_OK, or what to tell a viewer: 404 when the server knows
 *	no such stream, 503 when it cannot be reached or does not answer, 502
 *	when its answer is not what it should be
 */
typedef void (*upstream_reached)(GstRTSPStatusCode status, gpointer user_data);

/**
 * struct upstream_config - how to pull a stream
 * @path: what; outlives the upstream
 * @backend: that is to serve it
 * @dual_stack: viewers may be of either family
 * @leg_alive: see struct track_config
 * @leg_gone: see struct track_config
 * @ended: the upstream failed, at once or later, and all waiting were told. The
 *	owner must upstream_stop() it, from within this call or later.
 * @user_data: for @ended
 */
struct upstream_config {
	const struct config_path *path;
	enum fanout_backend backend;
	gboolean dual_stack;
	void (*leg_alive)(struct leg *leg);
	void (*leg_gone)(struct leg *leg, const char *reason);
	void (*ended)(gpointer user_data);
	gpointer user_data;
};

/* upstream_new - connect, and describe */
struct upstream *upstream_new(const struct upstream_config *config);

/**
 * upstream_reach - go on to a state
 * @func: called once, from the main loop or from here
 */
void upstream_reach(struct upstream *upstream, enum upstream_state state,
		    upstream_reached func, gpointer user_data);

/**
 * upstream_stop - tear it down and forget it; its tracks end before this
 * returns, and TEARDOWN has been handed to the network. Those who wait are told
 * 503.
 */
void upstream_stop(struct upstream *upstream);

/**
 * upstream_set_dual_stack - another configuration has viewers of other families
 *
 * Return: FALSE when the tracks are there already, and not for all of them.
 */
gboolean upstream_set_dual_stack(struct upstream *upstream, gboolean dual_stack);

/* upstream_is_awaited - does anybody wait for a state? */
gboolean upstream_is_awaited(const struct upstream *upstream);

/* upstream_state_name - how far it has come, or "lost" */
const char *upstream_state_name(const struct upstream *upstream);

/* upstream_is_playing - has it come to UPSTREAM_PLAYING, and is not lost? */
gboolean upstream_is_playing(const struct upstream *upstream);

/* upstream_is_tcp - does media come over TCP? */
gboolean upstream_is_tcp(const struct upstream *upstream);

/* upstream_returns - times that the server came back after it was lost */
guint upstream_returns(const struct upstream *upstream);

/* upstream_sdp - its last description, NULL before UPSTREAM_DESCRIBED */
const struct sdp *upstream_sdp(const struct upstream *upstream);

/* upstream_track - a track, NULL before UPSTREAM_READY or when there is none */
struct track *upstream_track(const struct upstream *upstream, guint index);

#endif
