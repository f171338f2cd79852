// SPDX-License-Identifier: GPL-2.0-or-later
/* What viewers report, and those at one address, who are adapted together */
#include <arpa/inet.h>

#include "clip.h"
#include "couplings.h"
#include "home.h"
#include "leg.h"

#define PACKET	466	/* octets */
#define CLOCK	90000	/* Hz */

/* -- what one of them reports --------------------------------------------- */

/* It is sent @sent datagrams in a second, and says that it was @told, of which @lost lack. */
static gboolean tell(struct leg *leg, struct rtp_fanout_dest_info *sent, guint packets,
		     guint told, gint lost, gint64 now, struct adapt_report *report)
{
	sent->packets += packets;
	sent->octets += packets * PACKET;
	leg->receiver.block.highest += told;
	leg->receiver.block.lost += lost;
	leg->receiver.at = now;
	leg->receiver.reports++;
	return adapter_report(leg, sent, CLOCK, report);
}

static void test_report_true(void)
{
	struct rtp_fanout_dest_info sent = { 0 };
	struct adapt_report report;
	struct leg leg = { 0 };

	g_assert_false(tell(&leg, &sent, 100, 100, 0, 1 * G_USEC_PER_SEC, &report));
	g_assert_true(tell(&leg, &sent, 100, 100, 7, 2 * G_USEC_PER_SEC, &report));
	g_assert_cmpuint(report.packets, ==, 100);
	g_assert_cmpuint(report.lost, ==, 7);
	/* it looked later than the relay did: the same share is lost */
	g_assert_true(tell(&leg, &sent, 100, 200, 20, 3 * G_USEC_PER_SEC, &report));
	g_assert_cmpuint(report.packets, <, 200);
	g_assert_cmpfloat_with_epsilon(adapt_loss(&report), 0.1, 0.01);
}

static void test_report_false(void)
{
	struct rtp_fanout_dest_info sent = { 0 };
	struct adapt_report report;
	struct leg leg = { 0 };

	tell(&leg, &sent, 100, 100, 0, 1 * G_USEC_PER_SEC, &report);
	g_assert_false(tell(&leg, &sent, 100, 1000000, 1000000, 2 * G_USEC_PER_SEC, &report));
	g_assert_false(tell(&leg, &sent, 100, 1000000, 0, 3 * G_USEC_PER_SEC, &report));
	/* never more than all of what there was */
	g_assert_true(tell(&leg, &sent, 100, 200, 5000000, 4 * G_USEC_PER_SEC, &report));
	g_assert_cmpuint(report.packets, <, 120);
	g_assert_cmpuint(report.lost, ==, report.packets);
	/* what is true after that is taken again */
	g_assert_true(tell(&leg, &sent, 100, 100, 1, 5 * G_USEC_PER_SEC, &report));
	g_assert_cmpuint(report.packets, ==, 100);
	g_assert_cmpuint(report.lost, ==, 1);
}

/* -- a home: viewers at one address, behind one link ---------------------- */

#define HOME	4

struct home {
	struct couplings *couplings;
	struct points points;
	struct leg legs[HOME];
	struct rtp_fanout_dest_info sent[HOME];
	guint n;
	gint64 now;
	double rate;	/* that the link carries, octets a second */
	double lossy;	/* that legs[0] loses in addition */
	guint alone;	/* how often one was adapted by itself, in the last second */
};

static void home_join(struct home *home, guint i)
{
	home_leg(&home->legs[i], i);
	home->sent[i] = (struct rtp_fanout_dest_info){ 0 };
}

static void home_start(struct home *home, guint n, double rate)
{
	*home = (struct home){ .n = n, .rate = rate, .now = G_USEC_PER_SEC };
	home->couplings = couplings_new();
	clip_points(&home->points);
	for (guint i = 0; i < n; i++)
		home_join(home, i);
}

static guint home_level(const struct home *home, guint i)
{
	return points_find(&home->points, &home->legs[i].dest.cap);
}

static guint64 home_rate(const struct home *home)
{
	guint64 rate = 0;

	for (guint i = 0; i < home->n; i++)
		rate += home->points.rate[home_level(home, i)];
	return rate;
}

static void home_alone(struct leg *leg, const struct points *points,
		       const struct adapt_report *report, gpointer user_data)
{
	struct home *home = user_data;

	home->alone++;
	adapter_decide(ADAPT_ADAPTIVE, leg, points, report);
	adapter_apply("/cam", leg, points);
}

