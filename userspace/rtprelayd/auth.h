/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who asks, and may they: Basic and Digest towards viewers.
 *
 * Digest's nonce is the connection's own: what was overheard on one connection is
 * of no use on another, and no table of nonces is kept. Basic hands out the
 * password, so it is for TLS alone.
 */
#ifndef RTPRELAYD_AUTH_H
#define RTPRELAYD_AUTH_H

#include "config.h"
#include "url.h"

enum auth_verdict {
	AUTH_OK,
	AUTH_MISSING,	/* no credentials, or of a scheme that is not offered: 401 */
	AUTH_STALE,	/* right ones, for another connection's nonce: 401 */
	AUTH_WRONG,	/* 401 */
	AUTH_FORBIDDEN,	/* right ones, of a user who may not view this: 403 */
};

/**
 * struct auth_query - what is to be judged
 * @users: all of them
 * @path: that is asked for, not open to everybody
 * @url: by this URL
 * @nonce: the connection's
 * @secure: is the connection TLS?
 */
struct auth_query {
	const struct users *users;
	const struct config_path *path;
	const struct url *url;
	const char *nonce;
	gboolean secure;
};

/**
 * auth_check - judge a request
 * @user: set to a copy of the name of who asks, if that user exists, else to NULL
 */
enum auth_verdict auth_check(const struct auth_query *query, GstRTSPMessage *request,
			     char **user);

/**
 * auth_challenge - add to an answer what it takes
 * @stale: after AUTH_STALE
 */
void auth_challenge(const struct auth_query *query, GstRTSPMessage *answer,
		    gboolean stale);

#endif
