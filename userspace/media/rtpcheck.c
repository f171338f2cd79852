// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Judges what a viewer captured: which datagrams should have come follows from the
 * origin's file, the viewer's cap, and what the origin says of its own sending,
 * never from what was received. The one thing taken from the capture is where the
 * viewer's part begins: the first datagram, found in the file by its content.
 */
#include "capture.h"
#include "cli.h"
#include "depay.h"
#include "plan.h"
#include "rtpseq.h"

#include <json-glib/json-glib.h>
#include <stdlib.h>
#include <string.h>

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

struct origin {
	gint64 datagrams, access_units, first_timestamp, timestamp_step;
};

struct check {
	struct h264_stream *stream;
	struct plan *plan;
	struct svc_point cap;
	struct origin origin;

	struct rtpseq seq;
	gint64 pushed;		/* highest extended number given to depay */
	GByteArray *seen;	/* an octet for each datagram of the origin */
	gint64 first;		/* index of the viewer's first datagram, -1 before */
	guint64 matched;	/* of the expected ones */
	guint64 wrong;		/* what no expected datagram, or one before, is equal to */
	guint64 octets;
	gint64 last_us;

	struct depay depay;
	GByteArray *annexb;
	gint64 first_au;	/* the first in annexb, counted by the origin; -1 before */
	guint64 units;		/* access units in annexb */
	guint64 damaged;	/* of them */
};

static gboolean kept(const struct check *check, gint64 index)
{
	guint in_loop = index % check->plan->packets->len;

	return h264_keep(plan_packet(check->plan, in_loop)->nal, &check->cap);
}

/* Which access unit has this timestamp, counted from the origin's first; or -1. */
static gint64 au_of(const struct check *check, guint32 timestamp)
{
	guint32 offset = timestamp - (guint32)check->origin.first_timestamp;

	if (offset % check->origin.timestamp_step)
		return -1;
	offset /= check->origin.timestamp_step;
	return offset < check->origin.access_units ? (gint64)offset : -1;
}

/* The index of the datagram that the origin sent with this content; or -1. */
static gint64 find(const struct check *check, const struct capture_packet *packet)
{
	const struct plan *plan = check->plan;
	gint64 au = au_of(check, packet->timestamp);
	gint64 loop_start, repeated = -1;
	guint in_loop;

	if (au < 0)
		return -1;
	in_loop = au % plan->aus;
	loop_start = au / plan->aus * plan->packets->len;
	for (guint i = plan->au_first[in_loop]; i < plan->au_first[in_loop + 1]; i++) {
		gint64 index = loop_start + i;

		if (index >= check->origin.datagrams || !kept(check, index) ||
		    !plan_packet_equal(plan_packet(plan, i), packet->payload,
				       packet->payload_len))
			continue;
		if (!check->seen->data[index])
			return index;
		repeated = index;
	}
	return repeated;
}

static void add_packet(const struct capture_packet *packet, gpointer data)
{
	struct check *check = data;
	gint64 extended = rtpseq_add(&check->seq, packet->seq);
	gint64 index = find(check, packet);

	check->octets += packet->len;
	check->last_us = packet->time_us;
	if (index < 0 || check->seen->data[index]) {
		check->wrong++;
	} else {
		check->seen->data[index] = TRUE;
		if (check->first < 0)
			check->first = index;
		if (index >= check->first)
			check->matched++;
	}
	if (check->seq.received == 1 || extended > check->pushed) {
		check->pushed = extended;
		depay_push(&check->depay, extended, packet->timestamp,
			   packet->payload, packet->payload_len);
	}
}

/* Whether the viewer's first datagram is in the middle of this access unit. */
static gboolean begun_before(const struct check *check, gint64 au)
{
	const struct plan *plan = check->plan;
	gint64 index = au / plan->aus * plan->packets->len + plan->au_first[au % plan->aus];

	for (; index < check->first; index++)
		if (kept(check, index))
			return TRUE;
	return FALSE;
}

static void add_unit(guint32 timestamp, const GByteArray *unit, gboolean damaged, gpointer data)
{
	struct check *check = data;
	gint64 au = au_of(check, timestamp);

	if (check->first_au < 0) {
		if (au < 0 || check->first < 0 || damaged || begun_before(check, au) ||
		    !h264_stream_au(check->stream, au % check->plan->aus)->idr)
			return;
		check->first_au = au;
	}
	g_byte_array_append(check->annexb, unit->data, unit->len);
	check->units++;
	check->damaged += damaged;
}

static guint64 count_expected(const struct check *check)
{
	guint64 expected = 0;

	if (check->first < 0)
		return 0;
	for (gint64 i = check->first; i < check->origin.datagrams; i++)
		expected += kept(check, i);
	return expected;
}

