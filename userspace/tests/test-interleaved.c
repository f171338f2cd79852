// SPDX-License-Identifier: GPL-2.0-or-later
/* Viewers whose media goes over their RTSP connection, through the whole daemon */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bed.h"

#define TRACKS	2
/* Largest datagram of the origin, and what is seen of it */
#define DATAGRAM	2048

/* A viewer over TCP, and the channels that it was given */
struct tcp {
	struct rtsp *rtsp;
	char *url;
	char *session;
	guint channel[TRACKS][2];
};

/* A datagram of RTP or RTCP */
struct datagram {
	guint channel;
	guint len;
	guint8 data[DATAGRAM];
};

static guint16 number_of(const guint8 *data)
{
	return data[2] << 8 | data[3];
}

static guint32 word(const guint8 *data, guint index)
{
	data += 4 * index;
	return (guint32)data[0] << 24 | data[1] << 16 | data[2] << 8 | data[3];
}

/* SETUP with that Transport. Return: the status. */
static gint tcp_setup(struct tcp *tcp, guint track, const char *query, const char *transport)
{
	g_autofree char *url = g_strdup_printf("%s/track%u%s", tcp->url, track, query);
	g_autofree char *headers = g_strdup_printf("%sTransport: %s\r\n", tcp->session ?
						   tcp->session : "", transport);
	GstRTSPMessage *answer = rtsp_ask(tcp->rtsp, "SETUP", url, headers);
	gint status = answer->type_data.response.code;
	const char *given, *session;

	if (status == 200) {
		given = rtsp_header(answer, GST_RTSP_HDR_TRANSPORT);
		session = rtsp_header(answer, GST_RTSP_HDR_SESSION);
		if (g_str_has_prefix(given, "RTP/AVP/TCP;unicast;")) {
			given = strstr(given, "interleaved=");
			g_assert_nonnull(given);
			g_assert_cmpint(sscanf(given, "interleaved=%u-%u",
					       &tcp->channel[track][0],
					       &tcp->channel[track][1]), ==, 2);
		}
		if (!tcp->session)
			tcp->session = g_strdup_printf("Session: %.*s\r\n",
						       (int)strcspn(session, ";"), session);
	}
	gst_rtsp_message_free(answer);
	return status;
}

static struct tcp *tcp_new(struct bed *bed)
{
	struct tcp *tcp = g_new0(struct tcp, 1);

	tcp->rtsp = rtsp_connect(bed->port);
	tcp->url = g_strdup(bed->url);
	return tcp;
}

/* Connected, and set up; @cap as in "0,0,2", or NULL */
static struct tcp *tcp_new_set_up(struct bed *bed, const char *cap, guint n_tracks)
{
	g_autofree char *query = cap ? g_strconcat("?cap=", cap, NULL) : g_strdup("");
	struct tcp *tcp = tcp_new(bed);

	for (guint track = 0; track < n_tracks; track++)
		g_assert_cmpint(tcp_setup(tcp, track, query, "RTP/AVP/TCP;unicast"), ==, 200);
	return tcp;
}

static void tcp_play(struct tcp *tcp)
{
	g_assert_cmpint(rtsp_status(tcp->rtsp, "PLAY", tcp->url, tcp->session), ==, 200);
}

static void tcp_vanish(struct tcp *tcp)
{
	rtsp_close(tcp->rtsp);
	g_free(tcp->url);
	g_free(tcp->session);
	g_free(tcp);
}

static void tcp_teardown(struct tcp *tcp)
{
	g_assert_cmpint(rtsp_status(tcp->rtsp, "TEARDOWN", tcp->url, tcp->session), ==, 200);
	tcp_vanish(tcp);
}

/* The next frame. Return: FALSE at the end. */
static gboolean tcp_receive(struct tcp *tcp, struct datagram *datagram)
{
	GstRTSPMessage *msg;
	guint8 *body = NULL;

	while ((msg = rtsp_read(tcp->rtsp)) && msg->type != GST_RTSP_MESSAGE_DATA)
		gst_rtsp_message_free(msg);
	if (!msg)
		return FALSE;
	gst_rtsp_message_get_body(msg, &body, &datagram->len);
	g_assert_cmpuint(datagram->len, <=, sizeof(datagram->data));
	memcpy(datagram->data, body, datagram->len);
	datagram->channel = msg->type_data.data.channel;
	gst_rtsp_message_free(msg);
	return TRUE;
}

