// SPDX-License-Identifier: GPL-2.0-or-later
#include "couplings.h"

#include "addr.h"
#include "leg.h"

/* One that loses while the others do not is adapted by itself for so long, us */
#define ALONE_US	(60 * G_USEC_PER_SEC)

/* Viewers among whom those that reported in a run can tell that one loses by itself */
#define ALONE_VIEWERS	3

/* Runs of which the rates are remembered: more than a report's interval has, mostly */
#define COUPLING_RATES	8

/*
 * Its reports in a row that tell it: of those who share a queue, whoever comes last in a
 * burst that fills it may lose much of it, and the others nothing
 */
#define ALONE_PERIODS	3

/* A viewer, as it was added */
struct couplings_leg {
	struct leg *leg;
	const struct points *points;
	struct adapt_report report;
	gboolean reported;
};

/* Reports added up, and how many they are */
struct coupling_sum {
	struct adapt_report report;
	guint n;
};

/**
 * struct coupling - those at an address
 * @coupled: their controller
 * @legs: struct couplings_leg, of this run
 * @members: how many there were in the last one
 * @runs: that there were
 * @rates: what they were sent up to each, octets a second, number modulo COUPLING_RATES
 */
struct coupling {
	struct coupled coupled;
	GArray *legs;
	guint members;
	guint runs;
	guint64 rates[COUPLING_RATES];
};

/* struct couplings - struct coupling by the viewers' address and interface, its port 0 */
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

	couplings->by_addr = g_hash_table_new_full(addr_dest_hash, addr_dest_equal,
						   g_free, coupling_free);
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
	struct rtp_fanout_dest key = addr_dest_host(leg_addr(leg), leg->dest.ifindex);
	struct coupling *coupling;

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

static const struct couplings_leg *coupling_leg(const struct coupling *coupling, guint i)
{
	return &g_array_index(coupling->legs, struct couplings_leg, i);
}

static void coupling_take(struct coupling_sum *sum, const struct adapt_report *report,
			  gint sign)
{
	sum->report.packets += sign * (gint64)report->packets;
	sum->report.octets += sign * (gint64)report->octets;
	sum->report.dropped += sign * (gint64)report->dropped;
	sum->report.lost += sign * (gint64)report->lost;
	sum->report.interval_us += sign * report->interval_us;
	sum->n += sign;
}

/* What a newcomer was sent before its share was found says nothing of the limit. */
static gboolean coupling_heeds(const struct couplings_leg *leg)
{
	return leg->reported && leg->report.at_us - leg->leg->adapter.joined_at >=
				COUPLED_SETTLE_US + leg->report.interval_us;
}

/* Have the others lost next to nothing, by what each said last? */
static gboolean coupling_others_well(const struct coupling_sum *last,
				     const struct couplings_leg *own)
{
	struct coupling_sum others = *last;

	coupling_take(&others, &own->leg->adapter.last, -1);
	return adapt_loss(&others.report) < ADAPTIVE_LOSS_LOW;
}

/* The same by what they said in this run, if that is enough to tell */
static gboolean coupling_others_well_now(const struct coupling *coupling, guint own,
					 const struct coupling_sum *sum)
{
	const struct adapt_report *report = &coupling_leg(coupling, own)->report;
	struct coupling_sum others = *sum;

	coupling_take(&others, report, -1);
	return coupling->legs->len >= ALONE_VIEWERS &&
	       others.report.packets >= report->packets &&
	       adapt_loss(&others.report) <= ADAPTIVE_LOSS_LOW;
}

/*
 * What such a one lost counts, but not so much of it that it would have been enough for a
 * fall of all by the time at which it is known to have a way of its own.
 */
static void coupling_bound(struct coupling_sum *sum, const struct adapt_report *report)
{
	guint64 lost = adapt_loss(report) * report->packets;
	guint64 most = COUPLED_LOST_S / ALONE_PERIODS * sum->report.packets;

	if (lost > most)
		sum->report.lost -= lost - most;
}

