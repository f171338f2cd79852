// SPDX-License-Identifier: GPL-2.0-or-later
#include "adapter.h"

#include "addr.h"
#include "cap.h"
#include "couplings.h"
#include "leg.h"
#include "log.h"
#include "means.h"
#include "thesis.h"
#include "track.h"

/**
 * struct adapter - a run
 * @config: of the path
 * @path: its name
 * @layers: of the track
 * @n_layers: how many
 * @clock_rate: of the track, Hz; 0 when unknown
 * @couplings: who shares a way
 * @points: struct adapter_points
 */
struct adapter {
	const struct config_adapt *config;
	const char *path;
	struct rtp_fanout_layer layers[RTP_FANOUT_MAX_COUNT];
	guint n_layers;
	guint32 clock_rate;
	struct couplings *couplings;
	GPtrArray *points;
};

/* What viewers with a wish can be moved along */
struct adapter_points {
	struct rtp_fanout_cap wish;
	struct points points;
};

/* Datagrams beyond those sent that a report may tell of: what was on its way before */
#define REPORT_SLACK	16

/* In us: 1 for none at all, 0 when it is not known or cannot be right */
static guint32 adapter_jitter(guint32 clock_rate, guint32 ticks)
{
	guint64 us;

	if (!clock_rate)
		return 0;
	us = (guint64)ticks * G_USEC_PER_SEC / clock_rate;
	return us < G_MAXINT32 ? MAX(us, 1) : 0;
}

/*
 * Of more datagrams than there were nobody can tell. A few more there may be, since the
 * viewer and the relay do not look at the same moment: what was lost stays the same
 * share of them. Returns FALSE when it is far too many.
 */
static gboolean adapter_bound(struct adapt_report *report, guint64 sent)
{
	guint64 most = sent + REPORT_SLACK;

	if (report->packets > 2 * most)
		return FALSE;
	if (report->packets > most) {
		report->lost = report->lost * most / report->packets;
		report->packets = most;
	}
	return TRUE;
}

gboolean adapter_report(struct leg *leg, const struct rtp_fanout_dest_info *sent,
			guint32 clock_rate, struct adapt_report *report)
{
	const struct receiver *receiver = &leg->receiver;
	struct adapter_leg *old = &leg->adapter;
	/* not what the output path refused: a full queue is the path's first one */
	guint64 dropped = sent->dropped_nomem + sent->dropped_inflight +
			  sent->dropped_route + sent->dropped_mtu;
	guint64 packets = sent->packets - old->packets;
	/* both wrap, and a viewer may say anything */
	gint32 expected = receiver->block.highest - old->highest;
	gint64 lost = (gint64)receiver->block.lost - old->lost;
	gboolean ok = old->reports && expected > 0 && receiver->at > old->at;

	*report = (struct adapt_report){
		.at_us = receiver->at,
		.interval_us = receiver->at - old->at,
		.packets = MAX(expected, 0),
		.octets = sent->octets - old->octets,
		.dropped = dropped - old->dropped,
		.lost = CLAMP(lost, 0, MAX(expected, 0)),
		.rtt_us = receiver->block.lsr != old->lsr ? receiver->rtt_us : 0,
		.jitter_us = adapter_jitter(clock_rate, receiver->block.jitter),
	};
	old->lsr = receiver->block.lsr;
	old->reports = receiver->reports;
	old->at = receiver->at;
	old->highest = receiver->block.highest;
	old->lost = receiver->block.lost;
	old->packets = sent->packets;
	old->octets = sent->octets;
	old->dropped = dropped;
	return ok && adapter_bound(report, packets);
}

void adapter_decide(enum adapt_mode mode, struct leg *leg, const struct points *points,
		    const struct adapt_report *report)
{
	struct adapter_leg *state = &leg->adapter;
	/* within a limit, by what it has: more it has not been sent */
	const struct rtp_fanout_cap *from = state->limited ? &leg->dest.cap : &state->wanted;
	guint level = points_find(points, from), before = level;
	struct adaptive *adaptive = &state->adaptive;
	struct points own = *points;
	enum adaptive_reason reason;

	/* what it may not have cannot be tried */
	if (state->limited)
		own.n = level + 1;
	if (mode == ADAPT_THESIS) {
		level = thesis_step(&own, level, report);
		decision_thesis(&state->adapted, &own, level, report);
	} else {
		adaptive->level = level;
		reason = adaptive_step(adaptive, &own, report);
		level = adaptive->level;
		/* within a limit it always has all that it may try */
		if (!state->limited || reason != ADAPTIVE_STEADY)
			decision_adapted(&state->adapted, reason, adaptive, &own, report);
	}
	/* what it wants is not less for a limit */
	if (!state->limited || level < before)
		state->wanted = points->cap[level];
}

void adapter_leg_init(struct adapter_leg *adapter, const struct rtp_fanout_cap *wish)
{
	*adapter = (struct adapter_leg){
		.wish = *wish,
		.wanted = *wish,
		.allowed = FANOUT_CAP_ALL,
	};
}

