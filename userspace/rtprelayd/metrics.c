// SPDX-License-Identifier: GPL-2.0-or-later
#include "metrics.h"

#include <string.h>

#include "decision.h"

/**
 * struct metrics_sample - a line of a metric
 * @member: of the object, a number
 * @label: what tells it from the others, "name=value" or NULL
 */
struct metrics_sample {
	const char *member;
	const char *label;
};

/* What an object is told apart by */
struct metrics_label {
	const char *name;
	const char *member;
};

/**
 * struct metrics_family - a metric
 * @name: of it
 * @type: "counter" or "gauge"
 * @help: a sentence
 * @samples: up to a NULL member
 */
struct metrics_family {
	const char *name;
	const char *type;
	const char *help;
	struct metrics_sample samples[DECISION_REASONS + 1];
};

static const struct metrics_label track_labels[] = {
	{ "path", "path" }, { "track", "track" }, { NULL }
};

static const struct metrics_label layer_labels[] = {
	{ "path", "path" }, { "track", "track" },
	{ "did", "did" }, { "qid", "qid" }, { "tid", "tid" }, { NULL }
};

static const struct metrics_label limit_labels[] = {
	{ "scope", "scope" }, { "name", "name" }, { NULL }
};

static const struct metrics_label viewer_labels[] = {
	{ "path", "path" }, { "track", "track" }, { "viewer", "viewer" }, { NULL }
};

static const struct metrics_family track_families[] = {
	{ "rtprelay_receive_packets_total", "counter",
	  "RTP datagrams of the stream received.", { { "rx_packets" } } },
	{ "rtprelay_receive_bytes_total", "counter",
	  "RTP payload bytes of the stream received.", { { "rx_octets" } } },
	{ "rtprelay_receive_lost_packets_total", "counter",
	  "RTP datagrams of the stream that never came.", { { "rx_lost" } } },
	{ "rtprelay_receive_dropped_packets_total", "counter",
	  "RTP datagrams received and not relayed, by reason.", {
		{ "rx_dropped_queue", "reason=queue" },
		{ "rx_dropped_nomem", "reason=nomem" },
		{ "rx_dropped_policy", "reason=policy" },
		{ "rx_dropped_ttl", "reason=ttl" },
		{ "rx_dropped_malformed", "reason=malformed" },
		{ "rx_dropped_duplicate", "reason=duplicate" },
		{ "rx_dropped_late", "reason=late" },
		{ "rx_dropped_unconfirmed", "reason=unconfirmed" },
	  } },
	{ "rtprelay_receive_unknown_packets_total", "counter",
	  "RTP datagrams whose layer could not be told.", { { "rx_unknown" } } },
	{ "rtprelay_receive_foreign_packets_total", "counter",
	  "Datagrams received that were not of the stream.", { { "rx_passed" } } },
	{ "rtprelay_receive_teed_packets_total", "counter",
	  "RTP datagrams of the stream that went to the daemon.", { { "rx_teed" } } },
	{ "rtprelay_receive_queue_bytes", "gauge",
	  "Bytes received that wait to be relayed.", { { "queue_bytes" } } },
	{ "rtprelay_receive_queue_limit_bytes", "gauge",
	  "The most bytes that may wait to be relayed.", { { "queue_limit" } } },
	{ "rtprelay_transmit_packets_total", "counter",
	  "Copies handed to the network.", { { "tx_packets" } } },
	{ "rtprelay_transmit_bytes_total", "counter",
	  "RTP payload bytes of the copies.", { { "tx_octets" } } },
	{ "rtprelay_transmit_dropped_packets_total", "counter",
	  "Copies that could not be sent.", { { "tx_dropped" } } },
	{ "rtprelay_transmit_sends_total", "counter",
	  "Times that something was handed to the network.", { { "tx_sends" } } },
	{ "rtprelay_transmit_waits_total", "counter",
	  "Times that sending waited for bytes in flight.", { { "tx_waits" } } },
	{ "rtprelay_transmit_inflight_bytes", "gauge",
	  "Bytes of copies that wait in queues and devices.", { { "inflight_bytes" } } },
	{ "rtprelay_transmit_inflight_limit_bytes", "gauge",
	  "The most bytes of copies that may wait.", { { "inflight_limit" } } },
	{ "rtprelay_track_viewers", "gauge",
	  "Viewers that the track is sent to.", { { "viewers" } } },
	{ "rtprelay_rtcp_ignored_packets_total", "counter",
	  "RTCP packets from nobody known.", { { "rtcp_ignored" } } },
	{ NULL }
};

