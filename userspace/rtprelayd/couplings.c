// SPDX-License-Identifier: GPL-2.0-or-later
#include "couplings.h"

#include "addr.h"
#include "leg.h"

/* One that loses while the others do not is adapted by itself for so long, us */
#define ALONE_US	(60 * G_USEC_PER_SEC)

/* Viewers among whom it can be told that one loses by itself */
#define ALONE_VIEWERS	3

/* A viewer, as it was added */
struct couplings_leg {
	struct leg *leg;
	const struct points *points;
	struct adapt_report report;
	gboolean reported;
};

/**
 * struct coupling - those at an address
 * @coupled: their controller
 * @legs: struct couplings_leg, of this run
 * @members: how many there were in the last one
 */
struct coupling {
	struct coupled coupled;
	GArray *legs;
	guint members;
};

/* struct couplings - struct coupling by the viewers' address, its port 0 */
struct couplings {
	GHashTable *by_addr;
};

static void coupling_free(gpointer data)
{
	struct coupling *coupling = data;

	g_array_unref(coupling->legs);
	g_free(coupling);
}

struct couplings *couplings_new(void)
{
	struct couplings *couplings = g_new0(struct couplings, 1);

	couplings->by_addr = g_hash_table_new_full(addr_hash, addr_equal, g_free,
						   coupling_free);
	return couplings;
}

void couplings_free(struct couplings *couplings)
{
	g_hash_table_unref(couplings->by_addr);
	g_free(couplings);
}

void couplings_add(struct couplings *couplings, struct leg *leg,
		   const struct points *points, const struct adapt_report *report)
{
	struct couplings_leg added = { .leg = leg, .points = points };
	struct rtp_fanout_addr key = *leg_addr(leg);
	struct coupling *coupling;

	key.port = 0;
	coupling = g_hash_table_lookup(couplings->by_addr, &key);
	if (!coupling) {
		coupling = g_new0(struct coupling, 1);
		coupling->legs = g_array_new(FALSE, FALSE, sizeof(struct couplings_leg));
		g_hash_table_insert(couplings->by_addr, g_memdup2(&key, sizeof(key)), coupling);
	}
	if (report) {
		added.report = *report;
		added.reported = TRUE;
	}
	g_array_append_val(coupling->legs, added);
}

static gboolean coupling_shares(const struct couplings_leg *leg, gint64 now)
{
	return leg->leg->transport == TRANSPORT_UDP && leg->leg->adapter.alone_until <= now;
}

static void coupling_sum(struct adapt_report *sum, const struct adapt_report *report, gint sign)
{
	sum->packets += sign * (gint64)report->packets;
	sum->octets += sign * (gint64)report->octets;
	sum->dropped += sign * (gint64)report->dropped;
	sum->lost += sign * (gint64)report->lost;
	sum->interval_us += sign * report->interval_us;
}

/* Who loses much while all others together lose next to nothing has a way of its own. */
static void coupling_part(struct coupling *coupling, struct adapt_report *sum, gint64 now)
{
	for (guint i = 0; i < coupling->legs->len; i++) {
		struct couplings_leg *leg = &g_array_index(coupling->legs, struct couplings_leg, i);
		struct adapt_report others = *sum;

		if (!leg->reported || adapt_loss(&leg->report) < ADAPTIVE_LOSS_SEVERE)
			continue;
		coupling_sum(&others, &leg->report, -1);
		if (others.packets < leg->report.packets ||
		    adapt_loss(&others) > ADAPTIVE_LOSS_LOW)
			continue;
		*sum = others;
		leg->leg->adapter.alone_until = now + ALONE_US;
	}
}

