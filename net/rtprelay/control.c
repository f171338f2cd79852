// SPDX-License-Identifier: GPL-2.0
/*
 * Operations on destinations. Each looks at all of its elements first, and
 * changes something only when none was refused.
 */
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <net/sock.h>
#include "class.h"
#include "control.h"
#include "dest.h"
#include "event.h"
#include "fanout.h"
#include "lease.h"
#include "request.h"
#include "rx.h"
#include "sysctl.h"
#include "variant.h"

static struct rtp_dest *rtp_control_find(struct rtp_fanout *fanout,
					 const struct rtp_fanout_dest *request)
{
	struct rtp_dest_key key;
	struct rtp_dest *dest;
	int err;

	err = rtp_request_key(fanout->sk, request, &key);
	if (err)
		return ERR_PTR(err);

	dest = rtp_dest_find(&fanout->table, &key);

	return dest ?: ERR_PTR(-ENOENT);
}

/* The destination of an element that was found before. */
static struct rtp_dest *rtp_control_found(struct rtp_fanout *fanout,
					  const struct rtp_fanout_dest *request)
{
	struct rtp_dest *dest = rtp_control_find(fanout, request);

	return WARN_ON_ONCE(IS_ERR(dest)) ? NULL : dest;
}

/* Puts one destination into the table, not published yet. */
static int rtp_control_prepare(struct rtp_fanout *fanout,
			       const struct rtp_fanout_dest *request)
{
	struct rtp_dest_key key;
	struct rtp_dest *dest;
	struct rtp_cap cap;
	int err;

	err = rtp_request_key(fanout->sk, request, &key);
	if (!err)
		err = rtp_request_cap(&request->cap, RTP_FANOUT_CAP_PAUSE,
				      &cap);
	if (!err)
		err = rtp_request_lease(request);
	if (err)
		return err;
	if (fanout->table.used >= READ_ONCE(rtp_sysctl_max_dests))
		return -EDQUOT;

	dest = rtp_dest_insert(fanout, &key);
	if (IS_ERR(dest))
		return PTR_ERR(dest);

	err = rtp_request_dest(fanout->sk, request, dest);
	if (err)
		goto err_remove;

	spin_lock_bh(&fanout->classes.lock);
	err = rtp_variant_init(&dest->variant, &fanout->classes, &cap,
			       rtp_rx_serial(fanout));
	spin_unlock_bh(&fanout->classes.lock);
	if (err)
		goto err_remove;

	dest->cap = request->cap;
	dest->cookie = request->cookie;
	rtp_lease_init(dest, request);

	return 0;

err_remove:
	rtp_dest_remove(fanout, dest);
	return err;
}

static void rtp_control_remove(struct rtp_fanout *fanout,
			       struct rtp_dest *dest)
{
	rtp_dest_unpublish(&fanout->table, dest);
	rtp_variant_exit(&dest->variant, &fanout->classes);
	rtp_dest_remove(fanout, dest);
}

/**
 * rtp_control_add() - RTP_FANOUT_ADD
 * @fanout: the fan-out
 * @request: the destinations
 * @count: how many
 *
 * They get the datagrams that are received after this.
 *
 * Context: Process context, socket locked.
 * Return: 0; -EEXIST for a destination that is there already; -EDQUOT when
 * the sysctl's limit is reached; -ENOSPC when there are too many distinct
 * caps; -ENOMEM; else as rtp_request_key(), rtp_request_cap(),
 * rtp_request_lease() and rtp_request_dest().
 */
int rtp_control_add(struct rtp_fanout *fanout,
		    const struct rtp_fanout_dest *request, u32 count)
{
	struct rtp_dest *dest;
	u64 since;
	int err;
	u32 i;

	for (i = 0; i < count; i++) {
		err = rtp_control_prepare(fanout, &request[i]);
		if (err)
			goto err_undo;
	}

	since = rtp_rx_serial(fanout);
	for (i = 0; i < count; i++) {
		dest = rtp_control_found(fanout, &request[i]);
		if (!dest)
			continue;
		dest->since = since;
		rtp_dest_publish(&fanout->table, dest);
		rtp_lease_watch(fanout, dest);
	}

	return 0;

err_undo:
	fanout->failed_index = i;
	while (i--) {
		dest = rtp_control_found(fanout, &request[i]);
		if (dest)
			rtp_control_remove(fanout, dest);
	}
	return err;
}

/**
 * struct rtp_control_change - what an element of SET is about
 * @dest: its destination
 * @cap: the cap that it is to have, where caps are set
 * @immediate: without waiting to go down
 * @reserved: bit for each class that was reserved for that
 */
struct rtp_control_change {
	struct rtp_dest *dest;
	struct rtp_cap cap;
	bool immediate;
	u32 reserved;
};

