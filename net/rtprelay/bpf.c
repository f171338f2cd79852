// SPDX-License-Identifier: GPL-2.0
/*
 * The classifier of user space's own: a BPF program says to which layer a
 * datagram belongs, so that what the kernel does not know, a codec or a policy,
 * runs sandboxed in it.
 *
 * The program is a socket filter, the type that is made for reading what
 * strangers send: it can load from the datagram, write to skb->cb and to its
 * maps, and to nothing else. The skb that it gets is the relay's own and never
 * leaves here. It has no linear data and one fragment: the datagram from the RTP
 * header on, in pages that all copies share. What that means for a program:
 *
 *  - LD_ABS, LD_IND, bpf_skb_load_bytes() and dynptrs find no linear data, go to
 *    skb_copy_bits(), and that checks against skb->len.
 *  - LD_ABS with an offset from SKF_NET_OFF on counts from the network header.
 *    It must not be before skb->data, since an offset below 0 is not checked
 *    against anything: here it is at skb->data, so both ways read the same.
 *  - From SKF_LL_OFF on, and with BPF_HDR_START_MAC, the MAC header is asked
 *    for; it was never set, and the load fails.
 *  - bpf_skb_load_bytes_relative() reads linear data only, and so always fails.
 *  - A failed LD_ABS or LD_IND ends the program with 0, the base layer.
 *  - skb->dev is NULL, so that ifindex reads as 0; there is no metadata, route
 *    or conntrack entry.
 *  - skb->sk is the fan-out's socket while the program runs: bpf_get_socket_cookie()
 *    tells one fan-out from another for maps that several share.
 *  - The offsets from SKF_AD_OFF on, among them the one for which the kernel
 *    dissects the packet, mean nothing in eBPF; classic programs have no
 *    descriptor.
 */
#include <linux/bpf.h>
#include <linux/err.h>
#include <linux/filter.h>
#include <linux/mm.h>
#include <linux/rtp_fanout.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <net/sock.h>
#include "bpf.h"
#include "codec.h"
#include "dgram.h"

/* The bits of the return value that mean something. */
#define RTP_BPF_LAYERS	\
	RTP_FANOUT_BPF_LAYER(RTP_DID_MAX, RTP_QID_MAX, RTP_TID_MAX)
#define RTP_BPF_FLAGS	\
	(RTP_FANOUT_BPF_START | RTP_FANOUT_BPF_SYNC | RTP_FANOUT_BPF_DOWN | \
	 RTP_FANOUT_BPF_PARAMS | RTP_FANOUT_BPF_END | RTP_FANOUT_BPF_UP | \
	 RTP_FANOUT_BPF_DROP)

/**
 * struct rtp_bpf - a fan-out's classifier
 * @prog: the program, held
 * @sk: the fan-out's socket
 * @skb: what the program sees; refers to a datagram while it runs
 */
struct rtp_bpf {
	struct bpf_prog *prog;
	struct sock *sk;
	struct sk_buff *skb;
};

/**
 * rtp_bpf_get() - have a program classify
 * @sk: the fan-out's socket, which outlives its last datagram
 * @fd: the program's descriptor
 *
 * The program stays when the descriptor is closed. Its own memory was charged
 * to who loaded it, what is allocated here to the caller.
 *
 * Context: Process context, socket locked.
 * Return: the classifier, for which the caller calls rtp_bpf_put(); or ERR_PTR:
 * -EBADF when there is no such descriptor, -EPROTOTYPE when it is not that of a
 * socket filter, -EOPNOTSUPP when the kernel loads no programs, -ENOMEM.
 */
struct rtp_bpf *rtp_bpf_get(struct sock *sk, u32 fd)
{
	struct rtp_bpf *bpf;
	int err = -ENOMEM;

	bpf = kzalloc_obj(*bpf, GFP_KERNEL_ACCOUNT);
	if (!bpf)
		return ERR_PTR(err);

	bpf->skb = alloc_skb(0, GFP_KERNEL_ACCOUNT);
	if (!bpf->skb)
		goto err_free;
	skb_reset_network_header(bpf->skb);

