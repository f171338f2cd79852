/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Policy: who may attach, and where a fan-out may send.
 */
#ifndef _NET_RTPRELAY_POLICY_H
#define _NET_RTPRELAY_POLICY_H

#include <linux/types.h>

struct rtp_dest;
struct sock;

bool rtp_policy_may_attach(const struct sock *sk);
int rtp_policy_send(struct sock *sk, struct rtp_dest *dest);

#endif /* _NET_RTPRELAY_POLICY_H */
