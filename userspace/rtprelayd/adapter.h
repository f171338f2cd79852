/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Moves the viewers of a path along the layers of its tracks, by what they report:
 * what to do is decided by userspace/adapt, here it is asked and done.
 */
#ifndef RTPRELAYD_ADAPTER_H
#define RTPRELAYD_ADAPTER_H

#include "adaptive.h"
#include "config_adapt.h"
#include "decision.h"

struct leg;
struct track;
struct couplings;

/**
 * struct adapter_leg - what is remembered of a viewer's part in a track; begins as
 * adapter_leg_init() leaves it
 * @wish: the most that the viewer is to get
 * @wanted: of that, what the controller gives it
 * @allowed: the most that limits leave it, see limiter.h
 * @limited: that is less than @wanted
 * @adaptive: the controller's state
 * @adapted: why it wants that
 * @limit: why it may not have that, while @limited
 * @alone_until: time up to which it is not adapted together with others at its
 *	address, see couplings.h, us
 * @joined_at: time since which it is, us; 0 while it is not
 * @apart: reports in a row that told of a loss of its own
 * @last: what it reported last since then
 * @share: what it is to have of what they share, as of when that was divided last
 * @stuck: that it could not be moved was logged
 * @reports: receiver.reports when it was looked at last; 0 for never
 * @at: receiver.at then
 * @highest: receiver.block.highest then
 * @lost: receiver.block.lost then
 * @lsr: receiver.block.lsr then
 * @packets: datagrams sent until then
 * @octets: sent until then
 * @dropped: datagrams that the relay had dropped until then
 */
struct adapter_leg {
	struct rtp_fanout_cap wish;
	struct rtp_fanout_cap wanted;
	struct rtp_fanout_cap allowed;
	gboolean limited;
	struct adaptive adaptive;
	struct decision adapted;
	struct decision limit;
	gint64 alone_until;
	gint64 joined_at;
	guint apart;
	struct adapt_report last;
	struct rtp_fanout_cap share;
	gboolean stuck;
	guint64 reports;
	gint64 at;
	guint32 highest;
	gint32 lost;
	guint32 lsr;
	guint64 packets;
	guint64 octets;
	guint64 dropped;
};

/* adapter_leg_init - it is to get @wish, as long as nothing speaks against that */
void adapter_leg_init(struct adapter_leg *adapter, const struct rtp_fanout_cap *wish);

/* adapter_leg_wish - the viewer is to get that from now on, and at first it does */
void adapter_leg_wish(struct adapter_leg *adapter, const struct rtp_fanout_cap *wish);

/* adapter_leg_part - it is not adapted together with others from now on */
void adapter_leg_part(struct adapter_leg *adapter);

/**
 * adapter_report - read what the viewer reported last
 * @sent: to it, so far
 * @clock_rate: of the track, Hz; 0 when unknown
 * @report: filled in, of no more datagrams than were sent
 *
 * Return: FALSE when it is the first one, says nothing new, or cannot be true.
 */
gboolean adapter_report(struct leg *leg, const struct rtp_fanout_dest_info *sent,
			guint32 clock_rate, struct adapt_report *report);

/**
 * adapter_decide - have the leg's own controller say what it is to want
 * @mode: which; not ADAPT_NONE
 * @points: of its track, up to its wish
 */
void adapter_decide(enum adapt_mode mode, struct leg *leg, const struct points *points,
		    const struct adapt_report *report);

/* adapter_decision - why the leg has what it has */
const struct decision *adapter_decision(const struct adapter_leg *adapter);

/**
 * adapter_apply - give a leg what it wants and may have
 * @path: its name, for the log
 * @points: of its track, up to its wish
 *
 * Where there are too many caps for that, it gets one that is between.
 */
void adapter_apply(const char *path, struct leg *leg, const struct points *points);

/**
 * adapter_run - look at who reported since the last time, and change caps
 * @path: its name, for the log
 * @track: one whose server plays
 * @couplings: of that track
 *
 * To be called every ADAPTER_PERIOD_S: a walk over the track's viewers.
 */
void adapter_run(const struct config_adapt *config, const char *path,
		 struct track *track, struct couplings *couplings);

#define ADAPTER_PERIOD_S	1

#endif
