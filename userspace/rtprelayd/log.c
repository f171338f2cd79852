// SPDX-License-Identifier: GPL-2.0-or-later
#include "log.h"

#include <string.h>
#include <unistd.h>

static void log_append_text(GString *line, const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789.:,/[]_?&=%+-";
	g_autofree char *escaped = NULL;

	if (*text && strspn(text, plain) == strlen(text)) {
		g_string_append(line, text);
		return;
	}
	escaped = g_strescape(text, NULL);
	g_string_append_printf(line, "\"%s\"", escaped);
}

void log_fields(const char *event, const struct log_field *fields)
{
	g_autoptr(GString) line = g_string_new(event);
	gssize written;

	g_string_append_c(line, ':');
	for (; fields->key; fields++) {
		g_string_append_printf(line, " %s=", fields->key);
		if (fields->text)
			log_append_text(line, fields->text);
		else
			g_string_append_printf(line, "%" G_GUINT64_FORMAT,
					       fields->number);
	}
	g_string_append_c(line, '\n');
	/* one write, so that lines of several processes do not mix */
	written = write(STDERR_FILENO, line->str, line->len);
	(void)written;	/* a log that cannot be written stops nobody */
}
