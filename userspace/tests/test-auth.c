// SPDX-License-Identifier: GPL-2.0-or-later
/* Who may view: passwords, rights, and those who guess (complaint 8 of the peers' users) */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "bed.h"
#include "digest.h"
#include "limit.h"

static const struct bed_wish wish = {
	.cam = "users=alice;bob\n"
	       "[user alice]\npassword=wonder land\n[user bob]\npassword=builder\n"
	       "[user carol]\npassword=singer\n"
	       "[path /other]\nupstream=rtsp://" ORIGIN_HOST ":1/live\n"
	       "[path /open]\nupstream=rtsp://" ORIGIN_HOST ":1/live\nusers=*\n",
};

/* A viewer's side of it */
struct login {
	struct rtsp *rtsp;
	const char *user;
	const char *password;
	char *realm;
	char *nonce;
	enum digest_algorithm algorithm;
	const char *qop;
};

static char *answer_header(GstRTSPMessage *answer, guint n)
{
	char *value = NULL;

	gst_rtsp_message_get_header(answer, GST_RTSP_HDR_WWW_AUTHENTICATE, &value, n);
	return value;
}

/* Take the challenge from an answer that has one. */
static gboolean login_take(struct login *login, GstRTSPMessage *answer)
{
	GstRTSPAuthCredential **credentials;
	struct digest challenge;
	gboolean stale;

	credentials = gst_rtsp_message_parse_auth_credentials(answer,
							      GST_RTSP_HDR_WWW_AUTHENTICATE);
	g_assert_true(digest_choose(credentials, &challenge));
	g_free(login->realm);
	g_free(login->nonce);
	login->realm = g_strdup(challenge.realm);
	login->nonce = g_strdup(challenge.nonce);
	stale = challenge.stale;
	gst_rtsp_auth_credentials_free(credentials);
	return stale;
}

static char *login_headers(const struct login *login, const char *method, const char *uri,
			   const char *more)
{
	const struct digest challenge = {
		.algorithm = login->algorithm,
		.realm = login->realm,
		.nonce = login->nonce,
		.qop = login->qop,
	};
	g_autofree char *value = digest_answer(&challenge, login->user, login->password,
					       method, uri, 1);

	return g_strdup_printf("Authorization: %s\r\n%s", value, more ? more : "");
}

static gint login_ask(const struct login *login, const char *method, const char *url,
		      const char *uri, const char *more)
{
	g_autofree char *headers = login_headers(login, method, uri, more);

	return rtsp_status(login->rtsp, method, url, headers);
}

static void login_open(struct login *login, struct bed *bed, const char *user,
		       const char *password)
{
	GstRTSPMessage *answer;

	memset(login, 0, sizeof(*login));
	login->rtsp = rtsp_connect(bed->port);
	login->user = user;
	login->password = password;
	answer = rtsp_ask(login->rtsp, "DESCRIBE", bed->url, NULL);
	g_assert_cmpint(answer->type_data.response.code, ==, 401);
	g_assert_false(login_take(login, answer));
	gst_rtsp_message_free(answer);
}

static void login_close(struct login *login)
{
	rtsp_close(login->rtsp);
	g_free(login->realm);
	g_free(login->nonce);
}

/* The last challenge is MD5's, without a word that older clients do not know. */
static void test_challenge(struct bed *bed, gconstpointer unused)
{
	struct rtsp *rtsp = rtsp_connect(bed->port);
	GstRTSPMessage *answer = rtsp_ask(rtsp, "DESCRIBE", bed->url, NULL);
	char realm[64], nonce[64], rest[64];

	g_assert_cmpint(answer->type_data.response.code, ==, 401);
	g_assert_true(g_str_has_suffix(answer_header(answer, 0), "algorithm=SHA-256"));
	g_assert_null(strstr(answer_header(answer, 1), "algorithm"));
	g_assert_null(answer_header(answer, 2));
	/* as live555 reads it */
	g_assert_cmpint(sscanf(answer_header(answer, 1),
			       "Digest realm=\"%63[^\"]\", nonce=\"%63[^\"]\"%63s", realm,
			       nonce, rest), ==, 2);
	gst_rtsp_message_free(answer);
	rtsp_close(rtsp);
}

