/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * RTP fan-out: a UDP socket that replicates the RTP datagrams it receives.
 *
 *	setsockopt(fd, SOL_SOCKET, SO_RTP_FANOUT, buf, len)
 *	getsockopt(fd, SOL_SOCKET, SO_RTP_FANOUT, buf, &len)
 *
 * Documentation/networking/rtp_fanout.rst describes the concepts and shows
 * code. Everything here has a fixed width, is naturally aligned and has the
 * same layout for 32-bit and 64-bit user space.
 *
 * What user space passes may grow at its tail: a kernel accepts an element
 * larger than the one it knows when the bytes that it does not know are zero
 * (else -E2BIG), and takes the missing tail of a smaller one as zero. What the
 * kernel returns is cut to, or padded with zeros to, the size that was asked.
 * Unknown flags and non-zero reserved fields are refused with -EINVAL.
 */
#ifndef _UAPI_LINUX_RTP_FANOUT_H
#define _UAPI_LINUX_RTP_FANOUT_H

#include <linux/types.h>

/* The most elements that one call takes or returns. */
#define RTP_FANOUT_MAX_COUNT	1024

/* The longest lease, in milliseconds: ten days. */
#define RTP_FANOUT_MAX_LEASE_MS	864000000

/* The longest lease, in octets. */
#define RTP_FANOUT_MAX_LEASE_OCTETS	0x7fffffffffffffffULL

/* The most distinct caps that the destinations of one fan-out may have besides
 * the one that keeps everything, those that they have while they change from
 * one to another included.
 */
#define RTP_FANOUT_MAX_CAPS	31

/* The most datagrams that leave back to back to a destination when the stream
 * is paced, and how many do where nothing else is asked.
 */
#define RTP_FANOUT_MAX_PACE_BURST	64
#define RTP_FANOUT_DEFAULT_PACE_BURST	8

/* The longest time without a datagram after which that is told, in milliseconds:
 * a day.
 */
#define RTP_FANOUT_MAX_SILENT_MS	86400000

/* The largest element size that a call may name, in bytes. */
#define RTP_FANOUT_MAX_SIZE	1024

/**
 * enum rtp_fanout_op - what a call does
 * @RTP_FANOUT_ATTACH: set: make the socket a fan-out. One
 *	struct rtp_fanout_config. Needs CAP_NET_ADMIN; all other operations
 *	need the descriptor only, but for RTP_FANOUT_CONFIG with another
 *	source or interface.
 * @RTP_FANOUT_DETACH: set: end the fan-out. No element.
 * @RTP_FANOUT_ADD: set: add destinations. Array of struct rtp_fanout_dest.
 * @RTP_FANOUT_SET: set: change destinations, found by address, port and
 *	interface. Array of struct rtp_fanout_dest; the header's flags
 *	(RTP_FANOUT_SET_*) name the fields that are taken.
 * @RTP_FANOUT_DEL: set: remove destinations, found by address, port and
 *	interface. Array of struct rtp_fanout_dest, of which only those three
 *	are read.
 * @RTP_FANOUT_FLUSH: set: remove all destinations. No element.
 * @RTP_FANOUT_INFO: get: one struct rtp_fanout_info.
 * @RTP_FANOUT_DESTS: get: one struct rtp_fanout_cursor, then an array of
 *	struct rtp_fanout_dest_info.
 * @RTP_FANOUT_EVENTS: get: array of struct rtp_fanout_event.
 * @RTP_FANOUT_LAYERS: get: array of struct rtp_fanout_layer, one for each layer
 *	seen since the fan-out was attached, the base layer first. There are
 *	at most RTP_FANOUT_MAX_COUNT; a smaller count cuts the answer.
 * @RTP_FANOUT_CONFIG: get: one struct rtp_fanout_config, as attached or set
 *	last, with addresses normalised, the pace_burst that is used, and
 *	bpf_fd 0. Set: change the fan-out, while the stream flows. One struct
 *	rtp_fanout_config, of which source, ifindex, flags, pace_percent,
 *	pace_burst and silent_ms may differ from what is got. Another source or
 *	ifindex needs CAP_NET_ADMIN.
 *
 * ADD, SET and DEL do all of their elements or none. The index of the element
 * that was refused is then in rtp_fanout_info.failed_index; a call that is
 * refused before its elements are looked at leaves that alone.
 */
