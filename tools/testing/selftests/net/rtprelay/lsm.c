// SPDX-License-Identifier: GPL-2.0
/*
 * Security modules decide about the stream as about any datagram. Smack is the
 * one whose decisions a test can set; boot with lsm=smack to run this.
 */
#include <sched.h>
#include <sys/mount.h>

#include "fanout_lib.h"
#include "kselftest_harness.h"

FIXTURE(lsm)
{
	struct fo_relay relay;
	struct rtp_fanout_info info;
	char mnt[32];
};

static void smack(struct _test_data_lsm *self, const char *file, const char *line)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/%s", self->mnt, file);
	fo_write(path, line);
}

/* The relay's socket has the label Relay, all else the floor's, "_". */
FIXTURE_SETUP(lsm)
{
	union fo_sockaddr ss;

	snprintf(self->mnt, sizeof(self->mnt), "/tmp/fanout.XXXXXX");
	ASSERT_NE(NULL, mkdtemp(self->mnt));
	ASSERT_EQ(0, unshare(CLONE_NEWNS));
	ASSERT_EQ(0, mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
	if (mount("none", self->mnt, "smackfs", 0, NULL)) {
		rmdir(self->mnt);
		SKIP(return, "Smack is not active: boot with lsm=smack");
	}
	fo_write("/proc/self/attr/smack/current", "Relay");
	fo_relay(&self->relay, FO_IPV4);
	fo_write("/proc/self/attr/smack/current", "_");
	close(self->relay.source);
	self->relay.source = fo_udp(AF_INET, FO_HOST_SOURCE, FO_SOURCE_PORT);
	fo_sockaddr(&ss, AF_INET, FO_HOST_RELAY, FO_RELAY_PORT);
	ASSERT_EQ(0, connect(self->relay.source, &ss.sa, sizeof(ss)));
}

FIXTURE_TEARDOWN(lsm)
{
	umount2(self->mnt, MNT_DETACH);
	rmdir(self->mnt);
}

/* Who may not write to the socket's label is not relayed, either. */
TEST_F(lsm, receive)
{
	struct fo_relay *relay = &self->relay;
	int viewer = fo_view(relay, 0, NULL);

	smack(self, "load2", "_ Relay -");
	fo_send(relay, 1);
	EXPECT_TRUE(FO_WAIT(!fo_info(relay->fd, &self->info) &&
			    self->info.rx_dropped_policy == 1));
	smack(self, "load2", "_ Relay w");
	smack(self, "load2", "Relay _ w");
	fo_send(relay, 2);
	EXPECT_EQ(2, fo_recv_seq(viewer));
}

/* A host that the socket may not send to is no destination. */
TEST_F(lsm, send)
{
	struct fo_relay *relay = &self->relay;
	struct rtp_fanout_dest dest;

	fo_viewer(relay, 0, &dest);
	smack(self, "netlabel", "127.0.0.3 Secret");
	EXPECT_REFUSED(EACCES, relay->fd, fo_add(relay->fd, &dest, 1));
	smack(self, "load2", "Relay Secret w");
	EXPECT_EQ(0, fo_add(relay->fd, &dest, 1));
	/* as it was, for all that comes after */
	smack(self, "netlabel", "127.0.0.3 _");
}

int main(int argc, char **argv)
{
	fo_netns();
	return test_harness_run(argc, argv);
}
