/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The log: one line an event on stderr, "event: key=value key=value". Where stderr
 * is the journal, it gets the event and each value as a field of its own as well.
 *
 * Values are quoted and escaped where they hold anything but plain text, since
 * many come from the network. Events and keys are stable: rtprelayd(8) lists all
 * events, and a test compares.
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

/* log_event - what happened, in the ordinary course of things */
#define log_event(event, ...) \
	log_fields(event, LOG_NOTICED, (const struct log_field[]){ __VA_ARGS__, { NULL } })

/* log_warn - what the operator may want to do something about */
#define log_warn(event, ...) \
	log_fields(event, LOG_WARNED, (const struct log_field[]){ __VA_ARGS__, { NULL } })

/* As syslog(3) has them */
enum log_priority {
	LOG_WARNED = 4,
	LOG_NOTICED = 6,
};

/* The most fields of an event */
#define LOG_FIELDS_MAX	24

/* log_fields - use log_event() or log_warn(); @fields end with a NULL key */
void log_fields(const char *event, enum log_priority priority,
		const struct log_field *fields);

#endif
