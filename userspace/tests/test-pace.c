// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Pacing by the user's backend, over loopback: access units that come at once leave
 * spread over the time to the next.
 */
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "addr.h"
#include "fanout.h"
#include "udp_socket.h"

#define PT		97
#define HDR_LEN		12
#define LEN		512
/* Datagrams of an access unit; ticks and milliseconds from one to the next */
#define DATAGRAMS	20
#define TICKS		9000
#define INTERVAL_MS	100
/* The most that are looked at */
#define UNITS		8
#define PERCENT		90
/* So much of the interval that not two groups can be what is seen */
#define SPREAD_NS	(INTERVAL_MS * 1000000LL * PERCENT / 100 / 2)
/* So soon that it did not wait for the end of a datagram's share of the time */
#define SOON_NS		(INTERVAL_MS * 1000000LL * PERCENT / 100 / DATAGRAMS / 2)
/* Receivers, some of whom get a group much later than others */
#define CROWD		64
/* One of so many of them leaves */
#define LEAVING		3
/* Datagrams of a group, by default */
#define GROUP		8
/* So much of a group's time that it cannot be that of one that left at once */
#define COPIES_NS	(INTERVAL_MS * 1000000LL * PERCENT / 100 * GROUP / DATAGRAMS / 2)
/* Bytes that may wait: some datagrams, and what the kernel takes of each besides */
#define SMALL_BUFFER	8192

struct bed {
	struct fanout *fanout;
	struct rtp_fanout_config config;
	struct rtp_fanout_dest dest;
	int fd;
	int source;
	int receiver;
	struct rtp_fanout_addr addr;
	guint16 sent;
	guint came;
	guint16 last;
	guint tapped;
	guint turns;
};

/* One that says when a datagram came */
static int timed_socket(struct rtp_fanout_addr *addr)
{
	int fd = udp_socket(addr);
	const int on = 1;

	g_assert_cmpint(setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)), ==,
			0);
	return fd;
}

static guint take_copies(guint64 cookie, const struct fanout_copy *copies, guint n,
			 gpointer user_data)
{
	struct bed *bed = user_data;

	bed->tapped += n;
	return n;
}

/* @rcvbuf: bytes that may wait; NULL for what the system gives */
static void set_up(struct bed *bed, gconstpointer rcvbuf)
{
	static const struct fanout_callbacks callbacks = { .copies = take_copies };
	const int bytes = GPOINTER_TO_INT(rcvbuf);
	g_autoptr(GError) error = NULL;

	memset(bed, 0, sizeof(*bed));
	bed->fd = udp_socket(&bed->addr);
	bed->source = udp_socket(&bed->config.source);
	bed->receiver = timed_socket(&bed->dest.addr);
	if (bytes)
		g_assert_cmpint(setsockopt(bed->fd, SOL_SOCKET, SO_RCVBUF, &bytes,
					   sizeof(bytes)), ==, 0);
	bed->config.codec[PT] = RTP_FANOUT_CODEC_OPAQUE;
	bed->config.pace_percent = PERCENT;
	bed->fanout = fanout_new(bed->fd, FANOUT_USER, &bed->config, &callbacks, bed,
				 &error);
	g_assert_no_error(error);
	bed->dest.cap = (struct rtp_fanout_cap){ .did = 7, .qid = 15, .tid = 7 };
	fanout_add(bed->fanout, &bed->dest, &error);
	g_assert_no_error(error);
}

static void tear_down(struct bed *bed, gconstpointer rcvbuf)
{
	fanout_free(bed->fanout);
	close(bed->fd);
	close(bed->source);
	close(bed->receiver);
}

/* Send an access unit at once, and let the relay read it. */
static void transmit(struct bed *bed)
{
	guint32 timestamp = htonl(bed->sent / DATAGRAMS * TICKS);
	struct sockaddr_storage sa;
	socklen_t sa_len = addr_to_sockaddr(&bed->addr, 0, AF_INET, &sa);

	for (guint i = 0; i < DATAGRAMS; i++, bed->sent++) {
		guint8 data[LEN] = { 0x80, PT, bed->sent >> 8, bed->sent };

		memcpy(data + 4, &timestamp, sizeof(timestamp));
		data[HDR_LEN - 1] = 1;
		g_assert_cmpint(sendto(bed->source, data, LEN, 0, (struct sockaddr *)&sa,
				       sa_len), ==, LEN);
		g_main_context_iteration(NULL, FALSE);
	}
}

