// SPDX-License-Identifier: GPL-2.0
/*
 * The layout of the interface. Built for 64 and for 32 bit, so that one text
 * says what both must see, and a kernel of one width answers programs of both.
 */
#include <assert.h>
#include <stddef.h>

#include "fanout_lib.h"
#include "kselftest_harness.h"

#define SIZE(type, bytes) \
	static_assert(sizeof(struct type) == (bytes), #type)
#define AT(type, member, offset) \
	static_assert(offsetof(struct type, member) == (offset), \
		       #type "." #member)

SIZE(rtp_fanout_hdr, 16);
AT(rtp_fanout_hdr, op, 0);
AT(rtp_fanout_hdr, flags, 4);
AT(rtp_fanout_hdr, count, 8);
AT(rtp_fanout_hdr, size, 12);

SIZE(rtp_fanout_addr, 20);
AT(rtp_fanout_addr, family, 0);
AT(rtp_fanout_addr, port, 2);
AT(rtp_fanout_addr, addr, 4);

SIZE(rtp_fanout_config, 184);
AT(rtp_fanout_config, source, 0);
AT(rtp_fanout_config, ifindex, 20);
AT(rtp_fanout_config, flags, 24);
AT(rtp_fanout_config, dependency_id, 28);
AT(rtp_fanout_config, reserved, 29);
AT(rtp_fanout_config, codec, 32);
AT(rtp_fanout_config, bpf_fd, 160);
AT(rtp_fanout_config, pace_percent, 164);
AT(rtp_fanout_config, pace_burst, 166);
AT(rtp_fanout_config, ssrc, 168);
AT(rtp_fanout_config, clock_rate, 172);
AT(rtp_fanout_config, silent_ms, 176);
AT(rtp_fanout_config, reserved2, 180);

SIZE(rtp_fanout_cap, 4);
AT(rtp_fanout_cap, did, 0);
AT(rtp_fanout_cap, qid, 1);
AT(rtp_fanout_cap, tid, 2);
AT(rtp_fanout_cap, flags, 3);

SIZE(rtp_fanout_dest, 64);
AT(rtp_fanout_dest, addr, 0);
AT(rtp_fanout_dest, ifindex, 20);
AT(rtp_fanout_dest, local, 24);
AT(rtp_fanout_dest, cookie, 40);
AT(rtp_fanout_dest, cap, 48);
AT(rtp_fanout_dest, lease_ms, 52);
AT(rtp_fanout_dest, lease_octets, 56);

SIZE(rtp_fanout_info, 216);
AT(rtp_fanout_info, dests, 0);
AT(rtp_fanout_info, caps, 4);
AT(rtp_fanout_info, ssrc, 8);
AT(rtp_fanout_info, failed_index, 12);
AT(rtp_fanout_info, queue_bytes, 16);
AT(rtp_fanout_info, queue_limit, 20);
AT(rtp_fanout_info, rx_packets, 24);
AT(rtp_fanout_info, rx_octets, 32);
AT(rtp_fanout_info, rx_passed, 40);
AT(rtp_fanout_info, rx_teed, 48);
AT(rtp_fanout_info, rx_dropped_queue, 56);
AT(rtp_fanout_info, rx_dropped_nomem, 64);
AT(rtp_fanout_info, rx_dropped_policy, 72);
AT(rtp_fanout_info, rx_dropped_ttl, 80);
AT(rtp_fanout_info, rx_dropped_malformed, 88);
AT(rtp_fanout_info, rx_dropped_duplicate, 96);
AT(rtp_fanout_info, rx_dropped_late, 104);
AT(rtp_fanout_info, rx_dropped_unconfirmed, 112);
AT(rtp_fanout_info, rx_lost, 120);
AT(rtp_fanout_info, tx_packets, 128);
AT(rtp_fanout_info, tx_octets, 136);
AT(rtp_fanout_info, tx_dropped, 144);
AT(rtp_fanout_info, worker_runs, 152);
AT(rtp_fanout_info, rx_unknown, 160);
AT(rtp_fanout_info, rx_seq, 168);
AT(rtp_fanout_info, switching, 172);
AT(rtp_fanout_info, bpf_id, 176);
AT(rtp_fanout_info, shards, 180);
AT(rtp_fanout_info, tx_sends, 184);
AT(rtp_fanout_info, tx_waits, 192);
AT(rtp_fanout_info, inflight_bytes, 200);
AT(rtp_fanout_info, inflight_limit, 204);
AT(rtp_fanout_info, rx_jitter, 208);
AT(rtp_fanout_info, ts_offset, 212);

SIZE(rtp_fanout_cursor, 8);
AT(rtp_fanout_cursor, next, 0);

SIZE(rtp_fanout_dest_info, 136);
AT(rtp_fanout_dest_info, addr, 0);
AT(rtp_fanout_dest_info, ifindex, 20);
AT(rtp_fanout_dest_info, local, 24);
AT(rtp_fanout_dest_info, cookie, 40);
AT(rtp_fanout_dest_info, cap, 48);
AT(rtp_fanout_dest_info, lease_ms, 52);
AT(rtp_fanout_dest_info, lease_octets, 56);
AT(rtp_fanout_dest_info, packets, 64);
AT(rtp_fanout_dest_info, octets, 72);
AT(rtp_fanout_dest_info, dropped_nomem, 80);
AT(rtp_fanout_dest_info, dropped_inflight, 88);
AT(rtp_fanout_dest_info, dropped_route, 96);
AT(rtp_fanout_dest_info, dropped_mtu, 104);
AT(rtp_fanout_dest_info, dropped_output, 112);
AT(rtp_fanout_dest_info, state, 120);
AT(rtp_fanout_dest_info, last_seq, 124);
AT(rtp_fanout_dest_info, current_cap, 128);
AT(rtp_fanout_dest_info, reserved, 132);

SIZE(rtp_fanout_layer, 32);
AT(rtp_fanout_layer, did, 0);
AT(rtp_fanout_layer, qid, 1);
AT(rtp_fanout_layer, tid, 2);
AT(rtp_fanout_layer, reserved, 3);
AT(rtp_fanout_layer, reserved2, 4);
AT(rtp_fanout_layer, rate, 8);
AT(rtp_fanout_layer, packets, 16);
AT(rtp_fanout_layer, octets, 24);

SIZE(rtp_fanout_event, 40);
AT(rtp_fanout_event, addr, 0);
AT(rtp_fanout_event, ifindex, 20);
AT(rtp_fanout_event, cookie, 24);
AT(rtp_fanout_event, events, 32);
AT(rtp_fanout_event, error, 36);

static_assert(SO_RTP_FANOUT == 86, "SO_RTP_FANOUT");

/* Every structure goes to the kernel and comes back, with all its fields. */
TEST(round_trip)
{
	const __u64 cookie = 0x0123456789abcdefULL;
	struct rtp_fanout_dest_info found;
	struct rtp_fanout_config cfg;
	struct rtp_fanout_event event;
	struct rtp_fanout_dest dest;
	struct rtp_fanout_info info;
	struct fo_relay relay;
	int viewer, i;

	fo_relay(&relay, FO_IPV4);
	viewer = fo_view(&relay, 0, NULL);
	fo_viewer(&relay, 0, &dest);
	ASSERT_EQ(0, fo_del(relay.fd, &dest, 1));
	dest.cookie = cookie;
	dest.lease_ms = 3600 * 1000;
	dest.lease_octets = 1000;
	dest.cap = (struct rtp_fanout_cap) { .did = 6, .qid = 5, .tid = 4 };
	dest.local[0] = 127;
	dest.local[3] = 1;
	ASSERT_EQ(0, fo_add(relay.fd, &dest, 1));

	for (i = 0; i < 3; i++) {
		fo_send(&relay, 100 + i);
		ASSERT_LE(0, fo_recv_seq(viewer));
	}

	ASSERT_TRUE(FO_WAIT(!fo_info(relay.fd, &info) &&
			    info.tx_packets == 3));
	ASSERT_EQ(0, fo_attached(relay.fd, &cfg));
	EXPECT_EQ(0, memcmp(&cfg, &relay.cfg, sizeof(cfg)));
	EXPECT_EQ(1, info.dests);
	EXPECT_EQ(1, info.caps);
	EXPECT_EQ(FO_SSRC, info.ssrc);
	EXPECT_EQ(~0U, info.failed_index);
	EXPECT_EQ(fo_get_int(relay.fd, SOL_SOCKET, SO_RCVBUF),
		  (int)info.queue_limit);
	EXPECT_EQ(3, info.rx_packets);
	EXPECT_EQ(300, info.rx_octets);
	EXPECT_EQ(300, info.tx_octets);
	EXPECT_EQ(0, info.tx_dropped);
	EXPECT_LE(1, info.tx_sends);
	EXPECT_GE(3, info.tx_sends);
	EXPECT_LE(1, info.shards);
	EXPECT_GE(sysconf(_SC_NPROCESSORS_ONLN), info.shards);
	EXPECT_EQ(fo_get_int(relay.fd, SOL_SOCKET, SO_SNDBUF),
		  (int)info.inflight_limit);
	EXPECT_NE(0, info.worker_runs);

	ASSERT_EQ(0, fo_find(relay.fd, &dest, &found));
	EXPECT_EQ(cookie, found.cookie);
	/* both begin alike */
	EXPECT_EQ(0, memcmp(&found, &dest,
			    offsetof(struct rtp_fanout_dest, lease_ms)));
	EXPECT_GE(dest.lease_ms, found.lease_ms);
	EXPECT_LT(dest.lease_ms / 2, found.lease_ms);
	EXPECT_EQ(700, found.lease_octets);
	EXPECT_EQ(3, found.packets);
	EXPECT_EQ(300, found.octets);
	EXPECT_EQ(RTP_FANOUT_STATE_ACTIVE, found.state);

	ASSERT_EQ(1, fo_events(relay.fd, &event, 1));
	EXPECT_EQ(RTP_FANOUT_EVENT_NEW_SSRC, event.events);

	/* nobody listens any more */
	close(viewer);
	fo_send(&relay, 103);
	ASSERT_TRUE(FO_WAIT(fo_events(relay.fd, &event, 1) == 1));
	EXPECT_EQ(0, memcmp(&event.addr, &dest.addr, sizeof(dest.addr)));
	EXPECT_EQ(cookie, event.cookie);
	EXPECT_EQ(RTP_FANOUT_EVENT_ICMP_ERROR, event.events);
	EXPECT_EQ(ECONNREFUSED, event.error);
}

int main(int argc, char **argv)
{
	fo_netns();
	return test_harness_run(argc, argv);
}
