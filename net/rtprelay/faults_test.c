// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests for faults that other relays had, each by its name: numbers given
 * twice, holes where nothing is lost, layers above the cap.
 */
#include <kunit/test.h>
#include <linux/slab.h>
#include "relay_test.h"

/* A relay with a destination that gets the base layer only. */
static struct relay *faults_relay(struct kunit *test,
				  struct rtp_variant *variant)
{
	struct relay *relay = relay_new(test);

	KUNIT_ASSERT_EQ(test, relay_add(relay, variant, CAP(0, RTP_TID_MAX)),
			0);

	return relay;
}

static void expect_next(struct kunit *test, struct relay *relay,
			struct rtp_variant *variant, unsigned int missing,
			const struct rtp_layer *layer, int number)
{
	relay_next(test, relay, missing, layer);
	KUNIT_EXPECT_EQ(test, relay_send(relay, variant), number);
}

static void expect_late(struct kunit *test, struct relay *relay,
			struct rtp_variant *variant, unsigned int back,
			const struct rtp_layer *layer, int number)
{
	relay_late(test, relay, back, layer);
	KUNIT_EXPECT_EQ(test, relay_send(relay, variant), number);
}

/* Janus counted what it dropped: of datagrams that changed places around one
 * that was dropped, two had one number.
 */
static void janus_2694_reorder_gives_a_number_twice(struct kunit *test)
{
	struct rtp_variant variant;
	struct relay *relay = faults_relay(test, &variant);

	expect_next(test, relay, &variant, 0, LAYER(0, 0, START), 1);
	expect_next(test, relay, &variant, 0, LAYER(1, 0, 0), -1);
	/* D0 and D1 changed places with the D0 after them */
	expect_next(test, relay, &variant, 2, LAYER(0, 0, START), 4);
	expect_late(test, relay, &variant, 1, LAYER(1, 0, 0), -1);
	expect_late(test, relay, &variant, 2, LAYER(0, 0, START), 2);
	expect_next(test, relay, &variant, 0, LAYER(0, 0, START), 5);
}

static void mediasoup_1101_lost_drop_leaves_a_hole(struct kunit *test)
{
	struct rtp_variant variant;
	struct relay *relay = faults_relay(test, &variant);

	expect_next(test, relay, &variant, 0, LAYER(0, 0, START), 1);
	expect_next(test, relay, &variant, 0, LAYER(1, 0, 0), -1);
	expect_next(test, relay, &variant, 3, LAYER(2, 0, 0), -1);
	expect_next(test, relay, &variant, 0, LAYER(0, 0, START), 2);
}

static void mediasoup_1615_late_drop_leaves_a_hole(struct kunit *test)
{
	struct rtp_variant variant;
	struct relay *relay = faults_relay(test, &variant);

	expect_next(test, relay, &variant, 0, LAYER(0, 0, START), 1);
	expect_next(test, relay, &variant, 1, LAYER(1, 0, 0), -1);
	expect_late(test, relay, &variant, 1, LAYER(1, 0, 0), -1);
	expect_next(test, relay, &variant, 0, LAYER(0, 0, START), 2);
}

static void mediasoup_1635_late_drops_leave_a_hole(struct kunit *test)
{
	struct rtp_variant variant;
	struct relay *relay = faults_relay(test, &variant);

	expect_next(test, relay, &variant, 0, LAYER(0, 0, START), 1);
	expect_next(test, relay, &variant, 2, LAYER(1, 0, 0), -1);
	expect_late(test, relay, &variant, 2, LAYER(1, 0, 0), -1);
	expect_late(test, relay, &variant, 1, LAYER(1, 0, 0), -1);
	expect_next(test, relay, &variant, 0, LAYER(0, 0, START), 2);
	/* the other way round */
	expect_next(test, relay, &variant, 2, LAYER(1, 0, 0), -1);
	expect_late(test, relay, &variant, 1, LAYER(1, 0, 0), -1);
	expect_late(test, relay, &variant, 2, LAYER(1, 0, 0), -1);
	expect_next(test, relay, &variant, 0, LAYER(0, 0, START), 3);
}

/* What is late was sent where a number was left free for it, whatever it was. */
static void mediasoup_1486_late_slips_past_the_cap(struct kunit *test)
{
	struct rtp_variant variant;
	struct relay *relay = faults_relay(test, &variant);

	expect_next(test, relay, &variant, 0, LAYER(0, 0, START), 1);
	expect_next(test, relay, &variant, 3, LAYER(0, 0, START), 5);
	expect_late(test, relay, &variant, 1, LAYER(1, 0, 0), -1);
	expect_late(test, relay, &variant, 2, LAYER(0, 0, 0), 3);
	expect_late(test, relay, &variant, 3, LAYER(2, 3, 0), -1);
}

