/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The user's backend, for kernels without SO_RTP_FANOUT: recvmmsg() in user.c,
 * sendmmsg() with UDP_SEGMENT in user_send.c. Layers and numbers come from the
 * kernel part's own sources, built for userspace, so that both backends agree.
 */
#ifndef FANOUT_USER_H
#define FANOUT_USER_H

#include <netinet/in.h>

#include "backend.h"
#include "codec.h"
#include "stream.h"

/* The class of the destinations without a cap, after those with one */
#define USER_CLASS_ALL		RTP_CLASSES
#define USER_CLASSES		(RTP_CLASSES + 1)

/**
 * struct user_dest - a destination
 * @info: as the owner sees it; first, for it is the key in the table
 * @class: index into user.classes
 * @index: index into user.dests
 * @no_segment: the path refused UDP_SEGMENT, for want of checksum offload or
 *	since a segment exceeds its MTU: datagrams go one by one
 * @sa: where it is, in the socket's family
 * @sa_len: bytes of @sa
 */
struct user_dest {
	struct rtp_fanout_dest_info info;
	guint class;
	guint index;
	gboolean no_segment;
	struct sockaddr_in6 sa;
	socklen_t sa_len;
};

/**
 * struct user_copy - a datagram of the batch, as the members of a class get it
 * @head: RTP header with the class's number
 * @data: the datagram as received
 * @len: its bytes, at least RTP_HDR_LEN
 * @octets: payload bytes, without header and padding
 */
struct user_copy {
	guint8 head[RTP_HDR_LEN];
	const guint8 *data;
	guint len;
	guint octets;
};

/**
 * struct user_class - destinations with one cap
 * @cap: the cap
 * @dests: how many, 0 when the slot is free
 * @n_copies: datagrams of the batch now in hand that they get
 * @copies: those
 */
struct user_class {
	struct rtp_cap cap;
	guint dests;
	guint n_copies;
	struct user_copy copies[FANOUT_RX_BATCH];
};

/**
 * struct user - the backend's state
 * @fanout: whose
 * @family: the socket's
 * @own: the socket's address
 * @watch: wakes on datagrams
 * @info: configuration and counters
 * @stream: numbers and codec
 * @classes: by class
 * @dests: struct user_dest *, in the order of the walk
 * @table: the same, found by address, port and interface; owns them
 * @start: index in @dests at which the next walk begins
 */
struct user {
	struct fanout *fanout;
	int family;
	struct rtp_fanout_addr own;
	GSource *watch;
	struct rtp_fanout_info info;
	struct rtp_stream stream;
	struct user_class classes[USER_CLASSES];
	GPtrArray *dests;
	GHashTable *table;
	guint start;
};

/* user_send - send the classes' copies to all destinations, and count them */
void user_send(struct user *user);

#endif
