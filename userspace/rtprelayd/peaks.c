// SPDX-License-Identifier: GPL-2.0-or-later
#include "peaks.h"

/* The time that is looked back on is that of so many slots, the last one unfinished */
#define PEAKS_SLOTS	3
#define PEAKS_SLOT_US	(PEAKS_HOLD_S * G_USEC_PER_SEC / (PEAKS_SLOTS - 1))

/**
 * struct peaks - see peaks.h
 * @layers: struct peaks_layer
 * @packets: of all layers, when they were looked at last
 * @at: when that was, us; 0 for never
 * @slot_us: of the slot in which they are, gone by
 */
struct peaks {
	GArray *layers;
	guint64 packets;
	gint64 at;
	gint64 slot_us;
};

/**
 * struct peaks_layer - one that came lately
 * @layer: as it was read last
 * @rate: the highest in each slot, that of now first
 */
struct peaks_layer {
	struct rtp_fanout_layer layer;
	guint64 rate[PEAKS_SLOTS];
};

struct peaks *peaks_new(void)
{
	struct peaks *peaks = g_new0(struct peaks, 1);

	peaks->layers = g_array_new(FALSE, FALSE, sizeof(struct peaks_layer));
	return peaks;
}

void peaks_free(struct peaks *peaks)
{
	g_array_unref(peaks->layers);
	g_free(peaks);
}

static struct peaks_layer *peaks_find(struct peaks *peaks,
				      const struct rtp_fanout_layer *layer)
{
	struct peaks_layer added = { .layer = *layer };

	for (guint i = 0; i < peaks->layers->len; i++) {
		struct peaks_layer *held = &g_array_index(peaks->layers, struct peaks_layer, i);

		if (held->layer.did == layer->did && held->layer.qid == layer->qid &&
		    held->layer.tid == layer->tid)
			return held;
	}
	g_array_append_val(peaks->layers, added);
	return &g_array_index(peaks->layers, struct peaks_layer, peaks->layers->len - 1);
}

static guint64 peaks_highest(const struct peaks_layer *layer)
{
	guint64 highest = 0;

	for (guint i = 0; i < PEAKS_SLOTS; i++)
		highest = MAX(highest, layer->rate[i]);
	return highest;
}

/* A slot has ended. What did not come in any of those that are left is forgotten. */
static void peaks_shift(struct peaks *peaks)
{
	for (guint i = peaks->layers->len; i--;) {
		struct peaks_layer *layer = &g_array_index(peaks->layers, struct peaks_layer, i);

		for (guint k = PEAKS_SLOTS - 1; k; k--)
			layer->rate[k] = layer->rate[k - 1];
		layer->rate[0] = 0;
		if (!peaks_highest(layer))
			g_array_remove_index(peaks->layers, i);
	}
}

static void peaks_pass(struct peaks *peaks, gint64 us)
{
	/* after so many slots nothing is left, however many there were */
	peaks->slot_us += MIN(us, PEAKS_SLOTS * PEAKS_SLOT_US);
	for (; peaks->slot_us >= PEAKS_SLOT_US; peaks->slot_us -= PEAKS_SLOT_US)
		peaks_shift(peaks);
}

guint peaks_update(struct peaks *peaks, gint64 now, struct rtp_fanout_layer *layers,
		   guint n, guint max)
{
	guint64 packets = 0;

	for (guint i = 0; i < n; i++)
		packets += layers[i].packets;
	if (peaks->at && packets != peaks->packets)
		peaks_pass(peaks, now - peaks->at);
	peaks->at = now;
	peaks->packets = packets;

	for (guint i = 0; i < n; i++) {
		struct peaks_layer *held = peaks_find(peaks, &layers[i]);

		held->layer = layers[i];
		held->rate[0] = MAX(held->rate[0], layers[i].rate);
	}
	for (n = 0; n < MIN(peaks->layers->len, max); n++) {
		const struct peaks_layer *held = &g_array_index(peaks->layers,
								struct peaks_layer, n);

		layers[n] = held->layer;
		layers[n].rate = peaks_highest(held);
	}
	return n;
}
