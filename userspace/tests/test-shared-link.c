// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Viewers at one address behind a link that drops at the tail of its queue, as in
 * tools/experiments/bandwidth.py, but counted instead of sent: pictures leave for all of
 * them at once, and a key frame is larger than others.
 */
#include "clip.h"
#include "couplings.h"
#include "home.h"
#include "means.h"
#include "share.h"

#define MOST		160
#define PICTURES_S	20	/* a second */
#define GOP		40	/* pictures from one key frame to the next */
#define KEY		2.2	/* times the mean picture of the lowest temporal layer */
#define PACKET		1000	/* octets */
#define SR_S		4	/* from one sender report to the next */
#define WINDOW_S	14	/* that the experiment looks at */
#define LAYERS		G_N_ELEMENTS(clip)

struct viewer {
	struct leg leg;
	struct rtp_fanout_dest_info sent;
	guint64 lost;	/* datagrams */
};

/**
 * struct link - with those behind it
 * @layers: of the stream, with the rates that the fan-out says
 * @picture: that comes next
 * @rate: of the link, octets a second
 * @queue: octets that wait
 * @limit: the most that do
 * @trip_us: round trip without a queue
 * @report_s: from one report of a viewer to the next
 * @carried: octets, so far
 * @parted: somebody was taken for one with a way of its own
 */
struct link {
	struct couplings *couplings;
	struct means *means;
	struct rtp_fanout_layer layers[LAYERS];
	double window[LAYERS];
	struct points points;
	struct viewer viewers[MOST];
	guint n;
	guint picture;
	double rate;
	double queue;
	double limit;
	gint64 trip_us;
	guint report_s;
	double carried;
	gboolean parted;
};

static void link_start(struct link *link, double rate)
{
	*link = (struct link){
		.rate = rate, .limit = rate * 0.3, .trip_us = 20000, .report_s = 1,
	};
	link->couplings = couplings_new();
	link->means = means_new();
	memcpy(link->layers, clip, sizeof(clip));
}

static void link_end(struct link *link)
{
	couplings_free(link->couplings);
	means_free(link->means);
}

static gint64 link_now(const struct link *link)
{
	return G_USEC_PER_SEC + (gint64)link->picture * G_USEC_PER_SEC / PICTURES_S;
}

static void link_join(struct link *link, guint n)
{
	for (; link->n < n; link->n++)
		home_leg(&link->viewers[link->n].leg, link->n);
}

/* Octets of a layer in a picture: of four one is of TID 0, one of 1, two of 2. */
static double layer_octets(guint i, guint picture)
{
	const double others = (GOP / 4 - KEY) / (GOP / 4 - 1);
	guint tid = picture % 4 == 0 ? 0 : picture % 4 == 2 ? 1 : 2;

	if (clip[i].tid != tid)
		return 0;
	return clip[i].rate / (tid == 2 ? 10.0 : 5.0) *
	       (tid ? 1 : picture % GOP ? others : KEY);
}

/* The fan-out's rates: of each fifth of a second a sixteenth */
static void link_count(struct link *link)
{
	gboolean full = link->picture % (PICTURES_S / 5) == PICTURES_S / 5 - 1;

	for (guint i = 0; i < LAYERS; i++) {
		double octets = layer_octets(i, link->picture);

		link->layers[i].octets += octets;
		link->window[i] += octets;
		if (!full)
			continue;
		link->layers[i].rate = (link->layers[i].rate * 15 + link->window[i] * 5) / 16;
		link->window[i] = 0;
	}
}

static void viewer_send(struct viewer *viewer, struct link *link)
{
	const struct rtp_fanout_cap *cap = &viewer->leg.dest.cap;
	double octets = 0;
	guint packets, room;

	for (guint i = 0; i < LAYERS; i++)
		if (clip[i].did <= cap->did && clip[i].tid <= cap->tid)
			octets += layer_octets(i, link->picture);
	if (octets <= 0)
		return;
	packets = octets / PACKET + 1;
	room = MIN((link->limit - link->queue) / (octets / packets), packets);
	viewer->sent.packets += packets;
	viewer->sent.octets += octets;
	viewer->lost += packets - room;
	link->queue += octets * room / packets;
	link->carried += octets * room / packets;
}

