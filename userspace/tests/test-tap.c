// SPDX-License-Identifier: GPL-2.0-or-later
/* What the user's backend does with destinations that change, and the tap */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "addr.h"
#include "fanout.h"
#include "udp_socket.h"

#define PT		96
#define SSRC		0x12345678
#define HDR_LEN		12
#define COOKIE		7	/* of the tap's */
#define MAX_SEEN	256

/* A fan-out, its source, a receiver, and what the tap was given */
struct bed {
	struct fanout *fanout;
	int fd;
	int source;
	int receiver;
	struct rtp_fanout_addr addr;
	struct rtp_fanout_addr dest;
	guint16 seq;
	guint32 timestamp;
	gboolean begun;
	guint16 next;			/* number that the receiver is to get */
	guint events;			/* bits of all that were told */
	guint room;			/* datagrams that the tap takes */
	guint n_seen;
	struct {
		guint8 data[64];
		gsize len;
	} seen[MAX_SEEN];
};

static guint take(guint64 cookie, const struct fanout_copy *copies, guint n,
		  gpointer user_data)
{
	struct bed *bed = user_data;
	guint taken = MIN(n, bed->room);

	g_assert_cmpuint(cookie, ==, COOKIE);
	for (guint i = 0; i < taken; i++) {
		g_assert_cmpuint(bed->n_seen, <, MAX_SEEN);
		g_assert_cmpuint(copies[i].rest_len, <, 64 - HDR_LEN);
		memcpy(bed->seen[bed->n_seen].data, copies[i].head, HDR_LEN);
		memcpy(bed->seen[bed->n_seen].data + HDR_LEN, copies[i].rest,
		       copies[i].rest_len);
		bed->seen[bed->n_seen++].len = HDR_LEN + copies[i].rest_len;
	}
	bed->room -= taken;
	return taken;
}

static void note_event(const struct rtp_fanout_event *event, gpointer user_data)
{
	((struct bed *)user_data)->events |= event->events;
}

static void set_up(struct bed *bed, gconstpointer unused)
{
	static const struct fanout_callbacks callbacks = { .copies = take, .event = note_event };
	struct rtp_fanout_config config = { .codec = { [PT] = RTP_FANOUT_CODEC_H264 } };
	g_autoptr(GError) error = NULL;

	bed->room = MAX_SEEN;
	bed->fd = udp_socket(&bed->addr);
	bed->source = udp_socket(&config.source);
	bed->receiver = udp_socket(&bed->dest);
	bed->fanout = fanout_new(bed->fd, FANOUT_USER, &config, &callbacks, bed, &error);
	g_assert_no_error(error);
}

static void tear_down(struct bed *bed, gconstpointer unused)
{
	fanout_free(bed->fanout);
	close(bed->fd);
	close(bed->source);
	close(bed->receiver);
}

static void run(void)
{
	while (g_main_context_iteration(NULL, FALSE))
		;
}

/* NAL 20 of that layer, or a base one behind its prefix; @key: refers to nothing */
static void send_nal(struct bed *bed, guint8 type, guint did, guint tid, gboolean key)
{
	struct sockaddr_storage sa;
	socklen_t len = addr_to_sockaddr(&bed->addr, 0, AF_INET, &sa);
	guint8 data[HDR_LEN + 6] = { 0x80, PT, bed->seq >> 8, bed->seq };
	guint32 timestamp = htonl(bed->timestamp), ssrc = htonl(SSRC);

	memcpy(data + 4, &timestamp, 4);
	memcpy(data + 8, &ssrc, 4);
	data[HDR_LEN] = 0x60 | type;
	if (type == 14 || type == 20) {
		data[HDR_LEN + 1] = 0x80 | (key ? 0x40 : 0);
		data[HDR_LEN + 2] = 0x80 | did << 4;
		data[HDR_LEN + 3] = tid << 5 | 7;
	}
	data[HDR_LEN + 4] = did;
	data[HDR_LEN + 5] = tid;
	bed->seq++;
	g_assert_cmpint(sendto(bed->source, data, sizeof(data), 0, (struct sockaddr *)&sa, len),
			==, sizeof(data));
}

