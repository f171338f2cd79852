/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pacing in the process: datagrams of the stream wait here until they leave. When
 * that is, and over which time their copies are spread, the kernel part's own pace.c
 * says.
 */
#ifndef FANOUT_USER_PACE_H
#define FANOUT_USER_PACE_H

#include "backend.h"
#include "engine.h"

struct user;

/**
 * struct user_pace - what waits
 * @user: whose walk is paced
 * @held: struct held *, the oldest first
 * @leaving: likewise, what the engine has in hand, while a walk sends it
 * @start: when the first destination is to get that, ns of CLOCK_MONOTONIC
 * @duration: ns from then until the last is to get it
 * @waiting: bytes of the datagrams in @held
 * @bytes: memory of those in @held and @leaving, bytes
 * @limit: the most that it may be, bytes: what the socket may hold of datagrams
 * @timer: file descriptor of a timer of CLOCK_MONOTONIC; -1 while nothing was paced
 * @watch: wakes when @timer expires; NULL while nothing was paced
 */
struct user_pace {
	struct user *user;
	GQueue held;
	GQueue leaving;
	guint64 start;
	u64 duration;
	guint waiting;
	gsize bytes;
	gsize limit;
	int timer;
	GSource *watch;
};

void user_pace_init(struct user_pace *pace, struct user *user);
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

/* user_pace_leave - send what is due, and wake when more is */
void user_pace_leave(struct user_pace *pace);

/* user_pace_end - hand on all that waits, at once */
void user_pace_end(struct user_pace *pace);

#endif
