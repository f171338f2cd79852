// SPDX-License-Identifier: GPL-2.0
/*
 * The built-in part: SO_RTP_FANOUT finds the subsystem, which may be a module
 * that is not loaded yet.
 */
#include <linux/capability.h>
#include <linux/export.h>
#include <linux/kmod.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/security.h>
#include <linux/socket.h>
#include <linux/user_namespace.h>
#include <net/rtp_fanout.h>
#include <net/sock.h>

static const struct rtp_fanout_ops __rcu *rtp_fanout_ops;

/**
 * rtp_fanout_register() - the subsystem is there
 * @ops: its operations; stay until rtp_fanout_unregister() returned
 *
 * Context: Process context.
 * Return: 0, or -EBUSY when there is one already.
 */
int rtp_fanout_register(const struct rtp_fanout_ops *ops)
{
	if (unrcu_pointer(cmpxchg(&rtp_fanout_ops, NULL,
				  RCU_INITIALIZER(ops))))
		return -EBUSY;
	return 0;
}
EXPORT_SYMBOL_GPL(rtp_fanout_register);

/**
 * rtp_fanout_unregister() - the subsystem goes
 * @ops: what was registered
 *
 * Context: Process context. Sleeps until nobody uses @ops.
 */
void rtp_fanout_unregister(const struct rtp_fanout_ops *ops)
{
	RCU_INIT_POINTER(rtp_fanout_ops, NULL);
	synchronize_rcu();
}
EXPORT_SYMBOL_GPL(rtp_fanout_unregister);

/**
 * rtp_fanout_security_send() - ask the security modules about a send
 * @sk: the socket
 * @msg: carries the destination in msg_name
 *
 * Stands here because the hook is not exported to modules.
 *
 * Context: Process context, @sk held by a descriptor.
 * Return: 0 or what the security module says.
 */
int rtp_fanout_security_send(struct sock *sk, struct msghdr *msg)
{
	return security_socket_sendmsg(sk->sk_socket, msg, 0);
}
EXPORT_SYMBOL_GPL(rtp_fanout_security_send);

/* Takes a reference on the module, for which the caller calls module_put(). */
static const struct rtp_fanout_ops *rtp_fanout_get(void)
{
	const struct rtp_fanout_ops *ops;

	rcu_read_lock();
	ops = rcu_dereference(rtp_fanout_ops);
	if (ops && !try_module_get(ops->owner))
		ops = NULL;
	rcu_read_unlock();

	return ops;
}

/**
 * rtp_fanout_encap_destroy() - a fan-out's socket is being closed
 * @sk: the socket
 *
 * Stands here, and holds the module: UDP calls it without a reference, and the
 * fan-out's own may be gone before the call has returned.
 *
 * Context: Process context, socket not locked.
 */
void rtp_fanout_encap_destroy(struct sock *sk)
{
	const struct rtp_fanout_ops *ops = rtp_fanout_get();

	/* There is a fan-out, so there is the module. */
	if (WARN_ON_ONCE(!ops))
		return;
	ops->close(sk);
	module_put(ops->owner);
}
EXPORT_SYMBOL_GPL(rtp_fanout_encap_destroy);

/**
 * rtp_fanout_setsockopt() - SO_RTP_FANOUT
 * @sk: a socket of any family
 * @optval: struct rtp_fanout_hdr and its elements
 * @optlen: bytes at @optval
 *
 * The module is loaded for those only who could use it: anybody may call
 * setsockopt().
 *
 * Context: Process context, socket not locked.
 * Return: 0; -EOPNOTSUPP when @sk is not a UDP socket; -ENOPROTOOPT when the
 * subsystem is not there; else as documented for the operation.
 */
int rtp_fanout_setsockopt(struct sock *sk, sockptr_t optval,
			  unsigned int optlen)
{
	const struct rtp_fanout_ops *ops;
	int ret;

	if (!sk_is_udp(sk))
		return -EOPNOTSUPP;

	ops = rtp_fanout_get();
	if (!ops && ns_capable_noaudit(&init_user_ns, CAP_NET_ADMIN)) {
		request_module("rtprelay");
		ops = rtp_fanout_get();
	}
	if (!ops)
		return -ENOPROTOOPT;

	ret = ops->setsockopt(sk, optval, optlen);
	module_put(ops->owner);

	return ret;
}

/**
 * rtp_fanout_getsockopt() - SO_RTP_FANOUT
 * @sk: a socket of any family
 * @optval: struct rtp_fanout_hdr, room for elements behind it
 * @optlen: int: bytes at @optval, on return the bytes written
 *
 * Context: Process context, socket not locked.
 * Return: as rtp_fanout_setsockopt().
 */
int rtp_fanout_getsockopt(struct sock *sk, sockptr_t optval, sockptr_t optlen)
{
	const struct rtp_fanout_ops *ops;
	int ret;

	if (!sk_is_udp(sk))
		return -EOPNOTSUPP;

	/* A socket cannot be a fan-out without the module. */
	ops = rtp_fanout_get();
	if (!ops)
		return -ENOPROTOOPT;

	ret = ops->getsockopt(sk, optval, optlen);
	module_put(ops->owner);

	return ret;
}

/**
 * rtp_fanout_diag() - describe a socket's fan-out to sock_diag
 * @sk: a UDP socket
 * @net_admin: who asks has CAP_NET_ADMIN
 * @skb: the answer, to which INET_DIAG_RTP_FANOUT is added
 *
 * Nothing here sleeps, so RCU alone keeps the module: unregistering it waits.
 *
 * Context: Any context but hard interrupts. The socket is not locked, and stays:
 * the caller has a reference, or the lock of the table that it is in.
 * Return: 0, also when @sk has none; -EMSGSIZE when there is no room in @skb.
 */
int rtp_fanout_diag(struct sock *sk, bool net_admin, struct sk_buff *skb)
{
	const struct rtp_fanout_ops *ops;
	int err = 0;

	rcu_read_lock();
	ops = rcu_dereference(rtp_fanout_ops);
	if (ops)
		err = ops->diag(sk, net_admin, skb);
	rcu_read_unlock();

	return err;
}
EXPORT_SYMBOL_GPL(rtp_fanout_diag);
