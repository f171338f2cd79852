/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The dependency descriptor: a header extension that says of each datagram
 * which layer it is of and what it refers to, so that the payload need not be
 * read ("RTP Payload Format For AV1", appendix A).
 *
 * A descriptor names a template; the templates come at the beginning of each
 * coded video sequence, as a structure, and are remembered until the next.
 * Chains, which say what a decoder has missed, are passed over. A destination's
 * extensions are the sender's: active_decode_targets_bitmask is not rewritten
 * for what a cap leaves out.
 */
#ifndef _NET_RTPRELAY_DEPENDENCY_H
#define _NET_RTPRELAY_DEPENDENCY_H

#include <linux/types.h>

#define RTP_DEPENDENCY_TEMPLATES	64
#define RTP_DEPENDENCY_TARGETS		32

/**
 * struct rtp_dependency_template - what frames have in common
 * @did: their spatial layer
 * @tid: their temporal layer
 * @begins: who gets the layers below @did and decodes such a frame decodes all
 *	later ones of @did
 * @fdiff: how many frames back is the first one that they refer to, 1 to 16, or
 *	0 when they refer to none
 */
struct rtp_dependency_template {
	u8 did:3;
	u8 tid:3;
	u8 begins:1;
	u8 fdiff;
};

/**
 * struct rtp_dependency_structure - what is remembered of a stream
 * @count: how many @templates there are; 0 before the first structure
 * @offset: identifier of the first
 * @targets: decode targets, 1 to RTP_DEPENDENCY_TARGETS
 * @up_to: by temporal layer: who got every layer up to it can, from any picture
 *	of it on, get more, up to this one
 * @templates: by identifier, from @offset on and around
 */
struct rtp_dependency_structure {
	u8 count;
	u8 offset;
	u8 targets;
	u8 up_to[8];
	struct rtp_dependency_template templates[RTP_DEPENDENCY_TEMPLATES];
};

/**
 * struct rtp_dependency - a descriptor
 * @frame: number of the frame, one more for each
 * @fdiff: how many frames back is the first one that this one refers to, 0 when
 *	it refers to none
 * @did: spatial layer
 * @tid: temporal layer
 * @start: the datagram is the first of its frame
 * @end: it is the last
 * @structure: it brought a structure, and so begins a coded video sequence
 * @begins: who gets the layers below @did and decodes the frame decodes all
 *	later ones of @did
 */
struct rtp_dependency {
	u16 frame;
	u16 fdiff;
	u8 did;
	u8 tid;
	bool start;
	bool end;
	bool structure;
	bool begins;
};

/**
 * rtp_dependency_read() - read a dependency descriptor
 * @structure: what is remembered of the stream
 * @late: a datagram with a later sequence number came before: @structure is
 *	only read
 * @data: the extension element's data
 * @len: its bytes
 * @desc: filled in when the descriptor is right
 *
 * Context: Any; its time is bounded by @len.
 * Return: true; false when the descriptor is cut short, has layers that there
 * cannot be or names a template that is not known. @structure is then left
 * alone.
 */
bool rtp_dependency_read(struct rtp_dependency_structure *structure, bool late,
			 const u8 *data, unsigned int len,
			 struct rtp_dependency *desc);

#endif /* _NET_RTPRELAY_DEPENDENCY_H */