static void test_all_methods(struct bed *bed, gconstpointer unused)
{
	static const struct {
		enum digest_algorithm algorithm;
		const char *qop;
	} rows[] = {
		{ DIGEST_MD5, NULL }, { DIGEST_MD5, "auth" },
		{ DIGEST_SHA256, NULL }, { DIGEST_SHA256, "auth" },
	};
	g_autofree char *track = g_strconcat(bed->url, "/track0", NULL);
	g_autofree char *base = g_strconcat(bed->url, "/", NULL);
	const char *transport = "Transport: RTP/AVP;unicast;client_port=5000-5001\r\n";

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *setup = NULL, *session = NULL;
		GstRTSPMessage *answer;
		struct login login;

		login_open(&login, bed, "alice", "wonder land");
		login.algorithm = rows[i].algorithm;
		login.qop = rows[i].qop;
		g_assert_cmpint(login_ask(&login, "DESCRIBE", bed->url, bed->url, NULL), ==,
				200);
		g_assert_cmpint(rtsp_status(login.rtsp, "SETUP", track, transport), ==, 401);
		setup = login_headers(&login, "SETUP", track, transport);
		answer = rtsp_ask(login.rtsp, "SETUP", track, setup);
		g_assert_cmpint(answer->type_data.response.code, ==, 200);
		session = g_strdup_printf("Session: %.32s\r\n",
					  rtsp_header(answer, GST_RTSP_HDR_SESSION));
		gst_rtsp_message_free(answer);

		g_assert_cmpint(rtsp_status(login.rtsp, "PLAY", bed->url, session), ==, 401);
		/* live555 hashes the URL of the stream, others its path, whatever is asked */
		g_assert_cmpint(login_ask(&login, "PLAY", track, base, session), ==, 200);
		g_assert_cmpint(rtsp_status(login.rtsp, "PAUSE", bed->url, session), ==, 401);
		g_assert_cmpint(login_ask(&login, "PAUSE", track, "/cam", session), ==, 200);
		/* a sign of life needs no password, nor does it get anything */
		g_assert_cmpint(rtsp_status(login.rtsp, "GET_PARAMETER", bed->url, session),
				==, 200);
		g_assert_cmpint(rtsp_status(login.rtsp, "TEARDOWN", bed->url, session), ==,
				401);
		g_assert_cmpint(login_ask(&login, "TEARDOWN", bed->url, bed->url, session), ==,
				200);
		login_close(&login);
	}
}

static void test_rights(struct bed *bed, gconstpointer unused)
{
	static const struct {
		const char *user, *password, *path;
		gint status;
	} rows[] = {
		{ "alice", "wonder land", "cam", 200 },
		{ "bob", "builder", "cam", 200 },
		{ "carol", "singer", "cam", 403 },
		/* without a list it is for all users */
		{ "carol", "singer", "other", 503 },
		{ "carol", "singer", "open", 503 },
	};
	struct rtsp *rtsp = rtsp_connect(bed->port);
	g_autofree char *other = g_strdup_printf("rtsp://" RELAY_HOST ":%u/other", bed->port);
	g_autofree char *open = g_strdup_printf("rtsp://" RELAY_HOST ":%u/open", bed->port);

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *url = g_strdup_printf("rtsp://" RELAY_HOST ":%u/%s",
						       bed->port, rows[i].path);
		struct login login;

		login_open(&login, bed, rows[i].user, rows[i].password);
		g_assert_cmpint(login_ask(&login, "DESCRIBE", url, url, NULL), ==,
				rows[i].status);
		login_close(&login);
	}
	g_assert_cmpint(rtsp_status(rtsp, "DESCRIBE", other, NULL), ==, 401);
	g_assert_cmpint(rtsp_status(rtsp, "DESCRIBE", open, NULL), ==, 503);
	g_assert_cmpint(rtsp_status(rtsp, "OPTIONS", bed->url, NULL), ==, 200);
	rtsp_close(rtsp);
}

