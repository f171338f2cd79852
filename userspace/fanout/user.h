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
#include "class.h"
#include "codec.h"
#include "rates.h"
#include "source.h"
#include "stream.h"

/**
 * struct user_dest - a destination
 * @dest: as added; first, for it is the key in the table
 * @info: as the owner sees it
 * @class: its cap's, in user.caps
 * @index: index into user.dests
 * @no_segment: the path refused UDP_SEGMENT, for want of checksum offload or
 *	since a segment exceeds its MTU: datagrams go one by one
 * @sa: where it is, in the socket's family
 * @sa_len: bytes of @sa
 */
struct user_dest {
	struct rtp_fanout_dest dest;
	struct rtp_fanout_dest_info info;
	guint class;
	guint index;
	gboolean no_segment;
	struct sockaddr_in6 sa;
	socklen_t sa_len;
};

/**
 * struct user_copy - a datagram of the batch, as the members of a class get it
 * @head: RTP header as it leaves, with the class's number
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
 * struct user_class - what the destinations with one cap get
 * @n_copies: datagrams of the batch now in hand
 * @copies: those
 */
struct user_class {
	guint n_copies;
	struct user_copy copies[FANOUT_RX_BATCH];
};

/**
 * struct user - the backend's state
 * @fanout: whose
 * @family: the socket's
 * @own: the socket's address
 * @watch: wakes on datagrams
 * @config: as attached, or configured last
 * @info: counters
 * @stream: numbers and codec
 * @rates: how much of it each layer is
 * @source: SSRC and timestamps of what leaves
 * @now: when the batch now in hand was read, in nanoseconds of CLOCK_MONOTONIC
 * @caps: the caps of the destinations
 * @classes: for each of them what it gets
 * @dests: struct user_dest *, in the order of the walk
 * @table: the same, found by address, port and interface; owns them
 * @start: index in @dests at which the next walk begins
 */
struct user {
	struct fanout *fanout;
	int family;
	struct rtp_fanout_addr own;
	GSource *watch;
	struct rtp_fanout_config config;
	struct rtp_fanout_info info;
	struct rtp_stream stream;
	struct rtp_rates rates;
	struct rtp_source source;
	guint64 now;
	struct rtp_classes caps;
	struct user_class classes[RTP_CLASSES];
	GPtrArray *dests;
	GHashTable *table;
	guint start;
};

/* user_send - send the classes' copies to all destinations, and count them */
void user_send(struct user *user);

#endif
