/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One RTSP session of a test client: the first video stream of a URL over UDP. */
#ifndef RTPRELAY_MEDIA_RTSP_H
#define RTPRELAY_MEDIA_RTSP_H

#include <glib.h>
#include <netinet/in.h>

struct rtsp;

/*
 * DESCRIBE and SETUP of rtsp://HOST/PATH with RTP/AVP/UDP unicast to our ports
 * @rtp_port and @rtp_port + 1. NULL with @error set if the server cannot be
 * reached, refuses, or answers nonsense.
 */
struct rtsp *rtsp_open(const char *url, guint16 rtp_port, GError **error);

/* FALSE with @error set if the server refuses. */
gboolean rtsp_play(struct rtsp *rtsp, GError **error);

/* Where our RTCP goes; sin_port is 0 if the server did not say. */
const struct sockaddr_in *rtsp_rtcp_peer(const struct rtsp *rtsp);

/* Of the RTP timestamp, in Hz. */
guint rtsp_clock_rate(const struct rtsp *rtsp);

/* The connection, to poll for reading: then call rtsp_serve(). */
int rtsp_fd(const struct rtsp *rtsp);

/* FALSE when the server has closed the connection. */
gboolean rtsp_serve(struct rtsp *rtsp);

/* To be called often: asks for another lease when half of the timeout is over. */
void rtsp_keep_alive(struct rtsp *rtsp);

/* TEARDOWN, if the connection is still there, and free. */
void rtsp_close(struct rtsp *rtsp);

#endif
