// SPDX-License-Identifier: GPL-2.0-or-later
/* Each way in which a relay can fail a viewer must show in the result. */
#include "check.h"
#include "plan.h"

#include <string.h>

#define STEP		4500
#define FIRST_TIMESTAMP	0xffffe000U	/* wraps after two access units */
#define SENT_LOOPS	2

/* Two access units of two layers: an IDR one, its second NAL unit fragmented, a P one. */
static struct h264_stream *make_stream(void)
{
	static const guint8 head[] = { 0x67, 0x42 }, idr[] = { 0x65, 0x88, 0x11 };
	static const guint8 prefix[] = { 0x0e, 0x80, 0x80, 0x4f }, slice[] = { 0x01, 0xe0, 0x22 };
	static const guint8 enhanced[] = { 0x14, 0x80, 0x90, 0x07, 0x33 };
	g_autoptr(GByteArray) file = g_byte_array_new();
	g_autoptr(GBytes) bytes = NULL;
	guint8 large[PLAN_MTU * 2];

	memset(large, 0x44, sizeof(large));
	memcpy(large, enhanced, sizeof(enhanced));
	annexb_append(file, head, sizeof(head));
	annexb_append(file, idr, sizeof(idr));
	annexb_append(file, large, sizeof(large));
	annexb_append(file, prefix, sizeof(prefix));
	annexb_append(file, slice, sizeof(slice));
	annexb_append(file, enhanced, sizeof(enhanced));
	bytes = g_byte_array_free_to_bytes(g_steal_pointer(&file));
	return h264_stream_new(bytes, NULL);
}

struct viewer {
	struct h264_stream *stream;
	struct plan *plan;
	struct check *check;
	guint16 seq;
};

static void join(struct viewer *viewer, guint8 did)
{
	const struct svc_point cap = { did, 0, 7 };
	struct check_origin origin;

	viewer->stream = make_stream();
	viewer->plan = plan_new(viewer->stream);
	viewer->seq = 65533;
	g_assert_cmpuint(viewer->plan->packets->len, ==, 8);
	origin = (struct check_origin){
		.datagrams = SENT_LOOPS * viewer->plan->packets->len,
		.access_units = SENT_LOOPS * viewer->plan->aus,
		.first_timestamp = FIRST_TIMESTAMP,
		.timestamp_step = STEP,
	};
	viewer->check = check_new(viewer->stream, &cap, &origin);
}

/* Delivers the origin's datagram of that index, with a bit of it flipped if @flip. */
static void deliver(struct viewer *viewer, guint index, guint16 seq, gboolean flip)
{
	guint in_loop = index % viewer->plan->packets->len;
	guint loop = index / viewer->plan->packets->len;
	const struct plan_packet *planned = plan_packet(viewer->plan, in_loop);
	guint head = planned->fragment ? sizeof(planned->fu) : 0;
	guint8 payload[PLAN_MTU];
	struct capture_packet packet = {
		.seq = seq,
		.timestamp = FIRST_TIMESTAMP + STEP * (loop * viewer->plan->aus + planned->au),
		.payload = payload,
		.payload_len = head + planned->len,
	};

	memcpy(payload, planned->fu, head);
	memcpy(payload + head, planned->data, planned->len);
	payload[packet.payload_len - 1] ^= flip;
	check_add(viewer->check, &packet);
}

static void pass(struct viewer *viewer, guint index)
{
	deliver(viewer, index, viewer->seq++, FALSE);
}

static void leave(struct viewer *viewer, struct check_result *result)
{
	check_finish(viewer->check, result);
	g_byte_array_unref(result->annexb);
	plan_free(viewer->plan);
	h264_stream_free(viewer->stream);
}

static void test_all(void)
{
	struct check_result result;
	struct viewer viewer;

	join(&viewer, 1);
	for (guint i = 0; i < 16; i++)
		pass(&viewer, i);
	leave(&viewer, &result);
	g_assert_cmpuint(result.expected, ==, 16);
	g_assert_cmpuint(result.received, ==, 16);
	g_assert_cmpuint(result.lost + result.wrong + result.holes + result.duplicates +
			 result.reordered + result.damaged, ==, 0);
	g_assert_cmpuint(result.units, ==, 4);
	g_assert_cmpuint(result.first_frame, ==, 0);
	g_assert_cmpuint(result.frames_in_loop, ==, 2);
}