/* More temporal layers than were asked for, for as long as it takes to come
 * down to those.
 */
static void mediasoup_1552_overshoots_the_temporal_layer(struct kunit *test)
{
	struct rtp_variant variant;
	struct relay *relay = relay_new(test);
	static const struct rtp_layer up[] = {
		{ .tid = 0, .up_to = RTP_TID_MAX, .flags = START },
		{ .tid = 1, .up_from = 1, .up_to = RTP_TID_MAX, .flags = START },
		{ .tid = 2, .up_from = 2, .up_to = RTP_TID_MAX, .flags = START },
		{ .tid = 3, .up_from = 3, .up_to = RTP_TID_MAX, .flags = START },
	};

	KUNIT_ASSERT_EQ(test, relay_add(relay, &variant, CAP(0, 0)), 0);
	expect_next(test, relay, &variant, 0, &up[0], 1);
	expect_next(test, relay, &variant, 0, &up[3], -1);
	KUNIT_ASSERT_EQ(test, relay_set(relay, &variant, CAP(0, 1), false), 0);
	expect_next(test, relay, &variant, 0, &up[2], -1);
	expect_next(test, relay, &variant, 0, &up[0], 2);
	expect_next(test, relay, &variant, 0, &up[2], -1);
	expect_next(test, relay, &variant, 0, &up[1], 3);
	expect_next(test, relay, &variant, 0, &up[3], -1);
}

/* Layers have three bits: one of four is not layer 0. */
static void masks_of_two_bits_for_layers_of_three(struct kunit *test)
{
	struct rtp_variant variants[RTP_TID_MAX + 1][2];
	struct relay *relay = relay_new(test);
	unsigned int cap, i;

	for (cap = 0; cap <= RTP_TID_MAX; cap++) {
		KUNIT_ASSERT_EQ(test, relay_add(relay, &variants[cap][0],
						CAP(RTP_DID_MAX, cap)), 0);
		KUNIT_ASSERT_EQ(test, relay_add(relay, &variants[cap][1],
						CAP(cap, RTP_TID_MAX)), 0);
	}
	for (i = 0; i <= RTP_TID_MAX; i++) {
		relay_next(test, relay, 0, LAYER(0, i, START));
		for (cap = 0; cap <= RTP_TID_MAX; cap++)
			KUNIT_EXPECT_EQ(test,
					relay_send(relay, &variants[cap][0]) >= 0,
					i <= cap);
		relay_next(test, relay, 0, LAYER(i, 0, START));
		for (cap = 0; cap <= RTP_TID_MAX; cap++)
			KUNIT_EXPECT_EQ(test,
					relay_send(relay, &variants[cap][1]) >= 0,
					i <= cap);
	}
}

/* LiveKit took padding out of the numbers, and again when it came twice. */
static void livekit_1856_padding_is_dropped_twice(struct kunit *test)
{
	static const struct rtp_layer nobody = { .flags = RTP_LAYER_DROP };
	struct rtp_variant variant;
	struct relay *relay = faults_relay(test, &variant);

	expect_next(test, relay, &variant, 0, LAYER(0, 0, START), 1);
	expect_next(test, relay, &variant, 0, &nobody, -1);
	KUNIT_EXPECT_EQ(test, relay_take(relay, relay->seq, &nobody),
			RTP_DUPLICATE);
	expect_next(test, relay, &variant, 0, LAYER(0, 0, START), 2);
	/* one that is late, and then comes again */
	expect_next(test, relay, &variant, 1, LAYER(1, 0, 0), -1);
	expect_late(test, relay, &variant, 1, &nobody, -1);
	KUNIT_EXPECT_EQ(test, relay_take(relay, relay->seq - 1, &nobody),
			RTP_DUPLICATE);
	expect_next(test, relay, &variant, 0, LAYER(0, 0, START), 3);
}

static struct kunit_case faults_cases[] = {
	KUNIT_CASE(janus_2694_reorder_gives_a_number_twice),
	KUNIT_CASE(mediasoup_1101_lost_drop_leaves_a_hole),
	KUNIT_CASE(mediasoup_1615_late_drop_leaves_a_hole),
	KUNIT_CASE(mediasoup_1635_late_drops_leave_a_hole),
	KUNIT_CASE(mediasoup_1486_late_slips_past_the_cap),
	KUNIT_CASE(mediasoup_1552_overshoots_the_temporal_layer),
	KUNIT_CASE(masks_of_two_bits_for_layers_of_three),
	KUNIT_CASE(livekit_1856_padding_is_dropped_twice),
	{}
};

static struct kunit_suite faults_suite = {
	.name = "rtprelay_faults",
	.test_cases = faults_cases,
};

kunit_test_suite(faults_suite);
