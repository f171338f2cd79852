// SPDX-License-Identifier: GPL-2.0-or-later
#include "wire.h"

#include <string.h>

#include "framer.h"
#include "limit.h"
#include "tls.h"

/* Frames that one system call sends */
#define WIRE_FRAMES	64
/* Bytes of an empty buffer that are kept for what is sent next */
#define WIRE_KEEP	4096

/* No deadline; as g_source_set_ready_time() has it */
#define NEVER	(-1)

/**
 * struct wire - a connection
 * @connection: its streams
 * @framer: bytes on their way in
 * @unsent: bytes on their way out; the first @sent are gone
 * @read_watch: there while bytes are wanted
 * @write_watch: there while @unsent could not be written
 * @timer: fires at the earliest of the deadlines below (monotonic, us, or NEVER)
 * @idle_ms: see wire_set_idle()
 * @idle_at: a message must begin before
 * @message_at: the message now being read must end before
 * @send_at: bytes of @unsent must be taken before
 * @busy: the owner has a message in hand
 * @delivering: a message callback is on the stack
 * @failure: what wire_timed_out() is to end it with; a send fails from within
 *	the owner's own functions, which must not be called back from there
 * @closed: the owner was told
 * @finishing: see wire_finish()
 * @refs: one of the owner, one of each function on the stack that calls out
 * @freed: wire_free() was called
 */
struct wire {
	GIOStream *connection;
	const struct wire_ops *ops;
	gpointer user_data;
	struct framer *framer;
	GByteArray *unsent;
	gsize sent;
	GSource *read_watch;
	GSource *write_watch;
	GSource *timer;
	guint idle_ms;
	gint64 idle_at;
	gint64 message_at;
	gint64 send_at;
	gboolean busy;
	gboolean delivering;
	GError *failure;
	gboolean closed;
	gboolean finishing;
	guint refs;
	gboolean freed;
};

static void wire_read(struct wire *wire);

static void wire_drop_source(GSource **source)
{
	if (!*source)
		return;
	g_source_destroy(*source);
	g_clear_pointer(source, g_source_unref);
}

static void wire_unref(struct wire *wire)
{
	if (--wire->refs)
		return;
	framer_free(wire->framer);
	g_clear_error(&wire->failure);
	g_byte_array_unref(wire->unsent);
	if (G_IS_TLS_CONNECTION(wire->connection))
		tls_close(G_TLS_CONNECTION(wire->connection));
	else
		g_io_stream_close(wire->connection, NULL, NULL);
	g_object_unref(wire->connection);
	g_free(wire);
}

void wire_free(struct wire *wire)
{
	if (!wire || wire->freed)
		return;
	wire->freed = TRUE;
	wire_drop_source(&wire->read_watch);
	wire_drop_source(&wire->write_watch);
	wire_drop_source(&wire->timer);
	wire_unref(wire);
}

static void wire_arm(struct wire *wire)
{
	gint64 at = NEVER;
	const gint64 deadlines[] = { wire->idle_at, wire->message_at, wire->send_at };

	if (!wire->timer)
		return;
	for (guint i = 0; i < G_N_ELEMENTS(deadlines); i++)
		if (deadlines[i] != NEVER && (at == NEVER || deadlines[i] < at))
			at = deadlines[i];
	g_source_set_ready_time(wire->timer, wire->failure ? 0 : at);
}

/* Takes @error; the main loop sees to it. */
static void wire_fail(struct wire *wire, GError *error)
{
	wire_drop_source(&wire->write_watch);
	wire->send_at = NEVER;
	if (wire->failure)
		g_error_free(error);
	else
		wire->failure = error;
	wire_arm(wire);
}

static gint64 wire_in(guint ms)
{
	return g_get_monotonic_time() + (gint64)ms * 1000;
}

static void wire_end(struct wire *wire, const GError *error)
{
	wire_drop_source(&wire->read_watch);
	wire->idle_at = NEVER;
	wire->message_at = NEVER;
	wire_arm(wire);

	if (wire->finishing) {
		wire_free(wire);
	} else if (!wire->closed) {
		wire->closed = TRUE;
		wire->ops->closed(error, wire->user_data);
	}
}

