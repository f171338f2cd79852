// SPDX-License-Identifier: GPL-2.0-or-later
#include "user.h"

#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "tap.h"

#define NS_PER_S	1000000000

/* Copies that are due within so long leave together: each wake-up takes its time. */
#define TOGETHER_NS	1000000

/* One less than what the engine sends by itself, before it is said when. */
#define GROUP_MAX	(FANOUT_RX_BATCH - 1)

/**
 * struct held - a datagram that waits
 * @received: when it was read, ns of CLOCK_MONOTONIC
 * @len: bytes of @data
 * @data: as received
 */
struct held {
	guint64 received;
	gsize len;
	guint8 data[];
};

/* What it takes of memory. */
static gsize held_size(gsize len)
{
	return sizeof(struct held) + len;
}

static guint64 pace_now(void)
{
	return g_get_monotonic_time() * 1000;
}

static gboolean pace_expired(gint fd, GIOCondition condition, gpointer user_data)
{
	guint64 times;

	/* a timer that was set again meanwhile has nothing to read */
	if (read(fd, &times, sizeof(times)) < 0 && errno != EAGAIN)
		g_error("timer: %s", g_strerror(errno));
	user_pace_leave(user_data);
	return G_SOURCE_CONTINUE;
}

void user_pace_init(struct user_pace *pace, struct user *user)
{
	socklen_t len = sizeof(int);
	int bytes = 0;

	/* of a socket that is one, this does not fail */
	getsockopt(user->fanout->fd, SOL_SOCKET, SO_RCVBUF, &bytes, &len);
	*pace = (struct user_pace){ .user = user, .limit = bytes, .timer = -1 };
	g_queue_init(&pace->held);
	g_queue_init(&pace->leaving);
}

void user_pace_exit(struct user_pace *pace)
{
	g_queue_clear_full(&pace->held, g_free);
	g_queue_clear_full(&pace->leaving, g_free);
	if (!pace->watch)
		return;
	g_source_destroy(pace->watch);
	g_source_unref(pace->watch);
	close(pace->timer);
}

/* Return: whether it can be waited. */
static gboolean pace_has_timer(struct user_pace *pace)
{
	if (pace->watch)
		return TRUE;
	/* GLib's own timeouts are of milliseconds */
	pace->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (pace->timer < 0)
		return FALSE;
	pace->watch = g_unix_fd_source_new(pace->timer, G_IO_IN);
	g_source_set_callback(pace->watch, G_SOURCE_FUNC(pace_expired), pace, NULL);
	g_source_attach(pace->watch, g_main_context_get_thread_default());
	return TRUE;
}

static void pace_wake_at(struct user_pace *pace, guint64 ns)
{
	struct itimerspec at = {
		.it_value = { .tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S },
	};

	timerfd_settime(pace->timer, TFD_TIMER_ABSTIME, &at, NULL);
}

gboolean user_pace_hold(struct user_pace *pace, const guint8 *data, gsize len)
{
	struct engine *engine = pace->user->engine;
	struct held *held;

	if (!engine->pace.percent || !pace_has_timer(pace))
		return FALSE;
	if (pace->bytes + held_size(len) > pace->limit) {
		engine->info.rx_dropped_queue++;
		return TRUE;
	}
	held = g_malloc(held_size(len));
	held->received = pace_now();
	held->len = len;
	memcpy(held->data, data, len);
	g_queue_push_tail(&pace->held, held);
	pace->bytes += held_size(len);
	pace->waiting += len;
	return TRUE;
}

/* The engine takes datagrams, so many at most. */
static void pace_take(struct user_pace *pace, guint most)
{
	struct engine *engine = pace->user->engine;

	while (pace->leaving.length < most && pace->held.length) {
		GList *link = g_queue_pop_head_link(&pace->held);
		const struct held *held = link->data;

		engine->now = held->received;
		engine_receive(engine, held->data, held->len);
		pace->waiting -= held->len;
		g_queue_push_tail_link(&pace->leaving, link);
	}
}

static void pace_free(struct user_pace *pace)
{
	struct held *held;

	while ((held = g_queue_pop_head(&pace->leaving))) {
		pace->bytes -= held_size(held->len);
		g_free(held);
	}
}

/* Have who has not got what leaves now get it at once. */
static void pace_finish(struct user_pace *pace)
{
	if (pace->user->walking) {
		user_send(pace->user);
		engine_sent(pace->user->engine);
	}
	pace_free(pace);
}

/* Have datagrams leave from now on. */
static void pace_begin(struct user_pace *pace, guint64 now, guint most)
{
	struct user *user = pace->user;
	struct engine *engine = user->engine;
	struct rtp_pace *leaving = &engine->pace;
	const struct held *first;
	guint load = 0;

	/*
	 * Who waits for another class may get it before any datagram; what was taken
	 * before that one would leave at once.
	 */
	pace_take(pace, engine->pending.length ? 1 : most);
	if (!engine->n_items)
		return;
	/* a source that was idle does not make who sends late */
	first = g_queue_peek_head(&pace->leaving);
	leaving->next = MAX(leaving->next, first->received);
	leaving->hurry = pace->bytes > pace->limit / 2;
	for (guint i = 0; i < engine->n_items; i++)
		load += engine->items[i].load;
	pace->start = rtp_pace_leave(leaving, now, load, pace->waiting, &pace->duration);
	if (!user->dests->len || (load && !pace->duration)) {
		engine_flush(engine);
		return;
	}
	/* what goes over connections waits in those, and is not lost on the way */
	tap_send(user->fanout->tap, engine);
	/* spread, copies of a destination keep the time between them */
	user_walk_begin(user, user->start);
}

/* Send what is due of what leaves. Return: FALSE when the rest is for later. */
static gboolean pace_go_on(struct user_pace *pace, guint64 now)
{
	guint64 until = now + TOGETHER_NS - pace->start;
	struct user *user = pace->user;

	if (user->walking && until < pace->duration) {
		/* the first at once, the others as their time comes */
		user_walk(user, MIN(until * user->walk / pace->duration + 1, user->walk));
		if (user->sent < user->walk) {
			pace_wake_at(pace, pace->start +
				     pace->duration * user->sent / user->walk);
			return FALSE;
		}
	}
	pace_finish(pace);
	return TRUE;
}

void user_pace_leave(struct user_pace *pace)
{
	struct rtp_pace *leaving = &pace->user->engine->pace;
	guint budget = FANOUT_RX_BATCH;

	while (pace_go_on(pace, pace_now()) && pace->held.length) {
		guint64 now = pace_now();

		if (now < rtp_pace_slice(leaving->next)) {
			pace_wake_at(pace, rtp_pace_slice(leaving->next));
			return;
		}
		/* who is always late leaves time for others of the main loop */
		if (!budget) {
			pace_wake_at(pace, now);
			return;
		}
		pace_begin(pace, now, MIN(MIN(leaving->burst, GROUP_MAX), budget));
		budget -= pace->leaving.length;
	}
}

void user_pace_end(struct user_pace *pace)
{
	pace_finish(pace);
	while (pace->held.length) {
		pace_take(pace, GROUP_MAX);
		engine_flush(pace->user->engine);
		pace_free(pace);
	}
}
