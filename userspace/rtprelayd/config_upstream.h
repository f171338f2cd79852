/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a path's stream comes from, and how: a part of rtprelayd.conf(5) */
#ifndef RTPRELAYD_CONFIG_UPSTREAM_H
#define RTPRELAYD_CONFIG_UPSTREAM_H

#include <glib.h>

/* enum config_transport - what carries the stream to the relay */
enum config_transport {
	CONFIG_TRANSPORT_AUTO,	/* UDP, and TCP where that does not come through */
	CONFIG_TRANSPORT_UDP,
	CONFIG_TRANSPORT_TCP,
};

/* enum config_key_frames - how key frames are asked for */
enum config_key_frames {
	CONFIG_KEY_FRAMES_AUTO,	/* as the description offers, else not at all */
	CONFIG_KEY_FRAMES_PLI,	/* RFC 4585, 6.3.1 */
	CONFIG_KEY_FRAMES_FIR,	/* RFC 5104, 4.3.1 */
	CONFIG_KEY_FRAMES_OFF,
};

/**
 * struct config_upstream - a server and how it is used
 * @url: of the stream, rtsp or rtsps, without credentials
 * @host: of @url
 * @port: of @url, or its scheme's; 1 to 65535
 * @tls: @url is rtsps
 * @tls_verify: check its certificate
 * @tls_ca: file of the authorities to check it by, NULL for the system's
 * @user: for Basic and Digest authentication, or NULL
 * @password: likewise; NULL if and only if @user is
 * @transport: AUTO is TCP with @tls
 * @always: pull it whether or not there are viewers
 * @reconnect_s: seconds that viewers are kept after it was lost, 0 to 3600
 * @silence_s: seconds without media after which it is lost, 1 to 3600; 0 for
 *	never
 * @key_frames: see there
 */
struct config_upstream {
	char *url;
	char *host;
	guint16 port;
	gboolean tls;
	gboolean tls_verify;
	char *tls_ca;
	char *user;
	char *password;
	enum config_transport transport;
	gboolean always;
	guint reconnect_s;
	guint silence_s;
	enum config_key_frames key_frames;
};

/* Keys of a group [path] that are read here, for a list of known keys */
#define CONFIG_UPSTREAM_KEYS						\
	"upstream", "transport", "pull", "reconnect", "silence",	\
	"key-frames", "user", "password", "password-file", "tls-ca",	\
	"tls-verify"

/**
 * config_upstream_load - read the keys above
 * @filename: of the configuration: others may not read it when it has a password
 * @error: CONFIG_ERROR; the text names group and key
 *
 * Return: the configuration, or NULL.
 */
struct config_upstream *config_upstream_load(GKeyFile *file, const char *group,
					     const char *filename, GError **error);

/* config_upstream_ref, config_upstream_unref - a connection may outlive its path */
struct config_upstream *config_upstream_ref(struct config_upstream *upstream);
void config_upstream_unref(struct config_upstream *upstream);

#endif
