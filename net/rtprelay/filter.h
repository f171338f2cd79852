/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The source filter: which of the datagrams that the socket receives are of the
 * stream.
 */
#ifndef _NET_RTPRELAY_FILTER_H
#define _NET_RTPRELAY_FILTER_H

#include <linux/types.h>
#include <uapi/linux/rtp_fanout.h>

struct sk_buff;

/**
 * struct rtp_filter - what receive asks of a datagram, and does with it
 * @source: address and port that it is to come from
 * @ifindex: interface that it is to come in on, 0 for any
 * @era: counts the sources: a datagram of an earlier era is of one before
 * @tee: it goes to the socket as well
 * @timed: when it comes is to be known
 * @codec: enum rtp_fanout_codec for each payload type
 * @rcu: frees it
 *
 * Only read once it is struct rtp_fanout.filter. RTP_FANOUT_CONFIG puts another
 * in its place, as a whole: receive sees the one or the other.
 */
struct rtp_filter {
	struct rtp_fanout_addr source;
	u32 ifindex;
	u32 era;
	bool tee;
	bool timed;
	u8 codec[128];
	struct rcu_head rcu;
};

struct rtp_filter *rtp_filter_new(const struct rtp_fanout_config *config,
				  u32 era);
bool rtp_filter_moves(const struct rtp_fanout_config *now,
		      const struct rtp_fanout_config *config);
bool rtp_filter_is_stream(const struct rtp_filter *filter,
			  const struct sk_buff *skb, unsigned int offset);

#endif /* _NET_RTPRELAY_FILTER_H */
