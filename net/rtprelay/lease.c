// SPDX-License-Identifier: GPL-2.0
/*
 * Leases. Who sends to a destination asks with each batch whether its lease is
 * over, so no destination has a timer. For those that no datagram comes for,
 * one work for the fan-out looks, at the earliest end and once a second at
 * most.
 */
#include <linux/bitops.h>
#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/workqueue.h>
#include <uapi/linux/rtp_fanout.h>
#include "dest.h"
#include "event.h"
#include "fanout.h"
#include "lease.h"

/* Jiffies between two looks: they cost a visit to each destination. */
#define RTP_LEASE_LOOK	HZ

static unsigned long rtp_lease_expires(u32 lease_ms)
{
	unsigned long expires = jiffies + msecs_to_jiffies(lease_ms);

	if (!lease_ms)
		return RTP_LEASE_NONE;
	return max(expires, RTP_LEASE_ENDED + 1UL);
}

static u64 rtp_lease_limit(u64 octets, u64 lease_octets)
{
	return lease_octets ? octets + lease_octets : U64_MAX;
}

static bool rtp_lease_is_timed(unsigned long expires)
{
	return expires != RTP_LEASE_NONE && expires != RTP_LEASE_ENDED;
}

static void rtp_lease_wait(struct rtp_fanout *fanout, unsigned long delay)
{
	mod_delayed_work(system_dfl_wq, &fanout->lease_work,
			 rtp_fanout_early(delay));
}

/* Have the work look when a lease ends, or soon after. */
static void rtp_lease_arm(struct rtp_fanout *fanout, unsigned long expires)
{
	unsigned long soonest = fanout->lease_seen + RTP_LEASE_LOOK;
	unsigned long now = jiffies;

	lockdep_assert_held(&fanout->event_lock);

	if (!rtp_lease_is_timed(expires) || fanout->events_stopped)
		return;
	if (time_before(expires, now))
		expires = now;
	if (time_before(now, soonest) && time_before(expires, soonest))
		expires = soonest;
	if (fanout->lease_watched && !time_before(expires, fanout->lease_due))
		return;

	fanout->lease_watched = true;
	fanout->lease_due = expires;
	rtp_lease_wait(fanout, expires - now);
}

/* Whether it is time to look. What is set from here on has it look again. */
static bool rtp_lease_is_due(struct rtp_fanout *fanout)
{
	unsigned long now = jiffies;
	bool due;

	spin_lock_bh(&fanout->event_lock);
	due = !time_before(now, fanout->lease_due);
	if (due) {
		fanout->lease_watched = false;
		fanout->lease_seen = now;
	} else if (!fanout->events_stopped) {
		rtp_lease_wait(fanout, fanout->lease_due - now);
	}
	spin_unlock_bh(&fanout->event_lock);

	return due;
}

/* Ends the lease that the caller read. Returns false when it was set
 * meanwhile.
 */
static bool rtp_lease_end(struct rtp_fanout *fanout, struct rtp_dest *dest,
			  unsigned long expires, u64 limit)
{
	bool over;

	spin_lock_bh(&fanout->event_lock);
	if (dest->expires == expires && dest->lease_octets == limit &&
	    rtp_dest_is_live(&fanout->table, dest)) {
		WRITE_ONCE(dest->expires, RTP_LEASE_ENDED);
		rtp_event_raise(fanout, dest, RTP_FANOUT_EVENT_LEASE_EXPIRED);
	}
	over = rtp_lease_is_over(dest);
	spin_unlock_bh(&fanout->event_lock);

	return over;
}

/**
 * rtp_lease_check() - whether a lease is over
 * @fanout: the fan-out
 * @dest: a destination that has a lease, or had
 *
 * Context: As rtp_lease_ended(), which callers use.
 * Return: true when it is.
 */
bool rtp_lease_check(struct rtp_fanout *fanout, struct rtp_dest *dest)
{
	unsigned long expires = READ_ONCE(dest->expires);
	u64 limit = READ_ONCE(dest->lease_octets);

	if (expires == RTP_LEASE_ENDED)
		return true;
	if (u64_stats_read(&dest->octets) < limit &&
	    (expires == RTP_LEASE_NONE || time_before(jiffies, expires)))
		return false;

	return rtp_lease_end(fanout, dest, expires, limit);
}

/**
 * rtp_lease_init() - give a new destination its lease
 * @dest: a destination that is not published yet
 * @request: what user space asked for, checked
 *
 * Context: Process context, socket locked.
 */
void rtp_lease_init(struct rtp_dest *dest,
		    const struct rtp_fanout_dest *request)
{
	dest->expires = rtp_lease_expires(request->lease_ms);
	dest->lease_octets = rtp_lease_limit(0, request->lease_octets);
}

/**
 * rtp_lease_watch() - see to it that the end of a lease is told
 * @fanout: the fan-out
 * @dest: a destination that was published
 *
 * Context: Process context, socket locked.
 */