enum rtp_fanout_op {
	RTP_FANOUT_ATTACH	= 1,
	RTP_FANOUT_DETACH	= 2,
	RTP_FANOUT_ADD		= 3,
	RTP_FANOUT_SET		= 4,
	RTP_FANOUT_DEL		= 5,
	RTP_FANOUT_FLUSH	= 6,
	RTP_FANOUT_INFO		= 7,
	RTP_FANOUT_DESTS	= 8,
	RTP_FANOUT_EVENTS	= 9,
	RTP_FANOUT_LAYERS	= 10,
	RTP_FANOUT_CONFIG	= 11,
};

/**
 * struct rtp_fanout_hdr - what every buffer begins with
 * @op: enum rtp_fanout_op
 * @flags: for @RTP_FANOUT_SET, RTP_FANOUT_SET_*; otherwise 0
 * @count: number of elements that follow, 0 to RTP_FANOUT_MAX_COUNT. On
 *	return from getsockopt(), the number of elements written.
 * @size: size of one element in bytes, 0 to RTP_FANOUT_MAX_SIZE, a multiple
 *	of 8
 */
struct rtp_fanout_hdr {
	__u32	op;
	__u32	flags;
	__u32	count;
	__u32	size;
};

/**
 * struct rtp_fanout_addr - a transport address
 * @family: AF_INET or AF_INET6
 * @port: UDP port, 1 to 65535
 * @addr: the address; AF_INET uses the first four bytes, the others are 0.
 *	An IPv4-mapped IPv6 address is taken as the IPv4 address.
 */
struct rtp_fanout_addr {
	__u16	family;
	__be16	port;
	__u8	addr[16];
};

/**
 * enum rtp_fanout_codec - how the layer of a datagram is found
 * @RTP_FANOUT_CODEC_NONE: not of the stream: goes to the socket
 * @RTP_FANOUT_CODEC_OPAQUE: no layers: every destination gets every datagram
 * @RTP_FANOUT_CODEC_H264: H.264, RFC 6184, and its scalable extension, RFC 6190
 * @RTP_FANOUT_CODEC_H264_AVC: H.264 without the extension: what no picture
 *	refers to (nal_ref_idc 0) is temporal layer 1, all else 0
 * @RTP_FANOUT_CODEC_H265: H.265, RFC 7798
 * @RTP_FANOUT_CODEC_VP8: VP8, RFC 7741
 * @RTP_FANOUT_CODEC_VP9: VP9, RFC 9628
 * @RTP_FANOUT_CODEC_AV1: AV1, "RTP Payload Format For AV1" of the Alliance for
 *	Open Media, with its dependency descriptor where
 *	rtp_fanout_config.dependency_id names it
 * @RTP_FANOUT_CODEC_BPF: what the program rtp_fanout_config.bpf_fd says
 */
enum rtp_fanout_codec {
	RTP_FANOUT_CODEC_NONE	= 0,
	RTP_FANOUT_CODEC_OPAQUE	= 1,
	RTP_FANOUT_CODEC_H264	= 2,
	RTP_FANOUT_CODEC_H264_AVC = 3,
	RTP_FANOUT_CODEC_H265	= 4,
	RTP_FANOUT_CODEC_VP8	= 5,
	RTP_FANOUT_CODEC_VP9	= 6,
	RTP_FANOUT_CODEC_AV1	= 7,
	RTP_FANOUT_CODEC_BPF	= 8,
};

