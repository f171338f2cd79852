// SPDX-License-Identifier: GPL-2.0
/*
 * Whoever may decide about what a socket receives and sends decides about the
 * stream too: socket filters, programs of the cgroup.
 */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <linux/bpf.h>
#include <linux/filter.h>

#include "fanout_lib.h"
#include "kselftest_harness.h"

#define INSN(c, d, s, o, i) \
	((struct bpf_insn) { .code = (c), .dst_reg = (d), .src_reg = (s), \
			     .off = (o), .imm = (i) })
#define MOV(reg, value)	INSN(BPF_ALU64 | BPF_MOV | BPF_K, reg, 0, 0, value)
/* *(u32 *)(context + offset) = reg */
#define STORE(offset, reg) \
	INSN(BPF_STX | BPF_MEM | BPF_W, BPF_REG_1, reg, offset, 0)
#define EXIT		INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)

FIXTURE(policy)
{
	struct fo_relay relay;
	struct rtp_fanout_info info;
	char mnt[32];
	int cgroup;
	int viewer;
};

FIXTURE_VARIANT(policy)
{
	enum fo_net net;
};

FIXTURE_VARIANT_ADD(policy, ipv4)
{
	.net = FO_IPV4,
};

FIXTURE_VARIANT_ADD(policy, ipv6)
{
	.net = FO_IPV6,
};

FIXTURE_VARIANT_ADD(policy, dual)
{
	.net = FO_DUAL,
};

static void join(const char *mnt, const char *cgroup)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%scgroup.procs", mnt, cgroup);
	fo_write(path, "0");
}

/* The relay's socket is in a cgroup where nobody else is. */
FIXTURE_SETUP(policy)
{
	union fo_sockaddr ss;
	char path[48];

	snprintf(self->mnt, sizeof(self->mnt), "/tmp/fanout.XXXXXX");
	ASSERT_NE(NULL, mkdtemp(self->mnt));
	ASSERT_EQ(0, unshare(CLONE_NEWNS));
	ASSERT_EQ(0, mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
	ASSERT_EQ(0, mount("none", self->mnt, "cgroup2", 0, NULL));
	snprintf(path, sizeof(path), "%s/fanout.%d", self->mnt, getpid());
	ASSERT_EQ(0, mkdir(path, 0700));
	self->cgroup = open(path, O_RDONLY | O_DIRECTORY);
	ASSERT_LE(0, self->cgroup);

	snprintf(path, sizeof(path), "fanout.%d/", getpid());
	join(self->mnt, path);
	fo_relay(&self->relay, variant->net);
	join(self->mnt, "");
	close(self->relay.source);
	self->relay.source = fo_udp(self->relay.family, FO_HOST_SOURCE,
				    FO_SOURCE_PORT);
	fo_sockaddr(&ss, self->relay.family, FO_HOST_RELAY, FO_RELAY_PORT);
	ASSERT_EQ(0, connect(self->relay.source, &ss.sa, sizeof(ss)));
	self->viewer = fo_view(&self->relay, 0, NULL);
}

FIXTURE_TEARDOWN(policy)
{
	char path[48];

	close(self->relay.fd);
	snprintf(path, sizeof(path), "%s/fanout.%d", self->mnt, getpid());
	rmdir(path);
	umount2(self->mnt, MNT_DETACH);
	rmdir(self->mnt);
}

static int load(__u32 type, __u32 attach, const struct bpf_insn *insns,
		__u32 count)
{
	char log[4096] = "";
	union bpf_attr attr = {
		.prog_type = type,
		.expected_attach_type = attach,
		.insns = (unsigned long)insns,
		.insn_cnt = count,
		.license = (unsigned long)"GPL",
		.log_buf = (unsigned long)log,
		.log_size = sizeof(log),
		.log_level = 1,
	};
	int fd = syscall(__NR_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));

	if (fd < 0) {
		fprintf(stderr, "# %s\n", log);
		fo_fatal("BPF_PROG_LOAD");
	}
	return fd;
}

static void detach(int cgroup, __u32 type)
{
	union bpf_attr attr = { .target_fd = cgroup, .attach_type = type };

	if (syscall(__NR_bpf, BPF_PROG_DETACH, &attr, sizeof(attr)))
		fo_fatal("BPF_PROG_DETACH");
}

static void attach(int cgroup, __u32 type, __u32 attach_type,
		   const struct bpf_insn *insns, __u32 count)
{
	union bpf_attr attr = {
		.target_fd = cgroup,
		.attach_bpf_fd = load(type, attach_type, insns, count),
		.attach_type = attach_type,
	};

	if (syscall(__NR_bpf, BPF_PROG_ATTACH, &attr, sizeof(attr)))
		fo_fatal("BPF_PROG_ATTACH");
	close(attr.attach_bpf_fd);
}

#define ATTACH(type, attach_type, ...) do {				\
	const struct bpf_insn insns_[] = { __VA_ARGS__ };		\
									\
	attach(self->cgroup, BPF_PROG_TYPE_##type, BPF_##attach_type,	\
	       insns_, ARRAY_SIZE(insns_));				\
} while (0)

