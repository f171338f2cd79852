/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keys that limit what viewers are sent: a part of rtprelayd.conf(5) */
#ifndef RTPRELAYD_CONFIG_LIMIT_H
#define RTPRELAYD_CONFIG_LIMIT_H

#include <glib.h>

/* For the list of keys that a path may have; a change of them drops no viewer */
#define CONFIG_LIMIT_KEYS	"rate-limit", "viewer-rate-limit"

/**
 * struct config_limit - of a path
 * @total: of all its viewers, octets a second; 0 for none
 * @viewer: of each of them, likewise
 */
struct config_limit {
	guint64 total;
	guint64 viewer;
};

/**
 * struct config_limits - those that paths share
 * @host: of all viewers, octets a second; 0 for none
 * @interfaces: guint64 *, of all viewers at an interface, by its name
 */
struct config_limits {
	guint64 host;
	GHashTable *interfaces;
};

/* config_limit_load - a path's; FALSE, with a CONFIG_ERROR, when one is wrong */
gboolean config_limit_load(struct config_limit *limit, GKeyFile *file,
			   const char *group, GError **error);

/* config_limit_has_group - is that group read here? */
gboolean config_limit_has_group(const char *group);

/**
 * config_limits_load - read the key rate-limit of @server and the groups [interface name]
 * @limits: set; to be cleared also on error
 * @server: group of the daemon
 * @error: CONFIG_ERROR; the text names group and key
 *
 * Return: FALSE on error.
 */
gboolean config_limits_load(struct config_limits *limits, GKeyFile *file,
			    const char *server, GError **error);

void config_limits_clear(struct config_limits *limits);

#endif
