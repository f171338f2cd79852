// SPDX-License-Identifier: GPL-2.0-or-later
#include "bed.h"

#include <arpa/inet.h>
#include <gst/rtsp/gstrtsptransport.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* TCP ports: where those of tests begin, of how many at a time, how many each has */
#define PORTS_FIRST	10000
#define PORTS_PROCESSES	600
#define PORTS_EACH	32

/*
 * None that the kernel gives to sockets which ask for any (ip_local_port_range): tests
 * that run beside this one have many of those, and could have it before the daemon does.
 * Each process has some of its own.
 */
guint16 bed_free_port(void)
{
	static guint asked;

	for (guint tries = 0; tries < PORTS_EACH; tries++) {
		g_autoptr(GSocket) socket = g_socket_new(G_SOCKET_FAMILY_IPV6,
							 G_SOCKET_TYPE_STREAM,
							 G_SOCKET_PROTOCOL_TCP, NULL);
		guint16 port = PORTS_FIRST + (getpid() % PORTS_PROCESSES) * PORTS_EACH +
			       asked++ % PORTS_EACH;
		g_autoptr(GSocketAddress) any = g_inet_socket_address_new_from_string("::",
										      port);

		if (g_socket_bind(socket, any, TRUE, NULL))
			return port;
	}
	g_error("no port is free of those that this test has");
}

static gboolean bed_is_up(guint16 port)
{
	g_autoptr(GSocketClient) client = g_socket_client_new();
	g_autoptr(GSocketConnection) connection = NULL;

	connection = g_socket_client_connect_to_host(client, RELAY_HOST, port, NULL,
						     NULL);
	return connection != NULL;
}

/* A test that aborts takes its daemon along. */
static void bed_child_setup(gpointer user_data)
{
	const struct bed_wish *wish = user_data;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (wish->child)
		wish->child();
}

void bed_configure(struct bed *bed, const char *server, const char *paths)
{
	guint16 origin = origin_port(bed->origin);
	g_autoptr(GString) text = g_string_new(NULL);

	g_string_printf(text, "[server]\nlisten=" RELAY_HOST ":%u\ntimeout=%d\n%s",
			bed->port, bed->timeout, server ? server : "");
	if (bed->http_port)
		g_string_append_printf(text, "[http]\nlisten=" RELAY_HOST ":%u\n"
				       "[control]\nsocket=%s\n", bed->http_port,
				       bed->control);
	if (paths)
		g_string_append(text, paths);
	else
		g_string_append_printf(text,
			"[path /cam]\nupstream=rtsp://" ORIGIN_HOST ":%u/live\n"
			"[path /other]\nupstream=rtsp://" ORIGIN_HOST ":%u/live\n"
			"[path /nobody]\nupstream=rtsp://" ORIGIN_HOST ":1/live\n",
			origin, origin);
	g_assert_true(g_file_set_contents(bed->config, text->str, -1, NULL));
}

gboolean bed_is_slow(void)
{
	if (!g_getenv("RTPRELAYD_UNDER"))
		return FALSE;
	g_test_skip("the daemon is slower than it should be");
	return TRUE;
}

/* How the daemon is started; under what the environment says, valgrind for one */
static char **bed_command(const struct bed *bed, const struct bed_wish *wish)
{
	const char *under = g_getenv("RTPRELAYD_UNDER"), *exe = g_getenv("RTPRELAYD");
	g_autoptr(GStrvBuilder) command = g_strv_builder_new();
	g_auto(GStrv) words = NULL;

	g_assert_nonnull(exe);
	if (under && g_shell_parse_argv(under, NULL, &words, NULL))
		g_strv_builder_addv(command, (const char **)words);
	g_strv_builder_add_many(command, exe, "--config", bed->config, "--backend",
				wish->backend ? wish->backend : "user", NULL);
	return g_strv_builder_end(command);
}

void bed_start(struct bed *bed, gconstpointer wished)
{
	static const struct bed_wish usual;
	const struct bed_wish *wish = wished ? wished : &usual;
	g_auto(GStrv) command = bed_command(bed, wish);
	g_autoptr(GSubprocessLauncher) launcher = NULL;
	g_autoptr(GError) error = NULL;
	guint tries = 0;

	launcher = g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE);
	g_subprocess_launcher_set_child_setup(launcher, bed_child_setup, (gpointer)wish, NULL);
	g_subprocess_launcher_set_stderr_file_path(launcher, bed->log);
	bed->daemon = g_subprocess_launcher_spawnv(launcher, (const char *const *)command,
						   &error);
	g_assert_no_error(error);
	if (wish->status) {
		g_subprocess_wait(bed->daemon, NULL, NULL);
		g_assert_cmpint(g_subprocess_get_exit_status(bed->daemon), ==, wish->status);
		return;
	}
	while (!bed_is_up(bed->port) || (bed->http_port && !bed_is_up(bed->http_port))) {
		g_assert_cmpuint(tries++, <, 3000);
		g_usleep(10000);
	}
}

