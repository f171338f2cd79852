/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What strangers can cost: every limit of the daemon is here. Sizes are in
 * bytes, times in milliseconds unless the name says seconds: what is looked at
 * now and then is, since GLib wakes the daemon once for all timers of seconds.
 */
#ifndef RTPRELAYD_LIMIT_H
#define RTPRELAYD_LIMIT_H

/* -- one RTSP connection, framer.c and wire.c ----------------------------- */

/* A request line, status line or header, without its end */
#define LIMIT_LINE		4096
/* Headers of a message, and all its lines together, blank ones included */
#define LIMIT_HEADERS		64
#define LIMIT_HEADER_BYTES	16384
/* Body of a message: session descriptions */
#define LIMIT_BODY		65536
/* Interleaved frame: its length field's own limit */
#define LIMIT_FRAME		65535
/* Read at once */
#define LIMIT_READ		8192
/* Bytes that the peer has not taken yet, and those beyond which interleaved frames
 * are dropped: there always is room for answers
 */
#define LIMIT_UNSENT		262144
#define LIMIT_UNSENT_FRAMES	131072

/* From the first byte of a message to its last */
#define LIMIT_MESSAGE_MS	10000
/* From the first byte of an answer that waits to its last */
#define LIMIT_SEND_MS		10000
/* Of a connection without a session, from one request to the next */
#define LIMIT_IDLE_MS		30000

/* Name of a user */
#define LIMIT_USER_NAME		64
/* Wrong passwords of a connection; the answer to the last one ends it */
#define LIMIT_AUTH_FAILURES	4
/* Before a wrong password is answered */
#define LIMIT_AUTH_DELAY_MS	1000

/* -- the daemon ----------------------------------------------------------- */

/* Connections of viewers at a time; more are told 503 */
#define LIMIT_CLIENTS		16384
/* Sessions at a time; more are told 503 */
#define LIMIT_SESSIONS		16384
/* TLS handshakes in threads at a time; GIO is slow to start more than ten */
#define LIMIT_TLS_HANDSHAKES	8
/* From the connection to the end of its handshake */
#define LIMIT_TLS_HANDSHAKE_MS	10000
/* In a thread, while others wait for one; and how often that is looked at */
#define LIMIT_TLS_CROWDED_MS	400
#define LIMIT_TLS_CROWD_CHECK_MS	50
/* Accepted before the main loop sees to anybody else */
#define LIMIT_ACCEPT_BATCH	32
/* Pause after the process ran out of descriptors */
#define LIMIT_ACCEPT_PAUSE_MS	1000
/* Tracks of a stream */
#define LIMIT_TRACKS		16
/* RTCP packets read before the main loop sees to anybody else */
#define LIMIT_RTCP_BATCH	64
/* An RTCP compound packet that is looked at */
#define LIMIT_RTCP		1500
/* The helper's answer; the main loop waits for it, in seconds */
#define LIMIT_HELPER_S		10
/* After SETUP, and after PLAY, a viewer's ports are learned from its datagrams, and of
 * so many viewers at one host at a time
 */
#define LIMIT_NAT_MS		10000
#define LIMIT_NAT_LOOK		64
/* After PLAY, RTCP is to have come, or the log says that it has not */
#define LIMIT_SILENT_S		10
/* Silence after which another session may have a viewer's ports: longer than from one
 * of its reports to the next (RFC 3550, section 6.3.1: 6.2 s at most)
 */
#define LIMIT_TAKE_OVER_MS	7000
/* Pairs of ports tried for a track */
#define LIMIT_PORT_TRIES	64

/* -- towards upstream ----------------------------------------------------- */

/* Between two requests for a key frame (RFC 5104, section 4.3.1.2) */
#define LIMIT_KEY_FRAME_MS		1000
/* First datagram over UDP after PLAY, before TCP is tried */
#define LIMIT_UPSTREAM_UDP_MS		4000
/* First pause before a lost server is tried again, and the longest: the second
 * is for one that viewers wait for, the third for one that nobody does
 */
#define LIMIT_UPSTREAM_RETRY_MS		250
#define LIMIT_UPSTREAM_RETRY_MAX_MS	2000
#define LIMIT_UPSTREAM_RETRY_IDLE_MS	30000
/* How often it is looked whether media still comes */
#define LIMIT_UPSTREAM_WATCH_S		1

#define LIMIT_UPSTREAM_CONNECT_MS	5000
#define LIMIT_UPSTREAM_ANSWER_MS	10000
/* The answer to a TEARDOWN: nobody waits for it */
#define LIMIT_UPSTREAM_TEARDOWN_MS	2000
/* Kept for a viewer that described the stream but has not set it up yet */
#define LIMIT_UPSTREAM_LINGER_MS	10000
/* A session timeout below which keepalives would be a burden, in seconds */
#define LIMIT_UPSTREAM_TIMEOUT_MIN_S	10
#define LIMIT_UPSTREAM_TIMEOUT_MAX_S	3600

/* -- PLAY ----------------------------------------------------------------- */

/* Longest wait for the first datagram, whose number RTP-Info tells */
#define LIMIT_RTP_INFO_MS	300
#define LIMIT_RTP_INFO_POLL_MS	10
/* Age at which what viewers were sent is read anew */
#define LIMIT_TALLY_MS		5

/* -- operators, web.c and monitor.c --------------------------------------- */

/* HTTP connections at a time; the oldest makes room for the next */
#define LIMIT_HTTP_CONNECTIONS	64
/* Accepted before the main loop sees to anybody else */
#define LIMIT_HTTP_ACCEPT_BATCH	4
/* From a connection to its end */
#define LIMIT_HTTP_MS		10000
/* Body of a request, which nobody reads */
#define LIMIT_HTTP_BODY		4096
/* Viewers that /status lists when it is not told how many, and at most */
#define LIMIT_HTTP_VIEWERS	500
#define LIMIT_HTTP_VIEWERS_MAX	5000
/* Time that the rates of what is shown are of */
#define LIMIT_SAMPLE_S		2
/* The same, when they are for the log alone, and the most lines that it then gets */
#define LIMIT_WARN_S		4
#define LIMIT_WARN_LINES	32

#endif