/* The next frame of a channel */
static void tcp_receive_on(struct tcp *tcp, guint channel, struct datagram *datagram)
{
	do
		g_assert_true(tcp_receive(tcp, datagram));
	while (datagram->channel != channel);
}

static void tcp_report(struct tcp *tcp, guint track)
{
	const char frame[] = { '$', tcp->channel[track][1], 0, 8,
			       0x80, 201, 0, 1, 1, 2, 3, 4 };

	g_assert_true(rtsp_write(tcp->rtsp, frame, sizeof(frame)));
}

/*
 * Whatever the cap, it gets over TCP bit for bit what others with that cap get over
 * UDP: the same datagrams with the same numbers.
 */
static void test_same(struct bed *bed, gconstpointer unused)
{
	static const char *const caps[] = { NULL, "1,15,7", "0,0,0", "2,0,1" };
	enum { AMOUNT = 60 };

	for (guint i = 0; i < G_N_ELEMENTS(caps); i++) {
		struct viewer *udp = viewer_new(bed, caps[i], 1);
		struct tcp *tcp = tcp_new_set_up(bed, caps[i], 1);
		g_autofree struct datagram *seen = g_new0(struct datagram, AMOUNT);
		struct datagram got;
		guint16 first = 0;
		guint same = 0;

		viewer_play(udp);
		tcp_play(tcp);
		for (guint n = 0; n < AMOUNT; n++) {
			tcp_receive_on(tcp, tcp->channel[0][0], &seen[n]);
			if (!n)
				first = number_of(seen[n].data);
			g_assert_cmpuint(number_of(seen[n].data), ==, (guint16)(first + n));
		}
		while (same < AMOUNT) {
			guint16 at;

			got.len = viewer_receive(udp, 0, 0, got.data);
			at = number_of(got.data) - first;
			/* it began to play first */
			if (at >= AMOUNT) {
				g_assert_cmpuint(same, ==, 0);
				continue;
			}
			g_assert_cmpuint(at, ==, same);
			g_assert_cmpuint(got.len, ==, seen[at].len);
			g_assert_cmpmem(got.data, got.len, seen[at].data, got.len);
			same++;
		}
		tcp_teardown(tcp);
		viewer_teardown(udp);
	}
}

/* The answer to PLAY comes before any frame, and says what comes first. */
static void test_answer_first(struct bed *bed, gconstpointer unused)
{
	struct viewer *other = viewer_new(bed, NULL, 2);
	struct tcp *tcp = tcp_new_set_up(bed, "1,0,7", 2);
	g_autofree char *play = g_strdup_printf("PLAY %s RTSP/1.0\r\nCSeq: 9\r\n%s\r\n",
						tcp->url, tcp->session);
	gboolean seen[TRACKS] = { FALSE };
	g_auto(GStrv) parts = NULL;
	struct datagram datagram;
	GstRTSPMessage *answer;

	/* the stream flows already */
	viewer_play(other);
	g_assert_true(rtsp_write(tcp->rtsp, play, strlen(play)));
	answer = rtsp_read(tcp->rtsp);
	g_assert_cmpint(answer->type, ==, GST_RTSP_MESSAGE_RESPONSE);
	g_assert_cmpint(answer->type_data.response.code, ==, 200);
	parts = g_strsplit(rtsp_header(answer, GST_RTSP_HDR_RTP_INFO), ",", 0);
	g_assert_cmpuint(g_strv_length(parts), ==, TRACKS);
	while (!seen[0] || !seen[1]) {
		guint track;

		g_assert_true(tcp_receive(tcp, &datagram));
		track = datagram.channel / 2;
		if (datagram.channel % 2 || seen[track])
			continue;
		seen[track] = TRUE;
		g_assert_cmpuint(g_ascii_strtoull(strstr(parts[track], ";seq=") + 5, NULL, 10),
				 ==, number_of(datagram.data));
	}
	gst_rtsp_message_free(answer);
	tcp_teardown(tcp);
	viewer_teardown(other);
}

