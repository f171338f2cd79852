// SPDX-License-Identifier: GPL-2.0
/*
 * The option itself, ATTACH and DETACH: each wrong call has its own errno and
 * changes nothing. attach.c has what ATTACH is given.
 */
#include <fcntl.h>
#include <sys/syscall.h>
#include <linux/bpf.h>
#include <linux/udp.h>

#include "fanout_lib.h"
#include "kselftest_harness.h"

FIXTURE(option)
{
	struct fo_relay relay;
	struct rtp_fanout_dest dest;
	struct rtp_fanout_info info;
	struct {
		struct rtp_fanout_hdr hdr;
		__u8 body[8192];
	} buf;
};

FIXTURE_VARIANT(option)
{
	enum fo_net net;
};

FIXTURE_VARIANT_ADD(option, ipv4)
{
	.net = FO_IPV4,
};

FIXTURE_VARIANT_ADD(option, ipv6)
{
	.net = FO_IPV6,
};

FIXTURE_VARIANT_ADD(option, dual)
{
	.net = FO_DUAL,
};

/* Not attached; the buffer holds an ATTACH that would do. */
FIXTURE_SETUP(option)
{
	fo_open(&self->relay, variant->net);
	fo_viewer(&self->relay, 0, &self->dest);
	self->buf.hdr = (struct rtp_fanout_hdr) {
		.op = RTP_FANOUT_ATTACH,
		.count = 1,
		.size = sizeof(self->relay.cfg),
	};
	memcpy(self->buf.body, &self->relay.cfg, sizeof(self->relay.cfg));
}

FIXTURE_TEARDOWN(option)
{
}

static int raw_set(int fd, const void *buf, socklen_t len)
{
	return setsockopt(fd, SOL_SOCKET, SO_RTP_FANOUT, buf, len) ? -errno : 0;
}

static int raw_get(int fd, void *buf, socklen_t len)
{
	return getsockopt(fd, SOL_SOCKET, SO_RTP_FANOUT, buf, &len) ?
		-errno : (int)len;
}

#define ATTACH_LEN	(sizeof(struct rtp_fanout_hdr) + \
			 sizeof(struct rtp_fanout_config))

TEST_F(option, length)
{
	int fd = self->relay.fd, len;

	for (len = 0; len < (int)sizeof(self->buf.hdr); len++)
		EXPECT_REFUSED(EINVAL, fd, raw_set(fd, &self->buf, len));
	for (; len < (int)ATTACH_LEN; len += 7)
		EXPECT_REFUSED(EINVAL, fd, raw_set(fd, &self->buf, len));
	EXPECT_REFUSED(EINVAL, fd, raw_set(fd, &self->buf, ATTACH_LEN - 1));
	EXPECT_REFUSED(EINVAL, fd, raw_set(fd, &self->buf, ATTACH_LEN + 1));
	EXPECT_REFUSED(EINVAL, fd, raw_set(fd, &self->buf, -1));
	EXPECT_EQ(0, raw_set(fd, &self->buf, ATTACH_LEN));

	for (len = 0; len < (int)sizeof(self->buf.hdr); len++)
		EXPECT_EQ(-EINVAL, raw_get(fd, &self->buf, len));
	EXPECT_EQ(-EINVAL, raw_get(fd, &self->buf, -1));
}

TEST_F(option, bad_memory)
{
	long page = sysconf(_SC_PAGESIZE);
	int fd = self->relay.fd;
	char *map;

	map = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, map);
	ASSERT_EQ(0, munmap(map + page, page));

	EXPECT_REFUSED(EFAULT, fd, raw_set(fd, map + page, ATTACH_LEN));
	/* it ends in the header, and in the element */
	EXPECT_REFUSED(EFAULT, fd, raw_set(fd, map + page - 8, ATTACH_LEN));
	map += page - (ATTACH_LEN - 8);
	memcpy(map, &self->buf, ATTACH_LEN - 8);
	EXPECT_REFUSED(EFAULT, fd, raw_set(fd, map, ATTACH_LEN));

	ASSERT_EQ(0, fo_attach(fd, &self->relay.cfg));
	EXPECT_EQ(-EFAULT, raw_get(fd, map + ATTACH_LEN, 400));
	self->buf.hdr.op = RTP_FANOUT_INFO;
	self->buf.hdr.size = sizeof(struct rtp_fanout_info);
	memcpy(map, &self->buf, sizeof(self->buf.hdr));
	EXPECT_EQ(-EFAULT, raw_get(fd, map, sizeof(self->buf.hdr) +
				   sizeof(struct rtp_fanout_info)));
	EXPECT_EQ(-1, getsockopt(fd, SOL_SOCKET, SO_RTP_FANOUT, &self->buf,
				 (socklen_t *)(map + ATTACH_LEN)));
	EXPECT_EQ(EFAULT, errno);
}