/* Pictures that the cap leaves in the first @aus access units of the file. */
static guint count_pictures(const struct check *check, guint aus)
{
	guint pictures = 0;

	for (guint i = 0; i < aus; i++) {
		const struct h264_au *au = h264_stream_au(check->stream, i);

		for (guint n = au->first; n < au->first + au->count; n++) {
			const struct h264_nal *nal = h264_stream_nal(check->stream, n);
			guint type = H264_NAL_TYPE(nal->data[0]);

			if ((type == H264_SLICE || type == H264_SLICE_IDR) &&
			    h264_keep(nal, &check->cap)) {
				pictures++;
				break;
			}
		}
	}
	return pictures;
}

static gint64 member(JsonObject *object, const char *name)
{
	if (!json_object_has_member(object, name))
		cli_die("%s has no '%s'; was it written by svcorigin --summary?",
			opt_origin, name);
	return json_object_get_int_member(object, name);
}

static void read_origin(struct check *check)
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
	check->origin = (struct origin){
		.datagrams = member(object, "datagrams"),
		.access_units = member(object, "access_units"),
		.first_timestamp = member(object, "first_timestamp"),
		.timestamp_step = member(object, "timestamp_step"),
	};
	if (check->origin.datagrams < 0 || check->origin.timestamp_step < 1 ||
	    member(object, "sessions") != 1)
		cli_die("%s: the origin was not asked for its stream exactly once", opt_origin);
}

static void print_result(const struct check *check)
{
	g_autoptr(JsonObject) object = json_object_new();
	g_autoptr(JsonNode) root = json_node_new(JSON_NODE_OBJECT);
	g_autofree gchar *text = NULL;
	guint64 expected = count_expected(check);
	guint first_frame = 0;

	if (check->first_au >= 0)
		first_frame = count_pictures(check, check->first_au % check->plan->aus);

	json_object_set_int_member(object, "expected", expected);
	json_object_set_int_member(object, "received", check->seq.received);
	json_object_set_int_member(object, "lost", expected - check->matched);
	json_object_set_int_member(object, "duplicates", check->seq.duplicates);
	json_object_set_int_member(object, "reordered", check->seq.reordered);
	json_object_set_int_member(object, "holes", rtpseq_holes(&check->seq));
	json_object_set_int_member(object, "wrong", check->wrong);
	json_object_set_int_member(object, "octets", check->octets);
	json_object_set_double_member(object, "seconds", check->last_us / 1e6);
	/* where the Annex B file begins in svcdec's list of the file cut to this cap */
	json_object_set_int_member(object, "first_frame", first_frame);
	json_object_set_int_member(object, "frames_in_loop",
				   count_pictures(check, check->plan->aus));
	json_object_set_int_member(object, "access_units", check->units);
	json_object_set_int_member(object, "damaged", check->damaged);

	json_node_set_object(root, object);
	text = json_to_string(root, TRUE);
	g_print("%s\n", text);
}

int main(int argc, char **argv)
{
	struct check check = { .first = -1, .first_au = -1 };
	g_autoptr(GError) error = NULL;

	cli_parse(&argc, &argv, entries, 1, "CAPTURE",
		  "Compares a capture (rtprecv's, or a pcap of one viewer) with what the\n"
		  "origin's file makes of the viewer's cap, and prints the result as JSON.");
	if (!opt_media || !opt_origin || !opt_cap)
		cli_die("--media, --origin and --cap are needed");
	if (!svc_point_parse(opt_cap, &check.cap, &error))
		cli_die("%s", error->message);
	check.stream = h264_stream_load(opt_media, &error);
	if (!check.stream)
		cli_die("%s", error->message);
	check.plan = plan_new(check.stream);
	read_origin(&check);

	check.seen = g_byte_array_sized_new(check.origin.datagrams);
	g_byte_array_set_size(check.seen, check.origin.datagrams);
	memset(check.seen->data, 0, check.seen->len);
	check.annexb = g_byte_array_new();
	rtpseq_init(&check.seq);
	depay_init(&check.depay, add_unit, &check);
	if (!capture_read(argv[1], add_packet, &check, &error))
		cli_die("%s", error->message);
	depay_finish(&check.depay);

	if (opt_annexb && !g_file_set_contents(opt_annexb, (const char *)check.annexb->data,
					       check.annexb->len, &error))
		cli_die("%s", error->message);
	print_result(&check);

	rtpseq_clear(&check.seq);
	g_byte_array_unref(check.annexb);
	g_byte_array_unref(check.seen);
	plan_free(check.plan);
	h264_stream_free(check.stream);
	return EXIT_SUCCESS;
}