/*
 * Who loses much while all others together lose next to nothing has a way of its own, if
 * that goes on. @last: what all of them said last, who said nothing now too
 */
static void coupling_part(struct coupling *coupling, struct coupling_sum *sum,
			  const struct coupling_sum *last, gint64 now)
{
	const struct coupling_sum heard = *sum;

	for (guint i = 0; i < coupling->legs->len; i++) {
		const struct couplings_leg *leg = coupling_leg(coupling, i);
		struct adapter_leg *adapter = &leg->leg->adapter;

		if (!coupling_heeds(leg))
			continue;
		if (adapt_loss(&leg->report) < ADAPTIVE_LOSS_SEVERE ||
		    (!coupling_others_well_now(coupling, i, &heard) &&
		     !coupling_others_well(last, leg))) {
			adapter->apart = 0;
			continue;
		}
		if (++adapter->apart < ALONE_PERIODS) {
			coupling_bound(sum, &leg->report);
			continue;
		}
		coupling_take(sum, &leg->report, -1);
		adapter->alone_until = now + ALONE_US;
	}
}

/* The most that a viewer may have, whatever the way carries */
static guint coupling_most(const struct couplings_leg *leg)
{
	const struct adapter_leg *adapter = &leg->leg->adapter;

	return adapter->limited ? points_find(leg->points, &adapter->allowed) :
				  leg->points->n - 1;
}

static void coupling_share(struct coupling *coupling, const char *path)
{
	guint64 limit = coupling->coupled.limit ? coupling->coupled.limit : G_MAXUINT64;
	guint n = coupling->legs->len;
	g_autofree struct share_viewer *viewers = g_new0(struct share_viewer, n);

	for (guint i = 0; i < n; i++) {
		viewers[i].points = coupling_leg(coupling, i)->points;
		viewers[i].wanted = coupling_most(coupling_leg(coupling, i));
	}
	share_allocate(viewers, n, limit);
	for (guint i = 0; i < n; i++) {
		const struct couplings_leg *leg = coupling_leg(coupling, i);
		struct adapter_leg *adapter = &leg->leg->adapter;
		gboolean all = viewers[i].level == viewers[i].wanted;

		adapter->share = leg->points->cap[viewers[i].level];
		/* what only a limit keeps from it, it still wants */
		adapter->wanted = all ? leg->points->cap[leg->points->n - 1] : adapter->share;
		decision_shared(&adapter->adapted, all, limit, n);
		adapter_apply(path, leg->leg, leg->points);
	}
}

/* What the viewers take, and what they would at least and at most. */
static guint64 coupling_rates(const struct coupling *coupling, guint64 *least, guint64 *most)
{
	guint64 rate = 0;

	*least = *most = 0;
	for (guint i = 0; i < coupling->legs->len; i++) {
		const struct couplings_leg *leg = coupling_leg(coupling, i);

		rate += leg->points->rate[points_find(leg->points, &leg->leg->dest.cap)];
		*least += leg->points->rate[0];
		*most += leg->points->rate[coupling_most(leg)];
	}
	return rate;
}

/* What they were sent on average in so long a time, newcomers before they had a share too */
static guint64 coupling_sent(const struct coupling *coupling, gint64 interval_us)
{
	const gint64 period_us = ADAPTER_PERIOD_S * G_USEC_PER_SEC;
	gint64 runs = (interval_us + period_us - 1) / period_us;
	guint64 sum = 0;

	runs = CLAMP(runs, 1, MIN(coupling->runs, COUPLING_RATES));
	for (guint i = 1; i <= runs; i++)
		sum += coupling->rates[(coupling->runs - i) % COUPLING_RATES];
	return sum / runs;
}

/* Has a limit let go of a viewer, which has more than its share since? */
static gboolean coupling_exceeds(const struct couplings_leg *leg)
{
	return points_find(leg->points, &leg->leg->dest.cap) >
	       points_find(leg->points, &leg->leg->adapter.share);
}

