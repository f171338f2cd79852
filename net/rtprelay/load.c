// SPDX-License-Identifier: GPL-2.0
/*
 * What is worked out once for all destinations that get the same.
 */
#include <kunit/visibility.h>
#include <linux/bitops.h>
#include <linux/export.h>
#include <linux/string.h>
#include <net/checksum.h>
#include "batch.h"
#include "dgram.h"
#include "load.h"
#include "packet.h"
#include "shared.h"

/**
 * rtp_load_single() - a datagram by itself
 * @load: filled in
 * @item: the datagram
 * @copy: its number and marker bit
 *
 * Context: A shard that walks the datagram's batch.
 */
void rtp_load_single(struct rtp_load *load, const struct rtp_item *item,
		     const struct rtp_copy *copy)
{
	const struct rtp_dgram *dgram = item->dgram;
	__wsum first;

	load->page = item->page;
	load->at = item->at;
	load->bytes = dgram->len - RTP_HDR_LEN;
	load->len = dgram->len;
	load->octets = item->octets;
	load->size = dgram->len;
	load->last = copy->number;
	load->count = 1;
	load->ttl = dgram->ttl;
	load->hdr_len = RTP_HDR_LEN;
	memcpy(load->hdr, dgram->data, RTP_HDR_LEN);
	rtp_packet_number(load->hdr, copy->number, copy->marked);

	/* What the header has from the timestamp on is the sender's, and was
	 * summed up with the payload.
	 */
	memcpy(&first, load->hdr, sizeof(first));
	load->sum = csum_add(dgram->sum, first);
}
EXPORT_SYMBOL_IF_KUNIT(rtp_load_single);

/**
 * rtp_load_shared() - a run that was built for a variant
 * @load: filled in
 * @run: the run
 *
 * Context: A shard that walks the run's batch.
 */
void rtp_load_shared(struct rtp_load *load, const struct rtp_shared_run *run)
{
	load->page = run->page;
	load->at = run->at;
	load->bytes = run->bytes;
	load->len = run->bytes;
	load->octets = run->octets;
	load->sum = 0;
	load->size = run->size;
	load->last = run->last;
	load->count = run->count;
	load->ttl = run->ttl;
	load->hdr_len = 0;
}
EXPORT_SYMBOL_IF_KUNIT(rtp_load_shared);
