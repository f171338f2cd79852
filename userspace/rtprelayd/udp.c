// SPDX-License-Identifier: GPL-2.0-or-later
#include "udp.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "addr.h"
#include "helper.h"
#include "limit.h"

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

void udp_send(int fd, int family, const struct rtp_fanout_dest *to,
	      gconstpointer data, gsize len)
{
	struct sockaddr_storage sa;
	struct iovec iov = { (void *)data, len };
	union {
		struct cmsghdr align;
		guint8 bytes[ADDR_CONTROL_LEN];
	} control;
	struct msghdr msg = {
		.msg_name = &sa,
		.msg_namelen = addr_to_sockaddr(&to->addr, to->ifindex, family, &sa),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
	};

	addr_put_source(&msg, family, to);
	sendmsg(fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
}
