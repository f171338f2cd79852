// SPDX-License-Identifier: GPL-2.0-or-later
#include "helper.h"

#include <errno.h>
#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fanout.h"
#include "helper_serve.h"
#include "limit.h"

/**
 * @fd: our end, -1 without a helper
 * @pid: the helper, 0 without one
 * @watch: wakes when it ends
 * @lost: it ended by itself
 * @ended: see helper_watch()
 * @user_data: for @ended
 */
static struct {
	int fd;
	pid_t pid;
	guint watch;
	gboolean lost;
	helper_ended ended;
	gpointer user_data;
} helper = { .fd = -1 };

void helper_stop(void)
{
	if (!helper.pid)
		return;
	g_clear_handle_id(&helper.watch, g_source_remove);
	close(helper.fd);
	waitpid(helper.pid, NULL, 0);
	helper.fd = -1;
	helper.pid = 0;
}

static void helper_lost(const char *reason)
{
	/* it may hang: then it would not see the end of the connection */
	kill(helper.pid, SIGKILL);
	helper_stop();
	helper.lost = TRUE;
	if (helper.ended)
		helper.ended(reason, helper.user_data);
}

/* Return: 0 or what is wrong with the helper. */
static int helper_receive(struct helper_answer *answer)
{
	gssize len;

	/* with a timeout, a signal ends the call whatever its handler was set to do */
	do
		len = recv(helper.fd, answer, sizeof(*answer), 0);
	while (len < 0 && errno == EINTR);
	if (len == sizeof(*answer))
		return 0;
	return len < 0 ? errno : ECONNRESET;
}

/* Return: 0 or an errno value; when the helper is at fault there is none any more. */
static int helper_ask(int fd, enum helper_op op, const struct rtp_fanout_config *config)
{
	struct helper_request request = { .op = op };
	struct iovec iov = { &request, sizeof(request) };
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {
		.header = {
			.cmsg_level = SOL_SOCKET,
			.cmsg_type = SCM_RIGHTS,
			.cmsg_len = CMSG_LEN(sizeof(int)),
		},
	};
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	struct helper_answer answer;
	int err;

	if (helper.fd < 0)
		return EPERM;
	if (config)
		request.config = *config;
	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	err = sendmsg(helper.fd, &msg, MSG_NOSIGNAL) < 0 ? errno :
	      helper_receive(&answer);
	if (!err)
		return answer.err;
	helper_lost(g_strerror(err));
	return EPERM;
}

int helper_force_buffers(int fd)
{
	return helper_ask(fd, HELPER_BUFFERS, NULL);
}

static int helper_set_config(int fd, enum rtp_fanout_op op,
			     const struct rtp_fanout_config *config)
{
	return helper_ask(fd, op == RTP_FANOUT_ATTACH ? HELPER_ATTACH : HELPER_CONFIG, config);
}

static int helper_fork(const struct privileges_user *user)
{
	int pair[2], err = 0;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return errno;
	pid = fork();
	if (pid == 0)
		helper_serve(pair[1], user);
	if (pid < 0)
		err = errno;
	close(pair[1]);
	if (err) {
		close(pair[0]);
	} else {
		helper.fd = pair[0];
		helper.pid = pid;
	}
	return err;
}

gboolean helper_start(const struct privileges_user *user, GError **error)
{
	const struct timeval timeout = { .tv_sec = LIMIT_HELPER_S };
	struct helper_answer answer;
	int err;

	if (!privileges_has_net_admin()) {
		g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED,
				    "CAP_NET_ADMIN is missing");
		return FALSE;
	}
	err = helper_fork(user);
	if (!err) {
		setsockopt(helper.fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
		err = helper_receive(&answer);
		if (!err)
			err = answer.err;
		if (!err) {
			fanout_set_privileged(helper_set_config);
			return TRUE;
		}
		kill(helper.pid, SIGKILL);
		helper_stop();
	}
	g_set_error(error, G_IO_ERROR, g_io_error_from_errno(err),
		    "the helper cannot be started: %s", g_strerror(err));
	return FALSE;
}

static gboolean helper_hung_up(gint fd, GIOCondition condition, gpointer unused)
{
	helper.watch = 0;
	helper_lost("it has ended");
	return G_SOURCE_REMOVE;
}

void helper_watch(helper_ended func, gpointer user_data)
{
	helper.ended = func;
	helper.user_data = user_data;
	if (helper.pid)
		helper.watch = g_unix_fd_add(helper.fd, G_IO_HUP, helper_hung_up, NULL);
}

pid_t helper_pid(void)
{
	return helper.pid;
}

const char *helper_state(void)
{
	if (helper.pid)
		return "running";
	return helper.lost ? "lost" : "none";
}
