// SPDX-License-Identifier: GPL-2.0-or-later
/* The user's backend when a destination cannot be sent to: all others are. */
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "addr.h"
#include "fanout.h"
#include "udp_socket.h"

#define PT		96
#define RECEIVERS	3
#define DATAGRAMS	20
#define LEN		100

static void transmit(int source, const struct rtp_fanout_addr *to, guint16 seq)
{
	guint8 data[LEN] = { 0x80, PT, seq >> 8, seq, [8] = 1 };
	struct sockaddr_storage sa;
	socklen_t len = addr_to_sockaddr(to, 0, AF_INET, &sa);

	g_assert_cmpint(sendto(source, data, sizeof(data), 0, (struct sockaddr *)&sa, len),
			==, sizeof(data));
}

/*
 * Complaint 11: one failed destination ends the loop for the rest. Sending to a
 * broadcast address is refused with EACCES; that one is the first, in the middle and
 * the last as the walk begins elsewhere each time.
 */
static void test_failed_destination(void)
{
	struct rtp_fanout_config config = { .codec = { [PT] = RTP_FANOUT_CODEC_OPAQUE } };
	struct rtp_fanout_dest dests[RECEIVERS + 1] = { 0 }, *failed = &dests[1];
	struct rtp_fanout_dest_info info;
	struct rtp_fanout_addr addr;
	int fd, source, receivers[RECEIVERS + 1];
	struct fanout *fanout;
	guint8 data[2 * LEN];

	fd = udp_socket(&addr);
	source = udp_socket(&config.source);
	fanout = fanout_new(fd, FANOUT_USER, &config, NULL, NULL, NULL);
	g_assert_nonnull(fanout);
	for (guint i = 0; i < G_N_ELEMENTS(dests); i++) {
		receivers[i] = udp_socket(&dests[i].addr);
		if (&dests[i] == failed)
			inet_pton(AF_INET, "127.255.255.255", dests[i].addr.addr);
		dests[i].cap = FANOUT_CAP_ALL;
		g_assert_true(fanout_add(fanout, &dests[i], NULL));
	}
	for (guint seq = 1; seq <= DATAGRAMS; seq++) {
		transmit(source, &addr, seq);
		while (g_main_context_iteration(NULL, FALSE))
			;
	}
	for (guint i = 0; i < G_N_ELEMENTS(dests); i++) {
		for (guint seq = 1; &dests[i] != failed && seq <= DATAGRAMS; seq++) {
			g_assert_cmpint(recv(receivers[i], data, sizeof(data), 0), ==, LEN);
			g_assert_cmpuint(data[2] << 8 | data[3], ==, seq);
		}
		g_assert_cmpint(recv(receivers[i], data, sizeof(data), 0), ==, -1);
		close(receivers[i]);
	}
	/* and it is told why */
	g_assert_true(fanout_find(fanout, failed, &info));
	g_assert_cmpuint(info.packets, ==, 0);
	g_assert_cmpuint(info.dropped_output + info.dropped_route, ==, DATAGRAMS);
	fanout_free(fanout);
	close(source);
	close(fd);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/fanout/user/complaint-11-failed-destination",
			test_failed_destination);
	return g_test_run();
}
