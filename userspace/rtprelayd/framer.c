// SPDX-License-Identifier: GPL-2.0-or-later
#include "framer.h"

#include <string.h>

#include "limit.h"

#define FRAME_MAGIC	'$'
#define FRAME_HDR_LEN	4

G_DEFINE_QUARK(framer-error-quark, framer_error)

enum framer_state {
	FRAMER_START,	/* a start line or a frame is next */
	FRAMER_HEADERS,
	FRAMER_BODY,
};

/**
 * struct framer - what has come and was not given out yet
 * @buf: bytes; NULL while there are none, so that idle connections are small
 * @used: those at the front of @buf that are done with
 * @scanned: those after @used that are known to hold no end of line
 * @state: what comes next
 * @msg: the message now being read, once its start line was
 * @n_headers: its headers so far
 * @header_bytes: its lines so far
 * @body_len: its Content-Length, -1 while none was seen
 */
struct framer {
	GByteArray *buf;
	gsize used;
	gsize scanned;
	enum framer_state state;
	GstRTSPMessage msg;
	guint n_headers;
	gsize header_bytes;
	gssize body_len;
};

struct framer *framer_new(void)
{
	struct framer *framer = g_new0(struct framer, 1);

	framer->body_len = -1;
	return framer;
}

void framer_free(struct framer *framer)
{
	if (!framer)
		return;
	if (framer->state != FRAMER_START)
		gst_rtsp_message_unset(&framer->msg);
	g_clear_pointer(&framer->buf, g_byte_array_unref);
	g_free(framer);
}

static gsize framer_left(const struct framer *framer)
{
	return framer->buf ? framer->buf->len - framer->used : 0;
}

static const guint8 *framer_bytes(const struct framer *framer)
{
	return framer->buf->data + framer->used;
}

void framer_push(struct framer *framer, const guint8 *data, gsize len)
{
	if (!framer->buf)
		framer->buf = g_byte_array_new();
	if (framer->used) {
		g_byte_array_remove_range(framer->buf, 0, framer->used);
		framer->used = 0;
	}
	g_byte_array_append(framer->buf, data, len);
}

static void framer_consume(struct framer *framer, gsize len)
{
	framer->used += len;
	framer->scanned = 0;
	if (framer->used == framer->buf->len) {
		g_clear_pointer(&framer->buf, g_byte_array_unref);
		framer->used = 0;
	}
}

gboolean framer_is_idle(const struct framer *framer)
{
	return framer->state == FRAMER_START && !framer_left(framer);
}

GstRTSPStatusCode framer_error_status(enum framer_error error)
{
	switch (error) {
	case FRAMER_ERROR_BODY_TOO_LARGE:
		return GST_RTSP_STS_REQUEST_ENTITY_TOO_LARGE;
	case FRAMER_ERROR_VERSION:
		return GST_RTSP_STS_RTSP_VERSION_NOT_SUPPORTED;
	case FRAMER_ERROR_LINE_TOO_LONG:
	case FRAMER_ERROR_TOO_MANY_HEADERS:
	case FRAMER_ERROR_HEADERS_TOO_LARGE:
	case FRAMER_ERROR_START_LINE:
	case FRAMER_ERROR_HEADER:
	case FRAMER_ERROR_LENGTH:
		break;
	}
	return GST_RTSP_STS_BAD_REQUEST;
}

/*
 * The next line, without its end, as text: FRAMER_MESSAGE with *line set and
 * its bytes consumed, FRAMER_MORE or FRAMER_FAILED. RFC 2326 has lines end with
 * CRLF and asks readers to take LF as well.
 */
