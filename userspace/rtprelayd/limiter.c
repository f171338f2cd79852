// SPDX-License-Identifier: GPL-2.0-or-later
#include "limiter.h"

#include "addr.h"
#include "interfaces.h"
#include "limit.h"
#include "limiter_look.h"
#include "share.h"

/* A level is raised only where there is so much left beside it, of the limit: a 20th */
#define LIMITER_SPARE	20

static void limiter_share(struct limiter_group *group)
{
	guint n = group->legs->len, viewers = limiter_viewers(group);
	g_autofree struct share_viewer *most = g_new0(struct share_viewer, n);
	g_autofree struct share_viewer *sure = NULL;
	struct decision limited = { 0 };

	for (guint i = 0; i < n; i++) {
		const struct limiter_leg *leg = g_ptr_array_index(group->legs, i);

		most[i].points = leg->points;
		most[i].wanted = leg->level;
	}
	sure = g_memdup2(most, n * sizeof(*most));
	share_allocate(most, n, group->limit);
	share_allocate(sure, n, group->limit - group->limit / LIMITER_SPARE);
	decision_limited(&limited, group->reason, group->name, group->limit, viewers);
	for (guint i = 0; i < n; i++) {
		struct limiter_leg *leg = g_ptr_array_index(group->legs, i);
		/* what it has it keeps where that fits, or levels would go up and down */
		guint level = CLAMP(leg->now, MIN(sure[i].level, most[i].level),
				    most[i].level);

		if (level >= leg->level)
			continue;
		leg->level = level;
		leg->limit = limited;
	}
}

static void limiter_apply(const struct limiter *limiter, const struct limiter_leg *leg)
{
	struct adapter_leg *adapter = &leg->leg->adapter;

	adapter->limited = leg->level < leg->wanted;
	adapter->limit = leg->limit;
	adapter->allowed = limiter_concerns(limiter, leg->session) ?
			   leg->points->cap[leg->level] : FANOUT_CAP_ALL;
	if (leg->leg->track)
		adapter_apply(path_name(session_path(leg->session)), leg->leg, leg->points);
}

static gint limiter_compare_age(gconstpointer a, gconstpointer b)
{
	const struct limiter_leg *x = a, *y = b;
	gint64 later = session_began_at(x->session) - session_began_at(y->session);

	if (later)
		return later < 0 ? -1 : 1;
	return x->leg < y->leg ? -1 : x->leg > y->leg;
}

/* Returns whether there is anything to look at again. */
static gboolean limiter_run(struct limiter *limiter)
{
	struct limiter_look look = { .index = -1 };
	g_autoptr(GPtrArray) groups = NULL;
	gboolean again;

	limiter_look_init(&look, limiter);
	g_array_sort(look.legs, limiter_compare_age);
	groups = limiter_groups(&look);
	for (guint i = 0; i < groups->len; i++)
		limiter_share(g_ptr_array_index(groups, i));
	for (guint i = 0; i < look.legs->len; i++)
		limiter_apply(limiter, &g_array_index(look.legs, struct limiter_leg, i));
	again = groups->len;
	limiter_look_clear(&look);
	limiter->ran_at = g_get_monotonic_time();
	return again;
}

static gboolean limiter_look_again(gpointer user_data)
{
	struct limiter *limiter = user_data;

	if (limiter_run(limiter))
		return G_SOURCE_CONTINUE;
	limiter->timer = 0;
	return G_SOURCE_REMOVE;
}

static gboolean limiter_look_now(gpointer user_data)
{
	struct limiter *limiter = user_data;

	limiter->soon = 0;
	if (limiter_run(limiter) && !limiter->timer)
		limiter->timer = g_timeout_add_seconds(LIMITER_PERIOD_S,
						       limiter_look_again, limiter);
	return G_SOURCE_REMOVE;
}

struct limiter *limiter_new(GHashTable *paths, struct session_table *sessions)
{
	struct limiter *limiter = g_new0(struct limiter, 1);

