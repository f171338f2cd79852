// SPDX-License-Identifier: GPL-2.0
/*
 * The life of a fan-out: claim of a user's socket, detach, close.
 */
#include <linux/module.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/udp.h>
#include <linux/workqueue.h>
#include <net/inet_sock.h>
#include <net/rtp_fanout.h>
#include <net/sock.h>
#include <net/tcp_states.h>
#include <net/udp.h>
#include <net/udp_tunnel.h>
#include "adopt.h"
#include "bpf.h"
#include "dest.h"
#include "event.h"
#include "fanout.h"
#include "filter.h"
#include "lease.h"
#include "rx.h"
#include "silence.h"
#include "worker.h"

/* Frees fan-outs; a queue of its own, so that the module can wait for it. */
static struct workqueue_struct *rtp_fanout_wq;

static void rtp_fanout_free(struct rtp_fanout *fanout)
{
	rtp_dest_table_destroy(&fanout->table);
	rtp_rates_exit(&fanout->rates);
	rtp_bpf_put(fanout->bpf);
	kfree(rcu_access_pointer(fanout->filter));
	kvfree(fanout);
	rtp_worker_put();
	module_put(THIS_MODULE);
}

static void rtp_fanout_free_work(struct work_struct *work)
{
	rtp_fanout_free(container_of(to_rcu_work(work), struct rtp_fanout,
				     free_work));
}

/* Ends what the fan-out does, and frees it a grace period later: softirqs that
 * found it before may still look at it, and find it stopped.
 */
static void rtp_fanout_stop(struct rtp_fanout *fanout)
{
	spinlock_t *lock = &fanout->sk->sk_receive_queue.lock;

	spin_lock_bh(lock);
	fanout->stopped = true;
	spin_unlock_bh(lock);

	rtp_lease_detach(fanout);
	rtp_silence_detach(fanout);
	rtp_worker_detach(fanout);
	rtp_rx_purge(fanout);

	queue_rcu_work(rtp_fanout_wq, &fanout->free_work);
}

/* UDP does not call us any more. The socket stays claimed: a softirq that is
 * about to call us takes what sk_user_data has for a fan-out, so nobody else's
 * may stand there before a grace period has passed. Returns the fan-out that
 * the caller now stops, or NULL.
 */
static struct rtp_fanout *rtp_fanout_unhook(struct sock *sk)
{
	struct udp_sock *up = udp_sk(sk);
	struct rtp_fanout *fanout;

	lock_sock(sk);
	fanout = rtp_fanout_locked(sk);
	if (fanout) {
		WRITE_ONCE(up->encap_type, 0);
		WRITE_ONCE(up->encap_rcv, NULL);
		WRITE_ONCE(up->encap_err_rcv, NULL);
		WRITE_ONCE(up->encap_destroy, NULL);

		rtp_event_stop(fanout);
	}
	release_sock(sk);

	return fanout;
}

/**
 * rtp_fanout_close() - the socket is being closed
 * @sk: a UDP socket that has or had a fan-out
 *
 * Perhaps because its network namespace or its process ends. It is not waited
 * for a grace period, since sockets are closed in large numbers: the pointer
 * stays with the socket, which nobody can attach to any more.
 *
 * Context: Process context. The socket is not locked, and still hashed:
 * datagrams go on coming.
 */
void rtp_fanout_close(struct sock *sk)
{
	struct rtp_fanout *fanout = rtp_fanout_unhook(sk);

	if (fanout)
		rtp_fanout_stop(fanout);
}

/* Take the socket, unless another has it: tunnels, sockmaps and reuseport
 * arrays all use sk_user_data. The socket's MC_LOOP flag and checksum
 * conversion, which tunnels change, are left alone: the stream's checksum is
 * computed while it is copied.
 */
static int rtp_fanout_claim(struct sock *sk, struct rtp_fanout *fanout)
{
	struct udp_sock *up = udp_sk(sk);
	int err = 0;

	write_lock_bh(&sk->sk_callback_lock);
	if (up->encap_type || __sk_user_data(sk))
		err = -EBUSY;
	else
		rcu_assign_sk_user_data(sk, fanout);
	write_unlock_bh(&sk->sk_callback_lock);
	if (err)
		return err;

	WRITE_ONCE(up->encap_rcv, rtp_rx_rcv);
	WRITE_ONCE(up->encap_err_rcv, rtp_rx_err);
	WRITE_ONCE(up->encap_destroy, rtp_fanout_encap_destroy);
	/* Last: from now on UDP looks at the others. */
	smp_store_release(&up->encap_type, UDP_ENCAP_RTP_FANOUT);
	udp_tunnel_encap_enable(sk);

	return 0;
}

