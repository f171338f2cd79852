// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests for what a destination gets: over changes of its cap its numbers
 * go on.
 */
#include <kunit/test.h>
#include <linux/array_size.h>
#include <linux/slab.h>
#include "relay_test.h"

#define VARIANTS	12

/* Each class has as many references as destinations hold it. */
static void expect_balanced(struct kunit *test, const struct relay *relay,
			    const struct rtp_variant *variants, unsigned int n)
{
	const struct rtp_classes *classes = &relay->classes;
	unsigned int class, i, refs, members, pending = 0;

	for (class = 0; class < RTP_CLASSES; class++) {
		refs = class == RTP_CLASS_ALL;
		members = 0;
		for (i = 0; i < n; i++) {
			refs += !!(variants[i].classes & BIT(class));
			members += variants[i].classes &&
				   variants[i].class == class;
		}
		KUNIT_ASSERT_EQ_MSG(test, classes->members[class], members,
				    "class %u", class);
		KUNIT_ASSERT_EQ_MSG(test, !!(classes->used & BIT(class)),
				    !!refs, "class %u", class);
		if (refs)
			KUNIT_ASSERT_EQ_MSG(test, classes->refs[class], refs,
					    "class %u", class);
	}
	for (i = 0; i < n; i++)
		pending += rtp_variant_is_pending(&variants[i]);
	KUNIT_ASSERT_EQ(test, classes->switching, pending);
}

/* A whole access unit of @dids spatial layers, each of two datagrams, without a
 * loss; what the destination gets of it has consecutive numbers.
 */
static void expect_unit(struct kunit *test, struct relay *relay,
			struct rtp_variant *variant, unsigned int dids, u8 tid,
			u8 flags, int *next, unsigned int expected)
{
	unsigned int i, got = 0;
	int number;

	for (i = 0; i < 2 * dids; i++) {
		struct rtp_layer layer = {
			.did = i / 2, .tid = tid,
			.flags = i % 2 ? 0 : flags | (i ? 0 : START),
		};

		if (!i) {
			layer.up_from = tid;
			layer.up_to = RTP_TID_MAX;
		}
		relay_next(test, relay, 0, &layer);
		number = relay_send(relay, variant);
		if (number < 0)
			continue;
		got++;
		if (*next >= 0)
			KUNIT_EXPECT_EQ(test, number, *next);
		*next = (u16)(number + 1);
	}
	KUNIT_EXPECT_EQ(test, got, expected);
}

static u32 load_of(const struct relay *relay, u8 did)
{
	const struct rtp_classes *classes = &relay->classes;
	u32 used = classes->used;

	return rtp_class_load(classes, used,
			      rtp_class_keep(classes, used,
					     LAYER(did, 0, START)), 1000);
}

/* What a datagram counts for, by who gets it and not by who will. */
static void variant_load(struct kunit *test)
{
	struct relay *relay = relay_new(test);
	struct rtp_variant variants[4], paused;
	unsigned int i;
	int next = -1;

	/* Nobody is there, or nobody who wants any: that is no reason to hurry. */
	KUNIT_EXPECT_EQ(test, load_of(relay, 0), 1000);
	KUNIT_ASSERT_EQ(test, relay_add(relay, &paused, PAUSED), 0);
	KUNIT_EXPECT_EQ(test, load_of(relay, 0), 1000);

	for (i = 0; i < ARRAY_SIZE(variants); i++)
		KUNIT_ASSERT_EQ(test, relay_add(relay, &variants[i],
						i ? CAP(1, 7) : CAP(0, 7)), 0);
	expect_unit(test, relay, &variants[1], 3, 0, SYNC, &next, 4);
	KUNIT_EXPECT_EQ(test, load_of(relay, 0), 1000);
	KUNIT_EXPECT_EQ(test, load_of(relay, 1), 875);
	KUNIT_EXPECT_EQ(test, load_of(relay, 2), 0);

	/* One waits for the highest layer, and has it from a key frame on. */
	KUNIT_ASSERT_EQ(test, relay_set(relay, &variants[1], CAP(2, 7), false),
			0);
	expect_unit(test, relay, &variants[1], 3, 1, 0, &next, 4);
	KUNIT_EXPECT_EQ(test, load_of(relay, 1), 875);
	KUNIT_EXPECT_EQ(test, load_of(relay, 2), 0);
	expect_unit(test, relay, &variants[1], 3, 0, SYNC, &next, 6);
	KUNIT_EXPECT_EQ(test, load_of(relay, 2), 625);

	/* What it had before counts no more, although what is late can be of it. */
	KUNIT_ASSERT_EQ(test, relay_set(relay, &variants[1], CAP(0, 7), false),
			0);
	expect_unit(test, relay, &variants[1], 3, 0, SYNC, &next, 2);
	KUNIT_EXPECT_EQ(test, load_of(relay, 1), 750);
	KUNIT_EXPECT_EQ(test, load_of(relay, 2), 0);

	for (i = 0; i < ARRAY_SIZE(variants); i++)
		rtp_variant_exit(&variants[i], &relay->classes);
	KUNIT_EXPECT_EQ(test, load_of(relay, 2), 1000);
}

