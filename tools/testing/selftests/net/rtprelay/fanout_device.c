// SPDX-License-Identifier: GPL-2.0
/*
 * Devices as the tests of SO_RTP_FANOUT want them, and what is in them.
 */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <linux/ethtool.h>
#include <linux/sock_diag.h>
#include <linux/sockios.h>

#include "fanout_lib.h"

static int fo_ethtool(const char *device, void *command)
{
	struct ifreq ifr = { .ifr_data = command };
	int fd, ret;

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", device);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ret = ioctl(fd, SIOCETHTOOL, &ifr);
	close(fd);
	return ret;
}

/* The number of a feature. Sets how many there are. */
static __u32 fo_feature_number(const char *device, const char *name,
			       __u32 *count)
{
	struct ethtool_sset_info *sset = calloc(1, sizeof(*sset) + 4);
	struct ethtool_gstrings *names;
	__u32 i;

	sset->cmd = ETHTOOL_GSSET_INFO;
	sset->sset_mask = 1ULL << ETH_SS_FEATURES;
	if (fo_ethtool(device, sset))
		fo_fatal("ETHTOOL_GSSET_INFO");
	*count = sset->data[0];
	free(sset);

	names = calloc(1, sizeof(*names) + *count * ETH_GSTRING_LEN);
	names->cmd = ETHTOOL_GSTRINGS;
	names->string_set = ETH_SS_FEATURES;
	names->len = *count;
	if (fo_ethtool(device, names))
		fo_fatal("ETHTOOL_GSTRINGS");
	for (i = 0; i < *count; i++) {
		if (!strcmp((char *)names->data + i * ETH_GSTRING_LEN, name))
			break;
	}
	free(names);
	if (i == *count) {
		errno = ENOENT;
		fo_fatal(name);
	}
	return i;
}

/* The device has the feature, or would if told to. */
static bool fo_can(const char *device, const char *name)
{
	struct ethtool_gfeatures *get;
	__u32 i, count;
	bool can;

	i = fo_feature_number(device, name, &count);
	get = calloc(1, sizeof(*get) + (count + 31) / 32 *
		     sizeof(get->features[0]));
	get->cmd = ETHTOOL_GFEATURES;
	get->size = (count + 31) / 32;
	if (fo_ethtool(device, get))
		fo_fatal("ETHTOOL_GFEATURES");
	can = get->features[i / 32].available & 1U << i % 32;
	free(get);
	return can;
}

/* Switch a feature of a device, as ethtool -K does. */
static void fo_feature(const char *device, const char *name, bool on)
{
	struct ethtool_sfeatures *set;
	__u32 i, count;

	i = fo_feature_number(device, name, &count);
	set = calloc(1, sizeof(*set) + (count + 31) / 32 *
		     sizeof(set->features[0]));
	set->cmd = ETHTOOL_SFEATURES;
	set->size = (count + 31) / 32;
	set->features[i / 32].valid = 1U << i % 32;
	set->features[i / 32].requested = on ? 1U << i % 32 : 0;
	/* more than 0 when the device does not do as asked */
	if (fo_ethtool(device, set)) {
		errno = EOPNOTSUPP;
		fo_fatal(name);
	}
	free(set);
}

/* Features of which each needs those behind it. */
void fo_features(const char *device, const char * const *names, bool on)
{
	if (!*names)
		return;
	if (!on)
		fo_feature(device, *names, false);
	fo_features(device, names + 1, on);
	if (on)
		fo_feature(device, *names, true);
}

/* All that make a device take more than a complete datagram. */
const char * const fo_offloads[FO_OFFLOADS + 1] = {
	"tx-udp-segmentation", "tx-generic-segmentation",
	"tx-scatter-gather", "tx-checksum-ip-generic", NULL,
};

/* From which of fo_offloads on the device has them, or would if told to. */
unsigned int fo_offloads_from(const char *device)
{
	unsigned int from = FO_OFFLOADS;

	while (from && fo_can(device, fo_offloads[from - 1]))
		from--;
	return from;
}

/* The device has those of fo_offloads from @from on, and no other. Returns whether
 * it can.
 */
bool fo_offload(const char *device, unsigned int from)
{
	unsigned int can = fo_offloads_from(device);
	const char *off[FO_OFFLOADS + 1] = {};
	unsigned int i;

	if (can > from)
		return false;
	fo_features(device, fo_offloads + can, true);
	for (i = can; i < from; i++)
		off[i - can] = fo_offloads[i];
	fo_features(device, off, false);
	return true;
}

/* Viewers are behind d0, which takes all and does nothing with it. */
void fo_dummy(void)
{
	fo_ip("link add d0 type dummy\n");
	/* no packets but the relay's */
	fo_write("/proc/sys/net/ipv6/conf/d0/disable_ipv6", "1");
	fo_ip("addr add 10.7.0.1/24 dev d0\n"
	      "link set d0 up\n"
	      "neigh add 10.7.0.2 lladdr 02:00:00:00:00:01 dev d0\n"
	      "route replace 10.1.0.0/16 via 10.7.0.2\n");
}

/* A counter of the device's queueing discipline: "packets", where the parts of
 * large packets count each, or "drops".
 */
unsigned long fo_qdisc(const char *device, const char *counter)
{
	unsigned long value = 0;
	char line[4096];
	char key[32];
	char *at;
	FILE *tc;

	snprintf(line, sizeof(line), "tc -s -j qdisc show dev %s root", device);
	tc = popen(line, "r");
	if (!tc || !fgets(line, sizeof(line), tc))
		fo_fatal("tc");
	pclose(tc);
	snprintf(key, sizeof(key), "\"%s\":", counter);
	at = strstr(line, key);
	if (!at || sscanf(at + strlen(key), "%lu", &value) != 1)
		fo_fatal(counter);
	return value;
}

/* Bytes that the network still has of what the socket sent. */
unsigned int fo_in_flight(int fd)
{
	__u32 meminfo[SK_MEMINFO_VARS];
	socklen_t len = sizeof(meminfo);

	if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, meminfo, &len))
		fo_fatal("SO_MEMINFO");
	return meminfo[SK_MEMINFO_WMEM_ALLOC];
}
