// SPDX-License-Identifier: GPL-2.0-or-later
#include "config_upstream.h"

#include <gst/rtsp/gstrtspurl.h>
#include <string.h>

#include "config.h"
#include "config_access.h"

/* A server that is back after half a minute has to be asked, and to send */
#define DEFAULT_RECONNECT	40
#define DEFAULT_SILENCE		10
#define MAX_SECONDS		3600

/* GStreamer has one for rtsp only (RFC 7826, 22.14) */
#define PORT_RTSPS		322

static gboolean config_upstream_load_url(struct config_upstream *upstream,
					 GKeyFile *file, const char *group,
					 GError **error)
{
	GstRTSPUrl *url = NULL;
	gboolean ok = FALSE;

	upstream->url = g_key_file_get_string(file, group, "upstream", NULL);
	if (!upstream->url)
		return config_fail(error, group, "upstream", "missing: the "
				   "rtsp:// or rtsps:// URL to pull the stream from");
	upstream->tls = g_str_has_prefix(upstream->url, "rtsps://");
	if ((!upstream->tls && !g_str_has_prefix(upstream->url, "rtsp://")) ||
	    gst_rtsp_url_parse(upstream->url, &url) != GST_RTSP_OK || !url->host ||
	    !*url->host) {
		config_fail(error, group, "upstream",
			    "not an rtsp:// or rtsps:// URL");
	} else if (url->user || url->passwd) {
		/* URLs are shown in logs and in the state */
		config_fail(error, group, "upstream", "user and password are "
			    "keys of their own");
	} else {
		upstream->host = g_strdup(url->host);
		upstream->port = url->port;
		if (!upstream->port)
			upstream->port = upstream->tls ? PORT_RTSPS :
							 GST_RTSP_DEFAULT_PORT;
		ok = TRUE;
	}
	if (url)
		gst_rtsp_url_free(url);
	return ok;
}

static gboolean config_upstream_load_seconds(GKeyFile *file, const char *group,
					     const char *key, guint *seconds,
					     GError **error)
{
	g_autofree char *text = g_key_file_get_string(file, group, key, NULL);
	guint64 value;

	if (!text)
		return TRUE;
	if (!g_ascii_string_to_unsigned(text, 10, 0, MAX_SECONDS, &value, NULL))
		return config_fail(error, group, key,
				   "not within 0 to 3600 seconds");
	*seconds = value;
	return TRUE;
}

/* Here, or in the first line of a file: not where everybody may read it. */
static gboolean config_upstream_load_password(struct config_upstream *upstream,
					      GKeyFile *file, const char *group,
					      const char *filename, GError **error)
{
	g_autofree char *name = g_key_file_get_string(file, group, "password-file", NULL);

	upstream->user = g_key_file_get_string(file, group, "user", NULL);
	upstream->password = g_key_file_get_string(file, group, "password", NULL);
	if (upstream->password &&
	    !config_access_is_private(filename, group, "password", error))
		return FALSE;
	if (name) {
		if (upstream->password)
			return config_fail(error, group, "password",
					   "there is a password-file, too");
		upstream->password = config_access_read_password(name, group, error);
		if (!upstream->password)
			return FALSE;
	}
	if (!upstream->user != !upstream->password)
		return config_fail(error, group, upstream->user ? "user" :
				   "password", upstream->user ? "without a password" :
				   "without a user");
	return TRUE;
}

static gboolean config_upstream_load_tls(struct config_upstream *upstream, GKeyFile *file,
					 const char *group, GError **error)
{
	g_autoptr(GError) wrong = NULL;

	upstream->tls_ca = g_key_file_get_string(file, group, "tls-ca", NULL);
	if (upstream->tls_ca && !g_file_test(upstream->tls_ca, G_FILE_TEST_IS_REGULAR))
		return config_fail(error, group, "tls-ca", "no such file");

	upstream->tls_verify = g_key_file_get_boolean(file, group, "tls-verify", &wrong);
	if (g_error_matches(wrong, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_INVALID_VALUE))
		return config_fail(error, group, "tls-verify",
				   "neither true nor false");
	if (wrong)
		upstream->tls_verify = TRUE;
	return TRUE;
}

static gboolean config_upstream_load_keys(struct config_upstream *upstream,
					  GKeyFile *file, const char *group,
					  const char *filename, GError **error)
{
	static const char *const transports[] = { "auto", "udp", "tcp", NULL };
	static const char *const pulls[] = { "demand", "always", NULL };
	static const char *const key_frames[] = { "auto", "pli", "fir", "off", NULL };
	guint word;

	upstream->reconnect_s = DEFAULT_RECONNECT;
	upstream->silence_s = DEFAULT_SILENCE;
	if (!config_upstream_load_url(upstream, file, group, error) ||
	    !config_upstream_load_seconds(file, group, "reconnect",
					  &upstream->reconnect_s, error) ||
	    !config_upstream_load_seconds(file, group, "silence",
					  &upstream->silence_s, error) ||
	    !config_upstream_load_password(upstream, file, group, filename, error) ||
	    !config_upstream_load_tls(upstream, file, group, error))
		return FALSE;

	if (!config_load_word(file, group, "pull", pulls, &word, error))
		return FALSE;
	upstream->always = word;
	if (!config_load_word(file, group, "key-frames", key_frames, &word, error))
		return FALSE;
	upstream->key_frames = word;
	if (!config_load_word(file, group, "transport", transports, &word, error))
		return FALSE;
	upstream->transport = word;
	if (upstream->tls && upstream->transport == CONFIG_TRANSPORT_UDP)
		return config_fail(error, group, "transport",
				   "media of an rtsps:// URL comes over TCP");
	return TRUE;
}

struct config_upstream *config_upstream_load(GKeyFile *file, const char *group,
					     const char *filename, GError **error)
{
	struct config_upstream *upstream = g_rc_box_new0(struct config_upstream);

	if (!config_upstream_load_keys(upstream, file, group, filename, error))
		g_clear_pointer(&upstream, config_upstream_unref);
	return upstream;
}

struct config_upstream *config_upstream_ref(struct config_upstream *upstream)
{
	return g_rc_box_acquire(upstream);
}

static void config_upstream_clear(gpointer data)
{
	struct config_upstream *upstream = data;

	g_free(upstream->url);
	g_free(upstream->host);
	g_free(upstream->tls_ca);
	g_free(upstream->user);
	g_free(upstream->password);
}

void config_upstream_unref(struct config_upstream *upstream)
{
	if (upstream)
		g_rc_box_release_full(upstream, config_upstream_clear);
}
