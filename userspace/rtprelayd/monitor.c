// SPDX-License-Identifier: GPL-2.0-or-later
#include "monitor.h"

#include <gio/gunixsocketaddress.h>
#include <libsoup/soup.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cap.h"
#include "limit.h"
#include "log.h"
#include "metrics.h"
#include "page.h"
#include "status.h"
#include "web.h"

#define TYPE_JSON	"application/json"

/**
 * struct monitor - see monitor.h
 * @server: what is looked at
 * @http: the status page; NULL without
 * @control: the control socket; NULL without
 * @control_path: its path
 * @sampler: calls status_sample() and status_warn()
 */
struct monitor {
	struct server *server;
	struct web *http;
	struct web *control;
	char *control_path;
	guint sampler;
};

static void monitor_answer_text(struct web_answer *answer, guint status,
				const char *type, char *text)
{
	answer->status = status;
	answer->type = type;
	answer->body = g_bytes_new_take(text, strlen(text));
}

/* {"error": ...}, or {} when there is none */
static void monitor_answer_error(struct web_answer *answer, guint status, const char *what)
{
	g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);
	JsonObject *object = json_object_new();

	if (what)
		json_object_set_string_member(object, "error", what);
	json_node_take_object(node, object);
	monitor_answer_text(answer, status, TYPE_JSON, json_to_string(node, FALSE));
}

static const char *monitor_value(const struct web_request *request, const char *name)
{
	return request->values ? g_hash_table_lookup(request->values, name) : NULL;
}

/* How many viewers are to be listed. Return: FALSE when that is no number. */
static gboolean monitor_read_query(const struct web_request *request, guint viewers,
				   guint most, struct status_query *query)
{
	const char *value = monitor_value(request, "viewers");
	guint64 number = viewers;

	if (value && !g_ascii_string_to_unsigned(value, 10, 0, G_MAXUINT, &number, NULL))
		return FALSE;
	*query = (struct status_query){
		.path = monitor_value(request, "path"),
		.viewers = MIN(number, most),
	};
	return TRUE;
}

static void monitor_show_status(struct monitor *monitor, const struct web_request *request,
				guint viewers, guint most, struct web_answer *answer)
{
	g_autoptr(JsonNode) model = NULL;
	struct status_query query;

	if (!monitor_read_query(request, viewers, most, &query)) {
		monitor_answer_error(answer, SOUP_STATUS_BAD_REQUEST,
				     "viewers: not a number");
		return;
	}
	if (query.path && !server_find_path(monitor->server, query.path)) {
		monitor_answer_error(answer, SOUP_STATUS_NOT_FOUND,
				     "no such stream: rtprelayctl list shows them");
		return;
	}
	model = status_to_json(monitor->server, &query);
	monitor_answer_text(answer, SOUP_STATUS_OK, TYPE_JSON,
			    json_to_string(model, FALSE));
}

static void monitor_show_metrics(struct monitor *monitor,
				 const struct web_request *request,
				 struct web_answer *answer)
{
	g_autoptr(JsonNode) model = NULL;
	struct status_query query;

	if (!monitor_read_query(request, 0, LIMIT_HTTP_VIEWERS_MAX, &query)) {
		monitor_answer_error(answer, SOUP_STATUS_BAD_REQUEST,
				     "viewers: not a number");
		return;
	}
	query.path = NULL;
	model = status_to_json(monitor->server, &query);
	monitor_answer_text(answer, SOUP_STATUS_OK, METRICS_TYPE, metrics_to_text(model));
}

