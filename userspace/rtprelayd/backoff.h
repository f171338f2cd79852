/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pauses between attempts: each twice the last, and random, so that many relays
 * do not return to a server together
 */
#ifndef RTPRELAYD_BACKOFF_H
#define RTPRELAYD_BACKOFF_H

#include <glib.h>

/**
 * struct backoff - a row of pauses
 * @first_ms: the first one, at most
 * @max_ms: the longest
 * @next_ms: the next one, at most
 */
struct backoff {
	guint first_ms;
	guint max_ms;
	guint next_ms;
};

void backoff_init(struct backoff *backoff, guint first_ms, guint max_ms);

/* backoff_next - the next pause, in ms: half of what it may be at least */
guint backoff_next(struct backoff *backoff);

/* backoff_reset - an attempt has succeeded: begin again with the first */
void backoff_reset(struct backoff *backoff);

#endif