TEST_F(option, unknown_operation)
{
	static const __u32 ops[] = {
		0, RTP_FANOUT_INFO, RTP_FANOUT_DESTS, RTP_FANOUT_EVENTS,
		RTP_FANOUT_LAYERS, RTP_FANOUT_CONFIG + 1,
		1 << 16 | RTP_FANOUT_ATTACH, ~0U,
	};
	int i, fd = self->relay.fd;
	struct fo_state state;

	for (i = 0; i < (int)ARRAY_SIZE(ops); i++) {
		self->buf.hdr.op = ops[i];
		EXPECT_REFUSED(EBADRQC, fd, raw_set(fd, &self->buf,
						    ATTACH_LEN));
	}
	ASSERT_EQ(0, fo_attach(fd, &self->relay.cfg));
	for (i = RTP_FANOUT_ATTACH; i <= RTP_FANOUT_FLUSH; i++) {
		self->buf.hdr.op = i;
		EXPECT_REFUSED(EBADRQC, fd, raw_get(fd, &self->buf, 8192));
	}
	self->buf.hdr.op = RTP_FANOUT_CONFIG + 1;
	EXPECT_REFUSED(EBADRQC, fd, raw_get(fd, &self->buf, 8192));
	self->buf.hdr.op = 0;
	EXPECT_REFUSED(EBADRQC, fd, raw_get(fd, &self->buf, 8192));
	fo_state(fd, &state);
	EXPECT_EQ(0, state.count);
}

/* The header's other fields, for every operation. */
TEST_F(option, header)
{
	struct rtp_fanout_hdr *hdr = &self->buf.hdr;
	int fd = self->relay.fd;
	__u32 op;

	ASSERT_EQ(0, fo_attach(fd, &self->relay.cfg));
	for (op = RTP_FANOUT_ATTACH; op <= RTP_FANOUT_FLUSH; op++) {
		hdr->op = op;

		/* more than a call takes, whatever the length is */
		hdr->count = RTP_FANOUT_MAX_COUNT + 1;
		hdr->size = 8;
		EXPECT_REFUSED(EMSGSIZE, fd, raw_set(fd, &self->buf, 8192));
		hdr->count = ~0U;
		EXPECT_REFUSED(EMSGSIZE, fd, raw_set(fd, &self->buf, 8192));
		/* larger than an element may be, and no multiple of 8 */
		hdr->count = 1;
		hdr->size = RTP_FANOUT_MAX_SIZE + 8;
		EXPECT_REFUSED(EINVAL, fd,
			       raw_set(fd, &self->buf,
				       sizeof(*hdr) + hdr->size));
		hdr->size = ~7U;
		EXPECT_REFUSED(EINVAL, fd, raw_set(fd, &self->buf, 8192));
		for (hdr->size = 57; hdr->size < 64; hdr->size++)
			EXPECT_REFUSED(EINVAL, fd,
				       raw_set(fd, &self->buf,
					       sizeof(*hdr) + hdr->size));
		/* elements of no size, and a size without elements */
		hdr->size = 0;
		EXPECT_REFUSED(EINVAL, fd, raw_set(fd, &self->buf,
						   sizeof(*hdr)));
		hdr->count = 0;
		hdr->size = 8;
		EXPECT_REFUSED(EINVAL, fd, raw_set(fd, &self->buf,
						   sizeof(*hdr)));
	}

	for (op = RTP_FANOUT_INFO; op <= RTP_FANOUT_CONFIG; op++) {
		hdr->op = op;
		hdr->count = RTP_FANOUT_MAX_COUNT + 1;
		hdr->size = 8;
		EXPECT_EQ(-EMSGSIZE, raw_get(fd, &self->buf, 8192));
		hdr->count = 1;
		hdr->size = 12;
		EXPECT_EQ(-EINVAL, raw_get(fd, &self->buf, 8192));
		hdr->size = RTP_FANOUT_MAX_SIZE + 8;
		EXPECT_EQ(-EINVAL, raw_get(fd, &self->buf, 8192));
		hdr->size = 64;
		hdr->flags = 1;
		EXPECT_EQ(-EINVAL, raw_get(fd, &self->buf, 8192));
		hdr->flags = 0;
		/* no room for what is asked */
		hdr->count = 100;
		EXPECT_EQ(-EINVAL, raw_get(fd, &self->buf, 16 + 6400 - 1));
		hdr->count = 0;
		hdr->size = 0;
		EXPECT_EQ(-EINVAL, raw_get(fd, &self->buf, 8192));
	}
}

