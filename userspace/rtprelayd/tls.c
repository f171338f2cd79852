// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls.h"

#include <errno.h>
#include <sys/socket.h>

#include "limit.h"

/* A record: type, version, length, and then so many bytes (RFC 8446, section 5.1) */
#define TLS_HDR_LEN	5
#define TLS_HANDSHAKE	22
#define TLS_MAX_LEN	16384
/* The first of these bytes, of what a client begins with (section 4) */
#define TLS_CLIENT_HELLO	1

/**
 * struct tls - see tls.h
 * @certificate: ours
 * @reading: struct handshake *, whose ClientHello is not there yet
 * @ready: struct handshake *, it is; the last to come is first
 * @running: struct handshake *, in a thread; the first to begin is first
 * @crowded: looks whether one that runs takes too long
 * @freed: tls_free() was called
 */
struct tls {
	GTlsCertificate *certificate;
	GQueue reading;
	GQueue ready;
	GQueue running;
	guint crowded;
	gboolean freed;
};

/**
 * struct handshake - one
 * @queue: of @tls, where it is
 * @link: there
 * @connection: beneath
 * @stream: on it, once it runs
 * @watch: wakes when the bytes that are wanted are there, until it runs
 * @deadline: ends it
 * @cancellable: ends the thread's part
 * @began_at: monotonic time of that, us
 */
struct handshake {
	struct tls *tls;
	GQueue *queue;
	GList *link;
	GSocketConnection *connection;
	GIOStream *stream;
	GSource *watch;
	guint deadline;
	GCancellable *cancellable;
	gint64 began_at;
	tls_done func;
	gpointer user_data;
};

static void tls_run(struct tls *tls);

struct tls *tls_new(GTlsCertificate *certificate)
{
	struct tls *tls = g_new0(struct tls, 1);

	tls->certificate = g_object_ref(certificate);
	return tls;
}

void tls_set_certificate(struct tls *tls, GTlsCertificate *certificate)
{
	g_set_object(&tls->certificate, certificate);
}

guint tls_n_pending(const struct tls *tls)
{
	return tls->reading.length + tls->ready.length + tls->running.length;
}

static void handshake_drop_watch(struct handshake *handshake)
{
	if (!handshake->watch)
		return;
	g_source_destroy(handshake->watch);
	g_clear_pointer(&handshake->watch, g_source_unref);
}

static void handshake_move(struct handshake *handshake, GQueue *queue)
{
	if (handshake->queue)
		g_queue_unlink(handshake->queue, handshake->link);
	handshake->queue = queue;
	if (queue == &handshake->tls->ready)
		g_queue_push_head_link(queue, handshake->link);
	else if (queue)
		g_queue_push_tail_link(queue, handshake->link);
}

static void handshake_free(struct handshake *handshake)
{
	handshake_move(handshake, NULL);
	g_list_free(handshake->link);
	handshake_drop_watch(handshake);
	g_clear_handle_id(&handshake->deadline, g_source_remove);
	g_object_unref(handshake->cancellable);
	g_object_unref(handshake->connection);
	g_clear_object(&handshake->stream);
	g_free(handshake);
}

/* The owner is told once. */
static void handshake_tell(struct handshake *handshake, const GError *error)
{
	tls_done func = g_steal_pointer(&handshake->func);

	if (func)
		func(handshake->connection, error ? NULL : handshake->stream, error,
		     handshake->user_data);
}

/* Tell the owner, and make room. */
static void handshake_end(struct handshake *handshake, const GError *error)
{
	struct tls *tls = handshake->tls;

	handshake_move(handshake, NULL);
	handshake_tell(handshake, error);
	handshake_free(handshake);
	if (!tls->freed)
		tls_run(tls);
}

static void handshake_fail(struct handshake *handshake, gint code, const char *text)
{
	g_autoptr(GError) error = g_error_new_literal(G_IO_ERROR, code, text);

	handshake_end(handshake, error);
}

