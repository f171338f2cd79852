// SPDX-License-Identifier: GPL-2.0-or-later
#include "config_access.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

#include "config.h"
#include "limit.h"

/* In a list of users: everybody, without a password */
#define ANYBODY	"*"

/* What stands in a quoted string, before a colon and in a list as it is */
static gboolean config_access_name_ok(const char *name)
{
	gsize len = strlen(name);

	if (!len || len > LIMIT_USER_NAME || g_str_equal(name, ANYBODY))
		return FALSE;
	for (gsize i = 0; i < len; i++)
		if (!g_ascii_isgraph(name[i]) || strchr("\"\\:;,", name[i]))
			return FALSE;
	return TRUE;
}

gboolean config_access_is_private(const char *filename, const char *group,
				  const char *key, GError **error)
{
	GStatBuf status;

	if (g_stat(filename, &status))
		return config_fail(error, group, key, g_strerror(errno));
	if (status.st_mode & S_IRWXO)
		return config_fail(error, group, key, "everybody may read the file that "
				   "has it: chmod o= it");
	return TRUE;
}

char *config_access_read_password(const char *filename, const char *group,
				  GError **error)
{
	g_autoptr(GError) wrong = NULL;
	char *password = NULL;

	if (!config_access_is_private(filename, group, "password-file", error))
		return NULL;
	if (!g_file_get_contents(filename, &password, NULL, &wrong)) {
		config_fail(error, group, "password-file", wrong->message);
		return NULL;
	}
	password[strcspn(password, "\r\n")] = '\0';
	return password;
}

gboolean config_access_load_user(struct users *users, GKeyFile *file, const char *group,
				 const char *filename, GError **error)
{
	const char *name = group + strlen(CONFIG_ACCESS_GROUP);
	gboolean here = g_key_file_has_key(file, group, "password", NULL);
	gboolean there = g_key_file_has_key(file, group, "password-file", NULL);
	g_autofree char *password = NULL, *elsewhere = NULL;

	if (!config_access_name_ok(name))
		return config_fail(error, group, "name", "not 1 to 64 printable "
				   "characters without \" \\ : ; ,");
	if (here == there)
		return config_fail(error, group, "password", "there must be either "
				   "it or password-file");
	if (here && !config_access_is_private(filename, group, "password", error))
		return FALSE;
	elsewhere = g_key_file_get_string(file, group, "password-file", NULL);
	password = here ? g_key_file_get_string(file, group, "password", NULL) :
			  config_access_read_password(elsewhere, group, error);
	if (!password)
		return FALSE;
	if (!*password)
		return config_fail(error, group, there ? "password-file" : "password",
				   "empty");
	if (!users_add(users, name, password))
		return config_fail(error, group, "name", "there twice");
	return TRUE;
}

gboolean config_access_load(struct config_access *access, const struct users *users,
			    GKeyFile *file, const char *group, GError **error)
{
	if (!g_key_file_has_key(file, group, CONFIG_ACCESS_KEYS, NULL))
		return TRUE;
	access->users = g_key_file_get_string_list(file, group, CONFIG_ACCESS_KEYS, NULL,
						   NULL);
	if (!access->users || !access->users[0])
		return config_fail(error, group, CONFIG_ACCESS_KEYS,
				   "not a list of users, as alice;bob");
	for (guint i = 0; access->users[i]; i++) {
		access->open |= g_str_equal(access->users[i], ANYBODY);
		if (!access->open && !users_have(users, access->users[i]))
			return config_fail(error, group, CONFIG_ACCESS_KEYS,
					   "one of them has no [user] group");
	}
	return TRUE;
}

void config_access_clear(struct config_access *access)
{
	g_strfreev(access->users);
}
