// SPDX-License-Identifier: GPL-2.0
/*
 * Checks of what user space asks for.
 */
#include <linux/errno.h>
#include <linux/netdevice.h>
#include <linux/string.h>
#include <net/addrconf.h>
#include <net/inet_sock.h>
#include <net/ipv6.h>
#include <net/l3mdev.h>
#include <net/route.h>
#include <net/sock.h>
#include "codec.h"
#include "dest.h"
#include "filter.h"
#include "policy.h"
#include "request.h"

/* Payload types that are RTCP's packet types where both share a port: RFC 5761,
 * section 4.
 */
#define RTP_PT_RTCP_FIRST	64
#define RTP_PT_RTCP_LAST	95

static bool rtp_addr_is_v4(const struct rtp_fanout_addr *addr)
{
	return addr->family == AF_INET;
}

static __be32 rtp_addr_v4(const struct rtp_fanout_addr *addr)
{
	__be32 v4;

	memcpy(&v4, addr->addr, sizeof(v4));
	return v4;
}

/* What the routing table of the socket's VRF says of an IPv4 address. */
static unsigned int rtp_addr_type(const struct sock *sk, __be32 addr)
{
	struct net *net = sock_net(sk);
	u32 table;

	table = l3mdev_fib_table_by_index(net, sk->sk_bound_dev_if) ?:
		RT_TABLE_LOCAL;

	return inet_addr_type_table(net, addr, table);
}

/* The host's own address, of the family of @addr. */
static bool rtp_addr_is_ours(const struct sock *sk, u8 family,
			     const union rtp_inaddr *addr)
{
	if (family == AF_INET)
		return rtp_addr_type(sk, addr->v4) == RTN_LOCAL;
#if IS_ENABLED(CONFIG_IPV6)
	return ipv6_chk_addr(sock_net(sk), &addr->v6, NULL, 0);
#else
	return false;
#endif
}

static struct in6_addr rtp_addr_v6(const struct rtp_fanout_addr *addr)
{
	struct in6_addr v6;

	memcpy(&v6, addr->addr, sizeof(v6));
	return v6;
}

/* Turns an IPv4-mapped address into IPv4: there is one way to write each. */
static void rtp_addr_normalise(struct rtp_fanout_addr *addr)
{
	struct in6_addr v6 = rtp_addr_v6(addr);

	if (addr->family != AF_INET6 || !ipv6_addr_v4mapped(&v6))
		return;

	addr->family = AF_INET;
	memset(addr->addr, 0, sizeof(addr->addr));
	memcpy(addr->addr, &v6.s6_addr32[3], sizeof(__be32));
}

/* An address and a port that the socket can exchange datagrams with. */
static int rtp_request_addr(const struct sock *sk, struct rtp_fanout_addr *addr)
{
	struct in6_addr v6;

	if (addr->family != AF_INET && addr->family != AF_INET6)
		return -EAFNOSUPPORT;
	if (addr->family == AF_INET &&
	    memchr_inv(addr->addr + sizeof(__be32), 0,
		       sizeof(addr->addr) - sizeof(__be32)))
		return -EINVAL;

	rtp_addr_normalise(addr);

	if (rtp_addr_is_v4(addr)) {
		if (sk->sk_family == AF_INET6 && ipv6_only_sock(sk))
			return -EAFNOSUPPORT;
		if (!rtp_addr_v4(addr))
			return -EDESTADDRREQ;
		if (ipv4_is_multicast(rtp_addr_v4(addr)) ||
		    ipv4_is_lbcast(rtp_addr_v4(addr)))
			return -EACCES;
	} else {
		if (sk->sk_family != AF_INET6)
			return -EAFNOSUPPORT;
		v6 = rtp_addr_v6(addr);
		if (ipv6_addr_any(&v6))
			return -EDESTADDRREQ;
		if (ipv6_addr_is_multicast(&v6))
			return -EACCES;
	}

	return addr->port ? 0 : -EDESTADDRREQ;
}

/* The interface, and that there is one where the address needs it. */
static int rtp_request_ifindex(const struct sock *sk,
			       const struct rtp_fanout_addr *addr, u32 ifindex)
{
	struct in6_addr v6;
	bool found;

	if (!ifindex) {
		if (rtp_addr_is_v4(addr))
			return 0;
		v6 = rtp_addr_v6(addr);
		return ipv6_addr_type(&v6) & IPV6_ADDR_LINKLOCAL ? -ENODEV : 0;
	}

	rcu_read_lock();
	found = ifindex <= INT_MAX &&
		dev_get_by_index_rcu(sock_net(sk), ifindex);
	rcu_read_unlock();

	return found ? 0 : -ENODEV;
}

