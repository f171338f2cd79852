/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For limiter.c: who there is, and which limits they share */
#ifndef RTPRELAYD_LIMITER_LOOK_H
#define RTPRELAYD_LIMITER_LOOK_H

#include "levels.h"
#include "limiter.h"
#include "session.h"

/**
 * struct limiter - see limiter.h
 * @paths: see limiter_new()
 * @sessions: see limiter_new()
 * @host: see struct config_limits
 * @limits: of interfaces, likewise
 * @interfaces: whose an address is
 * @timer: shares, 0 while there is no limit or no viewer
 * @soon: does so as soon as it may, or 0
 * @ran_at: monotonic time at which it did last, us
 */
struct limiter {
	GHashTable *paths;
	struct session_table *sessions;
	guint64 host;
	GHashTable *limits;
	struct interfaces *interfaces;
	guint timer;
	guint soon;
	gint64 ran_at;
};

/**
 * struct limiter_leg - one that is sent, or is about to be
 * @session: whose
 * @leg: it; not set up yet where it is asked for
 * @points: that it can be moved along
 * @interface: a key of limiter.limits; NULL when that has no limit
 * @wanted: the level that it would have without limits
 * @now: that it has
 * @level: that it is to have
 * @limit: the last decision that made @level less
 */
struct limiter_leg {
	struct session *session;
	struct leg *leg;
	const struct points *points;
	gpointer interface;
	guint wanted;
	guint now;
	guint level;
	struct decision limit;
};

/**
 * struct limiter_group - those who share a limit
 * @reason: which it is
 * @key: what tells the group from others with the same reason
 * @name: of the interface or path, or ""
 * @limit: octets a second
 * @legs: struct limiter_leg *
 */
struct limiter_group {
	enum decision_reason reason;
	gconstpointer key;
	const char *name;
	guint64 limit;
	GPtrArray *legs;
};

/**
 * struct limiter_room - what a group leaves for one that joins
 * @group: without its legs; its limit is 0 where there is none
 * @lowest: what the lowest layers of all take, those of its own included
 * @own: of that, its own
 * @used: what the others have
 * @viewers: with it
 */
struct limiter_room {
	struct limiter_group group;
	guint64 lowest;
	guint64 own;
	guint64 used;
	guint viewers;
};

/**
 * struct limiter_look - who there is
 * @limiter: of which
 * @levels: as of now
 * @legs: struct limiter_leg, those of a session one after another; those of @joining
 *	alone, where there is one
 * @joining: the session that is about to play, or NULL
 * @index: of a track that it is about to set up, or -1
 * @cap: of that
 * @ghost: what its viewer left behind, or NULL
 * @rooms: for @joining, by reason
 */
struct limiter_look {
	struct limiter *limiter;
	struct levels *levels;
	GArray *legs;
	struct session *joining;
	gint index;
	const struct rtp_fanout_cap *cap;
	struct session *ghost;
	struct limiter_room rooms[DECISION_REASONS];
};

/* limiter_concerns - is there a limit that this session has to keep within? */
gboolean limiter_concerns(const struct limiter *limiter, const struct session *session);

/* limiter_interface - that of a session, a key of limiter.limits; NULL without a limit */
gpointer limiter_interface(struct limiter *limiter, const struct session *session);

/**
 * limiter_find_group - the group that a session is in
 * @interface: its, see limiter_interface()
 * @reason: DECISION_BANDWIDTH to DECISION_HOST
 * @group: set, without legs
 *
 * Return: FALSE when there is none, for that reason; its limit is then 0.
 */
gboolean limiter_find_group(struct limiter *limiter, const struct session *session,
			    gpointer interface, enum decision_reason reason,
			    struct limiter_group *group);

/*
 * limiter_look_init - look at those who play; look->joining, index, cap, ghost and the
 * groups of the rooms are set already
 */
void limiter_look_init(struct limiter_look *look, struct limiter *limiter);

void limiter_look_clear(struct limiter_look *look);

/*
 * limiter_groups - who shares what, without one that joins: struct limiter_group, those
 * of a viewer first, those that are larger later
 */
GPtrArray *limiter_groups(struct limiter_look *look);

/* limiter_viewers - of a group with legs */
guint limiter_viewers(const struct limiter_group *group);

#endif