void bed_kill(struct bed *bed)
{
	g_subprocess_force_exit(bed->daemon);
	g_assert_true(g_subprocess_wait(bed->daemon, NULL, NULL));
	g_clear_object(&bed->daemon);
}

void bed_set_up(struct bed *bed, gconstpointer wished)
{
	const struct bed_wish *wish = wished;
	g_autofree char *paths = NULL;

	bed->origin = origin_new();
	bed->port = bed_free_port();
	bed->timeout = wish && wish->timeout ? wish->timeout : BED_TIMEOUT;
	bed->dir = g_dir_make_tmp("rtprelayd-XXXXXX", NULL);
	/* the daemon may be another user */
	g_assert_cmpint(chmod(bed->dir, 0755), ==, 0);
	bed->url = g_strdup_printf("rtsp://" RELAY_HOST ":%u/cam", bed->port);
	bed->config = g_build_filename(bed->dir, "conf", NULL);
	bed->log = g_build_filename(bed->dir, "log", NULL);
	bed->control = g_build_filename(bed->dir, "control", NULL);
	bed->http_port = wish && wish->monitor ? bed_free_port() : 0;
	if (wish && wish->cam)
		paths = g_strdup_printf("[path /cam]\nupstream=rtsp://" ORIGIN_HOST
					":%u/live\n%s", origin_port(bed->origin), wish->cam);
	bed_configure(bed, wish ? wish->server : NULL, paths);
	bed_start(bed, wish);
}

pid_t bed_pid(const struct bed *bed)
{
	return g_ascii_strtoll(g_subprocess_get_identifier(bed->daemon), NULL, 10);
}

static char *bed_read_log(const struct bed *bed)
{
	char *text = NULL;

	g_assert_true(g_file_get_contents(bed->log, &text, NULL, NULL));
	return text;
}

void bed_await_log(struct bed *bed, const char *text)
{
	for (guint tries = 0; tries < 1000; tries++) {
		g_autofree char *log = bed_read_log(bed);

		const char *found = strstr(log + bed->logged, text);

		if (found) {
			bed->logged = found + strlen(text) - log;
			return;
		}
		g_usleep(10000);
	}
	g_test_message("not logged: %s", text);
	g_test_fail();
}

void bed_tear_down(struct bed *bed, gconstpointer wished)
{
	const struct bed_wish *wish = wished;
	g_autofree char *log = NULL;

	g_subprocess_send_signal(bed->daemon, SIGTERM);
	g_subprocess_wait(bed->daemon, NULL, NULL);
	log = bed_read_log(bed);
	fputs(log, stderr);
	/* not 0 when a sanitizer had something to report, leaks included */
	if (!wish || !wish->status)
		g_assert_true(g_subprocess_get_successful(bed->daemon));
	g_object_unref(bed->daemon);
	origin_free(bed->origin);
	unlink(bed->config);
	unlink(bed->log);
	rmdir(bed->dir);
	g_free(bed->config);
	g_free(bed->log);
	g_free(bed->control);
	g_free(bed->dir);
	g_free(bed->url);
}

static void viewer_setup(const struct bed *bed, struct viewer *viewer, guint track, const char *query)
{
	g_autofree char *url = NULL, *headers = NULL;
	GstRTSPTransport *transport;
	GstRTSPMessage *answer;

	rtsp_open_pair(VIEWER_HOST, viewer->fd[track], viewer->port[track]);
	url = g_strdup_printf("%s/track%u%s", viewer->url, track, query);
	headers = g_strdup_printf("%sTransport: RTP/AVP;unicast;client_port=%u-%u\r\n",
				  viewer->session ? viewer->session : "",
				  viewer->port[track][0], viewer->port[track][1]);
	answer = rtsp_ask(viewer->rtsp, "SETUP", url, headers);
	g_assert_cmpint(answer->type_data.response.code, ==, 200);

	gst_rtsp_transport_new(&transport);
	gst_rtsp_transport_parse(rtsp_header(answer, GST_RTSP_HDR_TRANSPORT), transport);
	viewer->server_port[track][0] = transport->server_port.min;
	viewer->server_port[track][1] = transport->server_port.max;
	g_assert_cmpint(transport->client_port.min, ==, viewer->port[track][0]);
	gst_rtsp_transport_free(transport);
	if (!viewer->session) {
		const char *session = rtsp_header(answer, GST_RTSP_HDR_SESSION);

		g_assert_cmpint(g_ascii_strtoll(strstr(session, ";timeout=") +
						strlen(";timeout="), NULL, 10), ==,
				bed->timeout);
		viewer->session = g_strdup_printf("Session: %.*s\r\n",
						  (int)strcspn(session, ";"), session);
	}
	gst_rtsp_message_free(answer);
}