/*
 * What the program of RTP_FANOUT_CODEC_BPF returns: the layer, and flags. It
 * sees each datagram of the stream once, from the RTP header on, in the order
 * of arrival. A value with any other bit set, or with a layer out of range,
 * says that the layer could not be told: the datagram is kept at every cap.
 * Layer 7, 15, 7 is for what only destinations without a cap are to get.
 */
#define RTP_FANOUT_BPF_LAYER(did, qid, tid)	((tid) | (qid) << 4 | (did) << 8)
/* The first datagram of an access unit (of a frame). */
#define RTP_FANOUT_BPF_START	(1U << 16)
/* The first of its DID and QID in its access unit, and what begins here refers
 * to nothing of them before. Where DID is 0, a decoder can begin.
 */
#define RTP_FANOUT_BPF_SYNC	(1U << 17)
/* From here on a decoder can do without any of the higher DID. */
#define RTP_FANOUT_BPF_DOWN	(1U << 18)
/* Parameter sets: paused destinations get it, too. */
#define RTP_FANOUT_BPF_PARAMS	(1U << 19)
/* The last datagram of its DID in its access unit: has the marker bit set where
 * the destination gets no higher DID.
 */
#define RTP_FANOUT_BPF_END	(1U << 20)
/* Who got every temporal layer up to this TID can get all from here on. */
#define RTP_FANOUT_BPF_UP	(1U << 21)
/* For no destination. */
#define RTP_FANOUT_BPF_DROP	(1U << 22)

/* rtp_fanout_config.flags: the stream's datagrams go to the socket as well. */
#define RTP_FANOUT_TEE		(1U << 0)
/* Set of RTP_FANOUT_CONFIG only, and not returned: the stream begins anew, as it
 * does with another source, though the source is as it was.
 */
#define RTP_FANOUT_RESTART	(1U << 1)

/**
 * struct rtp_fanout_config - what RTP_FANOUT_ATTACH and RTP_FANOUT_CONFIG take
 * @source: only datagrams from this address and port are the stream's; a
 *	unicast address and a port, both mandatory
 * @ifindex: interface on which the stream arrives, 0 for any
 * @flags: RTP_FANOUT_TEE, RTP_FANOUT_RESTART
 * @dependency_id: identifier of the header extension element (RFC 8285) that is
 *	the AV1 dependency descriptor, 1 to 255; 0 for none, and when no @codec
 *	is RTP_FANOUT_CODEC_AV1
 * @reserved: 0
 * @codec: for each RTP payload type its enum rtp_fanout_codec. At least one is
 *	not RTP_FANOUT_CODEC_NONE. 64 to 95 must be RTP_FANOUT_CODEC_NONE: they
 *	cannot be told from RTCP on the same port (RFC 5761, section 4).
 * @bpf_fd: descriptor of a program of type BPF_PROG_TYPE_SOCKET_FILTER when
 *	some @codec is RTP_FANOUT_CODEC_BPF, else 0; descriptor 0 cannot be
 *	passed
 * @pace_percent: share of the time between two access units (of audio, between
 *	two datagrams) over which the copies of one leave, in percent, 1 to 100.
 *	When more waits than one has in the mean, as of a key frame, it is up to
 *	three times as much. 0 for no pacing: they leave as soon as they can
 * @pace_burst: datagrams of an access unit that may leave back to back to a
 *	destination, 1 to RTP_FANOUT_MAX_PACE_BURST; 0 for
 *	RTP_FANOUT_DEFAULT_PACE_BURST, and when @pace_percent is 0
 * @ssrc: SSRC (RFC 3550, section 3) of all that leaves, whatever the source's
 *	is; 0 for the source's. A datagram that comes with it while the source
 *	has another is taken for one that left and came back.
 * @clock_rate: ticks a second of the payload formats' RTP timestamps. When the
 *	source has another SSRC, and when the stream begins anew, the timestamps
 *	of what leaves go on by the time that passed between the arrivals. It is
 *	also the unit of rtp_fanout_info.rx_jitter. 0 for timestamps that are
 *	the source's.
 * @silent_ms: milliseconds without a datagram of the stream after which
 *	RTP_FANOUT_EVENT_SILENT is raised, at most RTP_FANOUT_MAX_SILENT_MS; 0
 *	for never
 * @reserved2: 0
 */
