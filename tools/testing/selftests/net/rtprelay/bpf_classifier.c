// SPDX-License-Identifier: GPL-2.0
/*
 * RTP_FANOUT_CODEC_BPF: a program says the layer. What it may say, what it can
 * see, and how long it stays.
 */
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/udp.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "fanout_lib.h"
#include "kselftest_harness.h"
#include "told.bpf.h"

#define LAYER RTP_FANOUT_BPF_LAYER

enum { CAP_BASE, CAP_MIDDLE, CAP_SLOW, CAP_ALL, CAPS };

static const struct rtp_fanout_cap caps[CAPS] = {
	[CAP_BASE]	= { .did = 0, .qid = 15, .tid = 7 },
	[CAP_MIDDLE]	= { .did = 1, .qid = 2, .tid = 7 },
	[CAP_SLOW]	= { .did = 7, .qid = 15, .tid = 0 },
	[CAP_ALL]	= { .did = 7, .qid = 15, .tid = 7 },
};

/* Bits of who gets a datagram, by the caps above. */
enum { BASE = 1, MIDDLE = 2, SLOW = 4, ALL = 8, EACH = 15 };

FIXTURE(classifier)
{
	struct fo_audience audience;
	struct bpf_object *object;
	struct bpf_program *program;
	struct told *told;		/* the program's memory */
	bool netns_known;
};

static struct bpf_program *told_by(struct bpf_object *object, bool netns)
{
	const char *name = netns ? "as_told_netns" : "as_told";

	return bpf_object__find_program_by_name(object, name);
}

/* Everything but ATTACH. */
FIXTURE_SETUP(classifier)
{
	struct bpf_program *other;
	struct bpf_map *bss;
	size_t size;

	self->object = bpf_object__open_file("told.bpf.o", NULL);
	ASSERT_NE(NULL, self->object);
	self->netns_known =
		libbpf_probe_bpf_helper(BPF_PROG_TYPE_SOCKET_FILTER,
					BPF_FUNC_get_netns_cookie, NULL) == 1;
	self->program = told_by(self->object, self->netns_known);
	ASSERT_NE(NULL, self->program);
	other = told_by(self->object, !self->netns_known);
	ASSERT_NE(NULL, other);
	ASSERT_EQ(0, bpf_program__set_autoload(other, false));
	ASSERT_EQ(0, bpf_object__load(self->object));
	bss = bpf_object__find_map_by_name(self->object, ".bss");
	ASSERT_NE(NULL, bss);
	self->told = bpf_map__initial_value(bss, &size);
	ASSERT_EQ(sizeof(*self->told), size);

	fo_open(&self->audience.relay, FO_IPV4);
	self->audience.relay.cfg.codec[FO_PT_BPF] = RTP_FANOUT_CODEC_BPF;
	self->audience.relay.cfg.bpf_fd = bpf_program__fd(self->program);
}

FIXTURE_TEARDOWN(classifier)
{
	bpf_object__close(self->object);
}

static void view(struct _test_data_classifier *self)
{
	fo_audience(&self->audience, caps, CAPS);
	self->audience.pt = FO_PT_BPF;
}

/* What is to be said of a datagram, and what tells it from others. */
struct said {
	__be32 layer;
	__u16 seq;
};

/* Those viewers get what the program says that of the next datagram. */
static bool kept(struct _test_data_classifier *self, unsigned int keep,
		 __u32 layer)
{
	const struct said said = {
		.layer = htonl(layer),
		.seq = self->audience.seq,
	};

	return fo_kept(&self->audience, keep, &said, sizeof(said));
}

#define EXPECT_KEPT(keep, said) ASSERT_TRUE(kept(self, keep, said))

static __u32 program_id(struct bpf_program *program)
{
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);

	if (bpf_prog_get_info_by_fd(bpf_program__fd(program), &info, &len))
		fo_fatal("program's id");
	return info.id;
}

