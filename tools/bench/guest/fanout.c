// SPDX-License-Identifier: GPL-2.0-or-later
#include "fanout.h"

#include <arpa/inet.h>
#include <err.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SO_RTP_FANOUT
#define SO_RTP_FANOUT	86
#endif
/* A picture that a decoder can begin with, in a NAL unit by itself (RFC 6184). */
#define NAL_KEY		0x65
/* With that of what is paused, the most that there may be. */
#define CAPS		(RTP_FANOUT_MAX_CAPS - 1)
#define POLL_US		100

/* datagrams that arrived, copies that left */
static uint64_t fed, sent;
static unsigned int members;
/* They do not get all of it. */
static bool filtered;

/* Returns the time in the kernel, the copy of the argument left out. */
static uint64_t set(int fd, uint32_t op, uint32_t flags, const void *elements,
		    uint32_t count, uint32_t size)
{
	struct rtp_fanout_hdr *hdr;
	struct rtpbench_option option = {
		.fd = fd,
		.name = SO_RTP_FANOUT,
		.len = sizeof(*hdr) + count * size,
	};

	hdr = calloc(1, option.len);
	if (!hdr)
		err(1, "memory");
	*hdr = (struct rtp_fanout_hdr) { op, flags, count, size };
	memcpy(hdr + 1, elements, count * size);
	option.value = (uintptr_t)hdr;
	rig_ioctl(RTPBENCH_OPTION, &option);
	free(hdr);
	if (option.error)
		errx(1, "SO_RTP_FANOUT, operation %u: %s", op, strerror(option.error));
	return option.ns;
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

/* What is being sent is still charged to the queue. */
static void wait_empty(int fd, struct rtp_fanout_info *now)
{
	do {
		usleep(POLL_US);
		info(fd, now);
	} while (now->queue_bytes);
}

static void attach(int fd, enum rtp_fanout_codec codec, int program, unsigned int percent)
{
	struct rtp_fanout_config config = {
		.source.family = AF_INET,
		.source.port = htons(RIG_SOURCE_PORT),
		.codec[RTP_PT] = codec,
		.bpf_fd = program,
		.pace_percent = percent,
	};

	inet_pton(AF_INET, RIG_SOURCE, config.source.addr);
	set(fd, RTP_FANOUT_ATTACH, 0, &config, 1, sizeof(config));
}

void fanout_attach(int fd, unsigned int percent)
{
	attach(fd, RTP_FANOUT_CODEC_H264, 0, percent);
}

#define INSN(op, dst, src, jump, value) \
	{ .code = (op), .dst_reg = (dst), .src_reg = (src), .off = (jump), .imm = (value) }
#define LOAD_BYTE(offset)	INSN(BPF_LD | BPF_ABS | BPF_B, 0, 0, 0, offset)
#define SET_TO(value)		INSN(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, value)
#define AND_WITH(value)		INSN(BPF_ALU64 | BPF_AND | BPF_K, 0, 0, 0, value)
#define UNLESS(value, skipped)	INSN(BPF_JMP | BPF_JNE | BPF_K, 0, 0, skipped, value)
#define LEAVE			INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)

void fanout_attach_bpf(int fd)
{
	/* RFC 6190: NAL units of type 20, also in fragments (28), are above the base. */
	static const struct bpf_insn code[] = {
		INSN(BPF_ALU64 | BPF_MOV | BPF_X, 6, 1, 0, 0),
		LOAD_BYTE(RTP_HEADER),
		AND_WITH(0x1f),
		UNLESS(28, 2),
		LOAD_BYTE(RTP_HEADER + 1),
		AND_WITH(0x1f),
		UNLESS(20, 2),
		SET_TO(RTP_FANOUT_BPF_LAYER(1, 0, 0)),
		LEAVE,
		SET_TO(RTP_FANOUT_BPF_LAYER(0, 0, 0)),
		LEAVE,
	};
	union bpf_attr load = {
		.prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
		.insns = (uintptr_t)code,
		.insn_cnt = sizeof(code) / sizeof(*code),
		.license = (uintptr_t)"GPL",
	};
	int program = syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof(load));

	if (program < 0)
		err(1, "BPF_PROG_LOAD");
	attach(fd, RTP_FANOUT_CODEC_BPF, program, 0);
}

