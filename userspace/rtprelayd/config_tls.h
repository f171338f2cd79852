/* SPDX-License-Identifier: GPL-2.0-or-later */
/* TLS towards viewers, in rtprelayd.conf(5) */
#ifndef RTPRELAYD_CONFIG_TLS_H
#define RTPRELAYD_CONFIG_TLS_H

#include <gio/gio.h>

/* Its keys of [server] */
#define CONFIG_TLS_KEYS	"listen-tls", "certificate", "key", "udp-with-tls"

/**
 * struct config_tls - TLS
 * @listen: where it is spoken, NULL for nowhere
 * @certificate: ours, with its key
 * @udp: media may go over UDP, in clear, beside it
 */
struct config_tls {
	GSocketAddress *listen;
	GTlsCertificate *certificate;
	gboolean udp;
};

/**
 * config_tls_load - read the keys and the files that they name
 * @error: CONFIG_ERROR
 */
gboolean config_tls_load(struct config_tls *tls, GKeyFile *file, const char *group,
			 GError **error);

void config_tls_clear(struct config_tls *tls);

#endif