static void variant_numbers_go_on(struct kunit *test)
{
	struct relay *relay = relay_new(test);
	struct rtp_variant other, variant;
	int next = -1;

	relay->seq = 65530;
	/* Other classes are ahead by other numbers. */
	KUNIT_ASSERT_EQ(test, relay_add(relay, &other, CAP(1, 0)), 0);
	KUNIT_ASSERT_EQ(test, relay_add(relay, &variant, CAP(0, 7)), 0);
	expect_unit(test, relay, &variant, 3, 0, SYNC, &next, 2);

	/* two steps in one access unit */
	KUNIT_ASSERT_EQ(test, relay_set(relay, &variant, CAP(2, 7), false), 0);
	expect_unit(test, relay, &variant, 3, 2, 0, &next, 2);
	expect_unit(test, relay, &variant, 3, 0, SYNC, &next, 6);
	KUNIT_EXPECT_FALSE(test, rtp_variant_is_pending(&variant));

	/* fewer temporal ones at once, fewer spatial ones at a key frame */
	KUNIT_ASSERT_EQ(test, relay_set(relay, &variant, CAP(1, 0), false), 0);
	expect_unit(test, relay, &variant, 3, 1, 0, &next, 0);
	expect_unit(test, relay, &variant, 3, 0, 0, &next, 6);
	expect_unit(test, relay, &variant, 3, 0, SYNC, &next, 4);
	KUNIT_EXPECT_FALSE(test, rtp_variant_is_pending(&variant));

	/* a pause, and back to everything */
	KUNIT_ASSERT_EQ(test, relay_set(relay, &variant, PAUSED, false), 0);
	expect_unit(test, relay, &variant, 3, 0, 0, &next, 0);
	KUNIT_ASSERT_EQ(test, relay_set(relay, &variant, UNCAPPED, false), 0);
	expect_unit(test, relay, &variant, 3, 0, 0, &next, 0);
	expect_unit(test, relay, &variant, 3, 0, SYNC, &next, 6);
	expect_unit(test, relay, &variant, 3, 2, 0, &next, 6);

	/* down without waiting, and more temporal ones before the spatial */
	KUNIT_ASSERT_EQ(test, relay_set(relay, &variant, CAP(0, 0), true), 0);
	expect_unit(test, relay, &variant, 3, 0, 0, &next, 2);
	expect_unit(test, relay, &variant, 3, 1, 0, &next, 0);
	KUNIT_ASSERT_EQ(test, relay_set(relay, &variant, CAP(1, 7), false), 0);
	expect_unit(test, relay, &variant, 3, 0, 0, &next, 2);
	expect_unit(test, relay, &variant, 3, 1, 0, &next, 2);
	expect_unit(test, relay, &variant, 3, 0, SYNC, &next, 4);
	expect_balanced(test, relay, (struct rtp_variant[]) { other, variant },
			2);
}