/* What was said on one connection is worth nothing on another. */
static void test_overheard(struct bed *bed, gconstpointer unused)
{
	struct login login, other;
	g_autofree char *headers = NULL;
	GstRTSPMessage *answer;

	login_open(&login, bed, "alice", "wonder land");
	login_open(&other, bed, "alice", "wonder land");
	headers = login_headers(&login, "DESCRIBE", bed->url, NULL);
	g_assert_cmpint(rtsp_status(login.rtsp, "DESCRIBE", bed->url, headers), ==, 200);
	answer = rtsp_ask(other.rtsp, "DESCRIBE", bed->url, headers);
	g_assert_cmpint(answer->type_data.response.code, ==, 401);
	/* who knows the password needs no one to type it again */
	g_assert_true(login_take(&other, answer));
	gst_rtsp_message_free(answer);
	g_assert_cmpint(login_ask(&other, "DESCRIBE", bed->url, bed->url, NULL), ==, 200);
	login_close(&login);
	login_close(&other);
}

static void assert_wrong(struct bed *bed, const char *method, const char *headers)
{
	struct rtsp *rtsp = rtsp_connect(bed->port);
	gint64 start = g_get_monotonic_time();

	g_test_message("%s", headers);
	g_assert_cmpint(rtsp_status(rtsp, method, bed->url, headers), ==, 401);
	g_assert_cmpint(g_get_monotonic_time() - start, >=, LIMIT_AUTH_DELAY_MS * 1000);
	rtsp_close(rtsp);
}

static void test_wrong(struct bed *bed, gconstpointer unused)
{
	struct login login;
	g_autofree char *right = NULL, *unknown = NULL, *password = NULL, *uri = NULL;
	g_autofree char *two = NULL, *longer = NULL, *realm = NULL;

	login_open(&login, bed, "alice", "wonder land");
	right = login_headers(&login, "DESCRIBE", bed->url, NULL);
	two = login_headers(&login, "DESCRIBE", bed->url, right);
	longer = g_strconcat(bed->url, "era", NULL);
	uri = login_headers(&login, "DESCRIBE", longer, NULL);
	login.password = "wonder lane";
	password = login_headers(&login, "DESCRIBE", bed->url, NULL);
	login.user = "wonder land";
	unknown = login_headers(&login, "DESCRIBE", bed->url, NULL);
	login.user = "alice";
	login.password = "wonder land";
	g_free(login.realm);
	login.realm = g_strdup("elsewhere");
	realm = login_headers(&login, "DESCRIBE", bed->url, NULL);

	assert_wrong(bed, "DESCRIBE", password);
	assert_wrong(bed, "DESCRIBE", unknown);
	assert_wrong(bed, "DESCRIBE", uri);
	assert_wrong(bed, "DESCRIBE", two);
	assert_wrong(bed, "DESCRIBE", realm);
	/* the response to one method does not do for another */
	assert_wrong(bed, "SETUP", right);
	login_close(&login);
}

/* A guesser waits for each answer, and not for many; nobody else waits. */
static void test_guesser(struct bed *bed, gconstpointer unused)
{
	struct login login, user;
	gint64 start;

	login_open(&login, bed, "alice", "guess");
	login_open(&user, bed, "alice", "wonder land");
	for (guint i = 1; i <= LIMIT_AUTH_FAILURES; i++) {
		g_autofree char *headers = login_headers(&login, "DESCRIBE", bed->url, NULL);
		g_autofree char *request = NULL;
		GstRTSPMessage *answer, *next;

		request = g_strdup_printf("DESCRIBE %s RTSP/1.0\r\nCSeq: 1\r\n%s\r\n"
					  "OPTIONS * RTSP/1.0\r\nCSeq: 2\r\n\r\n", bed->url,
					  headers);
		start = g_get_monotonic_time();
		g_assert_true(rtsp_write(login.rtsp, request, strlen(request)));
		g_assert_cmpint(login_ask(&user, "DESCRIBE", bed->url, bed->url, NULL), ==, 200);
		g_assert_cmpint(g_get_monotonic_time() - start, <, LIMIT_AUTH_DELAY_MS * 500);
		answer = rtsp_read(login.rtsp);
		g_assert_cmpint(answer->type_data.response.code, ==, 401);
		g_assert_cmpint(g_get_monotonic_time() - start, >=, LIMIT_AUTH_DELAY_MS * 1000);
		gst_rtsp_message_free(answer);
		next = rtsp_read(login.rtsp);
		g_assert_cmpint(next != NULL, ==, i < LIMIT_AUTH_FAILURES);
		if (next)
			gst_rtsp_message_free(next);
	}
	login_close(&login);
	login_close(&user);
}

