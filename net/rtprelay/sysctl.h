/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the administrator may set: /proc/sys/net/rtp_fanout.
 */
#ifndef _NET_RTPRELAY_SYSCTL_H
#define _NET_RTPRELAY_SYSCTL_H

extern int rtp_sysctl_max_dests;
extern int rtp_sysctl_userns_attach;

int rtp_sysctl_init(void);
void rtp_sysctl_exit(void);

#endif /* _NET_RTPRELAY_SYSCTL_H */
