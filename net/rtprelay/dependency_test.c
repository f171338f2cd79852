// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests for the reader of the dependency descriptor.
 *
 * All descriptors here were written by hand, bit by bit, from "RTP Payload
 * Format For AV1", section A.8. Those of a real stream are in av1_test.c.
 */
#include <kunit/test.h>
#include <linux/array_size.h>
#include <linux/string.h>
#include <linux/types.h>

#include "codec.h"
#include "dependency.h"

#define MAX_LEN		256

/* start, end, template identifier in 6 bits, frame number 0x1234 */
#define MANDATORY(start_end, id)	start_end id "0001 0010 0011 0100"
/* structure, active targets, custom DTIs, custom fdiffs, custom chains */
#define EXTENDED(flags)			flags

/*
 * Two spatial and two temporal layers, a decode target for each pair. DTIs: 00
 * not present, 01 discardable, 10 switch, 11 required. The identifiers are 62,
 * 63, 0, 1, 2, 3.
 */
#define OFFSET		"111110"
#define TARGETS_4	"00011"
/* S0T0 of a key frame, S0T0, S0T1, S1T0 of a key frame, S1T0, S1T1 */
#define LAYERS		"00 01 10 00 01 11"
#define DTIS		"10 10 10 10  10 10 11 11  00 01 00 11 " \
			"00 00 10 10  00 00 10 10  00 00 00 01"
/* none; 4; 2; 1; 1 and 4; 1 and 2 */
#define FDIFFS		"0  1 0011 0  1 0001 0  1 0000 0  1 0000 1 0011 0 " \
			"1 0000 1 0001 0"
/* two chains, of five values; what protects the targets; 4 bits for each */
#define CHAINS		"10  0 0 1 1 " \
			"0000 0000  0100 0011  0010 0001 " \
			"0001 0001  0001 0001  0011 0010"
#define NO_SIZES	"0"
#define SIZES		"1 0000000001011111 0000000000110101 " \
			"0000000010111111 0000000001101011"
#define STRUCTURE	OFFSET TARGETS_4 LAYERS DTIS FDIFFS CHAINS "0"

struct bits {
	unsigned int count;
	u8 data[MAX_LEN];
};

/* Zeros and ones; what else is in @text is for the reader's eye. */
static void put(struct bits *bits, const char *text)
{
	for (; *text; text++) {
		if (*text != '0' && *text != '1')
			continue;
		if (*text == '1')
			bits->data[bits->count / 8] |=
				0x80 >> bits->count % 8;
		bits->count++;
	}
}

static unsigned int bits_len(const struct bits *bits)
{
	return (bits->count + 7) / 8;
}

/* Read from memory that ends where the descriptor does, for KASAN. */
static bool read(struct kunit *test,
		 struct rtp_dependency_structure *structure, bool late,
		 const u8 *data, unsigned int len, struct rtp_dependency *desc)
{
	u8 *copy = kunit_kmalloc(test, len, GFP_KERNEL);
	bool ret;

	KUNIT_ASSERT_NOT_NULL(test, copy);
	memcpy(copy, data, len);
	memset(desc, 0xff, sizeof(*desc));
	ret = rtp_dependency_read(structure, late, copy, len, desc);
	kunit_kfree(test, copy);
	return ret;
}

static bool read_text(struct kunit *test,
		      struct rtp_dependency_structure *structure,
		      const char *text, struct rtp_dependency *desc)
{
	struct bits bits = {};

	put(&bits, text);
	return read(test, structure, false, bits.data, bits_len(&bits), desc);
}

static void learn(struct kunit *test, const char *text,
		  struct rtp_dependency_structure *structure)
{
	struct rtp_dependency desc;

	KUNIT_EXPECT_TRUE(test, read_text(test, structure, text, &desc));
	KUNIT_EXPECT_TRUE(test, desc.structure);
}

#define KEY	MANDATORY("1 0", "111110") EXTENDED("1 0 0 0 0") STRUCTURE

