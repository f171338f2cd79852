// SPDX-License-Identifier: GPL-2.0
/*
 * What a program that sent the datagrams itself would have met.
 */
#include <linux/bpf-cgroup.h>
#include <linux/capability.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/socket.h>
#include <linux/user_namespace.h>
#include <net/ipv6.h>
#include <net/rtp_fanout.h>
#include <net/sock.h>
#include "dest.h"
#include "policy.h"
#include "sysctl.h"

/**
 * rtp_policy_may_attach() - whether the caller may make a socket a fan-out
 * @sk: the socket
 *
 * A fan-out multiplies traffic towards addresses of the caller's choice. What
 * comes after ATTACH needs the descriptor only, but for another source.
 *
 * Context: Process context, the caller's.
 * Return: true when it may.
 */
bool rtp_policy_may_attach(const struct sock *sk)
{
	if (capable(CAP_NET_ADMIN))
		return true;

	return READ_ONCE(rtp_sysctl_userns_attach) &&
	       ns_capable(sock_net(sk)->user_ns, CAP_NET_ADMIN);
}

/* A security module wants the address in the form of the socket's family, as
 * sendmsg() has it.
 */
static int rtp_policy_security(struct sock *sk, const struct rtp_dest *dest)
{
	struct sockaddr_in6 sin6 = {
		.sin6_family = AF_INET6,
		.sin6_port = dest->port,
		.sin6_scope_id = dest->key.ifindex,
	};
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_port = dest->port,
		.sin_addr.s_addr = dest->daddr.v4,
	};
	struct msghdr msg = {
		.msg_name = &sin,
		.msg_namelen = sizeof(sin),
	};

	if (sk->sk_family == AF_INET6) {
		if (dest->family == AF_INET)
			ipv6_addr_set_v4mapped(dest->daddr.v4,
					       &sin6.sin6_addr);
		else
			sin6.sin6_addr = dest->daddr.v6;
		msg.msg_name = &sin6;
		msg.msg_namelen = sizeof(sin6);
	}

	return rtp_fanout_security_send(sk, &msg);
}

#ifdef CONFIG_CGROUP_BPF
static int rtp_policy_run(struct sock *sk, void *addr, int *len,
			  enum cgroup_bpf_attach_type type, void *local)
{
	if (!cgroup_bpf_enabled(type))
		return 0;
	return __cgroup_bpf_run_filter_sock_addr(sk, addr, len, type, local,
						 NULL);
}

static int rtp_policy_send4(struct sock *sk, struct rtp_dest *dest)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_port = dest->port,
		.sin_addr.s_addr = dest->daddr.v4,
	};
	int len = sizeof(sin);
	int err;

	err = rtp_policy_run(sk, &sin, &len, CGROUP_UDP4_SENDMSG,
			     &dest->saddr.v4);
	if (err)
		return err;

	dest->daddr.v4 = sin.sin_addr.s_addr;
	dest->port = sin.sin_port;

	return 0;
}

static int rtp_policy_send6(struct sock *sk, struct rtp_dest *dest)
{
	struct sockaddr_in6 sin6 = {
		.sin6_family = AF_INET6,
		.sin6_port = dest->port,
		.sin6_addr = dest->daddr.v6,
		.sin6_scope_id = dest->key.ifindex,
	};
	int len = sizeof(sin6);
	int err;

	err = rtp_policy_run(sk, &sin6, &len, CGROUP_UDP6_SENDMSG,
			     &dest->saddr.v6);
	if (err)
		return err;
	if (ipv6_addr_v4mapped(&sin6.sin6_addr))
		return -ENETUNREACH;

	dest->daddr.v6 = sin6.sin6_addr;
	dest->port = sin6.sin6_port;

	return 0;
}

static int rtp_policy_cgroup(struct sock *sk, struct rtp_dest *dest)
{
	return dest->family == AF_INET ? rtp_policy_send4(sk, dest) :
					 rtp_policy_send6(sk, dest);
}
#else
static int rtp_policy_cgroup(struct sock *sk, struct rtp_dest *dest)
{
	return 0;
}
#endif

/**
 * rtp_policy_send() - ask whether the socket may send to a destination
 * @sk: the socket, locked
 * @dest: the destination; a cgroup's sendmsg program may set where its
 *	datagrams really go, and from what address
 *
 * Asked once, when the destination is added, as a connected socket is asked
 * once.
 *
 * Context: Process context, socket locked.
 * Return: 0; -EINVAL when a program set an address that is none; else what the
 * security module or the program says, mostly -EPERM or -EACCES.
 */
int rtp_policy_send(struct sock *sk, struct rtp_dest *dest)
{
	int err;

	err = rtp_policy_security(sk, dest);
	if (!err)
		err = rtp_policy_cgroup(sk, dest);
	if (!err && !dest->port)
		err = -EINVAL;

	return err;
}
