// SPDX-License-Identifier: GPL-2.0-or-later
#include "config_tls.h"

#include "config.h"

/* RFC 7826, section 22.14 */
#define DEFAULT_PORT	322

static gboolean config_tls_load_certificate(struct config_tls *tls, GKeyFile *file,
					    const char *group, GError **error)
{
	g_autofree char *certificate = g_key_file_get_string(file, group, "certificate", NULL);
	g_autofree char *key = g_key_file_get_string(file, group, "key", NULL);
	g_autoptr(GTlsCertificate) read = NULL;
	g_autoptr(GByteArray) der = NULL;
	g_autoptr(GError) wrong = NULL;

	if (!certificate)
		return config_fail(error, group, "certificate", "missing: listen-tls "
				   "needs a file with a certificate, in PEM form");
	read = key ? g_tls_certificate_new_from_files(certificate, key, &wrong) :
		     g_tls_certificate_new_from_file(certificate, &wrong);
	if (!read)
		return config_fail(error, group, "certificate", wrong->message);
	g_object_get(read, "private-key", &der, NULL);
	if (!der)
		return config_fail(error, group, "key", "missing, and not in the "
				   "certificate's file either");
	tls->certificate = g_steal_pointer(&read);
	return TRUE;
}

gboolean config_tls_load(struct config_tls *tls, GKeyFile *file, const char *group,
			 GError **error)
{
	g_autofree char *listen = g_key_file_get_string(file, group, "listen-tls", NULL);
	static const char *const others[] = { "certificate", "key", "udp-with-tls" };
	g_autoptr(GError) wrong = NULL;

	if (!listen) {
		for (guint i = 0; i < G_N_ELEMENTS(others); i++)
			if (g_key_file_has_key(file, group, others[i], NULL))
				return config_fail(error, group, others[i],
						   "without listen-tls");
		return TRUE;
	}
	tls->listen = config_parse_address(listen, DEFAULT_PORT);
	if (!tls->listen)
		return config_fail(error, group, "listen-tls",
				   "not an address and port, as 0.0.0.0:322 or [::]:322");
	tls->udp = g_key_file_get_boolean(file, group, "udp-with-tls", &wrong);
	if (g_error_matches(wrong, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_INVALID_VALUE))
		return config_fail(error, group, "udp-with-tls", "neither true nor false");
	return config_tls_load_certificate(tls, file, group, error);
}

void config_tls_clear(struct config_tls *tls)
{
	g_clear_object(&tls->listen);
	g_clear_object(&tls->certificate);
}