struct dependency_row {
	const char *name;
	const char *text;
	bool right;
	struct rtp_dependency desc;
};

#define ROW(_did, _tid, _fdiff, _begins)				\
	.right = true,							\
	.desc = { .frame = 0x1234, .did = _did, .tid = _tid,		\
		  .fdiff = _fdiff, .begins = _begins }

/* Each after the structure above. */
static const struct dependency_row dependency_rows[] = {
	{ "template 0", MANDATORY("0 0", "111110"), ROW(0, 0, 0, true) },
	{ "template 1", MANDATORY("0 0", "111111"), ROW(0, 0, 4, true) },
	{ "template 2", MANDATORY("0 0", "000000"), ROW(0, 1, 2, false) },
	{ "template 3", MANDATORY("0 0", "000001"), ROW(1, 0, 1, true) },
	{ "template 4", MANDATORY("0 0", "000010"), ROW(1, 0, 4, true) },
	{ "template 5", MANDATORY("0 0", "000011"), ROW(1, 1, 2, false) },
	{ "template id out of range", MANDATORY("0 0", "000100") },
	{ "template id out of range, below", MANDATORY("0 0", "111101") },
	{ "nothing extended", MANDATORY("0 0", "000001") "00000 000",
	  ROW(1, 0, 1, true) },
	{ "active targets", MANDATORY("0 0", "000001") "01000 1111",
	  ROW(1, 0, 1, true) },
	{ "own DTIs, so nothing is known to begin",
	  MANDATORY("0 0", "000001") "00100 00 00 10 10",
	  ROW(1, 0, 1, false) },
	{ "own fdiffs, 4 bits", MANDATORY("0 0", "000001") "00010 01 0110 00",
	  ROW(1, 0, 7, true) },
	{ "own fdiffs, 8 and 4 bits, the furthest counts",
	  MANDATORY("0 0", "000001") "00010 10 01100011 01 0000 00",
	  ROW(1, 0, 100, true) },
	{ "own fdiffs, 12 bits",
	  MANDATORY("0 0", "000001") "00010 11 111111111111 00",
	  ROW(1, 0, 4096, true) },
	{ "own fdiffs, none", MANDATORY("0 0", "000001") "00010 00",
	  ROW(1, 0, 0, true) },
	{ "own chains are not read", MANDATORY("0 0", "000001") "00001 000",
	  ROW(1, 0, 1, true) },
	{ "all of them",
	  MANDATORY("0 0", "000001") "01111 0101 00 00 10 10 01 0001 00"
	  "00000000 00000000",
	  ROW(1, 0, 2, false) },
	{ "nothing", "" },
	{ "frame number cut off", "0 0 000001 00010010" },
	{ "active targets cut off", MANDATORY("0 0", "000001") "01000 111" },
	{ "own DTIs cut off", MANDATORY("0 0", "000001") "00100 000" },
	{ "own fdiffs cut off", MANDATORY("0 0", "000001") "00010 010" },
};

KUNIT_ARRAY_PARAM_DESC(dependency_row, dependency_rows, name);

static void dependency_row_test(struct kunit *test)
{
	struct rtp_dependency_structure structure = {}, before;
	const struct dependency_row *row = test->param_value;
	struct rtp_dependency desc;

	KUNIT_EXPECT_FALSE(test, read_text(test, &structure, row->text, &desc));
	learn(test, KEY, &structure);
	before = structure;
	KUNIT_EXPECT_EQ(test, read_text(test, &structure, row->text, &desc),
			row->right);
	if (!row->right) {
		KUNIT_EXPECT_MEMEQ(test, &structure, &before,
				   sizeof(structure));
		return;
	}
	KUNIT_EXPECT_EQ(test, desc.did, row->desc.did);
	KUNIT_EXPECT_EQ(test, desc.tid, row->desc.tid);
	KUNIT_EXPECT_EQ(test, desc.frame, row->desc.frame);
	KUNIT_EXPECT_EQ(test, desc.fdiff, row->desc.fdiff);
	KUNIT_EXPECT_EQ(test, desc.begins, row->desc.begins);
	KUNIT_EXPECT_FALSE(test, desc.structure);
}

