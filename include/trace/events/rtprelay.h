/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints of RTP fan-outs. Documentation/networking/rtp_fanout.rst says
 * what the fields are; tools rely on them.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM rtprelay

#if !defined(_TRACE_RTPRELAY_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_RTPRELAY_H

#include <linux/in6.h>
#include <linux/rtp_fanout.h>
#include <linux/skbuff.h>
#include <linux/socket.h>
#include <linux/tracepoint.h>
#include <linux/udp.h>
#include <linux/unaligned.h>
#include <net/sock.h>

/* enum rtp_tx_drop, under the names of struct rtp_fanout_dest_info */
TRACE_DEFINE_ENUM(RTP_TX_DROP_NOMEM);
TRACE_DEFINE_ENUM(RTP_TX_DROP_INFLIGHT);
TRACE_DEFINE_ENUM(RTP_TX_DROP_ROUTE);
TRACE_DEFINE_ENUM(RTP_TX_DROP_MTU);
TRACE_DEFINE_ENUM(RTP_TX_DROP_OUTPUT);

#define rtprelay_show_drop(reason)				\
	__print_symbolic(reason,				\
		{ RTP_TX_DROP_NOMEM,	"nomem" },		\
		{ RTP_TX_DROP_INFLIGHT,	"inflight" },		\
		{ RTP_TX_DROP_ROUTE,	"route" },		\
		{ RTP_TX_DROP_MTU,	"mtu" },		\
		{ RTP_TX_DROP_OUTPUT,	"output" })

/* As a socket address, since that is what can be printed for either family. */
#define RTPRELAY_STORE_ADDR(to, addr)					\
	do {								\
		struct sockaddr_in6 *v6_ = (void *)(to);		\
		struct sockaddr_in *v4_ = (void *)(to);			\
									\
		memset(v6_, 0, sizeof(*v6_));				\
		v6_->sin6_family = (addr)->family;			\
		v6_->sin6_port = (addr)->port;				\
		if ((addr)->family == AF_INET)				\
			memcpy(&v4_->sin_addr, (addr)->addr, 4);	\
		else							\
			memcpy(&v6_->sin6_addr, (addr)->addr, 16);	\
	} while (0)

/* Of the first datagram of @skb, whose data is at the UDP header. */
#define RTPRELAY_LOAD_SEQ(skb)						\
	({								\
		u8 hdr_[sizeof(struct udphdr) + 4];			\
									\
		skb_copy_bits(skb, 0, hdr_, sizeof(hdr_)) ? 0 :		\
			get_unaligned_be16(hdr_ + sizeof(hdr_) - 2);	\
	})

TRACE_EVENT(rtprelay_receive,

	TP_PROTO(const struct sock *sk, u64 serial, u16 seq, u32 len,
		 u32 queue_bytes),

	TP_ARGS(sk, serial, seq, len, queue_bytes),

	TP_STRUCT__entry(
		__field(__u64, socket)
		__field(__u64, serial)
		__field(__u32, len)
		__field(__u32, queue_bytes)
		__field(__u16, seq)
	),

	TP_fast_assign(
		__entry->socket = sock_i_ino(sk);
		__entry->serial = serial;
		__entry->len = len;
		__entry->queue_bytes = queue_bytes;
		__entry->seq = seq;
	),

	TP_printk("socket=%llu serial=%llu seq=%u len=%u queue_bytes=%u",
		  __entry->socket, __entry->serial, __entry->seq,
		  __entry->len, __entry->queue_bytes)
);

TRACE_EVENT(rtprelay_batch,

	TP_PROTO(const struct sock *sk, u64 serial, u32 datagrams, u32 slots,
		 u64 start, u64 duration),

	TP_ARGS(sk, serial, datagrams, slots, start, duration),

	TP_STRUCT__entry(
		__field(__u64, socket)
		__field(__u64, serial)
		__field(__u64, start)
		__field(__u64, duration)
		__field(__u32, datagrams)
		__field(__u32, slots)
	),

	TP_fast_assign(
		__entry->socket = sock_i_ino(sk);
		__entry->serial = serial;
		__entry->start = start;
		__entry->duration = duration;
		__entry->datagrams = datagrams;
		__entry->slots = slots;
	),

	TP_printk("socket=%llu serial=%llu datagrams=%u slots=%u start=%llu duration=%llu",
		  __entry->socket, __entry->serial, __entry->datagrams,
		  __entry->slots, __entry->start, __entry->duration)
);

TRACE_EVENT(rtprelay_send,

	TP_PROTO(const struct sock *sk, const struct sk_buff *skb,
		 const struct rtp_fanout_addr *addr, u64 cookie, u64 serial,
		 u64 when),

	TP_ARGS(sk, skb, addr, cookie, serial, when),

	TP_STRUCT__entry(
		__field(__u64, socket)
		__field(__u64, cookie)
		__field(__u64, serial)
		__field(__u64, when)
		__field(const void *, skbaddr)
		__field(__u32, len)
		__field(__u16, datagrams)
		__field(__u16, seq)
		__field(__u16, dport)
		__array(__u8, dest, sizeof(struct sockaddr_in6))
	),

	TP_fast_assign(
		__entry->socket = sock_i_ino(sk);
		__entry->cookie = cookie;
		__entry->serial = serial;
		__entry->when = when;
		__entry->skbaddr = skb;
		__entry->len = skb->len - sizeof(struct udphdr);
		__entry->datagrams = skb_shinfo(skb)->gso_segs ?: 1;
		__entry->seq = RTPRELAY_LOAD_SEQ(skb);
		__entry->dport = ntohs(addr->port);
		RTPRELAY_STORE_ADDR(__entry->dest, addr);
	),

	TP_printk("socket=%llu dest=%pISpc cookie=%llu serial=%llu seq=%u datagrams=%u len=%u when=%llu skbaddr=%p",
		  __entry->socket, __entry->dest, __entry->cookie,
		  __entry->serial, __entry->seq, __entry->datagrams,
		  __entry->len, __entry->when, __entry->skbaddr)
);

TRACE_EVENT(rtprelay_dest_drop,

	TP_PROTO(const struct sock *sk, const struct rtp_fanout_addr *addr,
		 u64 cookie, u64 serial, int reason, u32 datagrams),

	TP_ARGS(sk, addr, cookie, serial, reason, datagrams),

	TP_STRUCT__entry(
		__field(__u64, socket)
		__field(__u64, cookie)
		__field(__u64, serial)
		__field(int, reason)
		__field(__u32, datagrams)
		__field(__u16, dport)
		__array(__u8, dest, sizeof(struct sockaddr_in6))
	),

	TP_fast_assign(
		__entry->socket = sock_i_ino(sk);
		__entry->cookie = cookie;
		__entry->serial = serial;
		__entry->reason = reason;
		__entry->datagrams = datagrams;
		__entry->dport = ntohs(addr->port);
		RTPRELAY_STORE_ADDR(__entry->dest, addr);
	),

	TP_printk("socket=%llu dest=%pISpc cookie=%llu serial=%llu reason=%s datagrams=%u",
		  __entry->socket, __entry->dest, __entry->cookie,
		  __entry->serial, rtprelay_show_drop(__entry->reason),
		  __entry->datagrams)
);

#endif /* _TRACE_RTPRELAY_H */

#include <trace/define_trace.h>