/* Operations without an element; flags where there are none. */
TEST_F(option, no_element)
{
	static const __u32 ops[] = { RTP_FANOUT_DETACH, RTP_FANOUT_FLUSH };
	int i, fd = self->relay.fd;

	ASSERT_EQ(0, fo_attach(fd, &self->relay.cfg));
	ASSERT_EQ(0, fo_add(fd, &self->dest, 1));
	for (i = 0; i < 2; i++) {
		EXPECT_REFUSED(EINVAL, fd, fo_set(fd, ops[i], 1, "", 0, 0));
		EXPECT_REFUSED(EINVAL, fd, fo_set(fd, ops[i], 0, &self->dest,
						  1, sizeof(self->dest)));
		self->buf.hdr = (struct rtp_fanout_hdr) { .op = ops[i] };
		EXPECT_REFUSED(EINVAL, fd, raw_set(fd, &self->buf, 24));
	}
	self->buf.hdr.op = RTP_FANOUT_ADD;
	EXPECT_REFUSED(EINVAL, fd, raw_set(fd, &self->buf, 16));
	EXPECT_EQ(0, fo_flush(fd));
	EXPECT_EQ(0, fo_detach(fd));
}

/* A program of tomorrow, and one of yesterday. */
TEST_F(option, element_sizes)
{
	struct rtp_fanout_hdr *hdr = &self->buf.hdr;
	int fd = self->relay.fd, i;
	__u64 *words;

	/* larger, and the rest is zero, or not */
	hdr->size = sizeof(self->relay.cfg) + 8;
	self->buf.body[hdr->size - 1] = 1;
	EXPECT_REFUSED(E2BIG, fd, raw_set(fd, &self->buf, 16 + hdr->size));
	self->buf.body[hdr->size - 1] = 0;
	EXPECT_EQ(0, raw_set(fd, &self->buf, 16 + hdr->size));
	ASSERT_EQ(0, fo_detach(fd));
	hdr->size = RTP_FANOUT_MAX_SIZE;
	self->buf.body[sizeof(self->relay.cfg)] = 1;
	EXPECT_REFUSED(E2BIG, fd, raw_set(fd, &self->buf, 16 + hdr->size));
	self->buf.body[sizeof(self->relay.cfg)] = 0;
	EXPECT_EQ(0, raw_set(fd, &self->buf, 16 + hdr->size));
	ASSERT_EQ(0, fo_detach(fd));

	/* smaller: what is missing is zero, so the types at the end are none */
	hdr->size = 32 + 96;
	EXPECT_REFUSED(ENODATA, fd, raw_set(fd, &self->buf, 16 + hdr->size));
	hdr->size = 32 + 104;
	EXPECT_EQ(0, raw_set(fd, &self->buf, 16 + hdr->size));

	/* what is returned is cut, or padded */
	hdr->op = RTP_FANOUT_CONFIG;
	hdr->count = 1;
	hdr->size = 24;
	memset(self->buf.body, 0xee, sizeof(self->buf.body));
	EXPECT_EQ(16 + 24, raw_get(fd, &self->buf, 16 + 24));
	EXPECT_EQ(0, memcmp(self->buf.body, &self->relay.cfg, 24));
	EXPECT_EQ(0xee, self->buf.body[24]);
	hdr->op = RTP_FANOUT_INFO;
	hdr->count = 1;
	hdr->size = RTP_FANOUT_MAX_SIZE;
	memset(self->buf.body, 0xee, sizeof(self->buf.body));
	EXPECT_EQ(16 + RTP_FANOUT_MAX_SIZE,
		  raw_get(fd, &self->buf, sizeof(self->buf)));
	words = (__u64 *)self->buf.body;
	for (i = sizeof(self->info) / 8; i < RTP_FANOUT_MAX_SIZE / 8; i++)
		EXPECT_EQ(0, words[i]);
	EXPECT_EQ(0xee, self->buf.body[RTP_FANOUT_MAX_SIZE]);

	/* INFO is one element, however many there is room for */
	hdr->count = 4;
	hdr->size = 64;
	EXPECT_EQ(16 + 64, raw_get(fd, &self->buf, sizeof(self->buf)));
	EXPECT_EQ(1, hdr->count);
}

