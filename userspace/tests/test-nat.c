// SPDX-License-Identifier: GPL-2.0-or-later
/* Viewers behind a NAT: where their media goes, and what strangers cannot change */
#include <arpa/inet.h>
#include <errno.h>
#include <json-glib/json-glib.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "bed.h"

/* Another host than the viewers' */
#define STRANGER_HOST	"127.0.0.4"
/* Another address of the relay */
#define OTHER_RELAY	"127.0.0.9"

static const guint8 punch[] = { 0xce, 0xfa, 0xed, 0xfe };
static const guint8 report[] = { 0x80, 201, 0, 1, 1, 2, 3, 4 };

static guint32 word(const guint8 *data, guint index)
{
	data += 4 * index;
	return (guint32)data[0] << 24 | data[1] << 16 | data[2] << 8 | data[3];
}

static guint16 number_of(const guint8 *data)
{
	return data[2] << 8 | data[3];
}

/* To the port of RTP (0) or RTCP (1) of the first track */
static void send_to(const struct viewer *viewer, int fd, guint rtcp, const guint8 *data,
		    gsize len)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(viewer->server_port[0][rtcp]),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};

	g_assert_cmpint(sendto(fd, data, len, 0, (struct sockaddr *)&to, sizeof(to)), ==,
			len);
}

static void close_pair(const int fd[static 2])
{
	close(fd[0]);
	close(fd[1]);
}

/* What a viewer behind a NAT sends from other ports than it named */
static void punch_both(const struct viewer *viewer, const int fd[static 2])
{
	send_to(viewer, fd[0], 0, punch, sizeof(punch));
	send_to(viewer, fd[1], 1, report, sizeof(report));
}

/* It does, and that is learned from then on. */
static void learn_media(struct bed *bed, const struct viewer *viewer,
			const int fd[static 2])
{
	send_to(viewer, fd[0], 0, punch, sizeof(punch));
	bed_await_log(bed, "viewer-moved: path=/cam track=0 what=media");
}

static void learn_rtcp(struct bed *bed, const struct viewer *viewer,
		       const int fd[static 2])
{
	send_to(viewer, fd[1], 1, report, sizeof(report));
	bed_await_log(bed, "viewer-moved: path=/cam track=0 what=rtcp");
}

static void drain(int fd)
{
	guint8 data[2048];

	while (recv(fd, data, sizeof(data), MSG_DONTWAIT) > 0)
		;
}

/* Nothing but what was under way comes any more. */
static void expect_silence(int fd)
{
	guint8 data[2048];

	g_usleep(100000);
	drain(fd);
	g_usleep(300000);
	g_assert_cmpint(recv(fd, data, sizeof(data), MSG_DONTWAIT), ==, -1);
}

static void expect_media(int fd, guint8 data[static 2048])
{
	drain(fd);
	g_assert_cmpint(recv(fd, data, 2048, 0), >, 12);
	g_assert_cmpuint(data[1] & 0x7f, ==, ORIGIN_VIDEO);
}

static void play(struct viewer *viewer)
{
	g_assert_cmpint(rtsp_status(viewer->rtsp, "PLAY", viewer->url, viewer->session), ==,
			200);
}

/* A counter of the first track */
static gint64 counter(struct bed *bed, const char *name)
{
	g_autoptr(GDataInputStream) lines = g_data_input_stream_new(
				g_subprocess_get_stdout_pipe(bed->daemon));
	g_autofree char *line = NULL;
	g_autoptr(JsonNode) node = NULL;

	g_filter_input_stream_set_close_base_stream(G_FILTER_INPUT_STREAM(lines), FALSE);
	g_subprocess_send_signal(bed->daemon, SIGUSR1);
	line = g_data_input_stream_read_line(lines, NULL, NULL, NULL);
	node = json_from_string(line, NULL);
	return json_object_get_int_member(json_node_get_object(node), name);
}

/* What a viewer sends before PLAY says where all is to go. */
static void test_before_play(struct bed *bed, gconstpointer unused)
{
	struct viewer *viewer = viewer_new(bed, NULL, 1);
	guint8 data[2048];
	guint16 port[2];
	int fd[2];

	rtsp_open_pair(VIEWER_HOST, fd, port);
	learn_media(bed, viewer, fd);
	learn_rtcp(bed, viewer, fd);
	play(viewer);
	expect_media(fd[0], data);
	g_assert_cmpint(recv(fd[1], data, sizeof(data), 0), >=, 28);
	g_assert_cmphex(word(data, 0), ==, 0x80c80006);
	expect_silence(viewer->fd[0][0]);
	expect_silence(viewer->fd[0][1]);
	viewer_teardown(viewer);
	close_pair(fd);
}