static bool program_exists(__u32 id)
{
	int fd = bpf_prog_get_fd_by_id(id);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

TEST_F(classifier, layers)
{
	view(self);
	EXPECT_KEPT(EACH, 0);
	EXPECT_KEPT(EACH, LAYER(0, 15, 0));
	EXPECT_KEPT(MIDDLE | SLOW | ALL, LAYER(1, 2, 0));
	EXPECT_KEPT(SLOW | ALL, LAYER(1, 3, 0));
	EXPECT_KEPT(SLOW | ALL, LAYER(2, 0, 0));
	EXPECT_KEPT(SLOW | ALL, LAYER(7, 15, 0));
	EXPECT_KEPT(BASE | MIDDLE | ALL, LAYER(0, 0, 1));
	EXPECT_KEPT(MIDDLE | ALL, LAYER(1, 0, 7));
	EXPECT_KEPT(ALL, LAYER(7, 15, 7));
	EXPECT_KEPT(EACH, RTP_FANOUT_BPF_PARAMS);
	EXPECT_KEPT(MIDDLE | SLOW | ALL,
		    LAYER(1, 0, 0) | RTP_FANOUT_BPF_START |
		    RTP_FANOUT_BPF_SYNC | RTP_FANOUT_BPF_UP);
	EXPECT_KEPT(EACH, RTP_FANOUT_BPF_START);
}

/* What nobody gets leaves no hole in anybody's numbers. */
TEST_F(classifier, drop)
{
	int i;

	view(self);
	EXPECT_KEPT(EACH, 0);
	for (i = 0; i < 40; i++) {
		EXPECT_KEPT(0, RTP_FANOUT_BPF_DROP);
		EXPECT_KEPT(0, RTP_FANOUT_BPF_DROP | LAYER(1, 0, 0));
		if (i % 8 == 0)
			EXPECT_KEPT(EACH, RTP_FANOUT_BPF_START);
	}
	EXPECT_KEPT(EACH, RTP_FANOUT_BPF_START);
}

/* A value that means nothing is no reason to lose the datagram. */
TEST_F(classifier, unknown)
{
	const __u32 defined = LAYER(7, 15, 7) | RTP_FANOUT_BPF_START |
		RTP_FANOUT_BPF_SYNC | RTP_FANOUT_BPF_DOWN |
		RTP_FANOUT_BPF_PARAMS | RTP_FANOUT_BPF_END |
		RTP_FANOUT_BPF_UP | RTP_FANOUT_BPF_DROP;
	struct rtp_fanout_info info;
	unsigned int bit, sent = 0;

	view(self);
	for (bit = 0; bit < 32; bit++) {
		if (defined & 1U << bit)
			continue;
		EXPECT_KEPT(EACH, 1U << bit);
		EXPECT_KEPT(EACH, 1U << bit | defined);
		sent += 2;
	}
	ASSERT_EQ(0, fo_info(self->audience.relay.fd, &info));
	EXPECT_EQ(sent, info.rx_unknown);
	EXPECT_KEPT(EACH, 0);
	ASSERT_EQ(0, fo_info(self->audience.relay.fd, &info));
	EXPECT_EQ(sent, info.rx_unknown);
}

/* Once for each datagram of its payload type, and for no duplicate. */
TEST_F(classifier, runs)
{
	struct fo_audience *audience = &self->audience;
	const struct said said = {};
	struct fo_hole hole;

	view(self);
	EXPECT_KEPT(EACH, 0);
	EXPECT_EQ(1, self->told->runs);
	audience->seq--;
	EXPECT_KEPT(0, 0);
	EXPECT_KEPT(EACH, 0);
	EXPECT_EQ(2, self->told->runs);

	/* another codec's: not the program's to look at */
	audience->pt = FO_PT_OPAQUE;
	EXPECT_KEPT(EACH, LAYER(7, 0, 7));
	audience->pt = FO_PT_BPF;
	EXPECT_EQ(2, self->told->runs);

	/* late: once as well */
	fo_lose(audience, EACH, &hole);
	EXPECT_KEPT(EACH, RTP_FANOUT_BPF_START);
	ASSERT_TRUE(fo_late(audience, &hole, EACH, &said, sizeof(said)));
	EXPECT_EQ(4, self->told->runs);
}

static __u64 socket_u64(int fd, int option)
{
	socklen_t len = sizeof(__u64);
	__u64 value;

	if (getsockopt(fd, SOL_SOCKET, option, &value, &len))
		fo_fatal("getsockopt");
	return value;
}

TEST_F(classifier, sees)
{
	struct fo_audience *audience = &self->audience;
	const int fd = audience->relay.fd;
	const struct told *told = self->told;
	__u32 timestamp;
	__u8 rtp[FO_MTU];
	int i;

	view(self);
	timestamp = htonl(audience->timestamp);
	/* twice: nothing stays of what the first run wrote */
	for (i = 0; i < 2; i++) {
		fo_rtp(rtp, FO_PT_BPF, audience->seq, FO_SSRC, 0);
		memcpy(rtp + 4, &timestamp, sizeof(timestamp));
		EXPECT_KEPT(EACH, LAYER(0, 1, 0));
		EXPECT_EQ(FO_RTP_HDR + sizeof(struct said), told->len);
		EXPECT_EQ(0, memcmp(told->bytes, rtp, FO_RTP_HDR));
		EXPECT_EQ(LAYER(0, 1, 0), told->bytes[FO_RTP_HDR + 3]);
		EXPECT_EQ(0, told->cb);
		EXPECT_EQ(0, told->ifindex);
		EXPECT_EQ(-EFAULT, told->past_end);
		EXPECT_EQ(-EFAULT, told->far);
		EXPECT_EQ(-EFAULT, told->relative_mac);
		EXPECT_EQ(-EFAULT, told->relative_net);
		EXPECT_EQ(socket_u64(fd, SO_COOKIE), told->socket);
		EXPECT_EQ(self->netns_known ?
			  socket_u64(fd, SO_NETNS_COOKIE) : 0, told->netns);
		EXPECT_EQ(getuid(), told->uid);
	}
}

/* Where a load may begin: in the datagram, and nowhere else. */
TEST_F(classifier, loads)
{
	const int len = FO_RTP_HDR + sizeof(struct said);
	const struct {
		int at;
		int from;	/* the byte that it reads, -1 for none */
	} loads[] = {
		{ 1,			1 },
		{ FO_RTP_HDR,		FO_RTP_HDR },
		{ len - 4,		len - 4 },
		{ len - 3,		-1 },
		{ len,			-1 },
		{ INT_MAX,		-1 },
		{ INT_MAX - 3,		-1 },
		{ -1,			-1 },
		{ SKF_AD_OFF,		-1 },
		{ SKF_AD_OFF + SKF_AD_PAY_OFFSET, -1 },
		{ SKF_NET_OFF,		0 },
		{ SKF_NET_OFF + len - 4, len - 4 },
		{ SKF_NET_OFF + len - 3, -1 },
		{ SKF_NET_OFF - 1,	-1 },
		{ SKF_LL_OFF + 64,	-1 },
		{ SKF_LL_OFF,		-1 },
		{ SKF_LL_OFF - 1,	-1 },
		{ INT_MIN,		-1 },
	};
	struct told *told = self->told;
	__u32 survived = 0, want;
	size_t i;

	view(self);
	for (i = 0; i < ARRAY_SIZE(loads); i++) {
		told->at = loads[i].at;
		/* a load that fails is the base layer, whatever was told */
		EXPECT_KEPT(loads[i].from < 0 ? EACH : ALL, LAYER(7, 0, 7));
		if (loads[i].from >= 0) {
			survived++;
			memcpy(&want, told->bytes + loads[i].from,
			       sizeof(want));
			EXPECT_EQ(ntohl(want), told->loaded);
		}
		EXPECT_EQ(survived, told->survived) {
			TH_LOG("at %d", loads[i].at);
		}
	}
}

/* A datagram of several pages, up to its last byte. */
TEST_F(classifier, large)
{
	const size_t sizes[] = { 3000, 4096, 20000, 65000 };
	struct fo_audience *audience = &self->audience;
	static __u8 sent[65536], got[65536];
	struct told *told = self->told;
	__u32 want;
	size_t i, len;

	view(self);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		len = fo_rtp(sent, FO_PT_BPF, 1000 + i, FO_SSRC, sizes[i]);
		memset(sent + FO_RTP_HDR, 0, 4);
		told->at = len - 4;
		fo_send_buf(audience->relay.source, sent, len);
		ASSERT_EQ((ssize_t)len,
			  fo_recv(audience->watch[CAP_BASE].fd, got,
				  sizeof(got)));
		EXPECT_TRUE(fo_rtp_same(sent, got, len));
		EXPECT_EQ(len, told->len);
		EXPECT_EQ(i + 1, told->survived);
		memcpy(&want, sent + len - 4, sizeof(want));
		EXPECT_EQ(ntohl(want), told->loaded);
	}
}

