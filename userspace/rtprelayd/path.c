// SPDX-License-Identifier: GPL-2.0-or-later
#include "path.h"

#include "adapter.h"
#include "backoff.h"
#include "couplings.h"
#include "limit.h"
#include "log.h"
#include "session.h"

/**
 * struct path - see path.h
 * @config: see path_new()
 * @limit: see path_limit()
 * @backend: see path_new()
 * @dual_stack: see path_new()
 * @ipv4_only: @upstream was opened before @dual_stack
 * @upstream: NULL while nobody needs it
 * @sessions: struct session *, a set
 * @linger: when an upstream without sessions ends
 * @backoff: between attempts to pull what is pulled always
 * @retry: time of the next one
 * @adapt: looks at what viewers reported; 0 while there are none
 * @couplings: struct couplings of each track, by its index
 */
struct path {
	struct config_path *config;
	struct config_limit limit;
	enum fanout_backend backend;
	gboolean dual_stack;
	gboolean ipv4_only;
	struct upstream *upstream;
	GHashTable *sessions;
	guint linger;
	struct backoff backoff;
	guint retry;
	guint adapt;
	GPtrArray *couplings;
};

static void path_stop(struct path *path)
{
	struct upstream *upstream = g_steal_pointer(&path->upstream);

	path->ipv4_only = FALSE;
	g_clear_handle_id(&path->linger, g_source_remove);
	g_clear_handle_id(&path->retry, g_source_remove);
	if (upstream)
		upstream_stop(upstream);
}

static void path_end_sessions(struct path *path, const char *reason)
{
	g_autoptr(GList) sessions = g_hash_table_get_keys(path->sessions);

	for (GList *l = sessions; l; l = l->next)
		session_end(l->data, reason);
}

static void path_plays(GstRTSPStatusCode status, gpointer user_data)
{
	struct path *path = user_data;

	if (status == GST_RTSP_STS_OK)
		backoff_reset(&path->backoff);
}

static gboolean path_retry(gpointer user_data)
{
	struct path *path = user_data;

	path->retry = 0;
	path_reach(path, UPSTREAM_PLAYING, path_plays, path);
	return G_SOURCE_REMOVE;
}

static void path_upstream_ended(gpointer user_data)
{
	struct path *path = user_data;

	/* first, so that its viewers are told BYE while they are in its tracks */
	path_stop(path);
	path_end_sessions(path, "the upstream ended");
	if (path->config->upstream->always && !path->upstream)
		path->retry = g_timeout_add(backoff_next(&path->backoff), path_retry,
					    path);
}

static gboolean path_unused(gpointer user_data)
{
	struct path *path = user_data;

	if (upstream_is_awaited(path->upstream))
		return G_SOURCE_CONTINUE;
	path->linger = 0;
	path_stop(path);
	return G_SOURCE_REMOVE;
}

static void path_set_linger(struct path *path)
{
	g_clear_handle_id(&path->linger, g_source_remove);
	if (path->upstream && !path->config->upstream->always &&
	    !g_hash_table_size(path->sessions))
		path->linger = g_timeout_add(LIMIT_UPSTREAM_LINGER_MS, path_unused, path);
}

static gboolean path_adapt(gpointer user_data)
{
	struct path *path = user_data;
	struct track *track;

	if (!path->upstream || !upstream_is_playing(path->upstream))
		return G_SOURCE_CONTINUE;
	for (guint i = 0; (track = path_track(path, i)); i++) {
		if (i == path->couplings->len)
			g_ptr_array_add(path->couplings, couplings_new());
		adapter_run(&path->config->adapt, path->config->name, track,
			    g_ptr_array_index(path->couplings, i));
	}
	return G_SOURCE_CONTINUE;
}

/* Nothing wakes the daemon while there is nobody to look after. */
static void path_set_adapt(struct path *path)
{
	gboolean wanted = path->config->adapt.mode != ADAPT_NONE &&
			  g_hash_table_size(path->sessions);

	if (!wanted)
		g_clear_handle_id(&path->adapt, g_source_remove);
	else if (!path->adapt)
		path->adapt = g_timeout_add_seconds(ADAPTER_PERIOD_S, path_adapt, path);
}

