// SPDX-License-Identifier: GPL-2.0-or-later
#include "url.h"

#include <gst/rtsp/gstrtspurl.h>
#include <string.h>

#include "cap.h"
#include "limit.h"

#define TRACK	"/track"

static void url_strip_slashes(char *text)
{
	for (gsize len = strlen(text); len && text[len - 1] == '/'; len--)
		text[len - 1] = '\0';
}

/* The same end comes off @url->name and @url->base, for both are one text. */
static void url_take_track(struct url *url)
{
	char *end = g_strrstr(url->name, TRACK);
	gsize cut;
	guint64 track;

	if (!end || !g_ascii_string_to_unsigned(end + strlen(TRACK), 10, 0,
						LIMIT_TRACKS - 1, &track, NULL))
		return;
	cut = strlen(end);
	if (!g_str_has_suffix(url->base, end))
		return;
	url->base[strlen(url->base) - cut] = '\0';
	*end = '\0';
	url->track = track;
}

struct url *url_parse(const char *text, gboolean (*is_name)(const char *name,
							     gpointer user_data),
		      gpointer user_data)
{
	GstRTSPUrl *parsed = NULL;
	struct url *url;

	if ((g_ascii_strncasecmp(text, "rtsp://", strlen("rtsp://")) &&
	     g_ascii_strncasecmp(text, "rtsps://", strlen("rtsps://"))) ||
	    gst_rtsp_url_parse(text, &parsed) != GST_RTSP_OK)
		return NULL;

	url = g_new0(struct url, 1);
	url->track = -1;
	url->base = g_strndup(text, strcspn(text, "?"));
	url->name = g_strdup(parsed->abspath ? parsed->abspath : "");
	url_strip_slashes(url->base);
	url_strip_slashes(url->name);
	if (!is_name(url->name, user_data))
		url_take_track(url);

	if (!cap_parse(parsed->query, &url->cap))
		g_clear_pointer(&url, url_free);
	gst_rtsp_url_free(parsed);
	return url;
}

void url_free(struct url *url)
{
	g_free(url->base);
	g_free(url->name);
	g_free(url);
}

char *url_track(const char *base, guint track, const struct rtp_fanout_cap *cap)
{
	g_autofree char *escaped = NULL;
	char text[CAP_STRLEN];

	if (cap->did == 7 && cap->qid == 15 && cap->tid == 7)
		return g_strdup_printf("%s" TRACK "%u", base, track);
	/* RTP-Info is a list, so a URL in it may have no commas */
	escaped = g_uri_escape_string(cap_to_string(cap, text), NULL, FALSE);
	return g_strdup_printf("%s" TRACK "%u?cap=%s", base, track, escaped);
}
