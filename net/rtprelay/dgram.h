/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A received datagram, copied once into memory of the relay's own. Copies that
 * leave refer to these pages; nobody writes to them once the owner has numbered
 * the datagram.
 */
#ifndef _NET_RTPRELAY_DGRAM_H
#define _NET_RTPRELAY_DGRAM_H

#include <linux/list.h>
#include <linux/mm.h>
#include <linux/page_frag_cache.h>
#include <linux/types.h>

/* No limit on the TTL of the copies: the source is a multicast one. */
#define RTP_DGRAM_TTL_ANY	255

/**
 * struct rtp_dgram - a datagram between receive and send
 * @list: in the fan-out's queue, then in the owner's list
 * @serial: counts the datagrams of a fan-out; a destination gets those that
 *	came after it was added
 * @received: when, ns of CLOCK_MONOTONIC; 0 where struct rtp_filter.timed was not
 *	set
 * @truesize: bytes charged to the socket's receive memory
 * @len: bytes of @data, at least RTP_HDR_LEN, at most 65,527
 * @sum: checksum of @data from RTP_HDR_TIMESTAMP to its end, unfolded: what is
 *	the same in every copy is summed up once
 * @ttl: the most that the TTL or hop limit of a copy may be
 * @era: struct rtp_filter.era of the filter that let it in
 * @data: the UDP payload; aligned, since it is copied, summed up and fetched by
 *	devices
 */
struct rtp_dgram {
	struct list_head list;
	u64 serial;
	u64 received;
	u32 truesize;
	u32 len;
	__wsum sum;
	u8 ttl;
	u32 era;
	u8 data[] __aligned(8);
};

/* Drops the relay's reference; copies on their way out hold their own. */
static inline void rtp_dgram_put(struct rtp_dgram *dgram)
{
	page_frag_free(dgram);
}

#endif /* _NET_RTPRELAY_DGRAM_H */
