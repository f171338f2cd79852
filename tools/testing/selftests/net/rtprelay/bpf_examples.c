// SPDX-License-Identifier: GPL-2.0
/*
 * The two classifiers that are meant as examples, h266.bpf.c and
 * every_nth.bpf.c, do in the kernel what they say.
 */
#include <errno.h>
#include <string.h>
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "fanout_lib.h"
#include "kselftest_harness.h"

#define VIEWERS	3

/* Bits of who gets a datagram, by the caps of the fixture. */
enum { FIRST = 1, SECOND = 2, ALL = 4, EACH = 7 };

struct example {
	struct bpf_object *object;
	struct fo_audience audience;
};

static void open_example(struct example *example, const char *file)
{
	example->object = bpf_object__open_file(file, NULL);
	if (!example->object)
		fo_fatal(file);
}

/* A fan-out with the program, and a viewer for each cap. */
static void start(struct example *example, const struct rtp_fanout_cap *caps)
{
	struct fo_relay *relay = &example->audience.relay;
	struct bpf_program *program;

	if (bpf_object__load(example->object))
		fo_fatal("load");
	program = bpf_object__next_program(example->object, NULL);
	fo_open(relay, FO_IPV4);
	relay->cfg.codec[FO_PT_BPF] = RTP_FANOUT_CODEC_BPF;
	relay->cfg.bpf_fd = bpf_program__fd(program);
	fo_audience(&example->audience, caps, VIEWERS);
	example->audience.pt = FO_PT_BPF;
}

#define EXPECT_KEPT(keep, ...) do {					\
	const __u8 payload_[] = { __VA_ARGS__ };			\
									\
	ASSERT_TRUE(fo_kept(&self->example.audience, keep, payload_,	\
			    sizeof(payload_)));				\
} while (0)

FIXTURE(h266)
{
	struct example example;
};

FIXTURE_SETUP(h266)
{
	static const struct rtp_fanout_cap caps[VIEWERS] = {
		{ .did = 0, .qid = 15, .tid = 7 },
		{ .did = 7, .qid = 15, .tid = 0 },
		{ .did = 7, .qid = 15, .tid = 7 },
	};

	open_example(&self->example, "h266.bpf.o");
	start(&self->example, caps);
}

FIXTURE_TEARDOWN(h266)
{
	bpf_object__close(self->example.object);
}

/* RFC 9328, section 1.1.4: F Z LayerId, Type TID + 1. */
#define L(did)		(did)
#define U(type, tid)	((type) << 3 | ((tid) + 1))
#define TRAIL	0
#define IDR	8
#define CRA	9
#define SPS	15
#define PH	19
#define SEI	23
#define AP	28
#define FU	29

TEST_F(h266, layers)
{
	struct fo_audience *audience = &self->example.audience;

	EXPECT_KEPT(EACH, L(0), U(SPS, 0), 1, 2);
	EXPECT_KEPT(EACH, L(1), U(SPS, 0), 1, 2);
	EXPECT_KEPT(EACH, L(0), U(IDR, 0), 0xc0, 2);
	EXPECT_KEPT(SECOND | ALL, L(1), U(IDR, 0), 0xc0, 2);
	audience->timestamp += 3000;
	EXPECT_KEPT(FIRST | ALL, L(0), U(TRAIL, 2), 1, 2);
	EXPECT_KEPT(ALL, L(1), U(TRAIL, 2), 1, 2);
	EXPECT_KEPT(FIRST | ALL, L(0), U(SEI, 2), 1, 2);
	/* all bits of both fields; DIDs above the highest that there is */
	EXPECT_KEPT(FIRST | ALL, L(0), U(TRAIL, 4), 1, 2);
	EXPECT_KEPT(SECOND | ALL, L(2), U(TRAIL, 0), 1, 2);
	EXPECT_KEPT(SECOND | ALL, L(32), U(TRAIL, 0), 1, 2);
	audience->timestamp += 3000;
	/* fragments say their layer each, aggregates the lowest of theirs */
	EXPECT_KEPT(SECOND | ALL, L(3), U(FU, 0), 0x80 | TRAIL, 1);
	EXPECT_KEPT(SECOND | ALL, L(3), U(FU, 0), TRAIL, 1);
	EXPECT_KEPT(SECOND | ALL, L(3), U(FU, 0), 0x40 | TRAIL, 1);
	EXPECT_KEPT(FIRST | ALL, L(0), U(AP, 1), 0, 3, L(0), U(TRAIL, 1), 1, 0, 3,
		    L(1), U(TRAIL, 1), 2);
	/* what is no H.266 is for all */
	EXPECT_KEPT(EACH, 0x80 | 1, 1, 2, 3);
	EXPECT_KEPT(EACH, 1, 0, 2, 3);
	EXPECT_KEPT(EACH, 1);
	EXPECT_KEPT(EACH, L(0), U(TRAIL, 0), 1, 2);
}