/* What it sends after PLAY does, too; numbers and counts of what is sent go on. */
static void test_after_play(struct bed *bed, gconstpointer unused)
{
	struct viewer *viewer = viewer_new(bed, "1,0,7", 1);
	guint8 data[2048];
	guint16 port[2], first, last;
	guint packets;
	int fd[2];

	rtsp_open_pair(VIEWER_HOST, fd, port);
	play(viewer);
	g_assert_cmpint(viewer_receive(viewer, 0, 0, data), >, 12);
	first = number_of(data);
	g_usleep(100000);
	learn_media(bed, viewer, fd);
	g_usleep(100000);
	last = first;
	while (recv(viewer->fd[0][0], data, sizeof(data), MSG_DONTWAIT) > 0)
		g_assert_cmpuint(number_of(data), ==, ++last);
	for (guint n = 0; n < 20; n++) {
		g_assert_cmpint(recv(fd[0], data, sizeof(data), 0), >, 12);
		g_assert_cmpuint(number_of(data), ==, ++last);
	}
	expect_silence(viewer->fd[0][0]);

	/* a report goes where SETUP said, and counts both */
	drain(viewer->fd[0][1]);
	g_assert_cmpint(viewer_receive(viewer, 0, 1, data), >=, 28);
	packets = word(data, 5);
	g_assert_cmpuint(packets, >=, (guint16)(last - first) + 1);
	viewer_teardown(viewer);
	close_pair(fd);
}

/* From another host nothing is learned. */
static void test_other_host(struct bed *bed, gconstpointer unused)
{
	struct viewer *viewer = viewer_new(bed, NULL, 1);
	guint8 data[2048];
	guint16 port[2];
	int fd[2];

	rtsp_open_pair(STRANGER_HOST, fd, port);
	punch_both(viewer, fd);
	play(viewer);
	punch_both(viewer, fd);
	expect_media(viewer->fd[0][0], data);
	g_assert_cmpint(counter(bed, "nat_refused"), ==, 4);
	g_assert_cmpint(counter(bed, "nat_learned"), ==, 0);
	expect_silence(fd[0]);
	g_assert_cmpint(recv(fd[1], data, sizeof(data), MSG_DONTWAIT), ==, -1);
	viewer_teardown(viewer);
	close_pair(fd);
}

/* nat=any: it is, while there is one viewer that it can be. */
static void test_any(struct bed *bed, gconstpointer unused)
{
	struct viewer *viewer = viewer_new(bed, NULL, 1);
	guint8 data[2048];
	guint16 port[2];
	int fd[2];

	rtsp_open_pair(STRANGER_HOST, fd, port);
	learn_media(bed, viewer, fd);
	learn_rtcp(bed, viewer, fd);
	play(viewer);
	expect_media(fd[0], data);
	g_assert_cmpint(recv(fd[1], data, sizeof(data), 0), >=, 28);
	viewer_teardown(viewer);
	close_pair(fd);
}

/* nat=off: not even from its own host. */
static void test_off(struct bed *bed, gconstpointer unused)
{
	struct viewer *viewer = viewer_new(bed, NULL, 1);
	guint8 data[2048];
	guint16 port[2];
	int fd[2];

	rtsp_open_pair(VIEWER_HOST, fd, port);
	send_to(viewer, fd[0], 0, punch, sizeof(punch));
	play(viewer);
	expect_media(viewer->fd[0][0], data);
	g_assert_cmpint(counter(bed, "nat_refused"), ==, 1);
	expect_silence(fd[0]);
	viewer_teardown(viewer);
	close_pair(fd);
}

/*
 * Two at one host: whose a datagram is cannot be told, until one of them is known.
 * RTCP from the port after its media's is its own.
 */
static void test_ambiguous(struct bed *bed, gconstpointer unused)
{
	struct viewer *a = viewer_new(bed, NULL, 1), *b = viewer_new(bed, NULL, 1);
	guint16 port[2], other_port[2];
	int fd[2], other[2];
	guint8 data[2048];

	rtsp_open_pair(VIEWER_HOST, fd, port);
	rtsp_open_pair(VIEWER_HOST, other, other_port);
	punch_both(a, fd);
	play(a);
	play(b);
	expect_media(a->fd[0][0], data);
	expect_media(b->fd[0][0], data);
	g_assert_cmpint(counter(bed, "nat_ambiguous"), ==, 2);
	g_assert_cmpint(counter(bed, "nat_learned"), ==, 0);
	expect_silence(fd[0]);

	/* a comes from where it said: what remains is b */
	send_to(a, a->fd[0][0], 0, punch, sizeof(punch));
	learn_media(bed, b, fd);
	expect_media(fd[0], data);
	expect_media(a->fd[0][0], data);
	expect_silence(b->fd[0][0]);
	/* of both the port of RTCP is not known */
	send_to(b, other[1], 1, report, sizeof(report));
	learn_rtcp(bed, b, fd);
	g_assert_cmpint(counter(bed, "nat_ambiguous"), ==, 3);
	g_assert_cmpint(recv(fd[1], data, sizeof(data), 0), >=, 28);
	viewer_teardown(a);
	viewer_teardown(b);
	close_pair(fd);
	close_pair(other);
}