/* The page and what belongs to it. Return: FALSE when it is none of that. */
static gboolean monitor_show_page(const char *path, struct web_answer *answer)
{
	static const struct {
		const char *path;
		const char *file;
		const char *type;
	} files[] = {
		{ "/", "/page/page.html", "text/html; charset=utf-8" },
		{ "/page.css", "/page/page.css", "text/css; charset=utf-8" },
		{ "/page.js", "/page/page.js", "text/javascript; charset=utf-8" },
		{ "/icon.svg", "/page/icon.svg", "image/svg+xml" },
	};

	for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
		if (!g_str_equal(path, files[i].path))
			continue;
		answer->status = SOUP_STATUS_OK;
		answer->type = files[i].type;
		answer->body = g_resource_lookup_data(page_get_resource(), files[i].file,
						      G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
		return TRUE;
	}
	return FALSE;
}

static void monitor_http(const struct web_request *request, struct web_answer *answer,
			 gpointer user_data)
{
	struct monitor *monitor = user_data;

	if (!g_str_equal(request->method, "GET") && !g_str_equal(request->method, "HEAD"))
		monitor_answer_error(answer, SOUP_STATUS_METHOD_NOT_ALLOWED,
				     "nothing can be changed here, see rtprelayctl(8)");
	else if (g_str_equal(request->path, "/status"))
		monitor_show_status(monitor, request, LIMIT_HTTP_VIEWERS,
				    LIMIT_HTTP_VIEWERS_MAX, answer);
	else if (g_str_equal(request->path, "/metrics"))
		monitor_show_metrics(monitor, request, answer);
	else if (!monitor_show_page(request->path, answer))
		monitor_answer_error(answer, SOUP_STATUS_NOT_FOUND,
				     "there are /, /status and /metrics");
}

static void monitor_change(struct monitor *monitor, const struct web_request *request,
			   struct web_answer *answer)
{
	gboolean kick = g_str_equal(request->path, "/kick");
	const char *viewer = monitor_value(request, "viewer");
	struct session_table *table = server_sessions(monitor->server);
	struct session *session = viewer ? session_find_name(table, viewer) : NULL;
	g_autoptr(GError) error = NULL;
	struct rtp_fanout_cap cap;

	if (!kick && !g_str_equal(request->path, "/cap")) {
		monitor_answer_error(answer, SOUP_STATUS_NOT_FOUND, "no such command");
	} else if (!session) {
		monitor_answer_error(answer, SOUP_STATUS_NOT_FOUND,
				     "no such viewer: rtprelayctl list viewers shows them");
	} else if (kick) {
		session_dismiss(session, "kicked by an operator");
		monitor_answer_error(answer, SOUP_STATUS_OK, NULL);
	} else if (!monitor_value(request, "cap") || !cap_parse(request->query, &cap)) {
		monitor_answer_error(answer, SOUP_STATUS_BAD_REQUEST,
				     "not DID,QID,TID within 0-7, 0-15 and 0-7");
	} else if (!session_set_cap(session, &cap, &error)) {
		monitor_answer_error(answer, SOUP_STATUS_CONFLICT, error->message);
	} else {
		monitor_answer_error(answer, SOUP_STATUS_OK, NULL);
	}
}

static void monitor_control(const struct web_request *request, struct web_answer *answer,
			    gpointer user_data)
{
	struct monitor *monitor = user_data;

	if (g_str_equal(request->method, "POST"))
		monitor_change(monitor, request, answer);
	else if (g_str_equal(request->path, "/status"))
		monitor_show_status(monitor, request, LIMIT_SESSIONS, LIMIT_SESSIONS,
				    answer);
	else
		monitor_answer_error(answer, SOUP_STATUS_NOT_FOUND, "no such command");
}

static gboolean monitor_sample(gpointer user_data)
{
	struct monitor *monitor = user_data;

	status_sample(monitor->server);
	status_warn(monitor->server);
	return G_SOURCE_CONTINUE;
}

static GSocket *monitor_open_socket(GSocketAddress *address, GError **error)
{
	gboolean local = G_IS_UNIX_SOCKET_ADDRESS(address);
	g_autoptr(GSocket) socket = g_socket_new(g_socket_address_get_family(address),
			G_SOCKET_TYPE_STREAM, local ? G_SOCKET_PROTOCOL_DEFAULT :
			G_SOCKET_PROTOCOL_TCP, error);

	if (!socket)
		return NULL;
	g_socket_set_blocking(socket, FALSE);
	if (!g_socket_bind(socket, address, !local, error) ||
	    !g_socket_listen(socket, error))
		return NULL;
	return g_steal_pointer(&socket);
}

