// SPDX-License-Identifier: GPL-2.0-or-later
#include "outage.h"

#include "limit.h"

void outage_init(struct outage *outage, void (*again)(gpointer user_data),
		 void (*over)(gpointer user_data), gpointer user_data)
{
	*outage = (struct outage){ .again = again, .over = over, .user_data = user_data };
	backoff_init(&outage->backoff, LIMIT_UPSTREAM_RETRY_MS,
		     LIMIT_UPSTREAM_RETRY_MAX_MS);
}

static gboolean outage_retry(gpointer user_data)
{
	struct outage *outage = user_data;

	outage->retry = 0;
	outage->again(outage->user_data);
	return G_SOURCE_REMOVE;
}

static gboolean outage_give_up(gpointer user_data)
{
	struct outage *outage = user_data;

	outage->give_up = 0;
	outage->over(outage->user_data);
	return G_SOURCE_REMOVE;
}

guint outage_lose(struct outage *outage, guint seconds)
{
	guint pause_ms = backoff_next(&outage->backoff);

	if (!outage->since) {
		outage->since = g_get_monotonic_time();
		outage->give_up = g_timeout_add(seconds * 1000, outage_give_up, outage);
	}
	outage->retry = g_timeout_add(pause_ms, outage_retry, outage);
	return pause_ms;
}

gint64 outage_end(struct outage *outage)
{
	gint64 since = outage->since;

	backoff_reset(&outage->backoff);
	if (!since)
		return -1;
	outage->since = 0;
	outage->returns++;
	g_clear_handle_id(&outage->give_up, g_source_remove);
	return (g_get_monotonic_time() - since) / 1000;
}

void outage_stop(struct outage *outage)
{
	g_clear_handle_id(&outage->retry, g_source_remove);
	g_clear_handle_id(&outage->give_up, g_source_remove);
}
