/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The configuration file, rtprelayd.conf(5) */
#ifndef RTPRELAYD_CONFIG_H
#define RTPRELAYD_CONFIG_H

#include <gio/gio.h>

#include "config_access.h"
#include "config_adapt.h"
#include "config_limit.h"
#include "config_monitor.h"
#include "config_tls.h"
#include "config_upstream.h"
#include "fanout.h"
#include "nat.h"

/**
 * struct config_path - a stream that viewers can ask for; counted, since it stays
 * in use when a reload has brought the same again
 * @refs: references
 * @text: its keys and values as they are in the file, in a fixed order
 * @name: "/name", without a slash at its end
 * @upstream: where it comes from
 * @adapt: who decides which layers a viewer gets
 * @limit: of what its viewers are sent; what @text has not
 * @pace: see rtp_fanout_config.pace_percent
 * @tee: hand the stream's datagrams to the daemon as well
 * @nat: from where a viewer's ports are learned
 * @access: who may view it
 */
struct config_path {
	guint refs;
	char *text;
	char *name;
	struct config_upstream *upstream;
	struct config_adapt adapt;
	struct config_limit limit;
	guint pace;
	gboolean tee;
	enum nat_mode nat;
	struct config_access access;
};

/**
 * struct config - the daemon's configuration
 * @listen: where viewers connect
 * @tls: the same with TLS, and how
 * @host_limit: connections, and sessions, of one host at a time; 0 for any number
 * @timeout_s: seconds after which a silent viewer is dropped, 1 to 3600
 * @user: who the daemon becomes when root starts it, or NULL
 * @backend: what replicates the streams
 * @limits: of what viewers are sent, of all paths together
 * @monitor: where operators look in
 * @users: all of them
 * @paths: struct config_path *, at least one
 */
struct config {
	GSocketAddress *listen;
	struct config_tls tls;
	guint host_limit;
	guint timeout_s;
	char *user;
	enum fanout_backend backend;
	struct config_limits limits;
	struct config_monitor monitor;
	struct users *users;
	GPtrArray *paths;
};

#define CONFIG_ERROR	config_error_quark()
GQuark config_error_quark(void);

/**
 * config_load - read and check a file
 * @error: G_FILE_ERROR or G_KEY_FILE_ERROR when it cannot be read, CONFIG_ERROR
 *	when what it says cannot be; the text names file, group and key
 *
 * Return: the configuration, or NULL.
 */
struct config *config_load(const char *file, GError **error);

void config_free(struct config *config);

/* config_path_ref, config_path_unref - keep it; the first returns its argument */
struct config_path *config_path_ref(struct config_path *path);
void config_path_unref(struct config_path *path);

/* config_path_equal - do two say the same, but of limits? */
gboolean config_path_equal(const struct config_path *a, const struct config_path *b);

/* For those that read parts of the file */

/* config_fail - set @error, a CONFIG_ERROR; returns FALSE */
gboolean config_fail(GError **error, const char *group, const char *key,
		     const char *what);

/* config_check_keys - FALSE, with @error, when the group has one not in @known */
gboolean config_check_keys(GKeyFile *file, const char *group,
			   const char *const *known, GError **error);

/* config_parse_address - "1.2.3.4:5", "[::1]:5" or without a port; NULL if none */
GSocketAddress *config_parse_address(const char *text, guint16 default_port);

/**
 * config_load_word - read a key whose value is one word of a list
 * @words: those, up to NULL
 * @index: set to that of the word in @words; 0 without the key
 * @error: CONFIG_ERROR
 *
 * Return: FALSE when it is none of them.
 */
gboolean config_load_word(GKeyFile *file, const char *group, const char *key,
			  const char *const *words, guint *index, GError **error);

#endif
