/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The way to the daemon: HTTP over its control socket */
#ifndef RTPRELAYCTL_LINK_H
#define RTPRELAYCTL_LINK_H

#include <json-glib/json-glib.h>

struct link;

/* link_new - @path of the socket; nothing is connected yet */
struct link *link_new(const char *path);
void link_free(struct link *link);

/**
 * link_ask - ask the daemon for something
 * @change: ask for a change, else to be shown
 * @what: as in "/status"
 * @...: names and values of parameters, to a NULL name; a NULL value is left out
 *
 * Return: the answer, an object; NULL when there is none, or an error, which has
 * been printed then.
 */
JsonNode *link_ask(struct link *link, gboolean change, const char *what, ...)
	G_GNUC_NULL_TERMINATED;

#endif
