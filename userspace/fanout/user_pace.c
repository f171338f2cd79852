// SPDX-License-Identifier: GPL-2.0-or-later
#include "user_pace.h"

#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define NS_PER_S	1000000000

/*
 * Copies that leave at once, unless a single datagram has more: fewer in a group
 * where there are many destinations, since all of them get it together.
 */
#define PACE_COPIES	64

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

void user_pace_init(struct user_pace *pace, struct engine *engine, int fd)
{
	socklen_t len = sizeof(int);
	int bytes = 0;

	/* of a socket that is one, this does not fail */
	getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, &len);
	*pace = (struct user_pace){ .engine = engine, .limit = bytes, .timer = -1 };
	g_queue_init(&pace->held);
}

void user_pace_exit(struct user_pace *pace)
{
	g_queue_clear_full(&pace->held, g_free);
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
	struct held *held;

	if (!pace->engine->pace.percent || !pace_has_timer(pace))
		return FALSE;
	if (pace->bytes + held_size(len) > pace->limit) {
		pace->engine->info.rx_dropped_queue++;
		return TRUE;
	}
	held = g_malloc(held_size(len));
	held->received = pace_now();
	held->len = len;
	memcpy(held->data, data, len);
	g_queue_push_tail(&pace->held, held);
	pace->bytes += held_size(len);
	return TRUE;
}

/* Datagrams that leave together. They are freed once the engine has sent them. */
struct group {
	guint n;
	struct held *held[GROUP_MAX];
};

static void pace_take(struct user_pace *pace, struct group *group, guint most)
{
	struct engine *engine = pace->engine;

	group->n = 0;
	while (group->n < most && !g_queue_is_empty(&pace->held)) {
		struct held *held = g_queue_pop_head(&pace->held);

		pace->bytes -= held_size(held->len);
		engine->now = held->received;
		engine_receive(engine, held->data, held->len);
		group->held[group->n++] = held;
	}
}

static void pace_send(struct user_pace *pace, const struct group *group)
{
	engine_flush(pace->engine);
	for (guint i = 0; i < group->n; i++)
		g_free(group->held[i]);
}

void user_pace_leave(struct user_pace *pace)
{
	struct engine *engine = pace->engine;
	struct rtp_pace *leaving = &engine->pace;
	guint most = CLAMP(PACE_COPIES / MAX(engine->info.dests, 1), 1,
			   MIN(leaving->burst, GROUP_MAX));
	guint budget = FANOUT_RX_BATCH;

	while (!g_queue_is_empty(&pace->held)) {
		guint64 now = pace_now();
		struct group group;
		u64 duration;

		if (now < rtp_pace_slice(leaving->next)) {
			pace_wake_at(pace, rtp_pace_slice(leaving->next));
			return;
		}
		/* who is always late leaves time for others of the main loop */
		if (!budget) {
			pace_wake_at(pace, now);
			return;
		}
		pace_take(pace, &group, MIN(most, budget));
		if (engine->n_items) {
			/* a source that was idle does not make who sends late */
			leaving->next = MAX(leaving->next, group.held[0]->received);
			leaving->hurry = pace->bytes > pace->limit / 2;
			rtp_pace_leave(leaving, now, engine->n_items,
				       g_queue_get_length(&pace->held), &duration);
		}
		pace_send(pace, &group);
		budget -= group.n;
	}
}

void user_pace_end(struct user_pace *pace)
{
	struct group group;

	while (!g_queue_is_empty(&pace->held)) {
		pace_take(pace, &group, GROUP_MAX);
		pace_send(pace, &group);
	}
}
