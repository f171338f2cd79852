/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keeps what viewers are sent within the limits of a path, of an interface and of this
 * host, and within what a viewer itself said that it can take. Limits are shared by
 * max-min fairness (share.h), over all that viewers are sent, on their connections
 * too. Rates count IP, UDP and RTP headers.
 */
#ifndef RTPRELAYD_LIMITER_H
#define RTPRELAYD_LIMITER_H

#include "config_limit.h"
#include "path.h"

struct limiter;
struct session;
struct session_table;

/* How often it looks what there is to share, while there is a limit and a viewer */
#define LIMITER_PERIOD_S	1
/* It rests between one time and the next, whoever wakes it */
#define LIMITER_REST_MS		200

/**
 * struct limiter_scope - what a limit is of, for operators
 * @scope: "host", "interface" or "path"
 * @name: of the interface or path, or ""
 * @limit: octets a second
 * @used: of those, by the layers that viewers get
 * @viewers: that share it
 */
struct limiter_scope {
	const char *scope;
	const char *name;
	guint64 limit;
	guint64 used;
	guint viewers;
};

/**
 * limiter_new - nothing is limited but by what paths and sessions say
 * @paths: struct path * by name; both outlive the limiter
 */
struct limiter *limiter_new(GHashTable *paths, struct session_table *sessions);

void limiter_free(struct limiter *limiter);

/* limiter_configure - other limits hold from now on, of @limits and of the paths */
void limiter_configure(struct limiter *limiter, const struct config_limits *limits);

/* limiter_wake - share anew, as soon as it has rested */
void limiter_wake(struct limiter *limiter);

/* limiter_watch - share anew, within twice LIMITER_PERIOD_S */
void limiter_watch(struct limiter *limiter);

/**
 * limiter_admits - is there room for the lowest layers of a session's tracks, if all
 * others had no more of theirs either?
 * @session: one that does not play
 * @index: of a track that it is about to set up as well, with @cap; or -1
 *
 * A session of the same host that was silent for LIMIT_TAKE_OVER_MS does not count: it
 * is what the viewer left behind. There is one such at the most.
 *
 * Return: FALSE when not. Of a stream that does not come yet nothing is known, and
 * there is room.
 */
gboolean limiter_admits(struct limiter *limiter, struct session *session, gint index,
			const struct rtp_fanout_cap *cap);

/**
 * limiter_begin - the session is about to play: it begins with the lowest layers where
 * it cannot have all that it wants at once
 *
 * Return: FALSE when there is no room for those, see limiter_admits(); nothing has
 * changed then.
 */
gboolean limiter_begin(struct limiter *limiter, struct session *session);

/* limiter_scopes - all limits but those of single viewers: struct limiter_scope */
GArray *limiter_scopes(struct limiter *limiter);

#endif
