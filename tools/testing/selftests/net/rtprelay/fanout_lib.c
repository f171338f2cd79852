// SPDX-License-Identifier: GPL-2.0
/*
 * Sockets, calls and datagrams for the tests of SO_RTP_FANOUT.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <linux/capability.h>

#include "fanout_lib.h"

void fo_sockaddr(union fo_sockaddr *ss, int family, int host, int port)
{
	memset(ss, 0, sizeof(*ss));
	ss->sa.sa_family = family;
	if (family == AF_INET) {
		ss->v4.sin_port = htons(port);
		if (host != FO_HOST_ANY)
			ss->v4.sin_addr.s_addr = htonl(0x7f000000 + host);
	} else {
		ss->v6.sin6_port = htons(port);
		if (host != FO_HOST_ANY) {
			ss->v6.sin6_addr.s6_addr[0] = 0xfd;
			ss->v6.sin6_addr.s6_addr[15] = host;
		}
	}
}

void fo_addr(struct rtp_fanout_addr *addr, int family, int host, int port)
{
	union fo_sockaddr ss;

	fo_sockaddr(&ss, family, host, port);
	memset(addr, 0, sizeof(*addr));
	addr->family = family;
	addr->port = htons(port);
	if (family == AF_INET)
		memcpy(addr->addr, &ss.v4.sin_addr, sizeof(ss.v4.sin_addr));
	else
		memcpy(addr->addr, &ss.v6.sin6_addr, sizeof(ss.v6.sin6_addr));
}

/* An address of either family as people write it. */
void fo_addr_text(struct rtp_fanout_addr *addr, const char *text, int port)
{
	memset(addr, 0, sizeof(*addr));
	addr->port = htons(port);
	addr->family = strchr(text, ':') ? AF_INET6 : AF_INET;
	if (inet_pton(addr->family, text, addr->addr) != 1)
		fo_fatal(text);
}

/* ADDRESS,PORT on a command line. */
void fo_parse(struct rtp_fanout_addr *addr, const char *text)
{
	const char *comma = strchr(text, ',');
	char *host;

	if (!comma) {
		errno = EINVAL;
		fo_fatal(text);
	}
	host = strndup(text, comma - text);
	fo_addr_text(addr, host, atoi(comma + 1));
	free(host);
}

void fo_native(union fo_sockaddr *ss, const struct rtp_fanout_addr *addr)
{
	fo_sockaddr(ss, addr->family, FO_HOST_ANY, ntohs(addr->port));
	if (addr->family == AF_INET)
		memcpy(&ss->v4.sin_addr, addr->addr, sizeof(ss->v4.sin_addr));
	else
		memcpy(&ss->v6.sin6_addr, addr->addr,
		       sizeof(ss->v6.sin6_addr));
}

static int fo_udp_bound(const union fo_sockaddr *ss, bool v6only)
{
	struct timeval timeout = { .tv_sec = 10 };
	int fd;

	fd = socket(ss->sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		fo_fatal("socket");
	if (ss->sa.sa_family == AF_INET6)
		fo_set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, v6only);
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)))
		fo_fatal("SO_RCVTIMEO");
	if (bind(fd, &ss->sa, sizeof(*ss)))
		fo_fatal("bind");
	return fd;
}

/* A wildcard IPv6 socket is a dual-stack one; all others have one family. */
int fo_udp(int family, int host, int port)
{
	union fo_sockaddr ss;

	fo_sockaddr(&ss, family, host, port);
	return fo_udp_bound(&ss, host != FO_HOST_ANY);
}

int fo_udp_text(const char *text, int port)
{
	struct rtp_fanout_addr addr;
	union fo_sockaddr ss;

	fo_addr_text(&addr, text, port);
	fo_native(&ss, &addr);
	return fo_udp_bound(&ss, true);
}

