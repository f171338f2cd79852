// SPDX-License-Identifier: GPL-2.0
/*
 * The tracepoints: what they are called, their fields, and that they say what
 * happened.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "fanout_lib.h"
#include "kselftest_harness.h"

#define TRACEFS		"/sys/kernel/tracing"
#define FLOOD		300	/* they fit into the log */
#define INSTANCE	TRACEFS "/instances/rtprelay_test"

FIXTURE(trace)
{
	struct fo_relay relay;
	unsigned long long ino;
	char log[1 << 18];
	char dest[64];
	int fd;
};

FIXTURE_VARIANT(trace)
{
	enum fo_net net;
	const char *dest;
};

FIXTURE_VARIANT_ADD(trace, ipv4)
{
	.net = FO_IPV4,
	.dest = "127.0.0.3:7000",
};

FIXTURE_VARIANT_ADD(trace, ipv6)
{
	.net = FO_IPV6,
	.dest = "[fd00::3]:7000",
};

FIXTURE_SETUP(trace)
{
	struct stat st;

	if (access(TRACEFS "/trace", F_OK) &&
	    mount("tracefs", TRACEFS, "tracefs", 0, NULL))
		SKIP(return, "no tracefs");
	if (mkdir(INSTANCE, 0700) && errno != EEXIST)
		SKIP(return, "no instances of tracefs");
	/* the module, if it is one, has to be there */
	fo_relay(&self->relay, variant->net);
	self->fd = self->relay.fd;
	fo_write(INSTANCE "/events/rtprelay/enable", "1");
	ASSERT_EQ(0, fstat(self->fd, &st));
	self->ino = st.st_ino;
}

FIXTURE_TEARDOWN(trace)
{
	rmdir(INSTANCE);
}

static void load(struct _test_data_trace *self)
{
	ssize_t len = 0, got;
	int fd;

	fd = open(INSTANCE "/trace", O_RDONLY);
	if (fd < 0)
		fo_fatal("trace");
	do {
		got = read(fd, self->log + len, sizeof(self->log) - 1 - len);
		len += got > 0 ? got : 0;
	} while (got > 0);
	close(fd);
	self->log[len] = 0;
}

/* The @n-th line of the event in the log, from behind its name; NULL for none. */
static const char *loaded(struct _test_data_trace *self, const char *event,
			  int n)
{
	char key[64], *at = self->log;

	snprintf(key, sizeof(key), " %s: ", event);
	while ((at = strstr(at, key))) {
		at += strlen(key);
		if (!n--)
			return at;
	}
	return NULL;
}

/* As loaded(), of what happened so far. */
static const char *line(struct _test_data_trace *self, const char *event,
			int n)
{
	load(self);
	return loaded(self, event, n);
}

/* What the line says of the field, as a number. */
static unsigned long long field(const char *at, const char *name)
{
	const char *end = strchr(at, '\n');
	char key[32];

	snprintf(key, sizeof(key), "%s=", name);
	at = strstr(at, key);
	return at && end && at < end ? strtoull(at + strlen(key), NULL, 10) :
		~0ULL;
}

static bool says(const char *at, const char *text)
{
	const char *end = strchr(at, '\n');

	at = strstr(at, text);
	return at && at + strlen(text) <= end;
}

/* One datagram's way, from its arrival to the network. */
TEST_F(trace, way)
{
	char dest[80];
	const char *at;
	int viewer, i;

	viewer = fo_view(&self->relay, 0, NULL);
	for (i = 0; i < 2; i++) {
		fo_send(&self->relay, 40 + i);
		ASSERT_EQ(40 + i, fo_recv_seq(viewer));
	}

	for (i = 0; i < 2; i++) {
		at = line(self, "rtprelay_receive", i);
		ASSERT_NE(NULL, at);
		EXPECT_EQ(self->ino, field(at, "socket"));
		EXPECT_EQ(i, (int)field(at, "serial"));
		EXPECT_EQ(40 + i, (int)field(at, "seq"));
		EXPECT_EQ(112, field(at, "len"));
		EXPECT_LE(112, field(at, "queue_bytes"));

		at = line(self, "rtprelay_batch", i);
		ASSERT_NE(NULL, at);
		EXPECT_EQ(self->ino, field(at, "socket"));
		EXPECT_EQ(i, (int)field(at, "serial"));
		EXPECT_EQ(1, field(at, "datagrams"));
		EXPECT_EQ(1, field(at, "slots"));
		EXPECT_EQ(0, field(at, "start"));
		EXPECT_EQ(0, field(at, "duration"));

		at = line(self, "rtprelay_send", i);
		ASSERT_NE(NULL, at);
		EXPECT_EQ(self->ino, field(at, "socket"));
		snprintf(dest, sizeof(dest), "dest=%s ", variant->dest);
		EXPECT_TRUE(says(at, dest));
		EXPECT_EQ(1000, field(at, "cookie"));
		EXPECT_EQ(i, (int)field(at, "serial"));
		EXPECT_EQ(40 + i, (int)field(at, "seq"));
		EXPECT_EQ(1, field(at, "datagrams"));
		EXPECT_EQ(112, field(at, "len"));
		EXPECT_EQ(0, field(at, "when"));
	}
	EXPECT_EQ(NULL, line(self, "rtprelay_send", 2));
	EXPECT_EQ(NULL, line(self, "rtprelay_dest_drop", 0));
}

