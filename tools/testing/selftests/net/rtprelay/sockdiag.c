// SPDX-License-Identifier: GPL-2.0
/*
 * What sock_diag says of a fan-out, to whom; and of sockets that have none.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <linux/capability.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>

#include "fanout_lib.h"
#include "kselftest_harness.h"

#define MANY	64	/* more than one message of a dump takes */

/**
 * struct said - what sock_diag said of the sockets
 * @sockets: how many it told of
 * @shown: of how many INET_DIAG_RTP_FANOUT
 * @cfg: of the last one on FO_RELAY_PORT: RTP_FANOUT_DIAG_CONFIG
 * @info: of the same: RTP_FANOUT_DIAG_INFO
 */
struct said {
	unsigned int sockets;
	unsigned int shown;
	struct rtp_fanout_config cfg;
	struct rtp_fanout_info info;
};

FIXTURE(sockdiag)
{
	struct fo_relay relay;
	struct said said;
	atomic_bool stop;
	__u8 ext;
	int diag;
};

FIXTURE_VARIANT(sockdiag)
{
	enum fo_net net;
};

FIXTURE_VARIANT_ADD(sockdiag, ipv4)
{
	.net = FO_IPV4,
};

FIXTURE_VARIANT_ADD(sockdiag, ipv6)
{
	.net = FO_IPV6,
};

FIXTURE_VARIANT_ADD(sockdiag, dual)
{
	.net = FO_DUAL,
};

static int diag_socket(void)
{
	struct timeval patience = { .tv_sec = 10 };
	int fd;

	fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
				 sizeof(patience)))
		fo_fatal("netlink socket");
	return fd;
}

FIXTURE_SETUP(sockdiag)
{
	fo_relay(&self->relay, variant->net);
	self->ext = 1 << (INET_DIAG_INFO - 1);
	self->diag = diag_socket();
}

FIXTURE_TEARDOWN(sockdiag)
{
}

static const struct nlattr *find(const void *at, size_t len, int type)
{
	const struct nlattr *attr = at;

	while (len >= sizeof(*attr) && attr->nla_len >= sizeof(*attr) &&
	       attr->nla_len <= len) {
		size_t step = NLA_ALIGN(attr->nla_len);

		if ((attr->nla_type & NLA_TYPE_MASK) == type)
			return attr;
		len -= step < len ? step : len;
		attr = (const void *)attr + step;
	}
	return NULL;
}

/* The structure in an attribute of the nest, which has its size. */
static bool take(const struct nlattr *nest, int type, void *to, size_t size)
{
	const struct nlattr *attr;

	attr = find(nest + 1, nest->nla_len - sizeof(*nest), type);
	if (!attr || attr->nla_len != sizeof(*attr) + size)
		return false;
	memcpy(to, attr + 1, size);
	return true;
}

/* Returns 0 or the error that the message is. */
static int one_socket(const struct nlmsghdr *nlh, struct said *said)
{
	const struct inet_diag_msg *msg = NLMSG_DATA(nlh);
	const struct nlattr *nest;

	if (nlh->nlmsg_type == NLMSG_ERROR)
		return ((const struct nlmsgerr *)NLMSG_DATA(nlh))->error;
	if (nlh->nlmsg_type != SOCK_DIAG_BY_FAMILY)
		return -EPROTO;
	said->sockets++;
	nest = find(msg + 1, NLMSG_PAYLOAD(nlh, sizeof(*msg)),
		    INET_DIAG_RTP_FANOUT);
	if (!nest)
		return 0;
	said->shown++;
	if (!(nest->nla_type & NLA_F_NESTED))
		return -EPROTO;
	if (ntohs(msg->id.idiag_sport) != FO_RELAY_PORT)
		return 0;
	return take(nest, RTP_FANOUT_DIAG_CONFIG, &said->cfg,
		    sizeof(said->cfg)) &&
	       take(nest, RTP_FANOUT_DIAG_INFO, &said->info,
		    sizeof(said->info)) ? 0 : -EPROTO;
}

