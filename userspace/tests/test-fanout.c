// SPDX-License-Identifier: GPL-2.0-or-later
/* The user's backend, over loopback */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "addr.h"
#include "fanout.h"

#define PT_H264		96
#define PT_OPAQUE	97
#define PT_NEITHER	98
#define SSRC		0x12345678
#define RECEIVERS	3
#define HDR_LEN		12

/* A fan-out, a source, a stranger and some receivers */
struct bed {
	struct fanout *fanout;
	int family;
	int fd;
	int source;
	int stranger;
	int receivers[RECEIVERS];
	struct rtp_fanout_addr addr;
	struct rtp_fanout_addr dests[RECEIVERS];
	guint datagrams;	/* that reached the socket */
	guint events;
};

static int open_socket(int family, struct rtp_fanout_addr *addr)
{
	struct rtp_fanout_addr any = { .family = family };
	struct sockaddr_storage sa;
	socklen_t len;
	int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	g_assert_cmpint(fd, >=, 0);
	if (family == AF_INET)
		inet_pton(AF_INET, "127.0.0.1", any.addr);
	len = addr_to_sockaddr(&any, 0, family, &sa);
	g_assert_cmpint(bind(fd, (struct sockaddr *)&sa, len), ==, 0);
	len = sizeof(sa);
	g_assert_cmpint(getsockname(fd, (struct sockaddr *)&sa, &len), ==, 0);
	addr_from_sockaddr(addr, (struct sockaddr *)&sa, len);
	if (family == AF_INET6) {
		addr->family = AF_INET;
		inet_pton(AF_INET, "127.0.0.1", addr->addr);
	}
	return fd;
}

static void count_datagram(const guint8 *data, gsize len,
			   const struct rtp_fanout_dest *from, gpointer user_data)
{
	((struct bed *)user_data)->datagrams++;
}

static void count_event(const struct rtp_fanout_event *event, gpointer user_data)
{
	struct bed *bed = user_data;

	g_assert_cmpuint(event->events, ==, RTP_FANOUT_EVENT_NEW_SSRC);
	bed->events++;
}

static void set_up_family(struct bed *bed, int family, guint32 flags)
{
	static const struct fanout_callbacks callbacks = {
		.datagram = count_datagram,
		.event = count_event,
	};
	struct rtp_fanout_config config = {
		.flags = flags,
		.codec = {
			[PT_H264] = RTP_FANOUT_CODEC_H264,
			[PT_OPAQUE] = RTP_FANOUT_CODEC_OPAQUE,
		},
	};
	struct rtp_fanout_addr ignored;
	g_autoptr(GError) error = NULL;

	memset(bed, 0, sizeof(*bed));
	bed->family = family;
	bed->fd = open_socket(family, &bed->addr);
	bed->source = open_socket(AF_INET, &config.source);
	bed->stranger = open_socket(AF_INET, &ignored);
	for (guint i = 0; i < RECEIVERS; i++)
		bed->receivers[i] = open_socket(AF_INET, &bed->dests[i]);
	bed->fanout = fanout_new(bed->fd, FANOUT_USER, &config, &callbacks, bed, &error);
	g_assert_no_error(error);
}

static void set_up(struct bed *bed, gconstpointer flags)
{
	set_up_family(bed, AF_INET, GPOINTER_TO_UINT(flags));
}

static void set_up_dual(struct bed *bed, gconstpointer flags)
{
	set_up_family(bed, AF_INET6, GPOINTER_TO_UINT(flags));
}

static void tear_down(struct bed *bed, gconstpointer flags)
{
	fanout_free(bed->fanout);
	close(bed->fd);
	close(bed->source);
	close(bed->stranger);
	for (guint i = 0; i < RECEIVERS; i++)
		close(bed->receivers[i]);
}

static struct rtp_fanout_dest dest_of(const struct bed *bed, guint i, guint did,
				      guint qid, guint tid)
{
	return (struct rtp_fanout_dest){
		.addr = bed->dests[i],
		.cookie = i,
		.cap = { .did = did, .qid = qid, .tid = tid },
	};
}