static gboolean wire_timed_out(gpointer user_data)
{
	struct wire *wire = user_data;
	g_autoptr(GError) error = g_steal_pointer(&wire->failure);

	if (!error)
		error = g_error_new_literal(G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
				    wire->send_at != NEVER ? "the peer takes no answer" :
				    wire->message_at != NEVER ? "half a message" : "idle");
	wire->send_at = NEVER;
	wire_drop_source(&wire->write_watch);
	wire_end(wire, error);
	return G_SOURCE_CONTINUE;
}

static gboolean wire_timer_dispatch(GSource *source, GSourceFunc callback,
				    gpointer user_data)
{
	return callback(user_data);
}

static GSourceFuncs wire_timer_funcs = { .dispatch = wire_timer_dispatch };

static gboolean wire_writable(GObject *stream, gpointer user_data);

/* What was sent goes, so that a peer that always lags behind costs no more. */
static void wire_forget_sent(struct wire *wire)
{
	if (wire->sent == wire->unsent->len && wire->sent > WIRE_KEEP) {
		g_byte_array_unref(wire->unsent);
		wire->unsent = g_byte_array_new();
		wire->sent = 0;
	} else if (wire->sent > wire->unsent->len / 2) {
		g_byte_array_remove_range(wire->unsent, 0, wire->sent);
		wire->sent = 0;
	}
}

static void wire_write(struct wire *wire)
{
	GPollableOutputStream *out;

	out = G_POLLABLE_OUTPUT_STREAM(g_io_stream_get_output_stream(wire->connection));
	while (wire->sent < wire->unsent->len) {
		g_autoptr(GError) error = NULL;
		gssize n = g_pollable_output_stream_write_nonblocking(out,
				wire->unsent->data + wire->sent,
				wire->unsent->len - wire->sent, NULL, &error);

		if (n > 0) {
			wire->sent += n;
			wire->send_at = NEVER;
			continue;
		}
		if (!g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK)) {
			wire_fail(wire, g_steal_pointer(&error));
			return;
		}
		if (!wire->write_watch) {
			wire->write_watch = g_pollable_output_stream_create_source(out, NULL);
			g_source_set_callback(wire->write_watch,
					      G_SOURCE_FUNC(wire_writable), wire, NULL);
			g_source_attach(wire->write_watch,
					g_main_context_get_thread_default());
		}
		if (wire->send_at == NEVER)
			wire->send_at = wire_in(LIMIT_SEND_MS);
		wire_forget_sent(wire);
		wire_arm(wire);
		return;
	}

	wire_forget_sent(wire);
	wire_drop_source(&wire->write_watch);
	wire_arm(wire);
	if (wire->finishing)
		wire_free(wire);
}

static gboolean wire_writable(GObject *stream, gpointer user_data)
{
	struct wire *wire = user_data;

	wire->refs++;
	wire_write(wire);
	wire_unref(wire);
	return G_SOURCE_CONTINUE;
}

/* Give out what is whole; ask for more bytes when nothing is. */
static void wire_deliver(struct wire *wire)
{
	if (wire->delivering)
		return;
	wire->delivering = TRUE;
	wire->refs++;
	while (!wire->busy && !wire->closed && !wire->freed && !wire->finishing) {
		GstRTSPMessage msg = { 0 };
		g_autoptr(GError) error = NULL;
		enum framer_result result;

		result = framer_pull(wire->framer, &msg, &error);
		if (result == FRAMER_MESSAGE) {
			wire->busy = TRUE;
			wire->message_at = NEVER;
			wire->idle_at = NEVER;
			wire->ops->message(&msg, wire->user_data);
			gst_rtsp_message_unset(&msg);
			continue;
		}
		gst_rtsp_message_unset(&msg);
		if (result == FRAMER_FAILED)
			wire_end(wire, error);
		else
			wire_read(wire);
		break;
	}
	wire->delivering = FALSE;
	wire_unref(wire);
}

