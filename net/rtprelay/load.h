/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Loads: what an skb carries behind its UDP header, the same for all
 * destinations of a variant.
 */
#ifndef _NET_RTPRELAY_LOAD_H
#define _NET_RTPRELAY_LOAD_H

#include <linux/types.h>
#include "batch.h"
#include "packet.h"

struct page;
struct rtp_shared_run;

/**
 * struct rtp_load - a datagram, or a run of them
 * @page: page that what follows @hdr is in, NULL when nothing does
 * @at: bytes of @page before that
 * @bytes: of that
 * @len: bytes of RTP
 * @octets: bytes of RTP payload
 * @sum: checksum of all, unfolded; 0 for a run
 * @size: bytes of each datagram but the last, which may be shorter
 * @last: RTP sequence number of the last
 * @count: datagrams
 * @ttl: the most that their TTL or hop limit may be
 * @hdr_len: bytes of @hdr: RTP_HDR_LEN, or 0
 * @hdr: RTP header of the first datagram, where it is not in @page
 */
struct rtp_load {
	struct page *page;
	u32 at;
	u32 bytes;
	u32 len;
	u32 octets;
	__wsum sum;
	u16 size;
	u16 last;
	u8 count;
	u8 ttl;
	u8 hdr_len;
	u8 hdr[RTP_HDR_LEN] __aligned(4);
};

/**
 * struct rtp_loads - what each destination of a variant gets of a batch
 * @known: what follows means something
 * @class: the variant's class
 * @offset: what is added to the class's numbers
 * @count: loads
 * @load: in the order that they are sent in
 */
struct rtp_loads {
	bool known;
	u8 class;
	u16 offset;
	unsigned int count;
	struct rtp_load load[RTP_BATCH_MAX];
};

void rtp_load_single(struct rtp_load *load, const struct rtp_item *item,
		     const struct rtp_copy *copy);
void rtp_load_shared(struct rtp_load *load, const struct rtp_shared_run *run);

#endif /* _NET_RTPRELAY_LOAD_H */
