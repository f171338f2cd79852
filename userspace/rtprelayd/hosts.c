// SPDX-License-Identifier: GPL-2.0-or-later
#include "hosts.h"

#include <string.h>
#include <sys/socket.h>

#include "addr.h"

/* struct host - a key of the table, and what it counts */
struct host {
	struct rtp_fanout_addr addr;
	guint count;
};

/* struct hosts - struct host * by itself */
struct hosts {
	GHashTable *table;
};

struct hosts *hosts_new(void)
{
	struct hosts *hosts = g_new0(struct hosts, 1);

	hosts->table = g_hash_table_new_full(addr_hash, addr_equal, g_free, NULL);
	return hosts;
}

void hosts_free(struct hosts *hosts)
{
	g_hash_table_unref(hosts->table);
	g_free(hosts);
}

static struct rtp_fanout_addr hosts_key(const struct rtp_fanout_addr *addr)
{
	struct rtp_fanout_addr key = *addr;

	key.port = 0;
	if (key.family == AF_INET6)
		memset(key.addr + 8, 0, 8);
	return key;
}

gboolean hosts_enter(struct hosts *hosts, const struct rtp_fanout_addr *addr, guint limit)
{
	struct rtp_fanout_addr key = hosts_key(addr);
	struct host *host = g_hash_table_lookup(hosts->table, &key);

	if (!host) {
		host = g_new0(struct host, 1);
		host->addr = key;
		g_hash_table_add(hosts->table, host);
	}
	if (limit && host->count >= limit)
		return FALSE;
	host->count++;
	return TRUE;
}

void hosts_leave(struct hosts *hosts, const struct rtp_fanout_addr *addr)
{
	struct rtp_fanout_addr key = hosts_key(addr);
	struct host *host = g_hash_table_lookup(hosts->table, &key);

	if (!--host->count)
		g_hash_table_remove(hosts->table, &key);
}
