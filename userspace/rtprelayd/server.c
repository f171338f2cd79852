// SPDX-License-Identifier: GPL-2.0-or-later
#include "server.h"

#include <string.h>
#include <sys/socket.h>

#include "client.h"
#include "limit.h"
#include "log.h"

/**
 * struct server - see server.h
 * @listener: the listening socket
 * @listen: its address, as configured
 * @accept_watch: wakes on connections; NULL during a pause
 * @accept_pause: ends the pause
 * @users: those who may view what is not open to everybody
 * @paths: struct path *, by name
 * @sessions: all sessions
 * @clients: struct client *, a set
 * @backend: see server_new()
 * @began_at: monotonic time of its beginning, us
 */
struct server {
	GSocket *listener;
	GSocketAddress *listen;
	GSource *accept_watch;
	guint accept_pause;
	struct users *users;
	GHashTable *paths;
	struct session_table *sessions;
	GHashTable *clients;
	enum fanout_backend backend;
	gint64 began_at;
};

static void server_watch(struct server *server);

static gboolean server_resume(gpointer user_data)
{
	struct server *server = user_data;

	server->accept_pause = 0;
	server_watch(server);
	return G_SOURCE_REMOVE;
}

static void server_drop_watch(struct server *server)
{
	if (!server->accept_watch)
		return;
	g_source_destroy(server->accept_watch);
	g_clear_pointer(&server->accept_watch, g_source_unref);
}

static void server_admit(struct server *server, GSocket *socket)
{
	g_autoptr(GSocketConnection) connection = NULL;
	struct client *client;

	connection = g_socket_connection_factory_create_connection(socket);
	if (g_hash_table_size(server->clients) >= LIMIT_CLIENTS) {
		client_refuse(connection);
		return;
	}
	client = client_new(server, connection);
	if (client)
		g_hash_table_add(server->clients, client);
}

static gboolean server_accept(GSocket *listener, GIOCondition condition,
			      gpointer user_data)
{
	struct server *server = user_data;

	for (guint i = 0; i < LIMIT_ACCEPT_BATCH; i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(GSocket) socket = g_socket_accept(listener, NULL, &error);

		if (socket) {
			server_admit(server, socket);
			continue;
		}
		if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
			break;
		/*
		 * Out of descriptors, mostly: the connection stays in the
		 * backlog, and would wake us at once again.
		 */
		log_warn("accept-failed", LOG_S("error", error->message));
		server_drop_watch(server);
		server->accept_pause = g_timeout_add(LIMIT_ACCEPT_PAUSE_MS,
						     server_resume, server);
		break;
	}
	return G_SOURCE_CONTINUE;
}

static void server_watch(struct server *server)
{
	server->accept_watch = g_socket_create_source(server->listener, G_IO_IN, NULL);
	g_source_set_callback(server->accept_watch, G_SOURCE_FUNC(server_accept), server,
			      NULL);
	g_source_attach(server->accept_watch, NULL);
}

static GSocket *server_listen(GSocketAddress *address, GError **error)
{
	g_autofree char *text = g_socket_connectable_to_string(
					G_SOCKET_CONNECTABLE(address));
	g_autoptr(GSocket) socket = NULL;

	socket = g_socket_new(g_socket_address_get_family(address), G_SOCKET_TYPE_STREAM,
			      G_SOCKET_PROTOCOL_TCP, error);
	if (socket) {
		g_socket_set_blocking(socket, FALSE);
		g_socket_set_listen_backlog(socket, SOMAXCONN);
		if (g_socket_bind(socket, address, TRUE, error) &&
		    g_socket_listen(socket, error))
			return g_steal_pointer(&socket);
	}
	g_prefix_error(error, "cannot listen on %s: ", text);
	return NULL;
}

static void server_path_free(gpointer path)
{
	path_free(path, "the relay ends");
}

static gboolean server_is_dual_stack(const struct config *config)
{
	return g_socket_address_get_family(config->listen) == G_SOCKET_FAMILY_IPV6;
}

static void server_add_path(struct server *server, struct config_path *config,
			    gboolean dual_stack)
{
	struct path *path = path_new(config, server->backend, dual_stack);

	g_hash_table_insert(server->paths, (gpointer)path_name(path), path);
}

struct server *server_new(const struct config *config, GError **error)
{
	GSocket *listener = server_listen(config->listen, error);
	struct server *server;

