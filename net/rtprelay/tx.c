// SPDX-License-Identifier: GPL-2.0
/*
 * Transmit: the copies that a destination gets of a batch, as few skbs as sizes
 * and the way to it allow.
 */
#include <linux/bitops.h>
#include <linux/skbuff.h>
#include <linux/udp.h>
#include <net/checksum.h>
#include <net/dst.h>
#include <net/ip.h>
#include <net/sock.h>
#include <trace/events/rtprelay.h>
#include "batch.h"
#include "dest.h"
#include "dgram.h"
#include "egress.h"
#include "fanout.h"
#include "load.h"
#include "memory.h"
#include "packet.h"
#include "shard.h"
#include "tx.h"
#include "worker.h"

/* Datagrams with headers of their own in an skb: the first's header is in the
 * head, all other headers and all payloads are fragments.
 */
#define RTP_TX_PRIVATE		((MAX_SKB_FRAGS + 1) / 2)

/**
 * rtp_tx_begin() - a shard begins to send
 * @shard: the shard
 *
 * What it knew of a route, and of what is sent over it, may be gone.
 *
 * Context: The shard, under RCU.
 */
void rtp_tx_begin(struct rtp_shard *shard)
{
	rtp_egress_begin(&shard->tx.egress);
	shard->worker->loads.known = false;
}

/**
 * rtp_tx_open() - begin to send to a destination
 * @shard: the shard that has the destination
 * @dest: the destination
 * @when: departure time, ns of CLOCK_MONOTONIC; 0 for at once
 *
 * Context: The shard, under RCU until rtp_tx_close(), softirqs disabled.
 * Return: false when there is no route. The caller calls rtp_tx_close() in any
 * case.
 */
bool rtp_tx_open(struct rtp_shard *shard, struct rtp_dest *dest, u64 when)
{
	struct rtp_tx *tx = &shard->tx;

	tx->dest = dest;
	tx->when = when;
	tx->packets = 0;
	tx->octets = 0;
	tx->sends = 0;
	tx->tries = 0;
	if (likely(rtp_egress_is(&tx->egress, dest)))
		return true;

	shard->worker->loads.known = false;

	return rtp_egress_find(&tx->egress, shard->fanout, dest);
}

/* An skb with the UDP header, and with an RTP header if the load has one. */
static struct sk_buff *rtp_tx_skb(struct rtp_tx *tx,
				  const struct rtp_load *load)
{
	const struct rtp_egress *egress = &tx->egress;
	struct sk_buff *skb;
	struct udphdr *uh;

	tx->tries++;
	/* Softirqs are disabled: several are taken from the slab at a time. */
	skb = __alloc_skb(egress->reserve + sizeof(*uh) + load->hdr_len,
			  GFP_ATOMIC | __GFP_NOWARN, SKB_ALLOC_NAPI,
			  NUMA_NO_NODE);
	if (unlikely(!skb))
		return NULL;
	skb_reserve(skb, egress->reserve);
	skb_reset_transport_header(skb);

	uh = __skb_put(skb, sizeof(*uh) + load->hdr_len);
	uh->source = egress->sport;
	uh->dest = tx->dest->port;
	udp_set_len_short(uh, sizeof(*uh) + load->len);
	uh->check = 0;
	if (load->hdr_len)
		memcpy(uh + 1, load->hdr, RTP_HDR_LEN);

	if (load->count > 1) {
		struct skb_shared_info *shinfo = skb_shinfo(skb);

		shinfo->gso_size = load->size;
		shinfo->gso_segs = load->count;
		shinfo->gso_type = SKB_GSO_UDP_L4;
	}

	return skb;
}

/* So many bytes of RTP are in fragments. Other destinations have the same pages:
 * whoever wants to change the payload, as IPsec does, must copy it.
 */
static void rtp_tx_frags(struct sk_buff *skb, unsigned int count, u32 bytes)
{
	struct skb_shared_info *shinfo = skb_shinfo(skb);

	shinfo->nr_frags = count;
	shinfo->flags |= SKBFL_SHARED_FRAG;
	skb->len += bytes;
	skb->data_len += bytes;
	skb->truesize += bytes;
}

/* What the copy has of the socket and of the route. The owner makes cgroup
 * egress programs see it and counts it as in flight. No reference on the route:
 * who keeps the skb takes one.
 */
static void rtp_tx_own(const struct rtp_tx *tx, struct sk_buff *skb)
{
	const struct rtp_egress *egress = &tx->egress;

	skb->priority = egress->priority;
	skb->mark = egress->mark;
	skb_set_owner_w(skb, egress->sk);
	/* The destination's, as a connected socket's would not be. */
	__skb_set_sw_hash(skb, tx->dest->hash, true);
	skb_dst_set_noref(skb, egress->dst);
	if (tx->when)
		skb_set_delivery_time(skb, tx->when, SKB_CLOCK_MONOTONIC);
}