static void viewer_report(struct viewer *viewer, const struct link *link)
{
	struct receiver *receiver = &viewer->leg.receiver;

	receiver->block.highest = viewer->sent.packets;
	receiver->block.lost = viewer->lost;
	receiver->block.lsr = link->picture / (SR_S * PICTURES_S) + 1;
	receiver->rtt_us = link->trip_us + link->queue / link->rate * G_USEC_PER_SEC;
	receiver->at = link_now(link);
	receiver->reports++;
}

static void link_alone(struct leg *leg, const struct points *points,
		       const struct adapt_report *report, gpointer user_data)
{
	struct link *link = user_data;

	link->parted |= leg->adapter.alone_until > 0;
	adapter_decide(ADAPT_ADAPTIVE, leg, points, report);
	adapter_apply("/cam", leg, points);
}

static void link_adapt(struct link *link)
{
	struct rtp_fanout_layer layers[LAYERS];

	memcpy(layers, link->layers, sizeof(layers));
	means_take(link->means, layers, LAYERS, link_now(link));
	points_build(&link->points, layers, LAYERS, &FANOUT_CAP_ALL, POINTS_FRAME_RATE_FIRST);
	for (guint i = 0; i < link->n; i++) {
		struct leg *leg = &link->viewers[i].leg;
		struct adapt_report report;
		gboolean ok = leg->receiver.reports != leg->adapter.reports &&
			      adapter_report(leg, &link->viewers[i].sent, 90000, &report);

		couplings_add(link->couplings, leg, &link->points, ok ? &report : NULL);
	}
	couplings_run(link->couplings, "/cam", link_now(link), TRUE, link_alone, link);
}

static void link_for(struct link *link, guint seconds)
{
	for (guint end = link->picture + seconds * PICTURES_S; link->picture < end;
	     link->picture++) {
		guint every = link->report_s * PICTURES_S;
		guint first = link->picture + link->picture / GOP;

		link->queue = MAX(link->queue - link->rate / PICTURES_S, 0);
		link_count(link);
		/* each is first in turn, of key frames too */
		for (guint i = 0; i < link->n; i++)
			viewer_send(&link->viewers[(i + first) % link->n], link);
		for (guint i = 0; i < link->n; i++)
			if (link->picture % every == i * 7 % every)
				viewer_report(&link->viewers[i], link);
		if (link->picture % PICTURES_S == PICTURES_S / 3)
			link_adapt(link);
	}
}

static double jain(const double *rates, guint n)
{
	double sum = 0, squares = 0;

	for (guint i = 0; i < n; i++) {
		sum += rates[i];
		squares += rates[i] * rates[i];
	}
	return sum * sum / (n * squares);
}

/* What the best use of the link carries, octets a second; its Jain's index */
static double link_best(const struct link *link, double *fair)
{
	struct share_viewer viewers[MOST];
	struct points points;
	double rates[MOST], used;

	clip_points(&points);
	for (guint i = 0; i < link->n; i++)
		viewers[i] = (struct share_viewer){
			.points = &points, .wanted = points.n - 1,
		};
	used = share_allocate(viewers, link->n, link->rate);
	for (guint i = 0; i < link->n; i++)
		rates[i] = points.rate[viewers[i].level];
	*fair = jain(rates, link->n);
	return used;
}