static gboolean wake(gpointer user_data)
{
	*(gboolean *)user_data = TRUE;
	return G_SOURCE_REMOVE;
}

static void run(struct bed *bed, guint ms)
{
	gboolean over = FALSE;

	g_timeout_add(ms, wake, &over);
	for (bed->turns = 0; !over; bed->turns++)
		g_main_context_iteration(NULL, TRUE);
}

/* The next datagram at a socket. Return: when it came, ns; 0 where none waits. */
static gint64 take(int fd, guint16 *number)
{
	char control[CMSG_SPACE(sizeof(struct timespec))];
	guint8 data[LEN];
	struct iovec iov = { data, sizeof(data) };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct timespec ts;

	if (recvmsg(fd, &msg, MSG_DONTWAIT) < 0)
		return 0;
	memcpy(&ts, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(ts));
	*number = data[2] << 8 | data[3];
	return ts.tv_sec * G_GINT64_CONSTANT(1000000000) + ts.tv_nsec;
}

/* What has come, in sequence. Return: ns from the first of it to the last. */
static gint64 receive(struct bed *bed)
{
	gint64 first = 0, last = 0, ns;
	guint16 number;

	while ((ns = take(bed->receiver, &number))) {
		last = ns;
		if (!first)
			first = ns;
		if (bed->came++)
			g_assert_cmpint((gint16)(number - bed->last), >, 0);
		bed->last = number;
	}
	return last - first;
}

static gint64 unit(struct bed *bed)
{
	transmit(bed);
	run(bed, INTERVAL_MS);
	return receive(bed);
}

/* How long it is from an access unit to the next is not known before that comes. */
static void measure(struct bed *bed)
{
	for (guint i = 0; i < 2; i++)
		unit(bed);
}

/*
 * An access unit takes SPREAD_NS. One that was read late leaves sooner: another is
 * looked at, while what is wrong stays so.
 */
static void expect_spread(struct bed *bed)
{
	gint64 ns = 0;

	for (guint i = 0; i < UNITS && ns <= SPREAD_NS; i++)
		ns = unit(bed);
	g_assert_cmpint(ns, >, SPREAD_NS);
}

static void test_spread(struct bed *bed, gconstpointer rcvbuf)
{
	struct rtp_fanout_info info;

	measure(bed);
	for (guint i = 0; i < 3; i++)
		expect_spread(bed);
	run(bed, 2 * INTERVAL_MS);
	receive(bed);
	g_assert_cmpuint(bed->came, ==, bed->sent);
	fanout_info(bed->fanout, &info, NULL);
	g_assert_cmpuint(info.rx_packets, ==, bed->sent);
	g_assert_cmpuint(info.tx_packets, ==, bed->sent);
	g_assert_cmpuint(info.rx_dropped_queue, ==, 0);
	/* nothing wakes any more */
	g_assert_false(g_main_context_pending(NULL));
}

/* Add receivers: how many, and who, the last of @dests not. */
static void gather(struct bed *bed, struct rtp_fanout_dest *dests, int *fds, guint n)
{
	for (guint i = 0; i < n; i++) {
		g_autoptr(GError) error = NULL;

		dests[i] = bed->dest;
		fds[i] = timed_socket(&dests[i].addr);
		if (i < n - 1)
			fanout_add(bed->fanout, &dests[i], &error);
		g_assert_no_error(error);
	}
}

/* What waits at a socket, each in sequence. Return: how many. */
static guint drain(int fd)
{
	guint16 number, expected;
	guint n = 0;

	for (; take(fd, &number); n++, expected++) {
		if (n)
			g_assert_cmpuint(number, ==, expected);
		else
			expected = number;
	}
	return n;
}

/*
 * A lone receiver gets the first datagram at once, and nothing wakes more often than
 * datagrams leave.
 */
