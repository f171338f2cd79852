// SPDX-License-Identifier: GPL-2.0
/*
 * ATTACH needs CAP_NET_ADMIN, everything after it the descriptor only. And what
 * the administrator sets.
 */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/stat.h>

#include "fanout_lib.h"
#include "kselftest_harness.h"

FIXTURE(permission)
{
	struct fo_relay relay;
	struct rtp_fanout_dest dest;
	struct rtp_fanout_info info;
};

FIXTURE_SETUP(permission)
{
	fo_open(&self->relay, FO_IPV4);
	fo_viewer(&self->relay, 0, &self->dest);
}

FIXTURE_TEARDOWN(permission)
{
}

static void become_nobody(void)
{
	if (setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534))
		fo_fatal("setresuid");
}

/* Every operation but ATTACH. */
static void all_but_attach(struct __test_metadata *_metadata,
			   struct _test_data_permission *self, int fd)
{
	struct rtp_fanout_dest_info found;
	struct rtp_fanout_event event;
	struct rtp_fanout_layer layer;
	int viewer;

	viewer = fo_udp(AF_INET, FO_HOST_VIEWER, FO_VIEWER_PORT);
	ASSERT_EQ(0, fo_add(fd, &self->dest, 1));
	fo_send(&self->relay, 1);
	EXPECT_EQ(1, fo_recv_seq(viewer));
	EXPECT_EQ(0, fo_set(fd, RTP_FANOUT_SET,
			    RTP_FANOUT_SET_COOKIE | RTP_FANOUT_SET_CAP,
			    &self->dest, 1, sizeof(self->dest)));
	EXPECT_EQ(1, fo_get(fd, RTP_FANOUT_LAYERS, &layer, 1, sizeof(layer),
			    NULL));
	EXPECT_EQ(0, fo_find(fd, &self->dest, &found));
	EXPECT_LE(0, fo_events(fd, &event, 1));
	EXPECT_EQ(0, fo_info(fd, &self->info));
	EXPECT_EQ(1, self->info.dests);
	EXPECT_EQ(0, fo_del(fd, &self->dest, 1));
	EXPECT_EQ(0, fo_flush(fd));
	EXPECT_REFUSED(EPERM, fd, fo_attach(fd, &self->relay.cfg));
	EXPECT_EQ(0, fo_detach(fd));
	EXPECT_REFUSED(EPERM, fd, fo_attach(fd, &self->relay.cfg));
}

TEST_F(permission, without_capability)
{
	fo_drop_net_admin();
	EXPECT_REFUSED(EPERM, self->relay.fd,
		       fo_attach(self->relay.fd, &self->relay.cfg));
	/* nothing is told about the rest of the call */
	self->relay.cfg.pace_burst = 1;
	EXPECT_REFUSED(EPERM, self->relay.fd,
		       fo_attach(self->relay.fd, &self->relay.cfg));
}

TEST_F(permission, nobody)
{
	become_nobody();
	EXPECT_REFUSED(EPERM, self->relay.fd,
		       fo_attach(self->relay.fd, &self->relay.cfg));
}

TEST_F(permission, descriptor_is_enough)
{
	ASSERT_EQ(0, fo_attach(self->relay.fd, &self->relay.cfg));
	fo_drop_net_admin();
	all_but_attach(_metadata, self, self->relay.fd);
}

/* A helper attaches and hands over: how a daemon without privileges works. */
TEST_F(permission, descriptor_over_socket)
{
	char control[CMSG_SPACE(sizeof(int))] = {}, byte = 0;
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);
	int pair[2], status, fd;
	pid_t helper;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	helper = fork();
	ASSERT_LE(0, helper);
	if (!helper) {
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(cmsg), &self->relay.fd, sizeof(int));
		_exit(fo_attach(self->relay.fd, &self->relay.cfg) ||
		      sendmsg(pair[0], &msg, 0) != 1);
	}
	close(self->relay.fd);
	become_nobody();
	ASSERT_EQ(1, recvmsg(pair[1], &msg, 0));
	cmsg = CMSG_FIRSTHDR(&msg);
	ASSERT_NE(NULL, cmsg);
	memcpy(&fd, CMSG_DATA(cmsg), sizeof(fd));
	ASSERT_EQ(helper, waitpid(helper, &status, 0));
	ASSERT_EQ(0, status);
	all_but_attach(_metadata, self, fd);
}

