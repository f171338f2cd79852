// SPDX-License-Identifier: GPL-2.0
/*
 * Receive: constant work for each datagram, however many destinations there
 * are.
 */
#include <linux/array_size.h>
#include <linux/filter.h>
#include <linux/icmp.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/ktime.h>
#include <linux/rcupdate.h>
#include <linux/udp.h>
#include <linux/unaligned.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/sock.h>
#include <net/udp.h>
#include <trace/events/rtprelay.h>
#include "batch.h"
#include "dgram.h"
#include "drop.h"
#include "event.h"
#include "fanout.h"
#include "filter.h"
#include "packet.h"
#include "rx.h"
#include "silence.h"
#include "worker.h"

/**
 * rtp_rx_count() - count what became of a datagram
 * @fanout: the fan-out
 * @what: that
 *
 * Context: Any.
 */
void rtp_rx_count(struct rtp_fanout *fanout, enum rtp_rx_count what)
{
	atomic64_inc(&fanout->rx_count[what]);
}

/**
 * rtp_rx_ttl() - what the TTL or hop limit of the copies may be
 * @skb: what was received
 *
 * One less than it came with, so that a loop ends. A multicast source's says
 * how far that one reaches, and is often 1 (RFC 1112, section 6.1): it is no
 * bound.
 *
 * Context: Any.
 * Return: the bound; 0 for a datagram that has to go.
 */
u8 rtp_rx_ttl(const struct sk_buff *skb)
{
	u8 ttl;

	if (skb->protocol == htons(ETH_P_IP)) {
		if (ipv4_is_multicast(ip_hdr(skb)->daddr))
			return RTP_DGRAM_TTL_ANY;
		ttl = ip_hdr(skb)->ttl;
	} else {
		if (ipv6_addr_is_multicast(&ipv6_hdr(skb)->daddr))
			return RTP_DGRAM_TTL_ANY;
		ttl = ipv6_hdr(skb)->hop_limit;
	}

	return ttl ? ttl - 1 : 0;
}

/* Memory of the relay's own: no driver's page is held while copies wait in
 * some queue, and none is shared with who could still write to it.
 */
static struct rtp_dgram *rtp_rx_alloc(unsigned int len)
{
	unsigned int size = SKB_DATA_ALIGN(sizeof(struct rtp_dgram) + len);
	struct rtp_dgram *dgram;
	struct page *page;

	if (size <= PAGE_SIZE) {
		dgram = netdev_alloc_frag_align(size, SMP_CACHE_BYTES);
	} else {
		page = alloc_pages(GFP_ATOMIC | __GFP_COMP | __GFP_NOWARN,
				   get_order(size));
		if (!page)
			return NULL;
		size = page_size(page);
		dgram = page_address(page);
	}
	if (!dgram)
		return NULL;

	dgram->truesize = size;
	dgram->len = len;

	return dgram;
}

/* The one copy. The checksum of what all destinations get alike comes with it. */
static int rtp_rx_copy(struct rtp_dgram *dgram, const struct sk_buff *skb,
		       unsigned int offset)
{
	__wsum sum;

	if (skb_copy_bits(skb, offset, dgram->data, RTP_HDR_LEN))
		return -EFAULT;

	sum = skb_copy_and_csum_bits(skb, offset + RTP_HDR_LEN,
				     dgram->data + RTP_HDR_LEN,
				     dgram->len - RTP_HDR_LEN);
	dgram->sum = csum_partial(dgram->data + RTP_HDR_TIMESTAMP,
				  RTP_HDR_LEN - RTP_HDR_TIMESTAMP, sum);
	return 0;
}

/**
 * rtp_rx_dgram() - make the relay's copy of a datagram
 * @fanout: the fan-out
 * @filter: its filter
 * @skb: what was received
 * @offset: bytes from its data to those of the datagram, behind the UDP header
 * @len: bytes of the datagram, at least RTP_HDR_LEN
 * @ttl: the most that the TTL or hop limit of a copy may be
 *
 * Context: Any; @filter does not go.
 * Return: the datagram, or NULL, which is counted, when there is no memory.
 */
struct rtp_dgram *rtp_rx_dgram(struct rtp_fanout *fanout,
			       const struct rtp_filter *filter,
			       const struct sk_buff *skb, unsigned int offset,
			       unsigned int len, u8 ttl)
{
	struct rtp_dgram *dgram;

	dgram = rtp_rx_alloc(len);
	if (unlikely(!dgram))
		goto nomem;
	dgram->ttl = ttl;
	dgram->era = filter->era;
	dgram->received = filter->timed ? ktime_get_ns() : 0;
	if (likely(!rtp_rx_copy(dgram, skb, offset)))
		return dgram;

	rtp_dgram_put(dgram);
nomem:
	rtp_rx_count(fanout, RTP_RX_DROPPED_NOMEM);
	return NULL;
}

