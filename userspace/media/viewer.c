// SPDX-License-Identifier: GPL-2.0-or-later
#include "viewer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <gio/gio.h>
#include <linux/sock_diag.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BATCH			64
#define DATAGRAM_MAX		2048
#define RECEIVE_BUFFER		(8 << 20)
#define PORT_ATTEMPTS		100

#define RTP_HEADER_SIZE		12

/* What is read at once; all viewers of a process are in one thread. */
static struct batch {
	struct mmsghdr messages[BATCH];
	struct iovec vectors[BATCH];
	guint8 data[BATCH][DATAGRAM_MAX];
	guint8 control[BATCH][CMSG_SPACE(sizeof(struct timespec))];
} batch;

static int bind_port(guint16 port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address))) {
		close(fd);
		return -1;
	}
	return fd;
}

/* An even port and the next one (RFC 3550, 11); returns the even one, 0 for none. */
static guint16 bind_pair(struct viewer *viewer, GError **error)
{
	static const int size = RECEIVE_BUFFER, on = 1;

	for (guint i = 0; i < PORT_ATTEMPTS; i++) {
		guint16 port = g_random_int_range(5000, 32500) * 2;

		viewer->rtp_fd = bind_port(port);
		viewer->rtcp_fd = bind_port(port + 1);
		if (viewer->rtp_fd >= 0 && viewer->rtcp_fd >= 0) {
			/* the first is for root, and not bounded by net.core.rmem_max */
			if (setsockopt(viewer->rtp_fd, SOL_SOCKET, SO_RCVBUFFORCE,
				       &size, sizeof(size)))
				setsockopt(viewer->rtp_fd, SOL_SOCKET, SO_RCVBUF,
					   &size, sizeof(size));
			setsockopt(viewer->rtp_fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
			return port;
		}
		if (viewer->rtp_fd >= 0)
			close(viewer->rtp_fd);
		if (viewer->rtcp_fd >= 0)
			close(viewer->rtcp_fd);
	}
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE,
		    "found no pair of free UDP ports in %d attempts", PORT_ATTEMPTS);
	return 0;
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

static void take(struct viewer *viewer, struct msghdr *message, gsize len)
{
	const guint8 *data = message->msg_iov->iov_base;
	guint32 timestamp, ssrc;
	gint64 now = arrival_us(message);

	if (message->msg_flags & MSG_TRUNC || len < RTP_HEADER_SIZE || data[0] >> 6 != 2) {
		viewer->foreign++;
		return;
	}
	memcpy(&timestamp, data + 4, sizeof(timestamp));
	memcpy(&ssrc, data + 8, sizeof(ssrc));
	if (!viewer->seq.received) {
		viewer->media_ssrc = ssrc;
		viewer->first_us = now;
	}
	if (ssrc != viewer->media_ssrc) {
		viewer->foreign++;
		return;
	}
	viewer->last_us = now;
	viewer->octets += len;
	rtpseq_add(&viewer->seq, data[2] << 8 | data[3]);
	rtpseq_time(&viewer->seq,
		    (now - viewer->first_us) * rtsp_clock_rate(viewer->rtsp) / G_USEC_PER_SEC,
		    ntohl(timestamp));
	if (viewer->capture)
		capture_write(viewer->capture, now - viewer->first_us, data, len);
}

static void read_rtp(struct viewer *viewer)
{
	int count;

	do {
		for (guint i = 0; i < BATCH; i++) {
			struct msghdr *message = &batch.messages[i].msg_hdr;

			batch.vectors[i].iov_base = batch.data[i];
			batch.vectors[i].iov_len = DATAGRAM_MAX;
			*message = (struct msghdr){
				.msg_iov = &batch.vectors[i],
				.msg_iovlen = 1,
				.msg_control = batch.control[i],
				.msg_controllen = sizeof(batch.control[i]),
			};
		}
		count = recvmmsg(viewer->rtp_fd, batch.messages, BATCH, 0, NULL);
		for (int i = 0; i < count; i++)
			take(viewer, &batch.messages[i].msg_hdr, batch.messages[i].msg_len);
	} while (count == BATCH);
}

static void read_rtcp(struct viewer *viewer)
{
	guint8 data[DATAGRAM_MAX];
	gssize len;

	while ((len = recv(viewer->rtcp_fd, data, sizeof(data), 0)) >= 0)
		rtcp_receive(&viewer->rtcp, data, len);
}

static void send_report(struct viewer *viewer)
{
	const struct sockaddr_in *peer = rtsp_rtcp_peer(viewer->rtsp);
	guint8 report[RTCP_MTU];
	gsize len;

	if (!peer->sin_port)
		return;
	len = rtcp_report(&viewer->rtcp, &viewer->seq, ntohl(viewer->media_ssrc), report);
	/* like all RTCP it may get lost: the next one is due soon */
	sendto(viewer->rtcp_fd, report, len, 0, (const struct sockaddr *)peer, sizeof(*peer));
}

gboolean viewer_start(struct viewer *viewer, const char *url, const char *capture,
		      GError **error)
{
	guint16 port = bind_pair(viewer, error);

	if (!port)
		return FALSE;
	rtpseq_init(&viewer->seq);
	rtcp_init(&viewer->rtcp);
	viewer->rtsp = rtsp_open(url, port, error);
	if (!viewer->rtsp)
		return FALSE;
	if (capture) {
		viewer->capture = capture_create(capture, rtsp_rtcp_peer(viewer->rtsp), error);
		if (!viewer->capture)
			return FALSE;
	}
	viewer->reported_us = g_get_monotonic_time();
	return rtsp_play(viewer->rtsp, error);
}

gboolean viewer_serve(struct viewer *viewer, gint64 report_us)
{
	struct pollfd fd = { .fd = rtsp_fd(viewer->rtsp), .events = POLLIN };
	gboolean ended = poll(&fd, 1, 0) > 0 && !rtsp_serve(viewer->rtsp);
	gint64 now;

	/* what was sent before the end, too */
	read_rtp(viewer);
	read_rtcp(viewer);
	if (ended)
		return FALSE;
	rtsp_keep_alive(viewer->rtsp);
	now = g_get_monotonic_time();
	if (now - viewer->reported_us >= report_us) {
		viewer->reported_us = now;
		send_report(viewer);
	}
	return TRUE;
}

gboolean viewer_stop(struct viewer *viewer, GError **error)
{
	gboolean ok = TRUE;

	rtsp_close(viewer->rtsp);
	if (viewer->capture)
		ok = capture_close(viewer->capture, error);
	rtpseq_clear(&viewer->seq);
	close(viewer->rtp_fd);
	close(viewer->rtcp_fd);
	return ok;
}

guint32 viewer_socket_drops(const struct viewer *viewer)
{
	guint32 info[SK_MEMINFO_VARS] = {};
	socklen_t size = sizeof(info);

	getsockopt(viewer->rtp_fd, SOL_SOCKET, SO_MEMINFO, info, &size);
	return info[SK_MEMINFO_DROPS];
}
