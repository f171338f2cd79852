/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A listening socket, and those who come */
#ifndef RTPRELAYD_LISTENER_H
#define RTPRELAYD_LISTENER_H

#include <gio/gio.h>

struct listener;

/* listener_func - somebody came; a reference is to be taken to keep @connection */
typedef void (*listener_func)(GSocketConnection *connection, gpointer user_data);

/**
 * listener_new - listen
 * @error: G_IO_ERROR; the text names the address
 */
struct listener *listener_new(GSocketAddress *address, listener_func func,
			      gpointer user_data, GError **error);
void listener_free(struct listener *listener);

/* listener_is_at - does it listen there? */
gboolean listener_is_at(const struct listener *listener, GSocketAddress *address);

#endif