/* Asks for one socket, or with @all for those of the family. */
static int ask(struct _test_data_sockdiag *self, bool all)
{
	struct {
		struct nlmsghdr nlh;
		struct inet_diag_req_v2 req;
	} msg = {
		.nlh.nlmsg_len = sizeof(msg),
		.nlh.nlmsg_type = SOCK_DIAG_BY_FAMILY,
		.nlh.nlmsg_flags = NLM_F_REQUEST | (all ? NLM_F_DUMP : 0),
		.req.sdiag_family = self->relay.net == FO_IPV4 ? AF_INET :
								 AF_INET6,
		.req.sdiag_protocol = IPPROTO_UDP,
		.req.idiag_ext = self->ext,
		.req.idiag_states = ~0U,
	};
	union fo_sockaddr name;
	socklen_t size = sizeof(name);
	static char buf[1 << 17];
	struct nlmsghdr *nlh;
	ssize_t len;
	int err;

	memset(&self->said, 0, sizeof(self->said));
	if (!all) {
		if (getsockname(self->relay.fd, &name.sa, &size))
			fo_fatal("getsockname");
		/* source and destination are the other way round */
		msg.req.id.idiag_cookie[0] = INET_DIAG_NOCOOKIE;
		msg.req.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
		if (self->relay.net == FO_IPV4) {
			msg.req.id.idiag_dport = name.v4.sin_port;
			msg.req.id.idiag_dst[0] = name.v4.sin_addr.s_addr;
		} else {
			msg.req.id.idiag_dport = name.v6.sin6_port;
			memcpy(msg.req.id.idiag_dst, &name.v6.sin6_addr, 16);
		}
	}
	if (send(self->diag, &msg, sizeof(msg), 0) != sizeof(msg))
		fo_fatal("sock_diag");

	for (;;) {
		len = recv(self->diag, buf, sizeof(buf), 0);
		if (len < 0)
			fo_fatal("sock_diag does not answer");
		for (nlh = (struct nlmsghdr *)buf; NLMSG_OK(nlh, len);
		     nlh = NLMSG_NEXT(nlh, len)) {
			if (nlh->nlmsg_type == NLMSG_DONE)
				return 0;
			err = one_socket(nlh, &self->said);
			if (err || !all)
				return err;
		}
	}
}

/* Neither this process nor a program that it runs has it any more. */
static void drop_net_admin(void)
{
	if (prctl(PR_CAPBSET_DROP, CAP_NET_ADMIN))
		fo_fatal("prctl");
	fo_drop_net_admin();
}

/* The socket is there, by itself and among all, and nothing of a fan-out. */
static void unshown(struct __test_metadata *_metadata,
		    struct _test_data_sockdiag *self)
{
	ASSERT_EQ(0, ask(self, true));
	EXPECT_LE(1, self->said.sockets);
	EXPECT_EQ(0, self->said.shown);
	ASSERT_EQ(0, ask(self, false));
	EXPECT_EQ(1, self->said.sockets);
	EXPECT_EQ(0, self->said.shown);
}

/* What RTP_FANOUT_INFO and RTP_FANOUT_CONFIG return is what sock_diag says. */
static void same(struct __test_metadata *_metadata,
		 struct _test_data_sockdiag *self)
{
	struct rtp_fanout_config cfg;
	struct fo_state state;

	fo_state(self->relay.fd, &state);
	ASSERT_EQ(0, state.err);
	ASSERT_EQ(0, fo_attached(self->relay.fd, &cfg));
	/* asking wakes nobody; but bytes in flight come back on their own */
	state.info.inflight_bytes = self->said.info.inflight_bytes;
	EXPECT_EQ(0, memcmp(&cfg, &self->said.cfg, sizeof(cfg)));
	EXPECT_EQ(0, memcmp(&state.info, &self->said.info,
			    sizeof(state.info)));
}

static void stream(struct __test_metadata *_metadata,
		   struct _test_data_sockdiag *self)
{
	struct fo_state state;
	int viewer, i;

	viewer = fo_view(&self->relay, 0, NULL);
	for (i = 0; i < 5; i++) {
		fo_send(&self->relay, 100 + i);
		ASSERT_EQ(100 + i, fo_recv_seq(viewer));
	}
	/* until all is counted */
	fo_state(self->relay.fd, &state);
}

TEST_F(sockdiag, shown)
{
	stream(_metadata, self);
	ASSERT_EQ(0, ask(self, true));
	EXPECT_EQ(1, self->said.shown);
	EXPECT_EQ(1, self->said.info.dests);
	EXPECT_EQ(1, self->said.info.caps);
	EXPECT_EQ(5, self->said.info.rx_packets);
	EXPECT_EQ(5, self->said.info.tx_packets);
	EXPECT_EQ(FO_SSRC, self->said.info.ssrc);
	EXPECT_EQ(RTP_FANOUT_CODEC_OPAQUE, self->said.cfg.codec[FO_PT_OPAQUE]);
	same(_metadata, self);

	ASSERT_EQ(0, ask(self, false));
	EXPECT_EQ(1, self->said.sockets);
	EXPECT_EQ(1, self->said.shown);
	EXPECT_EQ(5, self->said.info.tx_packets);
	same(_metadata, self);
}

