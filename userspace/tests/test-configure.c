// SPDX-License-Identifier: GPL-2.0-or-later
/* A fan-out of the user's backend that is changed while its stream flows */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "addr.h"
#include "fanout.h"
#include "udp_socket.h"

#define PT		96
#define SSRC		0x12345678
#define OTHER_SSRC	0xcafe0001
#define OUT_SSRC	0x0badcafe
#define CLOCK_RATE	90000
#define HDR_LEN		12
#define RECEIVERS	2

/* A fan-out, two sources that may be its own, and receivers */
struct bed {
	struct fanout *fanout;
	struct rtp_fanout_config config;
	int fd;
	int sources[2];
	struct rtp_fanout_addr addr;
	struct rtp_fanout_addr from[2];
	int receivers[RECEIVERS];
	gint next[RECEIVERS];		/* number, -1 before the first */
	guint datagrams;		/* that reached the socket */
	guint8 last[64];		/* the last of them */
	guint events;
};

static void count_datagram(const guint8 *data, gsize len,
			   const struct rtp_fanout_dest *from, gpointer user_data)
{
	struct bed *bed = user_data;

	bed->datagrams++;
	memcpy(bed->last, data, MIN(len, sizeof(bed->last)));
}

static void count_event(const struct rtp_fanout_event *event, gpointer user_data)
{
	((struct bed *)user_data)->events += !!(event->events & RTP_FANOUT_EVENT_NEW_SSRC);
}

/* @rewrites: SSRC and clock rate are set */
static void set_up(struct bed *bed, gconstpointer rewrites)
{
	static const struct fanout_callbacks callbacks = {
		.datagram = count_datagram,
		.event = count_event,
	};
	struct rtp_fanout_dest dest = { .cap = FANOUT_CAP_ALL };
	g_autoptr(GError) error = NULL;

	memset(bed, 0, sizeof(*bed));
	bed->fd = udp_socket(&bed->addr);
	for (guint i = 0; i < 2; i++)
		bed->sources[i] = udp_socket(&bed->from[i]);
	bed->config = (struct rtp_fanout_config){
		.source = bed->from[0],
		.codec = { [PT] = RTP_FANOUT_CODEC_OPAQUE },
		.ssrc = rewrites ? OUT_SSRC : 0,
		.clock_rate = rewrites ? CLOCK_RATE : 0,
	};
	bed->fanout = fanout_new(bed->fd, FANOUT_USER, &bed->config, &callbacks, bed,
				 &error);
	g_assert_no_error(error);
	for (guint i = 0; i < RECEIVERS; i++) {
		bed->receivers[i] = udp_socket(&dest.addr);
		bed->next[i] = -1;
		/* the second has a cap, and numbers of its own */
		dest.cap.tid = i ? 6 : 7;
		fanout_add(bed->fanout, &dest, &error);
		g_assert_no_error(error);
	}
}

static void tear_down(struct bed *bed, gconstpointer rewrites)
{
	fanout_free(bed->fanout);
	close(bed->fd);
	for (guint i = 0; i < 2; i++)
		close(bed->sources[i]);
	for (guint i = 0; i < RECEIVERS; i++)
		close(bed->receivers[i]);
}

static void put32(guint8 *at, guint32 value)
{
	value = htonl(value);
	memcpy(at, &value, sizeof(value));
}

static guint32 get32(const guint8 *at)
{
	guint32 value;

	memcpy(&value, at, sizeof(value));
	return ntohl(value);
}

static void transmit(struct bed *bed, guint source, const guint8 *data, gsize len)
{
	struct sockaddr_storage sa;
	socklen_t sa_len = addr_to_sockaddr(&bed->addr, 0, AF_INET, &sa);

	g_assert_cmpint(sendto(bed->sources[source], data, len, 0, (struct sockaddr *)&sa,
			       sa_len), ==, len);
	while (g_main_context_iteration(NULL, FALSE))
		;
}

/* A datagram, the payload of which is its number */
static void transmit_rtp(struct bed *bed, guint source, guint32 ssrc, guint16 seq,
			 guint32 timestamp)
{
	guint8 data[HDR_LEN + 2] = { 0x80, PT, seq >> 8, seq };

	put32(data + 4, timestamp);
	put32(data + 8, ssrc);
	data[HDR_LEN] = seq >> 8;
	data[HDR_LEN + 1] = seq;
	transmit(bed, source, data, sizeof(data));
}

/*
 * What all receivers got next: the datagram that was sent with that number, under
 * their own next. Return: its timestamp.
 */
