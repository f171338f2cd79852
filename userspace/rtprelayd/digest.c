// SPDX-License-Identifier: GPL-2.0-or-later
#include "digest.h"

#include <string.h>

static const struct {
	const char *name;
	GChecksumType type;
} digest_algorithms[] = {
	[DIGEST_MD5] = { "MD5", G_CHECKSUM_MD5 },
	[DIGEST_SHA256] = { "SHA-256", G_CHECKSUM_SHA256 },
};

static gboolean digest_find_algorithm(const char *name, enum digest_algorithm *algorithm)
{
	*algorithm = DIGEST_MD5;
	if (!name)
		return TRUE;
	for (guint i = 0; i < G_N_ELEMENTS(digest_algorithms); i++) {
		if (!g_ascii_strcasecmp(name, digest_algorithms[i].name)) {
			*algorithm = i;
			return TRUE;
		}
	}
	return FALSE;
}

/* A challenge offers a list of them; an answer has one. */
static gboolean digest_find_qop(const char *list, const char **qop)
{
	g_auto(GStrv) items = NULL;

	*qop = NULL;
	if (!list)
		return TRUE;
	items = g_strsplit(list, ",", -1);
	for (guint i = 0; items[i] && !*qop; i++)
		if (!g_ascii_strcasecmp(g_strstrip(items[i]), "auth"))
			*qop = "auth";
	return *qop != NULL;
}

/* FALSE: not Digest, an unknown algorithm or qop, no realm, no nonce, or a repetition */
static gboolean digest_read(const GstRTSPAuthCredential *credential,
			    struct digest *digest)
{
	const char *algorithm = NULL, *qop = NULL, *stale = NULL;
	const struct {
		const char *name;
		const char **value;
	} params[] = {
		{ "realm", &digest->realm },
		{ "nonce", &digest->nonce },
		{ "opaque", &digest->opaque },
		{ "username", &digest->user },
		{ "uri", &digest->uri },
		{ "nc", &digest->nc },
		{ "cnonce", &digest->cnonce },
		{ "response", &digest->response },
		{ "algorithm", &algorithm },
		{ "qop", &qop },
		{ "stale", &stale },
	};

	memset(digest, 0, sizeof(*digest));
	if (credential->scheme != GST_RTSP_AUTH_DIGEST || !credential->params)
		return FALSE;
	for (GstRTSPAuthParam **param = credential->params; *param; param++) {
		for (guint i = 0; i < G_N_ELEMENTS(params); i++) {
			if (g_ascii_strcasecmp((*param)->name, params[i].name))
				continue;
			if (*params[i].value || !(*param)->value)
				return FALSE;
			*params[i].value = (*param)->value;
		}
	}
	digest->stale = stale && !g_ascii_strcasecmp(stale, "true");
	return digest->realm && digest->nonce &&
	       digest_find_algorithm(algorithm, &digest->algorithm) &&
	       digest_find_qop(qop, &digest->qop);
}

gboolean digest_read_challenge(const GstRTSPAuthCredential *credential,
			       struct digest *digest)
{
	return digest_read(credential, digest);
}

gboolean digest_read_answer(const GstRTSPAuthCredential *credential,
			    struct digest *digest)
{
	return digest_read(credential, digest) && digest->user && digest->uri &&
	       digest->response && (!digest->qop || (digest->nc && digest->cnonce));
}

gboolean digest_choose(GstRTSPAuthCredential *const *credentials, struct digest *digest)
{
	gboolean found = FALSE;
	struct digest one;

	for (; credentials && *credentials; credentials++) {
		if (!digest_read_challenge(*credentials, &one) ||
		    (found && one.algorithm <= digest->algorithm))
			continue;
		*digest = one;
		found = TRUE;
	}
	return found;
}

