// SPDX-License-Identifier: GPL-2.0-or-later
#include "udp.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "addr.h"
#include "helper.h"
#include "limit.h"

/* Datagrams that one system call sends */
#define BATCH	64

/**
 * struct udp_datagram - a datagram that is sent
 * @sa: where to
 * @iov: @data, as long as it is
 * @control: from where
 * @data: the payload
 */
struct udp_datagram {
	struct sockaddr_storage sa;
	struct iovec iov;
	union {
		struct cmsghdr align;
		guint8 bytes[ADDR_CONTROL_LEN];
	} control;
	guint8 data[LIMIT_RTCP];
};

/**
 * struct udp_batch - see udp.h
 * @fd: the socket
 * @family: its
 * @n: datagrams so far
 * @msgs: those, for the system call
 * @datagrams: their parts
 */
struct udp_batch {
	int fd;
	int family;
	guint n;
	struct mmsghdr msgs[BATCH];
	struct udp_datagram datagrams[BATCH];
};

static int udp_bind(int family, guint16 *port)
{
	struct sockaddr_storage sa;
	const struct rtp_fanout_addr any = { .family = family, .port = htons(*port) };
	struct rtp_fanout_addr bound;
	socklen_t len = addr_to_sockaddr(&any, 0, family, &sa);
	int fd, off = 0;

	fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (!bind(fd, (struct sockaddr *)&sa, len)) {
		len = sizeof(sa);
		if (!getsockname(fd, (struct sockaddr *)&sa, &len)) {
			addr_from_sockaddr(&bound, (struct sockaddr *)&sa, len);
			*port = ntohs(bound.port);
			return fd;
		}
	}
	close(fd);
	return -1;
}

static void udp_set_buffers(int fd)
{
	int bytes = UDP_BUFFER;

	if (!helper_force_buffers(fd))
		return;
	/* as much as net.core.[rw]mem_max allows */
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
}

gboolean udp_pair_open(struct udp_pair *pair, int family, GError **error)
{
	int err = EADDRINUSE;

	pair->family = family;
	pair->rtcp = -1;
	for (guint i = 0; i < LIMIT_PORT_TRIES && pair->rtcp < 0; i++) {
		socklen_t len = sizeof(pair->rcvbuf);

		pair->ports.rtp = 0;
		pair->rtp = udp_bind(family, &pair->ports.rtp);
		if (pair->rtp < 0) {
			err = errno;
			break;
		}
		pair->ports.rtcp = pair->ports.rtp + 1;
		if (pair->ports.rtp % 2 == 0)
			pair->rtcp = udp_bind(family, &pair->ports.rtcp);
		if (pair->rtcp < 0) {
			close(pair->rtp);
			continue;
		}
		udp_set_buffers(pair->rtp);
		getsockopt(pair->rtp, SOL_SOCKET, SO_RCVBUF, &pair->rcvbuf, &len);
	}
	if (pair->rtcp >= 0)
		return TRUE;

	pair->rtp = -1;
	g_set_error(error, G_IO_ERROR, g_io_error_from_errno(err),
		    "no pair of UDP ports: %s", g_strerror(err));
	return FALSE;
}

void udp_pair_close(struct udp_pair *pair)
{
	if (pair->rtp >= 0)
		close(pair->rtp);
	if (pair->rtcp >= 0)
		close(pair->rtcp);
	pair->rtp = -1;
	pair->rtcp = -1;
}

struct udp_batch *udp_batch_new(int fd, int family)
{
	struct udp_batch *batch = g_new(struct udp_batch, 1);

	batch->fd = fd;
	batch->family = family;
	batch->n = 0;
	return batch;
}

static void udp_batch_flush(struct udp_batch *batch)
{
	guint done = 0;

	while (done < batch->n) {
		gint sent = sendmmsg(batch->fd, &batch->msgs[done], batch->n - done,
				     MSG_DONTWAIT | MSG_NOSIGNAL);

		/* the one that cannot be sent keeps nobody else from it */
		done += MAX(sent, 1);
	}
	batch->n = 0;
}

void udp_batch_add(struct udp_batch *batch, const struct rtp_fanout_dest *to,
		   gconstpointer data, gsize len)
{
	struct udp_datagram *datagram = &batch->datagrams[batch->n];
	struct msghdr *msg = &batch->msgs[batch->n].msg_hdr;

	g_assert(len <= sizeof(datagram->data));
	memcpy(datagram->data, data, len);
	datagram->iov = (struct iovec){ datagram->data, len };
	*msg = (struct msghdr){
		.msg_name = &datagram->sa,
		.msg_namelen = addr_to_sockaddr(&to->addr, to->ifindex, batch->family,
						&datagram->sa),
		.msg_iov = &datagram->iov,
		.msg_iovlen = 1,
		.msg_control = datagram->control.bytes,
	};
	addr_put_source(msg, batch->family, to);
	if (++batch->n == BATCH)
		udp_batch_flush(batch);
}

void udp_batch_send(struct udp_batch *batch)
{
	udp_batch_flush(batch);
	g_free(batch);
}
