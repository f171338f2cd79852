// SPDX-License-Identifier: GPL-2.0-or-later
#include "list.h"

#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "link.h"
#include "table.h"

static void list_add_head(struct table *table, const char *const *names)
{
	for (; *names; names++)
		table_add(table, g_strdup(*names));
}

static void list_add_track(struct table *table, JsonObject *stream, JsonObject *track)
{
	table_add(table, table_string(stream, "path"));
	table_add(table, table_string(stream, "state"));
	table_add(table, table_number(stream, "viewers"));
	if (!track) {
		for (guint i = 0; i < 8; i++)
			table_add(table, g_strdup("-"));
		return;
	}
	table_add(table, table_number(track, "track"));
	table_add(table, table_string(track, "codec"));
	table_add(table, table_string(track, "backend"));
	table_add(table, table_rate(json_object_get_int_member(track, "rx_rate")));
	table_add(table, table_rate(json_object_get_int_member(track, "tx_rate")));
	table_add(table, table_number(track, "rx_lost"));
	table_add(table, g_strdup_printf("%" G_GINT64_FORMAT,
					 table_sum(track, "rx_dropped_") +
					 table_sum(track, "tx_dropped")));
	table_add(table, table_slow(track));
}

static void list_streams(JsonArray *streams)
{
	static const char *const names[] = {
		"PATH", "STATE", "VIEWERS", "TRACK", "CODEC", "BACKEND", "IN", "OUT", "LOST",
		"DROPPED", "SLOW", NULL
	};
	struct table *table = table_new(G_N_ELEMENTS(names) - 1);

	list_add_head(table, names);
	for (guint i = 0; i < json_array_get_length(streams); i++) {
		JsonObject *stream = json_array_get_object_element(streams, i);
		JsonArray *tracks = json_object_get_array_member(stream, "tracks");

		if (!json_array_get_length(tracks))
			list_add_track(table, stream, NULL);
		for (guint k = 0; k < json_array_get_length(tracks); k++)
			list_add_track(table, stream,
				       json_array_get_object_element(tracks, k));
	}
	table_print(table);
}

/* The worst of its tracks, in percent; "-" when it has not reported */
static char *list_loss(JsonArray *tracks)
{
	gdouble loss = -1;

	for (guint i = 0; i < json_array_get_length(tracks); i++)
		loss = MAX(loss, json_object_get_double_member_with_default(
				json_array_get_object_element(tracks, i), "loss", -1));
	return loss < 0 ? g_strdup("-") : g_strdup_printf("%.1f%%", 100 * loss);
}

/* Why it has these layers: of the first track that has other ones than it asked for */
static char *list_decision(JsonArray *tracks)
{
	for (guint i = 0; i < json_array_get_length(tracks); i++) {
		JsonObject *track = json_array_get_object_element(tracks, i);

		if (strcmp(json_object_get_string_member(track, "reason"), "wish"))
			return table_string(track, "adapted");
	}
	return g_strdup("wish");
}

static void list_add_viewer(struct table *table, JsonObject *viewer)
{
	JsonArray *tracks = json_object_get_array_member(viewer, "tracks");
	JsonObject *first = json_array_get_length(tracks) ?
			    json_array_get_object_element(tracks, 0) : NULL;
	gint64 rate = 0, dropped = 0;

	for (guint i = 0; i < json_array_get_length(tracks); i++) {
		JsonObject *track = json_array_get_object_element(tracks, i);

		rate += json_object_get_int_member(track, "rate");
		dropped += table_sum(track, "dropped_");
	}
	table_add(table, table_string(viewer, "viewer"));
	table_add(table, table_string(viewer, "path"));
	table_add(table, table_string(viewer, "address"));
	table_add(table, first ? table_string(first, "transport") : g_strdup("-"));
	table_add(table, first ? table_string(first, "backend") : g_strdup("-"));
	table_add(table, first ? table_string(first, "wish") : g_strdup("-"));
	table_add(table, first ? table_string(first, "allowed") : g_strdup("-"));
	table_add(table, first ? table_string(first, "cap") : g_strdup("-"));
	table_add(table, first ? table_string(first, "current_cap") : g_strdup("-"));
	table_add(table, table_rate(rate));
	table_add(table, g_strdup_printf("%" G_GINT64_FORMAT, dropped));
	table_add(table, list_loss(tracks));
	table_add(table, table_age(json_object_get_int_member(viewer, "age")));
	table_add(table, list_decision(tracks));
	table_add(table, table_slow(viewer));
}

void list_viewers(JsonArray *viewers)
{
	static const char *const names[] = {
		"VIEWER", "PATH", "ADDRESS", "TRANSPORT", "BACKEND", "ASKED", "ALLOWED", "CAP",
		"NOW", "RATE", "DROPPED", "LOSS", "AGE", "REASON", "SLOW", NULL
	};
	struct table *table = table_new(G_N_ELEMENTS(names) - 1);

	list_add_head(table, names);
	for (guint i = 0; i < json_array_get_length(viewers); i++)
		list_add_viewer(table, json_array_get_object_element(viewers, i));
	table_print(table);
}

static void list_limits(JsonArray *limits)
{
	static const char *const names[] = {
		"SCOPE", "NAME", "LIMIT", "USED", "VIEWERS", NULL
	};
	struct table *table = table_new(G_N_ELEMENTS(names) - 1);

	list_add_head(table, names);
	for (guint i = 0; i < json_array_get_length(limits); i++) {
		JsonObject *limit = json_array_get_object_element(limits, i);
		const char *name = json_object_get_string_member(limit, "name");

		table_add(table, table_string(limit, "scope"));
		table_add(table, *name ? table_string(limit, "name") : g_strdup("-"));
		table_add(table, table_rate(json_object_get_int_member(limit, "limit")));
		table_add(table, table_rate(json_object_get_int_member(limit, "used")));
		table_add(table, table_number(limit, "viewers"));
	}
	table_print(table);
}

int command_list(const struct command_call *call)
{
	const char *what = call->args[0] ? call->args[0] : "streams";
	gboolean viewers = g_str_equal(what, "viewers"), limits = g_str_equal(what, "limits");
	g_autoptr(JsonNode) status = NULL;
	JsonNode *member;

	if (!viewers && !limits && !g_str_equal(what, "streams")) {
		g_printerr("rtprelayctl: list %s: there are streams, viewers and limits\n", what);
		return EXIT_USAGE;
	}
	status = link_ask(call->link, FALSE, "/status", viewers ? NULL : "viewers", "0",
			  NULL);
	if (!status)
		return EXIT_FAILURE;
	member = json_object_get_member(json_node_get_object(status), what);
	if (call->json)
		table_print_json(member);
	else if (viewers)
		list_viewers(json_node_get_array(member));
	else if (limits)
		list_limits(json_node_get_array(member));
	else
		list_streams(json_node_get_array(member));
	return EXIT_SUCCESS;
}