static void fill(struct rtp_fanout_dest *dest, unsigned int i,
		 struct rtp_fanout_cap cap)
{
	struct sockaddr_in addr;

	rig_dest(&addr, i);
	memset(dest, 0, sizeof(*dest));
	dest->addr.family = AF_INET;
	dest->addr.port = addr.sin_port;
	memcpy(dest->addr.addr, &addr.sin_addr, sizeof(addr.sin_addr));
	dest->cap = cap;
}

static uint64_t add(int fd, unsigned int dests, struct rtp_fanout_cap cap)
{
	static struct rtp_fanout_dest dest[RTP_FANOUT_MAX_COUNT];
	unsigned int done, i, part;
	uint64_t ns = 0;

	for (done = 0; done < dests; done += part) {
		part = dests - done;
		if (part > RTP_FANOUT_MAX_COUNT)
			part = RTP_FANOUT_MAX_COUNT;
		for (i = 0; i < part; i++)
			fill(&dest[i], done + i, cap);
		ns += set(fd, RTP_FANOUT_ADD, 0, dest, part, sizeof(*dest));
	}
	members = dests;
	return ns;
}

uint64_t fanout_add(int fd, unsigned int dests)
{
	return add(fd, dests, (struct rtp_fanout_cap) { 7, 15, 7, 0 });
}

void fanout_add_base(int fd, unsigned int dests)
{
	filtered = true;
	add(fd, dests, (struct rtp_fanout_cap) { 0, 15, 7, 0 });
}

uint64_t fanout_change(int fd, unsigned int i, uint8_t tid)
{
	struct rtp_fanout_dest dest;

	fill(&dest, i, (struct rtp_fanout_cap) { 7, 15, tid, 0 });
	return set(fd, RTP_FANOUT_SET, RTP_FANOUT_SET_CAP, &dest, 1, sizeof(dest));
}

/* One of CAPS caps, each of which keeps the three layers of the clip. */
static struct rtp_fanout_cap cap_of(unsigned int i)
{
	return (struct rtp_fanout_cap) { 2 + i % 6, 15, 2 + i / 6 % 5, 0 };
}

/* Joins the next CAPS destinations, each with another cap. */
static unsigned int join(int fd, unsigned int from, unsigned int dests)
{
	struct rtp_fanout_dest dest[CAPS];
	unsigned int i;

	for (i = 0; i < CAPS && from + i < dests; i++)
		fill(&dest[i], from + i, cap_of(i));
	set(fd, RTP_FANOUT_SET, RTP_FANOUT_SET_CAP, dest, i, sizeof(*dest));
	return i;
}

void fanout_add_own(int fd, unsigned int dests, struct traffic_numbers *numbers)
{
	static const uint8_t key[RTP_HEADER + 20] = { 0x80, [RTP_HEADER] = NAL_KEY };
	struct datagram datagram = { sizeof(key), key };
	unsigned int i, first[] = { 0, 1 };
	struct traffic one = { 1, &datagram, 1, first };
	struct rtp_fanout_info now;
	uint8_t buf[2 * sizeof(key)];

	add(fd, dests, (struct rtp_fanout_cap) { .flags = RTP_FANOUT_CAP_PAUSE });
	for (i = 0; i < dests; ) {
		i += join(fd, i, dests);
		/* The first picture of all is not known to be whole. */
		do {
			rig_feed(-1, buf, traffic_write(&one, 0, numbers, buf), 1);
			wait_empty(fd, &now);
		} while (now.switching);
	}
	fed = now.rx_packets;
	sent = now.tx_packets + now.tx_dropped;
}

uint64_t fanout_wait(int fd, unsigned int count)
{
	struct rtp_fanout_info now;
	uint64_t copies;

	fed += count;
	do {
		wait_empty(fd, &now);
		copies = now.tx_packets + now.tx_dropped - sent;
	} while (now.rx_packets < fed ||
		 (!filtered && copies < (uint64_t)count * members));
	sent += copies;
	return copies;
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