/* An access unit of three spatial layers: four datagrams */
static void send_unit(struct bed *bed, guint tid, gboolean key)
{
	send_nal(bed, 14, 0, tid, key);
	send_nal(bed, key ? 5 : 1, 0, tid, key);
	send_nal(bed, 20, 1, tid, key);
	send_nal(bed, 20, 2, tid, key);
	bed->timestamp += 3600;
	run();
}

static struct rtp_fanout_dest dest_of(const struct bed *bed, guint did)
{
	return (struct rtp_fanout_dest){
		.addr = bed->dest,
		.cookie = 1,
		.cap = { .did = did, .qid = 15, .tid = 7 },
	};
}

static struct rtp_fanout_dest dest_of_tap(guint did)
{
	return (struct rtp_fanout_dest){
		.cookie = COOKIE,
		.cap = { .did = did, .qid = 15, .tid = 7 },
	};
}

static void add(struct bed *bed, const struct rtp_fanout_dest *dest)
{
	g_autoptr(GError) error = NULL;

	fanout_add(bed->fanout, dest, &error);
	g_assert_no_error(error);
}

static void set(struct bed *bed, struct rtp_fanout_dest *dest, guint did, guint8 flags)
{
	g_autoptr(GError) error = NULL;

	dest->cap.did = did;
	dest->cap.flags = flags;
	fanout_set(bed->fanout, dest, RTP_FANOUT_SET_CAP, &error);
	g_assert_no_error(error);
}

/*
 * So many datagrams came at the socket, the numbers of which go on; those of the tap
 * are the same, bit for bit.
 */
static void expect(struct bed *bed, guint n)
{
	for (guint i = 0; i < n; i++) {
		guint8 data[64];
		gssize len = recv(bed->receiver, data, sizeof(data), MSG_DONTWAIT);

		g_assert_cmpint(len, ==, HDR_LEN + 6);
		if (bed->begun)
			g_assert_cmpuint(data[2] << 8 | data[3], ==, bed->next);
		bed->begun = TRUE;
		bed->next = (data[2] << 8 | data[3]) + 1;
		g_assert_cmpuint(i, <, bed->n_seen);
		g_assert_cmpmem(data, len, bed->seen[i].data, bed->seen[i].len);
	}
	g_assert_cmpuint(bed->n_seen, ==, n);
	g_assert_cmpint(recv(bed->receiver, &n, 1, MSG_DONTWAIT), ==, -1);
	bed->n_seen = 0;
}

/*
 * A cap goes up and out of a pause where layers begin, down where one may be left
 * out, and numbers have no hole; socket and tap agree in all of it.
 */
static void test_set(struct bed *bed, gconstpointer unused)
{
	struct rtp_fanout_dest dest = dest_of(bed, 0), tap = dest_of_tap(0);

	add(bed, &dest);
	add(bed, &tap);
	send_unit(bed, 0, TRUE);
	expect(bed, 2);
	set(bed, &dest, 2, 0);
	set(bed, &tap, 2, 0);
	/* nothing begins here */
	send_unit(bed, 0, FALSE);
	send_unit(bed, 0, FALSE);
	expect(bed, 4);
	g_assert_true(bed->events & RTP_FANOUT_EVENT_WAIT_SYNC);
	send_unit(bed, 0, TRUE);
	expect(bed, 4);
	set(bed, &dest, 1, 0);
	set(bed, &tap, 1, 0);
	send_unit(bed, 0, FALSE);
	expect(bed, 4);
	send_unit(bed, 0, TRUE);
	expect(bed, 3);
	set(bed, &dest, 0, RTP_FANOUT_CAP_IMMEDIATE);
	set(bed, &tap, 0, RTP_FANOUT_CAP_IMMEDIATE);
	send_unit(bed, 0, FALSE);
	expect(bed, 2);
	set(bed, &dest, 2, RTP_FANOUT_CAP_PAUSE);
	set(bed, &tap, 2, RTP_FANOUT_CAP_PAUSE);
	send_unit(bed, 0, FALSE);
	expect(bed, 0);
	set(bed, &dest, 2, 0);
	set(bed, &tap, 2, 0);
	send_unit(bed, 0, FALSE);
	expect(bed, 0);
	send_unit(bed, 0, TRUE);
	expect(bed, 4);
}

