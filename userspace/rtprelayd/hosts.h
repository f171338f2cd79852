/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How much each host has of something. Of IPv6 a host is what has the first 64 bits
 * in common, since whoever has one address there has them all.
 */
#ifndef RTPRELAYD_HOSTS_H
#define RTPRELAYD_HOSTS_H

#include <glib.h>
#include <linux/rtp_fanout.h>

struct hosts;

struct hosts *hosts_new(void);
void hosts_free(struct hosts *hosts);

/* hosts_enter - count one more; FALSE when the host has @limit already, 0 for none */
gboolean hosts_enter(struct hosts *hosts, const struct rtp_fanout_addr *addr, guint limit);

/* hosts_leave - one that was counted is no more */
void hosts_leave(struct hosts *hosts, const struct rtp_fanout_addr *addr);

#endif
