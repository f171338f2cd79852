/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What gives a datagram its layer, and its numbers for each destination, in the
 * process: the kernel part's own sources, built for userspace, so that whatever
 * serves a destination serves it the same.
 *
 * Datagrams make a batch, which is handed on when nothing more was received or
 * a destination changes its class, which it has for a whole batch.
 */
#ifndef FANOUT_ENGINE_H
#define FANOUT_ENGINE_H

#include "backend.h"
#include "class.h"
#include "codec.h"
#include "pace.h"
#include "packet.h"
#include "rates.h"
#include "source.h"
#include "stream.h"
#include "variant.h"

/**
 * struct engine_dest - what there is to know of a destination
 * @info: as the owner sees it; engine_dest_describe() completes it
 * @variant: its class and numbers
 * @link: in engine.pending, while its class is to change
 * @waits: it is there
 * @expires: end of its lease, monotonic, us; 0 for none
 * @octets_limit: octets at which its lease ends; 0 for none
 * @told: the owner knows that its lease ended
 */
struct engine_dest {
	struct rtp_fanout_dest_info info;
	struct rtp_variant variant;
	GList link;
	gboolean waits;
	gint64 expires;
	guint64 octets_limit;
	gboolean told;
};

/**
 * struct engine_item - a datagram of the batch
 * @arrival: as what decides about variants sees it
 * @head: RTP header as it leaves, but for number and marker bit, which are each
 *	destination's own
 * @data: the datagram as received
 * @len: its bytes, at least RTP_HDR_LEN
 * @octets: payload bytes, without header and padding
 * @load: what it counts for where pacing divides time: rtp_class_load(). Destinations
 *	of the tap count as well: their copies leave by the same interface
 */
struct engine_item {
	struct rtp_arrival arrival;
	guint8 head[RTP_HDR_LEN];
	const guint8 *data;
	guint len;
	guint octets;
	guint load;
};

/**
 * struct engine - a stream and the classes of its destinations
 * @fanout: whose; told of events
 * @config: as attached, or configured last
 * @info: counters of what came in, and of what was sent
 * @stream: numbers and codec
 * @rates: how much of it each layer is
 * @source: SSRC and timestamps of what leaves
 * @pace: when it leaves, where the user's backend paces
 * @now: when the datagram, or the batch, now in hand was read, in nanoseconds of
 *	CLOCK_MONOTONIC
 * @caps: the caps of the destinations
 * @serial: counts the datagrams
 * @pending: destinations whose class is to change, struct engine_dest *
 * @n_items: datagrams of the batch now in hand
 * @items: those
 */
struct engine {
	struct fanout *fanout;
	struct rtp_fanout_config config;
	struct rtp_fanout_info info;
	struct rtp_stream stream;
	struct rtp_rates rates;
	struct rtp_source source;
	struct rtp_pace pace;
	guint64 now;
	struct rtp_classes caps;
	guint64 serial;
	GQueue pending;
	guint n_items;
	struct engine_item items[FANOUT_RX_BATCH];
};

/* engine_new - an engine without destinations; @config has been checked */
struct engine *engine_new(struct fanout *fanout,
			  const struct rtp_fanout_config *config);
void engine_free(struct engine *engine);

/* engine_configure - see fanout_configure(); @config has been checked */
void engine_configure(struct engine *engine, const struct rtp_fanout_config *config);

/* engine_is_stream - is a datagram one of the stream? */
gboolean engine_is_stream(const struct engine *engine, const guint8 *data, gsize len,
			  const struct rtp_fanout_addr *from);

/**
 * engine_receive - take a datagram of the stream
 * @data: stays until the batch was handed on
 */
void engine_receive(struct engine *engine, const guint8 *data, guint len);

/* engine_flush - hand the batch to fanout_send(), and begin another */
void engine_flush(struct engine *engine);

/* engine_sent - the batch was sent otherwise: begin another */
void engine_sent(struct engine *engine);

/**
 * engine_dest_init - a destination comes
 * @dest: zeroed
 * @request: its cap, lease and cookie
 * @what: that is done, for @error
 * @error: EINVAL for a wrong cap or lease; ENOSPC when there are too many caps
 *
 * Return: FALSE on error; else it is not moved until engine_dest_exit().
 */
gboolean engine_dest_init(struct engine *engine, struct engine_dest *dest,
			  const struct rtp_fanout_dest *request, const char *what,
			  GError **error);
void engine_dest_exit(struct engine *engine, struct engine_dest *dest);

/* engine_dest_set - see fanout_set() */
gboolean engine_dest_set(struct engine *engine, struct engine_dest *dest,
			 const struct rtp_fanout_dest *request, guint32 flags,
			 GError **error);

/* engine_dest_describe - bring its info up to date */
const struct rtp_fanout_dest_info *engine_dest_describe(struct engine *engine,
							struct engine_dest *dest);

/**
 * engine_dest_is_over - has its lease ended?
 * @now: monotonic, us
 *
 * The owner is told when it is found to have.
 */
gboolean engine_dest_is_over(struct engine *engine, struct engine_dest *dest, gint64 now);

/* engine_dest_is_plain - does it get what its class gets, with the same numbers? */
gboolean engine_dest_is_plain(const struct engine_dest *dest);

/**
 * engine_copy - a destination's copy of a datagram
 * @head: filled in: its RTP header, RTP_HDR_LEN bytes
 *
 * Return: FALSE when it gets none.
 */
gboolean engine_copy(struct engine *engine, struct engine_dest *dest,
		     const struct engine_item *item, guint8 *head);

/* engine_count - it was sent; engine_count_dropped - so many were not, by errno */
void engine_count(struct engine *engine, struct engine_dest *dest,
		  const struct engine_item *item, const guint8 *head);
void engine_count_dropped(struct engine *engine, struct engine_dest *dest, guint n,
			  int err);

#endif