/* Who is known is not moved: not by another port of its host, nor twice. */
static void test_once(struct bed *bed, gconstpointer unused)
{
	struct viewer *viewer = viewer_new(bed, NULL, 1);
	guint16 port[2], other_port[2];
	int fd[2], other[2];
	guint8 data[2048];

	rtsp_open_pair(VIEWER_HOST, fd, port);
	rtsp_open_pair(VIEWER_HOST, other, other_port);
	/* no translation: RTCP from its own port is enough */
	play(viewer);
	viewer_report(viewer, 0);
	g_usleep(50000);
	punch_both(viewer, fd);
	expect_media(viewer->fd[0][0], data);
	g_assert_cmpint(counter(bed, "nat_refused"), ==, 2);
	viewer_teardown(viewer);

	viewer = viewer_new(bed, NULL, 1);
	play(viewer);
	learn_media(bed, viewer, fd);
	send_to(viewer, other[0], 0, punch, sizeof(punch));
	expect_media(fd[0], data);
	expect_silence(other[0]);
	viewer_teardown(viewer);
	close_pair(fd);
	close_pair(other);
}

/* RTCP of strangers keeps nobody alive, and what is no RTCP moves nobody. */
static void test_spoofed(struct bed *bed, gconstpointer unused)
{
	static const guint8 bye[] = { 0x80, 201, 0, 1, 1, 2, 3, 4, 0x81, 203, 0, 1, 1, 2, 3, 4 };
	struct viewer *viewer = viewer_new(bed, NULL, 1);
	guint8 data[2048];
	guint16 port[2], own_port[2];
	int fd[2], own[2];

	rtsp_open_pair(STRANGER_HOST, fd, port);
	rtsp_open_pair(VIEWER_HOST, own, own_port);
	play(viewer);
	send_to(viewer, own[1], 1, punch, sizeof(punch));
	send_to(viewer, own[1], 1, report, 3);
	for (guint i = 0; i < BED_TIMEOUT * 2; i++) {
		send_to(viewer, fd[1], 1, report, sizeof(report));
		send_to(viewer, fd[1], 1, bye, sizeof(bye));
		expect_media(viewer->fd[0][0], data);
		g_usleep(400000);
	}
	g_assert_cmpint(counter(bed, "nat_learned"), ==, 0);
	g_assert_cmpint(counter(bed, "rtcp_ignored"), ==, 4 * BED_TIMEOUT + 2);
	bed_await_log(bed, "reason=timeout");
	viewer_vanish(viewer);
	close_pair(fd);
	close_pair(own);
}

/* Any two ports will do, but they are two; the relay's are what they are. */
static void test_pairs(struct bed *bed, gconstpointer unused)
{
	struct viewer *viewer = viewer_new(bed, NULL, 1);
	g_autofree char *track = g_strconcat(bed->url, "/track0", NULL);
	g_autofree char *transport = NULL;
	guint16 port[2][2];
	guint8 data[2048];
	int fd[2][2];

	for (guint i = 0; i < 2; i++)
		rtsp_open_pair(VIEWER_HOST, fd[i], port[i]);
	/* an odd one and one elsewhere */
	transport = g_strdup_printf("%sTransport: RTP/AVP;unicast;client_port=%u-%u\r\n",
				    viewer->session, port[0][1], port[1][0]);
	g_assert_cmpint(rtsp_status(viewer->rtsp, "SETUP", track, transport), ==, 200);
	play(viewer);
	expect_media(fd[0][1], data);
	g_assert_cmpint(recv(fd[1][0], data, sizeof(data), 0), >=, 28);
	g_assert_cmphex(word(data, 0), ==, 0x80c80006);
	expect_silence(fd[0][0]);
	expect_silence(viewer->fd[0][0]);
	viewer_teardown(viewer);
	for (guint i = 0; i < 2; i++) {
		close(fd[i][0]);
		close(fd[i][1]);
	}
}

