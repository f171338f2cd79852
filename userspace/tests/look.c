// SPDX-License-Identifier: GPL-2.0-or-later
#include "look.h"

#include <libsoup/soup.h>
#include <string.h>

struct look *look_at(const struct bed *bed, const char *method, const char *path)
{
	g_autofree char *url = g_strdup_printf("http://" RELAY_HOST ":%u%s", bed->http_port,
					       path);
	g_autoptr(SoupSession) session = soup_session_new();
	g_autoptr(SoupMessage) msg = soup_message_new(method, url);
	struct look *look = g_new0(struct look, 1);
	g_autoptr(GError) error = NULL;
	SoupMessageHeaders *headers;
	g_autoptr(GBytes) body = NULL;

	body = soup_session_send_and_read(session, msg, NULL, &error);
	g_assert_no_error(error);
	headers = soup_message_get_response_headers(msg);
	look->status = soup_message_get_status(msg);
	look->type = g_strdup(soup_message_headers_get_one(headers, "Content-Type"));
	look->policy = g_strdup(soup_message_headers_get_one(headers,
							     "Content-Security-Policy"));
	look->len = g_bytes_get_size(body);
	look->body = g_strndup(g_bytes_get_data(body, NULL), look->len);
	return look;
}

void look_free(struct look *look)
{
	g_free(look->type);
	g_free(look->policy);
	g_free(look->body);
	g_free(look);
}

char *look_text(const struct bed *bed, const char *path)
{
	struct look *look = look_at(bed, "GET", path);
	char *text = g_steal_pointer(&look->body);

	g_assert_cmpuint(look->status, ==, 200);
	look_free(look);
	return text;
}

JsonNode *look_json(const struct bed *bed, const char *path)
{
	g_autofree char *text = look_text(bed, path);
	g_autoptr(GError) error = NULL;
	JsonNode *node = json_from_string(text, &error);

	g_assert_no_error(error);
	return node;
}

JsonObject *look_stream(JsonNode *status, const char *path)
{
	JsonArray *streams = json_object_get_array_member(json_node_get_object(status),
							  "streams");

	for (guint i = 0; i < json_array_get_length(streams); i++) {
		JsonObject *stream = json_array_get_object_element(streams, i);

		if (g_str_equal(json_object_get_string_member(stream, "path"), path))
			return stream;
	}
	return NULL;
}

JsonObject *look_track(JsonNode *status, const char *path, guint track)
{
	JsonArray *tracks = json_object_get_array_member(look_stream(status, path), "tracks");

	return track < json_array_get_length(tracks) ?
	       json_array_get_object_element(tracks, track) : NULL;
}

JsonObject *look_viewer(JsonNode *status, guint index)
{
	JsonArray *viewers = json_object_get_array_member(json_node_get_object(status),
							  "viewers");

	return index < json_array_get_length(viewers) ?
	       json_array_get_object_element(viewers, index) : NULL;
}

JsonObject *look_leg(JsonNode *status, guint viewer)
{
	JsonObject *object = look_viewer(status, viewer);
	JsonArray *legs = object ? json_object_get_array_member(object, "tracks") : NULL;

	return legs && json_array_get_length(legs) ?
	       json_array_get_object_element(legs, 0) : NULL;
}

GSocket *look_raw(const struct bed *bed)
{
	g_autoptr(GSocketAddress) to = g_inet_socket_address_new_from_string(RELAY_HOST,
							bed->http_port);
	GSocket *socket = g_socket_new(G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM,
				       G_SOCKET_PROTOCOL_TCP, NULL);
	g_autoptr(GError) error = NULL;

	g_socket_set_timeout(socket, 15);
	g_socket_connect(socket, to, NULL, &error);
	g_assert_no_error(error);
	return socket;
}

gint64 look_metric(const char *metrics, const char *name)
{
	g_auto(GStrv) lines = g_strsplit(metrics, "\n", 0);

	for (guint i = 0; lines[i]; i++)
		if (g_str_has_prefix(lines[i], name) && lines[i][strlen(name)] == ' ')
			return g_ascii_strtoll(lines[i] + strlen(name), NULL, 10);
	return -1;
}
