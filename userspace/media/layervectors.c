// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Makes what the tests of the VP9 and AV1 codecs are fed with, from pictures that it has
 * encoded with three spatial and three temporal layers: a header for KUnit, and the
 * seeds of a fuzzer.
 *
 *	ninja -C build vp9-vectors av1-vectors
 *
 * The layers in the header are those that the encoder reports for what it returns, not
 * those that anyone read from the bytes.
 */
#include "av1pay.h"
#include "cli.h"
#include "dependencies.h"
#include "vp9pay.h"

#include <glib/gstdio.h>
#include <stdlib.h>

#define SIZE		128	/* pixels, both ways */
#define KEY		12
#define PICTURES	13	/* a key picture, one half way, another key picture */
#define SEED_PICTURES	5
#define MTU		1200
#define SEED_MTU	200
#define HEAD		20	/* octets of each payload in the header */
#define A_LINE		10

static const GOptionEntry entries[] = { {} };

/* Pictures that move, so that each has something to say. */
static void write_pictures(const char *path)
{
	g_autoptr(GByteArray) out = g_byte_array_new();
	g_autoptr(GError) error = NULL;

	for (guint n = 0; n < PICTURES; n++) {
		for (guint i = 0; i < SIZE * SIZE * 3 / 2; i++) {
			guint8 pixel = ((i / SIZE + 3 * n) ^ (i % SIZE + 2 * n)) * 2;

			g_byte_array_append(out, &pixel, 1);
		}
	}
	if (!g_file_set_contents(path, (const char *)out->data, out->len, &error))
		cli_die("%s", error->message);
}

static struct layered *encode(const char *encoder)
{
	g_autofree char *directory = g_dir_make_tmp("layervectors-XXXXXX", NULL);
	g_autofree char *pictures = g_build_filename(directory, "pictures", NULL);
	g_autofree char *encoded = g_build_filename(directory, "encoded", NULL);
	g_autofree char *command = g_strdup_printf("%s --width=%d --height=%d --key=%d %s %s", encoder,
						   SIZE, SIZE, KEY, pictures, encoded);
	g_autoptr(GError) error = NULL;
	struct layered *stream;
	gint status;

	write_pictures(pictures);
	if (!g_spawn_command_line_sync(command, NULL, NULL, &status, &error) ||
	    !g_spawn_check_wait_status(status, &error))
		cli_die("%s: %s", command, error->message);
	stream = layered_load(encoded, &error);
	if (!stream)
		cli_die("%s", error->message);
	g_unlink(pictures);
	g_unlink(encoded);
	g_rmdir(directory);
	return stream;
}

static GPtrArray *packetize(const struct layered *stream, guint index, guint mtu)
{
	GPtrArray *packets = g_ptr_array_new_with_free_func(rtpfile_packet_free);
	g_autoptr(GError) error = NULL;

	if (stream->codec == LAYERED_VP9)
		vp9_pay(stream, index, mtu, packets);
	else if (!av1_pay(stream, index, mtu, packets, &error))
		cli_die("%s", error->message);
	return packets;
}

static void print_octets(GString *text, const guint8 *data, guint len)
{
	g_string_append(text, "{");
	for (guint i = 0; i < len; i++)
		g_string_append_printf(text, "%s0x%02x,", i % A_LINE ? " " : "\n\t\t", data[i]);
	g_string_append(text, "\n\t}");
}

