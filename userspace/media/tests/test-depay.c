// SPDX-License-Identifier: GPL-2.0-or-later
#include "depay.h"

/* What came out: "(UNIT)" or "!(UNIT)" if damaged, a NAL unit as its hex octets. */
static void collect(guint32 timestamp, const GByteArray *unit, gboolean damaged, gpointer data)
{
	struct h264_nal nal;
	gsize pos = 0;

	g_string_append(data, damaged ? "!(" : "(");
	while (annexb_next(unit->data, unit->len, &pos, &nal)) {
		for (gsize i = 0; i < nal.len; i++)
			g_string_append_printf(data, "%02x", nal.data[i]);
		g_string_append_c(data, ' ');
	}
	g_string_append_c(data, ')');
}

struct input {
	gint64 seq;
	guint32 timestamp;
	gsize len;
	guint8 payload[12];
};

static void check(const struct input *input, guint count, const char *expected)
{
	g_autoptr(GString) out = g_string_new(NULL);
	struct depay depay;

	depay_init(&depay, collect, out);
	for (guint i = 0; i < count; i++)
		depay_push(&depay, input[i].seq, input[i].timestamp,
			   input[i].payload, input[i].len);
	depay_finish(&depay);
	g_assert_cmpstr(out->str, ==, expected);
}

#define CHECK(expected, ...) do {						\
	static const struct input input[] = { __VA_ARGS__ };			\
										\
	check(input, G_N_ELEMENTS(input), expected);				\
} while (0)

#define START	{ 0x7c, 0x85, 0x11 }
#define MIDDLE	{ 0x7c, 0x05, 0x22 }
#define END	{ 0x7c, 0x45, 0x33 }

static void test_whole(void)
{
	CHECK("(6742 65 )(01e0 )",
	      { 65535, 100, 2, { 0x67, 0x42 } },
	      { 65536, 100, 1, { 0x65 } },
	      { 65537, 200, 2, { 0x01, 0xe0 } });
	CHECK("(65112233 )", { 1, 100, 3, START }, { 2, 100, 3, MIDDLE }, { 3, 100, 3, END });
	CHECK("(6742 68 )", { 1, 100, 8, { 0x78, 0, 2, 0x67, 0x42, 0, 1, 0x68 } });
}

static void test_lost(void)
{
	/* each part of a fragmented NAL unit in turn: never a NAL unit with a hole */
	CHECK("!()(01 )", { 2, 100, 3, MIDDLE }, { 3, 100, 3, END }, { 4, 200, 1, { 0x01 } });
	CHECK("!()(01 )", { 1, 100, 3, START }, { 3, 100, 3, END }, { 4, 200, 1, { 0x01 } });
	CHECK("!()!(01 )", { 1, 100, 3, START }, { 2, 100, 3, MIDDLE }, { 4, 200, 1, { 0x01 } });
	CHECK("!(68 )", { 1, 100, 3, START }, { 2, 100, 1, { 0x68 } });
	CHECK("!(651133 )", { 1, 100, 3, START }, { 2, 100, 3, START }, { 3, 100, 3, END });
	/* at the border it may have been of either side */
	CHECK("!(67 )!(01 )", { 1, 100, 1, { 0x67 } }, { 3, 200, 1, { 0x01 } });
}

static void test_malformed(void)
{
	CHECK("!()", { 1, 100, 0, {} });
	CHECK("!()", { 1, 100, 2, { 0x7c, 0x85 } });
	CHECK("!()", { 1, 100, 1, { 0x78 } });
	CHECK("!()", { 1, 100, 3, { 0x78, 0, 0 } });
	CHECK("!(67 )", { 1, 100, 6, { 0x78, 0, 1, 0x67, 0, 2 } });
	CHECK("!()", { 1, 100, 2, { 0x1d, 0x85 } });
	CHECK("!()", { 1, 100, 2, { 0x00, 0x85 } });
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/depay/whole", test_whole);
	g_test_add_func("/depay/lost", test_lost);
	g_test_add_func("/depay/malformed", test_malformed);
	return g_test_run();
}
