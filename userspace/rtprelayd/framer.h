/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bounded framer: bytes of a connection in, RTSP messages out.
 *
 * It reads both directions: requests, answers, and the interleaved frames
 * between them. It does no I/O, so it is what the fuzzer runs. What it accepts
 * is at most what limit.h says; everything else is refused with its own error,
 * after which the framer is of no more use.
 */
#ifndef RTPRELAYD_FRAMER_H
#define RTPRELAYD_FRAMER_H

#include <gst/rtsp/gstrtspmessage.h>

#define FRAMER_ERROR	framer_error_quark()
GQuark framer_error_quark(void);

/**
 * enum framer_error - why bytes were refused
 * @FRAMER_ERROR_LINE_TOO_LONG: a line is over LIMIT_LINE
 * @FRAMER_ERROR_TOO_MANY_HEADERS: more than LIMIT_HEADERS
 * @FRAMER_ERROR_HEADERS_TOO_LARGE: all lines are over LIMIT_HEADER_BYTES
 * @FRAMER_ERROR_BODY_TOO_LARGE: Content-Length is over LIMIT_BODY
 * @FRAMER_ERROR_START_LINE: neither a request line nor a status line of RTSP
 * @FRAMER_ERROR_VERSION: such a line, of another version than 1.0
 * @FRAMER_ERROR_HEADER: a header without a name, with a byte that no header may
 *	have, or folded
 * @FRAMER_ERROR_LENGTH: Content-Length is no number, or there are two of them
 */
enum framer_error {
	FRAMER_ERROR_LINE_TOO_LONG,
	FRAMER_ERROR_TOO_MANY_HEADERS,
	FRAMER_ERROR_HEADERS_TOO_LARGE,
	FRAMER_ERROR_BODY_TOO_LARGE,
	FRAMER_ERROR_START_LINE,
	FRAMER_ERROR_VERSION,
	FRAMER_ERROR_HEADER,
	FRAMER_ERROR_LENGTH,
};

enum framer_result {
	FRAMER_MORE,	/* nothing whole: push more bytes */
	FRAMER_MESSAGE,	/* a message was filled in */
	FRAMER_FAILED,	/* refused */
};

struct framer;

struct framer *framer_new(void);
void framer_free(struct framer *framer);

/* framer_push - take bytes; they are copied */
void framer_push(struct framer *framer, const guint8 *data, gsize len);

/**
 * framer_pull - take the next message
 * @msg: initialised by the caller, who unsets it whatever is returned; filled
 *	in on FRAMER_MESSAGE: a request (its method GST_RTSP_INVALID when it is
 *	none of RTSP's), a response, or data of an interleaved frame
 * @error: set on FRAMER_FAILED, FRAMER_ERROR
 */
enum framer_result framer_pull(struct framer *framer, GstRTSPMessage *msg,
			       GError **error);

/* framer_is_idle - is there no part of a message in it? */
gboolean framer_is_idle(const struct framer *framer);

/* framer_error_status - how a server answers to that error */
GstRTSPStatusCode framer_error_status(enum framer_error error);

#endif
