/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the command lines of the media tools have in common. */
#ifndef RTPRELAY_MEDIA_CLI_H
#define RTPRELAY_MEDIA_CLI_H

#include <glib.h>

/*
 * Parses the options and checks that @operands arguments are left in argv[1..].
 * Exits with status 2 and says why if that fails.
 */
void cli_parse(int *argc, char ***argv, const GOptionEntry *entries, int operands,
	       const char *operand_names, const char *summary);

/* Prints "tool: message" to stderr and exits with status 2. */
void cli_die(const char *format, ...) G_GNUC_PRINTF(1, 2) G_GNUC_NORETURN;

#endif
