// SPDX-License-Identifier: GPL-2.0
/*
 * Names of the drop reasons.
 */
#include <linux/kernel.h>
#include <linux/rcupdate.h>
#include "drop.h"

#define RTP_DROP_NAME(reason) \
	[(reason) & ~SKB_DROP_REASON_SUBSYS_MASK] = #reason

static const char * const rtp_drop_reasons[] = {
	RTP_DROP_NAME(__RTPRELAY_DROP_REASON),
	RTP_DROP_NAME(RTPRELAY_DROP_TTL),
	RTP_DROP_NAME(RTPRELAY_DROP_QUEUE_FULL),
	RTP_DROP_NAME(RTPRELAY_DROP_NOMEM),
	RTP_DROP_NAME(RTPRELAY_DROP_STOPPED),
};

static const struct drop_reason_list rtp_drop_reason_list = {
	.reasons = rtp_drop_reasons,
	.n_reasons = ARRAY_SIZE(rtp_drop_reasons),
};

/**
 * rtp_drop_init() - make the drop reasons known by name
 *
 * Context: Process context.
 */
void rtp_drop_init(void)
{
	drop_reasons_register_subsys(SKB_DROP_REASON_SUBSYS_RTPRELAY,
				     &rtp_drop_reason_list);
}

/**
 * rtp_drop_exit() - the drop reasons' names go
 *
 * Context: Process context. Sleeps until nobody reads them.
 */
void rtp_drop_exit(void)
{
	drop_reasons_unregister_subsys(SKB_DROP_REASON_SUBSYS_RTPRELAY);
}