struct viewer *viewer_new(struct bed *bed, const char *cap, guint n_tracks)
{
	struct viewer *viewer = g_new0(struct viewer, 1);
	g_autofree char *query = cap ? g_strconcat("?cap=", cap, NULL) : g_strdup("");
	g_autofree char *describe = g_strconcat(bed->url, query, NULL);

	viewer->rtsp = rtsp_connect(bed->port);
	viewer->url = g_strdup(bed->url);
	viewer->n_tracks = n_tracks;
	g_assert_cmpint(rtsp_status(viewer->rtsp, "DESCRIBE", describe, NULL), ==, 200);
	for (guint track = 0; track < n_tracks; track++)
		viewer_setup(bed, viewer, track, query);
	return viewer;
}

/* seq of a track in RTP-Info */
static guint16 viewer_told_seq(struct viewer *viewer, guint track)
{
	g_auto(GStrv) parts = g_strsplit(viewer->rtp_info, ",", 0);
	const char *seq = strstr(parts[track], ";seq=");

	g_assert_cmpuint(g_strv_length(parts), ==, viewer->n_tracks);
	g_assert_nonnull(seq);
	return g_ascii_strtoull(seq + 5, NULL, 10);
}

void viewer_play(struct viewer *viewer)
{
	GstRTSPMessage *answer = rtsp_ask(viewer->rtsp, "PLAY", viewer->url, viewer->session);

	g_assert_cmpint(answer->type_data.response.code, ==, 200);
	viewer->rtp_info = g_strdup(rtsp_header(answer, GST_RTSP_HDR_RTP_INFO));
	g_assert_nonnull(viewer->rtp_info);
	gst_rtsp_message_free(answer);
	for (guint track = 0; track < viewer->n_tracks; track++) {
		guint8 data[2048];

		g_assert_cmpint(viewer_receive(viewer, track, 0, data), >, 12);
		g_assert_cmpuint(data[2] << 8 | data[3], ==, viewer_told_seq(viewer, track));
	}
}

void viewer_vanish(struct viewer *viewer)
{
	rtsp_close(viewer->rtsp);
	for (guint track = 0; track < viewer->n_tracks; track++) {
		close(viewer->fd[track][0]);
		close(viewer->fd[track][1]);
	}
	g_free(viewer->url);
	g_free(viewer->session);
	g_free(viewer->rtp_info);
	g_free(viewer);
}

void viewer_teardown(struct viewer *viewer)
{
	g_assert_cmpint(rtsp_status(viewer->rtsp, "TEARDOWN", viewer->url, viewer->session),
			==, 200);
	viewer_vanish(viewer);
}

gssize viewer_receive(struct viewer *viewer, guint track, guint rtcp,
		      guint8 data[static 2048])
{
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	gssize n = recvfrom(viewer->fd[track][rtcp], data, 2048, 0,
			    (struct sockaddr *)&from, &len);

	if (n >= 0) {
		/* from the relay, and from the port that it named */
		g_assert_cmpint(ntohl(from.sin_addr.s_addr), ==, INADDR_LOOPBACK);
		g_assert_cmpuint(ntohs(from.sin_port), ==, viewer->server_port[track][rtcp]);
	}
	return n;
}

void viewer_drain(struct viewer *viewer)
{
	guint8 data[2048];

	for (guint track = 0; track < viewer->n_tracks; track++)
		for (guint rtcp = 0; rtcp < 2; rtcp++)
			while (recv(viewer->fd[track][rtcp], data, sizeof(data),
				    MSG_DONTWAIT) >= 0)
				;
}

void viewer_send_rtcp(struct viewer *viewer, guint track, const guint8 *data, gsize len)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(viewer->server_port[track][1]),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};

	g_assert_cmpint(sendto(viewer->fd[track][1], data, len, 0, (struct sockaddr *)&to,
			       sizeof(to)), ==, len);
}

void viewer_report(struct viewer *viewer, guint track)
{
	static const guint8 report[] = { 0x80, 201, 0, 1, 1, 2, 3, 4 };

	viewer_send_rtcp(viewer, track, report, sizeof(report));
}

void viewer_report_loss(struct viewer *viewer, guint track, guint8 fraction)
{
	guint8 report[32] = { 0x81, 201, 0, 7, 1, 2, 3, 4 }, data[2048];

	g_assert_cmpint(viewer_receive(viewer, track, 0, data), >, 12);
	memcpy(report + 8, data + 8, 4);	/* the source */
	report[12] = fraction;
	report[15] = 1;				/* in all */
	memcpy(report + 18, data + 2, 2);	/* the highest number */
	viewer_send_rtcp(viewer, track, report, sizeof(report));
}
