// SPDX-License-Identifier: GPL-2.0-or-later
#include "listener.h"

#include <sys/socket.h>

#include "limit.h"
#include "log.h"

/**
 * struct listener - see listener.h
 * @socket: the listening one
 * @address: as configured
 * @watch: wakes on connections; NULL during a pause
 * @pause: ends the pause
 */
struct listener {
	GSocket *socket;
	GSocketAddress *address;
	listener_func func;
	gpointer user_data;
	GSource *watch;
	guint pause;
};

static void listener_watch(struct listener *listener);

static gboolean listener_resume(gpointer user_data)
{
	struct listener *listener = user_data;

	listener->pause = 0;
	listener_watch(listener);
	return G_SOURCE_REMOVE;
}

static void listener_drop_watch(struct listener *listener)
{
	if (!listener->watch)
		return;
	g_source_destroy(listener->watch);
	g_clear_pointer(&listener->watch, g_source_unref);
}

static gboolean listener_accept(GSocket *socket, GIOCondition condition,
				gpointer user_data)
{
	struct listener *listener = user_data;

	for (guint i = 0; i < LIMIT_ACCEPT_BATCH; i++) {
		g_autoptr(GSocketConnection) connection = NULL;
		g_autoptr(GError) error = NULL;
		g_autoptr(GSocket) peer = g_socket_accept(socket, NULL, &error);

		if (peer) {
			connection = g_socket_connection_factory_create_connection(peer);
			listener->func(connection, listener->user_data);
			continue;
		}
		if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
			break;
		/*
		 * Out of descriptors, mostly: the connection stays in the
		 * backlog, and would wake us at once again.
		 */
		log_event("accept-failed", LOG_S("error", error->message));
		listener_drop_watch(listener);
		listener->pause = g_timeout_add(LIMIT_ACCEPT_PAUSE_MS, listener_resume,
						listener);
		break;
	}
	return G_SOURCE_CONTINUE;
}

static void listener_watch(struct listener *listener)
{
	listener->watch = g_socket_create_source(listener->socket, G_IO_IN, NULL);
	g_source_set_callback(listener->watch, G_SOURCE_FUNC(listener_accept), listener,
			      NULL);
	g_source_attach(listener->watch, g_main_context_get_thread_default());
}

static char *listener_text(GSocketAddress *address)
{
	return g_socket_connectable_to_string(G_SOCKET_CONNECTABLE(address));
}

static GSocket *listener_open(GSocketAddress *address, GError **error)
{
	g_autofree char *text = listener_text(address);
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

struct listener *listener_new(GSocketAddress *address, listener_func func,
			      gpointer user_data, GError **error)
{
	GSocket *socket = listener_open(address, error);
	struct listener *listener;

	if (!socket)
		return NULL;
	listener = g_new0(struct listener, 1);
	listener->socket = socket;
	listener->address = g_object_ref(address);
	listener->func = func;
	listener->user_data = user_data;
	listener_watch(listener);
	return listener;
}

void listener_free(struct listener *listener)
{
	if (!listener)
		return;
	listener_drop_watch(listener);
	g_clear_handle_id(&listener->pause, g_source_remove);
	g_object_unref(listener->socket);
	g_object_unref(listener->address);
	g_free(listener);
}

gboolean listener_is_at(const struct listener *listener, GSocketAddress *address)
{
	g_autofree char *ours = listener_text(listener->address);
	g_autofree char *other = listener_text(address);

	return g_str_equal(ours, other);
}