static struct rtp_fanout *
rtp_fanout_alloc(struct sock *sk, const struct rtp_fanout_config *config)
{
	struct rtp_fanout *fanout;
	struct rtp_filter *filter;
	unsigned int shards;
	int err;

	err = rtp_worker_get();
	if (err)
		return ERR_PTR(err);

	shards = rtp_worker_count();
	fanout = kvzalloc_flex(*fanout, shard, shards, GFP_KERNEL_ACCOUNT);
	if (!fanout) {
		err = -ENOMEM;
		goto err_worker;
	}
	fanout->shards = shards;
	fanout->batch.shards = 1;

	err = rtp_dest_table_init(&fanout->table);
	if (err)
		goto err_free;

	filter = rtp_filter_new(config, fanout->era);
	if (!filter) {
		err = -ENOMEM;
		goto err_table;
	}

	if (config->bpf_fd) {
		fanout->bpf = rtp_bpf_get(sk, config->bpf_fd);
		err = PTR_ERR_OR_ZERO(fanout->bpf);
		if (err)
			goto err_filter;
	}

	fanout->sk = sk;
	fanout->config = *config;
	/* The descriptor is the caller's, who may close it. */
	fanout->config.bpf_fd = 0;
	RCU_INIT_POINTER(fanout->filter, filter);
	fanout->pace_asked = rtp_fanout_pace(config);
	fanout->source.ssrc = config->ssrc;
	fanout->source.clock_rate = config->clock_rate;
	fanout->failed_index = ~0U;
	fanout->adopting = true;
	rtp_classes_init(&fanout->classes);
	rtp_codec_init(&fanout->stream.codec, config);
	/* RFC 3550, section 5.1: the first number should be random. */
	get_random_bytes(fanout->stream.seq.number,
			 sizeof(fanout->stream.seq.number));
	INIT_LIST_HEAD(&fanout->queue);
	INIT_LIST_HEAD(&fanout->todo);
	INIT_LIST_HEAD(&fanout->event_list);
	spin_lock_init(&fanout->event_lock);
	u64_stats_init(&fanout->syncp);
	rtp_lease_attach(fanout);
	rtp_silence_attach(fanout);
	INIT_RCU_WORK(&fanout->free_work, rtp_fanout_free_work);
	rtp_worker_attach(fanout);

	return fanout;

err_filter:
	kfree(filter);
err_table:
	rtp_dest_table_destroy(&fanout->table);
err_free:
	kvfree(fanout);
err_worker:
	rtp_worker_put();
	return ERR_PTR(err);
}

/**
 * rtp_fanout_attach() - make a socket a fan-out
 * @sk: a UDP socket
 * @config: checked, addresses normalised
 *
 * What is queued on the socket and of the stream becomes the fan-out's.
 *
 * Context: Process context, socket locked. Sleeps for a grace period.
 * Return: 0; -EALREADY when it is one; -EBUSY when another has the socket;
 * -EISCONN when it is connected: its copies would share one flow hash, and it
 * would not hear the viewers; -EADDRNOTAVAIL when it is bound to no port;
 * -ENOMEM; else as rtp_bpf_get().
 */
int rtp_fanout_attach(struct sock *sk, const struct rtp_fanout_config *config)
{
	struct rtp_fanout *fanout;
	int err;

	if (rtp_fanout_locked(sk))
		return -EALREADY;
	if (sk->sk_state != TCP_CLOSE)
		return -EISCONN;
	if (!inet_sk(sk)->inet_num)
		return -EADDRNOTAVAIL;

	fanout = rtp_fanout_alloc(sk, config);
	if (IS_ERR(fanout))
		return PTR_ERR(fanout);
	/* The caller came through the module's operations and holds it. */
	__module_get(THIS_MODULE);

	err = rtp_fanout_claim(sk, fanout);
	if (err) {
		rtp_fanout_free(fanout);
		return err;
	}
	rtp_adopt(fanout);
	rtp_silence_begin(fanout);

	return 0;
}

/* Whether the stream begins anew. */
static bool rtp_fanout_renews(const struct rtp_fanout *fanout,
			      const struct rtp_fanout_config *config)
{
	return config->flags & RTP_FANOUT_RESTART ||
	       rtp_filter_moves(&fanout->config, config);
}

