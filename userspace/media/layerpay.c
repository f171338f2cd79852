// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Packetizes a file of layers: VP9 by RFC 9628, AV1 by its RTP payload format with the
 * dependency descriptor if asked for.
 */
#include "av1pay.h"
#include "cli.h"
#include "dependencies.h"
#include "vp9pay.h"

#include <stdio.h>
#include <stdlib.h>

static gint opt_mtu = 1200;
static gint opt_dependency_id;

static const GOptionEntry entries[] = {
	{ "mtu", 0, 0, G_OPTION_ARG_INT, &opt_mtu,
	  "octets of an RTP datagram without extension, 100 to 16000 (1200)", "N" },
	{ "dependency-id", 0, 0, G_OPTION_ARG_INT, &opt_dependency_id,
	  "send AV1's dependency descriptor as header extension ID, 1 to 255 (none)", "ID" },
	{}
};

static void pay(const struct layered *stream, guint index, GPtrArray *packets)
{
	g_autoptr(GError) error = NULL;

	if (stream->codec == LAYERED_VP9)
		vp9_pay(stream, index, opt_mtu, packets);
	else if (!av1_pay(stream, index, opt_mtu, packets, &error))
		cli_die("%s", error->message);
}

int main(int argc, char **argv)
{
	g_autoptr(layered) stream = NULL;
	g_autoptr(dependencies) deps = NULL;
	g_autoptr(GByteArray) out = g_byte_array_new();
	g_autoptr(GError) error = NULL;
	guint16 seq = 0;

	cli_parse(&argc, &argv, entries, 2, "INPUT OUTPUT",
		  "Packetizes a file of layers (VP9 or AV1) that was not cut. OUTPUT gets its\n"
		  "RTP datagrams, each behind its length (RFC 4571); a line 'PICTURE SID TID\n"
		  "KIND' for each is printed, as the encoder said it, KIND key or delta.");
	if (opt_mtu < RTPFILE_MIN_MTU || opt_mtu > 16000)
		cli_die("--mtu %d is not between %d and 16000", opt_mtu, RTPFILE_MIN_MTU);
	if (opt_dependency_id < 0 || opt_dependency_id > G_MAXUINT8)
		cli_die("--dependency-id %d is not between 1 and 255", opt_dependency_id);
	stream = layered_load(argv[1], &error);
	if (!stream)
		cli_die("%s", error->message);
	for (guint i = 0; i < stream->frames->len; i++)
		if (layered_at(stream, i)->number != i)
			cli_die("%s was cut: what its frames refer to is not all there", argv[1]);
	if (opt_dependency_id) {
		deps = dependencies_new(stream, &error);
		if (!deps)
			cli_die("%s", error->message);
	}

	for (guint i = 0; i < stream->frames->len; i++) {
		const struct layered_frame *frame = layered_at(stream, i);
		g_autoptr(GPtrArray) packets =
			g_ptr_array_new_with_free_func(rtpfile_packet_free);

		pay(stream, i, packets);
		for (guint n = 0; n < packets->len; n++) {
			struct rtpfile_packet *packet = g_ptr_array_index(packets, n);

			packet->seq = seq++;
			if (deps)
				packet->extension = dependencies_descriptor(deps, i, !n,
									    n + 1 == packets->len);
			rtpfile_append(out, packet, opt_dependency_id);
			printf("%u %u %u %s\n", frame->picture, frame->sid, frame->tid,
			       frame->key ? "key" : "delta");
		}
	}
	if (!g_file_set_contents(argv[2], (const char *)out->data, out->len, &error))
		cli_die("%s", error->message);
	return EXIT_SUCCESS;
}