/* The second of two steps is a key frame later where something was lost. */
static void variant_steps_over_two_units(struct kunit *test)
{
	struct relay *relay = relay_new(test);
	struct rtp_variant variant;

	KUNIT_ASSERT_EQ(test, relay_add(relay, &variant, CAP(0, 7)), 0);
	relay_next(test, relay, 0, LAYER(0, 0, BEGIN));
	KUNIT_EXPECT_EQ(test, relay_send(relay, &variant), 1);
	relay_next(test, relay, 0, LAYER(2, 0, SYNC));
	KUNIT_ASSERT_EQ(test, relay_set(relay, &variant, CAP(2, 7), false), 0);

	relay_next(test, relay, 0, LAYER(0, 0, BEGIN));
	KUNIT_EXPECT_EQ(test, relay_send(relay, &variant), 2);
	relay_next(test, relay, 0, LAYER(1, 0, SYNC));
	KUNIT_EXPECT_EQ(test, relay_send(relay, &variant), 3);
	relay_next(test, relay, 1, LAYER(2, 0, SYNC));
	KUNIT_EXPECT_EQ(test, relay_send(relay, &variant), -1);
	KUNIT_EXPECT_TRUE(test, rtp_variant_is_pending(&variant));

	/* The one that is missing may have been of the middle layer. */
	relay_next(test, relay, 0, LAYER(0, 0, BEGIN));
	KUNIT_EXPECT_EQ(test, relay_send(relay, &variant), 5);
	relay_next(test, relay, 0, LAYER(1, 0, SYNC));
	KUNIT_EXPECT_EQ(test, relay_send(relay, &variant), 6);
	relay_next(test, relay, 0, LAYER(2, 0, SYNC));
	KUNIT_EXPECT_EQ(test, relay_send(relay, &variant), 7);
	KUNIT_EXPECT_FALSE(test, rtp_variant_is_pending(&variant));
	expect_balanced(test, relay, &variant, 1);
}

/* Those that switch from one variant at one datagram end in one. */
static void variant_is_shared(struct kunit *test)
{
	struct relay *relay = relay_new(test);
	struct rtp_variant variants[2];
	unsigned int i;

	KUNIT_ASSERT_EQ(test, relay_add(relay, &variants[0], CAP(0, 7)), 0);
	for (i = 0; i < 5; i++)
		relay_next(test, relay, 0, LAYER(i % 2, 0, i % 2 ? 0 : START));
	KUNIT_ASSERT_EQ(test, relay_add(relay, &variants[1], CAP(0, 7)), 0);

	for (i = 0; i < 2; i++)
		KUNIT_ASSERT_EQ(test,
				relay_set(relay, &variants[i],
					  i ? UNCAPPED : CAP(1, 7), false), 0);
	/* one changes its mind */
	KUNIT_ASSERT_EQ(test, relay_set(relay, &variants[1], CAP(1, 7), true),
			0);

	relay_next(test, relay, 0, LAYER(0, 0, BEGIN));
	relay_send(relay, &variants[0]);
	relay_send(relay, &variants[1]);
	relay_next(test, relay, 0, LAYER(1, 0, SYNC));
	KUNIT_EXPECT_EQ(test, relay_send(relay, &variants[0]),
			relay_send(relay, &variants[1]));
	KUNIT_EXPECT_EQ(test, variants[0].class, variants[1].class);
	KUNIT_EXPECT_EQ(test, variants[0].offset, variants[1].offset);
	KUNIT_EXPECT_NE(test, variants[0].offset, 0);
	KUNIT_EXPECT_FALSE(test, rtp_variant_is_pending(&variants[0]));
	expect_balanced(test, relay, variants, 2);
}

/* What is late and of before the switch has the number that it would have had,
 * and is of the cap that was in force.
 */