static void test_cap(void)
{
	static const guint base[] = { 0, 1, 5, 6, 8, 9, 13, 14 };
	struct check_result result;
	struct viewer viewer;

	join(&viewer, 0);
	for (guint i = 0; i < G_N_ELEMENTS(base); i++)
		pass(&viewer, base[i]);
	leave(&viewer, &result);
	g_assert_cmpuint(result.expected, ==, 8);
	g_assert_cmpuint(result.lost + result.wrong + result.holes, ==, 0);

	/* a datagram of a layer above the cap */
	join(&viewer, 0);
	for (guint i = 0; i < G_N_ELEMENTS(base); i++) {
		pass(&viewer, base[i]);
		if (base[i] == 6)
			pass(&viewer, 7);
	}
	leave(&viewer, &result);
	g_assert_cmpuint(result.expected, ==, 8);
	g_assert_cmpuint(result.lost, ==, 0);
	g_assert_cmpuint(result.wrong, ==, 1);
}

static void test_joined_late(void)
{
	struct check_result result;
	struct viewer viewer;

	/* in the middle of the IDR access unit: the next one is the first that decodes */
	join(&viewer, 1);
	for (guint i = 3; i < 16; i++)
		pass(&viewer, i);
	leave(&viewer, &result);
	g_assert_cmpuint(result.expected, ==, 13);
	g_assert_cmpuint(result.lost + result.wrong, ==, 0);
	g_assert_cmpuint(result.units, ==, 2);
	g_assert_cmpuint(result.first_frame, ==, 0);
}

static void test_lost(void)
{
	struct check_result result;
	struct viewer viewer;

	/* with its number, as on the way; and without, as by a relay that hides it */
	join(&viewer, 1);
	for (guint i = 0; i < 16; i++) {
		if (i == 3)
			viewer.seq++;
		else if (i != 14)
			pass(&viewer, i);
	}
	leave(&viewer, &result);
	g_assert_cmpuint(result.expected, ==, 16);
	g_assert_cmpuint(result.lost, ==, 2);
	g_assert_cmpuint(result.holes, ==, 1);

	/* the last ones: no number tells that they are missing */
	join(&viewer, 1);
	for (guint i = 0; i < 13; i++)
		pass(&viewer, i);
	leave(&viewer, &result);
	g_assert_cmpuint(result.lost, ==, 3);
	g_assert_cmpuint(result.holes, ==, 0);

	join(&viewer, 1);
	leave(&viewer, &result);
	g_assert_cmpuint(result.received, ==, 0);
	g_assert_cmpuint(result.units, ==, 0);
}

static void test_other_faults(void)
{
	struct check_result result;
	struct viewer viewer;

	/* twice with one number, twice with two, changed on the way, and swapped */
	join(&viewer, 1);
	for (guint i = 0; i < 4; i++)
		pass(&viewer, i);
	deliver(&viewer, 3, viewer.seq - 1, FALSE);
	pass(&viewer, 3);
	deliver(&viewer, 4, viewer.seq++, TRUE);
	deliver(&viewer, 6, viewer.seq + 1, FALSE);
	deliver(&viewer, 5, viewer.seq, FALSE);
	viewer.seq += 2;
	for (guint i = 7; i < 16; i++)
		pass(&viewer, i);
	leave(&viewer, &result);
	g_assert_cmpuint(result.expected, ==, 16);
	g_assert_cmpuint(result.received, ==, 18);
	g_assert_cmpuint(result.lost, ==, 1);
	g_assert_cmpuint(result.duplicates, ==, 1);
	g_assert_cmpuint(result.wrong, ==, 3);
	g_assert_cmpuint(result.reordered, ==, 1);
	g_assert_cmpuint(result.holes, ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/check/all", test_all);
	g_test_add_func("/check/cap", test_cap);
	g_test_add_func("/check/joined-late", test_joined_late);
	g_test_add_func("/check/lost", test_lost);
	g_test_add_func("/check/other-faults", test_other_faults);
	return g_test_run();
}
