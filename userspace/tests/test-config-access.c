// SPDX-License-Identifier: GPL-2.0-or-later
/* Users and their rights in the configuration */
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "config.h"

#define PATH	"[path /a]\nupstream=rtsp://h/s\n"
#define ALICE	"[user alice]\npassword=a b\n"

static const struct {
	const char *text;
	const char *wrong;	/* part of the error, NULL when it is right */
} cases[] = {
	{ ALICE PATH, NULL },
	{ PATH ALICE, NULL },
	{ ALICE "[user b@example.org]\npassword=x\n" PATH "users=alice;b@example.org\n", NULL },
	{ PATH "users=*\n", NULL },
	{ ALICE PATH "users=alice;*\n", NULL },
	{ PATH "users=alice\n", "[path /a] users: one of them has no [user] group" },
	{ ALICE PATH "users=\n", "[path /a] users: not a list" },
	{ ALICE PATH "users=;\n", "[path /a] users" },
	{ "[user alice]\n" PATH, "[user alice] password: there must be either" },
	{ ALICE "password-file=/dev/null\n" PATH, "[user alice] password: there must be either" },
	{ "[user alice]\npassword=\n" PATH, "[user alice] password: empty" },
	{ "[user alice]\npasword=x\n" PATH, "[user alice] pasword: no such key" },
	{ "[user alice]\npassword-file=/nonexistent\n" PATH,
	  "[user alice] password-file: No such file or directory" },
	{ PATH "user=me\npassword-file=/nonexistent\n",
	  "[path /a] password-file: No such file or directory" },
	{ PATH "user=me\npassword-file=/proc\n", "[path /a] password-file: " },
	{ "[user alice ]\npassword=x\n" PATH, "[user alice ] name" },
	{ "[user a b]\npassword=x\n" PATH, "name: not 1 to 64" },
	{ "[user a:b]\npassword=x\n" PATH, "name: not 1 to 64" },
	{ "[user a\"b]\npassword=x\n" PATH, "name: not 1 to 64" },
	{ "[user *]\npassword=x\n" PATH, "name: not 1 to 64" },
	{ "[user ]\npassword=x\n" PATH, "name: not 1 to 64" },
	{ "[user 0123456789012345678901234567890123456789012345678901234567890123]\n"
	  "password=x\n" PATH, NULL },
	{ "[user 01234567890123456789012345678901234567890123456789012345678901234]\n"
	  "password=x\n" PATH, "name: not 1 to 64" },
};

struct files {
	char *dir;
	char *config;
	char *password;
};

static void set_up(struct files *files, gconstpointer unused)
{
	files->dir = g_dir_make_tmp("config-XXXXXX", NULL);
	files->config = g_build_filename(files->dir, "conf", NULL);
	files->password = g_build_filename(files->dir, "password", NULL);
}

static void tear_down(struct files *files, gconstpointer unused)
{
	g_unlink(files->config);
	g_unlink(files->password);
	g_rmdir(files->dir);
	g_free(files->config);
	g_free(files->password);
	g_free(files->dir);
}

static struct config *load(struct files *files, const char *text, int mode, GError **error)
{
	g_assert_true(g_file_set_contents_full(files->config, text, -1,
					       G_FILE_SET_CONTENTS_CONSISTENT, mode, NULL));
	return config_load(files->config, error);
}

static void test_cases(struct files *files, gconstpointer unused)
{
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		struct config *config = load(files, cases[i].text, 0640, &error);

		g_test_message("%s", error ? error->message : "right");
		g_assert_cmpint(config != NULL, ==, !cases[i].wrong);
		if (cases[i].wrong)
			g_assert_nonnull(strstr(error->message, cases[i].wrong));
		config_free(config);
	}
}

/* A file with a password that others may read is refused, and only then. */
static void test_private(struct files *files, gconstpointer unused)
{
	g_autofree char *text = g_strdup_printf("[user alice]\npassword-file=%s\n" PATH,
						files->password);
	g_autoptr(GError) error = NULL, error_there = NULL;
	struct config *config;

	/* what is created gets the mode asked for */
	umask(0);
	g_assert_null(load(files, ALICE PATH, 0644, &error));
	g_assert_nonnull(strstr(error->message, "chmod"));
	g_assert_null(strstr(error->message, "a b"));

	g_assert_true(g_file_set_contents_full(files->password, "se cret\r\nmore\n", -1,
					       G_FILE_SET_CONTENTS_CONSISTENT, 0604, NULL));
	g_assert_null(load(files, text, 0644, &error_there));
	g_assert_nonnull(strstr(error_there->message, "password-file: everybody may read"));
	g_assert_cmpint(g_chmod(files->password, 0600), ==, 0);
	config = load(files, text, 0644, NULL);
	g_assert_nonnull(config);
	g_assert_true(users_check(config->users, "alice", "se cret"));
	g_assert_false(users_check(config->users, "alice", "se cre"));
	g_assert_false(users_check(config->users, "bob", "se cret"));
	g_assert_false(users_check(config->users, "bob", ""));
	config_free(config);
}

#define ADD(name, func) \
	g_test_add("/config-access/" name, struct files, NULL, set_up, func, tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("cases", test_cases);
	ADD("private", test_private);
	return g_test_run();
}
