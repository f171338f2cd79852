// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writes what a test needs to make the packets of an H.264 file again, without
 * its pictures: a line for each NAL unit, its first octets in hexadecimal and
 * how many there are.
 *
 * cockatoo.nals is of the file that the demonstration relays:
 *
 *   nallist cockatoo.264 >cockatoo.nals
 */
#include "h264.h"

#include <stdio.h>
#include <stdlib.h>

/* headers, and what tells where a picture begins */
#define HEAD	6

int main(int argc, char **argv)
{
	g_autoptr(h264_stream) stream = NULL;
	g_autoptr(GError) error = NULL;

	if (argc != 2) {
		g_printerr("usage: %s FILE.264\n", argv[0]);
		return EXIT_FAILURE;
	}
	stream = h264_stream_load(argv[1], &error);
	if (!stream) {
		g_printerr("%s: %s\n", argv[1], error->message);
		return EXIT_FAILURE;
	}
	for (guint i = 0; i < stream->nals->len; i++) {
		const struct h264_nal *nal = h264_stream_nal(stream, i);

		for (gsize b = 0; b < MIN(nal->len, HEAD); b++)
			printf("%02x", nal->data[b]);
		printf(" %zu\n", nal->len);
	}
	return fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}
