/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a fan-out counts, by name: whoever shows it shows the same */
#ifndef FANOUT_COUNTERS_H
#define FANOUT_COUNTERS_H

#include <glib.h>
#include <linux/rtp_fanout.h>

/**
 * fanout_counter - the counters of struct rtp_fanout_info, one after the other
 * @index: from 0 on
 * @value: set to that of @info
 *
 * Return: its name, that of its field; NULL after the last one.
 */
const char *fanout_counter(const struct rtp_fanout_info *info, guint index,
			   guint64 *value);

#endif
