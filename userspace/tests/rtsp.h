/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A viewer, as simple as it can be: blocking, in the tests' own words */
#ifndef TESTS_RTSP_H
#define TESTS_RTSP_H

#include <gio/gio.h>
#include <gst/rtsp/gstrtspmessage.h>

/* Where viewers connect from */
#define VIEWER_HOST	"127.0.0.3"
#define RELAY_HOST	"127.0.0.1"

/* rtsp_open_pair - UDP sockets at an even port and the next; blocking, 3 s */
void rtsp_open_pair(const char *host, int fd[2], guint16 port[2]);

struct rtsp;

/* rtsp_connect - connect to the relay; rtsp_connect_from - from another host */
struct rtsp *rtsp_connect(guint16 port);
struct rtsp *rtsp_connect_from(const char *host, guint16 port);

/* rtsp_connect_between - the same, to another of the relay's addresses */
struct rtsp *rtsp_connect_between(const char *viewer, const char *relay, guint16 port);
void rtsp_close(struct rtsp *rtsp);

/* rtsp_secure - go on with TLS; FALSE when that fails. Any certificate will do. */
gboolean rtsp_secure(struct rtsp *rtsp);

/* rtsp_certificate - the relay's */
GTlsCertificate *rtsp_certificate(struct rtsp *rtsp);

/* rtsp_write - send bytes as they are; FALSE when the relay has hung up */
gboolean rtsp_write(struct rtsp *rtsp, const char *bytes, gsize len);

/* rtsp_finish - say that nothing follows */
void rtsp_finish(struct rtsp *rtsp);

/* rtsp_read - the next answer or frame, or NULL at the end; to be freed */
GstRTSPMessage *rtsp_read(struct rtsp *rtsp);

/* rtsp_received - all bytes that came so far */
const GString *rtsp_received(const struct rtsp *rtsp);

/* rtsp_read_answer - the next answer; frames before it are lost */
GstRTSPMessage *rtsp_read_answer(struct rtsp *rtsp);

/* rtsp_set_buffer - let no more than so many bytes wait to be read, about */
void rtsp_set_buffer(struct rtsp *rtsp, int bytes);

/* rtsp_is_closed - does the relay hang up within so long? */
gboolean rtsp_is_closed(struct rtsp *rtsp, guint ms);

/**
 * rtsp_ask - send a request, with its CSeq, and read the answer
 * @headers: lines with their ends, or NULL
 *
 * The answer's CSeq has been checked.
 */
GstRTSPMessage *rtsp_ask(struct rtsp *rtsp, const char *method, const char *url,
			 const char *headers);

/* rtsp_status - the same, of which only the status is of interest */
gint rtsp_status(struct rtsp *rtsp, const char *method, const char *url,
		 const char *headers);

/* rtsp_header - a header of an answer, or NULL */
const char *rtsp_header(GstRTSPMessage *msg, GstRTSPHeaderField field);

#endif
