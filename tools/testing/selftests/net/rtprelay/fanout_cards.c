// SPDX-License-Identifier: GPL-2.0
/*
 * Two network cards that a cable joins, each in a namespace of its own.
 */
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>

#include "fanout_lib.h"

/**
 * struct fo_card - a card as it was found
 * @name: its name
 * @address: its link address
 */
struct fo_card {
	char name[IFNAMSIZ];
	unsigned char address[6];
};

static struct fo_card fo_card[2];
static int fo_card_netns = -1;	/* that of the second; -1 when there is none */
static pid_t fo_card_owner;

/* It has this driver, and nobody uses it. */
static bool fo_card_free(int fd, const char *name, const char *driver,
			 struct fo_card *card)
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
	struct ifreq ifr = {};

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	if (ioctl(fd, SIOCGIFFLAGS, &ifr) || ifr.ifr_flags & IFF_UP)
		return false;
	ifr.ifr_data = (void *)&info;
	if (ioctl(fd, SIOCETHTOOL, &ifr) || strcmp(info.driver, driver))
		return false;
	if (ioctl(fd, SIOCGIFHWADDR, &ifr))
		return false;
	memcpy(card->address, ifr.ifr_hwaddr.sa_data, sizeof(card->address));
	strcpy(card->name, ifr.ifr_name);
	return true;
}

/* The first two, in the namespace that we are in. */
static bool fo_cards(const char *driver)
{
	struct if_nameindex *found = if_nameindex(), *at;
	unsigned int count = 0;
	int fd;

	if (!found)
		fo_fatal("if_nameindex");
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	for (at = found; at->if_name && count < 2; at++)
		count += fo_card_free(fd, at->if_name, driver, &fo_card[count]);
	close(fd);
	if_freenameindex(found);
	return count == 2;
}

static void fo_card_restore(const char *now, const struct fo_card *card,
			    int initial)
{
	const unsigned char *at = card->address;
	char line[256];

	snprintf(line, sizeof(line),
		 "link set %s down\n"
		 "link set %s address %02x:%02x:%02x:%02x:%02x:%02x\n"
		 "link set %s netns /proc/%d/fd/%d name %s\n", now,
		 now, at[0], at[1], at[2], at[3], at[4], at[5],
		 now, getpid(), initial, card->name);
	fo_ip(line);
}

static void fo_cards_restore(void)
{
	int back, initial;

	if (getpid() != fo_card_owner || fo_card_netns < 0)
		return;
	back = fo_enter_initial();
	initial = fo_enter(back);
	close(back);
	fo_features("v0", fo_offloads + fo_offloads_from("v0"), true);
	fo_card_restore("v0", &fo_card[0], initial);
	back = fo_enter(fo_card_netns);
	fo_card_restore("p0", &fo_card[1], initial);
	fo_leave(back);
	fo_card_netns = -1;
}

static void fo_cards_join(pid_t theirs)
{
	int ours = fo_enter_initial();
	char line[256];

	snprintf(line, sizeof(line),
		 "link set %s netns /proc/%d/fd/%d name v0\n"
		 "link set %s netns %d name p0\n",
		 fo_card[0].name, getpid(), ours, fo_card[1].name, theirs);
	fo_ip(line);
	fo_leave(ours);
}

/* What one sends the other receives. */
static bool fo_cards_are_joined(int netns)
{
	struct timeval timeout = { .tv_sec = 2 };
	struct rtp_fanout_addr addr;
	union fo_sockaddr ss;
	int back, to, from;
	bool joined;
	char byte;

	back = fo_enter(netns);
	to = fo_udp_text(FO_PEER_THEIRS, FO_VIEWER_PORT);
	fo_leave(back);
	from = fo_udp_text(FO_PEER_OURS, FO_VIEWER_PORT);
	if (setsockopt(to, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)))
		fo_fatal("SO_RCVTIMEO");
	fo_addr_text(&addr, FO_PEER_THEIRS, FO_VIEWER_PORT);
	fo_native(&ss, &addr);
	joined = sendto(from, "", 1, 0, &ss.sa, sizeof(ss)) == 1 &&
		 recv(to, &byte, 1, 0) == 1;
	close(from);
	close(to);
	return joined;
}

/* As fo_peer(), behind two cards with this driver that nobody uses. Returns -1
 * when there are none that a cable joins. Until the program ends.
 */
int fo_peer_cards(const char *driver)
{
	int back = fo_enter_initial();
	bool found = fo_cards(driver);

	fo_leave(back);
	if (!found)
		return -1;
	fo_card_netns = fo_peer_joined(fo_cards_join);
	fo_card_owner = getpid();
	atexit(fo_cards_restore);
	if (!fo_cards_are_joined(fo_card_netns))
		fo_cards_restore();
	return fo_card_netns;
}