static guint32 expect(struct bed *bed, guint32 ssrc, guint16 was)
{
	guint32 timestamp = 0;

	for (guint i = 0; i < RECEIVERS; i++) {
		guint8 data[64];

		g_assert_cmpint(recv(bed->receivers[i], data, sizeof(data), 0), ==,
				HDR_LEN + 2);
		if (bed->next[i] >= 0)
			g_assert_cmpint(data[2] << 8 | data[3], ==, bed->next[i]);
		bed->next[i] = (guint16)((data[2] << 8 | data[3]) + 1);
		g_assert_cmphex(get32(data + 8), ==, ssrc);
		g_assert_cmpuint(data[HDR_LEN] << 8 | data[HDR_LEN + 1], ==, was);
		g_assert_true(!i || get32(data + 4) == timestamp);
		timestamp = get32(data + 4);
	}
	return timestamp;
}

static void expect_nothing(struct bed *bed)
{
	guint8 data[64];

	for (guint i = 0; i < RECEIVERS; i++)
		g_assert_cmpint(recv(bed->receivers[i], data, sizeof(data), 0), ==, -1);
}

static void configure(struct bed *bed)
{
	g_autoptr(GError) error = NULL;

	fanout_configure(bed->fanout, &bed->config, &error);
	g_assert_no_error(error);
}

static struct rtp_fanout_info info_of(struct bed *bed)
{
	struct rtp_fanout_info info;

	g_assert_true(fanout_info(bed->fanout, &info, NULL));
	return info;
}

/* Another source, with SSRC and numbers that may be as those before */
static void change_source(struct bed *bed, gboolean rewrites, guint32 ssrc, guint16 seq)
{
	struct rtp_fanout_info info;
	gint64 before, low, high;
	guint32 last, left;

	for (guint16 i = 0; i < 5; i++)
		transmit_rtp(bed, 0, SSRC, 100 + i, 0xfffffff0 + 8 * i);
	before = g_get_monotonic_time();
	for (guint16 i = 0; i < 5; i++)
		last = expect(bed, rewrites ? OUT_SSRC : SSRC, 100 + i);
	g_assert_cmphex(last, ==, 0x10);
	g_assert_cmpuint(bed->events, ==, 1);

	bed->config.source = bed->from[1];
	configure(bed);
	transmit_rtp(bed, 0, SSRC, 105, 0);
	g_assert_cmpuint(bed->datagrams, ==, 1);

	g_usleep(100000);
	transmit_rtp(bed, 1, ssrc, seq, 0x12345678);
	expect_nothing(bed);
	low = g_get_monotonic_time() - before;
	transmit_rtp(bed, 1, ssrc, seq + 1, 0x12345678);
	high = g_get_monotonic_time() - before;
	left = expect(bed, rewrites ? OUT_SSRC : ssrc, seq + 1);
	if (rewrites) {
		g_assert_cmpuint(left - last, >=, low * CLOCK_RATE / G_USEC_PER_SEC - 1);
		/* what was sent before was so some time before it was looked at */
		g_assert_cmpuint(left - last, <=,
				 (high + 100000) * CLOCK_RATE / G_USEC_PER_SEC);
	} else {
		g_assert_cmphex(left, ==, 0x12345678);
	}
	transmit_rtp(bed, 1, ssrc, seq + 2, 0x12345678 + 3000);
	g_assert_cmphex(expect(bed, rewrites ? OUT_SSRC : ssrc, seq + 2), ==, left + 3000);

	info = info_of(bed);
	g_assert_cmphex(info.ts_offset, ==, left - 0x12345678);
	g_assert_cmphex(info.ssrc, ==, ssrc);
	g_assert_cmpuint(info.rx_dropped_unconfirmed, ==, 1);
	g_assert_cmpuint(info.rx_dropped_duplicate, ==, 0);
	g_assert_cmpuint(info.rx_lost, ==, 0);
	g_assert_cmpuint(bed->events, ==, 2);
}

static void test_source(struct bed *bed, gconstpointer rewrites)
{
	change_source(bed, !!rewrites, OTHER_SSRC, 40000);
}

static void test_same_ssrc(struct bed *bed, gconstpointer rewrites)
{
	change_source(bed, !!rewrites, SSRC, 105);
}

static void test_same_numbers(struct bed *bed, gconstpointer rewrites)
{
	change_source(bed, !!rewrites, SSRC, 100);
}

static void test_restart(struct bed *bed, gconstpointer rewrites)
{
	guint32 ssrc = rewrites ? OUT_SSRC : SSRC;

	for (guint16 i = 0; i < 3; i++) {
		transmit_rtp(bed, 0, SSRC, i, 0);
		expect(bed, ssrc, i);
	}
	bed->config.flags = RTP_FANOUT_RESTART;
	configure(bed);
	for (guint16 i = 0; i < 3; i++)
		transmit_rtp(bed, 0, SSRC, i, 0);
	expect(bed, ssrc, 1);
	expect(bed, ssrc, 2);

	/* once, and not as long as nobody says so again */
	bed->config.flags = 0;
	configure(bed);
	for (guint16 i = 0; i < 3; i++)
		transmit_rtp(bed, 0, SSRC, i, 0);
	expect_nothing(bed);
	g_assert_cmpuint(info_of(bed).rx_dropped_duplicate, ==, 3);
}

