// SPDX-License-Identifier: GPL-2.0-or-later
#include "interfaces.h"

#include <ifaddrs.h>
#include <netinet/in.h>

#include "addr.h"

/**
 * struct interfaces - see interfaces.h
 * @names: char *, by struct rtp_fanout_addr * without a port
 * @read_at: monotonic time at which they were read, us; 0 for never
 */
struct interfaces {
	GHashTable *names;
	gint64 read_at;
};

struct interfaces *interfaces_new(void)
{
	struct interfaces *interfaces = g_new0(struct interfaces, 1);

	interfaces->names = g_hash_table_new_full(addr_hash, addr_equal, g_free, g_free);
	return interfaces;
}

void interfaces_free(struct interfaces *interfaces)
{
	g_hash_table_unref(interfaces->names);
	g_free(interfaces);
}

static void interfaces_read(struct interfaces *interfaces)
{
	struct ifaddrs *all;

	g_hash_table_remove_all(interfaces->names);
	if (getifaddrs(&all))
		return;
	for (struct ifaddrs *one = all; one; one = one->ifa_next) {
		struct rtp_fanout_addr addr = { 0 };
		socklen_t len;

		if (!one->ifa_addr)
			continue;
		len = one->ifa_addr->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6) :
							     sizeof(struct sockaddr_in);
		if (!addr_from_sockaddr(&addr, one->ifa_addr, len))
			continue;
		addr.port = 0;
		g_hash_table_insert(interfaces->names, g_memdup2(&addr, sizeof(addr)),
				    g_strdup(one->ifa_name));
	}
	freeifaddrs(all);
}

const char *interfaces_find(struct interfaces *interfaces,
			    const struct rtp_fanout_addr *addr)
{
	gint64 now = g_get_monotonic_time();
	struct rtp_fanout_addr key = *addr;

	key.port = 0;
	if (!interfaces->read_at ||
	    now - interfaces->read_at >= INTERFACES_PERIOD_S * G_USEC_PER_SEC) {
		interfaces->read_at = now;
		interfaces_read(interfaces);
	}
	return g_hash_table_lookup(interfaces->names, &key);
}
