// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture.h"

#include <arpa/inet.h>
#include <glib/gstdio.h>
#include <pcap/pcap.h>
#include <string.h>

static const guint8 plain[] = { 0x80, 96, 0, 7, 0, 0, 1, 2, 9, 9, 9, 9, 0x65, 0x88 };
/* a CSRC, an extension of one word, three octets of padding */
static const guint8 dressed[] = {
	0xb1, 0xe0, 0, 8, 0, 0, 1, 3, 9, 9, 9, 9, 1, 1, 1, 1, 0xbe, 0xde, 0, 1, 2, 2, 2, 2,
	0x41, 0x9a, 0, 0, 3,
};
/* a sender report; a wrong version; an extension and a padding beyond the end */
static const guint8 report[] = { 0x80, 200, 0, 6, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0 };
static const guint8 version1[] = { 0x40, 96, 0, 7, 0, 0, 1, 2, 9, 9, 9, 9, 0x65 };
static const guint8 overrun[] = { 0x90, 96, 0, 7, 0, 0, 1, 2, 9, 9, 9, 9, 0xbe, 0xde, 0, 9 };
static const guint8 overpad[] = { 0xa0, 96, 0, 7, 0, 0, 1, 2, 9, 9, 9, 9, 200 };

static const struct {
	const guint8 *data;
	gsize len;
} datagram[] = {
	{ plain, sizeof(plain) }, { report, sizeof(report) }, { version1, sizeof(version1) },
	{ overrun, sizeof(overrun) }, { overpad, sizeof(overpad) }, { dressed, sizeof(dressed) },
};

static void collect(const struct capture_packet *packet, gpointer data)
{
	g_string_append_printf(data, "%u %u %u:%02x ", packet->seq, packet->timestamp,
			       (guint)packet->payload_len, packet->payload[0]);
}

#define EXPECTED	"7 258 2:65 8 259 2:41 "

static gchar *temporary(void)
{
	return g_build_filename(g_get_tmp_dir(), "rtprelay-test-capture", NULL);
}

static void test_rtpdump(void)
{
	static const struct sockaddr_in source = { .sin_family = AF_INET };
	g_autofree gchar *path = temporary();
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(GError) error = NULL;
	g_autofree gchar *content = NULL;
	struct capture_writer *writer = capture_create(path, &source, &error);
	gsize size;

	g_assert_no_error(error);
	for (guint i = 0; i < G_N_ELEMENTS(datagram); i++)
		capture_write(writer, i * 1000, datagram[i].data, datagram[i].len);
	g_assert_true(capture_close(writer, &error));
	g_assert_true(capture_read(path, collect, out, &error));
	g_assert_cmpstr(out->str, ==, EXPECTED);

	/* every cut but the one behind the last datagram is told */
	g_assert_true(g_file_get_contents(path, &content, &size, NULL));
	for (gsize cut = 1; cut < sizeof(dressed) + 8; cut++) {
		g_autoptr(GError) cut_error = NULL;

		g_assert_true(g_file_set_contents(path, content, size - cut, NULL));
		g_assert_false(capture_read(path, collect, out, &cut_error));
		g_assert_nonnull(cut_error);
	}
	g_unlink(path);
}

static void dump(pcap_dumper_t *dumper, const guint8 *data, gsize len)
{
	guint8 frame[200] = {};
	struct pcap_pkthdr head = { .caplen = 42 + len, .len = 42 + len };

	frame[12] = 8;			/* IPv4 */
	frame[14] = 0x45;
	frame[23] = IPPROTO_UDP;
	frame[39] = 8 + len;		/* UDP length */
	memcpy(frame + 42, data, len);
	pcap_dump((guint8 *)dumper, &head, frame);
	/* the same as a fragment, as TCP, and cut by the snapshot length: no RTP */
	frame[20] = 0x20;
	pcap_dump((guint8 *)dumper, &head, frame);
	frame[20] = 0;
	frame[23] = IPPROTO_TCP;
	pcap_dump((guint8 *)dumper, &head, frame);
	frame[23] = IPPROTO_UDP;
	head.caplen--;
	pcap_dump((guint8 *)dumper, &head, frame);
}

static void test_pcap(void)
{
	g_autofree gchar *path = temporary();
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(GError) error = NULL;
	pcap_t *pcap = pcap_open_dead(DLT_EN10MB, 65535);
	pcap_dumper_t *dumper = pcap_dump_open(pcap, path);

	g_assert_nonnull(dumper);
	for (guint i = 0; i < G_N_ELEMENTS(datagram); i++)
		dump(dumper, datagram[i].data, datagram[i].len);
	pcap_dump_close(dumper);
	pcap_close(pcap);
	g_assert_true(capture_read(path, collect, out, &error));
	g_assert_cmpstr(out->str, ==, EXPECTED);
	g_assert_true(g_file_set_contents(path, "neither", -1, NULL));
	g_assert_false(capture_read(path, collect, out, &error));
	g_assert_nonnull(error);
	g_unlink(path);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/capture/rtpdump", test_rtpdump);
	g_test_add_func("/capture/pcap", test_pcap);
	return g_test_run();
}