static void add(struct bed *bed, guint i, guint did, guint qid, guint tid)
{
	struct rtp_fanout_dest dest = dest_of(bed, i, did, qid, tid);
	g_autoptr(GError) error = NULL;

	fanout_add(bed->fanout, &dest, &error);
	g_assert_no_error(error);
}

static gsize make_rtp(guint8 *data, guint8 pt, guint16 seq, guint32 ssrc,
		      const guint8 *payload, gsize len)
{
	memset(data, 0, HDR_LEN);
	data[0] = 0x80;
	data[1] = pt;
	data[2] = seq >> 8;
	data[3] = seq;
	data[8] = ssrc >> 24;
	data[9] = ssrc >> 16;
	data[10] = ssrc >> 8;
	data[11] = ssrc;
	memcpy(data + HDR_LEN, payload, len);
	return HDR_LEN + len;
}

static void transmit(struct bed *bed, int fd, const guint8 *data, gsize len)
{
	struct sockaddr_storage sa;
	socklen_t sa_len = addr_to_sockaddr(&bed->addr, 0, AF_INET, &sa);

	g_assert_cmpint(sendto(fd, data, len, 0, (struct sockaddr *)&sa, sa_len), ==, len);
}

/* A datagram of the stream whose payload says what its number was */
static void transmit_seq(struct bed *bed, guint8 pt, guint16 seq, gsize len)
{
	guint8 payload[2000] = { 0 }, data[sizeof(payload) + HDR_LEN];

	payload[0] = 1;
	payload[1] = seq >> 8;
	payload[2] = seq;
	transmit(bed, bed->source, data, make_rtp(data, pt, seq, SSRC, payload, len));
}

static void run(void)
{
	while (g_main_context_iteration(NULL, FALSE))
		;
}

/* The next datagram that a receiver got. Return: its length, or -1. */
static gssize receive(struct bed *bed, guint i, guint8 data[static 4096])
{
	return recv(bed->receivers[i], data, 4096, MSG_DONTWAIT);
}

static void expect_seq(struct bed *bed, guint i, guint16 number, guint16 was, gsize len)
{
	guint8 data[4096];
	gssize got = receive(bed, i, data);

	g_assert_cmpint(got, ==, HDR_LEN + len);
	g_assert_cmpuint(data[2] << 8 | data[3], ==, number);
	g_assert_cmpuint(data[HDR_LEN + 1] << 8 | data[HDR_LEN + 2], ==, was);
	/* beyond the number, the header is the source's */
	g_assert_cmpuint(data[1] & 0x7f, >=, PT_H264);
	g_assert_cmphex(data[8] << 24 | data[9] << 16 | data[10] << 8 | data[11], ==, SSRC);
}

static void expect_nothing(struct bed *bed, guint i)
{
	guint8 data[4096];

	g_assert_cmpint(receive(bed, i, data), ==, -1);
}

static void test_replicate(struct bed *bed, gconstpointer flags)
{
	/* sizes that make runs for UDP_SEGMENT, end them and break them */
	static const guint sizes[] = { 1000, 1000, 1000, 400, 1000, 1000, 1400, 100, 100, 3 };
	struct rtp_fanout_info info;

	for (guint i = 0; i < RECEIVERS; i++)
		add(bed, i, 7, 15, 7);
	for (guint16 n = 0; n < G_N_ELEMENTS(sizes); n++)
		transmit_seq(bed, PT_OPAQUE, 65530 + n, sizes[n]);
	run();
	for (guint i = 0; i < RECEIVERS; i++) {
		for (guint16 n = 0; n < G_N_ELEMENTS(sizes); n++)
			expect_seq(bed, i, 65530 + n, 65530 + n, sizes[n]);
		expect_nothing(bed, i);
	}
	fanout_info(bed->fanout, &info, NULL);
	g_assert_cmpuint(info.rx_packets, ==, G_N_ELEMENTS(sizes));
	g_assert_cmpuint(info.tx_packets, ==, G_N_ELEMENTS(sizes) * RECEIVERS);
	g_assert_cmpuint(info.tx_octets, ==, info.rx_octets * RECEIVERS);
	/* 4, 2, 2 and 2 of them */
	g_assert_cmpuint(info.tx_sends, ==, 4 * RECEIVERS);
	g_assert_cmphex(info.ssrc, ==, SSRC);
	g_assert_cmpuint(bed->events, ==, 1);
	g_assert_cmpuint(bed->datagrams, ==, 0);
}

