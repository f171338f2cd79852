/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the socket had received before it became a fan-out.
 */
#ifndef _NET_RTPRELAY_ADOPT_H
#define _NET_RTPRELAY_ADOPT_H

struct rtp_fanout;

void rtp_adopt(struct rtp_fanout *fanout);

#endif /* _NET_RTPRELAY_ADOPT_H */
