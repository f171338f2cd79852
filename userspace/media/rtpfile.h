/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RTP datagrams in a file, each behind its length in two octets (RFC 4571). */
#ifndef RTPRELAY_MEDIA_RTPFILE_H
#define RTPRELAY_MEDIA_RTPFILE_H

#include "layered.h"

#define RTPFILE_HEADER	12
#define RTPFILE_MIN_MTU	100	/* above what packetizers put before the first octet of a frame */

struct rtpfile_packet {
	guint16 seq;
	guint32 timestamp;
	gboolean marker;
	GByteArray *payload;
	/* data of the header extension element, NULL for none */
	GByteArray *extension;
};

struct rtpfile_packet *rtpfile_packet_new(void);
void rtpfile_packet_free(gpointer packet);

/*
 * Appends the packet as a datagram. Its extension, if any, has the identifier
 * @extension_id (1 to 255, with the two-byte header of RFC 8285).
 */
void rtpfile_append(GByteArray *file, const struct rtpfile_packet *packet, guint8 extension_id);

/*
 * struct rtpfile_packet of each datagram, without extension. NULL with @error set if the
 * file is cut short or has something else than RTP in it.
 */
GPtrArray *rtpfile_parse(const guint8 *data, gsize size, GError **error);

/* Whether packet @index has the number after that of the one before it. */
gboolean rtpfile_follows(const GPtrArray *packets, guint index);

#endif