/* One who does not read is dropped whole datagrams of, and holds up nobody. */
static void test_slow(struct bed *bed, gconstpointer unused)
{
	struct tcp *slow = tcp_new_set_up(bed, NULL, 1), *quick = tcp_new_set_up(bed, NULL, 1);
	g_autofree char *ask = g_strdup_printf("GET_PARAMETER %s RTSP/1.0\r\nCSeq: 77\r\n%s\r\n",
					       slow->url, slow->session);
	gint64 end, last, longest = 0;
	guint64 before_hole = 0, holes = 0;
	gboolean answered = FALSE;
	struct datagram datagram;
	GstRTSPMessage *msg;
	guint16 next;

	rtsp_set_buffer(slow->rtsp, 4096);
	tcp_play(slow);
	tcp_play(quick);
	tcp_receive_on(slow, 0, &datagram);
	next = number_of(datagram.data) + 1;
	last = g_get_monotonic_time();
	end = last + 4 * G_USEC_PER_SEC;
	/* meanwhile the other gets everything, when it is due */
	tcp_receive_on(quick, 0, &datagram);
	for (guint16 seq = number_of(datagram.data) + 1; last < end; seq++) {
		gint64 now;

		tcp_receive_on(quick, 0, &datagram);
		g_assert_cmpuint(number_of(datagram.data), ==, seq);
		now = g_get_monotonic_time();
		longest = MAX(longest, now - last);
		last = now;
	}
	g_test_message("longest wait of another viewer: %" G_GINT64_FORMAT " us", longest);
	g_assert_cmpint(longest, <, 500000);
	tcp_teardown(quick);

	/* then it asks something, and is answered behind what waits for it */
	g_assert_true(rtsp_write(slow->rtsp, ask, strlen(ask)));
	while (!answered || !holes) {
		guint8 *body = NULL;
		guint len = 0;

		msg = rtsp_read(slow->rtsp);
		g_assert_nonnull(msg);
		if (msg->type == GST_RTSP_MESSAGE_RESPONSE) {
			g_assert_cmpint(msg->type_data.response.code, ==, 200);
			g_assert_cmpstr(rtsp_header(msg, GST_RTSP_HDR_CSEQ), ==, "77");
			answered = TRUE;
		} else if (msg->type_data.data.channel == 0) {
			gst_rtsp_message_get_body(msg, &body, &len);
			/* whole: its filling is all alike */
			for (guint at = 12 + 5; at < len; at++)
				g_assert_cmphex(body[at], ==, body[12 + 4]);
			holes += number_of(body) != next;
			next = number_of(body) + 1;
			if (!holes)
				before_hole += len;
			g_assert_cmpuint(before_hole, <, 600000);
		}
		gst_rtsp_message_free(msg);
	}
	/* so much waited for it, here and in the network, of 1.3 MB that were sent */
	g_test_message("bytes that waited: %" G_GUINT64_FORMAT, before_hole);
	tcp_teardown(slow);
}

/* One who takes nothing at all is closed, and its session ends. */
static void test_stuck(struct bed *bed, gconstpointer unused)
{
	struct tcp *stuck = tcp_new_set_up(bed, NULL, 1);
	struct origin_stats stats;
	struct datagram datagram;

	rtsp_set_buffer(stuck->rtsp, 4096);
	tcp_play(stuck);
	for (guint seconds = 0; seconds < 8; seconds++) {
		g_usleep(G_USEC_PER_SEC);
		origin_get_stats(bed->origin, &stats);
		g_assert_cmpuint(stats.teardowns, ==, 0);
	}
	bed_wait(bed, &stats, stats.teardowns == 1);
	while (tcp_receive(stuck, &datagram))
		;
	tcp_vanish(stuck);
}