TEST_F(classifier, refused)
{
	struct rtp_fanout_config cfg = self->audience.relay.cfg;
	struct bpf_program *other;
	int fd = self->audience.relay.fd;

	cfg.bpf_fd = fd;			/* no program */
	EXPECT_REFUSED(EPROTOTYPE, fd, fo_attach(fd, &cfg));
	cfg.bpf_fd = bpf_map__fd(bpf_object__find_map_by_name(self->object,
							      ".bss"));
	EXPECT_REFUSED(EPROTOTYPE, fd, fo_attach(fd, &cfg));
	other = bpf_object__find_program_by_name(self->object, "of_a_cgroup");
	ASSERT_NE(NULL, other);
	cfg.bpf_fd = bpf_program__fd(other);
	EXPECT_REFUSED(EPROTOTYPE, fd, fo_attach(fd, &cfg));
	cfg.bpf_fd = 4000;
	EXPECT_REFUSED(EBADF, fd, fo_attach(fd, &cfg));
	cfg.bpf_fd = ~0U;
	EXPECT_REFUSED(EBADF, fd, fo_attach(fd, &cfg));

	cfg.bpf_fd = 0;			/* stands for none */
	EXPECT_REFUSED(EBADF, fd, fo_attach(fd, &cfg));

	/* a program that nothing would ask */
	cfg = self->audience.relay.cfg;
	cfg.codec[FO_PT_BPF] = RTP_FANOUT_CODEC_NONE;
	EXPECT_REFUSED(EINVAL, fd, fo_attach(fd, &cfg));
	cfg = self->audience.relay.cfg;
	cfg.pace_burst = 1;
	EXPECT_REFUSED(EINVAL, fd, fo_attach(fd, &cfg));

	/* the descriptor was the caller's */
	EXPECT_EQ(0, fo_attach(fd, &self->audience.relay.cfg));
	ASSERT_EQ(0, fo_attached(fd, &cfg));
	EXPECT_EQ(0, cfg.bpf_fd);
	EXPECT_EQ(RTP_FANOUT_CODEC_BPF, cfg.codec[FO_PT_BPF]);
}