static gboolean wire_readable(GObject *stream, gpointer user_data)
{
	struct wire *wire = user_data;
	g_autoptr(GError) error = NULL;
	guint8 buf[LIMIT_READ];
	gssize n;

	n = g_pollable_input_stream_read_nonblocking(G_POLLABLE_INPUT_STREAM(stream),
						     buf, sizeof(buf), NULL, &error);
	if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
		return G_SOURCE_CONTINUE;

	wire->refs++;
	if (n > 0) {
		framer_push(wire->framer, buf, n);
		wire_drop_source(&wire->read_watch);
		wire_deliver(wire);
	} else {
		wire_end(wire, error);
	}
	wire_unref(wire);
	return G_SOURCE_CONTINUE;
}

static void wire_read(struct wire *wire)
{
	GPollableInputStream *in;

	in = G_POLLABLE_INPUT_STREAM(g_io_stream_get_input_stream(wire->connection));
	if (!wire->read_watch) {
		wire->read_watch = g_pollable_input_stream_create_source(in, NULL);
		g_source_set_callback(wire->read_watch, G_SOURCE_FUNC(wire_readable),
				      wire, NULL);
		g_source_attach(wire->read_watch, g_main_context_get_thread_default());
	}
	/* Bytes that trickle in do not move the deadline of their message. */
	if (!framer_is_idle(wire->framer)) {
		wire->idle_at = NEVER;
		if (wire->message_at == NEVER)
			wire->message_at = wire_in(LIMIT_MESSAGE_MS);
	} else if (wire->idle_ms && wire->idle_at == NEVER) {
		wire->idle_at = wire_in(wire->idle_ms);
	}
	wire_arm(wire);
}

struct wire *wire_new(GIOStream *connection, const struct wire_ops *ops,
		      gpointer user_data)
{
	struct wire *wire = g_new0(struct wire, 1);

	wire->connection = g_object_ref(connection);
	wire->ops = ops;
	wire->user_data = user_data;
	wire->framer = framer_new();
	wire->unsent = g_byte_array_new();
	wire->idle_at = NEVER;
	wire->message_at = NEVER;
	wire->send_at = NEVER;
	wire->refs = 1;
	wire->timer = g_source_new(&wire_timer_funcs, sizeof(GSource));
	g_source_set_callback(wire->timer, wire_timed_out, wire, NULL);
	g_source_attach(wire->timer, g_main_context_get_thread_default());
	wire_read(wire);
	return wire;
}

void wire_next(struct wire *wire)
{
	wire->busy = FALSE;
	wire_deliver(wire);
}

void wire_set_idle(struct wire *wire, guint ms)
{
	wire->idle_ms = ms;
	wire->idle_at = NEVER;
	if (wire->read_watch)
		wire_read(wire);
}

/* Everything up to the body */
static void wire_append_head(struct wire *wire, GstRTSPMessage *msg, guint body_len)
{
	g_autoptr(GString) head = g_string_new(NULL);

	if (msg->type == GST_RTSP_MESSAGE_REQUEST)
		g_string_printf(head, "%s %s RTSP/1.0\r\n",
				gst_rtsp_method_as_text(msg->type_data.request.method),
				msg->type_data.request.uri);
	else
		g_string_printf(head, "RTSP/1.0 %d %s\r\n",
				msg->type_data.response.code,
				msg->type_data.response.reason);
	gst_rtsp_message_append_headers(msg, head);
	if (body_len)
		g_string_append_printf(head, "Content-Length: %u\r\n", body_len);
	g_string_append(head, "\r\n");
	g_byte_array_append(wire->unsent, (const guint8 *)head->str, head->len);
}

/* "$", channel and length (RFC 2326, section 10.12) */
static void wire_append_prefix(struct wire *wire, guint8 channel, guint len)
{
	const guint8 prefix[] = { '$', channel, len >> 8, len };

	g_byte_array_append(wire->unsent, prefix, sizeof(prefix));
}

void wire_send(struct wire *wire, GstRTSPMessage *msg)
{
	guint8 *body = NULL;
	guint body_len = 0;

	gst_rtsp_message_get_body(msg, &body, &body_len);
	if (msg->type == GST_RTSP_MESSAGE_DATA)
		wire_append_prefix(wire, msg->type_data.data.channel, body_len);
	else
		wire_append_head(wire, msg, body_len);
	if (body_len)
		g_byte_array_append(wire->unsent, body, body_len);

	if (wire->unsent->len - wire->sent > LIMIT_UNSENT)
		wire_fail(wire, g_error_new_literal(G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
						    "the peer takes no answers"));
	else if (!wire->write_watch && !wire->failure)
		wire_write(wire);
}