struct rtp_fanout_config {
	struct rtp_fanout_addr	source;
	__u32	ifindex;
	__u32	flags;
	__u8	dependency_id;
	__u8	reserved[3];
	__u8	codec[128];
	__u32	bpf_fd;
	__u16	pace_percent;
	__u16	pace_burst;
	__u32	ssrc;
	__u32	clock_rate;
	__u32	silent_ms;
	__u32	reserved2;
};

/* rtp_fanout_cap.flags: nothing but parameter sets. */
#define RTP_FANOUT_CAP_PAUSE		(1U << 0)
/* RTP_FANOUT_SET only: what goes down does so at the next access unit, without
 * waiting for one from which every decoder can go on. For decoders of the base
 * layer alone, which do not care about the others.
 */
#define RTP_FANOUT_CAP_IMMEDIATE	(1U << 1)

/**
 * struct rtp_fanout_cap - the highest layers that a destination gets
 * @did: highest dependency_id (spatial layer), 0 to 7
 * @qid: highest quality_id, 0 to 15
 * @tid: highest temporal_id, 0 to 7
 * @flags: RTP_FANOUT_CAP_*
 *
 * A datagram is kept when (DID << 4 | QID) and TID are not above the cap's
 * (RFC 6190, section 1.1.3). {7, 15, 7} keeps everything.
 *
 * A destination that is added gets what its cap says from the next datagram on.
 * One whose cap is set changes where its decoder can follow: to more temporal
 * layers where those refer to nothing that it did not get, to higher spatial or
 * quality layers, and out of a pause, where those begin; to fewer temporal or
 * quality layers, and into a pause, at the next access unit; to lower spatial
 * layers where the codec allows it: of H.264 where the layer that is to be the
 * highest begins. What it may do earlier than the rest it does.
 */
struct rtp_fanout_cap {
	__u8	did;
	__u8	qid;
	__u8	tid;
	__u8	flags;
};

/* rtp_fanout_hdr.flags of RTP_FANOUT_SET: the fields of the element to take. */
#define RTP_FANOUT_SET_COOKIE	(1U << 0)
#define RTP_FANOUT_SET_LEASE	(1U << 1)
#define RTP_FANOUT_SET_CAP	(1U << 2)

/**
 * struct rtp_fanout_dest - a destination
 * @addr: where the datagrams go. Multicast and broadcast addresses, and the
 *	socket's own address and port, are refused.
 * @ifindex: interface to send on, 0 for the route's. Mandatory for an IPv6
 *	link-local address.
 * @local: source address, of the family of @addr; all zero for the one that
 *	the socket is bound to or that the route gives
 * @cookie: user space's own; returned in RTP_FANOUT_DESTS and
 *	RTP_FANOUT_EVENTS
 * @cap: layers that it gets, or is to get as soon as it can
 * @lease_ms: milliseconds after ADD, or after the last SET of the lease, at
 *	which the destination stops, at most RTP_FANOUT_MAX_LEASE_MS; 0 for
 *	never
 * @lease_octets: RTP payload bytes sent to it after ADD, or after the last SET
 *	of the lease, at which it stops, at most RTP_FANOUT_MAX_LEASE_OCTETS; 0
 *	for never. The datagram that reaches it, and up to 63 that are sent
 *	together with that one, are still sent.
 *
 * What comes first, @lease_ms or @lease_octets, ends the lease. The destination
 * stays, with its counters, until it is removed or its lease is set again.
 */
