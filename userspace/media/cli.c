// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli.h"

#include <stdlib.h>

void cli_die(const char *format, ...)
{
	g_autofree char *message = NULL;
	va_list ap;

	va_start(ap, format);
	message = g_strdup_vprintf(format, ap);
	va_end(ap);
	g_printerr("%s: %s\n", g_get_prgname(), message);
	exit(2);
}

void cli_parse(int *argc, char ***argv, const GOptionEntry *entries, int operands,
	       const char *operand_names, const char *summary)
{
	g_autoptr(GOptionContext) context = g_option_context_new(operand_names);
	g_autoptr(GError) error = NULL;
	g_autofree char *name = g_path_get_basename((*argv)[0]);

	g_set_prgname(name);
	g_option_context_set_summary(context, summary);
	g_option_context_add_main_entries(context, entries, NULL);
	if (!g_option_context_parse(context, argc, argv, &error))
		cli_die("%s; see %s --help", error->message, name);
	if (*argc != operands + 1)
		cli_die("%s expected; see %s --help", operand_names, name);
}
