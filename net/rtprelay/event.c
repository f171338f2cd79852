// SPDX-License-Identifier: GPL-2.0
/*
 * Events: one wake-up (EPOLLPRI), then RTP_FANOUT_EVENTS reads them.
 */
#include <linux/poll.h>
#include <linux/udp.h>
#include <net/sock.h>
#include "event.h"
#include "fanout.h"

/* The bit makes udp_poll() report EPOLLPRI; it is set as long as there are
 * events. Only the first wakes: who polls reads all.
 */
static void rtp_event_wake(struct rtp_fanout *fanout)
{
	struct sock *sk = fanout->sk;
	struct socket_wq *wq;

	lockdep_assert_held(&fanout->event_lock);

	/* The socket is a plain one again, or goes. */
	if (fanout->events_stopped)
		return;
	if (udp_test_and_set_bit(RTP_EVENTS, sk))
		return;

	rcu_read_lock();
	wq = rcu_dereference(sk->sk_wq);
	if (skwq_has_sleeper(wq))
		wake_up_interruptible_poll(&wq->wait, EPOLLPRI);
	rcu_read_unlock();
}

static void rtp_event_done(struct rtp_fanout *fanout)
{
	lockdep_assert_held(&fanout->event_lock);

	if (fanout->events_stopped)
		return;
	if (!fanout->events && list_empty(&fanout->event_list))
		udp_clear_bit(RTP_EVENTS, fanout->sk);
}

/**
 * rtp_event_raise() - something happened to a destination
 * @fanout: the fan-out
 * @dest: the destination, published
 * @events: RTP_FANOUT_EVENT_*
 *
 * Context: Any but hard interrupts, event_lock held.
 */
void rtp_event_raise(struct rtp_fanout *fanout, struct rtp_dest *dest,
		     u16 events)
{
	lockdep_assert_held(&fanout->event_lock);

	dest->events |= events;
	if (list_empty(&dest->event_node))
		list_add_tail(&dest->event_node, &fanout->event_list);
	rtp_event_wake(fanout);
}

/**
 * rtp_event_withdraw() - what happened to a destination is not told any more
 * @fanout: the fan-out
 * @dest: the destination, published
 * @events: RTP_FANOUT_EVENT_*
 *
 * Context: Any but hard interrupts, event_lock held.
 */
void rtp_event_withdraw(struct rtp_fanout *fanout, struct rtp_dest *dest,
			u16 events)
{
	lockdep_assert_held(&fanout->event_lock);

	dest->events &= ~events;
	if (dest->events)
		return;
	list_del_init(&dest->event_node);
	rtp_event_done(fanout);
}

/**
 * rtp_event_dest() - something happened to a destination
 * @fanout: the fan-out
 * @dest: the destination
 * @events: RTP_FANOUT_EVENT_*
 * @error: errno value of an ICMP error, 0 for none
 *
 * Context: Any but hard interrupts. The destination is published, and found in
 * an RCU read section.
 */
void rtp_event_dest(struct rtp_fanout *fanout, struct rtp_dest *dest,
		    u16 events, u16 error)
{
	spin_lock_bh(&fanout->event_lock);
	/* Under the lock: a destination that is removed meanwhile is
	 * unpublished before rtp_event_forget() takes the lock.
	 */
	if (rtp_dest_is_live(&fanout->table, dest)) {
		if (error)
			dest->error = error;
		rtp_event_raise(fanout, dest, events);
	}
	spin_unlock_bh(&fanout->event_lock);
}

/**
 * rtp_event_fanout() - something happened to the fan-out
 * @fanout: the fan-out
 * @events: RTP_FANOUT_EVENT_*
 *
 * Context: Any but hard interrupts.
 */
void rtp_event_fanout(struct rtp_fanout *fanout, u32 events)
{
	spin_lock_bh(&fanout->event_lock);
	fanout->events |= events;
	rtp_event_wake(fanout);
	spin_unlock_bh(&fanout->event_lock);
}

/**
 * rtp_event_source() - the source became silent, or came back
 * @fanout: the fan-out
 * @event: RTP_FANOUT_EVENT_SILENT or RTP_FANOUT_EVENT_BACK; 0 when neither is
 *	to be told any more
 *
 * Of the two only what happened last is to be read: both would not say how it
 * is now.
 *
 * Context: Any but hard interrupts.
 */
void rtp_event_source(struct rtp_fanout *fanout, u32 event)
{
	spin_lock_bh(&fanout->event_lock);
	fanout->events &= ~(RTP_FANOUT_EVENT_SILENT | RTP_FANOUT_EVENT_BACK);
	fanout->events |= event;
	if (event)
		rtp_event_wake(fanout);
	else
		rtp_event_done(fanout);
	spin_unlock_bh(&fanout->event_lock);
}

static void rtp_event_clear(struct rtp_dest *dest)
{
	list_del_init(&dest->event_node);
	dest->events = 0;
	dest->error = 0;
}

/**
 * rtp_event_forget() - a destination goes, and its events with it
 * @fanout: the fan-out
 * @dest: the destination, not published any more
 *
 * Context: Process context, socket locked.
 */
void rtp_event_forget(struct rtp_fanout *fanout, struct rtp_dest *dest)
{
	spin_lock_bh(&fanout->event_lock);
	rtp_event_clear(dest);
	rtp_event_done(fanout);
	spin_unlock_bh(&fanout->event_lock);
}

/**
 * rtp_event_stop() - the fan-out was stopped: its events concern nobody
 * @fanout: the fan-out
 *
 * Context: Process context, socket locked: the next fan-out of the socket may
 * have events of its own.
 */
void rtp_event_stop(struct rtp_fanout *fanout)
{
	spin_lock_bh(&fanout->event_lock);
	fanout->events_stopped = true;
	udp_clear_bit(RTP_EVENTS, fanout->sk);
	spin_unlock_bh(&fanout->event_lock);
}

/**
 * rtp_event_take() - the next of what happened, which is then forgotten
 * @fanout: the fan-out
 * @event: filled in
 *
 * Context: Process context, socket locked.
 * Return: false when there is none.
 */
bool rtp_event_take(struct rtp_fanout *fanout, struct rtp_fanout_event *event)
{
	struct rtp_dest *dest;
	bool found = true;

	*event = (struct rtp_fanout_event){};

	spin_lock_bh(&fanout->event_lock);
	dest = list_first_entry_or_null(&fanout->event_list, struct rtp_dest,
					event_node);
	if (fanout->events) {
		event->events = fanout->events;
		fanout->events = 0;
	} else if (dest) {
		event->addr = dest->key.addr;
		event->ifindex = dest->key.ifindex;
		event->cookie = dest->cookie;
		event->events = dest->events;
		event->error = dest->error;
		rtp_event_clear(dest);
	} else {
		found = false;
	}
	rtp_event_done(fanout);
	spin_unlock_bh(&fanout->event_lock);

	return found;
}
