// SPDX-License-Identifier: GPL-2.0-or-later
#include "fanout.h"

#include <arpa/inet.h>
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef SO_RTP_FANOUT
#define SO_RTP_FANOUT	86
#endif
/* A picture that a decoder can begin with, in a NAL unit by itself (RFC 6184). */
#define NAL_KEY		0x65
#define POLL_US		100

static uint64_t received, sent;
static unsigned int members, paused;

static void set(int fd, uint32_t op, uint32_t flags, const void *elements,
		uint32_t count, uint32_t size)
{
	struct rtp_fanout_hdr *hdr;
	size_t len = sizeof(*hdr) + count * size;

	hdr = calloc(1, len);
	if (!hdr)
		err(1, "memory");
	*hdr = (struct rtp_fanout_hdr) { op, flags, count, size };
	memcpy(hdr + 1, elements, count * size);
	if (setsockopt(fd, SOL_SOCKET, SO_RTP_FANOUT, hdr, len))
		err(1, "SO_RTP_FANOUT, operation %u", op);
	free(hdr);
}

static void info(int fd, struct rtp_fanout_info *info)
{
	struct {
		struct rtp_fanout_hdr hdr;
		struct rtp_fanout_info info;
	} get = { .hdr = { RTP_FANOUT_INFO, 0, 1, sizeof(*info) } };
	socklen_t len = sizeof(get);

	if (getsockopt(fd, SOL_SOCKET, SO_RTP_FANOUT, &get, &len))
		err(1, "RTP_FANOUT_INFO");
	*info = get.info;
}

void fanout_attach(int fd)
{
	struct rtp_fanout_config config = {
		.source.family = AF_INET,
		.source.port = htons(RIG_SOURCE_PORT),
		.codec[RTP_PT] = RTP_FANOUT_CODEC_H264,
	};

	inet_pton(AF_INET, RIG_SOURCE, config.source.addr);
	set(fd, RTP_FANOUT_ATTACH, 0, &config, 1, sizeof(config));
}

static void fill(struct rtp_fanout_dest *dest, unsigned int i, uint8_t flags)
{
	struct sockaddr_in addr;

	rig_dest(&addr, i);
	memset(dest, 0, sizeof(*dest));
	dest->addr.family = AF_INET;
	dest->addr.port = addr.sin_port;
	memcpy(dest->addr.addr, &addr.sin_addr, sizeof(addr.sin_addr));
	dest->cap = (struct rtp_fanout_cap) { 7, 15, 7, flags };
}

static void add(int fd, unsigned int dests, uint8_t flags)
{
	static struct rtp_fanout_dest dest[RTP_FANOUT_MAX_COUNT];
	unsigned int done, i, part;

	for (done = 0; done < dests; done += part) {
		part = dests - done;
		if (part > RTP_FANOUT_MAX_COUNT)
			part = RTP_FANOUT_MAX_COUNT;
		for (i = 0; i < part; i++)
			fill(&dest[i], done + i, flags);
		set(fd, RTP_FANOUT_ADD, 0, dest, part, sizeof(*dest));
	}
	members = dests;
}

void fanout_add(int fd, unsigned int dests)
{
	add(fd, dests, 0);
}

void fanout_add_own(int fd, unsigned int dests, struct traffic_numbers *numbers)
{
	static const uint8_t key[RTP_HEADER + 20] = { 0x80, [RTP_HEADER] = NAL_KEY };
	struct datagram datagram = { sizeof(key), key };
	unsigned int first[] = { 0, 1 };
	struct traffic one = { 1, &datagram, 1, first };
	struct rtp_fanout_dest dest;
	uint8_t buf[2 * sizeof(key)];

	add(fd, dests, RTP_FANOUT_CAP_PAUSE);
	for (paused = dests; paused; ) {
		fill(&dest, dests - paused, 0);
		set(fd, RTP_FANOUT_SET, RTP_FANOUT_SET_CAP, &dest, 1,
		    sizeof(dest));
		paused--;
		rig_feed(buf, traffic_write(&one, 0, numbers, buf), 1);
		fanout_wait(fd);
	}
}

uint64_t fanout_wait(int fd)
{
	struct rtp_fanout_info now;
	uint64_t copies;

	for (;;) {
		info(fd, &now);
		copies = now.tx_packets + now.tx_dropped - sent;
		/* What is being sent is still charged to the queue. */
		if (!now.queue_bytes &&
		    copies >= (now.rx_packets - received) * (members - paused))
			break;
		usleep(POLL_US);
	}
	received = now.rx_packets;
	sent += copies;
	return copies;
}

uint64_t fanout_sends(int fd)
{
	struct rtp_fanout_info now;

	info(fd, &now);
	return now.tx_packets;
}

void fanout_check(int fd)
{
	struct rtp_fanout_info now;

	info(fd, &now);
	if (now.tx_dropped || now.rx_dropped_queue || now.rx_dropped_nomem ||
	    now.rx_lost || now.rx_dropped_malformed)
		errx(1, "the relay lost datagrams: %llu copies, %llu in the queue",
		     now.tx_dropped, now.rx_dropped_queue);
}
