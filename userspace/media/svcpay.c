// SPDX-License-Identifier: GPL-2.0-or-later
/* Packetizes an H.264 SVC file as the demonstration's origin does. */
#include "cli.h"
#include "plan.h"
#include "rtpfile.h"

#include <stdlib.h>

static gint opt_rate = 20;

static const GOptionEntry entries[] = {
	{ "rate", 0, 0, G_OPTION_ARG_INT, &opt_rate,
	  "access units a second, 1 to 240 (20)", "N" },
	{}
};

static void append(GByteArray *out, const struct plan_packet *planned, guint16 seq)
{
	struct rtpfile_packet *packet = rtpfile_packet_new();

	packet->seq = seq;
	packet->timestamp = (guint64)planned->au * PLAN_CLOCK_RATE / opt_rate;
	packet->marker = planned->marker;
	if (planned->fragment)
		g_byte_array_append(packet->payload, planned->fu, sizeof(planned->fu));
	g_byte_array_append(packet->payload, planned->data, planned->len);
	rtpfile_append(out, packet, 0);
	rtpfile_packet_free(packet);
}

int main(int argc, char **argv)
{
	g_autoptr(h264_stream) stream = NULL;
	g_autoptr(GByteArray) out = g_byte_array_new();
	g_autoptr(GError) error = NULL;
	struct plan *plan;

	cli_parse(&argc, &argv, entries, 2, "INPUT OUTPUT",
		  "Packetizes an H.264 file (Annex B). OUTPUT gets its RTP datagrams, each\n"
		  "behind its length (RFC 4571).");
	if (opt_rate < 1 || opt_rate > 240)
		cli_die("--rate %d is not between 1 and 240", opt_rate);
	stream = h264_stream_load(argv[1], &error);
	if (!stream)
		cli_die("%s", error->message);

	plan = plan_new(stream);
	for (guint i = 0; i < plan->packets->len; i++)
		append(out, plan_packet(plan, i), i);
	plan_free(plan);
	if (!g_file_set_contents(argv[2], (const char *)out->data, out->len, &error))
		cli_die("%s", error->message);
	return EXIT_SUCCESS;
}
