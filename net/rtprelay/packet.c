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

#define RTP_EXT_HDR_LEN	4

/* RFC 8285: what the profile bits are for elements with one-byte headers, and,
 * but for the four low bits, with two-byte headers.
 */
#define RTP_EXT_ONE_BYTE	0xbede
#define RTP_EXT_TWO_BYTE	0x1000
#define RTP_EXT_TWO_BYTE_MASK	0xfff0

/* With one-byte headers: nothing that follows is to be read, as after 0 with a
 * length.
 */
#define RTP_EXT_ONE_BYTE_STOP	15

int rtp_packet_parse(struct rtp_packet *pkt, const u8 *data, unsigned int len)
{
	unsigned int off, padding = 0, ext_len = 0;

	if (len < RTP_HDR_LEN)
		return -EBADMSG;
	if (data[0] >> 6 != RTP_VERSION)
		return -EINVAL;

	off = RTP_HDR_LEN + (data[0] & RTP_CSRC_COUNT) * sizeof(u32);
	if (data[0] & RTP_EXTENSION) {
		if (off + RTP_EXT_HDR_LEN > len)
			return -EBADMSG;
		ext_len = get_unaligned_be16(data + off + 2) * sizeof(u32);
		off += RTP_EXT_HDR_LEN + ext_len;
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
	pkt->ext = data + off - ext_len;
	pkt->ext_len = ext_len;
	/* The two bytes before the length, where there is an extension. */
	pkt->ext_profile = get_unaligned_be16(pkt->ext - RTP_EXT_HDR_LEN);
	pkt->len = len - off - padding;
	pkt->timestamp = get_unaligned_be32(data + 4);
	pkt->ssrc = get_unaligned_be32(data + 8);
	pkt->seq = get_unaligned_be16(data + RTP_HDR_SEQ);
	pkt->payload_type = data[1] & ~RTP_HDR_MARKER;
	pkt->marker = data[1] & RTP_HDR_MARKER;
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(rtp_packet_parse);

const u8 *rtp_packet_extension(const struct rtp_packet *pkt, u8 id,
			       unsigned int *len)
{
	const u8 *data = pkt->ext, *end = data + pkt->ext_len;
	bool one_byte = pkt->ext_profile == RTP_EXT_ONE_BYTE;
	unsigned int size;
	u8 found;

	if (!one_byte &&
	    (pkt->ext_profile & RTP_EXT_TWO_BYTE_MASK) != RTP_EXT_TWO_BYTE)
		return NULL;

	while (data < end) {
		/* A byte of padding between elements has no length. */
		if (!*data) {
			data++;
			continue;
		}
		if (one_byte) {
			found = *data >> 4;
			size = (*data & 0x0f) + 1;
			data++;
			if (!found || found == RTP_EXT_ONE_BYTE_STOP)
				return NULL;
		} else {
			if (end - data < 2)
				return NULL;
			found = data[0];
			size = data[1];
			data += 2;
		}
		if (size > end - data)
			return NULL;
		if (found == id) {
			*len = size;
			return data;
		}
		data += size;
	}

	return NULL;
}
EXPORT_SYMBOL_IF_KUNIT(rtp_packet_extension);
