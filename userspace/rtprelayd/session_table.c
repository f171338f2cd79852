// SPDX-License-Identifier: GPL-2.0-or-later
#include "session_table.h"

#include "addr.h"
#include "hosts.h"
#include "limit.h"
#include "session.h"

/**
 * struct session_table - see session_table.h
 * @by_id: struct session * by id
 * @timeout_s: see session_table_new()
 * @hosts: whose they are
 * @host_limit: see session_table_set_host_limit()
 * @limiter: see session_table_set_limiter()
 */
struct session_table {
	GHashTable *by_id;
	guint timeout_s;
	struct hosts *hosts;
	guint host_limit;
	struct limiter *limiter;
};

struct session_table *session_table_new(guint timeout_s)
{
	struct session_table *table = g_new0(struct session_table, 1);

	table->by_id = g_hash_table_new(g_str_hash, g_str_equal);
	table->timeout_s = timeout_s;
	table->hosts = hosts_new();
	return table;
}

guint session_table_timeout_s(const struct session_table *table)
{
	return table->timeout_s;
}

void session_table_set_timeout(struct session_table *table, guint timeout_s)
{
	table->timeout_s = timeout_s;
}

void session_table_set_host_limit(struct session_table *table, guint limit)
{
	table->host_limit = limit;
}

void session_table_set_limiter(struct session_table *table, struct limiter *limiter)
{
	table->limiter = limiter;
}

struct limiter *session_table_limiter(const struct session_table *table)
{
	return table->limiter;
}

void session_table_free(struct session_table *table)
{
	hosts_free(table->hosts);
	g_hash_table_unref(table->by_id);
	g_free(table);
}

struct session *session_find(struct session_table *table, const char *id)
{
	return g_hash_table_lookup(table->by_id, id);
}

struct session *session_find_for(struct session_table *table, const char *id,
				 const struct rtp_fanout_addr *viewer)
{
	struct session *session = session_find(table, id);

	return session && addr_same_host(session_viewer(session), viewer) ? session : NULL;
}

static gint session_compare_age(gconstpointer a, gconstpointer b)
{
	gint64 x = session_began_at(a), y = session_began_at(b);

	return x < y ? -1 : x > y;
}

guint session_count(const struct session_table *table)
{
	return g_hash_table_size(table->by_id);
}

GList *session_list(struct session_table *table)
{
	return g_list_sort(g_hash_table_get_values(table->by_id), session_compare_age);
}

void session_each(struct session_table *table,
		  void (*visit)(struct session *session, gpointer user_data),
		  gpointer user_data)
{
	GHashTableIter iter;
	gpointer session;

	g_hash_table_iter_init(&iter, table->by_id);
	while (g_hash_table_iter_next(&iter, NULL, &session))
		visit(session, user_data);
}

struct session *session_find_name(struct session_table *table, const char *name)
{
	GHashTableIter iter;
	gpointer session;

	g_hash_table_iter_init(&iter, table->by_id);
	while (g_hash_table_iter_next(&iter, NULL, &session))
		if (g_str_equal(session_name(session), name))
			return session;
	return NULL;
}

gboolean session_table_enter(struct session_table *table,
			     const struct rtp_fanout_addr *viewer)
{
	return g_hash_table_size(table->by_id) < LIMIT_SESSIONS &&
	       hosts_enter(table->hosts, viewer, table->host_limit);
}

void session_table_add(struct session_table *table, struct session *session)
{
	g_hash_table_insert(table->by_id, (gpointer)session_id(session), session);
}

void session_table_remove(struct session_table *table, struct session *session)
{
	g_hash_table_remove(table->by_id, session_id(session));
	hosts_leave(table->hosts, session_viewer(session));
}
