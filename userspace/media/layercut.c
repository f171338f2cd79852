// SPDX-License-Identifier: GPL-2.0-or-later
/* Cuts a file of layers down to those that a cap leaves. */
#include "cli.h"
#include "layered.h"

#include <stdlib.h>

static gchar *opt_cap;

static const GOptionEntry entries[] = {
	{ "cap", 0, 0, G_OPTION_ARG_STRING, &opt_cap,
	  "highest spatial and temporal layer to keep", "S,T" },
	{}
};

int main(int argc, char **argv)
{
	g_autoptr(layered) stream = NULL;
	g_autoptr(GError) error = NULL;
	g_auto(GStrv) words = NULL;
	guint64 cap[2];

	cli_parse(&argc, &argv, entries, 2, "INPUT OUTPUT",
		  "Copies the frames of a file of layers (VP9 or AV1) that a viewer with the\n"
		  "given cap gets.");
	words = g_strsplit(opt_cap ? opt_cap : "", ",", -1);
	if (g_strv_length(words) != G_N_ELEMENTS(cap))
		cli_die("--cap S,T is needed, for example --cap 1,7");
	for (guint i = 0; i < G_N_ELEMENTS(cap); i++)
		if (!g_ascii_string_to_unsigned(words[i], 10, 0, LAYERED_MAX_ID, &cap[i], &error))
			cli_die("cap '%s': %s", opt_cap, error->message);
	stream = layered_load(argv[1], &error);
	if (!stream)
		cli_die("%s", error->message);

	for (guint i = stream->frames->len; i-- > 0;)
		if (layered_at(stream, i)->sid > cap[0] || layered_at(stream, i)->tid > cap[1])
			g_ptr_array_remove_index(stream->frames, i);
	if (!layered_save(stream, argv[2], &error))
		cli_die("%s", error->message);
	return EXIT_SUCCESS;
}
