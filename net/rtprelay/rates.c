// SPDX-License-Identifier: GPL-2.0
/*
 * Rates of layers: of each window a sixteenth, of what was before fifteen. A
 * layer's first window counts in full, so that its rate need not be waited for.
 */
#include <kunit/visibility.h>
#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/slab.h>
#include "rates.h"

#define RTP_RATES_WINDOW	msecs_to_jiffies(RTP_RATES_WINDOW_MS)

/* After so many windows without a datagram nothing is left of any rate. */
#define RTP_RATES_FORGET	512

static unsigned int rtp_rates_row(u8 did, u8 tid)
{
	return did * (RTP_TID_MAX + 1) + tid;
}

/* What is left of a rate after windows in which nothing came. */
static u32 rtp_rate_decay(u32 rate, unsigned long windows)
{
	if (windows > RTP_RATES_FORGET)
		return 0;
	while (windows--)
		rate -= DIV_ROUND_UP(rate, 16);

	return rate;
}

/**
 * rtp_rates_layer() - a layer that a datagram came of
 * @rates: the stream's
 * @layer: the layer
 *
 * Context: The fan-out's worker. Does not sleep.
 * Return: the layer, or NULL for want of memory: it is then not counted.
 */
struct rtp_rate *rtp_rates_layer(struct rtp_rates *rates,
				 const struct rtp_layer *layer)
{
	struct rtp_rate **row = &rates->row[rtp_rates_row(layer->did,
							  layer->tid)];
	struct rtp_rate *made;

	if (unlikely(!*row)) {
		made = kcalloc(RTP_QID_MAX + 1, sizeof(*made),
			       GFP_NOWAIT | __GFP_NOWARN);
		if (!made)
			return NULL;
		/* Pairs with the acquire of rtp_rates_list(). */
		smp_store_release(row, made);
	}

	return &(*row)[layer->qid];
}
EXPORT_SYMBOL_IF_KUNIT(rtp_rates_layer);

/**
 * rtp_rate_add() - a datagram came
 * @rate: its layer
 * @octets: bytes of its RTP payload
 *
 * Context: The fan-out's worker, within an update of its counters.
 */
void rtp_rate_add(struct rtp_rate *rate, u32 octets)
{
	unsigned long past = jiffies - rate->start;
	u32 sample;

	if (!u64_stats_read(&rate->packets)) {
		rate->start = jiffies;
	} else if (past >= RTP_RATES_WINDOW) {
		sample = min_t(u64, div_u64((u64)rate->window * HZ,
					    RTP_RATES_WINDOW), U32_MAX);
		if (rate->rate)
			sample = div_u64((u64)rate->rate * 15 + sample, 16);
		past /= RTP_RATES_WINDOW;
		WRITE_ONCE(rate->rate, rtp_rate_decay(sample, past - 1));
		WRITE_ONCE(rate->start, rate->start + past * RTP_RATES_WINDOW);
		rate->window = 0;
	}

	rate->window += octets;
	u64_stats_inc(&rate->packets);
	u64_stats_add(&rate->octets, octets);
}
EXPORT_SYMBOL_IF_KUNIT(rtp_rate_add);

/**
 * rtp_rate_read() - the rate of a layer
 * @rate: the layer
 * @now: jiffies
 *
 * Context: Any. What is read while a window ends may be of that window or of
 * the one before.
 * Return: RTP payload bytes a second.
 */
u32 rtp_rate_read(const struct rtp_rate *rate, unsigned long now)
{
	unsigned long windows;

	windows = (now - READ_ONCE(rate->start)) / RTP_RATES_WINDOW;

	/* The one that ended last is counted when the next datagram comes. */
	return rtp_rate_decay(READ_ONCE(rate->rate),
			      windows ? windows - 1 : 0);
}
EXPORT_SYMBOL_IF_KUNIT(rtp_rate_read);

static bool rtp_rates_describe(const struct rtp_rate *rate,
			       const struct u64_stats_sync *syncp,
			       struct rtp_fanout_layer *info)
{
	unsigned int start;

	do {
		start = u64_stats_fetch_begin(syncp);
		info->packets = u64_stats_read(&rate->packets);
		info->octets = u64_stats_read(&rate->octets);
	} while (u64_stats_fetch_retry(syncp, start));
	info->rate = rtp_rate_read(rate, jiffies);

	return info->packets;
}

/**
 * rtp_rates_list() - RTP_FANOUT_LAYERS
 * @rates: the stream's
 * @syncp: what the worker updates its counters with
 * @list: filled in
 * @count: the most that are returned
 *
 * Context: Process context.
 * Return: how many were filled in.
 */
u32 rtp_rates_list(const struct rtp_rates *rates,
		   const struct u64_stats_sync *syncp,
		   struct rtp_fanout_layer *list, u32 count)
{
	unsigned int did, qid, tid, slot;
	struct rtp_rate *row;
	u32 n = 0;

	for (did = 0; did <= RTP_DID_MAX; did++) {
		for (qid = 0; qid <= RTP_QID_MAX; qid++) {
			for (tid = 0; tid <= RTP_TID_MAX && n < count; tid++) {
				slot = rtp_rates_row(did, tid);
				/* Pairs with rtp_rates_layer(). */
				row = smp_load_acquire(&rates->row[slot]);
				if (!row)
					continue;
				list[n] = (struct rtp_fanout_layer){
					.did = did, .qid = qid, .tid = tid,
				};
				if (rtp_rates_describe(&row[qid], syncp,
						       &list[n]))
					n++;
			}
		}
	}

	return n;
}

/**
 * rtp_rates_exit() - free what the layers took
 * @rates: the stream's, which nobody uses any more
 *
 * Context: Any.
 */
void rtp_rates_exit(struct rtp_rates *rates)
{
	unsigned int i;

	for (i = 0; i < RTP_RATES_ROWS; i++)
		kfree(rates->row[i]);
}
EXPORT_SYMBOL_IF_KUNIT(rtp_rates_exit);
