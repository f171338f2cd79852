// SPDX-License-Identifier: GPL-2.0-or-later
/* rtsps: what is served, and those who shake hands slowly, or not at all */
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#include "bed.h"
#include "limit.h"

/* Where those connect from who mean harm */
#define OTHER_HOST	"127.0.0.9"
/* Their number; GIO's threads are fewer */
#define STALLED		64
/* What anybody else waits, at most: of a busy machine, under a sanitizer */
#define QUICK_US	6000000
/* Those whose memory is measured, and the most that each may take */
#define VIEWERS		100
#define VIEWER_BYTES	(64 * 1024)

struct secure {
	struct bed bed;
	guint16 port;
	char *url;
};

static char *certificate_file(char which)
{
	g_autofree char *name = g_strdup_printf("relay-%c.pem", which);

	return g_build_filename(g_getenv("TESTS"), name, NULL);
}

static void configure(struct secure *secure, char certificate, const char *more)
{
	g_autofree char *file = certificate_file(certificate);
	g_autofree char *server = NULL, *paths = NULL;

	server = g_strdup_printf("listen-tls=" RELAY_HOST ":%u\ncertificate=%s\n%s",
				 secure->port, file, more ? more : "");
	paths = g_strdup_printf("[user alice]\npassword=wonder land\n"
				"[path /cam]\nupstream=rtsp://" ORIGIN_HOST ":%u/live\nusers=*\n"
				"[path /closed]\nupstream=rtsp://" ORIGIN_HOST ":%u/live\n",
				origin_port(secure->bed.origin),
				origin_port(secure->bed.origin));
	bed_configure(&secure->bed, server, paths);
}

/* The daemon has no TLS at first: it comes with a reload. */
static void set_up(struct secure *secure, gconstpointer more)
{
	struct rtsp *rtsp;

	bed_set_up(&secure->bed, NULL);
	/* it listens before it takes signals, and serves after */
	rtsp = rtsp_connect(secure->bed.port);
	g_assert_cmpint(rtsp_status(rtsp, "OPTIONS", "*", NULL), ==, 200);
	rtsp_close(rtsp);
	secure->port = bed_free_port();
	secure->url = g_strdup_printf("rtsps://" RELAY_HOST ":%u/cam", secure->port);
	configure(secure, 'a', more);
	g_subprocess_send_signal(secure->bed.daemon, SIGHUP);
	bed_await_log(&secure->bed, "reloaded:");
}

static void tear_down(struct secure *secure, gconstpointer unused)
{
	g_free(secure->url);
	bed_tear_down(&secure->bed, NULL);
}

static struct rtsp *connect_tls(struct secure *secure)
{
	struct rtsp *rtsp = rtsp_connect(secure->port);

	g_assert_true(rtsp_secure(rtsp));
	return rtsp;
}

static void assert_quick(struct secure *secure)
{
	gint64 start = g_get_monotonic_time();
	struct rtsp *rtsp = connect_tls(secure);

	g_assert_cmpint(rtsp_status(rtsp, "OPTIONS", secure->url, NULL), ==, 200);
	g_test_message("served in %" G_GINT64_FORMAT " ms",
		       (g_get_monotonic_time() - start) / 1000);
	g_assert_cmpint(g_get_monotonic_time() - start, <, QUICK_US);
	rtsp_close(rtsp);
}

static void test_served(struct secure *secure, gconstpointer unused)
{
	struct rtsp *rtsp = connect_tls(secure), *plain = rtsp_connect(secure->bed.port);
	g_autofree char *base = g_strconcat(secure->url, "/", NULL);
	GstRTSPMessage *answer = rtsp_ask(rtsp, "DESCRIBE", secure->url, NULL);
	guint8 *body = NULL;
	guint len;

	g_assert_cmpint(answer->type_data.response.code, ==, 200);
	g_assert_cmpstr(rtsp_header(answer, GST_RTSP_HDR_CONTENT_BASE), ==, base);
	gst_rtsp_message_get_body(answer, &body, &len);
	g_assert_nonnull(strstr((char *)body, "a=control:rtsps://"));
	gst_rtsp_message_free(answer);
	g_assert_cmpint(rtsp_status(plain, "DESCRIBE", secure->bed.url, NULL), ==, 200);
	rtsp_close(rtsp);
	rtsp_close(plain);
}