/* All capabilities but CAP_NET_ADMIN, for the process that calls. */
void fo_drop_net_admin(void)
{
	struct __user_cap_header_struct hdr = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];

	if (syscall(__NR_capget, &hdr, data))
		fo_fatal("capget");
	data[0].effective &= ~(1U << CAP_NET_ADMIN);
	data[0].permitted &= ~(1U << CAP_NET_ADMIN);
	data[0].inheritable &= ~(1U << CAP_NET_ADMIN);
	if (syscall(__NR_capset, &hdr, data))
		fo_fatal("capset");
}

void fo_set_int(int fd, int level, int name, int value)
{
	if (setsockopt(fd, level, name, &value, sizeof(value)))
		fo_fatal("setsockopt");
}

int fo_get_int(int fd, int level, int name)
{
	socklen_t len = sizeof(int);
	int value;

	if (getsockopt(fd, level, name, &value, &len))
		fo_fatal("getsockopt");
	return value;
}

int fo_set(int fd, __u32 op, __u32 flags, const void *elems, __u32 count,
	   __u32 size)
{
	struct rtp_fanout_hdr *hdr;
	size_t len;
	int ret;

	len = sizeof(*hdr) + (size_t)count * size;
	hdr = malloc(len);
	if (!hdr)
		fo_fatal("malloc");
	hdr->op = op;
	hdr->flags = flags;
	hdr->count = count;
	hdr->size = size;
	memcpy(hdr + 1, elems, len - sizeof(*hdr));
	ret = setsockopt(fd, SOL_SOCKET, SO_RTP_FANOUT, hdr, len) ? -errno : 0;
	free(hdr);
	return ret;
}

int fo_get(int fd, __u32 op, void *elems, __u32 count, __u32 size,
	   struct rtp_fanout_cursor *cursor)
{
	size_t head = sizeof(struct rtp_fanout_hdr);
	struct rtp_fanout_hdr *hdr;
	socklen_t len, room;
	int ret;

	if (cursor)
		head += sizeof(*cursor);
	room = head + count * size;
	len = room;
	hdr = calloc(1, len);
	if (!hdr)
		fo_fatal("calloc");
	hdr->op = op;
	hdr->count = count;
	hdr->size = size;
	if (cursor)
		memcpy(hdr + 1, cursor, sizeof(*cursor));

	ret = getsockopt(fd, SOL_SOCKET, SO_RTP_FANOUT, hdr, &len) ? -errno : 0;
	if (!ret) {
		/* the length says what was written, no more and no less */
		if (hdr->count > count || hdr->size != size ||
		    len != head + hdr->count * size) {
			ret = -EPROTO;
		} else {
			if (cursor)
				memcpy(cursor, hdr + 1, sizeof(*cursor));
			memcpy(elems, (char *)hdr + head, len - head);
			ret = hdr->count;
		}
	}
	free(hdr);
	return ret;
}

int fo_attach(int fd, const struct rtp_fanout_config *cfg)
{
	return fo_set(fd, RTP_FANOUT_ATTACH, 0, cfg, 1, sizeof(*cfg));
}

int fo_configure(int fd, const struct rtp_fanout_config *cfg)
{
	return fo_set(fd, RTP_FANOUT_CONFIG, 0, cfg, 1, sizeof(*cfg));
}

int fo_detach(int fd)
{
	return fo_set(fd, RTP_FANOUT_DETACH, 0, "", 0, 0);
}

int fo_add(int fd, const struct rtp_fanout_dest *dest, __u32 count)
{
	return fo_set(fd, RTP_FANOUT_ADD, 0, dest, count, sizeof(*dest));
}

int fo_del(int fd, const struct rtp_fanout_dest *dest, __u32 count)
{
	return fo_set(fd, RTP_FANOUT_DEL, 0, dest, count, sizeof(*dest));
}

int fo_flush(int fd)
{
	return fo_set(fd, RTP_FANOUT_FLUSH, 0, "", 0, 0);
}

int fo_info(int fd, struct rtp_fanout_info *info)
{
	int ret;

	ret = fo_get(fd, RTP_FANOUT_INFO, info, 1, sizeof(*info), NULL);
	return ret < 0 ? ret : 0;
}

