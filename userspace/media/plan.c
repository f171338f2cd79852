// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan.h"

#include <string.h>

#define PAYLOAD_MAX	(PLAN_MTU - RTP_HEADER_SIZE)

#define FU_START	0x80
#define FU_END		0x40

static void add_nal(struct plan *plan, guint au, const struct h264_nal *nal)
{
	struct plan_packet packet = { .au = au, .nal = nal, .data = nal->data, .len = nal->len };
	const guint8 *end = nal->data + nal->len;

	if (nal->len <= PAYLOAD_MAX) {
		g_array_append_val(plan->packets, packet);
		return;
	}
	/* the NAL unit header travels in the two octets before each fragment */
	packet.fragment = TRUE;
	packet.fu[0] = (nal->data[0] & 0xe0) | H264_FU_A;
	packet.fu[1] = H264_NAL_TYPE(nal->data[0]) | FU_START;
	packet.data++;
	while (packet.data < end) {
		packet.len = MIN((gsize)(end - packet.data), PAYLOAD_MAX - sizeof(packet.fu));
		if (packet.data + packet.len == end)
			packet.fu[1] |= FU_END;
		g_array_append_val(plan->packets, packet);
		packet.data += packet.len;
		packet.fu[1] &= ~FU_START;
	}
}

struct plan *plan_new(const struct h264_stream *stream)
{
	struct plan *plan = g_new0(struct plan, 1);

	plan->packets = g_array_new(FALSE, FALSE, sizeof(struct plan_packet));
	plan->aus = stream->aus->len;
	plan->au_first = g_new(guint, plan->aus + 1);
	for (guint i = 0; i < plan->aus; i++) {
		const struct h264_au *au = h264_stream_au(stream, i);

		plan->au_first[i] = plan->packets->len;
		for (guint n = au->first; n < au->first + au->count; n++)
			add_nal(plan, i, h264_stream_nal(stream, n));
		g_array_index(plan->packets, struct plan_packet,
			      plan->packets->len - 1).marker = TRUE;
	}
	plan->au_first[plan->aus] = plan->packets->len;
	return plan;
}

void plan_free(struct plan *plan)
{
	g_array_unref(plan->packets);
	g_free(plan->au_first);
	g_free(plan);
}

gboolean plan_packet_equal(const struct plan_packet *packet, const guint8 *payload, gsize len)
{
	gsize head = packet->fragment ? sizeof(packet->fu) : 0;

	return len == head + packet->len &&
	       memcmp(payload, packet->fu, head) == 0 &&
	       memcmp(payload + head, packet->data, packet->len) == 0;
}