static int rtp_request_codecs(const struct rtp_fanout_config *config)
{
	bool any = false, bpf = false, av1 = false;
	const u8 *codec = config->codec;
	unsigned int i;

	BUILD_BUG_ON(sizeof_field(struct rtp_fanout_config, codec) != 128);

	for (i = 0; i < 128; i++) {
		if (codec[i] == RTP_FANOUT_CODEC_NONE)
			continue;
		av1 |= codec[i] == RTP_FANOUT_CODEC_AV1;
		if (codec[i] == RTP_FANOUT_CODEC_BPF)
			bpf = true;
		else if (!rtp_codec_find(codec[i]))
			return -EPROTONOSUPPORT;
		if (i >= RTP_PT_RTCP_FIRST && i <= RTP_PT_RTCP_LAST)
			return -EPROTO;
		any = true;
	}
	if ((config->bpf_fd && !bpf) || (config->dependency_id && !av1))
		return -EINVAL;
	if (bpf && !config->bpf_fd)
		return -EBADF;

	return any ? 0 : -ENODATA;
}

static bool rtp_request_is_reserved(const struct rtp_fanout_config *config)
{
	return config->reserved2 ||
	       memchr_inv(config->reserved, 0, sizeof(config->reserved));
}

static int rtp_request_silence(const struct rtp_fanout_config *config)
{
	return config->silent_ms <= RTP_FANOUT_MAX_SILENT_MS ? 0 : -ERANGE;
}

/* How fast copies leave; what was left open is filled in. */
static int rtp_request_pace(struct rtp_fanout_config *config)
{
	if (config->pace_percent > 100 ||
	    config->pace_burst > RTP_FANOUT_MAX_PACE_BURST)
		return -ERANGE;
	if (config->pace_burst && !config->pace_percent)
		return -EINVAL;
	if (config->pace_percent && !config->pace_burst)
		config->pace_burst = RTP_FANOUT_DEFAULT_PACE_BURST;

	return 0;
}

/**
 * rtp_request_config() - check what RTP_FANOUT_ATTACH was given
 * @sk: the socket
 * @config: what it was given; its address is normalised, and the burst that is
 *	used filled in
 *
 * Context: Process context, socket locked.
 * Return: 0; -EINVAL for an unknown flag, a reserved field that is not zero, an
 * IPv4 address with more than four bytes, a burst without pacing, or a program
 * or an identifier that no payload type asks for; -ERANGE for a share, a burst
 * or a silence that is too large; -EBADF where a payload type asks for a program and
 * there is none; -EAFNOSUPPORT for an address that the socket cannot receive
 * from; -EDESTADDRREQ for a source without an address or a port; -EACCES for
 * one that is not unicast; -ENODEV for an interface that is missing;
 * -EPROTONOSUPPORT for an unknown codec; -EPROTO for a payload type that RTCP
 * uses; -ENODATA when there is no payload type.
 */
int rtp_request_config(const struct sock *sk, struct rtp_fanout_config *config)
{
	int err;

	if (config->flags & ~RTP_FANOUT_TEE || rtp_request_is_reserved(config))
		return -EINVAL;

	err = rtp_request_pace(config);
	if (!err)
		err = rtp_request_silence(config);
	if (!err)
		err = rtp_request_addr(sk, &config->source);
	if (!err)
		err = rtp_request_ifindex(sk, &config->source, config->ifindex);
	if (!err)
		err = rtp_request_codecs(config);

	return err;
}

/* Whether what is asked differs in what the datagrams that wait, and the
 * destinations, depend on.
 */
static bool rtp_request_is_other(const struct rtp_fanout_config *now,
				 const struct rtp_fanout_config *config)
{
	return config->bpf_fd ||
	       config->dependency_id != now->dependency_id ||
	       config->ssrc != now->ssrc ||
	       config->clock_rate != now->clock_rate ||
	       memcmp(config->codec, now->codec, sizeof(config->codec));
}

/**
 * rtp_request_change() - check what RTP_FANOUT_CONFIG was given
 * @sk: the socket
 * @now: what its fan-out has
 * @config: what it is given; its address is normalised, and the burst that is
 *	used filled in
 *
 * Context: Process context, the caller's; socket locked.
 * Return: 0; -EINVAL for an unknown flag or a reserved field that is not zero;
 * -EBUSY where it differs in what cannot be changed; -EPERM for another source
 * or interface without the capability that RTP_FANOUT_ATTACH needs; for the
 * pace, the silence, a source and an interface as rtp_request_config().
 */
int rtp_request_change(const struct sock *sk,
		       const struct rtp_fanout_config *now,
		       struct rtp_fanout_config *config)
{
	int err;

	if (config->flags & ~(RTP_FANOUT_TEE | RTP_FANOUT_RESTART) ||
	    rtp_request_is_reserved(config))
		return -EINVAL;
	if (rtp_request_is_other(now, config))
		return -EBUSY;

	err = rtp_request_pace(config);
	if (!err)
		err = rtp_request_silence(config);
	if (!err)
		err = rtp_request_addr(sk, &config->source);
	/* An interface that has gone is no reason to refuse the rest. */
	if (err || !rtp_filter_moves(now, config))
		return err;
	if (!rtp_policy_may_attach(sk))
		return -EPERM;

	return rtp_request_ifindex(sk, &config->source, config->ifindex);
}

/**
 * rtp_request_key() - check what identifies a destination
 * @sk: the socket
 * @request: what user space passed
 * @key: filled in, the address normalised
 *
 * Context: Process context, socket locked.
 * Return: 0, or -EINVAL, -EAFNOSUPPORT, -EDESTADDRREQ or -EACCES as
 * rtp_request_config().
 */
