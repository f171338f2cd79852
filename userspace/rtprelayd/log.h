/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The log: one line an event on stderr, "event: key=value key=value".
 *
 * Values are quoted and escaped where they hold anything but plain text, since
 * many come from the network.
 */
#ifndef RTPRELAYD_LOG_H
#define RTPRELAYD_LOG_H

#include <glib.h>

/* A key with its value: text, or a number when @text is NULL */
struct log_field {
	const char *key;
	const char *text;
	guint64 number;
};

#define LOG_S(k, v)	{ .key = (k), .text = (v) ? (v) : "none" }
#define LOG_U(k, v)	{ .key = (k), .number = (v) }

#define log_event(event, ...) \
	log_fields(event, (const struct log_field[]){ __VA_ARGS__, { NULL } })

/* log_fields - use log_event(); @fields end with a NULL key */
void log_fields(const char *event, const struct log_field *fields);

#endif
