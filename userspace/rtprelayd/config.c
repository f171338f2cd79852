// SPDX-License-Identifier: GPL-2.0-or-later
#include "config.h"

#include <string.h>

#include "limit.h"
#include "privileges.h"

#define GROUP_SERVER	"server"
#define GROUP_PATH	"path "

#define DEFAULT_LISTEN	"[::]:8554"
#define DEFAULT_PORT	8554
#define DEFAULT_TIMEOUT	60
#define DEFAULT_HOST_LIMIT	1024
#define MAX_TIMEOUT	3600
#define MAX_PACE	100

G_DEFINE_QUARK(config-error-quark, config_error)

struct config_path *config_path_ref(struct config_path *path)
{
	path->refs++;
	return path;
}

void config_path_unref(struct config_path *path)
{
	if (--path->refs)
		return;
	g_free(path->text);
	g_free(path->name);
	config_upstream_unref(path->upstream);
	config_access_clear(&path->access);
	g_free(path);
}

static void config_path_free(gpointer path)
{
	config_path_unref(path);
}

gboolean config_path_equal(const struct config_path *a, const struct config_path *b)
{
	/* a password may be in a file of its own */
	return g_str_equal(a->name, b->name) && g_str_equal(a->text, b->text) &&
	       !g_strcmp0(a->upstream->password, b->upstream->password);
}

void config_free(struct config *config)
{
	if (!config)
		return;
	g_clear_object(&config->listen);
	config_tls_clear(&config->tls);
	config_limits_clear(&config->limits);
	g_free(config->user);
	config_monitor_clear(&config->monitor);
	g_ptr_array_unref(config->paths);
	users_unref(config->users);
	g_free(config);
}

gboolean config_fail(GError **error, const char *group, const char *key,
		     const char *what)
{
	g_set_error(error, CONFIG_ERROR, 0, "[%s] %s: %s", group, key, what);
	return FALSE;
}

/*
 * Is there text to read? Whoever reads it takes what is not for a key that is not there.
 * A list may escape its separator, and its reader tells one from the other.
 */
static gboolean config_check_text(GKeyFile *file, const char *group, const char *key,
				  GError **error)
{
	g_autoptr(GError) wrong = NULL;
	g_autofree char *text = g_key_file_get_string(file, group, key, &wrong);

	if (!wrong || g_str_equal(key, CONFIG_ACCESS_KEYS))
		return TRUE;
	/* not what it says itself, which has the value: that may be a password */
	return config_fail(error, group, key, "not UTF-8, or a backslash that begins none "
			   "of \\\\ \\s \\t \\n \\r");
}

/* A key that is misspelt, or cannot be read, must not silently mean its default. */
gboolean config_check_keys(GKeyFile *file, const char *group,
			   const char *const *known, GError **error)
{
	g_auto(GStrv) keys = g_key_file_get_keys(file, group, NULL, error);

	if (!keys)
		return FALSE;
	for (guint i = 0; keys[i]; i++) {
		if (!g_strv_contains(known, keys[i]))
			return config_fail(error, group, keys[i],
					   "no such key, see rtprelayd.conf(5)");
		if (!config_check_text(file, group, keys[i], error))
			return FALSE;
	}
	return TRUE;
}

gboolean config_load_word(GKeyFile *file, const char *group, const char *key,
			  const char *const *words, guint *index, GError **error)
{
	g_autofree char *word = g_key_file_get_string(file, group, key, NULL);
	g_autofree char *all = NULL, *wrong = NULL;

	for (*index = 0; words[*index]; (*index)++)
		if (!word || g_str_equal(word, words[*index]))
			return TRUE;
	all = g_strjoinv(", ", (char **)words);
	wrong = g_strconcat("not one of ", all, NULL);
	return config_fail(error, group, key, wrong);
}

static gboolean config_load_user(struct config *config, GKeyFile *file, GError **error)
{
	g_autoptr(GError) wrong = NULL;
	struct privileges_user user;

	config->user = g_key_file_get_string(file, GROUP_SERVER, "user", NULL);
	if (privileges_find_user(config->user, &user, &wrong))
		return TRUE;
	return config_fail(error, GROUP_SERVER, "user", wrong->message);
}