void adapter_leg_wish(struct adapter_leg *adapter, const struct rtp_fanout_cap *wish)
{
	adapter->wish = *wish;
	adapter->wanted = *wish;
	adapter->adapted = (struct decision){ DECISION_WISH, "" };
	adapter_leg_part(adapter);
}

void adapter_leg_part(struct adapter_leg *adapter)
{
	adapter->joined_at = 0;
	adapter->apart = 0;
	adapter->last = (struct adapt_report){ 0 };
}

const struct decision *adapter_decision(const struct adapter_leg *adapter)
{
	return adapter->limited ? &adapter->limit : &adapter->adapted;
}

static void adapter_log_move(const char *path, const struct leg *leg,
			     const struct rtp_fanout_cap *old, guint64 rate)
{
	char addr[ADDR_STRLEN], from[CAP_STRLEN], to[CAP_STRLEN];

	log_event("viewer-adapted", LOG_S("path", path),
		  LOG_S("viewer", addr_to_string(leg_addr(leg), addr)),
		  LOG_S("from", cap_to_string(old, from)),
		  LOG_S("to", cap_to_string(&leg->dest.cap, to)),
		  LOG_U("rate", rate),
		  LOG_S("reason", decision_text(adapter_decision(&leg->adapter))));
}

void adapter_apply(const char *path, struct leg *leg, const struct points *points)
{
	guint wanted = points_find(points, &leg->adapter.wanted);
	guint allowed = points_find(points, &leg->adapter.allowed);
	guint level = MIN(wanted, allowed), now = points_find(points, &leg->dest.cap);
	/* who rises keeps what it has, at the least; who falls may fall all the way */
	guint lowest = level > now ? now + 1 : 0;
	struct rtp_fanout_cap old = leg->dest.cap;
	g_autoptr(GError) error = NULL;
	char addr[ADDR_STRLEN];

	if (level == now || old.flags & RTP_FANOUT_CAP_PAUSE)
		return;
	for (guint i = level + 1; i-- > lowest;) {
		g_clear_error(&error);
		if (!track_set_cap(leg, &points->cap[i], &error))
			continue;
		leg->adapter.stuck = FALSE;
		adapter_log_move(path, leg, &old, points->rate[i]);
		return;
	}
	if (!leg->adapter.stuck)
		log_warn("viewer-not-adapted", LOG_S("path", path),
			 LOG_S("viewer", addr_to_string(leg_addr(leg), addr)),
			 LOG_S("error", error->message));
	leg->adapter.stuck = TRUE;
}

/* The points of those with this wish, made once in a run */
static const struct points *adapter_points(struct adapter *adapter,
					   const struct rtp_fanout_cap *wish)
{
	struct adapter_points *made;

	for (guint i = 0; i < adapter->points->len; i++) {
		made = g_ptr_array_index(adapter->points, i);
		if (!cap_compare(&made->wish, wish))
			return &made->points;
	}
	made = g_new(struct adapter_points, 1);
	made->wish = *wish;
	points_build(&made->points, adapter->layers, adapter->n_layers, wish,
		     adapter->config->order);
	g_ptr_array_add(adapter->points, made);
	return &made->points;
}

static void adapter_decide_alone(struct leg *leg, const struct points *points,
				 const struct adapt_report *report, gpointer user_data)
{
	const struct adapter *adapter = user_data;

	adapter_decide(adapter->config->mode, leg, points, report);
	adapter_apply(adapter->path, leg, points);
}

static void adapter_look(struct leg *leg, const struct rtp_fanout_dest_info *sent,
			 gpointer user_data)
{
	struct adapter *adapter = user_data;
	const struct points *points;
	struct adapt_report report;
	gboolean reported;

	/* who is paused is sent nothing that a report could be about */
	if (leg->dest.cap.flags & RTP_FANOUT_CAP_PAUSE) {
		adapter_leg_part(&leg->adapter);
		return;
	}
	reported = leg->receiver.reports != leg->adapter.reports &&
		   adapter_report(leg, sent, adapter->clock_rate, &report);
	points = adapter_points(adapter, &leg->adapter.wish);
	couplings_add(adapter->couplings, leg, points, reported ? &report : NULL);
}

void adapter_run(const struct config_adapt *config, const char *path,
		 struct track *track, struct couplings *couplings)
{
	struct adapter adapter = { .config = config, .path = path, .couplings = couplings };
	gint64 now = g_get_monotonic_time();
	struct track_status status;

	track_get_status(track, &status);
	if (!status.fanout)
		return;
	adapter.clock_rate = status.config->clock_rate;
	adapter.n_layers = fanout_layers(status.fanout, adapter.layers,
					 G_N_ELEMENTS(adapter.layers), NULL);
	/* nothing to give up: audio, or a video of one layer */
	if (adapter.n_layers < 2)
		return;

	means_take(status.means, adapter.layers, adapter.n_layers, now);
	adapter.points = g_ptr_array_new_with_free_func(g_free);
	track_each_leg(track, adapter_look, &adapter);
	couplings_run(couplings, path, now, config->mode == ADAPT_ADAPTIVE,
		      adapter_decide_alone, &adapter);
	g_ptr_array_unref(adapter.points);
}
