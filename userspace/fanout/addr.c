// SPDX-License-Identifier: GPL-2.0-or-later
#include "addr.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

gboolean addr_from_sockaddr(struct rtp_fanout_addr *addr,
			    const struct sockaddr *sa, socklen_t len)
{
	memset(addr, 0, sizeof(*addr));

	if (len >= sizeof(struct sockaddr_in) && sa->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)sa;

		addr->family = AF_INET;
		addr->port = in->sin_port;
		memcpy(addr->addr, &in->sin_addr, 4);
		return TRUE;
	}
	if (len >= sizeof(struct sockaddr_in6) && sa->sa_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const void *)sa;

		addr->port = in6->sin6_port;
		if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) {
			addr->family = AF_INET;
			memcpy(addr->addr, &in6->sin6_addr.s6_addr[12], 4);
		} else {
			addr->family = AF_INET6;
			memcpy(addr->addr, &in6->sin6_addr, 16);
		}
		return TRUE;
	}
	return FALSE;
}

guint addr_scope(const struct sockaddr *sa, socklen_t len)
{
	const struct sockaddr_in6 *in6 = (const void *)sa;

	if (len < sizeof(*in6) || sa->sa_family != AF_INET6 ||
	    !IN6_IS_ADDR_LINKLOCAL(&in6->sin6_addr))
		return 0;
	return in6->sin6_scope_id;
}

gboolean addr_dest_from_sockaddr(struct rtp_fanout_dest *dest, const struct sockaddr *sa,
				 socklen_t len)
{
	*dest = (struct rtp_fanout_dest){ .ifindex = addr_scope(sa, len) };
	return addr_from_sockaddr(&dest->addr, sa, len);
}

socklen_t addr_to_sockaddr(const struct rtp_fanout_addr *addr, guint ifindex,
			   int family, struct sockaddr_storage *sa)
{
	memset(sa, 0, sizeof(*sa));

	if (family == AF_INET) {
		struct sockaddr_in *in = (void *)sa;

		if (addr->family != AF_INET)
			return 0;
		in->sin_family = AF_INET;
		in->sin_port = addr->port;
		memcpy(&in->sin_addr, addr->addr, 4);
		return sizeof(*in);
	}

	struct sockaddr_in6 *in6 = (void *)sa;

	in6->sin6_family = AF_INET6;
	in6->sin6_port = addr->port;
	if (addr->family == AF_INET) {
		in6->sin6_addr.s6_addr[10] = 0xff;
		in6->sin6_addr.s6_addr[11] = 0xff;
		memcpy(&in6->sin6_addr.s6_addr[12], addr->addr, 4);
	} else {
		memcpy(&in6->sin6_addr, addr->addr, 16);
		in6->sin6_scope_id = ifindex;
	}
	return sizeof(*in6);
}

guint addr_hash(gconstpointer key)
{
	const struct rtp_fanout_addr *addr = key;
	guint32 words[4];

	memcpy(words, addr->addr, sizeof(words));
	return (words[0] * 31 ^ words[1]) * 31 ^ words[2] * 17 ^ words[3] ^
	       (guint)addr->port << 8 ^ addr->family;
}

gboolean addr_equal(gconstpointer a, gconstpointer b)
{
	const struct rtp_fanout_addr *x = a, *y = b;

	return x->port == y->port && addr_same_host(x, y);
}

guint addr_dest_hash(gconstpointer key)
{
	const struct rtp_fanout_dest *dest = key;

	return addr_hash(&dest->addr) ^ dest->ifindex;
}

gboolean addr_dest_equal(gconstpointer a, gconstpointer b)
{
	const struct rtp_fanout_dest *x = a, *y = b;

	return x->ifindex == y->ifindex && addr_equal(&x->addr, &y->addr);
}

struct rtp_fanout_dest addr_dest_host(const struct rtp_fanout_addr *addr, guint ifindex)
{
	struct rtp_fanout_dest host = { .addr = *addr, .ifindex = ifindex };

	host.addr.port = 0;
	return host;
}

gboolean addr_same_host(const struct rtp_fanout_addr *a,
			const struct rtp_fanout_addr *b)
{
	return a->family == b->family && !memcmp(a->addr, b->addr, 16);
}

const char *addr_host(const struct rtp_fanout_addr *addr,
		      char buf[static ADDR_STRLEN])
{
	if (!inet_ntop(addr->family, addr->addr, buf, ADDR_STRLEN))
		snprintf(buf, ADDR_STRLEN, "none");
	return buf;
}

const char *addr_to_string(const struct rtp_fanout_addr *addr,
			   char buf[static ADDR_STRLEN])
{
	char host[ADDR_STRLEN];

	snprintf(buf, ADDR_STRLEN, addr->family == AF_INET6 ? "[%.45s]:%u" : "%.45s:%u",
		 addr_host(addr, host), ntohs(addr->port));
	return buf;
}

void addr_put_control(struct msghdr *msg, int level, int type,
		      gconstpointer data, gsize len)
{
	struct cmsghdr *cmsg = (void *)((guint8 *)msg->msg_control + msg->msg_controllen);

	cmsg->cmsg_level = level;
	cmsg->cmsg_type = type;
	cmsg->cmsg_len = CMSG_LEN(len);
	/* what aligns the next one is the caller's stack otherwise */
	memset(CMSG_DATA(cmsg) + len, 0, CMSG_SPACE(len) - CMSG_LEN(len));
	memcpy(CMSG_DATA(cmsg), data, len);
	msg->msg_controllen += CMSG_SPACE(len);
}

void addr_put_source(struct msghdr *msg, int family,
		     const struct rtp_fanout_dest *dest)
{
	static const guint8 none[16];

	G_STATIC_ASSERT(ADDR_CONTROL_LEN >= CMSG_SPACE(sizeof(struct in6_pktinfo)));
	if (family == AF_INET) {
		struct in_pktinfo info = { .ipi_ifindex = dest->ifindex };

		memcpy(&info.ipi_spec_dst, dest->local, 4);
		if (info.ipi_ifindex || info.ipi_spec_dst.s_addr)
			addr_put_control(msg, IPPROTO_IP, IP_PKTINFO, &info,
					 sizeof(info));
	} else {
		struct in6_pktinfo info = { .ipi6_ifindex = dest->ifindex };

		if (dest->addr.family == AF_INET6) {
			memcpy(&info.ipi6_addr, dest->local, 16);
		} else if (memcmp(dest->local, none, 4)) {
			memset(&info.ipi6_addr.s6_addr[10], 0xff, 2);
			memcpy(&info.ipi6_addr.s6_addr[12], dest->local, 4);
		}
		if (info.ipi6_ifindex || memcmp(&info.ipi6_addr, none, 16))
			addr_put_control(msg, IPPROTO_IPV6, IPV6_PKTINFO, &info,
					 sizeof(info));
	}
}
