// SPDX-License-Identifier: GPL-2.0-or-later
#include "config_limit.h"

#include <net/if.h>
#include <string.h>

#include "config.h"
#include "rate.h"

#define GROUP_INTERFACE	"interface "

/* @octets: 0 without the key */
static gboolean config_limit_rate(GKeyFile *file, const char *group, const char *key,
				  guint64 *octets, GError **error)
{
	g_autofree char *text = g_key_file_get_string(file, group, key, NULL);
	guint64 bits = 0;

	if (text && !rate_parse(text, &bits))
		return config_fail(error, group, key,
				   "not bits a second, as 800k, 20M or 10G");
	*octets = rate_octets(bits);
	return TRUE;
}

gboolean config_limit_load(struct config_limit *limit, GKeyFile *file,
			   const char *group, GError **error)
{
	return config_limit_rate(file, group, "rate-limit", &limit->total, error) &&
	       config_limit_rate(file, group, "viewer-rate-limit", &limit->viewer, error);
}

gboolean config_limit_has_group(const char *group)
{
	return g_str_has_prefix(group, GROUP_INTERFACE);
}

static gboolean config_limit_load_interface(struct config_limits *limits, GKeyFile *file,
					    const char *group, GError **error)
{
	static const char *const keys[] = { "rate-limit", NULL };
	const char *name = group + strlen(GROUP_INTERFACE);
	guint64 octets;

	if (!*name || strlen(name) >= IFNAMSIZ)
		return config_fail(error, group, "name", "not that of an interface");
	if (!config_check_keys(file, group, keys, error) ||
	    !config_limit_rate(file, group, "rate-limit", &octets, error))
		return FALSE;
	if (octets)
		g_hash_table_insert(limits->interfaces, g_strdup(name),
				    g_memdup2(&octets, sizeof(octets)));
	return TRUE;
}

gboolean config_limits_load(struct config_limits *limits, GKeyFile *file,
			    const char *server, GError **error)
{
	g_auto(GStrv) groups = g_key_file_get_groups(file, NULL);

	limits->interfaces = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	if (!config_limit_rate(file, server, "rate-limit", &limits->host, error))
		return FALSE;
	for (guint i = 0; groups[i]; i++)
		if (config_limit_has_group(groups[i]) &&
		    !config_limit_load_interface(limits, file, groups[i], error))
			return FALSE;
	return TRUE;
}

void config_limits_clear(struct config_limits *limits)
{
	g_clear_pointer(&limits->interfaces, g_hash_table_unref);
}