gsize wire_frame_len(const struct wire_frame *frame)
{
	return WIRE_FRAME_HEADER + frame->head_len + frame->rest_len;
}

static void wire_frame_header(guint8 header[static WIRE_FRAME_HEADER],
			      const struct wire_frame *frame)
{
	gsize len = frame->head_len + frame->rest_len;

	header[0] = '$';
	header[1] = frame->channel;
	header[2] = len >> 8;
	header[3] = len;
}

void wire_frame_append(GByteArray *bytes, const struct wire_frame *frame)
{
	guint8 header[WIRE_FRAME_HEADER];

	wire_frame_header(header, frame);
	g_byte_array_append(bytes, header, sizeof(header));
	if (frame->head_len)
		g_byte_array_append(bytes, frame->head, frame->head_len);
	g_byte_array_append(bytes, frame->rest, frame->rest_len);
}

/* How many of the frames there is room for, behind so many bytes */
static guint wire_frames_fit(const struct wire_frame *frames, guint n, gsize bytes)
{
	for (guint i = 0; i < n; i++) {
		bytes += wire_frame_len(&frames[i]);
		if (bytes > LIMIT_UNSENT_FRAMES ||
		    frames[i].head_len + frames[i].rest_len > LIMIT_FRAME)
			return i;
	}
	return n;
}

/*
 * Hand frames to the network without a copy, as far as it takes them. TLS would
 * make a record of each part, so there they are put together.
 * Return: bytes that it took.
 */
static gsize wire_write_frames(struct wire *wire, const struct wire_frame *frames, guint n)
{
	GOutputStream *out = g_io_stream_get_output_stream(wire->connection);
	guint8 headers[WIRE_FRAMES][WIRE_FRAME_HEADER];
	GOutputVector vectors[WIRE_FRAMES * 3];
	gsize written = 0;
	guint used = 0;

	if (G_IS_TLS_CONNECTION(wire->connection) || wire->write_watch ||
	    wire->sent < wire->unsent->len || n > WIRE_FRAMES)
		return 0;
	for (guint i = 0; i < n; i++) {
		wire_frame_header(headers[i], &frames[i]);
		vectors[used++] = (GOutputVector){ headers[i], WIRE_FRAME_HEADER };
		if (frames[i].head_len)
			vectors[used++] = (GOutputVector){
				frames[i].head, frames[i].head_len,
			};
		vectors[used++] = (GOutputVector){ frames[i].rest, frames[i].rest_len };
	}
	/* an error shows again when what is left is written */
	g_pollable_output_stream_writev_nonblocking(G_POLLABLE_OUTPUT_STREAM(out), vectors,
						    used, &written, NULL, NULL);
	return written;
}

guint wire_send_frames(struct wire *wire, const struct wire_frame *frames, guint n)
{
	guint fit = wire_frames_fit(frames, n, wire->unsent->len - wire->sent);
	gsize written;

	if (wire->failure || wire->finishing || !fit)
		return 0;
	written = wire_write_frames(wire, frames, fit);
	for (guint i = 0; i < fit; i++) {
		gsize len = wire_frame_len(&frames[i]);

		if (written >= len) {
			written -= len;
			continue;
		}
		wire_frame_append(wire->unsent, &frames[i]);
		/* of the one that it ends in, what is left */
		wire->sent += written;
		written = 0;
	}
	if (!wire->write_watch && wire->sent < wire->unsent->len)
		wire_write(wire);
	return fit;
}

void wire_send_held(struct wire *wire, const GByteArray *frames)
{
	g_byte_array_append(wire->unsent, frames->data, frames->len);
	if (!wire->write_watch && !wire->failure)
		wire_write(wire);
}

void wire_finish(struct wire *wire)
{
	wire->finishing = TRUE;
	wire->closed = TRUE;
	wire_drop_source(&wire->read_watch);
	wire->idle_at = NEVER;
	wire->message_at = NEVER;
	wire_arm(wire);
	if (wire->sent == wire->unsent->len || wire->failure)
		wire_free(wire);
}