	bpf->prog = bpf_prog_get_type(fd, BPF_PROG_TYPE_SOCKET_FILTER);
	if (IS_ERR(bpf->prog)) {
		err = PTR_ERR(bpf->prog);
		if (err == -EINVAL)
			err = -EPROTOTYPE;
		goto err_skb;
	}
	bpf->sk = sk;

	return bpf;

err_skb:
	kfree_skb(bpf->skb);
err_free:
	kfree(bpf);
	return ERR_PTR(err);
}

/**
 * rtp_bpf_put() - give up a classifier
 * @bpf: what rtp_bpf_get() returned, not in use, or NULL
 *
 * Context: Process context.
 */
void rtp_bpf_put(struct rtp_bpf *bpf)
{
	if (!bpf)
		return;

	bpf_prog_put(bpf->prog);
	consume_skb(bpf->skb);
	kfree(bpf);
}

/**
 * rtp_bpf_id() - the program's number
 * @bpf: the classifier, or NULL
 *
 * Return: what BPF_PROG_GET_FD_BY_ID takes, 0 for none.
 */
u32 rtp_bpf_id(const struct rtp_bpf *bpf)
{
	return bpf ? bpf->prog->aux->id : 0;
}

/* Reads what the program returned. */
static void rtp_bpf_layer(u32 ret, struct rtp_layer *layer)
{
	*layer = (struct rtp_layer){};

	if (ret & ~(RTP_BPF_LAYERS | RTP_BPF_FLAGS)) {
		layer->flags = RTP_LAYER_UNKNOWN;
		return;
	}

	layer->did = ret >> 8 & RTP_DID_MAX;
	layer->qid = ret >> 4 & RTP_QID_MAX;
	layer->tid = ret & RTP_TID_MAX;
	if (ret & RTP_FANOUT_BPF_UP) {
		layer->up_from = layer->tid;
		layer->up_to = RTP_TID_MAX;
	}
	if (ret & RTP_FANOUT_BPF_START)
		layer->flags |= RTP_LAYER_START;
	if (ret & RTP_FANOUT_BPF_SYNC)
		layer->flags |= RTP_LAYER_SYNC;
	if (ret & RTP_FANOUT_BPF_DOWN)
		layer->flags |= RTP_LAYER_DOWN;
	if (ret & RTP_FANOUT_BPF_PARAMS)
		layer->flags |= RTP_LAYER_PARAMS;
	if (ret & RTP_FANOUT_BPF_END)
		layer->flags |= RTP_LAYER_END;
	if (ret & RTP_FANOUT_BPF_DROP)
		layer->flags |= RTP_LAYER_DROP;
}

/**
 * rtp_bpf_classify() - ask the program for a datagram's layer
 * @bpf: the classifier
 * @dgram: the datagram
 * @late: a datagram with a later sequence number came before
 * @layer: filled in, all of it
 *
 * A program that remembers something sees by the sequence numbers what is late.
 * One that remembers nothing need not care: what is late begins nothing,
 * whatever the program says.
 *
 * Context: The fan-out's owner, one datagram at a time. The program's length
 * is bounded by the verifier alone; the owner can be preempted meanwhile.
 */
void rtp_bpf_classify(struct rtp_bpf *bpf, const struct rtp_dgram *dgram,
		      bool late, struct rtp_layer *layer)
{
	struct page *page = virt_to_head_page(dgram);
	struct sk_buff *skb = bpf->skb;
	u32 ret;

	/* Without a reference: the program ends before the datagram does. */
	skb_fill_page_desc_noacc(skb, 0, page,
				 dgram->data - (u8 *)page_address(page),
				 dgram->len);
	skb->len = dgram->len;
	skb->data_len = dgram->len;
	skb->sk = bpf->sk;

	/* Maps are looked up under RCU; per-CPU data want one CPU. */
	rcu_read_lock();
	ret = bpf_prog_run_clear_cb(bpf->prog, skb);
	rcu_read_unlock();

	skb->sk = NULL;
	skb->data_len = 0;
	skb->len = 0;
	skb_shinfo(skb)->nr_frags = 0;

	rtp_bpf_layer(ret, layer);
	if (late) {
		layer->flags &= ~(RTP_LAYER_START | RTP_LAYER_SYNC |
				  RTP_LAYER_DOWN);
		layer->up_from = 0;
		layer->up_to = 0;
	}
}
