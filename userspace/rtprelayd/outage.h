/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A server that is lost, tried again at growing intervals, and in the end given up */
#ifndef RTPRELAYD_OUTAGE_H
#define RTPRELAYD_OUTAGE_H

#include "backoff.h"

/**
 * struct outage - the last one, or the one that there is
 * @backoff: between attempts
 * @since: monotonic time at which the server was lost, us; 0 when it is there
 * @returns: outages that ended
 * @retry: time of the next attempt
 * @give_up: time of no other one
 * @again: try again; a function called from the main context
 * @over: it has lasted too long, likewise
 * @user_data: for both
 */
struct outage {
	struct backoff backoff;
	gint64 since;
	guint returns;
	guint retry;
	guint give_up;
	void (*again)(gpointer user_data);
	void (*over)(gpointer user_data);
	gpointer user_data;
};

void outage_init(struct outage *outage, void (*again)(gpointer user_data),
		 void (*over)(gpointer user_data), gpointer user_data);

/**
 * outage_lose - the server was lost, or an attempt to have it back has failed
 * @seconds: after which, from the first loss on, it is given up
 *
 * Return: ms after which it is tried again.
 */
guint outage_lose(struct outage *outage, guint seconds);

/**
 * outage_end - media comes
 *
 * Return: ms for which the server was lost; -1 when it was not.
 */
gint64 outage_end(struct outage *outage);

/* outage_stop - try no more */
void outage_stop(struct outage *outage);

#endif
