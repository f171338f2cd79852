// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "link.h"
#include "list.h"
#include "table.h"

/* "name value" for each member, as ip(8) writes it; those that are 0 are left out */
static void show_members(JsonObject *object, const char *const *members)
{
	static const char *const rates[] = { "rate", "rx_rate", "tx_rate", NULL };

	for (; *members; members++) {
		g_autofree char *value = NULL;
		const char *name = *members;

		if (!json_object_has_member(object, name))
			continue;
		if (json_node_get_value_type(json_object_get_member(object, name)) ==
		    G_TYPE_STRING)
			value = table_string(object, name);
		else if (g_strv_contains(rates, name))
			value = table_rate(json_object_get_int_member(object, name));
		else
			value = table_number(object, name);
		if (strcmp(value, "0"))
			printf(" %s %s", name, value);
	}
	putchar('\n');
}

static void show_track(JsonObject *track)
{
	static const char *const what[] = {
		"media", "codec", "clock_rate", "backend", "fallback", "port",
		"receive_buffer", "ssrc", NULL
	};
	static const char *const rx[] = {
		"rx_rate", "rx_packets", "rx_octets", "rx_lost", "rx_dropped_queue",
		"rx_dropped_nomem", "rx_dropped_policy", "rx_dropped_ttl",
		"rx_dropped_malformed", "rx_dropped_duplicate", "rx_dropped_late",
		"rx_dropped_unconfirmed", "rx_passed", "rx_teed", "rx_unknown", "queue_bytes",
		"queue_limit", NULL
	};
	static const char *const tx[] = {
		"tx_rate", "tx_packets", "tx_octets", "tx_dropped", "tx_sends", "tx_waits",
		"inflight_bytes", "inflight_limit", "switching", NULL
	};
	static const char *const layer[] = { "rate", "packets", "octets", NULL };
	JsonArray *layers = json_object_get_array_member(track, "layers");
	g_autofree char *slow = table_slow(track);

	printf("track %" G_GINT64_FORMAT ":", json_object_get_int_member(track, "track"));
	show_members(track, what);
	printf("   ");
	show_members(track, rx);
	printf("   ");
	show_members(track, tx);
	for (guint i = 0; i < json_array_get_length(layers); i++) {
		JsonObject *object = json_array_get_object_element(layers, i);

		printf("    layer %" G_GINT64_FORMAT ",%" G_GINT64_FORMAT ",%" G_GINT64_FORMAT,
		       json_object_get_int_member(object, "did"),
		       json_object_get_int_member(object, "qid"),
		       json_object_get_int_member(object, "tid"));
		show_members(object, layer);
	}
	printf("    slow %s\n", slow);
}

int command_show(const struct command_call *call)
{
	g_autoptr(JsonNode) status = link_ask(call->link, FALSE, "/status", "path",
					      call->args[0], NULL);
	static const char *const what[] = {
		"state", "upstream", "transport", "returns", "viewers", NULL
	};
	JsonObject *object, *stream;
	JsonArray *tracks;

	if (!status)
		return EXIT_FAILURE;
	if (call->json) {
		table_print_json(status);
		return EXIT_SUCCESS;
	}
	object = json_node_get_object(status);
	stream = json_array_get_object_element(
			json_object_get_array_member(object, "streams"), 0);
	tracks = json_object_get_array_member(stream, "tracks");
	printf("%s:", call->args[0]);
	show_members(stream, what);
	for (guint i = 0; i < json_array_get_length(tracks); i++)
		show_track(json_array_get_object_element(tracks, i));
	if (json_object_get_int_member(stream, "viewers")) {
		putchar('\n');
		list_viewers(json_object_get_array_member(object, "viewers"));
	}
	return EXIT_SUCCESS;
}
