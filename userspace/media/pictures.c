// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli.h"
#include "pictures.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct pictures pictures = { .width = 384, .height = 216, .rate = 20, .key = 40 };

static const GOptionEntry entries[] = {
	{ "width", 0, 0, G_OPTION_ARG_INT, &pictures.width,
	  "of the input, in pixels (384)", "PIXELS" },
	{ "height", 0, 0, G_OPTION_ARG_INT, &pictures.height,
	  "of the input, in pixels (216)", "PIXELS" },
	{ "rate", 0, 0, G_OPTION_ARG_INT, &pictures.rate, "pictures a second, 1 to 30 (20)", "N" },
	{ "key", 0, 0, G_OPTION_ARG_INT, &pictures.key,
	  "pictures from one key picture to the next, a multiple of 4 (40)", "N" },
	{}
};

guint pictures_tid(guint since_key)
{
	static const guint tid[PERIOD] = { 0, 2, 1, 2 };

	return tid[since_key % PERIOD];
}

void pictures_encode(int argc, char **argv, struct layered *stream, const char *summary,
		     void (*open)(const struct pictures *pictures),
		     void (*encode)(guint picture, guint since_key, guint8 *i420))
{
	g_autofree guint8 *i420 = NULL;
	g_autoptr(GError) error = NULL;
	gint64 shown = g_get_monotonic_time();
	gsize size, got;
	guint count = 0;
	FILE *in;

	cli_parse(&argc, &argv, entries, 2, "INPUT OUTPUT", summary);
	if (pictures.width < 128 || pictures.height < 128 || pictures.width > 4096 ||
	    pictures.height > 2304 || pictures.width % 8 || pictures.height % 8)
		cli_die("%dx%d: both must be multiples of 8, from 128x128 to 4096x2304",
			pictures.width, pictures.height);
	if (pictures.rate < 1 || pictures.rate > 30)
		cli_die("%d pictures/s is not between 1 and 30", pictures.rate);
	if (pictures.key < PERIOD || pictures.key % PERIOD)
		cli_die("--key %d is not a multiple of %d", pictures.key, PERIOD);
	in = strcmp(argv[1], "-") ? fopen(argv[1], "rb") : stdin;
	if (!in)
		cli_die("cannot read %s: %s", argv[1], g_strerror(errno));

	open(&pictures);
	size = (gsize)pictures.width * pictures.height * 3 / 2;
	i420 = g_malloc(size);
	while ((got = fread(i420, 1, size, in)) == size) {
		guint first = stream->frames->len;

		encode(count, count % pictures.key, i420);
		if (stream->frames->len != first + SPATIAL_LAYERS)
			cli_die("the encoder left out a layer of picture %u", count);
		for (guint sid = 0; sid < SPATIAL_LAYERS; sid++) {
			struct layered_frame *frame = layered_at(stream, first + sid);

			frame->picture = count;
			frame->timestamp = (guint64)count * LAYERED_CLOCK / pictures.rate;
			frame->width = pictures.width >> (SPATIAL_LAYERS - 1 - sid);
			frame->height = pictures.height >> (SPATIAL_LAYERS - 1 - sid);
		}
		count++;
		if (g_get_monotonic_time() - shown >= 5 * G_USEC_PER_SEC) {
			shown = g_get_monotonic_time();
			g_printerr("%s: %u pictures\n", g_get_prgname(), count);
		}
	}
	if (got || ferror(in))
		cli_die("%s ends within picture %u", argv[1], count);
	if (!count)
		cli_die("%s has no picture of %dx%d", argv[1], pictures.width, pictures.height);
	if (in != stdin)
		fclose(in);
	layered_mark_switching(stream);
	if (!layered_save(stream, argv[2], &error))
		cli_die("%s", error->message);
}
