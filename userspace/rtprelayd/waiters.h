/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Those who wait for an upstream to come to a state */
#ifndef RTPRELAYD_WAITERS_H
#define RTPRELAYD_WAITERS_H

#include "upstream.h"

/**
 * struct waiters - in the order in which they came; begins as zeros
 * @queue: struct waiter *
 */
struct waiters {
	GQueue queue;
};

void waiters_add(struct waiters *waiters, enum upstream_state state,
		 upstream_reached func, gpointer user_data);

/* waiters_wake - tell everyone whose state is @state or one before it */
void waiters_wake(struct waiters *waiters, enum upstream_state state);

/* waiters_fail - tell everyone that nothing comes of it */
void waiters_fail(struct waiters *waiters, GstRTSPStatusCode status);

gboolean waiters_are_none(const struct waiters *waiters);

#endif