/* Datagrams that leave as one packet are one line, with the first's number. */
TEST_F(trace, run)
{
	__u32 sum = 0;
	const char *at;
	int viewer, i;

	viewer = fo_view(&self->relay, 0, NULL);
	for (i = 0; i < 8; i++)
		fo_send(&self->relay, 10 + i);
	for (i = 0; i < 8; i++)
		ASSERT_EQ(10 + i, fo_recv_seq(viewer));

	for (i = 0; (at = line(self, "rtprelay_send", i)); i++) {
		EXPECT_EQ(10 + sum, field(at, "seq"));
		EXPECT_EQ(112 * field(at, "datagrams"), field(at, "len"));
		sum += field(at, "datagrams");
	}
	EXPECT_EQ(8, sum);
}

static void *flood(void *arg)
{
	const struct fo_relay *relay = arg;
	int i;

	for (i = 0; i < FLOOD; i++)
		fo_send(relay, i);
	return NULL;
}

/* What came before ATTACH, meanwhile and after is received in that order. */
TEST_F(trace, attach)
{
	const char *at;
	pthread_t thread;
	int i;

	ASSERT_EQ(0, fo_detach(self->fd));
	fo_set_int(self->fd, SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20);
	ASSERT_EQ(0, pthread_create(&thread, NULL, flood, &self->relay));
	usleep(1000);
	ASSERT_EQ(0, fo_attach(self->fd, &self->relay.cfg));
	ASSERT_EQ(0, pthread_join(thread, NULL));

	load(self);
	for (i = 0; i < FLOOD; i++) {
		at = loaded(self, "rtprelay_receive", i);
		ASSERT_NE(NULL, at);
		ASSERT_EQ(i, (int)field(at, "seq"));
		ASSERT_EQ(i, (int)field(at, "serial"));
	}
	EXPECT_EQ(NULL, loaded(self, "rtprelay_receive", FLOOD));
}

/* A copy that is not sent, and why. */
TEST_F(trace, drop)
{
	struct rtp_fanout_dest dest;
	const char *at;

	/* a viewer there is no way to */
	fo_dest(&dest, self->relay.family, FO_HOST_VIEWER, FO_VIEWER_PORT);
	if (self->relay.family == AF_INET)
		fo_addr_text(&dest.addr, "192.0.2.1", FO_VIEWER_PORT);
	else
		fo_addr_text(&dest.addr, "2001:db8::1", FO_VIEWER_PORT);
	dest.cookie = 5;
	ASSERT_EQ(0, fo_add(self->fd, &dest, 1));
	fo_send(&self->relay, 1);
	ASSERT_TRUE(FO_WAIT(line(self, "rtprelay_dest_drop", 0)));

	at = line(self, "rtprelay_dest_drop", 0);
	EXPECT_EQ(self->ino, field(at, "socket"));
	EXPECT_TRUE(says(at, self->relay.family == AF_INET ?
			 "dest=192.0.2.1:7000 " : "dest=[2001:db8::1]:7000 "));
	EXPECT_EQ(5, field(at, "cookie"));
	EXPECT_EQ(0, field(at, "serial"));
	EXPECT_TRUE(says(at, "reason=route "));
	EXPECT_EQ(1, field(at, "datagrams"));
	EXPECT_EQ(NULL, line(self, "rtprelay_send", 0));
}

int main(int argc, char **argv)
{
	fo_netns();
	return test_harness_run(argc, argv);
}