/* A viewer whose UDP never came is told about, with what to do; others are not. */
static void test_silent(struct bed *bed, gconstpointer unused)
{
	struct viewer *silent = viewer_new(bed, NULL, 1), *reports = viewer_new(bed, NULL, 1);
	g_autofree char *log = NULL;
	const char *found;

	play(reports);
	play(silent);
	for (guint i = 0; i < 11; i++) {
		viewer_report(reports, 0);
		g_assert_cmpint(rtsp_status(silent->rtsp, "GET_PARAMETER", bed->url,
					    silent->session), ==, 200);
		g_usleep(G_USEC_PER_SEC);
	}
	bed_await_log(bed, "viewer-silent: path=/cam viewer=" VIEWER_HOST);
	g_assert_true(g_file_get_contents(bed->log, &log, NULL, NULL));
	found = strstr(log, "viewer-silent");
	g_assert_nonnull(strstr(found, "-rtsp_transport tcp"));
	g_assert_null(strstr(found + 1, "viewer-silent"));
	viewer_teardown(silent);
	viewer_teardown(reports);
}

/* Who moves is the last of its cap: its numbers go on. */
static void test_cap_alone(struct bed *bed, gconstpointer unused)
{
	struct viewer *viewer = viewer_new(bed, "0,0,0", 1);
	guint8 data[2048];
	guint16 port[2], last;
	int fd[2];

	rtsp_open_pair(VIEWER_HOST, fd, port);
	viewer_play(viewer);
	send_to(viewer, fd[0], 0, punch, sizeof(punch));
	g_assert_cmpint(recv(fd[0], data, sizeof(data), 0), >, 12);
	last = number_of(data);
	for (guint n = 0; n < 10; n++) {
		g_assert_cmpint(recv(fd[0], data, sizeof(data), 0), >, 12);
		g_assert_cmpuint(number_of(data), ==, ++last);
	}
	viewer_teardown(viewer);
	close_pair(fd);
}

/*
 * A relay with several addresses, that listens on all of them, of both families:
 * media and RTCP come from that which the viewer spoke to.
 */
static void test_reply_address(struct bed *bed, gconstpointer unused)
{
	g_autofree char *listen = NULL, *track = g_strconcat(bed->url, "/track0", NULL);
	g_autofree char *transport = NULL, *session = NULL;
	GstRTSPMessage *answer;
	struct rtsp *rtsp;
	guint16 port[2];
	int fd[2];

	bed_kill(bed);
	bed->port = bed_free_port();
	listen = g_strdup_printf("listen=[::]:%u\n", bed->port);
	bed_configure(bed, listen, NULL);
	bed_start(bed, NULL);
	rtsp = rtsp_connect_between(VIEWER_HOST, OTHER_RELAY, bed->port);
	rtsp_open_pair(VIEWER_HOST, fd, port);
	transport = g_strdup_printf("Transport: RTP/AVP;unicast;client_port=%u-%u\r\n",
				    port[0], port[1]);
	answer = rtsp_ask(rtsp, "SETUP", track, transport);
	g_assert_cmpint(answer->type_data.response.code, ==, 200);
	session = g_strdup_printf("Session: %.32s\r\n",
				  rtsp_header(answer, GST_RTSP_HDR_SESSION));
	gst_rtsp_message_free(answer);
	g_assert_cmpint(rtsp_status(rtsp, "PLAY", bed->url, session), ==, 200);
	for (guint i = 0; i < 2; i++) {
		struct sockaddr_in from, other = { .sin_family = AF_INET };
		socklen_t len = sizeof(from);
		guint8 data[2048];

		inet_pton(AF_INET, OTHER_RELAY, &other.sin_addr);
		g_assert_cmpint(recvfrom(fd[i], data, sizeof(data), 0,
					 (struct sockaddr *)&from, &len), >, 0);
		g_assert_cmphex(from.sin_addr.s_addr, ==, other.sin_addr.s_addr);
		close(fd[i]);
	}
	g_assert_cmpint(rtsp_status(rtsp, "TEARDOWN", bed->url, session), ==, 200);
	rtsp_close(rtsp);
}

#define ADD(name, wish, func) \
	g_test_add("/nat/" name, struct bed, wish, bed_set_up, func, bed_tear_down)

int main(int argc, char **argv)
{
	static const struct bed_wish any = { .cam = "nat=any\n" };
	static const struct bed_wish off = { .cam = "nat=off\n" };

	g_test_init(&argc, &argv, NULL);
	ADD("before-play", NULL, test_before_play);
	ADD("complaint-6-learned-port", NULL, test_after_play);
	ADD("other-host", NULL, test_other_host);
	ADD("any", &any, test_any);
	ADD("off", &off, test_off);
	ADD("ambiguous", NULL, test_ambiguous);
	ADD("once", NULL, test_once);
	ADD("spoofed", NULL, test_spoofed);
	ADD("pairs", NULL, test_pairs);
	ADD("complaint-6-silent", NULL, test_silent);
	ADD("cap-alone", NULL, test_cap_alone);
	ADD("reply-address", NULL, test_reply_address);
	return g_test_run();
}
