/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where operators look in: a part of rtprelayd.conf(5) */
#ifndef RTPRELAYD_CONFIG_MONITOR_H
#define RTPRELAYD_CONFIG_MONITOR_H

#include <gio/gio.h>

/* Where rtprelayctl(8) looks, unless it is told otherwise */
#define CONFIG_CONTROL_SOCKET	"/run/rtprelayd/control"

/**
 * struct config_monitor - where operators look in
 * @http: for the status page and metrics; NULL for none
 * @control: path of the control socket; "" for none
 * @control_asked: the file names it: the daemon does not start without
 */
struct config_monitor {
	GSocketAddress *http;
	char *control;
	gboolean control_asked;
};

/* config_monitor_has_group - is that group read here? */
gboolean config_monitor_has_group(const char *group);

/**
 * config_monitor_load - read the groups [http] and [control]
 * @monitor: set
 * @error: CONFIG_ERROR; the text names group and key
 *
 * Return: FALSE on error.
 */
gboolean config_monitor_load(struct config_monitor *monitor, GKeyFile *file,
			     GError **error);

/* config_monitor_equal - do two say the same? */
gboolean config_monitor_equal(const struct config_monitor *a,
			      const struct config_monitor *b);

void config_monitor_clear(struct config_monitor *monitor);

#endif
