// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A server's description, and what a viewer is told of it: which is a description,
 * has as many tracks, and nothing of the server in it.
 */
#include <gst/gst.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "fanout.h"
#include "limit.h"
#include "sdp.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	g_setenv("GST_REGISTRY_DISABLE", "yes", TRUE);
	gst_init(NULL, NULL);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct rtp_fanout_addr local = { .family = AF_INET, .addr = { 192, 0, 2, 1 } };
	struct sdp_viewer viewer = { .cap = FANOUT_CAP_ALL, .local = &local };
	/* memory that ends where the body does; the framer lets no longer one through */
	g_autofree guint8 *body = NULL;
	g_autofree char *text = NULL;
	struct sdp *sdp, *again;

	if (size > LIMIT_BODY)
		return 0;
	body = size ? g_memdup2(data, size) : g_malloc(1);
	sdp = sdp_parse(body, size, "rtsp://server.example/live/", NULL);
	if (!sdp)
		return 0;
	g_assert_cmpuint(sdp->tracks->len, <=, LIMIT_TRACKS);
	g_assert_true(sdp_same_media(sdp, sdp));
	/* whatever numbers the server gave, in whatever proportion */
	for (guint i = 0; i < sdp->tracks->len; i++)
		viewer.rates[i] = (struct sdp_rate){ size, i ? size * size : size / 3 };
	viewer.feedback = size & 1;
	text = sdp_for_viewer(sdp, "cam", "rtsp://relay.example/cam", &viewer);
	again = sdp_parse((const guint8 *)text, strlen(text), "rtsp://relay.example/cam", NULL);
	if (again) {
		g_assert_cmpuint(again->tracks->len, ==, sdp->tracks->len);
		for (guint i = 0; i < again->tracks->len; i++) {
			const struct sdp_track *track = g_ptr_array_index(again->tracks, i);

			g_assert_true(g_str_has_prefix(track->control,
						       "rtsp://relay.example/cam/track"));
		}
	}
	sdp_free(again);
	sdp_free(sdp);
	return 0;
}