int fo_attached(int fd, struct rtp_fanout_config *cfg)
{
	int ret;

	ret = fo_get(fd, RTP_FANOUT_CONFIG, cfg, 1, sizeof(*cfg), NULL);
	return ret < 0 ? ret : 0;
}

int fo_events(int fd, struct rtp_fanout_event *event, __u32 count)
{
	return fo_get(fd, RTP_FANOUT_EVENTS, event, count, sizeof(*event),
		      NULL);
}

/* Returns 0, or -ENOENT when the destination is not listed. */
int fo_find(int fd, const struct rtp_fanout_dest *dest,
	    struct rtp_fanout_dest_info *found)
{
	struct rtp_fanout_dest_info page[32];
	struct rtp_fanout_cursor cursor = {};
	int i, count;

	do {
		count = fo_get(fd, RTP_FANOUT_DESTS, page, 32, sizeof(page[0]),
			       &cursor);
		if (count < 0)
			return count;
		for (i = 0; i < count; i++) {
			if (page[i].ifindex != dest->ifindex ||
			    memcmp(&page[i].addr, &dest->addr,
				   sizeof(dest->addr)))
				continue;
			*found = page[i];
			return 0;
		}
	} while (cursor.next);
	return -ENOENT;
}

/* Opaque and H.264 payload types; what comes from the source is the stream. */
void fo_config(struct rtp_fanout_config *cfg, int family)
{
	memset(cfg, 0, sizeof(*cfg));
	fo_addr(&cfg->source, family, FO_HOST_SOURCE, FO_SOURCE_PORT);
	cfg->codec[FO_PT_OPAQUE] = RTP_FANOUT_CODEC_OPAQUE;
	cfg->codec[FO_PT_H264] = RTP_FANOUT_CODEC_H264;
}

void fo_dest(struct rtp_fanout_dest *dest, int family, int host, int port)
{
	memset(dest, 0, sizeof(*dest));
	fo_addr(&dest->addr, family, host, port);
	dest->cap.did = 7;
	dest->cap.qid = 15;
	dest->cap.tid = 7;
}

void fo_state(int fd, struct fo_state *state)
{
	struct rtp_fanout_cursor cursor = {};
	int ret;

	memset(state, 0, sizeof(*state));
	/* The last viewer has a datagram before the worker has counted it and
	 * given its memory back.
	 */
	FO_WAIT((ret = fo_info(fd, &state->info)) ||
		!state->info.queue_bytes);
	if (ret) {
		state->err = -ret;
		return;
	}
	ret = fo_get(fd, RTP_FANOUT_DESTS, state->dests, 32,
		     sizeof(state->dests[0]), &cursor);
	if (ret < 0)
		state->err = -ret;
	else
		state->count = ret;
}

/* All but what a refused call changes, failed_index, and the time. */
bool fo_same(const struct fo_state *a, const struct fo_state *b)
{
	struct fo_state x = *a, y = *b;
	unsigned int i;

	x.info.failed_index = 0;
	y.info.failed_index = 0;
	x.info.worker_runs = 0;
	y.info.worker_runs = 0;
	for (i = 0; i < x.count && i < y.count; i++) {
		x.dests[i].lease_ms = !!x.dests[i].lease_ms;
		y.dests[i].lease_ms = !!y.dests[i].lease_ms;
	}
	return !memcmp(&x, &y, sizeof(x));
}

/* Source and relay, not attached yet. */
void fo_open(struct fo_relay *relay, enum fo_net net)
{
	int i, host = net == FO_DUAL ? FO_HOST_ANY : FO_HOST_RELAY;
	union fo_sockaddr ss;

	memset(relay, 0, sizeof(*relay));
	relay->net = net;
	relay->family = net == FO_IPV6 ? AF_INET6 : AF_INET;
	for (i = 0; i < FO_VIEWERS; i++)
		relay->viewer[i] = -1;

	relay->fd = fo_udp(net == FO_IPV4 ? AF_INET : AF_INET6, host,
			   FO_RELAY_PORT);
	relay->source = fo_udp(relay->family, FO_HOST_SOURCE, FO_SOURCE_PORT);
	fo_sockaddr(&ss, relay->family, FO_HOST_RELAY, FO_RELAY_PORT);
	if (connect(relay->source, &ss.sa, sizeof(ss)))
		fo_fatal("connect");
	fo_config(&relay->cfg, relay->family);
}

