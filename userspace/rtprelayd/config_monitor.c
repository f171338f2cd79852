// SPDX-License-Identifier: GPL-2.0-or-later
#include "config_monitor.h"

#include <string.h>
#include <sys/un.h>

#include "config.h"

#define GROUP_HTTP	"http"
#define GROUP_CONTROL	"control"

#define DEFAULT_HTTP_PORT	9554

gboolean config_monitor_has_group(const char *group)
{
	return g_str_equal(group, GROUP_HTTP) || g_str_equal(group, GROUP_CONTROL);
}

static gboolean config_monitor_load_http(struct config_monitor *monitor, GKeyFile *file,
					 GError **error)
{
	static const char *const keys[] = { "listen", NULL };
	g_autofree char *listen = NULL;

	if (!g_key_file_has_group(file, GROUP_HTTP))
		return TRUE;
	if (!config_check_keys(file, GROUP_HTTP, keys, error))
		return FALSE;
	listen = g_key_file_get_string(file, GROUP_HTTP, "listen", NULL);
	monitor->http = config_parse_address(listen ? listen : "127.0.0.1",
					     DEFAULT_HTTP_PORT);
	if (!monitor->http)
		return config_fail(error, GROUP_HTTP, "listen", "not an address and port, "
				   "as 127.0.0.1:9554 or [::1]:9554");
	return TRUE;
}

static gboolean config_monitor_load_control(struct config_monitor *monitor,
					    GKeyFile *file, GError **error)
{
	static const char *const keys[] = { "socket", NULL };

	if (g_key_file_has_group(file, GROUP_CONTROL)) {
		if (!config_check_keys(file, GROUP_CONTROL, keys, error))
			return FALSE;
		monitor->control = g_key_file_get_string(file, GROUP_CONTROL, "socket",
							 NULL);
	}
	if (!monitor->control) {
		monitor->control = g_strdup(CONFIG_CONTROL_SOCKET);
		return TRUE;
	}
	monitor->control_asked = *monitor->control != '\0';
	if (monitor->control_asked && (!g_path_is_absolute(monitor->control) ||
	    strlen(monitor->control) >= sizeof(((struct sockaddr_un *)NULL)->sun_path)))
		return config_fail(error, GROUP_CONTROL, "socket", "not an absolute path of "
				   "at most 107 bytes");
	return TRUE;
}

gboolean config_monitor_load(struct config_monitor *monitor, GKeyFile *file,
			     GError **error)
{
	return config_monitor_load_http(monitor, file, error) &&
	       config_monitor_load_control(monitor, file, error);
}

static char *config_monitor_http_text(const struct config_monitor *monitor)
{
	return monitor->http ? g_socket_connectable_to_string(
				G_SOCKET_CONNECTABLE(monitor->http)) : NULL;
}

gboolean config_monitor_equal(const struct config_monitor *a,
			      const struct config_monitor *b)
{
	g_autofree char *a_http = config_monitor_http_text(a);
	g_autofree char *b_http = config_monitor_http_text(b);

	return !g_strcmp0(a_http, b_http) && g_str_equal(a->control, b->control);
}

void config_monitor_clear(struct config_monitor *monitor)
{
	g_clear_object(&monitor->http);
	g_clear_pointer(&monitor->control, g_free);
}
