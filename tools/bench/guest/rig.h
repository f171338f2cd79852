/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The network that ../rig.sh sets up, and the module of the benchmark.
 */
#ifndef BENCH_RIG_H
#define BENCH_RIG_H

#include <linux/rtp_fanout.h>
#include <netinet/in.h>
#include <stdint.h>
#include "../module/rtpbench.h"

#define RIG_IN		"in0"
#define RIG_OUT		"out0"
#define RIG_RELAY	"10.99.0.1"
#define RIG_RELAY_PORT	5000
#define RIG_SOURCE	"10.99.0.2"
#define RIG_SOURCE_PORT	6000
/* Destinations: behind a gateway, an address each. */
#define RIG_FIRST	0x64400001U
#define RIG_PORT	5004
#define RIG_MAX_DESTS	100000

void rig_ioctl(unsigned long request, void *arg);
/* Process time of the machine as a whole, where nothing is idle. */
uint64_t rig_now(void);
void rig_dest(struct sockaddr_in *addr, unsigned int i);
/* Buffers that never end; and those that rtprelayd asks for. */
#define RIG_ENDLESS	(1 << 30)
#define RIG_DAEMON	(4 << 20)
/* A UDP socket at the relay's address. */
int rig_socket(int buffer);
/* A batch arrives, at the socket FD or, with -1, at the interface. Returns how long it took. */
uint64_t rig_feed(int fd, const uint8_t *data, uint32_t len, unsigned int count);
/* When the last batch came, of the clock of struct rtpbench_packet. */
uint64_t rig_fed(void);
/* Packets that the device got so far. */
uint64_t rig_packets(void);
unsigned int rig_number(const char *text);

#endif
