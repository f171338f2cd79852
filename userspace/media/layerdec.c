// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Decodes a file of layers, with libvpx or libaom, and prints a line for each picture:
 * its number, its size and the MD5 of its I420 pixels. Two such lists that are equal are
 * bit-exact decodes.
 */
#include "cli.h"
#include "vp9pay.h"

#include <aom/aom_decoder.h>
#include <aom/aomdx.h>
#include <stdio.h>
#include <stdlib.h>
#include <vpx/vp8dx.h>
#include <vpx/vpx_decoder.h>

#define PLANES	3

static const GOptionEntry entries[] = { {} };

/* What both libraries say of a picture, each in a type of its own. */
struct image {
	guint width, height;
	const guint8 *plane[PLANES];
	int stride[PLANES];
};

static struct {
	vpx_codec_ctx_t vpx;
	aom_codec_ctx_t aom;
} dec;

static void print_image(guint picture, const struct image *image)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_MD5);

	for (guint i = 0; i < PLANES; i++) {
		guint width = i ? (image->width + 1) / 2 : image->width;
		guint height = i ? (image->height + 1) / 2 : image->height;

		for (guint y = 0; y < height; y++)
			g_checksum_update(sum, image->plane[i] + (gssize)y * image->stride[i],
					  width);
	}
	printf("%u %u %u %s\n", picture, image->width, image->height, g_checksum_get_string(sum));
}

/* What is wrong, or NULL; *shown is how many pictures came out. */
static const char *decode_vpx(guint picture, const GByteArray *data, guint *shown)
{
	vpx_codec_iter_t iter = NULL;
	vpx_image_t *from;

	if (vpx_codec_decode(&dec.vpx, data->data, data->len, NULL, 0))
		return vpx_codec_error_detail(&dec.vpx) ?: vpx_codec_error(&dec.vpx);
	for (*shown = 0; (from = vpx_codec_get_frame(&dec.vpx, &iter)); (*shown)++) {
		struct image image = { .width = from->d_w, .height = from->d_h };

		for (guint i = 0; i < PLANES; i++) {
			image.plane[i] = from->planes[i];
			image.stride[i] = from->stride[i];
		}
		print_image(picture, &image);
	}
	return NULL;
}

static const char *decode_aom(guint picture, const GByteArray *data, guint *shown)
{
	aom_codec_iter_t iter = NULL;
	aom_image_t *from;

	if (aom_codec_decode(&dec.aom, data->data, data->len, NULL))
		return aom_codec_error_detail(&dec.aom) ?: aom_codec_error(&dec.aom);
	for (*shown = 0; (from = aom_codec_get_frame(&dec.aom, &iter)); (*shown)++) {
		struct image image = { .width = from->d_w, .height = from->d_h };

		if (from->fmt != AOM_IMG_FMT_I420)
			return "not I420 with 8 bits";
		for (guint i = 0; i < PLANES; i++) {
			image.plane[i] = from->planes[i];
			image.stride[i] = from->stride[i];
		}
		print_image(picture, &image);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	g_autoptr(layered) stream = NULL;
	g_autoptr(GError) error = NULL;
	guint errors = 0, end;

	cli_parse(&argc, &argv, entries, 1, "INPUT",
		  "Decodes a file of layers (VP9 or AV1) and prints a line 'PICTURE WIDTH HEIGHT\n"
		  "MD5' for each picture, of its highest spatial layer. Exit status 1 if one does\n"
		  "not decode or gives not exactly one.");
	stream = layered_load(argv[1], &error);
	if (!stream)
		cli_die("%s", error->message);
	if (stream->codec == LAYERED_VP9 ?
	    (gint)vpx_codec_dec_init(&dec.vpx, vpx_codec_vp9_dx(), NULL, 0) :
	    (gint)aom_codec_dec_init(&dec.aom, aom_codec_av1_dx(), NULL, 0))
		cli_die("the decoder does not start");

	for (guint i = 0; i < stream->frames->len; i = end) {
		guint32 picture = layered_at(stream, i)->picture;
		g_autoptr(GByteArray) data = g_byte_array_new();
		const char *wrong;
		guint shown = 0;

		end = layered_next_picture(stream, i);
		if (stream->codec == LAYERED_VP9) {
			vp9_superframe(stream, i, end, data);
			wrong = decode_vpx(picture, data, &shown);
		} else {
			for (guint n = i; n < end; n++) {
				GBytes *frame = layered_at(stream, n)->data;

				g_byte_array_append(data, g_bytes_get_data(frame, NULL),
						    g_bytes_get_size(frame));
			}
			wrong = decode_aom(picture, data, &shown);
		}
		if (!wrong && shown != 1)
			wrong = shown ? "more than one picture" : "no picture";
		if (wrong) {
			g_printerr("%s: picture %u: %s\n", g_get_prgname(), picture, wrong);
			errors++;
		}
	}
	if (stream->codec == LAYERED_VP9)
		vpx_codec_destroy(&dec.vpx);
	else
		aom_codec_destroy(&dec.aom);
	return errors ? EXIT_FAILURE : EXIT_SUCCESS;
}
