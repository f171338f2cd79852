// SPDX-License-Identifier: GPL-2.0-or-later
#include "notify.h"

#include <systemd/sd-daemon.h>

static struct {
	guint timer;
	notify_text text;
	gpointer user_data;
} watch;

void notify_ready(const char *status)
{
	sd_notifyf(0, "READY=1\nSTATUS=%s", status);
}

void notify_reloading(void)
{
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" G_GINT64_FORMAT,
		   g_get_monotonic_time());
}

void notify_stopping(void)
{
	sd_notify(0, "STOPPING=1");
}

static gboolean notify_alive(gpointer unused)
{
	g_autofree char *status = watch.text(watch.user_data);

	sd_notifyf(0, "WATCHDOG=1\nSTATUS=%s", status);
	return G_SOURCE_CONTINUE;
}

void notify_watch(notify_text text, gpointer user_data)
{
	guint64 usec;

	if (sd_watchdog_enabled(0, &usec) <= 0)
		return;
	watch.text = text;
	watch.user_data = user_data;
	watch.timer = g_timeout_add(MAX(usec / 2000, 1), notify_alive, NULL);
}

void notify_unwatch(void)
{
	g_clear_handle_id(&watch.timer, g_source_remove);
}