	limiter->paths = paths;
	limiter->sessions = sessions;
	limiter->limits = g_hash_table_new(g_str_hash, g_str_equal);
	limiter->interfaces = interfaces_new();
	return limiter;
}

void limiter_free(struct limiter *limiter)
{
	g_clear_handle_id(&limiter->timer, g_source_remove);
	g_clear_handle_id(&limiter->soon, g_source_remove);
	g_hash_table_unref(limiter->limits);
	interfaces_free(limiter->interfaces);
	g_free(limiter);
}

void limiter_configure(struct limiter *limiter, const struct config_limits *limits)
{
	g_hash_table_unref(limiter->limits);
	limiter->host = limits->host;
	limiter->limits = g_hash_table_ref(limits->interfaces);
	limiter_wake(limiter);
}

void limiter_wake(struct limiter *limiter)
{
	gint64 rest = limiter->ran_at + LIMITER_REST_MS * 1000 - g_get_monotonic_time();

	if (limiter->soon)
		return;
	/* or whoever sends requests has the daemon do nothing else */
	limiter->soon = limiter->ran_at && rest > 0 ?
			g_timeout_add(rest / 1000 + 1, limiter_look_now, limiter) :
			g_idle_add(limiter_look_now, limiter);
}

void limiter_watch(struct limiter *limiter)
{
	if (!limiter->timer)
		limiter->timer = g_timeout_add_seconds(LIMITER_PERIOD_S,
						       limiter_look_again, limiter);
}

/*
 * A viewer that lost its connection comes back before its session has timed out, and is
 * not to be told that there is no room because of that. Of one host it is the one that
 * was silent for longest, and one at a time, or silence would be a way around limits.
 */
static void limiter_find_ghost(struct session *session, gpointer user_data)
{
	struct limiter_look *look = user_data;
	gint64 silent = session_silent_ms(session);

	if (session != look->joining && session_is_playing(session) &&
	    silent > LIMIT_TAKE_OVER_MS &&
	    addr_same_host(session_viewer(session), session_viewer(look->joining)) &&
	    (!look->ghost || silent > session_silent_ms(look->ghost)))
		look->ghost = session;
}

static void limiter_look_for(struct limiter_look *look, struct limiter *limiter)
{
	gpointer interface = limiter_interface(limiter, look->joining);

	for (guint reason = DECISION_BANDWIDTH; reason < DECISION_REASONS; reason++)
		limiter_find_group(limiter, look->joining, interface, reason,
				   &look->rooms[reason].group);
	session_each(limiter->sessions, limiter_find_ghost, look);
	limiter_look_init(look, limiter);
}

static gboolean limiter_fits(const struct limiter_look *look)
{
	for (guint reason = DECISION_BANDWIDTH; reason < DECISION_REASONS; reason++) {
		const struct limiter_room *room = &look->rooms[reason];

		if (room->own && room->lowest > room->group.limit)
			return FALSE;
	}
	return TRUE;
}

gboolean limiter_admits(struct limiter *limiter, struct session *session, gint index,
			const struct rtp_fanout_cap *cap)
{
	struct limiter_look look = { .joining = session, .index = index, .cap = cap };
	gboolean fits;

	if (!limiter_concerns(limiter, session))
		return TRUE;
	limiter_look_for(&look, limiter);
	fits = limiter_fits(&look);
	limiter_look_clear(&look);
	return fits;
}

/* What would be too much, if it were given all that it wants while others stay? */
static void limiter_begin_low(struct limiter_look *look, const struct limiter_room *room)
{
	const struct limiter_group *group = &room->group;
	guint64 used = room->used;

	for (guint i = 0; i < look->legs->len; i++) {
		const struct limiter_leg *leg = &g_array_index(look->legs, struct limiter_leg,
							       i);

		used += leg->points->rate[leg->level];
	}
	for (guint i = 0; i < look->legs->len && used > group->limit; i++) {
		struct limiter_leg *leg = &g_array_index(look->legs, struct limiter_leg, i);

		if (!leg->level)
			continue;
		leg->level = 0;
		decision_limited(&leg->limit, group->reason, group->name, group->limit,
				 room->viewers);
	}
}

