// SPDX-License-Identifier: GPL-2.0-or-later
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "config.h"

#define X	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define PATH	"[path /a]\nupstream=rtsp://h/s\n"

static const struct {
	const char *text;
	const char *wrong;	/* part of the error, NULL when it is right */
} cases[] = {
	{ PATH, NULL },
	{ "[server]\nlisten=0.0.0.0:1\ntimeout=1\n" PATH "tee=true\n", NULL },
	{ "[server]\nlisten=[::1]:8554\n" PATH "[path /b/c]\nupstream=rtsp://[::1]:1/x\n", NULL },
	{ "", "no path" },
	{ "garbage", "Key file" },
	{ "[server]\n", "no path" },
	{ "[sever]\n" PATH, "[sever]: no such group" },
	{ "[server]\nlisten=nonsense\n" PATH, "[server] listen" },
	{ "[server]\nlisten=example.org:1\n" PATH, "[server] listen" },
	{ "[server]\ntimeout=0\n" PATH, "[server] timeout" },
	{ "[server]\ntimeout=3601\n" PATH, "[server] timeout" },
	{ "[server]\ntimeout=x\n" PATH, "[server] timeout" },
	{ "[server]\nuser=root\nbackend=kernel\n" PATH, NULL },
	{ "[server]\nuser=nosuchuser\n" PATH, "[server] user: no user nosuchuser: add it" },
	{ "[server]\nbackend=quick\n" PATH, "[server] backend: neither auto, kernel nor" },
	{ "[server]\nhost-limit=0\n" PATH, NULL },
	{ "[server]\nhost-limit=16385\n" PATH, "[server] host-limit: not within 0 to 16384" },
	{ "[server]\nhost-limit=-1\n" PATH, "[server] host-limit: not within" },
	{ "[server]\nrate-limit=10G\n[interface eth0]\nrate-limit=1M\n" PATH
	  "rate-limit=800k\nviewer-rate-limit=1\n", NULL },
	{ "[server]\nrate-limit=0\n" PATH, "[server] rate-limit: not bits a second" },
	{ "[server]\nviewer-rate-limit=1\n" PATH, "[server] viewer-rate-limit: no such key" },
	{ "[interface eth0]\nrate-limit=1m\n" PATH, "[interface eth0] rate-limit: not bits" },
	{ "[interface eth0]\nlimit=1M\n" PATH, "[interface eth0] limit: no such key" },
	{ "[interface ]\nrate-limit=1M\n" PATH, "not that of an interface" },
	{ "[interface " X "]\n" PATH, "name: not that of an interface" },
	{ "[server]\nrate-limit=1\\qM\n" PATH, "[server] rate-limit: not UTF-8, or a" },
	{ "[server]\nrate-limit=1M\xff\n" PATH, "[server] rate-limit: not UTF-8, or a" },
	{ "[interface eth0]\nrate-limit=\\;\n" PATH, "[interface eth0] rate-limit: not UTF-8" },
	{ PATH "viewer-rate-limit=\\q\n", "[path /a] viewer-rate-limit: not UTF-8, or a" },
	{ PATH "adapt=none\\\n", "[path /a] adapt: not UTF-8, or a backslash" },
	{ PATH "transport=\xfe\n", "[path /a] transport: not UTF-8, or a backslash" },
	{ PATH "user=u\npassword=p\\q\n", "[path /a] password: not UTF-8, or a" },
	{ "[user u]\npassword=\xff\n" PATH, "[user u] password: not UTF-8, or a backslash" },
	{ "[http]\nlisten=\xff\n" PATH, "[http] listen: not UTF-8, or a backslash" },
	{ PATH "rtp-profile=avpf\n", NULL },
	{ PATH "rtp-profile=savpf\n", "[path /a] rtp-profile: not one of avp, avpf" },
	{ PATH "rate-limit=1001G\n", "[path /a] rate-limit: not bits a second" },
	{ PATH "viewer-rate-limit=-1M\n", "[path /a] viewer-rate-limit: not bits" },
	{ "[server]\nlisten-tls=[::]\n" PATH, "[server] certificate: missing" },
	{ "[server]\nlisten-tls=x\n" PATH, "[server] listen-tls: not an address" },
	{ "[server]\nlisten-tls=[::]\ncertificate=/dev/null\n" PATH, "[server] certificate:" },
	{ "[server]\nlisten-tls=[::]\ncertificate=/nonexistent\n" PATH, "[server] certificate:" },
	{ "[server]\nlisten-tls=[::]\nudp-with-tls=x\n" PATH, "[server] udp-with-tls: neither" },
	{ "[server]\ncertificate=/x\n" PATH, "[server] certificate: without listen-tls" },
	{ "[server]\nkey=/x\n" PATH, "[server] key: without listen-tls" },
	{ "[server]\nudp-with-tls=true\n" PATH, "[server] udp-with-tls: without" },
	{ "[http]\n[control]\nsocket=\n" PATH, NULL },
	{ "[http]\nlisten=[::1]\n[control]\nsocket=/run/x/y\n" PATH, NULL },
	{ "[http]\nlisten=localhost:1\n" PATH, "[http] listen: not an address" },
	{ "[http]\nport=1\n" PATH, "[http] port: no such key" },
	{ "[control]\nsocket=x\n" PATH, "[control] socket: not an absolute path" },
	{ "[control]\nsocket=/" X "/" X "/" X "\n" PATH, "[control] socket: not an absolute" },
	{ "[control]\npath=/x\n" PATH, "[control] path: no such key" },
	{ "[server]\nlissten=x\n" PATH, "[server] lissten: no such key" },
	{ PATH "teee=true\n", "[path /a] teee: no such key" },
	{ PATH "tee=perhaps\n", "[path /a] tee" },
	{ "[path /a]\ntee=true\n", "[path /a] upstream: missing" },
	{ "[path /a]\nupstream=http://h/s\n", "[path /a] upstream: not an rtsp" },
	{ "[path /a]\nupstream=rtsp://\n", "[path /a] upstream: not an rtsp" },
	{ "[path /a]\nupstream=rtsp://u:p@h/s\n", "user and password" },
	{ "[path /a]\nupstream=rtsps://h/s\ntls-verify=false\n", NULL },
	{ PATH "transport=tcp\npull=always\nreconnect=0\nsilence=0\nkey-frames=fir\n"
	  "user=u\npassword=p\n", NULL },
	{ PATH "transport=both\n", "[path /a] transport: not one of auto, udp, tcp" },
	{ PATH "pull=never\n", "[path /a] pull: not one of demand, always" },
	{ PATH "key-frames=yes\n", "[path /a] key-frames: not one of" },
	{ PATH "reconnect=3601\n", "[path /a] reconnect: not within" },
	{ PATH "silence=-1\n", "[path /a] silence: not within" },
	{ PATH "pace=101\n", "[path /a] pace: not within 0 to 100" },
	{ PATH "pace=-1\n", "[path /a] pace: not within 0 to 100" },
	{ PATH "pace=fast\n", "[path /a] pace: not within 0 to 100" },
	{ PATH "pace=80 per cent\n", "[path /a] pace: not within 0 to 100" },
	{ PATH "pace=80\n", NULL },
	{ PATH "pace=80 \n", NULL },
	{ PATH "user=u\n", "[path /a] user: without a password" },
	{ PATH "password=p\n", "[path /a] password: without a user" },
	{ PATH "user=u\npassword=p\npassword-file=/dev/null\n", "password-file, too" },
	{ PATH "user=u\npassword-file=/nonexistent/x\n", "[path /a] password-file:" },
	{ PATH "tls-ca=/nonexistent/x\n", "[path /a] tls-ca: no such file" },
	{ PATH "tls-verify=perhaps\n", "[path /a] tls-verify: neither" },
	{ "[path /a]\nupstream=rtsps://h/s\ntransport=udp\n", "comes over TCP" },
	{ "[path a]\nupstream=rtsp://h/s\n", "name" },
	{ "[path /]\nupstream=rtsp://h/s\n", "name" },
	{ "[path /a/]\nupstream=rtsp://h/s\n", "name" },
	{ "[path /a/../b]\nupstream=rtsp://h/s\n", "name" },
	{ "[path /a?b]\nupstream=rtsp://h/s\n", "name" },
};