static void handshake_done(GObject *stream, GAsyncResult *result, gpointer user_data)
{
	struct handshake *handshake = user_data;
	g_autoptr(GError) error = NULL;

	g_tls_connection_handshake_finish(G_TLS_CONNECTION(stream), result, &error);
	if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
		handshake_fail(handshake, G_IO_ERROR_TIMED_OUT, "a TLS handshake that stalled");
	else
		handshake_end(handshake, error);
}

static void handshake_run(struct handshake *handshake)
{
	g_autoptr(GError) error = NULL;

	handshake_drop_watch(handshake);
	handshake->stream = g_tls_server_connection_new(G_IO_STREAM(handshake->connection),
							handshake->tls->certificate, &error);
	if (!handshake->stream) {
		handshake_end(handshake, error);
		return;
	}
	/* viewers have no certificates: the system's would cost 3.7 MB a connection */
	g_tls_connection_set_database(G_TLS_CONNECTION(handshake->stream), NULL);
	/* many clients just hang up */
	g_tls_connection_set_require_close_notify(G_TLS_CONNECTION(handshake->stream), FALSE);
	handshake->began_at = g_get_monotonic_time();
	handshake_move(handshake, &handshake->tls->running);
	g_tls_connection_handshake_async(G_TLS_CONNECTION(handshake->stream),
					 G_PRIORITY_DEFAULT, handshake->cancellable,
					 handshake_done, handshake);
}

/* Is it the peer for whom it waits? What it sent would be there to be read. */
static gboolean handshake_is_peers(struct handshake *handshake)
{
	GSocket *socket = g_socket_connection_get_socket(handshake->connection);

	return !(g_socket_condition_check(socket, G_IO_IN) & G_IO_IN);
}

/* While others wait, those whose peers have had them for long give way. */
static gboolean tls_check_crowd(gpointer user_data)
{
	struct tls *tls = user_data;
	gint64 late = g_get_monotonic_time() - LIMIT_TLS_CROWDED_MS * 1000;

	for (GList *l = tls->running.head; l && tls->ready.length; l = l->next) {
		struct handshake *handshake = l->data;

		if (handshake->began_at > late)
			break;
		if (handshake_is_peers(handshake))
			g_cancellable_cancel(handshake->cancellable);
	}
	if (tls->ready.length)
		return G_SOURCE_CONTINUE;
	tls->crowded = 0;
	return G_SOURCE_REMOVE;
}

static void tls_run(struct tls *tls)
{
	while (tls->ready.length && tls->running.length < LIMIT_TLS_HANDSHAKES)
		handshake_run(tls->ready.head->data);
	if (tls->ready.length && !tls->crowded)
		tls->crowded = g_timeout_add(LIMIT_TLS_CROWD_CHECK_MS, tls_check_crowd, tls);
}

/*
 * Wake when so many bytes are there, or the peer has hung up. A level-triggered
 * wait for one byte more would wake at once.
 */
static void handshake_want(struct handshake *handshake, int bytes)
{
	int fd = g_socket_get_fd(g_socket_connection_get_socket(handshake->connection));

	setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &bytes, sizeof(bytes));
}

