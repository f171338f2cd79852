// SPDX-License-Identifier: GPL-2.0
/*
 * What the shell tests put into their network namespaces:
 *
 *	rtp_tool send FROM TO COUNT BURST
 *		so many at a time, which are queued together
 *	rtp_tool sink AT COUNT SECONDS
 *		says "ready", exits with 0 when it got all, undamaged; gives up
 *		after so long a silence
 *	rtp_tool relay AT SOURCE DESTINATION...
 *		says "ready", runs until its input ends, then says for each
 *		destination: ADDRESS packets route output. Their cookies
 *		count from 1.
 *	rtp_tool espinudp AT		takes ESP in UDP, until it is killed
 *
 * Addresses are ADDRESS,PORT.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <linux/udp.h>

#include "fanout_lib.h"

#define PAYLOAD	1000
#define MAX_BURST	32

static int bound(const char *text)
{
	struct rtp_fanout_addr addr;
	char host[INET6_ADDRSTRLEN];

	fo_parse(&addr, text);
	inet_ntop(addr.family, addr.addr, host, sizeof(host));
	return fo_udp_text(host, ntohs(addr.port));
}

static int do_send(char **args)
{
	int fd, i, n, count = atoi(args[2]), burst = atoi(args[3]);
	static __u8 buf[MAX_BURST * (FO_RTP_HDR + PAYLOAD)];
	struct rtp_fanout_addr to;
	union fo_sockaddr ss;
	size_t len;

	fd = bound(args[0]);
	fo_parse(&to, args[1]);
	fo_native(&ss, &to);
	if (connect(fd, &ss.sa, sizeof(ss)))
		fo_fatal("connect");
	fo_set_int(fd, IPPROTO_UDP, UDP_SEGMENT, FO_RTP_HDR + PAYLOAD);
	for (i = 0; i < count; ) {
		len = 0;
		for (n = 0; n < burst && n < MAX_BURST && i < count; n++, i++)
			len += fo_rtp(buf + len, FO_PT_OPAQUE, i, FO_SSRC,
				      PAYLOAD);
		fo_send_buf(fd, buf, len);
		usleep(1000 * n);
	}
	return 0;
}

static int do_sink(char **args)
{
	int fd, i, damaged = 0, twice = 0, count = atoi(args[1]);
	__u8 want[FO_MTU], got[FO_MTU];
	struct timeval silence = { .tv_sec = atoi(args[2]) };
	bool seen[65536] = {};
	__u16 seq;

	fd = bound(args[0]);
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &silence, sizeof(silence)))
		fo_fatal("SO_RCVTIMEO");
	puts("ready");
	fflush(stdout);
	for (i = 0; i < count; i++) {
		if (fo_recv(fd, got, sizeof(got)) != FO_RTP_HDR + PAYLOAD)
			break;
		/* in any order: the network gives none */
		seq = fo_seq(got);
		twice += seen[seq];
		seen[seq] = true;
		fo_rtp(want, FO_PT_OPAQUE, seq, FO_SSRC, PAYLOAD);
		damaged += !!memcmp(want, got, FO_RTP_HDR + PAYLOAD);
	}
	printf("%s: %d of %d, %d damaged, %d twice\n", args[0], i, count,
	       damaged, twice);
	return i < count || damaged || twice;
}

static int do_relay(char **args, int dests)
{
	struct rtp_fanout_dest_info found;
	struct rtp_fanout_config cfg;
	struct rtp_fanout_dest dest;
	int fd, i;

	fd = bound(args[0]);
	fo_config(&cfg, AF_INET);
	fo_parse(&cfg.source, args[1]);
	errno = -fo_attach(fd, &cfg);
	if (errno)
		fo_fatal("attach");
	fo_dest(&dest, AF_INET, FO_HOST_ANY, 1);
	for (i = 0; i < dests; i++) {
		fo_parse(&dest.addr, args[2 + i]);
		dest.cookie = i + 1;
		errno = -fo_add(fd, &dest, 1);
		if (errno)
			fo_fatal(args[2 + i]);
	}
	puts("ready");
	fflush(stdout);
	while (getchar() != EOF)
		;
	for (i = 0; i < dests; i++) {
		fo_parse(&dest.addr, args[2 + i]);
		if (fo_find(fd, &dest, &found))
			fo_fatal(args[2 + i]);
		printf("%s %llu %llu %llu\n", args[2 + i], found.packets,
		       found.dropped_route, found.dropped_output);
	}
	return 0;
}

static int do_espinudp(char **args)
{
	fo_set_int(bound(args[0]), IPPROTO_UDP, UDP_ENCAP, UDP_ENCAP_ESPINUDP);
	pause();
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 6 && !strcmp(argv[1], "send"))
		return do_send(argv + 2);
	if (argc == 5 && !strcmp(argv[1], "sink"))
		return do_sink(argv + 2);
	if (argc >= 5 && !strcmp(argv[1], "relay"))
		return do_relay(argv + 2, argc - 4);
	if (argc == 3 && !strcmp(argv[1], "espinudp"))
		return do_espinudp(argv + 2);
	fprintf(stderr, "usage: %s send|sink|relay|espinudp ARGUMENTS\n", argv[0]);
	return 2;
}
