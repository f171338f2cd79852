// SPDX-License-Identifier: GPL-2.0-or-later
/* Cuts an H.264 SVC file down to the layers that a cap leaves. */
#include "cli.h"
#include "h264.h"

#include <stdlib.h>

static gchar *opt_cap;

static const GOptionEntry entries[] = {
	{ "cap", 0, 0, G_OPTION_ARG_STRING, &opt_cap,
	  "highest spatial, quality and temporal layer to keep", "D,Q,T" },
	{}
};

int main(int argc, char **argv)
{
	g_autoptr(h264_stream) stream = NULL;
	g_autoptr(GByteArray) out = g_byte_array_new();
	g_autoptr(GError) error = NULL;
	struct svc_point cap;

	cli_parse(&argc, &argv, entries, 2, "INPUT OUTPUT",
		  "Copies the NAL units of an H.264 SVC file (Annex B) that a viewer with\n"
		  "the given cap gets; parameter sets and SEI always.");
	if (!opt_cap)
		cli_die("--cap D,Q,T is needed, for example --cap 1,0,7");
	if (!svc_point_parse(opt_cap, &cap, &error))
		cli_die("%s", error->message);
	stream = h264_stream_load(argv[1], &error);
	if (!stream)
		cli_die("%s", error->message);

	for (guint i = 0; i < stream->nals->len; i++) {
		const struct h264_nal *nal = h264_stream_nal(stream, i);

		if (h264_keep(nal, &cap))
			annexb_append(out, nal->data, nal->len);
	}
	if (!g_file_set_contents(argv[2], (const char *)out->data, out->len, &error))
		cli_die("%s", error->message);
	return EXIT_SUCCESS;
}
