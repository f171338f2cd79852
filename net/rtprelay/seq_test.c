// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests for the numbers of the output.
 */
#include <kunit/test.h>
#include <linux/slab.h>
#include "seq.h"

#define A	1
#define B	5
#define C	31
#define ABC	(BIT(A) | BIT(B) | BIT(C))

/* What is before it was never numbered; the next begins a block. */
static struct rtp_seq *seq_new(struct kunit *test, u32 head)
{
	unsigned int class;
	struct rtp_seq *seq;

	seq = kunit_kzalloc(test, sizeof(*seq), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, seq);
	seq->head = head * RTP_SEQ_BLOCK - 1;
	for (class = 0; class < RTP_CLASSES; class++)
		rtp_seq_open(seq, class);

	return seq;
}

/* The same for every run. */
static u32 seq_random(u32 *seed)
{
	*seed = *seed * 1664525 + 1013904223;

	return *seed >> 8;
}

static struct rtp_numbers seq_newest(struct rtp_seq *seq, u16 missing,
				     u32 missing_classes, u32 classes)
{
	struct rtp_numbers numbers;

	rtp_seq_miss(seq, missing, missing_classes);
	rtp_seq_newest(seq, classes, &numbers);

	return numbers;
}

static struct rtp_numbers seq_late(struct rtp_seq *seq, u32 ext, u32 classes)
{
	struct rtp_numbers numbers;

	rtp_seq_late(seq, ext, classes, &numbers);

	return numbers;
}

/* Over the wraps of both: each class has consecutive numbers of its own. */
static void seq_consecutive(struct kunit *test)
{
	struct rtp_seq *seq = seq_new(test, -40);
	u16 count[RTP_CLASSES] = {};
	unsigned int i, class;
	u32 seed = 1;

	for (i = 0; i < 70000; i++) {
		u32 classes = seq_random(&seed) | BIT(A);
		u32 head = seq->head;
		struct rtp_numbers numbers;

		numbers = seq_newest(seq, 0, 0, classes);
		KUNIT_ASSERT_EQ(test, numbers.ext, head + 1);
		KUNIT_ASSERT_EQ(test, numbers.classes, classes);
		for (class = 0; class < RTP_CLASSES; class++) {
			if (classes & BIT(class))
				count[class]++;
			KUNIT_ASSERT_EQ(test, numbers.number[class],
					count[class]);
		}
	}
}

/* What was left free or given, by extended number. */
struct seq_model {
	u32 classes[RTP_SEQ_RING];
	u16 number[RTP_SEQ_RING][RTP_CLASSES];
	u16 count[RTP_CLASSES];
	bool missing[RTP_SEQ_RING];
};

static void seq_model_add(struct seq_model *model, u32 ext, u32 classes,
			  bool missing)
{
	u32 slot = ext % RTP_SEQ_RING;
	unsigned int class;

	for (class = 0; class < RTP_CLASSES; class++) {
		if (classes & BIT(class))
			model->count[class]++;
		model->number[slot][class] = model->count[class];
	}
	model->classes[slot] = classes;
	model->missing[slot] = missing;
}

static void seq_model_late(struct kunit *test, struct seq_model *model,
			   struct rtp_seq *seq, u32 ext)
{
	u32 slot = ext % RTP_SEQ_RING;
	struct rtp_numbers numbers;
	unsigned int class;

	if (!model->missing[slot])
		return;

	KUNIT_ASSERT_FALSE(test, rtp_seq_seen(seq, ext));
	numbers = seq_late(seq, ext, model->classes[slot]);
	KUNIT_ASSERT_TRUE(test, rtp_seq_seen(seq, ext));
	KUNIT_ASSERT_EQ(test, numbers.ext, ext);
	KUNIT_ASSERT_EQ(test, numbers.classes, model->classes[slot]);
	for (class = 0; class < RTP_CLASSES; class++) {
		if (numbers.classes & BIT(class))
			KUNIT_ASSERT_EQ(test, numbers.number[class],
					model->number[slot][class]);
	}
	model->missing[slot] = false;
}

/* A number that was left free is there again, wherever in the window it is,
 * also where blocks and the ring begin and the extended numbers wrap.
 */
