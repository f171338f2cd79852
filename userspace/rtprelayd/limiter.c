// SPDX-License-Identifier: GPL-2.0-or-later
#include "limiter.h"

#include "interfaces.h"
#include "levels.h"
#include "session.h"
#include "share.h"

/* A level is raised only where there is so much left beside it, of the limit: a 20th */
#define LIMITER_SPARE	20

/**
 * struct limiter - see limiter.h
 * @paths: see limiter_new()
 * @sessions: see limiter_new()
 * @host: see struct config_limits
 * @limits: of interfaces, likewise
 * @interfaces: whose an address is
 * @timer: shares, 0 while there is no limit or no viewer
 * @idle: does so before anything else is waited for, or 0
 */
struct limiter {
	GHashTable *paths;
	struct session_table *sessions;
	guint64 host;
	GHashTable *limits;
	struct interfaces *interfaces;
	guint timer;
	guint idle;
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
 * @joins: it is about to be sent
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
	gboolean joins;
	struct decision limit;
};

/**
 * struct limiter_look - who there is
 * @limiter: of which
 * @levels: as of now
 * @legs: struct limiter_leg, those of a session one after another
 * @joining: the session that is about to play, or NULL
 * @index: of a track that it is about to set up, or -1
 * @cap: of that
 */
struct limiter_look {
	struct limiter *limiter;
	struct levels *levels;
	GArray *legs;
	struct session *joining;
	gint index;
	const struct rtp_fanout_cap *cap;
};

/**
 * struct limiter_group - those who share a limit
 * @reason: which it is
 * @name: of the interface or path, or ""
 * @limit: octets a second
 * @legs: struct limiter_leg *
 */
struct limiter_group {
	enum decision_reason reason;
	const char *name;
	guint64 limit;
	GPtrArray *legs;
};

static const struct config_limit *limiter_path(const struct session *session)
{
	return path_limit(session_path(session));
}

static gboolean limiter_is_shared(const struct limiter *limiter)
{
	return limiter->host || g_hash_table_size(limiter->limits);
}

/* Is there a limit that this session has to keep within? */
static gboolean limiter_concerns(const struct limiter *limiter,
				 const struct session *session)
{
	const struct config_limit *limit = limiter_path(session);

	return limiter_is_shared(limiter) || limit->total || limit->viewer ||
	       session_bandwidth(session);
}

static gpointer limiter_interface(struct limiter *limiter, const struct session *session)
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
	gboolean asked = session == look->joining && (gint)index == look->index;
	const struct rtp_fanout_cap *wish = asked ? look->cap : &leg->adapter.wish;
	struct limiter_leg added = {
		.session = session,
		.leg = leg,
		.interface = interface,
		.joins = session == look->joining,
	};

	added.points = levels_find(look->levels, path_track(path, index),
				   session_viewer(session), wish,
				   path_config(path)->adapt.order);
	added.wanted = points_find(added.points, asked ? wish : &leg->adapter.wanted);
	added.level = added.wanted;
	added.now = added.joins ? 0 : points_find(added.points, &leg->dest.cap);
	g_array_append_val(look->legs, added);
}

static void limiter_add(struct session *session, gpointer user_data)
{
	struct limiter_look *look = user_data;
	gboolean joins = session == look->joining;
	gpointer interface = limiter_interface(look->limiter, session);

	/* who shares nothing with the one that joins need not be looked at */
	if (look->joining && !limiter_is_shared(look->limiter) &&
	    session_path(session) != session_path(look->joining))
		return;
	for (guint i = 0; path_track(session_path(session), i); i++) {
		const struct leg *leg = session_leg(session, i);

		if ((leg && (leg->track || joins)) || (joins && (gint)i == look->index))
			limiter_add_leg(look, session, i, interface);
	}
}

static gint limiter_compare_age(gconstpointer a, gconstpointer b)
{
	const struct limiter_leg *x = a, *y = b;
	gint64 later = session_began_at(x->session) - session_began_at(y->session);

	if (later)
		return later < 0 ? -1 : 1;
	return x->leg < y->leg ? -1 : x->leg > y->leg;
}

static void limiter_look_init(struct limiter_look *look, struct limiter *limiter)
{
	look->limiter = limiter;
	look->levels = levels_new();
	look->legs = g_array_new(FALSE, FALSE, sizeof(struct limiter_leg));
	session_each(limiter->sessions, limiter_add, look);
}

static void limiter_look_clear(struct limiter_look *look)
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

/* @key: what tells the group from others with the same reason */
static void limiter_group(GHashTable *by_key, GPtrArray *groups, gconstpointer key,
			  enum decision_reason reason, const char *name, guint64 limit,
			  struct limiter_leg *leg)
{
	struct limiter_group *group = g_hash_table_lookup(by_key, key);

	if (!group) {
		group = g_new0(struct limiter_group, 1);
		group->reason = reason;
		group->name = name;
		group->limit = limit;
		group->legs = g_ptr_array_new();
		g_hash_table_insert(by_key, (gpointer)key, group);
		g_ptr_array_add(groups, group);
	}
	g_ptr_array_add(group->legs, leg);
}

static void limiter_group_leg(struct limiter_look *look, GHashTable *by_key, GPtrArray *groups,
			      struct limiter_leg *leg, enum decision_reason reason)
{
	const struct config_limit *limit = limiter_path(leg->session);
	guint64 bandwidth = session_bandwidth(leg->session);
	const guint64 *interface;