TEST_F(classifier, no_program)
{
	struct rtp_fanout_info info;

	self->audience.relay.cfg.codec[FO_PT_BPF] = RTP_FANOUT_CODEC_OPAQUE;
	self->audience.relay.cfg.bpf_fd = 0;
	ASSERT_EQ(0, fo_attach(self->audience.relay.fd, &self->audience.relay.cfg));
	ASSERT_EQ(0, fo_info(self->audience.relay.fd, &info));
	EXPECT_EQ(0, info.bpf_id);
}

/* The program's descriptor is closed: the fan-out alone holds it. */
static __u32 let_go(struct _test_data_classifier *self)
{
	__u32 id = program_id(self->program);

	bpf_object__close(self->object);
	self->object = NULL;
	return id;
}

TEST_F(classifier, detach_frees)
{
	struct rtp_fanout_info info;
	__u32 id;

	view(self);
	id = let_go(self);
	ASSERT_EQ(0, fo_info(self->audience.relay.fd, &info));
	EXPECT_EQ(id, info.bpf_id);
	EXPECT_TRUE(program_exists(id));
	EXPECT_KEPT(EACH, 0);
	EXPECT_KEPT(ALL, LAYER(7, 0, 7));

	ASSERT_EQ(0, fo_detach(self->audience.relay.fd));
	EXPECT_TRUE(FO_WAIT(!program_exists(id)));
}

TEST_F(classifier, close_frees)
{
	__u32 id;

	view(self);
	id = let_go(self);
	EXPECT_KEPT(EACH, 0);
	close(self->audience.relay.fd);
	EXPECT_TRUE(FO_WAIT(!program_exists(id)));
}

/* A refused ATTACH holds nothing: the last thing that it asks for is the
 * socket.
 */
TEST_F(classifier, refusal_frees)
{
	const struct fo_relay *relay = &self->audience.relay;
	__u32 id;

	fo_set_int(relay->fd, IPPROTO_UDP, UDP_ENCAP, UDP_ENCAP_ESPINUDP);
	ASSERT_EQ(-EBUSY, fo_attach(relay->fd, &relay->cfg));
	id = let_go(self);
	EXPECT_TRUE(FO_WAIT(!program_exists(id)));
}

int main(int argc, char **argv)
{
	fo_netns();
	return test_harness_run(argc, argv);
}