int rtp_request_key(const struct sock *sk, const struct rtp_fanout_dest *request,
		    struct rtp_dest_key *key)
{
	key->addr = request->addr;
	key->ifindex = request->ifindex;

	return rtp_request_addr(sk, &key->addr);
}

/**
 * rtp_request_cap() - check a cap
 * @request: what user space passed
 * @flags: RTP_FANOUT_CAP_* that can be
 * @cap: filled in
 *
 * Context: Any.
 * Return: 0; -ERANGE for a layer that cannot be; -EINVAL for a flag that cannot
 * be.
 */
int rtp_request_cap(const struct rtp_fanout_cap *request, u8 flags,
		    struct rtp_cap *cap)
{
	if (request->flags & ~flags)
		return -EINVAL;
	if (request->did > RTP_DID_MAX || request->qid > RTP_QID_MAX ||
	    request->tid > RTP_TID_MAX)
		return -ERANGE;

	if (request->flags & RTP_FANOUT_CAP_PAUSE)
		*cap = (struct rtp_cap){ .paused = true };
	else
		*cap = (struct rtp_cap){
			.did = request->did,
			.qid = request->qid,
			.tid = request->tid,
		};

	return 0;
}

/**
 * rtp_request_lease() - check a lease
 * @request: what user space passed
 *
 * Context: Any.
 * Return: 0, or -ERANGE for one that a kernel cannot time or count.
 */
int rtp_request_lease(const struct rtp_fanout_dest *request)
{
	return request->lease_ms <= RTP_FANOUT_MAX_LEASE_MS &&
	       request->lease_octets <= RTP_FANOUT_MAX_LEASE_OCTETS ?
		0 : -ERANGE;
}

/* Whether what is sent there comes back to the socket itself. */
static bool rtp_dest_is_self(const struct sock *sk, const struct rtp_dest *dest)
{
	if (dest->port != inet_sk(sk)->inet_sport)
		return false;

	if (dest->family == AF_INET && sk->sk_rcv_saddr)
		return sk->sk_rcv_saddr == dest->daddr.v4;
#if IS_ENABLED(CONFIG_IPV6)
	if (dest->family == AF_INET6 && !ipv6_addr_any(&sk->sk_v6_rcv_saddr))
		return ipv6_addr_equal(&sk->sk_v6_rcv_saddr, &dest->daddr.v6);
#endif

	return rtp_addr_is_ours(sk, dest->family, &dest->daddr);
}

/* A source address must be the host's own: nobody sends in another's name. */
static int rtp_request_local(const struct sock *sk,
			     const struct rtp_fanout_dest *request,
			     struct rtp_dest *dest)
{
	size_t len = dest->family == AF_INET ? sizeof(dest->saddr.v4) :
					       sizeof(dest->saddr.v6);

	memset(&dest->saddr, 0, sizeof(dest->saddr));
	if (!memchr_inv(request->local, 0, sizeof(request->local)))
		return 0;
	if (memchr_inv(request->local + len, 0, sizeof(request->local) - len))
		return -EINVAL;
	memcpy(&dest->saddr, request->local, len);

	return rtp_addr_is_ours(sk, dest->family, &dest->saddr) ?
		0 : -EADDRNOTAVAIL;
}

/**
 * rtp_request_dest() - check a destination and fill it in
 * @sk: the socket
 * @request: what user space passed
 * @dest: its key is set; where it sends to is filled in
 *
 * Context: Process context, socket locked.
 * Return: 0; -ENODEV for an interface that is missing; -EXDEV for one that is
 * not what the socket is bound to (SO_BINDTODEVICE); -EADDRNOTAVAIL for a
 * source address that is not the host's; -EINVAL as rtp_request_config();
 * -ELOOP for the socket's own address; -EACCES for a broadcast address; what
 * rtp_policy_send() says.
 */
int rtp_request_dest(struct sock *sk, const struct rtp_fanout_dest *request,
		     struct rtp_dest *dest)
{
	const struct rtp_fanout_addr *addr = &dest->key.addr;
	int err;

	dest->family = addr->family;
	dest->port = addr->port;
	memcpy(&dest->daddr, addr->addr, sizeof(dest->daddr));

	err = rtp_request_ifindex(sk, addr, dest->key.ifindex);
	if (!err && dest->key.ifindex &&
	    !sk_dev_equal_l3scope(sk, dest->key.ifindex))
		err = -EXDEV;
	if (!err)
		err = rtp_request_local(sk, request, dest);
	if (!err)
		err = rtp_policy_send(sk, dest);
	if (err)
		return err;

	/* Behind the policy, which may have set it, or redirected all of it. */
	dest->has_local = memchr_inv(&dest->saddr, 0, sizeof(dest->saddr));
	if (rtp_dest_is_self(sk, dest))
		return -ELOOP;
	if (dest->family == AF_INET &&
	    rtp_addr_type(sk, dest->daddr.v4) == RTN_BROADCAST)
		return -EACCES;

	return 0;
}
