// SPDX-License-Identifier: GPL-2.0
/*
 * ADD, SET, DEL, FLUSH and DESTS: all elements or none, and each wrong one has
 * its own errno.
 */
#include <arpa/inet.h>
#include <net/if.h>

#include "fanout_lib.h"
#include "kselftest_harness.h"

FIXTURE(dests)
{
	struct fo_relay relay;
	struct rtp_fanout_dest dest[RTP_FANOUT_MAX_COUNT];
	struct rtp_fanout_dest_info found;
	struct rtp_fanout_info info;
	int fd;
};

FIXTURE_VARIANT(dests)
{
	enum fo_net net;
};

FIXTURE_VARIANT_ADD(dests, ipv4)
{
	.net = FO_IPV4,
};

FIXTURE_VARIANT_ADD(dests, ipv6)
{
	.net = FO_IPV6,
};

FIXTURE_VARIANT_ADD(dests, dual)
{
	.net = FO_DUAL,
};

/* One destination is there: a refusal must not touch it. */
FIXTURE_SETUP(dests)
{
	unsigned int i;

	fo_relay(&self->relay, variant->net);
	self->fd = self->relay.fd;
	for (i = 0; i < RTP_FANOUT_MAX_COUNT; i++) {
		fo_dest(&self->dest[i], self->relay.family, FO_HOST_VIEWER,
			10000 + i);
		self->dest[i].cookie = 0xfeed000000000000ULL + i;
	}
	ASSERT_EQ(0, fo_add(self->fd, &self->dest[RTP_FANOUT_MAX_COUNT - 1],
			    1));
}

FIXTURE_TEARDOWN(dests)
{
}

static __u32 failed_index(int fd)
{
	struct rtp_fanout_info info;

	if (fo_info(fd, &info))
		fo_fatal("info");
	return info.failed_index;
}

/* The element is refused alone, and as the third of five. */
#define EXPECT_DEST(error, change) do {					\
	struct rtp_fanout_dest good_ = self->dest[2];			\
	struct rtp_fanout_dest *dest = &self->dest[2];			\
	int error_ = (error);						\
									\
	change;								\
	EXPECT_REFUSED(error_, self->fd, fo_add(self->fd, dest, 1));	\
	EXPECT_EQ(0, failed_index(self->fd));				\
	EXPECT_REFUSED(error_, self->fd, fo_add(self->fd, self->dest, 5)); \
	EXPECT_EQ(2, failed_index(self->fd));				\
	*dest = good_;							\
} while (0)

TEST_F(dests, wrong_fields)
{
	EXPECT_DEST(EAFNOSUPPORT, dest->addr.family = AF_UNSPEC);
	EXPECT_DEST(EAFNOSUPPORT, dest->addr.family = AF_UNIX);
	EXPECT_DEST(EDESTADDRREQ, dest->addr.port = 0);
	EXPECT_DEST(EDESTADDRREQ, memset(dest->addr.addr, 0, 16));
	EXPECT_DEST(ENODEV, dest->ifindex = 9999);
	EXPECT_DEST(ENODEV, dest->ifindex = 0x80000000);
	EXPECT_DEST(ERANGE, dest->cap.did = 8);
	EXPECT_DEST(ERANGE, dest->cap.did = 255);
	EXPECT_DEST(ERANGE, dest->cap.qid = 16);
	EXPECT_DEST(ERANGE, dest->cap.tid = 8);
	EXPECT_DEST(EINVAL, dest->cap.flags = RTP_FANOUT_CAP_IMMEDIATE);
	EXPECT_DEST(EINVAL, dest->cap.flags = 1U << 7);
	EXPECT_DEST(ERANGE, dest->lease_ms = RTP_FANOUT_MAX_LEASE_MS + 1);
	EXPECT_DEST(ERANGE, dest->lease_ms = ~0U);
	EXPECT_DEST(ERANGE,
		    dest->lease_octets = RTP_FANOUT_MAX_LEASE_OCTETS + 1);
	EXPECT_DEST(ERANGE, dest->lease_octets = ~0ULL);
	/* not the host's own address: nobody sends in another's name */
	EXPECT_DEST(EADDRNOTAVAIL,
		    dest->local[0] = self->relay.family == AF_INET ? 9 : 0xfc);
	EXPECT_EQ(0, fo_add(self->fd, self->dest, 5));
	EXPECT_EQ(~0U, failed_index(self->fd));
}