/* Attach in a user namespace, to a socket of its own network or of ours. */
static int attach_in_userns(struct _test_data_permission *self, bool own_netns)
{
	int status, ret;
	pid_t child;

	child = fork();
	if (child < 0)
		fo_fatal("fork");
	if (!child) {
		if (unshare(CLONE_NEWUSER))
			_exit(255);
		if (own_netns) {
			fo_netns();
			close(self->relay.fd);
			close(self->relay.source);
			fo_open(&self->relay, FO_IPV4);
		}
		ret = fo_attach(self->relay.fd, &self->relay.cfg);
		if (!ret)
			ret = fo_add(self->relay.fd, &self->dest, 1);
		_exit(-ret);
	}
	if (waitpid(child, &status, 0) != child || !WIFEXITED(status))
		fo_fatal("waitpid");
	return WEXITSTATUS(status);
}

TEST_F(permission, user_namespace)
{
	int ret;

	ret = attach_in_userns(self, true);
	if (ret == 255)
		SKIP(return, "no user namespaces");
	EXPECT_EQ(EPERM, ret);
	EXPECT_EQ(EPERM, attach_in_userns(self, false));

	/* the administrator lets containers attach their own sockets */
	fo_sysctl("userns_attach", "1");
	EXPECT_EQ(0, attach_in_userns(self, true));
	EXPECT_EQ(EPERM, attach_in_userns(self, false));
	fo_sysctl("userns_attach", "0");
	EXPECT_EQ(EPERM, attach_in_userns(self, true));
}

static int read_sysctl(const char *name)
{
	int fd = fo_sysctl_open(name, O_RDONLY);
	char buf[32] = "";

	if (fd < 0 || read(fd, buf, sizeof(buf) - 1) <= 0)
		fo_fatal(name);
	close(fd);
	return atoi(buf);
}

static int write_sysctl(const char *name, const char *value)
{
	int fd = fo_sysctl_open(name, O_WRONLY), ret = 0;

	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		ret = -errno;
	if (fd >= 0)
		close(fd);
	return ret;
}

/* Safe as it comes; everybody may read, and see what the limits are. */
TEST(sysctl_defaults)
{
	EXPECT_EQ(131072, read_sysctl("max_dests"));
	EXPECT_EQ(0, read_sysctl("userns_attach"));
}

TEST(sysctl_unprivileged)
{
	static const char * const names[] = { "max_dests", "userns_attach" };
	struct stat st;
	char path[64];
	int i, fd;

	for (i = 0; i < 2; i++) {
		fd = fo_sysctl_open(names[i], O_RDONLY);
		ASSERT_LE(0, fd);
		ASSERT_EQ(0, fstat(fd, &st));
		EXPECT_EQ(0644, st.st_mode & 0777);
		close(fd);
		/* they are the host's: a network namespace has none */
		snprintf(path, sizeof(path), "/proc/sys/net/rtp_fanout/%s",
			 names[i]);
		EXPECT_EQ(-1, access(path, F_OK));
	}
}

TEST(sysctl_range)
{
	EXPECT_EQ(-EINVAL, write_sysctl("max_dests", "0"));
	EXPECT_EQ(-EINVAL, write_sysctl("max_dests", "-1"));
	EXPECT_EQ(-EINVAL, write_sysctl("max_dests", "16777217"));
	EXPECT_EQ(-EINVAL, write_sysctl("max_dests", "many"));
	EXPECT_EQ(-EINVAL, write_sysctl("userns_attach", "2"));
	EXPECT_EQ(-EINVAL, write_sysctl("userns_attach", "-1"));
	EXPECT_EQ(131072, read_sysctl("max_dests"));
	EXPECT_EQ(0, read_sysctl("userns_attach"));
	EXPECT_EQ(0, write_sysctl("max_dests", "16777216"));
	EXPECT_EQ(16777216, read_sysctl("max_dests"));
	EXPECT_EQ(0, write_sysctl("max_dests", "1"));
	EXPECT_EQ(1, read_sysctl("max_dests"));
	EXPECT_EQ(0, write_sysctl("max_dests", "131072"));
}

int main(int argc, char **argv)
{
	fo_netns();
	return test_harness_run(argc, argv);
}
