/* SPDX-License-Identifier: GPL-2.0 */
/*
 * H.264 payloads made by hand (RFC 6184, RFC 6190).
 */
#ifndef _SELFTEST_H264_PACKETS_H
#define _SELFTEST_H264_PACKETS_H

#include <stddef.h>
#include <linux/types.h>

struct payload {
	size_t size;
	__u8 data[64];
};

#define BYTES(...) ((struct payload) {					\
	.size = sizeof((__u8[]) { __VA_ARGS__ }),			\
	.data = { __VA_ARGS__ },					\
})

/* The extension's three bytes: R I PRID, N DID QID, TID U D O RR. With I, what
 * begins refers to nothing of its layer before.
 */
#define R		0x80
#define RI		0xc0
#define DQ(did, qid)	(0x80 | (did) << 4 | (qid))
#define T(tid)		((tid) << 5 | 7)

#define SPS		BYTES(0x67, 0x42, 0xc0, 0x1e)
#define PPS		BYTES(0x68, 0xce, 0x3c, 0x80)
#define SUBSET_SPS	BYTES(0x6f, 0x53, 0xc0, 0x1e)
#define PREFIX_IDR	BYTES(0x6e, RI, DQ(0, 0), T(0))
#define PREFIX(tid)	BYTES(0x6e, R, DQ(0, 0), T(tid))
#define SLICE		BYTES(0x61, 0x11, 0x22, 0x33)
#define IDR		BYTES(0x65, 0x11, 0x22, 0x33)
#define SLICE_EXT(did, qid, tid) \
	BYTES(0x74, RI, DQ(did, qid), T(tid), 0x44, 0x55)

#endif /* _SELFTEST_H264_PACKETS_H */
