// SPDX-License-Identifier: GPL-2.0-or-later
#include "counters.h"

#include <stddef.h>
#include <string.h>

#define COUNTER(field)	{ #field, offsetof(struct rtp_fanout_info, field),	\
			  sizeof(((struct rtp_fanout_info *)NULL)->field) }

static const struct {
	const char *name;
	guint16 offset;
	guint16 size;	/* 4 or 8 */
} counters[] = {
	COUNTER(rx_packets),
	COUNTER(rx_octets),
	COUNTER(rx_passed),
	COUNTER(rx_teed),
	COUNTER(rx_unknown),
	COUNTER(rx_lost),
	COUNTER(rx_dropped_queue),
	COUNTER(rx_dropped_nomem),
	COUNTER(rx_dropped_policy),
	COUNTER(rx_dropped_ttl),
	COUNTER(rx_dropped_malformed),
	COUNTER(rx_dropped_duplicate),
	COUNTER(rx_dropped_late),
	COUNTER(rx_dropped_unconfirmed),
	COUNTER(tx_packets),
	COUNTER(tx_octets),
	COUNTER(tx_dropped),
	COUNTER(tx_sends),
	COUNTER(tx_waits),
	COUNTER(queue_bytes),
	COUNTER(queue_limit),
	COUNTER(inflight_bytes),
	COUNTER(inflight_limit),
	COUNTER(switching),
	COUNTER(shards),
	COUNTER(worker_runs),
};

const char *fanout_counter(const struct rtp_fanout_info *info, guint index,
			   guint64 *value)
{
	const guint8 *field;
	guint32 narrow;

	if (index >= G_N_ELEMENTS(counters))
		return NULL;
	field = (const guint8 *)info + counters[index].offset;
	if (counters[index].size == sizeof(narrow)) {
		memcpy(&narrow, field, sizeof(narrow));
		*value = narrow;
	} else {
		memcpy(value, field, sizeof(*value));
	}
	return counters[index].name;
}
