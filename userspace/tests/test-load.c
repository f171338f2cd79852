// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Many viewers: how long they wait for answers, with and without idle connections
 * beside them, and what each costs the daemon in memory. Natively, on the user backend.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bed.h"
#include "framer.h"

/* Under a sanitizer everything takes its time, and memory is its own. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED	1
#define VIEWERS		200
#define IDLE		1000
#define P99_MS		1000
#else
#define SANITIZED	0
#define VIEWERS		2000
#define IDLE		10000
#define P99_MS		100
#endif

/* Resident bytes of the daemon for each viewer, of two tracks */
#define VIEWER_BYTES	(16 * 1024)

/* Viewers that come in a second, and connections that do nothing */
#define JOIN_RATE	100
#define IDLE_RATE	1000
/* Seconds between two requests of a viewer that plays, and how long they are watched */
#define KEEPALIVE_S	5
#define WATCH_S		10
#define ROUNDS		3
/* Without an answer for so long, or if nothing happens at all, the test fails */
#define PATIENCE_US	(20 * G_USEC_PER_SEC)

#define TRACKS		2
/* ms between the stream's datagrams; PLAY is answered when its first has left */
#define STREAM_PERIOD	50

/* What a viewer is to ask next */
enum step { STEP_DESCRIBE, STEP_SETUP_0, STEP_SETUP_1, STEP_PLAY, STEP_PLAYS, STEPS };

static const char *const methods[STEPS] = {
	"DESCRIBE", "SETUP", "SETUP", "PLAY", "GET_PARAMETER",
};

struct load_viewer {
	int fd;
	struct framer *framer;
	enum step step;
	guint cseq;
	char session[80];
	gint64 asked;		/* 0 while no answer is awaited */
	gint64 due;		/* of the next request */
};

struct load {
	struct bed *bed;
	int epoll;
	/* One address a viewer, one socket for what all of them get on a port */
	int media[TRACKS][2];
	guint16 port[TRACKS][2];
	struct load_viewer viewer[VIEWERS];
	guint joined;		/* that have begun */
	guint playing;
	guint64 datagrams;
	/* For each step its answers since they were last judged: gint64, us */
	GArray *waits[STEPS];
};

static int load_compare(gconstpointer a, gconstpointer b)
{
	gint64 x = *(const gint64 *)a, y = *(const gint64 *)b;

	return (x > y) - (x < y);
}

static gint64 load_p99(GArray *waits, const char *when, const char *what)
{
	gint64 p99;

	if (!waits->len)
		return 0;
	g_array_sort(waits, load_compare);
	p99 = g_array_index(waits, gint64, waits->len * 99 / 100);
	g_test_message("%s, %s: %u answers, median %.2f ms, p99 %.2f ms, longest %.2f ms",
		       when, what, waits->len,
		       g_array_index(waits, gint64, waits->len / 2) / 1e3, p99 / 1e3,
		       g_array_index(waits, gint64, waits->len - 1) / 1e3);
	return p99;
}

/* Says how long answers took, and the 99th percentile of all, us; -1 where none was due */
static gint64 load_report(struct load *load, const char *when)
{
	g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(gint64));

	for (guint step = 0; step < STEPS; step++) {
		GArray *waits = load->waits[step];

		load_p99(waits, when, methods[step]);
		g_array_append_vals(all, waits->data, waits->len);
		g_array_set_size(waits, 0);
	}
	return all->len ? load_p99(all, when, "all") : -1;
}

static gboolean load_in_time(struct load *load, const char *when)
{
	gint64 p99 = load_report(load, when);

	g_assert_cmpint(p99, >=, 0);
	return p99 <= P99_MS * 1000;
}

static void load_judge(struct load *load, const char *when)
{
	/* what comes after is of interest, too */
	if (!load_in_time(load, when))
		g_test_fail();
}

/* Resident bytes of the daemon */
static gint64 load_resident(const struct load *load)
{
	g_autofree char *file = g_strdup_printf("/proc/%d/status", (int)bed_pid(load->bed));
	g_autofree char *text = NULL;

	g_assert_true(g_file_get_contents(file, &text, NULL, NULL));
	return g_ascii_strtoll(strstr(text, "VmRSS:") + strlen("VmRSS:"), NULL, 10) * 1024;
}

/* From an address of its own: 127.16.0.0/12 is loopback, too */
static int load_connect(const struct load *load, guint number)
{
	struct sockaddr_in from = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(0x7f100001 + number),
	};
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(load->bed->port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	g_assert_cmpint(fd, >=, 0);
	g_assert_cmpint(bind(fd, (struct sockaddr *)&from, sizeof(from)), ==, 0);
	g_assert_cmpint(connect(fd, (struct sockaddr *)&to, sizeof(to)), ==, 0);
	g_assert_cmpint(fcntl(fd, F_SETFL, O_NONBLOCK), ==, 0);
	return fd;
}

