/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Requests: what user space asks for, checked and put into the form that the
 * rest works with. Each cause of a refusal has an errno of its own.
 */
#ifndef _NET_RTPRELAY_REQUEST_H
#define _NET_RTPRELAY_REQUEST_H

#include <linux/types.h>
#include <uapi/linux/rtp_fanout.h>

struct rtp_cap;
struct rtp_dest;
struct rtp_dest_key;
struct sock;

int rtp_request_config(const struct sock *sk, struct rtp_fanout_config *config);
int rtp_request_change(const struct sock *sk,
		       const struct rtp_fanout_config *now,
		       struct rtp_fanout_config *config);
int rtp_request_key(const struct sock *sk, const struct rtp_fanout_dest *request,
		    struct rtp_dest_key *key);
int rtp_request_cap(const struct rtp_fanout_cap *request, u8 flags,
		    struct rtp_cap *cap);
int rtp_request_dest(struct sock *sk, const struct rtp_fanout_dest *request,
		     struct rtp_dest *dest);
int rtp_request_lease(const struct rtp_fanout_dest *request);

#endif /* _NET_RTPRELAY_REQUEST_H */
