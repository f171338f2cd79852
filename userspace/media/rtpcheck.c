// SPDX-License-Identifier: GPL-2.0-or-later
/* Judges what a viewer captured. */
#include "capture.h"
#include "check.h"
#include "cli.h"

#include <json-glib/json-glib.h>
#include <stdlib.h>

static gchar *opt_media;
static gchar *opt_origin;
static gchar *opt_cap;
static gchar *opt_annexb;

static const GOptionEntry entries[] = {
	{ "media", 0, 0, G_OPTION_ARG_FILENAME, &opt_media, "what the origin served", "FILE" },
	{ "origin", 0, 0, G_OPTION_ARG_FILENAME, &opt_origin, "the origin's summary", "FILE" },
	{ "cap", 0, 0, G_OPTION_ARG_STRING, &opt_cap, "the viewer's", "D,Q,T" },
	{ "annexb", 0, 0, G_OPTION_ARG_FILENAME, &opt_annexb,
	  "write the stream from the first whole IDR access unit on", "FILE" },
	{}
};

static gint64 member(JsonObject *object, const char *name, gint64 min, gint64 max)
{
	gint64 value;

	if (!json_object_has_member(object, name))
		cli_die("%s has no '%s'; was it written by svcorigin --summary?",
			opt_origin, name);
	value = json_object_get_int_member(object, name);
	if (value < min || value > max)
		cli_die("%s: %s is %" G_GINT64_FORMAT, opt_origin, name, value);
	return value;
}

static void read_origin(struct check_origin *origin)
{
	g_autoptr(JsonParser) parser = json_parser_new();
	g_autoptr(GError) error = NULL;
	JsonNode *root;
	JsonObject *object;

	if (!json_parser_load_from_file(parser, opt_origin, &error))
		cli_die("%s", error->message);
	root = json_parser_get_root(parser);
	if (!root || !JSON_NODE_HOLDS_OBJECT(root))
		cli_die("%s is not a JSON object", opt_origin);
	object = json_node_get_object(root);
	/* another session would have begun anew: nothing here would be comparable */
	if (member(object, "sessions", 0, G_MAXINT64) != 1)
		cli_die("%s: the origin was not asked for its stream exactly once", opt_origin);
	*origin = (struct check_origin){
		.datagrams = member(object, "datagrams", 0, G_MAXINT32),
		.access_units = member(object, "access_units", 0, G_MAXINT32),
		.first_timestamp = member(object, "first_timestamp", 0, G_MAXUINT32),
		.timestamp_step = member(object, "timestamp_step", 1, G_MAXINT32),
	};
}

static void add_packet(const struct capture_packet *packet, gpointer data)
{
	check_add(data, packet);
}

static void print_result(const struct check_result *result)
{
	const struct {
		const char *name;
		guint64 value;
	} number[] = {
		{ "expected", result->expected },
		{ "received", result->received },
		{ "lost", result->lost },
		{ "duplicates", result->duplicates },
		{ "reordered", result->reordered },
		{ "holes", result->holes },
		{ "wrong", result->wrong },
		{ "octets", result->octets },
		/* where the Annex B file begins in svcdec's list of the file cut to this cap */
		{ "first_frame", result->first_frame },
		{ "units_before", result->units_before },
		{ "frames_in_loop", result->frames_in_loop },
		{ "access_units", result->units },
		{ "damaged", result->damaged },
	};
	g_autoptr(JsonObject) object = json_object_new();
	g_autoptr(JsonNode) root = json_node_new(JSON_NODE_OBJECT);
	g_autofree gchar *text = NULL;

	for (guint i = 0; i < G_N_ELEMENTS(number); i++)
		json_object_set_int_member(object, number[i].name, number[i].value);
	json_object_set_double_member(object, "seconds", result->duration_us / 1e6);
	json_node_set_object(root, object);
	text = json_to_string(root, TRUE);
	g_print("%s\n", text);
}

int main(int argc, char **argv)
{
	g_autoptr(h264_stream) stream = NULL;
	g_autoptr(GError) error = NULL;
	struct check_result result;
	struct check_origin origin;
	struct svc_point cap;
	struct check *check;

	cli_parse(&argc, &argv, entries, 1, "CAPTURE",
		  "Compares a capture (rtprecv's, or a pcap of one viewer) with what the\n"
		  "origin's file makes of the viewer's cap, and prints the result as JSON.");
	if (!opt_media || !opt_origin || !opt_cap)
		cli_die("--media, --origin and --cap are needed");
	if (!svc_point_parse(opt_cap, &cap, &error))
		cli_die("%s", error->message);
	stream = h264_stream_load(opt_media, &error);
	if (!stream)
		cli_die("%s", error->message);
	read_origin(&origin);

	check = check_new(stream, &cap, &origin);
	if (!capture_read(argv[1], add_packet, check, &error))
		cli_die("%s", error->message);
	check_finish(check, &result);
	if (opt_annexb && !g_file_set_contents(opt_annexb, (const char *)result.annexb->data,
					       result.annexb->len, &error))
		cli_die("%s", error->message);
	print_result(&result);
	g_byte_array_unref(result.annexb);
	return EXIT_SUCCESS;
}