static void test_cases(void)
{
	g_autofree char *dir = g_dir_make_tmp("config-XXXXXX", NULL);
	g_autofree char *file = g_build_filename(dir, "conf", NULL);

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		struct config *config;

		g_assert_true(g_file_set_contents(file, cases[i].text, -1, NULL));
		config = config_load(file, &error);
		g_test_message("%s", error ? error->message : "right");
		g_assert_cmpint(config != NULL, ==, !cases[i].wrong);
		if (cases[i].wrong) {
			g_assert_nonnull(strstr(error->message, cases[i].wrong));
			g_assert_true(g_str_has_prefix(error->message, file));
		}
		config_free(config);
	}
	g_unlink(file);
	g_rmdir(dir);
}

static void test_values(void)
{
	g_autofree char *dir = g_dir_make_tmp("config-XXXXXX", NULL);
	g_autofree char *file = g_build_filename(dir, "conf", NULL);
	const struct config_path *path;
	struct config *config;

	g_assert_true(g_file_set_contents(file, PATH "[path /b]\ntee=true\n"
					  "upstream=rtsp://10.0.0.1:99/x\n", -1, NULL));
	config = config_load(file, NULL);
	g_assert_cmpuint(config->timeout_s, ==, 60);
	g_assert_cmpuint(g_inet_socket_address_get_port(
				G_INET_SOCKET_ADDRESS(config->listen)), ==, 8554);
	g_assert_cmpuint(config->paths->len, ==, 2);
	path = g_ptr_array_index(config->paths, 0);
	g_assert_cmpstr(path->name, ==, "/a");
	g_assert_cmpstr(path->upstream->host, ==, "h");
	g_assert_cmpuint(path->upstream->port, ==, 554);
	g_assert_false(path->tee);
	path = g_ptr_array_index(config->paths, 1);
	g_assert_cmpstr(path->upstream->host, ==, "10.0.0.1");
	g_assert_cmpuint(path->upstream->port, ==, 99);
	g_assert_true(path->tee);
	config_free(config);
	g_unlink(file);
	g_rmdir(dir);
}

