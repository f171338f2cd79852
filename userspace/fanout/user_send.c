// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sending a batch: the copies of a class become runs, a run one message to each
 * member, and messages to all destinations go out by the hundred. Who has
 * numbers or layers of its own has copies of its own.
 */
#include "user.h"

#include <errno.h>
#include <netinet/udp.h>
#include <string.h>

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

/* Destinations with copies of their own in one call */
#define SEND_OWN	64

/**
 * struct send_run - consecutive copies of one size, the last perhaps shorter
 * @first: index of the first in its list
 * @n: how many
 * @segment: size of each but the last, in bytes
 */
struct send_run {
	guint first;
	guint n;
	guint16 segment;
};

/**
 * struct send_list - the copies that one or more destinations get of the batch
 * @n: how many
 * @items: of what
 * @heads: their RTP headers
 * @iov: header and rest of each
 * @n_runs: how many runs they make
 * @runs: those
 */
struct send_list {
	guint n;
	const struct engine_item *items[FANOUT_RX_BATCH];
	guint8 heads[FANOUT_RX_BATCH][RTP_HDR_LEN];
	struct iovec iov[FANOUT_RX_BATCH][2];
	guint n_runs;
	struct send_run runs[FANOUT_RX_BATCH];
};

/* What a message was made from, to count it once its fate is known */
struct send_origin {
	struct user_dest *dest;
	struct send_list *list;
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
	struct send_list classes[RTP_CLASSES];
	guint n_own;
	struct send_list own[SEND_OWN];
} out;

/* Append a datagram, whose header has been filled in. */
static void send_append(struct send_list *list, const struct engine_item *item)
{
	struct iovec *iov = list->iov[list->n];

	iov[0] = (struct iovec){ list->heads[list->n], RTP_HDR_LEN };
	iov[1] = (struct iovec){
		(void *)(item->data + RTP_HDR_LEN), item->len - RTP_HDR_LEN,
	};
	list->items[list->n++] = item;
}

static void send_make_runs(struct send_list *list)
{
	guint bytes = 0;

	list->n_runs = 0;
	for (guint i = 0; i < list->n; i++) {
		struct send_run *run = list->n_runs ? &list->runs[list->n_runs - 1] : NULL;
		guint len = list->items[i]->len;

		/* only the last of a run may be shorter than the others */
		if (run && run->n < SEND_SEGMENTS && len <= run->segment &&
		    list->items[i - 1]->len == run->segment &&
		    bytes + len <= SEND_BYTES) {
			run->n++;
			bytes += len;
			continue;
		}
		list->runs[list->n_runs++] = (struct send_run){
			.first = i,
			.n = 1,
			.segment = len,
		};
		bytes = len;
	}
}

/* What the members of each class get */
static void send_make_classes(const struct engine *engine)
{
	for (guint i = 0; i < RTP_CLASSES; i++)
		out.classes[i].n = 0;
	for (guint i = 0; i < engine->n_items; i++) {
		const struct engine_item *item = &engine->items[i];
		const struct rtp_arrival *arrival = &item->arrival;

		for (guint32 left = arrival->numbers.classes; left; left &= left - 1) {
			guint class = __builtin_ctz(left);
			struct send_list *list = &out.classes[class];

			memcpy(list->heads[list->n], item->head, RTP_HDR_LEN);
			rtp_packet_number(list->heads[list->n],
					  arrival->numbers.number[class],
					  arrival->marked & BIT(class));
			send_append(list, item);
		}
	}
	for (guint i = 0; i < RTP_CLASSES; i++)
		send_make_runs(&out.classes[i]);
}

static void send_count(const struct send_origin *origin)
{
	struct engine *engine = out.user->engine;
	struct send_list *list = origin->list;

	engine->info.tx_sends++;
	for (guint i = origin->first; i < origin->first + origin->n; i++)
		engine_count(engine, &origin->dest->dest, list->items[i], list->heads[i]);
}

static void send_count_dropped(const struct send_origin *origin, int err)
{
	engine_count_dropped(out.user->engine, &origin->dest->dest, origin->n, err);
}