/* To a higher spatial layer where it begins anew, and not before. */
TEST_F(h266, up)
{
	const struct rtp_fanout_cap all = { .did = 7, .qid = 15, .tid = 7 };
	struct fo_audience *audience = &self->example.audience;

	EXPECT_KEPT(EACH, L(0), U(IDR, 0), 0xc0, 2);
	EXPECT_KEPT(SECOND | ALL, L(1), U(IDR, 0), 0xc0, 2);
	ASSERT_EQ(0, fo_set_cap(&audience->relay, 0, all));
	audience->timestamp += 3000;
	EXPECT_KEPT(EACH, L(0), U(TRAIL, 0), 1, 2);
	EXPECT_KEPT(SECOND | ALL, L(1), U(TRAIL, 0), 1, 2);
	/* its second fragment begins nothing */
	audience->timestamp += 3000;
	EXPECT_KEPT(EACH, L(0), U(TRAIL, 0), 1, 2);
	EXPECT_KEPT(SECOND | ALL, L(1), U(FU, 0), CRA, 2);
	EXPECT_KEPT(SECOND | ALL, L(1), U(FU, 0), 0x40 | CRA, 2);
	audience->timestamp += 3000;
	EXPECT_KEPT(EACH, L(0), U(TRAIL, 0), 1, 2);
	EXPECT_KEPT(EACH, L(1), U(FU, 0), 0x80 | CRA, 2);
	EXPECT_KEPT(EACH, L(1), U(FU, 0), 0x40 | CRA, 2);
	audience->timestamp += 3000;
	EXPECT_KEPT(FIRST | ALL, L(0), U(TRAIL, 1), 1, 2);
	EXPECT_KEPT(FIRST | ALL, L(1), U(TRAIL, 1), 1, 2);
	EXPECT_KEPT(EACH, L(0), U(TRAIL, 0), 1, 2);
}

/* To more temporal layers where the base layer begins anew. */
TEST_F(h266, faster)
{
	const struct rtp_fanout_cap all = { .did = 7, .qid = 15, .tid = 7 };
	struct fo_audience *audience = &self->example.audience;

	EXPECT_KEPT(EACH, L(0), U(IDR, 0), 0xc0, 2);
	ASSERT_EQ(0, fo_set_cap(&audience->relay, 1, all));
	audience->timestamp += 3000;
	EXPECT_KEPT(FIRST | ALL, L(0), U(TRAIL, 1), 1, 2);
	audience->timestamp += 3000;
	EXPECT_KEPT(EACH, L(0), U(TRAIL, 0), 1, 2);
	audience->timestamp += 3000;
	EXPECT_KEPT(FIRST | ALL, L(0), U(TRAIL, 1), 1, 2);
	/* an aggregate with a picture header that says IRAP */
	audience->timestamp += 3000;
	EXPECT_KEPT(EACH, L(0), U(AP, 0), 0, 3, L(0), U(SPS, 0), 1, 0, 3,
		    L(0), U(PH, 0), 0x80);
	audience->timestamp += 3000;
	EXPECT_KEPT(EACH, L(0), U(TRAIL, 1), 1, 2);
	EXPECT_KEPT(EACH, L(0), U(TRAIL, 0), 1, 2);
}

FIXTURE(every_nth)
{
	struct example example;
};

FIXTURE_SETUP(every_nth)
{
	static const struct rtp_fanout_cap caps[VIEWERS] = {
		{ .did = 7, .qid = 15, .tid = 0 },
		{ .did = 0, .qid = 0, .tid = 0 },
		{ .did = 7, .qid = 15, .tid = 7 },
	};
	struct bpf_map *data;
	size_t size;
	__u32 *every;

	open_example(&self->example, "every_nth.bpf.o");
	data = bpf_object__find_map_by_name(self->example.object, ".data");
	ASSERT_NE(NULL, data);
	every = bpf_map__initial_value(data, &size);
	ASSERT_EQ(sizeof(*every), size);
	EXPECT_EQ(2, *every);
	*every = 3;
	start(&self->example, caps);
}

FIXTURE_TEARDOWN(every_nth)
{
	bpf_object__close(self->example.object);
}

/* One frame of three, all of its datagrams, and no hole where others were. */
TEST_F(every_nth, thins)
{
	struct fo_audience *audience = &self->example.audience;
	int frame, part;

	for (frame = 0; frame < 20; frame++) {
		for (part = 0; part <= frame % 4; part++)
			EXPECT_KEPT(frame % 3 ? ALL : EACH, frame, part, 1);
		audience->timestamp += 3600;
	}
}

/* What is late is of the frame that it is of, and counts for none. */
TEST_F(every_nth, late)
{
	struct fo_audience *audience = &self->example.audience;

	const __u8 second[] = { 1, 1 };
	struct fo_hole hole;

	EXPECT_KEPT(EACH, 0, 0);
	audience->timestamp += 3600;
	EXPECT_KEPT(ALL, 1, 0);
	/* its second datagram comes after the next frame's first */
	fo_lose(audience, EACH, &hole);
	audience->timestamp += 3600;
	EXPECT_KEPT(ALL, 2, 0);
	ASSERT_TRUE(fo_late(audience, &hole, ALL, second, sizeof(second)));
	/* and the number that was left free is taken back */
	audience->watch[0].next--;
	audience->watch[1].next--;
	audience->timestamp += 3600;
	EXPECT_KEPT(EACH, 3, 0);
	audience->timestamp += 3600;
	EXPECT_KEPT(ALL, 4, 0);
}

/* A viewer gets all of them from the next frame on. */
TEST_F(every_nth, faster)
{
	const struct rtp_fanout_cap all = { .did = 7, .qid = 15, .tid = 7 };
	struct fo_audience *audience = &self->example.audience;

	EXPECT_KEPT(EACH, 0, 0);
	audience->timestamp += 3600;
	EXPECT_KEPT(ALL, 1, 0);
	ASSERT_EQ(0, fo_set_cap(&audience->relay, 0, all));
	EXPECT_KEPT(ALL, 1, 1);
	audience->timestamp += 3600;
	EXPECT_KEPT(ALL, 2, 0);
	audience->timestamp += 3600;
	EXPECT_KEPT(EACH, 3, 0);
	audience->timestamp += 3600;
	EXPECT_KEPT(FIRST | ALL, 4, 0);
}

int main(int argc, char **argv)
{
	fo_netns();
	return test_harness_run(argc, argv);
}