static gboolean config_load_backend(struct config *config, GKeyFile *file, GError **error)
{
	g_autofree char *name = g_key_file_get_string(file, GROUP_SERVER, "backend", NULL);

	if (!name || fanout_backend_parse(name, &config->backend))
		return TRUE;
	return config_fail(error, GROUP_SERVER, "backend", "neither auto, kernel nor user");
}

/* @value: left alone without the key, else 0 to @most */
static gboolean config_load_number(GKeyFile *file, const char *group, const char *key,
				   guint most, guint *value, GError **error)
{
	g_autofree char *text = g_key_file_get_string(file, group, key, NULL);
	g_autofree char *wrong = NULL;
	guint64 number;

	if (!text)
		return TRUE;
	if (!g_ascii_string_to_unsigned(g_strchomp(text), 10, 0, most, &number, NULL)) {
		wrong = g_strdup_printf("not within 0 to %u", most);
		return config_fail(error, group, key, wrong);
	}
	*value = number;
	return TRUE;
}

GSocketAddress *config_parse_address(const char *text, guint16 default_port)
{
	g_autoptr(GSocketConnectable) parsed = g_network_address_parse(text, default_port,
								       NULL);
	GNetworkAddress *address;

	if (!parsed)
		return NULL;
	address = G_NETWORK_ADDRESS(parsed);
	return g_inet_socket_address_new_from_string(g_network_address_get_hostname(address),
						     g_network_address_get_port(address));
}

static gboolean config_load_server(struct config *config, GKeyFile *file,
				   GError **error)
{
	static const char *const keys[] = { "listen", "timeout", "user", "backend",
					    "host-limit", "rate-limit", CONFIG_TLS_KEYS, NULL };
	g_autofree char *listen = NULL;

	config->timeout_s = DEFAULT_TIMEOUT;
	config->host_limit = DEFAULT_HOST_LIMIT;
	if (g_key_file_has_group(file, GROUP_SERVER)) {
		if (!config_check_keys(file, GROUP_SERVER, keys, error))
			return FALSE;
		listen = g_key_file_get_string(file, GROUP_SERVER, "listen", NULL);
		if (g_key_file_has_key(file, GROUP_SERVER, "timeout", NULL)) {
			gint timeout = g_key_file_get_integer(file, GROUP_SERVER,
							      "timeout", NULL);

			if (timeout < 1 || timeout > MAX_TIMEOUT)
				return config_fail(error, GROUP_SERVER, "timeout",
						   "not within 1 to 3600 seconds");
			config->timeout_s = timeout;
		}
	}

	if (!config_load_user(config, file, error) ||
	    !config_load_backend(config, file, error) ||
	    !config_load_number(file, GROUP_SERVER, "host-limit", LIMIT_CLIENTS,
				&config->host_limit, error) ||
	    !config_limits_load(&config->limits, file, GROUP_SERVER, error) ||
	    !config_tls_load(&config->tls, file, GROUP_SERVER, error))
		return FALSE;

	config->listen = config_parse_address(listen ? listen : DEFAULT_LISTEN,
					      DEFAULT_PORT);
	if (!config->listen)
		return config_fail(error, GROUP_SERVER, "listen",
				   "not an address and port, as 0.0.0.0:8554 or [::]:8554");
	return TRUE;
}

/* "/" and what RFC 3986 calls unreserved, no empty or dot segments */
static gboolean config_name_ok(const char *name)
{
	g_auto(GStrv) parts = NULL;

	if (*name != '/' || !name[1] || strspn(name, "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789-._~/") != strlen(name))
		return FALSE;
	parts = g_strsplit(name + 1, "/", -1);
	for (guint i = 0; parts[i]; i++)
		if (g_str_equal(parts[i], "") || g_str_equal(parts[i], ".") ||
		    g_str_equal(parts[i], ".."))
			return FALSE;
	return TRUE;
}

/* In the order of @keys, so that theirs in the file does not matter; without those of @but */
static char *config_text(GKeyFile *file, const char *group, const char *const *keys,
			 const char *const *but)
{
	GString *text = g_string_new(NULL);

	for (; *keys; keys++) {
		g_autofree char *value = g_key_file_get_value(file, group, *keys, NULL);

		if (value && !g_strv_contains(but, *keys))
			g_string_append_printf(text, "%s=%s\n", *keys, value);
	}
	return g_string_free(text, FALSE);
}

