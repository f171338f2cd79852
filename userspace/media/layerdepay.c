// SPDX-License-Identifier: GPL-2.0-or-later
/* The other way of layerpay: received RTP datagrams to a file of layers. */
#include "av1pay.h"
#include "cli.h"
#include "vp9pay.h"

#include <stdlib.h>

static gchar *opt_codec;

static const GOptionEntry entries[] = {
	{ "codec", 0, 0, G_OPTION_ARG_STRING, &opt_codec, "vp9 or av1", "NAME" },
	{}
};

/* The packets from *pos on of one timestamp. */
static GPtrArray *take_picture(const GPtrArray *packets, guint *pos)
{
	GPtrArray *picture = g_ptr_array_new();
	const struct rtpfile_packet *first = g_ptr_array_index(packets, *pos);

	while (*pos < packets->len) {
		struct rtpfile_packet *packet = g_ptr_array_index(packets, *pos);

		if (packet->timestamp != first->timestamp)
			break;
		g_ptr_array_add(picture, packet);
		(*pos)++;
	}
	return picture;
}

int main(int argc, char **argv)
{
	g_autoptr(GMappedFile) file = NULL;
	g_autoptr(GPtrArray) packets = NULL;
	g_autoptr(layered) stream = NULL;
	g_autoptr(GError) error = NULL;
	guint picture = 0, pos = 0;

	cli_parse(&argc, &argv, entries, 2, "INPUT OUTPUT",
		  "Makes a file of layers from RTP datagrams in the order of their numbers, each\n"
		  "behind its length (RFC 4571). Pictures are numbered from 0 as they come; those\n"
		  "with a part missing are an error: exit status 1.");
	if (!opt_codec || (g_strcmp0(opt_codec, "vp9") && g_strcmp0(opt_codec, "av1")))
		cli_die("--codec vp9 or --codec av1 is needed");
	file = g_mapped_file_new(argv[1], FALSE, &error);
	if (!file)
		cli_die("%s", error->message);
	packets = rtpfile_parse((const guint8 *)g_mapped_file_get_contents(file),
				g_mapped_file_get_length(file), &error);
	if (!packets)
		cli_die("%s: %s", argv[1], error->message);

	stream = layered_new(g_str_equal(opt_codec, "vp9") ? LAYERED_VP9 : LAYERED_AV1);
	while (pos < packets->len) {
		g_autoptr(GPtrArray) parts = take_picture(packets, &pos);

		if (stream->codec == LAYERED_VP9 ? !vp9_depay(parts, picture, stream, &error) :
						   !av1_depay(parts, picture, stream, &error)) {
			g_printerr("%s: %s: %s\n", g_get_prgname(), argv[1], error->message);
			return EXIT_FAILURE;
		}
		picture++;
	}
	if (!layered_save(stream, argv[2], &error))
		cli_die("%s", error->message);
	return EXIT_SUCCESS;
}