/* Look at an element: all that can be said before a lock is taken. */
static int rtp_control_look(struct rtp_fanout *fanout,
			    const struct rtp_fanout_dest *request, u32 flags,
			    struct rtp_control_change *change)
{
	u8 known = RTP_FANOUT_CAP_PAUSE | RTP_FANOUT_CAP_IMMEDIATE;
	int err;

	change->dest = rtp_control_find(fanout, request);
	err = PTR_ERR_OR_ZERO(change->dest);
	if (!err && flags & RTP_FANOUT_SET_LEASE)
		err = rtp_request_lease(request);
	if (err || !(flags & RTP_FANOUT_SET_CAP))
		return err;

	change->immediate = request->cap.flags & RTP_FANOUT_CAP_IMMEDIATE;

	return rtp_request_cap(&request->cap, known, &change->cap);
}

/* Have the classes that the caps need: for all elements, or for none. */
static int rtp_control_reserve(struct rtp_fanout *fanout,
			       struct rtp_control_change *change, u32 count)
{
	struct rtp_classes *classes = &fanout->classes;
	u64 serial;
	int err;
	u32 i;

	/* Not before the lock was taken: the worker may give a class up with a
	 * datagram that came meanwhile, and it is then not to be used for that
	 * one.
	 */
	serial = rtp_rx_serial(fanout);
	for (i = 0; i < count; i++) {
		err = rtp_variant_reserve(&change[i].dest->variant, classes,
					  &fanout->stream.top, &change[i].cap,
					  serial, &change[i].reserved);
		if (err)
			goto err_put;
	}

	return 0;

err_put:
	fanout->failed_index = i;
	while (i--)
		rtp_class_put(classes, change[i].reserved);
	return err;
}

/* Sets the caps of all elements, or of none. The lock is held over all of
 * them, since the worker is not to go on from where the first was looked at; it
 * waits only where it changes a destination's class itself. Nor is it to find
 * some of them and miss others for as long as this thread may be preempted.
 */
static int rtp_control_caps(struct rtp_fanout *fanout,
			    struct rtp_control_change *change, u32 count)
{
	struct rtp_classes *classes = &fanout->classes;
	int err;
	u32 i;

	spin_lock_bh(&classes->lock);
	err = rtp_control_reserve(fanout, change, count);
	for (i = 0; i < count && !err; i++) {
		rtp_variant_want(&change[i].dest->variant, classes,
				 &change[i].cap, change[i].immediate,
				 change[i].reserved);
		rtp_dest_pend(&fanout->table, change[i].dest);
	}
	spin_unlock_bh(&classes->lock);

	return err;
}

static void rtp_control_apply(struct rtp_fanout *fanout, struct rtp_dest *dest,
			      const struct rtp_fanout_dest *request, u32 flags)
{
	if (flags & RTP_FANOUT_SET_CAP) {
		dest->cap = request->cap;
		/* of the change, not of the cap */
		dest->cap.flags &= ~RTP_FANOUT_CAP_IMMEDIATE;
	}
	if (flags & RTP_FANOUT_SET_COOKIE)
		WRITE_ONCE(dest->cookie, request->cookie);
	if (flags & RTP_FANOUT_SET_LEASE)
		rtp_lease_set(fanout, dest, request);
}

/**
 * rtp_control_set() - RTP_FANOUT_SET
 * @fanout: the fan-out
 * @request: the destinations
 * @count: how many
 * @flags: RTP_FANOUT_SET_*, known ones
 *
 * Context: Process context, socket locked.
 * Return: 0; -ENOENT for a destination that is not there; -ENOSPC when there
 * are too many distinct caps; -ENOMEM; else as rtp_request_key(),
 * rtp_request_lease() and rtp_request_cap().
 */
int rtp_control_set(struct rtp_fanout *fanout,
		    const struct rtp_fanout_dest *request, u32 count, u32 flags)
{
	struct rtp_control_change *change;
	int err;
	u32 i;

	/* No element's fault: what failed last stays. */
	change = kvcalloc(count, sizeof(*change), GFP_KERNEL_ACCOUNT);
	if (!change)
		return -ENOMEM;

	for (i = 0; i < count; i++) {
		err = rtp_control_look(fanout, &request[i], flags, &change[i]);
		if (err) {
			fanout->failed_index = i;
			goto out;
		}
	}

	if (flags & RTP_FANOUT_SET_CAP) {
		err = rtp_control_caps(fanout, change, count);
		if (err)
			goto out;
	}

	for (i = 0; i < count; i++)
		rtp_control_apply(fanout, change[i].dest, &request[i], flags);
out:
	kvfree(change);

	return err;
}

