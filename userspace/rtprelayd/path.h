/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A stream that viewers can ask for: the sessions on it, and the upstream that
 * is there as long as anybody needs it.
 */
#ifndef RTPRELAYD_PATH_H
#define RTPRELAYD_PATH_H

#include "upstream.h"

struct path;
struct session;

/* path_new - a path without viewers */
struct path *path_new(struct config_path *config, enum fanout_backend backend,
		      gboolean dual_stack);

/* path_free - end its sessions and its upstream; @reason is for the log */
void path_free(struct path *path, const char *reason);

/*
 * path_set_dual_stack - whether viewers may be of either family; one that is pulled
 *	already is pulled anew for them as soon as it has no viewers
 */
void path_set_dual_stack(struct path *path, gboolean dual_stack);

/* path_name - "/name" */
const char *path_name(const struct path *path);

/* path_config - see path_new() */
const struct config_path *path_config(const struct path *path);

/* path_limit, path_set_limit - of what its viewers are sent: at first the configuration's */
const struct config_limit *path_limit(const struct path *path);
void path_set_limit(struct path *path, const struct config_limit *limit);

/* path_n_sessions - on it, playing or not */
guint path_n_sessions(const struct path *path);

/* path_upstream - NULL while nobody needs it */
const struct upstream *path_upstream(const struct path *path);

/* path_reach - pull the stream up to a state; see upstream_reach() */
void path_reach(struct path *path, enum upstream_state state, upstream_reached func,
		gpointer user_data);

/* path_sdp, path_track - see upstream_sdp(), upstream_track(); NULL without one */
const struct sdp *path_sdp(const struct path *path);
struct track *path_track(const struct path *path, guint index);

/* path_join, path_leave - the last to leave has the upstream torn down */
void path_join(struct path *path, struct session *session);
void path_leave(struct path *path, struct session *session);

#endif
