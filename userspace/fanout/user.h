/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The user's backend, for kernels without SO_RTP_FANOUT: what the engine numbered
 * leaves by sendmmsg() with UDP_SEGMENT in user_send.c, if it is paced when
 * user_pace.c says.
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
 * @index: index into user.dests
 * @no_segment: the path refused UDP_SEGMENT, for want of checksum offload or
 *	since a segment exceeds its MTU: datagrams go one by one
 * @sa: where it is, in the socket's family
 * @sa_len: bytes of @sa
 */
struct user_dest {
	struct engine_dest dest;
	struct rtp_fanout_dest request;
	guint index;
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
 * @start: index in @dests at which the next walk begins
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
	guint start;
};

/* user_send - send the engine's batch to all destinations, and count it */
void user_send(gpointer state);

#endif