static void print_packet(GString *text, const struct layered_frame *frame,
			 const struct rtpfile_packet *packet, gboolean first, gboolean last)
{
	const char *flag[] = {
		first ? "FIRST" : NULL, last ? "LAST" : NULL, frame->key ? "KEY" : NULL,
		layered_predicted(frame) ? NULL : "ALONE", frame->switching ? "SWITCH" : NULL,
	};
	g_autofree char *flags = g_strdup("0");
	guint len = packet->payload->len;

	for (guint i = 0, some = 0; i < G_N_ELEMENTS(flag); i++) {
		g_autofree char *before = flags;

		flags = !flag[i] ? g_strdup(before) :
			some++ ? g_strconcat(before, " | ", flag[i], NULL) : g_strdup(flag[i]);
	}
	g_string_append_printf(text, "\t{ %u, %u, %u, %u, %s, ", frame->picture, frame->sid,
			       frame->tid, len, flags);
	print_octets(text, packet->payload->data, MIN(len, HEAD));
	if (packet->extension) {
		g_string_append_printf(text, ", %u, ", packet->extension->len);
		print_octets(text, packet->extension->data, packet->extension->len);
	}
	g_string_append(text, " },\n");
}

static void write_header(const struct layered *stream, const struct dependencies *deps,
			 const char *path)
{
	const char *name = stream->codec == LAYERED_VP9 ? "vp9" : "av1";
	g_autoptr(GString) text = g_string_new("/* SPDX-License-Identifier: GPL-2.0 */\n");
	g_autoptr(GError) error = NULL;

	g_string_append_printf(text,
		"/*\n"
		" * Payloads of a stream that %s encoded with three spatial and three\n"
		" * temporal layers: their first bytes, and what the encoder reported of\n"
		" * their frames. Made by userspace/media/layervectors.c; do not edit.\n"
		" */\n"
		"static const struct %s_vector %s_vectors[] = {\n",
		stream->codec == LAYERED_VP9 ? "libvpx" : "libaom", name, name);
	for (guint i = 0; i < stream->frames->len; i++) {
		g_autoptr(GPtrArray) packets = packetize(stream, i, MTU);

		for (guint n = 0; n < packets->len; n++) {
			struct rtpfile_packet *packet = g_ptr_array_index(packets, n);
			gboolean first = !n, last = n + 1 == packets->len;

			if (stream->codec == LAYERED_AV1)
				packet->extension = dependencies_descriptor(deps, i, first, last);
			print_packet(text, layered_at(stream, i), packet, first, last);
		}
	}
	g_string_append(text, "};\n");
	if (!g_file_set_contents(path, text->str, text->len, &error))
		cli_die("%s", error->message);
}

/* A seed is a run of datagrams, each behind its length in two octets. */
static void write_seed(const struct layered *stream, const struct dependencies *deps,
		       const char *directory, const char *name)
{
	g_autofree char *path = g_build_filename(directory, name, NULL);
	g_autoptr(GByteArray) out = g_byte_array_new();
	g_autoptr(GError) error = NULL;
	guint16 seq = 0;

	for (guint i = 0; layered_at(stream, i)->picture < SEED_PICTURES; i++) {
		g_autoptr(GPtrArray) packets = packetize(stream, i, SEED_MTU);

		for (guint n = 0; n < packets->len; n++) {
			struct rtpfile_packet *packet = g_ptr_array_index(packets, n);

			packet->seq = seq++;
			if (deps)
				packet->extension = dependencies_descriptor(deps, i, !n,
									    n + 1 == packets->len);
			rtpfile_append(out, packet, 1);
		}
	}
	if (!g_file_set_contents(path, (const char *)out->data, out->len, &error))
		cli_die("%s", error->message);
}

int main(int argc, char **argv)
{
	g_autoptr(layered) stream = NULL;
	g_autoptr(dependencies) deps = NULL;
	g_autoptr(GError) error = NULL;

	cli_parse(&argc, &argv, entries, 3, "ENCODER HEADER CORPUS",
		  "Writes test vectors of what ENCODER (vp9enc or av1enc) makes: the file HEADER\n"
		  "for KUnit, and seeds for a fuzzer into the directory CORPUS.");
	stream = encode(argv[1]);
	deps = dependencies_new(stream, &error);
	if (!deps)
		cli_die("%s", error->message);
	write_header(stream, deps, argv[2]);
	write_seed(stream, NULL, argv[3], "stream");
	if (stream->codec == LAYERED_AV1)
		write_seed(stream, deps, argv[3], "descriptor");
	return EXIT_SUCCESS;
}
