/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What classifiers of RTP streams share: the RTP header (RFC 3550, section 5.1)
 * and what came before.
 */
#ifndef _SELFTEST_RTP_BPF_H
#define _SELFTEST_RTP_BPF_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

/* What the relay takes for late; further back the source has begun anew. */
#define RTP_WINDOW	1024

struct rtp {
	__u32 ssrc;
	__u32 timestamp;
	__u32 payload;		/* its offset */
	__u16 seq;
};

/* The newest datagram so far. One object serves one fan-out, which runs it on
 * one datagram at a time: neither map nor lock is needed.
 */
struct rtp_newest {
	__u32 ssrc;
	__u32 timestamp;
	__u16 seq;
	bool known;
};

struct rtp_fixed {
	__u8 vpxcc;
	__u8 mpt;
	__be16 seq;
	__be32 timestamp;
	__be32 ssrc;
};

struct rtp_extension {
	__be16 profile;
	__be16 words;
};

/* Returns false when the header does not fit. */
static inline bool rtp_read(struct __sk_buff *skb, struct rtp *rtp)
{
	struct rtp_extension ext;
	struct rtp_fixed fixed;

	if (bpf_skb_load_bytes(skb, 0, &fixed, sizeof(fixed)))
		return false;
	rtp->ssrc = bpf_ntohl(fixed.ssrc);
	rtp->timestamp = bpf_ntohl(fixed.timestamp);
	rtp->seq = bpf_ntohs(fixed.seq);
	rtp->payload = sizeof(fixed) + 4 * (fixed.vpxcc & 0x0f);
	if (!(fixed.vpxcc & 0x10))
		return true;

	if (bpf_skb_load_bytes(skb, rtp->payload, &ext, sizeof(ext)))
		return false;
	rtp->payload += sizeof(ext) + 4 * bpf_ntohs(ext.words);
	return true;
}

static inline bool rtp_same_source(const struct rtp_newest *newest,
				   const struct rtp *rtp)
{
	return newest->known && rtp->ssrc == newest->ssrc;
}

/* Datagrams come in the order of arrival. */
static inline bool rtp_late(const struct rtp_newest *newest,
			    const struct rtp *rtp)
{
	return rtp_same_source(newest, rtp) &&
	       (__u16)(newest->seq - rtp->seq) < RTP_WINDOW;
}

static inline void rtp_remember(struct rtp_newest *newest,
				const struct rtp *rtp)
{
	newest->ssrc = rtp->ssrc;
	newest->timestamp = rtp->timestamp;
	newest->seq = rtp->seq;
	newest->known = true;
}

/* Of a datagram that is not late: begins an access unit, a frame. */
static inline bool rtp_begins(const struct rtp_newest *newest,
			      const struct rtp *rtp)
{
	return !rtp_same_source(newest, rtp) ||
	       rtp->timestamp != newest->timestamp;
}

#endif /* _SELFTEST_RTP_BPF_H */
