// SPDX-License-Identifier: GPL-2.0-or-later
#include "server.h"

#include <string.h>

#include "addr.h"
#include "client.h"
#include "hosts.h"
#include "limit.h"
#include "listener.h"
#include "log.h"
#include "tls.h"

/**
 * struct server - see server.h
 * @listener: where viewers come
 * @tls_listener: where they come with TLS, or NULL
 * @tls: their handshakes; stays when a reload has no TLS any more
 * @tls_udp: see struct config_tls
 * @users: those who may view what is not open to everybody
 * @paths: struct path *, by name
 * @sessions: all sessions
 * @limiter: keeps them within limits
 * @clients: struct client *, a set
 * @hosts: where their connections and handshakes come from
 * @host_limit: see struct config
 * @refused: connections since the last line about that in the log
 * @refused_at: monotonic time of that line, us, 0 for none
 * @backend: see server_new()
 * @began_at: monotonic time of its beginning, us
 */
struct server {
	struct listener *listener;
	struct listener *tls_listener;
	struct tls *tls;
	gboolean tls_udp;
	struct users *users;
	GHashTable *paths;
	struct session_table *sessions;
	struct limiter *limiter;
	GHashTable *clients;
	struct hosts *hosts;
	guint host_limit;
	guint64 refused;
	gint64 refused_at;
	enum fanout_backend backend;
	gint64 began_at;
};

/* One who shakes hands, and is counted already */
struct server_arrival {
	struct server *server;
	struct rtp_fanout_addr addr;
};

/* The peer may have gone already. */
static gboolean server_peer(GSocketConnection *connection, struct rtp_fanout_addr *addr)
{
	g_autoptr(GSocketAddress) address = NULL;
	struct sockaddr_storage sa = { 0 };

	address = g_socket_connection_get_remote_address(connection, NULL);
	return address && g_socket_address_to_native(address, &sa, sizeof(sa), NULL) &&
	       addr_from_sockaddr(addr, (struct sockaddr *)&sa, sizeof(sa));
}

/* Those who are refused must not fill the log: a line a second will do. */
static void server_log_refused(struct server *server, const struct rtp_fanout_addr *addr,
			       const char *reason)
{
	gint64 now = g_get_monotonic_time();
	char host[ADDR_STRLEN];

	server->refused++;
	if (server->refused_at && now - server->refused_at < G_USEC_PER_SEC)
		return;
	log_event("client-refused", LOG_S("client", addr_host(addr, host)),
		  LOG_S("reason", reason), LOG_U("refused", server->refused));
	server->refused = 0;
	server->refused_at = now;
}

/* Count one who came, if there is room. */
static gboolean server_enter(struct server *server, const struct rtp_fanout_addr *addr)
{
	guint n = g_hash_table_size(server->clients);

	if (server->tls)
		n += tls_n_pending(server->tls);
	if (n >= LIMIT_CLIENTS)
		server_log_refused(server, addr, "too many connections");
	else if (!hosts_enter(server->hosts, addr, server->host_limit))
		server_log_refused(server, addr, "too many connections of this host");
	else
		return TRUE;
	return FALSE;
}

static void server_serve(struct server *server, GSocketConnection *connection,
			 GIOStream *stream, const struct rtp_fanout_addr *addr)
{
	struct client *client = client_new(server, connection, stream);

	if (client)
		g_hash_table_add(server->clients, client);
	else
		hosts_leave(server->hosts, addr);
}

static void server_admit(GSocketConnection *connection, gpointer user_data)
{
	struct server *server = user_data;
	struct rtp_fanout_addr addr;

	if (!server_peer(connection, &addr))
		return;
	if (server_enter(server, &addr))
		server_serve(server, connection, G_IO_STREAM(connection), &addr);
	else
		client_refuse(connection);
}

static void server_secured(GSocketConnection *connection, GIOStream *stream,
			   const GError *error, gpointer user_data)
{
	g_autofree struct server_arrival *arrival = user_data;
	char host[ADDR_STRLEN];

	if (stream) {
		server_serve(arrival->server, connection, stream, &arrival->addr);
		return;
	}
	log_event("client-dropped", LOG_S("client", addr_host(&arrival->addr, host)),
		  LOG_S("reason", error->message));
	hosts_leave(arrival->server->hosts, &arrival->addr);
}

static void server_admit_tls(GSocketConnection *connection, gpointer user_data)
{
	struct server *server = user_data;
	struct server_arrival *arrival;
	struct rtp_fanout_addr addr;

	/* nothing can be said to one who has no room: a handshake costs more */
	if (!server_peer(connection, &addr) || !server_enter(server, &addr))
		return;
	arrival = g_new(struct server_arrival, 1);
	arrival->server = server;
	arrival->addr = addr;
	tls_accept(server->tls, connection, server_secured, arrival);
}

