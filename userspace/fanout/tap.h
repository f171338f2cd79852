/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tap: destinations without an address, whose datagrams are handed to the
 * owner. They have layers and numbers as all others do.
 */
#ifndef FANOUT_TAP_H
#define FANOUT_TAP_H

#include "backend.h"

struct tap *tap_new(struct fanout *fanout);

/* tap_free - with its destinations */
void tap_free(struct tap *tap);

/* tap_is_for - is that a destination of the tap? */
gboolean tap_is_for(const struct rtp_fanout_dest *dest);

/* tap_add, tap_set, tap_del - see fanout_add(), fanout_set(), fanout_del() */
gboolean tap_add(struct tap *tap, const struct rtp_fanout_dest *dest, GError **error);
gboolean tap_set(struct tap *tap, const struct rtp_fanout_dest *dest, guint32 flags,
		 GError **error);
gboolean tap_del(struct tap *tap, const struct rtp_fanout_dest *dest, GError **error);

/* tap_add_info - add what the tap sent to what the kernel says it did */
void tap_add_info(struct tap *tap, struct rtp_fanout_info *info);

/* tap_each_dest - see fanout_each_dest(); FALSE when @visit ended the walk */
gboolean tap_each_dest(struct tap *tap, fanout_visitor visit, gpointer user_data);

/* tap_send - hand the engine's batch to the owner */
void tap_send(struct tap *tap, struct engine *engine);

#endif
