/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Packets that carry several NAL units, each behind its size in two bytes: the
 * STAP-A of RFC 6184, section 5.7.1, and the AP of RFC 7798, section 4.4.2.
 */
#ifndef _NET_RTPRELAY_AGGREGATE_H
#define _NET_RTPRELAY_AGGREGATE_H

#include "packet.h"

/* The most units that are looked at. */
#define RTP_AGGREGATE_MAX	16

/**
 * struct rtp_aggregate - a walk over the units of such a packet
 * @off: offset in the payload: to begin with, of the first size; then of the
 *	unit
 * @size: bytes of the unit; 0 to begin with
 * @units: how many there were; 0 to begin with
 */
struct rtp_aggregate {
	unsigned int off;
	unsigned int size;
	unsigned int units;
};

/**
 * rtp_aggregate_next() - go to the next unit
 * @walk: the walk
 * @pkt: the packet
 *
 * Return: 1 when there is one; 0 at the end; -EBADMSG when what is there does
 * not fit, when there is nothing at all, and after RTP_AGGREGATE_MAX units.
 */
static inline int rtp_aggregate_next(struct rtp_aggregate *walk,
				     const struct rtp_packet *pkt)
{
	int size;

	walk->off += walk->size;
	if (walk->off == pkt->len && walk->units)
		return 0;

	size = rtp_payload_be16(pkt, walk->off);
	if (size <= 0 || walk->units == RTP_AGGREGATE_MAX)
		return -EBADMSG;

	walk->off += sizeof(u16);
	if ((unsigned int)size > pkt->len - walk->off)
		return -EBADMSG;

	walk->size = size;
	walk->units++;
	return 1;
}

#endif /* _NET_RTPRELAY_AGGREGATE_H */
