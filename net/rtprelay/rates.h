/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How much of a stream each of its layers is.
 */
#ifndef _NET_RTPRELAY_RATES_H
#define _NET_RTPRELAY_RATES_H

#include <linux/types.h>
#include <linux/u64_stats_sync.h>
#include <uapi/linux/rtp_fanout.h>
#include "codec.h"

/* Rates are measured over so many milliseconds at a time. */
#define RTP_RATES_WINDOW_MS	200

/* A row for each dependency_id and temporal_id, with all quality_ids. */
#define RTP_RATES_ROWS		((RTP_DID_MAX + 1) * (RTP_TID_MAX + 1))

/**
 * struct rtp_rate - a layer
 * @packets: datagrams received; 0 for a layer that was never seen
 * @octets: their RTP payload bytes
 * @start: jiffies at which the present window began
 * @window: RTP payload bytes in it so far
 * @rate: RTP payload bytes a second when it began
 *
 * Written by the fan-out's owner. @packets and @octets are to be read as the
 * other counters of the fan-out are.
 */
struct rtp_rate {
	u64_stats_t packets;
	u64_stats_t octets;
	unsigned long start;
	u32 window;
	u32 rate;
};

/**
 * struct rtp_rates - the layers of a stream
 * @row: by rtp_rates_row(): for each quality_id its layer; made when the first
 *	datagram comes, and then there as long as this
 */
struct rtp_rates {
	struct rtp_rate *row[RTP_RATES_ROWS];
};

struct rtp_rate *rtp_rates_layer(struct rtp_rates *rates,
				 const struct rtp_layer *layer);
void rtp_rate_add(struct rtp_rate *rate, u32 octets);
u32 rtp_rate_read(const struct rtp_rate *rate, unsigned long now);
u32 rtp_rates_list(const struct rtp_rates *rates,
		   const struct u64_stats_sync *syncp,
		   struct rtp_fanout_layer *list, u32 count);
void rtp_rates_exit(struct rtp_rates *rates);

#endif /* _NET_RTPRELAY_RATES_H */
