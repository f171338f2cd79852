// SPDX-License-Identifier: GPL-2.0-or-later
#include "transport_header.h"

#include <string.h>

/* RFC 2326, section 12.39; those with a value end with its sign */
static gboolean transport_header_knows(const char *parameter)
{
	static const char *const names[] = {
		"unicast", "multicast", "append", "destination=", "source=", "layers=",
		"mode=", "interleaved=", "ttl=", "port=", "client_port=", "server_port=",
		"ssrc=",
	};

	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		gsize len = strlen(names[i]);

		if (!g_ascii_strncasecmp(parameter, names[i], len) &&
		    (names[i][len - 1] == '=' || !parameter[len]))
			return TRUE;
	}
	return FALSE;
}

GstRTSPTransport *transport_header_parse(const char *text)
{
	g_auto(GStrv) parts = g_strsplit(text, ";", -1);
	g_autoptr(GString) known = g_string_new(parts[0]);
	GstRTSPTransport *parsed = NULL;

	for (guint i = 1; parts[0] && parts[i]; i++)
		if (transport_header_knows(g_strstrip(parts[i])))
			g_string_append_printf(known, ";%s", parts[i]);
	gst_rtsp_transport_new(&parsed);
	if (gst_rtsp_transport_parse(known->str, parsed) == GST_RTSP_OK)
		return parsed;
	gst_rtsp_transport_free(parsed);
	return NULL;
}