/* @liar, if it is one of them, says that it was @told more, of which @lost lack */
static void home_second(struct home *home, guint liar, guint told, guint lost)
{
	double loss = MAX(0, 1 - home->rate / home_rate(home));

	home->now += G_USEC_PER_SEC;
	home->alone = 0;
	for (guint i = 0; i < home->n; i++) {
		guint packets = home->points.rate[home_level(home, i)] / PACKET;
		guint lack = packets * (i ? loss : MAX(loss, home->lossy));
		struct adapt_report report;
		gboolean ok;

		ok = tell(&home->legs[i], &home->sent[i], packets,
			  i == liar ? packets + told : packets, i == liar ? lost : lack,
			  home->now, &report);
		couplings_add(home->couplings, &home->legs[i], &home->points,
			      ok ? &report : NULL);
	}
	couplings_run(home->couplings, "/cam", home->now, TRUE, home_alone, home);
}

static void home_seconds(struct home *home, guint seconds)
{
	for (guint i = 0; i < seconds; i++)
		home_second(home, HOME, 0, 0);
}

static void test_together(void)
{
	struct home home;

	home_start(&home, 3, 300000);
	home_seconds(&home, 20);
	g_assert_cmpuint(home_rate(&home), <=, 300000);
	g_assert_cmpuint(home_rate(&home), >, 200000);
	couplings_free(home.couplings);
}

/* That all was lost, of much more than was sent: the others keep what they have */
static void test_liar_loses(void)
{
	struct home home;

	home_start(&home, 3, 1e9);
	home_seconds(&home, 5);
	for (guint i = 0; i < 20; i++) {
		home_second(&home, 0, 1000000, 1000000);
		g_assert_cmpuint(home_level(&home, 1), ==, home.points.n - 1);
		g_assert_cmpuint(home_level(&home, 2), ==, home.points.n - 1);
	}
	/* nor if it says no more than can be */
	for (guint i = 0; i < 20; i++) {
		home_second(&home, 0, 0, home.points.rate[home_level(&home, 0)] / PACKET);
		g_assert_cmpuint(home_level(&home, 1), ==, home.points.n - 1);
		g_assert_cmpuint(home_level(&home, 2), ==, home.points.n - 1);
	}
	g_assert_cmpuint(home_level(&home, 0), ==, 0);
	couplings_free(home.couplings);
}

/* That nothing was lost, of much more than was sent: what the others lose still counts */
static void test_liar_hides(void)
{
	struct home home;

	home_start(&home, 3, 300000);
	home_seconds(&home, 2);
	for (guint i = 0; i < 20; i++)
		home_second(&home, 0, 1000000, 0);
	g_assert_cmpuint(home_rate(&home), <=, 300000);
	couplings_free(home.couplings);
}

/* One leaves and another one joins every two seconds */
static void home_churn(struct home *home, guint seconds)
{
	for (guint i = 0; i < seconds; i++) {
		if (i % 2)
			home_join(home, home->n - 1);
		home_second(home, HOME, 0, 0);
	}
}

/* What is lost meanwhile is no less lost */
static void test_churn_loses(void)
{
	struct home home;

	home_start(&home, 3, 200000);
	home_churn(&home, 30);
	g_assert_cmpuint(home_rate(&home), <, 200000);
	couplings_free(home.couplings);
}

/* Where the way carries the limit, those who stay do not pay for the others' first second */
static void test_churn_keeps(void)
{
	struct home home;
	guint64 before;

	home_start(&home, 3, 200000);
	home_seconds(&home, 20);
	before = home_rate(&home);
	home_churn(&home, 60);
	g_assert_cmpuint(home_rate(&home), >, before * 3 / 4);
	couplings_free(home.couplings);
}

/* One joins in the second in which another one leaves */
static void test_replaced(void)
{
	struct home home;

	home_start(&home, 3, 200000);
	home_seconds(&home, 20);
	g_assert_cmpuint(home_level(&home, 2), <, home.points.n - 1);
	home_join(&home, 2);
	home_second(&home, HOME, 0, 0);
	g_assert_cmpuint(home_level(&home, 2), <, home.points.n - 1);
	/* nor less than its share */
	home_join(&home, 2);
	home.legs[2].dest.cap = home.points.cap[0];
	home_second(&home, HOME, 0, 0);
	g_assert_cmpuint(home_level(&home, 2), >, 0);
	couplings_free(home.couplings);
}

/* What the first one found for itself is not what the second one has to do with */
static void test_first_is_low(void)
{
	struct home home;

	home_start(&home, 1, 1e9);
	home.legs[0].adapter.wanted = home.points.cap[0];
	home.legs[0].dest.cap = home.points.cap[0];
	home_seconds(&home, 3);
	home.n = 2;
	home_join(&home, 1);
	home_seconds(&home, 5);
	g_assert_cmpuint(home_level(&home, 1), ==, home.points.n - 1);
	/* and the first one goes on to find what there is */
	home_seconds(&home, 300);
	g_assert_cmpuint(home_level(&home, 0), ==, home.points.n - 1);
	couplings_free(home.couplings);
}