static gboolean handshake_readable(GSocket *socket, GIOCondition condition,
				   gpointer user_data)
{
	struct handshake *handshake = user_data;
	guint8 bytes[TLS_HDR_LEN + TLS_MAX_LEN];
	gssize n = recv(g_socket_get_fd(socket), bytes, sizeof(bytes),
			MSG_PEEK | MSG_DONTWAIT);
	gsize len;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return G_SOURCE_CONTINUE;
	if (n <= TLS_HDR_LEN) {
		handshake_fail(handshake, G_IO_ERROR_CONNECTION_CLOSED,
			       "closed before a TLS handshake");
		return G_SOURCE_CONTINUE;
	}
	len = bytes[3] << 8 | bytes[4];
	if (bytes[0] != TLS_HANDSHAKE || bytes[1] != 3 || !len || len > TLS_MAX_LEN ||
	    bytes[TLS_HDR_LEN] != TLS_CLIENT_HELLO) {
		handshake_fail(handshake, G_IO_ERROR_INVALID_DATA, "no TLS handshake");
		return G_SOURCE_CONTINUE;
	}
	if ((gsize)n < TLS_HDR_LEN + len) {
		if (condition & (G_IO_HUP | G_IO_ERR))
			handshake_fail(handshake, G_IO_ERROR_CONNECTION_CLOSED,
				       "closed in a TLS handshake");
		else
			handshake_want(handshake, TLS_HDR_LEN + len);
		return G_SOURCE_CONTINUE;
	}
	handshake_want(handshake, 1);
	handshake_drop_watch(handshake);
	handshake_move(handshake, &handshake->tls->ready);
	tls_run(handshake->tls);
	return G_SOURCE_CONTINUE;
}

static gboolean handshake_late(gpointer user_data)
{
	struct handshake *handshake = user_data;

	handshake->deadline = 0;
	if (handshake->queue == &handshake->tls->running)
		g_cancellable_cancel(handshake->cancellable);
	else
		handshake_fail(handshake, G_IO_ERROR_TIMED_OUT, "no TLS handshake in time");
	return G_SOURCE_REMOVE;
}

void tls_accept(struct tls *tls, GSocketConnection *connection, tls_done func,
		gpointer user_data)
{
	struct handshake *handshake = g_new0(struct handshake, 1);

	handshake->tls = tls;
	handshake->link = g_list_append(NULL, handshake);
	handshake->connection = g_object_ref(connection);
	handshake->cancellable = g_cancellable_new();
	handshake->func = func;
	handshake->user_data = user_data;
	handshake_move(handshake, &tls->reading);
	handshake->deadline = g_timeout_add(LIMIT_TLS_HANDSHAKE_MS, handshake_late, handshake);
	handshake_want(handshake, TLS_HDR_LEN + 1);
	handshake->watch = g_socket_create_source(g_socket_connection_get_socket(connection),
						  G_IO_IN, NULL);
	g_source_set_callback(handshake->watch, G_SOURCE_FUNC(handshake_readable), handshake,
			      NULL);
	g_source_attach(handshake->watch, g_main_context_get_thread_default());
}

void tls_free(struct tls *tls)
{
	g_autoptr(GError) error = g_error_new_literal(G_IO_ERROR, G_IO_ERROR_CLOSED,
						      "the relay ends");
	struct handshake *handshake;

	if (!tls)
		return;
	tls->freed = TRUE;
	while ((handshake = g_queue_peek_head(&tls->reading)) ||
	       (handshake = g_queue_peek_head(&tls->ready))) {
		handshake_tell(handshake, error);
		handshake_free(handshake);
	}
	for (GList *l = tls->running.head; l; l = l->next) {
		handshake = l->data;
		handshake_tell(handshake, error);
		g_cancellable_cancel(handshake->cancellable);
	}
	/* a thread that still runs when the process exits would be a risk to it */
	while (tls->running.length)
		g_main_context_iteration(NULL, TRUE);
	g_clear_handle_id(&tls->crowded, g_source_remove);
	g_object_unref(tls->certificate);
	g_free(tls);
}

void tls_close(GTlsConnection *stream)
{
	g_autoptr(GIOStream) base = NULL;
	GSocket *socket;

	g_object_get(stream, "base-io-stream", &base, NULL);
	socket = g_socket_connection_get_socket(G_SOCKET_CONNECTION(base));
	/* the last record is written now or not at all */
	if (!(g_socket_condition_check(socket, G_IO_OUT) & G_IO_OUT))
		g_socket_shutdown(socket, TRUE, TRUE, NULL);
	g_io_stream_close(G_IO_STREAM(stream), NULL, NULL);
}