/* Returns whether the viewers, or what they may have, are others than in the last run. */
static gboolean coupling_differs(const struct coupling *coupling, gint64 now)
{
	gboolean differs = coupling->members != coupling->legs->len;

	for (guint i = 0; i < coupling->legs->len; i++) {
		const struct couplings_leg *leg = coupling_leg(coupling, i);
		struct adapter_leg *adapter = &leg->leg->adapter;

		differs |= !adapter->joined_at || coupling_exceeds(leg);
		if (!adapter->joined_at)
			adapter->joined_at = now;
	}
	return differs;
}

/*
 * Who has less than it may, though nothing is shared, finds by itself what there is. Who no
 * longer shares, too.
 */
static gboolean coupling_leaves(const struct coupling *coupling,
				const struct couplings_leg *leg, gint64 now)
{
	return !coupling_shares(leg, now) ||
	       (!coupling->coupled.limit &&
		points_find(leg->points, &leg->leg->adapter.wanted) < leg->points->n - 1);
}

static void coupling_run(struct coupling *coupling, const char *path, gint64 now,
			 couplings_visitor alone, gpointer user_data)
{
	struct coupling_sum sum = { .report.at_us = now }, last = { 0 };
	guint64 rate, least, most;
	gboolean share;

	rate = coupling_rates(coupling, &least, &most);
	coupling->rates[coupling->runs++ % COUPLING_RATES] = rate;
	share = coupling_differs(coupling, now) && coupling->coupled.limit;
	for (guint i = 0; i < coupling->legs->len; i++) {
		const struct couplings_leg *leg = coupling_leg(coupling, i);

		if (leg->reported)
			leg->leg->adapter.last = leg->report;
		coupling_take(&last, &leg->leg->adapter.last, 1);
		if (coupling_heeds(leg))
			coupling_take(&sum, &leg->report, 1);
	}
	coupling_part(coupling, &sum, &last, now);
	if (sum.n) {
		sum.report.interval_us /= sum.n;
		rate = coupling_sent(coupling, sum.report.interval_us);
		share |= coupled_step(&coupling->coupled, &sum.report, rate, least, most);
	}
	if (share)
		coupling_share(coupling, path);
	for (guint i = 0; i < coupling->legs->len; i++) {
		const struct couplings_leg *leg = coupling_leg(coupling, i);

		if (leg->reported && coupling_leaves(coupling, leg, now))
			alone(leg->leg, leg->points, &leg->report, user_data);
	}
}

/* Takes those who do not share out of the coupling, and shows them to the caller. */
static void coupling_leave(struct coupling *coupling, gint64 now, gboolean together,
			   couplings_visitor alone, gpointer user_data)
{
	guint sharing = 0;

	for (guint i = 0; together && i < coupling->legs->len; i++)
		sharing += coupling_shares(coupling_leg(coupling, i), now);
	for (guint i = coupling->legs->len; i--;) {
		const struct couplings_leg *leg = coupling_leg(coupling, i);

		if (sharing > 1 && coupling_shares(leg, now))
			continue;
		adapter_leg_part(&leg->leg->adapter);
		if (leg->reported)
			alone(leg->leg, leg->points, &leg->report, user_data);
		g_array_remove_index(coupling->legs, i);
	}
}

void couplings_run(struct couplings *couplings, const char *path, gint64 now,
		   gboolean together, couplings_visitor alone, gpointer user_data)
{
	struct coupling *coupling;
	GHashTableIter iter;

	g_hash_table_iter_init(&iter, couplings->by_addr);
	while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&coupling)) {
		coupling_leave(coupling, now, together, alone, user_data);
		if (!coupling->legs->len) {
			g_hash_table_iter_remove(&iter);
			continue;
		}
		coupling_run(coupling, path, now, alone, user_data);
		coupling->members = coupling->legs->len;
		g_array_set_size(coupling->legs, 0);
	}
}