/* The sum of a datagram and its UDP header. */
static __wsum rtp_tx_sum(const struct udphdr *uh, __wsum sum)
{
	__wsum ports, len = csum_unfold((__force __sum16)uh->len);

	/* both, with which the header begins */
	memcpy(&ports, uh, sizeof(ports));

	return csum_add(csum_add(sum, ports), len);
}

/* Hand it to the network. */
static void rtp_tx_out(struct rtp_shard *shard, struct sk_buff *skb,
		       const struct rtp_load *load)
{
	struct rtp_tx *tx = &shard->tx;
	const struct rtp_dest *dest = tx->dest;
	__wsum sum = 0;
	int err;

	if (trace_rtprelay_send_enabled())
		trace_rtprelay_send(tx->egress.sk, skb, &dest->key.addr,
				    READ_ONCE(dest->cookie),
				    shard->fanout->batch.serial, tx->when);
	rtp_tx_own(tx, skb);
	if (load->count == 1)
		sum = rtp_tx_sum(udp_hdr(skb), load->sum);
	err = rtp_egress_send(&tx->egress, dest, skb, load, sum);
	if (err > 0)
		err = net_xmit_errno(err);
	if (unlikely(err)) {
		rtp_tx_drop(shard, RTP_TX_DROP_OUTPUT, load->count);
		return;
	}

	tx->packets += load->count;
	tx->octets += load->octets;
	tx->last_seq = load->last;
	tx->sends++;
}

/**
 * rtp_tx_load() - send what others are sent as well
 * @shard: the shard, after rtp_tx_open()
 * @load: a datagram, or a run that rtp_egress_takes_run() lets pass
 *
 * What goes wrong is counted at the destination and concerns no other.
 *
 * Context: As rtp_tx_open().
 */
void rtp_tx_load(struct rtp_shard *shard, const struct rtp_load *load)
{
	struct rtp_tx *tx = &shard->tx;
	struct sk_buff *skb;

	if (unlikely(!rtp_egress_may_take(&tx->egress, load->size))) {
		rtp_tx_drop(shard, RTP_TX_DROP_MTU, load->count);
		return;
	}
	skb = rtp_tx_skb(tx, load);
	if (unlikely(!skb)) {
		rtp_tx_drop(shard, RTP_TX_DROP_NOMEM, load->count);
		return;
	}
	if (load->page) {
		get_page(load->page);
		skb_frag_fill_page_desc(&skb_shinfo(skb)->frags[0], load->page,
					load->at, load->bytes);
		rtp_tx_frags(skb, 1, load->bytes);
	}
	rtp_tx_out(shard, skb, load);
}

/* What a run is, as a load of the destination's own, with the first header. */
static void rtp_tx_describe(struct rtp_shard *shard, u64 which)
{
	const struct rtp_item *items = shard->fanout->batch.item;
	struct rtp_load *load = &shard->tx.load;
	unsigned int i = __ffs64(which);

	rtp_load_single(load, &items[i], &shard->copy[i]);
	while (which &= which - 1) {
		i = __ffs64(which);
		load->len += items[i].dgram->len;
		load->octets += items[i].octets;
		load->count++;
	}
	load->last = shard->copy[i].number;
}

/* The datagrams of a run behind one another, each with a header of this
 * destination before the payload that others have as well. @hdr has those of
 * all but the first, and a reference for each.
 */
static void rtp_tx_private(struct rtp_shard *shard, u64 which, u8 *hdr)
{
	const struct rtp_item *items = shard->fanout->batch.item;
	const struct rtp_load *load = &shard->tx.load;
	const struct rtp_copy *copy = shard->copy;
	struct sk_buff *skb;
	struct page *page;
	skb_frag_t *frag;
	u64 left;
	u32 at;

	skb = rtp_tx_skb(&shard->tx, load);
	if (unlikely(!skb)) {
		page_ref_sub(virt_to_head_page(hdr), load->count - 1);
		rtp_tx_drop(shard, RTP_TX_DROP_NOMEM, load->count);
		return;
	}

	at = rtp_memory_at(hdr, &page);
	frag = skb_shinfo(skb)->frags;
	for (left = which; left; left &= left - 1) {
		unsigned int i = __ffs64(left);
		const struct rtp_item *item = &items[i];

		if (left != which) {
			memcpy(hdr, item->dgram->data, RTP_HDR_LEN);
			rtp_packet_number(hdr, copy[i].number, copy[i].marked);
			skb_frag_fill_page_desc(frag++, page, at, RTP_HDR_LEN);
			hdr += RTP_HDR_LEN;
			at += RTP_HDR_LEN;
		}
		if (item->page) {
			get_page(item->page);
			skb_frag_fill_page_desc(frag++, item->page, item->at,
						item->dgram->len - RTP_HDR_LEN);
		}
	}
	rtp_tx_frags(skb, frag - skb_shinfo(skb)->frags,
		     load->len - RTP_HDR_LEN);
	rtp_tx_out(shard, skb, load);
}

