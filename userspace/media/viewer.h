/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A viewer for tests: takes the first video stream of a URL over UDP, reports what it
 * misses, counts what its sequence numbers say, and keeps the datagrams in a file if
 * it is told to. Made to run many at a time on a slow machine: it reads in batches when
 * it is asked to; the times of arrival are the kernel's.
 */
#ifndef RTPRELAY_MEDIA_VIEWER_H
#define RTPRELAY_MEDIA_VIEWER_H

#include "capture.h"
#include "rtcp.h"
#include "rtpseq.h"
#include "rtsp.h"

/**
 * struct viewer - begins as zeros
 * @rtsp: its session
 * @rtp_fd: where media comes
 * @rtcp_fd: the next port
 * @capture: file of the datagrams, or NULL
 * @seq: what the numbers say
 * @rtcp: what it heard, and is called
 * @media_ssrc: of the first datagram, in network order
 * @octets: received, from the RTP header on
 * @foreign: to the RTP port, but not RTP, too long, or of another SSRC
 * @first_us: arrival of the first datagram, real time, us
 * @last_us: of the last
 * @reported_us: monotonic time of its last report, us
 */
struct viewer {
	struct rtsp *rtsp;
	int rtp_fd, rtcp_fd;
	struct capture_writer *capture;
	struct rtpseq seq;
	struct rtcp rtcp;
	guint32 media_ssrc;
	guint64 octets;
	guint64 foreign;
	gint64 first_us, last_us;
	gint64 reported_us;
};

/*
 * Begins a session and plays. @capture: file to write, or NULL. FALSE with @error set
 * when the server cannot be reached or refuses, or the file cannot be written.
 */
gboolean viewer_start(struct viewer *viewer, const char *url, const char *capture,
		      GError **error);

/*
 * To be called a few times in a second: reads what came, reports every @report_us
 * microseconds, keeps the session. FALSE when the server has ended it; what came until
 * then was read.
 */
gboolean viewer_serve(struct viewer *viewer, gint64 report_us);

/*
 * Ends the session; what came since the last viewer_serve() is not read. FALSE with
 * @error set if not all of the capture reached its file.
 */
gboolean viewer_stop(struct viewer *viewer, GError **error);

/* Datagrams that the kernel dropped since our buffer was full; before viewer_stop(). */
guint32 viewer_socket_drops(const struct viewer *viewer);

#endif
