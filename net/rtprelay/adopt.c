// SPDX-License-Identifier: GPL-2.0
/*
 * What the socket had received before it became a fan-out: datagrams of the
 * stream leave its queues, so that none is lost and none is out of order.
 */
#include <linux/if_ether.h>
#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/skbuff.h>
#include <linux/spinlock.h>
#include <net/sock.h>
#include <net/udp.h>
#include "adopt.h"
#include "dgram.h"
#include "fanout.h"
#include "filter.h"
#include "packet.h"
#include "rx.h"

/* Bytes of each datagram of an skb but the last: a socket with UDP_GRO has
 * several in one.
 */
static unsigned int rtp_adopt_size(const struct sk_buff *skb)
{
	return skb_is_gso(skb) ? skb_shinfo(skb)->gso_size : skb->len;
}

/* Whether all that is in an skb is of the stream. Data is behind the UDP
 * header.
 */
static bool rtp_adopt_is_stream(const struct rtp_filter *filter,
				const struct sk_buff *skb)
{
	unsigned int offset = 0, size = rtp_adopt_size(skb);

	do {
		if (!rtp_filter_is_stream(filter, skb, offset))
			return false;
		offset += size;
	} while (offset < skb->len);

	return true;
}

/* Takes what is of the stream off the socket's queues, as a reader would. With
 * the tee, the reader is to have it as well.
 */
static void rtp_adopt_take(struct rtp_fanout *fanout,
			   const struct rtp_filter *filter,
			   struct sk_buff_head *taken)
{
	struct sk_buff *skb, *next, *copy;
	struct sock *sk = fanout->sk;
	struct udp_sock *up = udp_sk(sk);
	struct sk_buff_head *reader = &up->reader_queue;
	u32 bytes = 0;

	spin_lock_bh(&reader->lock);
	spin_lock(&sk->sk_receive_queue.lock);
	skb_queue_splice_tail_init(&sk->sk_receive_queue, reader);

	rcu_read_lock();
	skb_queue_walk_safe(reader, skb, next) {
		if (!rtp_adopt_is_stream(filter, skb))
			continue;
		if (filter->tee) {
			copy = skb_clone(skb, GFP_ATOMIC | __GFP_NOWARN);
			if (copy)
				__skb_queue_tail(taken, copy);
			rtp_rx_count(fanout, copy ? RTP_RX_TEED :
						    RTP_RX_DROPPED_NOMEM);
			continue;
		}
		__skb_unlink(skb, reader);
		__skb_queue_tail(taken, skb);
		/* UDP frees what it charged when it queued it. */
		bytes += skb->truesize;
	}
	rcu_read_unlock();

	/* What was read and not given back yet waits for the queue to be empty,
	 * which it may be now.
	 */
	bytes += up->forward_deficit;
	up->forward_deficit = 0;
	rtp_rx_release(sk, bytes);
	spin_unlock(&sk->sk_receive_queue.lock);
	spin_unlock_bh(&reader->lock);
}

static void rtp_adopt_count_error(struct sock *sk, const struct sk_buff *skb)
{
	struct udp_mib __percpu *mib;

	mib = __UDPX_MIB(sk, skb->protocol == htons(ETH_P_IP));
	SNMP_INC_STATS(mib, UDP_MIB_CSUMERRORS);
	SNMP_INC_STATS(mib, UDP_MIB_INERRORS);
	udp_drops_inc(sk);
}

/* Makes the relay's copies of what is in an skb. */
static void rtp_adopt_skb(struct rtp_fanout *fanout,
			  const struct rtp_filter *filter,
			  struct sk_buff *skb, struct list_head *dgrams)
{
	unsigned int offset, size = rtp_adopt_size(skb);
	struct sock *sk = fanout->sk;
	struct rtp_dgram *dgram;
	u8 ttl;

	/* Verified when it is read, for a socket. */
	if (udp_lib_checksum_complete(skb)) {
		rtp_adopt_count_error(sk, skb);
		return;
	}

	ttl = rtp_rx_ttl(skb);
	for (offset = 0; offset < skb->len; offset += size) {
		if (!ttl) {
			rtp_rx_count(fanout, RTP_RX_DROPPED_TTL);
			continue;
		}
		dgram = rtp_rx_dgram(fanout, filter, skb, offset,
				     min(size, skb->len - offset), ttl);
		if (dgram)
			list_add_tail(&dgram->list, dgrams);
	}
	SNMP_INC_STATS(__UDPX_MIB(sk, skb->protocol == htons(ETH_P_IP)),
		       UDP_MIB_INDATAGRAMS);
}

/**
 * rtp_adopt() - take what is queued on the socket and of the stream
 * @fanout: a fan-out that UDP hands datagrams to, from now on
 *
 * Context: Process context, socket locked. Sleeps for a grace period.
 */
void rtp_adopt(struct rtp_fanout *fanout)
{
	const struct rtp_filter *filter;
	struct sk_buff_head taken;
	struct sk_buff *skb;
	LIST_HEAD(dgrams);

	filter = rcu_dereference_protected(fanout->filter,
					   lockdep_sock_is_held(fanout->sk));

	/* Those that UDP was about to queue when it was told of us. */
	synchronize_rcu();

	__skb_queue_head_init(&taken);
	rtp_adopt_take(fanout, filter, &taken);
	while ((skb = __skb_dequeue(&taken))) {
		rtp_adopt_skb(fanout, filter, skb, &dgrams);
		consume_skb(skb);
	}
	rtp_rx_adopt(fanout, &dgrams);
}