/* Channels are a connection's: whose are taken gets others, and is told so. */
static void test_channels(struct bed *bed, gconstpointer unused)
{
	struct tcp *a = tcp_new(bed), *b = tcp_new(bed);
	struct datagram datagram;
	guint seen = 0;

	g_assert_cmpint(tcp_setup(a, 0, "", "RTP/AVP/TCP;unicast;interleaved=2-3"), ==, 200);
	g_assert_cmpuint(a->channel[0][0], ==, 2);
	g_assert_cmpuint(a->channel[0][1], ==, 3);
	g_assert_cmpint(tcp_setup(a, 1, "", "RTP/AVP/TCP;unicast;interleaved=2-3"), ==, 200);
	g_assert_cmpuint(a->channel[1][0], ==, 0);
	g_assert_cmpuint(a->channel[1][1], ==, 1);
	/* one channel in common is a clash, too; its own are not */
	g_assert_cmpint(tcp_setup(a, 1, "", "RTP/AVP/TCP;unicast;interleaved=3-4"), ==, 200);
	g_assert_cmpuint(a->channel[1][0], ==, 0);
	g_assert_cmpint(tcp_setup(a, 1, "", "RTP/AVP/TCP;unicast;interleaved=1-0"), ==, 200);
	g_assert_cmpuint(a->channel[1][0], ==, 1);
	g_assert_cmpuint(a->channel[1][1], ==, 0);
	g_assert_cmpint(tcp_setup(a, 1, "", "RTP/AVP/TCP;unicast;interleaved=9-9"), ==, 461);
	g_assert_cmpint(tcp_setup(a, 1, "", "RTP/AVP/TCP;unicast;interleaved=256-257"), ==,
			461);

	/* another session on the same connection, and one on another */
	b->session = NULL;
	g_free(a->session);
	a->session = NULL;
	g_assert_cmpint(tcp_setup(a, 0, "", "RTP/AVP/TCP;unicast;interleaved=2-3"), ==, 200);
	g_assert_cmpuint(a->channel[0][0], ==, 4);
	g_assert_cmpint(tcp_setup(b, 0, "", "RTP/AVP/TCP;unicast;interleaved=2-3"), ==, 200);
	g_assert_cmpuint(b->channel[0][0], ==, 2);
	tcp_play(a);
	for (guint n = 0; n < 50; n++) {
		g_assert_true(tcp_receive(a, &datagram));
		g_assert_cmpuint(datagram.channel / 2, ==, 2);
		seen |= 1 << datagram.channel % 2;
	}
	g_assert_cmpuint(seen & 1, ==, 1);
	tcp_teardown(a);
	tcp_vanish(b);
}

/* All 128 pairs of a connection; who asks for one more is told 461. */
static void test_too_many(struct bed *bed, gconstpointer unused)
{
	struct tcp *tcp = tcp_new(bed);

	for (guint n = 0; n < 128; n++) {
		g_clear_pointer(&tcp->session, g_free);
		g_assert_cmpint(tcp_setup(tcp, 0, "", "RTP/AVP/TCP;unicast"), ==, 200);
		g_assert_cmpuint(tcp->channel[0][0], ==, 2 * n);
	}
	g_clear_pointer(&tcp->session, g_free);
	g_assert_cmpint(tcp_setup(tcp, 0, "", "RTP/AVP/TCP;unicast"), ==, 461);
	tcp_vanish(tcp);
}

/* A connection takes along what is on it; what is over UDP outlives it. */
static void test_connection_ends(struct bed *bed, gconstpointer unused)
{
	struct tcp *tcp = tcp_new_set_up(bed, NULL, 2);
	struct viewer *udp;
	struct origin_stats stats;
	guint8 data[DATAGRAM];
	gint64 began;

	tcp_play(tcp);
	began = g_get_monotonic_time();
	tcp_vanish(tcp);
	bed_wait(bed, &stats, stats.teardowns == 1);
	g_assert_cmpint(g_get_monotonic_time() - began, <, G_USEC_PER_SEC);

	udp = viewer_new(bed, NULL, 1);
	viewer_play(udp);
	rtsp_close(udp->rtsp);
	for (guint i = 0; i < 2 * BED_TIMEOUT; i++) {
		g_usleep(G_USEC_PER_SEC / 2);
		viewer_report(udp, 0);
	}
	while (recv(udp->fd[0][0], data, sizeof(data), MSG_DONTWAIT) > 0)
		;
	g_assert_cmpint(viewer_receive(udp, 0, 0, data), >, 0);
	udp->rtsp = rtsp_connect(bed->port);
	viewer_teardown(udp);
}

