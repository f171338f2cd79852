/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HTTP, of libsoup, within the limits of limit.h: a request a connection, no
 * bodies, and a deadline for the whole of it.
 */
#ifndef RTPRELAYD_WEB_H
#define RTPRELAYD_WEB_H

#include <gio/gio.h>

struct web;

/**
 * struct web_request - what is asked
 * @method: in capitals
 * @path: decoded, begins with a slash
 * @query: what follows the question mark, or NULL
 * @values: that, decoded: char * by char *, NULL without one
 */
struct web_request {
	const char *method;
	const char *path;
	const char *query;
	GHashTable *values;
};

/**
 * struct web_answer - what is answered
 * @status: an HTTP status code
 * @type: its Content-Type
 * @body: it; the web's from then on
 */
struct web_answer {
	guint status;
	const char *type;
	GBytes *body;
};

/* web_handler - answer a request; all fields of @answer are to be set */
typedef void (*web_handler)(const struct web_request *request,
			    struct web_answer *answer, gpointer user_data);

/**
 * web_new - serve requests
 * @listener: listens, and does not block; a reference is taken
 */
struct web *web_new(GSocket *listener, web_handler handler, gpointer user_data);

/* web_free - end all connections, too */
void web_free(struct web *web);

#endif