/* A file's first line is a password, and none of it gets into an error. */
static void test_password_file(void)
{
	g_autofree char *dir = g_dir_make_tmp("config-XXXXXX", NULL);
	g_autofree char *file = g_build_filename(dir, "conf", NULL);
	g_autofree char *secret = g_build_filename(dir, "secret", NULL);
	g_autofree char *text = g_strdup_printf("[path /a]\nupstream=rtsps://h/s\nuser=u\n"
						"password-file=%s\n", secret);
	const struct config_path *path;
	struct config *config;

	g_assert_true(g_file_set_contents(file, text, -1, NULL));
	g_assert_true(g_file_set_contents(secret, "pass word\r\nnot this\n", -1, NULL));
	config = config_load(file, NULL);
	path = g_ptr_array_index(config->paths, 0);
	g_assert_cmpstr(path->upstream->user, ==, "u");
	g_assert_cmpstr(path->upstream->password, ==, "pass word");
	g_assert_true(path->upstream->tls);
	g_assert_true(path->upstream->tls_verify);
	g_assert_cmpuint(path->upstream->port, ==, 322);
	g_assert_cmpuint(path->upstream->reconnect_s, ==, 40);
	g_assert_cmpuint(path->upstream->silence_s, ==, 10);
	config_free(config);

	for (guint i = 0; i < 2; i++) {
		g_autoptr(GError) error = NULL;

		/* the file with the password, and a configuration that has one */
		g_assert_cmpint(g_chmod(i ? file : secret, 0644), ==, 0);
		if (i)
			g_assert_true(g_file_set_contents(file, PATH "user=u\npassword=p\n",
							  -1, NULL));
		g_assert_cmpint(g_chmod(file, 0644), ==, 0);
		g_assert_null(config_load(file, &error));
		g_assert_nonnull(strstr(error->message, i ? "[path /a] password: everybody" :
					"[path /a] password-file: everybody"));
	}
	g_unlink(file);
	g_unlink(secret);
	g_rmdir(dir);
}

static void test_missing(void)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(config_load("/nonexistent/conf", &error));
	g_assert_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	/* passwords are not for everybody to read */
	umask(0027);
	g_test_add_func("/config/cases", test_cases);
	g_test_add_func("/config/values", test_values);
	g_test_add_func("/config/password-file", test_password_file);
	g_test_add_func("/config/missing", test_missing);
	return g_test_run();
}
