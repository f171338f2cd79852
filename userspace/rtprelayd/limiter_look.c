// SPDX-License-Identifier: GPL-2.0-or-later
#include "limiter_look.h"

#include "interfaces.h"

static const struct config_limit *limiter_path(const struct session *session)
{
	return path_limit(session_path(session));
}

static gboolean limiter_is_shared(const struct limiter *limiter)
{
	return limiter->host || g_hash_table_size(limiter->limits);
}

gboolean limiter_concerns(const struct limiter *limiter,
			  const struct session *session)
{
	const struct config_limit *limit = limiter_path(session);

	return limiter_is_shared(limiter) || limit->total || limit->viewer ||
	       session_bandwidth(session);
}

gpointer limiter_interface(struct limiter *limiter, const struct session *session)
{
	const char *name;
	gpointer key = NULL;

	if (!g_hash_table_size(limiter->limits))
		return NULL;
	name = interfaces_find(limiter->interfaces, session_local(session));
	if (name)
		g_hash_table_lookup_extended(limiter->limits, name, &key, NULL);
	return key;
}

static void limiter_add_leg(struct limiter_look *look, struct session *session, guint index,
			    gpointer interface)
{
	struct path *path = session_path(session);
	struct leg *leg = session_leg(session, index);
	gboolean joins = session == look->joining;
	gboolean asked = joins && (gint)index == look->index;
	const struct rtp_fanout_cap *wish = asked ? look->cap : &leg->adapter.wish;
	struct limiter_leg added = {
		.session = session,
		.leg = leg,
		.interface = interface,
	};

	added.points = levels_find(look->levels, path_track(path, index),
				   session_viewer(session), wish,
				   path_config(path)->adapt.order);
	added.wanted = points_find(added.points, asked ? wish : &leg->adapter.wanted);
	added.level = added.wanted;
	added.now = joins ? 0 : points_find(added.points, &leg->dest.cap);
	g_array_append_val(look->legs, added);
}

gboolean limiter_find_group(struct limiter *limiter, const struct session *session,
			    gpointer interface, enum decision_reason reason,
			    struct limiter_group *group)
{
	*group = (struct limiter_group){ .reason = reason, .key = session, .name = "" };
	switch (reason) {
	case DECISION_BANDWIDTH:
		group->limit = session_bandwidth(session);
		break;
	case DECISION_VIEWER:
		group->limit = limiter_path(session)->viewer;
		break;
	case DECISION_PATH:
		group->key = session_path(session);
		group->name = path_name(session_path(session));
		group->limit = limiter_path(session)->total;
		break;
	case DECISION_INTERFACE:
		group->key = group->name = interface;
		if (interface)
			group->limit = *(const guint64 *)g_hash_table_lookup(limiter->limits,
									     interface);
		break;
	case DECISION_HOST:
		group->key = limiter;
		group->limit = limiter->host;
		break;
	default:
		break;
	}
	return group->limit;
}

/* Count the legs from @first on, which are those of @session, where it shares a limit. */
static void limiter_count_joined(struct limiter_look *look, struct session *session,
				 gpointer interface, guint first)
{
	gboolean joins = session == look->joining;
	struct limiter_group group;

	for (guint reason = DECISION_BANDWIDTH; reason < DECISION_REASONS; reason++) {
		struct limiter_room *room = &look->rooms[reason];

		if (first == look->legs->len || !room->group.limit ||
		    !limiter_find_group(look->limiter, session, interface, reason, &group) ||
		    group.key != room->group.key)
			continue;
		room->viewers++;
		for (guint i = first; i < look->legs->len; i++) {
			const struct limiter_leg *leg = &g_array_index(look->legs,
								       struct limiter_leg, i);

			room->lowest += session == look->ghost ? 0 : leg->points->rate[0];
			room->own += joins ? leg->points->rate[0] : 0;
			room->used += joins ? 0 : leg->points->rate[leg->now];
		}
	}
	if (!joins)
		g_array_set_size(look->legs, first);
}

static void limiter_add(struct session *session, gpointer user_data)
{
	struct limiter_look *look = user_data;
	gboolean joins = session == look->joining;
	gpointer interface = limiter_interface(look->limiter, session);
	guint first = look->legs->len;

	/* who shares nothing with the one that joins need not be looked at */
	if (look->joining && !limiter_is_shared(look->limiter) &&
	    session_path(session) != session_path(look->joining))
		return;
	for (guint i = 0; path_track(session_path(session), i); i++) {
		const struct leg *leg = session_leg(session, i);

		if ((leg && (leg->track || joins)) || (joins && (gint)i == look->index))
			limiter_add_leg(look, session, i, interface);
	}
	if (look->joining)
		limiter_count_joined(look, session, interface, first);
}

void limiter_look_init(struct limiter_look *look, struct limiter *limiter)
{
	look->limiter = limiter;
	look->levels = levels_new();
	look->legs = g_array_new(FALSE, FALSE, sizeof(struct limiter_leg));
	session_each(limiter->sessions, limiter_add, look);
}

void limiter_look_clear(struct limiter_look *look)
{
	g_array_unref(look->legs);
	levels_free(look->levels);
}

static void limiter_group_free(gpointer data)
{
	struct limiter_group *group = data;

	g_ptr_array_unref(group->legs);
	g_free(group);
}

static void limiter_group_leg(struct limiter_look *look, GHashTable *by_key, GPtrArray *groups,
			      struct limiter_leg *leg, enum decision_reason reason)
{
	struct limiter_group found, *group;

	if (!limiter_find_group(look->limiter, leg->session, leg->interface, reason, &found))
		return;
	group = g_hash_table_lookup(by_key, found.key);
	if (!group) {
		group = g_memdup2(&found, sizeof(found));
		group->legs = g_ptr_array_new();
		g_hash_table_insert(by_key, (gpointer)found.key, group);
		g_ptr_array_add(groups, group);
	}
	g_ptr_array_add(group->legs, leg);
}

GPtrArray *limiter_groups(struct limiter_look *look)
{
	GPtrArray *groups = g_ptr_array_new_with_free_func(limiter_group_free);

	for (guint reason = DECISION_BANDWIDTH; reason < DECISION_REASONS; reason++) {
		g_autoptr(GHashTable) by_key = g_hash_table_new(NULL, NULL);

		for (guint i = 0; i < look->legs->len; i++)
			limiter_group_leg(look, by_key, groups,
					  &g_array_index(look->legs, struct limiter_leg, i),
					  reason);
	}
	return groups;
}

guint limiter_viewers(const struct limiter_group *group)
{
	const struct session *last = NULL;
	guint n = 0;

	for (guint i = 0; i < group->legs->len; i++) {
		const struct limiter_leg *leg = g_ptr_array_index(group->legs, i);

		n += leg->session != last;
		last = leg->session;
	}
	return n;
}