static void variant_late_of_before(struct kunit *test)
{
	struct relay *relay = relay_new(test);
	struct rtp_variant stays, variant;
	int number;

	KUNIT_ASSERT_EQ(test, relay_add(relay, &stays, CAP(0, 7)), 0);
	KUNIT_ASSERT_EQ(test, relay_add(relay, &variant, CAP(0, 7)), 0);
	relay_next(test, relay, 0, LAYER(0, 0, BEGIN));
	relay_next(test, relay, 0, LAYER(1, 0, SYNC));
	relay_next(test, relay, 0, LAYER(1, 0, 0));
	KUNIT_ASSERT_EQ(test, relay_set(relay, &variant, CAP(1, 7), false), 0);

	/* Two of each may be missing; it goes up after them. */
	relay_next(test, relay, 4, LAYER(0, 0, BEGIN));
	KUNIT_EXPECT_EQ(test, relay_send(relay, &variant), 6);
	relay_next(test, relay, 0, LAYER(0, 0, BEGIN));
	KUNIT_EXPECT_EQ(test, relay_send(relay, &variant), 7);
	relay_next(test, relay, 0, LAYER(1, 0, SYNC));
	KUNIT_EXPECT_EQ(test, relay_send(relay, &variant), 8);
	KUNIT_EXPECT_FALSE(test, rtp_variant_is_pending(&variant));

	relay_late(test, relay, 5, LAYER(0, 0, START));
	number = relay_send(relay, &variant);
	KUNIT_EXPECT_EQ(test, number, 3);
	KUNIT_EXPECT_EQ(test, relay_send(relay, &stays), number);
	relay_late(test, relay, 4, LAYER(1, 0, START));
	KUNIT_EXPECT_EQ(test, relay_send(relay, &variant), -1);

	/* After the switch, one of the new cap */
	relay_next(test, relay, 1, LAYER(1, 0, 0));
	KUNIT_EXPECT_EQ(test, relay_send(relay, &variant), 10);
	relay_late(test, relay, 1, LAYER(1, 0, 0));
	KUNIT_EXPECT_EQ(test, relay_send(relay, &variant), 9);
}

/* Its class stays until nothing late comes any more, and no longer. */
static void variant_late_of_before_alone(struct kunit *test)
{
	struct relay *relay = relay_new(test);
	struct rtp_variant variant;
	unsigned int i;
	u32 before;

	KUNIT_ASSERT_EQ(test, relay_add(relay, &variant, CAP(0, 7)), 0);
	relay_next(test, relay, 0, LAYER(0, 0, BEGIN));
	relay_next(test, relay, 0, LAYER(1, 0, SYNC));
	KUNIT_ASSERT_EQ(test, relay_set(relay, &variant, CAP(1, 7), false), 0);
	relay_next(test, relay, 1, LAYER(0, 0, BEGIN));
	KUNIT_EXPECT_EQ(test, relay_send(relay, &variant), 3);
	relay_next(test, relay, 0, LAYER(0, 0, BEGIN));
	KUNIT_EXPECT_EQ(test, relay_send(relay, &variant), 4);
	relay_next(test, relay, 0, LAYER(1, 0, SYNC));
	KUNIT_EXPECT_EQ(test, relay_send(relay, &variant), 5);
	KUNIT_EXPECT_FALSE(test, rtp_variant_is_pending(&variant));
	expect_balanced(test, relay, &variant, 1);

	relay_late(test, relay, 3, LAYER(0, 0, START));
	KUNIT_EXPECT_EQ(test, relay_send(relay, &variant), 2);

	before = relay->classes.used;
	for (i = 0; i <= RTP_SEQ_RING; i++) {
		relay_next(test, relay, 0, LAYER(0, 0, START));
		KUNIT_ASSERT_EQ(test, relay_send(relay, &variant), 6 + i);
	}
	KUNIT_EXPECT_NE(test, relay->classes.used, before);
	expect_balanced(test, relay, &variant, 1);
}

/* A number of the new class is not taken back from who came to it counting on
 * it, or the next would have a number that was given.
 */
