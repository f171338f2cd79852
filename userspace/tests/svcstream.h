/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An H.264 SVC stream without end: the packets of a real one over and over, with
 * real headers and sizes. What else is in them no codec looks at.
 */
#ifndef RTPRELAY_TESTS_SVCSTREAM_H
#define RTPRELAY_TESTS_SVCSTREAM_H

#include <glib.h>

#include "codec.h"

struct svcstream;

/* @path: what nallist wrote. Failures end the test. */
struct svcstream *svcstream_new(const char *path);
void svcstream_free(struct svcstream *stream);

/* Fills in all of @pkt but its SSRC and sequence number, which are the caller's. */
void svcstream_packet(const struct svcstream *stream, guint64 n, struct rtp_packet *pkt);

/*
 * Whether a receiver with @cap is to get the packet, judged by the NAL unit that it
 * is of, whatever a codec could see.
 */
gboolean svcstream_kept(const struct svcstream *stream, guint64 n, const struct rtp_cap *cap);

#endif
