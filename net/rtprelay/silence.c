// SPDX-License-Identifier: GPL-2.0
/*
 * Whether the source is silent. Receive writes down when a datagram came, and
 * does nothing else about it. A work looks, when the source could be silent at
 * the earliest; while it is, the owner says that something is queued again.
 */
#include <linux/jiffies.h>
#include <linux/lockdep.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <net/sock.h>
#include <uapi/linux/rtp_fanout.h>
#include "event.h"
#include "fanout.h"
#include "silence.h"

static void rtp_silence_wait(struct rtp_silence *silence, unsigned long delay)
{
	queue_delayed_work(system_dfl_wq, &silence->work, rtp_fanout_early(delay));
}

/* Returns what is to be told, RTP_FANOUT_EVENT_*, or 0. */
static u32 rtp_silence_look(struct rtp_silence *silence)
{
	unsigned long heard = READ_ONCE(silence->heard), now = jiffies;
	unsigned long end = heard + silence->limit;
	bool told = silence->told;

	/* Not asked for any more; or told already, and nothing came since. */
	if (!silence->limit || (told && heard == silence->seen))
		return 0;

	silence->told = !time_before(now, end);
	silence->seen = heard;
	if (silence->told)
		return RTP_FANOUT_EVENT_SILENT;
	rtp_silence_wait(silence, end - now);

	return told ? RTP_FANOUT_EVENT_BACK : 0;
}

static void rtp_silence_work(struct work_struct *work)
{
	struct rtp_fanout *fanout = container_of(to_delayed_work(work),
						 struct rtp_fanout,
						 silence.work);
	spinlock_t *lock = &fanout->sk->sk_receive_queue.lock;
	u32 event;

	spin_lock_bh(lock);
	event = rtp_silence_look(&fanout->silence);
	spin_unlock_bh(lock);

	/* It alone tells, and never runs twice at a time: in order. */
	if (event)
		rtp_event_source(fanout, event);
}

/**
 * rtp_silence_attach() - a fan-out can have a source that is silent
 * @fanout: the fan-out
 *
 * Context: Process context.
 */
void rtp_silence_attach(struct rtp_fanout *fanout)
{
	INIT_DELAYED_WORK(&fanout->silence.work, rtp_silence_work);
}

/**
 * rtp_silence_begin() - from now on a datagram is waited for
 * @fanout: the fan-out, its config as it is to be
 *
 * What was told before, or was to be, is of another time.
 *
 * Context: Process context, socket locked. Sleeps until the work has left the
 * fan-out.
 */
void rtp_silence_begin(struct rtp_fanout *fanout)
{
	spinlock_t *lock = &fanout->sk->sk_receive_queue.lock;
	struct rtp_silence *silence = &fanout->silence;
	u32 ms = fanout->config.silent_ms;
	unsigned long limit = 0;

	/* A tick more: the first may be all but over. */
	if (ms)
		limit = msecs_to_jiffies(ms) + 1;

	/* From here on the work says nothing, and the owner does not have it
	 * run.
	 */
	spin_lock_bh(lock);
	silence->limit = 0;
	silence->told = false;
	spin_unlock_bh(lock);

	/* What it was about to say is said before that is taken back. */
	cancel_delayed_work_sync(&silence->work);
	rtp_event_source(fanout, 0);
	if (!limit)
		return;

	spin_lock_bh(lock);
	silence->limit = limit;
	rtp_silence_heard(silence);
	spin_unlock_bh(lock);
	rtp_silence_wait(silence, limit);
}

/**
 * rtp_silence_back() - what a silent source sent is queued
 * @fanout: the fan-out
 *
 * Context: Any, sk->sk_receive_queue.lock held.
 */
void rtp_silence_back(struct rtp_fanout *fanout)
{
	lockdep_assert_held(&fanout->sk->sk_receive_queue.lock);

	/* No timer runs while the source is silent. */
	queue_delayed_work(system_dfl_wq, &fanout->silence.work, 0);
}

/**
 * rtp_silence_detach() - a fan-out was stopped
 * @fanout: the fan-out; rtp_event_stop() was called
 *
 * The owner, who may still run, cannot start the work any more.
 *
 * Context: Process context. Sleeps until the work has left the fan-out.
 */
void rtp_silence_detach(struct rtp_fanout *fanout)
{
	disable_delayed_work_sync(&fanout->silence.work);
}