static void variant_late_not_kept_of_before(struct kunit *test)
{
	struct relay *relay = relay_new(test);
	struct rtp_variant stays, variant;
	int number;

	KUNIT_ASSERT_EQ(test, relay_add(relay, &stays, CAP(0, 7)), 0);
	KUNIT_ASSERT_EQ(test, relay_add(relay, &variant, CAP(2, 7)), 0);
	relay_next(test, relay, 0, LAYER(0, 0, BEGIN));
	relay_next(test, relay, 0, LAYER(2, 0, SYNC));
	KUNIT_ASSERT_EQ(test, relay_set(relay, &variant, CAP(0, 7), true), 0);

	/* What of the gap was of the access unit before is not for D0, and is
	 * still for who had D2 then.
	 */
	relay_next(test, relay, 2, LAYER(1, 2, START));
	number = relay_send(relay, &variant);
	KUNIT_EXPECT_EQ(test, number, -1);
	relay_late(test, relay, 1, LAYER(2, 0, 0));
	KUNIT_EXPECT_EQ(test, relay_send(relay, &variant), 4);
	relay_late(test, relay, 2, LAYER(2, 0, 0));
	KUNIT_EXPECT_EQ(test, relay_send(relay, &variant), 3);
	relay_next(test, relay, 0, LAYER(0, 0, START));
	/* two, and two left free before it changed */
	KUNIT_EXPECT_EQ(test, relay_send(relay, &variant), 5);
}

static void variant_too_many_caps(struct kunit *test)
{
	struct relay *relay = relay_new(test);
	unsigned int i, n = RTP_CLASSES - 2;
	struct rtp_variant *variants;

	variants = kunit_kcalloc(test, RTP_CLASSES, sizeof(*variants),
				 GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, variants);

	/* a stream of three layers, so that there is much in between */
	relay_next(test, relay, 0, LAYER(0, 0, START));
	relay_next(test, relay, 0, LAYER(2, 2, 0));

	for (i = 0; i < n; i++)
		KUNIT_ASSERT_EQ(test,
				relay_add(relay, &variants[i],
					  CAP(i / 7, i % 7)), 0);
	expect_balanced(test, relay, variants, n);

	/* One is left: for a change that needs more there is no room. */
	KUNIT_EXPECT_EQ(test, relay_set(relay, &variants[0],
					&(struct rtp_cap) { 2, 3, 7 }, false),
			-ENOSPC);
	expect_balanced(test, relay, variants, n);
	KUNIT_EXPECT_FALSE(test, rtp_variant_is_pending(&variants[0]));
	KUNIT_EXPECT_EQ(test, relay_add(relay, &variants[n], CAP(6, 6)), 0);
	KUNIT_EXPECT_EQ(test, relay_add(relay, &variants[n + 1], CAP(6, 5)),
			-ENOSPC);
	KUNIT_EXPECT_EQ(test, relay_add(relay, &variants[n + 1], UNCAPPED), 0);
	expect_balanced(test, relay, variants, n + 2);

	for (i = 0; i < n + 2; i++)
		rtp_variant_exit(&variants[i], &relay->classes);
	expect_balanced(test, relay, variants, 0);
}

/* Whatever is asked for when, and whatever arrives: every reference is given
 * back, and numbers ascend by one.
 */