static void dependency_edges_test(struct kunit *test)
{
	struct rtp_dependency_structure structure = {};
	struct rtp_dependency desc;
	const char *text;

	learn(test, KEY, &structure);
	text = MANDATORY("1 0", "000001");
	KUNIT_EXPECT_TRUE(test,
			  read_text(test, &structure, text, &desc));
	KUNIT_EXPECT_TRUE(test, desc.start);
	KUNIT_EXPECT_FALSE(test, desc.end);
	text = MANDATORY("0 1", "000001");
	KUNIT_EXPECT_TRUE(test,
			  read_text(test, &structure, text, &desc));
	KUNIT_EXPECT_FALSE(test, desc.start);
	KUNIT_EXPECT_TRUE(test, desc.end);
}

/* What follows the structure is found behind its last bit. */
static void dependency_behind_structure_test(struct kunit *test)
{
	struct rtp_dependency_structure structure = {};
	struct rtp_dependency desc;
	const char *text;

	text =
		MANDATORY("1 1", "000001") "1 0 0 1 0" STRUCTURE
		"01 0110 00";
	KUNIT_EXPECT_TRUE(test,
			  read_text(test, &structure, text, &desc));
	KUNIT_EXPECT_EQ(test, desc.fdiff, 7);
	text =
		MANDATORY("1 1", "000001") "1 1 1 1 0"
		OFFSET TARGETS_4 LAYERS DTIS FDIFFS CHAINS SIZES
		"1111  00 00 10 10  01 0101 00";
	KUNIT_EXPECT_TRUE(test,
			  read_text(test, &structure, text, &desc));
	KUNIT_EXPECT_EQ(test, desc.fdiff, 6);
	/* no chains: no word on what they protect */
	text =
		MANDATORY("1 1", "000001") "1 0 0 1 0"
		OFFSET TARGETS_4 LAYERS DTIS FDIFFS "00" NO_SIZES
		"01 0100 00";
	KUNIT_EXPECT_TRUE(test,
			  read_text(test, &structure, text, &desc));
	KUNIT_EXPECT_EQ(test, desc.fdiff, 5);
	/* four chains of five values: one bit more than for two */
	text =
		MANDATORY("1 1", "000001") "1 0 0 1 0"
		OFFSET TARGETS_4 LAYERS DTIS FDIFFS
		"111 00 01 10 11"
		"0000000000000000 0000000000000000 0000000000000000"
		"0000000000000000 0000000000000000 0000000000000000"
		NO_SIZES "01 0011 00";
	KUNIT_EXPECT_TRUE(test,
			  read_text(test, &structure, text, &desc));
	KUNIT_EXPECT_EQ(test, desc.fdiff, 4);
	/* one chain: no bits for which of them protects a target */
	text =
		MANDATORY("1 1", "000001") "1 0 0 1 0"
		OFFSET TARGETS_4 LAYERS DTIS FDIFFS
		"01 000000000000 000000000000"
		NO_SIZES "01 0010 00";
	KUNIT_EXPECT_TRUE(test,
			  read_text(test, &structure, text, &desc));
	KUNIT_EXPECT_EQ(test, desc.fdiff, 3);
	/* three chains: one or two bits for each target */
	text =
		MANDATORY("1 1", "000001") "1 0 0 1 0"
		OFFSET TARGETS_4 LAYERS DTIS FDIFFS
		"110 0 10 11 11"
		"000000000000 000000000000 000000000000"
		"000000000000 000000000000 000000000000"
		NO_SIZES "01 0001 00";
	KUNIT_EXPECT_TRUE(test,
			  read_text(test, &structure, text, &desc));
	KUNIT_EXPECT_EQ(test, desc.fdiff, 2);
}

