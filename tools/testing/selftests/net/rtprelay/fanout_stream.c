// SPDX-License-Identifier: GPL-2.0
/*
 * A stream that is sent in bursts, and what each of its viewers gets.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <linux/udp.h>

#include "fanout_wire.h"
#include "kselftest.h"

/* Datagrams of one call. */
#define BURST	64

int fo_only_ipv4(unsigned int i)
{
	return AF_INET;
}

int fo_either(unsigned int i)
{
	return i & 1 ? AF_INET6 : AF_INET;
}

/* Large datagrams of one size */
size_t fo_equal(__u16 seq)
{
	return 1188;
}

/* As packetizers do it: units in parts of one size, the last a shorter one. */
size_t fo_units(__u16 seq)
{
	static const size_t size[] = {
		1188, 1188, 1188, 300,
		1188, 7,
		500,
		1188, 1188, 1188, 1188, 1188, 1188, 1188, 1187,
		2, 2, 2,
		1000, 1188, 1188,
	};

	return size[seq % ARRAY_SIZE(size)];
}

static size_t stream_size(__u16 seq)
{
	return 100;
}

/* A fan-out to be, with memory for bursts, whose viewers are behind @wire. */
void fo_stream(struct fo_stream *stream, enum fo_net net, int wire,
	       unsigned int count)
{
	struct fo_relay *relay = &stream->relay;
	cpu_set_t first;
	__u8 byte;

	/* what a device without queues is sent by two CPUs is in no order */
	CPU_ZERO(&first);
	CPU_SET(0, &first);
	if (sched_setaffinity(0, sizeof(first), &first))
		fo_fatal("sched_setaffinity");
	memset(stream, 0, sizeof(*stream));
	/* what a test left there that failed */
	while (wire >= 0 && recv(wire, &byte, 1, MSG_DONTWAIT) >= 0)
		;
	fo_open(relay, net);
	/* beside a video what is opaque begins nothing: no pause either */
	relay->cfg.codec[FO_PT_H264] = RTP_FANOUT_CODEC_NONE;
	/* bound to no address: copies leave with that of their way out */
	close(relay->fd);
	relay->fd = fo_udp(net == FO_IPV4 ? AF_INET : AF_INET6, FO_HOST_ANY,
			   FO_RELAY_PORT);
	fo_set_int(relay->fd, SOL_SOCKET, SO_RCVBUFFORCE, 1 << 24);
	fo_set_int(relay->fd, SOL_SOCKET, SO_SNDBUFFORCE, 1 << 24);
	fo_set_int(relay->source, SOL_SOCKET, SO_SNDBUFFORCE, 1 << 24);
	stream->wire = wire;
	stream->count = count;
	stream->family = net == FO_DUAL ? fo_either : fo_only_ipv4;
	stream->size = stream_size;
	stream->unit = 1;
	stream->origin = 65500;
	stream->first = stream->origin;
	stream->next = stream->origin;
	stream->flow = calloc(count, sizeof(*stream->flow));
	if (!stream->flow)
		fo_fatal("calloc");
}

/* The i-th viewer: from 10.1.0.1 or fd02::1 on, see fo_far(). */
void fo_stream_dest(const struct fo_stream *stream, unsigned int i,
		    struct rtp_fanout_dest *dest)
{
	__u16 host = htons(i + 1);

	fo_dest(dest, stream->family(i), FO_HOST_ANY, FO_VIEWER_PORT);
	dest->cookie = i;
	if (dest->addr.family == AF_INET) {
		dest->addr.addr[0] = 10;
		dest->addr.addr[1] = 1;
		memcpy(dest->addr.addr + 2, &host, sizeof(host));
	} else {
		dest->addr.addr[0] = 0xfd;
		dest->addr.addr[1] = 0x02;
		memcpy(dest->addr.addr + 14, &host, sizeof(host));
	}
}

/* Attach as relay->cfg says, and add all viewers. */
void fo_stream_view(struct fo_stream *stream)
{
	struct rtp_fanout_dest dest[256];
	unsigned int i, n;

	errno = -fo_attach(stream->relay.fd, &stream->relay.cfg);
	if (errno)
		fo_fatal("attach");
	for (i = 0; i < stream->count; i += n) {
		for (n = 0; n < 256 && i + n < stream->count; n++)
			fo_stream_dest(stream, i + n, &dest[n]);
		errno = -fo_add(stream->relay.fd, dest, n);
		if (errno)
			fo_fatal("add");
	}
}

/* A datagram of the stream, of the access unit that it is in. */
static size_t stream_rtp(const struct fo_stream *stream, __u8 *buf, __u16 seq)
{
	__u32 unit = (__u16)(seq - stream->origin) / stream->unit;
	__u32 timestamp = htonl(3600 * unit);
	size_t len;

	len = fo_rtp(buf, FO_PT_OPAQUE, seq, FO_SSRC, stream->size(seq));
	memcpy(buf + 4, &timestamp, sizeof(timestamp));
	return len;
}

/* What is right from here on. */
void fo_stream_rule(struct fo_stream *stream, enum fo_flow_rule rule)
{
	unsigned int i;

	for (i = 0; i < stream->count; i++)
		stream->flow[i].rule = rule;
}