static void variant_random_changes(struct kunit *test)
{
	struct rtp_variant variants[VARIANTS];
	struct relay *relay = relay_new(test);
	int next[VARIANTS];
	unsigned int i, j;
	u32 seed = 7;

	for (i = 0; i < VARIANTS; i++) {
		KUNIT_ASSERT_EQ(test, relay_add(relay, &variants[i], UNCAPPED),
				0);
		next[i] = -1;
	}

	for (j = 0; j < 20000; j++) {
		struct rtp_layer layer = { .did = j % 3, .qid = j / 3 % 2 };
		u32 draw = (seed = seed * 1664525 + 1013904223) >> 8;
		struct rtp_cap cap = {
			.did = draw >> 4 & 3, .tid = draw >> 6 & 3,
			.qid = draw >> 8 & 1 ? RTP_QID_MAX : 0,
		};

		i = draw % VARIANTS;
		if (draw >> 9 & 1)
			cap = draw >> 10 & 1 ? *PAUSED : *UNCAPPED;
		if (!(draw >> 11 & 7)) {
			relay_set(relay, &variants[i], &cap, draw >> 14 & 1);
		} else if (!(draw >> 11 & 63)) {
			rtp_variant_exit(&variants[i], &relay->classes);
			KUNIT_ASSERT_EQ(test,
					relay_add(relay, &variants[i], &cap),
					0);
			next[i] = -1;
		}
		expect_balanced(test, relay, variants, VARIANTS);

		layer.tid = j / 6 % 4;
		if (j % 6 == 0) {
			layer.flags = START;
			layer.up_from = layer.tid;
			layer.up_to = RTP_TID_MAX;
		}
		if (draw >> 15 & 1)
			layer.flags |= SYNC;
		relay_next(test, relay, 0, &layer);
		for (i = 0; i < VARIANTS; i++) {
			int number = relay_send(relay, &variants[i]);

			if (number < 0)
				continue;
			if (next[i] >= 0)
				KUNIT_ASSERT_EQ(test, number, next[i]);
			next[i] = (u16)(number + 1);
		}
		expect_balanced(test, relay, variants, VARIANTS);
	}
	for (i = 0; i < VARIANTS; i++)
		rtp_variant_exit(&variants[i], &relay->classes);
	expect_balanced(test, relay, variants, 0);
}

/* A cap that was asked for after a datagram was received is for the next. */
static void variant_not_for_those_received(struct kunit *test)
{
	struct relay *relay = relay_new(test);
	struct rtp_variant variant;

	KUNIT_ASSERT_EQ(test, relay_add(relay, &variant, CAP(1, 7)), 0);
	relay_next(test, relay, 0, LAYER(0, 0, START));
	KUNIT_ASSERT_EQ(test, relay_set(relay, &variant, CAP(0, 7), true), 0);
	KUNIT_EXPECT_EQ(test, relay_send(relay, &variant), 1);
	KUNIT_EXPECT_TRUE(test, rtp_variant_is_pending(&variant));
	relay_next(test, relay, 0, LAYER(0, 0, START));
	KUNIT_EXPECT_EQ(test, relay_send(relay, &variant), 2);
	KUNIT_EXPECT_FALSE(test, rtp_variant_is_pending(&variant));
}

/* Nor is one that was given the class of a cap which they had numbers for. */
static void variant_not_with_numbers_of_another(struct kunit *test)
{
	struct relay *relay = relay_new(test);
	struct rtp_variant goes, variant;

	KUNIT_ASSERT_EQ(test, relay_add(relay, &goes, CAP(2, 7)), 0);
	KUNIT_ASSERT_EQ(test, relay_add(relay, &variant, CAP(1, 7)), 0);
	relay_next(test, relay, 0, LAYER(0, 0, START));
	rtp_variant_exit(&goes, &relay->classes);
	KUNIT_ASSERT_EQ(test, relay_set(relay, &variant, CAP(0, 7), true), 0);
	KUNIT_ASSERT_EQ(test, variant.want, goes.class);
	KUNIT_EXPECT_EQ(test, relay_send(relay, &variant), 1);
	KUNIT_EXPECT_TRUE(test, rtp_variant_is_pending(&variant));
	relay_next(test, relay, 0, LAYER(0, 0, START));
	KUNIT_EXPECT_EQ(test, relay_send(relay, &variant), 2);
	KUNIT_EXPECT_FALSE(test, rtp_variant_is_pending(&variant));
}