TEST_F(policy, cgroup_ingress)
{
	struct fo_relay *relay = &self->relay;

	ATTACH(CGROUP_SKB, CGROUP_INET_INGRESS, MOV(BPF_REG_0, 1), EXIT);
	fo_send(relay, 1);
	EXPECT_EQ(1, fo_recv_seq(self->viewer));
	detach(self->cgroup, BPF_CGROUP_INET_INGRESS);

	ATTACH(CGROUP_SKB, CGROUP_INET_INGRESS, MOV(BPF_REG_0, 0), EXIT);
	fo_send(relay, 2);
	EXPECT_TRUE(FO_WAIT(!fo_info(relay->fd, &self->info) &&
			    self->info.rx_dropped_policy == 1));
	detach(self->cgroup, BPF_CGROUP_INET_INGRESS);

	fo_send(relay, 3);
	EXPECT_EQ(3, fo_recv_seq(self->viewer));
	EXPECT_TRUE(fo_quiet(relay->fd));
}

TEST_F(policy, cgroup_egress)
{
	struct rtp_fanout_dest_info found;
	struct fo_relay *relay = &self->relay;
	struct rtp_fanout_dest dest;

	fo_viewer(relay, 0, &dest);
	ATTACH(CGROUP_SKB, CGROUP_INET_EGRESS, MOV(BPF_REG_0, 0), EXIT);
	fo_send(relay, 1);
	EXPECT_TRUE(FO_WAIT(!fo_find(relay->fd, &dest, &found) &&
			    found.dropped_output == 1));
	EXPECT_EQ(0, found.packets);
	detach(self->cgroup, BPF_CGROUP_INET_EGRESS);

	ATTACH(CGROUP_SKB, CGROUP_INET_EGRESS, MOV(BPF_REG_0, 1), EXIT);
	fo_send(relay, 2);
	EXPECT_EQ(2, fo_recv_seq(self->viewer));
}

/* Who may not send to an address may not have the stream sent there. */
TEST_F(policy, sendmsg_denies)
{
	struct fo_relay *relay = &self->relay;
	struct rtp_fanout_dest dest;
	bool v4 = relay->family == AF_INET;

	fo_dest(&dest, relay->family, FO_HOST_VIEWER + 1, FO_VIEWER_PORT);
	if (v4)
		ATTACH(CGROUP_SOCK_ADDR, CGROUP_UDP4_SENDMSG, MOV(BPF_REG_0, 0), EXIT);
	else
		ATTACH(CGROUP_SOCK_ADDR, CGROUP_UDP6_SENDMSG, MOV(BPF_REG_0, 0), EXIT);
	EXPECT_REFUSED(EPERM, relay->fd, fo_add(relay->fd, &dest, 1));

	/* who is there already stays */
	fo_send(relay, 1);
	EXPECT_EQ(1, fo_recv_seq(self->viewer));

	detach(self->cgroup, v4 ? BPF_CGROUP_UDP4_SENDMSG :
	       BPF_CGROUP_UDP6_SENDMSG);
	EXPECT_EQ(0, fo_add(relay->fd, &dest, 1));
}

/* And where a program sends it elsewhere, that is where the stream goes. */
TEST_F(policy, sendmsg_redirects)
{
	struct fo_relay *relay = &self->relay;
	bool v4 = relay->family == AF_INET;
	struct rtp_fanout_dest_info found;
	struct rtp_fanout_dest dest;
	union fo_sockaddr ss;
	int other;

	other = fo_udp(relay->family, FO_HOST_VIEWER + 2, 4444);
	fo_sockaddr(&ss, relay->family, FO_HOST_VIEWER + 2, 4444);
	if (v4)
		ATTACH(CGROUP_SOCK_ADDR, CGROUP_UDP4_SENDMSG,
		       MOV(BPF_REG_2, ss.v4.sin_addr.s_addr),
		       STORE(offsetof(struct bpf_sock_addr, user_ip4),
			     BPF_REG_2),
		       MOV(BPF_REG_2, ss.v4.sin_port),
		       STORE(offsetof(struct bpf_sock_addr, user_port),
			     BPF_REG_2),
		       MOV(BPF_REG_0, 1), EXIT);
	else
		ATTACH(CGROUP_SOCK_ADDR, CGROUP_UDP6_SENDMSG,
		       MOV(BPF_REG_2, ss.v6.sin6_addr.s6_addr32[3]),
		       STORE(offsetof(struct bpf_sock_addr, user_ip6[3]),
			     BPF_REG_2),
		       MOV(BPF_REG_2, ss.v6.sin6_port),
		       STORE(offsetof(struct bpf_sock_addr, user_port),
			     BPF_REG_2),
		       MOV(BPF_REG_0, 1), EXIT);

	fo_dest(&dest, relay->family, FO_HOST_VIEWER + 1, FO_VIEWER_PORT);
	ASSERT_EQ(0, fo_add(relay->fd, &dest, 1));
	fo_send(relay, 1);
	EXPECT_EQ(1, fo_recv_seq(other));
	EXPECT_EQ(1, fo_recv_seq(self->viewer));
	/* user space knows it as what it added */
	ASSERT_EQ(0, fo_find(relay->fd, &dest, &found));
	EXPECT_EQ(1, found.packets);
	EXPECT_EQ(0, fo_del(relay->fd, &dest, 1));
}