/* Charges the datagram to the socket as a received one is. */
static bool rtp_rx_charge(struct rtp_fanout *fanout,
			  const struct rtp_dgram *dgram)
{
	struct sock *sk = fanout->sk;
	u32 size = dgram->truesize;
	int missing;

	lockdep_assert_held(&sk->sk_receive_queue.lock);

	missing = size - sk->sk_forward_alloc;
	if (missing > 0 && !__sk_mem_schedule(sk, missing, SK_MEM_RECV)) {
		rtp_rx_count(fanout, RTP_RX_DROPPED_NOMEM);
		return false;
	}
	sk_forward_alloc_add(sk, -size);
	atomic_add(size, &sk->sk_rmem_alloc);
	WRITE_ONCE(fanout->queue_bytes, fanout->queue_bytes + size);

	return true;
}

static void rtp_rx_number(struct rtp_fanout *fanout, struct rtp_dgram *dgram)
{
	/* rtp_owner_pace() guesses by it. */
	WRITE_ONCE(fanout->queue_octets, fanout->queue_octets + dgram->len);
	dgram->serial = fanout->serial++;
	trace_rtprelay_receive(fanout->sk, dgram->serial,
			       get_unaligned_be16(dgram->data + RTP_HDR_SEQ),
			       dgram->len, fanout->queue_bytes);
}

/* Hands the datagram to the owner. */
static enum skb_drop_reason rtp_rx_enqueue(struct rtp_fanout *fanout,
					   struct rtp_dgram *dgram)
{
	spinlock_t *lock = &fanout->sk->sk_receive_queue.lock;
	bool wake;

	spin_lock_bh(lock);
	if (unlikely(fanout->stopped)) {
		spin_unlock_bh(lock);
		return (u32)RTPRELAY_DROP_STOPPED;
	}
	if (!rtp_rx_charge(fanout, dgram)) {
		spin_unlock_bh(lock);
		return SKB_DROP_REASON_PROTO_MEM;
	}
	/* The owner takes the whole queue: who finds it filled need not wake. */
	wake = list_empty(&fanout->queue);
	list_add_tail(&dgram->list, &fanout->queue);
	if (likely(!fanout->adopting)) {
		rtp_rx_number(fanout, dgram);
		if (wake)
			rtp_worker_wake(fanout);
	}
	spin_unlock_bh(lock);

	return SKB_NOT_DROPPED_YET;
}

/**
 * rtp_rx_adopt() - have the stream begin with datagrams that came before
 * @fanout: the fan-out, whose adopting is set
 * @dgrams: the datagrams, in order; empty on return
 *
 * What arrived meanwhile comes behind them.
 *
 * Context: Process context, socket locked.
 */
void rtp_rx_adopt(struct rtp_fanout *fanout, struct list_head *dgrams)
{
	spinlock_t *lock = &fanout->sk->sk_receive_queue.lock;
	struct rtp_dgram *dgram, *next;
	LIST_HEAD(refused);

	spin_lock_bh(lock);
	list_for_each_entry_safe(dgram, next, dgrams, list) {
		if (!rtp_rx_charge(fanout, dgram))
			list_move_tail(&dgram->list, &refused);
	}
	list_splice_init(dgrams, &fanout->queue);
	list_for_each_entry(dgram, &fanout->queue, list)
		rtp_rx_number(fanout, dgram);
	fanout->adopting = false;
	if (!list_empty(&fanout->queue))
		rtp_worker_wake(fanout);
	spin_unlock_bh(lock);

	list_for_each_entry_safe(dgram, next, &refused, list)
		rtp_dgram_put(dgram);
}

static enum skb_drop_reason rtp_rx_relay(struct rtp_fanout *fanout,
					 const struct rtp_filter *filter,
					 struct sk_buff *skb)
{
	struct sock *sk = fanout->sk;
	enum skb_drop_reason reason;
	struct rtp_dgram *dgram;
	unsigned int len;
	u8 ttl;

	ttl = rtp_rx_ttl(skb);
	if (unlikely(!ttl)) {
		rtp_rx_count(fanout, RTP_RX_DROPPED_TTL);
		return (u32)RTPRELAY_DROP_TTL;
	}

	/* What a receive by the socket meets: the cgroup's ingress programs,
	 * the security module, the socket filter.
	 */
	reason = sk_filter_trim_cap(sk, skb, sizeof(struct udphdr) +
					     RTP_HDR_LEN);
	if (unlikely(reason)) {
		rtp_rx_count(fanout, RTP_RX_DROPPED_POLICY);
		return reason;
	}