static void seq_late_in_window(struct kunit *test)
{
	const u32 oldest = RTP_SEQ_RING - RTP_SEQ_BLOCK - 1;
	struct rtp_seq *seq = seq_new(test, -50);
	struct seq_model *model;
	u32 seed = 2, i, ext;

	model = kunit_kzalloc(test, sizeof(*model), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, model);

	for (i = 0; i < 8 * RTP_SEQ_RING; i++) {
		u32 missing = seq_random(&seed) % 4;
		u32 left = seq_random(&seed), classes = seq_random(&seed);

		for (ext = seq->head + 1; ext != seq->head + 1 + missing;
		     ext++)
			seq_model_add(model, ext, left, true);
		seq_model_add(model, ext, classes, false);
		seq_newest(seq, missing, left, classes);

		/* One somewhere, and what leaves the window next. */
		if (i < RTP_SEQ_RING)
			continue;
		ext = seq->head - seq_random(&seed) % (oldest + 1);
		seq_model_late(test, model, seq, ext);
		seq_model_late(test, model, seq, seq->head - oldest);
	}
}

static void seq_late_and_not_left_free(struct kunit *test)
{
	struct rtp_seq *seq = seq_new(test, 0);
	struct rtp_numbers numbers;

	seq_newest(seq, 0, 0, ABC);
	seq_newest(seq, 1, BIT(A), ABC);
	numbers = seq_late(seq, seq->head - 1, BIT(A) | BIT(B));
	KUNIT_EXPECT_EQ(test, numbers.classes, BIT(A));
	KUNIT_EXPECT_EQ(test, numbers.number[A], 2);
	KUNIT_EXPECT_EQ(test, seq->number[A], 3);
	KUNIT_EXPECT_EQ(test, seq->number[B], 2);
	KUNIT_EXPECT_EQ(test, seq->number[C], 2);
}

static void seq_retract(struct kunit *test)
{
	struct rtp_seq *seq = seq_new(test, 0);
	struct rtp_numbers numbers;

	seq_newest(seq, 0, 0, ABC);
	seq_newest(seq, 1, ABC, BIT(B));
	KUNIT_EXPECT_EQ(test, seq->number[A], 2);

	/* For C: A has got nothing since, and B has. */
	numbers = seq_late(seq, seq->head - 1, BIT(C));
	KUNIT_EXPECT_EQ(test, numbers.classes, BIT(C));
	KUNIT_EXPECT_EQ(test, numbers.number[C], 2);

	numbers = seq_newest(seq, 0, 0, ABC);
	KUNIT_EXPECT_EQ(test, numbers.number[A], 2);
	KUNIT_EXPECT_EQ(test, numbers.number[B], 4);
	KUNIT_EXPECT_EQ(test, numbers.number[C], 3);
}

/* Those missing after it move up, however far they are. */
static void seq_retract_moves_what_is_left_free(struct kunit *test)
{
	struct rtp_seq *seq = seq_new(test, -3);
	u32 first, second, third, i;

	seq_newest(seq, 0, 0, ABC);
	first = seq->head + 1;
	seq_newest(seq, 1, ABC, BIT(B));
	for (i = 0; i < 2 * RTP_SEQ_BLOCK; i++)
		seq_newest(seq, 0, 0, BIT(B));
	second = seq->head + 1;
	seq_newest(seq, 1, ABC, BIT(B));
	for (i = 0; i < 3 * RTP_SEQ_BLOCK; i++)
		seq_newest(seq, 0, 0, BIT(B));
	third = seq->head + 1;
	seq_newest(seq, 1, ABC, BIT(B));
	KUNIT_EXPECT_EQ(test, seq->number[A], 4);

	seq_late(seq, first, BIT(B) | BIT(C));
	KUNIT_EXPECT_EQ(test, seq->number[A], 3);
	KUNIT_EXPECT_EQ(test, seq_late(seq, second, ABC).number[A], 2);
	KUNIT_EXPECT_EQ(test, seq_late(seq, third, BIT(B)).classes, BIT(B));
	KUNIT_EXPECT_EQ(test, seq->number[A], 2);
	KUNIT_EXPECT_EQ(test, seq->number[C], 3);
	KUNIT_EXPECT_EQ(test, seq_newest(seq, 0, 0, ABC).number[A], 3);
	KUNIT_EXPECT_EQ(test, seq_newest(seq, 0, 0, ABC).number[C], 5);
}

static void seq_retract_not_below_a_late_one(struct kunit *test)
{
	struct rtp_seq *seq = seq_new(test, 0);
	u32 first;

	seq_newest(seq, 0, 0, ABC);
	first = seq->head + 1;
	seq_newest(seq, 2, ABC, BIT(B));
	KUNIT_EXPECT_EQ(test, seq_late(seq, first + 1, ABC).number[A], 3);
	seq_late(seq, first, BIT(B));
	KUNIT_EXPECT_EQ(test, seq->number[A], 3);
	KUNIT_EXPECT_EQ(test, seq_newest(seq, 0, 0, ABC).number[A], 4);
}

