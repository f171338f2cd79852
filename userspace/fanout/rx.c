// SPDX-License-Identifier: GPL-2.0-or-later
/* Reading a fan-out's socket: the stream, where it comes here, and all else */
#include <sys/socket.h>

#include "addr.h"
#include "backend.h"
#include "engine.h"

/*
 * What one recvmmsg() fills. One for all fan-outs of the thread, since it is
 * used up before the main loop runs on; pages that no datagram touched cost
 * nothing.
 */
static guint8 rx_data[FANOUT_RX_BATCH][FANOUT_DATAGRAM_MAX];

/* Return: whether the engine was given it now. */
static gboolean rx_take(struct fanout *fanout, const guint8 *data, gsize len,
			const struct rtp_fanout_dest *from)
{
	struct engine *engine = fanout->engine;
	gboolean given = FALSE;

	if (engine && engine_is_stream(engine, data, len, &from->addr)) {
		given = !fanout->ops->hold ||
			!fanout->ops->hold(fanout->state, data, len);
		if (given)
			engine_receive(engine, data, len);
		if (!(fanout->config.flags & RTP_FANOUT_TEE))
			return given;
		engine->info.rx_teed++;
	} else if (engine) {
		engine->info.rx_passed++;
	}
	fanout_give_datagram(fanout, data, len, from);
	return given;
}

/* Those that the tap serves get the timestamps that the kernel gives all others. */
static void rx_take_offset(struct fanout *fanout)
{
	struct rtp_fanout_info info;

	if (fanout->ops->backend == FANOUT_KERNEL && fanout->config.clock_rate &&
	    fanout->ops->info(fanout->state, &info, NULL))
		fanout->engine->source.offset = info.ts_offset;
}

void fanout_read(struct fanout *fanout)
{
	struct sockaddr_storage names[FANOUT_RX_BATCH];
	struct mmsghdr msgs[FANOUT_RX_BATCH] = { 0 };
	struct iovec iov[FANOUT_RX_BATCH];
	gboolean given = FALSE;
	gint n;

	for (guint i = 0; i < FANOUT_RX_BATCH; i++) {
		iov[i].iov_base = rx_data[i];
		iov[i].iov_len = sizeof(rx_data[i]);
		msgs[i].msg_hdr = (struct msghdr){
			.msg_name = &names[i],
			.msg_namelen = sizeof(names[i]),
			.msg_iov = &iov[i],
			.msg_iovlen = 1,
		};
	}
	n = recvmmsg(fanout->fd, msgs, FANOUT_RX_BATCH, MSG_DONTWAIT, NULL);
	/* EAGAIN, or an error that ICMP left: reading it took it away */
	if (n < 0)
		return;

	if (fanout->engine) {
		fanout->engine->info.worker_runs++;
		fanout->engine->now = g_get_monotonic_time() * 1000;
		rx_take_offset(fanout);
	}
	for (gint i = 0; i < n; i++) {
		struct rtp_fanout_dest from;

		if (addr_dest_from_sockaddr(&from, (struct sockaddr *)&names[i],
					    msgs[i].msg_hdr.msg_namelen))
			given |= rx_take(fanout, rx_data[i], msgs[i].msg_len, &from);
	}
	/* what was given earlier may be leaving at its pace */
	if (given)
		engine_flush(fanout->engine);
}