/* Basic gives the password away: not in clear, where it is as if nothing were sent. */
static void test_basic_in_clear(struct bed *bed, gconstpointer unused)
{
	g_autofree char *pair = g_base64_encode((const guint8 *)"alice:wonder land", 17);
	g_autofree char *headers = g_strdup_printf("Authorization: Basic %s\r\n", pair);
	struct rtsp *rtsp = rtsp_connect(bed->port);

	for (guint i = 0; i <= LIMIT_AUTH_FAILURES; i++)
		g_assert_cmpint(rtsp_status(rtsp, "DESCRIBE", bed->url, headers), ==, 401);
	rtsp_close(rtsp);
}

/* Not one word of what proves who somebody is goes to the log or the counters. */
static void test_log(struct bed *bed, gconstpointer unused)
{
	g_autofree char *line = NULL, *log = NULL, *headers = NULL, *file = NULL;
	g_autofree char *arguments = NULL, *request = NULL;
	g_autofree char *track = g_strconcat(bed->url, "/track0", NULL);
	g_autoptr(GDataInputStream) lines = g_data_input_stream_new(
				g_subprocess_get_stdout_pipe(bed->daemon));
	const char *const texts[] = { "wonder", "builder", "response", "nonce", "wrongword" };
	struct login login;
	gsize len;

	login_open(&login, bed, "alice", "wonder land");
	/* there are counters only of what is pulled */
	g_assert_cmpint(login_ask(&login, "SETUP", track, bed->url,
				  "Transport: RTP/AVP;unicast;client_port=5000-5001\r\n"), ==,
			200);
	/* the password where the name should be */
	login.user = "wrongword";
	g_assert_cmpint(login_ask(&login, "DESCRIBE", bed->url, bed->url, NULL), ==, 401);
	login.user = "alice";
	login.password = "wrongword";
	g_assert_cmpint(login_ask(&login, "DESCRIBE", bed->url, bed->url, NULL), ==, 401);
	/* and a request that is none, with everything in it */
	headers = login_headers(&login, "DESCRIBE", bed->url, "wonder land\r\n\r\n");
	request = g_strconcat("DESCRIBE * RTSP/1.0\r\n", headers, NULL);
	g_assert_true(rtsp_write(login.rtsp, request, strlen(request)));
	g_assert_true(rtsp_is_closed(login.rtsp, 1000));

	g_subprocess_send_signal(bed->daemon, SIGUSR1);
	line = g_data_input_stream_read_line(lines, NULL, NULL, NULL);
	g_assert_true(g_file_get_contents(bed->log, &log, NULL, NULL));
	file = g_strdup_printf("/proc/%s/cmdline", g_subprocess_get_identifier(bed->daemon));
	g_assert_true(g_file_get_contents(file, &arguments, &len, NULL));
	for (gsize i = 0; i < len; i++)
		arguments[i] = arguments[i] ? arguments[i] : ' ';
	g_assert_nonnull(strstr(log, "viewer-denied: path=/cam viewer=" VIEWER_HOST
				" user=alice"));
	g_assert_nonnull(strstr(log, " user=none"));
	for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_assert_null(strstr(log, texts[i]));
		g_assert_null(strstr(line, texts[i]));
		g_assert_null(strstr(arguments, texts[i]));
	}
	login_close(&login);
}

#define ADD(name, func) \
	g_test_add("/auth/" name, struct bed, &wish, bed_set_up, func, bed_tear_down)

int main(int argc, char **argv)
{
	/* the daemon refuses a file with passwords that everybody may read */
	umask(0027);
	g_test_init(&argc, &argv, NULL);
	ADD("complaint-8-challenge", test_challenge);
	ADD("all-methods", test_all_methods);
	ADD("rights", test_rights);
	ADD("overheard", test_overheard);
	ADD("wrong", test_wrong);
	ADD("guesser", test_guesser);
	ADD("basic-in-clear", test_basic_in_clear);
	ADD("log", test_log);
	return g_test_run();
}
