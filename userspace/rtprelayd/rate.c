// SPDX-License-Identifier: GPL-2.0-or-later
#include "rate.h"

#include <string.h>

gboolean rate_parse(const char *text, guint64 *bits)
{
	static const struct {
		char suffix;
		guint64 factor;
	} units[] = { { 'k', 1000 }, { 'M', 1000000 }, { 'G', 1000000000 } };
	gsize len = strlen(text);
	guint64 factor = 1, number;
	g_autofree char *digits = NULL;

	for (guint i = 0; len && i < G_N_ELEMENTS(units); i++)
		if (text[len - 1] == units[i].suffix)
			factor = units[i].factor;
	digits = g_strndup(text, factor > 1 ? len - 1 : len);
	if (!g_ascii_string_to_unsigned(digits, 10, 1, RATE_MAX / factor, &number, NULL))
		return FALSE;
	*bits = number * factor;
	return TRUE;
}

guint64 rate_octets(guint64 bits)
{
	return bits ? MAX(bits / 8, 1) : 0;
}

const char *rate_to_string(guint64 octets, char buf[static RATE_STRLEN])
{
	gdouble bits = 8.0 * octets;

	if (bits >= 999.5e6)
		g_snprintf(buf, RATE_STRLEN, "%.1f Gb/s", MIN(bits / 1e9, 99999999));
	else if (bits >= 999.5e3)
		g_snprintf(buf, RATE_STRLEN, "%.1f Mb/s", bits / 1e6);
	else
		g_snprintf(buf, RATE_STRLEN, "%.0f kb/s", bits / 1e3);
	return buf;
}
