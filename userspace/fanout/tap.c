// SPDX-License-Identifier: GPL-2.0-or-later
#include "tap.h"

#include <errno.h>
#include <string.h>

#include "engine.h"

/**
 * struct tap - see tap.h
 * @fanout: whose
 * @dests: struct engine_dest * by its info.cookie; owns them
 * @sent: counters of the engines that are gone
 */
struct tap {
	struct fanout *fanout;
	GHashTable *dests;
	struct rtp_fanout_info sent;
};

struct tap *tap_new(struct fanout *fanout)
{
	struct tap *tap = g_new0(struct tap, 1);

	tap->fanout = fanout;
	tap->dests = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
	return tap;
}

void tap_free(struct tap *tap)
{
	g_hash_table_unref(tap->dests);
	g_free(tap);
}

gboolean tap_is_for(const struct rtp_fanout_dest *dest)
{
	return dest->addr.family == AF_UNSPEC;
}

static void tap_sum(struct rtp_fanout_info *sum, const struct rtp_fanout_info *info)
{
	sum->tx_packets += info->tx_packets;
	sum->tx_octets += info->tx_octets;
	sum->tx_dropped += info->tx_dropped;
}

/* With the kernel's backend the stream has to come here, too. */
static gboolean tap_open(struct tap *tap, GError **error)
{
	struct fanout *fanout = tap->fanout;

	if (fanout->engine)
		return TRUE;
	if (!fanout_tee(fanout, TRUE, error))
		return FALSE;
	fanout->engine = engine_new(fanout, &fanout->config);
	return TRUE;
}

static void tap_close(struct tap *tap)
{
	struct fanout *fanout = tap->fanout;

	if (fanout->ops->backend == FANOUT_USER || g_hash_table_size(tap->dests))
		return;
	tap_sum(&tap->sent, &fanout->engine->info);
	g_clear_pointer(&fanout->engine, engine_free);
	fanout_tee(fanout, FALSE, NULL);
}

static gboolean tap_valid(const struct rtp_fanout_dest *dest)
{
	static const struct rtp_fanout_addr nowhere;
	static const guint8 none[sizeof(dest->local)];

	return !memcmp(&dest->addr, &nowhere, sizeof(nowhere)) && !dest->ifindex &&
	       !memcmp(dest->local, none, sizeof(none));
}

gboolean tap_add(struct tap *tap, const struct rtp_fanout_dest *dest, GError **error)
{
	static const char what[] = "add destination of the tap";
	struct engine_dest *added;

	if (!tap_valid(dest) || !tap->fanout->callbacks.copies)
		return fanout_fail(error, EINVAL, what);
	if (g_hash_table_contains(tap->dests, &dest->cookie))
		return fanout_fail(error, EEXIST, what);
	if (!tap_open(tap, error))
		return FALSE;

	added = g_new0(struct engine_dest, 1);
	if (!engine_dest_init(tap->fanout->engine, added, dest, what, error)) {
		g_free(added);
		tap_close(tap);
		return FALSE;
	}
	g_hash_table_insert(tap->dests, &added->info.cookie, added);
	return TRUE;
}

gboolean tap_set(struct tap *tap, const struct rtp_fanout_dest *dest, guint32 flags,
		 GError **error)
{
	static const char what[] = "change destination of the tap";
	struct engine_dest *found = g_hash_table_lookup(tap->dests, &dest->cookie);

	/* it is found by its cookie */
	if (flags & RTP_FANOUT_SET_COOKIE)
		return fanout_fail(error, EINVAL, what);
	if (!found)
		return fanout_fail(error, ENOENT, what);
	return engine_dest_set(tap->fanout->engine, found, dest, flags, error);
}

gboolean tap_del(struct tap *tap, const struct rtp_fanout_dest *dest, GError **error)
{
	struct engine_dest *gone = g_hash_table_lookup(tap->dests, &dest->cookie);

	if (!gone)
		return fanout_fail(error, ENOENT, "remove destination of the tap");
	engine_dest_exit(tap->fanout->engine, gone);
	g_hash_table_remove(tap->dests, &gone->info.cookie);
	tap_close(tap);
	return TRUE;
}

void tap_add_info(struct tap *tap, struct rtp_fanout_info *info)
{
	const struct engine *engine = tap->fanout->engine;

	tap_sum(info, &tap->sent);
	if (!engine)
		return;
	tap_sum(info, &engine->info);
	info->dests += engine->info.dests;
	info->switching += engine->caps.switching;
}

gboolean tap_each_dest(struct tap *tap, fanout_visitor visit, gpointer user_data)
{
	GHashTableIter iter;
	gpointer dest;

	g_hash_table_iter_init(&iter, tap->dests);
	while (g_hash_table_iter_next(&iter, NULL, &dest))
		if (!visit(engine_dest_describe(tap->fanout->engine, dest), user_data))
			return FALSE;
	return TRUE;
}

static void tap_send_dest(struct tap *tap, struct engine *engine,
			  struct engine_dest *dest)
{
	guint8 heads[FANOUT_RX_BATCH][RTP_HDR_LEN];
	const struct engine_item *items[FANOUT_RX_BATCH];
	struct fanout_copy copies[FANOUT_RX_BATCH];
	guint n = 0, taken;

	for (guint i = 0; i < engine->n_items; i++) {
		const struct engine_item *item = &engine->items[i];

		if (!engine_copy(engine, dest, item, heads[n]))
			continue;
		copies[n] = (struct fanout_copy){
			.head = heads[n],
			.rest = item->data + RTP_HDR_LEN,
			.rest_len = item->len - RTP_HDR_LEN,
		};
		items[n++] = item;
	}
	if (!n)
		return;

	taken = tap->fanout->callbacks.copies(dest->info.cookie, copies, n,
					      tap->fanout->user_data);
	for (guint i = 0; i < taken; i++)
		engine_count(engine, dest, items[i], heads[i]);
	engine_count_dropped(engine, dest, n - taken, EAGAIN);
}

void tap_send(struct tap *tap, struct engine *engine)
{
	gint64 now = g_get_monotonic_time();
	GHashTableIter iter;
	gpointer dest;

	g_hash_table_iter_init(&iter, tap->dests);
	while (g_hash_table_iter_next(&iter, NULL, &dest))
		if (!engine_dest_is_over(engine, dest, now))
			tap_send_dest(tap, engine, dest);
}
