/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All sessions, by identifier, and how many there may be */
#ifndef RTPRELAYD_SESSION_TABLE_H
#define RTPRELAYD_SESSION_TABLE_H

#include <glib.h>
#include <linux/rtp_fanout.h>

struct limiter;
struct session;
struct session_table;

/**
 * session_table_new - a table without sessions
 * @timeout_s: silence after which a session ends that begins from now on, seconds
 */
struct session_table *session_table_new(guint timeout_s);

/* session_table_set_timeout - for sessions that begin from now on */
void session_table_set_timeout(struct session_table *table, guint timeout_s);

/* session_table_free - when there is none left */
void session_table_free(struct session_table *table);

/* session_table_set_host_limit - the most sessions of one host, 0 for any number */
void session_table_set_host_limit(struct session_table *table, guint limit);

/* session_table_set_limiter - what keeps sessions within their limits; mandatory */
void session_table_set_limiter(struct session_table *table, struct limiter *limiter);

/* session_find - the session with that identifier, or NULL */
struct session *session_find(struct session_table *table, const char *id);

guint session_count(const struct session_table *table);

/* session_list - all of them, the oldest first; to be freed with g_list_free() */
GList *session_list(struct session_table *table);

/* session_each - visit all of them, in no order; none may begin or end */
void session_each(struct session_table *table,
		  void (*visit)(struct session *session, gpointer user_data),
		  gpointer user_data);

/* session_find_name - the session of that name, or NULL */
struct session *session_find_name(struct session_table *table, const char *name);

/**
 * session_find_for - the same, for one who asks
 * @viewer: the address that it is asked from
 *
 * Return: NULL also when the session is of another host. A viewer may come back
 * on another connection, and its port says nothing behind a NAT; but its media
 * goes to the address that set it up, so that a viewer whose address has changed
 * has no use for the session any more, and any other host has no right to it.
 */
struct session *session_find_for(struct session_table *table, const char *id,
				 const struct rtp_fanout_addr *viewer);

/* For session.c */

/**
 * session_table_enter - count one that is about to begin
 *
 * Return: FALSE when there are LIMIT_SESSIONS, or too many of the host.
 */
gboolean session_table_enter(struct session_table *table,
			     const struct rtp_fanout_addr *viewer);

/* session_table_add, session_table_remove - one that was counted, by its identifier */
void session_table_add(struct session_table *table, struct session *session);
void session_table_remove(struct session_table *table, struct session *session);

/* session_table_timeout_s - see session_table_new() */
guint session_table_timeout_s(const struct session_table *table);

/* session_table_limiter - see session_table_set_limiter() */
struct limiter *session_table_limiter(const struct session_table *table);

#endif