struct rtp_fanout_dest {
	struct rtp_fanout_addr	addr;
	__u32	ifindex;
	__u8	local[16];
	__aligned_u64	cookie;
	struct rtp_fanout_cap	cap;
	__u32	lease_ms;
	__aligned_u64	lease_octets;
};

/**
 * struct rtp_fanout_info - what RTP_FANOUT_INFO returns
 * @dests: destinations now held
 * @caps: distinct caps now in use
 * @ssrc: SSRC that the source of the stream now has (RFC 3550, section 3), 0
 *	before the first datagram; what leaves has rtp_fanout_config.ssrc
 * @failed_index: index of the element that the last ADD, SET or DEL refused,
 *	~0 when the last one was done
 * @queue_bytes: bytes now charged to the queue between receive and the worker
 * @queue_limit: the most bytes that it may hold: the socket's SO_RCVBUF
 * @rx_packets: datagrams of the stream received
 * @rx_octets: their RTP payload bytes (RFC 3550, section 6.4.1), header and
 *	padding left out
 * @rx_passed: datagrams that were not of the stream and went to the socket:
 *	from elsewhere, of another payload type, or shorter than an RTP header
 * @rx_teed: datagrams of the stream that went to the socket as well
 * @rx_dropped_queue: datagrams dropped because the queue was full
 * @rx_dropped_nomem: datagrams dropped for want of memory
 * @rx_dropped_policy: datagrams dropped by the socket filter, a cgroup program
 *	or a security module
 * @rx_dropped_ttl: datagrams dropped because their TTL or hop limit was 1 or
 *	less
 * @rx_dropped_malformed: datagrams dropped because their CSRC list, header
 *	extension or padding does not fit into them
 * @rx_dropped_duplicate: datagrams dropped because their sequence number had
 *	been seen, or because they had rtp_fanout_config.ssrc, and the source
 *	another: the fan-out's own that came back
 * @rx_dropped_late: datagrams dropped because they were older than what is
 *	remembered, or of the source that was before, or not sent to some
 *	destinations because no number had been left for them
 * @rx_dropped_unconfirmed: datagrams dropped because they jumped, had another
 *	SSRC or began the stream anew, and the next did not follow (RFC 3550,
 *	appendix A.1)
 * @rx_lost: sequence numbers of the input that never arrived
 * @tx_packets: copies handed to the network
 * @tx_octets: their RTP payload bytes
 * @tx_dropped: copies dropped, for all reasons; those of each destination are
 *	in struct rtp_fanout_dest_info
 * @worker_runs: times that the worker ran for this fan-out
 * @rx_unknown: datagrams whose layer could not be told, since they are of an
 *	interleaved packet type or cut short: kept at every cap
 * @rx_seq: extended highest sequence number received (RFC 3550, section 6.4.1)
 * @switching: destinations that do not yet get what their cap says
 * @bpf_id: id of the program of RTP_FANOUT_CODEC_BPF, 0 for none
 * @shards: threads that send for this fan-out, each to destinations of its own
 * @tx_sends: packets handed to the network, each with one copy or, to be
 *	segmented further down, several
 * @tx_waits: times that a thread waited for bytes in flight to become fewer
 * @inflight_bytes: bytes of copies now charged to the socket, which wait in
 *	queueing disciplines and devices
 * @inflight_limit: the most bytes that may be: the socket's SO_SNDBUF, at most
 *	256 MiB
 * @rx_jitter: interarrival jitter (RFC 3550, section 6.4.1 and appendix A.8), in
 *	ticks of rtp_fanout_config.clock_rate; 0 without one. A datagram whose
 *	transit differs by over 5 s from that of the one before, since its
 *	timestamp jumped or the source paused, is left out.
 * @ts_offset: what is added, modulo 2^32, to the RTP timestamps of the source to
 *	give those of what leaves; 0 without a clock_rate
 */