/* NAL 20 with that layer */
static void transmit_layer(struct bed *bed, guint16 seq, guint did, guint tid)
{
	const guint8 nal[] = { 0x74, 0x80, 0x80 | did << 4, tid << 5 | 7, seq >> 8, seq };
	guint8 data[64];

	transmit(bed, bed->source, data,
		 make_rtp(data, PT_H264, seq, SSRC, nal, sizeof(nal)));
}

static void test_caps(struct bed *bed, gconstpointer flags)
{
	const struct {
		guint did, tid;
	} stream[] = {
		{ 0, 0 }, { 1, 0 }, { 2, 0 }, { 0, 2 }, { 1, 2 }, { 2, 2 },
		{ 0, 1 }, { 1, 1 }, { 2, 1 }, { 0, 0 }, { 1, 0 }, { 2, 0 },
	};
	guint16 base = 100;
	guint16 first[RECEIVERS];

	add(bed, 0, 7, 15, 7);
	add(bed, 1, 0, 15, 7);
	add(bed, 2, 1, 0, 1);
	for (guint i = 0; i < G_N_ELEMENTS(stream); i++)
		transmit_layer(bed, base + i, stream[i].did, stream[i].tid);
	run();

	for (guint r = 0; r < RECEIVERS; r++) {
		guint kept = 0;

		for (guint i = 0; i < G_N_ELEMENTS(stream); i++) {
			guint8 data[4096];
			guint16 number;

			if ((r == 1 && stream[i].did > 0) ||
			    (r == 2 && (stream[i].did > 1 || stream[i].tid > 1)))
				continue;
			g_assert_cmpint(receive(bed, r, data), ==, HDR_LEN + 6);
			g_assert_cmpuint(data[HDR_LEN + 4] << 8 | data[HDR_LEN + 5], ==,
					 base + i);
			number = data[2] << 8 | data[3];
			if (!kept)
				first[r] = number;
			g_assert_cmpuint(number, ==, (guint16)(first[r] + kept));
			kept++;
		}
		expect_nothing(bed, r);
	}
	g_assert_cmpuint(first[0], ==, base);
}

static void test_layers(struct bed *bed, gconstpointer flags)
{
	struct rtp_fanout_layer layers[4] = { 0 };
	struct rtp_fanout_info info;

	g_assert_cmpuint(fanout_layers(bed->fanout, layers, 4, NULL), ==, 0);
	for (guint i = 0; i < 6; i++)
		transmit_layer(bed, i, i % 3 == 2, i % 3);
	run();
	/* the rate is that of the first window, once it has passed, or less if long ago */
	g_usleep(210000);
	transmit_layer(bed, 6, 0, 0);
	run();
	g_assert_cmpuint(fanout_layers(bed->fanout, layers, 4, NULL), ==, 3);
	g_assert_cmpuint(layers[0].did, ==, 0);
	g_assert_cmpuint(layers[0].tid, ==, 0);
	g_assert_cmpuint(layers[0].packets, ==, 3);
	g_assert_cmpuint(layers[0].octets, ==, 3 * 6);
	g_assert_cmpuint(layers[0].rate, <=, 2 * 6 * 5);
	g_assert_cmpuint(layers[0].rate, >, 0);
	g_assert_cmpuint(layers[1].tid, ==, 1);
	g_assert_cmpuint(layers[1].packets, ==, 2);
	g_assert_cmpuint(layers[2].did, ==, 1);
	g_assert_cmpuint(layers[2].tid, ==, 2);
	g_assert_cmpuint(layers[2].octets, ==, 2 * 6);
	fanout_info(bed->fanout, &info, NULL);
	g_assert_cmpuint(layers[0].octets + layers[1].octets + layers[2].octets, ==,
			 info.rx_octets);
	/* fewer when fewer fit */
	g_assert_cmpuint(fanout_layers(bed->fanout, layers, 2, NULL), ==, 2);
}