static gboolean find(const struct rtp_fanout_dest_info *info, gpointer user_data)
{
	struct rtp_fanout_dest_info *found = user_data;

	if (info->cookie != found->cookie)
		return TRUE;
	*found = *info;
	return FALSE;
}

/* What it is to get and what it gets are both told. */
static void test_current_cap(struct bed *bed, gconstpointer unused)
{
	struct rtp_fanout_dest_info found = { .cookie = COOKIE };
	struct rtp_fanout_dest tap = dest_of_tap(0);
	struct rtp_fanout_info info;

	add(bed, &tap);
	send_unit(bed, 0, TRUE);
	set(bed, &tap, 2, 0);
	send_unit(bed, 0, FALSE);
	fanout_each_dest(bed->fanout, find, &found, NULL);
	g_assert_cmpuint(found.cap.did, ==, 2);
	g_assert_cmpuint(found.current_cap.did, ==, 0);
	fanout_info(bed->fanout, &info, NULL);
	g_assert_cmpuint(info.switching, ==, 1);
	send_unit(bed, 0, TRUE);
	fanout_each_dest(bed->fanout, find, &found, NULL);
	g_assert_cmpuint(found.current_cap.did, ==, 2);
	fanout_info(bed->fanout, &info, NULL);
	g_assert_cmpuint(info.switching, ==, 0);
	g_assert_cmpuint(info.dests, ==, 1);
	g_assert_cmpuint(found.packets, ==, bed->n_seen);
	g_assert_cmpuint(found.octets, ==, bed->n_seen * 6);
	g_assert_cmpuint(info.tx_packets, ==, bed->n_seen);
}

/* What the owner does not take is dropped and counted, and leaves a hole. */
static void test_no_room(struct bed *bed, gconstpointer unused)
{
	struct rtp_fanout_dest_info found = { .cookie = COOKIE };
	struct rtp_fanout_dest tap = dest_of_tap(7);

	bed->room = 5;
	add(bed, &tap);
	for (guint i = 0; i < 3; i++)
		send_unit(bed, 0, !i);
	g_assert_cmpuint(bed->n_seen, ==, 5);
	fanout_each_dest(bed->fanout, find, &found, NULL);
	g_assert_cmpuint(found.packets, ==, 5);
	g_assert_cmpuint(found.dropped_inflight, ==, 7);
	bed->room = 1;
	send_unit(bed, 0, FALSE);
	g_assert_cmpuint((guint16)(bed->seen[5].data[3] - bed->seen[4].data[3]), ==, 8);
}