/* Templates of S0T0 and S0T1, and what the first says of both targets */
#define T2(dtis)							\
	MANDATORY("1 0", "000000") "10000 000000 00001 01 11" dtis	\
	"00 01  0 0  0  0"

static void dependency_up_test(struct kunit *test)
{
	struct rtp_dependency_structure structure = {};
	struct rtp_dependency desc;
	const char *text;

	learn(test, KEY, &structure);
	KUNIT_EXPECT_EQ(test, structure.up_to[0], RTP_TID_MAX);
	KUNIT_EXPECT_EQ(test, structure.up_to[1], RTP_TID_MAX);

	/* what no frame but one that begins all can be followed by */
	learn(test, T2("10 10"), &structure);
	KUNIT_EXPECT_EQ(test, structure.up_to[0], RTP_TID_MAX);
	learn(test, T2("10 11"), &structure);
	KUNIT_EXPECT_EQ(test, structure.up_to[0], 0);
	learn(test, T2("10 01"), &structure);
	KUNIT_EXPECT_EQ(test, structure.up_to[0], 0);
	/* of the own layer's target nothing is asked */
	learn(test, T2("11 10"), &structure);
	KUNIT_EXPECT_EQ(test, structure.up_to[0], RTP_TID_MAX);

	/* one spatial layer's frame that does not allow it denies it to all */
	learn(test, MANDATORY("1 0", "000000") "10000" OFFSET TARGETS_4 LAYERS
	      "10 10 10 10  10 10 11 11  00 01 00 11"
	      "00 00 10 10  00 00 10 11  00 00 00 01"
	      FDIFFS CHAINS NO_SIZES, &structure);
	KUNIT_EXPECT_EQ(test, structure.up_to[0], 0);
	/* nor does it begin its layer then, but for one of its targets */
	text = MANDATORY("1 0", "000010");
	KUNIT_EXPECT_TRUE(test,
			  read_text(test, &structure, text, &desc));
	KUNIT_EXPECT_EQ(test, desc.did, 1);
	KUNIT_EXPECT_FALSE(test, desc.begins);

	/* a frame that says something else than its template: no more */
	learn(test, KEY, &structure);
	text =
		MANDATORY("0 0", "000001") "00100 00 00 10 10";
	KUNIT_EXPECT_TRUE(test,
			  read_text(test, &structure, text, &desc));
	KUNIT_EXPECT_EQ(test, structure.up_to[0], 0);
	learn(test, KEY, &structure);
	KUNIT_EXPECT_EQ(test, structure.up_to[0], RTP_TID_MAX);
}

/* A structure of the longest kind: 64 templates, all of them in use. */
static void dependency_most_templates_test(struct kunit *test)
{
	unsigned int templates;

	for (templates = 63; templates <= 65; templates++) {
		struct rtp_dependency_structure structure = {};
		struct rtp_dependency desc;
		struct bits bits = {};
		unsigned int i;

		put(&bits, "1 0 000101 0000000000000000 10000 000110 00000");
		for (i = 1; i < templates; i++)
			put(&bits, "00");
		put(&bits, "11");
		for (i = 0; i < templates; i++)
			put(&bits, "10");
		for (i = 0; i < templates; i++)
			put(&bits, "0");
		put(&bits, "0 0");
		KUNIT_EXPECT_EQ(test, read(test, &structure, false, bits.data,
					   bits_len(&bits), &desc),
				templates == 64);
		KUNIT_EXPECT_EQ(test, structure.count,
				templates == 64 ? 64 : 0);
	}
}

