// SPDX-License-Identifier: GPL-2.0
/*
 * The checks of RFC 3550, appendix A.1, that concern one datagram.
 */
#include <kunit/visibility.h>
#include <linux/bits.h>
#include <linux/export.h>

#include "packet.h"

#define RTP_VERSION	2

/* First byte: V(2) P(1) X(1) CC(4) */
#define RTP_PADDING	BIT(5)
#define RTP_EXTENSION	BIT(4)
#define RTP_CSRC_COUNT	GENMASK(3, 0)

/* Second byte: M(1) PT(7) */
#define RTP_MARKER	BIT(7)

#define RTP_EXT_HDR_LEN	4

int rtp_packet_parse(struct rtp_packet *pkt, const u8 *data, unsigned int len)
{
	unsigned int off, padding = 0;

	if (len < RTP_HDR_LEN)
		return -EBADMSG;
	if (data[0] >> 6 != RTP_VERSION)
		return -EINVAL;

	off = RTP_HDR_LEN + (data[0] & RTP_CSRC_COUNT) * sizeof(u32);
	if (data[0] & RTP_EXTENSION) {
		if (off + RTP_EXT_HDR_LEN > len)
			return -EBADMSG;
		off += RTP_EXT_HDR_LEN +
		       get_unaligned_be16(data + off + 2) * sizeof(u32);
	}
	if (off > len)
		return -EBADMSG;

	if (data[0] & RTP_PADDING) {
		if (off == len)
			return -EBADMSG;
		padding = data[len - 1];
		if (!padding || padding > len - off)
			return -EBADMSG;
	}

	pkt->payload = data + off;
	pkt->len = len - off - padding;
	pkt->timestamp = get_unaligned_be32(data + 4);
	pkt->ssrc = get_unaligned_be32(data + 8);
	pkt->seq = get_unaligned_be16(data + 2);
	pkt->payload_type = data[1] & ~RTP_MARKER;
	pkt->marker = data[1] & RTP_MARKER;
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(rtp_packet_parse);