	/* Checked before anything is allocated, and without the lock: a full
	 * queue costs little, and is overrun by one datagram a CPU at most.
	 * What the socket's reader has not read does not count: it may be
	 * stopped, or flooded by strangers, and the stream goes on.
	 */
	len = skb->len - sizeof(struct udphdr);
	if (unlikely(READ_ONCE(fanout->queue_bytes) + len >
		     READ_ONCE(sk->sk_rcvbuf))) {
		rtp_rx_count(fanout, RTP_RX_DROPPED_QUEUE);
		return (u32)RTPRELAY_DROP_QUEUE_FULL;
	}

	dgram = rtp_rx_dgram(fanout, filter, skb, sizeof(struct udphdr), len,
			     ttl);
	if (unlikely(!dgram))
		return (u32)RTPRELAY_DROP_NOMEM;

	reason = rtp_rx_enqueue(fanout, dgram);
	if (unlikely(reason))
		rtp_dgram_put(dgram);

	return reason;
}

/**
 * rtp_rx_rcv() - UDP received a datagram for the socket
 * @sk: the socket
 * @skb: the datagram, data at the UDP header, checksum verified
 *
 * The filters run again on a datagram that the socket gets as well
 * (RTP_FANOUT_TEE): it is received twice, by the relay and by the reader.
 *
 * Context: Softirq, RCU read section, no lock and no reference on @sk.
 * Return: 0 when @skb was consumed, 1 when it is for the socket.
 */
int rtp_rx_rcv(struct sock *sk, struct sk_buff *skb)
{
	struct rtp_fanout *fanout = rcu_dereference_sk_user_data(sk);
	const struct rtp_filter *filter;
	enum skb_drop_reason reason;

	/* Detached, or closed, a moment ago. */
	if (unlikely(!fanout))
		return 1;

	filter = rcu_dereference(fanout->filter);
	if (!rtp_filter_is_stream(filter, skb, sizeof(struct udphdr))) {
		rtp_rx_count(fanout, RTP_RX_PASSED);
		return 1;
	}

	/* Whatever becomes of it: a relay that is late has a source. */
	rtp_silence_heard(&fanout->silence);

	/* A segment of what was received as one has the others behind it. */
	skb_mark_not_on_list(skb);

	reason = rtp_rx_relay(fanout, filter, skb);

	/* Whatever became of it here: the reader has a queue of its own. */
	if (filter->tee) {
		rtp_rx_count(fanout, RTP_RX_TEED);
		return 1;
	}

	if (unlikely(reason)) {
		udp_drops_inc(sk);
		sk_skb_reason_drop(sk, skb, reason);
	} else {
		consume_skb(skb);
	}

	return 0;
}

/* The destination that an ICMP error came for. @data is at the header of the
 * datagram that met the error, which went to @port. In a VRF the device is the
 * VRF's; the destination may have that of which it came in.
 */
static struct rtp_dest *rtp_rx_err_dest(struct rtp_fanout *fanout,
					const struct sk_buff *skb, __be16 port)
{
	struct rtp_dest_key key = { .addr.port = port };
	u32 ifindex[3] = { 0, skb->dev->ifindex };
	struct rtp_dest *dest = NULL;
	unsigned int i;

	if (skb->protocol == htons(ETH_P_IP)) {
		const struct iphdr *iph = (const struct iphdr *)skb->data;

		key.addr.family = AF_INET;
		memcpy(key.addr.addr, &iph->daddr, sizeof(iph->daddr));
		ifindex[2] = inet_sdif(skb);
	} else {
		const struct ipv6hdr *ip6h = (const struct ipv6hdr *)skb->data;

		key.addr.family = AF_INET6;
		memcpy(key.addr.addr, &ip6h->daddr, sizeof(ip6h->daddr));
		ifindex[2] = inet6_sdif(skb);
	}

	for (i = 0; i < ARRAY_SIZE(ifindex) && !dest; i++) {
		/* Not in a VRF: that was the first one. */
		if (i && !ifindex[i])
			break;
		key.ifindex = ifindex[i];
		dest = rtp_dest_find(&fanout->table, &key);
	}

	return dest;
}

/**
 * rtp_rx_err() - an ICMP error came for something that the socket sent
 * @sk: the socket
 * @skb: the ICMP message, data at the IP header of what was sent
 * @err: errno value, positive
 * @port: UDP port that it was sent to
 * @info: from the ICMP message
 * @payload: behind the UDP header of what was sent
 *
 * While a socket is attached UDP leaves all of its errors to us. What does not
 * concern a destination is treated as UDP treats it on an unconnected socket.
 *
 * Context: Softirq, RCU read section.
 */