void fo_relay(struct fo_relay *relay, enum fo_net net)
{
	fo_open(relay, net);
	errno = -fo_attach(relay->fd, &relay->cfg);
	if (errno)
		fo_fatal("attach");
}

/* The destination that viewer @i is. */
void fo_viewer(const struct fo_relay *relay, int i, struct rtp_fanout_dest *d)
{
	fo_dest(d, relay->family, FO_HOST_VIEWER, FO_VIEWER_PORT + i);
	d->cookie = 1000 + i;
}

/* A viewer with the cap, or everything for NULL. Returns its socket. */
int fo_view(struct fo_relay *relay, int i, const struct rtp_fanout_cap *cap)
{
	struct rtp_fanout_dest dest;

	relay->viewer[i] = fo_udp(relay->family, FO_HOST_VIEWER,
				  FO_VIEWER_PORT + i);
	fo_viewer(relay, i, &dest);
	if (cap)
		dest.cap = *cap;
	errno = -fo_add(relay->fd, &dest, 1);
	if (errno)
		fo_fatal("add");
	return relay->viewer[i];
}

/* A datagram whose payload tells its number: two bytes of it, a pattern. */
size_t fo_rtp(__u8 *buf, __u8 pt, __u16 seq, __u32 ssrc, size_t payload)
{
	__u32 timestamp = htonl(seq * 3000), source = htonl(ssrc);
	__u16 number = htons(seq);
	size_t i;

	buf[0] = 0x80;
	buf[1] = pt;
	memcpy(buf + 2, &number, sizeof(number));
	memcpy(buf + 4, &timestamp, sizeof(timestamp));
	memcpy(buf + 8, &source, sizeof(source));
	for (i = 0; i < payload; i++)
		buf[FO_RTP_HDR + i] = seq * 31 + i;
	if (payload >= sizeof(number))
		memcpy(buf + FO_RTP_HDR, &number, sizeof(number));
	return FO_RTP_HDR + payload;
}

/* All bytes but the sequence number, which the relay may change. */
bool fo_rtp_same(const __u8 *sent, const __u8 *got, size_t len)
{
	return len >= FO_RTP_HDR && !memcmp(sent, got, 2) &&
	       !memcmp(sent + 4, got + 4, len - 4);
}

__u16 fo_seq(const __u8 *rtp)
{
	return rtp[2] << 8 | rtp[3];
}

void fo_send_buf(int fd, const void *buf, size_t len)
{
	if (send(fd, buf, len, 0) != (ssize_t)len)
		fo_fatal("send");
}

void fo_send(const struct fo_relay *relay, __u16 seq)
{
	__u8 buf[FO_MTU];

	fo_send_buf(relay->source, buf,
		    fo_rtp(buf, FO_PT_OPAQUE, seq, FO_SSRC, 100));
}

/* The length of the next datagram, or -errno; -EAGAIN after ten seconds. */
ssize_t fo_recv(int fd, void *buf, size_t size)
{
	ssize_t len = recv(fd, buf, size, 0);

	return len < 0 ? -errno : len;
}

/* Nothing is there. For use after something else that came later is. */
bool fo_quiet(int fd)
{
	__u8 buf[FO_MTU];

	return recv(fd, buf, sizeof(buf), MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

/* The sequence number of the next datagram, or -errno. */
int fo_recv_seq(int fd)
{
	__u8 buf[FO_MTU];
	ssize_t len = fo_recv(fd, buf, sizeof(buf));

	if (len < 0)
		return len;
	return len < FO_RTP_HDR ? -EBADMSG : fo_seq(buf);
}
