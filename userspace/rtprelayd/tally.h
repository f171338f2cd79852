/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What each destination of a fan-out was sent, as of a moment ago. Reading it is a
 * walk over all of them: one walk serves whoever asks until it is old, so that
 * thousands of viewers that come or go at once cost no more than one.
 */
#ifndef RTPRELAYD_TALLY_H
#define RTPRELAYD_TALLY_H

#include "fanout.h"

struct tally;

/* tally_new - nothing is read yet; @fanout outlives it */
struct tally *tally_new(struct fanout *fanout);

void tally_free(struct tally *tally);

/**
 * tally_find - what the destination with that cookie was sent
 *
 * Return: as of LIMIT_TALLY_MS ago or, where a walk takes long, ten times as long as
 * it takes; valid until the next call. NULL when there was none then.
 */
const struct rtp_fanout_dest_info *tally_find(struct tally *tally, guint64 cookie);

#endif