/* A loss at the input is one for everybody; what is late has its place. */
static void test_loss_and_late(struct bed *bed, gconstpointer flags)
{
	static const guint16 order[] = { 1, 3, 2, 6 };
	struct rtp_fanout_info info;
	guint16 first = 0;

	add(bed, 0, 7, 15, 7);
	add(bed, 1, 0, 15, 7);
	transmit_seq(bed, PT_OPAQUE, 1, 50);
	transmit_seq(bed, PT_OPAQUE, 3, 50);
	transmit_seq(bed, PT_OPAQUE, 2, 50);
	transmit_seq(bed, PT_OPAQUE, 3, 50);
	transmit_seq(bed, PT_OPAQUE, 6, 50);
	run();
	expect_seq(bed, 0, 1, 1, 50);
	expect_seq(bed, 0, 3, 3, 50);
	expect_seq(bed, 0, 2, 2, 50);
	expect_seq(bed, 0, 6, 6, 50);
	expect_nothing(bed, 0);

	/* with a cap the numbers are others, and as far apart */
	for (guint i = 0; i < G_N_ELEMENTS(order); i++) {
		guint8 data[4096];
		guint16 number;

		g_assert_cmpint(receive(bed, 1, data), ==, HDR_LEN + 50);
		number = data[2] << 8 | data[3];
		if (!i)
			first = number - order[i];
		g_assert_cmpuint(number, ==, (guint16)(first + order[i]));
	}
	expect_nothing(bed, 1);

	fanout_info(bed->fanout, &info, NULL);
	g_assert_cmpuint(info.rx_dropped_duplicate, ==, 1);
	g_assert_cmpuint(info.rx_dropped_late, ==, 0);
	g_assert_cmpuint(info.rx_lost, ==, 2);
}

static void test_jump(struct bed *bed, gconstpointer flags)
{
	struct rtp_fanout_info info;

	add(bed, 0, 7, 15, 7);
	transmit_seq(bed, PT_OPAQUE, 10, 50);
	transmit_seq(bed, PT_OPAQUE, 30000, 50);
	transmit_seq(bed, PT_OPAQUE, 11, 50);
	transmit_seq(bed, PT_OPAQUE, 40000, 50);
	transmit_seq(bed, PT_OPAQUE, 40001, 50);
	run();
	expect_seq(bed, 0, 10, 10, 50);
	expect_seq(bed, 0, 11, 11, 50);
	/* one alone moves nothing; two go on where the output was */
	expect_seq(bed, 0, 12, 40001, 50);
	expect_nothing(bed, 0);
	fanout_info(bed->fanout, &info, NULL);
	g_assert_cmpuint(info.rx_dropped_unconfirmed, ==, 2);
}

static void test_not_the_stream(struct bed *bed, gconstpointer flags)
{
	struct rtp_fanout_info info;
	guint8 data[64];
	gsize len;

	add(bed, 0, 7, 15, 7);
	/* another source, another payload type, RTCP, hole punching */
	len = make_rtp(data, PT_OPAQUE, 1, SSRC, (const guint8 *)"abc", 3);
	transmit(bed, bed->stranger, data, len);
	transmit_seq(bed, PT_NEITHER, 2, 50);
	len = make_rtp(data, 200, 3, SSRC, (const guint8 *)"abc", 3);
	transmit(bed, bed->source, data, len);
	transmit(bed, bed->source, (const guint8 *)"\xce\xfa\xed\xfe", 4);
	/* padding that is not there */
	len = make_rtp(data, PT_OPAQUE, 4, SSRC, (const guint8 *)"ab\xff", 3);
	data[0] |= 0x20;
	transmit(bed, bed->source, data, len);
	run();
	expect_nothing(bed, 0);
	g_assert_cmpuint(bed->datagrams, ==, 4);
	fanout_info(bed->fanout, &info, NULL);
	g_assert_cmpuint(info.rx_passed, ==, 4);
	g_assert_cmpuint(info.rx_dropped_malformed, ==, 1);
	g_assert_cmpuint(info.rx_packets, ==, 0);
}

