// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sending a batch: the copies of a class become runs, a run one message to each
 * member, and messages to all destinations go out by the hundred.
 */
#include "user.h"

#include <errno.h>
#include <netinet/udp.h>

#include "addr.h"

#ifndef UDP_SEGMENT
#define UDP_SEGMENT	103
#endif

/* Messages that one sendmmsg() takes: UIO_MAXIOV */
#define SEND_MESSAGES	1024
/* Datagrams that every kernel with UDP_SEGMENT takes in a message */
#define SEND_SEGMENTS	64
/* Bytes of a message: the largest UDP payload over IPv4 */
#define SEND_BYTES	65507

/**
 * struct send_run - consecutive copies of one size, the last perhaps shorter
 * @iov: header and rest of each
 * @first: index of the first in its class's copies
 * @n: how many
 * @segment: size of each but the last, in bytes
 */
struct send_run {
	struct iovec *iov;
	guint first;
	guint n;
	guint16 segment;
};

struct send_class {
	struct iovec iov[FANOUT_RX_BATCH][2];
	struct send_run runs[FANOUT_RX_BATCH];
	guint n_runs;
};

/* What a message was made from, to count it once its fate is known */
struct send_origin {
	struct user_dest *dest;
	guint first;
	guint n;
};

/* The messages of one call. One for the thread, as the receive buffers are. */
static struct {
	struct user *user;
	guint n;
	struct mmsghdr msgs[SEND_MESSAGES];
	struct send_origin origins[SEND_MESSAGES];
	union {
		struct cmsghdr align;
		guint8 bytes[ADDR_CONTROL_LEN + CMSG_SPACE(sizeof(guint16))];
	} control[SEND_MESSAGES];
} out;

static struct send_class classes[RTP_CLASSES];

static void send_make_runs(struct user_class *class, struct send_class *send)
{
	guint bytes = 0;

	send->n_runs = 0;
	for (guint i = 0; i < class->n_copies; i++) {
		struct user_copy *copy = &class->copies[i];
		struct send_run *run = send->n_runs ? &send->runs[send->n_runs - 1] : NULL;

		send->iov[i][0] = (struct iovec){ copy->head, RTP_HDR_LEN };
		send->iov[i][1] = (struct iovec){
			(void *)(copy->data + RTP_HDR_LEN), copy->len - RTP_HDR_LEN,
		};
		/* only the last of a run may be shorter than the others */
		if (run && run->n < SEND_SEGMENTS && copy->len <= run->segment &&
		    class->copies[i - 1].len == run->segment &&
		    bytes + copy->len <= SEND_BYTES) {
			run->n++;
			bytes += copy->len;
			continue;
		}
		send->runs[send->n_runs++] = (struct send_run){
			.iov = send->iov[i],
			.first = i,
			.n = 1,
			.segment = copy->len,
		};
		bytes = copy->len;
	}
}

static void send_count(const struct send_origin *origin)
{
	struct rtp_fanout_dest_info *info = &origin->dest->info;
	struct user_class *class = &out.user->classes[origin->dest->class];

	out.user->info.tx_sends++;
	for (guint i = origin->first; i < origin->first + origin->n; i++) {
		const struct user_copy *copy = &class->copies[i];

		info->packets++;
		info->octets += copy->octets;
		info->last_seq = copy->head[2] << 8 | copy->head[3];
		out.user->info.tx_packets++;
		out.user->info.tx_octets += copy->octets;
	}
}

static void send_count_dropped(const struct send_origin *origin, int err)
{
	struct rtp_fanout_dest_info *info = &origin->dest->info;

	switch (err) {
	case EAGAIN:
		info->dropped_inflight += origin->n;
		break;
	case ENOMEM:
	case ENOBUFS:
		info->dropped_nomem += origin->n;
		break;
	case ENETUNREACH:
	case EHOSTUNREACH:
		info->dropped_route += origin->n;
		break;
	case EMSGSIZE:
		info->dropped_mtu += origin->n;
		break;
	default:
		info->dropped_output += origin->n;
		break;
	}
	out.user->info.tx_dropped += origin->n;
}

/* The path takes no UDP_SEGMENT: send what was one message one by one. */
static void send_singly(const struct msghdr *msg, const struct send_origin *origin)
{
	struct user_class *class = &out.user->classes[origin->dest->class];

	origin->dest->no_segment = TRUE;
	for (guint i = 0; i < origin->n; i++) {
		struct send_origin one = {
			.dest = origin->dest,
			.first = origin->first + i,
			.n = 1,
		};
		struct msghdr single = *msg;

		g_assert(one.first < class->n_copies);
		single.msg_iov = msg->msg_iov + 2 * i;
		single.msg_iovlen = 2;
		/* UDP_SEGMENT is the last element of the control data */
		single.msg_controllen -= CMSG_SPACE(sizeof(guint16));
		if (sendmsg(out.user->fanout->fd, &single, MSG_DONTWAIT) >= 0)
			send_count(&one);
		else
			send_count_dropped(&one, errno);
	}
}

static void send_flush(void)
{
	guint done = 0;

	while (done < out.n) {
		const struct send_origin *origin = &out.origins[done];
		gint sent = sendmmsg(out.user->fanout->fd, &out.msgs[done],
				     out.n - done, MSG_DONTWAIT);

		if (sent > 0) {
			for (gint i = 0; i < sent; i++)
				send_count(&origin[i]);
			done += sent;
			continue;
		}
		/* One destination's failure never touches another's. */
		if (origin->n > 1 && (errno == EINVAL || errno == EIO))
			send_singly(&out.msgs[done].msg_hdr, origin);
		else
			send_count_dropped(origin, errno);
		done++;
	}
	out.n = 0;
}

static void send_message(struct user_dest *dest, const struct send_run *run)
{
	struct msghdr *msg = &out.msgs[out.n].msg_hdr;

	*msg = (struct msghdr){
		.msg_name = &dest->sa,
		.msg_namelen = dest->sa_len,
		.msg_iov = run->iov,
		.msg_iovlen = 2 * run->n,
		.msg_control = out.control[out.n].bytes,
	};
	addr_put_source(msg, out.user->family, &dest->dest);
	/* last, so that send_singly() can take it off */
	if (run->n > 1)
		addr_put_control(msg, IPPROTO_UDP, UDP_SEGMENT, &run->segment,
				 sizeof(run->segment));
	out.origins[out.n++] = (struct send_origin){
		.dest = dest,
		.first = run->first,
		.n = run->n,
	};
	if (out.n == SEND_MESSAGES)
		send_flush();
}

static void send_dest(struct user_dest *dest)
{
	const struct send_class *send = &classes[dest->class];

	for (guint i = 0; i < send->n_runs; i++) {
		struct send_run run = send->runs[i];

		if (!dest->no_segment) {
			send_message(dest, &run);
			continue;
		}
		for (guint n = run.n; n; n--) {
			run.n = 1;
			send_message(dest, &run);
			run.first++;
			run.iov += 2;
		}
	}
}

void user_send(struct user *user)
{
	guint n = user->dests->len;

	if (!n)
		return;
	for (guint i = 0; i < RTP_CLASSES; i++)
		send_make_runs(&user->classes[i], &classes[i]);

	/* Whoever comes last when buffers are short, it is not always the same. */
	out.user = user;
	user->start = (user->start + 1) % n;
	for (guint i = 0; i < n; i++)
		send_dest(g_ptr_array_index(user->dests, (user->start + i) % n));
	send_flush();
}
