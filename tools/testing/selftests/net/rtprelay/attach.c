// SPDX-License-Identifier: GPL-2.0
/*
 * What ATTACH is given: each field that cannot be has its own errno and changes
 * nothing; what is taken can be read back.
 */
#include <net/if.h>

#include "fanout_lib.h"
#include "kselftest_harness.h"

FIXTURE(attach)
{
	struct rtp_fanout_config found;
	struct fo_relay relay;
};

FIXTURE_VARIANT(attach)
{
	enum fo_net net;
};

FIXTURE_VARIANT_ADD(attach, ipv4)
{
	.net = FO_IPV4,
};

FIXTURE_VARIANT_ADD(attach, ipv6)
{
	.net = FO_IPV6,
};

FIXTURE_VARIANT_ADD(attach, dual)
{
	.net = FO_DUAL,
};

/* Not attached; the configuration would do. */
FIXTURE_SETUP(attach)
{
	fo_open(&self->relay, variant->net);
}

FIXTURE_TEARDOWN(attach)
{
}

#define EXPECT_CONFIG(error, change) do {				\
	struct rtp_fanout_config good_ = self->relay.cfg;		\
	struct rtp_fanout_config *cfg = &self->relay.cfg;		\
									\
	change;								\
	EXPECT_REFUSED(error, self->relay.fd,				\
		       fo_attach(self->relay.fd, cfg));			\
	*cfg = good_;							\
} while (0)

TEST_F(attach, fields)
{
	unsigned int pt, bit;

	for (bit = 1; bit < 32; bit++)
		EXPECT_CONFIG(EINVAL, cfg->flags = 1U << bit);
	EXPECT_CONFIG(EINVAL, cfg->reserved[0] = 1);
	EXPECT_CONFIG(EINVAL, cfg->reserved[2] = 128);
	EXPECT_CONFIG(EINVAL, cfg->dependency_id = 1);	/* for AV1 only */

	EXPECT_CONFIG(ERANGE, cfg->pace_percent = 101);
	EXPECT_CONFIG(ERANGE, cfg->pace_percent = 0xffff);
	EXPECT_CONFIG(ERANGE, cfg->pace_percent = 50;
		      cfg->pace_burst = RTP_FANOUT_MAX_PACE_BURST + 1);
	EXPECT_CONFIG(EINVAL, cfg->pace_burst = 1);	/* of no pace */

	EXPECT_CONFIG(EAFNOSUPPORT, cfg->source.family = AF_UNSPEC);
	EXPECT_CONFIG(EAFNOSUPPORT, cfg->source.family = AF_UNIX);
	EXPECT_CONFIG(EAFNOSUPPORT, cfg->source.family = 0xffff);
	EXPECT_CONFIG(EDESTADDRREQ, cfg->source.port = 0);
	EXPECT_CONFIG(EDESTADDRREQ, memset(cfg->source.addr, 0, 16));

	EXPECT_CONFIG(ENODEV, cfg->ifindex = 9999);
	EXPECT_CONFIG(ENODEV, cfg->ifindex = ~0U);

	for (pt = 64; pt <= 95; pt++)
		EXPECT_CONFIG(EPROTO, cfg->codec[pt] = 1);
	EXPECT_CONFIG(EPROTONOSUPPORT, cfg->codec[0] = 9);
	EXPECT_CONFIG(EPROTONOSUPPORT, cfg->codec[127] = 255);
	EXPECT_CONFIG(ENODATA, memset(cfg->codec, 0, sizeof(cfg->codec)));

	/* all that may be */
	for (pt = 0; pt < 128; pt++)
		self->relay.cfg.codec[pt] = pt < 64 || pt > 95 ? 1 + pt % 7 : 0;
	self->relay.cfg.dependency_id = 255;
	self->relay.cfg.flags = RTP_FANOUT_TEE;
	self->relay.cfg.ifindex = if_nametoindex("lo");
	self->relay.cfg.pace_percent = 100;
	self->relay.cfg.pace_burst = RTP_FANOUT_MAX_PACE_BURST;
	self->relay.cfg.silent_ms = RTP_FANOUT_MAX_SILENT_MS;
	EXPECT_EQ(0, fo_attach(self->relay.fd, &self->relay.cfg));
	ASSERT_EQ(0, fo_attached(self->relay.fd, &self->found));
	EXPECT_EQ(0, memcmp(&self->found, &self->relay.cfg,
			    sizeof(self->found)));
}

