/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pacing in the process: datagrams of the stream wait here until they leave. When
 * that is, the kernel part's own pace.c says.
 *
 * Datagrams are spread over the time, copies of one are not: they leave to all
 * destinations together.
 */
#ifndef FANOUT_USER_PACE_H
#define FANOUT_USER_PACE_H

#include "backend.h"
#include "engine.h"

/**
 * struct user_pace - what waits
 * @engine: takes it when it leaves
 * @held: struct held *, the oldest first
 * @bytes: memory of those in @held, bytes
 * @limit: the most that may wait, bytes: what the socket may hold of datagrams
 * @timer: file descriptor of a timer of CLOCK_MONOTONIC; -1 while nothing was paced
 * @watch: wakes when @timer expires; NULL while nothing was paced
 */
struct user_pace {
	struct engine *engine;
	GQueue held;
	gsize bytes;
	gsize limit;
	int timer;
	GSource *watch;
};

/* user_pace_init - @fd is the fan-out's socket */
void user_pace_init(struct user_pace *pace, struct engine *engine, int fd);
void user_pace_exit(struct user_pace *pace);

/**
 * user_pace_hold - a datagram of the stream came
 * @data: copied
 * @len: bytes, at most FANOUT_DATAGRAM_MAX
 *
 * One for which there is no room is dropped and counted.
 *
 * Return: FALSE when there is nothing to wait for, and the engine is to take it.
 */
gboolean user_pace_hold(struct user_pace *pace, const guint8 *data, gsize len);

/* user_pace_leave - hand on what is due, and wake when more is */
void user_pace_leave(struct user_pace *pace);

/* user_pace_end - hand on all that waits, at once */
void user_pace_end(struct user_pace *pace);

#endif
