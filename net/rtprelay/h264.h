/* SPDX-License-Identifier: GPL-2.0 */
/*
 * NAL units of H.264 (clause 7.4.1) and the packet types of RFC 6184, section
 * 5.2, and RFC 6190, section 4.2, that are made of them.
 */
#ifndef _NET_RTPRELAY_H264_H
#define _NET_RTPRELAY_H264_H

#include <linux/bits.h>

enum h264_type {
	H264_SLICE		= 1,
	H264_PARTITION_A	= 2,
	H264_PARTITION_B	= 3,
	H264_PARTITION_C	= 4,
	H264_IDR		= 5,
	H264_SEI		= 6,
	H264_SPS		= 7,
	H264_PPS		= 8,
	H264_DELIMITER		= 9,
	H264_END_SEQUENCE	= 10,
	H264_END_STREAM		= 11,
	H264_FILLER		= 12,
	H264_SPS_EXT		= 13,
	H264_PREFIX		= 14,
	H264_SUBSET_SPS		= 15,
	H264_AUXILIARY		= 19,
	H264_SLICE_EXT		= 20,
	H264_STAP_A		= 24,
	H264_FU_A		= 28,
	H264_FU_B		= 29,
	H264_PACSI		= 30,
};

/* NAL unit header: F(1) NRI(2) Type(5); FU header: S(1) E(1) R(1) Type(5) */
#define H264_NRI	GENMASK(6, 5)
#define H264_TYPE	GENMASK(4, 0)
#define H264_FU_START	BIT(7)
#define H264_FU_END	BIT(6)

#endif /* _NET_RTPRELAY_H264_H */