static void test_lone(struct bed *bed, gconstpointer rcvbuf)
{
	gint64 late = G_MAXINT64;

	measure(bed);
	run(bed, 2 * INTERVAL_MS);
	receive(bed);
	/* as expect_spread() */
	for (guint i = 0; i < UNITS && late > SOON_NS; i++) {
		gint64 before = g_get_real_time() * 1000;
		guint16 number;

		transmit(bed);
		run(bed, INTERVAL_MS);
		g_assert_cmpuint(bed->turns, <=, DATAGRAMS);
		late = take(bed->receiver, &number) - before;
		drain(bed->receiver);
	}
	g_assert_cmpint(late, <=, SOON_NS);
}

/* How many copies were sent so far */
static guint64 sent_to(struct bed *bed)
{
	struct rtp_fanout_info info;

	fanout_info(bed->fanout, &info, NULL);
	return info.tx_packets;
}

/* How much later the last of those receivers got its first datagram than the first, ns */
static gint64 apart(const int *fds, guint n)
{
	gint64 first = G_MAXINT64, last = 0;

	for (guint i = 0; i < n; i++) {
		guint16 number;
		gint64 ns = take(fds[i], &number);

		g_assert_cmpint(ns, >, 0);
		first = MIN(first, ns);
		last = MAX(last, ns);
		drain(fds[i]);
	}
	return last - first;
}

/* Copies of a datagram are spread, too. */
static void test_crowd(struct bed *bed, gconstpointer rcvbuf)
{
	struct rtp_fanout_dest dests[CROWD];
	const guint n = CROWD - 1;
	int fds[CROWD];
	gint64 ns = 0;
	guint64 before;
	guint units;

	gather(bed, dests, fds, CROWD);
	measure(bed);
	run(bed, 2 * INTERVAL_MS);
	apart(fds, n);
	receive(bed);
	before = sent_to(bed);
	/* as expect_spread() */
	for (units = 0; units < UNITS && ns <= COPIES_NS; units++) {
		transmit(bed);
		run(bed, INTERVAL_MS);
		ns = apart(fds, n);
	}
	g_assert_cmpint(ns, >, COPIES_NS);
	run(bed, 2 * INTERVAL_MS);
	receive(bed);
	g_assert_cmpuint(bed->came, ==, bed->sent);
	g_assert_cmpuint(sent_to(bed) - before, ==, units * DATAGRAMS * CROWD);
	for (guint i = 0; i < CROWD; i++)
		close(fds[i]);
}

/*
 * Some go, and another comes, while a datagram's copies leave: nobody else loses one, or
 * gets one twice, and those who changed get none from then on, or none from before.
 */
static void test_change(struct bed *bed, gconstpointer rcvbuf)
{
	struct rtp_fanout_dest dests[CROWD];
	g_autoptr(GError) error = NULL;
	struct rtp_fanout_dest tapped = { .cookie = 1, .cap = bed->dest.cap };
	const guint newcomer = CROWD - 1;
	guint got[CROWD], least = G_MAXUINT, most = 0, came;
	int fds[CROWD];

	gather(bed, dests, fds, CROWD);
	measure(bed);
	run(bed, 2 * INTERVAL_MS);
	receive(bed);
	for (guint i = 0; i < newcomer; i++)
		drain(fds[i]);
	transmit(bed);
	run(bed, INTERVAL_MS / 10);
	/* some have what others do not have yet */
	for (guint i = 0; i < newcomer; i++) {
		got[i] = drain(fds[i]);
		least = MIN(least, got[i]);
		most = MAX(most, got[i]);
	}
	g_assert_cmpuint(least, <, most);
	fanout_add(bed->fanout, &dests[newcomer], &error);
	g_assert_no_error(error);
	fanout_add(bed->fanout, &tapped, &error);
	g_assert_no_error(error);
	for (guint i = 0; i < newcomer; i += LEAVING) {
		fanout_del(bed->fanout, &dests[i], &error);
		g_assert_no_error(error);
		drain(fds[i]);
		run(bed, 1);
	}
	run(bed, 2 * INTERVAL_MS);
	receive(bed);
	g_assert_cmpuint(bed->came, ==, bed->sent);
	for (guint i = 0; i < newcomer; i++)
		g_assert_cmpuint(drain(fds[i]), ==,
				 i % LEAVING ? DATAGRAMS - got[i] : 0);
	came = drain(fds[newcomer]);
	g_assert_cmpuint(came, >, 0);
	g_assert_cmpuint(came, <, DATAGRAMS);
	g_assert_cmpuint(bed->tapped, ==, came);
	for (guint i = 0; i < CROWD; i++)
		close(fds[i]);
}