static void server_path_free(gpointer path)
{
	path_free(path, "the relay ends");
}

static gboolean server_is_dual_stack(const struct config *config)
{
	return g_socket_address_get_family(config->listen) == G_SOCKET_FAMILY_IPV6 ||
	       (config->tls.listen && g_socket_address_get_family(config->tls.listen) ==
				      G_SOCKET_FAMILY_IPV6);
}

static void server_add_path(struct server *server, struct config_path *config,
			    gboolean dual_stack)
{
	struct path *path = path_new(config, server->backend, dual_stack);

	g_hash_table_insert(server->paths, (gpointer)path_name(path), path);
}

/* @old, if it is there, else a new one; @address may be NULL for none */
static gboolean server_listen(struct server *server, struct listener *old,
			      GSocketAddress *address, listener_func func,
			      struct listener **listener, GError **error)
{
	*listener = NULL;
	if (!address)
		return TRUE;
	*listener = old && listener_is_at(old, address) ? old :
		    listener_new(address, func, server, error);
	return *listener != NULL;
}

static void server_replace(struct listener **old, struct listener *new)
{
	if (*old != new)
		listener_free(*old);
	*old = new;
}

/* What can fail, and then changes nothing */
static gboolean server_move(struct server *server, const struct config *config,
			    GError **error)
{
	struct listener *listener, *tls_listener;

	if (!server_listen(server, server->listener, config->listen, server_admit, &listener,
			   error))
		return FALSE;
	if (!server_listen(server, server->tls_listener, config->tls.listen, server_admit_tls,
			   &tls_listener, error)) {
		if (listener != server->listener)
			listener_free(listener);
		return FALSE;
	}
	server_replace(&server->listener, listener);
	server_replace(&server->tls_listener, tls_listener);
	server->tls_udp = config->tls.udp;
	if (config->tls.certificate && server->tls)
		tls_set_certificate(server->tls, config->tls.certificate);
	else if (config->tls.certificate)
		server->tls = tls_new(config->tls.certificate);
	return TRUE;
}

static void server_free_listeners(struct server *server)
{
	listener_free(server->listener);
	listener_free(server->tls_listener);
	tls_free(server->tls);
}

struct server *server_new(const struct config *config, GError **error)
{
	struct server *server = g_new0(struct server, 1);

	if (!server_move(server, config, error)) {
		g_free(server);
		return NULL;
	}
	server->host_limit = config->host_limit;
	server->hosts = hosts_new();
	server->backend = config->backend;
	server->began_at = g_get_monotonic_time();
	server->sessions = session_table_new(config->timeout_s);
	session_table_set_host_limit(server->sessions, config->host_limit);
	server->users = users_ref(config->users);
	server->clients = g_hash_table_new(NULL, NULL);
	server->paths = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
					      server_path_free);
	for (guint i = 0; i < config->paths->len; i++)
		server_add_path(server, g_ptr_array_index(config->paths, i),
				server_is_dual_stack(config));
	server->limiter = limiter_new(server->paths, server->sessions);
	session_table_set_limiter(server->sessions, server->limiter);
	limiter_configure(server->limiter, &config->limits);
	return server;
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
			path_set_limit(path, &new->limit);
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
	if (!server_move(server, config, error))
		return FALSE;
	server->host_limit = config->host_limit;
	session_table_set_timeout(server->sessions, config->timeout_s);
	session_table_set_host_limit(server->sessions, config->host_limit);
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
	limiter_configure(server->limiter, &config->limits);
	return TRUE;
}

void server_free(struct server *server)
{
	g_autoptr(GList) clients = g_hash_table_get_keys(server->clients);

	server_free_listeners(server);
	for (GList *l = clients; l; l = l->next)
		client_close(l->data);
	g_hash_table_unref(server->paths);
	limiter_free(server->limiter);
	session_table_free(server->sessions);
	users_unref(server->users);
	g_hash_table_unref(server->clients);
	hosts_free(server->hosts);
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

struct limiter *server_limiter(struct server *server)
{
	return server->limiter;
}

const struct users *server_users(const struct server *server)
{
	return server->users;
}

gboolean server_allows_udp_with_tls(const struct server *server)
{
	return server->tls_udp;
}

void server_client_gone(struct server *server, struct client *client)
{
	g_hash_table_remove(server->clients, client);
	hosts_leave(server->hosts, client_addr(client));
}
