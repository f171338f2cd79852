// SPDX-License-Identifier: GPL-2.0-or-later
#include "status.h"

#include <stdio.h>

#include "helper.h"
#include "limit.h"
#include "status_limit.h"
#include "status_track.h"
#include "status_viewer.h"

void status_sample(struct server *server)
{
	g_autoptr(GList) paths = server_paths(server);

	for (GList *l = paths; l; l = l->next) {
		struct track *track;

		for (guint i = 0; (track = path_track(l->data, i)); i++)
			status_track_sample(track);
	}
}

void status_warn(struct server *server)
{
	status_warn_viewers(server);
}

/* Credentials may be in the authority, and those of many cameras in the query. */
static char *status_url(const char *url)
{
	g_autoptr(GUri) uri = g_uri_parse(url, G_URI_FLAGS_HAS_PASSWORD, NULL);

	return uri ? g_uri_to_string_partial(uri, G_URI_HIDE_USERINFO | G_URI_HIDE_QUERY |
					     G_URI_HIDE_FRAGMENT) : g_strdup("unknown");
}

static JsonObject *status_stream(struct path *path, guint viewers,
				 const struct status_decisions *decisions)
{
	const struct upstream *upstream = path_upstream(path);
	g_autofree char *url = status_url(path_config(path)->upstream->url);
	JsonObject *object = json_object_new();
	JsonArray *tracks = json_array_new();
	struct track *track;

	json_object_set_string_member(object, "path", path_name(path));
	json_object_set_string_member(object, "upstream", url);
	json_object_set_string_member(object, "state",
				      upstream ? upstream_state_name(upstream) : "idle");
	if (upstream) {
		json_object_set_string_member(object, "transport",
					      upstream_is_tcp(upstream) ? "tcp" : "udp");
		json_object_set_int_member(object, "returns", upstream_returns(upstream));
	}
	json_object_set_int_member(object, "viewers", viewers);
	for (guint i = 0; (track = path_track(path, i)); i++) {
		JsonObject *described = status_track(track,
			gst_sdp_message_get_media(path_sdp(path)->message, i),
			upstream_is_playing(upstream));

		json_object_set_object_member(described, "decisions",
					      status_decisions(decisions, track));
		json_array_add_object_element(tracks, described);
	}
	json_object_set_array_member(object, "tracks", tracks);
	return object;
}

static JsonArray *status_streams(struct server *server, const char *only)
{
	g_autoptr(GList) paths = server_paths(server);
	struct status_decisions *decisions = status_decisions_new(server);
	JsonArray *array = json_array_new();

	for (GList *l = paths; l; l = l->next)
		if (!only || g_str_equal(only, path_name(l->data)))
			json_array_add_object_element(array,
				status_stream(l->data, path_n_sessions(l->data), decisions));
	status_decisions_free(decisions);
	return array;
}

JsonNode *status_to_json(struct server *server, const struct status_query *query)
{
	JsonObject *object = json_object_new();
	JsonNode *node = json_node_new(JSON_NODE_OBJECT);
	gint64 uptime_ms = server_uptime_ms(server);

	json_object_set_string_member(object, "version", RTPRELAY_VERSION);
	json_object_set_int_member(object, "started",
				   (g_get_real_time() / 1000 - uptime_ms) / 1000);
	json_object_set_int_member(object, "uptime", uptime_ms / 1000);
	json_object_set_string_member(object, "backend",
				      fanout_backend_name(server_backend(server)));
	json_object_set_string_member(object, "helper", helper_state());
	json_object_set_int_member(object, "connections", server_n_clients(server));
	json_object_set_int_member(object, "sessions",
				   session_count(server_sessions(server)));
	json_object_set_array_member(object, "limits", status_limits(server, query->path));
	json_object_set_array_member(object, "streams",
				     status_streams(server, query->path));
	json_object_set_array_member(object, "viewers", status_viewers(server, query));
	json_node_take_object(node, object);
	return node;
}

static void status_print_track(JsonArray *tracks, guint index, JsonNode *track,
			       gpointer unused)
{
	g_autofree char *line = json_to_string(track, FALSE);

	puts(line);
}

static void status_print_stream(JsonArray *streams, guint index, JsonNode *stream,
				gpointer unused)
{
	json_array_foreach_element(json_object_get_array_member(
			json_node_get_object(stream), "tracks"), status_print_track, NULL);
}

void status_print(struct server *server)
{
	g_autoptr(JsonNode) model = status_to_json(server, &(struct status_query){ 0 });

	json_array_foreach_element(json_object_get_array_member(
			json_node_get_object(model), "streams"), status_print_stream, NULL);
	fflush(stdout);
}