static enum framer_result framer_line(struct framer *framer, char **line,
				      GError **error)
{
	gsize left = framer_left(framer), len;
	const guint8 *bytes, *end;

	if (!left)
		return FRAMER_MORE;
	bytes = framer_bytes(framer);
	end = memchr(bytes + framer->scanned, '\n', left - framer->scanned);
	len = end ? (gsize)(end - bytes) : left;

	if (len > LIMIT_LINE + 1) {
		g_set_error(error, FRAMER_ERROR, FRAMER_ERROR_LINE_TOO_LONG,
			    "a line is longer than %d bytes", LIMIT_LINE);
		return FRAMER_FAILED;
	}
	if (framer->header_bytes + len > LIMIT_HEADER_BYTES) {
		g_set_error(error, FRAMER_ERROR, FRAMER_ERROR_HEADERS_TOO_LARGE,
			    "the headers are larger than %d bytes", LIMIT_HEADER_BYTES);
		return FRAMER_FAILED;
	}
	if (!end) {
		framer->scanned = left;
		return FRAMER_MORE;
	}

	framer->header_bytes += len + 1;
	if (len && bytes[len - 1] == '\r')
		len--;
	for (gsize i = 0; i < len; i++) {
		if ((bytes[i] < ' ' && bytes[i] != '\t') || bytes[i] == 0x7f) {
			gboolean start = framer->state == FRAMER_START;

			g_set_error(error, FRAMER_ERROR, start ?
				    FRAMER_ERROR_START_LINE : FRAMER_ERROR_HEADER,
				    "control character 0x%02x in a line", bytes[i]);
			return FRAMER_FAILED;
		}
	}
	*line = g_strndup((const char *)bytes, len);
	framer_consume(framer, end - bytes + 1);
	return FRAMER_MESSAGE;
}

/* "RTSP/1.0" and nothing else; *known tells RTSP of another version apart */
static gboolean framer_version_ok(const char *text, gboolean *known)
{
	static const char prefix[] = "RTSP/";

	*known = !strncmp(text, prefix, strlen(prefix)) &&
		 g_ascii_isdigit(text[strlen(prefix)]);
	return g_str_equal(text, "RTSP/1.0");
}

static enum framer_result framer_bad_start(GError **error, gboolean known)
{
	g_set_error_literal(error, FRAMER_ERROR, known ?
			    FRAMER_ERROR_VERSION : FRAMER_ERROR_START_LINE,
			    known ? "the version is not RTSP/1.0" :
				    "neither a request nor an answer of RTSP");
	return FRAMER_FAILED;
}

/* Status-Line = RTSP-Version SP 3DIGIT SP Reason-Phrase */
static enum framer_result framer_status_line(struct framer *framer, char *line,
					     GError **error)
{
	char *code = strchr(line, ' '), *reason;
	gboolean known;

	*code++ = '\0';
	if (!framer_version_ok(line, &known))
		return framer_bad_start(error, known);
	if (!g_ascii_isdigit(code[0]) || !g_ascii_isdigit(code[1]) ||
	    !g_ascii_isdigit(code[2]) || (code[3] != ' ' && code[3] != '\0') ||
	    code[0] == '0')
		return framer_bad_start(error, FALSE);
	reason = code[3] ? code + 4 : code + 3;
	gst_rtsp_message_init_response(&framer->msg,
				       g_ascii_strtoull(code, NULL, 10), reason, NULL);
	return FRAMER_MESSAGE;
}

/* Request-Line = Method SP Request-URI SP RTSP-Version */
static enum framer_result framer_request_line(struct framer *framer, char *line,
					      GError **error)
{
	char *uri = strchr(line, ' '), *version;
	gboolean known;

	if (!uri || uri == line)
		return framer_bad_start(error, FALSE);
	*uri++ = '\0';
	version = strchr(uri, ' ');
	if (!version || version == uri)
		return framer_bad_start(error, FALSE);
	*version++ = '\0';
	if (!framer_version_ok(version, &known))
		return framer_bad_start(error, known);
	gst_rtsp_message_init_request(&framer->msg, gst_rtsp_find_method(line), uri);
	return FRAMER_MESSAGE;
}

static enum framer_result framer_start_line(struct framer *framer, char *line,
					    GError **error)
{
	enum framer_result result;

	if (g_str_has_prefix(line, "RTSP/") && strchr(line, ' '))
		result = framer_status_line(framer, line, error);
	else
		result = framer_request_line(framer, line, error);
	if (result == FRAMER_MESSAGE) {
		framer->state = FRAMER_HEADERS;
		framer->n_headers = 0;
		framer->body_len = -1;
	}
	return result;
}

