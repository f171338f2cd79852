/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The classifier of user space's own: a BPF program.
 */
#ifndef _NET_RTPRELAY_BPF_H
#define _NET_RTPRELAY_BPF_H

#include <linux/types.h>

struct rtp_bpf;
struct rtp_dgram;
struct rtp_layer;
struct sock;

struct rtp_bpf *rtp_bpf_get(struct sock *sk, u32 fd);
void rtp_bpf_put(struct rtp_bpf *bpf);
u32 rtp_bpf_id(const struct rtp_bpf *bpf);
void rtp_bpf_classify(struct rtp_bpf *bpf, const struct rtp_dgram *dgram,
		      bool late, struct rtp_layer *layer);

#endif /* _NET_RTPRELAY_BPF_H */