/* What comes next is the first. */
void fo_stream_anew(struct fo_stream *stream)
{
	unsigned int i;

	stream->first = stream->next;
	for (i = 0; i < stream->count; i++)
		stream->flow[i].count = 0;
}

/* The next datagrams, of any size, as one burst of at most BURST. */
void fo_stream_burst(struct fo_stream *stream, unsigned int count)
{
	static __u8 buf[BURST][FO_MTU];
	struct mmsghdr msg[BURST] = {};
	struct iovec iov[BURST];
	unsigned int i;

	for (i = 0; i < count; i++, stream->next++) {
		iov[i].iov_base = buf[i];
		iov[i].iov_len = stream_rtp(stream, buf[i], stream->next);
		msg[i].msg_hdr.msg_iov = &iov[i];
		msg[i].msg_hdr.msg_iovlen = 1;
	}
	if (sendmmsg(stream->relay.source, msg, count, 0) != (int)count)
		fo_fatal("sendmmsg");
}

/* The next datagrams, of equal size but for a shorter last, in one packet that
 * the receiver parts: they are queued together.
 */
void fo_stream_super(struct fo_stream *stream, unsigned int count)
{
	static __u8 buf[65536];
	__u8 *end = buf;

	fo_set_int(stream->relay.source, IPPROTO_UDP, UDP_SEGMENT,
		   FO_RTP_HDR + stream->size(stream->next));
	for (; count; count--, stream->next++)
		end += stream_rtp(stream, end, stream->next);
	fo_send_buf(stream->relay.source, buf, end - buf);
	fo_set_int(stream->relay.source, IPPROTO_UDP, UDP_SEGMENT, 0);
}

/* All that was sent has left the relay. */
bool fo_stream_idle(const struct fo_stream *stream)
{
	struct rtp_fanout_info info;
	__u16 last = stream->next - 1;

	return FO_WAIT(!fo_info(stream->relay.fd, &info) &&
		       !info.queue_bytes && (__u16)info.rx_seq == last);
}

static struct fo_flow *stream_flow(const struct fo_stream *stream,
				   const struct rtp_fanout_addr *to)
{
	struct rtp_fanout_dest dest;
	unsigned int i;
	__u16 host;

	memcpy(&host, to->addr + (to->family == AF_INET ? 2 : 14),
	       sizeof(host));
	i = (__u16)(ntohs(host) - 1);
	if (i >= stream->count)
		return NULL;
	fo_stream_dest(stream, i, &dest);
	return memcmp(&dest.addr, to, sizeof(*to)) ? NULL : &stream->flow[i];
}

/* The number that the source gave a datagram, which its payload tells. */
static __u16 stream_sent(const struct fo_dgram *dgram)
{
	return dgram->data[FO_RTP_HDR] << 8 | dgram->data[FO_RTP_HDR + 1];
}

/* How many the source had sent before. */
__u16 fo_stream_sent(const struct fo_stream *stream,
		     const struct fo_dgram *dgram)
{
	return stream_sent(dgram) - stream->first;
}

/* A datagram is what its viewer is to get, and it comes in its turn. */
bool fo_stream_judge(struct fo_stream *stream, const struct fo_dgram *dgram)
{
	struct fo_flow *flow = stream_flow(stream, &dgram->to);
	__u16 sent, number, step;
	const char *wrong = NULL;
	__u8 want[FO_MTU];

	if (!flow) {
		fprintf(stderr, "# a datagram for nobody\n");
		return false;
	}
	if (dgram->fragment || !dgram->intact ||
	    dgram->len < FO_RTP_HDR + 2) {
		fprintf(stderr, "# viewer %td: not an intact datagram\n",
			flow - stream->flow);
		return false;
	}

	sent = stream_sent(dgram);
	number = fo_seq(dgram->data);
	step = sent - flow->sent;
	if (dgram->len != stream_rtp(stream, want, sent) ||
	    !fo_rtp_same(want, dgram->data, dgram->len))
		wrong = "changed on the way";
	else if (!flow->count)
		wrong = flow->rule == FO_FLOW_WHOLE &&
			sent != stream->first ? "not the first" : NULL;
	else if (!step || step > 0x7fff)
		wrong = "not in order";
	else if (flow->rule == FO_FLOW_WHOLE && step != 1)
		wrong = "one is missing";
	else if ((__u16)(number - flow->number) !=
		 (flow->rule == FO_FLOW_SWITCHED ? 1 : step))
		wrong = "not the next number";
	if (wrong)
		fprintf(stderr, "# viewer %td: %s: sent %u, number %u; before it %u, %u\n",
			flow - stream->flow, wrong, sent, number, flow->sent,
			flow->number);

	flow->count++;
	flow->sent = sent;
	flow->number = number;
	flow->ns = dgram->ns;
	return !wrong;
}

/* So many datagrams have passed, and each was right. */
bool fo_stream_seen(struct fo_stream *stream, unsigned int packets)
{
	struct fo_dgram dgram;
	unsigned int i, wrong = 0;

	for (i = 0; i < packets && wrong < 5; i++) {
		if (!fo_wire_next(stream->wire, &dgram)) {
			fprintf(stderr, "# only %u of %u passed\n", i, packets);
			break;
		}
		wrong += !fo_stream_judge(stream, &dgram);
	}
	i += fo_wire_lost(stream->wire);
	return i == packets && !wrong;
}
