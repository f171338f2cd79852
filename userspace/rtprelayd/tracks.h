/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tracks of an upstream, and how each comes from the server */
#ifndef RTPRELAYD_TRACKS_H
#define RTPRELAYD_TRACKS_H

#include "limit.h"
#include "rtsp_client.h"
#include "track.h"
#include "upstream_transport.h"

/**
 * struct tracks - begins as zeros
 * @n: tracks that are open
 * @track: those
 * @transport: how they come, as asked for by tracks_request() and answered then
 * @client: the connection that they come over or were set up by, or NULL
 */
struct tracks {
	guint n;
	struct track *track[LIMIT_TRACKS];
	struct upstream_transport transport[LIMIT_TRACKS];
	struct rtsp_client *client;
};

/**
 * tracks_open - open those of a description that are not open yet
 * @common: what all have in common: name, backend, family, and so on
 * @key_frames: how the server is asked for key frames
 * @error: G_IO_ERROR
 */
gboolean tracks_open(struct tracks *tracks, const struct sdp *sdp,
		     const struct track_config *common,
		     enum config_key_frames key_frames, GError **error);

/* tracks_close - end them all, with BYE where there is somebody to tell */
void tracks_close(struct tracks *tracks);

/**
 * tracks_request - the Transport header to set one up with
 * @tcp: over the RTSP connection
 * @feedback: see struct sdp_track
 */
char *tracks_request(struct tracks *tracks, guint index, gboolean tcp, gboolean feedback);

/**
 * tracks_start - one was set up: relay what comes
 * @client: the connection; the tracks use it until tracks_stop()
 * @header: Transport header of the answer, or NULL
 * @error: FANOUT_ERROR, G_IO_ERROR
 *
 * Return: FALSE on error; without one, when the server chose another transport
 * than was asked for.
 */
gboolean tracks_start(struct tracks *tracks, guint index, struct rtsp_client *client,
		      const char *header, GError **error);

/* tracks_stop - the server is gone */
void tracks_stop(struct tracks *tracks);

/* tracks_frame - a frame came over the connection */
void tracks_frame(struct tracks *tracks, guint8 channel, const guint8 *data, gsize len);

/* tracks_received - datagrams of all of them, so far */
guint64 tracks_received(struct tracks *tracks);

/* tracks_server_left - did the server say BYE for one? */
gboolean tracks_server_left(const struct tracks *tracks);

#endif
