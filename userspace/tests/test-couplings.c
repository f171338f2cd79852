// SPDX-License-Identifier: GPL-2.0-or-later
/* What viewers report, and those at one address, who are adapted together */
#include <arpa/inet.h>
#include <gst/gst.h>

#include "couplings.h"
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

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/couplings/report/true", test_report_true);
	g_test_add_func("/couplings/report/false", test_report_false);
	return g_test_run();
}