gboolean monitor_listen(const struct config_monitor *config, GSocket **http,
			GError **error)
{
	g_autofree char *listen = NULL;

	*http = NULL;
	if (!config->http)
		return TRUE;
	*http = monitor_open_socket(config->http, error);
	if (*http)
		return TRUE;
	listen = g_socket_connectable_to_string(G_SOCKET_CONNECTABLE(config->http));
	g_prefix_error(error, "cannot listen on %s: ", listen);
	return FALSE;
}

static struct web *monitor_open_http(struct monitor *monitor, GSocket *socket,
				     GSocketAddress *address)
{
	g_autofree char *listen = g_socket_connectable_to_string(
					G_SOCKET_CONNECTABLE(address));

	log_event("status-page", LOG_S("listen", listen));
	return web_new(socket, monitor_http, monitor);
}

/* What a daemon left behind that was killed goes, what one listens on stays. */
static void monitor_remove_stale(GSocketAddress *address, const char *path)
{
	g_autoptr(GSocket) socket = g_socket_new(G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM,
						 G_SOCKET_PROTOCOL_DEFAULT, NULL);
	g_autoptr(GError) error = NULL;

	if (socket && !g_socket_connect(socket, address, NULL, &error) &&
	    g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED))
		unlink(path);
}

static struct web *monitor_open_control(struct monitor *monitor, const char *path,
					GError **error)
{
	g_autoptr(GSocketAddress) address = g_unix_socket_address_new(path);
	g_autoptr(GSocket) socket = NULL;
	mode_t mask;

	monitor_remove_stale(address, path);
	/* for the owner and its group: who may change what is served */
	mask = umask(0117);
	socket = monitor_open_socket(address, error);
	umask(mask);
	if (!socket) {
		g_prefix_error(error, "cannot listen on %s: ", path);
		return NULL;
	}
	monitor->control_path = g_strdup(path);
	log_event("control-socket", LOG_S("path", path));
	return web_new(socket, monitor_control, monitor);
}

static gboolean monitor_try_control(struct monitor *monitor,
				    const struct config_monitor *config, GError **error)
{
	g_autoptr(GError) refused = NULL;

	if (!*config->control)
		return TRUE;
	monitor->control = monitor_open_control(monitor, config->control, &refused);
	if (monitor->control)
		return TRUE;
	if (config->control_asked) {
		g_propagate_error(error, g_steal_pointer(&refused));
		return FALSE;
	}
	/* who starts the daemon by hand may have no such directory, nor a use for it */
	log_event("control-socket", LOG_S("path", NULL), LOG_S("error", refused->message));
	return TRUE;
}

struct monitor *monitor_new(const struct config_monitor *config, GSocket *http,
			    struct server *server, GError **error)
{
	struct monitor *monitor = g_new0(struct monitor, 1);

	monitor->server = server;
	if (http)
		monitor->http = monitor_open_http(monitor, http, config->http);
	if (!monitor_try_control(monitor, config, error)) {
		monitor_free(monitor);
		return NULL;
	}
	/* rates that nobody looks at are for the log alone */
	monitor->sampler = g_timeout_add_seconds(monitor->http || monitor->control ?
						 LIMIT_SAMPLE_S : LIMIT_WARN_S,
						 monitor_sample, monitor);
	return monitor;
}

void monitor_free(struct monitor *monitor)
{
	g_clear_handle_id(&monitor->sampler, g_source_remove);
	web_free(monitor->http);
	web_free(monitor->control);
	if (monitor->control_path)
		unlink(monitor->control_path);
	g_free(monitor->control_path);
	g_free(monitor);
}
