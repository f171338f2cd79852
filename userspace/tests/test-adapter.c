// SPDX-License-Identifier: GPL-2.0-or-later
/* What a viewer gets follows what it reports, within what it asked for */
#include <string.h>

#include "look.h"
#include "rtcp.h"

static const struct bed_wish adaptive = { .monitor = TRUE, .timeout = 60 };
static const struct bed_wish none = {
	.monitor = TRUE,
	.timeout = 60,
	.cam = "adapt=none\n",
};
static const struct bed_wish thesis = {
	.monitor = TRUE,
	.timeout = 60,
	.cam = "adapt=thesis\n",
};

/* struct reporter - what a viewer has reported */
struct reporter {
	struct viewer *viewer;
	struct rtcp_block block;
};

/* Report that of @packets more datagrams @lost did not come. */
static void reporter_report(struct reporter *reporter, guint packets, guint lost)
{
	struct rtcp_own own = { .ssrc = 0x99, .cname = "v", .block = &reporter->block };
	g_autoptr(GstBuffer) buffer = NULL;
	GstMapInfo map;

	reporter->block.ssrc = ORIGIN_SSRC;
	reporter->block.highest += packets;
	reporter->block.lost += lost;
	buffer = rtcp_own_report(&own);
	g_assert_true(gst_buffer_map(buffer, &map, GST_MAP_READ));
	viewer_send_rtcp(reporter->viewer, 0, map.data, map.size);
	gst_buffer_unmap(buffer, &map);
	viewer_drain(reporter->viewer);
}

static void reporter_start(struct reporter *reporter, struct bed *bed, const char *cap)
{
	memset(reporter, 0, sizeof(*reporter));
	reporter->viewer = viewer_new(bed, cap, 1);
	viewer_play(reporter->viewer);
	/* so that layers have rates */
	g_usleep(2 * G_USEC_PER_SEC);
	viewer_drain(reporter->viewer);
}

/* The cap of the only viewer, and what it wished for, as the operator sees them */
static char *look_cap(struct bed *bed, const char *member)
{
	g_autoptr(JsonNode) status = look_json(bed, "/status");
	JsonObject *leg = look_leg(status, 0);

	g_assert_nonnull(leg);
	return g_strdup(json_object_get_string_member(leg, member));
}

static void assert_cap(struct bed *bed, const char *member, const char *expected)
{
	g_autofree char *cap = look_cap(bed, member);

	g_assert_cmpstr(cap, ==, expected);
}

/* Three reports, a period of the adapter and a bit apart */
static void reporter_lose(struct reporter *reporter, guint lost)
{
	for (guint i = 0; i < 3; i++) {
		reporter_report(reporter, 100, lost);
		g_usleep(1300000);
	}
}

static void test_loss(struct bed *bed, gconstpointer unused)
{
	struct reporter reporter;
	g_autofree char *cap = NULL;

	reporter_start(&reporter, bed, NULL);
	assert_cap(bed, "cap", "7,15,7");
	reporter_lose(&reporter, 0);
	assert_cap(bed, "cap", "7,15,7");
	reporter_lose(&reporter, 40);
	cap = look_cap(bed, "cap");
	g_assert_cmpstr(cap, !=, "7,15,7");
	assert_cap(bed, "wish", "7,15,7");
	assert_cap(bed, "reason", "loss");
	bed_await_log(bed, "viewer-adapted: ");
	viewer_teardown(reporter.viewer);
}

/* Never more than what was asked for */
static void test_wish(struct bed *bed, gconstpointer unused)
{
	struct reporter reporter;

	reporter_start(&reporter, bed, "0,0,1");
	reporter_lose(&reporter, 0);
	assert_cap(bed, "cap", "0,0,1");
	reporter_lose(&reporter, 60);
	assert_cap(bed, "cap", "0,0,0");
	assert_cap(bed, "wish", "0,0,1");
	viewer_teardown(reporter.viewer);
}

static void test_none(struct bed *bed, gconstpointer unused)
{
	struct reporter reporter;

	reporter_start(&reporter, bed, NULL);
	reporter_lose(&reporter, 60);
	assert_cap(bed, "cap", "7,15,7");
	viewer_teardown(reporter.viewer);
}

