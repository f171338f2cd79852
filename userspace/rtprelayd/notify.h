/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the service manager is told, see sd_notify(3). Nothing is done when there
 * is none.
 */
#ifndef RTPRELAYD_NOTIFY_H
#define RTPRELAYD_NOTIFY_H

#include <glib.h>

/* notify_ready - it serves, for the first time or after a reload; @status in words */
void notify_ready(const char *status);

/* notify_reloading - it reads its configuration; notify_ready() is to follow */
void notify_reloading(void);

/* notify_stopping - it ends */
void notify_stopping(void);

/* notify_text - for notify_watch(); what is to be said now, to be freed */
typedef char *(*notify_text)(gpointer user_data);

/**
 * notify_watch - have the watchdog told from the main context that all is well, twice
 * as often as it asks for
 * @text: status in words, each time
 *
 * Nothing is done when there is no watchdog.
 */
void notify_watch(notify_text text, gpointer user_data);

/* notify_unwatch - no more of that */
void notify_unwatch(void);

#endif
