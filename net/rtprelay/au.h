/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where an access unit begins, for codecs whose payload does not say it: at
 * another timestamp, and after the marker bit (RFC 6184, section 5.1, and RFC
 * 7798, section 4.1). Either alone is not enough: a lost datagram can take the
 * marker with it, and senders exist that leave the timestamp behind.
 */
#ifndef _NET_RTPRELAY_AU_H
#define _NET_RTPRELAY_AU_H

#include "codec.h"

/**
 * rtp_au_begins() - whether a datagram is of another access unit
 * @au: the access unit so far
 * @pkt: the datagram after it
 *
 * Return: true when it is.
 */
static inline bool rtp_au_begins(const struct rtp_au_state *au,
				 const struct rtp_packet *pkt)
{
	return !au->known || au->ended || au->timestamp != pkt->timestamp;
}

/**
 * rtp_au_begin() - go on to the access unit of a datagram
 * @au: the access unit
 * @pkt: its first datagram
 */
static inline void rtp_au_begin(struct rtp_au_state *au,
				const struct rtp_packet *pkt)
{
	*au = (struct rtp_au_state) {
		.timestamp	= pkt->timestamp,
		.known		= true,
	};
}

/**
 * rtp_au_first() - whether a layer begins, which is then taken as begun
 * @au: the access unit
 * @layer: what orders the layers of the codec, 0 to 254; within an access unit
 *	they follow each other in that order
 *
 * Return: true when neither this layer nor one above it was there before.
 */
static inline bool rtp_au_first(struct rtp_au_state *au, unsigned int layer)
{
	if (layer < au->layers)
		return false;
	au->layers = layer + 1;
	return true;
}

#endif /* _NET_RTPRELAY_AU_H */
