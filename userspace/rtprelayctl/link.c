// SPDX-License-Identifier: GPL-2.0-or-later
#include "link.h"

#include <gio/gunixsocketaddress.h>
#include <libsoup/soup.h>

#define TIMEOUT_S	10

struct link {
	char *path;
	SoupSession *session;
};

struct link *link_new(const char *path)
{
	g_autoptr(GSocketAddress) address = g_unix_socket_address_new(path);
	struct link *link = g_new0(struct link, 1);

	link->path = g_strdup(path);
	link->session = soup_session_new_with_options("remote-connectable", address,
						      "timeout", TIMEOUT_S, NULL);
	return link;
}

void link_free(struct link *link)
{
	g_object_unref(link->session);
	g_free(link->path);
	g_free(link);
}

static void link_explain(const struct link *link, const GError *error)
{
	const char *advice = "";

	if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED))
		advice = "; it is for the daemon's user and group";
	else if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND) ||
		 g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED))
		advice = "; is rtprelayd running? If its configuration has another "
			 "socket in [control], name that with --socket";
	g_printerr("rtprelayctl: %s: %s%s\n", link->path, error->message, advice);
}

static char *link_query(va_list args)
{
	g_autoptr(GHashTable) values = g_hash_table_new(g_str_hash, g_str_equal);
	const char *name;

	while ((name = va_arg(args, const char *))) {
		const char *value = va_arg(args, const char *);

		if (value)
			g_hash_table_insert(values, (gpointer)name, (gpointer)value);
	}
	return g_hash_table_size(values) ? soup_form_encode_hash(values) : NULL;
}

static JsonNode *link_read(const struct link *link, guint status, GBytes *body)
{
	g_autofree char *text = g_strndup(g_bytes_get_data(body, NULL),
					  g_bytes_get_size(body));
	g_autoptr(JsonNode) node = json_from_string(text, NULL);
	JsonObject *object = node && JSON_NODE_HOLDS_OBJECT(node) ?
			     json_node_get_object(node) : NULL;

	if (object && status == SOUP_STATUS_OK)
		return g_steal_pointer(&node);
	if (object && json_object_has_member(object, "error"))
		g_printerr("rtprelayctl: %s\n",
			   json_object_get_string_member(object, "error"));
	else
		g_printerr("rtprelayctl: %s: what answers is not rtprelayd: status %u\n",
			   link->path, status);
	return NULL;
}

JsonNode *link_ask(struct link *link, gboolean change, const char *what, ...)
{
	g_autofree char *query = NULL;
	g_autoptr(GUri) uri = NULL;
	g_autoptr(SoupMessage) msg = NULL;
	g_autoptr(GBytes) body = NULL;
	g_autoptr(GError) error = NULL;
	va_list args;

	va_start(args, what);
	query = link_query(args);
	va_end(args);
	/* the host is nobody: the socket is where it goes */
	uri = g_uri_build(SOUP_HTTP_URI_FLAGS, "http", NULL, "rtprelayd", -1, what, query,
			  NULL);
	msg = soup_message_new_from_uri(change ? "POST" : "GET", uri);
	body = soup_session_send_and_read(link->session, msg, NULL, &error);
	if (!body) {
		link_explain(link, error);
		return NULL;
	}
	return link_read(link, soup_message_get_status(msg), body);
}