static void test_tee(struct bed *bed, gconstpointer rewrites)
{
	guint32 ssrc = rewrites ? OUT_SSRC : SSRC;

	for (guint16 i = 0; i < 10; i++) {
		bed->config.flags = i % 2 ? RTP_FANOUT_TEE : 0;
		configure(bed);
		transmit_rtp(bed, 0, SSRC, i, i);
		g_assert_cmphex(expect(bed, ssrc, i), ==, i);
		g_assert_cmpuint(bed->datagrams, ==, (i + 1) / 2);
		/* as it came */
		if (i % 2)
			g_assert_cmphex(get32(bed->last + 8), ==, SSRC);
	}
	g_assert_cmpuint(info_of(bed).rx_teed, ==, 5);
}

/* What left and comes back does not go round. */
static void test_loop(struct bed *bed, gconstpointer rewrites)
{
	transmit_rtp(bed, 0, SSRC, 1, 0);
	expect(bed, OUT_SSRC, 1);
	for (guint16 i = 0; i < 5; i++)
		transmit_rtp(bed, 0, OUT_SSRC, 5000 + i, 0);
	expect_nothing(bed);
	g_assert_cmpuint(info_of(bed).rx_dropped_duplicate, ==, 5);
	transmit_rtp(bed, 0, SSRC, 2, 0);
	expect(bed, OUT_SSRC, 2);
}

static void test_jitter(struct bed *bed, gconstpointer rewrites)
{
	guint32 jitter;

	for (guint16 i = 0; i < 20; i++) {
		transmit_rtp(bed, 0, SSRC, i, 0);
		g_usleep(5000);
	}
	jitter = info_of(bed).rx_jitter;
	if (!rewrites) {
		g_assert_cmpuint(jitter, ==, 0);
		return;
	}
	/* 450 ticks between two, two thirds of which count after twenty */
	g_assert_cmpuint(jitter, >=, 250);
	g_assert_cmpuint(jitter, <=, CLOCK_RATE);
}

static void expect_refused(struct bed *bed, const struct rtp_fanout_config *config, int err)
{
	g_autoptr(GError) error = NULL;

	g_assert_false(fanout_configure(bed->fanout, config, &error));
	g_assert_error(error, FANOUT_ERROR, err);
}

static void test_refused(struct bed *bed, gconstpointer rewrites)
{
	struct rtp_fanout_config busy[] = {
		bed->config, bed->config, bed->config, bed->config, bed->config,
	};
	struct rtp_fanout_config bad[] = {
		bed->config, bed->config, bed->config, bed->config, bed->config,
		bed->config, bed->config,
	};

	transmit_rtp(bed, 0, SSRC, 1, 0);
	expect(bed, OUT_SSRC, 1);

	busy[0].ssrc++;
	busy[1].clock_rate++;
	busy[2].bpf_fd = bed->fd;
	busy[3].dependency_id = 1;
	busy[4].codec[97] = RTP_FANOUT_CODEC_H264;
	for (guint i = 0; i < G_N_ELEMENTS(busy); i++) {
		busy[i].flags = RTP_FANOUT_TEE;
		busy[i].source = bed->from[1];
		expect_refused(bed, &busy[i], EBUSY);
	}
	bad[0].flags = 4;
	bad[1].reserved[0] = 1;
	bad[2].source.port = 0;
	bad[3].source.family = AF_UNIX;
	inet_pton(AF_INET, "239.1.2.3", bad[4].source.addr);
	bad[5].pace_percent = 101;
	bad[6].pace_burst = 1;
	for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
		bad[i].flags |= RTP_FANOUT_TEE;
		expect_refused(bed, &bad[i], EINVAL);
	}

	/* the stream is as it was: no tee, and begun already */
	transmit_rtp(bed, 0, SSRC, 2, 0);
	expect(bed, OUT_SSRC, 2);
	g_assert_cmpuint(bed->datagrams, ==, 0);
}

#define ADD(name, rewrites, func) \
	g_test_add("/fanout/configure/" name, struct bed, GINT_TO_POINTER(rewrites), \
		   set_up, func, tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("source", TRUE, test_source);
	ADD("source-left-alone", FALSE, test_source);
	ADD("source-same-ssrc", TRUE, test_same_ssrc);
	ADD("source-same-ssrc-left-alone", FALSE, test_same_ssrc);
	ADD("source-same-numbers", TRUE, test_same_numbers);
	ADD("source-same-numbers-left-alone", FALSE, test_same_numbers);
	ADD("restart", TRUE, test_restart);
	ADD("restart-left-alone", FALSE, test_restart);
	ADD("tee", TRUE, test_tee);
	ADD("tee-left-alone", FALSE, test_tee);
	ADD("loop", TRUE, test_loop);
	ADD("jitter", TRUE, test_jitter);
	ADD("jitter-without-clock", FALSE, test_jitter);
	ADD("refused", TRUE, test_refused);
	return g_test_run();
}
