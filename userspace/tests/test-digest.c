// SPDX-License-Identifier: GPL-2.0-or-later
/* Digest authentication: the RFCs' own examples, and what is refused */
#include <string.h>

#include "digest.h"

/* Read headers as the daemon does; the fields of @digest are @msg's. */
static GstRTSPAuthCredential **credentials_of(GstRTSPHeaderField field,
					      const char *const *values)
{
	GstRTSPAuthCredential **credentials;
	GstRTSPMessage *msg = NULL;

	gst_rtsp_message_new_request(&msg, GST_RTSP_DESCRIBE, "rtsp://h/cam");
	for (; *values; values++)
		gst_rtsp_message_add_header(msg, field, *values);
	credentials = gst_rtsp_message_parse_auth_credentials(msg, field);
	gst_rtsp_message_free(msg);
	return credentials;
}

static const struct {
	const char *what;
	const char *user, *password, *method;
	const char *header;
} examples[] = {
	{ "RFC 2069, 2.4, as corrected by erratum 749", "Mufasa", "CircleOfLife", "GET",
	  "Digest username=\"Mufasa\", realm=\"testrealm@host.com\", "
	  "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", uri=\"/dir/index.html\", "
	  "response=\"1949323746fe6a43ef61f9606e7febea\", "
	  "opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"" },
	{ "RFC 2617, 3.5", "Mufasa", "Circle Of Life", "GET",
	  "Digest username=\"Mufasa\", realm=\"testrealm@host.com\", "
	  "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", uri=\"/dir/index.html\", "
	  "qop=auth, nc=00000001, cnonce=\"0a4f113b\", "
	  "response=\"6629fae49393a05397450978507c4ef1\", "
	  "opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"" },
	{ "RFC 7616, 3.9.1, MD5", "Mufasa", "Circle of Life", "GET",
	  "Digest username=\"Mufasa\", realm=\"http-auth@example.org\", "
	  "uri=\"/dir/index.html\", algorithm=MD5, "
	  "nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", nc=00000001, "
	  "cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ\", qop=auth, "
	  "response=\"8ca523f5e9506fed4657c9700eebdbec\", "
	  "opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"" },
	{ "RFC 7616, 3.9.1, SHA-256", "Mufasa", "Circle of Life", "GET",
	  "Digest username=\"Mufasa\", realm=\"http-auth@example.org\", "
	  "uri=\"/dir/index.html\", algorithm=SHA-256, "
	  "nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", nc=00000001, "
	  "cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ\", qop=auth, "
	  "response=\"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1\", "
	  "opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"" },
};

static void test_examples(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(examples); i++) {
		const char *const values[] = { examples[i].header, NULL };
		g_autofree char *ha1 = NULL, *response = NULL;
		GstRTSPAuthCredential **credentials;
		struct digest digest;

		g_test_message("%s", examples[i].what);
		credentials = credentials_of(GST_RTSP_HDR_AUTHORIZATION, values);
		g_assert_true(digest_read_answer(credentials[0], &digest));
		g_assert_cmpstr(digest.user, ==, examples[i].user);
		ha1 = digest_ha1(digest.algorithm, digest.user, digest.realm,
				 examples[i].password);
		response = digest_compute(&digest, ha1, examples[i].method);
		g_assert_cmpstr(response, ==, digest.response);
		gst_rtsp_auth_credentials_free(credentials);
	}
}

#define NEEDED	"Digest realm=\"r\", nonce=\"n\""
#define ANSWER	NEEDED ", username=\"u\", uri=\"rtsp://h/cam\", response=\"00\""

static void test_refused(void)
{
	static const struct {
		const char *header;
		gboolean challenge;
		gboolean answer;
	} rows[] = {
		{ NEEDED, TRUE, FALSE },
		{ ANSWER, TRUE, TRUE },
		{ "Digest realm=\"r\"", FALSE, FALSE },
		{ "Digest nonce=\"n\"", FALSE, FALSE },
		{ "Digest realm, nonce=\"n\"", FALSE, FALSE },
		{ "Digest", FALSE, FALSE },
		{ NEEDED ", nonce=\"m\"", FALSE, FALSE },
		{ NEEDED ", algorithm=md5", TRUE, FALSE },
		{ NEEDED ", algorithm=MD5-sess", FALSE, FALSE },
		{ NEEDED ", algorithm=SHA-512-256", FALSE, FALSE },
		{ NEEDED ", qop=\"auth-int, auth\"", TRUE, FALSE },
		{ NEEDED ", qop=\"auth-int\"", FALSE, FALSE },
		{ ANSWER ", qop=auth", TRUE, FALSE },
		{ ANSWER ", qop=auth, nc=00000001", TRUE, FALSE },
		{ ANSWER ", qop=auth, nc=00000001, cnonce=\"c\"", TRUE, TRUE },
	};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		const char *const values[] = { rows[i].header, NULL };
		GstRTSPAuthCredential **credentials;
		struct digest digest;

		g_test_message("%s", rows[i].header);
		credentials = credentials_of(GST_RTSP_HDR_WWW_AUTHENTICATE, values);
		g_assert_cmpint(digest_choose(credentials, &digest), ==, rows[i].challenge);
		g_assert_cmpint(credentials[0] && digest_read_answer(credentials[0], &digest),
				==, rows[i].answer);
		gst_rtsp_auth_credentials_free(credentials);
	}
	g_assert_false(digest_choose(NULL, &(struct digest){ 0 }));
}

/* What the client makes of what the server asks is what the server expects. */
static void test_both_sides(void)
{
	static const char hard[] = "o\"b\\ar";

	for (guint n = 1; n <= DIGEST_ALGORITHMS; n++) {
		const char *values[DIGEST_ALGORITHMS + 2] = { "Basic realm=\"x\"" };
		GstRTSPAuthCredential **asked, **answered;
		struct digest challenge, answer;
		g_autofree char *header = NULL, *ha1 = NULL, *response = NULL;

		/* the strongest is taken, first or last */
		for (guint i = 0; i < n; i++)
			values[1 + i] = digest_challenge(i, "x", "nonce", i == n - 1);
		asked = credentials_of(GST_RTSP_HDR_WWW_AUTHENTICATE, values);
		g_assert_true(digest_choose(asked, &challenge));
		g_assert_cmpint(challenge.algorithm, ==, n - 1);
		gst_rtsp_auth_credentials_free(asked);
		for (guint i = 0; i < n / 2; i++) {
			const char *swap = values[1 + i];

			values[1 + i] = values[n - i];
			values[n - i] = swap;
		}
		asked = credentials_of(GST_RTSP_HDR_WWW_AUTHENTICATE, values);
		g_assert_true(digest_choose(asked, &challenge));
		g_assert_cmpint(challenge.algorithm, ==, n - 1);
		g_assert_true(challenge.stale);

		header = digest_answer(&challenge, hard, "pw", "PLAY", "rtsp://h/cam", 1);
		answered = credentials_of(GST_RTSP_HDR_AUTHORIZATION,
					  (const char *const[]){ header, NULL });
		g_assert_true(digest_read_answer(answered[0], &answer));
		g_assert_cmpstr(answer.user, ==, hard);
		g_assert_cmpstr(answer.nonce, ==, "nonce");
		ha1 = digest_ha1(answer.algorithm, hard, "x", "pw");
		response = digest_compute(&answer, ha1, "PLAY");
		g_assert_true(digest_equal(response, answer.response));
		g_clear_pointer(&response, g_free);
		response = digest_compute(&answer, ha1, "PAUSE");
		g_assert_false(digest_equal(response, answer.response));

		gst_rtsp_auth_credentials_free(asked);
		gst_rtsp_auth_credentials_free(answered);
		for (guint i = 0; i < n; i++)
			g_free((char *)values[1 + i]);
	}
}

/* With qop, too, and with what a server may put into its texts */
static void test_client_qop(void)
{
	static const char *const asked_for[] = {
		"Digest qop=\"auth,auth-int\",algorithm=SHA-256,nonce=\"a==\","
		"realm=\"IP \\\"Camera\\\"\",opaque=\"o\"", NULL,
	};
	GstRTSPAuthCredential **asked, **answered;
	struct digest challenge, answer;
	g_autofree char *header = NULL, *ha1 = NULL, *response = NULL;

	asked = credentials_of(GST_RTSP_HDR_WWW_AUTHENTICATE, asked_for);
	g_assert_true(digest_choose(asked, &challenge));
	header = digest_answer(&challenge, "u", "p", "SETUP", "rtsp://h/1", 17);
	answered = credentials_of(GST_RTSP_HDR_AUTHORIZATION,
				  (const char *const[]){ header, NULL });
	g_assert_true(digest_read_answer(answered[0], &answer));
	g_assert_cmpstr(answer.realm, ==, challenge.realm);
	g_assert_cmpstr(answer.opaque, ==, "o");
	g_assert_cmpstr(answer.nc, ==, "00000011");
	ha1 = digest_ha1(DIGEST_SHA256, "u", challenge.realm, "p");
	response = digest_compute(&answer, ha1, "SETUP");
	g_assert_cmpstr(response, ==, answer.response);
	gst_rtsp_auth_credentials_free(asked);
	gst_rtsp_auth_credentials_free(answered);
}

static void test_equal(void)
{
	g_assert_true(digest_equal("", ""));
	g_assert_true(digest_equal("abc", "abc"));
	g_assert_false(digest_equal("abc", "abd"));
	g_assert_false(digest_equal("xbc", "abc"));
	g_assert_false(digest_equal("abc", "ab"));
	g_assert_false(digest_equal("", "a"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/digest/examples", test_examples);
	g_test_add_func("/digest/refused", test_refused);
	g_test_add_func("/digest/both-sides", test_both_sides);
	g_test_add_func("/digest/client-qop", test_client_qop);
	g_test_add_func("/digest/equal", test_equal);
	return g_test_run();
}