/* Layers up to 7, as many as there can be, and one more. */
static void dependency_highest_layer_test(struct kunit *test)
{
	static const char *const next[] = { "01", "10" };
	unsigned int which, highest;

	for (which = 0; which < ARRAY_SIZE(next); which++) {
		for (highest = 7; highest <= 8; highest++) {
			struct rtp_dependency_structure structure = {};
			struct rtp_dependency desc;
			struct bits bits = {};
			unsigned int i;

			put(&bits, "1 0 000111 0000000000000000 10000");
			put(&bits, "000000 00000");
			for (i = 0; i < highest; i++)
				put(&bits, next[which]);
			put(&bits, "11");
			for (i = 0; i <= highest; i++)
				put(&bits, "10");
			for (i = 0; i <= highest; i++)
				put(&bits, "0");
			put(&bits, "0 0");
			KUNIT_EXPECT_EQ(test, read(test, &structure, false,
						   bits.data, bits_len(&bits),
						   &desc), highest == 7);
			if (highest != 7)
				continue;
			KUNIT_EXPECT_EQ(test, desc.tid, which ? 0 : 7);
			KUNIT_EXPECT_EQ(test, desc.did, which ? 7 : 0);
		}
	}
}

/* Nothing of what is cut short is remembered, and nothing beyond it read. */
static void dependency_structure_truncated_at_every_byte(struct kunit *test)
{
	struct rtp_dependency_structure structure = {};
	struct rtp_dependency desc;
	struct bits bits = {};
	unsigned int len;

	put(&bits, MANDATORY("1 0", "111110") "10000" OFFSET TARGETS_4 LAYERS
		   DTIS FDIFFS CHAINS SIZES);
	for (len = 0; len < bits_len(&bits); len++) {
		KUNIT_EXPECT_FALSE(test, read(test, &structure, false,
					      bits.data, len, &desc));
		KUNIT_EXPECT_EQ(test, structure.count, 0);
	}
	KUNIT_EXPECT_TRUE(test, read(test, &structure, false, bits.data, len,
				     &desc));
	KUNIT_EXPECT_EQ(test, structure.count, 6);
}

/* Ones to the end: each loop of the reader ends with the descriptor. */
static void dependency_all_ones_test(struct kunit *test)
{
	struct rtp_dependency_structure structure = {};
	struct rtp_dependency desc;
	u8 data[MAX_LEN];
	unsigned int len;

	memset(data, 0xff, sizeof(data));
	for (len = 0; len < MAX_LEN; len++)
		KUNIT_EXPECT_FALSE(test, read(test, &structure, false, data,
					      len, &desc));
}

static void dependency_late_test(struct kunit *test)
{
	struct rtp_dependency_structure structure = {}, before;
	struct rtp_dependency desc;
	struct bits bits = {};

	learn(test, T2("10 10"), &structure);
	before = structure;
	put(&bits, KEY);
	KUNIT_EXPECT_TRUE(test, read(test, &structure, true, bits.data,
				     bits_len(&bits), &desc));
	/* it is read with the structure that it brings */
	KUNIT_EXPECT_EQ(test, desc.did, 0);
	KUNIT_EXPECT_MEMEQ(test, &structure, &before, sizeof(structure));
	bits = (struct bits) {};
	put(&bits, MANDATORY("1 0", "000001") "00100 00 10 00");
	KUNIT_EXPECT_TRUE(test, read(test, &structure, true, bits.data,
				     bits_len(&bits), &desc));
	KUNIT_EXPECT_EQ(test, desc.tid, 1);
	KUNIT_EXPECT_MEMEQ(test, &structure, &before, sizeof(structure));
}

static struct kunit_case dependency_test_cases[] = {
	KUNIT_CASE_PARAM(dependency_row_test, dependency_row_gen_params),
	KUNIT_CASE(dependency_edges_test),
	KUNIT_CASE(dependency_behind_structure_test),
	KUNIT_CASE(dependency_up_test),
	KUNIT_CASE(dependency_most_templates_test),
	KUNIT_CASE(dependency_highest_layer_test),
	KUNIT_CASE(dependency_structure_truncated_at_every_byte),
	KUNIT_CASE(dependency_all_ones_test),
	KUNIT_CASE(dependency_late_test),
	{}
};

static struct kunit_suite dependency_test_suite = {
	.name = "rtprelay_dependency",
	.test_cases = dependency_test_cases,
};

kunit_test_suite(dependency_test_suite);
