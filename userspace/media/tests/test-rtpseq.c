// SPDX-License-Identifier: GPL-2.0-or-later
#include "rtpseq.h"

static void check(const guint16 *number, guint count, guint64 holes, guint64 duplicates,
		  guint64 reordered)
{
	struct rtpseq seq;

	rtpseq_init(&seq);
	for (guint i = 0; i < count; i++)
		rtpseq_add(&seq, number[i]);
	g_assert_cmpuint(seq.received, ==, count);
	g_assert_cmpuint(rtpseq_holes(&seq), ==, holes);
	g_assert_cmpuint(seq.duplicates, ==, duplicates);
	g_assert_cmpuint(seq.reordered, ==, reordered);
	rtpseq_clear(&seq);
}

#define CHECK(holes, duplicates, reordered, ...) do {				\
	static const guint16 number[] = { __VA_ARGS__ };			\
										\
	check(number, G_N_ELEMENTS(number), holes, duplicates, reordered);	\
} while (0)

static void test_accounts(void)
{
	check(NULL, 0, 0, 0, 0);
	CHECK(0, 0, 0, 7, 8, 9);
	CHECK(2, 0, 0, 7, 10, 11);
	CHECK(0, 1, 0, 7, 8, 8, 9);
	CHECK(0, 0, 1, 7, 9, 8, 10);
	/* late and twice: the hole is filled once */
	CHECK(0, 1, 2, 7, 9, 8, 8, 10);
	CHECK(0, 0, 0, 65534, 65535, 0, 1);
	CHECK(1, 1, 1, 65534, 0, 0, 65535, 2);
	/* overtaken by the first of all */
	CHECK(0, 0, 1, 0, 65535, 1);
}

static void test_wraps(void)
{
	struct rtpseq seq;

	rtpseq_init(&seq);
	for (guint i = 0; i < 200000; i++)
		if (i % 1000 != 999)
			rtpseq_add(&seq, i);
	g_assert_cmpuint(rtpseq_holes(&seq), ==, 199);
	g_assert_cmpuint(seq.duplicates, ==, 0);
	g_assert_cmpint(seq.max, ==, 199998);
	rtpseq_clear(&seq);
}

static void test_fraction(void)
{
	struct rtpseq seq;

	rtpseq_init(&seq);
	g_assert_cmpuint(rtpseq_fraction_lost(&seq), ==, 0);
	for (guint i = 0; i < 100; i++)
		if (i % 4)
			rtpseq_add(&seq, i);
	/* the first of the hundred is not known to be missing */
	g_assert_cmpuint(rtpseq_fraction_lost(&seq), ==, 24 * 256 / 99);
	for (guint i = 100; i < 200; i++)
		rtpseq_add(&seq, i);
	g_assert_cmpuint(rtpseq_fraction_lost(&seq), ==, 0);
	/* more came than was due: not a negative loss */
	rtpseq_add(&seq, 199);
	g_assert_cmpuint(rtpseq_fraction_lost(&seq), ==, 0);
	rtpseq_clear(&seq);
}

static void test_jitter(void)
{
	struct rtpseq seq;

	rtpseq_init(&seq);
	for (guint i = 0; i < 1000; i++)
		rtpseq_time(&seq, 4500 * i + 77, 4500 * i);
	g_assert_cmpuint(seq.jitter, ==, 0);
	/* every other 160 late: the estimate goes towards 160 */
	for (guint i = 1000; i < 2000; i++)
		rtpseq_time(&seq, 4500 * i + 160 * (i & 1), 4500 * i);
	g_assert_cmpuint(seq.jitter >> 4, >=, 158);
	g_assert_cmpuint(seq.jitter >> 4, <=, 160);
	rtpseq_clear(&seq);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/rtpseq/accounts", test_accounts);
	g_test_add_func("/rtpseq/wraps", test_wraps);
	g_test_add_func("/rtpseq/fraction", test_fraction);
	g_test_add_func("/rtpseq/jitter", test_jitter);
	return g_test_run();
}