/* What the viewer is told of the sender counts what it was sent, on its channel. */
static void test_rtcp(struct bed *bed, gconstpointer unused)
{
	struct tcp *tcp = tcp_new_set_up(bed, "0,0,7", 1);
	guint packets = 0, octets = 0, reports = 0;
	struct datagram datagram;

	tcp_play(tcp);
	while (reports < 3) {
		g_assert_true(tcp_receive(tcp, &datagram));
		if (datagram.channel == 0) {
			packets++;
			octets += datagram.len - 12;
			continue;
		}
		g_assert_cmpuint(datagram.channel, ==, 1);
		g_assert_cmphex(word(datagram.data, 0), ==, 0x80c80006);
		g_assert_cmphex(word(datagram.data, 1), ==, ORIGIN_SSRC);
		g_assert_cmpuint(word(datagram.data, 5), ==, packets);
		g_assert_cmpuint(word(datagram.data, 6), ==, octets);
		reports++;
	}
	tcp_teardown(tcp);
}

/*
 * RTCP on its channel is a sign of life of who plays and is sent nothing; frames on
 * channels that nobody has, or of media, or that are no RTCP, are nothing.
 */
static void test_frames(struct bed *bed, gconstpointer unused)
{
	static const char junk[] = "$\0\0\4abcd$\xff\0\4abcd$\1\0\4abcd$\1\0\0$\0\0\0";
	struct tcp *tcp = tcp_new_set_up(bed, "0,0,0", 1);
	struct datagram datagram;

	tcp_play(tcp);
	for (guint i = 0; i < 100; i++) {
		g_assert_true(rtsp_write(tcp->rtsp, junk, sizeof(junk) - 1));
		tcp_report(tcp, 0);
		g_assert_true(tcp_receive(tcp, &datagram));
	}
	g_assert_cmpint(rtsp_status(tcp->rtsp, "GET_PARAMETER", tcp->url, tcp->session), ==,
			200);
	tcp_teardown(tcp);
}

/* A track each way, in one session */
static void test_mixed(struct bed *bed, gconstpointer unused)
{
	struct tcp *tcp = tcp_new(bed);
	g_autofree char *transport = NULL;
	struct datagram datagram;
	guint16 port[2];
	int fd[2];

	rtsp_open_pair(VIEWER_HOST, fd, port);
	transport = g_strdup_printf("RTP/AVP;unicast;client_port=%u-%u", port[0], port[1]);
	g_assert_cmpint(tcp_setup(tcp, 0, "?cap=0,0,0", "RTP/AVP/TCP;unicast"), ==, 200);
	g_assert_cmpint(tcp_setup(tcp, 1, "", transport), ==, 200);
	tcp_play(tcp);
	for (guint n = 0; n < 20; n++) {
		guint8 data[DATAGRAM];

		tcp_receive_on(tcp, 0, &datagram);
		g_assert_cmpuint(datagram.data[1] & 0x7f, ==, ORIGIN_VIDEO);
		g_assert_cmpint(recv(fd[0], data, sizeof(data), 0), ==, 12 + 160);
		g_assert_cmpuint(data[1] & 0x7f, ==, ORIGIN_AUDIO);
	}
	/* set up anew over UDP, its channels are free */
	tcp_teardown(tcp);
	close(fd[0]);
	close(fd[1]);
}

#define ADD(name, func) \
	g_test_add("/interleaved/" name, struct bed, NULL, bed_set_up, func, bed_tear_down)

#define ADD_PATIENT(name, func) \
	g_test_add("/interleaved/" name, struct bed, &patient, bed_set_up, func, \
		   bed_tear_down)

int main(int argc, char **argv)
{
	/* not its silence is to end it */
	static const struct bed_wish patient = { .server = "timeout=60\n" };

	g_test_init(&argc, &argv, NULL);
	ADD("same", test_same);
	ADD("answer-first", test_answer_first);
	ADD_PATIENT("slow", test_slow);
	ADD_PATIENT("stuck", test_stuck);
	ADD("channels", test_channels);
	ADD("too-many", test_too_many);
	ADD("connection-ends", test_connection_ends);
	ADD("rtcp", test_rtcp);
	ADD("frames", test_frames);
	ADD("mixed", test_mixed);
	return g_test_run();
}