/* H(a:b:c), which all of it is made of; the list ends with NULL */
static char *digest_hash(enum digest_algorithm algorithm, const char *first, ...)
{
	g_autoptr(GChecksum) sum = g_checksum_new(digest_algorithms[algorithm].type);
	const char *part;
	va_list args;

	g_checksum_update(sum, (const guchar *)first, -1);
	va_start(args, first);
	while ((part = va_arg(args, const char *))) {
		g_checksum_update(sum, (const guchar *)":", 1);
		g_checksum_update(sum, (const guchar *)part, -1);
	}
	va_end(args);
	return g_strdup(g_checksum_get_string(sum));
}

char *digest_ha1(enum digest_algorithm algorithm, const char *user, const char *realm,
		 const char *password)
{
	return digest_hash(algorithm, user, realm, password, NULL);
}

char *digest_compute(const struct digest *digest, const char *ha1, const char *method)
{
	g_autofree char *ha2 = digest_hash(digest->algorithm, method, digest->uri, NULL);

	if (!digest->qop)
		return digest_hash(digest->algorithm, ha1, digest->nonce, ha2, NULL);
	return digest_hash(digest->algorithm, ha1, digest->nonce, digest->nc,
			   digest->cnonce, digest->qop, ha2, NULL);
}

char *digest_challenge(enum digest_algorithm algorithm, const char *realm,
		       const char *nonce, gboolean stale)
{
	/*
	 * In this order, and with a space after each comma: live555 scans for just
	 * that. It and old cameras know nothing of an algorithm or of qop.
	 */
	return g_strdup_printf("Digest realm=\"%s\", nonce=\"%s\"%s%s%s", realm, nonce,
			       stale ? ", stale=true" : "",
			       algorithm == DIGEST_MD5 ? "" : ", algorithm=",
			       algorithm == DIGEST_MD5 ? "" :
			       digest_algorithms[algorithm].name);
}

/* , name="value" with what quoted-string wants escaped */
static void digest_append(GString *header, const char *name, const char *value)
{
	g_string_append_printf(header, "%s%s=\"", header->len ? ", " : "Digest ", name);
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			g_string_append_c(header, '\\');
		g_string_append_c(header, *value);
	}
	g_string_append_c(header, '"');
}

char *digest_answer(const struct digest *challenge, const char *user,
		    const char *password, const char *method, const char *uri,
		    guint count)
{
	g_autofree char *ha1 = digest_ha1(challenge->algorithm, user, challenge->realm,
					  password);
	g_autofree char *nc = g_strdup_printf("%08x", count);
	g_autofree char *cnonce = g_strdup_printf("%08x%08x", g_random_int(),
						  g_random_int());
	g_autofree char *response = NULL;
	GString *header = g_string_new(NULL);
	struct digest answer = *challenge;

	answer.uri = uri;
	answer.nc = nc;
	answer.cnonce = cnonce;
	response = digest_compute(&answer, ha1, method);

	digest_append(header, "username", user);
	digest_append(header, "realm", challenge->realm);
	digest_append(header, "nonce", challenge->nonce);
	digest_append(header, "uri", uri);
	digest_append(header, "response", response);
	if (challenge->opaque)
		digest_append(header, "opaque", challenge->opaque);
	/* the grammar has quotes for none of algorithm, qop and nc */
	if (challenge->algorithm != DIGEST_MD5)
		g_string_append_printf(header, ", algorithm=%s",
				       digest_algorithms[challenge->algorithm].name);
	if (challenge->qop) {
		g_string_append_printf(header, ", qop=%s, nc=%s", challenge->qop, nc);
		digest_append(header, "cnonce", cnonce);
	}
	return g_string_free(header, FALSE);
}

gboolean digest_equal(const char *a, const char *b)
{
	gsize len = strlen(a);
	volatile guint8 differ = 0;

	if (len != strlen(b))
		return FALSE;
	for (gsize i = 0; i < len; i++)
		differ |= a[i] ^ b[i];
	return !differ;
}
