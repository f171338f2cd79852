// SPDX-License-Identifier: GPL-2.0
/*
 * An example: a classifier for a codec that the kernel does not know. H.266
 * (VVC) has a header of two bytes before every unit, and RFC 9328 before every
 * packet, aggregates and fragments included, that says both layers:
 *
 *	F(1) Z(1) LayerId(6) Type(5) TID+1(3)
 *
 * Units of one access unit have one RTP timestamp. Decoding order numbers
 * (sprop-max-don-diff above 0) are not read.
 */
#include <linux/rtp_fanout.h>
#include "rtp.bpf.h"

/* Unit types: H.266, table 5, and RFC 9328, section 4.3. */
enum {
	TYPE_IDR_W_RADL	= 7,
	TYPE_CRA	= 9,
	TYPE_VCL_LAST	= 11,
	TYPE_OPI	= 12,	/* the first of the parameter sets */
	TYPE_SUFFIX_APS	= 18,	/* the last */
	TYPE_PH		= 19,	/* picture header */
	TYPE_AP		= 28,	/* aggregation packet */
	TYPE_FU		= 29,	/* fragmentation unit */
};

#define FU_START	0x80
/* The first bits of a picture header. */
#define PH_GDR_OR_IRAP	0x80
#define PH_GDR		0x20

#define DID_MAX		7
#define UNITS_MAX	16	/* of an aggregate that are looked at */
#define UNKNOWN		(~0U)

struct rtp_newest newest;
__u8 begun;	/* bit for each layer that the access unit has by now */

static inline bool is_params(__u8 type)
{
	return type >= TYPE_OPI && type <= TYPE_SUFFIX_APS;
}

static inline bool is_picture(__u8 type)
{
	return type <= TYPE_VCL_LAST || type == TYPE_PH;
}

/* The unit of that type, whose first byte after its header is at @offset,
 * refers to no picture before it.
 */
static inline bool is_irap(struct __sk_buff *skb, __u8 type, __u32 offset)
{
	__u8 ph;

	if (type != TYPE_PH)
		return type >= TYPE_IDR_W_RADL && type <= TYPE_CRA;
	return !bpf_skb_load_bytes(skb, offset, &ph, 1) &&
	       ph & PH_GDR_OR_IRAP && !(ph & PH_GDR);
}

/* The first unit of an aggregate that is @wanted by its type. Returns its
 * offset, or 0 for none.
 */
static __always_inline __u32 find_unit(struct __sk_buff *skb, __u32 offset,
				       bool (*wanted)(__u8 type), __u8 *type)
{
	__u8 unit[4];	/* size, header */
	int i;

	for (i = 0; i < UNITS_MAX; i++) {
		if (bpf_skb_load_bytes(skb, offset, unit, sizeof(unit)))
			return 0;
		*type = unit[3] >> 3;
		if (wanted(*type))
			return offset + 2;
		offset += 2 + (unit[0] << 8 | unit[1]);
	}
	return 0;
}

SEC("socket")
int h266(struct __sk_buff *skb)
{
	__u8 header[3], did, tid, type, sets;
	bool first, start = true;
	__u32 layer, unit;
	struct rtp rtp;

	if (!rtp_read(skb, &rtp) ||
	    bpf_skb_load_bytes(skb, rtp.payload, header, sizeof(header)))
		return UNKNOWN;
	if (header[0] & 0xc0 || !(header[1] & 7))
		return UNKNOWN;
	did = header[0] & 0x3f;
	if (did > DID_MAX)
		did = DID_MAX;
	tid = (header[1] & 7) - 1;
	type = header[1] >> 3;
	layer = RTP_FANOUT_BPF_LAYER(did, 0, tid);
	unit = rtp.payload;

	if (type == TYPE_AP) {
		/* its header has the lowest layer of its units */
		if (find_unit(skb, rtp.payload + 2, is_params, &sets))
			layer |= RTP_FANOUT_BPF_PARAMS;
		unit = find_unit(skb, rtp.payload + 2, is_picture, &type);
	} else if (type == TYPE_FU) {
		type = header[2] & 0x1f;
		start = header[2] & FU_START;
		unit++;
	} else if (is_params(type)) {
		/* for all: who comes to need it later has it then */
		layer = RTP_FANOUT_BPF_PARAMS;
	}

	if (rtp_late(&newest, &rtp))
		return layer;
	if (rtp_begins(&newest, &rtp)) {
		layer |= RTP_FANOUT_BPF_START;
		begun = 0;
	}
	rtp_remember(&newest, &rtp);
	if (!unit || !is_picture(type))
		return layer;

	first = start && !(begun & 1 << did);
	begun |= 1 << did;
	if (first && is_irap(skb, type, unit + 2)) {
		layer |= RTP_FANOUT_BPF_SYNC;
		/* the base layer begins anew, and all above it with it */
		if (!did)
			layer |= RTP_FANOUT_BPF_UP;
	}
	return layer;
}

char _license[] SEC("license") = "GPL";