/* Programs that see the option: it works with one, and obeys it. */
TEST_F(policy, sockopt_programs)
{
	static struct rtp_fanout_dest dest[RTP_FANOUT_MAX_COUNT];
	static struct rtp_fanout_dest_info found[RTP_FANOUT_MAX_COUNT];
	struct rtp_fanout_cursor cursor = {};
	struct fo_relay *relay = &self->relay;
	unsigned int i;

	for (i = 0; i < RTP_FANOUT_MAX_COUNT; i++)
		fo_dest(&dest[i], relay->family, FO_HOST_VIEWER + 1, 1 + i);

	ATTACH(CGROUP_SOCKOPT, CGROUP_SETSOCKOPT, MOV(BPF_REG_0, 1), EXIT);
	ATTACH(CGROUP_SOCKOPT, CGROUP_GETSOCKOPT, MOV(BPF_REG_0, 1), EXIT);
	/* fits into the page that a program sees, and much more than that */
	EXPECT_EQ(0, fo_add(relay->fd, dest, 1));
	EXPECT_REFUSED(EEXIST, relay->fd, fo_add(relay->fd, dest, 1));
	EXPECT_EQ(0, fo_add(relay->fd, dest + 1, RTP_FANOUT_MAX_COUNT - 1));
	ASSERT_EQ(0, fo_info(relay->fd, &self->info));
	EXPECT_EQ(RTP_FANOUT_MAX_COUNT + 1, self->info.dests);
	EXPECT_EQ(2, fo_get(relay->fd, RTP_FANOUT_DESTS, found, 2,
			    sizeof(found[0]), &cursor));
	cursor.next = 0;
	EXPECT_EQ(RTP_FANOUT_MAX_COUNT,
		  fo_get(relay->fd, RTP_FANOUT_DESTS, found,
			 RTP_FANOUT_MAX_COUNT, sizeof(found[0]), &cursor));
	EXPECT_EQ(1, fo_get(relay->fd, RTP_FANOUT_DESTS, found,
			    RTP_FANOUT_MAX_COUNT, sizeof(found[0]), &cursor));
	detach(self->cgroup, BPF_CGROUP_SETSOCKOPT);

	ATTACH(CGROUP_SOCKOPT, CGROUP_SETSOCKOPT, MOV(BPF_REG_0, 0), EXIT);
	EXPECT_REFUSED(EPERM, relay->fd, fo_flush(relay->fd));
	detach(self->cgroup, BPF_CGROUP_SETSOCKOPT);
	EXPECT_EQ(0, fo_flush(relay->fd));
	ATTACH(CGROUP_SOCKOPT, CGROUP_GETSOCKOPT, MOV(BPF_REG_0, 0), EXIT);
	EXPECT_EQ(-EPERM, fo_info(relay->fd, &self->info));
}

static void filter(int fd, struct sock_filter *code, unsigned short len)
{
	struct sock_fprog prog = { .len = len, .filter = code };

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)))
		fo_fatal("SO_ATTACH_FILTER");
}

/* The filter sees what it would see without a fan-out: odd numbers go. */
TEST_F(policy, socket_filter_drops)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 8 + 2),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 1, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, ~0U),
	};
	int i;

	filter(self->relay.fd, code, ARRAY_SIZE(code));
	for (i = 2; i < 8; i++)
		fo_send(&self->relay, i);
	EXPECT_EQ(2, fo_recv_seq(self->viewer));
	EXPECT_EQ(4, fo_recv_seq(self->viewer));
	EXPECT_EQ(6, fo_recv_seq(self->viewer));
	ASSERT_TRUE(FO_WAIT(!fo_info(self->relay.fd, &self->info) &&
			    self->info.rx_dropped_policy == 3));
	EXPECT_TRUE(fo_quiet(self->viewer));
}

/* What a filter cuts off is not relayed, either. */
TEST_F(policy, socket_filter_trims)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_RET | BPF_K, 8 + FO_RTP_HDR + 10),
	};
	__u8 sent[FO_MTU], got[FO_MTU];

	filter(self->relay.fd, code, ARRAY_SIZE(code));
	fo_send_buf(self->relay.source, sent,
		    fo_rtp(sent, FO_PT_OPAQUE, 1, FO_SSRC, 1000));
	ASSERT_EQ(FO_RTP_HDR + 10, fo_recv(self->viewer, got, sizeof(got)));
	EXPECT_EQ(0, memcmp(sent, got, FO_RTP_HDR + 10));

	fo_set_int(self->relay.fd, SOL_SOCKET, SO_DETACH_FILTER, 0);
	fo_send(&self->relay, 2);
	EXPECT_EQ(2, fo_recv_seq(self->viewer));
}

int main(int argc, char **argv)
{
	fo_netns();
	return test_harness_run(argc, argv);
}