TEST_F(dests, wrong_ipv4)
{
	int i;

	if (variant->net == FO_IPV6) {
		EXPECT_DEST(EAFNOSUPPORT,
			    fo_addr_text(&dest->addr, "127.0.0.3", 1));
		EXPECT_DEST(EAFNOSUPPORT,
			    fo_addr_text(&dest->addr, "::ffff:127.0.0.3", 1));
		return;
	}
	for (i = 4; i < 16; i++) {
		EXPECT_DEST(EINVAL, dest->addr.addr[i] = 1);
		EXPECT_DEST(EINVAL, dest->local[0] = 127; dest->local[i] = 1);
	}
	EXPECT_DEST(EACCES, fo_addr_text(&dest->addr, "224.0.0.1", 1));
	EXPECT_DEST(EACCES, fo_addr_text(&dest->addr, "239.1.1.1", 1));
	EXPECT_DEST(EACCES, fo_addr_text(&dest->addr, "255.255.255.255", 1));
	EXPECT_DEST(EACCES, fo_addr_text(&dest->addr, "127.255.255.255", 1));
	EXPECT_DEST(EACCES, fo_addr_text(&dest->addr, "::ffff:224.0.0.1", 1));
	EXPECT_DEST(EDESTADDRREQ, fo_addr_text(&dest->addr, "0.0.0.0", 1));
}

TEST_F(dests, wrong_ipv6)
{
	if (variant->net == FO_IPV4) {
		EXPECT_DEST(EAFNOSUPPORT,
			    fo_addr_text(&dest->addr, "fd00::3", 1));
		return;
	}
	EXPECT_DEST(EACCES, fo_addr_text(&dest->addr, "ff02::1", 1));
	EXPECT_DEST(EACCES, fo_addr_text(&dest->addr, "ff15::1", 1);
		    dest->ifindex = if_nametoindex("lo"));
	EXPECT_DEST(EDESTADDRREQ, fo_addr_text(&dest->addr, "::", 1));
	EXPECT_DEST(ENODEV, fo_addr_text(&dest->addr, "fe80::1", 1));
}

/* A stream that comes back to where it came from. */
TEST_F(dests, own_address)
{
	if (variant->net != FO_IPV6)
		EXPECT_DEST(ELOOP, fo_addr_text(&dest->addr, "127.0.0.1",
						FO_RELAY_PORT));
	if (variant->net != FO_IPV4)
		EXPECT_DEST(ELOOP, fo_addr_text(&dest->addr, "fd00::1",
						FO_RELAY_PORT));
	if (variant->net == FO_DUAL) {
		/* bound to any address: all of the host's are its own */
		EXPECT_DEST(ELOOP, fo_addr_text(&dest->addr, "127.0.0.77",
						FO_RELAY_PORT));
		EXPECT_DEST(ELOOP, fo_addr_text(&dest->addr, "fd00::5",
						FO_RELAY_PORT));
		EXPECT_DEST(ELOOP, fo_addr_text(&dest->addr,
						"::ffff:127.0.0.1",
						FO_RELAY_PORT));
	}

	/* the same port of another address is another's */
	fo_addr(&self->dest[0].addr, self->relay.family, FO_HOST_VIEWER,
		variant->net == FO_DUAL ? FO_RELAY_PORT + 1 : FO_RELAY_PORT);
	EXPECT_EQ(0, fo_add(self->fd, self->dest, 1));
}