	if (!listener)
		return NULL;
	server = g_new0(struct server, 1);
	server->listener = listener;
	server->listen = g_object_ref(config->listen);
	server->backend = config->backend;
	server->began_at = g_get_monotonic_time();
	server->sessions = session_table_new(config->timeout_s);
	server->users = users_ref(config->users);
	server->clients = g_hash_table_new(NULL, NULL);
	server->paths = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
					      server_path_free);
	for (guint i = 0; i < config->paths->len; i++)
		server_add_path(server, g_ptr_array_index(config->paths, i),
				server_is_dual_stack(config));
	server_watch(server);
	return server;
}

static gboolean server_move(struct server *server, GSocketAddress *address, GError **error)
{
	g_autofree char *old = g_socket_connectable_to_string(
					G_SOCKET_CONNECTABLE(server->listen));
	g_autofree char *new = g_socket_connectable_to_string(G_SOCKET_CONNECTABLE(address));
	GSocket *listener;

	if (g_str_equal(old, new))
		return TRUE;
	listener = server_listen(address, error);
	if (!listener)
		return FALSE;
	server_drop_watch(server);
	g_clear_handle_id(&server->accept_pause, g_source_remove);
	g_object_unref(server->listener);
	server->listener = listener;
	g_set_object(&server->listen, address);
	server_watch(server);
	return TRUE;
}

/* Takes those that are no more, or not as they were, out of the table. */
static GSList *server_take_stale(struct server *server, const struct config *config,
				 struct server_changes *changes)
{
	g_autoptr(GHashTable) by_name = g_hash_table_new(g_str_hash, g_str_equal);
	GSList *stale = NULL;
	GHashTableIter iter;
	gpointer path;

	for (guint i = 0; i < config->paths->len; i++) {
		struct config_path *new = g_ptr_array_index(config->paths, i);

		g_hash_table_insert(by_name, new->name, new);
	}
	g_hash_table_iter_init(&iter, server->paths);
	while (g_hash_table_iter_next(&iter, NULL, &path)) {
		const struct config_path *new = g_hash_table_lookup(by_name, path_name(path));

		if (new && config_path_equal(new, path_config(path))) {
			path_set_dual_stack(path, server_is_dual_stack(config));
			changes->kept++;
			continue;
		}
		if (new)
			changes->changed++;
		else
			changes->removed++;
		stale = g_slist_prepend(stale, path);
		g_hash_table_iter_steal(&iter);
	}
	return stale;
}

gboolean server_reload(struct server *server, const struct config *config,
		       struct server_changes *changes, GError **error)
{
	GSList *stale;

	*changes = (struct server_changes){ 0 };
	if (!server_move(server, config->listen, error))
		return FALSE;
	session_table_set_timeout(server->sessions, config->timeout_s);
	users_unref(server->users);
	server->users = users_ref(config->users);
	stale = server_take_stale(server, config, changes);
	for (guint i = 0; i < config->paths->len; i++) {
		struct config_path *path = g_ptr_array_index(config->paths, i);

		if (!server_find_path(server, path->name))
			server_add_path(server, path, server_is_dual_stack(config));
	}
	changes->added = config->paths->len - changes->kept - changes->changed;
	/* last, since those who waited for one of them ask anew at once */
	for (GSList *l = stale; l; l = l->next)
		path_free(l->data, "the configuration has changed");
	g_slist_free(stale);
	return TRUE;
}

void server_free(struct server *server)
{
	g_autoptr(GList) clients = g_hash_table_get_keys(server->clients);

	server_drop_watch(server);
	g_clear_handle_id(&server->accept_pause, g_source_remove);
	g_object_unref(server->listener);
	g_object_unref(server->listen);
	for (GList *l = clients; l; l = l->next)
		client_close(l->data);
	g_hash_table_unref(server->paths);
	session_table_free(server->sessions);
	users_unref(server->users);
	g_hash_table_unref(server->clients);
	g_free(server);
}

struct path *server_find_path(struct server *server, const char *name)
{
	return g_hash_table_lookup(server->paths, name);
}

static gint server_compare_paths(gconstpointer a, gconstpointer b)
{
	return strcmp(path_name(a), path_name(b));
}

GList *server_paths(struct server *server)
{
	return g_list_sort(g_hash_table_get_values(server->paths), server_compare_paths);
}

enum fanout_backend server_backend(const struct server *server)
{
	return server->backend;
}

gint64 server_uptime_ms(const struct server *server)
{
	return (g_get_monotonic_time() - server->began_at) / 1000;
}

guint server_n_clients(const struct server *server)
{
	return g_hash_table_size(server->clients);
}

struct session_table *server_sessions(struct server *server)
{
	return server->sessions;
}

const struct users *server_users(const struct server *server)
{
	return server->users;
}

void server_client_gone(struct server *server, struct client *client)
{
	g_hash_table_remove(server->clients, client);
}