static void test_tee(struct bed *bed, gconstpointer flags)
{
	struct rtp_fanout_info info;

	add(bed, 0, 7, 15, 7);
	transmit_seq(bed, PT_OPAQUE, 1, 50);
	transmit_seq(bed, PT_OPAQUE, 2, 50);
	run();
	expect_seq(bed, 0, 1, 1, 50);
	expect_seq(bed, 0, 2, 2, 50);
	g_assert_cmpuint(bed->datagrams, ==, 2);
	fanout_info(bed->fanout, &info, NULL);
	g_assert_cmpuint(info.rx_teed, ==, 2);
	g_assert_cmpuint(info.rx_passed, ==, 0);
}

/* When the next datagram of a receiver arrived, in nanoseconds */
static gint64 receive_time(struct bed *bed, guint i)
{
	union {
		struct cmsghdr align;
		guint8 bytes[CMSG_SPACE(sizeof(struct timespec))];
	} control;
	guint8 data[4096];
	struct iovec iov = { data, sizeof(data) };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct timespec at;

	g_assert_cmpint(recvmsg(bed->receivers[i], &msg, MSG_DONTWAIT), >, 0);
	g_assert_nonnull(CMSG_FIRSTHDR(&msg));
	memcpy(&at, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(at));
	return at.tv_sec * G_GINT64_CONSTANT(1000000000) + at.tv_nsec;
}

/* The kernel turns the time stamps of arrival on some time after they were asked
 * for; until then a datagram is stamped when it is read.
 */
static void await_timestamps(struct bed *bed)
{
	struct sockaddr_storage sa;
	socklen_t len = addr_to_sockaddr(&bed->dests[0], 0, bed->family, &sa);
	gint64 before;

	do {
		g_assert_cmpint(sendto(bed->stranger, "", 1, 0, (struct sockaddr *)&sa, len), ==, 1);
		g_usleep(1000);
		before = g_get_real_time() * 1000;
	} while (receive_time(bed, 0) >= before);
}

