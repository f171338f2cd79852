// SPDX-License-Identifier: GPL-2.0-or-later
/* When a viewer is to be sent no more (RFC 8083), and when it is not */
#include "receiver.h"

#define SECOND	G_USEC_PER_SEC
#define SSRC	0x99

/* A viewer that is sent @rate octets a second, in datagrams of 1000, and looked at */
struct life {
	struct receiver receiver;
	gint64 now;
	guint64 packets;
	guint64 octets;
	guint32 highest;
};

static const char *live(struct life *life, guint seconds, guint rate)
{
	life->now += seconds * SECOND;
	life->packets += seconds * rate / 1000;
	life->octets += seconds * rate;
	return receiver_check(&life->receiver, life->now, life->packets, life->octets);
}

static void report(struct life *life, guint8 fraction, guint rtt_ms, gboolean more)
{
	struct rtcp_heard heard = {
		.ssrc = SSRC,
		.reported = TRUE,
		.block = { .fraction = fraction, .highest = life->highest += more },
	};

	receiver_report(&life->receiver, &heard, life->now,
			rtt_ms ? life->now - rtt_ms * 1000 : 0);
}

static struct life born(void)
{
	struct life life = { .now = 1000 * SECOND };

	g_assert_null(live(&life, 0, 0));
	return life;
}

/* One that never reported may be behind a firewall: it stays. */
static void test_never_reported(void)
{
	struct life life = born();

	for (guint i = 0; i < 1000; i++)
		g_assert_null(live(&life, 5, 100000));
}

static void test_healthy(void)
{
	struct life life = born();

	for (guint i = 0; i < 1000; i++) {
		report(&life, i % 3 ? 0 : 12, 50, TRUE);
		g_assert_null(live(&life, 5, 100000));
	}
	g_assert_cmpuint(life.receiver.reports, ==, 1000);
	g_assert_cmpuint(life.receiver.rtt_us, ==, 50000);
}

static void test_reports_stop(void)
{
	struct life life = born();

	report(&life, 0, 0, TRUE);
	for (guint i = 0; i < 6; i++)
		g_assert_null(live(&life, 5, 100000));
	g_assert_cmpstr(live(&life, 5, 100000), ==, "its reports stopped");
}

/* Some report by what they receive: with nothing sent there is nothing to report. */
static void test_nothing_sent(void)
{
	struct life life = born();

	report(&life, 0, 0, TRUE);
	g_assert_null(live(&life, 5, 100000));
	for (guint i = 0; i < 100; i++)
		g_assert_null(live(&life, 5, 0));
	report(&life, 0, 0, FALSE);
	g_assert_null(live(&life, 5, 100000));
}

/* Of a small stream they report seldom; three times their pace is waited for. */
static void test_slow_pace(void)
{
	struct life life = born();

	report(&life, 0, 0, TRUE);
	g_assert_null(live(&life, 12, 1000));
	report(&life, 0, 0, TRUE);
	for (guint i = 0; i < 8; i++)
		g_assert_null(live(&life, 5, 1000));
	g_assert_cmpstr(live(&life, 5, 1000), ==, "its reports stopped");
}

static void test_nothing_arrives(void)
{
	struct life life = born();

	report(&life, 0, 0, TRUE);
	g_assert_null(live(&life, 5, 100000));
	for (guint i = 0; i < 2; i++) {
		report(&life, 0, 0, FALSE);
		g_assert_null(live(&life, 5, 100000));
	}
	report(&life, 0, 0, FALSE);
	g_assert_cmpstr(live(&life, 5, 100000), ==, "its reports say that nothing arrives");
}

static void test_congested(void)
{
	struct life life = born();

	/* half of it lost at 500 ms: TCP would do with 1000 / (0.5 sqrt(1/3)) B/s */
	for (guint i = 0; i < 2; i++) {
		report(&life, 128, 500, TRUE);
		g_assert_null(live(&life, 5, 100000));
	}
	report(&life, 128, 500, TRUE);
	g_assert_cmpstr(live(&life, 5, 100000), ==, "its path is congested");

	/* a tenth of that is within the bounds, and so is all of it nearby */
	life = born();
	for (guint i = 0; i < 20; i++) {
		report(&life, 128, 500, TRUE);
		g_assert_null(live(&life, 5, 10000));
	}
	life = born();
	for (guint i = 0; i < 20; i++) {
		report(&life, 128, 1, TRUE);
		g_assert_null(live(&life, 5, 100000));
	}
	/* one good report in between begins it anew */
	life = born();
	for (guint i = 0; i < 20; i++) {
		report(&life, i % 3 ? 128 : 0, 500, TRUE);
		g_assert_null(live(&life, 5, 100000));
	}
}

static void test_round_trip(void)
{
	struct receiver receiver = { 0 };
	struct rtcp_heard heard = { .ssrc = SSRC, .block = { .dlsr = 65536 / 4 } };

	/* sent at 1 s, held for a quarter of one, back at 1.3 s */
	receiver_report(&receiver, &heard, 1300000, SECOND);
	g_assert_cmpuint(receiver.rtt_us, ==, 50000);
	/* no report named, or one that nobody remembers */
	receiver_report(&receiver, &heard, 1400000, 0);
	g_assert_cmpuint(receiver.rtt_us, ==, 0);
	/* a lie */
	heard.block.dlsr = G_MAXUINT32;
	receiver_report(&receiver, &heard, 1500000, SECOND);
	g_assert_cmpuint(receiver.rtt_us, ==, 1);
}

static void test_identity(void)
{
	struct life life = born();

	g_assert_true(receiver_is(&life.receiver, 1, life.now));
	report(&life, 0, 0, TRUE);
	g_assert_true(receiver_is(&life.receiver, SSRC, life.now));
	g_assert_false(receiver_is(&life.receiver, SSRC + 1, life.now + 14 * SECOND));
	g_assert_true(receiver_is(&life.receiver, SSRC + 1, life.now + 15 * SECOND));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/receiver/never-reported", test_never_reported);
	g_test_add_func("/receiver/healthy", test_healthy);
	g_test_add_func("/receiver/reports-stop", test_reports_stop);
	g_test_add_func("/receiver/nothing-sent", test_nothing_sent);
	g_test_add_func("/receiver/slow-pace", test_slow_pace);
	g_test_add_func("/receiver/nothing-arrives", test_nothing_arrives);
	g_test_add_func("/receiver/congested", test_congested);
	g_test_add_func("/receiver/round-trip", test_round_trip);
	g_test_add_func("/receiver/identity", test_identity);
	return g_test_run();
}