/* A limit that it had when it played last is no more. */
static void limiter_release(struct session *session)
{
	for (guint i = 0; path_track(session_path(session), i); i++) {
		struct leg *leg = session_leg(session, i);

		if (!leg)
			continue;
		if (leg->adapter.limited)
			leg->dest.cap = leg->adapter.wanted;
		/* this one also where it was not less than it wanted then */
		leg->adapter.allowed = FANOUT_CAP_ALL;
		leg->adapter.limited = FALSE;
	}
}

gboolean limiter_begin(struct limiter *limiter, struct session *session)
{
	struct limiter_look look = { .joining = session, .index = -1 };
	gboolean fits;

	if (!limiter_concerns(limiter, session)) {
		limiter_release(session);
		return TRUE;
	}
	limiter_look_for(&look, limiter);
	fits = limiter_fits(&look);
	for (guint reason = DECISION_BANDWIDTH; fits && reason < DECISION_REASONS; reason++)
		if (look.rooms[reason].group.limit)
			limiter_begin_low(&look, &look.rooms[reason]);
	for (guint i = 0; fits && i < look.legs->len; i++) {
		struct limiter_leg *leg = &g_array_index(look.legs, struct limiter_leg, i);

		limiter_apply(limiter, leg);
		leg->leg->dest.cap = leg->points->cap[leg->level];
	}
	limiter_look_clear(&look);
	if (fits)
		limiter_wake(limiter);
	return fits;
}

static void limiter_add_scope(GArray *scopes, const char *scope, const char *name,
			      guint64 limit)
{
	struct limiter_scope added = { .scope = scope, .name = name, .limit = limit };

	if (limit)
		g_array_append_val(scopes, added);
}

static const char *limiter_scope_name(enum decision_reason reason)
{
	switch (reason) {
	case DECISION_PATH:
		return "path";
	case DECISION_INTERFACE:
		return "interface";
	case DECISION_HOST:
		return "host";
	default:
		return NULL;
	}
}

static void limiter_count(GArray *scopes, const struct limiter_group *group)
{
	const char *name = limiter_scope_name(group->reason);

	for (guint i = 0; i < scopes->len; i++) {
		struct limiter_scope *scope = &g_array_index(scopes, struct limiter_scope, i);

		if (g_strcmp0(scope->scope, name) || !g_str_equal(scope->name, group->name))
			continue;
		scope->viewers = limiter_viewers(group);
		for (guint k = 0; k < group->legs->len; k++) {
			const struct limiter_leg *leg = g_ptr_array_index(group->legs, k);

			scope->used += leg->points->rate[leg->now];
		}
	}
}

GArray *limiter_scopes(struct limiter *limiter)
{
	GArray *scopes = g_array_new(FALSE, FALSE, sizeof(struct limiter_scope));
	struct limiter_look look = { .index = -1 };
	g_autoptr(GPtrArray) groups = NULL;
	GHashTableIter iter;
	gpointer key, value;

	limiter_add_scope(scopes, limiter_scope_name(DECISION_HOST), "", limiter->host);
	g_hash_table_iter_init(&iter, limiter->limits);
	while (g_hash_table_iter_next(&iter, &key, &value))
		limiter_add_scope(scopes, limiter_scope_name(DECISION_INTERFACE), key,
				  *(const guint64 *)value);
	g_hash_table_iter_init(&iter, limiter->paths);
	while (g_hash_table_iter_next(&iter, &key, &value))
		limiter_add_scope(scopes, limiter_scope_name(DECISION_PATH), key,
				  path_limit(value)->total);
	if (!scopes->len)
		return scopes;
	limiter_look_init(&look, limiter);
	groups = limiter_groups(&look);
	for (guint i = 0; i < groups->len; i++)
		limiter_count(scopes, g_ptr_array_index(groups, i));
	limiter_look_clear(&look);
	return scopes;
}
