/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TLS towards viewers: handshakes, none of which holds up others.
 *
 * GIO shakes hands in threads, of which it has few. A connection gets one when its
 * ClientHello is there; when others wait, its peer may keep it LIMIT_TLS_CROWDED_MS.
 * Who came last is served first: who came long ago has most likely stalled.
 */
#ifndef RTPRELAYD_TLS_H
#define RTPRELAYD_TLS_H

#include <gio/gio.h>

/* struct tls - a certificate, and the handshakes under way */
struct tls;

struct tls *tls_new(GTlsCertificate *certificate);

/* tls_free - end those under way, who are told from here; runs the main loop */
void tls_free(struct tls *tls);

/* tls_set_certificate - for those who come from now on */
void tls_set_certificate(struct tls *tls, GTlsCertificate *certificate);

/**
 * tls_done - for tls_accept()
 * @connection: the connection beneath
 * @stream: the secured one; NULL when @error is set
 * @error: what went wrong
 */
typedef void (*tls_done)(GSocketConnection *connection, GIOStream *stream,
			 const GError *error, gpointer user_data);

/**
 * tls_accept - shake hands with one who connected
 * @connection: a reference is kept
 * @func: called once, from the main loop
 */
void tls_accept(struct tls *tls, GSocketConnection *connection, tls_done func,
		gpointer user_data);

/* tls_n_pending - handshakes under way */
guint tls_n_pending(const struct tls *tls);

/* tls_close - close a secured stream without waiting for the peer */
void tls_close(GTlsConnection *stream);

#endif
