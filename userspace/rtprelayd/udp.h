/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sockets of a track */
#ifndef RTPRELAYD_UDP_H
#define RTPRELAYD_UDP_H

#include <gio/gio.h>
#include <linux/rtp_fanout.h>

#include "transport.h"

/**
 * struct udp_pair - sockets for RTP and RTCP
 * @family: AF_INET, or AF_INET6 for both families
 * @rtp: descriptor, bound to ports.rtp, an even number, of all addresses
 * @rtcp: descriptor, bound to the next
 * @ports: those
 * @rcvbuf: receive buffer of @rtp that the system granted, in bytes
 */
struct udp_pair {
	int family;
	int rtp;
	int rtcp;
	struct transport_ports ports;
	guint rcvbuf;
};

/* Receive and send buffer that are asked for, in bytes */
#define UDP_BUFFER	(4 << 20)

/**
 * udp_pair_open - make a pair
 * @error: G_IO_ERROR; in effect no ports or no descriptors left
 *
 * Return: FALSE on error.
 */
gboolean udp_pair_open(struct udp_pair *pair, int family, GError **error);

void udp_pair_close(struct udp_pair *pair);

/* struct udp_batch - datagrams that leave together */
struct udp_batch;

/* udp_batch_new - for a socket of that family */
struct udp_batch *udp_batch_new(int fd, int family);

/**
 * udp_batch_add - have udp_batch_send() send a datagram, or send it now
 * @to: where to, the interface and local address to use
 * @data: copied
 * @len: bytes, at most LIMIT_RTCP
 */
void udp_batch_add(struct udp_batch *batch, const struct rtp_fanout_dest *to,
		   gconstpointer data, gsize len);

/* udp_batch_send - send or drop each: nobody waits and nobody is told. @batch is freed. */
void udp_batch_send(struct udp_batch *batch);

#endif