/**
 * rtp_fanout_configure() - change a fan-out
 * @fanout: the fan-out
 * @config: checked, addresses normalised; differs from that of @fanout in what
 *	may be changed only
 *
 * The stream flows on. A datagram that is being received meanwhile is looked at
 * as before or as asked.
 *
 * Context: Process context, socket locked.
 * Return: 0 or -ENOMEM.
 */
int rtp_fanout_configure(struct rtp_fanout *fanout,
			 const struct rtp_fanout_config *config)
{
	bool renews = rtp_fanout_renews(fanout, config);
	bool begins = renews || config->silent_ms != fanout->config.silent_ms;
	struct rtp_filter *filter, *old;

	old = rcu_dereference_protected(fanout->filter,
					lockdep_sock_is_held(fanout->sk));
	filter = rtp_filter_new(config, old->era + renews);
	if (!filter)
		return -ENOMEM;

	/* Only these: the threads read the others without a lock. */
	fanout->config.source = config->source;
	fanout->config.ifindex = config->ifindex;
	fanout->config.flags = config->flags & ~RTP_FANOUT_RESTART;
	fanout->config.pace_percent = config->pace_percent;
	fanout->config.pace_burst = config->pace_burst;
	/* Pairs with rtp_diag_config(). */
	WRITE_ONCE(fanout->config.silent_ms, config->silent_ms);
	/* Pairs with rtp_owner_pace_asked() and rtp_diag_config(). */
	WRITE_ONCE(fanout->pace_asked, rtp_fanout_pace(config));
	rcu_assign_pointer(fanout->filter, filter);
	kfree_rcu(old, rcu);
	if (begins)
		rtp_silence_begin(fanout);

	return 0;
}

/**
 * rtp_fanout_detach() - make a socket a plain one again
 * @sk: a UDP socket
 *
 * Context: Process context, socket not locked. Sleeps for a grace period and
 * until the worker has left the fan-out; the socket is busy meanwhile.
 * Return: 0, or -ENOTCONN when @sk is no fan-out.
 */
int rtp_fanout_detach(struct sock *sk)
{
	struct rtp_fanout *fanout = rtp_fanout_unhook(sk);

	if (!fanout)
		return -ENOTCONN;

	/* See rtp_fanout_unhook(). */
	synchronize_rcu();
	write_lock_bh(&sk->sk_callback_lock);
	rcu_assign_sk_user_data(sk, NULL);
	write_unlock_bh(&sk->sk_callback_lock);

	rtp_fanout_stop(fanout);

	return 0;
}

/**
 * rtp_fanout_locked() - a socket's fan-out
 * @sk: a UDP socket
 *
 * Context: Process context, socket locked; the fan-out stays while it is.
 * Return: the fan-out, or NULL.
 */
struct rtp_fanout *rtp_fanout_locked(struct sock *sk)
{
	if (READ_ONCE(udp_sk(sk)->encap_type) != UDP_ENCAP_RTP_FANOUT)
		return NULL;

	return rcu_dereference_protected(__sk_user_data(sk),
					 lockdep_sock_is_held(sk));
}

/**
 * rtp_fanout_rcu() - a socket's fan-out, for who does not hold its lock
 * @sk: a UDP socket
 *
 * One that is being detached or closed is not found from there on, and is freed
 * a grace period later; sk_user_data has another's no sooner.
 *
 * Context: RCU read section, for which the fan-out stays.
 * Return: the fan-out, or NULL.
 */
struct rtp_fanout *rtp_fanout_rcu(struct sock *sk)
{
	/* Pairs with rtp_fanout_claim(). */
	if (smp_load_acquire(&udp_sk(sk)->encap_type) != UDP_ENCAP_RTP_FANOUT)
		return NULL;

	return rcu_dereference_sk_user_data(sk);
}

static void rtp_fanout_fill_stats(const struct rtp_fanout *fanout,
				  struct rtp_fanout_info *info)
{
	const struct rtp_fanout_stats *stats = &fanout->stats;
	unsigned int start;

	do {
		start = u64_stats_fetch_begin(&fanout->syncp);
		info->rx_packets = u64_stats_read(&stats->rx_packets);
		info->rx_octets = u64_stats_read(&stats->rx_octets);
		info->rx_dropped_malformed =
			u64_stats_read(&stats->rx_dropped_malformed);
		info->rx_dropped_duplicate =
			u64_stats_read(&stats->rx_dropped_duplicate);
		info->rx_dropped_late = u64_stats_read(&stats->rx_dropped_late);
		info->rx_dropped_unconfirmed =
			u64_stats_read(&stats->rx_dropped_unconfirmed);
		info->rx_lost = u64_stats_read(&stats->rx_lost);
		info->rx_unknown = u64_stats_read(&stats->rx_unknown);
		info->worker_runs = u64_stats_read(&stats->worker_runs);
	} while (u64_stats_fetch_retry(&fanout->syncp, start));
}

