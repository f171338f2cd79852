/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a viewer's URL names: rtsp[s]://HOST/NAME[/trackN][?cap=DID,QID,TID] */
#ifndef RTPRELAYD_URL_H
#define RTPRELAYD_URL_H

#include <glib.h>
#include <linux/rtp_fanout.h>

/**
 * struct url - a URL taken apart
 * @base: of the stream, as written, without query and final slash
 * @name: path of the stream, "/name"
 * @track: -1 for all tracks together
 * @cap: everything when the URL has none
 */
struct url {
	char *base;
	char *name;
	gint track;
	struct rtp_fanout_cap cap;
};

/**
 * url_parse - take one apart
 * @is_name: does that path name a stream? One that does not may still be that of
 *	a stream and a track.
 *
 * Return: NULL when it is no rtsp or rtsps URL or its cap is malformed. A name that is
 * none is returned as it is, with all tracks.
 */
struct url *url_parse(const char *text, gboolean (*is_name)(const char *name,
							     gpointer user_data),
		      gpointer user_data);

void url_free(struct url *url);

/* url_track - the URL of a track of @base, with @cap if that leaves out any */
char *url_track(const char *base, guint track, const struct rtp_fanout_cap *cap);

#endif
