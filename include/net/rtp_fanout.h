/* SPDX-License-Identifier: GPL-2.0 */
/*
 * RTP fan-out: what the socket code knows of net/rtprelay, which may be a
 * module. See Documentation/networking/rtp_fanout.rst.
 */
#ifndef _NET_RTP_FANOUT_H
#define _NET_RTP_FANOUT_H

#include <linux/errno.h>
#include <linux/sockptr.h>
#include <net/netlink.h>
#include <uapi/linux/rtp_fanout.h>

struct module;
struct msghdr;
struct sk_buff;
struct sock;

/**
 * struct rtp_fanout_ops - the subsystem, while it is there
 * @owner: the module
 * @setsockopt: SO_RTP_FANOUT on a UDP socket. Process context, socket not
 *	locked. Returns 0 or a negative errno.
 * @getsockopt: likewise; writes the length of what it returned to its last
 *	argument
 * @close: a fan-out's socket is being closed. Process context, socket not
 *	locked.
 * @diag: describe the fan-out of a UDP socket, if it has one, by
 *	INET_DIAG_RTP_FANOUT. Any context, in an RCU read section; the socket is
 *	not locked, and stays. The second argument says whether who asks has
 *	CAP_NET_ADMIN. Returns 0 or -EMSGSIZE.
 */
struct rtp_fanout_ops {
	struct module *owner;
	int (*setsockopt)(struct sock *sk, sockptr_t optval,
			  unsigned int optlen);
	int (*getsockopt)(struct sock *sk, sockptr_t optval, sockptr_t optlen);
	void (*close)(struct sock *sk);
	int (*diag)(struct sock *sk, bool net_admin, struct sk_buff *skb);
};

/* The most bytes that INET_DIAG_RTP_FANOUT takes. */
#define RTP_FANOUT_DIAG_SIZE						\
	(nla_total_size(0) +						\
	 nla_total_size(sizeof(struct rtp_fanout_config)) +		\
	 nla_total_size_64bit(sizeof(struct rtp_fanout_info)))

#if IS_ENABLED(CONFIG_RTP_RELAY)
int rtp_fanout_register(const struct rtp_fanout_ops *ops);
void rtp_fanout_unregister(const struct rtp_fanout_ops *ops);
void rtp_fanout_encap_destroy(struct sock *sk);
int rtp_fanout_security_send(struct sock *sk, struct msghdr *msg);

int rtp_fanout_setsockopt(struct sock *sk, sockptr_t optval,
			  unsigned int optlen);
int rtp_fanout_getsockopt(struct sock *sk, sockptr_t optval, sockptr_t optlen);
int rtp_fanout_diag(struct sock *sk, bool net_admin, struct sk_buff *skb);
#else
static inline int rtp_fanout_setsockopt(struct sock *sk, sockptr_t optval,
					unsigned int optlen)
{
	return -ENOPROTOOPT;
}

static inline int rtp_fanout_getsockopt(struct sock *sk, sockptr_t optval,
					sockptr_t optlen)
{
	return -ENOPROTOOPT;
}

static inline int rtp_fanout_diag(struct sock *sk, bool net_admin,
				  struct sk_buff *skb)
{
	return 0;
}
#endif

#endif /* _NET_RTP_FANOUT_H */
