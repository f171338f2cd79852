// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A small RTSP viewer for tests: takes one video stream over UDP, keeps the datagrams
 * in a file, and counts what their sequence numbers say. Made to run many at a time on
 * a slow machine: it looks at its sockets a few times in a second and reads in batches;
 * the times of arrival are the kernel's.
 */
#include "capture.h"
#include "cli.h"
#include "rtcp.h"
#include "rtpseq.h"
#include "rtsp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <gst/gst.h>
#include <json-glib/json-glib.h>
#include <linux/sock_diag.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define POLL_MS			20
#define BATCH			64
#define DATAGRAM_MAX		2048
#define RECEIVE_BUFFER		(8 << 20)
#define REPORT_SECONDS		5
#define PORT_ATTEMPTS		100

#define RTP_HEADER_SIZE		12

static gchar *opt_capture;
static gint opt_seconds;

static const GOptionEntry entries[] = {
	{ "capture", 0, 0, G_OPTION_ARG_FILENAME, &opt_capture,
	  "keep the RTP datagrams in FILE (rtpdump)", "FILE" },
	{ "seconds", 0, 0, G_OPTION_ARG_INT, &opt_seconds,
	  "end after so long (when told to by SIGTERM or SIGINT)", "N" },
	{}
};

struct receiver {
	struct rtsp *rtsp;
	int rtp_fd, rtcp_fd;
	struct capture_writer *capture;
	struct rtpseq seq;
	struct rtcp rtcp;
	guint32 media_ssrc;	/* of the first datagram */
	guint64 octets;		/* from the RTP header on */
	guint64 foreign;	/* RTP port: not RTP, too long, or of another SSRC */
	gint64 first_us, last_us;	/* arrival, real time */

	struct mmsghdr messages[BATCH];
	struct iovec vectors[BATCH];
	guint8 data[BATCH][DATAGRAM_MAX];
	guint8 control[BATCH][CMSG_SPACE(sizeof(struct timespec))];
};

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
	stopped = 1;
}

static int bind_port(guint16 port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		cli_die("cannot make a socket: %s", g_strerror(errno));
	if (bind(fd, (struct sockaddr *)&address, sizeof(address))) {
		close(fd);
		return -1;
	}
	return fd;
}

/* An even port and the next one (RFC 3550, 11); returns the even one. */
static guint16 bind_pair(struct receiver *receiver)
{
	static const int size = RECEIVE_BUFFER, on = 1;

	for (guint i = 0; i < PORT_ATTEMPTS; i++) {
		guint16 port = g_random_int_range(5000, 32500) * 2;

		receiver->rtp_fd = bind_port(port);
		receiver->rtcp_fd = bind_port(port + 1);
		if (receiver->rtp_fd >= 0 && receiver->rtcp_fd >= 0) {
			/* the first is for root, and not bounded by net.core.rmem_max */
			if (setsockopt(receiver->rtp_fd, SOL_SOCKET, SO_RCVBUFFORCE,
				       &size, sizeof(size)))
				setsockopt(receiver->rtp_fd, SOL_SOCKET, SO_RCVBUF,
					   &size, sizeof(size));
			setsockopt(receiver->rtp_fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
			return port;
		}
		if (receiver->rtp_fd >= 0)
			close(receiver->rtp_fd);
		if (receiver->rtcp_fd >= 0)
			close(receiver->rtcp_fd);
	}
	cli_die("found no pair of free UDP ports in %d attempts", PORT_ATTEMPTS);
}

static gint64 arrival_us(struct msghdr *message)
{
	struct cmsghdr *part;
	struct timespec time;

	for (part = CMSG_FIRSTHDR(message); part; part = CMSG_NXTHDR(message, part)) {
		if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_TIMESTAMPNS)
			continue;
		memcpy(&time, CMSG_DATA(part), sizeof(time));
		return time.tv_sec * (gint64)G_USEC_PER_SEC + time.tv_nsec / 1000;
	}
	return g_get_real_time();
}

static void take(struct receiver *receiver, struct msghdr *message, gsize len)
{
	const guint8 *data = message->msg_iov->iov_base;
	guint32 timestamp, ssrc;
	gint64 now = arrival_us(message);

	if (message->msg_flags & MSG_TRUNC || len < RTP_HEADER_SIZE || data[0] >> 6 != 2) {
		receiver->foreign++;
		return;
	}
	memcpy(&timestamp, data + 4, sizeof(timestamp));
	memcpy(&ssrc, data + 8, sizeof(ssrc));
	if (!receiver->seq.received) {
		receiver->media_ssrc = ssrc;
		receiver->first_us = now;
	}
	if (ssrc != receiver->media_ssrc) {
		receiver->foreign++;
		return;
	}
	receiver->last_us = now;
	receiver->octets += len;
	rtpseq_add(&receiver->seq, data[2] << 8 | data[3]);
	rtpseq_time(&receiver->seq,
		    (now - receiver->first_us) * rtsp_clock_rate(receiver->rtsp) / G_USEC_PER_SEC,
		    ntohl(timestamp));
	if (receiver->capture)
		capture_write(receiver->capture, now - receiver->first_us, data, len);
}

static void read_rtp(struct receiver *receiver)
{
	int count;

	do {
		for (guint i = 0; i < BATCH; i++) {
			struct msghdr *message = &receiver->messages[i].msg_hdr;

			receiver->vectors[i].iov_base = receiver->data[i];
			receiver->vectors[i].iov_len = DATAGRAM_MAX;
			*message = (struct msghdr){
				.msg_iov = &receiver->vectors[i],
				.msg_iovlen = 1,
				.msg_control = receiver->control[i],
				.msg_controllen = sizeof(receiver->control[i]),
			};
		}
		count = recvmmsg(receiver->rtp_fd, receiver->messages, BATCH, 0, NULL);
		for (int i = 0; i < count; i++)
			take(receiver, &receiver->messages[i].msg_hdr,
			     receiver->messages[i].msg_len);
	} while (count == BATCH);
}