/* A mapped address is the IPv4 one, under both names. */
TEST_F(dests, mapped_address)
{
	struct rtp_fanout_dest mapped = self->dest[0];

	if (variant->net != FO_DUAL)
		return;
	fo_addr_text(&mapped.addr, "::ffff:127.0.0.3", 10000);
	ASSERT_EQ(0, fo_add(self->fd, &mapped, 1));
	ASSERT_EQ(0, fo_find(self->fd, &self->dest[0], &self->found));
	EXPECT_EQ(-ENOENT, fo_find(self->fd, &mapped, &self->found));
	EXPECT_REFUSED(EEXIST, self->fd, fo_add(self->fd, &self->dest[0], 1));
	EXPECT_REFUSED(EEXIST, self->fd, fo_add(self->fd, &mapped, 1));
	EXPECT_EQ(0, fo_del(self->fd, &self->dest[0], 1));
	EXPECT_EQ(0, fo_add(self->fd, &self->dest[0], 1));
	EXPECT_EQ(0, fo_del(self->fd, &mapped, 1));
}

TEST_F(dests, duplicates)
{
	/* across calls */
	ASSERT_EQ(0, fo_add(self->fd, self->dest, 4));
	EXPECT_REFUSED(EEXIST, self->fd, fo_add(self->fd, self->dest, 1));
	EXPECT_EQ(0, failed_index(self->fd));
	EXPECT_REFUSED(EEXIST, self->fd, fo_add(self->fd, self->dest + 3, 4));
	EXPECT_EQ(0, failed_index(self->fd));
	self->dest[8] = self->dest[1];
	EXPECT_REFUSED(EEXIST, self->fd, fo_add(self->fd, self->dest + 4, 6));
	EXPECT_EQ(4, failed_index(self->fd));
	/* within one; other fields make no difference */
	self->dest[8] = self->dest[5];
	self->dest[8].cookie = 0;
	self->dest[8].cap.tid = 0;
	EXPECT_REFUSED(EEXIST, self->fd, fo_add(self->fd, self->dest + 4, 6));
	EXPECT_EQ(4, failed_index(self->fd));
	ASSERT_EQ(0, fo_info(self->fd, &self->info));
	EXPECT_EQ(5, self->info.dests);
	EXPECT_EQ(1, self->info.caps);
	/* what was refused can be added after */
	EXPECT_EQ(0, fo_add(self->fd, self->dest + 4, 4));
	EXPECT_EQ(~0U, failed_index(self->fd));
}

TEST_F(dests, set)
{
	struct rtp_fanout_dest *dest = self->dest;

	ASSERT_EQ(0, fo_add(self->fd, dest, 3));
	dest[0].cookie = 77;
	dest[0].lease_ms = 600000;
	dest[2].cookie = 79;
	dest[2].lease_ms = 600000;
	/* what is not there, alone and in the middle */
	EXPECT_REFUSED(ENOENT, self->fd,
		       fo_set(self->fd, RTP_FANOUT_SET, RTP_FANOUT_SET_COOKIE,
			      dest + 5, 1, sizeof(*dest)));
	dest[1] = dest[5];
	EXPECT_REFUSED(ENOENT, self->fd,
		       fo_set(self->fd, RTP_FANOUT_SET, RTP_FANOUT_SET_COOKIE,
			      dest, 3, sizeof(*dest)));
	EXPECT_EQ(1, failed_index(self->fd));
	/* one that is there, with a lease that cannot be */
	dest[1] = dest[0];
	dest[1].lease_ms = RTP_FANOUT_MAX_LEASE_MS + 1;
	EXPECT_REFUSED(ERANGE, self->fd,
		       fo_set(self->fd, RTP_FANOUT_SET, RTP_FANOUT_SET_LEASE,
			      dest, 3, sizeof(*dest)));
	EXPECT_EQ(1, failed_index(self->fd));
	dest[1] = dest[0];
	dest[1].lease_octets = 1ULL << 63;
	EXPECT_REFUSED(ERANGE, self->fd,
		       fo_set(self->fd, RTP_FANOUT_SET, RTP_FANOUT_SET_LEASE,
			      dest, 3, sizeof(*dest)));
	EXPECT_EQ(1, failed_index(self->fd));

	/* only what the flags name is taken */
	ASSERT_EQ(0, fo_set(self->fd, RTP_FANOUT_SET, RTP_FANOUT_SET_COOKIE,
			    dest, 1, sizeof(*dest)));
	EXPECT_EQ(~0U, failed_index(self->fd));
	ASSERT_EQ(0, fo_find(self->fd, dest, &self->found));
	EXPECT_EQ(77, self->found.cookie);
	EXPECT_EQ(0, self->found.lease_ms);
	ASSERT_EQ(0, fo_set(self->fd, RTP_FANOUT_SET, RTP_FANOUT_SET_LEASE,
			    dest + 2, 1, sizeof(*dest)));
	ASSERT_EQ(0, fo_find(self->fd, dest + 2, &self->found));
	EXPECT_NE(79, self->found.cookie);
	EXPECT_LT(0, self->found.lease_ms);
	EXPECT_GE(600000, self->found.lease_ms);
	EXPECT_LT(500000, self->found.lease_ms);
}

