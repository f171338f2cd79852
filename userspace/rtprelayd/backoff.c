// SPDX-License-Identifier: GPL-2.0-or-later
#include "backoff.h"

void backoff_init(struct backoff *backoff, guint first_ms, guint max_ms)
{
	backoff->first_ms = first_ms;
	backoff->max_ms = max_ms;
	backoff_reset(backoff);
}

guint backoff_next(struct backoff *backoff)
{
	guint most = backoff->next_ms;

	backoff->next_ms = MIN(2 * most, backoff->max_ms);
	return g_random_int_range(most / 2, most + 1);
}

void backoff_reset(struct backoff *backoff)
{
	backoff->next_ms = backoff->first_ms;
}
