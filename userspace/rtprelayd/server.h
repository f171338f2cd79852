/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The daemon's paths, sessions and viewers' connections */
#ifndef RTPRELAYD_SERVER_H
#define RTPRELAYD_SERVER_H

#include "config.h"
#include "limiter.h"
#include "path.h"
#include "session.h"

struct client;
struct server;

/**
 * server_new - listen and serve
 * @config: not needed any more when it returns
 * @error: G_IO_ERROR, from listening; the text names the address
 */
struct server *server_new(const struct config *config, GError **error);

/**
 * struct server_changes - what became of the paths in a reload
 * @kept: said the same before; nothing happened to their viewers
 * @changed: what viewers they had were dropped
 * @added: were not there before
 * @removed: are no more, nor are their viewers
 */
struct server_changes {
	guint kept;
	guint changed;
	guint added;
	guint removed;
};

/**
 * server_reload - serve what another configuration says
 * @config: see server_new(); its user and backend are as they were
 * @error: as for server_new(); everything is as it was then
 *
 * Return: FALSE on error.
 */
gboolean server_reload(struct server *server, const struct config *config,
		       struct server_changes *changes, GError **error);

/* server_free - tear everything down, upstream too */
void server_free(struct server *server);

/* server_find_path - the path of that name, or NULL */
struct path *server_find_path(struct server *server, const char *name);

/* server_paths - all of them, by name; to be freed with g_list_free() */
GList *server_paths(struct server *server);

struct session_table *server_sessions(struct server *server);

/* server_limiter - what keeps viewers within limits */
struct limiter *server_limiter(struct server *server);

/* server_users - those who may view what is not open to everybody */
const struct users *server_users(const struct server *server);

/* server_backend - see server_new() */
enum fanout_backend server_backend(const struct server *server);

/* server_uptime_ms - since server_new() */
gint64 server_uptime_ms(const struct server *server);

/* server_n_clients - viewers' connections now */
guint server_n_clients(const struct server *server);

/* server_allows_udp_with_tls - may media go in clear when RTSP does not? */
gboolean server_allows_udp_with_tls(const struct server *server);

/* server_client_gone - @client is about to be freed */
void server_client_gone(struct server *server, struct client *client);

#endif
