/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What sock_diag, and so ss, shows of a fan-out.
 */
#ifndef _NET_RTPRELAY_DIAG_H
#define _NET_RTPRELAY_DIAG_H

#include <linux/types.h>

struct sk_buff;
struct sock;

int rtp_diag_fill(struct sock *sk, struct sk_buff *skb, bool net_admin);

#endif /* _NET_RTPRELAY_DIAG_H */