	if (reason == DECISION_VIEWER && limit->viewer)
		limiter_group(by_key, groups, leg->session, reason, "", limit->viewer, leg);
	if (reason == DECISION_BANDWIDTH && bandwidth)
		limiter_group(by_key, groups, leg->session, reason, "", bandwidth, leg);
	if (reason == DECISION_PATH && limit->total)
		limiter_group(by_key, groups, session_path(leg->session), reason,
			      path_name(session_path(leg->session)), limit->total, leg);
	if (reason == DECISION_INTERFACE && leg->interface) {
		interface = g_hash_table_lookup(look->limiter->limits, leg->interface);
		limiter_group(by_key, groups, leg->interface, reason, leg->interface,
			      *interface, leg);
	}
	if (reason == DECISION_HOST && look->limiter->host)
		limiter_group(by_key, groups, look->limiter, reason, "",
			      look->limiter->host, leg);
}

/* Who shares what: the groups of a viewer first, those that are larger later */
static GPtrArray *limiter_groups(struct limiter_look *look)
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

static guint limiter_viewers(const struct limiter_group *group)
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

static void limiter_share(struct limiter_group *group)
{
	guint n = group->legs->len, viewers = limiter_viewers(group);
	g_autofree struct share_viewer *most = g_new0(struct share_viewer, n);
	g_autofree struct share_viewer *sure = NULL;

	for (guint i = 0; i < n; i++) {
		const struct limiter_leg *leg = g_ptr_array_index(group->legs, i);

		most[i].points = leg->points;
		most[i].wanted = leg->level;
	}
	sure = g_memdup2(most, n * sizeof(*most));
	share_allocate(most, n, group->limit);
	share_allocate(sure, n, group->limit - group->limit / LIMITER_SPARE);
	for (guint i = 0; i < n; i++) {
		struct limiter_leg *leg = g_ptr_array_index(group->legs, i);
		/* what it has it keeps where that fits, or levels would go up and down */
		guint level = CLAMP(leg->now, MIN(sure[i].level, most[i].level),
				    most[i].level);

		if (level >= leg->level)
			continue;
		leg->level = level;
		decision_limited(&leg->limit, group->reason, group->name, group->limit,
				 viewers);
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

	limiter->idle = 0;
	if (limiter_run(limiter) && !limiter->timer)
		limiter->timer = g_timeout_add(LIMITER_PERIOD_MS, limiter_look_again, limiter);
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
	g_clear_handle_id(&limiter->idle, g_source_remove);
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
	if (!limiter->idle)
		limiter->idle = g_idle_add(limiter_look_now, limiter);
}

void limiter_watch(struct limiter *limiter)
{
	if (!limiter->timer)
		limiter->timer = g_timeout_add(LIMITER_PERIOD_MS, limiter_look_again, limiter);
}

gboolean limiter_admits(struct limiter *limiter, struct session *session, gint index,
			const struct rtp_fanout_cap *cap)
{
	struct limiter_look look = { .joining = session, .index = index, .cap = cap };
	g_autoptr(GPtrArray) groups = NULL;
	gboolean fits = TRUE;

	if (!limiter_concerns(limiter, session))
		return TRUE;
	limiter_look_init(&look, limiter);
	groups = limiter_groups(&look);
	for (guint i = 0; i < groups->len && fits; i++) {
		const struct limiter_group *group = g_ptr_array_index(groups, i);
		guint64 own = 0, all = 0;

		for (guint k = 0; k < group->legs->len; k++) {
			const struct limiter_leg *leg = g_ptr_array_index(group->legs, k);

			all += leg->points->rate[0];
			own += leg->joins ? leg->points->rate[0] : 0;
		}
		fits = !own || all <= group->limit;
	}
	limiter_look_clear(&look);
	return fits;
}

/* What would be too much, if it were given all that it wants while others stay? */
static void limiter_begin_low(struct limiter_group *group)
{
	guint64 used = 0;

	for (guint i = 0; i < group->legs->len; i++) {
		const struct limiter_leg *leg = g_ptr_array_index(group->legs, i);

		used += leg->points->rate[leg->joins ? leg->level : leg->now];
	}
	for (guint i = 0; i < group->legs->len && used > group->limit; i++) {
		struct limiter_leg *leg = g_ptr_array_index(group->legs, i);

		if (!leg->joins || !leg->level)
			continue;
		leg->level = 0;
		decision_limited(&leg->limit, group->reason, group->name, group->limit,
				 limiter_viewers(group));
	}
}

/* A limit that it had when it played last is no more. */
static void limiter_release(struct session *session)
{
	for (guint i = 0; path_track(session_path(session), i); i++) {
		struct leg *leg = session_leg(session, i);

		if (!leg || !leg->adapter.limited)
			continue;
		leg->dest.cap = leg->adapter.wanted;
		leg->adapter.allowed = FANOUT_CAP_ALL;
		leg->adapter.limited = FALSE;
	}
}

void limiter_begin(struct limiter *limiter, struct session *session)
{
	struct limiter_look look = { .joining = session, .index = -1 };
	g_autoptr(GPtrArray) groups = NULL;

	if (!limiter_concerns(limiter, session)) {
		limiter_release(session);
		return;
	}
	limiter_look_init(&look, limiter);
	groups = limiter_groups(&look);
	for (guint i = 0; i < groups->len; i++)
		limiter_begin_low(g_ptr_array_index(groups, i));
	for (guint i = 0; i < look.legs->len; i++) {
		struct limiter_leg *leg = &g_array_index(look.legs, struct limiter_leg, i);

		if (!leg->joins)
			continue;
		limiter_apply(limiter, leg);
		leg->leg->dest.cap = leg->points->cap[leg->level];
	}
	limiter_look_clear(&look);
	if (groups->len)
		limiter_wake(limiter);
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
	struct limiter_look look = { .limiter = limiter, .index = -1 };
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
