/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A datagram of an RTP stream (RFC 3550, section 5.1), checked once and then
 * read through accessors that cannot leave it.
 */
#ifndef _NET_RTPRELAY_PACKET_H
#define _NET_RTPRELAY_PACKET_H

#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/types.h>
#include <linux/unaligned.h>

/* The fixed header, without CSRC list and extension, in bytes. */
#define RTP_HDR_LEN	12
/* In it: the marker bit, in the second byte, and where the fields begin. */
#define RTP_HDR_MARKER	BIT(7)
#define RTP_HDR_SEQ	2
#define RTP_HDR_TIMESTAMP	4
#define RTP_HDR_SSRC		8

/**
 * struct rtp_packet - view of one RTP datagram, made by rtp_packet_parse()
 * @payload: first byte of the payload, in the caller's memory
 * @ext: first byte of the header extension's data (RFC 3550, section 5.3.1), in
 *	the caller's memory
 * @ext_len: its bytes, a multiple of 4; 0 when there is none
 * @ext_profile: the 16 bits that say what it is, meaningless when there is none
 * @len: bytes of the payload, without header, CSRC list, extension and
 *	padding; 0 when the datagram carries nothing but padding
 * @timestamp: RTP timestamp, in units of the payload format's clock
 * @ssrc: synchronization source, host byte order
 * @seq: sequence number
 * @payload_type: 0 to 127
 * @marker: the M bit
 */
struct rtp_packet {
	const u8 *payload;
	const u8 *ext;
	unsigned int len;
	unsigned int ext_len;
	u32 timestamp;
	u32 ssrc;
	u16 seq;
	u16 ext_profile;
	u8 payload_type;
	bool marker;
};

/**
 * rtp_packet_parse() - check a datagram and describe it
 * @pkt: filled in when the datagram is right, else left alone
 * @data: the UDP payload, linear; @pkt refers to it afterwards
 * @len: its bytes
 *
 * Return: 0; -EINVAL when the version is not 2; -EBADMSG when the header, the
 * CSRC list, the extension or the padding does not fit into @len, or when the
 * padding counts 0 bytes, though it includes its own count.
 */
int rtp_packet_parse(struct rtp_packet *pkt, const u8 *data, unsigned int len);

/**
 * rtp_packet_extension() - find an element of the header extension
 * @pkt: the datagram
 * @id: the element's identifier, 1 to 255
 * @len: set to the bytes of its data when it is found
 *
 * Reads the general mechanism of RFC 8285 in both of its forms: one-byte
 * headers (section 4.2), which know 1 to 14, and two-byte headers (section
 * 4.3).
 *
 * Return: its data, in the datagram; NULL when there is no such element, or
 * when an element before it does not fit.
 */
const u8 *rtp_packet_extension(const struct rtp_packet *pkt, u8 id,
			       unsigned int *len);

/**
 * rtp_payload_u8() - a byte of the payload
 * @pkt: the datagram
 * @off: offset in the payload
 *
 * Return: 0 to 255, or -ENODATA when the payload is not that long.
 */
static inline int rtp_payload_u8(const struct rtp_packet *pkt, unsigned int off)
{
	return off < pkt->len ? pkt->payload[off] : -ENODATA;
}

/**
 * rtp_payload_be16() - two bytes of the payload, the more significant first
 * @pkt: the datagram
 * @off: offset of the first in the payload
 *
 * Return: 0 to 65535, or -ENODATA when the payload is not that long.
 */
static inline int rtp_payload_be16(const struct rtp_packet *pkt,
				   unsigned int off)
{
	if (off >= pkt->len || pkt->len - off < 2)
		return -ENODATA;
	return get_unaligned_be16(pkt->payload + off);
}

/**
 * rtp_packet_number() - give a copy its own number and marker bit
 * @hdr: its fixed header (RFC 3550, section 5.1), RTP_HDR_LEN bytes
 * @number: sequence number
 * @marked: the marker bit is set
 *
 * All else in the header is the sender's.
 */
static inline void rtp_packet_number(u8 *hdr, u16 number, bool marked)
{
	hdr[1] = marked ? hdr[1] | RTP_HDR_MARKER : hdr[1] & ~RTP_HDR_MARKER;
	put_unaligned_be16(number, hdr + RTP_HDR_SEQ);
}

#endif /* _NET_RTPRELAY_PACKET_H */