void rtp_rx_err(struct sock *sk, struct sk_buff *skb, int err, __be16 port,
		u32 info, u8 *payload)
{
	struct rtp_fanout *fanout = rcu_dereference_sk_user_data(sk);
	struct rtp_dest *dest = NULL;

	if (fanout)
		dest = rtp_rx_err_dest(fanout, skb, port);
	if (dest) {
		rtp_event_dest(fanout, dest, RTP_FANOUT_EVENT_ICMP_ERROR, err);
		return;
	}

	if (skb->protocol == htons(ETH_P_IP)) {
		if (!inet_test_bit(RECVERR, sk))
			return;
		ip_icmp_error(sk, skb, err, port, info, payload);
#if IS_ENABLED(CONFIG_IPV6)
	} else {
		if (!inet6_test_bit(RECVERR6, sk))
			return;
		ipv6_icmp_error(sk, skb, err, port, info, payload);
#endif
	}
	sk->sk_err = err;
	sk_error_report(sk);
}

/**
 * rtp_rx_serial() - the serial number of the next datagram
 * @fanout: the fan-out
 *
 * Context: Process context.
 * Return: it.
 */
u64 rtp_rx_serial(struct rtp_fanout *fanout)
{
	spinlock_t *lock = &fanout->sk->sk_receive_queue.lock;
	u64 serial;

	spin_lock_bh(lock);
	serial = fanout->serial;
	spin_unlock_bh(lock);

	return serial;
}

/**
 * rtp_rx_take() - take what is queued
 * @fanout: the fan-out
 *
 * It stays charged until rtp_rx_uncharge().
 *
 * Context: The owner, or when it cannot run any more.
 * Return: RTP octets of those datagrams, with headers.
 */
u32 rtp_rx_take(struct rtp_fanout *fanout)
{
	spinlock_t *lock = &fanout->sk->sk_receive_queue.lock;
	u32 taken;

	spin_lock_bh(lock);
	list_splice_tail_init(&fanout->queue, &fanout->todo);
	taken = fanout->queue_octets;
	WRITE_ONCE(fanout->queue_octets, 0);
	if (unlikely(fanout->silence.told) && taken)
		rtp_silence_back(fanout);
	spin_unlock_bh(lock);

	return taken;
}

/**
 * rtp_rx_release() - what was charged as received is not any more
 * @sk: the socket
 * @bytes: how much
 *
 * Context: sk->sk_receive_queue.lock held.
 */
void rtp_rx_release(struct sock *sk, u32 bytes)
{
	lockdep_assert_held(&sk->sk_receive_queue.lock);

	sk_forward_alloc_add(sk, bytes);
	atomic_sub(bytes, &sk->sk_rmem_alloc);
	/* Less than a page stays with the socket, as it does for UDP. */
	if (sk->sk_forward_alloc >= PAGE_SIZE)
		__sk_mem_reclaim(sk, sk->sk_forward_alloc);
}

/**
 * rtp_rx_uncharge() - give receive memory back
 * @fanout: the fan-out
 * @bytes: truesize of datagrams that are done with
 *
 * Context: The owner, or when it cannot run any more.
 */
void rtp_rx_uncharge(struct rtp_fanout *fanout, u32 bytes)
{
	struct sock *sk = fanout->sk;
	spinlock_t *lock = &sk->sk_receive_queue.lock;

	if (!bytes)
		return;

	spin_lock_bh(lock);
	WRITE_ONCE(fanout->queue_bytes, fanout->queue_bytes - bytes);
	rtp_rx_release(sk, bytes);
	spin_unlock_bh(lock);
}

/**
 * rtp_rx_purge() - drop what is queued
 * @fanout: the fan-out
 *
 * Context: Process context; no thread is at the fan-out any more.
 */
void rtp_rx_purge(struct rtp_fanout *fanout)
{
	struct rtp_dgram *dgram, *next;
	u32 bytes;

	if (fanout->held)
		list_add(&fanout->held->dgram->list, &fanout->todo);
	fanout->held = NULL;
	bytes = rtp_batch_put(&fanout->batch);
	rtp_rx_take(fanout);
	list_for_each_entry_safe(dgram, next, &fanout->todo, list) {
		bytes += dgram->truesize;
		rtp_dgram_put(dgram);
	}
	INIT_LIST_HEAD(&fanout->todo);

	rtp_rx_uncharge(fanout, bytes);
}