static void coupling_share(struct coupling *coupling, const char *path)
{
	guint64 limit = coupling->coupled.limit ? coupling->coupled.limit : G_MAXUINT64;
	guint n = coupling->legs->len;
	g_autofree struct share_viewer *viewers = g_new0(struct share_viewer, n);

	for (guint i = 0; i < n; i++) {
		struct couplings_leg *leg = &g_array_index(coupling->legs, struct couplings_leg, i);

		viewers[i].points = leg->points;
		viewers[i].wanted = leg->points->n - 1;
	}
	share_allocate(viewers, n, limit);
	for (guint i = 0; i < n; i++) {
		struct couplings_leg *leg = &g_array_index(coupling->legs, struct couplings_leg, i);
		struct adapter_leg *adapter = &leg->leg->adapter;

		adapter->wanted = leg->points->cap[viewers[i].level];
		decision_shared(&adapter->adapted, viewers[i].level == leg->points->n - 1,
				limit, n);
		adapter_apply(path, leg->leg, leg->points);
	}
}

/* What the viewers take, at least and at most; of those before, what they took. */
static guint64 coupling_rates(const struct coupling *coupling, guint64 *least, guint64 *most,
			      guint64 *known)
{
	guint64 rate = 0;

	*least = *most = *known = 0;
	for (guint i = 0; i < coupling->legs->len; i++) {
		struct couplings_leg *leg = &g_array_index(coupling->legs, struct couplings_leg, i);
		guint level = points_find(leg->points, &leg->leg->dest.cap);

		rate += leg->points->rate[level];
		*least += leg->points->rate[0];
		*most += leg->points->rate[leg->points->n - 1];
		if (level < leg->points->n - 1)
			*known += leg->points->rate[level];
	}
	return rate;
}

static void coupling_run(struct coupling *coupling, const char *path, gint64 now)
{
	struct adapt_report sum = { .at_us = now };
	guint64 rate, least, most, known;
	gboolean changed = FALSE;
	guint reports = 0;

	for (guint i = 0; i < coupling->legs->len; i++) {
		struct couplings_leg *leg = &g_array_index(coupling->legs, struct couplings_leg, i);

		if (!leg->reported)
			continue;
		coupling_sum(&sum, &leg->report, 1);
		reports++;
	}
	if (coupling->legs->len >= ALONE_VIEWERS)
		coupling_part(coupling, &sum, now);

	rate = coupling_rates(coupling, &least, &most, &known);
	/* those who were here alone have found what there is */
	if (coupling->members < 2 && known)
		coupling->coupled.limit = known;
	if (reports) {
		sum.interval_us /= reports;
		changed = coupled_step(&coupling->coupled, &sum, rate, least, most);
	}
	if (changed) {
		coupling_share(coupling, path);
	} else if (coupling->coupled.limit && coupling->members != coupling->legs->len) {
		coupling_share(coupling, path);
		/* what newcomers were sent before says nothing of the limit */
		coupling->coupled.changed_us = now;
	}
}

/* Takes those who do not share out of the coupling, and shows them to the caller. */
static void coupling_leave(struct coupling *coupling, gint64 now, gboolean together,
			   couplings_visitor alone, gpointer user_data)
{
	guint sharing = 0;

	for (guint i = 0; together && i < coupling->legs->len; i++)
		sharing += coupling_shares(&g_array_index(coupling->legs, struct couplings_leg, i),
					   now);
	for (guint i = coupling->legs->len; i--;) {
		struct couplings_leg *leg = &g_array_index(coupling->legs, struct couplings_leg, i);

		if (sharing > 1 && coupling_shares(leg, now))
			continue;
		if (leg->reported)
			alone(leg->leg, leg->points, &leg->report, user_data);
		g_array_remove_index(coupling->legs, i);
	}
}

void couplings_run(struct couplings *couplings, const char *path, gboolean together,
		   couplings_visitor alone, gpointer user_data)
{
	gint64 now = g_get_monotonic_time();
	struct coupling *coupling;
	GHashTableIter iter;

	g_hash_table_iter_init(&iter, couplings->by_addr);
	while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&coupling)) {
		coupling_leave(coupling, now, together, alone, user_data);
		if (!coupling->legs->len) {
			g_hash_table_iter_remove(&iter);
			continue;
		}
		coupling_run(coupling, path, now);
		coupling->members = coupling->legs->len;
		g_array_set_size(coupling->legs, 0);
	}
}