struct rtp_fanout_info {
	__u32	dests;
	__u32	caps;
	__u32	ssrc;
	__u32	failed_index;
	__u32	queue_bytes;
	__u32	queue_limit;
	__aligned_u64	rx_packets;
	__aligned_u64	rx_octets;
	__aligned_u64	rx_passed;
	__aligned_u64	rx_teed;
	__aligned_u64	rx_dropped_queue;
	__aligned_u64	rx_dropped_nomem;
	__aligned_u64	rx_dropped_policy;
	__aligned_u64	rx_dropped_ttl;
	__aligned_u64	rx_dropped_malformed;
	__aligned_u64	rx_dropped_duplicate;
	__aligned_u64	rx_dropped_late;
	__aligned_u64	rx_dropped_unconfirmed;
	__aligned_u64	rx_lost;
	__aligned_u64	tx_packets;
	__aligned_u64	tx_octets;
	__aligned_u64	tx_dropped;
	__aligned_u64	worker_runs;
	__aligned_u64	rx_unknown;
	__u32	rx_seq;
	__u32	switching;
	__u32	bpf_id;
	__u32	shards;
	__aligned_u64	tx_sends;
	__aligned_u64	tx_waits;
	__u32	inflight_bytes;
	__u32	inflight_limit;
	__u32	rx_jitter;
	__u32	ts_offset;
};

/**
 * struct rtp_fanout_cursor - where a listing goes on
 * @next: 0 to begin; on return the value for the next call, 0 at the end
 *
 * A destination that stays from the first to the last call is returned once.
 */
struct rtp_fanout_cursor {
	__aligned_u64	next;
};

/* rtp_fanout_dest_info.state */
#define RTP_FANOUT_STATE_ACTIVE		0	/* gets the stream */
#define RTP_FANOUT_STATE_EXPIRED	1	/* its lease ended: gets nothing */

/**
 * struct rtp_fanout_dest_info - a destination as RTP_FANOUT_DESTS returns it
 * @addr: as in struct rtp_fanout_dest, an IPv4-mapped address turned into IPv4
 * @ifindex: likewise
 * @local: likewise, or what a cgroup's sendmsg program set
 * @cookie: likewise
 * @cap: what it is to get
 * @lease_ms: milliseconds that are left of the lease, at least 1 while it runs,
 *	0 when there is none or it ended
 * @lease_octets: RTP payload bytes that are left of it, likewise
 * @packets: datagrams handed to the network
 * @octets: their RTP payload bytes (RFC 3550, section 6.4.1)
 * @dropped_nomem: datagrams dropped for want of memory
 * @dropped_inflight: datagrams dropped because the fan-out's bytes in flight
 *	were at rtp_fanout_info.inflight_limit and did not become fewer in time
 * @dropped_route: datagrams dropped for want of a route
 * @dropped_mtu: datagrams dropped because they exceed the path MTU and the
 *	socket forbids fragmentation (IP_MTU_DISCOVER)
 * @dropped_output: datagrams that the output path refused: a netfilter verdict,
 *	a cgroup program, a full queueing discipline
 * @state: RTP_FANOUT_STATE_*
 * @last_seq: RTP sequence number last sent, meaningless while @packets is 0
 * @current_cap: layers that it gets now
 * @reserved: 0
 */
struct rtp_fanout_dest_info {
	struct rtp_fanout_addr	addr;
	__u32	ifindex;
	__u8	local[16];
	__aligned_u64	cookie;
	struct rtp_fanout_cap	cap;
	__u32	lease_ms;
	__aligned_u64	lease_octets;
	__aligned_u64	packets;
	__aligned_u64	octets;
	__aligned_u64	dropped_nomem;
	__aligned_u64	dropped_inflight;
	__aligned_u64	dropped_route;
	__aligned_u64	dropped_mtu;
	__aligned_u64	dropped_output;
	__u32	state;
	__u32	last_seq;
	struct rtp_fanout_cap	current_cap;
	__u32	reserved;
};

