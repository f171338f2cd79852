// SPDX-License-Identifier: GPL-2.0-or-later
#include "reinject.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "addr.h"

/**
 * struct reinject - see reinject.h
 * @fd: a socket that is connected to the media socket
 * @addr: its own address
 */
struct reinject {
	int fd;
	struct rtp_fanout_addr addr;
};

/* A socket for both families takes IPv4, which is there without IPv6. */
static gboolean reinject_connect(struct reinject *reinject, guint16 port)
{
	struct sockaddr_in sa = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(sa);

	if (bind(reinject->fd, (struct sockaddr *)&sa, len))
		return FALSE;
	sa.sin_port = htons(port);
	if (connect(reinject->fd, (struct sockaddr *)&sa, len) ||
	    getsockname(reinject->fd, (struct sockaddr *)&sa, &len))
		return FALSE;
	return addr_from_sockaddr(&reinject->addr, (struct sockaddr *)&sa, len);
}

struct reinject *reinject_new(guint16 port, GError **error)
{
	struct reinject *reinject = g_new0(struct reinject, 1);
	int err;

	reinject->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (reinject->fd >= 0 && reinject_connect(reinject, port))
		return reinject;
	err = errno;
	g_set_error(error, G_IO_ERROR, g_io_error_from_errno(err),
		    "no socket to inject from: %s", g_strerror(err));
	reinject_free(reinject);
	return NULL;
}

void reinject_free(struct reinject *reinject)
{
	if (!reinject)
		return;
	if (reinject->fd >= 0)
		close(reinject->fd);
	g_free(reinject);
}

const struct rtp_fanout_addr *reinject_addr(const struct reinject *reinject)
{
	return &reinject->addr;
}

void reinject_send(struct reinject *reinject, const guint8 *data, gsize len)
{
	send(reinject->fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL);
}
