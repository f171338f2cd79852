// SPDX-License-Identifier: GPL-2.0
/*
 * Sysctls, of the initial network namespace only: they bound what others may
 * do.
 */
#include <linux/errno.h>
#include <linux/sysctl.h>
#include <net/net_namespace.h>
#include "sysctl.h"

/* Destinations that a fan-out may hold. */
int rtp_sysctl_max_dests = 131072;

/* 1: CAP_NET_ADMIN in the network namespace's user namespace is enough for
 * RTP_FANOUT_ATTACH; 0: it must be in the initial one.
 */
int rtp_sysctl_userns_attach;

static int rtp_sysctl_dests_max = 1 << 24;

static const struct ctl_table rtp_sysctl_table[] = {
	{
		.procname	= "max_dests",
		.data		= &rtp_sysctl_max_dests,
		.maxlen		= sizeof(rtp_sysctl_max_dests),
		.mode		= 0644,
		.proc_handler	= proc_dointvec_minmax,
		.extra1		= SYSCTL_ONE,
		.extra2		= &rtp_sysctl_dests_max,
	},
	{
		.procname	= "userns_attach",
		.data		= &rtp_sysctl_userns_attach,
		.maxlen		= sizeof(rtp_sysctl_userns_attach),
		.mode		= 0644,
		.proc_handler	= proc_dointvec_minmax,
		.extra1		= SYSCTL_ZERO,
		.extra2		= SYSCTL_ONE,
	},
};

static struct ctl_table_header *rtp_sysctl_header;

/**
 * rtp_sysctl_init() - make the sysctls
 *
 * Context: Process context.
 * Return: 0 or -ENOMEM.
 */
int rtp_sysctl_init(void)
{
	rtp_sysctl_header = register_net_sysctl(&init_net, "net/rtp_fanout",
						rtp_sysctl_table);

	/* Without sysctls there is none, and the defaults stay. */
	return rtp_sysctl_header || !IS_ENABLED(CONFIG_SYSCTL) ? 0 : -ENOMEM;
}

/**
 * rtp_sysctl_exit() - remove the sysctls
 *
 * Context: Process context.
 */
void rtp_sysctl_exit(void)
{
	unregister_net_sysctl_table(rtp_sysctl_header);
}