/**
 * rtp_control_del() - RTP_FANOUT_DEL
 * @fanout: the fan-out
 * @request: the destinations
 * @count: how many
 *
 * Context: Process context, socket locked.
 * Return: 0; -ENOENT for a destination that is not there, or that the call
 * names a second time; else as rtp_request_key().
 */
int rtp_control_del(struct rtp_fanout *fanout,
		    const struct rtp_fanout_dest *request, u32 count)
{
	struct rtp_dest *dest;
	int err;
	u32 i;

	for (i = 0; i < count; i++) {
		dest = rtp_control_find(fanout, &request[i]);
		err = PTR_ERR_OR_ZERO(dest);
		if (!err && dest->picked)
			err = -ENOENT;
		if (err)
			goto err_undo;
		dest->picked = true;
	}

	for (i = 0; i < count; i++) {
		dest = rtp_control_found(fanout, &request[i]);
		if (dest)
			rtp_control_remove(fanout, dest);
	}

	return 0;

err_undo:
	fanout->failed_index = i;
	while (i--) {
		dest = rtp_control_found(fanout, &request[i]);
		if (dest)
			dest->picked = false;
	}
	return err;
}

/**
 * rtp_control_flush() - RTP_FANOUT_FLUSH
 * @fanout: the fan-out
 *
 * Context: Process context, socket locked.
 */
void rtp_control_flush(struct rtp_fanout *fanout)
{
	struct rtp_dest *dest;
	u32 slot;

	for (slot = 0; slot < fanout->table.slots; slot++) {
		dest = rtp_dest_at(&fanout->table, slot);
		if (dest)
			rtp_control_remove(fanout, dest);
		cond_resched();
	}
}

/* What it gets now, which may not be yet what its cap says. */
static void rtp_control_describe_cap(struct rtp_fanout *fanout,
				     const struct rtp_dest *dest,
				     struct rtp_fanout_cap *current_cap)
{
	struct rtp_cap cap;

	spin_lock_bh(&fanout->classes.lock);
	cap = fanout->classes.cap[dest->variant.class];
	spin_unlock_bh(&fanout->classes.lock);

	current_cap->did = cap.did;
	current_cap->qid = cap.qid;
	current_cap->tid = cap.tid;
	current_cap->flags = cap.paused ? RTP_FANOUT_CAP_PAUSE : 0;
}

static void rtp_control_describe(struct rtp_fanout *fanout,
				 const struct rtp_dest *dest,
				 struct rtp_fanout_dest_info *info)
{
	const u64_stats_t *drops = dest->drops;
	const struct rtp_shard *shard;
	unsigned int start;

	info->addr = dest->key.addr;
	info->ifindex = dest->key.ifindex;
	if (dest->has_local)
		memcpy(info->local, &dest->saddr, sizeof(dest->saddr));
	info->cookie = dest->cookie;
	info->cap = dest->cap;
	info->last_seq = READ_ONCE(dest->last_seq);
	rtp_control_describe_cap(fanout, dest, &info->current_cap);

	do {
		start = rtp_fanout_fetch_begin(fanout, dest, &shard);
		info->packets = u64_stats_read(&dest->packets);
		info->octets = u64_stats_read(&dest->octets);
		info->dropped_nomem = u64_stats_read(&drops[RTP_TX_DROP_NOMEM]);
		info->dropped_inflight =
			u64_stats_read(&drops[RTP_TX_DROP_INFLIGHT]);
		info->dropped_route = u64_stats_read(&drops[RTP_TX_DROP_ROUTE]);
		info->dropped_mtu = u64_stats_read(&drops[RTP_TX_DROP_MTU]);
		info->dropped_output =
			u64_stats_read(&drops[RTP_TX_DROP_OUTPUT]);
	} while (rtp_fanout_fetch_retry(fanout, dest, shard, start));
	rtp_lease_describe(dest, info);
}

/**
 * rtp_control_list() - RTP_FANOUT_DESTS
 * @fanout: the fan-out
 * @next: where to begin, 0 at first; on return where to go on, 0 at the end
 * @info: zeroed, filled in
 * @count: the most that are returned
 *
 * Slots do not move: what stays is returned once.
 *
 * Context: Process context, socket locked.
 * Return: how many were filled in.
 */
u32 rtp_control_list(struct rtp_fanout *fanout, u64 *next,
		     struct rtp_fanout_dest_info *info, u32 count)
{
	struct rtp_dest_table *table = &fanout->table;
	struct rtp_dest *dest;
	u64 slot = *next;
	u32 n = 0;

	for (; slot < table->slots && n < count; slot++) {
		dest = rtp_dest_at(table, slot);
		if (dest)
			rtp_control_describe(fanout, dest, &info[n++]);
		cond_resched();
	}
	*next = slot < table->slots ? slot : 0;

	return n;
}
