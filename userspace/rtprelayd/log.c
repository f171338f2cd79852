// SPDX-License-Identifier: GPL-2.0-or-later
#include "log.h"

#include <string.h>
#include <unistd.h>

/* Fields that are not from the event: its line, name, priority, and whose it is */
#define LOG_FIELDS_OWN	4
/* Of a field's name, its end included (systemd.journal-fields(7): 64) */
#define LOG_NAME_LEN	65
/* Of a number, its end included */
#define LOG_NUMBER_LEN	21

static void log_append_text(GString *line, const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789.:,/[]_?&=%+-";
	g_autofree char *escaped = NULL;

	if (*text && strspn(text, plain) == strlen(text)) {
		g_string_append(line, text);
		return;
	}
	escaped = g_strescape(text, NULL);
	g_string_append_printf(line, "\"%s\"", escaped);
}

static GString *log_line(const char *event, const struct log_field *fields)
{
	GString *line = g_string_new(event);

	g_string_append_c(line, ':');
	for (; fields->key; fields++) {
		g_string_append_printf(line, " %s=", fields->key);
		if (fields->text)
			log_append_text(line, fields->text);
		else
			g_string_append_printf(line, "%" G_GUINT64_FORMAT,
					       fields->number);
	}
	return line;
}

/* RTPRELAYD_KEY for "key" */
static void log_name(const char *key, char name[static LOG_NAME_LEN])
{
	g_snprintf(name, LOG_NAME_LEN, "RTPRELAYD_%s", key);
	for (; *name; name++)
		*name = *name == '-' ? '_' : g_ascii_toupper(*name);
}

static gboolean log_to_journal(const char *event, enum log_priority priority,
			       const struct log_field *fields, const char *line)
{
	char names[LOG_FIELDS_MAX][LOG_NAME_LEN];
	char values[LOG_FIELDS_MAX][LOG_NUMBER_LEN];
	GLogField all[LOG_FIELDS_OWN + LOG_FIELDS_MAX] = {
		{ "MESSAGE", line, -1 },
		{ "PRIORITY", priority == LOG_WARNED ? "4" : "6", -1 },
		{ "SYSLOG_IDENTIFIER", "rtprelayd", -1 },
		{ "RTPRELAYD_EVENT", event, -1 },
	};
	guint n = 0;

	for (; fields->key && n < LOG_FIELDS_MAX; fields++, n++) {
		log_name(fields->key, names[n]);
		if (!fields->text)
			g_snprintf(values[n], LOG_NUMBER_LEN, "%" G_GUINT64_FORMAT,
				   fields->number);
		all[LOG_FIELDS_OWN + n] = (GLogField){
			.key = names[n],
			.value = fields->text ? fields->text : values[n],
			.length = -1,
		};
	}
	return g_log_writer_journald(G_LOG_LEVEL_INFO, all, LOG_FIELDS_OWN + n, NULL) ==
	       G_LOG_WRITER_HANDLED;
}

void log_fields(const char *event, enum log_priority priority,
		const struct log_field *fields)
{
	g_autoptr(GString) line = log_line(event, fields);
	gssize written;

	if (g_log_writer_is_journald(STDERR_FILENO) &&
	    log_to_journal(event, priority, fields, line->str))
		return;
	g_string_append_c(line, '\n');
	/* one write, so that lines of several processes do not mix */
	written = write(STDERR_FILENO, line->str, line->len);
	(void)written;	/* a log that cannot be written stops nobody */
}
