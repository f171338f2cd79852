// SPDX-License-Identifier: GPL-2.0
/*
 * What a socket option costs in the kernel, the copy from user space left out.
 */
#include <linux/file.h>
#include <linux/net.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>
#include <net/sock.h>
#include "bench.h"

#define BENCH_OPTION_MAX	(1 << 20)

int bench_option(struct rtpbench_option *option)
{
	struct socket *sock;
	void *value;
	int err;
	u64 t;

	if (option->len > BENCH_OPTION_MAX)
		return -E2BIG;
	value = vmemdup_user(u64_to_user_ptr(option->value), option->len);
	if (IS_ERR(value))
		return PTR_ERR(value);
	sock = sockfd_lookup(option->fd, &err);
	if (sock) {
		t = ktime_get_ns();
		err = sock_setsockopt(sock, SOL_SOCKET, option->name,
				      KERNEL_SOCKPTR(value), option->len);
		option->ns = ktime_get_ns() - t;
		option->error = -err;
		err = 0;
		sockfd_put(sock);
	}
	kvfree(value);

	return err;
}