/* All that a fan-out can be attached with is shown. */
TEST_F(sockdiag, attached)
{
	struct rtp_fanout_config cfg = self->relay.cfg;

	cfg.codec[FO_PT_OPAQUE] = RTP_FANOUT_CODEC_AV1;
	cfg.dependency_id = 5;
	cfg.ifindex = 1;
	cfg.flags = RTP_FANOUT_TEE;
	cfg.pace_percent = 70;
	cfg.ssrc = 1;
	cfg.clock_rate = 90000;
	cfg.silent_ms = 60000;
	ASSERT_EQ(0, fo_detach(self->relay.fd));
	ASSERT_EQ(0, fo_attach(self->relay.fd, &cfg));
	ASSERT_EQ(0, ask(self, true));
	EXPECT_EQ(5, self->said.cfg.dependency_id);
	EXPECT_EQ(1, self->said.cfg.ssrc);
	EXPECT_EQ(90000, self->said.cfg.clock_rate);
	same(_metadata, self);

	drop_net_admin();
	ASSERT_EQ(0, ask(self, true));
	EXPECT_EQ(90000, self->said.cfg.clock_rate);
	EXPECT_EQ(0, self->said.cfg.ssrc);
}

/* What is changed while the stream flows is what is shown afterwards. */
TEST_F(sockdiag, configured)
{
	struct rtp_fanout_config cfg = self->relay.cfg;

	cfg.source.port = htons(FO_SOURCE_PORT + 1);
	cfg.flags = RTP_FANOUT_TEE;
	cfg.pace_percent = 70;
	cfg.pace_burst = 3;
	cfg.silent_ms = 60000;
	ASSERT_EQ(0, fo_configure(self->relay.fd, &cfg));
	ASSERT_EQ(0, ask(self, true));
	EXPECT_EQ(htons(FO_SOURCE_PORT + 1), self->said.cfg.source.port);
	EXPECT_EQ(RTP_FANOUT_TEE, self->said.cfg.flags);
	EXPECT_EQ(70, self->said.cfg.pace_percent);
	EXPECT_EQ(3, self->said.cfg.pace_burst);
	EXPECT_EQ(60000, self->said.cfg.silent_ms);
	same(_metadata, self);
}

TEST_F(sockdiag, not_asked)
{
	self->ext = 0xff & ~(1 << (INET_DIAG_INFO - 1));
	unshown(_metadata, self);
}

/* All that can be asked for fits into the answer. */
TEST_F(sockdiag, all_asked)
{
	self->ext = 0xff;
	ASSERT_EQ(0, ask(self, false));
	EXPECT_EQ(1, self->said.shown);
}

TEST_F(sockdiag, none)
{
	ASSERT_EQ(0, fo_detach(self->relay.fd));
	unshown(_metadata, self);

	ASSERT_EQ(0, fo_attach(self->relay.fd, &self->relay.cfg));
	ASSERT_EQ(0, ask(self, true));
	EXPECT_EQ(1, self->said.shown);
}

/* Without CAP_NET_ADMIN nothing of what a forger needs. */
TEST_F(sockdiag, unprivileged)
{
	static const struct rtp_fanout_addr nobody;

	stream(_metadata, self);
	drop_net_admin();
	/* opened with the capability, used without it, and opened without */
	ASSERT_EQ(0, ask(self, true));
	EXPECT_EQ(0, self->said.info.ssrc);
	close(self->diag);
	self->diag = diag_socket();
	ASSERT_EQ(0, ask(self, true));
	EXPECT_EQ(1, self->said.shown);
	EXPECT_EQ(5, self->said.info.rx_packets);
	EXPECT_EQ(5, self->said.info.tx_packets);
	EXPECT_EQ(1, self->said.info.dests);
	EXPECT_EQ(RTP_FANOUT_CODEC_OPAQUE, self->said.cfg.codec[FO_PT_OPAQUE]);
	EXPECT_EQ(0, memcmp(&nobody, &self->said.cfg.source, sizeof(nobody)));
	EXPECT_EQ(0, self->said.cfg.ssrc);
	EXPECT_EQ(0, self->said.info.ssrc);
	EXPECT_EQ(0, self->said.info.rx_seq);
	EXPECT_EQ(0, self->said.info.ts_offset);
	EXPECT_EQ(0, self->said.info.bpf_id);
}

/* The capability is asked for where the socket's network namespace is. */
TEST_F(sockdiag, other_user)
{
	static const struct rtp_fanout_addr nobody;

	stream(_metadata, self);
	if (unshare(CLONE_NEWUSER))
		SKIP(return, "no user namespaces");
	close(self->diag);
	self->diag = diag_socket();
	ASSERT_EQ(0, ask(self, true));
	EXPECT_EQ(5, self->said.info.rx_packets);
	EXPECT_EQ(0, memcmp(&nobody, &self->said.cfg.source, sizeof(nobody)));
	EXPECT_EQ(0, self->said.info.ssrc);
}

/* Fan-outs of another network namespace are not shown. */
TEST_F(sockdiag, other_net)
{
	if (unshare(CLONE_NEWNET))
		fo_fatal("unshare");
	close(self->diag);
	self->diag = diag_socket();
	ASSERT_EQ(0, ask(self, true));
	EXPECT_EQ(0, self->said.sockets);
	EXPECT_EQ(-ENOENT, ask(self, false));
}

