/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An origin, the daemon between, and viewers: what end-to-end tests run in */
#ifndef TESTS_BED_H
#define TESTS_BED_H

#include "origin.h"
#include "rtsp.h"

/* Sessions of the daemon under test end after so long, in seconds */
#define BED_TIMEOUT	4

/*
 * struct bed_wish - what the daemon is to be started with; data of g_test_add()
 * @server: lines of [server], or NULL
 * @cam: lines of [path /cam], which is then the only one, or NULL
 * @backend: NULL for the user's
 * @monitor: serve the status page and the control socket
 * @timeout: of sessions, in seconds; 0 for BED_TIMEOUT
 * @child: called in its process, before it is executed
 * @status: it exits with that, at once, instead of serving; 0 when it serves
 */
struct bed_wish {
	const char *server;
	const char *cam;
	const char *backend;
	gboolean monitor;
	guint timeout;
	void (*child)(void);
	int status;
};

struct bed {
	struct origin *origin;
	GSubprocess *daemon;
	char *dir;
	guint16 port;
	guint timeout;	/* see struct bed_wish */
	char *url;	/* of the origin's stream through the relay */
	char *config;	/* the daemon's file */
	char *log;	/* what it logs, a file */
	gsize logged;	/* bytes of it that were awaited */
	guint16 http_port;	/* of the status page, 0 without */
	char *control;	/* path of the control socket */
};

/* bed_set_up, bed_tear_down - for g_test_add(); the daemon must exit with 0 */
void bed_set_up(struct bed *bed, gconstpointer wish);
void bed_tear_down(struct bed *bed, gconstpointer wish);

/* bed_configure - write the daemon's file: @server lines, and @paths or the usual */
void bed_configure(struct bed *bed, const char *server, const char *paths);

/* bed_pid - the daemon's process */
pid_t bed_pid(const struct bed *bed);

/*
 * bed_await_log - up to 10 s, until the daemon has logged @text, after what was
 * awaited before
 */
void bed_await_log(struct bed *bed, const char *text);

/* bed_free_port - a TCP port that nobody has on any address */
guint16 bed_free_port(void);

/* bed_kill - SIGKILL to the daemon; bed_start - start it (again) */
void bed_kill(struct bed *bed);
void bed_start(struct bed *bed, gconstpointer wish);

/* bed_is_slow - the daemon is under something: a test of times or of loss is skipped */
gboolean bed_is_slow(void);

/* bed_wait - up to 10 s, until the origin's record fulfils a condition */
#define bed_wait(bed, stats, condition)					\
	do {								\
		for (guint tries = 0; tries < 1000; tries++) {		\
			origin_get_stats((bed)->origin, stats);		\
			if (condition)					\
				break;					\
			g_usleep(10000);				\
		}							\
		g_assert_true(condition);				\
	} while (0)

#define VIEWER_TRACKS	2

/* A viewer that has set up the first @n_tracks tracks, and what it was told */
struct viewer {
	struct rtsp *rtsp;
	char *url;
	guint n_tracks;
	int fd[VIEWER_TRACKS][2];
	guint16 port[VIEWER_TRACKS][2];
	guint16 server_port[VIEWER_TRACKS][2];
	char *session;		/* the header that names it */
	char *rtp_info;
};

/* viewer_new - connect, describe, set up; @cap as in "0,0,2", or NULL */
struct viewer *viewer_new(struct bed *bed, const char *cap, guint n_tracks);

/* viewer_play - and check what RTP-Info says against the first datagrams */
void viewer_play(struct viewer *viewer);

/* viewer_teardown - leave by the door; viewer_vanish - without a word */
void viewer_teardown(struct viewer *viewer);
void viewer_vanish(struct viewer *viewer);

/* viewer_receive - a datagram of RTP (0) or RTCP (1), or -1 after 3 s */
gssize viewer_receive(struct viewer *viewer, guint track, guint rtcp,
		      guint8 data[static 2048]);

/* viewer_drain - throw away what has come */
void viewer_drain(struct viewer *viewer);

/* viewer_send_rtcp - send a packet to the relay's RTCP port */
void viewer_send_rtcp(struct viewer *viewer, guint track, const guint8 *data, gsize len);

/* viewer_report - send an empty receiver report */
void viewer_report(struct viewer *viewer, guint track);

/* viewer_report_loss - say that so many of 256 datagrams were lost, as of the next */
void viewer_report_loss(struct viewer *viewer, guint track, guint8 fraction);

#endif
