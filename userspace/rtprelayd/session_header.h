/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Session = identifier [";timeout=" seconds] (RFC 2326, section 12.37) */
#ifndef RTPRELAYD_SESSION_HEADER_H
#define RTPRELAYD_SESSION_HEADER_H

#include <glib.h>

/* When a server does not say otherwise */
#define SESSION_HEADER_TIMEOUT_S	60

/**
 * session_header_parse - read a server's header
 * @header: NULL where there was none
 * @timeout_s: set to the timeout in seconds, 1 on
 *
 * Return: the identifier, to be freed; NULL when there is none.
 */
char *session_header_parse(const char *header, guint *timeout_s);

#endif
