/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which interface has an address of this host */
#ifndef RTPRELAYD_INTERFACES_H
#define RTPRELAYD_INTERFACES_H

#include <glib.h>
#include <linux/rtp_fanout.h>

struct interfaces;

struct interfaces *interfaces_new(void);
void interfaces_free(struct interfaces *interfaces);

/**
 * interfaces_find - the interface that has that address; the port is not read
 *
 * They are read again after INTERFACES_PERIOD_S: an address may move, and others come.
 *
 * Return: its name, which is valid until the next call; NULL when there is none.
 */
const char *interfaces_find(struct interfaces *interfaces,
			    const struct rtp_fanout_addr *addr);

#define INTERFACES_PERIOD_S	10

#endif