static const struct metrics_family limit_families[] = {
	{ "rtprelay_limit_bytes_per_second", "gauge",
	  "The most that all viewers of a path, at an interface or of the host are sent.",
	  { { "limit" } } },
	{ "rtprelay_limit_used_bytes_per_second", "gauge",
	  "What the layers take that they get, IP, UDP and RTP headers included.",
	  { { "used" } } },
	{ "rtprelay_limit_viewers", "gauge", "Viewers that share the limit.",
	  { { "viewers" } } },
	{ NULL }
};

static const struct metrics_family layer_families[] = {
	{ "rtprelay_layer_packets_total", "counter",
	  "RTP datagrams received, by layer.", { { "packets" } } },
	{ "rtprelay_layer_bytes_total", "counter",
	  "RTP payload bytes received, by layer.", { { "octets" } } },
	{ NULL }
};

static const struct metrics_family viewer_families[] = {
	{ "rtprelay_viewer_packets_total", "counter",
	  "RTP datagrams sent to a viewer.", { { "packets" } } },
	{ "rtprelay_viewer_bytes_total", "counter",
	  "RTP payload bytes sent to a viewer.", { { "octets" } } },
	{ "rtprelay_viewer_dropped_packets_total", "counter",
	  "RTP datagrams for a viewer that could not be sent, by reason.", {
		{ "dropped_nomem", "reason=nomem" },
		{ "dropped_inflight", "reason=inflight" },
		{ "dropped_route", "reason=route" },
		{ "dropped_mtu", "reason=mtu" },
		{ "dropped_output", "reason=output" },
	  } },
	{ "rtprelay_viewer_loss_ratio", "gauge",
	  "Part of the RTP datagrams that a viewer last reported lost.", { { "loss" } } },
	{ NULL }
};

/* Names of streams, codecs and so on may hold anything. */
static void metrics_put_label(GString *text, const char *name, const char *value)
{
	if (text->str[text->len - 1] != '{')
		g_string_append_c(text, ',');
	g_string_append_printf(text, "%s=\"", name);
	for (; *value; value++) {
		if (*value == '\n')
			g_string_append(text, "\\n");
		else if (*value == '"' || *value == '\\')
			g_string_append_printf(text, "\\%c", *value);
		else
			g_string_append_c(text, *value);
	}
	g_string_append_c(text, '"');
}

static void metrics_put_member(GString *text, const struct metrics_label *label,
			       JsonObject *object)
{
	JsonNode *node = json_object_get_member(object, label->member);
	g_autofree char *number = NULL;

	if (json_node_get_value_type(node) == G_TYPE_STRING) {
		metrics_put_label(text, label->name, json_node_get_string(node));
		return;
	}
	number = g_strdup_printf("%" G_GINT64_FORMAT, json_node_get_int(node));
	metrics_put_label(text, label->name, number);
}

static void metrics_put_head(GString *text, const struct metrics_family *family)
{
	g_string_append_printf(text, "# HELP %s %s\n# TYPE %s %s\n", family->name,
			       family->help, family->name, family->type);
}

static void metrics_put_number(GString *text, JsonNode *node)
{
	char number[G_ASCII_DTOSTR_BUF_SIZE];

	if (json_node_get_value_type(node) == G_TYPE_DOUBLE)
		g_string_append_printf(text, "%s\n", g_ascii_dtostr(number, sizeof(number),
							json_node_get_double(node)));
	else
		g_string_append_printf(text, "%" G_GINT64_FORMAT "\n",
				       json_node_get_int(node));
}