/* Content-Length = 1*DIGIT, once */
static gboolean framer_content_length(struct framer *framer, const char *value,
				      GError **error)
{
	guint64 len;

	if (framer->body_len >= 0 ||
	    !g_ascii_string_to_unsigned(value, 10, 0, G_MAXINT32, &len, NULL)) {
		g_set_error(error, FRAMER_ERROR, FRAMER_ERROR_LENGTH,
			    "Content-Length is %s", framer->body_len >= 0 ?
			    "given twice" : "not a number");
		return FALSE;
	}
	if (len > LIMIT_BODY) {
		g_set_error(error, FRAMER_ERROR, FRAMER_ERROR_BODY_TOO_LARGE,
			    "the body is larger than %d bytes", LIMIT_BODY);
		return FALSE;
	}
	framer->body_len = len;
	return TRUE;
}

/* message-header = token ":" value; a folded one begins with white space */
static enum framer_result framer_header(struct framer *framer, char *line,
					GError **error)
{
	gsize name_len = strspn(line, "!#$%&'*+-.^_`|~0123456789"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz");
	char *value;

	if (++framer->n_headers > LIMIT_HEADERS) {
		g_set_error(error, FRAMER_ERROR, FRAMER_ERROR_TOO_MANY_HEADERS,
			    "more than %d headers", LIMIT_HEADERS);
		return FRAMER_FAILED;
	}
	if (!name_len || line[name_len] != ':') {
		g_set_error_literal(error, FRAMER_ERROR, FRAMER_ERROR_HEADER,
				    "a header is not of the form name: value");
		return FRAMER_FAILED;
	}
	line[name_len] = '\0';
	value = g_strstrip(line + name_len + 1);

	if (!g_ascii_strcasecmp(line, "Content-Length") &&
	    !framer_content_length(framer, value, error))
		return FRAMER_FAILED;
	gst_rtsp_message_add_header_by_name(&framer->msg, line, value);
	return FRAMER_MESSAGE;
}

/* The message is whole: it goes to the caller and the next one begins. */
static enum framer_result framer_give(struct framer *framer, GstRTSPMessage *msg)
{
	gst_rtsp_message_unset(msg);
	*msg = framer->msg;
	memset(&framer->msg, 0, sizeof(framer->msg));
	framer->state = FRAMER_START;
	framer->header_bytes = 0;
	return FRAMER_MESSAGE;
}

static enum framer_result framer_body(struct framer *framer, GstRTSPMessage *msg)
{
	gsize len = MAX(framer->body_len, 0);

	if (framer_left(framer) < len)
		return FRAMER_MORE;
	if (len) {
		gst_rtsp_message_set_body(&framer->msg, framer_bytes(framer), len);
		framer_consume(framer, len);
	}
	return framer_give(framer, msg);
}

/* "$" channel(8) length(16) data */
static enum framer_result framer_frame(struct framer *framer, GstRTSPMessage *msg)
{
	const guint8 *bytes = framer_bytes(framer);
	gsize left = framer_left(framer), len;

	if (left < FRAME_HDR_LEN)
		return FRAMER_MORE;
	len = bytes[2] << 8 | bytes[3];
	if (left < FRAME_HDR_LEN + len)
		return FRAMER_MORE;

	gst_rtsp_message_unset(msg);
	gst_rtsp_message_init_data(msg, bytes[1]);
	gst_rtsp_message_set_body(msg, bytes + FRAME_HDR_LEN, len);
	framer_consume(framer, FRAME_HDR_LEN + len);
	framer->header_bytes = 0;
	return FRAMER_MESSAGE;
}

enum framer_result framer_pull(struct framer *framer, GstRTSPMessage *msg,
			       GError **error)
{
	enum framer_result result = FRAMER_MESSAGE;

	while (result == FRAMER_MESSAGE) {
		g_autofree char *line = NULL;

		if (framer->state == FRAMER_BODY)
			return framer_body(framer, msg);
		if (framer->state == FRAMER_START && framer_left(framer) &&
		    *framer_bytes(framer) == FRAME_MAGIC)
			return framer_frame(framer, msg);

		result = framer_line(framer, &line, error);
		if (result != FRAMER_MESSAGE)
			break;
		if (framer->state == FRAMER_START) {
			/* blank lines between messages: bounded by header_bytes */
			if (*line)
				result = framer_start_line(framer, line, error);
		} else if (*line) {
			result = framer_header(framer, line, error);
		} else {
			framer->state = FRAMER_BODY;
		}
	}
	return result;
}