/* The bars of tools/experiments/bandwidth.py, but for @least: of the best use */
static void link_must(struct link *link, guint seconds, double least)
{
	guint64 sent[MOST], packets = 0, lost = 0, all = 0;
	double rates[MOST], carried = link->carried, fair, best = link_best(link, &fair);

	for (guint i = 0; i < link->n; i++) {
		sent[i] = link->viewers[i].sent.octets;
		packets -= link->viewers[i].sent.packets;
		lost -= link->viewers[i].lost;
	}
	link_for(link, seconds);
	for (guint i = 0; i < link->n; i++) {
		rates[i] = link->viewers[i].sent.octets - sent[i];
		all += rates[i];
		packets += link->viewers[i].sent.packets;
		lost += link->viewers[i].lost;
	}
	g_test_message("%u viewers: %.1f %% offered, %.2f %% lost, %.1f %% of the best use, Jain %.3f",
		       link->n, all / link->rate / seconds * 100, 100.0 * lost / packets,
		       (link->carried - carried) / seconds / best * 100,
		       jain(rates, link->n) / fair);
	g_assert_cmpfloat(all, <=, 1.05 * link->rate * seconds);
	g_assert_cmpfloat(lost, <, 0.01 * packets);
	g_assert_cmpfloat(link->carried - carried, >=, least * best * seconds);
	g_assert_cmpfloat(jain(rates, link->n), >=, 0.95 * fair);
}

/* As the experiment has them: they join in steps, on 32 Mb/s */
static void test_steps(void)
{
	static const struct {
		guint viewers;
		guint seconds;	/* before those that count */
	} steps[] = { { 1, 5 }, { 5, 5 }, { 10, 5 }, { 20, 5 }, { 40, 24 }, { 80, 26 } };
	struct link link;

	link_start(&link, 4e6);
	for (guint i = 0; i < G_N_ELEMENTS(steps); i++) {
		link_join(&link, steps[i].viewers);
		link_for(&link, steps[i].seconds);
		link_must(&link, WINDOW_S, 0.9);
	}
	g_assert_false(link.parted);
	link_end(&link);
}

/* In no window is what a trial that failed costs too much */
static void test_trials(void)
{
	static const struct {
		double rate;
		guint viewers;
	} homes[] = { { 2.8e6, 20 }, { 3.2e6, 20 }, { 3.6e6, 30 } };

	for (guint i = 0; i < G_N_ELEMENTS(homes); i++) {
		struct link link;

		link_start(&link, homes[i].rate);
		link_join(&link, homes[i].viewers);
		link_for(&link, 60);
		for (guint j = 0; j < 40; j++)
			link_must(&link, WINDOW_S, 0.9);
		link_end(&link);
	}
}

/* What was not tuned for */
static void test_others(void)
{
	static const struct {
		double rate;
		guint viewers;
		guint report_s;
		gint64 trip_us;
	} others[] = {
		{ 2e6, 40, 1, 20000 }, { 8e6, 160, 1, 20000 }, { 4e6, 40, 5, 20000 },
		{ 4e6, 80, 1, 200000 }, { 3e6, 60, 2, 60000 },
	};

	for (guint i = 0; i < G_N_ELEMENTS(others); i++) {
		struct link link;

		link_start(&link, others[i].rate);
		link.report_s = others[i].report_s;
		link.trip_us = others[i].trip_us;
		link_join(&link, others[i].viewers);
		link_for(&link, 60 * link.report_s);
		/* a trial of more that fails loses some: not in every window, but on average */
		link_must(&link, 10 * WINDOW_S * link.report_s, 0.9);
		g_assert_false(link.parted);
		link_end(&link);
	}
}

/* A key frame for all is longer than the queue: the use of the link that loses is left alone */
static void test_bursts(void)
{
	struct link link;

	link_start(&link, 4e6);
	link_join(&link, 160);
	link_for(&link, 60);
	for (guint i = 0; i < 10; i++)
		link_must(&link, WINDOW_S, 0.75);
	link_end(&link);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/shared-link/steps", test_steps);
	g_test_add_func("/shared-link/trials", test_trials);
	g_test_add_func("/shared-link/others", test_others);
	g_test_add_func("/shared-link/bursts", test_bursts);
	return g_test_run();
}