static void metrics_put_object(GString *text, const struct metrics_family *family,
			       const struct metrics_label *labels, JsonObject *object)
{
	const struct metrics_sample *sample;

	for (sample = family->samples; sample->member; sample++) {
		/* of what is not there yet nothing was counted */
		if (!json_object_has_member(object, sample->member))
			continue;
		g_string_append_printf(text, "%s{", family->name);
		for (const struct metrics_label *label = labels; label->name; label++)
			metrics_put_member(text, label, object);
		if (sample->label) {
			g_auto(GStrv) pair = g_strsplit(sample->label, "=", 2);

			metrics_put_label(text, pair[0], pair[1]);
		}
		g_string_append(text, "} ");
		metrics_put_number(text, json_object_get_member(object, sample->member));
	}
}

static void metrics_put_families(GString *text, const struct metrics_family *families,
				 const struct metrics_label *labels, GPtrArray *objects)
{
	if (!objects->len)
		return;
	for (; families->name; families++) {
		metrics_put_head(text, families);
		for (guint i = 0; i < objects->len; i++)
			metrics_put_object(text, families, labels,
					   g_ptr_array_index(objects, i));
	}
}

/* A sample for each reason, as "reason=NAME" */
static void metrics_put_decisions(GString *text, GPtrArray *decisions)
{
	struct metrics_family families[] = {
		{ "rtprelay_track_decisions", "gauge",
		  "Viewers that the track is sent to, by the reason for the layers that "
		  "they get." },
		{ NULL }
	};
	g_auto(GStrv) labels = g_new0(char *, DECISION_REASONS + 1);

	for (guint i = 0; i < DECISION_REASONS; i++) {
		labels[i] = g_strconcat("reason=", decision_name(i), NULL);
		families[0].samples[i] = (struct metrics_sample){ decision_name(i), labels[i] };
	}
	metrics_put_families(text, families, track_labels, decisions);
}

/* What tells the owner apart goes along. */
static void metrics_take(GPtrArray *objects, JsonObject *object, JsonObject *owner,
			 const char *const *inherit)
{
	for (; *inherit; inherit++)
		json_object_set_member(object, *inherit, json_node_copy(
			json_object_get_member(owner, *inherit)));
	g_ptr_array_add(objects, object);
}

/* The object of that name in each of others */
static GPtrArray *metrics_collect_one(GPtrArray *owners, const char *name,
				      const char *const *inherit)
{
	GPtrArray *objects = g_ptr_array_new();

	for (guint i = 0; i < owners->len; i++) {
		JsonObject *owner = g_ptr_array_index(owners, i);

		metrics_take(objects, json_object_get_object_member(owner, name), owner,
			     inherit);
	}
	return objects;
}

/* The objects of an array in each of others */
static GPtrArray *metrics_collect(GPtrArray *owners, const char *array,
				  const char *const *inherit)
{
	GPtrArray *objects = g_ptr_array_new();

	for (guint i = 0; i < owners->len; i++) {
		JsonObject *owner = g_ptr_array_index(owners, i);
		JsonArray *elements = json_object_get_array_member(owner, array);

		for (guint k = 0; k < json_array_get_length(elements); k++)
			metrics_take(objects, json_array_get_object_element(elements, k),
				     owner, inherit);
	}
	return objects;
}

static void metrics_put_value(GString *text, const char *name, const char *help,
			      gint64 value)
{
	g_string_append_printf(text, "# HELP %s %s\n# TYPE %s gauge\n%s %" G_GINT64_FORMAT
			       "\n", name, help, name, name, value);
}