/* Each batch is sent to another receiver first. */
static void test_rotation(struct bed *bed, gconstpointer flags)
{
	gboolean was_first[RECEIVERS] = { FALSE };
	int on = 1;

	for (guint i = 0; i < RECEIVERS; i++) {
		add(bed, i, 7, 15, 7);
		setsockopt(bed->receivers[i], SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
	}
	await_timestamps(bed);
	for (guint16 batch = 0; batch < RECEIVERS; batch++) {
		gint64 times[RECEIVERS];
		guint first = 0;

		transmit_seq(bed, PT_OPAQUE, batch, 50);
		run();
		for (guint i = 0; i < RECEIVERS; i++) {
			times[i] = receive_time(bed, i);
			if (times[i] < times[first])
				first = i;
		}
		g_assert_false(was_first[first]);
		was_first[first] = TRUE;
	}
}

static gboolean find_cookie(const struct rtp_fanout_dest_info *info, gpointer user_data)
{
	struct rtp_fanout_dest_info *found = user_data;

	if (info->cookie != found->cookie)
		return TRUE;
	*found = *info;
	return FALSE;
}

static void test_counters(struct bed *bed, gconstpointer flags)
{
	struct rtp_fanout_dest_info first = { .cookie = 0 };
	struct rtp_fanout_dest_info second = { .cookie = 1 };
	struct rtp_fanout_dest_info found;
	struct rtp_fanout_dest gone;

	add(bed, 0, 7, 15, 7);
	transmit_seq(bed, PT_OPAQUE, 1, 50);
	run();
	add(bed, 1, 7, 15, 7);
	transmit_seq(bed, PT_OPAQUE, 2, 60);
	run();
	g_assert_true(fanout_each_dest(bed->fanout, find_cookie, &first, NULL));
	g_assert_true(fanout_each_dest(bed->fanout, find_cookie, &second, NULL));
	g_assert_cmpuint(first.packets, ==, 2);
	g_assert_cmpuint(first.octets, ==, 110);
	g_assert_cmpuint(second.packets, ==, 1);
	g_assert_cmpuint(second.octets, ==, 60);
	g_assert_cmpuint(second.last_seq, ==, 2);

	gone = dest_of(bed, 0, 0, 0, 0);
	g_assert_true(fanout_find(bed->fanout, &gone, &found));
	g_assert_cmpuint(found.cookie, ==, 0);
	g_assert_cmpuint(found.octets, ==, 110);
	g_assert_true(fanout_del(bed->fanout, &gone, NULL));
	g_assert_false(fanout_find(bed->fanout, &gone, &found));
	transmit_seq(bed, PT_OPAQUE, 3, 50);
	run();
	expect_seq(bed, 0, 1, 1, 50);
	expect_seq(bed, 0, 2, 2, 60);
	expect_nothing(bed, 0);
	expect_seq(bed, 1, 2, 2, 60);
	expect_seq(bed, 1, 3, 3, 50);
}

static void expect_refused(struct bed *bed, const struct rtp_fanout_dest *dest, int err)
{
	struct rtp_fanout_info info;
	g_autoptr(GError) error = NULL;

	g_assert_false(fanout_add(bed->fanout, dest, &error));
	g_assert_error(error, FANOUT_ERROR, err);
	fanout_info(bed->fanout, &info, NULL);
	g_assert_cmpuint(info.dests, ==, 1);
}

static void test_refused(struct bed *bed, gconstpointer flags)
{
	struct rtp_fanout_dest dest = dest_of(bed, 0, 7, 15, 7);
	g_autoptr(GError) error = NULL;

	add(bed, 0, 7, 15, 7);
	expect_refused(bed, &dest, EEXIST);
	dest = dest_of(bed, 1, 8, 0, 0);
	expect_refused(bed, &dest, EINVAL);
	dest = dest_of(bed, 1, 0, 16, 0);
	expect_refused(bed, &dest, EINVAL);
	dest = dest_of(bed, 1, 0, 0, 8);
	expect_refused(bed, &dest, EINVAL);
	dest = dest_of(bed, 1, 0, 0, 0);
	dest.addr.port = 0;
	expect_refused(bed, &dest, EINVAL);
	dest = dest_of(bed, 1, 0, 0, 0);
	dest.lease_ms = RTP_FANOUT_MAX_LEASE_MS + 1;
	expect_refused(bed, &dest, EINVAL);
	dest = dest_of(bed, 1, 0, 0, 0);
	dest.lease_octets = RTP_FANOUT_MAX_LEASE_OCTETS + 1;
	expect_refused(bed, &dest, EINVAL);
	dest = dest_of(bed, 1, 0, 0, 0);
	inet_pton(AF_INET, "239.1.2.3", dest.addr.addr);
	expect_refused(bed, &dest, EINVAL);
	inet_pton(AF_INET, "255.255.255.255", dest.addr.addr);
	expect_refused(bed, &dest, EINVAL);
	dest = dest_of(bed, 1, 0, 0, 0);
	dest.addr = bed->addr;
	expect_refused(bed, &dest, EADDRNOTAVAIL);
	dest = dest_of(bed, 1, 0, 0, 0);
	dest.addr.family = AF_INET6;
	expect_refused(bed, &dest, EAFNOSUPPORT);
	dest = dest_of(bed, 1, 0, 0, 0);
	g_assert_false(fanout_del(bed->fanout, &dest, &error));
	g_assert_error(error, FANOUT_ERROR, ENOENT);
}

static void test_too_many_caps(struct bed *bed, gconstpointer flags)
{
	struct rtp_fanout_dest dest = dest_of(bed, 0, 0, 0, 0);
	g_autoptr(GError) error = NULL;

	for (guint i = 0; i < RTP_FANOUT_MAX_CAPS; i++) {
		dest.addr.port = htons(1000 + i);
		dest.cap.did = i / 16;
		dest.cap.qid = i % 16;
		g_assert_true(fanout_add(bed->fanout, &dest, NULL));
	}
	dest.addr.port = htons(2000);
	dest.cap.did = 2;
	g_assert_false(fanout_add(bed->fanout, &dest, &error));
	g_assert_error(error, FANOUT_ERROR, ENOSPC);
	/* no cap at all needs no class, and one in use may have more members */
	dest.cap = FANOUT_CAP_ALL;
	g_assert_true(fanout_add(bed->fanout, &dest, NULL));
	dest.addr.port = htons(2001);
	dest.cap = (struct rtp_fanout_cap){ .qid = 3 };
	g_assert_true(fanout_add(bed->fanout, &dest, NULL));
}

static void test_bad_config(void)
{
	struct rtp_fanout_config good = {
		.source = { .family = AF_INET, .port = 1, .addr = { 127, 0, 0, 1 } },
		.codec = { [96] = RTP_FANOUT_CODEC_OPAQUE },
	};
	struct rtp_fanout_config bad[] = {
		good, good, good, good, good, good, good, good, good, good, good,
	};
	struct rtp_fanout_addr addr;
	int fd = open_socket(AF_INET, &addr);

	bad[0].source.port = 0;
	bad[1].source.family = AF_UNIX;
	bad[2].source.addr[0] = 230;
	bad[3].flags = 2;
	bad[4].reserved[2] = 1;
	bad[5].codec[96] = RTP_FANOUT_CODEC_NONE;
	bad[6].codec[72] = RTP_FANOUT_CODEC_OPAQUE;
	bad[7].codec[96] = 99;
	bad[8].pace_percent = 101;
	bad[9].pace_percent = 50;
	bad[9].pace_burst = 65;
	bad[10].pace_burst = 1;
	for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_null(fanout_new(fd, FANOUT_USER, &bad[i], NULL, NULL, &error));
		g_assert_error(error, FANOUT_ERROR, EINVAL);
	}
	close(fd);
}

