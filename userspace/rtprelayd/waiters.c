// SPDX-License-Identifier: GPL-2.0-or-later
#include "waiters.h"

/* Someone who waits for a state */
struct waiter {
	enum upstream_state state;
	upstream_reached func;
	gpointer user_data;
};

void waiters_add(struct waiters *waiters, enum upstream_state state,
		 upstream_reached func, gpointer user_data)
{
	struct waiter *waiter = g_new0(struct waiter, 1);

	waiter->state = state;
	waiter->func = func;
	waiter->user_data = user_data;
	g_queue_push_tail(&waiters->queue, waiter);
}

/* Those who are told may add others, which are not told with them. */
static void waiters_tell(struct waiters *waiters, enum upstream_state state,
			 GstRTSPStatusCode status)
{
	GQueue due = G_QUEUE_INIT;
	struct waiter *waiter;

	for (GList *l = waiters->queue.head, *next; l; l = next) {
		waiter = l->data;
		next = l->next;
		if (waiter->state > state)
			continue;
		g_queue_unlink(&waiters->queue, l);
		g_queue_push_tail_link(&due, l);
	}
	while ((waiter = g_queue_pop_head(&due))) {
		waiter->func(status, waiter->user_data);
		g_free(waiter);
	}
}

void waiters_wake(struct waiters *waiters, enum upstream_state state)
{
	waiters_tell(waiters, state, GST_RTSP_STS_OK);
}

void waiters_fail(struct waiters *waiters, GstRTSPStatusCode status)
{
	waiters_tell(waiters, UPSTREAM_PLAYING, status);
}

gboolean waiters_are_none(const struct waiters *waiters)
{
	return g_queue_is_empty((GQueue *)&waiters->queue);
}
