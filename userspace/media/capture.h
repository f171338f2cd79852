/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Captured RTP datagrams: written as rtpdump (the format of rtptools, which
 * Wireshark reads too), read from that or from tcpdump's pcap.
 */
#ifndef RTPRELAY_MEDIA_CAPTURE_H
#define RTPRELAY_MEDIA_CAPTURE_H

#include <glib.h>
#include <netinet/in.h>

struct capture_writer;

/* NULL with @error set if the file cannot be created. @source is written into it. */
struct capture_writer *capture_create(const char *path, const struct sockaddr_in *source,
				      GError **error);

/* @elapsed_us: time since the first datagram, in microseconds. @len: up to 65527. */
void capture_write(struct capture_writer *writer, gint64 elapsed_us,
		   const guint8 *data, gsize len);

/* FALSE with @error set if not all of it reached the file. */
gboolean capture_close(struct capture_writer *writer, GError **error);

struct capture_packet {
	gint64 time_us;		/* since the first datagram, in microseconds */
	guint16 seq;
	guint32 timestamp;
	const guint8 *payload;	/* behind the RTP header, its extension and CSRCs */
	gsize payload_len;	/* without padding */
	gsize len;		/* of the whole datagram, RTP header included */
};

/* Called for each RTP datagram in the order of arrival; RTCP is left out. */
typedef void (*capture_func)(const struct capture_packet *packet, gpointer data);

/* FALSE with @error set if the file is unreadable, neither format, or cut short. */
gboolean capture_read(const char *path, capture_func func, gpointer data, GError **error);

#endif
