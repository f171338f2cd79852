/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where tests of a fan-out send from and receive at */
#ifndef TESTS_UDP_SOCKET_H
#define TESTS_UDP_SOCKET_H

#include <netinet/in.h>

#include "addr.h"

/* udp_socket - one that does not block, on loopback; @addr is set to its own */
static inline int udp_socket(struct rtp_fanout_addr *addr)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(sin);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	g_assert_cmpint(fd, >=, 0);
	g_assert_cmpint(bind(fd, (struct sockaddr *)&sin, len), ==, 0);
	g_assert_cmpint(getsockname(fd, (struct sockaddr *)&sin, &len), ==, 0);
	g_assert_true(addr_from_sockaddr(addr, (struct sockaddr *)&sin, len));
	return fd;
}

#endif /* TESTS_UDP_SOCKET_H */