static void rtp_fanout_add_shard(const struct rtp_shard *shard,
				 struct rtp_fanout_info *info)
{
	const struct rtp_shard_stats *stats = &shard->stats;
	u64 packets, octets, dropped, sends, waits;
	unsigned int start;

	do {
		start = u64_stats_fetch_begin(&shard->syncp);
		packets = u64_stats_read(&stats->tx_packets);
		octets = u64_stats_read(&stats->tx_octets);
		dropped = u64_stats_read(&stats->tx_dropped);
		sends = u64_stats_read(&stats->tx_sends);
		waits = u64_stats_read(&stats->tx_waits);
	} while (u64_stats_fetch_retry(&shard->syncp, start));

	info->tx_packets += packets;
	info->tx_octets += octets;
	info->tx_dropped += dropped;
	info->tx_sends += sends;
	info->tx_waits += waits;
}

/**
 * rtp_fanout_fill_info() - describe a fan-out to user space
 * @fanout: the fan-out
 * @info: filled in, from zero
 *
 * Context: Socket locked; or RCU read section, and then what is changed under
 * the socket lock is each as it is at the moment.
 */
void rtp_fanout_fill_info(struct rtp_fanout *fanout,
			  struct rtp_fanout_info *info)
{
	const struct rtp_stream *stream = &fanout->stream;
	const atomic64_t *count = fanout->rx_count;
	unsigned int i;

	/* data_race(): as it is at the moment, where the socket is not locked. */
	info->dests = data_race(fanout->table.used);
	info->caps = rtp_classes_count(&fanout->classes);
	info->bpf_id = rtp_bpf_id(fanout->bpf);
	info->switching = READ_ONCE(fanout->classes.switching);
	info->ssrc = READ_ONCE(stream->ssrc);
	/* Each of the two may be of the moment before the other's. */
	info->rx_seq = READ_ONCE(stream->cycles) << 16 |
		       READ_ONCE(stream->max_seq);
	info->rx_jitter = READ_ONCE(fanout->source.jitter);
	info->ts_offset = READ_ONCE(fanout->source.offset);
	/* data_race(): likewise */
	info->failed_index = data_race(fanout->failed_index);
	info->queue_bytes = READ_ONCE(fanout->queue_bytes);
	info->queue_limit = READ_ONCE(fanout->sk->sk_rcvbuf);
	info->inflight_bytes = sk_wmem_alloc_get(fanout->sk);
	info->inflight_limit = rtp_shard_limit(fanout->sk);
	info->shards = fanout->shards;
	info->rx_passed = atomic64_read(&count[RTP_RX_PASSED]);
	info->rx_teed = atomic64_read(&count[RTP_RX_TEED]);
	info->rx_dropped_queue = atomic64_read(&count[RTP_RX_DROPPED_QUEUE]);
	info->rx_dropped_nomem = atomic64_read(&count[RTP_RX_DROPPED_NOMEM]);
	info->rx_dropped_policy = atomic64_read(&count[RTP_RX_DROPPED_POLICY]);
	info->rx_dropped_ttl = atomic64_read(&count[RTP_RX_DROPPED_TTL]);
	rtp_fanout_fill_stats(fanout, info);
	for (i = 0; i < fanout->shards; i++)
		rtp_fanout_add_shard(&fanout->shard[i], info);
}

/**
 * rtp_fanout_life_init() - be ready for fan-outs
 *
 * Context: Process context.
 * Return: 0 or -ENOMEM.
 */
int rtp_fanout_life_init(void)
{
	rtp_fanout_wq = alloc_workqueue("rtprelay", WQ_UNBOUND, 0);

	return rtp_fanout_wq ? 0 : -ENOMEM;
}

/**
 * rtp_fanout_life_exit() - wait until the last fan-out is freed
 *
 * Context: Process context.
 */
void rtp_fanout_life_exit(void)
{
	/* Those that were stopped wait for a grace period first. */
	rcu_barrier();
	destroy_workqueue(rtp_fanout_wq);
	rtp_worker_exit();
}
