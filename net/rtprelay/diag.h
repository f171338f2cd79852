/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What sock_diag, and so ss, shows of a fan-out.
 */
#ifndef _NET_RTPRELAY_DIAG_H
#define _NET_RTPRELAY_DIAG_H

#include <linux/types.h>

struct sk_buff;
struct sock;

int rtp_diag_fill(struct sock *sk, bool net_admin, struct sk_buff *skb);

#endif /* _NET_RTPRELAY_DIAG_H */