/* The path takes no UDP_SEGMENT: send what was one message one by one. */
static void send_singly(const struct msghdr *msg, const struct send_origin *origin)
{
	origin->dest->no_segment = TRUE;
	for (guint i = 0; i < origin->n; i++) {
		struct send_origin one = {
			.dest = origin->dest,
			.list = origin->list,
			.first = origin->first + i,
			.n = 1,
		};
		struct msghdr single = *msg;

		g_assert(one.first < origin->list->n);
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
	out.n_own = 0;
}

static void send_message(struct user_dest *dest, struct send_list *list,
			 const struct send_run *run)
{
	struct msghdr *msg = &out.msgs[out.n].msg_hdr;

	*msg = (struct msghdr){
		.msg_name = &dest->sa,
		.msg_namelen = dest->sa_len,
		.msg_iov = list->iov[run->first],
		.msg_iovlen = 2 * run->n,
		.msg_control = out.control[out.n].bytes,
	};
	addr_put_source(msg, out.user->family, &dest->request);
	/* last, so that send_singly() can take it off */
	if (run->n > 1)
		addr_put_control(msg, IPPROTO_UDP, UDP_SEGMENT, &run->segment,
				 sizeof(run->segment));
	out.origins[out.n++] = (struct send_origin){
		.dest = dest,
		.list = list,
		.first = run->first,
		.n = run->n,
	};
}

/* What a destination gets that others of its class need not get */
static struct send_list *send_make_own(struct user_dest *dest)
{
	struct send_list *list = &out.own[out.n_own];
	struct engine *engine = out.user->engine;

	list->n = 0;
	for (guint i = 0; i < engine->n_items; i++)
		if (engine_copy(engine, &dest->dest, &engine->items[i],
				list->heads[list->n]))
			send_append(list, &engine->items[i]);
	send_make_runs(list);
	out.n_own++;
	return list;
}

static void send_dest(struct user_dest *dest)
{
	struct send_list *list;

	/* room for all of one list */
	if (out.n + FANOUT_RX_BATCH > SEND_MESSAGES || out.n_own == SEND_OWN)
		send_flush();
	list = engine_dest_is_plain(&dest->dest) ?
	       &out.classes[dest->dest.variant.class] : send_make_own(dest);
	for (guint i = 0; i < list->n_runs; i++) {
		struct send_run run = list->runs[i];

		if (!dest->no_segment) {
			send_message(dest, list, &run);
			continue;
		}
		for (guint n = run.n; n; n--) {
			run.n = 1;
			send_message(dest, list, &run);
			run.first++;
		}
	}
}

void user_walk_begin(struct user *user, guint start)
{
	user->walking = TRUE;
	user->walk = user->dests->len;
	user->start = start % user->walk;
	user->sent = 0;
}

void user_walk(struct user *user, guint sent)
{
	gint64 now = g_get_monotonic_time();

	if (sent <= user->sent)
		return;
	out.user = user;
	send_make_classes(user->engine);
	for (; user->sent < sent; user->sent++) {
		guint at = (user->start + user->sent) % user->walk;
		struct user_dest *dest = g_ptr_array_index(user->dests, at);

		if (!engine_dest_is_over(user->engine, &dest->dest, now))
			send_dest(dest);
	}
	send_flush();
}

void user_walk_without(struct user *user, struct user_dest *gone)
{
	guint at;

	g_assert(g_ptr_array_find(user->dests, gone, &at));
	/* the others stay in their order, and the walk finds them where it left them */
	g_ptr_array_remove_index(user->dests, at);
	if (!user->walking || at >= user->walk)
		return;
	if ((at + user->walk - user->start) % user->walk < user->sent)
		user->sent--;
	if (at < user->start)
		user->start--;
	user->walk--;
	if (user->start == user->walk)
		user->start = 0;
}

void user_send(gpointer state)
{
	struct user *user = state;

	if (!user->walking) {
		if (!user->dests->len)
			return;
		/* Whoever comes last when buffers are short, it is not always the same. */
		user_walk_begin(user, user->start + 1);
	}
	user_walk(user, user->walk);
	user->walking = FALSE;
}
