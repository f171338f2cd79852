// SPDX-License-Identifier: GPL-2.0-or-later
#include "levels.h"

#include <sys/socket.h>

#include "peaks.h"
#include "track.h"

/* IP, UDP and RTP; on a connection there is as much, of TCP and of the framing */
#define HEADERS_V4	40
#define HEADERS_V6	60

/* struct levels - by struct track *, struct levels_track * */
struct levels {
	GHashTable *tracks;
};

/**
 * struct levels_track - of a track
 * @n: of @layers
 * @layers: as peaks_update() returns them
 * @points: struct points *, by levels_key()
 */
struct levels_track {
	guint n;
	struct rtp_fanout_layer *layers;
	GHashTable *points;
};

static void levels_track_free(gpointer data)
{
	struct levels_track *track = data;

	g_free(track->layers);
	g_hash_table_unref(track->points);
	g_free(track);
}

struct levels *levels_new(void)
{
	struct levels *levels = g_new0(struct levels, 1);

	levels->tracks = g_hash_table_new_full(NULL, NULL, NULL, levels_track_free);
	return levels;
}

void levels_free(struct levels *levels)
{
	g_hash_table_unref(levels->tracks);
	g_free(levels);
}

static struct levels_track *levels_read(struct levels *levels, struct track *track)
{
	struct levels_track *read = g_hash_table_lookup(levels->tracks, track);
	struct track_status status;

	if (read)
		return read;
	read = g_new0(struct levels_track, 1);
	read->points = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	read->layers = g_new(struct rtp_fanout_layer, RTP_FANOUT_MAX_COUNT);
	track_get_status(track, &status);
	if (status.fanout)
		read->n = fanout_layers(status.fanout, read->layers, RTP_FANOUT_MAX_COUNT,
					NULL);
	read->n = peaks_update(status.peaks, g_get_monotonic_time(), read->layers, read->n,
			       RTP_FANOUT_MAX_COUNT);
	g_hash_table_insert(levels->tracks, track, read);
	return read;
}

/* All that tells the levels of two legs in one track apart */
static gpointer levels_key(const struct rtp_fanout_cap *wish, guint headers)
{
	return GUINT_TO_POINTER(headers << 16 | wish->did << 8 | wish->qid << 4 | wish->tid);
}

const struct points *levels_find(struct levels *levels, struct track *track,
				 const struct rtp_fanout_addr *viewer,
				 const struct rtp_fanout_cap *wish,
				 enum points_order order)
{
	guint headers = viewer->family == AF_INET6 ? HEADERS_V6 : HEADERS_V4;
	struct levels_track *read = levels_read(levels, track);
	gpointer key = levels_key(wish, headers);
	struct points *points = g_hash_table_lookup(read->points, key);
	g_autofree struct rtp_fanout_layer *layers = NULL;

	if (points)
		return points;
	points = g_new(struct points, 1);
	layers = g_memdup2(read->layers, read->n * sizeof(*layers));
	points_add_headers(layers, read->n, headers);
	points_build(points, layers, read->n, wish, order);
	g_hash_table_insert(read->points, key, points);
	return points;
}