static gint setup_udp(struct secure *secure)
{
	g_autofree char *track = g_strconcat(secure->url, "/track0", NULL);
	struct rtsp *rtsp = connect_tls(secure);
	gint status = rtsp_status(rtsp, "SETUP", track,
				  "Transport: RTP/AVP;unicast;client_port=5000-5001\r\n");

	rtsp_close(rtsp);
	return status;
}

/* Media in clear beside RTSP that is not: only where somebody wanted it */
static void test_udp(struct secure *secure, gconstpointer more)
{
	g_assert_cmpint(setup_udp(secure), ==, more ? 200 : 461);
}

/* Media over the connection itself; of the two offers it is the one that is taken. */
static void test_interleaved(struct secure *secure, gconstpointer unused)
{
	g_autofree char *track = g_strconcat(secure->url, "/track0", NULL);
	struct rtsp *rtsp = connect_tls(secure);
	g_autofree char *session = NULL;
	GstRTSPMessage *answer;
	guint frames = 0;

	answer = rtsp_ask(rtsp, "SETUP", track, "Transport: RTP/AVP;unicast;"
			  "client_port=5000-5001,RTP/AVP/TCP;unicast;interleaved=2-3\r\n");
	g_assert_cmpint(answer->type_data.response.code, ==, 200);
	g_assert_nonnull(strstr(rtsp_header(answer, GST_RTSP_HDR_TRANSPORT),
				"interleaved=2-3"));
	session = g_strdup_printf("Session: %.32s\r\n",
				  rtsp_header(answer, GST_RTSP_HDR_SESSION));
	gst_rtsp_message_free(answer);
	g_assert_cmpint(rtsp_status(rtsp, "PLAY", secure->url, session), ==, 200);
	while (frames < 100) {
		GstRTSPMessage *frame = rtsp_read(rtsp);

		g_assert_nonnull(frame);
		g_assert_cmpint(frame->type, ==, GST_RTSP_MESSAGE_DATA);
		frames += frame->type_data.data.channel == 2;
		gst_rtsp_message_free(frame);
	}
	rtsp_close(rtsp);
}

/* With TLS, Basic is good enough, and offered first: it is the weakest. */
static void test_basic(struct secure *secure, gconstpointer unused)
{
	static const struct {
		const char *pair;
		gint status;
	} rows[] = {
		{ "alice:wonder land", 200 },
		{ "alice:wonder", 401 },
		{ "alice", 401 },
		{ "bob:wonder land", 401 },
	};
	g_autofree char *url = g_strdup_printf("rtsps://" RELAY_HOST ":%u/closed",
					       secure->port);

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *pair = g_base64_encode((const guint8 *)rows[i].pair,
							strlen(rows[i].pair));
		g_autofree char *headers = g_strdup_printf("Authorization: Basic %s\r\n", pair);
		struct rtsp *rtsp = connect_tls(secure);
		GstRTSPMessage *answer = rtsp_ask(rtsp, "DESCRIBE", url, NULL);

		g_assert_cmpint(answer->type_data.response.code, ==, 401);
		g_assert_cmpstr(rtsp_header(answer, GST_RTSP_HDR_WWW_AUTHENTICATE), ==,
				"Basic realm=\"rtprelayd\"");
		gst_rtsp_message_free(answer);
		g_assert_cmpint(rtsp_status(rtsp, "DESCRIBE", url, headers), ==, rows[i].status);
		rtsp_close(rtsp);
	}
}

/* A reload brings another certificate; who is there stays. */
static void test_certificate(struct secure *secure, gconstpointer unused)
{
	struct rtsp *before = connect_tls(secure), *after;
	g_autofree char *a = certificate_file('a'), *b = certificate_file('b');
	g_autoptr(GTlsCertificate) first = g_tls_certificate_new_from_file(a, NULL);
	g_autoptr(GTlsCertificate) second = g_tls_certificate_new_from_file(b, NULL);

	g_assert_true(g_tls_certificate_is_same(rtsp_certificate(before), first));
	configure(secure, 'b', NULL);
	g_subprocess_send_signal(secure->bed.daemon, SIGHUP);
	bed_await_log(&secure->bed, "reloaded:");
	after = connect_tls(secure);
	g_assert_true(g_tls_certificate_is_same(rtsp_certificate(after), second));
	g_assert_cmpint(rtsp_status(before, "OPTIONS", "*", NULL), ==, 200);
	g_assert_cmpint(rtsp_status(after, "OPTIONS", "*", NULL), ==, 200);
	rtsp_close(before);
	rtsp_close(after);
}