TEST_F(dests, set_flags)
{
	struct rtp_fanout_dest *dest = self->dest;
	unsigned int bit;

	ASSERT_EQ(0, fo_add(self->fd, dest, 1));
	EXPECT_REFUSED(EINVAL, self->fd, fo_set(self->fd, RTP_FANOUT_SET, 0,
						dest, 1, sizeof(*dest)));
	for (bit = 3; bit < 32; bit++)
		EXPECT_REFUSED(EINVAL, self->fd,
			       fo_set(self->fd, RTP_FANOUT_SET,
				      1U << bit | RTP_FANOUT_SET_COOKIE, dest,
				      1, sizeof(*dest)));
	for (bit = 0; bit < 32; bit++) {
		EXPECT_REFUSED(EINVAL, self->fd,
			       fo_set(self->fd, RTP_FANOUT_ADD, 1U << bit,
				      dest + 1, 1, sizeof(*dest)));
		EXPECT_REFUSED(EINVAL, self->fd,
			       fo_set(self->fd, RTP_FANOUT_DEL, 1U << bit,
				      dest, 1, sizeof(*dest)));
	}
}

TEST_F(dests, del)
{
	struct rtp_fanout_dest *dest = self->dest;

	ASSERT_EQ(0, fo_add(self->fd, dest, 8));
	EXPECT_REFUSED(ENOENT, self->fd, fo_del(self->fd, dest + 8, 1));
	EXPECT_EQ(0, failed_index(self->fd));
	EXPECT_REFUSED(ENOENT, self->fd, fo_del(self->fd, dest + 4, 5));
	EXPECT_EQ(4, failed_index(self->fd));
	/* one twice */
	dest[3] = dest[1];
	EXPECT_REFUSED(ENOENT, self->fd, fo_del(self->fd, dest, 5));
	EXPECT_EQ(3, failed_index(self->fd));
	/* ones that cannot be */
	dest[3].addr.port = 0;
	EXPECT_REFUSED(EDESTADDRREQ, self->fd, fo_del(self->fd, dest, 5));
	/* only address, port and interface are looked at */
	dest[0].cookie = 1;
	dest[0].lease_ms = ~0U;
	memset(dest[0].local, 1, sizeof(dest[0].local));
	memset(&dest[0].cap, 0xff, sizeof(dest[0].cap));
	EXPECT_EQ(0, fo_del(self->fd, dest, 3));
	ASSERT_EQ(0, fo_info(self->fd, &self->info));
	EXPECT_EQ(6, self->info.dests);
	EXPECT_REFUSED(ENOENT, self->fd, fo_del(self->fd, dest, 1));
	/* an element of only these */
	EXPECT_EQ(0, fo_set(self->fd, RTP_FANOUT_DEL, 0, &dest[4],
			    1, offsetof(struct rtp_fanout_dest, local)));
}

