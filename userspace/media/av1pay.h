/* SPDX-License-Identifier: GPL-2.0-or-later */
/* AV1 in RTP ("RTP Payload Format For AV1", version 1.0), and back. */
#ifndef RTPRELAY_MEDIA_AV1PAY_H
#define RTPRELAY_MEDIA_AV1PAY_H

#include "rtpfile.h"

/*
 * Packetizes frame @index of a stream: its OBUs without temporal delimiters and without
 * sizes of their own, as many in a datagram as fit, cut where they do not.
 *
 * @mtu: octets of an RTP datagram, its header of 12 included but no extension,
 * RTPFILE_MIN_MTU or more. @out: struct rtpfile_packet, owned, get its datagrams; the
 * marker bit is on the last of the picture. FALSE with @error set if the encoder's data is
 * malformed.
 */
gboolean av1_pay(const struct layered *stream, guint index, guint mtu, GPtrArray *out,
		 GError **error);

/*
 * The other way: adds the frames of one picture, whose payloads are @packets in their
 * order, to a stream, as OBUs with sizes behind a temporal delimiter; an OBU of another
 * spatial layer than the one before it begins a frame. What cannot be known from payloads
 * stays 0: frame->number, ->refs, ->switching, the size. FALSE with @error set if a part
 * of an OBU is missing or a payload is malformed.
 */
gboolean av1_depay(const GPtrArray *packets, guint32 picture, struct layered *stream,
		   GError **error);

#endif