/* What a client says first, from one whose server never answers */
static GBytes *client_hello(void)
{
	g_autoptr(GInputStream) in = g_memory_input_stream_new();
	g_autoptr(GOutputStream) out = g_memory_output_stream_new_resizable();
	g_autoptr(GIOStream) base = g_simple_io_stream_new(in, out);
	g_autoptr(GIOStream) client = g_tls_client_connection_new(base, NULL, NULL);

	g_assert_false(g_tls_connection_handshake(G_TLS_CONNECTION(client), NULL, NULL));
	g_output_stream_close(out, NULL, NULL);
	return g_memory_output_stream_steal_as_bytes(G_MEMORY_OUTPUT_STREAM(out));
}

/* Stall after so many bytes of a ClientHello; G_MAXSIZE is all of it. */
static void stall(struct secure *secure, gsize bytes)
{
	g_autoptr(GBytes) hello = client_hello();
	const char *data = g_bytes_get_data(hello, NULL);
	/* an alert may follow it, which belongs to nothing */
	gsize len = 5 + ((guint8)data[3] << 8 | (guint8)data[4]);
	struct rtsp *stalled[STALLED];

	g_assert_cmpuint(g_bytes_get_size(hello), >=, len);
	for (guint i = 0; i < STALLED; i++) {
		stalled[i] = rtsp_connect_from(OTHER_HOST, secure->port);
		g_assert_true(rtsp_write(stalled[i], data, MIN(bytes, len)));
	}
	for (guint i = 0; i < 3; i++)
		assert_quick(secure);
	for (guint i = 0; i < STALLED; i++)
		rtsp_close(stalled[i]);
	assert_quick(secure);
}

static void test_stalled(struct secure *secure, gconstpointer unused)
{
	stall(secure, 0);
	stall(secure, 3);
	stall(secure, 100);
	stall(secure, G_MAXSIZE);
}

/* None of them stays, and each at its own time. */
static void test_deadline(struct secure *secure, gconstpointer unused)
{
	g_autoptr(GBytes) hello = client_hello();
	gint64 start = g_get_monotonic_time();
	struct rtsp *silent = rtsp_connect(secure->port), *half = rtsp_connect(secure->port);
	struct rtsp *full = rtsp_connect(secure->port), *drip = rtsp_connect(secure->port);
	const char *data = g_bytes_get_data(hello, NULL);

	g_assert_true(rtsp_write(half, data, 50));
	g_assert_true(rtsp_write(full, data, 5 + ((guint8)data[3] << 8 | (guint8)data[4])));
	for (guint i = 0; i < 40 && rtsp_write(drip, data + i, 1); i++)
		g_usleep(LIMIT_TLS_HANDSHAKE_MS * 1000 / 50);
	g_assert_true(rtsp_is_closed(silent, 4000));
	g_assert_cmpint(g_get_monotonic_time() - start, >=, LIMIT_TLS_HANDSHAKE_MS * 990);
	g_assert_true(rtsp_is_closed(half, 1000));
	g_assert_true(rtsp_is_closed(drip, 1000));
	g_assert_true(rtsp_is_closed(full, 1000));
	rtsp_close(silent);
	rtsp_close(half);
	rtsp_close(full);
	rtsp_close(drip);
}

/* What is no handshake ends at once, without a thread or an answer. */
static void test_garbage(struct secure *secure, gconstpointer unused)
{
	static const struct {
		const char *bytes;
		gsize len;
	} rows[] = {
		{ "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n", 30 },
		{ "\x16\x03\x01\x00\x00\x01", 6 },
		{ "\x16\x03\x01\xff\xff\x01", 6 },
		{ "\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00", 10 },
		{ "\x17\x03\x01\x00\x05hello", 10 },
		{ "\x16\x02\x01\x00\x05hello", 10 },
		{ "\x16\x03\x01\x00\x05hello", 10 },
	};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct rtsp *rtsp = rtsp_connect(secure->port);

		g_test_message("row %u", i);
		g_assert_true(rtsp_write(rtsp, rows[i].bytes, rows[i].len));
		g_assert_true(rtsp_is_closed(rtsp, 2000));
		rtsp_close(rtsp);
	}
	assert_quick(secure);
}