TEST_F(dests, flush)
{
	ASSERT_EQ(0, fo_add(self->fd, self->dest, 200));
	ASSERT_EQ(0, fo_flush(self->fd));
	ASSERT_EQ(0, fo_info(self->fd, &self->info));
	EXPECT_EQ(0, self->info.dests);
	EXPECT_EQ(0, self->info.caps);
	EXPECT_EQ(0, fo_flush(self->fd));
	EXPECT_EQ(0, fo_add(self->fd, self->dest, 200));
}

/* So many caps besides the one that keeps everything, counted by use. */
TEST_F(dests, caps)
{
	const unsigned int most = RTP_FANOUT_MAX_CAPS;
	struct rtp_fanout_dest *dest = self->dest;
	unsigned int i;

	/* the destination that is there has the other */
	for (i = 0; i < most; i++)
		dest[i].cap = (struct rtp_fanout_cap) {
			.did = i / 8, .qid = i % 16, .tid = i % 8,
		};
	ASSERT_EQ(0, fo_add(self->fd, dest, most));
	ASSERT_EQ(0, fo_info(self->fd, &self->info));
	EXPECT_EQ(most + 1, self->info.caps);
	dest[40].cap = (struct rtp_fanout_cap) { .did = 5, };
	EXPECT_REFUSED(ENOSPC, self->fd, fo_add(self->fd, dest + 40, 1));
	EXPECT_REFUSED(ENOSPC, self->fd, fo_add(self->fd, dest + 38, 5));
	EXPECT_EQ(2, failed_index(self->fd));
	/* a pause is one, too */
	dest[41].cap = (struct rtp_fanout_cap) {
		.flags = RTP_FANOUT_CAP_PAUSE,
	};
	EXPECT_REFUSED(ENOSPC, self->fd, fo_add(self->fd, dest + 41, 1));
	/* another of one in use; then the last of one goes */
	dest[39].cap = dest[7].cap;
	EXPECT_EQ(0, fo_add(self->fd, dest + 39, 1));
	EXPECT_EQ(0, fo_del(self->fd, dest + 7, 1));
	EXPECT_REFUSED(ENOSPC, self->fd, fo_add(self->fd, dest + 40, 1));
	EXPECT_EQ(0, fo_del(self->fd, dest + 39, 1));
	EXPECT_EQ(0, fo_add(self->fd, dest + 40, 1));
	ASSERT_EQ(0, fo_info(self->fd, &self->info));
	EXPECT_EQ(most + 1, self->info.caps);
}

/* Every destination once, whatever comes and goes between two pages. */
TEST_F(dests, pages)
{
	struct rtp_fanout_dest_info page[7];
	struct rtp_fanout_cursor cursor = {};
	unsigned int seen[400] = {}, calls = 0;
	int i, port, count;

	ASSERT_EQ(0, fo_flush(self->fd));
	ASSERT_EQ(0, fo_add(self->fd, self->dest, 300));
	do {
		count = fo_get(self->fd, RTP_FANOUT_DESTS, page, 7,
			       sizeof(page[0]), &cursor);
		ASSERT_LE(0, count);
		for (i = 0; i < count; i++) {
			port = ntohs(page[i].addr.port) - 10000;
			ASSERT_LE(0, port);
			ASSERT_GT(400, port);
			seen[port]++;
			EXPECT_EQ(self->dest[port].cookie,
				  page[i].cookie);
		}
		/* 200 to 299 go and come back, 300 to 399 come */
		if (calls < 100) {
			ASSERT_EQ(0, fo_del(self->fd, self->dest + 200 + calls,
					    1));
			if (calls >= 50)
				ASSERT_EQ(0, fo_add(self->fd, self->dest + 150 +
						    calls, 1));
			ASSERT_EQ(0, fo_add(self->fd, self->dest + 300 + calls,
					    1));
		}
		calls++;
		ASSERT_GT(1000, calls);
	} while (cursor.next);

	for (i = 0; i < 200; i++)
		EXPECT_EQ(1, seen[i]);

	/* the end is the end, and beyond it as well */
	cursor.next = 1 << 30;
	EXPECT_EQ(0, fo_get(self->fd, RTP_FANOUT_DESTS, page, 7,
			    sizeof(page[0]), &cursor));
	EXPECT_EQ(0, cursor.next);
	cursor.next = ~0ULL;
	EXPECT_EQ(0, fo_get(self->fd, RTP_FANOUT_DESTS, page, 7,
			    sizeof(page[0]), &cursor));
	EXPECT_EQ(0, cursor.next);
}

