// SPDX-License-Identifier: GPL-2.0-or-later
#include "session_header.h"

#include <string.h>

char *session_header_parse(const char *header, guint *timeout_s)
{
	g_auto(GStrv) parts = g_strsplit(header ? header : "", ";", 0);
	guint64 seconds = SESSION_HEADER_TIMEOUT_S;

	if (!parts[0] || !*g_strstrip(parts[0]))
		return NULL;
	for (guint i = 1; parts[i]; i++) {
		g_strstrip(parts[i]);
		if (g_str_has_prefix(parts[i], "timeout="))
			g_ascii_string_to_unsigned(parts[i] + strlen("timeout="), 10, 1,
						   G_MAXUINT32, &seconds, NULL);
	}
	*timeout_s = seconds;
	return g_strdup(parts[0]);
}
