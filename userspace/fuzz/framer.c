// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The bounded framer. The first byte says in what pieces the rest arrives; what
 * comes out must not depend on that, nor exceed what limit.h allows.
 */
#include <stdint.h>
#include <string.h>

#include "framer.h"
#include "limit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What came out, as text: equal when the messages are */
struct outcome {
	GString *text;
	gboolean failed;
};

static void describe(struct outcome *out, GstRTSPMessage *msg)
{
	g_autoptr(GString) headers = g_string_new(NULL);
	guint8 *body = NULL;
	guint len = 0;

	gst_rtsp_message_get_body(msg, &body, &len);
	switch (msg->type) {
	case GST_RTSP_MESSAGE_REQUEST:
		g_assert_cmpuint(len, <=, LIMIT_BODY);
		g_assert_cmpuint(strlen(msg->type_data.request.uri), <=, LIMIT_LINE);
		g_string_append_printf(out->text, "request %d %s\n",
				       msg->type_data.request.method,
				       msg->type_data.request.uri);
		break;
	case GST_RTSP_MESSAGE_RESPONSE:
		g_assert_cmpuint(len, <=, LIMIT_BODY);
		g_string_append_printf(out->text, "response %d %s\n",
				       msg->type_data.response.code,
				       msg->type_data.response.reason);
		break;
	case GST_RTSP_MESSAGE_DATA:
		g_assert_cmpuint(len, <=, LIMIT_FRAME);
		g_string_append_printf(out->text, "data %u\n",
				       msg->type_data.data.channel);
		break;
	default:
		g_assert_not_reached();
	}
	if (msg->type != GST_RTSP_MESSAGE_DATA) {
		gst_rtsp_message_append_headers(msg, headers);
		g_assert_cmpuint(headers->len, <=, LIMIT_HEADER_BYTES + 4 * LIMIT_HEADERS);
	}
	g_string_append_len(out->text, headers->str, headers->len);
	g_string_append_len(out->text, (const char *)body, len);
}

static void run(struct outcome *out, const guint8 *data, gsize size, gsize piece)
{
	struct framer *framer = framer_new();
	gsize done = 0;

	out->text = g_string_new(NULL);
	out->failed = FALSE;
	while (done < size && !out->failed) {
		enum framer_result result;
		gsize len = MIN(piece, size - done);

		framer_push(framer, data + done, len);
		done += len;
		do {
			g_autoptr(GError) error = NULL;
			GstRTSPMessage msg = { 0 };

			result = framer_pull(framer, &msg, &error);
			g_assert_true((result == FRAMER_FAILED) == (error != NULL));
			if (result == FRAMER_MESSAGE)
				describe(out, &msg);
			if (result == FRAMER_FAILED) {
				out->failed = TRUE;
				g_assert_cmpint(framer_error_status(error->code), >=, 400);
			}
			gst_rtsp_message_unset(&msg);
		} while (result == FRAMER_MESSAGE);
	}
	framer_free(framer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct outcome whole, pieces;

	if (size < 2)
		return 0;
	run(&whole, data + 1, size - 1, LIMIT_READ);
	run(&pieces, data + 1, size - 1, data[0] % 64 + 1);
	g_assert_cmpint(whole.failed, ==, pieces.failed);
	g_assert_cmpmem(whole.text->str, whole.text->len, pieces.text->str,
			pieces.text->len);
	g_string_free(whole.text, TRUE);
	g_string_free(pieces.text, TRUE);
	return 0;
}