/* What waits leaves when it is to be paced no more, and when the stream is another. */
static void end(struct bed *bed, gboolean again)
{
	struct rtp_fanout_info info;
	g_autoptr(GError) error = NULL;

	measure(bed);
	transmit(bed);
	receive(bed);
	g_assert_cmpuint(bed->came, <, bed->sent);
	fanout_info(bed->fanout, &info, NULL);
	g_assert_cmpuint(info.queue_bytes, >=, LEN);
	g_assert_cmpuint(info.queue_bytes, <=, DATAGRAMS * 2 * LEN);
	g_assert_cmpuint(info.queue_limit, >, info.queue_bytes);
	if (again)
		bed->config.flags = RTP_FANOUT_RESTART;
	else
		bed->config.pace_percent = 0;
	fanout_configure(bed->fanout, &bed->config, &error);
	g_assert_no_error(error);
	receive(bed);
	g_assert_cmpuint(bed->came, ==, bed->sent);
	fanout_info(bed->fanout, &info, NULL);
	g_assert_cmpuint(info.queue_bytes, ==, 0);
	bed->config.flags = 0;

	/* unpaced, all leaves when it was read; else two confirm a stream that begins anew */
	transmit(bed);
	run(bed, 0);
	receive(bed);
	if (again)
		g_assert_cmpuint(bed->came, <, bed->sent);
	else
		g_assert_cmpuint(bed->came, ==, bed->sent);
	run(bed, 2 * INTERVAL_MS);
	receive(bed);
	g_assert_cmpuint(bed->came, ==, bed->sent - !!again);
}

static void test_unpaced(struct bed *bed, gconstpointer rcvbuf)
{
	end(bed, FALSE);
}

static void test_again(struct bed *bed, gconstpointer rcvbuf)
{
	end(bed, TRUE);
}

/* No more waits than the socket may hold; what does not fit is counted. */
static void test_full(struct bed *bed, gconstpointer rcvbuf)
{
	struct rtp_fanout_info info;

	measure(bed);
	for (guint i = 0; i < 4; i++)
		transmit(bed);
	run(bed, 10 * INTERVAL_MS);
	receive(bed);
	fanout_info(bed->fanout, &info, NULL);
	g_assert_cmpuint(info.rx_dropped_queue, >, 0);
	g_assert_cmpuint(bed->came + info.rx_dropped_queue, ==, bed->sent);
	/* the stream goes on */
	unit(bed);
	run(bed, 2 * INTERVAL_MS);
	receive(bed);
	g_assert_cmpuint(bed->last, ==, (guint16)(bed->sent - 1));
}

/* Who goes while datagrams wait gets none of them, nor does the fan-out's end lose memory. */
static void test_leaves(struct bed *bed, gconstpointer rcvbuf)
{
	g_autoptr(GError) error = NULL;
	guint came;

	measure(bed);
	transmit(bed);
	receive(bed);
	came = bed->came;
	fanout_del(bed->fanout, &bed->dest, &error);
	g_assert_no_error(error);
	run(bed, INTERVAL_MS);
	receive(bed);
	g_assert_cmpuint(bed->came, ==, came);
	transmit(bed);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define ADD(name, argument, test)						\
	g_test_add("/pace/" name, struct bed, GINT_TO_POINTER(argument), set_up, test,	\
		   tear_down)
	ADD("spread", 0, test_spread);
	ADD("lone", 0, test_lone);
	ADD("crowd", 0, test_crowd);
	ADD("change", 0, test_change);
	ADD("ends/unpaced", 0, test_unpaced);
	ADD("ends/again", 0, test_again);
	ADD("full", SMALL_BUFFER, test_full);
	ADD("leaves", 0, test_leaves);
	return g_test_run();
}
