// SPDX-License-Identifier: GPL-2.0-or-later
/* The two forms of the log: lines, and what a journal gets */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "log.h"

#define JOURNAL		"/run/systemd/journal"
#define NO_NAMESPACE	77

static void say_something(void)
{
	log_event("thing-happened", LOG_S("plain-text", "/a:b"), LOG_S("nothing", NULL),
		  LOG_S("text", "two \"words\"\n"), LOG_U("number", G_MAXUINT64));
	log_warn("thing-failed", LOG_S("empty", ""));
}

static void test_lines(void)
{
	if (g_test_subprocess()) {
		say_something();
		return;
	}
	g_test_trap_subprocess(NULL, 0, 0);
	g_test_trap_assert_passed();
	g_test_trap_assert_stderr("thing-happened: plain-text=/a:b nothing=none "
				  "text=\"two \\\"words\\\"\\n\" number=18446744073709551615\n"
				  "thing-failed: empty=\"\"\n");
}

static int journal_socket(int type, const char *name)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, type, 0);

	g_snprintf(sa.sun_path, sizeof(sa.sun_path), JOURNAL "/%s", name);
	if (bind(fd, (struct sockaddr *)&sa, sizeof(sa)))
		g_error("%s: %s", sa.sun_path, g_strerror(errno));
	return fd;
}

/* Exits with what can be read at a journal's socket */
static void pretend_journal(int result)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX, .sun_path = JOURNAL "/stdout" };
	char text[4096];
	int server, journal, client = socket(AF_UNIX, SOCK_STREAM, 0);

	if (unshare(CLONE_NEWNS))
		_exit(NO_NAMESPACE);
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("tmpfs", "/run", "tmpfs", 0, NULL))
		_exit(NO_NAMESPACE);
	g_assert_cmpint(g_mkdir_with_parents(JOURNAL, 0755), ==, 0);
	journal = journal_socket(SOCK_DGRAM, "socket");
	server = journal_socket(SOCK_STREAM, "stdout");
	listen(server, 1);
	g_assert_cmpint(connect(client, (struct sockaddr *)&sa, sizeof(sa)), ==, 0);
	dup2(client, STDERR_FILENO);
	say_something();
	for (guint i = 0; i < 2; i++) {
		gssize len = recv(journal, text, sizeof(text), MSG_DONTWAIT);

		g_assert_cmpint(len, >, 0);
		g_assert_cmpint(write(result, text, len), ==, len);
	}
	_exit(recv(server, text, sizeof(text), MSG_DONTWAIT) > 0);
}

static void test_journal(void)
{
	char text[8192];
	int pair[2], status;
	gsize len = 0;
	gssize n;
	pid_t pid;

	g_assert_cmpint(pipe(pair), ==, 0);
	pid = fork();
	if (!pid)
		pretend_journal(pair[1]);
	close(pair[1]);
	while ((n = read(pair[0], text + len, sizeof(text) - 1 - len)) > 0)
		len += n;
	close(pair[0]);
	waitpid(pid, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == NO_NAMESPACE) {
		g_test_skip("no mount namespace");
		return;
	}
	g_assert_cmpint(status, ==, 0);
	/* what has a line end in it comes with its length, not as a line */
	for (gsize i = 0; i < len; i++)
		if (!text[i])
			text[i] = '.';
	text[len] = '\0';
	g_test_message("%s", text);
	g_assert_nonnull(strstr(text, "MESSAGE=thing-happened: plain-text=/a:b nothing=none "));
	g_assert_nonnull(strstr(text, "\nPRIORITY=6\n"));
	g_assert_nonnull(strstr(text, "\nSYSLOG_IDENTIFIER=rtprelayd\n"));
	g_assert_nonnull(strstr(text, "\nRTPRELAYD_EVENT=thing-happened\n"));
	g_assert_nonnull(strstr(text, "\nRTPRELAYD_PLAIN_TEXT=/a:b\n"));
	g_assert_nonnull(strstr(text, "\nRTPRELAYD_NUMBER=18446744073709551615\n"));
	g_assert_nonnull(strstr(text, "\nRTPRELAYD_TEXT\n\014.......two \"words\"\n\n"));
	g_assert_nonnull(strstr(text, "\nPRIORITY=4\n"));
	g_assert_nonnull(strstr(text, "\nRTPRELAYD_EVENT=thing-failed\n"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/log/lines", test_lines);
	g_test_add_func("/log/journal", test_journal);
	return g_test_run();
}
