/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is sent: RTP datagrams in batches, each of which arrives at once.
 */
#ifndef BENCH_TRAFFIC_H
#define BENCH_TRAFFIC_H

#include <stddef.h>
#include <stdint.h>

#define RTP_HEADER	12
#define RTP_SSRC	0x62656e63U
#define RTP_PT		97
/* The most bytes of a datagram, RTP header included. */
#define TRAFFIC_SIZE	1400
/* The most datagrams of a batch. */
#define TRAFFIC_BATCH	256

struct datagram {
	uint16_t len;
	const uint8_t *data;
};

/**
 * struct traffic - batches of datagrams
 * @count: datagrams
 * @datagram: they
 * @batches: batches
 * @first: of each batch the index of its first datagram; of one more, @count
 */
struct traffic {
	unsigned int count;
	struct datagram *datagram;
	unsigned int batches;
	unsigned int *first;
};

/* NAME is single, a number of equal datagrams that arrive at once, or a file of
 * datagrams, each behind its length (RFC 4571), an access unit of which is a batch.
 */
void traffic_open(struct traffic *traffic, const char *name);

/**
 * struct traffic_numbers - how a stream goes on
 * @seq: number of its next datagram
 * @timestamp: of its next picture
 */
struct traffic_numbers {
	uint16_t seq;
	uint32_t timestamp;
};

/* Writes a batch to BUF as struct rtpbench_feed.data has it, numbered as the stream
 * goes on; returns the bytes.
 */
size_t traffic_write(const struct traffic *traffic, unsigned int batch,
		     struct traffic_numbers *numbers, uint8_t *buf);

#endif
