// SPDX-License-Identifier: GPL-2.0
/*
 * An example: an agent that thins a stream whose frames stand alone, Motion
 * JPEG or some instrument's readings, to every n-th.
 *
 * The others become temporal layer 1 and are not dropped: so each destination
 * has the choice, by its cap, and one that gets everything is left alone.
 */
#include <linux/rtp_fanout.h>
#include "rtp.bpf.h"

/* In .data, where user space changes it before the program runs or later. */
__u32 every = 2;

struct rtp_newest newest;
__u32 frames;		/* before the newest one's */
__u32 former;		/* timestamp of the frame before that */

static inline __u32 layer_of(__u32 frame)
{
	return RTP_FANOUT_BPF_LAYER(0, 0, every && frame % every ? 1 : 0);
}

SEC("socket")
int every_nth(struct __sk_buff *skb)
{
	struct rtp rtp;

	if (!rtp_read(skb, &rtp))
		return ~0U;

	if (rtp_late(&newest, &rtp)) {
		if (rtp.timestamp == newest.timestamp)
			return layer_of(frames);
		/* of a frame that nobody remembers: one less to be sent */
		return frames && rtp.timestamp == former ?
		       layer_of(frames - 1) : layer_of(1);
	}
	if (!rtp_begins(&newest, &rtp)) {
		rtp_remember(&newest, &rtp);
		return layer_of(frames);
	}

	former = newest.timestamp;
	frames = rtp_same_source(&newest, &rtp) ? frames + 1 : 0;
	rtp_remember(&newest, &rtp);
	return layer_of(frames) | RTP_FANOUT_BPF_START | RTP_FANOUT_BPF_SYNC |
	       RTP_FANOUT_BPF_UP;
}

char _license[] SEC("license") = "GPL";
