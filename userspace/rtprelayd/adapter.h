/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Moves the viewers of a path along the layers of its tracks, by what they report:
 * what to do is decided by userspace/adapt, here it is asked and done.
 */
#ifndef RTPRELAYD_ADAPTER_H
#define RTPRELAYD_ADAPTER_H

#include "adaptive.h"
#include "config_adapt.h"

struct leg;
struct track;

/**
 * struct adapter_leg - what is remembered of a viewer's part in a track; begins as
 * zeros
 * @wish: the most that the viewer is to get
 * @adaptive: the controller's state
 * @reason: in words, a constant; NULL as long as nothing was decided
 * @reports: receiver.reports when it was looked at last; 0 for never
 * @at: receiver.at then
 * @highest: receiver.block.highest then
 * @lost: receiver.block.lost then
 * @octets: sent until then
 * @dropped: datagrams that the relay had dropped until then
 */
struct adapter_leg {
	struct rtp_fanout_cap wish;
	struct adaptive adaptive;
	const char *reason;
	guint64 reports;
	gint64 at;
	guint32 highest;
	gint32 lost;
	guint64 octets;
	guint64 dropped;
};

/**
 * adapter_run - look at who reported since the last time, and change caps
 * @path: its name, for the log
 * @track: one whose server plays
 *
 * To be called every ADAPTER_PERIOD_MS: a walk over the track's viewers.
 */
void adapter_run(const struct config_adapt *config, const char *path,
		 struct track *track);

#define ADAPTER_PERIOD_MS	1000

#endif
