// SPDX-License-Identifier: GPL-2.0-or-later
#include "tally.h"

#include "limit.h"

/* Of the daemon's time walks may take a tenth */
#define TALLY_SHARE	10

/**
 * struct tally - see tally.h
 * @fanout: whose
 * @sent: struct rtp_fanout_dest_info *, as of the last walk, by its cookie
 * @fresh_until: monotonic time, us; 0 before the first walk
 */
struct tally {
	struct fanout *fanout;
	GHashTable *sent;
	gint64 fresh_until;
};

struct tally *tally_new(struct fanout *fanout)
{
	struct tally *tally = g_new0(struct tally, 1);

	tally->fanout = fanout;
	tally->sent = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
	return tally;
}

void tally_free(struct tally *tally)
{
	if (!tally)
		return;
	g_hash_table_unref(tally->sent);
	g_free(tally);
}

static gboolean tally_take(const struct rtp_fanout_dest_info *info, gpointer user_data)
{
	struct rtp_fanout_dest_info *copy = g_memdup2(info, sizeof(*info));

	g_hash_table_replace(user_data, &copy->cookie, copy);
	return TRUE;
}

static void tally_walk(struct tally *tally, gint64 began)
{
	gint64 now;

	g_hash_table_remove_all(tally->sent);
	fanout_each_dest(tally->fanout, tally_take, tally->sent, NULL);
	now = g_get_monotonic_time();
	tally->fresh_until = now + MAX(LIMIT_TALLY_MS * 1000, TALLY_SHARE * (now - began));
}

const struct rtp_fanout_dest_info *tally_find(struct tally *tally, guint64 cookie)
{
	gint64 now = g_get_monotonic_time();

	if (now >= tally->fresh_until)
		tally_walk(tally, now);
	return g_hash_table_lookup(tally->sent, &cookie);
}