struct path *path_new(struct config_path *config, enum fanout_backend backend,
		      gboolean dual_stack)
{
	struct path *path = g_new0(struct path, 1);

	path->config = config_path_ref(config);
	path->limit = config->limit;
	path->backend = backend;
	path->dual_stack = dual_stack;
	path->sessions = g_hash_table_new(NULL, NULL);
	path->couplings = g_ptr_array_new_with_free_func((GDestroyNotify)couplings_free);
	backoff_init(&path->backoff, LIMIT_UPSTREAM_RETRY_MS, LIMIT_UPSTREAM_RETRY_IDLE_MS);
	if (config->upstream->always)
		path->retry = g_idle_add(path_retry, path);
	return path;
}

void path_free(struct path *path, const char *reason)
{
	path_stop(path);
	path_end_sessions(path, reason);
	g_hash_table_unref(path->sessions);
	g_ptr_array_unref(path->couplings);
	config_path_unref(path->config);
	g_free(path);
}

/* Nobody would notice if it were pulled anew. */
static gboolean path_is_unused(const struct path *path)
{
	return !g_hash_table_size(path->sessions) && !upstream_is_awaited(path->upstream);
}

static void path_pull_anew(struct path *path)
{
	path_stop(path);
	if (path->config->upstream->always)
		path->retry = g_idle_add(path_retry, path);
}

void path_set_dual_stack(struct path *path, gboolean dual_stack)
{
	path->dual_stack = dual_stack;
	if (!path->upstream)
		return;
	path->ipv4_only = !upstream_set_dual_stack(path->upstream, dual_stack);
	if (!path->ipv4_only)
		return;
	if (path_is_unused(path))
		path_pull_anew(path);
	else
		log_warn("path-single-stack", LOG_S("path", path->config->name),
			 LOG_S("do", "its sockets are from before IPv6 was listened on: "
			       "viewers over IPv6 are sent it over TCP until its last "
			       "viewer has left"));
}

const char *path_name(const struct path *path)
{
	return path->config->name;
}

const struct config_path *path_config(const struct path *path)
{
	return path->config;
}

const struct config_limit *path_limit(const struct path *path)
{
	return &path->limit;
}

void path_set_limit(struct path *path, const struct config_limit *limit)
{
	path->limit = *limit;
}

guint path_n_sessions(const struct path *path)
{
	return g_hash_table_size(path->sessions);
}

const struct upstream *path_upstream(const struct path *path)
{
	return path->upstream;
}

void path_reach(struct path *path, enum upstream_state state, upstream_reached func,
		gpointer user_data)
{
	if (!path->upstream)
		path->upstream = upstream_new(&(struct upstream_config){
			.path = path->config,
			.backend = path->backend,
			.dual_stack = path->dual_stack,
			.leg_alive = session_leg_alive,
			.leg_gone = session_leg_gone,
			.ended = path_upstream_ended,
			.user_data = path,
		});
	path_set_linger(path);
	upstream_reach(path->upstream, state, func, user_data);
}

const struct sdp *path_sdp(const struct path *path)
{
	return path->upstream ? upstream_sdp(path->upstream) : NULL;
}

struct track *path_track(const struct path *path, guint index)
{
	return path->upstream ? upstream_track(path->upstream, index) : NULL;
}

void path_join(struct path *path, struct session *session)
{
	g_hash_table_add(path->sessions, session);
	path_set_adapt(path);
	path_set_linger(path);
}

void path_leave(struct path *path, struct session *session)
{
	g_hash_table_remove(path->sessions, session);
	path_set_adapt(path);
	if (path->ipv4_only && path_is_unused(path)) {
		path_pull_anew(path);
		return;
	}
	if (path->config->upstream->always || g_hash_table_size(path->sessions))
		return;
	/* others are on their way to it */
	if (path->upstream && upstream_is_awaited(path->upstream))
		path_set_linger(path);
	else
		path_stop(path);
}
