// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture.h"

#include <arpa/inet.h>
#include <errno.h>
#include <gio/gio.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <net/ethernet.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <string.h>

#define RTPDUMP_MAGIC		"#!rtpplay1.0 "
#define RTP_HEADER_SIZE		12

struct rtpdump_head {		/* all fields big endian */
	guint32 start_sec, start_usec;
	guint32 source;
	guint16 port;
	guint16 padding;
};

struct rtpdump_packet {
	guint16 length;		/* of this head and the datagram */
	guint16 plen;		/* of the datagram; 0 for RTCP */
	guint32 offset;		/* milliseconds since the start */
};

struct capture_writer {
	FILE *file;
	gchar *path;
};

struct capture_writer *capture_create(const char *path, const struct sockaddr_in *source,
				      GError **error)
{
	struct capture_writer *writer;
	gint64 now = g_get_real_time();
	struct rtpdump_head head = {
		.start_sec = htonl(now / G_USEC_PER_SEC),
		.start_usec = htonl(now % G_USEC_PER_SEC),
		.source = source->sin_addr.s_addr,
		.port = source->sin_port,
	};
	char address[INET_ADDRSTRLEN];
	FILE *file = fopen(path, "wb");

	if (!file) {
		g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno),
			    "cannot write %s: %s", path, g_strerror(errno));
		return NULL;
	}
	writer = g_new0(struct capture_writer, 1);
	writer->file = file;
	writer->path = g_strdup(path);
	inet_ntop(AF_INET, &source->sin_addr, address, sizeof(address));
	fprintf(file, RTPDUMP_MAGIC "%s/%u\n", address, ntohs(source->sin_port));
	fwrite(&head, sizeof(head), 1, file);
	return writer;
}

void capture_write(struct capture_writer *writer, gint64 elapsed_us,
		   const guint8 *data, gsize len)
{
	struct rtpdump_packet head = {
		.length = htons(sizeof(head) + len),
		.plen = htons(len),
		.offset = htonl(elapsed_us / 1000),
	};

	/* what fails here is told by ferror() at the end */
	fwrite(&head, sizeof(head), 1, writer->file);
	fwrite(data, len, 1, writer->file);
}

gboolean capture_close(struct capture_writer *writer, GError **error)
{
	gboolean bad = ferror(writer->file);

	bad |= fclose(writer->file) != 0;
	if (bad)
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
			    "cannot write all of %s; is there room?", writer->path);
	g_free(writer->path);
	g_free(writer);
	return !bad;
}

/* Hands on an RTP datagram; what is RTCP (RFC 5761, 4) or malformed is left out. */
static void deliver(gint64 time_us, const guint8 *data, gsize len,
		    capture_func func, gpointer user_data)
{
	struct capture_packet packet = { .time_us = time_us, .len = len };
	gsize head, end = len;

	if (len < RTP_HEADER_SIZE || data[0] >> 6 != 2)
		return;
	if ((data[1] & 0x7f) >= 64 && (data[1] & 0x7f) <= 95)
		return;
	head = RTP_HEADER_SIZE + 4 * (data[0] & 0xf);
	if (data[0] & 0x10) {
		if (len < head + 4)
			return;
		head += 4 + 4 * (data[head + 2] << 8 | data[head + 3]);
	}
	if (data[0] & 0x20)
		end -= MIN(end, data[len - 1]);
	if (head > end)
		return;

	packet.seq = data[2] << 8 | data[3];
	packet.timestamp = (guint32)data[4] << 24 | data[5] << 16 | data[6] << 8 | data[7];
	packet.payload = data + head;
	packet.payload_len = end - head;
	func(&packet, user_data);
}

static gboolean read_rtpdump(const guint8 *data, gsize size, capture_func func,
			     gpointer user_data)
{
	const guint8 *line_end = memchr(data, '\n', size);
	gsize pos;

	if (!line_end)
		return FALSE;
	pos = line_end + 1 - data + sizeof(struct rtpdump_head);
	while (pos < size) {
		struct rtpdump_packet head;
		gsize length, plen;

		if (size - pos < sizeof(head))
			return FALSE;
		memcpy(&head, data + pos, sizeof(head));
		length = ntohs(head.length);
		plen = ntohs(head.plen);
		if (length < sizeof(head) + plen || size - pos < length)
			return FALSE;
		deliver((gint64)ntohl(head.offset) * 1000, data + pos + sizeof(head), plen,
			func, user_data);
		pos += length;
	}
	return pos == size;
}

/* The UDP payload of an Ethernet frame with an unfragmented IPv4 datagram, or NULL. */
static const guint8 *udp_payload(const guint8 *frame, gsize size, gsize *len)
{
	struct ether_header ether;
	struct iphdr ip;
	struct udphdr udp;
	gsize head = sizeof(ether);

	if (size < sizeof(ether) + sizeof(ip))
		return NULL;
	memcpy(&ether, frame, sizeof(ether));
	memcpy(&ip, frame + head, sizeof(ip));
	head += ip.ihl * 4;
	if (ether.ether_type != htons(ETHERTYPE_IP) || ip.protocol != IPPROTO_UDP ||
	    ip.frag_off & htons(IP_MF | IP_OFFMASK) || size < head + sizeof(udp))
		return NULL;
	memcpy(&udp, frame + head, sizeof(udp));
	head += sizeof(udp);
	*len = ntohs(udp.len) - sizeof(udp);
	return ntohs(udp.len) >= sizeof(udp) && size - head >= *len ? frame + head : NULL;
}

static gboolean read_pcap(const char *path, capture_func func, gpointer user_data,
			  GError **error)
{
	char message[PCAP_ERRBUF_SIZE];
	pcap_t *pcap = pcap_open_offline(path, message);
	struct pcap_pkthdr *head;
	const guint8 *frame;
	gint64 start = -1;
	int result;

	if (!pcap) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s", message);
		return FALSE;
	}
	while ((result = pcap_next_ex(pcap, &head, &frame)) == 1) {
		gint64 now = (gint64)head->ts.tv_sec * G_USEC_PER_SEC + head->ts.tv_usec;
		const guint8 *data;
		gsize len;

		data = udp_payload(frame, head->caplen, &len);
		if (!data)
			continue;
		if (start < 0)
			start = now;
		deliver(now - start, data, len, func, user_data);
	}
	if (result != PCAP_ERROR_BREAK)
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: %s",
			    path, pcap_geterr(pcap));
	pcap_close(pcap);
	return result == PCAP_ERROR_BREAK;
}

gboolean capture_read(const char *path, capture_func func, gpointer user_data, GError **error)
{
	g_autoptr(GMappedFile) file = g_mapped_file_new(path, FALSE, error);
	const guint8 *data;
	gsize size;

	if (!file)
		return FALSE;
	data = (const guint8 *)g_mapped_file_get_contents(file);
	size = g_mapped_file_get_length(file);
	if (size < strlen(RTPDUMP_MAGIC) || memcmp(data, RTPDUMP_MAGIC, strlen(RTPDUMP_MAGIC)))
		return read_pcap(path, func, user_data, error);
	if (read_rtpdump(data, size, func, user_data))
		return TRUE;
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s is cut short", path);
	return FALSE;
}
