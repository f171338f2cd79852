/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The user's backend, for kernels without SO_RTP_FANOUT: what the engine numbered
 * leaves by sendmmsg() with UDP_SEGMENT in user_send.c, if it is paced when
 * user_pace.c says.
 *
 * A walk sends the engine's batch to each destination that was there when it began,
 * and is still when its turn comes.
 */
#ifndef FANOUT_USER_H
#define FANOUT_USER_H

#include <netinet/in.h>

#include "backend.h"
#include "engine.h"
#include "user_pace.h"

/**
 * struct user_dest - a destination
 * @dest: what the engine knows of it
 * @request: as added; the key in the table
 * @no_segment: the path refused UDP_SEGMENT, for want of checksum offload or
 *	since a segment exceeds its MTU: datagrams go one by one
 * @sa: where it is, in the socket's family
 * @sa_len: bytes of @sa
 */
struct user_dest {
	struct engine_dest dest;
	struct rtp_fanout_dest request;
	gboolean no_segment;
	struct sockaddr_in6 sa;
	socklen_t sa_len;
};

/**
 * struct user - the backend's state
 * @fanout: whose
 * @engine: its
 * @family: the socket's
 * @own: the socket's address
 * @watch: wakes on datagrams
 * @dests: struct user_dest *, in the order of the walk
 * @table: the same, found by address, port and interface; owns them
 * @pace: what waits to leave
 * @walking: a walk has begun, and not ended
 * @start: index in @dests at which it began
 * @walk: its destinations, the first so many of @dests
 * @sent: how many of those it has come to
 */
struct user {
	struct fanout *fanout;
	struct engine *engine;
	int family;
	struct rtp_fanout_addr own;
	GSource *watch;
	GPtrArray *dests;
	GHashTable *table;
	struct user_pace pace;
	gboolean walking;
	guint start;
	guint walk;
	guint sent;
};

/* user_walk_begin - begin a walk at that index; there is at least one destination */
void user_walk_begin(struct user *user, guint start);

/* user_walk - go on until the first @sent destinations of the walk have the batch */
void user_walk(struct user *user, guint sent);

/* user_walk_without - take a destination out of @dests, wherever the walk is */
void user_walk_without(struct user *user, struct user_dest *gone);

/* user_send - end the walk, or have a whole one */
void user_send(gpointer state);

#endif
