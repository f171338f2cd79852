/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One thread has a fan-out in userspace: nobody reads while it counts. */
#ifndef SHIM_LINUX_U64_STATS_SYNC_H
#define SHIM_LINUX_U64_STATS_SYNC_H

#include <linux/compiler.h>
#include <linux/types.h>

typedef struct {
	u64 v;
} u64_stats_t;

struct u64_stats_sync {
	char unused;
};

#define u64_stats_read(p)			((p)->v)
#define u64_stats_inc(p)			((p)->v++)
#define u64_stats_add(p, val)			((p)->v += (val))
#define u64_stats_fetch_begin(syncp)		((void)(syncp), 0U)
#define u64_stats_fetch_retry(syncp, start)	((void)(syncp), (void)(start), false)

#endif /* SHIM_LINUX_U64_STATS_SYNC_H */