/* The most that one call takes, and that a fan-out holds. */
TEST_F(dests, limits)
{
	ASSERT_EQ(0, fo_flush(self->fd));
	ASSERT_EQ(0, fo_add(self->fd, self->dest, RTP_FANOUT_MAX_COUNT));
	ASSERT_EQ(0, fo_info(self->fd, &self->info));
	EXPECT_EQ(RTP_FANOUT_MAX_COUNT, self->info.dests);
	EXPECT_EQ(-EMSGSIZE, fo_set(self->fd, RTP_FANOUT_DEL, 0, self->dest,
				    RTP_FANOUT_MAX_COUNT + 1, 8));
	ASSERT_EQ(0, fo_del(self->fd, self->dest, RTP_FANOUT_MAX_COUNT));

	/* another's fan-out meanwhile has the limit as well: put it back */
	fo_sysctl("max_dests", "10");
	EXPECT_REFUSED(EDQUOT, self->fd, fo_add(self->fd, self->dest, 11));
	EXPECT_EQ(10, failed_index(self->fd));
	EXPECT_EQ(0, fo_add(self->fd, self->dest, 10));
	EXPECT_REFUSED(EDQUOT, self->fd, fo_add(self->fd, self->dest + 10, 1));
	EXPECT_EQ(0, fo_del(self->fd, self->dest, 1));
	EXPECT_EQ(0, fo_add(self->fd, self->dest + 10, 1));
	fo_sysctl("max_dests", "131072");
	EXPECT_EQ(0, fo_add(self->fd, self->dest + 11, 100));

	/* one that was attached while it was low keeps to about that */
	ASSERT_EQ(0, fo_detach(self->fd));
	fo_sysctl("max_dests", "100");
	ASSERT_EQ(0, fo_attach(self->fd, &self->relay.cfg));
	fo_sysctl("max_dests", "131072");
	EXPECT_REFUSED(EDQUOT, self->fd, fo_add(self->fd, self->dest, 200));
	EXPECT_EQ(128, failed_index(self->fd));
	EXPECT_EQ(0, fo_add(self->fd, self->dest, 128));
}

/* A slot that is used again does not keep what was before. */
TEST_F(dests, reuse)
{
	struct rtp_fanout_dest *dest = self->dest;
	int i, viewer;

	viewer = fo_view(&self->relay, 0, NULL);
	for (i = 0; i < 50; i++) {
		fo_viewer(&self->relay, 0, dest);
		fo_send(&self->relay, i);
		ASSERT_EQ(i, fo_recv_seq(viewer));
		ASSERT_EQ(0, fo_find(self->fd, dest, &self->found));
		EXPECT_GE(1, self->found.packets);
		ASSERT_EQ(0, fo_del(self->fd, dest, 1));
		ASSERT_EQ(0, fo_add(self->fd, dest, 1));
		ASSERT_EQ(0, fo_find(self->fd, dest, &self->found));
		EXPECT_EQ(0, self->found.packets);
		EXPECT_EQ(0, self->found.octets);
	}
}

int main(int argc, char **argv)
{
	fo_netns();
	return test_harness_run(argc, argv);
}