void rtp_lease_watch(struct rtp_fanout *fanout, const struct rtp_dest *dest)
{
	spin_lock_bh(&fanout->event_lock);
	rtp_lease_arm(fanout, dest->expires);
	spin_unlock_bh(&fanout->event_lock);
}

/**
 * rtp_lease_set() - renew, change or lift a destination's lease
 * @fanout: the fan-out
 * @dest: the destination
 * @request: what user space asked for, checked
 *
 * That the one before ended is not told any more.
 *
 * Context: Process context, socket locked.
 */
void rtp_lease_set(struct rtp_fanout *fanout, struct rtp_dest *dest,
		   const struct rtp_fanout_dest *request)
{
	unsigned long expires = rtp_lease_expires(request->lease_ms);
	const struct rtp_shard *shard;
	unsigned int start;
	u64 octets;

	do {
		start = rtp_fanout_fetch_begin(fanout, dest, &shard);
		octets = u64_stats_read(&dest->octets);
	} while (rtp_fanout_fetch_retry(fanout, dest, shard, start));

	spin_lock_bh(&fanout->event_lock);
	WRITE_ONCE(dest->lease_octets,
		   rtp_lease_limit(octets, request->lease_octets));
	WRITE_ONCE(dest->expires, expires);
	rtp_event_withdraw(fanout, dest, RTP_FANOUT_EVENT_LEASE_EXPIRED);
	rtp_lease_arm(fanout, expires);
	spin_unlock_bh(&fanout->event_lock);
}

/**
 * rtp_lease_describe() - say what is left of a lease
 * @dest: the destination
 * @info: its octets are filled in; the lease and the state are from zero
 *
 * Context: Process context, socket locked.
 */
void rtp_lease_describe(const struct rtp_dest *dest,
			struct rtp_fanout_dest_info *info)
{
	/* Read once: it may end meanwhile. */
	unsigned long expires = READ_ONCE(dest->expires), now = jiffies;
	u64 limit = READ_ONCE(dest->lease_octets);

	if (expires == RTP_LEASE_ENDED || info->octets >= limit ||
	    (expires != RTP_LEASE_NONE && !time_before(now, expires))) {
		info->state = RTP_FANOUT_STATE_EXPIRED;
		return;
	}

	info->state = RTP_FANOUT_STATE_ACTIVE;
	if (expires != RTP_LEASE_NONE)
		info->lease_ms = max(jiffies_to_msecs(expires - now), 1U);
	if (limit != U64_MAX)
		info->lease_octets = limit - info->octets;
}

/* Ends the leases of a chunk that ran out. Returns when the next does, or
 * @next where that is earlier.
 */
static unsigned long rtp_lease_look(struct rtp_fanout *fanout,
				    struct rtp_dest_chunk *chunk,
				    unsigned long next)
{
	unsigned long expires;
	struct rtp_dest *dest;
	unsigned int i;

	for (i = 0; i < RTP_CHUNK_DESTS; i++) {
		if (!test_bit_acquire(i, chunk->live))
			continue;
		dest = &chunk->dest[i];
		expires = READ_ONCE(dest->expires);
		if (!rtp_lease_is_timed(expires))
			continue;
		if (!time_before(jiffies, expires))
			rtp_lease_end(fanout, dest, expires,
				      READ_ONCE(dest->lease_octets));
		else if (next == RTP_LEASE_NONE || time_before(expires, next))
			next = expires;
	}

	return next;
}

static void rtp_lease_work(struct work_struct *work)
{
	struct rtp_fanout *fanout = container_of(to_delayed_work(work),
						 struct rtp_fanout, lease_work);
	unsigned long next = RTP_LEASE_NONE;
	struct rtp_dest_chunk *chunk;
	u32 slot, slots;

	if (!rtp_lease_is_due(fanout))
		return;

	/* Pairs with rtp_dest_grow(): chunks below are there. */
	slots = smp_load_acquire(&fanout->table.slots);
	for (slot = 0; slot < slots; slot += RTP_CHUNK_DESTS) {
		rcu_read_lock();
		chunk = rtp_dest_chunk(&fanout->table, slot);
		if (chunk)
			next = rtp_lease_look(fanout, chunk, next);
		rcu_read_unlock();
		cond_resched();
	}

	spin_lock_bh(&fanout->event_lock);
	rtp_lease_arm(fanout, next);
	spin_unlock_bh(&fanout->event_lock);
}

/**
 * rtp_lease_attach() - a fan-out can have leases
 * @fanout: the fan-out
 *
 * Context: Process context.
 */
void rtp_lease_attach(struct rtp_fanout *fanout)
{
	fanout->lease_seen = jiffies - RTP_LEASE_LOOK;
	INIT_DELAYED_WORK(&fanout->lease_work, rtp_lease_work);
}

/**
 * rtp_lease_detach() - a fan-out was stopped
 * @fanout: the fan-out; rtp_event_stop() was called
 *
 * Context: Process context. Sleeps until the work has left the fan-out.
 */
void rtp_lease_detach(struct rtp_fanout *fanout)
{
	cancel_delayed_work_sync(&fanout->lease_work);
}