/* A lease by time, one by octets; the end is told once, and they can be renewed. */
static void test_lease(struct bed *bed, gconstpointer by_octets)
{
	struct rtp_fanout_dest_info found = { .cookie = COOKIE };
	struct rtp_fanout_dest tap = dest_of_tap(7);

	if (by_octets)
		tap.lease_octets = 4 * 6;
	else
		tap.lease_ms = 50;
	add(bed, &tap);
	send_unit(bed, 0, TRUE);
	g_assert_cmpuint(bed->n_seen, ==, 4);
	g_assert_false(bed->events & RTP_FANOUT_EVENT_LEASE_EXPIRED);
	if (!by_octets)
		g_usleep(60000);
	send_unit(bed, 0, FALSE);
	g_assert_cmpuint(bed->n_seen, ==, 4);
	g_assert_true(bed->events & RTP_FANOUT_EVENT_LEASE_EXPIRED);
	fanout_each_dest(bed->fanout, find, &found, NULL);
	g_assert_cmpuint(found.state, ==, RTP_FANOUT_STATE_EXPIRED);

	bed->events = 0;
	send_unit(bed, 0, FALSE);
	g_assert_cmpuint(bed->events, ==, 0);
	g_assert_true(fanout_set(bed->fanout, &tap, RTP_FANOUT_SET_LEASE, NULL));
	send_unit(bed, 0, FALSE);
	g_assert_cmpuint(bed->n_seen, ==, 8);
	fanout_each_dest(bed->fanout, find, &found, NULL);
	if (by_octets)
		g_assert_cmpuint(found.state, ==, RTP_FANOUT_STATE_EXPIRED);
	else
		g_assert_cmpuint(found.lease_ms, >, 0);
}

static void expect_error(gboolean done, GError **error, int err)
{
	g_assert_false(done);
	g_assert_error(*error, FANOUT_ERROR, err);
	g_clear_error(error);
}

static void test_refused(struct bed *bed, gconstpointer unused)
{
	struct rtp_fanout_dest tap = dest_of_tap(0), dest = dest_of(bed, 0), bad;
	struct rtp_fanout_info info;
	GError *error = NULL;

	add(bed, &tap);
	expect_error(fanout_add(bed->fanout, &tap, &error), &error, EEXIST);
	bad = tap;
	bad.cookie++;
	bad.addr.port = 1;
	expect_error(fanout_add(bed->fanout, &bad, &error), &error, EINVAL);
	bad = tap;
	bad.cookie++;
	bad.local[3] = 1;
	expect_error(fanout_add(bed->fanout, &bad, &error), &error, EINVAL);
	bad = tap;
	bad.cookie++;
	bad.cap.did = 8;
	expect_error(fanout_add(bed->fanout, &bad, &error), &error, EINVAL);
	bad.cap.did = 0;
	expect_error(fanout_del(bed->fanout, &bad, &error), &error, ENOENT);
	expect_error(fanout_set(bed->fanout, &bad, RTP_FANOUT_SET_CAP, &error), &error,
		     ENOENT);
	expect_error(fanout_set(bed->fanout, &dest, RTP_FANOUT_SET_CAP, &error),
		     &error, ENOENT);
	expect_error(fanout_set(bed->fanout, &tap, RTP_FANOUT_SET_COOKIE, &error),
		     &error, EINVAL);
	expect_error(fanout_set(bed->fanout, &tap, 1 << 5, &error), &error,
		     EINVAL);
	bad = tap;
	bad.cap.tid = 8;
	expect_error(fanout_set(bed->fanout, &bad, RTP_FANOUT_SET_CAP, &error),
		     &error, EINVAL);
	bad = tap;
	bad.lease_ms = RTP_FANOUT_MAX_LEASE_MS + 1;
	expect_error(fanout_set(bed->fanout, &bad, RTP_FANOUT_SET_LEASE, &error),
		     &error, EINVAL);
	fanout_info(bed->fanout, &info, NULL);
	g_assert_cmpuint(info.dests, ==, 1);
	g_assert_true(fanout_del(bed->fanout, &tap, NULL));
	fanout_info(bed->fanout, &info, NULL);
	g_assert_cmpuint(info.dests, ==, 0);
	/* of those that changed and went nothing stays */
	g_assert_cmpuint(info.caps, ==, 0);
	g_assert_cmpuint(info.switching, ==, 0);
}

#define ADD(name, data, func) \
	g_test_add("/tap/" name, struct bed, data, set_up, func, tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("set", NULL, test_set);
	ADD("current-cap", NULL, test_current_cap);
	ADD("no-room", NULL, test_no_room);
	ADD("lease-ms", NULL, test_lease);
	ADD("lease-octets", "octets", test_lease);
	ADD("refused", NULL, test_refused);
	return g_test_run();
}
