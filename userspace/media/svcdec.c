// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Decodes an H.264 SVC file and prints a line for each frame: its size and the
 * MD5 of its I420 pixels. Two such lists that are equal are bit-exact decodes.
 */
#include "cli.h"
#include "h264.h"

#include <stdio.h>
#include <stdlib.h>
#include <wels/codec_api.h>

static const GOptionEntry entries[] = { {} };

static ISVCDecoder *open_decoder(void)
{
	SDecodingParam param = {
		.uiTargetDqLayer = G_MAXUINT8,
		/* a concealed frame would hide what is missing */
		.eEcActiveIdc = ERROR_CON_DISABLE,
		.sVideoProperty = {
			.size = sizeof(SVideoProperty),
			.eVideoBsType = VIDEO_BITSTREAM_SVC,
		},
	};
	int level = WELS_LOG_QUIET;
	ISVCDecoder *decoder;

	if (WelsCreateDecoder(&decoder))
		cli_die("openh264 has no decoder here");
	(*decoder)->SetOption(decoder, DECODER_OPTION_TRACE_LEVEL, &level);
	if ((*decoder)->Initialize(decoder, &param))
		cli_die("openh264's decoder does not start");
	return decoder;
}

static void add_plane(GChecksum *sum, const guint8 *plane, int stride, int width, int height)
{
	for (int y = 0; y < height; y++)
		g_checksum_update(sum, plane + (gsize)y * stride, width);
}

static void print_frame(unsigned char *const plane[3], const SSysMEMBuffer *picture)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_MD5);
	int width = picture->iWidth, height = picture->iHeight;

	add_plane(sum, plane[0], picture->iStride[0], width, height);
	add_plane(sum, plane[1], picture->iStride[1], width / 2, height / 2);
	add_plane(sum, plane[2], picture->iStride[1], width / 2, height / 2);
	printf("%dx%d %s\n", width, height, g_checksum_get_string(sum));
}

int main(int argc, char **argv)
{
	g_autoptr(h264_stream) stream = NULL;
	g_autoptr(GByteArray) unit = g_byte_array_new();
	g_autoptr(GError) error = NULL;
	ISVCDecoder *decoder;
	guint errors = 0;

	cli_parse(&argc, &argv, entries, 1, "INPUT",
		  "Decodes an H.264 SVC file (Annex B) with openh264, without error\n"
		  "concealment, and prints the size and MD5 of each frame. Exit status 1\n"
		  "if an access unit does not decode or gives no frame.");
	stream = h264_stream_load(argv[1], &error);
	if (!stream)
		cli_die("%s", error->message);

	decoder = open_decoder();
	for (guint i = 0; i < stream->aus->len; i++) {
		const struct h264_au *au = h264_stream_au(stream, i);
		unsigned char *plane[3] = {};
		SBufferInfo info = {};
		DECODING_STATE state;

		g_byte_array_set_size(unit, 0);
		for (guint n = au->first; n < au->first + au->count; n++) {
			const struct h264_nal *nal = h264_stream_nal(stream, n);

			annexb_append(unit, nal->data, nal->len);
		}
		state = (*decoder)->DecodeFrameNoDelay(decoder, unit->data, unit->len, plane, &info);
		if (state != dsErrorFree || info.iBufferStatus != 1) {
			g_printerr("%s: access unit %u: decoding state 0x%x, %s\n",
				   g_get_prgname(), i, state,
				   info.iBufferStatus == 1 ? "a frame" : "no frame");
			errors++;
		}
		if (info.iBufferStatus == 1)
			print_frame(plane, &info.UsrData.sSystemBuffer);
	}
	(*decoder)->Uninitialize(decoder);
	WelsDestroyDecoder(decoder);
	return errors ? EXIT_FAILURE : EXIT_SUCCESS;
}
