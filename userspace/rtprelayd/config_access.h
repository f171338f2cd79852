/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Users and what they may view, in rtprelayd.conf(5) */
#ifndef RTPRELAYD_CONFIG_ACCESS_H
#define RTPRELAYD_CONFIG_ACCESS_H

#include <glib.h>

#include "users.h"

/* What the name of a user's group begins with */
#define CONFIG_ACCESS_GROUP	"user "
/* Its keys of a [path] group */
#define CONFIG_ACCESS_KEYS	"users"

/**
 * struct config_access - who may view a stream
 * @open: everybody may, without a password
 * @users: names of those who may; NULL for all users, and for everybody when there
 *	are no users at all; not read when @open
 */
struct config_access {
	gboolean open;
	GStrv users;
};

/**
 * config_access_is_private - may only the daemon's user and group read a file?
 * @key: of @group, for which it holds a password
 * @error: CONFIG_ERROR when others may, or there is no such file
 */
gboolean config_access_is_private(const char *filename, const char *group,
				  const char *key, GError **error);

/**
 * config_access_read_password - the first line of a group's password-file
 * @error: CONFIG_ERROR when others may read the file, or it cannot be read
 *
 * Return: it, to be freed; NULL on error.
 */
char *config_access_read_password(const char *filename, const char *group,
				  GError **error);

/**
 * config_access_load_user - read a user's group, after config_check_keys()
 * @users: where the user is added
 * @filename: of the configuration: others may not read it when it has passwords
 * @error: CONFIG_ERROR
 */
gboolean config_access_load_user(struct users *users, GKeyFile *file, const char *group,
				 const char *filename, GError **error);

/**
 * config_access_load - read the keys of a [path] group, after those of all users
 * @error: CONFIG_ERROR
 */
gboolean config_access_load(struct config_access *access, const struct users *users,
			    GKeyFile *file, const char *group, GError **error);

void config_access_clear(struct config_access *access);

#endif
