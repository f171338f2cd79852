// SPDX-License-Identifier: GPL-2.0-or-later
#include "auth.h"

#include <string.h>

#include "digest.h"
#include "users.h"

/*
 * Is the URI that was hashed one of the stream asked for? Clients hash the URL of
 * the request, or that of the stream whatever the request's, or its path alone.
 */
static gboolean auth_is_uri(const struct url *url, const char *uri)
{
	const char *const starts[] = { url->base, url->name };

	for (guint i = 0; i < G_N_ELEMENTS(starts); i++)
		if (g_str_has_prefix(uri, starts[i]) &&
		    strchr("/?", uri[strlen(starts[i])]))
			return TRUE;
	return FALSE;
}

static enum auth_verdict auth_check_digest(const struct auth_query *query,
					   const GstRTSPAuthCredential *credential,
					   GstRTSPMethod method, char **user)
{
	g_autofree char *response = NULL;
	struct digest digest;

	if (!digest_read_answer(credential, &digest))
		return AUTH_MISSING;
	*user = g_strdup(digest.user);
	response = digest_compute(&digest, users_ha1(query->users, digest.user,
						     digest.algorithm),
				  gst_rtsp_method_as_text(method));
	if (!g_str_equal(digest.realm, USERS_REALM) ||
	    !auth_is_uri(query->url, digest.uri) ||
	    !digest_equal(response, digest.response))
		return AUTH_WRONG;
	return digest_equal(digest.nonce, query->nonce) ? AUTH_OK : AUTH_STALE;
}

/* base64(user:password) */
static enum auth_verdict auth_check_basic(const struct auth_query *query,
					  const GstRTSPAuthCredential *credential,
					  char **user)
{
	g_autofree char *text = NULL;
	char *password;
	gsize len;

	if (!query->secure || !credential->authorization)
		return AUTH_MISSING;
	text = (char *)g_base64_decode(credential->authorization, &len);
	/* a NUL follows what was decoded, and none may be in it */
	password = memchr(text, ':', len);
	if (!password || memchr(text, '\0', len))
		return AUTH_WRONG;
	*user = g_strndup(text, password - text);
	return users_check(query->users, *user, password + 1) ? AUTH_OK : AUTH_WRONG;
}

static enum auth_verdict auth_check_credentials(const struct auth_query *query,
						GstRTSPMessage *request, char **user)
{
	GstRTSPAuthCredential **credentials;
	enum auth_verdict verdict = AUTH_MISSING;

	credentials = gst_rtsp_message_parse_auth_credentials(request,
							      GST_RTSP_HDR_AUTHORIZATION);
	if (credentials && credentials[0]) {
		/* more than one could be a list of guesses */
		if (credentials[1])
			verdict = AUTH_WRONG;
		else if (credentials[0]->scheme == GST_RTSP_AUTH_BASIC)
			verdict = auth_check_basic(query, credentials[0], user);
		else
			verdict = auth_check_digest(query, credentials[0],
						    request->type_data.request.method,
						    user);
	}
	if (credentials)
		gst_rtsp_auth_credentials_free(credentials);
	return verdict;
}

enum auth_verdict auth_check(const struct auth_query *query, GstRTSPMessage *request,
			     char **user)
{
	enum auth_verdict verdict;

	*user = NULL;
	verdict = auth_check_credentials(query, request, user);
	/* a name that is none may be a password in the wrong place */
	if (*user && !users_have(query->users, *user)) {
		g_clear_pointer(user, g_free);
		verdict = AUTH_WRONG;
	}
	if (verdict == AUTH_OK && query->path->access.users &&
	    !g_strv_contains((const char *const *)query->path->access.users, *user))
		verdict = AUTH_FORBIDDEN;
	return verdict;
}

void auth_challenge(const struct auth_query *query, GstRTSPMessage *answer,
		    gboolean stale)
{
	/*
	 * live555 and FFmpeg take the last challenge of Digest, whatever its
	 * algorithm, and compute MD5: so that is the last.
	 */
	if (query->secure)
		gst_rtsp_message_add_header(answer, GST_RTSP_HDR_WWW_AUTHENTICATE,
					    "Basic realm=\"" USERS_REALM "\"");
	for (guint i = DIGEST_ALGORITHMS; i > 0; i--)
		gst_rtsp_message_take_header(answer, GST_RTSP_HDR_WWW_AUTHENTICATE,
					     digest_challenge(i - 1, USERS_REALM,
							      query->nonce, stale));
}
