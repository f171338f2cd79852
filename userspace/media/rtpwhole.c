// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a viewer can decode of a capture with losses: from each IDR picture on, the
 * access units of which nothing is missing, up to the first of which something is.
 */
#include "capture.h"
#include "cli.h"
#include "depay.h"
#include "rtpseq.h"

#include <json-glib/json-glib.h>
#include <stdlib.h>

static const GOptionEntry entries[] = { {} };

/**
 * struct whole - the walk over a capture
 * @seq: gives extended numbers
 * @depay: makes access units
 * @out: Annex B of those that are kept
 * @following: all since the last IDR picture were whole
 * @access_units: that came, whole or not
 * @damaged: of them, those with a part missing
 * @kept: written
 */
struct whole {
	struct rtpseq seq;
	struct depay depay;
	GByteArray *out;
	gboolean following;
	guint64 access_units;
	guint64 damaged;
	guint64 kept;
};

static gboolean is_idr(const GByteArray *unit)
{
	struct h264_nal nal;
	gsize pos = 0;

	while (annexb_next(unit->data, unit->len, &pos, &nal))
		if (H264_NAL_TYPE(nal.data[0]) == H264_SLICE_IDR)
			return TRUE;
	return FALSE;
}

static void take_unit(guint32 timestamp, const GByteArray *unit, gboolean damaged,
		      gpointer data)
{
	struct whole *whole = data;

	whole->access_units++;
	whole->damaged += damaged;
	if (damaged)
		whole->following = FALSE;
	else if (is_idr(unit))
		whole->following = TRUE;
	if (!whole->following)
		return;
	g_byte_array_append(whole->out, unit->data, unit->len);
	whole->kept++;
}

static void take_packet(const struct capture_packet *packet, gpointer data)
{
	struct whole *whole = data;
	gint64 max = whole->seq.max;
	gint64 number = rtpseq_add(&whole->seq, packet->seq);

	/* on a link nothing overtakes: what is late counts as lost */
	if (whole->seq.received == 1 || number > max)
		depay_push(&whole->depay, number, packet->timestamp, packet->payload,
			   packet->payload_len);
}

static void print_result(const struct whole *whole)
{
	g_autoptr(JsonObject) object = json_object_new();
	g_autoptr(JsonNode) root = json_node_new(JSON_NODE_OBJECT);
	g_autofree gchar *text = NULL;

	json_object_set_int_member(object, "access_units", whole->access_units);
	json_object_set_int_member(object, "damaged", whole->damaged);
	json_object_set_int_member(object, "kept", whole->kept);
	json_node_set_object(root, object);
	text = json_to_string(root, TRUE);
	g_print("%s\n", text);
}

int main(int argc, char **argv)
{
	g_autoptr(GByteArray) out = g_byte_array_new();
	g_autoptr(GError) error = NULL;
	struct whole whole = { .out = out };

	cli_parse(&argc, &argv, entries, 2, "INPUT OUTPUT",
		  "Writes the H.264 access units of a capture (rtpdump, pcap) that a viewer can\n"
		  "decode, as an Annex B file, and prints how many there are, as JSON.");
	rtpseq_init(&whole.seq);
	depay_init(&whole.depay, take_unit, &whole);
	if (!capture_read(argv[1], take_packet, &whole, &error))
		cli_die("%s", error->message);
	/* the capture may end within the last one */
	whole.following = FALSE;
	depay_finish(&whole.depay);
	if (!g_file_set_contents(argv[2], (const gchar *)out->data, out->len, &error))
		cli_die("%s", error->message);
	print_result(&whole);
	rtpseq_clear(&whole.seq);
	return EXIT_SUCCESS;
}
