// SPDX-License-Identifier: GPL-2.0-or-later
#include "gate.h"

#include <string.h>

#include "digest.h"

static gboolean gate_digest(enum gate gate, const GstRTSPAuthCredential *credential,
			    GstRTSPMessage *request, const char *nonce)
{
	const char *method = gst_rtsp_method_as_text(request->type_data.request.method);
	g_autofree char *ha1 = NULL;
	g_autofree char *response = NULL;
	struct digest answer;

	if (!digest_read_answer(credential, &answer) ||
	    answer.algorithm != (gate == GATE_SHA256 ? DIGEST_SHA256 : DIGEST_MD5) ||
	    !g_str_equal(answer.uri, request->type_data.request.uri) ||
	    !g_str_equal(answer.nonce, nonce))
		return FALSE;
	ha1 = digest_ha1(answer.algorithm, GATE_USER, "gate", GATE_PASSWORD);
	response = digest_compute(&answer, ha1, method);
	return g_str_equal(response, answer.response);
}

static gboolean gate_basic(const GstRTSPAuthCredential *credential)
{
	g_autofree char *expected = g_base64_encode((const guint8 *)GATE_USER ":" GATE_PASSWORD,
						    strlen(GATE_USER ":" GATE_PASSWORD));

	return credential->scheme == GST_RTSP_AUTH_BASIC &&
	       !g_strcmp0(credential->authorization, expected);
}

gboolean gate_admits(enum gate gate, GstRTSPMessage *request, char **challenge)
{
	static guint uses;
	g_autofree char *nonce = g_strdup_printf("nonce%u", gate == GATE_STALE ? uses / 3 : 0);
	GstRTSPAuthCredential **credentials;
	gboolean ok = FALSE;

	*challenge = NULL;
	if (gate == GATE_OPEN)
		return TRUE;
	uses++;
	credentials = gst_rtsp_message_parse_auth_credentials(request,
							      GST_RTSP_HDR_AUTHORIZATION);
	if (credentials && *credentials)
		ok = gate == GATE_BASIC ? gate_basic(*credentials) :
		     gate_digest(gate, *credentials, request, nonce);
	if (credentials)
		gst_rtsp_auth_credentials_free(credentials);
	if (ok)
		return TRUE;
	if (gate == GATE_BASIC)
		*challenge = g_strdup("Basic realm=\"gate\"");
	else
		*challenge = digest_challenge(gate == GATE_SHA256 ? DIGEST_SHA256 : DIGEST_MD5,
					      "gate", nonce, gate == GATE_STALE);
	return FALSE;
}