static void load_ask(struct load *load, struct load_viewer *viewer)
{
	g_autoptr(GString) text = g_string_new(NULL);
	guint track = viewer->step == STEP_SETUP_1;
	gboolean setup = viewer->step == STEP_SETUP_0 || track;

	g_string_printf(text, "%s %s%s RTSP/1.0\r\nCSeq: %u\r\n", methods[viewer->step],
			load->bed->url, !setup ? "" : track ? "/track1" : "/track0",
			++viewer->cseq);
	if (setup)
		g_string_append_printf(text, "Transport: RTP/AVP;unicast;client_port=%u-%u\r\n",
				       load->port[track][0], load->port[track][1]);
	if (*viewer->session)
		g_string_append_printf(text, "Session: %s\r\n", viewer->session);
	g_string_append(text, "\r\n");
	viewer->asked = g_get_monotonic_time();
	g_assert_cmpint(send(viewer->fd, text->str, text->len, 0), ==, text->len);
}

static void load_join(struct load *load)
{
	struct load_viewer *viewer = &load->viewer[load->joined];
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = viewer };

	viewer->fd = load_connect(load, load->joined++);
	viewer->framer = framer_new();
	g_assert_cmpint(epoll_ctl(load->epoll, EPOLL_CTL_ADD, viewer->fd, &event), ==, 0);
	load_ask(load, viewer);
}

static void load_answered(struct load *load, struct load_viewer *viewer,
			  GstRTSPMessage *answer)
{
	const char *session = rtsp_header(answer, GST_RTSP_HDR_SESSION);
	gint64 now = g_get_monotonic_time(), took = now - viewer->asked;

	g_assert_cmpint(answer->type_data.response.code, ==, 200);
	g_assert_cmpint(viewer->asked, !=, 0);
	g_array_append_val(load->waits[viewer->step], took);
	viewer->asked = 0;
	if (!*viewer->session && session)
		g_strlcpy(viewer->session, session, MIN(sizeof(viewer->session),
							strcspn(session, ";") + 1));
	if (viewer->step == STEP_PLAYS) {
		viewer->due += KEEPALIVE_S * G_USEC_PER_SEC;
		return;
	}
	if (++viewer->step < STEP_PLAYS) {
		load_ask(load, viewer);
		return;
	}
	load->playing++;
	viewer->due = now + KEEPALIVE_S * G_USEC_PER_SEC;
}

static void load_read(struct load *load, struct load_viewer *viewer)
{
	GstRTSPMessage *answer = NULL;
	guint8 data[4096];
	gssize n = recv(viewer->fd, data, sizeof(data), 0);

	g_assert_cmpint(n, >, 0);
	framer_push(viewer->framer, data, n);
	gst_rtsp_message_new(&answer);
	if (framer_pull(viewer->framer, answer, NULL) == FRAMER_MESSAGE)
		load_answered(load, viewer, answer);
	gst_rtsp_message_free(answer);
}

static void load_drain(struct load *load)
{
	guint8 data[2048];

	for (guint track = 0; track < TRACKS; track++) {
		for (guint i = 0; i < 2; i++) {
			while (recv(load->media[track][i], data, sizeof(data),
				    MSG_DONTWAIT) > 0)
				load->datagrams += i == 0;
		}
	}
}

/* Viewers that play ask again when it is time. */
static void load_keep_alive(struct load *load)
{
	gint64 now = g_get_monotonic_time();

	for (guint i = 0; i < load->joined; i++) {
		struct load_viewer *viewer = &load->viewer[i];

		if (viewer->asked)
			g_assert_cmpint(now - viewer->asked, <, PATIENCE_US);
		else if (viewer->step == STEP_PLAYS && now >= viewer->due)
			load_ask(load, viewer);
	}
}

static void load_turn(struct load *load)
{
	struct epoll_event events[64];
	int n = epoll_wait(load->epoll, events, G_N_ELEMENTS(events), 1);

	g_assert_true(n >= 0 || errno == EINTR);
	for (int i = 0; i < n; i++)
		load_read(load, events[i].data.ptr);
	load_keep_alive(load);
	load_drain(load);
}

/* Lets so many come at a steady rate, until all of them play. */
static void load_fill(struct load *load, guint viewers)
{
	gint64 began = g_get_monotonic_time();
	guint before = load->joined;

	while (load->playing < viewers) {
		gint64 passed = g_get_monotonic_time() - began;

		while (load->joined < viewers &&
		       load->joined - before <= passed * JOIN_RATE / G_USEC_PER_SEC)
			load_join(load);
		load_turn(load);
	}
}

static void load_watch(struct load *load)
{
	gint64 end = g_get_monotonic_time() + WATCH_S * G_USEC_PER_SEC;

	while (g_get_monotonic_time() < end)
		load_turn(load);
}

/* Connections that never say a word: they come in a thread, since connect() may wait */
struct idle {
	const struct load *load;
	int fd[IDLE];
	gint n;			/* so far; atomic */
};