/* Who came to the class counted on its numbers being what they were. */
static void seq_retract_not_before_a_switch(struct kunit *test)
{
	struct rtp_seq *seq = seq_new(test, -1);
	u32 before, after;

	seq_newest(seq, 0, 0, ABC);
	before = seq->head + 1;
	seq_newest(seq, 1, ABC, BIT(B));
	rtp_seq_fix(seq, A, seq->head);
	after = seq->head + 1;
	seq_newest(seq, 1, ABC, BIT(B));
	KUNIT_EXPECT_EQ(test, seq->number[A], 3);

	seq_late(seq, before, BIT(B));
	KUNIT_EXPECT_EQ(test, seq->number[A], 3);
	KUNIT_EXPECT_EQ(test, seq->number[C], 2);
	seq_late(seq, after, BIT(B));
	KUNIT_EXPECT_EQ(test, seq->number[A], 2);
	KUNIT_EXPECT_EQ(test, seq->number[C], 1);

	/* An earlier switch does not undo it. */
	rtp_seq_fix(seq, A, before);
	KUNIT_EXPECT_EQ(test, seq->fixed[A], after - 1);
}

/* What was left free for the cap that had the class before is not for its
 * next.
 */
static void seq_class_of_another_cap(struct kunit *test)
{
	struct rtp_seq *seq = seq_new(test, 0);
	struct rtp_numbers numbers;
	u32 first;

	seq_newest(seq, 0, 0, ABC);
	first = seq->head + 1;
	seq_newest(seq, 2, ABC, BIT(B));
	rtp_seq_open(seq, A);

	numbers = seq_late(seq, first, ABC);
	KUNIT_EXPECT_EQ(test, numbers.classes, BIT(B) | BIT(C));
	seq_late(seq, first + 1, BIT(B) | BIT(C));
	KUNIT_EXPECT_EQ(test, seq->number[A], 3);

	/* It has numbers from the next on, also those left free. */
	seq_newest(seq, 1, ABC, ABC);
	KUNIT_EXPECT_EQ(test, seq_late(seq, seq->head - 1, ABC).number[A], 4);
	KUNIT_EXPECT_EQ(test, seq->number[A], 5);
}

/* Half of all extended numbers after a class began, it still has its own. */
static void seq_ages(struct kunit *test)
{
	struct rtp_seq *seq = seq_new(test, 0);
	unsigned int i, j;
	u32 after;

	for (i = 0; i < 6; i++) {
		for (j = 0; j < RTP_SEQ_RING; j++)
			seq_newest(seq, 0, 0, ABC);
		/* whole rings: everything is where it would be */
		seq->head += BIT(29);
	}
	for (j = 0; j < RTP_SEQ_RING; j++)
		seq_newest(seq, 0, 0, ABC);

	after = seq->number[A];
	seq_newest(seq, 1, ABC, BIT(B));
	KUNIT_EXPECT_EQ(test, seq_late(seq, seq->head - 1, ABC).number[A],
			(u16)(after + 1));
	/* and takes back what it does not get */
	seq_newest(seq, 1, ABC, BIT(B));
	seq_late(seq, seq->head - 1, BIT(B));
	KUNIT_EXPECT_EQ(test, seq->number[A], (u16)(after + 1));
}

static void seq_restart(struct kunit *test)
{
	struct rtp_seq *seq = seq_new(test, 0);
	u32 i;

	seq_newest(seq, 0, 0, ABC);
	seq_newest(seq, 3, ABC, ABC);
	rtp_seq_restart(seq);
	for (i = 0; i < RTP_SEQ_RING; i++)
		KUNIT_ASSERT_TRUE(test, rtp_seq_seen(seq, seq->head - i));
	KUNIT_EXPECT_EQ(test, seq_newest(seq, 0, 0, ABC).number[A], 6);
}

static struct kunit_case seq_cases[] = {
	KUNIT_CASE(seq_consecutive),
	KUNIT_CASE(seq_late_in_window),
	KUNIT_CASE(seq_late_and_not_left_free),
	KUNIT_CASE(seq_retract),
	KUNIT_CASE(seq_retract_moves_what_is_left_free),
	KUNIT_CASE(seq_retract_not_below_a_late_one),
	KUNIT_CASE(seq_retract_not_before_a_switch),
	KUNIT_CASE(seq_class_of_another_cap),
	KUNIT_CASE(seq_ages),
	KUNIT_CASE(seq_restart),
	{}
};

static struct kunit_suite seq_suite = {
	.name = "rtprelay_seq",
	.test_cases = seq_cases,
};

kunit_test_suite(seq_suite);