/* What is late and of before the last change but one has no number any more. */
static void variant_late_of_long_before(struct kunit *test)
{
	struct relay *relay = relay_new(test);
	struct rtp_variant stays, variant;

	KUNIT_ASSERT_EQ(test, relay_add(relay, &stays, CAP(0, 7)), 0);
	KUNIT_ASSERT_EQ(test, relay_add(relay, &variant, CAP(0, 7)), 0);
	relay_next(test, relay, 0, LAYER(0, 0, START));
	relay_next(test, relay, 0, LAYER(1, 0, SYNC));
	relay_next(test, relay, 1, LAYER(0, 0, START));
	relay_next(test, relay, 0, LAYER(0, 0, START));
	KUNIT_ASSERT_EQ(test, relay_set(relay, &variant, CAP(1, 7), false), 0);
	relay_next(test, relay, 0, LAYER(0, 0, BEGIN));
	relay_send(relay, &variant);
	relay_next(test, relay, 0, LAYER(1, 0, SYNC));
	relay_send(relay, &variant);
	KUNIT_ASSERT_EQ(test, relay_set(relay, &variant, CAP(0, 7), true), 0);
	relay_next(test, relay, 0, LAYER(0, 0, START));
	relay_send(relay, &variant);
	KUNIT_EXPECT_FALSE(test, rtp_variant_is_pending(&variant));

	relay_late(test, relay, 5, LAYER(0, 0, START));
	KUNIT_EXPECT_EQ(test, relay_send(relay, &stays), 2);
	KUNIT_EXPECT_EQ(test, relay_send(relay, &variant), -1);
}

/* A new source is joined somewhere: its first access unit may not be whole. */
static void variant_begins_after_a_restart(struct kunit *test)
{
	struct relay *relay = relay_new(test);
	struct rtp_variant variant;
	u16 seq = 5000;

	KUNIT_ASSERT_EQ(test, relay_add(relay, &variant, CAP(0, 7)), 0);
	relay_next(test, relay, 0, LAYER(0, 0, BEGIN));
	relay_next(test, relay, 0, LAYER(1, 0, SYNC));
	KUNIT_ASSERT_EQ(test, relay_set(relay, &variant, CAP(1, 7), false), 0);

	KUNIT_EXPECT_EQ(test, relay_take(relay, seq, LAYER(0, 0, BEGIN)),
			RTP_UNCONFIRMED);
	KUNIT_EXPECT_EQ(test, relay_take(relay, seq + 1, LAYER(0, 0, BEGIN)),
			RTP_ACCEPT);
	KUNIT_EXPECT_EQ(test, relay_send(relay, &variant), 2);
	relay_next(test, relay, 0, LAYER(1, 0, SYNC));
	KUNIT_EXPECT_EQ(test, relay_send(relay, &variant), -1);
	relay_next(test, relay, 0, LAYER(0, 0, BEGIN));
	KUNIT_EXPECT_EQ(test, relay_send(relay, &variant), 3);
	relay_next(test, relay, 0, LAYER(1, 0, SYNC));
	KUNIT_EXPECT_EQ(test, relay_send(relay, &variant), 4);
}

/* The stream gets a layer more while a destination waits for one of it. */
static void variant_higher_layer_comes(struct kunit *test)
{
	struct relay *relay = relay_new(test);
	struct rtp_variant variant;
	int next = -1;

	KUNIT_ASSERT_EQ(test, relay_add(relay, &variant, CAP(0, 7)), 0);
	expect_unit(test, relay, &variant, 2, 0, SYNC, &next, 2);
	KUNIT_ASSERT_EQ(test, relay_set(relay, &variant, CAP(2, 7), false), 0);
	expect_unit(test, relay, &variant, 3, 0, 0, &next, 2);
	expect_unit(test, relay, &variant, 3, 0, SYNC, &next, 2);
	expect_unit(test, relay, &variant, 3, 0, SYNC, &next, 6);
	KUNIT_EXPECT_FALSE(test, rtp_variant_is_pending(&variant));
	expect_balanced(test, relay, &variant, 1);
}