/* Without a fan-out there is nothing to do and to see. */
TEST_F(option, not_attached)
{
	struct rtp_fanout_dest_info page[4];
	struct rtp_fanout_cursor cursor = {};
	struct rtp_fanout_config cfg;
	struct rtp_fanout_event event;
	int fd = self->relay.fd;

	EXPECT_EQ(-ENOTCONN, fo_detach(fd));
	EXPECT_EQ(-ENOTCONN, fo_add(fd, &self->dest, 1));
	EXPECT_EQ(-ENOTCONN, fo_del(fd, &self->dest, 1));
	EXPECT_EQ(-ENOTCONN, fo_set(fd, RTP_FANOUT_SET, RTP_FANOUT_SET_COOKIE,
				    &self->dest, 1, sizeof(self->dest)));
	EXPECT_EQ(-ENOTCONN, fo_flush(fd));
	EXPECT_EQ(-ENOTCONN, fo_info(fd, &self->info));
	EXPECT_EQ(-ENOTCONN, fo_get(fd, RTP_FANOUT_DESTS, page, 4,
				    sizeof(page[0]), &cursor));
	EXPECT_EQ(-ENOTCONN, fo_events(fd, &event, 1));
	EXPECT_EQ(-ENOTCONN, fo_attached(fd, &cfg));
	EXPECT_EQ(-ENOTCONN, fo_configure(fd, &self->relay.cfg));
}

TEST_F(option, attach_twice)
{
	int fd = self->relay.fd;

	ASSERT_EQ(0, fo_attach(fd, &self->relay.cfg));
	ASSERT_EQ(0, fo_add(fd, &self->dest, 1));
	EXPECT_REFUSED(EALREADY, fd, fo_attach(fd, &self->relay.cfg));
	ASSERT_EQ(0, fo_detach(fd));
	EXPECT_EQ(-ENOTCONN, fo_detach(fd));
	ASSERT_EQ(0, fo_attach(fd, &self->relay.cfg));
	ASSERT_EQ(0, fo_info(fd, &self->info));
	EXPECT_EQ(0, self->info.dests);
}

/* Which socket it is. */
TEST_F(option, socket)
{
	static const struct {
		int family, type, protocol;
	} others[] = {
		{ AF_INET, SOCK_STREAM, 0 },
		{ AF_INET6, SOCK_STREAM, 0 },
		{ AF_INET, SOCK_RAW, IPPROTO_UDP },
		{ AF_INET6, SOCK_RAW, IPPROTO_UDP },
		{ AF_UNIX, SOCK_DGRAM, 0 },
		{ AF_UNIX, SOCK_STREAM, 0 },
		{ AF_NETLINK, SOCK_RAW, 0 },
		{ AF_PACKET, SOCK_DGRAM, 0 },
	};
	struct rtp_fanout_config *cfg = &self->relay.cfg;
	union fo_sockaddr ss;
	unsigned int i;
	int fd;

	for (i = 0; i < ARRAY_SIZE(others); i++) {
		fd = socket(others[i].family, others[i].type,
			    others[i].protocol);
		ASSERT_LE(0, fd);
		EXPECT_EQ(-EOPNOTSUPP, fo_attach(fd, cfg));
		EXPECT_EQ(-EOPNOTSUPP, fo_info(fd, &self->info));
		close(fd);
	}

	/* not bound */
	fd = socket(variant->net == FO_IPV4 ? AF_INET : AF_INET6, SOCK_DGRAM,
		    0);
	ASSERT_LE(0, fd);
	EXPECT_REFUSED(EADDRNOTAVAIL, fd, fo_attach(fd, cfg));
	close(fd);

	/* connected, and no more */
	fd = self->relay.fd;
	fo_sockaddr(&ss, variant->net == FO_IPV4 ? AF_INET : AF_INET6,
		    FO_HOST_SOURCE, FO_SOURCE_PORT);
	if (variant->net == FO_DUAL)
		return;
	ASSERT_EQ(0, connect(fd, &ss.sa, sizeof(ss)));
	EXPECT_REFUSED(EISCONN, fd, fo_attach(fd, cfg));
	ss.sa.sa_family = AF_UNSPEC;
	ASSERT_EQ(0, connect(fd, &ss.sa, sizeof(ss)));
	EXPECT_EQ(0, fo_attach(fd, cfg));
}

/* Another has the socket, and keeps it. */
TEST_F(option, busy_encapsulation)
{
	int family = variant->net == FO_IPV4 ? AF_INET : AF_INET6;
	int fd, type, tried = 0;

	if (variant->net == FO_DUAL)
		fo_config(&self->relay.cfg, AF_INET6);
	for (type = UDP_ENCAP_ESPINUDP; type <= UDP_ENCAP_L2TPINUDP; type++) {
		fd = fo_udp(family, FO_HOST_RELAY, FO_RELAY_PORT + 1);
		if (setsockopt(fd, IPPROTO_UDP, UDP_ENCAP, &type,
			       sizeof(type))) {
			close(fd);
			continue;
		}
		tried++;
		EXPECT_REFUSED(EBUSY, fd, fo_attach(fd, &self->relay.cfg));
		EXPECT_EQ(type, fo_get_int(fd, IPPROTO_UDP, UDP_ENCAP));
		close(fd);
	}
	EXPECT_LT(0, tried);
}

