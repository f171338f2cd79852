// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What runs here holds CAP_NET_ADMIN and believes nothing: a request has one
 * size, its socket is looked at, and the system calls are these few.
 */
#include "helper_serve.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <seccomp.h>
#include <signal.h>
#include <so_rtp_fanout.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fanout.h"
#include "udp.h"

/* The helper's only descriptor, after those that stand for nothing */
#define HELPER_FD	3

/* An int that a system call takes: what is above its 32 bits is not looked at */
#define HELPER_ARG(n, value) \
	SCMP_CMP((n), SCMP_CMP_MASKED_EQ, 0xffffffff, (guint32)(value))

static int helper_confine(void)
{
	static const int calls[] = {
		SCMP_SYS(recvmsg), SCMP_SYS(sendmsg), SCMP_SYS(close), SCMP_SYS(exit_group),
	};
	static const struct {
		int call;
		int option;
	} options[] = {
		{ SCMP_SYS(getsockopt), SO_DOMAIN },
		{ SCMP_SYS(getsockopt), SO_PROTOCOL },
		{ SCMP_SYS(setsockopt), SO_RCVBUFFORCE },
		{ SCMP_SYS(setsockopt), SO_SNDBUFFORCE },
		{ SCMP_SYS(setsockopt), SO_RTP_FANOUT },
	};
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int err = filter ? 0 : -EOPNOTSUPP;

	for (guint i = 0; !err && i < G_N_ELEMENTS(calls); i++)
		err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
	for (guint i = 0; !err && i < G_N_ELEMENTS(options); i++)
		err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, options[i].call, 2,
				       HELPER_ARG(1, SOL_SOCKET),
				       HELPER_ARG(2, options[i].option));
	if (!err)
		err = seccomp_load(filter);
	seccomp_release(filter);
	return -err;
}

/* It keeps nothing open but @fd, which becomes HELPER_FD. */
static int helper_close_all(int fd)
{
	int null = open("/dev/null", O_RDWR);

	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0 ||
	    dup2(fd, HELPER_FD) < 0 || close_range(HELPER_FD + 1, ~0U, 0))
		return errno;
	return 0;
}

static int helper_set_up(int fd, const struct privileges_user *user)
{
	pid_t daemon = getppid();
	int err = helper_close_all(fd);
	sigset_t all;

	/* What the terminal or the service manager sends is for the daemon. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	prctl(PR_SET_NAME, "rtprelayd-admin");
	if (!err)
		err = privileges_reduce(user, PRIVILEGES_NET_ADMIN);
	/* after that, since a change of user undoes both */
	if (!err && (prctl(PR_SET_DUMPABLE, 0) || prctl(PR_SET_PDEATHSIG, SIGKILL)))
		err = errno;
	if (!err && getppid() != daemon)
		err = ESRCH;
	return err ? err : helper_confine();
}

static gboolean helper_is_udp(int fd)
{
	int domain = 0, protocol = 0;
	socklen_t len = sizeof(int);

	return !getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) &&
	       !getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &len) &&
	       (domain == AF_INET || domain == AF_INET6) && protocol == IPPROTO_UDP;
}

static int helper_force_buffers(int fd)
{
	int bytes = UDP_BUFFER;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)))
		return errno;
	return 0;
}

static int helper_do(int fd, const struct helper_request *request)
{
	if (!helper_is_udp(fd))
		return ENOTSOCK;
	if (request->config.bpf_fd)
		return EINVAL;
	switch (request->op) {
	case HELPER_BUFFERS:
		return helper_force_buffers(fd);
	case HELPER_ATTACH:
		return fanout_set_config(fd, RTP_FANOUT_ATTACH, &request->config);
	case HELPER_CONFIG:
		return fanout_set_config(fd, RTP_FANOUT_CONFIG, &request->config);
	}
	return EINVAL;
}

/* What sanitizers put in the place of _exit() makes other calls first. */
static G_NORETURN void helper_exit(int status)
{
	for (;;)
		syscall(SYS_exit_group, status);
}

static void helper_answer(int err)
{
	struct helper_answer answer = { .err = err };
	struct iovec iov = { &answer, sizeof(answer) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (sendmsg(HELPER_FD, &msg, MSG_NOSIGNAL) != sizeof(answer))
		helper_exit(EXIT_FAILURE);
}

/* The descriptor that came, or -1; there is room for one, and for no more. */
static int helper_take_fd(struct msghdr *msg)
{
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(msg);

	if (cmsg && cmsg->cmsg_level == SOL_SOCKET && cmsg->cmsg_type == SCM_RIGHTS &&
	    cmsg->cmsg_len == CMSG_LEN(sizeof(int)))
		return *(int *)CMSG_DATA(cmsg);
	return -1;
}

static void helper_next(void)
{
	struct helper_request request;
	struct iovec iov = { &request, sizeof(request) };
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = CMSG_LEN(sizeof(int)),
	};
	gssize len = recvmsg(HELPER_FD, &msg, MSG_CMSG_CLOEXEC);
	int fd, err;

	if (len <= 0)
		helper_exit(len ? EXIT_FAILURE : EXIT_SUCCESS);
	fd = helper_take_fd(&msg);
	if (len != sizeof(request) || fd < 0 || msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC))
		err = EBADMSG;
	else
		err = helper_do(fd, &request);
	/* before the answer, so that whoever has it knows that only he holds it */
	if (fd >= 0)
		close(fd);
	helper_answer(err);
}

void helper_serve(int fd, const struct privileges_user *user)
{
	int err = helper_set_up(fd, user);

	helper_answer(err);
	if (err)
		helper_exit(EXIT_FAILURE);
	for (;;)
		helper_next();
}
