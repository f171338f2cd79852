// SPDX-License-Identifier: GPL-2.0-or-later
/* What layers take at the most, while key frames are rare and servers go away */
#include "peaks.h"

#define SECOND	G_USEC_PER_SEC

/* One layer, of which @rate is said and so many datagrams came; what is held */
static guint64 look(struct peaks *peaks, guint at_s, guint64 rate, guint64 packets)
{
	struct rtp_fanout_layer layers[4] = { { .rate = rate, .packets = packets } };

	g_assert_cmpuint(peaks_update(peaks, SECOND + at_s * SECOND, layers, 1, 4), ==, 1);
	g_assert_cmpuint(layers[0].packets, ==, packets);
	return layers[0].rate;
}

/* A key frame every 9 s: in between the rate falls, and what is held does not. */
static void test_key_frames(void)
{
	struct peaks *peaks = peaks_new();

	for (guint s = 0; s < 60; s++)
		g_assert_cmpuint(look(peaks, s, 2000 - s % 9 * 100, s), ==, 2000);
	/* and a stream that has become less is */
	for (guint s = 60; s < 60 + PEAKS_HOLD_S; s++)
		look(peaks, s, 500, s);
	for (guint s = 60 + PEAKS_HOLD_S; s < 60 + 2 * PEAKS_HOLD_S; s++)
		look(peaks, s, 500, s);
	g_assert_cmpuint(look(peaks, 80, 500, 80), ==, 500);
	/* more is seen at once */
	g_assert_cmpuint(look(peaks, 81, 700, 81), ==, 700);
	peaks_free(peaks);
}

/* An outage takes nothing away, however long, nor does the return with low rates. */
static void test_outage(void)
{
	struct peaks *peaks = peaks_new();
	struct rtp_fanout_layer layers[4];

	look(peaks, 0, 1000, 10);
	look(peaks, 1, 1000, 20);
	for (guint s = 2; s < 600; s++)
		g_assert_cmpuint(look(peaks, s, s < 10 ? 100 : 0, 20), ==, 1000);
	/* not even when its layers are not known any more */
	g_assert_cmpuint(peaks_update(peaks, 601 * SECOND, layers, 0, 4), ==, 1);
	g_assert_cmpuint(layers[0].rate, ==, 1000);
	for (guint s = 601; s < 601 + PEAKS_HOLD_S / 2; s++)
		g_assert_cmpuint(look(peaks, s, (s - 600) * 50, s), ==, 1000);
	peaks_free(peaks);
}

/* Layers are told apart, one that is gone is forgotten, and there is no room for more. */
static void test_layers(void)
{
	struct peaks *peaks = peaks_new();
	struct rtp_fanout_layer layers[3];
	guint n = 3;

	for (guint s = 0; s < 1 + 3 * PEAKS_HOLD_S; s++) {
		layers[0] = (struct rtp_fanout_layer){ .rate = 10, .packets = s };
		layers[1] = (struct rtp_fanout_layer){ .did = 1, .rate = 20, .packets = s };
		layers[2] = (struct rtp_fanout_layer){ .tid = 1, .rate = 30, .packets = s };
		n = peaks_update(peaks, SECOND + s * SECOND, layers, s ? 2 : 3, 3);
		if (s <= PEAKS_HOLD_S) {
			g_assert_cmpuint(n, ==, 3);
			g_assert_cmpuint(layers[2].tid, ==, 1);
			g_assert_cmpuint(layers[2].rate, ==, 30);
		}
	}
	g_assert_cmpuint(n, ==, 2);
	g_assert_cmpuint(layers[1].did, ==, 1);
	g_assert_cmpuint(layers[1].rate, ==, 20);
	g_assert_cmpuint(peaks_update(peaks, 100 * SECOND, layers, 2, 1), ==, 1);
	peaks_free(peaks);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/peaks/key-frames", test_key_frames);
	g_test_add_func("/peaks/outage", test_outage);
	g_test_add_func("/peaks/layers", test_layers);
	return g_test_run();
}