/* It asks and asks and never reads: it is closed, and closing waits for nothing. */
static void test_takes_no_answers(struct secure *secure, gconstpointer unused)
{
	struct rtsp *rtsp = connect_tls(secure);
	g_autofree char *request = g_strdup_printf("DESCRIBE %s RTSP/1.0\r\nCSeq: 1\r\n\r\n",
						   secure->url);
	gint64 start = g_get_monotonic_time();
	guint n = 0;

	while (rtsp_write(rtsp, request, strlen(request))) {
		g_assert_cmpint(g_get_monotonic_time() - start, <, 60 * G_USEC_PER_SEC);
		if (n++ % 256 == 0)
			assert_quick(secure);
	}
	assert_quick(secure);
	rtsp_close(rtsp);
}

#define ADD(name, more, func) \
	g_test_add("/tls/" name, struct secure, more, set_up, func, tear_down)

/* Resident bytes of the daemon */
static gint64 resident(struct secure *secure)
{
	g_autofree char *file = g_strdup_printf("/proc/%d/status", (int)bed_pid(&secure->bed));
	g_autofree char *text = NULL;

	g_assert_true(g_file_get_contents(file, &text, NULL, NULL));
	return g_ascii_strtoll(strstr(text, "VmRSS:") + strlen("VmRSS:"), NULL, 10) * 1024;
}

/* A viewer with two tracks on its connection, who looked and then stopped */
static struct rtsp *view(struct secure *secure, guint number)
{
	g_autofree char *host = g_strdup_printf("127.0.1.%u", number);
	struct rtsp *rtsp = rtsp_connect_from(host, secure->port);
	g_autofree char *session = NULL;

	g_assert_true(rtsp_secure(rtsp));
	for (guint i = 0; i < VIEWER_TRACKS; i++) {
		g_autofree char *track = g_strdup_printf("%s/track%u", secure->url, i);
		g_autofree char *headers = g_strdup_printf(
			"Transport: RTP/AVP/TCP;unicast;interleaved=%u-%u\r\n%s",
			2 * i, 2 * i + 1, session ? session : "");
		GstRTSPMessage *answer = rtsp_ask(rtsp, "SETUP", track, headers);

		g_assert_cmpint(answer->type_data.response.code, ==, 200);
		if (!session) {
			const char *header = rtsp_header(answer, GST_RTSP_HDR_SESSION);

			session = g_strdup_printf("Session: %.*s\r\n",
						  (int)strcspn(header, ";"), header);
		}
		gst_rtsp_message_free(answer);
	}
	g_assert_cmpint(rtsp_status(rtsp, "PLAY", secure->url, session), ==, 200);
	g_assert_cmpint(rtsp_status(rtsp, "PAUSE", secure->url, session), ==, 200);
	return rtsp;
}

/* What a viewer over TLS costs; under a sanitizer memory is its own. */
static void test_memory(struct secure *secure, gconstpointer unused)
{
	struct rtsp *viewers[VIEWERS];
	gint64 before, each;

	viewers[0] = view(secure, 1);
	before = resident(secure);
	for (guint i = 1; i < VIEWERS; i++)
		viewers[i] = view(secure, i + 1);
	each = (resident(secure) - before) / (VIEWERS - 1);
	g_test_message("each of %u viewers: %" G_GINT64_FORMAT " bytes", VIEWERS, each);
#if !defined(__SANITIZE_ADDRESS__)
	g_assert_cmpint(each, <=, VIEWER_BYTES);
#endif
	for (guint i = 0; i < VIEWERS; i++)
		rtsp_close(viewers[i]);
}

int main(int argc, char **argv)
{
	/* a peer that hangs up is an error of a write, not the end */
	signal(SIGPIPE, SIG_IGN);
	/* the daemon refuses a file with passwords that everybody may read */
	umask(0027);
	g_test_init(&argc, &argv, NULL);
	ADD("served", NULL, test_served);
	ADD("udp-refused", NULL, test_udp);
	ADD("udp-allowed", "udp-with-tls=true\n", test_udp);
	ADD("interleaved", NULL, test_interleaved);
	ADD("basic", NULL, test_basic);
	ADD("certificate", NULL, test_certificate);
	ADD("stalled", NULL, test_stalled);
	ADD("deadline", NULL, test_deadline);
	ADD("garbage", NULL, test_garbage);
	ADD("takes-no-answers", NULL, test_takes_no_answers);
	ADD("memory", NULL, test_memory);
	return g_test_run();
}