static gpointer idle_come(gpointer user_data)
{
	struct idle *idle = user_data;
	gint64 began = g_get_monotonic_time();

	for (guint n = 0; n < IDLE; n++) {
		while (n > (g_get_monotonic_time() - began) * IDLE_RATE / G_USEC_PER_SEC)
			g_usleep(1000);
		idle->fd[n] = load_connect(idle->load, VIEWERS + n);
		g_atomic_int_inc(&idle->n);
	}
	return NULL;
}

static struct idle *load_idle(struct load *load)
{
	struct idle *idle = g_new0(struct idle, 1);
	GThread *thread;

	idle->load = load;
	thread = g_thread_new("idle", idle_come, idle);
	while (g_atomic_int_get(&idle->n) < IDLE)
		load_turn(load);
	g_thread_join(thread);
	return idle;
}

/* Who is told 503, or hung up on, was not let in. */
static void load_check_idle(const struct idle *idle)
{
	guint refused = 0;
	char byte;

	for (guint n = 0; n < IDLE; n++)
		refused += recv(idle->fd[n], &byte, 1, 0) != -1 || errno != EAGAIN;
	g_assert_cmpuint(refused, ==, 0);
}

static void load_end_idle(struct idle *idle)
{
	for (guint n = 0; n < IDLE; n++)
		close(idle->fd[n]);
	g_free(idle);
}

static void load_set_up(struct load *load, struct bed *bed)
{
	load->bed = bed;
	load->epoll = epoll_create1(EPOLL_CLOEXEC);
	for (guint step = 0; step < STEPS; step++)
		load->waits[step] = g_array_new(FALSE, FALSE, sizeof(gint64));
	for (guint track = 0; track < TRACKS; track++)
		rtsp_open_pair("0.0.0.0", load->media[track], load->port[track]);
	/* small, since what is measured is what viewers ask */
	origin_small(bed->origin, STREAM_PERIOD / ORIGIN_PERIOD);
}

static void load_tear_down(struct load *load)
{
	for (guint i = 0; i < load->joined; i++) {
		close(load->viewer[i].fd);
		framer_free(load->viewer[i].framer);
	}
	for (guint track = 0; track < TRACKS; track++) {
		close(load->media[track][0]);
		close(load->media[track][1]);
	}
	close(load->epoll);
	for (guint step = 0; step < STEPS; step++)
		g_array_unref(load->waits[step]);
	g_free(load);
}

/* What else the machine does only adds: the least of a few counts. */
static void load_watch_and_judge(struct load *load, const char *when)
{
	for (guint round = 0; round < ROUNDS; round++) {
		load_watch(load);
		if (load_in_time(load, when))
			return;
	}
	g_test_fail();
}

static void test_load(struct bed *bed, gconstpointer unused)
{
	struct load *load = g_new0(struct load, 1);
	gint64 before, after, each;
	struct idle *idle;

	load_set_up(load, bed);
	load_fill(load, 1);
	before = load_resident(load);
	load_fill(load, VIEWERS);
	load_judge(load, "coming");
	after = load_resident(load);
	each = (after - before) / (VIEWERS - 1);
	g_test_message("%u viewers: resident %" G_GINT64_FORMAT " KiB, each %" G_GINT64_FORMAT
		       " bytes", VIEWERS, after / 1024, each);
	load_watch_and_judge(load, "playing");

	idle = load_idle(load);
	load_check_idle(idle);
	/* a thousand of them a second, which no bar is set for; few may be over at once */
	load_report(load, "while idle connections come");
	g_test_message("%u idle connections: each %" G_GINT64_FORMAT " bytes", IDLE,
		       (load_resident(load) - after) / IDLE);
	load_watch_and_judge(load, "beside idle connections");
	load_end_idle(idle);

	g_assert_cmpuint(load->datagrams, >, VIEWERS);
	g_assert_cmpint(each, <=, SANITIZED ? G_MAXINT64 : VIEWER_BYTES);
	load_tear_down(load);
}

/*
 * As many descriptors as one may have, and before what else the machine does where root
 * runs this; the daemon inherits both.
 */
static void raise_limits(void)
{
	struct rlimit limit;

	setpriority(PRIO_PROCESS, 0, -10);
	g_assert_cmpint(getrlimit(RLIMIT_NOFILE, &limit), ==, 0);
	limit.rlim_cur = limit.rlim_max;
	g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &limit), ==, 0);
}

int main(int argc, char **argv)
{
	static const struct bed_wish wish = { .server = "timeout=60\n" };
	struct rlimit limit;

	g_test_init(&argc, &argv, NULL);
	raise_limits();
	getrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_cur < VIEWERS + IDLE + 100) {
		g_test_message("descriptors are limited to %lu", (unsigned long)limit.rlim_cur);
		return 77;
	}
	g_test_add("/load/viewers", struct bed, &wish, bed_set_up, test_load, bed_tear_down);
	return g_test_run();
}
