/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the viewers of a stream get, seen on the wire: thousands of them need no
 * socket each, and no checksum is taken on trust.
 */
#ifndef _SELFTEST_FANOUT_WIRE_H
#define _SELFTEST_FANOUT_WIRE_H

#include "fanout_lib.h"

/**
 * struct fo_dgram - a UDP datagram on the wire
 * @to: where it goes
 * @ttl: TTL or hop limit
 * @fragment: it is a part of one; nothing below is told
 * @intact: lengths and checksums are right
 * @ns: when it was seen, of CLOCK_REALTIME
 * @len: bytes of @data
 * @data: the UDP payload
 */
struct fo_dgram {
	struct rtp_fanout_addr to;
	__u8 ttl;
	bool fragment;
	bool intact;
	__u64 ns;
	size_t len;
	const __u8 *data;
};

enum fo_flow_rule {
	FO_FLOW_WHOLE,		/* everything, from the first datagram on */
	FO_FLOW_LOSSY,		/* the relay dropped some: a hole for each */
	FO_FLOW_SWITCHED,	/* not all was for this viewer: no hole */
};

/**
 * struct fo_flow - what one viewer got
 * @rule: what is right
 * @count: datagrams
 * @number: RTP sequence number of the last
 * @sent: that which the source gave it
 * @ns: when it was seen
 */
struct fo_flow {
	enum fo_flow_rule rule;
	unsigned int count;
	__u16 number;
	__u16 sent;
	__u64 ns;
};

/**
 * struct fo_stream - a stream and its viewers
 * @relay: the fan-out
 * @wire: of fo_wire(), where the viewers' datagrams pass
 * @count: viewers
 * @family: gives the family of the i-th viewer's address
 * @size: gives the payload of a datagram by the source's number
 * @unit: datagrams of an access unit
 * @origin: the source's first number
 * @first: the first one that is judged
 * @next: its next
 * @flow: for each viewer
 */
struct fo_stream {
	struct fo_relay relay;
	int wire;
	unsigned int count;
	int (*family)(unsigned int i);
	size_t (*size)(__u16 seq);
	unsigned int unit;
	__u16 origin;
	__u16 first;
	__u16 next;
	struct fo_flow *flow;
};

int fo_tap(const char *device, bool leaving);
int fo_wire(int netns, const char *device);
bool fo_wire_next(int wire, struct fo_dgram *dgram);
unsigned int fo_wire_lost(int wire);

void fo_stream(struct fo_stream *stream, enum fo_net net, int wire,
	       unsigned int count);
void fo_stream_view(struct fo_stream *stream);
void fo_stream_dest(const struct fo_stream *stream, unsigned int i,
		    struct rtp_fanout_dest *dest);
void fo_stream_rule(struct fo_stream *stream, enum fo_flow_rule rule);
void fo_stream_anew(struct fo_stream *stream);
void fo_stream_burst(struct fo_stream *stream, unsigned int count);
void fo_stream_super(struct fo_stream *stream, unsigned int count);
bool fo_stream_idle(const struct fo_stream *stream);
__u16 fo_stream_sent(const struct fo_stream *stream,
		     const struct fo_dgram *dgram);
bool fo_stream_judge(struct fo_stream *stream, const struct fo_dgram *dgram);
bool fo_stream_seen(struct fo_stream *stream, unsigned int packets);

int fo_only_ipv4(unsigned int i);
int fo_either(unsigned int i);
size_t fo_equal(__u16 seq);
size_t fo_units(__u16 seq);

#endif /* _SELFTEST_FANOUT_WIRE_H */