/* While it is a fan-out, others cannot have it. */
TEST_F(option, encapsulation_refused)
{
	int fd = self->relay.fd, type;

	ASSERT_EQ(0, fo_attach(fd, &self->relay.cfg));
	for (type = 0; type <= 10; type++) {
		EXPECT_EQ(-1, setsockopt(fd, IPPROTO_UDP, UDP_ENCAP, &type,
					 sizeof(type)));
		EXPECT_EQ(EBUSY, errno);
	}
	fo_view(&self->relay, 0, NULL);
	fo_send(&self->relay, 1);
	EXPECT_EQ(1, fo_recv_seq(self->relay.viewer[0]));
	ASSERT_EQ(0, fo_detach(fd));
	type = 0;
	EXPECT_EQ(0, setsockopt(fd, IPPROTO_UDP, UDP_ENCAP, &type,
				sizeof(type)));
}

static int map_create(__u32 type)
{
	union bpf_attr attr = {
		.map_type = type,
		.key_size = 4,
		.value_size = 8,
		.max_entries = 1,
	};

	return syscall(__NR_bpf, BPF_MAP_CREATE, &attr, sizeof(attr));
}

static int map_put(int map, int fd)
{
	__u64 value = fd;
	__u32 key = 0;
	union bpf_attr attr = {
		.map_fd = map,
		.key = (unsigned long)&key,
		.value = (unsigned long)&value,
	};

	return syscall(__NR_bpf, BPF_MAP_UPDATE_ELEM, &attr, sizeof(attr)) ?
		-errno : 0;
}

static int reuseport_socket(int family)
{
	union fo_sockaddr ss;
	int fd;

	fo_sockaddr(&ss, family, FO_HOST_RELAY, FO_RELAY_PORT + 1);
	fd = socket(family, SOCK_DGRAM, 0);
	fo_set_int(fd, SOL_SOCKET, SO_REUSEPORT, 1);
	if (bind(fd, &ss.sa, sizeof(ss)))
		fo_fatal("bind");
	return fd;
}

/* A reuseport array and a sockmap use the same pointer of the socket. */
TEST_F(option, busy_maps)
{
	static const __u32 types[] = {
		BPF_MAP_TYPE_REUSEPORT_SOCKARRAY, BPF_MAP_TYPE_SOCKMAP,
	};
	int fd, map, i, tried = 0;

	if (variant->net == FO_DUAL)
		fo_config(&self->relay.cfg, AF_INET6);
	for (i = 0; i < 2; i++) {
		map = map_create(types[i]);
		if (map < 0)
			continue;
		tried++;
		fd = reuseport_socket(self->relay.net == FO_IPV4 ? AF_INET :
				      AF_INET6);
		ASSERT_EQ(0, map_put(map, fd));
		EXPECT_REFUSED(EBUSY, fd, fo_attach(fd, &self->relay.cfg));
		/* gone from the map, it is free */
		close(map);
		EXPECT_TRUE(FO_WAIT(!fo_attach(fd, &self->relay.cfg)));

		/* and the other way round */
		map = map_create(types[i]);
		ASSERT_LE(0, map);
		EXPECT_GT(0, map_put(map, fd));
		EXPECT_EQ(0, fo_info(fd, &self->info));
		close(map);
		close(fd);
	}
	if (!tried)
		SKIP(return, "no maps of sockets in this kernel");
}

/* Each socket of a reuseport group is a fan-out of its own, or none. */
TEST_F(option, reuseport)
{
	int family = variant->net == FO_IPV4 ? AF_INET : AF_INET6;
	int fd[2] = { reuseport_socket(family), reuseport_socket(family) };

	if (variant->net == FO_DUAL)
		fo_config(&self->relay.cfg, AF_INET6);
	ASSERT_EQ(0, fo_attach(fd[0], &self->relay.cfg));
	EXPECT_EQ(-ENOTCONN, fo_info(fd[1], &self->info));
	ASSERT_EQ(0, fo_attach(fd[1], &self->relay.cfg));
	ASSERT_EQ(0, fo_detach(fd[0]));
	EXPECT_EQ(0, fo_info(fd[1], &self->info));
}

int main(int argc, char **argv)
{
	fo_netns();
	return test_harness_run(argc, argv);
}
