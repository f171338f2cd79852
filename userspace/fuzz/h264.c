// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The header check and the H.264 codec, on a run of datagrams, each behind its
 * length in two bytes. userspace/shim/h264_vectors.c makes the seeds.
 */
#include <glib.h>
#include <linux/rtp_fanout.h>
#include <linux/unaligned.h>
#include <string.h>

#include "codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What cannot be so whatever the datagram says. */
static void check(const struct rtp_packet *pkt, const struct rtp_layer *layer)
{
	static const struct rtp_cap base, none = { RTP_DID_MAX, RTP_QID_MAX, RTP_TID_MAX };

	g_assert_cmpuint(layer->did, <=, RTP_DID_MAX);
	g_assert_cmpuint(layer->qid, <=, RTP_QID_MAX);
	g_assert_cmpuint(layer->tid, <=, RTP_TID_MAX);
	g_assert_true(rtp_layer_kept(layer, &none));
	g_assert_true(rtp_layer_kept(layer, &base) == !(layer->did | layer->qid | layer->tid));
	/* parameter sets and SEI, in packets of their own */
	if (pkt->len && (pkt->payload[0] & 0x1f) >= 6 && (pkt->payload[0] & 0x1f) <= 13)
		g_assert_true(rtp_layer_kept(layer, &base));
}

/* Two codecs that saw the same say the same, whatever was in @layer before. */
static void classify(struct rtp_codec_state state[2], const guint8 *datagram, guint len)
{
	const struct rtp_codec_ops *h264 = rtp_codec_find(RTP_FANOUT_CODEC_H264);
	struct rtp_layer layer[2];
	struct rtp_packet pkt;
	int ret = rtp_packet_parse(&pkt, datagram, len);

	if (ret) {
		g_assert_true(ret == -EINVAL || ret == -EBADMSG);
		return;
	}
	g_assert_true(pkt.payload >= datagram + RTP_HDR_LEN);
	g_assert_true(pkt.payload + pkt.len <= datagram + len);

	memset(&layer[0], 0x00, sizeof(layer[0]));
	memset(&layer[1], 0xff, sizeof(layer[1]));
	for (guint i = 0; i < 2; i++) {
		h264->classify(&state[i], &pkt, false, &layer[i]);
		check(&pkt, &layer[i]);
	}
	g_assert_cmpmem(&layer[0], sizeof(layer[0]), &layer[1], sizeof(layer[1]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rtp_codec_state state[2] = {};

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
