// SPDX-License-Identifier: GPL-2.0
/*
 * What sock_diag, and so ss, shows of a fan-out: to those who have not its
 * descriptor.
 */
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/string.h>
#include <net/netlink.h>
#include <net/sock.h>
#include <uapi/linux/rtp_fanout.h>
#include "diag.h"
#include "fanout.h"
#include "filter.h"

/* Who knows the source's address and port, and where its SSRC and numbers are,
 * can send what is taken for the stream.
 */
static void rtp_diag_hide(struct rtp_fanout_config *config,
			  struct rtp_fanout_info *info)
{
	memset(&config->source, 0, sizeof(config->source));
	config->ssrc = 0;
	info->ssrc = 0;
	info->rx_seq = 0;
	info->ts_offset = 0;
	info->bpf_id = 0;
}

/* What may be changed is taken from where it can be read without the socket
 * lock; all else is only read.
 */
static void rtp_diag_config(const struct rtp_fanout *fanout,
			    struct rtp_fanout_config *config)
{
	const struct rtp_filter *filter = rcu_dereference(fanout->filter);
	u32 pace = READ_ONCE(fanout->pace_asked);

	config->source = filter->source;
	config->ifindex = filter->ifindex;
	config->flags = filter->tee ? RTP_FANOUT_TEE : 0;
	config->dependency_id = fanout->config.dependency_id;
	memcpy(config->codec, filter->codec, sizeof(config->codec));
	config->pace_percent = pace >> 16;
	config->pace_burst = pace & 0xffff;
	config->ssrc = fanout->config.ssrc;
	config->clock_rate = fanout->config.clock_rate;
	config->silent_ms = READ_ONCE(fanout->config.silent_ms);
}

/**
 * rtp_diag_fill() - add INET_DIAG_RTP_FANOUT to the answer about a socket
 * @sk: a UDP socket
 * @net_admin: who asks has CAP_NET_ADMIN
 * @skb: the answer
 *
 * Context: RCU read section, any context but hard interrupts; @sk is not locked,
 * and stays. The lock of UDP's hash table may be held.
 * Return: 0, also when @sk has no fan-out; -EMSGSIZE when there is no room in
 * @skb, which is then as it was.
 */
int rtp_diag_fill(struct sock *sk, bool net_admin, struct sk_buff *skb)
{
	struct rtp_fanout *fanout = rtp_fanout_rcu(sk);
	struct rtp_fanout_config *config;
	struct rtp_fanout_info *info;
	struct nlattr *nest, *attr;

	if (!fanout)
		return 0;

	nest = nla_nest_start(skb, INET_DIAG_RTP_FANOUT);
	if (!nest)
		return -EMSGSIZE;

	attr = nla_reserve(skb, RTP_FANOUT_DIAG_CONFIG, sizeof(*config));
	if (!attr)
		goto cancel;
	config = nla_data(attr);
	memset(config, 0, sizeof(*config));
	rtp_diag_config(fanout, config);

	attr = nla_reserve_64bit(skb, RTP_FANOUT_DIAG_INFO, sizeof(*info),
				 RTP_FANOUT_DIAG_PAD);
	if (!attr)
		goto cancel;
	info = nla_data(attr);
	memset(info, 0, sizeof(*info));
	rtp_fanout_fill_info(fanout, info);

	if (!net_admin)
		rtp_diag_hide(config, info);
	nla_nest_end(skb, nest);

	return 0;

cancel:
	nla_nest_cancel(skb, nest);
	return -EMSGSIZE;
}
