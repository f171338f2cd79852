/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RTPRELAY_MEDIA_SPS_H
#define RTPRELAY_MEDIA_SPS_H

#include <glib.h>

/*
 * A copy of the sequence parameter set NAL unit @sps, whose id is 0, with id 1; no
 * start code. NULL if @sps is not an SPS with id 0.
 */
GByteArray *sps_copy_as_id1(const guint8 *sps, gsize len);

#endif