/* Whatever this kernel is, a stream is served, and it is said by whom. */
static void test_auto(void)
{
	const struct rtp_fanout_config config = {
		.source = { .family = AF_INET, .port = 1, .addr = { 127, 0, 0, 1 } },
		.codec = { [96] = RTP_FANOUT_CODEC_OPAQUE },
	};
	g_autoptr(GError) error = NULL;
	struct rtp_fanout_addr addr;
	int fd = open_socket(AF_INET, &addr);
	struct fanout *fanout = fanout_new(fd, FANOUT_KERNEL, &config, NULL, NULL, &error);
	gboolean kernel = fanout != NULL;

	fanout_free(fanout);
	fanout = fanout_new(fd, FANOUT_AUTO, &config, NULL, NULL, NULL);
	g_assert_nonnull(fanout);
	g_assert_cmpint(fanout_backend(fanout), ==, kernel ? FANOUT_KERNEL : FANOUT_USER);
	g_assert_cmpint(fanout_fallback(fanout) == NULL, ==, kernel);
	fanout_free(fanout);
	close(fd);
}

#define ADD(name, flags, start, func) \
	g_test_add("/fanout/user/" name, struct bed, GUINT_TO_POINTER(flags), start, \
		   func, tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("replicate", 0, set_up, test_replicate);
	ADD("replicate-dual-stack", 0, set_up_dual, test_replicate);
	ADD("caps", 0, set_up, test_caps);
	ADD("layers", 0, set_up, test_layers);
	ADD("loss-and-late", 0, set_up, test_loss_and_late);
	ADD("jump", 0, set_up, test_jump);
	ADD("not-the-stream", 0, set_up, test_not_the_stream);
	ADD("tee", RTP_FANOUT_TEE, set_up, test_tee);
	ADD("rotation", 0, set_up, test_rotation);
	ADD("counters", 0, set_up, test_counters);
	ADD("refused", 0, set_up, test_refused);
	ADD("too-many-caps", 0, set_up, test_too_many_caps);
	g_test_add_func("/fanout/user/bad-config", test_bad_config);
	g_test_add_func("/fanout/auto", test_auto);
	return g_test_run();
}