/* One step for a report, however much is lost */
static void test_thesis(struct bed *bed, gconstpointer unused)
{
	g_autofree char *first = NULL, *second = NULL;
	struct reporter reporter;

	reporter_start(&reporter, bed, NULL);
	reporter_report(&reporter, 100, 0);
	g_usleep(1300000);
	reporter_report(&reporter, 100, 100);
	g_usleep(1300000);
	first = look_cap(bed, "cap");
	g_assert_cmpstr(first, !=, "7,15,7");
	reporter_report(&reporter, 100, 100);
	g_usleep(1300000);
	second = look_cap(bed, "cap");
	g_assert_cmpstr(second, !=, first);
	g_assert_cmpstr(second, !=, "0,0,0");
	viewer_teardown(reporter.viewer);
}

#define HOUSEHOLD	3

/*
 * Viewers at one address, of which the first @losers lose @lost of each 100 datagrams, for
 * as long as two falls take
 */
static void household_lose(struct reporter *reporters, guint losers, guint lost)
{
	for (guint i = 0; i < 8; i++) {
		for (guint j = 0; j < HOUSEHOLD; j++)
			reporter_report(&reporters[j], 100, j < losers ? lost : 0);
		g_usleep(1300000);
	}
}

/* How many of them have all that they wished for */
static guint household_whole(struct bed *bed)
{
	g_autoptr(JsonNode) status = look_json(bed, "/status");
	guint n = 0;

	for (guint i = 0; i < HOUSEHOLD; i++) {
		JsonObject *leg = look_leg(status, i);

		g_assert_nonnull(leg);
		n += g_str_equal(json_object_get_string_member(leg, "cap"), "7,15,7");
	}
	return n;
}

/* What they lose together they give up together, to as much for each */
static void test_together(struct bed *bed, gconstpointer unused)
{
	struct reporter reporters[HOUSEHOLD];

	for (guint i = 0; i < HOUSEHOLD; i++)
		reporter_start(&reporters[i], bed, NULL);
	household_lose(reporters, HOUSEHOLD, 30);
	g_assert_cmpuint(household_whole(bed), ==, 0);
	bed_await_log(bed, "shared by 3");
	for (guint i = 0; i < HOUSEHOLD; i++)
		viewer_teardown(reporters[i].viewer);
}

/* One that loses by itself is no reason to take from the others */
static void test_apart(struct bed *bed, gconstpointer unused)
{
	struct reporter reporters[HOUSEHOLD];

	for (guint i = 0; i < HOUSEHOLD; i++)
		reporter_start(&reporters[i], bed, NULL);
	household_lose(reporters, 1, 40);
	g_assert_cmpuint(household_whole(bed), ==, HOUSEHOLD - 1);
	for (guint i = 0; i < HOUSEHOLD; i++)
		viewer_teardown(reporters[i].viewer);
}

/* Reports that make no sense: wrapped, running backwards, more lost than sent */
static void test_nonsense(struct bed *bed, gconstpointer unused)
{
	static const struct rtcp_block blocks[] = {
		{ .highest = G_MAXUINT32, .lost = -8388608 },
		{ .highest = 0, .lost = 8388607 },
		{ .highest = 5, .lost = 0 },
		{ .highest = 1, .lost = 100 },
	};
	struct reporter reporter;

	reporter_start(&reporter, bed, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(blocks); i++) {
		reporter.block = blocks[i];
		reporter_report(&reporter, 0, 0);
		g_usleep(1300000);
	}
	g_free(look_cap(bed, "cap"));
	viewer_teardown(reporter.viewer);
}

int main(int argc, char **argv)
{
	g_setenv("GST_REGISTRY_DISABLE", "yes", TRUE);
	gst_init(NULL, NULL);
	g_test_init(&argc, &argv, NULL);
#define TEST(name, wish, func) \
	g_test_add("/adapter/" name, struct bed, wish, bed_set_up, func, bed_tear_down)
	TEST("loss", &adaptive, test_loss);
	TEST("wish", &adaptive, test_wish);
	TEST("together", &adaptive, test_together);
	TEST("apart", &adaptive, test_apart);
	TEST("none", &none, test_none);
	TEST("thesis", &thesis, test_thesis);
	TEST("nonsense", &adaptive, test_nonsense);
	return g_test_run();
}