/**
 * struct rtp_fanout_layer - a layer as RTP_FANOUT_LAYERS returns it
 * @did: dependency_id (spatial layer), 0 to 7
 * @qid: quality_id, 0 to 15
 * @tid: temporal_id, 0 to 7
 * @reserved: 0
 * @reserved2: 0
 * @rate: RTP payload bytes a second: of each 200 ms a sixteenth, of what it was
 *	before fifteen
 * @packets: datagrams received
 * @octets: their RTP payload bytes (RFC 3550, section 6.4.1)
 */
struct rtp_fanout_layer {
	__u8	did;
	__u8	qid;
	__u8	tid;
	__u8	reserved;
	__u32	reserved2;
	__aligned_u64	rate;
	__aligned_u64	packets;
	__aligned_u64	octets;
};

/* rtp_fanout_event.events: what happened since the last read */
#define RTP_FANOUT_EVENT_LEASE_EXPIRED	(1U << 0)	/* destination */
#define RTP_FANOUT_EVENT_ICMP_ERROR	(1U << 1)	/* destination */
#define RTP_FANOUT_EVENT_NEW_SSRC	(1U << 2)	/* fan-out */
/* A destination began to wait for a datagram from which its decoder can follow
 * a change of its cap: a key frame asked of the source ends the wait. Raised
 * again when one came and did not.
 */
#define RTP_FANOUT_EVENT_WAIT_SYNC	(1U << 3)	/* fan-out */
/* Nothing of the stream came for rtp_fanout_config.silent_ms; then something did.
 * One takes the other's place: only what happened last is read.
 */
#define RTP_FANOUT_EVENT_SILENT		(1U << 4)	/* fan-out */
#define RTP_FANOUT_EVENT_BACK		(1U << 5)	/* fan-out */

/**
 * struct rtp_fanout_event - what happened to a destination or to the fan-out
 * @addr: the destination; family AF_UNSPEC and all else 0 for an event of the
 *	fan-out itself
 * @ifindex: the destination's
 * @cookie: the destination's
 * @events: RTP_FANOUT_EVENT_*; several since the last read are one element
 * @error: errno value of the last ICMP error, 0 for none
 *
 * Reading returns each event once; a read that fails with EFAULT has taken what
 * it could not write. While there are any, poll() reports EPOLLPRI for the
 * socket.
 */
struct rtp_fanout_event {
	struct rtp_fanout_addr	addr;
	__u32	ifindex;
	__aligned_u64	cookie;
	__u32	events;
	__u32	error;
};

/**
 * enum rtp_fanout_diag - attributes of INET_DIAG_RTP_FANOUT (linux/inet_diag.h)
 * @RTP_FANOUT_DIAG_UNSPEC: no attribute has it
 * @RTP_FANOUT_DIAG_PAD: aligns others
 * @RTP_FANOUT_DIAG_CONFIG: struct rtp_fanout_config as RTP_FANOUT_CONFIG returns
 *	it; to who has not CAP_NET_ADMIN with source and ssrc 0
 * @RTP_FANOUT_DIAG_INFO: struct rtp_fanout_info; to who has not CAP_NET_ADMIN
 *	with ssrc, rx_seq, ts_offset and bpf_id 0
 *
 * sock_diag(7) returns INET_DIAG_RTP_FANOUT for a UDP socket that has a fan-out
 * when INET_DIAG_INFO is asked for. The structures may grow at their tail.
 */
enum rtp_fanout_diag {
	RTP_FANOUT_DIAG_UNSPEC,
	RTP_FANOUT_DIAG_PAD,
	RTP_FANOUT_DIAG_CONFIG,
	RTP_FANOUT_DIAG_INFO,
};

#endif /* _UAPI_LINUX_RTP_FANOUT_H */