TEST_F(attach, addresses)
{
	struct rtp_fanout_addr mapped;
	int i;

	fo_addr_text(&mapped, "::ffff:127.0.0.2", FO_SOURCE_PORT);
	if (variant->net == FO_IPV4) {
		/* not a byte more than IPv4 has */
		for (i = 4; i < 16; i++)
			EXPECT_CONFIG(EINVAL, cfg->source.addr[i] = 1);
		EXPECT_CONFIG(EAFNOSUPPORT,
			      fo_addr_text(&cfg->source, "fd00::2", 1));
	}
	if (variant->net == FO_IPV6) {
		EXPECT_CONFIG(EAFNOSUPPORT,
			      fo_addr_text(&cfg->source, "127.0.0.2", 1));
		EXPECT_CONFIG(EAFNOSUPPORT, cfg->source = mapped);
	} else {
		EXPECT_CONFIG(EACCES,
			      fo_addr_text(&cfg->source, "224.0.0.1", 1));
		EXPECT_CONFIG(EACCES,
			      fo_addr_text(&cfg->source, "239.255.255.255", 1));
		EXPECT_CONFIG(EACCES,
			      fo_addr_text(&cfg->source, "255.255.255.255", 1));
		EXPECT_CONFIG(EACCES, fo_addr_text(&cfg->source,
						   "::ffff:224.0.0.1", 1));

		/* a mapped address is the IPv4 one */
		self->relay.cfg.source = mapped;
		EXPECT_EQ(0, fo_attach(self->relay.fd, &self->relay.cfg));
		fo_addr_text(&mapped, "127.0.0.2", FO_SOURCE_PORT);
		ASSERT_EQ(0, fo_attached(self->relay.fd, &self->found));
		EXPECT_EQ(0, memcmp(&self->found.source, &mapped,
				    sizeof(mapped)));
		fo_view(&self->relay, 0, NULL);
		fo_send(&self->relay, 5);
		EXPECT_EQ(5, fo_recv_seq(self->relay.viewer[0]));
		return;
	}
	EXPECT_CONFIG(EACCES, fo_addr_text(&cfg->source, "ff02::1", 1));
	/* a link-local address means nothing without an interface */
	EXPECT_CONFIG(ENODEV, fo_addr_text(&cfg->source, "fe80::1", 1));
	fo_addr_text(&self->relay.cfg.source, "fe80::1", 1);
	self->relay.cfg.ifindex = if_nametoindex("lo");
	EXPECT_EQ(0, fo_attach(self->relay.fd, &self->relay.cfg));
}

/* What was left open is filled in; where nothing is paced nothing is. */
TEST_F(attach, pace)
{
	int fd = self->relay.fd;

	ASSERT_EQ(0, fo_attach(fd, &self->relay.cfg));
	ASSERT_EQ(0, fo_attached(fd, &self->found));
	EXPECT_EQ(0, self->found.pace_percent);
	EXPECT_EQ(0, self->found.pace_burst);
	ASSERT_EQ(0, fo_detach(fd));

	self->relay.cfg.pace_percent = 1;
	ASSERT_EQ(0, fo_attach(fd, &self->relay.cfg));
	ASSERT_EQ(0, fo_attached(fd, &self->found));
	EXPECT_EQ(1, self->found.pace_percent);
	EXPECT_EQ(RTP_FANOUT_DEFAULT_PACE_BURST, self->found.pace_burst);
	ASSERT_EQ(0, fo_detach(fd));

	self->relay.cfg.pace_burst = 1;
	ASSERT_EQ(0, fo_attach(fd, &self->relay.cfg));
	ASSERT_EQ(0, fo_attached(fd, &self->found));
	EXPECT_EQ(1, self->found.pace_burst);
}

int main(int argc, char **argv)
{
	fo_netns();
	return test_harness_run(argc, argv);
}
