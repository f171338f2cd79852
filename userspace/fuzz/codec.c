// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The header check and a codec, FUZZ_CODEC, on a run of datagrams, each behind
 * its length in two bytes. What makes the seeds is in userspace/shim.
 */
#include <glib.h>
#include <linux/rtp_fanout.h>
#include <linux/unaligned.h>
#include <string.h>

#include "codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Where it is told, a datagram is an AV1 dependency descriptor's. */
#define DEPENDENCY_ID	1

#define FLAGS	(RTP_LAYER_START | RTP_LAYER_SYNC | RTP_LAYER_DOWN | RTP_LAYER_PARAMS | \
		 RTP_LAYER_END | RTP_LAYER_UNMARK | RTP_LAYER_UNKNOWN)
#define SWITCHES (RTP_LAYER_START | RTP_LAYER_SYNC | RTP_LAYER_DOWN)

/* What cannot be so whatever the datagram says. */
static void check(const struct rtp_packet *pkt, const struct rtp_layer *layer)
{
	static const struct rtp_cap base, none = { RTP_DID_MAX, RTP_QID_MAX, RTP_TID_MAX };

	g_assert_cmpuint(layer->did, <=, RTP_DID_MAX);
	g_assert_cmpuint(layer->qid, <=, RTP_QID_MAX);
	g_assert_cmpuint(layer->tid, <=, RTP_TID_MAX);
	g_assert_cmpuint(layer->up_from, <=, RTP_TID_MAX);
	g_assert_cmpuint(layer->up_to, <=, RTP_TID_MAX);
	g_assert_cmpuint(layer->flags & ~FLAGS, ==, 0);
	g_assert_true(rtp_layer_kept(layer, &none));
	g_assert_true(rtp_layer_kept(layer, &base) == !(layer->did | layer->qid | layer->tid));
	/* what is not known is kept, and nobody changes a cap at it */
	if (layer->flags & RTP_LAYER_UNKNOWN) {
		g_assert_true(rtp_layer_kept(layer, &base));
		g_assert_cmpuint(layer->flags & SWITCHES, ==, 0);
		g_assert_cmpuint(layer->up_to, ==, 0);
	}
	if (!pkt->len)
		g_assert_cmpuint(layer->flags & SWITCHES, ==, 0);
}

/* Two codecs that saw the same say the same, whatever was in @layer before, and
 * also that of which the second was told about a late datagram, too.
 */
static void classify(struct rtp_codec_state state[2], const guint8 *datagram, guint len)
{
	const struct rtp_codec_ops *ops = rtp_codec_find(FUZZ_CODEC);
	struct rtp_codec_state before;
	struct rtp_layer layer[2];
	struct rtp_packet pkt;
	int ret = rtp_packet_parse(&pkt, datagram, len);

	if (ret) {
		g_assert_true(ret == -EINVAL || ret == -EBADMSG);
		return;
	}
	g_assert_true(pkt.payload >= datagram + RTP_HDR_LEN);
	g_assert_true(pkt.payload + pkt.len <= datagram + len);

	memset(&layer[1], 0xff, sizeof(layer[1]));
	memcpy(&before, &state[1], sizeof(before));
	ops->classify(&state[1], &pkt, true, &layer[1]);
	check(&pkt, &layer[1]);
	g_assert_cmpmem(&before, sizeof(before), &state[1], sizeof(state[1]));

	memset(&layer[0], 0x00, sizeof(layer[0]));
	memset(&layer[1], 0xff, sizeof(layer[1]));
	for (guint i = 0; i < 2; i++) {
		ops->classify(&state[i], &pkt, false, &layer[i]);
		check(&pkt, &layer[i]);
	}
	g_assert_cmpmem(&layer[0], sizeof(layer[0]), &layer[1], sizeof(layer[1]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rtp_codec_state state[2];

	memset(state, 0, sizeof(state));
	state[0].dependency_id = DEPENDENCY_ID;
	state[1].dependency_id = DEPENDENCY_ID;

	while (size >= 2) {
		guint len = MIN(get_unaligned_be16(data), size - 2);
		/* memory that ends where the datagram does */
		g_autofree guint8 *datagram = g_memdup2(data + 2, len);

		classify(state, datagram, len);
		data += 2 + len;
		size -= 2 + len;
	}
	return 0;
}