static void metrics_put_daemon(GString *text, JsonObject *model)
{
	static const struct metrics_family build = {
		"rtprelay_build_info", "gauge", "Version of the daemon.",
	};

	metrics_put_head(text, &build);
	g_string_append_printf(text, "%s{", build.name);
	metrics_put_label(text, "version", json_object_get_string_member(model, "version"));
	metrics_put_label(text, "backend", json_object_get_string_member(model, "backend"));
	g_string_append(text, "} 1\n");
	metrics_put_value(text, "rtprelay_start_time_seconds",
			  "When the daemon started, in seconds since 1970.",
			  json_object_get_int_member(model, "started"));
	metrics_put_value(text, "rtprelay_helper_up",
			  "Whether new streams can be attached to the kernel.",
			  g_str_equal("running",
				      json_object_get_string_member(model, "helper")));
	metrics_put_value(text, "rtprelay_connections", "RTSP connections of viewers.",
			  json_object_get_int_member(model, "connections"));
	metrics_put_value(text, "rtprelay_sessions", "RTSP sessions of viewers.",
			  json_object_get_int_member(model, "sessions"));
}

static void metrics_put_streams(GString *text, GPtrArray *streams)
{
	static const struct metrics_label labels[] = { { "path", "path" }, { NULL } };
	static const struct metrics_family families[] = {
		{ "rtprelay_stream_sessions", "gauge", "RTSP sessions on the stream.",
		  { { "viewers" } } },
		{ "rtprelay_stream_up", "gauge", "Whether the server sends the stream.",
		  { { "up" } } },
		{ "rtprelay_stream_returns_total", "counter",
		  "Times that the server came back after it was lost.", { { "returns" } } },
		{ NULL }
	};

	for (guint i = 0; i < streams->len; i++) {
		JsonObject *stream = g_ptr_array_index(streams, i);

		json_object_set_int_member(stream, "up", g_str_equal("playing",
			json_object_get_string_member(stream, "state")));
	}
	metrics_put_families(text, families, labels, streams);
}

static void metrics_put_track_info(GString *text, GPtrArray *tracks)
{
	static const struct metrics_label labels[] = {
		{ "path", "path" }, { "track", "track" }, { "media", "media" },
		{ "codec", "codec" }, { "backend", "backend" }, { NULL }
	};
	static const struct metrics_family info[] = {
		{ "rtprelay_track_info", "gauge", "What a track is, and what serves it.",
		  { { "one" } } },
		{ NULL }
	};

	for (guint i = 0; i < tracks->len; i++)
		json_object_set_int_member(g_ptr_array_index(tracks, i), "one", 1);
	metrics_put_families(text, info, labels, tracks);
}

char *metrics_to_text(JsonNode *model)
{
	static const char *const of_stream[] = { NULL };
	static const char *const of_track[] = { "path", "track", NULL };
	static const char *const of_viewer[] = { "path", "viewer", NULL };
	JsonObject *root = json_node_get_object(model);
	g_autoptr(GPtrArray) roots = g_ptr_array_new();
	g_autoptr(GPtrArray) streams = NULL, tracks = NULL, layers = NULL;
	g_autoptr(GPtrArray) viewers = NULL, legs = NULL, limits = NULL, decisions = NULL;
	GString *text = g_string_new(NULL);

	g_ptr_array_add(roots, root);
	streams = metrics_collect(roots, "streams", of_stream);
	tracks = metrics_collect(streams, "tracks", of_stream);
	layers = metrics_collect(tracks, "layers", of_track);
	limits = metrics_collect(roots, "limits", of_stream);
	decisions = metrics_collect_one(tracks, "decisions", of_track);
	viewers = metrics_collect(roots, "viewers", of_stream);
	legs = metrics_collect(viewers, "tracks", of_viewer);

	metrics_put_daemon(text, root);
	metrics_put_streams(text, streams);
	metrics_put_track_info(text, tracks);
	metrics_put_families(text, track_families, track_labels, tracks);
	metrics_put_decisions(text, decisions);
	metrics_put_families(text, limit_families, limit_labels, limits);
	metrics_put_families(text, layer_families, layer_labels, layers);
	metrics_put_families(text, viewer_families, viewer_labels, legs);
	return g_string_free(text, FALSE);
}