/* Have as many of the run as can leave as one skb leave. Returns which they
 * were.
 */
static u64 rtp_tx_some(struct rtp_shard *shard, u64 which)
{
	const struct rtp_item *items = shard->fanout->batch.item;
	u32 size = items[__ffs64(which)].dgram->len;
	unsigned int count = 0, bytes;
	u64 left = which, some;
	u8 *hdr;

	while (left && count < RTP_TX_PRIVATE) {
		left &= left - 1;
		count++;
	}
	some = which ^ left;
	if (!rtp_egress_takes_run(&shard->tx.egress, size, count))
		return 0;

	bytes = (count - 1) * RTP_HDR_LEN;
	hdr = rtp_memory_get(&shard->worker->memory, bytes, count - 1);
	if (unlikely(!hdr))
		return 0;
	rtp_tx_describe(shard, some);
	rtp_tx_private(shard, some, hdr);

	return some;
}

/**
 * rtp_tx_run() - send a run, with headers of the destination's own
 * @shard: the shard, after rtp_tx_open(); its @copy says what the copies of the
 *	run's datagrams have of their own
 * @which: bit for each datagram of the run
 *
 * What goes wrong is counted at the destination and concerns no other.
 *
 * Context: As rtp_tx_open().
 */
void rtp_tx_run(struct rtp_shard *shard, u64 which)
{
	const struct rtp_item *items = shard->fanout->batch.item;
	u64 some;

	while (which & (which - 1)) {
		some = rtp_tx_some(shard, which);
		if (!some)
			break;
		which ^= some;
	}

	for (; which; which &= which - 1) {
		unsigned int i = __ffs64(which);

		rtp_load_single(&shard->tx.load, &items[i], &shard->copy[i]);
		rtp_tx_load(shard, &shard->tx.load);
	}
}

/**
 * rtp_tx_drop() - count copies that the destination does not get
 * @shard: the shard, after rtp_tx_open()
 * @reason: why
 * @packets: how many
 *
 * Context: As rtp_tx_open().
 */
void rtp_tx_drop(struct rtp_shard *shard, enum rtp_tx_drop reason, u32 packets)
{
	const struct rtp_dest *dest = shard->tx.dest;

	trace_rtprelay_dest_drop(shard->fanout->sk, &dest->key.addr,
				 READ_ONCE(dest->cookie),
				 shard->fanout->batch.serial, reason, packets);
	shard->tx.drops[reason] += packets;
	shard->tx.dropped += packets;
}

static void rtp_tx_count_drops(struct rtp_shard *shard)
{
	struct rtp_tx *tx = &shard->tx;
	unsigned int i;

	for (i = 0; i < RTP_TX_DROPS; i++)
		u64_stats_add(&tx->dest->drops[i], tx->drops[i]);
	u64_stats_add(&shard->stats.tx_dropped, tx->dropped);
	/* These alone depend on who was served before, unless nobody was. */
	if (!shard->lost && shard->served &&
	    (tx->drops[RTP_TX_DROP_INFLIGHT] ||
	     tx->drops[RTP_TX_DROP_OUTPUT]))
		shard->lost = 1 + rtp_shard_at(shard);
	tx->dropped = 0;
	memset(tx->drops, 0, sizeof(tx->drops));
}

/**
 * rtp_tx_close() - the destination was sent what it gets of the batch
 * @shard: the shard, after rtp_tx_open()
 *
 * Context: As rtp_tx_open().
 */
void rtp_tx_close(struct rtp_shard *shard)
{
	struct rtp_shard_stats *stats = &shard->stats;
	struct rtp_tx *tx = &shard->tx;
	struct rtp_dest *dest = tx->dest;

	u64_stats_update_begin(&shard->syncp);
	if (likely(tx->packets)) {
		u64_stats_add(&dest->packets, tx->packets);
		u64_stats_add(&dest->octets, tx->octets);
		u64_stats_add(&stats->tx_packets, tx->packets);
		u64_stats_add(&stats->tx_octets, tx->octets);
		u64_stats_add(&stats->tx_sends, tx->sends);
		WRITE_ONCE(dest->last_seq, tx->last_seq);
		shard->served = true;
		if (unlikely(shard->closed))
			dest->ahead = true;
	}
	if (unlikely(tx->dropped))
		rtp_tx_count_drops(shard);
	u64_stats_update_end(&shard->syncp);
}