/* Of two, one loses by itself */
static void test_first_is_lossy(void)
{
	struct home home;

	home_start(&home, 2, 1e9);
	home_seconds(&home, 5);
	home.lossy = 0.2;
	for (guint i = 0; i < 30; i++) {
		home_seconds(&home, 1);
		g_assert_cmpuint(home_level(&home, 1), ==, home.points.n - 1);
	}
	g_assert_cmpuint(home_level(&home, 0), <, home.points.n - 1);
	g_assert_cmpint(home.legs[0].adapter.alone_until, >, home.now);
	couplings_free(home.couplings);
}

/* A limit lets go of what it kept, and no more: the others have the rest of the way */
static void test_limited(void)
{
	const guint kept = 1;
	struct home home;
	guint64 limit;

	home_start(&home, 3, 300000);
	home.legs[0].adapter.limited = TRUE;
	home.legs[0].adapter.allowed = home.points.cap[kept];
	adapter_apply("/cam", &home.legs[0], &home.points);
	home_seconds(&home, 60);
	g_assert_cmpuint(home_level(&home, 0), ==, kept);
	/* 340000 and that, of 300000 */
	g_assert_cmpuint(home_rate(&home), >, 240000);
	g_assert_cmpuint(home_rate(&home), <=, 310000);
	g_assert_cmpuint(points_find(&home.points, &home.legs[0].adapter.wanted), >, kept);

	home.legs[0].adapter.limited = FALSE;
	home.legs[0].adapter.allowed = FANOUT_CAP_ALL;
	/* whether the way carries more is not found out like this */
	home.rate = 1e9;
	limit = home_rate(&home);
	adapter_apply("/cam", &home.legs[0], &home.points);
	g_assert_cmpuint(home_rate(&home), >, limit + 60000);
	home_seconds(&home, 1);
	g_assert_cmpuint(home_rate(&home), <=, limit + 60000);
	couplings_free(home.couplings);
}

/* Links have the same addresses: they are others */
static void test_links(void)
{
	struct home home;

	home_start(&home, 2, 1e9);
	for (guint i = 0; i < home.n; i++) {
		home.legs[i].dest.addr.family = AF_INET6;
		inet_pton(AF_INET6, "fe80::1", home.legs[i].dest.addr.addr);
		home.legs[i].dest.ifindex = 2 + i;
	}
	home_seconds(&home, 3);
	g_assert_cmpuint(home.alone, ==, 2);
	couplings_free(home.couplings);
}

/* -- one with a limit ----------------------------------------------------- */

/* Its way does not carry what it has: it falls from that, and not from what it wants */
static void test_limited_loses(void)
{
	struct adapt_report report = {
		.interval_us = G_USEC_PER_SEC, .packets = 300, .octets = 100000,
	};
	struct home home;
	struct leg *leg = &home.legs[0];

	home_start(&home, 1, 1e9);
	leg->adapter.limited = TRUE;
	leg->adapter.allowed = home.points.cap[4];
	adapter_apply("/cam", leg, &home.points);
	report.at_us = G_USEC_PER_SEC;
	adapter_decide(ADAPT_ADAPTIVE, leg, &home.points, &report);
	g_assert_cmpuint(points_find(&home.points, &leg->adapter.wanted), ==,
			 home.points.n - 1);
	report.at_us += 5 * G_USEC_PER_SEC;
	report.lost = 60;
	adapter_decide(ADAPT_ADAPTIVE, leg, &home.points, &report);
	g_assert_cmpuint(points_find(&home.points, &leg->adapter.wanted), <, 4);
	couplings_free(home.couplings);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/couplings/report/true", test_report_true);
	g_test_add_func("/couplings/report/false", test_report_false);
	g_test_add_func("/couplings/together", test_together);
	g_test_add_func("/couplings/liar/loses", test_liar_loses);
	g_test_add_func("/couplings/liar/hides", test_liar_hides);
	g_test_add_func("/couplings/churn/loses", test_churn_loses);
	g_test_add_func("/couplings/churn/keeps", test_churn_keeps);
	g_test_add_func("/couplings/replaced", test_replaced);
	g_test_add_func("/couplings/first/low", test_first_is_low);
	g_test_add_func("/couplings/first/lossy", test_first_is_lossy);
	g_test_add_func("/couplings/limited", test_limited);
	g_test_add_func("/couplings/links", test_links);
	g_test_add_func("/adapter/limited", test_limited_loses);
	return g_test_run();
}