/* A marker bit that the access unit might go on behind is not set. */
static void variant_marker_while_waiting(struct kunit *test)
{
	struct relay *relay = relay_new(test);
	struct rtp_variant stays, rises;
	struct rtp_copy copy;
	u32 base;

	KUNIT_ASSERT_EQ(test, relay_add(relay, &stays, CAP(0, 7)), 0);
	KUNIT_ASSERT_EQ(test, relay_add(relay, &rises, CAP(0, 7)), 0);
	base = BIT(rises.class);
	relay_next(test, relay, 0, LAYER(0, 0, BEGIN));
	relay_next(test, relay, 0, LAYER(1, 0, SYNC));
	KUNIT_ASSERT_EQ(test, relay_set(relay, &rises, CAP(1, 7), false), 0);

	/* the last of D0, as the codec knows, or as the sender says */
	relay_next(test, relay, 0, LAYER(0, 0, START));
	relay_switch(relay, &rises);
	local_bh_disable();
	relay->arrival.marked = base;
	KUNIT_EXPECT_TRUE(test, rtp_variant_number(&stays, &relay->classes,
						   &relay->arrival, &copy));
	KUNIT_EXPECT_TRUE(test, copy.marked);
	KUNIT_EXPECT_TRUE(test, rtp_variant_number(&rises, &relay->classes,
						   &relay->arrival, &copy));
	KUNIT_EXPECT_FALSE(test, copy.marked);
	relay->arrival.marked = relay->arrival.used;
	KUNIT_EXPECT_TRUE(test, rtp_variant_number(&rises, &relay->classes,
						   &relay->arrival, &copy));
	KUNIT_EXPECT_TRUE(test, copy.marked);

	/* To lower layers nothing begins. */
	relay->arrival.marked = base;
	local_bh_enable();
	KUNIT_ASSERT_EQ(test, relay_set(relay, &rises, CAP(0, 0), false), 0);
	local_bh_disable();
	KUNIT_EXPECT_TRUE(test, rtp_variant_number(&rises, &relay->classes,
						   &relay->arrival, &copy));
	KUNIT_EXPECT_TRUE(test, copy.marked);
	local_bh_enable();
}

/* It is said once that a destination waits. */
static void variant_waits(struct kunit *test)
{
	struct relay *relay = relay_new(test);
	struct rtp_variant variant;
	unsigned int i, waits = 0;

	KUNIT_ASSERT_EQ(test, relay_add(relay, &variant, CAP(0, 7)), 0);
	relay_next(test, relay, 0, LAYER(0, 0, BEGIN));
	relay_next(test, relay, 0, LAYER(1, 0, SYNC));
	KUNIT_ASSERT_EQ(test, relay_set(relay, &variant, CAP(1, 7), false), 0);
	for (i = 0; i < 10; i++) {
		relay_next(test, relay, 0, LAYER(0, i % 2, START));
		waits += relay_switch(relay, &variant);
		KUNIT_EXPECT_EQ(test, waits, i >= 1);
	}

	/* It goes while it waits. */
	rtp_variant_exit(&variant, &relay->classes);
	expect_balanced(test, relay, &variant, 0);
}

static struct kunit_case variant_cases[] = {
	KUNIT_CASE(variant_load),
	KUNIT_CASE(variant_numbers_go_on),
	KUNIT_CASE(variant_steps_over_two_units),
	KUNIT_CASE(variant_is_shared),
	KUNIT_CASE(variant_late_of_before),
	KUNIT_CASE(variant_late_of_before_alone),
	KUNIT_CASE(variant_late_not_kept_of_before),
	KUNIT_CASE(variant_too_many_caps),
	KUNIT_CASE(variant_random_changes),
	KUNIT_CASE(variant_not_for_those_received),
	KUNIT_CASE(variant_not_with_numbers_of_another),
	KUNIT_CASE(variant_late_of_long_before),
	KUNIT_CASE(variant_begins_after_a_restart),
	KUNIT_CASE(variant_higher_layer_comes),
	KUNIT_CASE(variant_marker_while_waiting),
	KUNIT_CASE(variant_waits),
	{}
};

static struct kunit_suite variant_suite = {
	.name = "rtprelay_variant",
	.test_cases = variant_cases,
};

kunit_test_suite(variant_suite);
