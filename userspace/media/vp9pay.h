/* SPDX-License-Identifier: GPL-2.0-or-later */
/* VP9 in RTP (RFC 9628), as what is scalable is sent, and back. */
#ifndef RTPRELAY_MEDIA_VP9PAY_H
#define RTPRELAY_MEDIA_VP9PAY_H

#include "rtpfile.h"

/*
 * Packetizes frame @index of a stream, which must not have been cut, in flexible mode:
 * a picture identifier of 15 bits, layer indices, the pictures that it refers to, and
 * the scalability structure with each key picture.
 *
 * @mtu: octets of an RTP datagram, its header of 12 included, RTPFILE_MIN_MTU or more. @out: struct
 * rtpfile_packet, owned, get its datagrams; the marker bit is on the last of the
 * picture.
 */
void vp9_pay(const struct layered *stream, guint index, guint mtu, GPtrArray *out);

/*
 * The other way: adds the frames of one picture, whose payloads are @packets in their
 * order, to a stream. What cannot be known from payloads stays 0: frame->number, ->refs,
 * the size. FALSE with @error set if a frame's start or end is missing or a payload is
 * malformed.
 */
gboolean vp9_depay(const GPtrArray *packets, guint32 picture, struct layered *stream,
		   GError **error);

/* Appends the frames of a picture as one superframe (VP9 bitstream, annex B). */
void vp9_superframe(const struct layered *stream, guint first, guint end, GByteArray *out);

#endif
