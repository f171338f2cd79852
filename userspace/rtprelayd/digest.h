/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Digest authentication (RFC 2069, RFC 7616), both sides of it: what a server asks
 * for and a client answers. Headers are taken apart by
 * gst_rtsp_message_parse_auth_credentials().
 */
#ifndef RTPRELAYD_DIGEST_H
#define RTPRELAYD_DIGEST_H

#include <gst/rtsp/gstrtspmessage.h>

/* The stronger comes later */
enum digest_algorithm {
	DIGEST_MD5,
	DIGEST_SHA256,
	DIGEST_ALGORITHMS,
};

/**
 * struct digest - a challenge, or the answer to one; strings are the credential's
 * @algorithm: MD5 when none was named
 * @realm: never NULL
 * @nonce: never NULL
 * @opaque: to be given back, or NULL
 * @qop: "auth", or NULL for the rules of RFC 2069
 * @stale: in a challenge: user and password were right
 * @user: in an answer, never NULL there, as are @uri and @response
 * @uri: in an answer
 * @nc: in an answer, not NULL when @qop is not
 * @cnonce: in an answer, not NULL when @qop is not
 * @response: in an answer
 */
struct digest {
	enum digest_algorithm algorithm;
	const char *realm;
	const char *nonce;
	const char *opaque;
	const char *qop;
	gboolean stale;
	const char *user;
	const char *uri;
	const char *nc;
	const char *cnonce;
	const char *response;
};

/**
 * digest_read_challenge - read what a server asks for
 * @credential: of a WWW-Authenticate header
 *
 * Return: FALSE when it is not Digest, lacks something, has something twice, or
 * wants an algorithm or qop that we do not know.
 */
gboolean digest_read_challenge(const GstRTSPAuthCredential *credential,
			       struct digest *digest);

/* digest_read_answer - the same for an Authorization header */
gboolean digest_read_answer(const GstRTSPAuthCredential *credential,
			    struct digest *digest);

/**
 * digest_choose - find the strongest challenge among all of an answer
 * @credentials: as gst_rtsp_message_parse_auth_credentials() returns them, or NULL
 *
 * Return: FALSE when digest_read_challenge() takes none of them.
 */
gboolean digest_choose(GstRTSPAuthCredential *const *credentials, struct digest *digest);

/* digest_ha1 - what stands for user and password in a realm: H(user:realm:password) */
char *digest_ha1(enum digest_algorithm algorithm, const char *user, const char *realm,
		 const char *password);

/**
 * digest_compute - the response that proves the knowledge of @ha1
 * @digest: of which all but @user, @response, @opaque and @stale are read
 * @method: of the request, as in its first line
 */
char *digest_compute(const struct digest *digest, const char *ha1, const char *method);

/**
 * digest_challenge - a server's WWW-Authenticate header
 * @realm: without quotes and backslashes, as is @nonce
 * @stale: the answer was right, but to a nonce that is not valid
 */
char *digest_challenge(enum digest_algorithm algorithm, const char *realm,
		       const char *nonce, gboolean stale);

/**
 * digest_answer - a client's Authorization header
 * @challenge: from digest_choose()
 * @method: of the request, as in its first line
 * @uri: the same
 * @count: how often its nonce has been answered, this time included
 */
char *digest_answer(const struct digest *challenge, const char *user,
		    const char *password, const char *method, const char *uri,
		    guint count);

/* digest_equal - compare two texts in a time that tells nothing but their lengths */
gboolean digest_equal(const char *a, const char *b);

#endif