static void read_rtcp(struct receiver *receiver)
{
	guint8 data[DATAGRAM_MAX];
	gssize len;

	while ((len = recv(receiver->rtcp_fd, data, sizeof(data), 0)) >= 0)
		rtcp_receive(&receiver->rtcp, data, len);
}

static void send_report(struct receiver *receiver)
{
	const struct sockaddr_in *peer = rtsp_rtcp_peer(receiver->rtsp);
	guint8 report[RTCP_MTU];
	gsize len;

	if (!peer->sin_port)
		return;
	len = rtcp_report(&receiver->rtcp, &receiver->seq, ntohl(receiver->media_ssrc), report);
	/* like all RTCP it may get lost: the next one is due soon */
	sendto(receiver->rtcp_fd, report, len, 0, (const struct sockaddr *)peer, sizeof(*peer));
}

/* Runs until told to stop; returns whether the server ended it. */
static gboolean receive(struct receiver *receiver)
{
	gint64 start = g_get_monotonic_time(), report = start;

	while (!stopped) {
		struct pollfd fd = { .fd = rtsp_fd(receiver->rtsp), .events = POLLIN };
		gint64 now;

		if (poll(&fd, 1, POLL_MS) > 0 && !rtsp_serve(receiver->rtsp))
			return TRUE;
		read_rtp(receiver);
		read_rtcp(receiver);
		rtsp_keep_alive(receiver->rtsp);
		now = g_get_monotonic_time();
		if (now - report >= REPORT_SECONDS * G_USEC_PER_SEC) {
			report = now;
			send_report(receiver);
		}
		if (opt_seconds && now - start >= opt_seconds * G_USEC_PER_SEC)
			break;
	}
	return FALSE;
}

/* Datagrams that the kernel dropped since our buffer was full. */
static guint32 socket_drops(int fd)
{
	guint32 info[SK_MEMINFO_VARS] = {};
	socklen_t size = sizeof(info);

	getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &size);
	return info[SK_MEMINFO_DROPS];
}

static void print_result(const struct receiver *receiver, gboolean ended_by_server)
{
	const struct rtpseq *seq = &receiver->seq;
	g_autoptr(JsonObject) object = json_object_new();
	g_autoptr(JsonNode) root = json_node_new(JSON_NODE_OBJECT);
	g_autofree gchar *text = NULL;
	gint64 us = receiver->last_us - receiver->first_us;

	json_object_set_int_member(object, "received", seq->received);
	json_object_set_int_member(object, "duplicates", seq->duplicates);
	json_object_set_int_member(object, "reordered", seq->reordered);
	json_object_set_int_member(object, "holes", rtpseq_holes(seq));
	json_object_set_int_member(object, "octets", receiver->octets);
	json_object_set_double_member(object, "seconds", us / 1e6);
	json_object_set_int_member(object, "octets_per_second",
				   us ? receiver->octets * G_USEC_PER_SEC / us : 0);
	json_object_set_int_member(object, "jitter", seq->jitter >> 4);
	json_object_set_int_member(object, "foreign", receiver->foreign);
	json_object_set_int_member(object, "socket_drops", socket_drops(receiver->rtp_fd));
	json_object_set_int_member(object, "sender_reports", receiver->rtcp.sender_reports);
	json_object_set_int_member(object, "byes", receiver->rtcp.byes);
	json_object_set_int_member(object, "malformed_rtcp", receiver->rtcp.malformed);
	json_object_set_boolean_member(object, "ended_by_server", ended_by_server);
	json_node_set_object(root, object);
	text = json_to_string(root, TRUE);
	g_print("%s\n", text);
}

int main(int argc, char **argv)
{
	struct receiver *receiver = g_new0(struct receiver, 1);
	struct sigaction action = { .sa_handler = stop };
	g_autoptr(GError) error = NULL;
	gboolean ended_by_server;
	guint16 port;

	cli_parse(&argc, &argv, entries, 1, "URL",
		  "Plays the video of rtsp://HOST[:PORT]/PATH over UDP and prints what came,\n"
		  "as JSON.");
	/* no plugin is needed, and scanning them takes longer than a short run */
	g_setenv("GST_REGISTRY_DISABLE", "yes", TRUE);
	gst_init(NULL, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);

	rtpseq_init(&receiver->seq);
	rtcp_init(&receiver->rtcp);
	port = bind_pair(receiver);
	receiver->rtsp = rtsp_open(argv[1], port, &error);
	if (!receiver->rtsp)
		cli_die("%s", error->message);
	if (opt_capture) {
		receiver->capture = capture_create(opt_capture, rtsp_rtcp_peer(receiver->rtsp),
						   &error);
		if (!receiver->capture)
			cli_die("%s", error->message);
	}
	if (!rtsp_play(receiver->rtsp, &error))
		cli_die("%s", error->message);

	ended_by_server = receive(receiver);
	read_rtp(receiver);
	rtsp_close(receiver->rtsp);
	if (receiver->capture && !capture_close(receiver->capture, &error))
		cli_die("%s", error->message);
	print_result(receiver, ended_by_server);

	rtpseq_clear(&receiver->seq);
	close(receiver->rtp_fd);
	close(receiver->rtcp_fd);
	g_free(receiver);
	return ended_by_server ? EXIT_FAILURE : EXIT_SUCCESS;
}
