// SPDX-License-Identifier: GPL-2.0
/*
 * Programs on the way out, of the cgroup and of the device: what they do to the
 * packets of one viewer, large or not, they do to nobody else's.
 */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "fanout_wire.h"
#include "kselftest_harness.h"

#define VIEWERS	6
#define VICTIMS	2	/* one of each family */

/* Of egress.bpf.c: from the UDP header on. */
#define OFFSET	64
#define VALUE	0xdeadbeef

static int wire;

FIXTURE(egress)
{
	struct fo_stream stream;
	struct rtp_fanout_info info;
	struct bpf_object *object;
};

static size_t units(__u16 seq)
{
	return seq % 8 < 7 ? 1188 : 300;
}

FIXTURE_SETUP(egress)
{
	self->object = bpf_object__open_file("egress.bpf.o", NULL);
	ASSERT_NE(NULL, self->object);
	ASSERT_EQ(0, bpf_object__load(self->object));
	fo_stream(&self->stream, FO_DUAL, wire, VIEWERS);
	self->stream.size = units;
	fo_stream_view(&self->stream);
}

FIXTURE_TEARDOWN(egress)
{
	bpf_object__close(self->object);
}

static struct bpf_program *program(struct _test_data_egress *self,
				   const char *name)
{
	struct bpf_program *prog;

	prog = bpf_object__find_program_by_name(self->object, name);
	if (!prog)
		fo_fatal(name);
	return prog;
}

static unsigned int sent_out(struct _test_data_egress *self)
{
	struct fo_stream *stream = &self->stream;
	int n;

	for (n = 0; n < 6; n++)
		fo_stream_burst(stream, 40);
	return (__u16)(stream->next - stream->first);
}

/* The cgroup drops those of two viewers, which is counted there. */
TEST_F(egress, cgroup)
{
	struct fo_stream *stream = &self->stream;
	struct rtp_fanout_dest_info found;
	char mnt[] = "/tmp/fanout.XXXXXX";
	struct rtp_fanout_dest dest;
	unsigned int i, sent;
	int cgroup;

	ASSERT_NE(NULL, mkdtemp(mnt));
	ASSERT_EQ(0, unshare(CLONE_NEWNS));
	ASSERT_EQ(0, mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
	ASSERT_EQ(0, mount("none", mnt, "cgroup2", 0, NULL));
	cgroup = open(mnt, O_RDONLY | O_DIRECTORY);
	ASSERT_LE(0, cgroup);
	ASSERT_NE(NULL, bpf_program__attach_cgroup(program(self, "drop"),
						   cgroup));
	umount2(mnt, MNT_DETACH);
	rmdir(mnt);

	sent = sent_out(self);
	EXPECT_TRUE(fo_stream_idle(stream));
	EXPECT_TRUE(fo_stream_seen(stream, sent * (VIEWERS - VICTIMS)));
	for (i = 0; i < VIEWERS; i++) {
		fo_stream_dest(stream, i, &dest);
		ASSERT_EQ(0, fo_find(stream->relay.fd, &dest, &found));
		EXPECT_EQ(i < VICTIMS ? 0 : sent, found.packets);
		EXPECT_EQ(i < VICTIMS ? sent : 0, found.dropped_output);
		EXPECT_EQ(i < VICTIMS ? 0 : sent, stream->flow[i].count);
	}
}

/* The device's writes into two viewers' payloads. */
TEST_F(egress, device)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .attach_point = BPF_TC_EGRESS,
		    .ifindex = if_nametoindex("v0"));
	LIBBPF_OPTS(bpf_tc_opts, opts,
		    .prog_fd = bpf_program__fd(program(self, "rewrite")));
	unsigned int i, sent, packets, changed = 0;
	struct fo_stream *stream = &self->stream;
	const __u32 value = VALUE;
	struct fo_dgram dgram;
	__u8 back[FO_MTU], fresh[128];
	const size_t at = OFFSET - 8;

	ASSERT_EQ(0, bpf_tc_hook_create(&hook));
	ASSERT_EQ(0, bpf_tc_attach(&hook, &opts));
	sent = sent_out(self);
	EXPECT_TRUE(fo_stream_idle(stream));
	packets = sent * VIEWERS;
	for (i = 0; i < packets; i++) {
		ASSERT_TRUE(fo_wire_next(wire, &dgram));
		if (dgram.len > at + 4 &&
		    !memcmp(dgram.data + at, &value, sizeof(value))) {
			/* a large packet has it once */
			changed++;
			memcpy(back, dgram.data, dgram.len);
			fo_rtp(fresh, FO_PT_OPAQUE,
			       fo_stream_sent(stream, &dgram) + stream->first,
			       FO_SSRC, at + 4);
			memcpy(back + at, fresh + at, sizeof(value));
			dgram.data = back;
			EXPECT_EQ(dgram.to.family == AF_INET ? 1 : 2,
				  dgram.to.addr[dgram.to.family == AF_INET ?
						3 : 15]);
		}
		ASSERT_TRUE(fo_stream_judge(stream, &dgram));
	}
	EXPECT_LT(0, changed);
	EXPECT_GE(sent * VICTIMS, changed);
	hook.attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS;
	EXPECT_EQ(0, bpf_tc_hook_destroy(&hook));
}

int main(int argc, char **argv)
{
	fo_netns();
	wire = fo_wire(fo_far(fo_peer()), "q1");
	return test_harness_run(argc, argv);
}