static gboolean config_load_path(struct config *config, GKeyFile *file,
				 const char *group, const char *filename, GError **error)
{
	static const char *const keys[] = { CONFIG_UPSTREAM_KEYS, CONFIG_ACCESS_KEYS,
					    CONFIG_ADAPT_KEYS, "nat", "pace", "tee",
					    CONFIG_LIMIT_KEYS, NULL };
	static const char *const limits[] = { CONFIG_LIMIT_KEYS, NULL };
	struct config_path *path = g_new0(struct config_path, 1);
	g_autoptr(GError) wrong = NULL;
	g_autofree char *nat = NULL;

	g_ptr_array_add(config->paths, path);
	path->refs = 1;
	path->name = g_strdup(group + strlen(GROUP_PATH));
	path->text = config_text(file, group, keys, limits);
	if (!config_name_ok(path->name))
		return config_fail(error, group, "name",
				   "not of the form /name, of A-Z a-z 0-9 - . _ ~ /");
	if (!config_check_keys(file, group, keys, error))
		return FALSE;
	path->upstream = config_upstream_load(file, group, filename, error);
	if (!path->upstream ||
	    !config_access_load(&path->access, config->users, file, group, error) ||
	    !config_adapt_load(&path->adapt, file, group, error) ||
	    !config_limit_load(&path->limit, file, group, error) ||
	    !config_load_number(file, group, "pace", MAX_PACE, &path->pace, error))
		return FALSE;

	nat = g_key_file_get_string(file, group, "nat", NULL);
	if (nat && !nat_mode_parse(nat, &path->nat))
		return config_fail(error, group, "nat", "neither host, any nor off");
	path->tee = g_key_file_get_boolean(file, group, "tee", &wrong);
	if (g_error_matches(wrong, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_INVALID_VALUE))
		return config_fail(error, group, "tee", "neither true nor false");
	return TRUE;
}

/* Before the streams, which name them */
static gboolean config_load_users(struct config *config, GKeyFile *file,
				  const char *filename, GError **error)
{
	static const char *const keys[] = { "password", "password-file", NULL };
	g_auto(GStrv) groups = g_key_file_get_groups(file, NULL);

	for (guint i = 0; groups[i]; i++)
		if (g_str_has_prefix(groups[i], CONFIG_ACCESS_GROUP) &&
		    (!config_check_keys(file, groups[i], keys, error) ||
		     !config_access_load_user(config->users, file, groups[i], filename,
					      error)))
			return FALSE;
	return TRUE;
}

static gboolean config_load_groups(struct config *config, GKeyFile *file,
				   const char *filename, GError **error)
{
	g_auto(GStrv) groups = g_key_file_get_groups(file, NULL);

	if (!config_load_server(config, file, error) ||
	    !config_monitor_load(&config->monitor, file, error) ||
	    !config_load_users(config, file, filename, error))
		return FALSE;
	for (guint i = 0; groups[i]; i++) {
		if (g_str_equal(groups[i], GROUP_SERVER) ||
		    config_monitor_has_group(groups[i]) ||
		    config_limit_has_group(groups[i]) ||
		    g_str_has_prefix(groups[i], CONFIG_ACCESS_GROUP))
			continue;
		if (!g_str_has_prefix(groups[i], GROUP_PATH)) {
			g_set_error(error, CONFIG_ERROR, 0,
				    "[%s]: no such group, see rtprelayd.conf(5)",
				    groups[i]);
			return FALSE;
		}
		if (!config_load_path(config, file, groups[i], filename, error))
			return FALSE;
	}
	if (!config->paths->len) {
		g_set_error_literal(error, CONFIG_ERROR, 0,
				    "no path: add a group [path /NAME] with an upstream");
		return FALSE;
	}
	return TRUE;
}

struct config *config_load(const char *filename, GError **error)
{
	g_autoptr(GKeyFile) file = g_key_file_new();
	struct config *config = g_new0(struct config, 1);

	config->users = users_new();
	config->paths = g_ptr_array_new_with_free_func(config_path_free);
	if (!g_key_file_load_from_file(file, filename, G_KEY_FILE_NONE, error) ||
	    !config_load_groups(config, file, filename, error)) {
		g_prefix_error(error, "%s: ", filename);
		config_free(config);
		return NULL;
	}
	return config;
}