/* A fan-out like the relay's, so many ports on; or the error. */
static int another(struct _test_data_sockdiag *self, int ports)
{
	enum fo_net net = self->relay.net;
	int fd, ret;

	fd = fo_udp(net == FO_IPV4 ? AF_INET : AF_INET6,
		    net == FO_DUAL ? FO_HOST_ANY : FO_HOST_RELAY,
		    FO_RELAY_PORT + ports);
	ret = fo_attach(fd, &self->relay.cfg);
	if (!ret)
		return fd;
	close(fd);
	return ret;
}

/* Where the next one does not fit, the dump goes on with it. */
TEST_F(sockdiag, many)
{
	int fds[MANY], i;

	for (i = 0; i < MANY; i++) {
		fds[i] = another(self, 1 + i);
		ASSERT_LE(0, fds[i]);
	}
	ASSERT_EQ(0, ask(self, true));
	EXPECT_EQ(MANY + 1, self->said.shown);
	for (i = 0; i < MANY; i++)
		close(fds[i]);
	ASSERT_EQ(0, ask(self, true));
	EXPECT_EQ(1, self->said.shown);
}

static void *look(void *data)
{
	struct _test_data_sockdiag *self = data;

	while (!atomic_load(&self->stop)) {
		if (ask(self, true) || ask(self, false))
			return "wrong answer";
	}
	return NULL;
}

/* What is looked at may go at any moment. */
TEST_F(sockdiag, come_and_go)
{
	pthread_t looker;
	void *wrong;
	int fd, i;

	atomic_store(&self->stop, false);
	ASSERT_EQ(0, pthread_create(&looker, NULL, look, self));
	for (i = 0; i < 40; i++) {
		fo_send(&self->relay, i);
		EXPECT_EQ(0, fo_detach(self->relay.fd));
		EXPECT_EQ(0, fo_attach(self->relay.fd, &self->relay.cfg));
		fd = another(self, 1);
		EXPECT_LE(0, fd);
		close(fd);
	}
	atomic_store(&self->stop, true);
	ASSERT_EQ(0, pthread_join(looker, &wrong));
	EXPECT_EQ(NULL, wrong);
}

/* What ss prints of the socket; false when nothing. */
static bool ss_line(char *line, size_t size)
{
	bool printed;
	FILE *ss;

	ss = popen("${SS:-ss} -uanOH --rtp-fanout sport = :5000", "r");
	if (!ss)
		fo_fatal("ss");
	printed = fgets(line, size, ss);
	return !pclose(ss) && printed;
}

/* Where ss is one that shows fan-outs; SS names another than the system's. */
TEST_F(sockdiag, ss)
{
	const char *source = variant->net == FO_IPV6 ?
		"rtp-fanout: ( source:[fd00::2]:6000 codec:" :
		"rtp-fanout: ( source:127.0.0.2:6000 codec:";
	char line[4096];

	if (system("${SS:-ss} --help 2>&1 | grep -q -- --rtp-fanout"))
		SKIP(return, "ss does not show fan-outs");

	stream(_metadata, self);
	ASSERT_TRUE(ss_line(line, sizeof(line)));
	TH_LOG("%s", line);
	EXPECT_NE(NULL, strstr(line, source));
	EXPECT_NE(NULL, strstr(line, "96=opaque,97=h264"));
	EXPECT_NE(NULL, strstr(line, " ssrc:0x12345678 "));
	EXPECT_NE(NULL, strstr(line, " dests:1 classes:1 rx:5 tx:5 queue:0/"));
	EXPECT_EQ(NULL, strstr(line, "drop"));

	drop_net_admin();
	ASSERT_TRUE(ss_line(line, sizeof(line)));
	EXPECT_NE(NULL, strstr(line, "rtp-fanout: ( codec:"));
	EXPECT_NE(NULL, strstr(line, " dests:1 classes:1 rx:5 tx:5 queue:0/"));
	EXPECT_EQ(NULL, strstr(line, "ssrc"));

	ASSERT_EQ(0, fo_detach(self->relay.fd));
	ASSERT_TRUE(ss_line(line, sizeof(line)));
	EXPECT_EQ(NULL, strstr(line, "rtp-fanout"));
}

static bool is_there(void)
{
	struct _test_data_sockdiag self = { .ext = 0, .diag = diag_socket() };
	int err = ask(&self, true);

	close(self.diag);
	return err != -ENOENT;
}

int main(int argc, char **argv)
{
	fo_netns();
	if (!is_there())
		ksft_exit_skip("no CONFIG_INET_UDP_DIAG\n");
	return test_harness_run(argc, argv);
}
