// SPDX-License-Identifier: GPL-2.0-or-later
/* Who is who among the viewers of a track */
#include <arpa/inet.h>
#include <errno.h>
#include <gst/gst.h>
#include <unistd.h>

#include "track.h"

#define VIDEO	96

static void nobody_alive(struct leg *leg)
{
}

static void nobody_gone(struct leg *leg, const char *reason)
{
}

static struct track *new_track(void)
{
	static const guint8 codec[128] = { [VIDEO] = RTP_FANOUT_CODEC_H264 };
	struct track *track = track_new(&(struct track_config){
		.name = "/cam",
		.family = AF_INET6,
		.backend = FANOUT_USER,
		.codec = codec,
		.clock_rate = 90000,
		.cname = "relay",
		.leg_alive = nobody_alive,
		.leg_gone = nobody_gone,
	}, NULL);
	struct track_source source = {
		.server = { .family = AF_INET6 },
		.ports = { 5000, 5001 },
	};

	g_assert_nonnull(track);
	inet_pton(AF_INET6, "::1", source.server.addr);
	g_assert_true(track_start(track, &source, NULL));
	return track;
}

static void set_up(struct leg *leg, const char *host, guint ifindex)
{
	static const struct transport_ports ports = { 6000, 6001 };
	static const struct rtp_fanout_addr local = { .family = AF_INET6 };
	struct rtp_fanout_addr addr = { .family = AF_INET6 };

	inet_pton(AF_INET6, host, addr.addr);
	leg_set_up_udp(leg, &addr, ifindex, &local, &ports);
	leg->dest.cap = FANOUT_CAP_ALL;
}

/* A link-local address is another viewer's on another link, once on each. */
static void test_links(void)
{
	struct leg one = { 0 }, other = { 0 }, again = { 0 };
	struct track *track = new_track();
	g_autoptr(GError) error = NULL;

	set_up(&one, "fe80::1", 2);
	set_up(&other, "fe80::1", 3);
	set_up(&again, "fe80::1", 3);
	g_assert_true(track_add_leg(track, &one, NULL));
	g_assert_true(track_add_leg(track, &other, NULL));
	g_assert_false(track_add_leg(track, &again, &error));
	g_assert_error(error, FANOUT_ERROR, EEXIST);
	g_assert_true(track_find_leg(track, &one.dest) == &one);
	g_assert_true(track_find_leg(track, &other.dest) == &other);

	track_del_leg(&other);
	g_assert_null(track_find_leg(track, &other.dest));
	g_assert_true(track_find_leg(track, &one.dest) == &one);
	track_del_leg(&one);
	leg_clear(&one);
	leg_clear(&other);
	leg_clear(&again);
	track_free(track);
}

/* Where its media goes now it was dropped nothing yet: its next report is the first one. */
static void test_moved(void)
{
	struct track *track = new_track();
	struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_addr = in6addr_loopback };
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);
	struct leg leg = { 0 };
	in_port_t before;

	set_up(&leg, "::1", 0);
	g_assert_true(track_add_leg(track, &leg, NULL));
	before = leg.dest.addr.port;
	leg.adapter.reports = 3;
	leg.adapter.dropped = 5;
	leg.adapter.joined_at = 1;
	to.sin6_port = htons(track_ports(track)->rtp);
	g_assert_cmpint(sendto(fd, "punch", 5, 0, (struct sockaddr *)&to, sizeof(to)), ==, 5);
	while (leg.dest.addr.port == before)
		g_main_context_iteration(NULL, TRUE);
	g_assert_cmpuint(leg.adapter.reports, ==, 0);
	g_assert_cmpint(leg.adapter.joined_at, ==, 0);

	close(fd);
	track_del_leg(&leg);
	leg_clear(&leg);
	track_free(track);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_setenv("GST_REGISTRY_DISABLE", "yes", TRUE);
	gst_init(NULL, NULL);
	g_test_add_func("/track/links", test_links);
	g_test_add_func("/track/moved", test_moved);
	return g_test_run();
}
